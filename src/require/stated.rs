//! Where the figures that licensing counts by are stated, for the steps of a working.

use crate::model::{Fact, Host, HostId, Locator, Machine};

use super::Ground;

impl Ground<'_> {
    /// The places that state the processors of a physical machine, or the virtual processors of a guest; where sources
    /// contradict each other, all of them.
    pub(super) fn stated(&self, id: HostId) -> Vec<Locator> {
        let host = self.estate.host(id);
        match host.machine {
            Machine::Physical => places(&host.processors),
            Machine::Guest | Machine::Container => places(&host.vcpus),
        }
    }

    /// The places that state the cluster of a machine, and on which host a guest runs.
    pub(super) fn placed(&self, host: &Host) -> Vec<Locator> {
        let on = host.placement.as_ref().map(places).unwrap_or_default();
        on.into_iter().chain(host.cluster_evidence.clone()).collect()
    }
}

fn places<T>(fact: &Fact<T>) -> Vec<Locator> {
    match fact {
        Fact::Known { evidence, .. } => evidence.iter().cloned().collect(),
        Fact::Unknown { .. } => Vec::new(),
        Fact::Conflicting { values } => values.iter().filter_map(|(_, evidence)| evidence.clone()).collect(),
    }
}
