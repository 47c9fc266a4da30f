//! `trueup questions`: what can be read two ways, or is not known, by the money that hangs on it.

use clap::Args;

use crate::report::Section;

use super::estate;
use super::show::{Wanted, show};
use super::stop::Stop;
use super::{End, Global};

/// List the open questions, the dearest first
///
/// Each has both answers with their figures, and the evidence that decides. `trueup.toml` fixes an answer.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup questions
  trueup questions --organisation southwark --format json")]
pub(super) struct Arguments {
    /// List questions without effect on any figure too
    #[arg(long)]
    all: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    let outcome = estate::last_scan(global)?;
    let wanted = Wanted {
        command: "questions",
        sections: &[Section::Questions],
        in_full: arguments.all,
        within_months: None,
        estate: None,
        owes_position: false,
    };
    show(global, &outcome, &wanted)
}
