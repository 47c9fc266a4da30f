//! What the records leave unsaid in a way that no reading repairs: each gap is a finding, so that nothing is dropped in
//! silence.

use std::collections::BTreeMap;

use crate::model::{Access, Fact, Finding, Host, HostId, Installation, Key, Machine, PurchaseLine};
use crate::rules::{Method, Product, Terms};

use super::Ground;

/// Every gap.
pub(super) fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let lines = ground.estate.purchases.iter();
    let purchases = lines.filter_map(|line| without_edition(ground, line).or_else(|| of_unknown_edition(ground, line)));
    let installs = ground.index.products().flat_map(|id| unknown(ground, id));
    let moved = ground.estate.hosts.iter().filter_map(|host| moved_from_nowhere(ground, host));
    let accesses = ground.estate.accesses.iter().filter_map(|access| on_no_machine(ground, access));
    purchases.chain(installs).chain(people_unknown(ground)).chain(moved).chain(accesses).collect()
}

/// Products counted by people, installed where nobody states how many people that is: no bound can be given, so they are
/// counted nowhere.
fn people_unknown(ground: &Ground<'_>) -> Vec<Finding> {
    let mut organisations: Vec<&String> = ground.estate.hosts.iter().map(|host| &host.organisation).collect();
    organisations.sort();
    organisations.dedup();
    let mut gaps: BTreeMap<(&String, &String), String> = BTreeMap::new();
    for product in ground.rules.products.values() {
        for terms in &product.terms {
            for &organisation in &organisations {
                let (counted, text) = match (terms.method, &terms.serves) {
                    (Method::Employee, _) => (product, "how many people the organisation employs".to_owned()),
                    (Method::Access, Some(served)) if product.kind == "cal" => {
                        let Some(served) = ground.rules.products.get(served) else { continue };
                        (served, format!("who reaches {}", served.name))
                    }
                    _ => continue,
                };
                if lacks_people(ground, terms, counted, organisation) {
                    let licences = if terms.method == Method::Access { "client access licences" } else { "licences" };
                    let text = format!("Nobody states {text}: the {licences} it needs are counted nowhere.");
                    gaps.entry((organisation, &counted.id)).or_insert(text);
                }
            }
        }
    }
    let finding = |((organisation, product), text): ((&String, &String), String)| Finding {
        key: Key::new("people-unknown", &[organisation, product]),
        organisation: organisation.clone(),
        text,
        evidence: Vec::new(),
    };
    gaps.into_iter().map(finding).collect()
}

/// Whether an organisation runs a product, licensed on the basis of these terms, and states no people for it.
fn lacks_people(ground: &Ground<'_>, terms: &Terms, product: &Product, organisation: &str) -> bool {
    let own = ground.installs_of(&product.id).filter(|(_, host, _)| host.organisation == organisation);
    let mut installs = own.filter(|(_, host, _)| !terms.serves_guests_only || host.machine == Machine::Guest);
    let on_basis = |install: &Installation| match &terms.serves_basis {
        Some(basis) => install.licence_basis.as_ref() == Some(basis),
        None => install.edition.value().is_none_or(|edition| !product.free_editions.contains(edition)),
    };
    if !installs.any(|(_, _, install)| on_basis(install)) {
        return false;
    }
    if terms.method == Method::Employee {
        return !ground.estate.users.iter().any(|group| group.organisation == organisation && group.count > 0);
    }
    let states = |access: &Access| {
        access.users.is_some()
            || access.devices.is_some()
            || !access.sharing.is_empty()
            || access.external_users.is_some()
    };
    let reaches = |access: &Access| access.product == product.id || terms.also_reached_by.contains(&access.product);
    let mut accesses = ground.estate.accesses.iter();
    if accesses.any(|access| reaches(access) && access.organisation == organisation && states(access)) {
        return false;
    }
    let mut machines = ground.installs_of(&product.id).filter(|(_, host, _)| host.organisation == organisation);
    let said = |host: &Host| host.states_who_uses_it() && !host.is_for_tests();
    terms.serves_guests_only || !machines.any(|(_, host, install)| said(host) && on_basis(install))
}

/// A purchase of a product whose licences bear an edition, and which states none: it serves nothing.
fn without_edition(ground: &Ground<'_>, line: &PurchaseLine) -> Option<Finding> {
    let product = ground.rules.products.get(&line.product)?;
    let bears_edition = product.terms.iter().any(|terms| terms.metric == line.metric && !terms.editions.is_empty())
        || product.kind == "cal" && !product.editions.is_empty();
    if line.edition.is_some() || !bears_edition || product.one_licence.is_some() {
        return None;
    }
    Some(Finding {
        key: Key::new("no-edition", &[&line.organisation, &line.product, line.reference.as_deref().unwrap_or("")]),
        organisation: line.organisation.clone(),
        text: format!(
            "{} units of {} were bought and the record states no edition ({}): they serve nothing until it does.",
            line.quantity,
            product.name,
            product.editions.join(", ")
        ),
        evidence: line.evidence.iter().cloned().collect(),
    })
}

/// A purchase in an edition that the product does not have: it serves nothing but itself.
fn of_unknown_edition(ground: &Ground<'_>, line: &PurchaseLine) -> Option<Finding> {
    let product = ground.rules.products.get(&line.product)?;
    let edition = line.edition.as_ref()?;
    if product.editions.is_empty() || product.edition_rank(edition).is_some() {
        return None;
    }
    Some(Finding {
        key: Key::new("no-edition", &[&line.organisation, &line.product, line.reference.as_deref().unwrap_or("")]),
        organisation: line.organisation.clone(),
        text: format!(
            "{} units of {} were bought in the edition {edition}, which no rule knows ({}): they serve nothing; check how it \
             is spelt.",
            line.quantity,
            product.name,
            product.editions.join(", ")
        ),
        evidence: line.evidence.iter().cloned().collect(),
    })
}

/// Installations of a product, or of editions of it, that no rule file knows.
fn unknown(ground: &Ground<'_>, id: &str) -> Vec<Finding> {
    let product = ground.rules.products.get(id);
    let finding = |(_, host, install): (HostId, &Host, &Installation)| {
        let text = match product {
            None => format!("{}: no rule file describes the product {id}; it is not counted.", host.name),
            Some(product) => {
                let edition = unknown_edition(product, install)?;
                format!("{}: {} is known in no edition {edition}; check how it is spelt.", host.name, product.name)
            }
        };
        Some(Finding {
            key: Key::new("unknown-product", &[&host.organisation, &host.name, id]),
            organisation: host.organisation.clone(),
            text,
            evidence: install.evidence.iter().cloned().collect(),
        })
    };
    ground.installs_of(id).filter_map(finding).collect()
}

fn unknown_edition<'a>(product: &Product, install: &'a Installation) -> Option<&'a String> {
    let (Fact::Known { value, .. }, false) = (&install.edition, product.editions.is_empty()) else { return None };
    (!value.is_empty() && product.edition_rank(value).is_none()).then_some(value)
}

/// A record of access that names machines no source shows: who reaches these is counted nowhere they would be.
fn on_no_machine(ground: &Ground<'_>, access: &Access) -> Option<Finding> {
    let strange = access.hosts.iter().filter(|name| ground.index.named(name).next().is_none());
    let strange: Vec<&str> = strange.map(String::as_str).collect();
    if strange.is_empty() {
        return None;
    }
    let (names, product) = (strange.join(", "), &access.product);
    let title = ground.rules.names.get(product).unwrap_or(product);
    Some(Finding {
        key: Key::new("unknown-host", &[&access.organisation, product, &names]),
        organisation: access.organisation.clone(),
        text: format!(
            "The record of who reaches {title} names {names}, which no source shows: what depends on these machines is not \
             counted; check how they are spelt."
        ),
        evidence: access.evidence.iter().cloned().collect(),
    })
}

/// A guest that was moved away from a host no source shows: what it still uses there cannot be counted.
fn moved_from_nowhere(ground: &Ground<'_>, host: &Host) -> Option<Finding> {
    let name = host.moved_from.as_ref()?;
    let mut hosts = ground.estate.hosts.iter().filter(|other| other.organisation == host.organisation);
    if hosts.any(|other| other.name.eq_ignore_ascii_case(name)) {
        return None;
    }
    Some(Finding {
        key: Key::new("unknown-host", &[&host.organisation, &host.name, name]),
        organisation: host.organisation.clone(),
        text: format!("{}: `moved_from` names {name}, which no source shows; nothing is counted there.", host.name),
        evidence: host.evidence.clone(),
    })
}
