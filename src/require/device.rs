//! A licence for each device on which the product is installed, whatever the number of copies (DT-R1, DT-R2, DT-R4).
//!
//! Two versions of one edition on a device need one licence, of the newer. A device all of whose people hold a
//! subscription that includes the product, yet run the volume build, counts in the strict reading (D-13). Devices
//! that a purchase line names stand in lines of their own, so that an assigned licence serves its device only.
//! Keys: `editions`, `builds`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;

use crate::model::{
    Acceptance, Access, Alternative, Answer, Basis, Host, HostId, Installation, Key, Line, Locator, Machine,
    Requirement, Scope, UserDevices, Working,
};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::deployment::{edition, left_out, stale, version};
use super::user::subscribed;

/// One requirement an organisation.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let named: BTreeSet<HostId> = ground.owned.iter().flat_map(|one| one.bound_hosts.iter().copied()).collect();
    let mut by_organisation: BTreeMap<&str, Devices> = BTreeMap::new();
    for (id, host) in ground.estate.hosts_with_ids() {
        for (edition, version, evidence) in device(ground, product, id, host) {
            let group = Group { edition, version, named: named.contains(&id).then_some(id) };
            let entry = by_organisation.entry(&host.organisation).or_default().groups.entry(group).or_default();
            entry.0.push(id);
            entry.1.extend(evidence);
            entry.2 += reached_from(ground, product, id, host);
        }
    }
    by_organisation
        .into_iter()
        .map(|(organisation, devices)| requirement(ground, product, organisation, &devices))
        .collect()
}

/// Devices from which the copy on a machine is used: the machine itself, or those stated for it. Who could open a
/// published copy counts in the strict reading, who did in the customer's (D-12; DT-R1, DT-R10).
fn reached_from(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host) -> u32 {
    let did = used_from(ground, host);
    let could: u32 = published(ground, product, host)
        .map(|access| match (access.devices, access.sharing.is_empty()) {
            (None, false) => access.sharing.iter().map(|group| group.devices).sum(),
            (devices, _) => devices.or(access.users).unwrap_or(0),
        })
        .sum();
    let (strict, customer) = (could.max(did.unwrap_or(0)), did.unwrap_or(could));
    if could == 0 || strict == customer {
        return did.unwrap_or(could).max(u32::from(did.is_none()));
    }
    match ground.asker.ask("D-12", &host.organisation, &product.family, &[id]) {
        Answer::Strict => strict,
        Answer::Customer => customer,
    }
}

/// Who could open the copy on a machine.
fn published<'a>(ground: &'a Ground<'_>, product: &'a Product, host: &'a Host) -> impl Iterator<Item = &'a Access> {
    ground
        .estate
        .accesses
        .iter()
        .filter(|access| access.product == product.id && access.organisation == host.organisation)
        .filter(|access| {
            access.hosts.iter().any(|name| bears(host, name)) || access.hosts.is_empty() && is_shared(host)
        })
}

/// People who use the copy on a machine, or who could open it in the strict reading; one where nobody says.
fn people_of(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host) -> u32 {
    let groups = ground.estate.users.iter().filter(|group| {
        group.organisation == host.organisation && group.name.as_ref().is_some_and(|name| host.used_by.contains(name))
    });
    let did = host.users.or_else(|| (!host.used_by.is_empty()).then(|| groups.map(|group| group.count).sum()));
    let could: u32 = published(ground, product, host)
        .map(|access| access.users.unwrap_or_else(|| access.sharing.iter().map(|group| group.users).sum()))
        .sum();
    match (could, did) {
        (0, did) => did.unwrap_or(1),
        (could, None) => could,
        (could, Some(did)) if could <= did => did,
        (could, Some(did)) => match ground.asker.ask("D-12", &host.organisation, &product.family, &[id]) {
            Answer::Strict => could,
            Answer::Customer => did,
        },
    }
}

/// Devices stated for a machine: their number, or those of the people who use it.
fn used_from(ground: &Ground<'_>, host: &Host) -> Option<u32> {
    if host.devices.is_some() || host.used_by.is_empty() {
        return host.devices;
    }
    let groups = ground.estate.users.iter().filter(|group| {
        group.organisation == host.organisation && group.name.as_ref().is_some_and(|name| host.used_by.contains(name))
    });
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut numbered = 0;
    for group in groups {
        match &group.devices {
            Some(UserDevices::Named(names)) => named.extend(names.iter().map(|name| name.to_lowercase())),
            Some(UserDevices::Each(each)) => numbered += each * group.count,
            None => numbered += group.count,
        }
    }
    Some(numbered + u32::try_from(named.len()).unwrap_or(u32::MAX))
}

/// Whether people reach a machine's copies from devices of their own.
fn is_shared(host: &Host) -> bool {
    host.machine != Machine::Physical || host.users.is_some() || host.devices.is_some() || !host.used_by.is_empty()
}

/// Whether an installation counts although it was not used of late; nobody's word on its use counts it (D-08).
fn in_use(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host, install: &Installation) -> bool {
    let limit = ground.as_of.checked_sub(i64::from(ground.settings.stale_after_days).days());
    let unused = matches!((install.last_used, limit), (Some(used), Ok(limit)) if used < limit);
    !unused || ground.asker.ask("D-08", &host.organisation, &product.family, &[id]) == Answer::Strict
}

/// Devices that are licensed alike.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    edition: String,
    version: Option<usize>,
    named: Option<HostId>,
}

#[derive(Default)]
struct Devices {
    /// Machines with an installation, where it was seen, and the devices that need a licence for it.
    groups: BTreeMap<Group, (Vec<HostId>, Vec<Locator>, u32)>,
}

/// Editions for which a device needs a licence, each with the newest version installed.
fn device(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    host: &Host,
) -> Vec<(String, Option<usize>, Vec<Locator>)> {
    let mut needs: BTreeMap<String, (Option<usize>, Vec<Locator>)> = BTreeMap::new();
    let concerned: Vec<&Installation> = host
        .installs
        .iter()
        .filter(|install| install.product == product.id && !covered(product, host) && by_device(product, install))
        .collect();
    if concerned.is_empty() || stale(ground, host) && left_out(ground, product, id, host) {
        return Vec::new();
    }
    for install in concerned {
        if !in_use(ground, product, id, host, install) {
            continue;
        }
        let Some(edition) = edition(ground, product, id, host, install) else { continue };
        if product.free_editions.contains(&edition) || paid_for(ground, product, id, host) {
            continue;
        }
        let version = version(ground, product, id, host, install);
        let entry = needs.entry(edition).or_default();
        entry.0 = entry.0.max(version);
        entry.1.extend(install.evidence.clone());
    }
    needs.into_iter().map(|(edition, (version, evidence))| (edition, version, evidence)).collect()
}

/// Whether another product on the same host covers this one.
fn covered(product: &Product, host: &Host) -> bool {
    host.installs.iter().any(|install| product.covered_by.contains(&install.product))
}

/// Whether an installation's build is licensed by device.
fn by_device(product: &Product, install: &Installation) -> bool {
    let by_user =
        |build: &String| product.terms.iter().any(|terms| terms.method == Method::User && terms.builds.contains(build));
    !install.build.as_ref().is_some_and(by_user)
}

/// Whether all people of the device hold a subscription that includes the product, and the reading accepts that (D-13).
fn paid_for(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host) -> bool {
    if !subscribed(ground, product, host) {
        return false;
    }
    ground.asker.ask("D-13", &host.organisation, &product.family, &[id]) == Answer::Customer
}

fn requirement(ground: &Ground<'_>, product: &Product, organisation: &str, devices: &Devices) -> Requirement {
    let mut working = Working::default();
    let mut hosts: Vec<HostId> = devices.groups.values().flat_map(|(ids, _, _)| ids.iter().copied()).collect();
    hosts.sort();
    hosts.dedup();
    for (group, (ids, evidence, units)) in &devices.groups {
        let version = group.version.map_or("version unknown", |version| product.version_name(version));
        working.by_facts(
            format!(
                "{} machines with {} {} {version}, used from {units} devices.",
                ids.len(),
                product.name,
                group.edition
            ),
            evidence.clone(),
        );
    }
    let mut alternatives = Vec::new();
    if let Some(terms) = product.terms.iter().find(|terms| terms.method == Method::Device) {
        alternatives.push(by_device_way(product, terms, devices));
    }
    for terms in product.terms.iter().filter(|terms| terms.method == Method::User) {
        alternatives.push(by_user_way(ground, product, terms, organisation, &hosts));
    }
    Requirement {
        key: Key::new("requirement", &[organisation, "devices", &product.id]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Devices,
        hosts,
        alternatives,
        working,
    }
}

fn by_device_way(product: &Product, terms: &Terms, devices: &Devices) -> Alternative {
    let mut working = Working::default();
    let mut lines = Vec::new();
    for (group, (_, _, units)) in &devices.groups {
        let units = *units;
        working.by_rule(&terms.id, format!("{units} devices with edition {}: {units} licences.", group.edition));
        let serving = product.editions.iter().filter(|one| product.edition_serves(one, &group.edition));
        let mut editions = vec![group.edition.clone()];
        editions.extend(serving.filter(|one| **one != group.edition).cloned());
        lines.push(Line {
            edition: (!group.edition.is_empty()).then(|| group.edition.clone()),
            editions,
            version: group.version,
            hosts: group.named.into_iter().collect(),
            accepts: vec![Acceptance { from: 0, until: usize::MAX, needs_sa: false, terms: terms.id.clone() }],
            ..Line::new(&product.id, None, terms.metric, units)
        });
    }
    let edition = lines.first().and_then(|line| line.edition.clone());
    let uniform = lines.iter().all(|line| line.edition == edition);
    Alternative {
        edition: edition.filter(|_| uniform),
        sold: true,
        ..Alternative::new(&product.id, terms.metric, Basis::Device, lines, working)
    }
}

/// Subscriptions for the people of all these devices instead; an alternative only, because it needs another build.
fn by_user_way(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    organisation: &str,
    hosts: &[HostId],
) -> Alternative {
    let people: u32 = people(ground, product, organisation, hosts);
    let licence = terms.licence_product.clone().unwrap_or_else(|| product.id.clone());
    let mut working = Working::default();
    working.by_rule(&terms.id, format!("{people} people use these devices: {people} subscriptions of {licence}."));
    Alternative {
        conditional: true,
        higher_edition: true,
        listed_only: true,
        condition: Some("the subscription build is installed instead".into()),
        ..Alternative::new(
            &licence,
            terms.metric,
            Basis::User,
            vec![Line::new(&licence, None, terms.metric, people)],
            working,
        )
    }
}

/// Whether a host bears a name.
pub(super) fn bears(host: &Host, name: &str) -> bool {
    host.name.eq_ignore_ascii_case(name)
}

/// People who use devices: by user groups where these name them, else as the device states, else one each.
pub(super) fn people(ground: &Ground<'_>, product: &Product, organisation: &str, hosts: &[HostId]) -> u32 {
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut total = 0;
    for group in ground.estate.users.iter().filter(|group| group.organisation == organisation) {
        let Some(UserDevices::Named(devices)) = &group.devices else { continue };
        let concerned: Vec<&String> =
            devices.iter().filter(|name| hosts.iter().any(|&id| bears(ground.estate.host(id), name))).collect();
        if !concerned.is_empty() {
            total += group.count;
            named.extend(concerned.into_iter().map(|name| name.to_lowercase()));
        }
    }
    for &id in hosts {
        let host = ground.estate.host(id);
        if !named.contains(&host.name.to_lowercase()) {
            total += people_of(ground, product, id, host);
        }
    }
    total
}
