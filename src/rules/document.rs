//! Reading TOML tables key by key, so that every fault of a file is found in one pass and each has its place.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::Date;
use rust_decimal::Decimal;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diag::{Code, Diagnostic};
use crate::model::{MOST_UNITS, Place};

/// A TOML text with the faults found in it so far.
pub(crate) struct Document<'t> {
    /// Name of the file as the user would write it.
    pub path: String,
    /// Its text.
    pub text: &'t str,
    line_starts: Vec<usize>,
    faults: RefCell<Vec<Diagnostic>>,
}

impl<'t> Document<'t> {
    pub fn new(path: impl Into<String>, text: &'t str) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { path: path.into(), text, line_starts, faults: RefCell::default() }
    }

    /// Parses the text; syntax faults are recorded, and what could be read is returned all the same.
    pub fn parse(&self) -> Spanned<DeTable<'t>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            self.fault(Code::TomlSyntax, span, error.message().to_owned());
        }
        table
    }

    /// Line of a byte, counted from one.
    pub fn line(&self, byte: usize) -> u32 {
        u32::try_from(self.line_starts.partition_point(|&start| start <= byte)).unwrap_or(u32::MAX)
    }

    /// Records a fault.
    pub fn fault(&self, code: Code, span: Range<usize>, message: impl Into<String>) {
        let place = Place::Line(self.line(span.start));
        self.faults.borrow_mut().push(Diagnostic::error(code, self.path.clone(), message).at(place).span(span));
    }

    /// All faults, in the order of their places.
    pub fn into_faults(self) -> Vec<Diagnostic> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| fault.span);
        faults
    }
}

/// One table of a document; [`Fields::finish`] reports the keys nobody asked for.
pub(crate) struct Fields<'d, 't> {
    pub document: &'d Document<'t>,
    /// What the table is called in messages: `[[host]]`.
    pub title: String,
    pub span: Range<usize>,
    table: &'d DeTable<'t>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'d, 't> Fields<'d, 't> {
    pub fn new(document: &'d Document<'t>, title: &str, table: &'d DeTable<'t>, span: Range<usize>) -> Self {
        Self { document, title: title.to_owned(), span, table, asked: RefCell::default() }
    }

    /// Line on which the table starts.
    pub fn line(&self) -> u32 {
        self.document.line(self.span.start)
    }

    /// Records a fault of the table as a whole.
    pub fn fault(&self, code: Code, message: impl Into<String>) {
        self.document.fault(code, self.span.clone(), message);
    }

    /// Records a fault of one key's value.
    pub fn fault_at(&self, key: &str, code: Code, message: impl Into<String>) {
        let span = self.table.get(key).map_or(self.span.clone(), Spanned::span);
        self.document.fault(code, span, message);
    }

    /// The raw value of a key, marked as known.
    pub fn value(&self, key: &'static str) -> Option<&'d Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let found = match value.get_ref() {
            DeValue::Integer(number) => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            other => other.type_str(),
        };
        self.document.fault(Code::WrongValue, value.span(), format!("`{key}` must be {wanted}, not {found}"));
    }

    /// A key's value by a conversion; a wrong type is a fault.
    fn convert<T>(&self, key: &'static str, wanted: &str, conversion: impl Fn(&DeValue<'t>) -> Option<T>) -> Option<T> {
        let value = self.value(key)?;
        let converted = conversion(value.get_ref());
        if converted.is_none() {
            self.wrong(key, value, wanted);
        }
        converted
    }

    pub fn text(&self, key: &'static str) -> Option<String> {
        self.convert(key, "text in quotes", |value| value.as_str().map(str::to_owned))
    }

    pub fn boolean(&self, key: &'static str) -> Option<bool> {
        self.convert(key, "true or false", DeValue::as_bool)
    }

    pub fn number(&self, key: &'static str) -> Option<u32> {
        self.convert(key, "a whole number from 0 to 10,000,000", as_number)
    }

    pub fn decimal(&self, key: &'static str) -> Option<Decimal> {
        self.convert(key, "an amount such as 12.50", |value| match value {
            DeValue::Integer(number) => number.as_str().replace('_', "").parse().ok(),
            DeValue::Float(number) => number.as_str().replace('_', "").parse().ok(),
            DeValue::String(text) => text.trim().parse().ok(),
            _ => None,
        })
    }

    pub fn date(&self, key: &'static str) -> Option<Date> {
        self.convert(key, "a date such as 2025-06-30", as_date)
    }

    pub fn texts(&self, key: &'static str) -> Vec<String> {
        self.list(key, "a list of texts", |value| value.as_str().map(str::to_owned))
    }

    pub fn numbers(&self, key: &'static str) -> Option<Vec<u32>> {
        self.table.contains_key(key).then(|| self.list(key, "a list of whole numbers", as_number))
    }

    fn list<T>(&self, key: &'static str, wanted: &str, conversion: impl Fn(&DeValue<'t>) -> Option<T>) -> Vec<T> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(key, value, wanted);
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in array.iter() {
            match conversion(item.get_ref()) {
                Some(converted) => out.push(converted),
                None => self.wrong(key, item, wanted),
            }
        }
        out
    }

    /// A text that must be there.
    pub fn required_text(&self, key: &'static str) -> String {
        self.required(key);
        let text = self.text(key);
        if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            self.fault_at(key, Code::WrongValue, format!("`{key}` says nothing"));
        }
        text.unwrap_or_default()
    }

    /// Records a fault where the key is missing.
    pub fn required(&self, key: &'static str) -> bool {
        let there = self.value(key).is_some();
        if !there {
            self.fault(Code::MissingKey, format!("{} needs the key `{key}`", self.title));
        }
        there
    }

    /// A text out of a fixed set.
    pub fn one_of<T: Copy>(&self, key: &'static str, known: &[(T, &str)]) -> Option<T> {
        let text = self.text(key)?;
        let found = known.iter().find(|(_, name)| *name == text).map(|(value, _)| *value);
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|(_, name)| *name).collect();
            self.fault_at(
                key,
                Code::WrongValue,
                format!("`{key}` must be one of {}, not \"{text}\"", names.join(", ")),
            );
        }
        found
    }

    /// A table below this one.
    pub fn table(&self, key: &'static str) -> Option<Fields<'d, 't>> {
        let value = self.value(key)?;
        match value.get_ref().as_table() {
            Some(table) => Some(Fields::new(self.document, &format!("`{key}`"), table, value.span())),
            None => {
                self.wrong(key, value, "a table");
                None
            }
        }
    }

    /// A list of tables below this one, written `[[key]]` or inline.
    pub fn tables(&self, key: &'static str) -> Vec<Fields<'d, 't>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(key, value, "a list of tables");
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in array.iter() {
            match item.get_ref().as_table() {
                Some(table) => out.push(Fields::new(self.document, &format!("[[{key}]]"), table, item.span())),
                None => self.wrong(key, item, "a list of tables"),
            }
        }
        out
    }

    /// Every key with its place and value, for tables whose keys are names.
    pub fn entries(&self) -> Vec<(String, Range<usize>, &'d Spanned<DeValue<'t>>)> {
        self.table.iter().map(|(key, value)| (key.get_ref().to_string(), key.span(), value)).collect()
    }

    /// Every key with a text value, for tables that map names to names.
    pub fn text_pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (key, value) in self.table.iter() {
            match value.get_ref().as_str() {
                Some(text) => pairs.push((key.get_ref().to_string(), text.to_owned())),
                None => self.wrong(key.get_ref(), value, "text in quotes"),
            }
        }
        pairs
    }

    /// Every key with a list of texts, for tables that map names to lists.
    pub fn text_lists(&self) -> Vec<(String, Vec<String>)> {
        let mut lists = Vec::new();
        for (key, value) in self.table.iter() {
            match value.get_ref().as_array() {
                Some(array) => {
                    let texts = array.iter().filter_map(|item| item.get_ref().as_str().map(str::to_owned)).collect();
                    lists.push((key.get_ref().to_string(), texts));
                }
                None => self.wrong(key.get_ref(), value, "a list of texts"),
            }
        }
        lists
    }

    /// Reports every key nobody asked for.
    pub fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.iter() {
            if !asked.contains(key.get_ref().as_ref()) {
                let known: Vec<&str> = asked.iter().copied().collect();
                self.document.fault(
                    Code::UnknownKey,
                    key.span(),
                    format!("{} has no key `{}`; it knows {}", self.title, key.get_ref(), known.join(", ")),
                );
            }
        }
    }
}

fn as_number(value: &DeValue<'_>) -> Option<u32> {
    let number = value.as_integer()?;
    let number = u32::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok();
    number.filter(|number| *number <= MOST_UNITS)
}

fn as_date(value: &DeValue<'_>) -> Option<Date> {
    let datetime = value.as_datetime()?;
    let (date, None, None) = (datetime.date?, datetime.time, datetime.offset) else {
        return None;
    };
    Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
}
