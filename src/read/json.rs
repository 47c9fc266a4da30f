//! JSON documents that are read as a whole: what comes out of them, or where they are broken.

use serde::Deserialize;
use serde::de::DeserializeSeed;

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

/// What a document says.
///
/// # Errors
/// Where the text is broken, ends too early or goes on behind the document.
pub(super) fn parsed<'t, T: Deserialize<'t>>(text: &'t str, path: &str) -> Result<T, Diagnostic> {
    serde_json::from_str(text).map_err(|error| broken(&error, path))
}

/// The same, into something that is there already.
///
/// # Errors
/// As [`parsed`].
pub(super) fn parsed_into<'t, S: DeserializeSeed<'t>>(
    seed: S,
    text: &'t str,
    path: &str,
) -> Result<S::Value, Diagnostic> {
    let mut document = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut document).and_then(|value| document.end().map(|()| value));
    value.map_err(|error| broken(&error, path))
}

/// What is wrong with a document, with its place.
pub(super) fn broken(error: &serde_json::Error, path: &str) -> Diagnostic {
    let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
    let text = error.to_string();
    // The library ends its message with the place, which is given in our own form.
    let reason = text.split(" at line ").next().unwrap_or_default();
    let message = match error.is_eof() {
        true => format!("the JSON ends too early, at column {}: {reason}", error.column()),
        false => format!("the JSON is broken at column {}: {reason}", error.column()),
    };
    let help = "nothing was taken from this file; collect the inventory again";
    Diagnostic::error(Code::BrokenFormat, path, message).at(Place::Line(line)).help(help)
}
