//! Which price lines serve units of a product, and the cheapest combination of their packs.

use rust_decimal::Decimal;

use super::{Metric, Price, PriceKind, PricePeriod};

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
    /// The price of a pack once, or of one year; a monthly price is taken for twelve months.
    pub fn yearly(&self) -> Decimal {
        match self.per {
            PricePeriod::Month => self.amount * Decimal::from(12),
            PricePeriod::Licence | PricePeriod::Year => self.amount,
        }
    }
}

/// Most units that are combined exactly; above it the pack with the least price a unit makes up the bulk.
const EXACT: u32 = 20_000;

/// The cheapest combination of packs, each of so many units at an amount, that holds at least so many units: its
/// amount, and how many of each pack. `None` where there is no pack.
pub fn cheapest_packs(packs: &[(u32, Decimal)], units: u32) -> Option<(Decimal, Vec<u32>)> {
    let usable = || packs.iter().enumerate().filter(|(_, (size, _))| *size > 0);
    let (main, best) = usable().min_by_key(|(_, (size, amount))| *amount / Decimal::from(*size))?;
    let bulk = if units > EXACT { (units - EXACT) / best.0 } else { 0 };
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
    fn without_packs_there_is_no_price() {
        assert_eq!(cheapest_packs(&[], 1), None);
    }
}
