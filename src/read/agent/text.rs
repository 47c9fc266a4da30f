//! A text as an agent writes it: borrowed from the file where it stands there without escapes.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text, a number or a flag, as text; empty where the agent states nothing.
///
/// Agents write `2`, `"2"` and `null` for the same thing, depending on their version. Lists and objects in the place of
/// a text count as nothing stated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// The text as written.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text without blanks around it; `None` where nothing is left.
    pub fn stated(&self) -> Option<&str> {
        Some(self.0.trim()).filter(|text| !text.is_empty())
    }

    /// The same, as a string of its own.
    pub fn owned(&self) -> Option<String> {
        self.stated().map(str::to_owned)
    }

    /// A whole number.
    pub fn number(&self) -> Option<u32> {
        self.stated()?.parse().ok()
    }

    /// A flag, written as `true`, `1` or `yes`.
    pub fn is_true(&self) -> bool {
        matches!(self.stated(), Some("true" | "1" | "yes"))
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self(text)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Text)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(if flag { "true" } else { "false" }))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Self::Value, S::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }
}

/// The day in a date as agents write it: `2017-05-15 18:38:07`, `2025/04/20 00:00:00`, `2016-6-15`, `20160615` or, with
/// the day first, `11/09/2015`. `None` for days that do not exist and for those before there were agents.
pub fn day(text: &str) -> Option<Date> {
    let day = text.trim().split([' ', 'T']).next()?;
    let mut parts = day.split(['-', '/', '.']);
    let (first, second, third) = (parts.next()?, parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = match (second, third) {
        (None, None) if first.len() == 8 && first.is_ascii() => (&first[..4], &first[4..6], &first[6..]),
        (Some(second), Some(third)) if first.len() == 4 => (first, second, third),
        (Some(second), Some(third)) if third.len() == 4 => (third, second, first),
        _ => return None,
    };
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (date.year() >= 1990).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_in_every_form_the_agents_use() {
        for text in
            ["2016-06-05 18:38:07", "2016/06/05 00:00:00", "2016-6-5", "20160605", "05/06/2016", "2016-06-05T01:02:03Z"]
        {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), Some("2016-06-05"), "{text}");
        }
    }

    #[test]
    fn days_that_cannot_be_are_none() {
        for text in [
            "",
            "1970-00-01",
            "1970-01-01",
            "2016-13-01",
            "31/02/2016",
            "2016",
            "2016-06",
            "a-b-c",
            "N/A",
            "1/2/3/4",
            "éééé",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
