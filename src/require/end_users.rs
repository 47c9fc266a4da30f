//! The people behind those who reach a server product by their own account.
//!
//! A front end that collects the access of many people in one account does not lower the number of licences (CL-R9,
//! OR-R3). What shows it: the machines that run the product state more users than reach it by the record. The auditor
//! counts everybody behind the front end, the customer those with access of their own (D-11). Where the record of access
//! names no number at all, the auditor takes everybody in the directory, the customer whoever is documented (D-10).

use std::collections::BTreeSet;

use crate::model::{Access, Host, HostId};

use super::Ground;
use super::reaching::bears;

/// People and devices documented for the machines that run a product.
pub(super) struct EndUsers {
    /// People; the largest number of any machine, because nobody says how far the people of several overlap.
    pub users: u32,
    /// People if no two machines share any, as far as the directory knows so many.
    pub most: u32,
    /// Devices if no two machines share any, where every such machine states them.
    pub devices: Option<u32>,
    /// Those machines.
    pub hosts: Vec<HostId>,
}

/// People documented on the machines that accesses of an organisation reach; `None` where none states any.
pub(super) fn documented(ground: &Ground<'_>, accesses: &[&Access], basis: Option<&str>) -> Option<EndUsers> {
    let mut found = EndUsers { users: 0, most: 0, devices: Some(0), hosts: Vec::new() };
    let (mut named, mut without_number): (BTreeSet<&str>, BTreeSet<&str>) = (BTreeSet::new(), BTreeSet::new());
    let mut products: Vec<&str> = accesses.iter().map(|access| access.product.as_str()).collect();
    products.sort_unstable();
    products.dedup();
    let running = products.iter().flat_map(|product| ground.index.with_product(product));
    let mut reached: Vec<(HostId, &Host)> = running.filter(|(_, host)| is_reached(host, accesses, basis)).collect();
    reached.sort_by_key(|(id, _)| *id);
    reached.dedup_by_key(|(id, _)| *id);
    for (id, host) in reached {
        if host.users.is_none() && host.used_by.is_empty() {
            continue;
        }
        found.hosts.push(id);
        found.users = found.users.max(host.users.unwrap_or(0));
        named.extend(host.used_by.iter().map(String::as_str));
        match host.users {
            Some(users) => found.most = found.most.saturating_add(users),
            None => without_number.extend(host.used_by.iter().map(String::as_str)),
        }
        found.devices = found.devices.zip(host.devices).map(|(known, own)| known.saturating_add(own));
    }
    let organisation = accesses.first().map_or("", |access| access.organisation.as_str());
    found.users = found.users.max(people_named(ground, organisation, &named));
    found.most = found.most.saturating_add(people_named(ground, organisation, &without_number)).max(found.users);
    let known = directory(ground, organisation);
    if known > 0 {
        found.most = found.most.min(known.max(found.users));
    }
    (found.users > 0).then_some(found)
}

/// The fewest and the most people, or devices, by what machines state, one number for each: nobody says how far those of
/// several are the same. `None` where a machine states none, or there is no machine.
pub(super) fn bounds(stated: &[Option<u32>]) -> Option<(u32, u32)> {
    let all: Option<Vec<u32>> = stated.iter().copied().collect();
    let all = all.filter(|all| !all.is_empty())?;
    Some((all.iter().copied().max()?, all.iter().fold(0, |sum, one| sum.saturating_add(*one))))
}

/// People who use what is installed on a machine, by number or by name.
pub(super) fn people_stated(ground: &Ground<'_>, host: &Host) -> Option<u32> {
    let named = || people_named(ground, &host.organisation, &host.used_by.iter().map(String::as_str).collect());
    host.users.or_else(|| (!host.used_by.is_empty()).then(named))
}

/// Whether a machine runs what an access reaches, on a basis that needs access licences.
fn is_reached(host: &Host, accesses: &[&Access], basis: Option<&str>) -> bool {
    accesses.iter().any(|access| {
        let named = access.hosts.is_empty() || access.hosts.iter().any(|name| bears(host, name));
        let runs = host.installs.iter().any(|install| {
            let declared = install.licence_basis.as_deref();
            install.product == access.product && (basis.is_none() || declared.is_none() || declared == basis)
        });
        host.organisation == access.organisation && named && runs
    })
}

/// People of the groups with these names, however they are capitalised: those of the organisation, else of another; a name
/// without a group is one person.
pub(super) fn people_named(ground: &Ground<'_>, organisation: &str, names: &BTreeSet<&str>) -> u32 {
    let names: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let count = |name: &String| {
        let own = ground.index.people_named(name).filter(|group| group.organisation == organisation);
        let own: u32 = own.map(|group| group.count).sum();
        let others = || ground.index.people_named(name).map(|group| group.count).max();
        if own > 0 { own } else { others().unwrap_or(1).max(1) }
    };
    names.iter().map(count).sum()
}

/// Everybody in the directory of an organisation.
pub(super) fn directory(ground: &Ground<'_>, organisation: &str) -> u32 {
    let own = ground.estate.users.iter().filter(|group| group.organisation == organisation);
    own.map(|group| group.count).sum()
}
