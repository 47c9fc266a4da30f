//! Purchase lines from a list with documented columns, as separated values or as a sheet of a workbook.

use crate::diag::Code;
use crate::model::{Channel, DocumentedCores, Metric, Period, PurchaseKind, PurchaseLine};
use crate::rules::{CHANNELS, DEFAULT_ORGANISATION, PURCHASE_KINDS};

use super::listing::{HEADINGS_WITHIN, Layout, Record, read_list};
use super::table::{NextRow, Row, may_be_text_table, rows_of_text};
use super::value;
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The columns of a purchase list.
pub(super) const LAYOUT: Layout = Layout {
    title: "purchase list",
    columns: &[
        "organisation",
        "product",
        "edition",
        "version",
        "metric",
        "quantity",
        "kind",
        "channel",
        "bought",
        "sa_from",
        "sa_until",
        "subscription_from",
        "subscription_until",
        "reference",
        "agreement",
        "base",
        "assigned_to",
        "assigned_on",
        "documented_cores",
        "documented_on",
        "shared_with",
        "farm",
        "note",
    ],
    required: &["product", "metric", "quantity"],
    foreign: &[],
};

/// Reads purchase lists of separated values.
pub(super) struct Purchases;

impl Reader for Purchases {
    fn name(&self) -> &'static str {
        "purchases"
    }

    fn version(&self) -> u32 {
        1
    }

    fn carries(&self) -> &'static [Carries] {
        &[Carries::Purchases]
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

/// How well the beginning of a text fits a layout.
pub(super) fn sniff_text(layout: &Layout, head: &[u8], path: &str) -> Sniff {
    if !may_be_text_table(head) {
        return Sniff::No;
    }
    let text = String::from_utf8_lossy(head);
    let rows: Vec<Row> = rows_of_text(&text, path).map_while(Result::ok).take(HEADINGS_WITHIN).collect();
    layout.fit(&rows).sniff
}

/// Reads the rows of a purchase list.
pub(super) fn read_rows(input: &Input<'_>, rows: &mut dyn Iterator<Item = NextRow>, sink: &mut dyn Sink) -> Verdict {
    let convert = |record: &Record<'_>| purchase(record, input.organisation);
    read_list(&LAYOUT, input.path, rows, sink, convert, |sink, line, place| sink.purchase(line, place))
}

fn purchase(record: &Record<'_>, folder: Option<&str>) -> Option<PurchaseLine> {
    let metric = record.one_of("metric", &Metric::ALL);
    let quantity = record.value("quantity", value::quantity);
    for column in ["metric", "quantity"] {
        record.required_text(column);
    }
    Some(PurchaseLine {
        organisation: organisation(record, folder),
        product: record.required_text("product"),
        edition: record.text("edition"),
        version: record.text("version"),
        metric: metric.unwrap_or(Metric::Device),
        quantity: quantity.unwrap_or_default(),
        kind: record.one_of("kind", &PURCHASE_KINDS).unwrap_or(PurchaseKind::Licence),
        channel: record.one_of("channel", &CHANNELS).unwrap_or(Channel::Volume),
        bought: record.date("bought"),
        sa: periods(record, "sa_from", "sa_until"),
        subscription: subscription(record),
        reference: record.text("reference"),
        agreement: record.text("agreement"),
        base: record.text("base"),
        assigned_to: record.texts("assigned_to"),
        assigned_on: record.date("assigned_on"),
        reassigned: Vec::new(),
        documented_cores: documented_cores(record),
        shared_with: record.texts("shared_with"),
        reserved: Vec::new(),
        farm: record.text("farm"),
        note: record.text("note"),
        evidence: None,
    })
}

/// The owner: the row's own, else the folder's. A list that has the column must fill it where the folder names nobody.
fn organisation(record: &Record<'_>, folder: Option<&str>) -> String {
    match (record.text("organisation"), folder) {
        (Some(name), _) => name,
        (None, Some(folder)) => folder.to_owned(),
        (None, None) if record.has_column("organisation") => record.required_text("organisation"),
        (None, None) => DEFAULT_ORGANISATION.to_owned(),
    }
}

/// Terms with a first and a last day each; several stand in one cell with `;` between them.
fn periods(record: &Record<'_>, from: &str, until: &str) -> Vec<Period> {
    let (firsts, lasts) = (record.texts(from).len(), record.texts(until).len());
    if firsts != lasts {
        let message = format!("`{from}` and `{until}` differ in the number of their dates: {firsts} and {lasts}");
        let help = "give every term its first and its last day";
        record.fault(Code::IncompleteRecord, message, Some(help.into()));
        return Vec::new();
    }
    let (first_days, last_days) = (record.dates(from), record.dates(until));
    if first_days.len() != last_days.len() {
        return Vec::new();
    }
    let periods: Vec<Period> =
        first_days.into_iter().zip(last_days).map(|(from, until)| Period { from, until }).collect();
    for period in periods.iter().filter(|period| period.until < period.from) {
        let message = format!("column `{until}`: {} lies before `{from}`, {}", period.until, period.from);
        record.fault(Code::WrongValue, message, None);
    }
    periods
}

fn subscription(record: &Record<'_>) -> Option<Period> {
    let terms = periods(record, "subscription_from", "subscription_until");
    if terms.len() > 1 {
        let message = "a line has one subscription term; `subscription_from` names several".to_owned();
        record.fault(Code::WrongValue, message, Some("write a line for each term".into()));
    }
    terms.into_iter().next()
}

fn documented_cores(record: &Record<'_>) -> Option<DocumentedCores> {
    let (cores, on) = (record.value("documented_cores", value::quantity), record.date("documented_on"));
    match (record.text("documented_cores"), record.text("documented_on")) {
        (Some(_), None) => {
            let message = "`documented_cores` counts only with the day of the record in `documented_on`".to_owned();
            record.fault(Code::IncompleteRecord, message, None);
        }
        (None, Some(_)) => {
            let message = "`documented_on` stands without `documented_cores`".to_owned();
            record.fault(Code::IncompleteRecord, message, None);
        }
        _ => {}
    }
    Some(DocumentedCores { cores: cores?, on: on? })
}
