//! What is installed and counted by no terms, so that nobody takes silence for compliance.

use std::collections::BTreeMap;

use crate::model::{Assessment, Finding, Key, Untracked};
use crate::rules::Product;

use super::Ground;

/// Products that need a licence and have no terms, and needs that no terms on file license, with their counts.
pub(super) fn untracked(ground: &Ground<'_>, assessment: &Assessment) -> Vec<Untracked> {
    let mut found = without_terms(ground);
    found.extend(without_way(ground, assessment));
    found.sort();
    found
}

/// Products whose file has no terms.
fn without_terms(ground: &Ground<'_>) -> Vec<Untracked> {
    let licensable = |product: &Product| matches!(product.kind.as_str(), "server" | "desktop" | "subscription");
    let mut rows = Vec::new();
    for product in ground.rules.products.values().filter(|product| product.terms.is_empty()) {
        if !licensable(product) && product.untracked.is_none() {
            continue;
        }
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for (_, host, _) in ground.installs_of(&product.id) {
            *counts.entry(&host.organisation).or_default() += 1;
        }
        let why = product.untracked.as_deref().unwrap_or("no terms in the rules");
        rows.extend(counts.into_iter().map(|(organisation, installations)| Untracked {
            organisation: organisation.to_owned(),
            product: product.id.clone(),
            installations,
            why: why.to_owned(),
        }));
    }
    rows
}

/// Needs that no terms license: an edition or version that the product's file does not cover.
fn without_way(ground: &Ground<'_>, assessment: &Assessment) -> Vec<Untracked> {
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for requirement in super::coverage::without_terms(assessment) {
        let family = ground.rules.products.get(&requirement.family).map_or("", |product| product.id.as_str());
        let product = if family.is_empty() { requirement.family.as_str() } else { family };
        *counts.entry((&requirement.organisation, product)).or_default() += 1;
    }
    let why = "no terms on file license this edition, version or place";
    let row = |((organisation, product), installations): ((&str, &str), u32)| Untracked {
        organisation: organisation.to_owned(),
        product: product.to_owned(),
        installations,
        why: why.to_owned(),
    };
    counts.into_iter().map(row).collect()
}

/// The same as findings, for those without terms; each need that no terms license is a finding of its own.
pub(super) fn findings<'a>(ground: &'a Ground<'_>, rows: &'a [Untracked]) -> impl Iterator<Item = Finding> + 'a {
    let product = |row: &Untracked| ground.rules.products.get(&row.product);
    rows.iter().filter(move |row| product(row).is_some_and(|product| product.terms.is_empty())).map(move |row| {
        let name = product(row).map_or(row.product.as_str(), |product| product.name.as_str());
        Finding {
            key: Key::new("untracked", &[&row.organisation, &row.product]),
            organisation: row.organisation.clone(),
            text: format!("{} installations of {name}: no position is computed ({}).", row.installations, row.why),
            evidence: Vec::new(),
        }
    })
}
