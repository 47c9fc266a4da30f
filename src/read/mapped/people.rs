//! Rows that are people with the licences assigned to them.

use crate::diag::{Code, Diagnostic};
use crate::model::{Locator, Manifest, SourceId, UserDevices, UserGroup};
use crate::rules::DEFAULT_ORGANISATION;

use super::super::faults::Faults;
use super::super::table::Table;
use super::super::{Input, Sink};
use super::cells::Cells;
use super::each_record;
use super::machines::{Told, nameless};

/// Reads a table of people; gives how many.
pub(super) fn read(
    cells: &Cells<'_>,
    input: &Input<'_>,
    table: &mut dyn Table,
    faults: &mut Faults,
    sink: &mut dyn Sink,
) -> usize {
    let (mut users, mut told) = (Vec::new(), Told::default());
    each_record(cells, table, faults, &mut |faults, row| {
        let record = cells.of(&row);
        let Some(name) = record.text("name") else { return faults.keep(nameless(cells, &record)) };
        let devices = record.texts("devices");
        users.push(UserGroup {
            name: Some(name),
            count: 1,
            organisation: record
                .text("organisation")
                .or_else(|| input.organisation.map(str::to_owned))
                .unwrap_or_else(|| DEFAULT_ORGANISATION.to_owned()),
            devices: (!devices.is_empty()).then_some(UserDevices::Named(devices)),
            subscriptions: record.texts("subscriptions"),
            evidence: Some(Locator { source: SourceId(0), place: record.place() }),
        });
        told.warn(record, cells, faults);
    });
    let count = users.len();
    if count > 0 {
        sink.manifest(Manifest { users, ..Manifest::default() });
    } else if !cells.mapping.filters.is_empty() {
        let message = "no person remains after rows were left out";
        faults.keep(Diagnostic::note(Code::LeftOut, cells.path, message));
    }
    count
}
