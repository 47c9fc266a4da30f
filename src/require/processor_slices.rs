//! A licence for every so many cores of each processor of a host: `Σ over processors of ceil(cores / n)` (VM-R3).
//!
//! Licences so counted and licences by core are ways of the same need. Keys: `cores_a_licence`, `unknown_cores`.

use crate::model::{Alternative, Basis, Line, Working};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::deployment::Deployed;
use super::guest_groups::{Group, is_guest};
use super::processor_count::cores_or_assumed;

/// One way for each edition that serves every machine of a group; none where a guest is among them.
pub(super) fn ways(ground: &Ground<'_>, product: &Product, group: &Group<'_>) -> Vec<Alternative> {
    let members: Vec<&Deployed> = group.members.iter().map(|(one, _)| *one).collect();
    if members.iter().any(|one| is_guest(ground, one)) {
        return Vec::new();
    }
    let newest = members.iter().filter_map(|one| one.version).max();
    let by_slices = |terms: &&Terms| terms.method == Method::ProcessorSlices && terms.serves_version(newest);
    let mut ways = Vec::new();
    for terms in product.terms.iter().filter(by_slices) {
        for edition in &terms.editions {
            if members.iter().all(|one| product.edition_serves(edition, &one.edition)) {
                ways.push(way(ground, product, terms, edition, &members));
            }
        }
    }
    ways
}

fn way(ground: &Ground<'_>, product: &Product, terms: &Terms, edition: &str, members: &[&Deployed]) -> Alternative {
    let mut working = Working::default();
    let lines = members.iter().map(|one| line(ground, product, terms, edition, one, &mut working)).collect();
    let installed = members.iter().filter_map(|one| product.edition_rank(&one.edition)).max();
    Alternative {
        edition: Some(edition.to_owned()),
        sold: terms.sold_on(ground.as_of),
        higher_edition: installed.is_some() && product.edition_rank(edition) > installed,
        ..Alternative::new(&product.id, terms.metric, Basis::Host, lines, working)
    }
}

fn line(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    edition: &str,
    one: &Deployed,
    working: &mut Working,
) -> Line {
    let cores = cores_or_assumed(ground, product, terms, one.host);
    let name = &ground.estate.host(one.host).name;
    let (units, text) = match terms.cores_a_licence {
        Some(each) => {
            let each = each.max(1);
            let units = cores.iter().map(|cores| cores.div_ceil(each)).sum();
            let parts: Vec<String> = cores.iter().map(|cores| format!("ceil({cores} / {each})")).collect();
            let parts = parts.join(" + ");
            (units, format!("{name}: a licence for every {each} cores of each processor: {parts} = {units}."))
        }
        // Terms that state no number cover a processor whatever its cores.
        None => {
            let units = u32::try_from(cores.len()).unwrap_or(u32::MAX);
            (units, format!("{name}: one licence for each processor, whatever its cores: {units}."))
        }
    };
    working.by_rule_and_facts(&terms.id, text, ground.stated(one.host));
    Line {
        version: one.version,
        hosts: [one.host].into(),
        accepts: [terms.acceptance(false)].into(),
        ..Line::new(&product.id, Some(edition), terms.metric, units)
    }
}
