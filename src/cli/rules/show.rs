//! `trueup rules show`: everything known of one product.

use clap::Args;

use crate::cli::stop::Stop;
use crate::cli::{End, Format, Global};
use crate::pipeline;
use crate::report::terminal::{Canvas, Kind, Tone, cell};
use crate::rules::{METHODS, Product, Release, RuleSource, Rules, Terms};

/// Show what the rules know of one product: releases, terms with their sources, recognition
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup rules show windows-server
  trueup rules show \"SQL Server\"")]
pub(in crate::cli) struct Arguments {
    /// Id or name of the product
    #[arg(value_name = "ID")]
    product: String,
}

pub(in crate::cli) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    if global.form() != Format::Table {
        return Err(Stop::usage(
            "rules show has no such form",
            "use --format table; the rule files themselves are TOML",
        ));
    }
    let rules = pipeline::load_rules(global.rules.as_deref())?;
    let product = rules.product(&arguments.product).ok_or_else(|| unknown(&rules, &arguments.product))?;
    let canvas = global.canvas();
    let parts =
        [head(product, &canvas), releases(product, &canvas), terms(product, &canvas), recognition(product, &canvas)];
    global.write(&parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n"))?;
    Ok(End::Done)
}

/// Names the products whose id or name has a part in common.
fn unknown(rules: &Rules, typed: &str) -> Stop {
    let wanted = typed.to_lowercase();
    let near: Vec<&str> = rules
        .products
        .values()
        .filter(|product| product.id.contains(&wanted) || product.name.to_lowercase().contains(&wanted))
        .map(|product| product.id.as_str())
        .collect();
    let next = if near.is_empty() { "trueup rules list names them all".to_owned() } else { near.join(", ") };
    Stop::usage(format!("the rules know no product {typed}"), next)
}

fn head(product: &Product, canvas: &Canvas) -> String {
    let mut out = canvas.heading(&format!("{} {} ({})", product.publisher, product.name, product.id));
    out.push_str(&canvas.prose(2, &format!("{}, in {} line {}", product.kind, product.path, product.line)));
    let lists = [
        ("other names", &product.labels),
        ("editions, the least capable first", &product.editions),
        ("editions that need no licence", &product.free_editions),
    ];
    for (name, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
        out.push_str(&canvas.prose(2, &format!("{name}: {}", list.join(", "))));
    }
    if let Some(untracked) = &product.untracked {
        out.push_str(&canvas.prose(2, &format!("no position is computed: {untracked}")));
    }
    out
}

fn releases(product: &Product, canvas: &Canvas) -> String {
    if product.releases.is_empty() {
        return String::new();
    }
    let mut table = canvas.table(&[("version", Kind::Name), ("available", Kind::Name), ("support until", Kind::Text)]);
    for release in &product.releases {
        let available = release.available().map_or_else(|| "–".to_owned(), |day| mark(day, release.available_verified));
        table.add_row([
            cell(&release.version, Tone::Strong),
            cell(available, Tone::Plain),
            cell(support(release), Tone::Plain),
        ]);
    }
    let note = canvas.prose(2, "* not verified against a public page yet");
    format!("{}{}{note}", canvas.heading("Releases"), canvas.draw(&table))
}

fn support(release: &Release) -> String {
    if release.rolling {
        return "no end of its own".to_owned();
    }
    let phases: Vec<String> = release
        .support
        .iter()
        .map(|phase| {
            let editions =
                if phase.editions.is_empty() { String::new() } else { format!(" ({})", phase.editions.join(", ")) };
            format!("{}{editions} {}", phase.phase, mark(phase.until, phase.verified))
        })
        .collect();
    if phases.is_empty() { "not known".to_owned() } else { phases.join(", ") }
}

fn mark(day: jiff::civil::Date, verified: bool) -> String {
    if verified { day.to_string() } else { format!("{day} *") }
}

fn terms(product: &Product, canvas: &Canvas) -> String {
    if product.terms.is_empty() && product.grants.is_empty() {
        return String::new();
    }
    let mut out = canvas.heading("Terms");
    for terms in &product.terms {
        let counted = format!("{}, counted by {}, licences {}", terms.metric, method(terms), versions(product, terms));
        out.push_str(&term(canvas, &terms.id, &counted, &terms.source, terms.verified));
    }
    for grant in &product.grants {
        let until = grant.until_version.as_ref().map_or(String::new(), |version| format!(", until {version}"));
        let converted = format!("converts {} to {}{until}", grant.from_metric, grant.to_metric);
        out.push_str(&term(canvas, &grant.id, &converted, &grant.source, grant.verified));
    }
    out
}

/// One term: its id, what it counts, and where that stands.
fn term(canvas: &Canvas, id: &str, what: &str, source: &RuleSource, verified: bool) -> String {
    let verified = if verified { "" } else { "; not verified against a public page yet" };
    let mut out = canvas.item(2, "- ", &format!("{id}: {what}"));
    out.push_str(&canvas.prose(4, &format!("source: {source}{verified}")));
    out
}

fn method(terms: &Terms) -> &'static str {
    METHODS.iter().find(|(method, _)| *method == terms.method).map_or("", |(_, name)| name)
}

fn versions(product: &Product, terms: &Terms) -> String {
    let first = product.version_name(terms.from);
    match product.releases.get(terms.until) {
        Some(last) => format!("{first} to {}", last.licence_version),
        None => format!("from {first}"),
    }
}

fn recognition(product: &Product, canvas: &Canvas) -> String {
    let lists = [
        ("proves an installation", &product.recognise),
        ("component, never counts alone", &product.components),
        ("not licensable", &product.not_licensable),
    ];
    let mut table = canvas.table(&[("recognition", Kind::Text), ("what a hit means", Kind::Text)]);
    for (means, patterns) in lists {
        for pattern in patterns {
            let because = pattern.because.as_ref().map(|because| format!(": {because}")).unwrap_or_default();
            table.add_row([cell(&pattern.id, Tone::Plain), cell(format!("{means}{because}"), Tone::Plain)]);
        }
    }
    if table.is_empty() { String::new() } else { format!("{}{}", canvas.heading("Recognition"), canvas.draw(&table)) }
}
