//! Subscriptions assigned to more people than were bought. Where installations show the use, the missing ones stand in
//! the position of what they give; an assignment alone is a breach that no row shows, so it is named here.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Finding, Key, Locator, PurchaseKind};
use crate::rules::{Method, Product};

use super::Ground;

/// One finding an organisation and subscription; one for all of them where only their sum exceeds what they share.
pub(super) fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let products = ground.rules.products.values();
    products.filter(|product| is_assigned(product) && !has_row(product)).flat_map(|id| of_product(ground, id)).collect()
}

/// Whether people hold it by name.
fn is_assigned(product: &Product) -> bool {
    matches!(product.kind.as_str(), "subscription" | "suite")
}

/// Whether its assignments are a need of their own.
fn has_row(product: &Product) -> bool {
    product.terms.iter().any(|terms| terms.method == Method::Assigned)
}

fn of_product(ground: &Ground<'_>, product: &Product) -> Vec<Finding> {
    let mut assigned: BTreeMap<&str, (u32, Vec<Locator>)> = BTreeMap::new();
    for group in ground.estate.users.iter().filter(|group| group.subscriptions.contains(&product.id)) {
        let (people, places) = assigned.entry(&group.organisation).or_default();
        *people += group.count;
        places.extend(group.evidence.clone());
    }
    let mut findings = Vec::new();
    for (organisation, (people, places)) in &assigned {
        let bought = bought(ground, product, |name| name == *organisation);
        if *people > bought {
            let text = format!(
                "{} is assigned to {people} people, {bought} are bought and in term: {} too many.",
                product.name,
                people - bought
            );
            findings.push(finding(organisation, product, text, places.clone()));
        }
    }
    let holders: BTreeSet<&str> = assigned.keys().copied().collect();
    let people: u32 = assigned.values().map(|(people, _)| people).sum();
    let all = bought(ground, product, |name| holders.contains(name));
    if findings.is_empty() && people > all {
        let names: Vec<&str> = holders.into_iter().collect();
        let text = format!(
            "{} is assigned to {people} people of {} together, {all} are bought and in term: {} too many.",
            product.name,
            names.join(", "),
            people - all
        );
        findings.push(finding("", product, text, Vec::new()));
    }
    findings
}

/// Subscriptions in term on which any of some organisations may draw; licences of a suite count whatever their term.
fn bought(ground: &Ground<'_>, product: &Product, draws: impl Fn(&str) -> bool) -> u32 {
    let estate = ground.estate;
    let drawn = |line: &&crate::model::PurchaseLine| {
        let names = || std::iter::once(&line.organisation).chain(&line.shared_with);
        let mut names = names().chain(line.reserved.iter().map(|own| &own.organisation));
        names.any(|name| draws(name) && estate.may_draw(name, line, ground.as_of))
    };
    let counts = |line: &&crate::model::PurchaseLine| {
        let begun = line.bought.is_none_or(|bought| bought <= ground.as_of);
        let in_term = line.subscription.is_none_or(|term| term.contains(ground.as_of));
        line.product == product.id && line.kind == PurchaseKind::Licence && begun && in_term
    };
    estate.purchases.iter().filter(counts).filter(drawn).map(|line| line.quantity).sum()
}

fn finding(organisation: &str, product: &Product, text: String, evidence: Vec<Locator>) -> Finding {
    Finding {
        key: Key::new("over-assigned", &[organisation, &product.id]),
        organisation: organisation.to_owned(),
        text,
        evidence: evidence.into_iter().take(1).collect(),
    }
}
