//! Lists that trueup itself defines, purchases and prices: documented columns found by their headings, one record a row.
//!
//! A row with a fault is left out and every fault of it is told; a value is never guessed.

use std::cell::RefCell;

use jiff::civil::Date;

use crate::diag::{Code, Diagnostic, Severity};
use crate::model::Place;

use super::table::{Columns, NextRow, Row, heading};
use super::value::{self, WrongValue};
use super::{Sink, Sniff, Verdict};

/// Rows from the top within which the headings must stand; above them there may be a title.
pub(super) const HEADINGS_WITHIN: usize = 10;

/// Rows with faults that are told one by one; further ones are counted.
const FAULTY_ROWS_TOLD: usize = 200;

/// The documented columns of a list.
#[derive(Debug)]
pub(super) struct Layout {
    /// What the list is called: `purchase list`.
    pub title: &'static str,
    /// Every column.
    pub columns: &'static [&'static str],
    /// Those that must be there.
    pub required: &'static [&'static str],
    /// Columns that show another kind of list.
    pub foreign: &'static [&'static str],
}

/// How well the headings of a table fit a layout.
pub(super) struct Fit {
    /// How sure it is that the table is such a list.
    pub sniff: Sniff,
    /// Index of the row with the headings.
    position: usize,
    missing: Vec<&'static str>,
}

impl Layout {
    /// Judges the first rows of a table.
    pub fn fit(&self, rows: &[Row]) -> Fit {
        let mut best = Fit { sniff: Sniff::No, position: 0, missing: Vec::new() };
        for (position, row) in rows.iter().enumerate() {
            let columns = Columns::of(row);
            if self.foreign.iter().any(|name| columns.has(name)) {
                continue;
            }
            let missing: Vec<&str> = self.required.iter().copied().filter(|name| !columns.has(name)).collect();
            let known = self.columns.iter().filter(|name| columns.has(name)).count();
            let sniff = match missing.len() {
                0 => Sniff::Sure,
                1 if known >= 3 => Sniff::Maybe,
                _ => Sniff::No,
            };
            if sniff > best.sniff {
                best = Fit { sniff, position, missing };
            }
        }
        best
    }

    fn knows(&self, name: &str) -> bool {
        let wanted = heading(name);
        self.columns.iter().any(|known| heading(known) == wanted)
    }
}

/// One row of a list, asked for its values by column.
pub(super) struct Record<'a> {
    columns: &'a Columns,
    row: &'a Row,
    path: &'a str,
    faults: RefCell<Vec<Diagnostic>>,
}

impl Record<'_> {
    /// What stands in a column; `None` where it is empty or there is no such column.
    pub fn text(&self, column: &str) -> Option<String> {
        let text = self.row.cell(self.columns.find(column));
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// What stands in a column that must not be empty.
    pub fn required_text(&self, column: &str) -> String {
        self.text(column).unwrap_or_else(|| {
            self.fault(Code::IncompleteRecord, format!("column `{column}` is empty"), None);
            String::new()
        })
    }

    /// Whether the list has such a column.
    pub fn has_column(&self, column: &str) -> bool {
        self.columns.has(column)
    }

    /// Records a fault of this row.
    pub fn fault(&self, code: Code, message: String, help: Option<String>) {
        let mut fault = Diagnostic::error(code, self.path, message).at(self.row.place.clone());
        fault.help = help;
        self.faults.borrow_mut().push(fault);
    }

    /// Converts what stands in a column; a failure is a fault that names column and value.
    pub fn value<T>(&self, column: &str, convert: impl Fn(&str) -> Result<T, WrongValue>) -> Option<T> {
        let text = self.text(column)?;
        convert(&text).map_err(|wrong| self.wrong(column, &text, &wrong)).ok()
    }

    fn wrong(&self, column: &str, text: &str, wrong: &WrongValue) {
        let message = format!("column `{column}`: `{}` {}", excerpt(text), wrong.problem);
        self.fault(Code::WrongValue, message, Some(wrong.help.clone()));
    }

    /// A day.
    pub fn date(&self, column: &str) -> Option<Date> {
        self.value(column, value::date)
    }

    /// Several days with `;` between them.
    pub fn dates(&self, column: &str) -> Vec<Date> {
        let days = self.texts(column);
        days.iter().filter_map(|day| value::date(day).map_err(|wrong| self.wrong(column, day, &wrong)).ok()).collect()
    }

    /// Several names with `;` between them.
    pub fn texts(&self, column: &str) -> Vec<String> {
        let text = self.text(column).unwrap_or_default();
        text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// A name out of a fixed set, compared without case, blanks, underscores and hyphens.
    pub fn one_of<T: Copy>(&self, column: &str, known: &[(T, &str)]) -> Option<T> {
        self.value(column, |text| {
            let wanted = heading(text);
            known.iter().find(|(_, name)| heading(name) == wanted).map(|(value, _)| *value).ok_or_else(|| {
                let names: Vec<&str> = known.iter().map(|(_, name)| *name).collect();
                WrongValue { problem: "is not known".into(), help: format!("write one of {}", names.join(", ")) }
            })
        })
    }
}

/// A value short enough for a message.
fn excerpt(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

/// Reads a list row by row: `convert` makes a value of a row, `deliver` hands it on.
pub(super) fn read_list<T>(
    layout: &Layout,
    path: &str,
    rows: &mut dyn Iterator<Item = NextRow>,
    sink: &mut dyn Sink,
    convert: impl Fn(&Record<'_>) -> Option<T>,
    deliver: impl Fn(&mut dyn Sink, T, Place),
) -> Verdict {
    let mut ledger = Faults::default();
    let columns = match find_columns(layout, path, rows, sink) {
        Ok(columns) => columns,
        Err(verdict) => return verdict,
    };
    let mut delivered = 0_usize;
    for row in rows {
        let row = match row {
            Ok(row) if row.is_blank() => continue,
            Ok(row) => row,
            Err(fault) => {
                ledger.keep(fault, sink);
                continue;
            }
        };
        let record = Record { columns: &columns, row: &row, path, faults: RefCell::default() };
        beyond_headings(&record, &mut ledger, sink);
        let value = convert(&record);
        let faults = record.faults.into_inner();
        match (faults.is_empty(), value) {
            (true, Some(value)) => {
                delivered += 1;
                deliver(sink, value, row.place);
            }
            _ => ledger.leave_out(faults, sink),
        }
    }
    ledger.verdict(delivered, layout.title, path, sink)
}

/// The headings; whatever stands above them is a title.
fn find_columns(
    layout: &Layout,
    path: &str,
    rows: &mut dyn Iterator<Item = NextRow>,
    sink: &mut dyn Sink,
) -> Result<Columns, Verdict> {
    // Only rows above the headings are consumed, so that the rest is still to come.
    let mut above: Vec<Row> = Vec::new();
    let mut fault = None;
    while above.len() < HEADINGS_WITHIN && layout.fit(&above).sniff != Sniff::Sure {
        match rows.next() {
            Some(Ok(row)) => above.push(row),
            Some(Err(found)) => fault = Some(found),
            None => break,
        }
    }
    let fit = layout.fit(&above);
    let Some(headings) = above.get(fit.position).filter(|_| fit.sniff != Sniff::No) else {
        let message = format!("no row has the headings of a {}", layout.title);
        let fault = fault.unwrap_or_else(|| Diagnostic::error(Code::MissingKey, path, message).at(Place::Whole));
        return Err(Verdict::Rejected(fault));
    };
    if !fit.missing.is_empty() {
        let message = format!("the {} has no column `{}`", layout.title, fit.missing.join("` and no column `"));
        return Err(Verdict::Rejected(Diagnostic::error(Code::MissingKey, path, message).at(headings.place.clone())));
    }
    let columns = Columns::of(headings);
    check_columns(layout, &columns, headings, path, sink).map_err(Verdict::Rejected)?;
    Ok(columns)
}

/// Tells of columns nobody documented, and refuses documented ones that stand twice.
fn check_columns(
    layout: &Layout,
    columns: &Columns,
    headings: &Row,
    path: &str,
    sink: &mut dyn Sink,
) -> Result<(), Diagnostic> {
    for (index, name) in columns.names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        if layout.knows(name) && columns.find(name) != Some(index) {
            let message = format!("the column `{}` stands twice", excerpt(name));
            return Err(Diagnostic::error(Code::DuplicateName, path, message).at(headings.place.clone()));
        }
        if !layout.knows(name) {
            let message = format!("a {} has no column `{}`; it is not read", layout.title, excerpt(name));
            let help = format!("it knows {}", layout.columns.join(", "));
            let warning = Diagnostic::warning(Code::UnknownColumn, path, message);
            sink.diagnostic(warning.at(headings.place.clone()).help(help));
        }
    }
    Ok(())
}

/// Cells that no heading names: in a text a separator too many, in a workbook a remark beside the list.
fn beyond_headings(record: &Record<'_>, ledger: &mut Faults, sink: &mut dyn Sink) {
    let names = &record.columns.names;
    let stray = |(index, cell): &(usize, &String)| {
        !cell.is_empty() && names.get(*index).is_none_or(|name: &String| name.is_empty())
    };
    let Some((index, cell)) = record.row.cells.iter().enumerate().find(stray) else {
        return;
    };
    if record.row.is_of_text() && index >= names.len() {
        let message = format!("the row has more cells than the headings; `{}` has none", excerpt(cell));
        let help = "put a value that holds the separator in quotation marks";
        record.fault(Code::BrokenFormat, message, Some(help.into()));
    } else if !ledger.stray_told {
        ledger.stray_told = true;
        let message = format!("`{}` stands in a column without a heading; such columns are not read", excerpt(cell));
        sink.diagnostic(Diagnostic::warning(Code::UnknownColumn, record.path, message).at(record.row.place.clone()));
    }
}

/// What went wrong so far. The first fault is kept back, because it becomes the verdict where nothing can be read.
#[derive(Default)]
struct Faults {
    first: Option<Diagnostic>,
    rows: usize,
    stray_told: bool,
}

impl Faults {
    fn keep(&mut self, fault: Diagnostic, sink: &mut dyn Sink) {
        if self.first.is_none() && fault.severity == Severity::Error {
            self.first = Some(fault);
        } else {
            sink.diagnostic(fault);
        }
    }

    fn leave_out(&mut self, faults: Vec<Diagnostic>, sink: &mut dyn Sink) {
        self.rows += 1;
        if self.rows <= FAULTY_ROWS_TOLD {
            for fault in faults {
                self.keep(fault, sink);
            }
        }
    }

    fn verdict(self, delivered: usize, title: &str, path: &str, sink: &mut dyn Sink) -> Verdict {
        if self.rows > FAULTY_ROWS_TOLD {
            let message = format!("{} more rows are left out for like faults", self.rows - FAULTY_ROWS_TOLD);
            sink.diagnostic(Diagnostic::error(Code::LimitReached, path, message));
        }
        match self.first {
            Some(fault) if delivered == 0 => Verdict::Rejected(fault),
            Some(fault) => {
                sink.diagnostic(fault);
                Verdict::Read
            }
            None if delivered == 0 => Verdict::Ignored(format!("a {title} without rows")),
            None => Verdict::Read,
        }
    }
}
