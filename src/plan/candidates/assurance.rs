//! Software Assurance added to a licence that was bought so lately that the terms still allow it (C0-4). Older licences
//! cannot have it: it is bought with new ones.

use crate::model::price_book::{Item, Term};
use crate::model::{Change, Period, PurchaseKind, StepKind};
use crate::plan::dates::{after_days, after_months};
use crate::rules::channel_name;

use super::{Candidate, Scene};

/// Every purchase of a short family that may still have it and has a price for it.
pub(super) fn candidates(scene: &Scene<'_>) -> Vec<Candidate> {
    let as_of = scene.ground.request.as_of;
    let mut candidates = Vec::new();
    for (index, line) in scene.estate.purchases.iter().enumerate() {
        let Some(product) = scene.ground.request.rules.products.get(&line.product) else { continue };
        let Some(bought) = line.bought else { continue };
        let channel = channel_name(line.channel);
        let until = after_days(bought, product.attach_days(channel));
        let open = line.organisation == scene.organisation
            && scene.is_short(&line.product)
            && line.kind == PurchaseKind::Licence
            && line.sa.is_empty()
            && line.subscription.is_none()
            && bought <= as_of
            && as_of <= until;
        let item = Item::new(&line.product, line.edition.as_deref(), line.metric, Term::Assurance);
        let Some(quote) = open.then(|| scene.ground.book.quote(&item, line.quantity).ok()).flatten() else {
            continue;
        };
        let name = line.reference.clone().unwrap_or_else(|| format!("purchase {}", index + 1));
        let text = format!(
            "Add Software Assurance to {} of {} bought on {bought} ({name}), by {until}.",
            line.metric.licences(u64::from(line.quantity)),
            scene.ground.licence(&line.product, line.edition.as_deref())
        );
        let mut candidate = scene.candidate(StepKind::AddAssurance, &line.product, &name, text);
        candidate.working.by_rule("C0-4", format!("Possible until {until}: {channel} licences, bought {bought}."));
        for part in &quote.parts {
            candidate.working.say(part.clone());
        }
        candidate.price = Some(quote);
        let term = Period { from: as_of, until: after_months(as_of, scene.ground.request.horizon_months) };
        candidate.changes.push(Change::AddAssurance { line: index, term });
        candidates.push(candidate);
    }
    candidates
}
