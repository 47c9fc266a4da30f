//! Agreements of `trueup.toml`: what is wrong with one is said with its line.

mod estates;

use std::path::Path;
use std::sync::LazyLock;

use assert_cmd::Command;

use trueup::model::Place;
use trueup::rules::{Rules, parse_settings_under};

static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults)));

/// A good agreement on nine lines.
const GOOD: &str = "[[agreement]]
number = \"E-1\"
vehicle = \"enterprise-agreement\"
organisations = [\"north\"]
start = 2024-07-01
end = 2027-06-30
last_order = 2025-06-10
products = [\"office\", \"sql-server\"]
";

/// Faults as `(line, message)`.
fn faults(text: &str) -> Vec<(u32, String)> {
    let found = parse_settings_under(&RULES, "trueup.toml", text).err().unwrap_or_default();
    let line = |place: &Option<Place>| match place {
        Some(Place::Line(line)) => *line,
        _ => 0,
    };
    found.iter().map(|fault| (line(&fault.place), fault.message.clone())).collect()
}

/// Asserts that the one fault stands on a line and says this.
fn assert_fault(text: &str, line: u32, says: &str) {
    let found = faults(text);
    assert!(
        matches!(&found[..], [(place, message)] if *place == line && message.contains(says)),
        "wanted line {line}: {says}; found {found:?}\n{text}"
    );
}

#[test]
fn a_good_agreement_is_read() {
    assert_eq!(faults(GOOD), []);
}

#[test]
fn names_that_no_rule_file_knows_are_refused_with_their_line() {
    assert_fault(&GOOD.replace("enterprise-agreement", "handshake"), 3, "known are");
    assert_fault(&GOOD.replace("\"office\"", "\"offcie\""), 8, "no product \"offcie\"");
    assert_fault(&GOOD.replace("\"office\"", "\"oracle-database\""), 8, "a product of Oracle");
    assert_fault(&format!("{GOOD}publisher = \"Oracle\"\n"), 9, "no vehicle of Oracle");
    let other = GOOD.replace("enterprise-agreement", "other").replace("products = [\"office\", \"sql-server\"]\n", "");
    assert_fault(&format!("{other}publisher = \"Acme\"\n"), 8, "of the publisher \"Acme\"");
}

#[test]
fn days_that_cannot_be_are_refused_with_their_line() {
    assert_fault(&GOOD.replace("end = 2027-06-30", "end = 2023-06-30"), 6, "before it starts");
    assert_fault(&GOOD.replace("last_order = 2025", "last_order = 2023"), 7, "before the start");
    assert_fault(&format!("{GOOD}window = {{ opens_days = 30, closes_days = 60 }}\n"), 9, "open before it closes");
    assert_fault(&GOOD.replace("end = 2027-06-30\n", ""), 1, "needs the key `end`");
}

#[test]
fn an_agreement_without_organisation_or_products_is_refused() {
    assert_fault(&GOOD.replace("[\"north\"]", "[]"), 4, "at least one");
    assert_fault(&GOOD.replace("products = [\"office\", \"sql-server\"]\n", ""), 1, "the products on it");
}

#[test]
fn a_product_with_two_roles_is_refused() {
    let text = format!("{GOOD}enterprise = [\"visio\"]\nadditional = [\"visio\"]\n");
    assert_fault(&text, 10, "not both");
}

#[test]
fn two_agreements_never_true_up_the_same_product_on_the_same_day() {
    let second = GOOD.replace("E-1", "E-2").replace("\"office\", ", "");
    assert_fault(&format!("{GOOD}{second}"), 9, "sql-server of north is on the agreement E-1 (line 1) on 2024-07-01");
    let twice = format!("{GOOD}{}", second.replace("E-2", "E-1").replace("sql-server", "visio"));
    assert_fault(&twice, 10, "stands on line 1 already");
    for apart in [
        second.replace("sql-server", "visio"),
        second.replace("north", "south"),
        second.replace("enterprise-agreement", "csp"),
        second
            .replace("2024-07-01", "2027-07-01")
            .replace("2027-06-30", "2030-06-30")
            .replace("2025-06-10", "2027-07-01"),
    ] {
        assert_eq!(faults(&format!("{GOOD}{apart}")), [], "{apart}");
    }
}

/// Runs the program on an estate.
fn trueup(estate: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.env_remove("TRUEUP_ESTATE").env_remove("COLUMNS").args(arguments).arg("--estate").arg(estate);
    String::from_utf8(command.assert().success().get_output().stdout.clone()).expect("UTF-8")
}

/// An estate with a CSP agreement and an enterprise agreement, in which nothing is used and nothing is owned.
fn estate(settings: &str) -> tempfile::TempDir {
    let estate = estates::folder();
    estates::write(&estate.path().join("trueup.toml"), settings.as_bytes());
    let host = "[[host]]\nname = \"pc\"\nprocessors = [4]\n";
    estates::write(&estate.path().join("inventory/north/manifest.toml"), host.as_bytes());
    let bought = "product,edition,version,metric,quantity,bought\nvisio,professional,2016,device,1,2016-02-01\n";
    estates::write(&estate.path().join("entitlements/north/bought.csv"), bought.as_bytes());
    estate
}

#[test]
fn where_nothing_is_to_be_ordered_the_update_statement_is_owed_in_the_window() {
    let estate = estate(GOOD);
    trueup(estate.path(), &["scan", "--as-of", "2026-05-20"]);
    let shown = trueup(estate.path(), &["agreements"]);
    for says in [
        "2024-07-01 to 2027-06-30, year 2",
        "last on 2025-06-10",
        "from 2026-05-02 to 2026-06-01: open now, 12 days left",
        "sign and send the update statement",
        "by 2026-06-01",
    ] {
        let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(says), "{says}\n{shown}");
    }
}

#[test]
fn the_json_of_agreements_has_the_published_shape_and_what_may_fall_is_told() {
    let rented = GOOD.replace("enterprise-agreement", "enterprise-agreement-subscription").replace("office", "visio");
    let estate = estate(&rented);
    trueup(estate.path(), &["scan", "--as-of", "2026-05-20"]);
    let shown = trueup(estate.path(), &["agreements", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    let schema: serde_json::Value = serde_json::from_str(trueup::report::schema::REPORT).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    assert!(validator.is_valid(&document), "{shown}");
    let agreement = &document["agreements"][0];
    assert_eq!(agreement["next_order"]["days_left"], 12);
    assert_eq!(agreement["due"][0]["may_fall_by"], 1, "one licence is owned and not needed: {shown}");
}
