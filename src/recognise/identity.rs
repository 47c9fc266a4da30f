//! Which sightings are one machine, and what is true of it.
//!
//! One machine is often in several sources: an agent, a directory, a hypervisor, a management server. `join` decides
//! over the sorted whole which sightings are the same machine: by UUID (in either byte order, also where a VMware
//! serial number hides it), then by serial number, by fully qualified name, and by name within an organisation. What
//! two live machines bear joins nothing, and different serial numbers never join by name. `resolve` then turns each
//! group into a [`Host`]: for every fact the most authoritative source wins, then the newest; two that are equal in
//! both and differ are a contradiction and a finding. The answer is the same for any order of the input.

mod identifiers;
mod join;
mod placement;
mod resolve;
mod statement;
#[cfg(test)]
mod tests;

use identifiers::Identifiers;
use join::join;
use resolve::resolve;

use crate::model::{Finding, Host, HostContradiction, Locator, ObservedHost, SourceId};

/// Days within which two inventories of one identifier under different names speak of two live machines; further
/// apart, the machine was renamed.
pub const LIVE_TOGETHER_DAYS: i32 = 30;

/// What one place of one source says of one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// File it comes from.
    pub source: SourceId,
    /// Organisation, already decided by folder or tag.
    pub organisation: String,
    /// What was seen.
    pub observed: ObservedHost,
    /// Number of its software list; `None` where this view carries none.
    pub software: Option<usize>,
}

impl Sighting {
    /// Where it stands.
    pub fn locator(&self) -> Locator {
        Locator { source: self.source, place: self.observed.place.clone() }
    }
}

/// Sightings that are one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Indexes of the sightings, in the order of their sources and places.
    pub sightings: Vec<usize>,
    /// The rules that joined them, in words.
    pub joined_by: Vec<String>,
}

/// All sightings in groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    /// One group a machine, in the order of their first sightings.
    pub groups: Vec<Group>,
    /// Identifiers that two machines bear.
    pub findings: Vec<Finding>,
    /// Indexes of the sightings left out because they are templates.
    pub templates: Vec<usize>,
}

/// A host with the sightings behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifiedHost {
    /// The host, without its installations.
    pub host: Host,
    /// Indexes of its sightings, in the order of their sources and places.
    pub sightings: Vec<usize>,
    /// Indexes of the sightings whose software lists are in force; empty where nobody inventoried its software.
    pub software: Vec<usize>,
    /// Index of the sighting whose operating system is in force.
    pub operating_system: Option<usize>,
}

/// Every machine the sightings show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identified {
    /// Hosts by organisation and name; the position is the [`crate::model::HostId`].
    pub hosts: Vec<IdentifiedHost>,
    /// Shared identifiers, sorted by key.
    pub findings: Vec<Finding>,
    /// Facts on which sources differ, sorted by machine.
    pub contradictions: Vec<HostContradiction>,
    /// Indexes of the sightings left out because they are templates.
    pub templates: Vec<usize>,
}

/// Joins sightings and resolves the groups. `junk` are the identifiers that identify nothing, see
/// [`crate::rules::Rules::junk_identifiers`].
pub fn identify(sightings: &[Sighting], junk: &[String]) -> Identified {
    let identifiers = Identifiers::of_all(sightings, junk);
    resolve(sightings, &identifiers, join(sightings, &identifiers))
}
