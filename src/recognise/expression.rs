//! One expression of a rule, compiled when it is first needed: of some hundred, a run needs a few dozen.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::bytes::{Captures, Regex, RegexBuilder};

/// An expression of a rule.
#[derive(Debug)]
pub(super) struct Expression<'r> {
    pattern: &'r str,
    compiled: OnceLock<Option<Regex>>,
    has_groups: bool,
}

/// What named groups caught, of all expressions of a rule; the first expression that caught something counts.
#[derive(Debug, Default)]
pub(super) struct Captured<'t> {
    /// Group `version`.
    pub(super) version: Option<&'t str>,
    /// Group `edition`.
    pub(super) edition: Option<&'t str>,
    /// Group `instance`.
    pub(super) instance: Option<&'t str>,
}

impl<'r> Expression<'r> {
    pub(super) fn new(pattern: &'r str) -> Self {
        Self { pattern, compiled: OnceLock::new(), has_groups: pattern.contains("(?<") || pattern.contains("(?P<") }
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.compiled().is_some_and(|regex| regex.is_match(text.as_bytes()))
    }

    /// Adds what the named groups catch.
    pub(super) fn capture<'t>(&self, text: &'t str, captured: &mut Captured<'t>) {
        let Some(regex) = self.compiled().filter(|_| self.has_groups) else { return };
        let Some(captures) = regex.captures(text.as_bytes()) else { return };
        let group = |name| group(&captures, name);
        captured.version = captured.version.or_else(|| group("version"));
        captured.edition = captured.edition.or_else(|| group("edition"));
        captured.instance = captured.instance.or_else(|| group("instance"));
    }

    /// The compiled form. Expressions that do not compile were refused when the rule file was read.
    fn compiled(&self) -> Option<&Regex> {
        let build = || RegexBuilder::new(&dialect(self.pattern)).unicode(false).case_insensitive(true).build().ok();
        self.compiled.get_or_init(build).as_ref()
    }
}

fn group<'t>(captures: &Captures<'t>, name: &str) -> Option<&'t str> {
    let found = captures.name(name)?;
    std::str::from_utf8(found.as_bytes()).ok().filter(|text| !text.is_empty())
}

/// An expression as it is compiled: in ASCII, which is small and fast, but for those that speak of other letters. Word
/// boundaries stay in ASCII there too, because those of Unicode keep the fast engine from names in other scripts.
pub(super) fn dialect(pattern: &str) -> Cow<'_, str> {
    if pattern.is_ascii() {
        return Cow::Borrowed(pattern);
    }
    Cow::Owned(format!("(?u:{})", pattern.replace(r"\b", r"(?-u:\b)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_of_any_letter_is_ignored_where_the_expression_speaks_of_it() {
        assert!(Expression::new("^Профессиональный$").is_match("профессиональный"));
        assert!(Expression::new("^SQL [^0-9]+$").is_match("sql Größe"));
    }

    #[test]
    fn the_first_expression_that_catches_something_counts() {
        let mut captured = Captured::default();
        Expression::new("^a(?<version>x)?$").capture("a", &mut captured);
        Expression::new("^(?<version>[0-9]+)(?<edition>é)?").capture("7é", &mut captured);
        Expression::new("^(?<version>8)").capture("8", &mut captured);
        assert_eq!((captured.version, captured.edition), (Some("7"), Some("é")));
    }
}
