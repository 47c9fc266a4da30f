//! Agreements: the year they are in, the next order, and what is due.

use jiff::civil::Date;
use serde::Serialize;

use crate::model::{
    AgreementStanding, Assessment, Key, Metric, Order, OrderLine, OrderRhythm, Outcome, Peak, ProductRole,
};

use super::Filter;

/// An agreement on the day of the position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgreementRow<'a> {
    /// Its number.
    pub agreement: &'a str,
    /// As printed.
    pub title: &'a str,
    /// Id of its vehicle.
    pub vehicle: &'a str,
    /// Name of its vehicle.
    pub vehicle_title: &'a str,
    /// Organisations it covers.
    pub organisations: &'a [String],
    /// First day.
    pub start: Date,
    /// Last day; null where it has none.
    pub end: Option<Date>,
    /// Whether it is in force.
    pub in_force: bool,
    /// Year of the agreement, counted from one; null where it is not in force.
    pub contract_year: Option<u32>,
    /// Day of the last order; null where none is stated or it lies ahead.
    pub last_order: Option<Date>,
    /// When missing units are ordered.
    pub orders: OrderRhythm,
    /// The order to make next.
    pub next_order: Option<OrderRow>,
    /// Orders of which none is recorded although their window has closed.
    pub missed_orders: Vec<OrderRow>,
    /// What is to be ordered, may be reduced, or is short and not on the agreement.
    pub due: Vec<DueRow<'a>>,
    /// What to do, in a sentence.
    pub to_do: String,
}

/// An order that an agreement asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OrderRow {
    /// The anniversary it precedes, or the last day of the agreement.
    pub due: Date,
    /// First day on which it may arrive.
    pub opens: Date,
    /// Last day on which it may arrive.
    pub closes: Date,
    /// Days left until it closes; negative once it has.
    pub days_left: i32,
    /// Whether it may be made today.
    pub open: bool,
    /// Whether it is the last of the agreement.
    pub last: bool,
}

/// What is due of one product, edition and metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DueRow<'a> {
    /// Permanent key.
    pub key: Key,
    /// Organisation.
    pub organisation: &'a str,
    /// Product id.
    pub product: &'a str,
    /// Edition.
    pub edition: Option<&'a str>,
    /// Product and edition as people say it.
    pub title: String,
    /// What a unit counts.
    pub metric: Metric,
    /// Role on the agreement; null: it is on none and is ordered in the month of its first use.
    pub role: Option<ProductRole>,
    /// Units needed on the day of the position.
    pub required: u32,
    /// Units that cover them, those left over that would fit included.
    pub owned: u32,
    /// The highest need since the last order, and its day.
    pub peak: Peak,
    /// Day after which usage counts.
    pub since: Date,
    /// Units to order.
    pub units: u32,
    /// Units owned and not needed, which need not be renewed; null where counts of the agreement do not fall.
    pub may_fall_by: Option<u32>,
    /// Need, peak and order in a sentence.
    pub mark: String,
}

impl DueRow<'_> {
    /// How it is counted, in a word or two.
    pub fn counted(&self) -> &'static str {
        match self.role {
            Some(ProductRole::Enterprise) => "on the day",
            Some(ProductRole::Additional) => "by peak",
            None => "not on it",
        }
    }
}

/// Every agreement that the filter shows, in the order of `trueup.toml`.
pub(super) fn rows<'a>(outcome: &'a Outcome, assessment: &'a Assessment, filter: &Filter) -> Vec<AgreementRow<'a>> {
    let shown = |standing: &&AgreementStanding| standing.agreement.organisations.iter().any(|name| filter.shows(name));
    outcome.agreements.iter().filter(shown).map(|standing| row(outcome, assessment, standing, filter)).collect()
}

fn row<'a>(
    outcome: &'a Outcome,
    assessment: &'a Assessment,
    standing: &'a AgreementStanding,
    filter: &Filter,
) -> AgreementRow<'a> {
    let agreement = &standing.agreement;
    let order = |order: &Order| order_row(order, outcome.as_of);
    let lines = assessment.order_lines.iter();
    let lines = lines.filter(|line| line.agreement == agreement.number && filter.shows(&line.organisation));
    let due: Vec<DueRow<'_>> = lines
        .map(|line| due_row(outcome, line, standing.counts_fall))
        .filter(|row| row.units > 0 || row.may_fall_by.is_some_and(|units| units > 0))
        .collect();
    AgreementRow {
        agreement: &agreement.number,
        title: agreement.title(),
        vehicle: &agreement.vehicle,
        vehicle_title: &standing.vehicle_name,
        organisations: &agreement.organisations,
        start: agreement.start,
        end: agreement.end,
        in_force: standing.in_force,
        contract_year: standing.contract_year,
        last_order: agreement.last_order_by(outcome.as_of),
        orders: standing.rhythm,
        next_order: standing.next.as_ref().map(order),
        missed_orders: standing.missed.iter().map(order).collect(),
        to_do: to_do(outcome.as_of, standing, &due),
        due,
    }
}

fn order_row(order: &Order, as_of: Date) -> OrderRow {
    OrderRow {
        due: order.due,
        opens: order.opens,
        closes: order.closes,
        days_left: as_of.until(order.closes).map_or(0, |span| span.get_days()),
        open: order.opens <= as_of && as_of <= order.closes,
        last: order.last,
    }
}

fn due_row<'a>(outcome: &Outcome, line: &'a OrderLine, counts_fall: bool) -> DueRow<'a> {
    DueRow {
        key: line.key(),
        organisation: &line.organisation,
        product: &line.product,
        edition: line.edition.as_deref(),
        title: outcome.names.licence(&line.product, line.edition.as_deref(), None),
        metric: line.metric,
        role: line.role,
        required: line.required,
        owned: line.owned,
        peak: line.peak,
        since: line.since,
        units: line.units,
        may_fall_by: (counts_fall && line.role.is_some()).then_some(line.spare),
        mark: line.mark(outcome.as_of),
    }
}

/// What a manager has to do, and by when.
fn to_do(as_of: Date, standing: &AgreementStanding, due: &[DueRow<'_>]) -> String {
    if !standing.in_force {
        return match standing.agreement.end {
            Some(end) if end < as_of => format!("nothing: it ended on {end}"),
            _ => format!("nothing: it starts on {}", standing.agreement.start),
        };
    }
    match standing.rhythm {
        OrderRhythm::AtOnce => return "buy what is missing now: it knows no true-up".to_owned(),
        OrderRhythm::Monthly => return "report what is used with the report of this month".to_owned(),
        OrderRhythm::Yearly => {}
    }
    let on_it = due.iter().filter(|row| row.role.is_some() && row.units > 0).count();
    let what = match (on_it, standing.statement) {
        (0, true) => {
            "sign and send the update statement: nothing is to be ordered, and it is owed all the same".to_owned()
        }
        (0, false) => "nothing is to be ordered".to_owned(),
        (1, _) => "order what is due, of 1 product".to_owned(),
        (products, _) => format!("order what is due, of {products} products"),
    };
    let when = match (standing.missed.last(), standing.next) {
        (Some(missed), _) => {
            format!(", at once: no order is recorded for {}, and its window closed on {}", missed.due, missed.closes)
        }
        (None, None) => "; no order of this agreement is left".to_owned(),
        (None, Some(order)) if order.opens <= as_of => format!(", by {}", order.closes),
        (None, Some(order)) => format!(", between {} and {}", order.opens, order.closes),
    };
    format!("{what}{when}")
}
