//! One way to license everything of a product: scope by scope, what must hold for it, why it is refused, what it costs.

use crate::model::{Alternative, AlternativeTotal, Requirement, ScopeUnits};

use super::requirement::scope;
use super::teller::{Teller, count, section, units};
use super::{Explanation, Figure, Item, price};

/// Scopes whose units are written out as a sum.
const SUMMED: usize = 12;

/// Explains one way over the whole organisation.
pub(super) fn explain(teller: &Teller<'_>, total: &AlternativeTotal) -> Explanation {
    let of = teller.outcome.names.organisation(&total.organisation);
    let title = format!("One way for {of}: everything as {}", total_name(teller, total));
    let mut explanation = teller.begin(total.key().0, title);
    explanation.figures = vec![
        Figure { name: "required", value: units(total.required, total.metric) },
        Figure { name: "cost", value: cost(total) },
        Figure { name: "allowed", value: if total.available { "yes" } else { "no" }.to_owned() },
    ];
    let scopes: Vec<(&ScopeUnits, &Requirement, &Alternative)> =
        total.scopes.iter().filter_map(|one| found(teller, one)).collect();
    let ways: Vec<&Alternative> = scopes.iter().map(|(_, _, way)| *way).collect();
    explanation.sections = vec![
        section("Whether it may be used", verdict(teller, total)),
        section(
            format!("What it needs: {}", sum(total)),
            scopes.iter().map(|(one, requirement, way)| in_scope(teller, one, requirement, way)).collect(),
        ),
        section(
            "What it would cost, nothing owned taken off",
            price::of_ways(teller, &ways, total.cost.as_ref(), &total.missing_prices),
        ),
        section("The other ways", others(teller, total)),
    ];
    explanation
}

fn found<'a>(teller: &Teller<'a>, one: &'a ScopeUnits) -> Option<(&'a ScopeUnits, &'a Requirement, &'a Alternative)> {
    let requirement = teller.assessment.requirements.get(one.requirement)?;
    Some((one, requirement, requirement.alternatives.get(one.alternative)?))
}

/// `Windows Server Standard by core, counted by host`.
pub(super) fn total_name(teller: &Teller<'_>, total: &AlternativeTotal) -> String {
    let name = teller.name(&total.product, total.edition.as_deref(), None);
    format!("{name} by {}, counted by {}", total.metric, total.basis.name())
}

/// What all of a way costs, in words.
pub(super) fn cost(total: &AlternativeTotal) -> String {
    match &total.cost {
        Some(cost) => cost.to_string(),
        None if total.missing_prices.is_empty() => "no price".to_owned(),
        None => price::none_of(&total.missing_prices),
    }
}

fn verdict(teller: &Teller<'_>, total: &AlternativeTotal) -> Vec<Item> {
    let mut items = Vec::new();
    let rule = total.refused.as_ref().map(|refusal| (refusal, teller.rule(&refusal.rule, &total.product)));
    items.push(match rule {
        Some((refusal, rule)) => Item {
            text: format!("The terms do not allow it everywhere, because {}", refusal.reason),
            rule: Some(rule),
            ..Item::default()
        },
        None => Item::say("The terms allow it for every scope of the organisation"),
    });
    if let Some(condition) = &total.condition {
        items.push(Item::say(format!("What must be true for it: {condition}")));
    }
    items.push(Item::say(if total.chosen {
        "The position uses it for at least one scope"
    } else {
        "The position does not use it"
    }));
    items
}

/// `32 + 40 + 32 = 104 cores`.
fn sum(total: &AlternativeTotal) -> String {
    let all = units(total.required, total.metric);
    let parts: Vec<String> = total.scopes.iter().map(|one| count(one.units)).collect();
    if (2..=SUMMED).contains(&parts.len()) { format!("{} = {all}", parts.join(" + ")) } else { all }
}

fn in_scope(teller: &Teller<'_>, one: &ScopeUnits, requirement: &Requirement, way: &Alternative) -> Item {
    let mut items = teller.steps(&way.working, &way.product);
    if let Some(condition) = &way.condition {
        items.push(Item::say(format!("What must be true: {condition}")));
    }
    if let Some(refusal) = &way.refused {
        items.push(Item {
            text: format!("Not allowed, because {}", refusal.reason),
            rule: Some(teller.rule(&refusal.rule, &way.product)),
            ..Item::default()
        });
    }
    let needed = units(one.units, way.metric);
    Item::say(format!("{needed} for {} [{}]", scope(&requirement.scope), requirement.key)).with(items)
}

/// Other ways that some scope of this one has too.
fn others(teller: &Teller<'_>, total: &AlternativeTotal) -> Vec<Item> {
    let shares = |other: &&AlternativeTotal| {
        other.key() != total.key()
            && other.organisation == total.organisation
            && other.scopes.iter().any(|one| total.scopes.iter().any(|own| own.requirement == one.requirement))
    };
    teller.assessment.alternatives.iter().filter(shares).map(|other| in_short(teller, other)).collect()
}

/// One way in a line, with its key: units, cost, whether it is allowed and in use.
pub(super) fn in_short(teller: &Teller<'_>, total: &AlternativeTotal) -> Item {
    let cost = match &total.cost {
        Some(cost) => format!("{cost} if all were bought"),
        None => cost(total),
    };
    let taken = if total.chosen { "in use" } else { "not in use" };
    let condition = total.condition.as_ref().map(|condition| format!("; it needs: {condition}")).unwrap_or_default();
    let required = units(total.required, total.metric);
    let text = format!("{}: {required}, {cost}, {taken}{condition}", total_name(teller, total));
    match &total.refused {
        None => Item::say(format!("{text} [{}]", total.key())),
        Some(refusal) => Item {
            text: format!("{text}; not allowed everywhere, because {} [{}]", refusal.reason, total.key()),
            rule: Some(teller.rule(&refusal.rule, &total.product)),
            ..Item::default()
        },
    }
}
