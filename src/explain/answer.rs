//! The answer to why a row says what it says, in a few sentences before all proof: what is needed, what that is owned serves
//! it, what is missing and why, and what to do.

use crate::model::Position;

use super::Item;
use super::requirement::scope;
use super::teller::{Teller, count, units};

/// Parts of a sentence that are named; the sections below tell the others.
const NAMED: usize = 4;

/// What the sections of the row tell, of which the answer takes the sentences.
pub(super) struct Proof<'a> {
    /// The purchases that serve it.
    pub covered: &'a [Item],
    /// The purchases that do not.
    pub left: &'a [Item],
    /// What the missing units cost.
    pub cost: &'a [Item],
}

/// The answer for a row; `needs` are its needs with their units.
pub(super) fn of_row(teller: &Teller<'_>, position: &Position, needs: &[(usize, u32)], proof: &Proof<'_>) -> Vec<Item> {
    let mut items = vec![Item::say(needed(teller, position, needs))];
    if position.required > 0 {
        items.push(Item::say(owned(position, proof.covered)));
    }
    if position.shortfall > 0 {
        items.push(Item::say(missing(position, proof)));
        items.push(Item::say(to_do(position, proof.cost)));
    } else if position.surplus > 0 {
        let left = units(position.surplus, position.metric);
        items.push(Item::say(format!("Left over: {left} that nothing needs, or may use.")));
    }
    items
}

/// `Needed: 8 cores: 4 for cluster …`.
fn needed(teller: &Teller<'_>, position: &Position, needs: &[(usize, u32)]) -> String {
    let mut by_scope: Vec<(usize, u32)> = Vec::new();
    for &(requirement, units) in needs.iter().filter(|(_, units)| *units > 0) {
        match by_scope.iter_mut().find(|(known, _)| *known == requirement) {
            Some((_, sum)) => *sum += units,
            None => by_scope.push((requirement, units)),
        }
    }
    let of = |requirement: usize| scope(&teller.assessment.requirements[requirement].scope);
    let required = units(position.required, position.metric);
    match by_scope[..] {
        _ if position.required == 0 => "Needed: nothing.".to_owned(),
        [] => format!("Needed: {required}."),
        [(only, _)] => format!("Needed: {required} for {}.", of(only)),
        _ => {
            let parts =
                by_scope.iter().map(|&(requirement, units)| format!("{} for {}", count(units), of(requirement)));
            format!("Needed: {required}: {}.", some(parts))
        }
    }
}

/// `Owned and used for it: 6 cores from …`.
fn owned(position: &Position, covered: &[Item]) -> String {
    match position.allocated {
        0 => "Owned and used for it: nothing.".to_owned(),
        _ => format!("Owned and used for it: {}.", some(covered.iter().map(|item| item.text.clone()))),
    }
}

/// `Missing: 2 cores. Nothing else is owned that …`.
fn missing(position: &Position, proof: &Proof<'_>) -> String {
    let short = units(position.shortfall, position.metric);
    let left: Vec<String> = proof.left.iter().flat_map(why_left).collect();
    if left.is_empty() {
        return format!("Missing: {short}. No other licence of it is owned that could serve.");
    }
    format!("Missing: {short}. What else is owned does not serve: {}.", some(left.into_iter()))
}

/// `BRE-PO-13-0117: 2 processor-pairs … left over: their rights end at …`, of each part that is left.
fn why_left(item: &Item) -> Vec<String> {
    let name = item.text.split(": ").next().unwrap_or_default();
    match item.items.is_empty() {
        true => vec![item.text.clone()],
        false => item.items.iter().map(|left| format!("{name}: {}", left.text)).collect(),
    }
}

/// What it takes, and where the cheapest way is looked for.
fn to_do(position: &Position, cost: &[Item]) -> String {
    let price = match cost.last() {
        Some(told) => format!("{}. ", told.text),
        None => String::new(),
    };
    let due = match position.to_order.filter(|units| *units > 0) {
        Some(units) => format!("Of the product {} are to be ordered with the next true-up. ", count(units)),
        None => String::new(),
    };
    format!(
        "What to do: {price}{due}`trueup plan --organisation {} --product {}` looks for the cheapest lawful way to close it.",
        position.organisation, position.product
    )
}

/// The first parts in one sentence, and how many more there are.
fn some(parts: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = parts.collect();
    let more = all.len().saturating_sub(NAMED);
    let named = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    if more == 0 { named } else { format!("{named}; and {more} more, told below") }
}
