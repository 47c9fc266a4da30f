//! `trueup rules score`: precision and recall on a labelled list, and every wrong row.

use std::path::PathBuf;

use clap::Args;

use crate::cli::stop::Stop;
use crate::cli::{End, Format, Global};
use crate::pipeline::{self, Score};
use crate::report::terminal::{Canvas, Kind, Tone, cell, number};

/// Measure recognition on a list of labelled records
///
/// The file has the columns publisher, display_name, version, expected_product, expected_version, expected_edition and
/// licensable (yes, component or no).
#[derive(Debug, Args)]
#[command(after_help = "Example:
  trueup rules score labels.csv --format json")]
pub(in crate::cli) struct Arguments {
    /// The labelled list
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
}

pub(in crate::cli) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    let form = global.form_without_csv("rules score")?;
    let rules = pipeline::load_rules(global.rules.as_deref())?;
    let score = pipeline::score(&rules, &arguments.file)?;
    global.write(&match form {
        Format::Json => super::as_json(&score)?,
        _ => text(&score, &global.canvas()),
    })?;
    Ok(End::Done)
}

fn text(score: &Score, canvas: &Canvas) -> String {
    let counted = score.true_positive + score.false_positive;
    let wanted = score.true_positive + score.false_negative;
    let mut out = canvas.heading(&format!("{} rows", number(score.rows)));
    let lines = [
        format!(
            "precision {}: {} of {} counted rows rightly",
            share(score.true_positive, counted),
            number(score.true_positive),
            number(counted)
        ),
        format!(
            "recall {}: {} of {} rows to be counted",
            share(score.true_positive, wanted),
            number(score.true_positive),
            number(wanted)
        ),
        format!(
            "wrong product {}, wrong version {}, wrong edition {}",
            number(score.wrong_product),
            number(score.wrong_version),
            number(score.wrong_edition)
        ),
    ];
    for line in &lines {
        out.push_str(&canvas.prose(2, line));
    }
    if score.errors.is_empty() {
        return out;
    }
    let mut table = canvas.table(&[
        ("line", Kind::Number),
        ("fault", Kind::Name),
        ("name", Kind::Text),
        ("expected", Kind::Text),
        ("found", Kind::Text),
        ("rule", Kind::Text),
    ]);
    for error in &score.errors {
        table.add_row([
            cell(number(error.line), Tone::Plain),
            cell(error.fault, Tone::Bad),
            cell(&error.name, Tone::Plain),
            cell(&error.expected, Tone::Plain),
            cell(&error.found, Tone::Plain),
            cell(error.rule.as_deref().unwrap_or("–"), Tone::Plain),
        ]);
    }
    format!("{out}\n{}", canvas.draw(&table))
}

/// A share in a hundred with two places, rounded down, so that 100.00 % means every one.
fn share(part: u64, whole: u64) -> String {
    match (part * 10_000).checked_div(whole) {
        Some(share) => format!("{}.{:02} %", share / 100, share % 100),
        None => "–".to_owned(),
    }
}
