//! Who uses which device, by the records of people: the fewest licences for people and devices that cover every use.
//!
//! People and the devices their records name form a graph; the fewest licences are its smallest vertex cover (CL-R1), which
//! is as large as the largest assignment of devices to people, a device to one person and a person to one device (König).
//! Within a part that hangs together the cover takes some devices, with the people who need no licence for them, and some
//! people, with the devices that need none for those: two groups like those of `sharing`, where the first never goes by
//! user while the second goes by device, because uses between them would be left out.

use std::collections::BTreeMap;

use crate::model::{Access, SharingGroup, UserDevices, UserGroup};

use super::super::Ground;
use super::subscribers::{Subscribed, Subscribers};

/// More devices of one part than this are taken for one group, in which everybody may use everything.
const MOST: usize = 5_000;

/// Groups that share nothing, or no more than is told.
#[derive(Default)]
pub(super) struct Map {
    /// People and devices.
    pub groups: Vec<SharingGroup>,
    /// Places of two groups each: not the first by user together with the second by device.
    pub tied: Vec<(usize, usize)>,
    /// People in all.
    pub people: u32,
    /// Devices in all.
    pub devices: u32,
    /// People among them who are covered by a subscription, and so in no group.
    pub covered: u32,
    /// People covered of those in the groups, of whom nobody says who they are.
    pub subscribed: Option<Subscribed>,
}

/// The map of an access, where the records of the people behind it name the devices of all of them, and no others by the
/// numbers of the access. People who are covered by a subscription use theirs without a licence.
pub(super) fn of(ground: &Ground<'_>, access: &Access, subscribers: &Subscribers) -> Option<Map> {
    let mut people = people(ground, access)?;
    if !people.iter().any(|group| matches!(group.devices, Some(UserDevices::Named(_)))) {
        return None;
    }
    let map = Map::new(&people)?;
    let same = match (access.users, access.devices) {
        (None, None) => true,
        (users, Some(devices)) => devices == map.devices && users.is_none_or(|users| users == map.people),
        // Devices that the record of access leaves open are not known (people only).
        (Some(_), None) => false,
    };
    if !same {
        return None;
    }
    people.retain(|group| !subscribers.contain(group));
    let others: u32 = people.iter().map(|group| group.count).sum();
    let Map { groups, tied, .. } = Map::new(&people)?;
    Some(Map { groups, tied, covered: map.people - others, subscribed: Some(subscribers.among(&people)), ..map })
}

/// People whom the machines of an access name; where it names no machine, or these nobody, all of the organisation. `None`
/// where the machines name people of whom no record tells.
fn people<'a>(ground: &Ground<'a>, access: &Access) -> Option<Vec<&'a UserGroup>> {
    let names = |name: &String| ground.index.named(name).find(|(_, host)| host.organisation == access.organisation);
    let hosts: Option<Vec<_>> = access.hosts.iter().map(names).collect();
    let hosts = hosts.unwrap_or_default();
    if !hosts.is_empty() && hosts.iter().all(|(_, host)| !host.used_by.is_empty()) {
        if hosts.iter().any(|(_, host)| !ground.index.unrecorded(host).is_empty()) {
            return None;
        }
        let mut people: Vec<&UserGroup> = Vec::new();
        for group in hosts.iter().flat_map(|(_, host)| ground.index.people_it_names(host)) {
            if !people.iter().any(|known| std::ptr::eq(*known, group)) {
                people.push(group);
            }
        }
        return Some(people);
    }
    Some(ground.estate.users.iter().filter(|group| group.organisation == access.organisation).collect())
}

impl Map {
    /// Of these people; `None` where the devices of some are not stated.
    fn new(people: &[&UserGroup]) -> Option<Self> {
        let mut map = Self::default();
        let mut counts: Vec<u32> = Vec::new();
        let mut users_of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for group in people {
            match group.devices.as_ref()? {
                UserDevices::Each(0) => return None,
                UserDevices::Each(each) => map.add(group.count, each.saturating_mul(group.count)),
                UserDevices::Named(names) if names.is_empty() => return None,
                UserDevices::Named(names) => {
                    for name in names {
                        let users = users_of.entry(name.to_lowercase()).or_default();
                        if users.last() != Some(&counts.len()) {
                            users.push(counts.len());
                        }
                    }
                    counts.push(group.count);
                }
            }
        }
        let devices: Vec<Vec<usize>> = users_of.into_values().collect();
        for part in parts(&devices, counts.len()) {
            map.add_part(&Part::new(&part, &devices, &counts));
        }
        Some(map)
    }

    fn add(&mut self, users: u32, devices: u32) {
        self.people += users;
        self.devices += devices;
        self.groups.push(SharingGroup { users, devices });
    }

    fn add_part(&mut self, part: &Part) {
        let (people, devices) = (part.counts.iter().sum::<u32>(), part.users_of.len() as u32);
        let Some(by_user) = part.by_user() else { return self.add(people, devices) };
        let users: u32 = part.counts.iter().zip(&by_user.people).filter(|(_, by_user)| **by_user).map(|(n, _)| n).sum();
        let free = by_user.devices.iter().filter(|by_user| **by_user).count() as u32;
        if users == 0 || users == people || free == 0 || free == devices {
            return self.add(people, devices);
        }
        let first = self.groups.len();
        self.add(people - users, devices - free);
        self.add(users, free);
        self.tied.push((first, first + 1));
    }
}

/// The first of those that a group of people is known to hang together with.
fn find(root: &mut [usize], mut at: usize) -> usize {
    while root[at] != at {
        root[at] = root[root[at]];
        at = root[at];
    }
    at
}

/// Devices that hang together through people, by number.
fn parts(devices: &[Vec<usize>], people: usize) -> Vec<Vec<usize>> {
    let mut root: Vec<usize> = (0..people).collect();
    for users in devices {
        for pair in users.windows(2) {
            let (one, other) = (find(&mut root, pair[0]), find(&mut root, pair[1]));
            root[one.max(other)] = one.min(other);
        }
    }
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (device, users) in devices.iter().enumerate() {
        found.entry(find(&mut root, users[0])).or_default().push(device);
    }
    found.into_values().collect()
}

/// One part that hangs together.
struct Part {
    /// People of each group.
    counts: Vec<u32>,
    /// Groups of people that use each device.
    users_of: Vec<Vec<usize>>,
}

/// Who and what goes by user in the smallest cover.
struct ByUser {
    /// Groups of people with a licence.
    people: Vec<bool>,
    /// Devices without one.
    devices: Vec<bool>,
}

impl Part {
    fn new(part: &[usize], devices: &[Vec<usize>], counts: &[u32]) -> Self {
        let mut places: BTreeMap<usize, usize> = BTreeMap::new();
        let mut own = Vec::new();
        let users_of = part.iter().map(|&device| {
            let users = devices[device].iter().map(|&user| {
                *places.entry(user).or_insert_with(|| {
                    own.push(counts[user]);
                    own.len() - 1
                })
            });
            users.collect()
        });
        let users_of = users_of.collect();
        Self { counts: own, users_of }
    }

    /// The smallest cover: what can be reached from devices that are left over when as many as possible are assigned goes
    /// by user. `None` where the part is too large to be looked through.
    fn by_user(&self) -> Option<ByUser> {
        if self.users_of.len() > MOST {
            return None;
        }
        let mut held: Vec<Vec<usize>> = vec![Vec::new(); self.counts.len()];
        let mut left = Vec::new();
        for device in 0..self.users_of.len() {
            if !self.assign(device, &mut held) {
                left.push(device);
            }
        }
        let mut by_user = ByUser { people: vec![false; self.counts.len()], devices: vec![false; self.users_of.len()] };
        left.iter().for_each(|&device| by_user.devices[device] = true);
        while let Some(device) = left.pop() {
            for &user in &self.users_of[device] {
                if !std::mem::replace(&mut by_user.people[user], true) {
                    for &next in &held[user] {
                        by_user.devices[next] = true;
                        left.push(next);
                    }
                }
            }
        }
        Some(by_user)
    }

    /// Assigns a device to somebody who has room, moving others where that makes room.
    fn assign(&self, device: usize, held: &mut [Vec<usize>]) -> bool {
        // Who was reached, from which device; breadth first, so that no path is deep.
        let mut from: Vec<Option<usize>> = vec![None; held.len()];
        let mut next = std::collections::VecDeque::from([device]);
        while let Some(at) = next.pop_front() {
            for &user in &self.users_of[at] {
                if from[user].is_some() {
                    continue;
                }
                from[user] = Some(at);
                if held[user].len() < self.counts[user] as usize {
                    move_along(user, device, &from, held);
                    return true;
                }
                next.extend(held[user].iter().copied());
            }
        }
        false
    }
}

/// Gives the last one reached the device it was reached from, whoever held that the one before, and so on.
fn move_along(last: usize, device: usize, from: &[Option<usize>], held: &mut [Vec<usize>]) {
    let mut user = last;
    while let Some(given) = from[user] {
        let holder = held.iter().position(|devices| devices.contains(&given));
        held[user].push(given);
        let Some(before) = holder else { break };
        held[before].retain(|&held| held != given);
        user = before;
        if given == device {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group of so many people with these devices.
    fn group(count: u32, devices: &[&str]) -> UserGroup {
        UserGroup {
            name: None,
            count,
            organisation: "org".into(),
            devices: Some(UserDevices::Named(devices.iter().map(|&name| name.to_owned()).collect())),
            subscriptions: Vec::new(),
            evidence: None,
        }
    }

    fn fewest(map: &Map) -> u32 {
        map.groups.iter().map(|group| group.users.min(group.devices)).sum()
    }

    fn map(people: &[UserGroup]) -> Map {
        Map::new(&people.iter().collect::<Vec<_>>()).expect("every device is stated")
    }

    #[test]
    fn two_share_a_device_and_a_third_has_others_beside_it() {
        let people = [group(1, &["k"]), group(1, &["k"]), group(1, &["k", "l", "m", "n"])];
        let map = map(&people);
        assert_eq!((map.people, map.devices, fewest(&map)), (3, 4, 2));
        assert_eq!(
            map.groups,
            [SharingGroup { users: 2, devices: 1 }, SharingGroup { users: 1, devices: 3 }],
            "one licence for the shared device, one for the person"
        );
        assert_eq!(map.tied, [(0, 1)]);
    }

    /// The smallest cover of small graphs, by trying every set of people and devices.
    fn tried(people: &[UserGroup]) -> u32 {
        let mut names: Vec<&String> = Vec::new();
        for group in people {
            let Some(UserDevices::Named(devices)) = &group.devices else { unreachable!("all are named") };
            names.extend(devices);
        }
        names.sort();
        names.dedup();
        let sets = 0..1_u32 << (people.len() + names.len());
        let licensed = |set: u32, place: usize| set >> place & 1 == 1;
        let covers = |set: u32| {
            people.iter().enumerate().all(|(place, group)| {
                let Some(UserDevices::Named(devices)) = &group.devices else { unreachable!("all are named") };
                let device = |name: &String| people.len() + names.iter().position(|known| *known == name).unwrap();
                licensed(set, place) || devices.iter().all(|name| licensed(set, device(name)))
            })
        };
        let weight = |set: u32| {
            let of_people: u32 =
                people.iter().enumerate().filter(|(at, _)| licensed(set, *at)).map(|(_, one)| one.count).sum();
            let of_devices = (0..names.len()).filter(|at| licensed(set, people.len() + at)).count() as u32;
            of_people + of_devices
        };
        sets.filter(|set| covers(*set)).map(weight).min().expect("everything licensed covers")
    }

    #[test]
    fn no_set_of_licences_covers_with_fewer() {
        let names = ["a", "b", "c", "d", "e"];
        let mut seed = 7_u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..400 {
            let people: Vec<UserGroup> = (0..1 + next(4))
                .map(|_| {
                    let devices: Vec<&str> = names.iter().copied().filter(|_| next(3) == 0).collect();
                    group(1 + next(3) as u32, if devices.is_empty() { &names[..1] } else { &devices })
                })
                .collect();
            assert_eq!(fewest(&map(&people)), tried(&people), "{people:?}");
        }
    }
}
