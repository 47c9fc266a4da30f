//! The table `[[sold_as]]` of a product's file: what purchase records and price lists call a product.

use crate::diag::Code;
use crate::model::{Metric, PriceKind};

use super::document::Fields;
use super::manifest::{PRICE_KINDS, metric};
use super::recognition::expression;

/// One form of title under which a product is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldAs {
    /// Unique id, printed as the rule that hit.
    pub id: String,
    /// Expression on the normalised title; may have the groups `version`, `edition`, `units` and `kind`.
    pub name: String,
    /// Expression that takes a hit back.
    pub unless: Option<String>,
    /// Fixed version.
    pub version: Option<String>,
    /// Fixed edition.
    pub edition: Option<String>,
    /// Captured edition text → edition, compared in lower case.
    pub edition_names: Vec<(String, String)>,
    /// What a unit counts.
    pub metric: Metric,
    /// Units in a pack, where the title does not say.
    pub units: u32,
    /// What is bought, where the title does not say.
    pub kind: PriceKind,
    /// Captured kind text → kind, compared in lower case.
    pub kind_names: Vec<(String, PriceKind)>,
    /// Whether a real record with such titles was seen.
    pub verified: bool,
}

/// Reads one row.
pub(crate) fn sold_as(fields: Fields<'_, '_>) -> SoldAs {
    fields.required("name");
    fields.required("metric");
    let sold = SoldAs {
        id: fields.required_text("id"),
        name: expression(&fields, "name").unwrap_or_default(),
        unless: expression(&fields, "unless"),
        version: fields.text("version"),
        edition: fields.text("edition"),
        edition_names: fields.table("edition_names").map(|table| table.text_pairs()).unwrap_or_default(),
        metric: metric(&fields, "metric").unwrap_or(Metric::Device),
        units: fields.number("units").unwrap_or(1),
        kind: fields.one_of("kind", &PRICE_KINDS).unwrap_or_default(),
        kind_names: kind_names(&fields),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    if sold.units == 0 {
        fields.fault_at("units", Code::WrongValue, "a pack of 0 units is no pack");
    }
    fields.finish();
    sold
}

fn kind_names(fields: &Fields<'_, '_>) -> Vec<(String, PriceKind)> {
    let Some(table) = fields.table("kind_names") else { return Vec::new() };
    let mut names = Vec::new();
    for (text, name) in table.text_pairs() {
        match PRICE_KINDS.iter().find(|(_, known)| *known == name) {
            Some((kind, _)) => names.push((text, *kind)),
            None => fields.fault_at("kind_names", Code::WrongValue, format!("`{name}` is no kind of a price")),
        }
    }
    names
}
