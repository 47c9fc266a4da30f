//! Names that stand for one thing each: a table that bears one which stands already is a fault, with the places of both.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

use super::document::Fields;
use super::product::Product;

/// Names seen so far, each with the line of its first table.
#[derive(Debug, Default)]
pub(super) struct Unique {
    seen: BTreeMap<String, u32>,
}

impl Unique {
    /// Faults every table whose text under a key an earlier table bears; what the text names is told in a word.
    pub fn check(&mut self, tables: &[Fields<'_, '_>], key: &'static str, what: &str) {
        for table in tables {
            let Some(name) = table.value(key).and_then(|value| value.get_ref().as_str()) else { continue };
            match self.seen.get(name) {
                Some(line) => {
                    let message = format!("the {what} {name} stands twice; first in line {line}");
                    table.fault_at(key, Code::DuplicateName, message);
                }
                None => drop(self.seen.insert(name.to_owned(), table.line())),
            }
        }
    }
}

/// Puts what a file states beside what others state.
///
/// # Errors
/// Every name that another file states already.
pub(super) fn add_named<T>(
    path: &str,
    what: &str,
    named: impl IntoIterator<Item = (String, T)>,
    into: &mut BTreeMap<String, T>,
) -> Result<(), Vec<Diagnostic>> {
    let mut faults = Vec::new();
    for (name, one) in named {
        match into.entry(name) {
            Entry::Vacant(free) => drop(free.insert(one)),
            Entry::Occupied(taken) => {
                let message = format!("the {what} {} stands in another file already", taken.key());
                faults.push(Diagnostic::error(Code::DuplicateName, path, message));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Ids of rules that several products bear: a working names a rule by its id alone.
pub(super) fn shared_ids<'p>(products: impl Iterator<Item = &'p Product>) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut faults = Vec::new();
    for product in products {
        let terms = product.terms.iter().map(|terms| (terms.id.as_str(), Some(terms.line)));
        let others = (product.grants.iter().map(|grant| &grant.id))
            .chain(product.passive.iter().map(|passive| &passive.id))
            .chain(product.sold_as.iter().map(|sold| &sold.id))
            .chain(product.recognise.iter().map(|pattern| &pattern.id))
            .chain(product.components.iter().map(|pattern| &pattern.id))
            .chain(product.not_licensable.iter().map(|pattern| &pattern.id));
        for (id, line) in terms.chain(others.map(|id| (id.as_str(), None))) {
            if let Some(earlier) = seen.get(id).filter(|earlier| **earlier != product.path) {
                let message = format!("the id {id} stands in {earlier} already");
                let fault = Diagnostic::error(Code::DuplicateName, &product.path, message);
                faults.push(match line {
                    Some(line) => fault.at(Place::Line(line)),
                    None => fault,
                });
            }
            seen.entry(id).or_insert(&product.path);
        }
    }
    faults
}
