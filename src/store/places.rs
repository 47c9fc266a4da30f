//! Places of the records of one software list, kept small: a fleet has millions, and nearly all of them are counted
//! upwards by one.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::Place;

/// A place without its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    /// One place as it is.
    Fixed(Place),
    /// A line.
    Line,
    /// A row of this sheet.
    Row(String),
    /// A path of keys with a number in brackets between these two texts.
    Within(String, String),
}

impl Shape {
    /// The place in this shape with this number.
    fn place(&self, number: u32) -> Place {
        match self {
            Self::Fixed(place) => place.clone(),
            Self::Line => Place::Line(number),
            Self::Row(sheet) => Place::Row { sheet: sheet.clone(), row: number },
            Self::Within(before, after) => Place::Within(format!("{before}[{number}]{after}")),
        }
    }

    /// The number of a place that has this shape.
    fn number_of(&self, place: &Place) -> Option<u32> {
        match (self, place) {
            (Self::Line, Place::Line(line)) => Some(*line),
            (Self::Row(sheet), Place::Row { sheet: other, row }) if sheet == other => Some(*row),
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// Runs one after another, in a few bytes each: most begin a few lines behind the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Runs {
    /// All but the last: shape, distance from the end of the run before, and count, as LEB128 integers.
    packed: Vec<u8>,
    /// Where the last packed run ended.
    end: u32,
    last: Option<Run>,
}

impl Runs {
    fn push(&mut self, run: Run) {
        if let Some(Run(shape, first, count)) = self.last.replace(run) {
            for number in [shape, first.wrapping_sub(self.end), count] {
                write_number(&mut self.packed, number);
            }
            self.end = first.wrapping_add(count);
        }
    }

    fn iter(&self) -> impl Iterator<Item = Run> {
        let (mut bytes, mut end) = (self.packed.iter(), 0_u32);
        let packed = std::iter::from_fn(move || {
            let (shape, distance) = (read_number(&mut bytes)?, read_number(&mut bytes)?);
            let run = Run(shape, end.wrapping_add(distance), read_number(&mut bytes)?);
            end = run.1.wrapping_add(run.2);
            Some(run)
        });
        packed.chain(self.last)
    }
}

fn write_number(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_number(bytes: &mut std::slice::Iter<'_, u8>) -> Option<u32> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = *bytes.next()?;
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

impl Serialize for Runs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Runs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RunsVisitor)
    }
}

/// Packs runs as they are read.
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
        runs.packed.shrink_to_fit();
        Ok(runs)
    }
}

/// The places of the records of one software list, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    shapes: Vec<Shape>,
    /// Shape, first number and count of each run.
    runs: Runs,
}

impl Places {
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
    pub fn get(&self, mut position: usize) -> Option<Place> {
        for run in self.runs.iter() {
            if position < run.count() {
                let number = run.first().checked_add(u32::try_from(position).ok()?)?;
                return self.shapes.get(run.shape()).map(|shape| shape.place(number));
            }
            position -= run.count();
        }
        None
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
            places.push(&Place::Within(format!("content.softwares[{number}]")));
        }
        assert_eq!(places.len(), 180);
        let written = serde_json::to_string(&places).expect("it serialises");
        assert_eq!(written, r#"{"shapes":[{"within":["content.softwares",""]}],"runs":[[0,0,180]]}"#);
    }

    #[test]
    fn runs_far_apart_and_backwards_come_back_as_they_were() {
        let numbers = [u32::MAX, 0, 7, u32::MAX - 1, 3];
        let mut places = Places::default();
        numbers.iter().for_each(|&number| places.push(&Place::Line(number)));
        assert!((0..5).all(|at| places.get(at) == Some(Place::Line(numbers[at]))));
        let written = serde_json::to_string(&places).expect("it serialises");
        assert_eq!(serde_json::from_str::<Places>(&written).expect("it reads back"), places);
    }

    fn any_place() -> impl Strategy<Value = Place> {
        prop_oneof![
            Just(Place::Whole),
            (0..5u32).prop_map(Place::Line),
            (0..5u32).prop_map(|row| Place::Row { sheet: "vInfo".into(), row }),
            "[a-b\\[\\]0-3.]{0,8}".prop_map(Place::Within),
            (0..4u32, 0..4u32).prop_map(|(a, b)| Place::Within(format!("hosts[{a}].software[{b}].name"))),
        ]
    }

    proptest! {
        #[test]
        fn every_place_comes_back_as_it_was(given in prop::collection::vec(any_place(), 0..30)) {
            let mut places = Places::default();
            given.iter().for_each(|place| places.push(place));
            let written = serde_json::to_string(&places).expect("it serialises");
            let read: Places = serde_json::from_str(&written).expect("it reads back");
            prop_assert_eq!(read.len(), given.len());
            for (position, place) in given.iter().enumerate() {
                prop_assert_eq!(read.get(position), Some(place.clone()));
            }
            prop_assert_eq!(read.get(given.len()), None);
        }
    }
}
