//! A whole choice for what is left of a component, and what it leaves unmet, in whole numbers.

use super::cuts::Fractions;
use super::flow::{self, Edge, Want, spend};
use super::programme;
use super::reduced::Reduced;

/// A whole choice.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Scopes of each class that take each way; they add up to the members.
    pub counts: Vec<Vec<u64>>,
    /// Licences of each group of the component that stay as they were bought.
    pub kept: Vec<u64>,
    pub unmet: u128,
}

impl Found {
    pub fn new(part: &Reduced, counts: Vec<Vec<u64>>, kept: Vec<u64>) -> Self {
        let unmet = unmet(part, &counts, &kept);
        Self { counts, kept, unmet }
    }

    /// What a solver found, in whole scopes and licences.
    pub fn rounded(part: &Reduced, licences: &[u64], values: &Fractions) -> Self {
        let classes = part.classes.iter().zip(&values.counts);
        let counts = classes.map(|(class, values)| programme::rounded(values, class.members)).collect();
        Self::new(part, counts, whole_licences(licences, &values.kept))
    }
}

/// Licences of each group that stay as they were bought, no more than there are.
pub(super) fn whole_licences(licences: &[u64], kept: &[f64]) -> Vec<u64> {
    let kept = kept.iter().zip(licences);
    kept.map(|(kept, &licences)| (kept.round().max(0.0) as u64).min(licences)).collect()
}

/// What a choice leaves unmet, where units are spent as well as they can be.
fn unmet(part: &Reduced, counts: &[Vec<u64>], kept: &[u64]) -> u128 {
    let (mut units, mut cost) = (vec![0; part.kinds.len()], 0);
    for (class, counts) in part.classes.iter().zip(counts) {
        for (way, &count) in class.ways.iter().zip(counts) {
            cost += way.cost * u128::from(count);
            way.needs.iter().for_each(|&(kind, wanted)| units[kind] += wanted * count);
        }
    }
    let kept: Vec<f64> = kept.iter().map(|&kept| kept as f64).collect();
    let held: Vec<u64> = part.supplies.iter().map(|supply| supply.units_kept(&kept).max(0.0) as u64).collect();
    let kinds: Vec<flow::Kind> = part.kinds.iter().map(|kind| flow::Kind { worth: kind.worth }).collect();
    let edges = part.kinds.iter().enumerate();
    let edges: Vec<Edge> =
        edges.flat_map(|(kind, own)| own.stocks.iter().map(move |&stock| (stock, kind, 0))).collect();
    let wants: Vec<Want> = units.iter().enumerate().map(|(kind, &units)| Want { kind, units }).collect();
    let met = spend(&held, &kinds, &wants, &edges).met;
    let short = wants.iter().zip(met).map(|(want, met)| (want.kind, want.units - met));
    cost + short.map(|(kind, units)| u128::from(kinds[kind].worth) * u128::from(units)).sum::<u128>()
}
