//! Keys and values of a registry export, line by line.

use encoding_rs::{UTF_16LE, WINDOWS_1252};

/// Longest value in bytes; a quotation mark that never closes must not swallow the file.
const LONGEST_VALUE: usize = 1024 * 1024;

/// Whether a line announces an export.
pub(super) fn is_header(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim();
    line.starts_with("Windows Registry Editor Version") || line == "REGEDIT4"
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Statement<'t> {
    /// A key: the values that follow are its.
    Key(&'t str),
    /// A value of the last key.
    Value(String, Value),
    /// Something that is to be removed, which is there no longer.
    Removal,
}

/// A value as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A text, without its escapes.
    Text(String),
    /// A number.
    Number(u32),
    /// Bytes of a kind of value.
    Bytes(u32, Vec<u8>),
}

/// Kinds of values that are bytes in the file and texts or numbers in the registry.
const TEXTS: [u32; 2] = [1, 2];
const LIST: u32 = 7;
const LONG_NUMBER: u32 = 11;

impl Value {
    /// The value as text; nothing where it is none. `old` files write bytes of a code page, the others UTF-16.
    pub fn decoded(self, old: bool) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(number) => Some(number.to_string()),
            Self::Bytes(LONG_NUMBER, bytes) => Some(u64::from_le_bytes(bytes.try_into().ok()?).to_string()),
            Self::Bytes(kind, bytes) if TEXTS.contains(&kind) || kind == LIST => {
                let encoding = if old { WINDOWS_1252 } else { UTF_16LE };
                let (text, _) = encoding.decode_without_bom_handling(&bytes);
                let parts: Vec<&str> = text.split('\0').filter(|part| !part.is_empty()).collect();
                Some(if kind == LIST {
                    parts.join(", ")
                } else {
                    parts.first().copied().unwrap_or_default().to_owned()
                })
            }
            Self::Bytes(..) => None,
        }
    }
}

/// The statements of a text with the lines they begin on.
pub(super) struct Statements<'t> {
    lines: std::iter::Enumerate<std::str::Lines<'t>>,
    old: bool,
}

impl<'t> Statements<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { lines: text.lines().enumerate(), old: false }
    }

    /// Whether the file is of the old kind, whose bytes are those of a code page.
    pub fn is_old(&self) -> bool {
        self.old
    }

    /// The next statement, or what is wrong with it.
    pub fn next(&mut self) -> Option<(u32, Result<Statement<'t>, String>)> {
        loop {
            let (at, line) = self.lines.next()?;
            let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
            let line = line.trim_start_matches('\u{feff}').trim_end();
            let start = line.trim_start();
            if is_header(line) {
                self.old = start == "REGEDIT4";
                continue;
            }
            match start.chars().next() {
                None | Some(';') => {}
                Some('[') => return Some((number, key(start))),
                Some('"' | '@') => return Some((number, self.value(start))),
                Some(_) => return Some((number, Err(format!("`{}` is neither a key nor a value", excerpt(start))))),
            }
        }
    }

    fn value(&mut self, line: &str) -> Result<Statement<'t>, String> {
        let (name, rest) = match line.strip_prefix('@') {
            Some(rest) => (String::new(), rest),
            None => quoted(&line[1..]).ok_or_else(|| format!("`{}` has no end", excerpt(line)))?,
        };
        let rest = rest.trim_start().strip_prefix('=').ok_or_else(|| format!("`{}` has no value", excerpt(line)))?;
        let rest = rest.trim();
        if rest == "-" {
            return Ok(Statement::Removal);
        }
        if let Some(text) = rest.strip_prefix('"') {
            return self.text(text).map(|text| Statement::Value(name, Value::Text(text)));
        }
        if let Some(number) = rest.strip_prefix("dword:") {
            let wrong = |_| format!("`{}` is no number", excerpt(number));
            return u32::from_str_radix(number.trim(), 16)
                .map(|n| Statement::Value(name, Value::Number(n)))
                .map_err(wrong);
        }
        let bytes = rest.strip_prefix("hex").ok_or_else(|| format!("`{}` is of no known kind", excerpt(rest)))?;
        self.bytes(bytes).map(|(kind, bytes)| Statement::Value(name, Value::Bytes(kind, bytes)))
    }

    /// A text from after its opening quotation mark; line breaks in it are its own. One that is not closed before the
    /// next key ends with its line, so that it does not take others with it.
    fn text(&mut self, start: &str) -> Result<String, String> {
        let mut text = String::new();
        if unescape(start, &mut text).is_some() {
            return Ok(text);
        }
        let mut ahead = self.lines.clone();
        while let Some((_, line)) = ahead.next().filter(|(_, line)| !line.starts_with("[HKEY")) {
            text.push('\n');
            if unescape(line.trim_end_matches('\r'), &mut text).is_some() {
                self.lines = ahead;
                return Ok(text);
            }
            if text.len() > LONGEST_VALUE {
                break;
            }
        }
        Err("a text is never closed".to_owned())
    }

    /// Bytes from after `hex`, which may go on over lines that end in a backslash.
    fn bytes(&mut self, start: &str) -> Result<(u32, Vec<u8>), String> {
        let (kind, first) = match start.strip_prefix('(').and_then(|rest| rest.split_once("):")) {
            Some((kind, rest)) => {
                (u32::from_str_radix(kind, 16).map_err(|_| "a kind of value that is no number")?, rest)
            }
            None => (3, start.strip_prefix(':').ok_or("bytes without a colon before them")?),
        };
        let mut bytes = Vec::new();
        let mut line = first.trim();
        loop {
            let goes_on = line.strip_suffix('\\');
            for byte in goes_on.unwrap_or(line).split(',').map(str::trim).filter(|byte| !byte.is_empty()) {
                let wrong = |_| format!("`{}` is no byte", excerpt(byte));
                bytes.push(u8::from_str_radix(byte, 16).map_err(wrong)?);
            }
            if goes_on.is_none() {
                return Ok((kind, bytes));
            }
            let more = self.lines.next().filter(|_| bytes.len() < LONGEST_VALUE);
            line = more.ok_or("bytes that break off")?.1.trim();
        }
    }
}

fn key(line: &str) -> Result<Statement<'_>, String> {
    let inner = line[1..].trim_end().strip_suffix(']');
    match inner.ok_or_else(|| format!("the key `{}` has no end", excerpt(line)))? {
        removed if removed.starts_with('-') => Ok(Statement::Removal),
        inner => Ok(Statement::Key(inner.trim_end_matches('\\'))),
    }
}

/// The text up to its closing quotation mark, without escapes, and what stands behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let end = unescape(text, &mut out)?;
    Some((out, &text[end..]))
}

/// Appends a text up to its closing quotation mark without its escapes; the byte behind that, where there is one.
fn unescape(text: &str, out: &mut String) -> Option<usize> {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some(at + 1),
            '\\' => out.extend(letters.next().map(|(_, escaped)| escaped)),
            letter => out.push(letter),
        }
    }
    None
}

/// The beginning of a text, short enough for a message.
fn excerpt(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, Option<String>)> {
        let mut statements = Statements::new(text);
        let mut found = Vec::new();
        while let Some((_, statement)) = statements.next() {
            if let Ok(Statement::Value(name, value)) = statement {
                found.push((name, value.decoded(statements.is_old())));
            }
        }
        found
    }

    #[test]
    fn values_of_every_kind_are_decoded() {
        let text =
            "REGEDIT4\n[A\\B]\n\"a\"=hex(2):43,3a,5c,\\\n  e9,00\n@=\"x\"\n\"n\"=dword:0000000a\n\"b\"=hex:01,02\n";
        let wanted = [("a", Some("C:\\é")), ("", Some("x")), ("n", Some("10")), ("b", None)];
        let wanted: Vec<_> = wanted.map(|(name, value)| (name.to_owned(), value.map(str::to_owned))).into();
        assert_eq!(values(text), wanted);
        let text = "Windows Registry Editor Version 5.00\n\"m\"=hex(7):61,00,00,00,62,00,00,00,00,00\n\"q\"=hex(b):0a,00,00,00,00,00,00,00\n";
        assert_eq!(values(text)[0].1.as_deref(), Some("a, b"));
        assert_eq!(values(text)[1].1.as_deref(), Some("10"));
    }

    #[test]
    fn texts_keep_their_quotation_marks_backslashes_and_line_breaks() {
        let text = "\"u\"=\"\\\"C:\\\\a\\\\b.exe\\\" /x\"\n\"t\"=\"one\ntwo\"\n\"z\"=-\n";
        let found = values(text);
        assert_eq!(found[0].1.as_deref(), Some("\"C:\\a\\b.exe\" /x"));
        assert_eq!(found[1].1.as_deref(), Some("one\ntwo"));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_breaks_off_is_told() {
        for text in ["\"a\"=\"never closed\nmore", "\"a\"=hex:00,\\", "[HKEY", "\"a", "rubbish", "\"a\"=dword:xyz"] {
            assert!(matches!(Statements::new(text).next(), Some((1, Err(_)))), "{text}");
        }
    }
}
