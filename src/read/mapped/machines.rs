//! Rows that are machines.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::diag::{Code, Diagnostic};
use crate::model::{ADDRESS_REMARK, ObservedHost, ObservedOperatingSystem, Processor};
use crate::rules::Per;

use super::super::Sink;
use super::super::faults::Faults;
use super::super::table::Table;
use super::cells::{Cells, Doubt, Record};
use super::each_record;

/// Most processors and cores of each that a row may claim before it is disbelieved.
pub(super) const MOST_PROCESSORS: u32 = 256;
pub(super) const MOST_CORES: u32 = 1_024;
const MOST_THREADS: u32 = 16;

/// Makers, and beginnings of models, that no physical machine has.
const VIRTUAL_SIGNS: [&str; 10] = [
    "vmware",
    "virtualmac",
    "parallels",
    "virtual machine",
    "virtualbox",
    "qemu",
    "kvm",
    "xen",
    "amazon ec2",
    "google compute engine",
];

/// Reads a table of machines; gives how many.
pub(super) fn read(cells: &Cells<'_>, table: &mut dyn Table, faults: &mut Faults, sink: &mut dyn Sink) -> usize {
    let mut count = 0;
    let mut told = Told::default();
    let mut named = BTreeSet::new();
    each_record(cells, table, faults, &mut |faults, row| {
        let record = cells.of(&row);
        match machine(&record, cells) {
            Some(host) if cells.mapping.once && !named.insert(host.name.to_lowercase()) => {}
            // What is read beside something else may have nothing to say in a row.
            None if cells.mapping.beside => {}
            Some(host) => {
                told.warn(record, cells, faults);
                sink.host(host);
                count += 1;
            }
            None => faults.keep(nameless(cells, &record)),
        }
    });
    count
}

/// A row that says of nothing what it says.
pub(super) fn nameless(cells: &Cells<'_>, record: &Record<'_>) -> Diagnostic {
    let headings = cells.mapping.column("name").map(|column| column.headings.join("` or `")).unwrap_or_default();
    let message = format!("column `{headings}` is empty; the row is left out");
    Diagnostic::error(Code::IncompleteRecord, cells.path, message).at(record.place())
}

/// Doubts of columns that were told already.
#[derive(Default)]
pub(super) struct Told(BTreeSet<String>);

impl Told {
    /// Tells the doubts of a row that is kept all the same; one that is of a whole column once.
    pub fn warn(&mut self, record: Record<'_>, cells: &Cells<'_>, faults: &mut Faults) {
        let place = record.place();
        for doubt in record.into_doubts() {
            if doubt.of_column && !self.0.insert(doubt.column.clone()) {
                continue;
            }
            faults.keep(warning(doubt, cells).at(place.clone()));
        }
    }
}

fn warning(doubt: Doubt, cells: &Cells<'_>) -> Diagnostic {
    let end = if doubt.of_column { "; such values of it are not used" } else { "; it is not used" };
    let end = if doubt.column.is_empty() { "" } else { end };
    let mut warning = Diagnostic::warning(doubt.code, cells.path, format!("{}{end}", doubt.message));
    warning.help = doubt.help;
    warning
}

/// The machine that a row describes; nothing where it has no name.
pub(super) fn machine(record: &Record<'_>, cells: &Cells<'_>) -> Option<ObservedHost> {
    let name = record.text("name")?;
    let mut host = ObservedHost::new(record.place(), cells.mapping.view, &name);
    host.fqdn = record.text("fqdn").filter(|fqdn| fqdn.contains('.')).or_else(|| qualified(&name));
    host.label = record.text("label").filter(|label| *label != name);
    host.domain = record.text("domain");
    host.uuid = record.text("uuid");
    host.serial = record.text("serial");
    host.tag = record.text("organisation");
    host.captured = record.date("captured");
    host.operating_system = operating_system(record);
    host.platform = record.text("platform");
    host.processor_model = record.text("processor_model");
    host.cluster = record.text("cluster");
    host.runs_on = record.text("runs_on");
    host.powered_on = record.yes_no("powered_on");
    host.complements = cells.mapping.complements;
    host.template = record.yes_no("template") == Some(true);
    host.logical_processors = record.whole("threads");
    host.threads_per_core = threads_per_core(record);
    host.vcpus = record.whole("vcpus");
    host.remarks = record.remarks();
    host.remarks.extend(record.text("address").map(|address| (ADDRESS_REMARK.to_owned(), address)));
    kind(&mut host, record);
    processors(&mut host, record, cells);
    Some(host)
}

/// Hardware threads of a core, where the number can be right.
fn threads_per_core(record: &Record<'_>) -> Option<u32> {
    let stated = record.whole("threads_per_core").filter(|threads| *threads > 0)?;
    if stated > MOST_THREADS {
        record.wonder(Code::ImplausibleValue, format!("{stated} threads of a core cannot be right; they are not used"));
        return None;
    }
    Some(stated)
}

/// A name with dots that is no address.
fn qualified(name: &str) -> Option<String> {
    (name.contains('.') && name.parse::<IpAddr>().is_err()).then(|| name.to_owned())
}

fn operating_system(record: &Record<'_>) -> Option<ObservedOperatingSystem> {
    let caption = record.text("os")?;
    let caption = match record.text("service_pack") {
        Some(pack) if !caption.contains(&pack) => format!("{caption} {pack}"),
        _ => caption,
    };
    Some(ObservedOperatingSystem { caption, version: record.text("os_version"), place: Some(record.place()) })
}

/// Virtual where a column says so, or where maker or model are those of virtual machines only.
fn kind(host: &mut ObservedHost, record: &Record<'_>) {
    let (maker, model) = (record.text("maker"), record.text("model"));
    let signs = [&maker, &model].into_iter().flatten().map(|text| text.to_lowercase());
    let looks_virtual = signs.flat_map(|text| VIRTUAL_SIGNS.map(|sign| text.starts_with(sign))).any(|hit| hit);
    host.is_virtual = record.yes_no("virtual");
    if looks_virtual {
        // Programs take some guests for physical machines; what their makers sell is virtual only.
        let doubted = host.is_virtual.replace(true) == Some(false);
        let shown = maker.as_deref().or(model.as_deref()).unwrap_or_default();
        let remark = format!("physical by what it says itself, virtual by its maker or model, {shown}");
        host.remarks.extend(doubted.then(|| ("virtual".to_owned(), remark)));
        host.platform = host.platform.take().or_else(|| maker.clone()).or_else(|| model.clone());
    }
    let facts = [("maker", maker), ("model", model)];
    host.remarks.extend(facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
}

/// Processors with their cores. Cores of the whole machine are shared out where they can be; without the number of
/// processors they stay a remark, since licences count by processor and nobody knows how many there are.
fn processors(host: &mut ObservedHost, record: &Record<'_>, cells: &Cells<'_>) {
    let (sockets, cores) = (record.whole("processors"), record.whole("cores"));
    let per = cells.mapping.column("cores").map_or(Per::Machine, |column| column.per);
    let each = match (sockets, cores, per) {
        (_, Some(cores), Per::Processor) => Some(cores),
        (Some(sockets), Some(cores), Per::Machine) if sockets > 0 && cores.is_multiple_of(sockets) => {
            Some(cores / sockets)
        }
        _ => None,
    };
    match (sockets, each) {
        (Some(sockets), Some(each)) if (1..=MOST_PROCESSORS).contains(&sockets) && (1..=MOST_CORES).contains(&each) => {
            let in_all = host.threads_per_core.map(|threads| sockets * each * threads);
            match in_all.zip(host.logical_processors).filter(|(in_all, logical)| in_all != logical) {
                None => host.processors = Some(vec![Processor { cores: each, enabled_cores: None }; sockets as usize]),
                Some((in_all, logical)) => {
                    let message = format!(
                        "{sockets} processors of {each} cores make {in_all} threads, and {logical} are stated; they are \
                         not used"
                    );
                    record.wonder(Code::ImplausibleValue, message);
                }
            }
        }
        (Some(0), _) | (None, None) if cores.is_none() => {}
        (None, None) if host.is_virtual == Some(true) => host.vcpus = host.vcpus.or(cores),
        (Some(sockets), Some(each)) => {
            let message = format!("{sockets} processors of {each} cores cannot be right; they are not used");
            record.wonder(Code::ImplausibleValue, message);
        }
        (Some(sockets), None) => {
            if let Some(cores) = cores {
                let message =
                    format!("{cores} cores cannot be shared out over {sockets} processors evenly; they are not used");
                record.wonder(Code::ImplausibleValue, message);
            }
            host.remarks.push(("processors".into(), sockets.to_string()));
        }
        (None, _) => {}
    }
    if host.processors.is_none() {
        host.remarks.extend(cores.map(|cores| ("cores".to_owned(), cores.to_string())));
    }
}
