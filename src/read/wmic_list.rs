//! `wmic … get …`: with `/format:list` a line a property and blank lines between objects, without it a table.

use crate::diag::Diagnostic;

use super::blocks::{Block, Parted, blocks, pair};
use super::cim;
use super::page::{Field, Page, Verified};
use super::wmic_table;
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The reader.
pub struct WmicList;

/// What the format is.
const PAGE: Page = Page {
    name: "wmic-list",
    title: "wmic /format:list and its tables: computer, system, processors, firmware, products, licences, Hyper-V guests",
    written_by: "`wmic computersystem get /format:list`, also `os`, `cpu`, `bios`, `csproduct`, `product`, `path SoftwareLicensingProduct`, \
                 and `wmic /namespace:\\\\root\\virtualization\\v2 path Msvm_ComputerSystem`; a file a class or several in one; \
                 the same without `/format:list`",
    carries: &[Carries::Hosts, Carries::Cores, Carries::Placement, Carries::Software, Carries::OperatingSystem],
    recognised_by: "lines `Name=Value` with the properties of one of these classes, or a first line that names them in columns",
    fields: &[
        Field { named: "Win32_ComputerSystem: Name, DNSHostName, Domain", becomes: "name, domain" },
        Field { named: "Win32_ComputerSystem: Manufacturer, Model", becomes: "whether it is virtual, and on what" },
        Field {
            named: "Win32_OperatingSystem: Caption, Version, CSName, LocalDateTime",
            becomes: "operating system, name, day",
        },
        Field {
            named: "Win32_Processor: NumberOfCores, NumberOfEnabledCore, NumberOfLogicalProcessors, Name, SystemName",
            becomes: "a socket each, with its cores",
        },
        Field { named: "Win32_BIOS: SerialNumber; Win32_ComputerSystemProduct: UUID", becomes: "serial number, UUID" },
        Field { named: "Win32_Product: Name, Version, Vendor, IdentifyingNumber", becomes: "software records" },
        Field {
            named: "SoftwareLicensingProduct: Name, Description, LicenseStatus",
            becomes: "licences in use with their channel, as remarks",
        },
        Field {
            named: "Msvm_ComputerSystem: ElementName, Name, EnabledState",
            becomes: "guests, and whether they run",
        },
        Field { named: "Msvm_ProcessorSettingData: VirtualQuantity", becomes: "virtual processors of a guest" },
        Field { named: "Msvm_VirtualSystemSettingData: BIOSGUID", becomes: "UUID that the guest sees" },
    ],
    quirks: &[
        "UTF-16 with CR CR LF; blank lines before, between and behind objects",
        "objects do not say of which class they are unless all properties are listed: their properties tell",
        "many classes name no machine: objects without a name belong to the only machine the file names, else to the one the \
         file or its folder is named after; where the file names several they are left out and told",
        "systems before 2008 state no cores and may write a row a thread: cores stay unknown",
        "captions of Hyper-V are in the language of the system; a guest is told by its id, the host by the name it bears",
        "classes that are not used, such as network adapters, are ignored",
        "parts of product keys are not kept",
        "a table of names and versions alone is one of programs where it has several lines",
    ],
    verified: Verified::RealFile(
        "lists and a table of products that public pages show, abridged; the other classes rest on their documentation",
    ),
    example: "

DNSHostName=DB-01
Domain=example.org
Manufacturer=Dell Inc.
Model=PowerEdge R740
Name=DB-01
NumberOfLogicalProcessors=16
NumberOfProcessors=1

Name=Intel(R) Xeon(R) Silver 4208 CPU @ 2.10GHz
NumberOfCores=8
NumberOfLogicalProcessors=16
",
    samples: &["wmic-list"],
};

/// Bytes looked at to recognise the format.
const SNIFFED_BYTES: usize = 32 * 1024;

/// Properties that only objects of management have.
const OF_MANAGEMENT: [&str; 7] =
    ["CreationClassName", "SystemName", "PNPDeviceID", "InstanceID", "__PATH", "__CLASS", "ConfigManagerErrorCode"];

/// The objects at the beginning of a text, where most of its lines are properties.
pub(super) fn objects_at_the_start(head: &[u8], parted: Parted) -> Vec<Block> {
    let first = head.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    if matches!(first, None | Some(b'{' | b'<' | b'[' | b'#' | b'"')) || head.contains(&0) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&head[..head.len().min(SNIFFED_BYTES)]);
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let (pairs, others): (Vec<&str>, Vec<&str>) =
        lines.partition(|line| pair(line, parted).is_some() || (parted == Parted::Colon && line.starts_with(' ')));
    if pairs.len() < others.len() * 2 { Vec::new() } else { blocks(&text, parted).0 }
}

/// The objects of a table at the beginning of a text.
fn table_at_the_start(head: &[u8]) -> Vec<Block> {
    let first = head.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    if !first.is_some_and(|byte| byte.is_ascii_alphabetic()) || head.contains(&0) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&head[..head.len().min(SNIFFED_BYTES)]);
    // The first line is that of the properties; looking further would find columns in any text.
    match text.lines().find(|line| !line.trim().is_empty()) {
        Some(line) if line.contains("  ") => wmic_table::objects(&text).0,
        _ => Vec::new(),
    }
}

impl Reader for WmicList {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn version(&self) -> u32 {
        3
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        let objects = objects_at_the_start(head, Parted::Equals);
        let is_used = |objects: &[Block]| objects.iter().any(|object| cim::class(object).is_some());
        if is_used(&objects) || is_used(&table_at_the_start(head)) {
            return Sniff::Sure;
        }
        if objects.iter().any(|object| object.has_any(&OF_MANAGEMENT)) { Sniff::Maybe } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let (mut objects, mut beyond) = blocks(text, Parted::Equals);
        if !objects.iter().any(|object| cim::class(object).is_some()) {
            let (of_table, beyond_table) = wmic_table::objects(text);
            if !of_table.is_empty() {
                (objects, beyond) = (of_table, beyond_table);
            }
        }
        let of = objects.iter().find_map(|object| object.first(&["CreationClassName", "__CLASS"]));
        let nothing = match of {
            Some(class) => format!("objects of management of a class that is not used: {class}"),
            None => "objects of management of classes that are not used".to_owned(),
        };
        Ok(cim::read(&objects, &beyond, &nothing, input, sink))
    }
}
