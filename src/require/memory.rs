//! What walks over machines found on each, kept for the other readings of the estate.
//!
//! A question is about few machines, so that most are looked at alike whatever the answers. What was found on one without
//! hearing any answer is the same under every reading. What was found under the two readings that every family begins
//! with holds under any other too in which the answers that were heard on the way are the same: of a question answered
//! otherwise only the machines that heard it are looked at anew.

use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;

use crate::model::{Answer, Asker, Host, HostId, Installs, QuestionKey};
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

/// Readings whose walks are kept: the publisher's and the customer's, which every family begins with.
const KEPT: usize = 2;

/// What was found on the machines with a product, by name of the walk, once for each reading kept.
pub(super) struct Walks<T>(Mutex<HashMap<String, Vec<Arc<Walked<T>>>>>);

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
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned().unwrap_or_default();
        let first = kept.len() < KEPT;
        // The first readings note who is concerned by a question, so that everything that hears one is looked at.
        let hold = |walked: &Arc<Walked<T>>| if first { walked.holding_always() } else { walked.holding(ground) };
        let holding: Vec<Vec<bool>> = kept.iter().map(hold).collect();
        let known = |machine: usize| {
            let known = kept.iter().zip(&holding).map(|(walked, holding)| (&walked.found[machine], holding));
            known.into_iter().find_map(|((heard, found), holding)| holding[*heard].then(|| found.clone()))
        };
        let machines = ground.index.with_installs(&product.id).enumerate();
        if !first {
            return machines
                .map(|(at, (id, host, installs))| known(at).unwrap_or_else(|| look(id, host, installs)))
                .collect();
        }
        let mut walked = Walked::new(ground);
        let (mut sets, mut heard) = (HashMap::new(), Vec::new());
        for (at, (id, host, installs)) in machines {
            let found = match known(at) {
                Some(found) => (NOTHING, found),
                None => {
                    let found = ground.asker.hearing(&mut heard, || look(id, host, installs));
                    (walked.number_of(&heard, &mut sets, ground.asker), found)
                }
            };
            walked.found.push(found);
        }
        let found = walked.found.iter().map(|(_, found)| found.clone()).collect();
        let mut walks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = walks.entry(name.to_owned()).or_default();
        if kept.len() < KEPT {
            kept.push(Arc::new(walked));
        }
        found
    }
}

/// A question with the answer that was heard.
type Heard = (QuestionKey, Answer);

/// Number of the set of answers that holds none.
const NOTHING: usize = 0;

/// A walk under one reading.
struct Walked<T> {
    /// Answers by which the rights were worked out that a look may consult.
    of_rights: Vec<Heard>,
    /// Sets of answers that looks heard.
    sets: Vec<Vec<Heard>>,
    /// What was found on each machine, with the number of the set of answers heard there.
    found: Vec<(usize, T)>,
}

impl<T> Walked<T> {
    fn new(ground: &Ground<'_>) -> Self {
        let of_rights = (0..ground.heard_by_rights).filter_map(|number| ground.asker.answered(number)).collect();
        Self { of_rights, sets: vec![Vec::new()], found: Vec::new() }
    }

    /// Number of the set of answers to the questions with these numbers.
    fn number_of(&mut self, heard: &[usize], known: &mut HashMap<Vec<usize>, usize>, asker: &Asker<'_>) -> usize {
        if heard.is_empty() {
            return NOTHING;
        }
        if let Some(&number) = known.get(heard) {
            return number;
        }
        self.sets.push(heard.iter().filter_map(|&number| asker.answered(number)).collect());
        known.insert(heard.to_vec(), self.sets.len() - 1);
        self.sets.len() - 1
    }

    /// Which sets hold under every reading.
    fn holding_always(&self) -> Vec<bool> {
        self.sets.iter().map(Vec::is_empty).collect()
    }

    /// Which sets hold under the reading in force.
    fn holding(&self, ground: &Ground<'_>) -> Vec<bool> {
        let same_rights = ground.asker.gives(self.of_rights.iter());
        let holds = |set: &Vec<Heard>| set.is_empty() || same_rights && ground.asker.gives(set.iter());
        self.sets.iter().map(holds).collect()
    }
}
