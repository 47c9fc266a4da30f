//! The programme for choices with so many units unmet at each level: in fractions, tightened by what whole scopes cannot
//! fill, and then in whole numbers.
//!
//! What stays unmet is counted in whole units at every price: the solver then decides first how many units these are, which
//! settles most of what is to be paid, and only then which scopes they are.

use microlp::{
    ComparisonOp, LinearExpr, OptimizationDirection, Problem as Model, SolveOptions, SolveOutcome, TerminationReason,
};

use super::cuts::{self, Cut, Fractions};
use super::prices::Range;
use super::programme::Sum;
use super::reduced::{Level, Reduced};
use super::variables::{Variables, base};

/// Times that constraints are looked for; numbers, not times, so that the same input gives the same answer.
const ROUNDS: usize = 16;

/// Rounds without a rise of the bound after which no further constraints are looked for.
const IDLE: usize = 4;

/// How much of the step between two unmet needs a choice may be better by and be overlooked.
const STEP: f64 = 0.5;

/// Nodes of the first round of a search.
const NODES_OF_ROUND: u64 = 50;

/// A programme for what is left of a component.
pub(super) struct Levelled<'a> {
    pub reduced: &'a Reduced,
    /// Of each group.
    pub licences: &'a [u64],
    pub levels: &'a [Level],
    /// Units that stay unmet at each level: choices outside are not looked at.
    pub ranges: &'a [Range],
    /// What a unit of the dearest kind is worth: the programme counts in it, so that its numbers are of one magnitude.
    pub scale: f64,
    /// What unmet needs are multiples of, on that scale.
    pub step: f64,
    /// What a choice is known to leave unmet, on that scale: only better ones are looked for.
    pub most: f64,
}

/// The best choice in fractions.
pub(super) struct Relaxed {
    /// Steps the solver took.
    pub steps: u64,
    pub cuts: Vec<Cut>,
    /// Units unmet at each level.
    pub unmet: Vec<f64>,
    pub found: Fractions,
}

/// The best whole choice that was found.
pub(super) struct Whole {
    pub found: Option<Fractions>,
    /// No choice leaves less unmet, on the scale of the programme.
    pub bound: f64,
}

/// Why a programme has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// No choice is within the ranges.
    Nothing,
    /// The solver gave up.
    Solver,
}

impl From<microlp::Error> for Failure {
    fn from(error: microlp::Error) -> Self {
        match error {
            microlp::Error::Infeasible => Self::Nothing,
            _ => Self::Solver,
        }
    }
}

impl Levelled<'_> {
    /// The programme in whole numbers or not.
    fn model(&self, in_whole_numbers: bool, cuts: &[Cut]) -> (Model, Variables) {
        let mut model = Model::new(OptimizationDirection::Minimize);
        let variables = self.variables(&mut model, in_whole_numbers);
        for (sum, most) in variables.members(self.reduced) {
            model.add_constraint(sum, ComparisonOp::Le, most);
        }
        self.give(&mut model, &variables);
        if in_whole_numbers {
            let (sum, most) = self.better(&variables);
            model.add_constraint(sum, ComparisonOp::Le, most);
        }
        for cut in cuts {
            let (sum, most) = variables.cut(self.reduced, cut);
            model.add_constraint(sum, ComparisonOp::Le, most);
        }
        (model, variables)
    }

    fn variables(&self, model: &mut Model, in_whole_numbers: bool) -> Variables {
        let Self { reduced, licences, scale, .. } = *self;
        let mut variables = Variables::default();
        let mut add = |worth: f64, (least, most): (u64, Option<u64>)| {
            let within = |units: u64| i32::try_from(units).unwrap_or(i32::MAX);
            variables.all.push(match most {
                Some(most) if in_whole_numbers => model.add_integer_var(worth, (within(least), within(most))),
                _ => model.add_var(worth, (least as f64, most.map_or(f64::INFINITY, |most| most as f64))),
            });
            variables.all.len() - 1
        };
        for class in &reduced.classes {
            let cost = |way: usize| class.ways[way].cost as f64 / scale;
            let base = base(class);
            variables.constant += cost(base) * class.members as f64;
            let others = (0..class.ways.len())
                .map(|way| (way != base).then(|| add(cost(way) - cost(base), (0, Some(class.members)))));
            variables.counts.push(others.collect());
        }
        variables.kept = licences.iter().map(|&licences| add(0.0, (0, Some(licences)))).collect();
        for kind in &reduced.kinds {
            variables.given.push(kind.stocks.iter().map(|_| add(0.0, (0, None))).collect());
        }
        let levels = self.levels.iter().zip(self.ranges);
        variables.levels =
            levels.map(|(level, &(least, most))| add(level.worth as f64 / scale, (least, Some(most)))).collect();
        variables
    }

    /// No kind is given more than is needed of it, and no stock gives more than it holds; what is not given is unmet.
    fn give(&self, model: &mut Model, variables: &Variables) {
        let (needs, holds) = variables.needs_and_holds(self.reduced);
        let unmet = self.levels.iter().zip(&variables.levels).map(|(level, &unmet)| {
            let mut sum = Sum::default();
            level.kinds.iter().for_each(|&kind| sum.add_times(-1.0, &needs[kind]));
            sum.add(unmet, -1.0);
            sum
        });
        for sum in unmet.collect::<Vec<Sum>>().into_iter().chain(needs).chain(holds) {
            let (sum, most) = variables.at_most(&sum, 0.0);
            model.add_constraint(sum, ComparisonOp::Le, most);
        }
    }

    /// What stays unmet is less than is known to be enough.
    fn better(&self, variables: &Variables) -> (LinearExpr, f64) {
        let mut sum = Sum { constant: variables.constant, ..Sum::default() };
        for (level, &unmet) in self.levels.iter().zip(&variables.levels) {
            sum.add(unmet, level.worth as f64 / self.scale);
        }
        for (class, own) in self.reduced.classes.iter().zip(&variables.counts) {
            let cost = |way: usize| class.ways[way].cost as f64 / self.scale;
            let counts = own.iter().enumerate().filter_map(|(way, &count)| Some((way, count?)));
            counts.for_each(|(way, count)| sum.add(count, cost(way) - cost(base(class))));
        }
        variables.at_most(&sum, self.most - self.step * STEP)
    }

    /// The best choice in fractions, tightened from the cuts that are known.
    pub fn relaxed(&self, mut cuts: Vec<Cut>) -> Result<Relaxed, Failure> {
        let (model, variables) = self.model(false, &cuts);
        let mut solution = model.solve()?.into_solution().map_err(|_| Failure::Solver)?;
        let (mut idle, mut bound) = (0, solution.objective());
        for _ in 0..ROUNDS {
            let found = variables.fractions(self.reduced, &solution);
            let broken = cuts::broken(self.reduced, self.licences, (self.levels, self.ranges), &found);
            if broken.is_empty() || idle == IDLE {
                break;
            }
            for cut in &broken {
                let (sum, most) = variables.cut(self.reduced, cut);
                let tighter = solution.add_constraint(sum, ComparisonOp::Le, most)?;
                solution = tighter.into_solution().map_err(|_| Failure::Solver)?;
            }
            cuts.extend(broken);
            idle = if solution.objective() > bound + 1e-9 * bound.abs().max(1.0) { 0 } else { idle + 1 };
            bound = bound.max(solution.objective());
        }
        let found = variables.fractions(self.reduced, &solution);
        cuts.retain(|cut| cut.is_tight(&found));
        let unmet = variables.levels.iter().map(|&level| solution.var_value_raw(variables.all[level])).collect();
        Ok(Relaxed { steps: solution.stats().lp_iterations, cuts, unmet, found })
    }

    /// The best whole choice that so many nodes find, which are taken off.
    ///
    /// Choices that are better by less than unmet needs can differ by are not looked for, which the bound allows for.
    pub fn whole(&self, cuts: &[Cut], nodes: &mut u64) -> Result<Whole, Failure> {
        let (model, variables) = self.model(true, cuts);
        let mut options = SolveOptions::default();
        let largest = (self.most - variables.constant).abs().max(1.0);
        options.tolerances.prune_epsilon = (self.step * STEP / largest).clamp(1e-9, 1e-3);
        let relative = options.tolerances.prune_epsilon;
        let outcome = match in_rounds(&model, options, nodes) {
            Err(Failure::Nothing) => return Ok(Whole { found: None, bound: self.most - self.step * STEP }),
            outcome => outcome?,
        };
        let best = outcome.stats().best_bound;
        let Ok(solution) = outcome.into_solution() else {
            let bound = best.ok_or(Failure::Solver)?;
            return Ok(Whole { found: None, bound: bound + variables.constant });
        };
        let least = solution.objective() - relative * solution.objective().abs().max(1.0);
        let bound = match solution.termination_reason() {
            TerminationReason::ProvenOptimal => least,
            _ => best.ok_or(Failure::Solver)?.min(least),
        };
        Ok(Whole { found: Some(variables.fractions(self.reduced, &solution)), bound: bound + variables.constant })
    }
}

/// Solves with at most so many nodes, which are taken off: in rounds, each as long as all before, because the solver does
/// not tell how many it took to see that there is nothing.
fn in_rounds(model: &Model, mut options: SolveOptions, nodes: &mut u64) -> Result<SolveOutcome, Failure> {
    let mut round = NODES_OF_ROUND.min(*nodes);
    options.node_limit = Some(round);
    *nodes -= round;
    let mut outcome = model.solve_with(options)?;
    let mut allowed = round;
    while outcome.termination_reason() == TerminationReason::NodeLimit && *nodes > 0 {
        round = allowed.min(*nodes);
        *nodes -= round;
        allowed += round;
        let mut further = outcome.last_resume_options();
        further.node_limit = Some(round);
        outcome = outcome.resume_with(further)?;
    }
    *nodes += allowed.saturating_sub(outcome.stats().nodes_solved);
    Ok(outcome)
}
