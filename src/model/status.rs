//! What a row of the position comes to, in one word.

use serde::{Deserialize, Serialize};

use super::Position;

/// What a row comes to. The first line that fits decides; this table is the only place where a status is made:
///
/// | status | when |
/// |---|---|
/// | true-up due | units are to be ordered with the next true-up of an agreement: an enterprise product is short today, or the peak of an additional product since the last order is not covered |
/// | shortfall | units are missing under the reading shown, and no agreement trues them up |
/// | incomplete | nothing is missing under this reading, but the need is not settled: another answer to an open question, or another value of a missing fact, would need more than is usable |
/// | surplus | nothing is missing under any answer, and units are left over |
/// | compliant | nothing is missing under any answer, and nothing is left over |
/// | not tracked | no row at all: the product is installed and no terms on file say how to count it, see [`super::Untracked`] |
///
/// A shortfall without a price stays a shortfall: its cost says that the price is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PositionStatus {
    /// To be ordered with the next true-up.
    TrueUpDue,
    /// Units are missing.
    Shortfall,
    /// Not settled.
    Incomplete,
    /// Units are left over.
    Surplus,
    /// Neither missing nor left over.
    Compliant,
    /// Installed, and counted by no terms.
    NotTracked,
}

impl PositionStatus {
    /// The status of a row.
    pub fn of(position: &Position) -> Self {
        let most = position.range.1;
        if position.to_order.is_some_and(|units| units > 0) {
            Self::TrueUpDue
        } else if position.shortfall > 0 {
            Self::Shortfall
        } else if most > position.required && most > position.usable {
            Self::Incomplete
        } else if position.surplus > 0 {
            Self::Surplus
        } else {
            Self::Compliant
        }
    }

    /// As printed.
    pub fn words(self) -> &'static str {
        match self {
            Self::TrueUpDue => "true-up due",
            Self::Shortfall => "shortfall",
            Self::Incomplete => "incomplete",
            Self::Surplus => "surplus",
            Self::Compliant => "compliant",
            Self::NotTracked => "not tracked",
        }
    }
}
