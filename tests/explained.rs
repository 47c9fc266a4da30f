//! Every key that a report prints can be explained, and every rule an explanation names has a source.

mod estates;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use trueup::assess;
use trueup::explain::{Explanation, Found, Item, explain};
use trueup::model::{Answer, Estate, Outcome};
use trueup::report::{Filter, Report, Section, json};
use trueup::rules::{Rules, Settings, parse_cases};

/// Every section a report has.
fn sections() -> Vec<Section> {
    [&Section::ALL[..], &[Section::Alternatives]].concat()
}

/// Every permanent key in the JSON of an outcome, and those of hosts and purchases.
fn keys(outcome: &Outcome, reading: Answer) -> BTreeSet<String> {
    let filter = Filter { reading, scopes: true, ..Filter::default() };
    let text = json::render(&Report::new(outcome, &filter), &sections()).expect("a report is JSON");
    let mut keys = BTreeSet::new();
    collect(&serde_json::from_str(&text).expect("JSON"), &mut keys);
    keys.extend(outcome.hosts.iter().map(|host| host.key().0));
    keys.extend(outcome.assessment(reading).entitlements.iter().map(|entitlement| entitlement.key.0.clone()));
    keys
}

fn collect(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            keys.extend(fields.get("key").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, keys));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, keys)),
        _ => {}
    }
}

/// Explains keys; adds each rule without a source, with the first place that names it.
fn explain_all(
    of: &str,
    outcome: &Outcome,
    rules: &Rules,
    reading: Answer,
    keys: &BTreeSet<String>,
    unknown: &mut BTreeMap<String, String>,
) {
    for key in keys {
        match explain(outcome, rules, key, reading) {
            Found::Explanation(explanation) => {
                assert_eq!(explanation.key, *key, "{of}");
                unsourced(of, &explanation, unknown);
            }
            other => panic!("{of}: {key}: {other:?}"),
        }
    }
}

fn unsourced(of: &str, explanation: &Explanation, unknown: &mut BTreeMap<String, String>) {
    let mut items: Vec<&Item> = explanation.sections.iter().flat_map(|section| &section.items).collect();
    while let Some(item) = items.pop() {
        if let Some(rule) = item.rule.as_ref().filter(|rule| rule.source.is_none()) {
            unknown.entry(rule.id.clone()).or_insert_with(|| format!("{of}, {}: {}", explanation.key, item.text));
        }
        items.extend(&item.items);
    }
}

#[test]
fn every_key_of_the_sample_is_explained_and_every_rule_has_its_source() {
    let outcome = estates::scan(&estates::options(estates::copy_of("samples/councils").path()));
    let rules = Rules::built_in().expect("built-in rules are free of faults");
    let mut unknown = BTreeMap::new();
    for reading in [Answer::Strict, Answer::Customer] {
        let keys = keys(&outcome, reading);
        assert!(keys.len() > 300, "{}", keys.len());
        explain_all("samples/councils", &outcome, &rules, reading, &keys, &mut unknown);
    }
    assert!(unknown.is_empty(), "rules that no file knows: {unknown:#?}");
}

/// Hosts and their support are as many as the hosts of a case, and all alike.
fn concerns_licences(key: &str) -> bool {
    !key.starts_with("host:") && !key.starts_with("support:")
}

#[test]
fn every_licence_key_of_every_worked_case_is_explained_and_every_rule_has_its_source() {
    let rules = Rules::built_in().expect("built-in rules are free of faults");
    let mut unknown = BTreeMap::new();
    let mut explained = 0;
    for (path, text) in rules.case_files() {
        for case in parse_cases(path, text).unwrap_or_else(|faults| panic!("{faults:#?}")) {
            let estate = Estate::of_manifest(case.manifest.clone());
            let settings = Settings::default();
            let outcome = assess::outcome(&estate, &rules, &settings, case.as_of, &assess::no_records());
            let mut keys = keys(&outcome, case.reading);
            keys.retain(|key| concerns_licences(key));
            explained += keys.len();
            explain_all(&case.id, &outcome, &rules, case.reading, &keys, &mut unknown);
        }
    }
    assert!(explained > 1_000, "{explained}");
    assert!(unknown.is_empty(), "rules that no file knows: {unknown:#?}");
}
