//! Requirements × entitlements → allocations: one way for each scope, and units spent on it, at the least priced
//! unmet need.
//!
//! In this order (C0-10): binding assignments; least priced unmet need; the edition installed; fewest units; the most
//! capable rights left free; the order of keys. Scopes and purchase lines that share nothing are solved apart, scopes and
//! rights that are alike together.
//!
//! | file | its job |
//! |---|---|
//! | `kinds` | merges lines that are alike, and rights that may replace each other |
//! | `component` | splits the problem, merges scopes that are alike |
//! | `search` | chooses the ways: exhaustively, or by a programme |
//! | `programme` | the choice of ways as a mixed-integer programme, for any aim |
//! | `reduced` | what is left of a component where only the least unmet need is asked for |
//! | `cuts` | what whole scopes cannot fill, as constraints |
//! | `tightened` | the programme for the least unmet need, reduced and tightened by these |
//! | `least` | the least unmet need of a component: which of its parts are solved how |
//! | `decided` | what the tightened programme leaves a gap in, decided to the end |
//! | `levelled` | the programme for so many units unmet at each price |
//! | `prices` | what prices of stocks prove: a bound, and ways too dear for a better choice |
//! | `variables` | what both programmes for the least unmet need have in common |
//! | `found` | a whole choice, and what it leaves unmet |
//! | `drawn` | components drawn at random, for the tests of these |
//! | `spend`, `flow` | spend units on chosen ways at least cost, in exact integers |
//! | `memory` | components that were solved already |
//! | `ledger` | checks the result again |
//! | `price_list` | prices what is missing |

mod component;
mod cuts;
mod decided;
#[cfg(test)]
mod drawn;
mod flow;
mod found;
mod kinds;
mod least;
mod ledger;
mod levelled;
mod memory;
mod price_list;
mod prices;
mod programme;
mod reduced;
mod search;
mod spend;
mod tightened;
mod variables;

use rayon::prelude::*;

use crate::model::{Allocation, Chosen, Entitlement, Requirement};

pub use crate::model::fits;
pub use ledger::{Imbalance, check};
pub use memory::Memory;
pub use price_list::{PriceList, Priced};
pub(crate) use programme::greatest_common_divisor;
pub use spend::remaining;

/// What an allocation is made from.
pub struct Problem<'a> {
    /// Needs.
    pub requirements: &'a [Requirement],
    /// Rights.
    pub entitlements: &'a [Entitlement],
    /// Price of one unit of a line, in any one scale.
    pub weight: &'a (dyn Fn(&crate::model::Line) -> u64 + Sync),
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

/// How ways are chosen where several components would allow more than one method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// Exhaustively where the choices are few, else by the programme.
    #[default]
    Least,
    /// By the programme wherever there is a choice, so that it can be held against the exhaustive search.
    Programme,
    /// As where the classes are too many for either, for the same purpose.
    Large,
}

/// Steps of the solver times ways for what the programme leaves a gap in; a number, not a time, so that the same input gives
/// the same answer.
pub const WORK_OF_GAPS: u64 = 100_000_000;

/// How an allocation goes about its work.
pub struct Method<'a> {
    /// How ways are chosen.
    pub effort: Effort,
    /// Components solved before.
    pub memory: Option<&'a Memory>,
    /// Work to close the gaps of a component with, [`WORK_OF_GAPS`] where nothing else is said.
    pub work_of_gaps: u64,
}

impl Default for Method<'_> {
    fn default() -> Self {
        Self { effort: Effort::default(), memory: None, work_of_gaps: WORK_OF_GAPS }
    }
}

/// Which ways may be chosen for each requirement: lawful ones that something owned fits, and what would be bought today.
pub fn in_the_running(problem: &Problem<'_>) -> Vec<Vec<usize>> {
    component::in_the_running(problem)
}

/// Allocates.
pub fn allocate(problem: &Problem<'_>) -> Solution {
    allocate_by(problem, &Method::default())
}

/// Allocates by a chosen method.
pub fn allocate_by(problem: &Problem<'_>, method: &Method<'_>) -> Solution {
    let parts = component::split(problem);
    let solve = |component: &component::Component| search::solve(problem, &parts, component, method);
    let solved: Vec<Solution> = parts.components.par_iter().map(solve).collect();
    let mut solution = Solution::default();
    for part in solved {
        solution.chosen.extend(part.chosen);
        solution.allocations.extend(part.allocations);
        solution.notes.extend(part.notes);
    }
    solution.chosen.sort_by_key(|chosen| chosen.requirement);
    solution.allocations.sort();
    solution
}
