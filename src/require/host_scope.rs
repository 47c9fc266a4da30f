//! Scopes that are licensed host by host: a host with its own operating system and every guest that may run there.
//!
//! The need is counted by host, so it is the host operator's. Guests whose host nobody knows (`unplaced`) and guests in
//! public clouds (`cloud_guest`) form scopes of their own.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::model::{HostId, Key, Machine, Requirement, Scope, Working};
use crate::rules::Product;

use super::carried::{carried, unseen};
use super::deployment::{Deployed, servers};
use super::floating::{self, Farm};
use super::guest_groups::container_hosts;
use super::host_sets::Load;
use super::host_ways::ways;
use super::reach::Reach;
use super::{Ground, cloud_guest, moved, replica_host, unplaced};

/// One requirement a host, and one an organisation for guests that nobody can place.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let deployed = servers(ground, product);
    let reach = Reach::new(ground.estate);
    let mut by_host: BTreeMap<HostId, HostLoad<'_>> = BTreeMap::new();
    let mut placeless: BTreeMap<&str, Vec<&Deployed>> = BTreeMap::new();
    let mut clouds: BTreeMap<(&str, &str), Vec<&Deployed>> = BTreeMap::new();
    for one in &deployed {
        let machine = ground.estate.host(one.host);
        if machine.machine == Machine::Physical {
            by_host.entry(one.host).or_default().physical = Some(one);
            continue;
        }
        if let Some(cloud) = machine.cloud() {
            clouds.entry((&machine.organisation, cloud)).or_default().push(one);
            continue;
        }
        let hosts = match machine.machine {
            Machine::Container => container_hosts(ground, &reach, one),
            _ => reach.of(ground.estate, machine),
        };
        let left = moved::still_counts_on(ground, product, one.host, &hosts);
        for &host in hosts.iter().chain(&left) {
            by_host.entry(host).or_default().guests.push(one);
        }
        if hosts.is_empty() && machine.container_of.is_none() {
            placeless.entry(&machine.organisation).or_default().push(one);
        }
    }
    let farms = farms(ground, product, &reach, &by_host);
    let mut requirements = floating::with_ways_by_guest(ground, product, farms);
    requirements.extend(
        placeless
            .iter()
            .filter_map(|(organisation, guests)| unplaced::requirement(ground, product, organisation, guests)),
    );
    for ((organisation, cloud), guests) in clouds {
        requirements
            .extend(guests.iter().map(|one| cloud_guest::requirement(ground, product, organisation, cloud, one)));
    }
    requirements
}

/// Hosts that share guests, with their requirements.
fn farms<'d>(
    ground: &Ground<'_>,
    product: &Product,
    reach: &Reach,
    by_host: &'d BTreeMap<HostId, HostLoad<'d>>,
) -> Vec<Farm<'d>> {
    // A farm moves to the end whenever a host joins it; `place_of` finds the farm of a guest.
    let mut farms: Vec<Option<Farm<'d>>> = Vec::new();
    let mut place_of: HashMap<HostId, usize> = HashMap::new();
    for (&id, load) in by_host {
        let Some(requirement) = host_requirement(ground, product, reach, id, load) else { continue };
        let mut shared: Vec<usize> = load.guests.iter().filter_map(|one| place_of.get(&one.host).copied()).collect();
        shared.sort_unstable();
        shared.dedup();
        let mut target = Farm {
            hosts: vec![(id, requirement)],
            loads: vec![(id, load)],
            guests: load.guests.clone(),
            physical: load.physical,
        };
        for farm in shared.into_iter().filter_map(|place| farms[place].take()) {
            target.hosts.extend(farm.hosts);
            target.loads.extend(farm.loads);
            target.guests.extend(farm.guests);
            target.physical = target.physical.or(farm.physical);
        }
        target.hosts.sort_by_key(|(id, _)| *id);
        target.loads.sort_by_key(|(id, _)| *id);
        target.guests.sort_by_key(|one| one.host);
        target.guests.dedup_by_key(|one| one.host);
        place_of.extend(target.guests.iter().map(|one| (one.host, farms.len())));
        farms.push(Some(target));
    }
    farms.into_iter().flatten().collect()
}

/// What may run on one host.
#[derive(Default)]
pub(super) struct HostLoad<'d> {
    /// The host's own operating system.
    pub physical: Option<&'d Deployed>,
    /// Guests that may run on it.
    pub guests: Vec<&'d Deployed>,
}

fn host_requirement(
    ground: &Ground<'_>,
    product: &Product,
    reach: &Reach,
    id: HostId,
    load: &HostLoad<'_>,
) -> Option<Requirement> {
    let host = ground.estate.host(id);
    let mut working = Working::default();
    let guests = carried(ground, product, reach, id, load, &mut working);
    let counted: Vec<&Deployed> =
        load.physical.into_iter().filter(|one| !one.hosting_only).chain(guests.iter().copied()).collect();
    let hosting = load.physical.filter(|one| one.hosting_only);
    let unseen = unseen(ground, product, id, load, &mut working);
    let mut versions: Vec<Option<usize>> = counted.iter().map(|one| one.version).collect();
    let newest = guests.iter().map(|one| one.version).max().flatten();
    versions.extend(std::iter::repeat_n(newest, unseen));
    versions.sort_by(|a, b| b.cmp(a));
    let systems = Load { versions, hosting: hosting.map(|one| one.version) };
    if systems.is_empty() {
        return None;
    }
    for one in &counted {
        working.steps.push(one.said());
        moved::say_so(ground, one.host, &[id], &mut working);
    }
    if let Some(one) = hosting {
        let text = format!("{}: it only runs guests and uses up no right (WS-R4).", one.text);
        working.by_facts(text, one.evidence.clone());
    }
    let editions: Vec<&str> = counted.iter().copied().chain(hosting).map(|one| one.edition.as_str()).collect();
    let mut alternatives = ways(ground, product, id, &systems, &editions);
    if let Some(rule) = replica_host::frees(ground, product, id, &counted) {
        alternatives = alternatives.into_iter().map(|way| replica_host::freed(way, rule)).collect();
    }
    let mut hosts: Vec<HostId> = counted.iter().copied().chain(hosting).map(|one| one.host).chain([id]).collect();
    hosts.sort();
    hosts.dedup();
    Some(Requirement {
        key: Key::new("requirement", &[&host.organisation, &host.name, &product.id]),
        organisation: host.organisation.clone(),
        family: product.family.clone(),
        scope: Scope::Host(host.name.clone()),
        hosts,
        alternatives,
        working,
    })
}
