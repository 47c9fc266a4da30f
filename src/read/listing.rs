//! Lists that trueup itself defines, purchases and prices: documented columns found by their headings, one record a row.
//!
//! A row with a fault is left out and every fault of it is told; a value is never guessed.

use std::cell::RefCell;

use jiff::civil::Date;

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

use super::faults::Faults;
use super::table::{Columns, NextRow, Row, heading};
use super::value::{self, WrongValue};
use super::{Sink, Sniff, Verdict};

/// Rows from the top within which the headings must stand; above them there may be a title.
pub(super) const HEADINGS_WITHIN: usize = 10;

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
    let mut faults = Faults::default();
    let columns = match find_columns(layout, path, rows, &mut faults) {
        Ok(columns) => columns,
        Err(fault) => {
            faults.keep(fault);
            return faults.verdict(0, layout.title, path, sink);
        }
    };
    let (mut delivered, mut beside_told) = (0_usize, false);
    for row in rows {
        let row = match row {
            Ok(row) if row.is_blank() => continue,
            Ok(row) => row,
            Err(fault) => {
                faults.keep(fault);
                continue;
            }
        };
        let record = Record { columns: &columns, row: &row, path, faults: RefCell::default() };
        if let Some(warning) = beyond_headings(&record).filter(|_| !beside_told) {
            beside_told = true;
            faults.keep(warning);
        }
        let value = convert(&record);
        let found = record.faults.into_inner();
        match value.filter(|_| found.is_empty()) {
            Some(value) => {
                delivered += 1;
                deliver(sink, value, row.place);
            }
            None => found.into_iter().for_each(|fault| faults.keep(fault)),
        }
    }
    faults.verdict(delivered, &format!("a {} without rows", layout.title), path, sink)
}

/// The headings; whatever stands above them is a title.
fn find_columns(
    layout: &Layout,
    path: &str,
    rows: &mut dyn Iterator<Item = NextRow>,
    faults: &mut Faults,
) -> Result<Columns, Diagnostic> {
    // Only rows above the headings are consumed, so that the rest is still to come.
    let mut above: Vec<Row> = Vec::new();
    while above.len() < HEADINGS_WITHIN && layout.fit(&above).sniff != Sniff::Sure {
        match rows.next() {
            Some(Ok(row)) => above.push(row),
            Some(Err(fault)) => faults.keep(fault),
            None => break,
        }
    }
    let fit = layout.fit(&above);
    let Some(headings) = above.get(fit.position).filter(|_| fit.sniff != Sniff::No) else {
        let message = format!("no row has the headings of a {}", layout.title);
        return Err(Diagnostic::error(Code::MissingKey, path, message).at(Place::Whole));
    };
    if !fit.missing.is_empty() {
        let message = format!("the {} has no column `{}`", layout.title, fit.missing.join("` and no column `"));
        return Err(Diagnostic::error(Code::MissingKey, path, message).at(headings.place.clone()));
    }
    let columns = Columns::of(headings);
    check_columns(layout, &columns, headings, path, faults)?;
    Ok(columns)
}

/// Tells of columns nobody documented, and refuses documented ones that stand twice.
fn check_columns(
    layout: &Layout,
    columns: &Columns,
    headings: &Row,
    path: &str,
    faults: &mut Faults,
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
            faults.keep(warning.at(headings.place.clone()).help(help));
        }
    }
    Ok(())
}

/// Cells that no heading names: in a text a separator too many, which is a fault of the row, in a workbook a remark
/// beside the list, which is a warning.
fn beyond_headings(record: &Record<'_>) -> Option<Diagnostic> {
    let names = &record.columns.names;
    let nameless = |index: usize| names.get(index).is_none_or(String::is_empty);
    let mut cells = record.row.cells.iter().enumerate();
    let (index, cell) = cells.rfind(|(index, cell)| !cell.is_empty() && nameless(*index))?;
    if record.row.is_of_text() && index >= names.len() {
        let message = format!("the row has more cells than the headings; `{}` has none", excerpt(cell));
        let help = "put a value that holds the separator in quotation marks";
        record.fault(Code::BrokenFormat, message, Some(help.into()));
        return None;
    }
    let message = format!("`{}` stands in a column without a heading; such columns are not read", excerpt(cell));
    Some(Diagnostic::warning(Code::UnknownColumn, record.path, message).at(record.row.place.clone()))
}
