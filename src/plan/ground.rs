//! What a plan is made from, and what is short in an assessment.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::civil::Date;

use crate::model::{
    Answer, Assessment, Change, Closed, Estate, HostId, HostName, Line, Metric, Names, PurchaseLine, Requirement,
};
use crate::rules::{Rules, Settings};

use super::price_book::{Basket, Item, PriceBook, Quote, Term};
use super::trial::Known;

/// Reconciles an estate on a day; of the named product families only, or of all where none is named.
pub type Assess<'a> = dyn Fn(&Estate, Date, &[String]) -> Assessment + 'a;

/// What a plan is asked for.
pub struct Request<'a> {
    /// The estate as it is.
    pub estate: &'a Estate,
    /// Rules.
    pub rules: &'a Rules,
    /// Settings.
    pub settings: &'a Settings,
    /// Day of terms and rights.
    pub as_of: Date,
    /// Reading.
    pub reading: Answer,
    /// Months the costs are taken over.
    pub horizon_months: u32,
    /// Only this organisation.
    pub organisation: Option<&'a str>,
    /// Only this product family.
    pub family: Option<&'a str>,
    /// The engine.
    pub assess: &'a Assess<'a>,
}

/// What every part of the stage needs.
pub(super) struct Ground<'a> {
    pub request: &'a Request<'a>,
    pub book: PriceBook<'a>,
    pub names: Names,
    /// Families that are looked at; empty: all.
    pub families: Vec<String>,
    /// What was asked before.
    pub known: RefCell<Known>,
}

impl Ground<'_> {
    /// Reconciles everything the plan is about.
    pub fn assess(&self, estate: &Estate) -> Assessment {
        (self.request.assess)(estate, self.request.as_of, &self.families)
    }

    /// `Windows Server Datacenter`.
    pub fn licence(&self, product: &str, edition: Option<&str>) -> String {
        self.names.licence(product, edition, None)
    }

    /// Family of a product; the id where no rule knows it.
    pub fn family<'p>(&'p self, product: &'p str) -> &'p str {
        self.request.rules.products.get(product).map_or(product, |product| &product.family)
    }

    /// Licence version as text.
    pub fn version(&self, product: &str, version: Option<usize>) -> Option<&str> {
        self.request.rules.products.get(product).and_then(|product| Some(product.version_name(version?)))
    }

    /// How a line may be met by something bought today.
    pub fn bought(&self, line: &Line) -> Bought {
        let day = self.request.as_of;
        match self.request.rules.products.get(&*line.product) {
            Some(product) if product.relies_on_assurance_if_bought(line, day) => Bought::Assured,
            Some(product) if product.accepted_if_bought(line, day).next().is_none() => Bought::BySubscription,
            _ => Bought::Plain,
        }
    }

    /// What is short: organisation by organisation, each product, edition and metric once, because packs are rounded once.
    fn shorts<'p>(&self, position: impl Iterator<Item = &'p Assessment>) -> Vec<Short> {
        let mut found: BTreeMap<(String, String, Option<String>, Metric, Bought), Short> = BTreeMap::new();
        for unmet in position.flat_map(unmet) {
            let mut replaced = false;
            for (line, units) in unmet.lines() {
                let short = Short {
                    organisation: unmet.requirement.organisation.clone(),
                    product: line.product.to_string(),
                    edition: line.edition.as_deref().map(str::to_owned),
                    metric: line.metric,
                    bought: self.bought(line),
                    version: None,
                    units: 0,
                    instead: Ok(Vec::new()),
                };
                let organisation = short.organisation.clone();
                let key = (organisation, short.product.clone(), short.edition.clone(), short.metric, short.bought);
                let entry = found.entry(key).or_insert(short);
                entry.units += units;
                entry.version = entry.version.max(line.version);
                // What replaces a way replaces all of its lines, once.
                if entry.bought == Bought::BySubscription && !replaced {
                    replaced = true;
                    match (&mut entry.instead, self.instead(&unmet)) {
                        (Ok(items), Ok(more)) => items.extend(more),
                        (instead @ Ok(_), Err(missing)) => *instead = Err(missing),
                        (Err(_), _) => {}
                    }
                }
            }
        }
        found.into_values().collect()
    }

    /// What would be bought in place of a way whose licences are not sold any more: the cheapest of the requirement's ways
    /// by the same metric that licences of today serve, less what is met already. Else the price that is wanted.
    fn instead(&self, unmet: &Unmet<'_>) -> Result<Vec<(Item, u32)>, Option<String>> {
        let used = &unmet.requirement.alternatives[unmet.way];
        let mut best: Option<(i64, Vec<(Item, u32)>)> = None;
        let mut wanted = None;
        for way in &unmet.requirement.alternatives {
            let same = way.product == used.product && way.metric == used.metric;
            let sold = way.lines.iter().all(|line| unmet.meets(line) || self.bought(line) != Bought::BySubscription);
            if !same || !sold || way.lines.is_empty() || !super::purchase::is_open(way) {
                continue;
            }
            let needed = way.lines.iter().filter(|line| !unmet.meets(line));
            let bought: Result<Vec<(Item, Quote, u32)>, String> = needed
                .map(|line| {
                    let version = self.version(&line.product, line.version);
                    let (item, quote) = self.plain(
                        &line.product,
                        line.edition.as_deref(),
                        line.metric,
                        version,
                        self.bought(line),
                        line.units,
                    )?;
                    Ok((item, quote, line.units))
                })
                .collect();
            match bought {
                Ok(bought) => {
                    let cost = bought.iter().map(|(_, quote, _)| quote.horizon).sum();
                    if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                        best = Some((cost, bought.into_iter().map(|(item, _, units)| (item, units)).collect()));
                    }
                }
                Err(missing) => wanted = wanted.or(Some(missing)),
            }
        }
        best.map(|(_, items)| items).ok_or(wanted)
    }

    /// Families that a change can touch: those of the products concerned, and of what depends on them.
    pub fn touched(&self, estate: &Estate, changes: &[Change]) -> Vec<String> {
        let mut products: BTreeSet<&str> = BTreeSet::new();
        let hosts_of = |guests: &[HostName]| -> Vec<HostName> {
            let placed = guests.iter().filter_map(|name| super::change::find(estate, name));
            let on = placed.filter_map(|at| estate.hosts[at].runs_on()).map(|id| estate.host(id));
            on.map(|host| HostName { organisation: host.organisation.clone(), name: host.name.clone() }).collect()
        };
        for change in changes {
            match change {
                Change::Buy(line) => drop(products.insert(&line.product)),
                Change::Reassign { line, .. } | Change::Share { line, .. } | Change::AddAssurance { line, .. } => {
                    products.extend(estate.purchases.get(*line).map(|line| line.product.as_str()));
                }
                Change::Uninstall { product, hosts }
                | Change::Edition { product, hosts, .. }
                | Change::Build { product, hosts, .. } => {
                    products.insert(product);
                    products.extend(runs(estate, hosts));
                }
                Change::Move { guests, to } => {
                    products.extend(runs(estate, guests));
                    products.extend(runs(estate, &hosts_of(guests)));
                    products.extend(runs(estate, std::slice::from_ref(to)));
                }
                Change::Pin { guests } => {
                    products.extend(runs(estate, guests));
                    products.extend(runs(estate, &hosts_of(guests)));
                }
                Change::Retire { hosts } => {
                    products.extend(runs(estate, hosts));
                    products.extend(runs(estate, &hosts_of(hosts)));
                    products.extend(runs(estate, &guests_on(estate, hosts)));
                }
            }
        }
        let rules = &self.request.rules.products;
        let concerned = |product: &&crate::rules::Product| {
            let named = |id: &String| products.contains(id.as_str());
            products.contains(product.id.as_str())
                || product.terms.iter().any(|terms| {
                    terms.serves.as_ref().is_some_and(named)
                        || terms.licence_product.as_ref().is_some_and(named)
                        || terms.developers
                })
        };
        let mut families: Vec<String> =
            rules.values().filter(concerned).map(|product| product.family.clone()).collect();
        let suites = products.iter().filter_map(|id| rules.get(*id)).flat_map(|product| &product.suite);
        families.extend(suites.map(|part| self.family(&part.product).to_owned()));
        families.sort();
        families.dedup();
        families.retain(|family| self.families.is_empty() || self.families.contains(family));
        families
    }

    /// What is short, with the price of buying it as it stands.
    pub fn bill(&self, assessment: &Assessment) -> Bill {
        self.bill_over(std::iter::once(assessment))
    }

    /// The same of families that were reconciled each by itself.
    pub fn bill_of(&self, position: &[Rc<Assessment>]) -> Bill {
        self.bill_over(position.iter().map(Rc::as_ref))
    }

    fn bill_over<'p>(&self, position: impl Iterator<Item = &'p Assessment>) -> Bill {
        let rows = self.shorts(position).into_iter().map(|short| {
            let quote = self.plain_quote(&short);
            (short, quote)
        });
        Bill { rows: rows.collect() }
    }

    /// The plain purchase that closes a shortfall: the row's own edition; a licence, or with Software Assurance where the
    /// terms demand it, else a subscription. Where nothing of the terms in use is sold any more, what replaces them.
    pub fn plain_items(&self, short: &Short) -> Result<Vec<(Item, u32, Quote)>, String> {
        let version = self.version(&short.product, short.version);
        let own =
            self.plain(&short.product, short.edition.as_deref(), short.metric, version, short.bought, short.units);
        match (own, &short.instead) {
            (Ok((item, quote)), _) => Ok(vec![(item, short.units, quote)]),
            (Err(_), Ok(instead)) if !instead.is_empty() => {
                let mut basket = Basket::new();
                for (item, units) in instead {
                    *basket.entry(item.clone()).or_default() += units;
                }
                basket
                    .into_iter()
                    .map(|(item, units)| Ok((item.clone(), units, self.book.quote(&item, units)?)))
                    .collect()
            }
            (Err(_), Err(Some(missing))) => Err(missing.clone()),
            (Err(missing), _) if short.bought == Bought::BySubscription => {
                Err(format!("{missing}, of terms that are not sold any more"))
            }
            (Err(missing), _) => Err(missing),
        }
    }

    /// So many units of a product by the first of the terms that has a price.
    fn plain(
        &self,
        product: &str,
        edition: Option<&str>,
        metric: Metric,
        version: Option<&str>,
        bought: Bought,
        units: u32,
    ) -> Result<(Item, Quote), String> {
        let mut wanted = None;
        for &term in bought.terms() {
            let item = Item {
                product: product.to_owned(),
                edition: edition.map(str::to_owned),
                metric,
                version: None,
                term,
                base: None,
            };
            let item = self.book.of_version(item, version);
            match self.book.quote(&item, units) {
                Ok(quote) => return Ok((item, quote)),
                Err(missing) => wanted = wanted.or(Some(missing)),
            }
        }
        Err(wanted.unwrap_or_default())
    }

    fn plain_quote(&self, short: &Short) -> Result<Quote, String> {
        let mut whole = Quote { bought: 0, first_year: 0, horizon: 0, parts: Vec::new() };
        let mut items = self.plain_items(short)?;
        if let (Bought::BySubscription, Some((item, _, first))) = (short.bought, items.first_mut())
            && item.term != Term::Subscription
            && let Some(part) = first.parts.first_mut()
        {
            part.insert_str(0, "in place of licences that are not sold any more: ");
        }
        for (_, _, quote) in items {
            whole.bought += quote.bought;
            whole.first_year += quote.first_year;
            whole.horizon += quote.horizon;
            whole.parts.extend(quote.parts);
        }
        Ok(whole)
    }

    /// Price of a basket: (over the whole span, in the first year); `None` where a price is missing.
    pub fn price(&self, basket: &Basket) -> Option<(i64, i64)> {
        let quotes = basket.iter().map(|(item, &units)| self.book.quote(item, units).ok());
        quotes.into_iter().try_fold((0, 0), |(horizon, first), quote| {
            let quote = quote?;
            Some((horizon + quote.horizon, first + quote.first_year))
        })
    }

    /// The purchase line that buying so many units of an item gives.
    pub fn purchase(&self, estate: &Estate, organisation: &str, item: &Item, units: u32) -> PurchaseLine {
        let as_of = self.request.as_of;
        let until = super::dates::after_months(as_of, self.request.horizon_months);
        let term = crate::model::Period { from: as_of, until };
        let base = item.base.and_then(|base| estate.purchases.get(base));
        let product = self.request.rules.products.get(&item.product);
        let current = product.and_then(|product| product.current_release(as_of));
        let newest = product.and_then(|product| Some(product.version_name(product.releases.len().checked_sub(1)?)));
        PurchaseLine {
            organisation: organisation.to_owned(),
            product: item.product.clone(),
            edition: item.edition.clone(),
            version: item.version.clone().or_else(|| newest.filter(|_| current.is_none()).map(str::to_owned)),
            metric: item.metric,
            quantity: units,
            kind: if item.term == Term::StepUp {
                crate::model::PurchaseKind::StepUp
            } else {
                crate::model::PurchaseKind::Licence
            },
            channel: crate::model::Channel::Volume,
            bought: Some(as_of),
            sa: if item.term == Term::WithAssurance { vec![term] } else { Vec::new() },
            subscription: (item.term == Term::Subscription).then_some(term),
            reference: None,
            agreement: None,
            base: base.and_then(|line| line.reference.clone()),
            assigned_to: Vec::new(),
            assigned_on: None,
            reassigned: Vec::new(),
            documented_cores: None,
            shared_with: Vec::new(),
            reserved: Vec::new(),
            farm: None,
            note: Some("planned".into()),
            written: None,
            evidence: None,
        }
    }
}

/// Units of one kind that an organisation is short of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Short {
    pub organisation: String,
    pub product: String,
    pub edition: Option<String>,
    pub metric: Metric,
    /// What a licence bought today must carry.
    pub bought: Bought,
    /// Newest version wanted.
    pub version: Option<usize>,
    pub units: u32,
    /// What would be bought in place of ways whose terms are not sold any more; else the price that is wanted for it.
    pub instead: Result<Vec<(Item, u32)>, Option<String>>,
}

/// A requirement whose way in use is not wholly met.
struct Unmet<'p> {
    requirement: &'p Requirement,
    /// The way in use, by index.
    way: usize,
    /// Units met, line by line.
    met: Vec<u32>,
}

impl<'p> Unmet<'p> {
    /// Lines that are not met, with the units that are missing.
    fn lines(&self) -> impl Iterator<Item = (&'p Line, u32)> {
        let lines = self.requirement.alternatives[self.way].lines.iter().zip(&self.met);
        lines.filter(|(line, met)| **met < line.units).map(|(line, met)| (line, line.units - met))
    }

    /// Whether the way in use has a line like this one and it is met.
    fn meets(&self, wanted: &Line) -> bool {
        let lines = self.requirement.alternatives[self.way].lines.iter().zip(&self.met);
        lines.into_iter().any(|(line, met)| line == wanted && *met >= line.units)
    }
}

/// What is not wholly met.
fn unmet(assessment: &Assessment) -> Vec<Unmet<'_>> {
    let spent = spent(assessment);
    let of_chosen = assessment.chosen.iter().map(|chosen| {
        let requirement = &assessment.requirements[chosen.requirement];
        let lines = 0..requirement.alternatives[chosen.alternative].lines.len();
        let met = lines.map(|line| spent.get(&(chosen.requirement, line)).copied().unwrap_or(0)).collect();
        Unmet { requirement, way: chosen.alternative, met }
    });
    of_chosen.filter(|unmet| unmet.lines().next().is_some()).collect()
}

/// Families in which an organisation is short.
pub(super) fn short_families(assessment: &Assessment, organisation: &str) -> BTreeSet<String> {
    let own = unmet(assessment).into_iter().filter(|unmet| unmet.requirement.organisation == organisation);
    own.map(|unmet| unmet.requirement.family.clone()).collect()
}

/// Guests that are on some hosts.
fn guests_on(estate: &Estate, hosts: &[HostName]) -> Vec<HostName> {
    let on: Vec<HostId> = estate
        .hosts_with_ids()
        .filter(|(_, host)| hosts.iter().any(|name| name.name == host.name && name.organisation == host.organisation))
        .map(|(id, _)| id)
        .collect();
    let guests = estate.hosts.iter().filter(|guest| guest.runs_on().is_some_and(|host| on.contains(&host)));
    guests.map(|guest| HostName { organisation: guest.organisation.clone(), name: guest.name.clone() }).collect()
}

/// Products that run on hosts, or manage them.
fn runs<'e>(estate: &'e Estate, hosts: &[HostName]) -> Vec<&'e str> {
    let concerned = estate
        .hosts
        .iter()
        .filter(|host| hosts.iter().any(|name| name.name == host.name && name.organisation == host.organisation));
    concerned
        .flat_map(|host| {
            let installed = host.installs.iter().map(|install| install.product.as_str());
            installed.chain(host.managed_by.iter().map(String::as_str))
        })
        .collect()
}

/// How a line may be met by something bought today. A new licence bears today's version, and its terms are that
/// version's, whatever is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bought {
    /// By a licence.
    Plain,
    /// By a licence with Software Assurance, or a subscription.
    Assured,
    /// By a subscription only: today's licences are of other terms.
    BySubscription,
}

impl Bought {
    /// What may be bought, in the order in which it is taken to be the plain purchase.
    pub fn terms(self) -> &'static [Term] {
        match self {
            Self::Plain => &[Term::Licence, Term::WithAssurance, Term::Subscription],
            Self::Assured => &[Term::WithAssurance, Term::Subscription],
            Self::BySubscription => &[Term::Subscription],
        }
    }
}

/// Units spent on each line of each requirement.
pub(super) fn spent(assessment: &Assessment) -> BTreeMap<(usize, usize), u32> {
    let mut spent = BTreeMap::new();
    for allocation in &assessment.allocations {
        *spent.entry((allocation.requirement, allocation.line)).or_default() += allocation.units;
    }
    spent
}

/// What is short, with the price of buying each as it stands, or the price that is missing.
pub(super) struct Bill {
    pub rows: Vec<(Short, Result<Quote, String>)>,
}

impl Bill {
    /// (units without a price, price over the span, price of the first year): the order in which bills are compared.
    pub fn total(&self) -> (u64, i64, i64) {
        let mut total = (0, 0, 0);
        for (short, quote) in &self.rows {
            match quote {
                Ok(quote) => {
                    total.1 += quote.horizon;
                    total.2 += quote.first_year;
                }
                Err(_) => total.0 += u64::from(short.units),
            }
        }
        total
    }

    /// The rows of one organisation.
    pub fn of(&self, organisation: &str) -> Self {
        let rows = self.rows.iter().filter(|(short, _)| short.organisation == organisation);
        Self { rows: rows.cloned().collect() }
    }

    /// Units without a price, by the price that is wanted.
    pub fn unpriced(&self) -> BTreeMap<&str, u32> {
        let mut unpriced = BTreeMap::new();
        for (short, quote) in &self.rows {
            if let Err(missing) = quote {
                *unpriced.entry(missing.as_str()).or_default() += short.units;
            }
        }
        unpriced
    }

    /// Units that are short here and no longer there, row by row.
    pub fn closed_by(&self, after: &Self) -> Vec<Closed> {
        let mut units: BTreeMap<(&str, &str, Option<&str>, Metric), i64> = BTreeMap::new();
        for (sign, bill) in [(1, self), (-1, after)] {
            for (short, _) in &bill.rows {
                let key = (short.organisation.as_str(), short.product.as_str(), short.edition.as_deref(), short.metric);
                *units.entry(key).or_default() += sign * i64::from(short.units);
            }
        }
        let changed = units.into_iter().filter(|(_, units)| *units != 0);
        changed
            .map(|((organisation, product, edition, metric), units)| Closed {
                organisation: organisation.to_owned(),
                product: product.to_owned(),
                edition: edition.map(str::to_owned),
                metric,
                units,
            })
            .collect()
    }
}
