//! Price lists with documented columns, as separated values or as a sheet of a workbook.

use rust_decimal::Decimal;

use crate::diag::Code;
use crate::model::{Metric, Price};
use crate::rules::{PRICE_KINDS, PRICE_PERIODS};

use super::listing::{Layout, Record, read_list};
use super::purchases::sniff_text;
use super::table::{NextRow, rows_of_text};
use super::value::{self, WrongValue};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The columns of a price list. A list with quantities is one of purchases, even where it states amounts.
pub(super) const LAYOUT: Layout = Layout {
    title: "price list",
    columns: &[
        "product", "edition", "version", "metric", "units", "amount", "currency", "per", "kind", "from", "until",
        "level", "source",
    ],
    required: &["product", "metric", "amount"],
    foreign: &["quantity"],
};

/// Currency of an amount that names none.
const DEFAULT_CURRENCY: &str = "GBP";

/// Reads price lists of separated values.
pub(super) struct Prices;

impl Reader for Prices {
    fn name(&self) -> &'static str {
        "prices"
    }

    fn version(&self) -> u32 {
        1
    }

    fn carries(&self) -> &'static [Carries] {
        &[Carries::Prices]
    }

    fn sniff(&self, head: &[u8], path: &str) -> Sniff {
        sniff_text(&LAYOUT, head, path)
    }

    fn read(&self, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
        match super::text_of(input) {
            Ok(text) => read_rows(input, &mut rows_of_text(text, input.path), sink),
            Err(fault) => Verdict::Rejected(fault),
        }
    }
}

/// Reads the rows of a price list.
pub(super) fn read_rows(input: &Input<'_>, rows: &mut dyn Iterator<Item = NextRow>, sink: &mut dyn Sink) -> Verdict {
    read_list(&LAYOUT, input.path, rows, sink, price, |sink, price, place| sink.price(price, place))
}

fn price(record: &Record<'_>) -> Option<Price> {
    for column in LAYOUT.required {
        record.required_text(column);
    }
    let (amount, currency) = amount(record);
    let (from, until) = (record.date("from"), record.date("until"));
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        record.fault(Code::WrongValue, format!("column `until`: {until} lies before `from`, {from}"), None);
    }
    Some(Price {
        product: record.text("product")?,
        edition: record.text("edition"),
        version: record.text("version"),
        metric: record.one_of("metric", &Metric::ALL)?,
        units: record.value("units", units).unwrap_or(1),
        amount,
        currency,
        per: record.one_of("per", &PRICE_PERIODS).unwrap_or_default(),
        kind: record.one_of("kind", &PRICE_KINDS).unwrap_or_default(),
        from,
        until,
        level: record.text("level"),
        source: record.text("source"),
        evidence: None,
    })
}

/// Licences in a pack.
fn units(text: &str) -> Result<u32, WrongValue> {
    match value::quantity(text)? {
        0 => Err(WrongValue { problem: "is no pack".into(), help: "a pack holds at least one licence".into() }),
        units => Ok(units),
    }
}

/// The amount with its currency: the column's, else the one its sign names, else pounds.
fn amount(record: &Record<'_>) -> (Decimal, String) {
    let (amount, sign) = record.value("amount", value::amount).unwrap_or_default();
    let stated = record.value("currency", currency);
    match (&stated, sign) {
        (Some(stated), Some(sign)) if stated != sign => {
            let message = format!("column `amount` has the sign of {sign} and column `currency` says {stated}");
            record.fault(Code::WrongValue, message, Some("write the amount without a sign".into()));
        }
        _ => {}
    }
    (amount, stated.unwrap_or_else(|| sign.unwrap_or(DEFAULT_CURRENCY).to_owned()))
}

fn currency(text: &str) -> Result<String, WrongValue> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(WrongValue { problem: "is not a currency".into(), help: "write its three letters: GBP".into() })
    }
}
