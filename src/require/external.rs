//! Access by people from outside: a licence for each of them, or a connector for each physical server they reach.
//!
//! Server licences of some products cover people from outside, those of others do not (ES-R4). Where they do not, an
//! external connector of a server serves everybody from outside and every guest on it (CL-R6); a guest that may run on
//! several servers needs one on each. Keys: `counts_external` on access terms, `serves` on those of the connector.

use std::collections::BTreeMap;

use crate::model::{
    Access, Alternative, Answer, Basis, HostId, Key, Line, Machine, Metric, Requirement, Scope, Working,
};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::access::cal_version;
use super::reach::Reach;
use super::reaching::bears;

/// One requirement an organisation and server product that people from outside reach.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let mut by_need: BTreeMap<(&str, &str), (&Terms, Vec<&Access>)> = BTreeMap::new();
    for terms in product.terms.iter().filter(|terms| terms.method == Method::Access && terms.counts_external) {
        for access in &ground.estate.accesses {
            let reached = terms.serves.as_ref() == Some(&access.product) && access.external_users.unwrap_or(0) > 0;
            let need = (access.organisation.as_str(), access.product.as_str());
            if reached && super::access::is_needed(ground, terms, &access.organisation) {
                let entry = by_need.entry(need).or_insert((terms, Vec::new()));
                // Eras of the same terms concern the same people.
                if entry.0.id == terms.id {
                    entry.1.push(access);
                }
            }
        }
    }
    let needs = by_need.into_iter();
    needs
        .map(|((organisation, served), (terms, accesses))| {
            requirement(ground, product, terms, organisation, served, &accesses)
        })
        .collect()
}

fn requirement(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    organisation: &str,
    served: &str,
    accesses: &[&Access],
) -> Requirement {
    let mut working = Working::default();
    let people: u32 = accesses.iter().filter_map(|access| access.external_users).sum();
    let evidence = accesses.iter().filter_map(|access| access.evidence.clone()).collect();
    working.by_facts(format!("{people} people from outside reach it."), evidence);
    let version =
        accesses.iter().filter_map(|access| cal_version(ground, product, access, access.version.as_ref()?)).max();
    let edition = product.editions.first().map(String::as_str);
    let way = |by: &Terms, metric: Metric, basis: Basis, units: u32, text: String| {
        let mut steps = Working::default();
        steps.by_rule(&by.id, text);
        let same = |other: &&Terms| other.method == by.method && other.serves == by.serves;
        let line = Line {
            version,
            accepts: product.terms.iter().filter(same).map(|terms| terms.acceptance(false)).collect(),
            ..Line::new(&product.id, edition, metric, units)
        };
        Alternative {
            edition: edition.map(str::to_owned),
            sold: true,
            ..Alternative::new(&product.id, metric, basis, vec![line], steps)
        }
    };
    let text = format!("{people} people from outside: {people} licences by user.");
    let mut alternatives = vec![way(terms, Metric::User, Basis::User, people, text)];
    let Reached { servers, unplaced } = reached(ground, organisation, served, accesses);
    if let Some(connector) = connector(product, terms)
        && !(servers.is_empty() && unplaced.is_empty())
    {
        let known = u32::try_from(servers.len()).unwrap_or(u32::MAX);
        let units = known + on_unknown(ground, product, organisation, known, &unplaced);
        let unknown = match units - known {
            0 => String::new(),
            more => format!(", {more} of them unknown hosts of guests"),
        };
        let text = format!("{units} physical servers{unknown}: {units} connectors, whoever reaches them from outside.");
        alternatives.push(way(connector, connector.metric, Basis::Host, units, text));
    }
    Requirement {
        key: Key::new("requirement", &[organisation, "external-access", &product.id, served]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Users,
        hosts: servers,
        alternatives,
        working,
    }
}

/// Terms of the connector for the same servers.
pub(super) fn connector<'p>(product: &'p Product, terms: &Terms) -> Option<&'p Terms> {
    product.terms.iter().find(|other| other.method == Method::ExternalConnector && other.serves == terms.serves)
}

/// What people from outside reach.
struct Reached {
    /// Physical servers.
    servers: Vec<HostId>,
    /// Guests whose host nobody knows.
    unplaced: Vec<HostId>,
}

/// Servers below guests whose host nobody knows: one for each of them, or in the customer's reading those that are
/// counted anyway (D-15).
fn on_unknown(ground: &Ground<'_>, product: &Product, organisation: &str, known: u32, unplaced: &[HostId]) -> u32 {
    let (most, fewest) = (u32::try_from(unplaced.len()).unwrap_or(u32::MAX), 1_u32.saturating_sub(known));
    if most <= fewest {
        return most;
    }
    match ground.asker.ask("D-15", organisation, &product.family, unplaced) {
        Answer::Strict => most,
        Answer::Customer => fewest,
    }
}

/// Physical servers that people from outside reach: those a record names, or that its guests may run on; where one
/// names none, every server of the organisation that runs the product.
fn reached(ground: &Ground<'_>, organisation: &str, served: &str, accesses: &[&Access]) -> Reached {
    let reach = Reach::new(ground.estate);
    let named =
        |host: &crate::model::Host| accesses.iter().any(|access| access.hosts.iter().any(|name| bears(host, name)));
    let nobody_named = accesses.iter().any(|access| access.hosts.is_empty());
    let (mut servers, mut unplaced): (Vec<HostId>, Vec<HostId>) = (Vec::new(), Vec::new());
    for (id, host) in ground.estate.hosts_with_ids().filter(|(_, host)| host.organisation == organisation) {
        let runs_it = || ground.index.installs(served, id).iter().next().is_some();
        let reached = named(host) || nobody_named && runs_it();
        if !reached {
            continue;
        }
        match host.machine {
            Machine::Physical => servers.push(id),
            Machine::Guest if host.cloud().is_none() && host.runs_on().is_none() => unplaced.push(id),
            _ => servers.extend(reach.of(ground.estate, host)),
        }
    }
    servers.sort();
    servers.dedup();
    Reached { servers, unplaced }
}
