//! The cells of a table's rows, asked for by fact: headings bound to columns once, values converted as the mapping says.

use std::cell::{Cell, RefCell};

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::diag::{Code, Diagnostic};
use crate::model::Place;
use crate::rules::{Column, DateOrder, DecimalMark, Form, Mapping, RowFilter, follows};

use super::super::Input;
use super::super::habit::{Habit, usual_mark};
use super::super::table::{Row, Table};
use super::super::value::{self, WrongValue};
use super::fit::Fit;
use super::machine_of;

/// A part of a text that is made up of several columns.
enum Part {
    Literal(String),
    /// The first of these that says anything.
    Cell(Vec<usize>),
}

/// A column of the mapping, found in the table.
struct Bound<'a> {
    column: &'a Column,
    /// Its alternatives that are there.
    at: Vec<usize>,
    /// Columns by which it is multiplied.
    times: Vec<usize>,
    /// Parts of a text made up.
    parts: Vec<Part>,
    habit: Habit,
}

/// A filter, found in the table.
struct BoundFilter<'a> {
    filter: &'a RowFilter,
    at: Option<usize>,
    left_out: Cell<u32>,
    first: RefCell<Option<Place>>,
}

/// The columns of one table.
pub(super) struct Cells<'a> {
    /// The mapping.
    pub mapping: &'a Mapping,
    /// File, for messages.
    pub path: &'a str,
    names: Vec<String>,
    place: Place,
    bound: Vec<Bound<'a>>,
    filters: Vec<BoundFilter<'a>>,
    remarks: Vec<(String, usize)>,
    machine: Option<String>,
    date_order: Option<DateOrder>,
    decimal: Option<DecimalMark>,
    usual: Option<DecimalMark>,
}

impl<'a> Cells<'a> {
    /// Binds a mapping to the headings found. A column that another one of the same mapping can stand in for may be
    /// missing; one without which the rows say nothing may not. `owner` is the machine of rows that name none.
    pub fn bind(fit: &Fit<'a>, input: &Input<'a>, owner: Option<String>) -> Result<Self, Diagnostic> {
        let mapping = fit.mapping;
        let find = |names: &[String]| names.iter().filter_map(|name| fit.find_column(name)).collect::<Vec<_>>();
        let bound = mapping.columns.iter().map(|column| Bound {
            column,
            at: find(&column.headings),
            times: find(&column.times),
            parts: column.text.as_deref().map(|text| parts(text, fit, input.path)).unwrap_or_default(),
            habit: Habit::default(),
        });
        let filters = mapping.filters.iter().map(|filter| BoundFilter {
            filter,
            at: find(&filter.headings).first().copied(),
            left_out: Cell::new(0),
            first: RefCell::default(),
        });
        let remarks = mapping.remarks.iter().filter_map(|name| {
            let at = fit.find_column(name)?;
            Some((fit.names[at].trim_start_matches('^').to_owned(), at))
        });
        let cells = Self {
            mapping,
            path: input.path,
            names: fit.names.clone(),
            place: fit.place.clone(),
            bound: bound.collect(),
            filters: filters.collect(),
            remarks: remarks.collect(),
            machine: owner.or_else(|| machine_of::name(mapping, input)),
            date_order: mapping.date_order.or(input.tables.date_order),
            decimal: mapping.decimal.or(input.tables.decimal),
            usual: None,
        };
        match cells.missing() {
            None => Ok(cells),
            Some(message) => Err(Diagnostic::error(Code::MissingKey, input.path, message).at(fit.place.clone())),
        }
    }

    /// Which facts without which a row says nothing have no column here.
    fn missing(&self) -> Option<String> {
        let there = |fact: &&&str| {
            let bound = self
                .bound
                .iter()
                .any(|bound| bound.column.fact == **fact && (!bound.at.is_empty() || !bound.parts.is_empty()));
            bound || self.mapping.fixed(fact).is_some()
        };
        let missing = self.mapping.holds.needs().iter().find(|any| !any.iter().any(|fact| there(&fact)))?;
        let headings: Vec<String> =
            missing.iter().filter_map(|fact| Some(self.mapping.column(fact)?.headings.join("` or `"))).collect();
        Some(format!(
            "the mapping `{}` finds no column `{}`, which it needs for `{}`",
            self.mapping.name,
            headings.join("` or `"),
            missing.join("` or `")
        ))
    }

    /// What a fact is for every row, as far as that is known.
    fn fixed(&self, fact: &str) -> Option<String> {
        match (self.mapping.fixed(fact)?, &self.machine) {
            (machine_of::MACHINE, machine) => machine.clone(),
            (text, _) => Some(text.replace("{file}", self.stem())),
        }
    }

    /// Name of the file without its folders and ending.
    fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(self.path);
        name.split('.').next().unwrap_or(name)
    }

    /// Where the headings stand.
    pub fn headings(&self) -> &Place {
        &self.place
    }

    /// Looks through the table for how its columns write dates and numbers.
    pub fn learn(&mut self, table: &mut dyn Table) {
        self.usual = usual_mark(table.separator());
        let by_form = |form| matches!(form, Form::Date | Form::Whole | Form::Amount);
        if !self.bound.iter().any(|bound| by_form(bound.column.form)) {
            return;
        }
        let place = self.place.clone();
        super::super::listing::each_below(table, &place, &mut |row| {
            let Ok(row) = row else { return };
            for bound in self.bound.iter_mut().filter(|bound| by_form(bound.column.form)) {
                for at in bound.at.iter().copied().filter(|at| !row.is_typed(Some(*at))) {
                    bound.habit.look(row.cell(Some(at)));
                }
            }
        });
    }

    /// A row whose cells stand under their headings. Programs that write values without quotation marks part them at
    /// every comma; one with a blank behind it belongs to the value.
    pub fn fitted(&self, mut row: Row) -> Result<Row, Diagnostic> {
        let width = self.names.len();
        while row.is_of_text() && row.cells.len() > width {
            let Some(at) = row.loose.iter().copied().rfind(|at| *at > 0 && *at < row.cells.len()) else { break };
            let tail = row.cells.remove(at);
            row.cells[at - 1] = format!("{}, {tail}", row.cells[at - 1]);
            row.loose.retain(|loose| *loose != at);
        }
        if row.is_of_text() && row.cells.iter().skip(width).any(|cell| !cell.is_empty()) {
            let message = format!("the row has {} cells and the headings {width}; it is left out", row.cells.len());
            let fault = Diagnostic::error(Code::BrokenFormat, self.path, message).at(row.place);
            return Err(fault.help("put a value that holds the separator in quotation marks"));
        }
        Ok(row)
    }

    /// Whether a filter leaves the row out; it is counted.
    pub fn is_left_out(&self, row: &Row) -> bool {
        let hit = self.filters.iter().find(|bound| {
            let Some(at) = bound.at else { return false };
            let cell = row.cell(Some(at));
            bound.filter.values.iter().any(|value| follows(value, cell)) != bound.filter.kept
        });
        if let Some(bound) = hit {
            bound.left_out.set(bound.left_out.get() + 1);
            bound.first.borrow_mut().get_or_insert_with(|| row.place.clone());
        }
        hit.is_some()
    }

    /// Tells how many rows were left out, and why.
    pub fn tell_left_out(&self, faults: &mut super::super::faults::Faults) {
        for bound in self.filters.iter().filter(|bound| bound.left_out.get() > 0) {
            let rows = bound.left_out.get();
            let message = format!("{rows} rows are left out, this one first: {}", bound.filter.because);
            let place = bound.first.borrow().clone().unwrap_or(Place::Whole);
            faults.keep(Diagnostic::note(Code::LeftOut, self.path, message).at(place));
        }
    }

    /// The row with its doubts.
    pub fn of<'r>(&'r self, row: &'r Row) -> Record<'r> {
        Record { cells: self, row, doubts: RefCell::default() }
    }
}

/// Literal texts and columns of a text such as `SQL Server {Version} {Edition}`.
fn parts(text: &str, fit: &Fit<'_>, path: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((name, after)) = behind.split_once('}') else { break };
        parts.push(Part::Literal(before.to_owned()));
        parts.extend(match name {
            "folder" => {
                Some(Part::Literal(path.rsplit_once('/').map_or("this folder", |(folder, _)| folder).to_owned()))
            }
            _ => Some(Part::Cell(name.split('|').filter_map(|name| fit.find_column(name)).collect())),
        });
        rest = after;
    }
    parts.push(Part::Literal(rest.to_owned()));
    parts
}

/// What is doubtful in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Doubt {
    /// Column as written.
    pub column: String,
    /// Kind.
    pub code: Code,
    /// In a sentence.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Whether it is of the column as a whole.
    pub of_column: bool,
    /// Whether a row of figures is kept all the same.
    pub harmless: bool,
}

/// One row, asked for its facts.
pub(super) struct Record<'r> {
    cells: &'r Cells<'r>,
    row: &'r Row,
    doubts: RefCell<Vec<Doubt>>,
}

impl<'r> Record<'r> {
    /// Where the row stands.
    pub fn place(&self) -> Place {
        self.row.place.clone()
    }

    /// Doubts met so far.
    pub fn into_doubts(self) -> Vec<Doubt> {
        self.doubts.into_inner()
    }

    fn bound(&self, fact: &str) -> Option<&'r Bound<'r>> {
        self.cells.bound.iter().find(|bound| bound.column.fact == fact)
    }

    /// The cell of a fact with its column; the first that says anything. A day of a program that knows none, such as
    /// year 1, says nothing.
    fn cell(&self, bound: &Bound<'_>) -> Option<(usize, String)> {
        let says_nothing = if bound.column.form == Form::Date { value::is_no_day } else { value::says_nothing };
        let stated = bound.at.iter().map(|at| (*at, self.row.cell(Some(*at))));
        let stated = stated.into_iter().find(|(_, cell)| !says_nothing(cell));
        stated.map(|(at, cell)| (at, cell.to_owned())).or_else(|| Some((usize::MAX, self.made_up(bound)?)))
    }

    /// The text that a fact is made up of; nothing where no column of it says anything.
    fn made_up(&self, bound: &Bound<'_>) -> Option<String> {
        let stated = |columns: &[usize]| {
            let mut cells = columns.iter().map(|at| self.row.cell(Some(*at)));
            cells.find(|cell| !cell.is_empty()).unwrap_or_default()
        };
        let filled = |part: &Part| matches!(part, Part::Cell(columns) if !stated(columns).is_empty());
        bound.parts.iter().any(filled).then(|| {
            let texts = bound.parts.iter().map(|part| match part {
                Part::Literal(text) => text.as_str(),
                Part::Cell(columns) => stated(columns),
            });
            let text: String = texts.collect();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        })
    }

    /// The text of a fact, after what the mapping does to it, with its column.
    fn found(&self, fact: &str) -> Option<(usize, String)> {
        let fixed = || self.cells.fixed(fact).map(|text| (usize::MAX, text));
        let Some(bound) = self.bound(fact) else { return fixed() };
        let Some((at, mut text)) = self.cell(bound) else { return fixed() };
        if let Some(captured) = bound.column.take.as_ref().and_then(|take| take.captures(&text)) {
            text = captured.get(1).map_or("", |group| group.as_str()).to_owned();
        }
        let means = |known: &str| known.eq_ignore_ascii_case(&text) || (known.contains('*') && follows(known, &text));
        if let Some((_, meaning)) = bound.column.values.iter().find(|(known, _)| means(known)) {
            text.clone_from(meaning);
        }
        (!text.is_empty()).then_some((at, text))
    }

    /// A text.
    pub fn text(&self, fact: &str) -> Option<String> {
        self.found(fact).map(|(_, text)| text)
    }

    /// Several texts.
    pub fn texts(&self, fact: &str) -> Vec<String> {
        let separator = self.bound(fact).map_or(";", |bound| bound.column.separator.as_str());
        let text = self.text(fact).unwrap_or_default();
        text.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// A whole number; where it is a product, nothing unless both numbers are there.
    pub fn whole(&self, fact: &str) -> Option<u32> {
        let number = self.convert(fact, |text, record, at| value::quantity(text, record.mark(fact, at)))?;
        let Some(bound) = self.bound(fact).filter(|bound| !bound.column.times.is_empty()) else { return Some(number) };
        let by = bound.times.iter().map(|at| self.row.cell(Some(*at))).find(|cell| !value::says_nothing(cell))?;
        number.checked_mul(value::quantity(by, Some(DecimalMark::Point)).ok()?)
    }

    /// A sum of money with the currency it names.
    pub fn amount(&self, fact: &str) -> Option<(Decimal, Option<String>)> {
        self.convert(fact, |text, record, at| value::amount(text, record.mark(fact, at)))
    }

    /// A day; none where the table writes that there is none.
    pub fn date(&self, fact: &str) -> Option<Date> {
        let (_, text) = self.found(fact)?;
        if value::is_no_day(&text) {
            return None;
        }
        self.convert(fact, |text, record, _| value::date(text, record.order(fact)))
    }

    /// Yes or no; nothing where the text means neither.
    pub fn yes_no(&self, fact: &str) -> Option<bool> {
        const YES: [&str; 5] = ["yes", "true", "1", "y", "on"];
        const NO: [&str; 5] = ["no", "false", "0", "n", "off"];
        let (at, text) = self.found(fact)?;
        let means = |own: Option<&Vec<String>>, usual: &[&str]| match own.filter(|own| !own.is_empty()) {
            Some(own) => own.iter().any(|word| word.eq_ignore_ascii_case(&text)),
            None => usual.iter().any(|word| word.eq_ignore_ascii_case(&text)),
        };
        let column = self.bound(fact).map(|bound| bound.column);
        let yes = means(column.map(|column| &column.yes), &YES);
        let no = means(column.map(|column| &column.no), &NO);
        let own_words = column.is_some_and(|column| !column.yes.is_empty() || !column.no.is_empty());
        match (yes, no) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) if own_words => None,
            (false, false) => {
                self.doubt(at, &text, &WrongValue::new("is neither yes nor no", "write True or False"));
                None
            }
        }
    }

    /// A name out of a fixed set, compared without case, blanks, underscores and hyphens.
    pub fn one_of<T: Copy>(&self, fact: &str, known: &[(T, &str)]) -> Option<T> {
        use super::super::table::heading;
        self.convert(fact, |text, _, _| {
            let wanted = heading(text);
            known.iter().find(|(_, name)| heading(name) == wanted).map(|(value, _)| *value).ok_or_else(|| {
                let names: Vec<&str> = known.iter().map(|(_, name)| *name).collect();
                WrongValue::new("is not known", format!("map it by `values` to one of {}", names.join(", ")))
            })
        })
    }

    /// Columns kept as remarks.
    pub fn remarks(&self) -> Vec<(String, String)> {
        let remark = |(name, at): &(String, usize)| {
            let cell = self.row.cell(Some(*at));
            (!value::says_nothing(cell)).then(|| (name.clone(), cell.to_owned()))
        };
        self.cells.remarks.iter().filter_map(remark).collect()
    }

    fn convert<T>(&self, fact: &str, convert: impl Fn(&str, &Self, usize) -> Result<T, WrongValue>) -> Option<T> {
        let (at, text) = self.found(fact)?;
        convert(&text, self, at).map_err(|wrong| self.doubt(at, &text, &wrong)).ok()
    }

    fn mark(&self, fact: &str, at: usize) -> Option<DecimalMark> {
        if self.row.is_typed(Some(at)) {
            return Some(DecimalMark::Point);
        }
        let bound = self.bound(fact);
        let said = bound.and_then(|bound| bound.column.decimal).or(self.cells.decimal).or(self.cells.usual);
        bound.map_or(said, |bound| bound.habit.mark(said))
    }

    fn order(&self, fact: &str) -> Option<DateOrder> {
        let bound = self.bound(fact);
        let said = bound.and_then(|bound| bound.column.date_order).or(self.cells.date_order);
        bound.map_or(said, |bound| bound.habit.order(said))
    }

    /// The heading of a column.
    fn heading(&self, at: usize) -> &str {
        self.cells.names.get(at).map_or("(made up by the mapping)", String::as_str)
    }

    fn doubt(&self, at: usize, text: &str, wrong: &WrongValue) {
        let column = self.heading(at).to_owned();
        let shown: String = text.chars().take(60).collect();
        let message = match wrong.ambiguous {
            false => format!("column `{column}`: `{shown}` {}", wrong.problem),
            true => {
                format!(
                    "column `{column}`: `{shown}` can be read in two ways, and no other value of the column decides"
                )
            }
        };
        let help = match wrong.ambiguous {
            false => wrong.help.clone(),
            true => format!(
                "{}; or write {} in trueup.toml, for all tables or in a [[mapping]]",
                wrong.help,
                settings_for(text)
            ),
        };
        let doubt = Doubt {
            column,
            code: Code::WrongValue,
            message,
            help: Some(help),
            of_column: wrong.ambiguous,
            harmless: false,
        };
        self.doubts.borrow_mut().push(doubt);
    }

    /// Adds a doubt that is not about one cell.
    pub fn wonder(&self, code: Code, message: String) {
        let doubt = Doubt { column: String::new(), code, message, help: None, of_column: false, harmless: false };
        self.doubts.borrow_mut().push(doubt);
    }

    /// Adds something to tell of a row that is kept all the same.
    pub fn mention(&self, code: Code, message: String) {
        let doubt = Doubt { column: String::new(), code, message, help: None, of_column: false, harmless: true };
        self.doubts.borrow_mut().push(doubt);
    }
}

/// The setting that would decide an ambiguous value.
fn settings_for(text: &str) -> &'static str {
    match value::day_and_month(text) {
        Some(_) => "`date_order = \"day-first\"` or `date_order = \"month-first\"`",
        None => "`decimal = \".\"` or `decimal = \",\"`",
    }
}
