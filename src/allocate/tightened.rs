//! The programme for the least unmet need alone, over what is left of a component that is reduced to it, and tightened by
//! what whole scopes cannot fill before it is solved for whole numbers.
//!
//! As with the other programme nothing here is believed as it comes: what is found is scored again in whole numbers, and
//! the bound is taken with the accuracy of the solver.

use microlp::{
    ComparisonOp, LinearExpr, OptimizationDirection, Problem as Model, Solution, SolveOptions, TerminationReason,
    Variable,
};

use super::component::Component;
use super::cuts::{self, Cut, Fractions};
use super::programme::{self, Sum};
use super::reduced::{Class, Reduced, Supply};

/// Times that constraints are looked for; numbers, not times, so that the same input gives the same answer.
const ROUNDS: usize = 24;

/// Rounds without a rise of the bound after which no further constraints are looked for.
const IDLE: usize = 8;

/// Most ways that are left.
const WAYS: usize = 20_000;

/// Nodes times variables of the programme.
const NODES_OF_VARIABLES: u64 = 6_000_000;

/// Most nodes.
const NODES: u64 = 40_000;

/// What was found for a component.
#[derive(Debug, Clone)]
pub(super) struct Tight {
    /// Scopes of each class that take each way; they add up to the members.
    pub counts: Vec<Vec<u64>>,
    /// Licences of each of the component's groups that stay as they were bought.
    pub kept: Vec<u64>,
    /// No choice leaves less unmet.
    pub bound: u128,
}

/// How much of the step between two unmet needs a choice may be better by and be overlooked.
const STEP: f64 = 0.5;

/// The least unmet need of a component whose stocks hold so much and whose groups have so many licences, with a bound;
/// `None` where the solver fails.
pub(super) fn solve(component: &Component, supplies: &[Supply], licences: &[u64]) -> Option<Tight> {
    let mut tight = Tight {
        counts: component.classes.iter().map(|class| vec![0; class.ways.len()]).collect(),
        kept: vec![0; licences.len()],
        bound: 0,
    };
    let common = programme::common_worth(component);
    let scale = component.kinds.iter().map(|kind| kind.worth).max().unwrap_or(1).max(1) as f64;
    let reduced = Reduced::new(component, supplies);
    if reduced.classes.iter().map(|class| class.ways.len()).sum::<usize>() > WAYS {
        return None;
    }
    for part in reduced.parts() {
        let tightened = Tightened { reduced: &part, licences, scale, step: common as f64 / scale };
        let (cuts, bound) = tightened.cuts()?;
        let (found, better) = tightened.whole(&cuts, bound)?;
        tight.bound += programme::bound_in_units(bound.max(better), scale, component);
        let classes = part.classes.iter().zip(&found.counts);
        let counts: Vec<Vec<u64>> = classes.map(|(class, values)| programme::rounded(values, class.members)).collect();
        part.unfold(component, &counts, &mut tight.counts);
        for &group in part.supplies.iter().flat_map(|supply| supply.kept.keys()) {
            tight.kept[group] = (found.kept[group].round().max(0.0) as u64).min(licences[group]);
        }
    }
    Some(tight)
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

/// The variables of a programme, by their numbers.
#[derive(Default)]
struct Variables {
    all: Vec<Variable>,
    /// Of each class: a variable for each way but the one that takes the rest.
    counts: Vec<Vec<Option<usize>>>,
    /// By kind, in the order of its stocks.
    given: Vec<Vec<usize>>,
    kept: Vec<usize>,
    /// Worth of what every scope would need on the way that takes the rest.
    constant: f64,
}

/// The way of a class that takes the rest.
fn base(class: &Class) -> usize {
    (0..class.ways.len()).find(|&way| class.ways[way].needs.is_empty()).unwrap_or(0)
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
        for (class, own) in reduced.classes.iter().zip(&variables.counts).filter(|(class, _)| class.ways.len() > 2) {
            let sum: Vec<(Variable, f64)> = own.iter().flatten().map(|&count| (variables.all[count], 1.0)).collect();
            model.add_constraint(sum, ComparisonOp::Le, class.members as f64);
        }
        self.give(&mut model, &variables);
        for cut in cuts {
            let (sum, most) = self.expression(&variables, cut);
            model.add_constraint(sum, ComparisonOp::Le, most);
        }
        (model, variables)
    }

    /// No kind is given more than is needed of it, and no stock gives more than it holds.
    fn give(&self, model: &mut Model, variables: &Variables) {
        let reduced = self.reduced;
        let mut needs: Vec<Sum> = vec![Sum::default(); reduced.kinds.len()];
        for (index, class) in reduced.classes.iter().enumerate() {
            for (way, of_way) in class.ways.iter().enumerate() {
                for &(kind, units) in &of_way.needs {
                    self.count(&mut needs[kind], variables, (index, way), -(units as f64));
                }
            }
        }
        let mut holds: Vec<Sum> = vec![Sum::default(); reduced.supplies.len()];
        for ((need, kind), given) in needs.iter_mut().zip(&reduced.kinds).zip(&variables.given) {
            for (&stock, &units) in kind.stocks.iter().zip(given) {
                need.add(units, 1.0);
                holds[stock].add(units, 1.0);
            }
        }
        for (holds, supply) in holds.iter_mut().zip(&reduced.supplies) {
            holds.constant -= supply.units as f64;
            supply.kept.iter().for_each(|(&group, &more)| holds.add(variables.kept[group], -more));
        }
        for sum in needs.into_iter().chain(holds) {
            let (sum, most) = variables.at_most(&sum, 0.0);
            model.add_constraint(sum, ComparisonOp::Le, most);
        }
    }

    /// Adds the scopes of a class that take a way: a variable, or the rest.
    fn count(&self, sum: &mut Sum, variables: &Variables, (class, way): (usize, usize), factor: f64) {
        match variables.counts[class][way] {
            Some(count) => sum.add(count, factor),
            None => {
                sum.constant += factor * self.reduced.classes[class].members as f64;
                variables.counts[class].iter().flatten().for_each(|&other| sum.add(other, -factor));
            }
        }
    }

    fn expression(&self, variables: &Variables, cut: &Cut) -> (LinearExpr, f64) {
        let mut sum = Sum::default();
        cut.counts
            .iter()
            .for_each(|&(class, way, factor)| self.count(&mut sum, variables, (class, way), factor as f64));
        cut.kept.iter().for_each(|&(group, factor)| sum.add(variables.kept[group], factor as f64));
        cut.given.iter().for_each(|&(kind, place)| sum.add(variables.given[kind][place], 1.0));
        variables.at_most(&sum, cut.most as f64)
    }

    /// Constraints that tighten the programme with fractions, and its bound.
    fn cuts(&self) -> Option<(Vec<Cut>, f64)> {
        let (model, variables) = self.model(false, &[]);
        let mut solution = model.solve().ok()?.into_solution().ok()?;
        let (mut cuts, mut idle) = (Vec::new(), 0);
        let mut bound = solution.objective();
        for _ in 0..ROUNDS {
            let found = self.fractions(&variables, &solution);
            let broken = cuts::broken(self.reduced, self.licences, &found);
            if broken.is_empty() || idle == IDLE {
                break;
            }
            for cut in &broken {
                let (sum, most) = self.expression(&variables, cut);
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
        let found = self.fractions(&variables, &solution);
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

    /// The values of a solution.
    fn fractions(&self, variables: &Variables, solution: &Solution) -> Fractions {
        let value = |variable: usize| solution.var_value_raw(variables.all[variable]);
        let of_class = |(class, own): (&Class, &Vec<Option<usize>>)| {
            let mut counts: Vec<f64> = own.iter().map(|count| count.map_or(0.0, value)).collect();
            counts[base(class)] = class.members as f64 - counts.iter().sum::<f64>();
            counts
        };
        Fractions {
            counts: self.reduced.classes.iter().zip(&variables.counts).map(of_class).collect(),
            given: variables.given.iter().map(|given| given.iter().map(|&given| value(given)).collect()).collect(),
            kept: variables.kept.iter().map(|&kept| value(kept)).collect(),
        }
    }
}

/// A whole choice.
struct Whole {
    found: Fractions,
    bound: f64,
    is_proved: bool,
}

impl Variables {
    /// A sum and what it is at most, as the solver takes them.
    fn at_most(&self, sum: &Sum, limit: f64) -> (LinearExpr, f64) {
        let terms = sum.terms.iter().filter(|(_, factor)| **factor != 0.0);
        (terms.map(|(&variable, &factor)| (self.all[variable], factor)).collect(), limit - sum.constant)
    }
}

#[cfg(test)]
mod tests {
    use super::super::component::Way;
    use super::super::flow::{Kind, Want, spend};
    use super::*;

    /// Numbers that look thrown, the same in every run.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % sides
        }
    }

    /// Members, and the lines of each way: kind and units.
    type Drawn = (usize, Vec<Vec<(usize, u64)>>);

    /// A component of these classes, worths of the kinds and edges.
    fn component(classes: Vec<Drawn>, worths: &[u64], edges: &[(usize, usize)]) -> Component {
        let way = |lines: Vec<(usize, u64)>| Way { higher: false, units: 0, lines };
        let class = |(members, ways): Drawn| super::super::component::Class {
            members: (0..members).collect(),
            ways: ways.into_iter().map(way).collect(),
        };
        Component {
            requirements: Vec::new(),
            eligible: Vec::new(),
            classes: classes.into_iter().map(class).collect(),
            kinds: worths.iter().map(|&worth| Kind { worth }).collect(),
            stocks: Vec::new(),
            groups: Vec::new(),
            edges: edges.iter().map(|&(stock, kind)| (stock, kind, 0)).collect(),
            edges_to: Vec::new(),
        }
    }

    fn supply(units: u64) -> Supply {
        Supply { units, ..Supply::default() }
    }

    /// What a choice leaves unmet where so many licences are kept.
    fn unmet(component: &Component, supplies: &[Supply], counts: &[Vec<u64>], kept: &[u64]) -> u128 {
        let mut units = vec![0; component.kinds.len()];
        for (class, counts) in component.classes.iter().zip(counts) {
            for (way, count) in class.ways.iter().zip(counts) {
                way.lines.iter().for_each(|&(kind, wanted)| units[kind] += wanted * count);
            }
        }
        let held = |supply: &Supply| {
            let kept = supply.kept.iter().map(|(&group, &more)| more * kept[group] as f64).sum::<f64>();
            (supply.units as f64 + kept) as u64
        };
        let held: Vec<u64> = supplies.iter().map(held).collect();
        let wants: Vec<Want> = units.iter().enumerate().map(|(kind, &units)| Want { kind, units }).collect();
        let met = spend(&held, &component.kinds, &wants, &component.edges).met;
        let short = wants.iter().zip(met).map(|(want, met)| (want.kind, want.units - met));
        short.map(|(kind, units)| u128::from(component.kinds[kind].worth * units)).sum()
    }

    /// Every way to share the members of every class out.
    fn choices(component: &Component) -> Vec<Vec<Vec<u64>>> {
        let mut all: Vec<Vec<Vec<u64>>> = vec![Vec::new()];
        for class in &component.classes {
            let mut shares: Vec<Vec<u64>> = vec![Vec::new()];
            for way in 0..class.ways.len() {
                let members = class.members.len() as u64;
                let is_last = way + 1 == class.ways.len();
                let longer = |share: &Vec<u64>| {
                    let left = members - share.iter().sum::<u64>();
                    let counts = if is_last { left..=left } else { 0..=left };
                    counts.map(|count| [share.as_slice(), &[count]].concat()).collect::<Vec<_>>()
                };
                shares = shares.iter().flat_map(longer).collect();
            }
            let longer = |choice: &Vec<Vec<u64>>| {
                shares.iter().map(|share| [choice.as_slice(), std::slice::from_ref(share)].concat()).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(longer).collect();
        }
        all
    }

    /// A component of a few scopes against several stocks, scarce together, some of which are converted into each other.
    fn drawn(dice: &mut Dice) -> (Component, Vec<Supply>, Vec<u64>) {
        let (kinds, stocks) = (1 + dice.roll(4) as usize, 1 + dice.roll(4) as usize);
        let worths: Vec<u64> = (0..kinds).map(|_| 1 + dice.roll(40)).collect();
        let every = (0..stocks).flat_map(|stock| (0..kinds).map(move |kind| (stock, kind)));
        let edges: Vec<(usize, usize)> = every.filter(|_| dice.roll(2) == 0).collect();
        let classes = (0..1 + dice.roll(3))
            .map(|_| {
                let mut way =
                    || (0..1 + dice.roll(2)).map(|_| (dice.roll(kinds as u64) as usize, 1 + dice.roll(9))).collect();
                let ways: Vec<Vec<(usize, u64)>> = vec![way(), way(), way()];
                (1 + dice.roll(2) as usize, ways)
            })
            .collect();
        let mut supplies: Vec<Supply> = (0..stocks).map(|_| supply(dice.roll(16))).collect();
        let mut licences = Vec::new();
        if stocks > 1 && dice.roll(2) == 0 {
            let (own, each) = (dice.roll(6), 1 + dice.roll(3));
            supplies[0] = Supply { units: 0, kept: [(0, 1.0)].into() };
            supplies[1] = Supply { units: own * each, kept: [(0, -(each as f64))].into() };
            licences.push(own);
        }
        (component(classes, &worths, &edges), supplies, licences)
    }

    #[test]
    fn what_no_whole_scope_fills_stays_over() {
        // Four units save two dear ones; ten units serve two scopes, and two units are of no use to the third.
        let scopes = vec![(3, vec![vec![(0, 4)], vec![(1, 1)]])];
        let component = component(scopes, &[10, 20], &[(0, 0)]);
        let found = solve(&component, &[supply(10)], &[]).unwrap();
        assert_eq!((found.bound, found.counts), (20, vec![vec![2, 1]]));
    }

    #[test]
    fn the_least_is_found_and_proved_whatever_is_scarce() {
        let mut dice = Dice(7);
        for round in 0..2_000 {
            let (component, supplies, licences) = drawn(&mut dice);
            let kept: Vec<Vec<u64>> = match licences.first() {
                Some(&licences) => (0..=licences).map(|kept| vec![kept]).collect(),
                None => vec![Vec::new()],
            };
            let of_choice = |counts: &Vec<Vec<u64>>| {
                kept.iter().map(|kept| unmet(&component, &supplies, counts, kept)).min().unwrap()
            };
            let least = choices(&component).iter().map(of_choice).min().unwrap();
            let found = solve(&component, &supplies, &licences).unwrap();
            let reached = unmet(&component, &supplies, &found.counts, &found.kept);
            assert_eq!((found.bound, reached), (least, least), "round {round}");
        }
    }

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
                let own: Vec<Drawn> = part
                    .classes
                    .iter()
                    .map(|class| (class.members as usize, class.ways.iter().map(|way| way.needs.clone()).collect()))
                    .collect();
                let worths: Vec<u64> = part.kinds.iter().map(|kind| kind.worth).collect();
                let stocks = part.kinds.iter().enumerate();
                let edges: Vec<(usize, usize)> =
                    stocks.flat_map(|(kind, own)| own.stocks.iter().map(move |&stock| (stock, kind))).collect();
                let whole = self::component(own, &worths, &edges);
                for counts in choices(&whole) {
                    for kept in 0..=licences.first().copied().unwrap_or(0) {
                        let found = given(&whole, &part, &counts, kept);
                        cuts.iter().for_each(|cut| assert!(cut.holds(&found), "round {round}: {cut:?} {found:?}"));
                    }
                }
            }
        }
        assert!(tightened > 100, "only {tightened} constraints were seen");
    }

    /// A whole choice with the units spent on it.
    fn given(whole: &Component, part: &Reduced, counts: &[Vec<u64>], kept: u64) -> Fractions {
        let mut units = vec![0; whole.kinds.len()];
        for (class, counts) in whole.classes.iter().zip(counts) {
            for (way, count) in class.ways.iter().zip(counts) {
                way.lines.iter().for_each(|&(kind, wanted)| units[kind] += wanted * count);
            }
        }
        let held = |supply: &Supply| {
            (supply.units as f64 + supply.kept.values().map(|more| more * kept as f64).sum::<f64>()) as u64
        };
        let held: Vec<u64> = part.supplies.iter().map(held).collect();
        let wants: Vec<Want> = units.iter().enumerate().map(|(kind, &units)| Want { kind, units }).collect();
        let used = spend(&held, &whole.kinds, &wants, &whole.edges).used;
        let mut used = used.into_iter();
        let of_kind = |kind: &super::super::reduced::Kind| {
            used.by_ref().take(kind.stocks.len()).map(|units| units as f64).collect()
        };
        Fractions {
            counts: counts.iter().map(|counts| counts.iter().map(|&count| count as f64).collect()).collect(),
            given: part.kinds.iter().map(of_kind).collect(),
            kept: vec![kept as f64],
        }
    }
}
