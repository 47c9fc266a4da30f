//! Plans of estates that manifests state, and what they come to.

#![allow(dead_code, reason = "each test file uses a part of it")]

use jiff::civil::{Date, date};
use trueup::assess;
use trueup::model::{Answer, Course, Estate, Plan, PlanStep, StepKind};
use trueup::plan::{self, Request};
use trueup::rules::{Rules, Settings};

pub const DAY: Date = date(2026, 6, 30);

pub fn rules() -> Rules {
    Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults))
}

pub fn planned_with(rules: &Rules, settings: &Settings, estate: &Estate, day: Date) -> Plan {
    plan::plan(&Request {
        orders: &[],
        estate,
        rules,
        settings,
        as_of: day,
        reading: Answer::Strict,
        horizon_months: 36,
        organisation: None,
        family: None,
        assess: &|estate, day, families| assess::of_families(estate, rules, settings, day, Answer::Strict, families),
    })
}

pub fn planned(rules: &Rules, estate: &Estate, day: Date) -> Plan {
    planned_with(rules, &Settings::default(), estate, day)
}

/// Cost of a course of the only organisation, in pence over the whole span.
pub fn cost(plan: &Plan, course: Course) -> i64 {
    let scenario = plan.organisations[0].scenario(course).expect("every course is shown");
    scenario.cost.as_ref().map_or(i64::MAX, |cost| cost.horizon.minor)
}

pub fn steps(plan: &Plan) -> &[PlanStep] {
    plan.organisations.first().map_or(&[], |one| &one.steps)
}

pub fn kinds(plan: &Plan) -> Vec<StepKind> {
    steps(plan).iter().map(|step| step.kind).collect()
}
