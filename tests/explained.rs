//! Every key that a report prints can be explained, and every rule an explanation names has a source.

mod estates;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use trueup::assess;
use trueup::explain::{Explanation, Found, Item, explain, explain_step};
use trueup::model::{Answer, Course, Estate, Outcome};
use trueup::pipeline::{self, PlanOptions};
use trueup::report::plan::to_json;
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

#[test]
fn every_step_of_the_samples_plan_is_explained_and_what_an_agreement_orders_too() {
    let folder = estates::copy_of("samples/councils");
    let options = estates::options(folder.path());
    let outcome = estates::scan(&options);
    let rules = Rules::built_in().expect("built-in rules are free of faults");
    let mut unknown = BTreeMap::new();
    let plan = pipeline::plan(&options, &PlanOptions::of(Answer::Strict)).expect("the sample is planned");
    let mut keys = BTreeSet::new();
    collect(&serde_json::from_str(&to_json(&plan).expect("a plan is JSON")).expect("JSON"), &mut keys);
    assert!(keys.len() > 10, "{keys:?}");
    for key in &keys {
        match explain_step(&outcome, &rules, &plan, key, Answer::Strict) {
            Found::Explanation(explanation) => {
                assert_eq!(explanation.key, *key);
                unsourced("the plan", &explanation, &mut unknown);
            }
            other => panic!("{key}: {other:?}"),
        }
    }
    assert!(unknown.is_empty(), "rules that no file knows: {unknown:#?}");
    // The rows say what the plan's first course says: what buying as it stands takes in the first year.
    let report = Report::new(&outcome, &Filter::default());
    for one in &plan.organisations {
        let buy_now = one.scenario(Course::BuyNow).and_then(|course| course.cost.as_ref()).expect("it is priced");
        let total = report.totals.organisations.iter().find(|total| total.organisation == one.organisation);
        let first_year = &total.expect("it is in the totals").strict.first_year;
        assert_eq!(first_year, std::slice::from_ref(&buy_now.first_year), "{}", one.organisation);
    }
    // What `trueup agreements` prints.
    let text = json::render(&Report::new(&outcome, &Filter::default()), &[Section::Agreements]).expect("JSON");
    let mut due = BTreeSet::new();
    collect(&serde_json::from_str(&text).expect("JSON"), &mut due);
    due.retain(|key| key.starts_with("peak:"));
    assert!(due.len() > 2, "{due:?}");
    explain_all("agreements", &outcome, &rules, Answer::Strict, &due, &mut unknown);
    let Found::Explanation(told) = explain(&outcome, &rules, "peak:lewisham/visio", Answer::Strict) else {
        panic!("a part of the key is enough")
    };
    let figure = |name: &str| told.figures.iter().find(|figure| figure.name == name).map(|figure| &*figure.value);
    assert_eq!((figure("required"), figure("owned"), figure("to order")), (Some("24"), Some("5"), Some("19")));
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

fn sample() -> (Outcome, Rules) {
    let outcome = estates::scan(&estates::options(estates::copy_of("samples/councils").path()));
    (outcome, Rules::built_in().expect("built-in rules are free of faults"))
}

fn explained(outcome: &Outcome, rules: &Rules, key: &str) -> Explanation {
    match explain(outcome, rules, key, Answer::Strict) {
        Found::Explanation(explanation) => *explanation,
        other => panic!("{key}: {other:?}"),
    }
}

fn section<'e>(explanation: &'e Explanation, start: &str) -> &'e [Item] {
    let found = explanation.sections.iter().find(|section| section.heading.starts_with(start));
    &found.unwrap_or_else(|| panic!("no section {start}")).items
}

#[test]
fn two_lines_of_one_need_tell_its_ways_once_and_each_says_which_line_it_is() {
    let (outcome, rules) = sample();
    let explanation = explained(&outcome, &rules, "brent/sql-server/standard/2017");
    let [first, second] = section(&explanation, "What is needed: 4 + 4 = 8 cores") else { panic!("two lines") };
    assert!(first.items.len() > 2, "{}", first.items.len());
    assert!(section(&explanation, "Other ways").len() > 10, "the ways are those of one need");
    assert!(first.text.contains("line 1 of the way chosen: SQL Server Standard 2017 on BRE-SQL-01, bre-esx-01"));
    assert!(second.text.contains("line 2 of the way chosen: SQL Server Standard 2017 on BRE-SQL-01, bre-esx-02"));
    assert!(second.text.ends_with("a line of the same way, explained in step 1"), "{}", second.text);
    assert!(second.items.is_empty());
}

#[test]
fn a_missing_price_is_named_as_a_buyer_would_and_each_by_itself() {
    let (outcome, rules) = sample();
    let explanation = explained(&outcome, &rules, "brent/sql-server/standard/2017");
    let text = explanation.render(10_000, false);
    let wanted =
        "no price of SQL Server CALs (nobody states who reaches SQL Server), nor of SQL Server Standard by server";
    assert!(text.contains(wanted), "{text}");
    assert!(!text.contains("sql-server standard"), "{text}");
    let report = Report::new(&outcome, &Filter::default());
    assert_eq!(report.totals.missing_prices, ["Project Professional by device"]);
}

#[test]
fn a_finding_on_support_that_an_older_store_holds_is_told_once() {
    let (mut outcome, rules) = sample();
    let (_, finding) = outcome.unsupported().next().expect("something is out of support");
    let key = finding.key.0.clone();
    let now = explained(&outcome, &rules, &key);
    assert_eq!(now.sections.len(), 2, "{:?}", now.sections);
    outcome.findings.push(finding);
    assert_eq!(explained(&outcome, &rules, &key), now);
}

#[test]
fn the_answer_stands_before_the_proof_and_ways_not_taken_are_folded_at_its_end() {
    let (outcome, rules) = sample();
    let explanation = explained(&outcome, &rules, "brent/sql-server/standard/2017");
    let headings: Vec<&str> = explanation.sections.iter().map(|section| section.heading.as_str()).collect();
    let at = |start: &str| headings.iter().position(|heading| heading.starts_with(start)).expect("told");
    assert_eq!(at("In short"), 0, "{headings:?}");
    assert!(at("What is needed") < at("What covers it") && at("The price") < at("Other ways"), "{headings:?}");
    let answer: Vec<&str> = section(&explanation, "In short").iter().map(|item| item.text.as_str()).collect();
    assert!(answer[0].starts_with("Needed: 8 cores for cluster BRE-CL01"), "{answer:?}");
    assert!(answer[1].starts_with("Owned and used for it: 6 cores from BRE-PO-18-0301"), "{answer:?}");
    assert_eq!(answer[2], "Missing: 2 cores. No other licence of it is owned that could serve.");
    assert!(answer[3].contains("£7,250.00 in the first year"), "{answer:?}");
    assert!(answer[3].contains("`trueup plan --organisation brent --product sql-server`"), "{answer:?}");
    // Each way not taken is told with its units, cost and condition or rule; its arithmetic where all is asked for.
    let ways = section(&explanation, "Other ways");
    assert!(ways.len() > 10 && ways.iter().any(|way| way.folded && !way.items.is_empty()));
    let (short, all) = (explanation.render(10_000, false), explanation.render_in_full(10_000, false));
    let (way, step) =
        ("12 cores, £17,400.00 if all were bought", "BRE-SQL-01 moves between 2 hosts with Software Assurance");
    assert!(short.contains(way) && !short.contains(step) && short.ends_with("standard/2017/core --all\n"), "{short}");
    assert!(all.contains(way) && all.contains(step) && !all.contains("--all"), "{all}");
    let json = serde_json::to_string(&explanation).expect("it has a JSON form");
    assert!(json.contains(step), "JSON is complete");
}

#[test]
fn what_is_left_over_says_in_the_answer_why_it_does_not_serve() {
    let (outcome, rules) = sample();
    let explanation = explained(&outcome, &rules, "brent/windows-server/standard/2016");
    let answer = section(&explanation, "In short");
    let reason =
        "BRE-PO-13-0117: 2 processor-pairs of Windows Server Standard 2012 left over: their rights end at 2012 R2";
    assert!(answer[2].text.starts_with("Missing: 72 cores.") && answer[2].text.contains(reason), "{}", answer[2].text);
}

#[test]
fn a_question_tells_the_arithmetic_of_both_readings_and_of_its_worth() {
    let (outcome, rules) = sample();
    let explanation = explained(&outcome, &rules, "question:southwark/windows-server/d-04");
    let worth = &section(&explanation, "What hangs on it alone")[0].text;
    assert_eq!(worth, "£4,060.00 − £850.00 = £3,210.00");
    let told = |start: &str| -> String {
        let steps = section(&explanation, start).iter().flat_map(|need| &need.items);
        steps.map(|step| step.text.as_str()).collect::<Vec<_>>().join("; ")
    };
    let strict = told("How it is counted where every question is read strictly");
    let customer = told("How it is counted where every question is read as the customer does");
    assert!(strict.contains("operating systems, 2 for each set of Standard"), "{strict}");
    assert!(customer.contains("operating systems, 2 for each set of Standard") && customer != strict, "{customer}");
}
