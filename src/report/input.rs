//! What was read, and what was not and why: files and software records as sums that add up.

use jiff::civil::Date;
use serde::Serialize;

use crate::diag::{Code, Diagnostic, Severity};
use crate::model::{FileStatus, RecordCounts, Source};

/// What became of the files: `found` is the sum of the other four.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FileCounts {
    /// Files found.
    pub found: u64,
    /// Every record was understood.
    pub read: u64,
    /// Some records were understood.
    pub partly_read: u64,
    /// Nothing could be taken from them.
    pub rejected: u64,
    /// They are no input.
    pub ignored: u64,
}

/// Counts the files by what became of them.
pub(super) fn count(sources: &[Source]) -> FileCounts {
    let mut counts = FileCounts::default();
    for source in sources {
        counts.found += 1;
        match source.status {
            FileStatus::Read => counts.read += 1,
            FileStatus::PartlyRead => counts.partly_read += 1,
            FileStatus::Rejected => counts.rejected += 1,
            FileStatus::Ignored => counts.ignored += 1,
        }
    }
    counts
}

/// One input file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRow<'a> {
    /// Path relative to the estate.
    pub path: &'a str,
    /// What became of it.
    pub status: FileStatus,
    /// Reader that took it; empty where none did.
    pub reader: &'a str,
    /// Version of that reader.
    pub reader_version: u32,
    /// Day on which the inventory was taken, where the file says so.
    pub captured: Option<Date>,
    /// BLAKE3 of its content.
    pub hash: &'a str,
    /// Why it was not read in full.
    pub reason: Option<&'a str>,
    /// Hosts in it.
    pub hosts: u32,
    /// Machines in it that nothing names.
    pub unnamed: u32,
    /// Software records in it.
    pub records: u32,
    /// Purchase lines in it.
    pub purchases: u32,
    /// Prices in it.
    pub prices: u32,
}

/// Every file, in the order of the outcome (by path).
pub(super) fn rows(sources: &[Source]) -> Vec<SourceRow<'_>> {
    sources.iter().map(row).collect()
}

fn row(source: &Source) -> SourceRow<'_> {
    SourceRow {
        path: &source.path,
        status: source.status,
        reader: &source.reader,
        reader_version: source.reader_version,
        captured: source.captured,
        hash: &source.hash,
        reason: source.reason.as_deref(),
        hosts: source.hosts,
        unnamed: source.unnamed,
        records: source.records,
        purchases: source.purchases,
        prices: source.prices,
    }
}

impl SourceRow<'_> {
    /// The status in words.
    pub fn status_words(&self) -> &'static str {
        match self.status {
            FileStatus::Read => "read",
            FileStatus::PartlyRead => "partly read",
            FileStatus::Rejected => "rejected",
            FileStatus::Ignored => "ignored",
        }
    }
}

/// Something that was not understood or left out while reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageRow<'a> {
    /// Path of the file.
    pub path: &'a str,
    /// Place in it.
    pub place: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// What kind of thing; the name never changes its meaning.
    pub code: Code,
    /// What is wrong, in a sentence.
    pub message: &'a str,
    /// What to do next.
    pub help: Option<&'a str>,
}

/// Every message, in the order of the outcome.
pub(super) fn messages(diagnostics: &[Diagnostic]) -> Vec<MessageRow<'_>> {
    diagnostics.iter().map(message).collect()
}

fn message(diagnostic: &Diagnostic) -> MessageRow<'_> {
    MessageRow {
        path: &diagnostic.path,
        place: diagnostic.place.as_ref().map(ToString::to_string),
        severity: diagnostic.severity,
        code: diagnostic.code,
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
    }
}

/// What became of software records: `records` is the sum of the other six.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RecordSums {
    /// Records read.
    pub records: u64,
    /// They prove an installation.
    pub installations: u64,
    /// They belong to a product and never count alone.
    pub components: u64,
    /// Free software and look-alikes.
    pub not_licensable: u64,
    /// They repeat another record.
    pub duplicates: u64,
    /// No rule knows them.
    pub unrecognised: u64,
    /// Nothing says which machine they are of.
    pub without_machine: u64,
}

impl From<&RecordCounts> for RecordSums {
    fn from(counts: &RecordCounts) -> Self {
        Self {
            records: counts.records,
            installations: counts.installations,
            components: counts.components,
            not_licensable: counts.not_licensable,
            duplicates: counts.duplicates,
            unrecognised: counts.unrecognised,
            without_machine: counts.without_machine,
        }
    }
}

impl RecordSums {
    /// The sum of both.
    pub(super) fn plus(self, other: &Self) -> Self {
        Self {
            records: self.records + other.records,
            installations: self.installations + other.installations,
            components: self.components + other.components,
            not_licensable: self.not_licensable + other.not_licensable,
            duplicates: self.duplicates + other.duplicates,
            unrecognised: self.unrecognised + other.unrecognised,
            without_machine: self.without_machine + other.without_machine,
        }
    }

    /// The sum of the six classes, which must be `records`.
    pub fn accounted_for(&self) -> u64 {
        let with_machine =
            self.installations + self.components + self.not_licensable + self.duplicates + self.unrecognised;
        with_machine + self.without_machine
    }
}
