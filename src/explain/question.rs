//! A question: both readings, what hangs on it, and the evidence that decides.

use crate::model::{Money, Question, Requirement, thousands};

use super::teller::{Teller, section};
use super::{Explanation, Figure, Item};

/// Explains one question.
pub(super) fn explain(teller: &Teller<'_>, question: &Question) -> Explanation {
    let title = format!(
        "{} ({}, {})",
        question.title,
        teller.outcome.names.organisation(&question.key.organisation),
        teller.outcome.names.product(&question.key.product)
    );
    let mut explanation = teller.begin(question.key.to_string(), title);
    explanation.figures = vec![Figure { name: "worth", value: worth(question) }];
    let mut decide = vec![Item::say(format!("The evidence that decides: {}", question.evidence))];
    if let Some(answer) = question.answered {
        let mut item = Item::say(format!("trueup.toml answers it: {answer}"));
        if let Some(settled) = &question.settled {
            item.items = vec![
                Item::say(format!("Evidence: {}", settled.evidence)),
                Item::say(format!("Approved by {}, to be reviewed by {}", settled.approver, settled.review_by)),
                Item::say(format!("It stands in line {}", settled.line)),
            ];
        }
        decide.push(item);
    }
    decide.push(Item::say(format!("Where both readings come from: {}", question.source)));
    explanation.sections = vec![
        section(
            "The two readings",
            vec![
                side("strict", &question.strict, question.required.0, question.shortfall.0, question.cost.0.as_ref()),
                side(
                    "customer",
                    &question.customer,
                    question.required.1,
                    question.shortfall.1,
                    question.cost.1.as_ref(),
                ),
            ],
        ),
        section("What decides", decide),
        section("Hosts", teller.hosts(question.hosts.iter().copied())),
    ];
    explanation
}

fn side(name: &str, reading: &str, required: u64, short: u64, cost: Option<&Money>) -> Item {
    let cost = cost.map_or_else(|| "no price".to_owned(), Money::to_string);
    Item::say(format!("{name}: {reading}")).with(vec![Item::say(format!(
        "{} units required, {} short, at a cost of {cost}",
        thousands(required),
        thousands(short)
    ))])
}

fn worth(question: &Question) -> String {
    question.worth.as_ref().map_or_else(|| "not priced".to_owned(), Money::to_string)
}

/// Questions that concern the families of a row.
pub(super) fn of_row(teller: &Teller<'_>, organisation: &str, requirements: &[&Requirement]) -> Vec<Item> {
    let questions = teller.outcome.questions.iter().filter(|question| {
        question.key.organisation == organisation
            && requirements.iter().any(|requirement| requirement.family == question.key.product)
    });
    questions.map(|question| Item::say(format!("{}: {} [{}]", worth(question), question.title, question.key))).collect()
}
