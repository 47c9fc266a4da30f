//! Ways that license guests by themselves, by their virtual cores: one for each edition, refused where it does not serve
//! them all, and each guest by its own edition where they differ.

use std::sync::Arc;

use crate::model::{Acceptance, Alternative, Basis, Channel, HostId, Line, Refusal, Working, edition_name};
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
        let own = way(Basis::Guest, &|_| edition.clone());
        let mut way = Alternative { edition: Some(edition.clone()), ..own };
        for (one, line) in guests.iter().zip(&mut way.lines) {
            if product.edition_serves(edition, &one.edition) {
                continue;
            }
            if let Some(channel) = rented_for(ground, terms, edition, one) {
                let text = format!(
                    "{}: a subscription of {} may run {} there.",
                    one.text,
                    edition_name(edition),
                    edition_name(&one.edition)
                );
                way.working.by_rule(&terms.id, text);
                Arc::make_mut(&mut line.accepts).iter_mut().for_each(|accepted| accepted.through = Some(channel));
                continue;
            }
            let reason =
                format!("a licence of {} may not be used for {}", edition_name(edition), edition_name(&one.edition));
            way.refused = Some(Refusal { rule: terms.id.clone(), reason });
            break;
        }
        way
    };
    let mut ways: Vec<Alternative> = terms.editions.iter().map(of_edition).collect();
    let own: Option<Vec<&String>> = guests.iter().map(|one| own_edition(product, terms, one)).collect();
    if own.is_some_and(|own| own.iter().any(|edition| *edition != own[0])) {
        let own = |one: &Deployed| own_edition(product, terms, one).cloned().unwrap_or_default();
        ways.push(way(Basis::Mixed, &own));
    }
    ways
}

/// How a subscription that is in force was sold which may run a guest of an edition above its own.
fn rented_for(ground: &Ground<'_>, terms: &Terms, edition: &str, one: &Deployed) -> Option<Channel> {
    let organisation = &ground.estate.host(one.host).organisation;
    let allowed = terms.runs_above.iter().filter(|above| {
        let in_force = above.from.is_none_or(|from| from <= ground.as_of);
        above.edition == edition && above.editions.contains(&one.edition) && in_force
    });
    let is_owned = |channel: Channel| {
        ground.owned.iter().any(|right| {
            right.rented_through == Some(channel)
                && right.may_be_drawn_by(organisation)
                && right.forms.iter().any(|form| form.edition.as_deref() == Some(edition))
        })
    };
    allowed.map(|above| above.channel).find(|&channel| is_owned(channel))
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
        accepts: [Acceptance { grace, ..terms.acceptance(true) }].into(),
        ..Line::new(&product.id, Some(edition), terms.metric, units)
    }
}
