//! Suites that license hosts and that nobody assigned: each unit stands on one host and serves all parts there (SC-R5, SC-R6).
//!
//! The families that such a suite joins are allocated together, so that what both miss is the least in sum. A unit on a host
//! serves a line of each family there; what the lines of a host take of a suite is the most that any family takes, not the
//! sum. `joint` tells both families as one problem in which this is nothing special: `classes` asks what serves what,
//! `combined` makes the needs of a host one, `mixes` tells how much of a pair of lines is served at once, and `rights` writes
//! the rights for it. `unfold` tells what was found in the families' own words. Where that problem is too large,
//! `one_by_one` reconciles one family after the other, and what that may have missed is told.

mod classes;
mod combined;
mod joint;
mod mixes;
mod one_by_one;
mod rights;
mod unfold;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;

use crate::allocate::{self, PriceList, Problem, Solution};
use crate::model::{Entitlement, Line};
use crate::rules::Product;

use super::Ground;
use super::family::{Family, Group, Needs, Solved, Weigher, name_of};
use joint::Joint;
use one_by_one::Alone;

/// Families with those that owned suites join them to.
pub(super) fn joined<'r>(ground: &Ground<'_>, families: Vec<Family<'r>>) -> Vec<Group<'r>> {
    let mut numbers: Vec<usize> = (0..families.len()).collect();
    for joined in ground.rules.joined_by_suites(&ground.estate.purchases) {
        let is_part = |family: &Family<'_>| family.iter().any(|product| joined.contains(product.family.as_str()));
        let parts = families.iter().zip(&numbers).filter(|(family, _)| is_part(family));
        let all: BTreeSet<usize> = parts.map(|(_, number)| *number).collect();
        let Some(&first) = all.first() else { continue };
        numbers.iter_mut().filter(|number| all.contains(number)).for_each(|number| *number = first);
    }
    let mut groups: BTreeMap<usize, Group<'r>> = BTreeMap::new();
    for (family, number) in families.into_iter().zip(numbers) {
        groups.entry(number).or_default().push(family);
    }
    groups.into_values().collect()
}

/// A purchase of a suite that joins families of a group.
struct Suite {
    /// Where it stands among the rights of each family that it has a part in.
    rights: BTreeMap<usize, usize>,
    /// The family of its first part.
    first: usize,
}

/// Suites that nobody assigned and that have parts for hosts in several families.
fn unassigned(ground: &Ground<'_>, group: &Group<'_>, needs: &[Arc<Needs>]) -> Vec<Suite> {
    let mut found: BTreeMap<&str, Suite> = BTreeMap::new();
    for (side, needs) in needs.iter().enumerate() {
        for (index, right) in needs.entitlements.iter().enumerate() {
            let bought = ground.estate.purchases.get(right.line);
            let suite = bought.and_then(|line| ground.rules.products.get(&line.product));
            let Some(suite) = suite.filter(|product| product.kind == "suite" && is_free(right)) else { continue };
            let family_of =
                |part: &Product| group.iter().position(|family| family.iter().any(|product| product.id == part.id));
            let mut sides = ground.rules.parts_for_hosts(suite).filter_map(family_of);
            let Some(first) = sides.next() else { continue };
            if first != side && !sides.any(|other| other == side) {
                continue;
            }
            let entry = found.entry(&right.key.0);
            entry.or_insert_with(|| Suite { rights: BTreeMap::new(), first }).rights.insert(side, index);
        }
    }
    found.into_values().filter(|suite| suite.rights.len() > 1).collect()
}

/// Whether nobody says where its units are.
fn is_free(right: &Entitlement) -> bool {
    right.bound_hosts.is_empty()
        && right.unknown_assignees.is_empty()
        && right.refused.is_none()
        && !right.overlap
        && !right.forms.is_empty()
}

/// What one family of a group came to.
struct Found {
    /// Its rights, where units of suites that stand elsewhere are told apart.
    pieces: Option<Vec<Entitlement>>,
    solution: Solution,
    notes: Vec<String>,
}

/// The families of a group with their suites placed for all of them; `None` where none joins them, or one alone needs
/// anything.
pub(super) fn together(
    ground: &Ground<'_>,
    prices: &PriceList<'_>,
    group: &Group<'_>,
    needs: &[Arc<Needs>],
    method: &allocate::Method<'_>,
) -> Option<Vec<Solved>> {
    if needs.iter().filter(|needs| !needs.requirements.is_empty()).count() < 2 {
        return None;
    }
    let suites = unassigned(ground, group, needs);
    if suites.is_empty() {
        return None;
    }
    let weigher = Weigher::new(ground, prices, needs.iter().flat_map(|needs| &needs.requirements));
    let families = Families {
        ground,
        needs: needs.iter().map(|needs| &**needs).collect(),
        suites,
        names: group.iter().map(name_of).collect::<Vec<_>>().join(" and "),
        weight: &|line: &Line| weigher.weight(ground, prices, line),
        method,
    };
    let mut found = families.allocate();
    found[0].notes.extend(weigher.note(&families.names));
    let of_family =
        |(needs, one): (&Arc<Needs>, Found)| Solved::new(Arc::clone(needs), one.pieces, one.solution, one.notes);
    Some(needs.iter().zip(found).map(of_family).collect())
}

/// Families that suites join.
struct Families<'n> {
    ground: &'n Ground<'n>,
    needs: Vec<&'n Needs>,
    suites: Vec<Suite>,
    /// What they are called.
    names: String,
    /// Price of a missing unit, in one scale for all of them.
    weight: &'n (dyn Fn(&Line) -> u64 + Sync),
    method: &'n allocate::Method<'n>,
}

impl Families<'_> {
    fn allocate(&self) -> Vec<Found> {
        let Some(joint) = Joint::new(self, false) else { return self.one_after_the_other() };
        let solution = joint.solve(self.method);
        let mut found = unfold::unfold(self, &joint, &solution);
        if joint.is_exact {
            let named = solution.notes.iter().map(|note| format!("{}: {note}", self.names));
            found[0].notes.extend(named);
        } else {
            let gap = self.gap(&found, &self.alone());
            found[0].notes.extend(gap);
        }
        found
    }

    /// Each family with the suites free for it alone.
    fn alone(&self) -> Vec<Solution> {
        self.needs.iter().map(|needs| self.spend(needs, &needs.entitlements)).collect()
    }

    fn spend(&self, needs: &Needs, entitlements: &[Entitlement]) -> Solution {
        let problem = Problem { requirements: &needs.requirements, entitlements, weight: self.weight };
        allocate::allocate_by(&problem, self.method)
    }

    /// The family of the first part of each suite first, the others where its units went.
    fn one_after_the_other(&self) -> Vec<Found> {
        let alone = self.alone();
        let views: Vec<Alone<'_>> =
            self.needs.iter().zip(&alone).map(|(needs, solution)| Alone { needs, solution }).collect();
        let of_family = |(side, needs): (usize, &&Needs)| {
            let pieces = one_by_one::placed(self.ground, side, needs, &self.suites, &views);
            let solution = match &pieces {
                Some(pieces) => self.spend(needs, pieces),
                None => alone[side].clone(),
            };
            Found { pieces, solution, notes: Vec::new() }
        };
        let mut found: Vec<Found> = self.needs.iter().enumerate().map(of_family).collect();
        let gap = self.gap(&found, &alone);
        found[0].notes.extend(gap);
        found
    }

    /// What no placement leaves less unmet than: what the families leave where each has the suites for itself, or together
    /// where each suite serves what any serves.
    fn bound(&self, alone: &[Solution]) -> u128 {
        let least = |(needs, alone): (&&Needs, &Solution)| {
            // What is not proved there itself is no bound here.
            if alone.notes.is_empty() { self.unmet(needs, alone) } else { 0 }
        };
        let apart: u128 = self.needs.iter().zip(alone).map(least).sum();
        let alike = Joint::new(self, true).filter(|joint| joint.is_exact).and_then(|joint| {
            let solution = joint.solve(self.method);
            solution.notes.is_empty().then(|| joint.unmet(&solution))
        });
        apart.max(alike.unwrap_or(0))
    }

    /// What is not proved, in words.
    fn gap(&self, found: &[Found], alone: &[Solution]) -> Option<String> {
        let unmet: u128 = self.needs.iter().zip(found).map(|(needs, one)| self.unmet(needs, &one.solution)).sum();
        let bound = self.bound(alone);
        (unmet > bound).then(|| {
            let thousandths = (unmet - bound) * 100_000 / bound.max(1);
            let percent = match bound {
                0 => "the gap has no percentage".to_owned(),
                _ => format!("gap {}.{:03} %", thousandths / 1_000, thousandths % 1_000),
            };
            format!(
                "{}: the units of suites that they share were placed in steps of several units, or for one of them after \
                 the other: priced unmet need {unmet}, lower bound {bound} (both in hundredths of the relative price), \
                 {percent}; a better placement is not excluded.",
                self.names
            )
        })
    }

    /// Σ price × units unmet.
    fn unmet(&self, needs: &Needs, solution: &Solution) -> u128 {
        let priced = |line: &Line, units: u32| u128::from(units) * u128::from((self.weight)(line));
        let ways: HashMap<usize, usize> =
            solution.chosen.iter().map(|chosen| (chosen.requirement, chosen.alternative)).collect();
        let lines_of = |requirement: usize, way: usize| &needs.requirements[requirement].alternatives[way].lines;
        let needed = ways.iter().flat_map(|(&requirement, &way)| lines_of(requirement, way));
        let needed: u128 = needed.map(|line| priced(line, line.units)).sum();
        let met = solution.allocations.iter().map(|spent| {
            let line = &lines_of(spent.requirement, ways[&spent.requirement])[spent.line];
            priced(line, spent.units)
        });
        needed - met.sum::<u128>()
    }
}
