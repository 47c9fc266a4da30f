//! Guests moved to another host, or bound to the one they are on.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Affinity, Change, Host, HostId, HostName, Machine, Scope, StepKind};

use super::{Candidate, Scene, listed, name};

/// Moves that are looked at in one organisation.
const MOVES: usize = 96;

/// One candidate a cluster: every guest bound to the host it is on, where a host is licensed for guests of others.
pub(super) fn pins(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut clusters: BTreeMap<&str, Vec<HostName>> = BTreeMap::new();
    let short: BTreeSet<&str> = scene
        .short
        .iter()
        .flat_map(|&index| &scene.assessment.requirements[index].hosts)
        .filter_map(|&id| scene.estate.host(id).cluster.as_deref())
        .collect();
    for guest in scene.estate.hosts.iter().filter(|host| host.machine == Machine::Guest) {
        let Some(host) = guest.runs_on() else { continue };
        let Some(cluster) = scene.estate.host(host).cluster.as_deref().filter(|name| short.contains(name)) else {
            continue;
        };
        let bound = guest.affinity == Affinity::Must && guest.may_run_on.as_ref().is_some_and(|hosts| hosts.len() == 1);
        if !bound {
            clusters.entry(cluster).or_default().push(name(guest));
        }
    }
    clusters
        .into_iter()
        .map(|(cluster, guests)| {
            let text = format!(
                "Bind the {} guests of the cluster {cluster} to the hosts they are on, by a rule of the platform that is enforced.",
                guests.len()
            );
            let named: Vec<&Host> = scene.estate.hosts.iter().filter(|host| guests.contains(&name(host))).collect();
            let product = product_of_guests(scene, &named);
            let mut candidate = scene.candidate(StepKind::Pin, &product, &format!("cluster-{cluster}"), text);
            candidate.conditions.push("the rule is of the kind \"must\", and its history is kept as evidence".into());
            candidate.conditions.push("a guest does not restart elsewhere when its host fails".into());
            candidate.working.by_rule("WS-R7", "A host is licensed for every guest that may run on it.");
            candidate.changes.push(Change::Pin { guests });
            candidate
        })
        .collect()
}

/// Guests of short hosts to every other host of the organisation: one, two together, or all.
pub(super) fn moves(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for source in short_hosts(scene) {
        let guests: Vec<&Host> = guests_of(scene, source);
        if guests.is_empty() {
            continue;
        }
        for target in targets(scene, source) {
            for group in groups(&guests) {
                if candidates.len() == MOVES {
                    return candidates;
                }
                candidates.push(one_move(scene, source, target, &group));
            }
        }
    }
    candidates
}

/// Hosts whose own requirement is short.
fn short_hosts(scene: &Scene<'_>) -> Vec<HostId> {
    let named = |name: &str| {
        let mut hosts = scene.estate.hosts_with_ids();
        hosts.find(|(_, host)| host.organisation == scene.organisation && host.name == name).map(|(id, _)| id)
    };
    let mut found: Vec<HostId> = scene
        .short
        .iter()
        .filter_map(|&index| match &scene.assessment.requirements[index].scope {
            Scope::Host(host) => named(host),
            Scope::Guest(guest) => named(guest).and_then(|guest| scene.estate.host(guest).runs_on()),
            _ => None,
        })
        .filter(|&id| scene.estate.host(id).organisation == scene.organisation)
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Guests of the organisation on a host that stay there.
fn guests_of<'a>(scene: &Scene<'a>, host: HostId) -> Vec<&'a Host> {
    let here = |guest: &&Host| guest.machine == Machine::Guest && guest.runs_on() == Some(host);
    let counts = |guest: &&Host| guest.installs.iter().any(|install| scene.is_short(&install.product));
    scene.hosts().filter(here).filter(counts).collect()
}

/// Other hosts of the organisation that run guests.
fn targets(scene: &Scene<'_>, source: HostId) -> Vec<HostId> {
    let carries: BTreeSet<HostId> = scene.estate.hosts.iter().filter_map(Host::runs_on).collect();
    scene
        .estate
        .hosts_with_ids()
        .filter(|(id, host)| *id != source && host.organisation == scene.organisation)
        .filter(|(_, host)| host.machine == Machine::Physical)
        .filter(|(id, host)| carries.contains(id) || host.hypervisor.is_some())
        .map(|(id, _)| id)
        .collect()
}

/// Each guest, each pair of neighbours, and all of them.
fn groups<'a>(guests: &[&'a Host]) -> Vec<Vec<&'a Host>> {
    let mut groups: Vec<Vec<&Host>> = guests.iter().map(|&guest| vec![guest]).collect();
    groups.extend(guests.windows(2).map(<[&Host]>::to_vec));
    if guests.len() > 2 {
        groups.push(guests.to_vec());
    }
    groups
}

fn one_move(scene: &Scene<'_>, source: HostId, target: HostId, group: &[&Host]) -> Candidate {
    let guests: Vec<HostName> = group.iter().map(|guest| name(guest)).collect();
    let (from, to) = (scene.estate.host(source), scene.estate.host(target));
    let text = format!("Move {} from {} to {} for good.", listed(&guests), from.name, to.name);
    let names: Vec<&str> = guests.iter().map(|guest| guest.name.as_str()).collect();
    let who = if names.len() > 2 { format!("all-of-{}", from.name) } else { names.join("-and-") };
    let subject = format!("{who}-to-{}", to.name);
    let mut candidate = scene.candidate(StepKind::Move, &product_of_guests(scene, group), &subject, text);
    candidate.conditions.push(format!("{} has the memory and the processors for it: no inventory says so", to.name));
    candidate.conditions.push(format!("it never runs on {} again, not for a moment", from.name));
    candidate.working.by_rule("WS-R7", "A host is licensed for the largest number of guests that may run on it.");
    candidate.changes.push(Change::Move { guests, to: name(to) });
    candidate
}

fn product_of_guests(scene: &Scene<'_>, group: &[&Host]) -> String {
    let installs = group.iter().flat_map(|guest| &guest.installs);
    let short = installs.filter(|install| scene.is_short(&install.product));
    let first = || scene.families.iter().next().map_or_else(String::new, |family| (*family).to_owned());
    short.map(|install| install.product.clone()).min().unwrap_or_else(first)
}
