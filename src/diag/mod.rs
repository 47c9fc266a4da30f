//! What we may tell the user: codes, places, and how both are shown as text and JSON.
//!
//! Stages never print. They return [`Diagnostic`]s; the command line decides where they go.

mod render;
mod wrap;

pub use render::render;
pub use wrap::wrapped;

use serde::{Deserialize, Serialize};

use crate::model::Place;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The command cannot give its answer.
    Error,
    /// Something was not understood or left out.
    Warning,
    /// Worth knowing.
    Note,
}

/// What kind of thing is wrong. The name is part of the interface and never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The text is not TOML.
    TomlSyntax,
    /// A key that the format does not know.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value of the wrong type or outside its range.
    WrongValue,
    /// Two rules, releases or hosts bear the same name.
    DuplicateName,
    /// A name that nothing bears.
    UnknownName,
    /// A term without the source it rests on.
    MissingSource,
    /// An expression that does not compile.
    WrongExpression,
    /// The file cannot be opened or read.
    Unreadable,
    /// The content is not what any reader knows.
    UnknownFormat,
    /// The content ends too early or breaks its own format.
    BrokenFormat,
    /// Bytes that are not text in any known encoding.
    WrongEncoding,
    /// A limit on size, depth or number was reached.
    LimitReached,
    /// A record lacks what it needs.
    IncompleteRecord,
    /// A column that the format does not know.
    UnknownColumn,
    /// A record that no source contradicts but that cannot be right.
    ImplausibleValue,
    /// A record left out on purpose.
    LeftOut,
    /// Nothing says of which machine a file is.
    UnknownMachine,
    /// A mapping of the estate's own reads a sheet.
    MappingUsed,
    /// A mapping of the estate's own nearly fits a table.
    MappingMissed,
    /// A file names no machine, and its place or what is stated of it does.
    MachineFromPath,
}

impl Code {
    /// Its name, in kebab-case.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// One thing to tell, with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Kind.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// What is wrong, in a sentence.
    pub message: String,
    /// File, as the user would name it; empty where no file is concerned.
    pub path: String,
    /// Place in the file.
    pub place: Option<Place>,
    /// Bytes in the file that a caret should mark.
    pub span: Option<(usize, usize)>,
    /// What to do next.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error in a file.
    pub fn error(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, path, message)
    }

    /// A warning on a file.
    pub fn warning(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, path, message)
    }

    /// A note on a file.
    pub fn note(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, path, message)
    }

    fn new(severity: Severity, code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, severity, message: message.into(), path: path.into(), place: None, span: None, help: None }
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds the bytes a caret should mark.
    #[must_use]
    pub fn span(mut self, span: std::ops::Range<usize>) -> Self {
        self.span = Some((span.start, span.end));
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)
    }
}
