//! A publisher's own count of licences beside the purchases on record: never added to them, and told where the two do
//! not agree.

use std::collections::BTreeMap;

use crate::model::{Finding, Key, Locator, PublisherCount, PurchaseKind, PurchaseLine};

/// What a publisher counts of one title, over all its versions: Software Assurance moves licences from one to another.
#[derive(Default)]
struct Counted {
    effective: u64,
    evidence: Vec<Locator>,
}

/// One finding for each title of which the publisher counts another number than the records come to.
pub(super) fn findings(counts: &[PublisherCount], purchases: &[PurchaseLine]) -> Vec<Finding> {
    let mut titles: BTreeMap<(&str, &str), Counted> = BTreeMap::new();
    for count in counts {
        let counted = titles.entry((&count.organisation, &count.title)).or_default();
        counted.effective += u64::from(count.effective);
        counted.evidence.extend(count.evidence.clone());
    }
    titles
        .into_iter()
        .filter_map(|((organisation, title), counted)| compare(organisation, title, counted, purchases))
        .collect()
}

fn compare(organisation: &str, title: &str, counted: Counted, purchases: &[PurchaseLine]) -> Option<Finding> {
    let of_title = |line: &&PurchaseLine| {
        line.organisation == organisation && line.written.as_ref().is_some_and(|written| written.title == title)
    };
    let of_kind = |kind: PurchaseKind| -> u64 {
        let lines = purchases.iter().filter(of_title).filter(|line| line.kind == kind);
        lines.map(|line| u64::from(line.quantity)).sum()
    };
    let (bought, stepped_up) = (of_kind(PurchaseKind::Licence), of_kind(PurchaseKind::StepUp));
    let recorded = bought + stepped_up;
    if recorded == counted.effective {
        return None;
    }
    let records = match (bought, stepped_up) {
        (0, 0) => "no purchase on record bears that title".to_owned(),
        (bought, 0) => format!("the purchases on record come to {bought}"),
        (bought, stepped_up) => format!("the purchases on record come to {bought}, and step-ups to {stepped_up}"),
    };
    let advice = if counted.effective > recorded {
        "Records are missing, or the publisher counts what was bought elsewhere: ask for the orders behind it."
    } else {
        "The publisher does not know them all: have the proof of the others at hand before an audit."
    };
    let mut evidence = counted.evidence;
    evidence.extend(purchases.iter().filter(of_title).filter_map(|line| line.evidence.clone()));
    Some(Finding {
        key: Key::new("publisher-count", &[organisation, title]),
        organisation: organisation.to_owned(),
        text: format!("The publisher's own count of {title} is {}, and {records}. {advice}", counted.effective),
        evidence,
    })
}
