//! What a file of many small statements says of one machine, kept until the file ends: only then is the machine named.

use crate::model::{ObservedHost, Place, SoftwareRecord, View};

use super::Sink;

/// Most software rows kept of one machine; above it something other than an inventory is at work.
pub(super) const MOST_ROWS: usize = 500_000;

/// A software row with its texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Name as written.
    pub name: String,
    /// Version as written.
    pub version: String,
    /// Publisher as written.
    pub publisher: String,
    /// Uninstall key or product-release id.
    pub key: String,
    /// Line on which it begins.
    pub line: u32,
}

/// A machine with its software.
#[derive(Debug)]
pub(super) struct Collected {
    /// The machine.
    pub host: ObservedHost,
    /// Its software.
    pub software: Vec<Row>,
}

impl Collected {
    /// A machine of which nothing is known yet but its name.
    pub fn new(line: u32, name: impl Into<String>) -> Self {
        Self { host: ObservedHost::new(Place::Line(line), View::Register, name), software: Vec::new() }
    }

    /// Adds a remark where there is something to say.
    pub fn remark(&mut self, name: &str, text: Option<String>) {
        self.host.remarks.extend(text.filter(|text| !text.trim().is_empty()).map(|text| (name.to_owned(), text)));
    }

    /// Hands on the machine and its software. Only who lists software has inventoried it.
    pub fn emit(mut self, sink: &mut dyn Sink) {
        if !self.software.is_empty() && self.host.view == View::Register {
            self.host.view = View::Agent;
        }
        sink.host(self.host);
        for row in &self.software {
            let record =
                SoftwareRecord { name: &row.name, version: &row.version, publisher: &row.publisher, key: &row.key };
            sink.software(record, Place::Line(row.line));
        }
    }
}
