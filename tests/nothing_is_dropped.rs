//! Whatever is installed and has terms is accounted for in the strict reading, by a need or by a finding: in every worked
//! case, and for every product, edition and release at every kind of place.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use trueup::assess::{no_records, outcome};
use trueup::model::{Estate, Host, HostId, Installation, Machine, Outcome};
use trueup::rules::{Case, Product, Rules, Settings, parse_cases, parse_manifest};

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::built_in().expect("built-in rules are free of faults"));

/// Places that an inventory may show, well described and badly.
const PLACES: [(&str, &str); 12] = [
    ("physical", "processors = [8, 8]"),
    ("physical-unknown", ""),
    ("guest", "on = \"known\"\nvcpus = 4"),
    ("guest-unknown", "on = \"known\""),
    ("roaming", "on = \"clustered\"\nvcpus = 4"),
    ("unplaced", "on = \"unknown\"\nvcpus = 4"),
    ("unplaced-unknown", "on = \"unknown\""),
    ("azure", "cloud = \"azure\"\nvcpus = 4"),
    ("azure-dedicated", "cloud = \"azure-dedicated\"\nvcpus = 4"),
    ("amazon", "cloud = \"aws\"\nvcpus = 4"),
    ("unheard-of", "cloud = \"unheard-of\""),
    ("container", "container_of = \"known\"\nvcpus = 4"),
];

const HOSTS: &str = "[[host]]\nname = \"known\"\nprocessors = [8, 8]\nhypervisor = \"esxi\"\n\n\
    [[host]]\nname = \"clustered\"\nprocessors = [8, 8]\nhypervisor = \"esxi\"\ncluster = \"both\"\n\n\
    [[host]]\nname = \"clustered-too\"\nprocessors = [8, 8]\nhypervisor = \"esxi\"\ncluster = \"both\"\n\n";

const AS_OF: Date = date(2025, 6, 30);

fn built_in() -> Vec<Case> {
    let files = RULES.case_files();
    files.flat_map(|(path, text)| parse_cases(path, text).unwrap_or_else(|faults| panic!("{faults:#?}"))).collect()
}

#[test]
fn every_installation_of_a_worked_case_is_accounted_for() {
    let mut dropped = BTreeSet::new();
    for case in built_in() {
        dropped.extend(unaccounted(&Estate::of_manifest(case.manifest.clone()), case.as_of, &case.id));
    }
    assert!(dropped.is_empty(), "{dropped:#?}");
}

#[test]
fn every_product_is_accounted_for_wherever_it_is_installed() {
    let mut dropped = BTreeSet::new();
    for product in RULES.products.values().filter(|product| !product.terms.is_empty()) {
        let editions: Vec<Option<&String>> = std::iter::once(None).chain(product.editions.iter().map(Some)).collect();
        let releases = product.releases.iter().map(|release| Some(&release.version));
        let releases: Vec<Option<&String>> = std::iter::once(None).chain(releases).collect();
        for edition in editions {
            for &release in [releases.first(), releases.get(releases.len() / 2), releases.last()].into_iter().flatten()
            {
                let what = format!("{} {edition:?} {release:?}", product.id);
                dropped.extend(unaccounted(&everywhere(product, edition, release), AS_OF, &what));
            }
        }
    }
    assert!(dropped.is_empty(), "{dropped:#?}");
}

/// An estate with one installation at each place.
fn everywhere(product: &Product, edition: Option<&String>, release: Option<&String>) -> Estate {
    let mut install = format!("product = \"{}\"", product.id);
    for (key, value) in [("edition", edition), ("version", release)] {
        value.into_iter().for_each(|value| write!(install, ", {key} = \"{value}\"").unwrap());
    }
    let managed = if product.counts_managed { format!("managed_by = [\"{}\"]\n", product.id) } else { String::new() };
    let mut text = HOSTS.to_owned();
    for (name, place) in PLACES {
        write!(text, "[[host]]\nname = \"{name}\"\n{place}\n{managed}installs = [{{ {install} }}]\n\n").unwrap();
    }
    let manifest = parse_manifest("places.toml", &text, None, "org");
    Estate::of_manifest(manifest.unwrap_or_else(|faults| panic!("{faults:#?} in\n{text}")))
}

/// What no need and no finding accounts for.
fn unaccounted(estate: &Estate, as_of: Date, what: &str) -> Vec<String> {
    let outcome = outcome(estate, &RULES, &Settings::default(), as_of, &no_records());
    let mut found = Vec::new();
    for (id, host) in estate.hosts_with_ids() {
        for install in &host.installs {
            let product = RULES.products.get(&install.product).filter(|product| !product.terms.is_empty());
            let accounted = |product: &Product| {
                is_free(product, host, install)
                    || is_needed(&outcome, product, id)
                    || host.container_of.is_some_and(|parent| is_needed(&outcome, product, parent))
                    || is_named(&outcome, product, host)
            };
            if product.is_some_and(|product| !accounted(product)) {
                found.push(format!("{what}: {} on {}", install.product, host.name));
            }
        }
    }
    found
}

/// Free editions and parts, and machines for tests whose people all hold subscriptions for that.
fn is_free(product: &Product, host: &Host, install: &Installation) -> bool {
    let free = |edition: &String| product.free_editions.contains(edition);
    let with_device = |edition: &String| product.with_device.contains(edition);
    install.edition.value().is_some_and(free)
        || host.machine == Machine::Physical && install.edition.value().is_some_and(with_device)
        || install.component.as_ref().is_some_and(|component| product.free_components.contains(component))
        || host.is_for_tests() && !host.used_by.is_empty()
}

/// A need that rests on the machine, or on the whole organisation where people are counted.
fn is_needed(outcome: &Outcome, product: &Product, id: HostId) -> bool {
    let serving = |family: &String| {
        let access = RULES.products.get(family).map(|other| &other.terms);
        access.into_iter().flatten().any(|terms| terms.serves_guests_only && terms.serves.as_ref() == Some(&product.id))
    };
    let of_product = |family: &String| *family == product.family || serving(family);
    let mut needs = outcome.strict.requirements.iter().filter(|need| of_product(&need.family));
    needs.any(|need| need.hosts.is_empty() || need.hosts.contains(&id))
}

/// A finding that names the machine, or the product where it speaks of all its machines.
fn is_named(outcome: &Outcome, product: &Product, host: &Host) -> bool {
    outcome.findings.iter().any(|finding| {
        let of_product = finding.key.0.contains(&product.id) || finding.key.0.contains(&product.family);
        let of_all = ["people-unknown", "not-counted"].iter().any(|kind| finding.key.0.starts_with(kind));
        of_product && (of_all || finding.text.contains(&host.name))
    })
}

#[test]
fn a_worked_case_needs_no_last_net() {
    let mut caught = BTreeSet::new();
    for case in built_in() {
        let estate = Estate::of_manifest(case.manifest.clone());
        let outcome = outcome(&estate, &RULES, &Settings::default(), case.as_of, &no_records());
        let net = outcome.findings.iter().filter(|finding| finding.key.0.starts_with("not-counted"));
        caught.extend(net.map(|finding| format!("{}: {}", case.id, finding.text)));
    }
    assert!(caught.is_empty(), "{caught:#?}");
}

#[test]
fn a_cloud_without_terms_and_one_that_refuses_own_licences_are_findings_and_no_figure() {
    let case = "[[case]]\nid = \"clouds\"\ntitle = \"clouds\"\nas_of = 2025-06-30\nsource = \"test\"\n";
    let product = RULES.products.values().find(|product| product.terms.iter().any(|terms| terms.forbidden.is_some()));
    let product = product.expect("some terms refuse licences of one's own in some clouds");
    let refusing = product.terms.iter().find(|terms| terms.forbidden.is_some()).unwrap();
    let mut text = case.to_owned();
    for cloud in [refusing.clouds[0].as_str(), "unheard-of"] {
        let install =
            format!("installs = [{{ product = \"{}\", edition = \"{}\" }}]", product.id, refusing.editions[0]);
        write!(text, "[[case.host]]\nname = \"in-{cloud}\"\ncloud = \"{cloud}\"\nvcpus = 4\n{install}\n").unwrap();
    }
    let cases = parse_cases("clouds.toml", &text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let estate = Estate::of_manifest(cases[0].manifest.clone());
    let outcome = outcome(&estate, &RULES, &Settings::default(), AS_OF, &no_records());
    let uncounted: Vec<&str> = outcome.findings.iter().map(|finding| finding.text.as_str()).collect();
    let speaks = |part: &str| uncounted.iter().any(|text| text.contains(part));
    assert!(speaks(refusing.forbidden.as_ref().unwrap()) && speaks("in-unheard-of"), "{uncounted:#?}");
    assert_eq!(outcome.untracked.iter().map(|row| row.installations).sum::<u32>(), 2);
    assert!(outcome.strict.positions.iter().all(|row| row.product != product.id || row.required == 0));
}
