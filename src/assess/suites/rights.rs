//! The rights of joined families, each suite once, written for the classes of lines that they serve.

use std::collections::BTreeSet;

use crate::model::{Entitlement, Form, Key, Metric, Working};

use super::Suite;
use super::classes::Classes;

/// Where a right comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Family, and place among its rights.
    Right(usize, usize),
    /// Number of a suite.
    Suite(usize),
}

impl Classes<'_, '_> {
    /// The rights of all families, each suite once.
    pub fn entitlements(&self) -> (Vec<Entitlement>, Vec<Origin>) {
        let (mut entitlements, mut origins) = (Vec::new(), Vec::new());
        for (side, needs) in self.families.needs.iter().enumerate() {
            for index in 0..needs.entitlements.len() {
                let is_own = |suite: &Suite| suite.rights.get(&side) == Some(&index);
                let suite = self.families.suites.iter().position(is_own);
                let origin = suite.map_or(Origin::Right(side, index), Origin::Suite);
                if suite.is_none() || !origins.contains(&origin) {
                    entitlements.push(self.entitlement([side, index], suite));
                    origins.push(origin);
                }
            }
        }
        (entitlements, origins)
    }

    /// A right of a family, or a suite by that right.
    fn entitlement(&self, place: [usize; 2], suite: Option<usize>) -> Entitlement {
        let [side, index] = place;
        let right = &self.families.needs[side].entitlements[index];
        let forms = right.forms.iter().enumerate().map(|(form, own)| Form {
            product: String::new(),
            metric: Metric::Core,
            printed: None,
            // A suite does more than any right of one family, and is left free before it.
            owned: own.owned.filter(|_| suite.is_none()),
            only_terms: self.terms_served(place, suite, form),
            except_terms: Vec::new(),
            ..own.clone()
        });
        let forms = forms.collect();
        let mut own =
            Entitlement { key: Key(format!("{side} {}", right.key)), forms, ..without_forms_and_working(right) };
        if let Some(suite) = suite {
            own.shared_with = self.sharing(suite);
            own.reserved_for = own.reserved_for.filter(|_| !self.alike);
            own.farm = own.farm.filter(|_| !self.alike);
        }
        own
    }

    /// Terms of the classes, and of the pairs of them, that a form serves.
    fn terms_served(&self, [side, index]: [usize; 2], suite: Option<usize>, form: usize) -> Vec<String> {
        let classes = match suite {
            Some(suite) => &self.suites[suite][form],
            None => &self.served[side][index][form],
        };
        let mut terms: Vec<String> = classes.iter().map(|&class| self.all[class].accepts[0].terms.clone()).collect();
        let pairs = self.pairs.values().flatten();
        let pairs = pairs.filter(|pair| suite.is_some_and(|suite| pair.suites.contains(&(suite, form))));
        terms.extend(pairs.map(|pair| pair.accepts[0].terms.clone()));
        if terms.is_empty() {
            terms.push("no line".into());
        }
        terms
    }

    /// Organisations that may draw on a suite for some family; for which of them, its classes say.
    fn sharing(&self, suite: usize) -> Vec<String> {
        let rights = self.families.suites[suite].rights.iter();
        let rights = rights.flat_map(|(&side, &right)| &self.families.needs[side].entitlements[right].shared_with);
        let needs = self.families.needs.iter().flat_map(|needs| &needs.requirements);
        let all = needs.map(|requirement| &requirement.organisation).filter(|_| self.alike);
        rights.chain(all).collect::<BTreeSet<&String>>().into_iter().cloned().collect()
    }
}

/// A right without what takes room and tells nothing here.
fn without_forms_and_working(right: &Entitlement) -> Entitlement {
    Entitlement { working: Working::default(), forms: Vec::new(), ..right.clone() }
}
