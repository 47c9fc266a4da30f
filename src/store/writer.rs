//! One scan as one transaction.
//!
//! Files are added in the order of their paths by one thread, so that the numbers of titles and lists never depend on
//! which worker was faster. What is not committed never was.

use std::path::Path;

use rusqlite::{Transaction, params};
use serde::Serialize;

use crate::model::{FileStatus, History, Outcome, Place, Price, PurchaseLine, SoftwareRecord};

use super::content::{ContentId, FileContents, FileResult, HostContents, StoredFile};
use super::reading::Reading;
use super::software::{ListId, Listed, SoftwareList, StoredSoftware, write_title};
use super::titles::{Fingerprint, KnownTitles, TitleId, Titles};
use super::{ScanId, StoreError};

/// What a scan freezes beside the inventories.
#[derive(Debug, Clone, Copy)]
pub struct Frozen<'a> {
    /// Both assessments with everything reports show; its `as_of` and `rules_hash` are those of the scan.
    pub outcome: &'a Outcome,
    /// Text of `trueup.toml`; empty where there is none.
    pub settings: &'a str,
    /// Every price in force.
    pub prices: &'a [Price],
    /// Every purchase.
    pub purchases: &'a [PurchaseLine],
}

/// Counts of a scan so far.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    files: i64,
    hosts: i64,
    records: i64,
    purchases: i64,
    prices: i64,
}

/// A scan while it is written. Dropping it without [`ScanWriter::commit`] leaves the store as it was.
pub struct ScanWriter<'store> {
    transaction: Transaction<'store>,
    path: &'store Path,
    scan: ScanId,
    started_at: String,
    arguments: String,
    titles: Titles,
    counts: Counts,
    /// Buffer for the list being written.
    list: Vec<u8>,
}

impl<'store> ScanWriter<'store> {
    pub(super) fn begin(
        transaction: Transaction<'store>,
        path: &'store Path,
        started_at: &str,
        arguments: &[String],
    ) -> Result<Self, StoreError> {
        let titles = Reading { connection: &transaction, path }.titles()?;
        let next = transaction.query_row("SELECT ifnull(max(id), 0) + 1 FROM scan", [], |row| row.get(0));
        let scan = ScanId(next.map_err(|error| StoreError::sqlite(path, "begin a scan", error))?);
        let arguments = written(path, arguments)?;
        let started_at = started_at.to_owned();
        let counts = Counts::default();
        Ok(Self { transaction, path, scan, started_at, arguments, titles, counts, list: Vec::new() })
    }

    /// The number this scan will have.
    pub fn id(&self) -> ScanId {
        self.scan
    }

    /// What earlier scans found, row by row.
    ///
    /// # Errors
    /// Where SQLite refuses or a row is damaged.
    pub fn history(&self) -> Result<History, StoreError> {
        super::history::read(&self.transaction).map_err(|error| self.failed(error))
    }

    /// Every title of the store and of this scan so far.
    pub fn titles(&self) -> &Titles {
        &self.titles
    }

    /// The titles known by now, for threads that read further files.
    pub fn known_titles(&mut self) -> KnownTitles {
        self.titles.known()
    }

    /// Title numbers of a list in the order of the file.
    ///
    /// # Errors
    /// Where the list is missing or unreadable.
    pub fn list(&self, list: ListId) -> Result<Vec<TitleId>, StoreError> {
        self.reading().list(list)
    }

    /// Adds a file that was read in this scan and gives it back with its software by number.
    ///
    /// # Errors
    /// Where SQLite refuses.
    pub fn add_file(&mut self, file: FileResult) -> Result<StoredFile, StoreError> {
        let FileResult { path, size, modified_ns, contents } = file;
        let hash = blake3::Hash::from_hex(&contents.hash).map(|hash| hash.as_bytes().to_vec()).unwrap_or_default();
        let (content, new) = self.content(&hash, &contents)?;
        let stored = match new {
            false => self.reading().file(path, content)?,
            true => {
                let contents = self.insert_observations(&path, content, contents)?;
                StoredFile { path, content, contents }
            }
        };
        self.insert_file(&stored, size, modified_ns)?;
        Ok(stored)
    }

    /// Adds a file that is as it was, see [`super::KnownFiles`].
    ///
    /// # Errors
    /// Where SQLite refuses or the content is not in the store.
    pub fn add_known(
        &mut self,
        path: &str,
        size: u64,
        modified_ns: Option<i64>,
        content: ContentId,
    ) -> Result<StoredFile, StoreError> {
        let stored = self.reading().file(path.to_owned(), content)?;
        self.insert_file(&stored, size, modified_ns)?;
        Ok(stored)
    }

    /// Completes the scan with what it found out. From here on the store holds it.
    ///
    /// # Errors
    /// Where SQLite refuses; the store is then as it was.
    pub fn commit(self, frozen: &Frozen<'_>) -> Result<ScanId, StoreError> {
        let Counts { files, hosts, records, purchases, prices } = self.counts;
        let outcome = frozen.outcome;
        self.execute(
            "INSERT INTO scan VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                self.scan.0,
                self.started_at,
                self.arguments,
                env!("CARGO_PKG_VERSION"),
                outcome.as_of.to_string(),
                outcome.rules_hash,
                files,
                hosts,
                records,
                purchases,
                prices
            ],
        )?;
        self.execute(
            "INSERT INTO frozen VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                self.scan.0,
                self.packed(outcome)?,
                self.packed(&frozen.settings)?,
                self.packed(&frozen.prices)?,
                self.packed(&frozen.purchases)?
            ],
        )?;
        super::history::insert(&self.transaction, self.scan, outcome).map_err(|error| self.failed(error))?;
        let (path, scan) = (self.path, self.scan);
        self.transaction.commit().map_err(|error| StoreError::sqlite(path, "complete the scan", error))?;
        Ok(scan)
    }

    fn reading(&self) -> Reading<'_> {
        Reading { connection: &self.transaction, path: self.path }
    }

    /// The number of a content, and whether it is new.
    fn content(&self, hash: &[u8], contents: &FileContents<SoftwareList>) -> Result<(ContentId, bool), StoreError> {
        let records: usize =
            contents.hosts.iter().filter_map(|host| host.software.as_ref()).map(SoftwareList::len).sum();
        let status = match contents.status {
            FileStatus::Read => "read",
            FileStatus::PartlyRead => "partly-read",
            FileStatus::Rejected => "rejected",
            FileStatus::Ignored => "ignored",
        };
        let organisation = contents.organisation.as_deref().unwrap_or_default();
        let of_path = contents.of_path.as_deref().unwrap_or_default();
        let new = self.insert(
            "INSERT INTO content (hash, reader, reader_version, organisation, captured, status, reason,
                                  hosts, records, purchases, prices, of_path)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
            params![
                hash,
                contents.reader,
                contents.reader_version,
                organisation,
                contents.captured.map(|day| day.to_string()),
                status,
                contents.reason,
                number(contents.hosts.len()),
                number(records),
                number(contents.purchases.len()),
                number(contents.prices.len()),
                of_path
            ],
        )?;
        if let Some(id) = new {
            return Ok((ContentId(id), true));
        }
        let known = self.prepared(
            "SELECT id FROM content
             WHERE length(hash) = 32 AND hash = ?1 AND reader = ?2 AND reader_version = ?3 AND organisation = ?4
               AND of_path = ?5",
        )?;
        let of_known = params![hash, contents.reader, contents.reader_version, organisation, of_path];
        let id = self.one_number(known, of_known)?;
        Ok((ContentId(id), false))
    }

    /// Writes what came out of a content and puts the numbers of its software lists in the place of the lists.
    fn insert_observations(
        &mut self,
        path: &str,
        content: ContentId,
        contents: FileContents<SoftwareList>,
    ) -> Result<FileContents<StoredSoftware>, StoreError> {
        let mut row = Row { content, ordinal: 0 };
        let mut hosts = Vec::with_capacity(contents.hosts.len());
        for HostContents { observed, software } in contents.hosts {
            let software = software.map(|list| self.insert_list(&list)).transpose()?;
            row.insert(self, "host", None, written(self.path, &observed)?, software.as_ref())?;
            hosts.push(HostContents { observed, software });
        }
        for (line, place) in &contents.purchases {
            row.insert(self, "purchase", Some(place), without_nulls(self.path, line)?, None)?;
        }
        for (price, place) in &contents.prices {
            row.insert(self, "price", Some(place), without_nulls(self.path, price)?, None)?;
        }
        for manifest in &contents.manifests {
            row.insert(self, "manifest", None, without_nulls(self.path, manifest)?, None)?;
        }
        for diagnostic in &contents.diagnostics {
            let mut diagnostic = diagnostic.clone();
            if diagnostic.path == path {
                diagnostic.path.clear();
            }
            row.insert(self, "diagnostic", None, without_nulls(self.path, &diagnostic)?, None)?;
        }
        let FileContents { hash, reader, reader_version, organisation, of_path, captured, status, reason, .. } =
            contents;
        let FileContents { purchases, prices, manifests, diagnostics, .. } = contents;
        Ok(FileContents {
            hash,
            reader,
            reader_version,
            organisation,
            of_path,
            captured,
            status,
            reason,
            hosts,
            purchases,
            prices,
            manifests,
            diagnostics,
        })
    }

    /// Numbers the titles of a list and stores the list, where it is new.
    fn insert_list(&mut self, software: &SoftwareList) -> Result<StoredSoftware, StoreError> {
        let mut list = std::mem::take(&mut self.list);
        list.clear();
        for listed in software.listed() {
            let id = match listed {
                Listed::Known(id) => id,
                Listed::New(title, fingerprint) => self.title(title, fingerprint)?,
            };
            write_title(&mut list, id);
        }
        let hash = blake3::hash(&list);
        let new = self.insert(
            "INSERT INTO software_list (hash, titles) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![hash.as_bytes(), list],
        )?;
        let id = match new {
            Some(id) => id,
            None => {
                self.one_number(self.prepared("SELECT id FROM software_list WHERE hash = ?1")?, [hash.as_bytes()])?
            }
        };
        self.list = list;
        Ok(StoredSoftware { list: ListId(id), places: software.places().clone() })
    }

    /// The number of a title, which is stored where it is new.
    fn title(&mut self, title: SoftwareRecord<'_>, fingerprint: Fingerprint) -> Result<TitleId, StoreError> {
        let full =
            || StoreError::Damaged { path: self.path.to_owned(), what: "there is no number for another title".into() };
        let (id, new) = self.titles.intern(title, fingerprint).ok_or_else(full)?;
        if new {
            self.execute(
                "INSERT INTO title VALUES (?1, ?2, ?3, ?4, ?5)",
                params![id.0, title.name, title.version, title.publisher, title.key],
            )?;
        }
        Ok(id)
    }

    fn insert_file(&mut self, stored: &StoredFile, size: u64, modified_ns: Option<i64>) -> Result<(), StoreError> {
        let new = self.insert("INSERT INTO path (text) VALUES (?1) ON CONFLICT DO NOTHING", [&stored.path])?;
        let path = match new {
            Some(path) => path,
            None => self.one_number(self.prepared("SELECT id FROM path WHERE text = ?1")?, [&stored.path])?,
        };
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        self.execute(
            "INSERT INTO scan_file VALUES (?1, ?2, ?3, ?4, ?5)",
            params![self.scan.0, path, size, modified_ns, stored.content.0],
        )?;
        self.counts.files += 1;
        self.counts.hosts += number(stored.contents.hosts.len());
        self.counts.records += number(stored.records());
        self.counts.purchases += number(stored.contents.purchases.len());
        self.counts.prices += number(stored.contents.prices.len());
        Ok(())
    }

    fn prepared(&self, sql: &str) -> Result<rusqlite::CachedStatement<'_>, StoreError> {
        self.transaction.prepare_cached(sql).map_err(|error| self.failed(error))
    }

    /// The number of the row that was inserted; `None` where the statement left it out because there is one already.
    fn insert(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Option<i64>, StoreError> {
        let inserted = self.prepared(sql)?.execute(parameters).map_err(|error| self.failed(error))?;
        Ok((inserted > 0).then(|| self.transaction.last_insert_rowid()))
    }

    /// The one number that a question has for an answer.
    fn one_number(
        &self,
        mut question: rusqlite::CachedStatement<'_>,
        parameters: impl rusqlite::Params,
    ) -> Result<i64, StoreError> {
        question.query_row(parameters, |row| row.get(0)).map_err(|error| self.failed(error))
    }

    fn execute(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<(), StoreError> {
        self.prepared(sql)?.execute(parameters).map(drop).map_err(|error| self.failed(error))
    }

    fn packed(&self, value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
        super::packing::packed(value).map_err(|source| StoreError::File {
            action: "pack the outcome for",
            path: self.path.to_owned(),
            source,
        })
    }

    fn failed(&self, error: rusqlite::Error) -> StoreError {
        StoreError::sqlite(self.path, "write", error)
    }
}

/// The next row of a content.
struct Row {
    content: ContentId,
    ordinal: i64,
}

impl Row {
    fn insert(
        &mut self,
        writer: &ScanWriter<'_>,
        kind: &str,
        place: Option<&Place>,
        body: String,
        software: Option<&StoredSoftware>,
    ) -> Result<(), StoreError> {
        let place = place.map(|place| written(writer.path, place)).transpose()?;
        let stored = software.map(|software| software.places.stored()).transpose();
        let (places, runs) = stored.map_err(|error| not_written(writer.path, &error))?.unzip();
        let list = software.map(|software| software.list.0);
        writer.execute(
            "INSERT INTO observation VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![self.content.0, self.ordinal, kind, place, body, list, places, runs],
        )?;
        self.ordinal += 1;
        Ok(())
    }
}

/// JSON of a value.
fn written(path: &Path, value: &(impl Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| not_written(path, &error))
}

/// JSON of a table without the keys that hold nothing: most of what a source might state it does not.
fn without_nulls(path: &Path, value: &impl Serialize) -> Result<String, StoreError> {
    let mut value = serde_json::to_value(value).map_err(|error| not_written(path, &error))?;
    if let Some(table) = value.as_object_mut() {
        table.retain(|_, value| !value.is_null());
    }
    Ok(value.to_string())
}

fn not_written(path: &Path, error: &serde_json::Error) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), what: format!("a value cannot be written: {error}") }
}

/// A count as SQLite keeps it.
fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
