//! What Ansible prints of its modules: `web-01 | SUCCESS => { … }`, an answer a machine.
//!
//! The facts in these answers are those of `ansible-facts`: the answers are put together into the document that the
//! mapping of that format knows, by the names of the inventory, and read by it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

use super::faults::Faults;
use super::mapped;
use super::page::{Field, Page, Verified};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The reader.
pub struct AnsibleConsole;

/// The format whose mapping reads the facts.
const FACTS: &str = "ansible-facts";

/// What the format is.
const PAGE: Page = Page {
    name: "ansible-console",
    title: "Answers of Ansible's modules as it prints them: setup and package_facts (text)",
    written_by: "`ansible all -m setup > FILE`, `ansible all -m package_facts`, also with `--one-line`",
    carries: &[Carries::Hosts, Carries::Cores, Carries::Software, Carries::OperatingSystem],
    recognised_by: "lines such as `web-01 | SUCCESS => {`",
    fields: &[
        Field { named: "NAME | SUCCESS => {", becomes: "name of the machine, where its facts state none" },
        Field { named: "ansible_facts", becomes: "everything that `ansible-facts` reads" },
    ],
    quirks: &[
        "the answers of one machine to several modules, one after another in the same file, are put together",
        "machines that failed or could not be reached are counted and told, and so are answers without facts",
        "an answer that breaks off is told with its line and left out; the others are read",
        "warnings of Ansible and lines of other kinds between the answers are passed over",
    ],
    verified: Verified::Unverified("the published documentation of the command; the facts as in `ansible-facts`"),
    example: "web-01 | SUCCESS => {
    \"ansible_facts\": {
        \"ansible_hostname\": \"web-01\", \"ansible_distribution\": \"Ubuntu\", \"ansible_distribution_version\": \"22.04\",
        \"ansible_processor_count\": 2, \"ansible_processor_cores\": 8, \"ansible_processor_threads_per_core\": 2,
        \"ansible_processor_vcpus\": 32, \"ansible_virtualization_role\": \"NA\"
    },
    \"changed\": false
}
",
    samples: &["ansible-console"],
};

/// Bytes looked at to recognise the format.
const SNIFFED_BYTES: usize = 16 * 1024;

/// The first line of an answer: the machine, how it went, and where the document begins.
fn first_line(line: &str) -> Option<(&str, &str, usize)> {
    static FIRST: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(\S+) \| ([A-Z][A-Z!]+)(?: \(rc=-?\d+\))? => (\{)").ok());
    let found = FIRST.as_ref()?.captures(line)?;
    Some((found.get(1)?.as_str(), found.get(2)?.as_str(), found.get(3)?.start()))
}

/// One answer.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    ansible_facts: Option<&'a RawValue>,
}

/// Answers up to a line.
#[derive(Default)]
struct Answers<'a> {
    /// Facts by machine, in the order of the file.
    facts: BTreeMap<&'a str, Vec<&'a str>>,
    /// Machines that failed, with the line of the first.
    failed: (usize, u32),
    /// Answers without facts.
    without: usize,
}

impl Reader for AnsibleConsole {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        let head = String::from_utf8_lossy(&head[..head.len().min(SNIFFED_BYTES)]);
        // A fleet has many files; what every answer holds is quickly looked for.
        let may_be = head.contains(" | ") && head.contains(" => {");
        if may_be && head.lines().any(|line| first_line(line).is_some()) { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let mut faults = Faults::default();
        let answers = Answers::in_text(text, input.path, &mut faults);
        answers.tell(input.path, &mut faults);
        let document = answers.document();
        let reader = mapped::known().iter().find(|reader| reader.name() == FACTS);
        let reader = reader.filter(|reader| reader.sniff(document.as_bytes(), input.path) != Sniff::No);
        let Some(reader) = reader else {
            let nothing = "answers of Ansible without facts of machines or packages";
            return Ok(faults.verdict(0, nothing, input.path, sink));
        };
        Ok(match reader.read(&Input { bytes: document.as_bytes(), ..*input }, sink) {
            Verdict::Read => faults.verdict(1, "", input.path, sink),
            other => other,
        })
    }
}

impl<'a> Answers<'a> {
    fn in_text(text: &'a str, path: &str, faults: &mut Faults) -> Self {
        let mut answers = Self::default();
        let (mut at, mut number) = (0, 0_u32);
        while let Some(line) = text[at..].split_inclusive('\n').next() {
            number = number.saturating_add(1);
            let Some((machine, state, begins)) = first_line(line) else {
                at += line.len();
                continue;
            };
            let mut documents = serde_json::Deserializer::from_str(&text[at + begins..]).into_iter::<Answer<'a>>();
            match documents.next() {
                Some(Ok(answer)) => {
                    let end = at + begins + documents.byte_offset();
                    answers.add(machine, state, answer, number);
                    // The rest of the line on which the document ends holds nothing.
                    let rest = text[end..].find('\n').map_or(text.len(), |line_end| end + line_end + 1);
                    let breaks = text[at + line.len()..rest.max(at + line.len())].matches('\n').count();
                    number = number.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
                    at = rest.max(at + line.len());
                }
                broken => {
                    let why = broken.and_then(Result::err).map_or_else(String::new, |error| format!(": {error}"));
                    let message = format!("the answer of {machine} is broken{why}; it is left out");
                    let fault = Diagnostic::error(Code::BrokenFormat, path, message).at(Place::Line(number));
                    faults.keep(fault.help("collect the facts of this machine again"));
                    at += line.len();
                }
            }
        }
        answers
    }

    fn add(&mut self, machine: &'a str, state: &str, answer: Answer<'a>, line: u32) {
        let facts = answer.ansible_facts.map(|facts| facts.get().trim()).filter(|facts| facts.starts_with('{'));
        match (state, facts) {
            ("SUCCESS" | "CHANGED", Some(facts)) => self.facts.entry(machine).or_default().push(facts),
            ("SUCCESS" | "CHANGED", None) => self.without += 1,
            _ => self.failed = (self.failed.0 + 1, if self.failed.0 == 0 { line } else { self.failed.1 }),
        }
    }

    fn tell(&self, path: &str, faults: &mut Faults) {
        if let (count @ 1.., line) = self.failed {
            let message = format!("{count} machines failed or could not be reached; here is the first");
            faults.keep(Diagnostic::warning(Code::IncompleteRecord, path, message).at(Place::Line(line)));
        }
        if self.without > 0 {
            let message = format!("{} answers hold no facts", self.without);
            faults.keep(Diagnostic::note(Code::LeftOut, path, message));
        }
    }

    /// The answers as one document: machine by machine, the facts of each in one object.
    fn document(&self) -> String {
        let mut document = String::from("{");
        for (machine, facts) in &self.facts {
            if document.len() > 1 {
                document.push(',');
            }
            let inner = facts.iter().map(|facts| facts[1..facts.len() - 1].trim()).filter(|inner| !inner.is_empty());
            let name = serde_json::Value::from(*machine);
            document += &format!("{name}:{{\"ansible_facts\":{{{}}}}}", inner.collect::<Vec<_>>().join(","));
        }
        document.push('}');
        document
    }
}
