//! Scopes of products that are counted over a whole organisation: by processors, sockets, cores or people, wherever
//! they are.
//!
//! The editions installed decide which machines count; every edition whose licence serves them is a way. `processors`,
//! `socket_pairs`, `mixed_socket_pairs` and `people` hold the arithmetic of the single methods.

use std::collections::BTreeMap;

use crate::model::{
    Alternative, Answer, Basis, HostId, Key, Line, Locator, Machine, Metric, Refusal, Requirement, Scope, Working,
};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::deployment::{Deployed, servers};
use super::processor_count::{assumed_cores, cores_or_assumed};
use super::reach::Reach;

/// Methods of this file.
pub(super) const METHODS: [Method; 5] =
    [Method::ProcessorFactor, Method::OccupiedSockets, Method::NamedUser, Method::SocketPairs, Method::CappedCores];

/// What one organisation runs of a product.
pub(super) struct Estate<'a> {
    pub ground: &'a Ground<'a>,
    pub product: &'a Product,
    pub deployed: Vec<&'a Deployed>,
    /// Physical hosts that count: its own, and those its guests may run on.
    pub hosts: Vec<HostId>,
    /// Guests that a hard partition binds to some cores, where terms of the product accept that.
    pub partitions: Vec<HostId>,
    /// Physical hosts that count beside them.
    pub beside_partitions: Vec<HostId>,
}

/// A machine whose processors count.
pub(super) struct Counted {
    /// The machine, or the guest on an unknown one.
    pub id: HostId,
    pub name: String,
    /// Machines a licence for it may be assigned to.
    pub hosts: Vec<HostId>,
    pub model: String,
    /// Cores of each processor; of a partition its own, as one.
    pub cores: Vec<u32>,
    /// Cores of a whole processor, where `cores` is a part of some.
    pub chip: Option<u32>,
    /// Where they are stated.
    pub places: Vec<Locator>,
}

/// Units of one way with the arithmetic, or why it is not lawful.
pub(super) struct Count {
    pub units: u32,
    pub basis: Basis,
    /// The same by the machines that count, each with those a licence for it may be assigned to; nothing where people count.
    pub by_machine: Vec<(Vec<HostId>, u32)>,
    pub working: Working,
    pub refused: Option<String>,
}

/// What is counted together: one organisation, one edition installed, machines of one's own or in one public cloud,
/// because each of these places has terms of its own. Machines too large for the edition stand apart: that they need
/// another does not change what the others need.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group<'a> {
    organisation: &'a str,
    edition: &'a str,
    cloud: Option<&'a str>,
    too_large: bool,
}

/// One requirement a group.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let deployed = servers(ground, product);
    let mut groups: BTreeMap<Group<'_>, Vec<&Deployed>> = BTreeMap::new();
    for one in &deployed {
        let machine = ground.estate.host(one.host);
        let too_large = is_too_large(ground, product, one);
        let group =
            Group { organisation: &machine.organisation, edition: &one.edition, cloud: machine.cloud(), too_large };
        groups.entry(group).or_default().push(one);
    }
    groups.into_iter().filter_map(|(group, deployed)| requirement(ground, product, &group, deployed)).collect()
}

fn requirement(
    ground: &Ground<'_>,
    product: &Product,
    group: &Group<'_>,
    deployed: Vec<&Deployed>,
) -> Option<Requirement> {
    let &Group { organisation, edition, cloud, too_large } = group;
    let mut working = Working::default();
    for one in &deployed {
        working.steps.push(one.said());
    }
    let newest = deployed.iter().filter_map(|one| one.version).max();
    let terms: Vec<&Terms> = product
        .terms
        .iter()
        .filter(|terms| METHODS.contains(&terms.method))
        .filter(|terms| terms.concerns(cloud, ground.as_of) && terms.serves_version(newest))
        .collect();
    let serves = |terms: &&&Terms| {
        terms.editions.is_empty() || terms.editions.iter().any(|owned| product.edition_serves(owned, edition))
    };
    let accepting: Vec<bool> = terms.iter().filter(serves).map(|terms| terms.hard_partitions).collect();
    let is_partition = |one: &&Deployed| ground.estate.host(one.host).partition_cores.is_some();
    let (bound, others): (Vec<&Deployed>, Vec<&Deployed>) = deployed.iter().partition(|one| is_partition(one));
    let partitions: Vec<HostId> = bound.iter().map(|one| one.host).filter(|_| accepting.contains(&true)).collect();
    let beside_partitions = match partitions.is_empty() {
        true => Vec::new(),
        false => counted_hosts(ground, product, organisation, &others, &mut working),
    };
    // Where every way accepts partitions, nobody need know where else those might run.
    let hosts = match !partitions.is_empty() && accepting.iter().all(|accepts| *accepts) {
        true => beside_partitions.clone(),
        false => counted_hosts(ground, product, organisation, &deployed, &mut working),
    };
    let estate = Estate { ground, product, deployed, hosts, partitions, beside_partitions };
    let mut alternatives = Vec::new();
    for terms in terms {
        let editions: Vec<&str> =
            if terms.editions.is_empty() { vec![""] } else { terms.editions.iter().map(String::as_str).collect() };
        for owned in editions {
            if owned.is_empty() || product.edition_serves(owned, edition) {
                let count = estate.count(terms, owned);
                alternatives.push(estate.way(terms, owned, edition, newest, count));
            }
        }
        alternatives.extend(estate.mixed_socket_pairs(terms, edition, newest));
    }
    let mut concerned: Vec<HostId> = estate.deployed.iter().map(|one| one.host).chain(estate.hosts.clone()).collect();
    concerned.sort();
    concerned.dedup();
    (!alternatives.is_empty()).then(|| Requirement {
        key: Key::new("requirement", &[organisation, &place(cloud, too_large), &product.id, edition]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Devices,
        hosts: concerned,
        alternatives,
        working,
    })
}

/// Whether the machine that an installation runs on has more sockets or virtual processors than its edition allows (OR-R4,
/// OR-R7).
fn is_too_large(ground: &Ground<'_>, product: &Product, one: &Deployed) -> bool {
    let machine = ground.estate.host(one.host);
    let own = product.terms.iter().filter(|terms| {
        METHODS.contains(&terms.method)
            && terms.editions.contains(&one.edition)
            && terms.concerns(machine.cloud(), ground.as_of)
    });
    let below = machine.runs_on().map_or(machine, |on| ground.estate.host(on));
    let occupied = below.processors.value().and_then(|processors| u32::try_from(processors.len()).ok());
    let sockets = below.sockets.max(occupied).filter(|_| machine.cloud().is_none());
    let vcpus = machine.vcpus.value().copied().filter(|_| machine.cloud().is_some());
    own.into_iter().any(|terms| {
        sockets.zip(terms.most_sockets).is_some_and(|(found, most)| found > most)
            || vcpus.zip(terms.most_vcpus).is_some_and(|(found, most)| found > most)
    })
}

/// The place in a requirement's key.
fn place(cloud: Option<&str>, too_large: bool) -> String {
    let place = cloud.unwrap_or("estate");
    if too_large { format!("{place}-too-large") } else { place.to_owned() }
}

/// Physical hosts that count: those it runs on now, or in the strict reading every host its guests may reach (D-20).
fn counted_hosts(
    ground: &Ground<'_>,
    product: &Product,
    organisation: &str,
    deployed: &[&Deployed],
    working: &mut Working,
) -> Vec<HostId> {
    let reach = Reach::new(ground.estate);
    let (mut now, mut reachable) = (Vec::new(), Vec::new());
    for one in deployed {
        let machine = ground.estate.host(one.host);
        if machine.machine == Machine::Physical {
            now.push(one.host);
            reachable.push(one.host);
        } else {
            now.extend(machine.runs_on());
            reachable.extend(reach.of(ground.estate, machine));
        }
    }
    for hosts in [&mut now, &mut reachable] {
        hosts.sort();
        hosts.dedup();
    }
    let by_host =
        product.terms.iter().any(|terms| matches!(terms.method, Method::ProcessorFactor | Method::OccupiedSockets));
    if !by_host || now == reachable {
        return if by_host { now } else { reachable };
    }
    match ground.asker.ask("D-20", organisation, &product.family, &reachable) {
        Answer::Strict => {
            working.by_rule("D-20", format!("Its guests may reach {} hosts; all of them count.", reachable.len()));
            reachable
        }
        Answer::Customer => {
            working.by_rule("D-20", format!("It runs on {} hosts; only they count.", now.len()));
            now
        }
    }
}

impl Estate<'_> {
    /// Cores of each processor of a host.
    pub fn cores(&self, terms: &Terms, host: HostId) -> Vec<u32> {
        cores_or_assumed(self.ground, self.product, terms, host)
    }

    /// Sockets assumed of the unknown host of a guest that nobody can place.
    pub fn assumed_sockets(&self, terms: &Terms, guest: HostId) -> u32 {
        u32::try_from(assumed_cores(self.ground, self.product, terms, guest).len()).unwrap_or(u32::MAX)
    }

    /// Every machine whose processors count: the hosts, and one host for each guest that nobody can place.
    pub fn machines(&self, terms: &Terms) -> Vec<Counted> {
        let partitions = self.partitions_under(terms);
        let known = self.hosts_under(terms).iter().map(|&id| {
            let host = self.ground.estate.host(id);
            Counted {
                id,
                name: host.name.clone(),
                hosts: vec![id],
                model: host.processor_model.clone().unwrap_or_default(),
                cores: self.cores(terms, id),
                chip: None,
                places: self.ground.stated(id),
            }
        });
        let unplaced = self.unplaced().filter(|id| !partitions.contains(id)).map(|id| {
            let guest = self.ground.estate.host(id);
            Counted {
                id,
                name: format!("the unknown host of {}", guest.name),
                hosts: vec![id],
                model: String::new(),
                cores: assumed_cores(self.ground, self.product, terms, id),
                chip: None,
                places: Vec::new(),
            }
        });
        known.chain(unplaced).chain(self.bound(terms, partitions)).collect()
    }

    /// Hosts that count as a whole under some terms.
    fn hosts_under(&self, terms: &Terms) -> &[HostId] {
        if self.partitions_under(terms).is_empty() { &self.hosts } else { &self.beside_partitions }
    }

    /// Guests that count by the cores they are bound to under some terms.
    fn partitions_under(&self, terms: &Terms) -> &[HostId] {
        if terms.hard_partitions { &self.partitions } else { &[] }
    }

    /// Partitions by their cores, those of one host together no more than it has (OR-R6). Nothing where all of the host
    /// counts anyway.
    fn bound(&self, terms: &Terms, partitions: &[HostId]) -> Vec<Counted> {
        let mut left: BTreeMap<HostId, u32> = BTreeMap::new();
        let mut counted = Vec::new();
        for &id in partitions {
            let guest = self.ground.estate.host(id);
            let on = guest.runs_on();
            if on.is_some_and(|on| self.hosts_under(terms).contains(&on)) {
                continue;
            }
            let mut cores = guest.partition_cores.unwrap_or(0);
            let host = on.map(|on| self.ground.estate.host(on));
            let known = host.and_then(|host| host.processors.value());
            if let (Some(on), Some(processors)) = (on, known) {
                let left = left.entry(on).or_insert_with(|| processors.iter().map(|one| one.cores).sum());
                cores = cores.min(*left);
                *left -= cores;
            }
            let place = host.map(|host| format!(" of {}", host.name)).unwrap_or_default();
            counted.push(Counted {
                id: on.unwrap_or(id),
                name: format!("{}, a hard partition{place}", guest.name),
                hosts: std::iter::once(id).chain(on).collect(),
                model: host.and_then(|host| host.processor_model.clone()).unwrap_or_default(),
                cores: vec![cores],
                chip: known.and_then(|processors| processors.first()).map(|first| first.cores),
                places: guest.evidence.first().cloned().into_iter().collect(),
            });
        }
        counted
    }

    /// Guests on a host nobody knows.
    pub fn unplaced(&self) -> impl Iterator<Item = HostId> {
        self.guests().filter(|&id| {
            let guest = self.ground.estate.host(id);
            guest.machine == Machine::Guest && guest.cloud().is_none() && guest.runs_on().is_none()
        })
    }

    /// Machines in public clouds.
    pub fn clouds(&self) -> impl Iterator<Item = HostId> {
        let ids = self.deployed.iter().map(|one| one.host);
        ids.filter(|&id| self.ground.estate.host(id).cloud().is_some())
    }

    /// Guests on one's own hosts.
    pub fn guests(&self) -> impl Iterator<Item = HostId> {
        let ids = self.deployed.iter().map(|one| one.host);
        ids.filter(|&id| self.ground.estate.host(id).machine != Machine::Physical)
    }

    /// Whether any licence of the product is assigned to a machine.
    pub fn some_assigned(&self) -> bool {
        let mut assigned = self.ground.owned.iter().filter(|right| !right.bound_hosts.is_empty());
        assigned.any(|right| right.forms.iter().any(|form| form.product == self.product.id))
    }

    fn count(&self, terms: &Terms, edition: &str) -> Count {
        match terms.method {
            Method::ProcessorFactor => self.processors_by_factor(terms),
            Method::OccupiedSockets => self.occupied_sockets(terms),
            Method::NamedUser => self.named_users(terms, edition),
            Method::SocketPairs => self.socket_pairs(terms, edition),
            _ => self.capped_cores(terms),
        }
    }

    fn way(&self, terms: &Terms, owned: &str, installed: &str, version: Option<usize>, count: Count) -> Alternative {
        let edition = (!owned.is_empty()).then(|| owned.to_owned());
        let rank = |edition: &str| self.product.edition_rank(edition);
        // A licence is assigned to a host, its partitions included.
        let mut assignable = self.hosts_under(terms).to_vec();
        for &id in self.partitions_under(terms) {
            assignable.push(id);
            assignable.extend(self.ground.estate.host(id).runs_on());
        }
        assignable.sort();
        assignable.dedup();
        // A metric of people is sold beside one of hardware, and in the running only where some of it is owned.
        let sold = terms.sold_on(self.ground.as_of) && terms.metric != Metric::NamedUserPlus;
        let line = |units: u32, hosts: &[HostId]| Line {
            version,
            hosts: hosts.into(),
            accepts: [terms.acceptance(false)].into(),
            ..Line::new(&self.product.id, edition.as_deref(), terms.metric, units)
        };
        // A licence that is assigned to one machine serves no other.
        let lines = if self.some_assigned() && !count.by_machine.is_empty() {
            let pieces = count.by_machine.iter().filter(|(_, units)| *units > 0);
            pieces.map(|(hosts, units)| line(*units, hosts)).collect()
        } else {
            vec![line(count.units, &assignable)]
        };
        Alternative {
            edition: edition.clone(),
            sold,
            higher_edition: !installed.is_empty() && rank(owned) > rank(installed),
            refused: count.refused.map(|reason| Refusal { rule: terms.id.clone(), reason }),
            ..Alternative::new(&self.product.id, terms.metric, count.basis, lines, count.working)
        }
    }
}
