//! Hosts as reports and explanations show them: what licensing counts by, in words, with the places that state it.

use crate::model::{Fact, Host, HostFact, HostSummary, Locator, Machine, Placement, Processor};

use super::Ground;
use super::stale::is_stale;

/// One host in words.
pub(super) fn summary(ground: &Ground<'_>, host: &Host) -> HostSummary {
    let machine = match host.machine {
        Machine::Physical if host.hypervisor.is_some() => HostSummary::VIRTUALISATION_HOST,
        Machine::Physical => "physical machine",
        Machine::Guest => "guest",
        Machine::Container => "container",
    };
    let placement = host.placement.as_ref().map(|placement| match placement.value() {
        Some(placement) => placed(ground, placement),
        None => HostSummary::UNPLACED.to_owned(),
    });
    HostSummary {
        name: host.name.clone(),
        organisation: host.organisation.clone(),
        machine: machine.to_owned(),
        placement,
        last_seen: host.last_seen,
        inventoried: host.inventoried,
        stale: is_stale(ground, host),
        facts: facts(ground, host),
        evidence: host.evidence.clone(),
        joined_by: host.joined_by.clone(),
    }
}

/// What licensing counts by, where it has a meaning for this kind of machine.
fn facts(ground: &Ground<'_>, host: &Host) -> Vec<HostFact> {
    let mut facts = Vec::new();
    match host.machine {
        Machine::Physical => facts.push(told("processors", &host.processors, |value| processors(value))),
        Machine::Guest | Machine::Container => {
            facts.push(told("virtual processors", &host.vcpus, u32::to_string));
        }
    }
    if let Some(placement) = &host.placement {
        facts.push(told("runs", placement, |placement| placed(ground, placement)));
    }
    let first = || host.evidence.first().cloned();
    let stated = |name: &str, value: String, evidence: Option<Locator>| HostFact {
        name: name.to_owned(),
        value,
        evidence,
        against: Vec::new(),
    };
    if let Some(cluster) = &host.cluster {
        facts.push(stated("cluster", cluster.clone(), host.cluster_evidence.clone().or_else(first)));
    }
    if let Some(hosts) = &host.may_run_on {
        let names: Vec<&str> = hosts.iter().map(|&id| ground.estate.host(id).name.as_str()).collect();
        // Only a manifest says so, and its place comes after those of the inventories.
        facts.push(stated("may run on", names.join(", "), host.evidence.last().cloned()));
    }
    if !host.powered_on {
        facts.push(stated("power", "switched off".to_owned(), first()));
    }
    facts
}

/// A fact in words, with what contradicts it.
fn told<T>(name: &str, fact: &Fact<T>, words: impl Fn(&T) -> String) -> HostFact {
    let (value, evidence, against) = match fact {
        Fact::Known { value, evidence } => (words(value), evidence.clone(), Vec::new()),
        Fact::Unknown { reason } => (format!("not known: {reason}"), None, Vec::new()),
        Fact::Conflicting { values } => {
            let mut values = values.iter().map(|(value, evidence)| (words(value), evidence.clone()));
            let (value, evidence) = values.next().unwrap_or_default();
            (value, evidence, values.collect())
        }
    };
    HostFact { name: name.to_owned(), value, evidence, against }
}

fn placed(ground: &Ground<'_>, placement: &Placement) -> String {
    match placement {
        Placement::On(id) => format!("on {}", ground.estate.host(*id).name),
        Placement::Cloud(cloud) => format!("in {cloud}"),
    }
}

/// `2 processors with 8 + 8 = 16 cores`, and how many of them are switched on where firmware switched some off.
fn processors(processors: &[Processor]) -> String {
    let cores: Vec<String> = processors.iter().map(|processor| processor.cores.to_string()).collect();
    let sum: u32 = processors.iter().map(|processor| processor.cores).sum();
    let enabled: u32 = processors.iter().map(|processor| processor.enabled_cores.unwrap_or(processor.cores)).sum();
    let switched_off = if enabled < sum { format!(", {enabled} of them switched on") } else { String::new() };
    match processors.len() {
        1 => format!("1 processor with {sum} cores{switched_off}"),
        many => format!("{many} processors with {} = {sum} cores{switched_off}", cores.join(" + ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_summed_and_a_contradiction_keeps_both_sides() {
        let processor = |cores, enabled_cores| Processor { cores, enabled_cores };
        assert_eq!(processors(&[processor(8, None), processor(12, None)]), "2 processors with 8 + 12 = 20 cores");
        assert_eq!(processors(&[processor(16, Some(8))]), "1 processor with 16 cores, 8 of them switched on");
        let fact = Fact::Conflicting { values: vec![(4_u32, None), (8, None)] };
        let told = told("virtual processors", &fact, u32::to_string);
        assert_eq!((told.value.as_str(), told.against), ("4", vec![("8".to_owned(), None)]));
    }
}
