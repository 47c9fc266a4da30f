//! How much of each organisation was seen, and what in it wants acting on.

use crate::report::{CoverageRow, Report};

use super::{Canvas, Kind, Tone, View, cell, number};

/// Findings, in a longer report.
const LONGEST: usize = 8;

pub(super) fn render(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = canvas.heading("How much was seen");
    if report.coverage.is_empty() {
        out.push_str(&canvas.prose(2, "No host of any organisation."));
        return out;
    }
    let mut table = canvas.table(&[
        ("\norganisation", Kind::Name),
        ("\nhosts", Kind::Number),
        ("with\ninventory", Kind::Number),
        ("\nshare", Kind::Number),
        ("without\ninventory", Kind::Number),
        ("\nstale", Kind::Number),
        ("guests on\nunknown hosts", Kind::Number),
        ("virtualisation\nhosts", Kind::Number),
    ]);
    for row in &report.coverage {
        let share = row.inventoried_percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %"));
        table.add_row([
            cell(row.organisation, Tone::Plain),
            cell(number(row.hosts), Tone::Plain),
            cell(number(row.inventoried), Tone::Plain),
            cell(share, if row.inventoried_percent == Some(100) { Tone::Good } else { Tone::Doubt }),
            cell(number(row.not_inventoried), Tone::Plain),
            cell(stale(row), if row.stale > row.stale_accepted { Tone::Doubt } else { Tone::Plain }),
            cell(number(row.unplaced), if row.unplaced > 0 { Tone::Doubt } else { Tone::Plain }),
            cell(number(row.virtualisation_hosts), Tone::Plain),
        ]);
    }
    out.push_str(&canvas.draw(&table));
    out.push_str(&findings(report, view, canvas));
    out
}

/// Stale machines, with how many of them somebody answers for.
fn stale(row: &CoverageRow<'_>) -> String {
    match row.stale_accepted {
        0 => number(row.stale),
        accepted => format!("{} ({} accepted)", number(row.stale), number(accepted)),
    }
}

/// Findings that no other section shows.
fn findings(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let elsewhere = ["shortfall", "unsupported", "question"];
    let rows: Vec<_> = report.findings.iter().filter(|finding| !elsewhere.contains(&finding.kind.as_str())).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n");
    out.push_str(&canvas.prose(2, "What the inventory leaves open:"));
    let limit = view.limit(LONGEST);
    for row in rows.iter().take(limit) {
        // What concerns no single organisation, such as a price list, names none.
        let of = if row.organisation.is_empty() { String::new() } else { format!("{}: ", row.organisation) };
        out.push_str(&canvas.item(2, "- ", &format!("{of}{}", row.text)));
    }
    if rows.len() > limit {
        let more = number((rows.len() - limit) as u64);
        out.push_str(&canvas.prose(2, &format!("… and {more} more: {}", view.command("scan --all"))));
    }
    out
}
