//! RVTools exports of a vCenter: the tabs vInfo, vHost and vCPU, each as a file of its own or as sheets of a workbook.
//!
//! The columns differ from version to version, so they are found by their headings and any of them may be missing.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, Place};

use super::faults::Faults;
use super::page::{Field, Page, Verified};
use super::rvtools_rows::{VirtualProcessors, guest, hypervisor, inventory_day, virtual_processors};
use super::table::{Columns, NextRow, Row, may_be_text_table, rows_of_text};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// What the format is.
const PAGE: Page = Page {
    name: "rvtools",
    title: "RVTools export of a vCenter",
    written_by: "RVTools: File, Export all to xlsx (or to csv, a file a tab)",
    carries: &[Carries::Hosts, Carries::Cores, Carries::Placement, Carries::Clusters, Carries::OperatingSystem],
    recognised_by: "the name of a sheet or file (`vInfo`, `RVTools_tabvInfo.csv`), else the headings of a tab",
    fields: &[
        Field { named: "vInfo: VM, DNS Name, Powerstate, CPUs, Host, Cluster", becomes: "guests and where they run" },
        Field { named: "vInfo: SMBIOS UUID | VM UUID", becomes: "UUID as the guest sees it" },
        Field { named: "vInfo: Template, SRM Placeholder", becomes: "rows that are no machine" },
        Field { named: "vHost: Host, # CPU, Cores per CPU, Cluster", becomes: "virtualisation hosts and their cores" },
        Field { named: "vCPU: Sockets, Cores p/s", becomes: "virtual processors of guests" },
        Field { named: "vMetaData", becomes: "day of the export" },
    ],
    quirks: &[
        "no edition of an operating system, and Windows Server 2012 and 2012 R2 are written alike",
        "custom attributes stand before Cluster, Host and the operating system: the last column of a name is used",
        "some exports head columns with the names of RVTools' database (`vInfoVMName`, `vHostNumCpu`): both are read",
        "newer versions have both `SMBIOS UUID` and `VM UUID`; older ones call the former `VM UUID`",
    ],
    verified: Verified::RealFile("workbooks of RVTools 3 and 4; the database's names rest on programs that read them"),
    example: "VM,Powerstate,Template,CPUs,Cluster,Host,VM UUID
web-01,poweredOn,False,4,CL1,esx-01,420412a0-4918-db36-e1b3-48f265d1188f
",
    samples: &["rvtools-csv", "rvtools-xlsx"],
};

/// Tabs that carry nothing that is licensed.
const UNUSED: [&str; 26] = [
    "vMemory",
    "vDisk",
    "vPartition",
    "vNetwork",
    "vFloppy",
    "vCD",
    "vUSB",
    "vSnapshot",
    "vTools",
    "vSource",
    "vRP",
    "vCluster",
    "vHBA",
    "vNIC",
    "vSwitch",
    "vPort",
    "dvSwitch",
    "dvPort",
    "vSC_VMK",
    "vSC+VMK",
    "vDatastore",
    "vMultiPath",
    "vLicense",
    "vFileInfo",
    "vHealth",
    "vGPU",
];

/// Columns by which a tab shows itself where no sheet or file is named after it. The order matters: vInfo has
/// columns that others have too.
const BY_HEADINGS: [(Tab, &[&str]); 13] = [
    (Tab::Processors, &["VM", "Sockets", "Cores p/s"]),
    (Tab::Machines, &["VM", "Powerstate", "CPUs"]),
    (Tab::Hosts, &["Host", "CPU Model", "Cores per CPU"]),
    (Tab::Hosts, &["Host", "Datacenter", "CPU Model"]),
    (Tab::Hosts, &["Host", "Speed", "# Cores"]),
    (Tab::Unused("vMemory"), &["VM", "Overall", "Ballooned"]),
    (Tab::Unused("vDisk"), &["VM", "Disk", "Raw"]),
    (Tab::Unused("vPartition"), &["VM", "Disk", "Free %"]),
    (Tab::Unused("vNetwork"), &["VM", "Network", "Mac Address"]),
    (Tab::Unused("vSnapshot"), &["VM", "Name", "Date / time"]),
    (Tab::Unused("vTools"), &["VM", "Tools", "Tools Version"]),
    (Tab::Unused("vHBA"), &["Host", "Device", "WWN"]),
    (Tab::Unused("vNIC"), &["Host", "Network Device", "MAC"]),
];

/// Names of columns as the database of RVTools has them, behind the name of their tab, and as its tabs show them. The
/// others differ in blanks alone: `vInfoPowerstate`, `vHostCoresPerCPU`.
const OF_DATABASE: [(&str, &str, &str); 13] = [
    ("vInfo", "VMName", "VM"),
    ("vInfo", "GuestHostName", "DNS Name"),
    ("vInfo", "OS", "OS according to the configuration file"),
    ("vInfo", "OSTools", "OS according to the VMware Tools"),
    ("vInfo", "UUID", "VM UUID"),
    ("vCPU", "VMName", "VM"),
    ("vCPU", "CoresPerSocket", "Cores p/s"),
    ("vHost", "Name", "Host"),
    ("vHost", "NumCpu", "# CPU"),
    ("vHost", "NumCpuCores", "# Cores"),
    ("vHost", "CpuMhz", "Speed"),
    ("vHost", "FullName", "ESX Version"),
    ("vHost", "HyperThreadingActive", "HT Active"),
];

/// The headings of a row. Those of the database bear the name of their tab.
pub(super) fn columns_of(row: &Row) -> Columns {
    Columns::renamed(row, |cell| {
        let cell = cell.trim();
        let tabs = ["vInfo", "vCPU", "vHost"].into_iter();
        let parted = tabs.filter_map(|tab| {
            let starts = cell.get(..tab.len()).is_some_and(|start| start.eq_ignore_ascii_case(tab));
            Some((tab, cell.get(tab.len()..).filter(|rest| starts && !rest.is_empty())?))
        });
        let Some((tab, rest)) = parted.into_iter().next() else { return cell.to_owned() };
        let known = OF_DATABASE.iter().find(|(of, name, _)| *of == tab && name.eq_ignore_ascii_case(rest));
        known.map_or(rest, |(.., shown)| shown).to_owned()
    })
}

/// A tab of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    /// vInfo.
    Machines,
    /// vHost.
    Hosts,
    /// vCPU.
    Processors,
    /// vMetaData.
    About,
    /// One that is not read.
    Unused(&'static str),
}

impl Tab {
    /// The tab that a sheet or a file is named after: `vInfo`, `RVTools_tabvInfo.csv`.
    pub fn by_name(name: &str) -> Option<Self> {
        let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
        let bare = name.split('.').next().unwrap_or_default();
        let bare = bare.strip_prefix("rvtools_").unwrap_or(bare);
        let bare = bare.strip_prefix("tab").unwrap_or(bare);
        match bare {
            "vinfo" => Some(Self::Machines),
            "vhost" => Some(Self::Hosts),
            "vcpu" => Some(Self::Processors),
            "vmetadata" => Some(Self::About),
            _ => UNUSED.into_iter().find(|known| known.to_lowercase() == bare).map(Self::Unused),
        }
    }

    /// The tab whose headings these are.
    pub fn by_headings(columns: &Columns) -> Option<Self> {
        let found = BY_HEADINGS.iter().find(|(_, names)| names.iter().all(|name| columns.has(name)));
        found.map(|(tab, _)| *tab)
    }

    /// Its name in RVTools.
    pub fn name(self) -> &'static str {
        match self {
            Self::Machines => "vInfo",
            Self::Hosts => "vHost",
            Self::Processors => "vCPU",
            Self::About => "vMetaData",
            Self::Unused(name) => name,
        }
    }

    /// The column without which it says nothing.
    fn key_column(self) -> Option<&'static str> {
        match self {
            Self::Machines | Self::Processors => Some("VM"),
            Self::Hosts => Some("Host"),
            Self::About | Self::Unused(_) => None,
        }
    }
}

/// Reads tabs that were exported as separated values.
pub(super) struct RvTools;

impl Reader for RvTools {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn version(&self) -> u32 {
        3
    }

    fn sniff(&self, head: &[u8], path: &str) -> Sniff {
        if !may_be_text_table(head) {
            return Sniff::No;
        }
        let text = String::from_utf8_lossy(head);
        if tab_of_text(&text, path).is_some() { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let Some(tab) = tab_of_text(text, input.path) else {
            let message = "the first row does not hold the headings of a tab of RVTools";
            return Err(Diagnostic::error(Code::UnknownFormat, input.path, message).at(Place::Line(1)));
        };
        if let Tab::Unused(_) | Tab::About = tab {
            return Ok(unused(tab.name()));
        }
        let mut export = Export::new(input.path);
        export.read_tab(tab, &mut rows_of_text(text, input.path));
        Ok(export.deliver(sink))
    }
}

/// The verdict on a tab that is not read.
pub(super) fn unused(tab: &str) -> Verdict {
    Verdict::Ignored(format!("RVTools tab {tab} carries nothing that is licensed"))
}

/// The tab that a text holds: by its headings; by the file's name where RVTools named the file.
fn tab_of_text(text: &str, path: &str) -> Option<Tab> {
    let headings = rows_of_text(text, path).next()?.ok()?;
    let columns = columns_of(&headings);
    Tab::by_headings(&columns).or_else(|| {
        let named = Tab::by_name(path)?;
        // A vCPU without the columns that matter carries nothing.
        let named_by_it = path.to_lowercase().contains("rvtools_");
        (columns.has("VM") || columns.has("Host") || named_by_it).then_some(match named {
            Tab::Processors => Tab::Unused("vCPU"),
            other => other,
        })
    })
}

/// What the tabs of one export say, gathered before it is handed on because tabs complete each other.
pub(super) struct Export<'a> {
    path: &'a str,
    captured: Option<Date>,
    guests: Vec<ObservedHost>,
    processors: Vec<VirtualProcessors>,
    hypervisors: Vec<ObservedHost>,
    faults: Faults,
}

impl<'a> Export<'a> {
    pub fn new(path: &'a str) -> Self {
        Self {
            path,
            captured: None,
            guests: Vec::new(),
            processors: Vec::new(),
            hypervisors: Vec::new(),
            faults: Faults::default(),
        }
    }

    /// The day of the export, where its own tab does not name it.
    pub fn created(&mut self, day: Option<Date>) {
        self.captured = self.captured.or(day);
    }

    /// Reads one tab; its first row that is not blank holds the headings.
    pub fn read_tab(&mut self, tab: Tab, rows: &mut dyn Iterator<Item = NextRow>) {
        let mut columns: Option<Columns> = None;
        for row in rows {
            let row = match row {
                Ok(row) if row.is_blank() => continue,
                Ok(row) => row,
                Err(fault) => {
                    self.faults.keep(fault);
                    continue;
                }
            };
            let Some(columns) = &columns else {
                let found = columns_of(&row);
                if let Some(missing) = tab.key_column().filter(|name| !found.has(name)) {
                    let message = format!("the tab {} has no column `{missing}`", tab.name());
                    self.faults.keep(Diagnostic::error(Code::MissingKey, self.path, message).at(row.place));
                    return;
                }
                columns = Some(found);
                continue;
            };
            if let Some(fault) = self.unfit(tab, columns, &row) {
                self.faults.keep(fault);
                continue;
            }
            self.take(tab, columns, &row);
        }
    }

    /// Why a row cannot be used.
    fn unfit(&self, tab: Tab, columns: &Columns, row: &Row) -> Option<Diagnostic> {
        let wrong = |code, message: String| Some(Diagnostic::error(code, self.path, message).at(row.place.clone()));
        let width = columns.names.len();
        if row.is_of_text() && row.cells.iter().skip(width).any(|cell| !cell.is_empty()) {
            let message = format!("the row has {} cells and the headings {width}; it is left out", row.cells.len());
            return wrong(Code::BrokenFormat, message);
        }
        let key = tab.key_column()?;
        if row.cell(columns.find(key)).is_empty() {
            return wrong(Code::IncompleteRecord, format!("column `{key}` is empty; the row is left out"));
        }
        None
    }

    fn take(&mut self, tab: Tab, columns: &Columns, row: &Row) {
        let mut doubts = Vec::new();
        match tab {
            Tab::Machines => self.guests.push(guest(columns, row, &mut doubts)),
            Tab::Hosts => self.hypervisors.push(hypervisor(columns, row, &mut doubts)),
            Tab::Processors => self.processors.push(virtual_processors(columns, row, &mut doubts)),
            Tab::About => self.captured = self.captured.or_else(|| inventory_day(columns, row)),
            Tab::Unused(_) => {}
        }
        for (code, message) in doubts {
            self.faults.keep(Diagnostic::warning(code, self.path, message).at(row.place.clone()));
        }
    }

    /// Hands everything on: guests completed by their row of vCPU, then what vCPU alone knows, then hosts.
    pub fn deliver(mut self, sink: &mut dyn Sink) -> Verdict {
        let alone = self.join_processors();
        let hosts: Vec<ObservedHost> = self.guests.drain(..).chain(alone).chain(self.hypervisors.drain(..)).collect();
        let count = hosts.len();
        for mut host in hosts {
            host.captured = self.captured;
            sink.host(host);
        }
        self.faults.verdict(count, "an RVTools export without rows", self.path, sink)
    }

    /// Joins rows of vCPU to guests by UUID, else by name; returns machines that vInfo does not list.
    fn join_processors(&mut self) -> Vec<ObservedHost> {
        let mut by_uuid: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, guest) in self.guests.iter().enumerate() {
            by_name.entry(guest.name.clone()).or_default().push(index);
            if let Some(uuid) = &guest.uuid {
                by_uuid.entry(uuid.to_lowercase()).or_default().push(index);
            }
        }
        let mut alone = Vec::new();
        for processors in self.processors.drain(..) {
            let uuid = processors.machine.uuid.as_ref().map(|uuid| uuid.to_lowercase());
            let same = uuid.and_then(|uuid| by_uuid.get(&uuid)).or_else(|| by_name.get(&processors.machine.name));
            match same.map(Vec::as_slice) {
                None => alone.push(processors.into_machine()),
                Some(&[index]) => {
                    if let Some(doubt) = processors.complete(&mut self.guests[index], self.path) {
                        self.faults.keep(doubt);
                    }
                }
                Some(several) => {
                    let name = &processors.machine.name;
                    let message =
                        format!("{} rows of vInfo are named {name}; this row of vCPU is not used", several.len());
                    let note = Diagnostic::note(Code::LeftOut, self.path, message);
                    self.faults.keep(note.at(processors.machine.place.clone()));
                }
            }
        }
        alone
    }
}
