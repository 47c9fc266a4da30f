//! Suites that license hosts, and the families that those which nobody assigned join.

use std::collections::BTreeSet;

use crate::model::PurchaseLine;

use super::{Method, Product, Rules};

impl Rules {
    /// The parts of a suite that license hosts, in its order.
    pub fn parts_for_hosts<'r>(&'r self, suite: &'r Product) -> impl Iterator<Item = &'r Product> {
        let parts = suite.suite.iter().filter_map(|part| self.products.get(&part.product));
        parts.filter(|product| product.terms.iter().any(|terms| terms.method == Method::HostSets))
    }

    /// For each suite that is owned and assigned to no host, the families of its parts for hosts: its units are placed for all
    /// of them together, so that what changes one changes the others.
    pub fn joined_by_suites(&self, purchases: &[PurchaseLine]) -> Vec<BTreeSet<&str>> {
        let is_free =
            |suite: &&Product| purchases.iter().any(|line| line.product == suite.id && line.assigned_to.is_empty());
        let suites = self.products.values().filter(|product| product.kind == "suite").filter(is_free);
        let families = |suite| self.parts_for_hosts(suite).map(|part| part.family.as_str()).collect();
        suites.map(families).filter(|families: &BTreeSet<&str>| families.len() > 1).collect()
    }
}
