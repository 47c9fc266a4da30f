//! Opens what was compressed (zlib, gzip, bzip2), within limits that no small file can make us exceed.

use std::io::Read;

use bzip2::read::MultiBzDecoder;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::Limits;

/// Output below which the ratio is not looked at: small, repetitive files compress well without malice.
pub(super) const RATIO_FREE_BYTES: u64 = 1024 * 1024;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// A zlib stream, as inventory servers and agents keep theirs.
    Zlib,
    /// A gzip file.
    Gzip,
    /// A bzip2 file.
    Bzip2,
}

/// Why a compressed file gives nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The stream is damaged or ends too early; with what the decoder says.
    Broken(String),
    /// More than a limit allows; with the limit in words.
    TooLarge(String),
}

/// The compression that the first bytes announce.
pub(super) fn announced(bytes: &[u8]) -> Option<Compression> {
    match bytes {
        [0x1F, 0x8B, 0x08, ..] => Some(Compression::Gzip),
        [0x78, second @ (0x01 | 0x5E | 0x9C | 0xDA), ..] if (0x7800 + u16::from(*second)) % 31 == 0 => {
            Some(Compression::Zlib)
        }
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Some(Compression::Bzip2),
        _ => None,
    }
}

/// The content of a compressed file as a stream.
pub(super) fn opened(bytes: &[u8], compression: Compression) -> Box<dyn Read + '_> {
    match compression {
        Compression::Zlib => Box::new(ZlibDecoder::new(bytes)),
        Compression::Gzip => Box::new(MultiGzDecoder::new(bytes)),
        Compression::Bzip2 => Box::new(MultiBzDecoder::new(bytes)),
    }
}

/// Decompresses a whole file.
pub(super) fn decompress(bytes: &[u8], compression: Compression, limits: &Limits) -> Result<Vec<u8>, Failure> {
    let by_ratio = (bytes.len() as u64).saturating_mul(limits.ratio).max(RATIO_FREE_BYTES);
    let most = by_ratio.min(limits.decompressed_bytes);
    let mut output = Vec::new();
    opened(bytes, compression)
        .take(most + 1)
        .read_to_end(&mut output)
        .map_err(|error| Failure::Broken(error.to_string()))?;
    if output.len() as u64 <= most {
        return Ok(output);
    }
    Err(Failure::TooLarge(if most == limits.decompressed_bytes {
        format!("decompresses to more than {} MiB", most / (1024 * 1024))
    } else {
        format!("decompresses to more than {} times its size", limits.ratio)
    }))
}
