//! Machines whose newest inventory is too old, and the acceptances of that in `trueup.toml`.
//!
//! An acceptance says that somebody answers for the gap in the inventory. It proves nothing about the machine: whether its
//! installations count stays the question it is (D-02).

use jiff::ToSpan;

use crate::model::{Finding, Host, Key};
use crate::rules::RiskAcceptance;

use super::Ground;

/// Whether the newest sighting is older than the limit.
pub(super) fn is_stale(ground: &Ground<'_>, host: &Host) -> bool {
    let limit = ground.as_of.checked_sub(i64::from(ground.settings.stale_after_days).days());
    matches!((host.last_seen, limit), (Some(seen), Ok(limit)) if seen < limit)
}

/// Whether somebody accepted on the day that a machine is stale.
pub(super) fn accepted(ground: &Ground<'_>, host: &Host) -> bool {
    of_stale(ground).any(|acceptance| concerns(acceptance, host) && ground.as_of <= acceptance.review_by)
}

/// Acceptances past their review date on which a stale machine still relies, and those that concern no machine at all.
pub(super) fn expired(ground: &Ground<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for acceptance in of_stale(ground) {
        let concerned = || ground.estate.hosts.iter().filter(|host| concerns(acceptance, host));
        let missed = concerned().filter(|host| is_stale(ground, host) && !accepted(ground, host)).count();
        let text = match (concerned().next(), acceptance.review_by < ground.as_of) {
            (None, _) => "concerns no machine of the estate".to_owned(),
            (Some(_), true) if missed > 0 => {
                format!("was to be reviewed by {}; stale machines it covered: {missed}", acceptance.review_by)
            }
            _ => continue,
        };
        let kind = if concerned().next().is_none() { "unused-acceptance" } else { "expired-acceptance" };
        findings.push(Finding {
            key: Key::new(kind, &[&acceptance.organisation, acceptance.host.as_deref().unwrap_or(""), STALE]),
            organisation: acceptance.organisation.clone(),
            text: format!(
                "The acceptance of stale machines by {} (trueup.toml, line {}: {}) {text}.",
                acceptance.owner, acceptance.line, acceptance.reason
            ),
            evidence: Vec::new(),
        });
    }
    findings
}

/// The kind of acceptance that concerns stale machines.
const STALE: &str = "stale";

fn of_stale<'a>(ground: &Ground<'a>) -> impl Iterator<Item = &'a RiskAcceptance> + use<'a> {
    ground.settings.acceptances.iter().filter(|acceptance| acceptance.kind == STALE)
}

fn concerns(acceptance: &RiskAcceptance, host: &Host) -> bool {
    let bears = |name: &String| {
        name.eq_ignore_ascii_case(&host.name) || host.fqdn.as_ref().is_some_and(|fqdn| fqdn.eq_ignore_ascii_case(name))
    };
    acceptance.organisation == host.organisation && acceptance.host.as_ref().is_none_or(bears)
}
