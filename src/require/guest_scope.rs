//! Scopes of products that are licensed by guest, by host or by server: a host or cluster with its guests.
//!
//! Guests that may reach the same hosts form a group (`guest_groups`). For each group there are the ways of its members by
//! themselves (`own_ways`), and those that license its hosts and so its guests (`host_cores` and others).

use crate::model::{Alternative, HostId, Key, Requirement, Scope, Working};
use crate::rules::Product;

use super::deployment::{Deployed, servers};
use super::guest_groups::{Group, by_owner, groups, is_guest};
use super::host_cores::HostWay;
use super::mixed_by_host::Carriers;
use super::own_ways::own_ways;
use super::{
    Ground, access, mixed_by_host, moved, other_editions, passive, processor_licences, processor_slices,
    server_licences,
};

/// One requirement a group.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let deployed = servers(ground, product);
    let stand_bys = passive::pair(ground, product, &deployed);
    let groups = groups(ground, product, &deployed, &stand_bys);
    let groups: Vec<Group<'_>> = groups.into_iter().flat_map(|group| by_owner(ground, product, group)).collect();
    let carriers = Carriers::default();
    groups.iter().map(|group| requirement(ground, product, group, &carriers)).collect()
}

fn requirement(ground: &Ground<'_>, product: &Product, group: &Group<'_>, carriers: &Carriers) -> Requirement {
    let mut working = Working::default();
    for (one, hosts) in &group.members {
        let reachable = if hosts.len() > 1 { format!("; it may run on {} hosts", hosts.len()) } else { String::new() };
        working.by_facts(format!("{}{reachable}.", one.text), one.evidence.clone());
        moved::say_so(ground, one.host, hosts, &mut working);
    }
    let scope = scope(ground, group);
    // The need is that of the organisation whose guests or machines these are; where several share licences, the first one's.
    let organisation = ground.estate.host(group.members[0].0.host).organisation.clone();
    let mut alternatives = own_ways(ground, product, group);
    alternatives.extend(other_editions::ways(ground, product, group, &alternatives));
    alternatives.extend(processor_slices::ways(ground, product, group));
    let has_guests = group.members.iter().any(|(one, _)| is_guest(ground, one));
    if has_guests && !group.hosts.is_empty() {
        alternatives.extend(host_ways(ground, product, group, &organisation));
        alternatives.extend(mixed_by_host::ways(ground, product, group, carriers));
    }
    let mut hosts: Vec<HostId> = group.hosts.clone();
    hosts.extend(group.members.iter().map(|(one, _)| one.host));
    hosts.sort();
    hosts.dedup();
    Requirement {
        key: Key::new("requirement", &[&organisation, &scope.name(), &product.id]),
        organisation,
        family: product.family.clone(),
        scope,
        hosts,
        alternatives,
        working,
    }
}

/// Ways that license the hosts of a group and so its guests, for the bases its members declare.
fn host_ways(ground: &Ground<'_>, product: &Product, group: &Group<'_>, organisation: &str) -> Vec<Alternative> {
    let deployed: Vec<&Deployed> = group.members.iter().map(|(one, _)| *one).collect();
    let guests: Vec<u32> = group.hosts.iter().map(|host| group.guests_on(ground, *host)).collect();
    let members = &group.members;
    let way = HostWay { ground, product, hosts: &group.hosts, deployed: &deployed, members, guests: &guests };
    let all =
        |declared: &str| members.iter().all(|(one, _)| one.basis.as_deref().is_none_or(|basis| basis == declared));
    let mut ways = Vec::new();
    if all("core") {
        ways.extend(way.ways());
        ways.extend(processor_licences::host_ways(&way));
    }
    if all("server-cal") {
        for mut by_server in server_licences::host_ways(&way) {
            by_server.companions = access::companions(ground, product, organisation);
            by_server.unstated = access::unstated(ground, product, organisation);
            ways.push(by_server);
        }
    }
    ways
}

fn scope(ground: &Ground<'_>, group: &Group<'_>) -> Scope {
    let name = |id: HostId| ground.estate.host(id).name.clone();
    match (&group.hosts[..], group.members.first()) {
        ([], Some((one, _))) => Scope::Guest(name(one.host)),
        ([single], _) => Scope::Host(name(*single)),
        ([first, ..], _) => Scope::Cluster(ground.estate.host(*first).cluster.clone().unwrap_or_else(|| name(*first))),
        ([], None) => Scope::Unplaced,
    }
}
