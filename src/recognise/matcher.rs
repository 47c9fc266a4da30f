//! All recognition rules of all products, compiled once.
//!
//! Sets of the expressions on names and on keys tell in one pass which rules can hit at all; only those are tried
//! one by one, and compiled when first tried. A component or look-alike beats a licensable product, and the first rule of
//! a file beats the later ones.

use hashbrown::HashMap;
use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::model::{RecordClass, SharedText, SoftwareRecord, kebab};
use crate::rules::{Pattern, PatternField, Product, Rules, VersionFrom};

use super::expression::{Captured, Expression, dialect};
use super::normalise;

/// A set of rules that cannot be compiled.
#[derive(Debug, thiserror::Error)]
#[error("the recognition rules cannot be compiled: {0}")]
pub struct MatcherError(#[from] regex::Error);

/// What a record was recognised as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognition<'r> {
    /// The product.
    pub product: &'r Product,
    /// The rule that hit.
    pub rule: &'r Pattern,
    /// `Installation`, `Component` or `NotLicensable`.
    pub class: RecordClass,
    /// Version, where the record tells.
    pub version: Option<String>,
    /// Edition in kebab-case, where the record tells.
    pub edition: Option<String>,
    /// Named instance, where the record names one.
    pub instance: Option<String>,
    /// The version that the record's own build number stands for, where it is not the one in the name.
    pub contradicted_by: Option<String>,
    /// Id of the rule, for all installations that come of this.
    pub rule_id: SharedText,
    /// Name of the record as written, likewise.
    pub title: SharedText,
}

impl Recognition<'_> {
    /// Whether the edition is known and needs no licence.
    pub fn is_free(&self) -> bool {
        self.edition.as_ref().is_some_and(|edition| self.product.free_editions.contains(edition))
    }

    /// Whether anything hangs on the record but its count: it proves, completes or contradicts an installation.
    pub fn bears_on_installations(&self) -> bool {
        self.class != RecordClass::NotLicensable || self.contradicted_by.is_some()
    }

    /// Whether the record alone proves an installation that needs a licence.
    pub fn counts(&self) -> bool {
        self.class == RecordClass::Installation && !self.is_free()
    }
}

/// The compiled rules.
#[derive(Debug)]
pub struct Matcher<'r> {
    software: Table<'r>,
    operating_system: Table<'r>,
}

impl<'r> Matcher<'r> {
    /// Compiles all rules.
    ///
    /// # Errors
    /// An expression beyond the limits of the library; those that do not compile at all are faults of their file.
    pub fn new(rules: &'r Rules) -> Result<Self, MatcherError> {
        Ok(Self {
            software: Table::new(rules, PatternField::Software)?,
            operating_system: Table::new(rules, PatternField::OperatingSystem)?,
        })
    }

    /// What a software record is; `None` where no rule knows it.
    pub fn recognise(&self, record: &SoftwareRecord<'_>) -> Option<Recognition<'r>> {
        self.software.recognise(record)
    }

    /// What the caption and version of a running operating system stand for.
    pub fn operating_system(&self, caption: &str, version: &str) -> Option<Recognition<'r>> {
        self.operating_system.recognise(&SoftwareRecord { name: caption, version, publisher: "", key: "" })
    }
}

/// A matcher that remembers its answers: a fleet repeats few distinct records many times.
#[derive(Debug)]
pub struct Memory<'m, 'a> {
    matcher: &'m Matcher<'m>,
    answers: HashMap<SoftwareRecord<'a>, Option<Recognition<'m>>>,
}

impl<'m, 'a> Memory<'m, 'a> {
    /// An empty memory.
    pub fn new(matcher: &'m Matcher<'m>) -> Self {
        Self { matcher, answers: HashMap::new() }
    }

    /// What a software record is; asked of the rules once for each distinct record.
    pub fn recognise(&mut self, record: SoftwareRecord<'a>) -> Option<&Recognition<'m>> {
        self.answers.entry(record).or_insert_with(|| self.matcher.recognise(&record)).as_ref()
    }
}

/// The rules for one field, those that win first.
#[derive(Debug)]
struct Table<'r> {
    rules: Vec<CompiledRule<'r>>,
    /// Expressions on names that begin at the start; apart from the others, because together they would need far more states.
    anchored_names: Gate,
    names: Gate,
    keys: Gate,
}

/// Tells in one pass which of many expressions match.
#[derive(Debug)]
struct Gate {
    set: RegexSet,
    /// The rule of each expression.
    rules: Vec<usize>,
}

impl Gate {
    fn new(expressions: Vec<(usize, &str)>) -> Result<Self, MatcherError> {
        const MIB: usize = 1 << 20;
        let set = RegexSetBuilder::new(expressions.iter().map(|(_, pattern)| dialect(pattern)))
            .unicode(false)
            .case_insensitive(true)
            .size_limit(64 * MIB)
            .dfa_size_limit(32 * MIB)
            .build()?;
        Ok(Self { set, rules: expressions.into_iter().map(|(rule, _)| rule).collect() })
    }

    /// Rules whose expression matches.
    fn matches(&self, text: &str) -> impl Iterator<Item = usize> {
        self.set.matches(text.as_bytes()).into_iter().map(|hit| self.rules[hit])
    }
}

impl<'r> Table<'r> {
    fn new(rules: &'r Rules, field: PatternField) -> Result<Self, MatcherError> {
        let patterns = in_order_of_precedence(rules, field);
        let (mut anchored_names, mut names, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (_, _, pattern)) in patterns.iter().enumerate() {
            if let Some(name) = &pattern.name {
                let set = if is_anchored(name) { &mut anchored_names } else { &mut names };
                set.push((index, name.as_str()));
            }
            keys.extend(pattern.key.as_deref().map(|key| (index, key)));
        }
        let rules =
            patterns.into_iter().map(|(class, product, pattern)| CompiledRule::new(class, product, pattern)).collect();
        Ok(Self { rules, anchored_names: Gate::new(anchored_names)?, names: Gate::new(names)?, keys: Gate::new(keys)? })
    }

    fn recognise(&self, record: &SoftwareRecord<'_>) -> Option<Recognition<'r>> {
        let name = normalise::name(record.name).text;
        let texts = Texts {
            written: record.name,
            name: &name,
            key: normalise::key(record.key),
            publisher: record.publisher.trim(),
            version: record.version.trim(),
        };
        self.candidates(&texts).into_iter().find_map(|index| self.rules[index].recognise(&texts))
    }

    /// Indices of the rules whose expressions on name and key both match, the winning ones first.
    fn candidates(&self, texts: &Texts<'_>) -> Vec<usize> {
        let by_key: Vec<usize> = if texts.key.is_empty() { Vec::new() } else { self.keys.matches(texts.key).collect() };
        let by_name = self.anchored_names.matches(texts.name).chain(self.names.matches(texts.name));
        let mut found: Vec<usize> =
            by_name.filter(|index| self.rules[*index].key.is_none() || by_key.contains(index)).collect();
        found.extend(by_key.iter().copied().filter(|&index| self.rules[index].name.is_none()));
        found.sort_unstable();
        found
    }
}

/// What of a record is matched.
struct Texts<'t> {
    /// The name as written; the others are ready for matching.
    written: &'t str,
    name: &'t str,
    key: &'t str,
    publisher: &'t str,
    version: &'t str,
}

/// One rule with its expressions.
#[derive(Debug)]
struct CompiledRule<'r> {
    product: &'r Product,
    pattern: &'r Pattern,
    class: RecordClass,
    name: Option<Expression<'r>>,
    key: Option<Expression<'r>>,
    publisher: Option<Expression<'r>>,
    record_version: Option<Expression<'r>>,
    unless: Option<Expression<'r>>,
}

impl<'r> CompiledRule<'r> {
    fn new(class: RecordClass, product: &'r Product, pattern: &'r Pattern) -> Self {
        Self {
            product,
            pattern,
            class,
            name: pattern.name.as_deref().map(Expression::new),
            key: pattern.key.as_deref().map(Expression::new),
            publisher: pattern.publisher.as_deref().map(Expression::new),
            record_version: pattern.record_version.as_deref().map(Expression::new),
            unless: pattern.unless.as_deref().map(Expression::new),
        }
    }

    /// Tries the rule on a record whose name and key are known to match.
    fn recognise(&self, texts: &Texts<'_>) -> Option<Recognition<'r>> {
        let matches = |expression: &Option<Expression<'r>>, text| {
            expression.as_ref().is_none_or(|expression| expression.is_match(text))
        };
        let taken_back = self.unless.as_ref().is_some_and(|unless| unless.is_match(texts.name));
        if taken_back || !matches(&self.publisher, texts.publisher) || !matches(&self.record_version, texts.version) {
            return None;
        }
        let expressions = [(&self.key, texts.key), (&self.name, texts.name), (&self.record_version, texts.version)];
        let mut captured = Captured::default();
        for (expression, text) in expressions {
            if let Some(expression) = expression {
                expression.capture(text, &mut captured);
            }
        }
        let version = self.version(captured.version, texts.version);
        Some(Recognition {
            product: self.product,
            rule: self.pattern,
            class: self.class,
            contradicted_by: self.contradiction(version.as_deref(), texts.version),
            version,
            edition: self.edition(captured.edition),
            instance: captured.instance.map(str::to_owned),
            rule_id: self.pattern.id.as_str().into(),
            title: texts.written.into(),
        })
    }

    fn version(&self, captured: Option<&str>, build: &str) -> Option<String> {
        let by_build = match self.pattern.version_from {
            VersionFrom::Nowhere => return None,
            VersionFrom::Build => version_of_build(self.product, build),
            VersionFrom::Name => None,
        };
        if let Some(version) = by_build {
            return Some(version.to_owned());
        }
        match captured {
            Some(text) => Some(meaning(&self.pattern.version_names, text).unwrap_or(text).to_owned()),
            None => self.pattern.version.clone(),
        }
    }

    fn edition(&self, captured: Option<&str>) -> Option<String> {
        match captured {
            Some(text) => Some(meaning(&self.pattern.edition_names, text).map_or_else(|| kebab(text), str::to_owned)),
            None => self.pattern.edition.clone(),
        }
    }

    /// Server products carry builds of their own; a build of another version than the name's is reported, never corrected.
    fn contradiction(&self, version: Option<&str>, build: &str) -> Option<String> {
        let comparable = self.class == RecordClass::Installation
            && self.product.kind == "server"
            && self.pattern.version_from == VersionFrom::Name;
        let (version, told) = (version?, version_of_build(self.product, build)?);
        (comparable && version != told).then(|| told.to_owned())
    }
}

/// The rules of a field: components, then look-alikes, then products; free software after products of its kind.
fn in_order_of_precedence(rules: &Rules, field: PatternField) -> Vec<(RecordClass, &Product, &Pattern)> {
    let mut products: Vec<&Product> = rules.products.values().collect();
    products.sort_by_key(|product| product.kind == "free");
    let mut ordered = Vec::new();
    for class in [RecordClass::Component, RecordClass::NotLicensable, RecordClass::Installation] {
        for product in &products {
            let patterns = match class {
                RecordClass::Component => &product.components,
                RecordClass::NotLicensable => &product.not_licensable,
                _ => &product.recognise,
            };
            let of_field = patterns.iter().filter(|pattern| pattern.field == field);
            ordered.extend(of_field.map(|pattern| (class, *product, pattern)));
        }
    }
    ordered
}

/// What a captured text stands for.
fn meaning<'n>(names: &'n [(String, String)], text: &str) -> Option<&'n str> {
    let lower = text.to_lowercase();
    names.iter().find(|(name, _)| name.to_lowercase() == lower).map(|(_, meaning)| meaning.as_str())
}

/// The version of the release to which a build number belongs: that with the longest matching prefix.
fn version_of_build<'p>(product: &'p Product, build: &str) -> Option<&'p str> {
    let prefixes =
        product.releases.iter().flat_map(|release| release.builds.iter().map(move |prefix| (prefix, release)));
    let hits = prefixes.filter(|(prefix, _)| is_build(build, prefix));
    hits.max_by_key(|(prefix, _)| prefix.len()).map(|(_, release)| release.version.as_str())
}

/// Whether a version text holds a build number with this prefix. A prefix without a point is a whole number of its own.
fn is_build(build: &str, prefix: &str) -> bool {
    let bare_number = !prefix.contains('.');
    build.match_indices(prefix).any(|(start, _)| {
        let before = build[..start].chars().next_back();
        let after = build[start + prefix.len()..].chars().next();
        before.is_none_or(|c| !c.is_ascii_digit() && (c != '.' || bare_number))
            && (!bare_number || after.is_none_or(|c| !c.is_ascii_digit()))
    })
}

/// Whether every way to match an expression begins at the start of the text, as far as a glance tells.
fn is_anchored(pattern: &str) -> bool {
    pattern.starts_with('^') && !pattern.contains("|^")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_found_at_its_start_or_as_a_number_of_its_own() {
        assert!(is_build("13.2.5026.0", "13."));
        assert!(is_build("10.53.6000.34", "10.5"));
        assert!(is_build("10.0.17763 N/A Build 17763", "10.0.17763"));
        assert!(is_build("6.3.17763", "17763"));
        assert!(!is_build("6.3.177631", "17763"));
        assert!(!is_build("113.0", "13."));
        assert!(!is_build("16.0.13.1", "13."));
    }
}
