//! Every product with terms has a worked case, every term a source, and every case comes out.

mod estates;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use trueup::model::Estate;
use trueup::pipeline::{CaseResult, test_cases};
use trueup::rules::{Case, Rules, parse_cases};

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::built_in().expect("built-in rules are free of faults"));

/// Every built-in case.
fn built_in() -> Vec<Case> {
    let files = RULES.case_files();
    files.flat_map(|(path, text)| parse_cases(path, text).unwrap_or_else(|faults| panic!("{faults:#?}"))).collect()
}

/// Products that a case is about: installed, bought, or expected.
fn products_of(case: &Case) -> BTreeSet<String> {
    let Estate { hosts, purchases, .. } = Estate::of_manifest(case.manifest.clone());
    let installed = hosts.into_iter().flat_map(|host| host.installs).map(|install| install.product);
    let bought = purchases.into_iter().map(|line| line.product);
    let rows = case.expectations.iter().map(|expected| &expected.row);
    let ways = case.alternatives.iter().map(|expected| &expected.row);
    let expected = rows.chain(ways).filter_map(|row| row.product.clone());
    installed.chain(bought).chain(expected).collect()
}

#[test]
fn every_product_with_terms_has_a_worked_case() {
    let used: BTreeSet<String> = built_in().iter().flat_map(products_of).collect();
    let with_terms = RULES.products.values().filter(|product| !product.terms.is_empty());
    let without: Vec<&str> = with_terms.map(|product| product.id.as_str()).filter(|id| !used.contains(*id)).collect();
    assert!(without.is_empty(), "no case uses {without:?}");
}

#[test]
fn every_term_and_every_case_has_a_source() {
    let mut wrong = Vec::new();
    for product in RULES.products.values() {
        for terms in product.terms.iter().filter(|terms| terms.source.title.trim().is_empty()) {
            wrong.push(terms.id.clone());
        }
    }
    wrong.extend(built_in().into_iter().filter(|case| case.source.trim().is_empty()).map(|case| case.id));
    assert!(wrong.is_empty(), "without a source: {wrong:?}");
}

#[test]
fn every_case_bears_its_own_id_and_expects_something() {
    let mut ids = BTreeSet::new();
    for case in built_in() {
        let states = case.expectations.len() + case.alternatives.len() + case.cheapest.len();
        assert!(states > 0, "{} expects nothing", case.id);
        assert!(ids.insert(case.id.clone()), "{} stands twice", case.id);
    }
}

#[test]
fn every_built_in_case_comes_out() {
    let results = test_cases(&RULES, &[]).unwrap_or_else(|failure| panic!("{failure:#?}"));
    assert!(results.len() > 100, "the cases are found");
    let failed: Vec<String> =
        results.iter().filter(|result| !result.ok).map(|result| format!("{}: {:?}", result.id, result.why)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Cases of the folder that may still fail.
const MAY_FAIL: [&str; 20] = [
    "WS-41c", "WS-45", "WS-57*", "WS-58", "WS-61", "WS-62", "WS-63", "WS-64", "WS-65", "WS-66", "WS-67", "WS-68",
    "WS-69", "WP-07*", "WP-08", "SQL-36", "SQL-37*", "DSK-08", "DSK-20", "DSK-21",
];

fn may_fail(id: &str) -> bool {
    MAY_FAIL.iter().any(|allowed| match allowed.strip_suffix('*') {
        Some(beginning) => id.starts_with(beginning),
        None => id == *allowed,
    })
}

/// Set `TRUEUP_CASES` to a folder with the families `ws`, `wp`, `wg`, `sql` and `dsk` to hold the rules against it.
#[test]
fn cases_kept_elsewhere_come_out() {
    let Some(folder) = std::env::var_os("TRUEUP_CASES").map(PathBuf::from) else {
        eprintln!("no further cases were run: TRUEUP_CASES names no folder");
        return;
    };
    let mut failed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for family in ["ws", "wp", "wg", "sql", "dsk"] {
        let file = folder.join(format!("{family}.toml"));
        let results = results_of(&file);
        assert!(!results.is_empty(), "{} holds no case", file.display());
        let wrong = results.into_iter().filter(|result| !result.ok && !may_fail(&result.id));
        failed.entry(family).or_default().extend(wrong.map(|result| format!("{}: {:?}", result.id, result.why)));
    }
    assert!(failed.values().all(Vec::is_empty), "{failed:#?}");
}

fn results_of(file: &Path) -> Vec<CaseResult> {
    test_cases(&RULES, &[file.to_owned()]).unwrap_or_else(|failure| panic!("{}: {failure:#?}", file.display()))
}

#[test]
fn the_program_says_how_every_case_came_out() {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_trueup"));
    let output = command.args(["rules", "test", "--format", "json"]).assert().success().get_output().stdout.clone();
    let document: serde_json::Value = serde_json::from_slice(&output).expect("the answer is JSON");
    assert_eq!(document["failed"], 0);
    assert_eq!(document["passed"], built_in().len());
    assert_eq!(document["cases"].as_array().map(Vec::len), Some(built_in().len()));

    let folder = estates::folder();
    let file = folder.path().join("wrong.cases.toml");
    let case = "[[case]]\nid = \"X-1\"\nas_of = 2025-06-30\n[[case.expect]]\nproduct = \"visio\"\nrequired = 1\n";
    estates::write(&file, case.as_bytes());
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_trueup"));
    let output = command.args(["rules", "test"]).arg(&file).assert().code(1).get_output().stdout.clone();
    let text = String::from_utf8(output).expect("the answer is text");
    assert_eq!(text, "FAILED  X-1: visio: required is 0, not 1\n0 passed, 1 failed\n");
}

#[test]
fn a_case_that_cannot_be_meant_says_what_is_wrong_with_it() {
    let text = "[[case]]\nid = \"wrong\"\ntitle = \"wrong\"\nas_of = 2025-06-30\nsource = \"test\"\n\
        [[case.host]]\nname = \"a\"\non = \"b\"\n[[case.host]]\nname = \"b\"\non = \"a\"\n\
        [[case.host]]\nname = \"c\"\non = \"nowhere\"\n[[case.expect]]\nproduct = \"no-such-product\"\nrequired = 0\n";
    let file = std::env::temp_dir().join(format!("trueup-wrong-case-{}.toml", std::process::id()));
    std::fs::write(&file, text).unwrap();
    let results = test_cases(&RULES, std::slice::from_ref(&file));
    std::fs::remove_file(&file).unwrap();
    let why = results.unwrap().remove(0).why.join("; ");
    for part in
        ["host a leads back", "host b leads back", "host c names nowhere", "describes the product no-such-product"]
    {
        assert!(why.contains(part), "{why}");
    }
}
