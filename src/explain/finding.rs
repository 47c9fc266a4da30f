//! A finding: what it says, the places that show it, and the host it is about.

use crate::model::{Finding, HostSummary, kebab};

use super::teller::{Teller, section};
use super::{Explanation, Item};

/// Explains one finding.
pub(super) fn explain(teller: &Teller<'_>, finding: &Finding) -> Explanation {
    let (kind, _) = finding.key.0.split_once(':').unwrap_or(("finding", ""));
    let of = teller.outcome.names.organisation(&finding.organisation);
    let mut explanation = teller.begin(finding.key.0.clone(), format!("{of}: {}", title(kind)));
    let hosts = hosts(teller, finding).into_iter().map(|host| teller.host_item(host));
    explanation.sections = vec![
        section("What was found", vec![Item::say(finding.text.clone()).at(teller.places(&finding.evidence))]),
        section("Host", hosts.collect()),
    ];
    explanation
}

/// Kinds of findings in words; another kind stands for itself.
fn title(kind: &str) -> String {
    let words = match kind {
        "stale" => "a machine whose inventory is too old",
        "unplaced" => "a guest whose host nobody knows",
        "contradiction" => "sources that contradict each other",
        "untracked" => "a product whose position is not computed",
        "not-counted" => "installations that are counted nowhere",
        "uncounted" => "an installation that no terms on file license",
        "unused-mapping" => "a mapping that no file used",
        "unused-source" => "a stated machine that no file used",
        "no-machine" => "software of no known machine",
        "expired-answer" => "an answer past its review date",
        other => return format!("a finding of the kind {other}"),
    };
    words.to_owned()
}

/// Hosts of the organisation that the key names.
fn hosts<'a>(teller: &Teller<'a>, finding: &Finding) -> Vec<&'a HostSummary> {
    let body = finding.key.0.split_once(':').map_or("", |(_, body)| body);
    let names: Vec<&str> = body.split('/').skip(1).collect();
    let named =
        |host: &&HostSummary| host.organisation == finding.organisation && names.contains(&kebab(&host.name).as_str());
    teller.outcome.hosts.iter().filter(named).collect()
}
