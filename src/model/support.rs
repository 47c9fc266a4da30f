//! Whether what runs is still supported.

use std::ops::Deref;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Finding, HostId, Key, Locator, SharedText};

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

/// One product on one host. There are many rows, and most of what they say others say too: that is held once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportRow {
    /// Host.
    pub host: HostId,
    /// What holds of it, as of others like it.
    pub standing: Arc<SupportStanding>,
    /// Where the product was seen.
    pub evidence: Option<Locator>,
}

/// What holds of a product wherever it is installed like this.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SupportStanding {
    /// Organisation.
    pub organisation: SharedText,
    /// Product id.
    pub product: SharedText,
    /// Edition; empty where not known.
    #[serde(default)]
    pub edition: SharedText,
    /// Version; `None` where not known.
    pub version: Option<SharedText>,
    /// Status.
    pub status: SupportStatus,
    /// Last day of support that counts here (free, or paid where bought).
    pub until: Option<Date>,
    /// Where that date comes from.
    pub date_source: Option<SharedText>,
    /// Whether that date is verified.
    pub verified: bool,
    /// Why, in a sentence.
    pub reason: SharedText,
    /// A risk acceptance in force: reason, owner, review date.
    pub accepted: Option<SharedText>,
    /// The recognition rule that found the product; empty where nothing was found.
    pub rule: SharedText,
}

/// A row is read as what holds of it.
impl Deref for SupportRow {
    type Target = SupportStanding;

    fn deref(&self) -> &SupportStanding {
        &self.standing
    }
}

impl SupportRow {
    /// Its permanent key, with the name of its host.
    pub fn key(&self, host: &str) -> Key {
        self.standing.key("support", host)
    }

    /// What is to be acted on: it is out of support, and nobody accepted that. Its key is the row's, of the kind
    /// `unsupported`.
    pub fn finding(&self, host: &str) -> Option<Finding> {
        (self.rag() == Rag::Red).then(|| Finding {
            key: self.standing.key("unsupported", host),
            organisation: self.organisation.to_string(),
            text: format!(
                "{} {} on {host}: {}",
                self.product,
                self.version.as_deref().unwrap_or("(version not known)"),
                self.reason
            ),
            evidence: self.evidence.iter().cloned().collect(),
        })
    }
}

impl SupportStanding {
    /// The key of something of this kind on a host.
    pub fn key(&self, kind: &str, host: &str) -> Key {
        let version = self.version.as_deref().unwrap_or_default();
        Key::new(kind, &[&self.organisation, host, &self.product, &self.edition, version, ""])
    }

    /// Its colour.
    pub fn rag(&self) -> Rag {
        match self.status {
            SupportStatus::OutOfSupport if self.accepted.is_some() => Rag::Amber,
            SupportStatus::OutOfSupport => Rag::Red,
            SupportStatus::ExtendedSupport | SupportStatus::Ending => Rag::Amber,
            SupportStatus::Supported => Rag::Green,
            SupportStatus::Unknown => Rag::Grey,
        }
    }
}

/// Colour of a row or a system. The order is that of urgency: a system bears the first colour any of its rows has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rag {
    /// Out of support, and nobody accepted it.
    Red,
    /// Ending within the horizon, on paid extended support, or out of support under an acceptance.
    Amber,
    /// Not known.
    Grey,
    /// Supported.
    Green,
}

impl Rag {
    /// As printed.
    pub fn title(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Amber => "amber",
            Self::Grey => "grey",
            Self::Green => "green",
        }
    }
}

/// One system with the colour of the worst of what runs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemSupport {
    /// Organisation.
    pub organisation: String,
    /// Host.
    pub host: HostId,
    /// Colour.
    pub rag: Rag,
    /// Index of the row that decides the colour: of several the one that ends first.
    pub decided_by: usize,
}

impl SystemSupport {
    /// Every system of these rows, in the order of host ids.
    pub fn of(rows: &[SupportRow]) -> Vec<Self> {
        let mut systems: std::collections::BTreeMap<HostId, Self> = std::collections::BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            let new =
                Self { organisation: row.organisation.to_string(), host: row.host, rag: row.rag(), decided_by: index };
            let urgency = |rag: Rag, row: &SupportRow| (rag, row.until.unwrap_or(Date::MAX));
            systems
                .entry(row.host)
                .and_modify(|known| {
                    if urgency(new.rag, row) < urgency(known.rag, &rows[known.decided_by]) {
                        known.clone_from(&new);
                    }
                })
                .or_insert(new);
        }
        systems.into_values().collect()
    }
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
