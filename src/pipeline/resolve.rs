//! What came out of all files → the estate: machines identified across sources, software recognised, purchases named.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Diagnostic;
use crate::model::{
    Estate, Finding, HostContradiction, Key, Locator, Place, Price, PublisherCount, PurchaseLine, RecordCounts,
    SourceId, kebab,
};
use crate::recognise::identity::{self, Sighting};
use crate::recognise::{self, Matcher};
use crate::rules::{Rules, Settings};
use crate::store::{ListId, StoreError, StoredFile, StoredSoftware, TitleId, Titles};

use super::declared;
use super::installed::installed;
use super::neighbours;
use super::organisations::{self, Folders};
use super::price_gaps;
use super::publisher_counts;
use super::sold;
use super::unnamed::Unnamed;
use super::unused;

/// Reads title numbers of a list.
pub(super) type ReadList<'a> = dyn Fn(ListId) -> Result<Vec<TitleId>, StoreError> + 'a;

/// The estate with what was found on the way.
pub(super) struct Resolved {
    pub estate: Estate,
    pub records: BTreeMap<String, RecordCounts>,
    pub findings: Vec<Finding>,
    pub contradictions: Vec<HostContradiction>,
    pub diagnostics: Vec<Diagnostic>,
}

/// What resolving works from.
pub(super) struct Ground<'a> {
    pub rules: &'a Rules,
    pub settings: &'a Settings,
    pub matcher: &'a Matcher<'a>,
    pub sold_as: &'a recognise::Titles<'a>,
    pub titles: &'a Titles,
    pub list: &'a ReadList<'a>,
}

/// Resolves all files, which are in the order of their paths.
pub(super) fn resolve(ground: &Ground<'_>, mut files: Vec<StoredFile>) -> Result<Resolved, StoreError> {
    neighbours::name_machines(&mut files);
    neighbours::name_clusters(&mut files);
    let folders = Folders::new(ground.settings);
    let sources = files.iter().map(StoredFile::source).collect();
    let mut sightings = Vec::new();
    let mut software: Vec<(StoredSoftware, String)> = Vec::new();
    let mut estate = Estate { sources, ..Estate::default() };
    let mut manifests = Vec::new();
    let mut counted = Vec::new();
    let mut diagnostics = Vec::new();
    let (mut unrecognised, mut unpriced, mut unnamed) = (Vec::new(), Vec::new(), Unnamed::default());
    for (index, file) in files.into_iter().enumerate() {
        let source = SourceId(u32::try_from(index).unwrap_or(u32::MAX));
        let contents = file.contents;
        let by_folder = contents.organisation.as_deref();
        for host in contents.hosts {
            let organisation = folders.of_machine(by_folder, host.observed.tag.as_deref());
            if host.observed.is_unnamed() {
                unnamed.add(source, organisation, host.observed, host.software);
                continue;
            }
            let list = host.software.map(|list| {
                software.push((list, organisation.clone()));
                software.len() - 1
            });
            sightings.push(Sighting { source, organisation, observed: host.observed, software: list });
        }
        let purchases = contents.purchases.into_iter();
        for (line, place) in purchases {
            let mut line = named(ground, &folders, line, place, source, by_folder);
            match sold::purchase(ground.sold_as, &mut line) {
                Ok(told) => {
                    unrecognised.extend(told);
                    estate.purchases.push(line);
                }
                Err(finding) => unrecognised.push(finding),
            }
        }
        for (price, place) in contents.prices {
            let mut price = priced(ground, price, place.clone(), source);
            match sold::price(ground.sold_as, &mut price) {
                true => estate.prices.push(price),
                false => unpriced.push((price.product, Locator { source, place })),
            }
        }
        for mut manifest in contents.manifests {
            counted.extend(manifest.publisher_counts.drain(..).map(|count| PublisherCount {
                organisation: folders.of_row(&count.organisation, by_folder),
                evidence: Some(Locator { source, place: count.place.clone() }),
                ..count
            }));
            manifests.push((source, manifest));
        }
        diagnostics.extend(contents.diagnostics.into_iter().map(|mut diagnostic| {
            diagnostic.path.clone_from(&file.path);
            diagnostic
        }));
    }
    let junk = &ground.rules.junk_identifiers;
    let identified = identity::identify(&sightings, junk);
    let (mut findings, contradictions) = (identified.findings, identified.contradictions);
    findings.append(&mut unrecognised);
    findings.extend(sold::unknown_prices(&unpriced));
    let mut installed = installed(ground, &sightings, &software, identified.hosts)?;
    estate.hosts = installed.hosts;
    findings.extend(installed.findings);
    findings.extend(publisher_counts::findings(&counted, &estate.purchases));
    let declared = declared::add(&mut estate, manifests, &mut findings);
    findings.extend(price_gaps::findings(ground.rules, &estate.prices, &ground.settings.currency));
    findings.extend(sold::subscriptions(ground, &mut estate.users));
    let mut named = organisations_named(&estate);
    named.extend(unnamed.organisations());
    findings.extend(unnamed.findings(ground, &mut installed.counts)?);
    findings.extend(unused::findings(&ground.settings.tables, &estate.sources, &diagnostics));
    estate.organisations = organisations::all(ground.settings, declared, named);
    estate.sort_hosts();
    estate.place_containers();
    findings.extend(unknown_products(ground, &estate));
    Ok(Resolved { records: installed.counts, estate, findings, contradictions, diagnostics })
}

fn organisations_named(estate: &Estate) -> BTreeSet<String> {
    let hosts = estate.hosts.iter().map(|host| host.organisation.clone());
    hosts.chain(estate.purchases.iter().map(|line| line.organisation.clone())).collect()
}

/// A purchase line with ids in place of names, and its evidence.
fn named(
    ground: &Ground<'_>,
    folders: &Folders<'_>,
    mut line: PurchaseLine,
    place: Place,
    source: SourceId,
    by_folder: Option<&str>,
) -> PurchaseLine {
    line.organisation = folders.of_row(&line.organisation, by_folder);
    if let Some(product) = ground.rules.product(&line.product) {
        line.product.clone_from(&product.id);
    }
    line.edition = line.edition.map(|edition| kebab(&edition));
    line.evidence = Some(Locator { source, place });
    line
}

fn priced(ground: &Ground<'_>, price: Price, place: Place, source: SourceId) -> Price {
    Price { evidence: Some(Locator { source, place }), ..named_price(ground.rules, price) }
}

/// A price with ids in place of names.
pub(super) fn named_price(rules: &Rules, mut price: Price) -> Price {
    if let Some(product) = rules.product(&price.product) {
        price.product.clone_from(&product.id);
    }
    price.edition = price.edition.map(|edition| kebab(&edition));
    price
}

/// Purchases of products that no rule file describes: they cannot be reconciled, and nobody should think they were.
fn unknown_products(ground: &Ground<'_>, estate: &Estate) -> Vec<Finding> {
    estate
        .purchases
        .iter()
        .filter(|line| !ground.rules.products.contains_key(&line.product))
        .map(|line| Finding {
            key: Key::new("unknown-product", &[&line.organisation, &line.product]),
            organisation: line.organisation.clone(),
            text: format!(
                "{} units of {} were bought, and no rule file describes that product: not reconciled.",
                line.quantity, line.product
            ),
            evidence: line.evidence.iter().cloned().collect(),
        })
        .collect()
}
