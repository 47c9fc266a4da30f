//! How far a scan is: a bar on standard error, where that is a terminal.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use crate::pipeline::Progress;

/// A bar, or nothing at all in a pipe.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// Starts a bar, unless silence was asked for.
    pub fn start(quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} files") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn found(&self, files: u64) {
        self.0.inc_length(files);
    }

    fn done(&self, files: u64) {
        self.0.inc(files);
    }
}
