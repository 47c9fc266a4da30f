//! What is due under agreements, and what no terms count.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Agreement, Key, Metric, Order, OrderRhythm, Peak, ProductRole, thousands};

/// What is to be ordered of a product, edition and metric under an agreement, over all versions together: an order
/// names no version, and a machine that moves to a newer one must not count twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// Number of the agreement.
    pub agreement: String,
    /// Organisation.
    pub organisation: String,
    /// Product id.
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// Role on the agreement; `None`: it is on none, so that it is ordered in the month of its first use.
    pub role: Option<ProductRole>,
    /// Units needed on the day of the position.
    pub required: u32,
    /// Units that cover them, those left over that would fit included.
    pub owned: u32,
    /// Units missing today.
    pub shortfall: u32,
    /// The highest need since `since`.
    pub peak: Peak,
    /// Day after which usage counts: that of the last order, else the day before the agreement began.
    pub since: Date,
    /// Whether `since` is the day of an order.
    pub since_order: bool,
    /// Units to order. Of an enterprise product what is missing today. Of an additional one the peak less what is
    /// owned today, but never more than was missing on any one day: what was covered when it was used is not ordered.
    pub units: u32,
    /// Units owned and not needed, which an agreement whose counts may fall need not renew.
    pub spare: u32,
}

impl OrderLine {
    /// Its permanent key: what an organisation orders of a product, edition and metric under an agreement.
    pub fn key(&self) -> Key {
        let edition = self.edition.as_deref().unwrap_or_default();
        Key::new("peak", &[&self.organisation, &self.agreement, &self.product, edition, "", self.metric.name()])
    }

    /// Units to order of which none is missing today: more was needed on the day of the peak.
    pub fn beyond(&self) -> u32 {
        self.units.saturating_sub(self.shortfall)
    }

    /// `required 104 on 2026-06-30; peak 112 on 2026-03-31, since the order of 2025-07-01; 8 to order`.
    pub fn mark(&self, as_of: Date) -> String {
        let count = |units: u32| thousands(u64::from(units));
        let since = match self.since_order {
            true => format!("since the order of {}", self.since),
            false => "since the agreement began".to_owned(),
        };
        format!(
            "required {} on {as_of}; peak {} on {}, {since}; {} to order",
            count(self.required),
            count(self.peak.required),
            self.peak.on,
            count(self.units)
        )
    }
}

/// How an agreement stands on the day of the position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementStanding {
    /// What `trueup.toml` states.
    pub agreement: Agreement,
    /// Name of its vehicle.
    pub vehicle_name: String,
    /// When missing units are ordered.
    pub rhythm: OrderRhythm,
    /// Whether a signed statement is owed where nothing is to be ordered.
    pub statement: bool,
    /// Whether counts may go down.
    pub counts_fall: bool,
    /// Whether it is in force.
    pub in_force: bool,
    /// Year of the agreement, counted from one.
    pub contract_year: Option<u32>,
    /// The order to make next.
    pub next: Option<Order>,
    /// Orders of which none is recorded although their window has closed.
    pub missed: Vec<Order>,
}

/// A product that is installed and of which no position is computed, so that nobody takes silence for compliance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Untracked {
    /// Organisation.
    pub organisation: String,
    /// Product id.
    pub product: String,
    /// Installations found.
    pub installations: u32,
    /// Why, as half a sentence.
    pub why: String,
}
