//! Promise: a slip of the pen in what people write by hand is told, and nothing is counted, priced or dropped because of it.

mod estates;

use trueup::model::{Finding, Outcome};
use trueup::rules::parse_manifest;

const SERVER: &str = "[[host]]\nname = \"h\"\nprocessors = [8, 8]\n\
                      installs = [{ product = \"windows-server\", edition = \"standard\", version = \"2022\" }]\n";

fn outcome(files: &[(&str, &str)]) -> Outcome {
    let estate = estates::folder();
    for (name, text) in files {
        estates::write(&estate.path().join(name), text.as_bytes());
    }
    estates::scan(&estates::options(estate.path()))
}

fn findings(outcome: &Outcome, kind: &str) -> Vec<String> {
    let of_kind = |finding: &&Finding| finding.key.0.starts_with(&format!("{kind}:"));
    outcome.findings.iter().filter(of_kind).map(|finding| finding.text.clone()).collect()
}

/// Why files were not read, or only in part.
fn left_out(outcome: &Outcome) -> String {
    let reasons = outcome.sources.iter().filter_map(|source| source.reason.clone());
    reasons.chain(outcome.diagnostics.iter().map(|told| told.message.clone())).collect::<Vec<_>>().join("; ")
}

/// What is wrong with a manifest.
fn faults(manifest: &str) -> Vec<String> {
    let found = parse_manifest("slip.toml", manifest, None, "org").err().unwrap_or_default();
    found.into_iter().map(|fault| fault.message).collect()
}

#[test]
fn a_machine_without_a_core_is_a_fault_and_no_smallest_server() {
    let none = "`processors` needs the cores of each processor, at least one; leave it out where nobody knows";
    for processors in ["[]", "[8, 0]"] {
        assert_eq!(faults(&format!("[[host]]\nname = \"a\"\nprocessors = {processors}\n")), [none]);
    }
    let guest = faults("[[host]]\nname = \"a\"\non = \"unknown\"\nvcpus = 0\n");
    assert_eq!(guest, ["`vcpus` is at least 1; leave it out where nobody knows"]);
}

#[test]
fn two_machines_of_one_name_are_a_fault() {
    let twice = "[[host]]\nname = \"a\"\nprocessors = [8]\n[[host]]\nname = \"a\"\nprocessors = [16]\n";
    assert_eq!(faults(twice), ["two machines of org are called a"]);
    let counted = "[[host]]\nname = \"a\"\ncount = 2\n[[host]]\nname = \"a-2\"\n";
    assert_eq!(faults(counted), ["two machines of org are called a-2"]);
    let elsewhere = "[[host]]\nname = \"a\"\n[[host]]\nname = \"a\"\norganisation = \"other\"\n";
    assert!(faults(elsewhere).is_empty(), "another organisation may call a machine the same");
}

#[test]
fn a_number_beyond_any_estate_is_refused_and_shown() {
    let bought = |quantity: &str| {
        format!(
            "[[entitlement]]\nproduct = \"windows-server\"\nedition = \"standard\"\nversion = \"2022\"\nmetric = \"core\"\n\
             quantity = {quantity}\n"
        )
    };
    for quantity in ["10000001", "4000000000", "-4"] {
        let message = format!("`quantity` must be a whole number from 0 to 10,000,000, not {quantity}");
        assert_eq!(faults(&bought(quantity)), [message]);
    }
    assert!(faults(&bought("10_000_000")).is_empty());
    assert_eq!(faults("[[host]]\nname = \"a\"\ncount = 1000001\n"), ["`count` is at most 1,000,000 machines"]);
    let table = "product,edition,version,metric,quantity\nWindows Server,Standard,2022,core,4000000000\n";
    let found = outcome(&[("server.toml", SERVER), ("purchases.csv", table)]);
    assert!(left_out(&found).contains("`4000000000` is larger than any number of licences"), "{}", left_out(&found));
}

#[test]
fn an_amount_below_nothing_or_beyond_reason_is_refused() {
    let price = |amount: &str| {
        format!(
            "[[price]]\nproduct = \"windows-server\"\nedition = \"standard\"\nmetric = \"core\"\namount = {amount}\n"
        )
    };
    assert_eq!(faults(&price("-5")), ["`amount` is less than 0"]);
    assert_eq!(faults(&price("\"99999999999999999999999999\"")), ["`amount` is more than anything costs"]);
    let table = "product,edition,metric,amount\nWindows Server,Standard,core,99999999999999999999999999\n";
    let found = outcome(&[("server.toml", SERVER), ("prices.csv", table)]);
    assert!(left_out(&found).contains("is more than anything costs"), "{}", left_out(&found));
    assert_eq!(found.strict.positions[0].cost, None);
    // The dearest price that is taken still adds up, or the figure is not told.
    let dear = outcome(&[("server.toml", SERVER), ("dear.toml", &price("1_000_000_000_000"))]);
    let cost = dear.strict.positions[0].cost.as_ref().map(|cost| cost.minor);
    assert_eq!(cost, Some(16 * 1_000_000_000_000 * 100));
}

#[test]
fn a_price_of_nothing_is_a_missing_price_and_told() {
    let price = "[[price]]\nproduct = \"windows-server\"\nedition = \"standard\"\nmetric = \"core\"\namount = 0\n";
    let found = outcome(&[("server.toml", SERVER), ("prices.toml", price)]);
    assert_eq!((found.strict.positions[0].shortfall, &found.strict.positions[0].cost), (16, &None));
    let text =
        "1 price is 0, which is taken for a price that is missing; the first is that of Windows Server standard.";
    assert_eq!(findings(&found, "zero-price"), [text]);
}

#[test]
fn a_price_of_what_no_rule_knows_is_told_once_for_all() {
    let prices = "product,edition,metric,amount\nWindoos Server,Standard,core,9\nWindows Server,Gold,core,9\n";
    let found = outcome(&[("server.toml", SERVER), ("prices.csv", prices)]);
    let [told] = &findings(&found, "unknown-price")[..] else { panic!("{:?}", found.findings) };
    assert!(told.starts_with("2 prices are of a product, edition or version that no rule file knows"), "{told}");
    assert_eq!(found.strict.positions[0].cost, None);
}

#[test]
fn a_purchase_that_gives_no_right_is_a_finding_and_none_is_lost() {
    let head = "product,edition,version,metric,quantity,bought,reference\n";
    for (line, kind, text) in [
        (
            "Windows Server,Standard,2077,core,16,2024-01-01,P",
            "no-right",
            "16 units of Windows Server were bought and give no right: no release of Windows Server has the version 2077.",
        ),
        (
            "Windows Server,Standard,,core,16,,P",
            "no-right",
            "16 units of Windows Server were bought and give no right: neither the version nor the day of purchase is stated.",
        ),
        ("Windows Server,Gold,2022,core,16,2024-01-01,P", "no-edition", "which no rule knows"),
        (
            "Windows Server,Standard,2022,core,-16,2024-01-01,P",
            "no-base",
            "16 of 16 units of Windows Server that were returned match no earlier purchase on file: nothing is taken off for them.",
        ),
    ] {
        let found = outcome(&[("server.toml", SERVER), ("purchases.csv", &format!("{head}{line}\n"))]);
        let [told] = &findings(&found, kind)[..] else { panic!("{line}: {:?}", found.findings) };
        assert!(told.contains(text), "{told}");
        let short: u32 = found.strict.positions.iter().map(|row| row.shortfall).sum();
        assert_eq!(short, 16, "{line}");
    }
    // A subscription that is over is the ordinary course, and no gap.
    let over = "product,edition,version,metric,quantity,bought,subscription_from,subscription_until\n\
                Project Plan 3,,,user,5,2024-01-01,2024-01-01,2024-12-31\n";
    let found = outcome(&[("server.toml", SERVER), ("purchases.csv", over)]);
    assert!(findings(&found, "no-right").is_empty());
}

#[test]
fn a_processor_of_more_cores_than_are_made_is_told_with_what_rests_on_it() {
    let found = outcome(&[("server.toml", &SERVER.replace("[8, 8]", "[513]"))]);
    let [told] = &findings(&found, "implausible")[..] else { panic!("{:?}", found.findings) };
    assert!(told.contains("a processor of 513 cores has more than processors have"), "{told}");
    assert!(told.contains("Windows Server (513 units)"), "{told}");
    assert!(findings(&outcome(&[("server.toml", &SERVER.replace("[8, 8]", "[512]"))]), "implausible").is_empty());
}

#[test]
fn a_text_that_says_nothing_is_a_fault_where_one_is_required() {
    assert_eq!(faults("[[host]]\nname = \" \"\n"), ["`name` says nothing"]);
}

#[test]
fn prices_in_another_currency_are_told_where_there_are_several() {
    let price = |product: &str, currency: &str| {
        format!("[[price]]\nproduct = \"{product}\"\nmetric = \"device\"\namount = 9\ncurrency = \"{currency}\"\n")
    };
    let both = price("visio", "USD") + &price("office", "GBP");
    let found = outcome(&[("server.toml", SERVER), ("prices.toml", &both)]);
    assert_eq!(
        findings(&found, "other-currency"),
        ["1 price is not in GBP, and not used; the first is that of Visio."]
    );
    let one = outcome(&[("server.toml", SERVER), ("prices.toml", &price("visio", "USD"))]);
    assert!(findings(&one, "other-currency").is_empty(), "a single currency is that of the report");
}

#[test]
fn a_record_of_access_that_names_a_machine_nobody_knows_is_told() {
    let access = |host: &str| {
        format!("[[access]]\nproduct = \"windows-server\"\nusers = 40\nexternal_users = 9\nhosts = [\"{host}\"]\n")
    };
    let of = |host: &str| findings(&outcome(&[("server.toml", SERVER), ("who.toml", &access(host))]), "unknown-host");
    assert_eq!(
        of("hh"),
        [
            "The record of who reaches Windows Server names hh, which no source shows: what depends on these machines is not \
             counted; check how they are spelt."
        ]
    );
    assert!(of("H").is_empty(), "capitals do not matter");
}
