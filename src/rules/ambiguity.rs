//! `rules/ambiguities.toml`: the terms that can be read two ways, with both readings and what decides.

use crate::diag::Diagnostic;

use super::document::{Document, Fields};
use super::unique::Unique;

/// A term that can be read two ways, or a kind of missing fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguity {
    /// Id, such as `D-01`.
    pub id: String,
    /// The issue in one sentence.
    pub title: String,
    /// The publisher's reading.
    pub strict: String,
    /// The customer's reading.
    pub customer: String,
    /// The evidence that decides.
    pub evidence: String,
    /// Where both readings come from.
    pub source: String,
    /// Whether that was seen in a public page.
    pub verified: bool,
}

/// Reads the file of ambiguities.
///
/// # Errors
/// Every fault of the file, with line and caret.
pub fn parse_ambiguities(path: &str, text: &str) -> Result<Vec<Ambiguity>, Vec<Diagnostic>> {
    let document = Document::new(path, text);
    let table = document.parse();
    let fields = Fields::new(&document, "the file of ambiguities", table.get_ref(), 0..0);
    let tables = fields.tables("ambiguity");
    Unique::default().check(&tables, "id", "ambiguity");
    let ambiguities = tables.into_iter().map(ambiguity).collect();
    fields.finish();
    let faults = document.into_faults();
    if faults.is_empty() { Ok(ambiguities) } else { Err(faults) }
}

fn ambiguity(fields: Fields<'_, '_>) -> Ambiguity {
    let ambiguity = Ambiguity {
        id: fields.required_text("id"),
        title: fields.required_text("title"),
        strict: fields.required_text("strict"),
        customer: fields.required_text("customer"),
        evidence: fields.required_text("evidence"),
        source: fields.required_text("source"),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    ambiguity
}
