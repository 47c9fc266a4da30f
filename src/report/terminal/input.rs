//! What was read, and what was not and why.

use crate::model::FileStatus;
use crate::report::{Report, SourceRow};

use super::{Canvas, Kind, Tone, View, cell, number};

/// Files that were not read in full, in a longer report.
const LONGEST: usize = 10;

/// Messages on files, where they are not wanted in full.
const MESSAGES: usize = 30;

/// The sums, then the files that were not read in full; alone and in full: every file.
pub(super) fn render(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = canvas.heading("What was read");
    out.push_str(&canvas.prose(2, &files(report)));
    out.push_str(&canvas.prose(2, &records(report)));
    let every = view.is_alone() && view.in_full;
    let mut rows: Vec<&SourceRow<'_>> =
        report.sources.iter().filter(|row| every || row.status != FileStatus::Read || row.unnamed > 0).collect();
    rows.sort_by_key(|row| (rank(row), row.path));
    if rows.is_empty() {
        return out;
    }
    out.push('\n');
    let unnamed = rows.iter().any(|row| row.unnamed > 0);
    out.push_str(&canvas.prose(
        2,
        match (every, unnamed) {
            (true, _) => "Every file:",
            (false, true) => "Not read, only in part, or of no known machine:",
            (false, false) => "Not read, or only in part:",
        },
    ));
    let limit = if view.is_alone() { usize::MAX } else { view.limit(LONGEST) };
    out.push_str(&list(&rows[..rows.len().min(limit)], canvas));
    if rows.len() > limit {
        out.push_str(
            &canvas
                .prose(2, &format!("… and {} more: {}", number((rows.len() - limit) as u64), view.command("sources"))),
        );
    } else if view.is_alone() && !every {
        out.push_str(
            &canvas.prose(2, &format!("Every file, with what came out of it: {}", view.command("sources --all"))),
        );
    }
    if view.is_alone() {
        out.push_str(&messages(report, view, canvas));
    }
    out
}

/// What was not understood or left out, file by file.
fn messages(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    if report.messages.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}", canvas.prose(2, "Not understood, or left out:"));
    let limit = view.limit(MESSAGES);
    for row in report.messages.iter().take(limit) {
        let place = row.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let help = row.help.map(|help| format!(" ({help})")).unwrap_or_default();
        out.push_str(&canvas.item(2, "- ", &format!("{}: {place}{}{help}", row.path, row.message)));
    }
    if report.messages.len() > limit {
        let more = number((report.messages.len() - limit) as u64);
        out.push_str(&canvas.prose(2, &format!("… and {more} more: {}", view.command("sources --all"))));
    }
    out
}

/// Worst first.
fn rank(row: &SourceRow<'_>) -> u8 {
    match row.status {
        FileStatus::Rejected => 0,
        FileStatus::Read | FileStatus::PartlyRead if row.unnamed > 0 => 1,
        FileStatus::PartlyRead => 2,
        FileStatus::Ignored => 3,
        FileStatus::Read => 4,
    }
}

fn files(report: &Report<'_>) -> String {
    let files = &report.files;
    format!(
        "{} files found = {} read + {} partly read + {} rejected + {} ignored",
        number(files.found),
        number(files.read),
        number(files.partly_read),
        number(files.rejected),
        number(files.ignored)
    )
}

fn records(report: &Report<'_>) -> String {
    let records = &report.records;
    let nowhere = match records.without_machine {
        0 => String::new(),
        count => format!(" + {} of no known machine", number(count)),
    };
    let sum = format!(
        "{} software records = {} installations + {} components + {} not licensable + {} duplicates + {} unrecognised{nowhere}",
        number(records.records),
        number(records.installations),
        number(records.components),
        number(records.not_licensable),
        number(records.duplicates),
        number(records.unrecognised)
    );
    match records.accounted_for() {
        known if known == records.records => sum,
        known => format!("{sum} (these come to {}: a fault of trueup, please report it)", number(known)),
    }
}

fn list(rows: &[&SourceRow<'_>], canvas: &Canvas) -> String {
    let mut table =
        canvas.table(&[("status", Kind::Name), ("file", Kind::Text), ("why, or what is in it", Kind::Text)]);
    for row in rows {
        let tone = match row.status {
            FileStatus::Rejected => Tone::Bad,
            FileStatus::PartlyRead => Tone::Doubt,
            FileStatus::Ignored | FileStatus::Read => Tone::Plain,
        };
        table.add_row([
            cell(row.status_words(), tone),
            cell(row.path, Tone::Plain),
            cell(row.reason.map_or_else(|| contents(row), str::to_owned), Tone::Plain),
        ]);
    }
    canvas.draw(&table)
}

/// What came out of a file that was read: `glpi-json, 2026-06-12: 1 host, 214 records`.
fn contents(row: &SourceRow<'_>) -> String {
    let counted = [
        (row.hosts, "host", "hosts"),
        (row.unnamed, "machine that nothing names", "machines that nothing names"),
        (row.records, "record", "records"),
        (row.purchases, "purchase line", "purchase lines"),
        (row.prices, "price", "prices"),
    ];
    let parts: Vec<String> = counted
        .iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, one, many)| format!("{} {}", number(*count), if *count == 1 { one } else { many }))
        .collect();
    let captured = row.captured.map(|day| format!(", {day}")).unwrap_or_default();
    let found = if parts.is_empty() { "nothing that counts".to_owned() } else { parts.join(", ") };
    format!("{}{captured}: {found}", row.reader)
}
