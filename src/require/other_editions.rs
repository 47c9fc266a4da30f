//! The same units by licences of another edition than the one installed: listed for comparison, or refused where the
//! edition does not serve (SQ-R16, ES-R3).

use crate::model::{Alternative, Basis, Line, Refusal, edition_name};
use crate::rules::{Method, Product};

use super::Ground;
use super::guest_groups::{Group, is_guest};

/// One way for each edition that is sold, out of the ways that license every member by itself: by core, and by server.
pub(super) fn ways(ground: &Ground<'_>, product: &Product, group: &Group<'_>, own: &[Alternative]) -> Vec<Alternative> {
    let of_one_metric = |way: &&Alternative| {
        way.refused.is_none() && !way.lines.is_empty() && way.lines.iter().all(|line| line.metric == way.metric)
    };
    let by_core = |way: &&Alternative| [Basis::Guest, Basis::Host, Basis::Mixed].contains(&way.basis);
    let by_server = |way: &&Alternative| way.basis == Basis::ServerCal;
    let guests = group.members.iter().filter(|(one, _)| is_guest(ground, one)).count();
    let basis = match guests {
        0 => Basis::Host,
        guests if guests == group.members.len() => Basis::Guest,
        _ => Basis::Mixed,
    };
    let mut ways = Vec::new();
    if let Some(base) = own.iter().filter(of_one_metric).find(by_core) {
        let editions = sold_editions(ground, product, base, &[Method::HostCores, Method::GuestCores]);
        ways.extend(of_base(product, group, own, base, basis, editions));
    }
    if let Some(base) = own.iter().filter(of_one_metric).find(by_server) {
        let editions = sold_editions(ground, product, base, &[Method::Instance]);
        ways.extend(of_base(product, group, own, base, Basis::ServerCal, editions));
    }
    ways
}

/// A way by licences of each of these editions that the group's own ways do not know.
fn of_base(
    product: &Product,
    group: &Group<'_>,
    own: &[Alternative],
    base: &Alternative,
    basis: Basis,
    mut editions: Vec<String>,
) -> Vec<Alternative> {
    let installed = group.members.iter().filter_map(|(one, _)| product.edition_rank(&one.edition)).max();
    let known = |edition: &String| {
        own.iter().any(|way| way.edition.as_ref() == Some(edition) && way.basis == basis && way.metric == base.metric)
    };
    let listed = |edition: String| {
        let lines = base.lines.iter().map(|line| of_edition(product, line, &edition)).collect();
        let above = group.members.iter().find(|(one, _)| !product.edition_serves(&edition, &one.edition));
        let rule = base.lines[0].accepts.first().map_or(String::new(), |accepted| accepted.terms.clone());
        let reason = above.map(|(one, _)| {
            format!("a licence of {} may not be used for {}", edition_name(&edition), edition_name(&one.edition))
        });
        Alternative {
            higher_edition: product.edition_rank(&edition) > installed,
            edition: Some(edition),
            basis,
            lines,
            listed_only: true,
            refused: reason.map(|reason| Refusal { rule, reason }),
            ..base.clone()
        }
    };
    editions.retain(|edition| !known(edition));
    editions.into_iter().map(listed).collect()
}

/// Editions of the terms of a way, counted by some methods, that are those of the version current on the day.
fn sold_editions(ground: &Ground<'_>, product: &Product, way: &Alternative, methods: &[Method]) -> Vec<String> {
    let Some(current) = product.current_release(ground.as_of) else { return Vec::new() };
    let used =
        |id: &String| way.lines.iter().flat_map(|line| line.accepts.iter()).any(|accepted| accepted.terms == *id);
    let terms = product.terms.iter().filter(|terms| methods.contains(&terms.method) && used(&terms.id));
    let mut editions = Vec::new();
    for terms in terms.filter(|terms| (terms.from..=terms.until).contains(&current) && terms.sold_on(ground.as_of)) {
        for edition in &terms.editions {
            if !editions.contains(edition) {
                editions.push(edition.clone());
            }
        }
    }
    editions
}

fn of_edition(product: &Product, line: &Line, edition: &str) -> Line {
    Line {
        hosts: line.hosts.clone(),
        version: line.version,
        accepts: line.accepts.clone(),
        ..Line::new(&product.id, Some(edition), line.metric, line.units)
    }
}
