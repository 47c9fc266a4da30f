//! `trueup support`: what is out of support, or about to be.

use clap::Args;

use crate::report::Section;

use super::estate;
use super::show::{Wanted, show};
use super::stop::Stop;
use super::{End, Global};

/// List what is out of support, on paid extended support, or about to end
///
/// What nobody knows the lifecycle of is listed as unknown, never as supported.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup support
  trueup support --within 24m --organisation brent
  trueup support --fail-on unsupported -q -o support.csv")]
pub(super) struct Arguments {
    /// Announce what ends within so many months (12m) or years (2y) [default: as trueup.toml says, else 12m]
    #[arg(long, value_name = "TIME", value_parser = months)]
    within: Option<u32>,
    /// List what is supported too
    #[arg(long)]
    all: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    let outcome = estate::last_scan(global)?;
    let wanted = Wanted {
        command: "support",
        sections: &[Section::Support],
        in_full: arguments.all,
        within_months: arguments.within,
        estate: None,
        owes_position: false,
    };
    show(global, &outcome, &wanted)
}

/// `12m`, `2y` or a number of months; a century at most.
fn months(text: &str) -> Result<u32, String> {
    let (digits, factor) = match text.strip_suffix('y') {
        Some(digits) => (digits, 12),
        None => (text.strip_suffix('m').unwrap_or(text), 1),
    };
    let months = digits.parse::<u32>().ok().and_then(|number| number.checked_mul(factor));
    months.filter(|months| *months <= 1200).ok_or_else(|| "give months as 12m or years as 2y".to_owned())
}

#[cfg(test)]
mod tests {
    use super::months;

    #[test]
    fn a_time_is_months_or_years() {
        assert_eq!(months("12m"), Ok(12));
        assert_eq!(months("2y"), Ok(24));
        assert_eq!(months("6"), Ok(6));
        assert!(months("soon").is_err());
        assert!(months("9999y").is_err());
    }
}
