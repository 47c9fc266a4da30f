//! Answers to questions in `trueup.toml`: which hold on the day, and what is wrong with the others.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Answer, Finding, Key, QuestionKey, Settlement};
use crate::rules::FixedAnswer;

use super::Ground;

/// Answers that hold on the day, for every question they speak of; of several the one that is limited most.
pub(super) fn in_force(ground: &Ground<'_>) -> BTreeMap<QuestionKey, Answer> {
    let fixed = deciding(ground);
    fixed.into_iter().map(|(key, answer)| (key, answer.answer)).collect()
}

/// On what the answer to a question rests, where one holds on the day.
pub(super) fn settlement(ground: &Ground<'_>, key: &QuestionKey) -> Option<Settlement> {
    let answers = ground.settings.answers.iter().filter(|answer| ground.as_of <= answer.review_by);
    let answer = answers.filter(|answer| concerns(ground, answer, key)).max_by_key(|answer| limits(answer))?;
    Some(Settlement {
        evidence: answer.evidence.clone(),
        approver: answer.approver.clone(),
        review_by: answer.review_by,
        line: answer.line,
    })
}

fn deciding<'a>(ground: &Ground<'a>) -> BTreeMap<QuestionKey, &'a FixedAnswer> {
    let mut answers: Vec<&FixedAnswer> =
        ground.settings.answers.iter().filter(|answer| ground.as_of <= answer.review_by).collect();
    answers.sort_by_key(|answer| limits(answer));
    let mut fixed = BTreeMap::new();
    let families: BTreeSet<&str> = ground.rules.products.values().map(|product| product.family.as_str()).collect();
    for answer in answers {
        for organisation in &ground.estate.organisations {
            for family in &families {
                let key = QuestionKey {
                    ambiguity: answer.question.clone(),
                    organisation: organisation.name.clone(),
                    product: (*family).to_owned(),
                };
                if concerns(ground, answer, &key) {
                    fixed.insert(key, answer);
                }
            }
        }
    }
    fixed
}

/// To how little an answer is limited: one of an organisation and product goes before one of all.
fn limits(answer: &FixedAnswer) -> (bool, bool) {
    (answer.organisation.is_some(), answer.product.is_some())
}

/// Whether an answer speaks of a question.
fn concerns(ground: &Ground<'_>, answer: &FixedAnswer, key: &QuestionKey) -> bool {
    let family = |id: &String| {
        *id == key.product || ground.rules.products.get(id).is_some_and(|product| product.family == key.product)
    };
    answer.question == key.ambiguity
        && answer.organisation.as_ref().is_none_or(|name| *name == key.organisation)
        && answer.product.as_ref().is_none_or(family)
}

/// Answers that no question asks, and answers past their review date: they count no longer.
pub(super) fn findings(ground: &Ground<'_>, asked: &BTreeSet<QuestionKey>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for answer in &ground.settings.answers {
        let questions: Vec<&QuestionKey> = asked.iter().filter(|key| concerns(ground, answer, key)).collect();
        if questions.is_empty() {
            findings.push(unasked(answer));
        } else if answer.review_by < ground.as_of {
            findings.extend(questions.into_iter().map(|key| expired(answer, key)));
        }
    }
    findings
}

fn unasked(answer: &FixedAnswer) -> Finding {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    let (organisation, product) = (part(&answer.organisation), part(&answer.product));
    let whose = if organisation.is_empty() { String::new() } else { format!(" of {organisation}") };
    let what = if product.is_empty() { String::new() } else { format!(" on {product}") };
    Finding {
        key: Key::new("unasked-answer", &[&organisation, &product, &answer.question]),
        organisation,
        text: format!(
            "trueup.toml, line {}, answers {}, and nothing in the records{whose} raises that question{what}: it has no effect.",
            answer.line, answer.question
        ),
        evidence: Vec::new(),
    }
}

fn expired(answer: &FixedAnswer, key: &QuestionKey) -> Finding {
    Finding {
        key: Key::new("expired-answer", &[&key.organisation, &key.product, &answer.question]),
        organisation: key.organisation.clone(),
        text: format!(
            "The answer to {} on {} (trueup.toml, line {}) was to be reviewed by {}; it counts no longer.",
            answer.question, key.product, answer.line, answer.review_by
        ),
        evidence: Vec::new(),
    }
}
