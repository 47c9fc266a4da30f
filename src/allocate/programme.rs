//! The choice of ways as a mixed-integer programme.
//!
//! Its whole variables are how many scopes of a class take a way and how many licences of a group stay as they were
//! bought; beside them stand the units of each stock spent on each kind of line, and what stays unmet of it. Nothing here
//! is believed as it comes: the counts are rounded, the units spent again in exact integers, and the result compared with
//! the bound. Limits are numbers of nodes, never of seconds, so that the same input gives the same answer.

use std::collections::BTreeMap;

use ::microlp::{SolveOptions, TerminationReason};
use good_lp::solvers::microlp::microlp;
use good_lp::{Constraint, Expression, ProblemVariables, SolverModel, Variable, variable};

use super::Problem;
use super::component::{Class, Component, Way};
use super::flow::Kind;
use super::kinds::Stocks;
use super::reduced::Supply;

/// What the programme is to make least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// The priced unmet need.
    Unmet,
    /// Scopes with a higher edition than the one installed, where so much stays unmet at most.
    Higher { unmet: u128 },
    /// Units of all chosen ways, where so much stays unmet and so many scopes have a higher edition at most.
    Units { unmet: u128, higher: u64 },
}

/// How far the search may go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Nodes of the search tree.
    pub nodes: u64,
    /// Relative gap at which it may stop.
    pub gap: f64,
    /// Whether it is solved without whole numbers first.
    pub relaxed_first: bool,
}

/// What the programme found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Scopes of each class that take each way; they add up to the members.
    pub counts: Vec<Vec<u64>>,
    /// Licences of each group that stay as they were bought.
    pub kept: Vec<u64>,
    /// No choice leaves less unmet; zero where the aim is another.
    pub bound: u128,
}

/// Solves the programme; `None` where the solver fails or finds nothing within its limits.
///
/// A large programme is solved without its variables having to be whole first: that gives the bound, and whole counts for
/// all but a few classes, because a corner of the programme has no more fractions than it has stocks and kinds. These few
/// are then solved for whole counts while the others stay.
pub(super) fn solve(
    problem: &Problem<'_>,
    stocks: &Stocks,
    component: &Component,
    aim: Aim,
    limits: Limits,
) -> Option<Found> {
    let programme = Programme { problem, stocks, component, aim, limits };
    let open = vec![None; component.classes.len()];
    if !limits.relaxed_first {
        return Some(programme.found(&programme.corner(&open, true)?));
    }
    let corner = programme.corner(&open, false)?;
    let settled: Vec<Option<Vec<u64>>> = corner.counts.iter().map(|values| settled(values)).collect();
    let bound = corner.bound;
    let whole = programme.corner(&settled, true).unwrap_or(corner);
    Some(programme.found(&Corner { bound, ..whole }))
}

/// What each stock of a component holds. Units for named devices come in jumps, which are taken for the larger of both
/// ends.
pub(super) fn supplies(problem: &Problem<'_>, stocks: &Stocks, component: &Component) -> Vec<Supply> {
    let of_stock = |&stock: &usize| {
        let (least, most) = bounds(problem, stocks, stock);
        let group = stocks.all[stock].group.filter(|_| !stocks.is_by_device(problem, stock));
        let number = group.and_then(|group| component.groups.iter().position(|&known| known == group));
        match (group, number) {
            // As bought: what is kept. As converted: what is not kept, times what a licence gives.
            (Some(group), Some(number)) => {
                let each = (most - least) / stocks.groups[group].licences.max(1) as f64;
                Supply { units: least as u64, kept: [(number, each)].into() }
            }
            _ => Supply { units: least.max(most) as u64, ..Supply::default() },
        }
    };
    component.stocks.iter().map(of_stock).collect()
}

/// The counts of a class whose values are whole.
fn settled(values: &[f64]) -> Option<Vec<u64>> {
    let is_whole = values.iter().all(|value| (value - value.round()).abs() < 1e-6);
    is_whole.then(|| values.iter().map(|&value| whole(value)).collect())
}

/// The values of a solved programme.
struct Corner {
    counts: Vec<Vec<f64>>,
    kept: Vec<f64>,
    bound: f64,
}

/// One programme to solve.
struct Programme<'a> {
    problem: &'a Problem<'a>,
    stocks: &'a Stocks,
    component: &'a Component,
    aim: Aim,
    limits: Limits,
}

/// Variables times factors, and a constant. Variables are known by their number.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    pub terms: BTreeMap<usize, f64>,
    pub constant: f64,
}

impl Sum {
    pub fn add(&mut self, variable: usize, factor: f64) {
        *self.terms.entry(variable).or_default() += factor;
    }

    pub fn add_times(&mut self, factor: f64, other: &Self) {
        other.terms.iter().for_each(|(&variable, own)| self.add(variable, factor * own));
        self.constant += factor * other.constant;
    }

    fn value(&self, values: &[f64]) -> f64 {
        self.constant + self.terms.iter().map(|(&variable, factor)| factor * values[variable]).sum::<f64>()
    }
}

/// How many scopes of a class take each way.
type Counts = Vec<Sum>;

impl Programme<'_> {
    /// What a unit of the dearest kind is worth: the programme counts in it, so that its numbers are of one magnitude.
    fn scale(&self) -> f64 {
        self.component.kinds.iter().map(|kind| kind.worth).max().unwrap_or(1).max(1) as f64
    }

    /// Solves for the classes that are not settled, in whole numbers or not.
    fn corner(&self, settled: &[Option<Vec<u64>>], in_whole_numbers: bool) -> Option<Corner> {
        let mut model = Model { in_whole_numbers, ..Model::default() };
        let classes = self.component.classes.iter().zip(settled);
        let counts: Vec<Counts> =
            classes.map(|(class, settled)| model.counts(class, settled.as_deref(), &self.component.kinds)).collect();
        let groups = self.component.groups.iter();
        let kept: Vec<usize> = groups.map(|&group| model.count(self.stocks.groups[group].licences as f64)).collect();
        let (objective, allowance) = self.objective(&mut model, &counts, &kept);
        let (values, bound) = model.solve(&objective, self.limits)?;
        let of_class = |counts: &Counts| counts.iter().map(|count| count.value(&values)).collect();
        Some(Corner {
            counts: counts.iter().map(of_class).collect(),
            kept: kept.iter().map(|&kept| values[kept]).collect(),
            bound: bound - allowance,
        })
    }

    /// Adds what is spent, and the limits that earlier aims set; returns what is to be made least, and how much of it may
    /// be owed to later aims.
    fn objective(&self, model: &mut Model, counts: &[Counts], kept: &[usize]) -> (Sum, f64) {
        let scale = self.scale();
        let unmet = self.spending(model, counts, kept);
        let mut priced = Sum::default();
        for (unmet, kind) in unmet.iter().zip(&self.component.kinds) {
            priced.add_times(kind.worth as f64 / scale, unmet);
        }
        let (higher, units) = (self.taken(counts, |way| u64::from(way.higher)), self.taken(counts, |way| way.units));
        // A little more than was found is allowed, so that rounding does not make the programme impossible; what comes out
        // is scored exactly, and not used if it is worse.
        let at_most = |found: f64| found * (1.0 + 1e-9) + 1e-9;
        match self.aim {
            Aim::Unmet if self.limits.relaxed_first => {
                // The later aims weigh so little that they decide only between choices that are all but equal.
                priced.add_times(HIGHER, &higher);
                priced.add_times(UNITS, &units);
                let most = HIGHER * self.most(|way| u64::from(way.higher)) + UNITS * self.most(|way| way.units);
                (priced, most)
            }
            Aim::Unmet => (priced, 0.0),
            Aim::Higher { unmet } => {
                model.at_most(&priced, at_most(unmet as f64 / scale));
                (higher, 0.0)
            }
            Aim::Units { unmet, higher: most } => {
                model.at_most(&priced, at_most(unmet as f64 / scale));
                model.at_most(&higher, at_most(most as f64));
                (units, 0.0)
            }
        }
    }

    /// A figure summed over the chosen ways.
    fn taken(&self, counts: &[Counts], figure: fn(&Way) -> u64) -> Sum {
        let mut sum = Sum::default();
        let classes = self.component.classes.iter().zip(counts);
        let ways = classes.flat_map(|(class, counts)| class.ways.iter().zip(counts));
        ways.for_each(|(way, count)| sum.add_times(figure(way) as f64, count));
        sum
    }

    /// The most a figure can come to.
    fn most(&self, figure: fn(&Way) -> u64) -> f64 {
        let of_class = |class: &Class| class.ways.iter().map(figure).max().unwrap_or(0) * class.members.len() as u64;
        self.component.classes.iter().map(of_class).sum::<u64>() as f64
    }

    /// What is spent where, and what stays unmet of each kind of line: returns the latter.
    fn spending(&self, model: &mut Model, counts: &[Counts], kept: &[usize]) -> Vec<Sum> {
        let Self { problem, stocks, component, .. } = self;
        let mut unmet = vec![Sum::default(); component.kinds.len()];
        for (class, counts) in component.classes.iter().zip(counts) {
            for (way, count) in class.ways.iter().zip(counts) {
                way.lines.iter().for_each(|&(kind, units)| unmet[kind].add_times(units as f64, count));
            }
        }
        let mut spent = vec![Sum::default(); component.stocks.len()];
        for &(stock, kind, _) in &component.edges {
            let units = model.any();
            unmet[kind].add(units, -1.0);
            spent[stock].add(units, 1.0);
        }
        unmet.iter().for_each(|unmet| model.at_least_nought(unmet));
        let supplies = supplies(problem, stocks, component);
        for (supply, spent) in supplies.iter().zip(&mut spent).filter(|(_, spent)| !spent.terms.is_empty()) {
            supply.kept.iter().for_each(|(&group, &each)| spent.add(kept[group], -each));
            model.at_most(spent, supply.units as f64);
        }
        unmet
    }

    /// Whole counts, licences and bound.
    fn found(&self, corner: &Corner) -> Found {
        let classes = self.component.classes.iter().zip(&corner.counts);
        let counts = classes.map(|(class, values)| rounded(values, class.members.len() as u64)).collect();
        let mut kept = vec![0; self.stocks.groups.len()];
        for (&group, &value) in self.component.groups.iter().zip(&corner.kept) {
            kept[group] = whole(value).min(self.stocks.groups[group].licences);
        }
        let bound = if self.aim == Aim::Unmet { bound_in_units(corner.bound, self.scale(), self.component) } else { 0 };
        Found { counts, kept, bound }
    }
}

/// What a scope with a higher edition weighs beside a unit of the dearest kind, where the aims are taken together.
const HIGHER: f64 = 1e-6;

/// What a unit weighs, likewise.
const UNITS: f64 = 1e-8;

/// Variables and constraints as they are put together. Every constraint holds where all variables are nought, as far as no
/// earlier aim sets a limit, so that the solver can start there.
#[derive(Default)]
struct Model {
    variables: ProblemVariables,
    numbered: Vec<Variable>,
    constraints: Vec<Constraint>,
    /// Whether counts must be whole.
    in_whole_numbers: bool,
}

impl Model {
    /// A count from nought to so many.
    fn count(&mut self, most: f64) -> usize {
        let count = variable().min(0).max(most);
        let count = if self.in_whole_numbers { count.integer() } else { count };
        self.numbered.push(self.variables.add(count));
        self.numbered.len() - 1
    }

    /// A variable from nought upward.
    fn any(&mut self) -> usize {
        self.numbered.push(self.variables.add(variable().min(0)));
        self.numbered.len() - 1
    }

    /// Counts of the ways of a class: known, or a variable for each way but the cheapest, which takes the rest.
    fn counts(&mut self, class: &Class, settled: Option<&[u64]>, kinds: &[Kind]) -> Counts {
        if let Some(settled) = settled {
            return settled.iter().map(|&count| Sum { constant: count as f64, ..Sum::default() }).collect();
        }
        let members = class.members.len() as f64;
        let price = |way: &Way| -> u128 {
            way.lines.iter().map(|&(kind, units)| u128::from(kinds[kind].worth) * u128::from(units)).sum()
        };
        let cheapest = (0..class.ways.len()).min_by_key(|&way| price(&class.ways[way])).unwrap_or(0);
        let mut counts = vec![Sum::default(); class.ways.len()];
        let mut rest = Sum { constant: members, ..Sum::default() };
        for way in (0..class.ways.len()).filter(|&way| way != cheapest) {
            let count = self.count(members);
            counts[way].add(count, 1.0);
            rest.add(count, -1.0);
        }
        // With one other way its own limit says it.
        if rest.terms.len() > 1 {
            self.at_least_nought(&rest);
        }
        counts[cheapest] = rest;
        counts
    }

    fn expression(&self, sum: &Sum, sign: f64) -> Expression {
        let mut expression = Expression::with_capacity(sum.terms.len());
        for (&variable, factor) in sum.terms.iter().filter(|(_, factor)| **factor != 0.0) {
            expression.add_mul(sign * factor, self.numbered[variable]);
        }
        expression
    }

    fn at_most(&mut self, sum: &Sum, limit: f64) {
        let expression = self.expression(sum, 1.0);
        self.constraints.push(expression.leq(limit - sum.constant));
    }

    fn at_least_nought(&mut self, sum: &Sum) {
        let expression = self.expression(sum, -1.0);
        self.constraints.push(expression.leq(sum.constant));
    }

    /// The values of all variables, and the bound on the objective.
    fn solve(self, objective: &Sum, limits: Limits) -> Option<(Vec<f64>, f64)> {
        let expression = self.expression(objective, 1.0);
        let mut model = self.variables.minimise(expression).using(microlp);
        for constraint in self.constraints {
            model.add_constraint(constraint);
        }
        let mut options = SolveOptions::default();
        options.node_limit = Some(limits.nodes);
        options.mip_gap = limits.gap;
        let solution = model.as_inner().solve_with(options).ok()?.into_solution().ok()?;
        let bound = match solution.termination_reason() {
            TerminationReason::ProvenOptimal => solution.objective(),
            _ => solution.stats().best_bound?,
        };
        let values: Vec<f64> = solution.iter().map(|(_, value)| value).collect();
        let bound = bound + objective.constant;
        (bound.is_finite() && values.iter().all(|value| value.is_finite())).then_some((values, bound))
    }
}

/// Units of a stock where no licence of its group is kept as bought, and where all are.
fn bounds(problem: &Problem<'_>, stocks: &Stocks, stock: usize) -> (f64, f64) {
    let none = vec![0; stocks.groups.len()];
    let all: Vec<u64> = stocks.groups.iter().map(|group| group.licences).collect();
    (stocks.units(problem, stock, &none) as f64, stocks.units(problem, stock, &all) as f64)
}

fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

/// Whole counts that add up to the members: rounded down, and the rest to the largest remainders, earlier ways first.
pub(super) fn rounded(values: &[f64], members: u64) -> Vec<u64> {
    let mut counts: Vec<u64> =
        values.iter().map(|value| ((value + 1e-6).floor().max(0.0) as u64).min(members)).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    let remainder = |way: usize| values[way] - values[way].floor();
    order.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)).then(a.cmp(&b)));
    let mut sum: u64 = counts.iter().sum();
    for &way in order.iter().cycle().take(values.len() * 2).filter(|_| !values.is_empty()) {
        if sum < members {
            counts[way] += 1;
            sum += 1;
        } else if sum > members && counts[way] > 0 {
            counts[way] -= 1;
            sum -= 1;
        }
    }
    if let Some(first) = counts.first_mut().filter(|_| sum < members) {
        *first += members - sum;
    }
    counts
}

/// A bound as a whole number: unmet needs are multiples of what all worths have in common.
fn bound_in_units(bound: f64, scale: f64, component: &Component) -> u128 {
    in_steps(bound, scale, common_worth(component))
}

/// A bound as a whole number of steps. The solver leaves out choices that are better by less than its accuracy, which is
/// taken off first.
pub(super) fn in_steps(bound: f64, scale: f64, step: u64) -> u128 {
    let certain = (bound - ACCURACY * bound.abs().max(1.0)).max(0.0) * scale;
    (certain / step as f64).ceil() as u128 * u128::from(step)
}

/// What all worths have in common: unmet needs are multiples of it.
pub(super) fn common_worth(component: &Component) -> u64 {
    component.kinds.iter().fold(0, |common, kind| greatest_common_divisor(common, kind.worth)).max(1)
}

/// Relative accuracy of the solver.
const ACCURACY: f64 = 2e-9;

/// The largest number of which both are multiples; of nought and another that other.
pub(crate) fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_to_the_members() {
        assert_eq!(rounded(&[1.4, 0.6], 2), [1, 1]);
        assert_eq!(rounded(&[0.5, 0.5], 1), [1, 0]);
        assert_eq!(rounded(&[0.999_999_9, 2.000_000_1], 3), [1, 2]);
        assert_eq!(rounded(&[0.0, 0.0], 5).iter().sum::<u64>(), 5);
    }
}
