//! The least unmet need of a part, decided to the end where the work allows.
//!
//! An answer and a bound are known, with a gap between them. Prices tell which ways are too dear to be in a better choice
//! than the best that is known; a good choice is looked for among the cheapest ways, and then few ways are left. How many
//! units stay unmet at each price is decided first, by halves, and for each half anew which ways are left. Work is counted in
//! steps of the solver, never in seconds, so that the same input gives the same answer. What is found is scored again in
//! whole numbers.

use std::cmp::Ordering;

use super::cuts::{Cut, Fractions};
use super::found::{Found, whole_licences};
use super::levelled::{Failure, Levelled, Relaxed, Whole};
use super::prices::{Market, Proof, Range};
use super::programme;
use super::reduced::{Level, Reduced};

/// Nodes for a first choice.
const NODES_OF_FIRST: u64 = 1_000;

/// Ways that are left up to which no better choice is looked for before they are decided.
const FEW_WAYS: usize = 400;

/// Ways among which is chosen anew at a time, while the others stay.
const WAYS_ANEW: usize = 300;

/// Nodes for each time.
const NODES_ANEW: u64 = 100;

/// Times without a better choice after which no more are tried.
const IDLE_TRIES: usize = 8;

/// Ways beside one for each class, the cheapest at the prices found, among which is chosen then.
const CORES: [usize; 2] = [400, 800];

/// Nodes times ways for each of these.
const NODES_OF_CORES: u64 = 6_000_000;

/// Nodes times ways for the last decision in a half.
const NODES_OF_WAYS: u64 = 6_000_000;

/// Most nodes.
const NODES: u64 = 40_000;

/// Steps that a node takes the solver, about.
const STEPS_OF_NODE: u64 = 10;

/// Times that a half is decided anew where something better was found in it.
const LAST_TRIES: usize = 3;

/// A level is split between whole units where a better choice than the best has no more than so many.
const SLICES: u128 = 4;

/// Most halves.
const HALVES: usize = 60;

/// A better choice than the one that is known for a part, with a higher bound, as far as the work goes, which is taken off.
pub(super) fn solve(
    part: &Reduced,
    licences: &[u64],
    step: u64,
    known: (Found, u128),
    work: &mut u64,
) -> (Found, u128) {
    let (found, bound) = known;
    let mut decision = Decision::new(part.in_common_units(), licences, (step, found), *work);
    let decided = decision.decide();
    *work = decision.work;
    (decision.best, decided.max(bound))
}

/// Choices with so many units unmet at each level, and the ways that may be in a better one than the best.
struct Half {
    reduced: Reduced,
    /// The number in the part of each way that is left.
    ways: Vec<Vec<usize>>,
    ranges: Vec<Range>,
    cuts: Vec<Cut>,
    /// No choice of these leaves less unmet.
    bound: u128,
}

/// A part that is decided.
struct Decision<'a> {
    part: Reduced,
    licences: &'a [u64],
    levels: Vec<Level>,
    /// What unmet needs are multiples of.
    step: u64,
    /// What a unit of the dearest kind is worth.
    scale: f64,
    best: Found,
    /// Whether a better choice was looked for before halves are decided.
    is_improved: bool,
    /// Steps of the solver times ways that may still be taken.
    work: u64,
}

/// Numbers that look thrown, the same in every run.
pub(super) struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// What is left to do for a half.
enum Fate {
    /// Nothing better is in it than the best, or than this.
    Closed(u128),
    /// It is looked at in these.
    Split(Box<[Half; 2]>),
}

impl<'a> Decision<'a> {
    fn new(part: Reduced, licences: &'a [u64], (step, best): (u64, Found), work: u64) -> Self {
        let scale = part.kinds.iter().map(|kind| kind.worth).max().unwrap_or(1).max(1) as f64;
        let levels = part.levels();
        Self { part, licences, levels, step, scale, best, is_improved: false, work }
    }

    /// Looks for the best choice; returns the bound.
    fn decide(&mut self) -> u128 {
        let mut open = vec![self.all()];
        let mut bound = u128::MAX;
        let mut looked_at = 0;
        while let Some(half) = open.pop() {
            if looked_at == HALVES || self.work == 0 {
                bound = bound.min(half.bound);
                continue;
            }
            looked_at += 1;
            match self.look_at(half) {
                Fate::Closed(own) => bound = bound.min(own),
                Fate::Split(halves) => open.extend(*halves),
            }
        }
        bound.min(self.best.unmet)
    }

    /// Everything.
    fn all(&self) -> Half {
        let mut most: Vec<u64> = vec![0; self.part.kinds.len()];
        for class in &self.part.classes {
            let needs = class.ways.iter().flat_map(|way| &way.needs);
            needs.for_each(|&(kind, units)| most[kind] += units * class.members);
        }
        let ranges = self.levels.iter().map(|level| (0, level.kinds.iter().map(|&kind| most[kind]).sum()));
        Half {
            reduced: self.part.clone(),
            ways: self.part.classes.iter().map(|class| (0..class.ways.len()).collect()).collect(),
            ranges: ranges.collect(),
            cuts: Vec::new(),
            bound: 0,
        }
    }

    fn look_at(&mut self, mut half: Half) -> Fate {
        let relaxed = loop {
            let relaxed = match self.levelled(&half).relaxed(half.cuts.clone()) {
                Ok(relaxed) => relaxed,
                Err(Failure::Nothing) => return Fate::Closed(u128::MAX),
                Err(Failure::Solver) => return Fate::Closed(half.bound),
            };
            half.cuts.clone_from(&relaxed.cuts);
            let Some(proof) = self.market(&half).proof(self.scale) else {
                return self.last(&half);
            };
            self.took(relaxed.steps + proof.steps, &half);
            half.bound = half.bound.max(self.in_steps(proof.bound));
            if !self.is_improved {
                self.is_improved = true;
                self.improve(&half, &relaxed.found, &proof);
            }
            let before = half.reduced.ways();
            self.leave_out_ways(&mut half, &proof);
            if self.is_no_better(half.bound) {
                return Fate::Closed(half.bound);
            }
            if half.reduced.ways() * 10 > before * 9 {
                break relaxed;
            }
        };
        match self.split(&half, &relaxed) {
            Some(halves) => Fate::Split(Box::new(halves)),
            None => self.last(&half),
        }
    }

    /// Looks for a better choice before anything is decided, because the less it leaves unmet, the more ways are too dear.
    fn improve(&mut self, half: &Half, near: &Fractions, proof: &Proof) {
        self.choose_near(half, near);
        let left = proof.beyond.iter().flatten().filter(|&&beyond| beyond <= self.gap(proof.bound)).count();
        if left > FEW_WAYS {
            self.look_for_a_choice(half, proof);
        }
    }

    /// Takes work off.
    fn took(&mut self, steps: u64, half: &Half) {
        self.work = self.work.saturating_sub(steps * half.reduced.ways() as u64);
    }

    /// What is left is decided in whole numbers, as far as the work allows: again where something better was found, because
    /// then only what is better still is looked for.
    fn last(&mut self, half: &Half) -> Fate {
        let nodes = (NODES_OF_WAYS / half.reduced.ways().max(1) as u64).clamp(1, NODES);
        let mut bound = half.bound;
        for _ in 0..LAST_TRIES {
            let before = self.best.unmet;
            if let Ok(own) = self.whole(half, nodes) {
                bound = bound.max(own);
            }
            if self.is_no_better(bound) || self.best.unmet == before {
                break;
            }
        }
        Fate::Closed(bound)
    }

    /// Rounds fractions, and chooses where scopes that fractions leave whole stay so.
    fn choose_near(&mut self, half: &Half, near: &Fractions) {
        self.take(half, near);
        let is_whole = |value: &f64| (value - value.round()).abs() < 1e-6;
        let settled: Vec<bool> = near.counts.iter().map(|counts| counts.iter().all(is_whole)).collect();
        let first = self.only(half, |class, way| !settled[class] || near.counts[class][way] > 0.5);
        let _ = self.whole(&first, NODES_OF_FIRST);
    }

    /// Looks for a good choice: among the cheapest ways, then by choosing anew for some classes at a time.
    fn look_for_a_choice(&mut self, half: &Half, proof: &Proof) {
        let mut costs: Vec<i128> = proof.beyond.iter().flatten().copied().collect();
        costs.sort_unstable();
        for core in CORES {
            let place = (core + half.reduced.classes.len()).min(costs.len().max(1) - 1);
            if self.is_no_better(half.bound) || place + 1 >= costs.len() {
                break;
            }
            let core = self.only(half, |class, way| proof.beyond[class][way] <= costs[place]);
            let nodes = (NODES_OF_CORES / core.reduced.ways().max(1) as u64).clamp(1, NODES);
            let _ = self.whole(&core, nodes);
        }
        self.choose_anew(half);
    }

    /// Chooses anew for some classes while the others stay, again and again as long as that helps.
    fn choose_anew(&mut self, half: &Half) {
        let mut dice = Dice(2_026);
        let mut idle = 0;
        while !self.is_no_better(half.bound) && idle < IDLE_TRIES && self.work > 0 {
            let best = self.best.clone();
            let mut open: Vec<bool> = vec![false; half.reduced.classes.len()];
            let mut ways = 0;
            while ways < WAYS_ANEW.min(half.reduced.ways()) {
                let class = dice.roll(open.len() as u64) as usize;
                ways += if open[class] { 1 } else { half.reduced.classes[class].ways.len() };
                open[class] = true;
            }
            let counts = |class: usize, way: usize| best.counts[class][half.ways[class][way]];
            let some = self.only(half, |class, way| open[class] || counts(class, way) > 0);
            let _ = self.whole(&some, NODES_ANEW);
            idle = if self.best.unmet < best.unmet { 0 } else { idle + 1 };
        }
    }

    /// Leaves out ways and numbers of units unmet that no better choice than the best can have.
    fn leave_out_ways(&self, half: &mut Half, proof: &Proof) {
        let most = self.gap(proof.bound);
        *half = self.only(half, |class, way| proof.beyond[class][way] <= most);
        for ((least, last), left) in half.ranges.iter_mut().zip(&proof.left) {
            let units = |price: i128| u64::try_from(most.max(0) / price).unwrap_or(u64::MAX);
            match left.cmp(&0) {
                Ordering::Greater => *last = (*last).min(least.saturating_add(units(*left))),
                Ordering::Less => *least = (*least).max(last.saturating_sub(units(-left))),
                Ordering::Equal => {}
            }
        }
        let paid = half.cuts.drain(..).zip(&proof.cuts).filter(|(_, price)| **price > 0).map(|(cut, _)| cut);
        half.cuts = paid.collect();
    }

    fn only(&self, half: &Half, stays: impl Fn(usize, usize) -> bool) -> Half {
        let (reduced, left) = half.reduced.only(stays);
        let ways =
            half.ways.iter().zip(&left).map(|(ways, left)| left.iter().map(|&way| ways[way]).collect()).collect();
        let cuts = half.cuts.iter().map(|cut| cut.only(&left)).collect();
        Half { reduced, ways, cuts, ranges: half.ranges.clone(), bound: half.bound }
    }

    /// Solves a half in whole numbers; returns what no choice in it leaves less than unmet.
    fn whole(&mut self, half: &Half, nodes: u64) -> Result<u128, Failure> {
        let of_node = STEPS_OF_NODE * half.reduced.ways().max(1) as u64;
        let allowed = nodes.min(self.work.div_ceil(of_node));
        let mut left = allowed;
        let whole = self.levelled(half).whole(&half.cuts, &mut left);
        self.took((allowed - left) * STEPS_OF_NODE, half);
        let Whole { found, bound } = whole?;
        if let Some(found) = found {
            self.take(half, &found);
        }
        Ok(programme::in_steps(bound, self.scale, self.step))
    }

    /// Keeps a choice if it is the best.
    fn take(&mut self, half: &Half, values: &Fractions) {
        let mut counts: Vec<Vec<u64>> = self.part.classes.iter().map(|class| vec![0; class.ways.len()]).collect();
        for (((class, ways), values), counts) in
            half.reduced.classes.iter().zip(&half.ways).zip(&values.counts).zip(&mut counts)
        {
            let taken = programme::rounded(values, class.members);
            ways.iter().zip(taken).for_each(|(&way, taken)| counts[way] = taken);
        }
        let found = Found::new(&self.part, counts, whole_licences(self.licences, &values.kept));
        if found.unmet < self.best.unmet {
            self.best = found;
        }
    }

    /// Two halves where it is not decided how many units stay unmet at some level: one of which fractions tell a part of a
    /// unit, or one so dear that it is soon decided. The half with fewer units is looked at first.
    fn split(&self, half: &Half, relaxed: &Relaxed) -> Option<[Half; 2]> {
        let is_open = |level: &usize| relaxed.unmet[*level] + 1e-5 < half.ranges[*level].1 as f64;
        let in_part = |level: usize| (relaxed.unmet[level] - relaxed.unmet[level].round()).abs() > 1e-5;
        let gap = self.best.unmet.saturating_sub(half.bound);
        let is_dear = |level: usize| gap < u128::from(self.levels[level].worth) * SLICES;
        let open = (0..half.ranges.len()).filter(is_open).filter(|&level| in_part(level) || is_dear(level));
        let level = open.max_by_key(|&level| (in_part(level), self.levels[level].worth))?;
        let most = (relaxed.unmet[level] + 1e-5).floor() as u64;
        let within = |range: Range| {
            let mut ranges = half.ranges.clone();
            ranges[level] = range;
            let (reduced, ways, cuts) = (half.reduced.clone(), half.ways.clone(), half.cuts.clone());
            Half { reduced, ways, cuts, ranges, bound: half.bound }
        };
        let (least, last) = half.ranges[level];
        Some([within((most + 1, last)), within((least, most))])
    }

    /// How much beyond a bound a better choice than the best can be.
    fn gap(&self, bound: i128) -> i128 {
        self.best.unmet as i128 - i128::from(self.step) - bound
    }

    fn is_no_better(&self, bound: u128) -> bool {
        bound >= self.best.unmet
    }

    /// A bound on unmet needs, which are multiples of a step.
    fn in_steps(&self, bound: i128) -> u128 {
        let step = u128::from(self.step);
        u128::try_from(bound).map_or(0, |bound| bound.div_ceil(step) * step)
    }

    fn levelled<'b>(&'b self, half: &'b Half) -> Levelled<'b> {
        Levelled {
            reduced: &half.reduced,
            licences: self.licences,
            levels: &self.levels,
            ranges: &half.ranges,
            scale: self.scale,
            step: self.step as f64 / self.scale,
            most: self.best.unmet as f64 / self.scale,
        }
    }

    fn market<'b>(&'b self, half: &'b Half) -> Market<'b> {
        Market {
            reduced: &half.reduced,
            licences: self.licences,
            levels: &self.levels,
            ranges: &half.ranges,
            cuts: &half.cuts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawn::{as_component, choices, drawn, every_kept, given, least_of_all, unmet_of};
    use super::*;

    /// A first choice that is seldom good, of which nothing is known: every scope on the last of its ways.
    fn poor(part: &Reduced, licences: &[u64]) -> Found {
        let counts = part.classes.iter().map(|class| {
            let mut counts = vec![0; class.ways.len()];
            counts[class.ways.len() - 1] = class.members;
            counts
        });
        Found::new(part, counts.collect(), vec![0; licences.len()])
    }

    #[test]
    fn the_least_is_found_and_proved_from_a_poor_choice() {
        let mut dice = Dice(7);
        for round in 0..2_000 {
            let (component, supplies, licences) = drawn(&mut dice);
            let parts = Reduced::new(&component, &supplies).parts();
            let of_parts = parts.iter().map(|part| {
                let known = (poor(part, &licences), 0);
                let (found, bound) = solve(part, &licences, 1, known, &mut u64::MAX.clone());
                assert_eq!(found.unmet, bound, "round {round}");
                bound
            });
            assert_eq!(of_parts.sum::<u128>(), least_of_all(&component, &supplies, &licences), "round {round}");
        }
    }

    #[test]
    fn where_the_work_ends_the_known_choice_and_bound_stay() {
        let mut dice = Dice(13);
        let mut open = 0;
        for round in 0..500 {
            let (component, supplies, licences) = drawn(&mut dice);
            let parts = Reduced::new(&component, &supplies).parts();
            let (mut unmet, mut bound) = (0, 0);
            for part in &parts {
                let known = poor(part, &licences);
                let (found, own) = solve(part, &licences, 1, (known.clone(), 0), &mut (round % 20 + 1));
                assert!(found.unmet <= known.unmet && own <= found.unmet, "round {round}");
                (unmet, bound) = (unmet + found.unmet, bound + own);
            }
            let least = least_of_all(&component, &supplies, &licences);
            assert!(bound <= least && least <= unmet, "round {round}: {bound} {least} {unmet}");
            open += usize::from(bound < unmet);
        }
        assert!(open > 10, "the work sufficed but for {open}");
    }

    #[test]
    fn every_whole_choice_keeps_what_tightens_the_programme_and_what_prices_prove() {
        let mut dice = Dice(11);
        let (mut seen, mut limited, mut dear) = (0, 0, 0);
        for round in 0..1_000 {
            let (component, supplies, licences) = drawn(&mut dice);
            for part in Reduced::new(&component, &supplies).parts() {
                let known = poor(&part, &licences);
                let decision = Decision::new(part.in_common_units(), &licences, (1, known), u64::MAX);
                let mut half = decision.all();
                // Every second time only choices that leave a few units unmet are looked at.
                for range in half.ranges.iter_mut().filter(|_| round % 2 == 1) {
                    *range = (dice.roll(2), 1 + dice.roll(5));
                    limited += 1;
                }
                let Ok(relaxed) = decision.levelled(&half).relaxed(Vec::new()) else { continue };
                half.cuts = relaxed.cuts;
                seen += half.cuts.len();
                let Some(proof) = decision.market(&half).proof(decision.scale) else { continue };
                dear += proof.beyond.iter().flatten().filter(|&&beyond| beyond > 0).count();
                let part = &decision.part;
                let whole = as_component(part);
                let kept = every_kept(&licences);
                for (counts, kept) in
                    choices(&whole).iter().flat_map(|counts| kept.iter().map(move |kept| (counts, kept)))
                {
                    let found = given(&whole, part, counts, kept);
                    let levels = decision.levels.iter().map(|level| unmet_of(part, &level.kinds, counts, &found));
                    if levels.zip(&half.ranges).any(|(unmet, &(least, most))| unmet < least || unmet > most) {
                        continue;
                    }
                    half.cuts.iter().for_each(|cut| assert!(cut.holds(&found), "round {round}: {cut:?} {found:?}"));
                    let unmet = Found::new(part, counts.clone(), kept.clone()).unmet as i128;
                    let ways = counts.iter().zip(&proof.beyond).flat_map(|(counts, beyond)| counts.iter().zip(beyond));
                    let beyond = ways.filter(|(count, _)| **count > 0).map(|(_, beyond)| *beyond).max().unwrap_or(0);
                    assert!(unmet >= proof.bound + beyond, "round {round}: {unmet} {proof:?}");
                }
            }
        }
        assert!(
            seen > 100 && limited > 100 && dear > 100,
            "only {seen} constraints, {limited} ranges, {dear} dear ways"
        );
    }
}
