//! Ordering what is short with the true-up of an agreement: `L + n × SA`, by contract year.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::model::price_book::{Item, Term};
use crate::model::{Agreement, Cost, Course, OrderLine, OrderRhythm, Scenario, ScenarioLine, decimal_to_minor};
use crate::rules::{Bought, Short};

use super::courses::{Position, cost_of, half_up, line, scenario};
use super::ground::Ground;

/// What the next order must hold, and what it costs.
pub(super) fn true_up(position: &Position<'_>) -> Scenario {
    let ground = position.ground;
    let mut ends: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    let mut refusals: Vec<String> = Vec::new();
    for Wanted { short, peak } in &wanted(position) {
        match order(position, short) {
            Err(reason) => {
                lines.push(ScenarioLine {
                    missing_price: None,
                    ..line(short, reason.clone(), Err(String::new()), false)
                });
                if !refusals.contains(&reason) {
                    refusals.push(reason);
                }
            }
            Ok(order) => {
                let title = order.agreement.title();
                let end = match order.agreement.end {
                    Some(end) => format!("{title} ends on {end}; Software Assurance after it is not in the sum"),
                    None => format!("{title} has no end; Software Assurance of later years is not in the sum"),
                };
                if !ends.contains(&end) {
                    ends.push(end);
                }
                let mut line = true_up_line(ground, short, &order);
                line.formula.push_str(peak);
                lines.push(line);
            }
        }
    }
    if !lines.is_empty() && ends.is_empty() {
        return Scenario {
            course: Course::TrueUp,
            cost: None,
            bound: None,
            unavailable: Some(refusals.join("; ")),
            complete: false,
            estimate: false,
            lines: Vec::new(),
            notes: Vec::new(),
        };
    }
    let mut scenario = scenario(ground, Course::TrueUp, lines, ends);
    scenario.notes.extend(refusals);
    if scenario.estimate {
        scenario
            .notes
            .push("estimate: no price of Software Assurance is at hand, so a usual percentage stands for it".into());
    }
    scenario
}

/// What is to be ordered of one kind.
struct Wanted {
    short: Short,
    /// What of it is not short today, in words; empty where everything is.
    peak: String,
}

/// What is short, and beyond it what the peaks since the last order ask for.
fn wanted(position: &Position<'_>) -> Vec<Wanted> {
    let shorts = position.bill.rows.iter().map(|(short, _)| Wanted { short: short.clone(), peak: String::new() });
    let mut wanted: Vec<Wanted> = shorts.collect();
    for order in position.orders {
        let is_same = |short: &Short| {
            (&short.product, &short.edition, short.metric) == (&order.product, &order.edition, order.metric)
        };
        let beyond = order.beyond();
        let peak = format!(
            "; {beyond} of them are not missing today: {} were needed on {}, the peak since the last order",
            order.peak.required, order.peak.on
        );
        match wanted.iter_mut().find(|wanted| is_same(&wanted.short)) {
            Some(Wanted { short, peak: said }) => (short.units, *said) = (short.units + beyond, peak),
            None => wanted.push(Wanted { short: not_missing(order), peak }),
        }
    }
    wanted
}

/// Units of an order of which none is missing today.
fn not_missing(order: &OrderLine) -> Short {
    Short {
        organisation: order.organisation.clone(),
        product: order.product.clone(),
        edition: order.edition.clone(),
        metric: order.metric,
        bought: Bought::Plain,
        version: None,
        units: order.beyond(),
        versions: BTreeMap::new(),
        irreplaceable: None,
    }
}

/// The agreement under which a row is trued up, with the years of Software Assurance its contract year asks for.
struct Order<'a> {
    agreement: &'a Agreement,
    year: u32,
    assurance_years: Decimal,
}

/// The order that a row belongs to, or why there is none.
fn order<'a>(position: &Position<'a>, short: &Short) -> Result<Order<'a>, String> {
    let request = position.ground.request;
    let publisher = request.rules.products.get(&short.product).map_or("", |product| product.publisher.as_str());
    let family = position.ground.family(&short.product);
    let mut reason = format!("no agreement with {publisher} covers {}", position.organisation);
    for agreement in request.settings.agreements.iter().filter(|agreement| agreement.covers(position.organisation)) {
        let Some(vehicle) = request.rules.vehicles.get(&agreement.vehicle) else { continue };
        let other = agreement.publisher.as_deref().or(vehicle.publisher.as_deref());
        if other.is_some_and(|other| !other.eq_ignore_ascii_case(publisher)) {
            continue;
        }
        let role = |id: &str| agreement.role(id, &vehicle.enterprise);
        let year = agreement.contract_year(request.as_of);
        let years = year.and_then(|year| vehicle.assurance_years.get(year as usize - 1).copied());
        reason = match (vehicle.orders, year, role(&short.product).or(role(family)), years) {
            (OrderRhythm::Yearly, Some(year), Some(_), Some(assurance_years)) => {
                return Ok(Order { agreement, year, assurance_years });
            }
            (OrderRhythm::Yearly, None, ..) => format!("{} is not in force on {}", agreement.title(), request.as_of),
            (OrderRhythm::Yearly, _, None, _) => format!(
                "{} is not on {}: it is ordered when it is first used",
                position.ground.names.product(&short.product),
                agreement.title()
            ),
            (OrderRhythm::Yearly, Some(year), _, None) => {
                format!("{}: no rule says what a true-up costs in contract year {year}", agreement.title())
            }
            _ => format!("{} has no true-up: what is missing is bought when it is missing", agreement.title()),
        };
    }
    Err(reason)
}

/// `L + n × SA`, in one payment.
fn true_up_line(ground: &Ground<'_>, short: &Short, order: &Order<'_>) -> ScenarioLine {
    let item = Item::new(&short.product, short.edition.as_deref(), short.metric, Term::Licence);
    let item = ground.book.of_version(item, ground.version(&short.product, short.version));
    let licence = match ground.book.quote(&item, short.units) {
        Ok(quote) => quote,
        Err(missing) => return subscription_line(ground, short, &item, missing),
    };
    let (assurance, estimate) = match ground.book.assurance_year(&item, licence.bought) {
        Some(year) => (Some(year), None),
        None => estimated(ground, short, licence.horizon),
    };
    let Some(assurance) = assurance else {
        let missing = format!("Software Assurance for {}", ground.licence(&short.product, short.edition.as_deref()));
        return line(short, "no price of Software Assurance".into(), Err(missing), false);
    };
    let paid = decimal_to_minor(order.assurance_years * Decimal::new(assurance, 2)).unwrap_or(i64::MAX);
    let minor = licence.horizon.saturating_add(paid);
    let money = |minor| ground.book.money(minor);
    let mut formula = format!(
        "contract year {} of {}: {} + {} × {} Software Assurance a year = {}",
        order.year,
        order.agreement.title(),
        money(licence.horizon),
        order.assurance_years,
        money(assurance),
        money(minor)
    );
    if let Some(percent) = estimate {
        formula.push_str(&format!(" (estimate: Software Assurance taken as {percent} % of the licence)"));
    }
    line(short, formula, Ok(Cost { first_year: money(minor), horizon: money(minor) }), estimate.is_some())
}

/// What is sold by time alone is ordered as it stands.
fn subscription_line(ground: &Ground<'_>, short: &Short, licence: &Item, missing: String) -> ScenarioLine {
    let item = Item { term: Term::Subscription, ..licence.clone() };
    match ground.book.quote(&item, short.units) {
        Ok(quote) => {
            let sum = format!("{} = {}", quote.parts.join(" + "), ground.book.money(quote.horizon));
            line(short, format!("a subscription, ordered as it stands: {sum}"), Ok(cost_of(ground, &quote)), false)
        }
        Err(_) => line(short, "no price".into(), Err(missing), false),
    }
}

/// The usual price of Software Assurance, with its percentage.
fn estimated(ground: &Ground<'_>, short: &Short, licence: i64) -> (Option<i64>, Option<u32>) {
    let rules = ground.request.rules;
    let kind = rules.products.get(&short.product).map_or("", |product| product.kind.as_str());
    match rules.conventions.assurance_rate(kind) {
        Some(rate) => (Some(half_up(i128::from(licence) * i128::from(rate.percent), 100)), Some(rate.percent)),
        None => (None, None),
    }
}
