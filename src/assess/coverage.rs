//! How much of each organisation the inventory shows, and what that leaves to act on.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Assessment, Coverage, Finding, Host, Key, Machine, RecordCounts, Requirement};

use super::Ground;
use super::stale::{self, is_stale};

/// Coverage by organisation.
pub(super) fn coverage(ground: &Ground<'_>, records: &BTreeMap<String, RecordCounts>) -> Vec<Coverage> {
    let estate = ground.estate;
    estate
        .organisations
        .iter()
        .map(|organisation| {
            let hosts: Vec<&Host> = estate.hosts.iter().filter(|host| host.organisation == organisation.name).collect();
            let count = |wanted: &dyn Fn(&Host) -> bool| {
                u32::try_from(hosts.iter().filter(|host| wanted(host)).count()).unwrap_or(u32::MAX)
            };
            let inventoried = count(&|host| host.inventoried);
            let virtualisation = count(&|host| host.machine == Machine::Physical && host.hypervisor.is_some());
            Coverage {
                organisation: organisation.name.clone(),
                hosts: count(&|_| true),
                inventoried,
                not_inventoried: count(&|host| !host.inventoried && host.hypervisor.is_none()),
                unplaced: count(&|host| host.placement.as_ref().is_some_and(|placement| !placement.is_known())),
                stale: count(&|host| is_stale(ground, host)),
                stale_accepted: count(&|host| is_stale(ground, host) && stale::accepted(ground, host)),
                virtualisation_hosts: virtualisation,
                records: records.get(&organisation.name).copied().unwrap_or_default(),
            }
        })
        .collect()
}

/// Stale machines that nobody accepted, and guests nobody can place.
pub(super) fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for host in &ground.estate.hosts {
        if is_stale(ground, host)
            && !stale::accepted(ground, host)
            && let Some(seen) = host.last_seen
        {
            findings.push(Finding {
                key: Key::new("stale", &[&host.organisation, &host.name]),
                organisation: host.organisation.clone(),
                text: format!("{} was last inventoried on {seen}.", host.name),
                evidence: host.evidence.clone(),
            });
        }
        if let Some(crate::model::Fact::Unknown { reason }) = &host.placement {
            findings.push(Finding {
                key: Key::new("unplaced", &[&host.organisation, &host.name]),
                organisation: host.organisation.clone(),
                text: format!("Nobody knows the host of {}: {reason}.", host.name),
                evidence: host.evidence.clone(),
            });
        }
    }
    findings.extend(stale::expired(ground));
    findings
}

/// Needs that no terms on file license: no way was chosen for them.
pub(super) fn without_terms(assessment: &Assessment) -> Vec<&Requirement> {
    let counted: BTreeSet<usize> = assessment.chosen.iter().map(|chosen| chosen.requirement).collect();
    let requirements = assessment.requirements.iter().enumerate();
    requirements.filter(|(index, _)| !counted.contains(index)).map(|(_, requirement)| requirement).collect()
}

/// What runs and is covered by no terms on file, so that nobody takes silence for compliance.
pub(super) fn uncounted(ground: &Ground<'_>, assessment: &Assessment) -> Vec<Finding> {
    without_terms(assessment)
        .into_iter()
        .map(|requirement| {
            let family = ground.rules.products.get(&requirement.family);
            let name = family.map_or(requirement.family.as_str(), |product| product.name.as_str());
            let all = || requirement.working.steps.iter();
            let unproved = all().all(|step| step.evidence.is_empty());
            let steps = || all().filter(|step| unproved || !step.evidence.is_empty());
            let seen: Vec<&str> = steps().map(|step| step.text.as_str()).collect();
            Finding {
                key: Key::new(
                    "uncounted",
                    &[&requirement.organisation, &requirement.scope.name(), &requirement.family],
                ),
                organisation: requirement.organisation.clone(),
                text: format!("{}; it is counted nowhere: {}", why_uncounted(requirement, name), seen.join(" ")),
                evidence: steps().flat_map(|step| step.evidence.clone()).collect(),
            }
        })
        .collect()
}

/// Why no way meets a need: the rule that refuses it, or that no terms describe it.
fn why_uncounted(requirement: &Requirement, name: &str) -> String {
    match requirement.alternatives.iter().find_map(|way| way.refused.as_ref()) {
        Some(refusal) => format!("No licence serves this {name} ({} [{}])", refusal.reason, refusal.rule),
        None => format!("No terms on file license this {name}"),
    }
}
