//! Lists that trueup itself defines, purchases and prices: documented columns found by their headings, one record a row.
//!
//! A row with a fault is left out and every fault of it is told; a value is never guessed.

use std::cell::RefCell;
use std::ops::ControlFlow;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::diag::{Code, Diagnostic};
use crate::model::Place;
use crate::rules::{DateOrder, DecimalMark};

use super::faults::Faults;
use super::habit::{Habit, usual_mark};
use super::page::Page;
use super::table::{Columns, NextRow, Row, Table, TextTable, heading, may_be_text_table, rows_of_text};
use super::value::{self, WrongValue};
use super::{Input, Reader, Sink, Sniff, Verdict};

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

    /// How well the beginning of a text fits.
    fn fit_text(&self, head: &[u8], path: &str) -> Sniff {
        if !may_be_text_table(head) {
            return Sniff::No;
        }
        let text = String::from_utf8_lossy(head);
        let rows: Vec<Row> = rows_of_text(&text, path).map_while(Result::ok).take(HEADINGS_WITHIN).collect();
        self.fit(&rows).sniff
    }

    fn knows(&self, name: &str) -> bool {
        let wanted = heading(name);
        self.columns.iter().any(|known| heading(known) == wanted)
    }
}

/// Reads lists of separated values.
pub(super) struct List {
    /// What the format is.
    pub page: &'static Page,
    /// Its columns.
    pub layout: &'static Layout,
    /// Reads its rows, wherever they stand.
    pub rows: fn(&Input<'_>, &mut dyn Table, &mut dyn Sink) -> Verdict,
}

impl Reader for List {
    fn page(&self) -> &'static Page {
        self.page
    }

    fn version(&self) -> u32 {
        2
    }

    fn reads_tables(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], path: &str) -> Sniff {
        self.layout.fit_text(head, path)
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        Ok((self.rows)(input, &mut TextTable { text, path: input.path }, sink))
    }
}

/// A table with its headings and the habits of its columns.
struct Headed<'a> {
    columns: Columns,
    habits: Vec<Habit>,
    path: &'a str,
    date_order: Option<DateOrder>,
    mark: Option<DecimalMark>,
}

/// One row of a list, asked for its values by column.
pub(super) struct Record<'a> {
    headed: &'a Headed<'a>,
    row: &'a Row,
    faults: RefCell<Vec<Diagnostic>>,
}

impl Record<'_> {
    /// What stands in a column; `None` where it is empty or there is no such column.
    pub fn text(&self, column: &str) -> Option<String> {
        let text = self.row.cell(self.headed.columns.find(column));
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
        self.headed.columns.has(column)
    }

    /// Records a fault of this row.
    pub fn fault(&self, code: Code, message: String, help: Option<String>) {
        let mut fault = Diagnostic::error(code, self.headed.path, message).at(self.row.place.clone());
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

    fn habit(&self, column: &str) -> Habit {
        let at = self.headed.columns.find(column);
        at.and_then(|at| self.headed.habits.get(at)).copied().unwrap_or_default()
    }

    fn order(&self, column: &str) -> Option<DateOrder> {
        self.habit(column).order(self.headed.date_order)
    }

    fn mark(&self, column: &str) -> Option<DecimalMark> {
        match self.row.is_typed(self.headed.columns.find(column)) {
            true => Some(DecimalMark::Point),
            false => self.habit(column).mark(self.headed.mark),
        }
    }

    /// A whole number.
    pub fn quantity(&self, column: &str) -> Option<u32> {
        self.value(column, |text| value::units(text, self.mark(column)))
    }

    /// A whole number that may be negative: (units, given back).
    pub fn quantity_or_return(&self, column: &str) -> Option<(u32, bool)> {
        self.value(column, |text| value::signed_quantity(text, self.mark(column)))
    }

    /// An amount with the currency that its sign names.
    pub fn amount(&self, column: &str) -> Option<(Decimal, Option<String>)> {
        self.value(column, |text| value::amount(text, self.mark(column)))
    }

    /// A day.
    pub fn date(&self, column: &str) -> Option<Date> {
        self.value(column, |text| value::date(text, self.order(column)))
    }

    /// Several days with `;` between them.
    pub fn dates(&self, column: &str) -> Vec<Date> {
        let (days, order) = (self.texts(column), self.order(column));
        let read = |day: &String| value::date(day, order).map_err(|wrong| self.wrong(column, day, &wrong)).ok();
        days.iter().filter_map(read).collect()
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
                WrongValue::new("is not known", format!("write one of {}", names.join(", ")))
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
    input: &Input<'_>,
    table: &mut dyn Table,
    sink: &mut dyn Sink,
    convert: impl Fn(&Record<'_>) -> Option<T>,
    deliver: impl Fn(&mut dyn Sink, T, Place),
) -> Verdict {
    let (path, mut faults) = (input.path, Faults::default());
    let (columns, headings) = match find_columns(layout, path, table, &mut faults) {
        Ok(found) => found,
        Err(fault) => {
            faults.keep(fault);
            return faults.verdict(0, layout.title, path, sink);
        }
    };
    let habits = habits_below(table, &headings);
    let mark = input.tables.decimal.or_else(|| usual_mark(table.separator()));
    let headed = Headed { columns, habits, path, date_order: input.tables.date_order, mark };
    let (mut delivered, mut beside_told) = (0_usize, false);
    each_below(table, &headings, &mut |row| {
        let row = match row {
            Ok(row) => row,
            Err(fault) => return faults.keep(fault),
        };
        let record = Record { headed: &headed, row: &row, faults: RefCell::default() };
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
    });
    faults.verdict(delivered, &format!("a {} without rows", layout.title), path, sink)
}

/// Goes through the rows below the headings that are not blank.
pub(super) fn each_below(table: &mut dyn Table, headings: &Place, visit: &mut dyn FnMut(NextRow)) {
    let mut below = false;
    table.each(&mut |row| {
        match row {
            Ok(row) if row.place == *headings => below = true,
            Ok(row) if row.is_blank() => {}
            row if below => visit(row),
            _ => {}
        }
        ControlFlow::Continue(())
    });
}

/// How each column writes its dates and numbers.
fn habits_below(table: &mut dyn Table, headings: &Place) -> Vec<Habit> {
    let mut habits: Vec<Habit> = Vec::new();
    each_below(table, headings, &mut |row| {
        let Ok(row) = row else { return };
        habits.resize(habits.len().max(row.cells.len()), Habit::default());
        for (column, cell) in row.cells.iter().enumerate().filter(|(column, _)| !row.typed.contains(column)) {
            cell.split(';').for_each(|part| habits[column].look(part.trim()));
        }
    });
    habits
}

/// The headings and where they stand; whatever stands above them is a title.
fn find_columns(
    layout: &Layout,
    path: &str,
    table: &mut dyn Table,
    faults: &mut Faults,
) -> Result<(Columns, Place), Diagnostic> {
    let mut above: Vec<Row> = Vec::new();
    for row in table.first(HEADINGS_WITHIN) {
        if layout.fit(&above).sniff == Sniff::Sure {
            break;
        }
        match row {
            Ok(row) => above.push(row),
            Err(fault) => faults.keep(fault),
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
    Ok((columns, headings.place.clone()))
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
    let names = &record.headed.columns.names;
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
    Some(Diagnostic::warning(Code::UnknownColumn, record.headed.path, message).at(record.row.place.clone()))
}
