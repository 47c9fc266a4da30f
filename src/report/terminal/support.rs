//! Support: counts by organisation and, where it is asked for, every product on every host.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::model::SupportStatus;
use crate::report::{Report, SupportLine};

use super::{Canvas, Kind, Tone, View, cell, number};

/// Hosts that a line of the list names.
const NAMED: usize = 3;

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
        out.push_str(&canvas.prose(2, &format!("Which releases on which hosts: {}", view.command("support"))));
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

/// What wants attention, by release; in full: every product on every host.
fn register(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let rows: Vec<&SupportLine<'_>> =
        report.support.rows.iter().filter(|row| view.in_full || row.status != SupportStatus::Supported).collect();
    if rows.is_empty() {
        return format!(
            "\n{}",
            canvas.prose(2, &format!("Everything is supported: {}", view.command("support --all")))
        );
    }
    let mut out = String::from("\n");
    out.push_str(&if view.in_full { every_row(&rows, canvas) } else { by_release(&rows, canvas) });
    if rows.iter().any(|row| row.until.is_some() && !row.verified) {
        out.push_str(&canvas.prose(2, "* a date that nobody has verified against a public page yet"));
    }
    if !view.in_full {
        out.push_str(
            &canvas.prose(
                2,
                &format!("Every product on every host, supported ones too: {}", view.command("support --all")),
            ),
        );
    }
    out
}

/// What rows of one line have in common.
type Common<'a> = (SupportStatus, bool, &'a str, Option<Date>, &'a str, Option<&'a str>);

/// One line for all hosts on which the same release fares the same.
fn by_release(rows: &[&SupportLine<'_>], canvas: &Canvas) -> String {
    let mut groups: BTreeMap<Common<'_>, Vec<&SupportLine<'_>>> = BTreeMap::new();
    for row in rows {
        let common =
            (row.status, row.accepted.is_some(), row.organisation, row.until, row.title.as_str(), row.accepted);
        groups.entry(common).or_default().push(row);
    }
    let mut table = canvas.table(&[
        ("status", Kind::Text),
        ("until", Kind::Name),
        ("organisation", Kind::Name),
        ("product", Kind::Text),
        ("hosts", Kind::Number),
        ("which, and why", Kind::Text),
    ]);
    for group in groups.values() {
        let row = group[0];
        let accepted = row.accepted.map(|accepted| format!("; accepted: {accepted}")).unwrap_or_default();
        let why = match row.status {
            SupportStatus::OutOfSupport | SupportStatus::Ending | SupportStatus::Supported => String::new(),
            SupportStatus::ExtendedSupport | SupportStatus::Unknown => format!("; {}", row.reason),
        };
        table.add_row([
            cell(row.status.title(), tone(row)),
            cell(until(row), Tone::Plain),
            cell(row.organisation, Tone::Plain),
            cell(row.title.as_str(), Tone::Plain),
            cell(number(group.len() as u64), Tone::Plain),
            cell(format!("{}{why}{accepted}", hosts(group)), Tone::Plain),
        ]);
    }
    canvas.draw(&table)
}

/// The first hosts by name.
fn hosts(group: &[&SupportLine<'_>]) -> String {
    let named: Vec<&str> = group.iter().take(NAMED).map(|row| row.host).collect();
    let more = if group.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", named.join(", "))
}

fn every_row(rows: &[&SupportLine<'_>], canvas: &Canvas) -> String {
    let mut table = canvas.table(&[
        ("status", Kind::Text),
        ("until", Kind::Name),
        ("organisation", Kind::Name),
        ("host", Kind::Name),
        ("product", Kind::Text),
        ("why", Kind::Text),
    ]);
    for row in rows {
        let accepted = row.accepted.map(|accepted| format!("; accepted: {accepted}")).unwrap_or_default();
        table.add_row([
            cell(row.status.title(), tone(row)),
            cell(until(row), Tone::Plain),
            cell(row.organisation, Tone::Plain),
            cell(row.host, Tone::Plain),
            cell(row.title.as_str(), Tone::Plain),
            cell(format!("{}{accepted}", row.reason), Tone::Plain),
        ]);
    }
    canvas.draw(&table)
}

fn tone(row: &SupportLine<'_>) -> Tone {
    match (row.status, row.accepted) {
        (SupportStatus::OutOfSupport, None) => Tone::Bad,
        (SupportStatus::Supported, _) => Tone::Good,
        _ => Tone::Doubt,
    }
}

fn until(row: &SupportLine<'_>) -> String {
    match (row.until, row.verified) {
        (None, _) => "–".to_owned(),
        (Some(until), true) => until.to_string(),
        (Some(until), false) => format!("{until} *"),
    }
}
