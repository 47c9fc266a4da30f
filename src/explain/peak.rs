//! What is to be ordered of a product under an agreement: the need of the day, the highest since the last order, and what
//! of it is owned.

use crate::model::{OrderLine, Position, ProductRole};

use super::teller::{Teller, count, figure, section, units};
use super::{Explanation, Figure, Item};

/// Explains an order line.
pub(super) fn explain(teller: &Teller<'_>, line: &OrderLine) -> Explanation {
    let of = teller.outcome.names.organisation(&line.organisation);
    let name = teller.name(&line.product, line.edition.as_deref(), None);
    let title = title(teller, line);
    let mut explanation = teller.begin(line.key().0, format!("What {of} orders of {name} under {title}"));
    explanation.figures = vec![
        figure("required", line.required),
        figure("owned", line.owned),
        figure("short", line.shortfall),
        figure("peak", line.peak.required),
        Figure { name: "peak on", value: line.peak.on.to_string() },
        figure("to order", line.units),
    ];
    explanation.sections = vec![
        section("What is counted", counted(teller, line)),
        section(format!("To order: {}", units(line.units, line.metric)), order(line)),
        section("The rows behind it", rows(teller, line)),
    ];
    explanation
}

fn title<'a>(teller: &Teller<'a>, line: &'a OrderLine) -> &'a str {
    let standing = teller.outcome.agreements.iter().find(|standing| standing.agreement.number == line.agreement);
    standing.map_or(line.agreement.as_str(), |standing| standing.agreement.title())
}

fn counted(teller: &Teller<'_>, line: &OrderLine) -> Vec<Item> {
    let since = match line.since_order {
        true => format!("the last order, of {}", line.since),
        false => format!("the agreement began; use counts from the day after {}", line.since),
    };
    let role = match line.role {
        Some(ProductRole::Enterprise) => {
            "An enterprise product of the agreement: it is counted on the day of the order."
        }
        Some(ProductRole::Additional) => {
            "An additional product of the agreement: it is counted by the highest need since the last order."
        }
        None => "It is on no list of the agreement: it is ordered in the month of its first use.",
    };
    vec![
        Item::say(role),
        Item::say(format!("On {}: {} needed.", teller.outcome.as_of, units(line.required, line.metric))),
        Item::say(format!(
            "Highest need, of all scans kept, since {since}: {} on {}.",
            units(line.peak.required, line.metric),
            line.peak.on
        )),
        Item::say("All versions count together: an order names none."),
    ]
}

fn order(line: &OrderLine) -> Vec<Item> {
    let (owned, units) = (count(line.owned), count(line.units));
    let sum = match line.role {
        Some(ProductRole::Enterprise) | None => {
            format!(
                "short on the day: {} needed, {owned} owned that cover them: {units} to order",
                count(line.required)
            )
        }
        Some(ProductRole::Additional) => {
            let over = line.peak.required.saturating_sub(line.owned);
            format!("peak {} − {owned} owned = {}, at least 0", count(line.peak.required), count(over))
        }
    };
    let mut items = vec![Item::say(sum)];
    let over = line.peak.required.saturating_sub(line.owned);
    if line.role == Some(ProductRole::Additional) && line.units < over {
        items.push(Item::say(format!(
            "{units} to order: no more than was missing on any one day, because what was covered when it was used is not ordered"
        )));
    }
    if line.spare > 0 {
        items.push(Item::say(format!("{} are owned and not needed", count(line.spare))));
    }
    items
}

fn rows(teller: &Teller<'_>, line: &OrderLine) -> Vec<Item> {
    let same = |row: &&Position| {
        row.organisation == line.organisation
            && row.product == line.product
            && row.edition == line.edition
            && row.metric == line.metric
    };
    let row = |row: &Position| {
        let name = teller.name(&row.product, row.edition.as_deref(), row.version.as_deref());
        Item::say(format!("{name}: {} needed, {} short [{}]", count(row.required), count(row.shortfall), row.key))
    };
    teller.assessment.positions.iter().filter(same).map(row).collect()
}
