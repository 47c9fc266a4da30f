//! From an outcome to the result of a command: filter, report, face, verdict.

use std::path::Path;

use crate::model::Outcome;
use crate::report::terminal::{self, View};
use crate::report::{Filter, Report, Section, csv, json};

use super::stop::Stop;
use super::{End, Format, Global, gate};

/// What of an outcome a command shows.
pub(super) struct Wanted<'a> {
    /// Name of the command.
    pub command: &'static str,
    /// Sections, in order.
    pub sections: &'static [Section],
    /// Whether lists are printed in full.
    pub in_full: bool,
    /// Months ahead within which an end of support is announced.
    pub within_months: Option<u32>,
    /// The estate, where the user typed it as an argument.
    pub estate: Option<&'a Path>,
    /// Whether the command owes a licence position.
    pub owes_position: bool,
}

/// The result of a command, ready to be printed.
pub(super) struct Shown {
    text: String,
    /// How the command ends once it is.
    end: Result<End, Stop>,
}

impl Shown {
    /// Prints it, or writes it where the options say.
    pub(super) fn print(self, global: &Global) -> Result<End, Stop> {
        global.write(&self.text)?;
        self.end
    }
}

/// Shows it and judges it.
pub(super) fn show(global: &Global, outcome: &Outcome, wanted: &Wanted<'_>) -> Result<End, Stop> {
    shown(global, outcome, wanted)?.print(global)
}

/// What there is to show, and the verdict; nothing is printed yet.
pub(super) fn shown(global: &Global, outcome: &Outcome, wanted: &Wanted<'_>) -> Result<Shown, Stop> {
    let filter = Filter {
        organisation: organisation(global, outcome)?,
        reading: global.reading(),
        within_months: wanted.within_months,
        scopes: wanted.sections.contains(&Section::Alternatives) && global.form() == Format::Json,
        support_sums: wanted.sections != [Section::Support] && global.form() == Format::Table,
    };
    let report = Report::new(outcome, &filter);
    let repeat = global.repeat(wanted.estate);
    let nothing_read = report.files.read + report.files.partly_read == 0;
    let empty = wanted.owes_position && nothing_read && !report.has_position();
    let sections = if empty { &[Section::Input][..] } else { wanted.sections };
    let view = View { sections, in_full: wanted.in_full, repeat: &repeat };
    let text = match global.form() {
        Format::Table => terminal::render(&report, &view, &global.canvas()),
        Format::Json => json::render(&report, wanted.sections).map_err(|error| unwritable(&error.to_string()))?,
        Format::Csv => comma_separated(global, wanted, &report)?,
    };
    let end = match wanted.owes_position && !report.has_position() {
        true => Err(no_answer(&report, &view)),
        false => Ok(gate::judge(&report, &global.fail_on)),
    };
    Ok(Shown { text, end })
}

/// Why there is no position, and what to do.
fn no_answer(report: &Report<'_>, view: &View<'_>) -> Stop {
    let files = &report.files;
    let hosts = report.coverage.iter().map(|row| row.hosts).sum::<u32>();
    let sources = format!("`{}` says what was made of each file", view.command("sources --all"));
    let init = "`trueup init DIR` makes folders with a page in each that says what belongs there";
    let (why, next) = if files.found == 0 {
        let next = "put inventories, purchase records and price lists into it, in any folders";
        ("there is no file in this estate", format!("{next}; {init}"))
    } else if files.read + files.partly_read == 0 {
        ("no file could be read as an inventory, a purchase record or a price list", format!("{sources}; {init}"))
    } else if hosts == 0 && report.sources.iter().any(|row| row.unnamed > 0) {
        let next =
            "put each file into a folder named after its machine, or name the machine with [[source]] in trueup.toml";
        ("what was read belongs to no known machine", format!("{next}; {sources}"))
    } else if hosts == 0 {
        ("no machine and no licence was found", format!("add inventories; {sources}"))
    } else {
        let known = "`trueup rules list` says which products are known";
        ("no licensable installation and no licence was found", format!("{sources}; {known}"))
    };
    Stop::NoAnswer(format!("no licence position can be computed: {why}"), next)
}

impl Global {
    /// The options typed that decide which estate and day a figure is of, as they would be typed again.
    pub(super) fn repeat(&self, estate: Option<&Path>) -> String {
        let paths = [("--estate", estate.or(self.estate.as_deref())), ("--store", self.store.as_deref())];
        let paths = paths.into_iter().chain([("--rules", self.rules.as_deref())]);
        let paths = paths.filter_map(|(option, path)| Some(format!("{option} {}", quoted(path?))));
        let day = self.as_of.map(|day| format!("--as-of {day}"));
        paths.chain(day).collect::<Vec<_>>().join(" ")
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains(char::is_whitespace) { format!("\"{text}\"") } else { text }
}

fn comma_separated(global: &Global, wanted: &Wanted<'_>, report: &Report<'_>) -> Result<String, Stop> {
    let text = match wanted.sections {
        [Section::Input] => csv::sources(report),
        [Section::Agreements] => csv::agreements(report),
        [Section::Support] => csv::support(report),
        [Section::Position, ..] => csv::positions(report),
        _ => {
            global.form_without_csv(wanted.command)?;
            return Ok(String::new());
        }
    };
    text.map_err(|error| unwritable(&error.to_string()))
}

fn unwritable(error: &str) -> Stop {
    Stop::usage(format!("the result cannot be put into this form: {error}"), "use --format table")
}

/// The organisation asked for, as the outcome writes it.
fn organisation(global: &Global, outcome: &Outcome) -> Result<Option<String>, Stop> {
    let Some(typed) = &global.organisation else {
        return Ok(None);
    };
    let mut known: Vec<&str> = outcome.coverage.iter().map(|row| row.organisation.as_str()).collect();
    known.extend(outcome.strict.positions.iter().map(|row| row.organisation.as_str()));
    known.sort_unstable();
    known.dedup();
    let title = |name: &str| outcome.names.organisation(name).eq_ignore_ascii_case(typed);
    let found = known.iter().find(|name| name.eq_ignore_ascii_case(typed) || title(name));
    found.map(|name| Some((*name).to_owned())).ok_or_else(|| {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Stop::usage(format!("there is no organisation {typed}"), format!("known organisations: {known}"))
    })
}

#[cfg(test)]
#[path = "../../tests/fixture/mod.rs"]
mod fixture;

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Arguments;

    /// Shows the position of an outcome with these options, into a file.
    fn ended(outcome: &Outcome, options: &[&str]) -> Result<End, Stop> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("position.txt").display().to_string();
        let typed = [&["trueup", "position", "-q", "-o", &file], options].concat();
        let Arguments { global, .. } = Arguments::parse_from(typed);
        let wanted = Wanted {
            command: "position",
            sections: &Section::ALL,
            in_full: false,
            within_months: None,
            estate: None,
            owes_position: true,
        };
        show(&global, outcome, &wanted)
    }

    #[test]
    fn only_what_was_asked_about_fails() {
        let outcome = fixture::outcome();
        for (kinds, end) in [("never", End::Done), ("shortfall", End::Found), ("stale,unsupported", End::Found)] {
            assert_eq!(ended(&outcome, &["--fail-on", kinds]).expect("an answer"), end, "{kinds}");
        }
        for (kinds, end) in [("shortfall", End::Found), ("stale", End::Done), ("unsupported", End::Found)] {
            let options = ["--organisation", "Brent", "--fail-on", kinds];
            assert_eq!(ended(&outcome, &options).expect("an answer"), end, "{kinds}");
        }
    }

    #[test]
    fn without_any_row_there_is_no_answer() {
        let mut outcome = fixture::outcome();
        outcome.strict.positions.clear();
        assert!(matches!(ended(&outcome, &[]), Err(Stop::NoAnswer(..))));
    }

    #[test]
    fn commands_named_in_the_text_are_about_the_same_estate() {
        let typed = ["trueup", "position", "--store", "my store.db", "--as-of", "2026-06-30"];
        let Arguments { global, .. } = Arguments::parse_from(typed);
        let repeat = global.repeat(Some(Path::new("samples/councils")));
        assert_eq!(repeat, "--estate samples/councils --store \"my store.db\" --as-of 2026-06-30");
    }

    #[test]
    fn an_unknown_organisation_is_refused() {
        assert!(matches!(ended(&fixture::outcome(), &["--organisation", "camden"]), Err(Stop::Usage(..))));
    }
}
