//! Which of the candidates are worth doing, together with the purchases that are left.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Assessment, Estate};

use super::candidates::Candidate;
use super::change::apply;
use super::ground::{Bill, Ground};
use super::purchase::{Found, Search, together};

/// Candidates of which every combination is tried.
const EXHAUSTIVE: usize = 4;

/// Assessments the stepwise choice may ask for.
const EVALUATIONS: usize = 1_200;

/// An organisation's estate after some candidates, with what is left to buy.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// Candidates taken, in order.
    pub taken: Vec<Candidate>,
    /// The estate after them.
    pub estate: Estate,
    /// Families with the purchases that close what is left.
    pub purchases: Vec<(Vec<String>, Found)>,
    /// Every combination was tried.
    pub proved: bool,
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
}

/// Chooses among candidates, which come on top of those already taken.
pub(super) fn choose(ground: &Ground<'_>, organisation: &str, before: &Choice, candidates: &[Candidate]) -> Choice {
    if candidates.is_empty() {
        return before.clone();
    }
    let decider = Decider { ground, organisation, before };
    let (mut best, all) = if candidates.len() <= EXHAUSTIVE {
        (decider.every(candidates), true)
    } else {
        (decider.stepwise(candidates), false)
    };
    best.proved = all && before.proved && best.purchases.iter().all(|(_, found)| found.proved);
    best
}

/// Buying alone, without any candidate.
pub(super) fn nothing(ground: &Ground<'_>, organisation: &str, estate: &Estate) -> Choice {
    evaluate(ground, organisation, estate.clone(), Vec::new())
}

struct Decider<'a> {
    ground: &'a Ground<'a>,
    organisation: &'a str,
    before: &'a Choice,
}

impl Decider<'_> {
    /// The choice that takes some candidates; `None` where they cannot be done together.
    fn with(&self, taken: &[&Candidate]) -> Option<Choice> {
        let mut estate = self.before.estate.clone();
        if !taken.iter().all(|candidate| apply(&mut estate, &candidate.changes)) {
            return None;
        }
        let all = self.before.taken.iter().chain(taken.iter().copied()).cloned().collect();
        Some(evaluate(self.ground, self.organisation, estate, all))
    }

    fn every(&self, candidates: &[Candidate]) -> Choice {
        let subsets = 1_u32..1 << candidates.len();
        let choices = subsets.filter_map(|subset| {
            let taken: Vec<&Candidate> =
                candidates.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1).map(|(_, one)| one).collect();
            self.with(&taken)
        });
        std::iter::once(self.before.clone())
            .chain(choices)
            .reduce(|best, choice| if choice.worth < best.worth { choice } else { best })
            .unwrap_or_else(|| self.before.clone())
    }

    /// Adds what saves most against buying what is left as it stands, as long as anything does; then takes back what the
    /// purchases make needless.
    fn stepwise(&self, candidates: &[Candidate]) -> Choice {
        let mut estate = self.before.estate.clone();
        let mut taken: Vec<&Candidate> = Vec::new();
        let mut open: Vec<&Candidate> = candidates.iter().collect();
        let mut left = EVALUATIONS;
        loop {
            let mut helpful = Vec::new();
            let mut plain: BTreeMap<Vec<String>, Worth> = BTreeMap::new();
            for candidate in open.drain(..) {
                if left == 0 {
                    break;
                }
                let mut trial = estate.clone();
                if !apply(&mut trial, &candidate.changes) {
                    continue;
                }
                left -= 1;
                let families = self.ground.touched(&trial, &candidate.changes);
                let families = if families.is_empty() { self.ground.families.clone() } else { families };
                let before = plain.entry(families.clone()).or_insert_with(|| self.plain_worth(&estate, &families));
                let gain = self.plain_worth(&trial, &families).gain(before, candidate);
                if gain < Gain::default() {
                    helpful.push((gain, candidate));
                }
            }
            // The first of several equally good ones, so that the order of candidates decides.
            let Some(best) = (0..helpful.len()).min_by_key(|&at| (helpful[at].0.clone(), at)) else { break };
            let (_, candidate) = helpful.remove(best);
            apply(&mut estate, &candidate.changes);
            taken.push(candidate);
            open = helpful.into_iter().map(|(_, candidate)| candidate).collect();
        }
        self.without_needless(taken)
    }

    fn without_needless(&self, mut taken: Vec<&Candidate>) -> Choice {
        let mut best = self.with(&taken).unwrap_or_else(|| self.before.clone());
        for at in (0..taken.len()).rev() {
            let mut fewer = taken.clone();
            fewer.remove(at);
            if let Some(choice) = self.with(&fewer).filter(|choice| choice.worth < best.worth) {
                (best, taken) = (choice, fewer);
            }
        }
        if self.before.worth < best.worth { self.before.clone() } else { best }
    }

    /// What some families of an estate come to where everything left is bought as it stands.
    fn plain_worth(&self, estate: &Estate, families: &[String]) -> Worth {
        let assessment = (self.ground.request.assess)(estate, self.ground.request.as_of, families);
        let (unpriced, horizon, first_year) = self.ground.bill(&assessment).total();
        Worth { unclosed: unlicensable(&assessment), unpriced, horizon, steps: 0, first_year }
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
        let own = |price: fn(&super::price_book::Quote) -> i64| candidate.price.as_ref().map_or(0, price);
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
fn unlicensable(assessment: &Assessment) -> u64 {
    let chosen: BTreeSet<usize> = assessment.chosen.iter().map(|chosen| chosen.requirement).collect();
    (assessment.requirements.len() - chosen.len()) as u64
}

/// Searches the purchases that an estate leaves to an organisation.
fn evaluate(ground: &Ground<'_>, organisation: &str, estate: Estate, taken: Vec<Candidate>) -> Choice {
    let assessment = ground.assess(&estate);
    let bill = ground.bill(&assessment);
    let families: BTreeSet<String> = families_short(ground, &bill, &assessment, organisation);
    let families: Vec<String> = families.into_iter().collect();
    let mut worth =
        Worth { unclosed: unlicensable(&assessment), unpriced: 0, horizon: 0, steps: taken.len(), first_year: 0 };
    for candidate in &taken {
        if let Some(quote) = &candidate.price {
            worth.horizon += quote.horizon;
            worth.first_year += quote.first_year;
        }
    }
    // What a candidate does to others counts as much as what it does here.
    for (short, quote) in bill.rows.iter().filter(|(short, _)| short.organisation != organisation) {
        match quote {
            Ok(quote) => {
                worth.horizon += quote.horizon;
                worth.first_year += quote.first_year;
            }
            Err(_) => worth.unpriced += u64::from(short.units),
        }
    }
    let mut purchases = Vec::new();
    for group in together(ground, &families) {
        let found = Search::new(ground, organisation, &group, &estate).run();
        worth.unclosed += found.unclosed;
        worth.unpriced += found.unpriced;
        worth.horizon += found.horizon;
        worth.first_year += found.first_year;
        purchases.push((group, found));
    }
    let proved = purchases.iter().all(|(_, found)| found.proved);
    Choice { taken, estate, purchases, proved, worth }
}

/// Families in which an organisation is short.
pub(super) fn families_short(
    ground: &Ground<'_>,
    bill: &Bill,
    assessment: &Assessment,
    organisation: &str,
) -> BTreeSet<String> {
    let rows = bill.rows.iter().filter(|(short, _)| short.organisation == organisation);
    rows.map(|(short, _)| {
        // The row may stand for a plan of another family than the requirement's.
        let requirement = assessment.chosen.iter().find(|chosen| {
            let requirement = &assessment.requirements[chosen.requirement];
            requirement.organisation == organisation
                && requirement.alternatives[chosen.alternative].lines.iter().any(|line| {
                    line.product == short.product && line.metric == short.metric && line.edition == short.edition
                })
        });
        requirement.map_or_else(
            || ground.family(&short.product).to_owned(),
            |chosen| assessment.requirements[chosen.requirement].family.clone(),
        )
    })
    .collect()
}
