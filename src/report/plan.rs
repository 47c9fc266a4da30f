//! The plan as JSON and as CSV. Amounts are decimal text in the plan's one currency.

use serde::Serialize;

use crate::model::{Cost, Plan, PlanStep};

use super::{csv, json};

/// Name and version of the JSON shape.
pub const SCHEMA: &str = "trueup-plan/1";

#[derive(Serialize)]
struct Document<'p> {
    generated_by: &'static str,
    schema: &'static str,
    #[serde(flatten)]
    plan: &'p Plan,
}

/// The plan as JSON, in the shape that [`super::schema::PLAN`] publishes.
///
/// # Errors
/// None in practice: every part of a plan has a JSON form.
pub fn to_json(plan: &Plan) -> Result<String, serde_json::Error> {
    json::pretty(&Document { generated_by: json::GENERATED_BY, schema: SCHEMA, plan })
}

/// One line for each step; those that become lawful later stand behind the others.
///
/// # Errors
/// None in practice: the text is built in memory.
pub fn to_csv(plan: &Plan) -> Result<String, ::csv::Error> {
    let head = [
        "organisation",
        "step",
        "kind",
        "product",
        "text",
        "decision",
        "lawful_from",
        "conditions",
        "cost_first_year",
        "cost",
        "saving",
        "currency",
        "months",
        "key",
    ];
    let mut rows = Vec::new();
    for one in &plan.organisations {
        let numbered = one.steps.iter().enumerate().map(|(index, step)| ((index + 1).to_string(), step));
        let later = one.later.iter().map(|step| ("later".to_owned(), step));
        rows.extend(numbered.chain(later).map(|(number, step)| row(plan, number, step)));
    }
    csv::table(&head, rows.into_iter())
}

fn row(plan: &Plan, number: String, step: &PlanStep) -> Vec<String> {
    let part = |cost: &Option<Cost>, part: fn(&Cost) -> String| cost.as_ref().map(part).unwrap_or_default();
    vec![
        step.organisation.clone(),
        number,
        step.kind.name().to_owned(),
        step.product.clone(),
        step.text.clone(),
        if step.needs_decision { "yes" } else { "no" }.to_owned(),
        step.lawful_from.to_string(),
        step.conditions.join("; "),
        part(&step.cost, |cost| cost.first_year.decimal()),
        part(&step.cost, |cost| cost.horizon.decimal()),
        part(&step.saving, |saving| saving.horizon.decimal()),
        plan.currency.clone(),
        plan.horizon_months.to_string(),
        step.key.0.clone(),
    ]
}
