//! What came out of all files → the estate: machines identified across sources, software recognised, purchases named.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::diag::Diagnostic;
use crate::model::{
    Estate, Fact, Finding, Host, Installation, Key, Locator, Place, Price, PublisherCount, PurchaseLine, RecordCounts,
    Role, SourceId, View, kebab,
};
use crate::recognise::identity::{self, Identified, Sighting};
use crate::recognise::{self, Matcher, Recognition, Seen, fold};
use crate::rules::{Rules, Settings};
use crate::store::{ListId, StoreError, StoredFile, StoredSoftware, TitleId, Titles};

use super::declared;
use super::neighbours;
use super::organisations::{self, Folders};
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
    let identified = identity::identify(&sightings, &ground.rules.junk_identifiers);
    let mut resolver = Resolver::new(ground, &sightings, &software);
    let mut findings = identified.findings.clone();
    findings.append(&mut unrecognised);
    findings.extend(sold::unknown_prices(&unpriced));
    estate.hosts = resolver.hosts(identified, &mut findings)?;
    findings.extend(publisher_counts::findings(&counted, &estate.purchases));
    let declared = declared::add(&mut estate, manifests, &mut findings);
    findings.extend(sold::subscriptions(ground, &mut estate.users));
    let mut named = organisations_named(&estate);
    named.extend(unnamed.organisations());
    findings.extend(unnamed.findings(ground, &mut resolver.counts)?);
    findings.extend(unused::findings(&ground.settings.tables, &estate.sources, &diagnostics));
    estate.organisations = organisations::all(ground.settings, declared, named);
    estate.sort_hosts();
    findings.extend(unknown_products(ground, &estate));
    Ok(Resolved { records: resolver.counts, estate, findings, diagnostics })
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

/// What the rules say of each distinct title, asked once.
struct Answers<'a> {
    /// By number, with one place more for numbers that no title bears.
    by_title: Vec<OnceCell<Option<Recognition<'a>>>>,
}

impl<'a> Answers<'a> {
    fn new(ground: &Ground<'_>) -> Self {
        Self { by_title: (0..=ground.titles.len()).map(|_| OnceCell::new()).collect() }
    }

    fn of<'s>(&'s self, ground: &'a Ground<'_>, title: TitleId) -> Option<&'s Recognition<'a>> {
        let place = (title.0 as usize).min(self.by_title.len() - 1);
        self.by_title[place].get_or_init(|| ground.matcher.recognise(&ground.titles.get(title))).as_ref()
    }
}

/// The software of all machines.
struct Resolver<'a, 'r> {
    ground: &'a Ground<'r>,
    sightings: &'a [Sighting],
    software: &'a [(StoredSoftware, String)],
    answers: Answers<'a>,
    counts: BTreeMap<String, RecordCounts>,
}

impl<'a, 'r> Resolver<'a, 'r> {
    fn new(ground: &'a Ground<'r>, sightings: &'a [Sighting], software: &'a [(StoredSoftware, String)]) -> Self {
        Self { ground, sightings, software, answers: Answers::new(ground), counts: BTreeMap::new() }
    }

    fn hosts(&mut self, identified: Identified, findings: &mut Vec<Finding>) -> Result<Vec<Host>, StoreError> {
        let mut used = vec![false; self.software.len()];
        let mut hosts = Vec::with_capacity(identified.hosts.len());
        for one in identified.hosts {
            let mut host = one.host;
            let sightings = one.software.iter().map(|&sighting| &self.sightings[sighting]);
            let lists: Vec<(SourceId, usize)> =
                sightings.clone().filter_map(|sighting| Some((sighting.source, sighting.software?))).collect();
            if !lists.is_empty() {
                lists.iter().for_each(|(_, list)| used[*list] = true);
                // A manifest of one program shows that the machine exists, not what all is on it.
                host.inventoried = sightings.clone().any(|sighting| sighting.observed.view != View::Register);
                self.software_of(&mut host, &lists, findings)?;
            }
            if let Some(sighting) = one.operating_system {
                self.operating_system_of(&mut host, &self.sightings[sighting]);
            }
            hosts.push(host);
        }
        // Lists that a newer inventory of the same machine replaces repeat what it says.
        for (index, _) in used.iter().enumerate().filter(|(_, used)| !**used) {
            let (list, organisation) = &self.software[index];
            let records = list.places.len() as u64;
            let counts = self.counts.entry(organisation.clone()).or_default();
            counts.records += records;
            counts.duplicates += records;
        }
        Ok(hosts)
    }

    /// Installations out of a host's software records. `lists` are the lists that count, with their files.
    fn software_of(
        &mut self,
        host: &mut Host,
        lists: &[(SourceId, usize)],
        findings: &mut Vec<Finding>,
    ) -> Result<(), StoreError> {
        let answers = &self.answers;
        let mut known: Vec<(TitleId, &Recognition<'_>, Option<Locator>)> = Vec::new();
        let mut counts = RecordCounts::default();
        let mut unrecognised: HashSet<TitleId> = HashSet::new();
        let mut organisation = "";
        for &(source, list) in lists {
            let (stored, named) = &self.software[list];
            organisation = named;
            for (position, title) in (self.ground.list)(stored.list)?.into_iter().enumerate() {
                match answers.of(self.ground, title) {
                    Some(recognition) => {
                        let place = stored.places.get(position).map(|place| Locator { source, place });
                        known.push((title, recognition, place));
                    }
                    // Nearly all records: they are told apart by the numbers of their titles, and only counted.
                    None => {
                        counts.records += 1;
                        let count = match unrecognised.insert(title) {
                            true => &mut counts.unrecognised,
                            false => &mut counts.duplicates,
                        };
                        *count += 1;
                    }
                }
            }
        }
        let records: Vec<Seen<'_, '_>> = known
            .iter()
            .map(|(title, recognition, place)| Seen {
                record: self.ground.titles.get(*title),
                recognition: Some(recognition),
                evidence: place.as_ref(),
            })
            .collect();
        let folded = fold(&records);
        counts.add(&folded.counts);
        self.counts.entry(organisation.to_owned()).or_default().add(&counts);
        for unconfirmed in &folded.unconfirmed {
            findings.push(Finding {
                key: Key::new("unconfirmed", &[&host.organisation, &host.name, &unconfirmed.product]),
                organisation: host.organisation.clone(),
                text: format!(
                    "{}: {} stands alone; whether the product itself is installed is unconfirmed.",
                    host.name, unconfirmed.title
                ),
                evidence: unconfirmed.evidence.iter().cloned().collect(),
            });
        }
        for contradiction in &folded.contradictions {
            findings.push(Finding {
                key: Key::new("contradiction", &[&host.organisation, &host.name, &contradiction.product]),
                organisation: host.organisation.clone(),
                text: format!(
                    "{}: {} bears the build of version {}; the name is used.",
                    host.name, contradiction.title, contradiction.built
                ),
                evidence: contradiction.evidence.iter().cloned().collect(),
            });
        }
        host.installs = folded.installations;
        Ok(())
    }

    /// The running operating system as an installation; rows of the same product in the software list repeat it.
    fn operating_system_of(&self, host: &mut Host, sighting: &Sighting) {
        let Some(system) = &sighting.observed.operating_system else { return };
        let version = system.version.as_deref().unwrap_or("");
        let Some(found) = self.ground.matcher.operating_system(&system.caption, version) else { return };
        host.installs.retain(|install| {
            let product = self.ground.rules.products.get(&install.product);
            product.is_none_or(|product| product.kind != "operating-system")
        });
        let place = system.place.clone().unwrap_or_else(|| sighting.observed.place.clone());
        let evidence = Some(Locator { source: sighting.source, place });
        let stated = |value: &Option<String>, what: &str| match value {
            Some(value) => Fact::known(value.clone(), evidence.clone()),
            None => Fact::unknown(format!("the caption \"{}\" states no {what}", system.caption)),
        };
        host.installs.push(Installation {
            product: found.product.id.clone(),
            version: stated(&found.version, "version"),
            edition: stated(&found.edition, "edition"),
            role: Role::Active,
            role_proved: true,
            running: None,
            component: None,
            instances: 1,
            build: None,
            build_number: system.version.clone(),
            features: Vec::new(),
            installed: None,
            last_used: None,
            licence_basis: None,
            hosting_only: false,
            rule: found.rule.id.clone(),
            title: system.caption.clone(),
            evidence,
        });
    }
}
