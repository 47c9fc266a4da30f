//! Diagnostics as text, with file, line and caret where the text of the file is at hand.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{Diagnostic, Severity};

/// Renders one diagnostic; `text` is the content of its file, needed for the caret.
pub fn render(diagnostic: &Diagnostic, text: Option<&str>, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.name());
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let (Some(text), Some((start, end))) = (text, diagnostic.span) else {
        return plain(diagnostic);
    };
    let end = end.clamp(start, text.len());
    let snippet = Snippet::source(text)
        .path(diagnostic.path.as_str())
        .annotation(AnnotationKind::Primary.span(start.min(text.len())..end));
    let group = title.element(snippet);
    match &diagnostic.help {
        Some(help) => renderer.render(&[group.element(Level::HELP.message(help.as_str()))]),
        None => renderer.render(&[group]),
    }
}

/// A diagnostic without a caret, on one or two lines.
fn plain(diagnostic: &Diagnostic) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let help = diagnostic.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
    format!("{severity}[{}]: {diagnostic}{help}", diagnostic.code.name())
}
