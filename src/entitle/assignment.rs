//! Binding assigned licences to their hosts; a licence may move again only after so many days (C0-7).

use jiff::civil::Date;

use crate::model::{Entitlement, HostId, Metric, PurchaseLine, Working};
use crate::rules::Product;

use super::Ground;

/// Fills in the hosts an entitlement is bound to.
pub(super) fn bind(
    ground: &Ground<'_>,
    line: &PurchaseLine,
    product: &Product,
    entitlement: &mut Entitlement,
    working: &mut Working,
) {
    let mobile = product.terms.iter().any(|terms| terms.mobility_needs_sa && terms.metric == line.metric);
    // Licences of some editions serve machines of one's own and of the publisher's cloud at once (AH-R2).
    let both = |name: &String| {
        let to = find(ground, &line.organisation, name).and_then(|id| ground.estate.host(id).cloud());
        product.terms.iter().any(|terms| {
            let there = to.is_none_or(|cloud| terms.is_for_cloud(cloud));
            there && line.edition.as_ref().is_some_and(|edition| terms.beside_own_hosts.contains(edition))
        })
    };
    let (names, moved) = current(ground, line, mobile, &both, working);
    if names.is_empty() {
        return;
    }
    entitlement.overlap_hosts = moved.iter().filter_map(|name| find(ground, &line.organisation, name)).collect();
    if line.metric == Metric::User {
        working.say(format!("Assigned to {}.", names.join(", ")));
        return;
    }
    for name in &names {
        match find(ground, &line.organisation, name) {
            Some(host) => entitlement.bound_hosts.push(host),
            None => entitlement.unknown_assignees.push(name.clone()),
        }
    }
    entitlement.bound_hosts.sort();
    entitlement.bound_hosts.dedup();
    entitlement.bound_organisations = entitlement
        .bound_hosts
        .iter()
        .map(|&id| ground.estate.host(id).organisation.clone())
        .filter(|organisation| ground.estate.are_affiliates(&line.organisation, organisation, ground.as_of))
        .collect();
    entitlement.bound_organisations.sort();
    entitlement.bound_organisations.dedup();
    entitlement.bound_singly = line.metric == Metric::Device;
    working.say(format!("Assigned to {}.", names.join(", ")));
    if !entitlement.unknown_assignees.is_empty() && !entitlement.bound_singly {
        working.say(format!("No source shows {}.", entitlement.unknown_assignees.join(", ")));
        if entitlement.bound_hosts.is_empty() {
            entitlement.refused =
                Some(format!("it is assigned to {}, which no source shows", entitlement.unknown_assignees.join(", ")));
        }
    }
}

/// Who holds the licence after all lawful reassignments up to the day, and who holds it beside them while a move to the
/// publisher's cloud overlaps (AH-R2). Software Assurance on a mobile product lifts the wait, inside its farm where the
/// purchase is limited to one (C0-7).
fn current(
    ground: &Ground<'_>,
    line: &PurchaseLine,
    mobile: bool,
    both: &dyn Fn(&String) -> bool,
    working: &mut Working,
) -> (Vec<String>, Vec<String>) {
    let wait = i64::from(ground.rules.conventions.reassignment_days);
    let mut holders = line.assigned_to.clone();
    let mut since = line.assigned_on.or(line.bought);
    let mut cloud: Option<(Date, Vec<String>)> = None;
    if let Some(day) = line.assigned_on.filter(|&day| day > ground.as_of) {
        working.say(format!("Assigned on {day} only, after {}: nothing is bound yet.", ground.as_of));
        return (Vec::new(), Vec::new());
    }
    for move_ in &line.reassigned {
        if move_.on > ground.as_of {
            working.say(format!("The move to {} is planned for {} and changes nothing yet.", move_.to, move_.on));
            continue;
        }
        let same_move = cloud.as_ref().is_some_and(|(day, _)| *day == move_.on && move_.reason == CLOUD_MOVE);
        let early = since.is_some_and(|since| days(since, move_.on) < wait);
        let mobile = mobile && assured(line, move_.on) && within_farm(ground, line, &holders, &move_.to);
        if early && move_.reason != HARDWARE_FAILURE && !mobile && !same_move {
            working.by_rule(
                "C0-7",
                format!("The move to {} on {} came within {wait} days and does not count.", move_.to, move_.on),
            );
            continue;
        }
        working.by_rule("C0-7", format!("Reassigned to {} on {} ({}).", move_.to, move_.on, move_.reason));
        match &mut cloud {
            Some((_, names)) if same_move => names.push(move_.to.clone()),
            _ if move_.reason == CLOUD_MOVE => cloud = Some((move_.on, vec![move_.to.clone()])),
            _ => {
                (holders, cloud) = (vec![move_.to.clone()], None);
            }
        }
        since = Some(move_.on);
    }
    match cloud {
        None => (holders, Vec::new()),
        Some((day, names)) if names.iter().all(both) => {
            working.by_rule("AH-R2", format!("Used in the cloud too since {day}: this edition serves both at once."));
            (holders, names)
        }
        Some((day, names)) if days(day, ground.as_of) < i64::from(ground.rules.conventions.cloud_overlap_days) => {
            working.by_rule("AH-R2", format!("Moved to the cloud on {day}: both places may be used for now."));
            (holders, names)
        }
        Some((_, names)) => (names, Vec::new()),
    }
}

/// Whether Software Assurance or a subscription ran on a day.
fn assured(line: &PurchaseLine, day: Date) -> bool {
    line.sa.iter().chain(&line.subscription).any(|term| term.contains(day))
}

/// Whether a move stays inside the farm to which the purchase is limited; every move does where it is limited to none.
fn within_farm(ground: &Ground<'_>, line: &PurchaseLine, holders: &[String], to: &String) -> bool {
    let Some(farm) = &line.farm else { return true };
    holders.iter().chain([to]).all(|name| {
        find(ground, &line.organisation, name).is_some_and(|host| super::farm::stands_in(ground.estate, host, farm))
    })
}

/// The reason by which a manifest marks the move off a machine that failed for good.
const HARDWARE_FAILURE: &str = "hardware-failure";

/// The reason by which a manifest marks a move to the publisher's cloud.
const CLOUD_MOVE: &str = "azure";

/// Days from one day to another.
fn days(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The host with this name: of the owner first, then of anybody.
pub(super) fn find(ground: &Ground<'_>, organisation: &str, name: &str) -> Option<HostId> {
    let own = ground.index.named(name).find(|(_, host)| host.organisation == organisation);
    own.or_else(|| ground.index.named(name).next()).map(|(id, _)| id)
}
