//! Rows that are software on machines. The rows of one machine may stand anywhere in the table, and a fleet has millions
//! of them: each is kept as a handful of numbers, its texts once.

use std::collections::{BTreeMap, HashMap};

use crate::model::{ObservedHost, Place, SoftwareRecord};

use super::super::Sink;
use super::super::faults::Faults;
use super::super::table::Table;
use super::cells::{Cells, Record};
use super::each_record;
use super::machines::{Told, machine, nameless};

/// Texts, each kept once.
#[derive(Default)]
struct Texts {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Texts {
    fn number(&mut self, text: String) -> u32 {
        if let Some(number) = self.numbers.get(&text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        number
    }

    fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", String::as_str)
    }
}

/// A software record as numbers of texts, and its line or row.
struct Kept {
    name: u32,
    version: u32,
    publisher: u32,
    key: u32,
    line: u32,
}

/// One machine with what was found on it.
struct Found {
    host: ObservedHost,
    software: Vec<Kept>,
}

/// Reads a table of software; gives how many machines and records.
pub(super) fn read(cells: &Cells<'_>, table: &mut dyn Table, faults: &mut Faults, sink: &mut dyn Sink) -> usize {
    let (mut texts, mut told) = (Texts::default(), Told::default());
    let mut machines: Vec<Found> = Vec::new();
    let mut by_name: BTreeMap<(String, String), usize> = BTreeMap::new();
    each_record(cells, table, faults, &mut |faults, row| {
        let record = cells.of(&row);
        let Some(host) = machine(&record, cells) else { return faults.keep(nameless(cells, &record)) };
        let identity = (host.name.to_lowercase(), host.domain.clone().unwrap_or_default().to_lowercase());
        let at = *by_name.entry(identity).or_insert(machines.len());
        match machines.get_mut(at) {
            Some(known) => complete(&mut known.host, host),
            None => machines.push(Found { host, software: Vec::new() }),
        }
        if let Some(kept) = software(&record, &mut texts) {
            machines[at].software.push(kept);
        }
        told.warn(record, cells, faults);
    });
    let records = machines.len();
    deliver(machines, &texts, cells, sink);
    records
}

fn software(record: &Record<'_>, texts: &mut Texts) -> Option<Kept> {
    let name = texts.number(record.text("title")?);
    let mut number = |fact| texts.number(record.text(fact).unwrap_or_default());
    let (version, publisher, key) = (number("version"), number("publisher"), number("key"));
    let line = match record.place() {
        Place::Line(line) => line,
        Place::Row { row, .. } => row,
        Place::Whole | Place::Within(_) => 0,
    };
    Some(Kept { name, version, publisher, key, line })
}

/// A later row of the same machine says what the earlier ones left out.
fn complete(known: &mut ObservedHost, later: ObservedHost) {
    known.captured = known.captured.max(later.captured);
    let fill = |known: &mut Option<String>, later: Option<String>| {
        if known.is_none() {
            *known = later;
        }
    };
    fill(&mut known.fqdn, later.fqdn);
    fill(&mut known.uuid, later.uuid);
    fill(&mut known.serial, later.serial);
    fill(&mut known.tag, later.tag);
    known.operating_system = known.operating_system.take().or(later.operating_system);
    known.processors = known.processors.take().or(later.processors);
}

fn deliver(machines: Vec<Found>, texts: &Texts, cells: &Cells<'_>, sink: &mut dyn Sink) {
    let place = |line| match cells.headings() {
        Place::Row { sheet, .. } => Place::Row { sheet: sheet.clone(), row: line },
        _ => Place::Line(line),
    };
    for found in machines {
        sink.host(found.host);
        for kept in found.software {
            let record = SoftwareRecord {
                name: texts.text(kept.name),
                version: texts.text(kept.version),
                publisher: texts.text(kept.publisher),
                key: texts.text(kept.key),
            };
            sink.software(record, place(kept.line));
        }
    }
}
