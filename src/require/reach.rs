//! On which hosts a guest may run.

use std::collections::BTreeMap;

use crate::model::{Affinity, Estate, Host, HostId, Machine};

/// Hosts by cluster, for one estate.
pub(super) struct Reach {
    clusters: BTreeMap<(String, String), Vec<HostId>>,
}

impl Reach {
    pub fn new(estate: &Estate) -> Self {
        let mut clusters: BTreeMap<_, Vec<HostId>> = BTreeMap::new();
        for (id, host) in estate.hosts_with_ids() {
            if let (Machine::Physical, Some(cluster)) = (host.machine, &host.cluster) {
                clusters.entry((host.organisation.clone(), cluster.clone())).or_default().push(id);
            }
        }
        Self { clusters }
    }

    /// Every host a guest may run on, in order; empty where nobody knows its host.
    ///
    /// Inside a cluster that is every host of it, unless a rule of the platform enforces less (WS-R7).
    pub fn of(&self, estate: &Estate, guest: &Host) -> Vec<HostId> {
        let Some(current) = guest.runs_on() else { return Vec::new() };
        let mut hosts = match (&guest.may_run_on, guest.affinity) {
            (Some(listed), Affinity::Must) => listed.clone(),
            (listed, _) => match self.cluster_of(estate.host(current)) {
                Some(cluster) => cluster.to_vec(),
                None => listed.clone().unwrap_or_default(),
            },
        };
        hosts.push(current);
        hosts.sort();
        hosts.dedup();
        hosts
    }

    /// All hosts of a host's cluster.
    pub fn cluster_of(&self, host: &Host) -> Option<&[HostId]> {
        let key = (host.organisation.clone(), host.cluster.clone()?);
        self.clusters.get(&key).map(Vec::as_slice)
    }
}
