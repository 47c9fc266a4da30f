//! The report as JSON, in the shape that [`super::schema`] publishes.
//!
//! A document holds the sections its command shows and nothing that changes between equal outcomes.

use jiff::civil::Date;
use serde::Serialize;

use crate::model::Answer;

use super::{
    AgreementRow, AlternativeRow, CoverageRow, FileCounts, FindingRow, MessageRow, OrganisationRow, PositionRow,
    QuestionRow, RecordSums, Report, RequirementRow, Section, SourceRow, SupportSection, Totals, UntrackedRow,
};

/// Name and version of the shape; the version rises when a key changes its meaning or goes away.
pub const SCHEMA: &str = "trueup-report/1";

/// What marks a file as written by trueup, so that no scan reads it back.
pub const GENERATED_BY: &str = "trueup";

/// A report on paper, so to speak: what it is, and the sections shown.
#[derive(Serialize)]
struct Document<'r> {
    generated_by: &'static str,
    schema: &'static str,
    as_of: Date,
    reading: Answer,
    organisation: Option<&'r str>,
    organisations: &'r [OrganisationRow<'r>],
    rules_hash: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<&'r FileCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<&'r RecordSums>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sources: Option<&'r [SourceRow<'r>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<&'r [MessageRow<'r>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<&'r [CoverageRow<'r>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<&'r [FindingRow<'r>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    positions: Option<&'r [PositionRow<'r>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_tracked: Option<&'r [UntrackedRow<'r>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreements: Option<&'r [AgreementRow<'r>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'r [&'r str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alternatives: Option<&'r [AlternativeRow<'r>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requirements: Option<&'r [RequirementRow<'r>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    support: Option<&'r SupportSection<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    questions: Option<&'r [QuestionRow<'r>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<&'r Totals<'r>>,
}

/// Writes the sections as indented JSON with a line break at the end.
///
/// # Errors
/// None in practice: every part of a report has a JSON form.
pub fn render(report: &Report<'_>, sections: &[Section]) -> Result<String, serde_json::Error> {
    let shows = |section| sections.contains(&section);
    let document = Document {
        generated_by: GENERATED_BY,
        schema: SCHEMA,
        as_of: report.as_of,
        reading: report.reading,
        organisation: report.organisation.as_deref(),
        organisations: &report.organisations,
        rules_hash: report.rules_hash,
        files: shows(Section::Input).then_some(&report.files),
        records: shows(Section::Input).then_some(&report.records),
        sources: shows(Section::Input).then_some(&report.sources),
        messages: shows(Section::Input).then_some(&report.messages),
        coverage: shows(Section::Coverage).then_some(&report.coverage),
        findings: shows(Section::Coverage).then_some(&report.findings),
        positions: shows(Section::Position).then_some(&report.positions),
        not_tracked: shows(Section::Position).then_some(&report.untracked),
        agreements: shows(Section::Agreements).then_some(&report.agreements),
        notes: shows(Section::Position).then_some(&report.notes),
        alternatives: (shows(Section::Position) || shows(Section::Alternatives)).then_some(&report.alternatives),
        requirements: shows(Section::Alternatives).then_some(&report.requirements),
        support: shows(Section::Support).then_some(&report.support),
        questions: shows(Section::Questions).then_some(&report.questions),
        totals: shows(Section::Total).then_some(&report.totals),
    };
    pretty(&document)
}

/// Any value as indented JSON with a line break at the end.
///
/// # Errors
/// Where the value has no JSON form.
pub fn pretty(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}
