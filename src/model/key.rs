//! Permanent names of figures: `kind:organisation/subject/product/edition/version/metric`.

use serde::{Deserialize, Serialize};

/// The permanent name of a figure, the same from scan to scan: no figures, dates or sequence numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub String);

impl Key {
    /// Builds a key; an empty part is written `-`.
    pub fn new(kind: &str, parts: &[&str]) -> Self {
        let parts: Vec<String> =
            parts.iter().map(|part| if part.is_empty() { "-".to_owned() } else { kebab(part) }).collect();
        Self(format!("{kind}:{}", parts.join("/")))
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
    for c in text.trim().chars() {
        if c.is_whitespace() || matches!(c, '/' | '_' | '-') {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
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
    }
}
