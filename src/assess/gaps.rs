//! What the records leave unsaid in a way that no reading repairs: each gap is a finding, so that nothing is dropped in
//! silence.

use crate::model::{Fact, Finding, Host, Installation, Key, PurchaseLine};
use crate::rules::Product;

use super::Ground;

/// Every gap.
pub(super) fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let purchases = ground.estate.purchases.iter().filter_map(|line| without_edition(ground, line));
    let hosts = ground.estate.hosts.iter();
    let installs = hosts.flat_map(|host| host.installs.iter().filter_map(|install| unknown(ground, host, install)));
    purchases.chain(installs).collect()
}

/// A purchase of a product whose licences bear an edition, and which states none: it serves nothing.
fn without_edition(ground: &Ground<'_>, line: &PurchaseLine) -> Option<Finding> {
    let product = ground.rules.products.get(&line.product)?;
    let bears_edition = product.terms.iter().any(|terms| terms.metric == line.metric && !terms.editions.is_empty())
        || product.kind == "cal" && !product.editions.is_empty();
    if line.edition.is_some() || !bears_edition {
        return None;
    }
    Some(Finding {
        key: Key::new("no-edition", &[&line.organisation, &line.product, line.reference.as_deref().unwrap_or("")]),
        organisation: line.organisation.clone(),
        text: format!(
            "{} units of {} were bought and the record states no edition ({}): they serve nothing until it does.",
            line.quantity,
            product.name,
            product.editions.join(", ")
        ),
        evidence: line.evidence.iter().cloned().collect(),
    })
}

/// An installation of a product or edition that no rule file knows.
fn unknown(ground: &Ground<'_>, host: &Host, install: &Installation) -> Option<Finding> {
    let text = match ground.rules.products.get(&install.product) {
        None => format!("{}: no rule file describes the product {}; it is not counted.", host.name, install.product),
        Some(product) => {
            let edition = unknown_edition(product, install)?;
            format!("{}: {} is known in no edition {edition}; check how it is spelt.", host.name, product.name)
        }
    };
    Some(Finding {
        key: Key::new("unknown-product", &[&host.organisation, &host.name, &install.product]),
        organisation: host.organisation.clone(),
        text,
        evidence: install.evidence.iter().cloned().collect(),
    })
}

fn unknown_edition<'a>(product: &Product, install: &'a Installation) -> Option<&'a String> {
    let (Fact::Known { value, .. }, false) = (&install.edition, product.editions.is_empty()) else { return None };
    (!value.is_empty() && product.edition_rank(value).is_none()).then_some(value)
}
