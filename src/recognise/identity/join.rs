//! Sightings → groups that are one machine.
//!
//! Four passes, the surest identifier first. Each pass lists every bearer of every identifier before it joins any,
//! so that an identifier borne by two machines joins nothing at all.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::model::{Finding, Key, View};

use super::identifiers::{Identifiers, write_uuid};
use super::{Group, Joined, LIVE_TOGETHER_DAYS, Sighting};

/// Places that a finding names at most.
const EVIDENCE: usize = 20;

/// Groups the sightings that are one machine by what identifies each of them.
pub(super) fn join(sightings: &[Sighting], identifiers: &[Identifiers]) -> Joined {
    let order = sorted(sightings);
    let (templates, machines): (Vec<usize>, Vec<usize>) =
        order.into_iter().partition(|&index| sightings[index].observed.template);
    let mut joiner = Joiner {
        sightings: machines.iter().map(|&index| &sightings[index]).collect(),
        identifiers: machines.iter().map(|&index| &identifiers[index]).collect(),
        cluster_of: (0..machines.len()).collect(),
        clusters: (0..machines.len()).map(|position| Cluster { members: vec![position], rules: Vec::new() }).collect(),
        findings: BTreeMap::new(),
    };
    joiner.by_uuid();
    joiner.by_serial();
    joiner.by_fqdn();
    joiner.by_name();
    let mut clusters: Vec<Cluster> =
        joiner.clusters.into_iter().filter(|cluster| !cluster.members.is_empty()).collect();
    clusters.sort_by_key(|cluster| cluster.members.iter().min().copied());
    let groups = clusters.into_iter().map(|mut cluster| {
        cluster.members.sort_unstable();
        cluster.rules.dedup();
        Group {
            sightings: cluster.members.iter().map(|&position| machines[position]).collect(),
            joined_by: cluster.rules,
        }
    });
    Joined { groups: groups.collect(), findings: joiner.findings.into_values().collect(), templates }
}

/// Indexes of the sightings by source and place, and where both are equal by content.
pub(super) fn sorted(sightings: &[Sighting]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sightings.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&sightings[a], &sightings[b]);
        (a.source, &a.observed.place)
            .cmp(&(b.source, &b.observed.place))
            .then_with(|| a.observed.view.cmp(&b.observed.view))
            .then_with(|| a.organisation.cmp(&b.organisation))
            .then_with(|| format!("{:?}", a.observed).cmp(&format!("{:?}", b.observed)))
            .then_with(|| a.software.cmp(&b.software))
    });
    order
}

/// Sightings joined so far.
struct Cluster {
    /// Positions in the sorted whole; empty once it went into another.
    members: Vec<usize>,
    /// Rules that joined them.
    rules: Vec<String>,
}

struct Joiner<'a> {
    /// Sightings in their order; a position is an index into this.
    sightings: Vec<&'a Sighting>,
    identifiers: Vec<&'a Identifiers>,
    /// Cluster of each position.
    cluster_of: Vec<usize>,
    clusters: Vec<Cluster>,
    /// By key, so that an identifier is reported once.
    findings: BTreeMap<Key, Finding>,
}

impl Joiner<'_> {
    fn by_uuid(&mut self) {
        let borne = self.identifiers.iter().enumerate();
        let borne = borne.flat_map(|(position, one)| one.uuids.iter().map(move |uuid| (uuid.key, position)));
        for (key, bearers) in borne_by_several(borne, |key| key) {
            let written = self.uuids_written(key, &bearers);
            match self.two_machines(&bearers) {
                None => self.unite(&bearers, &uuid_rule(&written)),
                Some(why) => {
                    let uuid = written.first().map(|&(uuid, _)| write_uuid(uuid)).unwrap_or_default();
                    self.report(&bearers, ("UUID", &write_uuid(key)), &uuid, &why);
                }
            }
        }
    }

    fn by_serial(&mut self) {
        let borne = self.identifiers.iter().enumerate();
        let borne = borne.filter_map(|(position, one)| Some((one.serial.as_deref()?, position)));
        for (serial, bearers) in borne_by_several(borne, str::to_owned) {
            match self.two_machines(&bearers) {
                None => self.unite(&bearers, "same serial number"),
                Some(why) => self.report(&bearers, ("serial number", &serial), &serial, &why),
            }
        }
    }

    /// Within an organisation for every view; across organisations only between agents, and only for names of at least
    /// three labels: `server.local` exists in every town hall.
    fn by_fqdn(&mut self) {
        let named = || {
            let all = self.identifiers.iter().enumerate();
            all.filter_map(|(position, one)| Some((one.fqdn.as_ref()?.name.as_str(), position)))
        };
        let within = named().map(|(name, position)| ((self.sightings[position].organisation.as_str(), name), position));
        let across = named().filter(|&(name, position)| {
            self.sightings[position].observed.view == View::Agent && name.matches('.').count() >= 2
        });
        let mut bearers = borne_by_several(within, |(_, name)| name.to_owned());
        bearers.extend(borne_by_several(across, str::to_owned));
        for (name, bearers) in bearers {
            match self.two_named_alike(&bearers, false) {
                None => self.unite(&bearers, "same fully qualified name"),
                Some(why) => self.report(&bearers, ("fully qualified name", &name), &name, &why),
            }
        }
    }

    fn by_name(&mut self) {
        let named = self.identifiers.iter().enumerate().flat_map(|(position, one)| {
            let organisation = self.sightings[position].organisation.as_str();
            one.names.iter().map(move |name| ((organisation, name.as_str()), position))
        });
        let named = borne_by_several(named, |(organisation, name)| (organisation.to_owned(), name.to_owned()));
        for ((organisation, name), bearers) in named {
            match self.two_named_alike(&bearers, true) {
                None => {
                    let differ = if self.uuids_differ(&bearers) { " though the UUIDs differ" } else { "" };
                    self.unite(&bearers, &format!("same name within {organisation}{differ}"));
                }
                Some(why) => self.report(&bearers, ("name", &name), &name, &why),
            }
        }
    }

    /// Why the bearers of one UUID or serial number are two machines that live at the same time.
    fn two_machines(&self, bearers: &[usize]) -> Option<String> {
        if let Some(why) = self.listed_twice(bearers) {
            return Some(why);
        }
        let agents: Vec<usize> =
            bearers.iter().copied().filter(|&bearer| self.sightings[bearer].observed.view == View::Agent).collect();
        let serials: BTreeSet<&str> =
            agents.iter().filter_map(|&agent| self.identifiers[agent].serial.as_deref()).collect();
        if serials.len() > 1 {
            return Some("different serial numbers".into());
        }
        if self.names(&agents).len() < 2 {
            return None;
        }
        let with_both = agents
            .iter()
            .filter(|&&agent| self.identifiers[agent].name().is_some() && !self.identifiers[agent].uuids.is_empty());
        let with_both: Vec<usize> = with_both.copied().collect();
        let uuids: BTreeSet<u128> =
            with_both.iter().filter_map(|&agent| self.identifiers[agent].uuids.first()).map(|uuid| uuid.key).collect();
        if uuids.len() > 1 && self.names(&with_both).len() > 1 {
            return Some("different names and different UUIDs".into());
        }
        let says =
            |virtual_: bool| agents.iter().any(|&agent| self.sightings[agent].observed.is_virtual == Some(virtual_));
        if says(true) && says(false) {
            return Some("different names, one virtual and one physical".into());
        }
        let same_box = serials.len() == 1 && agents.iter().all(|&agent| self.identifiers[agent].serial.is_some());
        (!same_box && self.live_together(&agents))
            .then(|| format!("different names, inventoried within {LIVE_TOGETHER_DAYS} days of each other"))
    }

    /// One export that lists an identifier under two names lists two machines.
    fn listed_twice(&self, bearers: &[usize]) -> Option<String> {
        let mut listed: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for &bearer in bearers {
            let sighting = self.sightings[bearer];
            if let (true, Some(name)) = (sighting.observed.view != View::Agent, self.identifiers[bearer].name()) {
                listed.entry((sighting.source, sighting.observed.view)).or_default().insert(name);
            }
        }
        listed.values().any(|names| names.len() > 1).then(|| "different names in the same export".into())
    }

    /// Distinct names; a Windows name cut off after 15 characters is the long one.
    fn names(&self, positions: &[usize]) -> BTreeSet<&str> {
        let mut names: BTreeSet<&str> =
            positions.iter().filter_map(|&position| self.identifiers[position].name()).collect();
        let cut: Vec<&str> = names.iter().copied().filter(|name| name.chars().count() == 15).collect();
        for cut in cut {
            let next = (std::ops::Bound::Excluded(cut), std::ops::Bound::Unbounded);
            if names.range::<str, _>(next).next().is_some_and(|longer| longer.starts_with(cut)) {
                names.remove(cut);
            }
        }
        names
    }

    /// Whether two names among these were inventoried at about the same time.
    fn live_together(&self, agents: &[usize]) -> bool {
        let mut spans: BTreeMap<&str, (jiff::civil::Date, jiff::civil::Date)> = BTreeMap::new();
        for &agent in agents {
            let Some(name) = self.identifiers[agent].name() else { continue };
            let Some(day) = self.sightings[agent].observed.captured else { return true };
            let span = spans.entry(name).or_insert((day, day));
            *span = (span.0.min(day), span.1.max(day));
        }
        let mut spans: Vec<_> = spans.into_values().collect();
        spans.sort_unstable();
        let mut newest = None;
        for (from, until) in spans {
            if newest.is_some_and(|newest| days_between(newest, from) <= LIVE_TOGETHER_DAYS) {
                return true;
            }
            newest = newest.max(Some(until));
        }
        false
    }

    /// Why the bearers of one name are two machines.
    fn two_named_alike(&self, bearers: &[usize], compare_fqdn: bool) -> Option<String> {
        let clusters = self.clusters_of(bearers);
        if clusters.len() < 2 {
            return None;
        }
        let with = |bears: &dyn Fn(usize) -> bool| {
            clusters
                .iter()
                .filter(|&&cluster| self.clusters[cluster].members.iter().any(|&member| bears(member)))
                .count()
        };
        if with(&|member| self.identifiers[member].serial.is_some()) > 1 {
            return Some("different serial numbers".into());
        }
        for view in [View::Agent, View::Guest, View::Hypervisor, View::Register] {
            let bears = |member: usize| {
                self.sightings[member].observed.view == view && !self.identifiers[member].uuids.is_empty()
            };
            if with(&bears) > 1 {
                return Some("different UUIDs".into());
            }
        }
        if compare_fqdn && self.fqdns(&clusters) > 1 {
            return Some("different fully qualified names".into());
        }
        self.on_two_hosts(bearers).then(|| "different hosts in the same export".into())
    }

    /// Distinct fully qualified names that agents state.
    fn fqdns(&self, clusters: &BTreeSet<usize>) -> usize {
        let stated = |cluster: &usize| {
            self.clusters[*cluster].members.iter().find_map(|&member| {
                let fqdn = self.identifiers[member].fqdn.as_ref()?;
                (fqdn.stated && self.sightings[member].observed.view == View::Agent).then_some(fqdn.name.as_str())
            })
        };
        clusters.iter().filter_map(stated).collect::<BTreeSet<_>>().len()
    }

    /// Whether one export lists guests of this name on two hosts, without UUIDs that would tell them apart.
    fn on_two_hosts(&self, bearers: &[usize]) -> bool {
        let mut hosts: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for &bearer in bearers {
            let sighting = self.sightings[bearer];
            if let (View::Guest, Some(host)) = (sighting.observed.view, sighting.observed.runs_on.as_deref()) {
                hosts.entry(sighting.source).or_default().insert(host);
            }
        }
        hosts.values().any(|hosts| hosts.len() > 1)
    }

    /// Whether joining these brings together UUIDs that are not the same.
    fn uuids_differ(&self, bearers: &[usize]) -> bool {
        let uuid = |cluster: usize| {
            self.clusters[cluster].members.iter().find_map(|&member| self.identifiers[member].uuids.first())
        };
        let uuids: BTreeSet<u128> =
            self.clusters_of(bearers).into_iter().filter_map(uuid).map(|uuid| uuid.key).collect();
        uuids.len() > 1
    }

    fn clusters_of(&self, bearers: &[usize]) -> BTreeSet<usize> {
        bearers.iter().map(|&bearer| self.cluster_of[bearer]).collect()
    }

    /// Makes one cluster of those of the bearers and notes the rule, where there was more than one.
    fn unite(&mut self, bearers: &[usize], rule: &str) {
        let clusters = self.clusters_of(bearers);
        if clusters.len() < 2 {
            return;
        }
        let Some(&largest) = clusters.iter().max_by_key(|&&cluster| self.clusters[cluster].members.len()) else {
            return;
        };
        for cluster in clusters.into_iter().filter(|&cluster| cluster != largest) {
            let absorbed = std::mem::take(&mut self.clusters[cluster].members);
            let rules = std::mem::take(&mut self.clusters[cluster].rules);
            for &member in &absorbed {
                self.cluster_of[member] = largest;
            }
            self.clusters[largest].members.extend(absorbed);
            for rule in rules {
                add_rule(&mut self.clusters[largest].rules, rule);
            }
        }
        add_rule(&mut self.clusters[largest].rules, rule.to_owned());
    }

    /// The ways in which a UUID is written, with whether it stood in the serial number.
    fn uuids_written(&self, key: u128, bearers: &[usize]) -> Vec<(u128, bool)> {
        let all = bearers.iter().flat_map(|&bearer| &self.identifiers[bearer].uuids);
        let written: BTreeSet<(u128, bool)> =
            all.filter(|uuid| uuid.key == key).map(|uuid| (uuid.written, uuid.from_serial)).collect();
        written.into_iter().collect()
    }

    /// Reports an identifier that two machines bear; `shown` is how a source writes it.
    fn report(&mut self, bearers: &[usize], (kind, identifier): (&str, &str), shown: &str, why: &str) {
        let organisations: BTreeSet<&str> =
            bearers.iter().map(|&bearer| self.sightings[bearer].organisation.as_str()).collect();
        let organisation = organisations.first().copied().unwrap_or_default().to_owned();
        let names: BTreeSet<&str> =
            bearers.iter().map(|&bearer| self.sightings[bearer].observed.name.as_str()).collect();
        let mut machines = names.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        if names.len() > 5 {
            machines.push_str(&format!(" and {} more", names.len() - 5));
        }
        let finding = Finding {
            key: Key::new("shared-identifier", &[&organisation, kind, identifier]),
            text: format!("the {kind} `{shown}` is borne by machines with {why} ({machines}); nothing is joined by it"),
            organisation,
            evidence: bearers.iter().take(EVIDENCE).map(|&bearer| self.sightings[bearer].locator()).collect(),
        };
        self.findings.entry(finding.key.clone()).or_insert(finding);
    }
}

/// Identifiers that more than one sighting bears, in their order, each with the positions that bear it. Nearly every
/// identifier is borne once, and nothing need be done about that.
fn borne_by_several<K: Ord + Copy, O>(
    borne: impl Iterator<Item = (K, usize)>,
    own: impl Fn(K) -> O,
) -> Vec<(O, Vec<usize>)> {
    let mut borne: Vec<(K, usize)> = borne.collect();
    borne.sort_unstable();
    let alike = borne.chunk_by(|(one, _), (other, _)| one == other).filter(|bearers| bearers.len() > 1);
    alike.map(|bearers| (own(bearers[0].0), bearers.iter().map(|&(_, position)| position).collect())).collect()
}

/// Adds a rule that is not noted yet; rules stay in alphabetical order, whatever order clusters were joined in.
fn add_rule(rules: &mut Vec<String>, rule: String) {
    if let Err(at) = rules.binary_search(&rule) {
        rules.insert(at, rule);
    }
}

/// The rule that joined the bearers of a UUID, in words.
fn uuid_rule(written: &[(u128, bool)]) -> String {
    let forms: BTreeSet<u128> = written.iter().map(|&(uuid, _)| uuid).collect();
    let swapped = if forms.len() > 1 { ", byte-swapped" } else { "" };
    let from_serial = if written.iter().any(|&(_, from_serial)| from_serial) { ", from the serial number" } else { "" };
    format!("same UUID{swapped}{from_serial}")
}

fn days_between(earlier: jiff::civil::Date, later: jiff::civil::Date) -> i32 {
    (later - earlier).get_days()
}
