//! Agreements on the day of the position: what is to be ordered under each, and what wants acting on.
//!
//! An order names a product and an edition but no version, so that peaks are taken over all versions together: a machine
//! that moves to a newer version must not count twice. For the same reason no more is ordered than was missing on one
//! day: a need that was covered when it arose, by whatever licence, is not bought again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use crate::model::{
    Agreement, AgreementStanding, Assessment, Finding, History, HistoryRow, Key, Metric, OrderLine, Outcome, Peak,
    Position, ProductRole,
};
use crate::rules::Vehicle;

use super::Ground;

/// Product, edition and metric of one organisation.
type Group = (String, String, Option<String>, Metric);

/// Puts agreements, order lines and marks into an outcome, with the history of earlier scans.
pub(super) fn settle(ground: &Ground<'_>, history: &History, outcome: &mut Outcome) {
    outcome.agreements = ground.settings.agreements.iter().filter_map(|one| standing(ground, one)).collect();
    for assessment in [&mut outcome.strict, &mut outcome.customer] {
        mark(ground, history, assessment);
    }
    outcome.findings.extend(outcome.agreements.iter().flat_map(|standing| findings(ground, standing)));
    let without = without_assurance(ground, &outcome.strict);
    outcome.findings.extend(without);
}

fn standing(ground: &Ground<'_>, agreement: &Agreement) -> Option<AgreementStanding> {
    let (vehicle, on) = (ground.rules.vehicles.get(&agreement.vehicle)?, ground.as_of);
    let in_force = agreement.in_force(on);
    let windows = vehicle.windows.filter(|_| in_force);
    Some(AgreementStanding {
        agreement: agreement.clone(),
        vehicle_name: vehicle.name.clone(),
        rhythm: vehicle.orders,
        statement: vehicle.statement,
        counts_fall: vehicle.counts_fall,
        in_force,
        contract_year: agreement.contract_year(on),
        next: windows.and_then(|windows| agreement.next_order(&windows, on)),
        missed: windows.map(|windows| agreement.missed_orders(&windows, on)).unwrap_or_default(),
    })
}

/// Agreements with a yearly order that are in force, with their vehicles.
fn with_true_up<'a>(ground: &Ground<'a>) -> Vec<(&'a Agreement, &'a Vehicle)> {
    let in_force = ground.settings.agreements.iter().filter(|agreement| agreement.in_force(ground.as_of));
    in_force
        .filter_map(|agreement| Some((agreement, ground.rules.vehicles.get(&agreement.vehicle)?)))
        .filter(|(_, vehicle)| vehicle.windows.is_some())
        .collect()
}

/// What a group needs and what covers it, today and on each day since the last order.
#[derive(Debug, Default)]
struct Course {
    required: u32,
    shortfall: u32,
    /// Units left over today that would fit.
    fitting: u32,
    spare: u32,
    /// Need and shortfall by day.
    days: BTreeMap<Date, (u32, u32)>,
}

/// Adds the order lines of one reading, and the marks of its rows.
pub(super) fn mark(ground: &Ground<'_>, history: &History, assessment: &mut Assessment) {
    let agreements = with_true_up(ground);
    let mut lines = Vec::new();
    for (agreement, vehicle) in &agreements {
        let since = agreement.counts_after(ground.as_of);
        let past: Vec<&HistoryRow> = history.between(assessment.reading.default, since, ground.as_of).collect();
        for (group, course) in courses(agreement, vehicle, &past, &assessment.positions) {
            let Some(role) = agreement.role(&group.1, &vehicle.enterprise) else { continue };
            let line = order_line(ground.as_of, agreement, role, &group, &course);
            mark_rows(&line, &past, &mut assessment.positions, ground.as_of);
            lines.push(line);
        }
    }
    lines.extend(not_on_any(ground, &agreements, &assessment.positions));
    lines.sort_by(|a, b| {
        let key = |line: &OrderLine| {
            let edition = line.edition.clone();
            (line.agreement.clone(), line.organisation.clone(), line.product.clone(), edition, line.metric)
        };
        key(a).cmp(&key(b))
    });
    assessment.order_lines = lines;
}

fn group_of(row: &Position) -> Group {
    (row.organisation.clone(), row.product.clone(), row.edition.clone(), row.metric)
}

/// Every group on an agreement, with its course; those that have gone since the last order too.
fn courses(
    agreement: &Agreement,
    vehicle: &Vehicle,
    past: &[&HistoryRow],
    rows: &[Position],
) -> BTreeMap<Group, Course> {
    let concerns = |organisation: &str, product: &str| {
        agreement.covers(organisation) && agreement.role(product, &vehicle.enterprise).is_some()
    };
    let mut courses: BTreeMap<Group, Course> = BTreeMap::new();
    for row in rows.iter().filter(|row| concerns(&row.organisation, &row.product)) {
        let course = courses.entry(group_of(row)).or_default();
        course.required += row.required;
        course.shortfall += row.shortfall;
        course.fitting += (row.usable + row.shortfall).saturating_sub(row.required);
        course.spare += row.surplus;
    }
    for row in past.iter().filter(|row| concerns(&row.organisation, &row.product)) {
        let group = (row.organisation.clone(), row.product.clone(), row.edition.clone(), row.metric);
        let day = courses.entry(group).or_default().days.entry(row.as_of).or_default();
        day.0 += row.required;
        day.1 += row.shortfall;
    }
    courses
}

fn order_line(as_of: Date, agreement: &Agreement, role: ProductRole, group: &Group, course: &Course) -> OrderLine {
    let today = Peak { required: course.required, on: as_of };
    let peak = course.days.iter().map(|(&on, &(required, _))| Peak { required, on }).fold(today, Peak::or);
    let owned = course.required - course.shortfall + course.fitting;
    let most_missing = course.days.values().map(|&(_, shortfall)| shortfall).max().unwrap_or(0);
    let beyond = (peak.required - course.required).saturating_sub(course.fitting);
    let units = match role {
        ProductRole::Enterprise => course.shortfall,
        ProductRole::Additional => (course.shortfall + beyond).min(most_missing).max(course.shortfall),
    };
    OrderLine {
        agreement: agreement.number.clone(),
        organisation: group.0.clone(),
        product: group.1.clone(),
        edition: group.2.clone(),
        metric: group.3,
        role: Some(role),
        required: course.required,
        owned,
        shortfall: course.shortfall,
        peak,
        since: agreement.counts_after(as_of),
        since_order: agreement.last_order_by(as_of).is_some(),
        units,
        spare: course.spare,
    }
}

/// Gives the rows of a group their peaks and their parts of the order: each what it is short of, and what the peak asks
/// for beyond that to the row that has fallen furthest from its own peak.
fn mark_rows(line: &OrderLine, past: &[&HistoryRow], rows: &mut [Position], as_of: Date) {
    let group = (line.organisation.clone(), line.product.clone(), line.edition.clone(), line.metric);
    let mut fallen: Option<(u32, usize)> = None;
    for (index, row) in rows.iter_mut().enumerate().filter(|(_, row)| group_of(row) == group) {
        let today = Peak { required: row.required, on: as_of };
        let seen = past.iter().filter(|earlier| earlier.key == row.key);
        let peak = seen.map(|earlier| Peak { required: earlier.required, on: earlier.as_of }).fold(today, Peak::or);
        row.peak = Some(peak);
        row.to_order = Some(row.shortfall);
        let fall = peak.required - row.required;
        if fallen.is_none_or(|(most, _)| most < fall) {
            fallen = Some((fall, index));
        }
    }
    if let Some((_, index)) = fallen {
        rows[index].to_order = Some(rows[index].shortfall + (line.units - line.shortfall));
    }
}

/// What is short of the publisher of an agreement and on none: it is ordered in the month of its first use.
fn not_on_any(ground: &Ground<'_>, agreements: &[(&Agreement, &Vehicle)], rows: &[Position]) -> Vec<OrderLine> {
    let mut lines: BTreeMap<Group, OrderLine> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.shortfall > 0 && row.to_order.is_none()) {
        let publisher = ground.rules.products.get(&row.product).map(|product| &product.publisher);
        let of_same = agreements.iter().find(|(agreement, vehicle)| {
            agreement.covers(&row.organisation)
                && agreement.publisher.as_ref().or(vehicle.publisher.as_ref()) == publisher
        });
        let Some((agreement, _)) = of_same else { continue };
        let line = lines.entry(group_of(row)).or_insert_with(|| OrderLine {
            agreement: agreement.number.clone(),
            organisation: row.organisation.clone(),
            product: row.product.clone(),
            edition: row.edition.clone(),
            metric: row.metric,
            role: None,
            required: 0,
            owned: 0,
            shortfall: 0,
            peak: Peak { required: 0, on: ground.as_of },
            since: agreement.counts_after(ground.as_of),
            since_order: agreement.last_order_by(ground.as_of).is_some(),
            units: 0,
            spare: 0,
        });
        line.required += row.required;
        line.owned += row.usable;
        line.shortfall += row.shortfall;
        line.peak.required += row.required;
        line.units += row.shortfall;
    }
    lines.into_values().collect()
}

/// What wants acting on: an order that may or must be made, one that was missed, an agreement that has ended without a
/// successor, and one for an organisation nobody knows.
fn findings(ground: &Ground<'_>, standing: &AgreementStanding) -> Vec<Finding> {
    let agreement = &standing.agreement;
    let mut findings = Vec::new();
    let known: BTreeSet<&str> = ground.estate.organisations.iter().map(|one| one.name.as_str()).collect();
    for organisation in &agreement.organisations {
        let mut find = |what: &str, text: String| {
            findings.push(Finding {
                key: Key::new("agreement", &[organisation, &agreement.number, what]),
                organisation: organisation.clone(),
                text: format!("{text} (trueup.toml, line {}).", agreement.line),
                evidence: Vec::new(),
            });
        };
        let title = agreement.title();
        if !known.contains(organisation.as_str()) {
            find(
                "unknown",
                format!("{title} covers {organisation}, of which nothing is known: no licence and no machine"),
            );
        }
        for order in &standing.missed {
            let due = order.due;
            let text = format!("{title}: no order is recorded for {due}, and its window closed on {}", order.closes);
            find(if order.last { "missed-last" } else { "missed" }, text);
        }
        if let Some((what, text)) = standing.next.and_then(|order| upcoming(ground, order)) {
            find(what, format!("{title}: {text}"));
        }
        if let Some(end) =
            agreement.end.filter(|&end| end < ground.as_of && !is_followed(ground, agreement, organisation))
        {
            find("ended", format!("{title} ended on {end}, and no other agreement of the publisher is in force"));
        }
    }
    findings
}

/// An order whose window is open or opens soon.
fn upcoming(ground: &Ground<'_>, order: crate::model::Order) -> Option<(&'static str, String)> {
    let horizon = ground.as_of.checked_add(i64::from(ground.settings.order_horizon_days).days()).ok()?;
    if order.opens <= ground.as_of {
        Some(("order-open", format!("the order for {} must arrive by {}", order.due, order.closes)))
    } else if order.opens <= horizon {
        Some((
            "order-ahead",
            format!("the order for {} may arrive from {} to {}", order.due, order.opens, order.closes),
        ))
    } else {
        None
    }
}

/// Whether another agreement of the same publisher covers the organisation today.
fn is_followed(ground: &Ground<'_>, ended: &Agreement, organisation: &str) -> bool {
    let publisher = |one: &Agreement| {
        let vehicle = ground.rules.vehicles.get(&one.vehicle);
        one.publisher.clone().or_else(|| vehicle.and_then(|vehicle| vehicle.publisher.clone()))
    };
    let others = ground.settings.agreements.iter().filter(|one| one.in_force(ground.as_of) && one.covers(organisation));
    others.into_iter().any(|one| publisher(one) == publisher(ended))
}

/// Licences without Software Assurance of products of which an agreement commits the whole installed base.
fn without_assurance(ground: &Ground<'_>, assessment: &Assessment) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (agreement, vehicle) in with_true_up(ground).into_iter().filter(|(_, vehicle)| vehicle.whole_base) {
        let lapsed = assessment.entitlements.iter().filter(|one| !one.sa_active && !one.forms.is_empty());
        for entitlement in lapsed.filter(|one| agreement.covers(&one.organisation)) {
            let line = &ground.estate.purchases[entitlement.line];
            if agreement.role(&line.product, &vehicle.enterprise).is_none() {
                continue;
            }
            let reference = line.reference.as_deref().unwrap_or("");
            let parts = [&line.organisation, &agreement.number, "without-assurance", &line.product, reference];
            findings.push(Finding {
                key: Key::new("agreement", &parts),
                organisation: line.organisation.clone(),
                text: format!(
                    "{}: the whole installed base is to be under Software Assurance, and {} units of {} ({}) are not.",
                    agreement.title(),
                    line.quantity,
                    line.product,
                    line.reference.as_deref().unwrap_or("without a reference")
                ),
                evidence: line.evidence.iter().cloned().collect(),
            });
        }
    }
    findings
}
