//! `trueup rules`: the rules in force, and how right they are.

mod list;
mod score;
mod show;
mod test;

use clap::{Args, Subcommand};

use super::stop::Stop;
use super::{End, Global};

/// Show the rules, run their worked cases, and measure recognition
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup rules list
  trueup rules show sql-server
  trueup rules test my.cases.toml --rules my-rules
  trueup rules score labels.csv --format json")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Test(test::Arguments),
    Score(score::Arguments),
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    match &arguments.command {
        Command::List(arguments) => list::run(global, arguments),
        Command::Show(arguments) => show::run(global, arguments),
        Command::Test(arguments) => test::run(global, arguments),
        Command::Score(arguments) => score::run(global, arguments),
    }
}

/// Any value as the JSON of a result.
pub(super) fn as_json(value: &impl serde::Serialize) -> Result<String, Stop> {
    crate::report::json::pretty(value).map_err(|error| Stop::usage(error.to_string(), "use --format table"))
}
