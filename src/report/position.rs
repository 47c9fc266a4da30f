//! The licence position: one row for each organisation, product, edition, version and metric.

use std::cmp::Reverse;

use serde::Serialize;

use crate::model::{Assessment, Metric, Money, Outcome, Peak, Position, PositionStatus};

use super::{Filter, amount};

/// One row of the licence position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PositionRow<'a> {
    /// Permanent key.
    pub key: &'a str,
    /// Organisation.
    pub organisation: &'a str,
    /// Product id.
    pub product: &'a str,
    /// Edition.
    pub edition: Option<&'a str>,
    /// Version.
    pub version: Option<&'a str>,
    /// Product, edition and version as people say it.
    pub title: String,
    /// What a unit counts.
    pub metric: Metric,
    /// What the row comes to.
    pub status: PositionStatus,
    /// Units needed.
    pub required: u32,
    /// Units owned that serve this row.
    pub usable: u32,
    /// Units spent on this row.
    pub allocated: u32,
    /// Of those, from other rows.
    pub received: u32,
    /// Units of this row spent on other rows.
    pub lent: u32,
    /// Units missing.
    pub shortfall: u32,
    /// Units left over.
    pub surplus: u32,
    /// Lowest and highest need over both readings.
    pub range: [u32; 2],
    /// Price of the shortfall; null where a price is missing.
    #[serde(serialize_with = "amount")]
    pub cost: Option<&'a Money>,
    /// The price that is wanted.
    pub missing_price: Option<&'a str>,
    /// Rules it rests on that nobody verified.
    pub unverified: &'a [String],
    /// Units to order with the next true-up; null where no agreement trues the row up.
    pub to_order: Option<u32>,
    /// The highest need since the last order, likewise.
    pub peak: Option<Peak>,
}

/// A product that is installed and of which no position is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UntrackedRow<'a> {
    /// Organisation.
    pub organisation: &'a str,
    /// Product id.
    pub product: &'a str,
    /// Its name.
    pub title: &'a str,
    /// Always the same.
    pub status: PositionStatus,
    /// Installations found.
    pub installations: u32,
    /// Why, as half a sentence.
    pub why: &'a str,
}

/// What is installed and counted by no terms, by organisation.
pub(super) fn untracked<'a>(outcome: &'a Outcome, filter: &Filter) -> Vec<UntrackedRow<'a>> {
    let rows = outcome.untracked.iter().filter(|row| filter.shows(&row.organisation));
    rows.map(|row| UntrackedRow {
        organisation: &row.organisation,
        product: &row.product,
        title: outcome.names.product(&row.product),
        status: PositionStatus::NotTracked,
        installations: row.installations,
        why: &row.why,
    })
    .collect()
}

/// All rows of one assessment that the filter shows: by organisation, then the dearest shortfall first; a shortfall
/// without a price follows the priced ones, whatever is covered comes last.
pub fn rows<'a>(outcome: &'a Outcome, assessment: &'a Assessment, filter: &Filter) -> Vec<PositionRow<'a>> {
    let mut positions: Vec<&Position> =
        assessment.positions.iter().filter(|position| filter.shows(&position.organisation)).collect();
    positions.sort_by_key(|position| {
        let cost = position.cost.as_ref().map(|cost| cost.minor);
        let settled = position.shortfall == 0 && position.to_order.unwrap_or(0) == 0;
        (&position.organisation, settled, Reverse(cost), Reverse(position.shortfall), &position.key)
    });
    positions.into_iter().map(|position| row(outcome, position)).collect()
}

fn row<'a>(outcome: &Outcome, position: &'a Position) -> PositionRow<'a> {
    let (edition, version) = (position.edition.as_deref(), position.version.as_deref());
    PositionRow {
        key: &position.key.0,
        organisation: &position.organisation,
        product: &position.product,
        edition,
        version,
        title: outcome.names.licence(&position.product, edition, version),
        metric: position.metric,
        status: PositionStatus::of(position),
        required: position.required,
        usable: position.usable,
        allocated: position.allocated,
        received: position.received,
        lent: position.lent,
        shortfall: position.shortfall,
        surplus: position.surplus,
        range: [position.range.0, position.range.1],
        cost: position.cost.as_ref(),
        missing_price: position.missing_price.as_deref(),
        unverified: &position.unverified,
        to_order: position.to_order,
        peak: position.peak,
    }
}
