//! Whether what runs is still supported.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{HostId, Key, Locator};

/// Support of one product on one host at a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SupportStatus {
    /// Ended, and no extended support was bought.
    OutOfSupport,
    /// Ended, and paid extended support is in force.
    ExtendedSupport,
    /// Ends within the horizon.
    Ending,
    /// In support.
    Supported,
    /// Nobody knows; never counted as supported.
    Unknown,
}

impl SupportStatus {
    /// Every status, worst first.
    pub const ALL: [Self; 5] =
        [Self::OutOfSupport, Self::ExtendedSupport, Self::Ending, Self::Supported, Self::Unknown];

    /// As printed.
    pub fn title(self) -> &'static str {
        match self {
            Self::OutOfSupport => "out of support",
            Self::ExtendedSupport => "on paid extended support",
            Self::Ending => "ending",
            Self::Supported => "supported",
            Self::Unknown => "unknown",
        }
    }
}

/// One product on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportRow {
    /// Permanent key.
    pub key: Key,
    /// Organisation.
    pub organisation: String,
    /// Host.
    pub host: HostId,
    /// Product id.
    pub product: String,
    /// Version; `None` where not known.
    pub version: Option<String>,
    /// Status.
    pub status: SupportStatus,
    /// Last day of support that counts here (free, or paid where bought).
    pub until: Option<Date>,
    /// Where that date comes from.
    pub date_source: Option<String>,
    /// Whether that date is verified.
    pub verified: bool,
    /// Why, in a sentence.
    pub reason: String,
    /// A risk acceptance in force: reason, owner, review date.
    pub accepted: Option<String>,
    /// Where the product was seen.
    pub evidence: Option<Locator>,
}

/// Counts per organisation and status, in the order of [`SupportStatus::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportSummary {
    /// Organisation.
    pub organisation: String,
    /// Rows of each status.
    pub counts: [u32; 5],
    /// Of the rows out of support, those under an acceptance.
    pub accepted: u32,
}
