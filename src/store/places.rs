//! Places of the records of one software list, kept small: a fleet has millions, and nearly all of them are counted
//! upwards by one.

use serde::{Deserialize, Serialize};

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

/// Records of one shape whose numbers go up by one.
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

/// The places of the records of one software list, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    shapes: Vec<Shape>,
    /// Shape, first number and count of each run.
    runs: Vec<Run>,
}

impl Places {
    /// Adds the place of the next record.
    pub fn push(&mut self, place: &Place) {
        if let (Some(run), Some(shape)) = (self.runs.last_mut(), self.shapes.last())
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
        for run in &self.runs {
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
        self.runs.iter().map(|run| run.count()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
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
