//! Counting processors, sockets and cores over an organisation (OR-R1 to OR-R7, RH-R5).
//!
//! Keys: `core_factors`, `most_sockets`, `most_vcpus`, `vcpus_a_licence`, `unknown_cores`.

use std::collections::BTreeMap;

use crate::model::{Answer, Basis, HostId, Working};
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
        let mut by_machine = Vec::new();
        let processors = |cores: u64, factor: u32| (cores * u64::from(factor)).div_ceil(100);
        for machine in self.machines(terms) {
            let model = machine.model.as_str();
            let mut factors = Vec::new();
            let mut own = 0;
            for &cores in &machine.cores {
                let stated = factor_by_table(terms, model, machine.chip.unwrap_or(cores));
                let factor = stated.unwrap_or_else(|| self.assumed_factor(terms, &machine));
                let sum = by_factor.entry(factor).or_default();
                // What the machine adds to the sum that is rounded.
                own += processors(*sum + u64::from(cores), factor) - processors(*sum, factor);
                *sum += u64::from(cores);
                factors.push(format!("{cores} at {}.{:02}", factor / 100, factor % 100));
            }
            by_machine.push((machine.hosts, u32::try_from(own).unwrap_or(u32::MAX)));
            let model = if model.is_empty() { "unknown model" } else { model };
            let factors = factors.join(", ");
            let text = format!("{}: cores and factor of each processor ({model}): {factors}.", machine.name);
            working.by_rule_and_facts(&terms.id, text, machine.places);
        }
        let mut units = 0_u64;
        for (factor, cores) in by_factor {
            let counted = processors(cores, factor);
            working.by_rule(
                &terms.id,
                format!("{cores} cores × {}.{:02}, rounded up: {counted} processors.", factor / 100, factor % 100),
            );
            units += counted;
        }
        let (in_clouds, refused) = self.in_clouds(terms, &mut by_machine, &mut working);
        let basis = if self.clouds().next().is_some() { Basis::Guest } else { Basis::Host };
        let units = u32::try_from(units).unwrap_or(u32::MAX).saturating_add(in_clouds);
        Count { units, basis, by_machine, working, refused }
    }

    /// Machines in public clouds by their virtual processors (OR-R7).
    fn in_clouds(
        &self,
        terms: &Terms,
        by_machine: &mut Vec<(Vec<HostId>, u32)>,
        working: &mut Working,
    ) -> (u32, Option<String>) {
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
            by_machine.push((vec![id], counted));
            if terms.most_vcpus.is_some_and(|most| vcpus > most) {
                refused = Some(format!("{} has {vcpus} virtual processors, more than the edition allows", host.name));
            }
        }
        (units, refused)
    }

    /// One unit for each occupied socket; the board may not have more than `most_sockets` (OR-R4).
    pub(super) fn occupied_sockets(&self, terms: &Terms) -> Count {
        let mut working = Working::default();
        let (mut units, mut refused, mut by_machine) = (0, None, Vec::new());
        let stated = self.hosts.iter().map(|&id| self.ground.estate.host(id).sockets);
        let stated = stated.chain(std::iter::repeat(None));
        for (machine, sockets) in self.machines(terms).into_iter().zip(stated) {
            let name = &machine.name;
            let occupied = u32::try_from(machine.cores.len()).unwrap_or(u32::MAX);
            let capacity = sockets.unwrap_or(occupied).max(occupied);
            let text = format!("{name}: {occupied} occupied sockets of {capacity}.");
            working.by_rule_and_facts(&terms.id, text, machine.places.clone());
            units += occupied;
            by_machine.push((machine.hosts.clone(), occupied));
            if terms.most_sockets.is_some_and(|most| capacity > most) {
                refused = Some(format!("{name} has room for {capacity} processors, more than the edition allows"));
            }
        }
        let (in_clouds, too_large) = self.in_clouds(terms, &mut by_machine, &mut working);
        let basis = if self.clouds().next().is_some() { Basis::Guest } else { Basis::Host };
        Count { units: units + in_clouds, basis, by_machine, working, refused: refused.or(too_large) }
    }

    /// For each host the virtual cores of its guests, at most its own cores; its own where it runs the product itself
    /// (RH-R5).
    pub(super) fn capped_cores(&self, terms: &Terms) -> Count {
        let mut working = Working::default();
        let (mut units, mut by_machine) = (0, Vec::new());
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
            by_machine.push((vec![id], counted));
        }
        for id in self.clouds().chain(self.unplaced()) {
            let guest = self.ground.estate.host(id);
            let (cores, text) = guest_units(self.ground, self.product, terms, id, guest);
            working.by_rule_and_facts(&terms.id, text, self.ground.stated(id));
            units += cores;
            by_machine.push((vec![id], cores));
        }
        Count { units, basis: Basis::Host, by_machine, working, refused: None }
    }
}
