//! Inventories that name no machine are of the one their file or folder is named after, in every scan.

mod estates;

use std::path::Path;

use trueup::diag::Code;
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

/// Text of the only finding of this kind.
fn finding<'o>(outcome: &'o Outcome, kind: &str) -> &'o str {
    let mut of_kind = outcome.findings.iter().filter(|finding| finding.key.0.starts_with(kind));
    match (of_kind.next(), of_kind.next()) {
        (Some(only), None) => &only.text,
        other => panic!("{kind}: {other:?} among {:?}", outcome.findings),
    }
}

#[test]
fn a_list_of_no_machine_is_read_told_and_attributed_to_nobody() {
    let estate = estates::folder();
    let folder = estate.path().join("inventory/brent");
    estates::write(&folder.join("programs.json"), PROGRAMS.as_bytes());
    estates::write(
        &folder.join("sbom/rpm-qa.txt"),
        b"bash-5.1.8-9.el9.x86_64\ntzdata-2024a-1.el9.noarch\nzip-3.0-35.el9.x86_64\n",
    );
    let outcome = scan(estate.path());
    let source = |path: &str| outcome.sources.iter().find(|source| source.path == path).expect("it is listed");
    for (path, records) in [("inventory/brent/programs.json", 1), ("inventory/brent/sbom/rpm-qa.txt", 3)] {
        let source = source(path);
        assert_eq!((source.status, source.hosts, source.unnamed, source.records), (FileStatus::Read, 0, 1, records));
    }
    assert!(outcome.hosts.is_empty() && outcome.strict.positions.is_empty());
    let coverage = &outcome.coverage[0];
    let counts = (coverage.organisation.as_str(), coverage.records.records, coverage.records.without_machine);
    assert_eq!(counts, ("brent", 4, 4));
    let text = finding(&outcome, "no-machine:");
    assert!(text.starts_with("1 installation belongs to no known machine and counts nowhere (Visio 2019"), "{text}");
    assert!(
        text.contains("in 2 files with 4 software records") && text.contains("[[source]] in trueup.toml"),
        "{text}"
    );
    let told = outcome.diagnostics.iter().filter(|told| told.code == Code::UnknownMachine).count();
    assert_eq!(told, 2, "{:?}", outcome.diagnostics);
}

/// `osqueryi --json` prints a table at a time; only `system_info` says of which machine they are.
#[test]
fn a_table_beside_the_only_one_that_names_a_machine_is_of_that_machine() {
    let estate = estates::folder();
    let write = |path: &str, text: &str| {
        estates::write(&estate.path().join("inventory/brent/osquery").join(path), text.as_bytes())
    };
    write("programs.json", PROGRAMS);
    assert!(scan(estate.path()).hosts.is_empty());
    write("system_info.json", SYSTEM);
    let outcome = scan(estate.path());
    assert_eq!(names(&outcome), ["web-01"]);
    assert!(outcome.hosts[0].inventoried && outcome.coverage[0].records.installations == 1, "{:?}", outcome.coverage);
    let told =
        outcome.diagnostics.iter().find(|told| told.message.contains("system_info.json in the same folder names"));
    assert!(told.is_some_and(|told| told.path.ends_with("programs.json")), "{:?}", outcome.diagnostics);
    assert!(!outcome.diagnostics.iter().any(|told| told.code == Code::UnknownMachine), "{:?}", outcome.diagnostics);
    write("programs-2.json", &PROGRAMS.replace("Visio", "Project"));
    let outcome = scan(estate.path());
    assert_eq!(
        outcome.coverage[0].records.without_machine, 2,
        "two lists are of two machines for all that anybody knows"
    );
    std::fs::remove_file(estate.path().join("inventory/brent/osquery/programs-2.json")).expect("it was there");
    write(
        "other_system_info.json",
        &SYSTEM.replace("web-01", "web-02").replace("5931", "5932").replace("ABC1234", "ABC1235"),
    );
    let outcome = scan(estate.path());
    assert_eq!((names(&outcome), outcome.coverage[0].records.without_machine), (vec!["web-01", "web-02"], 1));
}

#[test]
fn trueup_toml_states_the_machine_of_a_file() {
    let estate = estates::folder();
    let state = |tables: &str| estates::write(&estate.path().join("trueup.toml"), tables.as_bytes());
    estates::write(&estate.path().join("inventory/brent/lists/programs.json"), PROGRAMS.as_bytes());
    assert!(scan(estate.path()).hosts.is_empty());
    state("[[source]]\npath = \"*/lists/pro*.json\"\nhost = \"desk 7\"\n");
    let outcome = scan(estate.path());
    assert_eq!(names(&outcome), ["desk 7"], "an unchanged file is read anew");
    assert_eq!(outcome.coverage[0].records.without_machine, 0);
    let told = outcome.diagnostics.iter().find(|told| told.message.contains("as trueup.toml states (line 1)"));
    assert!(told.is_some(), "{:?}", outcome.diagnostics);
    state("[[source]]\npath = \"*/lists/programs.json\"\nhost = \"desk-08\"\n");
    assert_eq!(names(&scan(estate.path())), ["desk-08"]);
    state("");
    assert!(scan(estate.path()).hosts.is_empty(), "nothing is remembered of a statement that is gone");
}

/// Whoever states the machine knows that all of it is installed there.
#[test]
fn a_bill_of_a_product_is_installed_where_somebody_says_so() {
    let estate = estates::folder();
    let bill = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"component": {"type": "application", "name": "shop"}},
        "components": [{"type": "application", "name": "Microsoft Visio Professional 2019", "version": "16.0"}]}"#;
    estates::write(&estate.path().join("sbom/shop.json"), bill.as_bytes());
    let status = |outcome: &Outcome| outcome.sources[0].status;
    assert_eq!(status(&scan(estate.path())), FileStatus::Ignored);
    estates::write(
        &estate.path().join("trueup.toml"),
        b"[[source]]\npath = \"sbom/shop.json\"\nhost = \"shop-server\"\n",
    );
    let outcome = scan(estate.path());
    assert_eq!((status(&outcome), names(&outcome)), (FileStatus::Read, vec!["shop-server"]));
}

#[test]
fn a_wrong_statement_on_a_file_is_shown_with_its_line() {
    let faults = |text: &str| trueup::rules::parse_settings("trueup.toml", text).expect_err("it is wrong");
    let twice = "[[source]]\npath = \"a*\"\nhost = \"x\"\n[[source]]\npath = \"A*\"\nhost = \"y\"\n";
    assert_eq!(faults(twice)[0].message, "the path A* stands twice");
    assert_eq!(faults("[[source]]\npath = \"a\"\nhost = \" \"\n")[0].message, "`host` says nothing");
    assert!(faults("[[source]]\npath = \"a\"\n")[0].message.contains("host"));
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

const SERVERS: &str = "[[mapping]]\nname = \"server list\"\nholds = \"machines\"\nheadings = [\"Server\", \"Sockets\", \"Cores per socket\"]\n\
    columns = { name = \"Server\", processors = \"Sockets\", cores = { heading = \"Cores per socket\", per = \"processor\" } }\n";

#[test]
fn a_mapping_that_no_file_used_is_told_with_the_closest_file() {
    let estate = estates::folder();
    let write = |path: &str, text: &str| estates::write(&estate.path().join(path), text.as_bytes());
    write("trueup.toml", SERVERS);
    write("inventory/list.csv", "Server,Sockets,Cores per CPU\nweb-01,2,8\n");
    write("inventory/rooms.csv", "Room,Floor\nA,1\n");
    let outcome = scan(estate.path());
    let wanted = "The mapping \"server list\" (trueup.toml, line 1) took no file; the closest is inventory/list.csv: it lacks \
                  the heading `Cores per socket`.";
    assert_eq!(finding(&outcome, "unused-mapping:"), wanted);
    write("inventory/list.csv", "Server,Sockets,Cores per socket\nweb-01,2,8\n");
    let outcome = scan(estate.path());
    assert_eq!(names(&outcome), ["web-01"]);
    assert!(!outcome.findings.iter().any(|finding| finding.key.0.starts_with("unused")), "{:?}", outcome.findings);
    std::fs::remove_file(estate.path().join("inventory/list.csv")).expect("it was there");
    let text = finding(&scan(estate.path()), "unused-mapping:").to_owned();
    assert!(text.ends_with("no file of 1 shows half of its headings; no format takes inventory/rooms.csv."), "{text}");
}

#[test]
fn a_mapping_that_reads_a_sheet_is_used() {
    let estate = estates::folder();
    estates::write(&estate.path().join("trueup.toml"), SERVERS.as_bytes());
    let book = |headings: [&str; 3]| {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (row, cells) in (0..).zip([headings, ["web-01", "2", "8"]]) {
            for (column, cell) in (0..).zip(cells) {
                sheet.write_string(row, column, cell).expect("a cell");
            }
        }
        estates::write(&estate.path().join("list.xlsx"), &book.save_to_buffer().expect("a workbook"));
    };
    book(["Server", "Sockets", "Cores per socket"]);
    let outcome = scan(estate.path());
    assert_eq!(names(&outcome), ["web-01"]);
    assert!(!outcome.findings.iter().any(|finding| finding.key.0.starts_with("unused")), "{:?}", outcome.findings);
    book(["Server", "Sockets", "Cores"]);
    let outcome = scan(estate.path());
    let text = finding(&outcome, "unused-mapping:");
    assert!(text.contains("the closest is list.xlsx: it lacks the heading `Cores per socket`"), "{text}");
}

#[test]
fn a_stated_machine_that_is_of_no_file_is_told() {
    let estate = estates::folder();
    let write = |path: &str, text: &str| estates::write(&estate.path().join(path), text.as_bytes());
    write("trueup.toml", "[[source]]\npath = \"lists/*.json\"\nhost = \"web-09\"\n");
    write("system_info.json", SYSTEM);
    let text = |estate: &Path| finding(&scan(estate), "unused-source:").to_owned();
    let told = text(estate.path());
    assert!(told.contains("(trueup.toml, line 1) is that of no file: no file of 1 has such a path"), "{told}");
    write("lists/system_info.json", SYSTEM);
    assert!(
        text(estate.path()).contains("lists/system_info.json names its machines itself"),
        "{}",
        text(estate.path())
    );
    write("lists/programs.json", PROGRAMS);
    assert!(!scan(estate.path()).findings.iter().any(|finding| finding.key.0.starts_with("unused")));
}

/// Lists of software name an instance by its id alone; people know it by its tag or by the name of the computer.
#[test]
fn an_instance_of_a_cloud_is_shown_under_the_name_that_people_give_it() {
    let estate = estates::folder();
    let sample =
        |file: &str| std::fs::read(estates::repository("samples/formats/aws-inventory").join(file)).expect("a sample");
    let write = |file: &str| estates::write(&estate.path().join(file), &sample(file));
    write("entries.json");
    assert_eq!(names(&scan(estate.path())), ["i-0aaaaaaaaaaaaaaa1"], "nothing else is known");
    write("information.json");
    assert_eq!(names(&scan(estate.path())), ["EC2AMAZ-1"]);
    write("ec2.json");
    let outcome = scan(estate.path());
    assert_eq!(names(&outcome), ["fin-db-01"]);
    assert!(outcome.hosts[0].inventoried && outcome.coverage[0].records.records == 2, "{:?}", outcome.coverage);
}

/// A tag is no name of a computer: machines that bear the same one stay apart.
#[test]
fn instances_with_the_same_tag_are_not_one_machine() {
    let estate = estates::folder();
    let instance = |id: &str| {
        format!(
            r#"{{"InstanceId": "{id}", "InstanceType": "m5.large", "PrivateDnsName": "", "State": {{"Name": "running"}},
                "Tags": [{{"Key": "Name", "Value": "web"}}]}}"#
        )
    };
    let text = format!(r#"{{"Reservations": [{{"Instances": [{}, {}]}}]}}"#, instance("i-0a"), instance("i-0b"));
    estates::write(&estate.path().join("ec2.json"), text.as_bytes());
    assert_eq!(names(&scan(estate.path())), ["web (1)", "web (2)"]);
}
