//! Guests in public clouds, licensed by themselves with licences of one's own.

use crate::model::{Alternative, Key, Requirement, Scope, Working};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::deployment::Deployed;
use super::ways_by_guest::ways_by_guest;

/// A guest in a public cloud, licensed by itself with licences of one's own (AH-R1).
pub(super) fn requirement(
    ground: &Ground<'_>,
    product: &Product,
    organisation: &str,
    cloud: &str,
    one: &Deployed,
) -> Requirement {
    let mut working = Working::default();
    working.by_facts(format!("{}, in the cloud {cloud}.", one.text), one.evidence.clone());
    let guest = &ground.estate.host(one.host).name;
    let lowest = product.edition_rank(&one.edition);
    let mut alternatives = Vec::new();
    let in_cloud = |terms: &&Terms| terms.method == Method::GuestCores && terms.concerns(Some(cloud), ground.as_of);
    for terms in product.terms.iter().filter(in_cloud) {
        for way in ways_by_guest(ground, product, terms, &[one], &[], false) {
            let rank = way.edition.as_deref().and_then(|edition| product.edition_rank(edition));
            alternatives.push(Alternative {
                sold: true,
                conditional: false,
                listed_only: false,
                higher_edition: lowest.is_some() && rank > lowest,
                condition: Some("Software Assurance or a subscription on the licences".into()),
                ..way
            });
        }
    }
    // Where the terms know no way by guest (hosts of one's own there), the need stands without one: seen, never zero.
    Requirement {
        key: Key::new("requirement", &[organisation, guest, &product.id]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Guest(guest.clone()),
        hosts: vec![one.host],
        alternatives,
        working,
    }
}
