//! Of which machine a file is that names none: the one after which the file or its folder is named.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use regex::Regex;

use crate::diag::Diagnostic;
use crate::rules::Mapping;

use super::super::Input;
use super::super::machine_named::{
    Owner, below_machines, looks_like_machine, may_be_machine, only_words, owner, unknown,
};
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

/// The same, with the words that say what is in a file. A name counts where it looks like that of a machine; any name
/// does beside such words (`mailserver-programs.json`), and below a folder that holds machines.
pub(in crate::read) fn named_after(input: &Input<'_>, words: &[String]) -> Option<String> {
    let mut folders: Vec<&str> = input.path.split('/').collect();
    let mut file = folders.pop()?.to_owned();
    while let Some(ending) = ENDINGS.iter().find(|ending| file.to_lowercase().ends_with(*ending)) {
        file.truncate(file.len() - ending.len());
    }
    if let Some(child) = below_machines(&folders) {
        let (name, _) = without_words(child.unwrap_or(&file), words)?;
        return may_be_machine(&name).then_some(name);
    }
    let of_file = without_words(&file, words);
    // `programs-2` is a second list sooner than a machine.
    let is_word = |piece: &str| piece.is_empty() || words.iter().any(|word| word.eq_ignore_ascii_case(piece));
    let counts_lists = |name: &str| name.split(is_sign).all(|piece| is_word(piece.trim_matches(is_digit)));
    let counts = |(name, beside_words): &(String, bool)| {
        !counts_lists(name) && (looks_like_machine(name) || (*beside_words && may_be_machine(name)))
    };
    if let Some((name, _)) = of_file.filter(counts) {
        return Some(name);
    }
    // Up to the first folder that says more than what is in it.
    let mut upwards = folders.into_iter().rev().filter(|folder| !only_words(folder));
    let (folder, name) = upwards.find_map(|folder| Some((folder, without_words(folder, words)?.0)))?;
    let is_organisation = input.organisation.is_some_and(|organisation| folder.eq_ignore_ascii_case(organisation));
    (looks_like_machine(&name) && !is_organisation).then_some(name)
}

fn is_sign(letter: char) -> bool {
    matches!(letter, '-' | '_' | '.' | ' ' | '(' | ')')
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

/// A day, with or without a time, behind the rest of a name or alone.
const DAY_AT_THE_END: &str =
    r"(^|[-_. ])(19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d([-_T. ]?\d\d[-_.:]?\d\d([-_.:]?\d\d)?Z?)?$";

/// A name without the words at its ends that say what is in the file, and whether there were any; nothing where it
/// consists of them.
fn without_words(text: &str, words: &[String]) -> Option<(String, bool)> {
    static DAY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(DAY_AT_THE_END).ok());
    let without_day = |text: &str| DAY.as_ref().and_then(|day| Some(day.find(text)?.start()));
    let is_word = |text: &str| words.iter().any(|word| word.eq_ignore_ascii_case(text.trim_matches(is_sign)));
    // `32` may say which view of a registry a file holds, and be the number of a machine: `web-32`.
    let says_view = |word: &str, rest: &str| {
        let is_number = word.chars().all(|letter| letter.is_ascii_digit());
        !is_number || is_word(rest) || rest.contains(|letter: char| letter.is_ascii_digit())
    };
    let (mut rest, mut beside_words) = (text.trim_matches(is_sign), false);
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
            Some(shorter) => (rest, beside_words) = (shorter.trim_matches(is_sign), true),
            None => break,
        }
    }
    (!rest.is_empty()).then(|| (rest.to_owned(), beside_words))
}

/// Of which machine the rows of a table are that name none; nothing where they name theirs.
pub(super) fn owner_of(
    fit: &Fit<'_>,
    is_found: impl Fn(&str) -> bool,
    input: &Input<'_>,
    table: &mut dyn Table,
) -> Option<Owner> {
    if !named_by_path(fit.mapping, is_found) {
        return None;
    }
    Some(match several(fit, input, table) {
        Some(told) => Owner { name: String::new(), told },
        None => owner(input, || name(fit.mapping, input)),
    })
}

/// Whether the document names no machine, so that file or folder have to.
fn named_by_path(mapping: &Mapping, is_found: impl Fn(&str) -> bool) -> bool {
    let headings = mapping.column("name").map(|column| column.headings.as_slice()).unwrap_or_default();
    let named = headings.iter().any(|heading| is_found(heading));
    !named && mapping.fixed("name") == Some(MACHINE)
}

/// What to tell where the rows are of several machines: they differ in what the mapping says must be the same, and several
/// machines cannot be named after one file.
fn several(fit: &Fit<'_>, input: &Input<'_>, table: &mut dyn Table) -> Option<Diagnostic> {
    let same = fit.mapping.same.as_deref()?;
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
        return None;
    }
    let values: Vec<String> = values.into_iter().collect();
    let why = format!("it is of several machines (`{same}` {}, for two) and names none of them", values.join(", "));
    let help = "export each machine into a file of its own, named after it";
    Some(unknown(input, &why).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_say_what_is_in_a_file_are_no_name() {
        let words: Vec<String> = ["software", "programs", "deb_packages", "osquery"].map(str::to_owned).into();
        let name = |text| without_words(text, &words).map(|(name, _)| name);
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
        let name = |text| without_words(text, &views).map(|(name, _)| name);
        assert_eq!(name("Uninstall-32").as_deref(), None);
        assert_eq!(name("web-01-Uninstall-64").as_deref(), Some("web-01"));
        assert_eq!(name("web-01-64").as_deref(), Some("web-01"));
        assert_eq!(name("web-32").as_deref(), Some("web-32"));
    }

    #[test]
    fn folders_of_exports_are_no_machines() {
        let words: Vec<String> = ["programs", "registry"].map(str::to_owned).into();
        let after = |path| named_after(&Input::new(path, b""), &words);
        for (path, machine) in [
            ("lists/web-01-programs.json", "web-01"),
            ("lists/mailserver-programs.json", "mailserver"),
            ("web-01/programs.json", "web-01"),
            ("web-01/registry/programs.json", "web-01"),
            ("machines/mail/programs.json", "mail"),
            ("hosts/mail.json", "mail"),
            ("MAILSRV.json", "MAILSRV"),
        ] {
            assert_eq!(after(path).as_deref(), Some(machine), "{path}");
        }
        for path in
            ["programs.json", "lists/programs.json", "backup.json", "backup-2026-06-28.json", "client/a/programs.json"]
        {
            assert_eq!(after(path), None, "{path}");
        }
    }
}
