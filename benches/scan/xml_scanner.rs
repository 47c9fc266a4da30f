//! OCS XML as far as the limit needs it: the name of the machine and its software. Other sections are passed over to
//! their ends.

use std::borrow::Cow;

use hashbrown::DefaultHashBuilder;
use memchr::{memchr, memmem};

use super::titles::Scanned;

/// Reads one file; `None` where it is not what an agent writes.
pub fn scan(text: &[u8], found: &mut Scanned, hashing: &DefaultHashBuilder) -> Option<()> {
    const CONTENT: &[u8] = b"<CONTENT>";
    let mut xml = Xml { text, at: memmem::find(text, CONTENT)? + CONTENT.len() };
    let mut machine: Cow<'_, [u8]> = Cow::Borrowed(b"");
    loop {
        match xml.tag()? {
            b"/CONTENT" => break,
            b"HARDWARE" => {
                xml.each_field(b"/HARDWARE", &mut |name, text| {
                    if name == b"NAME" {
                        machine = plain(text);
                    }
                })?;
            }
            b"SOFTWARES" => software(&mut xml, found, hashing)?,
            section if section.ends_with(b"/") => {}
            section => xml.skip(section)?,
        }
    }
    found.end_host(&machine);
    Some(())
}

fn software(xml: &mut Xml<'_>, found: &mut Scanned, hashing: &DefaultHashBuilder) -> Option<()> {
    let mut parts: [Cow<'_, [u8]>; 4] = Default::default();
    xml.each_field(b"/SOFTWARES", &mut |name, text| {
        let slot = match name {
            b"NAME" => 0,
            b"VERSION" => 1,
            b"PUBLISHER" => 2,
            b"GUID" => 3,
            _ => return,
        };
        parts[slot] = plain(text);
    })?;
    found.add(parts.each_ref().map(|part| &**part), hashing);
    Some(())
}

/// A text with its entities resolved.
fn plain(text: &[u8]) -> Cow<'_, [u8]> {
    const ENTITIES: [(&[u8], u8); 5] =
        [(b"&amp;", b'&'), (b"&lt;", b'<'), (b"&gt;", b'>'), (b"&quot;", b'"'), (b"&apos;", b'\'')];
    if memchr(b'&', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        let entity = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity));
        out.push(entity.map_or(first, |(_, letter)| *letter));
        rest = entity.map_or(behind, |(entity, _)| &rest[entity.len()..]);
    }
    Cow::Owned(out)
}

struct Xml<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Xml<'a> {
    /// What stands within the next tag.
    fn tag(&mut self) -> Option<&'a [u8]> {
        let start = self.at + memchr(b'<', &self.text[self.at..])? + 1;
        let end = start + memchr(b'>', &self.text[start..])?;
        self.at = end + 1;
        Some(&self.text[start..end])
    }

    /// The fields of a section, each with its text.
    fn each_field(&mut self, end: &[u8], on_field: &mut dyn FnMut(&'a [u8], &'a [u8])) -> Option<()> {
        loop {
            let field = self.tag()?;
            if field == end {
                return Some(());
            }
            if field.ends_with(b"/") {
                continue;
            }
            let start = self.at;
            let closing = self.tag()?;
            (closing.strip_prefix(b"/")? == field).then_some(())?;
            on_field(field, &self.text[start..self.at - closing.len() - 2]);
        }
    }

    /// Passes over a section whose beginning was read.
    fn skip(&mut self, section: &[u8]) -> Option<()> {
        let end = [b"</", section, b">"].concat();
        self.at += memmem::find(&self.text[self.at..], &end)? + end.len();
        Some(())
    }
}
