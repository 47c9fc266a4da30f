//! What the stage promises, on a made-up system.

use jiff::civil::{Date, date};

use crate::model::{Estate, Rag, SupportRow, SupportStatus, SystemSupport};
use crate::rules::{Rules, Settings, parse_manifest, parse_settings};

use super::{Support, UNKNOWN_SYSTEM, support};

const CASTLE: &str = r#"
[product]
id = "castle"
publisher = "Mason"
name = "Castle"
kind = "operating-system"
editions = ["keep", "tower"]

[[release]]
version = "1"
support = [
  { phase = "mainstream", until = 2015-01-13, source = "mason" },
  { phase = "extended", until = 2020-01-14, source = "mason, page 2" },
  { phase = "paid-extended", until = 2023-01-10, source = "mason", note = "three years" },
]
unsupported_before_build = { build = "6.1.7601", until = 2013-04-09, source = "mason" }

[[release]]
version = "2 spring"
licence_version = "2"
support = [
  { phase = "mainstream", until = 2025-11-11, editions = ["keep"], source = "mason" },
  { phase = "mainstream", until = 2026-11-10, editions = ["tower"], source = "mason", verified = false },
]

[[release]]
version = "2 autumn"
licence_version = "2"
support = [{ phase = "mainstream", until = 2027-10-12, source = "mason" }]

[[release]]
version = "3"
support = [
  { phase = "mainstream", until = 2027-01-12, source = "mason" },
  { phase = "extended", until = 2032-01-13, editions = ["tower"], source = "mason" },
]

unsupported_before_build = { build = "13.0.6300", until = 2022-10-11, source = "mason", ignore_minor = true }

[[release]]
version = "evergreen"
rolling = true

[[release]]
version = "secret"
"#;

fn run(hosts: &str, settings: &str, as_of: Date) -> (Support, Estate) {
    let rules = Rules::from_texts([("rules/castle.toml".to_owned(), CASTLE.to_owned())].into()).unwrap();
    let manifest = parse_manifest("m.toml", hosts, None, "north").unwrap();
    let estate = Estate::of_manifest(manifest);
    let settings: Settings = parse_settings("trueup.toml", settings).unwrap();
    (support(&estate, &rules, &settings, as_of), estate)
}

/// The row of one host with one installation, written as the inside of an inline table.
fn one(installation: &str, settings: &str, as_of: Date) -> SupportRow {
    let hosts = format!("[[host]]\nname = \"a\"\ninstalls = [{{ product = \"castle\", {installation} }}]");
    let (found, _) = run(&hosts, settings, as_of);
    assert_eq!(found.rows.len(), 1, "{:?}", found.rows);
    found.rows[0].clone()
}

const BOUGHT: &str = r#"
[[extended_support]]
organisation = "north"
product = "castle"
version = "1"
from = 2020-01-15
until = 2022-01-11
reference = "PO 7"
"#;

fn accepted(review_by: &str, host: &str) -> String {
    format!(
        "[[acceptance]]\norganisation = \"north\"\nkind = \"unsupported\"\nproduct = \"castle\"\n{host}\
         reason = \"isolated\"\nowner = \"J. Smith\"\nreview_by = {review_by}\n"
    )
}

#[test]
fn the_last_day_of_support_is_still_supported() {
    let last = one("version = \"1\"", "", date(2020, 1, 14));
    assert_eq!((last.status, last.until), (SupportStatus::Ending, Some(date(2020, 1, 14))));
    assert_eq!(last.date_source.as_deref(), Some("mason, page 2"));
    assert_eq!(one("version = \"1\"", "", date(2020, 1, 15)).status, SupportStatus::OutOfSupport);
}

#[test]
fn an_end_is_announced_from_the_first_day_of_the_horizon() {
    assert_eq!(one("version = \"1\"", "", date(2019, 1, 14)).status, SupportStatus::Ending);
    assert_eq!(one("version = \"1\"", "", date(2019, 1, 13)).status, SupportStatus::Supported);
    let wider = "support_horizon_months = 24";
    assert_eq!(one("version = \"1\"", wider, date(2019, 1, 13)).status, SupportStatus::Ending);
}

#[test]
fn a_paid_phase_counts_only_where_it_was_bought() {
    let day = date(2021, 6, 1);
    let without = one("version = \"1\"", "", day);
    assert_eq!(without.status, SupportStatus::OutOfSupport);
    assert!(without.reason.contains("offered until 2023-01-10 (three years) and was not bought"), "{}", without.reason);
    let with = one("version = \"1\"", BOUGHT, day);
    assert_eq!((with.status, with.until), (SupportStatus::ExtendedSupport, Some(date(2022, 1, 11))));
    assert!(with.date_source.as_ref().is_some_and(|source| source.contains("PO 7")));
}

#[test]
fn extended_support_ends_with_its_term_and_with_the_publishers_offer() {
    assert_eq!(one("version = \"1\"", BOUGHT, date(2022, 1, 12)).status, SupportStatus::OutOfSupport);
    let longer = BOUGHT.replace("2022-01-11", "2030-01-01");
    assert_eq!(one("version = \"1\"", &longer, date(2023, 1, 10)).status, SupportStatus::ExtendedSupport);
    assert_eq!(one("version = \"1\"", &longer, date(2023, 1, 11)).status, SupportStatus::OutOfSupport);
}

#[test]
fn extended_support_of_another_organisation_or_host_covers_nothing() {
    let day = date(2021, 6, 1);
    let elsewhere = BOUGHT.replace("north", "south");
    assert_eq!(one("version = \"1\"", &elsewhere, day).status, SupportStatus::OutOfSupport);
    let other_host = format!("{BOUGHT}hosts = [\"b\"]\n");
    assert_eq!(one("version = \"1\"", &other_host, day).status, SupportStatus::OutOfSupport);
    let this_host = format!("{BOUGHT}hosts = [\"A\"]\n");
    assert_eq!(one("version = \"1\"", &this_host, day).status, SupportStatus::ExtendedSupport);
}

#[test]
fn an_unknown_version_is_unknown_and_says_why() {
    let row = one("edition = \"keep\"", "", date(2020, 1, 1));
    assert_eq!((row.status, row.rag()), (SupportStatus::Unknown, Rag::Grey));
    assert!(row.reason.contains("the manifest states no version"), "{}", row.reason);
}

#[test]
fn a_release_the_rules_do_not_know_or_hold_no_end_for_is_unknown() {
    let missing = one("version = \"9\"", "", date(2020, 1, 1));
    assert_eq!(missing.status, SupportStatus::Unknown);
    assert!(missing.reason.contains("no release 9"), "{}", missing.reason);
    let silent = one("version = \"secret\"", "", date(2020, 1, 1));
    assert_eq!(silent.status, SupportStatus::Unknown);
    assert!(silent.reason.contains("no end of the release"), "{}", silent.reason);
}

#[test]
fn a_product_without_a_rule_file_is_unknown() {
    let (found, _) =
        run("[[host]]\nname = \"a\"\ninstalls = [{ product = \"moat\", version = \"1\" }]", "", date(2020, 1, 1));
    let statuses: Vec<_> = found.rows.iter().map(|row| (row.product.as_str(), row.status)).collect();
    assert_eq!(statuses, [("moat", SupportStatus::Unknown), (UNKNOWN_SYSTEM, SupportStatus::Unknown)]);
}

#[test]
fn a_machine_without_a_known_operating_system_is_a_row_of_its_own() {
    let (found, _) = run("[[host]]\nname = \"a\"", "", date(2020, 1, 1));
    assert_eq!(found.rows.len(), 1);
    assert_eq!((found.rows[0].product.as_str(), found.rows[0].status), (UNKNOWN_SYSTEM, SupportStatus::Unknown));
    assert_eq!(found.summary[0].counts, [0, 0, 0, 0, 1]);
}

#[test]
fn a_rolling_release_is_supported_without_a_date() {
    let row = one("version = \"evergreen\"", "", date(2040, 1, 1));
    assert_eq!((row.status, row.until, row.rag()), (SupportStatus::Supported, None, Rag::Green));
}

#[test]
fn the_edition_decides_where_editions_end_on_different_days() {
    let day = date(2026, 1, 1);
    assert_eq!(one("version = \"2 spring\", edition = \"keep\"", "", day).status, SupportStatus::OutOfSupport);
    let tower = one("version = \"2 spring\", edition = \"tower\"", "", day);
    assert_eq!((tower.status, tower.verified), (SupportStatus::Ending, false));
    let unknown = one("version = \"2 spring\"", "", day);
    assert_eq!(unknown.status, SupportStatus::Unknown);
    assert!(unknown.reason.contains("depends on the edition"), "{}", unknown.reason);
    let gone = one("version = \"2 spring\"", "", date(2026, 11, 11));
    assert_eq!((gone.status, gone.until), (SupportStatus::OutOfSupport, Some(date(2026, 11, 10))));
}

#[test]
fn a_longer_life_of_one_edition_is_not_lent_to_an_unknown_one() {
    let day = date(2028, 1, 1);
    assert_eq!(one("version = \"3\", edition = \"tower\"", "", day).status, SupportStatus::Supported);
    assert_eq!(one("version = \"3\", edition = \"keep\"", "", day).status, SupportStatus::OutOfSupport);
    assert_eq!(one("version = \"3\"", "", day).status, SupportStatus::Unknown);
}

#[test]
fn a_version_that_stands_for_several_releases_is_answered_only_where_they_agree() {
    let open = one("version = \"2\", edition = \"tower\"", "", date(2026, 12, 1));
    assert_eq!(open.status, SupportStatus::Unknown);
    assert!(open.reason.contains("depends on the release"), "{}", open.reason);
    let gone = one("version = \"2\", edition = \"tower\"", "", date(2027, 10, 13));
    assert_eq!((gone.status, gone.until), (SupportStatus::OutOfSupport, Some(date(2027, 10, 12))));
}

#[test]
fn a_build_before_the_service_pack_ended_earlier() {
    let old = one("version = \"1\", build_number = \"6.1.7600\"", "", date(2014, 1, 1));
    assert_eq!((old.status, old.until), (SupportStatus::OutOfSupport, Some(date(2013, 4, 9))));
    let new = one("version = \"1\", build_number = \"6.1.7601\"", "", date(2014, 1, 1));
    assert_eq!(new.status, SupportStatus::Supported);
}

#[test]
fn an_installers_number_warns_and_decides_nothing() {
    let installation = "version = \"3\", edition = \"keep\", build_number = \"13.2.5026.0\"";
    let row = one(installation, "", date(2026, 6, 30));
    assert_eq!((row.status, row.until), (SupportStatus::Ending, Some(date(2027, 1, 12))));
    assert!(row.reason.contains("check that it was patched since"), "{}", row.reason);
}

#[test]
fn an_acceptance_in_force_turns_red_into_amber_and_is_no_finding() {
    let (found, _) = run(
        "[[host]]\nname = \"a\"\ninstalls = [{ product = \"castle\", version = \"1\" }]",
        &accepted("2024-06-30", ""),
        date(2024, 6, 30),
    );
    let row = &found.rows[0];
    assert_eq!((row.status, row.rag()), (SupportStatus::OutOfSupport, Rag::Amber));
    assert_eq!(row.accepted.as_deref(), Some("isolated (J. Smith, review by 2024-06-30)"));
    assert_eq!((found.findings.len(), row.finding("a"), found.summary[0].accepted), (0, None, 1));
}

#[test]
fn an_expired_acceptance_falls_back_to_red_and_is_a_finding_itself() {
    let (found, _) = run(
        "[[host]]\nname = \"a\"\ninstalls = [{ product = \"castle\", version = \"1\" }]",
        &accepted("2024-06-30", ""),
        date(2024, 7, 1),
    );
    assert_eq!((found.rows[0].accepted.as_ref(), found.rows[0].rag()), (None, Rag::Red));
    assert!(found.rows[0].reason.contains("J. Smith expired on 2024-06-30"));
    let keys: Vec<&str> = found.findings.iter().map(|finding| finding.key.0.as_str()).collect();
    assert_eq!(keys, ["expired-acceptance:north/-/castle/-/-/-"]);
    let unsupported = found.rows[0].finding("a").expect("it is to be acted on");
    assert_eq!(unsupported.key.0, "unsupported:north/a/castle/-/1/-");
}

#[test]
fn an_acceptance_covers_its_host_or_the_whole_organisation_and_no_other() {
    let hosts = ["north", "north", "south"].iter().zip(["a", "b", "c"]).map(|(organisation, name)| {
        format!(
            "[[host]]\nname = \"{name}\"\norganisation = \"{organisation}\"\n\
             installs = [{{ product = \"castle\", version = \"1\" }}]\n"
        )
    });
    let hosts: String = hosts.collect();
    let covered = |settings: &str| -> Vec<bool> {
        run(&hosts, settings, date(2024, 1, 1)).0.rows.iter().map(|row| row.accepted.is_some()).collect()
    };
    assert_eq!(covered(&accepted("2024-12-31", "host = \"a\"\n")), [true, false, false]);
    assert_eq!(covered(&accepted("2024-12-31", "")), [true, true, false]);
}

#[test]
fn an_acceptance_may_name_the_licences_version_of_a_finer_release() {
    let settings = format!("{}version = \"2\"\n", accepted("2027-12-31", ""));
    let row = one("version = \"2 spring\", edition = \"keep\"", &settings, date(2026, 1, 1));
    assert!(row.accepted.is_some(), "{row:?}");
    assert!(one("version = \"1\"", &settings, date(2026, 1, 1)).accepted.is_none());
}

#[test]
fn an_acceptance_or_purchase_that_fits_nothing_is_told() {
    let settings = format!("{}{BOUGHT}", accepted("2024-12-31", "host = \"nowhere\"\n"));
    let (found, _) = run("[[host]]\nname = \"a\"", &settings, date(2024, 1, 1));
    let told: Vec<String> = found.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("trueup.toml: line 1:"), "{told:?}");
}

#[test]
fn a_system_bears_the_colour_of_its_worst_part_and_unknown_is_never_green() {
    let (found, estate) = run(
        r#"
[[host]]
name = "a"
installs = [{ product = "castle", version = "evergreen" }, { product = "castle", version = "1" }]
[[host]]
name = "b"
installs = [{ product = "castle", version = "evergreen" }, { product = "castle" }]
[[host]]
name = "c"
installs = [{ product = "castle", version = "evergreen" }]
"#,
        "",
        date(2024, 1, 1),
    );
    let systems = SystemSupport::of(&found.rows);
    let colours: Vec<_> = systems.iter().map(|system| (estate.host(system.host).name.as_str(), system.rag)).collect();
    assert_eq!(colours, [("a", Rag::Red), ("b", Rag::Grey), ("c", Rag::Green)]);
    assert_eq!(found.rows[systems[0].decided_by].version.as_deref(), Some("1"));
}

#[test]
fn two_instances_of_one_release_are_one_row() {
    let (found, _) = run(
        "[[host]]\nname = \"a\"\ninstalls = [{ product = \"castle\", version = \"1\" }, { product = \"castle\", version = \"1\" }]",
        "",
        date(2020, 1, 1),
    );
    assert_eq!(found.rows.len(), 1);
}
