//! Rows that are purchase lines or prices. What the record calls a thing stays beside it as a title, where product,
//! edition, version or metric have yet to be told from it by the rules. A row with a fault is left out, and every fault
//! of it is told: a figure is never guessed.

use crate::diag::{Code, Diagnostic};
use crate::model::{
    AsWritten, Channel, MOST_UNITS, Manifest, Metric, Period, Price, PriceKind, PublisherCount, PurchaseKind,
    PurchaseLine,
};
use crate::rules::{CHANNELS, DEFAULT_ORGANISATION, PRICE_KINDS, PRICE_PERIODS, PURCHASE_KINDS};

use super::super::faults::Faults;
use super::super::prices::{DEFAULT_CURRENCY, currency};
use super::super::table::Table;
use super::super::{Input, Sink};
use super::cells::{Cells, Record};
use super::each_record;

/// Reads a table of purchases; gives how many lines.
pub(super) fn read_purchases(
    cells: &Cells<'_>,
    input: &Input<'_>,
    table: &mut dyn Table,
    faults: &mut Faults,
    sink: &mut dyn Sink,
) -> usize {
    let mut count = 0;
    each_record(cells, table, faults, &mut |faults, row| {
        let record = cells.of(&row);
        let (line, place) = (purchase(&record, input.organisation), record.place());
        if kept(record, cells, faults)
            && let Some(line) = line
        {
            count += 1;
            sink.purchase(line, place);
        }
    });
    count
}

/// Reads a table of prices; gives how many.
pub(super) fn read_prices(cells: &Cells<'_>, table: &mut dyn Table, faults: &mut Faults, sink: &mut dyn Sink) -> usize {
    let mut count = 0;
    each_record(cells, table, faults, &mut |faults, row| {
        let record = cells.of(&row);
        let (price, place) = (price(&record), record.place());
        if kept(record, cells, faults)
            && let Some(price) = price
        {
            count += 1;
            sink.price(price, place);
        }
    });
    count
}

/// Reads a publisher's own count of licences, which is never added to the purchases; gives how many rows. What it
/// calls unresolved has no base that the publisher knows of, and each such row is told.
pub(super) fn read_summary(
    cells: &Cells<'_>,
    table: &mut dyn Table,
    faults: &mut Faults,
    sink: &mut dyn Sink,
) -> usize {
    let mut count = 0;
    let mut publisher_counts = Vec::new();
    each_record(cells, table, faults, &mut |faults, row| {
        let record = cells.of(&row);
        let (title, unresolved) = (record.text("title").unwrap_or_default(), record.whole("unresolved"));
        let version = record.text("version").map_or_else(String::new, |version| format!(" {version}"));
        if let Some(unresolved) = unresolved.filter(|unresolved| *unresolved > 0) {
            record.mention(
                Code::LeftOut,
                format!(
                    "{unresolved} of {title}{version} are unresolved: they need proof of a qualifying licence, sold with a \
                     machine or in a box, and are not counted"
                ),
            );
        }
        let counted = record.text("effective").is_some().then(|| PublisherCount {
            organisation: record.text("organisation").unwrap_or_default(),
            title,
            effective: record.whole("effective").unwrap_or_default(),
            place: record.place(),
            evidence: None,
        });
        count += 1;
        if kept(record, cells, faults) {
            publisher_counts.extend(counted);
        }
    });
    sink.manifest(Manifest { publisher_counts, ..Manifest::default() });
    count
}

/// Whether a row has no fault; those it has are told.
fn kept(record: Record<'_>, cells: &Cells<'_>, faults: &mut Faults) -> bool {
    let place = record.place();
    let doubts = record.into_doubts();
    let kept = doubts.iter().all(|doubt| doubt.harmless);
    for doubt in doubts {
        let fault = match doubt.harmless {
            true => Diagnostic::warning(doubt.code, cells.path, doubt.message),
            false => Diagnostic::error(doubt.code, cells.path, format!("{}; the row is left out", doubt.message)),
        };
        let mut fault = fault.at(place.clone());
        fault.help = doubt.help;
        faults.keep(fault);
    }
    kept
}

/// What the record states of those facts that a title may tell too.
fn as_written(record: &Record<'_>, facts: &[&str]) -> Option<AsWritten> {
    let title = record.text("title")?;
    let stated = facts.iter().filter(|fact| record.text(fact).is_some()).map(|fact| (*fact).to_owned()).collect();
    Some(AsWritten { title, stated, rule: None })
}

fn purchase(record: &Record<'_>, folder: Option<&str>) -> Option<PurchaseLine> {
    let written = as_written(record, &["product", "edition", "version", "metric", "kind", "channel", "pack"]);
    let metric = record.one_of("metric", &Metric::ALL);
    if written.is_none() && record.text("metric").is_none() {
        record.wonder(Code::IncompleteRecord, "the row does not say what a unit counts".into());
    }
    let product = record.text("product").or_else(|| written.as_ref().map(|written| written.title.clone()));
    if product.is_none() {
        record.wonder(Code::IncompleteRecord, "the row names no product".into());
    }
    let quantity = record.whole("quantity");
    if quantity.is_none() && record.text("quantity").is_none() {
        record.wonder(Code::IncompleteRecord, "the row states no quantity".into());
    }
    let units = quantity.unwrap_or_default().checked_mul(record.whole("pack").unwrap_or(1));
    let units = units.filter(|units| *units <= MOST_UNITS);
    if units.is_none() {
        record.wonder(Code::ImplausibleValue, "quantity times pack is larger than any number of licences".into());
    }
    Some(PurchaseLine {
        organisation: record
            .text("organisation")
            .or_else(|| folder.map(str::to_owned))
            .unwrap_or_else(|| DEFAULT_ORGANISATION.to_owned()),
        product: product?,
        edition: record.text("edition"),
        version: record.text("version"),
        metric: metric.unwrap_or(Metric::Device),
        quantity: units.unwrap_or_default(),
        kind: kind(record),
        channel: record.one_of("channel", &CHANNELS).unwrap_or(Channel::Volume),
        bought: record.date("bought"),
        sa: period(record, "sa_from", "sa_until").into_iter().collect(),
        subscription: period(record, "subscription_from", "subscription_until"),
        reference: record.text("reference"),
        agreement: record.text("agreement"),
        base: record.text("base"),
        assigned_to: record.texts("assigned_to"),
        assigned_on: None,
        reassigned: Vec::new(),
        documented_cores: None,
        shared_with: Vec::new(),
        reserved: Vec::new(),
        farm: None,
        note: note(record),
        written,
        evidence: None,
    })
}

/// What was bought. Records also say that a licence came with Software Assurance, which is no right without its term, or
/// that it is a subscription, which without its term would pass for a licence for good.
fn kind(record: &Record<'_>) -> PurchaseKind {
    match record.text("kind").as_deref() {
        Some("licence-and-sa") => {
            if record.text("sa_until").is_none() {
                let message =
                    "Software Assurance came with it, and its term is not stated: it is not taken to be in force";
                record.mention(Code::IncompleteRecord, message.into());
            }
            PurchaseKind::Licence
        }
        Some("subscription") => {
            if record.text("subscription_until").is_none() {
                record.wonder(Code::IncompleteRecord, "it is a subscription, and its term is not stated".into());
            }
            PurchaseKind::Licence
        }
        _ => record.one_of("kind", &PURCHASE_KINDS).unwrap_or(PurchaseKind::Licence),
    }
}

/// The remark of the record, and the columns that the mapping keeps.
fn note(record: &Record<'_>) -> Option<String> {
    let remarks = record.remarks().into_iter().map(|(name, value)| format!("{name}: {value}"));
    let parts: Vec<String> = record.text("note").into_iter().chain(remarks).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A term with a first and a last day. One that has only one of them is a fault, unless the table never has the other.
fn period(record: &Record<'_>, from: &str, until: &str) -> Option<Period> {
    let (first, last) = (record.date(from), record.date(until));
    match (first, last) {
        (Some(from), Some(until)) if from <= until => Some(Period { from, until }),
        (Some(first), Some(last)) => {
            record.wonder(Code::WrongValue, format!("the term ends on {last}, before it begins on {first}"));
            None
        }
        (Some(_), None) if record.text(until).is_none() => {
            record.wonder(Code::IncompleteRecord, format!("`{from}` is there and `{until}` is not"));
            None
        }
        (None, Some(_)) if record.text(from).is_none() => {
            record.wonder(Code::IncompleteRecord, format!("`{until}` is there and `{from}` is not"));
            None
        }
        _ => None,
    }
}

fn price(record: &Record<'_>) -> Option<Price> {
    let written = as_written(record, &["product", "edition", "version", "metric", "kind", "units"]);
    let metric = record.one_of("metric", &Metric::ALL);
    if written.is_none() && record.text("metric").is_none() {
        record.wonder(Code::IncompleteRecord, "the row does not say what a unit counts".into());
    }
    let amount = record.amount("amount");
    if amount.is_none() && record.text("amount").is_none() {
        record.wonder(Code::IncompleteRecord, "the row states no amount".into());
    }
    let stated = record.text("currency").map(|text| currency(&text));
    let stated = match stated {
        Some(Err(wrong)) => {
            record.wonder(Code::WrongValue, format!("the currency {}", wrong.problem));
            None
        }
        Some(Ok(code)) => Some(code),
        None => None,
    };
    let (amount, sign) = amount?;
    if let (Some(stated), Some(sign)) = (&stated, &sign)
        && stated != sign
    {
        record.wonder(Code::WrongValue, format!("the amount is in {sign} and the row says {stated}"));
    }
    let units = record.whole("units").unwrap_or(1);
    if units == 0 {
        record.wonder(Code::WrongValue, "a pack of 0 units is no pack".into());
    }
    Some(Price {
        product: record.text("product").or_else(|| written.as_ref().map(|written| written.title.clone()))?,
        edition: record.text("edition"),
        version: record.text("version"),
        metric: metric.unwrap_or(Metric::Device),
        units,
        amount,
        currency: stated.or(sign).unwrap_or_else(|| DEFAULT_CURRENCY.to_owned()),
        per: record.one_of("per", &PRICE_PERIODS).unwrap_or_default(),
        kind: record.one_of("kind", &PRICE_KINDS).unwrap_or(PriceKind::Licence),
        from: record.date("from"),
        until: record.date("until"),
        level: record.text("level"),
        source: record.text("source"),
        written,
        evidence: None,
    })
}
