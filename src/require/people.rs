//! Counting people over an organisation: named users with a minimum (OR-R3), everybody employed (OR-R9).
//!
//! Keys: `people_a_processor`, `people_a_server`.

use std::collections::BTreeMap;

use crate::model::{
    Acceptance, Access, Alternative, Answer, Basis, HostId, Key, Line, Locator, Requirement, Scope, UserGroup, Working,
};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::end_users::{bounds, documented, people_stated};
use super::estate_scope::{Count, Estate};

impl Estate<'_> {
    /// The people who reach it, at least so many for each processor or server.
    pub(super) fn named_users(&self, terms: &Terms, edition: &str) -> Count {
        let mut working = Working::default();
        let organisation = self.deployed.first().map(|one| self.ground.estate.host(one.host).organisation.as_str());
        let cloud = self.clouds().next().and_then(|id| self.ground.estate.host(id).cloud());
        let hardware = self.product.terms.iter().find(|other| {
            let by_hardware = matches!(other.method, Method::ProcessorFactor | Method::OccupiedSockets);
            let same_edition = other.editions.iter().any(|one| one == edition);
            by_hardware && same_edition && other.concerns(cloud, self.ground.as_of)
        });
        let counted = hardware.map(|hardware| match hardware.method {
            Method::ProcessorFactor => self.processors_by_factor(hardware),
            _ => self.occupied_sockets(hardware),
        });
        // Where the edition may not be used, it may not be used by any number of people.
        let refused = counted.as_ref().and_then(|counted| counted.refused.clone());
        let minimum = match counted {
            Some(counted) if terms.people_a_processor > 0 => {
                let (units, each) = (counted.units, terms.people_a_processor);
                working.steps.extend(counted.working.steps);
                let least = units * each;
                working.by_rule(&terms.id, format!("At least {units} processors × {each} people = {least}."));
                least
            }
            _ => {
                let servers = self.hosts.len() + self.unplaced().count() + self.clouds().count();
                let servers = u32::try_from(servers).unwrap_or(u32::MAX);
                let each = terms.people_a_server;
                let least = servers * each;
                working.by_rule(&terms.id, format!("At least {servers} servers × {each} people = {least}."));
                least
            }
        };
        let people = self.people(organisation.unwrap_or_default(), minimum, &mut working);
        let units = people.max(minimum);
        working.by_rule(&terms.id, format!("max({minimum}, {people} people) = {units}."));
        Count { units, basis: Basis::User, by_machine: Vec::new(), working, refused }
    }

    /// People and devices that reach it: by the records of access, else as its machines state them. Where neither does,
    /// everybody the organisation knows in the strict reading, and no more than the `minimum` in the customer's (D-10).
    fn people(&self, organisation: &str, minimum: u32, working: &mut Working) -> u32 {
        let stated: Vec<&Access> = self
            .ground
            .estate
            .accesses
            .iter()
            .filter(|access| access.product == self.product.id && access.organisation == organisation)
            .filter(|access| reaching(access).is_some())
            .collect();
        if !stated.is_empty() {
            return self.end_users(&stated, working);
        }
        let (least, most) = self.stated_by_machines(organisation);
        if most <= minimum || least == most {
            if most > 0 {
                working.say(format!("Its machines state {most} people and devices."));
            }
            return most;
        }
        let hosts: Vec<HostId> = self.deployed.iter().map(|one| one.host).collect();
        let answer = self.ground.asker.ask("D-10", organisation, &self.product.family, &hosts);
        let counted = if answer == Answer::Strict { most } else { least.max(minimum) };
        working.by_rule("D-10", format!("No record says who reaches it: {counted} people and devices are assumed."));
        counted
    }

    /// The fewest and the most people and devices by what the machines state: nobody says how far those of several are
    /// the same. Where a machine states none, it may be everybody the organisation knows.
    fn stated_by_machines(&self, organisation: &str) -> (u32, u32) {
        let mut hosts: Vec<HostId> = self.deployed.iter().map(|one| one.host).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let of_host = |id: &HostId| {
            let host = self.ground.estate.host(*id);
            let people = people_stated(self.ground, host).unwrap_or(0);
            host.states_who_uses_it().then(|| people.saturating_add(host.devices.unwrap_or(0)))
        };
        let (stated, silent): (Vec<Option<u32>>, Vec<Option<u32>>) =
            hosts.iter().map(of_host).partition(Option::is_some);
        let (least, most) = bounds(&stated).unwrap_or((0, 0));
        let everybody = || people(self.ground, organisation, |_| true);
        (least, if silent.is_empty() { most } else { most.max(everybody()) })
    }

    /// People and devices that reach it, counted before a front end that collects them in the strict reading (D-11).
    fn end_users(&self, accesses: &[&Access], working: &mut Working) -> u32 {
        let direct = accesses.iter().filter_map(|access| reaching(access)).fold(0, u32::saturating_add);
        let behind = documented(self.ground, accesses, None).filter(|behind| behind.users > direct);
        let (Some(behind), Some(first)) = (behind, accesses.first()) else { return direct };
        match self.ground.asker.ask("D-11", &first.organisation, &self.product.family, &behind.hosts) {
            Answer::Strict => {
                working.by_rule("D-11", format!("{} people stand behind the front end.", behind.most));
                behind.most
            }
            Answer::Customer => {
                working.by_rule("D-11", format!("{direct} reach it by an account of their own."));
                direct
            }
        }
    }
}

/// People, those from outside among them, and devices that reach a product by a record; `None` where it states none.
fn reaching(access: &Access) -> Option<u32> {
    let shared = access.sharing.iter().map(|group| group.users).reduce(u32::saturating_add);
    let numbers = [access.users.or(shared), access.devices, access.external_users];
    numbers.into_iter().flatten().reduce(u32::saturating_add)
}

/// Requirements by employees.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let terms = product.terms.iter().filter(|terms| terms.method == Method::Employee);
    terms.flat_map(|terms| employees(ground, product, terms)).collect()
}

/// Everybody employed by an organisation that has the product installed somewhere.
fn employees(ground: &Ground<'_>, product: &Product, terms: &Terms) -> Vec<Requirement> {
    let mut installed: BTreeMap<&str, Vec<Locator>> = BTreeMap::new();
    for (_, host, installs) in ground.index.with_installs(&product.id) {
        let evidence = installs.iter().filter_map(|install| install.evidence.clone());
        installed.entry(&host.organisation).or_default().extend(evidence);
    }
    installed
        .into_iter()
        .filter_map(|(organisation, evidence)| {
            let count = people(ground, organisation, |_| true);
            let mut working = Working::default();
            working.by_facts(format!("{} is installed.", product.name), evidence);
            working.by_rule(&terms.id, format!("Everybody employed counts: {count}."));
            (count > 0).then(|| requirement(product, terms, organisation, count, working))
        })
        .collect()
}

fn people(ground: &Ground<'_>, organisation: &str, counts: impl Fn(&UserGroup) -> bool) -> u32 {
    let groups = ground.estate.users.iter().filter(|group| group.organisation == organisation && counts(group));
    groups.map(|group| group.count).sum()
}

fn requirement(product: &Product, terms: &Terms, organisation: &str, units: u32, working: Working) -> Requirement {
    Requirement {
        key: Key::new("requirement", &[organisation, "users", &product.id]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Users,
        hosts: Vec::new(),
        alternatives: vec![Alternative {
            sold: true,
            ..Alternative::new(
                &product.id,
                terms.metric,
                Basis::User,
                vec![Line {
                    accepts: [Acceptance {
                        from: 0,
                        until: usize::MAX,
                        needs_sa: terms.needs_sa,
                        grace: false,
                        through: None,
                        terms: terms.id.clone(),
                    }]
                    .into(),
                    ..Line::new(&product.id, None, terms.metric, units)
                }],
                Working::default(),
            )
        }],
        working,
    }
}
