//! Rows of the position out of requirements, entitlements and allocations.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use crate::allocate::{PriceList, Priced, Solution, fits};
use crate::model::{
    Acceptance, Entitlement, Form, HostId, Key, Line, Metric, Money, Position, Requirement, Surplus, Working,
};

use super::Ground;

/// Identity of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct RowKey<'a> {
    organisation: &'a str,
    product: &'a str,
    edition: Option<&'a str>,
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
    let mut rows: BTreeMap<RowKey<'_>, Row> = BTreeMap::new();
    needs(ground, requirements, solution, &mut rows);
    spent(ground, requirements, entitlements, solution, &mut rows);
    let chosen = ChosenLines::new(requirements, entitlements, solution);
    let surpluses = left_over(ground, &chosen, entitlements, solution);
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
fn own_row<'a>(entitlement: &'a Entitlement, form: &'a Form) -> RowKey<'a> {
    RowKey {
        organisation: &entitlement.organisation,
        product: &form.product,
        edition: form.edition.as_deref(),
        version: form.owned,
        metric: form.metric,
    }
}

/// The row in which a line's need stands.
fn need_row<'a>(organisation: &'a str, line: &'a Line) -> RowKey<'a> {
    RowKey {
        organisation,
        product: &line.product,
        edition: line.edition.as_deref(),
        version: line.version,
        metric: line.metric,
    }
}

fn needs<'a>(
    ground: &Ground<'_>,
    requirements: &'a [Requirement],
    solution: &Solution,
    rows: &mut BTreeMap<RowKey<'a>, Row>,
) {
    for chosen in &solution.chosen {
        let requirement = &requirements[chosen.requirement];
        let way = &requirement.alternatives[chosen.alternative];
        let mut doubtful = doubts(ground, &requirement.working);
        doubtful.extend(doubts(ground, &way.working));
        doubtful.sort();
        doubtful.dedup();
        for line in &way.lines {
            let row = rows.entry(need_row(&requirement.organisation, line)).or_default();
            row.required += line.units;
            row.requirements.push(chosen.requirement);
            let terms = line.accepts.iter().map(|accepted| &accepted.terms);
            row.unverified.extend(unverified(ground, terms));
            row.unverified.extend(doubtful.iter().cloned());
        }
    }
}

fn spent<'a>(
    ground: &Ground<'_>,
    requirements: &'a [Requirement],
    entitlements: &'a [Entitlement],
    solution: &Solution,
    rows: &mut BTreeMap<RowKey<'a>, Row>,
) {
    let ways: HashMap<usize, usize> =
        solution.chosen.iter().map(|chosen| (chosen.requirement, chosen.alternative)).collect();
    for allocation in &solution.allocations {
        let requirement = &requirements[allocation.requirement];
        let Some(&way) = ways.get(&allocation.requirement) else { continue };
        let line = &requirement.alternatives[way].lines[allocation.line];
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
    chosen: &ChosenLines<'_>,
    entitlements: &[Entitlement],
    solution: &Solution,
) -> Vec<Surplus> {
    let mut surpluses = Vec::new();
    // Allocations are sorted by entitlement.
    let spent_of = |index: usize| {
        let first = solution.allocations.partition_point(|one| one.entitlement < index);
        let count = solution.allocations[first..].partition_point(|one| one.entitlement == index);
        &solution.allocations[first..first + count]
    };
    let left_of =
        |index: usize, form: usize| crate::allocate::remaining(&entitlements[index], index, form, spent_of(index));
    let twins: HashMap<usize, usize> = twins(entitlements);
    for (index, entitlement) in entitlements.iter().enumerate() {
        if entitlement.forms.is_empty() || entitlement.overlap {
            continue;
        }
        // The parts of a suite are forms of different products, each left over by itself; a converted licence is one.
        let parts = entitlement.forms.iter().any(|form| form.product != entitlement.forms[0].product);
        // Units that only some terms take are the same licences seen from there.
        let mut whole = (0..entitlement.forms.len()).filter(|&form| entitlement.forms[form].only_terms.is_empty());
        let shown: Vec<usize> = if parts { whole.collect() } else { whole.next_back().into_iter().collect() };
        let bought = ground.rules.products.get(&ground.estate.purchases[entitlement.line].product);
        let is_suite = bought.is_none_or(|product| product.kind == "suite");
        for form in shown {
            // A right that comes with another product is no surplus where nobody needs it.
            if !is_suite && bought.is_some_and(|product| product.id != entitlement.forms[form].product) {
                continue;
            }
            // Units that serve two places at once are left over where neither uses them.
            let elsewhere = twins.get(&index).map_or(u32::MAX, |&twin| left_of(twin, form));
            let units = left_of(index, form).min(elsewhere);
            if units > 0 {
                let fitting = if chosen.fit(entitlement, &entitlement.forms[form]) { units } else { 0 };
                surpluses.push(Surplus { entitlement: index, form, units, fitting });
            }
        }
    }
    surpluses
}

/// Entitlements whose units another one repeats, with that one.
fn twins(entitlements: &[Entitlement]) -> HashMap<usize, usize> {
    let repeating = entitlements.iter().enumerate().filter(|(_, one)| one.overlap);
    let repeated = |twin: &Entitlement| {
        let same = |one: &Entitlement| !one.overlap && one.line == twin.line && twin.key.0.starts_with(&one.key.0);
        entitlements.iter().position(same)
    };
    repeating.filter_map(|(index, twin)| Some((repeated(twin)?, index))).collect()
}

/// What a line is told apart by, as far as rights may fit it: with the hosts some right is bound to.
type LineKey<'a> = (&'a str, &'a [String], Option<usize>, &'a [Acceptance], Vec<HostId>);

/// The lines of the chosen ways by product, edition and metric, each sort of line once.
struct ChosenLines<'a> {
    lines: HashMap<(&'a str, Option<&'a str>, Metric), HashMap<LineKey<'a>, &'a Line>>,
}

impl<'a> ChosenLines<'a> {
    fn new(requirements: &'a [Requirement], entitlements: &[Entitlement], solution: &Solution) -> Self {
        let bound: HashSet<HostId> = entitlements.iter().flat_map(|right| right.bound_hosts.iter().copied()).collect();
        let mut lines: HashMap<_, HashMap<LineKey<'a>, &'a Line>> = HashMap::new();
        for chosen in &solution.chosen {
            let requirement = &requirements[chosen.requirement];
            for line in &requirement.alternatives[chosen.alternative].lines {
                let hosts = line.hosts.iter().copied().filter(|host| bound.contains(host)).collect();
                let own: LineKey<'a> = (&requirement.organisation, &line.editions, line.version, &line.accepts, hosts);
                let place = (&*line.product, line.edition.as_deref(), line.metric);
                lines.entry(place).or_default().entry(own).or_insert(line);
            }
        }
        Self { lines }
    }

    /// Whether units of a form would lawfully serve a chosen need of their own product, edition and metric.
    fn fit(&self, entitlement: &Entitlement, form: &Form) -> bool {
        let place = (form.product.as_str(), form.edition.as_deref(), form.metric);
        self.lines.get(&place).is_some_and(|lines| lines.iter().any(|(own, line)| fits(entitlement, form, line, own.0)))
    }
}

/// Price of the shortfall by organisation, product, edition and metric: packs are rounded once at purchase (C0-8).
type Costs = BTreeMap<CostKey, (u32, Priced)>;

/// Organisation, product, edition and metric.
type CostKey = (String, String, Option<String>, Metric);

fn costs(ground: &Ground<'_>, prices: &PriceList<'_>, rows: &BTreeMap<RowKey<'_>, Row>) -> Costs {
    let mut short: BTreeMap<CostKey, (u32, Option<usize>)> = BTreeMap::new();
    for (key, row) in rows {
        let entry = short.entry(group_of(key)).or_default();
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

fn group_of(key: &RowKey<'_>) -> CostKey {
    (key.organisation.to_owned(), key.product.to_owned(), key.edition.map(str::to_owned), key.metric)
}

fn position(ground: &Ground<'_>, key: RowKey<'_>, mut row: Row, costs: &Costs) -> Position {
    let shortfall = row.required - row.allocated;
    let version = ground
        .rules
        .products
        .get(key.product)
        .and_then(|product| key.version.map(|version| product.version_name(version).to_owned()));
    let (cost, missing_price) = match costs.get(&group_of(&key)) {
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
                key.organisation,
                "-",
                key.product,
                key.edition.unwrap_or(""),
                version.as_deref().unwrap_or(""),
                key.metric.name(),
            ],
        ),
        organisation: key.organisation.to_owned(),
        product: key.product.to_owned(),
        edition: key.edition.map(str::to_owned),
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
        to_buy: None,
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
