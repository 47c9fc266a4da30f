//! Prices as written, and amounts as integers of the smallest unit of their currency.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::requirement::Metric;
use super::{AsWritten, Locator};

/// An amount in the smallest unit of its currency (pence, cents). Amounts of different currencies are never added.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Pence, cents…
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: String,
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, minor) =
            if self.minor < 0 { ("-", self.minor.unsigned_abs()) } else { ("", self.minor.unsigned_abs()) };
        let symbol = match self.currency.as_str() {
            "GBP" => "£",
            "EUR" => "€",
            "USD" => "$",
            _ => "",
        };
        write!(f, "{sign}{symbol}{}.{:02}", thousands(minor / 100), minor % 100)?;
        if symbol.is_empty() { write!(f, " {}", self.currency) } else { Ok(()) }
    }
}

impl Money {
    /// The amount as plain decimal text, for files: `3840.00`.
    pub fn decimal(&self) -> String {
        let (sign, minor) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        format!("{sign}{}.{:02}", minor / 100, minor % 100)
    }
}

/// Writes a whole number with commas between thousands.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The most that one pack may cost, a million millions. What lies above is a slip of the pen, and a sum of it could not
/// be kept exactly.
pub const DEAREST_PACK: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0);

/// The most units, machines or people that one record may state. What lies above is a slip of the pen, and sums of it
/// would not fit their 32 bits.
pub const MOST_UNITS: u32 = 10_000_000;

/// The largest figure that is told, in the smallest unit: hundreds of such figures still add up within 64 bits.
const LARGEST_FIGURE: i64 = 10_000_000_000_000_000;

/// A decimal amount in the smallest unit, rounded half away from zero; `None` where it is larger than any figure told.
pub fn decimal_to_minor(amount: Decimal) -> Option<i64> {
    (amount.checked_mul(Decimal::ONE_HUNDRED)?)
        .round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
        .to_i64()
        .filter(|minor| minor.abs() <= LARGEST_FIGURE)
}

/// What a price buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceKind {
    /// The licence alone.
    #[default]
    Licence,
    /// Software Assurance alone.
    Sa,
    /// Both together.
    LicenceAndSa,
    /// From one edition to a higher one.
    StepUp,
    /// Rights for a term.
    Subscription,
}

/// The period a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PricePeriod {
    /// Once.
    #[default]
    Licence,
    /// For each month.
    Month,
    /// For each year.
    Year,
}

/// One line of a price list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Product id.
    pub product: String,
    /// Edition; `None` serves any edition.
    pub edition: Option<String>,
    /// Version; `None` serves any version.
    pub version: Option<String>,
    /// What a unit counts.
    pub metric: Metric,
    /// Licences in the pack.
    pub units: u32,
    /// Price of one pack.
    pub amount: Decimal,
    /// ISO 4217 code.
    pub currency: String,
    /// The period the price is for.
    pub per: PricePeriod,
    /// What it buys.
    pub kind: PriceKind,
    /// First day on which it holds.
    pub from: Option<Date>,
    /// Last day on which it holds.
    pub until: Option<Date>,
    /// Price level, as the agreement names it.
    pub level: Option<String>,
    /// Price list or quotation it comes from.
    pub source: Option<String>,
    /// What the list calls it, where the rules have to tell from that what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<AsWritten>,
    /// Where it was read.
    pub evidence: Option<Locator>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_print_with_symbol_and_thousands() {
        let money = |minor, currency: &str| Money { minor, currency: currency.into() }.to_string();
        assert_eq!(money(357_323_100, "GBP"), "£3,573,231.00");
        assert_eq!(money(-5, "EUR"), "-€0.05");
        assert_eq!(money(100, "NOK"), "1.00 NOK");
    }

    #[test]
    fn half_a_penny_rounds_away_from_zero() {
        assert_eq!(decimal_to_minor(Decimal::new(1005, 3)), Some(101));
        assert_eq!(decimal_to_minor(Decimal::new(-1005, 3)), Some(-101));
    }
}
