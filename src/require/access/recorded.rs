//! Who reaches the servers of a product: by the records of access, else by what is known without one.
//!
//! Where no record speaks of a product, those who reach another one that cannot be reached without it count (CL-R4), else
//! the people and devices that its machines state. Of several machines nobody says how far their people overlap: the
//! auditor adds them up, the customer takes the largest number (D-10). Access to machines that need no access licences is
//! none (CL-R10). Keys: `serves`, `serves_basis`, `serves_guests_only`, `also_reached_by`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::model::{Access, Answer, Host, HostId, Installation, Installs};
use crate::rules::{Method, Product, Terms};

use super::super::Ground;
use super::super::end_users::{bounds, directory, people_stated};
use super::super::hosting::hosts_and_nothing_else;
use super::super::instance::exceeded;
use super::super::left_out::stale;
use super::super::reaching::bears;
use super::reach::Inquiry;

/// Organisations whose access to the product served is known in some way.
pub(super) fn organisations<'a>(ground: &'a Ground<'_>, terms: &Terms) -> BTreeSet<&'a str> {
    let reached = |access: &&Access| terms.serves.as_ref() == Some(&access.product) || is_beside(terms, access);
    let recorded = ground.estate.accesses.iter().filter(reached).map(|access| access.organisation.as_str());
    let mut found: BTreeSet<&str> = recorded.collect();
    found.extend(stating(ground, terms).map(|(_, host, _)| host.organisation.as_str()));
    found
}

/// The access of an organisation to the product served.
pub(super) fn accesses<'a>(inquiry: &Inquiry<'a>) -> Vec<Cow<'a, Access>> {
    let &Inquiry { ground, terms, organisation, .. } = inquiry;
    let Some(id) = &terms.serves else { return Vec::new() };
    // A role of an operating system may be reached that no rule file describes.
    let served = ground.rules.products.get(id);
    let own = || ground.estate.accesses.iter().filter(|access| access.organisation == organisation);
    let mut found: Vec<Cow<'a, Access>> = own().filter(|access| access.product == *id).map(Cow::Borrowed).collect();
    if found.is_empty() {
        let through = |access: &Access| Cow::Owned(Access { product: id.clone(), ..access.clone() });
        found = own().filter(|access| is_beside(terms, access)).map(through).collect();
    }
    let Some(served) = served else { return found };
    if found.is_empty() {
        found.extend(of_machines(inquiry, served).map(Cow::Owned));
    }
    found.retain(|access| !needs_none(ground, served, access));
    found
}

/// The records themselves, whether of the estate or drawn from it.
pub(super) fn borrowed<'a>(accesses: &'a [Cow<'_, Access>]) -> Vec<&'a Access> {
    accesses.iter().map(Cow::as_ref).collect()
}

/// Whether whoever reaches a product reaches the one served too.
fn is_beside(terms: &Terms, access: &Access) -> bool {
    terms.also_reached_by.contains(&access.product)
}

/// Machines with live users that run the product served, on the basis that needs access licences, and state who uses them.
fn stating<'a>(ground: &'a Ground<'_>, terms: &Terms) -> impl Iterator<Item = (HostId, &'a Host, Installs<'a, 'a>)> {
    let served = terms.serves.as_deref().filter(|_| !terms.serves_guests_only).unwrap_or_default();
    let product = ground.rules.products.get(served);
    let basis = terms.serves_basis.as_deref();
    let counts = move |install: &Installation| {
        let edition = install.edition.value();
        let free = || edition.is_some_and(|edition| product.is_some_and(|one| one.free_editions.contains(edition)));
        match (basis, install.licence_basis.as_deref()) {
            (Some(basis), Some(declared)) => basis == declared,
            (Some(_), None) => !free() && product.is_some_and(|product| by_server(product, edition)),
            (None, _) => !free(),
        }
    };
    ground.index.with_installs(served).filter(move |(_, host, installs)| {
        host.states_who_uses_it() && !host.is_for_tests() && installs.iter().any(counts)
    })
}

/// Whether an edition, where it is known, is licensed by server with access licences beside it.
fn by_server(product: &Product, edition: Option<&String>) -> bool {
    let mut terms = product.terms.iter().filter(|terms| terms.method == Method::Instance);
    edition.is_none_or(|edition| terms.any(|terms| terms.editions.contains(edition)))
}

/// What the machines of an organisation state, as one record of access.
fn of_machines(inquiry: &Inquiry<'_>, served: &Product) -> Option<Access> {
    let &Inquiry { ground, terms, organisation, .. } = inquiry;
    let own = stating(ground, terms).filter(|(_, host, _)| host.organisation == organisation);
    let machines: Vec<_> = own.filter(|(id, host, _)| !is_gone(inquiry, *id, host)).collect();
    let hosts: Vec<HostId> = machines.iter().map(|(id, _, _)| *id).collect();
    let record = |users: Option<u32>, devices: Option<u32>| Access {
        organisation: organisation.to_owned(),
        product: served.id.clone(),
        version: newest(served, &machines),
        users,
        devices,
        sharing: Vec::new(),
        peak_sessions: None,
        external_users: None,
        hosts: machines.iter().map(|(_, host, _)| host.name.clone()).collect(),
        evidence: machines.iter().find_map(|(_, host, _)| host.evidence.first().cloned()),
    };
    let by_name = |(_, host, _): &(HostId, &Host, Installs<'_, '_>)| host.users.is_none() && host.devices.is_none();
    if machines.iter().all(by_name) && inquiry.has_map(&record(None, None)) {
        return Some(record(None, None)).filter(|_| !machines.is_empty());
    }
    let people: Vec<Option<u32>> = machines.iter().map(|(_, host, _)| people_stated(ground, host)).collect();
    let devices: Vec<Option<u32>> = machines.iter().map(|(_, host, _)| host.devices).collect();
    let (people, devices) = (bounds(&people), bounds(&devices));
    // No more people than the directory knows, where it knows as many as one machine states.
    let people = people.map(|(largest, sum)| match directory(ground, organisation) {
        0 => (largest, sum),
        known => (largest, sum.min(known.max(largest))),
    });
    let disputed = [people, devices].into_iter().flatten().any(|(largest, sum)| largest < sum);
    let take = |(largest, sum): (u32, u32), least: bool| if least { largest } else { sum };
    let least = !disputed || inquiry.ask("D-10", &hosts) == Answer::Customer;
    let (users, devices) = (people.map(|people| take(people, least)), devices.map(|devices| take(devices, least)));
    (users.is_some() || devices.is_some()).then(|| record(users, devices))
}

/// Whether the reading in force takes a machine for switched off for good (D-01) or gone (D-02).
fn is_gone(inquiry: &Inquiry<'_>, id: HostId, host: &Host) -> bool {
    let left_out = |ambiguity: &str| inquiry.ask(ambiguity, &[id]) == Answer::Customer;
    !host.powered_on && left_out("D-01") || stale(inquiry.ground, host) && left_out("D-02")
}

/// The newest version that machines run.
fn newest(served: &Product, machines: &[(HostId, &Host, Installs<'_, '_>)]) -> Option<String> {
    let installs = machines.iter().flat_map(|(_, _, installs)| installs.iter());
    let versions = installs.filter_map(|install| served.release(install.version.value()?));
    versions.max().map(|version| served.version_name(version).to_owned())
}

/// Whether access is to machines alone that need no access licences: what runs there includes it, within its limits, or
/// does nothing but run guests (CL-R10).
fn needs_none(ground: &Ground<'_>, served: &Product, access: &Access) -> bool {
    let free = |name: &String| {
        let mut machines = ground.index.named(name).filter(|(_, host)| host.organisation == access.organisation);
        machines.any(|(id, host)| {
            let mut installs = ground.index.installs(&served.id, id).iter().peekable();
            bears(host, name)
                && installs.peek().is_some()
                && installs.all(|install| {
                    let includes = |terms: &&Terms| {
                        let edition = install.edition.value().is_some_and(|edition| terms.editions.contains(edition));
                        terms.includes_access && edition && exceeded(ground, terms, id).is_none()
                    };
                    served.terms.iter().any(|terms| includes(&terms))
                        || hosts_and_nothing_else(ground, served, host, install)
                })
        })
    };
    !access.hosts.is_empty() && access.hosts.iter().all(free)
}
