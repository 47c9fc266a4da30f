//! Dates, quantities and amounts as programs and people write them in tables. What can be read in two ways is a fault,
//! never a guess, unless the rest of the column or the settings decide it (see [`super::habit`]).

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;

use crate::model::{DEAREST_PACK, MOST_UNITS};
use crate::rules::{DateOrder, DecimalMark};

/// Why a text is not the value that was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrongValue {
    /// What is wrong, to follow the value in a sentence.
    pub problem: String,
    /// What to write instead.
    pub help: String,
    /// Whether it is a value, if only one knew which of two.
    pub ambiguous: bool,
}

impl WrongValue {
    pub fn new(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { problem: problem.into(), help: help.into(), ambiguous: false }
    }

    fn ambiguous(help: impl Into<String>) -> Self {
        Self { problem: "can be read in two ways".into(), help: help.into(), ambiguous: true }
    }
}

/// Texts that programs write where they know nothing.
pub(super) fn says_nothing(text: &str) -> bool {
    const NOTHING: [&str; 10] =
        ["", "-", "--", "n/a", "#n/a", "null", "(null)", "unknown", "not available", "undefined"];
    NOTHING.iter().any(|nothing| text.eq_ignore_ascii_case(nothing))
}

/// Days that programs write where they know none: the beginning of their calendar, or days that no calendar has.
pub(super) fn is_no_day(text: &str) -> bool {
    const BEGINNINGS: [&str; 10] = [
        "0000",
        "0001-01-01",
        "1601-01-01",
        "1970-00",
        "1/1/1601",
        "01/01/1601",
        "12/30/1899",
        "01/01/0001",
        "/Date(-62135",
        "/Date(-11644",
    ];
    says_nothing(text)
        || text.eq_ignore_ascii_case("never")
        || text.bytes().all(|byte| byte == b'0')
        || BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// A day in any of the forms that programs write, with or without a time behind it:
/// `2024-04-03`, `2024/4/3`, `20240403`, `20240403061500.000000+060`, `25/12/2024`, `3 Apr 2024`, a spreadsheet's day
/// number, seconds or milliseconds since 1970, and the directory's count since 1601. `order` decides `03/04/2024`.
pub(super) fn date(text: &str, order: Option<DateOrder>) -> Result<Date, WrongValue> {
    let text = text.trim();
    if let Some(day) = by_number(text) {
        return day.ok_or_else(no_date);
    }
    if let Some(day) = with_named_month(text) {
        return day.ok_or_else(no_date);
    }
    let day = text.split(['T', ' ', ',']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    match parts[..] {
        [year, month, day] if is_digits(year, 4..=4) && is_digits(month, 1..=2) && is_digits(day, 1..=2) => {
            Date::new(number(year), short(month), short(day)).map_err(|_| no_date())
        }
        [first, second, year] if is_digits(year, 4..=4) && is_digits(first, 1..=2) && is_digits(second, 1..=2) => {
            let order = if day.contains('.') { Some(DateOrder::DayFirst) } else { order };
            in_order(number(year), short(first), short(second), order)
        }
        _ => Err(no_date()),
    }
}

/// The numbers of a date whose year stands last, where it may be read in two orders.
pub(super) fn day_and_month(text: &str) -> Option<(i8, i8)> {
    let day = text.trim().split(['T', ' ', ',']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['-', '/']).collect();
    match parts[..] {
        [first, second, year] if is_digits(year, 4..=4) && is_digits(first, 1..=2) && is_digits(second, 1..=2) => {
            Some((short(first), short(second)))
        }
        _ => None,
    }
}

fn is_digits(part: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(part: &str) -> i16 {
    part.parse().unwrap_or_default()
}

fn short(part: &str) -> i8 {
    part.parse().unwrap_or_default()
}

/// A date whose year stands last. Without an order only what can mean one day is read, and British writing is expected.
fn in_order(year: i16, first: i8, second: i8, order: Option<DateOrder>) -> Result<Date, WrongValue> {
    let (day_first, month_first) = (Date::new(year, second, first), Date::new(year, first, second));
    match (order, day_first, month_first) {
        (_, Err(_), Err(_)) => Err(no_date()),
        (None, Ok(day_first), Ok(month_first)) if day_first != month_first => {
            Err(WrongValue::ambiguous(format!("write {day_first} or {month_first}, whichever is meant")))
        }
        (None | Some(DateOrder::DayFirst), Ok(day), _) | (Some(DateOrder::MonthFirst), _, Ok(day)) => Ok(day),
        (None | Some(DateOrder::DayFirst), Err(_), Ok(other)) => {
            Err(WrongValue::new("has its month before its day", format!("write {other}")))
        }
        (Some(DateOrder::MonthFirst), Ok(other), Err(_)) => {
            Err(WrongValue::new("has its day before its month", format!("write {other}")))
        }
    }
}

/// A day written as one number; the inner `None` where no calendar has it.
fn by_number(text: &str) -> Option<Option<Date>> {
    let json = text.strip_prefix("/Date(").and_then(|rest| rest.split([')', '+', '-']).next());
    let bare = json.unwrap_or(text);
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
    let digits_follow = fraction.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-'));
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) || !digits_follow {
        return None;
    }
    let count: i64 = whole.parse().ok()?;
    let calendar = || Date::new(number(&whole[..4]), short(&whole[4..6]), short(&whole[6..8])).ok();
    let since_1970 = |seconds| Timestamp::from_second(seconds).ok().map(|moment| moment.to_zoned(UTC).date());
    const UTC: jiff::tz::TimeZone = jiff::tz::TimeZone::UTC;
    const BETWEEN_1601_AND_1970: i64 = 11_644_473_600;
    match whole.len() {
        _ if json.is_some() => Some(since_1970(count / 1000)),
        8 if fraction.is_empty() => Some(calendar()),
        14 => Some(calendar()),
        10 => Some(since_1970(count)),
        13 if fraction.is_empty() => Some(since_1970(count / 1000)),
        18 if fraction.is_empty() => Some(since_1970(count / 10_000_000 - BETWEEN_1601_AND_1970)),
        5 if (20_000..80_000).contains(&count) => Some(Date::constant(1899, 12, 30).checked_add(count.days()).ok()),
        _ => None,
    }
}

/// `3 Apr 2024`, `03-April-2024`, `Wed, 3 Apr 2024`, `Apr 3, 2024`; the inner `None` where no calendar has it.
fn with_named_month(text: &str) -> Option<Option<Date>> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let words: Vec<&str> = text.split([' ', '-', ',', '/']).filter(|word| !word.is_empty()).take(6).collect();
    let month_of = |word: &&str| {
        let short = word.get(..3)?.to_ascii_lowercase();
        let named = word.bytes().all(|byte| byte.is_ascii_alphabetic());
        MONTHS.iter().position(|month| named && *month == short)
    };
    let (at, month) = words.iter().enumerate().find_map(|(at, word)| Some((at, month_of(word)?)))?;
    let year = words.iter().skip(at + 1).find(|word| is_digits(word, 4..=4))?;
    let beside = [words.get(at.wrapping_sub(1)), words.get(at + 1)];
    let day = beside.into_iter().flatten().find(|word| is_digits(word, 1..=2))?;
    Some(Date::new(number(year), i8::try_from(month + 1).ok()?, short(day)).ok())
}

fn no_date() -> WrongValue {
    WrongValue::new("is not a date", "write 2024-04-03")
}

/// How the commas and points of a number can be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// There are none, or only between thousands, twice or more.
    Plain,
    /// It can only be read with this mark before its decimals.
    Decimal(DecimalMark),
    /// `1,234`: thousands under one mark, decimals under the other.
    Ambiguous,
    /// No number.
    Wrong,
}

/// The shape of a number without its currency.
pub(super) fn shape(text: &str) -> Shape {
    let bare = without_blanks(text);
    let (commas, points) = (bare.matches(',').count(), bare.matches('.').count());
    let mark = |sign: char| if sign == ',' { DecimalMark::Comma } else { DecimalMark::Point };
    let last = bare.rfind([',', '.']);
    match (commas, points, last) {
        (0, 0, _) => Shape::Plain,
        (_, _, None) => Shape::Wrong,
        (1.., 1.., Some(at)) => {
            let sign = if bare[at..].starts_with(',') { ',' } else { '.' };
            if bare.matches(sign).count() == 1 { Shape::Decimal(mark(sign)) } else { Shape::Wrong }
        }
        (2.., 0, _) => Shape::Decimal(DecimalMark::Point),
        (0, 2.., _) => Shape::Decimal(DecimalMark::Comma),
        (_, _, Some(at)) => {
            let (before, behind) = (&bare[..at], &bare[at + 1..]);
            let thousands = behind.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0');
            let sign = if commas == 1 { ',' } else { '.' };
            if thousands { Shape::Ambiguous } else { Shape::Decimal(mark(sign)) }
        }
    }
}

/// A number without the blanks and apostrophes that some put between thousands.
fn without_blanks(text: &str) -> String {
    let between = |letter: char| matches!(letter, '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’' | ' ');
    text.chars().filter(|letter| !between(*letter)).collect()
}

/// Whole part and decimals of a number that is not negative.
fn parts(text: &str, mark: Option<DecimalMark>) -> Result<(String, String), WrongValue> {
    let help = || match mark {
        Some(DecimalMark::Comma) => "write 1234,56",
        _ => "write 1234.56",
    };
    let wrong = || WrongValue::new("is not a number", help());
    let mark = match (shape(text), mark) {
        (Shape::Wrong, _) => return Err(wrong()),
        (Shape::Ambiguous, None) => {
            return Err(WrongValue::ambiguous("write it without a sign between thousands, or say which is the mark"));
        }
        (Shape::Decimal(seen), Some(said)) if seen != said => return Err(wrong()),
        (Shape::Decimal(seen), _) => seen,
        (_, said) => said.unwrap_or(DecimalMark::Point),
    };
    let bare = without_blanks(text);
    let (decimal, thousands) = match mark {
        DecimalMark::Point => ('.', ','),
        DecimalMark::Comma => (',', '.'),
    };
    let (whole, fraction) = bare.split_once(decimal).unwrap_or((&bare, ""));
    let whole = without_thousands(whole, thousands).ok_or_else(wrong)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(&whole) || !digits(fraction) || bare.ends_with(decimal) {
        return Err(wrong());
    }
    Ok((whole, fraction.to_owned()))
}

/// A quantity that may be negative, as ledgers write what was given back: (units, given back).
pub(super) fn signed_quantity(text: &str, mark: Option<DecimalMark>) -> Result<(u32, bool), WrongValue> {
    // Ledgers write a minus before or behind the number, or brackets around it.
    let bracketed = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let negative = bracketed.or_else(|| text.strip_prefix('-')).or_else(|| text.strip_suffix('-'));
    match negative {
        Some(number) => units(number.trim(), mark).map(|units| (units, true)),
        None => units(text, mark).map(|units| (units, false)),
    }
}

/// A whole number of at least 0: `1200`, `1,200`, `1.200` where the comma is the decimal mark.
pub(super) fn quantity(text: &str, mark: Option<DecimalMark>) -> Result<u32, WrongValue> {
    let wrong = |problem: &str| WrongValue::new(problem, "write 1200");
    if text.starts_with('-') {
        return Err(WrongValue::new("is less than 0", "write a number of at least 0"));
    }
    let (whole, fraction) =
        parts(text, mark).map_err(|found| if found.ambiguous { found } else { wrong("is not a whole number") })?;
    if fraction.bytes().any(|byte| byte != b'0') {
        return Err(wrong("is not a whole number"));
    }
    whole.parse().map_err(|_| wrong(TOO_MANY))
}

/// Units of licences or packs: a whole number that some organisation could have bought.
pub(super) fn units(text: &str, mark: Option<DecimalMark>) -> Result<u32, WrongValue> {
    let number = quantity(text, mark)?;
    if number > MOST_UNITS { Err(WrongValue::new(TOO_MANY, "write 1200")) } else { Ok(number) }
}

/// What is wrong with a number that no purchase comes to.
const TOO_MANY: &str = "is larger than any number of licences";

/// An exact amount with the currency that it names: `1234.56`, `£1,234.56`, `1.234,56 €`, `GBP 200`.
pub(super) fn amount(text: &str, mark: Option<DecimalMark>) -> Result<(Decimal, Option<String>), WrongValue> {
    let wrong = |problem: &str| WrongValue::new(problem, "write 1234.56");
    let (bare, currency) = without_currency(text);
    if bare.starts_with('-') || bare.starts_with('(') {
        return Err(wrong("is less than 0"));
    }
    let (whole, fraction) =
        parts(bare, mark).map_err(|found| if found.ambiguous { found } else { wrong("is not an amount") })?;
    let written = if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") };
    let amount = Decimal::from_str_exact(&written).map_err(|_| wrong("has more digits than can be kept exactly"))?;
    if amount > DEAREST_PACK {
        return Err(wrong("is more than anything costs"));
    }
    Ok((amount, currency))
}

/// A number without the sign or code of its currency, and that currency.
pub(super) fn without_currency(text: &str) -> (&str, Option<String>) {
    const SIGNS: [(&str, &str); 3] = [("£", "GBP"), ("€", "EUR"), ("$", "USD")];
    let text = text.trim();
    for (sign, code) in SIGNS {
        if let Some(rest) = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)) {
            return (rest.trim(), Some(code.to_owned()));
        }
    }
    let is_code = |part: &str| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_uppercase());
    let (start, end) = (text.get(..3), text.len().checked_sub(3).and_then(|at| text.get(at..)));
    match (start.filter(|part| is_code(part)), end.filter(|part| is_code(part))) {
        (Some(code), _) => (text[3..].trim_start_matches([';', ' ', '\u{a0}']), Some(code.to_owned())),
        (None, Some(code)) => (text[..text.len() - 3].trim(), Some(code.to_owned())),
        (None, None) => (text, None),
    }
}

/// A whole number without the signs between its thousands; `None` where one stands elsewhere.
fn without_thousands(text: &str, sign: char) -> Option<String> {
    let mut groups = text.split(sign);
    let first = groups.next().unwrap_or_default();
    let mut plain = first.to_owned();
    for group in groups {
        if group.len() != 3 || !(1..=3).contains(&first.len()) {
            return None;
        }
        plain.push_str(group);
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_where_they_can_mean_one_day_only() {
        let read = |text| date(text, None).map(|date| date.to_string()).map_err(|wrong| wrong.help);
        for text in [
            "2024-04-03",
            "2024/4/3",
            "2024-04-03T10:00:00Z",
            "2024-04-03 10:00:00",
            "2024/04/03, 12:25:41",
            "2024-04-03T10:58:56.0260078Z",
            "2024-4-3 1:25:2",
            "20240403",
            "20240403140410.033000-000",
            "45385",
            "45385.75",
            "1712102400",
            "1712102400.0085",
            "1712102400000",
            "/Date(1712102400000)/",
            "133565760000000000",
            "3 Apr 2024",
            "03-April-2024 06:00",
            "Wed, 3 Apr 2024",
            "Apr 3, 2024 4:15:34 PM",
            "3.4.2024",
        ] {
            assert_eq!(read(text), Ok("2024-04-03".into()), "{text}");
        }
        assert_eq!(read("25/12/2024"), Ok("2024-12-25".into()));
        assert_eq!(read("05/05/2024"), Ok("2024-05-05".into()));
        assert_eq!(read("03/04/2024"), Err("write 2024-04-03 or 2024-03-04, whichever is meant".into()));
        assert_eq!(read("12/25/2024"), Err("write 2024-12-25".into()));
        for text in ["", "soon", "4538", "2024-13-01", "2023-02-29", "31/02/2024", "1/2/24", "٠٣/٠٤/٢٠٢٤", "20241301"]
        {
            assert_eq!(read(text), Err("write 2024-04-03".into()), "{text}");
        }
    }

    #[test]
    fn an_order_decides_what_can_be_read_in_two_ways() {
        let read = |text, order| date(text, Some(order)).map(|date| date.to_string()).map_err(|wrong| wrong.problem);
        assert_eq!(read("03/04/2024", DateOrder::DayFirst), Ok("2024-04-03".into()));
        assert_eq!(read("03/04/2024", DateOrder::MonthFirst), Ok("2024-03-04".into()));
        assert_eq!(read("10/1/2021, 4:15:34 PM", DateOrder::MonthFirst), Ok("2021-10-01".into()));
        assert_eq!(read("25/12/2024", DateOrder::MonthFirst), Err("has its day before its month".into()));
        assert_eq!(read("03.04.2024", DateOrder::MonthFirst), Ok("2024-04-03".into()));
    }

    #[test]
    fn days_that_no_calendar_has_are_no_days() {
        for text in [
            "1970-00-01",
            "0",
            "0000-00-00 00:00:00",
            "never",
            "",
            "1/1/1601 00:00:00",
            "00000000",
            "0001-01-01T00:00:00Z",
        ] {
            assert!(is_no_day(text), "{text}");
        }
        assert!(!is_no_day("1970-01-02") && !is_no_day("2024-04-03"));
    }

    #[test]
    fn quantities_may_have_commas_between_thousands() {
        let read = |text| quantity(text, Some(DecimalMark::Point)).ok();
        assert_eq!(read("1,200"), Some(1200));
        assert_eq!(read("1200"), Some(1200));
        assert_eq!(read("1,234,567"), Some(1_234_567));
        assert_eq!(read("16.0"), Some(16));
        for text in ["1,20", ",200", "1200,000", "12.5", "-4", "", "ten", "99999999999", "1e3", "+5"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(quantity("1.200", Some(DecimalMark::Comma)), Ok(1200));
        assert!(quantity("1.200", None).unwrap_err().ambiguous && quantity("1,200", None).unwrap_err().ambiguous);
    }

    #[test]
    fn amounts_are_exact() {
        let read = |text| amount(text, None).map(|(amount, currency)| (amount.to_string(), currency)).ok();
        assert_eq!(read("1234.56"), Some(("1234.56".into(), None)));
        assert_eq!(read("£1,234.50"), Some(("1234.50".into(), Some("GBP".into()))));
        assert_eq!(read("12 €"), Some(("12".into(), Some("EUR".into()))));
        assert_eq!(read("1.234,56"), Some(("1234.56".into(), None)));
        assert_eq!(read("1429,4"), Some(("1429.4".into(), None)));
        assert_eq!(read("GBP;200"), Some(("200".into(), Some("GBP".into()))));
        assert_eq!(read("1 234,56 EUR"), Some(("1234.56".into(), Some("EUR".into()))));
        for text in ["12.", ".5", "-3", "", "free", "1.2.3", "1,23,456.00", "£", "1,234", "1.234"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(amount("1.234", Some(DecimalMark::Point)).unwrap().0.to_string(), "1.234");
        assert_eq!(amount("1.234", Some(DecimalMark::Comma)).unwrap().0.to_string(), "1234");
        assert!(amount("1.234,56", Some(DecimalMark::Point)).is_err());
    }
}
