//! `trueup sources`: what was read, and what was not and why.

use clap::Args;

use crate::report::Section;

use super::estate;
use super::show::{Wanted, show};
use super::stop::Stop;
use super::{End, Global};

/// List the files of the last scan that were not read in full, and why
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup sources
  trueup sources --all --format csv -o sources.csv")]
pub(super) struct Arguments {
    /// List every file, with what came out of it
    #[arg(long)]
    all: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    let outcome = estate::last_scan(global)?;
    let wanted = Wanted {
        command: "sources",
        sections: &[Section::Input],
        in_full: arguments.all,
        within_months: None,
        estate: None,
        owes_position: false,
    };
    show(global, &outcome, &wanted)
}
