//! Whatever happens to a file, reading it ends, without a panic, and nothing swells: every small sample is mutated in ways
//! that transports, editors and attackers know. The same mutations come every time; `tests/fuzz` looks for new ones.

mod estates;
mod heard;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use heard::Heard;
use trueup::discover::{Budget, Limits, Member, Opening, archive_kind, load_content, unpack};
use trueup::read::{Input, Readers};
use trueup::rules::TableSettings;

/// Samples of up to this size are mutated.
const SMALL: u64 = 16 * 1024;

/// Mutations of each sample.
const ROUNDS: u64 = 24;

/// More than a small file can hold of anything.
const MOST_RECORDS: usize = 50_000;

/// Texts that have broken readers before.
const TOKENS: [&[u8]; 22] = [
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\0\0\0\0",
    b"-1",
    b"4294967296",
    b"99999999999999999999999",
    b"1e400",
    b"0x",
    b"NaN",
    b"0000-00-00",
    b"31/12/99999",
    b"[[[[[[[[",
    b"{\"a\":{\"a\":",
    b"<![CDATA[",
    b"&lt;&#0;",
    b"<!DOCTYPE a [",
    b"\"\"\"",
    b";;;;\r\n",
    b"\\u0000",
    b"\xC3\x28",
    b"=cmd|' /C calc'!A0",
    b"../../",
];

/// Numbers that are the same every time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below a bound; 0 for a bound of 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or_default()
    }

    /// A range inside so many bytes, mostly short.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let most = if self.below(4) == 0 { length } else { 40 };
        start..(start + self.below(most)).min(length)
    }
}

/// One to four things that happen to the bytes; `other` is a file of another format.
fn mutated(bytes: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len());
        match chance.below(8) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << chance.below(8),
            1 if !bytes.is_empty() => bytes[at] = b"\0\xFF\"'{}[]<>&;,=\t\n\\"[chance.below(17)],
            2 => drop(bytes.drain(chance.range(bytes.len()))),
            3 => {
                let copy = bytes[chance.range(bytes.len())].to_vec();
                bytes.splice(at..at, copy);
            }
            4 => drop(bytes.splice(at..at, TOKENS[chance.below(TOKENS.len())].iter().copied())),
            5 => bytes.truncate(at),
            6 => {
                let piece = other[chance.range(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let piece = bytes[chance.range(bytes.len())].repeat(1 + chance.below(30));
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

/// Everything that a scan does to the bytes of one file; gives how many records came out.
fn read(path: &str, raw: &[u8]) -> usize {
    if let Some(archive) = archive_kind(raw) {
        let limits = Limits::default();
        let mut files = 0;
        // A damaged archive is told; what was in it before the damage counts.
        let _ = unpack(path, raw, archive, &limits, &mut Budget::new(&limits, raw.len()), &mut |_: Member| files += 1);
        return files;
    }
    let Ok(loaded) = load_content(path, raw, &Opening::default()) else { return 0 };
    let readers = Readers::new(TableSettings::NONE);
    let Some(reader) = readers.choose(&loaded.bytes, path) else { return 0 };
    let mut heard = Heard::default();
    let _ = reader.read(&Input::new(path, &loaded.bytes), &mut heard);
    heard.records() + heard.diagnostics.len()
}

fn small_samples() -> Vec<(PathBuf, Vec<u8>)> {
    let files = estates::files_below(&estates::repository("samples/formats")).into_iter();
    let small = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|metadata| metadata.len() < SMALL);
    let own = |path: &PathBuf| !path.ends_with("README.md") && !path.ends_with("expected.snap");
    let files = files.filter(|path| small(path) && own(path));
    files.map(|path| (path.clone(), std::fs::read(path).expect("a sample can be read"))).collect()
}

fn tried(path: &Path, bytes: &[u8], round: u64) -> Option<String> {
    let shown = path.display().to_string();
    let told = |what: &str| Some(format!("{shown}, round {round}: {what}: {}", String::from_utf8_lossy(bytes)));
    match catch_unwind(AssertUnwindSafe(|| read(&shown, bytes))) {
        Err(_) => told("a panic"),
        Ok(records) if records > MOST_RECORDS => told(&format!("{records} records")),
        Ok(_) => None,
    }
}

#[test]
fn no_mutation_of_a_small_sample_makes_a_reader_panic_or_swell() {
    let samples = small_samples();
    assert!(samples.len() > 100, "the samples are found");
    let of_one = |index: usize| {
        let (path, bytes) = &samples[index];
        let (_, other) = &samples[(index * 7 + 13) % samples.len()];
        let mut chance = Chance(index as u64);
        let rounds = (0..ROUNDS).filter_map(|round| tried(path, &mutated(bytes, other, &mut chance), round));
        rounds.collect::<Vec<String>>()
    };
    let half = samples.len() / 2;
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let first = scope.spawn(|| (0..half).flat_map(of_one).collect::<Vec<_>>());
        let second: Vec<String> = (half..samples.len()).flat_map(of_one).collect();
        first.join().expect("the first half ends").into_iter().chain(second).collect()
    });
    assert!(wrong.is_empty(), "{} mutations:\n{}", wrong.len(), wrong.join("\n"));
}
