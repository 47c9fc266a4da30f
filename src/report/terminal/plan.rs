//! The plan for people: what to do, step by step, and what other courses would cost.

use crate::model::{Cost, Course, OrganisationPlan, Plan, PlanStep, Scenario};

use super::{Canvas, Kind, Tone, View, cell};

/// The plan as text.
pub fn render(plan: &Plan, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = canvas.heading(&format!(
        "trueup: the plan of {}, {} reading, costs over {} months",
        plan.as_of, plan.reading, plan.horizon_months
    ));
    for assumption in &plan.assumptions {
        out.push_str(&canvas.item(2, "assumed: ", assumption));
    }
    for order in &plan.orders {
        out.push_str(&canvas.item(2, "to be ordered: ", order));
    }
    if plan.organisations.is_empty() {
        out.push_str(&canvas.prose(2, "Nothing is short: there is nothing to do."));
    }
    for one in &plan.organisations {
        out.push('\n');
        out.push_str(&organisation(plan, one, view, canvas));
    }
    out
}

fn organisation(plan: &Plan, one: &OrganisationPlan, view: &View<'_>, canvas: &Canvas) -> String {
    let title = plan.names.organisation(&one.organisation);
    let mut out = canvas.heading(&format!("{title} [{}]", one.organisation));
    for (index, found) in one.steps.iter().enumerate() {
        out.push_str(&step(&format!("{}. ", index + 1), found, view, canvas));
    }
    if one.steps.is_empty() {
        out.push_str(&canvas.prose(
            2,
            match one.is_short() {
                true => "No step closes anything: see what stays short.",
                false => "Nothing is short today: there is nothing to do beside the orders.",
            },
        ));
    }
    if !one.later.is_empty() {
        out.push_str("\n  Lawful later, each by itself and not counted in\n");
        for found in &one.later {
            out.push_str(&step("- ", found, view, canvas));
        }
    }
    for short in &one.still_short {
        let name = plan.names.licence(&short.product, short.edition.as_deref(), None);
        let text = format!("{} of {name}: {}", short.metric.units(u64::from(short.units)), short.reason);
        out.push_str(&canvas.item(2, "stays short: ", &text));
    }
    out.push_str(&format!("\n  Courses side by side, over {} months\n", plan.horizon_months));
    out.push_str(&courses(one, canvas));
    for course in &one.scenarios {
        if let Some(reason) = &course.unavailable {
            out.push_str(&canvas.item(2, &format!("no {}: ", course.course.title()), reason));
        }
    }
    if !one.missing_prices.is_empty() {
        let text = format!("{}. What rests on them is not in the sums.", one.missing_prices.join("; "));
        out.push_str(&canvas.item(2, "prices missing: ", &text));
    }
    let notes = one.scenarios.iter().flat_map(|course| &course.notes).chain(&one.notes);
    let mut said: Vec<&String> = Vec::new();
    for note in notes {
        if !said.contains(&note) {
            out.push_str(&canvas.item(2, "note: ", note));
            said.push(note);
        }
    }
    if view.in_full {
        out.push_str(&formulas(plan, one, canvas));
    }
    out
}

fn step(mark: &str, step: &PlanStep, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = canvas.item(2, mark, &step.text);
    let set_in = 2 + mark.chars().count();
    let mut facts = Vec::new();
    if step.needs_decision {
        facts.push("needs a decision".to_owned());
    }
    facts.push(format!("lawful from {}", step.lawful_from));
    facts.push(match &step.cost {
        Some(cost) if cost.horizon.minor == 0 => "costs nothing".to_owned(),
        Some(cost) if cost.horizon == cost.first_year => format!("costs {}", cost.horizon),
        Some(cost) => format!("costs {}, {} of it in the first year", cost.horizon, cost.first_year),
        None => "no price".to_owned(),
    });
    facts.push(match &step.saving {
        Some(saving) => format!("saves {}", saving.horizon),
        None => "what it saves is not known: a price is missing".to_owned(),
    });
    out.push_str(&canvas.prose(set_in, &facts.join("; ")));
    for condition in &step.conditions {
        out.push_str(&canvas.item(set_in, "if ", condition));
    }
    if view.in_full {
        for sentence in &step.working.steps {
            let rule = sentence.rule.as_ref().map(|rule| format!(" [{rule}]")).unwrap_or_default();
            out.push_str(&canvas.prose(set_in, &format!("{}{rule}", sentence.text)));
        }
    }
    out.push_str(&format!("{:set_in$}{}\n", "", step.key));
    out
}

fn courses(one: &OrganisationPlan, canvas: &Canvas) -> String {
    let columns =
        [("course", Kind::Text), ("first year", Kind::Number), ("in all", Kind::Number), ("status", Kind::Text)];
    let mut table = canvas.table(&columns);
    for scenario in &one.scenarios {
        let tone = if scenario.course == Course::Plan { Tone::Strong } else { Tone::Plain };
        let amount = |part: fn(&Cost) -> String| scenario.cost.as_ref().map_or("–".to_owned(), part);
        table.add_row(vec![
            cell(scenario.course.title(), tone),
            cell(amount(|cost| cost.first_year.to_string()), tone),
            cell(amount(|cost| cost.horizon.to_string()), tone),
            cell(status(scenario), if scenario.complete { Tone::Plain } else { Tone::Doubt }),
        ]);
    }
    canvas.draw(&table)
}

fn status(scenario: &Scenario) -> String {
    let mut words = match (&scenario.unavailable, scenario.complete) {
        (Some(_), _) => return "not possible".to_owned(),
        (None, true) => "complete".to_owned(),
        (None, false) => incomplete(scenario),
    };
    if scenario.estimate {
        words.push_str(", estimate");
    }
    // What has no price may be cheaper in another way: nothing is said of the least then.
    if !scenario.complete {
        return words;
    }
    match scenario.gap() {
        Some(gap) if gap.minor == 0 => words.push_str(", cheapest of all combinations"),
        Some(gap) => words.push_str(&format!(", at most {gap} above the cheapest")),
        None => {}
    }
    words
}

/// What a sum lacks: prices, and what cannot be ordered in this course.
fn incomplete(scenario: &Scenario) -> String {
    let open = scenario.lines.iter().filter(|line| line.cost.is_none());
    let (unpriced, outside): (Vec<_>, Vec<_>) = open.partition(|line| line.missing_price.is_some());
    let mut lacks = Vec::new();
    if !unpriced.is_empty() {
        lacks.push(format!("{} not priced", unpriced.len()));
    }
    if !outside.is_empty() {
        lacks.push(format!("{} ordered apart", outside.len()));
    }
    let plus = if scenario.cost.is_some() { "+ " } else { "" };
    format!("incomplete: {plus}{}", lacks.join(", "))
}

/// Every sum of every course.
fn formulas(plan: &Plan, one: &OrganisationPlan, canvas: &Canvas) -> String {
    let mut out = String::new();
    for scenario in one.scenarios.iter().filter(|scenario| !scenario.lines.is_empty()) {
        out.push_str(&format!("\n  {}\n", scenario.course.title()));
        for line in &scenario.lines {
            let name = plan.names.licence(&line.product, line.edition.as_deref(), None);
            let units = line.metric.units(u64::from(line.units));
            let missing =
                line.missing_price.as_ref().map(|missing| format!(" (missing: {missing})")).unwrap_or_default();
            let text = format!("{units} of {name}: {}{missing}", line.formula);
            out.push_str(&canvas.item(4, "- ", &text));
        }
    }
    out
}
