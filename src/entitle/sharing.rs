//! Who may draw on a purchase beside its owner: those it is shared with, as long as they belong to the group (AF-R4), and
//! under the customer's reading every affiliate, and strangers to the group that it is shared with (D-27, AF-R1).

use std::collections::BTreeMap;

use crate::model::{Answer, HostId, Working};

use super::Ground;
use super::join::Held;

/// Organisations that may draw on the units, without the owner.
pub(super) fn others(ground: &Ground<'_>, held: &Held, working: &mut Working) -> Vec<String> {
    let line = &held.line;
    let (left, mut others): (Vec<String>, Vec<String>) =
        line.shared_with.iter().cloned().partition(|name| ground.estate.has_left(name, ground.as_of));
    if held.reserved_for.is_some() {
        return others;
    }
    for name in left {
        working.by_rule("AF-R4", format!("It was shared with {name}, which has left the group."));
    }
    others.retain(|name| is_admitted(ground, held, name, working));
    if !others.is_empty() {
        working.by_rule("AF-R5", format!("Shared with {}.", others.join(", ")));
    }
    for organisation in &ground.estate.organisations {
        let name = &organisation.name;
        let known = *name == line.organisation || others.contains(name);
        if known || !ground.estate.are_affiliates(&line.organisation, name, ground.as_of) {
            continue;
        }
        if !footprint(ground, name).is_some_and(|footprint| footprint.concerned) {
            continue;
        }
        if ground.asker.ask("D-27", name, ground.family, &installed(ground, name)) == Answer::Customer {
            working.by_rule("D-27", format!("{name} belongs to the same group and may draw on it."));
            others.push(name.clone());
        } else {
            working.by_rule("D-27", format!("{name} belongs to the same group and may not draw on it."));
        }
    }
    others
}

/// Whether one that is named belongs to the owner's group, or the reading admits strangers (D-27).
pub(super) fn is_admitted(ground: &Ground<'_>, held: &Held, name: &str, working: &mut Working) -> bool {
    let owner = &held.line.organisation;
    if name == owner || !ground.estate.is_stranger(name, owner, ground.as_of) {
        return true;
    }
    let admitted = ground.asker.ask("D-27", name, ground.family, &installed(ground, name)) == Answer::Customer;
    let text = if admitted { "may draw on it, as the record says" } else { "may not draw on it" };
    working.by_rule("D-27", format!("{name} does not belong to the group of {owner} by any record and {text}."));
    admitted
}

/// What of a family an organisation has that a licence could serve.
#[derive(Debug, Default)]
pub(crate) struct Footprint {
    /// Hosts with an installation.
    hosts: Vec<HostId>,
    /// Whether anything is there: an installation, something managed, access to a server, a subscription assigned.
    concerned: bool,
}

/// Hosts of an organisation on which a product of the family is installed: those that hang on a question about licences.
pub(super) fn installed(ground: &Ground<'_>, organisation: &str) -> Vec<HostId> {
    footprint(ground, organisation).map(|footprint| footprint.hosts.clone()).unwrap_or_default()
}

/// Worked out once, and only where a question wants it: it goes through every host.
fn footprint<'g>(ground: &'g Ground<'_>, organisation: &str) -> Option<&'g Footprint> {
    ground.footprints.get_or_init(|| footprints(ground)).get(organisation)
}

fn footprints(ground: &Ground<'_>) -> BTreeMap<String, Footprint> {
    let in_family = |id: &String| ground.members.iter().any(|member| member.id == *id);
    let serves = |id: &String| {
        let mut terms = ground.members.iter().flat_map(|member| &member.terms);
        in_family(id) || terms.any(|terms| terms.serves.as_ref() == Some(id))
    };
    let mut found: BTreeMap<String, Footprint> = BTreeMap::new();
    for member in ground.members {
        for (id, host) in ground.index.with_product(&member.id) {
            let own = found.entry(host.organisation.clone()).or_default();
            own.concerned = true;
            own.hosts.push(id);
        }
        for (_, host) in ground.index.managed_by(&member.id) {
            found.entry(host.organisation.clone()).or_default().concerned = true;
        }
    }
    for own in found.values_mut() {
        own.hosts.sort();
        own.hosts.dedup();
    }
    let accesses = ground.estate.accesses.iter().filter(|access| serves(&access.product));
    let users = ground.estate.users.iter().filter(|group| group.subscriptions.iter().any(in_family));
    let others = accesses.map(|access| &access.organisation).chain(users.map(|group| &group.organisation));
    for organisation in others {
        found.entry(organisation.clone()).or_default().concerned = true;
    }
    found
}
