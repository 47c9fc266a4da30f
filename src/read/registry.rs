//! The registry of Windows as `reg export` and the registry editor write it: keys in brackets, a value a line.
//!
//! Which keys say something is data (`registry.toml`). One pass over the lines; only keys of which that file speaks are
//! kept, and services are told apart at the end, because their names and their editions stand in different keys.

mod known;
mod statement;

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

use super::beyond::Beyond;
use super::collected::{Collected, MOST_ROWS, Row};
use super::faults::Faults;
use super::machine_named::owner;
use super::mapped::named_after;
use super::page::{Field, Page, Verified};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

use known::{Known, fill, known};
use statement::{Statement, Statements, is_header};

/// The reader.
pub struct Registry;

/// What the format is.
const PAGE: Page = Page {
    name: "registry-export",
    title: "Exports of the Windows registry: installed programs, SQL Server instances, Office (.reg)",
    written_by: "`reg export HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall FILE`, the same below WOW6432Node, \
                 `HKLM\\SOFTWARE\\Microsoft\\Microsoft SQL Server` and `HKLM\\SOFTWARE\\Microsoft\\Office`; the registry editor",
    carries: &[Carries::Hosts, Carries::Software],
    recognised_by: "the first line `Windows Registry Editor Version 5.00` or `REGEDIT4`",
    fields: &[
        Field {
            named: "…\\Uninstall\\KEY: DisplayName, DisplayVersion, Publisher, KEY", becomes: "software records"
        },
        Field {
            named: "…\\Microsoft SQL Server\\Instance Names\\SQL | OLAP | RS",
            becomes: "names of the instances of each service",
        },
        Field {
            named: "…\\Microsoft SQL Server\\INSTANCE\\Setup: Edition, PatchLevel, Version",
            becomes: "a software record an instance, its name made of product, edition and instance",
        },
        Field {
            named: "…\\Office\\ClickToRun\\Configuration: ProductReleaseIds, VersionToReport",
            becomes: "a software record a product id",
        },
        Field { named: "…\\Office\\VERSION\\Registration\\KEY: ProductName", becomes: "software records" },
        Field {
            named: "…\\Tcpip\\Parameters: Hostname, Domain; …\\ComputerName: ComputerName",
            becomes: "name of the machine",
        },
    ],
    quirks: &[
        "an export names no machine unless these keys are in it: it is taken to be of the machine its file or folder is \
         named after, and of no known machine where neither is. Words such as `Uninstall` and `Setup` are no name",
        "both views of the registry must be exported: 32-bit programs stand below WOW6432Node",
        "the list of programs carries no edition of SQL Server; the Setup key of each instance does. Instances of which only \
         the name is exported are read without edition, those of 2005 need the list of names beside their Setup key",
        "values may be written as hexadecimal bytes over several lines; in REGEDIT4 files they are bytes of a code page",
        "patches (`ParentKeyName`) and parts of a setup (`SystemComponent`) are read like all rows, counted in a remark, and \
         fold when they are recognised; keys without a name are counted and are no records",
        "product keys and product ids are not read",
    ],
    verified: Verified::Unverified(
        "the documented format, and descriptions of real exports; real ones were at hand in UTF-16 only, which could not \
         be fetched as text",
    ),
    example: "Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ActiveComputerName]
\"ComputerName\"=\"DB-01\"

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\7-Zip]
\"DisplayName\"=\"7-Zip 23.01 (x64)\"
\"DisplayVersion\"=\"23.01\"
\"Publisher\"=\"Igor Pavlov\"
",
    samples: &["registry-export"],
};

/// Most instances kept of all services.
const MOST_INSTANCES: usize = 10_000;
/// Most values kept of one key.
const MOST_VALUES: usize = 4_096;

impl Reader for Registry {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        let start = String::from_utf8_lossy(&head[..head.len().min(256)]);
        if start.lines().find(|line| !line.trim().is_empty()).is_some_and(is_header) { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let mut export = Export::new(known());
        let mut faults = Faults::default();
        export.take_all(text, input.path, &mut faults);
        export.finish_key();
        export.services(input.path, &mut faults);
        export.left.tell(input.path, &mut faults);
        if !export.says_something {
            let first = export.first_key.map_or_else(|| "no key at all".to_owned(), |key| format!("`{key}`"));
            let nothing = format!("an export of the registry without keys of software or names: {first}");
            return Ok(faults.verdict(0, &nothing, input.path, sink));
        }
        let name = match export.machine.take() {
            Some((_, name)) => name,
            None => {
                let owner = owner(input, || named_after(input, &export.known.file_words));
                faults.keep(owner.told);
                owner.name
            }
        };
        export.machine(name).emit(sink);
        Ok(faults.verdict(1, "", input.path, sink))
    }
}

/// What is left out because a limit was reached.
#[derive(Default)]
struct LeftOut {
    values: Beyond,
    instances: Beyond,
    programs: Beyond,
}

impl LeftOut {
    fn tell(&self, path: &str, faults: &mut Faults) {
        let told = [
            self.values.told("values in one key", MOST_VALUES, path),
            self.instances.told("instances of services", MOST_INSTANCES, path),
            self.programs.told("programs", MOST_ROWS, path),
        ];
        faults.keep_all(told.into_iter().flatten());
    }
}

/// A key of an instance: its id, what its path says, its values, its line.
struct Setup<'t> {
    service: usize,
    id: String,
    texts: BTreeMap<String, String>,
    line: u32,
    key: &'t str,
}

/// An export while it is read.
struct Export<'t> {
    known: &'static Known,
    /// Path of the key whose values come, where it says something, with its line.
    key: Option<(&'t str, u32)>,
    values: BTreeMap<String, String>,
    first_key: Option<&'t str>,
    says_something: bool,
    /// Rank of the rule that named it, and the name.
    machine: Option<(usize, String)>,
    domain: Option<String>,
    software: Vec<Row>,
    /// Instances by service: id and name.
    instances: BTreeMap<(usize, String), (String, u32)>,
    setups: Vec<Setup<'t>>,
    unnamed: usize,
    of_others: usize,
    hidden: usize,
    left: LeftOut,
}

impl<'t> Export<'t> {
    fn new(known: &'static Known) -> Self {
        Self {
            known,
            key: None,
            values: BTreeMap::new(),
            first_key: None,
            says_something: false,
            machine: None,
            domain: None,
            software: Vec::new(),
            instances: BTreeMap::new(),
            setups: Vec::new(),
            unnamed: 0,
            of_others: 0,
            hidden: 0,
            left: LeftOut::default(),
        }
    }

    fn take_all(&mut self, text: &'t str, path: &str, faults: &mut Faults) {
        let mut statements = Statements::new(text);
        while let Some((line, statement)) = statements.next() {
            match statement {
                Ok(Statement::Key(key)) => {
                    self.finish_key();
                    self.first_key.get_or_insert(key);
                    self.key = self.known.speaks_of(key).then_some((key, line));
                }
                Ok(Statement::Value(name, value)) if self.key.is_some() => {
                    let Some(text) = value.decoded(statements.is_old()) else { continue };
                    if self.values.len() < MOST_VALUES || self.values.contains_key(&name) {
                        self.values.insert(name, text);
                    } else {
                        self.left.values.add(|| Place::Line(line));
                    }
                }
                Ok(Statement::Value(..) | Statement::Removal) => {}
                Err(message) => {
                    let fault = Diagnostic::warning(Code::BrokenFormat, path, format!("{message}; it is not used"));
                    faults.keep(fault.at(Place::Line(line)));
                }
            }
        }
    }

    /// Takes what the key that ends here says.
    fn finish_key(&mut self) {
        let values = std::mem::take(&mut self.values);
        let Some((key, line)) = self.key.take() else { return };
        self.says_something = true;
        for (rank, rule) in self.known.machines.iter().enumerate().filter(|(_, rule)| rule.key.is_match(key)) {
            let of_value = |name: &str| stated(&values, name);
            self.domain = self.domain.take().or_else(|| fill(rule.domain.as_deref()?, &of_value));
            if let Some(name) = fill(&rule.name, &of_value)
                && self.machine.as_ref().is_none_or(|(known, _)| rank < *known)
            {
                self.machine = Some((rank, name));
            }
        }
        for (service, rule) in self.known.services.iter().enumerate() {
            if rule.instances.is_match(key) {
                for (name, id) in &values {
                    if self.instances.len() < MOST_INSTANCES {
                        self.instances.insert((service, id.to_lowercase()), (name.clone(), line));
                    } else {
                        self.left.instances.add(|| Place::Line(line));
                    }
                }
            }
            if let Some(groups) = rule.setup.captures(key) {
                if self.setups.len() >= MOST_INSTANCES {
                    self.left.instances.add(|| Place::Line(line));
                    continue;
                }
                let mut texts = values.clone();
                for name in ["release", "instance"] {
                    texts.extend(groups.name(name).map(|text| (name.to_owned(), text.as_str().to_owned())));
                }
                let id = groups.name("id").map_or_else(String::new, |id| id.as_str().to_lowercase());
                self.setups.push(Setup { service, id, texts, line, key });
            }
        }
        self.records(key, line, &values);
    }

    fn records(&mut self, key: &str, line: u32, values: &BTreeMap<String, String>) {
        let Some((rule, groups)) = self.known.records.iter().find_map(|rule| Some((rule, rule.key.captures(key)?)))
        else {
            return;
        };
        let items = match &rule.each {
            None => vec![String::new()],
            Some(value) => {
                let list = stated(values, value).unwrap_or_default();
                list.split([',', '|']).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
            }
        };
        self.of_others += usize::from(stated(values, "ParentKeyName").is_some());
        self.hidden += usize::from(stated(values, "SystemComponent").as_deref() == Some("1"));
        for item in items {
            let text = |name: &str| match name {
                "item" => Some(item.clone()),
                _ => groups.name(name).map(|text| text.as_str().to_owned()).or_else(|| stated(values, name)),
            };
            match fill(&rule.name, &text) {
                Some(_) if self.software.len() >= MOST_ROWS => self.left.programs.add(|| Place::Line(line)),
                Some(name) => self.software.push(Row {
                    name,
                    version: fill(&rule.version, &text).unwrap_or_default(),
                    publisher: fill(&rule.publisher, &text).unwrap_or_default(),
                    key: fill(&rule.id, &text).unwrap_or_default(),
                    line,
                }),
                None => self.unnamed += 1,
            }
        }
    }

    /// A record for each instance of each service, with the edition of its own key where that is there.
    fn services(&mut self, path: &str, faults: &mut Faults) {
        let mut asked = Vec::new();
        for mut setup in std::mem::take(&mut self.setups) {
            let named = self.instances.remove(&(setup.service, setup.id.clone()));
            let is_other = self.instances.keys().any(|(_, id)| *id == setup.id) || asked.contains(&setup.id);
            match named {
                Some((instance, _)) => drop(setup.texts.insert("instance".to_owned(), instance)),
                None if setup.texts.contains_key("instance") => {}
                None if is_other => continue,
                None => {
                    let message = format!("of which service and instance is `{}`? It is not used", setup.key);
                    let help = "export the key `Instance Names` beside it into the same file";
                    let place = Place::Line(setup.line);
                    faults.keep(Diagnostic::error(Code::IncompleteRecord, path, message).at(place).help(help));
                    asked.push(setup.id);
                    continue;
                }
            }
            asked.push(setup.id);
            self.service(setup.service, &setup.texts, setup.line);
        }
        for ((service, id), (instance, line)) in std::mem::take(&mut self.instances) {
            if asked.contains(&id) {
                continue;
            }
            let release = id.split_once('.').map(|(before, _)| before.trim_start_matches(char::is_alphabetic));
            let mut texts = BTreeMap::from([("instance".to_owned(), instance)]);
            texts.extend(release.filter(|text| !text.is_empty()).map(|text| ("release".to_owned(), text.to_owned())));
            self.service(service, &texts, line);
        }
    }

    fn service(&mut self, service: usize, texts: &BTreeMap<String, String>, line: u32) {
        let rule = &self.known.services[service];
        let text = |name: &str| match name {
            // `10_50` stands for 10.50, `12` for 12.0.
            "release" => stated(texts, name).map(|text| match text.replace('_', ".") {
                text if text.contains('.') => text,
                text => format!("{text}.0"),
            }),
            _ => stated(texts, name),
        };
        if let Some(name) = fill(&rule.name, &text) {
            let version = fill(&rule.version, &text).unwrap_or_default();
            self.software.push(Row { name, version, line, ..Row::default() });
        }
    }

    /// The machine with everything that was found.
    fn machine(self, name: String) -> Collected {
        let mut machine = Collected::new(1, name);
        machine.host.fqdn = self.domain.as_ref().map(|domain| format!("{}.{domain}", machine.host.name));
        machine.host.domain = self.domain;
        // Each branch of the registry may be exported into a file of its own.
        machine.host.complements = true;
        machine.software = self.software;
        machine.software.sort_by_key(|row| row.line);
        let count = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
        let counts = [
            count(self.unnamed, "without a name, which are no records"),
            count(self.of_others, "that patch another"),
            count(self.hidden, "hidden as parts of a setup"),
        ];
        let told: Vec<String> = counts.into_iter().flatten().collect();
        machine.remark("keys of programs", Some(told.join(", ")));
        machine
    }
}

/// A value that says something, its name compared without case.
fn stated(values: &BTreeMap<String, String>, name: &str) -> Option<String> {
    let found = values.get(name).or_else(|| {
        let same = |(known, _): &(&String, &String)| known.eq_ignore_ascii_case(name);
        values.iter().find(same).map(|(_, value)| value)
    });
    found.filter(|value| !value.trim().is_empty()).cloned()
}
