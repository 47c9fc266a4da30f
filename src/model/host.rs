//! Machines, their processors, and what is installed on them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Fact, Locator, SharedText};

/// Index of a [`Host`] in [`super::Estate::hosts`], which is sorted by organisation and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostId(pub u32);

/// A populated socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Processor {
    /// Physical cores, hyper-threads not counted.
    pub cores: u32,
    /// Cores that firmware leaves switched on, where it switched some off.
    pub enabled_cores: Option<u32>,
}

/// What kind of machine a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Machine {
    /// A physical machine.
    Physical,
    /// A virtual machine.
    Guest,
    /// A container on a physical or virtual machine.
    Container,
}

/// Where a guest runs now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// On this host.
    On(HostId),
    /// In this public cloud, on a machine the customer does not see.
    Cloud(String),
}

/// Whether the hosts a guest may move to are enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affinity {
    /// Nothing but a wish.
    #[default]
    Should,
    /// A rule of the platform, with evidence.
    Must,
}

/// What a machine is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// Live.
    #[default]
    Production,
    /// Tests only.
    Test,
    /// Development only.
    Development,
}

/// How a container is kept apart from the system it runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// By the system itself: it shares its kernel.
    Process,
    /// By a virtual machine of its own.
    HyperV,
}

/// What an installed server product does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Serves.
    #[default]
    Active,
    /// Stands by for high availability.
    PassiveHa,
    /// Stands by for disaster recovery.
    PassiveDr,
    /// Stands by for disaster recovery in Azure.
    PassiveDrAzure,
    /// Answers reads.
    ReadableSecondary,
    /// A component of the product without its engine; [`Installation::component`] says which.
    Component,
}

/// A release of a product on a host, after its components were folded in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// Product id.
    pub product: String,
    /// Version as people write it.
    pub version: Fact<String>,
    /// Edition in kebab-case.
    pub edition: Fact<String>,
    /// Build number as the source writes it (`10.0.14393`, `13.2.5026.0`); `None` where it states none.
    pub build_number: Option<String>,
    /// What it does.
    pub role: Role,
    /// Whether anything but a word shows that role.
    #[serde(default = "proved")]
    pub role_proved: bool,
    /// Whether its service runs; `None` where nobody says.
    #[serde(default)]
    pub running: Option<bool>,
    /// Which component, where `role` is `component`.
    pub component: Option<String>,
    /// Instances on this host.
    pub instances: u32,
    /// `"subscription"` or `"volume"`, for desktop products.
    pub build: Option<String>,
    /// Features in use.
    pub features: Vec<String>,
    /// Day of installation.
    pub installed: Option<Date>,
    /// Day it was last used; `None` where nobody measures it.
    pub last_used: Option<Date>,
    /// Counting basis the customer declared: `"core"` or `"server-cal"`.
    pub licence_basis: Option<String>,
    /// The operating system does nothing but run guests.
    pub hosting_only: bool,
    /// The recognition rule that hit, or `declared` for a manifest.
    pub rule: SharedText,
    /// The raw name it was recognised from; empty for a manifest.
    pub title: SharedText,
    /// Where it was seen.
    pub evidence: Option<Locator>,
}

/// A role that was stored before doubts were kept is taken as it stands.
fn proved() -> bool {
    true
}

/// A machine an operating system runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Name, unique within its organisation.
    pub name: String,
    /// Name of the organisation that runs it.
    pub organisation: String,
    /// Kind of machine.
    pub machine: Machine,
    /// Fully qualified name.
    pub fqdn: Option<String>,
    /// Hardware UUID in lower case with hyphens.
    pub uuid: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Processors of a physical machine.
    pub processors: Fact<Vec<Processor>>,
    /// Socket capacity of the board, where it differs from the number of processors.
    pub sockets: Option<u32>,
    /// Hardware threads of a core.
    pub threads_per_core: u32,
    /// Model as the machine reports it.
    pub processor_model: Option<String>,
    /// Cluster it belongs to.
    pub cluster: Option<String>,
    /// Where that is stated.
    #[serde(default)]
    pub cluster_evidence: Option<Locator>,
    /// Hypervisor it runs, where it does nothing but run guests.
    pub hypervisor: Option<String>,
    /// Where a guest runs; `Known` without meaning for a physical machine is never set.
    pub placement: Option<Fact<Placement>>,
    /// Hosts it may move to, where they are listed.
    pub may_run_on: Option<Vec<HostId>>,
    /// Whether that list is enforced.
    pub affinity: Affinity,
    /// Virtual processors of a guest or container.
    pub vcpus: Fact<u32>,
    /// Hardware threads behind one virtual processor.
    pub threads_per_vcpu: u32,
    /// Whether it runs.
    pub powered_on: bool,
    /// What it is for; `None` where nobody says.
    pub environment: Option<Environment>,
    /// Day of the newest inventory of it.
    pub last_seen: Option<Date>,
    /// Host it was moved away from, by name.
    pub moved_from: Option<String>,
    /// Day of that move.
    pub moved_on: Option<Date>,
    /// Host a container runs on.
    pub container_of: Option<HostId>,
    /// How a container is kept apart from the system it runs on; `None` where nobody says.
    #[serde(default)]
    pub isolation: Option<Isolation>,
    /// Name of the licensed device whose main user carries this portable one, where the terms of the purchase give that right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portable_of: Option<String>,
    /// Distinct people that use its installs.
    pub users: Option<u32>,
    /// Distinct devices that use its installs.
    pub devices: Option<u32>,
    /// Names of the user groups that use it.
    pub used_by: Vec<String>,
    /// Products that manage it.
    pub managed_by: Vec<String>,
    /// A test machine that touches live data.
    pub production_data: bool,
    /// Documented peak number of guests in the last 90 days.
    pub peak_guests: Option<u32>,
    /// Cores that a hard partition binds this guest to; `None` where nothing is known to bind it.
    #[serde(default)]
    pub partition_cores: Option<u32>,
    /// Whether an inventory of its software was read, as against a hypervisor's or a person's word for it.
    #[serde(default)]
    pub inventoried: bool,
    /// What is installed.
    pub installs: Vec<Installation>,
    /// Places in the sources that speak of this host, the most authoritative first.
    pub evidence: Vec<Locator>,
    /// The rules that joined those sources, in words ("same UUID, byte-swapped").
    pub joined_by: Vec<String>,
}

impl Host {
    /// A machine of which nothing but its name, organisation and kind is known yet.
    pub fn new(name: impl Into<String>, organisation: impl Into<String>, machine: Machine) -> Self {
        Self {
            name: name.into(),
            organisation: organisation.into(),
            machine,
            fqdn: None,
            uuid: None,
            serial: None,
            processors: Fact::unknown("no source states its processors"),
            sockets: None,
            threads_per_core: 1,
            processor_model: None,
            cluster: None,
            cluster_evidence: None,
            hypervisor: None,
            placement: None,
            may_run_on: None,
            affinity: Affinity::Should,
            vcpus: Fact::unknown("no source states its virtual processors"),
            threads_per_vcpu: 1,
            powered_on: true,
            environment: None,
            last_seen: None,
            moved_from: None,
            moved_on: None,
            container_of: None,
            isolation: None,
            portable_of: None,
            users: None,
            devices: None,
            used_by: Vec::new(),
            managed_by: Vec::new(),
            production_data: false,
            peak_guests: None,
            partition_cores: None,
            inventoried: false,
            installs: Vec::new(),
            evidence: Vec::new(),
            joined_by: Vec::new(),
        }
    }

    /// Whether it serves live users or data: stated, or a machine a person declared without saying what it is for.
    /// `None` where only an inventory speaks of it, which cannot know.
    pub fn serves_production(&self) -> Option<bool> {
        match self.environment {
            _ if self.production_data => Some(true),
            Some(environment) => Some(environment == Environment::Production),
            None => (!self.inventoried).then_some(true),
        }
    }

    /// Whether it is kept for tests or development.
    pub fn is_for_tests(&self) -> bool {
        self.serves_production() == Some(false)
    }

    /// Whether it is stated who uses what is installed on it, by number or by name.
    pub fn states_who_uses_it(&self) -> bool {
        self.users.is_some() || self.devices.is_some() || !self.used_by.is_empty()
    }

    /// The host a guest runs on now, where that is known.
    pub fn runs_on(&self) -> Option<HostId> {
        match self.placement.as_ref().and_then(Fact::value) {
            Some(Placement::On(host)) => Some(*host),
            _ => None,
        }
    }

    /// The cloud a guest runs in, or a host stands in that one has there for oneself.
    pub fn cloud(&self) -> Option<&str> {
        match self.placement.as_ref().and_then(Fact::value) {
            Some(Placement::Cloud(name)) => Some(name),
            _ => None,
        }
    }
}
