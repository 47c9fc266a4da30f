//! One [`Report`] value, built from an outcome, and its faces: terminal, JSON and CSV.
//!
//! Every figure and every verdict stands in the report; a face only arranges them. The report borrows from the outcome
//! and knows no clock, no scan number and no absolute path, so equal outcomes give equal bytes.

pub mod csv;
pub mod json;
pub mod plan;
pub mod schema;
pub mod terminal;

mod agreement;
mod alternative;
mod coverage;
mod input;
mod organisation;
mod position;
mod question;
mod support;
mod total;

pub use agreement::{AgreementRow, DueRow, OrderRow};
pub use alternative::{AlternativeRow, RefusalRow, RequirementRow, WayRow};
pub use coverage::{CoverageRow, FindingRow};
pub use input::{FileCounts, MessageRow, RecordSums, SourceRow};
pub use organisation::OrganisationRow;
pub use position::{AssuranceDueRow, InsteadRow, PositionRow, ToBuyRow, UntrackedRow};
pub use question::QuestionRow;
pub use support::{SupportLine, SupportSection, SupportSums};
pub use total::{Sum, TotalRow, Totals};

use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::model::{Answer, Money, Outcome};

/// A part of a report; a command shows one or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What was read, and what was not.
    Input,
    /// How much of each organisation was seen.
    Coverage,
    /// The licence position.
    Position,
    /// Agreements, and what is due under each.
    Agreements,
    /// Every way of licensing a product; with [`Filter::scopes`] of each scope too.
    Alternatives,
    /// Support.
    Support,
    /// Questions.
    Questions,
    /// What the shortfall costs.
    Total,
}

impl Section {
    /// The sections of a whole report, in order. [`Section::Alternatives`] is printed where it is asked for.
    pub const ALL: [Self; 7] =
        [Self::Input, Self::Coverage, Self::Position, Self::Agreements, Self::Support, Self::Questions, Self::Total];
}

/// Which part of an outcome a report shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this organisation; `None`: all.
    pub organisation: Option<String>,
    /// The reading whose position is shown.
    pub reading: Answer,
    /// Months ahead within which an end of support is announced; `None`: as the scan set it.
    pub within_months: Option<u32>,
    /// Whether every way of every scope is wanted, which is long.
    pub scopes: bool,
    /// Whether of support only the sums are wanted: there is a row for every product on every host.
    pub support_sums: bool,
}

impl Filter {
    /// Whether something of this organisation is shown.
    fn shows(&self, organisation: &str) -> bool {
        self.organisation.as_deref().is_none_or(|wanted| wanted == organisation)
    }
}

/// Everything a face shows, in the order in which it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report<'a> {
    /// Day of the position.
    pub as_of: Date,
    /// The reading whose position is shown.
    pub reading: Answer,
    /// The only organisation shown, where there is a choice.
    pub organisation: Option<String>,
    /// Organisations by name, with their titles.
    pub organisations: Vec<OrganisationRow<'a>>,
    /// Hash of the rules in force.
    pub rules_hash: &'a str,
    /// Input files, counted.
    pub files: FileCounts,
    /// Input files, by path.
    pub sources: Vec<SourceRow<'a>>,
    /// What was not understood or left out in them.
    pub messages: Vec<MessageRow<'a>>,
    /// Software records, counted.
    pub records: RecordSums,
    /// How much of each organisation was seen.
    pub coverage: Vec<CoverageRow<'a>>,
    /// What to act on.
    pub findings: Vec<FindingRow<'a>>,
    /// The licence position, by organisation, the dearest shortfall first.
    pub positions: Vec<PositionRow<'a>>,
    /// What is installed and counted by no terms.
    pub untracked: Vec<UntrackedRow<'a>>,
    /// Agreements and what is due under each.
    pub agreements: Vec<AgreementRow<'a>>,
    /// How the allocation was found, where it is not proved best.
    pub notes: Vec<&'a str>,
    /// Every way to license a product, over all scopes of an organisation.
    pub alternatives: Vec<AlternativeRow<'a>>,
    /// Every scope with its ways, where they are wanted.
    pub requirements: Vec<RequirementRow<'a>>,
    /// What is out of support, or about to be.
    pub support: SupportSection<'a>,
    /// Open questions, the dearest first.
    pub questions: Vec<QuestionRow<'a>>,
    /// What the shortfall costs.
    pub totals: Totals<'a>,
}

impl<'a> Report<'a> {
    /// Builds the report.
    pub fn new(outcome: &'a Outcome, filter: &Filter) -> Self {
        let assessment = outcome.assessment(filter.reading);
        let coverage = coverage::rows(outcome, filter);
        Self {
            as_of: outcome.as_of,
            reading: filter.reading,
            organisation: filter.organisation.clone(),
            organisations: organisation::rows(outcome, filter),
            rules_hash: &outcome.rules_hash,
            files: input::count(&outcome.sources),
            sources: input::rows(&outcome.sources),
            messages: input::messages(&outcome.diagnostics),
            records: coverage.iter().fold(RecordSums::default(), |sum, row| sum.plus(&row.records)),
            coverage,
            findings: coverage::findings(outcome, filter),
            positions: position::rows(outcome, assessment, filter),
            untracked: position::untracked(outcome, filter),
            agreements: agreement::rows(outcome, assessment, filter),
            notes: assessment.notes.iter().map(String::as_str).collect(),
            alternatives: alternative::rows(outcome, assessment, filter),
            requirements: alternative::requirements(assessment, filter),
            support: support::section(outcome, filter),
            questions: question::rows(outcome, filter),
            totals: total::totals(outcome, filter),
        }
    }

    /// The title of an organisation, else its name.
    pub fn organisation_title<'r>(&'r self, name: &'r str) -> &'r str {
        self.organisations.iter().find(|row| row.name == name).map_or(name, |row| row.title)
    }

    /// Whether there is any position at all to show.
    pub fn has_position(&self) -> bool {
        !self.positions.is_empty()
    }
}

/// Serialises an amount as `{"amount": "3840.00", "currency": "GBP"}`: decimal text, so that nobody rounds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amount {
    amount: String,
    currency: String,
}

impl From<&Money> for Amount {
    fn from(money: &Money) -> Self {
        Self { amount: money.decimal(), currency: money.currency.clone() }
    }
}

/// For `serialize_with`: an amount, or null where a price is missing.
fn amount<S: Serializer>(money: &Option<&Money>, serializer: S) -> Result<S::Ok, S::Error> {
    money.map(Amount::from).serialize(serializer)
}

/// For `serialize_with`: one amount a currency.
fn amounts<S: Serializer>(money: &[Money], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(money.iter().map(Amount::from))
}
