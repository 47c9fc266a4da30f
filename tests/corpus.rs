//! Real files of other projects, where `TRUEUP_CORPUS` names the folder that holds them: every file is accounted for, and
//! the facts are those that somebody read in the files. Without the folder the tests say so and pass.

mod estates;
mod heard;

use std::collections::BTreeMap;
use std::path::PathBuf;

use assert_cmd::Command;
use heard::Heard;
use serde_json::Value;
use trueup::discover::{Opening, load, walk};
use trueup::model::ObservedHost;
use trueup::read::{Input, Readers, Verdict};
use trueup::rules::TableSettings;

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("TRUEUP_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("TRUEUP_CORPUS names no folder: no real file was read");
    }
    folder
}

/// What a person read in a file.
struct Expected {
    /// Below the corpus.
    path: &'static str,
    /// Format that takes it.
    reader: &'static str,
    /// Machines in it, guests and templates included.
    hosts: usize,
    /// Software records in all.
    software: usize,
    /// A machine in it by name.
    machine: &'static str,
    /// Facts of that machine as `what: value`; a dash for what nobody states.
    facts: &'static [(&'static str, &'static str)],
}

const GLPI: &str = "glpi-inventory_format";

/// Read by eye and with other programs than trueup.
const EXPECTED: &[Expected] = &[
    Expected {
        path: "glpi-inventory_format/examples/computer_1.json",
        reader: "glpi-json",
        hosts: 1,
        software: 6,
        machine: "glpixps",
        facts: &[
            ("os", "Fedora 31 (Workstation Edition)"),
            ("cores", "2"),
            ("virtual", "false"),
            ("uuid", "4c4c4544-0034-3010-8048-b6c04f503732"),
            ("serial", "640HP72"),
            ("captured", "2020-06-12"),
        ],
    },
    Expected {
        path: "glpi-inventory_format/examples/computer_1_partial_cpu.json",
        reader: "glpi-json",
        hosts: 1,
        software: 0,
        machine: "glpixps",
        facts: &[("partial", "true"), ("cores", "2"), ("os", "-")],
    },
    Expected {
        path: "glpi-inventory_format/examples/computer_1_partial_softs.json",
        reader: "glpi-json",
        hosts: 1,
        software: 6,
        machine: "glpixps",
        facts: &[("partial", "true"), ("cores", "-"), ("os", "Fedora 31 (Workstation Edition)")],
    },
    Expected {
        path: "glpi-inventory_format/examples/computer_3.json",
        reader: "glpi-json",
        hosts: 1,
        software: 3033,
        machine: "LF014",
        facts: &[
            ("os", "Fedora release 25 (Twenty Five)"),
            ("fqdn", "LF014.glpi-project.infra"),
            ("cores", "2"),
            ("serial", "8C554721F"),
            ("captured", "2017-02-20"),
        ],
    },
    Expected {
        path: "glpi-inventory_format/examples/computer_3_updated.json",
        reader: "glpi-json",
        hosts: 4,
        software: 3184,
        machine: "win8.1",
        facts: &[("view", "Guest"), ("vcpus", "2"), ("on", "LF014"), ("uuid", "fcb505ed-0ffa-419e-a5a0-fd20bed80f1e")],
    },
    Expected {
        path: "glpi-inventory_format/tests/data/1.xml",
        reader: "fusion-xml",
        hosts: 4,
        software: 42,
        machine: "LF014",
        facts: &[("os", "Fedora release 25 (Twenty Five)"), ("cores", "2"), ("captured", "2017-06-09")],
    },
    Expected {
        path: "glpi-inventory_format/tests/data/2.xml",
        reader: "fusion-xml",
        hosts: 1,
        software: 8,
        machine: "pc-arg-23",
        facts: &[
            ("os", "Microsoft Windows 8.1 Professionnel"),
            ("fqdn", "pc-arg-23.cedre.local"),
            ("cores", "2"),
            ("uuid", "33E737A8-F827-11DF-9297-47C0A301005A"),
            ("serial", "CZC0479792"),
            ("captured", "2017-05-15"),
        ],
    },
    Expected {
        path: "glpi-inventory_format/tests/data/3.xml",
        reader: "fusion-xml",
        hosts: 1,
        software: 40,
        machine: "MacBook-de-teclib",
        facts: &[("cores", "2"), ("serial", "W87051UGVUV"), ("captured", "2016-09-07")],
    },
    Expected {
        path: "glpi-inventory_format/tests/data/4.xml",
        reader: "fusion-xml",
        hosts: 1,
        software: 7,
        machine: "iMac de Marie",
        facts: &[("cores", "4"), ("serial", "C02NG5A5FY11"), ("captured", "2018-07-03")],
    },
    Expected {
        path: "facterdb/facts/4.5/windows-2022-x86_64.facts",
        reader: "facter",
        hosts: 1,
        software: 0,
        machine: "foo",
        facts: &[
            ("os", "Windows Server 2022 Standard Evaluation"),
            ("fqdn", "foo.example.com"),
            ("virtual", "true"),
            ("cores", "2"),
            ("uuid", "F2FE13B6-2E77-4300-B709-3654FF7B6063"),
        ],
    },
    Expected {
        path: "facterdb/facts/4.3/windows-2016-x86_64.facts",
        reader: "facter",
        hosts: 1,
        software: 0,
        machine: "foo",
        facts: &[("os", "Windows Server 2016 Datacenter"), ("virtual", "true"), ("cores", "2"), ("threads", "2")],
    },
    Expected {
        path: "facterdb/facts/4.10/windows-10-x86_64.facts",
        reader: "facter",
        hosts: 1,
        software: 0,
        machine: "foo",
        facts: &[
            ("os", "Windows 10 Enterprise Evaluation"),
            ("serial", "VirtualBox-0699f12e-1a6b-4a14-8f99-e6fabf380f80"),
        ],
    },
    Expected {
        path: "facterdb/facts/4.0/debian-11-x86_64.facts",
        reader: "facter",
        hosts: 1,
        software: 0,
        machine: "foo",
        facts: &[("os", "Debian GNU/Linux 11 (bullseye)"), ("cores", "-"), ("virtual", "true")],
    },
    Expected {
        path: "facterdb/facts/4.8/ubuntu-24.04-x86_64.facts",
        reader: "facter",
        hosts: 1,
        software: 0,
        machine: "foo",
        facts: &[("os", "Ubuntu 24.04 LTS"), ("cores", "2"), ("uuid", "27a80972-e75e-2c47-8229-f5aad70afb8f")],
    },
    Expected {
        path: "govmomi/vim25/types/testdata/vminfo.json",
        reader: "vsphere",
        hosts: 1,
        software: 0,
        machine: "test",
        facts: &[
            ("view", "Guest"),
            ("vcpus", "1"),
            ("os", "VMware Photon OS (64-bit)"),
            ("uuid", "422ca90b-853b-1101-3350-759f747730cc"),
        ],
    },
    Expected {
        path: "rvtools/csv/kubev2v-example1/RVTools_tabvHost.csv",
        reader: "rvtools",
        hosts: 7,
        software: 0,
        machine: "10.17.135.71",
        facts: &[("view", "Hypervisor"), ("cores", "32"), ("sockets", "2"), ("cluster", "Cluster")],
    },
    Expected {
        path: "rvtools/csv/mjvincent-SizingWorkshop/RVTools_tabvHost.csv",
        reader: "rvtools",
        hosts: 34,
        software: 0,
        machine: "vmsp-01",
        facts: &[("view", "Hypervisor"), ("cores", "16"), ("sockets", "2"), ("cluster", "Cluster1")],
    },
    Expected {
        path: "rvtools/csv/mjvincent-SizingWorkshop/RVTools_tabvInfo.csv",
        reader: "rvtools",
        hosts: 805,
        software: 0,
        machine: "wowas1",
        facts: &[
            ("view", "Guest"),
            ("vcpus", "6"),
            ("on", "bovmsp-04.customer.com"),
            ("os", "Microsoft Windows Server 2012 (64-bit)"),
        ],
    },
    Expected {
        path: "rvtools/kubev2v-migration-planner/test/e2e/data/example_rvtools_files/example1.xlsx",
        reader: "workbook",
        hosts: 16,
        software: 0,
        machine: "vm-2",
        facts: &[
            ("view", "Guest"),
            ("vcpus", "2"),
            ("on", "10.5.126.198"),
            ("uuid", "500bfe00-a0ed-72f7-0d6d-9a0395fff483"),
        ],
    },
    Expected {
        path: "rvtools/mjvincent/samples/rvtools-small-complete.xlsx",
        reader: "workbook",
        hosts: 5,
        software: 0,
        machine: "sample-db-01",
        facts: &[("view", "Guest"), ("vcpus", "4"), ("on", "sample-host-02"), ("os", "Microsoft Windows Server 2022")],
    },
    Expected {
        path: "osquery-fleet/cmd/osquery-perf/windows_11-software.json",
        reader: "osquery",
        hosts: 1,
        software: 141,
        machine: "windows_11",
        facts: &[("view", "Agent")],
    },
];

/// One fact of a machine, as text.
fn fact(host: &ObservedHost, what: &str) -> String {
    let text = |value: &Option<String>| value.clone();
    let number = |value: Option<u32>| value.map(|value| value.to_string());
    let value = match what {
        "os" => host.operating_system.as_ref().map(|system| system.caption.clone()),
        "fqdn" => text(&host.fqdn),
        "uuid" => text(&host.uuid),
        "serial" => text(&host.serial),
        "cluster" => text(&host.cluster),
        "on" => text(&host.runs_on),
        "cores" => host.processors.as_ref().map(|all| all.iter().map(|one| one.cores).sum::<u32>().to_string()),
        "sockets" => host.processors.as_ref().map(|all| all.len().to_string()),
        "threads" => number(host.threads_per_core),
        "vcpus" => number(host.vcpus),
        "virtual" => host.is_virtual.map(|value| value.to_string()),
        "partial" => Some(host.partial.to_string()),
        "captured" => host.captured.map(|day| day.to_string()),
        "view" => Some(format!("{:?}", host.view)),
        _ => panic!("no fact is called {what}"),
    };
    value.unwrap_or_else(|| "-".to_owned())
}

/// What differs between a file and what a person read in it.
fn differences(corpus: &std::path::Path, expected: &Expected) -> Vec<String> {
    let absolute = corpus.join(expected.path);
    let size = std::fs::metadata(&absolute).map_or(0, |metadata| metadata.len());
    let found = trueup::discover::Found { path: expected.path.to_owned(), absolute, size, modified: 0 };
    let mut buffer = Vec::new();
    let loaded = match load(&found, &Opening::default(), &mut buffer) {
        Ok(loaded) => loaded,
        Err(fault) => return vec![fault.to_string()],
    };
    let readers = Readers::new(TableSettings::NONE);
    let Some(reader) = readers.choose(&loaded.bytes, expected.path) else { return vec!["no reader takes it".into()] };
    let mut heard = Heard::default();
    let verdict = reader.read(&Input::new(expected.path, &loaded.bytes), &mut heard);
    let mut wrong = Vec::new();
    let mut compare = |what: &str, is: String, should: String| {
        if is != should {
            wrong.push(format!("{what} is {is}, {should} was read"));
        }
    };
    compare("reader", reader.name().to_owned(), expected.reader.to_owned());
    compare("verdict", format!("{verdict:?}"), format!("{:?}", Verdict::Read));
    compare("machines", heard.hosts.len().to_string(), expected.hosts.to_string());
    let software: usize = heard.hosts.iter().map(|(_, software)| software.len()).sum();
    compare("software records", software.to_string(), expected.software.to_string());
    match heard.hosts.iter().find(|(host, _)| host.name == expected.machine) {
        None => compare("machine", format!("{:?}", heard.names()), expected.machine.to_owned()),
        Some((host, _)) => {
            for (what, value) in expected.facts {
                compare(what, fact(host, what), (*value).to_owned());
            }
        }
    }
    wrong
}

#[test]
fn facts_of_real_files_are_those_that_a_person_read_in_them() {
    let Some(corpus) = corpus() else { return };
    assert!(EXPECTED.len() >= 20);
    let wrong: Vec<String> = EXPECTED
        .iter()
        .flat_map(|expected| {
            differences(&corpus, expected).into_iter().map(move |wrong| format!("{}: {wrong}", expected.path))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files that are no inventory of machines, by the end of their path or the folder they lie in.
fn is_no_inventory(path: &str) -> bool {
    let of = |folder: &str| path.starts_with(folder);
    let named = |name: &str| path.ends_with(name);
    // Descriptions of formats and of tables, catalogues of installers, lists of titles without machines.
    named("inventory.schema.json")
        || of("osquery-fleet/schema/")
        || of("osquery-fleet/server/mdm/maintainedapps/")
        || of("winget-cli/")
        // Templates that are not filled in, and faults that a server answered.
        || named(".tmpl")
        || named(".tmpl.txt")
        || of("govmomi/cli/")
        || of("govmomi/vim25/mo/")

        // Sums over a whole estate.
        || named("kubev2v-migration-planner/examples/inventory.json")
}

#[test]
fn the_whole_folder_is_scanned_and_every_file_is_accounted_for() {
    let Some(corpus) = corpus() else { return };
    let store = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.env_remove("TRUEUP_ESTATE").args(["scan", "--format", "json", "--store"]);
    let output = command.arg(store.path().join("trueup.db")).arg(&corpus).output().expect("the program runs");
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    let sources = report["sources"].as_array().expect("a list of sources");
    let files = walk(&corpus).expect("the corpus can be read");
    let told: BTreeMap<&str, &Value> =
        sources.iter().map(|source| (source["path"].as_str().unwrap_or_default(), source)).collect();
    let mut wrong = Vec::new();
    for file in files.files {
        let Some(source) = told.get(file.path.as_str()) else {
            wrong.push(format!("{} stands nowhere", file.path));
            continue;
        };
        let (status, reason) = (source["status"].as_str().unwrap_or_default(), source["reason"].as_str());
        if status != "read" && reason.is_none_or(str::is_empty) {
            wrong.push(format!("{} is {status} without a reason", file.path));
        }
        if status == "rejected" && !is_no_inventory(&file.path) {
            wrong.push(format!("{} is rejected: {}", file.path, reason.unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), told.len(), wrong.join("\n"));
}

#[test]
fn the_machines_of_the_agents_own_examples_are_joined_by_what_identifies_them() {
    let Some(corpus) = corpus() else { return };
    let estate = estates::folder();
    for name in ["computer_1.json", "computer_1_partial_cpu.json", "computer_1_partial_softs.json"] {
        let bytes = std::fs::read(corpus.join(GLPI).join("examples").join(name)).expect("an example can be read");
        estates::write(&estate.path().join(name), &bytes);
    }
    let outcome = estates::scan(&estates::options(estate.path()));
    let machines: Vec<&str> = outcome.hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(machines, ["glpixps"], "the whole inventory and its changes are one machine");
}
