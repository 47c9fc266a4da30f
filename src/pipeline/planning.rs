//! The plan for the last scan: the estate as it is, or as it would be without somebody or at other prices.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::assess;
use crate::diag::{Code, Diagnostic};
use crate::discover::{self, Found, Opening};
use crate::model::{Answer, Estate, FileStatus, Host, OrderLine, Outcome, Plan, Price, thousands};
use crate::plan;
use crate::read::{Input, Readers};
use crate::rules::{Rules, Settings};
use crate::store::{KnownTitles, Store};

use super::{Failure, ScanOptions, collect, resolve, with_last_scan};

/// What a plan is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOptions {
    /// Reading.
    pub reading: Answer,
    /// Only this organisation.
    pub organisation: Option<String>,
    /// Only this product, with its family.
    pub product: Option<String>,
    /// Organisation that is left out.
    pub without: Option<String>,
    /// Price list that stands in place of the estate's.
    pub prices: Option<PathBuf>,
    /// Months the costs are taken over.
    pub horizon_months: u32,
}

impl PlanOptions {
    /// The whole plan under a reading, over three years.
    pub fn of(reading: Answer) -> Self {
        Self { reading, organisation: None, product: None, without: None, prices: None, horizon_months: 36 }
    }
}

/// The cheapest lawful way to close what the last scan is short of.
///
/// # Errors
/// As [`super::latest`], a price list that cannot be read, and names that nothing bears.
pub fn plan(options: &ScanOptions, wanted: &PlanOptions) -> Result<Plan, Failure> {
    let store = Store::open_existing(&options.store_path())?;
    let outcome = store.outcome(None)?;
    let as_of = options.as_of.unwrap_or(outcome.as_of);
    with_last_scan(options, &store, |ground| {
        let mut estate = resolve::resolve(ground, store.files(None)?)?.estate;
        let mut assumptions = Vec::new();
        let organisation = wanted.organisation.as_deref().map(|typed| organisation(&estate, typed)).transpose()?;
        let without = wanted.without.as_deref().map(|typed| self::organisation(&estate, typed)).transpose()?;
        if let Some(without) = &without {
            assumptions.extend(leave_out(&mut estate, without));
        }
        if let Some(path) = &wanted.prices {
            estate.prices = prices(ground.rules, ground.settings, path)?;
            assumptions.push(format!("prices are those of {}", path.display()));
        }
        let mut history = store.history()?;
        // Who is left out orders nothing.
        history.rows.retain(|row| without.as_ref() != Some(&row.organisation));
        let orders = assess::order_lines(&estate, ground.rules, ground.settings, as_of, wanted.reading, &history);
        let family = wanted.product.as_deref().map(|typed| family(ground.rules, typed)).transpose()?;
        let request = plan::Request {
            estate: &estate,
            rules: ground.rules,
            settings: ground.settings,
            as_of,
            reading: wanted.reading,
            horizon_months: wanted.horizon_months,
            organisation: organisation.as_deref(),
            family: family.as_deref(),
            orders: &orders,
            assess: &|estate, day, families| {
                assess::of_families(estate, ground.rules, ground.settings, day, wanted.reading, families)
            },
        };
        let mut plan = plan::plan(&request);
        plan.assumptions = assumptions;
        let concerned = |line: &&OrderLine| {
            let product = ground.rules.products.get(&line.product);
            organisation.as_ref().is_none_or(|name| line.organisation == *name)
                && family.as_ref().is_none_or(|family| product.is_some_and(|product| product.family == *family))
        };
        plan.orders = orders.iter().filter(concerned).filter_map(|line| beyond(line, &outcome, as_of)).collect();
        Ok(plan)
    })
}

/// An order under an agreement that holds more than what is short on the day, in words.
fn beyond(line: &OrderLine, outcome: &Outcome, as_of: Date) -> Option<String> {
    let next = outcome.agreements.iter().find(|standing| standing.agreement.number == line.agreement);
    let by = next.and_then(|standing| standing.next.as_ref()).map(|order| format!(" by {}", order.closes));
    (line.beyond() > 0).then(|| {
        format!(
            "{}: {} of {} under {}{}, by the peak of {} on {}; {} are short on {as_of}. No step undoes that; the sum of the \
             true-up holds it, the other courses do not",
            line.organisation,
            line.metric.units(u64::from(line.units)),
            outcome.names.licence(&line.product, line.edition.as_deref(), None),
            line.agreement,
            by.unwrap_or_default(),
            thousands(u64::from(line.peak.required)),
            line.peak.on,
            thousands(u64::from(line.shortfall)),
        )
    })
}

/// The short name of an organisation, from it or its title.
fn organisation(estate: &Estate, typed: &str) -> Result<String, Failure> {
    let found = estate.organisations.iter().find(|organisation| {
        organisation.name.eq_ignore_ascii_case(typed) || organisation.title.eq_ignore_ascii_case(typed)
    });
    found.map(|organisation| organisation.name.clone()).ok_or_else(|| {
        let known: Vec<&str> = estate.organisations.iter().map(|organisation| organisation.name.as_str()).collect();
        unknown(&format!("there is no organisation {typed}"), &format!("known organisations: {}", known.join(", ")))
    })
}

fn family(rules: &Rules, typed: &str) -> Result<String, Failure> {
    rules.product(typed).map(|product| product.family.clone()).ok_or_else(|| {
        unknown(&format!("no rule file describes a product {typed}"), "`trueup rules list` says which are known")
    })
}

fn unknown(message: &str, help: &str) -> Failure {
    Failure::from_diagnostic(Diagnostic::error(Code::UnknownName, "the command line", message).help(help))
}

/// Takes an organisation out with its machines, people and purchases; what it shares with others stays theirs. Gives what
/// that assumes.
fn leave_out(estate: &mut Estate, name: &str) -> Vec<String> {
    let others: Vec<String> = estate
        .organisations
        .iter()
        .map(|organisation| organisation.name.clone())
        .filter(|organisation| organisation != name)
        .collect();
    let carried: Vec<String> = estate
        .hosts
        .iter()
        .filter(|guest| {
            guest.organisation != name && guest.runs_on().is_some_and(|id| estate.host(id).organisation == name)
        })
        .map(|guest| guest.name.clone())
        .collect();
    let gone = |host: &Host| host.organisation == name;
    estate.remove_hosts(&gone, &format!("its host belongs to {name}, which is left out"));
    estate.users.retain(|group| group.organisation != name);
    estate.accesses.retain(|access| access.organisation != name);
    let before = estate.purchases.len();
    let shared = |line: &crate::model::PurchaseLine| others.iter().any(|other| line.shared_with.contains(other));
    let kept = estate.purchases.iter().filter(|line| line.organisation == name && shared(line)).count();
    estate.purchases.retain(|line| line.organisation != name || shared(line));
    let mut assumptions = vec![format!(
        "{name} is left out, with its machines, its people and {} purchases",
        before - estate.purchases.len()
    )];
    if kept > 0 {
        assumptions.push(format!("{kept} purchases of {name} stay, because others share them: whether they may when it has left is a question for the agreement"));
    }
    if !carried.is_empty() {
        assumptions.push(format!(
            "nobody knows then where these guests run, which stood on hosts of {name}: {}",
            carried.join(", ")
        ));
    }
    assumptions
}

/// The prices of one file.
fn prices(rules: &Rules, settings: &Settings, path: &Path) -> Result<Vec<Price>, Failure> {
    let shown = path.display().to_string();
    let unreadable = |message: String| Failure::from_diagnostic(Diagnostic::error(Code::Unreadable, &shown, message));
    let size = std::fs::metadata(path).map_err(|error| unreadable(format!("it cannot be read: {error}")))?.len();
    let found = Found { path: shown.clone(), absolute: path.to_owned(), size, modified: 0 };
    let mut buffer = Vec::new();
    let loaded = discover::load(&found, &Opening::default(), &mut buffer).map_err(Failure::from_diagnostic)?;
    let readers = Readers::new(&settings.tables);
    let reader = readers.choose(&loaded.bytes, &shown).ok_or_else(|| unreadable("it is no price list".into()))?;
    let input = Input { path: &shown, bytes: &loaded.bytes, organisation: None, tables: &settings.tables };
    let contents = collect::collect(reader, readers.version_of(reader), &input, "", &KnownTitles::default());
    if contents.status != FileStatus::Read {
        // A price that was not understood would be missing without a word.
        let reason = contents.reason.unwrap_or_else(|| "it was not read in full".into());
        return Err(unreadable(reason));
    }
    let listed = contents.prices.into_iter().map(|(price, _)| price);
    let declared = contents.manifests.into_iter().flat_map(|manifest| manifest.prices);
    let prices: Vec<Price> = listed.chain(declared).map(|price| resolve::named_price(rules, price)).collect();
    if prices.is_empty() {
        return Err(unreadable("no price stands in it".into()));
    }
    Ok(prices)
}
