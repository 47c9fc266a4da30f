//! A row says what buying its missing units takes on the day: Software Assurance, or something else where the units are no
//! longer sold. Its cost stays the price of the units; what an unknown price would add is never nought.

mod estates;
mod manifests;

use jiff::civil::{Date, date};
use manifests::{ASSURANCE, LICENCES, UNLICENSED_GUEST, estate, roaming_guest};
use trueup::assess;
use trueup::explain::{Found, explain};
use trueup::model::price_book::Term;
use trueup::model::{Answer, Money, Outcome, Position, ToBuy};
use trueup::report::{Filter, Report, csv};
use trueup::rules::{Rules, Settings};

const DAY: Date = date(2026, 6, 30);

fn outcome(manifest: &str) -> Outcome {
    let rules = Rules::built_in().expect("built-in rules are free of faults");
    assess::outcome(&estate(manifest), &rules, &Settings::default(), DAY, &assess::no_records())
}

fn short(outcome: &Outcome) -> Vec<(&Position, &ToBuy)> {
    let rows = outcome.strict.positions.iter().filter(|row| row.shortfall > 0);
    rows.map(|row| (row, row.to_buy.as_ref().expect("a short row says what buying takes"))).collect()
}

fn pence(money: Option<&Money>) -> Option<i64> {
    money.map(|money| money.minor)
}

/// The items under "The price" in the explanation of the only short row.
fn price_items(outcome: &Outcome) -> Vec<String> {
    let rules = Rules::built_in().expect("built-in rules are free of faults");
    let key = &short(outcome)[0].0.key.0;
    let Found::Explanation(row) = explain(outcome, &rules, key, Answer::Strict) else { panic!("{key} is a key") };
    let price = row.sections.into_iter().find(|section| section.heading == "The price").expect("it has a price");
    price.items.into_iter().map(|item| item.text).collect()
}

#[test]
fn a_row_that_can_be_bought_as_it_stands_takes_its_cost_and_nothing_more() {
    let manifest = format!("{UNLICENSED_GUEST}{LICENCES}").replace("on = \"a\"\nvcpus = 4", "processors = [4]");
    let outcome = outcome(&manifest);
    let found = short(&outcome);
    let (row, to_buy) = found[0];
    assert_eq!((row.shortfall, pence(row.cost.as_ref())), (4, Some(580_000)));
    assert_eq!(pence(to_buy.first_year.as_ref()), Some(580_000));
    assert!(!to_buy.is_more_than_units());
    assert!(outcome.strict.positions.iter().all(|row| row.to_buy.is_some() == (row.shortfall > 0)));
}

#[test]
fn a_row_tells_the_software_assurance_that_its_price_does_not_hold() {
    // Four cores are two packs: 2 × 2,900, and 2 × 725 a year.
    for (more, year, first_year, told, noted) in [
        (
            ASSURANCE,
            Some(145_000),
            Some(725_000),
            "a year of it costs 2 packs of 2 at £725.00 = £1,450.00 more",
            "a year of it costs £1,450.00",
        ),
        ("", None, None, "which has no price: the cost is higher", "its price is missing"),
    ] {
        let outcome = outcome(&format!("{UNLICENSED_GUEST}{LICENCES}{more}"));
        let found = short(&outcome);
        let (row, to_buy) = found[0];
        assert_eq!((row.shortfall, pence(row.cost.as_ref())), (4, Some(580_000)));
        let due = to_buy.assurance.as_ref().expect("it is due");
        assert_eq!((due.units, pence(due.year.as_ref())), (4, year));
        assert_eq!(pence(to_buy.first_year.as_ref()), first_year, "unknown is never the licences alone");
        assert_eq!(to_buy.missing_price.is_some(), first_year.is_none());
        let notes = outcome.strict.notes.join("\n");
        let all = "4 missing units must carry Software Assurance if they are bought now";
        assert!(notes.contains(all) && notes.contains(noted), "{notes}");
        let items = price_items(&outcome);
        assert!(items.iter().any(|item| item.contains(told)), "{items:?}");
    }
}

#[test]
fn a_row_of_licences_no_longer_sold_tells_what_is_bought_in_their_place() {
    // Eight cores without Software Assurance, four on each host; four are owned. Nobody sells the other four any more: the
    // guest is licensed anew with Software Assurance, once: 2 × 2,900 + 2 × 725.
    let outcome = outcome(&format!("{}{LICENCES}{ASSURANCE}", roaming_guest("2017", 4)));
    let found = short(&outcome);
    let (row, to_buy) = found[0];
    assert_eq!((found.len(), row.required, row.shortfall), (1, 8, 4));
    assert_eq!(pence(row.cost.as_ref()), Some(580_000), "the cost stays the price of the units that are missing");
    let instead = to_buy.instead.as_ref().expect("something else is bought");
    assert_eq!((instead.units, instead.items.len()), (4, 1));
    assert_eq!((instead.items[0].units, instead.items[0].term), (4, Term::WithAssurance));
    assert_eq!(pence(instead.first_year.as_ref()), Some(725_000));
    assert_eq!(pence(to_buy.first_year.as_ref()), Some(725_000));
    assert!(to_buy.assurance.is_none(), "it is told with what is bought in place");
    let notes = outcome.strict.notes.join("\n");
    assert!(notes.contains("4 missing units cannot be bought any more"), "{notes}");
    let said = "4 of SQL Server Standard by core with Software Assurance, £7,250.00 in the first year";
    assert!(notes.contains(said), "{notes}");
    let items = price_items(&outcome);
    let last = "Bought now, the row comes to £7,250.00 in the first year; its cost, £5,800.00, is that";
    assert!(items.iter().any(|item| item.starts_with(last)), "{items:?}");
}

#[test]
fn without_a_price_for_what_takes_their_place_the_first_year_is_unknown() {
    let outcome = outcome(&format!("{}{LICENCES}", roaming_guest("2017", 4)));
    let found = short(&outcome);
    let (row, to_buy) = found[0];
    let instead = to_buy.instead.as_ref().expect("something else is bought");
    assert_eq!((instead.units, instead.items.len()), (4, 0));
    assert_eq!((pence(instead.first_year.as_ref()), pence(to_buy.first_year.as_ref())), (None, None));
    assert_eq!(to_buy.missing_price.as_deref(), Some("Software Assurance for SQL Server Standard by core"));
    assert_eq!(pence(row.cost.as_ref()), Some(580_000));
    let filter = Filter::default();
    let report = Report::new(&outcome, &filter);
    assert_eq!((report.totals.strict.rows_without_first_year, report.totals.strict.rows_with_more), (1, 1));
    assert!(report.totals.strict.first_year.is_empty(), "nothing is known of it");
}

#[test]
fn versions_that_are_bought_together_share_the_price_to_the_penny() {
    // Two guests of other versions, each of which needs eight cores. The two licences of 2017 go to the guest of 2016, which is
    // short of two then; the other of all eight. Each is licensed anew with four cores. Packs of three at £1,000.00 and
    // £100.01 a year: eight cores in the place of ten are three packs, not two and two.
    let prices = format!("{LICENCES}{ASSURANCE}")
        .replace("units = 2", "units = 3")
        .replace("2900", "1000")
        .replace("725", "100.01");
    let outcome = outcome(&format!("{}{}{prices}", roaming_guest("2016", 4), roaming_guest("2017", 2)));
    let found = short(&outcome);
    let units: Vec<u32> = found.iter().map(|(row, _)| row.shortfall).collect();
    assert_eq!(units, [2, 8]);
    let amounts: Vec<Option<i64>> = found.iter().map(|(_, to_buy)| pence(to_buy.first_year.as_ref())).collect();
    assert_eq!(amounts, [Some(165_001), Some(165_002)], "3 × (1,000.00 + 100.01) = 3,300.03, four of eight cores each");
    let report = Report::new(&outcome, &Filter::default()).totals.strict;
    assert_eq!(report.first_year.iter().map(|money| money.minor).collect::<Vec<_>>(), [330_003]);
}

#[test]
fn the_csv_holds_what_buying_takes() {
    let outcome = outcome(&format!("{}{LICENCES}{ASSURANCE}", roaming_guest("2017", 4)));
    let text = csv::positions(&Report::new(&outcome, &Filter::default())).expect("it is CSV");
    let mut rows = text.lines().skip(1);
    let head: Vec<&str> = rows.next().expect("a head").split(',').collect();
    let at = |name: &str| head.iter().position(|column| *column == name).expect("the column is there");
    let row: Vec<&str> = rows.find(|row| row.contains("2017")).expect("the row is there").split(',').collect();
    assert_eq!((row[at("cost")], row[at("first_year")], row[at("not_sold_units")]), ("5800.00", "7250.00", "4"));
    assert_eq!(row[at("bought_instead")], "4 sql-server standard by core with Software Assurance");
    assert_eq!(row[at("assurance_units")], "", "nothing is due on the four that are missing");
}

#[test]
fn the_sample_says_under_its_sums_what_they_leave_out() {
    let copy = estates::copy_of("samples/councils");
    let mut command = assert_cmd::Command::cargo_bin("trueup").expect("the program is built with its tests");
    command
        .arg("scan")
        .arg(copy.path())
        .assert()
        .success()
        .stdout(predicates::str::contains("- brent: £12,810.00 under the strict reading"));
}
