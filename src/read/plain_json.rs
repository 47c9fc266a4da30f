//! The JSON that programs write: read strictly, quickly, and without saying what is wrong.
//!
//! Whatever cannot be read here, right or wrong, is to be read again by the library that knows all of JSON and can say
//! what is wrong and where. What is read here, that library reads to the same (the tests hold it to that).

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Deepest nesting that is read here.
const DEEPEST: usize = 64;

/// What a document says, into something that is there already; nothing where it has to be read otherwise, and then what
/// is there may be filled in part.
pub(super) fn parsed_into<'t, S: DeserializeSeed<'t>>(seed: S, text: &'t str) -> Option<S::Value> {
    let mut document = PlainJson { text, at: 0, depth: 0 };
    let value = seed.deserialize(&mut document).ok()?;
    document.pass_blanks();
    (document.at == text.len()).then_some(value)
}

/// Something stands in the document that is not read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NotPlain;

impl fmt::Display for NotPlain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not read here")
    }
}

impl std::error::Error for NotPlain {}

impl de::Error for NotPlain {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Goes through a document.
struct PlainJson<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> PlainJson<'t> {
    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    fn pass_blanks(&mut self) {
        let bytes = self.bytes();
        loop {
            // Most blanks are the indentation of a line.
            if bytes.get(self.at..self.at + 8).is_some_and(|eight| eight == [b' '; 8]) {
                self.at += 8;
            } else if let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(self.at) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// The next byte that is no blank; it is not passed.
    fn peek(&mut self) -> Result<u8, NotPlain> {
        self.pass_blanks();
        self.bytes().get(self.at).copied().ok_or(NotPlain)
    }

    /// Passes this byte, which has to come next.
    fn pass(&mut self, wanted: u8) -> Result<(), NotPlain> {
        let found = self.peek()?;
        self.at += 1;
        if found == wanted { Ok(()) } else { Err(NotPlain) }
    }

    fn pass_word<T>(&mut self, word: &str, means: T) -> Result<T, NotPlain> {
        if !self.bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(NotPlain);
        }
        self.at += word.len();
        Ok(means)
    }

    /// Passes a string and gives what stands between its quotes, and whether there are escapes in it. Those are passed
    /// as they stand.
    fn pass_string(&mut self) -> Result<(&'t str, bool), NotPlain> {
        self.pass(b'"')?;
        let (begins, mut escapes) = (self.at, false);
        loop {
            self.at = next_special(self.bytes(), self.at).ok_or(NotPlain)?;
            match self.bytes()[self.at] {
                b'"' => break,
                b'\\' => {
                    escapes = true;
                    self.at += length_of_escape(&self.bytes()[self.at..])?;
                }
                _ => return Err(NotPlain),
            }
        }
        self.at += 1;
        Ok((&self.text[begins..self.at - 1], escapes))
    }

    /// Passes a number and gives it as it stands.
    fn pass_number(&mut self) -> Result<&'t str, NotPlain> {
        let begins = self.at;
        let digits = |json: &mut Self| {
            let from = json.at;
            while json.bytes().get(json.at).is_some_and(u8::is_ascii_digit) {
                json.at += 1;
            }
            if json.at > from { Ok(()) } else { Err(NotPlain) }
        };
        let next = |json: &Self| json.bytes().get(json.at).copied();
        if next(self) == Some(b'-') {
            self.at += 1;
        }
        let whole = self.at;
        digits(self)?;
        if self.bytes()[whole] == b'0' && self.at > whole + 1 {
            return Err(NotPlain);
        }
        if next(self) == Some(b'.') {
            self.at += 1;
            digits(self)?;
        }
        if let Some(b'e' | b'E') = next(self) {
            self.at += 1;
            if let Some(b'+' | b'-') = next(self) {
                self.at += 1;
            }
            digits(self)?;
        }
        Ok(&self.text[begins..self.at])
    }

    /// Goes into a list or an object, and out of it again.
    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, NotPlain>) -> Result<T, NotPlain> {
        self.at += 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(NotPlain);
        }
        let value = inside(self)?;
        self.depth -= 1;
        Ok(value)
    }

    /// Passes what stands between this item and the one before; false at the end of the list or object, which is passed.
    fn more(&mut self, first: &mut bool, end: u8) -> Result<bool, NotPlain> {
        let next = self.peek()?;
        let is_first = std::mem::replace(first, false);
        if next == end {
            self.at += 1;
            return Ok(false);
        }
        if !is_first {
            self.pass(b',')?;
        }
        Ok(true)
    }

    /// Hands over the items of a list or an object. All of them have to be taken.
    fn items<T>(
        &mut self,
        end: u8,
        take: impl FnOnce(&mut Items<'_, 't>) -> Result<T, NotPlain>,
    ) -> Result<T, NotPlain> {
        self.nested(|json| {
            let mut items = Items { json, first: true, end, ended: false };
            let value = take(&mut items)?;
            if items.ended || !items.more()? { Ok(value) } else { Err(NotPlain) }
        })
    }

    /// Passes a value of any kind.
    fn skip(&mut self) -> Result<(), NotPlain> {
        match self.peek()? {
            b'"' => self.pass_string().map(drop),
            b'{' => self.nested(|json| {
                let mut first = true;
                while json.more(&mut first, b'}')? {
                    json.pass_string()?;
                    json.pass(b':')?;
                    json.skip()?;
                }
                Ok(())
            }),
            b'[' => self.nested(|json| {
                let mut first = true;
                while json.more(&mut first, b']')? {
                    json.skip()?;
                }
                Ok(())
            }),
            b't' => self.pass_word("true", ()),
            b'f' => self.pass_word("false", ()),
            b'n' => self.pass_word("null", ()),
            _ => self.pass_number().map(drop),
        }
    }
}

/// Where the next quote, backslash or control character stands.
fn next_special(bytes: &[u8], mut at: usize) -> Option<usize> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // A byte below the limit leaves its highest bit behind; bytes above the lowest such may do so wrongly.
    let below = |eight: u64, limit: u64| eight.wrapping_sub(EACH * limit) & !eight & HIGH;
    let is = |eight: u64, byte: u8| below(eight ^ (EACH * u64::from(byte)), 1);
    while let Some(eight) = bytes.get(at..at + 8) {
        let eight = u64::from_le_bytes(eight.try_into().ok()?);
        let special = below(eight, 0x20) | is(eight, b'"') | is(eight, b'\\');
        if special != 0 {
            return Some(at + special.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    bytes[at..].iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\').map(|ahead| at + ahead)
}

/// Bytes of the escape that these begin with.
fn length_of_escape(bytes: &[u8]) -> Result<usize, NotPlain> {
    match bytes.get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') if bytes.get(2..6).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) => Ok(6),
        _ => Err(NotPlain),
    }
}

impl<'t> Deserializer<'t> for &mut PlainJson<'t> {
    type Error = NotPlain;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        match self.peek()? {
            b'"' => {
                let begins = self.at;
                match self.pass_string()? {
                    (text, false) => visitor.visit_borrowed_str(text),
                    // What escapes mean, the library knows.
                    (_, true) => {
                        let text: String = serde_json::from_str(&self.text[begins..self.at]).map_err(|_| NotPlain)?;
                        visitor.visit_string(text)
                    }
                }
            }
            b'{' => self.items(b'}', |items| visitor.visit_map(items)),
            b'[' => self.items(b']', |items| visitor.visit_seq(items)),
            b't' => self.pass_word("true", true).and_then(|flag| visitor.visit_bool(flag)),
            b'f' => self.pass_word("false", false).and_then(|flag| visitor.visit_bool(flag)),
            b'n' => self.pass_word("null", ()).and_then(|()| visitor.visit_unit()),
            // Only whole numbers from zero on: of others the library knows what they are rounded to.
            _ => visitor.visit_u64(self.pass_number()?.parse().map_err(|_| NotPlain)?),
        }
    }

    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        match self.peek()? {
            b'n' => self.pass_word("null", ()).and_then(|()| visitor.visit_none()),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'t>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// The items of a list or an object.
struct Items<'j, 't> {
    json: &'j mut PlainJson<'t>,
    first: bool,
    end: u8,
    ended: bool,
}

impl Items<'_, '_> {
    fn more(&mut self) -> Result<bool, NotPlain> {
        let more = self.json.more(&mut self.first, self.end)?;
        self.ended = !more;
        Ok(more)
    }
}

impl<'t> SeqAccess<'t> for &mut Items<'_, 't> {
    type Error = NotPlain;

    fn next_element_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<Option<S::Value>, NotPlain> {
        match self.more()? {
            true => seed.deserialize(&mut *self.json).map(Some),
            false => Ok(None),
        }
    }
}

impl<'t> MapAccess<'t> for &mut Items<'_, 't> {
    type Error = NotPlain;

    fn next_key_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<Option<S::Value>, NotPlain> {
        if !self.more()? {
            return Ok(None);
        }
        match self.json.peek()? {
            b'"' => seed.deserialize(&mut *self.json).map(Some),
            _ => Err(NotPlain),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<S::Value, NotPlain> {
        self.json.pass(b':')?;
        seed.deserialize(&mut *self.json)
    }
}

#[cfg(test)]
mod tests {
    use std::marker::PhantomData;

    use proptest::prelude::*;
    use serde::de::IgnoredAny;
    use serde_json::{Value, json};

    use super::*;

    fn read(text: &str) -> Option<Value> {
        parsed_into(PhantomData::<Value>, text)
    }

    fn is_skipped(text: &str) -> bool {
        parsed_into(PhantomData::<IgnoredAny>, text).is_some()
    }

    #[test]
    fn what_agents_write_is_read() {
        let text = "{\n   \"softwares\": [\n            {\"name\": \"Größe ® 7-Zip\", \"guid\" :null,\t\"on\":true}, 12, []],\r\n \
                    \"path\": \"C:\\\\Pro\\u0067rams \\/ \\\"x\\\"\"}\n";
        let expected = json!({
            "softwares": [{"name": "Größe ® 7-Zip", "guid": null, "on": true}, 12, []],
            "path": "C:\\Programs / \"x\"",
        });
        assert_eq!(read(text), Some(expected));
        assert!(is_skipped(text));
        assert!(is_skipped("[-0.5e+3, 10E2, -7]"), "numbers of all kinds are passed");
    }

    #[test]
    fn what_is_wrong_is_left_to_the_library() {
        let wrong = [
            "",
            " ",
            "{",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{1:2}",
            "{a:1}",
            "{\"a\" 1}",
            "\"",
            "\"a",
            "\"a\\",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\t\"",
            "\"12345678\n\"",
            "tru",
            "nul",
            "01",
            "-",
            "+1",
            "1.",
            ".5",
            "1e",
            "--1",
            "[1] 2",
            "[1]]",
            "[}",
            "{]",
            "1,",
            "'a'",
            "\u{feff}[1]",
        ];
        for text in wrong {
            assert!(read(text).is_none() && !is_skipped(text), "{text}");
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        }
        let deep = "[".repeat(DEEPEST + 1) + &"]".repeat(DEEPEST + 1);
        assert!(read(&deep).is_none() && !is_skipped(&deep));
        assert!(read(&deep[1..deep.len() - 1]).is_some());
        assert!(read("\"\\ud800\"").is_none(), "half a character");
    }

    #[test]
    fn every_item_has_to_be_taken() {
        assert_eq!(parsed_into(PhantomData::<(u8, u8)>, "[1, 2]"), Some((1, 2)));
        assert_eq!(parsed_into(PhantomData::<(u8, u8)>, "[1, 2, 3]"), None);
        assert_eq!(parsed_into(PhantomData::<(u8, u8)>, "[1, 2,]"), None);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            "[ -~äß\\u{0}-\\u{20}\\u{1F600}]{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-c\"\\\\]{0,3}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn all_that_is_written_without_fractions_is_read(value in any_value(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let text = text.expect("it is written");
            prop_assert_eq!(read(&text), Some(value));
            prop_assert!(is_skipped(&text));
        }

        #[test]
        fn what_is_read_of_damaged_text_the_library_reads_alike(
            value in any_value(), at in any::<prop::sample::Index>(), put in "[\\[\\]{}:,\"\\\\ 0-9.eEtfnu-]{0,3}", cut in 0..3usize,
        ) {
            let mut text = serde_json::to_string(&value).expect("it is written");
            let from = (0..=at.index(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let until = (from + cut..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
            text.replace_range(from..until, &put);
            if let Some(read) = read(&text) {
                prop_assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(read), "{}", text);
            }
            if is_skipped(&text) {
                prop_assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{}", text);
            }
        }
    }
}
