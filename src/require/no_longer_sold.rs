//! Ways that nobody can take any more: their licences are no longer sold, and none is owned.
//!
//! They stay listed, refused, so that the comparison shows what was lawful once (SQ-R10, WP-R1, SC-R2).

use std::cell::RefCell;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::{Alternative, Line, Metric, Refusal, Requirement};
use crate::rules::{Product, Terms};

use super::Ground;

/// Product, metric and editions of a way of licensing.
type Way = (String, Metric, Arc<[String]>);

/// Finds such ways; what is owned of a kind of licence is looked up once for each organisation.
pub(super) struct NoLongerSold<'a> {
    ground: &'a Ground<'a>,
    /// Terms on which nothing is sold any more.
    ended: Vec<&'a Terms>,
    owned: RefCell<HashMap<Way, bool>>,
}

impl<'a> NoLongerSold<'a> {
    pub fn new(ground: &'a Ground<'a>, product: &'a Product) -> Self {
        let is_over = |terms: &&Terms| terms.sold_until.is_some_and(|until| until < ground.as_of);
        // Of terms that share an id the first is meant.
        let of = |id: &str| product.terms.iter().find(|terms| terms.id == id);
        let ended = product.terms.iter().filter(|terms| of(&terms.id).is_some_and(|first| std::ptr::eq(first, *terms)));
        let ended = ended.filter(is_over).collect();
        Self { ground, ended, owned: RefCell::new(HashMap::new()) }
    }

    /// Refuses such ways where another way is left to the position.
    pub fn refuse(&self, requirement: &mut Requirement) {
        if self.ended.is_empty() {
            return;
        }
        let ways = requirement.alternatives.iter();
        let refusals: Vec<Option<Refusal>> = ways.map(|way| self.refusal(&requirement.organisation, way)).collect();
        let mut rest = requirement.alternatives.iter().zip(&refusals);
        if !rest.any(|(way, refusal)| way.counts() && refusal.is_none()) {
            return;
        }
        for (way, refusal) in requirement.alternatives.iter_mut().zip(refusals) {
            way.refused = way.refused.take().or(refusal);
        }
    }

    fn refusal(&self, organisation: &str, way: &Alternative) -> Option<Refusal> {
        way.lines.iter().find_map(|line| {
            let ended = self.ended(line)?;
            let until = ended.sold_until.map_or(String::new(), |until| format!(" since {until}"));
            let reason = format!("its licences are no longer sold{until}, and none is owned");
            (!self.is_owned(organisation, line)).then(|| Refusal { rule: ended.id.clone(), reason })
        })
    }

    /// Whether the organisation may draw on licences of a line's product, metric and editions.
    fn is_owned(&self, organisation: &str, line: &Line) -> bool {
        let key = (organisation.to_owned(), line.metric, line.editions.clone());
        *self.owned.borrow_mut().entry(key).or_insert_with(|| {
            let rights = self.ground.owned.iter().filter(|right| right.may_be_drawn_by(organisation));
            rights.flat_map(|right| &right.forms).any(|form| {
                let edition = form.edition.as_ref().is_none_or(|edition| line.editions.contains(edition));
                *form.product == *line.product && form.metric == line.metric && (edition || line.editions.is_empty())
            })
        })
    }

    /// The terms of a line where licences on none of its terms are sold any more.
    fn ended(&self, line: &Line) -> Option<&'a Terms> {
        let mut last: Option<&Terms> = None;
        for accepted in line.accepts.iter() {
            let terms = self.ended.iter().copied().find(|terms| terms.id == accepted.terms)?;
            last = Some(last.filter(|last| last.sold_until > terms.sold_until).unwrap_or(terms));
        }
        last
    }
}
