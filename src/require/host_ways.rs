//! Every way to license a host by its hardware: sets of its cores, its processors, or both for systems of two eras.

use crate::model::{Alternative, Basis, HostId, Line, Refusal, Working, edition_name};
use crate::rules::{Method, Product, Terms};

use super::host_sets::{Load, Sets};
use super::{Ground, instance};

/// Every way to license a host by its hardware.
pub(super) fn ways(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    load: &Load,
    editions: &[&str],
) -> Vec<Alternative> {
    let lowest = editions.iter().filter_map(|edition| product.edition_rank(edition)).max();
    let mut ways = Vec::new();
    let cloud = ground.estate.host(id).cloud();
    for terms in product.terms.iter().filter(|terms| terms.concerns(cloud, ground.as_of)) {
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
                        reason: format!(
                            "a licence of {} may not be used for {}",
                            edition_name(&right.edition),
                            edition_name(edition)
                        ),
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
