//! Double entry: no unit spent twice, and every row adds up.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Allocation, Chosen, Entitlement, Requirement, fits};

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
    let ways: HashMap<usize, usize> = chosen.iter().map(|chosen| (chosen.requirement, chosen.alternative)).collect();
    let mut served: HashMap<(usize, usize), u64> = HashMap::new();
    let mut spent: BTreeMap<usize, Vec<Allocation>> = BTreeMap::new();
    for allocation in allocations {
        let way = *ways.get(&allocation.requirement).ok_or(Imbalance::NoWay(allocation.requirement))?;
        let requirement = &requirements[allocation.requirement];
        let line = &requirement.alternatives[way].lines[allocation.line];
        let entitlement = &entitlements[allocation.entitlement];
        if !fits(entitlement, &entitlement.forms[allocation.form], line, &requirement.organisation) {
            return Err(Imbalance::Unlawful(allocation.entitlement, allocation.requirement));
        }
        let received = served.entry((allocation.requirement, allocation.line)).or_default();
        *received += u64::from(allocation.units);
        if *received > u64::from(line.units) {
            return Err(Imbalance::Overserved(allocation.requirement));
        }
        spent.entry(allocation.entitlement).or_default().push(allocation.clone());
    }
    for (index, spent) in spent {
        overspent(index, &entitlements[index], &spent)?;
    }
    Ok(())
}

/// Whether the units spent of all forms exceed what the licences give.
fn overspent(index: usize, entitlement: &Entitlement, spent: &[Allocation]) -> Result<(), Imbalance> {
    for form in 0..entitlement.forms.len() {
        let (own, others): (Vec<Allocation>, Vec<Allocation>) =
            spent.iter().cloned().partition(|allocation| allocation.form == form);
        let own: u64 = own.iter().map(|allocation| u64::from(allocation.units)).sum();
        if own > u64::from(remaining(entitlement, index, form, &others)) {
            return Err(Imbalance::Overspent(index));
        }
    }
    Ok(())
}
