//! Client access licences: one for each person or device that reaches a server product, whichever are fewer.
//!
//! Who shares devices with whom forms groups without a link between them; within a group everybody may use every
//! device, so the fewest licences that cover all access (the smallest vertex cover of people and devices) are the
//! smaller of the two numbers, group by group (CL-R1). People whose subscription includes the access need none
//! (CL-R8). The licence must be of the server's version or newer (CL-R2). Keys: `serves`, `serves_basis`.

use std::collections::BTreeMap;

use jiff::ToSpan;

use crate::model::{
    Acceptance, Access, Alternative, Basis, HostId, Key, Line, Metric, Requirement, Scope, SharingGroup, Working,
};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::instance::exceeded;

/// One requirement an organisation.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let mut requirements = Vec::new();
    let mut served: Vec<&Option<String>> = Vec::new();
    for terms in product.terms.iter().filter(|terms| terms.method == Method::Access) {
        if served.contains(&&terms.serves) {
            continue;
        }
        served.push(&terms.serves);
        let mut by_organisation: BTreeMap<&str, Vec<&Access>> = BTreeMap::new();
        for access in &ground.estate.accesses {
            if terms.serves.as_ref() == Some(&access.product) && is_needed(ground, terms, &access.organisation) {
                by_organisation.entry(&access.organisation).or_default().push(access);
            }
        }
        for (organisation, accesses) in by_organisation {
            requirements.extend(requirement(ground, product, terms, organisation, &accesses));
        }
    }
    requirements
}

/// Whether servers are licensed on the basis that needs these licences: declared so, or owned so.
pub(super) fn is_needed(ground: &Ground<'_>, terms: &Terms, organisation: &str) -> bool {
    if includes_access(ground, terms, organisation) {
        return false;
    }
    let (Some(basis), Some(served)) = (&terms.serves_basis, &terms.serves) else { return true };
    let installs = || {
        ground
            .estate
            .hosts
            .iter()
            .filter(|host| host.organisation == organisation)
            .flat_map(|host| &host.installs)
            .filter(|install| install.product == *served)
    };
    let declared = installs().any(|install| install.licence_basis.as_ref() == Some(basis));
    let undeclared = installs().any(|install| install.licence_basis.is_none());
    let owned = ground
        .estate
        .purchases
        .iter()
        .any(|line| line.may_be_drawn_by(organisation) && line.product == *served && line.metric == Metric::Server);
    declared || undeclared && owned
}

/// Whether every server of the product that an organisation runs is of an edition whose licence covers its access, within
/// the limits of that licence (WS-R17, CL-R10).
fn includes_access(ground: &Ground<'_>, terms: &Terms, organisation: &str) -> bool {
    let Some(served) = terms.serves.as_ref().and_then(|id| ground.rules.products.get(id)) else { return false };
    let with_access: Vec<&Terms> = served.terms.iter().filter(|terms| terms.includes_access).collect();
    if with_access.is_empty() {
        return false;
    }
    let mut servers = ground.estate.hosts_with_ids().filter(|(_, host)| {
        host.organisation == organisation && host.installs.iter().any(|install| install.product == served.id)
    });
    let covered = |(id, host): (HostId, &crate::model::Host)| {
        host.installs.iter().filter(|install| install.product == served.id).all(|install| {
            install.edition.value().is_some_and(|edition| {
                let covers = |terms: &&&Terms| terms.editions.contains(edition);
                with_access.iter().any(|terms| covers(&terms) && exceeded(ground, terms, id).is_none())
            })
        })
    };
    let Some(first) = servers.next() else { return false };
    covered(first) && servers.all(covered)
}

/// People and devices of one kind of access, in groups that share nothing.
struct Reach {
    /// Groups with the newest server version each reaches.
    groups: Vec<(SharingGroup, Option<usize>)>,
    /// Units whose version is that of the newest server any of them reaches.
    version: Option<usize>,
}

impl Reach {
    fn of(ground: &Ground<'_>, product: &Product, accesses: &[&Access]) -> Self {
        let mut groups = Vec::new();
        for access in accesses {
            let version = access.version.as_ref().and_then(|version| cal_version(ground, product, access, version));
            let sharing = if access.sharing.is_empty() { whole(access) } else { access.sharing.clone() };
            groups.extend(sharing.into_iter().map(|group| (group, version)));
        }
        let version = groups.iter().filter_map(|(_, version)| *version).max();
        Self { groups, version }
    }
}

/// Numbers without a sharing map: people alone, devices alone, or one group of both.
fn whole(access: &Access) -> Vec<SharingGroup> {
    match (access.users, access.devices) {
        (None, None) => Vec::new(),
        // What is not known cannot be the smaller number.
        (users, devices) => {
            vec![SharingGroup { users: users.unwrap_or(u32::MAX), devices: devices.unwrap_or(u32::MAX) }]
        }
    }
}

/// The licence version that a server version needs: the same name, by the server's licence version where the licence
/// does not know the release itself.
pub(super) fn cal_version(ground: &Ground<'_>, product: &Product, access: &Access, version: &str) -> Option<usize> {
    product.release(version).or_else(|| {
        let server = ground.rules.products.get(&access.product)?;
        product.release(server.version_name(server.release(version)?))
    })
}

/// Fewest licences: (by user, by device).
fn cover(groups: &[(SharingGroup, Option<usize>)]) -> (u32, u32) {
    let mut cover = (0_u32, 0_u32);
    for (group, _) in groups {
        if group.users <= group.devices { cover.0 += group.users } else { cover.1 += group.devices }
    }
    cover
}

fn requirement(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    organisation: &str,
    accesses: &[&Access],
) -> Option<Requirement> {
    let mut working = Working::default();
    let mut reach = Reach::of(ground, product, accesses);
    for (group, _) in &reach.groups {
        let evidence = accesses.iter().filter_map(|access| access.evidence.clone()).collect();
        working.by_facts(format!("{} reach it.", people_and_devices(*group)), evidence);
    }
    let covered = subscribed(ground, product, organisation);
    deduct(&mut reach, covered, terms, &mut working);
    let (users, devices) = cover(&reach.groups);
    working.by_rule(
        &terms.id,
        format!("Fewest licences, group by group: {users} by user + {devices} by device = {}.", users + devices),
    );
    let edition = accesses.iter().find_map(|_| product.editions.first().cloned());
    let ways = Ways { product, terms, edition, version: reach.version };
    let mut alternatives = vec![ways.way(
        if users > 0 && devices > 0 {
            Basis::Mixed
        } else if devices > 0 {
            Basis::Device
        } else {
            Basis::User
        },
        users,
        devices,
    )];
    let all = |count: fn(&SharingGroup) -> u32| -> Option<u32> {
        reach.groups.iter().map(|(group, _)| Some(count(group)).filter(|count| *count != u32::MAX)).sum()
    };
    for (basis, total) in [(Basis::User, all(|group| group.users)), (Basis::Device, all(|group| group.devices))] {
        if let Some(total) = total
            && !alternatives.iter().any(|known| known.basis == basis)
        {
            let (users, devices) = if basis == Basis::User { (total, 0) } else { (0, total) };
            alternatives.push(ways.way(basis, users, devices));
        }
    }
    alternatives.extend(beside_connectors(product, terms, accesses, &alternatives));
    Some(Requirement {
        key: Key::new("requirement", &[organisation, "access", &product.id, terms.serves.as_deref().unwrap_or("")]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Users,
        hosts: Vec::new(),
        alternatives,
        working,
    })
}

/// Where people from outside may be served by connectors, the others need what they need beside these: listed, so that
/// the way by connector is one for the whole product.
fn beside_connectors(
    product: &Product,
    terms: &Terms,
    accesses: &[&Access],
    alternatives: &[Alternative],
) -> Option<Alternative> {
    let reached = accesses.iter().any(|access| access.external_users.unwrap_or(0) > 0);
    let connector = super::external::connector(product, terms).filter(|_| reached && terms.counts_external)?;
    let first = alternatives.first()?;
    Some(Alternative {
        edition: first.edition.clone(),
        companions: first.lines.clone(),
        listed_only: true,
        ..Alternative::new(&product.id, connector.metric, Basis::Host, Vec::new(), Working::default())
    })
}

fn people_and_devices(group: SharingGroup) -> String {
    let number = |count: u32, what: &str| {
        if count == u32::MAX { format!("an unknown number of {what}") } else { format!("{count} {what}") }
    };
    format!("{} on {}", number(group.users, "people"), number(group.devices, "devices"))
}

/// People whose subscription in term includes the access.
fn subscribed(ground: &Ground<'_>, product: &Product, organisation: &str) -> u32 {
    let includes = |id: &String| {
        ground.rules.products.get(id).is_some_and(|suite| suite.suite.iter().any(|part| part.product == product.id))
            && ground.estate.purchases.iter().any(|line| {
                line.product == *id
                    && line.may_be_drawn_by(organisation)
                    && line.subscription.is_some_and(|term| term.contains(ground.as_of))
            })
    };
    ground
        .estate
        .users
        .iter()
        .filter(|group| group.organisation == organisation && group.subscriptions.iter().any(includes))
        .map(|group| group.count)
        .sum()
}

/// Takes the people covered by a subscription out of the groups licensed by user.
fn deduct(reach: &mut Reach, covered: u32, terms: &Terms, working: &mut Working) {
    let mut left = covered;
    for (group, _) in &mut reach.groups {
        if group.users != u32::MAX {
            let taken = group.users.min(left);
            group.users -= taken;
            left -= taken;
        }
    }
    if covered > left {
        working.by_rule(&terms.id, format!("{} people are covered by a subscription.", covered - left));
    }
}

/// Builds ways.
struct Ways<'a> {
    product: &'a Product,
    terms: &'a Terms,
    edition: Option<String>,
    version: Option<usize>,
}

impl Ways<'_> {
    fn way(&self, basis: Basis, users: u32, devices: u32) -> Alternative {
        let lines: Vec<Line> = [(Metric::User, users), (Metric::Device, devices)]
            .into_iter()
            .filter(|(_, units)| *units > 0)
            .map(|(metric, units)| self.line(metric, units))
            .collect();
        let metric = lines.first().map_or(Metric::User, |line| line.metric);
        Alternative {
            edition: self.edition.clone(),
            sold: true,
            ..Alternative::new(&self.product.id, metric, basis, lines, Working::default())
        }
    }

    /// Licences of every era of the terms for the same servers.
    fn accepts(&self) -> Vec<Acceptance> {
        let same = |terms: &&Terms| terms.method == Method::Access && terms.serves == self.terms.serves;
        self.product.terms.iter().filter(same).map(|terms| terms.acceptance(false)).collect()
    }

    fn line(&self, metric: Metric, units: u32) -> Line {
        Line {
            version: self.version,
            accepts: self.accepts(),
            ..Line::new(&self.product.id, self.edition.as_deref(), metric, units)
        }
    }
}

/// Licences that must be bought beside servers of a product: the fewest that cover all its access.
pub(super) fn companions(ground: &Ground<'_>, served: &Product, organisation: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for product in ground.rules.products.values() {
        for terms in product.terms.iter().filter(|terms| terms.method == Method::Access) {
            if terms.serves.as_ref() != Some(&served.id) {
                continue;
            }
            let accesses: Vec<&Access> = ground
                .estate
                .accesses
                .iter()
                .filter(|access| access.organisation == organisation && access.product == served.id)
                .collect();
            let reach = Reach::of(ground, product, &accesses);
            let (users, devices) = cover(&reach.groups);
            let edition = product.editions.first().cloned();
            let ways = Ways { product, terms, edition, version: reach.version };
            lines.extend(ways.way(Basis::Mixed, users, devices).lines);
        }
    }
    lines
}

/// Whether all access licences that the servers of a product need carry Software Assurance on the day, or none are
/// needed. With `grace`, Software Assurance that ran out lately will do.
pub(super) fn assured(ground: &Ground<'_>, served: &Product, organisation: &str, grace: bool) -> bool {
    let days = if grace { ground.rules.conventions.sa_grace_days } else { 0 };
    let since = ground.as_of.checked_sub(i64::from(days).days()).unwrap_or(ground.as_of);
    ground.rules.products.values().all(|product| {
        let concerned = product.terms.iter().any(|terms| {
            terms.method == Method::Access
                && terms.serves.as_ref() == Some(&served.id)
                && is_needed(ground, terms, organisation)
        });
        if !concerned {
            return true;
        }
        let needed: u32 = companions(ground, served, organisation)
            .iter()
            .filter(|line| line.product == product.id)
            .map(|line| line.units)
            .sum();
        let held: u32 = ground
            .estate
            .purchases
            .iter()
            .filter(|line| line.may_be_drawn_by(organisation) && line.product == product.id)
            .filter(|line| {
                line.sa.iter().any(|term| term.from <= ground.as_of && since <= term.until)
                    || line.subscription.is_some_and(|term| term.contains(ground.as_of))
            })
            .map(|line| line.quantity)
            .sum();
        held >= needed
    })
}
