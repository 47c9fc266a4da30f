//! Same input, same output: JSON to the byte, whatever the number of threads, the order of files and the hour, fresh
//! or out of the store; and a scan that is done stays as it was.

mod estates;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use assert_cmd::Command;
use trueup::store::Store;

/// Runs the program on an estate; gives what it wrote to standard output.
fn trueup(arguments: &[&str], estate: &Path, store: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.env_remove("TRUEUP_ESTATE").args(arguments).arg("--estate").arg(estate).arg("--store").arg(store);
    let output = command.args(["--format", "json"]).assert().success().get_output().stdout.clone();
    String::from_utf8(output).expect("JSON is UTF-8")
}

/// Scans into a store of its own.
fn scanned(estate: &Path, threads: &str) -> String {
    let store = estates::folder();
    trueup(&["scan", "--threads", threads], estate, &store.path().join("trueup.db"))
}

#[test]
fn one_two_or_eight_threads_give_the_same_bytes() {
    let estate = estates::copy_of("samples/councils");
    let one = scanned(estate.path(), "1");
    for threads in ["2", "8"] {
        same(&one, &scanned(estate.path(), threads), &format!("{threads} threads"));
    }
}

/// Compares documents and shows the first line that differs, not two documents.
fn same(left: &str, right: &str, with: &str) {
    if left != right {
        let differs = left.lines().zip(right.lines()).enumerate().find(|(_, (left, right))| left != right);
        panic!("{with}: the JSON differs, first at {differs:?}");
    }
}

/// Numbers without pattern, the same in every run.
fn shuffled(mut files: Vec<PathBuf>, mut seed: u64) -> Vec<PathBuf> {
    for last in (1..files.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        files.swap(last, (seed >> 33) as usize % (last + 1));
    }
    files
}

#[test]
fn files_made_in_another_order_and_at_other_times_give_the_same_bytes() {
    let sample = estates::repository("samples/councils");
    let files = estates::files_below(&sample);
    let straight = estates::copy_of("samples/councils");
    let expected = scanned(straight.path(), "2");
    for seed in [7, 2026] {
        let estate = estates::folder();
        let mut age = Duration::from_secs(60);
        for file in shuffled(files.clone(), seed) {
            let copy = estate.path().join(file.strip_prefix(&sample).expect("found below the sample"));
            estates::write(&copy, &std::fs::read(&file).expect("a sample can be read"));
            age += Duration::from_secs(3600 + seed);
            let opened = std::fs::File::options().write(true).open(&copy).expect("the copy can be opened");
            opened.set_modified(SystemTime::now() - age).expect("the time can be set");
        }
        same(&expected, &scanned(estate.path(), "2"), &format!("files in order {seed}"));
    }
}

/// Sections of a document, for commands that show some of them.
fn sections(document: &str, names: &[&str]) -> Vec<serde_json::Value> {
    let document: serde_json::Value = serde_json::from_str(document).expect("the document is JSON");
    names.iter().map(|name| document.get(name).unwrap_or_else(|| panic!("{name} is missing")).clone()).collect()
}

#[test]
fn a_second_scan_adds_history_and_leaves_the_first_as_it_was() {
    let estate = estates::copy_of("samples/councils");
    let folder = estates::folder();
    let file = folder.path().join("trueup.db");
    let store = || Store::open_existing(&file).expect("there is a store");
    let first = trueup(&["scan"], estate.path(), &file);
    let frozen = store().outcome(None).expect("the scan was kept");
    let number = store().scans().expect("scans are listed")[0].id;

    same(&first, &trueup(&["scan"], estate.path(), &file), "nothing has changed");
    assert_eq!(store().scans().expect("scans are listed").len(), 2);
    assert!(store().outcome(Some(number)).expect("the first scan is there") == frozen, "the first scan has changed");

    std::fs::remove_file(estate.path().join("inventory/brent/bre-sql-01.json")).expect("a file can be removed");
    estates::write(&estate.path().join("entitlements/brent/more.csv"), MORE.as_bytes());
    let third = trueup(&["scan"], estate.path(), &file);
    assert_ne!(first, third, "other files give another position");
    assert_eq!(store().scans().expect("scans are listed").len(), 3);
    assert!(store().outcome(Some(number)).expect("the first scan is there") == frozen, "the first scan has changed");
    same(&third, &scanned(estate.path(), "2"), "a store with history against a fresh one");
}

const MORE: &str = "organisation,product,edition,version,metric,quantity,bought\n\
                    brent,Windows Server,standard,2022,core,16,2024-03-01\n";

#[test]
fn what_the_store_gives_equals_what_the_scan_showed() {
    let estate = estates::copy_of("samples/councils");
    // An agreement counts by the peak of all scans, and the fresh store below has seen one only.
    let settings = std::fs::read_to_string(estate.path().join("trueup.toml")).expect("the settings can be read");
    let (before, agreement) = settings.split_once("[[agreement]]").expect("the sample has an agreement");
    let (_, after) = agreement.split_once("\n\n").expect("a table follows the agreement");
    std::fs::write(estate.path().join("trueup.toml"), format!("{before}{after}")).expect("the settings can be written");
    let folder = estates::folder();
    let store = folder.path().join("trueup.db");
    let shown = trueup(&["scan"], estate.path(), &store);
    let commands: [(&[&str], &[&str]); 4] = [
        (&["position"], &["positions", "notes", "totals"]),
        (&["support"], &["support"]),
        (&["sources"], &["files", "records", "sources"]),
        (&["position", "--as-of", "2026-06-30"], &["positions", "notes", "totals"]),
    ];
    for (command, names) in commands {
        let stored = trueup(command, estate.path(), &store);
        assert!(sections(&shown, names) == sections(&stored, names), "{command:?}");
    }
    // Assessed anew out of the store on another day, and scanned on that day.
    let day = ["--as-of", "2027-02-01"];
    let stored = trueup(&[&["position"], &day[..]].concat(), estate.path(), &store);
    let names = ["as_of", "positions", "totals"];
    let fresh = trueup(&[&["scan"], &day[..]].concat(), estate.path(), &folder.path().join("fresh.db"));
    assert!(sections(&stored, &names) == sections(&fresh, &names), "another day");
    // The inventory is not needed any more.
    for entry in ["inventory", "entitlements", "prices"] {
        std::fs::remove_dir_all(estate.path().join(entry)).expect("a folder can be removed");
    }
    let without = trueup(&["position"], estate.path(), &store);
    assert!(sections(&shown, &["positions"]) == sections(&without, &["positions"]), "without the inventory");
}

#[test]
fn the_json_knows_neither_clock_nor_scan_number_nor_absolute_path() {
    let estate = estates::copy_of("samples/councils");
    let shown = scanned(estate.path(), "2");
    let folder = estate.path().to_string_lossy().into_owned();
    assert!(!shown.contains(&folder), "the JSON names the folder {folder}");
    let document: serde_json::Value = serde_json::from_str(&shown).expect("the document is JSON");
    let mut wrong = Vec::new();
    check("", &document, &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Notes absolute paths, hours and scan numbers.
fn check(place: &str, value: &serde_json::Value, wrong: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                if key == "scan" || key.ends_with("_at") || key == "number" {
                    wrong.push(format!("{place}/{key}: {value}"));
                }
                check(&format!("{place}/{key}"), value, wrong);
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| check(place, value, wrong)),
        serde_json::Value::String(text) => {
            let root = text.starts_with('/') || text.contains(":\\");
            if root || has_hour(text) {
                wrong.push(format!("{place}: {text}"));
            }
        }
        _ => {}
    }
}

/// Whether a text holds something like `2026-06-30T08`.
fn has_hour(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    (1..bytes.len()).any(|index| bytes[index] == b'T' && digit(index - 1) && digit(index + 1) && digit(index + 2))
}
