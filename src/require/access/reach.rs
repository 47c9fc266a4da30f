//! Who reaches a server product: people and devices in groups that share nothing.
//!
//! Groups are those of the record of access, or of the map that the records of people give; where neither says how many
//! reach it, the directory or the machines do (D-10), and people behind a front end are added (D-11).

use crate::model::{Access, Answer, HostId, SharingGroup};
use crate::rules::{Product, Terms};

use super::super::Ground;
use super::super::end_users::{directory, documented};
use super::super::reaching::bears;
use super::map::{self, Map};
use super::subscribers::{Subscribed, Subscribers};

/// A number of people or devices that nobody knows: it can never be the smaller one.
pub(super) const UNKNOWN: u32 = u32::MAX;

/// People and devices of one kind of access, in groups that share nothing.
#[derive(Clone)]
pub(super) struct Reach {
    /// Groups with the newest server version each reaches.
    pub groups: Vec<(SharingGroup, Option<usize>)>,
    /// Units whose version is that of the newest server any of them reaches.
    pub version: Option<usize>,
    /// Machines that state the people behind a front end, where the reading counts those.
    pub hosts: Vec<HostId>,
    /// How the groups came about, where it is not by the record alone: rule and sentence.
    pub said: Vec<(&'static str, String)>,
    /// Whether the groups rest on a map of who uses which device.
    pub mapped: bool,
    /// Places of two groups each: not the first by user together with the second by device.
    pub tied: Vec<(usize, usize)>,
    /// People covered by a subscription who may still be among the groups.
    pub subscribed: Subscribed,
}

/// Who asks: the need itself, or the price of something else, which must not raise questions of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    Need,
    Companion,
}

impl Reach {
    /// All people, or all devices; `None` where the number of a group is not known.
    pub fn all(&self, count: fn(&SharingGroup) -> u32) -> Option<u32> {
        self.groups.iter().map(|(group, _)| Some(count(group)).filter(|count| *count != UNKNOWN)).sum()
    }
}

/// How a map by records of people came about.
fn said_of(map: &Map) -> String {
    let covered = match map.covered {
        0 => String::new(),
        people => format!(" {people} of them need no licence, because a subscription covers them."),
    };
    format!(
        "The records of {} people name their {} devices, so it is known who uses what.{covered}",
        map.people, map.devices
    )
}

/// What the numbers of an organisation's access are asked of.
pub(super) struct Inquiry<'a> {
    pub ground: &'a Ground<'a>,
    pub product: &'a Product,
    pub terms: &'a Terms,
    pub organisation: &'a str,
    pub asking: Asking,
}

impl Inquiry<'_> {
    pub fn ask(&self, ambiguity: &str, hosts: &[HostId]) -> Answer {
        let family = &self.product.family;
        match self.asking {
            Asking::Need => self.ground.asker.ask(ambiguity, self.organisation, family, hosts),
            Asking::Companion => self.ground.asker.answer(ambiguity, self.organisation, family),
        }
    }

    /// Who reaches the product by these records of access.
    pub fn reach(&self, accesses: &[&Access]) -> Reach {
        let subscribers = Subscribers::of(self.ground, self.product, self.organisation);
        let mut reach = Reach {
            groups: Vec::new(),
            version: None,
            hosts: Vec::new(),
            said: Vec::new(),
            mapped: true,
            tied: Vec::new(),
            subscribed: Subscribed { people: subscribers.people, elsewhere: None },
        };
        let (mut plain, mut open) = (0, Vec::new());
        for access in accesses {
            let version = self.version(access);
            let map = if accesses.len() == 1 { self.by_records(access, &subscribers) } else { None };
            let sharing = if let Some(map) = map {
                reach.said.push(("CL-R1", said_of(&map)));
                (reach.tied, reach.subscribed) = (map.tied, map.subscribed.unwrap_or(reach.subscribed));
                map.groups
            } else if access.sharing.is_empty() {
                plain += 1;
                if states_nothing(access) {
                    open.push((*access, version));
                }
                whole(access)
            } else {
                access.sharing.clone()
            };
            reach.groups.extend(sharing.into_iter().map(|group| (as_stated(group), version)));
        }
        self.add_everybody(&open, &mut reach);
        reach.version = reach.groups.iter().filter_map(|(_, version)| *version).max();
        reach.mapped = plain < 2;
        self.behind_front_ends(accesses, &mut reach);
        reach
    }

    /// Whether the records of people give a map of an access.
    pub fn has_map(&self, access: &Access) -> bool {
        self.by_records(access, &Subscribers::of(self.ground, self.product, self.organisation)).is_some()
    }

    /// The map that the records of people give, where it is known whom a subscription takes out and nothing else is said.
    fn by_records(&self, access: &Access, subscribers: &Subscribers) -> Option<Map> {
        let plain = access.sharing.is_empty() && access.external_users.is_none();
        if !plain {
            return None;
        }
        map::of(self.ground, access, subscribers)
    }

    /// The licence version that a record of access needs: of the version it states, else of the newest server it is to.
    fn version(&self, access: &Access) -> Option<usize> {
        let of = |version: &String| cal_version(self.ground, self.product, access, version);
        if let Some(version) = &access.version {
            return of(version);
        }
        let machines = self.ground.index.with_installs(&access.product);
        let reached = machines.filter(|(_, host, _)| {
            let named = access.hosts.is_empty() || access.hosts.iter().any(|name| bears(host, name));
            host.organisation == access.organisation && named
        });
        let versions = reached.flat_map(|(_, _, installs)| installs.iter().filter_map(|one| one.version.value()));
        versions.filter_map(of).max()
    }

    /// Adds the people of records of access that name no number: each person once, whoever else is counted already.
    fn add_everybody(&self, open: &[(&Access, Option<usize>)], reach: &mut Reach) {
        if open.is_empty() {
            return;
        }
        let accesses: Vec<&Access> = open.iter().map(|(access, _)| *access).collect();
        let newest = open.iter().filter_map(|(_, version)| *version).max();
        let known = reach.all(|group| group.users).unwrap_or(0);
        let others = self.population(&accesses, reach).saturating_sub(known);
        // Those who are counted by other records may be among these too.
        for (_, version) in &mut reach.groups {
            *version = version.map(|version| newest.map_or(version, |newest| newest.max(version)));
        }
        if others > 0 {
            reach.groups.push((SharingGroup { users: others, devices: UNKNOWN }, newest));
        }
    }

    /// People taken where no record of access names a number (D-10).
    fn population(&self, accesses: &[&Access], reach: &mut Reach) -> u32 {
        let directory = directory(self.ground, self.organisation);
        let found = documented(self.ground, accesses, self.terms.serves_basis.as_deref());
        let (known, most, hosts) =
            found.map_or((directory, directory, Vec::new()), |found| (found.users, found.most, found.hosts));
        let everybody = directory.max(most);
        let people = if everybody == known {
            known
        } else {
            match self.ask("D-10", &hosts) {
                Answer::Strict => everybody,
                Answer::Customer => known,
            }
        };
        if people > 0 {
            let whom = match people {
                _ if people == directory => "everybody in the directory",
                _ if people == known => "the documented users",
                _ => "all that its machines state",
            };
            reach.said.push(("D-10", format!("Nobody says how many people reach it; {whom}: {people}.")));
        }
        people
    }

    /// Adds the people behind a front end, where the machines state more users than reach it by the record (D-11).
    fn behind_front_ends(&self, accesses: &[&Access], reach: &mut Reach) {
        let Some(direct) = reach.all(|group| group.users).filter(|_| !accesses.is_empty()) else { return };
        let Some(behind) = documented(self.ground, accesses, self.terms.serves_basis.as_deref())
            .filter(|behind| behind.users > direct)
        else {
            return;
        };
        let numbers = format!("{} people use the machines, {direct} reach the product by the record", behind.most);
        if self.ask("D-11", &behind.hosts) == Answer::Customer {
            reach.said.push(("D-11", format!("{numbers}: only those with access of their own count.")));
            return;
        }
        reach.said.push(("D-11", format!("{numbers}: a front end lowers no number, all {} count.", behind.most)));
        match behind.devices {
            Some(devices) if accesses.iter().all(|access| access.sharing.is_empty()) => {
                let own = reach.all(|group| group.devices).unwrap_or(0);
                reach.groups = vec![(SharingGroup { users: behind.most, devices: devices.max(own) }, reach.version)];
                reach.mapped = true;
            }
            _ => {
                let rest = SharingGroup { users: behind.most - direct, devices: UNKNOWN };
                reach.groups.push((rest, reach.version));
            }
        }
        reach.hosts = behind.hosts;
    }
}

/// Whether a record of access names no number of anybody.
fn states_nothing(access: &Access) -> bool {
    (access.users, access.devices, access.external_users) == (None, None, None)
}

/// Numbers without a sharing map: people alone, devices alone, or one group of both.
fn whole(access: &Access) -> Vec<SharingGroup> {
    match (access.users, access.devices) {
        (None, None) => Vec::new(),
        (users, devices) => {
            vec![SharingGroup { users: users.unwrap_or(UNKNOWN), devices: devices.unwrap_or(UNKNOWN) }]
        }
    }
}

/// People reach nothing without a device, and devices nothing without people: none stated beside some are not known.
fn as_stated(group: SharingGroup) -> SharingGroup {
    let stated = |number: u32| (1..UNKNOWN).contains(&number);
    match (group.users, group.devices) {
        (0, devices) if stated(devices) => SharingGroup { users: UNKNOWN, ..group },
        (users, 0) if stated(users) => SharingGroup { devices: UNKNOWN, ..group },
        _ => group,
    }
}

/// The licence version that a server version needs: the same name, by the server's licence version where the licence
/// does not know the release itself.
pub(in crate::require) fn cal_version(
    ground: &Ground<'_>,
    product: &Product,
    access: &Access,
    version: &str,
) -> Option<usize> {
    product.release(version).or_else(|| {
        let server = ground.rules.products.get(&access.product)?;
        product.release(server.version_name(server.release(version)?))
    })
}

/// `12 people on 8 devices`.
pub(super) fn people_and_devices(group: SharingGroup) -> String {
    let number = |count: u32, what: &str| {
        if count == UNKNOWN { format!("an unknown number of {what}") } else { format!("{count} {what}") }
    };
    format!("{} on {}", number(group.users, "people"), number(group.devices, "devices"))
}
