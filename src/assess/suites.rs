//! The parts of a suite that licenses hosts stay together: each unit licenses one host for all of them (SC-R5, SC-R6).
//!
//! Families are reconciled one by one. Where nobody says to which hosts units of a suite are assigned, the family of its first
//! part is reconciled first, and the other parts go where its units went; what it left over is free for any host. Among licences
//! that serve alike, the suite is taken to stand where the other parts are needed too.

use std::collections::{BTreeMap, BTreeSet};

use crate::allocate::PriceList;
use crate::model::{Entitlement, Form, HostId, Key, Line, Reading, Requirement, fits, kebab};
use crate::rules::{Method, Product, Suite, suite_rule};

use super::Ground;
use super::family::{Memory, Solved, solve};

/// Licences of a purchase by the host they stand on.
type Placed = BTreeMap<HostId, u32>;

/// The entitlements of a family with those of unassigned suites placed where the family of their first part put them.
pub(super) fn placed(
    ground: &Ground<'_>,
    prices: &PriceList<'_>,
    members: &[&Product],
    reading: &Reading,
    entitlements: Vec<Entitlement>,
    requirements: &[Requirement],
) -> Vec<Entitlement> {
    let firsts: Vec<Option<String>> = entitlements.iter().map(|right| first_family(ground, members, right)).collect();
    if requirements.is_empty() || firsts.iter().all(Option::is_none) {
        return entitlements;
    }
    let wanted: BTreeSet<HostId> = requirements.iter().flat_map(hosts_of).collect();
    let mut known: BTreeMap<String, BTreeMap<Key, Placed>> = BTreeMap::new();
    let mut all = Vec::new();
    for (right, first) in entitlements.into_iter().zip(firsts) {
        let Some(first) = first else {
            all.push(right);
            continue;
        };
        let of_first = known.entry(first.clone()).or_insert_with(|| {
            let products: Vec<&Product> =
                ground.rules.products.values().filter(|product| product.family == first).collect();
            let solved = solve(ground, prices, &products, reading, &Memory::default());
            by_host(ground, &solved, &wanted)
        });
        all.extend(split(ground, right.clone(), of_first.get(&right.key), &wanted));
    }
    all
}

/// The family of the first part of a suite, where this family has a later one, both license hosts, and nobody says to which
/// hosts the suite is assigned.
fn first_family(ground: &Ground<'_>, members: &[&Product], right: &Entitlement) -> Option<String> {
    let bought = ground.estate.purchases.get(right.line)?;
    let suite = ground.rules.products.get(&bought.product).filter(|product| product.kind == "suite")?;
    if !right.bound_hosts.is_empty() || !right.unknown_assignees.is_empty() || right.refused.is_some() {
        return None;
    }
    let of_hosts = |part: &&Suite| {
        let product = ground.rules.products.get(&part.product);
        product.is_some_and(|product| product.terms.iter().any(|terms| terms.method == Method::HostSets))
    };
    let parts: Vec<&Suite> = suite.suite.iter().filter(of_hosts).collect();
    let first = ground.rules.products.get(&parts.first()?.product)?;
    let is_own = |part: &&Suite| members.iter().any(|member| member.id == part.product);
    (!members.iter().any(|member| member.id == first.id) && parts.iter().any(is_own)).then(|| first.family.clone())
}

/// Hosts that a need is licensed by.
fn hosts_of(requirement: &Requirement) -> impl Iterator<Item = HostId> + '_ {
    requirement.alternatives.iter().flat_map(|way| &way.lines).flat_map(|line| line.hosts.iter().copied())
}

/// Units of a right on one line of the solution, with the host they stand on.
#[derive(Clone)]
struct Stand<'s> {
    right: usize,
    form: usize,
    units: u32,
    host: HostId,
    line: &'s Line,
    organisation: &'s str,
}

/// Licences of each purchase by the host that the solution of the first family puts them on. Where other licences that serve
/// alike stand on a host of which the other parts have need, they change places with those of a suite elsewhere.
fn by_host(ground: &Ground<'_>, solved: &Solved<'_>, wanted: &BTreeSet<HostId>) -> BTreeMap<Key, Placed> {
    let is_suite = |right: usize| {
        let bought = ground.estate.purchases.get(solved.entitlements[right].line);
        let product = bought.and_then(|line| ground.rules.products.get(&line.product));
        product.is_some_and(|product| product.kind == "suite") && solved.entitlements[right].bound_hosts.is_empty()
    };
    let (mut suites, mut others): (Vec<Stand<'_>>, Vec<Stand<'_>>) =
        stands(solved).partition(|one| is_suite(one.right));
    others.retain(|one| wanted.contains(&one.host));
    let mut moved = Vec::new();
    for one in suites.iter_mut().filter(|one| !wanted.contains(&one.host)) {
        for other in &mut others {
            if one.units > 0 && other.units > 0 && may_stand(solved, one, other) && may_stand(solved, other, one) {
                let units = one.units.min(other.units);
                one.units -= units;
                other.units -= units;
                moved.push(Stand { units, host: other.host, ..one.clone() });
            }
        }
    }
    let mut placed: BTreeMap<Key, Placed> = BTreeMap::new();
    for one in suites.into_iter().chain(moved).filter(|one| one.units > 0) {
        let right = &solved.entitlements[one.right];
        let each = right.forms[one.form].units_per_licence.max(1);
        *placed.entry(right.key.clone()).or_default().entry(one.host).or_default() += one.units.div_ceil(each);
    }
    placed
}

/// Everything spent on a line that stands on one host.
fn stands<'s>(solved: &'s Solved<'_>) -> impl Iterator<Item = Stand<'s>> {
    let chosen = solved.solution.chosen.iter();
    let chosen: BTreeMap<usize, usize> = chosen.map(|chosen| (chosen.requirement, chosen.alternative)).collect();
    solved.solution.allocations.iter().filter_map(move |spent| {
        let requirement = &solved.requirements[spent.requirement];
        let line = &requirement.alternatives[*chosen.get(&spent.requirement)?].lines[spent.line];
        let &[host] = &*line.hosts else { return None };
        let organisation = requirement.organisation.as_str();
        Some(Stand { right: spent.entitlement, form: spent.form, units: spent.units, host, line, organisation })
    })
}

/// Whether the units of one place may serve the other's line.
fn may_stand(solved: &Solved<'_>, one: &Stand<'_>, other: &Stand<'_>) -> bool {
    let right = &solved.entitlements[one.right];
    fits(right, &right.forms[one.form], other.line, other.organisation)
}

/// An entitlement in pieces: bound to each host where units of it stand and its own parts are needed, bound to the others where
/// they stand, and the rest.
fn split(
    ground: &Ground<'_>,
    right: Entitlement,
    placed: Option<&Placed>,
    wanted: &BTreeSet<HostId>,
) -> Vec<Entitlement> {
    let Some(placed) = placed else { return vec![right] };
    let bought = ground.estate.purchases.get(right.line);
    let suite = bought.and_then(|line| ground.rules.products.get(&line.product));
    let rule = match (suite, right.forms.first()) {
        (Some(suite), Some(form)) => suite_rule(suite, &form.product),
        _ => return vec![right],
    };
    let mut left = right.clone();
    let mut pieces = Vec::new();
    let mut elsewhere = (Vec::new(), 0);
    for (&host, &licences) in placed {
        if wanted.contains(&host) {
            let name = &ground.estate.host(host).name;
            pieces.push(piece(&mut left, licences, vec![host], &format!("on-{}", kebab(name)), &rule));
        } else {
            elsewhere.0.push(host);
            elsewhere.1 += licences;
        }
    }
    if elsewhere.1 > 0 {
        pieces.push(piece(&mut left, elsewhere.1, elsewhere.0, "elsewhere", &rule));
    }
    if left.forms.iter().any(|form| form.units > 0) {
        pieces.push(left);
    }
    pieces
}

/// So many licences, taken out of an entitlement.
fn piece(left: &mut Entitlement, licences: u32, hosts: Vec<HostId>, name: &str, rule: &str) -> Entitlement {
    let mut taken = left.clone();
    taken.key = Key(format!("{}/{name}", left.key));
    taken.bound_hosts = hosts;
    let share = |form: &mut Form, rest: &mut Form| {
        form.units = rest.units.min(licences.saturating_mul(form.units_per_licence.max(1)));
        rest.units -= form.units;
    };
    for (form, rest) in taken.forms.iter_mut().zip(&mut left.forms) {
        share(form, rest);
    }
    let text = format!("Licences of it on hosts where another part of the suite stands: {licences}.");
    taken.working.by_rule(rule, text);
    taken
}
