//! Rules that bear no table of their own in a product's file, by the names that workings use, and which rules of all
//! are not verified.

use std::collections::{BTreeMap, BTreeSet};

use super::{Product, Rules};

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foundation {
    /// Source.
    pub source: String,
    /// Whether that was seen in a public page.
    pub verified: bool,
    /// File it stands in.
    pub path: String,
}

/// Name of the rule by which a release became available on a day: `windows-server/available/2012 R2`.
pub fn availability_rule(product: &Product, release: usize) -> String {
    format!("{}/available/{}", product.id, product.releases.get(release).map_or("", |release| &release.version))
}

/// Name of the rule by which a suite contains a product: `microsoft-365-e3/contains/windows-vda`.
pub fn suite_rule(suite: &Product, part: &str) -> String {
    format!("{}/contains/{part}", suite.id)
}

/// Name of the rule by which Software Assurance may be added later: `windows-server/attach-days/oem`.
pub fn attach_rule(product: &Product, channel: &str) -> String {
    format!("{}/attach-days/{channel}", product.id)
}

/// Name of the rule that limits what a free edition is free for: `windows-server/free-use/evaluation`.
pub fn free_use_rule(product: &Product, edition: &str) -> String {
    format!("{}/free-use/{edition}", product.id)
}

/// Rules without a table of their own, by name.
pub(super) fn foundations(rules: &Rules) -> BTreeMap<String, Foundation> {
    let mut found = BTreeMap::new();
    for product in rules.products.values() {
        let mut add = |name: String, source: String, verified: bool| {
            found.insert(name, Foundation { source, verified, path: product.path.clone() });
        };
        for (index, release) in product.releases.iter().enumerate().filter(|(_, one)| one.available().is_some()) {
            let source = release.available_source.clone().unwrap_or_else(|| "no source stated".into());
            add(availability_rule(product, index), source, release.available_verified);
        }
        for part in &product.suite {
            let source = part.source.as_ref().map_or_else(|| "no source stated".into(), ToString::to_string);
            add(suite_rule(product, &part.product), source, part.verified);
        }
        for attach in &product.attach_days {
            let source = "Product Terms, Purchasing and renewing Software Assurance [MS-SA]".to_owned();
            add(attach_rule(product, &attach.channel), source, attach.verified);
        }
        for sold in &product.sold_as {
            add(sold.id.clone(), "titles as price lists and purchase records write them".to_owned(), sold.verified);
        }
        for limited in &product.free_use {
            for edition in &limited.editions {
                add(free_use_rule(product, edition), limited.source.to_string(), limited.verified);
            }
        }
        for passive in &product.passive {
            add(passive.id.clone(), passive.source.to_string(), passive.verified);
        }
    }
    found
}

/// Names of all rules that are not verified.
pub(super) fn unverified(rules: &Rules) -> BTreeSet<String> {
    let products = || rules.products.values();
    let terms = products().flat_map(|product| &product.terms).filter(|terms| !terms.verified);
    let grants = products().flat_map(|product| &product.grants).filter(|grant| !grant.verified);
    let clauses = rules.clauses.values().filter(|clause| !clause.verified);
    let ambiguities = rules.ambiguities.values().filter(|ambiguity| !ambiguity.verified);
    let foundations = rules.foundations.iter().filter(|(_, foundation)| !foundation.verified);
    let mut names: BTreeSet<String> = terms.map(|terms| terms.id.clone()).collect();
    names.extend(grants.map(|grant| grant.id.clone()));
    names.extend(clauses.map(|clause| clause.id.clone()));
    names.extend(ambiguities.map(|ambiguity| ambiguity.id.clone()));
    names.extend(foundations.map(|(name, _)| name.clone()));
    names
}
