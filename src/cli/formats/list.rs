//! `trueup formats list`: every format in a line.

use clap::Args;
use serde::Serialize;

use crate::cli::stop::Stop;
use crate::cli::{End, Format, Global};
use crate::pipeline::{self, Page, Verified};
use crate::report::terminal::{Canvas, Kind, Tone, cell};

/// List every format that is read
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup formats list
  trueup formats list --format json")]
pub(in crate::cli) struct Arguments {}

#[derive(Serialize)]
struct Document {
    generated_by: &'static str,
    formats: Vec<&'static Page>,
}

pub(in crate::cli) fn run(global: &Global, _arguments: &Arguments) -> Result<End, Stop> {
    let form = global.form_without_csv("formats list")?;
    let pages = pipeline::pages();
    global.write(&match form {
        Format::Json => super::super::rules::as_json(&Document { generated_by: "trueup", formats: pages })?,
        _ => table(&pages, &global.canvas()),
    })?;
    Ok(End::Done)
}

fn table(pages: &[&Page], canvas: &Canvas) -> String {
    let columns =
        [("format", Kind::Name), ("what it is", Kind::Text), ("carries", Kind::Text), ("tried on", Kind::Name)];
    let mut table = canvas.table(&columns);
    for page in pages {
        let carries: Vec<&str> = page.carries.iter().map(|fact| super::said(*fact)).collect();
        let (tried, tone) = match page.verified {
            Verified::RealFile(_) => ("real files", Tone::Plain),
            Verified::Unverified(_) => ("unverified", Tone::Doubt),
            Verified::Own => ("trueup's own", Tone::Plain),
        };
        table.add_row([
            cell(page.name, Tone::Strong),
            cell(page.title, Tone::Plain),
            cell(carries.join(", "), Tone::Plain),
            cell(tried, tone),
        ]);
    }
    let title = format!("{} formats", pages.len());
    format!(
        "{}{}{}",
        canvas.heading(&title),
        canvas.draw(&table),
        canvas.prose(2, "One in full: trueup formats show NAME")
    )
}
