//! One need: what runs there, the way of licensing chosen, the other ways and why they were not taken.

use std::collections::BTreeSet;

use crate::model::{Alternative, HostId, Requirement, Scope};

use super::entitlement::covering;
use super::price;
use super::teller::{Teller, section, units};
use super::{Explanation, Figure, Item};

/// Explains one requirement by itself.
pub(super) fn explain(teller: &Teller<'_>, index: usize) -> Explanation {
    let requirement = &teller.assessment.requirements[index];
    let family = teller.name(&requirement.family, None, None);
    let title = format!("What {} needs for {family}", scope(&requirement.scope));
    let mut explanation = teller.begin(requirement.key.0.clone(), title);
    let chosen = teller.chosen(index);
    if let Some((_, way)) = chosen {
        for (index_of_line, line) in way.lines.iter().enumerate() {
            let spent = teller.spent(index, index_of_line);
            let figures =
                [("required", line.units), ("allocated", spent), ("shortfall", line.units.saturating_sub(spent))];
            let figure = |(name, count)| Figure { name, value: units(count, line.metric) };
            explanation.figures.extend(figures.map(figure));
        }
    }
    let lines: BTreeSet<(usize, usize)> =
        chosen.map(|(_, way)| (0..way.lines.len()).map(|line| (index, line)).collect()).unwrap_or_default();
    explanation.sections = vec![
        section("What is needed", behind(teller, index)),
        section("What covers it", covering(teller, &lines, !lines.is_empty())),
        section("The other ways", other_ways(teller, index)),
        section("Hosts", teller.hosts(hosts(requirement))),
    ];
    explanation
}

/// The steps behind a requirement: what counts, and the way chosen.
pub(super) fn behind(teller: &Teller<'_>, index: usize) -> Vec<Item> {
    let requirement = &teller.assessment.requirements[index];
    let mut items = teller.steps(&requirement.working, &requirement.family);
    let chosen = teller.chosen(index);
    if let Some((_, way)) = chosen {
        let condition = way.condition.as_ref().map(|condition| format!("; it needs: {condition}")).unwrap_or_default();
        let text = format!("Way chosen: {}{}{condition}", way_name(teller, way), cost(way));
        items.push(Item::say(text).with(steps(teller, way)));
    }
    items
}

/// The ways that were not taken, each in a sentence with its arithmetic folded behind it, and what decided between them.
pub(super) fn other_ways(teller: &Teller<'_>, index: usize) -> Vec<Item> {
    let requirement = &teller.assessment.requirements[index];
    let chosen = teller.chosen(index);
    let others = requirement.alternatives.iter().enumerate();
    let others = others.filter(|(other, _)| chosen.is_none_or(|(chosen, _)| chosen != *other));
    let mut items: Vec<Item> = others.map(|(_, way)| other_way(teller, way).folded()).collect();
    let lawful = requirement.alternatives.iter().filter(|way| way.refused.is_none()).count();
    if chosen.is_some() && lawful > 1 {
        let text = "What decided: over all scopes that may draw on the same licences, the ways together that leave \
                    the least to buy, by price; among equals the edition installed, then the fewest units, then the \
                    more capable licences left free";
        items.push(Item {
            text: text.to_owned(),
            rule: Some(teller.rule("C0-10", &requirement.family)),
            ..Item::default()
        });
    }
    items
}

/// The arithmetic of a way, with what must be bought beside it.
fn steps(teller: &Teller<'_>, way: &Alternative) -> Vec<Item> {
    let mut steps = teller.steps(&way.working, &way.product);
    steps.extend(way.companions.iter().map(|line| {
        let needed = units(line.units, line.metric);
        Item::say(format!("beside it, in rows of its own: {needed} of {}", teller.line_name(line)))
    }));
    steps
}

fn other_way(teller: &Teller<'_>, way: &Alternative) -> Item {
    match &way.refused {
        Some(refusal) => Item {
            text: format!("Not allowed: {}, because {}", way_name(teller, way), refusal.reason),
            rule: Some(teller.rule(&refusal.rule, &way.product)),
            items: steps(teller, way),
            ..Item::default()
        },
        None => {
            let text = format!("Not taken: {}{}{}", way_name(teller, way), cost(way), standing(way));
            Item::say(text).with(steps(teller, way))
        }
    }
}

/// What keeps a lawful way out of the running, or lets it in only with licences that are owned.
fn standing(way: &Alternative) -> String {
    let needs = way.condition.as_ref().map(|condition| format!("; it needs: {condition}")).unwrap_or_default();
    let why = if way.listed_only {
        "; listed for comparison, because nothing proves that its condition is met"
    } else if way.conditional {
        "; it counts only where licences that meet its condition are owned, or nothing at all"
    } else if way.higher_edition {
        "; a higher edition than installed counts only where some of it is owned"
    } else if !way.sold {
        "; not what is sold today, so it counts only where licences for it are owned"
    } else {
        ""
    };
    format!("{needs}{why}")
}

/// `, £1,700.00 if all were bought`, or the prices that are wanted.
fn cost(way: &Alternative) -> String {
    match &way.cost {
        Some(cost) if way.units() > 0 => format!(", {cost} if all were bought"),
        None if !way.missing_prices.is_empty() => format!(", {}", price::none_of(&way.missing_prices)),
        _ => String::new(),
    }
}

/// `Windows Server Standard by core, counted by host: 32 cores`.
pub(super) fn way_name(teller: &Teller<'_>, way: &Alternative) -> String {
    let name = teller.name(&way.product, way.edition.as_deref(), None);
    format!("{name} by {}, counted by {}: {}", way.metric, way.basis.name(), units(way.units(), way.metric))
}

/// A scope in words.
pub(super) fn scope(scope: &Scope) -> String {
    match scope {
        Scope::Host(name) => format!("host {name} with its guests"),
        Scope::Cluster(name) => format!("cluster {name} with its guests"),
        Scope::Guest(name) => format!("guest {name} by itself"),
        Scope::Devices => "the organisation's devices".to_owned(),
        Scope::Users => "the organisation's people".to_owned(),
        Scope::Unplaced => "the guests whose host nobody knows".to_owned(),
    }
}

/// Every host a requirement rests on.
pub(super) fn hosts(requirement: &Requirement) -> impl Iterator<Item = HostId> {
    requirement.hosts.iter().copied()
}
