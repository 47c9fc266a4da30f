//! `trueup explain`: one figure, followed down to its proof.

use clap::Args;

use crate::explain::{Found, PLAN_KEYS, explain, explain_step};
use crate::pipeline::{self, PlanOptions};
use crate::report::json;

use super::estate;
use super::stop::Stop;
use super::{End, Format, Global};

/// Keys that are named where a part fits several.
const LONGEST: usize = 12;

/// Follow one figure down to rules, arithmetic, purchase lines, files and places
///
/// KEY is the key of a position, a requirement, a way of licensing (alternative), a question, a support row, an
/// entitlement, a finding, an organisation's coverage or total, what is ordered under an agreement (peak), or a host, as
/// other commands print it, or any part of one that is unambiguous; of a step of the plan, one that begins with `plan:`. What it prints adds up: each figure is followed
/// by the steps, rules and places behind it, and the sources of the rules stand at the end.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup explain southwark/sql-server/enterprise
  trueup explain \"Windows Server Standard 2016\"
  trueup explain question:southwark/windows-server/d-01
  trueup explain alternative:brent/windows-server/datacenter
  trueup explain host:brent/bre-sql-02
  trueup explain total:brent
  trueup explain peak:lewisham/windows-server
  trueup explain bre-esx-03 --reading customer --format json")]
pub(super) struct Arguments {
    /// A key, or a part of one
    #[arg(value_name = "KEY")]
    key: String,

    /// Tell the arithmetic of what was not taken too, and every list to its end
    #[arg(long)]
    all: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    if arguments.key.trim().is_empty() {
        return Err(Stop::usage("the key is empty", "`trueup position` ends with keys that can be explained"));
    }
    let form = global.form_without_csv("explain")?;
    let outcome = estate::last_scan(global)?;
    let rules = pipeline::load_rules(global.rules.as_deref())?;
    let found = if arguments.key.trim().starts_with(PLAN_KEYS) {
        // Steps are worked out on demand: the same scan gives the same plan.
        let plan = pipeline::plan(&global.scan_options(None)?, &PlanOptions::of(global.reading()))?;
        explain_step(&outcome, &rules, &plan, &arguments.key, global.reading())
    } else {
        explain(&outcome, &rules, &arguments.key, global.reading())
    };
    match found {
        Found::Explanation(explanation) => {
            let text = match form {
                Format::Json => {
                    json::pretty(&*explanation).map_err(|error| Stop::usage(error.to_string(), "use --format table"))?
                }
                _ => {
                    let canvas = global.canvas();
                    let width = usize::from(canvas.width);
                    match arguments.all {
                        true => explanation.render_in_full(width, canvas.colour),
                        false => explanation.render(width, canvas.colour),
                    }
                }
            };
            global.write(&text)?;
            Ok(End::Done)
        }
        Found::Ambiguous(keys) => {
            let message = format!("{} fits {} figures", arguments.key, keys.len());
            Err(Stop::usage(message, format!("add a part of the one you mean:{}", listed(&keys))))
        }
        Found::NotFound(keys) if keys.is_empty() => Err(Stop::usage(
            format!("no figure has the key {}", arguments.key),
            "`trueup position` ends with a key that can be explained",
        )),
        Found::NotFound(keys) => Err(Stop::usage(
            format!("no figure has the key {}", arguments.key),
            format!("the nearest are:{}", listed(&keys)),
        )),
    }
}

fn listed(keys: &[String]) -> String {
    let mut out: String = keys.iter().take(LONGEST).map(|key| format!("\n    {key}")).collect();
    if keys.len() > LONGEST {
        out.push_str(&format!("\n    … and {} more", keys.len() - LONGEST));
    }
    out
}
