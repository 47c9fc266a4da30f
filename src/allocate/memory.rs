//! Components that were solved already.
//!
//! A question changes few needs, so that most components of a family are the same under its other answer. One is the same
//! if everything its choice is made from is; the choice is a function of that alone, so that remembering it changes
//! nothing but the time it takes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::component::Way;
use super::flow::Edge;
use super::search::Choice;

/// Everything the choice for a component is made from.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Signature {
    /// Members and ways of each class.
    pub classes: Vec<(Vec<usize>, Vec<Way>)>,
    /// Worth of each kind of line.
    pub worths: Vec<u64>,
    pub edges: Vec<Edge>,
    pub stocks: Vec<StockSignature>,
    /// Licences of the members of each group.
    pub groups: Vec<Vec<u64>>,
}

/// A stock: group, form, and of each member licences, units, units if none is converted, and devices nobody has seen.
pub(super) type StockSignature = (Option<usize>, usize, Vec<(u64, u64, u64, u64)>);

/// Choices made so far, for one family.
#[derive(Default)]
pub struct Memory {
    known: Mutex<HashMap<Signature, Choice>>,
}

impl Memory {
    /// The choice for a component, made anew only where it is not known. `groups` are its groups among all.
    pub(super) fn recall(&self, signature: Signature, groups: &[usize], choose: impl FnOnce() -> Choice) -> Choice {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&signature).cloned();
        match known {
            Some(choice) => choice.renumbered(groups),
            None => {
                let choice = choose();
                let local = choice.numbered_within(groups);
                self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(signature, local);
                choice
            }
        }
    }
}
