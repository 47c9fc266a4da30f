//! XML as a walk over its elements, for readers that know elements by their path.
//!
//! Namespaces are not told apart: an element is known by its local name. Entities are never expanded: a document type is
//! refused, unless it is the one that every document of a format has and defines nothing, and so is any reference but the
//! five predefined ones and characters by number.

use std::borrow::Cow;

use quick_xml::Reader as XmlReader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

/// Deepest nesting of elements; lists of files nest as deep as folders do.
const DEEPEST: usize = 256;

/// Why a document is refused, and at which byte.
#[derive(Debug)]
pub(super) struct Fault {
    code: Code,
    message: String,
    at: usize,
}

impl Fault {
    /// XML that is broken, or of another form than is read.
    pub fn new(message: impl Into<String>, at: usize) -> Self {
        Self { code: Code::BrokenFormat, message: message.into(), at }
    }

    /// A document with elements nested deeper than so many.
    pub fn too_deep(deepest: usize, at: usize) -> Self {
        Self { code: Code::LimitReached, message: format!("elements are nested more than {deepest} deep"), at }
    }

    /// The fault with its line.
    pub fn diagnostic(self, text: &str, path: &str) -> Diagnostic {
        let before = &text.as_bytes()[..self.at.min(text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
        let help = "nothing was taken from this file; collect the inventory again";
        Diagnostic::error(self.code, path, format!("{} (column {column})", self.message))
            .at(Place::Line(u32::try_from(line).unwrap_or(u32::MAX)))
            .help(help)
    }
}

/// Line numbers of ever later bytes.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    /// The lines of a text, from its first.
    pub fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0, line: 1 }
    }

    /// Notes the line of a byte that was counted otherwise.
    pub fn reached(&mut self, at: usize, line: u32) {
        (self.at, self.line) = (at, line);
    }

    /// The line of a byte, which must lie behind those asked for before.
    pub fn line_of(&mut self, at: usize) -> u32 {
        let passed = self.bytes.get(self.at..at).unwrap_or_default();
        let breaks = memchr::memchr_iter(b'\n', passed).count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.at = at;
        self.line
    }
}

/// An element that begins.
pub(super) struct Element<'e> {
    start: &'e BytesStart<'e>,
    at: usize,
    /// Line on which it begins.
    pub line: u32,
}

impl Element<'_> {
    /// A fault of the document, here.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(message, self.at)
    }

    /// The value of an attribute without prefix; `None` where it is not there.
    ///
    /// # Errors
    /// A reference in the value that is not resolved, or attributes that are broken.
    pub fn attribute(&self, name: &str) -> Result<Option<String>, Fault> {
        for attribute in self.start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| Fault::new(format!("the XML is broken: {error}"), self.at))?;
            if attribute.key.as_ref() == name {
                let value = unescape(&attribute.value)
                    .map_err(|error| Fault::new(format!("the attribute `{name}` is not resolved: {error}"), self.at))?;
                return Ok(Some(value.into_owned()));
            }
        }
        Ok(None)
    }

    /// Whether an attribute says `true`.
    ///
    /// # Errors
    /// As [`Element::attribute`].
    pub fn flag(&self, name: &str) -> Result<bool, Fault> {
        Ok(self.attribute(name)?.is_some_and(|value| matches!(value.trim(), "true" | "1")))
    }
}

/// Hears what stands in a document.
pub(super) trait Listener<'a> {
    /// An element begins. `path` holds the local names from the root to it, with `/` between them.
    ///
    /// # Errors
    /// Whatever makes the document worthless.
    fn open(&mut self, path: &str, element: &Element<'_>) -> Result<(), Fault>;
    /// An element ends; `text` is what stood in it behind its last inner element.
    fn close(&mut self, path: &str, text: Cow<'a, str>);
}

/// What a text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One document.
    One,
    /// Several documents, one after another.
    Several,
    /// One document with the document type of this name, which defines nothing of its own.
    OfType(&'static str),
}

/// Walks through a text.
///
/// # Errors
/// XML that is broken or ends too early, a document type that is refused, references that are not resolved, too deep a
/// nesting.
pub(super) fn walk<'a>(text: &'a str, form: Form, listener: &mut dyn Listener<'a>) -> Result<(), Fault> {
    let several = form == Form::Several;
    let mut walk = Walk { path: String::new(), starts: Vec::new(), value: Cow::Borrowed(""), lines: Lines::new(text) };
    let mut reader = XmlReader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut roots = 0_usize;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                roots += usize::from(walk.starts.is_empty());
                if roots > 1 && !several {
                    return Err(Fault::new("a second document in the same file", at));
                }
                walk.open(&start, at, listener)?;
            }
            Ok(Event::Empty(start)) => {
                roots += usize::from(walk.starts.is_empty());
                if roots > 1 && !several {
                    return Err(Fault::new("a second document in the same file", at));
                }
                walk.open(&start, at, listener)?;
                walk.close(listener);
            }
            Ok(Event::End(_)) => walk.close(listener),
            Ok(Event::Text(text)) => walk.append(text.into_inner(), at)?,
            Ok(Event::CData(text)) => walk.append(text.into_inner(), at)?,
            Ok(Event::GeneralRef(reference)) => walk.append_reference(&reference, at)?,
            Ok(Event::DocType(kind)) => {
                let is_allowed = |name: &str| kind.trim_start().starts_with(name) && !kind.contains('[');
                if !matches!(form, Form::OfType(name) if is_allowed(name)) {
                    return Err(Fault::new("a document type, which may hold entities, is refused", at));
                }
            }
            Ok(Event::Eof) => {
                return match (walk.starts.len(), roots) {
                    (0, 0) => Err(Fault::new("no element in the document", text.len())),
                    (0, _) => Ok(()),
                    (open, _) => {
                        Err(Fault::new(format!("the XML ends too early, with {open} elements open"), text.len()))
                    }
                };
            }
            Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_)) => {}
            Err(error) => {
                let at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
                return Err(Fault::new(format!("the XML is broken: {error}"), at));
            }
        }
    }
}

/// Where the walk is.
struct Walk<'a> {
    path: String,
    /// Length of the path before each open element.
    starts: Vec<usize>,
    value: Cow<'a, str>,
    lines: Lines<'a>,
}

impl<'a> Walk<'a> {
    fn open(&mut self, start: &BytesStart<'_>, at: usize, listener: &mut dyn Listener<'a>) -> Result<(), Fault> {
        if self.starts.len() >= DEEPEST {
            return Err(Fault::too_deep(DEEPEST, at));
        }
        self.starts.push(self.path.len());
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(start.local_name().into_inner());
        self.value = Cow::Borrowed("");
        let line = self.lines.line_of(at);
        listener.open(&self.path, &Element { start, at, line })
    }

    fn close(&mut self, listener: &mut dyn Listener<'a>) {
        listener.close(&self.path, std::mem::take(&mut self.value));
        if let Some(start) = self.starts.pop() {
            self.path.truncate(start);
        }
    }

    fn append(&mut self, text: Cow<'a, str>, at: usize) -> Result<(), Fault> {
        if self.starts.is_empty() {
            let blank = text.chars().all(|letter| letter.is_whitespace() || letter == '\u{FEFF}');
            return if blank { Ok(()) } else { Err(Fault::new("text outside the document", at)) };
        }
        if self.value.is_empty() {
            self.value = text;
        } else {
            self.value.to_mut().push_str(&text);
        }
        Ok(())
    }

    /// A reference: one of the five predefined entities or a character by its number; nothing else is looked up.
    fn append_reference(&mut self, reference: &BytesRef<'_>, at: usize) -> Result<(), Fault> {
        let wrong = || Fault::new(format!("the reference `&{};` is not resolved", &**reference), at);
        let character = reference.resolve_char_ref().map_err(|_| wrong())?;
        let named = resolve_xml_entity(reference);
        if character.is_none() && named.is_none() {
            return Err(wrong());
        }
        let text = self.value.to_mut();
        text.extend(character);
        text.push_str(named.unwrap_or_default());
        Ok(())
    }
}

/// Local name of the first element of a text that may be XML, and of the one behind it; comments are passed over.
pub(super) fn first_elements(head: &str) -> (Option<&str>, Option<&str>) {
    let mut in_comment = false;
    let mut names = head.split('<').skip(1).filter_map(|part| {
        in_comment |= part.starts_with("!--");
        let is_comment = in_comment;
        in_comment &= !part.contains("-->");
        let begins = part.starts_with(|first: char| first.is_alphabetic() || first == '_');
        let name = part.split(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '/')).next()?;
        (begins && !is_comment).then(|| name.rsplit(':').next().unwrap_or(name))
    });
    (names.next(), names.next())
}

#[cfg(test)]
mod tests {
    use super::first_elements;

    #[test]
    fn the_first_elements_are_found_behind_declarations_and_comments() {
        let text = "<?xml version='1.0'?>\n<!-- of <old> things -->\n<a:Root x='1'><b/></a:Root>";
        assert_eq!(first_elements(text), (Some("Root"), Some("b")));
        assert_eq!(first_elements("no element"), (None, None));
    }
}
