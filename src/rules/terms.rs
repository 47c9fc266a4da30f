//! The terms of a product's file: what a unit counts, minimums, packs and rights, each with its source.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::diag::Code;
use crate::model::{Channel, Metric};

use super::document::Fields;
use super::manifest::{CHANNELS, metric};
use super::product::{Product, RuleSource};

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
    /// Everybody it is assigned to; by device every device that reaches it, by concurrent user everybody at once.
    Assigned,
}

/// Names of methods in files.
pub const METHODS: [(Method, &str); 19] = [
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
    /// Factors on physical cores.
    pub core_factors: Vec<CoreFactor>,
    /// Cores of a host nobody knows: (strict, customer).
    pub unknown_cores: (u32, u32),
    /// Processors of a host nobody knows: (strict, customer).
    pub unknown_processors: (u32, u32),
    /// Devices one user may install on.
    pub devices_a_user: u32,
    /// Physical machines only; what runs in a guest is licensed otherwise.
    pub physical_only: bool,
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

/// Reads one `[[terms]]` table; versions are looked up among the product's releases.
pub(crate) fn terms(fields: Fields<'_, '_>, product: &Product) -> Terms {
    fields.required("method");
    fields.required("metric");
    let (from, until) = versions(&fields, product);
    let (sold_from, sold_until) = span_of_days(fields.table("sold"));
    let unknown_cores = strict_and_customer(fields.table("unknown_cores"));
    let unknown_processors = strict_and_customer(fields.table("unknown_processors"));
    let least_licences = strict_and_customer(fields.table("least_licences"));
    let terms = Terms {
        id: fields.required_text("id"),
        method: fields.one_of("method", &METHODS).unwrap_or(Method::Device),
        metric: metric(&fields, "metric").unwrap_or(Metric::Device),
        licence_product: fields.text("licence_product"),
        editions: fields.texts("editions"),
        from,
        until,
        sold_from,
        sold_until,
        processor_minimum: fields.number("processor_minimum").unwrap_or(0),
        server_minimum: fields.number("server_minimum").unwrap_or(0),
        guest_minimum: fields.number("guest_minimum").unwrap_or(0),
        processors_a_licence: fields.number("processors_a_licence").unwrap_or(1).max(1),
        whole_server: fields.boolean("whole_server").unwrap_or(false),
        least_licences,
        customer_minimum: fields.table("customer_minimum").map(customer_minimum),
        limits: fields.table("limits").map(limits).unwrap_or_default(),
        guests_a_licence: fields.number("guests_a_licence").filter(|&guests| guests > 0),
        cores_a_licence: fields.number("cores_a_licence").filter(|&cores| cores > 0),
        covers: fields.table("covers").map(|table| table.text_lists()),
        rights: fields.tables("rights").into_iter().map(right).collect(),
        needs_sa: fields.boolean("needs_sa").unwrap_or(false),
        mobility_needs_sa: fields.boolean("mobility_needs_sa").unwrap_or(false),
        beside_own_hosts: fields.texts("beside_own_hosts"),
        acquired_until: fields.date("acquired_until"),
        runs_above: fields.tables("runs_above").into_iter().map(runs_above).collect(),
        alternative_only: fields.text("alternative_only"),
        forbidden: fields.text("forbidden"),
        builds: fields.texts("builds"),
        clouds: fields.texts("clouds"),
        multiple_of: fields.number("multiple_of").unwrap_or(1).max(1),
        in_force: span_of_days(fields.table("in_force")),
        most_sockets: fields.number("most_sockets"),
        most_vcpus: fields.number("most_vcpus"),
        vcpus_a_licence: fields.table("vcpus_a_licence").map_or((1, 1), |table| {
            let pair = (table.number("hyper_threaded").unwrap_or(1).max(1), table.number("plain").unwrap_or(1).max(1));
            table.finish();
            pair
        }),
        people_a_processor: fields.number("people_a_processor").unwrap_or(0),
        people_a_server: fields.number("people_a_server").unwrap_or(0),
        developers: fields.boolean("developers").unwrap_or(false),
        covers_containers: fields.boolean("covers_containers").unwrap_or(false),
        core_factors: fields.tables("core_factors").into_iter().map(core_factor).collect(),
        unknown_cores,
        unknown_processors,
        devices_a_user: fields.number("devices_a_user").unwrap_or(1).max(1),
        physical_only: fields.boolean("physical_only").unwrap_or(false),
        covers_devices: fields.boolean("covers_devices").unwrap_or(false),
        older_builds: fields.table("older_builds").and_then(|table| older_builds(table, product)),
        serves: fields.text("serves"),
        serves_basis: fields.text("serves_basis"),
        serves_guests_only: fields.boolean("serves_guests_only").unwrap_or(false),
        counts_external: fields.boolean("counts_external").unwrap_or(false),
        includes_access: fields.boolean("includes_access").unwrap_or(false),
        clauses: fields.texts("clauses"),
        verified: fields.boolean("verified").unwrap_or(true),
        source: source(&fields),
        line: fields.line(),
    };
    for edition in &terms.editions {
        if terms.licence_product.is_none() && product.edition_rank(edition).is_none() {
            fields.fault_at("editions", Code::UnknownName, format!("[product] names no edition {edition}"));
        }
    }
    fields.finish();
    terms
}

fn customer_minimum(fields: Fields<'_, '_>) -> (u32, Date, Date) {
    let minimum = (
        fields.number("units").unwrap_or(0),
        fields.date("from").unwrap_or(Date::MIN),
        fields.date("until").unwrap_or(Date::MAX),
    );
    fields.finish();
    minimum
}

fn older_builds(fields: Fields<'_, '_>, product: &Product) -> Option<(usize, String)> {
    let (until, beside) = (fields.required_text("until"), fields.required_text("beside"));
    let version = product.release(&until);
    if version.is_none() {
        fields.fault_at("until", Code::UnknownName, format!("no [[release]] has the version {until}"));
    }
    fields.finish();
    version.map(|version| (version, beside))
}

fn limits(fields: Fields<'_, '_>) -> Limits {
    let limits = Limits {
        users: fields.number("users"),
        devices: fields.number("devices"),
        processors: fields.number("processors"),
    };
    fields.finish();
    limits
}

/// A number for each reading; 0 where none is given.
fn strict_and_customer(fields: Option<Fields<'_, '_>>) -> (u32, u32) {
    let Some(fields) = fields else {
        return (0, 0);
    };
    let pair = (fields.number("strict").unwrap_or(0), fields.number("customer").unwrap_or(0));
    fields.finish();
    pair
}

/// First and last version of `versions`, as indexes into the releases; all where the key is missing.
pub(crate) fn versions(fields: &Fields<'_, '_>, product: &Product) -> (usize, usize) {
    let versions = fields.table("versions").map(|table| {
        let span = (table.text("from"), table.text("until"));
        table.finish();
        span
    });
    let (from, until) = versions.unwrap_or_default();
    let lookup = |version: Option<String>, default: usize| match version {
        None => default,
        Some(version) => product.release(&version).unwrap_or_else(|| {
            fields.fault_at("versions", Code::UnknownName, format!("no [[release]] has the version {version}"));
            default
        }),
    };
    (lookup(from, 0), lookup(until, usize::MAX))
}

fn span_of_days(fields: Option<Fields<'_, '_>>) -> (Option<Date>, Option<Date>) {
    let Some(fields) = fields else {
        return (None, None);
    };
    let span = (fields.date("from"), fields.date("until"));
    fields.finish();
    span
}

/// The source every term, grant and ambiguity must name.
pub(crate) fn source(fields: &Fields<'_, '_>) -> RuleSource {
    let Some(table) = fields.table("source") else {
        fields.fault(Code::MissingSource, format!("{} needs a `source` with a title", fields.title));
        return RuleSource::default();
    };
    let source =
        RuleSource { title: table.required_text("title"), clause: table.text("clause"), read: table.date("read") };
    table.finish();
    source
}

fn right(fields: Fields<'_, '_>) -> Right {
    let right = Right {
        edition: fields.required_text("edition"),
        guests: fields.number("guests"),
        unlimited: fields.boolean("unlimited").unwrap_or(false),
        unlimited_with_sa: fields.boolean("unlimited_with_sa").unwrap_or(false),
        guest_a_unit: fields.boolean("guest_a_unit").unwrap_or(false),
    };
    fields.finish();
    right
}

fn runs_above(fields: Fields<'_, '_>) -> RunsAbove {
    fields.required("channel");
    let runs_above = RunsAbove {
        edition: fields.required_text("edition"),
        editions: fields.texts("editions"),
        channel: fields.one_of("channel", &CHANNELS).unwrap_or_default(),
        from: fields.date("from"),
    };
    fields.finish();
    runs_above
}

fn core_factor(fields: Fields<'_, '_>) -> CoreFactor {
    fields.required("percent");
    let factor = CoreFactor {
        model: fields.text("model"),
        minimum_cores: fields.number("minimum_cores").unwrap_or(0),
        maximum_cores: fields.number("maximum_cores"),
        percent: fields.number("percent").unwrap_or(100),
    };
    if factor.model.as_ref().is_some_and(|model| regex::Regex::new(model).is_err()) {
        fields.fault_at("model", Code::WrongExpression, "`model` is no expression");
    }
    fields.finish();
    factor
}

/// Reads one `[[grant]]` table.
pub(crate) fn grant(fields: Fields<'_, '_>) -> Grant {
    for key in ["from_metric", "to_metric", "units"] {
        fields.required(key);
    }
    let grant = Grant {
        id: fields.required_text("id"),
        from_metric: metric(&fields, "from_metric").unwrap_or(Metric::Processor),
        to_metric: metric(&fields, "to_metric").unwrap_or(Metric::Core),
        from_edition: fields.required_text("from_edition"),
        to_edition: fields.required_text("to_edition"),
        until_version: fields.text("until_version"),
        at_version: fields.text("at_version"),
        needs_sa: fields.boolean("needs_sa").unwrap_or(false),
        terms: fields.texts("terms"),
        licences: fields.number("licences").unwrap_or(1).max(1),
        units: fields.number("units").unwrap_or(0),
        documented_until: fields.date("documented_until"),
        source: source(&fields),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    grant
}

/// Reads one `[[passive]]` table.
pub(crate) fn passive(fields: Fields<'_, '_>, product: &Product) -> Passive {
    let (from_version, until_version) = versions(&fields, product);
    let (from, until) = span_of_days(fields.table("days"));
    let passive = Passive {
        id: fields.required_text("id"),
        from_version,
        until_version,
        from,
        until,
        needs_sa: fields.boolean("needs_sa").unwrap_or(false),
        whole_host: fields.boolean("whole_host").unwrap_or(false),
        any: fields.number("any").unwrap_or(0),
        disaster_recovery: fields.number("disaster_recovery").unwrap_or(0),
        disaster_recovery_azure: fields.number("disaster_recovery_azure").unwrap_or(0),
        features: fields.texts("features"),
        except_clouds: fields.texts("except_clouds"),
        source: source(&fields),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    passive
}

/// Reads one `[[suite]]` table.
pub(crate) fn suite(fields: Fields<'_, '_>) -> Suite {
    let suite = Suite {
        product: fields.required_text("product"),
        suite_edition: fields.text("suite_edition"),
        edition: fields.text("edition"),
        metric: metric(&fields, "metric"),
        source: fields.value("source").is_some().then(|| source(&fields)),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    suite
}

/// Reads one `[[weight]]` table.
pub(crate) fn weight(fields: Fields<'_, '_>) -> Weight {
    fields.required("metric");
    fields.required("price");
    let weight = Weight {
        edition: fields.text("edition"),
        metric: metric(&fields, "metric").unwrap_or(Metric::Device),
        price: fields.decimal("price").unwrap_or_default(),
    };
    let _ = fields.text("source");
    fields.finish();
    weight
}
