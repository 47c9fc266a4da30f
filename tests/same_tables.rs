//! The same tables give the same position, whether `trueup rules test` reads them as a worked case or `trueup scan` as
//! a manifest in a folder.

mod estates;

use std::path::Path;
use std::sync::LazyLock;

use trueup::assess;
use trueup::model::{Answer, Estate, Outcome};
use trueup::pipeline::{self, ScanOptions};
use trueup::report::{Filter, Report, Section, json};
use trueup::rules::{Case, Rules, Settings, parse_cases};

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::built_in().expect("built-in rules are free of faults"));

/// Keys of a case that are no table of a manifest.
const OF_THE_CASE: [&str; 8] = ["id", "title", "as_of", "reading", "source", "expect", "alternative", "cheapest"];

/// Every case with its tables as the text of a manifest.
fn cases_as_manifests() -> Vec<(Case, String)> {
    let mut found = Vec::new();
    for (path, text) in RULES.case_files() {
        let cases = parse_cases(path, text).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let document: toml::Table = text.parse().expect("what was read as cases is TOML");
        let tables = document["case"].as_array().expect("cases are an array of tables");
        assert_eq!(cases.len(), tables.len());
        for (case, table) in cases.into_iter().zip(tables) {
            let mut manifest = table.as_table().expect("a case is a table").clone();
            manifest.retain(|key, _| !OF_THE_CASE.contains(&key));
            let manifest = toml::to_string(&manifest).expect("what was TOML is TOML again");
            found.push((case, manifest));
        }
    }
    found
}

/// What both ways must agree on, under both readings.
fn positions(outcome: &Outcome) -> String {
    let of = |reading| {
        let filter = Filter { reading, ..Filter::default() };
        json::render(&Report::new(outcome, &filter), &[Section::Position, Section::Questions, Section::Total])
            .expect("a report is JSON")
    };
    [Answer::Strict, Answer::Customer].map(of).concat()
}

fn scanned(folder: &Path, case: &Case) -> Outcome {
    let options = ScanOptions { as_of: Some(case.as_of), ..estates::options(folder) };
    pipeline::scan_with(&RULES, &options, &estates::Silent)
        .unwrap_or_else(|failure| panic!("{}: {failure:#?}", case.id))
}

/// Scans the case's tables; says where the position differs.
fn differs(case: &Case, manifest: &str) -> Option<String> {
    let estate = Estate::of_manifest(case.manifest.clone());
    let declared = assess::outcome(&estate, &RULES, &Settings::default(), case.as_of, &assess::no_records());
    let folder = estates::folder();
    estates::write(&folder.path().join("tables.toml"), manifest.as_bytes());
    let scanned = scanned(folder.path(), case);
    let (declared, scanned) = (positions(&declared), positions(&scanned));
    let first = declared.lines().zip(scanned.lines()).find(|(left, right)| left != right);
    (declared != scanned).then(|| format!("{}: {first:?}", case.id))
}

#[test]
fn every_built_in_case_comes_out_of_a_scan_as_it_does_of_rules_test() {
    let cases = cases_as_manifests();
    assert!(cases.len() > 100, "the cases are found");
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let parts = cases.chunks(cases.len().div_ceil(4));
        let workers: Vec<_> = parts
            .map(|part| {
                let work = || part.iter().filter_map(|(case, manifest)| differs(case, manifest)).collect::<Vec<_>>();
                scope.spawn(work)
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker ends")).collect()
    });
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
