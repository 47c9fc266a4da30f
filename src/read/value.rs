//! Dates, quantities and amounts as people write them in tables. What can be read in two ways is a fault, never a guess.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// Why a text is not the value that was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrongValue {
    /// What is wrong, to follow the value in a sentence.
    pub problem: String,
    /// What to write instead.
    pub help: String,
}

impl WrongValue {
    fn new(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { problem: problem.into(), help: help.into() }
    }
}

/// A day: `2024-04-03`, `2024/04/03`, with or without a time behind it, or `25/12/2024` where day and month cannot be
/// mistaken for each other.
pub(super) fn date(text: &str) -> Result<Date, WrongValue> {
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let number = |part: &str| part.parse::<i16>().unwrap_or_default();
    let short = |part: &str| part.parse::<i8>().unwrap_or_default();
    match parts[..] {
        [year, month, day] if year.len() == 4 && digits(year, 4) && digits(month, 2) && digits(day, 2) => {
            Date::new(number(year), short(month), short(day)).map_err(|_| no_date())
        }
        [first, second, year] if year.len() == 4 && digits(year, 4) && digits(first, 2) && digits(second, 2) => {
            let british = Date::new(number(year), short(second), short(first));
            let american = Date::new(number(year), short(first), short(second));
            match (british, american) {
                (Ok(british), Ok(american)) if british != american => Err(WrongValue::new(
                    "can be read in two ways",
                    format!("write {british} or {american}, whichever is meant"),
                )),
                (Ok(british), _) => Ok(british),
                (Err(_), Ok(american)) => {
                    Err(WrongValue::new("has its month before its day", format!("write {american}")))
                }
                (Err(_), Err(_)) => Err(no_date()),
            }
        }
        _ => Err(no_date()),
    }
}

fn no_date() -> WrongValue {
    WrongValue::new("is not a date", "write 2024-04-03")
}

/// A whole number of at least 0, with or without commas between thousands: `1,200`.
pub(super) fn quantity(text: &str) -> Result<u32, WrongValue> {
    let wrong = |problem: &str| WrongValue::new(problem, "write 1200 or 1,200");
    if text.starts_with('-') {
        return Err(WrongValue::new("is less than 0", "leave returned licences out, or lower the line they belong to"));
    }
    let plain = without_thousands(text).ok_or_else(|| wrong("is not a whole number"))?;
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("is not a whole number"));
    }
    plain.parse().map_err(|_| wrong("is larger than any number of licences"))
}

/// An exact amount with the currency that its sign names: `1234.56`, `£1,234.56`.
pub(super) fn amount(text: &str) -> Result<(Decimal, Option<&'static str>), WrongValue> {
    const SIGNS: [(char, &str); 3] = [('£', "GBP"), ('€', "EUR"), ('$', "USD")];
    let wrong = |problem: &str| WrongValue::new(problem, "write 1234.56");
    let mut bare = text;
    let mut currency = None;
    for (sign, code) in SIGNS {
        if let Some(rest) = bare.strip_prefix(sign).or_else(|| bare.strip_suffix(sign)) {
            (bare, currency) = (rest.trim(), Some(code));
            break;
        }
    }
    if bare.starts_with('-') {
        return Err(wrong("is less than 0"));
    }
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
    let whole = without_thousands(whole).ok_or_else(|| wrong("is not an amount"))?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(&whole) || !digits(fraction) || bare.ends_with('.') {
        return Err(wrong("is not an amount"));
    }
    let written = if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") };
    let amount = Decimal::from_str_exact(&written).map_err(|_| wrong("has more digits than can be kept exactly"))?;
    Ok((amount, currency))
}

/// A whole number without the commas between its thousands; `None` where a comma stands elsewhere.
fn without_thousands(text: &str) -> Option<String> {
    let mut groups = text.split(',');
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
        let read = |text| date(text).map(|date| date.to_string()).map_err(|wrong| wrong.help);
        for text in ["2024-04-03", "2024/4/3", "2024-04-03T10:00:00Z", "2024-04-03 10:00:00"] {
            assert_eq!(read(text), Ok("2024-04-03".into()), "{text}");
        }
        assert_eq!(read("25/12/2024"), Ok("2024-12-25".into()));
        assert_eq!(read("05/05/2024"), Ok("2024-05-05".into()));
        assert_eq!(read("03/04/2024"), Err("write 2024-04-03 or 2024-03-04, whichever is meant".into()));
        assert_eq!(read("12/25/2024"), Err("write 2024-12-25".into()));
        for text in ["", "soon", "45385", "2024-13-01", "2023-02-29", "31/02/2024", "1/2/24", "٠٣/٠٤/٢٠٢٤"] {
            assert_eq!(read(text), Err("write 2024-04-03".into()), "{text}");
        }
    }

    #[test]
    fn quantities_may_have_commas_between_thousands() {
        let read = |text| quantity(text).ok();
        assert_eq!(read("1,200"), Some(1200));
        assert_eq!(read("1200"), Some(1200));
        assert_eq!(read("1,234,567"), Some(1_234_567));
        for text in ["1.200", "1,20", ",200", "1200,000", "12.5", "-4", "", "ten", "99999999999", "1e3", "+5"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_exact() {
        let read = |text| amount(text).map(|(amount, currency)| (amount.to_string(), currency)).ok();
        assert_eq!(read("1234.56"), Some(("1234.56".into(), None)));
        assert_eq!(read("£1,234.50"), Some(("1234.50".into(), Some("GBP"))));
        assert_eq!(read("12 €"), Some(("12".into(), Some("EUR"))));
        for text in ["1.234,56", "1,5", "12.", ".5", "-3", "", "free", "1.2.3", "1,23,456.00", "£"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(amount("1.234,56").unwrap_err().help, "write 1234.56");
    }
}
