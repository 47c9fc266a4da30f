//! Counting processors, sockets and cores over an organisation (OR-R1 to OR-R7, RH-R5).
//!
//! Keys: `core_factors`, `most_sockets`, `most_vcpus`, `vcpus_a_licence`, `unknown_cores`.

use std::collections::BTreeMap;

use crate::model::{Answer, Basis, Working};
use crate::rules::Terms;

use super::estate_scope::{Count, Counted, Estate};
use super::guest_cores::{guest_units, vcpus};
use super::processor_count::factor_by_table;

impl Estate<'_> {
    /// Factor of a processor that no line of the table fits. Where nobody states the model, it may be any of them (D-15).
    fn assumed_factor(&self, terms: &Terms, machine: &Counted) -> u32 {
        let (strict, customer) = terms.unknown_factor;
        if !machine.model.is_empty() || strict == customer {
            return 100;
        }
        let organisation = &self.ground.estate.host(machine.id).organisation;
        match self.ground.asker.ask("D-15", organisation, &self.product.family, &[machine.id]) {
            Answer::Strict => strict,
            Answer::Customer => customer,
        }
    }

    /// `Σ over factors of ceil(cores × factor)`: cores of one factor are summed before rounding (OR-R1).
    pub(super) fn processors_by_factor(&self, terms: &Terms) -> Count {
        let mut working = Working::default();
        let mut by_factor: BTreeMap<u32, u64> = BTreeMap::new();
        for machine in self.machines(terms) {
            let model = machine.model.as_str();
            let mut factors = Vec::new();
            for &cores in &machine.cores {
                let stated = factor_by_table(terms, model, machine.chip.unwrap_or(cores));
                let factor = stated.unwrap_or_else(|| self.assumed_factor(terms, &machine));
                *by_factor.entry(factor).or_default() += u64::from(cores);
                factors.push(format!("{cores} at {}.{:02}", factor / 100, factor % 100));
            }
            let model = if model.is_empty() { "unknown model" } else { model };
            let factors = factors.join(", ");
            let text = format!("{}: cores and factor of each processor ({model}): {factors}.", machine.name);
            working.by_rule_and_facts(&terms.id, text, machine.places);
        }
        let mut units = 0_u64;
        for (factor, cores) in by_factor {
            let counted = (cores * u64::from(factor)).div_ceil(100);
            working.by_rule(
                &terms.id,
                format!("{cores} cores × {}.{:02}, rounded up: {counted} processors.", factor / 100, factor % 100),
            );
            units += counted;
        }
        let (in_clouds, refused) = self.in_clouds(terms, &mut working);
        let basis = if self.clouds().next().is_some() { Basis::Guest } else { Basis::Host };
        Count { units: u32::try_from(units).unwrap_or(u32::MAX) + in_clouds, basis, working, refused }
    }

    /// Machines in public clouds by their virtual processors (OR-R7).
    fn in_clouds(&self, terms: &Terms, working: &mut Working) -> (u32, Option<String>) {
        let (mut units, mut refused) = (0, None);
        for id in self.clouds() {
            let host = self.ground.estate.host(id);
            let assumed = vcpus(self.ground, self.product, terms, id);
            // A machine of unknown size is taken for one that the edition may still be used on.
            let most = terms.most_vcpus.filter(|_| !host.vcpus.is_known()).unwrap_or(u32::MAX);
            let vcpus = assumed.min(most);
            let (hyper_threaded, plain) = terms.vcpus_a_licence;
            let each = if host.threads_per_core > 1 { hyper_threaded } else { plain };
            let counted = vcpus.div_ceil(each);
            let text = format!("{}: ceil({vcpus} virtual processors / {each}) = {counted}.", host.name);
            working.by_rule_and_facts(&terms.id, text, self.ground.stated(id));
            units += counted;
            if terms.most_vcpus.is_some_and(|most| vcpus > most) {
                refused = Some(format!("{} has {vcpus} virtual processors, more than the edition allows", host.name));
            }
        }
        (units, refused)
    }

    /// One unit for each occupied socket; the board may not have more than `most_sockets` (OR-R4).
    pub(super) fn occupied_sockets(&self, terms: &Terms) -> Count {
        let mut working = Working::default();
        let (mut units, mut refused) = (0, None);
        let stated = self.hosts.iter().map(|&id| self.ground.estate.host(id).sockets);
        let stated = stated.chain(std::iter::repeat(None));
        for (machine, sockets) in self.machines(terms).into_iter().zip(stated) {
            let name = &machine.name;
            let occupied = u32::try_from(machine.cores.len()).unwrap_or(u32::MAX);
            let capacity = sockets.unwrap_or(occupied).max(occupied);
            let text = format!("{name}: {occupied} occupied sockets of {capacity}.");
            working.by_rule_and_facts(&terms.id, text, machine.places.clone());
            units += occupied;
            if terms.most_sockets.is_some_and(|most| capacity > most) {
                refused = Some(format!("{name} has room for {capacity} processors, more than the edition allows"));
            }
        }
        let (in_clouds, too_large) = self.in_clouds(terms, &mut working);
        let basis = if self.clouds().next().is_some() { Basis::Guest } else { Basis::Host };
        Count { units: units + in_clouds, basis, working, refused: refused.or(too_large) }
    }

    /// For each host the virtual cores of its guests, at most its own cores; its own where it runs the product itself
    /// (RH-R5).
    pub(super) fn capped_cores(&self, terms: &Terms) -> Count {
        let mut working = Working::default();
        let mut units = 0;
        for &id in &self.hosts {
            let host = self.ground.estate.host(id);
            let own: u32 = self.cores(terms, id).iter().sum();
            let itself = self.deployed.iter().any(|one| one.host == id);
            let guests: u32 = self
                .guests()
                .filter(|&guest| self.ground.estate.host(guest).runs_on() == Some(id))
                .map(|guest| vcpus(self.ground, self.product, terms, guest))
                .sum();
            let counted = if itself { own } else { own.min(guests) };
            let text = match itself {
                true => format!("{}: it runs the product itself, so its {own} cores count.", host.name),
                false => format!("{}: min({own} cores, {guests} virtual cores in guests) = {counted}.", host.name),
            };
            working.by_rule_and_facts(&terms.id, text, self.ground.stated(id));
            units += counted;
        }
        for id in self.clouds().chain(self.unplaced()) {
            let guest = self.ground.estate.host(id);
            let (cores, text) = guest_units(self.ground, self.product, terms, id, guest);
            working.by_rule_and_facts(&terms.id, text, self.ground.stated(id));
            units += cores;
        }
        Count { units, basis: Basis::Host, working, refused: None }
    }
}
