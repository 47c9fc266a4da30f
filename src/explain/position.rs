//! One row of the licence position.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AlternativeTotal, Line, OrderLine, Position, ProductRole, Requirement};

use super::alternative::in_short;
use super::answer;
use super::entitlement::{covering, left_over};
use super::requirement::{behind, hosts, other_ways, scope};
use super::teller::{Teller, count, figure, section, units};
use super::{Explanation, Figure, Item};
use super::{price, question};

/// Hosts of a line that are named.
const NAMED_HOSTS: usize = 3;

/// A line of a requirement's chosen way that belongs to the row.
struct Need<'a> {
    requirement: usize,
    line: usize,
    what: &'a Line,
}

/// Explains a row: its figures, the needs, what covers them, what is left over, the price, the hosts.
pub(super) fn explain(teller: &Teller<'_>, position: &Position) -> Explanation {
    let name = teller.name(&position.product, position.edition.as_deref(), position.version.as_deref());
    let of = teller.outcome.names.organisation(&position.organisation);
    let title = format!("The position of {of} in {name}, by {}", position.metric);
    let mut explanation = teller.begin(position.key.0.clone(), title);
    let needs = needs(teller, position);
    let lines: BTreeSet<(usize, usize)> = needs.iter().map(|need| (need.requirement, need.line)).collect();
    let unmet: Vec<&Line> = needs.iter().filter(|need| is_short(teller, need)).map(|need| need.what).collect();
    let requirements: Vec<&Requirement> =
        position.requirements.iter().filter_map(|&index| teller.assessment.requirements.get(index)).collect();
    explanation.figures = figures(position);
    let mut cost = price::items(teller, position);
    cost.extend(price::to_buy(teller, position));
    let covered = covering(teller, &lines, position.required > 0);
    let left = left_over(teller, &position.organisation, &position.product, &unmet);
    let of_scopes: Vec<(usize, u32)> = needs.iter().map(|need| (need.requirement, need.what.units)).collect();
    let answer =
        answer::of_row(teller, position, &of_scopes, &answer::Proof { covered: &covered, left: &left, cost: &cost });
    explanation.sections = vec![
        section("In short", answer),
        section("The figures", equations(position)),
        section("The true-up", true_up(teller, position)),
        section(format!("What is needed: {}", sum(position, &needs)), needed(teller, &needs)),
        section("What covers it", covered),
        section("What is left over, and why it does not serve", left),
        section("The price", cost),
        section("Open questions", question::of_row(teller, &position.organisation, &requirements)),
        section("Other ways of licensing these needs", others(teller, &needs)),
        section("Every way of licensing it, over the whole organisation", ways(teller, position)),
        section("Rules not verified against a public page yet", unverified(teller, position)),
        section("Hosts", teller.hosts(requirements.iter().flat_map(|requirement| hosts(requirement)))),
    ];
    explanation
}

fn figures(position: &Position) -> Vec<Figure> {
    let cost = match (&position.cost, position.shortfall) {
        (Some(cost), _) => cost.to_string(),
        (None, 0) => "nothing".to_owned(),
        (None, _) => "not known, for want of a price".to_owned(),
    };
    vec![
        figure("required", position.required),
        figure("usable", position.usable),
        figure("shortfall", position.shortfall),
        figure("surplus", position.surplus),
        Figure { name: "cost", value: cost },
    ]
}

/// The row's figures as equations.
fn equations(position: &Position) -> Vec<Item> {
    let (required, allocated, short) = (position.required, position.allocated, position.shortfall);
    let mut items = vec![Item::say(format!(
        "required {} = allocated {} + shortfall {}",
        count(required),
        count(allocated),
        count(short)
    ))];
    items.push(Item::say(if short > 0 {
        format!("usable {} = required {} − shortfall {}", count(position.usable), count(required), count(short))
    } else {
        format!("usable {}: every unit that fits this row, each once", count(position.usable))
    }));
    if position.received > 0 {
        let own = allocated.saturating_sub(position.received);
        let text = format!(
            "allocated {} = {} of this row + {} received from other versions, editions or organisations",
            count(allocated),
            count(own),
            count(position.received)
        );
        items.push(Item::say(text));
    }
    if position.lent > 0 {
        items.push(Item::say(format!("{} units of this row serve other rows", count(position.lent))));
    }
    if position.surplus > 0 {
        items.push(Item::say(format!("surplus {}: owned, and nothing needs or may use them", count(position.surplus))));
    }
    if position.range.0 != position.range.1 {
        let (low, high) = (count(position.range.0), count(position.range.1));
        items.push(Item::say(format!("required lies between {low} and {high}, as open questions are answered")));
    }
    items
}

/// What is ordered of the product under an agreement, and from which peak; empty where no agreement trues it up.
fn true_up(teller: &Teller<'_>, position: &Position) -> Vec<Item> {
    let Some(peak) = position.peak else { return Vec::new() };
    let of_row = |line: &&OrderLine| {
        line.role.is_some()
            && line.organisation == position.organisation
            && line.product == position.product
            && line.edition == position.edition
            && line.metric == position.metric
    };
    let mut items = vec![Item::say(format!(
        "this row: required {} today, at its peak {} on {}; {} to order",
        count(position.required),
        count(peak.required),
        peak.on,
        count(position.to_order.unwrap_or(0))
    ))];
    for line in teller.assessment.order_lines.iter().filter(of_row) {
        let mark = line.mark(teller.outcome.as_of);
        items.push(Item::say(format!("all versions together, under {}: {mark}", line.agreement)));
        items.push(Item::say(arithmetic(line)));
        items.extend(dates(teller, line).map(Item::say));
    }
    items
}

/// How the units to order come about.
fn arithmetic(line: &OrderLine) -> String {
    let (units, owned) = (count(line.units), count(line.owned));
    let by_peak = line.peak.required.saturating_sub(line.owned);
    match line.role {
        Some(ProductRole::Additional) if line.units == by_peak => {
            format!("an additional product, by its peak: {} − owned {owned} = {units}", count(line.peak.required))
        }
        Some(ProductRole::Additional) => format!(
            "an additional product: peak {} − owned {owned} = {}, but no more was missing on any one day than {units}",
            count(line.peak.required),
            count(by_peak)
        ),
        _ => format!(
            "an enterprise product, by its count on the day: {} − owned {owned} = {units}",
            count(line.required)
        ),
    }
}

/// By when the order must arrive.
fn dates(teller: &Teller<'_>, line: &OrderLine) -> Option<String> {
    let mut agreements = teller.outcome.agreements.iter();
    let order = agreements.find(|standing| standing.agreement.number == line.agreement)?.next?;
    Some(format!("the order for {} must arrive from {} to {}", order.due, order.opens, order.closes))
}

/// The lines of chosen ways that belong to the row; where no line bears the row's version, those of any version.
fn needs<'a>(teller: &Teller<'a>, position: &Position) -> Vec<Need<'a>> {
    let all: Vec<Need<'a>> = position
        .requirements
        .iter()
        .filter_map(|&requirement| Some((requirement, teller.chosen(requirement)?.1)))
        .flat_map(|(requirement, way)| {
            way.lines.iter().enumerate().map(move |(line, what)| Need { requirement, line, what })
        })
        .filter(|need| {
            let line = need.what;
            *line.product == *position.product
                && line.edition.as_deref() == position.edition.as_deref()
                && line.metric == position.metric
        })
        .collect();
    let same_version = |need: &Need<'_>| match (&position.version, need.what.version) {
        (Some(version), Some(release)) => *version == teller.version(&position.product, release),
        _ => true,
    };
    if all.iter().any(same_version) { all.into_iter().filter(same_version).collect() } else { all }
}

/// Whether units are missing on a line.
fn is_short(teller: &Teller<'_>, need: &Need<'_>) -> bool {
    teller.spent(need.requirement, need.line) < need.what.units
}

/// `32 + 40 + 32 = 104 core`.
fn sum(position: &Position, needs: &[Need<'_>]) -> String {
    let total: u32 = needs.iter().map(|need| need.what.units).sum();
    let total_text = units(total, position.metric);
    let parts: Vec<String> = needs.iter().map(|need| count(need.what.units)).collect();
    let sum = match parts.len() {
        2..=12 => format!("{} = {total_text}", parts.join(" + ")),
        _ => total_text,
    };
    if total == position.required { sum } else { format!("{sum}; the row counts {}", count(position.required)) }
}

/// Every line with what is behind it, told once where several lines are of one requirement.
fn needed(teller: &Teller<'_>, needs: &[Need<'_>]) -> Vec<Item> {
    let mut told: BTreeMap<usize, usize> = BTreeMap::new();
    let mut items = Vec::new();
    for (index, need) in needs.iter().enumerate() {
        let requirement = &teller.assessment.requirements[need.requirement];
        let units = units(need.what.units, need.what.metric);
        let of_several = needs.iter().filter(|other| other.requirement == need.requirement).count() > 1;
        let which = if of_several { which_line(teller, need) } else { String::new() };
        let text = format!("{units} for {}{which} [{}]", scope(&requirement.scope), requirement.key);
        items.push(match told.get(&need.requirement) {
            Some(step) => Item::say(format!("{text}: a line of the same way, explained in step {step}")),
            None => Item::say(text).with(behind(teller, need.requirement)),
        });
        told.entry(need.requirement).or_insert(index + 1);
    }
    items
}

/// The ways not taken, need by need; each need is told once.
fn others(teller: &Teller<'_>, needs: &[Need<'_>]) -> Vec<Item> {
    let mut requirements: Vec<usize> = needs.iter().map(|need| need.requirement).collect();
    requirements.dedup();
    if let [only] = requirements[..] {
        return other_ways(teller, only);
    }
    let told = |&index: &usize| {
        let requirement = &teller.assessment.requirements[index];
        let ways = other_ways(teller, index);
        (!ways.is_empty())
            .then(|| Item::say(format!("for {} [{}]", scope(&requirement.scope), requirement.key)).with(ways))
    };
    requirements.iter().filter_map(told).collect()
}

/// `, line 2 of the way chosen, SQL Server Standard 2017 on esx-02`.
fn which_line(teller: &Teller<'_>, need: &Need<'_>) -> String {
    let name = teller.line_name(need.what);
    let on = match &*need.what.hosts {
        hosts @ [_, ..] if hosts.len() <= NAMED_HOSTS => format!(" on {}", teller.host_names(hosts)),
        _ => String::new(),
    };
    format!(", line {} of the way chosen: {name}{on}", need.line + 1)
}

/// Every way of licensing the product, summed over all scopes of the organisation.
fn ways(teller: &Teller<'_>, position: &Position) -> Vec<Item> {
    let concerned = |way: &&AlternativeTotal| {
        way.organisation == position.organisation && way.product == position.product && way.required > 0
    };
    teller.assessment.alternatives.iter().filter(concerned).map(|way| in_short(teller, way)).collect()
}

fn unverified(teller: &Teller<'_>, position: &Position) -> Vec<Item> {
    let item = |id: &String| {
        let rule = teller.rule(id, &position.product);
        Item { text: "to be confirmed before anybody relies on it".to_owned(), rule: Some(rule), ..Item::default() }
    };
    position.unverified.iter().map(item).collect()
}
