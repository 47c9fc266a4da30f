//! Every way to license a product, compactly: units, cost, and whether it may be used; conditions and refusals below.

use crate::model::Money;
use crate::report::{AlternativeRow, Report};

use super::{Canvas, Kind, Tone, View, cell, number};

pub(super) fn render(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = canvas.heading("Every way of licensing it, nothing owned taken off");
    let rows: Vec<&AlternativeRow<'_>> = report.alternatives.iter().filter(|row| row.required > 0).collect();
    if rows.is_empty() {
        out.push_str(&canvas.prose(2, "Nothing that needs a licence was seen."));
        return out;
    }
    let mut notes: Vec<String> = Vec::new();
    let mut table = canvas.table(&[
        ("organisation\n  way", Kind::Name),
        ("\nmetric", Kind::Name),
        ("\ncounted by", Kind::Name),
        ("\nrequired", Kind::Number),
        ("\ncost of all", Kind::Number),
        ("\nuse", Kind::Name),
    ]);
    let mut organisation = "";
    for row in &rows {
        if row.organisation != organisation {
            organisation = row.organisation;
            table.add_row([cell(report.organisation_title(organisation), Tone::Strong)]);
        }
        let note = note(row).map(|text| format!(" ({})", number(numbered(&mut notes, text) as u64)));
        table.add_row([
            cell(format!("  {}", row.title), Tone::Plain),
            cell(if row.is_mixed() { "several".to_owned() } else { row.metric.to_string() }, Tone::Plain),
            cell(row.basis.name(), Tone::Plain),
            cell(number(row.required), Tone::Plain),
            cell(row.cost.map_or_else(|| "no price".to_owned(), Money::to_string), Tone::Plain),
            cell(format!("{}{}", row.words(), note.unwrap_or_default()), tone(row)),
        ]);
    }
    out.push_str(&canvas.draw(&table));
    out.push('\n');
    for (index, text) in notes.iter().enumerate() {
        out.push_str(&canvas.item(2, &format!("({}) ", index + 1), text));
    }
    let mut missing: Vec<&str> = rows.iter().flat_map(|row| row.missing_prices.iter().map(String::as_str)).collect();
    missing.sort_unstable();
    missing.dedup();
    if !missing.is_empty() {
        out.push_str(&canvas.prose(2, &format!("Prices wanted: {}", missing.join("; "))));
    }
    if let Some(row) = rows.iter().find(|row| row.chosen).or(rows.first()) {
        out.push_str(&canvas.prose(2, &format!("Scope by scope: {}", view.explain(report, &row.key))));
    }
    out
}

/// What a reader must know beside the word in the table.
fn note(row: &AlternativeRow<'_>) -> Option<String> {
    match (&row.refused, row.condition) {
        (Some(refused), _) => Some(format!("not allowed everywhere: {} [{}]", refused.reason, refused.rule)),
        (None, Some(condition)) => Some(format!("only with: {condition}")),
        (None, None) => None,
    }
}

/// The number of a note; notes that say the same are said once.
fn numbered(notes: &mut Vec<String>, text: String) -> usize {
    match notes.iter().position(|known| *known == text) {
        Some(index) => index + 1,
        None => {
            notes.push(text);
            notes.len()
        }
    }
}

fn tone(row: &AlternativeRow<'_>) -> Tone {
    match (row.chosen, row.available, row.condition) {
        (true, ..) => Tone::Good,
        (false, false, _) => Tone::Bad,
        (false, true, Some(_)) => Tone::Doubt,
        (false, true, None) => Tone::Plain,
    }
}
