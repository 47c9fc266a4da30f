//! Worked cases: a tiny estate with the right answer beside it.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::diag::{Code, Diagnostic};
use crate::model::{Answer, Basis, Manifest, Metric};

use super::document::{Document, Fields};
use super::manifest::{Context, DEFAULT_ORGANISATION, metric, tables};

/// One row of the position that must come out; a key left out is not part of the match, a figure left out is not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Keys of the row.
    pub row: RowMatch,
    /// Units needed.
    pub required: Option<u32>,
    /// Units that fit.
    pub usable: Option<u32>,
    /// Units missing.
    pub shortfall: Option<u32>,
    /// Units left over.
    pub surplus: Option<u32>,
    /// Lowest and highest need.
    pub range: Option<(u32, u32)>,
    /// Price of the shortfall.
    pub cost: Option<Decimal>,
}

/// Keys of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowMatch {
    /// Organisation.
    pub organisation: Option<String>,
    /// Product id.
    pub product: Option<String>,
    /// Edition.
    pub edition: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Metric.
    pub metric: Option<Metric>,
}

/// One way of licensing that must come out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedAlternative {
    /// Keys.
    pub row: RowMatch,
    /// What it counts by.
    pub basis: Option<Basis>,
    /// Units.
    pub required: Option<u32>,
    /// Price of all of them.
    pub cost: Option<Decimal>,
    /// Whether it is allowed.
    pub available: Option<bool>,
}

/// The cheapest lawful way that must come out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedCheapest {
    /// Keys.
    pub row: RowMatch,
    /// What it counts by.
    pub basis: Option<Basis>,
    /// Its price.
    pub cost: Option<Decimal>,
}

/// A worked case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Id.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// Day.
    pub as_of: Date,
    /// Reading.
    pub reading: Answer,
    /// Where it comes from.
    pub source: String,
    /// The estate.
    pub manifest: Manifest,
    /// Rows.
    pub expectations: Vec<Expectation>,
    /// Ways.
    pub alternatives: Vec<ExpectedAlternative>,
    /// Cheapest ways.
    pub cheapest: Vec<ExpectedCheapest>,
    /// Line on which it starts.
    pub line: u32,
}

/// Reads a file of worked cases.
///
/// # Errors
/// Every fault of the file, with line and caret.
pub fn parse_cases(path: &str, text: &str) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let document = Document::new(path, text);
    let table = document.parse();
    let fields = Fields::new(&document, "the file of cases", table.get_ref(), 0..0);
    let cases = fields.tables("case").into_iter().map(case).collect();
    fields.finish();
    let faults = document.into_faults();
    if faults.is_empty() { Ok(cases) } else { Err(faults) }
}

fn case(fields: Fields<'_, '_>) -> Case {
    fields.required("as_of");
    let case = Case {
        id: fields.required_text("id"),
        title: fields.text("title").unwrap_or_default(),
        as_of: fields.date("as_of").unwrap_or(Date::MIN),
        reading: fields
            .one_of("reading", &[(Answer::Strict, "strict"), (Answer::Customer, "customer")])
            .unwrap_or_default(),
        source: fields.text("source").unwrap_or_default(),
        manifest: tables(&fields, &Context { source: None, organisation: DEFAULT_ORGANISATION }),
        expectations: fields.tables("expect").into_iter().map(expectation).collect(),
        alternatives: fields.tables("alternative").into_iter().map(alternative).collect(),
        cheapest: fields.tables("cheapest").into_iter().map(cheapest).collect(),
        line: fields.line(),
    };
    fields.finish();
    case
}

fn row(fields: &Fields<'_, '_>) -> RowMatch {
    RowMatch {
        organisation: fields.text("organisation"),
        product: fields.text("product"),
        edition: fields.text("edition"),
        version: fields.text("version"),
        metric: metric(fields, "metric"),
    }
}

fn expectation(fields: Fields<'_, '_>) -> Expectation {
    let range = fields.numbers("range").and_then(|range| match range[..] {
        [low, high] if low <= high => Some((low, high)),
        _ => {
            fields.fault_at("range", Code::WrongValue, "`range` is the lowest and the highest need");
            None
        }
    });
    let expectation = Expectation {
        row: row(&fields),
        required: fields.number("required"),
        usable: fields.number("usable"),
        shortfall: fields.number("shortfall"),
        surplus: fields.number("surplus"),
        range,
        cost: fields.decimal("cost"),
    };
    fields.finish();
    expectation
}

const BASES: [(Basis, &str); 6] = [
    (Basis::Host, "host"),
    (Basis::Guest, "guest"),
    (Basis::ServerCal, "server-cal"),
    (Basis::User, "user"),
    (Basis::Device, "device"),
    (Basis::Mixed, "mixed"),
];

fn alternative(fields: Fields<'_, '_>) -> ExpectedAlternative {
    let alternative = ExpectedAlternative {
        row: row(&fields),
        basis: fields.one_of("basis", &BASES),
        required: fields.number("required"),
        cost: fields.decimal("cost"),
        available: fields.boolean("available"),
    };
    fields.finish();
    alternative
}

fn cheapest(fields: Fields<'_, '_>) -> ExpectedCheapest {
    let cheapest =
        ExpectedCheapest { row: row(&fields), basis: fields.one_of("basis", &BASES), cost: fields.decimal("cost") };
    fields.finish();
    cheapest
}
