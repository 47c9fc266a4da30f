//! `[[agreement]]` of `trueup.toml`.

use jiff::civil::Date;

use crate::diag::Code;
use crate::model::{Agreement, OrderRhythm};
use crate::rules::document::Fields;
use crate::rules::vehicle::window;
use crate::rules::{Rules, Vehicle};

/// Reads every agreement. Where the rules are at hand, the names in them must be known to the rules, and no two may
/// claim the true-up of the same product.
pub(super) fn agreements(fields: &Fields<'_, '_>, rules: Option<&Rules>) -> Vec<Agreement> {
    let mut agreements: Vec<Agreement> = Vec::new();
    for table in fields.tables("agreement") {
        let Some(read) = agreement(&table) else {
            table.finish();
            continue;
        };
        if let Some(earlier) = agreements.iter().find(|known| known.number == read.number) {
            let message = format!("the agreement {} stands on line {} already", read.number, earlier.line);
            table.fault_at("number", Code::DuplicateName, message);
        }
        if let Some(rules) = rules {
            check(&table, &read, &agreements, rules);
        }
        table.finish();
        agreements.push(read);
    }
    agreements
}

/// Reads one table; `None` where its first day is missing.
fn agreement(fields: &Fields<'_, '_>) -> Option<Agreement> {
    fields.required("start");
    fields.required("organisations");
    let start = fields.date("start");
    let agreement = Agreement {
        number: fields.required_text("number"),
        name: fields.text("name"),
        vehicle: fields.required_text("vehicle"),
        publisher: fields.text("publisher"),
        organisations: fields.texts("organisations"),
        start: start.unwrap_or(Date::MIN),
        end: fields.date("end"),
        anniversary: fields.date("anniversary"),
        last_order: fields.date("last_order"),
        products: fields.texts("products"),
        enterprise: fields.texts("enterprise"),
        additional: fields.texts("additional"),
        price_level: fields.text("price_level"),
        window: window(fields, "window"),
        line: fields.line(),
    };
    start?;
    contradictions(fields, &agreement);
    Some(agreement)
}

/// Nobody covered, days before the first one, and a product with two roles.
fn contradictions(fields: &Fields<'_, '_>, agreement: &Agreement) {
    if agreement.organisations.is_empty() {
        fields.fault_at("organisations", Code::WrongValue, "`organisations` must name at least one");
    }
    let early = |day: Option<Date>| day.filter(|&day| day < agreement.start);
    if let Some(end) = early(agreement.end) {
        fields.fault_at("end", Code::WrongValue, format!("it ends on {end}, before it starts on {}", agreement.start));
    }
    if let Some(day) = early(agreement.last_order) {
        let message = format!("the last order of {day} lies before the start on {}", agreement.start);
        fields.fault_at("last_order", Code::WrongValue, message);
    }
    for product in agreement.additional.iter().filter(|&product| agreement.enterprise.contains(product)) {
        let message = format!("{product} is an enterprise product or an additional one, not both");
        fields.fault_at("additional", Code::DuplicateName, message);
    }
}

/// Holds an agreement against the rules and against those before it.
fn check(fields: &Fields<'_, '_>, agreement: &Agreement, before: &[Agreement], rules: &Rules) {
    let Some(vehicle) = rules.vehicles.get(&agreement.vehicle) else {
        let known: Vec<&str> = rules.vehicles.keys().map(String::as_str).collect();
        let message = format!("there is no vehicle \"{}\"; known are {}", agreement.vehicle, known.join(", "));
        return fields.fault_at("vehicle", Code::UnknownName, message);
    };
    check_publisher(fields, agreement, vehicle, rules);
    check_products(fields, agreement, vehicle, rules);
    if vehicle.orders == OrderRhythm::Yearly {
        if agreement.end.is_none() {
            fields.fault(Code::MissingKey, format!("an agreement of the kind {} needs the key `end`", vehicle.id));
        }
        if listed(agreement).next().is_none() {
            let keys = "the products on it, in `products`, `enterprise` or `additional`";
            fields.fault(Code::MissingKey, format!("an agreement of the kind {} needs {keys}", vehicle.id));
        }
    } else if agreement.window.is_some() {
        fields.fault_at("window", Code::WrongValue, format!("\"{}\" knows no yearly order", vehicle.id));
    }
    if let Some(message) = before.iter().find_map(|earlier| overlap(earlier, agreement, rules)) {
        fields.fault(Code::DuplicateName, message);
    }
}

fn check_publisher(fields: &Fields<'_, '_>, agreement: &Agreement, vehicle: &Vehicle, rules: &Rules) {
    let Some(publisher) = &agreement.publisher else { return };
    if vehicle.publisher.as_ref().is_some_and(|known| known != publisher) {
        let message = format!("\"{}\" is no vehicle of {publisher}", vehicle.id);
        fields.fault_at("publisher", Code::WrongValue, message);
    } else if !rules.products.values().any(|product| product.publisher == *publisher) {
        let message = format!("no product on file is of the publisher \"{publisher}\"");
        fields.fault_at("publisher", Code::UnknownName, message);
    }
}

/// Products with the keys under which they stand.
fn listed(agreement: &Agreement) -> impl Iterator<Item = (&'static str, &String)> {
    let lists = [
        ("products", &agreement.products),
        ("enterprise", &agreement.enterprise),
        ("additional", &agreement.additional),
    ];
    lists.into_iter().flat_map(|(key, ids)| ids.iter().map(move |id| (key, id)))
}

fn check_products(fields: &Fields<'_, '_>, agreement: &Agreement, vehicle: &Vehicle, rules: &Rules) {
    let publisher = vehicle.publisher.as_ref().or(agreement.publisher.as_ref());
    for (key, id) in listed(agreement) {
        match (rules.products.get(id), publisher) {
            (None, _) => {
                let message = format!("there is no product \"{id}\"; `trueup rules list` names those there are");
                fields.fault_at(key, Code::UnknownName, message);
            }
            (Some(product), Some(publisher)) if product.publisher != *publisher => {
                let message = format!("{id} is a product of {}, not of {publisher}", product.publisher);
                fields.fault_at(key, Code::WrongValue, message);
            }
            _ => {}
        }
    }
}

/// How an agreement gets in the way of an earlier one: both true up the same product of an organisation on one day.
fn overlap(earlier: &Agreement, later: &Agreement, rules: &Rules) -> Option<String> {
    let yearly = |one: &Agreement| rules.vehicles.get(&one.vehicle).filter(|kind| kind.orders == OrderRhythm::Yearly);
    let kind = yearly(earlier)?;
    yearly(later)?;
    let day = earlier.start.max(later.start);
    if !earlier.in_force(day) || !later.in_force(day) {
        return None;
    }
    let organisation = later.organisations.iter().find(|name| earlier.covers(name))?;
    let (_, product) = listed(later).find(|(_, id)| earlier.role(id, &kind.enterprise).is_some())?;
    Some(format!(
        "{product} of {organisation} is on the agreement {} (line {}) on {day} too: only one of them can true it up",
        earlier.number, earlier.line
    ))
}
