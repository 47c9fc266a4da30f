//! A host kept for disasters: it carries replicas and nothing else, and needs no licences while Software Assurance runs on
//! those of the servers it stands by for, and on the access licences they need (WS-R14). Keys of `[[passive]]`: `whole_host`.

use crate::model::{Alternative, Answer, HostId, Role};
use crate::rules::{Passive, Product};

use super::deployment::Deployed;
use super::{Ground, access};

/// The rule that frees a host with these operating systems, where one does.
pub(super) fn frees<'p>(
    ground: &Ground<'_>,
    product: &'p Product,
    id: HostId,
    systems: &[&Deployed],
) -> Option<&'p Passive> {
    let stands_by = |one: &&Deployed| one.host != id && matches!(one.role, Role::PassiveDr | Role::PassiveDrAzure);
    if systems.is_empty() || !systems.iter().all(stands_by) {
        return None;
    }
    let rule = product.passive.iter().find(|rule| {
        let begun = rule.from.is_none_or(|from| from <= ground.as_of);
        rule.whole_host && begun && rule.until.is_none_or(|until| ground.as_of <= until)
    })?;
    let organisation = &ground.estate.host(id).organisation;
    let assured = !rule.needs_sa
        || is_assured(ground, product, organisation) && access::assured(ground, product, organisation, false);
    let freed = assured && !carries_other_guests(ground, id, systems) && is_accepted(ground, product, id, systems);
    freed.then_some(rule)
}

/// Whether all of them are taken for replicas: proved, or claimed in the customer's reading (D-16).
fn is_accepted(ground: &Ground<'_>, product: &Product, id: HostId, systems: &[&Deployed]) -> bool {
    let unproved = systems.iter().filter(|one| !one.role_proved).map(|one| one.host);
    let asked: Vec<HostId> = std::iter::once(id).chain(unproved).collect();
    let organisation = &ground.estate.host(id).organisation;
    asked.len() == 1 || ground.asker.ask("D-16", organisation, &product.family, &asked) == Answer::Customer
}

/// Whether every licence of the product that the organisation may draw on carries Software Assurance: which of them its
/// servers use is not known.
fn is_assured(ground: &Ground<'_>, product: &Product, organisation: &str) -> bool {
    let mut rights = ground.owned.iter().filter(|right| {
        right.may_be_drawn_by(organisation) && right.forms.iter().any(|form| form.product == product.id)
    });
    rights.next().is_some_and(|first| first.sa_active) && rights.all(|right| right.sa_active)
}

/// Whether a guest runs on the host that is none of these.
fn carries_other_guests(ground: &Ground<'_>, id: HostId, systems: &[&Deployed]) -> bool {
    ground.index.guests_on(id).any(|(guest, _)| systems.iter().all(|one| one.host != guest))
}

/// A way without its units, with the reason.
pub(super) fn freed(mut way: Alternative, rule: &Passive) -> Alternative {
    way.lines.clear();
    way.sold |= way.refused.is_none() && !way.listed_only;
    way.working.by_rule(
        &rule.id,
        "The host carries replicas for disasters and nothing else, and Software Assurance runs on the licences of the servers and of all access: nothing to license.",
    );
    way
}
