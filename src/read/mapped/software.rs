//! Rows that are software on machines. The rows of one machine may stand anywhere in the table, and a fleet has millions
//! of them: each is kept as a handful of numbers, its texts once.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, Place, SoftwareRecord, View};

use super::super::Sink;
use super::super::faults::Faults;
use super::super::table::Table;
use super::super::texts::Texts;
use super::cells::{Cells, Record};
use super::each_record;
use super::machines::{Told, machine, nameless};

/// A software record as numbers of texts, and its line or row, or the number of the text that says where it stands.
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
    let mut nameless_rows = Nameless::default();
    each_record(cells, table, faults, &mut |faults, row| {
        let record = cells.of(&row);
        let Some(host) = machine(&record, cells) else { return nameless_rows.add(record, cells, faults) };
        let identity = (host.name.to_lowercase(), host.domain.clone().unwrap_or_default().to_lowercase());
        let at = *by_name.entry(identity).or_insert(machines.len());
        match machines.get_mut(at) {
            Some(known) => complete(&mut known.host, host),
            None => machines.push(Found { host, software: Vec::new() }),
        }
        if let Some(kept) = software(&record, &mut texts).filter(|_| !is_title_of_rows(&record, cells)) {
            machines[at].software.push(kept);
        }
        told.warn(record, cells, faults);
    });
    nameless_rows.tell(cells, faults);
    let records = machines.len();
    deliver(machines, &texts, cells, sink);
    records
}

/// Rows without the name of a machine. In a document all rows of one object lack it together.
#[derive(Default)]
struct Nameless {
    rows: usize,
    first: Option<Place>,
}

impl Nameless {
    fn add(&mut self, record: Record<'_>, cells: &Cells<'_>, faults: &mut Faults) {
        if cells.mapping.rows.is_empty() {
            return faults.keep(nameless(cells, &record));
        }
        self.rows += usize::from(record.text("title").is_some());
        self.first.get_or_insert_with(|| record.place());
    }

    fn tell(self, cells: &Cells<'_>, faults: &mut Faults) {
        let Some(place) = self.first else { return };
        let headings = cells.mapping.column("name").map(|column| column.headings.join("` or `")).unwrap_or_default();
        let message = format!("no machine is named by `{headings}`; {} records of software are left out", self.rows);
        faults.keep(Diagnostic::error(Code::IncompleteRecord, cells.path, message).at(place));
    }
}

fn software(record: &Record<'_>, texts: &mut Texts) -> Option<Kept> {
    let name = texts.number(record.text("title")?);
    let mut number = |fact| texts.number(record.text(fact).unwrap_or_default());
    let (version, publisher, key) = (number("version"), number("publisher"), number("key"));
    let line = match record.place() {
        Place::Line(line) => line,
        Place::Row { row, .. } => row,
        within @ (Place::Within(_) | Place::Item { .. }) => texts.number(within.to_string()),
        Place::Whole => 0,
    };
    Some(Kept { name, version, publisher, key, line })
}

/// Whether the row is a title of which the rows below it are the versions that are there: it says none itself.
fn is_title_of_rows(record: &Record<'_>, cells: &Cells<'_>) -> bool {
    let title = cells.mapping.column("title").map(|column| column.headings.as_slice()).unwrap_or_default();
    let above = !cells.mapping.rows.is_empty() && title.iter().all(|heading| heading.starts_with('^'));
    above && ["version", "publisher", "key"].into_iter().all(|fact| record.text(fact).is_none())
}

/// A later row of the same machine says what the earlier ones left out.
fn complete(known: &mut ObservedHost, later: ObservedHost) {
    known.captured = known.captured.max(later.captured);
    let fill = |known: &mut Option<String>, later: Option<String>| {
        if known.is_none() {
            *known = later;
        }
    };
    fill(&mut known.label, later.label);
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
        Place::Whole => Place::Within(texts.text(line).into()),
        _ => Place::Line(line),
    };
    for mut found in machines {
        // Who lists no software at all may not have looked for it.
        if found.software.is_empty() && !cells.mapping.rows.is_empty() {
            found.host.view = View::Register;
        }
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
