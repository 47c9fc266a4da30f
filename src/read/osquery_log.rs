//! Result logs of osquery: what scheduled queries found on many machines, a line for each change or each whole result.
//!
//! A log of changes says what is installed only where it reaches back to the first, whole result. Where it does not, the
//! machine is known and its changes are told and not used: half a list would be taken for all of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, ObservedOperatingSystem, Place, Processor, SoftwareRecord, View};

use super::agent::{Firmware, Text, shown_by_firmware};
use super::json::broken;
use super::page::{Field, Page, Verified};
use super::texts::Texts;
use super::value;
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The reader.
pub struct OsqueryLog;

/// What the format is.
const PAGE: Page = Page {
    name: "osquery-log",
    title: "Result log of osquery: snapshots and changes of many machines (JSON lines)",
    written_by: "osqueryd with scheduled queries: `osqueryd.results.log`, `osqueryd.snapshots.log`, or the log of its server",
    carries: &[Carries::Hosts, Carries::Cores, Carries::Software, Carries::OperatingSystem],
    recognised_by: "JSON objects with `hostIdentifier` beside `columns`, `snapshot` or `diffResults`",
    fields: &[
        Field { named: "hostIdentifier", becomes: "the machine; its name where nothing else names it" },
        Field { named: "columns.hostname | decorations.hostname", becomes: "name" },
        Field {
            named: "columns.uuid | decorations.host_uuid, columns.hardware_serial",
            becomes: "UUID, serial number",
        },
        Field {
            named: "columns.cpu_sockets, cpu_physical_cores, cpu_logical_cores, cpu_brand",
            becomes: "processors with their cores, threads",
        },
        Field { named: "columns.hardware_vendor, hardware_model", becomes: "whether it is virtual, and on what" },
        Field { named: "columns.name, version of an os_version", becomes: "operating system" },
        Field {
            named: "columns.name, version | bundle_short_version, publisher | vendor | maintainer, identifying_number | \
                    bundle_identifier",
            becomes: "software records",
        },
        Field { named: "action, counter, epoch", becomes: "whether a line adds, removes, or begins anew" },
        Field { named: "unixTime", becomes: "day of the inventory" },
    ],
    quirks: &[
        "what a row is, its columns say: a query may have any name",
        "a removed record takes an added one away; a snapshot takes the place of the one before it",
        "a log that does not reach back to the first result (`counter` 0) holds changes alone: the machine is known and \
         not inventoried, and that is told",
        "rows of other queries are counted and told as a note",
        "a line that breaks off ends the reading, and what stands before it is kept",
    ],
    verified: Verified::Unverified("the published documentation of its logging"),
    example: r#"{"name": "system", "hostIdentifier": "web-01", "unixTime": 1782626400, "action": "snapshot", "snapshot": [{"hostname": "web-01", "uuid": "4c4c4544-0042-3510-8054-c7c04f4b5931", "cpu_physical_cores": "16", "cpu_sockets": "2"}]}
{"name": "programs", "hostIdentifier": "web-01", "unixTime": 1782626400, "counter": 0, "epoch": 0, "action": "added", "columns": {"name": "7-Zip 23.01 (x64)", "version": "23.01", "publisher": "Igor Pavlov"}}
"#,
    samples: &["osquery-log"],
};

/// More cores or sockets than any machine has; a larger number is a mistake.
const MOST_CORES: u32 = 1024;
const MOST_SOCKETS: u32 = 256;

/// Queries that are named one by one where nothing of theirs is used.
const QUERIES_NAMED: usize = 10;

/// Bytes looked at to recognise the format.
const SNIFFED_BYTES: usize = 16 * 1024;

impl Reader for OsqueryLog {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        if head.trim_ascii_start().first() != Some(&b'{') {
            return Sniff::No;
        }
        let head = String::from_utf8_lossy(&head[..head.len().min(SNIFFED_BYTES)]);
        let results = ["\"columns\"", "\"snapshot\"", "\"diffResults\""].iter().any(|key| head.contains(key));
        if results && head.contains("\"hostIdentifier\"") { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let mut log = Log::default();
        let mut lines = Lines { text, at: 0, line: 1 };
        let mut fault = None;
        let mut results = serde_json::Deserializer::from_str(text).into_iter::<Entry<'_>>();
        while let Some(result) = results.next() {
            match result {
                Ok(result) => log.take(result, lines.ending_at(results.byte_offset())),
                Err(error) => {
                    fault = Some(broken(&error, input.path).help("what stands before this place was read"));
                    break;
                }
            }
        }
        match (log.machines.is_empty(), fault) {
            (true, Some(fault)) => return Err(fault),
            (true, None) => return Ok(Verdict::Ignored("it holds no results of any machine".into())),
            (false, fault) => fault.into_iter().for_each(|fault| sink.diagnostic(fault)),
        }
        log.deliver(input.path, sink);
        Ok(Verdict::Read)
    }
}

/// Counts lines as the reading goes on.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    /// The line on which the document stands that ends at this byte.
    fn ending_at(&mut self, end: usize) -> u32 {
        let document = &self.text[self.at..end];
        let before = document.len() - document.trim_ascii_start().len();
        let count = |text: &str| u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX);
        self.line = self.line.saturating_add(count(&document[..before]));
        let line = self.line;
        self.line = self.line.saturating_add(count(&document[before..]));
        self.at = end;
        line
    }
}

/// One document of a log.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, rename = "hostIdentifier")]
    machine: Text<'a>,
    #[serde(borrow, rename = "unixTime")]
    time: Text<'a>,
    #[serde(borrow)]
    counter: Text<'a>,
    #[serde(borrow)]
    epoch: Text<'a>,
    #[serde(borrow)]
    action: Text<'a>,
    #[serde(borrow)]
    columns: Option<Columns<'a>>,
    #[serde(borrow)]
    snapshot: Option<Vec<Columns<'a>>>,
    #[serde(borrow, rename = "diffResults")]
    changes: Option<Changes<'a>>,
    #[serde(borrow)]
    decorations: Option<Decorations<'a>>,
}

/// Changes of a query, all in one document.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Changes<'a> {
    #[serde(borrow)]
    added: Rows<'a>,
    #[serde(borrow)]
    removed: Rows<'a>,
}

/// Rows; an empty text stands for none.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rows<'a> {
    #[serde(borrow)]
    Some(Vec<Columns<'a>>),
    None(serde::de::IgnoredAny),
}

impl Default for Rows<'_> {
    fn default() -> Self {
        Self::Some(Vec::new())
    }
}

impl<'a> Rows<'a> {
    fn into_rows(self) -> Vec<Columns<'a>> {
        match self {
            Self::Some(rows) => rows,
            Self::None(_) => Vec::new(),
        }
    }
}

/// What the settings of the agent add to each document.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Decorations<'a> {
    #[serde(borrow)]
    hostname: Text<'a>,
    #[serde(borrow)]
    host_uuid: Text<'a>,
}

/// Declares the columns that are looked at.
macro_rules! columns {
    ($($column:ident),* $(,)?) => {
        /// A row of a query, as far as it matters.
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Columns<'a> {
            $(#[serde(borrow)] $column: Text<'a>,)*
        }
    };
}

columns!(
    name,
    version,
    publisher,
    vendor,
    maintainer,
    identifying_number,
    install_source,
    uninstall_string,
    arch,
    revision,
    release,
    package_group,
    status,
    bundle_identifier,
    bundle_short_version,
    platform,
    platform_like,
    codename,
    build,
    major,
    hostname,
    computer_name,
    uuid,
    hardware_serial,
    hardware_vendor,
    hardware_model,
    cpu_brand,
    cpu_physical_cores,
    cpu_logical_cores,
    cpu_sockets,
);

/// What a row is.
enum Kind {
    Machine,
    OperatingSystem,
    Software,
    /// A package of which only settings are left.
    Removed,
    Other,
}

impl Columns<'_> {
    /// What the row is, by the columns that it fills.
    fn kind(&self, query: &str) -> Kind {
        let any = |texts: &[&Text<'_>]| texts.iter().any(|text| text.stated().is_some());
        let named = any(&[&self.name]);
        if any(&[&self.hostname, &self.computer_name])
            && any(&[&self.cpu_physical_cores, &self.cpu_brand, &self.hardware_serial, &self.uuid])
        {
            return Kind::Machine;
        }
        if named && any(&[&self.platform_like, &self.codename, &self.platform]) && any(&[&self.build, &self.major]) {
            return Kind::OperatingSystem;
        }
        let program = any(&[&self.publisher, &self.identifying_number, &self.install_source, &self.uninstall_string]);
        let package = any(&[&self.arch])
            && any(&[&self.revision, &self.release, &self.maintainer, &self.package_group, &self.vendor]);
        let query = query.to_lowercase();
        let by_its_query = any(&[&self.version])
            && ["program", "package", "software", "apps", "application"].iter().any(|word| query.contains(word));
        let settings_alone = self.status.stated().is_some_and(|status| !status.ends_with("installed"));
        match named && (program || package || by_its_query || any(&[&self.bundle_identifier])) {
            true if package && settings_alone => Kind::Removed,
            true => Kind::Software,
            false => Kind::Other,
        }
    }
}

/// A software record as numbers of texts: query, name, version, publisher, key.
type Record = [u32; 5];

/// One machine with what was found on it.
struct Found {
    host: ObservedHost,
    named: bool,
    software: BTreeMap<Record, u32>,
    /// Queries by the beginning of their results; only from there on is it known what is installed.
    begun: BTreeMap<u32, String>,
    /// Queries whose beginning the log does not reach.
    changes_alone: BTreeSet<u32>,
    moment: i64,
    /// What cannot be right of its processors, with the line.
    implausible: Option<(String, u32)>,
}

/// Everything a log says.
#[derive(Default)]
struct Log {
    texts: Texts,
    machines: BTreeMap<String, Found>,
    other: BTreeMap<String, usize>,
    /// Results that name no machine, with the line of the first.
    unnamed: (usize, u32),
    left: usize,
}

impl Log {
    fn take(&mut self, result: Entry<'_>, line: u32) {
        let decorations = result.decorations.unwrap_or_default();
        let stated = [&result.machine, &decorations.host_uuid, &decorations.hostname];
        let Some(machine) = stated.into_iter().find_map(Text::owned) else {
            self.unnamed = (self.unnamed.0 + 1, if self.unnamed.0 == 0 { line } else { self.unnamed.1 });
            return;
        };
        let moment = result.time.stated().and_then(|time| time.split('.').next()?.parse().ok()).unwrap_or_default();
        let found = self.machines.entry(machine.to_lowercase()).or_insert_with(|| Found::new(&machine, line));
        found.decorate(&decorations, moment, result.time.stated());
        let query = self.texts.number(result.name.raw().to_owned());
        let beginning = match result.counter.stated() {
            Some("0") => Some(format!("{} {moment}", result.epoch.raw())),
            _ => None,
        };
        let removes = result.action.stated() == Some("removed");
        if let Some(rows) = result.snapshot {
            found.begin(query, format!("snapshot of line {line}"));
            rows.into_iter().for_each(|row| self.row(&machine, query, row, line, false));
        }
        let mut change = |rows: Vec<Columns<'_>>, removes| {
            if let (Some(found), false) = (self.machines.get_mut(&machine.to_lowercase()), rows.is_empty()) {
                found.change(query, beginning.clone());
            }
            rows.into_iter().for_each(|row| self.row(&machine, query, row, line, removes));
        };
        change(result.columns.into_iter().collect(), removes);
        let changes = result.changes.unwrap_or_default();
        change(changes.removed.into_rows(), true);
        change(changes.added.into_rows(), false);
    }

    fn row(&mut self, machine: &str, query: u32, row: Columns<'_>, line: u32, removes: bool) {
        let Some(found) = self.machines.get_mut(&machine.to_lowercase()) else { return };
        match row.kind(self.texts.text(query)) {
            Kind::Machine if !removes => found.describe(&row, line),
            Kind::OperatingSystem if !removes => found.host.operating_system = operating_system(&row, line),
            Kind::Machine | Kind::OperatingSystem => {}
            Kind::Software => {
                let version = [&row.version, &row.bundle_short_version];
                let publisher = [&row.publisher, &row.vendor, &row.maintainer];
                let key = [&row.identifying_number, &row.bundle_identifier];
                let texts = &mut self.texts;
                let mut first = |texts_of: &[&Text<'_>]| {
                    texts.number(texts_of.iter().find_map(|text| text.owned()).unwrap_or_default())
                };
                let record = [query, first(&[&row.name]), first(&version), first(&publisher), first(&key)];
                if removes {
                    found.software.remove(&record);
                } else {
                    found.software.entry(record).or_insert(line);
                }
            }
            Kind::Removed => self.left += 1,
            Kind::Other => *self.other.entry(self.texts.text(query).to_owned()).or_default() += 1,
        }
    }

    fn deliver(self, path: &str, sink: &mut dyn Sink) {
        for found in self.machines.into_values() {
            let software: Vec<(&Record, &u32)> =
                found.software.iter().filter(|(record, _)| found.begun.contains_key(&record[0])).collect();
            let unused = found.software.len() - software.len();
            let mut host = found.host.clone();
            if !software.is_empty() {
                host.view = View::Agent;
            }
            let place = host.place.clone();
            let name = host.name.clone();
            sink.host(host);
            if let Some((message, line)) = found.implausible {
                let fault = Diagnostic::warning(Code::ImplausibleValue, path, format!("{name}: {message}"));
                sink.diagnostic(fault.at(Place::Line(line)));
            }
            for (&[_, name, version, publisher, key], &line) in software {
                let text = |number| self.texts.text(number);
                let record = SoftwareRecord {
                    name: text(name),
                    version: text(version),
                    publisher: text(publisher),
                    key: text(key),
                };
                sink.software(record, Place::Line(line));
            }
            if !found.changes_alone.is_empty() && unused > 0 {
                let queries: Vec<&str> = found.changes_alone.iter().map(|query| self.texts.text(*query)).collect();
                let message = format!(
                    "the log does not reach back to the first result of `{}` on {name}: what it holds are changes, and \
                     {unused} records are not used",
                    queries.join("`, `")
                );
                let help = "add the log that begins with `counter` 0, or schedule the query as a snapshot";
                sink.diagnostic(Diagnostic::warning(Code::IncompleteRecord, path, message).at(place).help(help));
            }
        }
        let mut note = |count: usize, message: String| {
            if count > 0 {
                sink.diagnostic(Diagnostic::note(Code::LeftOut, path, message));
            }
        };
        note(
            self.left,
            format!("{} packages are left out: they were removed and left their settings behind", self.left),
        );
        let count = self.other.values().sum();
        let queries: Vec<&str> = self.other.keys().map(String::as_str).take(QUERIES_NAMED).collect();
        let more = match self.other.len().saturating_sub(QUERIES_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let queries = queries.join("`, `");
        note(count, format!("{count} rows are neither machines nor software, of the queries `{queries}`{more}"));
        if let (count @ 1.., line) = self.unnamed {
            let message = format!("{count} results name no machine and are left out; here is the first");
            let help = "let osquery write `hostIdentifier`, or add a decorator that states `hostname`";
            sink.diagnostic(
                Diagnostic::warning(Code::IncompleteRecord, path, message).at(Place::Line(line)).help(help),
            );
        }
    }
}

impl Found {
    fn new(machine: &str, line: u32) -> Self {
        Self {
            host: ObservedHost::new(Place::Line(line), View::Register, machine),
            named: false,
            software: BTreeMap::new(),
            begun: BTreeMap::new(),
            changes_alone: BTreeSet::new(),
            moment: 0,
            implausible: None,
        }
    }

    fn decorate(&mut self, decorations: &Decorations<'_>, moment: i64, time: Option<&str>) {
        if let Some(name) = decorations.hostname.owned().filter(|_| !self.named) {
            self.host.name = name;
        }
        self.host.uuid = self.host.uuid.take().or_else(|| decorations.host_uuid.owned());
        if moment >= self.moment {
            self.moment = moment;
            self.host.captured = time.and_then(|time| value::date(time, None).ok()).or(self.host.captured);
        }
    }

    /// The results of a query begin anew.
    fn begin(&mut self, query: u32, beginning: String) {
        self.software.retain(|record, _| record[0] != query);
        self.changes_alone.remove(&query);
        self.begun.insert(query, beginning);
    }

    /// A change of a query; the first result comes as changes too, a line for each row.
    fn change(&mut self, query: u32, beginning: Option<String>) {
        match (beginning, self.begun.get(&query)) {
            (Some(beginning), Some(known)) if beginning == *known => {}
            (Some(beginning), _) => self.begin(query, beginning),
            (None, Some(_)) => {}
            (None, None) => {
                self.changes_alone.insert(query);
            }
        }
    }

    /// What the machine says of itself.
    fn describe(&mut self, row: &Columns<'_>, line: u32) {
        let host = &mut self.host;
        if let Some(name) = row.hostname.owned().or_else(|| row.computer_name.owned()) {
            host.fqdn = Some(name.clone()).filter(|name| name.contains('.'));
            host.name = name;
            self.named = true;
        }
        host.uuid = row.uuid.owned().or_else(|| host.uuid.take());
        host.serial = row.hardware_serial.owned().or_else(|| host.serial.take());
        host.processor_model = row.cpu_brand.owned().or_else(|| host.processor_model.take());
        host.logical_processors = row.cpu_logical_cores.number().or(host.logical_processors);
        let firmware = Firmware {
            serial: row.hardware_serial.clone(),
            board_serial: Text::default(),
            maker: row.hardware_vendor.clone(),
            model: row.hardware_model.clone(),
            firmware_maker: Text::default(),
        };
        if let Some(platform) = shown_by_firmware(&firmware) {
            (host.is_virtual, host.platform) = (Some(true), Some(platform.to_owned()));
        }
        let facts =
            [("maker", &row.hardware_vendor), ("model", &row.hardware_model), ("cores", &row.cpu_physical_cores)];
        host.remarks = facts.iter().filter_map(|(name, text)| Some(((*name).to_owned(), text.owned()?))).collect();
        let (sockets, cores) = (row.cpu_sockets.number(), row.cpu_physical_cores.number());
        let Some((sockets, cores)) = sockets.zip(cores).filter(|(sockets, _)| *sockets > 0) else { return };
        let each = cores / sockets;
        if sockets <= MOST_SOCKETS && (1..=MOST_CORES).contains(&each) && cores.is_multiple_of(sockets) {
            host.processors = Some(vec![Processor { cores: each, enabled_cores: None }; sockets as usize]);
        } else {
            let message = format!("{cores} cores cannot be shared out over {sockets} processors; they are not used");
            self.implausible = Some((message, line));
        }
    }
}

fn operating_system(row: &Columns<'_>, line: u32) -> Option<ObservedOperatingSystem> {
    let version = row.version.owned();
    Some(ObservedOperatingSystem { caption: row.name.owned()?, version, place: Some(Place::Line(line)) })
}
