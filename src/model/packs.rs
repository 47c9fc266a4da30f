//! Which price lines serve units of a product, and the cheapest combination of their packs.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Metric, Price, PriceKind, PricePeriod};

/// The fewest units of a product that one order may hold on the day, by product id and metric; most products have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderMinimums(BTreeMap<(String, Metric), u32>);

impl FromIterator<((String, Metric), u32)> for OrderMinimums {
    fn from_iter<I: IntoIterator<Item = ((String, Metric), u32)>>(minimums: I) -> Self {
        Self(minimums.into_iter().collect())
    }
}

impl OrderMinimums {
    /// The fewest units of an order.
    pub fn of(&self, product: &str, metric: Metric) -> Option<u32> {
        // Few products have one: looking through them costs less than a key made for each price.
        self.0.iter().find(|((known, by), _)| known == product && *by == metric).map(|(_, &units)| units)
    }

    /// Units that must be ordered where so many are missing.
    pub fn ordered(&self, product: &str, metric: Metric, units: u32) -> u32 {
        if units == 0 { 0 } else { units.max(self.of(product, metric).unwrap_or(0)) }
    }
}

/// Prices in force on a day, in one currency: currencies are never mixed.
#[derive(Debug, Clone)]
pub struct PricesInForce<'a> {
    /// The prices, of every kind.
    pub prices: Vec<&'a Price>,
    /// ISO 4217 code.
    pub currency: String,
}

impl<'a> PricesInForce<'a> {
    /// Those in the wanted currency; where everything that is sold by itself is priced in one other, those in that one.
    /// Software Assurance and step-ups follow what they are bought for. A price of nothing is no price.
    pub fn new(prices: &'a [Price], day: Date, wanted: &str) -> Self {
        let in_force = |price: &&Price| price.is_in_force(day) && !price.amount.is_zero();
        let mut prices: Vec<&Price> = prices.iter().filter(in_force).collect();
        let by_itself = |price: &&&Price| !matches!(price.kind, PriceKind::Sa | PriceKind::StepUp);
        let mut currencies: Vec<&str> = prices.iter().filter(by_itself).map(|price| price.currency.as_str()).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let currency = match currencies[..] {
            [only] => only.to_owned(),
            _ => wanted.to_owned(),
        };
        prices.retain(|price| price.currency == currency);
        Self { prices, currency }
    }
}

/// Of these prices those that hold units of a product: those of the version, else those without one, else those of any
/// version. A price that includes Software Assurance serves only where none without it does.
pub fn packs_of<'a>(
    prices: impl Iterator<Item = &'a Price>,
    product: &str,
    edition: Option<&str>,
    version: Option<&str>,
    metric: Metric,
) -> Vec<&'a Price> {
    let mut fitting: Vec<&Price> = prices
        .filter(|price| {
            price.product == product
                && price.metric == metric
                && price.edition.as_deref().is_none_or(|priced| Some(priced) == edition)
        })
        .collect();
    let alone = |price: &&Price| price.kind != PriceKind::LicenceAndSa;
    if fitting.iter().any(alone) {
        fitting.retain(alone);
    }
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

impl Price {
    /// Whether it may be bought at on a day.
    pub fn is_in_force(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// The price of a pack once, or of one year; a monthly price is taken for twelve months.
    pub fn yearly(&self) -> Decimal {
        match self.per {
            PricePeriod::Month => self.amount * Decimal::from(12),
            PricePeriod::Licence | PricePeriod::Year => self.amount,
        }
    }
}

/// Most units that are combined one by one; above it the pack with the least price a unit makes up the bulk.
const EXACT: u64 = 20_000;

/// The cheapest combination of packs, each of so many units at an amount, that holds at least so many units: its
/// amount, and how many of each pack. `None` where there is no pack.
pub fn cheapest_packs(packs: &[(u32, Decimal)], units: u32) -> Option<(Decimal, Vec<u32>)> {
    let usable = || packs.iter().enumerate().filter(|(_, (size, _))| *size > 0);
    let (main, best) = usable().min_by_key(|(_, (size, amount))| *amount / Decimal::from(*size))?;
    let bulk = bulk(units, best.0, usable().filter(|(index, _)| *index != main).map(|(_, (size, _))| *size).max());
    let rest = (units - bulk * best.0) as usize;
    let mut least: Vec<(Decimal, usize)> = vec![(Decimal::ZERO, 0); rest + 1];
    for wanted in 1..=rest {
        let options =
            usable().map(|(index, (size, amount))| (least[wanted.saturating_sub(*size as usize)].0 + *amount, index));
        least[wanted] = options.min()?;
    }
    let mut counts = vec![0; packs.len()];
    counts[main] = bulk;
    let mut left = rest;
    while left > 0 {
        let index = least[left].1;
        counts[index] += 1;
        left = left.saturating_sub(packs[index].0 as usize);
    }
    Some((least[rest].0 + best.1 * Decimal::from(bulk), counts))
}

/// How many packs of the least price a unit are surely in a cheapest combination, the largest other pack being given.
///
/// Of as many other packs as the main one has units, some hold together a multiple of its units, and main packs hold as
/// many for no more. So fewer other packs than that are needed, and the main ones hold all the rest.
fn bulk(units: u32, main: u32, largest_other: Option<u32>) -> u32 {
    let by_others = u64::from(largest_other.unwrap_or(0)) * u64::from(main - 1);
    (units - u64::from(units).min(by_others.min(EXACT)) as u32) / main
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_combination_of_packs_may_leave_units_over() {
        let packs = [(2, Decimal::from(110)), (16, Decimal::from(800))];
        let cheapest = |units| cheapest_packs(&packs, units).expect("there are packs");
        assert_eq!(cheapest(17), (Decimal::from(910), vec![1, 1]));
        assert_eq!(cheapest(15), (Decimal::from(800), vec![0, 1]));
        assert_eq!(cheapest(100_001), (Decimal::from(800 * 6250 + 110), vec![1, 6250]));
    }

    #[test]
    fn no_combination_of_packs_is_cheaper() {
        let amounts = [37, 110, 215, 800, 1_450, 90];
        for (one, other, third) in [(1, 5, 7), (2, 16, 3), (6, 4, 9), (10, 11, 12), (25, 1, 60)] {
            for shift in 0..amounts.len() {
                let amount = |number: usize| Decimal::from(amounts[(shift + number) % amounts.len()]);
                let packs = [(one, amount(0)), (other, amount(1)), (third, amount(2))];
                for units in (0..70).chain([331]) {
                    let (found, counts) = cheapest_packs(&packs, units).expect("there are packs");
                    let held: u32 = counts.iter().zip(&packs).map(|(count, (size, _))| count * size).sum();
                    let paid: Decimal =
                        counts.iter().zip(&packs).map(|(count, (_, amount))| Decimal::from(*count) * amount).sum();
                    assert!(held >= units && paid == found, "{packs:?} for {units}: {counts:?}");
                    assert_eq!(found, by_trial(&packs, units), "{packs:?} for {units}");
                }
            }
        }
    }

    /// Every number of the first two packs, filled up with the third.
    fn by_trial(packs: &[(u32, Decimal); 3], units: u32) -> Decimal {
        let mut least = None;
        for first in 0..=units.div_ceil(packs[0].0) {
            for second in 0..=units.div_ceil(packs[1].0) {
                let left = units.saturating_sub(first * packs[0].0 + second * packs[1].0);
                let counts = [first, second, left.div_ceil(packs[2].0)];
                let paid: Decimal =
                    counts.iter().zip(packs).map(|(count, (_, amount))| Decimal::from(*count) * amount).sum();
                least = Some(least.map_or(paid, |known: Decimal| known.min(paid)));
            }
        }
        least.unwrap_or_default()
    }

    #[test]
    fn without_packs_there_is_no_price() {
        assert_eq!(cheapest_packs(&[], 1), None);
    }
}
