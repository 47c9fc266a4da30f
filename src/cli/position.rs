//! `trueup position`: the licence position of the last scan.

use clap::Args;

use crate::report::Section;

use super::estate;
use super::show::{Wanted, show};
use super::stop::Stop;
use super::{End, Global};

/// Print the licence position of the last scan
///
/// Shows required, usable, shortfall and surplus of every product, with the range that open questions leave, the
/// questions themselves and what the shortfall costs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup position --organisation lewisham --reading customer
  trueup position --format csv -o position.csv
  trueup position --alternatives
  trueup position --as-of 2027-04-01")]
pub(super) struct Arguments {
    /// Print long lists in full
    #[arg(long)]
    all: bool,
    /// Print every way of licensing each product, with its cost and what must be true for it
    #[arg(long)]
    alternatives: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    let outcome = estate::last_scan(global)?;
    let wanted = Wanted {
        command: "position",
        sections: match arguments.alternatives {
            true => {
                &[Section::Position, Section::Alternatives, Section::Agreements, Section::Questions, Section::Total]
            }
            false => &[Section::Position, Section::Agreements, Section::Questions, Section::Total],
        },
        in_full: arguments.all,
        within_months: None,
        estate: None,
        owes_position: true,
    };
    show(global, &outcome, &wanted)
}
