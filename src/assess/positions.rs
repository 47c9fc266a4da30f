//! Rows of the position out of requirements, entitlements and allocations.

use std::collections::BTreeMap;

use crate::allocate::{PriceList, Priced, Solution, fits};
use crate::model::{Entitlement, Form, Key, Line, Metric, Money, Position, Requirement, Surplus, Working};

use super::Ground;

/// Identity of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RowKey {
    organisation: String,
    product: String,
    edition: Option<String>,
    version: Option<usize>,
    metric: Metric,
}

/// Figures of a row while it is put together.
#[derive(Debug, Default)]
struct Row {
    required: u32,
    allocated: u32,
    received: u32,
    lent: u32,
    surplus: u32,
    fitting: u32,
    requirements: Vec<usize>,
    entitlements: Vec<usize>,
    unverified: Vec<String>,
}

/// What is left over, and the rows.
pub(super) fn positions(
    ground: &Ground<'_>,
    prices: &PriceList<'_>,
    requirements: &[Requirement],
    entitlements: &[Entitlement],
    solution: &Solution,
) -> (Vec<Surplus>, Vec<Position>) {
    let mut rows: BTreeMap<RowKey, Row> = BTreeMap::new();
    needs(ground, requirements, solution, &mut rows);
    spent(ground, requirements, entitlements, solution, &mut rows);
    let surpluses = left_over(ground, requirements, entitlements, solution);
    for surplus in &surpluses {
        let entitlement = &entitlements[surplus.entitlement];
        let row = rows.entry(own_row(entitlement, &entitlement.forms[surplus.form])).or_default();
        row.unverified.extend(doubts(ground, &entitlement.working));
        row.surplus += surplus.units;
        row.fitting += surplus.fitting;
        row.entitlements.push(surplus.entitlement);
    }
    let costs = costs(ground, prices, &rows);
    let mut positions: Vec<Position> = rows.into_iter().map(|(key, row)| position(ground, key, row, &costs)).collect();
    settle(&mut positions, &costs);
    (surpluses, positions)
}

/// Those of some rules that are not verified.
fn unverified<'a>(ground: &Ground<'_>, rules: impl Iterator<Item = &'a String>) -> Vec<String> {
    rules.filter(|rule| ground.rules.unverified.contains(*rule)).cloned().collect()
}

/// Rules that a working rests on and that are not verified.
fn doubts(ground: &Ground<'_>, working: &Working) -> Vec<String> {
    unverified(ground, working.steps.iter().filter_map(|step| step.rule.as_ref()))
}

/// The row in which an entitlement's units of a form stand.
fn own_row(entitlement: &Entitlement, form: &Form) -> RowKey {
    RowKey {
        organisation: entitlement.organisation.clone(),
        product: form.product.clone(),
        edition: form.edition.clone(),
        version: form.owned,
        metric: form.metric,
    }
}

/// The row in which a line's need stands.
fn need_row(organisation: &str, line: &Line) -> RowKey {
    RowKey {
        organisation: organisation.to_owned(),
        product: line.product.clone(),
        edition: line.edition.clone(),
        version: line.version,
        metric: line.metric,
    }
}

fn needs(ground: &Ground<'_>, requirements: &[Requirement], solution: &Solution, rows: &mut BTreeMap<RowKey, Row>) {
    for chosen in &solution.chosen {
        let requirement = &requirements[chosen.requirement];
        let way = &requirement.alternatives[chosen.alternative];
        for line in &way.lines {
            let row = rows.entry(need_row(&requirement.organisation, line)).or_default();
            row.required += line.units;
            row.requirements.push(chosen.requirement);
            let terms = line.accepts.iter().map(|accepted| &accepted.terms);
            row.unverified.extend(unverified(ground, terms));
            row.unverified.extend(doubts(ground, &requirement.working));
            row.unverified.extend(doubts(ground, &way.working));
        }
    }
}

fn spent(
    ground: &Ground<'_>,
    requirements: &[Requirement],
    entitlements: &[Entitlement],
    solution: &Solution,
    rows: &mut BTreeMap<RowKey, Row>,
) {
    for allocation in &solution.allocations {
        let requirement = &requirements[allocation.requirement];
        let Some(chosen) = solution.chosen.iter().find(|chosen| chosen.requirement == allocation.requirement) else {
            continue;
        };
        let line = &requirement.alternatives[chosen.alternative].lines[allocation.line];
        let entitlement = &entitlements[allocation.entitlement];
        let need = need_row(&requirement.organisation, line);
        let own = own_row(entitlement, &entitlement.forms[allocation.form]);
        let elsewhere = need != own;
        let row = rows.entry(need).or_default();
        row.allocated += allocation.units;
        row.entitlements.push(allocation.entitlement);
        row.unverified.extend(doubts(ground, &entitlement.working));
        if elsewhere {
            row.received += allocation.units;
            let lender = rows.entry(own).or_default();
            lender.lent += allocation.units;
            lender.entitlements.push(allocation.entitlement);
        }
    }
}

/// Units nothing needs or nothing may use, in the form last gained: a converted licence is left over as converted.
fn left_over(
    ground: &Ground<'_>,
    requirements: &[Requirement],
    entitlements: &[Entitlement],
    solution: &Solution,
) -> Vec<Surplus> {
    let mut surpluses = Vec::new();
    for (index, entitlement) in entitlements.iter().enumerate() {
        if entitlement.forms.is_empty() {
            continue;
        }
        // The parts of a suite are forms of different products, each left over by itself; a converted licence is one.
        let parts = entitlement.forms.iter().any(|form| form.product != entitlement.forms[0].product);
        let shown: Vec<usize> =
            if parts { (0..entitlement.forms.len()).collect() } else { vec![entitlement.forms.len() - 1] };
        let bought = ground.rules.products.get(&ground.estate.purchases[entitlement.line].product);
        let is_suite = bought.is_none_or(|product| product.kind == "suite");
        for form in shown {
            // A right that comes with another product is no surplus where nobody needs it.
            if !is_suite && bought.is_some_and(|product| product.id != entitlement.forms[form].product) {
                continue;
            }
            let units = crate::allocate::remaining(entitlement, index, form, &solution.allocations);
            if units > 0 {
                let fitting = if fits_any(requirements, entitlement, form, solution) { units } else { 0 };
                surpluses.push(Surplus { entitlement: index, form, units, fitting });
            }
        }
    }
    surpluses
}

/// Whether units of a form would lawfully serve a chosen need of their own product, edition and metric.
fn fits_any(requirements: &[Requirement], entitlement: &Entitlement, form: usize, solution: &Solution) -> bool {
    let form = &entitlement.forms[form];
    solution.chosen.iter().any(|chosen| {
        let requirement = &requirements[chosen.requirement];
        requirement.alternatives[chosen.alternative]
            .lines
            .iter()
            .any(|line| line.edition == form.edition && fits(entitlement, form, line, &requirement.organisation))
    })
}

/// Price of the shortfall by organisation, product, edition and metric: packs are rounded once at purchase (C0-8).
type Costs = BTreeMap<CostKey, (u32, Priced)>;

/// Organisation, product, edition and metric.
type CostKey = (String, String, Option<String>, Metric);

fn costs(ground: &Ground<'_>, prices: &PriceList<'_>, rows: &BTreeMap<RowKey, Row>) -> Costs {
    let mut short: BTreeMap<CostKey, (u32, Option<usize>)> = BTreeMap::new();
    for (key, row) in rows {
        let entry =
            short.entry((key.organisation.clone(), key.product.clone(), key.edition.clone(), key.metric)).or_default();
        let shortfall = row.required - row.allocated;
        entry.0 += shortfall;
        if shortfall > 0 {
            entry.1 = entry.1.max(key.version);
        }
    }
    short
        .into_iter()
        .map(|(key, (units, version))| {
            let name = ground.rules.products.get(&key.1).and_then(|product| Some(product.version_name(version?)));
            let priced = prices.price(&key.1, key.2.as_deref(), name, key.3, units);
            (key, (units, priced))
        })
        .collect()
}

fn position(ground: &Ground<'_>, key: RowKey, mut row: Row, costs: &Costs) -> Position {
    let shortfall = row.required - row.allocated;
    let version = ground
        .rules
        .products
        .get(&key.product)
        .and_then(|product| key.version.map(|version| product.version_name(version).to_owned()));
    let group = (key.organisation.clone(), key.product.clone(), key.edition.clone(), key.metric);
    let (cost, missing_price) = match costs.get(&group) {
        Some((units, Priced::Known(money))) => (Some(share(money, shortfall, *units)), None),
        Some((_, Priced::Missing(name))) if shortfall > 0 => (None, Some(name.clone())),
        _ => (Some(Money { minor: 0, currency: ground.settings.currency.clone() }), None),
    };
    row.requirements.sort_unstable();
    row.requirements.dedup();
    row.entitlements.sort_unstable();
    row.entitlements.dedup();
    row.unverified.sort();
    row.unverified.dedup();
    Position {
        key: Key::new(
            "position",
            &[
                &key.organisation,
                "-",
                &key.product,
                key.edition.as_deref().unwrap_or(""),
                version.as_deref().unwrap_or(""),
                key.metric.name(),
            ],
        ),
        organisation: key.organisation,
        product: key.product,
        edition: key.edition,
        version,
        metric: key.metric,
        required: row.required,
        usable: if shortfall > 0 { row.required - shortfall } else { row.required + row.fitting },
        allocated: row.allocated,
        received: row.received,
        lent: row.lent,
        shortfall,
        surplus: row.surplus,
        range: (row.required, row.required),
        range_of_versions: (row.required, row.required),
        cost,
        missing_price,
        requirements: row.requirements,
        entitlements: row.entitlements,
        unverified: row.unverified,
        to_order: None,
        peak: None,
    }
}

/// A row's part of its group's cost. The parts of a group may differ from it by rounding; `settle` puts that right.
fn share(money: &Money, shortfall: u32, units: u32) -> Money {
    let minor =
        if units == 0 { 0 } else { (i128::from(money.minor) * i128::from(shortfall) / i128::from(units)) as i64 };
    Money { minor, currency: money.currency.clone() }
}

/// Hands out the pennies that whole shares leave over, so that the rows of a group add up to its price.
fn settle(positions: &mut [Position], costs: &Costs) {
    for ((organisation, product, edition, metric), (_, priced)) in costs {
        let Priced::Known(total) = priced else { continue };
        let group: Vec<usize> = (0..positions.len())
            .filter(|&index| {
                let row = &positions[index];
                row.organisation == *organisation
                    && row.product == *product
                    && row.edition == *edition
                    && row.metric == *metric
                    && row.shortfall > 0
            })
            .collect();
        let sum: i64 = group.iter().filter_map(|&index| positions[index].cost.as_ref()).map(|cost| cost.minor).sum();
        if let Some(cost) = group.last().and_then(|&index| positions[index].cost.as_mut()) {
            cost.minor += total.minor - sum;
        }
    }
}
