//! The recognition tables of a product's file.

use regex::RegexBuilder;

use crate::diag::Code;

use super::document::Fields;

/// What a pattern is matched against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum PatternField {
    /// Software records.
    #[default]
    Software,
    /// The caption of the running operating system.
    OperatingSystem,
}

/// Where a pattern takes the version from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum VersionFrom {
    /// The named group `version`, else the fixed `version`.
    #[default]
    Name,
    /// The record's version, by the builds of the releases.
    Build,
    /// Nowhere: it stays unknown.
    Nowhere,
}

/// One row of `[[recognise]]`, `[[component]]` or `[[not_licensable]]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pattern {
    /// Unique id, printed as the rule that hit.
    pub id: String,
    /// What it is matched against.
    pub field: PatternField,
    /// Expression on the normalised name.
    pub name: Option<String>,
    /// Expression on the uninstall key.
    pub key: Option<String>,
    /// Expression on the publisher.
    pub publisher: Option<String>,
    /// Expression on the record's version.
    pub record_version: Option<String>,
    /// Expression on the name that takes a hit back.
    pub unless: Option<String>,
    /// Fixed version.
    pub version: Option<String>,
    /// Fixed edition.
    pub edition: Option<String>,
    /// Captured edition text → edition, compared in lower case.
    pub edition_names: Vec<(String, String)>,
    /// Captured version text → version.
    pub version_names: Vec<(String, String)>,
    /// Where the version comes from.
    pub version_from: VersionFrom,
    /// `"volume"` or `"subscription"`.
    pub build: Option<String>,
    /// Server component that needs a licence where it stands alone.
    pub component_of: Option<String>,
    /// One installation an instance instead of one a host.
    pub per_instance: bool,
    /// Why it never counts.
    pub because: Option<String>,
}

/// Reads one row.
pub(crate) fn pattern(fields: Fields<'_, '_>) -> Pattern {
    let field = fields
        .one_of("field", &[(PatternField::Software, "software"), (PatternField::OperatingSystem, "operating-system")]);
    let version_from = fields.one_of(
        "version_from",
        &[(VersionFrom::Name, "name"), (VersionFrom::Build, "build"), (VersionFrom::Nowhere, "none")],
    );
    let pattern = Pattern {
        id: fields.required_text("id"),
        field: field.unwrap_or_default(),
        name: expression(&fields, "name"),
        key: expression(&fields, "key"),
        publisher: expression(&fields, "publisher"),
        record_version: expression(&fields, "record_version"),
        unless: expression(&fields, "unless"),
        version: fields.text("version"),
        edition: fields.text("edition"),
        edition_names: fields.table("edition_names").map(|table| table.text_pairs()).unwrap_or_default(),
        version_names: fields.table("version_names").map(|table| table.text_pairs()).unwrap_or_default(),
        version_from: version_from.unwrap_or_default(),
        build: fields.text("build"),
        component_of: fields.text("component_of"),
        per_instance: fields.one_of("per", &[(true, "instance"), (false, "host")]).unwrap_or(false),
        because: fields.text("because"),
    };
    if pattern.name.is_none() && pattern.key.is_none() {
        fields.fault(Code::MissingKey, format!("{} needs an expression: `name` or `key`", fields.title));
    }
    fields.finish();
    pattern
}

/// An expression that compiles.
pub(super) fn expression(fields: &Fields<'_, '_>, key: &'static str) -> Option<String> {
    let text = fields.text(key)?;
    if let Err(error) = RegexBuilder::new(&text).case_insensitive(true).build() {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or("it does not compile").trim();
        fields.fault_at(key, Code::WrongExpression, format!("`{key}` is no expression: {reason}"));
    }
    Some(text)
}
