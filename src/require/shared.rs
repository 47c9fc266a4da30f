//! Parts that many lines of a product have alike: worked out once, and kept once however many lines there are.

use std::cell::RefCell;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::Acceptance;
use crate::rules::{Method, Product};

/// By numbers of the terms, whether Software Assurance is needed, and whether a time of grace counts.
type Accepted = HashMap<(Vec<usize>, bool, bool), Arc<[Acceptance]>>;

/// By method and the edition installed.
type Serving = HashMap<(Method, String), Arc<[String]>>;

/// What lines of one product share.
#[derive(Default)]
pub(crate) struct Shared {
    accepts: RefCell<Accepted>,
    editions: RefCell<Serving>,
}

impl Shared {
    /// Acceptances of several terms, in their order.
    pub fn accepts(&self, product: &Product, terms: &[usize], needs_sa: bool, grace: bool) -> Arc<[Acceptance]> {
        let mut known = self.accepts.borrow_mut();
        let shared = known.entry((terms.to_vec(), needs_sa, grace)).or_insert_with(|| {
            let of = |&index: &usize| Acceptance { grace, ..product.terms[index].acceptance(needs_sa) };
            let mut accepts: Vec<Acceptance> = terms.iter().map(of).collect();
            accepts.sort();
            accepts.into()
        });
        Arc::clone(shared)
    }

    /// Editions whose licences on terms of a method serve an installed one: its own first.
    pub fn editions(&self, product: &Product, method: Method, installed: &str) -> Arc<[String]> {
        if installed.is_empty() {
            return Arc::default();
        }
        let mut known = self.editions.borrow_mut();
        let shared = known.entry((method, installed.to_owned())).or_insert_with(|| {
            let mut editions: Vec<String> = vec![installed.to_owned()];
            let terms = product.terms.iter().filter(|terms| terms.method == method);
            for edition in terms.flat_map(|terms| &terms.editions) {
                if product.edition_serves(edition, installed) && !editions.contains(edition) {
                    editions.push(edition.clone());
                }
            }
            editions.into()
        });
        Arc::clone(shared)
    }
}
