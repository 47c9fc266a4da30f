//! Which estate a command is about: as typed, else `TRUEUP_ESTATE`, else the nearest folder upward that looks like one.

use std::path::{Path, PathBuf};

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
