//! Everything one reconciliation found, keyed.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    AgreementStanding, Allocation, Answer, Basis, Chosen, Entitlement, HostId, Key, Locator, Metric, Money, Names,
    OrderLine, Peak, Price, PurchaseLine, Question, Reading, Refusal, Requirement, Source, SupportRow, SupportSummary,
    ToBuy, Untracked,
};

/// One row of the licence position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Permanent key.
    pub key: Key,
    /// Organisation.
    pub organisation: String,
    /// Product id.
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// Units needed by what is deployed, under the way of licensing in use.
    pub required: u32,
    /// `required - shortfall` where something is short, else all fitting units of this row.
    pub usable: u32,
    /// Units spent on this row's need.
    pub allocated: u32,
    /// Of those, units that come from other rows (other version, edition or organisation).
    pub received: u32,
    /// Units of this row's entitlements spent on other rows.
    pub lent: u32,
    /// `required - allocated`.
    pub shortfall: u32,
    /// Units of this row's entitlements that nothing needs or that nothing may use.
    pub surplus: u32,
    /// Lowest and highest `required` over both readings and every single flip from either.
    pub range: (u32, u32),
    /// The same over the rows of all versions of this product, edition and metric together.
    #[serde(skip)]
    pub range_of_versions: (u32, u32),
    /// Price of the shortfall in whole packs; zero where nothing is short; `None` where a price is missing.
    pub cost: Option<Money>,
    /// Why `cost` is missing: the price that is wanted.
    pub missing_price: Option<String>,
    /// What buying the missing units takes on the day; `None` where nothing is short.
    #[serde(default)]
    pub to_buy: Option<ToBuy>,
    /// Indexes of the requirements behind the row.
    pub requirements: Vec<usize>,
    /// Indexes of the entitlements behind the row.
    pub entitlements: Vec<usize>,
    /// Rules it rests on that are not verified.
    pub unverified: Vec<String>,
    /// Units of this row to order with the next true-up; `None` where no agreement trues it up. The rows of all versions
    /// add up to the order line.
    #[serde(default)]
    pub to_order: Option<u32>,
    /// The highest need of this row since the last order; `None` where no agreement trues it up.
    #[serde(default)]
    pub peak: Option<Peak>,
}

/// Units left over of one entitlement, in the form in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surplus {
    /// Index of the entitlement.
    pub entitlement: usize,
    /// Index of the form.
    pub form: usize,
    /// Units.
    pub units: u32,
    /// Of them, units that would lawfully serve a need of the same row.
    pub fitting: u32,
}

/// One way to license everything of a product, summed over all scopes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlternativeTotal {
    /// Organisation.
    pub organisation: String,
    /// Product id.
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// What it counts by.
    pub basis: Basis,
    /// Units.
    pub required: u32,
    /// Price of all of them with what must be bought beside them; `None` where a price is missing.
    pub cost: Option<Money>,
    /// Prices that are wanted, where `cost` is missing.
    #[serde(default)]
    pub missing_prices: Vec<String>,
    /// What must hold for it, in words; several conditions of several scopes are joined.
    #[serde(default)]
    pub condition: Option<String>,
    /// What the units and the cost are summed from, one entry a scope.
    #[serde(default)]
    pub scopes: Vec<ScopeUnits>,
    /// Whether the terms allow it.
    pub available: bool,
    /// Why not.
    pub refused: Option<Refusal>,
    /// Whether the position uses it.
    pub chosen: bool,
}

impl AlternativeTotal {
    /// Its permanent key: a way of an organisation to license a product in an edition by a metric, counted on a basis.
    pub fn key(&self) -> Key {
        let edition = self.edition.as_deref().unwrap_or_default();
        let parts = [&self.organisation, "", &self.product, edition, "", self.metric.name(), self.basis.name()];
        Key::new("alternative", &parts)
    }
}

/// What one scope adds to an [`AlternativeTotal`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeUnits {
    /// Index of the requirement.
    pub requirement: usize,
    /// Index of the way among its alternatives.
    pub alternative: usize,
    /// Units.
    pub units: u32,
}

/// Something to act on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Permanent key; its kind is the part before the colon.
    pub key: Key,
    /// Organisation.
    pub organisation: String,
    /// One sentence.
    pub text: String,
    /// Places that show it.
    pub evidence: Vec<Locator>,
}

/// Sources that state different things of one fact of a machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostContradiction {
    /// Organisation of the machine.
    pub organisation: String,
    /// Its name within the organisation.
    pub host: String,
    /// The fact: `processors`, `virtual processors`, `placement`, `cluster`, `organisation`.
    pub fact: &'static str,
    /// What is told of it.
    pub finding: Finding,
}

impl HostContradiction {
    /// The finding is known by machine and fact.
    pub fn new(host: &super::Host, fact: &'static str, text: String, evidence: Vec<Locator>) -> Self {
        let (organisation, name) = (host.organisation.clone(), host.name.clone());
        let key = Key::new("contradiction", &[&organisation, &name, fact]);
        let finding = Finding { key, organisation: organisation.clone(), text, evidence };
        Self { organisation, host: name, fact, finding }
    }
}

/// A host as reports show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSummary {
    /// Name.
    pub name: String,
    /// Organisation.
    pub organisation: String,
    /// Kind of machine, in words.
    pub machine: String,
    /// Where it runs, in words.
    pub placement: Option<String>,
    /// Newest inventory of it.
    pub last_seen: Option<Date>,
    /// Whether an inventory of its software was read.
    #[serde(default)]
    pub inventoried: bool,
    /// Whether its newest inventory is older than the limit.
    #[serde(default)]
    pub stale: bool,
    /// What licensing counts by, each with the places that state it.
    #[serde(default)]
    pub facts: Vec<HostFact>,
    /// Places that speak of it.
    pub evidence: Vec<Locator>,
    /// Rules that joined them.
    pub joined_by: Vec<String>,
}

impl HostSummary {
    /// Its key.
    pub fn key(&self) -> Key {
        Key::new("host", &[&self.organisation, &self.name])
    }

    /// Whether it is a guest that nobody can place.
    pub fn is_unplaced(&self) -> bool {
        self.placement.as_deref() == Some(Self::UNPLACED)
    }

    /// Whether it does nothing but run guests.
    pub fn is_virtualisation_host(&self) -> bool {
        self.machine == Self::VIRTUALISATION_HOST
    }

    /// What [`HostSummary::placement`] says where nobody knows the host.
    pub const UNPLACED: &str = "host unknown";

    /// What [`HostSummary::machine`] says of a physical machine that does nothing but run guests.
    pub const VIRTUALISATION_HOST: &str = "virtualisation host";
}

/// One fact about a host in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFact {
    /// What it is about: `processors`, `virtual processors`, `runs on`, `cluster`…
    pub name: String,
    /// The value in use, or why nobody knows it.
    pub value: String,
    /// Where it is stated.
    pub evidence: Option<Locator>,
    /// What sources of equal rank state instead, with their places.
    pub against: Vec<(String, Option<Locator>)>,
}

/// What became of the software records; `records` is the sum of the other six.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordCounts {
    /// Records read.
    pub records: u64,
    /// Records that prove an installation.
    pub installations: u64,
    /// Records of components.
    pub components: u64,
    /// Records of free software and look-alikes.
    pub not_licensable: u64,
    /// Records that repeat another.
    pub duplicates: u64,
    /// Records no rule knows.
    pub unrecognised: u64,
    /// Records of machines that nothing names, whatever they are of.
    #[serde(default)]
    pub without_machine: u64,
}

impl RecordCounts {
    /// Adds another count to this one.
    pub fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.installations += other.installations;
        self.components += other.components;
        self.not_licensable += other.not_licensable;
        self.duplicates += other.duplicates;
        self.unrecognised += other.unrecognised;
        self.without_machine += other.without_machine;
    }
}

/// How much of an organisation the inventory shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Organisation.
    pub organisation: String,
    /// Hosts known from any source.
    pub hosts: u32,
    /// Hosts with an inventory of their software.
    pub inventoried: u32,
    /// Hosts known only to a hypervisor.
    pub not_inventoried: u32,
    /// Guests whose host nobody knows.
    pub unplaced: u32,
    /// Hosts whose newest inventory is older than the limit.
    pub stale: u32,
    /// Of them, those under an acceptance in force.
    #[serde(default)]
    pub stale_accepted: u32,
    /// Virtualisation hosts.
    pub virtualisation_hosts: u32,
    /// Software records.
    pub records: RecordCounts,
}

impl Coverage {
    /// Its permanent key.
    pub fn key(&self) -> Key {
        Key::new("coverage", &[&self.organisation])
    }
}

/// Everything one reconciliation under one reading found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// Reading.
    pub reading: Reading,
    /// Day.
    pub as_of: Date,
    /// Needs.
    pub requirements: Vec<Requirement>,
    /// Effective rights.
    pub entitlements: Vec<Entitlement>,
    /// The way chosen for each requirement.
    pub chosen: Vec<Chosen>,
    /// What was spent on what.
    pub allocations: Vec<Allocation>,
    /// What is left over.
    pub surpluses: Vec<Surplus>,
    /// The licence position.
    pub positions: Vec<Position>,
    /// Every way, summed.
    pub alternatives: Vec<AlternativeTotal>,
    /// Questions the data show, without their worth.
    pub questions: Vec<(super::QuestionKey, Vec<HostId>)>,
    /// How the allocation was found, where it is not proved best.
    pub notes: Vec<String>,
    /// What is to be ordered under agreements.
    #[serde(default)]
    pub order_lines: Vec<OrderLine>,
}

/// Both readings of one moment with everything reports show: what a scan freezes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Day.
    pub as_of: Date,
    /// Hash of all rules in force.
    pub rules_hash: String,
    /// Names as printed.
    #[serde(default)]
    pub names: Names,
    /// The publisher's reading.
    pub strict: Assessment,
    /// The customer's reading.
    pub customer: Assessment,
    /// Questions by worth, the dearest first.
    pub questions: Vec<Question>,
    /// Support of what runs.
    #[serde(with = "super::support_form")]
    pub support: Vec<SupportRow>,
    /// The same, counted.
    pub support_summary: Vec<SupportSummary>,
    /// How much was seen.
    pub coverage: Vec<Coverage>,
    /// What to act on, but for what is out of support: see [`Outcome::unsupported`].
    pub findings: Vec<Finding>,
    /// Input files.
    pub sources: Vec<Source>,
    /// Hosts by id.
    pub hosts: Vec<HostSummary>,
    /// What was not understood or left out while reading, by file.
    #[serde(default)]
    pub diagnostics: Vec<crate::diag::Diagnostic>,
    /// Purchase lines; [`Entitlement::line`] is an index into them.
    #[serde(default)]
    pub purchases: Vec<PurchaseLine>,
    /// Prices on file.
    #[serde(default)]
    pub prices: Vec<Price>,
    /// ISO 4217 code of the currency that prices are wanted in.
    #[serde(default)]
    pub currency: String,
    /// Agreements, and how they stand.
    #[serde(default)]
    pub agreements: Vec<AgreementStanding>,
    /// What is installed and counted by no terms.
    #[serde(default)]
    pub untracked: Vec<Untracked>,
}

impl Outcome {
    /// What is out of support without an acceptance, as findings, each with the index of its row of the register.
    pub fn unsupported(&self) -> impl Iterator<Item = (usize, Finding)> {
        let host = |row: &SupportRow| self.host(row.host).map_or("", |host| &host.name);
        self.support.iter().enumerate().filter_map(move |(index, row)| Some((index, row.finding(host(row))?)))
    }

    /// The permanent key of what the shortfalls of an organisation cost; of all where the name is empty.
    pub fn total_key(organisation: &str) -> Key {
        Key::new("total", &[organisation])
    }

    /// The assessment under one reading.
    pub fn assessment(&self, reading: Answer) -> &Assessment {
        match reading {
            Answer::Strict => &self.strict,
            Answer::Customer => &self.customer,
        }
    }

    /// The host with this id.
    pub fn host(&self, id: HostId) -> Option<&HostSummary> {
        self.hosts.get(id.0 as usize)
    }

    /// A place as `path: place`; a file as a whole is its path alone.
    pub fn place(&self, locator: &Locator) -> String {
        let path = self.sources.get(locator.source.0 as usize).map_or("a file not kept", |source| source.path.as_str());
        match &locator.place {
            super::Place::Whole => path.to_owned(),
            place => format!("{path}: {place}"),
        }
    }
}
