//! Processor licences: one for each processor of a host, or as many as stand behind a guest's virtual processors.
//!
//! A guest needs `ceil(virtual processors / threads of a physical processor)`, at most all processors of its host
//! (SQ-R18). Licensing all processors of a host may carry some guests or any number, by the edition's right. Keys:
//! `rights`, `mobility_needs_sa`.

use crate::model::{Alternative, Answer, Basis, HostId, Line, Working};
use crate::rules::{Method, Right, Terms};

use super::Ground;
use super::host_cores::{HostWay, current};
use super::processor_count::{number_of_processors, processors};
use crate::rules::Product;

/// Licences for the processors of a host, with the arithmetic in words; as the terms assume where nobody knows them.
pub(super) fn of_host(ground: &Ground<'_>, product: &Product, terms: &Terms, id: HostId) -> (u32, String) {
    let (count, text) = number_of_processors(ground, product, terms, id);
    (count, format!("{text}: {count} licences, one each."))
}

/// Licences for a guest by itself on any of the hosts it may run on: the most that one of them asks for.
pub(super) fn of_guest(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    id: HostId,
    hosts: &[HostId],
) -> (u32, String) {
    let guest = ground.estate.host(id);
    let runs_on: Vec<HostId> = guest.runs_on().into_iter().collect();
    let hosts = if hosts.is_empty() { &runs_on } else { hosts };
    hosts.iter().map(|&on| on_host(ground, product, terms, id, on)).max_by_key(|(units, _)| *units).unwrap_or_else(
        || {
            // Nobody knows its host: as many as such a host is assumed to have, or one.
            let answer = ground.asker.ask("D-15", &guest.organisation, &product.family, &[id]);
            let units = if answer == Answer::Strict { terms.unknown_processors.0.max(1) } else { 1 };
            (units, format!("{}: nobody knows its host, {units} licences are assumed.", guest.name))
        },
    )
}

fn on_host(ground: &Ground<'_>, product: &Product, terms: &Terms, id: HostId, on: HostId) -> (u32, String) {
    let (guest, host) = (ground.estate.host(id), ground.estate.host(on));
    let (all, _) = of_host(ground, product, terms, on);
    let cores = processors(ground, product, on, host).cores.unwrap_or_default();
    let fewest = cores.iter().min().copied().unwrap_or(0).saturating_mul(host.threads_per_core.max(1));
    match (guest.vcpus.value(), fewest) {
        (Some(&vcpus), threads) if threads > 0 => {
            let units = vcpus.div_ceil(threads).clamp(1, all);
            let text = format!(
                "{}: ceil({vcpus} virtual processors / {threads} threads of a processor of {}), at least 1, at most {all}: {units} licences.",
                guest.name, host.name
            );
            (units, text)
        }
        _ => match ground.asker.ask("D-15", &guest.organisation, &product.family, &[id]) {
            Answer::Strict => {
                (all, format!("{}: its processors or those of {} are not known: all {all}.", guest.name, host.name))
            }
            Answer::Customer => (1, format!("{}: its processors are not known: at least 1 licence.", guest.name)),
        },
    }
}

/// Licensing all processors of the hosts for the guests on them too, where an edition has such a right.
pub(super) fn host_ways(way: &HostWay<'_>) -> Vec<Alternative> {
    let newest = way.deployed.iter().filter_map(|one| one.version).max();
    let mut ways = Vec::new();
    for (index, terms) in way.product.terms.iter().enumerate() {
        if terms.method != Method::HostProcessors || !terms.serves_version(newest) {
            continue;
        }
        for right in &terms.rights {
            let serves = way.deployed.iter().all(|one| way.product.edition_serves(&right.edition, &one.edition));
            if serves {
                ways.push(host_way(way, index, terms, right, newest));
            }
        }
    }
    ways
}

fn host_way(way: &HostWay<'_>, index: usize, terms: &Terms, right: &Right, version: Option<usize>) -> Alternative {
    let mut working = Working::default();
    let line = |(&host, &guests): (&HostId, &u32)| {
        let (processors, text) = of_host(way.ground, way.product, terms, host);
        working.by_rule_and_facts(&terms.id, text, way.ground.stated(host));
        let own = way.deployed.iter().any(|one| one.host == host);
        let systems = guests + u32::from(own);
        let (sets, why) = match right.guests {
            Some(carried) if carried > 0 && !right.unlimited => {
                let sets = systems.div_ceil(carried).max(1);
                (
                    sets,
                    format!(
                        "{systems} operating systems, {carried} a set: max(1, ceil({systems} / {carried})) = {sets} sets"
                    ),
                )
            }
            _ => (1, format!("{systems} operating systems, any number a set: 1 set")),
        };
        let licences = sets * processors;
        working.by_rule(&terms.id, format!("{why} × {processors} = {licences} licences."));
        Line {
            version,
            hosts: [host].into(),
            accepts: way.ground.shared.accepts(way.product, &[index], false, false),
            ..Line::new(&way.product.id, Some(&right.edition), terms.metric, licences)
        }
    };
    let lines = way.hosts.iter().zip(way.guests).map(line).collect();
    let installed = way.deployed.iter().filter_map(|one| way.product.edition_rank(&one.edition)).max();
    Alternative {
        edition: Some(right.edition.clone()),
        sold: current(way.ground, way.product, &[index]),
        higher_edition: way.product.edition_rank(&right.edition) > installed,
        ..Alternative::new(&way.product.id, terms.metric, Basis::Host, lines, working)
    }
}
