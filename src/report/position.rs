//! The licence position: one row for each organisation, product, edition, version and metric.

use std::cmp::Reverse;

use serde::Serialize;

use crate::model::{Assessment, Metric, Money, Outcome, Position};

use super::{Filter, amount};

/// What a row comes to, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowStatus {
    /// Units are missing.
    Shortfall,
    /// Nothing is missing under this reading; under another answer something would be.
    ToVerify,
    /// Nothing is missing, and units are left over.
    Surplus,
    /// Nothing is missing and nothing is left over.
    Covered,
}

impl RowStatus {
    fn of(position: &Position) -> Self {
        if position.shortfall > 0 {
            Self::Shortfall
        } else if position.range.1 > position.required && position.range.1 > position.usable {
            Self::ToVerify
        } else if position.surplus > 0 {
            Self::Surplus
        } else {
            Self::Covered
        }
    }

    /// As printed.
    pub fn words(self) -> &'static str {
        match self {
            Self::Shortfall => "shortfall",
            Self::ToVerify => "to verify",
            Self::Surplus => "surplus",
            Self::Covered => "covered",
        }
    }
}

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
    pub status: RowStatus,
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
}

/// All rows of one assessment that the filter shows: by organisation, then the dearest shortfall first; a shortfall
/// without a price follows the priced ones, whatever is covered comes last.
pub fn rows<'a>(outcome: &'a Outcome, assessment: &'a Assessment, filter: &Filter) -> Vec<PositionRow<'a>> {
    let mut positions: Vec<&Position> =
        assessment.positions.iter().filter(|position| filter.shows(&position.organisation)).collect();
    positions.sort_by_key(|position| {
        let cost = position.cost.as_ref().map(|cost| cost.minor);
        (&position.organisation, position.shortfall == 0, Reverse(cost), Reverse(position.shortfall), &position.key)
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
        status: RowStatus::of(position),
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
    }
}
