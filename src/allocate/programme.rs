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
use super::component::{Component, Way};
use super::kinds::Stocks;

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
pub(super) fn solve(
    problem: &Problem<'_>,
    stocks: &Stocks,
    component: &Component,
    aim: Aim,
    limits: Limits,
) -> Option<Found> {
    let scale = component.kinds.iter().map(|kind| kind.worth).max().unwrap_or(1).max(1) as f64;
    let mut model = Model { variables: ProblemVariables::new(), numbered: Vec::new(), constraints: Vec::new() };
    let counts: Vec<Vec<usize>> = component
        .classes
        .iter()
        .map(|class| {
            let most = class.members.len() as f64;
            let ways: Vec<usize> = class.ways.iter().map(|_| model.whole(most)).collect();
            let sum = model.sum(ways.iter().map(|&way| (way, 1.0)));
            model.constraints.push(sum.eq(most));
            ways
        })
        .collect();
    let kept: Vec<usize> =
        component.groups.iter().map(|&group| model.whole(stocks.groups[group].licences as f64)).collect();
    let unmet = model.spending(problem, stocks, component, &counts, &kept);

    let priced = model.sum(unmet.iter().zip(&component.kinds).map(|(&unmet, kind)| (unmet, kind.worth as f64 / scale)));
    let taken = |figure: fn(&Way) -> u64| -> Vec<(usize, f64)> {
        let ways = component.classes.iter().zip(&counts).flat_map(|(class, counts)| class.ways.iter().zip(counts));
        ways.map(|(way, &count)| (count, figure(way) as f64)).collect()
    };
    let higher = model.sum(taken(|way| u64::from(way.higher)));
    let units = model.sum(taken(|way| way.units));
    // A little more than was found is allowed, so that rounding does not make the programme impossible; what comes out is
    // scored exactly, and not used if it is worse.
    let at_most = |found: f64| found * (1.0 + 1e-9) + 1e-9;
    let objective = match aim {
        Aim::Unmet => priced,
        Aim::Higher { unmet } => {
            model.constraints.push(priced.leq(at_most(unmet as f64 / scale)));
            higher
        }
        Aim::Units { unmet, higher: most } => {
            model.constraints.push(priced.leq(at_most(unmet as f64 / scale)));
            model.constraints.push(higher.leq(at_most(most as f64)));
            units
        }
    };
    let (values, bound) = model.solve(objective, limits)?;

    let counts = component.classes.iter().zip(&counts).map(|(class, ways)| {
        let values: Vec<f64> = ways.iter().map(|&way| values[way]).collect();
        rounded(&values, class.members.len() as u64)
    });
    let mut kept_of = vec![0; stocks.groups.len()];
    for (&group, &variable) in component.groups.iter().zip(&kept) {
        kept_of[group] = whole(values[variable]).min(stocks.groups[group].licences);
    }
    let bound = if aim == Aim::Unmet { bound_in_units(bound * scale, component) } else { 0 };
    Some(Found { counts: counts.collect(), kept: kept_of, bound })
}

/// Variables and constraints as they are put together; variables are known by their number.
struct Model {
    variables: ProblemVariables,
    numbered: Vec<Variable>,
    constraints: Vec<Constraint>,
}

impl Model {
    /// A whole variable from nought to so many.
    fn whole(&mut self, most: f64) -> usize {
        self.numbered.push(self.variables.add(variable().integer().min(0).max(most)));
        self.numbered.len() - 1
    }

    /// A variable from nought upward.
    fn any(&mut self) -> usize {
        self.numbered.push(self.variables.add(variable().min(0)));
        self.numbered.len() - 1
    }

    fn sum(&self, terms: impl IntoIterator<Item = (usize, f64)>) -> Expression {
        let mut sum = Expression::default();
        for (variable, factor) in terms.into_iter().filter(|(_, factor)| *factor != 0.0) {
            sum.add_mul(factor, self.numbered[variable]);
        }
        sum
    }

    /// What is spent where, and what stays unmet of each kind of line: returns the latter.
    fn spending(
        &mut self,
        problem: &Problem<'_>,
        stocks: &Stocks,
        component: &Component,
        counts: &[Vec<usize>],
        kept: &[usize],
    ) -> Vec<usize> {
        // Of each kind: need - unmet - spent = 0.
        let unmet: Vec<usize> = component.kinds.iter().map(|_| self.any()).collect();
        let mut balance: Vec<BTreeMap<usize, f64>> =
            unmet.iter().map(|&unmet| BTreeMap::from([(unmet, -1.0)])).collect();
        for (class, counts) in component.classes.iter().zip(counts) {
            for (way, &count) in class.ways.iter().zip(counts) {
                for &(kind, units) in &way.lines {
                    *balance[kind].entry(count).or_default() += units as f64;
                }
            }
        }
        let mut spent: Vec<Vec<(usize, f64)>> = vec![Vec::new(); component.stocks.len()];
        for &(stock, kind, _) in &component.edges {
            let units = self.any();
            balance[kind].insert(units, -1.0);
            spent[stock].push((units, 1.0));
        }
        for balance in balance {
            let sum = self.sum(balance);
            self.constraints.push(sum.eq(0.0));
        }
        for (&stock, mut spent) in component.stocks.iter().zip(spent).filter(|(_, spent)| !spent.is_empty()) {
            let (least, most) = bounds(problem, stocks, stock);
            // As bought: what is kept. As converted: what is not kept, times what a licence gives. Units for named devices
            // come in jumps, which the programme takes for the larger of both.
            let group = stocks.all[stock].group.filter(|_| !stocks.is_by_device(problem, stock));
            let number = group.and_then(|group| component.groups.iter().position(|&known| known == group));
            let limit = match (group, number) {
                (Some(group), Some(number)) => {
                    let licences = stocks.groups[group].licences.max(1) as f64;
                    spent.push((kept[number], (least - most) / licences));
                    least
                }
                _ => least.max(most),
            };
            let sum = self.sum(spent);
            self.constraints.push(sum.leq(limit));
        }
        unmet
    }

    /// The values of all variables, and the bound on the objective.
    fn solve(self, objective: Expression, limits: Limits) -> Option<(Vec<f64>, f64)> {
        let mut model = self.variables.minimise(objective).using(microlp);
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
fn rounded(values: &[f64], members: u64) -> Vec<u64> {
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

/// A bound as a whole number: unmet needs are multiples of what all worths have in common, and the solver's own
/// inaccuracy is taken off first.
fn bound_in_units(bound: f64, component: &Component) -> u128 {
    let common = component.kinds.iter().fold(0, |common, kind| greatest_common_divisor(common, kind.worth)).max(1);
    let certain = (bound * (1.0 - 1e-7)).max(0.0);
    (certain / common as f64 - 1e-6).ceil().max(0.0) as u128 * u128::from(common)
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
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
