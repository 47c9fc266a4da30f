//! Installations nobody uses, and machines that are switched off or gone.

use std::collections::BTreeMap;

use crate::model::{Change, Host, HostName, Machine, StepKind};
use crate::plan::dates::before_days;

use super::{Candidate, Scene, listed, name};

/// One candidate a product: the machines on which it was last used too long ago. Nobody's word on its use leaves an
/// installation alone.
pub(super) fn unused(scene: &Scene<'_>) -> Vec<Candidate> {
    let days = scene.ground.request.settings.stale_after_days;
    let limit = before_days(scene.ground.request.as_of, days);
    let mut idle: BTreeMap<&str, Vec<HostName>> = BTreeMap::new();
    let mut unmeasured: BTreeMap<&str, usize> = BTreeMap::new();
    for host in scene.hosts() {
        for install in host.installs.iter().filter(|install| scene.is_short(&install.product)) {
            let product = scene.ground.request.rules.products.get(&install.product);
            if product.is_none_or(|product| product.kind == "operating-system") {
                continue;
            }
            match install.last_used {
                Some(used) if used < limit => {
                    let names = idle.entry(&install.product).or_default();
                    if names.last().is_none_or(|last| last.name != host.name) {
                        names.push(name(host));
                    }
                }
                Some(_) => {}
                None => *unmeasured.entry(&install.product).or_default() += 1,
            }
        }
    }
    idle.into_iter()
        .map(|(product, hosts)| {
            let text = format!(
                "Remove {} from {} where nobody used it since {limit} or longer: {}.",
                scene.ground.names.product(product),
                if hosts.len() == 1 { "1 machine".to_owned() } else { format!("{} machines", hosts.len()) },
                listed(&hosts)
            );
            let mut candidate = scene.candidate(StepKind::Uninstall, product, "unused", text);
            candidate
                .conditions
                .push("it is gone before the day on which licences are counted: until then it counts".into());
            candidate.conditions.push("the people who used it agree".into());
            if let Some(others) = unmeasured.get(product) {
                candidate.working.say(match others {
                    1 => "1 further installation has no record of use: it is counted and not touched.".to_owned(),
                    _ => format!(
                        "{others} further installations have no record of use: they are counted and not touched."
                    ),
                });
            }
            candidate.working.by_rule("D-08", format!("Not used for more than {days} days, by the inventory."));
            candidate.changes.push(Change::Uninstall { product: product.to_owned(), hosts });
            candidate
        })
        .collect()
}

/// Switched-off guests, host by host; machines not seen for long, all together.
pub(super) fn retired(scene: &Scene<'_>) -> Vec<Candidate> {
    let counts = |host: &&Host| host.installs.iter().any(|install| scene.is_short(&install.product));
    let mut off: BTreeMap<String, Vec<HostName>> = BTreeMap::new();
    for guest in scene.hosts().filter(counts).filter(|host| host.machine == Machine::Guest && !host.powered_on) {
        let place = guest.runs_on().map_or("no known host".to_owned(), |host| scene.estate.host(host).name.clone());
        off.entry(place).or_default().push(name(guest));
    }
    let mut candidates: Vec<Candidate> = off
        .into_iter()
        .map(|(place, hosts)| {
            let text = format!("Delete the guests on {place} that are switched off: {}.", listed(&hosts));
            let product = products_of(scene, &hosts);
            let mut candidate = scene.candidate(StepKind::Retire, &product, &place, text);
            candidate.conditions.push("nobody needs them, and a copy is kept where it is needed".into());
            candidate.working.by_rule("D-01", "Under the publisher's reading every installation found counts.");
            candidate.changes.push(Change::Retire { hosts });
            candidate
        })
        .collect();
    let days = scene.ground.request.settings.stale_after_days;
    let limit = before_days(scene.ground.request.as_of, days);
    let gone = scene.hosts().filter(counts).filter(|host| host.last_seen.is_some_and(|seen| seen < limit));
    let gone: Vec<HostName> = gone.map(name).collect();
    if !gone.is_empty() {
        let text = format!(
            "Establish that these machines, not seen since {limit} or longer, are gone, and strike them off: {}.",
            listed(&gone)
        );
        let product = products_of(scene, &gone);
        let mut candidate = scene.candidate(StepKind::Retire, &product, "not-seen", text);
        candidate.conditions.push("disposal certificates, or removed accounts, are on file".into());
        candidate.working.by_rule("D-02", format!("No inventory of them for more than {days} days."));
        candidate.changes.push(Change::Retire { hosts: gone });
        candidates.push(candidate);
    }
    candidates
}

/// The first short product that runs on machines.
fn products_of(scene: &Scene<'_>, names: &[HostName]) -> String {
    let installs = scene.hosts().filter(|host| names.contains(&name(host))).flat_map(|host| &host.installs);
    let short = installs.filter(|install| scene.is_short(&install.product));
    short.map(|install| install.product.clone()).min().unwrap_or_default()
}
