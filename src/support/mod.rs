//! The stage that says what has fallen, or is about to fall, out of support.
//!
//! For every installation, operating systems included, it looks up the end of support in the rules, sets against it the
//! extended support that was bought and the risks that were accepted, and gives one row with the reason, the date, the
//! source of the date and the place where the product was seen. What nobody knows is *unknown* and never counts as
//! supported. The stage is pure: the day is an input.

mod cover;
mod end;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use crate::diag::Diagnostic;
use crate::model::{
    Estate, Fact, Finding, Host, HostId, Installation, Key, Machine, SupportRow, SupportStatus, SupportSummary,
};
use crate::rules::{Rules, Settings};

use cover::Covers;
use end::Verdict;

/// Product id of the row of a machine whose operating system nobody knows.
pub const UNKNOWN_SYSTEM: &str = "operating-system";

/// Everything the stage found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Support {
    /// One row for each product, edition and version on each host, in the order of host ids and keys.
    pub rows: Vec<SupportRow>,
    /// Counts per organisation, sorted by name.
    pub summary: Vec<SupportSummary>,
    /// What is out of support without an acceptance in force, and acceptances that expired; sorted by key.
    pub findings: Vec<Finding>,
    /// Acceptances and extended support in the settings that fit nothing.
    pub diagnostics: Vec<Diagnostic>,
}

/// Says of everything on every host whether it is supported on the day `as_of`. The last day of support still counts as
/// supported; an end up to `settings.support_horizon_months` months ahead is announced.
pub fn support(estate: &Estate, rules: &Rules, settings: &Settings, as_of: Date) -> Support {
    let mut covers = Covers::new(rules, settings, as_of);
    let moment = Moment::new(as_of, settings.support_horizon_months);
    let mut rows: BTreeMap<(HostId, Key), SupportRow> = BTreeMap::new();
    for (id, host) in estate.hosts_with_ids() {
        for row in host_rows(id, host, rules, &moment, &mut covers) {
            rows.entry((id, row.key.clone()))
                .and_modify(|known| {
                    if row.status < known.status {
                        known.clone_from(&row);
                    }
                })
                .or_insert(row);
        }
    }
    let rows: Vec<SupportRow> = rows.into_values().collect();
    let mut findings: Vec<Finding> = rows.iter().filter_map(|row| finding(row, estate)).collect();
    findings.extend(covers.expired());
    findings.sort();
    Support { summary: summary(&rows), rows, findings, diagnostics: covers.unused() }
}

/// The day, and how far ahead an end is announced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub as_of: Date,
    /// Last day of the horizon.
    pub horizon: Date,
    pub months: u32,
}

impl Moment {
    fn new(as_of: Date, months: u32) -> Self {
        let span = Span::new().try_months(months).unwrap_or_else(|_| 0.months());
        Self { as_of, horizon: as_of.saturating_add(span), months }
    }
}

/// Rows of one host: its installations, and the gap where none of them is an operating system.
fn host_rows(id: HostId, host: &Host, rules: &Rules, moment: &Moment, covers: &mut Covers<'_>) -> Vec<SupportRow> {
    let mut rows: Vec<SupportRow> =
        host.installs.iter().map(|installation| row(id, host, installation, rules, moment, covers)).collect();
    let is_system = |installation: &Installation| {
        rules
            .products
            .get(&installation.product)
            .is_some_and(|product| matches!(product.kind.as_str(), "operating-system" | "hypervisor"))
    };
    if host.machine != Machine::Container && host.hypervisor.is_none() && !host.installs.iter().any(is_system) {
        rows.push(unknown_system(id, host));
    }
    rows
}

/// The row of one installation.
fn row(
    id: HostId,
    host: &Host,
    installation: &Installation,
    rules: &Rules,
    moment: &Moment,
    covers: &mut Covers<'_>,
) -> SupportRow {
    let version = installation.version.value();
    let edition = installation.edition.value();
    let verdict = match rules.product(&installation.product) {
        Some(product) => end::verdict(product, installation, moment),
        None => Verdict::unknown(format!("no rule file knows the product {}", installation.product)),
    };
    let product = rules.product(&installation.product).map_or(installation.product.as_str(), |product| &product.id);
    let mut row = SupportRow {
        key: key("support", host, product, edition.map_or("", String::as_str), version.map_or("", String::as_str)),
        organisation: host.organisation.clone(),
        host: id,
        product: product.to_owned(),
        version: version.cloned(),
        status: verdict.status,
        until: verdict.until,
        date_source: verdict.source,
        verified: verdict.verified,
        reason: verdict.reason,
        accepted: None,
        rule: installation.rule.clone(),
        evidence: installation.evidence.clone().or_else(|| host.evidence.first().cloned()),
    };
    if matches!(installation.version, Fact::Conflicting { .. }) {
        row.reason.push_str("; two sources disagree on the version");
    }
    covers.extended(&mut row, host, verdict.paid.as_ref());
    covers.accept(&mut row, host);
    row
}

/// The row of a machine on which no operating system was recognised.
fn unknown_system(id: HostId, host: &Host) -> SupportRow {
    SupportRow {
        key: key("support", host, UNKNOWN_SYSTEM, "", ""),
        organisation: host.organisation.clone(),
        host: id,
        product: UNKNOWN_SYSTEM.to_owned(),
        version: None,
        status: SupportStatus::Unknown,
        until: None,
        date_source: None,
        verified: true,
        reason: "no operating system was recognised on it".to_owned(),
        accepted: None,
        rule: String::new(),
        evidence: host.evidence.first().cloned(),
    }
}

fn key(kind: &str, host: &Host, product: &str, edition: &str, version: &str) -> Key {
    Key::new(kind, &[&host.organisation, &host.name, product, edition, version, ""])
}

/// The finding of a row that is out of support and not accepted; its key is the row's, of the kind `unsupported`.
fn finding(row: &SupportRow, estate: &Estate) -> Option<Finding> {
    (row.status == SupportStatus::OutOfSupport && row.accepted.is_none()).then(|| Finding {
        key: Key(row.key.0.replacen("support:", "unsupported:", 1)),
        organisation: row.organisation.clone(),
        text: format!(
            "{} {} on {}: {}",
            row.product,
            row.version.as_deref().unwrap_or("(version not known)"),
            estate.host(row.host).name,
            row.reason
        ),
        evidence: row.evidence.clone().into_iter().collect(),
    })
}

/// Counts per organisation.
fn summary(rows: &[SupportRow]) -> Vec<SupportSummary> {
    let mut counted: BTreeMap<&str, SupportSummary> = BTreeMap::new();
    for row in rows {
        let summary = counted.entry(&row.organisation).or_insert_with(|| SupportSummary {
            organisation: row.organisation.clone(),
            counts: [0; 5],
            accepted: 0,
        });
        if let Some(column) = SupportStatus::ALL.iter().position(|status| *status == row.status) {
            summary.counts[column] += 1;
        }
        summary.accepted += u32::from(row.accepted.is_some());
    }
    counted.into_values().collect()
}
