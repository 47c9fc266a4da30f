//! Open questions, with the money that hangs on each.

use crate::report::{QuestionRow, Report};

use super::{Canvas, View, number};

/// Questions, in a longer report.
const LONGEST: usize = 6;

pub(super) fn render(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = canvas.heading("Questions, and what hangs on each");
    let (open, still): (Vec<_>, Vec<_>) = report.questions.iter().partition(|row| row.moves_a_figure());
    if open.is_empty() {
        out.push_str(&canvas.prose(2, "None: both readings come to the same figures."));
    } else {
        let text =
            "Each is worth what the cost changes when it alone is answered the other way. The sums do not add up.";
        out.push_str(&canvas.prose(2, text));
    }
    let limit = view.limit(LONGEST);
    for (index, row) in open.iter().take(limit).enumerate() {
        out.push('\n');
        out.push_str(&question(index + 1, row, &view.explain(report, &row.key), canvas));
    }
    if open.len() > limit {
        let more = number((open.len() - limit) as u64);
        out.push_str(&format!(
            "\n{}",
            canvas.prose(2, &format!("… and {more} more: {}", view.command("position --all")))
        ));
    }
    if !still.is_empty() {
        let titles: Vec<&str> = still.iter().map(|row| row.key.as_str()).collect();
        let (shown, rest) = titles.split_at(titles.len().min(if view.in_full { usize::MAX } else { 3 }));
        let more = if rest.is_empty() { String::new() } else { format!(" … and {} more", rest.len()) };
        let text = format!("Without effect on any figure today: {}{more}", shown.join(", "));
        out.push_str(&format!("\n{}", canvas.prose(2, &text)));
    }
    out
}

fn question(index: usize, row: &QuestionRow<'_>, explain: &str, canvas: &Canvas) -> String {
    let mark = format!("{index}. ");
    let set_in = 2 + mark.chars().count();
    let worth = match row.worth {
        Some(worth) => worth.to_string(),
        None => "not priced".to_owned(),
    };
    let head = format!("{worth}: {} ({}, {}, {})", row.title, row.organisation, row.product_title, row.ambiguity);
    let mut out = canvas.item(2, &mark, &head);
    for (name, side) in [("strict:   ", &row.strict), ("customer: ", &row.customer)] {
        let cost = side.cost.map(|cost| format!(", {cost}")).unwrap_or_default();
        let figures = format!(
            "{} – {} units required, {} short{cost}",
            side.reading,
            number(side.required),
            number(side.shortfall)
        );
        out.push_str(&canvas.item(set_in, name, &figures));
    }
    out.push_str(&canvas.item(set_in, "decided by: ", row.evidence));
    if let Some(answer) = row.answered {
        let settled = row.settled.map(|settled| {
            let (evidence, approver) = (&settled.evidence, &settled.approver);
            format!("; {evidence} (approved by {approver}, review by {})", settled.review_by)
        });
        let text = format!("answered in trueup.toml: {answer}{}", settled.unwrap_or_default());
        out.push_str(&canvas.prose(set_in, &text));
    }
    let hosts = match row.hosts.len() {
        0 => String::new(),
        1 => "1 host: ".to_owned(),
        many => format!("{} hosts: ", number(many as u64)),
    };
    out.push_str(&format!("{:set_in$}{hosts}{explain}\n", ""));
    out
}
