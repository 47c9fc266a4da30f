//! Groups of sightings → hosts: which source counts for which fact.
//!
//! A hypervisor and its management server outrank agents for what they alone can know: where a guest runs, how many
//! virtual processors it has, the cores of a host, its cluster and whether it runs. Agents outrank them for the
//! operating system and the software. A partial inventory states only what changed, and takes nothing away.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::model::{Fact, Host, HostContradiction, HostId, Locator, Machine, Placement, Processor, View};

use super::identifiers::{Identifiers, is_qualified, plain, write_uuid};
use super::placement::{HostNames, Wanted};
use super::statement::{Statement, best, fact, strongest};
use super::{Group, Identified, IdentifiedHost, Joined, Sighting};

/// Turns groups into hosts; `identifiers` are those of each sighting.
pub(super) fn resolve(sightings: &[Sighting], identifiers: &[Identifiers], joined: Joined) -> Identified {
    let mut findings = joined.findings;
    let merging: Vec<Merging<'_>> =
        joined.groups.iter().map(|group| Merging { sightings, identifiers, group }).collect();
    let identified = |merging: &Merging<'_>| IdentifiedHost {
        host: merging.host(),
        sightings: merging.group.sightings.clone(),
        software: merging.software(),
        operating_system: merging.operating_system(),
    };
    let mut hosts: Vec<IdentifiedHost> = merging.par_iter().map(identified).collect();
    name_apart(&mut hosts);
    let contradicted = |(merging, host): (&Merging<'_>, &IdentifiedHost)| {
        let mut found = Vec::new();
        merging.contradictions(&host.host, &mut found);
        found
    };
    let mut contradictions: Vec<_> = merging.par_iter().zip(&hosts).flat_map_iter(contradicted).collect();
    let of = |host: &Host| (host.organisation.clone(), host.name.clone(), host.uuid.clone(), host.serial.clone());
    hosts.sort_by_cached_key(|host| of(&host.host));
    place(sightings, &mut hosts, &mut contradictions);
    findings.sort();
    findings.dedup_by(|a, b| a.key == b.key);
    contradictions.sort();
    contradictions.dedup_by(|a, b| a.finding.key == b.finding.key);
    Identified { hosts, findings, contradictions, templates: joined.templates }
}

/// One group while it becomes a host.
struct Merging<'a> {
    sightings: &'a [Sighting],
    /// Identifiers of each sighting.
    identifiers: &'a [Identifiers],
    group: &'a Group,
}

/// Rank where hypervisors know better.
fn hypervisors_first(view: View) -> u8 {
    match view {
        View::Hypervisor | View::Guest => 0,
        View::Agent => 1,
        View::Register => 2,
    }
}

/// Rank where agents know better.
fn agents_first(view: View) -> u8 {
    match view {
        View::Agent => 0,
        View::Hypervisor | View::Guest => 1,
        View::Register => 2,
    }
}

impl Merging<'_> {
    /// What the sightings state, each with its rank.
    fn statements<T>(&self, rank: fn(View) -> u8, value: impl Fn(&Sighting) -> Option<T>) -> Vec<Statement<T>> {
        let statement = |&index: &usize| {
            let sighting = &self.sightings[index];
            let (view, captured) = (sighting.observed.view, sighting.observed.captured);
            value(sighting).map(|value| Statement { rank: rank(view), captured, sighting: index, value })
        };
        self.group.sightings.iter().filter_map(statement).collect()
    }

    fn best<T>(&self, rank: fn(View) -> u8, value: impl Fn(&Sighting) -> Option<T>) -> Option<T> {
        best(self.statements(rank, value)).map(|statement| statement.value)
    }

    fn locate(&self, index: usize) -> Locator {
        self.sightings[index].locator()
    }

    fn any(&self, holds: impl Fn(&Sighting) -> bool) -> bool {
        self.group.sightings.iter().any(|&index| holds(&self.sightings[index]))
    }

    fn has_view(&self, view: View) -> bool {
        self.any(|sighting| sighting.observed.view == view)
    }

    /// A guest, where a hypervisor lists it as one or an agent says it is virtual; the host side of a hypervisor is
    /// not made a guest by its own agent.
    fn machine(&self) -> Machine {
        let says_so = self.any(|sighting| sighting.observed.is_virtual == Some(true))
            || self
                .group
                .sightings
                .iter()
                .flat_map(|&index| &self.identifiers[index].uuids)
                .any(|uuid| uuid.from_serial);
        if self.has_view(View::Guest) || (says_so && !self.has_view(View::Hypervisor)) {
            Machine::Guest
        } else {
            Machine::Physical
        }
    }

    fn host(&self) -> Host {
        let organisation = self.best(agents_first, |sighting| Some(sighting.organisation.clone())).unwrap_or_default();
        let machine = self.machine();
        let mut host = Host::new(self.name(), organisation, machine);
        self.identify(&mut host);
        match machine {
            Machine::Physical => self.hardware(&mut host),
            Machine::Guest | Machine::Container => self.virtual_hardware(&mut host),
        }
        let cluster = best(self.statements(hypervisors_first, |sighting| sighting.observed.cluster.clone()));
        if let Some(statement) = cluster {
            host.cluster_evidence = Some(self.locate(statement.sighting));
            host.cluster = Some(statement.value);
        }
        if let Some(powered_on) = self.best(hypervisors_first, |sighting| sighting.observed.powered_on) {
            host.powered_on = powered_on;
        }
        if self.has_view(View::Hypervisor) {
            let platform = |sighting: &Sighting| {
                sighting.observed.platform.clone().filter(|_| sighting.observed.view == View::Hypervisor)
            };
            host.hypervisor = self.best(hypervisors_first, platform);
        }
        host.last_seen = self.last_seen();
        let managers: BTreeSet<String> = self
            .group
            .sightings
            .iter()
            .flat_map(|&index| self.sightings[index].observed.managed_by.iter().cloned())
            .collect();
        host.managed_by = managers.into_iter().collect();
        host.evidence = self.evidence();
        host.joined_by.clone_from(&self.group.joined_by);
        host
    }

    /// The machine's own short name, as its agent writes it. An id of its cloud gives way to any name, and to what
    /// people call the machine.
    fn name(&self) -> String {
        let short = |name: &str| {
            let short = if is_qualified(&plain(name)) { name.split('.').next() } else { Some(name) };
            short.map(str::trim).filter(|short| !short.is_empty()).map(str::to_owned)
        };
        let labelled = self.group.sightings.iter().map(|&index| &self.sightings[index].observed);
        let ids: BTreeSet<String> =
            labelled.filter(|observed| observed.label.is_some()).map(|observed| plain(&observed.name)).collect();
        let name = |sighting: &Sighting| {
            short(sighting.observed.name.trim()).filter(|_| !ids.contains(&plain(&sighting.observed.name)))
        };
        let label = || self.best(agents_first, |sighting| short(sighting.observed.label.as_deref()?.trim()));
        self.best(agents_first, name).or_else(label).unwrap_or_else(|| "nameless".into())
    }

    fn identify(&self, host: &mut Host) {
        let pick = |rank: fn(View) -> u8, value: &dyn Fn(&Identifiers) -> Option<String>| {
            let all = self.group.sightings.iter().map(|&index| {
                let observed = &self.sightings[index].observed;
                let value = value(&self.identifiers[index])?;
                Some(Statement { rank: rank(observed.view), captured: observed.captured, sighting: index, value })
            });
            best(all.flatten().collect())
        };
        host.uuid = pick(hypervisors_first, &|identifiers| {
            identifiers.uuids.iter().max_by_key(|uuid| uuid.from_serial).map(|uuid| write_uuid(uuid.written))
        })
        .map(|statement| statement.value);
        host.serial = pick(agents_first, &|identifiers| identifiers.serial.clone())
            .and_then(|statement| self.sightings[statement.sighting].observed.serial.clone())
            .map(|serial| serial.split_whitespace().collect::<Vec<_>>().join(" "));
        let stated = |stated: bool| {
            pick(agents_first, &move |identifiers| {
                identifiers.fqdn.clone().filter(|fqdn| fqdn.stated == stated).map(|fqdn| fqdn.name)
            })
        };
        host.fqdn = stated(true).or_else(|| stated(false)).map(|statement| statement.value);
    }

    fn hardware(&self, host: &mut Host) {
        let processors =
            |sighting: &Sighting| sighting.observed.processors.clone().filter(|processors| !processors.is_empty());
        let statements = self.statements(hypervisors_first, processors);
        let source = strongest(statements.clone()).first().map(|statement| statement.sighting);
        let cores = |processors: &Vec<Processor>| processors.iter().map(|processor| processor.cores).sum();
        host.processors = fact(statements, &|index| self.locate(index), &cores, "no source states its processors");
        let threads = source.and_then(|index| self.sightings[index].observed.threads_per_core);
        let threads = threads.or_else(|| self.best(hypervisors_first, |sighting| sighting.observed.threads_per_core));
        host.threads_per_core = threads.unwrap_or(1).max(1);
        host.processor_model = self.best(hypervisors_first, |sighting| sighting.observed.processor_model.clone());
    }

    fn virtual_hardware(&self, host: &mut Host) {
        host.processors = Fact::unknown("it is a guest: its processors are virtual");
        let statements = self.statements(hypervisors_first, virtual_processors);
        let unknown = "no source states its virtual processors";
        host.vcpus = fact(statements, &|index| self.locate(index), &|vcpus| *vcpus, unknown);
        host.processor_model = self.best(agents_first, |sighting| sighting.observed.processor_model.clone());
        let placed = self.has_view(View::Guest) || self.any(|sighting| sighting.observed.runs_on.is_some());
        let cloud = self.best(hypervisors_first, |sighting| {
            let platform = sighting.observed.platform.as_deref().filter(|_| sighting.observed.runs_on.is_none());
            platform.and_then(cloud).map(|cloud| (cloud, sighting.locator()))
        });
        host.placement = Some(match cloud {
            Some((cloud, place)) => Fact::known(Placement::Cloud(cloud.into()), Some(place)),
            None if placed => Fact::unknown("the export that lists this guest does not say on which host it runs"),
            None => Fact::unknown("no hypervisor export lists this guest; add RVTools or the host's own inventory"),
        });
    }

    /// The newest inventory by an agent; where no agent knows it, the newest of all. A machine that a hypervisor still
    /// lists while its agent is silent is stale.
    fn last_seen(&self) -> Option<jiff::civil::Date> {
        self.best(agents_first, |sighting| sighting.observed.captured)
    }

    /// Places, hypervisors first, then newest first.
    fn evidence(&self) -> Vec<Locator> {
        let mut statements = self.statements(hypervisors_first, |sighting| Some(sighting.locator()));
        statements.sort_by_key(|statement| (statement.rank, std::cmp::Reverse(statement.captured)));
        let mut places: Vec<Locator> = Vec::new();
        for statement in statements {
            if !places.contains(&statement.value) {
                places.push(statement.value);
            }
        }
        places
    }

    /// The sightings whose software lists count: the newest whole list of an agent, and every list that only adds to
    /// others, unless it is older than the whole one. A partial inventory that carries the list replaces it, and of two
    /// of one day the partial one is the later.
    fn software(&self) -> Vec<usize> {
        let lists = self.statements(agents_first, |sighting| {
            sighting.software.map(|_| (sighting.observed.complements, sighting.observed.partial))
        });
        let (added, mut whole): (Vec<_>, Vec<_>) = lists.into_iter().partition(|list| list.value.0);
        whole.sort_by_key(|list| std::cmp::Reverse(list.value.1));
        let whole = best(whole);
        let since = whole.as_ref().and_then(|whole| whole.captured);
        let current = added.iter().filter(|list| list.captured.is_none() || list.captured >= since);
        whole.iter().chain(current).map(|list| list.sighting).collect()
    }

    fn operating_system(&self) -> Option<usize> {
        let stated = |sighting: &Sighting| {
            sighting.observed.operating_system.as_ref().filter(|system| !system.caption.trim().is_empty()).map(drop)
        };
        best(self.statements(agents_first, stated)).map(|statement| statement.sighting)
    }

    /// Facts on which sources of equal rank and date disagree.
    fn contradictions(&self, host: &Host, found: &mut Vec<HostContradiction>) {
        let mut report = |what: &'static str, values: Vec<(String, Locator)>| {
            let told: Vec<&str> = values.iter().map(|(value, _)| value.as_str()).collect();
            let text = format!(
                "sources of equal rank and date contradict each other on the {what} of {}: {}",
                host.name,
                told.join(" / ")
            );
            let places = values.into_iter().map(|(_, place)| place).collect();
            found.push(HostContradiction::new(host, what, text, places));
        };
        if let Fact::Conflicting { values } = &host.processors {
            let cores = |processors: &[Processor]| {
                let cores: Vec<String> = processors.iter().map(|processor| processor.cores.to_string()).collect();
                format!("{} cores", cores.join(" + "))
            };
            report("processors", with_places(values, |processors| cores(processors)));
        }
        if let Fact::Conflicting { values } = &host.vcpus {
            report("virtual processors", with_places(values, |vcpus| vcpus.to_string()));
        }
        let organisations = self.distinct(agents_first, |sighting| Some(sighting.organisation.clone()));
        if organisations.len() > 1 {
            report("organisation", organisations);
        }
        let clusters = self.distinct(hypervisors_first, |sighting| sighting.observed.cluster.clone());
        if clusters.len() > 1 {
            report("cluster", clusters);
        }
    }

    /// Distinct values among the strongest statements.
    fn distinct(&self, rank: fn(View) -> u8, value: impl Fn(&Sighting) -> Option<String>) -> Vec<(String, Locator)> {
        let mut distinct: Vec<(String, Locator)> = Vec::new();
        for statement in strongest(self.statements(rank, value)) {
            if !distinct.iter().any(|(known, _)| *known == statement.value) {
                distinct.push((statement.value, self.locate(statement.sighting)));
            }
        }
        distinct
    }
}

fn with_places<T>(values: &[(T, Option<Locator>)], text: impl Fn(&T) -> String) -> Vec<(String, Locator)> {
    values.iter().filter_map(|(value, place)| Some((text(value), place.clone()?))).collect()
}

/// Virtual processors a sighting states: as such, or as the cores or logical processors the guest sees, whichever is more.
fn virtual_processors(sighting: &Sighting) -> Option<u32> {
    let observed = &sighting.observed;
    if observed.view == View::Hypervisor {
        return None;
    }
    let cores = observed.processors.as_ref().map(|processors| processors.iter().map(|processor| processor.cores).sum());
    observed.vcpus.or_else(|| cores.max(observed.logical_processors)).filter(|&vcpus| vcpus > 0)
}

/// The public cloud a platform is, by the name manifests use.
fn cloud(platform: &str) -> Option<&'static str> {
    let platform = platform.to_lowercase();
    if platform.contains("azure stack") || platform.contains("azure local") {
        return None;
    }
    let clouds = [
        ("azure", "azure"),
        ("amazon", "aws"),
        ("aws", "aws"),
        ("ec2", "aws"),
        ("google", "google"),
        ("gcp", "google"),
    ];
    clouds.into_iter().find(|(sign, _)| platform.contains(sign)).map(|(_, name)| name)
}

/// Gives hosts of one organisation that bear the same name distinct ones, by what tells them apart.
fn name_apart(hosts: &mut [IdentifiedHost]) {
    let mut alike: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (position, host) in hosts.iter().enumerate() {
        let key = (host.host.organisation.clone(), host.host.name.to_lowercase());
        alike.entry(key).or_default().push(position);
    }
    for positions in alike.into_values().filter(|positions| positions.len() > 1) {
        let mut taken = BTreeSet::new();
        for (ordinal, position) in positions.into_iter().enumerate() {
            let host = &mut hosts[position].host;
            let sign = host.serial.clone().or_else(|| host.uuid.clone()).or_else(|| host.fqdn.clone());
            let sign =
                sign.filter(|sign| taken.insert(sign.to_lowercase())).unwrap_or_else(|| (ordinal + 1).to_string());
            host.name = format!("{} ({sign})", host.name);
        }
    }
}

/// Places every guest whose export names its host.
fn place(sightings: &[Sighting], hosts: &mut [IdentifiedHost], found: &mut Vec<HostContradiction>) {
    if sightings.iter().all(|sighting| sighting.observed.runs_on.is_none()) {
        return;
    }
    let names = HostNames::new(sightings, hosts);
    let placed: Vec<Option<Fact<Placement>>> =
        (0..hosts.len()).into_par_iter().map(|guest| placement(sightings, hosts, &names, guest)).collect();
    for (host, fact) in hosts.iter_mut().zip(placed) {
        if let Some(fact) = fact {
            host.host.placement = Some(fact);
        }
    }
    for host in &*hosts {
        let Some(Fact::Conflicting { values }) = &host.host.placement else { continue };
        let on = |placement: &Placement| match placement {
            Placement::On(id) => hosts[id.0 as usize].host.name.clone(),
            Placement::Cloud(cloud) => cloud.clone(),
        };
        let places = with_places(values, on);
        let told: Vec<&str> = places.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!("sources of the same day place {} on different hosts: {}", host.host.name, told.join(" / "));
        let places = places.iter().map(|(_, place)| place.clone()).collect();
        found.push(HostContradiction::new(&host.host, "placement", text, places));
    }
}

/// Where a guest runs, where any source names its host.
fn placement(
    sightings: &[Sighting],
    hosts: &[IdentifiedHost],
    names: &HostNames<'_>,
    guest: usize,
) -> Option<Fact<Placement>> {
    let host = &hosts[guest];
    if host.host.machine == Machine::Physical {
        return None;
    }
    let statements = host.sightings.iter().filter_map(|&index| {
        let observed = &sightings[index].observed;
        let value = observed.runs_on.as_deref().filter(|name| !name.trim().is_empty())?;
        Some(Statement { rank: hypervisors_first(observed.view), captured: observed.captured, sighting: index, value })
    });
    let statements = strongest(statements.collect());
    let mut reason = None;
    let mut found: Vec<Statement<HostId>> = Vec::new();
    for statement in &statements {
        let sighting = &sightings[statement.sighting];
        let wanted = Wanted {
            guest,
            name: statement.value,
            source: sighting.source,
            organisation: &sighting.organisation,
            cluster: sighting.observed.cluster.as_deref(),
        };
        match names.find(&wanted) {
            Ok(value) => found.push(Statement { rank: 0, captured: None, sighting: statement.sighting, value }),
            Err(why) => reason = reason.or(Some(why)),
        }
    }
    if found.is_empty() {
        return reason.map(Fact::unknown);
    }
    Some(match fact(found, &|index| sightings[index].locator(), &|_| 0, "") {
        Fact::Known { value, evidence } => Fact::Known { value: Placement::On(value), evidence },
        Fact::Unknown { reason } => Fact::Unknown { reason },
        Fact::Conflicting { values } => {
            Fact::Conflicting { values: values.into_iter().map(|(host, place)| (Placement::On(host), place)).collect() }
        }
    })
}
