//! What the shortfall costs, per organisation and in all, under both readings; a missing price is named, never zero.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::{Answer, Assessment, Money, Outcome};

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
}

impl Sum {
    fn add(&mut self, cost: Option<&Money>) {
        self.rows_short += 1;
        let Some(cost) = cost else {
            self.rows_without_price += 1;
            return;
        };
        match self.cost.iter_mut().find(|sum| sum.currency == cost.currency) {
            Some(sum) => sum.minor += cost.minor,
            None => self.cost.push(cost.clone()),
        }
        self.cost.sort_by(|a, b| a.currency.cmp(&b.currency));
    }
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
        for (organisation, cost, wanted) in shortfalls(outcome.assessment(reading), filter) {
            let row = rows.entry(organisation).or_default();
            let (row, all) = match reading {
                Answer::Strict => (&mut row.0, &mut strict),
                Answer::Customer => (&mut row.1, &mut customer),
            };
            row.add(cost);
            all.add(cost);
            missing.extend(Some(wanted).filter(|_| cost.is_none()));
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

type Shortfall<'a> = (&'a str, Option<&'a Money>, &'a str);

/// Organisation, cost and wanted price (the key of the row where nobody named it) of every row that is short.
fn shortfalls<'a>(assessment: &'a Assessment, filter: &Filter) -> impl Iterator<Item = Shortfall<'a>> {
    assessment.positions.iter().filter(|position| position.shortfall > 0 && filter.shows(&position.organisation)).map(
        |position| {
            let wanted = position.missing_price.as_deref().unwrap_or(&position.key.0);
            (position.organisation.as_str(), position.cost.as_ref(), wanted)
        },
    )
}
