//! Archives are opened within limits, and every file in them is accounted for like one in the folder.

mod estates;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use bzip2::write::BzEncoder;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use trueup::diag::Code;
use trueup::discover::{Budget, Limits, Member, archive_kind, unpack};
use trueup::model::{FileStatus, Outcome, Source};
use trueup::pipeline::{self, ScanOptions};
use zip::write::SimpleFileOptions;

/// Two organisations' files, as they would lie in the estate's folder.
const FILES: [(&str, &str); 3] = [
    (
        "inventory/north/pc.toml",
        "[[host]]\nname = \"pc\"\nprocessors = [4]\n\
         installs = [{ product = \"visio\", edition = \"professional\", version = \"2019\" }]\n",
    ),
    (
        "inventory/south/pc.toml",
        "[[host]]\nname = \"pc\"\nprocessors = [4]\n\
         installs = [{ product = \"visio\", edition = \"standard\", version = \"2016\" }]\n",
    ),
    ("prices/prices.csv", "product,edition,metric,amount,currency\nvisio,professional,device,300.00,GBP\n"),
];

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a file can be begun");
        archive.write_all(content).expect("a file can be written");
    }
    archive.finish().expect("the archive can be ended").into_inner()
}

fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        // The builder refuses names that lead out of an archive; those who send such archives do not use it.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, *content).expect("a file can be added");
    }
    archive.into_inner().expect("the archive can be ended")
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("compressed");
    encoder.finish().expect("compressed")
}

fn files() -> Vec<(&'static str, &'static [u8])> {
    FILES.iter().map(|(name, text)| (*name, text.as_bytes())).collect()
}

fn scanned(files: &[(&str, &[u8])]) -> Outcome {
    let estate = estates::folder();
    for (name, content) in files {
        estates::write(&estate.path().join(name), content);
    }
    estates::scan(&ScanOptions { as_of: Some("2026-06-30".parse().expect("a day")), ..estates::options(estate.path()) })
}

/// Organisation, product and what is required, and the cost of it, under the strict reading.
fn positions(outcome: &Outcome) -> Vec<String> {
    let row = |row: &trueup::model::Position| format!("{row:?}");
    outcome.strict.positions.iter().map(row).map(|row| without_evidence(&row)).collect()
}

/// The row as text without the places it rests on, which an archive's name is part of.
fn without_evidence(row: &str) -> String {
    row.split("source: SourceId(").map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())).collect()
}

fn source<'a>(outcome: &'a Outcome, path: &str) -> &'a Source {
    let found = outcome.sources.iter().find(|source| source.path == path);
    found.unwrap_or_else(|| panic!("{path} is not among {:?}", outcome.sources))
}

#[test]
fn an_estate_in_an_archive_is_the_estate_in_a_folder() {
    let plain = scanned(&files());
    assert!(plain.strict.positions.len() >= 2, "both organisations have a position: {:?}", plain.strict.positions);
    let tar = tarred(&files());
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&tar).expect("compressed");
    let mut bzip2 = BzEncoder::new(Vec::new(), bzip2::Compression::default());
    bzip2.write_all(&tar).expect("compressed");
    let inner = zipped(&files());
    let archives: [(&str, Vec<u8>); 6] = [
        ("drop.zip", zipped(&files())),
        ("drop.tar", tar.clone()),
        ("drop.tar.gz", gzipped(&tar)),
        ("drop.tar.z", zlib.finish().expect("compressed")),
        ("drop.tar.bz2", bzip2.finish().expect("compressed")),
        ("outer.zip", zipped(&[("drop.zip", &inner)])),
    ];
    // Below an archive's name the habit of the folders does not hold, so the organisations are named.
    let settings = b"[[organisation]]\nname = \"north\"\n[[organisation]]\nname = \"south\"\n";
    let plain = scanned(&[files(), vec![("trueup.toml", settings.as_slice())]].concat());
    for (name, archive) in archives {
        let outcome = scanned(&[(name, &archive), ("trueup.toml", settings)]);
        assert_eq!(positions(&outcome), positions(&plain), "{name}");
        let itself = source(&outcome, name);
        assert_eq!(itself.status, FileStatus::Ignored);
        assert_eq!(itself.reason.as_deref(), Some("an archive: the 3 files in it are listed by themselves"), "{name}");
        let below = if name == "outer.zip" { "outer.zip/drop.zip" } else { name };
        assert_eq!(source(&outcome, &format!("{below}/prices/prices.csv")).prices, 1);
    }
}

#[test]
fn an_archive_that_did_not_change_is_not_opened_again() {
    let estate = estates::folder();
    let path = estate.path().join("drop.zip");
    let before = zipped(&files());
    let write = |bytes: &[u8]| {
        estates::write(&path, bytes);
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        File::options().write(true).open(&path).and_then(|file| file.set_modified(long_ago)).expect("its time is set");
    };
    write(&before);
    let modified = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time");
    let first = estates::scan(&estates::options(estate.path()));
    // The same size and time, and nothing in it any more: who opened it would see.
    estates::write(&path, &vec![b'x'; before.len()]);
    File::options().write(true).open(&path).and_then(|file| file.set_modified(modified)).expect("its time is set");
    let second = estates::scan(&estates::options(estate.path()));
    assert_eq!(second.sources, first.sources);
    assert_eq!(second.strict.positions, first.strict.positions);
    write(&vec![b'x'; before.len()]);
    let third = estates::scan(&estates::options(estate.path()));
    assert_eq!(third.sources.len(), 1, "what was in it is gone: {:?}", third.sources);
}

#[test]
fn what_is_in_an_archive_is_read_or_named_with_the_reason() {
    let bomb = zipped(&[("zeros.csv", &vec![b'0'; 4 * 1024 * 1024])]);
    let mut password = zipped(&[("locked.toml", b"[[host]]")]);
    for (mark, at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let header = password.windows(4).position(|window| window == mark).expect("a header");
        password[header + at] |= 1;
    }
    let whole = zipped(&files());
    let archives: [(&str, Vec<u8>); 4] = [
        ("bomb.zip", bomb),
        ("password.zip", password),
        ("cut.zip", whole[..whole.len() / 2].to_vec()),
        (
            "names.tar",
            tarred(&[
                ("../out.toml", b"[[host]]"),
                ("/etc/passwd", b"root"),
                ("a\x1b[31m.toml", b"[[host"),
                ("same.toml", FILES[0].1.as_bytes()),
                ("same.toml", FILES[1].1.as_bytes()),
                (".git/config", b"[core]"),
            ]),
        ),
    ];
    let named: Vec<(&str, &[u8])> = archives.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let outcome = scanned(&named);
    let said = |path: &str| {
        let source = source(&outcome, path);
        (source.status, source.reason.clone().unwrap_or_default())
    };
    assert!(said("bomb.zip").1.contains("not read to its end"), "{:?}", said("bomb.zip"));
    assert!(said("password.zip/locked.toml").1.contains("password"));
    assert_eq!(said("cut.zip").0, FileStatus::Rejected);
    assert!(said("cut.zip").1.contains("damaged"));
    for name in ["../out.toml", "/etc/passwd"] {
        assert_eq!(
            said(&format!("names.tar/{name}")),
            (FileStatus::Rejected, "its name leads out of the archive".to_owned())
        );
    }
    assert_eq!(said("names.tar/a\u{FFFD}1B[31m.toml").0, FileStatus::Rejected);
    assert_eq!([said("names.tar/same.toml").0, said("names.tar/same.toml #2").0], [FileStatus::Read; 2]);
    assert!(!outcome.sources.iter().any(|source| source.path.contains(".git")));
}

#[test]
fn archives_end_at_the_limits_of_number_size_and_depth() {
    let limits = Limits { archive_files: 2, file_bytes: 1000, ..Limits::default() };
    let opened = |bytes: &[u8]| {
        let mut names = Vec::new();
        let kind = archive_kind(bytes).expect("an archive");
        let end = unpack("a", bytes, kind, &limits, &mut Budget::new(&limits, bytes.len()), &mut |mut member| {
            let left = matches!(member, Member::Left { .. });
            names.push((std::mem::take(member.name_mut()), left));
        });
        (end.map_err(|fault| fault.code), names)
    };
    let (end, names) = opened(&zipped(&files()));
    assert_eq!((end, names.len()), (Err(Code::LimitReached), 2));
    let (end, names) = opened(&tarred(&[("large", &[b'x'; 1001]), ("small", b"x")]));
    assert_eq!((end, names), (Ok(2), vec![("large".to_owned(), true), ("small".to_owned(), false)]));
    let innermost = tarred(&[("c", b"x")]);
    let deep = Limits { archive_depth: 2, ..Limits::default() };
    let inner = tarred(&[("c.tar", &innermost)]);
    let outer = tarred(&[("b.tar", &inner)]);
    let mut left = Vec::new();
    let kind = archive_kind(&outer).expect("an archive");
    unpack("a", &outer, kind, &deep, &mut Budget::new(&deep, outer.len()), &mut |member| {
        if let Member::Left { name, diagnostic, .. } = member {
            left.push((name, diagnostic.code));
        }
    })
    .expect("the rest is read");
    assert_eq!(left, [("b.tar/c.tar".to_owned(), Code::LimitReached)]);
}

#[test]
fn a_workbook_is_one_document_and_no_archive() {
    let workbook = std::fs::read(estates::repository("samples/formats/purchases-xlsx/good.xlsx"));
    assert_eq!(archive_kind(&workbook.expect("the sample can be read")), None);
}

/// A Polish price list in an encoding that shows in no byte of it.
fn polish() -> Vec<u8> {
    let text =
        b"product,edition,metric,amount,currency,source\nvisio,professional,device,300.00,GBP,cennik \xb3\xf3d\xbc\n";
    text.to_vec()
}

fn with_encoding(estate: &Path, encoding: Option<&str>) -> Result<Outcome, pipeline::Failure> {
    let options = ScanOptions { encoding: encoding.map(str::to_owned), ..estates::options(estate) };
    pipeline::scan(&options, &estates::Silent)
}

#[test]
fn a_named_encoding_goes_before_the_likeliest_and_reads_known_files_again() {
    let estate = estates::folder();
    estates::write(&estate.path().join("prices.csv"), &polish());
    let price = |outcome: &Outcome| format!("{:?}", outcome.prices);
    let guessed = with_encoding(estate.path(), None).expect("a scan");
    let named = with_encoding(estate.path(), Some("windows-1250")).expect("a scan");
    assert!(price(&named).contains("cennik łódĽ"), "{}", price(&named));
    let again = with_encoding(estate.path(), None).expect("a scan");
    assert_eq!(price(&again), price(&guessed));
    let failure = with_encoding(estate.path(), Some("klingon")).expect_err("there is none");
    assert!(failure.diagnostics[0].message.contains("no encoding named `klingon`"));
}
