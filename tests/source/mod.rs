//! The program's own source as tokens, without comments and without what stands under `#[cfg(test)]`.

use std::path::Path;

/// A word, a sign or a text of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Word(String),
    Sign(char),
    Text(String),
}

/// A token and the line it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    kind: Kind,
    pub line: usize,
}

impl Token {
    /// The name or keyword it is.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The sign it is.
    pub fn sign(&self) -> Option<char> {
        match self.kind {
            Kind::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    /// What a string literal says, escapes untouched.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// One file.
pub struct Source {
    /// Path relative to the repository.
    pub path: String,
    /// Path of its module, without `crate`; empty for `lib.rs`.
    pub module: Vec<String>,
    /// What stands in it.
    pub tokens: Vec<Token>,
}

impl Source {
    /// Takes a file apart.
    pub fn new(path: &str, code: &str) -> Self {
        Self { path: path.to_owned(), module: module_of(path), tokens: without_tests(tokens(code)) }
    }
}

/// Every file below `src`, but those that hold tests only.
pub fn all() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = walkdir::WalkDir::new(root.join("src")).sort_by_file_name().into_iter();
    let sources: Vec<Source> = files
        .map(|entry| entry.expect("the source can be listed").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs"))
        .map(|path| {
            let code = std::fs::read_to_string(&path).expect("the source can be read");
            let path = path.strip_prefix(root).expect("found below the root");
            Source::new(&path.to_string_lossy().replace('\\', "/"), &code)
        })
        .collect();
    assert!(sources.len() > 50, "the source is found");
    sources
}

/// `src/read/agent/mod.rs` is the module `read::agent`.
fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// Words, signs and texts; comments, numbers and characters are left out.
fn tokens(code: &str) -> Vec<Token> {
    let chars: Vec<char> = code.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut index = 0;
    while index < chars.len() {
        let start = index;
        let mut kind = None;
        match at(index) {
            '/' if at(index + 1) == '/' => index += chars[index..].iter().take_while(|&&c| c != '\n').count(),
            '/' if at(index + 1) == '*' => {
                let end = (index + 2..chars.len()).find(|&i| at(i) == '*' && at(i + 1) == '/');
                index = end.unwrap_or(chars.len()) + 2;
            }
            'r' if raw_hashes(&chars, index + 1).is_some() => {
                let hashes = raw_hashes(&chars, index + 1).unwrap_or(0);
                let from = index + hashes + 2;
                let closes = |i: &usize| at(*i) == '"' && (1..=hashes).all(|next| at(*i + next) == '#');
                let end = (from..chars.len()).find(closes).unwrap_or(chars.len());
                kind = Some(Kind::Text(chars[from..end].iter().collect()));
                index = end + hashes + 1;
            }
            '"' => {
                let mut end = index + 1;
                while end < chars.len() && at(end) != '"' {
                    end += if at(end) == '\\' { 2 } else { 1 };
                }
                kind = Some(Kind::Text(chars[index + 1..end.min(chars.len())].iter().collect()));
                index = end + 1;
            }
            '\'' if at(index + 1) == '\\' => {
                index += 3 + chars[index + 3..].iter().take_while(|&&c| c != '\'').count() + 1
            }
            '\'' if at(index + 2) == '\'' => index += 3,
            c if c.is_alphabetic() || c == '_' => {
                index += chars[index..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
                kind = Some(Kind::Word(chars[start..index].iter().collect()));
            }
            c if c.is_ascii_digit() => {
                index += chars[index..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
            }
            c => {
                index += 1;
                kind = (!c.is_whitespace()).then_some(Kind::Sign(c));
            }
        }
        tokens.extend(kind.map(|kind| Token { kind, line }));
        line += chars[start..index.min(chars.len())].iter().filter(|&&c| c == '\n').count();
    }
    tokens
}

/// Number of `#` before the `"` that opens a raw text here, if one does.
fn raw_hashes(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars.get(from..)?.iter().take_while(|&&c| c == '#').count();
    (chars.get(from + hashes) == Some(&'"')).then_some(hashes)
}

/// Leaves out every item under `#[cfg(test)]`: up to its `;`, or to the end of its block.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let is = |token: &Token, expected: &str| match &token.kind {
        Kind::Word(word) => word == expected,
        Kind::Sign(sign) => expected.chars().eq([*sign]),
        Kind::Text(_) => false,
    };
    let mut kept = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let marked = tokens[index..].len() > mark.len()
            && tokens[index..].iter().zip(mark).all(|(token, expected)| is(token, expected));
        if !marked {
            kept.push(tokens[index].clone());
            index += 1;
            continue;
        }
        let mut depth = 0;
        while index < tokens.len() {
            match tokens[index].sign() {
                Some('{') => depth += 1,
                Some('}') => depth -= 1,
                _ => {}
            }
            let ends = depth == 0 && matches!(tokens[index].sign(), Some(';' | '}'));
            index += 1;
            if ends {
                break;
            }
        }
    }
    kept
}
