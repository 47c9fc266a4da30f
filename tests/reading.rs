//! Promise: what an inventory says is read, all of it, and what cannot be read is named with its place.

use std::path::{Path, PathBuf};
use std::process::Command;

use trueup::diag::{Code, Diagnostic};
use trueup::discover::{HEAD_BYTES, Opening, load, walk};
use trueup::model::{Manifest, ObservedHost, Place, Price, PurchaseLine, SoftwareRecord, View};
use trueup::read::{Input, Reader, Sink, Sniff, Verdict, readers};

/// Names of the readers tried here.
const AGENTS: [&str; 2] = ["glpi-json", "fusion-xml"];

/// Everything a reader said, in order.
#[derive(Default)]
struct Heard {
    hosts: Vec<ObservedHost>,
    software: Vec<HeardSoftware>,
    diagnostics: Vec<Diagnostic>,
}

/// A software record of its own.
struct HeardSoftware {
    name: String,
    version: String,
    publisher: String,
    key: String,
    place: Place,
}

impl Sink for Heard {
    fn host(&mut self, host: ObservedHost) {
        self.hosts.push(host);
    }

    fn software(&mut self, record: SoftwareRecord<'_>, place: Place) {
        assert!(!self.hosts.is_empty(), "software comes after its host");
        let [name, version, publisher, key] =
            [record.name, record.version, record.publisher, record.key].map(str::to_owned);
        self.software.push(HeardSoftware { name, version, publisher, key, place });
    }

    fn purchase(&mut self, _: PurchaseLine, _: Place) {
        panic!("an agent sells nothing");
    }

    fn price(&mut self, _: Price, _: Place) {
        panic!("an agent sells nothing");
    }

    fn manifest(&mut self, _: Manifest) {
        panic!("an agent declares nothing");
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

impl Heard {
    fn remark(&self, name: &str) -> Option<&str> {
        self.hosts[0].remarks.iter().find(|(remark, _)| remark == name).map(|(_, text)| text.as_str())
    }

    fn cores(&self) -> Vec<u32> {
        self.hosts[0].processors.iter().flatten().map(|processor| processor.cores).collect()
    }
}

fn agents() -> impl Iterator<Item = &'static dyn Reader> {
    readers().iter().copied().filter(|reader| AGENTS.contains(&reader.name()))
}

/// Reads bytes with the agents' reader that is surest of them.
fn read_bytes(path: &str, bytes: &[u8]) -> (&'static str, Verdict, Heard) {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let reader = agents().max_by_key(|reader| reader.sniff(head, path)).expect("there are readers");
    assert_ne!(reader.sniff(head, path), Sniff::No, "{path}: no reader wants it");
    let mut heard = Heard::default();
    let verdict = reader.read(&Input::new(path, bytes), &mut heard);
    (reader.name(), verdict, heard)
}

fn read_file(path: &Path) -> (&'static str, Verdict, Heard) {
    let folder = path.parent().expect("a file lies in a folder");
    let found = walk(folder).expect("the folder can be read").files;
    let found = found.into_iter().find(|found| found.absolute == path).expect("the file is found");
    let mut buffer = Vec::new();
    let loaded = load(&found, &Opening::default(), &mut buffer).expect("the file can be loaded");
    read_bytes(&found.path, &loaded.bytes)
}

fn sample_path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/formats").join(path)
}

fn sample(path: &str) -> (&'static str, Verdict, Heard) {
    read_file(&sample_path(path))
}

fn rejected(verdict: Verdict) -> Diagnostic {
    match verdict {
        Verdict::Rejected(diagnostic) => diagnostic,
        other => panic!("expected a rejection, got {other:?}"),
    }
}

#[test]
fn a_hypervisor_with_software_is_an_agent_with_guests() {
    let (reader, verdict, heard) = sample("glpi-json/hyper-v-host-with-software.json");
    assert_eq!((reader, verdict), ("glpi-json", Verdict::Read));
    let host = &heard.hosts[0];
    assert_eq!((host.name.as_str(), host.view, host.platform.as_deref()), ("HV-01", View::Agent, Some("Hyper-V")));
    assert_eq!((host.fqdn.as_deref(), host.domain.as_deref()), (Some("hv-01.example.org"), Some("example.org")));
    assert_eq!((host.serial.as_deref(), host.tag.as_deref()), (Some("6J1ZKR2"), Some("000042")));
    assert_eq!(host.captured.map(|day| day.to_string()).as_deref(), Some("2026-06-10"));
    assert_eq!((host.is_virtual, host.threads_per_core), (Some(false), Some(2)));
    assert_eq!(heard.cores(), [16, 16]);
    let system = host.operating_system.as_ref().expect("stated");
    assert_eq!(system.caption, "Microsoft Windows Server 2019 Datacenter");
    assert_eq!(system.version.as_deref(), Some("10.0.17763"));

    let guests = &heard.hosts[1..];
    let running: Vec<_> = guests.iter().map(|guest| (guest.name.as_str(), guest.powered_on, guest.vcpus)).collect();
    assert_eq!(running, [("app-01", Some(true), Some(4)), ("app-02", Some(false), Some(2))]);
    assert!(guests.iter().all(|guest| guest.view == View::Guest && guest.runs_on.as_deref() == Some("HV-01")));
    assert_eq!(guests[0].place, Place::Item { list: "content.virtualmachines".into(), index: 0 });
    assert_eq!(heard.remark("containers"), Some("1, not machines of their own: web"));
    assert_eq!(heard.remark("database"), Some("MariaDB, 10.5.10, mysql, port 3306"));
    assert_eq!(heard.remark("operating system channel"), Some("OEM, by its product id"));
    assert_eq!(heard.remark("licence"), Some("Example Office Standard, OEM"));
    assert_eq!(heard.software[0].key, "{90160000-0011-0000-0000-0000000FF1CE}");
}

#[test]
fn product_keys_and_product_ids_are_never_kept() {
    for path in ["glpi-json/hyper-v-host-with-software.json", "fusion-xml/one-element-two-sockets.ocs"] {
        let (_, _, heard) = sample(path);
        let titles: Vec<&str> = heard.software.iter().map(|row| row.name.as_str()).collect();
        let all = format!("{:?} {titles:?} {:?}", heard.hosts, heard.diagnostics);
        assert!(!all.contains("BBBBB") && !all.contains("00454-40000"), "{path}");
    }
}

#[test]
fn the_order_of_keys_does_not_matter_and_names_stay_as_written() {
    let (_, verdict, heard) = sample("glpi-json/software-before-hardware.json");
    assert_eq!(verdict, Verdict::Read);
    let host = &heard.hosts[0];
    assert_eq!((host.name.as_str(), host.tag.as_deref(), host.captured), ("order-01", None, None));
    assert_eq!(
        (host.is_virtual, host.platform.as_deref()),
        (None, Some("Docker")),
        "a container says nothing below it"
    );
    let processor = host.processors.as_ref().expect("stated")[0];
    assert_eq!((processor.cores, processor.enabled_cores), (4, Some(1)));
    let place = |index: u32| Place::Item { list: "content.softwares".into(), index };
    let software: Vec<_> =
        heard.software.iter().map(|row| (row.name.as_str(), row.version.as_str(), &row.place)).collect();
    assert_eq!(software, [("Résumé \"Writer\" ", "2", &place(0)), ("Trailing blanks stay  ", "03.50", &place(2))]);
    let [nameless] = heard.diagnostics.as_slice() else { panic!("{:?}", heard.diagnostics) };
    assert_eq!((nameless.code, nameless.place.as_ref()), (Code::IncompleteRecord, Some(&place(1))));
}

#[test]
fn one_processor_element_of_ocs_speaks_of_all_sockets() {
    let (reader, verdict, heard) = sample("fusion-xml/one-element-two-sockets.ocs");
    assert_eq!((reader, verdict), ("fusion-xml", Verdict::Read));
    let host = &heard.hosts[0];
    assert_eq!((heard.cores(), host.threads_per_core, host.captured), (vec![8, 8], Some(2), None));
    assert_eq!((host.tag.as_deref(), host.serial.as_deref(), host.is_virtual), (Some("000005"), None, None));
    assert_eq!(host.operating_system.as_ref().and_then(|system| system.version.as_deref()), Some("12"));
    assert_eq!(heard.remark("licence"), Some("Office 16, VOLUME_KMSCLIENT channel"));
    let software: Vec<_> =
        heard.software.iter().map(|row| (row.name.as_str(), row.publisher.as_str(), row.place.clone())).collect();
    let expected = [("adduser", "", Place::Line(29)), ("R&D — Tools <beta>  ", "A & B", Place::Line(36))];
    assert_eq!(software, expected);
    assert_eq!(heard.diagnostics[0].place, Some(Place::Line(41)));
}

#[test]
fn other_messages_of_the_agents_are_ignored_by_name() {
    let cases =
        [("glpi-json/phone-ignored.json", "`Phone`"), ("fusion-xml/netdiscovery-ignored.xml", "`NETDISCOVERY`")];
    for (path, named) in cases {
        let (_, verdict, heard) = sample(path);
        assert!(matches!(&verdict, Verdict::Ignored(reason) if reason.contains(named)), "{path}: {verdict:?}");
        assert!(heard.hosts.is_empty() && heard.software.is_empty());
    }
}

#[test]
fn document_types_and_unknown_entities_are_refused_with_their_place() {
    for (path, line) in [("fusion-xml/document-type-refused.xml", 2), ("fusion-xml/unknown-entity-refused.xml", 4)] {
        let (_, verdict, heard) = sample(path);
        let diagnostic = rejected(verdict);
        assert_eq!((diagnostic.code, diagnostic.place), (Code::BrokenFormat, Some(Place::Line(line))), "{path}");
        assert!(heard.hosts.is_empty());
    }
}

#[test]
fn a_file_that_breaks_off_anywhere_is_rejected_whole() {
    for path in ["glpi-json/hyper-v-host-with-software.json", "fusion-xml/one-element-two-sockets.ocs"] {
        let whole = std::fs::read(sample_path(path)).expect("exists");
        for length in 0..whole.trim_ascii_end().len() {
            for reader in agents() {
                let mut heard = Heard::default();
                let verdict = reader.read(&Input::new(path, &whole[..length]), &mut heard);
                let diagnostic = rejected(verdict);
                assert!(diagnostic.place.is_some() || diagnostic.code == Code::WrongEncoding, "{path} at {length}");
                assert!(heard.hosts.is_empty() && heard.software.is_empty(), "{path} at {length}");
            }
        }
    }
}

#[test]
fn no_change_of_bytes_makes_a_reader_panic() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("below a usize")
    };
    for path in ["glpi-json/software-before-hardware.json", "fusion-xml/one-element-two-sockets.ocs"] {
        let whole = std::fs::read(sample_path(path)).expect("exists");
        for _ in 0..2_000 {
            let mut bytes = whole.clone();
            for _ in 0..=random(3) {
                let at = random(bytes.len());
                match random(3) {
                    0 => bytes[at] = u8::try_from(random(256)).expect("a byte"),
                    1 => drop(bytes.drain(at / 2..at)),
                    _ => bytes.extend_from_slice(&whole[random(whole.len())..]),
                }
                bytes.push(b'\n');
            }
            for reader in agents() {
                reader.read(&Input::new(path, &bytes), &mut Heard::default());
            }
        }
    }
}

#[test]
fn nesting_is_limited() {
    let deep = format!("<REQUEST>{}", "<CONTENT>".repeat(100_000));
    assert_eq!(rejected(read_bytes("deep.xml", deep.as_bytes()).1).code, Code::LimitReached);
    let deep = format!("{{\"deviceid\":\"a\",\"content\":{{\"hardware\":{}", "[".repeat(1_000_000));
    assert_eq!(rejected(read_bytes("deep.json", deep.as_bytes()).1).code, Code::BrokenFormat);
}

#[test]
fn several_documents_in_one_file_are_refused() {
    let json = br#"{"deviceid":"a-2026-06-10-08-00-00","content":{"hardware":{"name":"a"}}}"#;
    assert_eq!(read_bytes("one.json", json).1, Verdict::Read);
    rejected(read_bytes("two.json", &[json.as_slice(), b"\n", json].concat()).1);
    let xml = b"<REQUEST><CONTENT><HARDWARE><NAME>a</NAME></HARDWARE></CONTENT><QUERY>INVENTORY</QUERY></REQUEST>";
    assert_eq!(read_bytes("one.xml", xml).1, Verdict::Read);
    rejected(read_bytes("two.xml", &[xml.as_slice(), b"\n", xml].concat()).1);
}

#[test]
fn a_partial_inventory_without_host_name_is_known_by_its_device_id() {
    let json = br#"{"deviceid":"db-01-2026-06-10-08-00-00","partial":true,"content":{"softwares":[{"name":"a"}]}}"#;
    let (_, verdict, heard) = read_bytes("partial.json", json);
    assert_eq!(verdict, Verdict::Read);
    assert_eq!((heard.hosts[0].name.as_str(), heard.hosts[0].partial), ("db-01", true));
}

#[test]
fn an_inventory_that_names_no_machine_is_of_the_one_after_which_it_is_named_or_of_none_that_is_known() {
    let json = br#"{"itemtype":"Computer","content":{"softwares":[{"name":"a"}],"virtualmachines":[{"name":"g"}]}}"#;
    let xml =
        b"<REQUEST><CONTENT><SOFTWARES><NAME>a</NAME></SOFTWARES><VIRTUALMACHINES><NAME>g</NAME></VIRTUALMACHINES>\
                </CONTENT><QUERY>INVENTORY</QUERY></REQUEST>";
    for content in [&json[..], &xml[..]] {
        let (_, verdict, heard) = read_bytes("nameless", content);
        assert_eq!((verdict, heard.hosts[0].is_unnamed(), &heard.hosts[1].runs_on), (Verdict::Read, true, &None));
        assert_eq!((heard.diagnostics[0].code, heard.software.len()), (Code::UnknownMachine, 1));
        let (_, verdict, heard) = read_bytes("web-01/inventory", content);
        let told = heard.diagnostics[0].code;
        assert_eq!((verdict, heard.hosts[0].name.as_str(), told), (Verdict::Read, "web-01", Code::MachineFromPath));
        assert_eq!(heard.hosts[1].runs_on.as_deref(), Some("web-01"));
    }
    let nothing = br#"{"itemtype":"Computer","content":{"softwares":[]}}"#;
    assert_eq!(rejected(read_bytes("nameless.json", nothing).1).code, Code::IncompleteRecord);
}

#[test]
fn an_esx_host_is_a_hypervisor_with_cores_and_guests() {
    let xml = br#"<?xml version="1.0" encoding="UTF-8" ?>
<REQUEST><CONTENT>
<BIOS><SMANUFACTURER>Dell Inc.</SMANUFACTURER><SMODEL>PowerEdge R640</SMODEL><SSN>5X1QW93</SSN></BIOS>
<CPUS><CORE>12</CORE><THREAD>24</THREAD></CPUS><CPUS><CORE>12</CORE><THREAD>24</THREAD></CPUS>
<HARDWARE><NAME>esx-01</NAME><OSNAME>VMware ESXi</OSNAME><OSVERSION>8.0.3</OSVERSION></HARDWARE>
<VIRTUALMACHINES><NAME>59</NAME><STATUS>off</STATUS><UUID>564d0750-3ae1-d18d-1613-eb489b5844c8</UUID><VMTYPE>VMware</VMTYPE></VIRTUALMACHINES>
</CONTENT><QUERY>INVENTORY</QUERY></REQUEST>"#;
    let (_, verdict, heard) = read_bytes("esx.ocs", xml);
    assert_eq!(verdict, Verdict::Read);
    let host = &heard.hosts[0];
    assert_eq!((host.view, host.platform.as_deref()), (View::Hypervisor, Some("VMware ESXi 8.0.3")));
    assert_eq!(heard.cores(), [12, 12]);
    assert_eq!(host.threads_per_core, None, "24 threads with 12 cores may be per core or in all");
    assert_eq!((heard.hosts[1].name.as_str(), heard.hosts[1].powered_on), ("59", Some(false)));
    assert_eq!(heard.hosts[1].place, Place::Line(6));
}

#[test]
fn firmware_tells_a_guest_that_its_agent_takes_for_physical() {
    let json = br#"{"deviceid":"a","content":{"hardware":{"name":"a","vmsystem":"Physical"},
        "bios":{"smanufacturer":"Microsoft Corporation","smodel":"Virtual Machine"}}}"#;
    let host = read_bytes("guest.json", json).2.hosts.remove(0);
    assert_eq!((host.is_virtual, host.platform.as_deref()), (Some(true), Some("Hyper-V")));
    let json = br#"{"deviceid":"a","content":{"hardware":{"name":"a"},"bios":{"smanufacturer":"Microsoft Corporation",
        "smodel":"Surface Pro 7"}}}"#;
    let host = read_bytes("tablet.json", json).2.hosts.remove(0);
    assert_eq!((host.is_virtual, host.platform), (None, None));
}

#[test]
fn real_files_of_the_format_are_read_or_ignored() {
    let Some(corpus) = std::env::var_os("TRUEUP_CORPUS") else {
        eprintln!("TRUEUP_CORPUS names no folder: the real files were not read");
        return;
    };
    let corpus = PathBuf::from(corpus).join("glpi-inventory_format");
    let (mut read, mut ignored, mut software) = (0, 0, 0);
    for found in walk(&corpus).expect("the corpus can be read").files {
        if !found.path.starts_with("examples/") && !found.path.starts_with("tests/data/") {
            continue;
        }
        let mut buffer = Vec::new();
        let loaded = load(&found, &Opening::default(), &mut buffer).expect("loads");
        let (reader, verdict, heard) = read_bytes(&found.path, &loaded.bytes);
        eprintln!("{} {reader} {verdict:?} {} hosts {} software", found.path, heard.hosts.len(), heard.software.len());
        for diagnostic in &heard.diagnostics {
            eprintln!("    {diagnostic}");
        }
        match verdict {
            Verdict::Read => read += 1,
            Verdict::Ignored(_) => ignored += 1,
            Verdict::Rejected(diagnostic) => panic!("{diagnostic}"),
        }
        software += heard.software.len();
    }
    assert!(read > 15 && ignored > 15 && software > 3_000, "{read} read, {ignored} ignored, {software} records");
}

#[test]
fn a_generated_fleet_comes_out_in_the_numbers_of_its_manifest() {
    let Some(generator) = std::env::var_os("TRUEUP_FLEET_GENERATOR") else {
        eprintln!("TRUEUP_FLEET_GENERATOR is not set: no fleet was generated");
        return;
    };
    let generator = Path::new(&generator);
    if !generator.exists() {
        eprintln!("{} does not exist: no fleet was generated", generator.display());
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fleet = folder.path().join("fleet");
    let mut command = Command::new("python3");
    command.arg(generator).args(["--hosts", "20", "--jobs", "1", "--out"]).arg(&fleet);
    assert!(command.stdout(std::process::Stdio::null()).status().expect("python3 runs").success());
    let manifest = std::fs::read(folder.path().join("fleet.manifest.json")).expect("written by the generator");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
    let (mut json, mut xml, mut hosts) = (0, 0, 0);
    for found in walk(&fleet).expect("the fleet can be read").files {
        let mut buffer = Vec::new();
        let loaded = load(&found, &Opening::default(), &mut buffer).expect("loads");
        let (reader, verdict, heard) = read_bytes(&found.path, &loaded.bytes);
        assert_eq!((verdict, heard.diagnostics.as_slice()), (Verdict::Read, [].as_slice()), "{}", found.path);
        hosts += heard.hosts.iter().filter(|host| host.view != View::Guest).count();
        *if reader == "glpi-json" { &mut json } else { &mut xml } += heard.software.len();
    }
    assert_eq!(hosts, 20);
    assert_eq!(manifest["json_installations"], json);
    assert_eq!(manifest["xml_installations"], xml);
}

/// Runs an agent in a folder and reads what it wrote there; says so where the agent is not installed.
fn real_agent(program: &str, arguments: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let local = format!("--local={}", folder.path().display());
    let started = Command::new(program).arg(local).args(arguments).output();
    if started.is_err() {
        eprintln!("{program} is not installed: nothing of it was read");
        return;
    }
    let files = walk(folder.path()).expect("the folder can be read").files;
    if files.is_empty() {
        eprintln!("{program} wrote nothing here: {started:?}");
    }
    for found in files {
        let (reader, verdict, heard) = read_file(&found.absolute);
        assert_eq!((reader, verdict), ("fusion-xml", Verdict::Read));
        assert_eq!(heard.diagnostics, [], "{program}");
        let host = &heard.hosts[0];
        assert!(!host.name.is_empty() && host.processors.is_some() && host.operating_system.is_some(), "{host:?}");
        let text = String::from_utf8_lossy(&std::fs::read(&found.absolute).expect("exists")).into_owned();
        assert_eq!(heard.software.len(), text.matches("<SOFTWARES>").count());
        eprintln!("{program}: {host:?}, {} records", heard.software.len());
    }
}

#[test]
fn what_the_fusioninventory_agent_writes_here_is_read() {
    let arguments = ["--force", "--no-task=deploy,esx,netdiscovery,netinventory,collect,wakeonlan"];
    real_agent("fusioninventory-agent", &arguments);
}

#[test]
fn what_the_ocs_agent_writes_here_is_read() {
    real_agent("ocsinventory-agent", &[]);
}
