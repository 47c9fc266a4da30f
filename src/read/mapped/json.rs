//! Mappings of JSON documents: which of a mapping's paths lead anywhere in a document, and what it then reads there.

use crate::diag::Diagnostic;
use crate::rules::Mapping;

use super::super::records::{JsonTable, Records};
use super::super::table::Row;
use super::fit::Fit;
use crate::model::Place;

/// Bytes within which everything must occur by which a document is recognised.
const HEAD_BYTES: usize = 64 * 1024;

/// A mapping that a document fits, with the path of its records.
pub(super) struct JsonFit<'m> {
    /// What is found where.
    pub fit: Fit<'m>,
    /// Paths that the beginning of the document shows.
    pub found: Vec<&'m str>,
    records: Records<'m>,
}

impl<'m> JsonFit<'m> {
    /// Tries the paths of a mapping, in their order.
    pub fn find(mapping: &'m Mapping, path: &str, text: &str) -> Option<Self> {
        let mut end = text.len().min(HEAD_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let head = &text[..end];
        if !may_fit(mapping, head) {
            return None;
        }
        let wanted = headings(mapping);
        mapping.objects.iter().find_map(|object| {
            let records = Records::new(object, &mapping.rows, &mapping.wrappers, &wanted);
            let found = records.found_in(head);
            let cells = found.iter().map(|name| (*name).to_owned()).collect();
            let row = Row { place: Place::Whole, cells, typed: Vec::new(), loose: Vec::new() };
            Fit::find(mapping, path, None, &[row])?;
            let names = wanted.iter().map(|name| (*name).to_owned()).collect();
            Some(Self { fit: Fit::with(mapping, names), found, records })
        })
    }

    /// What keeps a mapping from a document that shows at least half of the paths by which it is recognised.
    pub fn missed(mapping: &'m Mapping, path: &str, head: &str) -> Option<(String, Place)> {
        let wanted = headings(mapping);
        mapping.objects.iter().find_map(|object| {
            let found = Records::new(object, &mapping.rows, &mapping.wrappers, &wanted).found_in(head);
            let cells = found.iter().map(|name| (*name).to_owned()).collect();
            let row = Row { place: Place::Whole, cells, typed: Vec::new(), loose: Vec::new() };
            super::fit::missed(mapping, path, None, &[row])
        })
    }

    /// The document as the table that the mapping makes of it.
    ///
    /// # Errors
    /// Where the text is broken.
    pub fn table<'a>(&self, text: &'a str, path: &'a str) -> Result<JsonTable<'a, 'm>, Diagnostic> {
        JsonTable::new(text, path, self.records.clone())
    }
}

/// Whether the last keys of the telling paths occur at all, which is quickly seen.
fn may_fit(mapping: &Mapping, head: &str) -> bool {
    let head = head.to_ascii_lowercase();
    let occurs = |path: &String| {
        let bare = path.trim_start_matches('^');
        let last = bare.rsplit('.').find(|key| *key != "*" && key.parse::<usize>().is_err()).unwrap_or_default();
        let key = last.rsplit(']').next().unwrap_or_default();
        key.is_empty() || key == "@" || head.contains(&format!("{}\"", key.to_ascii_lowercase()))
    };
    mapping.headings.iter().all(|any| any.iter().any(occurs))
}

/// Every path that the mapping asks for, once.
fn headings(mapping: &Mapping) -> Vec<&str> {
    let mut headings: Vec<&str> = Vec::new();
    let made_up = mapping.columns.iter().filter_map(|column| column.text.as_deref()).flat_map(in_braces);
    let of_columns = mapping.columns.iter().flat_map(|column| column.headings.iter().chain(&column.times));
    let of_filters = mapping.filters.iter().flat_map(|filter| &filter.headings);
    let telling = mapping.headings.iter().flatten().chain(&mapping.without);
    let all = telling
        .chain(of_columns)
        .chain(of_filters)
        .chain(&mapping.remarks)
        .chain(&mapping.same)
        .map(String::as_str)
        .chain(made_up);
    for heading in all {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    headings
}

/// The names in braces of a text that is made up.
fn in_braces(text: &str) -> impl Iterator<Item = &str> {
    let within = text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0));
    within.flat_map(|names| names.split('|')).filter(|name| *name != "folder")
}
