//! Why a command could not run or give an answer, and the exit code of it.

use std::io::{ErrorKind, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use crate::diag;
use crate::pipeline::Failure;

/// Why a command stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// Settings, rules, estate or store are wrong.
    Failed(Failure),
    /// What was typed does not make sense: what is wrong, and what to do next.
    Usage(String, String),
    /// The result could not be written: where to, and why.
    Output(String, std::io::Error),
    /// The data do not support an answer: why, and what to do next.
    NoAnswer(String, String),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Stop {
    /// A wrong argument with what to do next.
    pub fn usage(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Usage(message.into(), next.into())
    }

    /// Something that cannot be written.
    pub fn output(path: &Path, error: std::io::Error) -> Self {
        Self::Output(path.display().to_string(), error)
    }

    /// Tells the user and gives the exit code. A reader that went away is no fault.
    pub fn report(self) -> ExitCode {
        match self {
            Self::Output(_, error) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Self::Output(path, error) => say("error", &format!("{path} cannot be written: {error}"), ""),
            Self::Usage(message, next) => say("error", &message, &next),
            Self::Failed(failure) => explain_failure(&failure),
            Self::NoAnswer(message, next) => {
                say("no answer", &message, &next);
                return ExitCode::from(3);
            }
        }
        ExitCode::from(2)
    }
}

fn say(word: &str, message: &str, next: &str) {
    eprintln!("{word}: {message}");
    if !next.is_empty() {
        eprintln!("  help: {next}");
    }
}

/// Every diagnostic, with file, line and caret where the text is at hand.
fn explain_failure(failure: &Failure) {
    let colour = super::output::colour_wanted() && std::io::stderr().is_terminal();
    for diagnostic in &failure.diagnostics {
        let text = failure.texts.get(&diagnostic.path).map(String::as_str);
        eprintln!("{}", diag::render(diagnostic, text, colour));
    }
    let errors = failure.diagnostics.len();
    if errors > 1 {
        eprintln!("{errors} faults; nothing was changed");
    }
}
