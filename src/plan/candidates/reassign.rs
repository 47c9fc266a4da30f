//! Licences assigned to a machine that does not need them, for one that does (C0-7); licences another organisation of the
//! group has left over.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::model::{Change, Entitlement, HostId, Machine, Metric, PurchaseKind, PurchaseLine, StepKind};
use crate::plan::dates::after_days;
use crate::rules::Reconciled;

use super::{Candidate, Scene};

/// Every assigned licence with units left over, for every short host.
pub(super) fn candidates(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (index, entitlement) in scene.assessment.entitlements.iter().enumerate() {
        let line = &scene.estate.purchases[entitlement.line];
        if line.organisation != scene.organisation || entitlement.overlap || line.assigned_to.is_empty() {
            continue;
        }
        if entitlement.bound_singly {
            candidates.extend(device_by_device(scene, entitlement, line));
            continue;
        }
        let left = left_over(scene, index, entitlement);
        if left == 0 || !scene.is_short(&line.product) && !is_part_short(scene, line) {
            continue;
        }
        if left < line.quantity && others_build_on(scene, line) {
            continue;
        }
        for host in short_places(scene) {
            if !entitlement.bound_hosts.contains(&host) {
                candidates.push(candidate(scene, entitlement, line, left, host));
            }
        }
    }
    candidates
}

/// Whole licences of an assigned purchase that nothing needs: those left over, and all of a purchase assigned to a machine
/// that no source shows.
fn left_over(scene: &Scene<'_>, index: usize, entitlement: &Entitlement) -> u32 {
    let line = &scene.estate.purchases[entitlement.line];
    if entitlement.bound_hosts.is_empty() {
        return if entitlement.unknown_assignees.is_empty() { 0 } else { line.quantity };
    }
    let surpluses = scene.assessment.surpluses.iter().filter(|surplus| surplus.entitlement == index);
    surpluses.map(|surplus| surplus.units / entitlement.forms[surplus.form].units_per_licence.max(1)).min().unwrap_or(0)
}

/// Whether a part of a suite belongs to a short family.
fn is_part_short(scene: &Scene<'_>, line: &PurchaseLine) -> bool {
    let suite = scene.ground.request.rules.products.get(&line.product);
    suite.is_some_and(|suite| suite.suite.iter().any(|part| scene.is_short(&part.product)))
}

/// Whether Software Assurance, a step-up or an upgrade was bought for it: it is not split then.
fn others_build_on(scene: &Scene<'_>, line: &PurchaseLine) -> bool {
    scene.estate.purchases.iter().any(|other| {
        other.kind != PurchaseKind::Licence
            && other.organisation == line.organisation
            && other.product == line.product
            && (other.base.is_none() || other.base == line.reference)
    })
}

/// Machines that an assigned licence must be assigned to for an unmet line.
fn short_places(scene: &Scene<'_>) -> BTreeSet<HostId> {
    let chosen = scene.assessment.chosen.iter().filter(|chosen| scene.short.contains(&chosen.requirement));
    let lines = chosen
        .flat_map(|chosen| &scene.assessment.requirements[chosen.requirement].alternatives[chosen.alternative].lines);
    let hosts = lines.flat_map(|line| line.hosts.iter().copied());
    let mut hosts: BTreeSet<HostId> = hosts.collect();
    // A licence counted by host goes to the host; its guests are named only where they are licensed by themselves.
    if hosts.iter().any(|&id| scene.estate.host(id).machine == Machine::Physical) {
        let of_guests: Vec<HostId> = hosts
            .iter()
            .copied()
            .filter(|&id| scene.estate.host(id).runs_on().is_some_and(|on| hosts.contains(&on)))
            .collect();
        for id in of_guests {
            hosts.remove(&id);
        }
    }
    hosts
}

/// Licences of single devices that run nothing any more that needs them, for devices that do; as many as there are of the
/// fewer.
fn device_by_device(scene: &Scene<'_>, entitlement: &Entitlement, line: &PurchaseLine) -> Option<Candidate> {
    if !line.reassigned.is_empty() || !scene.is_short(&line.product) || others_build_on(scene, line) {
        return None;
    }
    let family = scene.ground.family(&line.product);
    let runs_it = |name: &str| {
        let host = scene.hosts().find(|host| host.name.eq_ignore_ascii_case(name));
        host.is_some_and(|host| host.installs.iter().any(|install| scene.ground.family(&install.product) == family))
    };
    // A name that no source shows may be a device that is gone: its licence is free as well.
    let from: Vec<&String> = line.assigned_to.iter().filter(|name| !runs_it(name)).collect();
    let to: Vec<String> = short_devices(scene, &line.product)
        .into_iter()
        .filter(|id| !entitlement.bound_hosts.contains(id))
        .map(|id| scene.estate.host(id).name.clone())
        .collect();
    let pairs: Vec<(&String, String)> = from.into_iter().zip(to).collect();
    let (froms, tos): (Vec<&str>, Vec<&str>) = pairs.iter().map(|(from, to)| (from.as_str(), to.as_str())).unzip();
    if pairs.is_empty() {
        return None;
    }
    let name = line.reference.clone().unwrap_or_else(|| entitlement.key.0.clone());
    let (since, lawful_from) = assignable(scene, line);
    let text = format!(
        "Assign {} of {} ({name}) to {} instead of {}.",
        line.metric.licences(pairs.len() as u64),
        scene.ground.licence(&line.product, line.edition.as_deref()),
        tos.join(", "),
        froms.join(", ")
    );
    let mut candidate = scene.candidate(StepKind::Reassign, &line.product, &format!("{name}-by-device"), text);
    candidate.lawful_from = lawful_from;
    candidate.conditions.push(idle(&froms));
    candidate.conditions.extend(day_on_record(scene, line));
    candidate.working.by_rule("C0-7", since);
    candidate.changes = pairs
        .iter()
        .map(|(from, to)| Change::Reassign {
            line: entitlement.line,
            units: 1,
            from: Some((*from).clone()),
            to: to.clone(),
            on: lawful_from,
        })
        .collect();
    Some(candidate)
}

/// Devices of which a licence of a product, counted by device, is missing.
fn short_devices(scene: &Scene<'_>, product: &str) -> BTreeSet<HostId> {
    let spent = Reconciled::of(scene.assessment).spent();
    let chosen = scene.assessment.chosen.iter().filter(|chosen| scene.short.contains(&chosen.requirement));
    let mut devices = BTreeSet::new();
    for chosen in chosen {
        let requirement = &scene.assessment.requirements[chosen.requirement];
        for (index, line) in requirement.alternatives[chosen.alternative].lines.iter().enumerate() {
            let met = spent.get(&(chosen.requirement, index)).copied().unwrap_or(0);
            if *line.product == *product && line.metric == Metric::Device && met < line.units {
                devices.extend(line.hosts.iter().chain(&requirement.hosts).copied());
            }
        }
    }
    devices
}

/// Since when the licences are where they are, and the first day on which they may be assigned anew.
fn assignable(scene: &Scene<'_>, line: &PurchaseLine) -> (String, Date) {
    let as_of = scene.ground.request.as_of;
    let wait = scene.ground.request.rules.conventions.reassignment_days;
    let since = last_assigned(line);
    let lawful_from = since.map_or(as_of, |since| after_days(since, wait).max(as_of));
    let text = match since {
        Some(since) => format!(
            "Last assigned on {since}; a licence may be assigned anew {wait} days later: from {lawful_from} on."
        ),
        None => format!(
            "No record says when they were last assigned; a licence may be assigned anew {wait} days after that."
        ),
    };
    (text, lawful_from)
}

/// What must hold where no record says when the licences were assigned.
fn day_on_record(scene: &Scene<'_>, line: &PurchaseLine) -> Option<String> {
    let wait = scene.ground.request.rules.conventions.reassignment_days;
    let unknown = last_assigned(line).is_none();
    unknown.then(|| format!("they were last assigned {wait} days ago or longer: no record says when"))
}

/// That machines have given up what needed the licences.
fn idle(froms: &[&str]) -> String {
    let runs = if froms.len() == 1 { "runs" } else { "run" };
    format!("{} {runs} nothing any more that needs these licences", froms.join(", "))
}

/// The last day on which the licence was assigned.
fn last_assigned(line: &PurchaseLine) -> Option<Date> {
    line.reassigned.iter().map(|step| step.on).max().max(line.assigned_on.or(line.bought))
}

fn candidate(scene: &Scene<'_>, entitlement: &Entitlement, line: &PurchaseLine, units: u32, host: HostId) -> Candidate {
    let (since, lawful_from) = assignable(scene, line);
    let to = &scene.estate.host(host).name;
    let name = line.reference.clone().unwrap_or_else(|| entitlement.key.0.clone());
    let text = format!(
        "Assign {} of {} ({name}) to {to} instead of {}.",
        line.metric.licences(u64::from(units)),
        scene.ground.licence(&line.product, line.edition.as_deref()),
        line.assigned_to.join(", ")
    );
    let mut candidate = scene.candidate(StepKind::Reassign, &line.product, &format!("{name}-to-{to}"), text);
    candidate.lawful_from = lawful_from;
    let froms: Vec<&str> = line.assigned_to.iter().map(String::as_str).collect();
    candidate.conditions.push(idle(&froms));
    candidate.conditions.extend(day_on_record(scene, line));
    candidate.working.by_rule("C0-7", since);
    let change = Change::Reassign { line: entitlement.line, units, from: None, to: to.clone(), on: lawful_from };
    candidate.changes.push(change);
    candidate
}

/// Licences other organisations of the same group have left over.
pub(super) fn shares(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut lines: BTreeSet<usize> = BTreeSet::new();
    for surplus in &scene.assessment.surpluses {
        let entitlement = &scene.assessment.entitlements[surplus.entitlement];
        let serves = entitlement.forms.iter().any(|form| scene.is_short(&form.product));
        if serves
            && entitlement.organisation != scene.organisation
            && entitlement.bound_hosts.is_empty()
            && !entitlement.may_be_drawn_by(scene.organisation)
            && same_group(scene, &entitlement.organisation)
        {
            lines.insert(entitlement.line);
        }
    }
    lines.into_iter().map(|line| share(scene, line)).collect()
}

/// Whether two organisations belong to one group today (AF-R1, AF-R4).
fn same_group(scene: &Scene<'_>, other: &str) -> bool {
    let as_of = scene.ground.request.as_of;
    let group = |name: &str| {
        let organisation = scene.estate.organisations.iter().find(|organisation| organisation.name == name)?;
        let left = organisation.divested_on.is_some_and(|day| day <= as_of);
        (!left).then(|| organisation.affiliate_of.clone().unwrap_or_else(|| name.to_owned()))
    };
    group(scene.organisation).is_some() && group(scene.organisation) == group(other)
}

fn share(scene: &Scene<'_>, index: usize) -> Candidate {
    let line = &scene.estate.purchases[index];
    let name = line.reference.clone().unwrap_or_else(|| format!("purchase {}", index + 1));
    let text = format!(
        "Use what {} has left over of {} ({name}) in {}.",
        scene.ground.names.organisation(&line.organisation),
        scene.ground.licence(&line.product, line.edition.as_deref()),
        scene.ground.names.organisation(scene.organisation)
    );
    let mut candidate = scene.candidate(StepKind::Reuse, &line.product, &name, text);
    candidate
        .conditions
        .push("the agreement lets affiliates use its licences, or they are transferred in writing".into());
    candidate.conditions.push("the licences are paid in full".into());
    candidate.working.by_rule("AF-R1", "Both belong to one group.");
    candidate.changes.push(Change::Share { line: index, with: scene.organisation.to_owned() });
    candidate
}
