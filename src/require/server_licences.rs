//! Server licences of a host: each for so many guests or virtual cores of it, or for any number.
//!
//! `ceil(max(guests / guests a licence, virtual cores / cores a licence))` for each host a guest may run on, at least one
//! (SQ-R10, SQ-R22). Keys: `guests_a_licence`, `cores_a_licence`, `needs_sa`.

use crate::model::{Alternative, Basis, HostId, Line, Locator, Working};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::guest_cores::vcpus;
use super::host_cores::{HostWay, current};

/// Licensing every host of a group by server licences, one way for each terms and edition.
pub(super) fn host_ways(way: &HostWay<'_>) -> Vec<Alternative> {
    let newest = way.deployed.iter().filter_map(|one| one.version).max();
    let mut ways = Vec::new();
    for (index, terms) in way.product.terms.iter().enumerate() {
        if terms.method != Method::HostServers || !terms.serves_version(newest) {
            continue;
        }
        for edition in &terms.editions {
            let serves = way.deployed.iter().all(|one| way.product.edition_serves(edition, &one.edition));
            if serves {
                ways.push(host_way(way, index, terms, edition, newest));
            }
        }
    }
    ways
}

fn host_way(way: &HostWay<'_>, index: usize, terms: &Terms, edition: &str, version: Option<usize>) -> Alternative {
    let mut working = Working::default();
    let line = |(&host, &guests): (&HostId, &u32)| {
        let (units, text) = units(way, terms, host, guests);
        working.by_rule_and_facts(&terms.id, text, places(way, host));
        Line {
            version,
            hosts: [host].into(),
            accepts: way.ground.shared.accepts(way.product, &[index], false, false),
            ..Line::new(&way.product.id, Some(edition), terms.metric, units)
        }
    };
    let lines = way.hosts.iter().zip(way.guests).map(line).collect();
    let installed = way.deployed.iter().filter_map(|one| way.product.edition_rank(&one.edition)).max();
    Alternative {
        edition: Some(edition.to_owned()),
        sold: current(way.ground, way.product, &[index]),
        conditional: terms.needs_sa,
        higher_edition: way.product.edition_rank(edition) > installed,
        condition: terms.needs_sa.then(|| "Software Assurance in force on every server licence".into()),
        ..Alternative::new(&way.product.id, terms.metric, Basis::ServerCal, lines, working)
    }
}

/// Where the virtual cores of the guests of a host are stated.
fn places(way: &HostWay<'_>, id: HostId) -> Vec<Locator> {
    way.on(id).flat_map(|guest| way.ground.stated(guest)).collect()
}

/// Licences a guest needs by itself, as if no other ran beside it.
pub(super) fn of_guest(ground: &Ground<'_>, product: &Product, terms: &Terms, id: HostId) -> (u32, String) {
    let cores = terms.cores_a_licence.map_or(0, |_| vcpus(ground, product, terms, id));
    licences(terms, &ground.estate.host(id).name, 1, cores)
}

/// Licences one host needs for the guests that may run on it.
fn units(way: &HostWay<'_>, terms: &Terms, id: HostId, guests: u32) -> (u32, String) {
    let cores: u32 = match terms.cores_a_licence {
        Some(_) => way.on(id).map(|guest| vcpus(way.ground, way.product, terms, guest)).sum(),
        None => 0,
    };
    licences(terms, &way.ground.estate.host(id).name, guests, cores)
}

/// Licences for so many guests with so many virtual cores together, with the arithmetic in words.
fn licences(terms: &Terms, name: &str, guests: u32, cores: u32) -> (u32, String) {
    let by_guests = terms.guests_a_licence.map_or(1, |each| guests.div_ceil(each));
    let by_cores = terms.cores_a_licence.map_or(1, |each| cores.div_ceil(each));
    let units = by_guests.max(by_cores).max(1);
    let mut parts = vec!["1".to_owned()];
    parts.extend(terms.guests_a_licence.map(|each| format!("ceil({guests} guests / {each})")));
    parts.extend(terms.cores_a_licence.map(|each| format!("ceil({cores} virtual cores / {each})")));
    let sum =
        if parts.len() == 1 { "one for any number of guests".to_owned() } else { format!("max({})", parts.join(", ")) };
    (units, format!("{name}: {sum} = {units} server licences."))
}
