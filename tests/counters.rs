//! Nothing is lost silently: files and software records add up on every sample, and on a generated fleet they come to
//! what its generator says.

mod estates;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use trueup::model::{Answer, Outcome};
use trueup::report::{Filter, Report};

/// Every sample estate: the councils, and a folder for each format.
fn samples() -> Vec<String> {
    let formats = std::fs::read_dir(estates::repository("samples/formats")).expect("there are samples");
    let mut samples: Vec<String> = formats
        .map(|entry| entry.expect("a folder can be listed"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| format!("samples/formats/{}", entry.file_name().to_string_lossy()))
        .collect();
    samples.push("samples/councils".into());
    samples.sort();
    samples
}

/// Files and records add up, in sum and for each organisation.
fn check_sums(sample: &str, estate: &Path, found: &Outcome) {
    let filter = Filter { reading: Answer::Strict, ..Filter::default() };
    let report = Report::new(found, &filter);
    let files = report.files;
    let there = estates::files_below(estate).iter().filter(|file| !file.ends_with("trueup.toml")).count() as u64;
    assert_eq!(files.found, there, "{sample}: every file is found");
    assert_eq!(files.found, files.read + files.partly_read + files.rejected + files.ignored, "{sample}: {files:?}");
    assert_eq!(files.found, report.sources.len() as u64, "{sample}: every file stands in the list of sources");
    for source in &report.sources {
        let whole = source.status_words() == "read";
        assert_eq!(whole, source.reason.is_none(), "{sample}: {} is {}", source.path, source.status_words());
    }
    for row in &report.coverage {
        let records = row.records;
        assert_eq!(records.records, records.accounted_for(), "{sample}, {}: {records:?}", row.organisation);
    }
    let records = report.records;
    assert_eq!(records.records, records.accounted_for(), "{sample}: {records:?}");
    let read: u64 = report.sources.iter().map(|source| u64::from(source.records)).sum();
    assert_eq!(records.records, read, "{sample}: every software record that was read shows up");
}

#[test]
fn files_and_records_add_up_on_every_sample() {
    let samples = samples();
    assert!(samples.len() > 5, "the samples are found: {samples:?}");
    for sample in samples {
        let estate = estates::copy_of(&sample);
        let found = estates::scan(&estates::options(estate.path()));
        check_sums(&sample, estate.path(), &found);
    }
}

#[test]
fn a_second_scan_counts_the_same() {
    let estate = estates::copy_of("samples/formats/fusion-xml");
    let first = estates::scan(&estates::options(estate.path()));
    let second = estates::scan(&estates::options(estate.path()));
    check_sums("samples/formats/fusion-xml, again", estate.path(), &second);
    assert_eq!(first.coverage, second.coverage);
}

/// Where the generator of fleets is, and a Python that runs it.
fn generator() -> Option<PathBuf> {
    let generator = std::env::var_os("TRUEUP_FLEET_GENERATOR").map(PathBuf::from)?;
    let python = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    (generator.is_file() && python).then_some(generator)
}

#[test]
fn a_generated_fleet_comes_to_its_manifest() {
    let Some(generator) = generator() else {
        eprintln!("no fleet was counted: set TRUEUP_FLEET_GENERATOR to gen_fleet.py, and have python3");
        return;
    };
    let folder = estates::folder();
    let fleet = folder.path().join("fleet");
    let made = Command::new("python3")
        .arg(&generator)
        .args(["--hosts", "200", "--seed", "1", "--out"])
        .arg(&fleet)
        .output()
        .expect("python3 can be started");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let manifest = std::fs::read(folder.path().join("fleet.manifest.json")).expect("the generator wrote its totals");
    let manifest: Value = serde_json::from_slice(&manifest).expect("the totals are JSON");
    let found = estates::scan(&estates::options(&fleet));
    check_sums("fleet", &fleet, &found);
    let records: u64 = found.coverage.iter().map(|row| row.records.records).sum();
    let total = |name: &str| manifest[name].as_u64().unwrap_or_else(|| panic!("no {name} in {manifest:#}"));
    let inventoried: u64 = found.coverage.iter().map(|row| u64::from(row.inventoried)).sum();
    assert_eq!(inventoried, total("hosts"), "hosts with an inventory; their virtual machines are hosts without one");
    assert_eq!(records, total("installations"), "software records");
    assert_eq!(found.sources.len() as u64, total("json_files") + total("xml_files"), "files");
}
