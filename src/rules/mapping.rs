//! Column mappings: which column of a table is which fact. Those of known exports are compiled in; `trueup.toml` may
//! hold further ones for a table that no export of a known program is. A mapping is explicit: nothing is guessed.

mod facts;

use std::ops::Range;

use regex::Regex;
use toml::Spanned;
use toml::de::DeValue;

use crate::diag::{Code, Diagnostic};
use crate::model::View;

use super::document::{Document, Fields};
use super::stated_source::{StatedSources, stated_sources};

pub use facts::{FactName, Form, Holds};

/// What comes first in a date such as `03/04/2024`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateOrder {
    /// 3 April.
    DayFirst,
    /// 4 March.
    MonthFirst,
}

impl DateOrder {
    /// Both with their names in settings.
    pub const ALL: [(Self, &'static str); 2] = [(Self::DayFirst, "day-first"), (Self::MonthFirst, "month-first")];
}

/// The sign between a whole number and its decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DecimalMark {
    /// `1,234.56`.
    Point,
    /// `1.234,56`.
    Comma,
}

impl DecimalMark {
    /// Both with their names in settings.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Point, "."), (Self::Comma, ",")];
}

/// What a number of cores is stated of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Per {
    /// Of each processor.
    Processor,
    /// Of the whole machine.
    Machine,
}

/// How one fact is taken out of a row. The steps follow one another in the order of the fields.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name of the fact, see [`Holds::facts`].
    pub fact: &'static str,
    /// What its cells hold.
    pub form: Form,
    /// Headings under which it may stand; the first cell that is not empty counts.
    pub headings: Vec<String>,
    /// Headings of a number by which the value is multiplied, the first that is there; none: by nothing.
    pub times: Vec<String>,
    /// Text with headings in braces, filled in from the row, where none of `headings` says anything.
    pub text: Option<String>,
    /// Expression whose first group is the value; a text that it does not match stays as it is.
    pub take: Option<Regex>,
    /// What certain texts mean, compared without case; `*` stands for any letters.
    pub values: Vec<(String, String)>,
    /// Texts that mean yes, beside the usual ones.
    pub yes: Vec<String>,
    /// Texts that mean no.
    pub no: Vec<String>,
    /// Order of day and month.
    pub date_order: Option<DateOrder>,
    /// Decimal mark.
    pub decimal: Option<DecimalMark>,
    /// What cores are stated of.
    pub per: Per,
    /// Sign between several texts.
    pub separator: String,
}

/// Rows that are left out by the value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFilter {
    /// Headings under which it may stand.
    pub headings: Vec<String>,
    /// Values, compared without case.
    pub values: Vec<String>,
    /// Whether rows with these values are the ones kept, instead of the ones left out.
    pub kept: bool,
    /// Why such a row is left out.
    pub because: String,
}

/// Which column of a table is which fact.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Name, unique in its file.
    pub name: String,
    /// What a row is.
    pub holds: Holds,
    /// From which side machines are seen.
    pub view: View,
    /// By which headings the table is recognised: of each group one must be there.
    pub headings: Vec<Vec<String>>,
    /// Headings that show it to be another table.
    pub without: Vec<String>,
    /// Names of sheets, with `*` for any letters; none: any sheet.
    pub sheets: Vec<String>,
    /// Paths of files, with `*` for any letters; none: any file.
    pub files: Vec<String>,
    /// Beginnings that a program puts before every heading.
    pub prefixes: Vec<String>,
    /// Paths of the objects of a JSON document that are records, `""` for the document itself or each item of its list;
    /// none: the mapping is of tables, and not of JSON.
    pub objects: Vec<String>,
    /// Paths below such an object to what its rows are; none: the object is the row.
    pub rows: Vec<String>,
    /// Keys whose value stands for the object that holds it: `{ "value": 3 }` is 3.
    pub wrappers: Vec<String>,
    /// Words of a file's name that say what is in it, and not of which machine it is.
    pub file_words: Vec<String>,
    /// Heading under which all rows must say the same, where file or folder name the machine.
    pub same: Option<String>,
    /// Why a file of this form is nothing for us; a file is then ignored by name.
    pub ignored: Option<String>,
    /// Facts with their columns.
    pub columns: Vec<Column>,
    /// Columns kept as remarks.
    pub remarks: Vec<String>,
    /// Facts that are the same for every row.
    pub fixed: Vec<(String, String)>,
    /// Rows left out.
    pub filters: Vec<RowFilter>,
    /// Rows below the headings that explain them.
    pub skip_rows: u32,
    /// The table is read by this mapping beside the one that fits best: its rows say two things.
    pub beside: bool,
    /// The table is one of several lists of a machine's software, such as one branch of a registry: it adds to the others.
    pub complements: bool,
    /// A machine that several rows name is one machine.
    pub once: bool,
    /// Order of day and month of every column that says nothing else.
    pub date_order: Option<DateOrder>,
    /// Decimal mark of every column that says nothing else.
    pub decimal: Option<DecimalMark>,
    /// File it stands in, for messages.
    pub path: String,
    /// Line on which it starts.
    pub line: u32,
}

impl PartialEq for Mapping {
    /// Mappings are the same where they stand at the same place: settings are compared by their text elsewhere.
    fn eq(&self, other: &Self) -> bool {
        (&self.path, self.line, &self.name) == (&other.path, other.line, &other.name)
    }
}

impl Eq for Mapping {}

impl Mapping {
    /// The column of a fact.
    pub fn column(&self, fact: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.fact == fact)
    }

    /// What a fact is for every row.
    pub fn fixed(&self, fact: &str) -> Option<&str> {
        self.fixed.iter().find(|(name, _)| name == fact).map(|(_, value)| value.as_str())
    }
}

/// What `trueup.toml` says of how files are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableSettings {
    /// The estate's own mappings; they go before those of known exports.
    pub mappings: Vec<Mapping>,
    /// Order of day and month where a column does not show it.
    pub date_order: Option<DateOrder>,
    /// Decimal mark where a column does not show it.
    pub decimal: Option<DecimalMark>,
    /// Changes whenever any of these does; 0 where nothing is set.
    pub digest: u32,
    /// Of which machines files are that name none.
    pub sources: StatedSources,
}

impl TableSettings {
    /// Nothing set.
    pub const NONE: &'static Self =
        &Self { mappings: Vec::new(), date_order: None, decimal: None, digest: 0, sources: StatedSources::NONE };

    /// Whether a mapping takes files by their path, so that the same content may be read in two ways.
    pub fn by_path(&self) -> bool {
        self.mappings.iter().any(|mapping| !mapping.files.is_empty())
    }
}

/// Reads the tables `[[mapping]]` and `[[source]]`, and the keys that go for all tables.
pub(super) fn table_settings(fields: &Fields<'_, '_>) -> TableSettings {
    let date_order = fields.one_of("date_order", &DateOrder::ALL);
    let decimal = fields.one_of("decimal", &DecimalMark::ALL);
    let tables = fields.tables("mapping");
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{date_order:?}{decimal:?}").as_bytes());
    let set = date_order.is_some() || decimal.is_some() || !tables.is_empty();
    let mappings = mappings(tables, &mut hasher);
    let digest = hasher.finalize().as_bytes().first_chunk().map_or(1, |bytes| u32::from_le_bytes(*bytes));
    let digest = if set { digest.max(1) } else { 0 };
    TableSettings { mappings, date_order, decimal, digest, sources: stated_sources(fields) }
}

/// Reads a list of mappings; each name may stand once. What decides how a table is read goes into the hasher.
fn mappings(tables: Vec<Fields<'_, '_>>, hasher: &mut blake3::Hasher) -> Vec<Mapping> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for table in tables {
        let (span, document) = (table.span.clone(), table.document);
        let mapping = mapping(table);
        hasher.update(format!("{mapping:?}").as_bytes());
        if mappings.iter().any(|known| known.name == mapping.name) {
            document.fault(Code::DuplicateName, span, format!("the mapping {} stands twice", mapping.name));
        }
        mappings.push(mapping);
    }
    mappings
}

/// Reads one mapping.
pub(super) fn mapping(fields: Fields<'_, '_>) -> Mapping {
    fields.required("holds");
    let holds = fields.one_of("holds", &Holds::ALL).unwrap_or(Holds::Machines);
    let views = [(View::Agent, "agent"), (View::Hypervisor, "hypervisor"), (View::Guest, "guest")];
    // An agent's view stands for an inventory of the software, which only a table of software is.
    let default_view = if holds == Holds::Software { View::Agent } else { View::Register };
    let headings = groups(&fields);
    let ignored = fields.text("ignored");
    let columns = if ignored.is_some() { Vec::new() } else { columns(&fields, holds) };
    let remarks = fields.texts("remarks");
    let mapping = Mapping {
        name: fields.required_text("name"),
        holds,
        view: fields.one_of("view", &[&views[..], &[(View::Register, "register")]].concat()).unwrap_or(default_view),
        headings,
        without: fields.texts("without"),
        sheets: fields.texts("sheets"),
        files: fields.texts("files"),
        prefixes: fields.texts("prefixes"),
        objects: fields.texts("objects"),
        rows: fields.texts("rows"),
        wrappers: fields.texts("wrappers"),
        file_words: fields.texts("file_words"),
        same: fields.text("same"),
        ignored,
        columns,
        remarks,
        fixed: fixed(&fields, holds),
        filters: filters(&fields),
        skip_rows: fields.number("skip_rows").unwrap_or(0),
        beside: fields.boolean("beside").unwrap_or(false),
        complements: fields.boolean("complements").unwrap_or(false),
        once: fields.boolean("once").unwrap_or(false),
        date_order: fields.one_of("date_order", &DateOrder::ALL),
        decimal: fields.one_of("decimal", &DecimalMark::ALL),
        path: fields.document.path.clone(),
        line: fields.line(),
    };
    if mapping.headings.is_empty() && mapping.files.is_empty() {
        fields.fault(Code::MissingKey, "[[mapping]] needs `headings` or `files`, by which its table is recognised");
    }
    if mapping.objects.is_empty() && !mapping.rows.is_empty() {
        fields.fault(Code::MissingKey, "`rows` stand below `objects`, which are not given");
    }
    for one_of in holds.needs().iter().filter(|_| mapping.ignored.is_none()) {
        let there = |fact: &&str| mapping.column(fact).is_some() || mapping.fixed(fact).is_some();
        if !one_of.iter().any(there) {
            let message = format!("a mapping of {} needs the column `{}`", holds.name(), one_of.join("` or `"));
            fields.fault(Code::MissingKey, message);
        }
    }
    fields.finish();
    mapping
}

/// Headings by which a table is recognised: each a text, or a list of alternatives.
fn groups(fields: &Fields<'_, '_>) -> Vec<Vec<String>> {
    let Some(value) = fields.value("headings") else { return Vec::new() };
    let Some(items) = value.get_ref().as_array() else {
        fields.fault_at(
            "headings",
            Code::WrongValue,
            "`headings` must be a list of texts, or of lists of alternatives",
        );
        return Vec::new();
    };
    items.iter().map(|item| alternatives(fields.document, "headings", item)).collect()
}

/// A text, or a list of texts that mean the same.
fn alternatives(document: &Document<'_>, key: &str, value: &Spanned<DeValue<'_>>) -> Vec<String> {
    let texts = match value.get_ref() {
        DeValue::String(text) => Some(vec![text.to_string()]),
        DeValue::Array(items) => items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    texts.filter(|texts: &Vec<String>| !texts.is_empty()).unwrap_or_else(|| {
        let message = format!("`{key}` must be a heading in quotes, or a list of headings that mean the same");
        document.fault(Code::WrongValue, value.span(), message);
        Vec::new()
    })
}

/// The fact of this name; a fault where such a table has none.
fn known_fact(document: &Document<'_>, holds: Holds, name: &str, span: Range<usize>) -> Option<&'static FactName> {
    let found = holds.facts().find(|fact| fact.name == name);
    if found.is_none() {
        let known: Vec<&str> = holds.facts().map(|fact| fact.name).collect();
        let message = format!("a table of {} has no fact `{name}`; it knows {}", holds.name(), known.join(", "));
        document.fault(Code::UnknownKey, span, message);
    }
    found
}

fn columns(fields: &Fields<'_, '_>, holds: Holds) -> Vec<Column> {
    fields.required("columns");
    let Some(table) = fields.table("columns") else { return Vec::new() };
    let document = fields.document;
    let mut columns = Vec::new();
    for (name, span, value) in table.entries() {
        let Some(fact) = known_fact(document, holds, &name, span) else { continue };
        columns.push(match value.get_ref().as_table() {
            Some(inner) => column(fact, Fields::new(document, &format!("`{name}`"), inner, value.span())),
            None => Column { headings: alternatives(document, &name, value), ..Column::plain(fact) },
        });
    }
    columns
}

impl Column {
    fn plain(fact: &FactName) -> Self {
        Self {
            fact: fact.name,
            form: fact.form,
            headings: Vec::new(),
            times: Vec::new(),
            text: None,
            take: None,
            values: Vec::new(),
            yes: Vec::new(),
            no: Vec::new(),
            date_order: None,
            decimal: None,
            per: Per::Machine,
            separator: ";".into(),
        }
    }
}

fn column(fact: &FactName, fields: Fields<'_, '_>) -> Column {
    let headings = fields.value("heading").map(|value| alternatives(fields.document, "heading", value));
    let times = fields.value("times").map(|value| alternatives(fields.document, "times", value));
    let column = Column {
        headings: headings.unwrap_or_default(),
        times: times.unwrap_or_default(),
        text: fields.text("text"),
        take: take(&fields),
        values: fields.table("values").map(|table| table.text_pairs()).unwrap_or_default(),
        yes: fields.texts("yes"),
        no: fields.texts("no"),
        date_order: fields.one_of("date_order", &DateOrder::ALL),
        decimal: fields.one_of("decimal", &DecimalMark::ALL),
        per: fields.one_of("per", &[(Per::Processor, "processor"), (Per::Machine, "machine")]).unwrap_or(Per::Machine),
        separator: fields.text("separator").filter(|sign| !sign.is_empty()).unwrap_or_else(|| ";".into()),
        ..Column::plain(fact)
    };
    if column.headings.is_empty() && column.text.is_none() {
        fields
            .fault(Code::MissingKey, "a column is taken from `heading` or made up as `text`; give one of them or both");
    }
    fields.finish();
    column
}

fn take(fields: &Fields<'_, '_>) -> Option<Regex> {
    let written = fields.text("take")?;
    match Regex::new(&written) {
        Ok(expression) if expression.captures_len() == 2 => Some(expression),
        Ok(_) => {
            fields.fault_at("take", Code::WrongExpression, "`take` needs one group in round brackets: the value");
            None
        }
        Err(error) => {
            fields.fault_at("take", Code::WrongExpression, format!("`take` does not compile: {error}"));
            None
        }
    }
}

fn fixed(fields: &Fields<'_, '_>, holds: Holds) -> Vec<(String, String)> {
    let Some(table) = fields.table("fixed") else { return Vec::new() };
    for (name, span, _) in table.entries() {
        known_fact(fields.document, holds, &name, span);
    }
    table.text_pairs()
}

fn filters(fields: &Fields<'_, '_>) -> Vec<RowFilter> {
    let filter = |table: Fields<'_, '_>, kept| {
        table.required("heading");
        table.required("values");
        let headings = table.value("heading").map(|value| alternatives(table.document, "heading", value));
        let filter = RowFilter {
            headings: headings.unwrap_or_default(),
            values: table.texts("values"),
            kept,
            because: table.required_text("because"),
        };
        table.finish();
        filter
    };
    let left_out = fields.tables("leave_out").into_iter().map(|table| filter(table, false));
    let kept = fields.tables("keep_only").into_iter().map(|table| filter(table, true));
    left_out.chain(kept).collect()
}

/// A file of a known export: what its page says, and its mappings.
#[derive(Debug, Clone)]
pub struct MappedFormat {
    /// Name, in kebab-case.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Program that writes it.
    pub written_by: String,
    /// What real files do that one would not expect.
    pub quirks: Vec<String>,
    /// The real file it was tried on; `None`: none was at hand.
    pub verified: Option<String>,
    /// Where the names of its columns come from.
    pub rests_on: String,
    /// A small good input.
    pub example: String,
    /// Version of what comes out.
    pub version: u32,
    /// Whether a table that names no machine is of the one that the only other table of its folder names.
    pub named_by_neighbour: bool,
    /// Its tables.
    pub mappings: Vec<Mapping>,
}

/// Reads the file of a known export.
///
/// # Errors
/// Every fault of the file, with line and caret.
pub fn parse_mapped_format(path: &str, text: &str) -> Result<MappedFormat, Vec<Diagnostic>> {
    let document = Document::new(path, text);
    let table = document.parse();
    let fields = Fields::new(&document, "the file of a format", table.get_ref(), 0..0);
    let format = MappedFormat {
        name: fields.required_text("name"),
        title: fields.required_text("title"),
        written_by: fields.required_text("written_by"),
        quirks: fields.texts("quirks"),
        verified: fields.text("verified"),
        rests_on: fields.required_text("rests_on"),
        example: fields.required_text("example"),
        version: fields.number("version").unwrap_or(1),
        named_by_neighbour: fields.boolean("named_by_neighbour").unwrap_or(false),
        mappings: mappings(fields.tables("mapping"), &mut blake3::Hasher::new()),
    };
    fields.required("mapping");
    fields.finish();
    let faults = document.into_faults();
    if faults.is_empty() { Ok(format) } else { Err(faults) }
}
