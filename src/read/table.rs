//! Rows of a table, whatever file it stands in: text of separated values, or a sheet of a workbook.
//!
//! [`rows_of_text`] turns a text into rows; `sheet.rs` does the same for a workbook. What reads a table sees rows alone.

use std::ops::ControlFlow;

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

/// One row with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Line of a text, or row of a sheet.
    pub place: Place,
    /// Its cells as text, trimmed; dates of a workbook as `2024-04-03`.
    pub cells: Vec<String>,
    /// Columns whose cell is a number or a day to the spreadsheet program, so that no habit of writing is in doubt.
    pub typed: Vec<usize>,
    /// Columns of a text whose cell begins with a blank: the separator before it may have been part of a value.
    pub loose: Vec<usize>,
}

impl Row {
    /// Whether no cell holds anything.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }

    /// The cell of a column; empty where the row is shorter.
    pub fn cell(&self, column: Option<usize>) -> &str {
        column.and_then(|column| self.cells.get(column)).map_or("", String::as_str)
    }

    /// Whether the spreadsheet program knows the cell of a column as a number or a day.
    pub fn is_typed(&self, column: Option<usize>) -> bool {
        column.is_some_and(|column| self.typed.contains(&column))
    }

    /// Whether it comes from a text, where one separator too many moves every cell that follows.
    pub fn is_of_text(&self) -> bool {
        matches!(self.place, Place::Line(_))
    }
}

/// A row, or why there is none and what follows is not read.
pub(super) type NextRow = Result<Row, Diagnostic>;

/// A table that can be gone through more than once: first for how its columns write things, then for what they say.
pub(super) trait Table {
    /// Goes through the rows until told to stop.
    fn each(&mut self, visit: &mut dyn FnMut(NextRow) -> ControlFlow<()>);

    /// The sign between the columns, where the table is a text.
    fn separator(&self) -> Option<u8>;

    /// The first rows, faults among them.
    fn first(&mut self, rows: usize) -> Vec<NextRow> {
        let mut first = Vec::new();
        self.each(&mut |row| {
            if first.len() < rows {
                first.push(row);
            }
            if first.len() < rows { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        first
    }
}

/// A text of separated values as a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextTable<'a> {
    /// The text.
    pub text: &'a str,
    /// Its path, for messages.
    pub path: &'a str,
}

impl Table for TextTable<'_> {
    fn each(&mut self, visit: &mut dyn FnMut(NextRow) -> ControlFlow<()>) {
        for row in rows_of_text(self.text, self.path) {
            if visit(row).is_break() {
                return;
            }
        }
    }

    fn separator(&self) -> Option<u8> {
        let (start, named) = preamble(self.text);
        Some(named.unwrap_or_else(|| separator(&self.text[start..])))
    }
}

/// The headings of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// Headings as written.
    pub names: Vec<String>,
    keys: Vec<String>,
}

impl Columns {
    /// The headings that a row holds.
    pub fn of(row: &Row) -> Self {
        Self { names: row.cells.clone(), keys: row.cells.iter().map(|name| heading(name)).collect() }
    }

    /// The headings that a row holds, each under the name that it bears elsewhere.
    pub fn renamed(row: &Row, name: impl Fn(&str) -> String) -> Self {
        Self { names: row.cells.clone(), keys: row.cells.iter().map(|cell| heading(&name(cell))).collect() }
    }

    /// First column with this heading.
    pub fn find(&self, name: &str) -> Option<usize> {
        let wanted = heading(name);
        self.keys.iter().position(|key| *key == wanted)
    }

    /// Last column with this heading.
    pub fn find_last(&self, name: &str) -> Option<usize> {
        let wanted = heading(name);
        self.keys.iter().rposition(|key| *key == wanted)
    }

    /// Whether there is such a column.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }
}

/// A heading without what people vary: case, blanks, underscores and hyphens.
pub(super) fn heading(name: &str) -> String {
    name.chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether the first bytes may belong to a table of text: no control characters, no markup.
pub(super) fn may_be_text_table(head: &[u8]) -> bool {
    let first = head.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    !matches!(first, None | Some(b'{' | b'<' | b'[')) && !head.contains(&0)
}

/// Rows of separated values. The separator is the one a `sep=` line names, else the one the first lines show.
pub(super) fn rows_of_text<'a>(text: &'a str, path: &'a str) -> TextRows<'a> {
    let (start, named) = preamble(text);
    let separator = named.unwrap_or_else(|| separator(&text[start..]));
    let records = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(&text.as_bytes()[start..]);
    TextRows {
        path,
        start,
        unclosed: unclosed_quotation(&text.as_bytes()[start..], separator).map(|at| at + start),
        records,
        record: csv::StringRecord::new(),
        lines: Lines { bytes: text.as_bytes(), at: 0, line: 1 },
        ended: false,
    }
}

/// Where the table starts, behind a `sep=` line and the type line of PowerShell, and the separator that was named.
fn preamble(text: &str) -> (usize, Option<u8>) {
    let (mut start, mut separator) = (0, None);
    for line in text.split_inclusive('\n').take(2) {
        let bare = line.trim().trim_matches('"').as_bytes();
        let named = bare.len() == 5 && bare[..4].eq_ignore_ascii_case(b"sep=");
        if named {
            separator = Some(bare[4]);
        } else if line.to_ascii_lowercase().starts_with("sep=\t") {
            separator = Some(b'\t');
        } else if !line.starts_with("#TYPE ") {
            break;
        }
        start += line.len();
    }
    (start, separator)
}

/// The separator that occurs most often in one of the first lines, outside quotation marks; the comma where none does.
fn separator(text: &str) -> u8 {
    const KNOWN: [u8; 4] = [b',', b';', b'\t', b'|'];
    let (mut best, mut in_line, mut quoted, mut lines) = ([0_u32; 4], [0_u32; 4], false, 0);
    for byte in text.bytes().take(65_536) {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                lines += 1;
                in_line = [0; 4];
                if lines == 10 {
                    break;
                }
            }
            _ if quoted => {}
            _ => {
                if let Some(index) = KNOWN.iter().position(|known| *known == byte) {
                    in_line[index] += 1;
                    best[index] = best[index].max(in_line[index]);
                }
            }
        }
    }
    let most = best.iter().copied().max().unwrap_or(0);
    best.iter().position(|count| *count == most).map_or(b',', |index| KNOWN[index])
}

/// Where a quotation mark opens that nothing closes: all that follows would be one cell.
fn unclosed_quotation(bytes: &[u8], separator: u8) -> Option<usize> {
    let (mut opened, mut cell_starts, mut at) = (None, true, 0);
    while let Some(&byte) = bytes.get(at) {
        if opened.is_some() {
            if byte == b'"' {
                if bytes.get(at + 1) == Some(&b'"') {
                    at += 1;
                } else {
                    opened = None;
                }
            }
            cell_starts = false;
        } else if byte == b'"' && cell_starts {
            opened = Some(at);
        } else {
            cell_starts = byte == separator || byte == b'\n' || byte == b'\r';
        }
        at += 1;
    }
    opened
}

/// Line numbers of ascending places in a text. A line ends as editors see it: LF, CR LF or CR alone.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, byte: usize) -> u32 {
        while self.at < byte.min(self.bytes.len()) {
            let ends = match self.bytes[self.at] {
                b'\n' => true,
                b'\r' => self.bytes.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line = self.line.saturating_add(u32::from(ends));
            self.at += 1;
        }
        self.line
    }
}

/// Rows of separated values.
pub(super) struct TextRows<'a> {
    path: &'a str,
    start: usize,
    unclosed: Option<usize>,
    records: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    lines: Lines<'a>,
    ended: bool,
}

impl TextRows<'_> {
    /// The byte at which the next record starts, behind blank lines.
    fn next_start(&self) -> usize {
        let mut at = self.start + usize::try_from(self.records.position().byte()).unwrap_or(usize::MAX - self.start);
        while matches!(self.lines.bytes.get(at), Some(b'\r' | b'\n')) {
            at += 1;
        }
        at
    }

    fn broken(&mut self, byte: usize, message: String) -> Diagnostic {
        self.ended = true;
        let line = self.lines.of(byte);
        Diagnostic::error(Code::BrokenFormat, self.path, message).at(Place::Line(line))
    }
}

impl Iterator for TextRows<'_> {
    type Item = NextRow;

    fn next(&mut self) -> Option<NextRow> {
        if self.ended {
            return None;
        }
        let start = self.next_start();
        let line = self.lines.of(start);
        match self.records.read_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => return Some(Err(self.broken(start, format!("the table breaks off here: {error}")))),
        }
        let end = self.start + usize::try_from(self.records.position().byte()).unwrap_or(usize::MAX - self.start);
        if let Some(opened) = self.unclosed.filter(|opened| *opened < end) {
            let message = "a quotation mark opens here and never closes; nothing from this row on is read";
            return Some(Err(self.broken(opened, message.into())));
        }
        let cells = self.record.iter().map(|cell| cell.trim().to_owned()).collect();
        let loose =
            self.record.iter().enumerate().filter(|(_, cell)| cell.starts_with(' ')).map(|(at, _)| at).collect();
        Some(Ok(Row { place: Place::Line(line), cells, typed: Vec::new(), loose }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u32, Vec<String>)> {
        rows_of_text(text, "t.csv")
            .map(|row| row.unwrap())
            .map(|row| match row.place {
                Place::Line(line) => (line, row.cells),
                other => panic!("{other}"),
            })
            .collect()
    }

    #[test]
    fn separators_are_found_or_named() {
        assert_eq!(rows("a;b;c\n1;2,5;3\n")[1].1, ["1", "2,5", "3"]);
        assert_eq!(rows("sep=;\r\na;b,c,d,e\r\n")[0], (2, vec!["a".into(), "b,c,d,e".into()]));
        assert_eq!(rows("\"sep=|\"\na|b,c\n")[0].1, ["a", "b,c"]);
        assert_eq!(rows("#TYPE Selected.X\n\"a\",\"b\"\n")[0], (2, vec!["a".into(), "b".into()]));
        assert_eq!(rows("a\tb\n")[0].1, ["a", "b"]);
    }

    #[test]
    fn lines_are_counted_as_an_editor_shows_them() {
        let found = rows("a,b\r\n\r\n\r\n1,\"x\r\ny\"\r\n2,z\r\n");
        let lines: Vec<u32> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 4, 6]);
        let found = rows("a,b\r1,2\r3,4");
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_quotation_that_never_closes_ends_the_table_with_its_line() {
        let found: Vec<NextRow> = rows_of_text("a,b\n1,2\n3,\"4\n5,6\n", "t.csv").collect();
        assert_eq!(found.len(), 3);
        let fault = found[2].as_ref().unwrap_err();
        assert_eq!((fault.code, fault.place.clone()), (Code::BrokenFormat, Some(Place::Line(3))));
        assert_eq!(rows("a,b\n1,19\" rack\n")[1].1, ["1", "19\" rack"]);
    }

    #[test]
    fn headings_are_compared_loosely() {
        assert_eq!(heading(" SA_From "), heading("sa-from"));
        assert_eq!(heading("Cores per CPU"), "corespercpu");
    }
}
