//! From an outcome to the result of a command: filter, report, face, verdict.

use crate::model::Outcome;
use crate::report::terminal::{self, View};
use crate::report::{Filter, Report, Section, csv, json};

use super::stop::Stop;
use super::{End, Format, Global, gate};

/// What of an outcome a command shows.
pub(super) struct Wanted<'a> {
    /// The estate as typed as an argument.
    pub estate: Option<&'a std::path::PathBuf>,
    /// Name of the command.
    pub command: &'static str,
    /// Sections, in order.
    pub sections: &'static [Section],
    /// Whether lists are printed in full.
    pub in_full: bool,
    /// Months ahead within which an end of support is announced.
    pub within_months: Option<u32>,
    /// Whether the command owes a licence position.
    pub owes_position: bool,
}

/// Shows it and judges it.
pub(super) fn show(global: &Global, outcome: &Outcome, wanted: &Wanted<'_>) -> Result<End, Stop> {
    let filter = Filter {
        organisation: organisation(global, outcome)?,
        reading: global.reading(),
        within_months: wanted.within_months,
    };
    let report = Report::new(outcome, &filter);
    let text = match global.form() {
        Format::Table => {
            let again = global.again(wanted.estate);
            let empty =
                wanted.owes_position && !report.has_position() && report.files.read + report.files.partly_read == 0;
            let sections = if empty { &[Section::Input][..] } else { wanted.sections };
            let view = View { sections, in_full: wanted.in_full, again: &again };
            terminal::render(&report, &view, &global.canvas())
        }
        Format::Json => json::render(&report, wanted.sections).map_err(|error| unwritable(&error.to_string()))?,
        Format::Csv => comma_separated(global, wanted, &report)?,
    };
    global.write(&text)?;
    if wanted.owes_position && !report.has_position() {
        return Err(no_answer(&report));
    }
    Ok(gate::judge(&report, &global.fail_on))
}

/// Why there is no position, and what to do.
fn no_answer(report: &Report<'_>) -> Stop {
    let (files, hosts) = (&report.files, report.coverage.iter().map(|row| row.hosts).sum::<u32>());
    let (why, next) = if files.found == 0 {
        (
            "there are no files in this estate",
            "put inventories, purchase records and price lists into it, in any folders; `trueup init DIR` makes folders \
             with a page in each that says what belongs there",
        )
    } else if files.read + files.partly_read == 0 {
        (
            "none of the files found could be read as an inventory, a purchase record or a price list",
            "`trueup sources --all` says what was made of each file; `trueup init DIR` makes folders with a page in each \
             that says what trueup reads",
        )
    } else if hosts == 0 {
        (
            "no machine and no licence was found",
            "add inventories; `trueup sources --all` says what was made of each file",
        )
    } else {
        (
            "no licensable installation and no licence was found",
            "`trueup sources --all` says what was made of each file, `trueup rules list` which products are known",
        )
    };
    Stop::NoAnswer(format!("no licence position can be computed: {why}"), next.into())
}

fn comma_separated(global: &Global, wanted: &Wanted<'_>, report: &Report<'_>) -> Result<String, Stop> {
    let text = match wanted.sections {
        [Section::Input] => csv::sources(report),
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
            estate: None,
            command: "position",
            sections: &Section::ALL,
            in_full: false,
            within_months: None,
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
    fn an_unknown_organisation_is_refused() {
        assert!(matches!(ended(&fixture::outcome(), &["--organisation", "camden"]), Err(Stop::Usage(..))));
    }
}
