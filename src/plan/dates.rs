//! Spans of days and months.

use jiff::ToSpan;
use jiff::civil::Date;

/// The last day of so many months that begin on a day.
pub(super) fn after_months(day: Date, months: u32) -> Date {
    day.checked_add(i64::from(months).months()).and_then(|next| next.checked_sub(1.day())).unwrap_or(Date::MAX)
}

/// The day so many days later.
pub(super) fn after_days(day: Date, days: u32) -> Date {
    day.checked_add(i64::from(days).days()).unwrap_or(Date::MAX)
}

/// The day so many days earlier.
pub(super) fn before_days(day: Date, days: u32) -> Date {
    day.checked_sub(i64::from(days).days()).unwrap_or(Date::MIN)
}
