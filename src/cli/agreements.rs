//! `trueup agreements`: what is to be ordered under agreements, and by when.

use clap::Args;

use crate::report::Section;

use super::estate;
use super::show::{Wanted, show};
use super::stop::Stop;
use super::{End, Global};

/// List agreements with their year, the next order and what is due under each
///
/// Agreements stand in trueup.toml. Additional products are due by their peak since the last order, out of all scans
/// kept; enterprise products by their count on the day.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup agreements
  trueup agreements --organisation north --as-of 2026-05-02
  trueup agreements --format csv -o true-up.csv")]
pub(super) struct Arguments {}

pub(super) fn run(global: &Global, _arguments: &Arguments) -> Result<End, Stop> {
    let outcome = estate::last_scan(global)?;
    let wanted = Wanted {
        command: "agreements",
        sections: &[Section::Agreements],
        in_full: true,
        within_months: None,
        estate: None,
        owes_position: false,
    };
    show(global, &outcome, &wanted)
}
