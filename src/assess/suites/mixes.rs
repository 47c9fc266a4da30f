//! How many units of a suite may serve two lines on one host at once: every mix of such pairs.

use std::collections::BTreeMap;

/// Two lines of different families on one host that a unit of a suite serves at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    /// Numbers of the lines.
    pub lines: [usize; 2],
    /// Number of the kind of pair: pairs of one kind are served by the same suites and worth the same.
    pub kind: usize,
}

/// Units on each pair, in every mix, in steps of so many units; lines need `units`. `None` where there are more mixes than
/// `most`. Pairs of one kind that share no line with another are alike, so that only their sum differs from mix to mix.
pub(super) fn mixes(units: &[u32], pairs: &[Pair], step: u32, most: usize) -> Option<Vec<Vec<u32>>> {
    let mut degree = vec![0; units.len()];
    pairs.iter().flat_map(|pair| pair.lines).for_each(|line| degree[line] += 1);
    let mut alike: BTreeMap<(usize, Option<usize>), Vec<usize>> = BTreeMap::new();
    for (index, pair) in pairs.iter().enumerate() {
        let shares = pair.lines.iter().any(|&line| degree[line] > 1);
        alike.entry((pair.kind, shares.then_some(index))).or_default().push(index);
    }
    let mut all = Vec::new();
    let first = Mix { left: units.to_vec(), on: vec![0; pairs.len()] };
    let mut open: Vec<(Mix, usize)> = vec![(first, 0)];
    let alike: Vec<Vec<usize>> = alike.into_values().collect();
    while let Some((mix, next)) = open.pop() {
        let Some(together) = alike.get(next) else {
            all.push(mix.on);
            continue;
        };
        let on_each: Vec<u32> = together.iter().map(|&pair| mix.room(&pairs[pair])).collect();
        let largest: u32 = on_each.iter().sum();
        let values = (0..largest).step_by(step.max(1) as usize).chain([largest]);
        // What is put there last is taken up first: the largest mixes come first.
        for value in values {
            let mut mix = mix.clone();
            let mut rest = value;
            for (&pair, &room) in together.iter().zip(&on_each) {
                let units = room.min(rest);
                rest -= units;
                mix.on[pair] = units;
                pairs[pair].lines.iter().for_each(|&line| mix.left[line] -= units);
            }
            open.push((mix, next + 1));
        }
        if all.len() + open.len() > most {
            return None;
        }
    }
    Some(all)
}

/// A mix while it is put together.
#[derive(Clone)]
struct Mix {
    /// What each line still needs.
    left: Vec<u32>,
    /// Units on each pair.
    on: Vec<u32>,
}

impl Mix {
    fn room(&self, pair: &Pair) -> u32 {
        pair.lines.iter().map(|&line| self.left[line]).min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_takes_from_nothing_to_what_the_smaller_line_needs() {
        let pairs = [Pair { lines: [0, 1], kind: 0 }];
        assert_eq!(mixes(&[5, 3], &pairs, 2, 9), Some(vec![vec![3], vec![2], vec![0]]));
        assert_eq!(mixes(&[5, 3], &pairs, 1, 3), None);
    }

    #[test]
    fn of_pairs_that_are_alike_only_the_sum_counts() {
        let pairs = [Pair { lines: [0, 1], kind: 0 }, Pair { lines: [2, 3], kind: 0 }];
        let all = mixes(&[2, 2, 1, 4], &pairs, 1, 99).unwrap();
        assert_eq!(all, [[2, 1], [2, 0], [1, 0], [0, 0]]);
    }

    #[test]
    fn pairs_that_share_a_line_share_what_it_needs() {
        let pairs = [Pair { lines: [0, 2], kind: 0 }, Pair { lines: [1, 2], kind: 0 }];
        let all = mixes(&[1, 1, 1], &pairs, 1, 99).unwrap();
        assert_eq!(all, [[1, 0], [0, 1], [0, 0]]);
    }
}
