//! Facter: the facts of one machine as `facter --json` writes them.
//!
//! They say what a machine is and not what is installed on it, so the machine is seen as a register sees it: it is known,
//! and not inventoried.

use crate::diag::{Code, Diagnostic};
use crate::model::{ADDRESS_REMARK, ObservedHost, ObservedOperatingSystem, Place, Processor, View};

use super::agent::{Firmware, Text, shown_by_firmware};
use super::json::parsed_into;
use super::page::{Field, Page, Verified};
use super::picked::Picked;
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The reader.
pub struct Facter;

/// What the format is.
const PAGE: Page = Page {
    name: "facter",
    title: "Facts of Facter, of OpenVox and Puppet agents (JSON)",
    written_by: "Facter 3 and later: `facter --json`; older ones where they name the facts in the old way",
    carries: &[Carries::Hosts, Carries::Cores, Carries::OperatingSystem],
    recognised_by: "a JSON object with `facterversion` beside `is_virtual`, `kernel`, `networking` or `virtual`",
    fields: &[
        Field { named: "networking.hostname | hostname", becomes: "name" },
        Field { named: "networking.fqdn | fqdn, networking.domain | domain", becomes: "fully qualified name, domain" },
        Field {
            named: "dmi.product.uuid | uuid, dmi.product.serial_number | serialnumber",
            becomes: "UUID, serial number",
        },
        Field {
            named: "processors.physicalcount, cores, threads, count, models",
            becomes: "sockets, cores of each, threads",
        },
        Field {
            named: "is_virtual, virtual, cloud.provider, dmi.manufacturer, dmi.bios.vendor, dmi.product.name",
            becomes: "whether it is virtual, and on what",
        },
        Field {
            named: "os.windows.product_name | os.macosx | os.distro.description | os.name",
            becomes: "operating system",
        },
        Field { named: "kernelversion", becomes: "its build" },
    ],
    quirks: &[
        "facts name no software: the machine is known by them and not inventoried",
        "`cores` counts those of one socket and `count` threads; where the product of sockets, cores and threads is not \
         `count`, the processors are taken as not stated",
        "releases before 4.1 do not state `cores`: sockets alone give no cores",
        "`product_name` of a client may name the release before the running one; the higher number of it and \
         `os.release` is taken, and both are kept",
        "some guests call themselves physical: maker and model of the firmware decide, and both are kept",
        "facts hold no day: the machine has no date of its own",
        "facts that come out of a container are ignored: it is no machine of its own",
    ],
    verified: Verified::RealFile("all 215 files of a public collection of facts, Facter 4.0 to 5.1"),
    example: r#"{
  "facterversion": "4.5.2",
  "is_virtual": false,
  "kernel": "windows",
  "kernelversion": "10.0.17763",
  "networking": {"hostname": "db-01", "fqdn": "db-01.example.org", "domain": "example.org"},
  "os": {"name": "windows", "windows": {"product_name": "Windows Server 2019 Standard"}},
  "processors": {"count": 32, "physicalcount": 2, "cores": 8, "threads": 2},
  "virtual": "physical"
}
"#,
    samples: &["facter"],
};

/// More cores, threads or sockets than any machine has; a larger number is a mistake.
const MOST_CORES: u32 = 1024;
const MOST_SOCKETS: u32 = 256;
const MOST_THREADS: u32 = 65_536;

/// Values of `virtual` that name a container for one program.
const CONTAINERS: [&str; 4] = ["docker", "podman", "crio", "container_other"];

const WANTED: &[&str] = &[
    "facterversion",
    "is_virtual",
    "virtual",
    "cloud.provider",
    "kernelversion",
    "networking.hostname",
    "networking.fqdn",
    "networking.domain",
    "networking.ip",
    "hostname",
    "fqdn",
    "domain",
    "dmi.manufacturer",
    "dmi.bios.vendor",
    "dmi.product.name",
    "dmi.product.uuid",
    "dmi.product.serial_number",
    "uuid",
    "serialnumber",
    "processors.physicalcount",
    "processors.cores",
    "processors.threads",
    "processors.count",
    "processors.models.0",
    "physicalprocessorcount",
    "processorcount",
    "os.name",
    "os.release.full",
    "os.distro.description",
    "os.windows.product_name",
    "os.windows.installation_type",
    "os.macosx.product",
    "os.macosx.version.full",
    "operatingsystem",
    "operatingsystemrelease",
];

impl Reader for Facter {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        if head.trim_ascii_start().first() != Some(&b'{') {
            return Sniff::No;
        }
        let head = String::from_utf8_lossy(head);
        let beside = ["\"is_virtual\"", "\"kernel\"", "\"networking\"", "\"virtual\""];
        match (head.contains("\"facterversion\""), beside.iter().any(|key| head.contains(key))) {
            (true, true) => Sniff::Sure,
            (true, false) => Sniff::Maybe,
            _ => Sniff::No,
        }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let mut facts = Picked::new(WANTED);
        parsed_into(facts.seed(), text, input.path)?;
        if let Some(container) = facts.text("virtual").filter(|kind| CONTAINERS.contains(kind)) {
            return Ok(Verdict::Ignored(format!("facts of a container ({container}), which is no machine of its own")));
        }
        let name = ["networking.hostname", "hostname", "networking.fqdn", "fqdn"];
        let Some((name, place)) = facts.first(&name) else {
            let message = "the facts name no machine: neither a host name nor a fully qualified one";
            return Err(Diagnostic::error(Code::IncompleteRecord, input.path, message));
        };
        let mut faults: Vec<Diagnostic> = facts.misshapen(input.path).collect();
        let mut host = ObservedHost::new(Place::Within(place.into()), View::Register, name);
        identity(&facts, &mut host);
        platform(&facts, input.path, &mut host, &mut faults);
        processors(&facts, input.path, &mut host, &mut faults);
        operating_system(&facts, &mut host);
        let agent = facts.text("facterversion").map(|version| format!("Facter {version}"));
        host.remarks.extend(agent.map(|agent| ("agent".to_owned(), agent)));
        sink.host(host);
        for fault in faults {
            sink.diagnostic(fault);
        }
        Ok(Verdict::Read)
    }
}

fn identity(facts: &Picked<'_>, host: &mut ObservedHost) {
    host.fqdn = facts.owned(&["networking.fqdn", "fqdn"]).filter(|name| name.contains('.'));
    host.domain = facts.owned(&["networking.domain", "domain"]);
    host.uuid = facts.owned(&["dmi.product.uuid", "uuid"]);
    host.serial = facts.owned(&["dmi.product.serial_number", "serialnumber"]);
}

/// Whether it is virtual and on what, by its firmware first: Facter takes some guests for physical machines.
fn platform(facts: &Picked<'_>, path: &str, host: &mut ObservedHost, faults: &mut Vec<Diagnostic>) {
    host.is_virtual = facts.flag("is_virtual", path, faults);
    let text = |place: &str| Text(facts.text(place).unwrap_or_default().into());
    let firmware = Firmware {
        serial: text("dmi.product.serial_number"),
        board_serial: Text::default(),
        maker: text("dmi.manufacturer"),
        model: text("dmi.product.name"),
        firmware_maker: text("dmi.bios.vendor"),
    };
    let shown = shown_by_firmware(&firmware);
    if let (Some(shown), Some(false)) = (shown, host.is_virtual) {
        let remark = format!("physical by its facts, virtual on {shown} by its firmware");
        host.remarks.push(("virtual".into(), remark));
    }
    if shown.is_some() {
        host.is_virtual = Some(true);
    }
    if host.is_virtual == Some(true) {
        let hypervisor = facts.owned(&["virtual"]).filter(|kind| kind != "physical");
        host.platform = facts.owned(&["cloud.provider"]).or(shown.map(str::to_owned)).or(hypervisor);
    } else {
        // Guests may name their host by its address; addresses of guests repeat from one private network to the next.
        host.remarks.extend(facts.owned(&["networking.ip"]).map(|address| (ADDRESS_REMARK.to_owned(), address)));
    }
}

/// Sockets with the cores of each, where the numbers agree with the threads there are in all.
fn processors(facts: &Picked<'_>, path: &str, host: &mut ObservedHost, faults: &mut Vec<Diagnostic>) {
    let sockets = facts.number(&["processors.physicalcount", "physicalprocessorcount"], MOST_SOCKETS, path, faults);
    let cores = facts.number(&["processors.cores"], MOST_CORES, path, faults);
    let threads = facts.number(&["processors.threads"], MOST_CORES, path, faults);
    let logical = facts.number(&["processors.count", "processorcount"], MOST_THREADS, path, faults);
    host.processor_model = facts.owned(&["processors.models.0"]);
    host.logical_processors = logical;
    let (Some(sockets), Some(cores)) = (sockets, cores) else {
        let stated = sockets.map(|count| ("sockets".to_owned(), format!("{count}, the cores of which are not stated")));
        host.remarks.extend(stated);
        return;
    };
    let in_all = threads.map(|threads| sockets * cores * threads);
    if let (Some(in_all), Some(logical)) = (in_all, logical)
        && in_all != logical
    {
        let message = format!(
            "{sockets} sockets of {cores} cores make {in_all} threads, and `count` states {logical}; the processors are \
             taken as not stated"
        );
        let place = Place::Within("processors".into());
        faults.push(Diagnostic::warning(Code::ImplausibleValue, path, message).at(place));
        return;
    }
    host.threads_per_core = threads;
    host.processors = Some(vec![Processor { cores, enabled_cores: None }; sockets as usize]);
}

fn operating_system(facts: &Picked<'_>, host: &mut ObservedHost) {
    let product = facts.text("os.windows.product_name");
    let Some((caption, place)) = product.map(|product| (product.to_owned(), "os.windows.product_name")).or_else(|| {
        let pairs = [("os.macosx.product", "os.macosx.version.full")];
        let older = [("os.name", "os.release.full"), ("operatingsystem", "operatingsystemrelease")];
        joined(facts, &pairs)
            .or_else(|| facts.owned(&["os.distro.description"]).map(|text| (text, "os.distro.description")))
            .or_else(|| joined(facts, &older))
    }) else {
        return;
    };
    let release = facts.text("os.release.full").filter(|_| product.is_some());
    let running = release.and_then(|release| with_higher_release(&caption, release));
    if let Some(running) = &running {
        let remark = format!("{caption} by its product name, {running} by its release");
        host.remarks.push(("operating system".into(), remark));
    }
    let installation = facts.owned(&["os.windows.installation_type"]);
    host.remarks.extend(installation.map(|kind| ("installation type".to_owned(), kind)));
    host.operating_system = Some(ObservedOperatingSystem {
        caption: running.unwrap_or(caption),
        version: facts.owned(&["kernelversion"]),
        place: Some(Place::Within(place.into())),
    });
}

/// Name and release, of the first pair whose name is stated.
fn joined(facts: &Picked<'_>, pairs: &[(&'static str, &'static str)]) -> Option<(String, &'static str)> {
    pairs.iter().find_map(|&(name, release)| {
        let words: Vec<&str> = facts.text(name)?.split_whitespace().chain(facts.text(release)).collect();
        Some((words.join(" "), name))
    })
}

/// The caption with the number of the release in the place of its own, where that of the release is higher.
fn with_higher_release(caption: &str, release: &str) -> Option<String> {
    let release: u32 = release.split_whitespace().next()?.parse().ok()?;
    let word = caption.split_whitespace().find(|word| word.parse::<u32>().is_ok())?;
    (release > word.parse().ok()?).then(|| caption.replacen(word, &release.to_string(), 1))
}
