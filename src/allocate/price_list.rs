//! What units cost: the cheapest combination of packs, from the prices at hand.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::model::{Line, Metric, Money, Price, PriceKind, PricePeriod, decimal_to_minor};

/// Prices in force on a day, in one currency.
#[derive(Debug, Clone)]
pub struct PriceList<'a> {
    prices: Vec<&'a Price>,
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
        let in_force: Vec<&Price> = prices
            .iter()
            .filter(|price| {
                price.from.is_none_or(|from| from <= as_of) && price.until.is_none_or(|until| as_of <= until)
            })
            .filter(|price| {
                matches!(price.kind, PriceKind::Licence | PriceKind::LicenceAndSa | PriceKind::Subscription)
            })
            .collect();
        let mut currencies: Vec<&str> = in_force.iter().map(|price| price.currency.as_str()).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let currency = match currencies[..] {
            [only] => only,
            _ => wanted,
        };
        let prices = in_force.into_iter().filter(|price| price.currency == currency).collect();
        Self { prices, currency: currency.to_owned() }
    }

    /// Packs that hold units of a product: those of the version, else those without one, else those of any version.
    fn packs(&self, product: &str, edition: Option<&str>, version: Option<&str>, metric: Metric) -> Vec<&'a Price> {
        let fitting: Vec<&Price> = self
            .prices
            .iter()
            .copied()
            .filter(|price| {
                price.product == product
                    && price.metric == metric
                    && price.edition.as_deref().is_none_or(|priced| Some(priced) == edition)
            })
            .collect();
        let licences = |price: &&Price| price.kind != PriceKind::LicenceAndSa;
        let fitting: Vec<&Price> = if fitting.iter().any(licences) {
            fitting.into_iter().filter(|price| price.kind != PriceKind::LicenceAndSa).collect()
        } else {
            fitting
        };
        let same = |wanted: Option<&str>| -> Vec<&'a Price> {
            fitting.iter().copied().filter(|price| price.version.as_deref() == wanted).collect()
        };
        let exact = if version.is_some() { same(version) } else { Vec::new() };
        if !exact.is_empty() {
            return exact;
        }
        let unversioned = same(None);
        if unversioned.is_empty() { fitting } else { unversioned }
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
            .map(|price| (price.units, yearly(price)))
            .collect();
        match cheapest(&packs, units).and_then(decimal_to_minor) {
            Some(minor) => Priced::Known(Money { minor, currency: self.currency.clone() }),
            None => {
                let edition = edition.map(|edition| format!(" {edition}")).unwrap_or_default();
                Priced::Missing(format!("{product}{edition} by {metric}"))
            }
        }
    }

    /// Price of one unit of a line in hundredths of the smallest currency unit, without rounding to packs.
    pub fn unit_weight(&self, line: &Line, version: Option<&str>) -> Option<u64> {
        self.packs(&line.product, line.edition.as_deref(), version, line.metric)
            .into_iter()
            .filter_map(|price| (yearly(price) * Decimal::from(10_000) / Decimal::from(price.units)).round().to_u64())
            .min()
    }

    /// ISO 4217 code of the list.
    pub fn currency(&self) -> &str {
        &self.currency
    }
}

/// The price of a pack once, or for one year.
fn yearly(price: &Price) -> Decimal {
    match price.per {
        PricePeriod::Month => price.amount * Decimal::from(12),
        PricePeriod::Licence | PricePeriod::Year => price.amount,
    }
}

/// Most units that are combined exactly; above it the pack with the least price a unit makes up the bulk.
const EXACT: u32 = 20_000;

/// The cheapest combination of packs that holds at least so many units.
fn cheapest(packs: &[(u32, Decimal)], units: u32) -> Option<Decimal> {
    let best = packs.iter().min_by_key(|(size, amount)| *amount / Decimal::from(*size))?;
    let bulk = if units > EXACT { (units - EXACT) / best.0 } else { 0 };
    let rest = (units - bulk * best.0) as usize;
    let mut least: Vec<Option<Decimal>> = vec![None; rest + 1];
    least[0] = Some(Decimal::ZERO);
    for wanted in 1..=rest {
        least[wanted] = packs
            .iter()
            .filter_map(|(size, amount)| Some(least[wanted.saturating_sub(*size as usize)]? + *amount))
            .min();
    }
    Some(least[rest]? + best.1 * Decimal::from(bulk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_combination_of_packs_may_leave_units_over() {
        let packs = [(2, Decimal::from(110)), (16, Decimal::from(800))];
        assert_eq!(cheapest(&packs, 17), Some(Decimal::from(910)));
        assert_eq!(cheapest(&packs, 15), Some(Decimal::from(800)));
        assert_eq!(cheapest(&packs, 100_001), Some(Decimal::from(800 * 6250 + 110)));
    }

    #[test]
    fn without_packs_there_is_no_price() {
        assert_eq!(cheapest(&[], 1), None);
    }
}
