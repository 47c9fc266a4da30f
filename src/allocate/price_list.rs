//! What units cost: the cheapest combination of packs, from the prices at hand.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::model::{Line, Metric, Money, Price, PriceKind, cheapest_packs, decimal_to_minor, packs_of};

/// Prices in force on a day, in one currency.
#[derive(Debug, Clone)]
pub struct PriceList<'a> {
    prices: Vec<&'a Price>,
    /// Of Software Assurance alone.
    assurance: Vec<&'a Price>,
    currency: String,
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
    /// The prices in force on a day. Where none is in the wanted currency and all are in one other, that one is used;
    /// currencies are never mixed.
    pub fn new(prices: &'a [Price], as_of: Date, wanted: &str) -> Self {
        let in_force: Vec<&Price> = prices.iter().filter(|price| price.is_in_force(as_of)).collect();
        let (assurance, in_force): (Vec<&Price>, Vec<&Price>) = in_force
            .into_iter()
            .filter(|price| price.kind != PriceKind::StepUp)
            .partition(|price| price.kind == PriceKind::Sa);
        let mut currencies: Vec<&str> = in_force.iter().map(|price| price.currency.as_str()).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let currency = match currencies[..] {
            [only] => only,
            _ => wanted,
        };
        let of_currency = |prices: Vec<&'a Price>| -> Vec<&'a Price> {
            prices.into_iter().filter(|price| price.currency == currency).collect()
        };
        Self { prices: of_currency(in_force), assurance: of_currency(assurance), currency: currency.to_owned() }
    }

    fn packs(&self, product: &str, edition: Option<&str>, version: Option<&str>, metric: Metric) -> Vec<&'a Price> {
        packs_of(self.prices.iter().copied(), product, edition, version, metric)
    }

    /// Price of so many units, in whole packs; a monthly price is taken for a year.
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
        match cheapest_packs(&packs, units).and_then(|(amount, _)| decimal_to_minor(amount)) {
            Some(minor) => Priced::Known(Money { minor, currency: self.currency.clone() }),
            None => {
                let edition = edition.map(|edition| format!(" {edition}")).unwrap_or_default();
                Priced::Missing(format!("{product}{edition} by {metric}"))
            }
        }
    }

    /// Whether what prices units is the licence alone.
    pub fn is_licence_alone(&self, product: &str, edition: Option<&str>, metric: Metric) -> bool {
        self.packs(product, edition, None, metric).iter().any(|price| price.kind == PriceKind::Licence)
    }

    /// Price of a year of Software Assurance for so many units; `None` where it has none.
    pub fn assurance_year(&self, product: &str, edition: Option<&str>, metric: Metric, units: u32) -> Option<Money> {
        let rows = packs_of(self.assurance.iter().copied(), product, edition, None, metric);
        let packs: Vec<(u32, Decimal)> = rows.into_iter().map(|price| (price.units, price.yearly())).collect();
        let minor = decimal_to_minor(cheapest_packs(&packs, units)?.0)?;
        Some(Money { minor, currency: self.currency.clone() })
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
