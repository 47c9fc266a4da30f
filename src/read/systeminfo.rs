//! What `systeminfo` prints of Windows machines: labels with values behind a colon, or a table with one row a machine.
//!
//! The labels are those of the system's language (`systeminfo.toml`). It lists processors without their cores, and no
//! software: machines are known by it and not inventoried.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedOperatingSystem, Place};

use super::agent::{Firmware, Text, shown_by_firmware};
use super::beyond::Beyond;
use super::collected::Collected;
use super::faults::Faults;
use super::machine_named::{Names, machine_after, owner};
use super::page::{Field, Page, Verified};
use super::table::{may_be_text_table, rows_of_text};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The reader.
pub struct SystemInfo;

/// What the format is.
const PAGE: Page = Page {
    name: "systeminfo",
    title: "systeminfo of Windows: one or several machines (text, CSV)",
    written_by: "`systeminfo`, `systeminfo /fo csv`, also with `/s MACHINE`, redirected into a file",
    carries: &[Carries::Hosts, Carries::OperatingSystem],
    recognised_by: "at least three of its labels (host name, name and version of the system, maker, model, processors), in \
                    any of the languages that are known; else lines in its order, of a system by Microsoft",
    fields: &[
        Field { named: "Host Name, Domain", becomes: "name, domain" },
        Field { named: "OS Name, OS Version", becomes: "operating system and its build" },
        Field { named: "System Manufacturer, System Model", becomes: "whether it is virtual, and on what" },
        Field { named: "Processor(s)", becomes: "number of sockets, as a remark" },
        Field { named: "OS Configuration", becomes: "role of the machine, as a remark" },
    ],
    quirks: &[
        "it counts processors and not their cores: cores stay unknown",
        "labels are in the language of the system; English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian, \
         Swedish, Chinese, Japanese and Korean ones are known; in any other language its lines are told by their order, and \
         the domain is not read",
        "the console writes a code page: letters outside ASCII in values may be wrong, labels are found all the same",
        "it names no software: the machine is known by it and not inventoried",
        "one output without a host name is of the machine after which file or folder is named",
        "several outputs may stand in one file one behind the other; each host name begins a machine",
        "a maker and model of virtual hardware tell a guest; `Hyper-V Requirements` does not, because hosts print it too",
        "dates are written as the system's language has them, and are not read",
    ],
    verified: Verified::RealFile(
        "outputs in English and Spanish that public repositories show, abridged; other languages are unverified",
    ),
    example: "
Host Name:                 DB-01
OS Name:                   Microsoft Windows Server 2022 Standard
OS Version:                10.0.20348 N/A Build 20348
OS Configuration:          Member Server
System Manufacturer:       Dell Inc.
System Model:              PowerEdge R740
Processor(s):              2 Processor(s) Installed.
                           [01]: Intel64 Family 6 Model 85 Stepping 7 GenuineIntel ~2195 Mhz
                           [02]: Intel64 Family 6 Model 85 Stepping 7 GenuineIntel ~2195 Mhz
Domain:                    example.org
",
    samples: &["systeminfo"],
};

/// Labels that must be found.
const FEWEST: usize = 3;
/// Bytes within which they must stand: scripts print other things before.
const LOOKED_AT: usize = 16 * 1024;
/// Most machines in one file.
const MOST_MACHINES: usize = 100_000;

/// Labels in the form in which they are compared, with what they mean.
fn labels() -> &'static BTreeMap<String, &'static str> {
    const FACTS: [&str; 8] = ["host", "system", "version", "role", "maker", "model", "processors", "domain"];
    // A test holds the file to be free of faults.
    static LABELS: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
        let written: BTreeMap<String, Vec<String>> =
            toml::from_str(include_str!("systeminfo.toml")).unwrap_or_default();
        let of_fact =
            |fact: &'static str| written.get(fact).into_iter().flatten().map(move |label| (comparable(label), fact));
        FACTS.into_iter().flat_map(of_fact).collect()
    });
    &LABELS
}

/// A label without blanks, signs and case, and without letters outside ASCII where enough are left.
fn comparable(label: &str) -> String {
    let plain: String =
        label.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    let other = label.chars().filter(|letter| !letter.is_ascii() && letter.is_alphabetic()).count();
    if plain.len() >= 4 && plain.len() > other {
        return plain;
    }
    label.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Label and value of a line; nothing where it continues the one before or is something else.
fn labelled(line: &str) -> Option<(&'static str, &str)> {
    // Outputs in other programs' logs are indented or follow a prompt.
    let line = line.trim();
    line.match_indices([':', '：']).take(2).find_map(|(at, sign)| {
        let fact = *labels().get(&comparable(&line[..at]))?;
        Some((fact, line[at + sign.len()..].trim()))
    })
}

impl Reader for SystemInfo {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn version(&self) -> u32 {
        3
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], path: &str) -> Sniff {
        if !may_be_text_table(head) {
            return Sniff::No;
        }
        let text = String::from_utf8_lossy(&head[..head.len().min(LOOKED_AT)]);
        let mut found: Vec<&str> = text.lines().filter_map(labelled).map(|(fact, _)| fact).collect();
        found.sort_unstable();
        found.dedup();
        let telling = |found: &[&str]| found.len() >= FEWEST && found.contains(&"system");
        let is_ours = telling(&found) || heading_row(&text, path).is_some() || has_lines_in_order(&text);
        if is_ours { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let mut faults = Faults::default();
        let machines = match heading_row(text, input.path) {
            Some(_) => of_table(text, input.path, &mut faults),
            None if has_lines_in_order(text) => of_lines_in_order(text, input.path, &mut faults),
            None => of_lines(text, input.path, &mut faults),
        };
        let mut count = 0;
        let only = machines.len() == 1;
        for (facts, line) in machines {
            match stated(&facts, "host") {
                Some(name) => {
                    count += 1;
                    machine(&facts, line, name).emit(sink);
                }
                None if only => {
                    let owner = owner(input, || machine_after(input, Names::FileAndFolders));
                    count += 1;
                    faults.keep(owner.told);
                    machine(&facts, line, &owner.name).emit(sink);
                }
                None => {
                    let message = "the output has no host name; the machine is left out";
                    faults.keep(Diagnostic::error(Code::IncompleteRecord, input.path, message).at(Place::Line(line)));
                }
            }
        }
        Ok(faults.verdict(count, "no output of systeminfo in it", input.path, sink))
    }
}

/// The facts of a machine by what they mean.
type Facts = BTreeMap<&'static str, String>;

/// Machines of a text. A host name, or a fact that stands twice, begins the next.
fn of_lines(text: &str, path: &str, faults: &mut Faults) -> Vec<(Facts, u32)> {
    let mut machines: Vec<(Facts, u32)> = Vec::new();
    let (mut open, mut beyond): (Facts, Beyond) = (Facts::new(), Beyond::default());
    let mut end = |facts: Facts, line: u32| match facts.is_empty() {
        true => {}
        false if machines.len() < MOST_MACHINES => machines.push((facts, line)),
        false => beyond.add(|| Place::Line(line)),
    };
    let mut begun = 1;
    for (at, line) in text.lines().enumerate() {
        let Some((fact, value)) = labelled(line) else { continue };
        let begins = open.is_empty() || (open.contains_key(fact) && fact != "processors" && fact != "domain");
        if begins {
            end(std::mem::take(&mut open), begun);
            begun = u32::try_from(at + 1).unwrap_or(u32::MAX);
        }
        open.entry(fact).or_insert_with(|| value.to_owned());
    }
    end(open, begun);
    faults.keep_all(beyond.told("machines", MOST_MACHINES, path));
    machines
}

/// What the lines of an output mean, in the order in which every language prints them; an empty text is a line that is
/// not used.
const IN_ORDER: [&str; 15] =
    ["host", "system", "version", "", "role", "", "", "", "", "", "", "maker", "model", "", "processors"];

/// Lines of an output with a label and a value; nothing of those that continue another.
fn labelled_lines(text: &str) -> Vec<(&str, &str, u32)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with(char::is_whitespace));
    let parted = lines.filter_map(|(at, line)| Some((line.split_once(':')?, at)));
    parted.map(|((label, value), at)| (label, value.trim(), u32::try_from(at + 1).unwrap_or(u32::MAX))).collect()
}

/// Whether an output begins here: a line of any value, then those of a system by Microsoft.
fn begins(lines: &[(&str, &str, u32)]) -> bool {
    let [_, (_, system, _), (_, version, _), (_, maker, _), ..] = lines else { return false };
    system.starts_with("Microsoft")
        && system.contains("Windows")
        && first_number(version).is_some()
        && *maker == "Microsoft Corporation"
}

/// Whether it is an output in a language whose labels are not known: its lines are told by their order.
fn has_lines_in_order(text: &str) -> bool {
    let lines = labelled_lines(text);
    let known = lines.iter().filter(|(label, ..)| labels().contains_key(&comparable(label))).count();
    known < FEWEST && (0..lines.len()).any(|at| begins(&lines[at..]))
}

/// Machines of a text whose labels are of a language that is not known.
fn of_lines_in_order(text: &str, path: &str, faults: &mut Faults) -> Vec<(Facts, u32)> {
    let lines = labelled_lines(text);
    let (mut machines, mut beyond) = (Vec::new(), Beyond::default());
    for at in (0..lines.len()).filter(|at| begins(&lines[*at..])) {
        let line = lines[at].2;
        if machines.len() >= MOST_MACHINES {
            beyond.add(|| Place::Line(line));
            continue;
        }
        // A line that was left out moves the others: the kind of machine shows that none was.
        let is_whole = lines.get(at + 13).is_some_and(|(_, kind, _)| kind.contains("PC"));
        let known = if is_whole { IN_ORDER.len() } else { 3 };
        let stated = IN_ORDER.into_iter().take(known).zip(&lines[at..]).filter(|(fact, _)| !fact.is_empty());
        machines.push((stated.map(|(fact, (_, value, _))| (fact, (*value).to_owned())).collect(), line));
    }
    faults.keep_all(beyond.told("machines", MOST_MACHINES, path));
    machines
}

/// What the columns of a table mean; nothing where its first row that is not blank has too few of the labels.
fn heading_row(text: &str, path: &str) -> Option<Vec<Option<&'static str>>> {
    let row = rows_of_text(text, path).map_while(Result::ok).take(5).find(|row| !row.is_blank())?;
    let facts = facts_of(&row.cells);
    let known = facts.iter().flatten().count();
    (known >= FEWEST && facts.contains(&Some("host"))).then_some(facts)
}

fn facts_of(cells: &[String]) -> Vec<Option<&'static str>> {
    cells.iter().map(|cell| labels().get(&comparable(cell)).copied()).collect()
}

/// Machines of a table, whose headings may be repeated before each.
fn of_table(text: &str, path: &str, faults: &mut Faults) -> Vec<(Facts, u32)> {
    let mut columns: Vec<Option<&'static str>> = Vec::new();
    let (mut machines, mut beyond) = (Vec::new(), Beyond::default());
    for row in rows_of_text(text, path) {
        let row = match row {
            Ok(row) if row.is_blank() => continue,
            Ok(row) => row,
            Err(fault) => {
                faults.keep(fault);
                continue;
            }
        };
        let facts = facts_of(&row.cells);
        if facts.iter().flatten().count() >= FEWEST {
            columns = facts;
            continue;
        }
        let stated = columns.iter().zip(&row.cells).filter_map(|(fact, cell)| Some(((*fact)?, cell.trim().to_owned())));
        let line = if let Place::Line(line) = row.place { line } else { 0 };
        if machines.len() < MOST_MACHINES {
            machines.push((stated.collect(), line));
        } else {
            beyond.add(|| row.place.clone());
        }
    }
    faults.keep_all(beyond.told("machines", MOST_MACHINES, path));
    machines
}

/// What is said of a fact.
fn stated<'f>(facts: &'f Facts, fact: &str) -> Option<&'f str> {
    facts.get(fact).map(|text| text.trim()).filter(|text| !text.is_empty() && *text != "N/A")
}

/// The machine that facts describe.
fn machine(facts: &Facts, line: u32, name: &str) -> Collected {
    let text = |fact: &str| stated(facts, fact);
    let mut machine = Collected::new(line, name);
    let place = machine.host.place.clone();
    machine.host.domain = text("domain").map(str::to_owned);
    machine.host.operating_system = text("system").map(|caption| ObservedOperatingSystem {
        caption: caption.to_owned(),
        version: text("version").and_then(first_number).map(str::to_owned),
        place: Some(place),
    });
    let owned = |fact: &str| Text(text(fact).unwrap_or_default().to_owned().into());
    let firmware = Firmware { maker: owned("maker"), model: owned("model"), ..Firmware::default() };
    if let Some(platform) = shown_by_firmware(&firmware) {
        (machine.host.is_virtual, machine.host.platform) = (Some(true), Some(platform.to_owned()));
    }
    let model: Vec<&str> = ["maker", "model"].into_iter().filter_map(text).collect();
    machine.remark("model", Some(model.join(" ")));
    machine.remark("role", text("role").map(str::to_owned));
    let pack =
        text("version").and_then(|version| Some(version.split_once("Service Pack ")?.1.split(' ').next()?.to_owned()));
    machine.remark("service pack", pack);
    let sockets = text("processors").and_then(|text| text.split_whitespace().find_map(|word| word.parse::<u32>().ok()));
    machine.remark("sockets", sockets.map(|count| format!("{count}, the cores of which are not stated")));
    machine
}

/// The number with points in a version: `10.0.20348` of `10.0.20348 N/A Build 20348`.
fn first_number(version: &str) -> Option<&str> {
    version.split_whitespace().find(|word| word.contains('.') && word.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_is_known_and_means_one_thing() {
        let written: BTreeMap<String, Vec<String>> = toml::from_str(include_str!("systeminfo.toml")).expect("TOML");
        for (fact, names) in &written {
            for label in names {
                assert_eq!(labels().get(&comparable(label)).copied(), Some(fact.as_str()), "{label}");
            }
        }
    }

    #[test]
    fn an_output_in_a_language_that_is_not_known_is_read_by_the_order_of_its_lines() {
        let text = "\nNázev hostitele:   PC-12\nNázev OS:   Microsoft Windows 10 Pro\nVerze OS:   10.0.19045 N/A Build 19045\n\
                    Výrobce OS:   Microsoft Corporation\nKonfigurace OS:   Samostatná pracovní stanice\n";
        assert!(has_lines_in_order(text));
        let machines = of_lines_in_order(text, "", &mut Faults::default());
        let facts: Vec<(&str, &str)> = machines[0].0.iter().map(|(fact, value)| (*fact, value.as_str())).collect();
        let wanted =
            [("host", "PC-12"), ("system", "Microsoft Windows 10 Pro"), ("version", "10.0.19045 N/A Build 19045")];
        assert_eq!((machines.len(), machines[0].1, facts), (1, 2, wanted.into()));
        assert!(!has_lines_in_order("a: 1\nb: Microsoft Windows 10 Pro\nc: 10.0\nd: somebody else\n"));
    }

    #[test]
    fn labels_are_found_whatever_the_console_made_of_them() {
        for (line, fact) in [
            ("Domäne:          X", "domain"),
            ("Dom„ne: X", "domain"),
            ("Dom?ne: X", "domain"),
            ("Nom de l'h“te:                        X", "host"),
            ("Nom de l’hôte : X", "host"),
            ("OS 名称:          X", "system"),
            ("Имя узла: X", "host"),
        ] {
            assert_eq!(labelled(line), Some((fact, "X")), "{line}");
        }
        assert_eq!(labelled("   [01]: Intel64 Family 6"), None);
        assert_eq!(labelled("Virtual Memory: Max Size:  2,431 MB"), None);
    }
}
