//! What the command line promises: help, exit codes, what goes where.

use assert_cmd::Command;
use predicates::prelude::{PredicateBooleanExt, predicate};

fn trueup() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.env_remove("TRUEUP_ESTATE").env_remove("NO_COLOR").env_remove("COLUMNS");
    command
}

fn stdout(arguments: &[&str]) -> String {
    let output = trueup().args(arguments).assert().success().get_output().stdout.clone();
    String::from_utf8(output).expect("UTF-8")
}

#[test]
fn help_names_every_command_and_option() {
    insta::assert_snapshot!(stdout(&["--help"]));
}

#[test]
fn every_command_has_help_with_an_example() {
    let commands: [&[&str]; 11] = [
        &["scan"],
        &["position"],
        &["support"],
        &["sources"],
        &["explain"],
        &["init"],
        &["schema"],
        &["rules", "list"],
        &["rules", "show"],
        &["rules", "test"],
        &["rules", "score"],
    ];
    for command in commands {
        let help = stdout(&[command, &["--help"]].concat());
        assert!(help.contains("Example"), "{command:?}: {help}");
        assert!(help.contains(&format!("trueup {}", command.join(" "))), "{command:?}: {help}");
    }
}

#[test]
fn what_can_be_done_ends_with_0_and_says_it_on_standard_output() {
    assert!(stdout(&["schema"]).contains("https://json-schema.org/draft/2020-12/schema"));
    assert!(stdout(&["schema", "explanation"]).contains("trueup-explanation/1"));
    assert!(stdout(&["rules", "list"]).contains("windows-server"));
    assert!(stdout(&["rules", "show", "sql server"]).contains("SQL Server"));
    assert!(stdout(&["rules", "list", "--format", "json"]).contains("\"rules_hash\""));
}

#[test]
fn what_was_typed_wrong_ends_with_2_and_says_what_to_do() {
    let cases: [(&[&str], &str); 8] = [
        (&[], "Usage"),
        (&["scan", "no/such/folder"], "there is no folder"),
        (&["position", "--estate", "no/such/folder"], "there is no folder"),
        (&["scan", ".", "--format", "csv"], "position, agreements, support and sources have CSV"),
        (&["position", "--as-of", "yesterday"], "give a day as 2026-06-30"),
        (&["support", "--within", "soon"], "give months as 12m"),
        (&["scan", ".", "--fail-on", "boredom"], "shortfall"),
        (&["rules", "show", "windows-serv"], "windows-server"),
    ];
    for (arguments, says) in cases {
        trueup().args(arguments).assert().code(2).stdout("").stderr(predicate::str::contains(says));
    }
}

#[test]
fn without_an_estate_the_way_to_one_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    trueup().current_dir(&folder).arg("position").assert().code(2).stderr(predicate::str::contains("trueup init DIR"));
}

#[test]
fn an_empty_estate_and_a_new_one_have_no_answer_and_the_way_on_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).expect("made");
    let scan = |estate: &std::path::Path| trueup().arg("scan").arg(estate).assert().code(3);
    scan(&empty).stderr(predicate::str::contains("there is no file").and(predicate::str::contains("trueup init DIR")));
    let fresh = folder.path().join("fresh");
    trueup().arg("init").arg(&fresh).assert().success();
    scan(&fresh)
        .stdout(predicate::str::contains("0 rejected + 3 ignored"))
        .stderr(predicate::str::contains("sources --all"));
}

#[test]
fn what_belongs_to_no_known_machine_is_shown_and_gives_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = "bash-5.1.8-9.el9.x86_64\ntzdata-2024a-1.el9.noarch\nzip-3.0-35.el9.x86_64\n";
    std::fs::write(folder.path().join("rpm-qa.txt"), list).expect("written");
    let read = "1 files found = 1 read + 0 partly read + 0 rejected + 0 ignored";
    let list = "package-list: 1 machine that nothing names, 3 records";
    trueup()
        .arg("scan")
        .arg(folder.path())
        .assert()
        .code(3)
        .stdout(predicate::str::contains(read).and(predicate::str::contains(list)))
        .stderr(predicate::str::contains("belongs to no known machine").and(predicate::str::contains("[[source]]")));
}

#[test]
fn the_store_of_another_estate_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store.db");
    for name in ["one", "two"] {
        let estate = folder.path().join(name);
        std::fs::create_dir(&estate).expect("made");
        std::fs::write(estate.join(format!("{name}.txt")), "nothing\n").expect("written");
        let scan = trueup().arg("scan").arg(&estate).arg("--store").arg(&store).assert().code(3);
        let noticed = predicate::str::contains("the store of another estate");
        if name == "one" {
            scan.stderr(noticed.not())
        } else {
            scan.stderr(noticed)
        };
    }
}

#[test]
fn an_explanation_without_a_key_says_where_keys_are() {
    trueup().args(["explain", ""]).assert().code(2).stderr(predicate::str::contains("trueup position"));
}

#[test]
fn wrong_rules_are_shown_with_file_line_and_caret() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("acme.toml"), "[product]\nid = \"acme\"\nkine = \"server\"\n").expect("written");
    let folder = folder.path().display().to_string();
    trueup()
        .args(["rules", "list", "--rules", &folder])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("acme.toml:3").and(predicate::str::contains("^^^^")));
}

#[test]
fn a_result_goes_into_a_file_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rules.json");
    trueup().args(["rules", "list", "-q", "-o"]).arg(&file).assert().success().stdout("").stderr("");
    let text = std::fs::read_to_string(&file).expect("written");
    assert!(text.starts_with("{\n  \"generated_by\": \"trueup\""), "the ending names the form: {text}");
    assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 1, "nothing is left aside");
    let nowhere = folder.path().join("no/such/rules.json");
    trueup()
        .args(["rules", "list", "-o"])
        .arg(nowhere)
        .assert()
        .code(2)
        .stderr(predicate::str::contains("cannot be written"));
}

#[test]
fn init_makes_an_estate_and_overwrites_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let estate = folder.path().join("estate");
    let init = || trueup().arg("init").arg(&estate).assert().success().get_output().stdout.clone();
    assert!(String::from_utf8(init()).expect("UTF-8").starts_with("made"));
    std::fs::write(estate.join("trueup.toml"), "currency = \"EUR\"\n").expect("written");
    assert!(String::from_utf8(init()).expect("UTF-8").starts_with("kept"));
    assert_eq!(std::fs::read_to_string(estate.join("trueup.toml")).expect("read"), "currency = \"EUR\"\n");
    for folder in ["inventory", "entitlements", "prices"] {
        assert!(estate.join(folder).join("README.md").is_file());
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["rules", "show", "windows"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ended");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

/// A scan of the demonstration estate into a store of its own.
fn scan_councils(store: &std::path::Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let councils = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/councils");
    trueup().args(["scan", councils, "-q", "--store"]).arg(store).args(arguments).assert()
}

#[test]
fn a_scan_ends_with_0_and_with_1_only_where_that_was_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("trueup.db");
    let text = scan_councils(&store, &[]).code(0).stderr("").get_output().stdout.clone();
    let text = String::from_utf8(text).expect("UTF-8");
    let headings = [
        "What was read",
        "How much was seen",
        "The licence position",
        "Support",
        "Questions",
        "What the shortfall costs",
    ];
    let places: Vec<Option<usize>> = headings.iter().map(|heading| text.find(&format!("\n{heading}"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}\n{text}");
    scan_councils(&store, &["--fail-on", "shortfall"]).code(1);
    let position = |arguments: &[&str]| {
        let councils = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/councils");
        trueup().args(["--estate", councils, "--store"]).arg(&store).args(arguments).assert()
    };
    position(&["position", "--fail-on", "stale", "--organisation", "brent"]).code(1);
    position(&["position", "--fail-on", "stale", "--organisation", "lewisham"]).code(0);
    position(&["explain", "lewisham/sql-server/enterprise"])
        .code(0)
        .stdout(predicate::str::contains("entitlements/lewisham/purchase-ledger.csv: line 6"));
    position(&["explain", "windows-server"]).code(2).stderr(predicate::str::contains("add a part of the one you mean"));
}

#[test]
fn real_json_of_a_scan_has_the_published_shape() {
    let folder = tempfile::tempdir().expect("a folder");
    let json =
        scan_councils(&folder.path().join("trueup.db"), &["--format", "json"]).code(0).get_output().stdout.clone();
    let document: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let schema: serde_json::Value = serde_json::from_str(&stdout(&["schema"])).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn where_nothing_can_be_computed_the_end_is_3() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("trueup.toml"), "as_of = 2026-06-30\n").expect("written");
    trueup()
        .args(["scan", "-q"])
        .arg(folder.path())
        .assert()
        .code(3)
        .stdout(predicate::str::contains("files found"))
        .stderr(predicate::str::contains("no licence position can be computed"));
}
