//! Which installations count, and as what.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::{
    Answer, Fact, Host, HostId, Installation, Installs, Isolation, Locator, Machine, Role, Step, licence_name,
};
use crate::rules::{Product, Terms};

use super::Ground;
use super::elsewhere::is_described;
use super::free_use::licensed_as;
use super::guest_cores::guest_units;
use super::hosting::hosting_only;
use super::left_out::left_out;
use super::managed_clients::is_client;
use super::partly_used::is_idle;

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
    /// Whether anything but a word shows that role.
    pub role_proved: bool,
    /// Instances in it.
    pub instances: u32,
    /// Features in use.
    pub features: Vec<String>,
    /// What it is, in words.
    pub text: String,
    /// Where it was seen.
    pub evidence: Vec<Locator>,
    /// Both as a step of arithmetic, once somebody says it: a guest counts on every host of its cluster.
    said: OnceCell<Arc<Step>>,
}

impl Deployed {
    /// What it is and where it was seen, as a step.
    pub fn said(&self) -> Arc<Step> {
        let step = || Arc::new(Step { text: format!("{}.", self.text), rule: None, evidence: self.evidence.clone() });
        Arc::clone(self.said.get_or_init(step))
    }
}

/// Every operating system that runs a server product and counts under the reading in force.
pub(super) fn servers(ground: &Ground<'_>, product: &Product) -> Vec<Deployed> {
    deployed_where(ground, product, |host| is_described(ground, product, host))
}

/// The same in public clouds for which no terms say how to count it.
pub(super) fn elsewhere(ground: &Ground<'_>, product: &Product) -> Vec<Deployed> {
    deployed_where(ground, product, |host| !is_described(ground, product, host))
}

fn deployed_where(ground: &Ground<'_>, product: &Product, wanted: impl Fn(&Host) -> bool) -> Vec<Deployed> {
    let mut deployed = Vec::new();
    if product.counts_managed {
        let systems = ground.index.managed_by(&product.id);
        let systems = systems.filter(|(id, host)| wanted(host) && !is_client(ground, product, *id));
        deployed.extend(systems.filter_map(|(id, host)| managed(ground, product, id, host)));
        return in_guests(ground, product, deployed);
    }
    for (id, host, installs) in ground.index.with_installs(&product.id).filter(|(_, host, _)| wanted(host)) {
        let Some(folded) = in_system(ground, product, id, host, installs) else { continue };
        if left_out(ground, product, id, host) {
            continue;
        }
        deployed.push(folded);
    }
    in_guests(ground, product, deployed)
}

/// What one operating system runs. Components that do not run count in the strict reading only, where that makes a
/// difference (D-25).
fn in_system(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    host: &Host,
    installs: Installs<'_, '_>,
) -> Option<Deployed> {
    let found = |installs: Vec<&Installation>| {
        fold(product, installs.iter().filter_map(|install| counted(ground, product, id, host, install)).collect())
    };
    let all = found(installs.iter().collect())?;
    if !installs.iter().any(|install| is_idle(ground, install)) {
        return Some(all);
    }
    let running = found(installs.iter().filter(|install| !is_idle(ground, install)).collect());
    let alike = |one: &Deployed| one.edition == all.edition && one.version == all.version && one.basis == all.basis;
    if running.as_ref().is_some_and(alike) {
        return Some(all);
    }
    match ground.asker.ask("D-25", &host.organisation, &product.family, &[id]) {
        Answer::Strict => Some(all),
        Answer::Customer => running,
    }
}

/// Containers inside a guest whose licence covers them count as that guest, once (SQ-R19); those that share the kernel of
/// the system they run in count as that system, where the terms say so (WS-R15). Containers that take fewer units than
/// their guest are licensed by themselves, where nothing of the product runs in the guest itself. How a container is isolated may be known to
/// nobody: at the worst it has a virtual machine of its own, at the least it shares the kernel (D-15).
fn in_guests(ground: &Ground<'_>, product: &Product, deployed: Vec<Deployed>) -> Vec<Deployed> {
    let mut by_machine: Vec<Vec<Deployed>> = Vec::new();
    let mut places: HashMap<HostId, usize> = HashMap::new();
    let apart = fewer_by_themselves(ground, product, &deployed);
    for mut one in deployed {
        let machine = ground.estate.host(one.host);
        let covered_in = |parent: HostId| {
            let in_guest = ground.estate.host(parent).machine == Machine::Guest;
            let of_version =
                |terms: &&Terms| one.version.is_some_and(|version| (terms.from..=terms.until).contains(&version));
            let terms = || product.terms.iter().filter(of_version);
            // An edition that carries any number of systems carries any number of containers in a cloud's machine too.
            let any_number = || {
                terms().any(|terms| terms.rights.iter().any(|right| right.unlimited && right.edition == one.edition))
            };
            terms().any(|terms| terms.covers_containers && in_guest && !apart.contains(&parent))
                || machine.cloud().is_some() && any_number()
                || terms().any(|terms| terms.covers_process_containers) && shares_kernel(ground, product, one.host)
        };
        if let Some(parent) = machine.container_of.filter(|&parent| covered_in(parent)) {
            one.host = parent;
        }
        let place = *places.entry(one.host).or_insert(by_machine.len());
        if place == by_machine.len() {
            by_machine.push(Vec::new());
        }
        by_machine[place].push(one);
    }
    by_machine.into_iter().filter_map(|found| fold(product, found)).collect()
}

/// Guests whose containers take fewer units by themselves than the guest that would carry them all (SQ-R19).
fn fewer_by_themselves(ground: &Ground<'_>, product: &Product, deployed: &[Deployed]) -> BTreeSet<HostId> {
    let Some(terms) = product.terms.iter().find(|terms| terms.covers_containers) else { return BTreeSet::new() };
    let mut inside: BTreeMap<HostId, Vec<HostId>> = BTreeMap::new();
    let concerned = |one: &&Deployed| one.version.is_some_and(|version| (terms.from..=terms.until).contains(&version));
    for one in deployed.iter().filter(concerned) {
        if let Some(parent) = ground.estate.host(one.host).container_of {
            inside.entry(parent).or_default().push(one.host);
        }
    }
    let units = |id: HostId| guest_units(ground, product, terms, id, ground.estate.host(id)).0;
    let itself = |parent: HostId| deployed.iter().any(|one| one.host == parent);
    inside
        .into_iter()
        .filter(|(parent, _)| !itself(*parent))
        .filter(|(parent, inside)| inside.iter().map(|&id| units(id)).sum::<u32>() < units(*parent))
        .map(|(parent, _)| parent)
        .collect()
}

/// Whether a container shares the kernel of the system it runs in.
fn shares_kernel(ground: &Ground<'_>, product: &Product, id: HostId) -> bool {
    let machine = ground.estate.host(id);
    match machine.isolation {
        Some(isolation) => isolation == Isolation::Process,
        None => ground.asker.ask("D-15", &machine.organisation, &product.family, &[id]) == Answer::Customer,
    }
}

/// An operating system that the product manages, whatever runs on it (SC-R1).
fn managed(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host) -> Option<Deployed> {
    if left_out(ground, product, id, host) {
        return None;
    }
    Some(Deployed {
        host: id,
        edition: String::new(),
        version: None,
        basis: None,
        hosting_only: false,
        role: Role::Active,
        role_proved: true,
        instances: 1,
        features: Vec::new(),
        text: format!("{}: managed by {}", host.name, product.name),
        evidence: host.evidence.first().cloned().into_iter().collect(),
        said: OnceCell::new(),
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
    let edition = licensed_as(ground, product, id, host, install, edition)?;
    let version = version(ground, product, id, host, install);
    let version_text = version.map_or("version unknown", |version| product.version_name(version));
    Some(Deployed {
        host: id,
        text: format!("{}: {}", host.name, licence_name(&product.name, Some(&edition), Some(version_text))),
        edition,
        version,
        basis: install.licence_basis.clone(),
        hosting_only: hosting_only(ground, product, id, host, install),
        role: install.role,
        role_proved: install.role_proved,
        instances: install.instances.max(1),
        features: install.features.clone(),
        evidence: install.evidence.iter().cloned().collect(),
        said: OnceCell::new(),
    })
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
    // Records that declare different bases declare none.
    let mut bases = found.iter().filter_map(|one| one.basis.clone());
    let basis = bases.next().filter(|first| bases.all(|other| other == *first));
    let mut found = found.into_iter();
    let mut folded = found.next()?;
    for other in found {
        if product.edition_rank(&other.edition) > product.edition_rank(&folded.edition) {
            folded.edition.clone_from(&other.edition);
        }
        folded.version = folded.version.max(other.version);
        folded.hosting_only &= other.hosting_only;
        if other.role != folded.role {
            folded.role = Role::Active;
        }
        folded.role_proved &= other.role_proved;
        folded.instances += other.instances;
        folded.features.extend(other.features);
        folded.text.push_str(&format!(" and {}", other.text));
        folded.evidence.extend(other.evidence);
    }
    folded.basis = basis;
    Some(folded)
}
