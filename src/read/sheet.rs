//! Rows of a workbook's sheet, taken cell by cell: what a sheet declares of its size is never believed, so that neither
//! a stray far cell nor a declared million of rows costs memory or time.

use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, Xlsx, XlsxCellReader};
use jiff::civil::Date;

use crate::diag::{Code, Diagnostic, Severity};
use crate::model::Place;

use super::beyond::Beyond;
use super::table::{NextRow, Row, Table};

/// Empty rows after which a sheet is taken to end.
const EMPTY_ROWS: u32 = 1_000;

/// Columns that are read; a list has some dozens, RVTools about a hundred.
const COLUMNS: u32 = 1_024;

/// Cells, empty ones included, that are read of one sheet.
const CELLS: usize = 10_000_000;

/// Letters that a spreadsheet program allows in a cell.
const CELL_LENGTH: usize = 32_767;

/// Bytes of the parts that are held in memory as a whole: texts, styles, list of sheets.
const PART_BYTES: u64 = 256 * 1024 * 1024;

type Bytes<'a> = Cursor<&'a [u8]>;

/// An open workbook.
pub(super) struct Workbook<'a> {
    path: &'a str,
    book: Xlsx<Bytes<'a>>,
    /// Names of its sheets in their order.
    pub sheets: Vec<String>,
    /// Day on which the file says it was created.
    pub created: Option<Date>,
}

impl<'a> Workbook<'a> {
    /// Opens a workbook after its parts were found to be of bearable size.
    pub fn open(path: &'a str, bytes: &'a [u8]) -> Result<Self, Diagnostic> {
        let broken = |message: String| Diagnostic::error(Code::BrokenFormat, path, message).at(Place::Whole);
        let created = check_parts(path, bytes)?;
        let book = guarded(|| Xlsx::new(Cursor::new(bytes)))
            .and_then(|opened| opened.map_err(|error| error.to_string()))
            .map_err(|reason| broken(format!("the workbook cannot be opened: {reason}")))?;
        let tables = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let sheets = tables.map(|sheet| sheet.name.clone()).collect();
        Ok(Self { path, book, sheets, created })
    }

    /// The rows of a sheet.
    pub fn rows<'b>(&'b mut self, sheet: &str) -> Result<SheetRows<'b, 'a>, Diagnostic> {
        let (path, book) = (self.path, &mut self.book);
        let cells = guarded(|| book.worksheet_cells_reader(sheet))
            .and_then(|opened| opened.map_err(|error| error.to_string()))
            .map_err(|reason| {
                let message = format!("sheet {sheet} cannot be opened: {reason}");
                Diagnostic::error(Code::BrokenFormat, path, message).at(Place::Whole)
            })?;
        Ok(SheetRows {
            path,
            sheet: sheet.to_owned(),
            cells,
            next: None,
            last_row: 0,
            taken: 0,
            ended: false,
            far_columns: Beyond::default(),
            cut: Beyond::default(),
        })
    }
}

/// Runs what may panic on a crafted file; a panic becomes a reason to refuse it.
fn guarded<T>(action: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(action)).map_err(|_| "its content contradicts itself".to_owned())
}

/// Looks at the parts that opening a workbook holds in memory, and at the day of its creation.
fn check_parts(path: &str, bytes: &[u8]) -> Result<Option<Date>, Diagnostic> {
    let refused = |code, message: String| Diagnostic::error(code, path, message).at(Place::Whole);
    let broken = |error: String| refused(Code::BrokenFormat, format!("the workbook cannot be opened: {error}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(error.to_string()))?;
    let mut created = None;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(error.to_string()))?;
        let Ok(name) = part.name().map(|name| name.to_ascii_lowercase().replace('\\', "/")) else {
            continue;
        };
        let held = ["sharedstrings.xml", "styles.xml", "workbook.xml", ".rels", "core.xml", "theme1.xml"];
        if !held.iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        let mut content = Vec::new();
        part.take(PART_BYTES + 1).read_to_end(&mut content).map_err(|error| broken(error.to_string()))?;
        if content.len() as u64 > PART_BYTES {
            let message = format!("its part {name} holds more than {} MiB", PART_BYTES / 1024 / 1024);
            return Err(refused(Code::LimitReached, message));
        }
        if name.ends_with("sharedstrings.xml") && claimed_texts(&content) > content.len() {
            return Err(broken("it claims to hold more texts than it has room for".into()));
        }
        if name.ends_with("docprops/core.xml") {
            created = creation_day(&content);
        }
    }
    Ok(created)
}

/// The largest number of texts that the part claims to hold; room for all of them is taken on trust when it is opened.
fn claimed_texts(content: &[u8]) -> usize {
    let text = String::from_utf8_lossy(content);
    let claims = text.match_indices("uniqueCount").map(|(at, found)| {
        let value = text[at + found.len()..].trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let digits = value.bytes().take_while(u8::is_ascii_digit).count();
        value[..digits].parse().unwrap_or(if digits == 0 { 0 } else { usize::MAX })
    });
    claims.max().unwrap_or(0)
}

fn creation_day(content: &[u8]) -> Option<Date> {
    let text = String::from_utf8_lossy(content);
    let (_, behind) = text.split_once("<dcterms:created")?;
    let (_, value) = behind.split_once('>')?;
    value.trim_start().get(..10)?.parse().ok()
}

/// A sheet as a table.
pub(super) struct SheetTable<'b, 'a> {
    /// The workbook.
    pub workbook: &'b mut Workbook<'a>,
    /// Name of the sheet.
    pub sheet: &'b str,
}

impl Table for SheetTable<'_, '_> {
    fn each(&mut self, visit: &mut dyn FnMut(NextRow) -> ControlFlow<()>) {
        match self.workbook.rows(self.sheet) {
            Ok(mut rows) => while rows.next().is_some_and(|row| visit(row).is_continue()) {},
            Err(fault) => drop(visit(Err(fault))),
        }
    }

    fn separator(&self) -> Option<u8> {
        None
    }
}

/// A cell that holds something.
struct Held {
    row: u32,
    column: u32,
    text: String,
    /// Whether it is a number or a day to the spreadsheet program.
    typed: bool,
}

/// The rows of a sheet that hold something.
pub(super) struct SheetRows<'b, 'a> {
    path: &'b str,
    sheet: String,
    cells: XlsxCellReader<'b, Bytes<'a>>,
    next: Option<Result<Held, Diagnostic>>,
    last_row: u32,
    taken: usize,
    ended: bool,
    far_columns: Beyond,
    cut: Beyond,
}

impl SheetRows<'_, '_> {
    /// The next cell that holds something.
    fn held(&mut self) -> Option<Result<Held, Diagnostic>> {
        if let Some(next) = self.next.take() {
            return Some(next);
        }
        while !self.ended {
            let cell = match guarded(|| self.cells.next_cell()) {
                Ok(Ok(Some(cell))) => cell,
                Ok(Ok(None)) => break,
                Ok(Err(error)) => {
                    return Some(Err(self.stop(Code::BrokenFormat, &format!("breaks off here: {error}"))));
                }
                Err(reason) => return Some(Err(self.stop(Code::BrokenFormat, &format!("breaks off here: {reason}")))),
            };
            self.taken += 1;
            let (row, column) = cell.get_position();
            let value = cell.get_value();
            let typed = matches!(value, DataRef::Int(_) | DataRef::Float(_) | DataRef::DateTime(_));
            let text = text(value);
            let is_cut = is_longer(value);
            if row.saturating_sub(self.last_row) > EMPTY_ROWS {
                self.ended = true;
                return (!text.is_empty()).then(|| Err(self.far_cell(row)));
            }
            if self.taken > CELLS {
                let message = format!("has more than {CELLS} cells; what follows is not read");
                return Some(Err(self.stop(Code::LimitReached, &message)));
            }
            if is_cut {
                self.cut.add(|| place(&self.sheet, row));
            }
            match text.is_empty() {
                true => {}
                false if column < COLUMNS => return Some(Ok(Held { row, column, text, typed })),
                false => self.far_columns.add(|| place(&self.sheet, row)),
            }
        }
        self.ended = true;
        None
    }

    /// What was left out of the rows.
    fn left_out(&mut self) -> Option<Diagnostic> {
        let columns = std::mem::take(&mut self.far_columns).told("columns with cells", COLUMNS as usize, self.path);
        // The rows themselves are read.
        let columns = columns.map(|fault| Diagnostic { severity: Severity::Warning, ..fault });
        columns.or_else(|| std::mem::take(&mut self.cut).cut_off(CELL_LENGTH, self.path))
    }

    fn stop(&mut self, code: Code, what: &str) -> Diagnostic {
        self.ended = true;
        let message = format!("sheet {} {what}", self.sheet);
        Diagnostic::error(code, self.path, message).at(self.place(self.last_row))
    }

    fn far_cell(&self, row: u32) -> Diagnostic {
        let message = format!("a cell stands below {EMPTY_ROWS} empty rows; nothing from it on is read");
        Diagnostic::warning(Code::LimitReached, self.path, message).at(self.place(row))
    }

    fn place(&self, row: u32) -> Place {
        place(&self.sheet, row)
    }
}

impl Iterator for SheetRows<'_, '_> {
    type Item = NextRow;

    fn next(&mut self) -> Option<NextRow> {
        let first = match self.held() {
            Some(Ok(held)) => held,
            Some(Err(fault)) => return Some(Err(fault)),
            None => return self.left_out().map(Err),
        };
        let row = first.row;
        self.last_row = row;
        let (mut cells, mut typed) = (Vec::new(), Vec::new());
        put(&mut cells, &mut typed, first);
        loop {
            match self.held() {
                Some(Ok(next)) if next.row == row => put(&mut cells, &mut typed, next),
                // The row may lack cells, so it is not handed out as if it were whole.
                Some(Err(fault)) if fault.severity == Severity::Error => return Some(Err(fault)),
                next => {
                    self.next = next;
                    break;
                }
            }
        }
        Some(Ok(Row { place: self.place(row), cells, typed, loose: Vec::new() }))
    }
}

/// The place of a row, which a sheet counts from nought.
fn place(sheet: &str, row: u32) -> Place {
    Place::Row { sheet: sheet.into(), row: row.saturating_add(1) }
}

fn put(cells: &mut Vec<String>, typed: &mut Vec<usize>, held: Held) {
    let column = held.column as usize;
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    cells[column] = held.text;
    if held.typed {
        typed.push(column);
    }
}

/// A cell as text, trimmed: days as `2024-04-03`, whole numbers without a point.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => shortened(text),
        DataRef::SharedString(text) => shortened(text),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::Bool(true) => "True".into(),
        DataRef::Bool(false) => "False".into(),
        DataRef::DateTime(moment) => moment_text(moment),
        DataRef::Error(error) => error.to_string(),
    }
}

/// Whether a cell holds a text that is longer than is kept.
fn is_longer(value: &DataRef<'_>) -> bool {
    let longer = |text: &str| text.len() > CELL_LENGTH && text.trim().chars().nth(CELL_LENGTH).is_some();
    match value {
        DataRef::String(text) => longer(text),
        DataRef::SharedString(text) => longer(text),
        _ => false,
    }
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(CELL_LENGTH).collect()
}

/// A number with the fifteen digits that a spreadsheet program keeps: 0.1 + 0.2 is 0.3.
fn number_text(number: f64) -> String {
    format!("{number:.14e}").parse::<f64>().unwrap_or(number).to_string()
}

fn moment_text(moment: &ExcelDateTime) -> String {
    if moment.is_duration() || !moment.as_f64().is_finite() || moment.as_f64() < 1.0 {
        return number_text(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) { date } else { format!("{date} {hour:02}:{minute:02}:{second:02}") }
}
