//! What files hold of machines that nothing names: told by title and by file, and counted nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Finding, Installation, Key, Locator, ObservedHost, ObservedOperatingSystem, Place, RecordCounts, SourceId,
};
use crate::recognise::{Recognition, Seen, fold};
use crate::store::{StoreError, StoredSoftware};

use super::resolve::Ground;

/// Titles that a finding names.
const TITLES_NAMED: usize = 12;

/// One machine without a name.
struct Machine {
    source: SourceId,
    place: Place,
    system: Option<ObservedOperatingSystem>,
    software: Option<StoredSoftware>,
}

/// Machines without names, by organisation.
#[derive(Default)]
pub(super) struct Unnamed {
    machines: BTreeMap<String, Vec<Machine>>,
}

/// What the machines of one organisation come to.
#[derive(Default)]
struct Sum {
    files: BTreeSet<SourceId>,
    records: u64,
    installations: usize,
    titles: BTreeMap<String, usize>,
    evidence: Vec<Locator>,
}

impl Unnamed {
    /// Keeps a machine that nothing names.
    pub fn add(
        &mut self,
        source: SourceId,
        organisation: String,
        host: ObservedHost,
        software: Option<StoredSoftware>,
    ) {
        let machine = Machine { source, place: host.place, system: host.operating_system, software };
        self.machines.entry(organisation).or_default().push(machine);
    }

    /// Organisations to which such files belong.
    pub fn organisations(&self) -> impl Iterator<Item = String> {
        self.machines.keys().cloned()
    }

    /// A finding for each organisation; the records are counted as of no machine.
    ///
    /// # Errors
    /// A list that the store cannot read.
    pub fn findings(
        self,
        ground: &Ground<'_>,
        counts: &mut BTreeMap<String, RecordCounts>,
    ) -> Result<Vec<Finding>, StoreError> {
        let mut findings = Vec::new();
        for (organisation, machines) in self.machines {
            let mut sum = Sum::default();
            for machine in machines {
                sum.add(&machine, ground)?;
            }
            let counted = counts.entry(organisation.clone()).or_default();
            counted.records += sum.records;
            counted.without_machine += sum.records;
            findings.push(Finding {
                key: Key::new("no-machine", &[&organisation]),
                text: sum.text(),
                organisation,
                evidence: sum.evidence,
            });
        }
        Ok(findings)
    }
}

impl Sum {
    fn add(&mut self, machine: &Machine, ground: &Ground<'_>) -> Result<(), StoreError> {
        self.files.insert(machine.source);
        let known = self.installations;
        if let Some(software) = &machine.software {
            self.add_software(machine.source, software, ground)?;
        }
        self.add_system(machine, ground);
        if self.installations == known {
            self.evidence.push(Locator { source: machine.source, place: machine.place.clone() });
        }
        Ok(())
    }

    fn add_software(
        &mut self,
        source: SourceId,
        software: &StoredSoftware,
        ground: &Ground<'_>,
    ) -> Result<(), StoreError> {
        let titles = (ground.list)(software.list)?;
        self.records += titles.len() as u64;
        let recognised: Vec<_> = titles
            .into_iter()
            .enumerate()
            .filter_map(|(position, title)| {
                let record = ground.titles.get(title);
                let place = software.places.get(position).unwrap_or(Place::Whole);
                Some((record, ground.matcher.recognise(&record)?, Locator { source, place }))
            })
            .collect();
        let seen: Vec<Seen<'_, '_>> = recognised
            .iter()
            .map(|(record, recognition, _)| Seen { record: *record, recognition: Some(recognition) })
            .collect();
        let locate = |index: usize| recognised.get(index).map(|(_, _, place)| place.clone());
        for installation in fold(&seen, &locate).installations {
            if needs_licence(&installation, ground) {
                self.title(titled(&installation, ground));
                self.evidence.extend(installation.evidence);
            }
        }
        Ok(())
    }

    /// The running system, where it needs a licence.
    fn add_system(&mut self, machine: &Machine, ground: &Ground<'_>) {
        let Some(system) = &machine.system else { return };
        let version = system.version.as_deref().unwrap_or_default();
        let found = ground.matcher.operating_system(&system.caption, version).filter(Recognition::counts);
        if let Some(found) = found {
            self.title(named(&found.product.name, found.version.as_deref(), found.edition.as_deref()));
            let place = system.place.clone().unwrap_or_else(|| machine.place.clone());
            self.evidence.push(Locator { source: machine.source, place });
        }
    }

    fn title(&mut self, title: String) {
        self.installations += 1;
        *self.titles.entry(title).or_default() += 1;
    }

    fn text(&self) -> String {
        let files = match self.files.len() {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        let records = match self.records {
            1 => "1 software record".to_owned(),
            count => format!("{count} software records"),
        };
        let next =
            "put each file into a folder named after its machine, or name the machine with [[source]] in trueup.toml";
        match self.installations {
            0 => {
                let name = if self.files.len() == 1 { "names" } else { "name" };
                let none = "no title is of a product that needs a licence by the rules on file";
                format!("{files} with {records} {name} no machine; {none}: {next}.")
            }
            count => {
                let belong = match count {
                    1 => "1 installation belongs to no known machine and counts nowhere".to_owned(),
                    _ => format!("{count} installations belong to no known machine and count nowhere"),
                };
                format!("{belong} ({}), in {files} with {records}: {next}.", self.listed())
            }
        }
    }

    /// The titles with their numbers, the most frequent first.
    fn listed(&self) -> String {
        let mut titles: Vec<(&String, &usize)> = self.titles.iter().collect();
        titles.sort_by_key(|(title, count)| (std::cmp::Reverse(**count), *title));
        let more = titles.len().saturating_sub(TITLES_NAMED);
        let counted = |(title, count): &(&String, &usize)| match count {
            1 => (*title).clone(),
            count => format!("{count} × {title}"),
        };
        let mut listed: Vec<String> = titles.iter().take(TITLES_NAMED).map(counted).collect();
        listed.extend((more > 0).then(|| format!("and {more} more titles")));
        listed.join(", ")
    }
}

/// Whether an installation needs a licence: its edition is not one of the free ones.
fn needs_licence(installation: &Installation, ground: &Ground<'_>) -> bool {
    let product = ground.rules.products.get(&installation.product);
    let edition = installation.edition.value();
    !product.zip(edition).is_some_and(|(product, edition)| product.free_editions.contains(edition))
}

/// Product, version and edition of an installation as people say them.
fn titled(installation: &Installation, ground: &Ground<'_>) -> String {
    let product = ground.rules.products.get(&installation.product);
    let name = product.map_or(installation.product.as_str(), |product| product.name.as_str());
    named(name, installation.version.value().map(String::as_str), installation.edition.value().map(String::as_str))
}

fn named(product: &str, version: Option<&str>, edition: Option<&str>) -> String {
    [Some(product), version, edition].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
