//! Prices at which every stock might be bought and sold, and what they prove.
//!
//! Where units had prices instead of being held, every scope would take the way that is cheapest for it alone. What that
//! comes to, less the price of all that is held, is never more than the least unmet need, whatever the prices are; and a
//! way that is dearer for a scope than its cheapest is in no choice that leaves less unmet than so much more. The best
//! prices are found as a programme of its own, the dual of the one for the ways. They are rounded, and all that follows
//! from them is in whole numbers and holds for the rounded prices.

use microlp::{ComparisonOp, OptimizationDirection, Problem as Model, Solution, Variable};

use super::cuts::Cut;
use super::reduced::{Level, Reduced, Way};

/// Least and most units that stay unmet at a level.
pub(super) type Range = (u64, u64);

/// What is priced.
#[derive(Clone, Copy)]
pub(super) struct Market<'a> {
    pub reduced: &'a Reduced,
    /// Of each group.
    pub licences: &'a [u64],
    pub levels: &'a [Level],
    /// Of each level: choices outside are not looked at.
    pub ranges: &'a [Range],
    /// What every choice keeps.
    pub cuts: &'a [Cut],
}

/// What prices prove.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    /// Steps the solver took.
    pub steps: u64,
    /// No choice leaves less unmet.
    pub bound: i128,
    /// By class and way: a choice in which some scope takes it leaves at least so much more than the bound unmet.
    pub beyond: Vec<Vec<i128>>,
    /// By level: what a unit unmet costs beyond its price. A choice in which one more than the least stays unmet, or one
    /// fewer than the most where it costs less than its price, leaves so much more than the bound unmet.
    pub left: Vec<i128>,
    /// What is paid for keeping each of the cuts.
    pub cuts: Vec<i128>,
}

/// Prices of a unit of every stock, of a unit unmet at every level beyond the level below, and of keeping every cut.
struct Prices {
    stocks: Vec<i128>,
    levels: Vec<i128>,
    cuts: Vec<i128>,
}

/// The variables of the programme for the prices.
struct Variables {
    stocks: Vec<Variable>,
    levels: Vec<Variable>,
    cuts: Vec<Variable>,
    kinds: Vec<Variable>,
}

/// Prices and costs on the scale of the programme are within these, so that the solver has an end to go to.
const ANY: (f64, f64) = (-1e9, 1e9);
const FROM_NOUGHT: (f64, f64) = (0.0, 1e6);

impl Market<'_> {
    /// The proof by the best prices; `None` where the solver fails. Worths are divided by the scale for the solver.
    pub fn proof(&self, scale: f64) -> Option<Proof> {
        let mut model = Model::new(OptimizationDirection::Maximize);
        let mut little = Little(0);
        let variables = self.variables(&mut model, scale, &mut little);
        self.price_kinds(&mut model, &variables, &mut little);
        self.price_ways(&mut model, &variables, (scale, &mut little));
        self.price_groups(&mut model, &variables, &mut little);
        let solution = model.solve().ok()?.into_solution().ok()?;
        let whole = |prices: &[Variable]| rounded(&solution, prices, scale);
        let [stocks, levels, cuts] = [&variables.stocks, &variables.levels, &variables.cuts].map(|own| whole(own));
        Some(Proof { steps: solution.stats().lp_iterations, ..self.follow(Prices { stocks, levels, cuts }) })
    }

    fn variables(&self, model: &mut Model, scale: f64, little: &mut Little) -> Variables {
        let mut priced = |units: f64| model.add_var(-units - little.next(), FROM_NOUGHT);
        let stocks = self.reduced.supplies.iter().map(|supply| priced(supply.units as f64)).collect();
        let cuts = self.cuts.iter().map(|cut| priced(cut.most as f64)).collect();
        let kinds = self.reduced.kinds.iter().map(|_| priced(0.0)).collect();
        let levels: Vec<Variable> = self.levels.iter().map(|_| priced(0.0)).collect();
        for ((level, &(least, most)), &price) in self.levels.iter().zip(self.ranges).zip(&levels) {
            // What an unmet unit is worth beyond its price, times the least or the most units, whichever is less.
            let left = model.add_var(1.0, ANY);
            for units in [least as f64, most as f64] {
                let worth = level.worth as f64 / scale;
                model.add_constraint([(left, 1.0), (price, units)], ComparisonOp::Le, units * worth);
            }
        }
        Variables { stocks, levels, cuts, kinds }
    }

    /// A kind costs no more than what serves it, with the cuts that this touches, and no more than being unmet.
    fn price_kinds(&self, model: &mut Model, variables: &Variables, little: &mut Little) {
        for (kind, own) in self.reduced.kinds.iter().enumerate() {
            for (place, &stock) in own.stocks.iter().enumerate() {
                let touching = self.cuts.iter().zip(&variables.cuts);
                let touching = touching.filter(|(cut, _)| cut.given.contains(&(kind, place)));
                let mut sum = vec![(variables.kinds[kind], 1.0), (variables.stocks[stock], -1.0)];
                sum.extend(touching.map(|(_, &price)| (price, -1.0)));
                model.add_constraint(sum, ComparisonOp::Le, little.next());
            }
            let levels = self.levels.iter().zip(&variables.levels).filter(|(level, _)| level.kinds.contains(&kind));
            let mut sum = vec![(variables.kinds[kind], 1.0)];
            sum.extend(levels.map(|(_, &price)| (price, -1.0)));
            model.add_constraint(sum, ComparisonOp::Le, little.next());
        }
    }

    /// Every scope pays no more than for the cheapest of its ways.
    fn price_ways(&self, model: &mut Model, variables: &Variables, (scale, little): (f64, &mut Little)) {
        let classes = self.reduced.classes.iter();
        let mut of_ways: Vec<Vec<Vec<(Variable, f64)>>> =
            classes.clone().map(|class| vec![Vec::new(); class.ways.len()]).collect();
        for (cut, &price) in self.cuts.iter().zip(&variables.cuts) {
            cut.counts.iter().for_each(|&(class, way, factor)| of_ways[class][way].push((price, -factor as f64)));
        }
        for (class, of_ways) in classes.zip(of_ways) {
            let cheapest = model.add_var(class.members as f64, ANY);
            for (way, mut sum) in class.ways.iter().zip(of_ways) {
                sum.push((cheapest, 1.0));
                sum.extend(way.needs.iter().map(|&(kind, units)| (variables.kinds[kind], -(units as f64))));
                model.add_constraint(sum, ComparisonOp::Le, way.cost as f64 / scale + little.next());
            }
        }
    }

    /// Licences of a group stay as they were bought where that is worth something.
    fn price_groups(&self, model: &mut Model, variables: &Variables, little: &mut Little) {
        for (group, &licences) in self.licences.iter().enumerate() {
            let gain = model.add_var(-(licences as f64), FROM_NOUGHT);
            let more = |stock: usize| self.reduced.supplies[stock].kept.get(&group).copied();
            let stocks = variables.stocks.iter().enumerate();
            let mut sum: Vec<(Variable, f64)> =
                stocks.filter_map(|(stock, &price)| Some((price, more(stock)?))).collect();
            sum.push((gain, -1.0));
            for (cut, &price) in self.cuts.iter().zip(&variables.cuts) {
                sum.extend(cut.kept_of(group).map(|factor| (price, -factor as f64)));
            }
            model.add_constraint(sum, ComparisonOp::Le, little.next());
        }
    }

    /// What follows from prices, whatever they are.
    fn follow(&self, prices: Prices) -> Proof {
        let kinds = self.of_kinds(&prices);
        let of_way = |way: &Way| {
            let needs = way.needs.iter().map(|&(kind, units)| kinds[kind] * i128::from(units));
            way.cost as i128 + needs.sum::<i128>()
        };
        let classes = self.reduced.classes.iter();
        let mut beyond: Vec<Vec<i128>> = classes.clone().map(|class| class.ways.iter().map(of_way).collect()).collect();
        for (cut, price) in self.cuts.iter().zip(&prices.cuts) {
            cut.counts.iter().for_each(|&(class, way, factor)| beyond[class][way] += price * i128::from(factor));
        }
        let mut bound = 0;
        for (class, costs) in classes.zip(&mut beyond) {
            let least = costs.iter().copied().min().unwrap_or(0);
            costs.iter_mut().for_each(|cost| *cost -= least);
            bound += least * i128::from(class.members);
        }
        let levels = self.levels.iter().zip(&prices.levels);
        let left: Vec<i128> = levels.map(|(level, price)| i128::from(level.worth) - price).collect();
        for (left, &(least, most)) in left.iter().zip(self.ranges) {
            bound += (left * i128::from(least)).min(left * i128::from(most));
        }
        let supplies = self.reduced.supplies.iter().zip(&prices.stocks);
        bound -= supplies.map(|(supply, price)| price * i128::from(supply.units)).sum::<i128>();
        bound -= self.cuts.iter().zip(&prices.cuts).map(|(cut, price)| price * i128::from(cut.most)).sum::<i128>();
        bound -= (0..self.licences.len()).map(|group| self.of_group(&prices, group)).sum::<i128>();
        Proof { steps: 0, bound, beyond, left, cuts: prices.cuts }
    }

    /// What a unit of each kind costs: what serves it most cheaply, or being unmet.
    fn of_kinds(&self, prices: &Prices) -> Vec<i128> {
        let mut unmet = vec![0; self.reduced.kinds.len()];
        for (level, price) in self.levels.iter().zip(&prices.levels) {
            level.kinds.iter().for_each(|&kind| unmet[kind] += price);
        }
        let kinds = self.reduced.kinds.iter();
        let mut served: Vec<Vec<i128>> =
            kinds.map(|kind| kind.stocks.iter().map(|&stock| prices.stocks[stock]).collect()).collect();
        for (cut, price) in self.cuts.iter().zip(&prices.cuts) {
            cut.given.iter().for_each(|&(kind, place)| served[kind][place] += price);
        }
        unmet.into_iter().zip(served).map(|(unmet, served)| served.into_iter().fold(unmet, i128::min)).collect()
    }

    /// What keeping licences of a group as they were bought is worth at most.
    fn of_group(&self, prices: &Prices, group: usize) -> i128 {
        let supplies = self.reduced.supplies.iter().zip(&prices.stocks);
        let more = supplies.filter_map(|(supply, &price)| Some(supply.kept.get(&group)? * price as f64));
        let cuts = self.cuts.iter().zip(&prices.cuts);
        let factors = cuts.flat_map(|(cut, price)| cut.kept_of(group).map(move |factor| price * i128::from(factor)));
        let each = more.sum::<f64>().ceil() as i128 - factors.sum::<i128>();
        (each * i128::from(self.licences[group])).max(0)
    }
}

/// A little that is given in beside every limit and every cost, never twice the same: where many limits are reached at once,
/// or many prices are as good as each other, the solver, which has no limit to its steps, could go round in a circle. Any
/// prices prove something, so that this does no harm.
struct Little(u64);

impl Little {
    fn next(&mut self) -> f64 {
        self.0 = (self.0 + 7_919) % 104_729;
        1e-6 * (1.0 + self.0 as f64 / 104_729.0)
    }
}

/// Prices in whole numbers.
fn rounded(solution: &Solution, prices: &[Variable], scale: f64) -> Vec<i128> {
    prices.iter().map(|&price| (solution.var_value_raw(price) * scale).round().max(0.0) as i128).collect()
}
