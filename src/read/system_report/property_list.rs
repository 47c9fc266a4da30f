//! The report as a property list: texts by their keys, in the dictionaries of a section's items.

use std::borrow::Cow;

use super::super::collected::Row;
use super::super::xml::{Element, Fault, Form, Listener, walk};
use super::{Report, Section, signer};

/// The report, or why it cannot be read.
pub(super) fn read(text: &str) -> Result<Report, Fault> {
    let mut heard = Heard::default();
    walk(text, Form::OfType("plist"), &mut heard)?;
    Ok(heard.report)
}

/// A dictionary while it is read.
#[derive(Default)]
struct Dictionary {
    texts: Vec<(String, String)>,
    line: u32,
}

/// Where the document is.
#[derive(Default)]
struct Heard {
    dictionaries: Vec<Dictionary>,
    section: Option<Section>,
    key: Option<String>,
    report: Report,
}

impl<'a> Listener<'a> for Heard {
    fn open(&mut self, path: &str, element: &Element<'_>) -> Result<(), Fault> {
        if !path.contains('/') && path != "plist" {
            return Err(element.fault(format!("the root is `<{path}>`, not `<plist>`")));
        }
        if path.ends_with("/dict") {
            self.dictionaries.push(Dictionary { line: element.line, ..Dictionary::default() });
            self.key = None;
        }
        Ok(())
    }

    fn close(&mut self, path: &str, text: Cow<'a, str>) {
        match path.rsplit('/').next().unwrap_or(path) {
            "key" => self.key = Some(text.into_owned()),
            "string" | "integer" | "real" | "date" => self.text(text.into_owned()),
            "dict" => self.end_dictionary(),
            // A flag or a list is none of the texts that are used.
            _ => self.key = None,
        }
    }
}

impl Heard {
    fn text(&mut self, value: String) {
        let Some(key) = self.key.take() else { return };
        if key == "_dataType" {
            self.section = Some(Section::of(value.trim()));
            self.report.seen |= self.section != Some(Section::Other);
        }
        if let Some(dictionary) = self.dictionaries.last_mut() {
            dictionary.texts.push((key, value));
        }
    }

    fn end_dictionary(&mut self) {
        let Some(dictionary) = self.dictionaries.pop() else { return };
        // The outermost dictionary is the section itself.
        match self.section {
            _ if self.dictionaries.is_empty() => self.section = None,
            Some(Section::Applications) => self.application(dictionary),
            Some(Section::Hardware | Section::Software) => {
                for (key, value) in dictionary.texts {
                    self.report.add_fact(key, value, dictionary.line);
                }
            }
            _ => {}
        }
    }

    fn application(&mut self, dictionary: Dictionary) {
        let text = |key: &str| dictionary.texts.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone());
        if let Some(name) = text("_name").filter(|name| !name.trim().is_empty()) {
            let version = text("version").unwrap_or_default();
            let signed = text("signed_by").unwrap_or_default();
            let publisher = signer(&signed).unwrap_or_default().to_owned();
            self.report.add_software(Row { name, version, publisher, line: dictionary.line, ..Row::default() });
        }
    }
}
