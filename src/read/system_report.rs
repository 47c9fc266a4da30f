//! The system report of macOS, as text and as property list (XML). As JSON it is read by a mapping.
//!
//! Text: sections at the beginning of a line, below them what they hold, a line a fact, told apart by the section and by
//! how far lines are indented. Property lists: a dictionary a section with its items. Their document type is that of every
//! property list; nothing of it is fetched, entities are never expanded, and one with definitions of its own is refused.

mod property_list;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedOperatingSystem, Place, Processor};

use super::beyond::Beyond;
use super::collected::{Collected, MOST_ROWS, Row};
use super::faults::Faults;
use super::machine_named::owner;
use super::mapped::named_after;
use super::page::{Field, Page, Verified};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The reader.
pub struct SystemReport;

/// What the format is.
const PAGE: Page = Page {
    name: "system-profiler-text",
    title: "System report of macOS (text, property list)",
    written_by: "`system_profiler SPHardwareDataType SPSoftwareDataType SPApplicationsDataType`, also with `-xml`",
    carries: &[Carries::Hosts, Carries::Cores, Carries::Software, Carries::OperatingSystem],
    recognised_by: "the sections `Applications:`, `Hardware:` or `Software:` with what stands in them, or a property list that \
                    names `SPApplicationsDataType`, `SPHardwareDataType` or `SPSoftwareDataType`",
    fields: &[
        Field { named: "Computer Name | local_host_name", becomes: "name" },
        Field {
            named: "Serial Number (system) | serial_number, Hardware UUID | platform_UUID",
            becomes: "serial number, UUID",
        },
        Field { named: "System Version | os_version, Kernel Version | kernel_version", becomes: "operating system" },
        Field {
            named: "Number of Processors | packages, Total Number of Cores | number_processors",
            becomes: "sockets, cores in all",
        },
        Field { named: "Chip | Processor Name | chip_type | cpu_type", becomes: "processor model" },
        Field { named: "Model Identifier | machine_model", becomes: "whether it is virtual" },
        Field {
            named: "Applications: name, Version, Signed by | _name, version, signed_by",
            becomes: "software records",
        },
    ],
    quirks: &[
        "a report of applications alone names no machine: it is taken to be of the one its file or folder is named after",
        "names of applications are in the language of the user; dates are written as that language has them and are not read",
        "a machine with a chip of Apple's own states no number of processors: the chip is its one processor",
        "the publisher is whoever signed with a certificate of a developer; the store's own signature names none",
        "graphics state cores too; only those of the section on hardware count",
        "applications of the system itself, and those a Windows guest shares, are listed beside those that were installed",
    ],
    verified: Verified::RealFile("reports of macOS 11 and 14 that the tests of an inventory agent keep, abridged"),
    example: "Hardware:

    Hardware Overview:

      Model Name: Mac mini
      Model Identifier: Macmini8,1
      Processor Name: 6-Core Intel Core i7
      Number of Processors: 1
      Total Number of Cores: 6
      Serial Number (system): C07ABC123

Software:

    System Software Overview:

      System Version: macOS 14.5 (23F79)
      Computer Name: mac-01

Applications:

    Firefox:

      Version: 127.0
      Obtained from: Identified Developer
",
    samples: &["system-profiler-text"],
};

/// Bytes looked at to recognise the format.
const SNIFFED_BYTES: usize = 16 * 1024;

/// Most facts of hardware and software that are looked at.
const MOST_FACTS: usize = 10_000;

/// Words in the name of a file or folder that say what is in it.
const FILE_WORDS: [&str; 13] = [
    "system_profiler",
    "system-profiler",
    "sysprofile",
    "applications",
    "spapplicationsdatatype",
    "sphardwaredatatype",
    "spsoftwaredatatype",
    "software",
    "hardware",
    "apps",
    "report",
    "xml",
    "spx",
];

/// Beginnings of models that no physical machine has.
const VIRTUAL_MODELS: [&str; 5] = ["virtualmac", "vmware", "parallels", "virtualbox", "qemu"];

/// Sections that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Applications,
    Hardware,
    Software,
    Other,
}

impl Section {
    fn of(name: &str) -> Self {
        match name {
            "Applications" | "SPApplicationsDataType" => Self::Applications,
            "Hardware" | "SPHardwareDataType" => Self::Hardware,
            "Software" | "SPSoftwareDataType" => Self::Software,
            _ => Self::Other,
        }
    }
}

/// What a report says of its machine.
#[derive(Debug, Default)]
struct Report {
    /// Facts of the sections on hardware and software, with their lines.
    facts: Vec<(String, String, u32)>,
    software: Vec<Row>,
    applications_beyond: Beyond,
    facts_beyond: Beyond,
    /// Whether a section that is used was there at all.
    seen: bool,
}

impl Report {
    fn text(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let found = self.facts.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value, _)| value.trim()).filter(|text| !text.is_empty())
        })
    }

    fn add_software(&mut self, row: Row) {
        if self.software.len() < MOST_ROWS {
            self.software.push(row);
        } else {
            self.applications_beyond.add(|| Place::Line(row.line));
        }
    }

    fn add_fact(&mut self, name: String, value: String, line: u32) {
        if self.facts.len() < MOST_FACTS {
            self.facts.push((name, value, line));
        } else {
            self.facts_beyond.add(|| Place::Line(line));
        }
    }
}

impl Reader for SystemReport {
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
        let text = String::from_utf8_lossy(&head[..head.len().min(SNIFFED_BYTES)]);
        if text.trim_start().starts_with('<') {
            let data = ["SPApplicationsDataType", "SPHardwareDataType", "SPSoftwareDataType"];
            let is_ours = text.contains("<plist") && data.into_iter().any(|data| text.contains(data));
            return if is_ours { Sniff::Sure } else { Sniff::No };
        }
        let facts = ["Model Identifier:", "System Version:", "Obtained from:", "Last Modified:", "64-Bit (Intel):"];
        let section = text
            .lines()
            .any(|line| line.trim_end().strip_suffix(':').is_some_and(|name| Section::of(name) != Section::Other));
        let fact = text.lines().any(|line| facts.into_iter().any(|fact| line.trim_start().starts_with(fact)));
        if section && fact { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let report = match text.trim_start().starts_with('<') {
            false => of_text(text),
            true => property_list::read(text).map_err(|fault| fault.diagnostic(text, input.path))?,
        };
        if !report.seen {
            return Ok(Verdict::Ignored("a report without applications, hardware and software".to_owned()));
        }
        Ok(emit(report, input, sink))
    }
}

/// Reads a text: what stands four blanks in has a name, what stands deeper says something of it.
fn of_text(text: &str) -> Report {
    let (mut report, mut section) = (Report::default(), Section::Other);
    let mut application: Option<Row> = None;
    for (at, line) in text.lines().enumerate() {
        let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
        let (line, rest) = (line.trim_end(), line.trim());
        let indent = line.len() - line.trim_start().len();
        match (indent, section) {
            _ if rest.is_empty() => {}
            (0, _) => {
                application.take().into_iter().for_each(|row| report.add_software(row));
                section = Section::of(rest.trim_end_matches(':'));
                report.seen |= section != Section::Other;
            }
            (1..=4, Section::Applications) if rest.ends_with(':') => {
                application.take().into_iter().for_each(|row| report.add_software(row));
                let name = rest.trim_end_matches(':').to_owned();
                application = Some(Row { name, line: number, ..Row::default() });
            }
            (5.., Section::Applications) => {
                if let (Some(row), Some(version)) = (&mut application, rest.strip_prefix("Version:"))
                    && row.version.is_empty()
                {
                    row.version = version.trim().to_owned();
                }
                if let (Some(row), Some(certificates)) = (&mut application, rest.strip_prefix("Signed by:")) {
                    row.publisher = signer(certificates).unwrap_or_default().to_owned();
                }
            }
            (5.., Section::Hardware | Section::Software) => {
                if let Some((name, value)) = rest.split_once(':').filter(|(_, value)| !value.is_empty()) {
                    report.add_fact(name.to_owned(), value.trim().to_owned(), number);
                }
            }
            _ => {}
        }
    }
    application.into_iter().for_each(|row| report.add_software(row));
    report
}

/// Who signed an application with a certificate of a developer: `Developer ID Application: Example Inc. (ABCDE12345), …`.
fn signer(certificates: &str) -> Option<&str> {
    let behind = certificates.trim().strip_prefix("Developer ID Application: ")?;
    let first = behind.split(", Developer ID").next().unwrap_or(behind).trim();
    let is_team = |text: &str| text.len() == 10 && text.chars().all(|letter| letter.is_ascii_alphanumeric());
    let team = first.strip_suffix(')').and_then(|text| text.rsplit_once(" (")).filter(|(_, team)| is_team(team));
    Some(team.map_or(first, |(name, _)| name)).filter(|name| !name.is_empty())
}

fn emit(mut report: Report, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
    let mut faults = Faults::default();
    let name = match report.text(&["Local Host Name", "local_host_name", "Computer Name", "computer_name"]) {
        Some(name) => name.to_owned(),
        None => {
            let owner = owner(input, || named_after(input, &FILE_WORDS.map(str::to_owned)));
            faults.keep(owner.told);
            owner.name
        }
    };
    let mut machine = Collected::new(report.facts.first().map_or(1, |(.., line)| *line), name);
    describe(&report, &mut machine);
    processors(&report, &mut machine, input.path, &mut faults);
    let beyond = [
        report.applications_beyond.told("applications", MOST_ROWS, input.path),
        report.facts_beyond.told("facts of hardware and software", MOST_FACTS, input.path),
    ];
    faults.keep_all(beyond.into_iter().flatten());
    machine.software = std::mem::take(&mut report.software);
    machine.emit(sink);
    faults.verdict(1, "", input.path, sink)
}

fn describe(report: &Report, machine: &mut Collected) {
    let owned = |names: &[&str]| report.text(names).map(str::to_owned);
    let host = &mut machine.host;
    host.serial = owned(&["Serial Number (system)", "Serial Number", "serial_number"]);
    host.uuid = owned(&["Hardware UUID", "platform_UUID"]);
    let place = Some(host.place.clone());
    host.operating_system = owned(&["System Version", "os_version"]).map(|caption| ObservedOperatingSystem {
        caption,
        version: owned(&["Kernel Version", "kernel_version"]),
        place,
    });
    let model = owned(&["Model Identifier", "machine_model"]);
    if let Some(model) = &model {
        let lower = model.to_lowercase();
        let is_virtual = VIRTUAL_MODELS.iter().any(|start| lower.starts_with(start));
        host.is_virtual = Some(is_virtual);
        host.platform = is_virtual.then(|| model.clone());
    }
    host.processor_model = owned(&["Chip", "chip_type", "Processor Name", "CPU Type", "cpu_type"]);
    machine.remark("model", model);
}

/// Sockets with the cores of each, where both are stated.
fn processors(report: &Report, machine: &mut Collected, path: &str, faults: &mut Faults) {
    let first_number = |text: &str| {
        let digits: String =
            text.chars().skip_while(|letter| !letter.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok().filter(|count| (1..=1024).contains(count))
    };
    // A machine with a chip of Apple's own has that one, and states no number of processors.
    let chip = report.text(&["Chip", "chip_type"]).filter(|chip| chip.starts_with("Apple ")).map(|_| 1);
    let sockets = report
        .text(&["Number of Processors", "Number Of Processors", "Number Of CPUs", "packages"])
        .and_then(first_number)
        .or(chip);
    let cores = report.text(&["Total Number of Cores", "number_processors"]).and_then(first_number);
    match (sockets, cores) {
        (Some(sockets), Some(cores)) if cores.is_multiple_of(sockets) => {
            machine.host.processors =
                Some(vec![Processor { cores: cores / sockets, enabled_cores: None }; sockets as usize]);
        }
        (Some(sockets), Some(cores)) => {
            let message = format!("{cores} cores cannot be shared out over {sockets} processors; they are not used");
            let place = machine.host.place.clone();
            faults.keep(Diagnostic::warning(Code::ImplausibleValue, path, message).at(place));
        }
        (sockets, cores) => {
            machine.remark("sockets", sockets.map(|count| format!("{count}, the cores of which are not stated")));
            machine
                .remark("cores", cores.map(|count| format!("{count} in all, the processors of which are not stated")));
        }
    }
}
