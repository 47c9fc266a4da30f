//! Plans of all organisations, one after the other.
//!
//! What hangs together is decided together, everything else apart. Purchases are the last resort: first what nobody need
//! decide (licences assigned anew), then what changes the estate, then what may be assigned anew after that, then the
//! cheapest purchases. The end is reconciled once more.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::model::{
    Answer, Assessment, Course, Estate, Names, OrderLine, OrganisationPlan, Plan, PlanStep, StillShort,
};

use super::candidates::{self, Candidate, Scene};
use super::change::apply;
use super::courses::{self, Position};
use super::decide::{self, Choice, Decided, Part};
use super::ground::{Bill, Ground, Request, short_families};
use super::steps;
use super::trial::Trial;
use crate::model::price_book::{Level, PriceBook};

/// Makes the plan.
pub fn plan(request: &Request<'_>) -> Plan {
    let book = PriceBook::new(
        &request.estate.prices,
        &request.rules.names,
        request.as_of,
        &request.settings.currency,
        request.horizon_months,
        Level::Customer,
        request.rules.order_minimums(request.as_of),
    );
    let currency = book.currency.clone();
    let names = names(request);
    let families = request.family.map(str::to_owned).into_iter().collect();
    let mut ground = Ground { request, book, names: names.clone(), families, known: RefCell::default() };
    let start = ground.assess(request.estate);
    if ground.families.is_empty() {
        // What nothing needs and nobody owns stays as it is whatever is done.
        ground.families = start.requirements.iter().map(|requirement| requirement.family.clone()).collect();
    }
    let arising = ground.access_families().into_iter().filter(|(served, _)| ground.families.contains(served));
    let arising: Vec<String> = arising.map(|(_, licences)| licences).collect();
    ground.families.extend(arising);
    ground.families.sort();
    ground.families.dedup();
    let bill = ground.bill(&start);
    let of_families = |order: &&OrderLine| ground.families.iter().any(|family| family == ground.family(&order.product));
    let beyond = request.orders.iter().filter(|order| order.beyond() > 0).filter(of_families);
    let orders: Vec<OrderLine> = beyond.cloned().collect();
    let of_orders = orders.iter().map(|order| order.organisation.as_str());
    let mut organisations: Vec<&str> =
        bill.rows.iter().map(|(short, _)| short.organisation.as_str()).chain(of_orders).collect();
    organisations.sort_unstable();
    organisations.dedup();
    let wanted = organisations.into_iter().filter(|name| request.organisation.is_none_or(|wanted| wanted == *name));
    let plans: Vec<OrganisationPlan> =
        wanted.map(|organisation| of_organisation(&ground, organisation, (&start, &bill), &orders)).collect();
    Plan {
        as_of: request.as_of,
        reading: request.reading,
        horizon_months: request.horizon_months,
        currency,
        rules_hash: request.rules.hash.clone(),
        assumptions: Vec::new(),
        orders: Vec::new(),
        names,
        organisations: plans,
    }
}

fn names(request: &Request<'_>) -> Names {
    let titled = request.estate.organisations.iter().filter(|organisation| !organisation.title.is_empty());
    Names {
        organisations: titled.map(|organisation| (organisation.name.clone(), organisation.title.clone())).collect(),
        products: request.rules.names.clone(),
    }
}

fn of_organisation(
    ground: &Ground<'_>,
    organisation: &str,
    (start, bill): (&Assessment, &Bill),
    orders: &[OrderLine],
) -> OrganisationPlan {
    let estate = ground.request.estate;
    let own = bill.of(organisation);
    let trial = Trial::of(estate);
    let (lawful, later) = candidates_of(ground, organisation, estate, start);
    let parts = decide::parts(ground, organisation, &trial, lawful);
    let decided: Vec<Decided> = parts
        .iter()
        .map(|part| {
            decide::decide(ground, organisation, &trial, part, &|trial| anew(ground, organisation, part, trial))
        })
        .collect();
    let best: Vec<&Choice> = decided.iter().map(|part| &part.best).collect();
    let buy_only: Vec<&Choice> = decided.iter().map(|part| &part.buy_only).collect();
    let told = steps::tell(ground, organisation, &trial, &best);
    let only = steps::tell(ground, organisation, &trial, &buy_only);
    let left = ground.bill(&told.after).of(organisation);
    let orders: Vec<OrderLine> = orders.iter().filter(|order| order.organisation == organisation).cloned().collect();
    let position = Position { ground, organisation, assessment: start, bill: &own, orders: &orders };
    let mut scenarios = courses::courses(&position);
    let only_left = ground.bill(&only.after).of(organisation);
    let bound = |choices: &[&Choice]| choices.iter().map(|choice| choice.bound).sum();
    scenarios.push(courses::of_steps(ground, Course::BuyOnly, &only.steps, &only_left, bound(&buy_only)));
    scenarios.push(courses::of_steps(ground, Course::Plan, &told.steps, &left, bound(&best)));
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

/// Licences of a part that became free by the steps before, assigned to where they are needed.
fn anew(ground: &Ground<'_>, organisation: &str, part: &Part, trial: &Trial) -> Vec<Candidate> {
    let assessment = (ground.request.assess)(&trial.estate, ground.request.as_of, &part.families);
    let (mut lawful, _) = candidates_of(ground, organisation, &trial.estate, &assessment);
    lawful.retain(|candidate| {
        !candidate.kind.needs_decision() && candidate.families.iter().all(|family| part.families.contains(family))
    });
    lawful
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

/// Ways that have a price and were not weighed, because nobody states what must be bought beside them.
fn not_weighed(ground: &Ground<'_>, organisation: &str, assessment: &Assessment) -> Vec<String> {
    let own = assessment.requirements.iter().filter(|requirement| requirement.organisation == organisation);
    let ways = own.flat_map(|requirement| &requirement.alternatives).filter(|way| way.refused.is_none());
    let told: BTreeSet<String> = ways
        .filter(|way| way.lines.iter().all(|line| ground.sells(line)))
        .filter_map(|way| {
            let name = ground.licence(&way.product, way.edition.as_deref());
            let unstated = way.unstated.as_ref()?;
            Some(format!("not weighed: {name} by {}, because it needs {unstated}", way.metric))
        })
        .collect();
    told.into_iter().collect()
}

/// How the plan was found, and what it does to others.
fn notes(ground: &Ground<'_>, organisation: &str, best: &[&Choice], before: &Bill, after: &Assessment) -> Vec<String> {
    let mut notes = Vec::new();
    let sum = |part: fn(&Choice) -> i64| -> i64 { best.iter().map(|choice| part(choice)).sum() };
    let (gap, bound) = (sum(|choice| choice.cost() - choice.bound), sum(|choice| choice.bound));
    if gap > 0 {
        let open = best.iter().filter(|choice| choice.cost() > choice.bound);
        let why: BTreeSet<&str> = open.filter_map(|choice| choice.untried.as_deref()).collect();
        let why: Vec<&str> = why.into_iter().collect();
        notes.push(format!(
            "not every combination of steps and purchases was tried ({}): a cheaper one among them is not excluded. Proved is that none costs less than {}, \
             as if what a step moves, removes or replaces needed nothing; so it would save {} at most",
            why.join("; "),
            ground.book.money(bound),
            ground.book.money(gap)
        ));
    }
    notes.extend(not_weighed(ground, organisation, after));
    let own = before.of(organisation);
    let wanted: Vec<&str> = own.unpriced().into_keys().collect();
    if !wanted.is_empty() && best.iter().any(|choice| !choice.purchases.is_empty()) {
        notes.push(format!("with the prices that are missing a cheaper way may be open: {}", wanted.join("; ")));
    }
    let new = ground.bill(after);
    for closed in before.closed_by(&new).iter().filter(|closed| closed.organisation != organisation) {
        let name = ground.licence(&closed.product, closed.edition.as_deref());
        let (units, word) = (closed.units.unsigned_abs(), if closed.units > 0 { "less" } else { "more" });
        let units = closed.metric.units(units);
        notes.push(format!("{} is short of {units} {word} of {name} by it", closed.organisation));
    }
    for family in short_families(after, organisation) {
        notes.push(format!("{} stays short", ground.names.product(&family)));
    }
    notes
}
