//! Being audited: what is short at list prices, with a premium where it is material.

use std::collections::BTreeMap;

use crate::model::price_book::{Level, PriceBook, Quote};
use crate::model::{Cost, Course, Metric, Scenario, ScenarioLine, thousands};
use crate::rules::Short;

use super::courses::{Position, half_up, line, scenario};
use super::ground::Ground;

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

/// What is short at list prices, with the premium of a material shortage.
pub(super) fn audit(position: &Position<'_>, course: Course) -> Scenario {
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
