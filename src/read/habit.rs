//! How one column writes its dates and numbers, as its own values show: `25/12/2024` anywhere in it decides that the day
//! comes first in all of it, `1.234,56` that the comma is the decimal mark. What no value decides is for the settings.

use crate::rules::{DateOrder, DecimalMark};

use super::value::{self, Shape};

/// What the values of a column show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Habit {
    day_first: bool,
    month_first: bool,
    point: bool,
    comma: bool,
}

impl Habit {
    /// Takes a value of the column into account.
    pub fn look(&mut self, text: &str) {
        match value::day_and_month(text) {
            Some((13.., _)) => self.day_first = true,
            Some((_, 13..)) => self.month_first = true,
            _ => {}
        }
        let (number, _) = value::without_currency(text);
        if number.starts_with(|first: char| first.is_ascii_digit()) {
            match value::shape(number) {
                Shape::Decimal(DecimalMark::Point) => self.point = true,
                Shape::Decimal(DecimalMark::Comma) => self.comma = true,
                Shape::Plain | Shape::Ambiguous | Shape::Wrong => {}
            }
        }
    }

    /// Whether day or month comes first; `otherwise` where the column does not show it. A column that shows both
    /// decides nothing, and nothing else may decide for it.
    pub fn order(self, otherwise: Option<DateOrder>) -> Option<DateOrder> {
        match (self.day_first, self.month_first) {
            (true, true) => None,
            (true, false) => Some(DateOrder::DayFirst),
            (false, true) => Some(DateOrder::MonthFirst),
            (false, false) => otherwise,
        }
    }

    /// The sign before decimals; `otherwise` where the column does not show it, and nothing where it shows both.
    pub fn mark(self, otherwise: Option<DecimalMark>) -> Option<DecimalMark> {
        match (self.point, self.comma) {
            (true, true) => None,
            (true, false) => Some(DecimalMark::Point),
            (false, true) => Some(DecimalMark::Comma),
            (false, false) => otherwise,
        }
    }
}

/// The decimal mark of a table that nothing else decides: where semicolons or tabs part the columns the comma may be
/// the mark, and nobody can tell; elsewhere the comma stands between thousands.
pub(super) fn usual_mark(separator: Option<u8>) -> Option<DecimalMark> {
    match separator {
        Some(b';' | b'\t' | b'|') => None,
        Some(_) | None => Some(DecimalMark::Point),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habit(values: &[&str]) -> Habit {
        let mut habit = Habit::default();
        values.iter().for_each(|value| habit.look(value));
        habit
    }

    #[test]
    fn one_value_decides_for_its_column() {
        assert_eq!(habit(&["03/04/2024", "25/12/2024"]).order(None), Some(DateOrder::DayFirst));
        assert_eq!(habit(&["03/04/2024", "12/25/2024"]).order(None), Some(DateOrder::MonthFirst));
        assert_eq!(habit(&["03/04/2024"]).order(None), None);
        assert_eq!(habit(&["03/04/2024"]).order(Some(DateOrder::MonthFirst)), Some(DateOrder::MonthFirst));
        assert_eq!(habit(&["1.234", "1.234,56"]).mark(None), Some(DecimalMark::Comma));
        assert_eq!(habit(&["1,234", "£12.50"]).mark(None), Some(DecimalMark::Point));
        assert_eq!(habit(&["1,234", "7"]).mark(None), None);
    }

    #[test]
    fn a_column_that_contradicts_itself_decides_nothing() {
        assert_eq!(habit(&["25/12/2024", "12/25/2024"]).order(Some(DateOrder::DayFirst)), None);
        assert_eq!(habit(&["1,5", "1.5"]).mark(Some(DecimalMark::Point)), None);
    }
}
