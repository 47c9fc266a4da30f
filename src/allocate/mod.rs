//! Requirements × entitlements → allocations: one way for each scope, and units spent on it, at the least priced
//! unmet need.
//!
//! In this order (C0-10): binding assignments; least priced unmet need; the edition installed; fewest units; the most
//! capable rights left free; the order of keys. Scopes and purchase lines that share nothing are solved apart. `fit`
//! says which licence may serve which line, `flow` spends units on chosen ways at least cost, `search` chooses the
//! ways, `ledger` re-checks the result with integers, `price_list` prices what is missing.

mod fit;
mod flow;
mod ledger;
mod price_list;
mod search;
mod spend;

use crate::model::{Allocation, Chosen, Entitlement, Requirement};

pub use fit::fits;
pub use ledger::{Imbalance, check};
pub use price_list::{PriceList, Priced};
pub use spend::remaining;

/// What an allocation is made from.
pub struct Problem<'a> {
    /// Needs.
    pub requirements: &'a [Requirement],
    /// Rights.
    pub entitlements: &'a [Entitlement],
    /// Price of one unit of a line, in any one scale.
    pub weight: &'a dyn Fn(&crate::model::Line) -> u64,
}

/// Units spent, and how sure it is that no better way exists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Solution {
    /// The way for each requirement that has a lawful one.
    pub chosen: Vec<Chosen>,
    /// What was spent on what.
    pub allocations: Vec<Allocation>,
    /// Parts of the estate for which the least unmet need was not proved, in words.
    pub notes: Vec<String>,
}

/// Allocates.
pub fn allocate(problem: &Problem<'_>) -> Solution {
    let mut solution = Solution::default();
    for component in search::components(problem) {
        search::solve(problem, &component, &mut solution);
    }
    solution.chosen.sort_by_key(|chosen| chosen.requirement);
    solution.allocations.sort();
    solution
}
