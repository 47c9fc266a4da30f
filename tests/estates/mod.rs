//! Estates in temporary folders, for tests that scan.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use trueup::model::Outcome;
use trueup::pipeline::{self, Progress, ScanOptions};

/// A scan that nobody watches.
pub struct Silent;

impl Progress for Silent {
    fn found(&self, _: u64) {}
    fn done(&self, _: u64) {}
}

/// A folder below the repository's root.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A temporary folder.
pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// A sample folder, copied without the store that someone may have left in it.
pub fn copy_of(sample: &str) -> TempDir {
    let copy = folder();
    for file in files_below(&repository(sample)) {
        let inside = file.strip_prefix(repository(sample)).expect("it was found below the sample");
        write(&copy.path().join(inside), &std::fs::read(&file).expect("a sample can be read"));
    }
    copy
}

/// Writes a file and the folders above it.
pub fn write(file: &Path, bytes: &[u8]) {
    let above = file.parent().expect("a file lies in a folder");
    std::fs::create_dir_all(above).expect("a folder can be made");
    std::fs::write(file, bytes).expect("a file can be written");
}

/// Every file below a folder, in the order of paths, but for trueup's store.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    walk.filter_entry(|entry| entry.file_name() != ".trueup")
        .map(|entry| entry.expect("a folder can be listed"))
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// Options for an estate with its store inside.
pub fn options(estate: &Path) -> ScanOptions {
    ScanOptions { estate: estate.to_owned(), ..ScanOptions::default() }
}

/// Scans an estate.
pub fn scan(options: &ScanOptions) -> Outcome {
    pipeline::scan(options, &Silent).unwrap_or_else(|failure| panic!("the scan could not run: {failure:#?}"))
}
