//! Features in use that need licences of their own: no terms count them, so they are named (OR-R8).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Finding, Key, Locator};

use super::Ground;

/// Where a feature is used.
#[derive(Default)]
struct Used<'a> {
    hosts: BTreeSet<&'a str>,
    places: Vec<Locator>,
}

/// One finding an organisation, product and feature.
pub(super) fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let mut used: BTreeMap<[&str; 3], Used<'_>> = BTreeMap::new();
    for product in ground.rules.products.values().filter(|product| !product.priced_features.is_empty()) {
        for (_, host, install) in ground.installs_of(&product.id) {
            for feature in install.features.iter().filter(|feature| product.priced_features.contains(feature)) {
                let place = used.entry([&host.organisation, &product.id, feature]).or_default();
                place.hosts.insert(&host.name);
                place.places.extend(install.evidence.clone());
            }
        }
    }
    used.into_iter()
        .map(|([organisation, id, feature], used)| finding(ground, organisation, id, feature, used))
        .collect()
}

fn finding(ground: &Ground<'_>, organisation: &str, id: &str, feature: &str, used: Used<'_>) -> Finding {
    let name = ground.rules.products.get(id).map_or(id, |product| product.name.as_str());
    let hosts: Vec<&str> = used.hosts.into_iter().collect();
    Finding {
        key: Key::new("licensed-feature", &[organisation, id, feature]),
        organisation: organisation.to_owned(),
        text: format!(
            "{name} uses {feature} on {}: it needs licences of its own, in the metric and number of the product there; \
             they are counted nowhere.",
            hosts.join(", ")
        ),
        evidence: used.places,
    }
}
