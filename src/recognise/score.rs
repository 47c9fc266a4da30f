//! How right the rules are on rows labelled by hand: the arithmetic of `trueup rules score FILE.csv`.
//!
//! A label file has the columns `publisher`, `display_name`, `version`, `expected_product`, `expected_version`,
//! `expected_edition` and `licensable` (`yes`, `component` or `no`), and may have `key`. A row counts where `licensable` is
//! `yes`. Product, version and edition are compared on counted rows whose expected product has a rule file: the label is
//! the product's id, name or one of its labels, compared without case, blanks and hyphens. A label's version and edition
//! mean what they would mean in a name (`LTSC Professional Plus` is `professional-plus`); an edition in brackets is a
//! component (`(SSIS)`); an empty one is not compared. A version nobody can tell is wrong where the label has one. Rows no software rule knows are tried as captions of an operating system.

use serde::{Deserialize, Serialize};

use crate::model::{SoftwareRecord, kebab};
use crate::rules::{Pattern, Product, Rules};

use super::{Matcher, Recognition};

/// A label file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// It is no such table.
    #[error("the label file cannot be read: {0}")]
    Csv(#[from] csv::Error),
    /// A row is labelled with an unknown word.
    #[error("line {line}: `licensable` is {word:?}, but must be yes, component or no")]
    Licensable {
        /// Line of the row.
        line: u64,
        /// The word.
        word: String,
    },
}

/// One row of a label file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct LabelledRow {
    /// Publisher as inventories write it.
    #[serde(default)]
    pub publisher: String,
    /// Name as inventories write it.
    pub display_name: String,
    /// Version as inventories write it.
    #[serde(default)]
    pub version: String,
    /// Uninstall key, GUID or release id.
    #[serde(default)]
    pub key: String,
    /// Product in the labeller's words.
    #[serde(default)]
    pub expected_product: String,
    /// Version as people write it.
    #[serde(default)]
    pub expected_version: String,
    /// Edition in the labeller's words, or a component in brackets.
    #[serde(default)]
    pub expected_edition: String,
    /// `yes`, `component` or `no`.
    pub licensable: String,
    /// Line in the file, counted from one.
    #[serde(skip)]
    pub line: u64,
}

/// One row the rules get wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelFault {
    /// Line in the label file.
    pub line: u64,
    /// The name.
    pub name: String,
    /// `false-positive`, `false-negative`, `wrong-product`, `wrong-version` or `wrong-edition`.
    pub fault: &'static str,
    /// What the label says.
    pub expected: String,
    /// What was found; empty where nothing was.
    pub found: String,
    /// The rule that hit.
    pub rule: Option<String>,
}

/// The measure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Rows.
    pub rows: u64,
    /// Rows rightly counted.
    pub true_positive: u64,
    /// Rows wrongly counted.
    pub false_positive: u64,
    /// Rows that should have been counted.
    pub false_negative: u64,
    /// Counted rows with another product.
    pub wrong_product: u64,
    /// Counted rows with another version, or none.
    pub wrong_version: u64,
    /// Counted rows with another edition or component, or none.
    pub wrong_edition: u64,
    /// Every wrong row.
    pub errors: Vec<LabelFault>,
}

/// Reads a label file.
///
/// # Errors
/// Text that is no CSV, a missing column, or an unknown word in `licensable`.
pub fn read_labels(text: &str) -> Result<Vec<LabelledRow>, ScoreError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headers = reader.headers()?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let mut row: LabelledRow = record.deserialize(Some(&headers))?;
        row.line = record.position().map_or(0, csv::Position::line);
        if !["yes", "component", "no"].contains(&row.licensable.as_str()) {
            return Err(ScoreError::Licensable { line: row.line, word: row.licensable });
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Measures the rules on labelled rows.
pub fn score(rules: &Rules, matcher: &Matcher<'_>, rows: &[LabelledRow]) -> Score {
    let mut score = Score { rows: rows.len() as u64, ..Score::default() };
    for row in rows {
        let record =
            SoftwareRecord { name: &row.display_name, version: &row.version, publisher: &row.publisher, key: &row.key };
        let found = matcher.recognise(&record).or_else(|| matcher.operating_system(&row.display_name, &row.version));
        score.add(rules, row, found.as_ref());
    }
    score
}

impl Score {
    fn add(&mut self, rules: &Rules, row: &LabelledRow, found: Option<&Recognition<'_>>) {
        match (row.licensable == "yes", found.filter(|found| found.counts())) {
            (true, Some(found)) => {
                self.true_positive += 1;
                if let Some(expected) = rules.product(&row.expected_product) {
                    self.compare(row, expected, found);
                }
            }
            (true, None) => {
                self.false_negative += 1;
                self.fault(row, "false-negative", &row.expected_product, "", found);
            }
            (false, Some(counted)) => {
                self.false_positive += 1;
                self.fault(row, "false-positive", &row.licensable, &counted.product.id, found);
            }
            (false, None) => {}
        }
    }

    fn compare(&mut self, row: &LabelledRow, expected: &Product, found: &Recognition<'_>) {
        if found.product.id != expected.id {
            self.wrong_product += 1;
            self.fault(row, "wrong-product", &expected.id, &found.product.id, Some(found));
            return;
        }
        let version = found.version.as_deref().unwrap_or_default();
        if !row.expected_version.is_empty() && !same_version(expected, &row.expected_version, version) {
            self.wrong_version += 1;
            self.fault(row, "wrong-version", &row.expected_version, version, Some(found));
        }
        let label = row.expected_edition.trim();
        let (wanted, edition) = match label.strip_prefix('(').and_then(|label| label.strip_suffix(')')) {
            Some(component) => (kebab(component), found.rule.component_of.as_deref()),
            None => (edition_of_label(expected, label), found.edition.as_deref()),
        };
        if !label.is_empty() && edition != Some(wanted.as_str()) {
            self.wrong_edition += 1;
            self.fault(row, "wrong-edition", &wanted, edition.unwrap_or_default(), Some(found));
        }
    }

    fn fault(
        &mut self,
        row: &LabelledRow,
        fault: &'static str,
        expected: &str,
        found: &str,
        recognition: Option<&Recognition<'_>>,
    ) {
        self.errors.push(LabelFault {
            line: row.line,
            name: row.display_name.clone(),
            fault,
            expected: expected.to_owned(),
            found: found.to_owned(),
            rule: recognition.map(|recognition| recognition.rule.id.clone()),
        });
    }
}

/// Whether a version is the labelled one, by itself or as its licence knows it. A label with an update level (`8u251`) asks
/// for the release only.
fn same_version(product: &Product, label: &str, found: &str) -> bool {
    let wanted = meaning(product, label, |rule| &rule.version_names).unwrap_or(label);
    let known = product.release(found).map(|release| product.version_name(release));
    let release = wanted.split_once('u').filter(|(_, update)| update.bytes().all(|byte| byte.is_ascii_digit()));
    [Some(found), known]
        .into_iter()
        .flatten()
        .any(|version| version.eq_ignore_ascii_case(wanted) || release.is_some_and(|(release, _)| release == version))
}

/// The edition a label means: one of the product's in kebab-case, else what it would mean in a name.
fn edition_of_label(product: &Product, label: &str) -> String {
    let plain = kebab(label);
    if product.editions.contains(&plain) {
        return plain;
    }
    meaning(product, label, |rule| &rule.edition_names).map_or(plain, str::to_owned)
}

/// What any rule of a product takes a text for.
fn meaning<'p>(
    product: &'p Product,
    text: &str,
    names: impl Fn(&'p Pattern) -> &'p [(String, String)],
) -> Option<&'p str> {
    let lower = text.to_lowercase();
    let mut all = product.recognise.iter().flat_map(names);
    all.find(|(name, _)| name.to_lowercase() == lower).map(|(_, meaning)| meaning.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_file_needs_its_columns_and_words() {
        let header =
            "publisher,display_name,version,expected_product,expected_version,expected_edition,licensable,note\n";
        let rows = read_labels(&format!("\u{feff}{header}Acme,Anvil,1.0,Anvil,1,,no,\n")).expect("a label file");
        assert_eq!((rows[0].display_name.as_str(), rows[0].line), ("Anvil", 2));
        let error = read_labels(&format!("{header}Acme,Anvil,1.0,Anvil,1,,perhaps,\n")).expect_err("an unknown word");
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(read_labels("a,b\n1,2\n").is_err());
    }
}
