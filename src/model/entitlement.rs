//! From purchase lines to effective rights.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::requirement::Metric;
use super::{HostId, Key, Locator, Working};

/// A span of days, both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

impl Period {
    /// Whether the day lies within.
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && day <= self.until
    }
}

/// What a purchase line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PurchaseKind {
    /// Licences, with or without Software Assurance.
    #[default]
    Licence,
    /// Software Assurance alone; needs a base.
    SaOnly,
    /// From a lower edition to a higher one; needs a base with Software Assurance.
    StepUp,
    /// One version up; needs an older base.
    Upgrade,
    /// Units given back or credited; lowers its base.
    Return,
}

/// How a licence was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Under a volume agreement.
    #[default]
    Volume,
    /// With a machine.
    Oem,
    /// In a box or as a single download.
    Retail,
    /// Through a cloud reseller.
    Csp,
}

/// A later assignment of a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reassignment {
    /// Host or user, by name.
    pub to: String,
    /// Day.
    pub on: Date,
    /// `"load"`, `"hardware-failure"` or `"azure"`.
    pub reason: String,
}

/// Units kept back for one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Organisation.
    pub organisation: String,
    /// Units of the line's metric.
    pub quantity: u32,
}

/// A dated hardware record behind a conversion grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentedCores {
    /// Cores, summed over all licences of the line.
    pub cores: u32,
    /// Day of the record.
    pub on: Date,
}

/// What a purchase record or a price list calls a thing, and what it states of it beside that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsWritten {
    /// Title, as written: `SQL Server 2022 Standard Core - 2 Core License Pack`.
    pub title: String,
    /// Names of the facts that stand in columns of their own; they go before what the title tells.
    pub stated: Vec<String>,
    /// Rule that told what it is, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

impl AsWritten {
    /// Whether a fact stands in a column of its own.
    pub fn states(&self, fact: &str) -> bool {
        self.stated.iter().any(|stated| stated == fact)
    }
}

/// One purchase, as the record states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseLine {
    /// Owner.
    pub organisation: String,
    /// Product id.
    pub product: String,
    /// Edition, where the product has editions.
    pub edition: Option<String>,
    /// Version printed on the licence; `None` means the one current on `bought`.
    pub version: Option<String>,
    /// What a unit counts.
    pub metric: Metric,
    /// Units of the metric, however packed.
    pub quantity: u32,
    /// What was bought.
    pub kind: PurchaseKind,
    /// How it was sold.
    pub channel: Channel,
    /// Day of purchase.
    pub bought: Option<Date>,
    /// Software Assurance terms, in order.
    pub sa: Vec<Period>,
    /// Term of a subscription.
    pub subscription: Option<Period>,
    /// Order or invoice number.
    pub reference: Option<String>,
    /// Agreement it was bought under.
    pub agreement: Option<String>,
    /// `reference` of the line this one builds on.
    pub base: Option<String>,
    /// First assignment: hosts or users by name.
    pub assigned_to: Vec<String>,
    /// Day of it.
    pub assigned_on: Option<Date>,
    /// Later assignments in order.
    pub reassigned: Vec<Reassignment>,
    /// Hardware record behind a conversion.
    pub documented_cores: Option<DocumentedCores>,
    /// Organisations that may draw on it.
    pub shared_with: Vec<String>,
    /// Units kept back.
    pub reserved: Vec<Reservation>,
    /// Licence mobility scope, where limited.
    pub farm: Option<String>,
    /// A remark from the record.
    pub note: Option<String>,
    /// What the record calls it, where the rules have to tell from that what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<AsWritten>,
    /// Where it was read.
    pub evidence: Option<Locator>,
}

/// One way in which the units of an entitlement may be spent. A licence that a grant converts has two forms: the one
/// bought and the one granted; a unit spent in one is gone from the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Product the units serve (a part of the suite, where a suite was bought).
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// Units of this form for one unit bought: 1, or the cores that a grant gives for a licence.
    pub units_per_licence: u32,
    /// Units of this form in all; may exceed `units_per_licence × quantity` where a hardware record raises a grant.
    pub units: u32,
    /// Version printed on the licence, as index into the product's releases; decides the terms.
    pub printed: Option<usize>,
    /// Highest version it may be used for, as index into the product's releases; `None` for subscriptions: any.
    pub owned: Option<usize>,
    /// Whether prior versions may be run.
    pub downgrade: bool,
    /// Ids of the terms under which alone these units may be spent; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_terms: Vec<String>,
    /// Ids of terms under which they may not, because the same units stand there in another entitlement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except_terms: Vec<String>,
}

impl Form {
    /// Whether the units may be spent under these terms.
    pub fn is_for_terms(&self, terms: &str) -> bool {
        let named = |ids: &[String]| ids.iter().any(|id| id == terms);
        (self.only_terms.is_empty() || named(&self.only_terms)) && !named(&self.except_terms)
    }
}

/// The effective right that comes out of one purchase line at a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    /// Permanent key.
    pub key: Key,
    /// Index into [`super::Estate::purchases`].
    pub line: usize,
    /// Owner.
    pub organisation: String,
    /// Others that may draw on it.
    pub shared_with: Vec<String>,
    /// The one organisation that may draw on it, where its units are reserved; then neither owner nor others may.
    #[serde(default)]
    pub reserved_for: Option<String>,
    /// Machines its licences may move between, where the purchase is limited to a farm; `None`: no limit.
    #[serde(default)]
    pub farm: Option<Vec<HostId>>,
    /// Forms its units may be spent in; empty where the line gives no right (see `refused`).
    pub forms: Vec<Form>,
    /// Whether Software Assurance, or a subscription, is in force at the date.
    pub sa_active: bool,
    /// How a subscription in force was sold; `None` for licences that were bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rented_through: Option<Channel>,
    /// Whether Software Assurance ran out so lately that the customer claims time to move its guests.
    #[serde(default)]
    pub sa_lapsed_lately: bool,
    /// Hosts (by id) the units are bound to; empty: free.
    pub bound_hosts: Vec<HostId>,
    /// Hosts that may use the same units beside the bound ones while a move to the publisher's cloud overlaps.
    #[serde(default)]
    pub overlap_hosts: Vec<HostId>,
    /// It repeats the units of another entitlement for such hosts; what they do not use is no surplus.
    #[serde(default)]
    pub overlap: bool,
    /// Organisations of the bound hosts that may use the bound units, because they belong to the same group.
    #[serde(default)]
    pub bound_organisations: Vec<String>,
    /// One unit for each bound host, the rest free (per-device licences); otherwise all units are bound.
    pub bound_singly: bool,
    /// Units that build on an earlier purchase and found none: Software Assurance, step-ups, upgrades and returns.
    #[serde(default)]
    pub without_base: u32,
    /// Names in the assignment that no host bears.
    pub unknown_assignees: Vec<String>,
    /// Why the line gives no right, or only a part of it, with the rule.
    pub refused: Option<String>,
    /// How the right was worked out.
    pub working: Working,
}

impl Entitlement {
    /// Whether an organisation may draw on it.
    pub fn may_be_drawn_by(&self, organisation: &str) -> bool {
        match &self.reserved_for {
            Some(name) => name == organisation,
            None => self.organisation == organisation || self.shared_with.iter().any(|name| name == organisation),
        }
    }
}
