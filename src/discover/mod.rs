//! Paths → sources: which files an estate holds, and their content as text or as a workbook's bytes.
//!
//! Three steps, called by the pipeline one after the other:
//!
//! 1. [`walk`] lists every file below the estate's folder, in one order whatever the file system says, and names
//!    whatever it could not enter or would not open.
//! 2. [`load`] reads one file within [`Limits`]: it checks the size, hashes the raw content, decompresses what an agent
//!    compressed and turns text into UTF-8. This is the only place where an inventory is opened.
//! 3. [`written_by_trueup`] and [`classify_unknown`] say what becomes of a file that no reader is to have or wants.

mod classify;
mod decompress;
mod encoding;
mod load;
mod walk;

pub use classify::{classify_unknown, written_by_trueup};
pub use load::{Limits, Loaded, load};
pub use walk::{Blocked, Found, Walk, walk};

/// Bytes at the beginning of a file on which a reader, or [`classify_unknown`], makes up its mind.
pub const HEAD_BYTES: usize = 64 * 1024;
