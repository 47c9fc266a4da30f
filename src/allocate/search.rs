//! Choosing one way for each scope.
//!
//! Small components are searched exhaustively, which is exact in every criterion. For the others a mixed-integer
//! programme finds how many scopes of each class take each way; single steps then improve what the later criteria still
//! allow. Where the least unmet need is not proved, the gap to the bound is told. Where the programme fails, every scope
//! starts with the way that would be best if it were alone.

use std::cmp::Ordering;

use crate::model::Chosen;

use super::component::{Component, Parts, Way};
use super::flow::Want;
use super::least;
use super::programme::{self, Aim, Limits};
use super::spend::{ChosenLine, Spender, Spending};
use super::{Effort, Method, Problem, Solution};

/// Choices a component may have to be searched exhaustively.
const EXHAUSTIVE: u64 = 4_096;

/// Combinations times edges up to which they are all tried.
const WORK: u64 = 2_000_000;

/// Edges looked at by single steps; a number, not a time, so that the same input gives the same answer.
const STEPS: u64 = 20_000_000;

/// Classes up to which the programme is solved without a gap.
const EXACT_CLASSES: usize = 500;

/// Most nodes of the search tree; a number, not a time, so that the same input gives the same answer.
const NODES: u64 = 1_000;

/// Nodes times variables of the programme, likewise: the larger it is, the longer a node takes.
const NODES_OF_VARIABLES: u64 = 400_000;

/// The relative gap at which the programme may stop above that.
const GAP: f64 = 0.0002;

/// Scopes of each class that take each way.
type Counts = Vec<Vec<u64>>;

/// What was chosen for a component.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    counts: Counts,
    /// Licences of each group that stay as they were bought.
    kept: Vec<u64>,
    /// What is not proved, in words.
    note: Option<String>,
}

/// A choice that leaves little unmet.
struct Answer {
    counts: Counts,
    score: Score,
    kept: Vec<u64>,
    /// No choice leaves less unmet.
    bound: u128,
}

/// How good a choice is; smaller is better: priced unmet need, scopes with a higher edition, units, capability of the
/// rights spent, and the ways in the order of the scopes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    unmet: u128,
    higher: u64,
    units: u64,
    capability: u128,
    ways: Vec<usize>,
}

impl Choice {
    /// The same with the groups numbered within the component.
    pub(super) fn numbered_within(&self, groups: &[usize]) -> Self {
        Self { kept: groups.iter().map(|&group| self.kept[group]).collect(), ..self.clone() }
    }

    /// The same with the component's groups numbered among all.
    pub(super) fn renumbered(self, groups: &[usize]) -> Self {
        let mut kept = vec![0; groups.iter().max().map_or(0, |most| most + 1)];
        groups.iter().zip(&self.kept).for_each(|(&group, &units)| kept[group] = units);
        Self { kept, ..self }
    }
}

/// Every scope served as if it were alone.
struct Alone {
    counts: Counts,
    /// What stays unmet then, summed over all.
    unmet: u128,
    /// Whether no choice can leave less unmet.
    exact: bool,
}

struct Search<'a> {
    spender: Spender<'a>,
    component: &'a Component,
    effort: Effort,
    work_of_gaps: u64,
}

impl Search<'_> {
    fn need(&self, counts: &Counts) -> Vec<u64> {
        let mut need = vec![0; self.component.kinds.len()];
        for (class, counts) in self.component.classes.iter().zip(counts) {
            for (way, &count) in class.ways.iter().zip(counts).filter(|(_, count)| **count > 0) {
                way.lines.iter().for_each(|&(kind, units)| need[kind] += units * count);
            }
        }
        need
    }

    fn score(&self, counts: &Counts, hint: Option<&[u64]>) -> (Score, Spending) {
        let spending = self.spender.spend(&self.need(counts), hint);
        (self.scored(counts, &spending), spending)
    }

    /// The score, where it is better than another. The ways of all scopes are looked at last, because they are many.
    fn if_better(&self, counts: &Counts, spending: &Spending, best: &Score) -> Option<Score> {
        if spending.unmet > best.unmet {
            return None;
        }
        let score = self.figures(counts, spending);
        let figures = |score: &Score| (score.unmet, score.higher, score.units, score.capability);
        match figures(&score).cmp(&figures(best)) {
            Ordering::Greater => None,
            Ordering::Less => Some(Score { ways: self.ways(counts), ..score }),
            Ordering::Equal => {
                Some(self.ways(counts)).filter(|ways| *ways < best.ways).map(|ways| Score { ways, ..score })
            }
        }
    }

    fn scored(&self, counts: &Counts, spending: &Spending) -> Score {
        Score { ways: self.ways(counts), ..self.figures(counts, spending) }
    }

    /// The score but for the ways.
    fn figures(&self, counts: &Counts, spending: &Spending) -> Score {
        let (mut higher, mut units) = (0, 0);
        for (class, counts) in self.component.classes.iter().zip(counts) {
            for (way, &count) in class.ways.iter().zip(counts) {
                higher += u64::from(way.higher) * count;
                units += way.units * count;
            }
        }
        let (unmet, capability) = (spending.unmet, spending.capability);
        Score { unmet, higher, units, capability, ways: Vec::new() }
    }

    /// The ways in the order of the scopes: within a class the first scopes take the first ways.
    fn ways(&self, counts: &Counts) -> Vec<usize> {
        let mut ways = vec![0; self.component.requirements.len()];
        for (class, counts) in self.component.classes.iter().zip(counts) {
            let taken = counts.iter().enumerate().flat_map(|(way, &count)| (0..count).map(move |_| way));
            class.members.iter().zip(taken).for_each(|(&place, way)| ways[place] = way);
        }
        ways
    }

    /// All scopes on the first of their ways.
    fn first(&self) -> Counts {
        let classes = self.component.classes.iter();
        let mut counts: Counts = classes.map(|class| vec![0; class.ways.len()]).collect();
        counts
            .iter_mut()
            .zip(&self.component.classes)
            .for_each(|(counts, class)| counts[0] = class.members.len() as u64);
        counts
    }

    /// The best choice where each scope is served as if it were alone.
    fn alone(&self) -> Alone {
        let mut alone = Alone { counts: self.first(), unmet: 0, exact: true };
        for (index, class) in self.component.classes.iter().enumerate() {
            let mut best: Option<(u128, bool, u64, u128, usize)> = None;
            let mut order: Vec<usize> = (0..class.ways.len()).collect();
            order.sort_by_key(|&way| (class.ways[way].higher, class.ways[way].units));
            for way in order {
                let Way { higher, units, lines } = &class.ways[way];
                // What is met in full by fewer units, or without a higher edition, cannot be outdone.
                if best.is_some_and(|(unmet, above, most, _, _)| unmet == 0 && (above, most) < (*higher, *units)) {
                    break;
                }
                let mut need = vec![0; self.component.kinds.len()];
                lines.iter().for_each(|&(kind, units)| need[kind] += units);
                let spending = self.spender.spend(&need, None);
                // Where licences may be converted, the best split of them is not proved unless nothing stays unmet.
                alone.exact &= spending.unmet == 0 || self.component.groups.is_empty();
                let own = (spending.unmet, *higher, *units, spending.capability, way);
                best = Some(best.map_or(own, |best| best.min(own)));
            }
            if let Some((unmet, _, _, _, way)) = best {
                alone.unmet += unmet * class.members.len() as u128;
                alone.counts[index].fill(0);
                alone.counts[index][way] = class.members.len() as u64;
            }
        }
        alone
    }

    /// Every scope served as if it were alone, where there is enough for all of them at once. No choice is better in unmet
    /// need, higher editions or units then, because none is better for any scope; single steps see to the rest.
    fn undisputed(&self) -> Option<Choice> {
        let Alone { mut counts, unmet, exact } = self.alone();
        let (mut best, Spending { mut kept, .. }) = self.score(&counts, None);
        if !exact || best.unmet > unmet {
            return None;
        }
        self.improve(&mut counts, &mut best, &mut kept);
        Some(Choice { counts, kept, note: None })
    }

    /// Every combination.
    fn exhaust(&self) -> Choice {
        let mut counts = self.first();
        let (mut best, spending) = self.score(&counts, None);
        let mut choice = Choice { counts: counts.clone(), kept: spending.kept, note: None };
        while next(&mut counts) {
            let (score, spending) = self.score(&counts, None);
            if score < best {
                best = score;
                choice = Choice { counts: counts.clone(), kept: spending.kept, note: None };
            }
        }
        choice
    }

    /// Moves scopes of one class to another way, one or all at a time, as long as that helps and the work allows.
    fn improve(&self, counts: &mut Counts, best: &mut Score, kept: &mut Vec<u64>) {
        let mut work = 0;
        let mut need = self.need(counts);
        loop {
            let mut better = false;
            for class in 0..counts.len() {
                for (from, to) in pairs(counts[class].len()) {
                    for all in [true, false] {
                        let units = if all { counts[class][from] } else { counts[class][from].min(1) };
                        if units == 0 || work > STEPS || (!all && counts[class][from] == 1) {
                            continue;
                        }
                        let [left, taken] = [from, to].map(|way| &self.component.classes[class].ways[way]);
                        replace(&mut need, left, taken, units);
                        let spending = self.spender.spend_as(&need, kept);
                        work += spending.work + (self.component.requirements.len() + self.component.edges.len()) as u64;
                        counts[class][from] -= units;
                        counts[class][to] += units;
                        if let Some(score) = self.if_better(counts, &spending, best) {
                            (*best, *kept) = (score, spending.kept);
                            better = true;
                        } else {
                            counts[class][from] += units;
                            counts[class][to] -= units;
                            replace(&mut need, taken, left, units);
                        }
                    }
                }
            }
            if !better {
                return;
            }
        }
    }

    /// By the programme, criterion after criterion; falls back to steps from what is best for each scope alone.
    fn by_programme(&self) -> Choice {
        let scopes = self.component.requirements.len();
        let Some(Answer { mut counts, score: mut best, mut kept, bound }) = self.least_unmet() else {
            let Alone { mut counts, unmet, exact } = self.alone();
            let (mut best, Spending { mut kept, .. }) = self.score(&counts, None);
            self.improve(&mut counts, &mut best, &mut kept);
            let how = "found by stepwise improvement, because the programme found none";
            return Choice { counts, kept, note: gap(how, scopes, best.unmet, if exact { unmet } else { 0 }) };
        };
        for step in 0..2 {
            let aim = match step {
                0 => Aim::Higher { unmet: best.unmet },
                _ => Aim::Units { unmet: best.unmet, higher: best.higher },
            };
            // Of many classes the later aims were weighed with the first.
            if !self.matters(aim) || !self.is_small() {
                continue;
            }
            if let Some(found) = self.programme(aim, false) {
                let (score, spending) = self.score(&found.counts, Some(&found.kept));
                if score < best {
                    (counts, best, kept) = (found.counts, score, spending.kept);
                }
            }
        }
        self.improve(&mut counts, &mut best, &mut kept);
        Choice { counts, kept, note: gap("chosen by a programme", scopes, best.unmet, bound) }
    }

    /// Whether the ways of some class differ in what is aimed at.
    fn matters(&self, aim: Aim) -> bool {
        let differ = |figure: fn(&Way) -> u64| {
            let mut classes = self.component.classes.iter();
            classes.any(|class| class.ways.iter().any(|way| figure(way) != figure(&class.ways[0])))
        };
        match aim {
            Aim::Unmet => true,
            Aim::Higher { .. } => differ(|way| u64::from(way.higher)),
            Aim::Units { .. } => differ(|way| way.units),
        }
    }

    /// The answer for the least unmet need, scored exactly, with its bound. Few classes are solved to the end at once; of
    /// many that is tried only where what fractions tell leaves a gap, and without the work that closes the last gaps.
    fn least_unmet(&self) -> Option<Answer> {
        if self.is_small()
            && let Some(answer) = self.least_alone(self.work_of_gaps)
        {
            return Some(answer);
        }
        let near = self.is_small().then(|| self.whole(false)).flatten().or_else(|| self.whole(true));
        let is_proved = near.as_ref().is_some_and(|near| near.score.unmet <= near.bound);
        if is_proved || self.is_small() || self.effort == Effort::Large {
            return near;
        }
        match (near, self.least_alone(0)) {
            (Some(near), Some(least)) => {
                let bound = near.bound.max(least.bound);
                let better = if least.score < near.score { least } else { near };
                Some(Answer { bound, ..better })
            }
            (near, least) => near.or(least),
        }
    }

    /// By the programme for all aims.
    fn whole(&self, relaxed_first: bool) -> Option<Answer> {
        let found = self.programme(Aim::Unmet, relaxed_first)?;
        Some(self.answer(found.counts, &found.kept, found.bound))
    }

    /// The least unmet need alone, with so much work to close gaps.
    fn least_alone(&self, work: u64) -> Option<Answer> {
        let Spender { problem, stocks, component } = self.spender;
        let supplies = programme::supplies(problem, stocks, component);
        let licences: Vec<u64> = component.groups.iter().map(|&group| stocks.groups[group].licences).collect();
        let found = least::solve(component, &supplies, &licences, work)?;
        let mut kept = vec![0; stocks.groups.len()];
        component.groups.iter().zip(&found.kept).for_each(|(&group, &units)| kept[group] = units);
        Some(self.answer(found.counts, &kept, found.bound))
    }

    fn answer(&self, counts: Counts, hint: &[u64], bound: u128) -> Answer {
        let (score, Spending { kept, .. }) = self.score(&counts, Some(hint));
        Answer { counts, score, kept, bound }
    }

    /// Whether the classes are so few that the programme is solved without a gap.
    fn is_small(&self) -> bool {
        self.effort != Effort::Large && self.component.classes.len() <= EXACT_CLASSES
    }

    /// Solves the programme: for whole numbers at once, or first without them.
    fn programme(&self, aim: Aim, relaxed_first: bool) -> Option<programme::Found> {
        let ways: usize = self.component.classes.iter().map(|class| class.ways.len()).sum();
        let variables = (ways + self.component.edges.len()) as u64;
        let nodes = if relaxed_first { NODES } else { (NODES_OF_VARIABLES / variables.max(1)).clamp(1, NODES) };
        let limits = Limits { nodes, gap: if relaxed_first { GAP } else { 0.0 }, relaxed_first };
        programme::solve(self.spender.problem, self.spender.stocks, self.component, aim, limits)
    }
}

/// What is not proved, in words.
fn gap(how: &str, scopes: usize, unmet: u128, bound: u128) -> Option<String> {
    (unmet > bound).then(|| {
        let thousandths = (unmet - bound) * 100_000 / bound.max(1);
        let percent = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
        let gap = if bound == 0 { "the gap has no percentage".to_owned() } else { format!("gap {percent} %") };
        format!(
            "The ways for {scopes} scopes were {how}: priced unmet need {unmet}, lower bound {bound} (both in hundredths of the relative price), {gap}; a better choice is not excluded."
        )
    })
}

/// What is needed of each kind where so many scopes leave one way and take another.
fn replace(need: &mut [u64], left: &Way, taken: &Way, scopes: u64) {
    left.lines.iter().for_each(|&(kind, units)| need[kind] -= units * scopes);
    taken.lines.iter().for_each(|&(kind, units)| need[kind] += units * scopes);
}

/// Every ordered pair of different ways.
fn pairs(ways: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..ways).flat_map(move |from| (0..ways).filter(move |&to| to != from).map(move |to| (from, to)))
}

/// The next combination of counts; `false` after the last.
fn next(counts: &mut Counts) -> bool {
    for counts in counts {
        // The next way to share the members out: the order is that of the counts read backwards.
        let Some(from) = counts.iter().position(|&count| count > 0) else { continue };
        if from + 1 < counts.len() {
            let moved = counts[from];
            counts[from] = 0;
            counts[from + 1] += 1;
            counts[0] = moved - 1;
            return true;
        }
        // All members are on the last way: start again and let the next class move on.
        let last = counts.iter().sum();
        counts.fill(0);
        counts[0] = last;
    }
    false
}

/// Combinations of counts of a component.
fn combinations(component: &Component) -> u64 {
    let of_class = |members: u64, ways: u64| {
        // ways - 1 bars between members stars.
        (1..ways).try_fold(1_u64, |product, bar| Some(product.checked_mul(members + bar)? / bar))
    };
    let classes = component.classes.iter();
    classes
        .map(|class| of_class(class.members.len() as u64, class.ways.len() as u64))
        .try_fold(1_u64, |product, class| product.checked_mul(class?))
        .unwrap_or(u64::MAX)
}

/// Solves one component.
pub(super) fn solve(problem: &Problem<'_>, parts: &Parts, component: &Component, method: &Method<'_>) -> Solution {
    let spender = Spender { problem, stocks: &parts.stocks, component };
    let search = Search { spender, component, effort: method.effort, work_of_gaps: method.work_of_gaps };
    let choice = search.choose(method);
    let ways = search.ways(&choice.counts);
    let mut class_of = vec![0; ways.len()];
    for (index, class) in component.classes.iter().enumerate() {
        class.members.iter().for_each(|&place| class_of[place] = index);
    }
    let mut solution = Solution { notes: choice.note.into_iter().collect(), ..Solution::default() };
    let mut lines = Vec::new();
    for (place, &way) in ways.iter().enumerate() {
        let requirement = component.requirements[place];
        for (line, &(kind, units)) in component.classes[class_of[place]].ways[way].lines.iter().enumerate() {
            lines.push(ChosenLine { requirement, line, want: Want { kind, units } });
        }
        solution.chosen.push(Chosen { requirement, alternative: component.eligible[place][way] });
    }
    if !component.edges.is_empty() {
        solution.allocations = search.spender.allocate(&lines, &choice.kept);
    }
    solution
}

impl Search<'_> {
    fn choose(&self, method: &Method<'_>) -> Choice {
        if self.component.edges.is_empty() {
            // Nothing is shared, so that each scope is best served as if it were alone.
            return Choice { counts: self.alone().counts, kept: Vec::new(), note: None };
        }
        let combinations = combinations(self.component);
        if combinations == 1 {
            let counts = self.first();
            let kept = self.score(&counts, None).1.kept;
            return Choice { counts, kept, note: None };
        }
        let work = (self.component.edges.len() + self.component.requirements.len()) as u64;
        let few = combinations <= EXHAUSTIVE && combinations.saturating_mul(work) <= WORK;
        let search = || match self.effort {
            Effort::Least if few => self.exhaust(),
            Effort::Least | Effort::Large => self.undisputed().unwrap_or_else(|| self.by_programme()),
            Effort::Programme => self.by_programme(),
        };
        match method.memory {
            Some(memory) => memory.recall(self.spender.signature(), &self.component.groups, search),
            None => search(),
        }
    }
}
