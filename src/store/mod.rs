//! The store: every scan that was ever made, in one SQLite file. This is the only user of SQLite.
//!
//! A scan is one transaction: an interrupted one leaves the store as it was, and no later one changes it. What comes
//! out of a file is kept once for each distinct content and reader version, so that an unchanged file is not read
//! again and costs one row. Software titles are numbered, and a host's software list is kept once for each distinct
//! content. Each scan freezes its outcome with the settings, prices and purchases it rests on, so that reports need
//! the store and nothing else.
//!
//! ```text
//! scan ─┬─ frozen            outcome, settings, prices, purchases
//!       ├─ position_history  its position, row by row ── position_key
//!       └─ scan_file ─┬─ path
//!                     └─ content ── observation ── software_list ┈ title
//! ```

mod content;
mod disk;
mod error;
mod history;
mod known;
mod number;
mod packing;
mod places;
mod reading;
mod software;
#[cfg(test)]
mod tests;
mod titles;
mod writer;

pub use content::{ContentId, FileContents, FileResult, HostContents, StoredFile};
pub use error::StoreError;
pub use known::{KnownFile, KnownFiles};
pub use places::Places;
pub use software::{ListId, SoftwareList, StoredSoftware};
pub use titles::{KnownTitles, TitleId, Titles};
pub use writer::{Frozen, ScanWriter};

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::Date;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use serde::de::DeserializeOwned;

use crate::model::{History, Outcome, Price, PurchaseLine};

use reading::Reading;

/// Every migration in order; its position plus one is the version it leads to. Never change one, only append.
const MIGRATIONS: [&str; 4] = [
    include_str!("migrations/0001_scans.sql"),
    include_str!("migrations/0002_history.sql"),
    include_str!("migrations/0003_of_path.sql"),
    include_str!("migrations/0004_runs.sql"),
];

/// The version from which on every scan writes its history.
const WITH_HISTORY: i64 = 2;

/// Version of a store with all of them.
const VERSION: i64 = MIGRATIONS.len() as i64;

/// Marks a SQLite file as ours: `trup`.
const APPLICATION_ID: i32 = 0x7472_7570;

/// How long another process may hold the store before we give up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Page cache in kibibytes, negative as SQLite wants it: the indexes by hash of 100,000 hosts nearly fit.
const CACHE: i64 = -8_192;

/// Number of a scan, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScanId(pub i64);

impl std::fmt::Display for ScanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A scan in the list of scans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanSummary {
    /// Number.
    pub id: ScanId,
    /// When it began, as given.
    pub started_at: String,
    /// Arguments of the command.
    pub arguments: Vec<String>,
    /// Version of trueup that made it.
    pub program: String,
    /// Day of its position.
    pub as_of: Date,
    /// Hash of the rules in force.
    pub rules_hash: String,
    /// Files seen.
    pub files: u64,
    /// Sightings of machines.
    pub hosts: u64,
    /// Software records.
    pub records: u64,
    /// Purchase lines.
    pub purchases: u64,
    /// Prices.
    pub prices: u64,
}

/// The inputs beside the inventories that a scan froze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenInputs {
    /// Text of `trueup.toml`; empty where there was none.
    pub settings: String,
    /// Prices.
    pub prices: Vec<Price>,
    /// Purchases.
    pub purchases: Vec<PurchaseLine>,
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens the store for a scan and makes it, private to its owner, where it is missing.
    ///
    /// # Errors
    /// Where it cannot be made, is of a newer version, is no store of ours, or another process holds it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        disk::make_private(path)?;
        let store = Self::connect(path)?;
        store.choose_journal();
        Ok(store)
    }

    /// Opens the store for reports.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is none yet; else as [`Store::open`].
    pub fn open_existing(path: &Path) -> Result<Self, StoreError> {
        if !path.is_file() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        Self::connect(path)
    }

    /// Sets how long another process may hold the store before we give up; five seconds where nothing is set.
    ///
    /// # Errors
    /// Where SQLite refuses.
    pub fn set_patience(&self, patience: Duration) -> Result<(), StoreError> {
        self.connection.busy_timeout(patience).map_err(|error| self.failed("open", error))
    }

    /// Files of the newest scan, for reading only what changed. `is_current` tells whether a reader, by name and
    /// version, would still understand a file in the same way; the empty name stands for no reader.
    ///
    /// # Errors
    /// Where SQLite refuses.
    pub fn known_files(&self, is_current: &dyn Fn(&str, u32) -> bool) -> Result<KnownFiles, StoreError> {
        KnownFiles::load(&self.connection, is_current).map_err(|error| self.failed("read the last scan", error))
    }

    /// Begins a scan. `started_at` is kept as it is given. Files are then added in the order of their paths.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where another scan is under way.
    pub fn begin_scan(&mut self, started_at: &str, arguments: &[String]) -> Result<ScanWriter<'_>, StoreError> {
        let path = &self.path;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| StoreError::sqlite(path, "begin a scan", error))?;
        ScanWriter::begin(transaction, path, started_at, arguments)
    }

    /// Every scan, the oldest first.
    ///
    /// # Errors
    /// Where SQLite refuses.
    pub fn scans(&self) -> Result<Vec<ScanSummary>, StoreError> {
        let failed = |error| self.failed("list the scans", error);
        let mut statement = self.connection.prepare("SELECT * FROM scan ORDER BY id").map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut scans = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            scans.push(self.summary(row).map_err(failed)?);
        }
        Ok(scans)
    }

    /// What a scan found out; of the newest where none is named.
    ///
    /// # Errors
    /// [`StoreError::Empty`] and [`StoreError::UnknownScan`] where there is no such scan.
    pub fn outcome(&self, scan: Option<ScanId>) -> Result<Outcome, StoreError> {
        self.parsed(&self.outcome_json(scan)?)
    }

    /// The same as the JSON that was frozen, byte for byte.
    ///
    /// # Errors
    /// As [`Store::outcome`].
    pub fn outcome_json(&self, scan: Option<ScanId>) -> Result<Vec<u8>, StoreError> {
        self.frozen(scan, "SELECT outcome FROM frozen WHERE scan = ?1")
    }

    /// What all scans found, row by row.
    ///
    /// # Errors
    /// Where SQLite refuses or a row is damaged.
    pub fn history(&self) -> Result<History, StoreError> {
        history::read(&self.connection).map_err(|error| self.failed("read the history", error))
    }

    /// Settings, prices and purchases that a scan froze; of the newest where none is named.
    ///
    /// # Errors
    /// As [`Store::outcome`].
    pub fn inputs(&self, scan: Option<ScanId>) -> Result<FrozenInputs, StoreError> {
        Ok(FrozenInputs {
            settings: self.parsed(&self.frozen(scan, "SELECT settings FROM frozen WHERE scan = ?1")?)?,
            prices: self.parsed(&self.frozen(scan, "SELECT prices FROM frozen WHERE scan = ?1")?)?,
            purchases: self.parsed(&self.frozen(scan, "SELECT purchases FROM frozen WHERE scan = ?1")?)?,
        })
    }

    /// Every file of a scan with what came out of it, in the order of paths; of the newest where none is named.
    ///
    /// # Errors
    /// As [`Store::outcome`].
    pub fn files(&self, scan: Option<ScanId>) -> Result<Vec<StoredFile>, StoreError> {
        let scan = self.which(scan)?;
        let failed = |error| self.failed("list the files of a scan", error);
        let sql = "SELECT path.text, scan_file.content FROM scan_file JOIN path ON path.id = scan_file.path
                   WHERE scan_file.scan = ?1 ORDER BY path.text";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([scan.0]).map_err(failed)?;
        let mut files = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let (path, content) = (row.get(0).map_err(failed)?, ContentId(row.get(1).map_err(failed)?));
            files.push(self.reading().file(path, content)?);
        }
        Ok(files)
    }

    /// Paths of the first files of the newest scan, at most so many, in order; none where there is no scan yet.
    ///
    /// # Errors
    /// Where SQLite refuses.
    pub fn first_paths(&self, most: u32) -> Result<Vec<String>, StoreError> {
        let failed = |error| self.failed("list the files of a scan", error);
        let sql = "SELECT path.text FROM scan_file JOIN path ON path.id = scan_file.path
                   WHERE scan_file.scan = (SELECT max(id) FROM scan) ORDER BY path.text LIMIT ?1";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let paths = statement.query_map([most], |row| row.get(0)).map_err(failed)?;
        paths.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Every software title.
    ///
    /// # Errors
    /// Where SQLite refuses or the titles are damaged.
    pub fn titles(&self) -> Result<Titles, StoreError> {
        self.reading().titles()
    }

    /// Title numbers of a software list, in the order of the file.
    ///
    /// # Errors
    /// Where the list is missing or unreadable.
    pub fn list(&self, list: ListId) -> Result<Vec<TitleId>, StoreError> {
        self.reading().list(list)
    }

    fn connect(path: &Path) -> Result<Self, StoreError> {
        let failed = |error| StoreError::sqlite(path, "open", error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(32);
        connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
        connection.pragma_update(None, "cache_size", CACHE).map_err(failed)?;
        let mut store = Self { connection, path: path.to_owned() };
        if store.version()? < VERSION {
            store.migrate()?;
        }
        Ok(store)
    }

    /// The store's version; zero where it is new.
    fn version(&self) -> Result<i64, StoreError> {
        let failed = |error| self.failed("open", error);
        let number = |sql: &str| self.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(failed);
        let objects = number("SELECT count(*) FROM sqlite_schema")?;
        if objects > 0 && number("PRAGMA application_id")? != i64::from(APPLICATION_ID) {
            return Err(StoreError::Foreign { path: self.path.clone() });
        }
        let found = number("PRAGMA user_version")?;
        if found > VERSION {
            return Err(StoreError::Newer { path: self.path.clone(), found, known: VERSION });
        }
        Ok(found)
    }

    /// A write-ahead log, so that reports can be read while a scan is written; a rollback journal on disks of other
    /// machines, and for the first scan, which nobody can read yet and which a log would have written twice. SQLite works
    /// with either, so that a refusal is no failure.
    fn choose_journal(&self) {
        let scanned = self.connection.query_row("SELECT EXISTS (SELECT 1 FROM scan)", [], |row| row.get(0));
        let mode = if scanned.unwrap_or(false) && disk::is_local(&self.path) { "WAL" } else { "DELETE" };
        let chosen: rusqlite::Result<String> =
            self.connection.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |row| row.get(0));
        drop(chosen);
    }

    /// Runs the migrations that are missing, all or none.
    fn migrate(&mut self) -> Result<(), StoreError> {
        let path = self.path.clone();
        let failed = |error| StoreError::sqlite(&path, "bring up to date", error);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        // Another process may have done it while we waited for the lock.
        let done: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
        if done < VERSION {
            for migration in MIGRATIONS.iter().skip(usize::try_from(done).unwrap_or_default()) {
                transaction.execute_batch(migration).map_err(failed)?;
            }
            if done < WITH_HISTORY {
                history::fill_in(&transaction).map_err(failed)?;
            }
            transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
            transaction.pragma_update(None, "user_version", VERSION).map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    fn summary(&self, row: &rusqlite::Row<'_>) -> rusqlite::Result<ScanSummary> {
        let count = |column: &str| row.get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or_default());
        let as_of: String = row.get("as_of")?;
        let arguments: String = row.get("arguments")?;
        let broken = |error: &dyn std::fmt::Display| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.to_string().into())
        };
        Ok(ScanSummary {
            id: ScanId(row.get("id")?),
            started_at: row.get("started_at")?,
            arguments: serde_json::from_str(&arguments).map_err(|error| broken(&error))?,
            program: row.get("program")?,
            as_of: as_of.parse().map_err(|error: jiff::Error| broken(&error))?,
            rules_hash: row.get("rules_hash")?,
            files: count("files")?,
            hosts: count("hosts")?,
            records: count("records")?,
            purchases: count("purchases")?,
            prices: count("prices")?,
        })
    }

    /// The scan meant.
    fn which(&self, scan: Option<ScanId>) -> Result<ScanId, StoreError> {
        let newest: Option<i64> = self
            .connection
            .query_row("SELECT max(id) FROM scan WHERE ?1 IS NULL OR id = ?1", [scan.map(|scan| scan.0)], |row| {
                row.get(0)
            })
            .map_err(|error| self.failed("find a scan", error))?;
        newest.map(ScanId).ok_or_else(|| match scan {
            Some(scan) => StoreError::UnknownScan { path: self.path.clone(), scan },
            None => StoreError::Empty { path: self.path.clone() },
        })
    }

    /// One frozen document, unpacked.
    fn frozen(&self, scan: Option<ScanId>, sql: &str) -> Result<Vec<u8>, StoreError> {
        let scan = self.which(scan)?;
        let packed: Option<Vec<u8>> = self
            .connection
            .query_row(sql, [scan.0], |row| row.get(0))
            .optional()
            .map_err(|error| self.failed("read a scan", error))?;
        let packed = packed.ok_or_else(|| self.damaged(format!("scan {scan} has no outcome")))?;
        let mut unpacked = Vec::new();
        flate2::read::ZlibDecoder::new(packed.as_slice())
            .read_to_end(&mut unpacked)
            .map_err(|error| self.damaged(format!("scan {scan} does not unpack: {error}")))?;
        Ok(unpacked)
    }

    fn parsed<T: DeserializeOwned>(&self, json: &[u8]) -> Result<T, StoreError> {
        serde_json::from_slice(json).map_err(|error| self.damaged(format!("a scan does not read back: {error}")))
    }

    fn reading(&self) -> Reading<'_> {
        Reading { connection: &self.connection, path: &self.path }
    }

    fn failed(&self, action: &'static str, error: rusqlite::Error) -> StoreError {
        StoreError::sqlite(&self.path, action, error)
    }

    fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), what }
    }
}
