//! Paths → sources: which files an estate holds, and their content as text or as a workbook's bytes.
//!
//! Steps, called by the pipeline one after the other:
//!
//! 1. [`walk`] lists every file below the estate's folder, in one order whatever the file system says, and names
//!    whatever it could not enter or would not open.
//! 2. [`read_raw`] reads one file within [`Limits`]. This is the only place where an inventory is opened.
//! 3. [`unpack`] hands on the files of an archive, where [`archive_kind`] says that it is one.
//! 4. [`load_content`] hashes the raw content, decompresses what an agent compressed and turns text into UTF-8.
//! 5. [`written_by_trueup`] and [`classify_unknown`] say what becomes of a file that no reader is to have or wants.

mod archive;
mod classify;
mod decompress;
mod encoding;
mod load;
mod walk;

pub use archive::{Archive, Budget, Member, archive_kind, unpack};
pub use classify::{classify_unknown, written_by_trueup};
pub use decompress::Compression;
pub use encoding::TextEncoding;
pub use load::{Limits, Loaded, Opening, load, load_content, read_raw};
pub use walk::{Blocked, Found, Walk, walk};

/// Bytes at the beginning of a file on which a reader, or [`classify_unknown`], makes up its mind.
pub const HEAD_BYTES: usize = 64 * 1024;
