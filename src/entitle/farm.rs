//! Licences whose mobility is limited to a farm (C0-7, SQ-R8): they serve what runs, and may move, inside it.
//!
//! The `farm` of a purchase is the name of a cluster or of a single host. A farm that no host bears is a missing fact:
//! nothing is served in the strict reading, everything in the customer's (D-15).

use crate::model::{Answer, Entitlement, Estate, HostId, Placement, PurchaseLine, Working};

use super::Ground;

/// Machines that belong to the farm of a purchase; `None` where it is limited to none.
pub(super) fn members(ground: &Ground<'_>, line: &PurchaseLine, working: &mut Working) -> Option<Vec<HostId>> {
    let farm = line.farm.as_ref()?;
    let ids = ground.estate.hosts_with_ids().map(|(id, _)| id);
    let members: Vec<HostId> = ids.filter(|&id| stands_in(ground.estate, id, farm)).collect();
    if !members.is_empty() {
        working.by_rule(
            "C0-7",
            format!("Its mobility is limited to the farm {farm}: it serves the {} machines there.", members.len()),
        );
        return Some(members);
    }
    working.by_rule("D-15", format!("Its mobility is limited to the farm {farm}, which no source shows."));
    match ground.asker.ask("D-15", &line.organisation, ground.family, &[]) {
        Answer::Strict => Some(members),
        Answer::Customer => None,
    }
}

/// A licence that was lawfully reassigned out of its farm serves where it is now.
pub(super) fn leave(entitlement: &mut Entitlement, working: &mut Working) {
    let Some(farm) = &entitlement.farm else { return };
    if !farm.is_empty() && entitlement.bound_hosts.iter().any(|host| !farm.contains(host)) {
        working.by_rule("C0-7", "It is assigned outside that farm now, and serves there.");
        entitlement.farm = None;
    }
}

/// Whether a machine, or the one it runs on, is of a farm.
pub(super) fn stands_in(estate: &Estate, id: HostId, farm: &str) -> bool {
    let mut at = id;
    // A container in a guest on a host: no deeper nesting is known, and a circle must end.
    for _ in 0..4 {
        let host = estate.host(at);
        let bears = |name: &str| name.eq_ignore_ascii_case(farm);
        if bears(&host.name) || host.cluster.as_deref().is_some_and(bears) {
            return true;
        }
        let below = host.placement.as_ref().and_then(|placement| placement.value());
        match (host.container_of, below) {
            (Some(parent), _) => at = parent,
            (None, Some(Placement::On(parent))) => at = *parent,
            _ => return false,
        }
    }
    false
}
