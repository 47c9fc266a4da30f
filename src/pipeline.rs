//! The story: discover → read → recognise → store → assess → report. Not built yet: signatures only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Serialize;

use crate::diag::{Code, Diagnostic};
use crate::model::Outcome;
use crate::rules::{RuleFaults, Rules};

/// What a scan, or a look at the last one, is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanOptions {
    /// The estate's folder.
    pub estate: PathBuf,
    /// Where the store is; `None`: `.trueup/trueup.db` in the estate.
    pub store: Option<PathBuf>,
    /// Folder of further rules.
    pub rules: Option<PathBuf>,
    /// Day; `None`: as `trueup.toml` says, else today.
    pub as_of: Option<Date>,
    /// Threads; `None`: as many as there are cores.
    pub threads: Option<usize>,
}

/// Why a command could not run, with the texts its diagnostics point into, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// Texts by path.
    pub texts: BTreeMap<String, String>,
}

impl From<RuleFaults> for Failure {
    fn from(found: RuleFaults) -> Self {
        Self { diagnostics: found.faults, texts: found.texts }
    }
}

/// Who wants to know how far a scan is.
pub trait Progress: Sync {
    /// So many more files were found.
    fn found(&self, files: u64);
    /// So many more files are done.
    fn done(&self, files: u64);
}

/// What became of one worked case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// Id of the case.
    pub id: String,
    /// Whether every expectation holds.
    pub ok: bool,
    /// What does not.
    pub why: Vec<String>,
}

/// How well recognition did on a labelled list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Rows judged.
    pub rows: u64,
    /// Counted, and rightly so.
    pub true_positive: u64,
    /// Counted, and wrongly so.
    pub false_positive: u64,
    /// Not counted, and wrongly so.
    pub false_negative: u64,
    /// Counted as another product.
    pub wrong_product: u64,
    /// Counted with another version.
    pub wrong_version: u64,
    /// Counted with another edition.
    pub wrong_edition: u64,
    /// Every wrong row.
    pub errors: Vec<LabelFault>,
}

/// One row the rules get wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelFault {
    /// Line in the label file.
    pub line: u64,
    /// The name.
    pub name: String,
    /// What kind of fault.
    pub fault: &'static str,
    /// What the label says.
    pub expected: String,
    /// What was found; empty where nothing was.
    pub found: String,
    /// The rule that hit.
    pub rule: Option<String>,
}

/// Reads an estate, keeps what it found, and assesses it.
///
/// # Errors
/// Wrong settings or rules, and an estate or store that cannot be used.
pub fn scan(_options: &ScanOptions, _progress: &dyn Progress) -> Result<Outcome, Failure> {
    Err(not_built())
}

/// The last scan, assessed anew where another day is asked for.
///
/// # Errors
/// As [`scan`], and a store without a scan.
pub fn latest(_options: &ScanOptions) -> Result<Outcome, Failure> {
    Err(not_built())
}

/// The built-in rules, with those of a folder.
///
/// # Errors
/// Every fault of every rule file.
pub fn load_rules(folder: Option<&Path>) -> Result<Rules, Failure> {
    Ok(match folder {
        None => Rules::built_in()?,
        Some(folder) => Rules::with_folder(folder)?,
    })
}

/// Runs worked cases; without files the built-in ones.
///
/// # Errors
/// Files that cannot be read or are wrong.
pub fn test_cases(_rules: &Rules, _files: &[PathBuf]) -> Result<Vec<CaseResult>, Failure> {
    Err(not_built())
}

/// Judges recognition by a labelled list.
///
/// # Errors
/// A file that cannot be read or lacks its columns.
pub fn score(_rules: &Rules, _file: &Path) -> Result<Score, Failure> {
    Err(not_built())
}

fn not_built() -> Failure {
    let diagnostic = Diagnostic::error(Code::Unreadable, "", "not built yet");
    Failure { diagnostics: vec![diagnostic], texts: BTreeMap::new() }
}
