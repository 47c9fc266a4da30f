//! Every way to license a product over a whole organisation, and every way of each scope.

use serde::Serialize;

use crate::model::{Alternative, AlternativeTotal, Assessment, Basis, Metric, Money, Outcome, Refusal, Requirement};

use super::{Filter, amount};

/// Why a way is not lawful.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusalRow<'a> {
    /// Id of the rule that forbids it.
    pub rule: &'a str,
    /// Why, in a sentence.
    pub reason: &'a str,
}

impl<'a> From<&'a Refusal> for RefusalRow<'a> {
    fn from(refusal: &'a Refusal) -> Self {
        Self { rule: &refusal.rule, reason: &refusal.reason }
    }
}

/// One way to license everything of a product of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlternativeRow<'a> {
    /// Permanent key.
    pub key: String,
    /// Organisation.
    pub organisation: &'a str,
    /// Product id.
    pub product: &'a str,
    /// Edition; null where each guest keeps its own.
    pub edition: Option<&'a str>,
    /// Product and edition as people say it.
    pub title: String,
    /// What a unit counts.
    pub metric: Metric,
    /// What the way counts by.
    pub basis: Basis,
    /// Units over all scopes; what is owned is not taken off.
    pub required: u32,
    /// Price of all of them with what must be bought beside them; null where a price is missing.
    #[serde(serialize_with = "amount")]
    pub cost: Option<&'a Money>,
    /// The prices that are wanted.
    pub missing_prices: &'a [String],
    /// What must be true for it.
    pub condition: Option<&'a str>,
    /// Whether the terms allow it for every scope.
    pub available: bool,
    /// Why not.
    pub refused: Option<RefusalRow<'a>>,
    /// Whether the position uses it for some scope.
    pub chosen: bool,
}

impl AlternativeRow<'_> {
    /// Whether its units are of several metrics or editions together.
    pub fn is_mixed(&self) -> bool {
        self.basis == Basis::Mixed && self.edition.is_none()
    }

    /// In one word.
    pub fn words(&self) -> &'static str {
        match (self.chosen, self.available, self.condition) {
            (true, ..) => "in use",
            (false, false, _) => "not allowed",
            (false, true, Some(_)) => "conditional",
            (false, true, None) => "possible",
        }
    }
}

/// Ways in the order of the assessment: by organisation, product, edition, metric and basis.
pub(super) fn rows<'a>(outcome: &'a Outcome, assessment: &'a Assessment, filter: &Filter) -> Vec<AlternativeRow<'a>> {
    let mut rows: Vec<AlternativeRow<'a>> = assessment
        .alternatives
        .iter()
        .filter(|total| filter.shows(&total.organisation))
        .map(|total| row(outcome, total))
        .collect();
    rows.sort_by_key(|row| (row.organisation, row.product, row.edition, row.metric, row.basis));
    rows
}

fn row<'a>(outcome: &Outcome, total: &'a AlternativeTotal) -> AlternativeRow<'a> {
    AlternativeRow {
        key: total.key().0,
        organisation: &total.organisation,
        product: &total.product,
        edition: total.edition.as_deref(),
        title: outcome.names.licence(&total.product, total.edition.as_deref(), None),
        metric: total.metric,
        basis: total.basis,
        required: total.required,
        cost: total.cost.as_ref(),
        missing_prices: &total.missing_prices,
        condition: total.condition.as_deref(),
        available: total.available,
        refused: total.refused.as_ref().map(RefusalRow::from),
        chosen: total.chosen,
    }
}

/// What one scope needs of one product family, with every way of meeting it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequirementRow<'a> {
    /// Permanent key.
    pub key: &'a str,
    /// Organisation whose need it is.
    pub organisation: &'a str,
    /// Product family.
    pub product: &'a str,
    /// Name of the scope.
    pub scope: String,
    /// Every way, lawful or refused.
    pub ways: Vec<WayRow<'a>>,
}

/// One way to license one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WayRow<'a> {
    /// Product id.
    pub product: &'a str,
    /// Edition; null where each guest keeps its own.
    pub edition: Option<&'a str>,
    /// What a unit counts.
    pub metric: Metric,
    /// What the way counts by.
    pub basis: Basis,
    /// Units; what is owned is not taken off.
    pub required: u32,
    /// Price of all of them with what must be bought beside them; null where a price is missing.
    #[serde(serialize_with = "amount")]
    pub cost: Option<&'a Money>,
    /// The prices that are wanted.
    pub missing_prices: &'a [String],
    /// What must be true for it.
    pub condition: Option<&'a str>,
    /// Whether the terms allow it.
    pub available: bool,
    /// Why not.
    pub refused: Option<RefusalRow<'a>>,
    /// Whether the position uses it.
    pub chosen: bool,
}

/// Every scope that the filter shows, in the order of keys; none where scopes are not wanted.
pub(super) fn requirements<'a>(assessment: &'a Assessment, filter: &Filter) -> Vec<RequirementRow<'a>> {
    if !filter.scopes {
        return Vec::new();
    }
    let mut chosen: Vec<Option<usize>> = vec![None; assessment.requirements.len()];
    for choice in &assessment.chosen {
        chosen[choice.requirement] = Some(choice.alternative);
    }
    let shown = assessment.requirements.iter().zip(chosen);
    let shown = shown.filter(|(requirement, _)| filter.shows(&requirement.organisation));
    let mut rows: Vec<RequirementRow<'a>> =
        shown.map(|(requirement, chosen)| requirement_row(requirement, chosen)).collect();
    rows.sort_by_key(|row| row.key);
    rows
}

fn requirement_row(requirement: &Requirement, chosen: Option<usize>) -> RequirementRow<'_> {
    let ways = requirement.alternatives.iter().enumerate();
    RequirementRow {
        key: &requirement.key.0,
        organisation: &requirement.organisation,
        product: &requirement.family,
        scope: requirement.scope.name(),
        ways: ways.map(|(index, way)| way_row(way, chosen == Some(index))).collect(),
    }
}

fn way_row(way: &Alternative, chosen: bool) -> WayRow<'_> {
    WayRow {
        product: &way.product,
        edition: way.edition.as_deref(),
        metric: way.metric,
        basis: way.basis,
        required: way.units(),
        cost: way.cost.as_ref(),
        missing_prices: &way.missing_prices,
        condition: way.condition.as_deref(),
        available: way.refused.is_none(),
        refused: way.refused.as_ref().map(RefusalRow::from),
        chosen,
    }
}
