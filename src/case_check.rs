//! Worked cases: an estate built from each case's manifest, assessed like any other, compared with what must come out.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::assess;
use crate::model::{AlternativeTotal, Answer, Assessment, Basis, Estate, HostId, Money, Outcome, Position, Unresolved};
use crate::rules::{Case, Expectation, ExpectedAlternative, ExpectedCheapest, RowMatch, Rules, Settings};

/// How one case came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// Id of the case.
    pub id: String,
    /// Whether everything stated came out.
    pub ok: bool,
    /// What did not, one sentence each.
    pub why: Vec<String>,
}

/// Assesses a case and compares.
pub fn check(rules: &Rules, case: &Case) -> CaseResult {
    let estate = Estate::of_manifest(case.manifest.clone());
    let outcome = assess::outcome(&estate, rules, &Settings::default(), case.as_of, &assess::no_records());
    let assessment = match case.reading {
        Answer::Strict => &outcome.strict,
        Answer::Customer => &outcome.customer,
    };
    let mut why = unresolved(case);
    why.extend(running_on_themselves(&estate));
    why.extend(unknown_products(rules, case));
    for expectation in &case.expectations {
        check_row(rules, assessment, expectation, &mut why);
    }
    for alternative in &case.alternatives {
        check_alternative(assessment, alternative, &mut why);
    }
    for cheapest in &case.cheapest {
        check_cheapest(&outcome, assessment, cheapest, &mut why);
    }
    if !why.is_empty() {
        why.extend(untold_products(rules, case));
    }
    CaseResult { id: case.id.clone(), ok: why.is_empty(), why }
}

/// Names in the case that nothing bears.
fn unresolved(case: &Case) -> Vec<String> {
    let of = |host: HostId| case.manifest.hosts.get(host.0 as usize).map_or("", |host| host.name.as_str());
    // Hosts of one table with `count` all name the same.
    let mut said = BTreeSet::new();
    let text = |Unresolved { host, key, name, line }: &Unresolved| {
        format!("line {line}: `{key}` of host {} names {name}, which is no host of the case", of(*host))
    };
    let all = case.manifest.unresolved.iter();
    all.filter(|one| said.insert((one.line, one.key.clone(), one.name.clone()))).map(text).collect()
}

/// Guests that run on each other.
fn running_on_themselves(estate: &Estate) -> Vec<String> {
    let circle = |id: HostId| {
        let mut at = estate.host(id).runs_on();
        for _ in 0..estate.hosts.len() {
            match at {
                Some(host) if host == id => return true,
                Some(host) => at = estate.host(host).runs_on(),
                None => return false,
            }
        }
        false
    };
    let found = estate.hosts_with_ids().filter(|(id, _)| circle(*id));
    found.map(|(_, host)| format!("`on` of host {} leads back to itself", host.name)).collect()
}

/// Products that the case expects something of and no rule file describes.
fn unknown_products(rules: &Rules, case: &Case) -> Vec<String> {
    let rows = case.expectations.iter().map(|expected| &expected.row);
    let ways = case.alternatives.iter().map(|expected| &expected.row);
    let cheapest = case.cheapest.iter().map(|expected| &expected.row);
    let named: BTreeSet<&String> = rows.chain(ways).chain(cheapest).filter_map(|row| row.product.as_ref()).collect();
    let unknown = named.into_iter().filter(|id| !rules.products.contains_key(*id));
    unknown.map(|id| format!("no rule file describes the product {id}")).collect()
}

/// Products bought or priced in the case that no rule file describes: said where something did not come out.
fn untold_products(rules: &Rules, case: &Case) -> Vec<String> {
    let bought = case.manifest.purchases.iter().map(|purchase| ("an entitlement", &purchase.product));
    let priced = case.manifest.prices.iter().map(|price| ("a price", &price.product));
    let named: BTreeSet<_> = bought.chain(priced).filter(|(_, id)| !rules.products.contains_key(*id)).collect();
    named.into_iter().map(|(what, id)| format!("no rule file describes the product {id} of {what}")).collect()
}

/// Whether a row bears the keys that are stated; versions are compared as people write them.
fn matches(rules: &Rules, row: &RowMatch, position: &Position) -> bool {
    let same_version = |name: &String| {
        let release = |version: &str| rules.products.get(&position.product)?.release(version);
        position.version.as_ref().is_some_and(|version| {
            name == version || release(name).is_some_and(|known| release(version) == Some(known))
        })
    };
    row.organisation.as_ref().is_none_or(|name| *name == position.organisation)
        && row.product.as_ref().is_none_or(|name| *name == position.product)
        && row.edition.as_ref().is_none_or(|name| Some(name) == position.edition.as_ref())
        && row.version.as_ref().is_none_or(same_version)
        && row.metric.is_none_or(|metric| metric == position.metric)
}

/// A row's keys in words.
fn title(row: &RowMatch) -> String {
    let metric = row.metric.map(|metric| metric.name().to_owned());
    let parts = [&row.organisation, &row.product, &row.edition, &row.version, &metric];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn check_row(rules: &Rules, assessment: &Assessment, expectation: &Expectation, why: &mut Vec<String>) {
    let rows: Vec<&Position> =
        assessment.positions.iter().filter(|position| matches(rules, &expectation.row, position)).collect();
    let sum = |figure: fn(&Position) -> u32| rows.iter().map(|row| figure(row)).sum::<u32>();
    let (required, shortfall) = (sum(|row| row.required), sum(|row| row.shortfall));
    // Over several rows every fitting unit counts once.
    let usable = if shortfall > 0 {
        required - shortfall
    } else {
        required + sum(|row| if row.shortfall == 0 { row.usable - row.required } else { 0 })
    };
    let found = [
        ("required", expectation.required, required),
        ("usable", expectation.usable, usable),
        ("shortfall", expectation.shortfall, shortfall),
        ("surplus", expectation.surplus, sum(|row| row.surplus)),
    ];
    let title = title(&expectation.row);
    for (name, wanted, found) in found {
        if wanted.is_some_and(|wanted| wanted != found) {
            why.push(format!("{title}: {name} is {found}, not {}", wanted.unwrap_or_default()));
        }
    }
    if let Some((low, high)) = expectation.range {
        let found = match expectation.row.version {
            Some(_) => (sum(|row| row.range.0), sum(|row| row.range.1)),
            None => range_of_versions(&rows),
        };
        if found != (low, high) {
            why.push(format!("{title}: range is {} to {}, not {low} to {high}", found.0, found.1));
        }
    }
    if let Some(cost) = expectation.cost {
        let found: Option<i64> = rows.iter().map(|row| row.cost.as_ref().map(|cost| cost.minor)).sum();
        compare_cost(&title, cost, found, why);
    }
}

/// The range of rows of any version: each product, edition and metric once.
fn range_of_versions(rows: &[&Position]) -> (u32, u32) {
    let mut groups: Vec<_> = rows
        .iter()
        .map(|row| (&row.organisation, &row.product, &row.edition, row.metric, row.range_of_versions))
        .collect();
    groups.sort();
    groups.dedup();
    groups.iter().fold((0, 0), |sum, group| (sum.0 + group.4.0, sum.1 + group.4.1))
}

fn compare_cost(title: &str, wanted: Decimal, found: Option<i64>, why: &mut Vec<String>) {
    let wanted_minor = crate::model::decimal_to_minor(wanted);
    if found != wanted_minor {
        let found = found.map_or("unknown".to_owned(), |minor| Decimal::new(minor, 2).to_string());
        why.push(format!("{title}: cost is {found}, not {wanted}"));
    }
}

fn check_alternative(assessment: &Assessment, expected: &ExpectedAlternative, why: &mut Vec<String>) {
    let row = &expected.row;
    let by = |basis: Option<Basis>| -> Vec<&AlternativeTotal> {
        let fits = |total: &&AlternativeTotal| {
            row.organisation.as_ref().is_none_or(|name| *name == total.organisation)
                && row.product.as_ref().is_none_or(|name| *name == total.product)
                && row.edition.as_ref().is_none_or(|name| Some(name) == total.edition.as_ref())
                && row.metric.is_none_or(|metric| metric == total.metric)
                && basis.is_none_or(|basis| basis == total.basis)
        };
        assessment.alternatives.iter().filter(fits).collect()
    };
    let mut fitting = by(expected.basis);
    if fitting.is_empty() && expected.basis == Some(Basis::Mixed) {
        // Users and devices together are listed where that needs less than one of them alone; else one alone is the mix.
        fitting = [Basis::User, Basis::Device].into_iter().flat_map(|basis| by(Some(basis))).collect();
        fitting.sort_by_key(|total| total.required);
    }
    let basis = expected.basis.map_or("", |basis| basis.name());
    let title = format!("alternative {} by {basis}", title(row));
    let available = fitting.iter().any(|total| total.available);
    if let Some(wanted) = expected.available
        && wanted != available
    {
        why.push(format!("{title}: available is {available}, not {wanted}"));
    }
    if expected.required.is_none() && expected.cost.is_none() {
        return;
    }
    let Some(total) = fitting.iter().find(|total| total.available).or(fitting.first()) else {
        why.push(format!("{title}: there is no such way"));
        return;
    };
    if expected.required.is_some_and(|wanted| wanted != total.required) {
        why.push(format!("{title}: required is {}, not {}", total.required, expected.required.unwrap_or_default()));
    }
    if let Some(cost) = expected.cost {
        compare_cost(&title, cost, total.cost.as_ref().map(|money| money.minor), why);
    }
}

/// Whether a way is only listed because Software Assurance on its licences is not shown: the price of the licences alone
/// is not what it would cost.
fn wants_assurance(assessment: &Assessment, total: &AlternativeTotal) -> bool {
    total.scopes.iter().any(|scope| {
        let way = &assessment.requirements[scope.requirement].alternatives[scope.alternative];
        let mut accepted = way.lines.iter().flat_map(|line| line.accepts.iter()).peekable();
        way.listed_only && accepted.peek().is_some() && accepted.all(|accepted| accepted.needs_sa)
    })
}

fn check_cheapest(outcome: &Outcome, assessment: &Assessment, expected: &ExpectedCheapest, why: &mut Vec<String>) {
    let title = format!("cheapest {}", title(&expected.row));
    let cheapest = assessment
        .alternatives
        .iter()
        .filter(|total| expected.row.product.as_ref().is_none_or(|name| *name == total.product) && total.available)
        .filter(|total| !wants_assurance(assessment, total))
        .filter_map(|total| Some((total.cost.as_ref()?, total)))
        .min_by_key(|(cost, total)| ((*cost).clone(), total.required));
    let Some((Money { minor, .. }, total)) = cheapest else {
        why.push(format!("{title}: no way is priced on {}", outcome.as_of));
        return;
    };
    if expected.row.edition.is_some() && expected.row.edition != total.edition {
        why.push(format!("{title}: edition is {}", total.edition.as_deref().unwrap_or("none")));
    }
    if expected.basis.is_some_and(|basis| basis != total.basis) {
        why.push(format!("{title}: basis is {}", total.basis.name()));
    }
    if let Some(cost) = expected.cost {
        compare_cost(&title, cost, Some(*minor), why);
    }
}
