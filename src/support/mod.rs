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
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use crate::diag::Diagnostic;
use crate::model::{
    Estate, Fact, Finding, Host, HostId, Installation, Key, Machine, SharedText, SharedTexts, SupportRow,
    SupportStanding, SupportStatus, SupportSummary,
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
    /// Acceptances that expired; sorted by key. What is out of support tells itself, see [`SupportRow::finding`].
    pub findings: Vec<Finding>,
    /// Acceptances and extended support in the settings that fit nothing.
    pub diagnostics: Vec<Diagnostic>,
}

/// Says of everything on every host whether it is supported on the day `as_of`. The last day of support still counts as
/// supported; an end up to `settings.support_horizon_months` months ahead is announced.
pub fn support(estate: &Estate, rules: &Rules, settings: &Settings, as_of: Date) -> Support {
    let mut register = Register::new(rules, settings, as_of);
    let mut rows: Vec<SupportRow> = Vec::new();
    for (id, host) in estate.hosts_with_ids() {
        rows.extend(the_worst_of_each_key(register.rows(id, host)));
    }
    let covers = register.covers;
    rows.shrink_to_fit();
    let mut findings = covers.expired();
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

/// The rows of one host in the order of their keys, each key once: of several rows the first of the worst status.
fn the_worst_of_each_key(rows: Vec<SupportRow>) -> impl Iterator<Item = SupportRow> {
    let mut keyed: Vec<(Key, SupportRow)> = rows.into_iter().map(|row| (row.key(""), row)).collect();
    keyed.sort_by(|(key, row), (other, than)| key.cmp(other).then(row.status.cmp(&than.status)));
    keyed.dedup_by(|(later, _), (first, _)| later == first);
    keyed.into_iter().map(|(_, row)| row)
}

/// What is kept while host after host is looked at. A fleet has few different releases on many hosts: each is judged once,
/// and all rows share what is said of it.
struct Register<'e> {
    rules: &'e Rules,
    moment: Moment,
    covers: Covers<'e>,
    verdicts: HashMap<Installed<'e>, Verdict>,
    /// What holds of installations that nothing in the settings bears on, by organisation, rule and what is installed.
    plain: HashMap<(SharedText, &'e str, Installed<'e>), Arc<SupportStanding>>,
    standings: HashSet<Arc<SupportStanding>>,
    texts: SharedTexts,
}

/// What a verdict depends on: product, version or why it is not known, edition, build number.
type Installed<'e> = (&'e str, Result<&'e str, &'e str>, Option<&'e str>, Option<&'e str>);

impl<'e> Register<'e> {
    fn new(rules: &'e Rules, settings: &'e Settings, as_of: Date) -> Self {
        Self {
            rules,
            moment: Moment::new(as_of, settings.support_horizon_months),
            covers: Covers::new(rules, settings, as_of),
            verdicts: HashMap::new(),
            plain: HashMap::new(),
            standings: HashSet::new(),
            texts: SharedTexts::default(),
        }
    }

    /// Rows of one host: its installations, and the gap where none of them is an operating system.
    fn rows(&mut self, id: HostId, host: &'e Host) -> Vec<SupportRow> {
        let organisation = self.texts.share(&host.organisation);
        let mut rows = Vec::with_capacity(host.installs.len() + 1);
        for installation in &host.installs {
            rows.push(self.row(id, host, &organisation, installation));
        }
        let is_system = |installation: &Installation| {
            self.rules
                .products
                .get(&installation.product)
                .is_some_and(|product| matches!(product.kind.as_str(), "operating-system" | "hypervisor"))
        };
        if host.machine != Machine::Container && host.hypervisor.is_none() && !host.installs.iter().any(is_system) {
            rows.push(self.unknown_system(id, host, organisation));
        }
        rows
    }

    /// The row of one installation.
    fn row(
        &mut self,
        id: HostId,
        host: &'e Host,
        organisation: &SharedText,
        installation: &'e Installation,
    ) -> SupportRow {
        let evidence = installation.evidence.clone().or_else(|| host.evidence.first().cloned());
        let disputed = matches!(installation.version, Fact::Conflicting { .. });
        if disputed || self.covers.concern(organisation) {
            let standing = self.standing(host, organisation, installation);
            return SupportRow { host: id, standing: self.shared(standing), evidence };
        }
        let alike = (organisation.clone(), &*installation.rule, judged_by(installation));
        let standing = match self.plain.get(&alike) {
            Some(known) => known.clone(),
            None => {
                let standing = self.standing(host, organisation, installation);
                let standing = self.shared(standing);
                self.plain.insert(alike, standing.clone());
                standing
            }
        };
        SupportRow { host: id, standing, evidence }
    }

    /// What holds of one installation on its host.
    fn standing(&mut self, host: &Host, organisation: &SharedText, installation: &'e Installation) -> SupportStanding {
        let version = installation.version.value().map(String::as_str);
        let edition = installation.edition.value().map_or("", String::as_str);
        let known = self.rules.product(&installation.product);
        let product = known.map_or(installation.product.as_str(), |product| &product.id);
        let (rules, moment) = (self.rules, &self.moment);
        let verdict =
            self.verdicts.entry(judged_by(installation)).or_insert_with(|| judge(rules, moment, installation));
        let mut standing = SupportStanding {
            organisation: organisation.clone(),
            product: self.texts.share(product),
            edition: self.texts.share(edition),
            version: version.map(|version| self.texts.share(version)),
            status: verdict.status,
            until: verdict.until,
            date_source: verdict.source.clone(),
            verified: verdict.verified,
            reason: verdict.reason.clone(),
            accepted: None,
            rule: installation.rule.clone(),
        };
        if matches!(installation.version, Fact::Conflicting { .. }) {
            standing.reason = format!("{}; two sources disagree on the version", standing.reason).into();
        }
        self.covers.extended(&mut standing, host, verdict.paid.as_ref());
        self.covers.accept(&mut standing, host);
        standing.reason = self.texts.share(&standing.reason);
        standing
    }

    /// The one copy of what holds of several rows.
    fn shared(&mut self, standing: SupportStanding) -> Arc<SupportStanding> {
        if let Some(known) = self.standings.get(&standing) {
            return known.clone();
        }
        let new = Arc::new(standing);
        self.standings.insert(new.clone());
        new
    }

    /// The row of a machine on which no operating system was recognised.
    fn unknown_system(&mut self, id: HostId, host: &Host, organisation: SharedText) -> SupportRow {
        let nothing = self.texts.share("");
        let standing = self.shared(SupportStanding {
            organisation,
            product: UNKNOWN_SYSTEM.into(),
            edition: nothing.clone(),
            version: None,
            status: SupportStatus::Unknown,
            until: None,
            date_source: None,
            verified: true,
            reason: "no operating system was recognised on it".into(),
            accepted: None,
            rule: nothing,
        });
        SupportRow { host: id, standing, evidence: host.evidence.first().cloned() }
    }
}

fn judged_by(installation: &Installation) -> Installed<'_> {
    let version = match &installation.version {
        Fact::Unknown { reason } => Err(reason.as_str()),
        known => Ok(known.value().map_or("", String::as_str)),
    };
    let edition = installation.edition.value().map(String::as_str);
    (&installation.product, version, edition, installation.build_number.as_deref())
}

fn judge(rules: &Rules, moment: &Moment, installation: &Installation) -> Verdict {
    match rules.product(&installation.product) {
        Some(product) => end::verdict(product, installation, moment),
        None => Verdict::unknown(format!("no rule file knows the product {}", installation.product)),
    }
}

/// Counts per organisation.
fn summary(rows: &[SupportRow]) -> Vec<SupportSummary> {
    let mut counted: BTreeMap<&str, SupportSummary> = BTreeMap::new();
    for row in rows {
        let summary = counted.entry(&row.organisation).or_insert_with(|| SupportSummary {
            organisation: row.organisation.to_string(),
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
