//! `trueup schema`: the published shape of the JSON.

use clap::{Args, ValueEnum};

use crate::report::schema;

use super::stop::Stop;
use super::{End, Global};

/// Print the JSON Schema of what --format json writes
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup schema > trueup-report.schema.json
  trueup schema explanation")]
pub(super) struct Arguments {
    /// Which document
    #[arg(value_name = "DOCUMENT", default_value = "report")]
    document: Document,
}

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Document {
    /// What scan, position, support and sources write.
    Report,
    /// What explain writes.
    Explanation,
    /// What plan writes.
    Plan,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    global.write(match arguments.document {
        Document::Report => schema::REPORT,
        Document::Explanation => schema::EXPLANATION,
        Document::Plan => schema::PLAN,
    })?;
    Ok(End::Done)
}
