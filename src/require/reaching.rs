//! Devices and people that use the copy on a machine: the machine itself, or whatever opens a copy published there.
//!
//! A desktop application is licensed for every device it is used on or from, each device once, however many copies it
//! has or reaches (DT-R1, DT-R2, DT-R10). Devices that are told apart by name are therefore kept by name; where only
//! their number is known, they are the devices behind one machine or of one person.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Access, Answer, Host, HostId, Machine, UserDevices, UserGroup};
use crate::rules::{Method, Product};

use super::Ground;
use super::end_users::directory;

/// What a licence for a device is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Device {
    /// A machine of the estate.
    Machine(HostId),
    /// One that the record of a person names and no source shows.
    Named(String),
    /// Those of a person, by number.
    OfPerson(String),
    /// Those that open the copy on one machine, by number.
    Behind(HostId),
    /// Those of one record of access that may open the copies on several machines, by its place among the estate's.
    Through(usize),
}

/// The device whose licence serves this one too: it is the portable device of that one's main user, the first that is, and that
/// one has the product itself (DT-R3).
pub(super) fn carried_beside(ground: &Ground<'_>, product: &Product, id: HostId) -> Option<HostId> {
    let host = ground.estate.host(id);
    let name = host.portable_of.as_deref()?;
    let allowed = product.terms.iter().any(|terms| terms.method == Method::Device && terms.one_portable);
    let (main, licensed) = ground.index.named(name).find(|(_, other)| other.organisation == host.organisation)?;
    let has_it = |id: HostId| ground.index.installs(&product.id, id).iter().next().is_some();
    let same = |other: &Host| other.organisation == host.organisation && other.portable_of.as_deref() == Some(name);
    let first = ground.index.with_installs(&product.id).find(|(_, other, _)| same(other));
    (allowed
        && main != id
        && licensed.portable_of.is_none()
        && has_it(main)
        && first.is_some_and(|(one, _, _)| one == id))
    .then_some(main)
}

/// Finds out who uses what in one estate.
pub(super) struct Reaching<'a> {
    ground: &'a Ground<'a>,
    product: &'a Product,
    /// Records of access to copies on several machines, by place.
    to_several: BTreeSet<usize>,
}

impl<'a> Reaching<'a> {
    pub(super) fn new(ground: &'a Ground<'a>, product: &'a Product) -> Self {
        let hosts: Vec<&Host> = ground.index.with_installs(&product.id).map(|(_, host, _)| host).collect();
        let mut machines: BTreeMap<usize, usize> = BTreeMap::new();
        let of_product = |(_, access): &(usize, &Access)| access.product == product.id;
        for (place, access) in ground.estate.accesses.iter().enumerate().filter(of_product) {
            machines.insert(place, hosts.iter().filter(|host| publishes(host, access)).take(2).count());
        }
        let to_several = machines.into_iter().filter(|(_, machines)| *machines > 1).map(|(place, _)| place).collect();
        Self { ground, product, to_several }
    }

    /// Devices from which the copy on a machine is used, with the number of those not told apart. Who could open a
    /// published copy counts in the strict reading, who did in the customer's (D-12).
    pub(super) fn devices(&self, id: HostId, host: &Host) -> Vec<(Device, u32)> {
        let did = self.used_from(id, host);
        let could: Vec<(usize, u32)> = published(self.ground, self.product, host)
            .map(|(place, access)| (place, devices_of_access(self.ground, self.product, access)))
            .collect();
        let all: u32 = could.iter().map(|(_, devices)| devices).sum();
        let known: Option<u32> = did.as_ref().map(|devices| devices.iter().map(|(_, number)| number).sum());
        let disputed = all > 0 && known.is_some_and(|known| known < all);
        if disputed && self.ground.asker.ask("D-12", &host.organisation, &self.product.family, &[id]) == Answer::Strict
        {
            return self.that_could(id, &could);
        }
        match did {
            Some(devices) => devices,
            None if all > 0 => self.that_could(id, &could),
            None => vec![(Device::Machine(carried_beside(self.ground, self.product, id).unwrap_or(id)), 1)],
        }
    }

    /// Devices of these records of access: those of a record on several machines are the same ones on each.
    fn that_could(&self, id: HostId, could: &[(usize, u32)]) -> Vec<(Device, u32)> {
        let (joint, own): (Vec<_>, Vec<_>) = could.iter().partition(|(place, _)| self.to_several.contains(place));
        let mut devices: Vec<(Device, u32)> =
            joint.into_iter().map(|(place, devices)| (Device::Through(place), devices)).collect();
        let own: u32 = own.into_iter().map(|(_, devices)| devices).sum();
        devices.extend((own > 0).then_some((Device::Behind(id), own)));
        devices
    }

    /// Devices stated for a machine: their number, or those of the people who use it. A machine that is itself one of
    /// a person's devices, or of people none of whose devices are known, is used where it stands.
    fn used_from(&self, id: HostId, host: &Host) -> Option<Vec<(Device, u32)>> {
        if let Some(number) = host.devices {
            let itself = number == 1 && host.machine == Machine::Physical;
            return Some(vec![(if itself { Device::Machine(id) } else { Device::Behind(id) }, number)]);
        }
        if host.used_by.is_empty() {
            return None;
        }
        let mut devices: BTreeMap<Device, u32> = BTreeMap::new();
        let mut stated = host.machine != Machine::Physical;
        // Nobody uses a copy from no device: none stated are not known, one for each person.
        devices.extend(self.ground.index.unrecorded(host).into_iter().map(|name| (Device::OfPerson(name), 1)));
        for group in self.ground.index.people_it_names(host) {
            match &group.devices {
                Some(UserDevices::Named(names)) if !names.is_empty() => {
                    if names.iter().any(|name| bears(host, name)) {
                        return None;
                    }
                    stated = true;
                    devices.extend(names.iter().map(|name| (self.named(&host.organisation, name), 1)));
                }
                Some(UserDevices::Each(each)) if *each > 0 => {
                    stated = true;
                    devices.insert(person(group), each * group.count);
                }
                _ => {
                    devices.insert(person(group), group.count);
                }
            }
        }
        stated.then(|| devices.into_iter().collect())
    }

    fn named(&self, organisation: &str, name: &str) -> Device {
        let mut hosts = self.ground.index.named(name);
        let machine = hosts.find(|(_, host)| host.organisation == organisation && bears(host, name));
        machine.map_or_else(|| Device::Named(name.to_lowercase()), |(id, _)| Device::Machine(id))
    }
}

fn person(group: &UserGroup) -> Device {
    Device::OfPerson(group.name.clone().unwrap_or_default())
}

/// Who could open the copy on a machine, by place among the estate's records of access.
fn published<'a>(
    ground: &'a Ground<'_>,
    product: &'a Product,
    host: &'a Host,
) -> impl Iterator<Item = (usize, &'a Access)> {
    let accesses = ground.estate.accesses.iter().enumerate();
    accesses.filter(|(_, access)| access.product == product.id && publishes(host, access))
}

/// Whether a record of access to a product is to the copy on a machine that has it.
fn publishes(host: &Host, access: &Access) -> bool {
    access.organisation == host.organisation
        && (access.hosts.iter().any(|name| bears(host, name)) || access.hosts.is_empty() && is_shared(host))
}

/// Devices of those who could open a published copy by a record of access: one for each of the people where none are
/// stated.
fn devices_of_access(ground: &Ground<'_>, product: &Product, access: &Access) -> u32 {
    let shared = || access.sharing.iter().map(|group| group.devices).reduce(u32::saturating_add);
    access.devices.or_else(shared).or(access.users).unwrap_or_else(|| anybody(ground, product, access))
}

/// People of a record of access: one for each of the devices where none are stated.
fn people_of_access(ground: &Ground<'_>, product: &Product, access: &Access) -> u32 {
    let shared = || access.sharing.iter().map(|group| group.users).reduce(u32::saturating_add);
    access.users.or_else(shared).or(access.devices).unwrap_or_else(|| anybody(ground, product, access))
}

/// Who could open a copy where the record of access names no number: everybody in the directory, or in the customer's
/// reading nobody but those who are known to (D-10).
fn anybody(ground: &Ground<'_>, product: &Product, access: &Access) -> u32 {
    match directory(ground, &access.organisation) {
        0 => 0,
        everybody => match ground.asker.ask("D-10", &access.organisation, &product.family, &[]) {
            Answer::Strict => everybody,
            Answer::Customer => 0,
        },
    }
}

/// Whether any record of access is to the copy on a machine.
pub(super) fn is_published(ground: &Ground<'_>, product: &Product, host: &Host) -> bool {
    published(ground, product, host).next().is_some()
}

/// Whether people reach a machine's copies from devices of their own.
fn is_shared(host: &Host) -> bool {
    host.machine != Machine::Physical || host.users.is_some() || host.devices.is_some() || !host.used_by.is_empty()
}

/// Whether a host bears a name, its full domain name included.
pub(super) fn bears(host: &Host, name: &str) -> bool {
    std::iter::once(&host.name).chain(&host.fqdn).any(|known| known.eq_ignore_ascii_case(name))
}

/// People who use devices, each once: by their records where these name the devices or the devices name them, and as
/// many more as a device states; one where nobody says.
pub(super) fn people(ground: &Ground<'_>, product: &Product, organisation: &str, hosts: &[HostId]) -> u32 {
    let mut known: BTreeMap<HostId, u32> = BTreeMap::new();
    let mut total = 0;
    let mut counted: BTreeSet<usize> = BTreeSet::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for &id in hosts {
        for name in ground.index.unrecorded(ground.estate.host(id)) {
            *known.entry(id).or_default() += 1;
            total += u32::from(names.insert(name));
        }
        for place in ground.index.places_of(ground.estate.host(id)) {
            let group = &ground.estate.users[place];
            if group.organisation == organisation {
                *known.entry(id).or_default() += group.count;
                total += if counted.insert(place) { group.count } else { 0 };
            }
        }
    }
    let mut accesses: BTreeSet<usize> = BTreeSet::new();
    for &id in hosts {
        let known = known.get(&id).copied();
        total += people_of(ground, product, id, known, &mut accesses).saturating_sub(known.unwrap_or(0));
    }
    total
}

/// People who use the copy on a machine, or who could open it in the strict reading (D-12); those of a record of access
/// that was counted for another machine are counted.
fn people_of(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    known: Option<u32>,
    counted: &mut BTreeSet<usize>,
) -> u32 {
    let host = ground.estate.host(id);
    let did = known.max(host.users);
    let people = |access: &Access| people_of_access(ground, product, access);
    let could: u32 = published(ground, product, host).map(|(_, access)| people(access)).sum();
    let mut that_could = || {
        let new = published(ground, product, host).filter(|(place, _)| counted.insert(*place));
        new.map(|(_, access)| people(access)).sum()
    };
    match (could, did) {
        (0, did) => did.unwrap_or(1),
        (_, None) => that_could(),
        (could, Some(did)) if could <= did => did,
        (_, Some(did)) => match ground.asker.ask("D-12", &host.organisation, &product.family, &[id]) {
            Answer::Strict => that_could(),
            Answer::Customer => did,
        },
    }
}
