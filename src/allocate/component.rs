//! The parts of a problem that share no right, each with its scopes merged into classes.

use std::collections::{BTreeMap, HashMap};

use crate::model::Requirement;

use super::Problem;
use super::flow::{self, Edge};
use super::kinds::{Kinds, Stocks};

/// A way of licensing a scope, as far as an allocation needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Way {
    /// A higher edition than the one installed.
    pub higher: bool,
    /// Units of all its lines.
    pub units: u64,
    /// Units of each kind, by line; kinds are numbered within the component.
    pub lines: Vec<(usize, u64)>,
}

/// Scopes with the same ways.
pub(super) struct Class {
    /// Their places in the component's list of requirements, in order.
    pub members: Vec<usize>,
    pub ways: Vec<Way>,
}

/// Scopes and rights that touch each other.
pub(super) struct Component {
    /// In order.
    pub requirements: Vec<usize>,
    /// Indexes of the ways in the running, for each requirement.
    pub eligible: Vec<Vec<usize>>,
    /// In the order of their first members.
    pub classes: Vec<Class>,
    /// Kinds of line, numbered by the order in which they are first met.
    pub kinds: Vec<flow::Kind>,
    /// Stocks, as indexes into all of them.
    pub stocks: Vec<usize>,
    /// Conversions, as indexes into all of them.
    pub groups: Vec<usize>,
    /// What may be spent where: (stock, kind), numbered within the component, and how much is given away.
    pub edges: Vec<Edge>,
    /// Indexes of the edges to each kind, in order.
    pub edges_to: Vec<Vec<usize>>,
}

/// A problem in its parts.
pub(super) struct Parts {
    pub components: Vec<Component>,
    pub stocks: Stocks,
}

/// Kinds and units of the lines of one way; empty for ways out of the running.
type Lines = Vec<(usize, u64)>;

/// What may be chosen, and what serves it.
struct Running<'a> {
    kinds: Kinds<'a>,
    stocks: Stocks,
    /// The lines of every way of each requirement.
    lines: Vec<Vec<Lines>>,
    /// Indexes of the ways in the running, for each requirement.
    eligible: Vec<Vec<usize>>,
}

impl<'a> Running<'a> {
    fn new(problem: &Problem<'a>) -> Self {
        let mut kinds = Kinds::new(problem);
        let lines: Vec<Vec<Lines>> =
            problem.requirements.iter().map(|requirement| lines_of(problem, requirement, &mut kinds)).collect();
        let mut stocks = Stocks::new(problem);
        stocks.meet(problem, &mut kinds.all);
        let needs = problem.requirements.iter().zip(&lines);
        let eligible = needs.map(|(requirement, lines)| eligible(&kinds, requirement, lines)).collect();
        Self { kinds, stocks, lines, eligible }
    }
}

/// Indexes of the ways in the running, for each requirement.
pub(super) fn in_the_running(problem: &Problem<'_>) -> Vec<Vec<usize>> {
    Running::new(problem).eligible
}

/// Splits the problem.
pub(super) fn split(problem: &Problem<'_>) -> Parts {
    let Running { kinds, stocks, lines, eligible } = Running::new(problem);

    // Requirements come first, then kinds, then stocks, then groups of stocks that are converted into each other.
    let first_kind = lines.len();
    let first_stock = first_kind + kinds.all.len();
    let first_group = first_stock + stocks.all.len();
    let mut parent: Vec<usize> = (0..first_group + stocks.groups.len()).collect();
    for (requirement, (ways, lines)) in eligible.iter().zip(&lines).enumerate() {
        let touched = ways.iter().flat_map(|&way| &lines[way]).filter(|(kind, _)| kinds.all[*kind].fitted);
        touched.for_each(|(kind, _)| join(&mut parent, requirement, first_kind + kind));
    }
    for (index, stock) in stocks.all.iter().enumerate() {
        stock.touches.iter().for_each(|kind| join(&mut parent, first_kind + kind, first_stock + index));
        stock.group.iter().for_each(|group| join(&mut parent, first_stock + index, first_group + group));
    }
    let mut components: BTreeMap<usize, Component> = BTreeMap::new();
    for (index, ways) in eligible.into_iter().enumerate().filter(|(_, ways)| !ways.is_empty()) {
        let component = components.entry(root(&mut parent, index)).or_insert_with(Component::empty);
        component.requirements.push(index);
        component.eligible.push(ways);
    }
    for index in 0..stocks.all.len() {
        if let Some(component) = components.get_mut(&root(&mut parent, first_stock + index)) {
            component.stocks.push(index);
        }
    }
    for index in 0..stocks.groups.len() {
        if let Some(component) = components.get_mut(&root(&mut parent, first_group + index)) {
            component.groups.push(index);
        }
    }
    let mut components: Vec<Component> = components.into_values().collect();
    for component in &mut components {
        component.merge(problem, &kinds, &stocks, &lines);
    }
    Parts { components, stocks }
}

/// Makes two things members of one part.
pub(super) fn join(parent: &mut [usize], one: usize, other: usize) {
    let (a, b) = (root(parent, one), root(parent, other));
    parent[a.max(b)] = a.min(b);
}

/// The thing that stands for the part of another.
pub(super) fn root(parent: &mut [usize], mut at: usize) -> usize {
    while parent[at] != at {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    at
}

impl Component {
    fn empty() -> Self {
        Self {
            requirements: Vec::new(),
            eligible: Vec::new(),
            classes: Vec::new(),
            kinds: Vec::new(),
            stocks: Vec::new(),
            groups: Vec::new(),
            edges: Vec::new(),
            edges_to: Vec::new(),
        }
    }

    /// Numbers the kinds, merges scopes into classes and notes what may be spent where.
    fn merge(&mut self, problem: &Problem<'_>, kinds: &Kinds<'_>, stocks: &Stocks, lines: &[Vec<Lines>]) {
        let mut numbers: HashMap<usize, usize> = HashMap::new();
        let mut classes: HashMap<Vec<Way>, usize> = HashMap::new();
        for (place, (&index, eligible)) in self.requirements.iter().zip(&mut self.eligible).enumerate() {
            keep_useful(problem, index, eligible, &lines[index]);
            let mut ways = Vec::with_capacity(eligible.len());
            for &way in eligible.iter() {
                let alternative = &problem.requirements[index].alternatives[way];
                let own = lines[index][way].iter().map(|&(kind, units)| {
                    let number = *numbers.entry(kind).or_insert(self.kinds.len());
                    if number == self.kinds.len() {
                        self.kinds.push(flow::Kind { worth: kinds.all[kind].worth });
                    }
                    (number, units)
                });
                let lines = own.collect();
                ways.push(Way { higher: alternative.higher_edition, units: u64::from(alternative.units()), lines });
            }
            let class = match classes.get(&ways) {
                Some(&class) => class,
                None => {
                    classes.insert(ways.clone(), self.classes.len());
                    self.classes.push(Class { members: Vec::new(), ways });
                    self.classes.len() - 1
                }
            };
            self.classes[class].members.push(place);
        }
        for (stock, &index) in self.stocks.iter().enumerate() {
            let uses = stocks.all[index].uses.iter();
            let mut uses: Vec<(usize, u64)> =
                uses.filter_map(|(kind, cost)| Some((*numbers.get(kind)?, *cost))).collect();
            uses.sort_unstable();
            self.edges.extend(uses.into_iter().map(|(kind, cost)| (stock, kind, cost)));
        }
        self.edges_to = vec![Vec::new(); self.kinds.len()];
        for (index, &(_, kind, _)) in self.edges.iter().enumerate() {
            self.edges_to[kind].push(index);
        }
    }
}

/// Leaves out ways that another is at least as good as in every kind of line: whatever is owned, they leave no less unmet,
/// and need as many units or come later.
fn keep_useful(problem: &Problem<'_>, requirement: usize, eligible: &mut Vec<usize>, lines: &[Lines]) {
    let alternatives = &problem.requirements[requirement].alternatives;
    let needs: Vec<BTreeMap<usize, u64>> = eligible
        .iter()
        .map(|&way| {
            let mut need = BTreeMap::new();
            lines[way].iter().for_each(|&(kind, units)| *need.entry(kind).or_default() += units);
            need
        })
        .collect();
    let serves_for = |one: usize, other: usize| {
        let (need, most) = (&needs[one], &needs[other]);
        alternatives[eligible[one]].higher_edition <= alternatives[eligible[other]].higher_edition
            && need.iter().all(|(kind, units)| most.get(kind).is_some_and(|most| units <= most))
            && (one < other || need != most)
    };
    let useful = |other: usize| !(0..eligible.len()).any(|one| one != other && serves_for(one, other));
    *eligible = (0..eligible.len()).filter(|&way| useful(way)).map(|way| eligible[way]).collect();
}

/// The lines of every lawful way, by kind.
fn lines_of<'a>(problem: &Problem<'a>, requirement: &'a Requirement, kinds: &mut Kinds<'a>) -> Vec<Lines> {
    let ways = requirement.alternatives.iter();
    ways.map(|way| match way.refused {
        Some(_) => Vec::new(),
        None => {
            let lines = way.lines.iter();
            lines.map(|line| (kinds.of(problem, line, &requirement.organisation), u64::from(line.units))).collect()
        }
    })
    .collect()
}

/// Ways in the running: lawful ones that something owned fits, and what would be bought today. A way that needs
/// Software Assurance where another does not is in the running only with it, or where nothing owned fits any way.
fn eligible(kinds: &Kinds<'_>, requirement: &Requirement, lines: &[Lines]) -> Vec<usize> {
    let lawful: Vec<usize> =
        (0..requirement.alternatives.len()).filter(|&way| requirement.alternatives[way].refused.is_none()).collect();
    let owned_fits = |way: usize| lines[way].iter().any(|&(kind, _)| kinds.all[kind].fitted);
    let fitting: Vec<usize> = lawful
        .iter()
        .copied()
        .filter(|&way| owned_fits(way) && condition_met(kinds, requirement, way, &lines[way]))
        .collect();
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
fn condition_met(kinds: &Kinds<'_>, requirement: &Requirement, way: usize, lines: &Lines) -> bool {
    let alternative = &requirement.alternatives[way];
    !alternative.conditional
        || alternative
            .lines
            .iter()
            .zip(lines)
            .filter(|(line, _)| line.accepts.iter().all(|accepted| accepted.needs_sa))
            .all(|(_, &(kind, _))| kinds.all[kind].served)
}

/// A way that is listed and costed but never used for a position.
fn never_in_position(requirement: &Requirement, way: usize) -> bool {
    let alternative = &requirement.alternatives[way];
    alternative.listed_only || alternative.lines.iter().any(|line| line.accepts.is_empty())
}
