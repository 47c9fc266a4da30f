//! The terms of a product's file: what a unit counts, minimums, packs and rights, each with its source.

mod read;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::model::{Channel, Metric};

use super::product::RuleSource;

pub(crate) use read::{grant, order_minimum, passive, source, suite, terms, versions, weight};

/// How a requirement is counted. Each method is one file in `require/`, which documents the keys it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Sets of all cores of a host, each with rights for some guests.
    HostSets,
    /// Licences for so many processors of a host, each with rights for some guests.
    HostProcessors,
    /// All cores of a host; rights for guests depend on the edition and Software Assurance.
    HostCores,
    /// The virtual cores of a guest.
    GuestCores,
    /// A licence for each operating system the product runs in.
    Instance,
    /// A licence for each device.
    Device,
    /// A subscription for each person.
    User,
    /// As many processor licences as stand behind the virtual processors of a guest.
    GuestProcessors,
    /// Server licences of a host, each for so many guests or virtual cores.
    HostServers,
    /// A licence for each person or device that reaches a server product.
    Access,
    /// One for each physical server, for everybody from outside who reaches it.
    ExternalConnector,
    /// Processors: all cores times a factor, summed before rounding.
    ProcessorFactor,
    /// Occupied sockets.
    OccupiedSockets,
    /// Named people, with a minimum for each processor or server.
    NamedUser,
    /// Licences for so many cores of each processor.
    ProcessorSlices,
    /// Pairs of sockets of a host, or pairs of guests.
    SocketPairs,
    /// The virtual cores of all guests of a host, at most the host's own.
    CappedCores,
    /// Everybody employed.
    Employee,
    /// Each client system that is managed, or each person who uses them.
    ManagedClients,
    /// Everybody it is assigned to; by device every device that reaches it, by concurrent user everybody at once.
    Assigned,
}

/// Names of methods in files.
pub const METHODS: [(Method, &str); 20] = [
    (Method::HostSets, "host-sets"),
    (Method::HostProcessors, "host-processors"),
    (Method::HostCores, "host-cores"),
    (Method::GuestCores, "guest-cores"),
    (Method::Instance, "instance"),
    (Method::Device, "device"),
    (Method::User, "user"),
    (Method::GuestProcessors, "guest-processors"),
    (Method::HostServers, "host-servers"),
    (Method::Access, "access"),
    (Method::ExternalConnector, "external-connector"),
    (Method::ProcessorFactor, "processor-factor"),
    (Method::OccupiedSockets, "occupied-sockets"),
    (Method::NamedUser, "named-user"),
    (Method::ProcessorSlices, "processor-slices"),
    (Method::SocketPairs, "socket-pairs"),
    (Method::CappedCores, "capped-cores"),
    (Method::Employee, "employee"),
    (Method::ManagedClients, "managed-clients"),
    (Method::Assigned, "assigned"),
];

/// What one unit or set of an edition allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// Edition.
    pub edition: String,
    /// Operating systems a set or licence carries.
    pub guests: Option<u32>,
    /// It carries any number.
    pub unlimited: bool,
    /// It carries any number while Software Assurance is in force.
    pub unlimited_with_sa: bool,
    /// Each unit assigned to the host carries one guest.
    pub guest_a_unit: bool,
}

/// A factor on physical cores, by processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreFactor {
    /// Expression on the processor model.
    pub model: Option<String>,
    /// Fewest cores of the processor.
    pub minimum_cores: u32,
    /// Most cores of the processor.
    pub maximum_cores: Option<u32>,
    /// Factor in hundredths.
    pub percent: u32,
}

/// Editions above its own that a subscription may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunsAbove {
    /// Edition of the subscription.
    pub edition: String,
    /// Editions it may run.
    pub editions: Vec<String>,
    /// How it was sold.
    pub channel: Channel,
    /// First day of the rule.
    pub from: Option<Date>,
}

/// Most of each that a licence may be used for; `None`: any number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// People.
    pub users: Option<u32>,
    /// Devices.
    pub devices: Option<u32>,
    /// Processors of the server.
    pub processors: Option<u32>,
    /// Servers of one organisation that run the edition.
    pub hosts: Option<u32>,
}

/// Terms of one metric for one span of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Unique id.
    pub id: String,
    /// How it is counted.
    pub method: Method,
    /// What a unit counts.
    pub metric: Metric,
    /// Product of the licence, where an installation needs another product's licence.
    pub licence_product: Option<String>,
    /// Editions of the licence; empty where the product has none.
    pub editions: Vec<String>,
    /// First licence version, as index into the releases.
    pub from: usize,
    /// Last licence version.
    pub until: usize,
    /// First day on which it was sold.
    pub sold_from: Option<Date>,
    /// Last day.
    pub sold_until: Option<Date>,
    /// Least cores counted for a processor.
    pub processor_minimum: u32,
    /// Least cores counted for a server.
    pub server_minimum: u32,
    /// Least cores counted for a guest.
    pub guest_minimum: u32,
    /// Processors one licence covers.
    pub processors_a_licence: u32,
    /// One licence covers a server, however many processors it has.
    pub whole_server: bool,
    /// Least licences for a server: (strict, customer).
    pub least_licences: (u32, u32),
    /// Least units of a customer in all, with the days on which that held.
    pub customer_minimum: Option<(u32, Date, Date)>,
    /// Most people, devices and processors of a server that it may be used for.
    pub limits: Limits,
    /// Guests one server licence carries; `None`: any number.
    pub guests_a_licence: Option<u32>,
    /// Virtual cores one server licence carries; `None`: any number.
    pub cores_a_licence: Option<u32>,
    /// Lower editions a licence of these terms may be used for, where they differ from the product's.
    pub covers: Option<Vec<(String, Vec<String>)>>,
    /// Rights by edition.
    pub rights: Vec<Right>,
    /// Only with Software Assurance or a subscription in force.
    pub needs_sa: bool,
    /// Licences follow the guest between hosts only with Software Assurance.
    pub mobility_needs_sa: bool,
    /// Editions whose licences serve these clouds and machines of one's own at once.
    pub beside_own_hosts: Vec<String>,
    /// Last day of purchase of the licences that may serve under these terms.
    pub acquired_until: Option<Date>,
    /// Editions above its own that a subscription sold in some way may run.
    pub runs_above: Vec<RunsAbove>,
    /// Never in a position, only an alternative.
    pub alternative_only: Option<String>,
    /// Why no licence of one's own may be used in these clouds; `None`: it may.
    pub forbidden: Option<String>,
    /// Builds of the installation it is for; empty: any.
    pub builds: Vec<String>,
    /// Public clouds they are for; empty: machines of one's own.
    pub clouds: Vec<String>,
    /// Units are counted in multiples of this.
    pub multiple_of: u32,
    /// First and last day on which the rule holds, whatever the licence.
    pub in_force: (Option<Date>, Option<Date>),
    /// Whether a guest that a hard partition binds to some cores counts by those alone.
    pub hard_partitions: bool,
    /// Most sockets a server may have.
    pub most_sockets: Option<u32>,
    /// Most virtual processors a cloud machine may have.
    pub most_vcpus: Option<u32>,
    /// Virtual processors of a cloud machine one unit covers: with hyper-threading, without.
    pub vcpus_a_licence: (u32, u32),
    /// Least people for each processor licence the same edition would need.
    pub people_a_processor: u32,
    /// Least people for each server.
    pub people_a_server: u32,
    /// Counted by the people who use machines for tests and development.
    pub developers: bool,
    /// Licensing a guest covers the containers in it.
    pub covers_containers: bool,
    /// Whether containers that share the kernel of the system they run in count as that system, any number of them.
    pub covers_process_containers: bool,
    /// Factors on physical cores.
    pub core_factors: Vec<CoreFactor>,
    /// Cores of a host nobody knows: (strict, customer).
    pub unknown_cores: (u32, u32),
    /// Processors of a host nobody knows: (strict, customer).
    pub unknown_processors: (u32, u32),
    /// Factor, in hundredths, of a processor whose model nobody states: (strict, customer).
    pub unknown_factor: (u32, u32),
    /// Devices one user may install on.
    pub devices_a_user: u32,
    /// Physical machines only; what runs in a guest is licensed otherwise.
    pub physical_only: bool,
    /// The licence of a device serves one portable device of its main user too.
    pub one_portable: bool,
    /// A device all of whose people hold it needs no licence of its own, whatever the build.
    pub covers_devices: bool,
    /// Newest version whose other builds a person who holds it may run, and the product that must be licensed on the
    /// device for that.
    pub older_builds: Option<(usize, String)>,
    /// Product whose servers are reached.
    pub serves: Option<String>,
    /// Only where servers are licensed on this basis.
    pub serves_basis: Option<String>,
    /// Access is licensed only where the product served runs in a guest.
    pub serves_guests_only: bool,
    /// Products that nobody reaches without reaching the one served.
    pub also_reached_by: Vec<String>,
    /// People from outside need these licences too.
    pub counts_external: bool,
    /// The licence covers the access of everybody its limits allow.
    pub includes_access: bool,
    /// Where the terms come from.
    pub source: RuleSource,
    /// Ids of the clauses in `rules/clauses.toml` that they restate.
    pub clauses: Vec<String>,
    /// Whether that was seen in a public page.
    pub verified: bool,
    /// Line of the table in its file.
    pub line: u32,
}

/// How terms name every public cloud.
const ANY_CLOUD: &str = "*";

impl Terms {
    /// Whether they are for a public cloud.
    pub(crate) fn is_for_cloud(&self, cloud: &str) -> bool {
        self.clouds.iter().any(|known| known == cloud || known == ANY_CLOUD)
    }
}

/// A conversion of licences from one metric to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Unique id.
    pub id: String,
    /// Metric converted.
    pub from_metric: Metric,
    /// Metric granted.
    pub to_metric: Metric,
    /// Edition converted.
    pub from_edition: String,
    /// Edition granted.
    pub to_edition: String,
    /// Newest printed version that is converted; `None`: any.
    pub until_version: Option<String>,
    /// Release whose availability under Software Assurance gives the grant; `None`: no release does.
    pub at_version: Option<String>,
    /// Only while Software Assurance or a subscription is in force.
    pub needs_sa: bool,
    /// Ids of the terms under which alone the units granted may be used; empty: any.
    pub terms: Vec<String>,
    /// Licences that are converted together.
    pub licences: u32,
    /// Units granted for so many licences.
    pub units: u32,
    /// Last day of the hardware record that raises the grant; `None`: any day.
    pub documented_until: Option<Date>,
    /// Where it comes from.
    pub source: RuleSource,
    /// Whether that was seen in a public page.
    pub verified: bool,
}

/// Copies that stand by and need no licence of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passive {
    /// Unique id.
    pub id: String,
    /// First version, as index into the releases.
    pub from_version: usize,
    /// Last version.
    pub until_version: usize,
    /// First day of the rule.
    pub from: Option<Date>,
    /// Last day of the rule.
    pub until: Option<Date>,
    /// Only while Software Assurance runs on the primary's licences, and on the access licences it needs.
    pub needs_sa: bool,
    /// A host that carries such copies and nothing else needs no licences.
    pub whole_host: bool,
    /// Copies for any purpose.
    pub any: u32,
    /// Copies for disaster recovery beside those.
    pub disaster_recovery: u32,
    /// Copies for disaster recovery in the publisher's cloud beside those.
    pub disaster_recovery_azure: u32,
    /// Work a copy may do and still stand by.
    pub features: Vec<String>,
    /// Shared clouds in which a primary on licences of one's own frees no copy.
    pub except_clouds: Vec<String>,
    /// Where it comes from.
    pub source: RuleSource,
    /// Whether that was seen in a public page.
    pub verified: bool,
}

/// A part of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// Product it gives.
    pub product: String,
    /// Edition of the suite; `None`: any.
    pub suite_edition: Option<String>,
    /// Edition it gives.
    pub edition: Option<String>,
    /// Metric of the part; `None`: that of the purchase.
    pub metric: Option<Metric>,
    /// Where it comes from.
    pub source: Option<RuleSource>,
    /// Whether that was seen in a public page.
    pub verified: bool,
}

/// The fewest units the publisher sells in one order. A rule of purchase, as packs are: it changes no requirement (VM-R2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderMinimum {
    /// Id, for explanations.
    pub id: String,
    /// Metric.
    pub metric: Metric,
    /// Units of the metric.
    pub units: u32,
    /// First day on which orders are held to it.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
    /// Source.
    pub source: RuleSource,
    /// Whether somebody checked it.
    pub verified: bool,
}

impl OrderMinimum {
    /// Whether orders of a day are held to it.
    pub fn is_in_force(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// Relative price of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// Edition; `None`: any.
    pub edition: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// Relative price.
    pub price: Decimal,
}
