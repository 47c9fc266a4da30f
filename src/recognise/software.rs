//! The records of one host → its installations.
//!
//! One installation leaves many records: a row for each language, each registry view, each part of a setup. Every record ends
//! as exactly one of installation, component, not licensable, duplicate or unrecognised, so that the counts add up.

use std::collections::BTreeSet;

use hashbrown::HashSet;

use crate::model::{Fact, Installation, Locator, RecordClass, RecordCounts, Role, SoftwareRecord};
use crate::rules::Product;

use super::Recognition;

/// One record of a host with its answer.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'s, 'r> {
    /// The record.
    pub record: SoftwareRecord<'s>,
    /// What the rules say of it.
    pub recognition: Option<&'s Recognition<'r>>,
}

/// Tells where the record with this index stands. It is asked of the few records that prove or contradict something.
pub type Locate<'l> = dyn Fn(usize) -> Option<Locator> + 'l;

/// A setup left its parent entry, but no record proves the product's engine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unconfirmed {
    /// Product id.
    pub product: String,
    /// Version in the parent entry.
    pub version: Option<String>,
    /// The raw name.
    pub title: String,
    /// Where it stands.
    pub evidence: Option<Locator>,
}

/// A record whose name and build number stand for different versions. The name is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contradiction {
    /// Product id.
    pub product: String,
    /// Version by the name.
    pub named: Option<String>,
    /// Version by the build number.
    pub built: String,
    /// The raw name.
    pub title: String,
    /// Where it stands.
    pub evidence: Option<Locator>,
}

/// The software of one host.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostSoftware {
    /// Installations, sorted by product, version, edition and component.
    pub installations: Vec<Installation>,
    /// What became of each record, in the order of the records.
    pub classes: Vec<RecordClass>,
    /// The records counted by class.
    pub counts: RecordCounts,
    /// Parent entries without an engine.
    pub unconfirmed: Vec<Unconfirmed>,
    /// Records that contradict themselves.
    pub contradictions: Vec<Contradiction>,
}

/// Folds the records of one host. The order of the records changes nothing but the order of `classes`.
pub fn fold(records: &[Seen<'_, '_>], locate: &Locate<'_>) -> HostSoftware {
    let mut classes = first_classes(records);
    let mut proofs = prove(records, &mut classes);
    cover_components(&mut proofs, &mut classes);
    let mut installations: Vec<Installation> = proofs.iter().map(|proof| proof.installation(records, locate)).collect();
    installations.sort_by(|a, b| order(a).cmp(&order(b)));
    HostSoftware {
        installations,
        counts: count(&classes),
        classes,
        unconfirmed: unconfirmed(records, &proofs, locate),
        contradictions: contradictions(records, locate),
    }
}

/// What each record is by itself; an exact repetition is a duplicate.
fn first_classes(records: &[Seen<'_, '_>]) -> Vec<RecordClass> {
    let mut known = HashSet::with_capacity(records.len());
    let class =
        |seen: &Seen<'_, '_>| seen.recognition.map_or(RecordClass::Unrecognised, |recognition| recognition.class);
    records.iter().map(|seen| if known.insert(seen.record) { class(seen) } else { RecordClass::Duplicate }).collect()
}

/// What proves one installation.
struct Proof<'r> {
    product: &'r Product,
    component: Option<&'r str>,
    version: Option<String>,
    edition: Option<String>,
    build: Option<&'r str>,
    /// Names of the instances; `None` is the default instance.
    instances: BTreeSet<Option<String>>,
    /// Indices of the records, the most telling first.
    records: Vec<usize>,
}

/// Joins the records that prove installations; the most telling come first, so that vaguer ones find what they repeat.
fn prove<'r>(records: &[Seen<'_, 'r>], classes: &mut [RecordClass]) -> Vec<Proof<'r>> {
    let mut rows: Vec<(usize, &Recognition<'r>)> = records
        .iter()
        .enumerate()
        .filter(|&(index, _)| classes[index] == RecordClass::Installation)
        .filter_map(|(index, seen)| Some((index, seen.recognition?)))
        .collect();
    rows.sort_by(|(a, first), (b, second)| {
        vagueness(first).cmp(&vagueness(second)).then_with(|| records[*a].record.cmp(&records[*b].record))
    });
    let mut proofs: Vec<Proof<'r>> = Vec::new();
    for (index, row) in rows {
        let Some(proof) = proofs.iter_mut().find(|proof| proof.takes(row)) else {
            proofs.push(Proof::new(index, row));
            continue;
        };
        if !proof.add(index, row) {
            classes[index] = RecordClass::Duplicate;
        }
    }
    proofs
}

/// How much a record leaves open.
fn vagueness(row: &Recognition<'_>) -> u8 {
    u8::from(row.version.is_none()) * 4 + u8::from(row.edition.is_none()) * 2 + u8::from(row.rule.build.is_none())
}

impl<'r> Proof<'r> {
    fn new(index: usize, row: &Recognition<'r>) -> Self {
        Self {
            product: row.product,
            component: row.rule.component_of.as_deref(),
            version: row.version.clone(),
            edition: row.edition.clone(),
            build: row.rule.build.as_deref(),
            instances: BTreeSet::from([row.instance.clone()]),
            records: vec![index],
        }
    }

    /// Whether a row speaks of this installation: nothing it says differs. A further instance must say as much as the first.
    fn takes(&self, row: &Recognition<'_>) -> bool {
        let agrees = |known: Option<&str>, said: Option<&str>| said.is_none() || said == known;
        self.product.id == row.product.id
            && self.component == row.rule.component_of.as_deref()
            && agrees(self.version.as_deref(), row.version.as_deref())
            && agrees(self.edition.as_deref(), row.edition.as_deref())
            && agrees(self.build, row.rule.build.as_deref())
            && (!row.rule.per_instance
                || self.instances.contains(&row.instance)
                || (self.version == row.version && self.edition == row.edition)
                || self.is_repeated_by(row))
    }

    /// Setups list the engine once for each instance under one name: without instance and edition a row repeats what
    /// another source says of one of them. Beside a free edition it may be of an instance that needs a licence.
    fn is_repeated_by(&self, row: &Recognition<'_>) -> bool {
        let needs_licence = self.edition.as_ref().is_some_and(|edition| !self.product.free_editions.contains(edition));
        row.instance.is_none() && row.edition.is_none() && needs_licence
    }

    /// Adds a row; whether it proves a further instance.
    fn add(&mut self, index: usize, row: &Recognition<'_>) -> bool {
        self.records.push(index);
        let repeats = self.is_repeated_by(row);
        row.rule.per_instance && !repeats && self.instances.insert(row.instance.clone())
    }

    /// Whether the licence of this engine covers a component that stands on the same host.
    fn covers(&self, part: &Self) -> bool {
        let same_version = self.version.is_none() || part.version.is_none() || self.version == part.version;
        let least = self.product.editions.first();
        let too_small = self.edition.is_some()
            && self.edition.as_ref() == least
            && self.product.component_editions.iter().any(|(name, _)| Some(name.as_str()) == part.component);
        self.component.is_none() && self.product.id == part.product.id && same_version && !too_small
    }

    /// The highest version of its records: setups of service packs leave the rows of the first release beside their own.
    fn build_number<'s>(&self, records: &[Seen<'s, '_>]) -> Option<&'s str> {
        let versions = self.records.iter().map(|&index| records[index].record.version.trim());
        versions
            .filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
            .max_by_key(|version| numbers(version))
    }

    fn installation(&self, records: &[Seen<'_, '_>], locate: &Locate<'_>) -> Installation {
        let first = &records[self.records[0]];
        let evidence = locate(self.records[0]);
        let fact = |value: &Option<String>, what: &str| match value {
            Some(value) => Fact::known(value.clone(), evidence.clone()),
            None => Fact::unknown(format!("no record states the {what}")),
        };
        let built = first.recognition.and_then(|recognition| recognition.contradicted_by.clone());
        Installation {
            product: self.product.id.clone(),
            version: match (&self.version, built) {
                (Some(named), Some(built)) => {
                    Fact::Conflicting { values: vec![(named.clone(), evidence.clone()), (built, evidence.clone())] }
                }
                (version, _) => fact(version, "version"),
            },
            edition: fact(&self.edition, "edition"),
            build_number: self.build_number(records).map(str::to_owned),
            role_proved: true,
            running: None,
            role: if self.component.is_some() { Role::Component } else { Role::Active },
            component: self.component.map(str::to_owned),
            instances: u32::try_from(self.instances.len()).unwrap_or(u32::MAX),
            build: self.build.map(str::to_owned),
            features: Vec::new(),
            installed: None,
            last_used: None,
            licence_basis: None,
            hosting_only: false,
            rule: first.recognition.map(|recognition| recognition.rule_id.clone()).unwrap_or_default(),
            title: first.recognition.map(|recognition| recognition.title.clone()).unwrap_or_default(),
            evidence,
        }
    }
}

/// The numbers of a version, so that 9 comes before 10.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

/// Folds the components whose engine on the same host covers them: one licence an operating system environment.
fn cover_components(proofs: &mut Vec<Proof<'_>>, classes: &mut [RecordClass]) {
    let covered: Vec<bool> =
        proofs.iter().map(|part| part.component.is_some() && proofs.iter().any(|engine| engine.covers(part))).collect();
    for (part, _) in proofs.iter().zip(&covered).filter(|(_, covered)| **covered) {
        for &index in &part.records {
            if classes[index] == RecordClass::Installation {
                classes[index] = RecordClass::Component;
            }
        }
    }
    let mut covered = covered.into_iter();
    proofs.retain(|_| !covered.next().unwrap_or(false));
}

/// Parent entries of versions whose engine no record proves. A parent entry is a component rule named `parent…`.
fn unconfirmed(records: &[Seen<'_, '_>], proofs: &[Proof<'_>], locate: &Locate<'_>) -> Vec<Unconfirmed> {
    let mut found = BTreeSet::new();
    for (index, seen) in records.iter().enumerate() {
        let Some(recognition) = seen.recognition else { continue };
        let parent = recognition.class == RecordClass::Component
            && recognition.rule.id.split_once('/').is_some_and(|(_, word)| word.starts_with("parent"));
        let proved = proofs.iter().any(|proof| {
            proof.product.id == recognition.product.id
                && (proof.version.is_none() || recognition.version.is_none() || proof.version == recognition.version)
        });
        if parent && !proved {
            found.insert((
                recognition.product.id.as_str(),
                recognition.version.as_deref(),
                seen.record.name,
                locate(index),
            ));
        }
    }
    let mut notes: Vec<Unconfirmed> = found
        .into_iter()
        .map(|(product, version, title, evidence)| Unconfirmed {
            product: product.to_owned(),
            version: version.map(str::to_owned),
            title: title.to_owned(),
            evidence,
        })
        .collect();
    notes.dedup_by(|later, first| later.product == first.product && later.version == first.version);
    notes
}

fn contradictions(records: &[Seen<'_, '_>], locate: &Locate<'_>) -> Vec<Contradiction> {
    let found: BTreeSet<Contradiction> = records
        .iter()
        .enumerate()
        .filter_map(|(index, seen)| {
            let recognition = seen.recognition?;
            Some(Contradiction {
                product: recognition.product.id.clone(),
                named: recognition.version.clone(),
                built: recognition.contradicted_by.clone()?,
                title: seen.record.name.to_owned(),
                evidence: locate(index),
            })
        })
        .collect();
    found.into_iter().collect()
}

fn count(classes: &[RecordClass]) -> RecordCounts {
    let of = |wanted| classes.iter().filter(|class| **class == wanted).count() as u64;
    RecordCounts {
        records: classes.len() as u64,
        installations: of(RecordClass::Installation),
        components: of(RecordClass::Component),
        not_licensable: of(RecordClass::NotLicensable),
        duplicates: of(RecordClass::Duplicate),
        unrecognised: of(RecordClass::Unrecognised),
        without_machine: 0,
    }
}

/// What installations are sorted by.
fn order(install: &Installation) -> (&str, Option<&String>, Option<&String>, Option<&str>, Option<&str>) {
    let component = install.component.as_deref();
    (&install.product, install.version.value(), install.edition.value(), component, install.build.as_deref())
}
