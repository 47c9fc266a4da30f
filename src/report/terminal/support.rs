//! Support: counts by organisation and, where it is asked for, every product on every host.

use crate::model::SupportStatus;
use crate::report::{Report, SupportLine};

use super::{Canvas, Kind, Tone, View, cell, number};

/// Rows of the list, where it is not wanted in full.
const LONGEST: usize = 60;

pub(super) fn render(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = canvas.heading("Support");
    if report.support.summary.is_empty() {
        out.push_str(&canvas.prose(2, "Nothing with a known lifecycle was seen."));
        return out;
    }
    out.push_str(&summary(report, canvas));
    if view.is_alone() {
        out.push_str(&register(report, view, canvas));
    } else {
        out.push_str(&canvas.prose(2, &format!("Every product on every host: {}", view.command("support"))));
    }
    out
}

fn summary(report: &Report<'_>, canvas: &Canvas) -> String {
    let ending = report
        .support
        .within_months
        .map_or_else(|| "\nending".to_owned(), |months| format!("ending\nwithin {months}m"));
    let mut table = canvas.table(&[
        ("\norganisation", Kind::Name),
        ("out of\nsupport", Kind::Number),
        ("of these\naccepted", Kind::Number),
        ("paid\nextended", Kind::Number),
        (&ending, Kind::Number),
        ("\nsupported", Kind::Number),
        ("\nunknown", Kind::Number),
    ]);
    for row in &report.support.summary {
        let tone = |count: u32, tone: Tone| cell(number(count), if count > 0 { tone } else { Tone::Plain });
        table.add_row([
            cell(row.organisation, Tone::Plain),
            tone(row.out_of_support, Tone::Bad),
            tone(row.accepted, Tone::Doubt),
            tone(row.extended_support, Tone::Doubt),
            tone(row.ending, Tone::Doubt),
            tone(row.supported, Tone::Good),
            tone(row.unknown, Tone::Doubt),
        ]);
    }
    canvas.draw(&table)
}

/// The rows that want attention; in full: the supported ones too.
fn register(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let rows: Vec<&SupportLine<'_>> =
        report.support.rows.iter().filter(|row| view.in_full || row.status != SupportStatus::Supported).collect();
    if rows.is_empty() {
        return format!(
            "\n{}",
            canvas.prose(2, &format!("Everything is supported: {}", view.command("support --all")))
        );
    }
    let mut table = canvas.table(&[
        ("status", Kind::Text),
        ("until", Kind::Name),
        ("organisation", Kind::Name),
        ("host", Kind::Name),
        ("product", Kind::Name),
        ("version", Kind::Name),
        ("why", Kind::Text),
    ]);
    let limit = view.limit(LONGEST);
    for row in rows.iter().take(limit) {
        table.add_row(cells(row));
    }
    let mut out = format!("\n{}", canvas.draw(&table));
    if rows.len() > limit {
        let more = number((rows.len() - limit) as u64);
        out.push_str(&canvas.prose(2, &format!("… and {more} more: {}", view.command("support --all"))));
    }
    if rows.iter().take(limit).any(|row| row.until.is_some() && !row.verified) {
        out.push_str(&canvas.prose(2, "* a date that nobody has verified against a public page yet"));
    }
    out
}

fn cells(row: &SupportLine<'_>) -> [comfy_table::Cell; 7] {
    let tone = match (row.status, row.accepted) {
        (SupportStatus::OutOfSupport, None) => Tone::Bad,
        (SupportStatus::Supported, _) => Tone::Good,
        _ => Tone::Doubt,
    };
    let accepted = row.accepted.map(|accepted| format!("; accepted: {accepted}")).unwrap_or_default();
    let until = match (row.until, row.verified) {
        (None, _) => "–".to_owned(),
        (Some(until), true) => until.to_string(),
        (Some(until), false) => format!("{until} *"),
    };
    let plain = |text: &str| cell(text, Tone::Plain);
    [
        cell(row.status.title(), tone),
        cell(until, Tone::Plain),
        plain(row.organisation),
        plain(row.host),
        plain(row.product),
        plain(row.version.unwrap_or("–")),
        cell(format!("{}{accepted}", row.reason), Tone::Plain),
    ]
}
