//! What several sources say of one fact, and which of them counts.

use std::cmp::Reverse;

use jiff::civil::Date;

use crate::model::{Fact, Locator};

/// One source's value of one fact.
#[derive(Debug, Clone)]
pub(super) struct Statement<T> {
    /// Authority of the source for this kind of fact; the lowest wins.
    pub rank: u8,
    /// Day of the inventory; undated ones are the oldest.
    pub captured: Option<Date>,
    /// Index of the sighting.
    pub sighting: usize,
    /// The value.
    pub value: T,
}

/// The statements of the most authoritative source, newest first, of which only the newest day is kept; in the order
/// given where both are equal. All of them are of equal rank and date.
pub(super) fn strongest<T>(mut statements: Vec<Statement<T>>) -> Vec<Statement<T>> {
    statements.sort_by_key(|statement| (statement.rank, Reverse(statement.captured)));
    let Some(first) = statements.first() else { return statements };
    let (rank, captured) = (first.rank, first.captured);
    statements.retain(|statement| statement.rank == rank && statement.captured == captured);
    statements
}

/// The value in use: the most authoritative, then the newest, then the first.
pub(super) fn best<T>(statements: Vec<Statement<T>>) -> Option<Statement<T>> {
    strongest(statements).into_iter().next()
}

/// A fact from the strongest statements; where they contradict each other the one with the highest `weight` is in use,
/// so that a need is not understated.
pub(super) fn fact<T: PartialEq>(
    statements: Vec<Statement<T>>,
    locate: &dyn Fn(usize) -> Locator,
    weight: &dyn Fn(&T) -> u32,
    unknown: &str,
) -> Fact<T> {
    let mut distinct: Vec<Statement<T>> = Vec::new();
    for statement in strongest(statements) {
        if !distinct.iter().any(|known| known.value == statement.value) {
            distinct.push(statement);
        }
    }
    distinct.sort_by_key(|statement| Reverse(weight(&statement.value)));
    let mut values: Vec<(T, Option<Locator>)> =
        distinct.into_iter().map(|statement| (statement.value, Some(locate(statement.sighting)))).collect();
    match values.len() {
        0 => Fact::unknown(unknown),
        1 => values.pop().map_or_else(|| Fact::unknown(unknown), |(value, evidence)| Fact::Known { value, evidence }),
        _ => Fact::Conflicting { values },
    }
}
