//! What an inventory comes to: one host, its software, and the guests it lists.

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, ObservedOperatingSystem, Place, SoftwareRecord, View};
use crate::read::machine_named::{Names, machine_after, owner};
use crate::read::{Input, Sink, Verdict};

use super::processors::{Processors, processors};
use super::text::day;
use super::virtualisation::{GuestKind, platform};
use super::{Guest, Inventory, MOST_SOFTWARE, OperatingSystem, Syntax};

/// Containers named in a remark; the others are counted.
const MOST_CONTAINERS_NAMED: usize = 10;

impl Inventory<'_> {
    /// Hands everything to the sink: the host, its software, its guests.
    pub fn emit(&self, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
        let (name, name_source) = match self.name() {
            Some(named) => named,
            None if self.says_nothing() => {
                let message = "the inventory names no machine and says nothing of one";
                return Verdict::Rejected(Diagnostic::error(Code::IncompleteRecord, input.path, message));
            }
            None => {
                let owner = owner(input, || machine_after(input, Names::FileAndFolders));
                sink.diagnostic(owner.told);
                (owner.name, None)
            }
        };
        let processors = processors(&self.processors);
        for (position, message) in &processors.implausible {
            let place = self.syntax.places("cpus")(*position);
            sink.diagnostic(Diagnostic::warning(Code::ImplausibleValue, input.path, message).at(place));
        }
        if self.logged.stated().is_some_and(|logged| day(logged).is_none()) {
            let message = format!("`{}` is no day on which an inventory can have been taken", self.logged.raw());
            sink.diagnostic(Diagnostic::warning(Code::ImplausibleValue, input.path, message));
        }
        let mut host = self.host(&name, processors);
        if let Some(source) = name_source {
            host.remarks.push(("name".into(), source.into()));
        }
        sink.host(host);
        self.emit_software(input, sink);
        self.emit_guests(&name, input, sink);
        Verdict::Read
    }

    /// The machine's name, and where it comes from unless that is the usual place.
    fn name(&self) -> Option<(String, Option<&'static str>)> {
        if let Some(name) = self.hardware.name.stated() {
            return Some((name.to_owned(), None));
        }
        if let Some(name) = self.operating_system.fqdn.stated() {
            return Some((name.to_owned(), Some("taken from the fully qualified name")));
        }
        self.device_id.stated().map(|id| (without_time(id).to_owned(), Some("taken from the device id")))
    }

    /// Whether it holds neither facts of a machine nor software.
    fn says_nothing(&self) -> bool {
        let facts = [&self.hardware.uuid, &self.firmware.serial, &self.firmware.board_serial];
        self.software.is_empty()
            && self.processors.is_empty()
            && self.guests.is_empty()
            && self.observed_system().is_none()
            && facts.iter().all(|fact| fact.stated().is_none())
    }

    fn host(&self, name: &str, processors: Processors) -> ObservedHost {
        let (is_virtual, runs_on_platform) = platform(&self.hardware, &self.firmware, &self.processors);
        let (view, offered_platform) = self.view();
        let place = match self.syntax {
            Syntax::Json if self.hardware.name.stated().is_none() => Place::Within("deviceid".into()),
            Syntax::Json => Place::Within("content.hardware".into()),
            Syntax::Xml => Place::Line(self.hardware_line),
        };
        let mut host = ObservedHost::new(place, view, name);
        let fqdn = self.operating_system.fqdn.stated().filter(|name| name.contains('.'));
        host.fqdn = fqdn.map(|name| name.trim_end_matches('.').to_owned());
        host.domain = [&self.operating_system.dns_domain, &self.hardware.workgroup, &self.hardware.user_domain]
            .into_iter()
            .find_map(|domain| domain.owned());
        host.uuid = self.hardware.uuid.owned();
        host.serial = self.firmware.serial.owned().or_else(|| self.firmware.board_serial.owned());
        host.tag = self.tag.owned();
        host.captured = self.logged.stated().and_then(day);
        host.operating_system = self.observed_system();
        host.is_virtual = is_virtual;
        host.platform = offered_platform.or(runs_on_platform);
        host.processors = processors.sockets;
        host.logical_processors = processors.logical;
        host.threads_per_core = processors.threads_per_core;
        host.processor_model = processors.name;
        host.partial = self.partial;
        host.remarks = processors.remarks;
        self.add_remarks(&mut host.remarks);
        host
    }

    /// From which side the file speaks of its machine, and the hypervisor it offers. A hypervisor with a software list
    /// was inventoried by an agent on it; one without was asked from outside.
    fn view(&self) -> (View, Option<String>) {
        let hypervisor = self.guests.iter().find_map(|(guest, _)| match guest.kind() {
            GuestKind::Server(platform) => Some(platform),
            GuestKind::Desktop | GuestKind::Container => None,
        });
        let Some(platform) = hypervisor else { return (View::Agent, None) };
        if !self.software.is_empty() {
            return (View::Agent, Some(platform.to_owned()));
        }
        let named = self.observed_system().filter(|system| system.caption.contains(platform));
        let named = named.map(|system| match system.version {
            Some(version) => format!("{} {version}", system.caption),
            None => system.caption,
        });
        (View::Hypervisor, Some(named.unwrap_or_else(|| platform.to_owned())))
    }

    fn observed_system(&self) -> Option<ObservedOperatingSystem> {
        let stated = &self.operating_system;
        let caption =
            [&stated.caption, &self.hardware.system_name, &stated.name].into_iter().find_map(|text| text.owned())?;
        let version = system_version(stated, self.hardware.system_version.stated());
        let place = match self.syntax {
            Syntax::Json => Place::Within("content.operatingsystem".into()),
            Syntax::Xml if self.operating_system_line > 0 => Place::Line(self.operating_system_line),
            Syntax::Xml => Place::Line(self.hardware_line),
        };
        Some(ObservedOperatingSystem { caption, version, place: Some(place) })
    }

    fn add_remarks(&self, remarks: &mut Vec<(String, String)>) {
        let mut remark = |name: &str, text: Option<String>| {
            remarks.extend(text.map(|text| (name.to_owned(), text)));
        };
        remark("agent", self.agent.owned());
        remark("device id", self.device_id.owned());
        remark("service pack", self.operating_system.service_pack.owned());
        remark("operating system comments", self.hardware.system_comments.owned());
        let oem = self.hardware.product_id.raw().contains("OEM");
        remark("operating system channel", oem.then(|| "OEM, by its product id".to_owned()));
        remark("containers", self.containers());
        for licence in &self.licences {
            let name = licence.full_name.owned().or_else(|| licence.name.owned());
            let oem = if licence.oem.is_true() { ", OEM" } else { "" };
            let trial = if licence.trial.is_true() { ", trial" } else { "" };
            remark("licence", name.map(|name| format!("{name}{oem}{trial}")));
        }
        for database in &self.databases {
            let parts = [&database.name, &database.version, &database.kind];
            let mut words: Vec<String> = parts.into_iter().filter_map(|text| text.owned()).collect();
            words.extend(database.port.stated().map(|port| format!("port {port}")));
            remark("database", (!words.is_empty()).then(|| words.join(", ")));
        }
    }

    /// The containers, which share the host's operating system and are no machines.
    fn containers(&self) -> Option<String> {
        let containers: Vec<&str> = self
            .guests
            .iter()
            .filter(|(guest, _)| guest.kind() == GuestKind::Container)
            .map(|(guest, _)| guest.name.stated().or(guest.uuid.stated()).unwrap_or("unnamed"))
            .collect();
        let named = containers.iter().take(MOST_CONTAINERS_NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = containers.len().saturating_sub(MOST_CONTAINERS_NAMED);
        match (containers.len(), more) {
            (0, _) => None,
            (count, 0) => Some(format!("{count}, not machines of their own: {named}")),
            (count, more) => Some(format!("{count}, not machines of their own: {named} and {more} more")),
        }
    }

    fn emit_software(&self, input: &Input<'_>, sink: &mut dyn Sink) {
        let mut nameless = (0_usize, None);
        let places = self.syntax.places("softwares");
        let (mut records, mut positions) = (Vec::with_capacity(self.software.len()), Vec::new());
        for (software, position) in &self.software {
            if software.name.stated().is_none() {
                nameless.0 += 1;
                nameless.1.get_or_insert_with(|| places(*position));
                continue;
            }
            positions.push(*position);
            records.push(SoftwareRecord {
                name: software.name.raw(),
                version: software.version.raw(),
                publisher: software.publisher.raw(),
                key: software.key.raw(),
            });
        }
        sink.software_list(&records, &|index| places(positions[index]));
        if let (count, Some(first)) = nameless {
            let message = match count {
                1 => "a software row without a name".to_owned(),
                count => format!("{count} software rows without a name; here is the first"),
            };
            sink.diagnostic(Diagnostic::warning(Code::IncompleteRecord, input.path, message).at(first));
        }
        let beyond = self.software_beyond.told("software rows", MOST_SOFTWARE, input.path);
        beyond.into_iter().for_each(|fault| sink.diagnostic(fault));
    }

    fn emit_guests(&self, host: &str, input: &Input<'_>, sink: &mut dyn Sink) {
        let places = self.syntax.places("virtualmachines");
        for (guest, position) in &self.guests {
            let kind = guest.kind();
            if kind == GuestKind::Container {
                continue;
            }
            let place = places(*position);
            match guest.name.stated().or(guest.uuid.stated()) {
                Some(name) => sink.host(self.guest(guest, name, kind, host, place)),
                None => {
                    let message = "a guest without name and UUID";
                    sink.diagnostic(Diagnostic::warning(Code::IncompleteRecord, input.path, message).at(place));
                }
            }
        }
    }

    fn guest(&self, guest: &Guest<'_>, name: &str, kind: GuestKind, host: &str, place: Place) -> ObservedHost {
        let mut observed = ObservedHost::new(place, View::Guest, name);
        observed.uuid = guest.uuid.owned();
        observed.serial = guest.serial.owned();
        observed.captured = self.logged.stated().and_then(day);
        observed.is_virtual = Some(true);
        observed.platform = match kind {
            GuestKind::Server(platform) => Some(platform.to_owned()),
            GuestKind::Desktop | GuestKind::Container => guest.kind.owned().or_else(|| guest.subsystem.owned()),
        };
        observed.vcpus = guest.vcpus.number().filter(|count| *count > 0);
        observed.runs_on = Some(host.to_owned()).filter(|host| !host.is_empty());
        observed.powered_on = guest.powered_on();
        observed.partial = self.partial;
        if let Some(system) = &guest.operating_system {
            observed.fqdn = system.fqdn.stated().filter(|name| name.contains('.')).map(str::to_owned);
            observed.domain = system.dns_domain.owned();
            observed.operating_system = system.caption.owned().or_else(|| system.name.owned()).map(|caption| {
                let version = system_version(system, None);
                ObservedOperatingSystem { caption, version, place: Some(observed.place.clone()) }
            });
        }
        observed
    }
}

/// The version that tells releases apart: of systems whose kernel carries the build that one, else the distribution's.
fn system_version(system: &OperatingSystem<'_>, older: Option<&str>) -> Option<String> {
    let kernel = system.kernel_name.raw().to_lowercase();
    let build_in_kernel = kernel.contains("win") && kernel != "darwin" || system.name.raw().starts_with("Windows");
    let (version, kernel_version) = (system.version.stated(), system.kernel_version.stated());
    let stated = match build_in_kernel {
        true => kernel_version.or(older).or(version),
        false => version.or(older).or(kernel_version),
    };
    stated.map(str::to_owned)
}

/// A device id without the time of the first inventory at its end: `db-01-2026-06-10-08-00-00` → `db-01`.
fn without_time(device_id: &str) -> &str {
    let widths = [2, 2, 2, 2, 2, 4];
    let mut rest = device_id;
    for width in widths {
        match rest.rsplit_once('-') {
            Some((before, digits)) if digits.len() == width && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                rest = before;
            }
            _ => return device_id,
        }
    }
    if rest.is_empty() { device_id } else { rest }
}

#[cfg(test)]
mod tests {
    use super::without_time;

    #[test]
    fn the_time_is_taken_off_a_device_id() {
        assert_eq!(without_time("db-01-2026-06-10-08-00-00"), "db-01");
        assert_eq!(without_time("pc-arg-23.cedre.local-2017-04-18-09-26-44"), "pc-arg-23.cedre.local");
        assert_eq!(without_time("2026-06-10-08-00-00"), "2026-06-10-08-00-00");
        assert_eq!(without_time("-2026-06-10-08-00-00"), "-2026-06-10-08-00-00");
        assert_eq!(without_time("foo"), "foo");
    }
}
