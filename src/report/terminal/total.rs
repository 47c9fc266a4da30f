//! What the shortfall costs in all, and what to run next.

use crate::model::{Answer, FileStatus, Money};
use crate::report::{Report, Sum, TotalRow};

use super::{Canvas, Kind, Tone, View, cell, number};

pub(super) fn render(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = canvas.heading("What the shortfall costs");
    let totals = &report.totals;
    let mut table = canvas.table(&[
        ("organisation", Kind::Name),
        ("strict reading", Kind::Number),
        ("customer reading", Kind::Number),
    ]);
    for row in &totals.organisations {
        table.add_row([
            cell(row.organisation, Tone::Plain),
            cell(words(&row.strict), tone(&row.strict)),
            cell(words(&row.customer), tone(&row.customer)),
        ]);
    }
    if totals.organisations.len() != 1 {
        table.add_row([
            cell("in all", Tone::Strong),
            cell(words(&totals.strict), Tone::Strong),
            cell(words(&totals.customer), Tone::Strong),
        ]);
    }
    out.push_str(&canvas.draw(&table));
    if !totals.missing_prices.is_empty() {
        let wanted = totals.missing_prices.join("; ");
        let text = format!("These prices are missing and not in the sums, so the cost is higher: {wanted}");
        out.push_str(&format!("\n{}", canvas.prose(2, &text)));
    }
    out.push_str(&bought_now(report, canvas));
    out.push('\n');
    out.push_str(&next(report, view, canvas));
    out
}

/// What buying it takes in the first year, where that is more than the missing units that the sums hold.
fn bought_now(report: &Report<'_>, canvas: &Canvas) -> String {
    let totals = &report.totals;
    let more = |row: &&TotalRow<'_>| row.strict.rows_with_more + row.customer.rows_with_more > 0;
    let rows: Vec<&TotalRow<'_>> = totals.organisations.iter().filter(more).collect();
    if rows.is_empty() {
        return String::new();
    }
    let text = "Not in these sums: Software Assurance that missing units must carry if they are bought now, and what replaces \
                units that are no longer sold (the notes on the position say which). With both, buying now comes to this \
                in the first year:";
    let mut out = format!("\n{}", canvas.prose(2, text));
    let figures = |strict: &Sum, customer: &Sum| match (first_year(strict), first_year(customer)) {
        (strict, customer) if strict == customer => strict,
        (strict, customer) => format!("{strict} under the strict reading, {customer} under the customer's"),
    };
    for row in &rows {
        let text = format!("{}: {}", row.organisation, figures(&row.strict, &row.customer));
        out.push_str(&canvas.item(2, "- ", &text));
    }
    if totals.organisations.len() != 1 {
        let text = format!("in all, with the others: {}", figures(&totals.strict, &totals.customer));
        out.push_str(&canvas.item(2, "- ", &text));
    }
    out
}

/// `£3,840.00 + 1 unpriced`; one amount a currency.
fn words(sum: &Sum) -> String {
    in_words(&sum.cost, sum.rows_without_price)
}

fn first_year(sum: &Sum) -> String {
    in_words(&sum.first_year, sum.rows_without_first_year)
}

fn in_words(amounts: &[Money], without: u32) -> String {
    let priced: Vec<String> = amounts.iter().map(Money::to_string).collect();
    let without = match without {
        0 => None,
        many => Some(format!("{} unpriced", number(many))),
    };
    let parts: Vec<String> = priced.into_iter().chain(without).collect();
    if parts.is_empty() { "nothing short".to_owned() } else { parts.join(" + ") }
}

fn tone(sum: &Sum) -> Tone {
    if sum.rows_short > 0 { Tone::Bad } else { Tone::Good }
}

/// A position's key without what can be left out: `brent/windows-server/standard/2016/core`.
fn short(key: &str) -> String {
    let body = key.strip_prefix("position:").unwrap_or(key);
    body.split('/').filter(|part| *part != "-").collect::<Vec<_>>().join("/")
}

/// Commands that lead on from here, with a real key.
fn next(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let mut commands: Vec<(String, &str)> = Vec::new();
    let dearest = report.positions.iter().max_by_key(|row| {
        let cost = row.cost.map_or(0, |cost| cost.minor);
        (row.shortfall > 0, cost, row.shortfall, std::cmp::Reverse(row.key))
    });
    if let Some(row) = dearest {
        let why = if row.shortfall > 0 { "how the dearest shortfall comes about" } else { "how a figure comes about" };
        commands.push((view.explain(report, &short(row.key)), why));
    }
    if let Some(question) = report.questions.iter().find(|row| row.moves_a_figure()) {
        let why = if question.worth.is_some() {
            "the dearest question, with its hosts"
        } else {
            "a question, with its hosts"
        };
        commands.push((view.explain(report, &question.key), why));
    }
    commands.push(match report.reading {
        Answer::Strict => (view.command("position --reading customer"), "the position as the customer reads it"),
        Answer::Customer => (view.command("position --reading strict"), "the position as the publisher reads it"),
    });
    commands.push((view.command("support"), "what is out of support, or about to be"));
    if report.sources.iter().any(|row| row.status != FileStatus::Read) {
        commands.push((view.command("sources"), "what was not read, and why"));
    }
    if !report.has_position() {
        let why = "every file, and what was made of it";
        commands = vec![(view.command("sources --all"), why)];
    }
    let mut out = canvas.heading("What to run next");
    let longest = commands.iter().map(|(command, _)| command.chars().count()).max().unwrap_or(0);
    let fits = |why: &str| longest + why.chars().count() + 6 <= usize::from(canvas.width);
    let beside = commands.iter().all(|(_, why)| fits(why));
    for (command, why) in &commands {
        out.push_str(&match beside {
            true => format!("  {command:<longest$}  # {why}\n"),
            false => format!("  # {why}\n  {command}\n"),
        });
    }
    out
}
