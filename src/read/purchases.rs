//! Purchase lines from a list with documented columns, as separated values or as a sheet of a workbook.

use crate::diag::Code;
use crate::model::{Channel, DocumentedCores, Metric, Period, PurchaseKind, PurchaseLine};
use crate::rules::{CHANNELS, DEFAULT_ORGANISATION, PURCHASE_KINDS};

use super::listing::{Layout, List, Record, read_list};
use super::page::{Field, Page, Verified};
use super::table::Table;
use super::{Carries, Input, Sink, Verdict};

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

/// What the format is.
const PAGE: Page = Page {
    name: "purchases",
    title: "Purchase list with trueup's own columns",
    written_by: "a person or a script, out of the procurement system",
    carries: &[Carries::Purchases],
    recognised_by: "the headings `product`, `metric` and `quantity` within the first ten rows",
    fields: &[
        Field { named: "organisation", becomes: "owner; where empty, the one of the folder" },
        Field { named: "product, edition, version", becomes: "what was bought" },
        Field {
            named: "metric, quantity",
            becomes: "what a unit counts, and how many units, however packed; below 0: given back",
        },
        Field { named: "kind, channel, bought, reference, agreement, base", becomes: "the circumstances" },
        Field { named: "sa_from, sa_until", becomes: "terms of Software Assurance, several with `;` between them" },
        Field { named: "subscription_from, subscription_until", becomes: "term of a subscription" },
        Field { named: "assigned_to, assigned_on, shared_with, farm", becomes: "who may use them" },
        Field { named: "documented_cores, documented_on", becomes: "hardware record behind a conversion" },
        Field { named: "note", becomes: "a remark" },
    ],
    quirks: &["a row with a fault is left out, and every fault is told with line, column and value"],
    verified: Verified::Own,
    example: "organisation,product,edition,version,metric,quantity,bought,sa_until,sa_from
brent,Windows Server,standard,2016,core,32,2016-12-25,2019-12-24,2016-12-25
",
    samples: &["purchases-csv", "purchases-xlsx"],
};

/// Reads purchase lists of separated values.
pub(super) const PURCHASES: List = List { page: &PAGE, layout: &LAYOUT, rows: read_rows };

/// Reads the rows of a purchase list.
pub(super) fn read_rows(input: &Input<'_>, table: &mut dyn Table, sink: &mut dyn Sink) -> Verdict {
    let convert = |record: &Record<'_>| purchase(record, input.organisation);
    read_list(&LAYOUT, input, table, sink, convert, |sink, line, place| sink.purchase(line, place))
}

fn purchase(record: &Record<'_>, folder: Option<&str>) -> Option<PurchaseLine> {
    let metric = record.one_of("metric", &Metric::ALL);
    let quantity = record.quantity_or_return("quantity");
    let kind = record.one_of("kind", &PURCHASE_KINDS);
    if let (Some((_, true)), Some(stated)) = (quantity, kind)
        && stated != PurchaseKind::Return
    {
        let message = "column `quantity` is negative, as of a return, and `kind` says something else".to_owned();
        record.fault(Code::WrongValue, message, Some("leave `kind` empty, or write `return`".into()));
    }
    let given_back = quantity.is_some_and(|(_, negative)| negative).then_some(PurchaseKind::Return);
    for column in ["metric", "quantity"] {
        record.required_text(column);
    }
    Some(PurchaseLine {
        organisation: organisation(record, folder),
        product: record.required_text("product"),
        edition: record.text("edition"),
        version: record.text("version"),
        metric: metric.unwrap_or(Metric::Device),
        quantity: quantity.map_or(0, |(units, _)| units),
        kind: given_back.or(kind).unwrap_or(PurchaseKind::Licence),
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
        written: None,
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
    let (cores, on) = (record.quantity("documented_cores"), record.date("documented_on"));
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
