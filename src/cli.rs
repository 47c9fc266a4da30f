//! Arguments in, exit code out. One file a command; each gets the global options and returns how it ended.
//!
//! Standard output carries the result and nothing else; everything said beside it goes to standard error.

mod agreements;
mod check;
mod estate;
mod explain;
mod formats;
mod gate;
mod init;
mod output;
mod plan;
mod position;
mod progress;
mod questions;
mod rules;
mod scan;
mod schema;
mod show;
mod sources;
mod stop;
mod support;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

use crate::model::Answer;
use crate::pipeline::ScanOptions;

use gate::Kind;
use stop::Stop;

const AFTER_HELP: &str = "Examples:
  trueup scan samples/councils
  trueup explain lewisham/sql-server --estate samples/councils
  trueup init my-estate

Exit codes:
  0  done, and nothing that --fail-on names was found
  1  something that --fail-on names was found, or a worked case failed
  2  could not run: usage, settings, rules, disk
  3  the data do not support an answer";

/// What do we run, what are we entitled to run, and what does the difference cost?
#[derive(Debug, Parser)]
#[command(name = "trueup", version, max_term_width = 100, after_help = AFTER_HELP)]
#[command(about = "Works out an organisation's software licence position, offline, with every figure explained")]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// Folder of the estate [default: TRUEUP_ESTATE, else the nearest folder upward with trueup.toml or .trueup]
    #[arg(long, global = true, value_name = "DIR")]
    estate: Option<PathBuf>,
    /// Where scans are kept [default: .trueup/trueup.db in the estate]
    #[arg(long, global = true, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Folder of rule files that add to the built-in ones or override them
    #[arg(long, global = true, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// The day the position is of [default: as trueup.toml says, else today]
    #[arg(long, global = true, value_name = "DATE", value_parser = day)]
    as_of: Option<Date>,
    /// Form of the result [default: by the ending of FILE, else a table]
    #[arg(long, global = true, value_name = "FORM")]
    format: Option<Format>,
    /// Write the result to a file
    #[arg(short, long, global = true, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Whose reading of the terms: the publisher's (strict) or the customer's
    #[arg(long, global = true, value_name = "READING", default_value = "strict")]
    reading: ReadingName,
    /// Only this organisation
    #[arg(long, global = true, value_name = "NAME")]
    organisation: Option<String>,
    /// End with exit code 1 where any of these is found, separated by commas
    #[arg(long, global = true, value_name = "KINDS", value_delimiter = ',', default_value = "never")]
    fail_on: Vec<Kind>,
    /// Threads to use [default: one a core]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Say nothing beside the result but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more beside the result
    #[arg(short, long, global = true)]
    verbose: bool,
}

/// Form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs; `trueup schema` describes it.
    Json,
    /// For spreadsheets.
    Csv,
}

/// Whose reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReadingName {
    /// The publisher's.
    Strict,
    /// The customer's.
    Customer,
}

#[derive(Debug, Subcommand)]
enum Command {
    Scan(scan::Arguments),
    Position(position::Arguments),
    Agreements(agreements::Arguments),
    Support(support::Arguments),
    Sources(sources::Arguments),
    Questions(questions::Arguments),
    Plan(plan::Arguments),
    Check(check::Arguments),
    Explain(explain::Arguments),
    Rules(rules::Arguments),
    Formats(formats::Arguments),
    Init(init::Arguments),
    Schema(schema::Arguments),
}

/// How a command ended that could run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Done.
    Done,
    /// Something that was asked about was found.
    Found,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let Arguments { global, command } = Arguments::parse();
    if let Err(stop) = global.start_threads() {
        return stop.report();
    }
    let ended = match &command {
        Command::Scan(arguments) => scan::run(&global, arguments),
        Command::Position(arguments) => position::run(&global, arguments),
        Command::Agreements(arguments) => agreements::run(&global, arguments),
        Command::Support(arguments) => support::run(&global, arguments),
        Command::Sources(arguments) => sources::run(&global, arguments),
        Command::Questions(arguments) => questions::run(&global, arguments),
        Command::Plan(arguments) => plan::run(&global, arguments),
        Command::Check(arguments) => check::run(&global, arguments),
        Command::Explain(arguments) => explain::run(&global, arguments),
        Command::Rules(arguments) => rules::run(&global, arguments),
        Command::Formats(arguments) => formats::run(&global, arguments),
        Command::Init(arguments) => init::run(&global, arguments),
        Command::Schema(arguments) => schema::run(&global, arguments),
    };
    match ended {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Found) => ExitCode::from(1),
        Err(stop) => stop.report(),
    }
}

impl Global {
    /// Starts the threads that everything is divided among. This one is of them: each has its own store of memory, and
    /// what one thread gave back another could not use.
    fn start_threads(&self) -> Result<(), Stop> {
        let threads = self.threads.map_or(0, usize::from);
        let started = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread().build_global();
        started
            .map_err(|error| Stop::usage(format!("the threads cannot be started: {error}"), "try fewer: --threads 1"))
    }

    /// The reading asked for.
    fn reading(&self) -> Answer {
        match self.reading {
            ReadingName::Strict => Answer::Strict,
            ReadingName::Customer => Answer::Customer,
        }
    }

    /// What the pipeline needs to know, with the estate found.
    fn scan_options(&self, argument: Option<&PathBuf>) -> Result<ScanOptions, Stop> {
        Ok(ScanOptions {
            estate: estate::find(argument.or(self.estate.as_ref()))?,
            store: self.store.clone(),
            rules: self.rules.clone(),
            as_of: self.as_of,
            encoding: None,
        })
    }

    /// Says something beside the result, unless silence was asked for.
    fn say(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// Says something only where more was asked for.
    fn say_more(&self, text: &str) {
        if self.verbose {
            eprintln!("{text}");
        }
    }
}

/// A day as `2026-06-30`.
fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "give a day as 2026-06-30".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
