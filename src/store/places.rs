//! Places of the records of one software list, kept small: a fleet has millions, and nearly all of them are counted
//! upwards by one.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::{Place, SharedText};

use super::number::{read_number, write_number};

/// A place without its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    /// One place as it is.
    Fixed(Place),
    /// A line.
    Line,
    /// A row of this sheet.
    Row(SharedText),
    /// A path of keys with a number in brackets between these two texts.
    Within(String, String),
    /// An item of this list.
    Item(SharedText),
}

impl Shape {
    /// The place in this shape with this number.
    fn place(&self, number: u32) -> Place {
        match self {
            Self::Fixed(place) => place.clone(),
            Self::Line => Place::Line(number),
            Self::Row(sheet) => Place::Row { sheet: sheet.clone(), row: number },
            Self::Within(before, after) => Place::Within(format!("{before}[{number}]{after}").into()),
            Self::Item(list) => Place::Item { list: list.clone(), index: number },
        }
    }

    /// The number of a place that has this shape.
    fn number_of(&self, place: &Place) -> Option<u32> {
        match (self, place) {
            (Self::Line, Place::Line(line)) => Some(*line),
            (Self::Row(sheet), Place::Row { sheet: other, row }) if sheet == other => Some(*row),
            (Self::Item(list), Place::Item { list: other, index }) if list == other => Some(*index),
            (Self::Within(before, after), Place::Within(path)) => {
                let number = path.strip_prefix(before.as_str())?.strip_prefix('[')?;
                plain_number(number.strip_suffix(after.as_str())?.strip_suffix(']')?)
            }
            _ => None,
        }
    }

    /// Takes the last number in brackets out of a place.
    fn of(place: &Place) -> (Self, u32) {
        match place {
            Place::Line(line) => (Self::Line, *line),
            Place::Row { sheet, row } => (Self::Row(sheet.clone()), *row),
            Place::Within(path) => {
                let split = path.rfind('[').and_then(|open| {
                    let close = open + path[open..].find(']')?;
                    Some((&path[..open], plain_number(&path[open + 1..close])?, &path[close + 1..]))
                });
                match split {
                    Some((before, number, after)) => (Self::Within(before.to_owned(), after.to_owned()), number),
                    None => (Self::Fixed(place.clone()), 0),
                }
            }
            Place::Item { list, index } => (Self::Item(list.clone()), *index),
            Place::Whole => (Self::Fixed(Place::Whole), 0),
        }
    }
}

/// A number written the one way in which it is written back.
fn plain_number(text: &str) -> Option<u32> {
    let plain = text == "0" || !text.starts_with(['0', '+']);
    text.parse().ok().filter(|_| plain)
}

/// Records of one shape whose numbers go up by one: shape, first number, count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Run(u32, u32, u32);

impl Run {
    fn shape(self) -> usize {
        self.0 as usize
    }
    fn first(self) -> u32 {
        self.1
    }
    fn count(self) -> usize {
        self.2 as usize
    }
}

/// Runs one after another, nearly all in one byte: most are of one record a few lines behind the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Runs {
    /// All but the last, see [`Packed`].
    packed: Packed,
    last: Option<Run>,
}

/// Runs as LEB128 integers: the distance from the end of the run before, times two. It is odd where the shape is another
/// or the count is not one, and both of them follow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Packed {
    bytes: Vec<u8>,
    /// Shape and end of the run packed last.
    shape: u32,
    end: u32,
}

impl Packed {
    fn push(&mut self, Run(shape, first, count): Run) {
        let distance = u64::from(first.wrapping_sub(self.end)) << 1;
        if shape == self.shape && count == 1 {
            write_number(&mut self.bytes, distance);
        } else {
            for number in [distance | 1, u64::from(shape), u64::from(count)] {
                write_number(&mut self.bytes, number);
            }
        }
        (self.shape, self.end) = (shape, first.wrapping_add(count));
    }
}

/// The runs in packed bytes. Damaged bytes end them early.
fn unpacked(bytes: &[u8]) -> impl Iterator<Item = Run> {
    let (mut bytes, mut shape, mut end) = (bytes.iter(), 0, 0_u32);
    std::iter::from_fn(move || {
        let distance = read_number(&mut bytes)?;
        let mut count = 1;
        if distance & 1 == 1 {
            shape = u32::try_from(read_number(&mut bytes)?).ok()?;
            count = u32::try_from(read_number(&mut bytes)?).ok()?;
        }
        let first = end.wrapping_add(u32::try_from(distance >> 1).ok()?);
        end = first.wrapping_add(count);
        Some(Run(shape, first, count))
    })
}

impl Runs {
    fn push(&mut self, run: Run) {
        if let Some(before) = self.last.replace(run) {
            self.packed.push(before);
        }
    }

    fn iter(&self) -> impl Iterator<Item = Run> {
        unpacked(&self.packed.bytes).chain(self.last)
    }
}

/// Reads the form of older stores, a list of runs.
impl<'de> Deserialize<'de> for Runs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RunsVisitor)
    }
}

struct RunsVisitor;

impl<'de> Visitor<'de> for RunsVisitor {
    type Value = Runs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of runs")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Runs, S::Error> {
        let mut runs = Runs::default();
        while let Some(run) = list.next_element()? {
            runs.push(run);
        }
        runs.packed.bytes.shrink_to_fit();
        Ok(runs)
    }
}

/// The places of the records of one software list, in their order. It is read from JSON as older stores hold it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Places {
    shapes: Vec<Shape>,
    /// Shape, first number and count of each run.
    runs: Runs,
}

impl Places {
    /// Shapes as JSON, and the runs of places in them as bytes.
    pub(super) fn stored(&self) -> serde_json::Result<(String, Vec<u8>)> {
        let mut packed = self.runs.packed.clone();
        self.runs.last.into_iter().for_each(|run| packed.push(run));
        Ok((serde_json::to_string(&self.shapes)?, packed.bytes))
    }

    /// What [`Places::stored`] gave.
    pub(super) fn read(shapes: &str, runs: &[u8]) -> serde_json::Result<Self> {
        let mut places = Self { shapes: serde_json::from_str(shapes)?, runs: Runs::default() };
        unpacked(runs).for_each(|run| places.runs.push(run));
        places.runs.packed.bytes.shrink_to_fit();
        Ok(places)
    }

    /// Adds the place of the next record.
    pub fn push(&mut self, place: &Place) {
        if let (Some(run), Some(shape)) = (&mut self.runs.last, self.shapes.last())
            && run.shape() + 1 == self.shapes.len()
            && let Some(number) = shape.number_of(place)
        {
            if run.1.checked_add(run.2) == Some(number) {
                run.2 += 1;
            } else {
                let shape = run.0;
                self.runs.push(Run(shape, number, 1));
            }
            return;
        }
        let (shape, number) = Shape::of(place);
        self.runs.push(Run(u32::try_from(self.shapes.len()).unwrap_or(u32::MAX), number, 1));
        self.shapes.push(shape);
    }

    /// The place of a record by its position in the list.
    pub fn get(&self, position: usize) -> Option<Place> {
        self.of([position]).next()?
    }

    /// The places of several records, by their positions in ascending order.
    pub fn of(&self, positions: impl IntoIterator<Item = usize>) -> impl Iterator<Item = Option<Place>> {
        let mut runs = self.runs.iter().peekable();
        let mut before = 0;
        positions.into_iter().map(move |position| {
            while let Some(run) = runs.next_if(|run| position >= before + run.count()) {
                before += run.count();
            }
            let run = runs.peek()?;
            let number = run.first().checked_add(u32::try_from(position - before).ok()?)?;
            self.shapes.get(run.shape()).map(|shape| shape.place(number))
        })
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.runs.iter().map(Run::count).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.runs.last.is_none()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_that_count_upwards_cost_one_run() {
        let mut places = Places::default();
        for number in 0..180 {
            places.push(&Place::Within(format!("content.softwares[{number}]").into()));
        }
        assert_eq!(places.len(), 180);
        let (shapes, runs) = places.stored().expect("it is written");
        assert_eq!((shapes.as_str(), runs.len()), (r#"[{"within":["content.softwares",""]}]"#, 4));
    }

    #[test]
    fn lines_a_few_apart_cost_a_byte_each() {
        let mut places = Places::default();
        (0..180).for_each(|number| places.push(&Place::Line(number * 8)));
        assert_eq!(places.stored().expect("it is written").1.len(), 180);
    }

    #[test]
    fn the_form_of_older_stores_is_read() {
        let old = r#"{"shapes":["line"],"runs":[[0,161,1],[0,168,2]]}"#;
        let mut places = Places::default();
        [161, 168, 169].iter().for_each(|&line| places.push(&Place::Line(line)));
        assert_eq!(serde_json::from_str::<Places>(old).expect("it is read"), places);
    }

    #[test]
    fn runs_far_apart_and_backwards_come_back_as_they_were() {
        let numbers = [u32::MAX, 0, 7, u32::MAX - 1, 3];
        let mut places = Places::default();
        numbers.iter().for_each(|&number| places.push(&Place::Line(number)));
        assert!((0..5).all(|at| places.get(at) == Some(Place::Line(numbers[at]))));
        let (shapes, runs) = places.stored().expect("it is written");
        assert_eq!(Places::read(&shapes, &runs).expect("it reads back"), places);
    }

    fn any_place() -> impl Strategy<Value = Place> {
        prop_oneof![
            Just(Place::Whole),
            (0..5u32).prop_map(Place::Line),
            (0..5u32).prop_map(|row| Place::Row { sheet: "vInfo".into(), row }),
            ("[ab]", 0..5u32).prop_map(|(list, index)| Place::Item { list: list.into(), index }),
            "[a-b\\[\\]0-3.]{0,8}".prop_map(|path| Place::Within(path.into())),
            (0..4u32, 0..4u32).prop_map(|(a, b)| Place::Within(format!("hosts[{a}].software[{b}].name").into())),
        ]
    }

    proptest! {
        #[test]
        fn damaged_runs_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            let read = Places::read("[\"line\"]", &bytes).expect("shapes are right");
            let _ = (read.len(), read.get(7));
        }

        #[test]
        fn every_place_comes_back_as_it_was(given in prop::collection::vec(any_place(), 0..30)) {
            let mut places = Places::default();
            given.iter().for_each(|place| places.push(place));
            let (shapes, runs) = places.stored().expect("it is written");
            let read = Places::read(&shapes, &runs).expect("it reads back");
            prop_assert_eq!(read.len(), given.len());
            for (position, place) in given.iter().enumerate() {
                prop_assert_eq!(read.get(position), Some(place.clone()));
            }
            let every_third = given.iter().step_by(3).cloned().map(Some);
            prop_assert!(read.of((0..given.len()).step_by(3)).eq(every_third));
            prop_assert_eq!(read.get(given.len()), None);
        }
    }
}
