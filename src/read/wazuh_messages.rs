//! Messages in which Wazuh agents report their inventory, a line a change: as its database is told of them
//! (`agent 001 dbsync packages INSERTED { … }`), and as an agent sends them (`{"type": "dbsync_packages", … }`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedOperatingSystem, Place};

use super::agent::Text;
use super::collected::{Collected, Row};
use super::faults::Faults;
use super::machine_named::{owner, unknown};
use super::mapped::named_after;
use super::page::{Field, Page, Verified};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict, value};

/// The reader.
pub struct WazuhMessages;

/// What the format is.
const PAGE: Page = Page {
    name: "wazuh-messages",
    title: "Messages of Wazuh agents on their inventory: packages, operating system, hardware (text, JSON lines)",
    written_by: "Wazuh: lines of `syscollector` in `archives.log`, and what its modules write when they are debugged",
    carries: &[Carries::Hosts, Carries::Software, Carries::OperatingSystem],
    recognised_by: "lines with `dbsync packages INSERTED` before a JSON object, or with the type `dbsync_packages` in it",
    fields: &[
        Field { named: "agent NUMBER | (NAME) ADDRESS->syscollector", becomes: "which lines are of one machine; its name" },
        Field { named: "osinfo: hostname, os_name, os_version, os_build", becomes: "name, operating system" },
        Field { named: "packages: name, version, vendor", becomes: "software records" },
        Field { named: "hwinfo: board_serial, cpu_name, cpu_cores", becomes: "serial number, processor model, threads in all" },
        Field { named: "scan_time", becomes: "day of the inventory" },
    ],
    quirks: &[
        "lines are changes: `DELETED` takes a package away, and what was installed before the first line is not in them; the \
         list adds to others of the machine",
        "an agent that is known by its number alone gets its name from its own operating-system line; where there is none, it \
         is of the machine after which file or folder are named if it is the only one, else of no known machine",
        "`cpu_cores` counts logical processors and is never taken for cores",
        "messages on processes, ports, networks and hotfixes, and those that only compare checksums, are counted and not read",
    ],
    verified: Verified::Unverified("the tests of its published source"),
    example: "agent 001 dbsync osinfo INSERTED {\"hostname\": \"web-01\", \"os_name\": \"Ubuntu\", \"os_version\": \"22.04.3 LTS\"}
agent 001 dbsync packages INSERTED {\"name\": \"bash\", \"version\": \"5.1-6\", \"vendor\": \"Ubuntu Developers\", \"format\": \"deb\"}
",
    samples: &["wazuh-messages"],
};

/// Bytes looked at to recognise the format.
const SNIFFED_BYTES: usize = 16 * 1024;

/// Words in the name of a file or folder that say what is in it.
const FILE_WORDS: [&str; 9] =
    ["wazuh", "ossec", "archives", "syscollector", "dbsync", "messages", "log", "inventory", "packages"];

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Packages,
    System,
    Hardware,
    Other,
}

impl Table {
    fn of(name: &str) -> Self {
        match name.trim_start_matches("dbsync_") {
            "packages" => Self::Packages,
            "osinfo" => Self::System,
            "hwinfo" => Self::Hardware,
            _ => Self::Other,
        }
    }
}

/// The data of a message, whatever it is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    version: Text<'a>,
    vendor: Text<'a>,
    item_id: Text<'a>,
    hostname: Text<'a>,
    os_name: Text<'a>,
    os_version: Text<'a>,
    os_build: Text<'a>,
    board_serial: Text<'a>,
    serial_number: Text<'a>,
    cpu_name: Text<'a>,
    cpu_cores: Text<'a>,
    scan_time: Text<'a>,
}

/// A message as an agent sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    operation: Text<'a>,
    data: Option<Data<'a>>,
}

/// What one line says.
struct Line<'a> {
    /// Name of the agent.
    name: Option<&'a str>,
    /// Number of the agent.
    number: Option<&'a str>,
    table: Table,
    deleted: bool,
    data: Data<'a>,
}

/// The text before the JSON of a line: an agent by name or number, and what is said of it.
fn prefix(text: &str) -> (Option<&str>, Option<&str>, Option<(Table, bool)>) {
    static NUMBERED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?:agent (\d+) )?dbsync (\w+) (INSERTED|MODIFIED|DELETED) *$").ok());
    static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\(([^()\s]+)\) \S*->").ok());
    let named = NAMED.as_ref().and_then(|named| Some(named.captures(text)?.get(1)?.as_str()));
    let numbered = NUMBERED.as_ref().and_then(|numbered| numbered.captures(text));
    let about = numbered
        .as_ref()
        .and_then(|found| Some((Table::of(found.get(2)?.as_str()), found.get(3)?.as_str() == "DELETED")));
    let number = numbered.and_then(|found| Some(found.get(1)?.as_str()));
    (named, number, about)
}

/// Reads one line; `None` where it is no message on an inventory.
fn line(text: &str) -> Option<Result<Line<'_>, serde_json::Error>> {
    let at = text.find('{')?;
    let (name, number, about) = prefix(&text[..at]);
    if let Some((table, deleted)) = about {
        let data = serde_json::from_str(text[at..].trim());
        return Some(data.map(|data| Line { name, number, table, deleted, data }));
    }
    if !text[at..].contains("\"dbsync_") {
        return None;
    }
    let message: Message<'_> = match serde_json::from_str(text[at..].trim()) {
        Ok(message) => message,
        Err(error) => return Some(Err(error)),
    };
    let table = Table::of(message.kind.stated().filter(|kind| kind.starts_with("dbsync_"))?);
    let deleted = message.operation.stated() == Some("DELETED");
    Some(Ok(Line { name, number, table, deleted, data: message.data.unwrap_or_default() }))
}

impl Reader for WazuhMessages {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        let head = String::from_utf8_lossy(&head[..head.len().min(SNIFFED_BYTES)]);
        let is_message = |text: &str| {
            text.find('{').is_some_and(|at| {
                let sent = text[at..].contains("\"dbsync_") && text.contains("\"operation\"");
                sent || (text.contains(" dbsync ") && prefix(&text[..at]).2.is_some())
            })
        };
        if head.contains("dbsync") && head.lines().any(is_message) { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let (mut log, mut faults) = (Log::default(), Faults::default());
        for (at, text) in text.lines().enumerate() {
            let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
            match line(text) {
                Some(Ok(line)) => log.take(line, number),
                Some(Err(error)) => {
                    let message = format!("the message is broken: {error}; it is left out");
                    faults.keep(Diagnostic::error(Code::BrokenFormat, input.path, message).at(Place::Line(number)));
                }
                None => {}
            }
        }
        let machines = log.deliver(input, &mut faults, sink);
        Ok(faults.verdict(machines, "messages of Wazuh without packages, systems or hardware", input.path, sink))
    }
}

/// A machine while its messages come.
struct Machine {
    name: Option<String>,
    /// The agent, as far as it is named.
    agent: String,
    collected: Collected,
    /// Packages by their id, or by name and version.
    packages: BTreeMap<String, Row>,
}

/// Machines by agent.
#[derive(Default)]
struct Log {
    machines: BTreeMap<String, Machine>,
    other: usize,
}

impl Log {
    fn take(&mut self, line: Line<'_>, number: u32) {
        if line.table == Table::Other {
            self.other += 1;
            return;
        }
        let agent = line.number.or(line.name).unwrap_or_default();
        let machine = self.machines.entry(agent.to_owned()).or_insert_with(|| {
            let mut collected = Collected::new(number, "");
            collected.host.complements = true;
            let name = line.name.map(str::to_owned);
            Machine { name, agent: agent.to_owned(), collected, packages: BTreeMap::new() }
        });
        let seen = line.data.scan_time.stated().and_then(|text| value::date(text, None).ok());
        machine.collected.host.captured = machine.collected.host.captured.max(seen);
        match line.table {
            Table::Packages => machine.package(&line, number),
            Table::System if !line.deleted => machine.system(&line.data, number),
            Table::Hardware if !line.deleted => machine.hardware(&line.data),
            _ => {}
        }
    }

    /// Hands the machines on; gives how many.
    fn deliver(self, input: &Input<'_>, faults: &mut Faults, sink: &mut dyn Sink) -> usize {
        let count = self.machines.len();
        for mut machine in self.machines.into_values() {
            machine.collected.host.name = match machine.name {
                Some(name) => name,
                None if count == 1 => {
                    let owner = owner(input, || named_after(input, &FILE_WORDS.map(str::to_owned)));
                    faults.keep(owner.told);
                    owner.name
                }
                None => {
                    let why = format!("it names agent {} by its number alone, and others beside it", machine.agent);
                    faults.keep(unknown(input, &why).at(machine.collected.host.place.clone()));
                    String::new()
                }
            };
            let (mut software, unnamed): (Vec<Row>, Vec<Row>) =
                machine.packages.into_values().partition(|row| !row.name.is_empty());
            if let Some(first) = unnamed.iter().map(|row| row.line).min() {
                let message = format!("{} packages are changed here and never named; they are left out", unnamed.len());
                let fault = Diagnostic::warning(Code::IncompleteRecord, input.path, message).at(Place::Line(first));
                faults.keep(fault.help("add the log in which the agent first reported them"));
            }
            software.sort_by_key(|row| row.line);
            machine.collected.software = software;
            machine.collected.emit(sink);
        }
        if self.other > 0 {
            let message = format!("{} messages are neither on packages nor on systems nor on hardware", self.other);
            faults.keep(Diagnostic::note(Code::LeftOut, input.path, message));
        }
        count
    }
}

impl Machine {
    fn package(&mut self, line: &Line<'_>, number: u32) {
        let data = &line.data;
        let key = match data.item_id.stated() {
            Some(id) => id.to_owned(),
            None => format!("{}\0{}", data.name.raw(), data.version.raw()),
        };
        if line.deleted {
            self.packages.remove(&key);
            return;
        }
        // A change states what changed, and may leave out the rest.
        let row = self.packages.entry(key).or_insert_with(|| Row { line: number, ..Row::default() });
        for (slot, text) in
            [(&mut row.name, &data.name), (&mut row.version, &data.version), (&mut row.publisher, &data.vendor)]
        {
            if let Some(text) = text.owned() {
                *slot = text;
            }
        }
    }

    fn system(&mut self, data: &Data<'_>, number: u32) {
        if let Some(name) = data.hostname.owned() {
            self.name = Some(name);
        }
        let Some(name) = data.os_name.stated() else { return };
        let caption = match data.os_version.stated() {
            Some(version) if !name.starts_with("Microsoft") => format!("{name} {version}"),
            _ => name.to_owned(),
        };
        let version = data.os_version.owned().or_else(|| data.os_build.owned());
        self.collected.host.operating_system =
            Some(ObservedOperatingSystem { caption, version, place: Some(Place::Line(number)) });
    }

    fn hardware(&mut self, data: &Data<'_>) {
        let host = &mut self.collected.host;
        host.serial = data.board_serial.owned().or_else(|| data.serial_number.owned()).or_else(|| host.serial.take());
        host.processor_model = data.cpu_name.owned().or_else(|| host.processor_model.take());
        host.logical_processors = data.cpu_cores.number().or(host.logical_processors);
    }
}
