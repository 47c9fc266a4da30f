//! What a plan is made from, and what is short in an assessment.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::civil::Date;

use crate::model::price_book::{Basket, Item, PriceBook, Quote, Term};
use crate::model::{
    Answer, Assessment, Change, Closed, Estate, HostId, HostName, Line, Metric, Names, OrderLine, PurchaseLine,
};
use crate::rules::{Bought, Reconciled, Rules, Settings, Shop, Short};

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
    /// Lines of the next orders under agreements, with the peaks since the last ones.
    pub orders: &'a [OrderLine],
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

    /// Families of servers that may be licensed on a basis of their own, each with the family of the licences that those who
    /// reach them need then.
    pub fn access_families(&self) -> Vec<(String, String)> {
        let products = self.request.rules.products.values();
        let terms = products.flat_map(|product| product.terms.iter().map(move |terms| (product, terms)));
        let on_a_basis = terms.filter(|(_, terms)| terms.serves_basis.is_some());
        let mut pairs: Vec<(String, String)> = on_a_basis
            .filter_map(|(product, terms)| {
                Some((self.family(terms.serves.as_ref()?).to_owned(), product.family.clone()))
            })
            .collect();
        pairs.sort();
        pairs.dedup();
        pairs
    }

    /// Whether a line has a price by any of the terms that serve it.
    pub fn sells(&self, line: &Line) -> bool {
        let item = |term| Item::new(&line.product, line.edition.as_deref(), line.metric, term);
        self.bought(line).terms().iter().any(|&term| self.book.quote(&item(term), 1).is_ok())
    }

    /// Licence version as text.
    pub fn version(&self, product: &str, version: Option<usize>) -> Option<&str> {
        self.request.rules.products.get(product).and_then(|product| Some(product.version_name(version?)))
    }

    /// What can be bought on the day.
    pub fn shop(&self) -> Shop<'_> {
        Shop { rules: self.request.rules, book: &self.book, day: self.request.as_of }
    }

    /// How a line may be met by something bought today.
    pub fn bought(&self, line: &Line) -> Bought {
        self.shop().bought(line)
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
        for joined in self.request.rules.joined_by_suites(&estate.purchases) {
            if families.iter().any(|family| joined.contains(family.as_str())) {
                families.extend(joined.into_iter().map(str::to_owned));
            }
        }
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
        let shop = self.shop();
        let rows = shop.shorts(position.map(Reconciled::of)).into_iter().map(|short| {
            let quote = shop.plain_quote(&short);
            (short, quote)
        });
        Bill { rows: rows.collect() }
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

/// Families in which an organisation is short.
pub(super) fn short_families(assessment: &Assessment, organisation: &str) -> BTreeSet<String> {
    let own =
        Reconciled::of(assessment).unmet().into_iter().filter(|unmet| unmet.requirement.organisation == organisation);
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
