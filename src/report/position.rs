//! The licence position: one row for each organisation, product, edition, version and metric.

use std::cmp::Reverse;

use serde::Serialize;

use crate::model::{Assessment, InsteadItem, Metric, Money, Outcome, Peak, Position, PositionStatus, ToBuy};

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
    /// What buying the missing units takes on the day; null where nothing is short.
    pub to_buy: Option<ToBuyRow<'a>>,
    /// Rules it rests on that nobody verified.
    pub unverified: &'a [String],
    /// Units to order with the next true-up; null where no agreement trues the row up.
    pub to_order: Option<u32>,
    /// The highest need since the last order, likewise.
    pub peak: Option<Peak>,
}

/// What buying the missing units of a row takes on the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToBuyRow<'a> {
    /// Price in the first twelve months; null where a price is missing.
    #[serde(serialize_with = "amount")]
    pub first_year: Option<&'a Money>,
    /// The price that is wanted.
    pub missing_price: Option<&'a str>,
    /// Software Assurance that the row's cost does not hold; null where none is due.
    pub assurance: Option<AssuranceDueRow<'a>>,
    /// What takes the place of units that cannot be bought; null where all can.
    pub instead: Option<InsteadRow<'a>>,
}

/// Missing units that must carry Software Assurance if they are bought on the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssuranceDueRow<'a> {
    /// Units.
    pub units: u32,
    /// Price of a year of it; null where it has none.
    #[serde(serialize_with = "amount")]
    pub year: Option<&'a Money>,
}

/// What is bought in place of missing units that no licence sold on the day serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InsteadRow<'a> {
    /// Units that cannot be bought.
    pub units: u32,
    /// What is bought in their place; empty where nothing with a price serves.
    pub items: &'a [InsteadItem],
    /// Its price in the first twelve months; null where nothing with a price serves.
    #[serde(serialize_with = "amount")]
    pub first_year: Option<&'a Money>,
}

fn to_buy(to_buy: &ToBuy) -> ToBuyRow<'_> {
    ToBuyRow {
        first_year: to_buy.first_year.as_ref(),
        missing_price: to_buy.missing_price.as_deref(),
        assurance: to_buy.assurance.as_ref().map(|due| AssuranceDueRow { units: due.units, year: due.year.as_ref() }),
        instead: to_buy.instead.as_ref().map(|instead| InsteadRow {
            units: instead.units,
            items: &instead.items,
            first_year: instead.first_year.as_ref(),
        }),
    }
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
        to_buy: position.to_buy.as_ref().map(to_buy),
        unverified: &position.unverified,
        to_order: position.to_order,
        peak: position.peak,
    }
}
