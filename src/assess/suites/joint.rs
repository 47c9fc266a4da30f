//! Families that suites join, told as one problem.
//!
//! Needs of several families on one host become one need, whose ways are all combinations of theirs, each in every mix of
//! what units of suites serve at once: so many units of a pair of lines, and the rest of either line by itself. A unit of a
//! suite serves a line of either family, or a pair; a unit of any other right serves a line of its own family. Thus a host
//! takes of a suite the most that any of its lines takes, and the problem is one that `allocate` knows: it has nothing to do
//! with hosts, because only lines of one host are ever paired.
//!
//! What serves what was asked of the families' own lines and rights. Here it is written as terms: every class of lines has
//! its own, and a right is only for those of the classes it serves.

use hashbrown::HashMap;

use crate::allocate::{self, Problem, Solution};
use crate::model::{Allocation, Entitlement, Line, Metric, Requirement};

use super::super::family::Needs;
use super::classes::Classes;
use super::combined::Mixed;
use super::rights::Origin;
use super::{Families, Suite};

/// Families told as one problem.
pub(super) struct Joint {
    pub requirements: Vec<Requirement>,
    pub entitlements: Vec<Entitlement>,
    /// What each way of each need is made of.
    pub ways: Vec<Vec<Mixed>>,
    pub rights: Vec<Origin>,
    /// Whether the least that it leaves unmet is the least of all: no mix was left out that could leave less.
    pub is_exact: bool,
    /// Worth of a unit by the terms of its class.
    worths: HashMap<String, u64>,
}

impl Joint {
    /// `None` where there are too many ways, or a suite's parts differ in their units. Where suites are taken to be `alike`,
    /// each serves what any of them serves: no placement of what is really owned leaves less unmet.
    pub fn new(families: &Families<'_>, alike: bool) -> Option<Self> {
        if !families.suites.iter().all(|suite| are_even(&families.needs, suite)) {
            return None;
        }
        let mut classes = Classes::of(families);
        if alike {
            classes.make_suites_alike();
        }
        let (needs, is_parted) = classes.connected();
        // What a family meets by the units placed on each host is a valuated matroid, and the sum of two of them is greatest
        // at whole units: where two families share suites that serve alike, a best placement exists in steps of what all
        // units are multiples of.
        let common = classes.common_units();
        let first = if families.needs.len() == 2 && classes.are_suites_alike() { common } else { 1 };
        let mut step = first;
        loop {
            if let Some((requirements, ways)) = classes.requirements(&needs, step) {
                let (entitlements, rights) = classes.entitlements();
                let worths = classes.worths();
                let is_exact = step == first && !is_parted;
                return Some(Self { requirements, entitlements, ways, rights, is_exact, worths });
            }
            step = if step < common { common } else { step.checked_mul(2)? };
            if step / 2 > classes.largest() {
                return None;
            }
        }
    }

    /// Σ worth × units unmet.
    pub fn unmet(&self, solution: &Solution) -> u128 {
        let worth = |line: &Line, units: u32| u128::from(units) * u128::from(self.worths[&line.accepts[0].terms]);
        let lines = |requirement: usize, way: usize| &self.requirements[requirement].alternatives[way].lines;
        let ways: HashMap<usize, usize> =
            solution.chosen.iter().map(|chosen| (chosen.requirement, chosen.alternative)).collect();
        let needed = ways.iter().flat_map(|(&requirement, &way)| lines(requirement, way));
        let needed: u128 = needed.map(|line| worth(line, line.units)).sum();
        let met =
            |spent: &Allocation| worth(&lines(spent.requirement, ways[&spent.requirement])[spent.line], spent.units);
        needed - solution.allocations.iter().map(met).sum::<u128>()
    }

    /// Allocates.
    pub fn solve(&self, method: &allocate::Method<'_>) -> Solution {
        let weight = |line: &Line| self.worths[&line.accepts[0].terms];
        let problem = Problem { requirements: &self.requirements, entitlements: &self.entitlements, weight: &weight };
        let solution = allocate::allocate_by(&problem, method);
        let balance = allocate::check(&self.requirements, &self.entitlements, &solution.chosen, &solution.allocations);
        assert!(balance.is_ok(), "the ledger of joined families does not balance: {balance:?}");
        solution
    }
}

/// Whether the parts of a suite have the same units in the same forms.
fn are_even(needs: &[&Needs], suite: &Suite) -> bool {
    let forms = |(&side, &right): (&usize, &usize)| -> Vec<(Metric, u32)> {
        let forms = &needs[side].entitlements[right].forms;
        let whole = forms.iter().all(|form| form.product == forms[0].product && form.only_terms.is_empty());
        if whole && forms.len() <= 2 {
            forms.iter().map(|form| (form.metric, form.units)).collect()
        } else {
            Vec::new()
        }
    };
    let mut of_sides = suite.rights.iter().map(forms);
    let first = of_sides.next().unwrap_or_default();
    !first.is_empty() && suite.rights.len() == 2 && of_sides.all(|other| other == first)
}
