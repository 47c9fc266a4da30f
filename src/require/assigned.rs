//! Everybody a product is assigned to, every device that reaches it, or everybody who uses it at once (CX-R1).
//!
//! Named licences are used up by assignment. Where nobody is known to hold one, everybody who may reach the product
//! counts, by the records of access or else as its machines state. How many use it at once only the licence server knows; what it counted at its peak is `peak_sessions` of an
//! access. Where that is not stated, a licence for concurrent use is counted for everybody who may reach the product, under
//! both readings. Each metric is a way of its own; those but the first are in the running only where
//! some of it is owned.

use std::collections::BTreeSet;

use crate::model::{
    Access, Alternative, Answer, Basis, Host, HostId, Key, Line, Locator, Metric, Requirement, Scope, Working,
};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::end_users::{bounds, directory, people_stated};

/// One requirement an organisation.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let users = ground.estate.users.iter().map(|group| group.organisation.as_str());
    let accesses = ground.estate.accesses.iter().map(|access| access.organisation.as_str());
    let machines = ground.index.with_installs(&product.id).map(|(_, host, _)| host.organisation.as_str());
    let organisations: BTreeSet<&str> = users.chain(accesses).chain(machines).collect();
    organisations.into_iter().filter_map(|organisation| requirement(ground, product, organisation)).collect()
}

/// Who is known to use a product.
struct Known {
    /// People it is assigned to.
    assigned: u32,
    /// People who may reach it.
    people: u32,
    /// Devices that may reach it; `None` where a record states none.
    devices: Option<u32>,
    /// Most people at once, where a record states it.
    peak: Option<Peak>,
}

/// How many use a product at once.
struct Peak {
    /// Sessions at the peaks that are stated.
    sessions: u32,
    /// People who may reach it by what states no peak: all of them count.
    others: u32,
    /// Where the peaks are stated.
    places: Vec<Locator>,
}

impl Known {
    fn of(ground: &Ground<'_>, product: &Product, organisation: &str) -> Self {
        let groups = ground.estate.users.iter().filter(|group| group.organisation == organisation);
        let assigned: u32 =
            groups.filter(|group| group.subscriptions.contains(&product.id)).map(|group| group.count).sum();
        let reached = |access: &&Access| access.organisation == organisation && access.product == product.id;
        let accesses: Vec<&Access> = ground.estate.accesses.iter().filter(reached).collect();
        let people = |access: &Access| people_of(access).unwrap_or(0);
        let named: u32 = accesses.iter().map(|access| people(access)).sum();
        let unnamed = match accesses.iter().all(|access| people_of(access).is_some()) {
            true => 0,
            false => others(ground, product, organisation, named.max(assigned)),
        };
        let stated = accesses.iter().any(|access| access.peak_sessions.is_some());
        let peak = stated.then(|| Peak {
            sessions: accesses.iter().filter_map(|access| access.peak_sessions).sum(),
            others: accesses
                .iter()
                .filter(|access| access.peak_sessions.is_none())
                .map(|access| people(access))
                .sum::<u32>()
                + unnamed,
            places: accesses.iter().filter_map(|access| access.evidence.clone()).collect(),
        });
        if accesses.is_empty() && assigned == 0 {
            return Self::by_machines(ground, product, organisation);
        }
        Self {
            assigned,
            peak,
            people: named + unnamed,
            devices: accesses
                .iter()
                .map(|access| devices_of(access))
                .reduce(|one, other| Some(one? + other?))
                .flatten(),
        }
    }

    /// The people and devices that its machines state, where nothing else says who uses it. Of several machines the auditor
    /// adds them up, the customer takes the largest number (D-10).
    fn by_machines(ground: &Ground<'_>, product: &Product, organisation: &str) -> Self {
        let own = |(_, host): &(HostId, &Host)| host.organisation == organisation && host.states_who_uses_it();
        let machines = ground.index.with_installs(&product.id).map(|(id, host, _)| (id, host));
        let machines: Vec<(HostId, &Host)> = machines.filter(own).collect();
        let people: Vec<Option<u32>> = machines.iter().map(|(_, host)| people_stated(ground, host)).collect();
        let devices: Vec<Option<u32>> = machines.iter().map(|(_, host)| host.devices).collect();
        let (people, devices) = (bounds(&people), bounds(&devices));
        let disputed = [people, devices].into_iter().flatten().any(|(largest, sum)| largest < sum);
        let hosts: Vec<HostId> = machines.iter().map(|(id, _)| *id).collect();
        let strict = disputed && ground.asker.ask("D-10", organisation, &product.family, &hosts) == Answer::Strict;
        let take = |(largest, sum): (u32, u32)| if strict { sum } else { largest };
        Self { assigned: 0, people: people.map_or(0, take), devices: devices.map(take), peak: None }
    }

    /// Units of a metric with the arithmetic in words; `None` where nothing is known of it.
    fn units(&self, metric: Metric) -> Option<Counted> {
        let mut places = Vec::new();
        let (units, basis, text) = match (metric, &self.peak) {
            (Metric::ConcurrentUser, Some(peak)) => {
                places.clone_from(&peak.places);
                let others = match peak.others {
                    0 => String::new(),
                    others => format!(" Of {others} people more no record says how many use it at once: all count."),
                };
                let text = format!("At the peak {} used it at once.{others}", peak.sessions);
                (peak.sessions + peak.others, Basis::User, text)
            }
            (metric, _) => self.without_peak(metric)?,
        };
        (units > 0).then_some(Counted { units, basis, text, places })
    }

    /// Units of a metric from assignments and access alone.
    fn without_peak(&self, metric: Metric) -> Option<(u32, Basis, String)> {
        let everybody = self.people.max(self.assigned);
        Some(match metric {
            Metric::User if self.assigned > 0 => {
                (self.assigned, Basis::User, format!("It is assigned to {} people.", self.assigned))
            }
            Metric::User => {
                (everybody, Basis::User, format!("It is assigned to nobody by name; {everybody} people may reach it."))
            }
            Metric::Device => {
                let devices = self.devices?;
                (devices, Basis::Device, format!("{devices} devices may reach it."))
            }
            _ => {
                let text = format!("No record says how many use it at once: all {everybody} people who may reach it.");
                (everybody, Basis::User, text)
            }
        })
    }
}

/// People of a record of access: those it states, of its groups, or one for each device; `None` where it states no number.
/// A record that states nothing but its peak says all there is to say.
fn people_of(access: &Access) -> Option<u32> {
    let shared = access.sharing.iter().map(|group| group.users).reduce(u32::saturating_add);
    access.users.or(shared).or(access.devices).or_else(|| access.peak_sessions.map(|_| 0))
}

/// Devices of a record of access; `None` where it states none.
fn devices_of(access: &Access) -> Option<u32> {
    access.devices.or_else(|| access.sharing.iter().map(|group| group.devices).reduce(u32::saturating_add))
}

/// People beside so many who may reach it by records that name no number: everybody else in the directory, or in the
/// customer's reading nobody (D-10).
fn others(ground: &Ground<'_>, product: &Product, organisation: &str, known: u32) -> u32 {
    match directory(ground, organisation).saturating_sub(known) {
        0 => 0,
        others => match ground.asker.ask("D-10", organisation, &product.family, &[]) {
            Answer::Strict => others,
            Answer::Customer => 0,
        },
    }
}

/// Units of a metric with the arithmetic in words.
struct Counted {
    units: u32,
    basis: Basis,
    text: String,
    places: Vec<Locator>,
}

fn requirement(ground: &Ground<'_>, product: &Product, organisation: &str) -> Option<Requirement> {
    let known = Known::of(ground, product, organisation);
    let mut terms = product.terms.iter().filter(|terms| terms.method == Method::Assigned);
    let mut alternatives = Vec::new();
    let first = terms.next()?;
    for (terms, sold) in std::iter::once((first, true)).chain(terms.map(|terms| (terms, false))) {
        alternatives.extend(known.units(terms.metric).map(|counted| way(product, terms, sold, counted)));
    }
    (!alternatives.is_empty()).then(|| Requirement {
        key: Key::new("requirement", &[organisation, "users", &product.id]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Users,
        hosts: Vec::new(),
        alternatives,
        working: Working::default(),
    })
}

fn way(product: &Product, terms: &Terms, sold: bool, counted: Counted) -> Alternative {
    let Counted { units, basis, text, places } = counted;
    let mut working = Working::default();
    working.by_rule_and_facts(&terms.id, text, places);
    Alternative {
        sold,
        ..Alternative::new(
            &product.id,
            terms.metric,
            basis,
            vec![Line {
                accepts: [terms.acceptance(terms.needs_sa)].into(),
                ..Line::new(&product.id, None, terms.metric, units)
            }],
            working,
        )
    }
}
