//! The XML that agents write nearly always: a declaration, elements without attributes, text, and the predefined entities.
//!
//! It is read in a third of the time that XML of any kind takes. Whatever else stands in a document, right or wrong, makes
//! it not plain, and the document is then read again by the library that knows all of XML and can say what is wrong.

use memchr::{memchr_iter, memchr2, memchr3, memmem};

/// The next thing in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<name>`, with the byte at which it begins.
    Open(&'a str, usize),
    /// `<name/>`, likewise.
    Empty(&'a str, usize),
    /// `<name>text</name>`, likewise, with its text: nearly all there is in an inventory.
    Leaf(&'a str, usize, &'a str),
    /// The end of the element opened last.
    Close,
    /// Text up to the next token.
    Text(&'a str),
    /// A predefined entity.
    Character(char),
    /// The end of the document; every element is closed.
    End,
}

/// Something stands in the document that is not read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotPlain;

/// Goes through a document from token to token.
pub(super) struct PlainXml<'a> {
    text: &'a str,
    at: usize,
    /// Line of `at`, and that on which the token began that was given last.
    line: u32,
    token_line: u32,
    open: Vec<&'a str>,
}

impl<'a> PlainXml<'a> {
    /// A document from its beginning.
    pub fn new(text: &'a str) -> Self {
        let at = match text.strip_prefix("<?xml ") {
            Some(rest) => memmem::find(rest.as_bytes(), b"?>").map_or(0, |end| text.len() - rest.len() + end + 2),
            None => 0,
        };
        let line = 1 + breaks(&text[..at]);
        Self { text, at, line, token_line: line, open: Vec::with_capacity(8) }
    }

    /// Line on which the element began that was given last.
    pub fn line_of_token(&self) -> u32 {
        self.token_line
    }

    /// The next token.
    ///
    /// # Errors
    /// Anything that is not plain; the document has to be read otherwise.
    pub fn next(&mut self) -> Result<Token<'a>, NotPlain> {
        match self.text.as_bytes().get(self.at) {
            None if self.open.is_empty() => Ok(Token::End),
            None => Err(NotPlain),
            Some(b'<') => self.tag(),
            Some(b'&') => self.entity(),
            Some(_) => self.characters(),
        }
    }

    fn characters(&mut self) -> Result<Token<'a>, NotPlain> {
        let rest = &self.text[self.at..];
        let text = &rest[..memchr2(b'<', b'&', rest.as_bytes()).unwrap_or(rest.len())];
        if self.open.is_empty() && !text.trim().is_empty() {
            return Err(NotPlain);
        }
        self.at += text.len();
        self.line = self.line.saturating_add(breaks(text));
        Ok(Token::Text(text))
    }

    fn tag(&mut self) -> Result<Token<'a>, NotPlain> {
        let begins = self.at;
        self.token_line = self.line;
        let bytes = self.text.as_bytes();
        if bytes.get(begins + 1) == Some(&b'/') {
            let name = self.open.pop().ok_or(NotPlain)?;
            self.pass(after_end_of(bytes, begins, name).ok_or(NotPlain)?);
            return Ok(Token::Close);
        }
        let length = bytes[begins + 1..].iter().position(|&byte| !OF_NAME[usize::from(byte)]).ok_or(NotPlain)?;
        let ends = begins + 1 + length;
        let name = &self.text[begins + 1..ends];
        if !name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
            return Err(NotPlain);
        }
        match bytes[ends] {
            b'>' => Ok(self.opened(name, begins, ends + 1)),
            b'/' if bytes.get(ends + 1) == Some(&b'>') => {
                self.pass(ends + 2);
                Ok(Token::Empty(name, begins))
            }
            _ => Err(NotPlain),
        }
    }

    /// An element whose content begins at `inside`: the whole of it, where nothing is in it but text.
    fn opened(&mut self, name: &'a str, begins: usize, inside: usize) -> Token<'a> {
        let bytes = self.text.as_bytes();
        let (mut end, mut breaks) = (inside, 0);
        while let Some(ahead) = memchr3(b'<', b'&', b'\n', &bytes[end..]) {
            end += ahead;
            if bytes[end] != b'\n' {
                break;
            }
            (end, breaks) = (end + 1, breaks + 1);
        }
        if let Some(after) = after_end_of(bytes, end, name) {
            self.line = self.line.saturating_add(breaks);
            self.pass(after);
            return Token::Leaf(name, begins, &self.text[inside..end]);
        }
        self.pass(inside);
        self.open.push(name);
        Token::Open(name, begins)
    }

    /// Goes on at `at`, behind a tag, or at the next tag where nothing but blanks is between the two: they say nothing.
    fn pass(&mut self, at: usize) {
        let bytes = self.text.as_bytes();
        let (mut next, mut line) = (at, self.line);
        while let Some(blank) = bytes.get(next).filter(|byte| byte.is_ascii_whitespace()) {
            line = line.saturating_add(u32::from(*blank == b'\n'));
            next += 1;
        }
        (self.at, self.line) = if bytes.get(next) == Some(&b'<') { (next, line) } else { (at, self.line) };
    }

    fn entity(&mut self) -> Result<Token<'a>, NotPlain> {
        const PREDEFINED: [(&str, char); 5] =
            [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\'')];
        let rest = &self.text[self.at..];
        let known = PREDEFINED.iter().find(|(written, _)| rest.starts_with(written));
        let (written, character) = known.filter(|_| !self.open.is_empty()).ok_or(NotPlain)?;
        self.at += written.len();
        Ok(Token::Character(*character))
    }
}

fn breaks(text: &str) -> u32 {
    u32::try_from(memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(u32::MAX)
}

/// Where the text goes on after `</name>`, should that begin at `at`. Names are short: comparing byte by byte is quicker
/// than asking the library to.
fn after_end_of(bytes: &[u8], at: usize, name: &str) -> Option<usize> {
    let name_at = at + 2;
    let end = name_at + name.len();
    let is_end = bytes.get(end) == Some(&b'>')
        && bytes[at..name_at] == *b"</"
        && bytes[name_at..end].iter().zip(name.as_bytes()).all(|(found, wanted)| found == wanted);
    is_end.then_some(end + 1)
}

/// Bytes that names are made of.
const OF_NAME: [bool; 256] = {
    let mut of_name = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        of_name[byte] = matches!(byte as u8, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.');
        byte += 1;
    }
    of_name
};

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<Token<'_>>, NotPlain> {
        let mut plain = PlainXml::new(text);
        let mut tokens = Vec::new();
        loop {
            match plain.next()? {
                Token::End => return Ok(tokens),
                token => tokens.push(token),
            }
        }
    }

    #[test]
    fn elements_texts_and_entities_are_told_apart() {
        use Token::{Character, Close, Empty, Leaf, Open, Text};
        let text = "<?xml version='1.0'?>\n<A><B>x &amp; é</B><C/><D>é x</D><E></E></A>\n";
        let expected = vec![
            Text("\n"),
            Open("A", 22),
            Open("B", 25),
            Text("x "),
            Character('&'),
            Text(" é"),
            Close,
            Empty("C", 42),
            Leaf("D", 46, "é x"),
            Leaf("E", 57, ""),
            Close,
            Text("\n"),
        ];
        assert_eq!(tokens(text), Ok(expected));
        assert_eq!(tokens(""), Ok(Vec::new()));
        let spread = "<A>\n  <B> &amp; </B>\n  <D> x </D>\n</A>";
        let said =
            vec![Open("A", 0), Open("B", 6), Text(" "), Character('&'), Text(" "), Close, Leaf("D", 23, " x "), Close];
        assert_eq!(tokens(spread), Ok(said));
    }

    #[test]
    fn anything_else_is_not_plain() {
        for text in [
            "<A x='1'></A>",
            "<A>",
            "<A></B>",
            "</A>",
            "<A></A >",
            "<A>b</AB>",
            "<A>b</A",
            "<A>b<",
            "<A>b</",
            "<A><!-- b --></A>",
            "<A><![CDATA[b]]></A>",
            "<!DOCTYPE A><A></A>",
            "<A>&#233;</A>",
            "<A>&b;</A>",
            "<A>a & b</A>",
            "<A></A>b",
            "&amp;<A></A>",
            "<1></1>",
            "<A",
            "<",
            "<?pi?><A></A>",
            "<?xml version='1.0'",
        ] {
            assert_eq!(tokens(text), Err(NotPlain), "{text}");
        }
    }
}
