//! The subscription build installed instead of the one that is licensed by device.

use crate::model::{Change, Host, HostName, StepKind};
use crate::plan::ground::Bill;
use crate::rules::{Method, Product};

use super::{Candidate, Scene, listed, name};

/// For each short product that is sold by person too: as many devices as are short, and all of them.
pub(super) fn candidates(scene: &Scene<'_>, bill: &Bill) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for product in scene.ground.request.rules.products.values().filter(|product| scene.is_short(&product.id)) {
        let by_device = product.terms.iter().any(|terms| terms.method == Method::Device);
        let by_person = product.terms.iter().find(|terms| terms.method == Method::User && !terms.builds.is_empty());
        let Some(terms) = by_person.filter(|_| by_device) else { continue };
        let build = &terms.builds[0];
        let licence = terms.licence_product.as_deref().unwrap_or(&product.id);
        let devices: Vec<HostName> =
            scene.hosts().filter(|host| has_other_build(host, product, build)).map(name).collect();
        let short = scene.units_short(bill, &product.id, None) as usize;
        if devices.is_empty() || short == 0 {
            continue;
        }
        let mut sizes = vec![short.min(devices.len()), devices.len()];
        sizes.dedup();
        for size in sizes {
            candidates.push(candidate(scene, product, build, licence, &devices[..size]));
        }
    }
    candidates
}

fn has_other_build(host: &Host, product: &Product, build: &str) -> bool {
    host.installs.iter().any(|install| install.product == product.id && install.build.as_deref() != Some(build))
}

fn candidate(scene: &Scene<'_>, product: &Product, build: &str, licence: &str, hosts: &[HostName]) -> Candidate {
    let text = format!(
        "Replace {} on {} devices by the build of {}, for the people who use them: {}.",
        product.name,
        hosts.len(),
        scene.ground.names.product(licence),
        listed(hosts)
    );
    let subject = format!("{build}-build");
    let mut candidate = scene.candidate(StepKind::ChangeBuild, &product.id, &subject, text);
    candidate
        .conditions
        .push(format!("everybody who uses these devices holds {}", scene.ground.names.product(licence)));
    candidate.conditions.push("the subscriptions stay in term as long as the build is used".into());
    candidate.working.by_rule("DT-R7", "People with a subscription run the subscription's build.");
    candidate.changes.push(Change::Build { product: product.id.clone(), to: build.to_owned(), hosts: hosts.to_vec() });
    candidate
}
