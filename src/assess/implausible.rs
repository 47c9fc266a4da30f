//! Hardware that no source contradicts and that cannot be right, and what hangs on it. The figures are used as they
//! stand, so that no need is understated; whoever reads them is told.

use crate::model::{
    Assessment, Estate, Fact, Finding, Host, HostContradiction, HostId, Key, Machine, Placement, Processor, thousands,
};
use crate::rules::Rules;

use super::Ground;

/// More sockets than the largest machines of the trade have.
const MOST_SOCKETS: usize = 32;

/// More cores than any processor of the trade has.
const MOST_CORES: u32 = 512;

/// From so many sockets on, as many sockets as each has cores is one number written twice.
const SQUARE_FROM: usize = 10;

/// Hardware threads of a core where no source states them: two, as nearly every processor has at most.
const USUAL_THREADS: u32 = 2;

/// One finding for each machine whose hardware cannot be right.
pub(super) fn findings(ground: &Ground<'_>, strict: &Assessment) -> Vec<Finding> {
    let hosts = ground.estate.hosts_with_ids();
    hosts.filter_map(|(id, host)| finding(ground, strict, id, host)).collect()
}

fn finding(ground: &Ground<'_>, strict: &Assessment, id: HostId, host: &Host) -> Option<Finding> {
    let (what, evidence) = match host.machine {
        Machine::Physical => {
            let what = hardware(host.processors.value()?)?;
            (what, host.processors.evidence().cloned())
        }
        Machine::Guest | Machine::Container => {
            let what = virtual_hardware(ground.estate, host)?;
            (what, host.vcpus.evidence().cloned())
        }
    };
    let hangs =
        what_hangs(ground.rules, strict, id).unwrap_or_else(|| "Nothing that is counted rests on it.".to_owned());
    Some(Finding {
        key: Key::new("implausible", &[&host.organisation, &host.name]),
        organisation: host.organisation.clone(),
        text: format!("{}: {what}; it is counted as stated. {hangs}", host.name),
        evidence: evidence.into_iter().collect(),
    })
}

/// What cannot be right of a physical machine's processors.
fn hardware(processors: &[Processor]) -> Option<String> {
    let sockets = processors.len();
    let square = sockets >= SQUARE_FROM && processors.iter().all(|processor| processor.cores as usize == sockets);
    if square {
        Some(format!("{sockets} processors of {sockets} cores each look like one number written twice"))
    } else if sockets > MOST_SOCKETS {
        Some(format!("{sockets} processors are more than machines have"))
    } else {
        let most = processors.iter().map(|processor| processor.cores).max().filter(|cores| *cores > MOST_CORES)?;
        Some(format!("a processor of {} cores has more than processors have", thousands(u64::from(most))))
    }
}

/// What cannot be right of a guest's processors beside those of its host.
fn virtual_hardware(estate: &Estate, guest: &Host) -> Option<String> {
    let vcpus = *guest.vcpus.value()?;
    let Placement::On(host) = guest.placement.as_ref()?.value()? else { return None };
    let host = estate.hosts.get(host.0 as usize)?;
    let cores: u32 = host.processors.value()?.iter().map(|processor| processor.cores).sum();
    let threads = cores.saturating_mul(host.threads_per_core.max(USUAL_THREADS));
    (vcpus > threads).then(|| {
        format!("{vcpus} virtual processors are more than the {threads} threads of its host {} can be", host.name)
    })
}

/// The needs that rest on a machine, in a sentence; `None` where none does.
fn what_hangs(rules: &Rules, strict: &Assessment, id: HostId) -> Option<String> {
    let mut needs: Vec<String> = Vec::new();
    for (index, requirement) in strict.requirements.iter().enumerate() {
        if !requirement.hosts.contains(&id) {
            continue;
        }
        let name = rules.products.get(&requirement.family).map_or(requirement.family.as_str(), |product| &product.name);
        let chosen = strict.chosen.iter().find(|chosen| chosen.requirement == index);
        let way = chosen.and_then(|chosen| requirement.alternatives.get(chosen.alternative));
        let units: Vec<String> = way.iter().flat_map(|way| &way.lines).map(|line| line.units.to_string()).collect();
        needs.push(match units.is_empty() {
            true => name.to_owned(),
            false => format!("{name} ({} units)", units.join(" + ")),
        });
    }
    needs.sort();
    needs.dedup();
    (!needs.is_empty()).then(|| format!("On it rest: {}.", needs.join(", ")))
}

/// A contradiction between sources of one machine, with what hangs on it.
pub fn with_what_hangs(
    estate: &Estate,
    rules: &Rules,
    strict: &Assessment,
    contradiction: HostContradiction,
) -> Finding {
    let HostContradiction { organisation, host: name, fact, mut finding } = contradiction;
    // What a manifest states settles a contradiction of others.
    let is_open = |host: &Host| match fact {
        "processors" => matches!(host.processors, Fact::Conflicting { .. }),
        "virtual processors" => matches!(host.vcpus, Fact::Conflicting { .. }),
        "placement" => matches!(host.placement, Some(Fact::Conflicting { .. })),
        _ => false,
    };
    let contradicted =
        |(_, host): &(HostId, &Host)| host.name == name && host.organisation == organisation && is_open(host);
    if let Some((id, _)) = estate.hosts_with_ids().find(contradicted)
        && let Some(hangs) = what_hangs(rules, strict, id)
    {
        finding.text = format!("{}. {hangs}", finding.text.trim_end_matches('.'));
    }
    finding
}
