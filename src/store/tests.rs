//! What the store promises.

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::diag::{Code, Diagnostic};
use crate::model::{
    Answer, Assessment, FileStatus, Manifest, Metric, ObservedHost, Place, PriceKind, PricePeriod, Reading as Answers,
    SoftwareRecord, View,
};

fn place_of_store() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(".trueup").join("trueup.db");
    (folder, path)
}

fn assessment(default: Answer) -> Assessment {
    Assessment {
        reading: Answers::all(default),
        as_of: date(2026, 11, 21),
        requirements: Vec::new(),
        entitlements: Vec::new(),
        chosen: Vec::new(),
        allocations: Vec::new(),
        surpluses: Vec::new(),
        positions: Vec::new(),
        alternatives: Vec::new(),
        questions: Vec::new(),
        notes: Vec::new(),
        order_lines: Vec::new(),
    }
}

fn outcome(rules_hash: &str) -> Outcome {
    Outcome {
        names: crate::model::Names::default(),
        as_of: date(2026, 11, 21),
        rules_hash: rules_hash.into(),
        strict: assessment(Answer::Strict),
        customer: assessment(Answer::Customer),
        questions: Vec::new(),
        support: Vec::new(),
        support_summary: Vec::new(),
        coverage: Vec::new(),
        findings: Vec::new(),
        sources: Vec::new(),
        hosts: Vec::new(),
        diagnostics: Vec::new(),
        purchases: Vec::new(),
        prices: Vec::new(),
        currency: String::new(),
        agreements: Vec::new(),
        untracked: Vec::new(),
    }
}

fn price() -> Price {
    Price {
        product: "sql-server".into(),
        edition: Some("standard".into()),
        version: None,
        metric: Metric::Core,
        units: 2,
        amount: Decimal::new(350_012, 2),
        currency: "GBP".into(),
        per: PricePeriod::Licence,
        kind: PriceKind::Licence,
        from: None,
        until: None,
        level: None,
        source: None,
        written: None,
        evidence: None,
    }
}

fn list(names: &[&str]) -> SoftwareList {
    let mut list = SoftwareList::default();
    for (index, name) in names.iter().enumerate() {
        let record = SoftwareRecord { name, version: "1.0", ..SoftwareRecord::default() };
        let place = Place::Within(format!("content.softwares[{}]", index + 3).into());
        assert!(list.push(record, &place, &KnownTitles::default()));
    }
    list
}

fn file(path: &str, text: &str, names: &[&str]) -> FileResult {
    let mut contents = FileContents::new(blake3::hash(text.as_bytes()).to_hex().to_string(), FileStatus::PartlyRead);
    contents.reader = "glpi-json".into();
    contents.reader_version = 1;
    contents.organisation = Some("brent".into());
    contents.captured = Some(date(2026, 10, 1));
    contents.reason = Some("one record lacks its name".into());
    let mut observed = ObservedHost::new(Place::Whole, View::Agent, text);
    observed.serial = Some("CZC0479792".into());
    contents.hosts.push(HostContents { observed, software: Some(list(names)) });
    let bare = ObservedHost::new(Place::Line(9), View::Guest, "a guest without a software list");
    contents.hosts.push(HostContents { observed: bare, software: None });
    contents.prices.push((price(), Place::Row { sheet: "Prices".into(), row: 7 }));
    contents.manifests.push(Manifest { prices: vec![price()], ..Manifest::default() });
    contents.diagnostics.push(Diagnostic::warning(Code::IncompleteRecord, path, "no name").at(Place::Line(3)));
    FileResult { path: path.into(), size: 100, modified_ns: Some(5), contents }
}

fn scan(store: &mut Store, files: &[FileResult], rules_hash: &str) -> Vec<StoredFile> {
    let mut writer =
        store.begin_scan("2026-11-21T10:00:00Z", &["scan".into(), "estate".into()]).expect("no other scan");
    let stored = files.iter().map(|file| writer.add_file(file.clone()).expect("it is stored")).collect();
    let (outcome, prices) = (outcome(rules_hash), [price()]);
    let frozen = Frozen { outcome: &outcome, settings: "currency = \"GBP\"\n", prices: &prices, purchases: &[] };
    writer.commit(&frozen).expect("it is complete");
    stored
}

/// Every row of every table.
fn dump(store: &Store) -> Vec<String> {
    let mut rows = Vec::new();
    for table in [
        "scan",
        "frozen",
        "path",
        "content",
        "scan_file",
        "title",
        "software_list",
        "observation",
        "position_key",
        "position_history",
    ] {
        let mut statement = store.connection.prepare(&format!("SELECT * FROM {table}")).expect("the table is there");
        let columns = statement.column_count();
        let mut found = statement.query([]).expect("it reads");
        while let Some(row) = found.next().expect("it reads") {
            let cells: Vec<_> = (0..columns).map(|column| row.get_ref(column).expect("a cell")).collect();
            rows.push(format!("{table} {cells:?}"));
        }
    }
    rows
}

#[test]
fn what_came_out_of_a_file_comes_back_as_it_was() {
    let (_folder, path) = place_of_store();
    let mut store = Store::open(&path).expect("a new store");
    let given = file("a.json", "pc-1", &["Office", "Visio", "Office"]);
    let stored = scan(&mut store, std::slice::from_ref(&given), "r1");
    let read = store.files(None).expect("it reads");
    assert_eq!(read, stored);
    let (read, given) = (&read[0].contents, &given.contents);
    assert_eq!(read.diagnostics, given.diagnostics);
    assert_eq!((&read.prices, &read.manifests), (&given.prices, &given.manifests));
    assert_eq!((&read.hash, &read.organisation, read.captured), (&given.hash, &given.organisation, given.captured));
    assert_eq!(read.hosts[0].observed, given.hosts[0].observed);
    assert_eq!(read.hosts[1].software, None);
    let software = read.hosts[0].software.as_ref().expect("it has a list");
    let titles = store.titles().expect("they read");
    let names: Vec<&str> =
        store.list(software.list).expect("it is there").into_iter().map(|id| titles.get(id).name).collect();
    assert_eq!(names, ["Office", "Visio", "Office"]);
    assert_eq!(software.places.get(1), Some(Place::Within("content.softwares[4]".into())));
    let source = stored[0].source();
    assert_eq!((source.hosts, source.records, source.prices), (2, 3, 1));
    assert_eq!(store.inputs(None).expect("frozen").prices, [price()]);
    assert_eq!(store.inputs(None).expect("frozen").settings, "currency = \"GBP\"\n");
}

#[test]
fn a_second_scan_adds_history_and_leaves_the_first_as_it_was() {
    let (_folder, path) = place_of_store();
    let mut store = Store::open(&path).expect("a new store");
    scan(&mut store, &[file("a.json", "pc-1", &["Office"])], "r1");
    let first = store.outcome_json(None).expect("frozen");
    scan(&mut store, &[file("a.json", "pc-1 changed", &["Office", "Visio"])], "r2");
    assert_eq!(store.outcome_json(Some(ScanId(1))).expect("still there"), first);
    assert_eq!(store.outcome(Some(ScanId(1))).expect("still there").rules_hash, "r1");
    assert_eq!(store.outcome(None).expect("the newest").rules_hash, "r2");
    let scans = store.scans().expect("they list");
    assert_eq!(scans.len(), 2);
    assert_eq!((scans[1].files, scans[1].hosts, scans[1].records), (1, 2, 2));
    assert_eq!(scans[0].arguments, ["scan", "estate"]);
    let old = store.files(Some(ScanId(1))).expect("still there");
    assert_eq!(old[0].contents.hosts[0].observed.name, "pc-1");
}

#[test]
fn an_interrupted_scan_leaves_the_store_as_it_was() {
    let (_folder, path) = place_of_store();
    let mut store = Store::open(&path).expect("a new store");
    scan(&mut store, &[file("a.json", "pc-1", &["Office"])], "r1");
    let before = dump(&store);
    let mut writer = store.begin_scan("later", &[]).expect("no other scan");
    writer.add_file(file("a.json", "pc-1 changed", &["Visio"])).expect("it is stored");
    writer.add_file(file("b.json", "pc-2", &["Project"])).expect("it is stored");
    drop(writer);
    assert_eq!(dump(&store), before);
    drop(store);
    let mut store = Store::open(&path).expect("it opens again");
    assert_eq!(dump(&store), before);
    scan(&mut store, &[file("b.json", "pc-2", &["Project"])], "r2");
    assert_eq!(store.titles().expect("they read").len(), 2, "what was rolled back takes no number");
}

#[test]
fn an_unchanged_file_comes_from_the_store_and_costs_one_row() {
    let (_folder, path) = place_of_store();
    let mut store = Store::open(&path).expect("a new store");
    let stored = scan(&mut store, &[file("a.json", "pc-1", &["Office"])], "r1");
    let before = dump(&store).len();
    let known = store.known_files(&|reader, version| (reader, version) == ("glpi-json", 1)).expect("they list");
    let a = known.unchanged("a.json", 100, Some(5), Some("brent")).expect("it is known").clone();
    for (path, size, modified, organisation) in [
        ("b.json", 100, Some(5), Some("brent")),
        ("a.json", 101, Some(5), Some("brent")),
        ("a.json", 100, Some(6), Some("brent")),
        ("a.json", 100, None, Some("brent")),
        ("a.json", 100, Some(5), None),
    ] {
        assert_eq!(known.unchanged(path, size, modified, organisation), None);
    }
    assert_eq!(known.same_content(&a.hash, Some("brent"), "elsewhere"), Some(&a));
    assert_eq!(known.same_content(&a.hash, Some("lewisham"), "elsewhere"), None);
    let mut writer = store.begin_scan("later", &[]).expect("no other scan");
    assert_eq!(writer.add_known("a.json", 100, Some(5), a.content).expect("it is there"), stored[0]);
    let outcome = outcome("r2");
    writer.commit(&Frozen { outcome: &outcome, settings: "", prices: &[], purchases: &[] }).expect("it is complete");
    assert_eq!(dump(&store).len(), before + 3, "the scan, its outcome and one file");
    let newer = store.known_files(&|_, version| version == 2).expect("they list");
    assert!(newer.is_empty(), "a better reader reads known files again");
}

#[test]
fn the_same_content_is_kept_once_and_files_that_could_not_be_read_are_not_confused() {
    let (_folder, path) = place_of_store();
    let mut store = Store::open(&path).expect("a new store");
    let unreadable = |path: &str, reason: &str| {
        let mut contents = FileContents::new("", FileStatus::Rejected);
        contents.reason = Some(reason.into());
        FileResult { path: path.into(), size: 0, modified_ns: None, contents }
    };
    let copy = FileResult { path: "z.json".into(), ..file("a.json", "pc-1", &["Office"]) };
    let given = [file("a.json", "pc-1", &["Office"]), unreadable("b", "denied"), unreadable("c", "gone"), copy];
    let stored = scan(&mut store, &given, "r1");
    assert_eq!(stored[0].content, stored[3].content);
    assert_eq!(stored[3].contents.diagnostics[0].path, "z.json", "it names the copy");
    assert_eq!(stored[1].contents.reason.as_deref(), Some("denied"));
    assert_eq!(stored[2].contents.reason.as_deref(), Some("gone"));
}

#[test]
fn hosts_with_the_same_software_share_one_list_and_every_title_of_a_list_exists() {
    let (_folder, path) = place_of_store();
    let mut store = Store::open(&path).expect("a new store");
    let given = [
        file("a.json", "pc-1", &["Office", "Visio"]),
        file("b.json", "pc-2", &["Office", "Visio"]),
        file("c.json", "pc-3", &["Visio", "Office"]),
        file("d.json", "pc-4", &[]),
    ];
    let stored = scan(&mut store, &given, "r1");
    let list = |index: usize| stored[index].contents.hosts[0].software.as_ref().map(|software| software.list);
    assert_eq!(list(0), list(1));
    assert_ne!(list(0), list(2), "the order is that of the file");
    let titles = store.titles().expect("they read");
    assert_eq!(titles.len(), 2);
    for index in 0..4 {
        let ids = store.list(list(index).expect("it has a list")).expect("it is there");
        assert!(ids.into_iter().all(|id| (id.0 as usize) < titles.len()));
    }
}

#[test]
fn the_same_files_in_the_order_of_their_paths_give_the_same_rows() {
    let given = [file("a.json", "pc-1", &["b", "a"]), file("b.json", "pc-2", &["c", "a"])];
    let rows = || {
        let (_folder, path) = place_of_store();
        let mut store = Store::open(&path).expect("a new store");
        scan(&mut store, &given, "r1");
        dump(&store)
    };
    assert_eq!(rows(), rows());
}

#[test]
#[cfg(unix)]
fn the_store_is_private_to_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = place_of_store();
    let mut store = Store::open(&path).expect("a new store");
    let writer = store.begin_scan("now", &[]).expect("no other scan");
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let folder = path.parent().expect("it lies in a folder");
    assert_eq!(mode(folder), 0o700);
    for entry in std::fs::read_dir(folder).expect("it lists") {
        let path = entry.expect("it lists").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(writer);
}

#[test]
fn a_new_store_has_every_migration_and_opening_it_again_changes_nothing() {
    let (_folder, path) = place_of_store();
    let store = Store::open(&path).expect("a new store");
    assert_eq!(store.version().expect("it reads"), VERSION);
    drop(store);
    let bytes = std::fs::read(&path).expect("it reads");
    drop(Store::open_existing(&path).expect("it opens again"));
    assert_eq!(std::fs::read(&path).expect("it reads"), bytes);
}

#[test]
fn the_first_scan_is_written_once_and_reports_can_be_read_while_later_ones_are_written() {
    let (_folder, path) = place_of_store();
    let mode = |store: &Store| -> String {
        store.connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).expect("it reads")
    };
    let mut store = Store::open(&path).expect("a new store");
    assert_eq!(mode(&store), "delete");
    scan(&mut store, &[file("a.json", "pc-1", &["one"])], "r1");
    drop(store);
    let mut store = Store::open(&path).expect("it opens");
    assert_eq!(mode(&store), if disk::is_local(&path) { "wal" } else { "delete" });
    let mut writer = store.begin_scan("now", &[]).expect("it begins");
    writer.add_file(file("b.json", "pc-2", &["two"])).expect("it is added");
    let reports = Store::open_existing(&path).expect("it opens beside the scan");
    assert_eq!(reports.scans().expect("they are listed").len(), 1);
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let (_folder, path) = place_of_store();
    let store = Store::open(&path).expect("a new store");
    store.connection.pragma_update(None, "user_version", VERSION + 1).expect("it is set");
    drop(store);
    let error = Store::open(&path).expect_err("it is newer");
    assert!(matches!(error, StoreError::Newer { found, .. } if found == VERSION + 1), "{error}");
    let says =
        format!("was written by a newer trueup (its version is {}, this program knows up to {VERSION})", VERSION + 1);
    assert!(error.to_string().contains(&says), "{error}");
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let (folder, path) = place_of_store();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is a text and no database, however long it may become").expect("it is written");
    assert!(matches!(Store::open(&text), Err(StoreError::Foreign { .. })));
    let other = folder.path().join("other.db");
    Connection::open(&other).expect("it opens").execute_batch("CREATE TABLE t (a)").expect("a table");
    assert!(matches!(Store::open(&other), Err(StoreError::Foreign { .. })));
    let error = Store::open_existing(&path).expect_err("there is none");
    assert!(error.to_string().ends_with("run `trueup scan DIR` first"), "{error}");
}

#[test]
fn a_store_without_scans_says_what_to_do() {
    let (_folder, path) = place_of_store();
    let mut store = Store::open(&path).expect("a new store");
    assert!(store.outcome(None).expect_err("it is empty").to_string().ends_with("run `trueup scan DIR` first"));
    scan(&mut store, &[], "r1");
    assert!(matches!(store.outcome(Some(ScanId(7))), Err(StoreError::UnknownScan { scan: ScanId(7), .. })));
}

#[test]
fn a_second_process_is_told_to_wait_and_may_read_what_was_there() {
    let (_folder, path) = place_of_store();
    let mut first = Store::open(&path).expect("a new store");
    scan(&mut first, &[file("a.json", "pc-1", &["Office"])], "r1");
    let mut second = Store::open(&path).expect("it opens");
    second.set_patience(Duration::from_millis(20)).expect("it is set");
    let writer = first.begin_scan("now", &[]).expect("no other scan");
    let error = second.begin_scan("now", &[]).err().expect("the first one writes");
    assert!(matches!(error, StoreError::Busy { .. }), "{error}");
    assert!(error.to_string().contains("another trueup is writing to"), "{error}");
    assert_eq!(second.outcome(None).expect("readers are not held up").rules_hash, "r1");
    drop(writer);
    second.begin_scan("now", &[]).expect("the first one is gone");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn titles_come_back_as_they_were(
        records in prop::collection::vec(("[^\0]{0,12}", "[^\0]{0,3}", "[ab]?", "[^\0]{0,3}"), 0..40)
    ) {
        let (_folder, path) = place_of_store();
        let mut software = SoftwareList::default();
        for (name, version, publisher, key) in &records {
            software.push(SoftwareRecord { name, version, publisher, key }, &Place::Whole, &KnownTitles::default());
        }
        let mut result = file("a.json", "pc-1", &[]);
        result.contents.hosts[0].software = Some(software);
        let mut store = Store::open(&path).expect("a new store");
        let stored = scan(&mut store, &[result], "r1");
        drop(store);
        let store = Store::open_existing(&path).expect("it opens");
        let titles = store.titles().expect("they read");
        let list = stored[0].contents.hosts[0].software.as_ref().expect("it has a list").list;
        let ids = store.list(list).expect("it is there");
        let read: Vec<SoftwareRecord<'_>> = ids.into_iter().map(|id| titles.get(id)).collect();
        let record = |(name, version, publisher, key)| SoftwareRecord { name, version, publisher, key };
        let written = records.iter().map(|(a, b, c, d)| record((a.as_str(), b.as_str(), c.as_str(), d.as_str())));
        prop_assert_eq!(read, written.collect::<Vec<_>>());
        let distinct: std::collections::BTreeSet<_> = records.iter().collect();
        prop_assert_eq!(titles.len(), distinct.len());
        prop_assert_eq!(titles.iter().count(), distinct.len());
    }
}

#[test]
fn a_list_is_the_same_whether_its_titles_were_known_when_it_was_read_or_not() {
    let (_folder, path) = place_of_store();
    let mut store = Store::open(&path).expect("a new store");
    let mut writer = store.begin_scan("now", &[]).expect("it begins");
    let first = writer.add_file(file("a.json", "pc-1", &["one", "two", "one"])).expect("it is added");
    let known = writer.known_titles();
    let mut later = file("b.json", "pc-2", &[]);
    let mut software = SoftwareList::default();
    for name in ["one", "two", "one"] {
        let record = SoftwareRecord { name, version: "1.0", ..SoftwareRecord::default() };
        assert!(software.push(record, &Place::Whole, &known));
    }
    later.contents.hosts[0].software = Some(software);
    let second = writer.add_file(later).expect("it is added");
    let list = |file: &StoredFile| file.contents.hosts[0].software.as_ref().expect("it has a list").list;
    assert_eq!(list(&first), list(&second));
    assert_eq!(writer.list(list(&second)).expect("it is there"), [TitleId(0), TitleId(1), TitleId(0)]);
}

/// A row of the position.
fn position(product: &str, required: u32) -> crate::model::Position {
    crate::model::Position {
        key: crate::model::Key::new("position", &["brent", "", product, "standard", "2016", "core"]),
        organisation: "brent".into(),
        product: product.into(),
        edition: Some("standard".into()),
        version: Some("2016".into()),
        metric: Metric::Core,
        required,
        usable: 4,
        allocated: 4,
        received: 0,
        lent: 0,
        shortfall: required - 4,
        surplus: 0,
        range: (required, required),
        range_of_versions: (required, required),
        cost: None,
        missing_price: Some("sql-server standard, by core".into()),
        to_buy: None,
        requirements: Vec::new(),
        entitlements: Vec::new(),
        unverified: Vec::new(),
        to_order: None,
        peak: None,
    }
}

/// A scan of a day that finds so many units needed under the strict reading, and two less under the customer's.
fn scan_position(store: &mut Store, day: jiff::civil::Date, required: u32) {
    let mut found = outcome("rules");
    found.as_of = day;
    found.strict.positions = vec![position("sql-server", required)];
    found.customer.positions = vec![position("sql-server", required - 2)];
    let writer = store.begin_scan("2026-11-21T10:00:00Z", &[]).expect("no other scan");
    writer.commit(&Frozen { outcome: &found, settings: "", prices: &[], purchases: &[] }).expect("it is complete");
}

#[test]
fn the_history_has_the_last_scan_of_every_day_under_both_readings() {
    let (_folder, path) = place_of_store();
    let mut store = Store::open(&path).expect("it opens");
    scan_position(&mut store, date(2026, 3, 31), 99);
    scan_position(&mut store, date(2026, 6, 30), 8);
    scan_position(&mut store, date(2026, 3, 31), 12);
    let history = store.history().expect("it reads");
    let figures: Vec<_> = history.rows.iter().map(|row| (row.as_of, row.reading, row.required)).collect();
    let (march, june) = (date(2026, 3, 31), date(2026, 6, 30));
    let (strict, customer) = (Answer::Strict, Answer::Customer);
    assert_eq!(figures, [(march, customer, 10), (march, strict, 12), (june, customer, 6), (june, strict, 8)]);
    let row = &history.rows[1];
    assert_eq!((row.usable, row.shortfall, row.cost.clone(), row.metric), (4, 8, None, Metric::Core));
}

#[test]
fn a_store_from_before_the_history_is_filled_in_from_what_its_scans_froze() {
    let (_folder, path) = place_of_store();
    let mut store = Store::open(&path).expect("it opens");
    scan_position(&mut store, date(2026, 3, 31), 12);
    scan_position(&mut store, date(2026, 6, 30), 8);
    let history = store.history().expect("it reads");
    let back = "DROP TABLE position_history; DROP TABLE position_key; DROP INDEX content_by_hash;
        ALTER TABLE content DROP COLUMN of_path; ALTER TABLE observation DROP COLUMN runs;
        CREATE UNIQUE INDEX content_by_hash ON content (hash, reader, reader_version, organisation);
        PRAGMA user_version = 1;";
    store.connection.execute_batch(back).expect("the store is of version 1 again");
    drop(store);
    let store = Store::open_existing(&path).expect("it is brought up to date");
    assert_eq!(store.history().expect("it reads"), history);
}
