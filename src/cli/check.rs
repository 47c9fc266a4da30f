//! `trueup check`: would this new server, guest or installation be licensed today?

use std::path::PathBuf;

use clap::Args;

use crate::pipeline::{self, Answered, Change, Gate, Request};
use crate::report::terminal::{Kind, Tone, cell, number};

use super::stop::Stop;
use super::{End, Format, Global};

/// Would this be licensed today? Made to stand in a provisioning pipeline
///
/// The request is a manifest with the machines to be built. Ends with 0 where what is owned covers them, 1 where
/// something must be bought, and 3 where the data do not support an answer.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup check request.toml
  trueup check --product windows-server --edition standard --version 2022 --on bre-esx-03 --vcpus 4 --for brent

A request:
  [[host]]
  name = \"new-app-01\"
  on = \"bre-esx-03\"
  vcpus = 4
  installs = [{ product = \"windows-server\", edition = \"standard\", version = \"2022\" }]")]
pub(super) struct Arguments {
    /// Manifest with what is to be deployed
    #[arg(value_name = "REQUEST.toml", required_unless_present = "product", conflicts_with = "product")]
    request: Option<PathBuf>,
    /// Product id, for a single installation without a file
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    /// Edition of it
    #[arg(long, requires = "product")]
    edition: Option<String>,
    /// Version of it
    #[arg(long, requires = "product")]
    version: Option<String>,
    /// Host the new guest is to run on; without it the machine is physical
    #[arg(long, value_name = "HOST", requires = "product", requires = "vcpus")]
    on: Option<String>,
    /// Virtual processors of the guest
    #[arg(long, value_name = "N", requires = "on")]
    vcpus: Option<u32>,
    /// Cores of each processor of a physical machine, separated by commas
    #[arg(long, value_name = "CORES", value_delimiter = ',', requires = "product", conflicts_with = "on")]
    processors: Vec<u32>,
    /// Organisation that is to run it
    #[arg(long = "for", value_name = "ORGANISATION")]
    owner: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    let request = request(arguments)?;
    let options = global.scan_options(None)?;
    let gate = pipeline::check(&options, &request)?;
    let text = match global.form_without_csv("check")? {
        Format::Json => serde_json::to_string_pretty(&gate).map(|json| json + "\n").unwrap_or_default(),
        _ => draw(global, &gate),
    };
    global.write(&text)?;
    match gate.answer {
        Answered::Covered => Ok(End::Done),
        Answered::NotCovered => Ok(End::Found),
        Answered::Unclear => Err(Stop::NoAnswer(gate.reason, "trueup questions tells what would decide it".into())),
    }
}

/// The request as a manifest.
fn request(arguments: &Arguments) -> Result<Request, Stop> {
    if let Some(path) = &arguments.request {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Stop::usage(
                format!("{} cannot be read: {error}", path.display()),
                "name a manifest; see trueup check --help",
            )
        })?;
        return Ok(Request { path: path.display().to_string(), text, organisation: arguments.owner.clone() });
    }
    let quoted = |text: &str| format!("{text:?}");
    let mut install = format!("product = {}", quoted(arguments.product.as_deref().unwrap_or_default()));
    for (key, value) in [("edition", &arguments.edition), ("version", &arguments.version)] {
        if let Some(value) = value {
            install.push_str(&format!(", {key} = {}", quoted(value)));
        }
    }
    let mut text = String::from("[[host]]\nname = \"requested-machine\"\n");
    if let Some(on) = &arguments.on {
        text.push_str(&format!("on = {}\n", quoted(on)));
    }
    if let Some(vcpus) = arguments.vcpus {
        text.push_str(&format!("vcpus = {vcpus}\n"));
    }
    if !arguments.processors.is_empty() {
        text.push_str(&format!("processors = {:?}\n", arguments.processors));
    }
    text.push_str(&format!("installs = [{{ {install} }}]\n"));
    Ok(Request { path: "the command line".into(), text, organisation: arguments.owner.clone() })
}

fn draw(global: &Global, gate: &Gate) -> String {
    let canvas = global.canvas();
    let answer = match gate.answer {
        Answered::Covered => "covered",
        Answered::NotCovered => "not covered",
        Answered::Unclear => "no answer",
    };
    let mut out = canvas.heading(&format!("trueup: {answer}: {}", gate.reason));
    if !gate.changes.is_empty() {
        out.push_str("\nWhat it changes\n");
        let columns = [
            ("licence", Kind::Text),
            ("metric", Kind::Name),
            ("required", Kind::Number),
            ("shortfall", Kind::Number),
            ("left over", Kind::Number),
            ("to buy", Kind::Number),
            ("at a cost of", Kind::Number),
        ];
        let mut table = canvas.table(&columns);
        for change in &gate.changes {
            table.add_row(row(change));
        }
        out.push_str(&canvas.draw(&table));
        let unpriced = gate.changes.iter().filter(|change| change.marginal_cost.is_none());
        let mut wanted: Vec<&str> = unpriced.filter_map(|change| change.missing_price.as_deref()).collect();
        wanted.dedup();
        if !wanted.is_empty() {
            out.push_str(&canvas.prose(2, &format!("Prices wanted: {}", wanted.join("; "))));
        }
    }
    for change in &gate.changes {
        if let Some(first_year) = change.first_year.as_ref().filter(|_| change.shortfall.1 > change.shortfall.0) {
            let text = format!(
                "Bought now, {} comes to {first_year} in the first year: Software Assurance that it must carry, or what \
                 replaces units that are no longer sold, is part of that.",
                change.title
            );
            out.push_str(&canvas.prose(2, &text));
        }
    }
    if !gate.covered_by.is_empty() {
        out.push_str("\nWhat covers it, with everything else licensed in the same place\n");
        for cover in &gate.covered_by {
            let name = cover.reference.as_deref().unwrap_or(&cover.entitlement.0);
            let place = cover.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
            let plural = if cover.units == 1 { "" } else { "s" };
            let licences = format!("{} {} licence{plural} of {}", number(cover.units), cover.metric, cover.title);
            let left = match cover.left {
                0 => "nothing of it is left over".to_owned(),
                left => format!("{} of it left over", number(left)),
            };
            out.push_str(&canvas.item(2, "- ", &format!("{licences}, {name}{place}: {left}")));
        }
    }
    out
}

fn row(change: &Change) -> Vec<comfy_table::Cell> {
    let (before, after) = change.required;
    let added = change.shortfall.1.saturating_sub(change.shortfall.0);
    let cost = match (&change.marginal_cost, added) {
        (_, 0) => "–".to_owned(),
        (Some(cost), _) => cost.to_string(),
        (None, _) => "no price".to_owned(),
    };
    let tone = if added > 0 { Tone::Bad } else { Tone::Good };
    vec![
        cell(format!("{}: {}", change.organisation, change.title), Tone::Plain),
        cell(change.metric, Tone::Plain),
        cell(format!("{before} → {after}"), Tone::Plain),
        cell(format!("{} → {}", change.shortfall.0, change.shortfall.1), tone),
        cell(change.surplus.1.to_string(), Tone::Plain),
        cell(added.to_string(), tone),
        cell(cost, Tone::Plain),
    ]
}
