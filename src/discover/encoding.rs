//! Bytes → UTF-8: byte-order mark, NUL pattern, strict UTF-8, the encoding a document declares, then detection.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes looked at to tell UTF-16 without a byte-order mark, and binary content, from text.
const PATTERN_BYTES: usize = 4096;
/// Bytes given to the detector, from the first one that is not ASCII on.
const DETECTED_BYTES: usize = 4 * 1024 * 1024;
/// The first bytes of workbooks and other archives.
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";

/// What the bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded<'a> {
    /// Text as UTF-8 without byte-order mark, and the encoding it was in.
    Text(Cow<'a, str>, &'static str),
    /// No text.
    Binary,
    /// Text in an encoding that cannot be read.
    Undecodable(&'static str),
}

/// An encoding that somebody names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

impl TextEncoding {
    /// The encoding of this label, such as `windows-1250` or `iso-8859-2`, as the WHATWG lists them.
    pub fn named(label: &str) -> Option<Self> {
        Encoding::for_label_no_replacement(label.trim().as_bytes()).map(Self)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

/// Decodes the content of a file. Where it shows no encoding, `fallback` is taken before any is guessed.
pub(super) fn decode(bytes: &[u8], fallback: Option<TextEncoding>) -> Decoded<'_> {
    if let Some(marked) = by_mark(bytes) {
        return marked;
    }
    if bytes.starts_with(ZIP_MAGIC) {
        return Decoded::Binary;
    }
    if let Some(encoding) = utf16_by_pattern(bytes) {
        return utf16(bytes, encoding);
    }
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return Decoded::Text(Cow::Borrowed(text), "UTF-8");
    }
    if bytes.iter().take(PATTERN_BYTES).any(|byte| matches!(byte, 0..=8 | 14..=25)) {
        return Decoded::Binary;
    }
    by_detection(bytes, fallback)
}

/// Text with a byte-order mark.
fn by_mark(bytes: &[u8]) -> Option<Decoded<'_>> {
    if bytes.starts_with(&[0xFF, 0xFE, 0, 0]) || bytes.starts_with(&[0, 0, 0xFE, 0xFF]) {
        return Some(Decoded::Undecodable("UTF-32"));
    }
    let (encoding, length) = Encoding::for_bom(bytes)?;
    let rest = &bytes[length..];
    Some(if encoding == UTF_8 {
        match simdutf8::basic::from_utf8(rest) {
            Ok(text) => Decoded::Text(Cow::Borrowed(text), "UTF-8 with BOM"),
            Err(_) => by_detection(rest, None),
        }
    } else {
        utf16(rest, encoding)
    })
}

fn utf16(bytes: &[u8], encoding: &'static Encoding) -> Decoded<'static> {
    let (text, damaged) = encoding.decode_without_bom_handling(bytes);
    let name = match (encoding == UTF_16LE, damaged) {
        (true, false) => "UTF-16LE",
        (true, true) => "UTF-16LE, damaged",
        (false, false) => "UTF-16BE",
        (false, true) => "UTF-16BE, damaged",
    };
    Decoded::Text(Cow::Owned(text.into_owned()), name)
}

/// UTF-16 without a mark: of mostly ASCII text every other byte is NUL.
fn utf16_by_pattern(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(PATTERN_BYTES)];
    let pairs = head.len() / 2;
    let first = head.chunks_exact(2).filter(|pair| pair[0] == 0).count();
    let second = head.chunks_exact(2).filter(|pair| pair[1] == 0).count();
    // A third leaves room for text with many letters outside ASCII; a tenth for stray NULs on the other side.
    if pairs < 4 || first.max(second) * 3 < pairs || first.min(second) * 10 > first.max(second) {
        return None;
    }
    Some(if second > first { UTF_16LE } else { UTF_16BE })
}

/// Text that is neither UTF-16 nor clean UTF-8.
fn by_detection(bytes: &[u8], fallback: Option<TextEncoding>) -> Decoded<'_> {
    if let Some(TextEncoding(encoding)) = fallback {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        return Decoded::Text(text, encoding.name());
    }
    if let Some(text) = mostly_utf8(bytes) {
        return Decoded::Text(Cow::Owned(text), "UTF-8 with stray windows-1252");
    }
    let encoding = declared(bytes).unwrap_or_else(|| detected(bytes));
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Decoded::Text(text, encoding.name())
}

/// UTF-8 in which single bytes of another encoding stand: lists that were glued together. The stray bytes are read as
/// Western; `None` where they are more than the proper letters outside ASCII.
fn mostly_utf8(bytes: &[u8]) -> Option<String> {
    let (mut proper, mut stray) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        proper += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        stray += chunk.invalid().len();
    }
    if proper <= stray {
        return None;
    }
    let mut text = String::with_capacity(bytes.len() + stray);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    Some(text)
}

/// The encoding an XML document declares, unless it says UTF-8 or UTF-16, which it evidently is not.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.strip_prefix(b"<?xml")?;
    let end = head.iter().take(200).position(|byte| *byte == b'>')?;
    let declaration = std::str::from_utf8(&head[..end]).ok()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let label = value[1..].split(quote).next()?;
    Encoding::for_label(label.as_bytes()).filter(|encoding| ![UTF_8, UTF_16LE, UTF_16BE].contains(encoding))
}

/// The encoding that fits best, Western where several fit.
fn detected(bytes: &[u8]) -> &'static Encoding {
    let start = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0).saturating_sub(64);
    let end = bytes.len().min(start + DETECTED_BYTES);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[start..end], true);
    detector.guess(Some(b"uk"), Utf8Detection::Deny)
}
