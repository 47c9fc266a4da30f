//! What earlier scans found, row by row: what peaks and trends are read from.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Answer, Key, Metric, Money};

/// The highest need of a span of time, and the first day on which it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peak {
    /// Units.
    pub required: u32,
    /// Day of the scan that saw them.
    pub on: Date,
}

impl Peak {
    /// The higher of two; of two that are equal, the earlier.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if (other.required, self.on) > (self.required, other.on) { other } else { self }
    }
}

/// A row of the licence position as a scan found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// Day of the scan's position.
    pub as_of: Date,
    /// Reading.
    pub reading: Answer,
    /// Permanent key of the row.
    pub key: Key,
    /// Organisation.
    pub organisation: String,
    /// Product id.
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// Units needed.
    pub required: u32,
    /// Units that served the row.
    pub usable: u32,
    /// Units missing.
    pub shortfall: u32,
    /// Units left over.
    pub surplus: u32,
    /// Price of the shortfall; `None` where a price was missing.
    pub cost: Option<Money>,
}

/// Rows of earlier scans in the order of days, readings and keys. Of several scans of one day only the last counts, so
/// that a scan made again corrects the day and adds nothing to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The rows.
    pub rows: Vec<HistoryRow>,
}

impl History {
    /// Rows of one reading whose days lie after one day and before another, neither included.
    pub fn between(&self, reading: Answer, after: Date, before: Date) -> impl Iterator<Item = &HistoryRow> {
        self.rows.iter().filter(move |row| row.reading == reading && after < row.as_of && row.as_of < before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn of_two_equal_peaks_the_earlier_stands() {
        let (march, june) = (date(2026, 3, 31), date(2026, 6, 30));
        let of = |required, on| Peak { required, on };
        assert_eq!(of(112, march).or(of(104, june)), of(112, march));
        assert_eq!(of(104, march).or(of(112, june)), of(112, june));
        assert_eq!(of(112, june).or(of(112, march)), of(112, march));
        assert_eq!(of(112, march).or(of(112, june)), of(112, march));
    }
}
