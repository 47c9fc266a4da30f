//! The price of a shortfall: the price lines concerned, and the packs that come to the amount.

use rust_decimal::Decimal;

use crate::model::{Money, Position, Price, PriceKind, PricePeriod, decimal_to_minor};

use super::Item;
use super::teller::{Teller, count, units};

/// Largest shortfall whose packs are redone.
const LARGEST: u32 = 100_000;

/// What the shortfall costs and why.
pub(super) fn items(teller: &Teller<'_>, position: &Position) -> Vec<Item> {
    if position.shortfall == 0 {
        return Vec::new();
    }
    let prices: Vec<&Price> = teller.outcome.prices.iter().filter(|price| concerns(price, position, teller)).collect();
    let lines: Vec<Item> = prices.iter().map(|price| line(teller, price)).collect();
    let short = units(position.shortfall, position.metric);
    match &position.cost {
        None => {
            let wanted = position.missing_price.as_deref().unwrap_or("a price of this product and metric");
            vec![Item::say(format!("{short} are short and have no price. Wanted: {wanted}")).with(lines)]
        }
        Some(cost) => {
            let packs = packs(&prices, position.shortfall, cost).map(|packs| format!(" = {packs}")).unwrap_or_default();
            vec![Item::say(format!("{short} cost {cost}{packs}")).with(lines)]
        }
    }
}

/// Whether a price line may serve this row on the day.
fn concerns(price: &Price, position: &Position, teller: &Teller<'_>) -> bool {
    let day = teller.outcome.as_of;
    let fits = |own: &Option<String>, row: &Option<String>| own.is_none() || own == row;
    price.product == position.product
        && price.metric == position.metric
        && fits(&price.edition, &position.edition)
        && fits(&price.version, &position.version)
        && price.from.is_none_or(|from| from <= day)
        && price.until.is_none_or(|until| day <= until)
        && !matches!(price.kind, PriceKind::Sa | PriceKind::StepUp)
}

/// `a pack of 16 costs 850.00 GBP, from the price list "…"`.
fn line(teller: &Teller<'_>, price: &Price) -> Item {
    let source = price.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
    let level = price.level.as_ref().map(|level| format!(", level {level}")).unwrap_or_default();
    let pack = if price.units == 1 { "one".to_owned() } else { format!("a pack of {}", count(price.units)) };
    let per = match price.per {
        PricePeriod::Licence => String::new(),
        PricePeriod::Month => format!(" a month, {} for twelve", for_a_year(price)),
        PricePeriod::Year => " a year".to_owned(),
    };
    let text = format!("{pack} costs {} {}{per}{level}{source}", price.amount, price.currency);
    let places = match &price.evidence {
        Some(evidence) => teller.places(std::slice::from_ref(evidence)),
        None => Vec::new(),
    };
    Item::say(text).at(places)
}

/// The amount, or that of twelve months where the price is of one.
fn for_a_year(price: &Price) -> Decimal {
    match price.per {
        PricePeriod::Month => price.amount * Decimal::from(12),
        PricePeriod::Licence | PricePeriod::Year => price.amount,
    }
}

/// A pack: units, price in the smallest unit.
type Pack = (u32, i64);

/// The cheapest packs that hold the units, as `4 packs of 16 at £850.00 + …`, where they come to exactly this amount.
fn packs(prices: &[&Price], wanted: u32, cost: &Money) -> Option<String> {
    if wanted > LARGEST {
        return None;
    }
    let same = prices.iter().filter(|price| price.currency == cost.currency && price.units > 0);
    let packs: Vec<Pack> = same.filter_map(|price| Some((price.units, decimal_to_minor(for_a_year(price))?))).collect();
    let (amount, counts) = cheapest(&packs, wanted)?;
    if amount != cost.minor {
        return None;
    }
    let money = |minor| Money { minor, currency: cost.currency.clone() };
    let part = |(&(units, price), &packs): (&Pack, &u32)| {
        let plural = if packs == 1 { "" } else { "s" };
        match units {
            1 => format!("{} at {}", count(packs), money(price)),
            _ => format!("{} pack{plural} of {} at {}", count(packs), count(units), money(price)),
        }
    };
    let used = packs.iter().zip(&counts).filter(|(_, packs)| **packs > 0);
    Some(used.map(part).collect::<Vec<_>>().join(" + "))
}

/// Least price at which at least so many units can be had, with the number of each pack.
fn cheapest(packs: &[Pack], wanted: u32) -> Option<(i64, Vec<u32>)> {
    let wanted = usize::try_from(wanted).ok()?;
    let mut best: Vec<(i64, usize)> = vec![(0, 0)];
    for units in 1..=wanted {
        let options = packs.iter().enumerate().map(|(index, &(size, price))| {
            let rest = units.saturating_sub(usize::try_from(size).unwrap_or(usize::MAX));
            (best[rest].0 + price, index)
        });
        best.push(options.min()?);
    }
    let mut counts = vec![0; packs.len()];
    let mut left = wanted;
    while left > 0 {
        let index = best[left].1;
        counts[index] += 1;
        left = left.saturating_sub(usize::try_from(packs[index].0).unwrap_or(usize::MAX));
    }
    Some((best[wanted].0, counts))
}

#[cfg(test)]
mod tests {
    use super::cheapest;

    #[test]
    fn packs_are_mixed_where_that_is_cheaper() {
        assert_eq!(cheapest(&[(16, 85_000), (2, 11_000)], 72), Some((384_000, vec![4, 4])));
        assert_eq!(cheapest(&[(16, 85_000)], 17), Some((170_000, vec![2])));
        assert_eq!(cheapest(&[], 1), None);
    }
}
