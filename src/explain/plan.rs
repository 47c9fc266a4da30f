//! A step of a plan: what to do, what must hold, what it closes, and the sum behind what it saves.

use crate::model::{Answer, Cost, Course, OrganisationPlan, Outcome, Plan, PlanStep};
use crate::rules::Rules;

use super::teller::{Teller, section};
use super::{Explanation, Figure, Found, Item};

/// What keys of plan steps begin with.
pub const PLAN_KEYS: &str = "plan:";

/// Explains the step with this key, or with the only key of which this is a part.
pub fn explain_step(outcome: &Outcome, rules: &Rules, plan: &Plan, wanted: &str, reading: Answer) -> Found {
    let all: Vec<(&OrganisationPlan, &PlanStep)> = plan
        .organisations
        .iter()
        .flat_map(|one| one.steps.iter().chain(&one.later).map(move |step| (one, step)))
        .collect();
    let wanted = wanted.trim().to_lowercase();
    let exact = all.iter().find(|(_, step)| step.key.0 == wanted);
    let fitting: Vec<_> = all.iter().filter(|(_, step)| step.key.0.contains(&wanted)).collect();
    let keys = |steps: &[&(&OrganisationPlan, &PlanStep)]| steps.iter().map(|(_, step)| step.key.0.clone()).collect();
    match (exact, &fitting[..]) {
        (Some((one, step)), _) | (None, [(one, step)]) => {
            let teller = Teller { outcome, rules, assessment: outcome.assessment(reading) };
            Found::Explanation(Box::new(explanation(&teller, plan, one, step)))
        }
        (None, []) => Found::NotFound(all.iter().map(|(_, step)| step.key.0.clone()).collect()),
        (None, several) => Found::Ambiguous(keys(several)),
    }
}

fn explanation(teller: &Teller<'_>, plan: &Plan, one: &OrganisationPlan, step: &PlanStep) -> Explanation {
    let organisation = plan.names.organisation(&one.organisation);
    let mut explanation = teller.begin(step.key.0.clone(), format!("{} ({organisation})", step.text));
    let amount = |cost: &Option<Cost>| cost.as_ref().map_or("not known".to_owned(), |cost| cost.horizon.to_string());
    explanation.figures = vec![
        Figure { name: "costs", value: amount(&step.cost) },
        Figure { name: "saves", value: amount(&step.saving) },
        Figure { name: "months", value: plan.horizon_months.to_string() },
    ];
    let mut what = vec![Item::say(step.text.clone()), Item::say(format!("Lawful from {} on.", step.lawful_from))];
    if step.lawful_from > plan.as_of {
        what.push(Item::say("It is not counted in the plan, because it is not lawful yet."));
    }
    what.push(Item::say(if step.needs_decision {
        "A person must decide it, because it changes what runs or who may use what."
    } else {
        "It changes no machine."
    }));
    let conditions = step.conditions.iter().map(|condition| Item::say(condition.clone())).collect();
    explanation.sections = vec![
        section("What to do", what),
        section("What must hold", conditions),
        section("What it closes", closes(plan, step)),
        section("The arithmetic", teller.steps(&step.working, &step.product)),
        section("Beside other courses", courses(one)),
    ];
    explanation.sections.retain(|section| !section.items.is_empty());
    explanation
}

fn closes(plan: &Plan, step: &PlanStep) -> Vec<Item> {
    let rows = step.closes.iter().map(|closed| {
        let name = plan.names.licence(&closed.product, closed.edition.as_deref(), None);
        let word = if closed.units > 0 { "fewer" } else { "more" };
        let units = closed.metric.units(closed.units.unsigned_abs());
        let are = if closed.units.unsigned_abs() == 1 { "is" } else { "are" };
        Item::say(format!("{units} {word} of {name} {are} short in {}", closed.organisation))
    });
    rows.collect()
}

fn courses(one: &OrganisationPlan) -> Vec<Item> {
    let shown = [Course::BuyNow, Course::BuyOnly, Course::Plan];
    let of_interest = one.scenarios.iter().filter(|scenario| shown.contains(&scenario.course));
    of_interest
        .map(|scenario| {
            let cost = match (&scenario.cost, &scenario.unavailable) {
                (Some(cost), _) if scenario.complete => cost.horizon.to_string(),
                (Some(cost), _) => format!("{}, and what has no price", cost.horizon),
                (None, Some(_)) => "not possible".to_owned(),
                (None, None) => "not known, for want of a price".to_owned(),
            };
            Item::say(format!("{}: {cost}", scenario.course.title()))
        })
        .collect()
}
