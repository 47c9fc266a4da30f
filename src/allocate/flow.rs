//! Spending units at least cost: a minimum-cost flow from sources of units to lines, in exact integers.

/// A source of units.
#[derive(Debug, Clone)]
pub(super) struct Supply {
    /// Units at hand.
    pub units: u32,
}

/// A use of units.
#[derive(Debug, Clone)]
pub(super) struct Demand {
    /// Units wanted.
    pub units: u32,
    /// What a unit is worth.
    pub worth: u64,
}

/// A permitted use: (supply, demand, how much it costs to use this source; small against every worth).
pub(super) type Edge = (usize, usize, u64);

/// Spends as much worth as possible, then at the least cost; returns the units on each edge, in their order.
///
/// Successive shortest paths: each round sends units along the cheapest path that gains, so that the result is
/// optimal, whole-numbered and the same for the same order of input.
pub(super) fn spend(supplies: &[Supply], demands: &[Demand], edges: &[Edge]) -> Vec<u32> {
    let scale = 1 + i128::from(edges.iter().map(|edge| edge.2).max().unwrap_or(0)) * 4 * (edges.len() as i128 + 1);
    let mut left: Vec<u32> = supplies.iter().map(|supply| supply.units).collect();
    let mut wanted: Vec<u32> = demands.iter().map(|demand| demand.units).collect();
    let mut used = vec![0_u32; edges.len()];
    let worth: Vec<i128> = demands.iter().map(|demand| (i128::from(demand.worth) + 1) * scale).collect();
    while let Some(path) = cheapest_path(&left, &wanted, edges, &used, &worth) {
        let first = edges[path[0]].0;
        let last = edges[path[path.len() - 1]].1;
        let mut units = left[first].min(wanted[last]);
        for (step, &edge) in path.iter().enumerate() {
            if step % 2 == 1 {
                units = units.min(used[edge]);
            }
        }
        for (step, &edge) in path.iter().enumerate() {
            if step % 2 == 0 {
                used[edge] += units;
            } else {
                used[edge] -= units;
            }
        }
        left[first] -= units;
        wanted[last] -= units;
    }
    used
}

/// The alternating path of edges, from a supply with units left to a demand that wants some, that gains most; every
/// second edge is given back. `None` where nothing gains.
fn cheapest_path(left: &[u32], wanted: &[u32], edges: &[Edge], used: &[u32], worth: &[i128]) -> Option<Vec<usize>> {
    // Bellman-Ford over supplies and demands: distance to reach each, and the edge that led there.
    let mut to_supply: Vec<Option<(i128, Option<usize>)>> =
        left.iter().map(|&units| (units > 0).then_some((0, None))).collect();
    let mut to_demand: Vec<Option<(i128, usize)>> = vec![None; wanted.len()];
    for _ in 0..=(left.len() + wanted.len()) {
        let mut changed = false;
        for (index, &(supply, demand, cost)) in edges.iter().enumerate() {
            if let Some((distance, _)) = to_supply[supply] {
                let reached = distance + i128::from(cost);
                if to_demand[demand].is_none_or(|(known, _)| reached < known) {
                    to_demand[demand] = Some((reached, index));
                    changed = true;
                }
            }
            if used[index] > 0
                && let Some((distance, _)) = to_demand[demand]
            {
                let reached = distance - i128::from(cost);
                if to_supply[supply].is_none_or(|(known, _)| reached < known) {
                    to_supply[supply] = Some((reached, Some(index)));
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    let (_, end) = (0..wanted.len())
        .filter(|&demand| wanted[demand] > 0)
        .filter_map(|demand| to_demand[demand].map(|(distance, _)| (distance - worth[demand], demand)))
        .filter(|&(gain, _)| gain < 0)
        .min()?;
    let mut path = Vec::new();
    let mut demand = end;
    loop {
        let (_, edge) = to_demand[demand]?;
        path.push(edge);
        match to_supply[edges[edge].0]? {
            (_, Some(back)) if path.len() < 2 * edges.len() => {
                path.push(back);
                demand = edges[back].1;
            }
            _ => break,
        }
    }
    path.reverse();
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supply(units: u32) -> Supply {
        Supply { units }
    }

    fn demand(units: u32, worth: u64) -> Demand {
        Demand { units, worth }
    }

    #[test]
    fn an_earlier_use_gives_way_where_another_source_can_serve_it() {
        // The flexible source serves both; the other one only the first. Everything can be met.
        let used = spend(&[supply(4), supply(4)], &[demand(4, 10), demand(4, 10)], &[(0, 0, 0), (0, 1, 0), (1, 0, 5)]);
        assert_eq!(used, [0, 4, 4]);
    }

    #[test]
    fn the_dearer_need_is_met_first() {
        let used = spend(&[supply(3)], &[demand(3, 1), demand(2, 100)], &[(0, 0, 0), (0, 1, 9)]);
        assert_eq!(used, [1, 2]);
    }

    #[test]
    fn the_cheaper_source_is_used_first() {
        let used = spend(&[supply(5), supply(5)], &[demand(6, 1)], &[(0, 0, 7), (1, 0, 1)]);
        assert_eq!(used, [1, 5]);
    }
}
