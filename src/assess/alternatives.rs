//! Every way to license everything of a product, summed over all scopes.
//!
//! A way's cost is the price of all its units and of what must be bought beside it. Units of one product, edition and
//! metric are summed over the scopes before packs are rounded, because packs may be split between scopes (C0-8).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::allocate::{PriceList, Priced};
use crate::model::{
    Alternative, AlternativeTotal, Basis, Chosen, Metric, Money, Refusal, Requirement, Scope, ScopeUnits, Ware, wares,
};

use super::Ground;

type WayKey = (String, String, Option<String>, Metric, Basis);

/// Sums the ways. A way is listed where every scope of the organisation and family has it; servers and clients that a product
/// manages are licensed apart.
pub(super) fn totals(
    ground: &Ground<'_>,
    prices: &PriceList<'_>,
    requirements: &[Requirement],
    chosen: &[Chosen],
) -> Vec<AlternativeTotal> {
    let used: BTreeMap<usize, usize> = chosen.iter().map(|chosen| (chosen.requirement, chosen.alternative)).collect();
    let mut ways: BTreeMap<WayKey, Vec<ScopeUnits>> = BTreeMap::new();
    let mut scopes: BTreeMap<(&str, &str, bool), usize> = BTreeMap::new();
    for (index, requirement) in requirements.iter().enumerate() {
        let products: BTreeSet<&str> =
            requirement.alternatives.iter().map(|alternative| alternative.product.as_str()).collect();
        for product in products {
            *scopes.entry((&requirement.organisation, product, is_of_clients(ground, requirement))).or_default() += 1;
        }
        for (key, alternative) in best_of(ground, prices, requirement) {
            let units = requirement.alternatives[alternative].units();
            ways.entry(key).or_default().push(ScopeUnits { requirement: index, alternative, units });
        }
    }
    add_own_editions(ground, requirements, &mut ways);
    let everywhere = |(key, summed): &(WayKey, Vec<ScopeUnits>)| {
        let of_clients = summed.first().is_some_and(|one| is_of_clients(ground, &requirements[one.requirement]));
        scopes.get(&(key.0.as_str(), key.1.as_str(), of_clients)).is_some_and(|&count| count == summed.len())
    };
    let total = |(key, summed)| total(ground, prices, requirements, &used, key, summed);
    ways.into_iter().filter(everywhere).map(total).collect()
}

/// Whether a need is that of the clients a product manages, which no way of licensing servers meets.
fn is_of_clients(ground: &Ground<'_>, requirement: &Requirement) -> bool {
    let product = ground.rules.products.get(&requirement.family);
    requirement.scope == Scope::Devices && product.is_some_and(|product| product.counts_managed)
}

/// Each guest by its own edition, where scopes differ in it: their ways by guest taken together.
fn add_own_editions(ground: &Ground<'_>, requirements: &[Requirement], ways: &mut BTreeMap<WayKey, Vec<ScopeUnits>>) {
    let mut own: BTreeMap<WayKey, Vec<(ScopeUnits, Option<&str>)>> = BTreeMap::new();
    for (index, requirement) in requirements.iter().enumerate() {
        let mut best: BTreeMap<WayKey, (bool, Option<usize>, usize)> = BTreeMap::new();
        for (way, alternative) in requirement.alternatives.iter().enumerate() {
            let by_guest = match alternative.basis {
                Basis::Guest => true,
                Basis::Mixed => alternative.edition.is_none(),
                _ => false,
            };
            if by_guest {
                let mut key = way_key(&requirement.organisation, alternative);
                (key.2, key.4) = (None, Basis::Mixed);
                // Lawful before refused; each by its own, then the lowest edition that serves.
                let product = ground.rules.products.get(&alternative.product);
                let rank = product.and_then(|product| product.edition_rank(alternative.edition.as_deref()?));
                let found = (alternative.refused.is_some(), rank, way);
                let known = best.entry(key).or_insert(found);
                *known = found.min(*known);
            }
        }
        for (key, (_, _, alternative)) in best {
            let way = &requirement.alternatives[alternative];
            let one = ScopeUnits { requirement: index, alternative, units: way.units() };
            own.entry(key).or_default().push((one, way.edition.as_deref()));
        }
    }
    for (key, scopes) in own {
        let first = scopes[0].1;
        if scopes.iter().any(|(_, edition)| *edition != first) {
            ways.insert(key, scopes.into_iter().map(|(one, _)| one).collect());
        }
    }
}

/// Prices every way of every scope by itself, lawful or not. Many scopes are alike, so equal ways are priced once.
pub(super) fn price_scopes(ground: &Ground<'_>, requirements: &mut [Requirement]) {
    let prices = ground.prices();
    let mut known: BTreeMap<WayPrice, Result<Money, Vec<String>>> = BTreeMap::new();
    for way in requirements.iter_mut().flat_map(|requirement| &mut requirement.alternatives) {
        let key = (wares(&[way]).iter().map(ware_key).collect(), way.unstated.clone());
        let priced = known.entry(key).or_insert_with(|| price(ground, &prices, &[way]));
        way.cost = priced.as_ref().ok().cloned();
        way.missing_prices = priced.as_ref().err().cloned().unwrap_or_default();
    }
}

/// What decides the price of a way: what is bought, and what nobody states.
type WayPrice = (Vec<WareKey>, Option<String>);

/// What decides the price of a ware.
type WareKey = (String, Option<String>, Metric, Option<usize>, u32);

fn ware_key(ware: &Ware<'_>) -> WareKey {
    (ware.product.to_owned(), ware.edition.map(str::to_owned), ware.metric, ware.version, ware.units)
}

/// The best alternative of each kind of way, by index.
fn best_of(ground: &Ground<'_>, prices: &PriceList<'_>, requirement: &Requirement) -> BTreeMap<WayKey, usize> {
    let mut best: BTreeMap<WayKey, usize> = BTreeMap::new();
    for (index, alternative) in requirement.alternatives.iter().enumerate() {
        let known = best.entry(way_key(&requirement.organisation, alternative)).or_insert(index);
        if *known != index && is_better(ground, prices, alternative, &requirement.alternatives[*known]) {
            *known = index;
        }
    }
    best
}

/// Lawful before refused, sold before not; then the cheaper one where it is of several editions, whose units are no
/// measure, else the one of fewer units.
fn is_better(ground: &Ground<'_>, prices: &PriceList<'_>, one: &Alternative, other: &Alternative) -> bool {
    let standing = |way: &Alternative| (way.refused.is_some(), !way.sold);
    let cost = |way: &Alternative| match way.edition {
        Some(_) => None,
        None => price(ground, prices, &[way]).ok().map(|cost| cost.minor),
    };
    match standing(one).cmp(&standing(other)) {
        Ordering::Equal => match (cost(one), cost(other)) {
            (Some(cost), Some(known)) => (cost, one.units()) < (known, other.units()),
            _ => one.units() < other.units(),
        },
        order => order.is_lt(),
    }
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

fn total(
    ground: &Ground<'_>,
    prices: &PriceList<'_>,
    requirements: &[Requirement],
    used: &BTreeMap<usize, usize>,
    key: WayKey,
    scopes: Vec<ScopeUnits>,
) -> AlternativeTotal {
    let (organisation, product, edition, metric, basis) = key;
    let ways: Vec<&Alternative> =
        scopes.iter().map(|scope| &requirements[scope.requirement].alternatives[scope.alternative]).collect();
    let refused: Option<Refusal> = ways.iter().find_map(|way| way.refused.clone());
    let same_kind = |chosen: &Alternative| {
        (&chosen.product, &chosen.edition, chosen.metric, chosen.basis) == (&product, &edition, metric, basis)
    };
    let chosen = scopes.iter().any(|scope| {
        let chosen = used.get(&scope.requirement).map(|&way| &requirements[scope.requirement].alternatives[way]);
        chosen.is_some_and(same_kind)
    });
    let conditions: BTreeSet<&str> = ways.iter().filter_map(|way| way.condition.as_deref()).collect();
    let priced = price(ground, prices, &ways);
    AlternativeTotal {
        required: scopes.iter().map(|scope| scope.units).sum(),
        cost: priced.as_ref().ok().cloned(),
        missing_prices: priced.err().unwrap_or_default(),
        condition: (!conditions.is_empty()).then(|| conditions.into_iter().collect::<Vec<_>>().join("; ")),
        available: refused.is_none(),
        refused,
        chosen,
        organisation,
        product,
        edition,
        metric,
        basis,
        scopes,
    }
}

/// Price of all the lines of these ways and of what must be bought beside them, or what is wanted for it: prices, and what
/// nobody states.
pub(super) fn price(ground: &Ground<'_>, prices: &PriceList<'_>, ways: &[&Alternative]) -> Result<Money, Vec<String>> {
    let mut sum = Money { minor: 0, currency: prices.currency().to_owned() };
    let mut missing: BTreeSet<String> = ways.iter().filter_map(|way| way.unstated.clone()).collect();
    for ware in wares(ways) {
        let product = ground.rules.products.get(ware.product);
        let version = product.and_then(|product| Some(product.version_name(ware.version?)));
        match prices.price(ware.product, ware.edition, version, ware.metric, ware.units) {
            Priced::Known(money) => sum.minor += money.minor,
            Priced::Missing(wanted) => {
                missing.insert(wanted);
            }
        }
    }
    if missing.is_empty() { Ok(sum) } else { Err(missing.into_iter().collect()) }
}
