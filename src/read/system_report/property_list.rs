//! The report as a property list: texts by their keys, in the dictionaries of a section's items.

use quick_xml::Reader as XmlReader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;

use super::super::collected::Row;
use super::{Report, Section};

/// Deepest nesting of elements.
const DEEPEST: usize = 64;

/// The report, or why it cannot be read and on which line.
pub(super) fn read(text: &str) -> Result<Report, (String, u32)> {
    let mut walk = Walk::default();
    let mut reader = XmlReader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let line = |at: usize| {
        let passed = &text.as_bytes()[..at.min(text.len())];
        u32::try_from(1 + passed.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX)
    };
    let (mut counted, mut number) = (0_usize, 1_u32);
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                if start.name().as_ref() == "dict" {
                    let passed = text.as_bytes().get(counted..at).unwrap_or_default();
                    let breaks = passed.iter().filter(|byte| **byte == b'\n').count();
                    number = number.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
                    counted = at;
                }
                walk.open(start.name().as_ref(), number).map_err(|message| (message, line(at)))?;
            }
            Ok(Event::Empty(_)) => walk.key = None,
            Ok(Event::End(end)) => walk.close(end.name().as_ref()),
            Ok(Event::Text(text)) => walk.value.push_str(&text),
            Ok(Event::CData(text)) => walk.value.push_str(&text),
            Ok(Event::GeneralRef(reference)) => {
                let wrong = || (format!("the reference `&{};` is not resolved", &*reference), line(at));
                match (reference.resolve_char_ref().map_err(|_| wrong())?, resolve_xml_entity(&reference)) {
                    (Some(character), _) => walk.value.push(character),
                    (None, Some(entity)) => walk.value.push_str(entity),
                    (None, None) => return Err(wrong()),
                }
            }
            Ok(Event::DocType(kind)) if kind.trim_start().starts_with("plist") && !kind.contains('[') => {}
            Ok(Event::DocType(_)) => {
                return Err(("a document type that is not a property list's is refused".into(), line(at)));
            }
            Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_)) => {}
            Ok(Event::Eof) if walk.open.is_empty() && walk.seen_root => return Ok(walk.report),
            Ok(Event::Eof) => {
                let message = format!("the XML ends too early, with {} elements open", walk.open.len());
                return Err((message, line(text.len())));
            }
            Err(error) => {
                let at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
                return Err((format!("the XML is broken: {error}"), line(at)));
            }
        }
    }
}

/// A dictionary while it is read.
#[derive(Default)]
struct Dictionary {
    texts: Vec<(String, String)>,
    line: u32,
}

/// Where the document is.
#[derive(Default)]
struct Walk {
    open: Vec<String>,
    dictionaries: Vec<Dictionary>,
    section: Option<Section>,
    key: Option<String>,
    value: String,
    report: Report,
    seen_root: bool,
}

impl Walk {
    fn open(&mut self, element: &str, line: u32) -> Result<(), String> {
        match self.open.len() {
            0 if self.seen_root => return Err("a second document in the same file".into()),
            0 if element != "plist" => return Err(format!("the root is `<{element}>`, not `<plist>`")),
            DEEPEST => return Err(format!("elements are nested more than {DEEPEST} deep")),
            _ => self.seen_root = true,
        }
        if element == "dict" {
            self.dictionaries.push(Dictionary { line, ..Dictionary::default() });
            self.key = None;
        }
        self.open.push(element.to_owned());
        self.value.clear();
        Ok(())
    }

    fn close(&mut self, element: &str) {
        self.open.pop();
        let value = std::mem::take(&mut self.value);
        match element {
            "key" => self.key = Some(value),
            "string" | "integer" | "real" | "date" => {
                let Some(key) = self.key.take() else { return };
                if key == "_dataType" {
                    self.section = Some(Section::of(value.trim()));
                    self.report.seen |= self.section != Some(Section::Other);
                }
                if let Some(dictionary) = self.dictionaries.last_mut() {
                    dictionary.texts.push((key, value));
                }
            }
            "dict" => {
                let Some(dictionary) = self.dictionaries.pop() else { return };
                // The outermost dictionary is the section itself.
                match self.section {
                    _ if self.dictionaries.is_empty() => self.section = None,
                    Some(Section::Applications) => self.application(dictionary),
                    Some(Section::Hardware | Section::Software) => {
                        let line = dictionary.line;
                        for (key, value) in dictionary.texts {
                            self.report.add_fact(key, value, line);
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn application(&mut self, dictionary: Dictionary) {
        let text = |key: &str| dictionary.texts.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone());
        if let Some(name) = text("_name").filter(|name| !name.trim().is_empty()) {
            let version = text("version").unwrap_or_default();
            self.report.add_software(Row { name, version, line: dictionary.line, ..Row::default() });
        }
    }
}
