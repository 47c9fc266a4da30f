//! Terms that can be read two ways and facts nobody knows, with the money that hangs on each.

use serde::Serialize;

use crate::model::{Answer, Money, Outcome, Question, Settlement};

use super::{Filter, amount};

/// One side of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side<'a> {
    /// What this side says.
    pub reading: &'a str,
    /// Units required of the family.
    pub required: u64,
    /// Units short.
    pub shortfall: u64,
    /// What the shortfall costs; null where a price is missing.
    #[serde(serialize_with = "amount")]
    pub cost: Option<&'a Money>,
}

/// One question of one organisation and product family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuestionRow<'a> {
    /// Permanent key.
    pub key: String,
    /// Id of the ambiguity.
    pub ambiguity: &'a str,
    /// Organisation.
    pub organisation: &'a str,
    /// Product family.
    pub product: &'a str,
    /// Its name.
    pub product_title: &'a str,
    /// The issue, in a sentence.
    pub title: &'a str,
    /// The publisher's side.
    pub strict: Side<'a>,
    /// The customer's side.
    pub customer: Side<'a>,
    /// The evidence that decides.
    pub evidence: &'a str,
    /// Source of both readings.
    pub source: &'a str,
    /// Names of the hosts it is about.
    pub hosts: Vec<&'a str>,
    /// The answer fixed in `trueup.toml`.
    pub answered: Option<Answer>,
    /// On what that answer rests.
    pub settled: Option<&'a Settlement>,
    /// What hangs on it; null where a price is missing.
    #[serde(serialize_with = "amount")]
    pub worth: Option<&'a Money>,
}

impl QuestionRow<'_> {
    /// Whether the answer moves any figure.
    pub fn moves_a_figure(&self) -> bool {
        self.strict.required != self.customer.required
            || self.strict.shortfall != self.customer.shortfall
            || self.worth.is_some_and(|worth| worth.minor != 0)
    }
}

/// Questions in the order of the outcome: the dearest first.
pub(super) fn rows<'a>(outcome: &'a Outcome, filter: &Filter) -> Vec<QuestionRow<'a>> {
    let shown = outcome.questions.iter().filter(|question| filter.shows(&question.key.organisation));
    shown.map(|question| row(outcome, question)).collect()
}

fn row<'a>(outcome: &'a Outcome, question: &'a Question) -> QuestionRow<'a> {
    QuestionRow {
        key: question.key.to_string(),
        ambiguity: &question.key.ambiguity,
        organisation: &question.key.organisation,
        product: &question.key.product,
        product_title: outcome.names.product(&question.key.product),
        title: &question.title,
        strict: Side {
            reading: &question.strict,
            required: question.required.0,
            shortfall: question.shortfall.0,
            cost: question.cost.0.as_ref(),
        },
        customer: Side {
            reading: &question.customer,
            required: question.required.1,
            shortfall: question.shortfall.1,
            cost: question.cost.1.as_ref(),
        },
        evidence: &question.evidence,
        source: &question.source,
        hosts: question.hosts.iter().filter_map(|&id| outcome.host(id)).map(|host| host.name.as_str()).collect(),
        answered: question.answered,
        settled: question.settled.as_ref(),
        worth: question.worth.as_ref(),
    }
}
