//! Which estate a command is about: as typed, else `TRUEUP_ESTATE`, else the nearest folder upward that looks like one.

use std::path::{Path, PathBuf};

use crate::model::Outcome;
use crate::pipeline::{self, ScanOptions};

use super::Global;
use super::stop::Stop;

/// What makes a folder an estate.
const MARKS: [&str; 2] = ["trueup.toml", ".trueup"];

/// Finds the estate's folder.
pub(super) fn find(typed: Option<&PathBuf>) -> Result<PathBuf, Stop> {
    let named = typed.cloned().or_else(|| std::env::var_os("TRUEUP_ESTATE").map(PathBuf::from));
    let estate = match named {
        Some(folder) => folder,
        None => upward()?,
    };
    if estate.is_dir() {
        return Ok(estate);
    }
    let message = match estate.exists() {
        true => format!("{} is a file, not a folder", estate.display()),
        false => format!("there is no folder {}", estate.display()),
    };
    Err(Stop::usage(message, "name the folder that holds the inventories and purchase records"))
}

/// Files of the last scan that are looked for in the estate.
const LOOKED_FOR: u32 = 100;

/// Reads the last scan and says so where it seems to be of another estate.
pub(super) fn last_scan(global: &Global) -> Result<Outcome, Stop> {
    let options = global.scan_options(None)?;
    let outcome = pipeline::latest(&options)?;
    let paths = outcome.sources.iter().take(LOOKED_FOR as usize).map(|source| source.path.as_str());
    warn_of_another(global, &options, paths);
    Ok(outcome)
}

/// Says so before a scan where the store that was named holds scans of another estate.
pub(super) fn look_before_scan(global: &Global, options: &ScanOptions) {
    if global.store.is_none() || !options.store_path().exists() {
        return;
    }
    // Where the store cannot be read, the scan itself will say why.
    if let Ok(paths) = pipeline::first_paths(options, LOOKED_FOR) {
        warn_of_another(global, options, paths.iter().map(String::as_str));
    }
}

/// A store that was named by hand may be that of another estate: then none of its files lies here.
fn warn_of_another<'a>(global: &Global, options: &ScanOptions, paths: impl Iterator<Item = &'a str>) {
    let mut paths = paths.peekable();
    if global.store.is_none() || paths.peek().is_none() {
        return;
    }
    if !paths.any(|path| options.estate.join(path).exists()) {
        global.say(&format!(
            "warning: none of the files of the last scan in {} lies in {}; is it the store of another estate?",
            options.store_path().display(),
            options.estate.display()
        ));
    }
}

fn upward() -> Result<PathBuf, Stop> {
    let here = std::env::current_dir().map_err(|error| {
        Stop::usage(format!("the current folder cannot be read: {error}"), "name the estate with --estate DIR")
    })?;
    let marked = |folder: &&Path| MARKS.iter().any(|mark| folder.join(mark).exists());
    let found = here.ancestors().find(marked).map(Path::to_path_buf);
    found.ok_or_else(|| {
        Stop::usage(
            "no estate here: neither this folder nor any above it holds trueup.toml or .trueup",
            "scan a folder with `trueup scan DIR`, name one with --estate DIR, or start one with `trueup init DIR`",
        )
    })
}
