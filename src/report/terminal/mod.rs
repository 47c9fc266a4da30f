//! The report for people: short sentences, tables, and hints at the command that shows more.
//!
//! One file a section; each gets the report and returns lines. Colour never carries meaning alone: a column in words
//! stands beside it.

mod agreement;
mod alternative;
mod canvas;
mod coverage;
mod input;
mod plan;
mod position;
mod question;
mod support;
mod total;

pub use canvas::{Canvas, Kind, Tone, cell, number};
pub use plan::render as plan;

use crate::diag::wrapped;
use crate::model::Answer;

use super::{Report, Section};

/// What of a report is printed, and how long its lists may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View<'v> {
    /// Sections, in this order.
    pub sections: &'v [Section],
    /// Whether lists are printed in full.
    pub in_full: bool,
    /// Options that every command named in the text must repeat to be about the same estate and day.
    pub repeat: &'v str,
}

impl View<'_> {
    /// How many rows of a list are printed.
    fn limit(&self, rows: usize) -> usize {
        if self.in_full { usize::MAX } else { rows }
    }

    /// A command as the user would type it from here.
    pub fn command(&self, command: &str) -> String {
        let blank = if self.repeat.is_empty() { "" } else { " " };
        format!("trueup {command}{blank}{}", self.repeat)
    }

    /// The command that follows a figure, under the reading shown.
    fn explain(&self, report: &Report<'_>, key: &str) -> String {
        match report.reading {
            Answer::Strict => self.command(&format!("explain {key}")),
            Answer::Customer => self.command(&format!("explain {key} --reading customer")),
        }
    }

    /// Whether this is the only section: its list is what the user asked for.
    fn is_alone(&self) -> bool {
        self.sections.len() == 1
    }
}

/// The report as text for a terminal or a pipe.
pub fn render(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let mut out = title(report, view, canvas);
    // A longer report of an estate without agreements need not say so.
    let silent =
        |section: &&Section| **section == Section::Agreements && report.agreements.is_empty() && !view.is_alone();
    for section in view.sections.iter().filter(|section| !silent(section)) {
        out.push('\n');
        out.push_str(&match section {
            Section::Input => input::render(report, view, canvas),
            Section::Coverage => coverage::render(report, view, canvas),
            Section::Position => position::render(report, view, canvas),
            Section::Agreements => agreement::render(report, canvas),
            Section::Alternatives => alternative::render(report, view, canvas),
            Section::Support => support::render(report, view, canvas),
            Section::Questions => question::render(report, view, canvas),
            Section::Total => total::render(report, view, canvas),
        });
    }
    out
}

/// What this is, of which day, and how the terms were read.
fn title(report: &Report<'_>, view: &View<'_>, canvas: &Canvas) -> String {
    let of = report
        .organisation
        .as_deref()
        .map(|name| format!(" of {}", report.organisation_title(name)))
        .unwrap_or_default();
    let day = report.as_of.strftime("%-d %B %Y");
    canvas.prose(
        0,
        &match view.sections {
            [Section::Input] => format!("trueup: sources on {day}"),
            [Section::Agreements] => format!("trueup: agreements{of} on {day}"),
            [Section::Support] => format!("trueup: support{of} on {day}"),
            _ => format!("trueup: licence position{of} on {day}, {} reading", report.reading),
        },
    )
}
