//! What people wrote down, in `trueup.toml` and in purchase records, is held to account: nothing of it is without effect
//! unseen, and nothing is dropped.

use std::sync::LazyLock;

use jiff::civil::{Date, date};
use trueup::assess;
use trueup::model::{Answer, Estate, Outcome, Place};
use trueup::rules::{Rules, Settings, parse_manifest, parse_settings_under};

static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults)));

const DAY: Date = date(2025, 6, 30);

/// A host with a guest that is switched off beside two that run: D-01 is asked, and worth a set of cores.
const SWITCHED_OFF: &str = r#"
[[host]]
name = "h"
processors = [8, 8]
hypervisor = "hyper-v"

[[host]]
name = "vm"
count = 2
on = "h"
vcpus = 2
installs = [{ product = "windows-server", edition = "standard", version = "2022" }]

[[host]]
name = "off"
on = "h"
vcpus = 2
powered_on = false
installs = [{ product = "windows-server", edition = "standard", version = "2022" }]

[[entitlement]]
product = "windows-server"
edition = "standard"
version = "2022"
metric = "core"
quantity = 16
bought = 2022-03-01

[[price]]
product = "windows-server"
edition = "standard"
metric = "core"
units = 2
amount = 100
"#;

fn answer(question: &str, rest: &str) -> String {
    format!(
        "[[answer]]\nquestion = \"{question}\"\nanswer = \"customer\"\nevidence = \"power-on log\"\napprover = \"Jo\"\nreview_by = 2025-12-31\n{rest}\n"
    )
}

fn settings(text: &str) -> Settings {
    parse_settings_under(&RULES, "trueup.toml", text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn outcome(manifest: &str, text: &str) -> Outcome {
    let manifest = parse_manifest("estate.toml", manifest, None, "org").unwrap_or_else(|faults| panic!("{faults:?}"));
    assess::outcome(&Estate::of_manifest(manifest), &RULES, &settings(text), DAY, &assess::no_records())
}

/// Keys of the findings of some kinds.
fn found(outcome: &Outcome, kinds: &[&str]) -> Vec<String> {
    let keys = outcome.findings.iter().map(|finding| finding.key.0.clone());
    keys.filter(|key| kinds.iter().any(|kind| key.starts_with(&format!("{kind}:")))).collect()
}

/// Asserts that the one fault of the settings stands on a line and says this.
fn assert_fault(text: &str, line: u32, says: &str) {
    let faults = parse_settings_under(&RULES, "trueup.toml", text).err().unwrap_or_default();
    assert!(
        matches!(&faults[..], [fault] if fault.place == Some(Place::Line(line)) && fault.message.contains(says)),
        "wanted line {line}: {says}; found {faults:?}"
    );
}

#[test]
fn an_answer_shows_what_it_rests_on_and_what_it_is_worth() {
    let outcome = outcome(SWITCHED_OFF, &answer("D-01", ""));
    let question = outcome.questions.iter().find(|question| question.key.ambiguity == "D-01").expect("D-01");
    assert_eq!((question.answered, question.required, question.shortfall), (Some(Answer::Customer), (32, 16), (16, 0)));
    assert_eq!(question.worth.as_ref().map(|worth| worth.minor), Some(80_000));
    let settled = question.settled.as_ref().expect("a settlement");
    assert_eq!(
        (settled.evidence.as_str(), settled.approver.as_str(), settled.review_by, settled.line),
        ("power-on log", "Jo", date(2025, 12, 31), 1)
    );
    let required = |row: &trueup::model::Position| row.required;
    assert_eq!(outcome.strict.positions.iter().map(required).collect::<Vec<_>>(), [16]);
    assert_eq!(outcome.strict.positions[0].range, (16, 16));
}

#[test]
fn an_answer_that_nothing_asks_for_is_a_finding_with_its_line() {
    let outcome = outcome(SWITCHED_OFF, &format!("# a remark\n{}", answer("D-20", "organisation = \"org\"")));
    assert_eq!(found(&outcome, &["unasked-answer", "expired-answer"]), ["unasked-answer:org/-/d-20"]);
    let finding = outcome.findings.iter().find(|one| one.key.0.starts_with("unasked-answer")).expect("the finding");
    assert!(finding.text.contains("line 2"), "{}", finding.text);
}

#[test]
fn an_answer_past_its_review_date_counts_no_longer_and_is_a_finding() {
    let late = answer("D-01", "").replace("2025-12-31", "2025-06-29");
    let outcome = outcome(SWITCHED_OFF, &late);
    assert_eq!(found(&outcome, &["unasked-answer", "expired-answer"]), ["expired-answer:org/windows-server/d-01"]);
    assert_eq!((outcome.strict.positions[0].required, outcome.strict.positions[0].range), (32, (16, 32)));
    assert!(outcome.questions.iter().all(|question| question.answered.is_none()));
    let last_day = self::outcome(SWITCHED_OFF, &late.replace("2025-06-29", "2025-06-30"));
    assert_eq!(found(&last_day, &["unasked-answer", "expired-answer"]), Vec::<String>::new());
}

#[test]
fn the_more_limited_answer_goes_first_in_either_order() {
    let all = answer("D-01", "");
    let one = answer("D-01", "product = \"windows-server\"").replace("\"customer\"", "\"strict\"");
    for text in [format!("{all}{one}"), format!("{one}{all}")] {
        assert_eq!(outcome(SWITCHED_OFF, &text).strict.positions[0].required, 32, "{text}");
    }
}

#[test]
fn names_nobody_knows_and_double_answers_are_refused_with_their_line() {
    assert_fault(&answer("D-99", ""), 2, "no question has the id D-99");
    assert_fault(&answer("D-01", "product = \"windows-serber\""), 7, "windows-serber");
    assert_fault(&format!("{}{}", answer("D-01", ""), answer("D-01", "")), 8, "answered twice");
    let stale = "[[acceptance]]\norganisation = \"org\"\nkind = \"stale\"\nproduct = \"visio\"\nreason = \"r\"\nowner = \"o\"\nreview_by = 2025-12-31\n";
    assert_fault(stale, 4, "whole machines");
}

#[test]
fn a_question_that_changes_no_figure_is_not_listed() {
    // Datacenter covers any number of guests, so that the one switched off changes nothing.
    let datacenter = SWITCHED_OFF.replace("edition = \"standard\"", "edition = \"datacenter\"");
    let outcome = outcome(&datacenter, "");
    assert!(outcome.questions.is_empty(), "{:?}", outcome.questions);
    assert_eq!(outcome.strict.positions[0].range, (16, 16));
}

#[test]
fn an_accepted_stale_machine_is_no_finding_until_its_review_date() {
    let host = "[[host]]\nname = \"pc\"\nprocessors = [4]\nlast_seen = 2025-01-01\ninstalls = [{ product = \"office\", edition = \"standard\", version = \"2021\" }]\n";
    let acceptance = "[[acceptance]]\norganisation = \"org\"\nkind = \"stale\"\nhost = \"PC\"\nreason = \"in a cupboard\"\nowner = \"Jo\"\nreview_by = 2025-06-30\n";
    let kinds = ["stale", "expired-acceptance", "unused-acceptance"];
    let counted = |text: &str| {
        let outcome = outcome(host, text);
        let row = &outcome.coverage[0];
        (found(&outcome, &kinds), (row.stale, row.stale_accepted))
    };
    assert_eq!(counted(""), (vec!["stale:org/pc".to_owned()], (1, 0)));
    assert_eq!(counted(acceptance), (Vec::new(), (1, 1)));
    let expired = acceptance.replace("2025-06-30", "2025-06-29");
    let keys = vec!["expired-acceptance:org/pc/stale".to_owned(), "stale:org/pc".to_owned()];
    assert_eq!(counted(&expired), (keys, (1, 0)));
    let other = acceptance.replace("\"PC\"", "\"nobody\"");
    let keys = vec!["stale:org/pc".to_owned(), "unused-acceptance:org/nobody/stale".to_owned()];
    assert_eq!(counted(&other), (keys, (1, 0)));
    // It proves nothing about the machine: whether it counts stays the question it is.
    assert!(outcome(host, acceptance).questions.iter().any(|question| question.key.ambiguity == "D-02"));
}

#[test]
fn what_purchase_records_leave_open_is_a_finding_and_nothing_is_dropped() {
    let line = |reference: &str, rest: &str| {
        format!(
            "[[entitlement]]\nproduct = \"visio\"\nedition = \"standard\"\nversion = \"2021\"\nmetric = \"device\"\nreference = \"{reference}\"\n{rest}\n"
        )
    };
    let manifest = [
        "[[host]]\nname = \"pc\"\ncount = 40\nprocessors = [4]\ninstalls = [{ product = \"visio\", edition = \"standard\", version = \"2021\" }]\n".to_owned(),
        line("twice", "quantity = 10\nbought = 2022-01-10"),
        line("twice", "quantity = 10\nbought = 2022-01-10"),
        line("none", "quantity = 0\nbought = 2022-01-10"),
        line("later", "quantity = 5\nbought = 2025-07-01"),
        line("sa", "quantity = 5\nbought = 2023-01-10\nkind = \"sa-only\"\nsa = [{ from = 2023-01-10, until = 2026-01-09 }]"),
        line("up", "quantity = 5\nbought = 2023-01-10\nkind = \"upgrade\"").replace("\"2021\"", "\"2010\""),
        line("step", "quantity = 5\nbought = 2023-01-10\nkind = \"step-up\"").replace("\"standard\"", "\"professional\""),
        line("back", "quantity = 30\nbought = 2023-01-10\nkind = \"return\"\nbase = \"twice\""),
        line("kept", "quantity = 7\nbought = 2022-01-10\nreserved = [{ organisation = \"nobody\", quantity = 8 }]"),
        "[[entitlement]]\nproduct = \"visio-plan-2\"\nmetric = \"user\"\nquantity = 3\nbought = 2024-01-01\nreference = \"plan\"\n".to_owned(),
    ]
    .concat();
    let outcome = outcome(&manifest, "");
    let kinds = [
        "no-base",
        "no-units",
        "no-term",
        "future-purchase",
        "duplicate-purchase",
        "over-reserved",
        "unknown-organisation",
    ];
    assert_eq!(
        found(&outcome, &kinds),
        [
            "duplicate-purchase:org/twice/visio/standard",
            "future-purchase:org/later/visio/standard",
            "no-base:org/back/visio/standard",
            "no-base:org/sa/visio/standard",
            "no-base:org/step/visio/professional",
            "no-base:org/up/visio/standard",
            "no-term:org/plan/visio-plan-2/-",
            "no-units:org/none/visio/standard",
            "over-reserved:org/kept/visio/standard",
            "unknown-organisation:org/kept/visio/standard",
        ]
    );
}

#[test]
fn units_given_back_count_no_longer_from_the_day_of_the_return() {
    let manifest = |day: &str| {
        format!(
            "[[host]]\nname = \"pc\"\ncount = 10\nprocessors = [4]\ninstalls = [{{ product = \"visio\", edition = \"standard\", version = \"2021\" }}]\n\
             [[entitlement]]\nproduct = \"visio\"\nedition = \"standard\"\nversion = \"2021\"\nmetric = \"device\"\nquantity = 10\nbought = 2022-01-10\nreference = \"a\"\n\
             [[entitlement]]\nproduct = \"visio\"\nedition = \"standard\"\nmetric = \"device\"\nquantity = 4\nbought = {day}\nkind = \"return\"\nreference = \"a\"\n"
        )
    };
    let short = |day: &str| outcome(&manifest(day), "").strict.positions.iter().map(|row| row.shortfall).sum::<u32>();
    assert_eq!((short("2025-06-30"), short("2025-07-01")), (4, 0));
}

#[test]
fn a_row_names_every_rule_it_rests_on_that_is_not_verified() {
    let manifest = |until: &str| {
        format!(
            "[[host]]\nname = \"h\"\nprocessors = [8, 8]\ninstalls = [{{ product = \"windows-server\", edition = \"standard\", version = \"2012 R2\" }}]\n\
             [[entitlement]]\nproduct = \"windows-server\"\nedition = \"standard\"\nversion = \"2012\"\nmetric = \"processor-pair\"\nquantity = 1\nbought = 2013-01-10\nsa = [{{ from = 2013-01-10, until = {until} }}]\n"
        )
    };
    let marks = |until: &str| {
        let outcome = outcome(&manifest(until), "");
        outcome.strict.positions.iter().flat_map(|row| row.unverified.clone()).collect::<Vec<_>>()
    };
    // The day of 2012 R2 is from knowledge: the right rests on it where Software Assurance ran on that day, and where it
    // ended so close to it that the day decides.
    let rule = "windows-server/available/2012 R2".to_owned();
    assert!(marks("2016-01-09").contains(&rule));
    assert!(marks("2013-10-01").contains(&rule));
    assert!(!marks("2013-06-30").contains(&rule));
}

#[test]
fn access_that_is_licensed_for_guests_only_is_missed_for_guests_only() {
    let machine = |place: &str| {
        format!(
            "[[host]]\nname = \"h\"\nprocessors = [8]\n\n[[host]]\nname = \"d\"\n{place}\ninstalls = [{{ product = \"windows\", version = \"11\" }}]\n"
        )
    };
    let physical = outcome(&machine("processors = [4]"), "");
    assert_eq!(found(&physical, &["people-unknown"]), Vec::<String>::new());
    let virtual_desktop = outcome(&machine("on = \"h\"\nvcpus = 2"), "");
    assert_eq!(found(&virtual_desktop, &["people-unknown"]), ["people-unknown:org/windows"]);
}
