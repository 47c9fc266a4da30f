//! An archive → the files in it, one after the other, within limits. Nothing is written to a disk.
//!
//! ZIP and tar archives are opened, tar also compressed by gzip, bzip2 or zlib, and archives within archives down to
//! a depth. Every file of an archive is handed on with its name inside it, or with the reason why it cannot be had.

use std::io::{Cursor, Read};

use crate::diag::{Code, Diagnostic};
use crate::model::FileStatus;

use super::Limits;
use super::decompress::{Compression, RATIO_FREE_BYTES, announced, opened};
use super::walk::{is_skipped_name, shown_text};

/// How a ZIP archive begins, and one without a single file.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// Where a tar archive says what it is.
const TAR_MARK_AT: usize = 257;

/// What it says there; followed by different bytes in the two dialects.
const TAR_MARK: &[u8] = b"ustar";

/// Bytes of a tar archive before the content of its first file.
const TAR_HEADER: usize = 512;

/// First files of documents that are ZIP archives inside: they are one document and no collection of inventories.
const DOCUMENTS: [&[u8]; 6] = [b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/", b"mimetype", b"META-INF/"];

/// Where the name of a ZIP archive's first file stands.
const ZIP_NAME_AT: usize = 30;

/// Folders that a packing program adds for itself.
const ADDED_FOLDERS: [&str; 1] = ["__MACOSX"];

/// The kind of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    /// A ZIP archive.
    Zip,
    /// A tar archive.
    Tar,
    /// A tar archive that is compressed as a whole.
    CompressedTar(Compression),
}

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// It can be read.
    File {
        /// Name inside the archive, with `/` between its parts.
        name: String,
        /// Its bytes.
        content: Vec<u8>,
    },
    /// It is named and not opened.
    Left {
        /// Name inside the archive.
        name: String,
        /// What to call it.
        status: FileStatus,
        /// Why it was not opened.
        diagnostic: Diagnostic,
    },
}

impl Member {
    /// Its name inside the archive.
    pub fn name_mut(&mut self) -> &mut String {
        match self {
            Self::File { name, .. } | Self::Left { name, .. } => name,
        }
    }
}

/// What may still come out of one file of the estate and all archives within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    files: usize,
    bytes: u64,
    depth: usize,
}

impl Budget {
    /// For an archive of so many bytes.
    pub fn new(limits: &Limits, archive_bytes: usize) -> Self {
        let by_ratio = (archive_bytes as u64).saturating_mul(limits.ratio).max(RATIO_FREE_BYTES);
        Self { files: limits.archive_files, bytes: by_ratio.min(limits.archive_bytes), depth: limits.archive_depth }
    }
}

/// The kind of archive that the content is, if it is one that holds files.
pub fn archive_kind(bytes: &[u8]) -> Option<Archive> {
    if ZIP.iter().any(|magic| bytes.starts_with(magic)) {
        let name = bytes.get(ZIP_NAME_AT..).unwrap_or_default();
        return (!DOCUMENTS.iter().any(|first| name.starts_with(first))).then_some(Archive::Zip);
    }
    if is_tar(bytes) {
        return Some(Archive::Tar);
    }
    let compression = announced(bytes)?;
    let mut head = Vec::with_capacity(TAR_HEADER);
    // What cannot be decompressed is told where the file is loaded.
    let _ = opened(bytes, compression).take(TAR_HEADER as u64).read_to_end(&mut head);
    is_tar(&head).then_some(Archive::CompressedTar(compression))
}

fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(TAR_MARK_AT..).is_some_and(|rest| rest.starts_with(TAR_MARK))
}

/// Hands on every file of an archive in its order; gives their number. `path` is the archive's, for messages.
///
/// # Errors
///
/// The archive is damaged or exceeds a limit. What was handed on before stays valid.
pub fn unpack(
    path: &str,
    bytes: &[u8],
    archive: Archive,
    limits: &Limits,
    budget: &mut Budget,
    take: &mut dyn FnMut(Member),
) -> Result<usize, Diagnostic> {
    let mut unpacking = Unpacking { path, limits, budget, take, handed_on: 0 };
    match archive {
        Archive::Zip => unpacking.zip(bytes)?,
        Archive::Tar => unpacking.tar(bytes)?,
        Archive::CompressedTar(compression) => unpacking.tar(opened(bytes, compression))?,
    }
    Ok(unpacking.handed_on)
}

/// An archive while it is opened.
struct Unpacking<'a> {
    path: &'a str,
    limits: &'a Limits,
    budget: &'a mut Budget,
    take: &'a mut dyn FnMut(Member),
    handed_on: usize,
}

impl Unpacking<'_> {
    fn zip(&mut self, bytes: &[u8]) -> Result<(), Diagnostic> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| self.damaged(&error.to_string()))?;
        for index in 0..archive.len() {
            let (name, left) = match archive.by_index_raw(index) {
                Ok(file) if file.is_dir() => continue,
                Ok(file) => {
                    let name = String::from_utf8_lossy(file.name_raw()).into_owned();
                    let name = file.name().map_or(name, |name| name.into_owned());
                    let left = match (file.is_symlink(), file.encrypted()) {
                        (true, _) => Some("a link inside an archive, which is not followed"),
                        (_, true) => Some("protected by a password; pack the archive anew without one"),
                        _ => None,
                    };
                    (name, left)
                }
                Err(error) => return Err(self.damaged(&error.to_string())),
            };
            match left {
                Some(reason) => self.leave(&name, Code::Unreadable, reason.to_owned())?,
                None => match archive.by_index(index) {
                    Ok(file) => self.read(&name, file)?,
                    Err(error) => self.leave(&name, Code::BrokenFormat, format!("it cannot be unpacked: {error}"))?,
                },
            }
        }
        if archive.has_duplicate_names() {
            return Err(self.damaged("two files in it bear the same name, and only one of them can be had"));
        }
        Ok(())
    }

    fn tar(&mut self, source: impl Read) -> Result<(), Diagnostic> {
        let mut archive = tar::Archive::new(source);
        let entries = archive.entries().map_err(|error| self.damaged(&error.to_string()))?;
        for entry in entries {
            let entry = entry.map_err(|error| self.damaged(&error.to_string()))?;
            let kind = entry.header().entry_type();
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
                self.read(&name, entry)?;
            } else if kind.is_symlink() || kind.is_hard_link() {
                self.leave(&name, Code::Unreadable, "a link inside an archive, which is not followed".to_owned())?;
            } else if !kind.is_dir() && !kind.is_pax_global_extensions() {
                self.leave(&name, Code::Unreadable, "neither a file nor a folder, which is not opened".to_owned())?;
            }
        }
        Ok(())
    }

    /// Reads one file within the limits and hands it on.
    fn read(&mut self, name: &str, source: impl Read) -> Result<(), Diagnostic> {
        if let Some(reason) = unsafe_name(name) {
            return self.leave(name, Code::Unreadable, reason.to_owned());
        }
        let name = shown_text(&name.replace('\\', "/"));
        if is_added(&name) {
            return Ok(());
        }
        self.count()?;
        let most = self.limits.file_bytes.min(self.budget.bytes);
        let mut content = Vec::new();
        let read = source.take(most + 1).read_to_end(&mut content);
        self.budget.bytes = self.budget.bytes.saturating_sub(content.len() as u64);
        if let Err(error) = read {
            self.left(&name, Code::BrokenFormat, format!("it is damaged or ends too early: {error}"));
            return Ok(());
        }
        if content.len() as u64 > most {
            if most < self.limits.file_bytes {
                return Err(self.exceeded("more comes out of it than the limits allow for its size"));
            }
            let reason = format!("the file is larger than {} MiB", self.limits.file_bytes / (1024 * 1024));
            self.left(&name, Code::LimitReached, reason);
            return Ok(());
        }
        match archive_kind(&content) {
            Some(inner) => self.nested(&name, &content, inner),
            None => {
                (self.take)(Member::File { name, content });
                self.handed_on += 1;
                Ok(())
            }
        }
    }

    /// An archive within this one: its files bear its name before their own.
    fn nested(&mut self, name: &str, content: &[u8], inner: Archive) -> Result<(), Diagnostic> {
        if self.budget.depth <= 1 {
            let reason = format!("archives are opened {} deep and no further; unpack it", self.limits.archive_depth);
            self.left(name, Code::LimitReached, reason);
            return Ok(());
        }
        self.budget.depth -= 1;
        let path = format!("{}/{name}", self.path);
        let take = &mut *self.take;
        let mut below = |mut member: Member| {
            let inside = member.name_mut();
            *inside = format!("{name}/{inside}");
            take(member);
        };
        let found = unpack(&path, content, inner, self.limits, self.budget, &mut below);
        self.budget.depth += 1;
        match found {
            Ok(count) => self.handed_on += count,
            Err(fault) if self.budget.files == 0 || self.budget.bytes == 0 => return Err(fault),
            Err(fault) => self.left(name, fault.code, fault.message),
        }
        Ok(())
    }

    /// Names a file that is not opened.
    fn leave(&mut self, name: &str, code: Code, reason: String) -> Result<(), Diagnostic> {
        self.count()?;
        self.left(&shown_text(&name.replace('\\', "/")), code, reason);
        Ok(())
    }

    /// The same for a file that is counted already.
    fn left(&mut self, name: &str, code: Code, reason: String) {
        let name = name.to_owned();
        let diagnostic = Diagnostic::error(code, format!("{}/{name}", self.path), reason);
        (self.take)(Member::Left { name, status: FileStatus::Rejected, diagnostic });
        self.handed_on += 1;
    }

    /// One file more.
    fn count(&mut self) -> Result<(), Diagnostic> {
        if self.budget.files == 0 {
            let reason = format!("it holds more than {} files", self.limits.archive_files);
            return Err(self.exceeded(&reason));
        }
        self.budget.files -= 1;
        Ok(())
    }

    fn damaged(&self, reason: &str) -> Diagnostic {
        Diagnostic::error(Code::BrokenFormat, self.path, format!("the archive is damaged: {reason}"))
    }

    fn exceeded(&self, reason: &str) -> Diagnostic {
        Diagnostic::error(Code::LimitReached, self.path, format!("the archive was not read to its end: {reason}"))
            .help("unpack it into the estate's folder")
    }
}

/// Why a name is not one of a file inside the archive.
fn unsafe_name(name: &str) -> Option<&'static str> {
    const LONGEST: usize = 4096;
    let drive = name.as_bytes().get(1) == Some(&b':');
    let leads_out = name.starts_with(['/', '\\']) || drive || name.split(['/', '\\']).any(|part| part == "..");
    if leads_out {
        Some("its name leads out of the archive")
    } else if name.len() > LONGEST {
        Some("its name is longer than 4,096 bytes")
    } else {
        None
    }
}

/// Whether a file lies in a folder that holds no inventory.
fn is_added(name: &str) -> bool {
    let mut folders = name.split('/').rev().skip(1);
    folders.any(|folder| is_skipped_name(folder.as_ref()) || ADDED_FOLDERS.contains(&folder))
}
