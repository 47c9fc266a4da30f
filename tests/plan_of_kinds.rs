//! Plans over several kinds of licence at once: access licences of people and devices, servers with the access licences they
//! ask for, and a lower edition installed together with a purchase. Every amount is worked out beside the test.

mod manifests;
mod plans;

use manifests::estate;
use plans::{DAY, cost, kinds, planned, rules, steps};
use trueup::model::{Course, Plan, StepKind};

/// A licensed server, reached by groups of people and devices that share nothing with each other.
fn reached(groups: &[(u32, u32)]) -> String {
    let groups: Vec<String> =
        groups.iter().map(|(users, devices)| format!("{{ users = {users}, devices = {devices} }}")).collect();
    format!(
        r#"
[[host]]
name = "file"
processors = [8, 8]
installs = [{{ product = "windows-server", edition = "standard", version = "2022" }}]
[[entitlement]]
product = "windows-server"
edition = "standard"
version = "2022"
metric = "core"
quantity = 16
bought = 2022-03-01
[[access]]
product = "windows-server"
version = "2022"
sharing = [{}]
"#,
        groups.join(", ")
    )
}

fn price(product: &str, edition: &str, metric: &str, units: u32, amount: u32) -> String {
    let edition = if edition.is_empty() { String::new() } else { format!("edition = \"{edition}\"\n") };
    format!("[[price]]\nproduct = \"{product}\"\n{edition}metric = \"{metric}\"\nunits = {units}\namount = {amount}\n")
}

fn access_prices(product: &str, user: u32, device: u32) -> String {
    price(product, "", "user", 1, user) + &price(product, "", "device", 1, device)
}

fn owned_access(metric: &str, quantity: u32) -> String {
    format!(
        "[[entitlement]]\nproduct = \"windows-server-cal\"\nversion = \"2022\"\nmetric = \"{metric}\"\nquantity = {quantity}\n\
         bought = 2022-03-01\n"
    )
}

/// What the steps buy: (key without the kind of plan, units that the text names first).
fn bought(plan: &Plan) -> Vec<String> {
    steps(plan).iter().filter(|step| step.kind.is_purchase()).map(|step| step.text.clone()).collect()
}

// --- Access licences --------------------------------------------------------------------------------------------------

#[test]
fn each_group_is_licensed_by_whichever_costs_less_there() {
    let rules = rules();
    // (prices of a user and of a device, what the groups cost by the cheaper of the two, each)
    for (user, device, pounds) in [
        (40, 35, 10 * 35 + 5 * 40 + 8 * 40), // 30 on 10: devices; 5 on 20: users; 8 on 10: 320 against 350, users
        (40, 30, 10 * 30 + 5 * 40 + 10 * 30), // 8 on 10: 320 against 300, devices, though they are more
        (100, 20, 10 * 20 + 20 * 20 + 10 * 20), // devices throughout: 5 people at 100 cost more than 20 devices at 20
        (10, 100, 30 * 10 + 5 * 10 + 8 * 10), // people throughout: 30 at 10 cost less than 10 devices at 100
    ] {
        let manifest = reached(&[(30, 10), (5, 20), (8, 10)]) + &access_prices("windows-server-cal", user, device);
        let plan = planned(&rules, &estate(&manifest), DAY);
        assert_eq!(
            cost(&plan, Course::Plan),
            i64::from(pounds) * 100,
            "{user} a user, {device} a device: {:?}",
            bought(&plan)
        );
        let scenario = plan.organisations[0].scenario(Course::Plan).expect("shown");
        assert_eq!(scenario.gap().map(|gap| gap.minor), Some(0), "and nothing can cost less");
    }
}

#[test]
fn any_mix_of_access_licences_that_is_owned_serves() {
    // Twenty devices and five people: the first and the third group by device, the second by user. The fewest would be 23.
    let rules = rules();
    let owned = owned_access("device", 20) + &owned_access("user", 5);
    let groups = [(30, 10), (5, 20), (8, 10)];
    let plan = planned(&rules, &estate(&(reached(&groups) + &owned)), DAY);
    assert!(plan.organisations.is_empty(), "nothing is short: {:?}", bought(&plan));
    // Two licences fewer: two devices, because 8 people would cost more.
    let owned = owned_access("device", 18) + &owned_access("user", 5);
    let manifest = reached(&groups) + &owned + &access_prices("windows-server-cal", 40, 35);
    let plan = planned(&rules, &estate(&manifest), DAY);
    assert_eq!(
        (bought(&plan), cost(&plan, Course::Plan)),
        (vec!["Buy 2 device licences of Windows Server CAL.".into()], 7_000)
    );
}

#[test]
fn where_many_groups_share_nothing_the_cheapest_mix_is_found_too() {
    // Six groups: by device where people are more than device price / user price = 0.75 of the devices.
    let groups = [(30, 10), (5, 20), (8, 10), (7, 10), (12, 16), (9, 30)];
    let least: u32 = groups.iter().map(|&(users, devices)| (users * 40).min(devices * 30)).sum();
    assert_eq!(least, 300 + 200 + 300 + 280 + 480 + 360);
    let manifest = reached(&groups) + &access_prices("windows-server-cal", 40, 30);
    let plan = planned(&rules(), &estate(&manifest), DAY);
    assert_eq!(cost(&plan, Course::Plan), i64::from(least) * 100, "{:?}", bought(&plan));
}

#[test]
fn what_a_subscription_covers_needs_no_access_licence() {
    // Of thirty people twelve hold a suite that includes the access; eighteen are left, fewer than the forty devices.
    let manifest = reached(&[(30, 40)])
        + "[[user]]\ncount = 12\nsubscriptions = [\"microsoft-365-e3\"]\n"
        + "[[entitlement]]\nproduct = \"microsoft-365-e3\"\nmetric = \"user\"\nquantity = 12\nbought = 2026-01-01\n\
           subscription = { from = 2026-01-01, until = 2026-12-31 }\n"
        + &access_prices("windows-server-cal", 40, 35);
    let plan = planned(&rules(), &estate(&manifest), DAY);
    assert_eq!(
        (kinds(&plan), cost(&plan, Course::Plan)),
        (vec![StepKind::Buy], 72_000),
        "18 × 40: {:?}",
        bought(&plan)
    );
}

// --- Servers and those who reach them ---------------------------------------------------------------------------------

/// Servers with SQL Server, each of sixteen cores: eight packs of two by core.
fn databases(servers: u32) -> String {
    format!(
        "[[host]]\nname = \"db\"\ncount = {servers}\nprocessors = [16]\n\
         installs = [{{ product = \"sql-server\", edition = \"standard\", version = \"2022\" }}]\n"
    ) + &price("sql-server", "standard", "core", 2, 2900)
        + &price("sql-server", "standard", "server", 1, 800)
}

fn used_by(people: u32) -> String {
    format!("[[access]]\nproduct = \"sql-server\"\nversion = \"2022\"\nusers = {people}\n")
}

#[test]
fn servers_are_bought_with_the_access_licences_they_ask_for_or_by_core() {
    let rules = rules();
    // One server by core: 8 × 2,900 = 23,200. By server: 800, and 180 for each who reaches it: less up to 124 people.
    for (people, by_server, pence) in
        [(20, true, 80_000 + 20 * 18_000), (124, true, 2_312_000), (125, false, 2_320_000)]
    {
        let manifest = databases(1) + &used_by(people) + &access_prices("sql-server-cal", 180, 180);
        let plan = planned(&rules, &estate(&manifest), DAY);
        let all = bought(&plan);
        assert_eq!(all.len(), if by_server { 2 } else { 1 }, "{people} people: {all:?}");
        assert_eq!(all.iter().any(|text| text.contains(&format!("{people} user licences"))), by_server, "{all:?}");
        assert_eq!(cost(&plan, Course::Plan), pence, "{people} people: {all:?}");
        assert_eq!(cost(&plan, Course::BuyNow), 2_320_000, "as it stands it is licensed by core");
    }
}

#[test]
fn access_is_bought_once_however_many_servers_are_reached() {
    // Three servers by core cost 3 × 23,200; by server 3 × 800 + 20 × 180.
    let manifest = databases(3) + &used_by(20) + &access_prices("sql-server-cal", 180, 180);
    let plan = planned(&rules(), &estate(&manifest), DAY);
    assert_eq!(cost(&plan, Course::Plan), 240_000 + 360_000, "{:?}", bought(&plan));
}

#[test]
fn servers_are_not_bought_where_nobody_knows_what_their_access_takes() {
    let rules = rules();
    // Nobody states who reaches the server: how many access licences it needs is not known, and unknown is not nought.
    let unknown = planned(&rules, &estate(&(databases(1) + &access_prices("sql-server-cal", 180, 180))), DAY);
    assert_eq!((kinds(&unknown), cost(&unknown, Course::Plan)), (vec![StepKind::Buy], 2_320_000));
    let notes = unknown.organisations[0].notes.join("\n");
    assert!(notes.contains("nobody states who reaches SQL Server"), "{notes}");
    // It is known, and the licences have no price.
    let unpriced = planned(&rules, &estate(&(databases(1) + &used_by(20))), DAY);
    assert_eq!((kinds(&unpriced), cost(&unpriced, Course::Plan)), (vec![StepKind::Buy], 2_320_000));
    assert!(steps(&unpriced)[0].key.0.ends_with("/standard/core"), "{}", steps(&unpriced)[0].key);
}

// --- Changes together with purchases ----------------------------------------------------------------------------------

#[test]
fn a_lower_edition_is_installed_and_the_rest_is_bought() {
    // Two servers of sixteen cores. One runs Enterprise and nothing is known to need it, the other Standard; eight packs of
    // Standard are owned. As it stands: 16 cores of Enterprise, 8 × 11,100 = 88,800, and nothing else. With Standard on
    // both, 32 cores are needed and 16 owned: 8 × 2,900 = 23,200.
    let server = |name: &str, edition: &str| {
        format!(
            "[[host]]\nname = \"{name}\"\nprocessors = [16]\n\
             installs = [{{ product = \"sql-server\", edition = \"{edition}\", version = \"2022\" }}]\n"
        )
    };
    let manifest = server("one", "enterprise")
        + &server("two", "standard")
        + "[[entitlement]]\nproduct = \"sql-server\"\nedition = \"standard\"\nversion = \"2022\"\nmetric = \"core\"\n\
           quantity = 16\nbought = 2023-01-01\n"
        + &price("sql-server", "standard", "core", 2, 2900)
        + &price("sql-server", "enterprise", "core", 2, 11_100);
    let plan = planned(&rules(), &estate(&manifest), DAY);
    assert_eq!((cost(&plan, Course::BuyNow), cost(&plan, Course::BuyOnly)), (8_880_000, 8_880_000));
    assert_eq!(kinds(&plan), [StepKind::Downgrade, StepKind::Buy], "{:?}", steps(&plan));
    assert_eq!(cost(&plan, Course::Plan), 2_320_000);
    assert!(steps(&plan)[0].needs_decision && !steps(&plan)[1].needs_decision);
    let saved: i64 = steps(&plan).iter().filter_map(|step| step.saving.as_ref()).map(|one| one.horizon.minor).sum();
    assert_eq!(saved, 8_880_000 - 2_320_000);
}

#[test]
fn a_lower_edition_may_go_with_another_metric_and_its_access_licences() {
    // One server with Enterprise, sixteen cores: 8 × 11,100. Standard by core: 8 × 2,900. Standard by server, for the ten
    // who reach it: 800 + 10 × 180 = 2,600.
    let manifest = databases(1).replacen("edition = \"standard\"", "edition = \"enterprise\"", 1)
        + &price("sql-server", "enterprise", "core", 2, 11_100)
        + &used_by(10)
        + &access_prices("sql-server-cal", 180, 180);
    let plan = planned(&rules(), &estate(&manifest), DAY);
    assert_eq!(cost(&plan, Course::BuyNow), 8_880_000);
    assert_eq!(
        cost(&plan, Course::Plan),
        260_000,
        "{:?}",
        steps(&plan).iter().map(|step| &step.text).collect::<Vec<_>>()
    );
    assert_eq!(kinds(&plan), [StepKind::Downgrade, StepKind::Buy, StepKind::Buy]);
}
