//! The manifest format: what a person writes by hand for hosts, purchases and users, and the tables of a worked case.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic};
use rust_decimal::Decimal;

use crate::model::{
    Access, Affinity, Channel, DEAREST_PACK, DocumentedCores, Environment, Fact, Host, HostId, Installation, Isolation,
    Locator, Machine, Manifest, Metric, Organisation, Period, Place, Placement, Price, PriceKind, PricePeriod,
    Processor, PurchaseKind, PurchaseLine, Reassignment, Reservation, Role, SharedText, SharingGroup, SourceId,
    Unresolved, UserDevices, UserGroup,
};

use super::document::{Document, Fields};

/// Organisation of a manifest that names none and stands in the folder of none.
pub const DEFAULT_ORGANISATION: &str = "org";

/// Most machines that one table declares.
const MOST_COPIES: u32 = 1_000_000;

/// How the tables of a manifest become facts.
pub(crate) struct Context<'a> {
    /// Source the evidence points into; `None` for worked cases.
    pub source: Option<SourceId>,
    /// Organisation of rows that name none.
    pub organisation: &'a str,
}

/// Whether a TOML text has any table of the manifest format.
pub fn looks_like_manifest(text: &str) -> bool {
    ["host", "entitlement", "user", "access", "price", "organisation"]
        .iter()
        .any(|name| text.lines().any(|line| line.trim() == format!("[[{name}]]")))
}

/// Reads a manifest file.
///
/// # Errors
/// Every fault of the file, with line and caret.
pub fn parse_manifest(
    path: &str,
    text: &str,
    source: Option<SourceId>,
    organisation: &str,
) -> Result<Manifest, Vec<Diagnostic>> {
    let document = Document::new(path, text);
    let table = document.parse();
    let fields = Fields::new(&document, "the manifest", table.get_ref(), 0..0);
    let manifest = tables(&fields, &Context { source, organisation });
    fields.finish();
    let faults = document.into_faults();
    if faults.is_empty() { Ok(manifest) } else { Err(faults) }
}

/// The organisation of tables that name none, where nothing else says whose they are: the only one that is declared.
fn only_organisation<'f>(fields: &'f Fields<'_, '_>) -> Option<&'f str> {
    let tables = fields.value("organisation")?.get_ref().as_array()?;
    let only = tables.first().filter(|_| tables.len() == 1)?;
    only.get_ref().as_table()?.get("name")?.get_ref().as_str()
}

/// Reads the manifest's tables out of `fields`, which may hold other keys beside them.
pub(crate) fn tables(fields: &Fields<'_, '_>, context: &Context<'_>) -> Manifest {
    let only = only_organisation(fields).filter(|_| context.organisation == DEFAULT_ORGANISATION);
    let context = &Context { organisation: only.unwrap_or(context.organisation), ..*context };
    let mut hosts = HostTables::default();
    for table in fields.tables("host") {
        hosts.read(table, context);
    }
    let (hosts, unresolved) = hosts.resolve();
    Manifest {
        hosts,
        unresolved,
        publisher_counts: Vec::new(),
        purchases: fields.tables("entitlement").into_iter().map(|table| purchase(table, context)).collect(),
        users: fields.tables("user").into_iter().map(|table| user(table, context)).collect(),
        accesses: fields.tables("access").into_iter().map(|table| access(table, context)).collect(),
        prices: fields.tables("price").into_iter().map(|table| price(table, context)).collect(),
        organisations: fields.tables("organisation").into_iter().map(organisation).collect(),
    }
}

fn evidence(fields: &Fields<'_, '_>, context: &Context<'_>) -> Option<Locator> {
    context.source.map(|source| Locator { source, place: Place::Line(fields.line()) })
}

/// Hosts read so far, with the names they refer to each other by.
#[derive(Default)]
struct HostTables {
    hosts: Vec<Host>,
    /// Organisation and name of each.
    names: BTreeSet<(String, String)>,
    /// (host, key, name, line of the table).
    references: Vec<(usize, &'static str, String, u32)>,
}

impl HostTables {
    fn read(&mut self, fields: Fields<'_, '_>, context: &Context<'_>) {
        let place = evidence(&fields, context);
        let name = fields.required_text("name");
        let on = fields.text("on");
        let cloud = fields.text("cloud");
        let container_of = fields.text("container_of");
        // A machine in a cloud whose processors are known is a host that one has there for oneself.
        let dedicated = on.is_none() && fields.value("processors").is_some();
        let machine = match (&on, &cloud, &container_of) {
            (_, _, Some(_)) => Machine::Container,
            (None, None, None) => Machine::Physical,
            (None, Some(_), None) if dedicated => Machine::Physical,
            _ => Machine::Guest,
        };
        if let (Some(_), Some(_)) = (&on, &container_of) {
            fields.fault_at("container_of", Code::WrongValue, "a machine with `container_of` has no `on`");
        }
        let mut host = Host::new(name, fields.text("organisation").unwrap_or(context.organisation.to_owned()), machine);
        hardware(&mut host, &fields, place.as_ref());
        circumstances(&mut host, &fields);
        host.evidence = place.clone().into_iter().collect();
        host.joined_by = vec!["declared in a manifest".into()];
        host.placement = match (&on, cloud) {
            (_, Some(cloud)) => Some(Fact::known(Placement::Cloud(cloud), place.clone())),
            (Some(on), None) if on == "unknown" => Some(Fact::unknown("the manifest says that nobody knows its host")),
            (Some(_), None) => Some(Fact::unknown("the manifest names a host that no source shows")),
            (None, None) => None,
        };
        for table in fields.tables("installs") {
            host.installs.push(installation(table, place.as_ref()));
        }
        let may_run_on = fields.texts("may_run_on");
        let count = fields.number("count");
        if count.is_some_and(|count| count > MOST_COPIES) {
            fields.fault_at("count", Code::WrongValue, "`count` is at most 1,000,000 machines");
            return;
        }
        let line = fields.line();
        for number in 1..=count.unwrap_or(1) {
            let mut copy = host.clone();
            if count.is_some() {
                copy.name = format!("{}-{number}", host.name);
            }
            if !self.names.insert((copy.organisation.clone(), copy.name.clone())) {
                let message = format!("two machines of {} are called {}", copy.organisation, copy.name);
                fields.fault_at("name", Code::WrongValue, message);
            }
            let index = self.hosts.len();
            self.hosts.push(copy);
            if let Some(on) = on.as_ref().filter(|on| *on != "unknown") {
                self.references.push((index, "on", on.clone(), line));
            }
            if let Some(name) = &container_of {
                self.references.push((index, "container_of", name.clone(), line));
            }
            self.references.extend(may_run_on.iter().map(|name| (index, "may_run_on", name.clone(), line)));
        }
        fields.finish();
    }

    /// Turns the names hosts refer to each other by into ids; what no host bears is returned.
    fn resolve(mut self) -> (Vec<Host>, Vec<Unresolved>) {
        let ids: BTreeMap<String, HostId> =
            self.hosts.iter().enumerate().map(|(index, host)| (host.name.clone(), host_id(index))).collect();
        let mut unresolved = Vec::new();
        for (index, key, name, line) in self.references {
            let Some(&id) = ids.get(&name) else {
                unresolved.push(Unresolved { host: host_id(index), key: key.to_owned(), name, line });
                continue;
            };
            let host = &mut self.hosts[index];
            match key {
                "on" => host.placement = Some(Fact::known(Placement::On(id), host.evidence.first().cloned())),
                "container_of" => host.container_of = Some(id),
                _ => host.may_run_on.get_or_insert_default().push(id),
            }
        }
        (self.hosts, unresolved)
    }
}

fn host_id(index: usize) -> HostId {
    HostId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// Processors and identity.
fn hardware(host: &mut Host, fields: &Fields<'_, '_>, place: Option<&Locator>) {
    let enabled = fields.numbers("enabled_cores");
    if let Some(cores) = fields.numbers("processors") {
        if cores.is_empty() || cores.contains(&0) {
            let message =
                "`processors` needs the cores of each processor, at least one; leave it out where nobody knows";
            fields.fault_at("processors", Code::WrongValue, message);
        }
        if enabled.as_ref().is_some_and(|enabled| enabled.len() != cores.len()) {
            fields.fault_at("enabled_cores", Code::WrongValue, "`enabled_cores` needs one number for each processor");
        }
        let processors = cores
            .iter()
            .enumerate()
            .map(|(index, &cores)| Processor {
                cores,
                enabled_cores: enabled.as_ref().and_then(|enabled| enabled.get(index)).copied(),
            })
            .collect();
        host.processors = Fact::known(processors, place.cloned());
    }
    if let Some(vcpus) = fields.number("vcpus") {
        if vcpus == 0 {
            fields.fault_at("vcpus", Code::WrongValue, "`vcpus` is at least 1; leave it out where nobody knows");
        }
        host.vcpus = Fact::known(vcpus, place.cloned());
    }
    host.sockets = fields.number("sockets");
    host.threads_per_core = fields.number("threads_per_core").unwrap_or(1).max(1);
    host.threads_per_vcpu = fields.number("threads_per_vcpu").unwrap_or(1).max(1);
    host.processor_model = fields.text("processor_model");
    host.cluster = fields.text("cluster");
    host.cluster_evidence = place.filter(|_| host.cluster.is_some()).cloned();
    host.hypervisor = fields.text("hypervisor");
    host.uuid = fields.text("uuid").map(|uuid| uuid.to_lowercase());
    host.serial = fields.text("serial");
    host.fqdn = fields.text("fqdn");
}

/// How a host is used.
fn circumstances(host: &mut Host, fields: &Fields<'_, '_>) {
    host.affinity =
        fields.one_of("affinity", &[(Affinity::Must, "must"), (Affinity::Should, "should")]).unwrap_or_default();
    host.environment = fields.one_of(
        "environment",
        &[
            (Environment::Production, "production"),
            (Environment::Test, "test"),
            (Environment::Development, "development"),
        ],
    );
    host.powered_on = fields.boolean("powered_on").unwrap_or(true);
    host.production_data = fields.boolean("production_data").unwrap_or(false);
    host.last_seen = fields.date("last_seen");
    host.moved_from = fields.text("moved_from");
    host.moved_on = fields.date("moved_on");
    host.users = fields.number("users");
    host.devices = fields.number("devices");
    host.used_by = fields.texts("used_by");
    host.managed_by = fields.texts("managed_by");
    host.peak_guests = fields.number("peak_guests");
    host.portable_of = fields.text("portable_of");
    if host.portable_of.is_some() && host.machine != Machine::Physical {
        fields.fault_at("portable_of", Code::WrongValue, "only a physical machine is somebody's portable device");
    }
    host.isolation = fields.one_of("isolation", &[(Isolation::Process, "process"), (Isolation::HyperV, "hyper-v")]);
    if host.isolation.is_some() && host.machine != Machine::Container {
        fields.fault_at("isolation", Code::WrongValue, "only a machine with `container_of` is isolated in some way");
    }
    host.partition_cores = fields.number("partition_cores");
    if host.partition_cores.is_some() && host.machine == Machine::Physical {
        fields.fault_at(
            "partition_cores",
            Code::WrongValue,
            "only a machine that runs on another one is a partition of it",
        );
    }
}

fn installation(fields: Fields<'_, '_>, place: Option<&Locator>) -> Installation {
    let stated = |text: Option<String>, what: &str| match text {
        Some(text) => Fact::known(text, place.cloned()),
        None => Fact::unknown(format!("the manifest states no {what}")),
    };
    let installation = Installation {
        product: fields.required_text("product"),
        version: stated(fields.text("version"), "version"),
        edition: stated(fields.text("edition"), "edition"),
        build_number: fields.text("build_number"),
        role: fields
            .one_of(
                "role",
                &[
                    (Role::Active, "active"),
                    (Role::PassiveHa, "passive-ha"),
                    (Role::PassiveDr, "passive-dr"),
                    (Role::PassiveDrAzure, "passive-dr-azure"),
                    (Role::ReadableSecondary, "readable-secondary"),
                    (Role::Component, "component"),
                ],
            )
            .unwrap_or_default(),
        role_proved: fields.boolean("role_proved").unwrap_or(true),
        running: fields.boolean("running"),
        component: fields.text("component"),
        instances: fields.number("instances").unwrap_or(1),
        build: fields.one_of("build", &[("subscription", "subscription"), ("volume", "volume")]).map(str::to_owned),
        features: fields.texts("features"),
        installed: fields.date("installed"),
        last_used: fields.date("last_used"),
        licence_basis: fields
            .one_of("licence_basis", &[("core", "core"), ("server-cal", "server-cal")])
            .map(str::to_owned),
        hosting_only: fields.boolean("hosting_only").unwrap_or(false),
        rule: "declared".into(),
        title: SharedText::default(),
        evidence: place.cloned(),
    };
    fields.finish();
    installation
}

fn period(fields: Fields<'_, '_>) -> Option<Period> {
    fields.required("from");
    fields.required("until");
    let period = Some(Period { from: fields.date("from")?, until: fields.date("until")? });
    if period.is_some_and(|period| period.until < period.from) {
        fields.fault(Code::WrongValue, "the period ends before it begins");
    }
    fields.finish();
    period
}

/// A metric by its name.
pub(crate) fn metric(fields: &Fields<'_, '_>, key: &'static str) -> Option<Metric> {
    fields.one_of(key, &Metric::ALL)
}

fn purchase(fields: Fields<'_, '_>, context: &Context<'_>) -> PurchaseLine {
    fields.required("metric");
    fields.required("quantity");
    let line = PurchaseLine {
        organisation: fields.text("organisation").unwrap_or(context.organisation.to_owned()),
        product: fields.required_text("product"),
        edition: fields.text("edition"),
        version: fields.text("version"),
        metric: metric(&fields, "metric").unwrap_or(Metric::Device),
        quantity: fields.number("quantity").unwrap_or(0),
        kind: fields.one_of("kind", &PURCHASE_KINDS).unwrap_or_default(),
        channel: fields.one_of("channel", &CHANNELS).unwrap_or_default(),
        bought: fields.date("bought"),
        sa: fields.tables("sa").into_iter().filter_map(period).collect(),
        subscription: fields.table("subscription").and_then(period),
        reference: fields.text("reference"),
        agreement: fields.text("agreement"),
        base: fields.text("base"),
        assigned_to: fields.texts("assigned_to"),
        assigned_on: fields.date("assigned_on"),
        reassigned: fields.tables("reassigned").into_iter().filter_map(reassignment).collect(),
        documented_cores: fields.table("documented_cores").and_then(documented_cores),
        shared_with: fields.texts("shared_with"),
        reserved: fields.tables("reserved").into_iter().map(reservation).collect(),
        farm: fields.text("farm"),
        note: fields.text("note"),
        written: None,
        evidence: evidence(&fields, context),
    };
    fields.finish();
    line
}

/// Names of purchase kinds in files.
pub const PURCHASE_KINDS: [(PurchaseKind, &str); 5] = [
    (PurchaseKind::Licence, "licence"),
    (PurchaseKind::SaOnly, "sa-only"),
    (PurchaseKind::StepUp, "step-up"),
    (PurchaseKind::Upgrade, "upgrade"),
    (PurchaseKind::Return, "return"),
];

/// Names of channels in files.
pub const CHANNELS: [(Channel, &str); 4] =
    [(Channel::Volume, "volume"), (Channel::Oem, "oem"), (Channel::Retail, "retail"), (Channel::Csp, "csp")];

/// A channel as rule files and manifests write it.
pub fn channel_name(wanted: Channel) -> &'static str {
    CHANNELS.iter().find(|(channel, _)| *channel == wanted).map_or("", |(_, name)| *name)
}

fn reassignment(fields: Fields<'_, '_>) -> Option<Reassignment> {
    fields.required("on");
    let to = fields.required_text("to");
    let reason = fields.text("reason").unwrap_or_else(|| "load".into());
    let on = fields.date("on");
    fields.finish();
    Some(Reassignment { to, on: on?, reason })
}

fn documented_cores(fields: Fields<'_, '_>) -> Option<DocumentedCores> {
    fields.required("cores");
    fields.required("on");
    let (cores, on) = (fields.number("cores"), fields.date("on"));
    fields.finish();
    Some(DocumentedCores { cores: cores?, on: on? })
}

fn reservation(fields: Fields<'_, '_>) -> Reservation {
    fields.required("quantity");
    let reservation = Reservation {
        organisation: fields.required_text("organisation"),
        quantity: fields.number("quantity").unwrap_or(0),
    };
    fields.finish();
    reservation
}

fn user(fields: Fields<'_, '_>, context: &Context<'_>) -> UserGroup {
    let devices = match fields.value("devices").map(|value| value.get_ref().is_array()) {
        None => None,
        Some(true) => Some(UserDevices::Named(fields.texts("devices"))),
        Some(false) => fields.number("devices").map(UserDevices::Each),
    };
    let group = UserGroup {
        name: fields.text("name"),
        count: fields.number("count").unwrap_or(1),
        organisation: fields.text("organisation").unwrap_or(context.organisation.to_owned()),
        devices,
        subscriptions: fields.texts("subscriptions"),
        evidence: evidence(&fields, context),
    };
    fields.finish();
    group
}

fn access(fields: Fields<'_, '_>, context: &Context<'_>) -> Access {
    let sharing = fields
        .tables("sharing")
        .into_iter()
        .map(|table| {
            let group = SharingGroup {
                users: table.number("users").unwrap_or(0),
                devices: table.number("devices").unwrap_or(0),
            };
            table.finish();
            group
        })
        .collect();
    let access = Access {
        organisation: fields.text("organisation").unwrap_or(context.organisation.to_owned()),
        product: fields.required_text("product"),
        version: fields.text("version"),
        users: fields.number("users"),
        devices: fields.number("devices"),
        sharing,
        peak_sessions: fields.number("peak_sessions"),
        external_users: fields.number("external_users"),
        hosts: fields.texts("hosts"),
        evidence: evidence(&fields, context),
    };
    fields.finish();
    access
}

/// Names of price kinds in files.
pub const PRICE_KINDS: [(PriceKind, &str); 5] = [
    (PriceKind::Licence, "licence"),
    (PriceKind::Sa, "sa"),
    (PriceKind::LicenceAndSa, "licence-and-sa"),
    (PriceKind::StepUp, "step-up"),
    (PriceKind::Subscription, "subscription"),
];

/// Names of price periods in files.
pub const PRICE_PERIODS: [(PricePeriod, &str); 3] =
    [(PricePeriod::Licence, "licence"), (PricePeriod::Month, "month"), (PricePeriod::Year, "year")];

fn price(fields: Fields<'_, '_>, context: &Context<'_>) -> Price {
    fields.required("metric");
    fields.required("amount");
    let units = fields.number("units").unwrap_or(1);
    if units == 0 {
        fields.fault_at("units", Code::WrongValue, "a pack holds at least one licence");
    }
    let amount = fields.decimal("amount").unwrap_or_default();
    if amount < Decimal::ZERO || amount > DEAREST_PACK {
        let what = if amount < Decimal::ZERO { "less than 0" } else { "more than anything costs" };
        fields.fault_at("amount", Code::WrongValue, format!("`amount` is {what}"));
    }
    let price = Price {
        product: fields.required_text("product"),
        edition: fields.text("edition"),
        version: fields.text("version"),
        metric: metric(&fields, "metric").unwrap_or(Metric::Device),
        units: units.max(1),
        amount,
        currency: fields.text("currency").unwrap_or_else(|| "GBP".into()),
        per: fields.one_of("per", &PRICE_PERIODS).unwrap_or_default(),
        kind: fields.one_of("kind", &PRICE_KINDS).unwrap_or_default(),
        from: fields.date("from"),
        until: fields.date("until"),
        level: fields.text("level"),
        source: fields.text("source"),
        written: None,
        evidence: evidence(&fields, context),
    };
    fields.finish();
    price
}

pub(crate) fn organisation(fields: Fields<'_, '_>) -> Organisation {
    let name = fields.required_text("name");
    let organisation = Organisation {
        title: fields.text("title").unwrap_or_else(|| name.clone()),
        name,
        affiliate_of: fields.text("affiliate_of"),
        divested_on: fields.date("divested_on"),
    };
    fields.finish();
    organisation
}
