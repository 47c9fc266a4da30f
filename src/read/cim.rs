//! Objects of Windows management as tools list them → machines, their software and their guests.
//!
//! The same classes come out of wmic and of PowerShell, whole or with a few properties. A block rarely says of which
//! class it is: its properties do.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, ObservedOperatingSystem, Place, View};

use super::agent::{Firmware, Processor, Text, processors, shown_by_firmware};
use super::beyond::Beyond;
use super::blocks::{Block, MOST_PAIRS};
use super::collected::{Collected, Row};
use super::faults::Faults;
use super::machine_named::{owner, unknown};
use super::mapped::named_after;
use super::{Input, Sink, Verdict, value};

/// What a block is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// The machine: name, domain, maker, model.
    Computer,
    /// The running operating system.
    System,
    /// A processor.
    Processor,
    /// Its firmware.
    Firmware,
    /// Serial number and UUID.
    Identity,
    /// An installed program.
    Program,
    /// A licence as the system's own service knows it.
    Licence,
    /// A guest of a hypervisor, or the hypervisor itself.
    Guest,
    /// Virtual processors of a guest.
    GuestProcessors,
    /// Settings of a guest, with the UUID it sees.
    GuestSettings,
    /// A summary of all of the machine.
    Summary,
    /// An account of a computer in a directory.
    Account,
}

/// Words in the name of a file or folder that say what is in it.
const FILE_WORDS: [&str; 43] = [
    "wmic",
    "wmi",
    "powershell",
    "cim",
    "os",
    "operatingsystem",
    "win32_operatingsystem",
    "computersystem",
    "win32_computersystem",
    "computer",
    "processor",
    "win32_processor",
    "cpu",
    "bios",
    "win32_bios",
    "csproduct",
    "win32_computersystemproduct",
    "product",
    "products",
    "win32_product",
    "softwarelicensingproduct",
    "licensing",
    "licence",
    "license",
    "software",
    "programs",
    "installed",
    "uninstall",
    "packages",
    "get-package",
    "getpackage",
    "get-computerinfo",
    "getcomputerinfo",
    "computerinfo",
    "registry",
    "systeminfo",
    "inventory",
    "list",
    "export",
    "msvm_computersystem",
    "msvm_processorsettingdata",
    "get-vm",
    "hyper-v",
];

/// The class of a block; nothing where it is of none that is used.
pub(super) fn class(block: &Block) -> Option<Class> {
    let stated = block.first(&["CreationClassName", "__CLASS", "CimClass"]).unwrap_or_default().to_lowercase();
    let stated = stated.rsplit([':', '/']).next().unwrap_or_default().split(' ').next().unwrap_or_default();
    match stated {
        "win32_computersystem" => Some(Class::Computer),
        "win32_operatingsystem" => Some(Class::System),
        "win32_processor" => Some(Class::Processor),
        "win32_bios" => Some(Class::Firmware),
        "win32_computersystemproduct" => Some(Class::Identity),
        "win32_product" => Some(Class::Program),
        "softwarelicensingproduct" => Some(Class::Licence),
        "msvm_computersystem" => Some(Class::Guest),
        "msvm_processorsettingdata" => Some(Class::GuestProcessors),
        "msvm_virtualsystemsettingdata" => Some(Class::GuestSettings),
        "" => by_properties(block),
        _ => None,
    }
}

/// Whether an object has a name, a version and nothing that tells its class.
pub(super) fn may_be_programs(object: &Block) -> bool {
    const PLAIN: [&str; 6] = ["Name", "Version", "Caption", "Description", "InstallDate", "InstallState"];
    let is_plain = |(name, _): &(String, String)| PLAIN.iter().any(|known| known.eq_ignore_ascii_case(name));
    object.has_all(&["Name", "Version"]) && object.pairs.iter().all(is_plain)
}

/// Which properties tell a class: all of a row of the first list, and one of the second.
const TELLING: [(Class, &[&str], &[&str]); 23] = [
    // `CsName` alone is also a property of the system, in other letters.
    (Class::Summary, &["CsName"], &["OsName", "CsModel", "CsManufacturer", "CsDomain", "CsProcessors"]),
    (Class::Summary, &[], &["WindowsProductName", "CsDNSHostName", "OsHardwareAbstractionLayer"]),
    // The key of the registry that says which system it is.
    (Class::Summary, &["ProductName", "CurrentBuildNumber"], &["EditionID", "InstallationType", "UBR"]),
    (Class::Licence, &["LicenseStatus"], &["LicenseFamily", "ProductKeyChannel", "PartialProductKey", "ApplicationID"]),
    (Class::GuestSettings, &["BIOSGUID"], &[]),
    (
        Class::GuestProcessors,
        &["VirtualQuantity", "InstanceID"],
        &["MaxProcessorsPerNumaNode", "MaxNumaNodesPerSocket", "Weight"],
    ),
    (Class::Guest, &["ElementName", "EnabledState"], &["Name"]),
    (Class::Guest, &["VMId"], &["VMName", "Name"]),
    (Class::Guest, &["Name", "State"], &["CPUUsage(%)", "MemoryAssigned(M)", "MemoryAssigned"]),
    (Class::Account, &["DistinguishedName"], &["DNSHostName", "OperatingSystem"]),
    (
        Class::Program,
        &["DisplayName"],
        &["DisplayVersion", "Publisher", "UninstallString", "PSChildName", "InstallDate"],
    ),
    (Class::Processor, &[], &["NumberOfCores", "SocketDesignation", "L2CacheSize", "CpuStatus", "ProcessorId"]),
    (Class::Identity, &["UUID"], &["IdentifyingNumber", "Vendor", "SKUNumber", "Name"]),
    (Class::Identity, &["UUID"], &[]),
    (Class::Program, &["Name", "Version"], &["IdentifyingNumber", "PackageCode", "PackageName", "LocalPackage"]),
    (Class::Program, &["Name", "Version"], &["ProviderName", "FastPackageReference"]),
    (Class::Program, &["Name", "Version", "Vendor"], &[]),
    (
        Class::System,
        &[],
        &["OperatingSystemSKU", "OSArchitecture", "CSDVersion", "ServicePackMajorVersion", "OSProductSuite"],
    ),
    (Class::System, &["Caption", "Version"], &["BuildNumber", "CSName", "InstallDate", "RegisteredUser"]),
    (Class::Firmware, &["SMBIOSBIOSVersion"], &[]),
    (Class::Firmware, &["SerialNumber", "ReleaseDate"], &["Manufacturer", "Version", "BIOSVersion"]),
    (Class::Computer, &[], &["DomainRole", "NumberOfLogicalProcessors", "PartOfDomain", "PrimaryOwnerName"]),
    (Class::Computer, &["Manufacturer", "Model"], &["TotalPhysicalMemory", "Domain", "UserName", "SystemType"]),
];

fn by_properties(block: &Block) -> Option<Class> {
    let fits =
        |(_, all, any): &&(Class, &[&str], &[&str])| block.has_all(all) && (any.is_empty() || block.has_any(any));
    TELLING.iter().find(fits).map(|(class, ..)| *class)
}

/// The name of the machine that a block names.
fn named_machine(block: &Block, class: Class) -> Option<&str> {
    let anywhere = block.first(&["PSComputerName", "__SERVER", "MachineName"]).filter(|name| *name != "localhost");
    match class {
        Class::Computer => block.first(&["DNSHostName", "Name", "Caption"]).or(anywhere),
        Class::Summary => block.first(&["CsDNSHostName", "CsName"]).or(anywhere),
        Class::System => anywhere.or_else(|| block.text("CSName")),
        Class::Processor | Class::Licence => anywhere.or_else(|| block.text("SystemName")),
        Class::Account => block.text("Name"),
        Class::Guest if !is_guest(block) => block.first(&["ElementName", "Name"]).or(anywhere),
        Class::Guest => anywhere.or_else(|| block.text("ComputerName")),
        _ => anywhere,
    }
}

/// Whether a block of the hypervisor is a guest: the hypervisor itself bears the name of its machine instead of an id.
fn is_guest(block: &Block) -> bool {
    !block.has("EnabledState") || block.text("Name").is_some_and(is_id)
}

fn is_id(text: &str) -> bool {
    let plain = text.trim_matches(['{', '}']);
    plain.len() == 36 && plain.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

/// The blocks of one machine.
#[derive(Default)]
struct Blocks<'b> {
    name: Option<String>,
    of_class: Vec<(Class, &'b Block)>,
}

/// Reads blocks; `nothing` is the reason where none is of a class that is used.
pub(super) fn read(
    blocks: &[Block],
    beyond: &Beyond,
    nothing: &str,
    input: &Input<'_>,
    sink: &mut dyn Sink,
) -> Verdict {
    let mut faults = Faults::default();
    let known: Vec<(Class, &Block)> = blocks.iter().filter_map(|block| Some((class(block)?, block))).collect();
    if known.is_empty() {
        return Verdict::Ignored(nothing.to_owned());
    }
    let of_no_class = blocks.len() - known.len();
    let mut count = 0;
    for blocks in by_machine(known, input, &mut faults) {
        count += 1;
        blocks.emit(input, &mut faults, sink);
    }
    if of_no_class > 0 {
        let message = format!("{of_no_class} blocks are of classes that are not used");
        faults.keep(Diagnostic::note(Code::LeftOut, input.path, message));
    }
    faults.keep_all(beyond.told("properties", MOST_PAIRS, input.path));
    faults.verdict(count, nothing, input.path, sink)
}

/// Shares the blocks out. Those that name no machine belong to the only one that is named; where there are several, nobody
/// knows.
fn by_machine<'b>(known: Vec<(Class, &'b Block)>, input: &Input<'_>, faults: &mut Faults) -> Vec<Blocks<'b>> {
    let mut machines: Vec<Blocks<'b>> = Vec::new();
    let mut at_name: BTreeMap<String, usize> = BTreeMap::new();
    let mut nameless = Vec::new();
    for (class, block) in known {
        let Some(name) = named_machine(block, class) else {
            nameless.push((class, block));
            continue;
        };
        let short = name.split('.').next().unwrap_or(name).to_lowercase();
        let at = *at_name.entry(short).or_insert(machines.len());
        if at == machines.len() {
            machines.push(Blocks { name: Some(name.to_owned()), of_class: Vec::new() });
        }
        machines[at].of_class.push((class, block));
    }
    match machines.as_mut_slice() {
        _ if nameless.is_empty() => {}
        [] => {
            let words = FILE_WORDS.map(str::to_owned);
            let owner = owner(input, || named_after(input, &words));
            faults.keep(owner.told);
            machines.push(Blocks { name: Some(owner.name), of_class: nameless });
        }
        [only] => only.of_class.extend(nameless),
        several => {
            let why =
                format!("{} blocks name no machine, and the file is of {} machines", nameless.len(), several.len());
            let help = "write a file a machine, or list the property that names it, such as PSComputerName";
            faults.keep(unknown(input, &why).at(Place::Line(nameless[0].1.line)).help(help));
            machines.push(Blocks { name: None, of_class: nameless });
        }
    }
    machines
}

impl Blocks<'_> {
    fn all(&self, wanted: Class) -> impl Iterator<Item = &Block> {
        self.of_class.iter().filter(move |(class, _)| *class == wanted).map(|(_, block)| *block)
    }

    /// The first thing that is said by blocks of a class.
    fn text(&self, class: Class, names: &[&str]) -> Option<String> {
        self.all(class).find_map(|block| block.owned(names))
    }

    fn emit(&self, input: &Input<'_>, faults: &mut Faults, sink: &mut dyn Sink) {
        let line = self.of_class.first().map_or(1, |(_, block)| block.line);
        let mut machine = Collected::new(line, self.name.clone().unwrap_or_default());
        // Each class may be listed in a file of its own.
        machine.host.complements = true;
        self.identity(&mut machine.host);
        self.system(&mut machine);
        self.hardware(&mut machine);
        self.processors(&mut machine, input.path, faults);
        self.licences(&mut machine);
        for block in self.all(Class::Program) {
            match block.first(&["DisplayName", "Name", "Caption"]) {
                Some(name) => machine.software.push(Row {
                    name: name.to_owned(),
                    version: block.owned(&["DisplayVersion", "Version"]).unwrap_or_default(),
                    publisher: block.owned(&["Publisher", "Vendor"]).unwrap_or_default(),
                    key: block.owned(&["PSChildName", "IdentifyingNumber"]).unwrap_or_default(),
                    line: block.line,
                }),
                None => {
                    let message = "a program without a name is left out";
                    let fault = Diagnostic::warning(Code::IncompleteRecord, input.path, message);
                    faults.keep(fault.at(Place::Line(block.line)));
                }
            }
        }
        let guests = self.guests(&machine.host);
        if !guests.is_empty() {
            machine.host.platform.get_or_insert_with(|| "Hyper-V".to_owned());
            if machine.software.is_empty() {
                machine.host.view = View::Hypervisor;
            }
        }
        machine.emit(sink);
        guests.into_iter().for_each(|guest| sink.host(guest));
    }

    fn identity(&self, host: &mut ObservedHost) {
        let domain = self.text(Class::Computer, &["Domain"]).or_else(|| self.text(Class::Summary, &["CsDomain"]));
        host.domain = domain.or_else(|| self.text(Class::Computer, &["Workgroup"]));
        let joined =
            self.text(Class::Computer, &["PartOfDomain"]).or_else(|| self.text(Class::Summary, &["CsPartOfDomain"]));
        let qualified = host.domain.as_ref().filter(|domain| domain.contains('.') && !host.name.contains('.'));
        if joined.is_some_and(|joined| joined.eq_ignore_ascii_case("true")) {
            host.fqdn = qualified.map(|domain| format!("{}.{domain}", host.name));
        }
        host.fqdn = self.text(Class::Account, &["DNSHostName"]).or(host.fqdn.take());
        host.uuid = self.text(Class::Identity, &["UUID"]);
        let summary = self.text(Class::Summary, &["BiosSeralNumber", "BiosSerialNumber"]);
        let serial = self
            .text(Class::Firmware, &["SerialNumber"])
            .or_else(|| self.text(Class::Identity, &["IdentifyingNumber"]));
        host.serial = serial.or(summary);
        let day =
            self.text(Class::System, &["LocalDateTime"]).or_else(|| self.text(Class::Summary, &["OsLocalDateTime"]));
        host.captured = day.and_then(|text| value::date(&text, None).ok()).filter(|day| day.year() >= 1990);
    }

    fn system(&self, machine: &mut Collected) {
        let (place, caption, version) = [
            (Class::System, ["Caption", "Name"], ["Version", "BuildNumber"]),
            (Class::Summary, ["OsName", "WindowsProductName"], ["OsVersion", "OsBuildNumber"]),
            (Class::Summary, ["ProductName", "ProductName"], ["CurrentBuildNumber", "CurrentBuild"]),
            (
                Class::Account,
                ["OperatingSystem", "OperatingSystem"],
                ["OperatingSystemVersion", "OperatingSystemVersion"],
            ),
        ]
        .into_iter()
        .find_map(|(class, names, versions)| {
            let block = self.all(class).find(|block| block.first(&names).is_some())?;
            // `Name` of the system has its folder and partition behind bars.
            let caption = block.first(&names)?.split('|').next()?.trim().to_owned();
            Some((Place::Line(block.line), Some(caption), block.owned(&versions)))
        })
        .unwrap_or((Place::Whole, None, None));
        machine.host.operating_system =
            caption.map(|caption| ObservedOperatingSystem { caption, version, place: Some(place) });
        machine.remark("service pack", self.text(Class::System, &["CSDVersion"]));
    }

    /// Whether it is virtual, by maker and model.
    fn hardware(&self, machine: &mut Collected) {
        let text = |class, names: &[&str]| self.text(class, names);
        let maker = text(Class::Computer, &["Manufacturer"])
            .or_else(|| text(Class::Summary, &["CsManufacturer"]))
            .or_else(|| text(Class::Identity, &["Vendor"]));
        let model = text(Class::Computer, &["Model"])
            .or_else(|| text(Class::Summary, &["CsModel"]))
            .or_else(|| text(Class::Identity, &["Name"]));
        let stated = |text: &Option<String>| Text(text.clone().unwrap_or_default().into());
        let firmware = Firmware {
            serial: stated(&machine.host.serial),
            board_serial: Text::default(),
            maker: stated(&maker),
            model: stated(&model),
            firmware_maker: stated(&text(Class::Firmware, &["Manufacturer"])),
        };
        if let Some(platform) = shown_by_firmware(&firmware) {
            (machine.host.is_virtual, machine.host.platform) = (Some(true), Some(platform.to_owned()));
        }
        let words: Vec<String> = [maker, model].into_iter().flatten().collect();
        machine.remark("model", Some(words.join(" ")));
    }

    /// Processors, a row a socket. Rows of old systems state no cores and may be a row a thread.
    fn processors(&self, machine: &mut Collected, path: &str, faults: &mut Faults) {
        let rows: Vec<&Block> = self.all(Class::Processor).collect();
        let logical = self.all(Class::Computer).find_map(|block| block.number("NumberOfLogicalProcessors"));
        let logical =
            logical.or_else(|| self.all(Class::Summary).find_map(|block| block.number("CsNumberOfLogicalProcessors")));
        let text = |block: &Block, name: &str| Text(block.text(name).unwrap_or_default().to_owned().into());
        let item = |block: &&Block| {
            let item = Processor {
                physical_cores: text(block, "NumberOfCores"),
                enabled_cores: text(block, "NumberOfEnabledCore"),
                logical: text(block, "NumberOfLogicalProcessors"),
                name: text(block, "Name"),
                ..Processor::default()
            };
            (item, block.line)
        };
        let stated = rows.iter().filter(|block| block.number("NumberOfCores").is_some()).count();
        if stated > 0 {
            let items: Vec<(Processor<'_>, u32)> = rows.iter().map(item).collect();
            let found = processors(&items);
            for (line, message) in found.implausible {
                faults.keep(Diagnostic::warning(Code::ImplausibleValue, path, message).at(Place::Line(line)));
            }
            machine.host.processors = found.sockets;
            machine.host.threads_per_core = found.threads_per_core;
            machine.host.logical_processors = found.logical;
            machine.host.remarks.extend(found.remarks);
        } else if !rows.is_empty() {
            let told = format!("{} rows without cores; old systems write a row a thread", rows.len());
            machine.remark("processors", Some(told));
        } else {
            let sockets = self
                .text(Class::Computer, &["NumberOfProcessors"])
                .or_else(|| self.text(Class::Summary, &["CsNumberOfProcessors"]));
            machine.remark("sockets", sockets.map(|count| format!("{count}, the cores of which are not stated")));
        }
        machine.host.processor_model = rows.iter().find_map(|block| block.owned(&["Name"]));
        machine.host.logical_processors = machine.host.logical_processors.or(logical);
    }

    /// Licences that are in use on the machine: those of which a part of the key is known. The key itself is not read.
    fn licences(&self, machine: &mut Collected) {
        for block in self.all(Class::Licence).filter(|block| block.text("PartialProductKey").is_some()) {
            let name = block.first(&["Name", "LicenseFamily"]).unwrap_or("unnamed");
            let words = [Some(name), block.first(&["ProductKeyChannel", "Description"])];
            let licensed = match block.text("LicenseStatus") {
                Some("0" | "Unlicensed") => ", not licensed",
                _ => "",
            };
            let told = words.into_iter().flatten().collect::<Vec<_>>().join(", ");
            machine.remark("licence", Some(format!("{told}{licensed}")));
        }
    }

    fn guests(&self, host: &ObservedHost) -> Vec<ObservedHost> {
        let id_in = |block: &Block| {
            let text = block
                .first(&["InstanceID", "SystemName", "VirtualSystemIdentifier"])
                .unwrap_or_default()
                .to_lowercase();
            text.split(['\\', ':', '/']).find(|part| is_id(part)).map(str::to_owned)
        };
        let vcpus: BTreeMap<String, u32> = self
            .all(Class::GuestProcessors)
            .filter_map(|block| Some((id_in(block)?, block.number("VirtualQuantity")?)))
            .collect();
        let uuids: BTreeMap<String, &str> = self
            .all(Class::GuestSettings)
            .filter_map(|block| Some((id_in(block)?, block.text("BIOSGUID")?.trim_matches(['{', '}']))))
            .collect();
        let guest = |block: &Block| {
            let name = block.first(&["ElementName", "VMName", "Name"])?;
            let id = block.first(&["VMId", "Name"]).filter(|id| is_id(id)).map(str::to_lowercase);
            let mut guest = ObservedHost::new(Place::Line(block.line), View::Guest, name);
            guest.is_virtual = Some(true);
            guest.platform = Some("Hyper-V".to_owned());
            guest.runs_on = Some(host.name.clone());
            guest.captured = host.captured;
            guest.uuid = id.as_ref().and_then(|id| uuids.get(id)).map(|uuid| (*uuid).to_owned());
            let stated = block.number("ProcessorCount").or_else(|| id.as_ref().and_then(|id| vcpus.get(id)).copied());
            guest.vcpus = stated.filter(|count| *count > 0);
            guest.powered_on = runs(block.first(&["EnabledState", "State"]).unwrap_or_default());
            guest.remarks.extend(id.as_ref().map(|id| ("virtual machine id".to_owned(), id.clone())));
            Some(guest)
        };
        self.all(Class::Guest).filter(|block| is_guest(block)).filter_map(guest).collect()
    }
}

/// Whether a guest runs, by its state. A paused one keeps its memory and counts as running.
fn runs(state: &str) -> Option<bool> {
    match state.to_lowercase().as_str() {
        "2" | "32768" | "running" | "paused" => Some(true),
        "3" | "32769" | "off" | "saved" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(pairs: &[(&str, &str)]) -> Block {
        Block { pairs: pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(), line: 1 }
    }

    #[test]
    fn properties_tell_the_class() {
        type Pairs = &'static [(&'static str, &'static str)];
        let cases: [(Pairs, Option<Class>); 9] = [
            (&[("Name", "x"), ("NumberOfCores", "4")], Some(Class::Processor)),
            (&[("IdentifyingNumber", "{A}"), ("Name", "x"), ("Vendor", ""), ("Version", "1")], Some(Class::Program)),
            (
                &[("IdentifyingNumber", "S"), ("Name", "x"), ("UUID", "u"), ("Vendor", ""), ("Version", "1")],
                Some(Class::Identity),
            ),
            (&[("Caption", "Windows"), ("CSName", "a"), ("Version", "10.0")], Some(Class::System)),
            (&[("Manufacturer", "a"), ("Model", "b"), ("Domain", "c")], Some(Class::Computer)),
            (&[("DisplayName", "x"), ("Publisher", "")], Some(Class::Program)),
            (&[("CsName", "a"), ("OsName", "b")], Some(Class::Summary)),
            (&[("MACAddress", "x"), ("Name", "y")], None),
            (&[("CreationClassName", "Win32_NetworkAdapter"), ("SystemName", "y")], None),
        ];
        for (pairs, wanted) in cases {
            assert_eq!(class(&block(pairs)), wanted, "{pairs:?}");
        }
    }

    #[test]
    fn the_hypervisor_is_no_guest_of_itself() {
        assert!(is_guest(&block(&[("Name", "DBF8CA1C-31DC-4EE9-B28D-F16CBEB9A1F2"), ("EnabledState", "2")])));
        assert!(!is_guest(&block(&[("Name", "HV-01"), ("EnabledState", "2")])));
    }
}
