//! Distinct software titles: each is kept once and has a number for ever.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::model::SoftwareRecord;

/// Number of a software title, counted from zero in the order in which titles were first met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TitleId(pub u32);

/// Where a title's texts end in the common text; they follow each other.
#[derive(Debug, Clone, Copy)]
struct Ends {
    start: usize,
    name: usize,
    version: usize,
    publisher: usize,
    key: usize,
}

/// All titles of a store. Looking one up asks a hash map in memory, never the database.
#[derive(Debug, Default)]
pub struct Titles {
    text: String,
    ends: Vec<Ends>,
    hasher: RandomState,
    /// First title of each hash.
    first: HashMap<u64, u32>,
    /// Next title of the same hash; itself where there is none.
    next: Vec<u32>,
}

impl Titles {
    /// The title with this number; an empty one where there is none.
    pub fn get(&self, id: TitleId) -> SoftwareRecord<'_> {
        self.ends.get(id.0 as usize).map(|ends| self.record(*ends)).unwrap_or_default()
    }

    /// Number of titles.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Every title with its number, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TitleId, SoftwareRecord<'_>)> {
        (0u32..).map(TitleId).zip(self.ends.iter().map(|ends| self.record(*ends)))
    }

    /// The number of a title, and whether it is new.
    pub(super) fn intern(&mut self, record: SoftwareRecord<'_>) -> (TitleId, bool) {
        let id = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        let mut last = None;
        match self.first.entry(self.hasher.hash_one(record)) {
            std::collections::hash_map::Entry::Vacant(vacant) => drop(vacant.insert(id)),
            std::collections::hash_map::Entry::Occupied(occupied) => {
                let mut known = *occupied.get();
                loop {
                    if self.record(self.ends[known as usize]) == record {
                        return (TitleId(known), false);
                    }
                    let next = self.next[known as usize];
                    if next == known {
                        break;
                    }
                    known = next;
                }
                last = Some(known);
            }
        }
        if let Some(last) = last {
            self.next[last as usize] = id;
        }
        self.next.push(id);
        self.add(record);
        (TitleId(id), true)
    }

    fn add(&mut self, record: SoftwareRecord<'_>) {
        let start = self.text.len();
        let name = start + record.name.len();
        let version = name + record.version.len();
        let publisher = version + record.publisher.len();
        for text in [record.name, record.version, record.publisher, record.key] {
            self.text.push_str(text);
        }
        self.ends.push(Ends { start, name, version, publisher, key: self.text.len() });
    }

    fn record(&self, ends: Ends) -> SoftwareRecord<'_> {
        SoftwareRecord {
            name: &self.text[ends.start..ends.name],
            version: &self.text[ends.name..ends.version],
            publisher: &self.text[ends.version..ends.publisher],
            key: &self.text[ends.publisher..ends.key],
        }
    }
}
