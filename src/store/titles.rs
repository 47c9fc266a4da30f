//! Distinct software titles: each is kept once and has a number for ever.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use crate::model::SoftwareRecord;

/// Number of a software title, counted from zero in the order in which titles were first met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TitleId(pub u32);

/// A record whose texts follow each other in one, so that comparing and hashing it is one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed<'a> {
    /// Name, version, publisher and key.
    pub text: &'a str,
    /// Where each of them ends.
    pub ends: [u32; 4],
}

impl<'a> Packed<'a> {
    /// The record.
    pub fn record(self) -> SoftwareRecord<'a> {
        let [name, version, publisher, key] = self.ends.map(|end| end as usize);
        SoftwareRecord {
            name: &self.text[..name],
            version: &self.text[name..version],
            publisher: &self.text[version..publisher],
            key: &self.text[publisher..key],
        }
    }
}

/// Appends the texts of a record; gives where each ends, or `None`, with nothing appended, where they exceed four
/// gigabytes.
pub(super) fn pack(record: SoftwareRecord<'_>, text: &mut String) -> Option<[u32; 4]> {
    let texts = [record.name, record.version, record.publisher, record.key];
    let mut ends = [0u32; 4];
    let mut end = 0u32;
    for (text, slot) in texts.iter().zip(&mut ends) {
        end = end.checked_add(u32::try_from(text.len()).ok()?)?;
        *slot = end;
    }
    texts.into_iter().for_each(|part| text.push_str(part));
    Some(ends)
}

/// All titles of a store. Looking one up asks a hash map in memory, never the database.
#[derive(Debug, Default)]
pub struct Titles {
    text: String,
    /// Where each title begins in the text, and where its parts end from there.
    titles: Vec<(usize, [u32; 4])>,
    hasher: RandomState,
    /// First title of each hash.
    first: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    /// Next title of the same hash; itself where there is none.
    next: Vec<u32>,
}

/// Takes keys that are hashes already as they are.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Titles {
    /// The title with this number; an empty one where there is none.
    pub fn get(&self, id: TitleId) -> SoftwareRecord<'_> {
        self.packed(id.0).map(Packed::record).unwrap_or_default()
    }

    /// Number of titles.
    pub fn len(&self) -> usize {
        self.titles.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.titles.is_empty()
    }

    /// Every title with its number, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TitleId, SoftwareRecord<'_>)> {
        (0u32..).map_while(|id| self.packed(id).map(|packed| (TitleId(id), packed.record())))
    }

    /// The number of a title, and whether it is new.
    pub(super) fn intern(&mut self, packed: Packed<'_>) -> (TitleId, bool) {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(packed.text.as_bytes());
        packed.ends.iter().for_each(|end| hasher.write_u32(*end));
        let hash = hasher.finish();
        let new = u32::try_from(self.titles.len()).unwrap_or(u32::MAX);
        let mut last = match self.first.entry(hash) {
            Entry::Occupied(occupied) => *occupied.get(),
            Entry::Vacant(vacant) => *vacant.insert(new),
        };
        while last != new {
            if self.packed(last) == Some(packed) {
                return (TitleId(last), false);
            }
            let next = self.next[last as usize];
            if next == last {
                self.next[last as usize] = new;
                break;
            }
            last = next;
        }
        self.next.push(new);
        self.titles.push((self.text.len(), packed.ends));
        self.text.push_str(packed.text);
        (TitleId(new), true)
    }

    fn packed(&self, id: u32) -> Option<Packed<'_>> {
        let &(start, ends) = self.titles.get(id as usize)?;
        Some(Packed { text: &self.text[start..start + ends[3] as usize], ends })
    }
}
