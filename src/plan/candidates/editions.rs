//! A lower edition installed where nothing on record uses the higher one's features.

use std::collections::BTreeMap;

use crate::model::{Change, Host, HostName, Installation, Metric, StepKind};
use crate::plan::ground::Bill;
use crate::rules::Product;

use super::{Candidate, Scene, listed, name};

/// For each short product and edition the next lower ones: machine by machine, and all together.
pub(super) fn candidates(scene: &Scene<'_>, bill: &Bill) -> Vec<Candidate> {
    let mut installed: BTreeMap<(&str, &str), Vec<HostName>> = BTreeMap::new();
    for host in scene.hosts() {
        for install in &host.installs {
            let Some(edition) = install.edition.value() else { continue };
            if scene.is_short(&install.product) {
                installed.entry((&install.product, edition)).or_default().push(name(host));
            }
        }
    }
    let mut candidates = Vec::new();
    for ((product, edition), hosts) in installed {
        let Some(rules) = scene.ground.request.rules.products.get(product) else { continue };
        for lower in lower(scene, rules, edition) {
            let free: Vec<HostName> = hosts.iter().filter(|host| may_run(scene, rules, host, lower)).cloned().collect();
            let device = bill.rows.iter().any(|(short, _)| {
                short.organisation == scene.organisation && short.product == product && short.metric == Metric::Device
            });
            let bundle: Vec<HostName> = if device {
                free.iter().take(scene.units_short(bill, product, Some(edition)) as usize).cloned().collect()
            } else {
                free.clone()
            };
            let singles = free.iter().filter(|_| !device && free.len() > 1).map(|host| vec![host.clone()]);
            for group in singles.chain([bundle]).filter(|group| !group.is_empty()) {
                candidates.push(candidate(scene, rules, edition, lower, group));
            }
        }
    }
    candidates
}

/// Editions below one that need a licence and can be had: they have a price, or some are owned.
fn lower<'p>(scene: &Scene<'_>, product: &'p Product, edition: &str) -> Vec<&'p str> {
    let Some(rank) = product.edition_rank(edition) else { return Vec::new() };
    let owned = |name: &str| {
        scene.estate.purchases.iter().any(|line| {
            line.product == product.id
                && line.edition.as_deref() == Some(name)
                && scene.estate.may_draw(scene.organisation, line, scene.ground.request.as_of)
        })
    };
    let free = |name: &&String| product.free_editions.contains(name);
    let lower = product.editions[..rank].iter().filter(|name| !free(name)).map(String::as_str);
    lower.filter(|name| scene.ground.book.sells(&product.id, name) || owned(name)).collect()
}

/// Whether nothing on record needs more than an edition.
fn may_run(scene: &Scene<'_>, product: &Product, host: &HostName, edition: &str) -> bool {
    let found = scene.hosts().find(|known| known.name == host.name);
    let installs = |host: &Host| -> Vec<Installation> {
        host.installs.iter().filter(|install| install.product == product.id).cloned().collect()
    };
    let Some(installs) = found.map(installs) else { return false };
    let rank = product.edition_rank(edition);
    let needs_more = |needed: &String| product.edition_rank(needed) > rank;
    !installs.iter().any(|install| {
        product
            .feature_editions
            .iter()
            .any(|(feature, needed)| install.features.contains(feature) && needs_more(needed))
            || product
                .component_editions
                .iter()
                .any(|(component, needed)| install.component.as_ref() == Some(component) && needs_more(needed))
    })
}

fn candidate(scene: &Scene<'_>, product: &Product, from: &str, to: &str, hosts: Vec<HostName>) -> Candidate {
    let names = &scene.ground.names;
    let text = format!(
        "Install {} instead of {} on {}.",
        names.licence(&product.id, Some(to), None),
        names.licence(&product.id, Some(from), None),
        listed(&hosts)
    );
    let who: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let subject = if who.len() == 1 { format!("{from}-to-{to}-{}", who[0]) } else { format!("{from}-to-{to}") };
    let mut candidate = scene.candidate(StepKind::Downgrade, &product.id, &subject, text);
    candidate.conditions.push(format!(
        "nothing there uses what only {from} has: the inventory shows no such use, and may not see it all"
    ));
    candidate.working.say(format!("Licences of {to} cost less than those of {from}."));
    candidate.changes.push(Change::Edition {
        product: product.id.clone(),
        from: from.to_owned(),
        to: to.to_owned(),
        hosts,
    });
    candidate
}
