//! Width, colour, tables and wrapped prose: how anything is drawn on a terminal.

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
};

use crate::diag::wrapped;
use crate::model::thousands;

/// Where text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canvas {
    /// Columns of characters.
    pub width: u16,
    /// Whether colour is wanted.
    pub colour: bool,
}

/// What a column of a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words, which may be wrapped.
    Text,
    /// Words that stay on one line.
    Name,
    /// Figures: to the right and on one line.
    Number,
}

/// What a coloured cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something is missing.
    Bad,
    /// Something is to be verified.
    Doubt,
    /// All is well.
    Good,
    /// Something is left over.
    Spare,
    /// A heading.
    Strong,
    /// Nothing in particular.
    Plain,
}

/// A rule below the head and nothing else.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Columns by which everything below a heading is set in.
const INDENT: u16 = 2;

impl Canvas {
    /// A canvas for a pipe or a file: 120 columns, no colour.
    pub const PIPE: Self = Self { width: 120, colour: false };

    /// A heading on a line of its own.
    pub fn heading(&self, text: &str) -> String {
        if self.colour { format!("\u{1b}[1m{text}\u{1b}[0m\n") } else { format!("{text}\n") }
    }

    /// A paragraph, wrapped at blanks and set in.
    pub fn prose(&self, indent: usize, text: &str) -> String {
        self.item(indent, "", text)
    }

    /// A paragraph with a mark before its first line; the others are set in by as much.
    pub fn item(&self, indent: usize, mark: &str, text: &str) -> String {
        let hanging = indent + mark.chars().count();
        let width = usize::from(self.width).saturating_sub(hanging).max(20);
        let mut out = String::new();
        for (index, line) in wrapped(text, width).iter().enumerate() {
            match index {
                0 => out.push_str(&format!("{:indent$}{mark}{line}\n", "")),
                _ => out.push_str(&format!("{:hanging$}{line}\n", "")),
            }
        }
        out
    }

    /// An empty table with its head.
    pub fn table(&self, columns: &[(&str, Kind)]) -> Table {
        let mut table = Table::new();
        table.force_no_tty().load_style(STYLE).set_width(self.width.saturating_sub(INDENT));
        if self.colour {
            table.enforce_styling();
        }
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(columns.iter().map(|(name, _)| Cell::new(name)));
        for (column, (_, kind)) in table.column_iter_mut().zip(columns) {
            column.set_padding((0, 1));
            if *kind != Kind::Text {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
            if *kind == Kind::Number {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }

    /// A table as text, set in, without blanks at the ends of lines.
    pub fn draw(&self, table: &Table) -> String {
        let indent = usize::from(INDENT);
        table.lines().map(|line| format!("{:indent$}{}", "", line).trim_end().to_owned() + "\n").collect()
    }
}

/// A cell in a tone.
pub fn cell(text: impl Into<String>, tone: Tone) -> Cell {
    let cell = Cell::new_owned(text.into());
    match tone {
        Tone::Bad => cell.fg(Color::Red),
        Tone::Doubt => cell.fg(Color::Yellow),
        Tone::Good => cell.fg(Color::Green),
        Tone::Spare => cell.fg(Color::Cyan),
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Plain => cell,
    }
}

/// A count with commas between thousands.
pub fn number(count: impl Into<u64>) -> String {
    thousands(count.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_hangs_below_its_mark() {
        let canvas = Canvas { width: 24, colour: false };
        assert_eq!(canvas.item(2, "1. ", "one two three four five six"), "  1. one two three four\n     five six\n");
    }

    #[test]
    fn colour_stands_only_where_it_is_wanted() {
        for colour in [false, true] {
            let canvas = Canvas { width: 80, colour };
            let mut table = canvas.table(&[("status", Kind::Text)]);
            table.add_row([cell("shortfall", Tone::Bad)]);
            assert_eq!(canvas.draw(&table).contains('\u{1b}'), colour);
        }
    }
}
