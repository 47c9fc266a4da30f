//! Which files lie below the estate's folder: sorted, without following links, and with everything left out named.

use std::ffi::OsStr;
use std::fs::{FileType, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use walkdir::{DirEntry, WalkDir};

use crate::diag::{Code, Diagnostic};
use crate::model::FileStatus;

/// Folders that hold no inventory: trueup's store, and what version control keeps for itself.
const SKIPPED_FOLDERS: &[&str] = &[".trueup", ".git", ".hg", ".svn", ".bzr", ".jj", ".pijul", "CVS"];

/// The file with the estate's settings.
const SETTINGS_FILE: &str = "trueup.toml";

/// A file that can be opened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Path relative to the estate, with `/` between its parts; distinct for every file.
    pub path: String,
    /// The path to open.
    pub absolute: PathBuf,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, in nanoseconds since 1970; 0 where the file system does not tell.
    pub modified: i64,
}

/// An entry that is listed and not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Path relative to the estate, with `/` between its parts.
    pub path: String,
    /// What to call it in `sources`: rejected, or ignored where nothing is lost by not opening it.
    pub status: FileStatus,
    /// Why it was not opened.
    pub diagnostic: Diagnostic,
}

/// Everything below an estate's folder, each list sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Files to load.
    pub files: Vec<Found>,
    /// Entries that are named in the report and not opened.
    pub blocked: Vec<Blocked>,
}

/// Lists the files below a folder.
///
/// Links are not followed: one that points to a file read elsewhere in the estate is ignored, any other is rejected.
/// `.trueup`, the folders of version control and the estate's own `trueup.toml` are passed over.
///
/// # Errors
///
/// The folder itself does not exist, is no folder or may not be read.
pub fn walk(root: &Path) -> Result<Walk, Diagnostic> {
    let resolved = root.canonicalize().and_then(|resolved| std::fs::read_dir(&resolved).map(|_| resolved));
    let resolved = resolved.map_err(|error| {
        Diagnostic::error(Code::Unreadable, root.to_string_lossy(), format!("the folder cannot be read: {error}"))
    })?;
    let mut found = Walk::default();
    let entries = WalkDir::new(root).follow_links(false).min_depth(1).into_iter();
    for entry in entries.filter_entry(|entry| !is_skipped_folder(entry)) {
        match entry {
            Ok(entry) => found.add(&entry, root, &resolved),
            Err(error) => found.add_error(&error, root),
        }
    }
    found.sort();
    Ok(found)
}

impl Walk {
    fn add(&mut self, entry: &DirEntry, root: &Path, resolved_root: &Path) {
        let kind = entry.file_type();
        if kind.is_dir() {
            return;
        }
        let path = shown_path(entry.path(), root);
        if entry.file_name() == SETTINGS_FILE {
            if entry.depth() > 1 {
                let message = "settings are read at the root of the estate only, not here";
                self.block(FileStatus::Ignored, Diagnostic::warning(Code::LeftOut, path, message));
            }
        } else if kind.is_symlink() {
            self.add_link(path, entry.path(), resolved_root);
        } else if !kind.is_file() {
            let message = format!("{}, which is not opened", kind_of(kind));
            self.block(FileStatus::Rejected, Diagnostic::warning(Code::Unreadable, path, message));
        } else {
            match entry.metadata() {
                Ok(metadata) => self.files.push(found_file(path, entry.path(), &metadata)),
                Err(error) => self.block_unreadable(path, &error.to_string()),
            }
        }
    }

    /// A link: harmless where its target is read at its own place, else something the user should know.
    fn add_link(&mut self, path: String, link: &Path, resolved_root: &Path) {
        let target = match link.canonicalize() {
            Ok(target) => target,
            Err(error) => {
                let message = format!("a link that leads nowhere: {error}");
                self.block(FileStatus::Rejected, Diagnostic::warning(Code::Unreadable, path, message));
                return;
            }
        };
        let read_elsewhere = target
            .strip_prefix(resolved_root)
            .ok()
            .filter(|inside| !inside.components().any(|part| is_skipped_name(part.as_os_str())));
        if let Some(inside) = read_elsewhere {
            let message = format!("a link to `{}`, which is read there", shown_path(inside, Path::new("")));
            self.block(FileStatus::Ignored, Diagnostic::note(Code::LeftOut, path, message));
        } else {
            let message = "a link out of the estate, which is not followed";
            let help = "copy the file into the estate";
            self.block(FileStatus::Rejected, Diagnostic::warning(Code::Unreadable, path, message).help(help));
        }
    }

    fn add_error(&mut self, error: &walkdir::Error, root: &Path) {
        let path = error.path().map_or_else(String::new, |path| shown_path(path, root));
        let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
        self.block_unreadable(path, &reason);
    }

    fn block_unreadable(&mut self, path: String, reason: &str) {
        let message = format!("cannot be read: {reason}");
        self.block(FileStatus::Rejected, Diagnostic::warning(Code::Unreadable, path, message));
    }

    fn block(&mut self, status: FileStatus, diagnostic: Diagnostic) {
        self.blocked.push(Blocked { path: diagnostic.path.clone(), status, diagnostic });
    }

    /// Sorts both lists and keeps names apart that look alike once shown as text.
    fn sort(&mut self) {
        self.files.sort();
        keep_apart(&mut self.files);
        self.blocked.sort_by(|left, right| left.path.cmp(&right.path));
    }
}

/// Numbers the second and later of files whose shown paths are the same.
fn keep_apart(files: &mut [Found]) {
    let mut start = 0;
    while start < files.len() {
        let end = start + files[start..].iter().take_while(|file| file.path == files[start].path).count();
        for (index, file) in files[start..end].iter_mut().enumerate().skip(1) {
            file.path = format!("{} #{}", file.path, index + 1);
        }
        start = end;
    }
}

fn found_file(path: String, absolute: &Path, metadata: &Metadata) -> Found {
    Found { path, absolute: absolute.to_owned(), size: metadata.len(), modified: modified_nanoseconds(metadata) }
}

/// Time of the last change in nanoseconds since 1970, negative before it.
fn modified_nanoseconds(metadata: &Metadata) -> i64 {
    let Ok(modified) = metadata.modified() else { return 0 };
    match modified.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanoseconds| -nanoseconds),
    }
}

fn is_skipped_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_dir() && is_skipped_name(entry.file_name())
}

pub(super) fn is_skipped_name(name: &OsStr) -> bool {
    SKIPPED_FOLDERS.iter().any(|skipped| name == *skipped)
}

/// A path below `root` as text, with `/` between its parts.
fn shown_path(path: &Path, root: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<String> = inside.components().map(|part| shown_name(part.as_os_str())).collect();
    parts.join("/")
}

/// A file name as text that no terminal takes for a command. Bytes that are not UTF-8 and control characters become `�`
/// followed by their value, so that `caf\xE9` and `caf\xE8` stay two names.
fn shown_name(name: &OsStr) -> String {
    let mut shown = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        shown.push_str(&shown_text(chunk.valid()));
        for byte in chunk.invalid() {
            shown.push_str(&format!("\u{FFFD}{byte:02X}"));
        }
    }
    shown
}

/// Text in which control characters are shown by their value.
pub(super) fn shown_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.push_str(&format!("\u{FFFD}{:02X}", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(unix)]
fn kind_of(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_block_device() || kind.is_char_device() {
        "a device"
    } else {
        "neither a file nor a folder"
    }
}

#[cfg(not(unix))]
fn kind_of(_: FileType) -> &'static str {
    "neither a file nor a folder"
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn paths(walk: &Walk) -> Vec<&str> {
        walk.files.iter().map(|found| found.path.as_str()).collect()
    }

    #[test]
    fn files_come_sorted_and_what_is_no_input_is_passed_over() {
        let estate = tempfile::tempdir().expect("a temporary folder");
        for path in
            ["b/two.json", "a.csv", "b.csv", ".trueup/trueup.db", ".git/config", "b/.svn/entries", "trueup.toml"]
        {
            let path = estate.path().join(path);
            fs::create_dir_all(path.parent().expect("has one")).expect("created");
            fs::write(path, "content").expect("written");
        }
        fs::write(estate.path().join("b/trueup.toml"), "").expect("written");
        let walk = walk(estate.path()).expect("walked");
        assert_eq!(paths(&walk), ["a.csv", "b.csv", "b/two.json"]);
        assert_eq!((walk.files[0].size, walk.files[0].modified > 0), (7, true));
        let [blocked] = walk.blocked.as_slice() else { panic!("{:?}", walk.blocked) };
        assert_eq!((blocked.path.as_str(), blocked.status), ("b/trueup.toml", FileStatus::Ignored));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        assert_eq!(walk(Path::new("/no/such/folder")).map_err(|error| error.code), Err(Code::Unreadable));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_named_and_not_followed() {
        use std::os::unix::fs::symlink;
        let outside = tempfile::tempdir().expect("a temporary folder");
        fs::write(outside.path().join("secret.json"), "{}").expect("written");
        let estate = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(estate.path().join("inventory")).expect("created");
        fs::write(estate.path().join("inventory/a.json"), "{}").expect("written");
        symlink(outside.path(), estate.path().join("out")).expect("linked");
        symlink("inventory/a.json", estate.path().join("same")).expect("linked");
        symlink("..", estate.path().join("inventory/loop")).expect("linked");
        symlink("nowhere", estate.path().join("broken")).expect("linked");
        let walk = walk(estate.path()).expect("walked");
        assert_eq!(paths(&walk), ["inventory/a.json"]);
        let blocked: Vec<_> = walk.blocked.iter().map(|blocked| (blocked.path.as_str(), blocked.status)).collect();
        let (ignored, rejected) = (FileStatus::Ignored, FileStatus::Rejected);
        assert_eq!(blocked, [("broken", rejected), ("inventory/loop", ignored), ("out", rejected), ("same", ignored)]);
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_is_named_and_not_opened() {
        let estate = tempfile::tempdir().expect("a temporary folder");
        let _socket = std::os::unix::net::UnixListener::bind(estate.path().join("agent.xml")).expect("bound");
        let walk = walk(estate.path()).expect("walked");
        assert!(walk.files.is_empty());
        assert_eq!(walk.blocked[0].diagnostic.message, "a socket, which is not opened");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_without_permission_is_named() {
        use std::os::unix::fs::PermissionsExt;
        let estate = tempfile::tempdir().expect("a temporary folder");
        let closed = estate.path().join("closed");
        fs::create_dir(&closed).expect("created");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("closed");
        let walk = walk(estate.path()).expect("walked");
        if fs::read_dir(&closed).is_ok() {
            eprintln!("this user may enter every folder: nothing was closed to it");
        } else {
            assert_eq!((walk.blocked[0].path.as_str(), walk.blocked[0].status), ("closed", FileStatus::Rejected));
        }
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("opened again");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_no_text_stay_apart() {
        use std::os::unix::ffi::OsStrExt;
        let estate = tempfile::tempdir().expect("a temporary folder");
        for name in [b"caf\xE9.xml".as_slice(), b"caf\xE8.xml", "caf\u{FFFD}E8.xml".as_bytes()] {
            fs::write(estate.path().join(OsStr::from_bytes(name)), "").expect("written");
        }
        let walk = walk(estate.path()).expect("walked");
        assert_eq!(paths(&walk), ["caf\u{FFFD}E8.xml", "caf\u{FFFD}E8.xml #2", "caf\u{FFFD}E9.xml"]);
        assert!(walk.files.iter().all(|found| found.absolute.exists()));
    }
}
