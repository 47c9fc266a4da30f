//! Rows that are processors: those of one machine, wherever they stand in the table, are its processors.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, Processor};

use super::super::Sink;
use super::super::faults::Faults;
use super::super::table::Table;
use super::cells::Cells;
use super::each_record;
use super::machines::{MOST_CORES, MOST_PROCESSORS, Told, nameless};

/// A machine with its rows.
struct Found {
    host: ObservedHost,
    processors: Vec<Processor>,
    /// Rows that state no cores: then nobody knows how many there are in all.
    silent: usize,
}

/// Reads a table of processors; gives how many machines.
pub(super) fn read(cells: &Cells<'_>, table: &mut dyn Table, faults: &mut Faults, sink: &mut dyn Sink) -> usize {
    let mut told = Told::default();
    let mut machines: Vec<Found> = Vec::new();
    let mut by_name: BTreeMap<(String, String), usize> = BTreeMap::new();
    each_record(cells, table, faults, &mut |faults, row| {
        let record = cells.of(&row);
        let Some(name) = record.text("name") else { return faults.keep(nameless(cells, &record)) };
        let domain = record.text("domain");
        let identity = (name.to_lowercase(), domain.clone().unwrap_or_default().to_lowercase());
        let at = *by_name.entry(identity).or_insert(machines.len());
        if at == machines.len() {
            let mut host = ObservedHost::new(record.place(), cells.mapping.view, name);
            host.domain = domain;
            host.processor_model = record.text("processor_model");
            machines.push(Found { host, processors: Vec::new(), silent: 0 });
        }
        match record.whole("cores").filter(|cores| (1..=MOST_CORES).contains(cores)) {
            Some(cores) => {
                let enabled_cores = record.whole("enabled_cores").filter(|enabled| (1..cores).contains(enabled));
                machines[at].processors.push(Processor { cores, enabled_cores });
            }
            None => machines[at].silent += 1,
        }
        told.warn(record, cells, faults);
    });
    let count = machines.len();
    for found in machines {
        sink.host(found.host(cells, faults));
    }
    count
}

impl Found {
    /// The machine; without its processors where a row is silent on its cores.
    fn host(self, cells: &Cells<'_>, faults: &mut Faults) -> ObservedHost {
        let mut host = self.host;
        let rows = self.processors.len() + self.silent;
        if self.silent == 0 && rows <= MOST_PROCESSORS as usize {
            host.processors = Some(self.processors);
        } else {
            let message = format!(
                "{} of the {rows} rows of {} state no cores that can be right; its processors are not used",
                self.silent, host.name
            );
            faults.keep(Diagnostic::warning(Code::ImplausibleValue, cells.path, message).at(host.place.clone()));
        }
        host
    }
}
