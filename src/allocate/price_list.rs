//! What units cost: the cheapest combination of packs, from the prices at hand.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::model::{
    Line, Metric, Money, OrderMinimums, Price, PriceKind, PricesInForce, cheapest_packs, decimal_to_minor, packs_of,
    priced_name,
};

/// Prices of what meets a need by itself, in force on a day and in one currency.
#[derive(Debug, Clone)]
pub struct PriceList<'a> {
    prices: Vec<&'a Price>,
    currency: String,
    /// Names of products by id.
    names: &'a BTreeMap<String, String>,
    minimums: OrderMinimums,
}

/// A price, or the name of what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Priced {
    /// The amount.
    Known(Money),
    /// What price is wanted.
    Missing(String),
}

impl<'a> PriceList<'a> {
    /// The prices in force on a day, with names of products by id for what is missing; Software Assurance and step-ups meet
    /// no need by themselves.
    pub fn new(
        prices: &'a [Price],
        names: &'a BTreeMap<String, String>,
        as_of: Date,
        wanted: &str,
        minimums: OrderMinimums,
    ) -> Self {
        let PricesInForce { mut prices, currency } = PricesInForce::new(prices, as_of, wanted);
        prices.retain(|price| !matches!(price.kind, PriceKind::Sa | PriceKind::StepUp));
        Self { prices, currency, names, minimums }
    }

    fn packs(&self, product: &str, edition: Option<&str>, version: Option<&str>, metric: Metric) -> Vec<&'a Price> {
        packs_of(self.prices.iter().copied(), product, edition, version, metric)
    }

    /// Price of so many units, in whole packs and at least the units of one order; a monthly price is taken for a year.
    pub fn price(
        &self,
        product: &str,
        edition: Option<&str>,
        version: Option<&str>,
        metric: Metric,
        units: u32,
    ) -> Priced {
        if units == 0 {
            return Priced::Known(Money { minor: 0, currency: self.currency.clone() });
        }
        let packs: Vec<(u32, Decimal)> = self
            .packs(product, edition, version, metric)
            .into_iter()
            .map(|price| (price.units, price.yearly()))
            .collect();
        let ordered = self.minimums.ordered(product, metric, units);
        match cheapest_packs(&packs, ordered).and_then(|(amount, _)| decimal_to_minor(amount)) {
            Some(minor) => Priced::Known(Money { minor, currency: self.currency.clone() }),
            None => {
                let name = self.names.get(product).map_or(product, String::as_str);
                Priced::Missing(priced_name(name, edition, metric))
            }
        }
    }

    /// Price of one unit of a line in hundredths of the smallest currency unit, without rounding to packs.
    pub fn unit_weight(&self, line: &Line, version: Option<&str>) -> Option<u64> {
        self.packs(&line.product, line.edition.as_deref(), version, line.metric)
            .into_iter()
            .filter_map(|price| (price.yearly() * Decimal::from(10_000) / Decimal::from(price.units)).round().to_u64())
            .min()
    }

    /// ISO 4217 code of the list.
    pub fn currency(&self) -> &str {
        &self.currency
    }
}
