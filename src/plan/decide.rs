//! Which of the candidates are worth doing, together with the purchases that are left.
//!
//! Families share nothing but the candidates that touch several of them and the suites that serve them, so everything that
//! hangs together so is decided by itself. Where candidates are few every combination is tried; where they are many the
//! choice is improved one by one, and `bound` says what no choice can undercut.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::model::Assessment;

use super::bound;
use super::candidates::Candidate;
use super::ground::{Ground, short_families};
use super::purchase::{Found, together};
use super::trial::Trial;
use crate::model::price_book::Quote;

/// Candidates of which every combination is tried.
const EXHAUSTIVE: usize = 8;

/// Assessments the stepwise choice may ask for.
const EVALUATIONS: usize = 1_200;

/// Families that hang together, with the candidates that touch them.
pub(super) struct Part {
    pub families: Vec<String>,
    pub candidates: Vec<Candidate>,
}

/// A part of an organisation's estate after some candidates, with what is left to buy.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// Candidates taken, in order.
    pub taken: Vec<Candidate>,
    /// The estate after them.
    pub trial: Trial,
    /// Purchases that close what is left, by families.
    pub purchases: Vec<(Vec<String>, Found)>,
    /// What no choice can undercut over the whole span, in the smallest unit of the currency.
    pub bound: i64,
    /// Why it is not proved cheapest, where not everything was tried: half a sentence.
    pub untried: Option<String>,
    worth: Worth,
}

/// What a choice comes to; less is better. Where the cost is the same, fewer steps are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    unclosed: u64,
    unpriced: u64,
    horizon: i64,
    steps: usize,
    first_year: i64,
}

impl Choice {
    /// Whether it costs no more than another over the whole span and leaves no more open.
    pub fn is_no_worse_than(&self, other: &Self) -> bool {
        (self.worth.unclosed, self.worth.unpriced, self.worth.horizon)
            <= (other.worth.unclosed, other.worth.unpriced, other.worth.horizon)
    }

    /// What its steps and purchases cost over the whole span.
    pub fn cost(&self) -> i64 {
        let taken = self.taken.iter().filter_map(|candidate| candidate.price.as_ref()).map(|quote| quote.horizon);
        taken.sum::<i64>() + self.purchases.iter().map(|(_, found)| found.horizon).sum::<i64>()
    }

    /// Whether every combination of purchases was tried.
    fn buys_least(&self) -> bool {
        self.purchases.iter().all(|(_, found)| found.proved)
    }
}

/// What must be decided together, each part by itself: what is short, and what the candidates touch.
pub(super) fn parts(ground: &Ground<'_>, organisation: &str, trial: &Trial, candidates: Vec<Candidate>) -> Vec<Part> {
    let mut families = short_of(organisation, &ground.of_families(trial, &ground.families));
    families.extend(candidates.iter().flat_map(|candidate| candidate.families.iter().cloned()));
    let families: Vec<String> = families.into_iter().collect();
    let mut groups: Vec<BTreeSet<String>> =
        together(ground, &families).into_iter().map(|group| group.into_iter().collect()).collect();
    for candidate in &candidates {
        let touched = |group: &BTreeSet<String>| candidate.families.iter().any(|family| group.contains(family));
        let (joined, apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(touched);
        groups = apart;
        groups.extend((!joined.is_empty()).then(|| joined.into_iter().flatten().collect()));
    }
    groups.sort();
    let mut parts: Vec<Part> = groups
        .into_iter()
        .map(|group| Part { families: group.into_iter().collect(), candidates: Vec::new() })
        .collect();
    for candidate in candidates {
        let part = parts.iter_mut().find(|part| candidate.families.iter().any(|family| part.families.contains(family)));
        // What touches no family that is looked at cannot help.
        part.into_iter().for_each(|part| part.candidates.push(candidate.clone()));
    }
    parts
}

/// What is chosen of a part.
pub(super) struct Decided {
    /// Without the steps that a person must decide.
    pub buy_only: Choice,
    /// With them.
    pub best: Choice,
}

/// Chooses among the candidates of a part. `anew` says which licences may be assigned anew once steps were taken.
pub(super) fn decide(
    ground: &Ground<'_>,
    organisation: &str,
    start: &Trial,
    part: &Part,
    anew: &dyn Fn(&Trial) -> Vec<Candidate>,
) -> Decided {
    let (decisions, free): (Vec<Candidate>, Vec<Candidate>) =
        part.candidates.iter().cloned().partition(|candidate| candidate.kind.needs_decision());
    let decider = Decider { ground, organisation, families: &part.families };
    let plain = decider.evaluate(start.clone(), Vec::new());
    let mut buy_only = decider.choose(&plain, &free);
    let mut best = if part.candidates.len() <= EXHAUSTIVE {
        decider.every(&plain, &part.candidates)
    } else {
        decider.choose(&buy_only, &decisions)
    };
    let assignable = !decisions.is_empty() && bound::has_assignments(ground, organisation, part, &start.estate);
    if assignable {
        let free: Vec<Candidate> = anew(&best.trial);
        best = decider.choose(&best, &free);
    }
    if !best.is_no_worse_than(&buy_only) {
        best = buy_only.clone();
    }
    let exact = |choice: &Choice, candidates: usize| candidates <= EXHAUSTIVE && choice.buys_least();
    buy_only.bound = if exact(&buy_only, free.len()) {
        buy_only.cost()
    } else {
        bound::of_part(ground, organisation, part, start, &free).min(buy_only.cost())
    };
    best.bound = if exact(&best, part.candidates.len()) && !assignable {
        best.cost()
    } else {
        bound::of_part(ground, organisation, part, start, &part.candidates).min(best.cost())
    };
    let untried = |choice: &Choice, candidates: usize, anew: bool| {
        if candidates > EXHAUSTIVE {
            Some(format!(
                "{candidates} steps hang together, and of more than {EXHAUSTIVE} not every combination is tried"
            ))
        } else if !choice.buys_least() {
            Some("what may be bought comes to more sums than are all tried".to_owned())
        } else {
            anew.then(|| "licences that a step sets free may be assigned anew in other ways".to_owned())
        }
    };
    buy_only.untried = untried(&buy_only, free.len(), false);
    best.untried = untried(&best, part.candidates.len(), assignable);
    Decided { buy_only, best }
}

struct Decider<'a> {
    ground: &'a Ground<'a>,
    organisation: &'a str,
    families: &'a [String],
}

impl Decider<'_> {
    /// Chooses among candidates, which come on top of those already taken.
    fn choose(&self, before: &Choice, candidates: &[Candidate]) -> Choice {
        if candidates.len() <= EXHAUSTIVE { self.every(before, candidates) } else { self.stepwise(before, candidates) }
    }

    /// The choice that takes some candidates too; `None` where they cannot be done together.
    fn with(&self, before: &Choice, taken: &[&Candidate]) -> Option<Choice> {
        let first = before.trial.clone();
        let trial = taken
            .iter()
            .try_fold(first, |trial, candidate| trial.after(self.ground, &candidate.changes, &candidate.families))?;
        let all = before.taken.iter().chain(taken.iter().copied()).cloned().collect();
        Some(self.evaluate(trial, all))
    }

    /// The best of every combination; of several equally good ones the first.
    fn every(&self, before: &Choice, candidates: &[Candidate]) -> Choice {
        let subsets = 1_u32..1 << candidates.len();
        let choices = subsets.filter_map(|subset| {
            let taken: Vec<&Candidate> =
                candidates.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1).map(|(_, one)| one).collect();
            self.with(before, &taken)
        });
        let first = before.clone();
        choices.fold(first, |best, choice| if choice.worth < best.worth { choice } else { best })
    }

    /// Adds what saves most against buying what is left as it stands, as long as anything does; then takes back what the
    /// purchases make needless.
    fn stepwise(&self, before: &Choice, candidates: &[Candidate]) -> Choice {
        let mut trial = before.trial.clone();
        let mut taken: Vec<&Candidate> = Vec::new();
        let mut open: Vec<&Candidate> = candidates.iter().collect();
        let mut left = EVALUATIONS;
        loop {
            let mut helpful = Vec::new();
            for candidate in open.drain(..) {
                if left == 0 {
                    break;
                }
                let after = trial.after(self.ground, &candidate.changes, &candidate.families);
                let Some(after) = after else { continue };
                left -= 1;
                let before = self.plain_worth(&trial, &candidate.families);
                let gain = self.plain_worth(&after, &candidate.families).gain(&before, candidate);
                if gain < Gain::default() {
                    helpful.push((gain, candidate, after));
                }
            }
            // The first of several equally good ones, so that the order of candidates decides.
            let Some(best) = (0..helpful.len()).min_by_key(|&at| (helpful[at].0.clone(), at)) else { break };
            let (_, candidate, after) = helpful.remove(best);
            trial = after;
            taken.push(candidate);
            open = helpful.into_iter().map(|(_, candidate, _)| candidate).collect();
        }
        self.without_needless(before, taken)
    }

    fn without_needless(&self, before: &Choice, mut taken: Vec<&Candidate>) -> Choice {
        let mut best = self.with(before, &taken).unwrap_or_else(|| before.clone());
        for at in (0..taken.len()).rev() {
            let mut fewer = taken.clone();
            fewer.remove(at);
            if let Some(choice) = self.with(before, &fewer).filter(|choice| choice.worth < best.worth) {
                (best, taken) = (choice, fewer);
            }
        }
        if before.worth < best.worth { before.clone() } else { best }
    }

    /// What some families of an estate come to where everything left is bought as it stands.
    fn plain_worth(&self, trial: &Trial, families: &[String]) -> Worth {
        let position = self.ground.of_families(trial, families);
        let (unpriced, horizon, first_year) = self.ground.bill_of(&position).total();
        Worth { unclosed: unlicensable(&position), unpriced, horizon, steps: 0, first_year }
    }

    /// Searches the purchases that an estate leaves to the organisation.
    fn evaluate(&self, trial: Trial, taken: Vec<Candidate>) -> Choice {
        let position = self.ground.of_families(&trial, self.families);
        let bill = self.ground.bill_of(&position);
        let mut worth =
            Worth { unclosed: unlicensable(&position), unpriced: 0, horizon: 0, steps: taken.len(), first_year: 0 };
        let mut add = |quote: &Quote| {
            worth.horizon += quote.horizon;
            worth.first_year += quote.first_year;
        };
        taken.iter().filter_map(|candidate| candidate.price.as_ref()).for_each(&mut add);
        // What a candidate does to others counts as much as what it does here.
        for (short, quote) in bill.rows.iter().filter(|(short, _)| short.organisation != self.organisation) {
            match quote {
                Ok(quote) => {
                    worth.horizon += quote.horizon;
                    worth.first_year += quote.first_year;
                }
                Err(_) => worth.unpriced += u64::from(short.units),
            }
        }
        let families: Vec<String> = short_of(self.organisation, &position).into_iter().collect();
        let mut purchases = Vec::new();
        for group in together(self.ground, &families) {
            let found = self.ground.purchases(&trial, self.organisation, &group);
            worth.unclosed += found.unclosed;
            worth.unpriced += found.unpriced;
            worth.horizon += found.horizon;
            worth.first_year += found.first_year;
            purchases.push((group, found));
        }
        Choice { taken, trial, purchases, bound: 0, untried: None, worth }
    }
}

/// What a candidate changes; less is better.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Gain {
    unclosed: i64,
    unpriced: i64,
    horizon: i64,
    first_year: i64,
}

impl Worth {
    fn gain(&self, before: &Self, candidate: &Candidate) -> Gain {
        let own = |price: fn(&Quote) -> i64| candidate.price.as_ref().map_or(0, price);
        let difference = |new: u64, old: u64| new as i64 - old as i64;
        Gain {
            unclosed: difference(self.unclosed, before.unclosed),
            unpriced: difference(self.unpriced, before.unpriced),
            horizon: self.horizon - before.horizon + own(|quote| quote.horizon),
            first_year: self.first_year - before.first_year + own(|quote| quote.first_year),
        }
    }
}

/// Needs that no way of licensing meets: a change that leads there saves nothing.
fn unlicensable(position: &[Rc<Assessment>]) -> u64 {
    let unmet = position.iter().map(|family| {
        let chosen: BTreeSet<usize> = family.chosen.iter().map(|chosen| chosen.requirement).collect();
        (family.requirements.len() - chosen.len()) as u64
    });
    unmet.sum()
}

/// Families, each assessed by itself, in which an organisation is short.
fn short_of(organisation: &str, position: &[Rc<Assessment>]) -> BTreeSet<String> {
    position.iter().flat_map(|family| short_families(family, organisation)).collect()
}
