//! What whole scopes cannot fill: constraints that every choice of whole scopes keeps and one of fractions breaks.
//!
//! Stocks give no more than they hold, so that what some kinds need, less what these stocks do not give them, is at most
//! that. Scopes are whole, and so are the units they need: divided by any number, the whole parts of both sides keep the
//! order, with what is left over allowed for (mixed-integer rounding). Where rights are scarce and clusters need eights
//! and twelves of them, this tells that ten cannot be filled. All of it is in whole numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::prices::Range;
use super::reduced::{Level, Reduced};

/// Differences between the ways of a class that are tried as divisors.
const DIVISORS: usize = 64;

/// Divisors up to which all are tried.
const SMALL: i64 = 16;

/// Constraints taken from one set of stocks at a time.
const EACH: usize = 4;

/// Choices in fractions: what is looked at to find constraints it breaks.
#[derive(Debug, Clone, Default)]
pub(super) struct Fractions {
    /// Scopes of each class that take each way.
    pub counts: Vec<Vec<f64>>,
    /// Units of each stock given to each kind it serves: by kind, in the order of its stocks.
    pub given: Vec<Vec<f64>>,
    /// Licences of each group that stay as they were bought.
    pub kept: Vec<f64>,
}

/// `Σ counts × factor + Σ kept × factor + Σ units given by these stocks to these kinds ≤ most`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    /// Class, way, factor.
    pub counts: Vec<(usize, usize, i64)>,
    /// Group and factor.
    pub kept: Vec<(usize, i64)>,
    /// Kind, and the place of a stock among those that serve it.
    pub given: Vec<(usize, usize)>,
    pub most: i64,
}

/// Stocks, and the kinds they serve that are looked at together.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    kinds: BTreeSet<usize>,
    stocks: BTreeSet<usize>,
}

/// What the kinds of a part need of its stocks, written so that all variables are near nought: scopes that leave the way
/// most of their class take, licences that leave the form most of them have.
struct Row {
    /// Class, way, units more than the way most take.
    counts: Vec<(usize, usize, i64)>,
    /// Group, units a licence more as bought, and whether licences that are converted are counted instead.
    kept: Vec<(usize, i64, bool)>,
    /// Units that are left beside what the ways most take need.
    most: i64,
}

/// Constraints that whole choices keep and this one breaks, the deepest of each part.
///
/// Only choices count in which what stays unmet at every level is within its range.
pub(super) fn broken(
    reduced: &Reduced,
    licences: &[u64],
    (levels, ranges): (&[Level], &[Range]),
    found: &Fractions,
) -> Vec<Cut> {
    let of_part = |(part, short): (Part, Option<i64>)| -> Vec<Cut> {
        let Some(row) = Row::new(reduced, licences, found, &part) else { return Vec::new() };
        let mut deep: Vec<(f64, Cut)> = row
            .divisors(found)
            .into_iter()
            .filter_map(|divisor| row.rounded(reduced, licences, &part, (divisor, short)))
            .map(|(cut, length)| (cut.beyond(found), length, cut))
            .filter(|(beyond, _, _)| *beyond > LEAST_BEYOND)
            .map(|(beyond, length, cut)| (beyond / length, cut))
            .collect();
        deep.sort_by(|a, b| b.0.total_cmp(&a.0));
        deep.dedup_by(|later, first| later.1 == first.1);
        deep.into_iter().take(EACH).map(|(_, cut)| cut).collect()
    };
    let taut = taut(reduced, levels, found);
    let most = |part: &Part| -> Option<i64> {
        let all =
            levels.iter().zip(ranges).filter(|(level, _)| part.kinds.iter().all(|kind| level.kinds.contains(kind)));
        all.map(|(_, &(_, most))| i64::try_from(most).unwrap_or(i64::MAX)).min()
    };
    let limited = taut.iter().map(|part| (part.clone(), most(part).filter(|&most| most < MOST_SHORT)));
    let limited: Vec<(Part, Option<i64>)> = limited.filter(|(_, most)| most.is_some()).collect();
    let parts = parts(reduced, found).into_iter().chain(taut).map(|part| (part, None)).chain(limited);
    let mut seen = BTreeSet::new();
    parts.filter(|(part, short)| seen.insert((part.clone(), *short))).flat_map(of_part).collect()
}

/// Units above which it is of no use to know that no more stay unmet.
const MOST_SHORT: i64 = 100_000;

/// Kinds with all stocks that serve them, where no unit is left over and none is given to others or to kinds that cost less
/// to leave unmet: each kind with what it is drawn into, at every level.
fn taut(reduced: &Reduced, levels: &[Level], found: &Fractions) -> Vec<Part> {
    let mut left: Vec<f64> = reduced.supplies.iter().map(|supply| supply.units_kept(&found.kept)).collect();
    let mut takes: Vec<Vec<usize>> = vec![Vec::new(); left.len()];
    for (kind, (own, given)) in reduced.kinds.iter().zip(&found.given).enumerate() {
        for (&stock, &units) in own.stocks.iter().zip(given).filter(|(_, units)| **units > 1e-7) {
            left[stock] -= units;
            takes[stock].push(kind);
        }
    }
    let drawn_in = |level: &Level, first: usize| -> Option<Part> {
        let mut part = Part { kinds: BTreeSet::from([first]), stocks: BTreeSet::new() };
        let mut open = vec![first];
        while let Some(kind) = open.pop() {
            for &stock in &reduced.kinds[kind].stocks {
                if left[stock] > 1e-6 || takes[stock].iter().any(|other| !level.kinds.contains(other)) {
                    return None;
                }
                part.stocks.insert(stock);
                open.extend(takes[stock].iter().filter(|&&other| part.kinds.insert(other)));
            }
        }
        Some(part)
    };
    let mut all = BTreeSet::new();
    for level in levels {
        let parts: Vec<Part> = level.kinds.iter().filter_map(|&first| drawn_in(level, first)).collect();
        let together = parts.iter().fold(Part::default(), |mut together, part| {
            together.kinds.extend(&part.kinds);
            together.stocks.extend(&part.stocks);
            together
        });
        all.extend(parts.into_iter().chain([together]).filter(|part| !part.stocks.is_empty()));
    }
    all.into_iter().collect()
}

/// How far a choice must be beyond a constraint for it to be of use, in units.
const LEAST_BEYOND: f64 = 1e-4;

/// Kinds and stocks that give and take units of each other. Within such a part all units of the stocks are spoken for, so
/// that there is something to gain.
fn parts(reduced: &Reduced, found: &Fractions) -> Vec<Part> {
    joined(reduced, |kind| {
        let stocks = reduced.kinds[kind].stocks.iter().zip(&found.given[kind]);
        stocks.filter(|(_, units)| **units > 1e-7).map(|(&stock, _)| stock).collect()
    })
}

/// Kinds joined by the stocks they have in common.
fn joined(reduced: &Reduced, stocks_of: impl Fn(usize) -> BTreeSet<usize>) -> Vec<Part> {
    let mut left: BTreeSet<usize> = (0..reduced.kinds.len()).collect();
    let mut parts = Vec::new();
    while let Some(first) = left.pop_first() {
        let (mut kinds, mut stocks) = (BTreeSet::from([first]), stocks_of(first));
        while let Some(next) = left.iter().copied().find(|&kind| !stocks_of(kind).is_disjoint(&stocks)) {
            left.remove(&next);
            kinds.insert(next);
            stocks.extend(stocks_of(next));
        }
        if !stocks.is_empty() {
            parts.push(Part { kinds, stocks });
        }
    }
    parts
}

impl Row {
    /// `None` where what the stocks hold changes by a fraction with a licence.
    fn new(reduced: &Reduced, licences: &[u64], found: &Fractions, part: &Part) -> Option<Self> {
        let mut row = Self { counts: Vec::new(), kept: Vec::new(), most: 0 };
        let mut kept: BTreeMap<usize, f64> = BTreeMap::new();
        for &stock in &part.stocks {
            row.most += i64::try_from(reduced.supplies[stock].units).ok()?;
            let more = reduced.supplies[stock].kept.iter();
            more.for_each(|(&group, &more)| *kept.entry(group).or_default() += more);
        }
        for (group, more) in kept.into_iter().filter(|(_, more)| *more != 0.0) {
            let each = whole(more)?;
            let converted = found.kept[group] * 2.0 > licences[group] as f64;
            if converted {
                row.most += each * i64::try_from(licences[group]).ok()?;
            }
            row.kept.push((group, each, converted));
        }
        for (index, class) in reduced.classes.iter().enumerate() {
            let units = |way: usize| needed(reduced, part, index, way);
            let counts = &found.counts[index];
            let most = (0..counts.len()).fold(0, |most, way| if counts[way] > counts[most] { way } else { most });
            let own = units(most);
            row.most -= own * i64::try_from(class.members).ok()?;
            let others = (0..counts.len()).map(|way| (index, way, units(way) - own));
            row.counts.extend(others.filter(|&(_, _, more)| more != 0));
        }
        Some(row)
    }

    /// Numbers worth dividing by: small ones, because needs have them in common; differences between ways, and their halves
    /// and quarters, those of ways that are taken in part first.
    fn divisors(&self, found: &Fractions) -> Vec<i64> {
        let size = |&(_, _, more): &(usize, usize, i64)| more.abs();
        let taken = self.counts.iter().filter(|&&(class, way, _)| found.counts[class][way] > 1e-6);
        let mut divisors: BTreeSet<i64> = (2..=SMALL).collect();
        divisors.extend(taken.map(size).flat_map(|size| [size, size / 2, size / 4, size / 8]));
        let all: BTreeSet<i64> = self.counts.iter().map(size).collect();
        divisors.extend(all.into_iter().take(DIVISORS));
        divisors.into_iter().filter(|&divisor| divisor > 1).collect()
    }

    /// The constraint after division, and the length of its factors before what is needed beyond is put in; `None` where
    /// nothing is left over, so that division gains nothing. Where the stocks of the part are all that serve its kinds, and
    /// no more than so many units of these stay unmet, nothing else can be beyond.
    fn rounded(
        &self,
        reduced: &Reduced,
        licences: &[u64],
        part: &Part,
        (divisor, short): (i64, Option<i64>),
    ) -> Option<(Cut, f64)> {
        let row = self.most + short.unwrap_or(0);
        let over = row.rem_euclid(divisor);
        if over == 0 {
            return None;
        }
        // All is multiplied by the divisor less what is left over, so that it stays whole.
        let factor =
            |units: i64| (divisor - over) * units.div_euclid(divisor) + (units.rem_euclid(divisor) - over).max(0);
        let mut most = (divisor - over) * row.div_euclid(divisor);
        let mut by_way: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        let mut square = part.kinds.len() as f64;
        for &(class, way, more) in &self.counts {
            *by_way.entry((class, way)).or_default() += factor(more);
            square += factor(more).pow(2) as f64;
        }
        // What the stocks of the part do not give to its kinds may be needed beyond: all they need, less what is given.
        for (index, class) in reduced.classes.iter().enumerate().filter(|_| short.is_none()) {
            for way in 0..class.ways.len() {
                *by_way.entry((index, way)).or_default() -= needed(reduced, part, index, way);
            }
        }
        let mut kept = Vec::new();
        for &(group, each, converted) in &self.kept {
            if converted {
                // Factor × (licences − kept).
                let own = factor(each);
                most -= own * i64::try_from(licences[group]).ok()?;
                kept.push((group, -own));
            } else {
                kept.push((group, factor(-each)));
            }
        }
        let given = part.kinds.iter().filter(|_| short.is_none()).flat_map(|&kind| {
            let stocks = reduced.kinds[kind].stocks.iter().enumerate();
            stocks.filter(|(_, stock)| part.stocks.contains(stock)).map(move |(place, _)| (kind, place))
        });
        let counts = by_way.into_iter().filter(|(_, factor)| *factor != 0);
        let cut = Cut {
            counts: counts.map(|((class, way), factor)| (class, way, factor)).collect(),
            kept: kept.into_iter().filter(|(_, factor)| *factor != 0).collect(),
            given: given.collect(),
            most,
        };
        Some((cut, square.sqrt()))
    }
}

impl Cut {
    /// Whether a choice keeps the constraint.
    #[cfg(test)]
    pub fn holds(&self, found: &Fractions) -> bool {
        self.beyond(found) <= 0.0
    }

    /// The same where only some ways are left, by their numbers before.
    pub fn only(&self, left: &[Vec<usize>]) -> Self {
        let place = |class: usize, way: usize| left[class].iter().position(|&own| own == way);
        let counts = self.counts.iter().filter_map(|&(class, way, factor)| Some((class, place(class, way)?, factor)));
        Self { counts: counts.collect(), ..self.clone() }
    }

    /// The factor of a group, if it has one.
    pub fn kept_of(&self, group: usize) -> impl Iterator<Item = i64> {
        self.kept.iter().filter(move |(own, _)| *own == group).map(|&(_, factor)| factor)
    }

    /// Whether a choice cannot go further without breaking the constraint.
    pub fn is_tight(&self, found: &Fractions) -> bool {
        self.beyond(found) > -1e-5
    }

    /// How far a choice is beyond the constraint.
    fn beyond(&self, found: &Fractions) -> f64 {
        let counts = self.counts.iter().map(|&(class, way, factor)| factor as f64 * found.counts[class][way]);
        let kept = self.kept.iter().map(|&(group, factor)| factor as f64 * found.kept[group]);
        let given = self.given.iter().map(|&(kind, place)| found.given[kind][place]);
        counts.chain(kept).chain(given).sum::<f64>() - self.most as f64
    }
}

/// Units that a way needs of the kinds of a part.
fn needed(reduced: &Reduced, part: &Part, class: usize, way: usize) -> i64 {
    let needs = reduced.classes[class].ways[way].needs.iter();
    needs.filter(|(kind, _)| part.kinds.contains(kind)).map(|&(_, units)| units as i64).sum()
}

fn whole(units: f64) -> Option<i64> {
    (units.fract() == 0.0 && units.abs() < 1e9).then_some(units as i64)
}
