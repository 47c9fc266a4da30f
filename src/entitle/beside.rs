//! Licences of some editions serve machines of one's own and of the publisher's cloud at once, whatever was moved (AH-R2).
//!
//! The same units then stand in two entitlements: one for the terms of that cloud, the other for all others.

use crate::model::{Entitlement, Form, HostId};
use crate::rules::Product;

use super::Ground;

/// Splits an entitlement whose edition serves both at once: it keeps its own machines, the twin gets the cloud. None where
/// nothing of the family runs in such a cloud, or where the purchase says what was moved there.
pub(super) fn twin(ground: &Ground<'_>, entitlement: &mut Entitlement) -> Option<Entitlement> {
    let in_cloud = |id: &HostId| ground.estate.host(*id).cloud().is_some();
    let settled = !entitlement.overlap_hosts.is_empty() || entitlement.bound_hosts.iter().any(in_cloud);
    if settled || !entitlement.sa_active || entitlement.refused.is_some() {
        return None;
    }
    let ids = terms_of_clouds(ground, &entitlement.forms);
    if ids.is_empty() {
        return None;
    }
    let text =
        "It serves machines in the publisher's cloud beside those of one's own: this edition serves both at once.";
    entitlement.working.by_rule("AH-R2", text);
    let mut twin = Entitlement {
        bound_organisations: Vec::new(),
        unknown_assignees: Vec::new(),
        ..super::overlapping(entitlement, Vec::new())
    };
    twin.forms.iter_mut().for_each(|form| form.only_terms.clone_from(&ids));
    entitlement.forms.iter_mut().for_each(|form| form.except_terms.extend_from_slice(&ids));
    Some(twin)
}

/// Terms of clouds in which something of the family runs and which licences of these forms serve beside own machines.
fn terms_of_clouds(ground: &Ground<'_>, forms: &[Form]) -> Vec<String> {
    let runs_there = |product: &Product, cloud: &String| {
        ground.in_clouds().iter().any(|one| one.product == product.id && one.cloud == *cloud)
    };
    let mut ids = Vec::new();
    for product in ground.members.iter().filter(|product| forms.iter().any(|form| form.product == product.id)) {
        let serves = |form: &Form, editions: &[String]| {
            form.product == product.id && form.edition.as_ref().is_some_and(|edition| editions.contains(edition))
        };
        for terms in product.terms.iter().filter(|terms| !terms.beside_own_hosts.is_empty()) {
            let concerned = forms.iter().any(|form| serves(form, &terms.beside_own_hosts))
                && terms.clouds.iter().any(|cloud| runs_there(product, cloud));
            if concerned {
                ids.push(terms.id.clone());
            }
        }
    }
    ids
}
