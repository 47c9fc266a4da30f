//! Sets of all cores of a host: `set = max(server minimum, Σ max(processor minimum, cores))`.
//!
//! A set of an edition with a limited right carries so many operating systems, and every further set covers all cores
//! again (WS-R2, WS-R4, WS-R5); an edition with an unlimited right needs one set (WS-R6). Each set may carry its own
//! version: the newest operating systems share the first set. Keys: `processor_minimum`, `server_minimum`, `rights`,
//! `unknown_cores`.

use crate::model::{HostId, Line, Working, edition_name};
use crate::rules::{Product, Right, Terms};

use super::Ground;
use super::processor_count::covering;

/// What runs on a host, as far as sets and processor licences must carry it.
#[derive(Debug, Clone, Default)]
pub(super) struct Load {
    /// Version of each operating system that uses up a right, newest first.
    pub versions: Vec<Option<usize>>,
    /// Version of an operating system that only runs guests and uses up no right.
    pub hosting: Option<Option<usize>>,
}

impl Load {
    /// The newest version of all.
    pub fn newest(&self) -> Option<usize> {
        self.versions.iter().copied().chain(self.hosting).max().flatten()
    }

    /// Nothing that needs a licence.
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty() && self.hosting.is_none()
    }

    /// The operating systems newer than a version, and the others.
    pub fn split_after(&self, version: usize) -> (usize, usize) {
        let newer = self.versions.iter().filter(|one| one.is_some_and(|one| one > version)).count();
        (newer, self.versions.len() - newer)
    }
}

/// The lines of so many sets over the first operating systems of a load, with the arithmetic.
pub(super) struct Sets<'a> {
    pub ground: &'a Ground<'a>,
    pub product: &'a Product,
    pub terms: &'a Terms,
    pub right: &'a Right,
    pub host: HostId,
}

impl Sets<'_> {
    /// Sets that carry this many operating systems.
    pub fn needed(&self, systems: usize) -> usize {
        match self.right.guests {
            _ if self.right.unlimited => 1,
            Some(guests) if guests > 0 => systems.div_ceil(guests as usize).max(1),
            _ => 1,
        }
    }

    /// Lines of `sets` sets for a load.
    pub fn lines(&self, load: &Load, sets: usize, working: &mut Working) -> Vec<Line> {
        let host = self.ground.estate.host(self.host);
        let (set, text) = covering(self.ground, self.product, self.terms, self.host, host);
        working.by_rule_and_facts(&self.terms.id, text, self.ground.stated(self.host));
        let share = if self.right.unlimited { usize::MAX } else { self.right.guests.unwrap_or(1).max(1) as usize };
        let carried = load.versions.len().min(sets.saturating_mul(share));
        working.by_rule(&self.terms.id, self.sentence(carried, sets, set));
        let mut lines: Vec<Line> = Vec::new();
        for number in 0..sets {
            let mut version = load.versions.get(number.saturating_mul(share)).copied().flatten();
            if number == 0 {
                version = version.max(load.hosting.flatten());
                if self.right.unlimited {
                    version = load.newest();
                }
            }
            match lines.iter_mut().find(|line| line.version == version) {
                Some(line) => line.units += set,
                None => lines.push(self.line(version, set)),
            }
        }
        lines
    }

    fn sentence(&self, systems: usize, sets: usize, set: u32) -> String {
        if self.right.unlimited {
            return format!(
                "One set of {} carries any number of operating systems: 1 × {set} = {set} cores.",
                edition_name(&self.right.edition)
            );
        }
        let share = self.right.guests.unwrap_or(1);
        format!(
            "{systems} operating systems, {share} for each set of {}: ceil({systems} / {share}) = {sets} sets × {set} = {} cores.",
            edition_name(&self.right.edition),
            sets as u64 * u64::from(set)
        )
    }

    fn line(&self, version: Option<usize>, units: u32) -> Line {
        Line {
            version,
            hosts: [self.host].into(),
            accepts: [self.terms.acceptance(false)].into(),
            ..Line::new(&self.product.id, Some(&self.right.edition), self.terms.metric, units)
        }
    }
}
