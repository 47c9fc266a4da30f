//! Every way to license everything of a product, summed over all scopes.

use std::collections::BTreeMap;

use crate::allocate::{PriceList, Priced};
use crate::model::{Alternative, AlternativeTotal, Basis, Chosen, Metric, Money, Requirement};

use super::Ground;
use super::family::version_name;

type WayKey = (String, String, Option<String>, Metric, Basis);

/// Sums the ways. A way is listed where every scope of the organisation and family has it.
pub(super) fn totals(
    ground: &Ground<'_>,
    prices: &PriceList<'_>,
    requirements: &[Requirement],
    chosen: &[Chosen],
) -> Vec<AlternativeTotal> {
    let mut totals: BTreeMap<WayKey, (usize, AlternativeTotal)> = BTreeMap::new();
    for (index, requirement) in requirements.iter().enumerate() {
        let mut best: BTreeMap<WayKey, &Alternative> = BTreeMap::new();
        for alternative in &requirement.alternatives {
            let key = way_key(&requirement.organisation, alternative);
            let better = best.get(&key).is_none_or(|known| rank(alternative) < rank(known));
            if better {
                best.insert(key, alternative);
            }
        }
        let used = chosen.iter().find(|chosen| chosen.requirement == index);
        let used = used.map(|chosen| way_key(&requirement.organisation, &requirement.alternatives[chosen.alternative]));
        for (key, alternative) in best {
            let is_used = used.as_ref() == Some(&key);
            let entry = totals.entry(key).or_insert_with_key(|key| (0, empty(key)));
            add(ground, prices, entry, alternative, is_used);
        }
    }
    let kept = totals.into_values().filter(|(count, total)| {
        requirements
            .iter()
            .filter(|requirement| requirement.organisation == total.organisation)
            .filter(|requirement| {
                requirement.alternatives.iter().any(|alternative| alternative.product == total.product)
            })
            .count()
            == *count
    });
    kept.map(|(_, total)| total).collect()
}

fn way_key(organisation: &str, alternative: &Alternative) -> WayKey {
    (
        organisation.to_owned(),
        alternative.product.clone(),
        alternative.edition.clone(),
        alternative.metric,
        alternative.basis,
    )
}

/// Lawful before refused, sold before not, then the fewest units.
fn rank(alternative: &Alternative) -> (bool, bool, u32) {
    (alternative.refused.is_some(), !alternative.sold, alternative.units())
}

fn empty(key: &WayKey) -> AlternativeTotal {
    let (organisation, product, edition, metric, basis) = key.clone();
    AlternativeTotal {
        organisation,
        product,
        edition,
        metric,
        basis,
        required: 0,
        cost: None,
        available: true,
        refused: None,
        chosen: false,
    }
}

fn add(
    ground: &Ground<'_>,
    prices: &PriceList<'_>,
    entry: &mut (usize, AlternativeTotal),
    alternative: &Alternative,
    used: bool,
) {
    let (count, total) = entry;
    *count += 1;
    total.required += alternative.units();
    total.available &= alternative.refused.is_none();
    total.refused = total.refused.take().or_else(|| alternative.refused.clone());
    total.chosen |= used;
    let version = alternative.lines.iter().filter_map(|line| version_name(ground, line)).max();
    let edition = alternative.edition.as_deref();
    let own = prices.price(&total.product, edition, version, total.metric, total.required);
    total.cost = companions(ground, prices, alternative).into_iter().chain([own]).try_fold(None, sum).flatten();
}

/// Prices of what must be bought beside a way. Access licences cover all servers of an organisation, so those of one
/// scope stand for all.
fn companions(ground: &Ground<'_>, prices: &PriceList<'_>, alternative: &Alternative) -> Vec<Priced> {
    let lines = alternative.companions.iter();
    lines
        .map(|line| {
            let version = version_name(ground, line);
            prices.price(&line.product, line.edition.as_deref(), version, line.metric, line.units)
        })
        .collect()
}

/// Adds a price to a sum; `None` as soon as one is missing.
fn sum(total: Option<Money>, priced: Priced) -> Option<Option<Money>> {
    match (total, priced) {
        (_, Priced::Missing(_)) => None,
        (None, Priced::Known(money)) => Some(Some(money)),
        (Some(total), Priced::Known(money)) => {
            Some(Some(Money { minor: total.minor + money.minor, currency: total.currency }))
        }
    }
}
