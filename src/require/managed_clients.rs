//! Client systems that a product manages: one licence for each of them, or for each person who uses them (SC-R4). They take
//! none of the licences by which servers are managed.
//!
//! Subscriptions and suites of access licences may contain the licence: by person, or by device. Keys: `client_systems` of
//! the product; metrics `managed-os`, `user` and `device`.

use std::collections::BTreeMap;

use crate::model::{Alternative, Basis, Host, HostId, Key, Line, Metric, Requirement, Scope, Working};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::left_out::left_out;
use super::reaching;
use super::user::{everybody_holds, is_named};

/// Whether a machine that the product manages runs a client system.
pub(super) fn is_client(ground: &Ground<'_>, product: &Product, id: HostId) -> bool {
    product.client_systems.iter().any(|system| ground.index.installs(system, id).iter().next().is_some())
}

/// One requirement an organisation.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let mut clients: BTreeMap<&str, Vec<(HostId, &Host)>> = BTreeMap::new();
    for (id, host) in ground.index.managed_by(&product.id) {
        if is_client(ground, product, id) && !left_out(ground, product, id, host) {
            clients.entry(&host.organisation).or_default().push((id, host));
        }
    }
    clients.into_iter().map(|(organisation, clients)| requirement(ground, product, organisation, &clients)).collect()
}

fn requirement(ground: &Ground<'_>, product: &Product, organisation: &str, clients: &[(HostId, &Host)]) -> Requirement {
    let mut working = Working::default();
    let evidence = clients.iter().filter_map(|(_, host)| host.evidence.first().cloned()).collect();
    working.by_facts(format!("{} managed by {}.", systems(clients.len()), product.name), evidence);
    Requirement {
        key: Key::new("requirement", &[organisation, "clients", &product.id]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Devices,
        hosts: clients.iter().map(|(id, _)| *id).collect(),
        alternatives: ways(ground, product, clients),
        working,
    }
}

/// All by one metric, and those whose people hold a subscription with it by these people beside the others.
fn ways(ground: &Ground<'_>, product: &Product, clients: &[(HostId, &Host)]) -> Vec<Alternative> {
    let of_metric = |metric: Metric| {
        product.terms.iter().find(|terms| terms.method == Method::ManagedClients && terms.metric == metric)
    };
    let way = |basis: Basis, lines: Vec<(&Terms, u32)>| {
        let mut working = Working::default();
        for (terms, units) in &lines {
            working.by_rule(&terms.id, format!("{units} by {}.", terms.metric));
        }
        let metric = lines.first().map_or(Metric::ManagedOs, |(terms, _)| terms.metric);
        let lines = lines.into_iter().map(|(terms, units)| line(product, terms, units)).collect();
        Alternative { sold: true, ..Alternative::new(&product.id, metric, basis, lines, working) }
    };
    let all = count(clients.len());
    let mut ways = Vec::new();
    ways.extend(of_metric(Metric::ManagedOs).map(|terms| way(Basis::Guest, vec![(terms, all)])));
    if let Some(terms) = of_metric(Metric::User) {
        let (held, others): (Vec<_>, Vec<_>) =
            clients.iter().copied().partition(|(_, host)| everybody_holds(ground, product, host, &[&product.id]));
        if clients.iter().all(|(id, host)| is_named(ground, product, &host.organisation, *id)) {
            ways.push(way(Basis::User, vec![(terms, people(ground, product, clients))]));
        }
        if let Some(by_system) = of_metric(Metric::ManagedOs).filter(|_| !held.is_empty() && !others.is_empty()) {
            let lines = vec![(by_system, count(others.len())), (terms, people(ground, product, &held))];
            ways.push(way(Basis::Mixed, lines));
        }
    }
    // By device it is part of suites only: no way where none of them is owned.
    let mut forms = ground.owned.iter().flat_map(|right| &right.forms);
    if forms.any(|form| form.product == product.id && form.metric == Metric::Device) {
        let by_device = of_metric(Metric::Device).map(|terms| way(Basis::Device, vec![(terms, all)]));
        ways.extend(by_device.map(|way| Alternative { sold: false, ..way }));
    }
    ways
}

fn line(product: &Product, terms: &Terms, units: u32) -> Line {
    Line { accepts: [terms.acceptance(false)].into(), ..Line::new(&product.id, None, terms.metric, units) }
}

/// People who use some machines, each once.
fn people(ground: &Ground<'_>, product: &Product, clients: &[(HostId, &Host)]) -> u32 {
    let Some((_, first)) = clients.first() else { return 0 };
    let hosts: Vec<HostId> = clients.iter().map(|(id, _)| *id).collect();
    reaching::people(ground, product, &first.organisation, &hosts)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn systems(number: usize) -> String {
    if number == 1 { "1 client system".to_owned() } else { format!("{number} client systems") }
}
