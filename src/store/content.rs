//! What came out of one file, as it goes into the store and as it comes back.

use jiff::civil::Date;

use crate::diag::Diagnostic;
use crate::model::{FileStatus, Manifest, ObservedHost, Place, Price, PurchaseLine, Source};

use super::software::{SoftwareList, StoredSoftware};

/// Number of one distinct content, as one version of one reader understood it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentId(pub i64);

/// One machine of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostContents<S> {
    /// What was seen.
    pub observed: ObservedHost,
    /// Its software; `None` where this view of a machine carries none.
    pub software: Option<S>,
}

/// What one reader made of one file. Nothing in it depends on the path, so that the same content found elsewhere need
/// not be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContents<S> {
    /// BLAKE3 in hexadecimal; empty where the file could not be read, which is never taken for known.
    pub hash: String,
    /// Name of the reader; empty where none took the file.
    pub reader: String,
    /// Version of that reader; where none took the file, a version of the set of readers as a whole.
    pub reader_version: u32,
    /// Organisation by the folder, which rows take that name none.
    pub organisation: Option<String>,
    /// Path of the file, where what came out of it depends on that.
    pub of_path: Option<String>,
    /// Day of the inventory, where the file tells one.
    pub captured: Option<Date>,
    /// What became of the file.
    pub status: FileStatus,
    /// Why, where the status is not `read`.
    pub reason: Option<String>,
    /// Machines in the order of the file.
    pub hosts: Vec<HostContents<S>>,
    /// Purchases with their places; the source in their evidence is completed by the caller.
    pub purchases: Vec<(PurchaseLine, Place)>,
    /// Prices, likewise.
    pub prices: Vec<(Price, Place)>,
    /// Manifests, likewise.
    pub manifests: Vec<Manifest>,
    /// What was not understood or left out.
    pub diagnostics: Vec<Diagnostic>,
}

impl<S> FileContents<S> {
    /// A file of which nothing but its fate is known yet.
    pub fn new(hash: impl Into<String>, status: FileStatus) -> Self {
        Self {
            hash: hash.into(),
            reader: String::new(),
            reader_version: 0,
            organisation: None,
            of_path: None,
            captured: None,
            status,
            reason: None,
            hosts: Vec::new(),
            purchases: Vec::new(),
            prices: Vec::new(),
            manifests: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Machines in it that nothing names.
    pub fn unnamed(&self) -> usize {
        self.hosts.iter().filter(|host| host.observed.is_unnamed()).count()
    }

    /// The row of `sources` for this file.
    fn source(&self, path: &str, records: usize) -> Source {
        Source {
            path: path.to_owned(),
            hash: self.hash.clone(),
            reader: self.reader.clone(),
            reader_version: self.reader_version,
            captured: self.captured,
            status: self.status,
            reason: self.reason.clone(),
            hosts: count(self.hosts.len() - self.unnamed()),
            unnamed: count(self.unnamed()),
            records: count(records),
            purchases: count(self.purchases.len()),
            prices: count(self.prices.len()),
        }
    }
}

/// One file that was read in this scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileResult {
    /// Path relative to the estate, with `/` between its parts.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change in nanoseconds since 1970; `None` where it is too recent to be trusted (a file changed
    /// again within the same tick of the clock would pass for unchanged).
    pub modified_ns: Option<i64>,
    /// What came out of it.
    pub contents: FileContents<SoftwareList>,
}

/// One file of a scan as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Path relative to the estate.
    pub path: String,
    /// Its content.
    pub content: ContentId,
    /// What came out of it.
    pub contents: FileContents<StoredSoftware>,
}

impl StoredFile {
    /// The row of `sources` for this file.
    pub fn source(&self) -> Source {
        self.contents.source(&self.path, self.records())
    }

    /// Software records of all its hosts.
    pub fn records(&self) -> usize {
        self.contents.hosts.iter().filter_map(|host| host.software.as_ref()).map(|list| list.places.len()).sum()
    }
}

/// A number of things as the model counts them.
pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
