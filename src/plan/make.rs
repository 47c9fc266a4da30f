//! Plans of all organisations, one after the other.
//!
//! Purchases are the last resort: first what nobody need decide (licences assigned anew), then what changes the estate, then
//! what may be assigned anew after that, then the cheapest purchases. The end is reconciled once more.

use std::cell::RefCell;

use crate::model::{Answer, Assessment, Course, Estate, Names, OrganisationPlan, Plan, PlanStep, StillShort};

use super::candidates::{self, Candidate, Scene};
use super::change::apply;
use super::courses::{self, Position};
use super::decide::{self, Choice, families_short};
use super::ground::{Bill, Ground, Request};
use super::price_book::{Level, PriceBook};
use super::steps;

/// Makes the plan.
pub fn plan(request: &Request<'_>) -> Plan {
    let book = PriceBook::new(
        &request.estate.prices,
        request.as_of,
        &request.settings.currency,
        request.horizon_months,
        Level::Customer,
    );
    let currency = book.currency.clone();
    let names = names(request);
    let families = request.family.map(str::to_owned).into_iter().collect();
    let mut ground = Ground { request, book, names: names.clone(), families, searches: RefCell::default() };
    let start = ground.assess(request.estate);
    if ground.families.is_empty() {
        // What nothing needs and nobody owns stays as it is whatever is done.
        ground.families = start.requirements.iter().map(|requirement| requirement.family.clone()).collect();
        ground.families.sort();
        ground.families.dedup();
    }
    let bill = ground.bill(&start);
    let mut organisations: Vec<&str> = bill.rows.iter().map(|(short, _)| short.organisation.as_str()).collect();
    organisations.sort_unstable();
    organisations.dedup();
    let wanted = organisations.into_iter().filter(|name| request.organisation.is_none_or(|wanted| wanted == *name));
    let plans: Vec<OrganisationPlan> =
        wanted.map(|organisation| of_organisation(&ground, organisation, &start, &bill)).collect();
    Plan {
        as_of: request.as_of,
        reading: request.reading,
        horizon_months: request.horizon_months,
        currency,
        rules_hash: request.rules.hash.clone(),
        assumptions: Vec::new(),
        names,
        organisations: plans,
    }
}

fn names(request: &Request<'_>) -> Names {
    let titled = request.estate.organisations.iter().filter(|organisation| !organisation.title.is_empty());
    Names {
        organisations: titled.map(|organisation| (organisation.name.clone(), organisation.title.clone())).collect(),
        products: request.rules.products.values().map(|product| (product.id.clone(), product.name.clone())).collect(),
    }
}

fn of_organisation(ground: &Ground<'_>, organisation: &str, start: &Assessment, bill: &Bill) -> OrganisationPlan {
    let estate = ground.request.estate;
    let own = bill.of(organisation);
    let (lawful, later) = candidates_of(ground, organisation, estate, start);
    let (decisions, free): (Vec<Candidate>, Vec<Candidate>) =
        lawful.into_iter().partition(|candidate| candidate.kind.needs_decision());
    let plain = decide::nothing(ground, organisation, estate);
    let buy_only = decide::choose(ground, organisation, &plain, &free);
    let decided = decide::choose(ground, organisation, &buy_only, &decisions);
    let best = assigned_anew(ground, organisation, decided);
    let best = if best.is_no_worse_than(&buy_only) { best } else { buy_only.clone() };
    let told = steps::tell(ground, organisation, estate, &best);
    let only = steps::tell(ground, organisation, estate, &buy_only);
    let left = ground.bill(&told.after).of(organisation);
    let mut scenarios = courses::courses(&Position { ground, organisation, assessment: start, bill: &own });
    let only_left = ground.bill(&only.after).of(organisation);
    scenarios.push(courses::of_steps(ground, Course::BuyOnly, &only.steps, &only_left));
    scenarios.push(courses::of_steps(ground, Course::Plan, &told.steps, &left));
    let mut plan = OrganisationPlan {
        organisation: organisation.to_owned(),
        later: later.iter().filter_map(|candidate| on_its_day(ground, organisation, candidate)).collect(),
        scenarios,
        missing_prices: Vec::new(),
        still_short: still_short(&left),
        notes: notes(ground, organisation, &best, bill, &told.after),
        steps: told.steps,
    };
    plan.missing_prices = courses::missing_prices(&plan);
    if ground.request.reading == Answer::Customer {
        plan.notes.push("the customer's reading: it holds only with the evidence that `trueup questions` names".into());
    }
    plan
}

/// What may help: lawful now, and from a later day on.
fn candidates_of(
    ground: &Ground<'_>,
    organisation: &str,
    estate: &Estate,
    assessment: &Assessment,
) -> (Vec<Candidate>, Vec<Candidate>) {
    let scene = Scene::new(ground, organisation, estate, assessment);
    let now = ground.request.as_of;
    candidates::all(&scene).into_iter().partition(|candidate| candidate.lawful_from <= now)
}

/// Licences that became free by the steps before, assigned to where they are needed.
fn assigned_anew(ground: &Ground<'_>, organisation: &str, choice: Choice) -> Choice {
    if !choice.taken.iter().any(|candidate| candidate.kind.needs_decision()) {
        return choice;
    }
    let assessment = ground.assess(&choice.estate);
    let (lawful, _) = candidates_of(ground, organisation, &choice.estate, &assessment);
    let free: Vec<Candidate> = lawful.into_iter().filter(|candidate| !candidate.kind.needs_decision()).collect();
    decide::choose(ground, organisation, &choice, &free)
}

/// A step by itself on the day from which it is lawful; `None` where it saves nothing then.
fn on_its_day(ground: &Ground<'_>, organisation: &str, candidate: &Candidate) -> Option<PlanStep> {
    let day = candidate.lawful_from;
    let mut estate = ground.request.estate.clone();
    let before = (ground.request.assess)(&estate, day, &ground.families);
    if !apply(&mut estate, &candidate.changes) {
        return None;
    }
    let after = (ground.request.assess)(&estate, day, &ground.families);
    let step = steps::alone(ground, organisation, candidate, &before, &after);
    let closes: i64 = step.closes.iter().map(|closed| closed.units).sum();
    (closes > 0).then_some(step)
}

fn still_short(left: &Bill) -> Vec<StillShort> {
    left.rows
        .iter()
        .map(|(short, quote)| StillShort {
            product: short.product.clone(),
            edition: short.edition.clone(),
            metric: short.metric,
            units: short.units,
            reason: match quote {
                Err(missing) => format!("no price of {missing}"),
                Ok(_) => "what would close it is not sold on this day".into(),
            },
        })
        .collect()
}

/// How the plan was found, and what it does to others.
fn notes(ground: &Ground<'_>, organisation: &str, best: &Choice, before: &Bill, after: &Assessment) -> Vec<String> {
    let mut notes = Vec::new();
    if !best.proved {
        notes.push(
            "not every combination of steps and purchases was tried: the plan was improved step by step, and a cheaper one is not excluded"
                .to_owned(),
        );
    }
    let own = before.of(organisation);
    let wanted: Vec<&str> = own.unpriced().into_keys().collect();
    if !wanted.is_empty() && !best.purchases.is_empty() {
        notes.push(format!("with the prices that are missing a cheaper way may be open: {}", wanted.join("; ")));
    }
    let new = ground.bill(after);
    for closed in before.closed_by(&new).iter().filter(|closed| closed.organisation != organisation) {
        let name = ground.licence(&closed.product, closed.edition.as_deref());
        let (units, word) = (closed.units.unsigned_abs(), if closed.units > 0 { "less" } else { "more" });
        notes.push(format!("{} is short of {units} {}s {word} of {name} by it", closed.organisation, closed.metric));
    }
    for family in families_short(ground, &new.of(organisation), after, organisation) {
        notes.push(format!("{} stays short", ground.names.product(&family)));
    }
    notes
}
