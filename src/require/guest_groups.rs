//! Which guests and physical operating systems are licensed together: those that may reach the same hosts, because
//! licensing those hosts would license them all.

use std::collections::BTreeMap;

use crate::model::{Answer, Entitlement, HostId, Machine};
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

/// A group apart for each organisation whose licences do not serve the others: separate owners' licences do not merge, whatever
/// hosts their guests share (AF-R1).
pub(super) fn by_owner<'d>(ground: &Ground<'_>, product: &Product, group: Group<'d>) -> Vec<Group<'d>> {
    let owner = |one: &Deployed| ground.estate.host(one.host).organisation.as_str();
    let mut owners: Vec<&str> = group.members.iter().map(|(one, _)| owner(one)).collect();
    owners.sort_unstable();
    owners.dedup();
    if owners.len() == 1 {
        return vec![group];
    }
    let mut parties: Vec<Vec<&str>> = Vec::new();
    for one in owners {
        let shares = |party: &Vec<&str>| party.iter().any(|other| share_licences(ground, product, one, other));
        let (joined, apart): (Vec<_>, Vec<_>) = parties.into_iter().partition(shares);
        parties = apart;
        parties.push(joined.into_iter().flatten().chain([one]).collect());
    }
    let part = |party: Vec<&str>| {
        let members: Vec<_> = group.members.iter().filter(|(one, _)| party.contains(&owner(one))).cloned().collect();
        let mut hosts: Vec<HostId> = members.iter().flat_map(|(_, hosts)| hosts.iter().copied()).collect();
        hosts.sort();
        hosts.dedup();
        let is_member = |copy: &HostId| members.iter().any(|(one, _)| one.host == *copy);
        let stand_bys = group.stand_bys.iter().filter(|(copy, _)| is_member(copy));
        let stand_bys = stand_bys.map(|(copy, stand_by)| (*copy, *stand_by)).collect();
        Group { hosts, members, stand_bys }
    };
    parties.into_iter().map(part).collect()
}

/// Whether some licence of a product may serve both of two organisations, or any of one may serve the other (D-27).
fn share_licences(ground: &Ground<'_>, product: &Product, one: &str, other: &str) -> bool {
    let of_product = |right: &&Entitlement| right.forms.iter().any(|form| form.product == product.id);
    let mut owned = ground.owned.iter().filter(of_product);
    let admitted = |name: &str| ground.asker.answer("D-27", name, &product.family) == Answer::Customer;
    owned.any(|right| right.may_be_drawn_by(one) && right.may_be_drawn_by(other))
        || ground.estate.are_affiliates(one, other, ground.as_of) && admitted(one) && admitted(other)
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
