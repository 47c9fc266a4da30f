//! Units of entitlements spent on the lines of chosen ways.
//!
//! A licence that a grant converts has two forms, and is spent in one of them. How many licences are converted is chosen
//! with the spending: by trying every split where there are few, else by improving a split step by step.

use crate::model::{Allocation, Entitlement, Line, Metric, Requirement};

use super::Problem;
use super::fit::{bound_allows, serves};
use super::flow::{self, Demand, Supply};

/// A line of a chosen way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Want<'a> {
    pub requirement: usize,
    pub line_index: usize,
    pub line: &'a Line,
    pub organisation: &'a str,
    pub worth: u64,
}

/// What came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spending {
    pub allocations: Vec<Allocation>,
    /// Σ worth × units unmet.
    pub unmet: u128,
    /// How capable the rights are that were spent.
    pub capability: u128,
}

/// Licences of each converted entitlement that stay as they were bought; the others are spent as converted.
type Kept = Vec<(usize, u32)>;

/// Splits that are all tried; where there are more, the split is improved step by step.
const SPLITS: u64 = 32;

/// Spends the entitlements with these indexes on the lines.
pub(super) fn spend(problem: &Problem<'_>, entitlements: &[usize], wants: &[Want<'_>]) -> Spending {
    let wanted = |metric: Metric| wants.iter().any(|want| want.line.metric == metric);
    let mut kept: Kept = Vec::new();
    let mut open = Vec::new();
    for &index in entitlements {
        let forms = &problem.entitlements[index].forms;
        let Some(first) = forms.first().filter(|_| forms.len() > 1) else { continue };
        let converted = forms[1..].iter().any(|form| wanted(form.metric));
        match (wanted(first.metric), converted) {
            (true, true) => open.push(kept.len()),
            (true, false) => {}
            (false, _) => {
                kept.push((index, 0));
                continue;
            }
        }
        kept.push((index, first.units));
    }
    let all: Vec<u32> = open.iter().map(|&at| kept[at].1).collect();
    let splits = all.iter().try_fold(1_u64, |splits, &units| splits.checked_mul(u64::from(units) + 1));
    let splitting = Splitting { problem, entitlements, wants, all };
    if splitting.all.is_empty() {
        splitting.with(&kept)
    } else if splits.is_some_and(|splits| splits <= SPLITS) {
        splitting.every(kept, &open)
    } else {
        splitting.improved(kept, &open)
    }
}

/// The choice of how many licences to convert.
struct Splitting<'a> {
    problem: &'a Problem<'a>,
    entitlements: &'a [usize],
    wants: &'a [Want<'a>],
    /// Licences of each entitlement whose split is open.
    all: Vec<u32>,
}

impl Splitting<'_> {
    fn with(&self, kept: &Kept) -> Spending {
        let mut spending = Spending::default();
        Round::new(self.problem, self.entitlements, self.wants, kept).spend(self.wants, &mut spending);
        spending
    }

    /// Tries every split, the one that converts nothing first.
    fn every(&self, mut kept: Kept, open: &[usize]) -> Spending {
        let mut best = self.with(&kept);
        loop {
            let mut position = 0;
            while position < open.len() {
                let units = &mut kept[open[position]].1;
                if *units > 0 {
                    *units -= 1;
                    break;
                }
                *units = self.all[position];
                position += 1;
            }
            if position == open.len() {
                return best;
            }
            take_better(&mut best, self.with(&kept));
        }
    }

    /// Improves the better of the two extremes by moving licences of one entitlement, many at first, then few.
    fn improved(&self, kept: Kept, open: &[usize]) -> Spending {
        let mut none = kept.clone();
        open.iter().for_each(|&at| none[at].1 = 0);
        let mut best = (self.with(&kept), kept);
        let other = (self.with(&none), none);
        if better(&other.0, &best.0) {
            best = other;
        }
        let mut step = self.all.iter().copied().max().unwrap_or(1).next_power_of_two();
        while step > 0 {
            let mut moved = false;
            for (number, &at) in open.iter().enumerate() {
                let units = best.1[at].1;
                for next in [units.saturating_sub(step), units.saturating_add(step).min(self.all[number])] {
                    let mut kept = best.1.clone();
                    kept[at].1 = next;
                    let spending = self.with(&kept);
                    if better(&spending, &best.0) {
                        best = (spending, kept);
                        moved = true;
                    }
                }
            }
            if !moved {
                step /= 2;
            }
        }
        best.0
    }
}

/// Less priced unmet need, then less capable rights spent.
fn better(one: &Spending, other: &Spending) -> bool {
    (one.unmet, one.capability) < (other.unmet, other.capability)
}

fn take_better(best: &mut Spending, other: Spending) {
    if better(&other, best) {
        *best = other;
    }
}

/// One flow.
struct Round<'a> {
    supplies: Vec<Supply>,
    /// (entitlement, form) of each supply.
    origins: Vec<(usize, usize)>,
    edges: Vec<flow::Edge>,
    problem: &'a Problem<'a>,
}

impl<'a> Round<'a> {
    fn new(problem: &'a Problem<'a>, entitlements: &[usize], wants: &[Want<'_>], kept: &Kept) -> Self {
        let mut round = Self { supplies: Vec::new(), origins: Vec::new(), edges: Vec::new(), problem };
        for &index in entitlements {
            let entitlement = &problem.entitlements[index];
            for form in 0..entitlement.forms.len() {
                round.add_form(index, form, wants, kept);
            }
        }
        round
    }

    fn add_form(&mut self, index: usize, form: usize, wants: &[Want<'_>], kept: &Kept) {
        let entitlement = &self.problem.entitlements[index];
        let units = split_units(entitlement, index, form, kept);
        if units == 0 {
            return;
        }
        if !entitlement.bound_singly {
            self.add_supply(index, form, units, wants, &entitlement.bound_hosts);
            return;
        }
        // One unit for each named device that a line names, the rest free; a device nobody has seen keeps its unit.
        let unseen = u32::try_from(entitlement.unknown_assignees.len()).unwrap_or(u32::MAX);
        let mut free = units.saturating_sub(unseen);
        for &host in &entitlement.bound_hosts {
            if free > 0 {
                self.add_supply(index, form, 1, wants, &[host]);
                free -= 1;
            }
        }
        if free > 0 {
            self.add_supply(index, form, free, wants, &[]);
        }
    }

    fn add_supply(
        &mut self,
        index: usize,
        form: usize,
        units: u32,
        wants: &[Want<'_>],
        bound: &[crate::model::HostId],
    ) {
        let entitlement = &self.problem.entitlements[index];
        let supply = self.supplies.len();
        let mut used = false;
        for (demand, want) in wants.iter().enumerate() {
            if serves(entitlement, &entitlement.forms[form], want.line, want.organisation)
                && bound_allows(bound, want.line)
                && (!bound.is_empty() || entitlement.may_be_drawn_by(want.organisation))
            {
                self.edges.push((supply, demand, capability(entitlement, form, want, !bound.is_empty())));
                used = true;
            }
        }
        if used {
            self.supplies.push(Supply { units });
            self.origins.push((index, form));
        }
    }

    fn spend(&self, wants: &[Want<'_>], spending: &mut Spending) {
        let demands: Vec<Demand> =
            wants.iter().map(|want| Demand { units: want.line.units, worth: want.worth }).collect();
        let used = flow::spend(&self.supplies, &demands, &self.edges);
        let mut met = vec![0_u32; wants.len()];
        for (&(supply, demand, capability), units) in self.edges.iter().zip(used) {
            if units == 0 {
                continue;
            }
            met[demand] += units;
            spending.capability += u128::from(units) * u128::from(capability);
            let (entitlement, form) = self.origins[supply];
            let allocation = Allocation {
                entitlement,
                form,
                requirement: wants[demand].requirement,
                line: wants[demand].line_index,
                units,
            };
            add(&mut spending.allocations, allocation);
        }
        for (want, met) in wants.iter().zip(met) {
            spending.unmet += u128::from(want.line.units - met) * u128::from(want.worth);
        }
    }
}

/// Adds units to the allocation of the same entitlement, form and line, where there is one.
fn add(allocations: &mut Vec<Allocation>, new: Allocation) {
    let same = |known: &&mut Allocation| {
        (known.entitlement, known.form, known.requirement, known.line)
            == (new.entitlement, new.form, new.requirement, new.line)
    };
    match allocations.iter_mut().find(same) {
        Some(known) => known.units += new.units,
        None => allocations.push(new),
    }
}

/// Units of a form under a split: kept licences as bought, the others as converted.
fn split_units(entitlement: &Entitlement, index: usize, form: usize, kept: &Kept) -> u32 {
    let units = entitlement.forms[form].units;
    let Some((_, kept)) = kept.iter().find(|(known, _)| *known == index) else { return units };
    let licences = entitlement.forms[0].units;
    match (form, licences) {
        (0, _) => *kept,
        (_, 0) => 0,
        _ => u32::try_from(u64::from(units) * u64::from(licences - kept) / u64::from(licences)).unwrap_or(units),
    }
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

/// How much is given away by spending a right here: foreign, higher, newer and assured rights last, bound ones first.
fn capability(entitlement: &Entitlement, form: usize, want: &Want<'_>, bound: bool) -> u64 {
    let form = &entitlement.forms[form];
    let foreign = u64::from(entitlement.organisation != want.organisation);
    let higher = u64::from(form.edition.is_some() && form.edition != want.line.edition);
    let version = form.owned.map_or(999, |owned| owned.min(998)) as u64;
    foreign * 100_000 + higher * 10_000 + u64::from(!bound) * 5_000 + version * 2 + u64::from(entitlement.sa_active)
}

/// Lines of the chosen ways, in the order of requirements.
pub(super) fn wants<'a>(
    problem: &Problem<'_>,
    requirements: &'a [Requirement],
    chosen: impl Iterator<Item = (usize, usize)>,
) -> Vec<Want<'a>> {
    let mut wants = Vec::new();
    for (index, alternative) in chosen {
        let requirement = &requirements[index];
        for (line_index, line) in requirement.alternatives[alternative].lines.iter().enumerate() {
            let worth = (problem.weight)(line);
            wants.push(Want { requirement: index, line_index, line, organisation: &requirement.organisation, worth });
        }
    }
    wants
}
