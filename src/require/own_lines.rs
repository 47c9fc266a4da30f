//! The lines of one guest or operating system that is licensed by itself.

use std::sync::Arc;

use crate::model::{Acceptance, HostId, Line, Metric, Working};
use crate::rules::{Method, Terms};

use super::deployment::Deployed;
use super::guest_cores::guest_units;
use super::host_cores::{counts, current};
use super::own_ways::{OwnWay, Undeclared, Used};
use super::processor_licences;
use super::server_licences;
use super::usable_cores::usable;

impl OwnWay<'_> {
    /// The line of a physical operating system by the cores of its host.
    pub(super) fn physical_line(&self, one: &Deployed, used: &mut Used, working: &mut Working) -> Option<Line> {
        if self.undeclared == Undeclared::ByProcessor {
            return self.processor_line(one, used, working);
        }
        let counts = counts(self.ground, self.product, one.host, one.version);
        let count = counts.get(self.era.min(counts.len().checked_sub(1)?))?;
        let terms = &self.product.terms[count.terms[0]];
        working.by_rule_and_facts(&terms.id, count.text.clone(), self.ground.stated(one.host));
        let units = self.usable(one, count.units, 1, working);
        used.sold &= current(self.ground, self.product, &count.terms);
        let accepts = self.ground.shared.accepts(self.product, &count.terms, false, false);
        let line = self.line(one, Method::HostCores, terms.metric, units, vec![one.host], accepts);
        Some(self.as_sold(line, terms, one))
    }

    /// The line by the lowest edition that the terms know and that serves, where they do not know the one installed.
    fn as_sold(&self, line: Line, terms: &Terms, one: &Deployed) -> Line {
        let known =
            |edition: &&String| terms.editions.contains(*edition) && self.product.edition_serves(edition, &one.edition);
        if one.edition.is_empty() || terms.editions.is_empty() || terms.editions.contains(&one.edition) {
            return line;
        }
        match self.product.editions.iter().find(known) {
            Some(lowest) => Line { edition: Some(lowest.as_str().into()), ..line },
            None => line,
        }
    }

    /// The line of a physical operating system by the processors of its host.
    fn processor_line(&self, one: &Deployed, used: &mut Used, working: &mut Working) -> Option<Line> {
        let serving = self.terms_for(Method::HostProcessors, one);
        let terms = &self.product.terms[*serving.first()?];
        let (units, text) = processor_licences::of_host(self.ground, self.product, terms, one.host);
        working.by_rule_and_facts(&terms.id, text, self.ground.stated(one.host));
        used.sold &= current(self.ground, self.product, &serving);
        Some(self.line(
            one,
            Method::HostProcessors,
            terms.metric,
            units,
            vec![one.host],
            self.ground.shared.accepts(self.product, &serving, false, false),
        ))
    }

    /// The lines of a guest: one where its licences may follow it, else one for each host it may reach.
    pub(super) fn guest_lines(
        &self,
        one: &Deployed,
        hosts: &[HostId],
        relies: bool,
        used: &mut Used,
        working: &mut Working,
    ) -> Option<Vec<Line>> {
        let by_processor = self.undeclared == Undeclared::ByProcessor;
        let method = if by_processor { Method::GuestProcessors } else { Method::GuestCores };
        let serving = self.terms_for(method, one);
        let terms = &self.product.terms[*serving.first()?];
        let guest = self.ground.estate.host(one.host);
        let units = if by_processor {
            let (units, text) = processor_licences::of_guest(self.ground, self.product, terms, one.host, hosts);
            working.by_rule_and_facts(&terms.id, text, self.ground.stated(one.host));
            units
        } else {
            let (units, text) = guest_units(self.ground, self.product, terms, one.host, guest);
            working.by_rule_and_facts(&terms.id, text, self.ground.stated(one.host));
            let each = guest.vcpus.value().map_or(1, |&vcpus| units / vcpus.max(1));
            self.usable(one, units, each, working)
        };
        let roams = hosts.len() > 1 && terms.mobility_needs_sa;
        let line = |accepting: &[usize], needs_sa: bool, bound: Vec<HostId>| {
            self.line(one, method, terms.metric, units, bound, self.accepts(one, accepting, needs_sa))
        };
        if !roams {
            used.sold &= current(self.ground, self.product, &serving);
            let bound = std::iter::once(one.host).chain(guest.runs_on()).collect();
            return Some(vec![line(&serving, false, bound)]);
        }
        if relies {
            used.condition = true;
            working.by_rule_and_facts(
                "SQ-R8",
                format!("{} moves between {} hosts with Software Assurance: counted once.", guest.name, hosts.len()),
                self.ground.placed(guest),
            );
            let bound = std::iter::once(one.host).chain(hosts.iter().copied()).collect();
            return Some(vec![line(&serving, true, bound)]);
        }
        let without: Vec<usize> =
            serving.iter().copied().filter(|&index| !self.product.terms[index].needs_sa).collect();
        if without.is_empty() {
            return None;
        }
        used.sold = false;
        working.by_rule_and_facts(
            "SQ-R8",
            format!(
                "{} may reach {} hosts without Software Assurance: {units} on each of them, {} × {units} = {}.",
                guest.name,
                hosts.len(),
                hosts.len(),
                hosts.len() as u64 * u64::from(units)
            ),
            self.ground.placed(guest),
        );
        Some(hosts.iter().map(|&host| line(&without, false, vec![one.host, host])).collect())
    }

    /// Cores that count: where another basis is declared, cores would be bought anew, and then all of them.
    fn usable(&self, one: &Deployed, units: u32, each: u32, working: &mut Working) -> u32 {
        if one.basis.as_deref() == Some("server-cal") {
            return units;
        }
        usable(self.ground, self.product, one, units, each, working)
    }

    /// The lines of an operating system by server licences.
    pub(super) fn server_lines(
        &self,
        one: &Deployed,
        hosts: &[HostId],
        guest: bool,
        relies: bool,
        used: &mut Used,
        working: &mut Working,
    ) -> Option<Vec<Line>> {
        let licensed = |method: Method| -> Vec<usize> {
            let has = |index: &usize| {
                let editions = &self.product.terms[*index].editions;
                editions.is_empty() || editions.contains(&one.edition)
            };
            self.terms_for(method, one).into_iter().filter(has).collect()
        };
        let by_instance = licensed(Method::Instance);
        // Licences of whole hosts, taken for one operating system.
        let serving = if by_instance.is_empty() { licensed(Method::HostServers) } else { by_instance };
        let terms = &self.product.terms[*serving.first()?];
        let name = &self.ground.estate.host(one.host).name;
        // Licences of a whole host stay with it, with Software Assurance or without.
        let of_host = terms.method == Method::HostServers;
        let units = if of_host && guest {
            let (units, text) = server_licences::of_guest(self.ground, self.product, terms, one.host);
            working.by_rule_and_facts(&terms.id, text, self.ground.stated(one.host));
            units
        } else {
            working.by_rule(&terms.id, format!("{name}: one server licence for its operating system."));
            1
        };
        let relies = relies && !of_host;
        let roams = guest && hosts.len() > 1 && (terms.mobility_needs_sa || of_host);
        used.condition |= roams && relies;
        let line = |needs_sa: bool, bound: Vec<HostId>| {
            self.line(one, terms.method, terms.metric, units, bound, self.accepts(one, &serving, needs_sa))
        };
        if roams && !relies {
            used.sold = false;
            return Some(hosts.iter().map(|&host| line(false, vec![one.host, host])).collect());
        }
        let bound = std::iter::once(one.host).chain(hosts.iter().copied()).collect();
        Some(vec![line(roams, bound)])
    }

    /// Licences that serve a member; Software Assurance that ran out lately will do where the reading allows it, on machines
    /// of one's own.
    fn accepts(&self, one: &Deployed, terms: &[usize], needs_sa: bool) -> Arc<[Acceptance]> {
        let grace = self.grace && self.ground.estate.host(one.host).cloud().is_none();
        self.ground.shared.accepts(self.product, terms, needs_sa, grace)
    }

    /// A line of one member that licences of its edition and of those above serve.
    fn line(
        &self,
        one: &Deployed,
        method: Method,
        metric: Metric,
        units: u32,
        hosts: Vec<HostId>,
        accepts: Arc<[Acceptance]>,
    ) -> Line {
        let edition = (!one.edition.is_empty()).then_some(one.edition.as_str());
        let editions = self.ground.shared.editions(self.product, method, &one.edition);
        let hosts = hosts.into();
        Line { editions, version: one.version, hosts, accepts, ..Line::new(&self.product.id, edition, metric, units) }
    }

    /// Terms of a method that serve a member, newest first.
    fn terms_for(&self, method: Method, one: &Deployed) -> Vec<usize> {
        let cloud = self.ground.estate.host(one.host).cloud();
        (0..self.product.terms.len())
            .rev()
            .filter(|&index| {
                let terms = &self.product.terms[index];
                terms.method == method && terms.serves_version(one.version) && terms.concerns(cloud, self.ground.as_of)
            })
            .collect()
    }
}
