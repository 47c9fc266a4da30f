//! A host: which file says what of it, by which rule several files were taken for one machine, what contradicts, and
//! where it counts.

use crate::model::{HostId, HostSummary};

use super::teller::{Teller, joined, section};
use super::{Explanation, Item};

/// Explains one host.
pub(super) fn explain(teller: &Teller<'_>, id: HostId, host: &HostSummary) -> Explanation {
    let title = format!("{} of {}", host.name, teller.outcome.names.organisation(&host.organisation));
    let mut explanation = teller.begin(host.key().0, title);
    let seen = match host.last_seen {
        Some(day) if host.stale => format!("newest inventory: {day}, which is too old"),
        Some(day) => format!("newest inventory: {day}"),
        None => "no source says when it was last seen".to_owned(),
    };
    let software = match host.inventoried {
        true => "an inventory of its software was read",
        false => "no inventory of its software was read; it is known from other sources alone",
    };
    let mut known = vec![
        Item::say(format!("it is a {}", host.machine)).at(teller.places(&host.evidence)),
        Item::say(seen),
        Item::say(software),
    ];
    known.extend(teller.facts(host));
    explanation.sections = vec![
        section("What is known of it, and where that stands", known),
        section("Why several sources are one machine", joined(host)),
        section("Needs that rest on it", needs(teller, id)),
        section("Support of what it runs", support(teller, id)),
    ];
    explanation
}

fn needs(teller: &Teller<'_>, id: HostId) -> Vec<Item> {
    let requirements = teller.assessment.requirements.iter().enumerate();
    requirements
        .filter(|(_, requirement)| requirement.hosts.contains(&id))
        .map(|(index, requirement)| {
            let name = teller.name(&requirement.family, None, None);
            let way = match teller.chosen(index) {
                Some((_, way)) => super::requirement::way_name(teller, way),
                None => "no way of licensing it is on file".to_owned(),
            };
            let where_to = super::requirement::scope(&requirement.scope);
            Item::say(format!("{name} of {where_to}: {way} [{}]", requirement.key))
        })
        .collect()
}

fn support(teller: &Teller<'_>, id: HostId) -> Vec<Item> {
    let rows = teller.outcome.support.iter().filter(|row| row.host == id);
    let host = teller.outcome.host(id).map_or("", |host| &host.name);
    rows.map(|row| {
        let name = teller.name(&row.product, None, row.version.as_deref());
        Item::say(format!("{name}: {} [{}]", row.status.title(), row.key(host)))
    })
    .collect()
}
