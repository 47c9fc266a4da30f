//! A licence for each device on which the product is installed, whatever the number of copies (DT-R1, DT-R2, DT-R4).
//!
//! Two versions of one edition on a device need one licence, of the newer. A device all of whose people hold a
//! subscription that includes the product, yet run the volume build, counts in the strict reading (D-13), unless the
//! subscription covers devices whatever the build (`covered_devices`). Devices
//! that a purchase line names stand in lines of their own, so that an assigned licence serves its device only.
//! Keys: `editions`, `builds`, `physical_only`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::{
    Acceptance, Alternative, Answer, Basis, Host, HostId, Installation, Installs, Key, Line, Locator, Machine,
    Requirement, Scope, Working, edition_name, licence_name,
};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::covered_devices::{beside_subscriptions, covering, is_older_build};
use super::deployment::{edition, version};
use super::equal_function::higher_editions;
use super::left_out::{left_out, stale};
use super::reaching::{Device, Reaching, carried_beside, people};
use super::user::subscribed;

/// One requirement an organisation.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let named: BTreeSet<HostId> = ground.owned.iter().flat_map(|one| one.bound_hosts.iter().copied()).collect();
    let reaching = Reaching::new(ground, product);
    let look = |id, host, installs: Installs<'_, '_>| {
        let editions = device(ground, product, id, host, installs);
        let used_on = match editions.is_empty() {
            true => Vec::new(),
            false if physical_only(product) => vec![(Device::Machine(id), 1)],
            false => reaching.devices(id, host),
        };
        Arc::new(Copies { editions, used_on })
    };
    let found = ground.memory.copies.walk(ground, product, &product.id, look);
    let mut by_organisation: BTreeMap<&str, Devices> = BTreeMap::new();
    for ((id, host), copies) in ground.index.with_product(&product.id).zip(&found) {
        if !copies.editions.is_empty() {
            by_organisation.entry(&host.organisation).or_default().add(id, host, copies);
        }
    }
    for devices in by_organisation.values_mut() {
        devices.group(&named);
    }
    by_organisation
        .into_iter()
        .map(|(organisation, devices)| requirement(ground, product, organisation, &devices))
        .collect()
}

/// Whether an installation counts although it was not used of late; nobody's word on its use counts it (D-08).
fn in_use(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host, install: &Installation) -> bool {
    !ground.is_long_ago(install.last_used)
        || ground.asker.ask("D-08", &host.organisation, &product.family, &[id]) == Answer::Strict
}

/// Copies on one machine that need a licence.
pub(super) struct Copies {
    editions: Vec<Copy>,
    /// What they are used on, and how many devices each stands for.
    used_on: Vec<(Device, u32)>,
}

/// An edition that needs a licence, with the newest version installed.
struct Copy {
    edition: String,
    version: Option<usize>,
    /// Which of the machine's installations prove it.
    installs: Vec<u32>,
}

/// Devices that are licensed alike.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    edition: String,
    version: Option<usize>,
    named: Option<HostId>,
}

/// Machines that one edition and version was seen on, and where it was seen.
type Installed<'a> = BTreeMap<(&'a str, Option<usize>), (Vec<HostId>, Vec<&'a Locator>)>;

#[derive(Default)]
struct Devices<'a> {
    installed: Installed<'a>,
    /// What needs a licence of an edition: the newest version it runs or reaches, and how many devices it stands for.
    licensed: HashMap<(&'a str, &'a Device), (Option<usize>, u32)>,
    /// The same by what is licensed alike.
    groups: BTreeMap<Group, u32>,
}

impl<'a> Devices<'a> {
    /// Adds the copies on one machine.
    fn add(&mut self, id: HostId, host: &'a Host, copies: &'a Copies) {
        for Copy { edition, version, installs } in &copies.editions {
            for (device, number) in &copies.used_on {
                let newest = self.licensed.entry((edition, device)).or_default();
                *newest = (newest.0.max(*version), newest.1.max(*number));
            }
            let seen = self.installed.entry((edition, *version)).or_default();
            seen.0.push(id);
            seen.1.extend(installs.iter().filter_map(|&number| host.installs[number as usize].evidence.as_ref()));
        }
    }

    /// Puts together what is licensed alike; machines a purchase names stay by themselves.
    fn group(&mut self, named: &BTreeSet<HostId>) {
        for ((edition, device), (version, number)) in std::mem::take(&mut self.licensed) {
            let named = match device {
                Device::Machine(id) | Device::Behind(id) => named.contains(id).then_some(*id),
                _ => None,
            };
            *self.groups.entry(Group { edition: edition.to_owned(), version, named }).or_default() += number;
        }
    }
}

/// Editions for which a device needs a licence, each with the newest version installed.
fn device(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host, installs: Installs<'_, '_>) -> Vec<Copy> {
    if physical_only(product) && host.machine != Machine::Physical || covered(ground, product, id) {
        return Vec::new();
    }
    let concerned: Vec<(u32, &Installation)> = installs
        .numbered()
        .filter(|(_, install)| by_device(product, install) && !is_older_build(ground, product, id, host, install))
        .collect();
    if concerned.is_empty() || stale(ground, host) && left_out(ground, product, id, host) {
        return Vec::new();
    }
    let mut needs: BTreeMap<String, (Option<usize>, Vec<u32>)> = BTreeMap::new();
    for (number, install) in concerned {
        if !in_use(ground, product, id, host, install) {
            continue;
        }
        let Some(edition) = edition(ground, product, id, host, install) else { continue };
        let comes_free = product.free_editions.contains(&edition) || product.with_device.contains(&edition);
        if comes_free || paid_for(ground, product, id, host) {
            continue;
        }
        let version = version(ground, product, id, host, install);
        let entry = needs.entry(edition).or_default();
        entry.0 = entry.0.max(version);
        entry.1.push(number);
    }
    needs.into_iter().map(|(edition, (version, installs))| Copy { edition, version, installs }).collect()
}

/// Whether copies in guests are licensed otherwise.
pub(super) fn physical_only(product: &Product) -> bool {
    product.terms.iter().any(|terms| terms.method == Method::Device && terms.physical_only)
}

/// Whether another product on the same host covers this one.
fn covered(ground: &Ground<'_>, product: &Product, id: HostId) -> bool {
    product.covered_by.iter().any(|other| ground.index.installs(other, id).iter().next().is_some())
}

/// Whether an installation's build is licensed by device.
fn by_device(product: &Product, install: &Installation) -> bool {
    let by_user =
        |build: &String| product.terms.iter().any(|terms| terms.method == Method::User && terms.builds.contains(build));
    !install.build.as_ref().is_some_and(by_user)
}

/// Whether all people of the device hold a subscription that includes the product, and the reading accepts that (D-13).
fn paid_for(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host) -> bool {
    if !subscribed(ground, product, host) {
        return false;
    }
    if covering(product).is_some() {
        return true;
    }
    ground.asker.ask("D-13", &host.organisation, &product.family, &[id]) == Answer::Customer
}

fn requirement(ground: &Ground<'_>, product: &Product, organisation: &str, devices: &Devices<'_>) -> Requirement {
    let mut working = Working::default();
    let mut hosts: Vec<HostId> = devices.installed.values().flat_map(|(ids, _)| ids.iter().copied()).collect();
    hosts.sort();
    hosts.dedup();
    for ((edition, version), (ids, evidence)) in &devices.installed {
        let version = version.map_or("version unknown", |version| product.version_name(version));
        let evidence = evidence.iter().copied().cloned().collect();
        working.by_facts(
            format!("{} machines with {}.", ids.len(), licence_name(&product.name, Some(edition), Some(version))),
            evidence,
        );
    }
    let mut alternatives = Vec::new();
    if let Some(terms) = product.terms.iter().find(|terms| terms.method == Method::Device) {
        for (portable, main) in hosts.iter().filter_map(|&id| Some((id, carried_beside(ground, product, id)?))) {
            let (portable, main) = (&ground.estate.host(portable).name, &ground.estate.host(main).name);
            working.by_rule(
                &terms.id,
                format!("{portable} is the portable device of the main user of {main}: one licence serves both."),
            );
        }
        let way = by_device_way(ground, product, terms, organisation, devices);
        alternatives.extend(beside_subscriptions(ground, product, organisation, &hosts, &way));
        alternatives.insert(0, way);
    }
    for terms in product.terms.iter().filter(|terms| terms.method == Method::User) {
        alternatives.push(by_user_way(ground, product, terms, organisation, &hosts));
    }
    Requirement {
        key: Key::new("requirement", &[organisation, "devices", &product.id]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Devices,
        hosts,
        alternatives,
        working,
    }
}

fn by_device_way(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    organisation: &str,
    devices: &Devices<'_>,
) -> Alternative {
    let mut working = Working::default();
    let mut lines = Vec::new();
    for (group, &units) in &devices.groups {
        let version = group.version.map_or("version unknown", |version| product.version_name(version));
        working.by_rule(
            &terms.id,
            format!(
                "{units} devices use or reach {}: {units} licences.",
                licence_name(&product.name, Some(&group.edition), Some(version))
            ),
        );
        let serving = product.editions.iter().filter(|one| product.edition_serves(one, &group.edition));
        let mut editions = vec![group.edition.clone()];
        editions.extend(serving.filter(|one| **one != group.edition).cloned());
        let installed = devices.installed.iter().filter(|((edition, _), _)| *edition == group.edition);
        let hosts: Vec<HostId> = installed.flat_map(|(_, (ids, _))| ids.iter().copied()).collect();
        let higher = higher_editions(ground, product, terms.metric, organisation, &group.edition, &hosts);
        if !higher.is_empty() {
            let paid: Vec<String> = higher.iter().map(|edition| edition_name(edition)).collect();
            let (paid, edition) = (paid.join(", "), edition_name(&group.edition));
            working.by_rule("D-13", format!("Licences of {paid} paid for everything that {edition} does."));
        }
        editions.extend(higher);
        lines.push(Line {
            edition: (!group.edition.is_empty()).then(|| group.edition.as_str().into()),
            editions: editions.into(),
            version: group.version,
            hosts: group.named.into_iter().collect(),
            accepts: [Acceptance {
                from: 0,
                until: usize::MAX,
                needs_sa: false,
                grace: false,
                through: None,
                terms: terms.id.clone(),
            }]
            .into(),
            ..Line::new(&product.id, None, terms.metric, units)
        });
    }
    let edition = lines.first().and_then(|line| line.edition.clone());
    let uniform = lines.iter().all(|line| line.edition == edition);
    Alternative {
        edition: edition.filter(|_| uniform).map(|edition| edition.to_string()),
        sold: true,
        ..Alternative::new(&product.id, terms.metric, Basis::Device, lines, working)
    }
}

/// Subscriptions for the people of all these devices instead; an alternative only, because it needs another build.
fn by_user_way(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    organisation: &str,
    hosts: &[HostId],
) -> Alternative {
    let people: u32 = people(ground, product, organisation, hosts);
    let licence = terms.licence_product.clone().unwrap_or_else(|| product.id.clone());
    let condition = if terms.covers_devices {
        "each of these people holds the subscription"
    } else {
        "the subscription build is installed instead"
    };
    let mut working = Working::default();
    working.by_rule(&terms.id, format!("{people} people use these devices: {people} subscriptions of {licence}."));
    Alternative {
        conditional: true,
        higher_edition: true,
        listed_only: true,
        condition: Some(condition.into()),
        edition: terms.editions.first().cloned(),
        ..Alternative::new(
            &licence,
            terms.metric,
            Basis::User,
            vec![Line::new(&licence, terms.editions.first().map(String::as_str), terms.metric, people)],
            working,
        )
    }
}
