//! What can be bought at which price: licences, Software Assurance, subscriptions, step-ups and suites.
//!
//! A price once is paid once; a price of a month or a year is paid as long as the plan runs. Software Assurance and
//! subscriptions are priced by time: a price without a period is taken for one year. Amounts are exact until a purchase is
//! summed, then rounded to the smallest unit.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Metric, Money, OrderMinimums, Price, PriceKind, PricePeriod, PricesInForce, cheapest_packs, decimal_to_minor,
    priced_name, thousands,
};

/// How something is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    /// Once, for ever.
    Licence,
    /// The same with Software Assurance as long as the plan runs.
    WithAssurance,
    /// For as long as the plan runs.
    Subscription,
    /// From a lower edition that is owned.
    StepUp,
    /// Software Assurance alone.
    Assurance,
}

impl Term {
    /// What is bought under a name, in words: `Thing with Software Assurance`.
    pub fn of(self, name: &str) -> String {
        match self {
            Self::Licence => name.to_owned(),
            Self::WithAssurance => format!("{name} with Software Assurance"),
            Self::Subscription => format!("{name} by subscription"),
            Self::StepUp => format!("a step-up to {name}"),
            Self::Assurance => format!("Software Assurance for {name}"),
        }
    }
}

/// Something that can be bought.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// Product id.
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// Version printed on the licence, where it is priced by version.
    pub version: Option<String>,
    /// How it is bought.
    pub term: Term,
    /// Index of the purchase line a step-up builds on.
    pub base: Option<usize>,
}

impl Item {
    /// An item of whatever version, which builds on nothing.
    pub fn new(product: &str, edition: Option<&str>, metric: Metric, term: Term) -> Self {
        let edition = edition.map(str::to_owned);
        Self { product: product.to_owned(), edition, metric, version: None, term, base: None }
    }
}

/// What so many units of an item cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Units in whole packs.
    pub bought: u32,
    /// Smallest units of the currency, in the first twelve months.
    pub first_year: i64,
    /// Over the whole span.
    pub horizon: i64,
    /// The sum in words, part by part.
    pub parts: Vec<String>,
}

/// Whose prices are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The customer's: those not marked as the publisher's list, where there are any.
    Customer,
    /// The publisher's list, where prices are marked as such.
    List,
}

/// The level by which a price list marks the publisher's own prices.
const LIST: &str = "list";

/// Prices in force on a day, in one currency.
pub struct PriceBook<'a> {
    prices: Vec<&'a Price>,
    /// Names of products by id, for what is missing.
    names: &'a BTreeMap<String, String>,
    /// ISO 4217 code.
    pub currency: String,
    months: u32,
    level: Level,
    minimums: OrderMinimums,
}

impl<'a> PriceBook<'a> {
    /// The prices in force on a day for plans of so many months.
    pub fn new(
        prices: &'a [Price],
        names: &'a BTreeMap<String, String>,
        as_of: Date,
        wanted: &str,
        months: u32,
        level: Level,
        minimums: OrderMinimums,
    ) -> Self {
        let PricesInForce { prices, currency } = PricesInForce::new(prices, as_of, wanted);
        Self { prices, names, currency, months, level, minimums }
    }

    /// An amount in the book's currency.
    pub fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.currency.clone() }
    }

    /// The item of this version where it is priced by version, else of any.
    pub fn of_version(&self, mut item: Item, version: Option<&str>) -> Item {
        let priced = |price: &&Price| {
            price.product == item.product && price.metric == item.metric && price.version.as_deref() == version
        };
        if version.is_some() && self.prices.iter().any(priced) {
            item.version = version.map(str::to_owned);
        }
        item
    }

    /// Whether licences or subscriptions of an edition have a price.
    pub fn sells(&self, product: &str, edition: &str) -> bool {
        self.prices.iter().any(|price| {
            price.product == product
                && price.edition.as_deref() == Some(edition)
                && !matches!(price.kind, PriceKind::Sa | PriceKind::StepUp)
        })
    }

    /// Whether a licence of an item, without Software Assurance, has a price.
    pub fn has_licences(&self, item: &Item) -> bool {
        !self.rows(item, PriceKind::Licence).is_empty()
    }

    /// Whether any price is marked as the publisher's list.
    pub fn has_list_prices(&self) -> bool {
        self.prices.iter().any(|price| is_list(price))
    }

    /// Price lines of a kind for an item: those of the version, else those without one, else those of any version.
    fn rows(&self, item: &Item, kind: PriceKind) -> Vec<&'a Price> {
        let fitting: Vec<&Price> = self
            .prices
            .iter()
            .copied()
            .filter(|price| {
                price.kind == kind
                    && price.product == item.product
                    && price.metric == item.metric
                    && (price.edition.is_none() || price.edition == item.edition)
            })
            .collect();
        let of_level = |price: &&&Price| is_list(price) == (self.level == Level::List);
        let levelled: Vec<&Price> = fitting.iter().filter(of_level).copied().collect();
        let fitting = if levelled.is_empty() { fitting } else { levelled };
        let same = |wanted: Option<&str>| -> Vec<&'a Price> {
            fitting.iter().copied().filter(|price| price.version.as_deref() == wanted).collect()
        };
        let exact = if item.version.is_some() { same(item.version.as_deref()) } else { Vec::new() };
        let unversioned = same(None);
        match (exact.is_empty(), unversioned.is_empty()) {
            (false, _) => exact,
            (true, false) => unversioned,
            (true, true) => fitting,
        }
    }

    /// What at least so many units cost.
    ///
    /// # Errors
    /// The name of the price that is wanted.
    pub fn quote(&self, item: &Item, units: u32) -> Result<Quote, String> {
        if units == 0 {
            return Ok(Quote { bought: 0, first_year: 0, horizon: 0, parts: Vec::new() });
        }
        let units = match item.term {
            Term::Licence | Term::WithAssurance | Term::Subscription => {
                self.minimums.ordered(&item.product, item.metric, units)
            }
            // What builds on licences that are owned follows their number.
            Term::StepUp | Term::Assurance => units,
        };
        let kind = match item.term {
            Term::Licence => PriceKind::Licence,
            Term::WithAssurance => return self.with_assurance(item, units),
            Term::Subscription => PriceKind::Subscription,
            Term::StepUp => PriceKind::StepUp,
            Term::Assurance => PriceKind::Sa,
        };
        self.packs(&self.rows(item, kind), units).ok_or_else(|| self.missing(item, kind))
    }

    /// A licence and Software Assurance for every unit bought, or one price for both, whichever is less.
    fn with_assurance(&self, item: &Item, units: u32) -> Result<Quote, String> {
        let together = self.packs(&self.rows(item, PriceKind::LicenceAndSa), units);
        let apart = self
            .packs(&self.rows(item, PriceKind::Licence), units)
            .ok_or_else(|| self.missing(item, PriceKind::Licence))
            .and_then(|licence| {
                let assurance = self.packs(&self.rows(item, PriceKind::Sa), licence.bought);
                let assurance = assurance.ok_or_else(|| self.missing(item, PriceKind::Sa))?;
                Ok(Quote {
                    bought: licence.bought,
                    first_year: licence.first_year + assurance.first_year,
                    horizon: licence.horizon + assurance.horizon,
                    parts: licence.parts.into_iter().chain(assurance.parts).collect(),
                })
            });
        match (together, apart) {
            (Some(together), Ok(apart)) if together.horizon <= apart.horizon => Ok(together),
            (Some(together), Err(_)) => Ok(together),
            (_, apart) => apart,
        }
    }

    /// The least price of a unit over the whole span, as if packs could be cut; `None` where it has no price.
    pub fn least_unit(&self, item: &Item) -> Option<Decimal> {
        let least = |kind| {
            let rows = self.rows(item, kind).into_iter().filter(|price| price.units > 0);
            rows.map(|price| over(price, self.months) / Decimal::from(price.units)).min()
        };
        match item.term {
            Term::Licence => least(PriceKind::Licence),
            Term::WithAssurance => {
                let apart = least(PriceKind::Licence).zip(least(PriceKind::Sa)).map(|(licence, sa)| licence + sa);
                least(PriceKind::LicenceAndSa).into_iter().chain(apart).min()
            }
            Term::Subscription => least(PriceKind::Subscription),
            Term::StepUp => least(PriceKind::StepUp),
            Term::Assurance => least(PriceKind::Sa),
        }
    }

    /// The cheapest packs over the whole span.
    fn packs(&self, rows: &[&Price], units: u32) -> Option<Quote> {
        let packs: Vec<(u32, Decimal)> = rows.iter().map(|price| (price.units, over(price, self.months))).collect();
        let (amount, counts) = cheapest_packs(&packs, units)?;
        let mut first_year = Decimal::ZERO;
        let mut parts = Vec::new();
        let mut sum = 0;
        for (price, &count) in rows.iter().zip(&counts).filter(|(_, count)| **count > 0) {
            first_year += over(price, self.months.min(12)) * Decimal::from(count);
            sum += count * price.units;
            parts.push(self.part(price, count));
        }
        Some(Quote {
            bought: sum,
            first_year: decimal_to_minor(first_year)?,
            horizon: decimal_to_minor(amount)?,
            parts,
        })
    }

    /// `4 packs of 16 at £850.00`, or `21 at £24.50 a month for 36 months`.
    fn part(&self, price: &Price, count: u32) -> String {
        let amount = decimal_to_minor(price.amount).map_or_else(String::new, |minor| self.money(minor).to_string());
        let times = match (period(price), self.months) {
            (PricePeriod::Licence, _) => String::new(),
            (PricePeriod::Month, months) => format!(" a month for {months} months"),
            (PricePeriod::Year, months) if months <= 12 => " a year for one year".to_owned(),
            (PricePeriod::Year, months) => format!(" a year for {} years", months.div_ceil(12)),
        };
        let what = if price.kind == PriceKind::Sa { " Software Assurance" } else { "" };
        let count_text = thousands(u64::from(count));
        match price.units {
            1 => format!("{count_text} at {amount}{what}{times}"),
            size => {
                let plural = if count == 1 { "" } else { "s" };
                format!("{count_text} pack{plural} of {size} at {amount}{what}{times}")
            }
        }
    }

    /// The price that is wanted, in words.
    fn missing(&self, item: &Item, kind: PriceKind) -> String {
        let name = self.names.get(&item.product).unwrap_or(&item.product);
        let licence = priced_name(name, item.edition.as_deref(), item.metric);
        match kind {
            PriceKind::Sa => format!("Software Assurance for {licence}"),
            PriceKind::StepUp => format!("step-up to {licence}"),
            _ => licence,
        }
    }

    /// The price of Software Assurance of one year for so many licences, where there is one.
    pub fn assurance_year(&self, item: &Item, units: u32) -> Option<i64> {
        let rows = self.rows(item, PriceKind::Sa);
        let packs: Vec<(u32, Decimal)> = rows.iter().map(|price| (price.units, over(price, 12))).collect();
        decimal_to_minor(cheapest_packs(&packs, units)?.0)
    }
}

fn is_list(price: &Price) -> bool {
    price.level.as_ref().is_some_and(|level| level.eq_ignore_ascii_case(LIST))
}

/// The period a price is for; what is priced by time and names none is priced by the year.
fn period(price: &Price) -> PricePeriod {
    match (price.per, price.kind) {
        (PricePeriod::Licence, PriceKind::Sa | PriceKind::Subscription) => PricePeriod::Year,
        (per, _) => per,
    }
}

/// What a pack costs over so many months.
fn over(price: &Price, months: u32) -> Decimal {
    match period(price) {
        PricePeriod::Licence => price.amount,
        PricePeriod::Month => price.amount * Decimal::from(months),
        PricePeriod::Year => price.amount * Decimal::from(months.div_ceil(12)),
    }
}

/// Items with the units wanted of each.
pub type Basket = BTreeMap<Item, u32>;

#[cfg(test)]
mod tests {
    use super::*;

    fn price(kind: PriceKind, per: PricePeriod, units: u32, amount: i64) -> Price {
        Price {
            product: "thing".into(),
            edition: None,
            version: None,
            metric: Metric::Core,
            units,
            amount: Decimal::from(amount),
            currency: "GBP".into(),
            per,
            kind,
            from: None,
            until: None,
            level: None,
            source: None,
            written: None,
            evidence: None,
        }
    }

    fn none() -> OrderMinimums {
        OrderMinimums::default()
    }

    fn item(term: Term) -> Item {
        Item::new("thing", None, Metric::Core, term)
    }

    fn quoted(prices: &[Price], months: u32, term: Term, units: u32) -> Option<(u32, i64, i64)> {
        let names = BTreeMap::new();
        let book =
            PriceBook::new(prices, &names, jiff::civil::date(2026, 6, 30), "GBP", months, Level::Customer, none());
        book.quote(&item(term), units).ok().map(|quote| (quote.bought, quote.first_year, quote.horizon))
    }

    #[test]
    fn a_licence_is_paid_once_and_time_as_long_as_it_runs() {
        let prices = [
            price(PriceKind::Licence, PricePeriod::Licence, 2, 100),
            price(PriceKind::Sa, PricePeriod::Year, 2, 25),
            price(PriceKind::Subscription, PricePeriod::Month, 2, 5),
        ];
        assert_eq!(quoted(&prices, 36, Term::Licence, 3), Some((4, 20_000, 20_000)));
        assert_eq!(quoted(&prices, 36, Term::WithAssurance, 3), Some((4, 25_000, 35_000)));
        assert_eq!(quoted(&prices, 36, Term::Subscription, 3), Some((4, 12_000, 36_000)));
        assert_eq!(quoted(&prices, 6, Term::Subscription, 3), Some((4, 6_000, 6_000)));
        assert_eq!(quoted(&prices, 36, Term::StepUp, 3), None);
    }

    #[test]
    fn an_order_holds_at_least_the_minimum_of_the_publisher() {
        let prices = [price(PriceKind::Subscription, PricePeriod::Year, 1, 50)];
        let names = BTreeMap::new();
        let minimums: OrderMinimums = [(("thing".to_owned(), Metric::Core), 72)].into_iter().collect();
        let day = jiff::civil::date(2026, 6, 30);
        let book = PriceBook::new(&prices, &names, day, "GBP", 12, Level::Customer, minimums);
        let bought = |units| book.quote(&item(Term::Subscription), units).map(|quote| (quote.bought, quote.first_year));
        assert_eq!(bought(0), Ok((0, 0)));
        assert_eq!(bought(32), Ok((72, 360_000)));
        assert_eq!(bought(73), Ok((73, 365_000)));
    }

    #[test]
    fn the_publishers_list_is_apart_from_the_customers_prices() {
        let mut list = price(PriceKind::Licence, PricePeriod::Licence, 1, 200);
        list.level = Some("List".into());
        let prices = [list, price(PriceKind::Licence, PricePeriod::Licence, 1, 150)];
        let cost = |level| {
            let names = BTreeMap::new();
            let book = PriceBook::new(&prices, &names, jiff::civil::date(2026, 6, 30), "GBP", 36, level, none());
            book.quote(&item(Term::Licence), 1).map(|quote| quote.horizon)
        };
        assert_eq!(cost(Level::Customer), Ok(15_000));
        assert_eq!(cost(Level::List), Ok(20_000));
    }
}
