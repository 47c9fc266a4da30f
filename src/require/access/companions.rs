//! What servers ask for beside them: the access licences of those who reach them, and whether these carry Software Assurance.

use std::cell::RefCell;

use hashbrown::HashMap;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::model::{Basis, Line, PurchaseKind, PurchaseLine, Working};
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
    /// By product served and organisation.
    unstated: RefCell<HashMap<(String, String), Option<String>>>,
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
    let key = (served.id.clone(), organisation.to_owned());
    if let Some(known) = ground.remembered.unstated.borrow().get(&key) {
        return known.clone();
    }
    let found = nobody_states(ground, served, organisation);
    ground.remembered.unstated.borrow_mut().insert(key, found.clone());
    found
}

fn nobody_states(ground: &Ground<'_>, served: &Product, organisation: &str) -> Option<String> {
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
        // Licences that several organisations share are there once for all of them.
        let sharing = sharing(ground, product, organisation);
        let needed = |one: &str| -> u64 {
            let lines = companions(ground, served, one);
            lines.iter().filter(|line| *line.product == *product.id).map(|line| u64::from(line.units)).sum()
        };
        held_assured(ground, product, &[organisation], since) >= needed(organisation)
            && held_assured(ground, product, &sharing, since) >= sharing.iter().map(|one| needed(one)).sum()
    })
}

/// An organisation and all that share licences of a product with it, directly or through others.
fn sharing<'g>(ground: &'g Ground<'_>, product: &Product, organisation: &'g str) -> Vec<&'g str> {
    let mut found = vec![organisation];
    let lines = || ground.estate.purchases.iter().filter(|line| line.product == product.id);
    let draws = |one: &str, line: &PurchaseLine| ground.may_draw(one, line, &product.family);
    loop {
        let known = found.len();
        for one in ground.estate.organisations.iter().map(|one| one.name.as_str()) {
            let shares = |line: &PurchaseLine| draws(one, line) && found.iter().any(|known| draws(known, line));
            if !found.contains(&one) && lines().any(shares) {
                found.push(one);
            }
        }
        if found.len() == known {
            return found;
        }
    }
}

/// Units of a product that any of some organisations may draw on and whose Software Assurance or subscription runs, or ended
/// no earlier than `since`. Software Assurance bought alone counts for as many units as it renews; what was given back does
/// not count.
fn held_assured(ground: &Ground<'_>, product: &Product, organisations: &[&str], since: Date) -> u64 {
    let (mut running, mut to_renew, mut renewed, mut returned) = (0_u64, 0_u64, 0_u64, 0_u64);
    let alone = ground.estate.purchases.iter().filter(|line| line.kind == PurchaseKind::SaOnly);
    let days: Vec<(&str, Option<Date>)> =
        alone.filter(|line| line.product == product.id).map(|line| (line.organisation.as_str(), line.bought)).collect();
    // Software Assurance of the same order is a line of its own in some records.
    let bought_with = |line: &PurchaseLine| days.contains(&(line.organisation.as_str(), line.bought));
    let bought = |line: &&PurchaseLine| line.bought.is_none_or(|bought| bought <= ground.as_of);
    let lines = ground.estate.purchases.iter().filter(|line| line.product == product.id).filter(bought);
    for line in lines.filter(|line| organisations.iter().any(|one| ground.may_draw(one, line, &product.family))) {
        let units = u64::from(line.quantity);
        let runs = |until: Option<Date>| until.is_some_and(|until| since <= until);
        let assured = runs(assured_until(line, ground.as_of));
        match line.kind {
            PurchaseKind::Return => returned += units,
            PurchaseKind::SaOnly if assured => renewed += units,
            PurchaseKind::SaOnly => {}
            _ if assured => running += units,
            _ if !line.sa.is_empty() || bought_with(line) => to_renew += units,
            _ => {}
        }
    }
    (running + renewed.min(to_renew)).saturating_sub(returned)
}

/// Last day of the Software Assurance or subscription of a line that has begun by a day; a gap ends it for good (C0-4).
fn assured_until(line: &PurchaseLine, day: Date) -> Option<Date> {
    let mut terms = line.sa.clone();
    terms.sort();
    let mut until: Option<Date> = None;
    for term in terms.iter().filter(|term| term.from <= day) {
        let follows = until.is_none_or(|until| until.checked_add(1.day()).is_ok_and(|next| term.from <= next));
        if !follows {
            break;
        }
        until = until.max(Some(term.until));
    }
    let rented = line.subscription.filter(|term| term.from <= day).map(|term| term.until);
    until.max(rented)
}
