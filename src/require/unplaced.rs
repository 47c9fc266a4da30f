//! Guests whose host nobody knows (D-15).

use crate::model::{Alternative, Answer, Basis, HostId, Key, Line, Requirement, Scope, Working};
use crate::rules::{Method, Product, Right, Terms};

use super::Ground;
use super::deployment::Deployed;
use super::floating::by_guest;
use super::guest_cores::guest_units;
use super::ways_by_guest::ways_by_guest;

/// Guests nobody can place: in the strict reading each on a host of its own that has no other licence, in the
/// customer's the lowest consistent value: as if licensed by themselves, or, where the terms know no such way, neighbours on
/// one small host (D-15).
pub(super) fn requirement(
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
    let guest_terms = by_guest(ground, product).next();
    let mut alternatives = Vec::new();
    for terms in product.terms.iter().filter(|terms| terms.method == Method::HostSets) {
        for right in &terms.rights {
            if guests.iter().any(|one| !product.edition_serves(&right.edition, &one.edition)) {
                continue;
            }
            let mut steps = Working::default();
            let lines = guests
                .iter()
                .enumerate()
                .map(|(number, one)| {
                    unplaced_line(ground, product, terms, guest_terms, right, answer, number, one, &mut steps)
                })
                .filter(|line| line.units > 0)
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
        alternatives.extend(ways_by_guest(ground, product, terms, guests, &[], false));
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
    number: usize,
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
        (Answer::Customer, None) if !opens_a_set(right, number) => {
            working.by_rule("D-15", format!("{} may share a set with the guests before it.", guest.name));
            0
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
        hosts: [one.host].into(),
        accepts: [terms.acceptance(false)].into(),
        ..Line::new(&product.id, Some(&right.edition), terms.metric, units)
    }
}

/// Whether the guest of this number is the first of a set, where all guests are taken for neighbours on one host.
fn opens_a_set(right: &Right, number: usize) -> bool {
    match right.guests {
        _ if right.unlimited => number == 0,
        Some(guests) if guests > 0 => number.is_multiple_of(guests as usize),
        _ => true,
    }
}
