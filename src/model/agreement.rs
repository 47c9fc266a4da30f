//! Volume agreements: what is ordered when, and the arithmetic of their years.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How a product stands on an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProductRole {
    /// Counted for the whole organisation on the day of the order.
    Enterprise,
    /// Counted at its peak since the last order.
    Additional,
}

impl std::fmt::Display for ProductRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Enterprise => "enterprise",
            Self::Additional => "additional",
        })
    }
}

/// When units that are missing under an agreement are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderRhythm {
    /// Once a year, before the anniversary: the true-up.
    Yearly,
    /// With the report of each month.
    Monthly,
    /// At once: what is missing is bought.
    AtOnce,
}

/// The days within which an order must arrive, counted back from an anniversary or from the end. Both belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderWindow {
    /// Days before, on which it opens.
    pub opens_days: u32,
    /// Days before, which are its last.
    pub closes_days: u32,
}

/// The windows of a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderWindows {
    /// Before an anniversary.
    pub anniversary: OrderWindow,
    /// Before the end of the agreement, in place of an anniversary.
    pub end: OrderWindow,
}

/// An agreement under which an organisation buys, as `trueup.toml` states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Its number, by which it is known.
    pub number: String,
    /// As printed; where there is none, the number.
    pub name: Option<String>,
    /// Id of its vehicle in `rules/vehicles.toml`, such as `"enterprise-agreement"`.
    pub vehicle: String,
    /// Publisher, where the agreement names one; else the vehicle's.
    pub publisher: Option<String>,
    /// Organisations it covers.
    pub organisations: Vec<String>,
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Option<Date>,
    /// A day whose month and day are those of its anniversaries, where they are not those of `start`.
    pub anniversary: Option<Date>,
    /// Day of the last order, true-up or first.
    pub last_order: Option<Date>,
    /// Products on it whose role is the vehicle's to say.
    pub products: Vec<String>,
    /// Products on it as enterprise products.
    pub enterprise: Vec<String>,
    /// Products on it as additional products.
    pub additional: Vec<String>,
    /// Price level, such as `"D"`.
    pub price_level: Option<String>,
    /// Order window, where it differs from the vehicle's; the same before an anniversary and before the end.
    pub window: Option<OrderWindow>,
    /// Line in `trueup.toml`.
    pub line: u32,
}

/// One order that an agreement asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The anniversary it precedes, or the last day of the agreement.
    pub due: Date,
    /// First day on which it may arrive.
    pub opens: Date,
    /// Last day on which it may arrive.
    pub closes: Date,
    /// Whether it is the last of the agreement.
    pub last: bool,
}

impl Agreement {
    /// As printed.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.number)
    }

    /// Whether it is in force on a day.
    pub fn in_force(&self, on: Date) -> bool {
        self.start <= on && self.end.is_none_or(|end| on <= end)
    }

    /// Whether it covers an organisation.
    pub fn covers(&self, organisation: &str) -> bool {
        self.organisations.iter().any(|name| name == organisation)
    }

    /// How a product stands on it; `None` where it is not on it, so that it is ordered in the month of its first use.
    /// `by_vehicle` are the products that are enterprise products where the agreement does not say.
    pub fn role(&self, product: &str, by_vehicle: &[String]) -> Option<ProductRole> {
        let among = |list: &[String]| list.iter().any(|id| id == product);
        if among(&self.enterprise) {
            Some(ProductRole::Enterprise)
        } else if among(&self.additional) {
            Some(ProductRole::Additional)
        } else if among(&self.products) {
            Some(if among(by_vehicle) { ProductRole::Enterprise } else { ProductRole::Additional })
        } else {
            None
        }
    }

    /// The day whose month and day the anniversaries bear. Each is counted from this day, so that one of 29 February
    /// falls on the 28th in other years and comes back to the 29th in the next leap year.
    fn base(&self) -> Date {
        self.anniversary.unwrap_or(self.start)
    }

    /// Anniversaries after the first day, up to and including `until`.
    fn anniversaries(&self, until: Date) -> Vec<Date> {
        let base = self.base();
        let years =
            i32::from(self.start.year()) - i32::from(base.year())..=i32::from(until.year()) - i32::from(base.year());
        years
            .filter_map(|years| base.checked_add(years.years()).ok())
            .filter(|&day| self.start < day && day <= until)
            .collect()
    }

    /// The year of the agreement in which a day lies, counted from one; `None` where it is not in force. A year begins
    /// with the anniversary; the first, which may be short, with the first day.
    pub fn contract_year(&self, on: Date) -> Option<u32> {
        if !self.in_force(on) {
            return None;
        }
        u32::try_from(self.anniversaries(on).len() + 1).ok()
    }

    /// Every order of the agreement in the order of days; of one without an end, those up to the year after `on`.
    /// The anniversary on which it ends, or on the day after, asks for none but the last order.
    pub fn orders(&self, windows: &OrderWindows, on: Date) -> Vec<Order> {
        let horizon = self.end.or_else(|| on.checked_add(2.years()).ok()).unwrap_or(on);
        let order = |due: Date, window: OrderWindow, last: bool| {
            let before = |days: u32| due.checked_sub(i64::from(days).days()).ok();
            Some(Order { due, opens: before(window.opens_days)?, closes: before(window.closes_days)?, last })
        };
        let yearly = self.window.unwrap_or(windows.anniversary);
        let mut orders: Vec<Order> = self
            .anniversaries(horizon)
            .into_iter()
            .filter(|&day| self.end != Some(day))
            .filter_map(|day| order(day, yearly, false))
            .collect();
        orders.extend(self.end.and_then(|end| order(end, self.window.unwrap_or(windows.end), true)));
        orders
    }

    /// Day of the last order, as far as it was known on a day.
    pub fn last_order_by(&self, on: Date) -> Option<Date> {
        self.last_order.filter(|&day| day <= on)
    }

    /// The order to make next: the first whose window has not closed on a day and which the last order was not.
    pub fn next_order(&self, windows: &OrderWindows, on: Date) -> Option<Order> {
        self.orders(windows, on).into_iter().find(|order| on <= order.closes && !self.made(order, on))
    }

    /// Orders of which none is recorded although their window has closed. Where the day of the last order is not known,
    /// only the one whose anniversary is still to come: nobody can say of the earlier ones.
    pub fn missed_orders(&self, windows: &OrderWindows, on: Date) -> Vec<Order> {
        let known = self.last_order_by(on).is_some();
        let orders = self.orders(windows, on).into_iter();
        orders.filter(|order| order.closes < on && !self.made(order, on) && (known || on <= order.due)).collect()
    }

    /// Whether an order has been made, as the day of the last one tells.
    fn made(&self, order: &Order, on: Date) -> bool {
        self.last_order_by(on).is_some_and(|day| order.opens <= day)
    }

    /// The day after which usage counts towards the next order: that of the last order, else the day before the first.
    pub fn counts_after(&self, on: Date) -> Date {
        let before_start = || self.start.checked_sub(1.day()).unwrap_or(self.start);
        self.last_order_by(on).unwrap_or_else(before_start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const WINDOWS: OrderWindows = OrderWindows {
        anniversary: OrderWindow { opens_days: 60, closes_days: 30 },
        end: OrderWindow { opens_days: 30, closes_days: 0 },
    };

    fn agreement(start: Date, end: Option<Date>) -> Agreement {
        Agreement {
            number: "E-1".into(),
            name: None,
            vehicle: "yearly".into(),
            publisher: None,
            organisations: vec!["north".into()],
            start,
            end,
            anniversary: None,
            last_order: None,
            products: Vec::new(),
            enterprise: Vec::new(),
            additional: Vec::new(),
            price_level: None,
            window: None,
            line: 1,
        }
    }

    fn three_years() -> Agreement {
        agreement(date(2024, 7, 1), Some(date(2027, 6, 30)))
    }

    #[test]
    fn a_contract_year_begins_with_the_anniversary() {
        let agreement = three_years();
        let year = |on| agreement.contract_year(on);
        assert_eq!(year(date(2024, 6, 30)), None);
        assert_eq!((year(date(2024, 7, 1)), year(date(2025, 6, 30))), (Some(1), Some(1)));
        assert_eq!((year(date(2025, 7, 1)), year(date(2026, 6, 30))), (Some(2), Some(2)));
        assert_eq!((year(date(2026, 7, 1)), year(date(2027, 6, 30))), (Some(3), Some(3)));
        assert_eq!(year(date(2027, 7, 1)), None);
    }

    #[test]
    fn an_anniversary_of_29_february_falls_on_the_28th_and_comes_back() {
        let agreement = agreement(date(2024, 2, 29), None);
        assert_eq!(
            agreement.anniversaries(date(2028, 12, 31)),
            [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]
        );
        assert_eq!(agreement.contract_year(date(2025, 2, 27)), Some(1));
        assert_eq!(agreement.contract_year(date(2025, 2, 28)), Some(2));
        assert_eq!(agreement.contract_year(date(2028, 2, 28)), Some(4));
        assert_eq!(agreement.contract_year(date(2028, 2, 29)), Some(5));
    }

    #[test]
    fn an_order_arrives_between_60_and_30_days_before_the_anniversary() {
        let agreement = three_years();
        let first = agreement.orders(&WINDOWS, date(2024, 7, 1))[0];
        assert_eq!((first.opens, first.closes, first.due), (date(2025, 5, 2), date(2025, 6, 1), date(2025, 7, 1)));
        assert!(!first.last);
        assert_eq!(agreement.next_order(&WINDOWS, date(2025, 6, 1)), Some(first), "the last day of the window");
        let after = agreement.next_order(&WINDOWS, date(2025, 6, 2)).expect("the next");
        assert_eq!(after.due, date(2026, 7, 1), "a day later it has closed");
        assert_eq!(agreement.missed_orders(&WINDOWS, date(2025, 6, 1)), []);
        assert_eq!(agreement.missed_orders(&WINDOWS, date(2025, 6, 2)), [first]);
    }

    #[test]
    fn the_last_order_arrives_within_30_days_before_the_end_in_place_of_an_anniversary() {
        let orders = three_years().orders(&WINDOWS, date(2024, 7, 1));
        assert_eq!(orders.len(), 3);
        let last = orders[2];
        assert_eq!((last.opens, last.closes, last.due), (date(2027, 5, 31), date(2027, 6, 30), date(2027, 6, 30)));
        assert!(last.last);
        let ends_on_its_anniversary = agreement(date(2024, 7, 1), Some(date(2027, 7, 1)));
        assert_eq!(ends_on_its_anniversary.orders(&WINDOWS, date(2024, 7, 1)).len(), 3);
    }

    #[test]
    fn an_order_within_its_window_is_made_and_the_next_is_a_year_later() {
        let agreement = Agreement { last_order: Some(date(2025, 5, 2)), ..three_years() };
        assert_eq!(agreement.next_order(&WINDOWS, date(2025, 5, 20)).map(|order| order.due), Some(date(2026, 7, 1)));
        let early = Agreement { last_order: Some(date(2025, 5, 1)), ..three_years() };
        assert_eq!(early.next_order(&WINDOWS, date(2025, 5, 20)).map(|order| order.due), Some(date(2025, 7, 1)));
        assert_eq!(early.missed_orders(&WINDOWS, date(2026, 6, 30)).len(), 2, "neither that year's nor this year's");
    }

    #[test]
    fn an_order_made_later_is_not_known_before() {
        let agreement = Agreement { last_order: Some(date(2026, 5, 15)), ..three_years() };
        assert_eq!(agreement.counts_after(date(2026, 5, 14)), date(2024, 6, 30));
        assert_eq!(agreement.counts_after(date(2026, 5, 15)), date(2026, 5, 15));
        assert_eq!(agreement.missed_orders(&WINDOWS, date(2026, 1, 1)), [], "of earlier orders nobody can say");
    }

    #[test]
    fn anniversaries_may_be_those_of_another_agreement() {
        let agreement = Agreement { anniversary: Some(date(2023, 4, 1)), ..three_years() };
        assert_eq!(agreement.contract_year(date(2025, 3, 31)), Some(1));
        assert_eq!(agreement.contract_year(date(2025, 4, 1)), Some(2));
        assert_eq!(agreement.contract_year(date(2027, 4, 1)), Some(4));
    }

    #[test]
    fn the_role_is_the_agreements_to_say_and_else_the_vehicles() {
        let agreement = Agreement {
            products: vec!["desk".into(), "server".into()],
            enterprise: vec!["suite".into()],
            ..three_years()
        };
        let by_vehicle = ["desk".to_owned(), "elsewhere".to_owned()];
        assert_eq!(agreement.role("desk", &by_vehicle), Some(ProductRole::Enterprise));
        assert_eq!(agreement.role("server", &by_vehicle), Some(ProductRole::Additional));
        assert_eq!(agreement.role("suite", &by_vehicle), Some(ProductRole::Enterprise));
        assert_eq!(agreement.role("elsewhere", &by_vehicle), None);
    }
}
