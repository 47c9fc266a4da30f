//! `trueup scan`: the main job.

use std::path::PathBuf;

use clap::Args;

use crate::pipeline;
use crate::report::Section;

use super::estate;
use super::progress::Bar;
use super::show::{Wanted, shown};
use super::stop::Stop;
use super::{End, Global};

/// Read an estate, keep what was found, and print the licence position
///
/// Reads every inventory, purchase record and price list below a folder, whatever their names and layout; reconciles
/// them under the publishers' terms; prints what was read, what was seen, the licence position, support, open questions
/// and what the shortfall costs. A bad file never stops it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup scan samples/councils
  trueup scan estate --as-of 2026-06-30 --format json -o elp.json
  trueup scan estate --fail-on shortfall,unsupported")]
pub(super) struct Arguments {
    /// Folder of the estate
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Encoding of text files that do not show theirs, such as windows-1250; without it, the likeliest is taken
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Print long lists in full
    #[arg(long)]
    all: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    global.form_without_csv("scan")?;
    let mut options = global.scan_options(arguments.folder.as_ref())?;
    options.encoding.clone_from(&arguments.encoding);
    global.say_more(&format!("reading {}", options.estate.display()));
    estate::look_before_scan(global, &options);
    let bar = Bar::start(global.quiet);
    let wanted = Wanted {
        command: "scan",
        sections: &Section::ALL,
        in_full: arguments.all,
        within_months: None,
        estate: arguments.folder.as_deref(),
        owes_position: true,
    };
    let scanned = pipeline::scan_and(&options, &bar, |outcome| shown(global, outcome, &wanted));
    bar.finish();
    let (outcome, shown) = scanned?;
    // The program ends with this result: giving back an outcome of a large estate piece by piece would only take time.
    std::mem::forget(outcome);
    shown?.print(global)
}
