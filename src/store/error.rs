//! Why the store could not do its work.

use std::path::PathBuf;

use super::ScanId;

/// Why the store could not do its work. All of them stop the command.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing was scanned yet.
    #[error("there is no store at {}; run `trueup scan DIR` first", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The store is there but holds no scan.
    #[error("the store {} holds no scan yet; run `trueup scan DIR` first", path.display())]
    Empty {
        /// The store.
        path: PathBuf,
    },
    /// The scan asked for is not in the store.
    #[error("the store {} holds no scan {scan}; `trueup sources` lists those it has", path.display())]
    UnknownScan {
        /// The store.
        path: PathBuf,
        /// The scan asked for.
        scan: ScanId,
    },
    /// A later trueup wrote it.
    #[error(
        "the store {} was written by a newer trueup (its version is {found}, this program knows up to {known}); \
         use that program, or name another store with `--store FILE`",
        path.display()
    )]
    Newer {
        /// The store.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The highest version this program knows.
        known: i64,
    },
    /// Something else lies where the store should be.
    #[error("{} is not a trueup store; move it away or name another store with `--store FILE`", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another process writes to it.
    #[error("another trueup is writing to {}; wait until it has ended and run this again", path.display())]
    Busy {
        /// The store.
        path: PathBuf,
    },
    /// A row that does not hold what it should.
    #[error("the store {} is damaged: {what}", path.display())]
    Damaged {
        /// The store.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// A folder or file could not be made.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("cannot {action} in the store {}", path.display())]
    Sqlite {
        /// What was tried.
        action: &'static str,
        /// The store.
        path: PathBuf,
        /// Why it failed.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// What SQLite answered while `action` was tried.
    pub(super) fn sqlite(path: &std::path::Path, action: &'static str, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, what: source.to_string() },
            _ => Self::Sqlite { action, path, source },
        }
    }
}
