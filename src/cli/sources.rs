//! `trueup sources`: what was read, and what was not and why.

use std::path::PathBuf;

use clap::Args;

use crate::pipeline;
use crate::report::Section;

use super::estate;
use super::show::{Wanted, show};
use super::stop::Stop;
use super::{End, Global};

/// List the files of the last scan that were not read in full, and why
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup sources
  trueup sources --all --format csv -o sources.csv
  trueup sources --suggest exports/servers.xlsx")]
pub(super) struct Arguments {
    /// List every file, with what came out of it
    #[arg(long)]
    all: bool,
    /// Propose a mapping for a table that no format takes, ready to check and paste into trueup.toml; changes nothing
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    suggest: Option<PathBuf>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    if let Some(file) = &arguments.suggest {
        global.write(&pipeline::suggest_mapping(file)?)?;
        return Ok(End::Done);
    }
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
