//! How much of each organisation the inventory shows, and what in it wants acting on.

use std::borrow::Cow;

use serde::Serialize;

use crate::model::{Finding, Outcome};

use super::{Filter, RecordSums};

/// How much of one organisation was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoverageRow<'a> {
    /// Permanent key.
    pub key: String,
    /// Organisation.
    pub organisation: &'a str,
    /// Hosts known from any source.
    pub hosts: u32,
    /// Hosts with an inventory of their software.
    pub inventoried: u32,
    /// Hosts known only to a hypervisor.
    pub not_inventoried: u32,
    /// Hosts with an inventory in a hundred, rounded down; `None` without hosts.
    pub inventoried_percent: Option<u32>,
    /// Guests whose host nobody knows.
    pub unplaced: u32,
    /// Hosts whose newest inventory is too old.
    pub stale: u32,
    /// Of them, those whose staleness is accepted.
    pub stale_accepted: u32,
    /// Virtualisation hosts.
    pub virtualisation_hosts: u32,
    /// Software records.
    pub records: RecordSums,
}

/// Coverage by organisation.
pub(super) fn rows<'a>(outcome: &'a Outcome, filter: &Filter) -> Vec<CoverageRow<'a>> {
    let mut rows: Vec<CoverageRow<'a>> = outcome
        .coverage
        .iter()
        .filter(|coverage| filter.shows(&coverage.organisation))
        .map(|coverage| CoverageRow {
            key: coverage.key().0,
            organisation: &coverage.organisation,
            hosts: coverage.hosts,
            inventoried: coverage.inventoried,
            not_inventoried: coverage.not_inventoried,
            inventoried_percent: percent(coverage.inventoried, coverage.hosts),
            unplaced: coverage.unplaced,
            stale: coverage.stale,
            stale_accepted: coverage.stale_accepted,
            virtualisation_hosts: coverage.virtualisation_hosts,
            records: RecordSums::from(&coverage.records),
        })
        .collect();
    rows.sort_by_key(|row| row.organisation);
    rows
}

/// Rounded down, so that 100 means every one.
fn percent(part: u32, whole: u32) -> Option<u32> {
    let share = (u64::from(part) * 100).checked_div(u64::from(whole))?;
    u32::try_from(share).ok()
}

/// Something to act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingRow<'a> {
    /// Permanent key.
    pub key: Cow<'a, str>,
    /// What it is about: the part of the key before the colon.
    pub kind: String,
    /// Organisation.
    pub organisation: Cow<'a, str>,
    /// One sentence.
    pub text: Cow<'a, str>,
    /// Places that show it, as `path: place`.
    pub evidence: Vec<String>,
}

/// Findings by their keys. Those on support, of which there may be many, are left out where only its sums are wanted.
pub(super) fn findings<'a>(outcome: &'a Outcome, filter: &Filter) -> Vec<FindingRow<'a>> {
    // Each of them is written when it is asked for.
    let unsupported = (!filter.support_sums).then(|| outcome.unsupported().map(|(_, finding)| Cow::Owned(finding)));
    let all = outcome.findings.iter().map(Cow::Borrowed).chain(unsupported.into_iter().flatten());
    let mut rows: Vec<FindingRow<'a>> =
        all.filter(|finding| filter.shows(&finding.organisation)).map(|finding| row(outcome, finding)).collect();
    rows.sort_by(|a, b| (&a.key, &a.organisation, &a.text).cmp(&(&b.key, &b.organisation, &b.text)));
    // Outcomes of older stores hold those on support already.
    rows.dedup();
    rows
}

fn row<'a>(outcome: &Outcome, finding: Cow<'a, Finding>) -> FindingRow<'a> {
    let evidence = finding.evidence.iter().map(|locator| outcome.place(locator)).collect();
    let (key, organisation, text): (Cow<'a, str>, Cow<'a, str>, Cow<'a, str>) = match finding {
        Cow::Borrowed(finding) => {
            (finding.key.0.as_str().into(), finding.organisation.as_str().into(), finding.text.as_str().into())
        }
        Cow::Owned(finding) => (finding.key.0.into(), finding.organisation.into(), finding.text.into()),
    };
    let kind = key.split_once(':').map_or("", |(kind, _)| kind).to_owned();
    FindingRow { key, kind, organisation, text, evidence }
}
