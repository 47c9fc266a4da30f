//! `trueup rules list`: every product the rules know.

use clap::Args;
use serde::Serialize;

use crate::cli::stop::Stop;
use crate::cli::{End, Format, Global};
use crate::pipeline;
use crate::report::terminal::{Canvas, Kind, Tone, cell, number};
use crate::rules::{Product, Rules};

/// List every product the rules know
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup rules list
  trueup rules list --rules my-rules --format json")]
pub(in crate::cli) struct Arguments {}

/// One product.
#[derive(Debug, Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    publisher: &'a str,
    kind: &'a str,
    releases: usize,
    recognition: usize,
    terms: usize,
    verified_terms: usize,
    file: &'a str,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    generated_by: &'static str,
    rules_hash: &'a str,
    products: Vec<Row<'a>>,
}

pub(in crate::cli) fn run(global: &Global, _arguments: &Arguments) -> Result<End, Stop> {
    let form = global.form_without_csv("rules list")?;
    let rules = pipeline::load_rules(global.rules.as_deref())?;
    let rows: Vec<Row<'_>> = rules.products.values().map(row).collect();
    global.write(&match form {
        Format::Json => super::as_json(&Document { generated_by: "trueup", rules_hash: &rules.hash, products: rows })?,
        _ => table(&rules, &rows, &global.canvas()),
    })?;
    Ok(End::Done)
}

fn row(product: &Product) -> Row<'_> {
    Row {
        id: &product.id,
        name: &product.name,
        publisher: &product.publisher,
        kind: &product.kind,
        releases: product.releases.len(),
        recognition: product.recognise.len() + product.components.len() + product.not_licensable.len(),
        terms: product.terms.len(),
        verified_terms: product.terms.iter().filter(|terms| terms.verified).count(),
        file: &product.path,
    }
}

fn table(rules: &Rules, rows: &[Row<'_>], canvas: &Canvas) -> String {
    let mut table = canvas.table(&[
        ("product", Kind::Name),
        ("name", Kind::Text),
        ("kind", Kind::Name),
        ("releases", Kind::Number),
        ("recognition", Kind::Number),
        ("terms", Kind::Number),
        ("of these verified", Kind::Number),
    ]);
    for row in rows {
        let count = |count: usize| cell(number(count as u64), Tone::Plain);
        table.add_row([
            cell(row.id, Tone::Strong),
            cell(row.name, Tone::Plain),
            cell(row.kind, Tone::Plain),
            count(row.releases),
            count(row.recognition),
            count(row.terms),
            count(row.verified_terms),
        ]);
    }
    let title = format!("{} products, rules {}", rows.len(), rules.hash.get(..12).unwrap_or(&rules.hash));
    format!("{}{}{}", canvas.heading(&title), canvas.draw(&table), canvas.prose(2, "One in full: trueup rules show ID"))
}
