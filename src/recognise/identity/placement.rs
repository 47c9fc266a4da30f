//! On which host a guest runs, by the name its export gives that host.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::model::{ADDRESS_REMARK, HostId, Machine, SourceId, View};

use super::identifiers::{is_qualified, plain, short_name};
use super::{IdentifiedHost, Sighting};

/// Hosts by every name under which guests may speak of them.
pub(super) struct HostNames<'a> {
    sightings: &'a [Sighting],
    hosts: &'a [IdentifiedHost],
    /// Positions of hosts by name, qualified name or address, in lower case.
    by_name: BTreeMap<String, BTreeSet<usize>>,
}

/// What a guest's export says of its host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The guest's own position.
    pub guest: usize,
    /// Name of the host as written.
    pub name: &'a str,
    /// File that says so.
    pub source: SourceId,
    /// Organisation of that file.
    pub organisation: &'a str,
    /// Cluster of the guest.
    pub cluster: Option<&'a str>,
}

impl<'a> HostNames<'a> {
    /// Lists the names of all hosts that may run guests.
    pub fn new(sightings: &'a [Sighting], hosts: &'a [IdentifiedHost]) -> Self {
        let mut by_name: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (position, host) in hosts.iter().enumerate() {
            if host.host.machine != Machine::Physical && !offers_guests(sightings, host) {
                continue;
            }
            for &sighting in &host.sightings {
                let observed = &sightings[sighting].observed;
                let addresses =
                    observed.remarks.iter().filter(|(name, _)| name == ADDRESS_REMARK).map(|(_, address)| address);
                for name in [Some(&observed.name), observed.fqdn.as_ref()].into_iter().flatten().chain(addresses) {
                    for name in [plain(name), short_name(name)] {
                        by_name.entry(name).or_default().insert(position);
                    }
                }
            }
        }
        Self { sightings, hosts, by_name }
    }

    /// The host meant, or the reason why nobody can tell.
    pub fn find(&self, wanted: &Wanted<'_>) -> Result<HostId, String> {
        let name = plain(wanted.name);
        let mut candidates = self.named(&name, wanted.guest);
        let exact = !candidates.is_empty() && name.matches('.').count() >= 2 && is_qualified(&name);
        if candidates.is_empty() {
            candidates = self.named(&short_name(&name), wanted.guest);
            candidates.retain(|&host| self.may_be(host, &name));
        }
        if candidates.is_empty() {
            return Err(format!("no source shows the hardware of its host `{}`; add the list of hosts", wanted.name));
        }
        let named = candidates.len();
        if !exact {
            candidates.retain(|&host| self.seen(host, &|sighting| sighting.organisation == wanted.organisation));
        }
        if candidates.is_empty() {
            return Err(format!(
                "no host of {} is called `{}`, only {named} of other organisations",
                wanted.organisation, wanted.name
            ));
        }
        self.narrow(&mut candidates, &|host| offers_guests(self.sightings, &self.hosts[host]));
        self.narrow(&mut candidates, &|host| self.seen(host, &|sighting| sighting.source == wanted.source));
        self.narrow(&mut candidates, &|host| self.seen(host, &|s| s.organisation == wanted.organisation));
        if let Some(cluster) = wanted.cluster {
            self.narrow(&mut candidates, &|host| self.seen(host, &|s| s.observed.cluster.as_deref() == Some(cluster)));
        }
        match candidates[..] {
            [host] => Ok(HostId(u32::try_from(host).unwrap_or(u32::MAX))),
            _ => {
                Err(format!("{} hosts are called `{}`; none of them is surely the one", candidates.len(), wanted.name))
            }
        }
    }

    fn named(&self, name: &str, guest: usize) -> Vec<usize> {
        self.by_name.get(name).into_iter().flatten().copied().filter(|&host| host != guest).collect()
    }

    /// Whether the host's own qualified name does not contradict the one given.
    fn may_be(&self, host: usize, name: &str) -> bool {
        !is_qualified(name)
            || !self.hosts[host].sightings.iter().any(|&sighting| {
                let observed = &self.sightings[sighting].observed;
                let own = plain(observed.fqdn.as_deref().unwrap_or(&observed.name));
                is_qualified(&own) && own != name
            })
    }

    fn seen(&self, host: usize, by: &dyn Fn(&Sighting) -> bool) -> bool {
        self.hosts[host].sightings.iter().any(|&sighting| by(&self.sightings[sighting]))
    }

    /// Keeps the preferred candidates, if there are any.
    fn narrow(&self, candidates: &mut Vec<usize>, prefer: &dyn Fn(usize) -> bool) {
        let preferred: Vec<usize> = candidates.iter().copied().filter(|&host| prefer(host)).collect();
        if !preferred.is_empty() {
            *candidates = preferred;
        }
    }
}

/// Whether a hypervisor export speaks of it as a host.
fn offers_guests(sightings: &[Sighting], host: &IdentifiedHost) -> bool {
    host.sightings.iter().any(|&sighting| sightings[sighting].observed.view == View::Hypervisor)
}
