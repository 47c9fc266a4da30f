//! A report says the same on the terminal, as JSON and as CSV, and an explanation follows a figure to its proof.

mod fixture;

use serde_json::Value;
use trueup::explain::{Found, explain};
use trueup::model::Answer;
use trueup::report::terminal::{Canvas, View, render};
use trueup::report::{Filter, Report, Section, csv, json, schema};

fn text(sections: &[Section], in_full: bool, filter: &Filter) -> String {
    let outcome = fixture::outcome();
    render(&Report::new(&outcome, filter), &View { sections, in_full, repeat: "" }, &Canvas::PIPE)
}

#[test]
fn a_scan_on_the_terminal() {
    insta::assert_snapshot!(text(&Section::ALL, false, &Filter::default()));
}

#[test]
fn the_customers_position_of_one_organisation() {
    let filter = Filter { organisation: Some("lewisham".into()), reading: Answer::Customer, ..Filter::default() };
    insta::assert_snapshot!(text(&[Section::Position, Section::Questions, Section::Total], false, &filter));
}

#[test]
fn the_support_register_within_three_months() {
    let filter = Filter { within_months: Some(3), ..Filter::default() };
    insta::assert_snapshot!(text(&[Section::Support], true, &filter));
}

#[test]
fn every_source() {
    insta::assert_snapshot!(text(&[Section::Input], true, &Filter::default()));
}

#[test]
fn no_line_in_a_pipe_is_coloured_or_ends_in_a_blank() {
    let text = text(&Section::ALL, true, &Filter::default());
    assert!(!text.contains('\u{1b}'));
    assert!(text.lines().all(|line| line == line.trim_end() && line.chars().count() <= 120), "{text}");
}

#[test]
fn real_json_has_the_published_shape() {
    let outcome = fixture::outcome();
    let with_ways = [Section::Position, Section::Alternatives, Section::Total];
    for sections in [&Section::ALL[..], &[Section::Input], &[Section::Support], &with_ways] {
        for reading in [Answer::Strict, Answer::Customer] {
            let filter = Filter { reading, within_months: Some(6), scopes: true, ..Filter::default() };
            let text = json::render(&Report::new(&outcome, &filter), sections).expect("a report has a JSON form");
            assert_valid(schema::REPORT, &text);
        }
    }
    let keys = [
        "brent/windows-server/standard/2016",
        "question:lewisham",
        "support:brent/2012",
        "lew-4500011003",
        "alternative:brent/standard/host",
        "stale:lewisham",
        "coverage:brent",
        "total:brent",
        "total:-",
        "host:brent/bre-fin-01",
    ];
    for key in keys {
        assert_valid(schema::EXPLANATION, &json::pretty(&explanation(key)).expect("an explanation has a JSON form"));
    }
}

fn assert_valid(schema: &str, document: &str) {
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let document: Value = serde_json::from_str(document).expect("the document is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is a schema");
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn equal_outcomes_give_equal_bytes() {
    let of = |outcome| json::render(&Report::new(&outcome, &Filter::default()), &Section::ALL).expect("JSON");
    assert_eq!(of(fixture::outcome()), of(fixture::outcome()));
}

#[test]
fn json_in_full() {
    let outcome = fixture::outcome();
    let report = Report::new(&outcome, &Filter::default());
    let sections = [Section::Position, Section::Total];
    let text = json::render(&report, &sections).expect("JSON").replace(&outcome.rules_hash, "<hash>");
    insta::assert_snapshot!(text);
}

#[test]
fn csv_in_full() {
    let outcome = fixture::outcome();
    let report = Report::new(&outcome, &Filter::default());
    let parts = [csv::positions(&report), csv::support(&report), csv::sources(&report)];
    insta::assert_snapshot!(parts.map(|part| part.expect("CSV")).join("\n"));
}

fn found(key: &str) -> Found {
    explain(&fixture::outcome(), &fixture::rules(), key, Answer::Strict)
}

fn explanation(key: &str) -> trueup::explain::Explanation {
    match found(key) {
        Found::Explanation(explanation) => *explanation,
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn a_shortfall_explained() {
    insta::assert_snapshot!(explanation("brent/windows-server/standard/2016").render(120, false));
}

#[test]
fn a_shortfall_without_a_price_explained() {
    insta::assert_snapshot!(explanation("lewisham/visio").render(120, false));
}

#[test]
fn a_question_explained() {
    insta::assert_snapshot!(explanation("question:brent/windows-server/d-01").render(120, false));
}

#[test]
fn support_explained() {
    insta::assert_snapshot!(explanation("support:brent/sql-server").render(120, false));
}

#[test]
fn a_need_and_a_purchase_explained() {
    let texts = ["bre-esx-03", "bre-po-13-0117"].map(|key| explanation(key).render(120, false));
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn every_way_of_licensing_on_the_terminal() {
    insta::assert_snapshot!(text(&[Section::Alternatives], false, &Filter::default()));
}

#[test]
fn a_way_a_finding_a_coverage_a_sum_and_a_host_explained() {
    let keys =
        ["alternative:brent/standard/host", "stale:lewisham", "coverage:lewisham", "total:brent", "host:bre-fin-01"];
    let texts = keys.map(|key| explanation(key).render(120, false));
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_part_of_several_keys_names_them_and_a_wrong_one_its_neighbours() {
    let Found::Ambiguous(keys) = found("brent/windows-server") else { panic!("ambiguous") };
    assert_eq!(keys.len(), 2);
    let Found::NotFound(keys) = found("southwark/visoi") else { panic!("not found") };
    assert!(keys.iter().any(|key| key.contains("visio")), "{keys:?}");
}

/// Every value of a key `key` in a document.
fn keys_in(value: &Value, keys: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            keys.extend(fields.get("key").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| keys_in(value, keys));
        }
        Value::Array(values) => values.iter().for_each(|value| keys_in(value, keys)),
        _ => {}
    }
}

#[test]
fn every_key_a_report_prints_can_be_explained() {
    let outcome = fixture::outcome();
    let sections = [&Section::ALL[..], &[Section::Alternatives]].concat();
    for reading in [Answer::Strict, Answer::Customer] {
        let filter = Filter { reading, scopes: true, ..Filter::default() };
        let text = json::render(&Report::new(&outcome, &filter), &sections).expect("a report has a JSON form");
        let mut keys = Vec::new();
        keys_in(&serde_json::from_str(&text).expect("JSON"), &mut keys);
        assert!(keys.len() > 20, "{keys:?}");
        for key in keys {
            let found = explain(&outcome, &fixture::rules(), &key, reading);
            assert!(matches!(&found, Found::Explanation(told) if told.key == key), "{key}: {found:?}");
        }
    }
}
