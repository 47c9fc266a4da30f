//! Distinct software titles: each is kept once and has a number for ever.
//!
//! While a scan is written, other threads look titles up among those that were known when their files were begun, so
//! that a title is written out only where it is new to them: nearly none is. Numbers are given by the one writer, in the
//! order of the files, so that they depend on no thread.

use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, LazyLock};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::model::SoftwareRecord;

/// Number of a software title, counted from zero in the order in which titles were first met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TitleId(pub u32);

/// What a title is known by: two hashes of all its texts, of 64 bits each, under keys of their own.
///
/// Titles are looked up by millions, and to read the texts of the known one for a comparison took a tenth of a scan. By
/// chance two of a million titles meet in one of 10²⁶ runs; the keys are drawn anew for each, so that no inventory can be
/// written with them in mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u64; 2]);

/// The same for all titles of a run.
static HASHERS: LazyLock<[DefaultHashBuilder; 2]> = LazyLock::new(Default::default);

impl Fingerprint {
    /// Of one title.
    pub fn of(title: SoftwareRecord<'_>) -> Self {
        let [mut one, mut other] = HASHERS.each_ref().map(BuildHasher::build_hasher);
        for text in [title.name, title.version, title.publisher, title.key] {
            for hasher in [&mut one, &mut other] {
                hasher.write(text.as_bytes());
                hasher.write_usize(text.len());
            }
        }
        Self([one.finish(), other.finish()])
    }

    /// Where to look for it in a table.
    fn slot(self) -> u64 {
        self.0[0]
    }
}

/// Records whose texts follow each other in one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Packed {
    text: String,
    /// Where each record begins in the text, and where its name, version, publisher and key end from there.
    records: Vec<(usize, [u32; 4])>,
}

impl Packed {
    /// Appends a record. One of more than four gigabytes is not appended and gives `false`.
    pub fn push(&mut self, record: SoftwareRecord<'_>) -> bool {
        let texts = [record.name, record.version, record.publisher, record.key];
        let (mut ends, mut end) = ([0u32; 4], 0u32);
        for (text, slot) in texts.iter().zip(&mut ends) {
            let sum = u32::try_from(text.len()).ok().and_then(|length| end.checked_add(length));
            let Some(sum) = sum else { return false };
            (end, *slot) = (sum, sum);
        }
        self.records.push((self.text.len(), ends));
        self.text.reserve(end as usize);
        texts.into_iter().for_each(|part| self.text.push_str(part));
        true
    }

    /// The record at an index.
    pub fn get(&self, index: usize) -> Option<SoftwareRecord<'_>> {
        let &(start, ends) = self.records.get(index)?;
        let [name, version, publisher, key] = ends.map(|end| start + end as usize);
        Some(SoftwareRecord {
            name: &self.text[start..name],
            version: &self.text[name..version],
            publisher: &self.text[version..publisher],
            key: &self.text[publisher..key],
        })
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }
}

/// Titles with the places to find them at.
#[derive(Debug, Clone, Default)]
struct Table {
    titles: Packed,
    /// What each title is known by, with its place in `titles`.
    places: HashTable<(Fingerprint, u32)>,
}

impl Table {
    fn find(&self, wanted: Fingerprint) -> Option<u32> {
        self.places.find(wanted.slot(), |&(known, _)| known == wanted).map(|&(_, place)| place)
    }

    /// Adds a title that is not in it; nothing where it is too long or the numbers are spent.
    fn add(&mut self, title: SoftwareRecord<'_>, fingerprint: Fingerprint) -> Option<u32> {
        let place = u32::try_from(self.titles.len()).ok()?;
        if !self.titles.push(title) {
            return None;
        }
        self.places.insert_unique(fingerprint.slot(), (fingerprint, place), |(known, _)| known.slot());
        Some(place)
    }
}

/// Titles that were known at some moment, for threads that look them up while others are added.
#[derive(Debug, Clone, Default)]
pub struct KnownTitles(Arc<Table>);

impl KnownTitles {
    /// The number of a title.
    pub(super) fn number(&self, title: Fingerprint) -> Option<TitleId> {
        self.0.find(title).map(TitleId)
    }
}

/// All titles of a store. Looking one up asks tables in memory, never the database.
#[derive(Debug, Default)]
pub struct Titles {
    /// Those that other threads may look up.
    settled: KnownTitles,
    /// Those that came since; their numbers go on from there.
    fresh: Table,
}

impl Titles {
    /// The title with this number; an empty one where there is none.
    pub fn get(&self, id: TitleId) -> SoftwareRecord<'_> {
        let (settled, number) = (&self.settled.0.titles, id.0 as usize);
        let title = settled.get(number).or_else(|| self.fresh.titles.get(number.checked_sub(settled.len())?));
        title.unwrap_or_default()
    }

    /// Number of titles.
    pub fn len(&self) -> usize {
        self.settled.0.titles.len() + self.fresh.titles.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every title with its number, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TitleId, SoftwareRecord<'_>)> {
        (0u32..).map(TitleId).take(self.len()).map(|id| (id, self.get(id)))
    }

    /// Those known by now.
    pub(super) fn known(&mut self) -> KnownTitles {
        if self.fresh.titles.len() > 0 {
            let Table { titles: fresh, places } = std::mem::take(&mut self.fresh);
            // Where somebody still looks into those known before, these are a copy from here on.
            let settled = Arc::make_mut(&mut self.settled.0);
            let mut fingerprints: Vec<(Fingerprint, u32)> = places.into_iter().collect();
            fingerprints.sort_unstable_by_key(|&(_, place)| place);
            for (fingerprint, place) in fingerprints {
                fresh.get(place as usize).and_then(|title| settled.add(title, fingerprint));
            }
        }
        self.settled.clone()
    }

    /// The number of a title, and whether it is new; nothing where there is no number for it.
    pub(super) fn intern(&mut self, title: SoftwareRecord<'_>, fingerprint: Fingerprint) -> Option<(TitleId, bool)> {
        let before = u32::try_from(self.settled.0.titles.len()).ok()?;
        if let Some(known) = self.settled.number(fingerprint) {
            return Some((known, false));
        }
        let known = self.fresh.find(fingerprint);
        let place = known.or_else(|| self.fresh.add(title, fingerprint))?;
        Some((TitleId(before.checked_add(place)?), known.is_none()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(name: &str) -> SoftwareRecord<'_> {
        SoftwareRecord { name, version: "1", ..SoftwareRecord::default() }
    }

    fn fingerprint(title: SoftwareRecord<'_>) -> Fingerprint {
        Fingerprint::of(title)
    }

    fn number(titles: &mut Titles, name: &str) -> (TitleId, bool) {
        titles.intern(title(name), fingerprint(title(name))).expect("a number")
    }

    #[test]
    fn a_title_keeps_its_number_whether_others_may_look_it_up_yet_or_not() {
        let mut titles = Titles::default();
        assert_eq!(number(&mut titles, "a"), (TitleId(0), true));
        let looked_into = titles.known();
        assert_eq!(number(&mut titles, "b"), (TitleId(1), true));
        let also = titles.known();
        assert_eq!(also.number(fingerprint(title("b"))), Some(TitleId(1)));
        assert_eq!(looked_into.number(fingerprint(title("b"))), None, "it is as it was");
        assert_eq!(number(&mut titles, "b"), (TitleId(1), false));
        assert_eq!(number(&mut titles, "c"), (TitleId(2), true));
        assert_eq!(number(&mut titles, "a"), (TitleId(0), false));
        let names: Vec<&str> = titles.iter().map(|(_, title)| title.name).collect();
        assert_eq!((names.as_slice(), titles.len()), (&["a", "b", "c"][..], 3));
        assert_eq!(titles.get(TitleId(3)), SoftwareRecord::default());
    }

    #[test]
    fn parts_of_a_title_are_not_confused_with_each_other() {
        let mut titles = Titles::default();
        let cut = |name: &'static str, version: &'static str| SoftwareRecord { name, version, ..Default::default() };
        for (number, title) in [cut("ab", ""), cut("a", "b"), cut("", "ab")].into_iter().enumerate() {
            let new = TitleId(u32::try_from(number).expect("small"));
            assert_eq!(titles.intern(title, fingerprint(title)), Some((new, true)));
            assert_eq!(titles.get(new), title);
        }
    }
}
