//! Objects of a JSON document as rows of a table: what a mapping wants of each, and nothing else is built up.
//!
//! A document may be one object, a list, or one object after another. A mapping names the objects that are records
//! (`hosts.*`) and, where each of them holds a list, the rows below it (`software.*`). A heading is then a path below the
//! row (`version`, `cpu.0.model`), behind `^` one below the object (`^hostname`), and `@` is the key under which the row
//! stands, `^@above` the key above that of the object. The rows of one object are held back until it ends, because what it says of itself may stand behind them.

use std::fmt;
use std::ops::ControlFlow;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::diag::Diagnostic;
use crate::model::Place;

use super::agent::Text;
use super::beyond::Beyond;
use super::json::broken;
use super::table::{NextRow, Row, Table};

/// Rows that one object may hold; further ones are told.
const MOST_ROWS: usize = 1_000_000;

/// Letters kept of a text.
const MOST_LETTERS: usize = 32_767;

/// Whether the first bytes may be those of a JSON document.
pub(super) fn may_be_json(head: &[u8]) -> bool {
    matches!(head.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// What is a record in a document, and what is wanted of it.
#[derive(Debug, Clone)]
pub(super) struct Records<'m> {
    /// Path of the objects.
    pub object: &'m str,
    /// Paths below an object to its rows; none: the object is the row.
    pub rows: &'m [String],
    /// Keys whose value stands for the object that holds it.
    wrappers: &'m [String],
    headings: Vec<&'m str>,
    of_object: Vec<Wanted<'m>>,
    of_row: Vec<Wanted<'m>>,
    key_of_object: Option<usize>,
    key_above_object: Option<usize>,
    key_of_row: Option<usize>,
}

/// A column, and the rest of the path to its text.
type Wanted<'m> = (usize, &'m str);

impl<'m> Records<'m> {
    /// The records at a path, with the headings that are wanted of them.
    pub fn new(object: &'m str, rows: &'m [String], wrappers: &'m [String], headings: &[&'m str]) -> Self {
        let (mut of_object, mut of_row) = (Vec::new(), Vec::new());
        let (mut key_of_object, mut key_above_object, mut key_of_row) = (None, None, None);
        for (column, heading) in headings.iter().enumerate() {
            match (heading.strip_prefix('^'), *heading) {
                (Some("@"), _) => key_of_object = Some(column),
                (Some("@above"), _) => key_above_object = Some(column),
                (None, "@") => key_of_row = Some(column),
                (Some(path), _) => of_object.push((column, path)),
                (None, ".") => of_row.push((column, "")),
                (None, path) => of_row.push((column, path)),
            }
        }
        if rows.is_empty() {
            of_object.append(&mut of_row);
            key_of_object = key_of_object.or(key_of_row);
        }
        Self {
            object,
            rows,
            wrappers,
            headings: headings.to_vec(),
            of_object,
            of_row,
            key_of_object,
            key_above_object,
            key_of_row,
        }
    }

    /// The headings that occur in the beginning of a document, whatever stands there.
    pub fn found_in(&self, head: &str) -> Vec<&'m str> {
        let mut visit = |_: NextRow| ControlFlow::Continue(());
        let mut walk = Walk::new(self, &mut visit);
        // The beginning of a document ends in the middle of something; what was seen up to there counts.
        let _ = walk.document(&mut serde_json::Deserializer::from_str(head));
        let seen = walk.seen;
        self.headings.iter().zip(seen).filter_map(|(heading, seen)| seen.then_some(*heading)).collect()
    }
}

/// A JSON text as a table.
#[derive(Debug, Clone)]
pub(super) struct JsonTable<'a, 'm> {
    text: &'a str,
    path: &'a str,
    records: Records<'m>,
}

impl<'a, 'm> JsonTable<'a, 'm> {
    /// The table of a text that is well-formed throughout: half a list would be a silent loss.
    ///
    /// # Errors
    /// Where the text is broken or ends too early.
    pub fn new(text: &'a str, path: &'a str, records: Records<'m>) -> Result<Self, Diagnostic> {
        let mut documents = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
        match documents.find_map(Result::err) {
            Some(error) => Err(broken(&error, path)),
            None => Ok(Self { text, path, records }),
        }
    }
}

impl Table for JsonTable<'_, '_> {
    fn each(&mut self, visit: &mut dyn FnMut(NextRow) -> ControlFlow<()>) {
        let cells = self.records.headings.iter().map(|heading| (*heading).to_owned()).collect();
        let headings = Row { place: Place::Whole, cells, typed: Vec::new(), loose: Vec::new() };
        if visit(Ok(headings)).is_break() {
            return;
        }
        let (mut start, mut line) = (0, 1);
        let mut walk = Walk::new(&self.records, visit);
        while start < self.text.len() {
            let rest = &self.text[start..];
            walk.steps.clear();
            let blank = rest.len() - rest.trim_ascii_start().len();
            if start > 0 {
                walk.steps.push(Step::Line(line + rest[..blank].matches('\n').count()));
            }
            let mut documents = serde_json::Deserializer::from_str(rest);
            if let Err(error) = walk.document(&mut documents) {
                if !walk.stopped {
                    let _ = (walk.visit)(Err(broken(&error, self.path)));
                }
                return;
            }
            let read = documents.into_iter::<IgnoredAny>().byte_offset();
            line += rest[..read].matches('\n').count();
            start += read;
            if self.text[start..].trim_ascii().is_empty() {
                break;
            }
        }
        let left =
            [walk.beyond.told("rows of one object", MOST_ROWS, self.path), walk.cut.cut_off(MOST_LETTERS, self.path)];
        for fault in left.into_iter().flatten() {
            let _ = (walk.visit)(Err(fault));
        }
    }

    fn separator(&self) -> Option<u8> {
        None
    }
}

/// A step on the way to a place.
#[derive(Debug, Clone)]
enum Step {
    Line(usize),
    Key(String),
    Index(usize),
}

/// The texts of a row or an object by column, and which of them are numbers.
#[derive(Debug, Clone, Default)]
struct Texts {
    texts: Vec<String>,
    typed: Vec<usize>,
}

impl Texts {
    fn of_width(width: usize) -> Self {
        Self { texts: vec![String::new(); width], typed: Vec::new() }
    }

    /// Texts of a list stand in one cell with `; ` between them.
    ///
    /// Says whether the cell had room for all of it.
    fn keep(&mut self, column: usize, text: &str, is_number: bool) -> bool {
        let Some(cell) = self.texts.get_mut(column).filter(|_| !text.is_empty()) else { return true };
        if !cell.is_empty() {
            cell.push_str("; ");
        } else if is_number {
            self.typed.push(column);
        }
        if cell.len() + text.len() <= MOST_LETTERS {
            cell.push_str(text);
            return true;
        }
        let room = MOST_LETTERS.saturating_sub(cell.chars().count().min(MOST_LETTERS));
        cell.extend(text.chars().take(room));
        text.chars().nth(room).is_none()
    }
}

/// What is known while a document is gone through.
struct Walk<'w, 'm> {
    records: &'w Records<'m>,
    visit: &'w mut dyn FnMut(NextRow) -> ControlFlow<()>,
    seen: Vec<bool>,
    steps: Vec<Step>,
    place: Place,
    object: Texts,
    rows: Vec<(Place, Texts)>,
    beyond: Beyond,
    cut: Beyond,
    stopped: bool,
}

impl<'w, 'm> Walk<'w, 'm> {
    fn new(records: &'w Records<'m>, visit: &'w mut dyn FnMut(NextRow) -> ControlFlow<()>) -> Self {
        Self {
            records,
            visit,
            seen: vec![false; records.headings.len()],
            steps: Vec::new(),
            place: Place::Whole,
            object: Texts::default(),
            rows: Vec::new(),
            beyond: Beyond::default(),
            cut: Beyond::default(),
            stopped: false,
        }
    }

    fn document<'de, R: serde_json::de::Read<'de>>(
        &mut self,
        documents: &mut serde_json::Deserializer<R>,
    ) -> serde_json::Result<()> {
        let objects = vec![self.records.object];
        let node = Node { objects, rows: Vec::new(), of_object: Vec::new(), of_row: Vec::new(), walk: self };
        node.deserialize(documents)
    }

    /// Where the walk is, in the words of a place.
    fn here(&self) -> Place {
        let mut place = String::new();
        for step in &self.steps {
            match step {
                Step::Line(line) => place += &format!("line {line}"),
                Step::Key(key) if place.is_empty() => place += key,
                Step::Key(key) => place += &format!(".{key}"),
                Step::Index(index) => place += &format!("[{index}]"),
            }
        }
        Place::Within(if place.is_empty() { "the document".into() } else { place.into() })
    }

    /// The key under which the walk is, or one so many keys above it.
    fn key(&self, above: usize) -> Option<String> {
        let mut keys = self.steps.iter().rev().filter_map(|step| match step {
            Step::Key(key) => Some(key.clone()),
            Step::Line(_) | Step::Index(_) => None,
        });
        keys.nth(above)
    }

    fn begin_object(&mut self) {
        self.place = self.here();
        self.object = Texts::of_width(self.records.headings.len());
        self.rows.clear();
        if let Some((column, key)) = self.records.key_of_object.zip(self.key(0)) {
            self.object.keep(column, &key, false);
        }
        if let Some((column, key)) = self.records.key_above_object.zip(self.key(1)) {
            self.object.keep(column, &key, false);
            self.seen[column] = true;
        }
    }

    fn begin_row(&mut self) {
        if self.rows.len() >= MOST_ROWS {
            let here = self.here();
            self.beyond.add(|| here);
            return;
        }
        let mut row = Texts::of_width(self.records.headings.len());
        if let Some((column, key)) = self.records.key_of_row.zip(self.key(0)) {
            row.keep(column, &key, false);
        }
        self.rows.push((self.here(), row));
    }

    /// Hands the object on, then its rows with what it says of itself.
    fn end_object(&mut self) -> Result<(), String> {
        let (object, rows) = (std::mem::take(&mut self.object), std::mem::take(&mut self.rows));
        let place = std::mem::replace(&mut self.place, Place::Whole);
        self.hand_on(place, object.clone())?;
        for (place, mut row) in rows {
            for &(column, _) in &self.records.of_object {
                row.texts[column].clone_from(&object.texts[column]);
            }
            let keys = [self.records.key_of_object, self.records.key_above_object];
            for column in keys.into_iter().flatten() {
                row.texts[column].clone_from(&object.texts[column]);
            }
            row.typed.extend(&object.typed);
            self.hand_on(place, row)?;
        }
        Ok(())
    }

    fn hand_on(&mut self, place: Place, texts: Texts) -> Result<(), String> {
        let row = Row { place, cells: texts.texts, typed: texts.typed, loose: Vec::new() };
        self.stopped = (self.visit)(Ok(row)).is_break();
        if self.stopped { Err("enough was read".into()) } else { Ok(()) }
    }
}

/// The rest of a path behind one key of it; `*` is any key. A key may itself hold points.
fn behind<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    let after = match path.strip_prefix('*') {
        Some(after) => after,
        None => path.get(..key.len()).filter(|part| part.eq_ignore_ascii_case(key)).map(|_| &path[key.len()..])?,
    };
    match path.is_empty() {
        true => None,
        false if after.is_empty() => Some(after),
        false => after.strip_prefix('.'),
    }
}

fn all_behind<'p>(wanted: &[Wanted<'p>], key: &str) -> Vec<Wanted<'p>> {
    wanted.iter().filter_map(|(column, path)| Some((*column, behind(path, key)?))).collect()
}

/// Key and value of the pairs that a path such as `[name:val].config` chooses among the items of a list.
fn pair(path: &str) -> Option<(&str, &str, &str)> {
    let (names, rest) = path.strip_prefix('[')?.split_once(']')?;
    let (key, value) = names.split_once(':')?;
    Some((key, value, rest.strip_prefix('.').unwrap_or(rest)))
}

/// One place of the document, with what is to be found at it or below it.
struct Node<'n, 'w, 'm> {
    objects: Vec<&'m str>,
    rows: Vec<&'m str>,
    of_object: Vec<Wanted<'m>>,
    of_row: Vec<Wanted<'m>>,
    walk: &'n mut Walk<'w, 'm>,
}

impl<'w, 'm> Node<'_, 'w, 'm> {
    /// Whether this place is an object that is wanted, or a row.
    fn is_object(&self) -> bool {
        self.objects.iter().any(|path| path.is_empty())
    }

    fn is_row(&self) -> bool {
        self.rows.iter().any(|path| path.is_empty())
    }

    /// Notes that something stands at the ends of wanted paths.
    fn note_ends(&mut self) {
        for (column, path) in self.of_object.iter().chain(&self.of_row) {
            if path.is_empty() {
                self.walk.seen[*column] = true;
            }
        }
    }

    /// What is to be found below one key.
    fn below(&mut self, key: &str) -> Option<Node<'_, 'w, 'm>> {
        let paths = |paths: &[&'m str]| paths.iter().filter_map(|path| behind(path, key)).collect::<Vec<_>>();
        let (objects, rows) = (paths(&self.objects), paths(&self.rows));
        let (mut of_object, mut of_row) = (all_behind(&self.of_object, key), all_behind(&self.of_row, key));
        if self.walk.records.wrappers.iter().any(|wrapper| wrapper == key) {
            let ends =
                |wanted: &[Wanted<'m>]| wanted.iter().filter(|(_, path)| path.is_empty()).copied().collect::<Vec<_>>();
            of_object.extend(ends(&self.of_object));
            of_row.extend(ends(&self.of_row));
        }
        let nothing = objects.is_empty() && rows.is_empty() && of_object.is_empty() && of_row.is_empty();
        if nothing { None } else { Some(Node { objects, rows, of_object, of_row, walk: &mut *self.walk }) }
    }

    /// What is to be found in the items of a list, whichever they are.
    fn in_item(&mut self, index: usize) -> Option<Node<'_, 'w, 'm>> {
        let index = index.to_string();
        let (any, rows) = (self.is_object(), self.is_row());
        let ends = |wanted: &[Wanted<'m>]| {
            let ends = wanted.iter().filter(|(_, path)| path.is_empty() || path.starts_with('['));
            ends.copied().collect::<Vec<_>>()
        };
        let (more_of_object, more_of_row) = (ends(&self.of_object), ends(&self.of_row));
        let whole = any || rows || !more_of_object.is_empty() || !more_of_row.is_empty();
        if !whole {
            return self.below(&index);
        }
        let mut node = Node {
            objects: self.objects.iter().filter_map(|path| behind(path, &index)).collect(),
            rows: self.rows.iter().filter_map(|path| behind(path, &index)).collect(),
            of_object: all_behind(&self.of_object, &index),
            of_row: all_behind(&self.of_row, &index),
            walk: &mut *self.walk,
        };
        node.objects.extend(any.then_some(""));
        node.rows.extend(rows.then_some(""));
        node.of_object.extend(more_of_object);
        node.of_row.extend(more_of_row);
        Some(node)
    }

    /// What the pairs of this item are asked for: the name of the key and of the value.
    fn pairs(&self) -> Option<(&'m str, &'m str)> {
        let mut wanted = self.of_object.iter().chain(&self.of_row);
        wanted.find_map(|(_, path)| pair(path)).map(|(key, value, _)| (key, value))
    }

    fn keep<E>(mut self, text: &str, is_number: bool) -> Result<(), E> {
        self.note_ends();
        let text = text.trim();
        if self.is_row() {
            self.walk.begin_row();
            self.of_row.clone_from(&self.walk.records.of_row);
        }
        let walk = self.walk;
        let mut whole = true;
        for (column, _) in self.of_object.iter().filter(|(_, path)| path.is_empty()) {
            whole &= walk.object.keep(*column, text, is_number);
        }
        if let Some((_, row)) = walk.rows.last_mut() {
            for (column, _) in self.of_row.iter().filter(|(_, path)| path.is_empty()) {
                whole &= row.keep(*column, text, is_number);
            }
        }
        if !whole {
            let here = walk.here();
            walk.cut.add(|| here);
        }
        Ok(())
    }

    /// Goes through the keys of an object.
    fn keys<'de, M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        let pairs = self.pairs();
        let mut named: Option<String> = None;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if let Some((name, value)) = pairs {
                if key.raw().eq_ignore_ascii_case(name) {
                    named = map.next_value::<Text<'de>>()?.owned();
                    continue;
                }
                if let Some(named) = named.as_deref().filter(|_| key.raw().eq_ignore_ascii_case(value)) {
                    match self.of_pair(named) {
                        Some(node) => map.next_value_seed(node)?,
                        None => map.next_value::<IgnoredAny>().map(|_| ())?,
                    }
                    continue;
                }
            }
            self.walk.steps.push(Step::Key(key.raw().to_owned()));
            match self.below(key.raw()) {
                Some(node) => map.next_value_seed(node)?,
                None => map.next_value::<IgnoredAny>().map(|_| ())?,
            }
            self.walk.steps.pop();
        }
        Ok(())
    }

    /// What is wanted of the value of a pair with this name.
    fn of_pair(&mut self, name: &str) -> Option<Node<'_, 'w, 'm>> {
        let behind = |wanted: &[Wanted<'m>]| -> Vec<Wanted<'m>> {
            let chosen = |(column, path): &Wanted<'m>| Some((*column, behind(pair(path)?.2, name)?));
            wanted.iter().filter_map(chosen).collect()
        };
        let (of_object, of_row) = (behind(&self.of_object), behind(&self.of_row));
        let nothing = of_object.is_empty() && of_row.is_empty();
        (!nothing).then(|| Node { objects: Vec::new(), rows: Vec::new(), of_object, of_row, walk: &mut *self.walk })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("records")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, map: M) -> Result<(), M::Error> {
        self.note_ends();
        if self.is_object() {
            self.walk.begin_object();
            let records = self.walk.records;
            let walk = &mut *self.walk;
            let rows = records.rows.iter().map(String::as_str).collect();
            let of_object = records.of_object.clone();
            Node { objects: Vec::new(), rows, of_object, of_row: Vec::new(), walk }.keys(map)?;
            return self.walk.end_object().map_err(M::Error::custom);
        }
        if self.is_row() {
            self.walk.begin_row();
            self.of_row.clone_from(&self.walk.records.of_row);
            self.rows.clear();
        }
        self.keys(map)
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut list: S) -> Result<(), S::Error> {
        self.note_ends();
        let mut index = 0_usize;
        loop {
            self.walk.steps.push(Step::Index(index));
            let more = match self.in_item(index) {
                Some(node) => list.next_element_seed(node)?.is_some(),
                None => list.next_element::<IgnoredAny>()?.is_some(),
            };
            self.walk.steps.pop();
            if !more {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        self.keep(text, false)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.keep(text, false)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.keep(if flag { "true" } else { "false" }, false)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.keep(&number.to_string(), true)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.keep(&number.to_string(), true)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.keep(&number.to_string(), true)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.keep("", false)
    }
}
