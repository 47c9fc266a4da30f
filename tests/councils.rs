//! The councils' sample estate comes to what its README works out by hand: every planted finding, with its figure.

mod estates;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use trueup::model::{Answer, FileStatus, Outcome, Position, SupportRow, SupportStatus, decimal_to_minor};

static FOUND: LazyLock<Outcome> =
    LazyLock::new(|| estates::scan(&estates::options(estates::copy_of("samples/councils").path())));

static EXPECTED: LazyLock<Expected> = LazyLock::new(|| {
    toml::from_str(include_str!("data/councils-expected.toml")).expect("the expectations are well-formed")
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    row: Vec<Row>,
    customer_row: Vec<Row>,
    missing_price: Vec<Row>,
    support: Vec<Support>,
    coverage: Coverage,
    files: Files,
    records: Records,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    organisation: String,
    product: String,
    edition: Option<String>,
    metric: String,
    required: Option<u32>,
    usable: Option<u32>,
    shortfall: Option<u32>,
    surplus: Option<u32>,
    range: Option<(u32, u32)>,
    cost: Option<String>,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Support {
    organisation: String,
    product: String,
    version: String,
    status: String,
    count: usize,
    until: toml::value::Datetime,
    why: String,
}

#[derive(Deserialize)]
struct Coverage {
    hosts: usize,
    #[serde(flatten)]
    organisations: BTreeMap<String, Seen>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    hosts: u32,
    hypervisor_hosts: u32,
    guests: u32,
    physical_servers: u32,
    pcs: u32,
    manifest_only: u32,
    with_software: u32,
    guests_without_agent: u32,
    guests_unplaced: u32,
    powered_off: u32,
    stale: u32,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    found: usize,
    read: usize,
    partly_read: usize,
    rejected: usize,
    ignored: usize,
    rejected_files: Vec<String>,
    ignored_files: Vec<String>,
    why: String,
}

#[derive(Deserialize)]
struct Records {
    total: u64,
    why: String,
    #[serde(flatten)]
    organisations: BTreeMap<String, u64>,
}

/// Fails with every expectation that does not hold.
fn hold(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} expectations do not hold:\n{}", wrong.len(), wrong.join("\n"));
}

/// Notes what differs from the expected value.
fn compare<T: PartialEq + std::fmt::Debug>(wrong: &mut Vec<String>, title: &str, name: &str, found: T, expected: T) {
    if found != expected {
        wrong.push(format!("{title}: {name} is {found:?}, not {expected:?}"));
    }
}

fn title(row: &Row) -> String {
    let edition = row.edition.as_deref().unwrap_or("any edition");
    format!("{} {} {edition} by {} ({})", row.organisation, row.product, row.metric, row.why)
}

/// The rows of the position that an expected row sums, over all versions.
fn matching<'a>(found: &'a Outcome, reading: Answer, row: &Row) -> Vec<&'a Position> {
    let positions = found.assessment(reading).positions.iter();
    positions
        .filter(|position| {
            position.organisation == row.organisation
                && position.product == row.product
                && row.edition.as_ref().is_none_or(|edition| Some(edition) == position.edition.as_ref())
                && position.metric.name() == row.metric
        })
        .collect()
}

fn check_rows(reading: Answer, expected: &[Row]) {
    let mut wrong = Vec::new();
    for row in expected {
        let rows = matching(&FOUND, reading, row);
        let title = title(row);
        let sum = |figure: fn(&Position) -> u32| rows.iter().map(|row| figure(row)).sum::<u32>();
        let (required, shortfall) = (sum(|row| row.required), sum(|row| row.shortfall));
        // What fits is counted once: where something is short all of it is in use, else the rest of each row is added.
        let usable = match shortfall {
            0 => required + sum(|row| row.usable - row.required),
            _ => required - shortfall,
        };
        let figures = [
            ("required", row.required, required),
            ("usable", row.usable, usable),
            ("shortfall", row.shortfall, shortfall),
            ("surplus", row.surplus, sum(|row| row.surplus)),
        ];
        for (name, expected, found) in figures {
            compare(&mut wrong, &title, name, Some(found), expected.or(Some(found)));
        }
        if let Some(range) = row.range {
            compare(&mut wrong, &title, "range", (sum(|row| row.range.0), sum(|row| row.range.1)), range);
        }
        if let Some(cost) = &row.cost {
            let expected = cost.parse().ok().and_then(decimal_to_minor);
            let found: Option<i64> = rows.iter().map(|row| row.cost.as_ref().map(|cost| cost.minor)).sum();
            compare(&mut wrong, &title, "cost in pence", found, expected);
        }
    }
    hold(wrong);
}

#[test]
fn every_row_of_the_strict_reading() {
    check_rows(Answer::Strict, &EXPECTED.row);
}

#[test]
fn every_row_that_the_customers_reading_changes() {
    check_rows(Answer::Customer, &EXPECTED.customer_row);
}

/// Rows that no expectation speaks of would be findings that nobody planted.
#[test]
fn no_shortfall_that_nobody_planted() {
    let mut wrong = Vec::new();
    for position in FOUND.strict.positions.iter().filter(|position| position.shortfall > 0) {
        let planted = EXPECTED.row.iter().any(|row| matching(&FOUND, Answer::Strict, row).contains(&position));
        if !planted {
            wrong.push(format!("{}: {} short", position.key, position.shortfall));
        }
    }
    hold(wrong);
}

#[test]
fn what_a_row_shows_as_missing_is_no_finding_beside_it() {
    let short = |row: &&Position| row.organisation == "southwark" && row.product == "project-plan-3";
    let row = FOUND.strict.positions.iter().find(short).expect("people have a plan that nobody bought");
    assert_eq!((row.required, row.shortfall), (6, 6));
    let twice: Vec<&str> = FOUND
        .findings
        .iter()
        .filter(|finding| finding.key.0.starts_with("over-assigned:"))
        .map(|finding| finding.text.as_str())
        .collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn a_missing_price_is_named_and_never_zero() {
    let mut wrong = Vec::new();
    for row in &EXPECTED.missing_price {
        let short: Vec<_> = matching(&FOUND, Answer::Strict, row).into_iter().filter(|row| row.shortfall > 0).collect();
        if short.is_empty() {
            wrong.push(format!("{}: nothing is short", title(row)));
        }
        for position in short {
            compare(&mut wrong, &title(row), "cost", position.cost.as_ref(), None);
            compare(&mut wrong, &title(row), "a named price", position.missing_price.is_some(), true);
        }
    }
    let named = FOUND.strict.positions.iter().filter(|position| position.missing_price.is_some()).count();
    compare(&mut wrong, "the whole position", "rows without a price", named, EXPECTED.missing_price.len());
    hold(wrong);
}

/// The version a licence bears: of `10 22H2` that is `10`.
fn licence_version(row: &SupportRow) -> String {
    let version = row.version.as_deref().unwrap_or_default();
    let is_feature_update = |word: &str| {
        word.len() == 4
            && word.ends_with(|c: char| c.is_ascii_digit())
            && word.starts_with(|c: char| c.is_ascii_digit())
    };
    match version.rsplit_once(' ') {
        Some((before, last)) if is_feature_update(last) => before.to_owned(),
        _ => version.to_owned(),
    }
}

/// The word the expectations use for a row of the support register.
fn status(row: &SupportRow) -> Option<&'static str> {
    match row.status {
        SupportStatus::OutOfSupport if row.accepted.is_some() => Some("accepted"),
        SupportStatus::OutOfSupport => Some("unsupported"),
        SupportStatus::ExtendedSupport => Some("extended"),
        SupportStatus::Ending => Some("ending"),
        SupportStatus::Supported | SupportStatus::Unknown => None,
    }
}

#[test]
fn the_support_register_holds_what_was_planted_and_nothing_else() {
    let mut hosts: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for row in &FOUND.support {
        if let Some(status) = status(row) {
            let until = row.until.map(|until| until.to_string()).unwrap_or_default();
            let key = (row.organisation.as_str(), row.product.as_str(), licence_version(row), status, until);
            hosts.entry(key).or_default().insert(row.host);
        }
    }
    let mut found: BTreeMap<_, usize> = hosts.into_iter().map(|(key, hosts)| (key, hosts.len())).collect();
    let mut wrong = Vec::new();
    for expected in &EXPECTED.support {
        let Support { organisation, product, version, status, count, until, why } = expected;
        let key = (organisation.as_str(), product.as_str(), version.clone(), status.as_str(), until.to_string());
        let title = format!("{organisation} {product} {version} {status} until {until} ({why})");
        compare(&mut wrong, &title, "hosts", found.remove(&key).unwrap_or(0), *count);
    }
    wrong.extend(found.iter().map(|(key, hosts)| format!("{key:?}: {hosts} hosts that nobody planted")));
    hold(wrong);
}

#[test]
fn every_host_is_seen_as_what_it_is() {
    let mut wrong = Vec::new();
    compare(&mut wrong, "the whole estate", "hosts", FOUND.hosts.len(), EXPECTED.coverage.hosts);
    for (organisation, expected) in &EXPECTED.coverage.organisations {
        let title = format!("{organisation} ({})", expected.why);
        let Some(row) = FOUND.coverage.iter().find(|row| row.organisation == *organisation) else {
            wrong.push(format!("{title}: has no row"));
            continue;
        };
        let hosts = || FOUND.hosts.iter().filter(|host| host.organisation == *organisation);
        let machines = |kind: &str| u32::try_from(hosts().filter(|host| host.machine == kind).count());
        let physical = expected.physical_servers + expected.pcs + expected.manifest_only;
        let figures = [
            ("hosts", row.hosts, expected.hosts),
            ("virtualisation hosts", row.virtualisation_hosts, expected.hypervisor_hosts),
            ("hosts with software", row.inventoried, expected.with_software),
            ("hosts without", row.not_inventoried, expected.guests_without_agent + expected.manifest_only),
            ("guests on unknown hosts", row.unplaced, expected.guests_unplaced),
            ("stale hosts", row.stale, expected.stale),
            ("virtualisation hosts", machines("virtualisation host").unwrap_or(0), expected.hypervisor_hosts),
            ("guests", machines("guest").unwrap_or(0), expected.guests),
            ("other physical machines", machines("physical machine").unwrap_or(0), physical),
        ];
        for (name, found, expected) in figures {
            compare(&mut wrong, &title, name, found, expected);
        }
        let off: BTreeSet<_> = FOUND
            .questions
            .iter()
            .filter(|question| question.key.ambiguity == "D-01" && question.key.organisation == *organisation)
            .flat_map(|question| &question.hosts)
            .collect();
        compare(&mut wrong, &title, "hosts switched off", off.len(), expected.powered_off as usize);
    }
    hold(wrong);
}

#[test]
fn every_file_and_every_record_is_accounted_for() {
    let mut wrong = Vec::new();
    let expected = &EXPECTED.files;
    let is_input =
        |path: &str| ["inventory/", "entitlements/", "prices/"].iter().any(|folder| path.starts_with(folder));
    let sources: Vec<_> = FOUND.sources.iter().filter(|source| is_input(&source.path)).collect();
    let of = |status| -> Vec<String> {
        let sources = sources.iter().filter(|source| source.status == status);
        sources.map(|source| source.path.clone()).collect()
    };
    let title = &expected.why;
    compare(&mut wrong, title, "files found", sources.len(), expected.found);
    compare(&mut wrong, title, "files read", of(FileStatus::Read).len(), expected.read);
    compare(&mut wrong, title, "files partly read", of(FileStatus::PartlyRead).len(), expected.partly_read);
    compare(&mut wrong, title, "files rejected", of(FileStatus::Rejected).len(), expected.rejected);
    compare(&mut wrong, title, "files ignored", of(FileStatus::Ignored).len(), expected.ignored);
    compare(&mut wrong, title, "the rejected files", of(FileStatus::Rejected), expected.rejected_files.clone());
    compare(&mut wrong, title, "the ignored files", of(FileStatus::Ignored), expected.ignored_files.clone());
    let title = &EXPECTED.records.why;
    let total: u64 = FOUND.coverage.iter().map(|row| row.records.records).sum();
    compare(&mut wrong, title, "software records", total, EXPECTED.records.total);
    for (organisation, records) in &EXPECTED.records.organisations {
        let row = FOUND.coverage.iter().find(|row| row.organisation == *organisation);
        let found = row.map_or(0, |row| row.records.records);
        compare(&mut wrong, &format!("{organisation} ({title})"), "software records", found, *records);
    }
    hold(wrong);
}
