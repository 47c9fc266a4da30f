//! Purchase lines and prices that are known by a title only: the rules tell what they are. A title that no rule knows is
//! left out of the reconciliation and told with its place, for its metric would be a guess.

use std::collections::BTreeMap;

use crate::model::{AsWritten, Finding, Key, Locator, Metric, Price, PriceKind, PurchaseKind, PurchaseLine, UserGroup};
use crate::recognise::{Sold, Titles, subscription_name};

use super::resolve::Ground;

/// Completes a line by its title. Facts in columns of their own stay as they are. Gives what is to be told of a line
/// that counts, or why one does not.
pub(super) fn purchase(titles: &Titles<'_>, line: &mut PurchaseLine) -> Result<Option<Finding>, Finding> {
    let Some(written) = line.written.clone() else { return Ok(None) };
    let Some(sold) = titles.recognise(&written.title) else {
        let known = written.states("product") && written.states("metric");
        return if known { Ok(None) } else { Err(unrecognised(line, &written)) };
    };
    if sold.kind == PriceKind::Subscription && !written.states("kind") && line.subscription.is_none() {
        return Err(without_term(line, &written));
    }
    if let Some(written) = &mut line.written {
        written.rule = Some(sold.rule.id.clone());
    }
    line.product = product(&written, &sold, &line.product);
    fill(&mut line.edition, &mut line.version, &written, &sold);
    line.metric = metric(&written, &sold, line.metric);
    if !written.states("pack") {
        let Some(units) = line.quantity.checked_mul(sold.units) else { return Err(unrecognised(line, &written)) };
        line.quantity = units;
    }
    if !written.states("kind") {
        line.kind = match sold.kind {
            PriceKind::Sa => PurchaseKind::SaOnly,
            PriceKind::StepUp => PurchaseKind::StepUp,
            PriceKind::Licence | PriceKind::LicenceAndSa | PriceKind::Subscription => PurchaseKind::Licence,
        };
    }
    let assured = matches!(sold.kind, PriceKind::Sa | PriceKind::LicenceAndSa) && !written.states("kind");
    Ok((assured && line.sa.is_empty()).then(|| assurance_without_term(line, &written)))
}

/// Completes a price by its title; whether the rules know it.
pub(super) fn price(titles: &Titles<'_>, price: &mut Price) -> bool {
    let Some(written) = price.written.clone() else { return true };
    let Some(sold) = titles.recognise(&written.title) else {
        return written.states("product") && written.states("metric");
    };
    price.product = product(&written, &sold, &price.product);
    fill(&mut price.edition, &mut price.version, &written, &sold);
    price.metric = metric(&written, &sold, price.metric);
    if !written.states("units") {
        price.units = sold.units;
    }
    if !written.states("kind") {
        price.kind = sold.kind;
    }
    true
}

fn product(written: &AsWritten, sold: &Sold<'_>, stated: &str) -> String {
    if written.states("product") { stated.to_owned() } else { sold.product.id.clone() }
}

fn metric(written: &AsWritten, sold: &Sold<'_>, stated: Metric) -> Metric {
    if written.states("metric") { stated } else { sold.rule.metric }
}

fn fill(edition: &mut Option<String>, version: &mut Option<String>, written: &AsWritten, sold: &Sold<'_>) {
    if !written.states("edition") {
        edition.clone_from(&sold.edition);
    }
    if !written.states("version") {
        version.clone_from(&sold.version);
    }
}

/// A subscription without its term would pass for a licence for good.
fn without_term(line: &PurchaseLine, written: &AsWritten) -> Finding {
    Finding {
        key: Key::new("unstated-term", &[&line.organisation, &written.title]),
        organisation: line.organisation.clone(),
        text: format!(
            "{} of \"{}\" are subscriptions, and the record does not state from when until when: not counted.",
            line.quantity, written.title
        ),
        evidence: line.evidence.iter().cloned().collect(),
    }
}

/// Software Assurance without its term gives no right.
fn assurance_without_term(line: &PurchaseLine, written: &AsWritten) -> Finding {
    Finding {
        key: Key::new("unstated-term", &[&line.organisation, &written.title]),
        organisation: line.organisation.clone(),
        text: format!(
            "{} of \"{}\" came with Software Assurance, and the record does not state its term: not taken to be in force.",
            line.quantity, written.title
        ),
        evidence: line.evidence.iter().cloned().collect(),
    }
}

fn unrecognised(line: &PurchaseLine, written: &AsWritten) -> Finding {
    Finding {
        key: Key::new("unrecognised-title", &[&line.organisation, &written.title]),
        organisation: line.organisation.clone(),
        text: format!(
            "{} of \"{}\" were bought, and no rule tells what that is: not reconciled. State product and metric in \
             columns of their own, or add [[sold_as]] to a rule file.",
            line.quantity, written.title
        ),
        evidence: line.evidence.iter().cloned().collect(),
    }
}

/// Names the subscriptions of people as the rules know them; tells those that no rule knows, once each with the number
/// of people. They are not counted for anything.
pub(super) fn subscriptions(ground: &Ground<'_>, users: &mut [UserGroup]) -> Vec<Finding> {
    let mut unknown: BTreeMap<(String, String), (u32, Vec<Locator>)> = BTreeMap::new();
    for user in users {
        for subscription in &mut user.subscriptions {
            if ground.rules.products.contains_key(subscription.as_str()) {
                continue;
            }
            let name = subscription_name(subscription).to_owned();
            let by_title = ground.sold_as.recognise(&name).map(|sold| sold.product);
            match by_title.or_else(|| ground.rules.product(&name)) {
                Some(product) => subscription.clone_from(&product.id),
                None => {
                    let (people, places) = unknown.entry((user.organisation.clone(), name.clone())).or_default();
                    *people += user.count;
                    if places.is_empty() {
                        places.extend(user.evidence.clone());
                    }
                    *subscription = name;
                }
            }
        }
    }
    let finding = |((organisation, name), (people, evidence)): ((String, String), (u32, Vec<Locator>))| Finding {
        key: Key::new("unknown-subscription", &[&organisation, &name]),
        text: match people {
            1 => format!("1 person has the subscription \"{name}\", which no rule file describes: not counted."),
            _ => {
                format!("{people} people have the subscription \"{name}\", which no rule file describes: not counted.")
            }
        },
        organisation,
        evidence,
    };
    unknown.into_iter().map(finding).collect()
}

/// The titles of price lists that no rule knows, as one finding: such lists hold a publisher's whole range.
pub(super) fn unknown_prices(titles: &[(String, Locator)]) -> Option<Finding> {
    let (first, place) = titles.first()?;
    Some(Finding {
        key: Key::new("unrecognised-title", &["", "price lists"]),
        organisation: String::new(),
        text: format!(
            "{} titles of price lists are not recognised and their prices not used; the first is \"{first}\".",
            titles.len()
        ),
        evidence: vec![place.clone()],
    })
}
