//! One product family under one reading, or several that suites join.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;

use crate::allocate::{self, Method, PriceList, Problem, Solution, WORK_OF_GAPS};
use crate::model::{
    Allocation, AlternativeTotal, Answer, Asker, Assessment, Chosen, Entitlement, HostId, Line, Metric, Position,
    QuestionKey, Reading, Requirement, Surplus,
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
fn families(rules: &Rules) -> Vec<Family<'_>> {
    let mut families: BTreeMap<&str, Family<'_>> = BTreeMap::new();
    for product in rules.products.values().filter(|product| product.kind != "suite") {
        families.entry(&product.family).or_default().push(product);
    }
    families.into_values().collect()
}

/// The products of one family.
pub(super) type Family<'r> = Vec<&'r Product>;

/// Families that are reconciled together because suites join them; most stand alone.
pub(super) type Group<'r> = Vec<Family<'r>>;

/// All families, in the order of the first of each group.
pub(super) fn groups<'r>(ground: &Ground<'r>) -> Vec<Group<'r>> {
    suites::joined(ground, families(ground.rules))
}

/// What the readings of a group have in common.
pub(super) struct Memory {
    families: Vec<OfFamily>,
    /// `None` where there is one reading only: what was chosen is asked for no second time.
    choices: Option<allocate::Memory>,
    /// Work to close gaps with under a reading.
    work_of_gaps: u64,
}

/// What the readings of one family have in common.
#[derive(Default)]
struct OfFamily {
    walks: require::Memory,
    /// What it needs and owns under the first readings, where other families hang on it: a question that it does not hear
    /// leaves that as it was.
    needs: Mutex<Vec<Arc<Needs>>>,
}

/// Readings whose needs are kept: the publisher's and the customer's, which every family begins with.
const KEPT: usize = 2;

/// Readings beyond the first whose gaps are closed with all the work that one may take.
const WHOLE_READINGS: u64 = 4;

impl Memory {
    /// For one reading of a group.
    pub fn of_one(group: &Group<'_>) -> Self {
        let families = group.iter().map(|_| OfFamily::default()).collect();
        Self { families, choices: None, work_of_gaps: WORK_OF_GAPS }
    }

    /// For several readings of a group.
    pub fn of_several(group: &Group<'_>) -> Self {
        Self { choices: Some(allocate::Memory::default()), ..Self::of_one(group) }
    }

    /// For so many more readings: together they close gaps with no more work than a few, so that an estate with many
    /// questions is not looked at for minutes. What a reading does not change is remembered and costs nothing.
    pub fn for_more(self, readings: usize) -> Self {
        let each = WORK_OF_GAPS * WHOLE_READINGS / (readings as u64).max(1);
        Self { work_of_gaps: each.min(WORK_OF_GAPS), ..self }
    }

    /// How the readings of the group allocate.
    pub fn method(&self) -> Method<'_> {
        Method { memory: self.choices.as_ref(), work_of_gaps: self.work_of_gaps, ..Method::default() }
    }
}

/// Reconciles the families of a group; `memory` holds what was found and chosen under other readings.
pub(super) fn reconcile(
    ground: &Ground<'_>,
    group: &Group<'_>,
    reading: &Reading,
    memory: &Memory,
) -> Vec<FamilyResult> {
    let prices = ground.prices();
    let solved = solve(ground, &prices, group, reading, memory);
    solved.into_iter().map(|solved| solved.result(ground, &prices)).collect()
}

/// The rows of each family of a group alone: all that is looked at under the other answer to a question.
pub(super) fn rows(ground: &Ground<'_>, group: &Group<'_>, reading: &Reading, memory: &Memory) -> Vec<Vec<Position>> {
    let prices = ground.prices();
    let solved = solve(ground, &prices, group, reading, memory);
    solved.iter().map(|solved| solved.positions(ground, &prices).1).collect()
}

/// What one family needs and owns under a reading.
pub(super) struct Needs {
    pub requirements: Vec<Requirement>,
    pub entitlements: Vec<Entitlement>,
    /// Every answer that was heard on the way.
    heard: Vec<(QuestionKey, Answer)>,
    /// Questions asked, with the hosts each is about.
    asked: Vec<(QuestionKey, Vec<HostId>)>,
}

/// What one family needs and owns, and what was spent on what.
pub(super) struct Solved {
    needs: Arc<Needs>,
    /// What it owns, where the units of suites that stand elsewhere are told apart.
    pieces: Option<Vec<Entitlement>>,
    solution: Solution,
    /// By what ways were compared, where it was not by price, and what else is to be said.
    notes: Vec<String>,
}

impl Solved {
    /// Checks the ledger again: nothing leaves the program that does not balance.
    pub fn new(needs: Arc<Needs>, pieces: Option<Vec<Entitlement>>, solution: Solution, notes: Vec<String>) -> Self {
        let solved = Self { needs, pieces, solution, notes };
        let Solution { chosen, allocations, .. } = &solved.solution;
        let balance = allocate::check(&solved.needs.requirements, solved.entitlements(), chosen, allocations);
        // An unbalanced ledger is a defect of trueup: no figure may leave the program then, in release builds too.
        assert!(balance.is_ok(), "the ledger does not balance: {balance:?}");
        solved
    }

    fn entitlements(&self) -> &[Entitlement] {
        self.pieces.as_ref().unwrap_or(&self.needs.entitlements)
    }

    fn positions(&self, ground: &Ground<'_>, prices: &PriceList<'_>) -> (Vec<Surplus>, Vec<Position>) {
        positions::positions(ground, prices, &self.needs.requirements, self.entitlements(), &self.solution)
    }

    fn result(self, ground: &Ground<'_>, prices: &PriceList<'_>) -> FamilyResult {
        let ((surpluses, positions), alternatives) = rayon::join(
            || self.positions(ground, prices),
            || alternatives::totals(ground, prices, &self.needs.requirements, &self.solution.chosen),
        );
        let Self { needs, pieces, solution, notes: more } = self;
        let (requirements, entitlements, asked) = match Arc::try_unwrap(needs) {
            Ok(needs) => (needs.requirements, needs.entitlements, needs.asked),
            Err(kept) => (kept.requirements.clone(), kept.entitlements.clone(), kept.asked.clone()),
        };
        let mut notes = solution.notes;
        notes.extend(more);
        FamilyResult {
            alternatives,
            requirements,
            entitlements: pieces.unwrap_or(entitlements),
            chosen: solution.chosen,
            allocations: solution.allocations,
            surpluses,
            positions,
            asked,
            notes,
        }
    }
}

/// Finds what the families of a group need and spends what they own.
fn solve(
    ground: &Ground<'_>,
    prices: &PriceList<'_>,
    group: &Group<'_>,
    reading: &Reading,
    memory: &Memory,
) -> Vec<Solved> {
    let own = |(members, memory): (&Family<'_>, &OfFamily)| match group.len() {
        1 => Arc::new(needs(ground, members, reading, &memory.walks)),
        _ => needs_or_known(ground, members, reading, memory),
    };
    let needs: Vec<Arc<Needs>> = group.iter().zip(&memory.families).map(own).collect();
    if let Some(solved) = suites::together(ground, prices, group, &needs, &memory.method()) {
        return solved;
    }
    let alone = |(members, needs): (&Family<'_>, Arc<Needs>)| {
        let weigher = Weigher::new(ground, prices, &needs.requirements);
        let solution = weigher.allocate(ground, prices, &needs.requirements, &needs.entitlements, &memory.method());
        Solved::new(needs, None, solution, weigher.note(&name_of(members)).into_iter().collect())
    };
    group.iter().zip(needs).map(alone).collect()
}

/// What a family needs and owns, or what is known of it where the answers that were heard on the way are the same.
fn needs_or_known(ground: &Ground<'_>, members: &Family<'_>, reading: &Reading, memory: &OfFamily) -> Arc<Needs> {
    let known = memory.needs.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let asker = Asker::new(reading);
    if let Some(known) = known.iter().find(|known| asker.gives(known.heard.iter())) {
        return Arc::clone(known);
    }
    let found = Arc::new(needs(ground, members, reading, &memory.walks));
    let mut known = memory.needs.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() < KEPT {
        known.push(Arc::clone(&found));
    }
    found
}

/// What a family needs and owns.
fn needs(ground: &Ground<'_>, members: &Family<'_>, reading: &Reading, walks: &require::Memory) -> Needs {
    let asker = Asker::new(reading);
    let entitlements = entitle::entitlements(&ground.index, ground.rules, members, ground.as_of, &asker);
    let mut requirements = Vec::new();
    let &Ground { ref index, rules, settings, as_of, .. } = ground;
    let heard_by_rights = asker.answers();
    let inputs = require::Inputs { index, rules, settings, as_of, memory: walks, heard_by_rights };
    for product in members.iter().filter(|product| !product.terms.is_empty()) {
        requirements.extend(require::requirements(&inputs, product, &entitlements, &asker));
    }
    let heard = (0..asker.answers()).filter_map(|number| asker.answered(number)).collect();
    Needs { requirements, entitlements, heard, asked: asker.asked() }
}

/// What a family is called.
pub(super) fn name_of(members: &Family<'_>) -> String {
    members.first().map(|product| product.name.clone()).unwrap_or_default()
}

/// Prices a missing unit: by the price list where it prices everything the family may miss, else by the rule files'
/// relative prices, else every unit alike. One scale is used throughout, because scales cannot be compared.
pub(super) struct Weigher {
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
    /// For all that some requirements may miss.
    pub fn new<'n>(
        ground: &Ground<'_>,
        prices: &PriceList<'_>,
        requirements: impl IntoIterator<Item = &'n Requirement>,
    ) -> Self {
        let lines = requirements
            .into_iter()
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

    /// What a missing unit of a line weighs.
    pub fn weight(&self, ground: &Ground<'_>, prices: &PriceList<'_>, line: &Line) -> u64 {
        let weight = if self.by_price {
            prices.unit_weight(line, version_name(ground, line))
        } else if self.by_rules {
            rule_weight(ground, line)
        } else {
            None
        };
        weight.unwrap_or(1)
    }

    /// Spends rights on needs.
    pub fn allocate(
        &self,
        ground: &Ground<'_>,
        prices: &PriceList<'_>,
        requirements: &[Requirement],
        entitlements: &[Entitlement],
        method: &Method<'_>,
    ) -> Solution {
        let weight = |line: &Line| self.weight(ground, prices, line);
        allocate::allocate_by(&Problem { requirements, entitlements, weight: &weight }, method)
    }

    /// By what ways were compared, where it was not by price.
    pub fn note(&self, name: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Estate, EstateIndex};
    use crate::rules::{Settings, parse_cases};

    /// Two hosts and a suite for both; nobody states the processors of the one that runs Windows.
    const JOINED: &str = r#"
[[case]]
id = "J"
title = "joined"
as_of = 2025-06-30
source = "made up"
[[case.host]]
name = "a"
hypervisor = "esxi"
[[case.host]]
name = "b"
processors = [8, 8]
hypervisor = "esxi"
[[case.host]]
name = "w"
on = "a"
vcpus = 4
installs = [{ product = "windows-server", edition = "standard", version = "2022" }]
[[case.host]]
name = "m"
on = "b"
vcpus = 4
managed_by = ["system-center"]
installs = [{ product = "ubuntu", version = "22.04" }]
[[case.entitlement]]
product = "core-infrastructure-suite"
edition = "standard"
version = "2022"
metric = "core"
quantity = 16
bought = 2022-05-10
"#;

    #[test]
    fn a_question_that_a_joined_family_does_not_hear_leaves_its_needs_as_they_were() {
        let rules = Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults));
        let case = parse_cases("joined.toml", JOINED).unwrap().remove(0);
        let (estate, settings) = (Estate::of_manifest(case.manifest), Settings::default());
        let index = EstateIndex::new(&estate);
        let ground = Ground { estate: &estate, index, rules: &rules, settings: &settings, as_of: case.as_of };
        let group = groups(&ground).into_iter().find(|group| group.len() > 1).expect("the suite joins two families");
        let memory = Memory::of_several(&group);
        let strict = Reading::all(Answer::Strict);
        let asked: Vec<QuestionKey> = reconcile(&ground, &group, &strict, &memory)
            .into_iter()
            .flat_map(|family| family.asked)
            .map(|(key, _)| key)
            .collect();
        let [question] = &asked[..] else { panic!("{asked:?}") };
        let kept = |side: usize| memory.families[side].needs.lock().unwrap().clone();
        let before = [kept(0), kept(1)];
        assert_ne!(rows(&ground, &group, &strict, &memory), [[], []]);
        rows(&ground, &group, &strict.with(question.clone(), Answer::Customer), &memory);
        for (side, before) in before.iter().enumerate() {
            let heard = group[side].iter().any(|product| product.family == question.product);
            assert_eq!(kept(side).len(), if heard { 2 } else { 1 }, "{}", name_of(&group[side]));
            assert!(Arc::ptr_eq(&kept(side)[0], &before[0]));
        }
    }
}
