//! Ways that license guests by themselves, by their virtual cores: one for each edition, refused where it does not serve
//! them all, and each guest by its own edition where they differ.

use crate::model::{Acceptance, Alternative, Basis, HostId, Line, Refusal, Working};
use crate::rules::{Product, Terms};

use super::deployment::Deployed;
use super::guest_cores::guest_units;
use super::{Ground, grace};

/// One way for each edition of the terms. Each needs Software Assurance and is listed only: whoever has the proof the
/// terms ask for, or knows that none is needed, puts it in the running.
pub(super) fn ways_by_guest(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    guests: &[&Deployed],
    hosts: &[HostId],
    grace: bool,
) -> Vec<Alternative> {
    if guests.is_empty() {
        return Vec::new();
    }
    let way = |basis: Basis, edition_of: &dyn Fn(&Deployed) -> String| {
        let mut working = Working::default();
        if grace {
            working.by_rule("D-23", grace::SENTENCE);
        }
        let line =
            |one: &&Deployed| guest_line(ground, product, terms, &edition_of(one), one, hosts, grace, &mut working);
        let lines = guests.iter().map(line).collect();
        Alternative {
            conditional: true,
            listed_only: true,
            condition: terms.alternative_only.clone(),
            ..Alternative::new(&product.id, terms.metric, basis, lines, working)
        }
    };
    let of_edition = |edition: &String| {
        let above = guests.iter().find(|one| !product.edition_serves(edition, &one.edition));
        let refused = above.map(|one| Refusal {
            rule: terms.id.clone(),
            reason: format!("a licence of {edition} may not be used for {}", one.edition),
        });
        Alternative { edition: Some(edition.clone()), refused, ..way(Basis::Guest, &|_| edition.clone()) }
    };
    let mut ways: Vec<Alternative> = terms.editions.iter().map(of_edition).collect();
    let own: Option<Vec<&String>> = guests.iter().map(|one| own_edition(product, terms, one)).collect();
    if own.is_some_and(|own| own.iter().any(|edition| *edition != own[0])) {
        let own = |one: &Deployed| own_edition(product, terms, one).cloned().unwrap_or_default();
        ways.push(way(Basis::Mixed, &own));
    }
    ways
}

/// The lowest edition of the terms whose licence serves a guest.
fn own_edition<'t>(product: &Product, terms: &'t Terms, one: &Deployed) -> Option<&'t String> {
    let serving = terms.editions.iter().filter(|edition| product.edition_serves(edition, &one.edition));
    serving.min_by_key(|edition| product.edition_rank(edition))
}

/// The line of one guest by itself. With `grace`, Software Assurance that ran out lately will do.
#[expect(clippy::too_many_arguments, reason = "one guest's line needs its terms, edition and hosts at once")]
pub(super) fn guest_line(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    edition: &str,
    one: &Deployed,
    hosts: &[HostId],
    grace: bool,
    working: &mut Working,
) -> Line {
    let guest = ground.estate.host(one.host);
    let (units, text) = guest_units(ground, product, terms, one.host, guest);
    working.by_rule_and_facts(&terms.id, text, ground.stated(one.host));
    Line {
        version: one.version,
        hosts: std::iter::once(one.host).chain(hosts.iter().copied()).collect(),
        accepts: vec![Acceptance { grace, ..terms.acceptance(true) }],
        ..Line::new(&product.id, Some(edition), terms.metric, units)
    }
}
