//! A question: both readings, what hangs on it, and the evidence that decides.

use crate::model::{Answer, Money, Question, Requirement, thousands};

use super::requirement::{scope, way_name};
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
        section("What hangs on it alone", difference(question)),
        section("How it is counted where every question is read strictly", counted(teller, question, Answer::Strict)),
        section(
            "How it is counted where every question is read as the customer does",
            counted(teller, question, Answer::Customer),
        ),
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

/// The worth as the difference of both costs; nothing where a price is missing.
fn difference(question: &Question) -> Vec<Item> {
    let (Some(strict), Some(customer), Some(worth)) = (&question.cost.0, &question.cost.1, &question.worth) else {
        return Vec::new();
    };
    let (more, less) = if strict.minor >= customer.minor { (strict, customer) } else { (customer, strict) };
    vec![
        Item::say(format!("{more} − {less} = {worth}")),
        Item::say("Every other question stays as the reading has it, or as trueup.toml answers it"),
    ]
}

/// The needs that rest on the question, counted under one reading of all questions, with their arithmetic.
fn counted(teller: &Teller<'_>, question: &Question, reading: Answer) -> Vec<Item> {
    let teller = Teller { assessment: teller.outcome.assessment(reading), ..*teller };
    let concerned = |requirement: &Requirement| {
        requirement.organisation == question.key.organisation
            && requirement.family == question.key.product
            && (question.hosts.is_empty() || requirement.hosts.iter().any(|host| question.hosts.contains(host)))
    };
    let needs = teller.assessment.requirements.iter().enumerate().filter(|(_, requirement)| concerned(requirement));
    let told: Vec<Item> =
        needs.filter_map(|(index, requirement)| counted_by_way(&teller, index, requirement)).collect();
    if told.is_empty() { vec![Item::say("Nothing is needed that rests on it")] } else { told }
}

fn counted_by_way(teller: &Teller<'_>, index: usize, requirement: &Requirement) -> Option<Item> {
    let (_, way) = teller.chosen(index)?;
    let lines = way.lines.iter().enumerate();
    let short: u32 = lines.map(|(line, what)| what.units.saturating_sub(teller.spent(index, line))).sum();
    let text = format!(
        "{} [{}]: {}, {} of them short",
        scope(&requirement.scope),
        requirement.key,
        way_name(teller, way),
        thousands(u64::from(short))
    );
    Some(Item::say(text).with(teller.steps(&way.working, &way.product)))
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
