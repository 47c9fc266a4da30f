//! Distinct software titles: each is kept once and has a number for ever.

use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

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

/// The same for all titles of a run and another in each, so that no inventory can be written to make all titles collide.
static HASHER: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

impl<'a> Packed<'a> {
    /// Where to look for the title; workers ask, so that the one writer need not.
    pub fn hash(self) -> u64 {
        let mut hasher = HASHER.build_hasher();
        hasher.write(self.text.as_bytes());
        self.ends.iter().for_each(|end| hasher.write_u32(*end));
        hasher.finish()
    }

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
    text.reserve(end as usize);
    texts.into_iter().for_each(|part| text.push_str(part));
    Some(ends)
}

/// All titles of a store. Looking one up asks a table in memory, never the database.
#[derive(Debug, Default)]
pub struct Titles {
    text: String,
    /// Where each title begins in the text, and where its parts end from there.
    titles: Vec<(usize, [u32; 4])>,
    /// Numbers by the hash of the title.
    numbers: HashTable<u32>,
}

impl Titles {
    /// The title with this number; an empty one where there is none.
    pub fn get(&self, id: TitleId) -> SoftwareRecord<'_> {
        packed(&self.text, &self.titles, id.0).map(Packed::record).unwrap_or_default()
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
        let record = |id| packed(&self.text, &self.titles, id).map(|packed| (TitleId(id), packed.record()));
        (0u32..).map_while(record)
    }

    /// The number of a title with its hash, and whether it is new.
    pub(super) fn intern(&mut self, title: Packed<'_>, hash: u64) -> (TitleId, bool) {
        let (text, titles) = (&self.text, &self.titles);
        let same = |id: &u32| packed(text, titles, *id) == Some(title);
        let hash_of = |id: &u32| packed(text, titles, *id).map_or(0, Packed::hash);
        match self.numbers.entry(hash, same, hash_of) {
            Entry::Occupied(known) => (TitleId(*known.get()), false),
            Entry::Vacant(vacant) => {
                let new = u32::try_from(titles.len()).unwrap_or(u32::MAX);
                vacant.insert(new);
                self.titles.push((self.text.len(), title.ends));
                self.text.push_str(title.text);
                (TitleId(new), true)
            }
        }
    }
}

fn packed<'t>(text: &'t str, titles: &[(usize, [u32; 4])], id: u32) -> Option<Packed<'t>> {
    let &(start, ends) = titles.get(id as usize)?;
    Some(Packed { text: &text[start..start + ends[3] as usize], ends })
}
