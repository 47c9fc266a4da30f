//! The plan: how to close every shortfall, step by step, and what it costs beside other courses.

use jiff::civil::Date;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::{Answer, Key, Metric, Money, Period, PurchaseLine, Working};

/// Months a plan takes costs over where nobody says otherwise; also how long what replaces a way is compared over.
pub const HORIZON_MONTHS: u32 = 36;

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// A licence another organisation of the group has left over is shared.
    Reuse,
    /// A licence is assigned to another machine.
    Reassign,
    /// Guests move to another host.
    Move,
    /// Guests are bound to hosts by a rule of the platform.
    Pin,
    /// An installation nobody uses is removed.
    Uninstall,
    /// A machine that is switched off or gone is removed.
    Retire,
    /// A lower edition is installed instead.
    Downgrade,
    /// The subscription build is installed instead.
    ChangeBuild,
    /// Software Assurance is added to a licence bought of late.
    AddAssurance,
    /// A licence is lifted to a higher edition.
    StepUp,
    /// Licences are bought.
    Buy,
    /// Licences are bought with Software Assurance.
    BuyWithAssurance,
    /// A subscription is taken out.
    Subscribe,
    /// A suite is bought instead of its parts.
    Suite,
}

impl StepKind {
    /// Its name in keys and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reuse => "reuse",
            Self::Reassign => "reassign",
            Self::Move => "move",
            Self::Pin => "pin",
            Self::Uninstall => "uninstall",
            Self::Retire => "retire",
            Self::Downgrade => "downgrade",
            Self::ChangeBuild => "change-build",
            Self::AddAssurance => "add-assurance",
            Self::StepUp => "step-up",
            Self::Buy => "buy",
            Self::BuyWithAssurance => "buy-with-assurance",
            Self::Subscribe => "subscribe",
            Self::Suite => "suite",
        }
    }

    /// Whether a person must decide it, because it changes what runs.
    pub fn needs_decision(self) -> bool {
        matches!(
            self,
            Self::Reuse | Self::Move | Self::Pin | Self::Uninstall | Self::Retire | Self::Downgrade | Self::ChangeBuild
        )
    }

    /// Whether something is bought.
    pub fn is_purchase(self) -> bool {
        matches!(
            self,
            Self::AddAssurance | Self::StepUp | Self::Buy | Self::BuyWithAssurance | Self::Subscribe | Self::Suite
        )
    }
}

impl std::fmt::Display for StepKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A host by its permanent name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName {
    /// Organisation that runs it.
    pub organisation: String,
    /// Name within it.
    pub name: String,
}

/// What a step changes in the estate: enough to do it again on the same estate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A purchase line is added.
    Buy(Box<PurchaseLine>),
    /// Units of a purchase line (by index) go to a host on a day.
    Reassign {
        /// Index of the purchase line.
        line: usize,
        /// Units; fewer than the line has split it.
        units: u32,
        /// The device whose licence it is, where each of the line is assigned to a device of its own.
        from: Option<String>,
        /// Host, by name.
        to: String,
        /// Day.
        on: Date,
    },
    /// An organisation may draw on a purchase line.
    Share {
        /// Index of the purchase line.
        line: usize,
        /// Organisation.
        with: String,
    },
    /// Software Assurance is added to a purchase line.
    AddAssurance {
        /// Index of the purchase line.
        line: usize,
        /// Term.
        term: Period,
    },
    /// Guests move.
    Move {
        /// The guests.
        guests: Vec<HostName>,
        /// Where to.
        to: HostName,
    },
    /// Guests may run on the host they are on, and nowhere else.
    Pin {
        /// The guests.
        guests: Vec<HostName>,
    },
    /// Installations are removed.
    Uninstall {
        /// Product.
        product: String,
        /// Machines.
        hosts: Vec<HostName>,
    },
    /// Machines are removed.
    Retire {
        /// The machines.
        hosts: Vec<HostName>,
    },
    /// Another edition is installed.
    Edition {
        /// Product.
        product: String,
        /// Edition installed now.
        from: String,
        /// Edition to install.
        to: String,
        /// Machines.
        hosts: Vec<HostName>,
    },
    /// Another build is installed.
    Build {
        /// Product.
        product: String,
        /// Build to install.
        to: String,
        /// Machines.
        hosts: Vec<HostName>,
    },
}

/// What something costs; amounts in the smallest unit of the plan's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// In the first twelve months.
    #[serde(serialize_with = "decimal")]
    pub first_year: Money,
    /// Over the whole span of the plan.
    #[serde(serialize_with = "decimal")]
    pub horizon: Money,
}

/// Amounts as decimal text; the currency stands once, in the plan.
fn decimal<S: Serializer>(money: &Money, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&money.decimal())
}

/// The same where there may be none.
fn decimal_or_null<S: Serializer>(money: &Option<Money>, to: S) -> Result<S::Ok, S::Error> {
    match money {
        Some(money) => decimal(money, to),
        None => to.serialize_none(),
    }
}

/// A sentence of a working, with its rule.
#[derive(Serialize)]
struct Sentence<'w> {
    text: &'w str,
    rule: Option<&'w str>,
}

/// The sentences of a working; a plan's steps rest on no file of their own.
fn sentences<S: Serializer>(working: &Working, to: S) -> Result<S::Ok, S::Error> {
    let mut list = to.serialize_seq(Some(working.steps.len()))?;
    for step in &working.steps {
        list.serialize_element(&Sentence { text: &step.text, rule: step.rule.as_deref() })?;
    }
    list.end()
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanStep {
    /// Permanent key, without figures.
    pub key: Key,
    /// Organisation.
    pub organisation: String,
    /// Product it is about.
    pub product: String,
    /// What it does.
    pub kind: StepKind,
    /// What to do, in one sentence.
    pub text: String,
    /// What must hold.
    pub conditions: Vec<String>,
    /// First day on which it is lawful.
    pub lawful_from: Date,
    /// Whether a person must decide it.
    pub needs_decision: bool,
    /// What it costs; `None` where a price is missing.
    pub cost: Option<Cost>,
    /// What it saves against buying what is short before it and no longer after it, less its own cost; `None` where a
    /// price is missing. Negative only where a later step needs it.
    pub saving: Option<Cost>,
    /// Units that are no longer short after it.
    pub closes: Vec<Closed>,
    /// Arithmetic.
    #[serde(serialize_with = "sentences")]
    pub working: Working,
    /// What it changes, in order.
    #[serde(skip)]
    pub changes: Vec<Change>,
}

/// Units of a row that a step closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// Organisation.
    pub organisation: String,
    /// Product.
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// Units; negative where the step makes more of them short (another metric, say).
    pub units: i64,
}

/// A course an organisation may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Course {
    /// What is short is bought as it stands.
    BuyNow,
    /// What is short is ordered at the agreement's true-up.
    TrueUp,
    /// An auditor finds it; the share of what is required decides on the premium.
    AuditOfRequired,
    /// An auditor finds it; the share of what is owned decides on the premium.
    AuditOfOwned,
    /// The plan without the steps that a person must decide.
    BuyOnly,
    /// The plan.
    Plan,
}

impl Course {
    /// Its name in words.
    pub fn title(self) -> &'static str {
        match self {
            Self::BuyNow => "buy now, as it stands",
            Self::TrueUp => "true-up at the anniversary",
            Self::AuditOfRequired => "audit, share of what is required",
            Self::AuditOfOwned => "audit, share of what is owned",
            Self::BuyOnly => "cheapest by purchases alone",
            Self::Plan => "this plan",
        }
    }
}

/// A course with its cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scenario {
    /// Which.
    pub course: Course,
    /// What of it has a price, summed; `None` where the course cannot be computed at all.
    pub cost: Option<Cost>,
    /// What no choice among the same ways, steps and prices can cost less than over the whole span. `None`
    /// for courses that choose nothing.
    #[serde(serialize_with = "decimal_or_null")]
    pub bound: Option<Money>,
    /// Why it cannot.
    pub unavailable: Option<String>,
    /// Whether every price was at hand.
    pub complete: bool,
    /// Whether a part rests on an estimate.
    pub estimate: bool,
    /// Its lines, each with its formula.
    pub lines: Vec<ScenarioLine>,
    /// What it leaves out.
    pub notes: Vec<String>,
}

impl Scenario {
    /// How far above what no choice can undercut it may be; `None` where it chooses nothing.
    pub fn gap(&self) -> Option<Money> {
        let (cost, bound) = (self.cost.as_ref()?, self.bound.as_ref()?);
        Some(Money { minor: cost.horizon.minor - bound.minor, currency: bound.currency.clone() })
    }
}

/// One row of a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScenarioLine {
    /// Product.
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// Units short.
    pub units: u32,
    /// The sum in words and figures.
    pub formula: String,
    /// What it comes to; `None` where a price is missing.
    pub cost: Option<Cost>,
    /// The price that is missing.
    pub missing_price: Option<String>,
    /// Whether it rests on an estimate.
    pub estimate: bool,
}

/// Units still short at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StillShort {
    /// Product.
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// Units.
    pub units: u32,
    /// Why nothing closes it.
    pub reason: String,
}

/// The plan of one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrganisationPlan {
    /// Organisation.
    pub organisation: String,
    /// Steps in order.
    pub steps: Vec<PlanStep>,
    /// Steps that become lawful on a later day, each by itself: they are not counted in.
    pub later: Vec<PlanStep>,
    /// Courses side by side.
    pub scenarios: Vec<Scenario>,
    /// Prices that are wanted and not at hand.
    pub missing_prices: Vec<String>,
    /// What stays short, because no price closes it.
    pub still_short: Vec<StillShort>,
    /// How the plan was found, where it is not proved cheapest, and what it leaves out.
    pub notes: Vec<String>,
}

impl OrganisationPlan {
    /// Whether anything is missing: where nothing is, an order may still be due for what was needed before.
    pub fn is_short(&self) -> bool {
        !self.steps.is_empty() || !self.still_short.is_empty()
    }

    /// The cost of a course, where it has one.
    pub fn scenario(&self, course: Course) -> Option<&Scenario> {
        self.scenarios.iter().find(|scenario| scenario.course == course)
    }
}

/// Plans of all organisations under one reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Day of terms and rights.
    pub as_of: Date,
    /// Reading.
    pub reading: Answer,
    /// Months the costs are taken over.
    pub horizon_months: u32,
    /// Currency of every amount.
    pub currency: String,
    /// Hash of all rules in force.
    pub rules_hash: String,
    /// What was assumed: an organisation left out, another price list.
    pub assumptions: Vec<String>,
    /// What is to be ordered under agreements beyond what is short today, by its peak: no step undoes it, and of the
    /// courses only the true-up holds it.
    pub orders: Vec<String>,
    /// Names as printed.
    #[serde(skip)]
    pub names: super::Names,
    /// One for each organisation that is short of anything.
    pub organisations: Vec<OrganisationPlan>,
}
