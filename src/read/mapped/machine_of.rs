//! Of which machine a file is that names none: the one after which the file or its folder is named.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use regex::Regex;

use crate::diag::{Code, Diagnostic};
use crate::model::Place;
use crate::rules::Mapping;

use super::super::Input;
use super::super::faults::Faults;
use super::super::table::Table;
use super::fit::Fit;

/// What stands in a mapping for the machine after which file or folder are named.
pub(super) const MACHINE: &str = "{machine}";

/// Endings that belong to the form of a file.
const ENDINGS: [&str; 15] = [
    ".gz", ".bz2", ".z", ".tgz", ".json", ".ndjson", ".jsonl", ".log", ".txt", ".csv", ".facts", ".reg", ".wmi",
    ".xml", ".plist",
];

/// The machine after which a file is named; nothing where its name and that of its folder say only what is in it.
pub(super) fn name(mapping: &Mapping, input: &Input<'_>) -> Option<String> {
    named_after(input, &mapping.file_words)
}

/// The same, with the words that say what is in a file.
pub(in crate::read) fn named_after(input: &Input<'_>, words: &[String]) -> Option<String> {
    let mut folders = input.path.rsplit('/');
    let mut file = folders.next()?.to_owned();
    while let Some(ending) = ENDINGS.iter().find(|ending| file.to_lowercase().ends_with(*ending)) {
        file.truncate(file.len() - ending.len());
    }
    let folder =
        folders.next().filter(|folder| !input.organisation.is_some_and(|name| folder.eq_ignore_ascii_case(name)));
    [Some(file.as_str()), folder].into_iter().flatten().find_map(|text| without_words(text, words))
}

/// A day, with or without a time, behind the rest of a name or alone.
const DAY_AT_THE_END: &str =
    r"(^|[-_. ])(19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d([-_T. ]?\d\d[-_.:]?\d\d([-_.:]?\d\d)?Z?)?$";

/// A name without the words at its ends that say what is in the file; nothing where it consists of them.
fn without_words(text: &str, words: &[String]) -> Option<String> {
    let is_sign = |letter: char| matches!(letter, '-' | '_' | '.' | ' ' | '(' | ')');
    static DAY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(DAY_AT_THE_END).ok());
    let without_day = |text: &str| DAY.as_ref().and_then(|day| Some(day.find(text)?.start()));
    let is_word = |text: &str| words.iter().any(|word| word.eq_ignore_ascii_case(text.trim_matches(is_sign)));
    // `32` may say which view of a registry a file holds, and be the number of a machine: `web-32`.
    let says_view = |word: &str, rest: &str| {
        let is_number = word.chars().all(|letter| letter.is_ascii_digit());
        !is_number || is_word(rest) || rest.contains(|letter: char| letter.is_ascii_digit())
    };
    let mut rest = text.trim_matches(is_sign);
    loop {
        rest = without_day(rest).map_or(rest, |at| &rest[..at]).trim_end_matches(is_sign);
        let lower = rest.to_lowercase();
        let shorter = words.iter().map(|word| word.to_lowercase()).find_map(|word| {
            let behind = lower.strip_prefix(&word).filter(|rest| rest.is_empty() || rest.starts_with(is_sign));
            let before = lower.strip_suffix(&word).filter(|rest| rest.is_empty() || rest.ends_with(is_sign));
            let before = before.filter(|rest| says_view(&word, rest));
            // Lower case may be longer or shorter than the text itself; such names are left as they are.
            let same = lower.len() == rest.len();
            match (behind.filter(|_| same), before.filter(|_| same)) {
                (Some(behind), _) => rest.get(rest.len() - behind.len()..),
                (None, Some(before)) => rest.get(..before.len()),
                (None, None) => None,
            }
        });
        match shorter {
            // What is left of `apps-01` is no name, so that all of it is one.
            Some(shorter) if !shorter.is_empty() && !shorter.contains(char::is_alphabetic) && !is_word(shorter) => {
                break;
            }
            Some(shorter) => rest = shorter.trim_matches(is_sign),
            None => break,
        }
    }
    (!rest.is_empty()).then(|| rest.to_owned())
}

/// Says after what a machine was named that the document itself does not name.
///
/// # Errors
/// Where nothing names it.
pub(super) fn tell(
    mapping: &Mapping,
    found: &[&str],
    input: &Input<'_>,
    faults: &mut Faults,
) -> Result<(), Diagnostic> {
    if !named_by_path(mapping, found) {
        return Ok(());
    }
    named_or_asked(name(mapping, input), input).map(|(_, told)| faults.keep(told))
}

/// The machine after which a file is named that names none itself, and what to tell of that.
///
/// # Errors
/// Where nothing names it: the question which machine it is of.
pub(in crate::read) fn named_or_asked(
    named: Option<String>,
    input: &Input<'_>,
) -> Result<(String, Diagnostic), Diagnostic> {
    match named {
        Some(machine) => {
            let message = format!("it names no machine and is taken to be of `{machine}`, after which it is named");
            Ok((machine, Diagnostic::note(Code::IncompleteRecord, input.path, message).at(Place::Whole)))
        }
        None => {
            let message = "which machine is this of? Neither its content nor its name nor its folder says so";
            let help = "name the file or its folder after the machine, such as web-01/programs.json";
            Err(Diagnostic::error(Code::IncompleteRecord, input.path, message).at(Place::Whole).help(help))
        }
    }
}

/// Whether the document names no machine, so that file or folder have to.
fn named_by_path(mapping: &Mapping, found: &[&str]) -> bool {
    let headings = mapping.column("name").map(|column| column.headings.as_slice()).unwrap_or_default();
    let named = headings.iter().any(|heading| found.contains(&heading.as_str()));
    !named && mapping.fixed("name") == Some(MACHINE)
}

/// Makes sure that rows which name no machine are of one.
///
/// # Errors
/// Where they differ in what the mapping says must be the same: several machines cannot be named after one file.
pub(super) fn one_machine(fit: &Fit<'_>, found: &[&str], path: &str, table: &mut dyn Table) -> Result<(), Diagnostic> {
    let Some(same) = fit.mapping.same.as_deref().filter(|_| named_by_path(fit.mapping, found)) else { return Ok(()) };
    let column = fit.find_column(same);
    let mut values = BTreeSet::new();
    table.each(&mut |row| {
        match row {
            Ok(row) if row.place != fit.place && !row.cell(column).is_empty() => {
                values.insert(row.cell(column).to_owned())
            }
            _ => false,
        };
        if values.len() < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    if values.len() < 2 {
        return Ok(());
    }
    let values: Vec<String> = values.into_iter().collect();
    let message = format!("it is of several machines (`{same}` {}, for two) and names none of them", values.join(", "));
    let help = "export each machine into a file of its own, named after it";
    Err(Diagnostic::error(Code::IncompleteRecord, path, message).at(Place::Whole).help(help))
}

#[cfg(test)]
mod tests {
    use super::without_words;

    #[test]
    fn words_that_say_what_is_in_a_file_are_no_name() {
        let words: Vec<String> = ["software", "programs", "deb_packages", "osquery"].map(str::to_owned).into();
        let name = |text| without_words(text, &words);
        assert_eq!(name("web-01-software").as_deref(), Some("web-01"));
        assert_eq!(name("osquery_programs_WEB-01.example.org").as_deref(), Some("WEB-01.example.org"));
        assert_eq!(name("programs").as_deref(), None);
        assert_eq!(name("osquery-deb_packages").as_deref(), None);
        assert_eq!(name("softwarehouse").as_deref(), Some("softwarehouse"));
        assert_eq!(name("programs-01").as_deref(), Some("programs-01"));
        assert_eq!(name("web-01_programs_2026-06-28").as_deref(), Some("web-01"));
        assert_eq!(name("software-20260628T061200Z").as_deref(), None);
        assert_eq!(name("---").as_deref(), None);
        let views: Vec<String> = ["uninstall", "32", "64"].map(str::to_owned).into();
        let name = |text| without_words(text, &views);
        assert_eq!(name("Uninstall-32").as_deref(), None);
        assert_eq!(name("web-01-Uninstall-64").as_deref(), Some("web-01"));
        assert_eq!(name("web-01-64").as_deref(), Some("web-01"));
        assert_eq!(name("web-32").as_deref(), Some("web-32"));
    }
}
