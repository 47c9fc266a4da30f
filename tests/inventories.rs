//! Inventories that name no machine are of the one their file or folder is named after, in every scan.

mod estates;

use std::path::Path;

use trueup::model::{FileStatus, Outcome};
use trueup::pipeline::ScanOptions;

const PROGRAMS: &str = r#"[{"name": "Microsoft Visio Professional 2019", "version": "16.0.10412.20006",
    "publisher": "Microsoft Corporation", "install_source": "", "identifying_number": ""}]"#;

const SYSTEM: &str = r#"[{"hostname": "web-01", "uuid": "4c4c4544-0042-3510-8054-c7c04f4b5931", "cpu_physical_cores": "16",
    "cpu_sockets": "2", "hardware_vendor": "Dell Inc.", "hardware_model": "PowerEdge R640", "hardware_serial": "ABC1234"}]"#;

fn scan(estate: &Path) -> Outcome {
    estates::scan(&ScanOptions { as_of: Some("2026-06-30".parse().expect("a day")), ..estates::options(estate) })
}

fn names(outcome: &Outcome) -> Vec<&str> {
    outcome.hosts.iter().map(|host| host.name.as_str()).collect()
}

#[test]
fn the_same_list_in_two_folders_is_of_two_machines() {
    let estate = estates::folder();
    for machine in ["web-01", "web-02"] {
        estates::write(&estate.path().join(format!("inventory/brent/{machine}/programs.json")), PROGRAMS.as_bytes());
    }
    estates::write(&estate.path().join("inventory/brent/system_info.json"), SYSTEM.as_bytes());
    assert_eq!(names(&scan(estate.path())), ["web-01", "web-02"]);
    estates::write(&estate.path().join("inventory/brent/web-03-programs.json"), PROGRAMS.as_bytes());
    let outcome = scan(estate.path());
    assert_eq!(names(&outcome), ["web-01", "web-02", "web-03"], "a copy in the next scan is of another machine");
    assert!(outcome.hosts.iter().all(|host| host.inventoried), "each has what its list says: {:?}", outcome.hosts);
    let evidence = &outcome.hosts[0].evidence;
    assert!(evidence.len() >= 2, "the table that names it and the list join: {evidence:?}");
}

#[test]
fn a_list_of_no_machine_is_rejected_by_name() {
    let estate = estates::folder();
    estates::write(&estate.path().join("programs.json"), PROGRAMS.as_bytes());
    let outcome = scan(estate.path());
    let source = outcome.sources.iter().find(|source| source.path == "programs.json").expect("it is listed");
    assert_eq!(source.status, FileStatus::Rejected);
    assert!(source.reason.as_deref().is_some_and(|why| why.contains("which machine is this of?")), "{source:?}");
    assert!(outcome.hosts.is_empty());
}

const TAG: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<SoftwareIdentity xmlns="http://standards.iso.org/iso/19770/-2/2015/schema.xsd" name="NAME" tagId="example.NAME" version="1.0">
  <Entity name="Example" regid="example.org" role="tagCreator softwareCreator"/>
</SoftwareIdentity>
"#;

/// Each of these holds a part of what is on the machine; none of them may hide another.
#[test]
fn lists_of_parts_of_a_machine_add_up() {
    let estate = estates::folder();
    let write = |path: &str, text: &str| {
        estates::write(&estate.path().join("inventory/brent/web-01").join(path), text.as_bytes())
    };
    let registry = |key: &str, name: &str| {
        format!(
            "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\{key}Microsoft\\Windows\\CurrentVersion\\\
             Uninstall\\{name}]\n\"DisplayName\"=\"{name}\"\n"
        )
    };
    let package = |name: &str| format!("Package: {name}\nVersion: 1.0\nArchitecture: amd64\n");
    write("tags/one.swidtag", &TAG.replace("NAME", "Tag One"));
    write("tags/two.swidtag", &TAG.replace("NAME", "Tag Two"));
    write("Uninstall.reg", &registry("", "Branch One"));
    write("Uninstall-32.reg", &registry("WOW6432Node\\", "Branch Two"));
    write("var/lib/dpkg/status.d/one", &package("package-one"));
    write("var/lib/dpkg/status.d/two", &package("package-two"));
    write("programs.json", PROGRAMS);
    write("programs.csv", "\"DisplayName\",\"DisplayVersion\",\"Publisher\"\n\"Row One\",\"1.0\",\"Example\"\n");
    let outcome = scan(estate.path());
    assert_eq!(names(&outcome), ["web-01"]);
    let records = outcome.coverage[0].records;
    assert_eq!((records.records, records.duplicates), (8, 0), "{records:?}");
}
