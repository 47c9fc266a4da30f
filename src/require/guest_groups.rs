//! Which guests and physical operating systems are licensed together: those that may reach the same hosts, because
//! licensing those hosts would license them all.

use std::collections::BTreeMap;

use crate::model::{HostId, Machine};
use crate::rules::Product;

use super::Ground;
use super::deployment::Deployed;
use super::moved::still_counts_on;
use super::passive::StandBy;
use super::reach::Reach;

/// Guests and physical operating systems that are licensed together.
pub(super) struct Group<'d> {
    /// Hosts any of them may run on.
    pub hosts: Vec<HostId>,
    /// With the hosts each may run on; only itself for a physical one.
    pub members: Vec<(&'d Deployed, Vec<HostId>)>,
    /// Copies among them that stand by.
    pub stand_bys: BTreeMap<HostId, StandBy<'d>>,
}

impl Group<'_> {
    fn empty() -> Self {
        Self { hosts: Vec::new(), members: Vec::new(), stand_bys: BTreeMap::new() }
    }

    /// Guests that may run on a host.
    pub fn guests_on(&self, ground: &Ground<'_>, host: HostId) -> u32 {
        let count = self.members.iter().filter(|(one, hosts)| is_guest(ground, one) && hosts.contains(&host)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// Puts together what shares a host.
pub(super) fn groups<'d>(
    ground: &Ground<'_>,
    product: &Product,
    deployed: &'d [Deployed],
    stand_bys: &BTreeMap<HostId, StandBy<'d>>,
) -> Vec<Group<'d>> {
    let reach = Reach::new(ground.estate);
    let mut groups: Vec<Group<'d>> = Vec::new();
    let mut group_of: BTreeMap<HostId, usize> = BTreeMap::new();
    // Copies that stand by come after the machines they stand by for, and join their group.
    let (copies, others): (Vec<&Deployed>, Vec<&Deployed>) =
        deployed.iter().partition(|one| stand_bys.contains_key(&one.host));
    for one in others.into_iter().chain(copies) {
        let machine = ground.estate.host(one.host);
        let hosts = match machine.machine {
            Machine::Physical => vec![one.host],
            Machine::Guest => {
                let mut hosts = reach.of(ground.estate, machine);
                hosts.extend(still_counts_on(ground, product, one.host, &hosts));
                hosts.sort();
                hosts
            }
            Machine::Container => container_hosts(ground, &reach, one),
        };
        let mut touched: Vec<usize> = hosts.iter().filter_map(|host| group_of.get(host).copied()).collect();
        let primary = stand_bys.get(&one.host).map(|stand_by| stand_by.primary);
        touched.extend(primary.and_then(|primary| {
            groups.iter().position(|group| group.members.iter().any(|(member, _)| member.host == primary))
        }));
        touched.sort_unstable();
        touched.dedup();
        let target = touched.first().copied().unwrap_or(groups.len());
        if target == groups.len() {
            groups.push(Group::empty());
        }
        for &other in touched.iter().skip(1).rev() {
            let merged = std::mem::replace(&mut groups[other], Group::empty());
            groups[target].hosts.extend(merged.hosts);
            groups[target].members.extend(merged.members);
            groups[target].stand_bys.extend(merged.stand_bys);
        }
        if touched.len() > 1 {
            group_of.extend(groups[target].hosts.iter().map(|host| (*host, target)));
        }
        for &host in &hosts {
            if group_of.insert(host, target) != Some(target) {
                groups[target].hosts.push(host);
            }
        }
        groups[target].members.push((one, hosts));
        groups[target].stand_bys.extend(stand_bys.get(&one.host).map(|stand_by| (one.host, *stand_by)));
    }
    groups.retain(|group| !group.members.is_empty());
    for group in &mut groups {
        group.hosts.sort();
        group.hosts.dedup();
        group.members.sort_by_key(|(one, _)| one.host);
    }
    groups
}

/// Hosts on which a container may run: those of the machine it runs in.
pub(super) fn container_hosts(ground: &Ground<'_>, reach: &Reach, one: &Deployed) -> Vec<HostId> {
    let Some(parent) = ground.estate.host(one.host).container_of else { return Vec::new() };
    let machine = ground.estate.host(parent);
    if machine.machine == Machine::Physical { vec![parent] } else { reach.of(ground.estate, machine) }
}

/// Whether it runs in a guest or container.
pub(super) fn is_guest(ground: &Ground<'_>, one: &Deployed) -> bool {
    ground.estate.host(one.host).machine != Machine::Physical
}
