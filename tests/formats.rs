//! Every format has a page, samples, a row in the manual and an example that its own reader reads.

mod heard;

use std::path::{Path, PathBuf};

use trueup::diag::Code;
use trueup::discover::Opening;
use trueup::model::{Channel, Metric, Place, Processor, View};
use trueup::read::{Input, Page, Readers, Verdict, Verified, pages, readers};
use trueup::rules::{TableSettings, parse_settings};

use heard::Heard;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_reader_has_a_page_that_says_everything() {
    for page in readers().iter().map(|reader| reader.page()).chain(pages()) {
        let said = [page.name, page.title, page.written_by, page.recognised_by];
        assert!(said.iter().all(|text| !text.trim().is_empty()), "{page:?}");
        assert!(!page.carries.is_empty() && !page.fields.is_empty() && !page.samples.is_empty(), "{page:?}");
        assert!(page.fields.iter().all(|field| !field.named.is_empty() && !field.becomes.is_empty()), "{page:?}");
        if let Verified::RealFile(told) | Verified::Unverified(told) = page.verified {
            assert!(!told.is_empty(), "{page:?}");
        }
    }
}

#[test]
fn every_format_has_a_folder_of_samples_that_says_what_must_come_out() {
    for page in pages() {
        for folder in page.samples {
            let folder = repository("samples/formats").join(folder);
            let told = std::fs::read_to_string(folder.join("README.md"));
            let told = told.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            for file in std::fs::read_dir(&folder).expect("the folder can be read") {
                let name = file.expect("it can be read").file_name().into_string().expect("a name in UTF-8");
                let is_folder = folder.join(&name).is_dir();
                assert!(
                    is_folder || ["README.md", "expected.snap"].contains(&name.as_str()) || told.contains(&name),
                    "{} is silent on {name}",
                    folder.display()
                );
            }
        }
    }
}

#[test]
fn every_format_has_a_row_in_the_manual() {
    let manual = include_str!("../docs/formats.md");
    for page in pages() {
        let rows = manual.lines().filter(|line| line.starts_with(&format!("| `{}` |", page.name))).count();
        assert_eq!(rows, 1, "docs/formats.md has {rows} rows for {}", page.name);
    }
    let names = manual.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | ")?.0.into());
    let table: Vec<&str> = names.take_while(|name: &&str| !name.contains(',')).collect();
    let known: Vec<&str> = pages().iter().map(|page| page.name).collect();
    assert_eq!(table[..known.len()], known, "the table of formats is in the order of `trueup formats list`");
}

/// Where an example lies: lists that name no machine are of the one after which their folder is named.
const EXAMPLE: &str = "web-01/example";

/// Reads the example of a page as a scan would; gives the reader's name.
fn read_example(page: &Page) -> (String, Verdict, Heard) {
    let mut heard = Heard::default();
    let bytes = page.example.as_bytes();
    let readers = Readers::new(TableSettings::NONE);
    let reader =
        readers.choose(bytes, EXAMPLE).unwrap_or_else(|| panic!("no reader takes the example of {}", page.name));
    let verdict = reader.read(&Input::new(EXAMPLE, bytes), &mut heard);
    (reader.name().to_owned(), verdict, heard)
}

#[test]
fn every_example_is_read_by_the_format_it_is_of() {
    for page in pages().into_iter().filter(|page| !page.example.is_empty() && page.name != "mapping") {
        let (reader, verdict, heard) = read_example(page);
        assert_eq!(reader, page.name);
        assert_eq!(verdict, Verdict::Read, "{reader}");
        let worse: Vec<String> = heard.faults().map(ToString::to_string).collect();
        assert!(worse.is_empty(), "{reader}: {worse:#?}");
        assert!(heard.records() > 0, "{reader}: nothing came out of the example");
    }
}

/// Otherwise the same list on two machines would be kept once, and one machine lost.
#[test]
fn whoever_names_a_machine_after_its_file_says_that_it_reads_the_path() {
    let readers = Readers::new(TableSettings::NONE);
    let names_at = |page: &Page, path: &str| {
        let mut heard = Heard::default();
        let reader = readers.choose(page.example.as_bytes(), path)?;
        reader.read(&Input::new(path, page.example.as_bytes()), &mut heard);
        Some((heard.names().into_iter().map(str::to_owned).collect::<Vec<_>>(), reader.reads_path()))
    };
    let mut by_path = 0;
    for page in pages() {
        let (Some((here, reads_path)), Some((there, _))) =
            (names_at(page, "web-01/example"), names_at(page, "web-02/example"))
        else {
            continue;
        };
        by_path += usize::from(here != there);
        assert!(here == there || reads_path, "{}", page.name);
    }
    assert!(by_path >= 2, "{by_path}");
}

#[test]
fn the_example_of_a_mapping_is_a_mapping() {
    let page = pages().into_iter().find(|page| page.name == "mapping").expect("mappings have a page");
    let settings = parse_settings("trueup.toml", page.example).expect("the example is free of faults");
    assert_eq!(settings.tables.mappings.len(), 1);
}

/// Reads a sample under the settings beside it, as a scan would.
fn read_sample(path: &str) -> (String, Verdict, Heard) {
    let file = repository("samples/formats").join(path);
    let settings = std::fs::read_to_string(file.with_file_name("trueup.toml")).unwrap_or_default();
    let settings = parse_settings("trueup.toml", &settings).expect("settings without a fault");
    let bytes = std::fs::read(&file).expect("the sample can be read");
    let mut heard = Heard::default();
    let readers = Readers::new(&settings.tables);
    let reader = readers.choose(&bytes, path).unwrap_or_else(|| panic!("no reader takes {path}"));
    let verdict = reader.read(&Input { tables: &settings.tables, ..Input::new(path, &bytes) }, &mut heard);
    (reader.name().to_owned(), verdict, heard)
}

fn day(text: &str) -> jiff::civil::Date {
    text.parse().expect("a date")
}

#[test]
fn an_own_mapping_reads_a_table_of_machines() {
    let (reader, verdict, heard) = read_sample("mapping/servers.csv");
    assert_eq!((reader.as_str(), verdict, heard.names()), ("server list", Verdict::Read, vec!["hv-01", "web-01"]));
    let host = heard.host("hv-01");
    assert_eq!((host.view, host.place.clone(), host.is_virtual), (View::Register, Place::Line(2), Some(false)));
    assert_eq!(host.processors, Some(vec![Processor { cores: 16, enabled_cores: None }; 2]));
    assert_eq!((host.captured, &host.remarks[0]), (Some(day("2026-06-28")), &("Room".to_owned(), "A1".to_owned())));
    let guest = heard.host("web-01");
    assert_eq!((guest.is_virtual, guest.captured), (Some(true), Some(day("2026-06-01"))), "28/06 decides for 01/06");
    let told = heard.told();
    assert!(
        told.contains("line 4: 1 rows are left out, this one first: the list says the machine was scrapped"),
        "{told}"
    );
}

#[test]
fn an_own_mapping_takes_a_file_by_its_path() {
    let (reader, verdict, heard) = read_sample("mapping/register.csv");
    assert_eq!((reader.as_str(), verdict), ("licence register", Verdict::Read));
    let lines = heard.purchases.iter().map(|(line, _)| (line.quantity, line.metric, line.channel));
    assert_eq!(lines.collect::<Vec<_>>(), [(12, Metric::Device, Channel::Oem), (1000, Metric::Device, Channel::Oem)]);
    let (_, verdict, _) = read_sample("mapping/other-headings-register.csv");
    let Verdict::Rejected(fault) = verdict else { panic!("{verdict:?}") };
    assert_eq!((fault.code, fault.place), (Code::MissingKey, Some(Place::Line(1))));
    assert!(
        fault.message.contains("finds no column `What`, which it needs for `title` or `product`"),
        "{}",
        fault.message
    );
}

#[test]
fn what_a_mapped_table_says_wrongly_is_told_and_nothing_else_is_lost() {
    let (_, verdict, heard) = read_sample("mapping/faults.csv");
    assert_eq!((verdict, heard.names()), (Verdict::Read, vec!["hv-01"]));
    assert_eq!((heard.host("hv-01").processors.clone(), heard.host("hv-01").captured), (None, None));
    let told = heard.told();
    for wanted in [
        "line 2: column `CPU sockets`: `two` is not a whole number",
        "line 2: column `Seen`: `03/04/2026` can be read in two ways",
        "line 3: column `Server` is empty",
        "line 4: the row has 9 cells and the headings 8",
    ] {
        assert!(told.contains(wanted), "{wanted:?} is missing in\n{told}");
    }
}

#[test]
fn a_report_with_a_title_keeps_the_rows_of_each_machine_together() {
    let (reader, verdict, heard) = read_sample("configuration-manager/report-with-title.csv");
    assert_eq!((reader.as_str(), verdict), ("configuration-manager", Verdict::Read));
    assert_eq!(heard.software("WEB-01"), [("7-Zip 23.01 (x64)", "23.01"), ("Notepad++ (64-bit x64)", "8.6")]);
    let (host, software) = &heard.hosts[1];
    assert_eq!((host.name.as_str(), host.view, &software[0].4), ("DB-01", View::Agent, &Place::Line(5)));
}

#[test]
fn facts_make_a_machine_known_and_not_inventoried() {
    let (reader, verdict, heard) = read_sample("facter/physical.json");
    assert_eq!((reader.as_str(), verdict, heard.told()), ("facter", Verdict::Read, String::new()));
    let host = heard.host("sql-07");
    assert_eq!((host.view, host.is_virtual, host.logical_processors), (View::Register, Some(false), Some(48)));
    assert_eq!(host.processors, Some(vec![Processor { cores: 12, enabled_cores: None }; 2]));
}

#[test]
fn a_guest_that_calls_itself_physical_is_told_by_its_firmware() {
    let (_, _, heard) = read_sample("facter/taken-for-physical.json");
    let host = heard.host("db-09");
    assert_eq!((host.is_virtual, host.platform.as_deref()), (Some(true), Some("QEMU")));
}

#[test]
fn sockets_cores_and_threads_that_contradict_each_other_are_taken_as_not_stated() {
    for sample in ["facter/contradiction.json", "facter/numbers.json", "facter/no-cores.json"] {
        let (_, verdict, heard) = read_sample(sample);
        assert_eq!((verdict, &heard.hosts[0].0.processors), (Verdict::Read, &None), "{sample}");
    }
}

#[test]
fn each_instance_of_a_service_is_a_record_with_its_edition() {
    let (reader, verdict, heard) = read_sample("registry-export/db-09/Setup.reg");
    assert_eq!((reader.as_str(), verdict), ("registry-export", Verdict::Read));
    let wanted = [("Microsoft SQL Server Standard Edition (MSSQLSERVER)", "16.0.4085.2")];
    assert_eq!((heard.names(), heard.software("db-09")), (vec!["db-09"], wanted.into()));
}

#[test]
fn an_export_that_names_no_machine_is_of_none_that_is_known() {
    let bytes = std::fs::read(repository("samples/formats/registry-export/uninstall.reg")).expect("it is there");
    let readers = Readers::new(TableSettings::NONE);
    let reader = readers.choose(&bytes, "uninstall.reg").expect("it is an export");
    let mut heard = Heard::default();
    assert_eq!(reader.read(&Input::new("uninstall.reg", &bytes), &mut heard), Verdict::Read);
    assert_eq!((heard.names(), heard.hosts[0].1.is_empty()), (vec![""], false));
    assert!(heard.told().contains("it names no machine, and neither does its path"), "{}", heard.told());
}

#[test]
fn sockets_without_cores_stay_sockets_without_cores() {
    for (sample, name) in [("systeminfo/db-01.txt", "DB-01"), ("powershell-list/computer-info.txt", "app-07")] {
        let (_, verdict, heard) = read_sample(sample);
        assert_eq!((verdict, &heard.host(name).processors), (Verdict::Read, &None), "{sample}");
    }
    let (_, _, heard) = read_sample("wmic-list/old-2003.txt");
    assert_eq!((&heard.host("OLD-03").processors, heard.host("OLD-03").logical_processors), (&None, None));
}

#[test]
fn keys_of_products_are_kept_nowhere() {
    let kept = |sample: &str| {
        let (_, _, heard) = read_sample(sample);
        assert!(heard.records() > 0, "{sample}");
        heard.listing()
    };
    assert!(!kept("open-audit/server.xml").contains("BBBBB"));
    assert!(!kept("registry-export/desk-12-office.reg").contains("02260"));
    assert!(!kept("wmic-list/desk-12-SoftwareLicensingProduct.wmi").contains("XXXXX"));
}

#[test]
fn a_text_inventory_that_breaks_off_anywhere_is_no_obstacle() {
    for sample in [
        "open-audit/server.xml",
        "system-profiler-text/mac-03.xml",
        "system-profiler-text/mac-01.txt",
        "systeminfo/servers.csv",
        "powershell-list/computer-info.txt",
        "registry-export/db-04-sql.reg",
    ] {
        let whole = std::fs::read(repository("samples/formats").join(sample)).expect("it is there");
        for length in 0..whole.len() {
            for reader in readers().iter().filter(|reader| reader.name() == read_sample_name(sample)) {
                reader.read(&Input::new("machine-01.txt", &whole[..length]), &mut Heard::default());
            }
        }
    }
}

/// The format after which the folder of a sample is named.
fn read_sample_name(sample: &str) -> &str {
    sample.split('/').next().unwrap_or_default()
}

#[test]
fn a_mapping_that_makes_no_sense_is_shown_with_its_place() {
    let text = "[[mapping]]\nname = \"x\"\nholds = \"machines\"\ncolumns = { nmae = \"Server\" }\n";
    let faults = parse_settings("trueup.toml", text).expect_err("it has faults");
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|fault| fault.contains("line 4: a table of machines has no fact `nmae`")), "{told:#?}");
    assert!(told.iter().any(|fault| fault.contains("needs `headings` or `files`")), "{told:#?}");
    assert!(told.iter().any(|fault| fault.contains("needs the column `name`")), "{told:#?}");
    assert!(faults.iter().all(|fault| fault.span.is_some()), "{faults:#?}");
}

/// Formats with a reader of their own whose samples are held to a listing too.
const LISTED: [&str; 18] = [
    "ansible-console",
    "coswid",
    "cyclonedx",
    "dpkg-status",
    "facter",
    "mapping",
    "open-audit",
    "osquery-log",
    "package-list",
    "powershell-list",
    "registry-export",
    "spdx",
    "swid",
    "syft",
    "system-profiler-text",
    "systeminfo",
    "wazuh-messages",
    "wmic-list",
];

/// Formats whose samples are held to a listing beside them, `expected.snap`: those of mappings and some others.
fn listed_folders() -> Vec<PathBuf> {
    let mapped = |page: &&Page| repository("formats").join(format!("{}.toml", page.name)).exists();
    let mut folders: Vec<PathBuf> = pages()
        .into_iter()
        .filter(|page| mapped(page) || LISTED.contains(&page.name))
        .map(|page| repository("samples/formats").join(page.samples[0]))
        .collect();
    folders.sort();
    folders
}

/// What comes out of a folder's samples, a line for each thing.
fn listing(folder: &Path) -> String {
    let settings = std::fs::read_to_string(folder.join("trueup.toml")).unwrap_or_default();
    let settings = parse_settings("trueup.toml", &settings).expect("settings without a fault");
    let readers = Readers::new(&settings.tables);
    let mut files = trueup::discover::walk(folder).expect("the folder can be read").files;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut out = String::new();
    for found in files {
        if ["README.md", "expected.snap", "trueup.toml"].contains(&found.path.as_str()) {
            continue;
        }
        let mut buffer = Vec::new();
        let loaded =
            trueup::discover::load(&found, &Opening::default(), &mut buffer).expect("the sample can be loaded");
        let mut heard = Heard::default();
        let Some(reader) = readers.choose(&loaded.bytes, &found.path) else {
            out += &format!("{}: no reader takes it\n", found.path);
            continue;
        };
        let input = Input { tables: &settings.tables, ..Input::new(&found.path, &loaded.bytes) };
        let verdict = reader.read(&input, &mut heard);
        out += &format!("{} [{}] {}\n{}", found.path, reader.name(), said(&verdict), heard.listing());
    }
    out
}

fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Read => "read".into(),
        Verdict::Ignored(why) => format!("ignored: {why}"),
        Verdict::Rejected(fault) => format!("rejected: {fault}"),
    }
}

#[test]
fn samples_come_out_as_the_listing_beside_them_says() {
    for folder in listed_folders() {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let listing = listing(&folder);
        settings.bind(|| insta::assert_snapshot!("expected", listing));
    }
}

#[test]
fn every_reader_has_a_fuzz_target() {
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/fuzz_targets");
    // Readers of tables are all tried by the target of the mappings.
    for reader in readers().iter().filter(|reader| !reader.reads_tables()) {
        let target = targets.join(format!("{}.rs", reader.name()));
        let text = std::fs::read_to_string(&target);
        let text = text.unwrap_or_else(|_| panic!("{} has no target: see tests/fuzz/README.md", reader.name()));
        assert!(text.contains(&format!("by_reader(\"{}\", data)", reader.name())), "{text}");
    }
}
