//! What buying the missing units of each row takes on the day, beside their price, which is all that the row's `cost` tells:
//! Software Assurance is paid anew while licences are paid once, and what is no longer sold must be replaced.
//!
//! Units of all versions are bought together, as a plan does; each row holds its share.

use std::collections::BTreeMap;

use crate::model::price_book::{Basket, Item, Level, PriceBook, Quote, Term};
use crate::model::{
    Assessment, AssuranceDue, HORIZON_MONTHS, Instead, InsteadItem, Metric, Money, Position, ToBuy, licence_name,
    thousands,
};
use crate::rules::{Bought, Reconciled, Shop, Short};

use super::Ground;

/// Organisation, product, edition, version and metric of a row.
type RowName<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>, Metric);

/// Completes the rows that are short, and tells in the notes which of them take more than their missing units.
pub(super) fn settle(ground: &Ground<'_>, assessment: &mut Assessment) {
    let book = PriceBook::new(
        &ground.estate.prices,
        &ground.rules.names,
        ground.as_of,
        &ground.settings.currency,
        HORIZON_MONTHS,
        Level::Customer,
        ground.rules.order_minimums(ground.as_of),
    );
    let shop = Shop { rules: ground.rules, book: &book, day: ground.as_of };
    let shorts = shop.shorts(std::iter::once(Reconciled::of(assessment)));
    let mut rows: BTreeMap<RowName<'_>, ToBuy> = BTreeMap::new();
    for short in &shorts {
        let product = ground.rules.products.get(&short.product);
        for (version, to_buy) in of_versions(&shop, short) {
            let version = product.and_then(|product| version.map(|version| product.version_name(version)));
            let name = (&*short.organisation, &*short.product, short.edition.as_deref(), version, short.metric);
            match rows.get_mut(&name) {
                Some(known) => add(known, to_buy),
                None => drop(rows.insert(name, to_buy)),
            }
        }
    }
    for row in assessment.positions.iter_mut().filter(|row| row.shortfall > 0) {
        let name = (&*row.organisation, &*row.product, row.edition.as_deref(), row.version.as_deref(), row.metric);
        row.to_buy = rows.get(&name).cloned();
    }
    assessment.notes.extend(notes(ground, &assessment.positions));
}

/// What the units of each version take.
fn of_versions(shop: &Shop<'_>, short: &Short) -> Vec<(Option<usize>, ToBuy)> {
    let items = shop.plain_items(short);
    let assured = assurance(shop, short, items.as_deref().unwrap_or_default());
    let mut left: Vec<i64> = items.iter().flatten().map(|(_, _, quote)| quote.first_year).collect();
    let mut assurance_left = assured.as_ref().and_then(|due| due.year.as_ref()).map_or(0, |year| year.minor);
    let last = short.versions.len() - 1;
    let mut told = Vec::new();
    for (at, (&version, of_version)) in short.versions.iter().enumerate() {
        // The last takes what whole shares leave over, so that the rows add up to the whole.
        let share = |minor: i64, left: &mut i64, part: u32, whole: u32| {
            let share =
                if at == last { *left } else { (i128::from(minor) * i128::from(part) / i128::from(whole)) as i64 };
            *left -= share;
            share
        };
        let replaced = short.bought == Bought::BySubscription;
        let mut first_year = 0;
        let mut in_place = Basket::new();
        for ((item, units, quote), left) in items.iter().flatten().zip(&mut left) {
            let of_term = if is_itself(short, item) { of_version.units } else { units_of(&of_version.instead, item) };
            first_year += share(quote.first_year, left, of_term, *units);
            if replaced && of_term > 0 {
                in_place.insert(item.clone(), of_term);
            }
        }
        let first_year = items.is_ok().then(|| shop.book.money(first_year));
        let assurance = assured.as_ref().map(|due| AssuranceDue {
            units: of_version.units,
            year: due
                .year
                .as_ref()
                .map(|year| shop.book.money(share(year.minor, &mut assurance_left, of_version.units, short.units))),
        });
        let instead = replaced.then(|| Instead {
            units: of_version.units,
            items: in_place.into_iter().map(told_item).collect(),
            first_year: first_year.clone(),
        });
        let missing_price = items.as_ref().err().cloned();
        told.push((version, ToBuy { first_year, missing_price, assurance, instead }));
    }
    told
}

/// Whether what is bought is what is missing, and nothing in its place.
fn is_itself(short: &Short, item: &Item) -> bool {
    short.versions.values().all(|version| version.instead.is_empty())
        || (item.term == Term::Subscription && item.product == short.product && item.edition == short.edition)
}

fn units_of(basket: &Basket, item: &Item) -> u32 {
    basket.get(item).copied().unwrap_or(0)
}

fn told_item((item, units): (Item, u32)) -> InsteadItem {
    InsteadItem { product: item.product, edition: item.edition, metric: item.metric, units, term: item.term }
}

/// Software Assurance that the price of the units does not hold: nothing where they are sold with it or by subscription only.
fn assurance(shop: &Shop<'_>, short: &Short, items: &[(Item, u32, Quote)]) -> Option<AssuranceDue> {
    if short.bought != Bought::Assured {
        return None;
    }
    let licence = Item::new(&short.product, short.edition.as_deref(), short.metric, Term::Licence);
    let licence = match items.first() {
        Some((item, _, _)) => Item { version: item.version.clone(), ..licence },
        None => licence,
    };
    let Ok(quote) = shop.book.quote(&licence, short.units) else {
        return items.is_empty().then_some(AssuranceDue { units: short.units, year: None });
    };
    let year = shop.book.assurance_year(&licence, quote.bought).map(|minor| shop.book.money(minor));
    Some(AssuranceDue { units: short.units, year })
}

/// What further units of a row take, which must be bought otherwise.
fn add(known: &mut ToBuy, more: ToBuy) {
    known.first_year = plus(known.first_year.take(), more.first_year);
    known.missing_price = known.missing_price.take().or(more.missing_price);
    known.assurance = known.assurance.take().or(more.assurance);
    known.instead = known.instead.take().or(more.instead);
}

/// Unknown where either is.
fn plus(one: Option<Money>, other: Option<Money>) -> Option<Money> {
    let (one, other) = (one?, other?);
    Some(Money { minor: one.minor + other.minor, currency: one.currency })
}

/// What stands together in a note: organisation, product, edition and metric.
type Group<'a> = (&'a str, &'a str, Option<&'a str>, Metric);

/// One sentence for each organisation, product, edition and metric of which something takes more than its missing units.
fn notes(ground: &Ground<'_>, rows: &[Position]) -> Vec<String> {
    let mut groups: BTreeMap<Group<'_>, Vec<(&Position, &ToBuy)>> = BTreeMap::new();
    for row in rows {
        if let Some(to_buy) = &row.to_buy {
            let group = (&*row.organisation, &*row.product, row.edition.as_deref(), row.metric);
            groups.entry(group).or_default().push((row, to_buy));
        }
    }
    groups
        .iter()
        .flat_map(|(group, rows)| [of_assurance(ground, group, rows), of_instead(ground, group, rows)])
        .flatten()
        .collect()
}

fn heading(ground: &Ground<'_>, (organisation, product, edition, metric): &Group<'_>) -> String {
    format!("{} by {metric}, {organisation}", licence(ground, product, *edition))
}

fn licence(ground: &Ground<'_>, product: &str, edition: Option<&str>) -> String {
    let known = ground.rules.products.get(product).map_or(product, |product| &product.name);
    licence_name(known, edition, None)
}

fn of_assurance(ground: &Ground<'_>, group: &Group<'_>, rows: &[(&Position, &ToBuy)]) -> Option<String> {
    let due: Vec<&AssuranceDue> = rows.iter().filter_map(|(_, to_buy)| to_buy.assurance.as_ref()).collect();
    let units: u32 = due.iter().map(|due| due.units).sum();
    let year = due.iter().map(|due| due.year.clone()).reduce(plus)?;
    let cost = match year {
        Some(money) => format!("a year of it costs {money}, which the row does not hold"),
        None => "its price is missing, so the cost is higher than the row says".to_owned(),
    };
    let (group, units) = (heading(ground, group), thousands(u64::from(units)));
    Some(format!("{group}: {units} missing units must carry Software Assurance if they are bought now; {cost}."))
}

fn of_instead(ground: &Ground<'_>, group: &Group<'_>, rows: &[(&Position, &ToBuy)]) -> Option<String> {
    let instead: Vec<&Instead> = rows.iter().filter_map(|(_, to_buy)| to_buy.instead.as_ref()).collect();
    let units: u32 = instead.iter().map(|instead| instead.units).sum();
    let first_year = instead.iter().map(|instead| instead.first_year.clone()).reduce(plus)?;
    let mut items: BTreeMap<(&str, Option<&str>, Term, Metric), u32> = BTreeMap::new();
    for item in instead.iter().flat_map(|instead| &instead.items) {
        *items.entry((&*item.product, item.edition.as_deref(), item.term, item.metric)).or_default() += item.units;
    }
    let items: Vec<String> = items
        .into_iter()
        .map(|((product, edition, term, metric), units)| {
            format!("{units} of {}", term.of(&format!("{} by {metric}", licence(ground, product, edition))))
        })
        .collect();
    let what = match first_year {
        Some(money) => format!("in their place {}, {money} in the first year", items.join(" and ")),
        None => "nothing with a price takes their place, so what closes it costs something else than the row says"
            .to_owned(),
    };
    let group = heading(ground, group);
    Some(format!(
        "{group}: {units} missing units cannot be bought any more, because no licence sold today serves them; {what}."
    ))
}
