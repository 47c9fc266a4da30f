//! Agreements: the year they are in, the next order, and what is due.

use crate::report::{AgreementRow, OrderRow, Report};

use super::{Canvas, Kind, Tone, cell, number};

pub(super) fn render(report: &Report<'_>, canvas: &Canvas) -> String {
    let mut out = canvas.heading(&format!("Agreements, and what is due under each, {} reading", report.reading));
    if report.agreements.is_empty() {
        out.push_str(&canvas.prose(2, "None is stated: trueup.toml takes them as [[agreement]]."));
    }
    for (index, row) in report.agreements.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push_str(&agreement(row, canvas));
    }
    out
}

fn agreement(row: &AgreementRow<'_>, canvas: &Canvas) -> String {
    let name = if row.title == row.agreement { String::new() } else { format!(" {}", row.agreement) };
    let mut out =
        canvas.prose(2, &format!("{}{name}: {}, of {}", row.title, row.vehicle_title, row.organisations.join(", ")));
    let end = row.end.map(|end| format!(" to {end}")).unwrap_or_default();
    let year = match row.contract_year {
        Some(year) => format!("year {year}"),
        None => "not in force".to_owned(),
    };
    let start = if row.end.is_some() { row.start.to_string() } else { format!("since {}", row.start) };
    out.push_str(&canvas.item(4, "term:    ", &format!("{start}{end}, {year}")));
    if let Some(day) = row.last_order {
        out.push_str(&canvas.item(4, "ordered: ", &format!("last on {day}")));
    }
    for missed in &row.missed_orders {
        let text = format!("the order for {} is not recorded; its window closed on {}", missed.due, missed.closes);
        out.push_str(&canvas.item(4, "missed:  ", &text));
    }
    if let Some(order) = &row.next_order {
        out.push_str(&canvas.item(4, "next:    ", &next(order)));
    }
    out.push_str(&canvas.item(4, "to do:   ", &row.to_do));
    if !row.due.is_empty() {
        out.push('\n');
        out.push_str(&due(row, canvas));
        if let Some(due) = row.due.first() {
            out.push_str(&canvas.prose(2, &format!("How a figure came about: trueup explain {}", due.key)));
        }
        if row.due.iter().any(|due| due.role.is_none()) {
            out.push_str(&canvas.prose(
                2,
                "not on it: on no list of the agreement, so it is to be ordered in the month of its first use.",
            ));
        }
    }
    out
}

fn next(order: &OrderRow) -> String {
    let for_what =
        if order.last { format!("the end on {}", order.due) } else { format!("the anniversary of {}", order.due) };
    let state = if order.open { "open now" } else { "not open yet" };
    let days = if order.days_left == 1 { "1 day".to_owned() } else { format!("{} days", order.days_left) };
    format!("the order for {for_what} must arrive from {} to {}: {state}, {days} left", order.opens, order.closes)
}

fn due(row: &AgreementRow<'_>, canvas: &Canvas) -> String {
    let falls = row.due.iter().any(|due| due.may_fall_by.is_some());
    let mut head = vec![
        ("organisation", Kind::Name),
        ("licence", Kind::Name),
        ("metric", Kind::Name),
        ("counted", Kind::Name),
        ("required", Kind::Number),
        ("owned", Kind::Number),
        ("peak", Kind::Number),
        ("on", Kind::Name),
        ("to order", Kind::Number),
    ];
    if falls {
        head.push(("may fall by", Kind::Number));
    }
    let mut table = canvas.table(&head);
    for due in &row.due {
        let mut cells = vec![
            cell(due.organisation, Tone::Plain),
            cell(due.title.clone(), Tone::Plain),
            cell(due.metric.to_string(), Tone::Plain),
            cell(due.counted(), Tone::Plain),
            cell(number(due.required), Tone::Plain),
            cell(number(due.owned), Tone::Plain),
            cell(number(due.peak.required), Tone::Plain),
            cell(due.peak.on.to_string(), Tone::Plain),
            cell(number(due.units), if due.units > 0 { Tone::Doubt } else { Tone::Plain }),
        ];
        if falls {
            cells.push(cell(due.may_fall_by.map(number).unwrap_or_default(), Tone::Plain));
        }
        table.add_row(cells);
    }
    canvas.draw(&table)
}
