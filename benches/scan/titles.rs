//! What comes out of one file, and titles by number.

use std::hash::{BuildHasher, Hasher};

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

/// What a scanner takes from a block of files: all texts in one, and where each record ends.
#[derive(Default)]
pub struct Scanned {
    /// Name, version, publisher and key of record after record.
    pub text: Vec<u8>,
    /// Where the four parts of each record end, from its beginning; and its hash.
    pub records: Vec<([u32; 4], u64)>,
    /// Name of each host, and how many records were known when it ended.
    pub hosts: Vec<(String, usize)>,
}

impl Scanned {
    /// Adds a record.
    pub fn add(&mut self, parts: [&[u8]; 4], hashing: &DefaultHashBuilder) {
        let start = self.text.len();
        let mut ends = [0; 4];
        for (part, end) in parts.iter().zip(&mut ends) {
            self.text.extend_from_slice(part);
            *end = u32::try_from(self.text.len() - start).expect("a record of less than four gigabytes");
        }
        let hash = hash(&self.text[start..], &ends, hashing);
        self.records.push((ends, hash));
    }

    /// Ends a host.
    pub fn end_host(&mut self, name: &[u8]) {
        self.hosts.push((String::from_utf8_lossy(name).into_owned(), self.records.len()));
    }
}

fn hash(text: &[u8], ends: &[u32; 4], hashing: &DefaultHashBuilder) -> u64 {
    let mut hasher = hashing.build_hasher();
    hasher.write(text);
    ends.iter().for_each(|end| hasher.write_u32(*end));
    hasher.finish()
}

/// Distinct titles in the order in which they were first met.
#[derive(Default)]
pub struct Titles {
    text: Vec<u8>,
    /// Where each title begins, and where its parts end from there.
    places: Vec<(usize, [u32; 4])>,
    numbers: HashTable<u32>,
}

impl Titles {
    /// The number of a title.
    pub fn number(&mut self, text: &[u8], ends: [u32; 4], hash: u64, hashing: &DefaultHashBuilder) -> u32 {
        let (all, places) = (&self.text, &self.places);
        let known = |number: &u32| {
            let (start, ends) = places[*number as usize];
            (&all[start..start + ends[3] as usize], ends)
        };
        let again = |number: &u32| self::hash(known(number).0, &known(number).1, hashing);
        match self.numbers.entry(hash, |number| known(number) == (text, ends), again) {
            Entry::Occupied(occupied) => *occupied.get(),
            Entry::Vacant(vacant) => {
                let number = u32::try_from(places.len()).expect("fewer than four milliards of titles");
                vacant.insert(number);
                self.places.push((self.text.len(), ends));
                self.text.extend_from_slice(text);
                number
            }
        }
    }

    /// Every title: name, version, publisher, key.
    pub fn iter(&self) -> impl Iterator<Item = [&[u8]; 4]> {
        self.places.iter().map(|&(start, ends)| {
            let [name, version, publisher, key] = ends.map(|end| start + end as usize);
            let text = &self.text;
            [&text[start..name], &text[name..version], &text[version..publisher], &text[publisher..key]]
        })
    }
}
