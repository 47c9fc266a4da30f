//! Double entry: no unit spent twice, and every row adds up.

use crate::model::{Allocation, Chosen, Entitlement, Requirement};

use super::fit::fits;
use super::spend::remaining;

/// A row that does not add up; a defect of trueup, never of the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Imbalance {
    /// More units of an entitlement were spent than it has.
    #[error("entitlement {0} was spent beyond its units")]
    Overspent(usize),
    /// More units were spent on a line than it needs.
    #[error("requirement {0} received more units than it needs")]
    Overserved(usize),
    /// Units were spent where the terms do not allow it.
    #[error("entitlement {0} does not fit requirement {1}")]
    Unlawful(usize, usize),
    /// Units were spent on a requirement without a chosen way.
    #[error("requirement {0} has no chosen way")]
    NoWay(usize),
}

/// Re-checks an allocation with exact integers.
///
/// # Errors
/// The first row that does not add up.
pub fn check(
    requirements: &[Requirement],
    entitlements: &[Entitlement],
    chosen: &[Chosen],
    allocations: &[Allocation],
) -> Result<(), Imbalance> {
    for allocation in allocations {
        let way = chosen
            .iter()
            .find(|chosen| chosen.requirement == allocation.requirement)
            .ok_or(Imbalance::NoWay(allocation.requirement))?;
        let requirement = &requirements[allocation.requirement];
        let line = &requirement.alternatives[way.alternative].lines[allocation.line];
        let entitlement = &entitlements[allocation.entitlement];
        if !fits(entitlement, &entitlement.forms[allocation.form], line, &requirement.organisation) {
            return Err(Imbalance::Unlawful(allocation.entitlement, allocation.requirement));
        }
        let spent: u64 = allocations
            .iter()
            .filter(|other| (other.requirement, other.line) == (allocation.requirement, allocation.line))
            .map(|other| u64::from(other.units))
            .sum();
        if spent > u64::from(line.units) {
            return Err(Imbalance::Overserved(allocation.requirement));
        }
    }
    for (index, entitlement) in entitlements.iter().enumerate() {
        overspent(index, entitlement, allocations)?;
    }
    Ok(())
}

/// Whether the units spent of all forms exceed what the licences give.
fn overspent(index: usize, entitlement: &Entitlement, allocations: &[Allocation]) -> Result<(), Imbalance> {
    for form in 0..entitlement.forms.len() {
        let spent: u32 = allocations
            .iter()
            .filter(|allocation| (allocation.entitlement, allocation.form) == (index, form))
            .map(|allocation| allocation.units)
            .sum();
        let others: Vec<Allocation> = allocations
            .iter()
            .filter(|allocation| allocation.entitlement == index && allocation.form != form)
            .cloned()
            .collect();
        if spent > remaining(entitlement, index, form, &others) {
            return Err(Imbalance::Overspent(index));
        }
    }
    Ok(())
}
