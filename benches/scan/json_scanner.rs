//! GLPI JSON as far as the limit needs it: the name of the machine and its software. Everything else is passed over
//! without a look at what it says.

use std::borrow::Cow;

use hashbrown::DefaultHashBuilder;
use memchr::memchr2;

use super::titles::Scanned;

/// Reads one file; `None` where it is not what an agent writes.
pub fn scan(text: &[u8], found: &mut Scanned, hashing: &DefaultHashBuilder) -> Option<()> {
    let mut json = Json { text, at: 0 };
    let mut name: &[u8] = b"";
    json.each_key(&mut |json, key| match key {
        b"content" => json.each_key(&mut |json, key| match key {
            b"hardware" => json.each_key(&mut |json, key| match key {
                b"name" => json.string().map(|text| name = text),
                _ => json.skip(),
            }),
            b"softwares" => json.each_item(&mut |json| software(json, found, hashing)),
            _ => json.skip(),
        }),
        _ => json.skip(),
    })?;
    found.end_host(name);
    Some(())
}

fn software(json: &mut Json<'_>, found: &mut Scanned, hashing: &DefaultHashBuilder) -> Option<()> {
    let mut parts: [&[u8]; 4] = [b""; 4];
    json.each_key(&mut |json, key| {
        let slot = match key {
            b"name" => 0,
            b"version" => 1,
            b"publisher" => 2,
            b"guid" => 3,
            _ => return json.skip(),
        };
        json.string().map(|text| parts[slot] = text)
    })?;
    if parts.iter().any(|part| part.contains(&b'\\')) {
        let plain = parts.map(unescaped);
        found.add(plain.each_ref().map(|part| &**part), hashing);
    } else {
        found.add(parts, hashing);
    }
    Some(())
}

/// A text without escapes; those of letters by number, which this fleet has none of, stay as they are.
fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match (byte, bytes.clone().next()) {
            (b'\\', Some(&escaped @ (b'"' | b'\\' | b'/'))) => {
                plain.push(escaped);
                bytes.next();
            }
            _ => plain.push(byte),
        }
    }
    Cow::Owned(plain)
}

struct Json<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Json<'a> {
    fn next(&mut self) -> Option<u8> {
        while self.text.get(self.at)?.is_ascii_whitespace() {
            self.at += 1;
        }
        Some(self.text[self.at])
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then(|| self.at += 1)
    }

    /// What stands between quotation marks, escapes included.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            self.at += memchr2(b'"', b'\\', self.text.get(self.at..)?)?;
            if self.text[self.at] == b'"' {
                self.at += 1;
                return Some(&self.text[start..self.at - 1]);
            }
            self.at += 2;
        }
    }

    fn each_key(&mut self, on_key: &mut dyn FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
        self.take(b'{')?;
        if self.next()? == b'}' {
            return self.take(b'}');
        }
        loop {
            let key = self.string()?;
            self.take(b':')?;
            on_key(self, key)?;
            if self.next()? == b'}' {
                return self.take(b'}');
            }
            self.take(b',')?;
        }
    }

    fn each_item(&mut self, on_item: &mut dyn FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        if self.next()? == b']' {
            return self.take(b']');
        }
        loop {
            on_item(self)?;
            if self.next()? == b']' {
                return self.take(b']');
            }
            self.take(b',')?;
        }
    }

    /// Passes over a value of any kind.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => self.at += 1,
                _ => {
                    let rest = &self.text[self.at..];
                    self.at += rest.iter().position(|byte| matches!(byte, b',' | b'}' | b']' | b'\n'))?;
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}
