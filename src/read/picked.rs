//! Texts at known places of a JSON document, without building up the rest of it.
//!
//! Facts of configuration management are deep documents of which a dozen texts matter. A place is written as keys with
//! dots between them, an item of a list as its index: `processors.models.0`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

use super::agent::Text;

/// The texts that were wanted, as far as the document states them.
#[derive(Debug)]
pub(super) struct Picked<'a> {
    wanted: &'static [&'static str],
    texts: Vec<Text<'a>>,
    /// Wanted places at which stands something else than a text, a number or a flag.
    misshapen: Vec<&'static str>,
}

impl<'a> Picked<'a> {
    /// Nothing found yet.
    pub fn new(wanted: &'static [&'static str]) -> Self {
        Self { wanted, texts: vec![Text::default(); wanted.len()], misshapen: Vec::new() }
    }

    /// What fills it from the object or list that comes next.
    pub fn seed(&mut self) -> impl DeserializeSeed<'a, Value = ()> + '_ {
        let below = self.wanted.iter().enumerate().map(|(index, &rest)| (index, rest)).collect();
        Branch { below, picked: self }
    }

    /// The text at a place; `None` where nothing is stated there.
    pub fn text(&self, place: &str) -> Option<&str> {
        let index = self.wanted.iter().position(|wanted| *wanted == place);
        debug_assert!(index.is_some(), "{place} is asked for and was not wanted");
        self.texts[index?].stated()
    }

    /// The first text that is stated, with its place.
    pub fn first(&self, places: &[&'static str]) -> Option<(&str, &'static str)> {
        places.iter().find_map(|&place| Some((self.text(place)?, place)))
    }

    /// The first text that is stated, as a string of its own.
    pub fn owned(&self, places: &[&'static str]) -> Option<String> {
        self.first(places).map(|(text, _)| text.to_owned())
    }

    /// A whole number within limits; anything else that is stated there is told and not used.
    pub fn number(&self, places: &[&'static str], most: u32, path: &str, faults: &mut Vec<Diagnostic>) -> Option<u32> {
        let (text, place) = self.first(places)?;
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        if number.is_none() {
            let message = format!("`{text}` cannot be right where a number from 1 to {most} is meant; it is not used");
            faults.push(Diagnostic::warning(Code::ImplausibleValue, path, message).at(Place::Within(place.into())));
        }
        number
    }

    /// A flag; anything else that is stated there is told and not used.
    pub fn flag(&self, place: &'static str, path: &str, faults: &mut Vec<Diagnostic>) -> Option<bool> {
        let text = self.text(place)?;
        let flag = text.to_lowercase().parse().ok();
        if flag.is_none() {
            let message = format!("`{text}` stands where true or false is meant; it is not used");
            faults.push(Diagnostic::warning(Code::ImplausibleValue, path, message).at(Place::Within(place.into())));
        }
        flag
    }

    /// Tells of wanted places at which stands something of another shape.
    pub fn misshapen(&self, path: &str) -> impl Iterator<Item = Diagnostic> {
        self.misshapen.iter().map(move |&place| {
            let message = "something of another shape stands here; it is not used";
            Diagnostic::warning(Code::ImplausibleValue, path, message).at(Place::Within(place.into()))
        })
    }
}

/// One place of the document, with what is wanted at it (an empty rest) or below it.
struct Branch<'p, 'a> {
    below: Vec<(usize, &'static str)>,
    picked: &'p mut Picked<'a>,
}

/// What is wanted below one key.
fn under(below: &[(usize, &'static str)], key: &str) -> Vec<(usize, &'static str)> {
    let rest = |&(index, rest): &(usize, &'static str)| {
        let (first, rest) = rest.split_once('.').unwrap_or((rest, ""));
        (first == key && !first.is_empty()).then_some((index, rest))
    };
    below.iter().filter_map(rest).collect()
}

impl<'a> Branch<'_, 'a> {
    fn keep<E>(self, text: Text<'a>) -> Result<(), E> {
        let stated = text.stated().is_some();
        for (index, rest) in self.below {
            if rest.is_empty() {
                self.picked.texts[index] = text.clone();
            } else if stated {
                self.picked.misshapen.push(self.picked.wanted[index]);
            }
        }
        Ok(())
    }

    /// Notes the places that want a text, where an object or a list stands.
    fn no_text(&mut self) {
        let ends = self.below.iter().filter(|(_, rest)| rest.is_empty());
        self.picked.misshapen.extend(ends.map(|&(index, _)| self.picked.wanted[index]));
    }
}

impl<'a> DeserializeSeed<'a> for Branch<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Branch<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("facts")
    }

    fn visit_map<M: MapAccess<'a>>(mut self, mut map: M) -> Result<(), M::Error> {
        self.no_text();
        while let Some(key) = map.next_key::<Text<'a>>()? {
            let below = under(&self.below, key.raw());
            if below.is_empty() {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Branch { below, picked: self.picked })?;
            }
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(mut self, mut list: S) -> Result<(), S::Error> {
        self.no_text();
        let mut index = 0_usize;
        loop {
            let below = under(&self.below, &index.to_string());
            let more = match below.is_empty() {
                true => list.next_element::<IgnoredAny>()?.is_some(),
                false => list.next_element_seed(Branch { below, picked: self.picked })?.is_some(),
            };
            if !more {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<(), E> {
        self.keep(Text(text.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.keep(Text(text.to_owned().into()))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.keep(Text(if flag { "true" } else { "false" }.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.keep(Text(number.to_string().into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.keep(Text(number.to_string().into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.keep(Text(number.to_string().into()))
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.keep(Text::default())
    }
}
