//! Time: the peak since the last true-up order comes from the scans that were kept, agreements order by it, and every
//! row has a status.

mod estates;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use trueup::model::{Answer, Course, OrderLine, Outcome, Peak, Position, PositionStatus, Scenario};
use trueup::pipeline::{self, PlanOptions, ScanOptions};
use trueup::rules::Rules;
use trueup::store::Store;

static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults)));

/// An agreement whose year ends on 1 July; the last order was made on 1 June 2025.
const AGREEMENT: &str = "[[organisation]]
name = \"north\"

[[agreement]]
number = \"E-1\"
vehicle = \"enterprise-agreement\"
organisations = [\"north\"]
start = 2024-07-01
end = 2027-06-30
last_order = 2025-06-01
additional = [\"visio\"]
enterprise = [\"project\"]
";

/// So many devices with an edition of a product, declared.
fn devices(product: &str, edition: &str, count: u32) -> String {
    let install = format!("{{ product = \"{product}\", edition = \"{edition}\", version = \"2016\" }}");
    let host = |number: u32| {
        format!("[[host]]\nname = \"pc-{product}-{number}\"\nprocessors = [4]\ninstalls = [{install}]\n\n")
    };
    (1..=count).map(host).collect()
}

/// Licences, bought.
fn licences(product: &str, edition: &str, count: u32) -> String {
    format!("north,{product},{edition},2016,device,{count},2016-02-01\n")
}

/// Makes the estate anew: settings, machines, licences.
fn set(estate: &Path, settings: &str, machines: &str, purchases: &str) {
    estates::write(&estate.join("trueup.toml"), settings.as_bytes());
    let head = "organisation,product,edition,version,metric,quantity,bought\n";
    estates::write(&estate.join("entitlements/north/bought.csv"), format!("{head}{purchases}").as_bytes());
    estates::write(&estate.join("inventory/north/manifest.toml"), machines.as_bytes());
}

fn on(estate: &Path, day: Date) -> ScanOptions {
    ScanOptions { as_of: Some(day), ..estates::options(estate) }
}

fn scan(estate: &Path, day: Date) -> Outcome {
    let scanned = pipeline::scan_with(&RULES, &on(estate, day), &estates::Silent);
    scanned.unwrap_or_else(|failure| panic!("the scan could not run: {failure:#?}"))
}

/// Scans so many Visio devices on a day, of which so many are licensed.
fn scan_visio(estate: &Path, day: Date, devices_seen: u32, owned: u32) -> Outcome {
    let purchases = if owned == 0 { String::new() } else { licences("visio", "professional", owned) };
    set(estate, AGREEMENT, &devices("visio", "professional", devices_seen), &purchases);
    scan(estate, day)
}

fn rows<'a>(outcome: &'a Outcome, product: &str) -> Vec<&'a Position> {
    outcome.strict.positions.iter().filter(|row| row.product == product).collect()
}

fn row<'a>(outcome: &'a Outcome, product: &str) -> &'a Position {
    match rows(outcome, product)[..] {
        [row] => row,
        ref rows => panic!("{product}: {rows:#?}"),
    }
}

fn line<'a>(outcome: &'a Outcome, product: &str) -> &'a OrderLine {
    let mut lines = outcome.strict.order_lines.iter().filter(|line| line.product == product);
    lines.next().unwrap_or_else(|| panic!("no order line of {product}: {:#?}", outcome.strict.order_lines))
}

fn status(outcome: &Outcome, product: &str) -> PositionStatus {
    PositionStatus::of(row(outcome, product))
}

#[test]
fn an_additional_product_is_ordered_by_its_peak_and_the_day_is_told() {
    let estate = estates::folder();
    scan_visio(estate.path(), date(2026, 1, 31), 7, 5);
    scan_visio(estate.path(), date(2026, 3, 31), 14, 5);
    let last = scan_visio(estate.path(), date(2026, 5, 10), 9, 5);
    let found = row(&last, "visio");
    assert_eq!((found.required, found.usable, found.shortfall), (9, 5, 4));
    assert_eq!(found.peak, Some(Peak { required: 14, on: date(2026, 3, 31) }));
    assert_eq!(found.to_order, Some(9), "14 at the peak less 5 owned");
    assert_eq!(status(&last, "visio"), PositionStatus::TrueUpDue);
    let line = line(&last, "visio");
    assert_eq!((line.units, line.owned, line.since, line.since_order), (9, 5, date(2025, 6, 1), true));
    assert_eq!(
        line.mark(last.as_of),
        "required 9 on 2026-05-10; peak 14 on 2026-03-31, since the order of 2025-06-01; 9 to order"
    );
}

#[test]
fn an_enterprise_product_is_ordered_by_its_count_on_the_day() {
    let estate = estates::folder();
    for (day, count) in [(date(2026, 3, 31), 14), (date(2026, 5, 10), 9)] {
        set(estate.path(), AGREEMENT, &devices("project", "professional", count), "");
        let outcome = scan(estate.path(), day);
        assert_eq!(line(&outcome, "project").units, count);
    }
}

#[test]
fn a_peak_is_due_although_nothing_is_short_any_more_and_although_the_product_has_gone() {
    let estate = estates::folder();
    scan_visio(estate.path(), date(2026, 3, 31), 8, 5);
    let fewer = scan_visio(estate.path(), date(2026, 4, 30), 4, 5);
    assert_eq!(row(&fewer, "visio").shortfall, 0);
    assert_eq!(row(&fewer, "visio").to_order, Some(3), "8 at the peak less 5 owned");
    assert_eq!(status(&fewer, "visio"), PositionStatus::TrueUpDue);
    set(estate.path(), AGREEMENT, &devices("project", "professional", 1), "");
    let gone = scan(estate.path(), date(2026, 5, 10));
    assert!(rows(&gone, "visio").is_empty(), "no row of it is left");
    assert_eq!((line(&gone, "visio").units, line(&gone, "visio").required), (3, 0), "no more than was ever missing");
}

/// The true-up of the plan for the last scan, at 500 a licence and 100 a year of Software Assurance, if anything is to do.
fn planned_true_up(estate: &Path, day: Date) -> Option<Scenario> {
    let prices = "product,edition,metric,units,amount,currency,kind,period\n\
                  visio,professional,device,1,500,GBP,licence,\nvisio,professional,device,1,100,GBP,sa,year\n";
    estates::write(&estate.join("prices/list.csv"), prices.as_bytes());
    scan(estate, day);
    let plan = pipeline::plan(&on(estate, day), &PlanOptions::of(Answer::Strict)).expect("it can be planned");
    let own = plan.organisations.into_iter().next()?;
    own.scenarios.into_iter().find(|scenario| scenario.course == Course::TrueUp)
}

#[test]
fn the_plan_prices_the_true_up_with_the_peak() {
    let estate = estates::folder();
    scan_visio(estate.path(), date(2026, 3, 31), 14, 5);
    scan_visio(estate.path(), date(2026, 5, 10), 9, 5);
    let planned = planned_true_up(estate.path(), date(2026, 5, 10)).expect("a plan");
    // Contract year 2: 9 × (500 + 1.5 × 100), though only 4 are missing on the day.
    assert_eq!(planned.cost.map(|cost| cost.horizon.minor), Some(585_000));
    let line = &planned.lines[0];
    assert_eq!((planned.lines.len(), line.units), (1, 9));
    assert!(
        line.formula
            .ends_with("5 of them are not missing today: 14 were needed on 2026-03-31, the peak since the last order"),
        "{line:#?}"
    );
}

#[test]
fn the_plan_has_a_true_up_where_nothing_is_missing_any_more() {
    let estate = estates::folder();
    scan_visio(estate.path(), date(2026, 3, 31), 8, 5);
    scan_visio(estate.path(), date(2026, 4, 30), 4, 5);
    let planned = planned_true_up(estate.path(), date(2026, 4, 30)).expect("a plan");
    // 3 × (500 + 1.5 × 100).
    assert_eq!(planned.cost.map(|cost| cost.horizon.minor), Some(195_000));
    let covered = estates::folder();
    scan_visio(covered.path(), date(2026, 4, 30), 4, 5);
    assert_eq!(planned_true_up(covered.path(), date(2026, 4, 30)), None);
}

#[test]
fn what_was_covered_when_it_was_used_is_not_ordered() {
    let estate = estates::folder();
    scan_visio(estate.path(), date(2026, 3, 31), 8, 8);
    let fewer = scan_visio(estate.path(), date(2026, 4, 30), 4, 4);
    assert_eq!(line(&fewer, "visio").peak.required, 8);
    assert_eq!((line(&fewer, "visio").units, row(&fewer, "visio").to_order), (0, Some(0)));
    assert_eq!(status(&fewer, "visio"), PositionStatus::Compliant);
}

#[test]
fn after_an_order_the_mark_starts_anew() {
    let estate = estates::folder();
    scan_visio(estate.path(), date(2026, 3, 31), 14, 5);
    let settings = AGREEMENT.replace("last_order = 2025-06-01", "last_order = 2026-05-15");
    set(estate.path(), &settings, &devices("visio", "professional", 9), &licences("visio", "professional", 14));
    let before = scan(estate.path(), date(2026, 5, 14));
    assert_eq!(line(&before, "visio").peak.required, 14, "on the day before, the order is not known yet");
    let after = scan(estate.path(), date(2026, 5, 20));
    assert_eq!(line(&after, "visio").peak, Peak { required: 9, on: date(2026, 5, 20) });
    assert_eq!(line(&after, "visio").units, 0);
    assert_eq!(status(&after, "visio"), PositionStatus::Surplus);
}

#[test]
fn what_was_used_before_the_agreement_or_after_the_day_does_not_count() {
    let estate = estates::folder();
    let settings = AGREEMENT.replace("last_order = 2025-06-01\n", "");
    for (day, count) in [(date(2024, 6, 30), 20), (date(2026, 9, 30), 30), (date(2026, 3, 31), 6)] {
        set(estate.path(), &settings, &devices("visio", "professional", count), "");
        scan(estate.path(), day);
    }
    let found = pipeline::latest(&on(estate.path(), date(2026, 4, 1))).expect("a store");
    assert_eq!(line(&found, "visio").peak, Peak { required: 6, on: date(2026, 3, 31) });
    assert!(!line(&found, "visio").since_order);
}

#[test]
fn the_last_scan_of_a_day_counts_for_it() {
    let estate = estates::folder();
    let wrong = scan_visio(estate.path(), date(2026, 3, 31), 99, 5);
    assert_eq!(row(&wrong, "visio").to_order, Some(94));
    scan_visio(estate.path(), date(2026, 3, 31), 12, 5);
    let last = scan_visio(estate.path(), date(2026, 5, 10), 9, 5);
    assert_eq!(row(&last, "visio").peak, Some(Peak { required: 12, on: date(2026, 3, 31) }));
    // A scan made later of an earlier day fills that day in.
    scan_visio(estate.path(), date(2026, 2, 28), 15, 5);
    let again = scan_visio(estate.path(), date(2026, 5, 10), 9, 5);
    assert_eq!(row(&again, "visio").peak, Some(Peak { required: 15, on: date(2026, 2, 28) }));
}

#[test]
fn a_scan_made_again_changes_nothing() {
    let estate = estates::folder();
    scan_visio(estate.path(), date(2026, 3, 31), 14, 5);
    let first = scan_visio(estate.path(), date(2026, 5, 10), 9, 5);
    let second = scan_visio(estate.path(), date(2026, 5, 10), 9, 5);
    assert!(first == second, "the same input gives the same outcome");
    let store = Store::open_existing(&on(estate.path(), date(2026, 5, 10)).store_path()).expect("a store");
    let history = store.history().expect("a history");
    let days: BTreeSet<Date> = history.rows.iter().map(|row| row.as_of).collect();
    assert_eq!(days.into_iter().collect::<Vec<_>>(), [date(2026, 3, 31), date(2026, 5, 10)]);
    let visio = history.between(Answer::Strict, Date::MIN, Date::MAX).filter(|row| row.product == "visio");
    assert_eq!(visio.map(|row| (row.required, row.shortfall)).collect::<Vec<_>>(), [(14, 9), (9, 4)]);
}

#[test]
fn a_scan_that_ends_early_leaves_the_history_as_it_was() {
    let estate = estates::folder();
    scan_visio(estate.path(), date(2026, 3, 31), 14, 5);
    let path = on(estate.path(), date(2026, 3, 31)).store_path();
    let mut store = Store::open_existing(&path).expect("a store");
    let before = store.history().expect("a history");
    drop(store.begin_scan("2026-05-10T08:00:00Z", &[]).expect("a scan"));
    assert!(store.history().expect("a history") == before);
    let broken = format!("{AGREEMENT}nonsense = 1\n");
    set(estate.path(), &broken, &devices("visio", "professional", 99), "");
    assert!(pipeline::scan(&on(estate.path(), date(2026, 5, 10)), &estates::Silent).is_err());
    assert!(Store::open_existing(&path).expect("a store").history().expect("a history") == before);
}

#[test]
fn a_newer_version_of_a_product_is_no_second_need() {
    let estate = estates::folder();
    scan_visio(estate.path(), date(2026, 3, 31), 9, 5);
    let newer = devices("visio", "professional", 9).replace("version = \"2016\"", "version = \"2013\"");
    set(estate.path(), AGREEMENT, &newer, &licences("visio", "professional", 5));
    let last = scan(estate.path(), date(2026, 5, 10));
    assert_eq!((line(&last, "visio").peak.required, line(&last, "visio").units), (9, 4));
    let ordered: u32 = rows(&last, "visio").iter().filter_map(|row| row.to_order).sum();
    assert_eq!(ordered, 4, "the rows add up to the order");
}

#[test]
fn a_product_on_no_agreement_stays_a_shortfall() {
    let estate = estates::folder();
    let settings = AGREEMENT.replace("additional = [\"visio\"]\n", "");
    set(estate.path(), &settings, &devices("visio", "professional", 3), "");
    let outcome = scan(estate.path(), date(2026, 5, 10));
    assert_eq!(status(&outcome, "visio"), PositionStatus::Shortfall);
    assert_eq!(
        (line(&outcome, "visio").role, line(&outcome, "visio").units),
        (None, 3),
        "in the month of its first use"
    );
}

#[test]
fn a_shortfall_after_the_end_of_an_agreement_is_a_shortfall() {
    let estate = estates::folder();
    let outcome = scan_visio(estate.path(), date(2027, 7, 1), 3, 0);
    assert_eq!(status(&outcome, "visio"), PositionStatus::Shortfall);
    assert!(outcome.strict.order_lines.is_empty());
    let ended = outcome.findings.iter().find(|finding| finding.key.0 == "agreement:north/e-1/ended");
    assert!(ended.is_some_and(|finding| finding.text.contains("line 4")), "{:#?}", outcome.findings);
}

#[test]
fn what_is_owned_and_not_needed_is_surplus_and_what_fits_is_compliant() {
    let estate = estates::folder();
    let day = date(2026, 5, 10);
    assert_eq!(status(&scan_visio(estate.path(), day, 5, 5), "visio"), PositionStatus::Compliant);
    assert_eq!(status(&scan_visio(estate.path(), day, 4, 5), "visio"), PositionStatus::Surplus);
}

#[test]
fn what_another_answer_would_make_short_is_incomplete() {
    let estate = estates::folder();
    // Machines not seen for a long time: needed under the strict reading, gone under the customer's.
    let old = devices("visio", "professional", 3).replace("processors", "last_seen = 2025-01-01\nprocessors");
    set(estate.path(), AGREEMENT, &old, &licences("visio", "professional", 1));
    let outcome = scan(estate.path(), date(2026, 5, 10));
    let customer: Vec<_> = outcome.customer.positions.iter().filter(|row| row.product == "visio").collect();
    assert!(
        matches!(customer[..], [row] if PositionStatus::of(row) == PositionStatus::Incomplete && row.shortfall == 0),
        "{customer:#?}"
    );
}

#[test]
fn a_product_without_terms_is_not_tracked_and_listed_with_its_installations() {
    let estate = estates::folder();
    let product = RULES.products.values().find(|product| product.kind == "server" && product.terms.is_empty());
    let product = product.expect("some product has no terms");
    let machines = devices(&product.id, "", 2).replace(", edition = \"\", version = \"2016\"", "");
    set(estate.path(), AGREEMENT, &machines, "");
    let outcome = scan(estate.path(), date(2026, 5, 10));
    let found: Vec<_> = outcome.untracked.iter().map(|row| (row.product.as_str(), row.installations)).collect();
    assert_eq!(found, [(product.id.as_str(), 2)]);
    assert!(rows(&outcome, &product.id).is_empty());
}

#[test]
fn an_order_is_announced_open_and_missed() {
    let estate = estates::folder();
    let kinds = |day: Date| -> Vec<String> {
        let outcome = scan_visio(estate.path(), day, 1, 1);
        let found = outcome.findings.iter().filter(|finding| finding.key.0.starts_with("agreement:"));
        found.map(|finding| finding.key.0.trim_start_matches("agreement:north/e-1/").to_owned()).collect()
    };
    assert_eq!(kinds(date(2026, 1, 31)), Vec::<String>::new(), "91 days ahead nothing is said");
    assert_eq!(kinds(date(2026, 2, 1)), ["order-ahead"]);
    assert_eq!(kinds(date(2026, 5, 1)), ["order-ahead"]);
    assert_eq!(kinds(date(2026, 5, 2)), ["order-open"], "60 days before the anniversary");
    assert_eq!(kinds(date(2026, 6, 1)), ["order-open"], "30 days before it");
    assert_eq!(kinds(date(2026, 6, 2)), ["missed"]);
}

#[test]
fn a_commitment_of_the_whole_base_finds_what_is_not_under_assurance() {
    let estate = estates::folder();
    let settings = AGREEMENT.replace("enterprise-agreement", "server-and-cloud-enrollment");
    let bought = licences("visio", "professional", 5) + &licences("office", "standard", 5);
    set(estate.path(), &settings, &devices("visio", "professional", 5), &bought);
    let outcome = scan(estate.path(), date(2026, 1, 31));
    let found = outcome.findings.iter().filter(|finding| finding.key.0.contains("without-assurance"));
    let keys: Vec<&str> = found.map(|finding| finding.key.0.as_str()).collect();
    assert_eq!(keys, ["agreement:north/e-1/without-assurance/visio/-"], "Office is not on the agreement");
}
