//! Follows one figure down to its proof: the row, the needs behind it with their arithmetic, the purchase lines that
//! cover it and the right under which they do, what is left over and why it does not fit, hosts, files and places.
//!
//! It reads an outcome and the rules and computes nothing anew; only the packs behind a price are redone, and shown only
//! where they come to the same amount.

mod alternative;
mod answer;
mod coverage;
mod entitlement;
mod find;
mod finding;
mod host;
mod peak;
mod plan;
mod position;
mod price;
mod question;
mod requirement;
mod support;
mod teller;
mod text;
mod total;

use jiff::civil::Date;
use serde::Serialize;

use crate::model::{Answer, Outcome, SupportRow};
use crate::rules::Rules;

use find::Subject;
pub use plan::{PLAN_KEYS, explain_step};
use teller::Teller;

/// Name and version of the JSON shape.
pub const SCHEMA: &str = "trueup-explanation/1";

/// What the wanted key, or part of one, leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One figure, explained.
    Explanation(Box<Explanation>),
    /// Several keys have this part.
    Ambiguous(Vec<String>),
    /// None has; these come nearest.
    NotFound(Vec<String>),
}

/// One figure, followed down to its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Marks the file, so that no scan reads it back.
    pub generated_by: &'static str,
    /// Name and version of the shape.
    pub schema: &'static str,
    /// Key of the figure.
    pub key: String,
    /// What it is, in a sentence.
    pub title: String,
    /// Day.
    pub as_of: Date,
    /// Reading.
    pub reading: Answer,
    /// Hash of the rules in force.
    pub rules_hash: String,
    /// The figures of the row.
    pub figures: Vec<Figure>,
    /// From the figure down to its proof.
    pub sections: Vec<Section>,
}

/// One figure as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// What it counts.
    pub name: &'static str,
    /// The figure.
    pub value: String,
}

/// A part of the explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What it is about.
    pub heading: String,
    /// Its steps, in order.
    pub items: Vec<Item>,
}

/// One step: a sentence, the rule that says so, where its facts stand, and what is behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Item {
    /// A sentence with its figures.
    pub text: String,
    /// The rule that says so.
    pub rule: Option<RuleNote>,
    /// Files and places, as `path: place`.
    pub places: Vec<String>,
    /// What is behind it.
    pub items: Vec<Item>,
    /// Whether the text leaves out what is behind it, unless all is asked for.
    #[serde(skip)]
    pub folded: bool,
}

/// A rule with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleNote {
    /// Id of the terms, clause or recognition rule.
    pub id: String,
    /// Page or document it rests on; `None` where the rules do not know the id.
    pub source: Option<String>,
    /// Whether that was seen in a public page; `None` where not known.
    pub verified: Option<bool>,
    /// The rule file; `None` where the rules do not know the id.
    pub file: Option<String>,
}

impl Item {
    /// A sentence alone.
    fn say(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The same with the places of its facts.
    fn at(mut self, places: Vec<String>) -> Self {
        self.places = places;
        self
    }

    /// The same with what is behind it.
    fn with(mut self, items: Vec<Self>) -> Self {
        self.items = items;
        self
    }

    /// The same, with what is behind it told only where all is asked for.
    fn folded(mut self) -> Self {
        self.folded = true;
        self
    }
}

/// Explains the figure with this key, or with the only key of which this is a part.
pub fn explain(outcome: &Outcome, rules: &Rules, wanted: &str, reading: Answer) -> Found {
    let subjects = match find::find(outcome, wanted, reading) {
        Ok(subjects) => subjects,
        Err(found) => return found,
    };
    let teller = Teller { outcome, rules, assessment: outcome.assessment(reading) };
    let mut told = subjects.into_iter().map(|subject| tell(&teller, subject));
    let Some(mut explanation) = told.next() else { return Found::NotFound(Vec::new()) };
    // What bears the same key is explained together.
    for other in told {
        explanation.figures.extend(other.figures);
        explanation.sections.extend(other.sections);
    }
    explanation.sections.retain(|section| !section.items.is_empty());
    if outcome.rules_hash != rules.hash {
        let text =
            "The rules have changed since this was computed: sources are named as the rules in force now have them.";
        explanation.sections.push(Section { heading: "Rules".into(), items: vec![Item::say(text)] });
    }
    Found::Explanation(Box::new(explanation))
}

fn tell(teller: &Teller<'_>, subject: Subject) -> Explanation {
    let (outcome, assessment) = (teller.outcome, teller.assessment);
    match subject {
        Subject::Position(index) => position::explain(teller, &assessment.positions[index]),
        Subject::Requirement(index) => requirement::explain(teller, index),
        Subject::Question(index) => question::explain(teller, &outcome.questions[index]),
        Subject::Support(index) => support::explain(teller, &outcome.support[index]),
        Subject::Entitlement(index) => entitlement::explain(teller, index),
        Subject::Alternative(index) => alternative::explain(teller, &assessment.alternatives[index]),
        Subject::Finding(index) => finding::explain(teller, &outcome.findings[index]),
        Subject::Unsupported(index) => unsupported(teller, &outcome.support[index]),
        Subject::Coverage(index) => coverage::explain(teller, &outcome.coverage[index]),
        Subject::Total(Some(index)) => total::explain(teller, Some(&outcome.coverage[index].organisation)),
        Subject::Peak(index) => peak::explain(teller, &assessment.order_lines[index]),
        Subject::Total(None) => total::explain(teller, None),
        Subject::Host(id) => host::explain(teller, id, &outcome.hosts[id.0 as usize]),
    }
}

/// A row out of support as something to act on; the row itself, should it be none.
fn unsupported(teller: &Teller<'_>, row: &SupportRow) -> Explanation {
    let host = teller.outcome.host(row.host).map_or("", |host| &host.name);
    match row.finding(host) {
        Some(finding) => finding::explain(teller, &finding),
        None => support::explain(teller, row),
    }
}

impl Explanation {
    /// As text of so many columns: numbered steps, each with its rule and the places of its facts; the rules' sources
    /// stand at the end, each once. What is folded, and the ends of long lists, are left out.
    pub fn render(&self, width: usize, colour: bool) -> String {
        text::render(self, width, colour, false)
    }

    /// The same with nothing left out.
    pub fn render_in_full(&self, width: usize, colour: bool) -> String {
        text::render(self, width, colour, true)
    }
}
