//! Tables are read whole, or what is missing of them is told: RVTools, purchases, prices and manifests.

use std::path::Path;

use trueup::diag::{Code, Diagnostic, Severity};
use trueup::model::{
    Channel, Manifest, Metric, ObservedHost, Period, Place, Price, PriceKind, PricePeriod, Processor, PurchaseKind,
    PurchaseLine, SoftwareRecord, View,
};
use trueup::read::{Input, Reader, Sink, Sniff, Verdict, readers};
use trueup::rules::{DateOrder, TableSettings};

#[derive(Default)]
struct Found {
    reader: &'static str,
    hosts: Vec<ObservedHost>,
    purchases: Vec<(PurchaseLine, Place)>,
    prices: Vec<(Price, Place)>,
    manifests: Vec<Manifest>,
    diagnostics: Vec<Diagnostic>,
}

impl Sink for Found {
    fn host(&mut self, host: ObservedHost) {
        self.hosts.push(host);
    }
    fn software(&mut self, record: SoftwareRecord<'_>, place: Place) {
        panic!("tables carry no software, yet {record:?} at {place}");
    }
    fn purchase(&mut self, line: PurchaseLine, place: Place) {
        self.purchases.push((line, place));
    }
    fn price(&mut self, price: Price, place: Place) {
        self.prices.push((price, place));
    }
    fn manifest(&mut self, manifest: Manifest) {
        self.manifests.push(manifest);
    }
    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

impl Found {
    fn host(&self, name: &str) -> &ObservedHost {
        self.hosts.iter().find(|host| host.name == name).unwrap_or_else(|| panic!("no host {name}"))
    }

    fn told(&self) -> Vec<String> {
        self.diagnostics.iter().map(ToString::to_string).collect()
    }
}

/// The reader a scan would choose: the surest, the first of equals.
fn chosen(bytes: &[u8], path: &str) -> Option<&'static dyn Reader> {
    let head = &bytes[..bytes.len().min(65_536)];
    let judged = readers().iter().map(|reader| (reader.sniff(head, path), *reader));
    let best = judged.clone().map(|(sniff, _)| sniff).max().filter(|best| *best != Sniff::No)?;
    judged.into_iter().find(|(sniff, _)| *sniff == best).map(|(_, reader)| reader)
}

fn read_as(path: &str, bytes: &[u8], organisation: Option<&str>) -> (Verdict, Found) {
    let reader = chosen(bytes, path).unwrap_or_else(|| panic!("no reader takes {path}"));
    let mut found = Found { reader: reader.name(), ..Found::default() };
    let verdict = reader.read(&Input { organisation, ..Input::new(path, bytes) }, &mut found);
    (verdict, found)
}

fn read(path: &str, bytes: &[u8]) -> (Verdict, Found) {
    read_as(path, bytes, None)
}

fn sample(path: &str) -> (Verdict, Found) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/formats").join(path);
    read(path, &std::fs::read(file).unwrap())
}

fn day(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

fn remark<'a>(host: &'a ObservedHost, name: &str) -> Option<&'a str> {
    host.remarks.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

#[test]
fn the_tab_of_machines_becomes_guests() {
    let (verdict, found) = sample("rvtools-csv/t-RVTools_tabvInfo.csv");
    assert_eq!((verdict, found.reader, found.hosts.len()), (Verdict::Read, "rvtools", 4));
    let web = found.host("web-01");
    assert_eq!(web.view, View::Guest);
    assert_eq!(web.fqdn.as_deref(), Some("web-01.test.example"));
    assert_eq!((web.vcpus, web.powered_on, web.template), (Some(4), Some(true), false));
    assert_eq!((web.cluster.as_deref(), web.runs_on.as_deref()), (Some("CL1"), Some("esx-01.test.example")));
    assert_eq!(web.uuid.as_deref(), Some("420412a0-4918-db36-e1b3-48f265d1188f"));
    assert_eq!(remark(web, "VM UUID"), Some("50e054fe-5a6d-eadc-c6f5-53ccd135412f"));
    let system = web.operating_system.as_ref().unwrap();
    assert_eq!(system.caption, "Microsoft Windows Server 2008 R2 (64-bit)");
    assert_eq!(remark(web, "OS according to the configuration file"), Some("Microsoft Windows Server 2012 (64-bit)"));
    let numbered = found.host("59");
    assert_eq!(numbered.place, Place::Line(4));
    assert_eq!((numbered.vcpus, numbered.powered_on, numbered.fqdn.as_deref()), (None, Some(false), None));
    assert_eq!(numbered.uuid.as_deref(), Some("422e6d92-22c1-c6c1-1de8-eceec50f94bc"));
    assert_eq!(numbered.operating_system.as_ref().unwrap().caption, "Ubuntu Linux (64-bit)");
    assert!(found.host("gold").template && found.host("shadow").template);
    let told = found.told();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("line 4: column `CPUs`: `two` is not a whole number"), "{told:#?}");
    assert!(told[1].contains("line 7: the row has 19 cells and the headings 18"), "{told:#?}");
}

#[test]
fn the_tab_of_hosts_becomes_hypervisors_with_processors() {
    let (verdict, found) = sample("rvtools-csv/t-RVTools_tabvHost.csv");
    assert_eq!((verdict, found.hosts.len()), (Verdict::Read, 2));
    let host = found.host("esx-01.test.example");
    assert_eq!((host.view, host.place.clone()), (View::Hypervisor, Place::Line(3)));
    assert_eq!(host.processors, Some(vec![Processor { cores: 16, enabled_cores: None }; 2]));
    assert_eq!((host.threads_per_core, host.serial.as_deref()), (Some(2), Some("Y35XL78")));
    assert_eq!(host.platform.as_deref(), Some("VMware ESXi 8.0.3 build-24280767"));
    assert_eq!(host.fqdn.as_deref(), Some("esx-01.test.example"));
    let odd = found.host("10.1.2.3");
    assert_eq!((odd.processors.clone(), odd.fqdn.as_deref(), odd.cluster.as_deref()), (None, None, None));
    assert_eq!(found.diagnostics[0].code, Code::ImplausibleValue);
}

#[test]
fn tabs_with_the_names_of_the_database_say_the_same() {
    let (verdict, found) = sample("rvtools-csv/database-names/RVTools_tabvInfo.csv");
    let web = found.host("web-01");
    assert_eq!((verdict, web.vcpus, web.powered_on), (Verdict::Read, Some(4), Some(true)));
    assert_eq!((web.fqdn.as_deref(), web.runs_on.as_deref()), (Some("web-01.example.org"), Some("esx-a.example.org")));
    assert_eq!(web.uuid.as_deref(), Some("422ca90b-853b-1101-3350-759f747730cc"));
    let system = web.operating_system.as_ref().unwrap();
    assert_eq!(system.caption, "Microsoft Windows Server 2022 (64-bit)");
    assert!(found.host("gold").template);
    let (_, found) = sample("rvtools-csv/database-names/RVTools_tabvHost.csv");
    let host = found.host("esx-a.example.org");
    assert_eq!(host.processors, Some(vec![Processor { cores: 16, enabled_cores: None }; 2]));
    assert_eq!(
        (host.cluster.as_deref(), host.platform.as_deref()),
        (Some("CL01"), Some("VMware ESXi 8.0.3 build-24859861"))
    );
    let (_, found) = sample("rvtools-csv/database-names/RVTools_tabvCPU.csv");
    assert_eq!(remark(&found.hosts[0], "virtual sockets"), Some("2 of 2 cores"));
    // Where no file is named after a tab, the headings tell.
    let text = b"vHostName,vHostDatacenter,vHostCpuModel,vHostNumCpu,vHostCoresPerCPU\nesx-9,DC1,Xeon,1,8\n";
    let (verdict, found) = read("hosts.csv", text);
    assert_eq!(
        (verdict, found.reader, found.hosts[0].processors.as_ref().map(Vec::len)),
        (Verdict::Read, "rvtools", Some(1))
    );
}

#[test]
fn other_tabs_are_read_or_ignored_by_what_they_carry() {
    let (verdict, found) = sample("rvtools-csv/t-RVTools_tabvCPU.csv");
    assert_eq!((verdict, found.hosts.len()), (Verdict::Read, 1));
    assert_eq!((found.hosts[0].vcpus, remark(&found.hosts[0], "virtual sockets")), (Some(4), Some("2 of 2 cores")));
    let nothing = Verdict::Ignored("RVTools tab vDisk carries nothing that is licensed".into());
    let (verdict, found) = sample("rvtools-csv/t-RVTools_tabvDisk.csv");
    assert_eq!((verdict, found.diagnostics.len()), (nothing.clone(), 0));
    assert_eq!(read("RVTools_tabvDisk.csv", b"VM,Something\na,b\n").0, nothing);
}

#[test]
fn purchase_lines_are_read_and_faulty_rows_are_named() {
    let (verdict, found) = sample("purchases-csv/t-ledger.csv");
    assert_eq!((verdict, found.reader, found.purchases.len()), (Verdict::Read, "purchases", 3));
    let (line, place) = &found.purchases[0];
    assert_eq!(*place, Place::Line(3));
    assert_eq!((line.organisation.as_str(), line.product.as_str()), ("org", "SQL Server"));
    assert_eq!((line.metric, line.quantity, line.kind), (Metric::Core, 1200, PurchaseKind::Licence));
    assert_eq!((line.bought, line.channel), (Some(day("2016-12-25")), Channel::Volume));
    let terms = [("2017-01-01", "2019-12-31"), ("2020-01-01", "2022-12-31")];
    assert_eq!(line.sa, terms.map(|(from, until)| Period { from: day(from), until: day(until) }));
    assert_eq!(
        (&line.assigned_to[..], &line.shared_with[..]),
        (&["db-01".to_owned(), "db-02".to_owned()][..], &["brent".to_owned(), "lewisham".to_owned()][..])
    );
    let (line, _) = &found.purchases[1];
    assert_eq!((line.metric, line.kind), (Metric::ProcessorPair, PurchaseKind::SaOnly));
    assert_eq!(line.documented_cores.map(|record| (record.cores, record.on)), Some((20, day("2018-05-01"))));
    let told = found.told().join("\n");
    assert!(told.contains("line 2: a purchase list has no column `Cost centre`"), "{told}");
    assert_eq!(found.purchases[2].0.bought, Some(day("2024-04-03")), "25/12/2016 decides for its column");
    assert!(told.contains("line 6: column `metric`: `gadget` is not known"), "{told}");
    assert!(told.contains("line 6: column `quantity`: `ten` is not a whole number"), "{told}");
    assert!(told.contains("line 7: `sa_from` and `sa_until` differ in the number of their dates: 1 and 0"), "{told}");
    assert!(told.contains("line 8: the row has more cells than the headings; `a stray cell` has none"), "{told}");
    assert!(!told.contains("line 9"), "{told}");
}

#[test]
fn a_date_that_no_value_of_its_column_decides_is_asked_for() {
    let list = b"product,metric,quantity,bought\nvisio,device,1,03/04/2024\nvisio,device,1,05/04/2024\n";
    let (verdict, found) = read("p.csv", list);
    let Verdict::Rejected(fault) = verdict else { panic!("{verdict:?}") };
    assert_eq!(fault.place, Some(Place::Line(2)));
    assert!(fault.message.contains("column `bought`: `03/04/2024` can be read in two ways"), "{fault}");
    assert!(fault.help.unwrap().starts_with("write 2024-04-03 or 2024-03-04"));
    assert_eq!(found.diagnostics.len(), 1);
    let months = TableSettings { date_order: Some(DateOrder::MonthFirst), ..TableSettings::default() };
    let mut found = Found::default();
    let input = Input { tables: &months, ..Input::new("p.csv", list) };
    assert_eq!(chosen(list, "p.csv").unwrap().read(&input, &mut found), Verdict::Read);
    assert_eq!(found.purchases[0].0.bought, Some(day("2024-03-04")));
}

#[test]
fn a_number_that_no_value_of_its_column_decides_is_asked_for() {
    let list = b"product;metric;amount\nvisio;device;1.234\nvisio;device;2.345\n";
    let (verdict, _) = read("p.csv", list);
    let Verdict::Rejected(fault) = verdict else { panic!("{verdict:?}") };
    assert!(fault.message.contains("column `amount`: `1.234` can be read in two ways"), "{fault}");
    let list = b"product;metric;amount\nvisio;device;1.234\nvisio;device;2.345,50\n";
    let (verdict, found) = read("p.csv", list);
    let amounts: Vec<String> = found.prices.iter().map(|(price, _)| price.amount.to_string()).collect();
    assert_eq!((verdict, &amounts[..]), (Verdict::Read, &["1234".to_owned(), "2345.50".to_owned()][..]));
}

#[test]
fn owners_come_from_the_row_then_the_folder() {
    let list = b"organisation,product,metric,quantity\nbrent,visio,device,1\n,visio,device,2\n";
    let (_, found) = read_as("p.csv", list, Some("lewisham"));
    let owners: Vec<&str> = found.purchases.iter().map(|(line, _)| line.organisation.as_str()).collect();
    assert_eq!(owners, ["brent", "lewisham"]);
    let (verdict, found) = read("p.csv", list);
    assert_eq!((verdict, found.purchases.len()), (Verdict::Read, 1));
    assert!(found.told()[0].contains("line 3: column `organisation` is empty"), "{:?}", found.told());
}

#[test]
fn a_list_without_a_required_column_is_rejected() {
    let (verdict, _) = read("p.csv", b"product,quantity,bought\nvisio,1,2024-01-01\n");
    let Verdict::Rejected(fault) = verdict else { panic!("{verdict:?}") };
    assert_eq!((fault.code, fault.place), (Code::MissingKey, Some(Place::Line(1))));
    assert!(fault.message.contains("no column `metric`"));
    let (verdict, _) = read("p.csv", b"product,metric,quantity,version,version\nvisio,device,1,a,b\n");
    assert!(matches!(verdict, Verdict::Rejected(fault) if fault.code == Code::DuplicateName));
    let (verdict, _) = read("p.csv", b"product,metric,quantity\n");
    assert_eq!(verdict, Verdict::Ignored("a purchase list without rows".into()));
    let (verdict, found) = read("p.csv", b"product,metric,quantity\nvisio,device,1.5\nvisio,device,2.5\n");
    assert!(matches!(verdict, Verdict::Rejected(fault) if fault.place == Some(Place::Line(2))));
    assert_eq!(found.diagnostics.len(), 1);
}

#[test]
fn prices_are_exact() {
    let (verdict, found) = sample("prices-csv/t-prices.csv");
    assert_eq!((verdict, found.reader, found.prices.len()), (Verdict::Read, "prices", 3));
    let (price, place) = &found.prices[0];
    assert_eq!((price.amount.to_string().as_str(), price.currency.as_str(), price.units), ("1234.50", "GBP", 16));
    assert_eq!((price.kind, price.per, place), (PriceKind::LicenceAndSa, PricePeriod::Licence, &Place::Line(2)));
    let (price, _) = &found.prices[1];
    assert_eq!((price.amount.to_string().as_str(), price.currency.as_str()), ("7100.10", "EUR"));
    let (price, _) = &found.prices[2];
    assert_eq!((price.amount.to_string().as_str(), price.currency.as_str(), price.units), ("11.5", "EUR", 1));
    assert_eq!((price.kind, price.per), (PriceKind::Subscription, PricePeriod::Month));
    assert!(found.told().iter().any(|told| told.contains("line 5: column `units`")), "{:?}", found.told());
}

#[test]
fn a_list_with_quantities_is_one_of_purchases_even_with_amounts() {
    let (verdict, found) = read("p.csv", b"product,metric,quantity,amount\nvisio,device,1,12.50\n");
    assert_eq!((verdict, found.reader, found.purchases.len()), (Verdict::Read, "purchases", 1));
    assert_eq!(found.diagnostics[0].code, Code::UnknownColumn);
}

#[test]
fn a_manifest_is_taken_whole_or_not_at_all() {
    let (verdict, found) = sample("manifest-toml/t-manifest.toml");
    assert_eq!((verdict, found.reader, found.diagnostics.len()), (Verdict::Read, "manifest", 0));
    assert_eq!((found.manifests[0].hosts.len(), found.manifests[0].purchases[0].quantity), (2, 16));
    assert_eq!(found.manifests[0].hosts[1].evidence[0].place, Place::Line(5));
    let (verdict, found) = sample("manifest-toml/t-faults.toml");
    let Verdict::Rejected(first) = verdict else { panic!("{verdict:?}") };
    assert_eq!((first.code, first.place), (Code::UnknownKey, Some(Place::Line(3))));
    assert_eq!((found.manifests.len(), found.diagnostics[0].code), (0, Code::MissingKey));
    assert_eq!(read("declared", b"# ours\n[[host]]\nname = \"A\"\n").0, Verdict::Read);
    let (verdict, _) = sample("manifest-toml/t-worked.cases.toml");
    assert_eq!(verdict, Verdict::Ignored("worked cases, not an estate".into()));
}

#[test]
fn other_files_find_no_reader_here() {
    for (path, text) in [
        ("a.csv", "name,colour\nx,grey\n"),
        ("a.json", "{\"product\": 1}"),
        ("a.xml", "<product>,metric,quantity"),
        ("estate/trueup.toml", "[[organisation]]\nname = \"x\"\n"),
        ("write.py", "text = [\n[[host]]\n]\n"),
        ("a.txt", ""),
        ("a.zip", "PK\x03\x04nothing"),
    ] {
        let taken = chosen(text.as_bytes(), path).map(Reader::name);
        assert_eq!(taken, None, "{path}");
    }
}

#[test]
fn what_is_cut_or_garbled_never_panics() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/formats");
    for path in ["rvtools-csv/t-RVTools_tabvInfo.csv", "purchases-csv/t-ledger.csv", "manifest-toml/t-manifest.toml"] {
        let whole = std::fs::read(folder.join(path)).unwrap();
        for reader in readers() {
            for cut in (0..whole.len()).step_by(7) {
                let mut bytes = whole[..cut].to_vec();
                reader.read(&Input::new(path, &bytes), &mut Found::default());
                bytes.iter_mut().step_by(11).for_each(|byte| *byte ^= 0x15);
                reader.sniff(&bytes, path);
                reader.read(&Input::new(path, &bytes), &mut Found::default());
            }
        }
    }
}

#[test]
fn severities_say_what_was_left_out() {
    let (_, found) = sample("purchases-csv/t-ledger.csv");
    for diagnostic in &found.diagnostics {
        let expected = if diagnostic.code == Code::UnknownColumn { Severity::Warning } else { Severity::Error };
        assert_eq!(diagnostic.severity, expected, "{diagnostic}");
        assert_eq!(diagnostic.path, "purchases-csv/t-ledger.csv");
    }
    let in_order = found.diagnostics.is_sorted_by_key(|diagnostic| diagnostic.place.clone());
    assert!(in_order, "{:#?}", found.told());
}

/// A workbook of sheets with rows of text; a cell that is a whole number is written as one.
fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in (0..).zip(rows.iter()) {
            for (column, cell) in (0..).zip(cells.iter()) {
                match cell.parse::<f64>() {
                    Ok(number) => drop(sheet.write_number(row, column, number).unwrap()),
                    Err(_) => drop(sheet.write_string(row, column, *cell).unwrap()),
                }
            }
        }
    }
    book.save_to_buffer().unwrap()
}

/// The same workbook with one part rewritten.
fn rewritten(bytes: &[u8], part: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        out.start_file(name.clone(), zip::write::SimpleFileOptions::default()).unwrap();
        let text = if name == part { change(text) } else { text };
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

const INFO: &[&[&str]] = &[
    &["VM", "Powerstate", "CPUs", "Cluster", "Host"],
    &["web-01", "poweredOn", "4", "CL1", "esx-01"],
    &["59", "poweredOn", "2", "CL1", "esx-01"],
    &["twin", "poweredOn", "2", "CL1", "esx-01"],
    &["twin", "poweredOn", "2", "CL1", "esx-01"],
];

#[test]
fn tabs_of_a_workbook_complete_each_other() {
    let about: &[&[&str]] = &[&["RVTools version", "xlsx creation datetime"], &["4.7.1", "2026/06/28 06:00:00"]];
    let hosts: &[&[&str]] =
        &[&["Host", "HT Active", "# CPU", "Cores per CPU", "# Cores"], &["esx-01", "False", "2", "16", "30"]];
    let processors: &[&[&str]] = &[
        &["VM", "CPUs", "Sockets", "Cores p/s"],
        &["web-01", "8", "4", "2"],
        &["59", "2", "2", "1"],
        &["twin", "2", "1", "2"],
        &["alone", "1", "1", "1"],
    ];
    let disks: &[&[&str]] = &[&["VM", "Disk"], &["web-01", "Hard disk 1"]];
    let remarks: &[&[&str]] = &[&["to do"], &["ask the team"]];
    let sheets = [
        ("vInfo", INFO),
        ("vHost", hosts),
        ("vCPU", processors),
        ("vDisk", disks),
        ("Remarks", remarks),
        ("vMetaData", about),
        ("Sheet9", &[]),
    ];
    let (verdict, found) = read("export.xlsx", &workbook(&sheets));
    assert_eq!((verdict, found.reader, found.hosts.len()), (Verdict::Read, "workbook", 6));
    assert!(found.hosts.iter().all(|host| host.captured == Some(day("2026-06-28"))));
    let web = found.host("web-01");
    assert_eq!(web.place, Place::Row { sheet: "vInfo".into(), row: 2 });
    assert_eq!((web.vcpus, remark(web, "virtual sockets")), (Some(4), Some("4 of 2 cores")));
    assert_eq!(remark(found.host("59"), "virtual sockets"), Some("2 of 1 cores"));
    assert_eq!(found.host("alone").vcpus, Some(1));
    let host = found.host("esx-01");
    assert_eq!((host.processors.as_ref().map(Vec::len), host.threads_per_core), (Some(2), Some(1)));
    let told = found.told();
    assert_eq!(told.len(), 4, "{told:#?}");
    for (told, wanted) in told.iter().zip([
        "sheet vHost, row 2: 2 processors of 16 cores are not the 30 cores",
        "sheet vCPU, row 2: vCPU gives web-01 8 virtual processors, vInfo 4",
        "sheet vCPU, row 4: 2 rows of vInfo are named twin",
        "sheet Remarks, row 1: sheet Remarks has no headings that are known",
    ]) {
        assert!(told.contains(wanted), "{told}");
    }
}

#[test]
fn one_workbook_may_hold_purchases_and_prices() {
    use rust_xlsxwriter::{ExcelDateTime, Format};
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("Ledger").unwrap();
    sheet.write_string(0, 0, "Purchases of the council").unwrap();
    for (column, name) in (0..).zip(["Product", "Version", "Metric", "Quantity", "Bought", "Note"]) {
        sheet.write_string(2, column, name).unwrap();
    }
    sheet.write_string(3, 0, " SQL Server ").unwrap();
    sheet.write_number(3, 1, 2019).unwrap();
    sheet.write_string(3, 2, "core").unwrap();
    sheet.write_number(3, 3, 1200).unwrap();
    let bought = ExcelDateTime::from_ymd(2024, 4, 3).unwrap();
    sheet.write_datetime_with_format(3, 4, bought, &Format::new().set_num_format("dd/mm/yyyy")).unwrap();
    sheet.write_string(3, 7, "a remark at the side").unwrap();
    let sheet = book.add_worksheet().set_name("Prices").unwrap();
    for (column, name) in (0..).zip(["product", "metric", "amount"]) {
        sheet.write_string(0, column, name).unwrap();
    }
    sheet.write_string(1, 0, "sql-server").unwrap();
    sheet.write_string(1, 1, "core").unwrap();
    sheet.write_number(1, 2, 1234.1 + 0.2).unwrap();
    let (verdict, found) = read("licences.xlsx", &book.save_to_buffer().unwrap());
    assert_eq!((verdict, found.purchases.len(), found.prices.len()), (Verdict::Read, 1, 1));
    let (line, place) = &found.purchases[0];
    assert_eq!(*place, Place::Row { sheet: "Ledger".into(), row: 4 });
    assert_eq!((line.product.as_str(), line.version.as_deref(), line.quantity), ("SQL Server", Some("2019"), 1200));
    assert_eq!(line.bought, Some(day("2024-04-03")));
    assert_eq!(found.prices[0].0.amount.to_string(), "1234.3");
    assert_eq!(found.told().len(), 1, "{:#?}", found.told());
    assert!(
        found.told()[0].contains("sheet Ledger, row 4: `a remark at the side` stands in a column without a heading")
    );
}

#[test]
fn far_cells_and_declared_rows_cost_nothing() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("vInfo").unwrap();
    for (row, cells) in (0..).zip(INFO) {
        for (column, cell) in (0..).zip(*cells) {
            sheet.write_string(row, column, *cell).unwrap();
        }
    }
    sheet.write_string(1, 16_383, "far to the right").unwrap();
    sheet.write_string(1_048_575, 16_383, "far below").unwrap();
    let stray = book.save_to_buffer().unwrap();
    let declared = rewritten(&workbook(&[("vInfo", INFO)]), "xl/worksheets/sheet1.xml", |text| {
        let text = text.replace("ref=\"A1:E5\"", "ref=\"A1:XFD1048576\"");
        let empty: String = (6..300_000).map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\"/></row>")).collect();
        text.replace("</sheetData>", &(empty + "</sheetData>"))
    });
    for (bytes, told) in [(stray, 2), (declared, 0)] {
        let started = std::time::Instant::now();
        let (verdict, found) = read("export.xlsx", &bytes);
        assert_eq!((verdict, found.hosts.len(), found.diagnostics.len()), (Verdict::Read, 4, told));
        assert!(found.diagnostics.iter().all(|told| told.severity == Severity::Warning), "what is not read is told");
        assert!(started.elapsed().as_secs() < 5);
    }
}

#[test]
fn broken_workbooks_are_rejected_with_a_reason() {
    let whole = workbook(&[("vInfo", INFO)]);
    let reason = |bytes: &[u8]| match read("export.xlsx", bytes).0 {
        Verdict::Rejected(fault) => fault.message,
        other => panic!("{other:?}"),
    };
    let claims =
        rewritten(&whole, "xl/sharedStrings.xml", |text| text.replace("uniqueCount=\"", "uniqueCount=\"99999999999"));
    assert!(reason(&claims).contains("claims to hold more texts"));
    assert!(reason(&whole[..whole.len() / 2]).contains("cannot be opened"));
    assert!(reason(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old").contains("old format"));
    let cut = rewritten(&whole, "xl/worksheets/sheet1.xml", |text| text[..text.len() * 3 / 4].to_owned());
    let (_, found) = read("export.xlsx", &cut);
    assert!(found.hosts.len() < 4);
    let odd =
        rewritten(&whole, "xl/worksheets/sheet1.xml", |text| text.replace("r=\"A4\"", "r=\"ZZZZZZZZZZ99999999999\""));
    assert!(matches!(read("export.xlsx", &odd).0, Verdict::Read));
    assert_eq!(chosen(&whole, "export.upload").map(Reader::name), Some("workbook"));
    let (verdict, _) = read("budget.xlsx", &workbook(&[("Sheet1", &[&["month", "budget"], &["May", "12"]])]));
    assert_eq!(verdict, Verdict::Ignored("no sheet has headings that are known; the first is Sheet1".into()));
    for cut in (97..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[cut] ^= 0x55;
        read("export.xlsx", &bytes[..]);
    }
}

/// Runs over real exports where `TRUEUP_CORPUS` names the folder that holds them.
#[test]
fn real_exports_give_their_known_counts() {
    let Some(corpus) = std::env::var_os("TRUEUP_CORPUS") else {
        eprintln!("TRUEUP_CORPUS is not set: real exports were not read");
        return;
    };
    let folder = Path::new(&corpus).join("rvtools");
    let counts = |path: &str| {
        let (verdict, found) = read(path, &std::fs::read(folder.join(path)).unwrap());
        assert_eq!(verdict, Verdict::Read, "{path}");
        let of = |view| found.hosts.iter().filter(|host| host.view == view).count();
        let cores: u32 =
            found.hosts.iter().filter_map(|host| host.processors.as_ref()).flatten().map(|one| one.cores).sum();
        (of(View::Guest), of(View::Hypervisor), cores)
    };
    let workshop = counts("mjvincent/samples/SizingWorkshop-RVTools.xlsx");
    assert_eq!((workshop.0, workshop.1), (805, 34));
    let example = counts("kubev2v-migration-planner/test/e2e/data/example_rvtools_files/example1.xlsx");
    assert_eq!((example.0, example.1), (9, 7));
    assert_eq!(counts("csv/mjvincent-SizingWorkshop/RVTools_tabvInfo.csv").0, 805);
    let hosts = counts("csv/mjvincent-SizingWorkshop/RVTools_tabvHost.csv");
    assert_eq!((hosts.1, hosts.2), (34, workshop.2));
    for file in walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().map(Result::unwrap) {
        let path = file.path().strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        if path.ends_with(".csv") || path.ends_with(".xlsx") {
            let (verdict, found) = read(&path, &std::fs::read(file.path()).unwrap());
            assert!(!matches!(verdict, Verdict::Rejected(_)), "{path}: {verdict:?}");
            println!("{path}: {verdict:?}, {} hosts, {:#?}", found.hosts.len(), found.told());
        }
    }
}

#[test]
fn a_negative_quantity_is_a_return_however_the_ledger_writes_it() {
    let text = "product,metric,quantity,kind\nVisio,device,-4,\nVisio,device,4-,return\nVisio,device,(4),\nVisio,device,-4,upgrade\n";
    let (_, found) = read("ledger.csv", text.as_bytes());
    let lines: Vec<_> = found.purchases.iter().map(|(line, _)| (line.quantity, line.kind)).collect();
    assert_eq!(lines, [(4, PurchaseKind::Return); 3]);
    let told = found.told().join("\n");
    assert!(told.contains("line 5: column `quantity` is negative, as of a return"), "{told}");
}
