//! Editions that are free for some use only: for tests and development (D-07), or for trying them out (D-14).
//!
//! Table of the product's file: `[[free_use]]`.

use crate::model::{Answer, Host, HostId, Installation, Requirement, edition_name};
use crate::rules::{FreeUse, Product, free_use_rule};

use super::Ground;

/// The edition whose licence an installation needs; `None` where it needs none.
pub(super) fn licensed_as(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    host: &Host,
    install: &Installation,
    edition: String,
) -> Option<String> {
    if !product.free_editions.contains(&edition) {
        return Some(edition);
    }
    let limited = product.free_use.iter().find(|limited| limited.editions.contains(&edition))?;
    match limited.days {
        Some(days) => tried_out(ground, product, id, host, install, limited, days),
        None => for_tests(ground, product, id, host, limited),
    }
}

/// A copy for tests on a machine that serves live users or data is a full one, of which edition is read two ways (D-07).
/// An inventory alone cannot say what a machine is for, and is no evidence of live use.
fn for_tests(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host, limited: &FreeUse) -> Option<String> {
    if host.serves_production() != Some(true) {
        return None;
    }
    if limited.strict == limited.customer {
        return Some(limited.strict.clone());
    }
    Some(match ground.asker.ask("D-07", &host.organisation, &product.family, &[id]) {
        Answer::Strict => limited.strict.clone(),
        Answer::Customer => limited.customer.clone(),
    })
}

/// A copy on trial is a full one when its days are over. Before that it is free, but for the strict reading where it
/// serves live users or data, or where nobody knows since when it runs (D-14).
fn tried_out(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    host: &Host,
    install: &Installation,
    limited: &FreeUse,
    days: u32,
) -> Option<String> {
    let age = install.installed.and_then(|day| day.until(ground.as_of).ok()).map(|span| i64::from(span.get_days()));
    let over = age.is_some_and(|age| age >= i64::from(days));
    if over && limited.strict == limited.customer {
        return Some(limited.strict.clone());
    }
    if !over && age.is_some() && host.serves_production() == Some(false) {
        return None;
    }
    match ground.asker.ask("D-14", &host.organisation, &product.family, &[id]) {
        Answer::Strict => Some(limited.strict.clone()),
        Answer::Customer => over.then(|| limited.customer.clone()),
    }
}

/// Says so where a need rests on the limit of a free edition that is not verified.
pub(super) fn name_doubts(ground: &Ground<'_>, product: &Product, requirement: &mut Requirement) {
    for edition in product.free_use.iter().filter(|limited| !limited.verified).flat_map(|limited| &limited.editions) {
        let installed = |id: &HostId| {
            let mut installs = ground.index.installs(&product.id, *id).iter();
            installs.any(|install| install.edition.value() == Some(edition))
        };
        if requirement.hosts.iter().any(installed) {
            let text = format!("How long and for what the edition {} is free is not verified.", edition_name(edition));
            requirement.working.by_rule(&free_use_rule(product, edition), text);
        }
    }
}
