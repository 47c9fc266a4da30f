//! Units of stocks spent on the lines of chosen ways.
//!
//! A licence that a grant converts has two forms, and is spent in one of them. How many licences are converted is chosen
//! with the spending: by trying every split where there are few, else by improving a split step by step.

use std::collections::BTreeMap;

use crate::model::{Allocation, Entitlement};

use super::Problem;
use super::component::Component;
use super::flow::{self, Edge, Spent, Want};
use super::kinds::{Kept, Stocks};
use super::memory::Signature;

/// What came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spending {
    /// Σ worth × units unmet.
    pub unmet: u128,
    /// How capable the rights are that were spent.
    pub capability: u128,
    /// Licences of each group that stay as they were bought; the others are spent as converted.
    pub kept: Vec<u64>,
    /// How much work it was: edges looked at.
    pub work: u64,
}

/// Splits that are all tried; where there are more, the split is improved step by step.
const SPLITS: u64 = 32;

/// Edges looked at while a split is improved; a number, not a time, so that the same input gives the same answer.
const MOST_WORK: u64 = 20_000_000;

/// A line of a chosen way.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChosenLine {
    pub requirement: usize,
    pub line: usize,
    pub want: Want,
}

/// Spends the stocks of one component.
pub(super) struct Spender<'a> {
    pub problem: &'a Problem<'a>,
    pub stocks: &'a Stocks,
    pub component: &'a Component,
}

impl Spender<'_> {
    /// Spends under the best split found; `hint` is a split that is good, and only tried with its neighbours.
    pub fn spend(&self, need: &[u64], hint: Option<&[u64]>) -> Spending {
        let mut kept = vec![0; self.stocks.groups.len()];
        let mut open = Vec::new();
        for &group in &self.component.groups {
            let licences = self.stocks.groups[group].licences;
            match (self.wanted(need, group, false), self.wanted(need, group, true)) {
                (true, true) if licences > 0 => open.push(group),
                (true, _) => {}
                (false, _) => continue,
            }
            kept[group] = licences;
        }
        let all = |group: &usize| self.stocks.groups[*group].licences;
        let splits = open.iter().map(all).try_fold(1_u64, |splits, licences| splits.checked_mul(licences + 1));
        if open.is_empty() {
            self.with(need, kept)
        } else if splits.is_some_and(|splits| splits <= SPLITS) {
            self.every(need, kept, &open)
        } else {
            self.improved(need, kept, &open, hint)
        }
    }

    /// Whether licences of a group are wanted as they were bought, or as converted.
    fn wanted(&self, need: &[u64], group: usize, converted: bool) -> bool {
        self.edges_to(need).any(|edge| {
            let stock = &self.stocks.all[self.component.stocks[self.component.edges[edge].0]];
            stock.group == Some(group) && (stock.form > 0) == converted
        })
    }

    /// Edges to the kinds of which anything is needed, kind by kind.
    fn edges_to(&self, need: &[u64]) -> impl Iterator<Item = usize> {
        let kinds = need.iter().zip(&self.component.edges_to).filter(|(units, _)| **units > 0);
        kinds.flat_map(|(_, edges)| edges.iter().copied())
    }

    /// Spends under one split. Most needs are of few kinds, so only these and the stocks that serve them are looked at,
    /// numbered anew in the same order.
    fn with(&self, need: &[u64], kept: Vec<u64>) -> Spending {
        let needed: Vec<usize> = (0..need.len()).filter(|&kind| need[kind] > 0).collect();
        let mut edges: Vec<Edge> = self.edges_to(need).map(|edge| self.component.edges[edge]).collect();
        edges.sort_unstable();
        let mut stocks: Vec<usize> = edges.iter().map(|&(stock, _, _)| stock).collect();
        stocks.dedup();
        for (stock, kind, _) in &mut edges {
            *stock = stocks.binary_search(stock).unwrap_or_default();
            *kind = needed.binary_search(kind).unwrap_or_default();
        }
        let kinds: Vec<flow::Kind> = needed.iter().map(|&kind| self.component.kinds[kind].clone()).collect();
        let wants: Vec<Want> =
            needed.iter().enumerate().map(|(number, &kind)| Want { kind: number, units: need[kind] }).collect();
        let units = |&stock: &usize| self.stocks.units(self.problem, self.component.stocks[stock], &kept);
        let supplies: Vec<u64> = stocks.iter().map(units).collect();
        let spent = flow::spend(&supplies, &kinds, &wants, &edges);
        let mut spending = Spending { unmet: 0, capability: 0, kept, work: spent.work };
        for (want, met) in wants.iter().zip(&spent.met) {
            spending.unmet += u128::from(want.units - met) * u128::from(kinds[want.kind].worth);
        }
        for (&(_, _, capability), &units) in edges.iter().zip(&spent.used) {
            spending.capability += u128::from(units) * u128::from(capability);
        }
        spending
    }

    fn flow(&self, wants: &[Want], kept: &[u64]) -> Spent {
        let supplies: Vec<u64> =
            self.component.stocks.iter().map(|&stock| self.stocks.units(self.problem, stock, kept)).collect();
        flow::spend(&supplies, &self.component.kinds, wants, &self.component.edges)
    }

    /// Tries every split, the one that converts nothing first.
    fn every(&self, need: &[u64], mut kept: Vec<u64>, open: &[usize]) -> Spending {
        let mut best = self.with(need, kept.clone());
        loop {
            let mut position = 0;
            while position < open.len() {
                let units = &mut kept[open[position]];
                if *units > 0 {
                    *units -= 1;
                    break;
                }
                *units = self.stocks.groups[open[position]].licences;
                position += 1;
            }
            if position == open.len() {
                return best;
            }
            take_better(&mut best, self.with(need, kept.clone()));
        }
    }

    /// Improves the better of the two extremes by moving licences of one group, many at first, then few; or the hint, by
    /// few.
    fn improved(&self, need: &[u64], kept: Vec<u64>, open: &[usize], hint: Option<&[u64]>) -> Spending {
        let licences = |group: usize| self.stocks.groups[group].licences;
        let mut none = kept.clone();
        open.iter().for_each(|&group| none[group] = 0);
        let (mut best, mut step) = match hint {
            Some(hint) => {
                let mut hinted = kept;
                open.iter().for_each(|&group| hinted[group] = hint[group].min(hinted[group]));
                (self.with(need, hinted), 1)
            }
            None => {
                let mut best = self.with(need, kept);
                take_better(&mut best, self.with(need, none));
                (best, open.iter().map(|&group| licences(group)).max().unwrap_or(1).next_power_of_two())
            }
        };
        while step > 0 && best.work < MOST_WORK {
            let mut moved = false;
            for &group in open {
                let units = best.kept[group];
                for next in [units.saturating_sub(step), units.saturating_add(step).min(licences(group))] {
                    let mut kept = best.kept.clone();
                    kept[group] = next;
                    moved |= take_better(&mut best, self.with(need, kept));
                }
            }
            if !moved {
                step /= 2;
            }
        }
        best
    }

    /// Spends under one split that is good already.
    pub fn spend_as(&self, need: &[u64], kept: &[u64]) -> Spending {
        self.with(need, kept.to_vec())
    }

    /// Spends on lines in their order, under a split, and says which entitlement gave what.
    pub fn allocate(&self, lines: &[ChosenLine], kept: &[u64]) -> Vec<Allocation> {
        let wants: Vec<Want> = lines.iter().map(|line| line.want).collect();
        let spent = self.flow(&wants, kept);
        let mut by_kind: Vec<Vec<(usize, u64)>> = vec![Vec::new(); self.component.kinds.len()];
        for (&(stock, kind, _), &units) in self.component.edges.iter().zip(&spent.used).filter(|(_, units)| **units > 0)
        {
            by_kind[kind].push((stock, units));
        }
        let mut sources: Vec<Source> = self.component.stocks.iter().map(|&stock| self.source(stock, kept)).collect();
        let mut next = vec![0; by_kind.len()];
        let mut allocations: BTreeMap<(usize, usize, usize, usize), u64> = BTreeMap::new();
        for (line, mut met) in lines.iter().zip(spent.met) {
            let kind = line.want.kind;
            while met > 0 {
                let (stock, left) = &mut by_kind[kind][next[kind]];
                let units = met.min(*left);
                for (entitlement, units) in sources[*stock].draw(units) {
                    let form = self.stocks.all[self.component.stocks[*stock]].form;
                    *allocations.entry((entitlement, form, line.requirement, line.line)).or_default() += units;
                }
                met -= units;
                *left -= units;
                if *left == 0 {
                    next[kind] += 1;
                }
            }
        }
        let allocations = allocations.into_iter();
        allocations
            .map(|((entitlement, form, requirement, line), units)| Allocation {
                entitlement,
                form,
                requirement,
                line,
                units: u32::try_from(units).unwrap_or(u32::MAX),
            })
            .collect()
    }

    /// Everything a choice for the component is made from.
    pub fn signature(&self) -> Signature {
        let group_number = |group: usize| self.component.groups.iter().position(|&known| known == group);
        let stocks = self.component.stocks.iter().map(|&index| {
            let stock = &self.stocks.all[index];
            let members = stock.members.iter().map(|member| {
                let entitlement = &self.problem.entitlements[member.entitlement];
                let (first, own) = (entitlement.forms[0].units, entitlement.forms[stock.form].units);
                let free = self.stocks.share(self.problem, stock, member, u64::from(first));
                let waiting = if entitlement.bound_singly { 1 + entitlement.unknown_assignees.len() as u64 } else { 0 };
                (u64::from(first), u64::from(own), free, waiting)
            });
            (stock.group.and_then(group_number), stock.form, members.collect())
        });
        let classes = self.component.classes.iter();
        let groups = self.component.groups.iter();
        Signature {
            classes: classes.map(|class| (class.members.clone(), class.ways.clone())).collect(),
            worths: self.component.kinds.iter().map(|kind| kind.worth).collect(),
            edges: self.component.edges.clone(),
            stocks: stocks.collect(),
            groups: groups
                .map(|&group| self.stocks.groups[group].members.iter().map(|&(_, licences)| licences).collect())
                .collect(),
        }
    }

    /// The units of a stock by entitlement.
    fn source(&self, stock: usize, kept: &[u64]) -> Source {
        let stock = &self.stocks.all[stock];
        let mut kept_of = stock.group.map(|group| Kept::new(&self.stocks.groups[group], kept[group]));
        let members = stock.members.iter();
        let left = members.map(|member| {
            let kept = kept_of.as_mut().map_or(0, |kept| kept.of(member.entitlement));
            (member.entitlement, self.stocks.share(self.problem, stock, member, kept))
        });
        Source { left: left.collect(), next: 0 }
    }
}

/// Units of a stock by entitlement, drawn in order.
struct Source {
    left: Vec<(usize, u64)>,
    next: usize,
}

impl Source {
    /// Takes so many units.
    fn draw(&mut self, mut units: u64) -> Vec<(usize, u64)> {
        let mut drawn = Vec::new();
        while let Some((entitlement, left)) = self.left.get_mut(self.next).filter(|_| units > 0) {
            let taken = units.min(*left);
            if taken > 0 {
                drawn.push((*entitlement, taken));
            }
            *left -= taken;
            units -= taken;
            if *left == 0 {
                self.next += 1;
            }
        }
        drawn
    }
}

/// Less priced unmet need, then less capable rights spent; returns whether the other one is better. The work of both
/// counts.
fn take_better(best: &mut Spending, other: Spending) -> bool {
    let better = (other.unmet, other.capability) < (best.unmet, best.capability);
    let work = best.work + other.work;
    if better {
        *best = other;
    }
    best.work = work;
    better
}

/// Units of a form that are left after what was spent of all forms of the entitlement.
pub fn remaining(entitlement: &Entitlement, index: usize, form: usize, spent: &[Allocation]) -> u32 {
    let of_form = |wanted: usize| -> u32 {
        spent
            .iter()
            .filter(|allocation| allocation.entitlement == index && allocation.form == wanted)
            .map(|allocation| allocation.units)
            .sum()
    };
    let licences = entitlement.forms.first().map_or(0, |first| first.units);
    // Licences that other forms used up, in part or whole.
    let gone: u32 = (0..entitlement.forms.len())
        .filter(|&other| other != form)
        .map(|other| licences_for(entitlement, other, of_form(other)))
        .sum();
    let kept = licences.saturating_sub(gone);
    let whole = entitlement.forms[form].units;
    let available = if gone == 0 || licences == 0 {
        whole
    } else {
        u32::try_from(u64::from(whole) * u64::from(kept) / u64::from(licences)).unwrap_or(whole)
    };
    available.saturating_sub(of_form(form))
}

/// Licences that so many units of a form use up, a raised grant shared out evenly.
fn licences_for(entitlement: &Entitlement, form: usize, units: u32) -> u32 {
    let licences = u64::from(entitlement.forms.first().map_or(0, |first| first.units));
    let whole = u64::from(entitlement.forms[form].units.max(1));
    u32::try_from((u64::from(units) * licences).div_ceil(whole)).unwrap_or(u32::MAX)
}
