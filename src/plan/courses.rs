//! Other courses beside the plan: buying what is short as it stands, ordering it at a true-up, and being audited.
//!
//! Every percentage and factor is a figure of `rules/conventions.toml`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::model::{
    Agreement, Assessment, Cost, Course, Metric, OrderRhythm, OrganisationPlan, PlanStep, Scenario, ScenarioLine,
    decimal_to_minor, thousands,
};

use super::ground::{Bill, Ground};
use crate::model::price_book::{Item, Level, PriceBook, Quote, Term};
use crate::rules::Short;

/// What the courses of one organisation are made from.
pub(super) struct Position<'a> {
    pub ground: &'a Ground<'a>,
    pub organisation: &'a str,
    pub assessment: &'a Assessment,
    /// What the organisation is short of.
    pub bill: &'a Bill,
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

fn scenario(ground: &Ground<'_>, course: Course, lines: Vec<ScenarioLine>, notes: Vec<String>) -> Scenario {
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

fn line(short: &Short, formula: String, cost: Result<Cost, String>, estimate: bool) -> ScenarioLine {
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

fn cost_of(ground: &Ground<'_>, quote: &Quote) -> Cost {
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

fn true_up(position: &Position<'_>) -> Scenario {
    let ground = position.ground;
    let mut ends: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    let mut refusals: Vec<String> = Vec::new();
    for (short, _) in &position.bill.rows {
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
                lines.push(true_up_line(ground, short, &order));
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

/// A quotient rounded half up; nothing here is negative.
fn half_up(amount: i128, divisor: i128) -> i64 {
    i64::try_from((amount * 2 + divisor) / (divisor * 2)).unwrap_or(i64::MAX)
}

/// Units of a product family by metric: required, owned, short.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    required: u64,
    owned: u64,
    short: u64,
}

fn shares<'a>(position: &'a Position<'_>) -> BTreeMap<(&'a str, Metric), Share> {
    let mut shares: BTreeMap<(&str, Metric), Share> = BTreeMap::new();
    for row in position.assessment.positions.iter().filter(|row| row.organisation == position.organisation) {
        let share = shares.entry((position.ground.family(&row.product), row.metric)).or_default();
        share.required += u64::from(row.required);
        share.owned += u64::from(row.allocated - row.received) + u64::from(row.lent) + u64::from(row.surplus);
        share.short += u64::from(row.shortfall);
    }
    shares
}

fn audit(position: &Position<'_>, course: Course) -> Scenario {
    let ground = position.ground;
    let request = ground.request;
    let list = PriceBook::new(
        &request.estate.prices,
        &request.rules.names,
        request.as_of,
        &request.settings.currency,
        request.horizon_months,
        Level::List,
        request.rules.order_minimums(request.as_of),
    );
    let shares = shares(position);
    let rows = position.bill.rows.iter().map(|(short, _)| {
        let share = shares.get(&(ground.family(&short.product), short.metric)).copied().unwrap_or_default();
        audit_line(position, course, short, share, &list)
    });
    let lines: Vec<ScenarioLine> = rows.collect();
    let mut notes = vec![
        "what the share is taken of is not said in the clause at hand, so both readings stand side by side".to_owned(),
        "not in the sum: back payments of Software Assurance and the cost of the verification".to_owned(),
        "what a true-up would have covered may not be unlicensed use: ask counsel".to_owned(),
    ];
    if !list.has_list_prices() {
        notes.push(
            "no price is marked as the publisher's list (level \"list\"): the prices at hand stand for it".into(),
        );
    }
    scenario(ground, course, lines, notes)
}

fn audit_line(
    position: &Position<'_>,
    course: Course,
    short: &Short,
    share: Share,
    list: &PriceBook<'_>,
) -> ScenarioLine {
    let ground = position.ground;
    let rule = &ground.request.rules.conventions.audit;
    let (whole, of) = match course {
        Course::AuditOfOwned => (share.owned, "owned"),
        _ => (share.required, "required"),
    };
    let material = share.short * 100 >= whole * u64::from(rule.threshold_percent);
    let quote = priced_at_list(ground, short, list);
    let quote = match quote {
        Ok(quote) => quote,
        Err(missing) => return line(short, "no price".into(), Err(missing), false),
    };
    let percent = if material { 100 + rule.premium_percent } else { 100 };
    let times = |minor: i64| half_up(i128::from(minor) * i128::from(percent), 100);
    let money = |minor| ground.book.money(minor);
    let proportion = if whole == 0 {
        format!("{} short, none {of}", thousands(share.short))
    } else {
        format!(
            "{} short against {} {of}, {}.{} %",
            thousands(share.short),
            thousands(whole),
            share.short * 100 / whole,
            share.short * 1000 / whole % 10
        )
    };
    let threshold = if material { "at or above" } else { "below" };
    let formula = format!(
        "{} = {}, × {percent} % = {}: {proportion}, {threshold} {} %",
        quote.parts.join(" + "),
        money(quote.horizon),
        money(times(quote.horizon)),
        rule.threshold_percent
    );
    let cost = Cost { first_year: money(times(quote.first_year)), horizon: money(times(quote.horizon)) };
    line(short, formula, Ok(cost), false)
}

fn priced_at_list(ground: &Ground<'_>, short: &Short, list: &PriceBook<'_>) -> Result<Quote, String> {
    let mut whole = Quote { bought: 0, first_year: 0, horizon: 0, parts: Vec::new() };
    for (item, units, plain) in ground.shop().plain_items(short)? {
        let quote = list.quote(&item, units).unwrap_or(plain);
        whole.first_year += quote.first_year;
        whole.horizon += quote.horizon;
        whole.parts.extend(quote.parts);
    }
    Ok(whole)
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
