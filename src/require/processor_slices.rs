//! A licence for every so many cores of each processor of a host: `Σ over processors of ceil(cores / n)` (VM-R3).
//!
//! Licences so counted and licences by core are ways of the same need. An edition may be limited to so many servers of an
//! organisation, of so many processors each (VM-R4). Keys: `cores_a_licence`, `unknown_cores`, `limits`.

use crate::model::{Alternative, Basis, Line, Refusal, Working};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::deployment::Deployed;
use super::guest_groups::{Group, is_guest};
use super::instance::exceeded;
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
    // An edition that a machine is too large for is no measure of what is higher than needed.
    let fits = |one: &&&Deployed| {
        let own = product.terms.iter().filter(|terms| terms.editions.contains(&one.edition));
        own.into_iter().all(|terms| too_many(ground, product, terms, one).is_none())
    };
    let installed = members.iter().filter(fits).filter_map(|one| product.edition_rank(&one.edition)).max();
    Alternative {
        edition: Some(edition.to_owned()),
        refused: members.iter().find_map(|one| too_many(ground, product, terms, one)),
        sold: terms.sold_on(ground.as_of),
        higher_edition: installed.is_some() && product.edition_rank(edition) > installed,
        ..Alternative::new(&product.id, terms.metric, Basis::Host, lines, working)
    }
}

/// Why a licence limited to small estates may not be used for a machine: it has too many processors, or its organisation
/// runs the edition on too many machines.
fn too_many(ground: &Ground<'_>, product: &Product, terms: &Terms, one: &Deployed) -> Option<Refusal> {
    let most = terms.limits.hosts;
    exceeded(ground, terms, one.host).or_else(|| {
        let most = most?;
        let organisation = &ground.estate.host(one.host).organisation;
        let runs = |edition: Option<&String>| edition.is_some_and(|edition| terms.editions.contains(edition));
        let machines = ground.index.with_installs(&product.id).filter(|(_, host, installs)| {
            host.organisation == *organisation && installs.iter().any(|install| runs(install.edition.value()))
        });
        let machines = machines.count();
        let reason = format!("{organisation} runs it on {machines} servers, more than the {most} a licence allows");
        (machines > most as usize).then(|| Refusal { rule: terms.id.clone(), reason })
    })
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
