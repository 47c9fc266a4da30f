//! Ways that license guests by themselves, by their virtual cores: one for each edition that serves them all.

use crate::model::{Acceptance, Alternative, Basis, HostId, Line, Working};
use crate::rules::{Product, Terms};

use super::Ground;
use super::deployment::Deployed;
use super::guest_cores::guest_units;

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
    let serves = |edition: &&String| guests.iter().all(|one| product.edition_serves(edition, &one.edition));
    let way = |edition: &String| {
        let mut working = Working::default();
        let line = |one: &&Deployed| guest_line(ground, product, terms, edition, one, hosts, grace, &mut working);
        let lines = guests.iter().map(line).collect();
        Alternative {
            edition: Some(edition.clone()),
            conditional: true,
            listed_only: true,
            condition: terms.alternative_only.clone(),
            ..Alternative::new(&product.id, terms.metric, Basis::Guest, lines, working)
        }
    };
    terms.editions.iter().filter(|_| !guests.is_empty()).filter(serves).map(way).collect()
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
    working.by_rule(&terms.id, text);
    Line {
        version: one.version,
        hosts: std::iter::once(one.host).chain(hosts.iter().copied()).collect(),
        accepts: vec![Acceptance { grace, ..terms.acceptance(true) }],
        ..Line::new(&product.id, Some(edition), terms.metric, units)
    }
}
