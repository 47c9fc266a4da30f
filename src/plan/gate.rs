//! May this be deployed? The position without the request beside the position with it.
//!
//! Covered means that no row gets shorter under the strict reading. Where only the customer's reading or a missing fact
//! says so, there is no answer.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::{Assessment, Key, Money, Outcome, Position};

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answered {
    /// What is owned covers it under both readings.
    Covered,
    /// Something must be bought under both readings.
    NotCovered,
    /// The readings differ, or nothing on file says how it is licensed.
    Unclear,
}

/// One row that the request changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Key of the row.
    pub key: Key,
    /// Organisation.
    pub organisation: String,
    /// Product id.
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Product, edition and version as people say it.
    pub title: String,
    /// Metric.
    pub metric: &'static str,
    /// Units needed before and after.
    pub required: (u32, u32),
    /// Units short before and after, strict reading.
    pub shortfall: (u32, u32),
    /// Units short before and after, customer's reading.
    pub shortfall_customer: (u32, u32),
    /// Units left over before and after.
    pub surplus: (u32, u32),
    /// What the added shortfall costs at today's prices, in whole packs; `None` where a price is missing. Where units of
    /// several versions are bought together, those of the changed rows come to what buying all of them costs more.
    pub marginal_cost: Option<Money>,
    /// What buying takes more in the first year, where licences bought now must carry Software Assurance or others are
    /// bought in place of what is no longer sold; `None` where it takes nothing else, or a price is missing.
    pub first_year: Option<Money>,
    /// The price that is missing.
    pub missing_price: Option<String>,
}

/// Units of a purchase line that the requested machines are given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cover {
    /// Key of the entitlement.
    pub entitlement: Key,
    /// Order or invoice number.
    pub reference: Option<String>,
    /// Where the purchase stands.
    pub place: Option<String>,
    /// What was bought, as people say it.
    pub title: String,
    /// Units.
    pub units: u32,
    /// Units of the same purchase that nothing needs, or may use, afterwards.
    pub left: u32,
    /// Metric of those units.
    pub metric: &'static str,
}

/// The answer with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// The answer.
    pub answer: Answered,
    /// Why, in a sentence.
    pub reason: String,
    /// Rows that change.
    pub changes: Vec<Change>,
    /// What covers the requested machines, strict reading.
    pub covered_by: Vec<Cover>,
}

/// Compares the position without a request with the one with it. `requested` are the names of the requested machines.
pub fn gate(before: &Outcome, after: &Outcome, requested: &[String]) -> Gate {
    let changes = changes(before, after);
    let grows = |(before, after): (u32, u32)| after > before;
    let strict = changes.iter().any(|change| grows(change.shortfall));
    let customer = changes.iter().any(|change| grows(change.shortfall_customer));
    let uncounted = uncounted(before, after);
    let nothing = changes.is_empty() && !is_counted(after, requested);
    let (answer, reason) = match (strict, customer, uncounted, nothing) {
        (_, _, Some(text), _) => (Answered::Unclear, text),
        (_, _, None, true) => (
            Answered::Unclear,
            "nothing in the request is licensed by any terms on file; check the product ids".to_owned(),
        ),
        (false, false, ..) => (Answered::Covered, "what is owned covers it under both readings".to_owned()),
        (true, true, ..) => (Answered::NotCovered, "licences are missing under both readings".to_owned()),
        _ => (Answered::Unclear, "the strict and the customer's reading differ; see the open questions".to_owned()),
    };
    Gate { answer, reason, changes, covered_by: covers(after, requested) }
}

fn by_key(assessment: &Assessment) -> BTreeMap<&Key, &Position> {
    assessment.positions.iter().map(|row| (&row.key, row)).collect()
}

fn changes(before: &Outcome, after: &Outcome) -> Vec<Change> {
    let (old, new) = (by_key(&before.strict), by_key(&after.strict));
    let (old_customer, new_customer) = (by_key(&before.customer), by_key(&after.customer));
    let mut keys: Vec<&Key> =
        [&old, &new, &old_customer, &new_customer].into_iter().flat_map(|rows| rows.keys().copied()).collect();
    keys.sort();
    keys.dedup();
    let mut changes = Vec::new();
    for key in keys {
        let Some(shape) = new.get(key).or(old.get(key)).or(new_customer.get(key)).or(old_customer.get(key)) else {
            continue;
        };
        let pair = |figure: fn(&Position) -> u32, rows: (&BTreeMap<&Key, &Position>, &BTreeMap<&Key, &Position>)| {
            (rows.0.get(key).map_or(0, |row| figure(row)), rows.1.get(key).map_or(0, |row| figure(row)))
        };
        let change = Change {
            key: key.clone(),
            organisation: shape.organisation.clone(),
            product: shape.product.clone(),
            edition: shape.edition.clone(),
            version: shape.version.clone(),
            title: after.names.licence(&shape.product, shape.edition.as_deref(), shape.version.as_deref()),
            metric: shape.metric.name(),
            required: pair(|row| row.required, (&old, &new)),
            shortfall: pair(|row| row.shortfall, (&old, &new)),
            shortfall_customer: pair(|row| row.shortfall, (&old_customer, &new_customer)),
            surplus: pair(|row| row.surplus, (&old, &new)),
            marginal_cost: marginal_cost(old.get(key).copied(), new.get(key).copied()),
            first_year: first_year(old.get(key).copied(), new.get(key).copied()),
            missing_price: new.get(key).and_then(|row| row.missing_price.clone()),
        };
        if change.required.0 != change.required.1
            || change.shortfall.0 != change.shortfall.1
            || change.shortfall_customer.0 != change.shortfall_customer.1
        {
            changes.push(change);
        }
    }
    settle(before, after, &mut changes);
    changes
}

/// Units of all versions are bought together, so that a row's share of their cost moves with the others: the first changed
/// row of a product, edition and metric bears what makes the changes come to the cost of all.
fn settle(before: &Outcome, after: &Outcome, changes: &mut [Change]) {
    let group =
        |change: &Change| (change.organisation.clone(), change.product.clone(), change.edition.clone(), change.metric);
    let groups: BTreeSet<_> = changes.iter().map(group).collect();
    for of in groups {
        let (earlier, later) = (cost_of(&before.strict, &of), cost_of(&after.strict, &of));
        let (Some(earlier), Some(later)) = (earlier, later) else { continue };
        let mut own: Vec<&mut Change> = changes.iter_mut().filter(|change| group(change) == of).collect();
        let told: Option<i64> = own.iter().map(|change| change.marginal_cost.as_ref().map(|cost| cost.minor)).sum();
        let Some(told) = told else { continue };
        let grown = own.iter().position(|change| change.shortfall.1 > change.shortfall.0).unwrap_or(0);
        if let Some(cost) = own[grown].marginal_cost.as_mut() {
            cost.minor += later - earlier - told;
        }
    }
}

/// What an organisation's missing units of a product, edition and metric cost; `None` where a price is missing.
fn cost_of(assessment: &Assessment, of: &(String, String, Option<String>, &str)) -> Option<i64> {
    let rows = assessment.positions.iter().filter(|row| {
        row.shortfall > 0
            && (&row.organisation, &row.product, &row.edition, row.metric.name()) == (&of.0, &of.1, &of.2, of.3)
    });
    rows.map(|row| row.cost.as_ref().map(|cost| cost.minor)).sum()
}

/// What buying the missing units of a row takes more in the first year than before, where it takes more than them.
fn first_year(before: Option<&Position>, after: Option<&Position>) -> Option<Money> {
    let to_buy = after?.to_buy.as_ref().filter(|to_buy| to_buy.is_more_than_units())?;
    let later = to_buy.first_year.as_ref()?;
    let earlier = match before.and_then(|row| row.to_buy.as_ref()) {
        Some(to_buy) => to_buy.first_year.as_ref()?.minor,
        None => 0,
    };
    Some(Money { minor: later.minor - earlier, currency: later.currency.clone() })
}

/// Cost of the shortfall afterwards less that of before.
fn marginal_cost(before: Option<&Position>, after: Option<&Position>) -> Option<Money> {
    let Some(after) = after.filter(|row| row.shortfall > 0) else {
        let currency = after.and_then(|row| row.cost.as_ref()).map(|cost| cost.currency.clone());
        return Some(Money { minor: 0, currency: currency.unwrap_or_default() });
    };
    let cost = after.cost.as_ref()?;
    let earlier = match before.filter(|row| row.shortfall > 0) {
        Some(row) => row.cost.as_ref()?.minor,
        None => 0,
    };
    Some(Money { minor: cost.minor - earlier, currency: cost.currency.clone() })
}

/// What the request adds and no terms cover.
fn uncounted(before: &Outcome, after: &Outcome) -> Option<String> {
    let kinds = ["uncounted:", "unknown-product:", "untracked:"];
    let mut added = after.findings.iter().filter(|finding| {
        kinds.iter().any(|kind| finding.key.0.starts_with(kind))
            && !before.findings.iter().any(|known| known.key == finding.key && known.text == finding.text)
    });
    added.next().map(|finding| finding.text.clone())
}

/// Whether some requirement rests on a requested machine.
fn is_counted(after: &Outcome, requested: &[String]) -> bool {
    requirements_of(after, requested).next().is_some()
}

fn requirements_of<'a>(after: &'a Outcome, requested: &'a [String]) -> impl Iterator<Item = usize> + 'a {
    after.strict.requirements.iter().enumerate().filter_map(|(index, requirement)| {
        let named = requirement.hosts.iter().filter_map(|&id| after.host(id));
        named.into_iter().any(|host| requested.contains(&host.name)).then_some(index)
    })
}

/// Purchase lines whose units are spent on what the requested machines need.
fn covers(after: &Outcome, requested: &[String]) -> Vec<Cover> {
    let concerned: Vec<usize> = requirements_of(after, requested).collect();
    let mut covers: Vec<Cover> = Vec::new();
    for allocation in after.strict.allocations.iter().filter(|one| concerned.contains(&one.requirement)) {
        let entitlement = &after.strict.entitlements[allocation.entitlement];
        let line = after.purchases.get(entitlement.line);
        let metric = entitlement.forms[allocation.form].metric.name();
        match covers.iter_mut().find(|cover| cover.entitlement == entitlement.key && cover.metric == metric) {
            Some(cover) => cover.units += allocation.units,
            None => covers.push(Cover {
                entitlement: entitlement.key.clone(),
                reference: line.and_then(|line| line.reference.clone()),
                place: line.and_then(|line| line.evidence.as_ref()).map(|evidence| after.place(evidence)),
                title: line.map_or_else(String::new, |line| {
                    after.names.licence(&line.product, line.edition.as_deref(), line.version.as_deref())
                }),
                units: allocation.units,
                left: left(after, allocation.entitlement, metric),
                metric,
            }),
        }
    }
    covers
}

/// Units of an entitlement that are left over.
fn left(after: &Outcome, entitlement: usize, metric: &str) -> u32 {
    let surpluses = after.strict.surpluses.iter().filter(|surplus| surplus.entitlement == entitlement);
    let forms = &after.strict.entitlements[entitlement].forms;
    surpluses.filter(|surplus| forms[surplus.form].metric.name() == metric).map(|surplus| surplus.units).sum()
}
