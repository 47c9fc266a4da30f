//! What people did about an end of support: extended support they bought, and risks they accepted.

use jiff::civil::Date;

use crate::diag::{Code, Diagnostic};
use crate::model::{Finding, Host, Key, Place, SupportStanding, SupportStatus};
use crate::rules::{ExtendedSupport, RiskAcceptance, Rules, Settings, SupportPhase};

/// The kind of acceptance that concerns this stage.
const UNSUPPORTED: &str = "unsupported";

/// The settings that bear on support, and which of them were of use.
pub(super) struct Covers<'s> {
    rules: &'s Rules,
    as_of: Date,
    purchases: Vec<(&'s ExtendedSupport, bool)>,
    acceptances: Vec<AcceptanceUse<'s>>,
}

/// An acceptance, and how often it was wanted.
struct AcceptanceUse<'s> {
    acceptance: &'s RiskAcceptance,
    /// It fits at least one row, whatever that row's status.
    fits: bool,
    /// Rows out of support that nothing else covers and that relied on it until it expired.
    missed: u32,
}

impl<'s> Covers<'s> {
    pub fn new(rules: &'s Rules, settings: &'s Settings, as_of: Date) -> Self {
        let acceptances = settings.acceptances.iter().filter(|acceptance| acceptance.kind == UNSUPPORTED);
        Self {
            rules,
            as_of,
            purchases: settings.extended_support.iter().map(|purchase| (purchase, false)).collect(),
            acceptances: acceptances.map(|acceptance| AcceptanceUse { acceptance, fits: false, missed: 0 }).collect(),
        }
    }

    /// Whether anything in the settings may bear on machines of an organisation.
    pub fn concern(&self, organisation: &str) -> bool {
        self.purchases.iter().any(|(purchase, _)| purchase.organisation == organisation)
            || self.acceptances.iter().any(|used| used.acceptance.organisation == organisation)
    }

    /// Puts a row on extended support where it was bought and is in term; `offered` is what
    /// the publisher sells.
    pub fn extended(&mut self, row: &mut SupportStanding, host: &Host, offered: Option<&SupportPhase>) {
        let mut bought: Option<&ExtendedSupport> = None;
        for (purchase, used) in &mut self.purchases {
            let fits = purchase.organisation == row.organisation
                && names_product(self.rules, &purchase.product, row)
                && names_version(self.rules, &purchase.version, row)
                && (purchase.hosts.is_empty() || purchase.hosts.iter().any(|name| names_host(name, host)));
            *used |= fits;
            if fits && bought.is_none_or(|best| best.until < purchase.until) && purchase.from <= self.as_of {
                bought = Some(purchase);
            }
        }
        if row.status != SupportStatus::OutOfSupport {
            return;
        }
        match (bought, offered) {
            (Some(purchase), offered) => extend(row, purchase, offered, self.as_of),
            (None, Some(offered)) => say_more(row, &not_bought(offered, self.as_of)),
            (None, None) => {}
        }
    }

    /// Marks a row out of support as accepted where an acceptance is in force. Of several the one that holds longest.
    pub fn accept(&mut self, row: &mut SupportStanding, host: &Host) {
        let mut best: Option<&mut AcceptanceUse<'s>> = None;
        for candidate in &mut self.acceptances {
            if accepts(self.rules, candidate.acceptance, row, host) {
                candidate.fits = true;
                if best.as_ref().is_none_or(|best| best.acceptance.review_by < candidate.acceptance.review_by) {
                    best = Some(candidate);
                }
            }
        }
        let Some(best) = best.filter(|_| row.status == SupportStatus::OutOfSupport) else { return };
        let acceptance = best.acceptance;
        if acceptance.review_by >= self.as_of {
            row.accepted = Some(in_words(acceptance).into());
        } else {
            best.missed += 1;
            let (owner, day) = (&acceptance.owner, acceptance.review_by);
            say_more(row, &format!("; the acceptance by {owner} expired on {day}"));
        }
    }

    /// Findings for acceptances past their review date that something out of support still relies on.
    pub fn expired(&self) -> Vec<Finding> {
        let expired = self.acceptances.iter().filter(|used| used.missed > 0);
        expired
            .map(|used| {
                let acceptance = used.acceptance;
                let part = |text: &Option<String>| text.clone().unwrap_or_default();
                let (host, product, version) =
                    (part(&acceptance.host), part(&acceptance.product), part(&acceptance.version));
                Finding {
                    key: Key::new("expired-acceptance", &[&acceptance.organisation, &host, &product, "", &version, ""]),
                    organisation: acceptance.organisation.clone(),
                    text: format!(
                        "the acceptance in trueup.toml, line {}, has expired: {}; installations it covered: {}",
                        acceptance.line,
                        in_words(acceptance),
                        used.missed
                    ),
                    evidence: Vec::new(),
                }
            })
            .collect()
    }

    /// Acceptances and purchases that fit nothing in the estate.
    pub fn unused(&self) -> Vec<Diagnostic> {
        let note = |line: u32, message: String| {
            Diagnostic::warning(Code::UnknownName, "trueup.toml", message).at(Place::Line(line))
        };
        let acceptances = self.acceptances.iter().filter(|used| !used.fits).map(|used| {
            let owner = &used.acceptance.owner;
            note(used.acceptance.line, format!("the acceptance by {owner} fits nothing in the estate"))
        });
        let purchases = self.purchases.iter().filter(|(_, used)| !used).map(|(purchase, _)| {
            let (product, version) = (&purchase.product, &purchase.version);
            note(purchase.line, format!("the extended support of {product} {version} fits nothing in the estate"))
        });
        acceptances.chain(purchases).collect()
    }
}

/// Says more of why a row has its status.
fn say_more(row: &mut SupportStanding, more: &str) {
    row.reason = format!("{}{more}", row.reason).into();
}

/// What is said of paid support that nobody bought.
fn not_bought(offered: &SupportPhase, as_of: Date) -> String {
    let note = offered.note.as_ref().map_or(String::new(), |note| format!(" ({note})"));
    if offered.until < as_of {
        format!("; paid support ended on {}{note}", offered.until)
    } else {
        format!("; paid support is offered until {}{note} and was not bought", offered.until)
    }
}

/// Puts a row on the extended support bought for it, up to the last day the publisher gives it.
fn extend(row: &mut SupportStanding, purchase: &ExtendedSupport, offered: Option<&SupportPhase>, as_of: Date) {
    let until = offered.map_or(purchase.until, |offered| offered.until.min(purchase.until));
    let reference = purchase.reference.as_ref().map_or(String::new(), |reference| format!(" ({reference})"));
    if until < as_of {
        say_more(row, &format!("; the extended support bought{reference} ended on {until}"));
        return;
    }
    row.status = SupportStatus::ExtendedSupport;
    row.until = Some(until);
    row.date_source = Some(format!("trueup.toml, line {}{reference}", purchase.line).into());
    row.verified = offered.is_none_or(|offered| offered.verified || purchase.until < offered.until);
    say_more(row, &format!("; on extended support{reference} until {until}"));
}

fn accepts(rules: &Rules, acceptance: &RiskAcceptance, row: &SupportStanding, host: &Host) -> bool {
    acceptance.organisation == row.organisation
        && acceptance.product.as_ref().is_none_or(|product| names_product(rules, product, row))
        && acceptance.version.as_ref().is_none_or(|version| names_version(rules, version, row))
        && acceptance.host.as_ref().is_none_or(|name| names_host(name, host))
}

fn names_product(rules: &Rules, name: &str, row: &SupportStanding) -> bool {
    row.product == name || rules.product(name).is_some_and(|product| product.id == row.product)
}

/// Whether a version in the settings means the row's release, by its own name or by the licence's.
fn names_version(rules: &Rules, version: &str, row: &SupportStanding) -> bool {
    let Some(installed) = row.version.as_deref() else { return false };
    installed == version
        || rules.products.get(row.product.as_str()).is_some_and(|product| {
            let named = product.releases_named(version);
            let releases = product.releases_named(installed);
            releases.iter().any(|release| named.contains(release) || release.licence_version == version)
        })
}

fn names_host(name: &str, host: &Host) -> bool {
    name.eq_ignore_ascii_case(&host.name) || host.fqdn.as_ref().is_some_and(|fqdn| name.eq_ignore_ascii_case(fqdn))
}

fn in_words(acceptance: &RiskAcceptance) -> String {
    format!("{} ({}, review by {})", acceptance.reason, acceptance.owner, acceptance.review_by)
}
