//! Tables whose columns a mapping names: exports of known programs, whose mappings stand in `formats/*.toml`, and tables
//! that only the estate's own `trueup.toml` knows. One reader serves them all.

mod cells;
mod fit;
mod json;
mod known;
mod lines;
mod machine_of;
mod machines;
mod people;
mod processors;
mod software;
mod suggest;

use std::ops::ControlFlow;

use crate::diag::{Code, Diagnostic};
use crate::model::Place;
use crate::rules::{Holds, Mapping};

use super::faults::Faults;
use super::machine_named::Owner;
use super::page::{Field, Page, Verified};
use super::records::may_be_json;
use super::table::{Row, Table, TextTable, may_be_text_table, rows_of_text};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

use cells::Cells;
use fit::Fit;
use json::JsonFit;
pub(super) use known::known;
pub(super) use machine_of::named_after;
pub(super) use suggest::suggest;

/// Rows from the top within which the headings must stand; reports have titles above them.
pub(super) const HEADINGS_WITHIN: usize = 20;

/// Bytes within which the headings of a text must stand.
const HEADINGS_BYTES: usize = 16 * 1024;

/// What a table is whose mapping stands in `trueup.toml`.
const OWN: Page = Page {
    name: "mapping",
    title: "Any table (CSV or XLSX) whose columns trueup.toml maps to facts",
    written_by: "any program; `trueup sources --suggest FILE` proposes a mapping to check and paste",
    carries: &[
        Carries::Hosts,
        Carries::Cores,
        Carries::Placement,
        Carries::Clusters,
        Carries::Software,
        Carries::OperatingSystem,
        Carries::Purchases,
        Carries::Prices,
        Carries::Users,
    ],
    recognised_by: "the `headings` of a `[[mapping]]` in trueup.toml, its `files`, or both; before every other format",
    fields: &[
        Field { named: "name", becomes: "the mapping's name, shown in `sources`" },
        Field { named: "holds", becomes: "what a row is: machines, software, purchases, prices or users" },
        Field { named: "headings", becomes: "headings that must be there; a list in the list means one of these" },
        Field { named: "files, sheets, without, prefixes", becomes: "paths, sheets, foreign headings, beginnings" },
        Field { named: "columns", becomes: "fact = heading; docs/formats.md lists the facts" },
        Field { named: "fixed, remarks", becomes: "facts that every row shares; columns kept for `explain`" },
        Field { named: "leave_out, keep_only", becomes: "rows left out by the value of a column, and why" },
        Field { named: "date_order, decimal", becomes: "what the columns do not show by themselves" },
    ],
    quirks: &[
        "a mapping is never guessed: a table without one is rejected by name",
        "a change of a mapping reads the tables anew at the next scan",
    ],
    verified: Verified::Own,
    example: "[[mapping]]
name = \"server list\"
holds = \"machines\"
headings = [\"Server\", \"CPU sockets\"]
columns = { name = \"Server\", os = \"Operating system\", processors = \"CPU sockets\", \
               cores = { heading = \"Cores per CPU\", per = \"processor\" } }
",
    samples: &["mapping"],
};

/// The page of the estate's own mappings.
pub(super) const OWN_PAGE: &Page = &OWN;

/// The tables of one format.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mapped<'a> {
    page: &'static Page,
    name: &'a str,
    version: u32,
    named_by_neighbour: bool,
    mappings: &'a [Mapping],
}

impl<'a> Mapped<'a> {
    /// The table of one of the estate's own mappings.
    pub fn own(mapping: &'a Mapping) -> Self {
        let mappings = std::slice::from_ref(mapping);
        Self { page: OWN_PAGE, name: &mapping.name, version: 1, named_by_neighbour: false, mappings }
    }

    pub fn is_own(&self) -> bool {
        std::ptr::eq(self.page, OWN_PAGE)
    }

    /// The mapping that fits best, with the row of its headings, and those that are read beside it.
    fn fit(&self, path: &str, sheet: Option<&str>, rows: &[Row]) -> Option<(Fit<'a>, Vec<Fit<'a>>)> {
        let of_tables = self.mappings.iter().filter(|mapping| mapping.rows.is_empty() && mapping.ignored.is_none());
        let fits = of_tables.filter_map(|mapping| Fit::find(mapping, path, sheet, rows));
        let (beside, mut alone): (Vec<Fit<'_>>, Vec<Fit<'_>>) = fits.partition(|fit| fit.mapping.beside);
        alone.sort_by_key(|fit| (std::cmp::Reverse(fit.mapping.headings.len()), fit.mapping.line));
        Some((alone.into_iter().next()?, beside))
    }

    /// The mapping that fits a JSON document best, and those that are read beside it.
    fn fit_json(&self, path: &str, text: &str) -> Option<(JsonFit<'a>, Vec<JsonFit<'a>>)> {
        let of_json = self.mappings.iter().filter(|mapping| !mapping.objects.is_empty());
        let fits = of_json.filter_map(|mapping| JsonFit::find(mapping, path, text));
        let (beside, mut alone): (Vec<JsonFit<'_>>, Vec<JsonFit<'_>>) = fits.partition(|json| json.fit.mapping.beside);
        alone.sort_by_key(|json| (std::cmp::Reverse(json.fit.mapping.headings.len()), json.fit.mapping.line));
        Some((alone.into_iter().next()?, beside))
    }

    /// Reads a JSON document.
    fn read_json(&self, input: &Input<'_>, text: &str, sink: &mut dyn Sink) -> Verdict {
        let Some((best, beside)) = self.fit_json(input.path, text) else {
            return Verdict::Rejected(self.no_headings(input.path));
        };
        if let Some(reason) = &best.fit.mapping.ignored {
            return Verdict::Ignored(reason.clone());
        }
        let mut faults = Faults::default();
        let mut records = 0;
        for (index, json) in std::iter::once(&best).chain(&beside).enumerate() {
            let mut table = match json.table(text, input.path) {
                Ok(table) => table,
                Err(fault) => return Verdict::Rejected(fault),
            };
            let owner = machine_of::owner_of(&json.fit, |name| json.found.contains(&name), input, &mut table);
            faults.keep_all(owner.iter().filter(|_| index == 0).map(|owner| owner.told.clone()));
            match Self::read_as(&json.fit, input, owner, &mut table, &mut faults, sink) {
                Ok(count) => records += count,
                Err(fault) => return Verdict::Rejected(fault),
            }
        }
        let nothing = format!("it holds no {}", best.fit.mapping.holds.name());
        faults.verdict(records, &nothing, input.path, sink)
    }

    /// Reads a table.
    pub fn read_table(&self, input: &Input<'_>, table: &mut dyn Table, sink: &mut dyn Sink) -> Verdict {
        let mut faults = Faults::default();
        let first = table.first(HEADINGS_WITHIN);
        let rows: Vec<Row> = first.into_iter().filter_map(Result::ok).collect();
        let sheet = rows.iter().find_map(|row| match &row.place {
            Place::Row { sheet, .. } => Some(sheet.as_str()),
            _ => None,
        });
        let Some(fit) = self.fit(input.path, sheet, &rows) else {
            faults.keep(self.no_headings(input.path));
            return faults.verdict(0, self.name, input.path, sink);
        };
        let (fit, beside) = fit;
        let mut records = 0;
        for (index, fit) in std::iter::once(&fit).chain(&beside).enumerate() {
            let owner = machine_of::owner_of(fit, |name| fit.find_column(name).is_some(), input, table);
            faults.keep_all(owner.iter().filter(|_| index == 0).map(|owner| owner.told.clone()));
            match Self::read_as(fit, input, owner, table, &mut faults, sink) {
                Ok(count) => records += count,
                Err(fault) => return Verdict::Rejected(fault),
            }
        }
        faults.verdict(records, &format!("a table of {} without rows", fit.mapping.holds.name()), input.path, sink)
    }

    /// Reads a table as one mapping says; gives how many records came out of it. Rows that name no machine are the owner's.
    fn read_as(
        fit: &Fit<'_>,
        input: &Input<'_>,
        owner: Option<Owner>,
        table: &mut dyn Table,
        faults: &mut Faults,
        sink: &mut dyn Sink,
    ) -> Result<usize, Diagnostic> {
        let mut cells = Cells::bind(fit, input, owner.map(|owner| owner.name))?;
        cells.learn(table);
        let records = match fit.mapping.holds {
            Holds::Machines => machines::read(&cells, table, faults, sink),
            Holds::Processors => processors::read(&cells, table, faults, sink),
            Holds::Software => software::read(&cells, table, faults, sink),
            Holds::Summary => lines::read_summary(&cells, table, faults, sink),
            Holds::Purchases => lines::read_purchases(&cells, input, table, faults, sink),
            Holds::Prices => lines::read_prices(&cells, table, faults, sink),
            Holds::Users => people::read(&cells, input, table, faults, sink),
        };
        // Rows that say nothing beside something else are none that are left out.
        if !fit.mapping.beside {
            cells.tell_left_out(faults);
        }
        Ok(records)
    }

    fn no_headings(&self, path: &str) -> Diagnostic {
        let wanted: Vec<String> =
            self.mappings.iter().flat_map(|mapping| &mapping.headings).map(|any| any.join(" | ")).collect();
        let message = format!(
            "the mapping `{}` takes this file, and none of its first {HEADINGS_WITHIN} rows has the headings {}",
            self.name,
            wanted.join(", ")
        );
        Diagnostic::error(Code::MissingKey, path, message).at(Place::Whole)
    }
}

impl Reader for Mapped<'_> {
    fn page(&self) -> &'static Page {
        self.page
    }

    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn named_by_neighbour(&self) -> bool {
        self.named_by_neighbour
    }

    fn reads_tables(&self) -> bool {
        true
    }

    fn reads_path(&self) -> bool {
        self.mappings.iter().any(|mapping| {
            let after_it = mapping.fixed.iter().any(|(_, text)| text.contains("{file}") || text == machine_of::MACHINE);
            let beside_it = mapping
                .columns
                .iter()
                .any(|column| column.text.as_deref().is_some_and(|text| text.contains("{folder}")));
            after_it || beside_it || !mapping.files.is_empty()
        })
    }

    fn sniff(&self, head: &[u8], path: &str) -> Sniff {
        if may_be_json(head) {
            let fits = self.fit_json(path, beginning(head)).is_some();
            return if fits { Sniff::Sure } else { Sniff::No };
        }
        if !may_be_text_table(head) {
            return Sniff::No;
        }
        if self.is_own() && self.mappings.iter().any(|mapping| fit::takes_file(mapping, path)) {
            return Sniff::Sure;
        }
        let text = String::from_utf8_lossy(&head[..head.len().min(HEADINGS_BYTES)]);
        let rows: Vec<Row> = rows_of_text(&text, path).map_while(Result::ok).take(HEADINGS_WITHIN).collect();
        if self.fit(path, None, &rows).is_some() { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        Ok(match may_be_json(input.bytes) {
            true => self.read_json(input, text, sink),
            false => self.read_table(input, &mut TextTable { text, path: input.path }, sink),
        })
    }
}

/// What keeps the estate's own mappings from a text that shows their headings in part.
pub(super) fn missed(mappings: &[Mapping], head: &[u8], path: &str) -> Vec<Diagnostic> {
    let is_json = may_be_json(head);
    if mappings.is_empty() || !(is_json || may_be_text_table(head)) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&head[..head.len().min(HEADINGS_BYTES)]);
    let rows: Vec<Row> = match is_json {
        true => Vec::new(),
        false => rows_of_text(&text, path).map_while(Result::ok).take(HEADINGS_WITHIN).collect(),
    };
    let near = mappings.iter().filter_map(|mapping| {
        let missed = match is_json {
            true => JsonFit::missed(mapping, path, beginning(head)),
            false => fit::missed(mapping, path, None, &rows),
        };
        missed.map(|(why, place)| told_missed(mapping, &why, place, path))
    });
    near.collect()
}

/// The same of a sheet.
pub(super) fn missed_by_sheet(mappings: &[Mapping], path: &str, sheet: &str, rows: &[Row]) -> Vec<Diagnostic> {
    let near = mappings.iter().filter_map(|mapping| Some((mapping, fit::missed(mapping, path, Some(sheet), rows)?)));
    near.map(|(mapping, (why, place))| told_missed(mapping, &why, place, path)).collect()
}

fn told_missed(mapping: &Mapping, why: &str, place: Place, path: &str) -> Diagnostic {
    let message = format!("the mapping `{}` does not fit: {why}", mapping.name);
    Diagnostic::note(Code::MappingMissed, path, message).at(place)
}

/// The beginning of a text, which may break off within a letter.
fn beginning(head: &[u8]) -> &str {
    match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// The estate's own mapping that takes a sheet.
pub(super) fn own_for_sheet<'m>(input: &Input<'m>, sheet: &str, rows: &[Row]) -> Option<Mapped<'m>> {
    let mut own = input.tables.mappings.iter().map(Mapped::own);
    own.find(|reader| reader.fit(input.path, Some(sheet), rows).is_some())
}

/// The known export that a sheet is of.
pub(super) fn known_for_sheet(sheet: &str, rows: &[Row]) -> Option<Mapped<'static>> {
    known().iter().copied().find(|reader| reader.fit("", Some(sheet), rows).is_some())
}

/// Goes through the rows below the headings that are records of the table, mended where their separators went astray.
fn each_record(cells: &Cells<'_>, table: &mut dyn Table, faults: &mut Faults, visit: &mut dyn FnMut(&mut Faults, Row)) {
    let (mut below, mut skipped) = (false, 0);
    table.each(&mut |row| {
        match row {
            Ok(row) if row.place == *cells.headings() => below = true,
            Ok(row) if !below || row.is_blank() => {}
            Ok(_) if skipped < cells.mapping.skip_rows => skipped += 1,
            Ok(row) => match cells.fitted(row) {
                Ok(row) if cells.is_left_out(&row) => {}
                Ok(row) => visit(faults, row),
                Err(fault) => faults.keep(fault),
            },
            Err(fault) if below => faults.keep(fault),
            Err(_) => {}
        }
        ControlFlow::Continue(())
    });
}
