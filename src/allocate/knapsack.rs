//! A bound that knows that scopes are served whole: where rights are scarce, what they cannot fill exactly stays over,
//! and a programme with fractions does not see that.
//!
//! Units of every stock get a price, the one at which the programme with fractions values them. Units that are bought
//! at these prices cost no more than their want does, whatever is chosen, so that the cheapest choice less the price of
//! all that is owned bounds the unmet need from below. Stocks of one price are then limited to what there is instead, and
//! the cheapest choice of whole scopes within that limit is found scope by scope, for every number of units spent.
//! Everything but the prices is exact in integers, and the bound holds for any prices.

use super::component::{Class, Component};
use super::programme;

/// Sums looked at for one price at most; a number, not a time, so that the same input gives the same answer.
const MOST_SUMS: u64 = 40_000_000;

/// What stays unmet at least, whatever is chosen, where so many units of each stock are `owned`; `None` where licences may be
/// converted, or nothing is known.
pub(super) fn bound(component: &Component, owned: &[u64]) -> Option<u128> {
    if !component.groups.is_empty() {
        return None;
    }
    let prices = programme::prices(component, owned)?;
    let mut different: Vec<u64> = prices.iter().copied().filter(|&price| price > 0).collect();
    different.sort_unstable();
    different.dedup();
    let limited = different.into_iter().filter_map(|price| {
        let knapsack = Knapsack::new(component, owned, &prices, price);
        knapsack.bound(component)
    });
    let common = u128::from(programme::common_worth(component));
    limited.max().map(|least| least.next_multiple_of(common))
}

/// Stocks of one price, which are limited to what there is; the others are bought.
struct Knapsack {
    /// What a unit of each kind costs, where the limited stocks do not serve it.
    costs: Vec<u128>,
    /// Whether the limited stocks serve a kind.
    served: Vec<bool>,
    /// Units of the limited stocks.
    room: usize,
    /// What a unit costs at least that they could serve and have no room for.
    overflow: u128,
    /// Price of what the other stocks hold.
    held: u128,
}

impl Knapsack {
    fn new(component: &Component, owned: &[u64], prices: &[u64], price: u64) -> Self {
        let is_limited = |stock: usize| prices[stock] == price;
        let mut costs: Vec<u128> = component.kinds.iter().map(|kind| u128::from(kind.worth)).collect();
        let mut served = vec![false; costs.len()];
        for &(stock, kind, _) in &component.edges {
            if is_limited(stock) {
                served[kind] = true;
            } else {
                costs[kind] = costs[kind].min(u128::from(prices[stock]));
            }
        }
        // What costs nothing otherwise gains nothing from the limited stocks.
        served.iter_mut().zip(&costs).for_each(|(served, &cost)| *served &= cost > 0);
        let limited = (0..owned.len()).filter(|&stock| is_limited(stock));
        let others = (0..owned.len()).filter(|&stock| !is_limited(stock));
        Self {
            room: usize::try_from(limited.map(|stock| owned[stock]).sum::<u64>()).unwrap_or(usize::MAX),
            overflow: served
                .iter()
                .zip(&costs)
                .filter(|(served, _)| **served)
                .map(|(_, &cost)| cost)
                .min()
                .unwrap_or(0),
            held: others.map(|stock| u128::from(owned[stock]) * u128::from(prices[stock])).sum(),
            costs,
            served,
        }
    }

    /// The bound; `None` where it takes too many sums.
    fn bound(&self, component: &Component) -> Option<u128> {
        let of_class = |class: &Class| (class.members.len() * class.ways.len()) as u64;
        let steps: u64 = component.classes.iter().map(of_class).sum();
        if (self.room as u64).saturating_add(1).saturating_mul(steps) > MOST_SUMS {
            return None;
        }
        // The least cost for each number of units of the limited stocks; more than there is room for is paid for at once.
        let mut least: Vec<Option<u128>> = vec![None; self.room + 1];
        least[0] = Some(0);
        for class in &component.classes {
            let ways: Vec<(usize, u128)> = class.ways.iter().map(|way| self.way(&way.lines)).collect();
            for _ in &class.members {
                least = self.with_scope(&least, &ways);
            }
        }
        let least = least.into_iter().flatten().min()?;
        Some(least.saturating_sub(self.held))
    }

    /// Units of the limited stocks that a way may take, and what the rest of it costs.
    fn way(&self, lines: &[(usize, u64)]) -> (usize, u128) {
        let (mut units, mut cost) = (0, 0);
        for &(kind, wanted) in lines {
            if self.served[kind] {
                units += wanted as usize;
            } else {
                cost += u128::from(wanted) * self.costs[kind];
            }
        }
        (units, cost)
    }

    fn with_scope(&self, least: &[Option<u128>], ways: &[(usize, u128)]) -> Vec<Option<u128>> {
        let mut next: Vec<Option<u128>> = vec![None; least.len()];
        for (taken, known) in least.iter().enumerate() {
            let Some(known) = known else { continue };
            for &(units, cost) in ways {
                let beyond = (taken + units).saturating_sub(self.room);
                let cost = known + cost + beyond as u128 * self.overflow;
                let place = &mut next[taken + units - beyond];
                *place = Some(place.map_or(cost, |other| other.min(cost)));
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::super::component::Way;
    use super::super::flow::{Kind, Want, spend};
    use super::*;

    /// Members, and the lines of each way: kind and units.
    type Drawn = (usize, Vec<Vec<(usize, u64)>>);

    /// A component of these classes, worths of the kinds and edges.
    fn component(classes: Vec<Drawn>, worths: &[u64], edges: &[(usize, usize)]) -> Component {
        let way = |lines: Vec<(usize, u64)>| Way { higher: false, units: 0, lines };
        let class = |(members, ways): Drawn| Class {
            members: (0..members).collect(),
            ways: ways.into_iter().map(way).collect(),
        };
        Component {
            requirements: Vec::new(),
            eligible: Vec::new(),
            classes: classes.into_iter().map(class).collect(),
            kinds: worths.iter().map(|&worth| Kind { worth }).collect(),
            stocks: Vec::new(),
            groups: Vec::new(),
            edges: edges.iter().map(|&(stock, kind)| (stock, kind, 0)).collect(),
            edges_to: Vec::new(),
        }
    }

    /// The least that stays unmet, by trying every way of every scope.
    fn least(component: &Component, owned: &[u64]) -> u128 {
        let scopes: Vec<&Class> =
            component.classes.iter().flat_map(|class| class.members.iter().map(move |_| class)).collect();
        let mut taken = vec![0; scopes.len()];
        let mut least = u128::MAX;
        loop {
            let mut units = vec![0; component.kinds.len()];
            for (class, &way) in scopes.iter().zip(&taken) {
                class.ways[way].lines.iter().for_each(|&(kind, wanted)| units[kind] += wanted);
            }
            let wants: Vec<Want> = units.iter().enumerate().map(|(kind, &units)| Want { kind, units }).collect();
            let met = spend(owned, &component.kinds, &wants, &component.edges).met;
            let short = wants.iter().zip(met).map(|(want, met)| (want.kind, want.units - met));
            least = least.min(short.map(|(kind, units)| u128::from(component.kinds[kind].worth * units)).sum());
            let Some(next) = (0..scopes.len()).find(|&scope| taken[scope] + 1 < scopes[scope].ways.len()) else {
                return least;
            };
            taken[next] += 1;
            taken[..next].fill(0);
        }
    }

    #[test]
    fn what_no_whole_scope_fills_stays_over() {
        // Four units save two dear ones; ten units serve two scopes, and two units are of no use to the third.
        let scopes = vec![(3, vec![vec![(0, 4)], vec![(1, 1)]])];
        let component = component(scopes, &[10, 20], &[(0, 0)]);
        assert_eq!((bound(&component, &[10]), least(&component, &[10])), (Some(20), 20));
    }

    #[test]
    fn the_bound_is_never_above_the_least_and_often_is_it() {
        let mut seed = 7_u64;
        let mut roll = |sides: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % sides
        };
        let (mut met, mut rounds) = (0, 0);
        for _ in 0..2_000 {
            let (kinds, stocks) = (1 + roll(4) as usize, 1 + roll(3) as usize);
            let worths: Vec<u64> = (0..kinds).map(|_| 1 + roll(40)).collect();
            let edges: Vec<(usize, usize)> = (0..stocks)
                .flat_map(|stock| (0..kinds).map(move |kind| (stock, kind)))
                .filter(|_| roll(2) == 0)
                .collect();
            let classes = (0..1 + roll(3))
                .map(|_| {
                    let mut way = || (0..1 + roll(2)).map(|_| (roll(kinds as u64) as usize, 1 + roll(9))).collect();
                    let ways: Vec<Vec<(usize, u64)>> = vec![way(), way(), way()];
                    (1 + roll(2) as usize, ways)
                })
                .collect();
            let owned: Vec<u64> = (0..stocks).map(|_| roll(20)).collect();
            let component = component(classes, &worths, &edges);
            let Some(bound) = bound(&component, &owned) else { continue };
            let least = least(&component, &owned);
            assert!(bound <= least, "{bound} > {least}: {worths:?} {edges:?} {owned:?}");
            met += u32::from(bound == least);
            rounds += 1;
        }
        assert!(met * 2 > rounds && rounds > 500, "{met} of {rounds}");
    }
}
