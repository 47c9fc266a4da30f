//! Licences by user and by device that cover every access.

use std::collections::BTreeMap;

use crate::model::SharingGroup;

use super::reach::{Reach, UNKNOWN};

/// Groups of people and devices of which every mix of licences is a way.
const ALL_MIXES: usize = 4;

/// Licences for each server version that is reached: by user and by device.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Cover(pub BTreeMap<Option<usize>, (u32, u32)>);

impl Cover {
    /// The fewest, group by group.
    pub fn fewest(reach: &Reach) -> Self {
        Self::of(reach, |group| group.users <= group.devices)
    }

    /// By user where a group is told to be, else by device. A group that names no version may reach the newest server.
    pub fn of(reach: &Reach, by_user: impl Fn(&SharingGroup) -> bool) -> Self {
        Self::by_place(reach, |_, group| by_user(group))
    }

    /// The same, where the place of a group tells too.
    fn by_place(reach: &Reach, by_user: impl Fn(usize, &SharingGroup) -> bool) -> Self {
        let mut cover = Self::default();
        for (place, (group, version)) in reach.groups.iter().enumerate() {
            let (users, devices) = cover.0.entry(version.or(reach.version)).or_default();
            if by_user(place, group) { *users += group.users } else { *devices += group.devices }
        }
        cover
    }

    /// Some groups by user and the others by device: every choice where they are few, else those that set the groups of
    /// few people to a device against those of many, because no other choice is the cheapest at any prices.
    pub fn mixes(reach: &Reach) -> Vec<Self> {
        let groups = reach.groups.len();
        let known = |place: usize, by_user: bool| {
            let group = reach.groups[place].0;
            (if by_user { group.users } else { group.devices }) != UNKNOWN
        };
        let choices: Vec<Vec<bool>> = if groups <= ALL_MIXES {
            (1..(1_u32 << groups).saturating_sub(1))
                .map(|choice| (0..groups).map(|place| choice >> place & 1 == 1).collect())
                .collect()
        } else {
            let mut order: Vec<usize> = (0..groups).collect();
            let group = |place: usize| reach.groups[place].0;
            order.sort_by(|&one, &other| {
                let product = |a: usize, b: usize| u64::from(group(a).users) * u64::from(group(b).devices);
                product(one, other).cmp(&product(other, one)).then(one.cmp(&other))
            });
            let first = |count: usize| (0..groups).map(|place| order[..count].contains(&place)).collect();
            (1..groups).map(first).collect()
        };
        let lawful = |choice: &&Vec<bool>| reach.tied.iter().all(|&(first, second)| !choice[first] || choice[second]);
        let known = |choice: &&Vec<bool>| choice.iter().enumerate().all(|(place, &by_user)| known(place, by_user));
        choices
            .iter()
            .filter(known)
            .filter(lawful)
            .map(|choice| Self::by_place(reach, |place, _| choice[place]))
            .collect()
    }

    pub fn users(&self) -> u32 {
        self.0.values().map(|(users, _)| users).sum()
    }

    pub fn devices(&self) -> u32 {
        self.0.values().map(|(_, devices)| devices).sum()
    }
}
