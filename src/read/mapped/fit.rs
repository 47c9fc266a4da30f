//! Whether a mapping is for a table, and in which row the headings stand.

use crate::model::Place;
use crate::rules::{Mapping, follows};

use super::super::table::{Row, heading};

/// A mapping with the headings it found.
pub(super) struct Fit<'a> {
    /// The mapping.
    pub mapping: &'a Mapping,
    /// Headings as written.
    pub names: Vec<String>,
    /// Headings as compared.
    keys: Vec<String>,
    /// Where they stand.
    pub place: Place,
}

impl<'a> Fit<'a> {
    /// Finds the row with the headings of a mapping that is for this file and sheet.
    pub fn find(mapping: &'a Mapping, path: &str, sheet: Option<&str>, rows: &[Row]) -> Option<Self> {
        let for_file = mapping.files.is_empty() || takes_file(mapping, path);
        let for_sheet = mapping.sheets.is_empty()
            || sheet.is_none_or(|sheet| mapping.sheets.iter().any(|pattern| follows(pattern, sheet)));
        if !for_file || !for_sheet {
            return None;
        }
        rows.iter().find_map(|row| Self::of(mapping, row))
    }

    fn of(mapping: &'a Mapping, row: &Row) -> Option<Self> {
        let filled = row.cells.iter().filter(|cell| !cell.is_empty()).count();
        if filled < mapping.headings.len().max(1) {
            return None;
        }
        let keys = row.cells.iter().map(|name| key(mapping, name)).collect();
        let fit = Self { mapping, names: row.cells.clone(), keys, place: row.place.clone() };
        let all = mapping.headings.iter().all(|any| any.iter().any(|name| fit.find_column(name).is_some()));
        let named = !mapping.headings.is_empty()
            || mapping.columns.iter().any(|column| column.headings.iter().any(|name| fit.find_column(name).is_some()));
        let foreign = mapping.without.iter().any(|name| fit.find_column(name).is_some());
        (all && named && !foreign).then_some(fit)
    }

    /// A mapping with these headings, found by other means than a row of them.
    pub fn with(mapping: &'a Mapping, names: Vec<String>) -> Self {
        let keys = names.iter().map(|name| heading(name)).collect();
        Self { mapping, names, keys, place: Place::Whole }
    }

    /// The first column with this heading.
    pub fn find_column(&self, name: &str) -> Option<usize> {
        let wanted = heading(name);
        self.keys.iter().position(|key| *key == wanted)
    }
}

/// What keeps a mapping from a table that shows at least half of the headings by which it is recognised: in words, with
/// the row that comes nearest.
pub(super) fn missed(mapping: &Mapping, path: &str, sheet: Option<&str>, rows: &[Row]) -> Option<(String, Place)> {
    let groups = mapping.headings.len();
    let near = rows.iter().filter_map(|row| {
        let keys = row.cells.iter().map(|name| key(mapping, name)).collect();
        let fit = Fit { mapping, names: row.cells.clone(), keys, place: row.place.clone() };
        let is_there = |any: &&Vec<String>| any.iter().any(|name| fit.find_column(name).is_some());
        let lacking: Vec<String> =
            mapping.headings.iter().filter(|any| !is_there(any)).map(|any| any.join("` or `")).collect();
        let foreign: Vec<&str> =
            mapping.without.iter().map(String::as_str).filter(|name| fit.find_column(name).is_some()).collect();
        (lacking.len() < groups && lacking.len() * 2 <= groups).then(|| (lacking, foreign, row.place.clone()))
    });
    let (lacking, foreign, place) = near.min_by_key(|(lacking, foreign, _)| (lacking.len(), foreign.len()))?;
    let why = if !lacking.is_empty() {
        format!("it lacks the heading `{}`", lacking.join("`, `"))
    } else if !foreign.is_empty() {
        format!("it has the heading `{}`, which `without` names", foreign.join("`, `"))
    } else if !mapping.files.is_empty() && !takes_file(mapping, path) {
        "its path is none of `files`".to_owned()
    } else if sheet
        .is_some_and(|sheet| !mapping.sheets.is_empty() && !mapping.sheets.iter().any(|one| follows(one, sheet)))
    {
        "its sheet is none of `sheets`".to_owned()
    } else {
        return None;
    };
    Some((why, place))
}

/// A heading as compared, without the beginning that the program puts before every one.
fn key(mapping: &Mapping, name: &str) -> String {
    let key = heading(name);
    let prefixes = mapping.prefixes.iter().map(|prefix| heading(prefix));
    let bare = prefixes.filter_map(|prefix| key.strip_prefix(&prefix).map(str::to_owned)).next();
    bare.filter(|bare| !bare.is_empty()).unwrap_or(key)
}

/// Whether a mapping names the path of a file.
pub(super) fn takes_file(mapping: &Mapping, path: &str) -> bool {
    mapping.files.iter().any(|pattern| follows(pattern, path))
}
