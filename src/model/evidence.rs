//! Where a value comes from: source files, places in them, and facts that carry both.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::SharedText;

/// Index of a [`Source`] in the estate's list of sources, which is sorted by path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub u32);

/// What became of one input file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileStatus {
    /// Every record of it was understood.
    Read,
    /// Records came out of it, and so did at least one diagnostic.
    PartlyRead,
    /// It should have been an inventory or a purchase record, and nothing could be taken from it.
    Rejected,
    /// It is not input: trueup's own files, documentation, pictures.
    Ignored,
}

/// One input file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Path relative to the estate, with `/` between its parts.
    pub path: String,
    /// BLAKE3 of the content, in hexadecimal; empty where the file could not be read.
    pub hash: String,
    /// Name of the reader that took it; empty where none did.
    pub reader: String,
    /// Version of that reader, so that a better one reads the file again.
    pub reader_version: u32,
    /// Day on which the inventory was taken, where the file says so.
    pub captured: Option<Date>,
    /// What became of the file.
    pub status: FileStatus,
    /// Why, where the status is not `read`; with the place in the file.
    pub reason: Option<String>,
    /// Hosts, software records, purchase lines and prices that came out of it.
    pub hosts: u32,
    /// Machines in it that nothing names; no hosts.
    #[serde(default)]
    pub unnamed: u32,
    /// See `hosts`.
    pub records: u32,
    /// See `hosts`.
    pub purchases: u32,
    /// See `hosts`.
    pub prices: u32,
}

/// A place within one source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// A line, counted from one.
    Line(u32),
    /// A row of a sheet, counted from one.
    Row {
        /// Name of the sheet.
        sheet: SharedText,
        /// Row number as the spreadsheet program shows it.
        row: u32,
    },
    /// A path of keys inside a document, such as `content.softwares[12].version`.
    Within(SharedText),
    /// An item of a long list inside a document, such as `content.softwares[12]`.
    Item {
        /// Path of keys to the list, which all of its items share.
        list: SharedText,
        /// Index of the item, counted from zero.
        index: u32,
    },
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole => f.write_str("whole file"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row { sheet, row } => write!(f, "sheet {sheet}, row {row}"),
            Self::Within(path) => f.write_str(path),
            Self::Item { list, index } => write!(f, "{list}[{index}]"),
        }
    }
}

/// A place in a source: the evidence of one fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Locator {
    /// The file.
    pub source: SourceId,
    /// The place in it.
    pub place: Place,
}

/// A value with its evidence, or the reason why nobody knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact<T> {
    /// A source states it.
    Known {
        /// The value.
        value: T,
        /// Where it is stated.
        evidence: Option<Locator>,
    },
    /// No source states it.
    Unknown {
        /// Why, in words that name what would supply it.
        reason: String,
    },
    /// Two sources of equal rank contradict each other; the first is used and the contradiction is a finding.
    Conflicting {
        /// The values with their places, the one in use first.
        values: Vec<(T, Option<Locator>)>,
    },
}

impl<T> Fact<T> {
    /// A value with its place.
    pub fn known(value: T, evidence: Option<Locator>) -> Self {
        Self::Known { value, evidence }
    }

    /// A value nobody states.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { reason: reason.into() }
    }

    /// The value in use, if any.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown { .. } => None,
            Self::Conflicting { values } => values.first().map(|(value, _)| value),
        }
    }

    /// Where the value in use is stated.
    pub fn evidence(&self) -> Option<&Locator> {
        match self {
            Self::Known { evidence, .. } => evidence.as_ref(),
            Self::Unknown { .. } => None,
            Self::Conflicting { values } => values.first().and_then(|(_, evidence)| evidence.as_ref()),
        }
    }

    /// Whether some source states it.
    pub fn is_known(&self) -> bool {
        self.value().is_some()
    }
}
