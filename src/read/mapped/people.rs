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
            subscriptions: record.texts("subscriptions").iter().flat_map(|text| each_subscription(text)).collect(),
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

/// The subscriptions of a text that may hold several. Scripts write ids with semicolons or commas between them, and
/// before each the name of the tenant: `contoso:ENTERPRISEPACK, contoso:VISIOCLIENT`. A name of a product may hold a comma.
fn each_subscription(text: &str) -> Vec<String> {
    let is_id = |text: &str| {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | ':');
        !text.is_empty() && text.chars().all(letters)
    };
    let parts = text.split(';').flat_map(|part| {
        let ids: Vec<&str> = part.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
        if ids.iter().all(|id| is_id(id)) { ids } else { vec![part.trim()] }
    });
    let bare = |part: &str| match part.split_once(':').filter(|_| is_id(part)) {
        Some((_, id)) => id.to_owned(),
        None => part.to_owned(),
    };
    parts.filter(|part| !part.is_empty()).map(bare).collect()
}

#[cfg(test)]
mod tests {
    use super::each_subscription;

    #[test]
    fn ids_are_parted_and_bear_no_tenant_and_names_stay_whole() {
        assert_eq!(each_subscription("contoso:ENTERPRISEPACK, contoso:VISIOCLIENT"), ["ENTERPRISEPACK", "VISIOCLIENT"]);
        assert_eq!(each_subscription("SPE_E5;PROJECTPROFESSIONAL;"), ["SPE_E5", "PROJECTPROFESSIONAL"]);
        assert_eq!(each_subscription("Sales, Service and More"), ["Sales, Service and More"]);
        assert_eq!(each_subscription("Visio Plan 2"), ["Visio Plan 2"]);
        assert!(each_subscription(" ; ").is_empty());
    }
}
