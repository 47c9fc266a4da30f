//! What one source says of one machine, before sources are joined into hosts.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Place, Processor};

/// From which side a source sees a machine. Hypervisor exports outrank agents for placement and host cores,
/// agents outrank them for software.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// An agent or script on the machine itself.
    Agent,
    /// A hypervisor or its management server, speaking of a host.
    Hypervisor,
    /// A hypervisor or its management server, speaking of a guest.
    Guest,
    /// A list that is kept of machines, such as a directory or a configuration database. It says that a machine is
    /// known, and is outranked in everything by who looked at it.
    Register,
}

/// The running operating system, as the source writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedOperatingSystem {
    /// Caption: `Microsoft Windows Server 2016 Standard`.
    pub caption: String,
    /// Version or build: `10.0.14393`.
    pub version: Option<String>,
    /// Where the caption stands.
    pub place: Option<Place>,
}

/// Name of the remark of an [`ObservedHost`] that states a network address of it; guests may name their host by it.
pub const ADDRESS_REMARK: &str = "address";

/// What one place of one source says of one machine. A field is `None` where the source does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedHost {
    /// Where in the source.
    pub place: Place,
    /// From which side.
    pub view: View,
    /// Name as written: short, fully qualified or an address; empty where nothing says which machine it is.
    pub name: String,
    /// What people call it, where `name` is an id of its cloud: shown, and never compared.
    #[serde(default)]
    pub label: Option<String>,
    /// Fully qualified name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fqdn: Option<String>,
    /// DNS domain or workgroup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// UUID as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Serial number as written, junk values included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Organisation hint (an agent's tag).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Day of the inventory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<Date>,
    /// Operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<ObservedOperatingSystem>,
    /// Whether the machine says it is virtual; the agents are often wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_virtual: Option<bool>,
    /// Platform it says it runs on or offers: `VMware`, `Hyper-V`, `VMware ESXi 7.0.3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Processors it sees: of a physical machine the real ones, of a guest the virtual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processors: Option<Vec<Processor>>,
    /// Logical processors (threads) it sees in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_processors: Option<u32>,
    /// Hardware threads of a core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads_per_core: Option<u32>,
    /// Processor model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor_model: Option<String>,
    /// Cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Virtual processors of a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vcpus: Option<u32>,
    /// For a guest: name of the host it runs on, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs_on: Option<String>,
    /// Whether it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub powered_on: Option<bool>,
    /// A template or placeholder, which is no machine; among hypervisors a cluster itself, with its name and reference.
    pub template: bool,
    /// The source repeats only what changed since its last full inventory.
    pub partial: bool,
    /// Its software list is one of several of the machine, such as a branch of a registry or one manifest: it adds to
    /// the others and does not stand for the whole.
    #[serde(default)]
    pub complements: bool,
    /// Products that manage it, by id.
    pub managed_by: Vec<String>,
    /// Further facts as name and value, kept for `explain`.
    pub remarks: Vec<(String, String)>,
}

impl ObservedHost {
    /// Whether nothing says which machine it is: it never joins the estate, and what is on it counts nowhere.
    pub fn is_unnamed(&self) -> bool {
        self.name.is_empty()
    }

    /// A machine of which only the name is known.
    pub fn new(place: Place, view: View, name: impl Into<String>) -> Self {
        Self {
            place,
            view,
            name: name.into(),
            label: None,
            fqdn: None,
            domain: None,
            uuid: None,
            serial: None,
            tag: None,
            captured: None,
            operating_system: None,
            is_virtual: None,
            platform: None,
            processors: None,
            logical_processors: None,
            threads_per_core: None,
            processor_model: None,
            cluster: None,
            vcpus: None,
            runs_on: None,
            powered_on: None,
            template: false,
            partial: false,
            complements: false,
            managed_by: Vec::new(),
            remarks: Vec::new(),
        }
    }
}

/// One raw statement "this software is here", unchanged for ever. Borrowed, because a fleet has millions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SoftwareRecord<'a> {
    /// Name as written.
    pub name: &'a str,
    /// Version as written; empty where not stated.
    pub version: &'a str,
    /// Publisher as written; empty where not stated.
    pub publisher: &'a str,
    /// Uninstall key, GUID or product-release id; empty where not stated.
    pub key: &'a str,
}

/// What became of a software record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordClass {
    /// It proves an installation.
    Installation,
    /// It belongs to a licensable product and never counts alone.
    Component,
    /// It is free, or another product's look-alike.
    NotLicensable,
    /// It repeats another record of the same host.
    Duplicate,
    /// No rule knows it.
    Unrecognised,
}
