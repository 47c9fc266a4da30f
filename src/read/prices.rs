//! Price lists with documented columns, as separated values or as a sheet of a workbook.

use rust_decimal::Decimal;

use crate::diag::Code;
use crate::model::{Metric, Price};
use crate::rules::{PRICE_KINDS, PRICE_PERIODS};

use super::listing::{Layout, List, Record, read_list};
use super::page::{Field, Page, Verified};
use super::table::Table;
use super::value::WrongValue;
use super::{Carries, Input, Sink, Verdict};

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
pub(super) const DEFAULT_CURRENCY: &str = "GBP";

/// What the format is.
const PAGE: Page = Page {
    name: "prices",
    title: "Price list with trueup's own columns",
    written_by: "a person or a script, out of a quotation or a reseller's list",
    carries: &[Carries::Prices],
    recognised_by: "the headings `product`, `metric` and `amount`, and no `quantity`, within the first ten rows",
    fields: &[
        Field { named: "product, edition, version, metric", becomes: "what it is the price of" },
        Field { named: "units", becomes: "licences in the pack; 1 where empty" },
        Field { named: "amount, currency", becomes: "price of one pack, exact" },
        Field { named: "per, kind", becomes: "for how long, and whether with Software Assurance" },
        Field { named: "from, until, level, source", becomes: "when and to whom it holds" },
    ],
    quirks: &["a list with a column `quantity` is one of purchases, even where it states amounts"],
    verified: Verified::Own,
    example: "product,edition,metric,units,amount,kind,source
Windows Server,standard,core,2,106.66,licence,Framework 2026
",
    samples: &["prices-csv"],
};

/// Reads price lists of separated values.
pub(super) const PRICES: List = List { page: &PAGE, layout: &LAYOUT, rows: read_rows };

/// Reads the rows of a price list.
pub(super) fn read_rows(input: &Input<'_>, table: &mut dyn Table, sink: &mut dyn Sink) -> Verdict {
    read_list(&LAYOUT, input, table, sink, price, |sink, price, place| sink.price(price, place))
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
        units: units(record),
        amount,
        currency,
        per: record.one_of("per", &PRICE_PERIODS).unwrap_or_default(),
        kind: record.one_of("kind", &PRICE_KINDS).unwrap_or_default(),
        from,
        until,
        level: record.text("level"),
        source: record.text("source"),
        written: None,
        evidence: None,
    })
}

/// Licences in a pack.
fn units(record: &Record<'_>) -> u32 {
    let units = record.quantity("units");
    if units == Some(0) {
        let help = "a pack holds at least one licence".to_owned();
        record.fault(Code::WrongValue, "column `units`: `0` is no pack".into(), Some(help));
    }
    units.unwrap_or(1)
}

/// The amount with its currency: the column's, else the one its sign names, else pounds.
fn amount(record: &Record<'_>) -> (Decimal, String) {
    let (amount, sign) = record.amount("amount").unwrap_or_default();
    let stated = record.value("currency", currency);
    match (&stated, &sign) {
        (Some(stated), Some(sign)) if stated != sign => {
            let message = format!("column `amount` has the sign of {sign} and column `currency` says {stated}");
            record.fault(Code::WrongValue, message, Some("write the amount without a sign".into()));
        }
        _ => {}
    }
    (amount, stated.or(sign).unwrap_or_else(|| DEFAULT_CURRENCY.to_owned()))
}

pub(super) fn currency(text: &str) -> Result<String, WrongValue> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(WrongValue::new("is not a currency", "write its three letters: GBP"))
    }
}
