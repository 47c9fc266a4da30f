//! What the shortfall costs, per organisation and in all, under both readings; a missing price is named, never zero.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::{Answer, Assessment, Money, Outcome, Position, ToBuy};

use super::{Filter, amounts};

/// The cost of some shortfalls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// One amount a currency; empty where nothing is short.
    #[serde(serialize_with = "amounts")]
    pub cost: Vec<Money>,
    /// Rows that are short.
    pub rows_short: u32,
    /// Rows that are short and have no price: their cost comes on top.
    pub rows_without_price: u32,
    /// What buying all of it takes in the first twelve months, one amount a currency.
    #[serde(serialize_with = "amounts")]
    pub first_year: Vec<Money>,
    /// Rows that are short and are not in `first_year`, for want of a price.
    pub rows_without_first_year: u32,
    /// Rows of which buying takes more than their missing units: Software Assurance, or something else in their place.
    pub rows_with_more: u32,
}

impl Sum {
    fn add(&mut self, row: &Position) {
        let to_buy = row.to_buy.as_ref();
        let first_year = to_buy.and_then(|to_buy| to_buy.first_year.as_ref());
        self.rows_short += 1;
        self.rows_without_price += u32::from(row.cost.is_none());
        self.rows_without_first_year += u32::from(first_year.is_none());
        self.rows_with_more += u32::from(to_buy.is_some_and(ToBuy::is_more_than_units));
        add(&mut self.cost, row.cost.as_ref());
        add(&mut self.first_year, first_year);
    }
}

/// One sum a currency, by its code.
fn add(sums: &mut Vec<Money>, amount: Option<&Money>) {
    let Some(amount) = amount else { return };
    match sums.iter_mut().find(|sum| sum.currency == amount.currency) {
        Some(sum) => sum.minor += amount.minor,
        None => sums.push(amount.clone()),
    }
    sums.sort_by(|a, b| a.currency.cmp(&b.currency));
}

/// Totals of one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TotalRow<'a> {
    /// Permanent key.
    pub key: String,
    /// Organisation.
    pub organisation: &'a str,
    /// Under the publisher's reading.
    pub strict: Sum,
    /// Under the customer's reading.
    pub customer: Sum,
}

/// Totals of all organisations shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Totals<'a> {
    /// Permanent key of the sum over all organisations shown.
    pub key: String,
    /// By organisation.
    pub organisations: Vec<TotalRow<'a>>,
    /// All of them, under the publisher's reading.
    pub strict: Sum,
    /// All of them, under the customer's reading.
    pub customer: Sum,
    /// Prices that are wanted, under either reading.
    pub missing_prices: Vec<&'a str>,
}

/// Adds up the shortfall costs.
pub(super) fn totals<'a>(outcome: &'a Outcome, filter: &Filter) -> Totals<'a> {
    let mut rows: BTreeMap<&'a str, (Sum, Sum)> = BTreeMap::new();
    let covered = outcome.coverage.iter().map(|coverage| coverage.organisation.as_str());
    for organisation in covered.filter(|organisation| filter.shows(organisation)) {
        rows.entry(organisation).or_default();
    }
    let (mut strict, mut customer) = (Sum::default(), Sum::default());
    let mut missing = BTreeSet::new();
    for reading in [Answer::Strict, Answer::Customer] {
        for short in shortfalls(outcome.assessment(reading), filter) {
            let row = rows.entry(&short.organisation).or_default();
            let (row, all) = match reading {
                Answer::Strict => (&mut row.0, &mut strict),
                Answer::Customer => (&mut row.1, &mut customer),
            };
            row.add(short);
            all.add(short);
            if short.cost.is_none() {
                missing.insert(short.missing_price.as_deref().unwrap_or(&short.key.0));
            }
        }
    }
    let organisations = rows.into_iter().map(|(organisation, (strict, customer))| TotalRow {
        key: Outcome::total_key(organisation).0,
        organisation,
        strict,
        customer,
    });
    let key = Outcome::total_key(filter.organisation.as_deref().unwrap_or_default()).0;
    Totals {
        key,
        organisations: organisations.collect(),
        strict,
        customer,
        missing_prices: missing.into_iter().collect(),
    }
}

/// Every row that is short.
fn shortfalls<'a>(assessment: &'a Assessment, filter: &Filter) -> impl Iterator<Item = &'a Position> {
    assessment.positions.iter().filter(|position| position.shortfall > 0 && filter.shows(&position.organisation))
}
