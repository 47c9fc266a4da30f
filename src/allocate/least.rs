//! The least unmet need of a component, part by part.
//!
//! Each part of what is left of the component is solved by the tightened programme first, which settles most parts soon.
//! Only where that leaves a gap the part is decided to the end, from what the programme found and proved, so that the
//! answer is never worse for it.

use super::component::Component;
use super::decided;
use super::programme;
use super::reduced::{Reduced, Supply};
use super::tightened;

/// Most ways that are left.
const WAYS: usize = 20_000;

/// What was found for a component.
#[derive(Debug, Clone)]
pub(super) struct Least {
    /// Scopes of each class that take each way; they add up to the members.
    pub counts: Vec<Vec<u64>>,
    /// Licences of each of the component's groups that stay as they were bought.
    pub kept: Vec<u64>,
    /// No choice leaves less unmet.
    pub bound: u128,
}

/// The least unmet need of a component whose stocks hold so much and whose groups have so many licences, with a bound;
/// `None` where the solver fails. So much work may be done to close gaps.
pub(super) fn solve(component: &Component, supplies: &[Supply], licences: &[u64], mut work: u64) -> Option<Least> {
    let mut least = Least {
        counts: component.classes.iter().map(|class| vec![0; class.ways.len()]).collect(),
        kept: vec![0; licences.len()],
        bound: 0,
    };
    let reduced = Reduced::new(component, supplies);
    if reduced.ways() > WAYS {
        return None;
    }
    let step = programme::common_worth(component);
    let scale = component.kinds.iter().map(|kind| kind.worth).max().unwrap_or(1).max(1) as f64;
    for part in reduced.parts() {
        let (mut found, mut bound) = tightened::solve(&part, licences, scale, step)?;
        if found.unmet > bound && work > 0 {
            (found, bound) = decided::solve(&part, licences, step, (found, bound), &mut work);
        }
        least.bound += bound;
        part.unfold(component, &found.counts, &mut least.counts);
        for &group in part.supplies.iter().flat_map(|supply| supply.kept.keys()) {
            least.kept[group] = found.kept[group];
        }
    }
    Some(least)
}

#[cfg(test)]
mod tests {
    use super::super::decided::Dice;
    use super::super::drawn::{component, drawn, least_of_all, supply, unmet};
    use super::*;

    #[test]
    fn what_no_whole_scope_fills_stays_over() {
        // Four units save two dear ones; ten units serve two scopes, and two units are of no use to the third.
        let scopes = vec![(3, vec![vec![(0, 4)], vec![(1, 1)]])];
        let component = component(scopes, &[10, 20], &[(0, 0)]);
        let found = solve(&component, &[supply(10)], &[], 0).unwrap();
        assert_eq!((found.bound, found.counts), (20, vec![vec![2, 1]]));
    }

    #[test]
    fn the_least_is_found_and_proved_whatever_is_scarce() {
        let mut dice = Dice(7);
        for round in 0..2_000 {
            let (component, supplies, licences) = drawn(&mut dice);
            let least = least_of_all(&component, &supplies, &licences);
            let found = solve(&component, &supplies, &licences, u64::MAX).unwrap();
            let reached = unmet(&component, &supplies, &found.counts, &found.kept);
            assert_eq!((found.bound, reached), (least, least), "round {round}");
        }
    }
}
