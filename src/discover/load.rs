//! One file → its content: size and NUL checks, hash, decompression, text as UTF-8.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;

use crate::diag::{Code, Diagnostic};

use super::decompress::{Failure, announced, decompress};
use super::encoding::{Decoded, TextEncoding, decode};
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
    /// Most files in an archive, with those of the archives in it.
    pub archive_files: usize,
    /// Most bytes that may come out of an archive, with those of the archives in it.
    pub archive_bytes: u64,
    /// How deep archives may lie in archives; 1: only the archive itself is opened.
    pub archive_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            file_bytes: 256 * MIB,
            decompressed_bytes: 256 * MIB,
            ratio: 200,
            archive_files: 200_000,
            archive_bytes: 16 * 1024 * MIB,
            archive_depth: 3,
        }
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

/// How files are opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opening {
    /// How much they may take.
    pub limits: Limits,
    /// Encoding of text that shows none; `None`: detected.
    pub encoding: Option<TextEncoding>,
}

/// Reads one file as it lies on the disk. `buffer` is scratch space worth keeping from file to file.
///
/// # Errors
///
/// The file cannot be read, is larger than the limits, or holds nothing but NUL bytes.
pub fn read_raw<'a>(found: &Found, limits: &Limits, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], Diagnostic> {
    let unreadable = |error: std::io::Error| {
        Diagnostic::error(Code::Unreadable, &found.path, format!("the file cannot be read: {error}"))
    };
    buffer.clear();
    let file = File::open(&found.absolute).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    buffer.reserve(usize::try_from(size).unwrap_or(0).min(HEAD_BYTES).saturating_add(1));
    (&file).take(HEAD_BYTES as u64).read_to_end(buffer).map_err(unreadable)?;
    // Its first bytes may already say enough: a crash leaves gigabytes of nothing.
    not_only_nul(&found.path, buffer, size)?;
    if size <= limits.file_bytes {
        buffer.reserve(usize::try_from(size).unwrap_or(0).saturating_sub(buffer.len()));
        let rest = limits.file_bytes.saturating_add(1) - buffer.len() as u64;
        (&file).take(rest).read_to_end(buffer).map_err(unreadable)?;
    }
    if size.max(buffer.len() as u64) > limits.file_bytes {
        let limit = limits.file_bytes / (1024 * 1024);
        return Err(limit_reached(&found.path, format!("the file is larger than {limit} MiB ({size} bytes)")));
    }
    Ok(buffer)
}

/// The content of one file's bytes: decompressed, and as UTF-8 where it is text.
///
/// # Errors
///
/// The bytes are nothing but NUL, compressed and damaged, more than the limits allow, or text in an encoding that
/// cannot be decoded.
pub fn load_content<'a>(path: &str, raw: &'a [u8], opening: &Opening) -> Result<Loaded<'a>, Diagnostic> {
    not_only_nul(path, &raw[..raw.len().min(HEAD_BYTES)], raw.len() as u64)?;
    let hash = blake3::hash(raw).to_hex().to_string();
    let Some(compression) = announced(raw) else {
        return text_or_binary(path, Cow::Borrowed(raw), hash, opening.encoding);
    };
    match decompress(raw, compression, &opening.limits) {
        Ok(content) => text_or_binary(path, Cow::Owned(content), hash, opening.encoding),
        Err(Failure::TooLarge(reason)) => Err(limit_reached(path, reason)),
        Err(Failure::Broken(reason)) => {
            let message = format!("the compressed content is damaged or ends too early: {reason}");
            Err(Diagnostic::error(Code::BrokenFormat, path, message))
        }
    }
}

/// Reads one file that is no archive: [`read_raw`], then [`load_content`].
///
/// # Errors
///
/// As both.
pub fn load<'a>(found: &Found, opening: &Opening, buffer: &'a mut Vec<u8>) -> Result<Loaded<'a>, Diagnostic> {
    load_content(&found.path, read_raw(found, &opening.limits, buffer)?, opening)
}

/// Whether the beginning of a file of `size` bytes holds anything.
fn not_only_nul(path: &str, head: &[u8], size: u64) -> Result<(), Diagnostic> {
    if head.is_empty() || head.iter().any(|byte| *byte != 0) {
        return Ok(());
    }
    let message = match size > head.len() as u64 {
        true => format!("the first {} KiB are nothing but NUL bytes; the rest was not read", head.len() / 1024),
        false => "nothing but NUL bytes".to_owned(),
    };
    let help = "the file was probably damaged by a crash; collect this inventory again";
    Err(Diagnostic::error(Code::BrokenFormat, path, message).help(help))
}

fn limit_reached(path: &str, reason: String) -> Diagnostic {
    let help = "split the export into smaller files";
    Diagnostic::error(Code::LimitReached, path, reason).help(help)
}

fn text_or_binary<'a>(
    path: &str,
    content: Cow<'a, [u8]>,
    hash: String,
    fallback: Option<TextEncoding>,
) -> Result<Loaded<'a>, Diagnostic> {
    let (bytes, encoding) = match decode(&content, fallback) {
        Decoded::Text(Cow::Owned(text), encoding) => (Cow::Owned(text.into_bytes()), encoding),
        Decoded::Text(Cow::Borrowed(text), encoding) => {
            // What is borrowed is the end of the content: all of it but a byte-order mark.
            let start = content.len() - text.len();
            (without_start(content, start), encoding)
        }
        Decoded::Binary => return Ok(Loaded { bytes: content, encoding: "binary", binary: true, hash }),
        Decoded::Undecodable(encoding) => {
            let message = format!("the text is in {encoding}, which is not read");
            return Err(Diagnostic::error(Code::WrongEncoding, path, message).help("save it as UTF-8"));
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    /// Writes the content to a file and loads it.
    fn loaded(content: &[u8], limits: &Limits) -> Result<Loaded<'static>, Diagnostic> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let absolute = folder.path().join("file");
        std::fs::write(&absolute, content).expect("written");
        let found = Found { path: "file".into(), absolute, size: content.len() as u64, modified: 0 };
        let mut buffer = Vec::new();
        let opening = Opening { limits: *limits, ..Opening::default() };
        let loaded = load(&found, &opening, &mut buffer)?;
        Ok(Loaded { bytes: Cow::Owned(loaded.bytes.into_owned()), ..loaded })
    }

    fn text(content: &[u8]) -> (String, &'static str) {
        let loaded = loaded(content, &Limits::default()).expect("loads");
        assert!(!loaded.binary);
        assert_eq!(loaded.hash, blake3::hash(content).to_hex().as_str());
        (String::from_utf8(loaded.bytes.into_owned()).expect("UTF-8"), loaded.encoding)
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn text_becomes_utf8_whatever_it_was_in() {
        let written = "Name;Größe\r\nÉdition £;1\r\n";
        let with_mark = format!("\u{FEFF}{written}");
        assert_eq!(text(written.as_bytes()), (written.into(), "UTF-8"));
        assert_eq!(text(with_mark.as_bytes()), (written.into(), "UTF-8 with BOM"));
        assert_eq!(text(&utf16(&with_mark, u16::to_le_bytes)), (written.into(), "UTF-16LE"));
        assert_eq!(text(&utf16(&with_mark, u16::to_be_bytes)), (written.into(), "UTF-16BE"));
        assert_eq!(text(&utf16(written, u16::to_le_bytes)), (written.into(), "UTF-16LE"));
        assert_eq!(text(&utf16(written, u16::to_be_bytes)), (written.into(), "UTF-16BE"));
        assert_eq!(text(b"Name;Gr\xF6\xDFe\r\n\xC9dition \xA3;1\r\n"), (written.into(), "windows-1252"));
        assert_eq!(text(b""), (String::new(), "UTF-8"));
    }

    #[test]
    fn an_xml_declaration_decides_where_the_bytes_are_not_utf8() {
        let declared = b"<?xml version='1.0' encoding='ISO-8859-2'?><A>\xB3\xF3d\xBC</A>";
        let (content, encoding) = text(declared);
        assert!(content.ends_with("<A>łódź</A>"), "{content}");
        assert_eq!(encoding, "ISO-8859-2");
        let lying = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><A>\xE9dition fran\xE7aise</A>";
        assert!(text(lying).0.ends_with("<A>édition française</A>"));
    }

    #[test]
    fn utf8_with_stray_bytes_keeps_its_letters() {
        let glued = b"stra\xC3\x9Fe, gr\xC3\xBCn, \xC3\xA9, caf\xE9";
        assert_eq!(text(glued).0, "straße, grün, é, café");
    }

    #[test]
    fn utf32_is_named_and_other_bytes_are_binary() {
        let utf32 = b"\xFF\xFE\0\0a\0\0\0";
        assert_eq!(loaded(utf32, &Limits::default()).map_err(|error| error.code), Err(Code::WrongEncoding));
        for binary in [b"PK\x03\x04 workbook".as_slice(), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xFF"] {
            let loaded = loaded(binary, &Limits::default()).expect("loads");
            assert_eq!((loaded.binary, loaded.encoding, loaded.bytes.as_ref()), (true, "binary", binary));
        }
    }

    #[test]
    fn nul_bytes_are_rejected_before_the_size_is() {
        let limits = Limits { file_bytes: 1024, ..Limits::default() };
        let error = loaded(&vec![0; 200_000], &limits).expect_err("nothing in it");
        assert!(error.message.contains("the first 64 KiB are nothing but NUL bytes"), "{error}");
        assert_eq!(loaded(&[0; 10], &limits).map_err(|error| error.code), Err(Code::BrokenFormat));
    }

    #[test]
    fn a_sparse_file_of_two_gigabytes_is_rejected_at_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let absolute = folder.path().join("zeros.json");
        let file = File::create(&absolute).expect("created");
        file.set_len(2 * 1024 * 1024 * 1024).expect("grown");
        let found = Found { path: "zeros.json".into(), absolute, size: 2 * 1024 * 1024 * 1024, modified: 0 };
        let mut buffer = Vec::new();
        let error = read_raw(&found, &Limits::default(), &mut buffer).expect_err("nothing in it");
        assert_eq!(error.code, Code::BrokenFormat);
        assert!(buffer.capacity() < 1024 * 1024);
    }

    #[test]
    fn large_files_are_rejected_with_the_limit() {
        let limits = Limits { file_bytes: 1024 * 1024, ..Limits::default() };
        let error = loaded(&vec![b' '; 1024 * 1024 + 1], &limits).expect_err("too large");
        assert_eq!((error.code, error.message.contains("larger than 1 MiB")), (Code::LimitReached, true));
        assert!(loaded(&vec![b' '; 1024 * 1024], &limits).is_ok());
    }

    #[test]
    fn compressed_files_are_opened_within_limits() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all("<REQUEST>é</REQUEST>".as_bytes()).expect("compressed");
        let zlib = zlib.finish().expect("compressed");
        assert_eq!(text(&zlib), ("<REQUEST>é</REQUEST>".into(), "UTF-8"));
        let cut = loaded(&zlib[..zlib.len() - 8], &Limits::default());
        assert_eq!(cut.map_err(|error| error.code), Err(Code::BrokenFormat));

        let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
        bomb.write_all(&vec![b' '; 8 * 1024 * 1024]).expect("compressed");
        let bomb = bomb.finish().expect("compressed");
        let error = loaded(&bomb, &Limits::default()).expect_err("too much");
        assert_eq!((error.code, error.message.contains("200 times")), (Code::LimitReached, true));
        let limits = Limits { decompressed_bytes: 1024 * 1024, ratio: 10_000, ..Limits::default() };
        let error = loaded(&bomb, &limits).expect_err("too much");
        assert!(error.message.contains("more than 1 MiB"), "{error}");
    }

    #[test]
    fn a_text_that_begins_like_a_compressed_file_is_text() {
        assert_eq!(text(b"x-name,version\nx,1\n").1, "UTF-8");
    }
}
