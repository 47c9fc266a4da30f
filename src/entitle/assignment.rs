//! Binding assigned licences to their hosts; a licence may move again only after 90 days (C0-7).

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
    let both = product
        .terms
        .iter()
        .any(|terms| line.edition.as_ref().is_some_and(|edition| terms.beside_own_hosts.contains(edition)));
    let (names, moved) = current(ground, line, mobile, both, working);
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
        .filter(|organisation| is_affiliate(ground, &line.organisation, organisation))
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

/// Organisations that may draw on a line: those it is shared with, as long as they belong to the group (AF-R4).
pub(super) fn sharing(ground: &Ground<'_>, line: &PurchaseLine) -> Vec<String> {
    line.shared_with.iter().filter(|name| !has_left(ground, name)).cloned().collect()
}

/// Whether an organisation has left its group.
fn has_left(ground: &Ground<'_>, name: &str) -> bool {
    let organisation = ground.estate.organisations.iter().find(|organisation| organisation.name == name);
    organisation.and_then(|organisation| organisation.divested_on).is_some_and(|day| day <= ground.as_of)
}

/// Whether two organisations are the same or belong to one group (AF-R1).
fn is_affiliate(ground: &Ground<'_>, owner: &str, user: &str) -> bool {
    let group = |name: &str| {
        let organisation = ground.estate.organisations.iter().find(|organisation| organisation.name == name);
        organisation.and_then(|organisation| organisation.affiliate_of.clone()).unwrap_or_else(|| name.to_owned())
    };
    owner == user || group(owner) == group(user) && !has_left(ground, owner) && !has_left(ground, user)
}

/// Who holds the licence after all lawful reassignments, and who holds it beside them while a move to the publisher's
/// cloud overlaps (AH-R2). Software Assurance on a mobile product lifts the wait (C0-7).
fn current(
    ground: &Ground<'_>,
    line: &PurchaseLine,
    mobile: bool,
    both: bool,
    working: &mut Working,
) -> (Vec<String>, Vec<String>) {
    let wait = i64::from(ground.rules.conventions.reassignment_days);
    let mut holders = line.assigned_to.clone();
    let mut since = line.assigned_on.or(line.bought);
    let mut cloud: Option<(Date, Vec<String>)> = None;
    for move_ in &line.reassigned {
        let same_move = cloud.as_ref().is_some_and(|(day, _)| *day == move_.on && move_.reason == CLOUD_MOVE);
        let early = since.is_some_and(|since| days(since, move_.on) < wait);
        let mobile = mobile && line.sa.iter().any(|term| term.contains(move_.on));
        if early && move_.reason != "hardware-failure" && !mobile && !same_move {
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
        Some((day, names)) if both => {
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

/// The reason by which a manifest marks a move to the publisher's cloud.
const CLOUD_MOVE: &str = "azure";

/// Days from one day to another.
fn days(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The host with this name: of the owner first, then of anybody.
fn find(ground: &Ground<'_>, organisation: &str, name: &str) -> Option<HostId> {
    let mut elsewhere = None;
    for (id, host) in ground.estate.hosts_with_ids() {
        let same = host.name.eq_ignore_ascii_case(name)
            || host.fqdn.as_ref().is_some_and(|fqdn| fqdn.eq_ignore_ascii_case(name));
        if same && host.organisation == organisation {
            return Some(id);
        }
        if same && elsewhere.is_none() {
            elsewhere = Some(id);
        }
    }
    elsewhere
}
