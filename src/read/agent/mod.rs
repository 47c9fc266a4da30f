//! What an inventory agent says of its machine, whichever syntax it writes it in, and what that comes to.
//!
//! The readers for JSON and for XML fill one [`Inventory`] with the texts as they stand in the file; only
//! [`Inventory::emit`] draws conclusions from them. So both syntaxes are understood in the same way, and whatever order
//! a file has, the host is handed on before its software and its software before its guests.

mod inventory;
mod processors;
mod text;
mod virtualisation;

pub use processors::processors;
pub use text::{Text, day};
pub use virtualisation::{GuestKind, shown_by_firmware};

use serde::Deserialize;

use crate::model::{Place, SharedText};

use super::beyond::Beyond;

/// Which syntax a file has, for the places in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// JSON: a place is a path of keys, and a position the index in its list.
    Json,
    /// XML: a place is a line, and a position its number.
    Xml,
}

impl Syntax {
    /// Says of items of a section where they stand.
    pub fn places(self, section: &str) -> impl Fn(u32) -> Place + use<> {
        let list = match self {
            Self::Xml => SharedText::default(),
            Self::Json => SharedText::from(format!("content.{section}")),
        };
        move |position| match self {
            Self::Xml => Place::Line(position),
            Self::Json => Place::Item { list: list.clone(), index: position },
        }
    }
}

/// Everything of one agent's file that trueup uses. A list item stands with its position: see [`Syntax`].
#[derive(Debug)]
pub struct Inventory<'a> {
    /// Syntax of the file.
    pub syntax: Syntax,
    /// The agent's own name for its machine: host name and time of its first inventory.
    pub device_id: Text<'a>,
    /// Organisation hint.
    pub tag: Text<'a>,
    /// Whether it repeats only what changed.
    pub partial: bool,
    /// Time of the inventory.
    pub logged: Text<'a>,
    /// Name and version of the agent.
    pub agent: Text<'a>,
    /// Line of the section on the hardware, in XML.
    pub hardware_line: u32,
    /// Line of the section on the operating system, in XML; 0 where it has none.
    pub operating_system_line: u32,
    /// Machine.
    pub hardware: Hardware<'a>,
    /// Firmware.
    pub firmware: Firmware<'a>,
    /// Operating system.
    pub operating_system: OperatingSystem<'a>,
    /// Processors.
    pub processors: Vec<(Processor<'a>, u32)>,
    /// Guests and containers.
    pub guests: Vec<(Guest<'a>, u32)>,
    /// Software.
    pub software: Vec<(Software<'a>, u32)>,
    /// Software rows that did not fit within the limit.
    pub(in crate::read) software_beyond: Beyond,
    /// Licences the agent found, without their keys.
    pub licences: Vec<Licence<'a>>,
    /// Database servers.
    pub databases: Vec<Database<'a>>,
}

/// Software rows for which room is made at once.
const USUAL_SOFTWARE: usize = 256;

/// Most software rows kept of one file; above it something other than an inventory is at work.
const MOST_SOFTWARE: usize = 500_000;

impl<'a> Inventory<'a> {
    /// An inventory that says nothing yet.
    pub fn new(syntax: Syntax) -> Self {
        Self {
            syntax,
            device_id: Text::default(),
            tag: Text::default(),
            partial: false,
            logged: Text::default(),
            agent: Text::default(),
            hardware_line: 1,
            operating_system_line: 0,
            hardware: Hardware::default(),
            firmware: Firmware::default(),
            operating_system: OperatingSystem::default(),
            processors: Vec::new(),
            guests: Vec::new(),
            software: Vec::new(),
            software_beyond: Beyond::default(),
            licences: Vec::new(),
            databases: Vec::new(),
        }
    }

    /// Adds a software row, within the limit.
    pub fn add_software(&mut self, software: Software<'a>, position: u32) {
        if self.software.is_empty() {
            self.software.reserve(USUAL_SOFTWARE);
        }
        if self.software.len() < MOST_SOFTWARE {
            self.software.push((software, position));
        } else {
            self.software_beyond.add(|| self.syntax.places("softwares")(position));
        }
    }
}

/// The section `hardware`. What is named `…_older` is where older agents state it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Hardware<'a> {
    /// Name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// UUID.
    pub uuid: Text<'a>,
    /// `Physical`, or the virtualisation the agent thinks it sees.
    #[serde(rename = "vmsystem")]
    pub virtual_system: Text<'a>,
    /// Workgroup or domain.
    pub workgroup: Text<'a>,
    /// Domain of the user (OCS).
    #[serde(rename = "userdomain")]
    pub user_domain: Text<'a>,
    /// Product id of the operating system. It tells OEM copies and is never handed on.
    #[serde(rename = "winprodid")]
    pub product_id: Text<'a>,
    /// Caption of the operating system, in older agents.
    #[serde(rename = "osname")]
    pub system_name: Text<'a>,
    /// Its version.
    #[serde(rename = "osversion")]
    pub system_version: Text<'a>,
    /// Remarks on it: the build of a hypervisor.
    #[serde(rename = "oscomments")]
    pub system_comments: Text<'a>,
}

/// The section `bios`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Firmware<'a> {
    /// Serial number of the machine.
    #[serde(borrow, rename = "ssn")]
    pub serial: Text<'a>,
    /// Serial number of the main board.
    #[serde(rename = "msn")]
    pub board_serial: Text<'a>,
    /// Maker of the machine.
    #[serde(rename = "smanufacturer")]
    pub maker: Text<'a>,
    /// Model of the machine.
    #[serde(rename = "smodel")]
    pub model: Text<'a>,
    /// Maker of the firmware.
    #[serde(rename = "bmanufacturer")]
    pub firmware_maker: Text<'a>,
}

/// The section `operatingsystem`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OperatingSystem<'a> {
    /// Caption, with the edition in it.
    #[serde(borrow, rename = "full_name")]
    pub caption: Text<'a>,
    /// Family.
    pub name: Text<'a>,
    /// Version of a distribution, or a marketing release.
    pub version: Text<'a>,
    /// Version of the kernel, which is the build of some systems.
    pub kernel_version: Text<'a>,
    /// Kernel.
    pub kernel_name: Text<'a>,
    /// Service pack.
    pub service_pack: Text<'a>,
    /// Fully qualified name of the machine.
    pub fqdn: Text<'a>,
    /// DNS domain.
    pub dns_domain: Text<'a>,
}

/// An item of `cpus`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Processor<'a> {
    /// Cores that are switched on.
    #[serde(borrow, rename = "core")]
    pub enabled_cores: Text<'a>,
    /// Cores there are.
    #[serde(rename = "corecount")]
    pub physical_cores: Text<'a>,
    /// Threads: of a core or of the processor, depending on the agent.
    #[serde(rename = "thread")]
    pub threads: Text<'a>,
    /// Model.
    pub name: Text<'a>,
    /// Sockets the item speaks of (OCS).
    #[serde(skip)]
    pub sockets: Text<'a>,
    /// Threads of the processor (OCS).
    #[serde(skip)]
    pub logical: Text<'a>,
}

/// An item of `virtualmachines`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Guest<'a> {
    /// Name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// UUID; of a container its short id.
    pub uuid: Text<'a>,
    /// Virtual processors.
    #[serde(rename = "vcpu")]
    pub vcpus: Text<'a>,
    /// Whether it runs.
    pub status: Text<'a>,
    /// Hypervisor or container engine.
    #[serde(rename = "vmtype")]
    pub kind: Text<'a>,
    /// The same, more precisely.
    pub subsystem: Text<'a>,
    /// Image a container was made from.
    pub image: Text<'a>,
    /// Serial number.
    pub serial: Text<'a>,
    /// Operating system, where the hypervisor knows it.
    #[serde(rename = "operatingsystem")]
    pub operating_system: Option<OperatingSystem<'a>>,
}

/// An item of `softwares`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Software<'a> {
    /// Name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Version.
    pub version: Text<'a>,
    /// Publisher.
    pub publisher: Text<'a>,
    /// Uninstall key, GUID or product-release id.
    #[serde(rename = "guid")]
    pub key: Text<'a>,
}

/// An item of `licenseinfos`. Its key is not read at all.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Licence<'a> {
    /// Name, with the channel in it for some products.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Full name.
    #[serde(rename = "fullname")]
    pub full_name: Text<'a>,
    /// Whether it came with the machine.
    pub oem: Text<'a>,
    /// Whether it is a trial.
    pub trial: Text<'a>,
}

/// An item of `databases_services`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Database<'a> {
    /// Name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Kind of server.
    #[serde(rename = "type")]
    pub kind: Text<'a>,
    /// Version.
    pub version: Text<'a>,
    /// Port.
    pub port: Text<'a>,
}
