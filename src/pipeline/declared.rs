//! Manifests joined with what was observed: a declared host that a source shows too is one host.

use std::collections::BTreeMap;

use crate::model::{
    Estate, Fact, Finding, Host, HostId, Installation, Key, Locator, Machine, Manifest, Organisation, Placement,
    SourceId, Unresolved,
};

/// Adds the tables of all manifests to the estate; gives the organisations they declare.
pub(super) fn add(
    estate: &mut Estate,
    manifests: Vec<(SourceId, Manifest)>,
    findings: &mut Vec<Finding>,
) -> Vec<Organisation> {
    let mut organisations = Vec::new();
    for (source, mut manifest) in manifests {
        point_to(&mut manifest, source);
        organisations.append(&mut manifest.organisations);
        estate.purchases.append(&mut manifest.purchases);
        estate.users.append(&mut manifest.users);
        estate.accesses.append(&mut manifest.accesses);
        estate.prices.append(&mut manifest.prices);
        add_hosts(estate, manifest.hosts, manifest.unresolved, findings);
    }
    estate.join_people();
    organisations
}

/// Adds what somebody wants to deploy; gives the names in it that nothing bears.
pub(super) fn add_request(estate: &mut Estate, mut manifest: Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    estate.purchases.append(&mut manifest.purchases);
    estate.users.append(&mut manifest.users);
    estate.accesses.append(&mut manifest.accesses);
    estate.join_people();
    add_hosts(estate, manifest.hosts, manifest.unresolved, &mut findings);
    findings
}

/// Readers know no source: the evidence is pointed to it here.
fn point_to(manifest: &mut Manifest, source: SourceId) {
    let point = |locator: &mut Option<Locator>| {
        if let Some(locator) = locator {
            locator.source = source;
        }
    };
    manifest.purchases.iter_mut().for_each(|line| point(&mut line.evidence));
    manifest.users.iter_mut().for_each(|group| point(&mut group.evidence));
    manifest.accesses.iter_mut().for_each(|access| point(&mut access.evidence));
    manifest.prices.iter_mut().for_each(|price| point(&mut price.evidence));
    for host in &mut manifest.hosts {
        host.evidence.iter_mut().chain(&mut host.cluster_evidence).for_each(|locator| locator.source = source);
        point_fact(&mut host.processors, source);
        point_fact(&mut host.vcpus, source);
        if let Some(placement) = &mut host.placement {
            point_fact(placement, source);
        }
        for install in &mut host.installs {
            point(&mut install.evidence);
            point_fact(&mut install.version, source);
            point_fact(&mut install.edition, source);
        }
    }
}

fn point_fact<T>(fact: &mut Fact<T>, source: SourceId) {
    if let Fact::Known { evidence: Some(locator), .. } = fact {
        locator.source = source;
    }
}

/// Adds hosts, and resolves the names they refer to each other by.
fn add_hosts(estate: &mut Estate, hosts: Vec<Host>, unresolved: Vec<Unresolved>, findings: &mut Vec<Finding>) {
    let observed = estate.hosts.len();
    let ids: Vec<HostId> = hosts
        .iter()
        .map(|host| place_of(estate, observed, host))
        .scan(0, |new, found| {
            Some(found.unwrap_or_else(|| {
                *new += 1;
                id(observed + *new - 1)
            }))
        })
        .collect();
    for (declared, &target) in hosts.into_iter().zip(&ids) {
        let mut declared = declared;
        renumber(&mut declared, &ids);
        match estate.hosts.get_mut(target.0 as usize) {
            Some(known) => merge(known, declared),
            None => estate.hosts.push(declared),
        }
    }
    let names: BTreeMap<(String, String), HostId> =
        estate.hosts_with_ids().map(|(id, host)| ((host.organisation.clone(), host.name.to_lowercase()), id)).collect();
    for Unresolved { host, key, name, .. } in unresolved {
        let target = ids[host.0 as usize];
        let organisation = estate.host(target).organisation.clone();
        let found = names.get(&(organisation.clone(), name.to_lowercase())).copied();
        let host = &mut estate.hosts[target.0 as usize];
        match (found, key.as_str()) {
            (Some(id), "on") => {
                host.placement = Some(Fact::known(Placement::On(id), host.evidence.first().cloned()));
            }
            (Some(id), "container_of") => host.container_of = Some(id),
            (Some(id), _) => host.may_run_on.get_or_insert_default().push(id),
            (None, _) => findings.push(Finding {
                key: Key::new("unknown-host", &[&organisation, &host.name, &name]),
                organisation,
                text: format!("{}: `{key}` names {name}, which no source shows.", host.name),
                evidence: host.evidence.clone(),
            }),
        }
    }
}

fn id(index: usize) -> HostId {
    HostId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// The observed host that a declared one is: same UUID, serial number, or name within the organisation.
fn place_of(estate: &Estate, observed: usize, declared: &Host) -> Option<HostId> {
    let same_text =
        |a: &Option<String>, b: &Option<String>| matches!((a, b), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b));
    let hosts = || estate.hosts_with_ids().take(observed);
    let by_identifier =
        hosts().find(|(_, host)| same_text(&host.uuid, &declared.uuid) || same_text(&host.serial, &declared.serial));
    let by_name = || {
        hosts().find(|(_, host)| {
            host.organisation == declared.organisation && host.name.eq_ignore_ascii_case(&declared.name)
        })
    };
    by_identifier.or_else(by_name).map(|(id, _)| id)
}

/// Host ids of a manifest count within it; here they become those of the estate.
fn renumber(host: &mut Host, ids: &[HostId]) {
    if let Some(Fact::Known { value: Placement::On(id), .. }) = &mut host.placement {
        *id = ids[id.0 as usize];
    }
    if let Some(hosts) = &mut host.may_run_on {
        hosts.iter_mut().for_each(|id| *id = ids[id.0 as usize]);
    }
    if let Some(id) = &mut host.container_of {
        *id = ids[id.0 as usize];
    }
}

/// What a person declared outranks what was observed; what they left out stays as observed.
fn merge(known: &mut Host, declared: Host) {
    known.joined_by.push("declared in a manifest under the same name, serial number or UUID".into());
    known.evidence.extend(declared.evidence);
    if declared.processors.is_known() {
        known.processors = declared.processors;
    }
    if declared.vcpus.is_known() {
        known.vcpus = declared.vcpus;
    }
    if declared.placement.as_ref().is_some_and(Fact::is_known) {
        known.placement = declared.placement;
        known.machine = declared.machine;
    }
    if declared.machine == Machine::Container {
        known.machine = Machine::Container;
        known.container_of = declared.container_of;
    }
    if declared.cluster.is_some() {
        (known.cluster, known.cluster_evidence) = (declared.cluster, declared.cluster_evidence);
    }
    known.hypervisor = declared.hypervisor.or(known.hypervisor.take());
    known.processor_model = declared.processor_model.or(known.processor_model.take());
    known.sockets = declared.sockets.or(known.sockets);
    known.may_run_on = declared.may_run_on.or(known.may_run_on.take());
    known.affinity = declared.affinity;
    known.environment = declared.environment.or(known.environment);
    known.threads_per_vcpu = declared.threads_per_vcpu;
    known.last_seen = known.last_seen.max(declared.last_seen);
    known.moved_from = declared.moved_from.or(known.moved_from.take());
    known.moved_on = declared.moved_on.or(known.moved_on);
    known.users = declared.users.or(known.users);
    known.devices = declared.devices.or(known.devices);
    known.used_by.extend(declared.used_by);
    known.managed_by.extend(declared.managed_by);
    known.production_data |= declared.production_data;
    known.peak_guests = declared.peak_guests.or(known.peak_guests);
    known.portable_of = declared.portable_of.or(known.portable_of.take());
    known.isolation = declared.isolation.or(known.isolation);
    known.partition_cores = declared.partition_cores.or(known.partition_cores);
    for install in declared.installs {
        merge_install(&mut known.installs, install);
    }
}

/// A declared installation completes the observed one of the same product, or is added.
fn merge_install(installs: &mut Vec<Installation>, declared: Installation) {
    let Some(known) = installs.iter_mut().find(|known| known.product == declared.product) else {
        installs.push(declared);
        return;
    };
    if declared.version.is_known() {
        known.version = declared.version;
    }
    if declared.edition.is_known() {
        known.edition = declared.edition;
    }
    known.role = declared.role;
    known.role_proved = declared.role_proved;
    known.running = declared.running.or(known.running);
    known.component = declared.component.or(known.component.take());
    known.instances = known.instances.max(declared.instances);
    known.build = declared.build.or(known.build.take());
    known.features.extend(declared.features);
    known.installed = declared.installed.or(known.installed);
    known.last_used = declared.last_used.or(known.last_used);
    known.licence_basis = declared.licence_basis.or(known.licence_basis.take());
    known.hosting_only |= declared.hosting_only;
}
