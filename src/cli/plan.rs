//! `trueup plan`: the cheapest lawful way to close every shortfall.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;

use crate::model::OrganisationPlan;
use crate::pipeline::{self, PlanOptions};
use crate::report::plan::{to_csv, to_json};
use crate::report::terminal::{self, View};

use super::gate::Kind;
use super::stop::Stop;
use super::{End, Format, Global, day};

/// The cheapest lawful way to close every shortfall, step by step
///
/// Reassigns licences, moves or binds guests, removes what nobody uses, steps down or up an edition, and buys what is left
/// in the cheapest packs. Every step is tried on a copy of the estate: what it saves is the difference in the position.
/// Beside it stand buying now, the agreement's true-up and an audit.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup plan --organisation brent
  trueup plan --product windows-server --all
  trueup plan --without southwark
  trueup plan --date 2027-04-01 --prices quotation.csv --format json -o plan.json
  trueup explain plan:brent/windows-server/buy")]
pub(super) struct Arguments {
    /// Only this product, with what is reconciled together with it
    #[arg(long, value_name = "PRODUCT")]
    product: Option<String>,
    /// What if this organisation had left, with its machines, people and purchases?
    #[arg(long, value_name = "ORGANISATION")]
    without: Option<String>,
    /// The day of terms, rights and prices; the same as --as-of
    #[arg(long, value_name = "DATE", value_parser = day, conflicts_with = "as_of")]
    date: Option<Date>,
    /// Price list that stands in place of the estate's
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Months the costs are taken over
    #[arg(long, value_name = "MONTHS", default_value_t = 36, value_parser = clap::value_parser!(u32).range(1..=120))]
    horizon: u32,
    /// Print the arithmetic of every step and course
    #[arg(long)]
    all: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    let mut options = global.scan_options(None)?;
    options.as_of = arguments.date.or(options.as_of);
    let plan = pipeline::plan(&options, &wanted(global, arguments))?;
    let unwritable = |error: String| Stop::usage(error, "use --format table");
    let text = match global.form() {
        Format::Json => to_json(&plan).map_err(|error| unwritable(error.to_string()))?,
        Format::Csv => to_csv(&plan).map_err(|error| unwritable(error.to_string()))?,
        Format::Table => {
            let repeat = global.repeat(None);
            let view = View { sections: &[], in_full: arguments.all, repeat: &repeat };
            terminal::plan(&plan, &view, &global.canvas())
        }
    };
    global.write(&text)?;
    let is_short = || plan.organisations.iter().any(OrganisationPlan::is_short);
    let fails = global.fail_on.contains(&Kind::Shortfall) && is_short();
    Ok(if fails { End::Found } else { End::Done })
}

fn wanted(global: &Global, arguments: &Arguments) -> PlanOptions {
    PlanOptions {
        reading: global.reading(),
        organisation: global.organisation.clone(),
        product: arguments.product.clone(),
        without: arguments.without.clone(),
        prices: arguments.prices.clone(),
        horizon_months: arguments.horizon,
    }
}
