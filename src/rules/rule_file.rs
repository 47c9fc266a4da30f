//! One file of the rules, told by its name and read by itself.

use crate::diag::Diagnostic;

use super::ambiguity::{Ambiguity, parse_ambiguities};
use super::clause::{Clause, parse_clauses};
use super::product::{Product, parse_product};
use super::vehicle::{Vehicle, parse_vehicles};
use super::{Conventions, parse_conventions, parse_identifiers};

/// What one file of the rules holds.
pub(super) enum RuleFile {
    /// Terms that can be read two ways.
    Ambiguities(Vec<Ambiguity>),
    /// Clauses that hold for every product.
    Clauses(Vec<Clause>),
    /// Kinds of agreement.
    Vehicles(Vec<Vehicle>),
    /// What identifies no machine.
    Identifiers(Vec<String>),
    /// Figures that hold for every product.
    Conventions(Conventions),
    /// Everything known of one product.
    Product(Box<Product>),
}

impl RuleFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Every fault of it, with line and caret.
    pub fn read(path: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        Ok(if path.ends_with("ambiguities.toml") {
            Self::Ambiguities(parse_ambiguities(path, text)?)
        } else if path.ends_with("clauses.toml") {
            Self::Clauses(parse_clauses(path, text)?)
        } else if path.ends_with("vehicles.toml") {
            Self::Vehicles(parse_vehicles(path, text)?)
        } else if path.ends_with("identifiers.toml") {
            Self::Identifiers(parse_identifiers(path, text)?)
        } else if path.ends_with("conventions.toml") {
            Self::Conventions(parse_conventions(path, text)?)
        } else {
            Self::Product(Box::new(parse_product(path, text)?))
        })
    }
}
