//! Open-AudIT's audit results: `<system>` with a section a kind of thing, and in it an `<item>` each.
//!
//! One pass; of every section that is used the fields of one item are kept until it ends. A file that breaks off is rejected
//! as a whole.

use std::borrow::Cow;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, ObservedOperatingSystem, Place, Processor, View};

use super::agent::{Firmware, Guest, GuestKind, Text, shown_by_firmware};
use super::beyond::Beyond;
use super::collected::{Collected, MOST_ROWS, Row};
use super::faults::Faults;
use super::machine_named::{Names, machine_after, owner};
use super::page::{Field, Page, Verified};
use super::value;
use super::xml::{Element, Fault, Form, Listener, walk};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The reader.
pub struct OpenAudit;

/// What the format is.
const PAGE: Page = Page {
    name: "open-audit",
    title: "Open-AudIT audit result of one machine (XML)",
    written_by: "the audit scripts of Open-AudIT (`audit_windows.vbs`, `audit_linux.sh`, `audit_esxi.sh`) with `create_file=y`",
    carries: &[Carries::Hosts, Carries::Cores, Carries::Placement, Carries::Software, Carries::OperatingSystem],
    recognised_by: "XML whose root is `system` with a section `sys`",
    fields: &[
        Field { named: "sys: hostname, fqdn, domain, serial, uuid", becomes: "name and identity" },
        Field { named: "sys: os_name, os_version", becomes: "operating system" },
        Field { named: "sys: manufacturer, model, serial", becomes: "whether it is virtual" },
        Field { named: "sys: timestamp | last_seen", becomes: "day of the audit" },
        Field {
            named: "processor: physical_count, core_count, logical_count, description",
            becomes: "sockets, cores in all, threads in all, model",
        },
        Field { named: "vm: name, uuid, cpu_count, status, type", becomes: "guests of the machine" },
        Field { named: "software: name, version, publisher", becomes: "software records" },
        Field {
            named: "server: name, version, edition; server_item: parent_name, instance",
            becomes: "a software record, its name made of product, edition and instance",
        },
    ],
    quirks: &[
        "`core_count` counts the cores of the whole machine: it is shared out over the sockets, and not used where that \
         leaves a remainder",
        "the section `software` occurs several times, and setups of several parts are listed twice: they fold",
        "drivers, codecs and updates stand in the same list as programs",
        "a database server without edition and instance is a remark and no record: its bare name is also that of a driver",
        "`memory_count` is in bytes for some hypervisors; memory is not read. Keys of software are not read",
        "a hypervisor lists its packages as software and its guests in the section `vm`",
        "audits of devices that are no computers are ignored, with their type",
        "an audit that names no machine is of the one after which file or folder is named",
    ],
    verified: Verified::RealFile("example devices of the project's own repository, abridged"),
    example: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<system>
 <sys><hostname>db-01</hostname><os_name>Microsoft Windows Server 2019 Standard</os_name></sys>
 <processor><item><physical_count>2</physical_count><core_count>16</core_count></item></processor>
 <software><item><name>7-Zip</name><version>23.01</version></item></software>
</system>
",
    samples: &["open-audit"],
};

/// Bytes looked at to recognise the format.
const SNIFFED_BYTES: usize = 4096;
/// Most processors, and cores of each, that are believed.
const MOST_SOCKETS: u32 = 256;
const MOST_CORES: u32 = 1024;
/// Most instances of servers that are told apart.
const MOST_INSTANCES: usize = 1_000;
/// Most guests of one host, and servers on it, that are kept.
const MOST_GUESTS: usize = 20_000;

/// Sections whose fields are used.
const SECTIONS: [&str; 6] = ["sys", "processor", "vm", "software", "server", "server_item"];

impl Reader for OpenAudit {
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
        if head.trim_ascii_start().first() != Some(&b'<') {
            return Sniff::No;
        }
        let head = String::from_utf8_lossy(&head[..head.len().min(SNIFFED_BYTES)]);
        let is_system = ["<system>", "<system "].into_iter().any(|root| head.contains(root));
        match (is_system, head.contains("<sys>") || head.contains("<sys ")) {
            (true, true) => Sniff::Sure,
            (true, false) => Sniff::Maybe,
            (false, _) => Sniff::No,
        }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let mut heard = Heard::default();
        walk(text, Form::One, &mut heard).map_err(|fault| fault.diagnostic(text, input.path))?;
        Ok(heard.audit.emit(input, sink))
    }
}

/// The fields of one item.
type Fields = Vec<(String, String)>;

/// What an audit says.
#[derive(Default)]
struct Audit {
    system: Fields,
    system_line: u32,
    processors: Vec<(Fields, u32)>,
    guests: Vec<(Fields, u32)>,
    servers: Vec<(Fields, u32)>,
    instances: Vec<(String, String)>,
    software: Vec<Row>,
    nameless: usize,
    left: LeftOut,
}

/// What is left out because a limit was reached.
#[derive(Default)]
struct LeftOut {
    guests: Beyond,
    servers: Beyond,
    instances: Beyond,
    software: Beyond,
}

impl Audit {
    /// Takes an item, or the section `sys`, which is one itself.
    fn take(&mut self, section: &str, fields: Fields, line: u32) {
        match section {
            "sys" => {
                self.system.extend(fields);
                self.system_line = line;
            }
            "processor" => self.processors.push((fields, line)),
            "vm" if self.guests.len() < MOST_GUESTS => self.guests.push((fields, line)),
            "server" if self.servers.len() < MOST_GUESTS => self.servers.push((fields, line)),
            "vm" => self.left.guests.add(|| Place::Line(line)),
            "server" => self.left.servers.add(|| Place::Line(line)),
            "server_item" => {
                let pair = field(&fields, "parent_name").zip(field(&fields, "instance"));
                let pair = pair.map(|(server, instance)| (server.to_owned(), instance.to_owned()));
                match pair.filter(|pair| !self.instances.contains(pair)) {
                    Some(pair) if self.instances.len() < MOST_INSTANCES => self.instances.push(pair),
                    Some(_) => self.left.instances.add(|| Place::Line(line)),
                    None => {}
                }
            }
            "software" => {
                let text = |name| raw(&fields, name).unwrap_or_default().to_owned();
                match field(&fields, "name") {
                    None => self.nameless += 1,
                    Some(_) if self.software.len() >= MOST_ROWS => self.left.software.add(|| Place::Line(line)),
                    Some(_) => self.software.push(Row {
                        name: text("name"),
                        version: text("version"),
                        publisher: text("publisher"),
                        key: String::new(),
                        line,
                    }),
                }
            }
            _ => {}
        }
    }

    fn emit(mut self, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
        let kind = field(&self.system, "type").filter(|kind| !kind.eq_ignore_ascii_case("computer"));
        if let Some(kind) = kind {
            return Verdict::Ignored(format!("an audit of a device of the type `{kind}`, not of a computer"));
        }
        let mut faults = Faults::default();
        let name = match ["hostname", "name", "fqdn"].into_iter().find_map(|name| field(&self.system, name)) {
            Some(name) => name.to_owned(),
            None if self.says_nothing() => {
                let message = "the audit names no machine and says nothing of one";
                return Verdict::Rejected(Diagnostic::error(Code::IncompleteRecord, input.path, message));
            }
            None => {
                let owner = owner(input, || machine_after(input, Names::FileAndFolders));
                faults.keep(owner.told);
                owner.name
            }
        };
        let mut machine = self.machine(&name, input.path, &mut faults);
        machine.software = std::mem::take(&mut self.software);
        self.servers(&mut machine);
        if self.nameless > 0 {
            let message = format!("{} software rows without a name are left out", self.nameless);
            faults.keep(Diagnostic::warning(Code::LeftOut, input.path, message));
        }
        let beyond = [
            self.left.guests.told("guests", MOST_GUESTS, input.path),
            self.left.servers.told("servers", MOST_GUESTS, input.path),
            self.left.instances.told("instances of servers", MOST_INSTANCES, input.path),
            self.left.software.told("software rows", MOST_ROWS, input.path),
        ];
        faults.keep_all(beyond.into_iter().flatten());
        let guests = self.emit_guests(&machine.host, input.path, &mut faults);
        machine.emit(sink);
        guests.into_iter().for_each(|guest| sink.host(guest));
        faults.verdict(1, "", input.path, sink)
    }

    /// Whether it holds neither facts of a machine nor software.
    fn says_nothing(&self) -> bool {
        self.software.is_empty()
            && self.processors.is_empty()
            && self.guests.is_empty()
            && self.servers.is_empty()
            && ["os_name", "uuid", "serial"].into_iter().all(|name| field(&self.system, name).is_none())
    }

    fn machine(&self, name: &str, path: &str, faults: &mut Faults) -> Collected {
        let mut machine = Collected::new(self.system_line, name);
        let text = |name: &str| field(&self.system, name).map(str::to_owned);
        let place = machine.host.place.clone();
        let host = &mut machine.host;
        host.fqdn = text("fqdn").filter(|fqdn| fqdn.contains('.'));
        host.domain = text("domain");
        (host.uuid, host.serial) = (text("uuid"), text("serial"));
        let seen = ["timestamp", "last_seen"].into_iter().find_map(text);
        host.captured = seen.as_deref().and_then(|text| value::date(text, None).ok()).filter(|day| day.year() >= 1990);
        let number = |text: String| text.split_whitespace().find(|word| word.contains('.')).map(str::to_owned);
        host.operating_system = text("os_name").map(|caption| ObservedOperatingSystem {
            caption,
            version: text("os_version").map(|version| number(version.clone()).unwrap_or(version)),
            place: Some(place),
        });
        let stated = |name: &str| Text(text(name).unwrap_or_default().into());
        let firmware = Firmware {
            serial: stated("serial"),
            maker: stated("manufacturer"),
            model: stated("model"),
            ..Firmware::default()
        };
        if let Some(platform) = shown_by_firmware(&firmware) {
            (host.is_virtual, host.platform) = (Some(true), Some(platform.to_owned()));
        }
        self.processors(host, path, faults);
        let offered = self.guests.iter().find_map(|(fields, _)| match guest_of(fields).kind() {
            GuestKind::Server(platform) => Some(platform),
            GuestKind::Desktop | GuestKind::Container => None,
        });
        if let Some(platform) = offered {
            // A hypervisor that is itself the system is asked from outside; an agent runs on any other.
            let system = [text("os_group"), text("os_name")].into_iter().flatten().collect::<String>().to_lowercase();
            let asked = system.contains(&platform.to_lowercase());
            host.view = if asked { View::Hypervisor } else { View::Register };
            let named = text("os_name").filter(|_| asked);
            host.platform = Some(named.unwrap_or_else(|| platform.to_owned()));
        }
        let containers =
            self.guests.iter().filter(|(fields, _)| guest_of(fields).kind() == GuestKind::Container).count();
        machine.remark("containers", (containers > 0).then(|| format!("{containers}, not machines of their own")));
        let model: Vec<String> = ["manufacturer", "model"].into_iter().filter_map(text).collect();
        machine.remark("model", Some(model.join(" ")));
        machine
    }

    /// Sockets with the cores of each. `core_count` counts those of the machine.
    fn processors(&self, host: &mut ObservedHost, path: &str, faults: &mut Faults) {
        let Some((fields, line)) = self.processors.first() else { return };
        let number = |name| field(fields, name).and_then(|text| text.parse::<u32>().ok()).filter(|count| *count > 0);
        host.processor_model = field(fields, "description").map(str::to_owned);
        host.logical_processors = number("logical_count");
        let sockets = number("physical_count").or_else(|| {
            let stated = field(&self.system, "processor_count")?.parse::<u32>().ok();
            stated.filter(|count| *count > 0)
        });
        match (sockets, number("core_count")) {
            (Some(sockets), Some(cores))
                if sockets <= MOST_SOCKETS && cores.is_multiple_of(sockets) && cores / sockets <= MOST_CORES =>
            {
                host.processors =
                    Some(vec![Processor { cores: cores / sockets, enabled_cores: None }; sockets as usize]);
            }
            (Some(sockets), Some(cores)) => {
                let message = format!(
                    "{cores} cores cannot be shared out over {sockets} processors; the processors are taken as not stated"
                );
                faults.keep(Diagnostic::warning(Code::ImplausibleValue, path, message).at(Place::Line(*line)));
            }
            (Some(sockets), None) => {
                host.remarks.push(("sockets".into(), format!("{sockets}, the cores of which are not stated")));
            }
            (None, cores) => host.remarks.extend(cores.map(|cores| ("cores".to_owned(), cores.to_string()))),
        }
    }

    /// Servers of which the audit knows the edition: that is nowhere else in it.
    fn servers(&self, machine: &mut Collected) {
        for (fields, line) in &self.servers {
            let Some(name) = field(fields, "name") else { continue };
            let version = field(fields, "version").unwrap_or_default().to_owned();
            let edition = field(fields, "edition");
            let mut instances =
                self.instances.iter().filter(|(server, _)| server == name).map(|(_, instance)| instance);
            let instance = match (instances.next(), instances.next()) {
                (Some(only), None) => Some(only),
                // Nothing says which of several servers an instance belongs to.
                _ => None,
            };
            let mut title = [Some(name), edition].into_iter().flatten().collect::<Vec<_>>().join(" ");
            title.extend(instance.iter().flat_map(|instance| [" (", instance, ")"]));
            let kind = field(fields, "type").unwrap_or("server");
            machine.remark(kind, Some(format!("{title} {version}").trim_end().to_owned()));
            if edition.is_some() || instance.is_some() {
                machine.software.push(Row { name: title, version, line: *line, ..Row::default() });
            }
        }
    }

    fn emit_guests(&self, host: &ObservedHost, path: &str, faults: &mut Faults) -> Vec<ObservedHost> {
        let mut guests = Vec::new();
        for (fields, line) in &self.guests {
            let guest = guest_of(fields);
            let kind = guest.kind();
            let Some(name) = guest.name.stated().or(guest.uuid.stated()).filter(|_| kind != GuestKind::Container)
            else {
                if kind != GuestKind::Container {
                    let message = "a guest without name and UUID is left out";
                    faults.keep(Diagnostic::warning(Code::IncompleteRecord, path, message).at(Place::Line(*line)));
                }
                continue;
            };
            let mut observed = ObservedHost::new(Place::Line(*line), View::Guest, name);
            observed.uuid = guest.uuid.owned();
            observed.captured = host.captured;
            observed.is_virtual = Some(true);
            observed.platform = match kind {
                GuestKind::Server(platform) => Some(platform.to_owned()),
                GuestKind::Desktop | GuestKind::Container => guest.kind.owned(),
            };
            observed.vcpus = guest.vcpus.number().filter(|count| *count > 0);
            observed.runs_on = Some(host.name.clone()).filter(|name| !name.is_empty());
            observed.powered_on = guest.powered_on();
            guests.push(observed);
        }
        guests
    }
}

fn guest_of(fields: &Fields) -> Guest<'_> {
    let text = |name| Text(field(fields, name).unwrap_or_default().into());
    Guest {
        name: text("name"),
        uuid: text("uuid"),
        vcpus: text("cpu_count"),
        status: text("status"),
        kind: text("type"),
        ..Guest::default()
    }
}

/// A field as written.
fn raw<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A field that says something, without blanks around it.
fn field<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    raw(fields, name).map(str::trim).filter(|text| !text.is_empty())
}

/// The sections while they are heard: the fields of one item are kept until it ends.
#[derive(Default)]
struct Heard {
    audit: Audit,
    fields: Fields,
    /// Line of the last item.
    begun: u32,
    /// Whether the element that was opened last is still open: it holds nothing but text.
    innermost: bool,
}

/// The section of a path, where its fields are used.
fn section(path: &str) -> Option<&str> {
    path.split('/').nth(1).filter(|section| SECTIONS.contains(section))
}

impl<'a> Listener<'a> for Heard {
    fn open(&mut self, path: &str, element: &Element<'_>) -> Result<(), Fault> {
        if !path.contains('/') && path != "system" {
            return Err(element.fault(format!("the root is `<{path}>`, not `<system>`")));
        }
        self.innermost = true;
        let is_section = path.matches('/').count() == 1;
        if section(path).is_some() && (is_section || path.ends_with("/item")) {
            self.begun = element.line;
            self.fields.clear();
        }
        Ok(())
    }

    fn close(&mut self, path: &str, text: Cow<'a, str>) {
        let innermost = std::mem::take(&mut self.innermost);
        let Some(section) = section(path) else { return };
        let ends_section = path.matches('/').count() == 1;
        if path.ends_with("/item") || (ends_section && !self.fields.is_empty()) {
            let fields = std::mem::take(&mut self.fields);
            self.audit.take(section, fields, self.begun);
        } else if innermost && !ends_section {
            let name = path.rsplit('/').next().unwrap_or(path);
            self.fields.push((name.to_owned(), text.into_owned()));
        }
    }
}
