//! `rules/vehicles.toml`: the vehicles under which licences are bought, and what each asks for.

use rust_decimal::Decimal;

use crate::diag::{Code, Diagnostic};
use crate::model::{OrderRhythm, OrderWindow, OrderWindows};

use super::document::{Document, Fields};
use super::product::RuleSource;
use super::terms::source;
use super::unique::Unique;

/// A kind of agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vehicle {
    /// Id, such as `enterprise-agreement`.
    pub id: String,
    /// As printed.
    pub name: String,
    /// Publisher; `None`: any.
    pub publisher: Option<String>,
    /// When missing units are ordered.
    pub orders: OrderRhythm,
    /// When an order must arrive; only of a yearly rhythm.
    pub windows: Option<OrderWindows>,
    /// Whether a signed statement is owed where nothing is to be ordered.
    pub statement: bool,
    /// Whether counts may go down at the anniversary.
    pub counts_fall: bool,
    /// Whether every licence of the products on it must be under Software Assurance or rented.
    pub whole_base: bool,
    /// Years of Software Assurance paid with a licence ordered at the anniversary of the first, second, … year.
    pub assurance_years: Vec<Decimal>,
    /// Products that are enterprise products where the agreement does not say.
    pub enterprise: Vec<String>,
    /// What it means, in a sentence or two.
    pub means: String,
    /// Where that comes from.
    pub source: RuleSource,
    /// Whether it was seen in a public page.
    pub verified: bool,
    /// File of the vehicle.
    pub path: String,
}

/// Reads the file of vehicles.
///
/// # Errors
/// Every fault of the file, with line and caret.
pub fn parse_vehicles(path: &str, text: &str) -> Result<Vec<Vehicle>, Vec<Diagnostic>> {
    let document = Document::new(path, text);
    let table = document.parse();
    let fields = Fields::new(&document, "the file of vehicles", table.get_ref(), 0..0);
    let tables = fields.tables("vehicle");
    Unique::default().check(&tables, "id", "vehicle");
    let vehicles = tables.into_iter().map(|fields| vehicle(path, fields)).collect();
    fields.finish();
    let faults = document.into_faults();
    if faults.is_empty() { Ok(vehicles) } else { Err(faults) }
}

fn vehicle(path: &str, fields: Fields<'_, '_>) -> Vehicle {
    let rhythms =
        [(OrderRhythm::Yearly, "yearly"), (OrderRhythm::Monthly, "monthly"), (OrderRhythm::AtOnce, "at-once")];
    fields.required("orders");
    let orders = fields.one_of("orders", &rhythms).unwrap_or(OrderRhythm::AtOnce);
    let anniversary = window(&fields, "window");
    let end = window(&fields, "last_window").or(anniversary);
    let windows = anniversary.zip(end).map(|(anniversary, end)| OrderWindows { anniversary, end });
    if windows.is_some() != (orders == OrderRhythm::Yearly) {
        fields.fault(Code::MissingKey, "`window` stands where `orders` is \"yearly\", and only there");
    }
    let vehicle = Vehicle {
        id: fields.required_text("id"),
        name: fields.required_text("name"),
        publisher: fields.text("publisher"),
        orders,
        windows,
        statement: fields.boolean("statement").unwrap_or(false),
        counts_fall: fields.boolean("counts_fall").unwrap_or(false),
        whole_base: fields.boolean("whole_base").unwrap_or(false),
        assurance_years: decimals(&fields, "assurance_years"),
        enterprise: fields.texts("enterprise"),
        means: fields.required_text("means"),
        source: source(&fields),
        verified: fields.boolean("verified").unwrap_or(true),
        path: path.to_owned(),
    };
    fields.finish();
    vehicle
}

/// `{ opens_days = 60, closes_days = 30 }`: days before an anniversary or the end; it opens before it closes.
pub(super) fn window(fields: &Fields<'_, '_>, key: &'static str) -> Option<OrderWindow> {
    let table = fields.table(key)?;
    table.required("opens_days");
    table.required("closes_days");
    let days = table.number("opens_days").zip(table.number("closes_days"));
    let window = days.map(|(opens_days, closes_days)| OrderWindow { opens_days, closes_days });
    if window.is_some_and(|window| window.opens_days < window.closes_days || window.opens_days > 365) {
        let wanted = "must open before it closes, counted in days back from the anniversary, and at most 365 before it";
        fields.fault_at(key, Code::WrongValue, format!("`{key}` {wanted}"));
    }
    table.finish();
    window
}

/// Decimal figures, written as texts so that nobody rounds them.
fn decimals(fields: &Fields<'_, '_>, key: &'static str) -> Vec<Decimal> {
    let mut figures = Vec::new();
    for text in fields.texts(key) {
        match text.parse() {
            Ok(figure) => figures.push(figure),
            Err(_) => fields.fault_at(key, Code::WrongValue, format!("`{key}` has \"{text}\", which is no figure")),
        }
    }
    figures
}
