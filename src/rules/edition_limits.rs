//! Limits of single editions: what a free one may be used for, and how many cores one can use.

use super::document::Fields;
use super::product::{Product, RuleSource};
use super::terms::{source, versions};

/// Editions that need no licence for some use, and the full edition they are otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeUse {
    /// Editions.
    pub editions: Vec<String>,
    /// Days for which they may be tried out; `None`: free for tests and development, for as long as one likes.
    pub days: Option<u32>,
    /// What they count as otherwise, in the strict reading.
    pub strict: String,
    /// What they count as otherwise, in the customer's.
    pub customer: String,
    /// Where it comes from.
    pub source: RuleSource,
    /// Whether that was seen in a public page.
    pub verified: bool,
}

/// Most cores an instance of an edition can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsableCores {
    /// Edition.
    pub edition: String,
    /// First version, as index into the releases.
    pub from: usize,
    /// Last version.
    pub until: usize,
    /// Cores.
    pub cores: u32,
    /// Where it comes from.
    pub source: RuleSource,
    /// Whether that was seen in a public page.
    pub verified: bool,
}

/// Reads one `[[free_use]]` table.
pub(crate) fn free_use(fields: Fields<'_, '_>) -> FreeUse {
    fields.required("editions");
    let free_use = FreeUse {
        editions: fields.texts("editions"),
        days: fields.number("days"),
        strict: fields.required_text("strict"),
        customer: fields.required_text("customer"),
        source: source(&fields),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    free_use
}

/// Reads one `[[usable_cores]]` table.
pub(crate) fn usable_cores(fields: Fields<'_, '_>, product: &Product) -> UsableCores {
    fields.required("cores");
    let (from, until) = versions(&fields, product);
    let usable = UsableCores {
        edition: fields.required_text("edition"),
        from,
        until,
        cores: fields.number("cores").unwrap_or(0),
        source: source(&fields),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    usable
}
