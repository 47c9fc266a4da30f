//! Scopes that are licensed host by host: a host with its own operating system and every guest that may run there.
//!
//! The need is counted by host, so it is the host operator's. Guests whose host nobody knows form a scope of their own.

use std::collections::BTreeMap;

use crate::model::{Alternative, Answer, Basis, HostId, Key, Line, Machine, Refusal, Requirement, Scope, Working};
use crate::rules::{Method, Product, Right, Terms};

use super::deployment::{Deployed, servers};
use super::floating::{self, Farm, guest_line};
use super::guest_cores::guest_units;
use super::host_sets::{Load, Sets};
use super::reach::Reach;
use super::{Ground, instance};

/// One requirement a host, and one an organisation for guests that nobody can place.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let deployed = servers(ground, product);
    let reach = Reach::new(ground.estate);
    let mut by_host: BTreeMap<HostId, HostLoad<'_>> = BTreeMap::new();
    let mut unplaced: BTreeMap<&str, Vec<&Deployed>> = BTreeMap::new();
    let mut clouds: BTreeMap<(&str, &str), Vec<&Deployed>> = BTreeMap::new();
    for one in &deployed {
        let machine = ground.estate.host(one.host);
        if machine.machine == Machine::Physical {
            by_host.entry(one.host).or_default().physical = Some(one);
            continue;
        }
        if let Some(cloud) = machine.cloud() {
            clouds.entry((&machine.organisation, cloud)).or_default().push(one);
            continue;
        }
        let hosts = reach.of(ground.estate, machine);
        for &host in &hosts {
            by_host.entry(host).or_default().guests.push(one);
        }
        if hosts.is_empty() && machine.container_of.is_none() {
            unplaced.entry(&machine.organisation).or_default().push(one);
        }
    }
    let farms = farms(ground, product, &reach, &by_host);
    let mut requirements = floating::with_ways_by_guest(ground, product, farms);
    requirements.extend(
        unplaced
            .iter()
            .filter_map(|(organisation, guests)| unplaced_requirement(ground, product, organisation, guests)),
    );
    for ((organisation, cloud), guests) in clouds {
        requirements
            .extend(guests.iter().filter_map(|one| cloud_requirement(ground, product, organisation, cloud, one)));
    }
    requirements
}

/// A guest in a public cloud, licensed by itself with licences of one's own (AH-R1).
fn cloud_requirement(
    ground: &Ground<'_>,
    product: &Product,
    organisation: &str,
    cloud: &str,
    one: &Deployed,
) -> Option<Requirement> {
    let mut working = Working::default();
    working.by_facts(format!("{}, in the cloud {cloud}.", one.text), one.evidence.clone());
    let guest = &ground.estate.host(one.host).name;
    let terms = product
        .terms
        .iter()
        .filter(|terms| terms.method == Method::GuestCores && terms.concerns(Some(cloud), ground.as_of));
    let lowest = product.edition_rank(&one.edition);
    let mut alternatives = Vec::new();
    for terms in terms {
        for edition in terms.editions.iter().filter(|edition| product.edition_serves(edition, &one.edition)) {
            let mut steps = Working::default();
            alternatives.push(Alternative {
                edition: Some(edition.clone()),
                sold: true,
                higher_edition: lowest.is_some() && product.edition_rank(edition) > lowest,
                condition: Some("Software Assurance or a subscription on the licences".into()),
                ..Alternative::new(
                    &product.id,
                    terms.metric,
                    Basis::Guest,
                    vec![guest_line(ground, product, terms, edition, one, &[], &mut steps)],
                    steps,
                )
            });
        }
    }
    (!alternatives.is_empty()).then(|| Requirement {
        key: Key::new("requirement", &[organisation, guest, &product.id]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Guest(guest.clone()),
        hosts: vec![one.host],
        alternatives,
        working,
    })
}

/// Hosts that share guests, with their requirements.
fn farms<'d>(
    ground: &Ground<'_>,
    product: &Product,
    reach: &Reach,
    by_host: &BTreeMap<HostId, HostLoad<'d>>,
) -> Vec<Farm<'d>> {
    let mut farms: Vec<Farm<'d>> = Vec::new();
    for (&id, load) in by_host {
        let Some(requirement) = host_requirement(ground, product, reach, id, load) else { continue };
        let shares = |farm: &Farm<'d>| farm.guests.iter().any(|one| load.guests.iter().any(|two| one.host == two.host));
        let mut target = Farm { hosts: vec![(id, requirement)], guests: load.guests.clone(), physical: load.physical };
        let (shared, apart): (Vec<Farm<'d>>, Vec<Farm<'d>>) = farms.into_iter().partition(shares);
        farms = apart;
        for farm in shared {
            target.hosts.extend(farm.hosts);
            target.guests.extend(farm.guests);
            target.physical = target.physical.or(farm.physical);
        }
        target.hosts.sort_by_key(|(id, _)| *id);
        target.guests.sort_by_key(|one| one.host);
        target.guests.dedup_by_key(|one| one.host);
        farms.push(target);
    }
    farms
}

/// What may run on one host.
#[derive(Default)]
struct HostLoad<'d> {
    physical: Option<&'d Deployed>,
    guests: Vec<&'d Deployed>,
}

fn host_requirement(
    ground: &Ground<'_>,
    product: &Product,
    reach: &Reach,
    id: HostId,
    load: &HostLoad<'_>,
) -> Option<Requirement> {
    let host = ground.estate.host(id);
    let mut working = Working::default();
    let guests = carried(ground, product, reach, id, load, &mut working);
    let counted: Vec<&Deployed> =
        load.physical.into_iter().filter(|one| !one.hosting_only).chain(guests.iter().copied()).collect();
    let hosting = load.physical.filter(|one| one.hosting_only);
    let mut versions: Vec<Option<usize>> = counted.iter().map(|one| one.version).collect();
    versions.sort_by(|a, b| b.cmp(a));
    let systems = Load { versions, hosting: hosting.map(|one| one.version) };
    if systems.is_empty() {
        return None;
    }
    for one in &counted {
        working.by_facts(format!("{}.", one.text), one.evidence.clone());
    }
    if let Some(one) = hosting {
        let text = format!("{}: it only runs guests and uses up no right (WS-R4).", one.text);
        working.by_facts(text, one.evidence.clone());
    }
    let editions: Vec<&str> = counted.iter().copied().chain(hosting).map(|one| one.edition.as_str()).collect();
    let alternatives = ways(ground, product, id, &systems, &editions);
    let mut hosts: Vec<HostId> = counted.iter().copied().chain(hosting).map(|one| one.host).chain([id]).collect();
    hosts.sort();
    hosts.dedup();
    Some(Requirement {
        key: Key::new("requirement", &[&host.organisation, &host.name, &product.id]),
        organisation: host.organisation.clone(),
        family: product.family.clone(),
        scope: Scope::Host(host.name.clone()),
        hosts,
        alternatives,
        working,
    })
}

/// The guests a host must be licensed for: all that may run there, or in the customer's reading the documented peak,
/// else the cluster's guests spread over it with one host lost (D-04).
fn carried<'d>(
    ground: &Ground<'_>,
    product: &Product,
    reach: &Reach,
    id: HostId,
    load: &HostLoad<'d>,
    working: &mut Working,
) -> Vec<&'d Deployed> {
    let host = ground.estate.host(id);
    let all = load.guests.len();
    let here = |one: &&&Deployed| ground.estate.host(one.host).runs_on() == Some(id);
    let now = load.guests.iter().filter(here).count();
    let others = reach.cluster_of(host).map_or(0, |hosts| hosts.len().saturating_sub(1));
    let spread = if others == 0 { all } else { all.div_ceil(others).min(all) };
    let customer = match host.peak_guests {
        Some(peak) => (peak as usize).min(all),
        None => spread.max(now),
    };
    let mut guests = load.guests.clone();
    if customer == all {
        working.say(format!("{all} guests may run on {}.", host.name));
        return guests;
    }
    match ground.asker.ask("D-04", &host.organisation, &product.family, &[id]) {
        Answer::Strict => {
            working.by_rule(
                "WS-R7",
                format!("{all} guests may run on {}: each may be on any host of its cluster.", host.name),
            );
        }
        Answer::Customer => {
            // The guests that are there now come first, then the newest.
            guests.sort_by_key(|one| (!here(&one), std::cmp::Reverse(one.version), one.host));
            guests.truncate(customer);
            let why = match host.peak_guests {
                Some(_) => "the documented peak".to_owned(),
                None => format!("ceil({all} / {others}) with one host lost, {now} now"),
            };
            working.by_rule("D-04", format!("{customer} of {all} guests count on {}: {why}.", host.name));
        }
    }
    guests
}

/// Every way to license a host by its hardware.
fn ways(ground: &Ground<'_>, product: &Product, id: HostId, load: &Load, editions: &[&str]) -> Vec<Alternative> {
    let lowest = editions.iter().filter_map(|edition| product.edition_rank(edition)).max();
    let mut ways = Vec::new();
    for terms in &product.terms {
        if terms.method == Method::Instance {
            ways.extend(instance::host_way(ground, product, terms, id, load, editions));
            continue;
        }
        if !matches!(terms.method, Method::HostSets | Method::HostProcessors) {
            continue;
        }
        for right in &terms.rights {
            let sets = Sets { ground, product, terms, right, host: id };
            let refused = editions.iter().find(|edition| !product.edition_serves_under(terms, &right.edition, edition));
            let found = match (terms.method, terms.serves_version(load.newest())) {
                (Method::HostSets, true) => vec![sets_way(&sets, load)],
                (Method::HostProcessors, true) => vec![processors_way(&sets, load)],
                (Method::HostProcessors, false) => mixed_ways(&sets, load),
                _ => Vec::new(),
            };
            for mut way in found {
                way.higher_edition = lowest.is_some() && product.edition_rank(&right.edition) > lowest;
                if let Some(edition) = refused {
                    way.refused = Some(Refusal {
                        rule: terms.id.clone(),
                        reason: format!("a licence of {} may not be used for {edition}", right.edition),
                    });
                }
                ways.push(way);
            }
        }
    }
    ways
}

fn way(sets: &Sets<'_>, basis: Basis, lines: Vec<Line>, working: Working) -> Alternative {
    Alternative {
        edition: Some(sets.right.edition.clone()),
        sold: sets.terms.sold_on(sets.ground.as_of),
        ..Alternative::new(&sets.product.id, sets.terms.metric, basis, lines, working)
    }
}

fn sets_way(sets: &Sets<'_>, load: &Load) -> Alternative {
    let mut working = Working::default();
    let lines = sets.lines(load, sets.needed(load.versions.len()), &mut working);
    way(sets, Basis::Host, lines, working)
}

fn processors_way(sets: &Sets<'_>, load: &Load) -> Alternative {
    let mut working = Working::default();
    let lines = sets.processor_lines(load, &mut working);
    way(sets, Basis::Host, lines, working)
}

/// Newer operating systems on the licences of newer terms, the older ones on processor licences.
fn mixed_ways(older: &Sets<'_>, load: &Load) -> Vec<Alternative> {
    if older.right.unlimited {
        return Vec::new();
    }
    let newer = |terms: &&Terms| {
        matches!(terms.method, Method::HostSets | Method::HostProcessors) && terms.serves_version(load.newest())
    };
    older
        .product
        .terms
        .iter()
        .filter(newer)
        .flat_map(|terms| terms.rights.iter().map(move |right| (terms, right)))
        .filter(|(_, right)| right.edition == older.right.edition)
        .filter_map(|(terms, right)| mixed_way(older, &Sets { terms, right, ..*older }, load))
        .collect()
}

/// As few licences of the newer terms as carry the newer operating systems, and processor licences for the rest.
fn mixed_way(older: &Sets<'_>, newer: &Sets<'_>, load: &Load) -> Option<Alternative> {
    let (new, old) = load.split_after(older.terms.until);
    let hosting_newer = load.hosting.flatten().is_some_and(|version| version > older.terms.until);
    let count = newer.needed(new);
    let carried = (count * newer.right.guests? as usize).min(load.versions.len());
    if old == 0 || carried >= load.versions.len() {
        return None;
    }
    let first =
        Load { versions: load.versions[..carried].to_vec(), hosting: if hosting_newer { load.hosting } else { None } };
    let rest =
        Load { versions: load.versions[carried..].to_vec(), hosting: if hosting_newer { None } else { load.hosting } };
    let mut working = Working::default();
    working.by_rule("C0-1", "The licence owned decides the counting rule: newer operating systems on newer licences, the others on older ones.");
    let mut lines = match newer.terms.method {
        Method::HostSets => newer.lines(&first, count, &mut working),
        _ => newer.processor_lines(&first, &mut working),
    };
    lines.extend(older.processor_lines(&rest, &mut working));
    let mut mixed = way(newer, Basis::Mixed, lines, working);
    mixed.sold = false;
    Some(mixed)
}

/// Guests nobody can place: in the strict reading each on a host of its own that has no other licence, in the
/// customer's as if licensed by themselves, the lowest consistent value (D-15).
fn unplaced_requirement(
    ground: &Ground<'_>,
    product: &Product,
    organisation: &str,
    guests: &[&Deployed],
) -> Option<Requirement> {
    let hosts: Vec<HostId> = guests.iter().map(|one| one.host).collect();
    let mut working = Working::default();
    for one in guests {
        working.by_facts(format!("{}; nobody knows its host.", one.text), one.evidence.clone());
    }
    let answer = ground.asker.ask("D-15", organisation, &product.family, &hosts);
    let guest_terms =
        product.terms.iter().find(|terms| terms.method == Method::GuestCores && terms.concerns(None, ground.as_of));
    let mut alternatives = Vec::new();
    for terms in product.terms.iter().filter(|terms| terms.method == Method::HostSets) {
        for right in &terms.rights {
            if guests.iter().any(|one| !product.edition_serves(&right.edition, &one.edition)) {
                continue;
            }
            let mut steps = Working::default();
            let lines = guests
                .iter()
                .map(|one| unplaced_line(ground, product, terms, guest_terms, right, answer, one, &mut steps))
                .collect();
            let lowest = guests.iter().filter_map(|one| product.edition_rank(&one.edition)).max();
            alternatives.push(Alternative {
                edition: Some(right.edition.clone()),
                sold: terms.sold_on(ground.as_of),
                higher_edition: lowest.is_some() && product.edition_rank(&right.edition) > lowest,
                ..Alternative::new(&product.id, terms.metric, Basis::Host, lines, steps)
            });
        }
    }
    if let Some(terms) = guest_terms {
        alternatives.extend(unplaced_by_guest(ground, product, terms, guests));
    }
    Some(Requirement {
        key: Key::new("requirement", &[organisation, "unplaced-guests", &product.id]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Unplaced,
        hosts,
        alternatives,
        working,
    })
}

#[expect(clippy::too_many_arguments, reason = "one guest's line needs its terms, right and answer at once")]
fn unplaced_line(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    guest_terms: Option<&Terms>,
    right: &Right,
    answer: Answer,
    one: &Deployed,
    working: &mut Working,
) -> Line {
    let guest = ground.estate.host(one.host);
    let units = match (answer, guest_terms) {
        (Answer::Customer, Some(guest_terms)) => {
            let (units, text) = guest_units(ground, product, guest_terms, one.host, guest);
            working.by_rule("D-15", format!("Lowest consistent value, as if licensed by itself: {text}"));
            units
        }
        _ => {
            let units = terms.server_minimum.max(terms.processor_minimum);
            working.by_rule(
                "D-15",
                format!("{} may stand alone on a host without other licences: at least {units} cores.", guest.name),
            );
            units
        }
    };
    Line {
        version: one.version,
        hosts: vec![one.host],
        accepts: vec![terms.acceptance(false)],
        ..Line::new(&product.id, Some(&right.edition), terms.metric, units)
    }
}

fn unplaced_by_guest(ground: &Ground<'_>, product: &Product, terms: &Terms, guests: &[&Deployed]) -> Vec<Alternative> {
    let serving = |edition: &&String| guests.iter().all(|one| product.edition_serves(edition, &one.edition));
    terms
        .editions
        .iter()
        .filter(serving)
        .map(|edition| {
            let mut working = Working::default();
            let lines =
                guests.iter().map(|one| guest_line(ground, product, terms, edition, one, &[], &mut working)).collect();
            Alternative {
                edition: Some(edition.clone()),
                conditional: true,
                listed_only: true,
                condition: terms.alternative_only.clone(),
                ..Alternative::new(&product.id, terms.metric, Basis::Guest, lines, working)
            }
        })
        .collect()
}
