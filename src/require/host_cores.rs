//! All cores of a host: `Σ max(processor minimum, cores × factor)`, rounded up once a server.
//!
//! They license the host's own operating system; for its guests it depends on the edition (SQ-R1, SQ-R2, SQ-R5 to SQ-R7):
//! none, one guest a unit, or any number while Software Assurance runs. Keys: `processor_minimum`, `core_factors`,
//! `rights`, `unknown_cores`.

use crate::model::{Alternative, Basis, HostId, Line, Refusal, Working, edition_name};
use crate::rules::{Method, Product, Right, Terms};

use super::Ground;
use super::deployment::Deployed;
use super::processor_count::covering;

/// Units of one host with every span of versions whose terms count that many.
pub(super) struct HostCount {
    /// Units.
    pub units: u32,
    /// Terms that count so.
    pub terms: Vec<usize>,
    /// Arithmetic in words.
    pub text: String,
}

/// The different counts that the terms in use give for one host, newest terms first.
pub(super) fn counts(ground: &Ground<'_>, product: &Product, id: HostId, version: Option<usize>) -> Vec<HostCount> {
    let host = ground.estate.host(id);
    let mut counts: Vec<HostCount> = Vec::new();
    for (index, terms) in product.terms.iter().enumerate().rev() {
        if terms.method != Method::HostCores || !terms.serves_version(version) {
            continue;
        }
        let (units, text) = covering(ground, product, terms, id, host);
        match counts.iter_mut().find(|count| count.units == units) {
            Some(count) => count.terms.push(index),
            None => counts.push(HostCount { units, terms: vec![index], text }),
        }
    }
    counts
}

/// Whether one of these terms is that of the version current on the day.
pub(super) fn current(ground: &Ground<'_>, product: &Product, terms: &[usize]) -> bool {
    let Some(release) = product.current_release(ground.as_of) else { return true };
    terms.iter().any(|&index| {
        let terms = &product.terms[index];
        (terms.from..=terms.until).contains(&release) && terms.sold_on(ground.as_of)
    })
}

/// A host way for all guests and operating systems of a group.
pub(super) struct HostWay<'a> {
    pub ground: &'a Ground<'a>,
    pub product: &'a Product,
    pub hosts: &'a [HostId],
    pub deployed: &'a [&'a Deployed],
    /// The same with the hosts each may run on.
    pub members: &'a [(&'a Deployed, Vec<HostId>)],
    /// Guests that may run on each of `hosts`.
    pub guests: &'a [u32],
}

impl HostWay<'_> {
    /// Guests that may run on a host.
    pub fn on(&self, host: HostId) -> impl Iterator<Item = HostId> {
        self.members
            .iter()
            .filter(move |(one, hosts)| one.host != host && hosts.contains(&host))
            .map(|(one, _)| one.host)
    }

    /// Every way by which the hosts' cores license the guests too, and the refused ones.
    pub fn ways(&self) -> Vec<Alternative> {
        let mut ways = Vec::new();
        let mut editions: Vec<&String> = Vec::new();
        for terms in self.product.terms.iter().filter(|terms| terms.method == Method::HostCores) {
            for edition in &terms.editions {
                if !editions.contains(&edition) {
                    editions.push(edition);
                }
            }
        }
        for edition in editions {
            ways.extend(self.edition_ways(edition));
        }
        ways
    }

    fn edition_ways(&self, edition: &str) -> Vec<Alternative> {
        if self.deployed.iter().any(|one| !self.product.edition_serves(edition, &one.edition)) {
            return Vec::new();
        }
        let newest = self.deployed.iter().filter_map(|one| one.version).max();
        let serving: Vec<usize> = (0..self.product.terms.len())
            .rev()
            .filter(|&index| {
                let terms = &self.product.terms[index];
                terms.method == Method::HostCores
                    && terms.serves_version(newest)
                    && terms.editions.iter().any(|one| one == edition)
            })
            .collect();
        let Some(&first) = serving.first() else { return Vec::new() };
        let Some(right) = right(&self.product.terms[first], edition) else {
            return vec![self.refused(edition, first)];
        };
        let mut ways = Vec::new();
        if right.unlimited_with_sa {
            ways.push(self.way(edition, newest, &serving, true, false));
        }
        if right.guest_a_unit {
            ways.push(self.way(edition, newest, &serving, false, true));
        }
        ways
    }

    fn refused(&self, edition: &str, terms: usize) -> Alternative {
        let mut way = self.way(edition, None, &[terms], false, false);
        way.refused = Some(Refusal {
            rule: self.product.terms[terms].id.clone(),
            reason: format!(
                "core licences of {} assigned to a host license its own operating system, never its guests",
                edition_name(edition)
            ),
        });
        way.sold = false;
        way
    }

    fn way(
        &self,
        edition: &str,
        version: Option<usize>,
        serving: &[usize],
        needs_sa: bool,
        per_guest: bool,
    ) -> Alternative {
        let mut working = Working::default();
        let lines = self
            .hosts
            .iter()
            .zip(self.guests)
            .map(|(&host, &guests)| {
                self.line(edition, version, serving, host, guests, needs_sa, per_guest, &mut working)
            })
            .collect();
        let installed = self.deployed.iter().filter_map(|one| self.product.edition_rank(&one.edition)).max();
        Alternative {
            edition: Some(edition.to_owned()),
            sold: current(self.ground, self.product, serving),
            conditional: needs_sa,
            higher_edition: self.product.edition_rank(edition) > installed,
            condition: needs_sa.then(|| "Software Assurance in force on every core licence of the hosts".into()),
            ..Alternative::new(&self.product.id, self.product.terms[serving[0]].metric, Basis::Host, lines, working)
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one host's line needs the way it belongs to and its own figures")]
    fn line(
        &self,
        edition: &str,
        version: Option<usize>,
        serving: &[usize],
        id: HostId,
        guests: u32,
        needs_sa: bool,
        per_guest: bool,
        working: &mut Working,
    ) -> Line {
        let terms = &self.product.terms[serving[0]];
        let host = self.ground.estate.host(id);
        let (cores, text) = covering(self.ground, self.product, terms, id, host);
        working.by_rule_and_facts(&terms.id, text, self.ground.stated(id));
        let units = if per_guest { cores.max(guests) } else { cores };
        working.by_rule(
            &terms.id,
            if per_guest {
                format!("Without Software Assurance each core licence carries one guest: max({cores}, {guests} guests) = {units}.")
            } else {
                format!("With Software Assurance all {guests} guests of {} are covered by its {cores} cores.", host.name)
            },
        );
        Line {
            version,
            hosts: [id].into(),
            accepts: self.ground.shared.accepts(self.product, serving, needs_sa, false),
            ..Line::new(&self.product.id, Some(edition), terms.metric, units)
        }
    }
}

/// The right of an edition for guests, where it has one.
fn right<'t>(terms: &'t Terms, edition: &str) -> Option<&'t Right> {
    terms
        .rights
        .iter()
        .find(|right| right.edition == edition && (right.guest_a_unit || right.unlimited_with_sa || right.unlimited))
}
