//! What purchase records leave unsaid or say twice: each is a finding, and no line is dropped because of it.

use std::collections::BTreeMap;

use crate::model::{Assessment, Finding, Host, Key, PurchaseKind, PurchaseLine, thousands};
use crate::rules::PURCHASE_KINDS;

use super::Ground;

/// Every gap, by the rights of an assessment.
pub(super) fn findings(ground: &Ground<'_>, assessment: &Assessment) -> Vec<Finding> {
    let lines = &ground.estate.purchases;
    let mut findings: Vec<Finding> = lines.iter().flat_map(|line| of_line(ground, line)).collect();
    findings.extend(twice(lines));
    for entitlement in &assessment.entitlements {
        if entitlement.without_base > 0
            && let Some(line) = lines.get(entitlement.line)
        {
            findings.push(without_base(ground, line, entitlement.without_base));
        }
    }
    findings.extend(without_right(ground, assessment));
    findings
}

/// Licences of a known product that give no right, because nobody can tell of which version they are: each line once.
fn without_right(ground: &Ground<'_>, assessment: &Assessment) -> Vec<Finding> {
    let mut lines: BTreeMap<usize, Finding> = BTreeMap::new();
    for entitlement in &assessment.entitlements {
        let Some(line) = ground.estate.purchases.get(entitlement.line) else { continue };
        let Some(product) = ground.rules.products.get(&line.product) else { continue };
        let (Some(reason), PurchaseKind::Licence) = (&entitlement.refused, line.kind) else { continue };
        // A term that is over or has not begun is the ordinary course, or told by a finding of its own.
        if line.subscription.is_some() || line.bought.is_some_and(|bought| bought > ground.as_of) {
            continue;
        }
        let text = format!(
            "{} units of {} were bought and give no right: {reason}.",
            thousands(u64::from(line.quantity)),
            product.name
        );
        lines.entry(entitlement.line).or_insert_with(|| finding("no-right", line, text));
    }
    lines.into_values().collect()
}

/// Gaps that a line shows by itself.
fn of_line(ground: &Ground<'_>, line: &PurchaseLine) -> Vec<Finding> {
    let name = named(ground, &line.product);
    let mut findings = Vec::new();
    if line.quantity == 0 {
        findings.push(finding("no-units", line, format!("A purchase of {name} states no units: it gives no right.")));
    }
    if let Some(bought) = line.bought.filter(|&bought| bought > ground.as_of) {
        let text = format!("A purchase of {name} is dated {bought}, after {}: it counts nothing yet.", ground.as_of);
        findings.push(finding("future-purchase", line, text));
    }
    if is_subscription(ground, line) && line.subscription.is_none() && line.kind == PurchaseKind::Licence {
        let text = format!("{name} is a subscription and the record states no term: nobody can say whether it runs.");
        findings.push(finding("no-term", line, text));
    }
    let reserved: u64 = line.reserved.iter().map(|own| u64::from(own.quantity)).sum();
    if reserved > u64::from(line.quantity) {
        let bought = line.quantity;
        let text =
            format!("{reserved} units of {name} are reserved, {bought} were bought: the last in order get less.");
        findings.push(finding("over-reserved", line, text));
    }
    let named = line.shared_with.iter().chain(line.reserved.iter().map(|own| &own.organisation));
    let known = |name: &String| ground.estate.organisations.iter().any(|organisation| organisation.name == *name);
    for other in named.filter(|name| !known(name)) {
        let text = format!("A purchase of {name} is shared with {other}, and there is no such organisation.");
        findings.push(finding("unknown-organisation", line, text));
    }
    findings.extend(with_strangers(ground, line, name));
    if let Some(farm) = line.farm.as_ref().filter(|farm| !ground.estate.hosts.iter().any(|host| bears(host, farm))) {
        let text =
            format!("Licences of {name} are limited to the farm {farm}, and no cluster or host bears that name.");
        findings.push(finding("unknown-farm", line, text));
    }
    findings
}

/// Those a purchase is shared with who belong to the owner's group by no record: the agreement has to allow it (AF-R1).
fn with_strangers(ground: &Ground<'_>, line: &PurchaseLine, name: &str) -> Option<Finding> {
    let estate = ground.estate;
    let known = |other: &&String| estate.organisations.iter().any(|organisation| organisation.name == **other);
    let mut strangers: Vec<&str> = line
        .shared_with
        .iter()
        .chain(line.reserved.iter().map(|own| &own.organisation))
        .filter(known)
        .filter(|other| !estate.has_left(other, ground.as_of))
        .filter(|other| !estate.are_affiliates(&line.organisation, other, ground.as_of))
        .map(String::as_str)
        .collect();
    strangers.sort_unstable();
    strangers.dedup();
    (!strangers.is_empty()).then(|| {
        let others = strangers.join(", ");
        let text = format!(
            "A purchase of {name} is shared with {others}, and no record shows that they belong to the group of {}: the \
             agreement has to allow it (AF-R1).",
            line.organisation
        );
        finding("shared-outside-group", line, text)
    })
}

/// The name of a product; its id where no rule file describes it.
fn named<'a>(ground: &'a Ground<'_>, product: &'a str) -> &'a str {
    ground.rules.products.get(product).map_or(product, |product| &product.name)
}

fn bears(host: &Host, farm: &str) -> bool {
    let same = |name: &str| name.eq_ignore_ascii_case(farm);
    same(&host.name) || host.cluster.as_deref().is_some_and(same)
}

/// Whether a product is only ever sold for a term: a subscription, or a suite whose parts include one.
fn is_subscription(ground: &Ground<'_>, line: &PurchaseLine) -> bool {
    let kind = |id: &str| ground.rules.products.get(id).map_or("", |product| product.kind.as_str());
    let parts = ground.rules.products.get(&line.product).map(|product| &product.suite);
    let contains = || parts.into_iter().flatten().any(|part| kind(&part.product) == "subscription");
    kind(&line.product) == "subscription" || kind(&line.product) == "suite" && contains()
}

/// Lines that say the same of the same order: perhaps one purchase from two files.
fn twice(lines: &[PurchaseLine]) -> Vec<Finding> {
    let mut alike: BTreeMap<_, Vec<&PurchaseLine>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.reference.is_some() && line.quantity > 0) {
        let what = (&line.organisation, &line.product, &line.edition, &line.version, line.metric);
        let order = (&line.reference, line.quantity, line.bought, line.kind, line.channel, &line.assigned_to);
        alike.entry((what, order, &line.sa, line.subscription)).or_default().push(line);
    }
    let several = alike.into_values().filter(|lines| lines.len() > 1);
    several
        .map(|lines| {
            let first = lines[0];
            let text = format!(
                "{} lines say the same of order {}: {} {} of {}. All of them count; if it is one purchase, take the others out.",
                lines.len(),
                first.reference.as_deref().unwrap_or(""),
                first.quantity,
                first.metric,
                first.product
            );
            let mut found = finding("duplicate-purchase", first, text);
            found.evidence = lines.iter().filter_map(|line| line.evidence.clone()).collect();
            found
        })
        .collect()
}

fn without_base(ground: &Ground<'_>, line: &PurchaseLine, units: u32) -> Finding {
    let kind = PURCHASE_KINDS.iter().find(|(kind, _)| *kind == line.kind).map_or("", |(_, name)| *name);
    let (product, bought) = (named(ground, &line.product), line.quantity);
    let text = match line.kind {
        PurchaseKind::Return => format!(
            "{units} of {bought} units of {product} that were returned match no earlier purchase on file: nothing is taken \
             off for them."
        ),
        _ => format!(
            "{units} of {bought} units of {product} ({kind}) build on an earlier purchase, and none on file fits: they give \
             no right."
        ),
    };
    finding("no-base", line, text)
}

fn finding(kind: &str, line: &PurchaseLine, text: String) -> Finding {
    let edition = line.edition.as_deref().unwrap_or("");
    // Without a reference the place tells the lines of one product apart.
    let name = match (&line.reference, &line.evidence) {
        (Some(reference), _) => reference.clone(),
        (None, Some(evidence)) => evidence.place.to_string(),
        (None, None) => String::new(),
    };
    Finding {
        key: Key::new(kind, &[&line.organisation, &name, &line.product, edition]),
        organisation: line.organisation.clone(),
        text,
        evidence: line.evidence.iter().cloned().collect(),
    }
}
