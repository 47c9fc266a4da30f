//! `--fail-on`: findings that end a command with exit code 1.

use clap::ValueEnum;

use crate::report::Report;

use super::End;

/// A kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// None.
    Never,
    /// A row of the position is short under the reading shown.
    Shortfall,
    /// Units are to be ordered with the next true-up of an agreement.
    TrueUp,
    /// Something is out of support, and nobody has accepted the risk.
    Unsupported,
    /// A host's newest inventory is too old, and nobody has accepted that.
    Stale,
}

/// Whether anything was found that the user asked to fail on.
pub(super) fn judge(report: &Report<'_>, kinds: &[Kind]) -> End {
    let found = kinds.iter().any(|kind| match kind {
        Kind::Never => false,
        Kind::Shortfall => report.positions.iter().any(|row| row.shortfall > 0),
        Kind::TrueUp => {
            report.agreements.iter().flat_map(|row| &row.due).any(|due| due.role.is_some() && due.units > 0)
        }
        Kind::Unsupported => report.support.summary.iter().any(|row| row.out_of_support > row.accepted),
        Kind::Stale => report.coverage.iter().any(|row| row.stale > row.stale_accepted),
    });
    if found { End::Found } else { End::Done }
}
