//! From what the user typed to one figure: a whole key, or any part of one that is unambiguous.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::model::{Answer, HostId, Outcome, kebab};

use super::Found;

/// What is to be explained, by its index in the outcome or its assessment. The order is that of preference: where a part
/// fits a position and its requirements, the position is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// A row of the position.
    Position(usize),
    /// A need.
    Requirement(usize),
    /// A question.
    Question(usize),
    /// A product's support on a host.
    Support(usize),
    /// A purchase line's right.
    Entitlement(usize),
    /// A way to license everything of a product.
    Alternative(usize),
    /// Something to act on.
    Finding(usize),
    /// A product out of support on a host, as something to act on.
    Unsupported(usize),
    /// How much of an organisation was seen, by its index.
    Coverage(usize),
    /// What the shortfalls of the organisation of a coverage row cost; of all.
    Total(Option<usize>),
    /// What is ordered under an agreement.
    Peak(usize),
    /// A host.
    Host(HostId),
}

impl Subject {
    fn rank(self) -> u8 {
        match self {
            Self::Position(_) => 0,
            Self::Requirement(_) => 1,
            Self::Question(_) => 2,
            Self::Support(_) => 3,
            Self::Entitlement(_) => 4,
            Self::Alternative(_) => 5,
            Self::Finding(_) | Self::Unsupported(_) => 6,
            Self::Coverage(_) => 7,
            Self::Total(_) => 8,
            Self::Peak(_) => 9,
            Self::Host(_) => 10,
        }
    }
}

/// How well a key fits; better ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It is the key.
    Whole,
    /// Every part typed is a part of the key, in this order.
    Parts,
    /// The parts typed, one after the other, stand in the key: `Windows Server Standard 2016`.
    Words,
    /// Every part typed begins or stands within a part of the key, in this order.
    Within,
}

/// Keys that are named where nothing fits.
const NEAREST: usize = 5;

/// The one figure that fits best; several where they bear the same key.
pub(super) fn find(outcome: &Outcome, wanted: &str, reading: Answer) -> Result<Vec<Subject>, Found> {
    let candidates = candidates(outcome, reading);
    let wanted = Wanted::parse(wanted);
    let mut hits: Vec<(Fit, u8, &str, Subject)> = candidates
        .iter()
        .filter_map(|(key, subject)| Some((wanted.fit(key)?, subject.rank(), key.as_str(), *subject)))
        .collect();
    hits.sort();
    let Some(&(fit, rank, best, _)) = hits.first() else {
        return Err(Found::NotFound(nearest(&candidates, &wanted)));
    };
    hits.retain(|hit| (hit.0, hit.1) == (fit, rank));
    if hits.iter().all(|(_, _, key, _)| *key == best) {
        return Ok(hits.into_iter().map(|(_, _, _, subject)| subject).collect());
    }
    let mut keys: Vec<String> = hits.iter().map(|(_, _, key, _)| (*key).to_owned()).collect();
    keys.dedup();
    Err(Found::Ambiguous(keys))
}

/// Every key that can be explained.
fn candidates(outcome: &Outcome, reading: Answer) -> Vec<(String, Subject)> {
    let assessment = outcome.assessment(reading);
    let positions = assessment.positions.iter().map(|position| position.key.0.clone());
    let requirements = assessment.requirements.iter().map(|requirement| requirement.key.0.clone());
    let questions = outcome.questions.iter().map(|question| question.key.to_string());
    let support = outcome.support.iter().map(|row| row.key(outcome.host(row.host).map_or("", |host| &host.name)).0);
    let entitlements = assessment.entitlements.iter().map(|entitlement| entitlement.key.0.clone());
    let alternatives = assessment.alternatives.iter().map(|total| total.key().0);
    let findings = outcome.findings.iter().map(|finding| finding.key.0.clone());
    let coverage = outcome.coverage.iter().map(|coverage| coverage.key().0);
    let totals = outcome.coverage.iter().map(|coverage| Outcome::total_key(&coverage.organisation).0);
    let peaks = assessment.order_lines.iter().map(|line| line.key().0);
    let hosts = (0..).map(HostId).zip(outcome.hosts.iter().map(|host| host.key().0));
    let mut out: Vec<(String, Subject)> = Vec::new();
    out.extend(positions.enumerate().map(|(index, key)| (key, Subject::Position(index))));
    out.extend(requirements.enumerate().map(|(index, key)| (key, Subject::Requirement(index))));
    out.extend(questions.enumerate().map(|(index, key)| (key, Subject::Question(index))));
    out.extend(support.enumerate().map(|(index, key)| (key, Subject::Support(index))));
    out.extend(entitlements.enumerate().map(|(index, key)| (key, Subject::Entitlement(index))));
    out.extend(alternatives.enumerate().map(|(index, key)| (key, Subject::Alternative(index))));
    out.extend(findings.enumerate().map(|(index, key)| (key, Subject::Finding(index))));
    // Outcomes of older stores hold those on support among their findings already.
    let held: BTreeSet<&str> = outcome.findings.iter().map(|finding| finding.key.0.as_str()).collect();
    let unsupported = outcome.unsupported().filter(|(_, finding)| !held.contains(finding.key.0.as_str()));
    out.extend(unsupported.map(|(index, finding)| (finding.key.0, Subject::Unsupported(index))));
    out.extend(coverage.enumerate().map(|(index, key)| (key, Subject::Coverage(index))));
    out.extend(totals.enumerate().map(|(index, key)| (key, Subject::Total(Some(index)))));
    out.push((Outcome::total_key("").0, Subject::Total(None)));
    out.extend(peaks.enumerate().map(|(index, key)| (key, Subject::Peak(index))));
    out.extend(hosts.map(|(id, key)| (key, Subject::Host(id))));
    out
}

/// What was typed, taken apart.
struct Wanted {
    text: String,
    kind: Option<String>,
    parts: Vec<String>,
}

impl Wanted {
    fn parse(typed: &str) -> Self {
        let typed = typed.trim().to_lowercase();
        let (kind, body) = match typed.split_once(':') {
            Some((kind, body)) => (Some(kind.to_owned()), body),
            None => (None, typed.as_str()),
        };
        let parts = body.split('/').map(kebab).filter(|part| !part.is_empty() && part != "-").collect();
        Self { kind, parts, text: typed }
    }

    fn fit(&self, key: &str) -> Option<Fit> {
        if key == self.text {
            return Some(Fit::Whole);
        }
        let (kind, body) = key.split_once(':').unwrap_or(("", key));
        if self.parts.is_empty() || self.kind.as_deref().is_some_and(|wanted| wanted != kind) {
            return None;
        }
        let parts: Vec<&str> = body.split('/').filter(|part| *part != "-").collect();
        if self.parts == parts {
            Some(Fit::Whole)
        } else if in_order(&self.parts, &parts, |wanted, part| wanted == part) {
            Some(Fit::Parts)
        } else if self.parts.len() == 1 && stands_in(&self.parts[0], &parts.join("-")) {
            Some(Fit::Words)
        } else if in_order(&self.parts, &parts, |wanted, part| part.contains(wanted)) {
            Some(Fit::Within)
        } else {
            None
        }
    }

    /// Whether some part typed is like some part of the key.
    fn is_near(&self, key: &str) -> bool {
        let parts = || key.split([':', '/']).filter(|part| *part != "-");
        self.parts.iter().any(|wanted| parts().any(|part| is_like(wanted, part)))
    }
}

/// Whether at least half of the pairs of letters of a word are in another.
fn is_like(wanted: &str, part: &str) -> bool {
    let (wanted, part) = (pairs(wanted), pairs(part));
    let shared = wanted.iter().filter(|pair| part.contains(pair)).count();
    !wanted.is_empty() && shared * 2 >= wanted.len()
}

/// Whether words stand in others, one after the other and each whole.
fn stands_in(wanted: &str, words: &str) -> bool {
    format!("-{words}-").contains(&format!("-{wanted}-"))
}

/// Whether every wanted part is met by some part, in the same order.
fn in_order(wanted: &[String], parts: &[&str], meets: impl Fn(&str, &str) -> bool) -> bool {
    let mut rest = parts.iter();
    wanted.iter().all(|wanted| rest.any(|part| meets(wanted, part)))
}

/// Keys that share most pairs of letters with what was typed.
fn nearest(candidates: &[(String, Subject)], typed: &Wanted) -> Vec<String> {
    let wanted = pairs(&typed.text);
    let mut ranked: Vec<(Reverse<usize>, usize, &str)> = candidates
        .iter()
        .filter(|(key, _)| typed.is_near(key))
        .map(|(key, _)| {
            let shared = pairs(key).iter().filter(|pair| wanted.contains(pair)).count();
            (Reverse(shared), key.len(), key.as_str())
        })
        .collect();
    ranked.sort();
    ranked.into_iter().take(NEAREST).map(|(_, _, key)| key.to_owned()).collect()
}

/// Pairs of neighbouring letters, each once.
fn pairs(text: &str) -> Vec<(char, char)> {
    let mut pairs: Vec<(char, char)> = text.chars().zip(text.chars().skip(1)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_fits_in_order_and_across_empty_parts() {
        let key = "position:southwark/-/sql-server/enterprise/2019/core";
        assert_eq!(Wanted::parse(key).fit(key), Some(Fit::Whole));
        assert_eq!(Wanted::parse("southwark/sql-server/enterprise").fit(key), Some(Fit::Parts));
        assert_eq!(Wanted::parse("Southwark/SQL Server").fit(key), Some(Fit::Parts));
        assert_eq!(Wanted::parse("south/sql/ent").fit(key), Some(Fit::Within));
        assert_eq!(Wanted::parse("SQL Server Enterprise 2019").fit(key), Some(Fit::Words));
        assert_eq!(Wanted::parse("southwark/sql-server/enterprise/2019/core").fit(key), Some(Fit::Whole));
        assert_eq!(Wanted::parse("enterprise/southwark").fit(key), None);
        assert_eq!(Wanted::parse("requirement:southwark").fit(key), None);
    }
}
