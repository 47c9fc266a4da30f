//! Spending units at least cost: a minimum-cost flow from sources of units to uses of them, in exact integers.
//!
//! Uses that any source serves alike are of one kind, so that the network is as large as the kinds and sources are
//! different, however many uses there are. Within a kind the uses are served in their order.

use std::cmp::Reverse;

/// A kind of use.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    /// What a unit is worth.
    pub worth: u64,
}

/// A use of units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Want {
    /// Its kind.
    pub kind: usize,
    /// Units wanted.
    pub units: u64,
}

/// A permitted use: (supply, kind, how much it costs to use this source; small against every worth).
pub(super) type Edge = (usize, usize, u64);

/// What was spent.
#[derive(Debug, Clone, Default)]
pub(super) struct Spent {
    /// Units on each edge, in their order.
    pub used: Vec<u64>,
    /// Units each use received, in their order.
    pub met: Vec<u64>,
    /// How much work it was: edges looked at.
    pub work: u64,
}

/// Spends as much worth as possible, then at the least cost.
///
/// Successive shortest paths: each step sends units along the cheapest path to the dearest use, so that the result is
/// optimal, whole-numbered and the same for the same order of input.
pub(super) fn spend(supplies: &[u64], kinds: &[Kind], wants: &[Want], edges: &[Edge]) -> Spent {
    let mut wanted = vec![false; kinds.len()];
    wants.iter().filter(|want| want.units > 0).for_each(|want| wanted[want.kind] = true);
    let open = (0..edges.len()).filter(|&edge| wanted[edges[edge].1] && supplies[edges[edge].0] > 0).collect();
    let mut network = Network {
        kinds,
        edges,
        open,
        work: 0,
        left: supplies.to_vec(),
        used: vec![0; edges.len()],
        to_supply: vec![None; supplies.len()],
        to_kind: vec![None; kinds.len()],
    };
    let mut pending: Vec<std::collections::VecDeque<usize>> = vec![Default::default(); kinds.len()];
    let mut missing: Vec<u64> = wants.iter().map(|want| want.units).collect();
    for (index, want) in wants.iter().enumerate().filter(|(_, want)| want.units > 0) {
        pending[want.kind].push_back(index);
    }
    network.measure();
    while let Some(kind) = network.next(&pending) {
        let Some(&want) = pending[kind].front() else { break };
        let path = network.path(kind);
        let units = network.send(&path, missing[want]);
        if units == 0 {
            // The path was measured before others used it up.
            network.measure();
            continue;
        }
        missing[want] -= units;
        if missing[want] == 0 {
            pending[kind].pop_front();
        }
    }
    let met = wants.iter().zip(missing).map(|(want, missing)| want.units - missing).collect();
    Spent { used: network.used, met, work: network.work }
}

/// Sources, kinds and what was sent between them so far.
struct Network<'a> {
    kinds: &'a [Kind],
    edges: &'a [Edge],
    left: Vec<u64>,
    used: Vec<u64>,
    /// Edges between supplies with units and kinds that anything is wanted of.
    open: Vec<usize>,
    /// Edges looked at so far.
    work: u64,
    /// Distance to reach each supply from one with units left, and the edge given back that led there.
    to_supply: Vec<Option<(i64, Option<usize>)>>,
    /// Distance to reach each kind, and the edge that led there.
    to_kind: Vec<Option<(i64, usize)>>,
}

impl Network<'_> {
    /// Measures every distance (Bellman-Ford). Distances only grow as units are sent, so that a path found here stays a
    /// shortest one for as long as units can be sent along it.
    fn measure(&mut self) {
        for (distance, &units) in self.to_supply.iter_mut().zip(&self.left) {
            *distance = (units > 0).then_some((0, None));
        }
        self.to_kind.fill(None);
        for _ in 0..=(self.left.len() + self.kinds.len()) {
            let mut changed = false;
            self.work += self.open.len() as u64;
            for &index in &self.open {
                let (supply, kind, cost) = self.edges[index];
                let cost = i64::try_from(cost).unwrap_or(i64::MAX / 4);
                if let Some((distance, _)) = self.to_supply[supply] {
                    let reached = distance + cost;
                    if self.to_kind[kind].is_none_or(|(known, _)| reached < known) {
                        self.to_kind[kind] = Some((reached, index));
                        changed = true;
                    }
                }
                if self.used[index] > 0
                    && let Some((distance, _)) = self.to_kind[kind]
                {
                    let reached = distance - cost;
                    if self.to_supply[supply].is_none_or(|(known, _)| reached < known) {
                        self.to_supply[supply] = Some((reached, Some(index)));
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
    }

    /// The kind to serve next: the dearest within reach, then the nearest, then the one whose next use comes first.
    fn next(&self, pending: &[std::collections::VecDeque<usize>]) -> Option<usize> {
        (0..self.kinds.len())
            .filter_map(|kind| {
                let (distance, _) = self.to_kind[kind]?;
                Some((Reverse(self.kinds[kind].worth), distance, *pending[kind].front()?, kind))
            })
            .min()
            .map(|(_, _, _, kind)| kind)
    }

    /// The edges to a kind, from a supply with units left; every second one is given back.
    fn path(&self, kind: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let mut at = kind;
        while let Some((_, edge)) = self.to_kind[at] {
            path.push(edge);
            match self.to_supply[self.edges[edge].0] {
                Some((_, Some(back))) if path.len() < 2 * self.edges.len() => {
                    path.push(back);
                    at = self.edges[back].1;
                }
                _ => break,
            }
        }
        path.reverse();
        path
    }

    /// Sends up to so many units along a path; returns how many.
    fn send(&mut self, path: &[usize], most: u64) -> u64 {
        let Some(&first) = path.first() else { return 0 };
        let first = self.edges[first].0;
        let back = path.iter().skip(1).step_by(2).map(|&edge| self.used[edge]);
        let units = back.chain([self.left[first]]).fold(most, u64::min);
        for (step, &edge) in path.iter().enumerate() {
            if step % 2 == 0 {
                self.used[edge] += units;
            } else {
                self.used[edge] -= units;
            }
        }
        self.left[first] -= units;
        units
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(supplies: &[u64], demands: &[(u64, u64)], edges: &[Edge]) -> Vec<u64> {
        let kinds: Vec<Kind> = demands.iter().map(|&(_, worth)| Kind { worth }).collect();
        let wants: Vec<Want> = demands.iter().enumerate().map(|(kind, &(units, _))| Want { kind, units }).collect();
        spend(supplies, &kinds, &wants, edges).used
    }

    #[test]
    fn an_earlier_use_gives_way_where_another_source_can_serve_it() {
        // The flexible source serves both; the other one only the first. Everything can be met.
        assert_eq!(used(&[4, 4], &[(4, 10), (4, 10)], &[(0, 0, 0), (0, 1, 0), (1, 0, 5)]), [0, 4, 4]);
    }

    #[test]
    fn the_dearer_need_is_met_first() {
        assert_eq!(used(&[3], &[(3, 1), (2, 100)], &[(0, 0, 0), (0, 1, 9)]), [1, 2]);
    }

    #[test]
    fn the_cheaper_source_is_used_first() {
        assert_eq!(used(&[5, 5], &[(6, 1)], &[(0, 0, 7), (1, 0, 1)]), [1, 5]);
    }

    #[test]
    fn uses_of_two_kinds_are_served_in_their_common_order() {
        let wants = [(0, 2), (1, 2), (0, 2)].map(|(kind, units)| Want { kind, units });
        let spent = spend(&[3], &[Kind { worth: 5 }, Kind { worth: 5 }], &wants, &[(0, 0, 0), (0, 1, 0)]);
        assert_eq!(spent.met, [2, 1, 0]);
    }
}
