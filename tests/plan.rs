//! `trueup plan` closes what is short at least cost, lawfully, and every saving it names is the engine's.

mod manifests;
mod plans;

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use manifests::{ASSURANCE, LICENCES, UNLICENSED_GUEST, estate, roaming_guest};
use plans::{DAY, cost, kinds, planned, planned_with, rules, steps};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use trueup::assess;
use trueup::model::{Agreement, Answer, Assessment, Course, Estate, Plan, Reading, StepKind};
use trueup::plan;
use trueup::report::plan::{to_csv, to_json};
use trueup::report::{schema, terminal};
use trueup::rules::{Rules, Settings};

fn assessed(rules: &Rules, estate: &Estate, day: Date) -> Assessment {
    assess::of_families(estate, rules, &Settings::default(), day, Answer::Strict, &[])
}

fn short_units(assessment: &Assessment) -> u32 {
    assessment.positions.iter().map(|row| row.shortfall).sum()
}

/// What all rows short cost; every price is for ever in the manifests that use it.
fn short_cost(assessment: &Assessment) -> i64 {
    assessment.positions.iter().map(|row| row.cost.as_ref().expect("everything is priced").minor).sum()
}

const WINDOWS_PRICES: &str = r#"
[[price]]
product = "windows-server"
edition = "standard"
metric = "core"
units = 16
amount = 850
[[price]]
product = "windows-server"
edition = "standard"
metric = "core"
units = 2
amount = 110
[[price]]
product = "windows-server"
edition = "datacenter"
metric = "core"
units = 16
amount = 5200
"#;

fn host(name: &str, guests: u32) -> String {
    let guests = if guests == 0 {
        String::new()
    } else {
        format!(
            "[[host]]\nname = \"{name}-vm\"\ncount = {guests}\non = \"{name}\"\nvcpus = 4\n\
             installs = [{{ product = \"windows-server\", edition = \"standard\", version = \"2022\" }}]\n"
        )
    };
    format!("[[host]]\nname = \"{name}\"\nprocessors = [8, 8]\nhypervisor = \"esxi\"\n{guests}")
}

fn cores(edition: &str, quantity: u32, more: &str) -> String {
    format!(
        "[[entitlement]]\nproduct = \"windows-server\"\nedition = \"{edition}\"\nversion = \"2022\"\nmetric = \"core\"\n\
         quantity = {quantity}\nbought = 2022-03-01\nreference = \"PO-{edition}\"\n{more}\n"
    )
}

/// The plan as a terminal of 120 columns shows it.
fn told(plan: &Plan) -> String {
    let canvas = terminal::Canvas { width: 120, colour: false };
    terminal::plan(plan, &terminal::View { sections: &[], in_full: false, repeat: "" }, &canvas)
}

// --- What is bought ---------------------------------------------------------------------------------------------------

#[test]
fn datacenter_is_bought_where_standard_sets_would_cost_more() {
    let rules = rules();
    for (guests, edition, amount) in [(4, "standard", 170_000), (12, "standard", 510_000), (13, "datacenter", 520_000)]
    {
        let plan = planned(&rules, &estate(&(host("a", guests) + WINDOWS_PRICES)), DAY);
        assert_eq!(kinds(&plan), [StepKind::Buy], "{guests} guests");
        assert!(steps(&plan)[0].key.0.contains(edition), "{guests} guests: {}", steps(&plan)[0].key);
        assert_eq!(cost(&plan, Course::Plan), amount, "{guests} guests");
    }
}

#[test]
fn a_licence_bought_today_bears_todays_terms() {
    let rules = rules();
    let without = planned(&rules, &estate(&format!("{UNLICENSED_GUEST}{LICENCES}")), DAY);
    assert!(without.organisations[0].missing_prices.iter().any(|missing| missing.contains("Software Assurance")));
    assert!(steps(&without).is_empty(), "a licence alone would close nothing");
    assert_eq!(without.organisations[0].still_short[0].units, 4);
    let with = planned(&rules, &estate(&format!("{UNLICENSED_GUEST}{LICENCES}{ASSURANCE}")), DAY);
    assert_eq!(kinds(&with), [StepKind::BuyWithAssurance]);
    let step = &steps(&with)[0];
    let cost = step.cost.as_ref().expect("priced");
    assert_eq!((cost.first_year.minor, cost.horizon.minor), (725_000, 1_015_000), "2 × 2,900 + 3 × 2 × 725");
}

#[test]
fn a_step_up_from_assured_licences_left_over_is_cheaper_than_new_ones() {
    let sa = "sa = [{ from = 2022-03-01, until = 2028-02-29 }]";
    let step_up = "[[price]]\nproduct = \"windows-server\"\nedition = \"datacenter\"\nmetric = \"core\"\nunits = 2\n\
                   amount = 500\nkind = \"step-up\"\n";
    let manifest = host("a", 14) + &cores("standard", 16, sa) + WINDOWS_PRICES + step_up;
    let plan = planned(&rules(), &estate(&manifest), DAY);
    assert_eq!(kinds(&plan), [StepKind::StepUp], "{:#?}", steps(&plan));
    assert_eq!(cost(&plan, Course::Plan), 400_000, "eight step-ups of two cores");
    // Without Software Assurance there is no step-up.
    let plan =
        planned(&rules(), &estate(&(host("a", 14) + &cores("standard", 16, "") + WINDOWS_PRICES + step_up)), DAY);
    assert_eq!(kinds(&plan), [StepKind::Buy]);
}

#[test]
fn a_suite_is_bought_where_it_costs_less_than_its_parts() {
    let manifest = |suite: u32| {
        let managed = "[[host]]\nname = \"a\"\nprocessors = [8, 8]\nmanaged_by = [\"system-center\"]\n\
                       installs = [{ product = \"windows-server\", edition = \"standard\", version = \"2022\" }]\n";
        let price = |product: &str, amount: u32| {
            format!(
                "[[price]]\nproduct = \"{product}\"\nedition = \"standard\"\nmetric = \"core\"\nunits = 16\n\
                 amount = {amount}\nkind = \"licence-and-sa\"\n"
            )
        };
        managed.to_owned()
            + &price("windows-server", 1000)
            + &price("system-center", 1300)
            + &price("core-infrastructure-suite", suite)
    };
    let rules = rules();
    assert!(rules.products.contains_key("core-infrastructure-suite"), "the suite is known");
    let cheap = planned(&rules, &estate(&manifest(2000)), DAY);
    assert_eq!((kinds(&cheap), cost(&cheap, Course::Plan)), (vec![StepKind::Suite], 200_000));
    let dear = planned(&rules, &estate(&manifest(2500)), DAY);
    assert_eq!(cost(&dear, Course::Plan), 230_000);
    assert!(!kinds(&dear).contains(&StepKind::Suite));
}

#[test]
fn a_missing_price_is_named_and_nothing_is_free() {
    let manifest = "[[host]]\nname = \"pc\"\nprocessors = [4]\n\
                    installs = [{ product = \"project\", edition = \"professional\", version = \"2016\" }]\n";
    let plan = planned(&rules(), &estate(manifest), DAY);
    let one = &plan.organisations[0];
    assert_eq!(one.missing_prices, ["Project Professional by device"]);
    assert_eq!(one.still_short[0].units, 1);
    for course in [Course::BuyNow, Course::AuditOfRequired, Course::AuditOfOwned, Course::BuyOnly, Course::Plan] {
        assert!(!one.scenario(course).expect("shown").complete, "{course:?} is incomplete");
    }
}

#[test]
fn a_course_of_which_nothing_has_a_price_costs_an_unknown_sum_and_not_nothing() {
    let manifest = "[[host]]\nname = \"pc\"\nprocessors = [4]\n\
                    installs = [{ product = \"project\", edition = \"professional\", version = \"2016\" }]\n";
    let plan = planned(&rules(), &estate(manifest), DAY);
    for course in [Course::BuyNow, Course::AuditOfRequired, Course::AuditOfOwned, Course::BuyOnly, Course::Plan] {
        let scenario = plan.organisations[0].scenario(course).expect("shown");
        assert_eq!(scenario.cost, None, "{course:?}");
    }
    let page = told(&plan);
    assert!(!page.contains("£0.00") && !page.contains("cheapest of all"), "{page}");
    assert!(page.contains("incomplete: 1 not priced"), "{page}");
    // Beside something that has a price, the sum is that of what has one, and says what it lacks.
    let both = format!("{manifest}{}{WINDOWS_PRICES}", host("a", 2));
    let page = told(&planned(&rules(), &estate(&both), DAY));
    assert!(page.contains("£850.00  incomplete: + 1 not priced\n"), "{page}");
}

#[test]
fn what_an_agreement_does_not_cover_is_no_missing_price_of_its_true_up() {
    let rules = rules();
    let visio = "[[host]]\nname = \"pc\"\nprocessors = [4]\n\
                 installs = [{ product = \"project\", edition = \"professional\", version = \"2016\" }]\n\
                 [[price]]\nproduct = \"project\"\nmetric = \"device\"\namount = 500\n";
    let more = estate(&format!("{}{visio}", devices_text(12, 4, true)));
    let plan = planned_with(&rules, &agreed(1), &more, DAY);
    let true_up = plan.organisations[0].scenario(Course::TrueUp).expect("shown");
    let apart: Vec<&str> = true_up
        .lines
        .iter()
        .filter(|line| line.cost.is_none() && line.missing_price.is_none())
        .map(|line| line.product.as_str())
        .collect();
    assert_eq!(apart, ["project"]);
    assert!(told(&plan).contains("incomplete: + 1 ordered apart"), "{}", told(&plan));
}

#[test]
fn where_no_record_says_when_a_licence_was_assigned_the_ninety_days_are_a_condition() {
    let old = "[[host]]\nname = \"old\"\nprocessors = [8, 8]\n";
    let bound = "[[entitlement]]\nproduct = \"windows-server\"\nedition = \"standard\"\nversion = \"2022\"\n\
                 metric = \"core\"\nquantity = 16\nassigned_to = [\"old\"]\n";
    let plan = planned(&rules(), &estate(&(old.to_owned() + &host("a", 2) + bound + WINDOWS_PRICES)), DAY);
    assert_eq!(kinds(&plan), [StepKind::Reassign]);
    let condition = "they were last assigned 90 days ago or longer: no record says when";
    assert!(steps(&plan)[0].conditions.iter().any(|one| one == condition), "{:?}", steps(&plan)[0].conditions);
}

#[test]
fn what_is_not_sold_any_more_is_bought_new_and_its_price_is_that_of_today() {
    // The licences do not follow the guest, and the like are not sold any more. New ones follow it with Software Assurance: four
    // cores, 2 × 2,900 + 3 × 2 × 725.
    let manifest = |assurance: &str| roaming_guest("2017", 4) + LICENCES + assurance;
    let rules = rules();
    let plan = planned(&rules, &estate(&manifest(ASSURANCE)), DAY);
    let buy_now = plan.organisations[0].scenario(Course::BuyNow).expect("shown");
    assert!(buy_now.complete, "{:#?}", buy_now.lines);
    assert_eq!((cost(&plan, Course::BuyNow), cost(&plan, Course::BuyOnly)), (1_015_000, 1_015_000));
    assert!(buy_now.lines[0].formula.starts_with("in place of licences that are not sold any more"));
    let plan = planned(&rules, &estate(&manifest("")), DAY);
    assert_eq!(plan.organisations[0].missing_prices, ["Software Assurance for SQL Server Standard by core"]);
}

// --- What is changed --------------------------------------------------------------------------------------------------

fn assigned_elsewhere(assigned_on: Date) -> Estate {
    let assigned = format!("assigned_to = [\"old\"]\nassigned_on = {assigned_on}");
    let old = "[[host]]\nname = \"old\"\nprocessors = [8, 8]\n";
    estate(&(old.to_owned() + &host("a", 2) + &cores("standard", 16, &assigned) + WINDOWS_PRICES))
}

#[test]
fn a_licence_is_assigned_anew_on_the_ninetieth_day_and_not_before() {
    let rules = rules();
    let early = planned(&rules, &assigned_elsewhere(date(2026, 4, 2)), DAY);
    assert_eq!(kinds(&early), [StepKind::Buy], "89 days after");
    let later = &early.organisations[0].later;
    assert_eq!(later.len(), 1);
    assert_eq!((later[0].kind, later[0].lawful_from), (StepKind::Reassign, date(2026, 7, 1)));
    assert_eq!(later[0].saving.as_ref().expect("priced").horizon.minor, 85_000);
    let due = planned(&rules, &assigned_elsewhere(date(2026, 4, 1)), DAY);
    assert_eq!(kinds(&due), [StepKind::Reassign], "90 days after");
    assert_eq!((cost(&due, Course::Plan), cost(&due, Course::BuyOnly)), (0, 0), "nobody need decide it");
    assert!(due.organisations[0].later.is_empty());
}

#[test]
fn the_licence_of_a_device_goes_to_another_on_the_ninetieth_day_and_not_before() {
    // Two licences, each of a device of its own; one of the devices has no Visio any more, another one has.
    let assigned = |on: &str| {
        estate(&format!(
            r#"
[[host]]
name = "one"
processors = [4]
installs = [{{ product = "visio", edition = "professional", version = "2016" }}]
[[host]]
name = "two"
processors = [4]
[[host]]
name = "three"
processors = [4]
installs = [{{ product = "visio", edition = "professional", version = "2016" }}]
[[entitlement]]
product = "visio"
edition = "professional"
version = "2016"
metric = "device"
quantity = 2
bought = 2016-04-01
reference = "PO-1"
assigned_to = ["one", "two"]
assigned_on = {on}
[[price]]
product = "visio"
edition = "professional"
metric = "device"
amount = 420
"#
        ))
    };
    let rules = rules();
    let early = planned(&rules, &assigned("2026-04-02"), DAY);
    assert_eq!((kinds(&early), cost(&early, Course::Plan)), (vec![StepKind::Buy], 42_000), "89 days after");
    let later = &early.organisations[0].later;
    assert_eq!((later[0].kind, later[0].lawful_from), (StepKind::Reassign, date(2026, 7, 1)));
    let due = planned(&rules, &assigned("2026-04-01"), DAY);
    assert_eq!((kinds(&due), cost(&due, Course::Plan)), (vec![StepKind::Reassign], 0), "90 days after");
    assert!(steps(&due)[0].text.contains("to three instead of two"), "{}", steps(&due)[0].text);
    assert_eq!(steps(&due)[0].saving.as_ref().map(|saving| saving.horizon.minor), Some(42_000));
    assert_eq!(cost(&due, Course::BuyOnly), 0, "nobody need decide it");
}

#[test]
fn an_installation_is_removed_where_its_use_is_known_to_lie_back() {
    let rules = rules();
    let manifest = |used: &str| {
        format!(
            "[[host]]\nname = \"pc\"\nprocessors = [4]\n\
             installs = [{{ product = \"visio\", edition = \"professional\", version = \"2016\"{used} }}]\n\
             [[price]]\nproduct = \"visio\"\nedition = \"professional\"\nmetric = \"device\"\namount = 420\n"
        )
    };
    for (used, kind) in [
        ("", StepKind::Buy),
        (", last_used = 2026-04-01", StepKind::Buy),
        (", last_used = 2026-03-31", StepKind::Uninstall),
    ] {
        let plan = planned(&rules, &estate(&manifest(used)), DAY);
        assert_eq!(kinds(&plan), [kind], "last use: {used}");
        assert_eq!(cost(&plan, Course::BuyOnly), 42_000, "without a decision it is bought");
    }
}

#[test]
fn guests_move_to_where_licences_are_left() {
    // Three guests need a second set on one host; the other host has room for one more on its own set.
    let assigned = |host: &str| format!("assigned_to = [\"{host}\"]\nassigned_on = 2022-03-01");
    let manifest = host("a", 3)
        + &host("b", 1)
        + &cores("standard", 16, &assigned("a"))
        + &cores("standard", 16, &assigned("b"))
        + WINDOWS_PRICES;
    let plan = planned(&rules(), &estate(&manifest), DAY);
    assert_eq!(kinds(&plan), [StepKind::Move]);
    assert!(steps(&plan)[0].needs_decision);
    assert_eq!((cost(&plan, Course::Plan), cost(&plan, Course::BuyOnly)), (0, 85_000));
}

#[test]
fn a_cluster_is_pinned_where_every_host_would_be_licensed_for_every_guest() {
    let cluster = |name: &str| host(name, 2).replace("hypervisor", "cluster = \"c\"\nhypervisor");
    let manifest = cluster("a") + &cluster("b") + &cores("standard", 32, "") + WINDOWS_PRICES;
    let plan = planned(&rules(), &estate(&manifest), DAY);
    assert_eq!(cost(&plan, Course::BuyOnly), 170_000, "four guests on either host");
    assert_eq!((kinds(&plan), cost(&plan, Course::Plan)), (vec![StepKind::Pin], 0));
}

#[test]
fn a_lower_edition_is_installed_only_where_nothing_is_known_to_need_the_higher() {
    let manifest = |features: &str| {
        format!(
            "[[host]]\nname = \"a\"\nprocessors = [8, 8]\n\
             installs = [{{ product = \"windows-server\", edition = \"datacenter\", version = \"2022\"{features} }}]\n\
             {WINDOWS_PRICES}"
        )
    };
    let rules = rules();
    let plan = planned(&rules, &estate(&manifest("")), DAY);
    assert_eq!(kinds(&plan), [StepKind::Downgrade, StepKind::Buy]);
    assert_eq!((cost(&plan, Course::Plan), cost(&plan, Course::BuyOnly)), (85_000, 520_000));
    let (feature, _) = rules.products["windows-server"].feature_editions.first().expect("a feature of an edition");
    let plan = planned(&rules, &estate(&manifest(&format!(", features = [\"{feature}\"]"))), DAY);
    assert_eq!(kinds(&plan), [StepKind::Buy], "{feature} is in use");
}

#[test]
fn what_another_organisation_of_the_group_has_left_over_is_used_where_it_may_be() {
    // North needs 16 cores and owns 32; south needs 16 and owns none. Bought, they cost one pack of 16.
    let manifest = |group: &str| {
        let of = |organisation: &str, name: &str| {
            host(name, 2).replace("[[host]]\n", &format!("[[host]]\norganisation = \"{organisation}\"\n"))
        };
        let owned = cores("standard", 32, "organisation = \"north\"");
        format!("{group}{}{}{owned}{WINDOWS_PRICES}", of("north", "n"), of("south", "s"))
    };
    let member = |name: &str| format!("[[organisation]]\nname = \"{name}\"\naffiliate_of = \"group\"\n");
    let group = format!("[[organisation]]\nname = \"group\"\n{}{}", member("north"), member("south"));
    let rules = rules();
    let plan = planned(&rules, &estate(&manifest(&group)), DAY);
    assert_eq!((plan.organisations.len(), &*plan.organisations[0].organisation), (1, "south"));
    assert_eq!((kinds(&plan), cost(&plan, Course::Plan)), (vec![StepKind::Reuse], 0));
    assert!(steps(&plan)[0].needs_decision, "the agreement must allow it");
    assert_eq!(steps(&plan)[0].saving.as_ref().map(|saving| saving.horizon.minor), Some(85_000));
    assert_eq!((cost(&plan, Course::BuyOnly), cost(&plan, Course::BuyNow)), (85_000, 85_000));
    // Strangers share nothing.
    let plan = planned(&rules, &estate(&manifest("")), DAY);
    assert_eq!((kinds(&plan), cost(&plan, Course::Plan)), (vec![StepKind::Buy], 85_000));
}

/// A guest with SQL Server 2025 of four cores, and boxed licences for it bought on a day. By guest they need Software
/// Assurance.
fn boxed(bought: Date) -> Estate {
    estate(&format!(
        r#"
[[host]]
name = "a"
processors = [16]
hypervisor = "esxi"
[[host]]
name = "vm"
on = "a"
vcpus = 4
installs = [{{ product = "sql-server", edition = "standard", version = "2025" }}]
[[entitlement]]
product = "sql-server"
edition = "standard"
version = "2025"
metric = "core"
quantity = 4
channel = "retail"
bought = {bought}
reference = "BOX-1"
{LICENCES}{ASSURANCE}"#
    ))
}

#[test]
fn assurance_is_added_to_a_boxed_licence_within_ninety_days_and_not_later() {
    let rules = rules();
    let lately = planned(&rules, &boxed(date(2026, 4, 1)), DAY);
    assert_eq!(kinds(&lately), [StepKind::AddAssurance], "90 days after");
    let cost_of = |plan: &Plan| steps(plan)[0].cost.as_ref().map(|cost| (cost.first_year.minor, cost.horizon.minor));
    assert_eq!(cost_of(&lately), Some((145_000, 435_000)), "2 × 725 a year, for 3 years");
    assert_eq!(cost(&lately, Course::Plan), 435_000);
    assert!(!steps(&lately)[0].needs_decision && steps(&lately)[0].conditions.is_empty());
    let late = planned(&rules, &boxed(date(2026, 3, 31)), DAY);
    assert_eq!(kinds(&late), [StepKind::BuyWithAssurance], "91 days after");
    assert_eq!(cost_of(&late), Some((725_000, 1_015_000)), "2 × 2,900 + 3 × 2 × 725");
}

/// Two devices with Project, one person at each.
fn projects(monthly: u32) -> Estate {
    estate(&format!(
        r#"
[[host]]
name = "pc"
count = 2
processors = [4]
installs = [{{ product = "project", edition = "professional", version = "2016" }}]
[[price]]
product = "project"
edition = "professional"
metric = "device"
amount = 1000
[[price]]
product = "project-plan-3"
metric = "user"
amount = {monthly}
per = "month"
kind = "subscription"
"#
    ))
}

#[test]
fn the_subscription_build_replaces_the_one_by_device_where_that_costs_less() {
    let rules = rules();
    let cheap = planned(&rules, &projects(24), DAY);
    assert_eq!(kinds(&cheap), [StepKind::ChangeBuild, StepKind::Subscribe]);
    assert_eq!(cost(&cheap, Course::Plan), 172_800, "2 × 24 × 36, against 2 × 1,000");
    assert_eq!(cost(&cheap, Course::BuyOnly), 200_000);
    let saved: Vec<Option<i64>> =
        steps(&cheap).iter().map(|step| step.saving.as_ref().map(|saving| saving.horizon.minor)).collect();
    assert_eq!(saved, [Some(27_200), Some(0)]);
    let dear = planned(&rules, &projects(28), DAY);
    assert_eq!((kinds(&dear), cost(&dear, Course::Plan)), (vec![StepKind::Buy], 200_000), "2 × 28 × 36 = 2,016");
}

// --- Courses ----------------------------------------------------------------------------------------------------------

fn devices(installed: u32, owned: u32, assurance: bool) -> Estate {
    estate(&devices_text(installed, owned, assurance))
}

fn devices_text(installed: u32, owned: u32, assurance: bool) -> String {
    let mut text = format!(
        "[[host]]\nname = \"pc\"\ncount = {installed}\nprocessors = [4]\n\
         installs = [{{ product = \"visio\", edition = \"professional\", version = \"2016\" }}]\n\
         [[price]]\nproduct = \"visio\"\nedition = \"professional\"\nmetric = \"device\"\namount = 1000\n"
    );
    if assurance {
        text.push_str(
            "[[price]]\nproduct = \"visio\"\nedition = \"professional\"\nmetric = \"device\"\namount = 250\n\
             per = \"year\"\nkind = \"sa\"\n",
        );
    }
    if owned > 0 {
        text.push_str(&format!(
            "[[entitlement]]\nproduct = \"visio\"\nedition = \"professional\"\nversion = \"2016\"\nmetric = \"device\"\n\
             quantity = {owned}\nbought = 2016-04-01\n"
        ));
    }
    text
}

/// Settings with an Enterprise Agreement that began so many years before the day.
fn agreed(years: i16) -> Settings {
    let start = date(2026 - years, 6, 1);
    let agreement = Agreement {
        number: "EA-1".into(),
        name: None,
        vehicle: "enterprise-agreement".into(),
        publisher: None,
        organisations: vec!["org".into()],
        start,
        end: Some(date(2029 - years, 5, 31)),
        anniversary: None,
        last_order: None,
        products: vec!["visio".into()],
        enterprise: Vec::new(),
        additional: Vec::new(),
        price_level: None,
        window: None,
        line: 1,
    };
    Settings { agreements: vec![agreement], ..Settings::default() }
}

#[test]
fn a_true_up_costs_the_licence_and_the_assurance_of_its_contract_year() {
    let rules = rules();
    for (years, amount) in [(0, 162_500), (1, 137_500), (2, 112_500)] {
        let plan = planned_with(&rules, &agreed(years), &devices(1, 0, true), DAY);
        assert_eq!(cost(&plan, Course::TrueUp), amount, "contract year {}", years + 1);
    }
    let plan = planned_with(&rules, &agreed(1), &devices(8, 0, true), DAY);
    let true_up = plan.organisations[0].scenario(Course::TrueUp).expect("shown");
    assert_eq!(true_up.cost.as_ref().map(|cost| cost.horizon.decimal()), Some("11000.00".into()));
    assert!(true_up.lines[0].formula.contains("£8,000.00 + 1.5 × £2,000.00"), "{}", true_up.lines[0].formula);
    assert!(true_up.complete && !true_up.estimate);
}

#[test]
fn a_true_up_without_a_price_of_assurance_is_an_estimate_and_says_so() {
    let rules = rules();
    let plan = planned_with(&rules, &agreed(1), &devices(1, 0, false), DAY);
    let true_up = plan.organisations[0].scenario(Course::TrueUp).expect("shown");
    assert_eq!(cost(&plan, Course::TrueUp), 143_500, "1,000 + 1.5 × 29 %");
    assert!(true_up.estimate && true_up.lines[0].formula.contains("estimate"));
}

#[test]
fn without_an_agreement_in_force_there_is_no_true_up() {
    let rules = rules();
    for settings in [Settings::default(), agreed(4)] {
        let plan = planned_with(&rules, &settings, &devices(1, 0, true), DAY);
        let true_up = plan.organisations[0].scenario(Course::TrueUp).expect("shown");
        assert!(true_up.cost.is_none() && true_up.unavailable.is_some());
    }
}

#[test]
fn an_audit_adds_a_quarter_from_five_in_a_hundred_of_either_denominator() {
    let rules = rules();
    // 5 short: 4.8 % of 104 required, 5.1 % of 99 owned. 4 short: below under both. 5 of 100: at it under both.
    for (installed, owned, of_required, of_owned) in [
        (104, 99, 500_000, 625_000),
        (104, 100, 400_000, 400_000),
        (100, 95, 625_000, 625_000),
        (1, 0, 125_000, 125_000),
    ] {
        let plan = planned(&rules, &devices(installed, owned, true), DAY);
        let found = (cost(&plan, Course::AuditOfRequired), cost(&plan, Course::AuditOfOwned));
        assert_eq!(found, (of_required, of_owned), "{installed} installed, {owned} owned");
    }
}

// --- Promises over many estates ---------------------------------------------------------------------------------------

/// A small estate of Windows Server: two hosts, some guests, some of them off, owned cores.
#[derive(Debug, Clone)]
struct Small {
    guests: [u32; 2],
    off: u32,
    standard: u32,
    datacenter: u32,
    cluster: bool,
}

impl Small {
    fn manifest(&self) -> String {
        let mut text = String::new();
        for (name, guests) in ["a", "b"].into_iter().zip(self.guests) {
            let one = host(name, guests);
            text += &if self.cluster { one.replace("hypervisor", "cluster = \"c\"\nhypervisor") } else { one };
        }
        if self.off > 0 {
            text += &format!(
                "[[host]]\nname = \"off\"\ncount = {}\non = \"a\"\nvcpus = 2\npowered_on = false\n\
                 installs = [{{ product = \"windows-server\", edition = \"standard\", version = \"2022\" }}]\n",
                self.off
            );
        }
        for (edition, quantity) in [("standard", self.standard), ("datacenter", self.datacenter)] {
            if quantity > 0 {
                text += &cores(edition, quantity, "");
            }
        }
        text + WINDOWS_PRICES
    }
}

fn small() -> impl Strategy<Value = Small> {
    (0_u32..5, 0_u32..4, 0_u32..2, 0_u32..4, 0_u32..2, any::<bool>()).prop_map(
        |(a, b, off, standard, datacenter, cluster)| Small {
            guests: [a, b],
            off,
            standard: standard * 16,
            datacenter: datacenter * 16,
            cluster,
        },
    )
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn every_step_saves_what_the_engine_says_and_the_end_is_short_of_nothing() {
    let rules = rules();
    let checked = runner(24).run(&small(), |small| {
        let start = estate(&small.manifest());
        let plan = planned(&rules, &start, DAY);
        let mut changed = start;
        let mut before = short_cost(&assessed(&rules, &changed, DAY));
        for step in steps(&plan) {
            prop_assert!(plan::apply(&mut changed, &step.changes), "{} cannot be done", step.key);
            let after = short_cost(&assessed(&rules, &changed, DAY));
            let own = step.cost.as_ref().map_or(0, |cost| cost.horizon.minor);
            let saving = step.saving.as_ref().map(|saving| saving.horizon.minor);
            prop_assert_eq!(saving, Some(before - after - own), "{}", &step.key);
            before = after;
        }
        prop_assert_eq!(short_units(&assessed(&rules, &changed, DAY)), 0);
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

/// What a course cannot be undercut by, in pence.
fn bound(plan: &Plan, course: Course) -> i64 {
    let scenario = plan.organisations[0].scenario(course).expect("every course is shown");
    scenario.bound.as_ref().map_or(i64::MIN, |bound| bound.minor)
}

#[test]
fn what_cannot_be_undercut_is_met_where_little_is_to_choose() {
    let rules = rules();
    let plan = planned(&rules, &estate(&(host("a", 4) + WINDOWS_PRICES)), DAY);
    assert_eq!((bound(&plan, Course::Plan), cost(&plan, Course::Plan)), (170_000, 170_000));
    // Twenty hosts alike, each with four guests: too many ways for all to be tried, and yet the purchases are proved.
    let many: String = (0..20).map(|index| host(&format!("h{index}"), 4)).collect();
    let plan = planned(&rules, &estate(&(many + WINDOWS_PRICES)), DAY);
    assert_eq!((bound(&plan, Course::BuyOnly), cost(&plan, Course::BuyOnly)), (3_400_000, 3_400_000));
    let gap = cost(&plan, Course::Plan) - bound(&plan, Course::Plan);
    assert!(gap > 0, "the moves are too many to be tried");
    let notes = plan.organisations[0].notes.join("\n");
    assert!(
        notes.contains("is not excluded") && notes.contains("steps hang together"),
        "that is said, and why: {notes}"
    );
    let proved =
        plan.organisations[0].scenario(Course::Plan).and_then(|scenario| scenario.bound.clone()).expect("bounded");
    assert!(notes.contains(&format!("none costs less than {proved}")), "and what is proved: {notes}");
}

/// What buying every short row takes in the first year, as the rows say.
fn rows_bought_now(rules: &Rules, estate: &Estate) -> i64 {
    let found = assess::assess(estate, rules, &Settings::default(), DAY, &Reading::all(Answer::Strict));
    let short = found.positions.iter().filter_map(|row| row.to_buy.as_ref());
    short.map(|to_buy| to_buy.first_year.as_ref().expect("everything is priced").minor).sum()
}

#[test]
fn a_plan_never_costs_more_than_simply_buying() {
    let rules = rules();
    let checked = runner(24).run(&small(), |small| {
        let plan = planned(&rules, &estate(&small.manifest()), DAY);
        if !plan.organisations.is_empty() {
            let bought = cost(&plan, Course::BuyNow);
            let only = cost(&plan, Course::BuyOnly);
            prop_assert!(only <= bought, "{} by purchases alone, {} as it stands", only, bought);
            prop_assert!(cost(&plan, Course::Plan) <= only);
            prop_assert_eq!(
                rows_bought_now(&rules, &estate(&small.manifest())),
                bought,
                "the rows of the position say the same"
            );
            let saved: i64 =
                steps(&plan).iter().filter_map(|step| step.saving.as_ref()).map(|saving| saving.horizon.minor).sum();
            prop_assert_eq!(bought - cost(&plan, Course::Plan), saved, "savings add up");
        }
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn one_more_owned_set_never_makes_the_plan_dearer() {
    let rules = rules();
    let total = |small: &Small| {
        let plan = planned(&rules, &estate(&small.manifest()), DAY);
        if plan.organisations.is_empty() { (0, 0) } else { (cost(&plan, Course::Plan), cost(&plan, Course::BuyOnly)) }
    };
    let checked = runner(20).run(&(small(), any::<bool>()), |(small, datacenter)| {
        let mut more = small.clone();
        if datacenter {
            more.datacenter += 16
        } else {
            more.standard += 16
        }
        let (before, after) = (total(&small), total(&more));
        prop_assert!(after.0 <= before.0 && after.1 <= before.1, "{:?} before, {:?} after", before, after);
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

/// The least price of packs of sixteen that closes an estate, over every number of either edition.
fn least_purchase(rules: &Rules, estate: &Estate) -> i64 {
    let mut least = i64::MAX;
    for standard in 0_u32..=6 {
        for datacenter in 0_u32..=2 {
            let price = i64::from(standard) * 85_000 + i64::from(datacenter) * 520_000;
            if price >= least {
                continue;
            }
            let mut trial = estate.clone();
            for (edition, sets) in [("standard", standard), ("datacenter", datacenter)] {
                if sets > 0 {
                    let bought = self::estate(&cores(edition, sets * 16, "").replace("2022-03-01", "2026-06-30"));
                    trial.purchases.extend(bought.purchases);
                }
            }
            if short_units(&assessed_family(rules, &trial)) == 0 {
                least = price;
            }
        }
    }
    least
}

fn assessed_family(rules: &Rules, estate: &Estate) -> Assessment {
    let family = ["windows-server".to_owned()];
    assess::of_families(estate, rules, &Settings::default(), DAY, Answer::Strict, &family)
}

#[test]
fn an_exhaustive_search_finds_no_cheaper_combination() {
    let rules = rules();
    let checked = runner(12).run(&small(), |mut small| {
        small.cluster = false;
        small.guests = [small.guests[0].min(3), small.guests[1].min(2)];
        let start = estate(&small.manifest());
        let plan = planned(&rules, &start, DAY);
        let found = if plan.organisations.is_empty() { 0 } else { cost(&plan, Course::Plan) };
        let bought = if plan.organisations.is_empty() { 0 } else { cost(&plan, Course::BuyOnly) };
        prop_assert_eq!(bought, least_purchase(&rules, &start), "by purchases alone");
        // Every placement of the guests that are on, with and without those that are off.
        let guests: Vec<usize> = (0..start.hosts.len()).filter(|&at| start.hosts[at].runs_on().is_some()).collect();
        let hosts: BTreeMap<&str, u32> = (0_u32..)
            .zip(&start.hosts)
            .filter(|(_, host)| ["a", "b"].contains(&host.name.as_str()))
            .map(|(at, host)| (host.name.as_str(), at))
            .collect();
        let mut least = bought;
        for placement in 0_u32..1 << guests.len() {
            let mut trial = start.clone();
            for (bit, &guest) in guests.iter().enumerate() {
                let target = hosts[if placement >> bit & 1 == 0 { "a" } else { "b" }];
                let place = trueup::model::Placement::On(trueup::model::HostId(target));
                trial.hosts[guest].placement = Some(trueup::model::Fact::known(place, None));
            }
            for retire in [false, true] {
                if retire {
                    trial.remove_hosts(&|host| !host.powered_on, "it was switched off");
                }
                least = least.min(least_purchase(&rules, &trial));
            }
        }
        prop_assert_eq!(found, least, "with every placement of {:?}", small);
        if !plan.organisations.is_empty() {
            prop_assert!(bound(&plan, Course::Plan) <= least && bound(&plan, Course::BuyOnly) <= bought);
        }
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_same_estate_gives_the_same_plan() {
    let rules = rules();
    let small = Small { guests: [5, 3], off: 1, standard: 32, datacenter: 0, cluster: true };
    let json = || to_json(&planned(&rules, &estate(&small.manifest()), DAY)).expect("JSON");
    assert_eq!(json(), json());
}

// --- Faces ------------------------------------------------------------------------------------------------------------

#[test]
fn the_json_keeps_its_published_schema_and_the_csv_has_a_line_a_step() {
    let rules = rules();
    let schema: serde_json::Value = serde_json::from_str(schema::PLAN).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let small = Small { guests: [5, 3], off: 1, standard: 32, datacenter: 0, cluster: true };
    for estate in [estate(&small.manifest()), assigned_elsewhere(date(2026, 5, 1)), devices(3, 1, true)] {
        let plan = planned_with(&rules, &agreed(1), &estate, DAY);
        let document = serde_json::from_str(&to_json(&plan).expect("JSON")).expect("JSON");
        let faults: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
        let lines = to_csv(&plan).expect("CSV").lines().count();
        let one = &plan.organisations[0];
        assert_eq!(lines, 2 + one.steps.len() + one.later.len());
    }
}

#[test]
fn keys_are_permanent_names_without_figures() {
    let rules = rules();
    let key = |guests: u32| {
        let plan = planned(&rules, &estate(&(host("a", guests) + WINDOWS_PRICES)), DAY);
        steps(&plan)[0].key.0.clone()
    };
    assert_eq!(key(2), "plan:org/windows-server/buy/standard/core");
    assert_eq!(key(2), key(5));
}

// --- The command ------------------------------------------------------------------------------------------------------

/// Two organisations with a host each, scanned.
fn scanned(folder: &std::path::Path) {
    let of = |organisation: &str, name: &str| {
        host(name, 2).replace("[[host]]\n", &format!("[[host]]\norganisation = \"{organisation}\"\n"))
    };
    let manifest = of("north", "n") + &of("south", "s") + WINDOWS_PRICES;
    std::fs::write(folder.join("machines.toml"), manifest).expect("the manifest is written");
    std::fs::write(folder.join("trueup.toml"), "as_of = 2026-06-30\n").expect("the settings are written");
    trueup(folder, &["scan"]).success();
}

fn trueup(folder: &std::path::Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = assert_cmd::Command::cargo_bin("trueup").expect("the program is built with its tests");
    command.env_remove("TRUEUP_ESTATE").env("COLUMNS", "200").args(arguments).arg("--estate").arg(folder).assert()
}

#[test]
fn the_command_answers_what_if() {
    use predicates::prelude::PredicateBooleanExt;
    use predicates::str::contains;
    let folder = tempfile::tempdir().expect("a temporary folder");
    scanned(folder.path());
    trueup(folder.path(), &["plan"]).success().stdout(contains("[north]").and(contains("[south]")));
    let without = trueup(folder.path(), &["plan", "--without", "south"]).success();
    without.stdout(contains("[north]").and(contains("[south]").not()).and(contains("south is left out")));
    let list = "product,edition,metric,units,amount\nWindows Server,Standard,core,16,900\n";
    let prices = std::env::temp_dir().join(format!("trueup-quotation-{}.csv", std::process::id()));
    std::fs::write(&prices, list).expect("the price list is written");
    let quoted = trueup(folder.path(), &["plan", "--organisation", "north", "--prices", &prices.display().to_string()]);
    quoted.success().stdout(contains("£900.00").and(contains("[south]").not()));
    std::fs::remove_file(&prices).expect("the price list is removed");
    trueup(folder.path(), &["plan", "--date", "2027-01-01"]).success().stdout(contains("the plan of 2027-01-01"));
    trueup(folder.path(), &["plan", "--fail-on", "shortfall"]).code(1);
    trueup(folder.path(), &["plan", "--without", "east"]).code(2).stderr(contains("known organisations: north, south"));
    trueup(folder.path(), &["plan", "--prices", "nowhere.csv"]).code(2);
}

#[test]
fn a_step_of_the_plan_explains_itself() {
    use predicates::prelude::PredicateBooleanExt;
    use predicates::str::contains;
    let folder = tempfile::tempdir().expect("a temporary folder");
    scanned(folder.path());
    let told = trueup(folder.path(), &["explain", "plan:north/windows-server/buy/standard/core"]).success();
    told.stdout(contains("What to do").and(contains("1 pack of 16 at £850.00")).and(contains("Beside other courses")));
    trueup(folder.path(), &["explain", "plan:windows"]).code(2).stderr(contains("no figure has the key"));
}

#[test]
fn what_an_agreement_orders_by_its_peak_is_told_although_nothing_is_short() {
    use predicates::prelude::PredicateBooleanExt;
    use predicates::str::contains;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = "[[agreement]]\nnumber = \"EA-1\"\nvehicle = \"enterprise-agreement\"\norganisations = [\"org\"]\n\
                    start = 2024-09-01\nend = 2027-08-31\nlast_order = 2025-07-10\nproducts = [\"visio\"]\n";
    std::fs::write(folder.path().join("trueup.toml"), settings).expect("the settings are written");
    for (day, installed) in [("2026-01-15", 30), ("2026-06-30", 18)] {
        std::fs::write(folder.path().join("machines.toml"), devices_text(installed, 20, true)).expect("written");
        trueup(folder.path(), &["scan", "--as-of", day]).success();
    }
    let order =
        "org: 10 devices of Visio Professional under EA-1 by 2026-08-02, by the peak of 30 on 2026-01-15; 0 are short";
    let plan = trueup(folder.path(), &["plan"]).success();
    plan.stdout(contains(order).and(contains("Nothing is short today: there is nothing to do beside the orders.")));
    // Of what is left out, or of another family, nothing is said.
    let other = trueup(folder.path(), &["plan", "--product", "windows-server"]).success();
    other.stdout(contains("EA-1").not().and(contains("Nothing is short: there is nothing to do.")));
    trueup(folder.path(), &["plan", "--without", "org"]).success().stdout(contains("EA-1").not());
}
