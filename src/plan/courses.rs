//! Other courses beside the plan: buying what is short as it stands, ordering it at a true-up, and being audited.
//!
//! Every percentage and factor is a figure of `rules/conventions.toml`.

use crate::model::price_book::Quote;
use crate::model::{Assessment, Cost, Course, Metric, OrderLine, OrganisationPlan, PlanStep, Scenario, ScenarioLine};
use crate::rules::Short;

use super::audit::audit;
use super::ground::{Bill, Ground};
use super::true_up::true_up;

/// What the courses of one organisation are made from.
pub(super) struct Position<'a> {
    pub ground: &'a Ground<'a>,
    pub organisation: &'a str,
    pub assessment: &'a Assessment,
    /// What the organisation is short of.
    pub bill: &'a Bill,
    /// Lines of the next orders that hold more than that, because more was needed since the last one.
    pub orders: &'a [OrderLine],
}

/// Buying now, truing up, and being audited.
pub(super) fn courses(position: &Position<'_>) -> Vec<Scenario> {
    vec![
        buy_now(position),
        true_up(position),
        audit(position, Course::AuditOfRequired),
        audit(position, Course::AuditOfOwned),
    ]
}

/// A course by its lines.
pub(super) fn scenario(ground: &Ground<'_>, course: Course, lines: Vec<ScenarioLine>, notes: Vec<String>) -> Scenario {
    let sum = |part: fn(&Cost) -> i64| -> i64 { lines.iter().filter_map(|line| line.cost.as_ref()).map(part).sum() };
    // Where nothing has a price the sum is not known, and not nothing.
    let known = lines.is_empty() || lines.iter().any(|line| line.cost.is_some());
    let cost = known.then(|| Cost {
        first_year: ground.book.money(sum(|cost| cost.first_year.minor)),
        horizon: ground.book.money(sum(|cost| cost.horizon.minor)),
    });
    Scenario {
        course,
        cost,
        bound: None,
        unavailable: None,
        complete: lines.iter().all(|line| line.cost.is_some()),
        estimate: lines.iter().any(|line| line.estimate),
        lines,
        notes,
    }
}

/// What is short, with what it costs or the price that is missing.
pub(super) fn line(short: &Short, formula: String, cost: Result<Cost, String>, estimate: bool) -> ScenarioLine {
    let (cost, missing_price) = match cost {
        Ok(cost) => (Some(cost), None),
        Err(missing) => (None, Some(missing)),
    };
    ScenarioLine {
        product: short.product.clone(),
        edition: short.edition.clone(),
        metric: short.metric,
        units: short.units,
        formula,
        cost,
        missing_price,
        estimate,
    }
}

pub(super) fn cost_of(ground: &Ground<'_>, quote: &Quote) -> Cost {
    Cost { first_year: ground.book.money(quote.first_year), horizon: ground.book.money(quote.horizon) }
}

fn buy_now(position: &Position<'_>) -> Scenario {
    let ground = position.ground;
    let rows = position.bill.rows.iter().map(|(short, quote)| match quote {
        Ok(quote) => {
            let formula = format!("{} = {}", quote.parts.join(" + "), ground.book.money(quote.horizon));
            line(short, formula, Ok(cost_of(ground, quote)), false)
        }
        Err(missing) => line(short, "no price".into(), Err(missing.clone()), false),
    });
    scenario(ground, Course::BuyNow, rows.collect(), Vec::new())
}

/// The plan, or its purchases alone, as a course; with what no choice among the same steps and purchases can undercut.
pub(super) fn of_steps(ground: &Ground<'_>, course: Course, steps: &[PlanStep], left: &Bill, bound: i64) -> Scenario {
    let priced = steps.iter().filter(|step| step.kind.is_purchase()).map(|step| {
        let closed: i64 = step.closes.iter().map(|closed| closed.units.max(0)).sum();
        ScenarioLine {
            product: step.product.clone(),
            edition: None,
            metric: step.closes.first().map_or(Metric::User, |closed| closed.metric),
            units: u32::try_from(closed).unwrap_or(u32::MAX),
            formula: step.text.clone(),
            cost: step.cost.clone(),
            missing_price: None,
            estimate: false,
        }
    });
    let open = left.rows.iter().map(|(short, quote)| {
        let missing = quote.as_ref().err().cloned().unwrap_or_else(|| "not sold on this day".into());
        line(short, "stays short".into(), Err(missing), false)
    });
    let bound = Some(ground.book.money(bound));
    Scenario { bound, ..scenario(ground, course, priced.chain(open).collect(), Vec::new()) }
}

/// Every price that any course of an organisation wants.
pub(super) fn missing_prices(plan: &OrganisationPlan) -> Vec<String> {
    let courses = plan.scenarios.iter().filter(|scenario| scenario.course != Course::TrueUp);
    let mut missing: Vec<String> =
        courses.flat_map(|scenario| &scenario.lines).filter_map(|line| line.missing_price.clone()).collect();
    missing.sort();
    missing.dedup();
    missing
}

/// A quotient rounded half up; nothing here is negative.
pub(super) fn half_up(amount: i128, divisor: i128) -> i64 {
    i64::try_from((amount * 2 + divisor) / (divisor * 2)).unwrap_or(i64::MAX)
}
