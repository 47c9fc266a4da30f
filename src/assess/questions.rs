//! Questions: both readings of a family, every question flipped alone from either, ranges and worths.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::model::{Answer, HostId, Key, Metric, Money, Position, Question, QuestionKey, Reading};

use super::Ground;
use super::family::{FamilyResult, Group, Memory, reconcile, rows};

/// The families of a group under both readings.
pub(super) struct Explored {
    pub strict: Vec<FamilyResult>,
    pub customer: Vec<FamilyResult>,
    pub questions: Vec<Question>,
    /// Every question asked, whether or not it changes a figure.
    pub asked: Vec<QuestionKey>,
}

/// Computes both readings and every single flip. Where suites join families, a question that one of them asks is told with
/// the figures of all.
pub(super) fn explore(
    ground: &Ground<'_>,
    group: &Group<'_>,
    strict_reading: &Reading,
    customer_reading: &Reading,
) -> Explored {
    let memory = Memory::of_several(group);
    let under = |reading: &Reading| reconcile(ground, group, reading, &memory);
    let (mut strict, mut customer) = rayon::join(|| under(strict_reading), || under(customer_reading));
    let mut asked: BTreeMap<QuestionKey, Vec<HostId>> = BTreeMap::new();
    for (key, hosts) in strict.iter().chain(&customer).flat_map(|family| &family.asked) {
        let known = asked.entry(key.clone()).or_default();
        known.extend(hosts);
        known.sort();
        known.dedup();
    }
    let (of_strict, of_customer) = (rows_of(&strict), rows_of(&customer));
    let mut ranges: Vec<Ranges> = group.iter().map(|_| Ranges::default()).collect();
    let mut widen = |rows: &[&[Position]]| ranges.iter_mut().zip(rows).for_each(|(ranges, rows)| ranges.widen(rows));
    widen(&of_strict);
    widen(&of_customer);
    let memory = memory.for_more(asked.len() * 2);
    // Of each flip only the rows are worked out and kept: the needs behind them would fill the memory of a large estate.
    let rows = |reading: Reading| rows(ground, group, &reading, &memory);
    let flip = |(key, hosts): (QuestionKey, Vec<HostId>)| {
        let answered = strict_reading.fixed.get(&key).copied();
        let (from_strict, from_customer) = rayon::join(
            || rows(strict_reading.with(key.clone(), other(answered, Answer::Strict))),
            || rows(customer_reading.with(key.clone(), other(answered, Answer::Customer))),
        );
        (key, hosts, answered, from_strict, from_customer)
    };
    let all = asked.keys().cloned().collect();
    let flipped: Vec<_> = asked.into_par_iter().map(flip).collect();
    let mut questions = Vec::new();
    for (key, hosts, answered, from_strict, from_customer) in &flipped {
        let [from_strict, from_customer] =
            [from_strict, from_customer].map(|rows| rows.iter().map(Vec::as_slice).collect::<Vec<&[Position]>>());
        if answered.is_none() {
            widen(&from_strict);
            widen(&from_customer);
        }
        let matters = from_strict != of_strict || from_customer != of_customer;
        // What is asked and changes no figure is no question; an answer on file is shown all the same.
        if !matters && answered.is_none() {
            continue;
        }
        let (by_strict, by_customer) =
            if *answered == Some(Answer::Customer) { (&from_strict, &of_strict) } else { (&of_strict, &from_strict) };
        questions.push(question(
            ground,
            key.clone(),
            hosts.clone(),
            *answered,
            &all_of(by_strict),
            &all_of(by_customer),
        ));
    }
    for results in [&mut strict, &mut customer] {
        ranges.iter().zip(results).for_each(|(ranges, family)| ranges.apply(family));
    }
    Explored { strict, customer, questions, asked: all }
}

/// The rows of each family.
fn rows_of(results: &[FamilyResult]) -> Vec<&[Position]> {
    results.iter().map(|family| family.positions.as_slice()).collect()
}

/// The rows of all families.
fn all_of<'r>(rows: &[&'r [Position]]) -> Vec<&'r Position> {
    rows.iter().copied().flatten().collect()
}

/// The answer to try: the other one than is on file, else than the reading's own.
fn other(answered: Option<Answer>, own: Answer) -> Answer {
    answered.unwrap_or(own).other()
}

/// Organisation, product, edition and metric.
type GroupKey = (String, String, Option<String>, Metric);

fn group_key(row: &Position) -> GroupKey {
    (row.organisation.clone(), row.product.clone(), row.edition.clone(), row.metric)
}

/// Lowest and highest need of each row over all readings computed; a row that one of them lacks needs nothing there.
#[derive(Default)]
struct Ranges {
    computed: u32,
    rows: BTreeMap<Key, (u32, u32, u32)>,
    /// Lowest and highest need of the rows of all versions together.
    groups: BTreeMap<GroupKey, (u32, u32, u32)>,
    /// A row of each key, for readings that lack it.
    shapes: BTreeMap<Key, Position>,
}

impl Ranges {
    fn widen(&mut self, positions: &[Position]) {
        self.computed += 1;
        for row in positions {
            let entry = self.rows.entry(row.key.clone()).or_insert((row.required, row.required, 0));
            entry.0 = entry.0.min(row.required);
            entry.1 = entry.1.max(row.required);
            entry.2 += 1;
            self.shapes.entry(row.key.clone()).or_insert_with(|| row.clone());
        }
        let mut sums: BTreeMap<GroupKey, u32> = BTreeMap::new();
        for row in positions {
            *sums.entry(group_key(row)).or_default() += row.required;
        }
        for (key, sum) in sums {
            let entry = self.groups.entry(key).or_insert((sum, sum, 0));
            *entry = (entry.0.min(sum), entry.1.max(sum), entry.2 + 1);
        }
    }

    /// Fills in the ranges; a row that only other readings have is added without a need.
    fn apply(&self, result: &mut FamilyResult) {
        for (key, shape) in &self.shapes {
            if !result.positions.iter().any(|row| row.key == *key) && self.rows[key].1 > 0 {
                result.positions.push(without_need(shape));
            }
        }
        for row in &mut result.positions {
            if let Some(&(low, high, seen)) = self.rows.get(&row.key) {
                row.range = (if seen < self.computed { 0 } else { low }, high);
            }
            if let Some(&(low, high, seen)) = self.groups.get(&group_key(row)) {
                row.range_of_versions = (if seen < self.computed { 0 } else { low }, high);
            }
        }
    }
}

/// The same row with nothing needed and nothing left over.
fn without_need(shape: &Position) -> Position {
    Position {
        required: 0,
        usable: 0,
        allocated: 0,
        received: 0,
        lent: 0,
        shortfall: 0,
        surplus: 0,
        range: (0, 0),
        range_of_versions: (0, 0),
        cost: shape.cost.as_ref().map(|cost| Money { minor: 0, currency: cost.currency.clone() }),
        missing_price: None,
        requirements: Vec::new(),
        entitlements: Vec::new(),
        unverified: Vec::new(),
        ..shape.clone()
    }
}

fn question(
    ground: &Ground<'_>,
    key: QuestionKey,
    hosts: Vec<HostId>,
    answered: Option<Answer>,
    strict: &[&Position],
    flipped: &[&Position],
) -> Question {
    let ambiguity = ground.rules.ambiguities.get(&key.ambiguity).cloned();
    let text = |part: fn(&crate::rules::Ambiguity) -> &String| {
        ambiguity.as_ref().map(|ambiguity| part(ambiguity).clone()).unwrap_or_default()
    };
    let required = changed(strict, flipped, &key.organisation, |row| row.required);
    let shortfall = changed(strict, flipped, &key.organisation, |row| row.shortfall);
    let cost = (cost(ground, strict, &key.organisation), cost(ground, flipped, &key.organisation));
    let worth = match &cost {
        (Some(one), Some(other)) if one.currency == other.currency => {
            Some(Money { minor: (one.minor - other.minor).abs(), currency: one.currency.clone() })
        }
        _ => None,
    };
    Question {
        title: text(|ambiguity| &ambiguity.title),
        strict: text(|ambiguity| &ambiguity.strict),
        customer: text(|ambiguity| &ambiguity.customer),
        evidence: text(|ambiguity| &ambiguity.evidence),
        source: text(|ambiguity| &ambiguity.source),
        hosts,
        answered,
        settled: answered.and_then(|_| super::answers::settlement(ground, &key)),
        required,
        shortfall,
        cost,
        worth,
        key,
    }
}

/// A figure under both answers, over the rows whose need or shortfall the question changes: rows it leaves alone, of other
/// metrics perhaps, say nothing of it.
fn changed(
    strict: &[&Position],
    flipped: &[&Position],
    organisation: &str,
    figure: fn(&Position) -> u32,
) -> (u64, u64) {
    let rows = |rows: &[&Position]| -> BTreeMap<Key, (u32, u32, u32)> {
        let own = rows.iter().filter(|row| row.organisation == organisation);
        own.map(|row| (row.key.clone(), (row.required, row.shortfall, figure(row)))).collect()
    };
    let (one, other) = (rows(strict), rows(flipped));
    let nothing = (0, 0, 0);
    let mut sums = (0, 0);
    for key in one.keys().chain(other.keys().filter(|key| !one.contains_key(*key))) {
        let (a, b) = (one.get(key).unwrap_or(&nothing), other.get(key).unwrap_or(&nothing));
        if (a.0, a.1) != (b.0, b.1) {
            sums.0 += u64::from(a.2);
            sums.1 += u64::from(b.2);
        }
    }
    sums
}

/// Shortfall cost of an organisation; `None` where a price is missing.
fn cost(ground: &Ground<'_>, rows: &[&Position], organisation: &str) -> Option<Money> {
    let mut total = Money { minor: 0, currency: ground.settings.currency.clone() };
    let rows = rows.iter().filter(|row| row.organisation == organisation && row.shortfall > 0);
    for (number, row) in rows.enumerate() {
        let cost = row.cost.as_ref()?;
        if number == 0 {
            total.currency.clone_from(&cost.currency);
        }
        total.minor += cost.minor;
    }
    Some(total)
}

/// The dearest first; those without a price after them, by units.
pub(super) fn by_worth(questions: &mut [Question]) {
    questions.sort_by(|a, b| {
        let worth = |question: &Question| question.worth.as_ref().map(|worth| worth.minor);
        let units = |question: &Question| question.shortfall.0.abs_diff(question.shortfall.1);
        (worth(b), units(b)).cmp(&(worth(a), units(a))).then_with(|| a.key.cmp(&b.key))
    });
}
