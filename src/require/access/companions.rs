//! What servers ask for beside them: the access licences of those who reach them, and whether these carry Software Assurance.

use std::cell::RefCell;

use hashbrown::HashMap;
use jiff::ToSpan;

use crate::model::{Basis, Line, Working};
use crate::rules::{Method, Product, Terms};

use super::super::Ground;
use super::cover::Cover;
use super::reach::{Asking, Inquiry};
use super::recorded;
use super::subscribers::deduct;
use super::{Ways, is_needed};

/// What was worked out of the access of an organisation's people: every scope asks for it, and the answer is the same.
#[derive(Default)]
pub(crate) struct Remembered {
    /// By product served and organisation.
    companions: RefCell<HashMap<(String, String), Vec<Line>>>,
    /// By product served, organisation, and whether a time of grace counts.
    assured: RefCell<HashMap<(String, String, bool), bool>>,
}

/// Licences that must be bought beside servers of a product: the fewest that cover all its access.
pub(in crate::require) fn companions(ground: &Ground<'_>, served: &Product, organisation: &str) -> Vec<Line> {
    let key = (served.id.clone(), organisation.to_owned());
    if let Some(known) = ground.remembered.companions.borrow().get(&key) {
        return known.clone();
    }
    let found = all_companions(ground, served, organisation);
    ground.remembered.companions.borrow_mut().insert(key, found.clone());
    found
}

/// What nobody states of the access to the servers of a product, where it would need licences: who reaches them.
pub(in crate::require) fn unstated(ground: &Ground<'_>, served: &Product, organisation: &str) -> Option<String> {
    let of_access = |product: &&Product| {
        product.terms.iter().any(|terms| terms.method == Method::Access && terms.serves.as_ref() == Some(&served.id))
    };
    let licences = ground.rules.products.values().find(of_access)?;
    let mut serving = licences.terms.iter().filter(|terms| terms.serves.as_ref() == Some(&served.id));
    let stated = serving.any(|terms| recorded::organisations(ground, terms).contains(organisation));
    (!stated).then(|| format!("{}s (nobody states who reaches {})", licences.name, served.name))
}

fn all_companions(ground: &Ground<'_>, served: &Product, organisation: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for product in ground.rules.products.values() {
        // Eras of terms for the same servers are one need.
        let serving = |terms: &&Terms| terms.method == Method::Access && terms.serves.as_ref() == Some(&served.id);
        let Some(terms) = product.terms.iter().find(serving) else { continue };
        let inquiry = Inquiry { ground, product, terms, organisation, asking: Asking::Companion };
        let accesses = recorded::accesses(&inquiry);
        let mut reach = inquiry.reach(&recorded::borrowed(&accesses));
        deduct(&inquiry, &mut reach, &mut Working::default());
        let ways = Ways { product, terms, edition: product.editions.first().cloned() };
        lines.extend(ways.way(Basis::Mixed, &Cover::fewest(&reach)).lines);
    }
    lines
}

/// Whether all access licences that the servers of a product need carry Software Assurance on the day, or none are
/// needed. With `grace`, Software Assurance that ran out lately will do.
pub(in crate::require) fn assured(ground: &Ground<'_>, served: &Product, organisation: &str, grace: bool) -> bool {
    let key = (served.id.clone(), organisation.to_owned(), grace);
    if let Some(&known) = ground.remembered.assured.borrow().get(&key) {
        return known;
    }
    let found = all_assured(ground, served, organisation, grace);
    ground.remembered.assured.borrow_mut().insert(key, found);
    found
}

fn all_assured(ground: &Ground<'_>, served: &Product, organisation: &str, grace: bool) -> bool {
    let days = if grace { ground.rules.conventions.sa_grace_days } else { 0 };
    let since = ground.as_of.checked_sub(i64::from(days).days()).unwrap_or(ground.as_of);
    ground.rules.products.values().all(|product| {
        let concerned = product.terms.iter().any(|terms| {
            terms.method == Method::Access
                && terms.serves.as_ref() == Some(&served.id)
                && is_needed(ground, terms, organisation)
        });
        if !concerned {
            return true;
        }
        let needed: u32 = companions(ground, served, organisation)
            .iter()
            .filter(|line| *line.product == *product.id)
            .map(|line| line.units)
            .sum();
        let held: u32 = ground
            .estate
            .purchases
            .iter()
            .filter(|line| ground.may_draw(organisation, line, &product.family) && line.product == product.id)
            .filter(|line| {
                line.sa.iter().any(|term| term.from <= ground.as_of && since <= term.until)
                    || line.subscription.is_some_and(|term| term.contains(ground.as_of))
            })
            .map(|line| line.quantity)
            .sum();
        held >= needed
    })
}
