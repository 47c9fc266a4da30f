//! The licence position, organisation by organisation.
//!
//! Rows that need nothing and have nothing left over are told as a number, unless everything is wanted. Where the
//! canvas is narrow, the metric moves to the name and the status, which the figures show too, goes.

use std::collections::BTreeMap;

use comfy_table::{Cell, Table};

use crate::model::{Money, PositionStatus};
use crate::report::{PositionRow, Report};

use super::{Canvas, Kind, Tone, View, cell, number, wrapped};

/// Narrowest column of names.
const NARROWEST: usize = 20;

pub(super) fn render(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = canvas.heading(&format!("The licence position, {} reading", report.reading));
    if report.positions.is_empty() {
        out.push_str(&canvas.prose(2, "Nothing that needs a licence was seen, and no licence was found."));
        return out;
    }
    let (shown, idle): (Vec<_>, Vec<_>) = report.positions.iter().partition(|row| view.in_full || !is_idle(row));
    if !shown.is_empty() {
        out.push_str(&table(report, &shown, canvas));
    }
    out.push_str(&footnotes(report, view, &shown, idle.len(), canvas));
    out
}

/// Whether a row needs nothing under any answer and has nothing left over.
fn is_idle(row: &PositionRow<'_>) -> bool {
    row.range[1] == 0 && row.required == 0 && row.surplus == 0
}

/// The table as wide as its figures want it, else the narrow one.
fn table(report: &Report<'_>, rows: &[&PositionRow<'_>], canvas: &Canvas) -> String {
    let plain = Canvas { colour: false, width: u16::MAX };
    let beyond = |narrow, room| {
        let drawn = draw(rows, narrow, room, &plain);
        let widest = drawn.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        widest.saturating_sub(usize::from(canvas.width))
    };
    let narrow = beyond(false, 0) > 0;
    let longest = rows.iter().map(|row| narrow_name(row).chars().count() + 2).max().unwrap_or(0);
    let room = if narrow { longest.saturating_sub(beyond(true, longest)).max(NARROWEST) } else { 0 };
    with_titles(report, &draw(rows, narrow, room, &Canvas { width: u16::MAX, ..*canvas }), canvas)
}

fn draw(rows: &[&PositionRow<'_>], narrow: bool, room: usize, canvas: &Canvas) -> String {
    let mut table = head(narrow, canvas);
    let mut organisation = "";
    for row in rows {
        if row.organisation != organisation {
            organisation = row.organisation;
            table.add_row([cell(organisation, Tone::Plain)]);
        }
        table.add_row(cells(row, narrow, room));
    }
    canvas.draw(&table)
}

/// Name and metric in one column.
fn narrow_name(row: &PositionRow<'_>) -> String {
    let mark = if row.unverified.is_empty() { "" } else { " *" };
    format!("{}, {}{mark}", row.title, row.metric)
}

fn head(narrow: bool, canvas: &Canvas) -> Table {
    let (name, metric, status) =
        (("organisation\n  licence", Kind::Name), ("\nmetric", Kind::Name), ("\nstatus", Kind::Name));
    let figures = [
        ("\nrequired", Kind::Number),
        ("\nusable", Kind::Number),
        ("\nshortfall", Kind::Number),
        ("\nsurplus", Kind::Number),
        ("\nrange", Kind::Number),
        ("\ncost", Kind::Number),
    ];
    let mut table = match narrow {
        true => canvas.table(&[&[("organisation\n  licence, metric", Kind::Name)][..], &figures].concat()),
        false => canvas.table(&[&[name, metric][..], &figures, &[status]].concat()),
    };
    // Figures may stand closer together than words.
    for column in table.column_iter_mut().skip(if narrow { 1 } else { 2 }).take(5) {
        column.set_padding((0, 0));
    }
    table
}

/// The lines that name an organisation, with its title in their stead: a title is too long for a column.
fn with_titles(report: &Report<'_>, drawn: &str, canvas: &Canvas) -> String {
    let titles: BTreeMap<String, String> =
        report.organisations.iter().map(|row| (format!("  {}", row.name), row.heading())).collect();
    let mut out = String::new();
    for line in drawn.lines() {
        out.push_str(&match titles.get(line) {
            Some(title) => canvas.heading(&format!("  {title}")),
            None => format!("{line}\n"),
        });
    }
    out
}

fn cells(row: &PositionRow<'_>, narrow: bool, room: usize) -> Vec<Cell> {
    let tone = match row.status {
        PositionStatus::Shortfall => Tone::Bad,
        PositionStatus::TrueUpDue | PositionStatus::Incomplete => Tone::Doubt,
        PositionStatus::Surplus => Tone::Spare,
        PositionStatus::Compliant => Tone::Good,
        PositionStatus::NotTracked => Tone::Plain,
    };
    let mark = if row.unverified.is_empty() { "" } else { " *" };
    let plain = |text: String| cell(text, Tone::Plain);
    let mut cells = match narrow {
        true => vec![plain(set_in(&narrow_name(row), room))],
        false => vec![plain(format!("  {}", row.title)), plain(row.metric.to_string())],
    };
    cells.extend([
        plain(number(row.required)),
        plain(number(row.usable)),
        cell(number(row.shortfall), if row.shortfall > 0 { Tone::Bad } else { Tone::Plain }),
        plain(number(row.surplus)),
        plain(range(row.range)),
        plain(cost(row)),
    ]);
    if !narrow {
        cells.push(cell(format!("{}{mark}", row.status.words()), tone));
    }
    cells
}

/// A name in a narrow column: set in by two, further lines by four.
fn set_in(name: &str, room: usize) -> String {
    let lines =
        if name.chars().count() + 2 <= room { vec![name.to_owned()] } else { wrapped(name, room.saturating_sub(4)) };
    let indented =
        lines.iter().enumerate().map(|(index, line)| format!("{}{line}", if index == 0 { "  " } else { "    " }));
    indented.collect::<Vec<_>>().join("\n")
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

/// What the signs in the table mean, how sure the answer is, and what is not shown.
fn footnotes(report: &Report<'_>, view: &View<'_>, shown: &[&PositionRow<'_>], idle: usize, canvas: &Canvas) -> String {
    let mut out = String::from("\n");
    if shown.iter().any(|row| row.range[0] != row.range[1]) {
        let text = "range: the lowest and the highest need, as the open questions are answered.";
        out.push_str(&canvas.prose(2, text));
    }
    let mut rules: Vec<&str> = shown.iter().flat_map(|row| row.unverified.iter().map(String::as_str)).collect();
    rules.sort_unstable();
    rules.dedup();
    if !rules.is_empty() {
        let named = rules.iter().take(4).copied().collect::<Vec<_>>().join(", ");
        let more = match rules.len() {
            0..=4 => String::new(),
            many => format!(" … and {} more: {}", many - 4, view.command("position --format json")),
        };
        let text = format!("rests on rules that nobody has verified against a public page yet: {named}{more}");
        out.push_str(&canvas.item(2, "* ", &text));
    }
    for text in true_ups(report) {
        out.push_str(&canvas.item(2, "True-up: ", &text));
    }
    for note in notes(&report.notes) {
        out.push_str(&canvas.item(2, "Note: ", &note));
    }
    if idle > 0 {
        let rows = if idle == 1 { "1 row that needs nothing and has" } else { "Rows that need nothing and have" };
        let count = if idle == 1 { String::new() } else { format!(" ({})", number(idle as u64)) };
        let verb = if idle == 1 { "is" } else { "are" };
        let text = format!("{rows} nothing left over{count} {verb} not shown: {}", view.command("position --all"));
        out.push_str(&canvas.prose(2, &text));
    }
    out.push_str(&untracked(report, canvas));
    if out == "\n" { String::new() } else { out }
}

/// What is to be ordered under agreements, with its peak.
fn true_ups(report: &Report<'_>) -> Vec<String> {
    let due = report.agreements.iter().flat_map(|agreement| agreement.due.iter().map(move |due| (agreement, due)));
    due.filter(|(_, due)| due.role.is_some() && due.units > 0)
        .map(|(agreement, due)| {
            format!("{}, {} by {}: {} under {}", due.organisation, due.title, due.metric, due.mark, agreement.agreement)
        })
        .collect()
}

/// What is installed and counted by no terms, in a line for each organisation.
fn untracked(report: &Report<'_>, canvas: &Canvas) -> String {
    let mut organisations: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in &report.untracked {
        let text = format!("{} {}", row.title, number(row.installations));
        organisations.entry(row.organisation).or_default().push(text);
    }
    if organisations.is_empty() {
        return String::new();
    }
    let mut out =
        canvas.prose(2, "Not tracked, installed and counted by no terms on file, with the installations found:");
    for (organisation, products) in organisations {
        out.push_str(&canvas.item(2, "- ", &format!("{organisation}: {}", products.join(", "))));
    }
    out
}

/// Notes that say the same of several products, as one: `Project, SQL Server: not every way …`.
fn notes(notes: &[&str]) -> Vec<String> {
    let mut subjects: Vec<(&str, Vec<&str>)> = Vec::new();
    for note in notes {
        let (subject, text) = note.split_once(": ").unwrap_or(("", note));
        match subjects.iter_mut().find(|(known, _)| *known == text) {
            Some((_, known)) => known.push(subject),
            None => subjects.push((text, vec![subject])),
        }
    }
    let said = |(text, of): (&str, Vec<&str>)| match of.as_slice() {
        [""] => text.to_owned(),
        of => format!("{}: {text}", of.join(", ")),
    };
    subjects.into_iter().map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_that_say_the_same_are_said_once() {
        assert_eq!(notes(&["a: not priced", "b: proved", "c: not priced"]), ["a, c: not priced", "b: proved"]);
    }
}
