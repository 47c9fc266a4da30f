//! Prices: the price lines concerned, and the packs that come to an amount.

use std::collections::BTreeMap;

use crate::model::{
    Alternative, Metric, Money, Position, Price, PriceKind, PricePeriod, Ware, cheapest_packs, decimal_to_minor,
    packs_of, wares,
};

use super::Item;
use super::teller::{Teller, count, units};

/// What the shortfall of a row costs and why.
pub(super) fn items(teller: &Teller<'_>, position: &Position) -> Vec<Item> {
    if position.shortfall == 0 {
        return Vec::new();
    }
    let rows = rows_bought_together(teller, position);
    let ware = Ware {
        product: &position.product,
        edition: position.edition.as_deref(),
        version: rows.iter().filter_map(|row| teller.release(&row.product, row.version.as_deref()?)).max(),
        metric: position.metric,
        units: rows.iter().map(|row| row.shortfall).sum(),
        beside: false,
    };
    let prices = lines_for(teller, &ware);
    let short = units(position.shortfall, position.metric);
    let Some(cost) = &position.cost else {
        let wanted = position.missing_price.as_deref().unwrap_or("a price of this product and metric");
        let text = format!("{short} are short and have no price. Wanted: {wanted}");
        return vec![Item::say(text).with(told(teller, &prices))];
    };
    let group: Option<i64> = rows.iter().map(|row| row.cost.as_ref().map(|cost| cost.minor)).sum();
    let whole = Money { minor: group.unwrap_or(cost.minor), currency: cost.currency.clone() };
    let packs = packs(&prices, ware.units, &whole).map(|packs| format!(" = {packs}")).unwrap_or_default();
    if rows.len() == 1 {
        return vec![Item::say(format!("{short} cost {cost}{packs}")).with(told(teller, &prices))];
    }
    let parts: Vec<String> = rows.iter().map(|row| count(row.shortfall)).collect();
    let all = units(ware.units, ware.metric);
    vec![
        Item::say(format!(
            "Units of all versions are bought together: {} = {all} cost {whole}{packs}",
            parts.join(" + ")
        ))
        .with(told(teller, &prices)),
        Item::say(format!(
            "This row's share: {whole} × {} / {} = {cost}, so that the rows add up to the whole to the penny",
            count(position.shortfall),
            count(ware.units)
        )),
    ]
}

/// What a year of Software Assurance costs for so many missing units of a row that must carry it; nothing where the row's
/// price holds it.
pub(super) fn of_assurance(teller: &Teller<'_>, position: &Position, assured: u32) -> Option<Item> {
    let (product, edition, metric) = (position.product.as_str(), position.edition.as_deref(), position.metric);
    let ware = Ware { product, edition, version: None, metric, units: assured, beside: false };
    let licences = lines_for(teller, &ware);
    let first = licences.iter().find(|price| price.kind == PriceKind::Licence).filter(|_| assured > 0)?;
    let prices = assurance_lines(teller, product, edition, metric, &first.currency);
    let short = units(assured, metric);
    let text = match cheapest(&prices, assured) {
        Some((money, packs)) => {
            format!(
                "{short} must carry Software Assurance if they are bought now; a year of it costs {packs} = {money} more"
            )
        }
        None => format!(
            "{short} must carry Software Assurance if they are bought now, which has no price: the cost is higher"
        ),
    };
    Some(Item::say(text).with(told(teller, &prices)))
}

/// Price lines of Software Assurance on the day.
fn assurance_lines<'a>(
    teller: &Teller<'a>,
    product: &str,
    edition: Option<&str>,
    metric: Metric,
    currency: &str,
) -> Vec<&'a Price> {
    let day = teller.outcome.as_of;
    let of_assurance = |price: &&Price| price.kind == PriceKind::Sa && price.currency == currency;
    let in_force = teller.outcome.prices.iter().filter(|price| price.is_in_force(day)).filter(of_assurance);
    packs_of(in_force, product, edition, None, metric)
}

/// The rows whose missing units are priced together with those of this one, itself included.
fn rows_bought_together<'a>(teller: &Teller<'a>, position: &Position) -> Vec<&'a Position> {
    let same = |row: &&Position| {
        row.shortfall > 0
            && row.organisation == position.organisation
            && row.product == position.product
            && row.edition == position.edition
            && row.metric == position.metric
    };
    teller.assessment.positions.iter().filter(same).collect()
}

/// What the units of these ways cost, with what must be bought beside them; `cost` is what the assessment came to.
pub(super) fn of_ways(
    teller: &Teller<'_>,
    ways: &[&Alternative],
    cost: Option<&Money>,
    missing: &[String],
) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut sum = 0;
    let mut amounts: Vec<String> = Vec::new();
    for ware in wares(ways) {
        let prices = lines_for(teller, &ware);
        let name = teller.name(ware.product, ware.edition, None);
        let needed = units(ware.units, ware.metric);
        let beside = if ware.beside { ", which must be bought beside it" } else { "" };
        let amount = cheapest(&prices, ware.units);
        let text = match &amount {
            Some((money, packs)) => format!("{needed} of {name}{beside}: {packs} = {money}"),
            None => format!("{needed} of {name}{beside}: no price on file"),
        };
        sum += amount.as_ref().map_or(0, |(money, _)| money.minor);
        amounts.extend(amount.map(|(money, _)| money.to_string()));
        items.push(Item::say(text).with(told(teller, &prices)));
    }
    match cost {
        None if missing.is_empty() => {}
        None => items.push(Item::say(format!("No cost can be told. Prices wanted: {}", missing.join("; ")))),
        // What was priced when the scan ran is told; where today's rules or prices give other packs, only the lines are.
        Some(cost) if cost.minor != sum => items.push(Item::say(format!("In all {cost}"))),
        Some(cost) if amounts.len() > 1 => items.push(Item::say(format!("{} = {cost}", amounts.join(" + ")))),
        Some(_) => {}
    }
    items
}

/// A year of Software Assurance for everything in these ways that rests on it, in the currency of their cost; `None` where
/// it has no price, so that what the ways cost as a whole is not known.
pub(super) fn assurance_year(teller: &Teller<'_>, ways: &[&Alternative], currency: &str) -> Option<Money> {
    let mut units: BTreeMap<(&str, Option<&str>, Metric), u32> = BTreeMap::new();
    for line in ways.iter().flat_map(|way| way.lines.iter().chain(&way.companions)) {
        if line.relies_on_assurance() {
            *units.entry((&line.product, line.edition.as_deref(), line.metric)).or_default() += line.units;
        }
    }
    let mut sum = Money { minor: 0, currency: currency.to_owned() };
    for ((product, edition, metric), units) in units {
        let ware = Ware { product, edition, version: None, metric, units, beside: false };
        let licences = lines_for(teller, &ware);
        if licences.iter().all(|price| matches!(price.kind, PriceKind::LicenceAndSa | PriceKind::Subscription)) {
            continue;
        }
        let prices = assurance_lines(teller, product, edition, metric, currency);
        sum.minor += cheapest(&prices, units)?.0.minor;
    }
    Some(sum)
}

/// Price lines that serve a ware on the day.
fn lines_for<'a>(teller: &Teller<'a>, ware: &Ware<'_>) -> Vec<&'a Price> {
    let day = teller.outcome.as_of;
    let in_force = teller
        .outcome
        .prices
        .iter()
        .filter(|price| price.is_in_force(day) && !matches!(price.kind, PriceKind::Sa | PriceKind::StepUp));
    let version = ware.version.map(|release| teller.version(ware.product, release));
    packs_of(in_force, ware.product, ware.edition, version.as_deref(), ware.metric)
}

fn told(teller: &Teller<'_>, prices: &[&Price]) -> Vec<Item> {
    prices.iter().map(|price| line(teller, price)).collect()
}

/// `a pack of 16 costs 850.00 GBP, from the price list "…"`.
fn line(teller: &Teller<'_>, price: &Price) -> Item {
    let source = price.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
    let level = price.level.as_ref().map(|level| format!(", level {level}")).unwrap_or_default();
    let pack = if price.units == 1 { "one".to_owned() } else { format!("a pack of {}", count(price.units)) };
    let per = match price.per {
        PricePeriod::Licence => String::new(),
        PricePeriod::Month => format!(" a month, {} for twelve", price.yearly()),
        PricePeriod::Year => " a year".to_owned(),
    };
    let text = format!("{pack} costs {} {}{per}{level}{source}", price.amount, price.currency);
    let places = match &price.evidence {
        Some(evidence) => teller.places(std::slice::from_ref(evidence)),
        None => Vec::new(),
    };
    Item::say(text).at(places)
}

/// The cheapest packs that hold the units, where they come to exactly this amount.
fn packs(prices: &[&Price], wanted: u32, cost: &Money) -> Option<String> {
    let same: Vec<&Price> = prices.iter().copied().filter(|price| price.currency == cost.currency).collect();
    cheapest(&same, wanted).filter(|(money, _)| money == cost).map(|(_, packs)| packs)
}

/// The least amount for so many units, and its packs as `4 packs of 16 at £850.00 + …`; `None` without a price or with
/// prices in several currencies.
fn cheapest(prices: &[&Price], wanted: u32) -> Option<(Money, String)> {
    let currency = &prices.first()?.currency;
    if prices.iter().any(|price| price.currency != *currency) {
        return None;
    }
    let sizes: Vec<_> = prices.iter().map(|price| (price.units, price.yearly())).collect();
    let (amount, counts) = cheapest_packs(&sizes, wanted)?;
    let money = |amount| Some(Money { minor: decimal_to_minor(amount)?, currency: currency.clone() });
    let mut parts = Vec::new();
    for (&(units, price), &packs) in sizes.iter().zip(&counts).filter(|(_, packs)| **packs > 0) {
        let plural = if packs == 1 { "" } else { "s" };
        let price = money(price)?;
        parts.push(match units {
            1 => format!("{} at {price}", count(packs)),
            _ => format!("{} pack{plural} of {} at {price}", count(packs), count(units)),
        });
    }
    Some((money(amount)?, parts.join(" + ")))
}
