//! Where families are too entangled to be allocated together: the family of a suite's first part is reconciled first, and
//! the other parts go where its units went; what it left over is free for any host. Among licences that serve alike, the
//! suite is taken to stand where the other parts are needed too.

use std::collections::{BTreeMap, BTreeSet};

use crate::allocate::Solution;
use crate::model::{Entitlement, Form, HostId, Key, Line, Requirement, fits, kebab};
use crate::rules::suite_rule;

use super::super::Ground;
use super::super::family::Needs;
use super::Suite;

/// Licences of a purchase by the host they stand on.
type Placed = BTreeMap<HostId, u32>;

/// One family by itself.
pub(super) struct Alone<'n> {
    pub needs: &'n Needs,
    pub solution: &'n Solution,
}

/// The rights of a family with those of suites placed where the families of their first parts put them; `None` where it is
/// itself the first of all. `alone` are the families with the suites free for each.
pub(super) fn placed(
    ground: &Ground<'_>,
    side: usize,
    needs: &Needs,
    suites: &[Suite],
    alone: &[Alone<'_>],
) -> Option<Vec<Entitlement>> {
    let first_of = |right: usize| {
        let suite = suites.iter().find(|suite| suite.rights.get(&side) == Some(&right))?;
        (suite.first != side).then_some(suite.first)
    };
    if needs.requirements.is_empty() || !(0..needs.entitlements.len()).any(|right| first_of(right).is_some()) {
        return None;
    }
    let wanted: BTreeSet<HostId> = needs.requirements.iter().flat_map(hosts_of).collect();
    let mut known: BTreeMap<usize, BTreeMap<Key, Placed>> = BTreeMap::new();
    let mut all = Vec::new();
    for (index, right) in needs.entitlements.iter().enumerate() {
        let Some(first) = first_of(index) else {
            all.push(right.clone());
            continue;
        };
        let of_first = known.entry(first).or_insert_with(|| by_host(ground, &alone[first], &wanted));
        all.extend(split(ground, right.clone(), of_first.get(&right.key), &wanted));
    }
    Some(all)
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
fn by_host(ground: &Ground<'_>, solved: &Alone<'_>, wanted: &BTreeSet<HostId>) -> BTreeMap<Key, Placed> {
    let is_suite = |right: usize| {
        let bought = ground.estate.purchases.get(solved.needs.entitlements[right].line);
        let product = bought.and_then(|line| ground.rules.products.get(&line.product));
        product.is_some_and(|product| product.kind == "suite")
            && solved.needs.entitlements[right].bound_hosts.is_empty()
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
        let right = &solved.needs.entitlements[one.right];
        let each = right.forms[one.form].units_per_licence.max(1);
        *placed.entry(right.key.clone()).or_default().entry(one.host).or_default() += one.units.div_ceil(each);
    }
    placed
}

/// Everything spent on a line that stands on one host.
fn stands<'s>(solved: &'s Alone<'_>) -> impl Iterator<Item = Stand<'s>> {
    let chosen = solved.solution.chosen.iter();
    let chosen: BTreeMap<usize, usize> = chosen.map(|chosen| (chosen.requirement, chosen.alternative)).collect();
    solved.solution.allocations.iter().filter_map(move |spent| {
        let requirement = &solved.needs.requirements[spent.requirement];
        let line = &requirement.alternatives[*chosen.get(&spent.requirement)?].lines[spent.line];
        let &[host] = &*line.hosts else { return None };
        let organisation = requirement.organisation.as_str();
        Some(Stand { right: spent.entitlement, form: spent.form, units: spent.units, host, line, organisation })
    })
}

/// Whether the units of one place may serve the other's line.
fn may_stand(solved: &Alone<'_>, one: &Stand<'_>, other: &Stand<'_>) -> bool {
    let right = &solved.needs.entitlements[one.right];
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
