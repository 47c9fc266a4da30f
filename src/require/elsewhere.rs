//! Installations in public clouds where no licence of one's own may be used, or about which no terms on file speak
//! (BY-R1). Nothing can be counted for them, so each is a need that no way meets: seen, and never taken for zero.

use crate::model::{Alternative, Basis, Host, Key, Refusal, Requirement, Scope, Working};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::deployment::{Deployed, elsewhere};
use super::ways_by_guest::ways_by_guest;

/// Whether terms on file say how a product counts on a machine, by the cloud it is in.
pub(super) fn is_described(ground: &Ground<'_>, product: &Product, host: &Host) -> bool {
    host.cloud().is_none() || product.terms.iter().any(|terms| terms.concerns(host.cloud(), ground.as_of))
}

/// One requirement an installation, with every way that is refused there and none that is lawful.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    elsewhere(ground, product).iter().map(|one| requirement(ground, product, one)).collect()
}

fn requirement(ground: &Ground<'_>, product: &Product, one: &Deployed) -> Requirement {
    let machine = ground.estate.host(one.host);
    let cloud = machine.cloud().unwrap_or_default();
    let mut working = Working::default();
    working.by_facts(format!("{}, in the cloud {cloud}.", one.text), one.evidence.clone());
    let forbidding = product.terms.iter().filter(|terms| terms.forbids(cloud, ground.as_of));
    Requirement {
        key: Key::new("requirement", &[&machine.organisation, &machine.name, &product.id]),
        organisation: machine.organisation.clone(),
        family: product.family.clone(),
        scope: Scope::Guest(machine.name.clone()),
        hosts: vec![one.host],
        alternatives: forbidding.flat_map(|terms| refused_ways(ground, product, terms, one)).collect(),
        working,
    }
}

/// What the terms would need, were they not forbidden there.
fn refused_ways(ground: &Ground<'_>, product: &Product, terms: &Terms, one: &Deployed) -> Vec<Alternative> {
    let reason = terms.forbidden.clone().unwrap_or_default();
    let refusal = Refusal { rule: terms.id.clone(), reason };
    let ways = if terms.method == Method::GuestCores {
        ways_by_guest(ground, product, terms, &[one], &[], false)
    } else {
        vec![Alternative::new(&product.id, terms.metric, Basis::Guest, Vec::new(), Working::default())]
    };
    ways.into_iter().map(|way| Alternative { refused: Some(refusal.clone()), ..way }).collect()
}
