//! Faults of one table, in the order of the file. The first error becomes the verdict where nothing could be read.

use crate::diag::{Code, Diagnostic, Severity};

use super::{Sink, Verdict};

/// Faults that are told one by one; further ones are counted.
const TOLD: usize = 500;

/// What went wrong so far.
#[derive(Default)]
pub(super) struct Faults {
    kept: Vec<Diagnostic>,
    has_error: bool,
    more: usize,
}

impl Faults {
    /// Keeps a fault.
    pub fn keep(&mut self, fault: Diagnostic) {
        let is_error = fault.severity == Severity::Error;
        // The first error is kept wherever it stands: it may become the verdict.
        if self.kept.len() < TOLD || (is_error && !self.has_error) {
            self.kept.push(fault);
        } else {
            self.more += 1;
        }
        self.has_error |= is_error;
    }

    /// Keeps several.
    pub fn keep_all(&mut self, faults: impl IntoIterator<Item = Diagnostic>) {
        faults.into_iter().for_each(|fault| self.keep(fault));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Manifest, ObservedHost, Place, Price, PurchaseLine, SoftwareRecord};

    /// Keeps what is told.
    #[derive(Default)]
    struct Told(Vec<Diagnostic>);

    impl Sink for Told {
        fn host(&mut self, _: ObservedHost) {}
        fn software(&mut self, _: SoftwareRecord<'_>, _: Place) {}
        fn purchase(&mut self, _: PurchaseLine, _: Place) {}
        fn price(&mut self, _: Price, _: Place) {}
        fn manifest(&mut self, _: Manifest) {}
        fn diagnostic(&mut self, diagnostic: Diagnostic) {
            self.0.push(diagnostic);
        }
    }

    #[test]
    fn an_error_behind_many_warnings_rejects_a_file_without_records() {
        let mut faults = Faults::default();
        (0..TOLD + 7).for_each(|row| faults.keep(Diagnostic::warning(Code::WrongValue, "", format!("row {row}"))));
        faults.keep(Diagnostic::error(Code::MissingKey, "", "no name"));
        let mut told = Told::default();
        let verdict = faults.verdict(0, "nothing", "list.csv", &mut told);
        assert!(matches!(verdict, Verdict::Rejected(fault) if fault.message == "no name"));
        assert_eq!(told.0.last().expect("the sum").message, "7 more faults are not told one by one");
    }
}
