//! A choice in order and words, each step judged by the engine.

use std::collections::BTreeMap;

use crate::model::{Assessment, Change, Cost, Estate, Key, PlanStep, StepKind, Working, thousands};

use super::candidates::Candidate;
use super::decide::Choice;
use super::ground::{Bill, Ground};
use super::trial::Trial;
use crate::model::price_book::{Item, Quote, Term};

/// A step before its effect is known.
struct Draft {
    kind: StepKind,
    product: String,
    key: Key,
    text: String,
    conditions: Vec<String>,
    lawful_from: jiff::civil::Date,
    price: Option<Quote>,
    working: Working,
    changes: Vec<Change>,
}

/// Steps with what the engine says after all of them.
pub(super) struct Told {
    pub steps: Vec<PlanStep>,
    pub after: Assessment,
}

/// Tells choices step by step, on the estate as it was: first what changes it, then what is bought.
pub(super) fn tell(ground: &Ground<'_>, organisation: &str, start: &Trial, choices: &[&Choice]) -> Told {
    let taken = choices.iter().flat_map(|choice| &choice.taken);
    let changed: Option<Trial> = taken
        .clone()
        .try_fold(start.clone(), |trial, candidate| trial.after(ground, &candidate.changes, &candidate.families));
    let mut drafts: Vec<Draft> = taken.map(|candidate| of_candidate(organisation, candidate)).collect();
    if let Some(changed) = &changed {
        drafts.extend(choices.iter().flat_map(|choice| purchases(ground, organisation, choice, &changed.estate)));
    }
    let mut trial = start.clone();
    let mut before = ground.bill_of(&ground.of_families(&trial, &ground.families));
    let mut steps = Vec::new();
    for draft in drafts {
        let families = ground.touched(&trial.estate, &draft.changes);
        let Some(next) = trial.after(ground, &draft.changes, &families) else { continue };
        trial = next;
        let after = ground.bill_of(&ground.of_families(&trial, &ground.families));
        steps.push(step(ground, organisation, draft, &before, &after));
        before = after;
    }
    let after = ground.assess(&trial.estate);
    say_where(start.estate.purchases.len(), &mut steps, &trial.estate, &after);
    Told { steps, after }
}

/// A candidate alone, on a later day.
pub(super) fn alone(
    ground: &Ground<'_>,
    organisation: &str,
    candidate: &Candidate,
    before: &Assessment,
    after: &Assessment,
) -> PlanStep {
    step(ground, organisation, of_candidate(organisation, candidate), &ground.bill(before), &ground.bill(after))
}

fn of_candidate(organisation: &str, candidate: &Candidate) -> Draft {
    Draft {
        kind: candidate.kind,
        product: candidate.product.clone(),
        key: Key::new("plan", &[organisation, &candidate.product, candidate.kind.name(), &candidate.subject]),
        text: candidate.text.clone(),
        conditions: candidate.conditions.clone(),
        lawful_from: candidate.lawful_from,
        price: candidate.price.clone(),
        working: candidate.working.clone(),
        changes: candidate.changes.clone(),
    }
}

/// One draft for each item that is bought.
fn purchases(ground: &Ground<'_>, organisation: &str, choice: &Choice, estate: &Estate) -> Vec<Draft> {
    let items = choice.purchases.iter().flat_map(|(_, found)| &found.basket);
    items.filter_map(|(item, &units)| purchase(ground, organisation, estate, item, units)).collect()
}

fn purchase(ground: &Ground<'_>, organisation: &str, estate: &Estate, item: &Item, units: u32) -> Option<Draft> {
    let quote = ground.book.quote(item, units).ok()?;
    let base = item.base.and_then(|base| estate.purchases.get(base));
    let bought = base.map_or(quote.bought, |base| quote.bought.min(base.quantity));
    let line = ground.purchase(estate, organisation, item, bought);
    let is_suite = ground.request.rules.products.get(&item.product).is_some_and(|product| product.kind == "suite");
    let kind = match item.term {
        Term::StepUp => StepKind::StepUp,
        _ if is_suite => StepKind::Suite,
        Term::WithAssurance => StepKind::BuyWithAssurance,
        Term::Subscription => StepKind::Subscribe,
        Term::Licence | Term::Assurance => StepKind::Buy,
    };
    let name = ground.licence(&item.product, item.edition.as_deref());
    let metric = item.metric;
    let (counted, licences) = (metric.units(u64::from(bought)), metric.licences(u64::from(bought)));
    let text = match (kind, base) {
        (StepKind::StepUp, Some(base)) => format!(
            "Step up {licences} of {} ({}) to {name}.",
            ground.licence(&base.product, base.edition.as_deref()),
            base.reference.as_deref().unwrap_or("without a reference")
        ),
        (StepKind::BuyWithAssurance, _) => format!("Buy {licences} of {name} with Software Assurance."),
        (StepKind::Subscribe, _) => format!("Subscribe to {name} for {counted}."),
        (StepKind::Suite, _) => format!("Buy {licences} of the suite {name}."),
        _ => format!("Buy {licences} of {name}."),
    };
    let mut parts = vec![organisation, &item.product, kind.name(), item.edition.as_deref().unwrap_or("")];
    parts.push(metric.name());
    let reference = base.and_then(|base| base.reference.clone());
    parts.extend(reference.as_deref());
    let mut working = Working::default();
    let minimum = if bought > units { format!("; {units} are needed, sold in whole packs") } else { String::new() };
    working.say(format!("{}{minimum}.", quote.parts.join(" + ")));
    Some(Draft {
        kind,
        product: item.product.clone(),
        key: Key::new("plan", &parts),
        text,
        conditions: conditions(kind),
        lawful_from: ground.request.as_of,
        price: Some(quote),
        working,
        changes: vec![Change::Buy(Box::new(line))],
    })
}

fn conditions(kind: StepKind) -> Vec<String> {
    let text = match kind {
        StepKind::BuyWithAssurance => {
            "Software Assurance is renewed without a gap for as long as the right is used; older licences cannot be given it"
        }
        StepKind::Subscribe => "the subscription stays in term for as long as the right is used",
        StepKind::StepUp => {
            "Software Assurance on the base runs on the day of the order, under the same agreement; its renewal is not in the cost"
        }
        StepKind::Suite => "its parts are not split between machines",
        _ => return Vec::new(),
    };
    vec![text.to_owned()]
}

fn step(ground: &Ground<'_>, organisation: &str, draft: Draft, before: &Bill, after: &Bill) -> PlanStep {
    let (old, new) = (before.of(organisation), after.of(organisation));
    let (first, horizon) = draft.price.as_ref().map_or((0, 0), |quote| (quote.first_year, quote.horizon));
    let (_, old_horizon, old_first) = old.total();
    let (_, new_horizon, new_first) = new.total();
    let saved = (old_first - new_first - first, old_horizon - new_horizon - horizon);
    let known = old.unpriced() == new.unpriced();
    let money = |minor| ground.book.money(minor);
    let cost = |(first_year, horizon)| Cost { first_year: money(first_year), horizon: money(horizon) };
    let mut working = draft.working;
    let span = ground.request.horizon_months;
    if known {
        working.say(format!(
            "Bought as it stands, what is short would cost {} over {span} months before this step and {} after it; the step costs {}: {} − {} − {} = {}.",
            money(old_horizon),
            money(new_horizon),
            money(horizon),
            money(old_horizon),
            money(new_horizon),
            money(horizon),
            money(saved.1)
        ));
    } else {
        let wanted =
            old.unpriced().into_keys().chain(new.unpriced().into_keys()).collect::<std::collections::BTreeSet<_>>();
        working.say(format!(
            "What it saves is not known: these prices are missing: {}.",
            wanted.into_iter().collect::<Vec<_>>().join(", ")
        ));
    }
    PlanStep {
        key: draft.key,
        organisation: organisation.to_owned(),
        product: draft.product,
        needs_decision: draft.kind.needs_decision(),
        kind: draft.kind,
        text: draft.text,
        conditions: draft.conditions,
        lawful_from: draft.lawful_from,
        cost: Some(cost((first, horizon))),
        saving: known.then(|| cost(saved)),
        closes: before.closed_by(after),
        working,
        changes: draft.changes,
    }
}

/// Says of each purchase where its licences are needed in the end.
fn say_where(owned: usize, steps: &mut [PlanStep], estate: &Estate, after: &Assessment) {
    let mut places: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for spent in &after.allocations {
        let line = after.entitlements[spent.entitlement].line;
        if line >= owned {
            let scope = after.requirements[spent.requirement].scope.name();
            let place = format!("{} for {scope}", thousands(u64::from(spent.units)));
            let known = places.entry(line).or_default();
            if !known.contains(&place) {
                known.push(place);
            }
        }
    }
    // Purchases were added in the order of the steps; a split line stands among them.
    for step in steps.iter_mut().filter(|step| step.kind.is_purchase()) {
        for change in &step.changes {
            let Change::Buy(bought) = change else { continue };
            let at = estate.purchases.iter().enumerate().skip(owned).find(|(_, line)| *line == &**bought);
            if let Some(used) = at.and_then(|(at, _)| places.get(&at)) {
                step.working.say(format!("Used: {}.", used.join(", ")));
            }
        }
    }
}
