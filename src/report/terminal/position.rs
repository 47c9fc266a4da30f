//! The licence position, organisation by organisation.

use comfy_table::{Cell, Table};

use crate::model::Money;
use crate::report::{PositionRow, Report, RowStatus};

use super::{Canvas, Kind, Tone, View, cell, number};

pub(super) fn render(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = canvas.heading(&format!("The licence position, {} reading", report.reading));
    if report.positions.is_empty() {
        out.push_str(&canvas.prose(2, "Nothing that needs a licence was seen, and no licence was found."));
        return out;
    }
    let mut table = head(canvas);
    let mut organisation = "";
    for row in &report.positions {
        if row.organisation != organisation {
            organisation = row.organisation;
            table.add_row([cell(organisation, Tone::Strong)]);
        }
        table.add_row(cells(row));
    }
    out.push_str(&canvas.draw(&table));
    out.push_str(&footnotes(report, view, canvas));
    out
}

fn head(canvas: &Canvas) -> Table {
    let mut table = canvas.table(&[
        ("organisation\n  product, edition, version", Kind::Text),
        ("\nmetric", Kind::Name),
        ("\nrequired", Kind::Number),
        ("\nusable", Kind::Number),
        ("\nshortfall", Kind::Number),
        ("\nsurplus", Kind::Number),
        ("\nrange", Kind::Number),
        ("\ncost", Kind::Number),
        ("\nstatus", Kind::Name),
    ]);
    // Figures may stand closer together than words, so that the names beside them need not be broken.
    for column in table.column_iter_mut().skip(2).take(5) {
        column.set_padding((0, 0));
    }
    table
}

fn cells(row: &PositionRow<'_>) -> [Cell; 9] {
    let tone = match row.status {
        RowStatus::Shortfall => Tone::Bad,
        RowStatus::ToVerify => Tone::Doubt,
        RowStatus::Surplus => Tone::Spare,
        RowStatus::Covered => Tone::Good,
    };
    let mark = if row.unverified.is_empty() { "" } else { " *" };
    let plain = |text: String| cell(text, Tone::Plain);
    [
        plain(name(row)),
        plain(row.metric.to_string()),
        plain(number(row.required)),
        plain(number(row.usable)),
        cell(number(row.shortfall), if row.shortfall > 0 { Tone::Bad } else { Tone::Plain }),
        plain(number(row.surplus)),
        plain(range(row.range)),
        plain(cost(row)),
        cell(format!("{}{mark}", row.status.words()), tone),
    ]
}

/// `  windows-server standard 2016`: one column, because the names are of very different lengths.
fn name(row: &PositionRow<'_>) -> String {
    let parts = [Some(row.product), row.edition, row.version];
    format!("  {}", parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// `20–24`, or nothing where every reading gives the same.
fn range([low, high]: [u32; 2]) -> String {
    if low == high { String::new() } else { format!("{}–{}", number(low), number(high)) }
}

fn cost(row: &PositionRow<'_>) -> String {
    match (row.shortfall, row.cost) {
        (0, _) => "–".to_owned(),
        (_, Some(cost)) => Money::to_string(cost),
        (_, None) => "no price".to_owned(),
    }
}

/// What the signs in the table mean, and how sure the answer is.
fn footnotes(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = String::from("\n");
    if report.positions.iter().any(|row| row.range[0] != row.range[1]) {
        let text = "range: the lowest and the highest need, as the open questions below are answered.";
        out.push_str(&canvas.prose(2, text));
    }
    let mut rules: Vec<&str> =
        report.positions.iter().flat_map(|row| row.unverified.iter().map(String::as_str)).collect();
    rules.sort_unstable();
    rules.dedup();
    if !rules.is_empty() {
        let shown = rules.iter().take(4).copied().collect::<Vec<_>>().join(", ");
        let more = match rules.len() {
            0..=4 => String::new(),
            many => format!(" … and {} more: {}", many - 4, view.command("position --format json")),
        };
        let text = format!("rests on rules that nobody has verified against a public page yet: {shown}{more}");
        out.push_str(&canvas.item(2, "* ", &text));
    }
    for note in &report.notes {
        out.push_str(&canvas.item(2, "Note: ", note));
    }
    if out == "\n" { String::new() } else { out }
}
