//! One product family under one reading.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::allocate::{self, Method, PriceList, Problem, Solution};
use crate::model::{
    Allocation, AlternativeTotal, Asker, Assessment, Chosen, Entitlement, HostId, Line, Metric, Position, QuestionKey,
    Reading, Requirement, Surplus,
};
use crate::rules::{Product, Rules};
use crate::{entitle, require};

use super::Ground;
use super::{alternatives, positions, suites};

/// Everything one family came to.
#[derive(Debug, Clone)]
pub(super) struct FamilyResult {
    pub requirements: Vec<Requirement>,
    pub entitlements: Vec<Entitlement>,
    pub chosen: Vec<Chosen>,
    pub allocations: Vec<Allocation>,
    pub surpluses: Vec<Surplus>,
    pub positions: Vec<Position>,
    pub alternatives: Vec<AlternativeTotal>,
    pub asked: Vec<(QuestionKey, Vec<HostId>)>,
    pub notes: Vec<String>,
}

/// Products by family, in the order of family names.
pub(super) fn families(rules: &Rules) -> Vec<Vec<&Product>> {
    let mut families: BTreeMap<&str, Vec<&Product>> = BTreeMap::new();
    for product in rules.products.values().filter(|product| product.kind != "suite") {
        families.entry(&product.family).or_default().push(product);
    }
    families.into_values().collect()
}

/// What the readings of one family have in common.
#[derive(Default)]
pub(super) struct Memory {
    walks: require::Memory,
    /// `None` where there is one reading only: what was chosen is asked for no second time.
    choices: Option<allocate::Memory>,
}

impl Memory {
    /// For several readings of a family.
    pub fn of_several() -> Self {
        Self { choices: Some(allocate::Memory::default()), ..Self::default() }
    }
}

/// Reconciles one family; `memory` holds what was found and chosen under other readings.
pub(super) fn reconcile(ground: &Ground<'_>, members: &[&Product], reading: &Reading, memory: &Memory) -> FamilyResult {
    let prices = ground.prices();
    let Solved { requirements, entitlements, solution, asker, note } = solve(ground, &prices, members, reading, memory);
    let asked = asker.asked();
    let ((surpluses, positions), alternatives) = rayon::join(
        || positions::positions(ground, &prices, &requirements, &entitlements, &solution),
        || alternatives::totals(ground, &prices, &requirements, &solution.chosen),
    );
    let mut notes = solution.notes;
    notes.extend(note);
    FamilyResult {
        alternatives,
        requirements,
        entitlements,
        chosen: solution.chosen,
        allocations: solution.allocations,
        surpluses,
        positions,
        asked,
        notes,
    }
}

/// The rows of one family alone: all that is looked at under the other answer to a question.
pub(super) fn rows(ground: &Ground<'_>, members: &[&Product], reading: &Reading, memory: &Memory) -> Vec<Position> {
    let prices = ground.prices();
    let solved = solve(ground, &prices, members, reading, memory);
    positions::positions(ground, &prices, &solved.requirements, &solved.entitlements, &solved.solution).1
}

/// What one family needs and owns, and what was spent on what.
pub(super) struct Solved<'a> {
    pub requirements: Vec<Requirement>,
    pub entitlements: Vec<Entitlement>,
    pub solution: Solution,
    asker: Asker<'a>,
    /// By what ways were compared, where it was not by price.
    note: Option<String>,
}

/// Finds what a family needs and spends what it owns.
pub(super) fn solve<'a>(
    ground: &Ground<'_>,
    prices: &PriceList<'_>,
    members: &[&Product],
    reading: &'a Reading,
    memory: &Memory,
) -> Solved<'a> {
    let asker = Asker::new(reading);
    let entitlements = entitle::entitlements(&ground.index, ground.rules, members, ground.as_of, &asker);
    let mut requirements = Vec::new();
    let &Ground { ref index, rules, settings, as_of, .. } = ground;
    let heard_by_rights = asker.answers();
    let inputs = require::Inputs { index, rules, settings, as_of, memory: &memory.walks, heard_by_rights };
    for product in members.iter().filter(|product| !product.terms.is_empty()) {
        requirements.extend(require::requirements(&inputs, product, &entitlements, &asker));
    }
    let entitlements = suites::placed(ground, prices, members, reading, entitlements, &requirements);
    let weigher = Weigher::new(ground, prices, &requirements);
    let problem = Problem {
        requirements: &requirements,
        entitlements: &entitlements,
        weight: &|line: &Line| weigher.weight(ground, prices, line),
    };
    let method = Method { memory: memory.choices.as_ref(), ..Method::default() };
    let solution = allocate::allocate_by(&problem, &method);
    let balance = allocate::check(&requirements, &entitlements, &solution.chosen, &solution.allocations);
    // An unbalanced ledger is a defect of trueup: no figure may leave the program then, in release builds too.
    assert!(balance.is_ok(), "the ledger does not balance: {balance:?}");
    let note = weigher.note(members);
    Solved { requirements, entitlements, solution, asker, note }
}

/// Prices a missing unit: by the price list where it prices everything the family may miss, else by the rule files'
/// relative prices, else every unit alike. One scale is used throughout, because scales cannot be compared.
struct Weigher {
    by_price: bool,
    by_rules: bool,
    needed: bool,
}

/// What the price of a line's unit depends on.
type PricedAs<'a> = (&'a str, Option<&'a str>, Option<usize>, Metric);

fn priced_as(line: &Line) -> PricedAs<'_> {
    (&line.product, line.edition.as_deref(), line.version, line.metric)
}

impl Weigher {
    fn new(ground: &Ground<'_>, prices: &PriceList<'_>, requirements: &[Requirement]) -> Self {
        let lines = requirements
            .iter()
            .flat_map(|requirement| &requirement.alternatives)
            .filter(|alternative| alternative.refused.is_none())
            .flat_map(|alternative| &alternative.lines);
        let different: HashMap<PricedAs<'_>, &Line> = lines.map(|line| (priced_as(line), line)).collect();
        Self {
            by_price: different.values().all(|line| prices.unit_weight(line, version_name(ground, line)).is_some()),
            by_rules: different.values().all(|line| rule_weight(ground, line).is_some()),
            needed: !different.is_empty(),
        }
    }

    fn weight(&self, ground: &Ground<'_>, prices: &PriceList<'_>, line: &Line) -> u64 {
        let weight = if self.by_price {
            prices.unit_weight(line, version_name(ground, line))
        } else if self.by_rules {
            rule_weight(ground, line)
        } else {
            None
        };
        weight.unwrap_or(1)
    }

    fn note(&self, members: &[&Product]) -> Option<String> {
        let name = members.first().map(|product| product.name.as_str()).unwrap_or_default();
        match (self.needed, self.by_price, self.by_rules) {
            (false, _, _) | (_, true, _) => None,
            (_, false, true) => Some(format!(
                "{name}: not every way of licensing is priced, so ways were compared by the relative prices of the rule files."
            )),
            (_, false, false) => Some(format!("{name}: ways were compared by units, because prices are missing.")),
        }
    }
}

/// Licence version a line needs, as text.
pub(super) fn version_name<'a>(ground: &Ground<'a>, line: &Line) -> Option<&'a str> {
    let product = ground.rules.products.get(&*line.product)?;
    line.version.map(|version| product.version_name(version))
}

/// Relative price of a unit by the rule file, in hundredths.
fn rule_weight(ground: &Ground<'_>, line: &Line) -> Option<u64> {
    use rust_decimal::Decimal;
    use rust_decimal::prelude::ToPrimitive;
    let product = ground.rules.products.get(&*line.product)?;
    let family = ground.rules.products.get(&product.family);
    let weight = product
        .weight(line.edition.as_deref(), line.metric)
        .or_else(|| family?.weight(line.edition.as_deref(), line.metric))?;
    (weight * Decimal::ONE_HUNDRED).round().to_u64()
}

impl FamilyResult {
    /// Moves the result into an assessment, with its indexes moved on.
    pub fn append_to(mut self, assessment: &mut Assessment) {
        let (requirements, entitlements) = (assessment.requirements.len(), assessment.entitlements.len());
        for chosen in &mut self.chosen {
            chosen.requirement += requirements;
        }
        for allocation in &mut self.allocations {
            allocation.requirement += requirements;
            allocation.entitlement += entitlements;
        }
        for surplus in &mut self.surpluses {
            surplus.entitlement += entitlements;
        }
        for scope in self.alternatives.iter_mut().flat_map(|total| &mut total.scopes) {
            scope.requirement += requirements;
        }
        for position in &mut self.positions {
            position.requirements.iter_mut().for_each(|index| *index += requirements);
            position.entitlements.iter_mut().for_each(|index| *index += entitlements);
        }
        assessment.requirements.extend(self.requirements);
        assessment.entitlements.extend(self.entitlements);
        assessment.chosen.extend(self.chosen);
        assessment.allocations.extend(self.allocations);
        assessment.surpluses.extend(self.surpluses);
        assessment.positions.extend(self.positions);
        assessment.alternatives.extend(self.alternatives);
        assessment.questions.extend(self.asked);
        assessment.notes.extend(self.notes);
    }
}
