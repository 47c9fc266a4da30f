//! What is needed, every lawful way of meeting it, and what was spent on it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Channel, HostId, Key, Locator, Money, thousands};

/// What a unit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// A physical core, or a virtual one where a guest is licensed by itself.
    Core,
    /// A processor.
    Processor,
    /// Up to two processors of one server.
    ProcessorPair,
    /// A running instance of a server product.
    Server,
    /// A device.
    Device,
    /// A person.
    User,
    /// A managed operating system.
    ManagedOs,
    /// Oracle's Processor.
    OracleProcessor,
    /// Oracle's Named User Plus.
    NamedUserPlus,
    /// A CPU, of at most so many cores.
    Cpu,
    /// Two sockets.
    SocketPair,
    /// An employee.
    Employee,
    /// A session at the same time.
    ConcurrentUser,
    /// External users of one server.
    ExternalConnector,
    /// A core under extended security updates.
    EsuCore,
}

impl Metric {
    /// Every metric with its name in files.
    pub const ALL: [(Self, &'static str); 15] = [
        (Self::Core, "core"),
        (Self::Processor, "processor"),
        (Self::ProcessorPair, "processor-pair"),
        (Self::Server, "server"),
        (Self::Device, "device"),
        (Self::User, "user"),
        (Self::ManagedOs, "managed-os"),
        (Self::OracleProcessor, "oracle-processor"),
        (Self::NamedUserPlus, "named-user-plus"),
        (Self::Cpu, "cpu"),
        (Self::SocketPair, "socket-pair"),
        (Self::Employee, "employee"),
        (Self::ConcurrentUser, "concurrent-user"),
        (Self::ExternalConnector, "external-connector"),
        (Self::EsuCore, "esu-core"),
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(metric, _)| *metric == self).map_or("", |(_, name)| name)
    }

    /// So many units: `72 cores`, `1 core`.
    pub fn units(self, units: u64) -> String {
        let name = self.name();
        let ending = if units == 1 || name.ends_with('s') { "" } else { "s" };
        format!("{} {name}{ending}", thousands(units))
    }

    /// So many licences counted by it: `72 core licences`, `1 core licence`.
    pub fn licences(self, licences: u64) -> String {
        let ending = if licences == 1 { "" } else { "s" };
        format!("{} {} licence{ending}", thousands(licences), self.name())
    }

    /// The metric of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(metric, _)| *metric)
    }
}

impl std::fmt::Display for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What a way of licensing counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The physical host.
    Host,
    /// The guest by itself.
    Guest,
    /// Server licences and client access licences.
    ServerCal,
    /// People.
    User,
    /// Devices.
    Device,
    /// Several of these together.
    Mixed,
}

impl Basis {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Guest => "guest",
            Self::ServerCal => "server-cal",
            Self::User => "user",
            Self::Device => "device",
            Self::Mixed => "mixed",
        }
    }
}

/// One numbered step of arithmetic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// A sentence with the figures in it: `2 processors: max(8, 10) + max(8, 10) = 20 cores`.
    pub text: String,
    /// Rule that says so, as `terms-id` or clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Places the facts come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Locator>,
}

/// Numbered arithmetic that can be redone by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Working {
    /// The steps in order; many workings share steps.
    pub steps: Vec<Arc<Step>>,
}

impl Working {
    /// Adds a step without a rule or evidence of its own.
    pub fn say(&mut self, text: impl Into<String>) {
        self.steps.push(Arc::new(Step { text: text.into(), rule: None, evidence: Vec::new() }));
    }

    /// Adds a step that rests on a rule.
    pub fn by_rule(&mut self, rule: &str, text: impl Into<String>) {
        self.steps.push(Arc::new(Step { text: text.into(), rule: Some(rule.to_owned()), evidence: Vec::new() }));
    }

    /// Adds a step that rests on a rule and on facts.
    pub fn by_rule_and_facts(&mut self, rule: &str, text: impl Into<String>, evidence: Vec<Locator>) {
        self.steps.push(Arc::new(Step { text: text.into(), rule: Some(rule.to_owned()), evidence }));
    }

    /// Adds a step that rests on facts.
    pub fn by_facts(&mut self, text: impl Into<String>, evidence: Vec<Locator>) {
        self.steps.push(Arc::new(Step { text: text.into(), rule: None, evidence }));
    }
}

/// Licences of one span of versions that may serve a line, with what they must fulfil.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Acceptance {
    /// First release whose terms these are, as index; the terms of `max(printed, line version)` decide.
    pub from: usize,
    /// Last such release.
    pub until: usize,
    /// Only with Software Assurance or a subscription in force.
    pub needs_sa: bool,
    /// Software Assurance that ran out lately will do, because the reading allows time to move the guests.
    #[serde(default)]
    pub grace: bool,
    /// Only subscriptions sold this way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Channel>,
    /// Id of the terms.
    pub terms: String,
}

/// A number of like units that one alternative needs. A large estate has millions of them, most alike in most of their
/// parts, so these are shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Product of the position row (a plan, where a subscription is needed for another product's install).
    pub product: Arc<str>,
    /// Edition of the row; `None` where the product has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<Arc<str>>,
    /// Editions whose licences serve, the row's own first.
    pub editions: Arc<[String]>,
    /// Lowest usable version, as index into the releases; `None`: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<usize>,
    /// Metric.
    pub metric: Metric,
    /// Units.
    pub units: u32,
    /// Hosts an assigned licence must be assigned to (any of them); empty: no host.
    pub hosts: Arc<[HostId]>,
    /// Which licences serve.
    pub accepts: Arc<[Acceptance]>,
}

impl Line {
    /// A line that only licences of its own edition serve. Which licences those are (`accepts`), for which version and
    /// hosts, is stated by the caller.
    pub fn new(product: &str, edition: Option<&str>, metric: Metric, units: u32) -> Self {
        Self {
            product: product.into(),
            edition: edition.map(Arc::from),
            editions: edition.into_iter().map(str::to_owned).collect(),
            version: None,
            metric,
            units,
            hosts: Arc::default(),
            accepts: Arc::default(),
        }
    }
}

impl Line {
    /// Whether only licences with Software Assurance or a subscription in force serve it.
    pub fn relies_on_assurance(&self) -> bool {
        !self.accepts.is_empty() && self.accepts.iter().all(|accepted| accepted.needs_sa)
    }
}

/// Why a way of licensing is not lawful here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Rule that forbids it.
    pub rule: String,
    /// Why, in a sentence.
    pub reason: String,
}

/// One way to license a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    /// Product of the way.
    pub product: String,
    /// Edition; `None` where guests keep their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// What it counts by.
    pub basis: Basis,
    /// What it needs.
    pub lines: Vec<Line>,
    /// What must be bought beside it and is counted in rows of its own: client access licences of a server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companions: Vec<Line>,
    /// What nobody states and its cost hangs on: who needs what must be bought beside it. Its cost is not known then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unstated: Option<String>,
    /// Whether it is what would be bought today if nothing were owned.
    pub sold: bool,
    /// It needs Software Assurance where another way of the same kind does not: in the running only where
    /// licences with it are owned, or nothing at all.
    pub conditional: bool,
    /// The edition installed, or a higher one.
    pub higher_edition: bool,
    /// It is listed and costed, and never used for a position.
    pub listed_only: bool,
    /// Condition that must hold, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Why it is not lawful, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
    /// Price of all its units with what must be bought beside them, nothing owned taken off; `None` where a price is
    /// missing, or before it was priced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// Prices that are wanted, where `cost` is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_prices: Vec<String>,
    /// Arithmetic.
    pub working: Working,
}

impl Alternative {
    /// A lawful way without conditions, of the edition installed, that is not what is sold today. What is different is
    /// stated by the caller: `Alternative { sold: true, ..Alternative::new(…) }`.
    pub fn new(product: &str, metric: Metric, basis: Basis, lines: Vec<Line>, working: Working) -> Self {
        Self {
            product: product.to_owned(),
            edition: None,
            metric,
            basis,
            lines,
            companions: Vec::new(),
            unstated: None,
            sold: false,
            conditional: false,
            higher_edition: false,
            listed_only: false,
            condition: None,
            refused: None,
            cost: None,
            missing_prices: Vec::new(),
            working,
        }
    }

    /// Whether it is lawful and may be used for a position.
    pub fn counts(&self) -> bool {
        self.refused.is_none() && !self.listed_only
    }

    /// Whether it may be taken once the licences it asks for are there. What hangs on something that nobody states may not:
    /// nobody knows what it takes.
    pub fn is_open(&self) -> bool {
        self.unstated.is_none()
            && (self.refused.is_none() || self.conditional)
            && self.lines.iter().all(|line| !line.accepts.is_empty())
    }

    /// Units over all its lines of its own metric.
    pub fn units(&self) -> u32 {
        self.lines.iter().map(|line| line.units).sum()
    }
}

/// What is licensed as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// A host with its guests.
    Host(String),
    /// A cluster with its guests.
    Cluster(String),
    /// A guest by itself.
    Guest(String),
    /// The devices of an organisation.
    Devices,
    /// The people of an organisation.
    Users,
    /// Guests whose host nobody knows.
    Unplaced,
}

impl Scope {
    /// A name for keys and tables.
    pub fn name(&self) -> String {
        match self {
            Self::Host(name) | Self::Guest(name) => name.clone(),
            Self::Cluster(name) => format!("cluster-{name}"),
            Self::Devices => "devices".into(),
            Self::Users => "users".into(),
            Self::Unplaced => "unplaced-guests".into(),
        }
    }
}

/// What one scope needs of one product family, with every way of meeting it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Permanent key.
    pub key: Key,
    /// Organisation whose need it is.
    pub organisation: String,
    /// Product family.
    pub family: String,
    /// What is licensed.
    pub scope: Scope,
    /// Hosts whose facts it rests on.
    pub hosts: Vec<HostId>,
    /// Every way, lawful or refused.
    pub alternatives: Vec<Alternative>,
    /// Steps common to all ways: what runs there and what counts.
    pub working: Working,
}

/// Units of one entitlement spent on one line of a requirement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Allocation {
    /// Index of the entitlement in the assessment.
    pub entitlement: usize,
    /// Index of its form.
    pub form: usize,
    /// Index of the requirement in the assessment.
    pub requirement: usize,
    /// Index of the line within the chosen alternative.
    pub line: usize,
    /// Units of the form.
    pub units: u32,
}

/// The way chosen for one requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// Index of the requirement.
    pub requirement: usize,
    /// Index of the alternative.
    pub alternative: usize,
}
