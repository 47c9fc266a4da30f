//! Ways that nobody can take any more: their licences are no longer sold, and none is owned.
//!
//! They stay listed, refused, so that the comparison shows what was lawful once (SQ-R10, WP-R1, SC-R2).

use crate::model::{Alternative, Line, Refusal, Requirement};
use crate::rules::{Product, Terms};

use super::Ground;

/// Refuses such ways where another way is left to the position.
pub(super) fn refuse(ground: &Ground<'_>, product: &Product, requirement: &mut Requirement) {
    let refusals: Vec<Option<Refusal>> =
        requirement.alternatives.iter().map(|way| refusal(ground, product, &requirement.organisation, way)).collect();
    let counts = |way: &Alternative| way.refused.is_none() && !way.listed_only;
    let mut rest = requirement.alternatives.iter().zip(&refusals);
    if !rest.any(|(way, refusal)| counts(way) && refusal.is_none()) {
        return;
    }
    for (way, refusal) in requirement.alternatives.iter_mut().zip(refusals) {
        way.refused = way.refused.take().or(refusal);
    }
}

fn refusal(ground: &Ground<'_>, product: &Product, organisation: &str, way: &Alternative) -> Option<Refusal> {
    way.lines.iter().find_map(|line| {
        let ended = ended(ground, product, line)?;
        let owned = ground.owned.iter().filter(|right| right.may_be_drawn_by(organisation)).any(|right| {
            right.forms.iter().any(|form| {
                let edition = form.edition.as_ref().is_none_or(|edition| line.editions.contains(edition));
                form.product == line.product && form.metric == line.metric && (edition || line.editions.is_empty())
            })
        });
        let until = ended.sold_until.map_or(String::new(), |until| format!(" since {until}"));
        let reason = format!("its licences are no longer sold{until}, and none is owned");
        (!owned).then(|| Refusal { rule: ended.id.clone(), reason })
    })
}

/// The terms of a line where licences on none of its terms are sold any more.
fn ended<'p>(ground: &Ground<'_>, product: &'p Product, line: &Line) -> Option<&'p Terms> {
    let ended = |terms: &&Terms| terms.sold_until.is_some_and(|until| until < ground.as_of);
    let of = |id: &String| product.terms.iter().find(|terms| terms.id == *id);
    let found: Option<Vec<&Terms>> = line.accepts.iter().map(|accepted| of(&accepted.terms).filter(ended)).collect();
    found?.into_iter().max_by_key(|terms| terms.sold_until)
}
