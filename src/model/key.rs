//! Permanent names of figures: `kind:organisation/subject/product/edition/version/metric`.

use serde::{Deserialize, Serialize};

/// The permanent name of a figure, the same from scan to scan: no figures, dates or sequence numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub String);

impl Key {
    /// Builds a key; an empty part is written `-`.
    pub fn new(kind: &str, parts: &[&str]) -> Self {
        let length: usize = parts.iter().map(|part| part.len().max(1) + 1).sum();
        let mut key = String::with_capacity(kind.len() + 1 + length);
        key.push_str(kind);
        key.push(':');
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                key.push('/');
            }
            match part.is_empty() {
                true => key.push('-'),
                false => push_kebab(&mut key, part),
            }
        }
        Self(key)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Lower case, with every run of blanks, slashes and underscores as one hyphen: `"2012 R2"` is `2012-r2`.
pub fn kebab(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_kebab(&mut out, text);
    out
}

/// Appends a text as [`kebab`] writes it.
fn push_kebab(out: &mut String, text: &str) {
    let start = out.len();
    for c in text.trim().chars() {
        match c {
            _ if c.is_whitespace() || matches!(c, '/' | '_' | '-') => {
                if !out[start..].ends_with('-') {
                    out.push('-');
                }
            }
            _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            _ => out.extend(c.to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_no_blanks_and_names_what_is_missing() {
        assert_eq!(
            Key::new("position", &["brent", "", "windows-server", "standard", "2012 R2", "core"]).0,
            "position:brent/-/windows-server/standard/2012-r2/core"
        );
        assert_eq!(Key::new("stale", &["_a//B_", " -É "]).0, "stale:-a-b-/-é");
        assert_eq!(Key::new("all", &[]).0, "all:");
    }
}
