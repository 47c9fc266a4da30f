//! A subscription for each person who uses a subscription build (DT-R6 to DT-R8).
//!
//! Where nobody knows how many people that is, one for each device in the strict reading, and as few as the devices a
//! person may use allow in the customer's (D-10). Keys: `builds`, `licence_product`, `devices_a_user`, `covers_devices`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Acceptance, Alternative, Answer, Basis, Environment, Host, HostId, Installation, Installs, Key, Line, Locator,
    Requirement, Scope, Working,
};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::covered_devices::{is_covered, is_older_build};
use super::end_users::people_named;
use super::left_out::{left_out, stale};
use super::reaching::{is_published, people};

/// One requirement an organisation and terms.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let mut requirements = Vec::new();
    for terms in product.terms.iter().filter(|terms| terms.method == Method::User) {
        if terms.developers {
            requirements.extend(developers(ground, product, terms));
            continue;
        }
        let mut by_organisation: BTreeMap<&str, (Vec<HostId>, Vec<Locator>)> = BTreeMap::new();
        let look = |id, host, installs: Installs<'_, '_>| {
            let installed = if terms.covers_devices {
                is_covered(ground, product, host, installs)
            } else {
                installs
                    .iter()
                    .any(|install| concerns(terms, install) || is_older_build(ground, product, id, host, install))
            };
            installed && !(stale(ground, host) && left_out(ground, product, id, host))
        };
        let counted = ground.memory.by_user.walk(ground, product, &format!("{} {}", product.id, terms.id), look);
        let machines = ground.index.with_installs(&product.id).zip(counted);
        for ((id, host, installs), _) in machines.filter(|(_, counts)| *counts) {
            let entry = by_organisation.entry(&host.organisation).or_default();
            entry.0.push(id);
            entry.1.extend(evidence(terms, installs));
        }
        for (organisation, (hosts, evidence)) in by_organisation {
            requirements.push(requirement(ground, product, terms, organisation, hosts, evidence));
        }
    }
    requirements
}

/// A subscription for each person who uses machines kept for tests and development, where anybody there holds one.
fn developers(ground: &Ground<'_>, product: &Product, terms: &Terms) -> Vec<Requirement> {
    let mut people: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for host in ground
        .estate
        .hosts
        .iter()
        .filter(|host| host.environment.is_some_and(|environment| environment != Environment::Production))
    {
        people.entry(&host.organisation).or_default().extend(host.used_by.iter().map(String::as_str));
    }
    let holds = |name: &str| ground.index.people_named(name).any(|group| group.subscriptions.contains(&product.id));
    people
        .into_iter()
        .filter(|(_, names)| names.iter().any(|name| holds(name)))
        .map(|(organisation, names)| {
            let count = people_named(ground, organisation, &names);
            let mut working = Working::default();
            working.by_rule(
                &terms.id,
                format!("{count} people use machines for tests and development: {count} subscriptions."),
            );
            subscription(product, terms, organisation, &product.id, count, Vec::new(), working)
        })
        .collect()
}

fn concerns(terms: &Terms, install: &Installation) -> bool {
    let build = install.build.as_deref().unwrap_or("");
    terms.builds.is_empty() || terms.builds.iter().any(|known| known == build)
}

fn evidence<'a>(terms: &Terms, installs: Installs<'_, 'a>) -> impl Iterator<Item = Locator> {
    installs.iter().filter(|install| concerns(terms, install)).filter_map(|install| install.evidence.clone())
}

fn requirement(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    organisation: &str,
    hosts: Vec<HostId>,
    evidence: Vec<Locator>,
) -> Requirement {
    let licence = terms.licence_product.clone().unwrap_or_else(|| product.id.clone());
    let mut working = Working::default();
    let what = if terms.covers_devices { "" } else { "the subscription build of " };
    working.by_facts(format!("{} devices with {what}{}.", hosts.len(), product.name), evidence);
    let (people, text) = count(ground, product, terms, organisation, &hosts);
    working.by_rule(&terms.id, text);
    subscription(product, terms, organisation, &licence, people, hosts, working)
}

/// A requirement of so many subscriptions.
fn subscription(
    product: &Product,
    terms: &Terms,
    organisation: &str,
    licence: &str,
    people: u32,
    hosts: Vec<HostId>,
    working: Working,
) -> Requirement {
    // The same subscription may be needed for builds of several products, each a need of its own.
    let through = if licence == product.id { "" } else { &product.id };
    Requirement {
        key: Key::new("requirement", &[organisation, "users", licence, through]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Users,
        hosts,
        alternatives: vec![Alternative {
            sold: true,
            condition: Some("the subscription is in term".into()),
            edition: terms.editions.first().cloned(),
            ..Alternative::new(
                licence,
                terms.metric,
                Basis::User,
                vec![Line {
                    accepts: [Acceptance {
                        from: 0,
                        until: usize::MAX,
                        needs_sa: true,
                        grace: false,
                        through: None,
                        terms: terms.id.clone(),
                    }]
                    .into(),
                    ..Line::new(licence, terms.editions.first().map(String::as_str), terms.metric, people)
                }],
                Working::default(),
            )
        }],
        working,
    }
}

/// People who need a subscription, with the arithmetic in words.
fn count(ground: &Ground<'_>, product: &Product, terms: &Terms, organisation: &str, hosts: &[HostId]) -> (u32, String) {
    let (known, unknown): (Vec<HostId>, Vec<HostId>) =
        hosts.iter().copied().partition(|&id| is_named(ground, product, organisation, id));
    let named =
        people(ground, product, organisation, &known) + beyond_their_devices(ground, terms, organisation, &known);
    if unknown.is_empty() {
        return (named, format!("{named} people use them: {named} subscriptions."));
    }
    let devices = u32::try_from(unknown.len()).unwrap_or(u32::MAX);
    let fewest = devices.div_ceil(terms.devices_a_user);
    let assumed = if fewest == devices {
        devices
    } else {
        match ground.asker.ask("D-10", organisation, &product.family, &unknown) {
            Answer::Strict => devices,
            Answer::Customer => fewest,
        }
    };
    (
        named + assumed,
        format!(
            "{named} people are known; nobody knows who uses {devices} devices, at most {} devices a person: {assumed} people are assumed. {named} + {assumed} = {}.",
            terms.devices_a_user,
            named + assumed
        ),
    )
}

/// Subscriptions that people need beside their own because they alone use more devices than one is for.
fn beyond_their_devices(ground: &Ground<'_>, terms: &Terms, organisation: &str, hosts: &[HostId]) -> u32 {
    let mut alone: BTreeMap<usize, u32> = BTreeMap::new();
    for &id in hosts {
        let host = ground.estate.host(id);
        if let [group] = ground.index.places_of(host)[..]
            && host.organisation == organisation
        {
            *alone.entry(group).or_default() += 1;
        }
    }
    alone
        .into_iter()
        .map(|(group, devices)| devices.div_ceil(terms.devices_a_user).saturating_sub(ground.estate.users[group].count))
        .sum()
}

/// Whether the people of a device are known: those who use it, or who could open the copy published there.
pub(super) fn is_named(ground: &Ground<'_>, product: &Product, organisation: &str, id: HostId) -> bool {
    let host = ground.estate.host(id);
    host.users.is_some()
        || !host.used_by.is_empty()
        || host.organisation == organisation && ground.index.people_of(host).next().is_some()
        || is_published(ground, product, host)
}

/// Whether everybody who uses a device is known and holds a subscription that includes the product, in term.
pub(super) fn subscribed(ground: &Ground<'_>, product: &Product, host: &Host) -> bool {
    let plans: Vec<&str> = product
        .terms
        .iter()
        .filter(|terms| terms.method == Method::User)
        .map(|terms| terms.licence_product.as_deref().unwrap_or(&product.id))
        .collect();
    everybody_holds(ground, product, host, &plans)
}

/// Whether everybody who uses a device is known and holds a subscription in term that is, or contains, one of these products.
pub(super) fn everybody_holds(ground: &Ground<'_>, product: &Product, host: &Host, plans: &[&str]) -> bool {
    let mut people = ground.index.people_of(host).peekable();
    if people.peek().is_none() || uses_unknown(ground, host) {
        return false;
    }
    let includes = |subscription: &String| {
        plans.contains(&subscription.as_str())
            || ground
                .rules
                .products
                .get(subscription)
                .is_some_and(|suite| suite.suite.iter().any(|part| plans.contains(&part.product.as_str())))
    };
    people.all(|group| {
        let mut subscriptions = group.subscriptions.iter();
        subscriptions
            .any(|subscription| includes(subscription) && in_term(ground, product, &host.organisation, subscription))
    })
}

/// Whether people use a device of whom no record tells: it names somebody without one, or states more than have one.
fn uses_unknown(ground: &Ground<'_>, host: &Host) -> bool {
    let known: u32 = ground.index.people_of(host).map(|group| group.count).sum();
    host.users.is_some_and(|users| users > known) || !ground.index.unrecorded(host).is_empty()
}

/// Whether a subscription the organisation may draw on is in term on the day.
fn in_term(ground: &Ground<'_>, product: &Product, organisation: &str, subscription: &str) -> bool {
    ground.estate.purchases.iter().any(|line| {
        line.product == subscription
            && ground.may_draw(organisation, line, &product.family)
            && line.subscription.is_some_and(|term| term.contains(ground.as_of))
    })
}
