//! The licence position of every scan, row by row.
//!
//! A row is written in the transaction of its scan. Of several scans of one day the last counts: it corrects the day,
//! whether it was made a minute later or a year later with the inventory of that day.

use std::io::Read;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Deserialize;

use crate::model::{Answer, History, HistoryRow, Key, Metric, Money, Outcome, Position};

use super::ScanId;

/// Adds the rows of both readings of a scan.
pub(super) fn insert(connection: &Connection, scan: ScanId, outcome: &Outcome) -> rusqlite::Result<()> {
    for (reading, assessment) in [(Answer::Strict, &outcome.strict), (Answer::Customer, &outcome.customer)] {
        for position in &assessment.positions {
            insert_row(connection, scan, reading, &position.into())?;
        }
    }
    Ok(())
}

fn insert_row(connection: &Connection, scan: ScanId, reading: Answer, row: &Row) -> rusqlite::Result<()> {
    let known = connection
        .prepare_cached("SELECT id FROM position_key WHERE key = ?1")?
        .query_row([&row.key.0], |found| found.get(0))
        .optional()?;
    let position: i64 = match known {
        Some(position) => position,
        None => {
            connection
                .prepare_cached(
                    "INSERT INTO position_key (key, organisation, product, edition, version, metric)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    row.key.0,
                    row.organisation,
                    row.product,
                    row.edition,
                    row.version,
                    row.metric.name()
                ])?;
            connection.last_insert_rowid()
        }
    };
    connection
        .prepare_cached("INSERT INTO position_history VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
        .execute(params![
            scan.0,
            reading.to_string(),
            position,
            row.required,
            row.usable,
            row.shortfall,
            row.surplus,
            row.cost.as_ref().map(|cost| cost.minor),
            row.cost.as_ref().map(|cost| &cost.currency)
        ])
        .map(drop)
}

/// Every row that counts, in the order of days, readings and keys.
pub(super) fn read(connection: &Connection) -> rusqlite::Result<History> {
    let mut statement = connection.prepare(
        "SELECT scan.as_of, reading, key, organisation, product, edition, version, metric,
                required, usable, shortfall, surplus, cost_minor, currency
         FROM position_history
         JOIN position_key ON position_key.id = position
         JOIN scan ON scan.id = position_history.scan
         WHERE scan.id IN (SELECT max(id) FROM scan GROUP BY as_of)
         ORDER BY scan.as_of, reading, key",
    )?;
    let rows = statement.query_map([], history_row)?;
    Ok(History { rows: rows.collect::<rusqlite::Result<_>>()? })
}

fn history_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<HistoryRow> {
    let wrong = |column: usize, found: &str| {
        let text = format!("\"{found}\" is not what stands there");
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, text.into())
    };
    let (day, reading, metric): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(7)?);
    let money: (Option<i64>, Option<String>) = (row.get(12)?, row.get(13)?);
    Ok(HistoryRow {
        as_of: day.parse::<Date>().map_err(|_| wrong(0, &day))?,
        reading: if reading == "strict" { Answer::Strict } else { Answer::Customer },
        key: Key(row.get(2)?),
        organisation: row.get(3)?,
        product: row.get(4)?,
        edition: row.get(5)?,
        version: row.get(6)?,
        metric: Metric::parse(&metric).ok_or_else(|| wrong(7, &metric))?,
        required: row.get(8)?,
        usable: row.get(9)?,
        shortfall: row.get(10)?,
        surplus: row.get(11)?,
        cost: money.0.zip(money.1).map(|(minor, currency)| Money { minor, currency }),
    })
}

/// The parts of a frozen outcome that the history needs; they have been in every version of it.
#[derive(Deserialize)]
struct FrozenOutcome {
    strict: Side,
    customer: Side,
}

#[derive(Deserialize)]
struct Side {
    positions: Vec<Row>,
}

/// What is kept of a row, by the names under which every version has frozen it.
#[derive(Deserialize)]
struct Row {
    key: Key,
    organisation: String,
    product: String,
    edition: Option<String>,
    version: Option<String>,
    metric: Metric,
    required: u32,
    usable: u32,
    shortfall: u32,
    surplus: u32,
    cost: Option<Money>,
}

/// Fills in the scans that were made before the history was kept. A scan whose outcome does not unpack any more stays
/// without rows; opening it says that it is damaged.
pub(super) fn fill_in(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT scan, outcome FROM frozen ORDER BY scan")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (scan, packed): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let scan = ScanId(scan);
        let Some(outcome) = unpacked(&packed) else { continue };
        for (reading, side) in [(Answer::Strict, outcome.strict), (Answer::Customer, outcome.customer)] {
            for row in side.positions {
                insert_row(connection, scan, reading, &row)?;
            }
        }
    }
    Ok(())
}

fn unpacked(packed: &[u8]) -> Option<FrozenOutcome> {
    let mut json = Vec::new();
    flate2::read::ZlibDecoder::new(packed).read_to_end(&mut json).ok()?;
    serde_json::from_slice(&json).ok()
}

impl From<&Position> for Row {
    fn from(row: &Position) -> Self {
        Self {
            key: row.key.clone(),
            organisation: row.organisation.clone(),
            product: row.product.clone(),
            edition: row.edition.clone(),
            version: row.version.clone(),
            metric: row.metric,
            required: row.required,
            usable: row.usable,
            shortfall: row.shortfall,
            surplus: row.surplus,
            cost: row.cost.clone(),
        }
    }
}
