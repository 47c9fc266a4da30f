//! Which installations count, and as what.

use jiff::ToSpan;

use crate::model::{Answer, Environment, Fact, Host, HostId, Installation, Locator, Machine, Role};
use crate::rules::Product;

use super::Ground;

/// A product in one operating system, after several installations of it there were folded together.
#[derive(Debug, Clone)]
pub(super) struct Deployed {
    /// The operating system's machine.
    pub host: HostId,
    /// Highest edition installed or needed.
    pub edition: String,
    /// Newest version installed, as index into the releases; `None`: any licence serves.
    pub version: Option<usize>,
    /// Basis the customer declared.
    pub basis: Option<String>,
    /// It does nothing but run guests.
    pub hosting_only: bool,
    /// What it does; active where several installations differ.
    pub role: Role,
    /// Features in use.
    pub features: Vec<String>,
    /// What it is, in words.
    pub text: String,
    /// Where it was seen.
    pub evidence: Vec<Locator>,
}

/// Every operating system that runs a server product and counts under the reading in force.
pub(super) fn servers(ground: &Ground<'_>, product: &Product) -> Vec<Deployed> {
    let mut deployed = Vec::new();
    for (id, host) in ground.estate.hosts_with_ids() {
        let in_cloud = host.cloud().is_some();
        if in_cloud && !product.terms.iter().any(|terms| terms.concerns(host.cloud(), ground.as_of)) {
            continue;
        }
        if product.counts_managed {
            deployed.extend(managed(ground, product, id, host));
            continue;
        }
        let found: Vec<Deployed> = host
            .installs
            .iter()
            .filter(|install| install.product == product.id)
            .filter_map(|install| counted(ground, product, id, host, install))
            .collect();
        let Some(folded) = fold(product, found) else { continue };
        if left_out(ground, product, id, host) {
            continue;
        }
        deployed.push(folded);
    }
    in_guests(ground, product, deployed)
}

/// Containers inside a guest whose licence covers them count as that guest, once (SQ-R19).
fn in_guests(ground: &Ground<'_>, product: &Product, deployed: Vec<Deployed>) -> Vec<Deployed> {
    let mut by_machine: Vec<(HostId, Vec<Deployed>)> = Vec::new();
    for mut one in deployed {
        let machine = ground.estate.host(one.host);
        let parent = machine.container_of.filter(|&id| ground.estate.host(id).machine == Machine::Guest);
        let covers = |terms: &&crate::rules::Terms| {
            terms.covers_containers && one.version.is_some_and(|version| (terms.from..=terms.until).contains(&version))
        };
        if let Some(parent) = parent.filter(|_| product.terms.iter().any(|terms| covers(&terms))) {
            one.host = parent;
        }
        match by_machine.iter_mut().find(|(host, _)| *host == one.host) {
            Some((_, found)) => found.push(one),
            None => by_machine.push((one.host, vec![one])),
        }
    }
    by_machine.into_iter().filter_map(|(_, found)| fold(product, found)).collect()
}

/// An operating system that the product manages, whatever runs on it (SC-R1).
fn managed(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host) -> Option<Deployed> {
    if !host.managed_by.contains(&product.id) || left_out(ground, product, id, host) {
        return None;
    }
    Some(Deployed {
        host: id,
        edition: String::new(),
        version: None,
        basis: None,
        hosting_only: false,
        role: Role::Active,
        features: Vec::new(),
        text: format!("{}: managed by {}", host.name, product.name),
        evidence: host.evidence.first().cloned().into_iter().collect(),
    })
}

/// One installation as it counts; `None` for what needs no licence.
fn counted(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    host: &Host,
    install: &Installation,
) -> Option<Deployed> {
    if install.role == Role::Component
        && install.component.as_ref().is_some_and(|component| product.free_components.contains(component))
    {
        return None;
    }
    let edition = edition(ground, product, id, host, install)?;
    if product.free_editions.contains(&edition) {
        return None;
    }
    let version = version(ground, product, id, host, install);
    let version_text = version.map_or("version unknown", |version| product.version_name(version));
    Some(Deployed {
        host: id,
        text: format!("{}: {} {edition} {version_text}", host.name, product.name),
        edition,
        version,
        basis: install.licence_basis.clone(),
        hosting_only: hosting_only(ground, product, host, install),
        role: install.role,
        features: install.features.clone(),
        evidence: install.evidence.iter().cloned().collect(),
    })
}

/// Whether an operating system does nothing but run guests: declared so, or the system of a virtualisation host, and no
/// work of its own beside it (WS-R4, D-21).
fn hosting_only(ground: &Ground<'_>, product: &Product, host: &Host, install: &Installation) -> bool {
    let declared = install.hosting_only || host.hypervisor.is_some();
    let works = install.features.iter().any(|feature| product.workload_features.contains(feature));
    let serves = host.installs.iter().any(|other| {
        ground.rules.products.get(&other.product).is_some_and(|other| other.kind == "server" && other.id != product.id)
    });
    declared && !works && !serves
}

/// The edition installed, raised by features and components that need a higher one; the reading's assumption where
/// nobody states it (D-15).
pub(super) fn edition(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    host: &Host,
    install: &Installation,
) -> Option<String> {
    let needed = install
        .features
        .iter()
        .filter_map(|feature| named(&product.feature_editions, feature))
        .chain(install.component.iter().filter_map(|component| named(&product.component_editions, component)))
        .max_by_key(|edition| product.edition_rank(edition));
    let stated = match &install.edition {
        Fact::Unknown { .. } if needed.is_some() => None,
        Fact::Unknown { .. } => match &product.unknown_edition {
            Some(assumption) if assumption.strict == assumption.customer => Some(assumption.strict.clone()),
            Some(assumption) => Some(match ground.asker.ask("D-15", &host.organisation, &product.family, &[id]) {
                Answer::Strict => assumption.strict.clone(),
                Answer::Customer => assumption.customer.clone(),
            }),
            None => Some(String::new()),
        },
        known => known.value().cloned(),
    };
    match (stated, needed) {
        (Some(stated), Some(needed)) if product.edition_rank(&stated) < product.edition_rank(needed) => {
            Some(needed.clone())
        }
        (Some(stated), _) => Some(stated),
        (None, needed) => needed.cloned(),
    }
}

fn named<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a String> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, edition)| edition)
}

/// The version installed; where nobody states it the newest or, in the customer's reading, any (D-15).
pub(super) fn version(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    host: &Host,
    install: &Installation,
) -> Option<usize> {
    if product.releases.is_empty() {
        return None;
    }
    match install.version.value().and_then(|version| product.release(version)) {
        Some(version) => Some(version),
        None => match ground.asker.ask("D-15", &host.organisation, &product.family, &[id]) {
            Answer::Strict => product.current_release(ground.as_of),
            Answer::Customer => None,
        },
    }
}

/// Several installations in one operating system need one licence, of the highest edition and the newest version.
fn fold(product: &Product, found: Vec<Deployed>) -> Option<Deployed> {
    let mut found = found.into_iter();
    let mut folded = found.next()?;
    for other in found {
        if product.edition_rank(&other.edition) > product.edition_rank(&folded.edition) {
            folded.edition.clone_from(&other.edition);
        }
        folded.version = folded.version.max(other.version);
        folded.basis = folded.basis.or(other.basis);
        folded.hosting_only &= other.hosting_only;
        if other.role != folded.role {
            folded.role = Role::Active;
        }
        folded.features.extend(other.features);
        folded.text.push_str(&format!(" and {}", other.text));
        folded.evidence.extend(other.evidence);
    }
    Some(folded)
}

/// Whether the customer's reading leaves the machine out: switched off (D-01) or not seen for a long time (D-02).
pub(super) fn left_out(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host) -> bool {
    let ask = |ambiguity| ground.asker.ask(ambiguity, &host.organisation, &product.family, &[id]) == Answer::Customer;
    if for_tests_only(ground, product, id, host) {
        return true;
    }
    if !host.powered_on && host.machine != Machine::Physical && ask("D-01") {
        return true;
    }
    stale(ground, host) && ask("D-02")
}

/// Whether everybody who uses a machine for tests and development holds a subscription for that (VS-R1, VS-R2). One
/// person without it voids the exception in the strict reading; in the customer's that person is short (D-06).
fn for_tests_only(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host) -> bool {
    if host.environment == Environment::Production || host.production_data || host.used_by.is_empty() {
        return false;
    }
    let subscribed = |name: &String| {
        let mut groups = ground.estate.users.iter().filter(|group| group.name.as_ref() == Some(name));
        groups.any(|group| {
            let mut held = group.subscriptions.iter().filter_map(|held| ground.rules.products.get(held));
            held.any(|product| product.covers_tests)
        })
    };
    let count = host.used_by.iter().filter(|name| subscribed(name)).count();
    if count == host.used_by.len() {
        return true;
    }
    count > 0 && ground.asker.ask("D-06", &host.organisation, &product.family, &[id]) == Answer::Customer
}

/// Whether the newest sighting is older than the limit.
pub(super) fn stale(ground: &Ground<'_>, host: &Host) -> bool {
    let limit = ground.as_of.checked_sub(i64::from(ground.settings.stale_after_days).days());
    match (host.last_seen, limit) {
        (Some(seen), Ok(limit)) => seen < limit,
        _ => false,
    }
}
