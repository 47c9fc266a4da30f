//! One file → its content: size and NUL checks, hash, decompression, text as UTF-8.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;

use crate::diag::{Code, Diagnostic};

use super::decompress::{Failure, announced, decompress};
use super::encoding::{Decoded, decode};
use super::{Found, HEAD_BYTES};

/// How much a single file may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, in bytes.
    pub file_bytes: u64,
    /// Largest content of a compressed file, in bytes.
    pub decompressed_bytes: u64,
    /// Most bytes that may come out of one compressed byte; not applied to results below one MiB.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 256 * 1024 * 1024, decompressed_bytes: 256 * 1024 * 1024, ratio: 200 }
    }
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded<'a> {
    /// UTF-8 without byte-order mark where it is text; else the bytes as they are. Decompressed.
    pub bytes: Cow<'a, [u8]>,
    /// Encoding the text was in, as the WHATWG names it, with a remark where bytes had to be guessed; `binary` for
    /// what is no text.
    pub encoding: &'static str,
    /// Whether it is no text.
    pub binary: bool,
    /// BLAKE3 of the file as it lies on the disk, in hexadecimal.
    pub hash: String,
}

/// Reads one file. `buffer` is scratch space worth keeping from file to file.
///
/// # Errors
///
/// The file cannot be read, is larger than the limits, holds nothing but NUL bytes, is compressed and damaged, or is
/// text in an encoding that cannot be decoded.
pub fn load<'a>(found: &Found, limits: &Limits, buffer: &'a mut Vec<u8>) -> Result<Loaded<'a>, Diagnostic> {
    read_within(found, limits, buffer)?;
    let hash = blake3::hash(buffer).to_hex().to_string();
    match announced(buffer) {
        None => text_or_binary(found, Cow::Borrowed(buffer.as_slice()), hash),
        Some(compression) => match decompress(buffer, compression, limits) {
            Ok(content) => text_or_binary(found, Cow::Owned(content), hash),
            Err(Failure::TooLarge(reason)) => Err(limit_reached(found, reason)),
            Err(Failure::Broken(reason)) => {
                let message = format!("the compressed content is damaged or ends too early: {reason}");
                Err(Diagnostic::error(Code::BrokenFormat, &found.path, message))
            }
        },
    }
}

/// Fills the buffer with the file, giving up after its first bytes where they already say enough.
fn read_within(found: &Found, limits: &Limits, buffer: &mut Vec<u8>) -> Result<(), Diagnostic> {
    let unreadable = |error: std::io::Error| {
        Diagnostic::error(Code::Unreadable, &found.path, format!("the file cannot be read: {error}"))
    };
    buffer.clear();
    let file = File::open(&found.absolute).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let head_bytes = HEAD_BYTES as u64;
    (&file).take(head_bytes).read_to_end(buffer).map_err(unreadable)?;
    if !buffer.is_empty() && buffer.iter().all(|byte| *byte == 0) {
        let message = match size > head_bytes {
            true => format!("the first {} KiB are nothing but NUL bytes; the rest was not read", head_bytes / 1024),
            false => "nothing but NUL bytes".to_owned(),
        };
        let help = "the file was probably damaged by a crash; collect this inventory again";
        return Err(Diagnostic::error(Code::BrokenFormat, &found.path, message).help(help));
    }
    if size <= limits.file_bytes {
        buffer.reserve(usize::try_from(size).unwrap_or(0).saturating_sub(buffer.len()));
        let rest = limits.file_bytes.saturating_add(1) - buffer.len() as u64;
        (&file).take(rest).read_to_end(buffer).map_err(unreadable)?;
    }
    if size.max(buffer.len() as u64) > limits.file_bytes {
        let limit = limits.file_bytes / (1024 * 1024);
        return Err(limit_reached(found, format!("the file is larger than {limit} MiB ({size} bytes)")));
    }
    Ok(())
}

fn limit_reached(found: &Found, reason: String) -> Diagnostic {
    let help = "split the export into smaller files";
    Diagnostic::error(Code::LimitReached, &found.path, reason).help(help)
}

fn text_or_binary<'a>(found: &Found, content: Cow<'a, [u8]>, hash: String) -> Result<Loaded<'a>, Diagnostic> {
    let (bytes, encoding) = match decode(&content) {
        Decoded::Text(Cow::Owned(text), encoding) => (Cow::Owned(text.into_bytes()), encoding),
        Decoded::Text(Cow::Borrowed(text), encoding) => {
            // What is borrowed is the end of the content: all of it but a byte-order mark.
            let start = content.len() - text.len();
            (without_start(content, start), encoding)
        }
        Decoded::Binary => return Ok(Loaded { bytes: content, encoding: "binary", binary: true, hash }),
        Decoded::Undecodable(encoding) => {
            let message = format!("the text is in {encoding}, which is not read");
            return Err(Diagnostic::error(Code::WrongEncoding, &found.path, message).help("save it as UTF-8"));
        }
    };
    Ok(Loaded { bytes, encoding, binary: false, hash })
}

fn without_start(content: Cow<'_, [u8]>, start: usize) -> Cow<'_, [u8]> {
    match content {
        Cow::Borrowed(content) => Cow::Borrowed(&content[start..]),
        Cow::Owned(mut content) => {
            content.drain(..start);
            Cow::Owned(content)
        }
    }
}
