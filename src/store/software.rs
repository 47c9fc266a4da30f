//! The software list of one host: as a reader found it, and as the store keeps it.

use crate::model::{Place, SoftwareRecord};

use super::number::{read_number, write_number};
use super::places::Places;
use super::titles::{Packed, TitleId, pack};

/// The software records of one host in the order of the file, all in one piece of text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SoftwareList {
    text: String,
    /// Where the parts of each record end, counted from its beginning.
    ends: Vec<[u32; 4]>,
    /// Hash of each record, see [`Packed::hash`].
    hashes: Vec<u64>,
    places: Places,
}

impl SoftwareList {
    /// Adds the next record. One of more than four gigabytes is not added and gives `false`.
    pub fn push(&mut self, record: SoftwareRecord<'_>, place: &Place) -> bool {
        let start = self.text.len();
        let Some(ends) = pack(record, &mut self.text) else { return false };
        self.ends.push(ends);
        self.hashes.push(Packed { text: &self.text[start..], ends }.hash());
        self.places.push(place);
        true
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The records in order.
    pub fn iter(&self) -> impl Iterator<Item = SoftwareRecord<'_>> {
        self.hashed().map(|(packed, _)| packed.record())
    }

    /// The records in order, each with its hash.
    pub(super) fn hashed(&self) -> impl Iterator<Item = (Packed<'_>, u64)> {
        let mut start = 0;
        self.ends.iter().zip(&self.hashes).map(move |(&ends, &hash)| {
            let text = &self.text[start..start + ends[3] as usize];
            start += text.len();
            (Packed { text, ends }, hash)
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
