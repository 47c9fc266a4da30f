//! A made-up estate of three organisations, the same for the same size: clusters of two to eight hosts with their guests,
//! desks, purchases of every age, and a price list.

use std::sync::LazyLock;

use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use trueup::model::{
    Access, Estate, Fact, Host, HostId, Installation, Machine, Manifest, Metric, Organisation, Period, Placement,
    Price, Processor, PurchaseLine,
};
use trueup::rules::parse_manifest;

/// The day of the position.
pub const AS_OF: Date = date(2025, 6, 30);

const ORGANISATIONS: [&str; 3] = ["east", "north", "west"];

/// How large an estate is to be.
#[derive(Clone, Copy)]
pub struct Size {
    /// Machines of every kind.
    pub hosts: usize,
    /// Clusters.
    pub clusters: usize,
    /// Purchase lines.
    pub purchases: usize,
}

/// What was bought: product, edition, metric, and versions with the day each came out.
type Offer = (&'static str, &'static str, Metric, &'static [(&'static str, Date)]);

const WINDOWS_BY_CORE: &[(&str, Date)] =
    &[("2016", date(2016, 10, 15)), ("2019", date(2018, 11, 15)), ("2022", date(2021, 9, 1))];
const WINDOWS_BY_PAIR: &[(&str, Date)] = &[("2012", date(2012, 10, 1)), ("2012 R2", date(2013, 11, 1))];
const SQL: &[(&str, Date)] = &[
    ("2012", date(2012, 5, 1)),
    ("2014", date(2014, 5, 1)),
    ("2016", date(2016, 7, 1)),
    ("2019", date(2019, 12, 1)),
    ("2022", date(2022, 12, 1)),
];
const DESKTOP: &[(&str, Date)] =
    &[("2013", date(2013, 3, 1)), ("2016", date(2015, 11, 1)), ("2019", date(2018, 11, 1))];
const MAIL: &[(&str, Date)] = &[("2013", date(2013, 1, 1)), ("2016", date(2015, 11, 1)), ("2019", date(2018, 12, 1))];
const RED_HAT: &[(&str, Date)] = &[("8", date(2024, 9, 1))];
const VSPHERE: &[(&str, Date)] = &[("6", date(2016, 1, 1)), ("7", date(2021, 1, 1))];

/// Twelve products in their editions, the likelier ones more than once.
const OFFERS: &[Offer] = &[
    ("windows-server", "standard", Metric::Core, WINDOWS_BY_CORE),
    ("windows-server", "standard", Metric::Core, WINDOWS_BY_CORE),
    ("windows-server", "datacenter", Metric::Core, WINDOWS_BY_CORE),
    ("windows-server", "datacenter", Metric::Core, WINDOWS_BY_CORE),
    ("windows-server", "standard", Metric::ProcessorPair, WINDOWS_BY_PAIR),
    ("windows-server", "datacenter", Metric::ProcessorPair, WINDOWS_BY_PAIR),
    ("windows-server-cal", "", Metric::User, WINDOWS_BY_CORE),
    ("sql-server", "standard", Metric::Core, SQL),
    ("sql-server", "standard", Metric::Core, SQL),
    ("sql-server", "enterprise", Metric::Core, SQL),
    ("sql-server", "standard", Metric::Server, SQL),
    ("sql-server-cal", "", Metric::User, SQL),
    ("exchange-server", "standard", Metric::Server, MAIL),
    ("sharepoint-server", "standard", Metric::Server, MAIL),
    ("office", "standard", Metric::Device, DESKTOP),
    ("office", "professional-plus", Metric::Device, DESKTOP),
    ("visio", "standard", Metric::Device, DESKTOP),
    ("visio", "professional", Metric::Device, DESKTOP),
    ("project", "standard", Metric::Device, DESKTOP),
    ("project", "professional", Metric::Device, DESKTOP),
    ("red-hat-enterprise-linux", "server", Metric::SocketPair, RED_HAT),
    ("red-hat-enterprise-linux", "virtual-datacenters", Metric::SocketPair, RED_HAT),
    ("vmware-vsphere", "enterprise-plus", Metric::Cpu, VSPHERE),
    ("vmware-vsphere", "standard", Metric::Cpu, VSPHERE),
    ("oracle-database", "enterprise", Metric::OracleProcessor, &[("", date(2015, 1, 1))]),
];

/// Prices of one unit in pounds.
const PRICES: &[(&str, &str, Metric, u32)] = &[
    ("windows-server", "standard", Metric::Core, 53),
    ("windows-server", "datacenter", Metric::Core, 305),
    ("windows-server", "standard", Metric::ProcessorPair, 700),
    ("windows-server", "datacenter", Metric::ProcessorPair, 4_800),
    ("windows-server-cal", "", Metric::User, 35),
    ("windows-server-cal", "", Metric::Device, 30),
    ("sql-server", "standard", Metric::Core, 1_450),
    ("sql-server", "enterprise", Metric::Core, 5_550),
    ("sql-server", "standard", Metric::Server, 800),
    ("sql-server-cal", "", Metric::User, 180),
    ("sql-server-cal", "", Metric::Device, 170),
    ("exchange-server", "standard", Metric::Server, 600),
    ("sharepoint-server", "standard", Metric::Server, 5_200),
    ("office", "standard", Metric::Device, 330),
    ("office", "professional-plus", Metric::Device, 430),
    ("visio", "standard", Metric::Device, 230),
    ("visio", "professional", Metric::Device, 420),
    ("project", "standard", Metric::Device, 480),
    ("project", "professional", Metric::Device, 800),
    ("red-hat-enterprise-linux", "server", Metric::SocketPair, 700),
    ("red-hat-enterprise-linux", "virtual-datacenters", Metric::SocketPair, 2_200),
    ("vmware-vsphere", "enterprise-plus", Metric::Cpu, 3_400),
    ("vmware-vsphere", "standard", Metric::Cpu, 1_100),
    ("oracle-database", "enterprise", Metric::OracleProcessor, 38_000),
];

/// Whole numbers that look thrown, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.roll(list.len())]
    }
}

/// One of each record, read as a person would write them; the others differ from these in what is said below.
const PATTERN: &str = r#"
[[host]]
name = "pattern"
organisation = "east"
installs = [{ product = "office", edition = "standard", version = "2016" }]

[[entitlement]]
organisation = "east"
product = "office"
edition = "standard"
version = "2016"
metric = "device"
quantity = 1

[[price]]
product = "office"
metric = "device"
amount = "1.00"
"#;

/// The pattern's installation, purchase and price.
static PATTERNS: LazyLock<(Installation, PurchaseLine, Price)> = LazyLock::new(|| {
    let mut manifest = parse_manifest("pattern.toml", PATTERN, None, "east").expect("the pattern is free of faults");
    (manifest.hosts[0].installs.remove(0), manifest.purchases.remove(0), manifest.prices.remove(0))
});

/// The estate of a size.
pub fn estate(size: Size) -> Estate {
    let mut dice = Dice(2_026);
    let mut manifest = Manifest::default();
    for number in 0..size.clusters {
        cluster(&mut dice, &mut manifest.hosts, number, size);
    }
    while manifest.hosts.len() < size.hosts {
        let number = manifest.hosts.len();
        manifest.hosts.push(desk(&mut dice, number));
    }
    manifest.purchases = (0..size.purchases).map(|number| purchase(&mut dice, number, size)).collect();
    manifest.prices = PRICES.iter().map(price).collect();
    manifest.organisations = ORGANISATIONS
        .iter()
        .map(|name| Organisation { name: (*name).into(), title: (*name).into(), ..Organisation::default() })
        .collect();
    for organisation in ORGANISATIONS {
        for product in ["windows-server", "sql-server"] {
            manifest.accesses.push(access(organisation, product, size));
        }
    }
    Estate::of_manifest(manifest)
}

fn organisation(number: usize) -> &'static str {
    ORGANISATIONS[number % ORGANISATIONS.len()]
}

fn access(organisation: &str, product: &str, size: Size) -> Access {
    Access {
        organisation: organisation.into(),
        product: product.into(),
        version: Some("2019".into()),
        users: u32::try_from(size.hosts / 9).ok(),
        devices: u32::try_from(size.hosts / 7).ok(),
        sharing: Vec::new(),
        peak_sessions: None,
        external_users: None,
        hosts: Vec::new(),
        evidence: None,
    }
}

/// The hosts of a cluster and its guests, about three fifths of all machines.
fn cluster(dice: &mut Dice, hosts: &mut Vec<Host>, number: usize, size: Size) {
    let name = format!("cluster-{number:04}");
    let owner = organisation(number);
    let members = 2 + dice.roll(7);
    let cores = dice.pick(&[8, 10, 12, 16, 18, 20, 24, 32]);
    let first = hosts.len();
    let by_vsphere = dice.one_in(2);
    for member in 0..members {
        let mut host = Host::new(format!("host-{number:04}-{member}"), owner, Machine::Physical);
        let processor = Processor { cores, enabled_cores: None };
        host.processors = Fact::known(vec![processor; 2], None);
        host.cluster = Some(name.clone());
        if by_vsphere {
            host.hypervisor = Some("vmware".into());
            host.installs.push(install("vmware-vsphere", "enterprise-plus", dice.pick(&["6", "7"])));
        }
        seen(dice, &mut host);
        hosts.push(host);
    }
    let guests = size.hosts * 3 / 5 / size.clusters.max(1);
    let newest = dice.roll(4);
    for guest in 0..(guests / 2 + dice.roll(guests.max(1))) {
        let on = HostId(u32::try_from(first + dice.roll(members)).expect("fewer than four thousand million hosts"));
        hosts.push(guest_of(dice, format!("guest-{number:04}-{guest}"), owner, on, newest));
    }
}

fn guest_of(dice: &mut Dice, name: String, owner: &str, on: HostId, newest: usize) -> Host {
    let mut guest = Host::new(name, owner, Machine::Guest);
    guest.placement = Some(Fact::known(Placement::On(on), None));
    guest.vcpus = Fact::known(dice.pick(&[2, 2, 4, 4, 4, 8, 12, 16]), None);
    guest.powered_on = !dice.one_in(12);
    seen(dice, &mut guest);
    if dice.one_in(6) {
        guest.installs.push(install("red-hat-enterprise-linux", "server", dice.pick(&["7", "8", "9"])));
        if dice.one_in(20) {
            guest.installs.push(install("oracle-database", "enterprise", ""));
        }
        return guest;
    }
    let versions = ["2012 R2", "2016", "2019", "2022"];
    let edition = if dice.one_in(8) { "datacenter" } else { "standard" };
    guest.installs.push(install("windows-server", edition, versions[dice.roll(newest + 1)]));
    match dice.roll(40) {
        0..=3 => guest.installs.push(install("sql-server", "standard", dice.pick(&["2014", "2016", "2019", "2022"]))),
        4 => guest.installs.push(install("sql-server", "enterprise", dice.pick(&["2012", "2016", "2019"]))),
        5 => guest.installs.push(install("exchange-server", "standard", dice.pick(&["2013", "2016", "2019"]))),
        6 => guest.installs.push(install("sharepoint-server", "standard", dice.pick(&["2013", "2016", "2019"]))),
        7 => guest.installs.push(install("sql-server", "developer", "2019")),
        _ => {}
    }
    guest
}

/// A machine on somebody's desk, or now and then a server of its own.
fn desk(dice: &mut Dice, number: usize) -> Host {
    let mut host = Host::new(format!("desk-{number:06}"), organisation(dice.roll(3)), Machine::Physical);
    host.processors = Fact::known(vec![Processor { cores: dice.pick(&[4, 6, 8]), enabled_cores: None }], None);
    seen(dice, &mut host);
    if dice.one_in(30) {
        host.installs.push(install("windows-server", "standard", dice.pick(&["2012 R2", "2016", "2019", "2022"])));
        if dice.one_in(5) {
            host.installs.push(install("sql-server", "standard", dice.pick(&["2014", "2016", "2019"])));
        }
        return host;
    }
    let versions = ["2013", "2016", "2019"];
    let edition = if dice.one_in(3) { "professional-plus" } else { "standard" };
    host.installs.push(install("office", edition, dice.pick(&versions)));
    for (product, share) in [("visio", 5), ("project", 9)] {
        if dice.one_in(share) {
            let edition = if dice.one_in(2) { "standard" } else { "professional" };
            host.installs.push(install(product, edition, dice.pick(&versions)));
        }
    }
    host
}

fn seen(dice: &mut Dice, host: &mut Host) {
    host.inventoried = true;
    host.last_seen = Some(if dice.one_in(25) { date(2025, 1, 10) } else { date(2025, 6, 20) });
}

fn install(product: &str, edition: &str, version: &str) -> Installation {
    let version = if version.is_empty() { Fact::unknown("not stated") } else { Fact::known(version.to_owned(), None) };
    Installation {
        product: product.into(),
        version,
        edition: Fact::known(edition.to_owned(), None),
        evidence: None,
        ..PATTERNS.0.clone()
    }
}

/// A purchase of some product, with or without Software Assurance, shared now and then.
fn purchase(dice: &mut Dice, number: usize, size: Size) -> PurchaseLine {
    let (product, edition, metric, versions) = dice.pick(OFFERS);
    let (version, from) = dice.pick(versions);
    let owner = organisation(dice.roll(3));
    let bought = from.saturating_add(jiff::Span::new().days(dice.roll(300) as i64));
    let rented = product == "red-hat-enterprise-linux";
    let sa = match dice.roll(4) {
        _ if rented => Vec::new(),
        0 => vec![Period { from: bought, until: date(2026, 12, 31) }],
        1 => vec![Period { from: bought, until: bought.saturating_add(jiff::Span::new().years(3)) }],
        _ => Vec::new(),
    };
    let scale = 1 + size.hosts / size.purchases.max(1) / 10;
    PurchaseLine {
        organisation: owner.into(),
        product: product.into(),
        edition: (!edition.is_empty()).then(|| edition.into()),
        version: (!version.is_empty()).then(|| version.into()),
        metric,
        quantity: u32::try_from(scale * (2 + 2 * dice.roll(60))).expect("a small number"),
        bought: Some(bought),
        sa,
        subscription: rented.then_some(Period { from: bought, until: date(2025, 12, 31) }),
        reference: Some(format!("order-{number:05}")),
        shared_with: if dice.one_in(10) { vec![organisation(dice.roll(3)).into()] } else { Vec::new() },
        evidence: None,
        ..PATTERNS.1.clone()
    }
}

fn price(&(product, edition, metric, amount): &(&str, &str, Metric, u32)) -> Price {
    Price {
        product: product.into(),
        edition: (!edition.is_empty()).then(|| edition.into()),
        metric,
        amount: Decimal::from(amount),
        evidence: None,
        ..PATTERNS.2.clone()
    }
}
