//! Choosing one way for each scope.
//!
//! Scopes that could draw on the same entitlements form a component. Within one, a first choice is improved by changing
//! one or two scopes at a time; small components are then searched exhaustively. Where that is not possible the result
//! is compared with a lower bound (every scope served as if it were alone), and the gap is told.

use std::collections::BTreeMap;

use crate::model::{Chosen, Requirement};

use super::fit::{fits, serves};
use super::spend::{Spending, spend, wants};
use super::{Problem, Solution};

/// Choices a component may have to be searched exhaustively.
const EXHAUSTIVE: u64 = 4_096;

/// Requirements and entitlements that touch each other.
pub(super) struct Component {
    requirements: Vec<usize>,
    entitlements: Vec<usize>,
    /// Ways in the running, for each requirement.
    eligible: BTreeMap<usize, Vec<usize>>,
}

/// Splits the problem.
pub(super) fn components(problem: &Problem<'_>) -> Vec<Component> {
    let eligible: Vec<Vec<usize>> =
        problem.requirements.iter().map(|requirement| eligible(problem, requirement)).collect();
    let mut parent: Vec<usize> = (0..problem.requirements.len() + problem.entitlements.len()).collect();
    for (index, ways) in eligible.iter().enumerate() {
        let requirement = &problem.requirements[index];
        for (entitlement, right) in problem.entitlements.iter().enumerate() {
            let touches = ways.iter().any(|&way| {
                requirement.alternatives[way]
                    .lines
                    .iter()
                    .any(|line| right.forms.iter().any(|form| fits(right, form, line, &requirement.organisation)))
            });
            if touches {
                let (a, b) = (root(&mut parent, index), root(&mut parent, problem.requirements.len() + entitlement));
                parent[a.max(b)] = a.min(b);
            }
        }
    }
    let mut components: BTreeMap<usize, Component> = BTreeMap::new();
    for (index, ways) in eligible.into_iter().enumerate() {
        if ways.is_empty() {
            continue;
        }
        let component = components.entry(root(&mut parent, index)).or_insert_with(|| Component {
            requirements: Vec::new(),
            entitlements: Vec::new(),
            eligible: BTreeMap::new(),
        });
        component.requirements.push(index);
        component.eligible.insert(index, ways);
    }
    for entitlement in 0..problem.entitlements.len() {
        let root = root(&mut parent, problem.requirements.len() + entitlement);
        if let Some(component) = components.get_mut(&root) {
            component.entitlements.push(entitlement);
        }
    }
    components.into_values().collect()
}

fn root(parent: &mut [usize], mut at: usize) -> usize {
    while parent[at] != at {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    at
}

/// Ways in the running: lawful ones that something owned fits, and what would be bought today. A way that needs
/// Software Assurance where another does not is in the running only with it, or where nothing owned fits any way.
fn eligible(problem: &Problem<'_>, requirement: &Requirement) -> Vec<usize> {
    let owned_fits = |way: usize| {
        requirement.alternatives[way].lines.iter().any(|line| {
            problem
                .entitlements
                .iter()
                .any(|right| right.forms.iter().any(|form| fits(right, form, line, &requirement.organisation)))
        })
    };
    let lawful: Vec<usize> =
        (0..requirement.alternatives.len()).filter(|&way| requirement.alternatives[way].refused.is_none()).collect();
    let fitting: Vec<usize> =
        lawful.iter().copied().filter(|&way| owned_fits(way) && condition_met(problem, requirement, way)).collect();
    let mut ways: Vec<usize> = lawful
        .iter()
        .copied()
        .filter(|&way| {
            let alternative = &requirement.alternatives[way];
            fitting.contains(&way)
                || alternative.sold && !alternative.higher_edition && (!alternative.conditional || fitting.is_empty())
        })
        .filter(|&way| !never_in_position(requirement, way))
        .collect();
    if ways.is_empty() {
        // Nothing sold serves it: the lowest lawful edition stands for the need.
        ways = lawful.into_iter().filter(|&way| !never_in_position(requirement, way)).take(1).collect();
    }
    ways
}

/// Whether something owned with Software Assurance serves every line that relies on it, assignments aside.
fn condition_met(problem: &Problem<'_>, requirement: &Requirement, way: usize) -> bool {
    let alternative = &requirement.alternatives[way];
    !alternative.conditional
        || alternative.lines.iter().filter(|line| line.accepts.iter().all(|accepted| accepted.needs_sa)).all(|line| {
            problem
                .entitlements
                .iter()
                .any(|right| right.forms.iter().any(|form| serves(right, form, line, &requirement.organisation)))
        })
}

/// A way that is listed and costed but never used for a position.
fn never_in_position(requirement: &Requirement, way: usize) -> bool {
    let alternative = &requirement.alternatives[way];
    alternative.listed_only || alternative.lines.iter().any(|line| line.accepts.is_empty())
}

/// How good a choice is; smaller is better.
type Score = (u128, u32, u64, u128, Vec<usize>);

struct Search<'a> {
    problem: &'a Problem<'a>,
    component: &'a Component,
    scored: u64,
}

impl Search<'_> {
    fn score(&mut self, choice: &[usize]) -> (Score, Spending) {
        self.scored += 1;
        let pairs = self.component.requirements.iter().copied().zip(choice.iter().copied());
        let wants = wants(self.problem, self.problem.requirements, pairs);
        let spending = spend(self.problem, &self.component.entitlements, &wants);
        let mut higher = 0;
        let mut units = 0_u64;
        for (&requirement, &way) in self.component.requirements.iter().zip(choice) {
            let alternative = &self.problem.requirements[requirement].alternatives[way];
            higher += u32::from(alternative.higher_edition);
            units += u64::from(alternative.units());
        }
        ((spending.unmet, higher, units, spending.capability, choice.to_vec()), spending)
    }

    fn ways(&self, position: usize) -> &[usize] {
        &self.component.eligible[&self.component.requirements[position]]
    }

    /// The best choice where each scope is served as if it were alone, and the sum of what stays unmet then.
    fn alone(&mut self) -> (Vec<usize>, u128) {
        let mut bound = 0;
        let mut choice = Vec::new();
        for position in 0..self.component.requirements.len() {
            let single = Component {
                requirements: vec![self.component.requirements[position]],
                entitlements: self.component.entitlements.clone(),
                eligible: BTreeMap::new(),
            };
            let mut search = Search { problem: self.problem, component: &single, scored: 0 };
            let best = self.ways(position).iter().map(|&way| search.score(&[way]).0).min();
            if let Some(best) = best {
                bound += best.0;
                choice.push(best.4[0]);
            }
        }
        (choice, bound)
    }

    /// Changes one scope at a time, then two, as long as that helps.
    fn improve(&mut self, mut choice: Vec<usize>) -> Vec<usize> {
        let mut best = self.score(&choice).0;
        loop {
            let before = best.clone();
            for position in 0..choice.len() {
                for way in self.ways(position).to_vec() {
                    let mut other = choice.clone();
                    other[position] = way;
                    self.take_better(&mut choice, &mut best, other);
                }
            }
            if best == before && choice.len() <= 40 {
                self.improve_pairs(&mut choice, &mut best);
            }
            if best == before {
                return choice;
            }
        }
    }

    fn improve_pairs(&mut self, choice: &mut Vec<usize>, best: &mut Score) {
        for first in 0..choice.len() {
            for second in first + 1..choice.len() {
                if self.ways(first).len() < 2 || self.ways(second).len() < 2 {
                    continue;
                }
                for one in self.ways(first).to_vec() {
                    for two in self.ways(second).to_vec() {
                        let mut other = choice.clone();
                        (other[first], other[second]) = (one, two);
                        self.take_better(choice, best, other);
                    }
                }
            }
        }
    }

    fn take_better(&mut self, choice: &mut Vec<usize>, best: &mut Score, other: Vec<usize>) {
        if other == *choice {
            return;
        }
        let score = self.score(&other).0;
        if score < *best {
            (*best, *choice) = (score, other);
        }
    }

    /// Every combination, in order.
    fn exhaust(&mut self) -> Vec<usize> {
        let mut counter = vec![0; self.component.requirements.len()];
        let mut best: Option<Score> = None;
        loop {
            let choice: Vec<usize> = counter.iter().enumerate().map(|(at, &n)| self.ways(at)[n]).collect();
            let score = self.score(&choice).0;
            if best.as_ref().is_none_or(|best| score < *best) {
                best = Some(score);
            }
            let mut position = 0;
            while position < counter.len() {
                counter[position] += 1;
                if counter[position] < self.ways(position).len() {
                    break;
                }
                counter[position] = 0;
                position += 1;
            }
            if position == counter.len() {
                return best.map(|best| best.4).unwrap_or_default();
            }
        }
    }
}

/// Solves one component.
pub(super) fn solve(problem: &Problem<'_>, component: &Component, solution: &mut Solution) {
    let mut search = Search { problem, component, scored: 0 };
    let combinations = (0..component.requirements.len())
        .map(|position| search.ways(position).len() as u64)
        .try_fold(1_u64, u64::checked_mul)
        .unwrap_or(u64::MAX);
    let choice = if combinations <= EXHAUSTIVE {
        search.exhaust()
    } else {
        let (first, bound) = search.alone();
        let choice = search.improve(first);
        let unmet = search.score(&choice).0.0;
        if unmet > bound {
            solution.notes.push(format!(
                "The ways for {} scopes were found by stepwise improvement: priced unmet need {unmet}, lower bound {bound} (both in hundredths of the relative price); a better choice is not excluded.",
                component.requirements.len()
            ));
        }
        choice
    };
    let spending = search.score(&choice).1;
    solution.allocations.extend(spending.allocations);
    solution.chosen.extend(
        component
            .requirements
            .iter()
            .zip(choice)
            .map(|(&requirement, alternative)| Chosen { requirement, alternative }),
    );
}
