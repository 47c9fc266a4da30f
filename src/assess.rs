//! `assess(&Estate, &Rules, &Settings, as_of, &Reading) → Assessment`: pure, and the only caller of the stages
//! `require`, `entitle`, `allocate` and `support`.
//!
//! Product families share nothing but suites that nobody assigned, so each is reconciled by itself, or with those that
//! such suites join it to, and remembered by the answers it was asked for.
//! [`outcome`] computes both readings, flips every question alone from either, and puts ranges and worths together.

mod alternatives;
mod answers;
mod coverage;
mod family;
mod gaps;
mod hosts;
mod implausible;
mod over_assigned;
mod positions;
mod priced_features;
mod purchase_gaps;
mod questions;
mod stale;
mod suites;
mod to_buy;
mod true_up;
mod unaccounted;
mod untracked;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rayon::prelude::*;

use crate::allocate::PriceList;
use crate::model::{
    Answer, Assessment, Coverage, Estate, EstateIndex, Finding, History, Host, HostId, HostSummary, Installation,
    Names, OrderLine, Outcome, Reading,
};
use crate::rules::{Rules, Settings};
use crate::support;

pub use implausible::with_what_hangs;

use family::{FamilyResult, Group, groups};

/// Reconciles an estate under one reading on a day. Ranges are those of this reading alone; see [`outcome`].
pub fn assess(estate: &Estate, rules: &Rules, settings: &Settings, as_of: Date, reading: &Reading) -> Assessment {
    let ground = Ground { estate, index: EstateIndex::new(estate), rules, settings, as_of };
    let reconcile = |group: &Group<'_>| family::reconcile(&ground, group, reading, &family::Memory::of_one(group));
    let results = groups(&ground).par_iter().flat_map_iter(reconcile).collect();
    let mut assessment = put_together(&ground, reading, results);
    to_buy::settle(&ground, &mut assessment);
    assessment
}

/// Reconciles some product families only, or all where none is named, under one reading with the answers that the
/// settings fix: what a plan asks again and again. What buying takes is left out of its rows: a plan
/// reckons that itself.
pub fn of_families(
    estate: &Estate,
    rules: &Rules,
    settings: &Settings,
    as_of: Date,
    default: Answer,
    wanted: &[String],
) -> Assessment {
    let ground = Ground { estate, index: EstateIndex::new(estate), rules, settings, as_of };
    let reading = Reading { default, fixed: answers::in_force(&ground) };
    let of_interest = |members: &family::Family<'_>| {
        wanted.is_empty() || members.iter().any(|product| wanted.contains(&product.family))
    };
    let groups = groups(&ground);
    // What a family joins is reconciled with it, and left out of what is given back.
    let reconciled = |group: &Group<'_>| {
        let results = family::reconcile(&ground, group, &reading, &family::Memory::of_one(group));
        let own = results.into_iter().zip(group).filter(|(_, members)| of_interest(members));
        own.map(|(result, _)| result).collect::<Vec<_>>()
    };
    let results = groups.iter().filter(|group| group.iter().any(of_interest)).flat_map(reconciled).collect();
    put_together(&ground, &reading, results)
}

/// What the next orders under agreements must hold by one reading, with the peaks that earlier scans saw.
pub fn order_lines(
    estate: &Estate,
    rules: &Rules,
    settings: &Settings,
    as_of: Date,
    default: Answer,
    history: &History,
) -> Vec<OrderLine> {
    if settings.agreements.is_empty() {
        return Vec::new();
    }
    let mut assessment = of_families(estate, rules, settings, as_of, default, &[]);
    let ground = Ground { estate, index: EstateIndex::new(estate), rules, settings, as_of };
    true_up::mark(&ground, history, &mut assessment);
    assessment.order_lines
}

/// What an assessment is made from.
pub(crate) struct Ground<'a> {
    pub estate: &'a Estate,
    pub index: EstateIndex<'a>,
    pub rules: &'a Rules,
    pub settings: &'a Settings,
    pub as_of: Date,
}

impl<'a> Ground<'a> {
    /// What meets a need by itself, as it is priced on the day.
    fn prices(&self) -> PriceList<'a> {
        let minimums = self.rules.order_minimums(self.as_of);
        PriceList::new(&self.estate.prices, &self.rules.names, self.as_of, &self.settings.currency, minimums)
    }

    /// Every installation of a product with its machine, in the order of machines.
    fn installs_of(&self, product: &str) -> impl Iterator<Item = (HostId, &'a Host, &'a Installation)> {
        let machines = self.index.with_installs(product);
        machines.flat_map(|(id, host, installs)| installs.iter().map(move |install| (id, host, install)))
    }
}

/// Both readings with ranges, questions by worth, support, coverage and findings. `records` are the software records
/// by organisation, counted by the scan.
pub fn outcome(
    estate: &Estate,
    rules: &Rules,
    settings: &Settings,
    as_of: Date,
    records: &BTreeMap<String, crate::model::RecordCounts>,
) -> Outcome {
    outcome_since(estate, rules, settings, as_of, records, &History::default())
}

/// [`outcome`] with what earlier scans found: additional products of an agreement are trued up by their peak.
pub fn outcome_since(
    estate: &Estate,
    rules: &Rules,
    settings: &Settings,
    as_of: Date,
    records: &BTreeMap<String, crate::model::RecordCounts>,
    history: &History,
) -> Outcome {
    let ground = Ground { estate, index: EstateIndex::new(estate), rules, settings, as_of };
    let fixed = answers::in_force(&ground);
    let strict_reading = Reading { default: Answer::Strict, fixed: fixed.clone() };
    let customer_reading = Reading { default: Answer::Customer, fixed };
    let mut strict = Vec::new();
    let mut customer = Vec::new();
    let mut questions = Vec::new();
    let mut asked = BTreeSet::new();
    let explore = |group: &Group<'_>| -> questions::Explored {
        questions::explore(&ground, group, &strict_reading, &customer_reading)
    };
    let groups = groups(&ground);
    let (explored, read_alike) =
        rayon::join(|| largest_first(&ground, &groups, explore), || ReadAlike::of(&ground, records));
    for explored in explored {
        strict.extend(explored.strict);
        customer.extend(explored.customer);
        questions.extend(explored.questions);
        asked.extend(explored.asked);
    }
    questions::by_worth(&mut questions);
    let ReadAlike { support, coverage, mut findings, hosts } = read_alike;
    findings.extend(support.findings);
    findings.extend(answers::findings(&ground, &asked));
    let mut strict = put_together(&ground, &strict_reading, strict);
    let mut customer = put_together(&ground, &customer_reading, customer);
    let settle = |assessment: &mut Assessment| {
        alternatives::price_scopes(&ground, &mut assessment.requirements);
        to_buy::settle(&ground, assessment);
    };
    rayon::join(|| settle(&mut strict), || settle(&mut customer));
    findings.extend(coverage::uncounted(&ground, &strict));
    findings.extend(purchase_gaps::findings(&ground, &strict));
    findings.extend(implausible::findings(&ground, &strict));
    findings.extend(over_assigned::findings(&ground, &strict));
    let unaccounted = unaccounted::findings(&ground, &strict, &findings);
    findings.extend(unaccounted);
    let untracked = untracked::untracked(&ground, &strict);
    findings.extend(untracked::findings(&ground, &untracked));
    let mut outcome = Outcome {
        as_of,
        rules_hash: rules.hash.clone(),
        names: names(estate, rules),
        diagnostics: support.diagnostics,
        purchases: estate.purchases.clone(),
        prices: estate.prices.clone(),
        currency: settings.currency.clone(),
        strict,
        customer,
        questions,
        support: support.rows,
        support_summary: support.summary,
        coverage,
        findings,
        sources: estate.sources.clone(),
        hosts,
        agreements: Vec::new(),
        untracked,
    };
    true_up::settle(&ground, history, &mut outcome);
    outcome.findings.sort();
    outcome.findings.dedup();
    outcome
}

/// Something of every group of families, in their order. Those with most installations are begun first, so that none of
/// them is left to one thread while the others wait for it.
fn largest_first<'r, T: Send>(
    ground: &Ground<'_>,
    groups: &[Group<'r>],
    work: impl Fn(&Group<'r>) -> T + Sync,
) -> Vec<T> {
    let installs = |group: &Group<'_>| -> usize {
        group.iter().flatten().map(|product| ground.index.with_installs(&product.id).count()).sum()
    };
    let mut done: Vec<Option<T>> = groups.iter().map(|_| None).collect();
    let mut waiting: Vec<_> = groups.iter().zip(&mut done).collect();
    waiting.sort_by_key(|(group, _)| std::cmp::Reverse(installs(group)));
    rayon::scope_fifo(|scope| {
        for (group, done) in waiting {
            let work = &work;
            scope.spawn_fifo(move |_| *done = Some(work(group)));
        }
    });
    done.into_iter().flatten().collect()
}

/// What every reading sees alike.
struct ReadAlike {
    support: support::Support,
    coverage: Vec<Coverage>,
    findings: Vec<Finding>,
    hosts: Vec<HostSummary>,
}

impl ReadAlike {
    fn of(ground: &Ground<'_>, records: &BTreeMap<String, crate::model::RecordCounts>) -> Self {
        let mut findings = coverage::findings(ground);
        findings.extend(gaps::findings(ground));
        findings.extend(priced_features::findings(ground));
        Self {
            support: support::support(ground.estate, ground.rules, ground.settings, ground.as_of),
            coverage: coverage::coverage(ground, records),
            findings,
            hosts: ground.estate.hosts.iter().map(|host| hosts::summary(ground, host)).collect(),
        }
    }
}

/// Titles of organisations and names of products.
fn names(estate: &Estate, rules: &Rules) -> Names {
    let titled = estate.organisations.iter().filter(|organisation| !organisation.title.is_empty());
    Names {
        organisations: titled.map(|organisation| (organisation.name.clone(), organisation.title.clone())).collect(),
        products: rules.names.clone(),
    }
}

/// One assessment out of the results of all families, with indexes moved on.
fn put_together(ground: &Ground<'_>, reading: &Reading, results: Vec<FamilyResult>) -> Assessment {
    let mut assessment = Assessment {
        reading: reading.clone(),
        as_of: ground.as_of,
        requirements: Vec::new(),
        entitlements: Vec::new(),
        chosen: Vec::new(),
        allocations: Vec::new(),
        surpluses: Vec::new(),
        positions: Vec::new(),
        alternatives: Vec::new(),
        questions: Vec::new(),
        notes: Vec::new(),
        order_lines: Vec::new(),
    };
    for result in results {
        result.append_to(&mut assessment);
    }
    assessment.positions.sort_by(|a, b| a.key.cmp(&b.key));
    assessment
}

/// Counts of an estate that was declared rather than scanned.
pub fn no_records() -> BTreeMap<String, crate::model::RecordCounts> {
    BTreeMap::new()
}
