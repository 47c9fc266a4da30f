//! What is out of support, on paid extended support, about to end, supported or unknown.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use rayon::prelude::*;
use serde::Serialize;

use crate::model::{Outcome, SupportRow, SupportStatus};

use super::Filter;

/// Support of all organisations shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SupportSection<'a> {
    /// Months ahead that were asked for; null: as the settings say.
    pub within_months: Option<u32>,
    /// Counts by organisation.
    pub summary: Vec<SupportSums<'a>>,
    /// One row for each product on a host, the worst first; none where only the sums are wanted.
    pub rows: Vec<SupportLine<'a>>,
}

/// Counts of one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SupportSums<'a> {
    /// Organisation.
    pub organisation: &'a str,
    /// Support has ended and nobody pays for more.
    pub out_of_support: u32,
    /// Of those, under a risk acceptance.
    pub accepted: u32,
    /// Support has ended and paid support is in force.
    pub extended_support: u32,
    /// Support ends within the horizon.
    pub ending: u32,
    /// In support.
    pub supported: u32,
    /// Nobody knows.
    pub unknown: u32,
}

/// One product on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SupportLine<'a> {
    /// Permanent key.
    pub key: String,
    /// Organisation.
    pub organisation: &'a str,
    /// Name of the host.
    pub host: &'a str,
    /// Product id.
    pub product: &'a str,
    /// Version.
    pub version: Option<&'a str>,
    /// Product and version as people say it.
    pub title: String,
    /// Status.
    pub status: SupportStatus,
    /// Last day of support that counts here.
    pub until: Option<Date>,
    /// Where that date comes from.
    pub date_source: Option<&'a str>,
    /// Whether that date is verified.
    pub verified: bool,
    /// Why, in a sentence.
    pub reason: &'a str,
    /// The risk acceptance in force.
    pub accepted: Option<&'a str>,
    /// The recognition rule that found the product; empty where it was declared.
    pub rule: &'a str,
    /// Where the product was seen, as `path: place`.
    pub evidence: Option<String>,
}

/// Builds the section. Where the filter names a horizon, rows move between "ending" and "supported" accordingly.
pub(super) fn section<'a>(outcome: &'a Outcome, filter: &Filter) -> SupportSection<'a> {
    let horizon = filter.within_months.and_then(|months| outcome.as_of.checked_add(i64::from(months).months()).ok());
    if filter.support_sums && horizon.is_none() {
        let summary = summarised(outcome, filter);
        return SupportSection { within_months: filter.within_months, summary, rows: Vec::new() };
    }
    let shown = outcome.support.iter().filter(|row| filter.shows(&row.organisation));
    let mut rows: Vec<SupportLine<'a>> = shown.map(|row| line(outcome, row, horizon)).collect();
    rows.par_sort_by_key(|row| {
        (row.status, row.accepted.is_some(), row.organisation, row.until, row.host, row.product, row.version)
    });
    let summary = if horizon.is_some() { recounted(&rows) } else { summarised(outcome, filter) };
    SupportSection { within_months: filter.within_months, summary, rows }
}

fn line<'a>(outcome: &'a Outcome, row: &'a SupportRow, horizon: Option<Date>) -> SupportLine<'a> {
    let host = outcome.host(row.host).map_or("", |host| &host.name);
    SupportLine {
        key: row.key(host).0,
        organisation: &row.organisation,
        host,
        product: &row.product,
        version: row.version.as_deref(),
        title: outcome.names.licence(&row.product, None, row.version.as_deref()),
        status: status(row, horizon),
        until: row.until,
        date_source: row.date_source.as_deref(),
        verified: row.verified,
        reason: &row.reason,
        accepted: row.accepted.as_deref(),
        rule: &row.rule,
        evidence: row.evidence.as_ref().map(|locator| outcome.place(locator)),
    }
}

fn status(row: &SupportRow, horizon: Option<Date>) -> SupportStatus {
    let (Some(horizon), SupportStatus::Ending | SupportStatus::Supported) = (horizon, row.status) else {
        return row.status;
    };
    match row.until {
        Some(until) if until <= horizon => SupportStatus::Ending,
        _ => SupportStatus::Supported,
    }
}

fn summarised<'a>(outcome: &'a Outcome, filter: &Filter) -> Vec<SupportSums<'a>> {
    let shown = outcome.support_summary.iter().filter(|summary| filter.shows(&summary.organisation));
    let mut sums: Vec<SupportSums<'a>> =
        shown.map(|summary| sums(&summary.organisation, summary.counts, summary.accepted)).collect();
    sums.sort_by_key(|sums| sums.organisation);
    sums
}

fn recounted<'a>(rows: &[SupportLine<'a>]) -> Vec<SupportSums<'a>> {
    let mut counts: BTreeMap<&'a str, ([u32; 5], u32)> = BTreeMap::new();
    for row in rows {
        let (counts, accepted) = counts.entry(row.organisation).or_default();
        if let Some(index) = SupportStatus::ALL.iter().position(|status| *status == row.status) {
            counts[index] += 1;
        }
        *accepted += u32::from(row.status == SupportStatus::OutOfSupport && row.accepted.is_some());
    }
    counts.into_iter().map(|(organisation, (counts, accepted))| sums(organisation, counts, accepted)).collect()
}

fn sums(organisation: &str, counts: [u32; 5], accepted: u32) -> SupportSums<'_> {
    let [out_of_support, extended_support, ending, supported, unknown] = counts;
    SupportSums { organisation, out_of_support, accepted, extended_support, ending, supported, unknown }
}
