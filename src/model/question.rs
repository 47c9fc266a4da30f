//! Terms that can be read two ways, and facts nobody knows.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{HostId, Money};

/// One of the two ways to read a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The publisher's reading, the auditor's.
    #[default]
    Strict,
    /// The customer's reading, for which there must be evidence.
    Customer,
}

impl Answer {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Strict => Self::Customer,
            Self::Customer => Self::Strict,
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::Customer => "customer",
        })
    }
}

/// One ambiguity or missing fact of one organisation and product family.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QuestionKey {
    /// Id of the ambiguity in `rules/ambiguities.toml`, such as `D-01`.
    pub ambiguity: String,
    /// Organisation.
    pub organisation: String,
    /// Product family.
    pub product: String,
}

impl std::fmt::Display for QuestionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "question:{}/{}/{}", self.organisation, self.product, self.ambiguity.to_lowercase())
    }
}

/// The set of answers in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The answer to every question that is not fixed.
    pub default: Answer,
    /// Answers to single questions.
    #[serde(with = "pairs")]
    pub fixed: BTreeMap<QuestionKey, Answer>,
}

/// Answers as a list of pairs, because the keys of JSON objects are texts.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Answer, QuestionKey};

    pub fn serialize<S: Serializer>(fixed: &BTreeMap<QuestionKey, Answer>, to: S) -> Result<S::Ok, S::Error> {
        fixed.iter().collect::<Vec<_>>().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<QuestionKey, Answer>, D::Error> {
        Ok(Vec::<(QuestionKey, Answer)>::deserialize(from)?.into_iter().collect())
    }
}

impl Reading {
    /// A reading without fixed answers.
    pub fn all(default: Answer) -> Self {
        Self { default, fixed: BTreeMap::new() }
    }

    /// The answer in force.
    pub fn answer(&self, key: &QuestionKey) -> Answer {
        self.fixed.get(key).copied().unwrap_or(self.default)
    }

    /// The same reading with one answer changed.
    pub fn with(&self, key: QuestionKey, answer: Answer) -> Self {
        let mut reading = self.clone();
        reading.fixed.insert(key, answer);
        reading
    }
}

/// On what an answer in `trueup.toml` rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// What proves it.
    pub evidence: String,
    /// Who approved it.
    pub approver: String,
    /// Last day on which it holds.
    pub review_by: Date,
    /// Line in `trueup.toml`.
    pub line: u32,
}

/// A term that can be read two ways, or a missing fact, with what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Which.
    pub key: QuestionKey,
    /// The issue, in one sentence.
    pub title: String,
    /// What the auditor says.
    pub strict: String,
    /// What the customer says.
    pub customer: String,
    /// The evidence that decides.
    pub evidence: String,
    /// Source of both readings.
    pub source: String,
    /// Hosts it is about.
    pub hosts: Vec<HostId>,
    /// Answer fixed in the settings.
    pub answered: Option<Answer>,
    /// On what that answer rests.
    #[serde(default)]
    pub settled: Option<Settlement>,
    /// Units required of the family under the strict reading, and with this question alone answered the customer's way.
    pub required: (u64, u64),
    /// Units short, likewise.
    pub shortfall: (u64, u64),
    /// Shortfall cost, likewise; `None` where a price is missing.
    pub cost: (Option<Money>, Option<Money>),
    /// Change in shortfall cost when this question alone flips; `None` where a price is missing.
    pub worth: Option<Money>,
}
