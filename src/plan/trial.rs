//! An estate after some changes, and what the engine says of it family by family: a family that no change touched since is
//! not reconciled again.

use std::collections::HashMap;
use std::rc::Rc;

use crate::model::{Assessment, Change, Estate};

use super::change::apply;
use super::ground::Ground;
use super::purchase::{Found, Search};

/// An estate after some changes.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    pub estate: Estate,
    done: Vec<Done>,
}

/// Changes that were made together.
#[derive(Debug, Clone)]
struct Done {
    /// Which, by the number it was given.
    changes: usize,
    /// Purchase lines before it: what it adds stands behind them.
    purchases: usize,
    /// Families whose assessment it changes; `None`: all.
    families: Option<Vec<String>>,
}

/// What decides how a family is assessed: the changes that touch it, each with the number of purchase lines before it.
type State = Vec<(usize, usize)>;

/// What was asked of the engine before.
#[derive(Default)]
pub(super) struct Known {
    /// Changes, each list once; their place is their number.
    changes: Vec<Vec<Change>>,
    families: HashMap<(String, State), Rc<Assessment>>,
    purchases: HashMap<(String, Vec<(String, State)>), Found>,
}

impl Known {
    fn number(&mut self, changes: &[Change]) -> usize {
        self.changes.iter().position(|known| known == changes).unwrap_or_else(|| {
            self.changes.push(changes.to_vec());
            self.changes.len() - 1
        })
    }
}

impl Trial {
    /// The estate that the plan is made for, before any change.
    pub fn of(estate: &Estate) -> Self {
        Self { estate: estate.clone(), done: Vec::new() }
    }

    /// The estate after changes that touch some families too; `None` where they find nothing to change.
    pub fn after(&self, ground: &Ground<'_>, changes: &[Change], families: &[String]) -> Option<Self> {
        let mut estate = self.estate.clone();
        if !apply(&mut estate, changes) {
            return None;
        }
        // Machines behind one that is removed are numbered anew, in every family.
        let renumbers = changes.iter().any(|change| matches!(change, Change::Retire { .. }));
        let changes = ground.known.borrow_mut().number(changes);
        let families = (!renumbers).then(|| families.to_vec());
        let mut done = self.done.clone();
        done.push(Done { changes, purchases: self.estate.purchases.len(), families });
        Some(Self { estate, done })
    }

    fn state(&self, family: &str) -> State {
        let touches =
            |done: &&Done| done.families.as_ref().is_none_or(|families| families.iter().any(|one| one == family));
        self.done.iter().filter(touches).map(|done| (done.changes, done.purchases)).collect()
    }
}

impl Ground<'_> {
    /// Each of some families, reconciled by itself.
    pub fn of_families(&self, trial: &Trial, families: &[String]) -> Vec<Rc<Assessment>> {
        families.iter().map(|family| self.of_family(trial, family)).collect()
    }

    fn of_family(&self, trial: &Trial, family: &str) -> Rc<Assessment> {
        let key = (family.to_owned(), trial.state(family));
        if let Some(known) = self.known.borrow().families.get(&key) {
            return Rc::clone(known);
        }
        let wanted = std::slice::from_ref(&key.0);
        let assessment = Rc::new((self.request.assess)(&trial.estate, self.request.as_of, wanted));
        self.known.borrow_mut().families.insert(key, Rc::clone(&assessment));
        assessment
    }

    /// The cheapest purchases that close what an organisation is short of in some families.
    pub fn purchases(&self, trial: &Trial, organisation: &str, families: &[String]) -> Found {
        let states = families.iter().map(|family| (family.clone(), trial.state(family))).collect();
        let key = (organisation.to_owned(), states);
        if let Some(known) = self.known.borrow().purchases.get(&key) {
            return known.clone();
        }
        let found = Search::new(self, organisation, families, &trial.estate).run();
        self.known.borrow_mut().purchases.insert(key, found.clone());
        found
    }
}
