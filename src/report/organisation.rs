//! Organisations: the name used in keys and folders, and the title people read.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::Outcome;

use super::Filter;

/// One organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OrganisationRow<'a> {
    /// Short name.
    pub name: &'a str,
    /// Title; the name where `trueup.toml` gives none.
    pub title: &'a str,
}

impl OrganisationRow<'_> {
    /// `London Borough of Brent [brent]`, or the name alone.
    pub fn heading(&self) -> String {
        if self.title == self.name { self.name.to_owned() } else { format!("{} [{}]", self.title, self.name) }
    }
}

/// Every organisation that has hosts or licences, by name.
pub(super) fn rows<'a>(outcome: &'a Outcome, filter: &Filter) -> Vec<OrganisationRow<'a>> {
    let covered = outcome.coverage.iter().map(|coverage| coverage.organisation.as_str());
    let positions = outcome.strict.positions.iter().chain(&outcome.customer.positions);
    let names: BTreeSet<&str> = covered.chain(positions.map(|row| row.organisation.as_str())).collect();
    let shown = names.into_iter().filter(|name| filter.shows(name));
    shown.map(|name| OrganisationRow { name, title: outcome.names.organisation(name) }).collect()
}
