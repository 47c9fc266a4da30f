//! The software records of machines → what is installed on them.
//!
//! No machine depends on another, so that a block of them is worked on at a time, while the lists of the next come out of
//! the store; what comes out is put together in their order. Only the lists of two blocks are held in memory.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use hashbrown::HashMap;
use rayon::prelude::*;

use crate::model::{
    Fact, Finding, Host, Installation, Key, Locator, ObservedOperatingSystem, RecordCounts, Role, SoftwareRecord,
    SourceId, View,
};
use crate::recognise::identity::{IdentifiedHost, Sighting};
use crate::recognise::{HostSoftware, Matcher, Recognition, Seen, fold};
use crate::rules::Rules;
use crate::store::{StoreError, StoredSoftware, TitleId, Titles};

use super::resolve::Ground;

/// Machines worked on at a time.
const BLOCK: usize = 512;

/// Machines that a thread takes from a block at a time: few, so that none waits long for the last of them.
const AT_A_TIME: usize = 16;

/// The software of all machines.
#[derive(Default)]
pub(super) struct Installed {
    /// Machines in the order given, with their installations.
    pub hosts: Vec<Host>,
    /// What their records leave open or contradict.
    pub findings: Vec<Finding>,
    /// What became of the records, by organisation.
    pub counts: BTreeMap<String, RecordCounts>,
}

/// Software lists with the organisations they belong to; a sighting names its list by its index.
pub(super) type Lists = [(StoredSoftware, String)];

/// Finds out what is installed on every machine.
pub(super) fn installed(
    ground: &Ground<'_>,
    sightings: &[Sighting],
    lists: &Lists,
    machines: Vec<IdentifiedHost>,
) -> Result<Installed, StoreError> {
    let software = Software::new(ground, sightings, lists);
    let mut found = Installed { hosts: Vec::with_capacity(machines.len()), ..Installed::default() };
    let mut used = vec![false; lists.len()];
    let mut machines = machines.into_iter();
    let mut load = || -> Result<Vec<Machine>, StoreError> {
        let block = machines.by_ref().take(BLOCK).map(|machine| software.machine(ground, machine));
        let block: Vec<Machine> = block.collect::<Result<_, _>>()?;
        block.iter().flat_map(|machine| &machine.lists).for_each(|list| used[list.index] = true);
        Ok(block)
    };
    let (mut loaded, mut done) = (load()?, Vec::new());
    while !loaded.is_empty() {
        let (block, ready) = (std::mem::take(&mut loaded), std::mem::take(&mut done));
        loaded = rayon::in_place_scope(|scope| {
            let work = block.into_par_iter().with_max_len(AT_A_TIME).map(|machine| software.of(machine));
            scope.spawn(|_| done = work.collect::<Vec<Done>>());
            ready.into_iter().for_each(|done| found.add(done));
            load()
        })?;
    }
    done.into_iter().for_each(|done| found.add(done));
    found.count_replaced(lists, &used);
    Ok(found)
}

impl Installed {
    fn add(&mut self, done: Done) {
        self.hosts.push(done.host);
        self.findings.extend(done.findings);
        if let Some((organisation, counts)) = done.counts {
            self.counts.entry(organisation).or_default().add(&counts);
        }
    }

    /// Lists that a newer inventory of the same machine replaces repeat what it says.
    fn count_replaced(&mut self, lists: &Lists, used: &[bool]) {
        for ((list, organisation), _) in lists.iter().zip(used).filter(|(_, used)| !**used) {
            let records = list.places.len() as u64;
            let counts = self.counts.entry(organisation.clone()).or_default();
            counts.records += records;
            counts.duplicates += records;
        }
    }
}

/// A machine with the lists in force on it.
struct Machine {
    identified: IdentifiedHost,
    lists: Vec<List>,
}

/// One list with the titles in it.
struct List {
    source: SourceId,
    index: usize,
    titles: Vec<TitleId>,
}

/// A machine with its installations.
struct Done {
    host: Host,
    findings: Vec<Finding>,
    /// What became of its records, with the organisation they count for.
    counts: Option<(String, RecordCounts)>,
}

/// One record that a rule knows: its place in its list, and what the rules say.
struct Known<'s, 'a> {
    list: usize,
    position: usize,
    title: TitleId,
    recognition: &'s Recognition<'a>,
}

/// What a title is to a machine that bears it.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// It proves, completes or contradicts an installation.
    Bears,
    NotLicensable,
    Unrecognised,
}

/// What all machines share.
struct Software<'a> {
    rules: &'a Rules,
    matcher: &'a Matcher<'a>,
    titles: &'a Titles,
    sightings: &'a [Sighting],
    lists: &'a Lists,
    /// What the rules say of each distinct title, asked once; one place more for numbers that no title bears.
    answers: Vec<OnceLock<Option<Recognition<'a>>>>,
    /// What each is by its answer: a few bytes a title, which stay at hand while millions of records are gone through.
    kinds: Vec<OnceLock<Kind>>,
    /// What they say of each operating system, by caption and version.
    systems: HashMap<(&'a str, &'a str), Option<Recognition<'a>>>,
}

impl<'a> Software<'a> {
    fn new(ground: &'a Ground<'_>, sightings: &'a [Sighting], lists: &'a Lists) -> Self {
        Self {
            rules: ground.rules,
            matcher: ground.matcher,
            titles: ground.titles,
            sightings,
            lists,
            answers: (0..=ground.titles.len()).map(|_| OnceLock::new()).collect(),
            kinds: (0..=ground.titles.len()).map(|_| OnceLock::new()).collect(),
            systems: systems(ground.matcher, sightings),
        }
    }

    /// A machine with its lists out of the store.
    fn machine(&self, ground: &Ground<'_>, identified: IdentifiedHost) -> Result<Machine, StoreError> {
        let sightings = identified.software.iter().map(|&sighting| &self.sightings[sighting]);
        let list = |(source, index): (SourceId, usize)| {
            let titles = (ground.list)(self.lists[index].0.list)?;
            Ok(List { source, index, titles })
        };
        let lists = sightings.filter_map(|sighting| Some((sighting.source, sighting.software?))).map(list);
        Ok(Machine { lists: lists.collect::<Result<_, StoreError>>()?, identified })
    }

    /// What is installed on a machine.
    fn of(&self, machine: Machine) -> Done {
        let Machine { identified: IdentifiedHost { mut host, software, operating_system, .. }, lists } = machine;
        let mut findings = Vec::new();
        let mut counts = None;
        if let Some(last) = lists.last() {
            // A manifest of one program shows that the machine exists, not what all is on it.
            let views = software.iter().map(|&sighting| self.sightings[sighting].observed.view);
            host.inventoried = views.into_iter().any(|view| view != View::Register);
            let organisation = self.lists[last.index].1.clone();
            let (folded, of_records) = self.folded(&lists);
            findings.extend(doubts(&host, &folded));
            host.installs = folded.installations;
            counts = Some((organisation, of_records));
        }
        if let Some(sighting) = operating_system {
            self.operating_system(&mut host, &self.sightings[sighting]);
        }
        Done { host, findings, counts }
    }

    /// The records of a machine, folded and counted.
    fn folded(&self, lists: &[List]) -> (HostSoftware, RecordCounts) {
        let mut known = Vec::new();
        let mut plain = Plain::default();
        for (list, List { titles, .. }) in lists.iter().enumerate() {
            for (position, &title) in titles.iter().enumerate() {
                match self.kind(title) {
                    Kind::Bears => known.extend(self.known(list, position, title)),
                    Kind::NotLicensable => plain.not_licensable.push(title),
                    Kind::Unrecognised => plain.unrecognised.push(title),
                }
            }
        }
        let record = |known: &Known<'_, 'a>| -> SoftwareRecord<'a> { self.titles.get(known.title) };
        let records: Vec<Seen<'_, '_>> =
            known.iter().map(|known| Seen { record: record(known), recognition: Some(known.recognition) }).collect();
        let locators: Vec<Option<Locator>> =
            known.chunk_by(|one, other| one.list == other.list).flat_map(|known| self.locators(lists, known)).collect();
        let folded = fold(&records, &|index| locators.get(index)?.clone());
        let mut counts = plain.counted();
        counts.add(&folded.counts);
        (folded, counts)
    }

    /// Where records of one list stand.
    fn locators(&self, lists: &[List], known: &[Known<'_, 'a>]) -> Vec<Option<Locator>> {
        let Some(list) = known.first().map(|known| &lists[known.list]) else { return Vec::new() };
        let places = self.lists[list.index].0.places.of(known.iter().map(|known| known.position));
        places.map(|place| Some(Locator { source: list.source, place: place? })).collect()
    }

    /// What a title is to a machine that bears it. Nearly every record is asked for this and nothing else.
    fn kind(&self, title: TitleId) -> Kind {
        *self.kinds[self.place(title)].get_or_init(|| match self.answer(title) {
            Some(recognition) if recognition.bears_on_installations() => Kind::Bears,
            Some(_) => Kind::NotLicensable,
            None => Kind::Unrecognised,
        })
    }

    fn known(&self, list: usize, position: usize, title: TitleId) -> Option<Known<'_, 'a>> {
        Some(Known { list, position, title, recognition: self.answer(title)? })
    }

    fn answer(&self, title: TitleId) -> Option<&Recognition<'a>> {
        self.answers[self.place(title)].get_or_init(|| self.matcher.recognise(&self.titles.get(title))).as_ref()
    }

    fn place(&self, title: TitleId) -> usize {
        (title.0 as usize).min(self.answers.len() - 1)
    }

    /// The running operating system as an installation; rows of the same product in the software list repeat it.
    fn operating_system(&self, host: &mut Host, sighting: &Sighting) {
        let Some(system) = &sighting.observed.operating_system else { return };
        let Some(Some(found)) = self.systems.get(&written(system)) else { return };
        host.installs.retain(|install| {
            let product = self.rules.products.get(&install.product);
            product.is_none_or(|product| product.kind != "operating-system")
        });
        let place = system.place.clone().unwrap_or_else(|| sighting.observed.place.clone());
        let evidence = Some(Locator { source: sighting.source, place });
        let stated = |value: &Option<String>, what: &str| match value {
            Some(value) => Fact::known(value.clone(), evidence.clone()),
            None => Fact::unknown(format!("the caption \"{}\" states no {what}", system.caption)),
        };
        // There are millions of installations: no room is kept for more of them.
        host.installs.reserve_exact(1);
        host.installs.push(Installation {
            product: found.product.id.clone(),
            version: stated(&found.version, "version"),
            edition: stated(&found.edition, "edition"),
            role: Role::Active,
            role_proved: true,
            running: None,
            component: None,
            instances: 1,
            build: None,
            build_number: system.version.clone(),
            features: Vec::new(),
            installed: None,
            last_used: None,
            licence_basis: None,
            hosting_only: false,
            rule: found.rule_id.clone(),
            title: found.title.clone(),
            evidence,
        });
    }
}

/// What the rules say of every operating system that was seen.
fn systems<'a>(
    matcher: &'a Matcher<'a>,
    sightings: &'a [Sighting],
) -> HashMap<(&'a str, &'a str), Option<Recognition<'a>>> {
    let mut systems = HashMap::new();
    for system in sightings.iter().filter_map(|sighting| sighting.observed.operating_system.as_ref()) {
        let (caption, version) = written(system);
        systems.entry((caption, version)).or_insert_with(|| matcher.operating_system(caption, version));
    }
    systems
}

/// Caption and version of an operating system.
fn written(system: &ObservedOperatingSystem) -> (&str, &str) {
    (&system.caption, system.version.as_deref().unwrap_or(""))
}

/// Records of one machine that prove and contradict nothing, which are nearly all: they are told apart by the numbers of
/// their titles.
#[derive(Default)]
struct Plain {
    unrecognised: Vec<TitleId>,
    not_licensable: Vec<TitleId>,
}

impl Plain {
    fn counted(self) -> RecordCounts {
        let distinct = |mut titles: Vec<TitleId>| {
            titles.sort_unstable();
            titles.dedup();
            titles.len() as u64
        };
        let records = (self.unrecognised.len() + self.not_licensable.len()) as u64;
        let (unrecognised, not_licensable) = (distinct(self.unrecognised), distinct(self.not_licensable));
        let duplicates = records - unrecognised - not_licensable;
        RecordCounts { records, unrecognised, not_licensable, duplicates, ..RecordCounts::default() }
    }
}

/// What the records of a machine leave open or contradict.
fn doubts(host: &Host, folded: &HostSoftware) -> Vec<Finding> {
    let finding = |kind: &str, product: &str, text: String, evidence: &Option<Locator>| Finding {
        key: Key::new(kind, &[&host.organisation, &host.name, product]),
        organisation: host.organisation.clone(),
        text,
        evidence: evidence.iter().cloned().collect(),
    };
    let name = &host.name;
    let unconfirmed = folded.unconfirmed.iter().map(|one| {
        let text =
            format!("{name}: {} stands alone; whether the product itself is installed is unconfirmed.", one.title);
        finding("unconfirmed", &one.product, text, &one.evidence)
    });
    let contradictions = folded.contradictions.iter().map(|one| {
        let text = format!("{name}: {} bears the build of version {}; the name is used.", one.title, one.built);
        finding("contradiction", &one.product, text, &one.evidence)
    });
    unconfirmed.chain(contradictions).collect()
}
