//! The variables that the programmes for the least unmet need have in common, and the sums over them.

use microlp::{LinearExpr, Solution, Variable};

use super::cuts::{Cut, Fractions};
use super::programme::Sum;
use super::reduced::{Class, Reduced};

/// The variables of a programme, by their numbers.
#[derive(Default)]
pub(super) struct Variables {
    pub all: Vec<Variable>,
    /// Of each class: a variable for each way but the one that takes the rest.
    pub counts: Vec<Vec<Option<usize>>>,
    /// By kind, in the order of its stocks.
    pub given: Vec<Vec<usize>>,
    pub kept: Vec<usize>,
    /// Units unmet at each level, where these are counted.
    pub levels: Vec<usize>,
    /// What every scope costs on the way that takes the rest.
    pub constant: f64,
}

/// The way of a class that takes the rest.
pub(super) fn base(class: &Class) -> usize {
    (0..class.ways.len()).find(|&way| class.ways[way].needs.is_empty()).unwrap_or(0)
}

impl Variables {
    /// A sum and what it is at most, as the solver takes them.
    pub fn at_most(&self, sum: &Sum, limit: f64) -> (LinearExpr, f64) {
        let terms = sum.terms.iter().filter(|(_, factor)| **factor != 0.0);
        (terms.map(|(&variable, &factor)| (self.all[variable], factor)).collect(), limit - sum.constant)
    }

    /// Adds the scopes of a class that take a way: a variable, or the rest.
    pub fn count(&self, reduced: &Reduced, sum: &mut Sum, (class, way): (usize, usize), factor: f64) {
        match self.counts[class][way] {
            Some(count) => sum.add(count, factor),
            None => {
                sum.constant += factor * reduced.classes[class].members as f64;
                self.counts[class].iter().flatten().for_each(|&other| sum.add(other, -factor));
            }
        }
    }

    /// Sums that are at most nought: of each kind what is given beyond its need, and of each stock what it gives beyond what
    /// it holds.
    pub fn needs_and_holds(&self, reduced: &Reduced) -> (Vec<Sum>, Vec<Sum>) {
        let mut needs: Vec<Sum> = vec![Sum::default(); reduced.kinds.len()];
        for (index, class) in reduced.classes.iter().enumerate() {
            for (way, of_way) in class.ways.iter().enumerate() {
                for &(kind, units) in &of_way.needs {
                    self.count(reduced, &mut needs[kind], (index, way), -(units as f64));
                }
            }
        }
        let mut holds: Vec<Sum> = vec![Sum::default(); reduced.supplies.len()];
        for ((need, kind), given) in needs.iter_mut().zip(&reduced.kinds).zip(&self.given) {
            for (&stock, &units) in kind.stocks.iter().zip(given) {
                need.add(units, 1.0);
                holds[stock].add(units, 1.0);
            }
        }
        for (holds, supply) in holds.iter_mut().zip(&reduced.supplies) {
            holds.constant -= supply.units as f64;
            supply.kept.iter().for_each(|(&group, &more)| holds.add(self.kept[group], -more));
        }
        (needs, holds)
    }

    /// No class takes its ways more often than it has scopes: the sums of those of which several ways have variables.
    pub fn members<'r>(&'r self, reduced: &'r Reduced) -> impl Iterator<Item = (LinearExpr, f64)> + 'r {
        let classes = reduced.classes.iter().zip(&self.counts).filter(|(class, _)| class.ways.len() > 2);
        classes.map(|(class, own)| {
            let sum = own.iter().flatten().map(|&count| (self.all[count], 1.0));
            (sum.collect(), class.members as f64)
        })
    }

    /// A constraint that whole choices keep, as the solver takes it.
    pub fn cut(&self, reduced: &Reduced, cut: &Cut) -> (LinearExpr, f64) {
        let mut sum = Sum::default();
        let counts = cut.counts.iter();
        counts.for_each(|&(class, way, factor)| self.count(reduced, &mut sum, (class, way), factor as f64));
        cut.kept.iter().for_each(|&(group, factor)| sum.add(self.kept[group], factor as f64));
        cut.given.iter().for_each(|&(kind, place)| sum.add(self.given[kind][place], 1.0));
        self.at_most(&sum, cut.most as f64)
    }

    /// The values of a solution.
    pub fn fractions(&self, reduced: &Reduced, solution: &Solution) -> Fractions {
        let value = |variable: usize| solution.var_value_raw(self.all[variable]);
        let of_class = |(class, own): (&Class, &Vec<Option<usize>>)| {
            let mut counts: Vec<f64> = own.iter().map(|count| count.map_or(0.0, value)).collect();
            counts[base(class)] = class.members as f64 - counts.iter().sum::<f64>();
            counts
        };
        Fractions {
            counts: reduced.classes.iter().zip(&self.counts).map(of_class).collect(),
            given: self.given.iter().map(|given| given.iter().map(|&given| value(given)).collect()).collect(),
            kept: self.kept.iter().map(|&kept| value(kept)).collect(),
        }
    }
}
