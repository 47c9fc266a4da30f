//! Rows of RVTools' tabs as machines.

use std::net::IpAddr;

use jiff::civil::Date;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, ObservedOperatingSystem, Processor, View};
use crate::rules::DecimalMark;

use super::table::{Columns, Row, heading};
use super::value;

/// Most processors and cores of each that a row may claim before it is disbelieved.
const MOST_PROCESSORS: u32 = 256;
const MOST_CORES: u32 = 1_024;

const CONFIGURED: &str = "OS according to the configuration file";
const REPORTED: &str = "OS according to the VMware Tools";

/// What is doubtful in a row, with the kind of doubt.
pub(super) type Doubts = Vec<(Code, String)>;

/// A row with its headings.
struct Fields<'a> {
    columns: &'a Columns,
    row: &'a Row,
}

impl<'a> Fields<'a> {
    fn text(&self, column: &str) -> &'a str {
        self.row.cell(self.columns.find(column))
    }

    /// A column that RVTools writes behind the customer's own attributes, which may bear the same name.
    fn last(&self, column: &str) -> &'a str {
        self.row.cell(self.columns.find_last(column))
    }

    fn flag(&self, column: &str) -> Option<bool> {
        match self.text(column).to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        }
    }

    fn number(&self, column: &str, doubts: &mut Doubts) -> Option<u32> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let number = value::quantity(text, Some(DecimalMark::Point)).ok();
        if number.is_none() {
            doubts
                .push((Code::WrongValue, format!("column `{column}`: `{text}` is not a whole number; it is not used")));
        }
        number
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Adds columns that have a value to the remarks, under RVTools' own names.
fn remark(host: &mut ObservedHost, fields: &Fields<'_>, columns: &[&str]) {
    for column in columns {
        if let Some(value) = some(fields.last(column)) {
            host.remarks.push(((*column).to_owned(), value));
        }
    }
}

/// A virtual machine, as vInfo and in part vCPU describe it.
pub(super) fn guest(columns: &Columns, row: &Row, doubts: &mut Doubts) -> ObservedHost {
    let fields = Fields { columns, row };
    let mut host = ObservedHost::new(row.place.clone(), View::Guest, fields.text("VM"));
    host.is_virtual = Some(true);
    host.platform = Some("VMware".into());
    host.cluster = some(fields.last("Cluster"));
    host.runs_on = some(fields.last("Host"));
    host.vcpus = fields.number("CPUs", doubts);
    host.powered_on = powered_on(fields.text("Powerstate"));
    host.template = fields.flag("Template") == Some(true) || fields.flag("SRM Placeholder") == Some(true);
    guest_names(&mut host, &fields);
    guest_uuid(&mut host, &fields);
    guest_operating_system(&mut host, &fields);
    remark(&mut host, &fields, &["Datacenter", "Folder", "VM ID", "VI SDK Server"]);
    host
}

fn powered_on(state: &str) -> Option<bool> {
    match heading(state).as_str() {
        "poweredon" => Some(true),
        "poweredoff" | "suspended" => Some(false),
        _ => None,
    }
}

/// A DNS name without a domain is no fully qualified one: two organisations may both have a `dc01`.
fn guest_names(host: &mut ObservedHost, fields: &Fields<'_>) {
    let name = fields.text("DNS Name");
    if name.contains('.') {
        host.fqdn = some(name);
    } else if !name.is_empty() && !name.eq_ignore_ascii_case(&host.name) {
        host.remarks.push(("DNS Name".into(), name.to_owned()));
    }
    if heading(fields.text("Powerstate")) == "suspended" {
        host.remarks.push(("Powerstate".into(), "suspended".into()));
    }
}

/// The guest itself sees the SMBIOS UUID. Older versions export it as `VM UUID`; newer ones keep that name for the
/// identifier that vCenter gave and add a column for the SMBIOS one.
fn guest_uuid(host: &mut ObservedHost, fields: &Fields<'_>) {
    let (smbios, instance) = (some(fields.text("SMBIOS UUID")), some(fields.text("VM UUID")));
    if smbios.is_some() && instance != smbios {
        host.remarks.extend(instance.clone().map(|uuid| ("VM UUID".to_owned(), uuid)));
    }
    host.uuid = smbios.or(instance);
}

/// VMware Tools ask the running system, the configuration is what somebody once chose: the former comes first.
fn guest_operating_system(host: &mut ObservedHost, fields: &Fields<'_>) {
    let configured = [CONFIGURED, "OS"].into_iter().map(|column| fields.last(column)).find(|text| !text.is_empty());
    let configured = configured.unwrap_or_default();
    let reported = fields.last(REPORTED);
    let caption = if reported.is_empty() { configured } else { reported };
    if caption.is_empty() {
        return;
    }
    host.operating_system =
        Some(ObservedOperatingSystem { caption: caption.to_owned(), version: None, place: Some(host.place.clone()) });
    if !reported.is_empty() && !configured.is_empty() && reported != configured {
        host.remarks.push((REPORTED.into(), reported.into()));
        host.remarks.push((CONFIGURED.into(), configured.into()));
    }
}

/// A virtualisation host, as vHost describes it.
pub(super) fn hypervisor(columns: &Columns, row: &Row, doubts: &mut Doubts) -> ObservedHost {
    let fields = Fields { columns, row };
    let name = fields.text("Host");
    let mut host = ObservedHost::new(row.place.clone(), View::Hypervisor, name);
    if name.contains('.') && name.parse::<IpAddr>().is_err() {
        host.fqdn = some(name);
    }
    host.is_virtual = Some(false);
    host.domain = some(fields.text("Domain"));
    host.cluster = some(fields.text("Cluster"));
    host.platform = some(fields.text("ESX Version"));
    host.processor_model = some(fields.text("CPU Model"));
    host.serial = some(fields.text("Serial number")).or_else(|| some(fields.text("Service tag")));
    host.uuid = some(fields.text("UUID"));
    host.threads_per_core = fields.flag("HT Active").map(|active| if active { 2 } else { 1 });
    host.processors = processors(&fields, doubts);
    remark(&mut host, &fields, &["Datacenter", "Vendor", "Model", "VI SDK Server"]);
    host
}

/// Sockets × cores of each. `# Cores` stands in where the cores of one are not stated, and checks them where they are.
fn processors(fields: &Fields<'_>, doubts: &mut Doubts) -> Option<Vec<Processor>> {
    let sockets = fields.number("# CPU", doubts)?;
    let all = fields.number("# Cores", doubts);
    let each = fields.number("Cores per CPU", doubts).or_else(|| {
        let all = all.filter(|all| sockets > 0 && all.is_multiple_of(sockets))?;
        Some(all / sockets)
    })?;
    let right = (1..=MOST_PROCESSORS).contains(&sockets) && (1..=MOST_CORES).contains(&each);
    if !right {
        let message = format!("{sockets} processors of {each} cores cannot be right; they are not used");
        doubts.push((Code::ImplausibleValue, message));
        return None;
    }
    if let Some(all) = all.filter(|all| *all != sockets * each) {
        let message = format!("{sockets} processors of {each} cores are not the {all} cores of column `# Cores`");
        doubts.push((Code::ImplausibleValue, message));
    }
    Some(vec![Processor { cores: each, enabled_cores: None }; sockets as usize])
}

/// What a row of vCPU says of a machine.
pub(super) struct VirtualProcessors {
    /// The machine as far as the row describes it.
    pub machine: ObservedHost,
}

/// Reads a row of vCPU.
pub(super) fn virtual_processors(columns: &Columns, row: &Row, doubts: &mut Doubts) -> VirtualProcessors {
    let mut machine = guest(columns, row, doubts);
    let fields = Fields { columns, row };
    let (sockets, cores) = (fields.number("Sockets", doubts), fields.number("Cores p/s", doubts));
    if let (Some(sockets), Some(cores)) = (sockets, cores) {
        let product = sockets.checked_mul(cores);
        if let Some(vcpus) = machine.vcpus.filter(|vcpus| product != Some(*vcpus)) {
            let message = format!("{sockets} virtual sockets of {cores} cores are not the {vcpus} of column `CPUs`");
            doubts.push((Code::ImplausibleValue, message));
        }
        machine.vcpus = machine.vcpus.or(product);
        machine.remarks.insert(0, ("virtual sockets".into(), format!("{sockets} of {cores} cores")));
    }
    VirtualProcessors { machine }
}

impl VirtualProcessors {
    /// The row as a machine of its own.
    pub fn into_machine(self) -> ObservedHost {
        self.machine
    }

    /// Completes the machine that vInfo describes; vInfo's own figure stays, and a different one is told.
    pub fn complete(self, guest: &mut ObservedHost, path: &str) -> Option<Diagnostic> {
        guest.remarks.extend(self.machine.remarks.into_iter().filter(|(name, _)| name == "virtual sockets"));
        let stated = self.machine.vcpus?;
        match guest.vcpus {
            None => {
                guest.vcpus = Some(stated);
                None
            }
            Some(known) if known == stated => None,
            Some(known) => {
                let name = &guest.name;
                let message = format!("vCPU gives {name} {stated} virtual processors, vInfo {known}; vInfo's is used");
                Some(Diagnostic::warning(Code::ImplausibleValue, path, message).at(self.machine.place))
            }
        }
    }
}

/// The day on which the export was made, out of vMetaData.
pub(super) fn inventory_day(columns: &Columns, row: &Row) -> Option<Date> {
    let column = columns.names.iter().position(|name| heading(name).contains("creation"));
    value::date(row.cell(column), None).ok()
}
