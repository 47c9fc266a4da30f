//! Subscriptions assigned to more people than were bought. Where installations show the use, the missing ones stand in
//! the position of what they give; an assignment alone is a breach that no row shows, so it is named here.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Assessment, Finding, Key, Locator, PurchaseKind};
use crate::rules::{Method, Product};

use super::Ground;

/// One finding an organisation and subscription; one for all of them where only their sum exceeds what they share.
///
/// What a row of the position shows as missing is not said a second time.
pub(super) fn findings(ground: &Ground<'_>, strict: &Assessment) -> Vec<Finding> {
    let products = ground.rules.products.values();
    let assigned = products.filter(|product| is_assigned(product) && !has_row(product));
    assigned.flat_map(|product| of_product(ground, strict, product)).collect()
}

/// Units of a product that the position shows as missing.
fn missing(strict: &Assessment, product: &Product, of: impl Fn(&str) -> bool) -> u32 {
    let rows = strict.positions.iter().filter(|row| row.product == product.id && of(&row.organisation));
    rows.map(|row| row.shortfall).sum()
}

/// Whether people hold it by name.
fn is_assigned(product: &Product) -> bool {
    matches!(product.kind.as_str(), "subscription" | "suite")
}

/// Whether its assignments are a need of their own.
fn has_row(product: &Product) -> bool {
    product.terms.iter().any(|terms| terms.method == Method::Assigned)
}

fn of_product(ground: &Ground<'_>, strict: &Assessment, product: &Product) -> Vec<Finding> {
    let mut assigned: BTreeMap<&str, (u32, Vec<Locator>)> = BTreeMap::new();
    for group in ground.estate.users.iter().filter(|group| group.subscriptions.contains(&product.id)) {
        let (people, places) = assigned.entry(&group.organisation).or_default();
        *people += group.count;
        places.extend(group.evidence.clone());
    }
    let mut findings = Vec::new();
    for (organisation, (people, places)) in &assigned {
        let bought = bought(ground, product, |name| name == *organisation);
        let too_many = people.saturating_sub(bought);
        if too_many > missing(strict, product, |name| name == *organisation) {
            let text = format!(
                "{} is assigned to {people} people, {bought} are bought and in term: {too_many} too many.",
                product.name
            );
            findings.push(finding(organisation, product, text, places.clone()));
        }
    }
    let holders: BTreeSet<&str> = assigned.keys().copied().collect();
    let people: u32 = assigned.values().map(|(people, _)| people).sum();
    let all = bought(ground, product, |name| holders.contains(name));
    let too_many = people.saturating_sub(all);
    if findings.is_empty() && too_many > missing(strict, product, |name| holders.contains(name)) {
        let names: Vec<&str> = holders.into_iter().collect();
        let text = format!(
            "{} is assigned to {people} people of {} together, {all} are bought and in term: {too_many} too many.",
            product.name,
            names.join(", ")
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
