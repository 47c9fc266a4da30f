//! Prices: the price lines concerned, and the packs that come to an amount.

use std::collections::BTreeMap;

use crate::model::price_book::Term;
use crate::model::{
    Alternative, AssuranceDue, Instead, Metric, Money, Position, Price, PriceKind, PricePeriod, PricesInForce, Ware,
    cheapest_packs, decimal_to_minor, packs_of, wares,
};

use super::Item;
use super::teller::{Teller, count, units};

/// `no price of A, nor of B`.
pub(super) fn none_of(missing: &[String]) -> String {
    format!("no price of {}", missing.join(", nor of "))
}

/// Units of an order, which may be more than are missing, and why in words.
struct Ordered {
    units: u32,
    words: String,
}

impl Ordered {
    fn of(teller: &Teller<'_>, ware: &Ware<'_>) -> Self {
        let minimums = teller.rules.order_minimums(teller.outcome.as_of);
        let ordered = minimums.ordered(ware.product, ware.metric, ware.units);
        let words = match ordered > ware.units {
            true => format!(", because an order is of {} at least", units(ordered, ware.metric)),
            false => String::new(),
        };
        Self { units: ordered, words }
    }
}

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
    let ordered = Ordered::of(teller, &ware);
    let packs = packs(&prices, ordered.units, &whole).map(|packs| format!(" = {packs}")).unwrap_or_default();
    if rows.len() == 1 {
        let text = format!("{short} cost {cost}{packs}{}", ordered.words);
        return vec![Item::say(text).with(told(teller, &prices))];
    }
    let parts: Vec<String> = rows.iter().map(|row| count(row.shortfall)).collect();
    let all = units(ware.units, ware.metric);
    vec![
        Item::say(format!(
            "Units of all versions are bought together: {} = {all} cost {whole}{packs}{}",
            parts.join(" + "),
            ordered.words
        ))
        .with(told(teller, &prices)),
        Item::say(format!(
            "This row's share: {whole} × {} / {} = {cost}, so that the rows add up to the whole to the penny",
            count(position.shortfall),
            count(ware.units)
        )),
    ]
}

/// What buying the missing units of a row takes beside their price: Software Assurance, or something else in their place.
pub(super) fn to_buy(teller: &Teller<'_>, position: &Position) -> Vec<Item> {
    let Some(to_buy) = position.to_buy.as_ref().filter(|to_buy| to_buy.is_more_than_units()) else { return Vec::new() };
    let mut items: Vec<Item> = to_buy.assurance.iter().map(|due| assurance_due(teller, position, due)).collect();
    items.extend(to_buy.instead.iter().map(|instead| in_place(teller, position, instead)));
    items.push(Item::say(match (&to_buy.first_year, &position.cost) {
        (Some(first_year), Some(cost)) => {
            format!("Bought now, the row comes to {first_year} in the first year; its cost, {cost}, is that of the missing units alone")
        }
        (Some(first_year), None) => format!("Bought now, the row comes to {first_year} in the first year"),
        (None, _) => {
            let wanted = to_buy.missing_price.as_deref().unwrap_or("a price");
            format!("What the row comes to if it is bought now is not known. Wanted: {wanted}")
        }
    }));
    items
}

fn assurance_due(teller: &Teller<'_>, position: &Position, due: &AssuranceDue) -> Item {
    let prices = assurance_lines(teller, &position.product, position.edition.as_deref(), position.metric);
    let short = units(due.units, position.metric);
    let text = match &due.year {
        Some(year) => {
            let packs = packs(&prices, due.units, year).map(|packs| format!("{packs} = ")).unwrap_or_default();
            format!(
                "{short} must carry Software Assurance if they are bought now; a year of it costs {packs}{year} more"
            )
        }
        None => {
            format!(
                "{short} must carry Software Assurance if they are bought now, which has no price: the cost is higher"
            )
        }
    };
    Item::say(text).with(told(teller, &prices))
}

fn in_place(teller: &Teller<'_>, position: &Position, instead: &Instead) -> Item {
    let short = units(instead.units, position.metric);
    let what: Vec<String> = instead
        .items
        .iter()
        .map(|item| {
            let name = teller.name(&item.product, item.edition.as_deref(), None);
            format!("{} of {}", units(item.units, item.metric), item.term.of(&name))
        })
        .collect();
    let cost = match &instead.first_year {
        Some(first_year) => format!("in their place {} are bought: {first_year} in the first year", what.join(" and ")),
        None => "nothing with a price takes their place".to_owned(),
    };
    let mut prices: Vec<&Price> = Vec::new();
    for item in &instead.items {
        let (product, edition) = (item.product.as_str(), item.edition.as_deref());
        let ware = Ware { product, edition, version: None, metric: item.metric, units: item.units, beside: false };
        prices.extend(lines_for(teller, &ware));
        if item.term == Term::WithAssurance {
            prices.extend(assurance_lines(teller, product, edition, item.metric));
        }
    }
    let text = format!("{short} cannot be bought any more, because no licence sold today serves them; {cost}");
    Item::say(text).with(told(teller, &prices))
}

/// Price lines of Software Assurance on the day.
fn assurance_lines<'a>(teller: &Teller<'a>, product: &str, edition: Option<&str>, metric: Metric) -> Vec<&'a Price> {
    let of_assurance = prices(teller).into_iter().filter(|price| price.kind == PriceKind::Sa);
    packs_of(of_assurance, product, edition, None, metric)
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
        let ordered = Ordered::of(teller, &ware);
        let amount = cheapest(&prices, ordered.units);
        let text = match &amount {
            Some((money, packs)) => format!("{needed} of {name}{beside}: {packs} = {money}{}", ordered.words),
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
        let prices = assurance_lines(teller, product, edition, metric);
        sum.minor += cheapest(&prices, units)?.0.minor;
    }
    Some(sum)
}

/// Price lines that serve a ware on the day.
fn lines_for<'a>(teller: &Teller<'a>, ware: &Ware<'_>) -> Vec<&'a Price> {
    let in_force = prices(teller).into_iter().filter(|price| !matches!(price.kind, PriceKind::Sa | PriceKind::StepUp));
    let version = ware.version.map(|release| teller.version(ware.product, release));
    packs_of(in_force, ware.product, ware.edition, version.as_deref(), ware.metric)
}

/// The prices that the assessment used.
fn prices<'a>(teller: &Teller<'a>) -> Vec<&'a Price> {
    PricesInForce::new(&teller.outcome.prices, teller.outcome.as_of, &teller.outcome.currency).prices
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
    cheapest(prices, wanted).filter(|(money, _)| money == cost).map(|(_, packs)| packs)
}

/// The least amount for so many units, and its packs as `4 packs of 16 at £850.00 + …`; `None` without a price.
fn cheapest(prices: &[&Price], wanted: u32) -> Option<(Money, String)> {
    let currency = &prices.first()?.currency;
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
