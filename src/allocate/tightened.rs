//! The programme for the least unmet need alone, over what is left of a component that is reduced to it, and tightened by
//! what whole scopes cannot fill before it is solved for whole numbers.
//!
//! As with the other programme nothing here is believed as it comes: what is found is scored again in whole numbers, and
//! the bound is taken with the accuracy of the solver.

use microlp::{ComparisonOp, OptimizationDirection, Problem as Model, SolveOptions, TerminationReason, Variable};

use super::cuts::{self, Cut, Fractions};
use super::found::Found;
use super::programme;
use super::reduced::{Class, Reduced};
use super::variables::{Variables, base};

/// Times that constraints are looked for; numbers, not times, so that the same input gives the same answer.
const ROUNDS: usize = 24;

/// Rounds without a rise of the bound after which no further constraints are looked for.
const IDLE: usize = 8;

/// Nodes times variables of the programme.
const NODES_OF_VARIABLES: u64 = 6_000_000;

/// Most nodes.
const NODES: u64 = 40_000;

/// How much of the step between two unmet needs a choice may be better by and be overlooked.
const STEP: f64 = 0.5;

/// A choice for a part of what is left of a component whose groups have so many licences, and what no choice leaves less
/// than unmet; `None` where the solver fails. The programme counts in the scale; unmet needs are multiples of the step.
pub(super) fn solve(part: &Reduced, licences: &[u64], scale: f64, step: u64) -> Option<(Found, u128)> {
    let tightened = Tightened { reduced: part, licences, scale, step: step as f64 / scale };
    let (cuts, bound) = tightened.cuts()?;
    let (found, better) = tightened.whole(&cuts, bound)?;
    Some((Found::rounded(part, licences, &found), programme::in_steps(bound.max(better), scale, step)))
}

struct Tightened<'a> {
    reduced: &'a Reduced,
    /// Of each group.
    licences: &'a [u64],
    /// What a unit of the dearest kind is worth: the programme counts in it, so that its numbers are of one magnitude.
    scale: f64,
    /// What unmet needs are multiples of, on that scale.
    step: f64,
}

impl Tightened<'_> {
    /// The programme in whole numbers or not. Every constraint holds where all variables are nought, so that the solver can
    /// start there.
    fn model(&self, in_whole_numbers: bool, cuts: &[Cut]) -> (Model, Variables) {
        let Self { reduced, licences, scale, step: _ } = *self;
        let mut model = Model::new(OptimizationDirection::Minimize);
        let mut variables = Variables::default();
        let mut add = |worth: f64, most: Option<u64>| {
            variables.all.push(match most {
                Some(most) if in_whole_numbers => {
                    model.add_integer_var(worth, (0, i32::try_from(most).unwrap_or(i32::MAX)))
                }
                _ => model.add_var(worth, (0.0, most.map_or(f64::INFINITY, |most| most as f64))),
            });
            variables.all.len() - 1
        };
        // What a way costs where nothing is given: all it needs, at its worth.
        let worth = |class: &Class, way: usize| {
            let way = &class.ways[way];
            let needs =
                way.needs.iter().map(|&(kind, units)| u128::from(reduced.kinds[kind].worth) * u128::from(units));
            (way.cost + needs.sum::<u128>()) as f64 / scale
        };
        for class in &reduced.classes {
            let base = base(class);
            variables.constant += worth(class, base) * class.members as f64;
            let more = |way: usize| worth(class, way) - worth(class, base);
            let own = (0..class.ways.len()).map(|way| (way != base).then(|| add(more(way), Some(class.members))));
            variables.counts.push(own.collect());
        }
        variables.kept = licences.iter().map(|&licences| add(0.0, Some(licences))).collect();
        for kind in &reduced.kinds {
            let worth = kind.worth as f64 / scale;
            variables.given.push(kind.stocks.iter().map(|_| add(-worth, None)).collect());
        }
        for (sum, most) in variables.members(reduced) {
            model.add_constraint(sum, ComparisonOp::Le, most);
        }
        self.give(&mut model, &variables);
        for cut in cuts {
            let (sum, most) = variables.cut(self.reduced, cut);
            model.add_constraint(sum, ComparisonOp::Le, most);
        }
        (model, variables)
    }

    /// No kind is given more than is needed of it, and no stock gives more than it holds.
    fn give(&self, model: &mut Model, variables: &Variables) {
        let (needs, holds) = variables.needs_and_holds(self.reduced);
        for sum in needs.into_iter().chain(holds) {
            let (sum, most) = variables.at_most(&sum, 0.0);
            model.add_constraint(sum, ComparisonOp::Le, most);
        }
    }

    /// Constraints that tighten the programme with fractions, and its bound.
    fn cuts(&self) -> Option<(Vec<Cut>, f64)> {
        let (model, variables) = self.model(false, &[]);
        let mut solution = model.solve().ok()?.into_solution().ok()?;
        let (mut cuts, mut idle) = (Vec::new(), 0);
        let mut bound = solution.objective();
        for _ in 0..ROUNDS {
            let found = variables.fractions(self.reduced, &solution);
            let broken = cuts::broken(self.reduced, self.licences, (&[], &[]), &found);
            if broken.is_empty() || idle == IDLE {
                break;
            }
            for cut in &broken {
                let (sum, most) = variables.cut(self.reduced, cut);
                solution = solution.add_constraint(sum, ComparisonOp::Le, most).ok()?.into_solution().ok()?;
            }
            cuts.extend(broken);
            idle = if solution.objective() > bound + 1e-9 * bound.abs().max(1.0) { 0 } else { idle + 1 };
            bound = bound.max(solution.objective());
        }
        Some((cuts, bound + variables.constant))
    }

    /// The best whole choice found, and the bound: looked for from nothing, and then once more from the best that was found,
    /// because which of the two is quicker differs.
    fn whole(&self, cuts: &[Cut], known: f64) -> Option<(Fractions, f64)> {
        let first = self.whole_from(cuts, known, None)?;
        if first.is_proved {
            return Some((first.found, first.bound));
        }
        let then = self.whole_from(cuts, known, Some(&first.found))?;
        Some((then.found, first.bound.max(then.bound)))
    }

    /// Choices that are better by less than unmet needs can differ by are not looked for, which the bound allows for.
    fn whole_from(&self, cuts: &[Cut], known: f64, near: Option<&Fractions>) -> Option<Whole> {
        let (model, variables) = self.model(true, cuts);
        let size = variables.counts.iter().map(Vec::len).chain(variables.given.iter().map(Vec::len)).sum::<usize>();
        let largest = (known - variables.constant).abs().max(1.0);
        let mut options = SolveOptions::default();
        options.node_limit = Some((NODES_OF_VARIABLES / (size as u64).max(1)).clamp(1, NODES));
        options.tolerances.prune_epsilon = (self.step * STEP / largest).clamp(1e-9, 1e-3);
        options.warm_start = near.map(|near| self.near(&variables, near));
        let relative = options.tolerances.prune_epsilon;
        let solution = model.solve_with(options).ok()?.into_solution().ok()?;
        let is_proved = solution.termination_reason() == TerminationReason::ProvenOptimal;
        let least = solution.objective() - relative * solution.objective().abs().max(1.0);
        let bound = if is_proved { least } else { solution.stats().best_bound?.min(least) };
        let found = variables.fractions(self.reduced, &solution);
        Some(Whole { found, bound: bound + variables.constant, is_proved })
    }

    /// What was chosen, in whole scopes and licences: a choice to begin with.
    fn near(&self, variables: &Variables, found: &Fractions) -> Vec<(Variable, f64)> {
        let mut near = Vec::new();
        for ((class, own), values) in self.reduced.classes.iter().zip(&variables.counts).zip(&found.counts) {
            let counts = programme::rounded(values, class.members);
            let own = own.iter().zip(counts).filter_map(|(&count, value)| Some((count?, value)));
            near.extend(own.map(|(count, value)| (variables.all[count], value as f64)));
        }
        for ((&kept, value), &licences) in variables.kept.iter().zip(&found.kept).zip(self.licences) {
            near.push((variables.all[kept], value.round().clamp(0.0, licences as f64)));
        }
        near
    }
}

/// A whole choice.
struct Whole {
    found: Fractions,
    bound: f64,
    is_proved: bool,
}

#[cfg(test)]
mod tests {
    use super::super::decided::Dice;
    use super::super::drawn::{as_component, choices, drawn, every_kept, given};
    use super::*;

    #[test]
    fn every_whole_choice_keeps_what_tightens_the_programme() {
        let mut dice = Dice(11);
        let mut tightened = 0;
        for round in 0..1_000 {
            let (component, supplies, licences) = drawn(&mut dice);
            for part in Reduced::new(&component, &supplies).parts() {
                let (cuts, _) =
                    Tightened { reduced: &part, licences: &licences, scale: 1.0, step: 1.0 }.cuts().unwrap();
                tightened += cuts.len();
                let whole = as_component(&part);
                for counts in choices(&whole) {
                    for kept in every_kept(&licences) {
                        let found = given(&whole, &part, &counts, &kept);
                        cuts.iter().for_each(|cut| assert!(cut.holds(&found), "round {round}: {cut:?} {found:?}"));
                    }
                }
            }
        }
        assert!(tightened > 100, "only {tightened} constraints were seen");
    }
}
