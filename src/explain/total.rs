//! What all shortfalls cost: the sum of the costs of the rows, and the prices that are missing in it.

use crate::model::{Alternative, AlternativeTotal, Money, Outcome, Position, ToBuy};

use super::alternative::total_name;
use super::price;
use super::teller::{Teller, count, section, units};
use super::{Explanation, Figure, Item};

/// Explains the total of one organisation; of all where none is named.
pub(super) fn explain(teller: &Teller<'_>, organisation: Option<&str>) -> Explanation {
    let of = organisation.map_or("all organisations", |name| teller.outcome.names.organisation(name));
    let key = Outcome::total_key(organisation.unwrap_or_default());
    let mut explanation = teller.begin(key.0, format!("What the shortfalls of {of} cost"));
    let mut short: Vec<&Position> = teller
        .assessment
        .positions
        .iter()
        .filter(|row| row.shortfall > 0 && organisation.is_none_or(|name| name == row.organisation))
        .collect();
    short.sort_by_key(|row| (std::cmp::Reverse(row.cost.as_ref().map(|cost| cost.minor)), &row.key));
    let priced: Vec<&Money> = short.iter().filter_map(|row| row.cost.as_ref()).collect();
    let (with_price, without): (Vec<&Position>, Vec<&Position>) = short.iter().partition(|row| row.cost.is_some());
    explanation.figures = vec![
        Figure { name: "cost", value: sums(&priced) },
        Figure { name: "rows short", value: count(u32::try_from(short.len()).unwrap_or(u32::MAX)) },
        Figure { name: "rows without price", value: count(u32::try_from(without.len()).unwrap_or(u32::MAX)) },
    ];
    let heading = match short.is_empty() {
        true => "Nothing is short".to_owned(),
        false => format!("The sum: {}", sums(&priced)),
    };
    let nothing = || vec![Item::say("no row of the position has a shortfall, so there is nothing to buy")];
    let summed: Vec<Item> = with_price.iter().map(|row| row_item(teller, row)).collect();
    explanation.sections = vec![
        section(heading, if short.is_empty() { nothing() } else { summed }),
        section(
            "Short, and not in the sum because a price is missing: the cost is higher",
            without.iter().map(|row| row_item(teller, row)).collect(),
        ),
        section("Bought now, the first year comes to something else", bought_now(teller, &short)),
        section("Cheaper ways on paper", cheaper(teller, organisation)),
    ];
    explanation
}

/// What buying all of it takes in the first year, where that is more than the missing units; row by row.
fn bought_now(teller: &Teller<'_>, short: &[&Position]) -> Vec<Item> {
    let more = |row: &&&Position| row.to_buy.as_ref().is_some_and(ToBuy::is_more_than_units);
    let mut items: Vec<Item> = short.iter().filter(more).map(|row| first_year_item(teller, row)).collect();
    let known: Vec<&Money> = short.iter().filter_map(|row| row.to_buy.as_ref()?.first_year.as_ref()).collect();
    if !items.is_empty() {
        let others = if known.len() > items.len() { " with the other rows" } else { "" };
        let without = short.len() - known.len();
        let unknown = if without > 0 { ", without what has no price" } else { "" };
        items.push(Item::say(format!("In all{others} {} in the first year{unknown}", sums(&known))));
    }
    items
}

fn first_year_item(teller: &Teller<'_>, row: &Position) -> Item {
    let name = teller.name(&row.product, row.edition.as_deref(), row.version.as_deref());
    let to_buy = row.to_buy.as_ref();
    let first_year = to_buy.and_then(|to_buy| to_buy.first_year.as_ref());
    let amount = first_year.map_or_else(|| "no price".to_owned(), Money::to_string);
    let assured = to_buy.and_then(|to_buy| to_buy.assurance.as_ref());
    let assured = assured.map(|due| format!("{} must carry Software Assurance", units(due.units, row.metric)));
    let replaced = to_buy.and_then(|to_buy| to_buy.instead.as_ref());
    let replaced = replaced.map(|one| format!("{} cannot be bought any more", units(one.units, row.metric)));
    let why: Vec<String> = assured.into_iter().chain(replaced).collect();
    Item::say(format!("{amount} for {name}: {} [{}]", why.join(", "), row.key))
}

/// One amount a currency: currencies are never added.
fn sums(amounts: &[&Money]) -> String {
    let mut sums: Vec<Money> = Vec::new();
    for amount in amounts {
        match sums.iter_mut().find(|sum| sum.currency == amount.currency) {
            Some(sum) => sum.minor += amount.minor,
            None => sums.push((*amount).clone()),
        }
    }
    match sums.is_empty() {
        true => "nothing priced".to_owned(),
        false => sums.iter().map(Money::to_string).collect::<Vec<_>>().join(" + "),
    }
}

fn row_item(teller: &Teller<'_>, row: &Position) -> Item {
    let name = teller.name(&row.product, row.edition.as_deref(), row.version.as_deref());
    let short = units(row.shortfall, row.metric);
    Item::say(match &row.cost {
        Some(cost) => format!("{cost}: {short} of {name} are short [{}]", row.key),
        None => {
            let wanted = row.missing_price.as_deref().unwrap_or("its price");
            format!("{short} of {name} are short; wanted: {wanted} [{}]", row.key)
        }
    })
}

/// Ways that are allowed, not in use, and would cost less than the way in use if everything were bought, with a year of
/// Software Assurance where a way rests on it. A way of which that has no price is not known to be cheaper.
fn cheaper(teller: &Teller<'_>, organisation: Option<&str>) -> Vec<Item> {
    let ways = || {
        let of = |way: &&AlternativeTotal| organisation.is_none_or(|name| name == way.organisation);
        teller.assessment.alternatives.iter().filter(of)
    };
    let mut items = Vec::new();
    for used in ways().filter(|way| way.chosen) {
        let Some(used_cost) = whole(teller, used) else { continue };
        let same_scopes = |way: &&AlternativeTotal| {
            way.available
                && !way.chosen
                && way.scopes.iter().map(|one| one.requirement).eq(used.scopes.iter().map(|one| one.requirement))
        };
        for way in ways().filter(same_scopes) {
            let Some(cost) = whole(teller, way).filter(|cost| cost.sum.currency == used_cost.sum.currency) else {
                continue;
            };
            if cost.sum.minor < used_cost.sum.minor {
                let condition = way.condition.as_ref().map(|condition| format!(", on the condition: {condition}"));
                items.push(Item::say(format!(
                    "{}: {cost} if all were bought, against {used_cost} for the way in use ({}){} [{}]",
                    total_name(teller, way),
                    total_name(teller, used),
                    condition.unwrap_or_default(),
                    way.key()
                )));
            }
        }
    }
    items
}

/// What a way costs as a whole.
struct Whole {
    sum: Money,
    /// Of it a year of Software Assurance.
    assurance: Money,
}

impl std::fmt::Display for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.assurance.minor {
            0 => write!(f, "{}", self.sum),
            _ => write!(f, "{} ({} of it Software Assurance for a year)", self.sum, self.assurance),
        }
    }
}

fn whole(teller: &Teller<'_>, way: &AlternativeTotal) -> Option<Whole> {
    let licences = way.cost.as_ref()?;
    let ways: Vec<&Alternative> = way
        .scopes
        .iter()
        .map(|scope| &teller.assessment.requirements[scope.requirement].alternatives[scope.alternative])
        .collect();
    let assurance = price::assurance_year(teller, &ways, &licences.currency)?;
    let sum = Money { minor: licences.minor + assurance.minor, currency: licences.currency.clone() };
    Some(Whole { sum, assurance })
}
