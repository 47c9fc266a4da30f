//! `rules/clauses.toml`: clauses that hold for every product, with their source.

use crate::diag::Diagnostic;

use super::document::{Document, Fields};
use super::unique::Unique;

/// A clause that a working may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Id, such as `C0-2`.
    pub id: String,
    /// What it says, in a sentence.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// Whether that was seen in a public page.
    pub verified: bool,
    /// File of the clause.
    pub path: String,
}

/// Reads the file of clauses.
///
/// # Errors
/// Every fault of the file, with line and caret.
pub fn parse_clauses(path: &str, text: &str) -> Result<Vec<Clause>, Vec<Diagnostic>> {
    let document = Document::new(path, text);
    let table = document.parse();
    let fields = Fields::new(&document, "the file of clauses", table.get_ref(), 0..0);
    let tables = fields.tables("clause");
    Unique::default().check(&tables, "id", "clause");
    let clauses = tables.into_iter().map(|fields| clause(path, fields)).collect();
    fields.finish();
    let faults = document.into_faults();
    if faults.is_empty() { Ok(clauses) } else { Err(faults) }
}

fn clause(path: &str, fields: Fields<'_, '_>) -> Clause {
    let clause = Clause {
        id: fields.required_text("id"),
        title: fields.required_text("title"),
        source: fields.required_text("source"),
        verified: fields.boolean("verified").unwrap_or(true),
        path: path.to_owned(),
    };
    fields.finish();
    clause
}
