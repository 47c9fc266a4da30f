//! Title of a purchase record or price list → product, version, edition, metric, units and kind.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use crate::model::{PriceKind, kebab};
use crate::rules::{Product, Rules, SoldAs};

use super::matcher::MatcherError;
use super::normalise;

/// What a title tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sold<'r> {
    /// Product.
    pub product: &'r Product,
    /// The rule that hit.
    pub rule: &'r SoldAs,
    /// Version.
    pub version: Option<String>,
    /// Edition.
    pub edition: Option<String>,
    /// Units in a pack.
    pub units: u32,
    /// What is bought.
    pub kind: PriceKind,
}

/// The rules of all products.
#[derive(Debug)]
pub struct Titles<'r> {
    set: RegexSet,
    rules: Vec<Rule<'r>>,
}

#[derive(Debug)]
struct Rule<'r> {
    product: &'r Product,
    sold: &'r SoldAs,
    name: Regex,
    unless: Option<Regex>,
}

fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).case_insensitive(true).build()
}

impl<'r> Titles<'r> {
    /// Compiles the rules.
    ///
    /// # Errors
    /// Expressions that together are too large.
    pub fn new(rules: &'r Rules) -> Result<Self, MatcherError> {
        let mut all = Vec::new();
        for product in rules.products.values() {
            for sold in &product.sold_as {
                let unless = sold.unless.as_deref().map(compiled).transpose()?;
                all.push(Rule { product, sold, name: compiled(&sold.name)?, unless });
            }
        }
        let names = all.iter().map(|rule| rule.sold.name.as_str());
        Ok(Self { set: RegexSetBuilder::new(names).case_insensitive(true).build()?, rules: all })
    }

    /// What a title tells; nothing where no rule knows it, or where rules of two products do.
    pub fn recognise(&self, title: &str) -> Option<Sold<'r>> {
        let title = normalise::name(title).text;
        let mut hits = self
            .set
            .matches(&title)
            .into_iter()
            .map(|hit| &self.rules[hit])
            .filter(|rule| rule.unless.as_ref().is_none_or(|unless| !unless.is_match(&title)));
        let rule = hits.next()?;
        let one = hits.all(|other| other.product.id == rule.product.id);
        one.then(|| rule.sold(&title)).flatten()
    }
}

impl<'r> Rule<'r> {
    fn sold(&self, title: &str) -> Option<Sold<'r>> {
        let captures = self.name.captures(title)?;
        let group = |name| captures.name(name).map(|found| found.as_str().trim()).filter(|text| !text.is_empty());
        let same = |known: &str, text: &str| known.to_lowercase() == text.to_lowercase();
        let edition = group("edition").map(|text| {
            let named = self.sold.edition_names.iter().find(|(known, _)| same(known, text));
            named.map_or_else(|| kebab(text), |(_, edition)| edition.clone())
        });
        let kind = match group("kind") {
            Some(text) => self.sold.kind_names.iter().find(|(known, _)| same(known, text))?.1,
            None => self.sold.kind,
        };
        Some(Sold {
            product: self.product,
            rule: self.sold,
            version: group("version").map(str::to_owned).or_else(|| self.sold.version.clone()),
            edition: edition.or_else(|| self.sold.edition.clone()),
            units: match group("units") {
                Some(units) => units.parse().ok().filter(|units| *units > 0)?,
                None => self.sold.units,
            },
            kind,
        })
    }
}

/// The publisher's own display name of a subscription that a directory writes by string id or GUID.
pub fn subscription_name(written: &str) -> &str {
    let known = subscription_names();
    known.get(written.trim().to_lowercase().as_str()).copied().unwrap_or(written.trim())
}

/// Display names by string id and GUID, in lower case.
fn subscription_names() -> &'static BTreeMap<String, &'static str> {
    static NAMES: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
        let table = include_str!("../../rules/microsoft/m365-skus.tsv");
        let rows = table.lines().filter(|line| !line.starts_with('#'));
        rows.filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?, cells.next()?, cells.next()?))
        })
        .flat_map(|(name, id, guid)| [(id.to_lowercase(), name), (guid.to_lowercase(), name)])
        .collect()
    });
    &NAMES
}
