//! What no plan can undercut.
//!
//! Nothing here is a plan: rules are let go until the least cost can be read off. Every need takes the way that would be
//! cheapest if packs could be cut, everything owned serves wherever it is worth most, and what a step touches needs nothing
//! at all. Each of these can only lower the cost, so that no lawful choice among the same ways and steps is below it.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::model::{Alternative, Assessment, Change, Entitlement, Estate, Form, HostName, Line, Requirement, fits};

use super::candidates::Candidate;
use super::change::{self, apply};
use super::decide::Part;
use super::ground::Ground;
use super::purchase::editions;
use super::trial::Trial;
use crate::model::price_book::{Item, Term};

/// The least that closing a part can cost over the whole span, whichever of the candidates are taken.
pub(super) fn of_part(
    ground: &Ground<'_>,
    organisation: &str,
    part: &Part,
    start: &Trial,
    candidates: &[Candidate],
) -> i64 {
    let mut estate = start.estate.clone();
    if !candidates.is_empty() {
        set_free(ground, organisation, part, &mut estate);
        candidates.iter().flat_map(|candidate| &candidate.changes).for_each(|change| relax(&mut estate, change));
        remove_moved(&mut estate, candidates);
    }
    let of_family = |family: &String| {
        let wanted = std::slice::from_ref(family);
        of_purchases(ground, organisation, &(ground.request.assess)(&estate, ground.request.as_of, wanted))
    };
    part.families.iter().map(of_family).sum()
}

/// Whether any licence of a part is assigned, so that it may become free by a step and be assigned anew.
pub(super) fn has_assignments(ground: &Ground<'_>, organisation: &str, part: &Part, estate: &Estate) -> bool {
    let assigned = |line: &&crate::model::PurchaseLine| !line.assigned_to.is_empty();
    let mut lines = estate.purchases.iter().filter(|line| line.organisation == organisation).filter(assigned);
    lines.any(|line| concerns(ground, part, &line.product))
}

/// Whether a product, or a part of a suite, belongs to a part's families.
fn concerns(ground: &Ground<'_>, part: &Part, product: &str) -> bool {
    let within = |product: &str| part.families.iter().any(|family| family == ground.family(product));
    let suite = ground.request.rules.products.get(product).map_or(&[][..], |product| &product.suite);
    within(product) || suite.iter().any(|one| within(&one.product))
}

/// Licences that are assigned serve everywhere.
fn set_free(ground: &Ground<'_>, organisation: &str, part: &Part, estate: &mut Estate) {
    for line in estate.purchases.iter_mut().filter(|line| line.organisation == organisation) {
        if concerns(ground, part, &line.product) {
            line.assigned_to.clear();
            line.reassigned.clear();
            line.farm = None;
        }
    }
}

/// Does a change where it can only lower a need; what is replaced by something else needs nothing.
fn relax(estate: &mut Estate, change: &Change) {
    let gone =
        |product: &String, hosts: &[HostName]| Change::Uninstall { product: product.clone(), hosts: hosts.to_vec() };
    let lower = match change {
        Change::Edition { product, hosts, .. } | Change::Build { product, hosts, .. } => gone(product, hosts),
        // Licences serve everywhere by now, and guests that move are taken out at the end.
        Change::Reassign { .. } | Change::Move { .. } | Change::Retire { .. } => return,
        other => other.clone(),
    };
    apply(estate, std::slice::from_ref(&lower));
}

/// Takes out the guests that may move and the machines that may go.
fn remove_moved(estate: &mut Estate, candidates: &[Candidate]) {
    let changes = candidates.iter().flat_map(|candidate| &candidate.changes);
    let named = changes.flat_map(|change| match change {
        Change::Move { guests: hosts, .. } | Change::Retire { hosts } => &hosts[..],
        _ => &[],
    });
    let mut hosts: Vec<HostName> = named.filter(|name| change::find(estate, name).is_some()).cloned().collect();
    hosts.sort();
    hosts.dedup();
    apply(estate, &[Change::Retire { hosts }]);
}

/// The least that closing what an organisation is short of can cost by purchases alone.
pub(super) fn of_purchases(ground: &Ground<'_>, organisation: &str, assessment: &Assessment) -> i64 {
    let needs: Vec<&Requirement> =
        assessment.requirements.iter().filter(|requirement| requirement.organisation == organisation).collect();
    let stock = Stock { ground, organisation, assessment, needs: &needs };
    // Everything owned serves each need by itself, or the worth of everything owned is taken off all needs together.
    let apart: Decimal = needs.iter().map(|need| stock.least(need, true)).sum();
    let together: Decimal = needs.iter().map(|need| stock.least(need, false)).sum::<Decimal>() - stock.worth();
    let least = apart.max(together).max(Decimal::ZERO);
    (least * Decimal::ONE_HUNDRED).floor().to_i64().unwrap_or(0)
}

/// What is owned, against what is needed.
struct Stock<'a> {
    ground: &'a Ground<'a>,
    organisation: &'a str,
    assessment: &'a Assessment,
    needs: &'a [&'a Requirement],
}

impl Stock<'_> {
    /// The cheapest way to meet a need, with all that is owned for this need alone or with none of it.
    fn least(&self, need: &Requirement, served: bool) -> Decimal {
        let chosen = self
            .assessment
            .chosen
            .iter()
            .find(|chosen| std::ptr::eq(&self.assessment.requirements[chosen.requirement], need));
        let in_use = |index: usize| chosen.is_some_and(|chosen| chosen.alternative == index);
        let ways = need.alternatives.iter().enumerate().filter(|(index, way)| in_use(*index) || way.is_open());
        ways.filter_map(|(_, way)| self.cost(way, served)).min().unwrap_or_default()
    }

    /// What a way costs; `None` where something has no price and is not owned either.
    fn cost(&self, way: &Alternative, served: bool) -> Option<Decimal> {
        let mut cost = Decimal::ZERO;
        for line in &way.lines {
            let owned = self.units_for(line);
            let left = if served { u64::from(line.units).saturating_sub(owned) } else { u64::from(line.units) };
            match unit_price(self.ground, line) {
                Some(price) => cost += price * Decimal::from(left),
                None if u64::from(line.units) > owned => return None,
                None => {}
            }
        }
        Some(cost)
    }

    /// Units that might serve a line.
    fn units_for(&self, line: &Line) -> u64 {
        let of = |entitlement: &Entitlement| {
            let forms = entitlement.forms.iter().filter(|form| fits(entitlement, form, line, self.organisation));
            forms.map(|form| u64::from(form.units)).max().unwrap_or(0)
        };
        self.assessment.entitlements.iter().map(of).sum()
    }

    /// What everything owned would save where it saves most.
    fn worth(&self) -> Decimal {
        let ways = self.needs.iter().flat_map(|need| &need.alternatives);
        let lines: Vec<(&Line, Decimal)> =
            ways.flat_map(|way| &way.lines).filter_map(|line| Some((line, unit_price(self.ground, line)?))).collect();
        let of_form = |entitlement: &Entitlement, form: &Form| {
            let served = lines.iter().filter(|(line, _)| fits(entitlement, form, line, self.organisation));
            served.map(|(_, price)| *price).max().unwrap_or_default() * Decimal::from(form.units)
        };
        let best = |entitlement: &Entitlement| {
            entitlement.forms.iter().map(|form| of_form(entitlement, form)).max().unwrap_or_default()
        };
        self.assessment.entitlements.iter().map(best).sum()
    }
}

/// The least price at which a unit of a line can be bought, as if packs could be cut; `None` where it has no price.
fn unit_price(ground: &Ground<'_>, line: &Line) -> Option<Decimal> {
    let mut least: Option<Decimal> = None;
    let version = ground.version(&line.product, line.version);
    let mut offer = |product: &str, edition: &Option<String>, version: Option<&str>, term: Term, parts: usize| {
        let item = Item::new(product, edition.as_deref(), line.metric, term);
        let item = ground.book.of_version(item, version);
        if let Some(price) = ground.book.least_unit(&item) {
            let price = price / Decimal::from(parts.max(1));
            least = Some(least.map_or(price, |least| least.min(price)));
        }
    };
    let terms = ground.bought(line).terms();
    for edition in editions(line) {
        terms.iter().for_each(|&term| offer(&line.product, &edition, version, term, 1));
        offer(&line.product, &edition, None, Term::StepUp, 1);
    }
    for suite in ground.request.rules.products.values().filter(|product| product.kind == "suite") {
        for part in suite.suite.iter().filter(|part| *part.product == *line.product) {
            // A unit of a suite serves one unit of each of its parts at most.
            terms.iter().for_each(|&term| offer(&suite.id, &part.suite_edition, None, term, suite.suite.len()));
        }
    }
    least
}
