//! What must be bought on the day for what is short in a row. The row's `cost` is the price of the units themselves; terms may
//! ask for more than that, or the units may no longer be sold at all.

use serde::{Deserialize, Serialize};

use super::price_book::Term;
use super::{Metric, Money};

/// What buying the missing units of a row takes on the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToBuy {
    /// What it costs in the first twelve months, with all that must be bought; `None` where a price is missing.
    pub first_year: Option<Money>,
    /// Why `first_year` is missing: the price that is wanted.
    pub missing_price: Option<String>,
    /// Software Assurance that `cost` does not hold.
    pub assurance: Option<AssuranceDue>,
    /// What takes the place of units that cannot be bought.
    pub instead: Option<Instead>,
}

impl ToBuy {
    /// Whether buying takes anything else than the missing units at the price of the row.
    pub fn is_more_than_units(&self) -> bool {
        self.assurance.is_some() || self.instead.is_some()
    }
}

/// Missing units that must carry Software Assurance if they are bought on the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssuranceDue {
    /// Units.
    pub units: u32,
    /// What a year of it costs for the packs that hold them; `None` where it has no price.
    pub year: Option<Money>,
}

/// What is bought in place of missing units that no licence sold on the day serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instead {
    /// Missing units of the row that no licence sold on the day serves.
    pub units: u32,
    /// What is bought in their place; empty where nothing with a price serves.
    pub items: Vec<InsteadItem>,
    /// What that costs in the first twelve months; `None` where nothing with a price serves.
    pub first_year: Option<Money>,
}

/// Units of one kind that are bought in place of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsteadItem {
    /// Product id.
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// Units needed; whole packs may hold more.
    pub units: u32,
    /// How they are bought.
    pub term: Term,
}
