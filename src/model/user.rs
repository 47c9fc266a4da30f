//! People, who reaches what, and the organisations.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Locator;

/// A legal entity that owns entitlements and runs hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Short name used in folders and keys.
    pub name: String,
    /// Name as printed; `name` where empty.
    pub title: String,
    /// Organisation it belongs to.
    pub affiliate_of: Option<String>,
    /// Day on which it left.
    pub divested_on: Option<Date>,
}

/// Devices of a group of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserDevices {
    /// So many each.
    Each(u32),
    /// These, by name; for a group: all its devices together.
    Named(Vec<String>),
}

/// One user, or a group of alike ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroup {
    /// Name; `None` for an anonymous group.
    pub name: Option<String>,
    /// People in it.
    pub count: u32,
    /// Organisation.
    pub organisation: String,
    /// Devices they use.
    pub devices: Option<UserDevices>,
    /// Products assigned to each of them.
    pub subscriptions: Vec<String>,
    /// Where it was read.
    pub evidence: Option<Locator>,
}

impl UserGroup {
    /// Adds what another record says of the same people: devices and subscriptions of both.
    pub fn join(&mut self, other: Self) {
        self.devices = match (self.devices.take(), other.devices) {
            (Some(UserDevices::Named(mut names)), Some(UserDevices::Named(more))) => {
                let is_new = |name: &String| !names.iter().any(|known| known.eq_ignore_ascii_case(name));
                let more: Vec<String> = more.into_iter().filter(is_new).collect();
                names.extend(more);
                Some(UserDevices::Named(names))
            }
            (Some(UserDevices::Each(one)), Some(UserDevices::Each(another))) => {
                Some(UserDevices::Each(one.max(another)))
            }
            (Some(UserDevices::Named(names)), Some(UserDevices::Each(number)))
            | (Some(UserDevices::Each(number)), Some(UserDevices::Named(names))) => {
                let all_named = names.len() >= number as usize;
                Some(if all_named { UserDevices::Named(names) } else { UserDevices::Each(number) })
            }
            (devices, None) | (None, devices) => devices,
        };
        for subscription in other.subscriptions {
            if !self.subscriptions.contains(&subscription) {
                self.subscriptions.push(subscription);
            }
        }
    }
}

/// Users who share devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharingGroup {
    /// People.
    pub users: u32,
    /// Devices.
    pub devices: u32,
}

/// Who reaches a server product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Organisation whose people these are.
    pub organisation: String,
    /// Product reached.
    pub product: String,
    /// Highest server version reached.
    pub version: Option<String>,
    /// Distinct people.
    pub users: Option<u32>,
    /// Distinct devices.
    pub devices: Option<u32>,
    /// Who shares devices with whom.
    pub sharing: Vec<SharingGroup>,
    /// Most people who used it at the same time, as a licence server counts sessions; `None` where nobody states it.
    #[serde(default)]
    pub peak_sessions: Option<u32>,
    /// People outside the organisation.
    pub external_users: Option<u32>,
    /// Hosts reached, by name.
    pub hosts: Vec<String>,
    /// Where it was read.
    pub evidence: Option<Locator>,
}
