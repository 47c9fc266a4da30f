//! Why a product on a host counts as supported or not.

use crate::model::SupportRow;

use super::teller::{Teller, section};
use super::{Explanation, Figure, Item};

/// What stands for a recognition rule where a manifest names the product.
const DECLARED: &str = "declared";

/// Explains one row of the support register.
pub(super) fn explain(teller: &Teller<'_>, row: &SupportRow) -> Explanation {
    let host = teller.outcome.host(row.host).map_or("a host", |host| host.name.as_str());
    let name = teller.name(&row.product, None, row.version.as_deref());
    let mut explanation = teller.begin(row.key(host).0, format!("Support of {name} on {host} ({})", row.organisation));
    explanation.figures = vec![Figure { name: "status", value: row.status.title().to_owned() }];
    let seen = row.evidence.as_ref().map(|evidence| teller.places(std::slice::from_ref(evidence))).unwrap_or_default();
    // What a person declared was recognised by no rule.
    let declared = row.rule.is_empty() || row.rule == DECLARED;
    let rule = (!declared).then(|| teller.rule(&row.rule, &row.product));
    let how = if declared { format!("{name} is declared on {host}") } else { format!("{name} was seen on {host}") };
    let mut why = vec![Item::say(row.reason.to_string()), Item { text: how, rule, places: seen, ..Item::default() }];
    if let Some(until) = row.until {
        let source = row.date_source.as_deref().unwrap_or("no source named");
        let verified = if row.verified { "" } else { "; not verified against a public page yet" };
        why.push(Item::say(format!("last day of support: {until} ({source}{verified})")));
    }
    if let Some(accepted) = &row.accepted {
        why.push(Item::say(format!("risk accepted: {accepted}")));
    }
    explanation.sections = vec![section("Why", why), section("Host", teller.hosts([row.host]))];
    explanation
}
