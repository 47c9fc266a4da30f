//! Faults of one table, in the order of the file. The first error becomes the verdict where nothing could be read.

use crate::diag::{Code, Diagnostic, Severity};

use super::{Sink, Verdict};

/// Faults that are told one by one; further ones are counted.
const TOLD: usize = 500;

/// What went wrong so far.
#[derive(Default)]
pub(super) struct Faults {
    kept: Vec<Diagnostic>,
    more: usize,
}

impl Faults {
    /// Keeps a fault.
    pub fn keep(&mut self, fault: Diagnostic) {
        if self.kept.len() < TOLD {
            self.kept.push(fault);
        } else {
            self.more += 1;
        }
    }

    /// Hands the faults on and says what became of the file; `nothing` is the reason where it holds neither records
    /// nor errors.
    pub fn verdict(mut self, records: usize, nothing: &str, path: &str, sink: &mut dyn Sink) -> Verdict {
        let first_error = self.kept.iter().position(|fault| fault.severity == Severity::Error);
        let verdict = match first_error {
            Some(index) if records == 0 => Verdict::Rejected(self.kept.remove(index)),
            None if records == 0 => Verdict::Ignored(nothing.to_owned()),
            _ => Verdict::Read,
        };
        for fault in self.kept {
            sink.diagnostic(fault);
        }
        if self.more > 0 {
            let message = format!("{} more faults are not told one by one", self.more);
            sink.diagnostic(Diagnostic::error(Code::LimitReached, path, message));
        }
        verdict
    }
}
