//! What walks over machines found on each, kept for the other readings of the estate.
//!
//! A question is about few machines, so that most are looked at alike whatever the answers. What was found on one without
//! hearing any answer is the same under every reading; the others are looked at anew in each.

use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;

use crate::model::{Host, HostId, Installs};
use crate::rules::Product;

use super::Ground;
use super::device::Copies;

/// What one family's readings have in common.
#[derive(Default)]
pub struct Memory {
    /// Copies that need a licence of their own.
    pub(super) copies: Walks<Arc<Copies>>,
    /// Machines that count by the people who use them.
    pub(super) by_user: Walks<bool>,
}

/// What was found on the machines with a product, by name of the walk: nothing where an answer had a part in it.
pub(super) struct Walks<T>(Mutex<HashMap<String, Arc<Vec<Option<T>>>>>);

impl<T> Default for Walks<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Walks<T> {
    /// What is found on every machine with a product, in their order.
    pub fn walk<'e>(
        &self,
        ground: &Ground<'e>,
        product: &Product,
        name: &str,
        look: impl Fn(HostId, &'e Host, Installs<'_, 'e>) -> T,
    ) -> Vec<T> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let machines = ground.index.with_installs(&product.id);
        if let Some(known) = known {
            let seen = machines.zip(known.iter());
            return seen
                .map(|((id, host, installs), known)| known.clone().unwrap_or_else(|| look(id, host, installs)))
                .collect();
        }
        let (mut found, mut kept) = (Vec::new(), Vec::new());
        for (id, host, installs) in machines {
            let heard = ground.asker.heard();
            let one = look(id, host, installs);
            kept.push((ground.asker.heard() == heard).then(|| one.clone()));
            found.push(one);
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::new(kept));
        found
    }
}
