//! Scopes of products that are licensed by guest, by host or by server: a host or cluster with its guests.
//!
//! Guests that may reach the same hosts belong together, because licensing those hosts would license them all. For each
//! such group there is the way of its own (every guest by its virtual cores, every physical operating system by its
//! cores, or a server licence for each), and the host ways of `host_cores`.

use std::collections::BTreeMap;

use crate::model::{Alternative, Basis, HostId, Key, Line, Machine, Requirement, Scope, Working};
use crate::rules::{Method, Product};

use super::deployment::{Deployed, servers};
use super::guest_cores::guest_units;
use super::host_cores::{HostWay, accepts, counts, current};
use super::passive::{self, StandBy};
use super::reach::Reach;
use super::{Ground, access};
use super::{processor_licences, server_licences};

/// One requirement a group.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let deployed = servers(ground, product);
    let stand_bys = passive::pair(ground, product, &deployed);
    let groups = groups(ground, &deployed, &stand_bys);
    groups.iter().map(|group| requirement(ground, product, group)).collect()
}

/// Guests and physical operating systems that are licensed together.
struct Group<'d> {
    hosts: Vec<HostId>,
    /// With the hosts each may run on; only itself for a physical one.
    members: Vec<(&'d Deployed, Vec<HostId>)>,
    /// Copies among them that stand by.
    stand_bys: BTreeMap<HostId, StandBy<'d>>,
}

impl Group<'_> {
    fn empty() -> Self {
        Self { hosts: Vec::new(), members: Vec::new(), stand_bys: BTreeMap::new() }
    }
}

/// Puts together what shares a host.
fn groups<'d>(
    ground: &Ground<'_>,
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
            Machine::Guest => reach.of(ground.estate, machine),
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
        groups[target].hosts.extend(&hosts);
        groups[target].members.push((one, hosts));
        groups[target].stand_bys.extend(stand_bys.get(&one.host).map(|stand_by| (one.host, *stand_by)));
        for host in groups[target].hosts.clone() {
            group_of.insert(host, target);
        }
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
fn container_hosts(ground: &Ground<'_>, reach: &Reach, one: &Deployed) -> Vec<HostId> {
    let Some(parent) = ground.estate.host(one.host).container_of else { return Vec::new() };
    let machine = ground.estate.host(parent);
    if machine.machine == Machine::Physical { vec![parent] } else { reach.of(ground.estate, machine) }
}

fn requirement(ground: &Ground<'_>, product: &Product, group: &Group<'_>) -> Requirement {
    let mut working = Working::default();
    for (one, hosts) in &group.members {
        let reachable = if hosts.len() > 1 { format!("; it may run on {} hosts", hosts.len()) } else { String::new() };
        working.by_facts(format!("{}{reachable}.", one.text), one.evidence.clone());
    }
    let scope = scope(ground, group);
    // The need is that of the organisation whose guests or machines these are: the first one's where a group mixes them.
    let organisation = ground.estate.host(group.members[0].0.host).organisation.clone();
    let mut alternatives = own_ways(ground, product, group);
    let has_guests = group.members.iter().any(|(one, _)| is_guest(ground, one));
    if has_guests && !group.hosts.is_empty() {
        alternatives.extend(host_ways(ground, product, group, &organisation));
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
    let guests: Vec<u32> = group.hosts.iter().map(|host| guests_on(ground, group, *host)).collect();
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

fn is_guest(ground: &Ground<'_>, one: &Deployed) -> bool {
    ground.estate.host(one.host).machine != Machine::Physical
}

fn guests_on(ground: &Ground<'_>, group: &Group<'_>, host: HostId) -> u32 {
    let count = group.members.iter().filter(|(one, hosts)| is_guest(ground, one) && hosts.contains(&host)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// How the members of a group without a declared basis are licensed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undeclared {
    ByCore,
    ByServer,
    /// By processor, where the terms know that for guests.
    ByProcessor,
    /// By core even where the server basis is declared: listed, so that both can be compared.
    AllByCore,
}

/// Which roaming guests rely on Software Assurance; the others are licensed on every host they may reach.
#[derive(Clone, Copy)]
struct Roaming {
    /// So many of the roaming guests, in order.
    with_sa: usize,
    /// Counted from the last instead of the first.
    from_the_end: bool,
}

/// Every member by itself, in every combination of basis, Software Assurance and era of the terms.
fn own_ways(ground: &Ground<'_>, product: &Product, group: &Group<'_>) -> Vec<Alternative> {
    let roaming = group.members.iter().filter(|(one, hosts)| is_guest(ground, one) && hosts.len() > 1).count();
    let mut ways: Vec<Alternative> = Vec::new();
    let by_processor = product.terms.iter().any(|terms| terms.method == Method::GuestProcessors);
    let bases = [Undeclared::ByCore, Undeclared::ByServer, Undeclared::ByProcessor, Undeclared::AllByCore];
    for undeclared in bases.into_iter().filter(|basis| by_processor || *basis != Undeclared::ByProcessor) {
        for way_of_roaming in roamings(roaming) {
            for era in 0..eras(ground, product, group) {
                for copies_free in [false, true] {
                    let own = OwnWay {
                        ground,
                        product,
                        group,
                        undeclared,
                        roaming: way_of_roaming,
                        count: roaming,
                        era,
                        copies_free,
                    };
                    if let Some(way) = own.build()
                        && !ways.iter().any(|known| known.lines == way.lines)
                    {
                        ways.push(way);
                    }
                }
            }
        }
    }
    ways
}

/// All with, all without, and, for several roaming guests, the first or last few with Software Assurance.
fn roamings(count: usize) -> Vec<Roaming> {
    let mut ways = vec![Roaming { with_sa: count, from_the_end: false }];
    if count > 0 {
        ways.push(Roaming { with_sa: 0, from_the_end: false });
    }
    // More combinations than this add nothing a person would look at; the bound keeps the choice small.
    for with_sa in 1..count.min(12) {
        ways.push(Roaming { with_sa, from_the_end: false });
        ways.push(Roaming { with_sa, from_the_end: true });
    }
    ways
}

/// Different counts the eras of the terms give for the physical members.
fn eras(ground: &Ground<'_>, product: &Product, group: &Group<'_>) -> usize {
    group
        .members
        .iter()
        .filter(|(one, _)| !is_guest(ground, one))
        .map(|(one, _)| counts(ground, product, one.host, one.version).len())
        .max()
        .unwrap_or(1)
        .max(1)
}

/// One combination.
struct OwnWay<'a> {
    ground: &'a Ground<'a>,
    product: &'a Product,
    group: &'a Group<'a>,
    undeclared: Undeclared,
    roaming: Roaming,
    /// Roaming guests in all.
    count: usize,
    era: usize,
    /// Copies that stand by are free by Software Assurance.
    copies_free: bool,
}

/// What was used so far.
#[derive(Default)]
struct Used {
    by_core: bool,
    by_server: bool,
    physical: bool,
    guests: bool,
    condition: bool,
    sold: bool,
}

impl OwnWay<'_> {
    /// The way, where the terms know it for every member.
    fn build(&self) -> Option<Alternative> {
        let mut working = Working::default();
        let mut members: Vec<(HostId, Vec<Line>)> = Vec::new();
        let mut used = Used { sold: true, ..Used::default() };
        let mut roamed = 0;
        for (one, hosts) in &self.group.members {
            let by_server = match one.basis.as_deref() {
                Some("server-cal") => self.undeclared != Undeclared::AllByCore,
                Some(_) => false,
                None => self.undeclared == Undeclared::ByServer,
            };
            let guest = is_guest(self.ground, one);
            let mut relies = true;
            if guest && hosts.len() > 1 {
                relies = self.relies_on_sa(roamed);
                roamed += 1;
            }
            used.physical |= !guest;
            used.guests |= guest;
            used.by_server |= by_server;
            used.by_core |= !by_server;
            let mut own = if by_server {
                self.server_lines(one, hosts, guest, relies, &mut used, &mut working)?
            } else if guest {
                self.guest_lines(one, hosts, relies, &mut used, &mut working)?
            } else {
                vec![self.physical_line(one, &mut used, &mut working)?]
            };
            self.rely_for_copies(one, &mut own, &mut used);
            members.push((one.host, own));
        }
        let lines = self.without_copies(members, &mut working);
        Some(self.alternative(lines, &used, working))
    }

    /// Whether a copy is free in this way.
    fn is_free(&self, copy: HostId) -> Option<&StandBy<'_>> {
        self.group.stand_bys.get(&copy).filter(|stand_by| {
            !stand_by.rule.needs_sa
                || self.copies_free
                    && access::assured(self.ground, self.product, &self.ground.estate.host(copy).organisation)
        })
    }

    /// The licences of a primary must carry Software Assurance where a copy is free because of it.
    fn rely_for_copies(&self, one: &Deployed, lines: &mut [Line], used: &mut Used) {
        let relied_on = self.group.stand_bys.iter().any(|(copy, stand_by)| {
            stand_by.primary == one.host && stand_by.rule.needs_sa && self.is_free(*copy).is_some()
        });
        if relied_on {
            used.condition = true;
            for accepted in lines.iter_mut().flat_map(|line| &mut line.accepts) {
                accepted.needs_sa = true;
            }
        }
    }

    /// Takes out what free copies do not need; what exceeds the primary is licensed (SQ-R15).
    fn without_copies(&self, members: Vec<(HostId, Vec<Line>)>, working: &mut Working) -> Vec<Line> {
        let units = |host: HostId| -> u32 {
            members
                .iter()
                .filter(|(member, _)| *member == host)
                .flat_map(|(_, lines)| lines)
                .map(|line| line.units)
                .sum()
        };
        let mut kept = Vec::new();
        for (host, lines) in &members {
            let Some(stand_by) = self.is_free(*host) else {
                kept.extend(lines.iter().cloned());
                continue;
            };
            let excess = units(*host).saturating_sub(units(stand_by.primary));
            let name = |id: HostId| &self.ground.estate.host(id).name;
            working.by_rule(
                &stand_by.rule.id,
                format!(
                    "{} stands by for {}: free up to its size, {} - {} = {excess} units to license.",
                    name(*host),
                    name(stand_by.primary),
                    units(*host),
                    units(stand_by.primary)
                ),
            );
            if let Some(line) = lines.first().filter(|_| excess > 0) {
                kept.push(Line { units: excess, ..line.clone() });
            }
        }
        kept
    }

    fn relies_on_sa(&self, number: usize) -> bool {
        if self.roaming.from_the_end {
            number >= self.count - self.roaming.with_sa
        } else {
            number < self.roaming.with_sa
        }
    }

    fn alternative(&self, lines: Vec<Line>, used: &Used, working: Working) -> Alternative {
        let first = lines.first();
        let edition = first.and_then(|first| first.edition.clone());
        let uniform = lines.iter().all(|line| line.edition == edition);
        let metric = first.map_or(crate::model::Metric::Core, |line| line.metric);
        let basis = match (used.by_core, used.by_server, used.physical, used.guests) {
            (false, true, _, _) => Basis::ServerCal,
            (true, false, true, false) => Basis::Host,
            (true, false, false, true) => Basis::Guest,
            _ => Basis::Mixed,
        };
        Alternative {
            edition: edition.filter(|_| uniform),
            companions: self.companions(basis),
            sold: used.sold && matches!(self.undeclared, Undeclared::ByCore | Undeclared::ByProcessor)
                || used.by_server && !used.by_core && self.all_declared(),
            conditional: used.condition,
            listed_only: self.undeclared == Undeclared::AllByCore,
            condition: used
                .condition
                .then(|| "Software Assurance in force, so that the licences follow the guest between hosts".into()),
            ..Alternative::new(&self.product.id, metric, basis, lines, working)
        }
    }

    /// Access licences that a server basis needs beside the servers.
    fn companions(&self, basis: Basis) -> Vec<Line> {
        match (basis, self.group.members.first()) {
            (Basis::ServerCal, Some((one, _))) => {
                access::companions(self.ground, self.product, &self.ground.estate.host(one.host).organisation)
            }
            _ => Vec::new(),
        }
    }

    /// Every member declares the server basis.
    fn all_declared(&self) -> bool {
        self.group.members.iter().all(|(one, _)| one.basis.as_deref() == Some("server-cal"))
    }

    /// Editions whose licences serve an installed one: its own first.
    fn serving(&self, method: Method, installed: &str) -> Vec<String> {
        if installed.is_empty() {
            return Vec::new();
        }
        let mut editions: Vec<String> = vec![installed.to_owned()];
        for terms in self.product.terms.iter().filter(|terms| terms.method == method) {
            for edition in &terms.editions {
                if self.product.edition_serves(edition, installed) && !editions.contains(edition) {
                    editions.push(edition.clone());
                }
            }
        }
        editions
    }

    /// The line of a physical operating system by the processors of its host.
    fn processor_line(&self, one: &Deployed, used: &mut Used, working: &mut Working) -> Option<Line> {
        let serving = self.terms_for(Method::HostProcessors, one);
        let terms = &self.product.terms[*serving.first()?];
        let (units, text) = processor_licences::of_host(self.ground, self.product, one.host);
        working.by_rule(&terms.id, text);
        used.sold &= current(self.ground, self.product, &serving);
        Some(Line {
            product: self.product.id.clone(),
            edition: Some(one.edition.clone()),
            editions: self.serving(Method::HostProcessors, &one.edition),
            version: one.version,
            metric: terms.metric,
            units,
            hosts: vec![one.host],
            accepts: accepts(self.product, &serving, false),
        })
    }

    fn physical_line(&self, one: &Deployed, used: &mut Used, working: &mut Working) -> Option<Line> {
        if self.undeclared == Undeclared::ByProcessor {
            return self.processor_line(one, used, working);
        }
        let counts = counts(self.ground, self.product, one.host, one.version);
        let count = counts.get(self.era.min(counts.len().checked_sub(1)?))?;
        let terms = &self.product.terms[count.terms[0]];
        working.by_rule(&terms.id, count.text.clone());
        used.sold &= current(self.ground, self.product, &count.terms);
        Some(Line {
            product: self.product.id.clone(),
            edition: (!one.edition.is_empty()).then(|| one.edition.clone()),
            editions: self.serving(Method::HostCores, &one.edition),
            version: one.version,
            metric: terms.metric,
            units: count.units,
            hosts: vec![one.host],
            accepts: accepts(self.product, &count.terms, false),
        })
    }

    /// Terms of a method that serve a member, newest first.
    fn terms_for(&self, method: Method, one: &Deployed) -> Vec<usize> {
        let cloud = self.ground.estate.host(one.host).cloud();
        (0..self.product.terms.len())
            .rev()
            .filter(|&index| {
                let terms = &self.product.terms[index];
                terms.method == method && terms.serves_version(one.version) && terms.concerns(cloud, self.ground.as_of)
            })
            .collect()
    }

    fn guest_lines(
        &self,
        one: &Deployed,
        hosts: &[HostId],
        relies: bool,
        used: &mut Used,
        working: &mut Working,
    ) -> Option<Vec<Line>> {
        let by_processor = self.undeclared == Undeclared::ByProcessor;
        let method = if by_processor { Method::GuestProcessors } else { Method::GuestCores };
        let serving = self.terms_for(method, one);
        let terms = &self.product.terms[*serving.first()?];
        let guest = self.ground.estate.host(one.host);
        let (units, text) = if by_processor {
            processor_licences::of_guest(self.ground, self.product, one.host, hosts)
        } else {
            guest_units(self.ground, self.product, terms, one.host, guest)
        };
        working.by_rule(&terms.id, text);
        let roams = hosts.len() > 1 && terms.mobility_needs_sa;
        let line = |accepting: &[usize], needs_sa: bool, bound: Vec<HostId>| Line {
            product: self.product.id.clone(),
            edition: (!one.edition.is_empty()).then(|| one.edition.clone()),
            editions: self.serving(method, &one.edition),
            version: one.version,
            metric: terms.metric,
            units,
            hosts: bound,
            accepts: accepts(self.product, accepting, needs_sa),
        };
        if !roams {
            used.sold &= current(self.ground, self.product, &serving);
            let bound = std::iter::once(one.host).chain(guest.runs_on()).collect();
            return Some(vec![line(&serving, false, bound)]);
        }
        if relies {
            used.condition = true;
            working.by_rule(
                "SQ-R8",
                format!("{} moves between {} hosts with Software Assurance: counted once.", guest.name, hosts.len()),
            );
            let bound = std::iter::once(one.host).chain(hosts.iter().copied()).collect();
            return Some(vec![line(&serving, true, bound)]);
        }
        let without: Vec<usize> =
            serving.iter().copied().filter(|&index| !self.product.terms[index].needs_sa).collect();
        if without.is_empty() {
            return None;
        }
        used.sold = false;
        working.by_rule(
            "SQ-R8",
            format!(
                "{} may reach {} hosts without Software Assurance: {units} on each of them.",
                guest.name,
                hosts.len()
            ),
        );
        Some(hosts.iter().map(|&host| line(&without, false, vec![one.host, host])).collect())
    }

    fn server_lines(
        &self,
        one: &Deployed,
        hosts: &[HostId],
        guest: bool,
        relies: bool,
        used: &mut Used,
        working: &mut Working,
    ) -> Option<Vec<Line>> {
        let licensed = |method: Method| -> Vec<usize> {
            let has = |index: &usize| {
                let editions = &self.product.terms[*index].editions;
                editions.is_empty() || editions.contains(&one.edition)
            };
            self.terms_for(method, one).into_iter().filter(has).collect()
        };
        let by_instance = licensed(Method::Instance);
        // Licences of whole hosts, taken for one operating system.
        let serving = if by_instance.is_empty() { licensed(Method::HostServers) } else { by_instance };
        let terms = &self.product.terms[*serving.first()?];
        let name = &self.ground.estate.host(one.host).name;
        working.by_rule(&terms.id, format!("{name}: one server licence for its operating system."));
        // Licences of a whole host stay with it, with Software Assurance or without.
        let of_host = terms.method == Method::HostServers;
        let relies = relies && !of_host;
        let roams = guest && hosts.len() > 1 && (terms.mobility_needs_sa || of_host);
        used.condition |= roams && relies;
        let line = |needs_sa: bool, bound: Vec<HostId>| Line {
            product: self.product.id.clone(),
            edition: (!one.edition.is_empty()).then(|| one.edition.clone()),
            editions: self.serving(terms.method, &one.edition),
            version: one.version,
            metric: terms.metric,
            units: 1,
            hosts: bound,
            accepts: accepts(self.product, &serving, needs_sa),
        };
        if roams && !relies {
            used.sold = false;
            return Some(hosts.iter().map(|&host| line(false, vec![one.host, host])).collect());
        }
        let bound = std::iter::once(one.host).chain(hosts.iter().copied()).collect();
        Some(vec![line(roams, bound)])
    }
}
