//! `trueup formats`: what can be read, and how each format is recognised.

mod list;
mod show;

use clap::{Args, Subcommand};

use super::stop::Stop;
use super::{End, Global};

/// List the formats that are read, and show what is known of each
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup formats list
  trueup formats show rvtools")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Show(show::Arguments),
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    match &arguments.command {
        Command::List(arguments) => list::run(global, arguments),
        Command::Show(arguments) => show::run(global, arguments),
    }
}

/// A fact as people say it.
fn said(fact: crate::pipeline::Carries) -> &'static str {
    use crate::pipeline::Carries;
    match fact {
        Carries::Hosts => "machines",
        Carries::Cores => "cores",
        Carries::Placement => "placement",
        Carries::Clusters => "clusters",
        Carries::Software => "software",
        Carries::OperatingSystem => "operating systems",
        Carries::Purchases => "purchases",
        Carries::Prices => "prices",
        Carries::Users => "users",
    }
}
