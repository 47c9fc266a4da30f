//! The software list of one host: as a reader found it, and as the store keeps it.

use crate::model::{Place, SoftwareRecord};

use super::number::{read_number, write_number};
use super::places::Places;
use super::titles::{Fingerprint, KnownTitles, Packed, TitleId};

/// The software records of one host in the order of the file: numbers of titles that are known, and the others written
/// out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SoftwareList {
    titles: Vec<Title>,
    new: Packed,
    places: Places,
}

/// One record of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Title {
    Known(TitleId),
    /// The next of those written out.
    New(Fingerprint),
}

/// A record of a list on its way into the store.
pub(super) enum Listed<'a> {
    /// A title that has its number.
    Known(TitleId),
    /// A title to look for.
    New(SoftwareRecord<'a>, Fingerprint),
}

impl SoftwareList {
    /// Adds the next record; titles that are known need not be written out. One of more than four gigabytes is not
    /// added and gives `false`.
    pub fn push(&mut self, record: SoftwareRecord<'_>, place: &Place, known: &KnownTitles) -> bool {
        let fingerprint = Fingerprint::of(record);
        self.put(record, fingerprint, known.number(fingerprint), place)
    }

    /// [`SoftwareList::push`] for many records; `place` says where each stands. Each step is done for all of them before
    /// the next: the look-ups wait for memory, and so the processor waits for several at a time.
    pub fn extend(
        &mut self,
        records: &[SoftwareRecord<'_>],
        place: &dyn Fn(usize) -> Place,
        known: &KnownTitles,
    ) -> bool {
        let fingerprints: Vec<Fingerprint> = records.iter().copied().map(Fingerprint::of).collect();
        let numbers: Vec<Option<TitleId>> = fingerprints.iter().map(|&title| known.number(title)).collect();
        self.titles.reserve(records.len());
        let found = records.iter().zip(fingerprints).zip(numbers).enumerate();
        found.fold(true, |all, (index, ((&record, fingerprint), number))| {
            all & self.put(record, fingerprint, number, &place(index))
        })
    }

    fn put(
        &mut self,
        record: SoftwareRecord<'_>,
        fingerprint: Fingerprint,
        number: Option<TitleId>,
        place: &Place,
    ) -> bool {
        match number {
            Some(number) => self.titles.push(Title::Known(number)),
            None if self.new.push(record) => self.titles.push(Title::New(fingerprint)),
            None => return false,
        }
        self.places.push(place);
        true
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.titles.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.titles.is_empty()
    }

    /// The records in order.
    pub(super) fn listed(&self) -> impl Iterator<Item = Listed<'_>> {
        let mut written_out = 0;
        self.titles.iter().map(move |title| match *title {
            Title::Known(number) => Listed::Known(number),
            Title::New(fingerprint) => {
                written_out += 1;
                Listed::New(self.new.get(written_out - 1).unwrap_or_default(), fingerprint)
            }
        })
    }

    /// Where the records stand.
    pub fn places(&self) -> &Places {
        &self.places
    }
}

/// Number of a distinct software list in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(pub i64);

/// The software list of one host as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSoftware {
    /// The distinct list; hosts with the same software share it.
    pub list: ListId,
    /// Where the records stand in this host's file.
    pub places: Places,
}

/// Appends the number of a title.
pub(super) fn write_title(bytes: &mut Vec<u8>, TitleId(id): TitleId) {
    write_number(bytes, u64::from(id));
}

/// Numbers of titles as they were written; `None` where the bytes are none.
pub(super) fn read_titles(bytes: &[u8]) -> Option<Vec<TitleId>> {
    let mut titles = Vec::with_capacity(bytes.len() / 2);
    let mut left = bytes.iter();
    while !left.as_slice().is_empty() {
        titles.push(TitleId(u32::try_from(read_number(&mut left)?).ok()?));
    }
    Some(titles)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lists_of_numbers_come_back_as_they_were(ids in prop::collection::vec(any::<u32>(), 0..50)) {
            let mut bytes = Vec::new();
            ids.iter().for_each(|&id| write_title(&mut bytes, TitleId(id)));
            prop_assert_eq!(read_titles(&bytes), Some(ids.into_iter().map(TitleId).collect()));
        }

        #[test]
        fn damaged_lists_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            let _ = read_titles(&bytes);
        }
    }
}
