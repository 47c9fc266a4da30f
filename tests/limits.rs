//! Promise: what stands beyond a limit is left out with a word: how much it is, where it begins and what to do.

mod heard;

use heard::Heard;
use trueup::diag::{Code, Diagnostic, Severity};
use trueup::model::Place;
use trueup::read::{Input, Readers, Verdict};
use trueup::rules::TableSettings;

fn read(path: &str, text: &str) -> (Verdict, Heard) {
    let input = Input::new(path, text.as_bytes());
    let readers = Readers::new(TableSettings::NONE);
    let reader = readers.choose(input.bytes, path).unwrap_or_else(|| panic!("{path}: no reader takes it"));
    let mut heard = Heard::default();
    (reader.read(&input, &mut heard), heard)
}

/// The only thing that is told because a limit was reached.
fn told(heard: &Heard) -> &Diagnostic {
    let mut found = heard.diagnostics.iter().filter(|told| told.code == Code::LimitReached);
    match (found.next(), found.next()) {
        (Some(only), None) => only,
        other => panic!("{other:?} among {}", heard.told()),
    }
}

fn check(heard: &Heard, message: &str, place: Place) {
    let told = told(heard);
    assert_eq!((told.message.as_str(), told.place.clone()), (message, Some(place)));
    assert!(told.severity != Severity::Note && told.help.is_some(), "{told:?}");
}

const REGISTRY: &str = "Windows Registry Editor Version 5.00\n\n\
    [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ActiveComputerName]\n\"ComputerName\"=\"DB-01\"\n\n";

#[test]
fn values_of_one_key_of_the_registry() {
    let mut text = format!(
        "{REGISTRY}[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Tool]\n\
         \"DisplayName\"=\"Tool\"\n"
    );
    (0..4_100).for_each(|value| text += &format!("\"v{value}\"=\"x\"\n"));
    let (verdict, heard) = read("db-01.reg", &text);
    assert_eq!((verdict, heard.software("DB-01")), (Verdict::Read, vec![("Tool", "")]));
    check(&heard, "more than 4096 values in one key: 5 are left out, from here on", Place::Line(4_103));
}

#[test]
fn instances_in_the_registry() {
    let mut text = REGISTRY.to_owned();
    for key in 0..3 {
        text += &format!(
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft SQL Server\\Instance Names\\{}]\n",
            ["SQL", "OLAP", "RS"][key]
        );
        (0..4_000).for_each(|instance| text += &format!("\"I{instance}\"=\"MSSQL15.I{instance}\"\n"));
    }
    let (_, heard) = read("db-01.reg", &text);
    assert_eq!(heard.software("DB-01").len(), 10_000);
    check(&heard, "more than 10000 instances of services: 2000 are left out, from here on", Place::Line(8_008));
}

#[test]
fn facts_of_a_system_report() {
    let mut text = "Hardware:\n\n    Hardware Overview:\n\n      Model Identifier: Macmini8,1\n".to_owned();
    (0..10_009).for_each(|fact| text += &format!("      Fact {fact}: {fact}\n"));
    text += "\nApplications:\n\n    Firefox:\n\n      Version: 127.0\n";
    let (_, heard) = read("mac-01.txt", &text);
    assert_eq!(heard.hosts[0].1.len(), 1);
    check(&heard, "more than 10000 facts of hardware and software: 10 are left out, from here on", Place::Line(10_005));
}

#[test]
fn facts_of_a_property_list() {
    let mut text = "<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><array><dict>\n<key>_dataType</key>\
        <string>SPHardwareDataType</string>\n<key>_items</key><array>\n"
        .to_owned();
    (0..10_004).for_each(|fact| text += &format!("<dict><key>fact{fact}</key><string>x</string></dict>\n"));
    text += "</array></dict></array></plist>\n";
    let (_, heard) = read("mac-01.spx", &text);
    check(&heard, "more than 10000 facts of hardware and software: 4 are left out, from here on", Place::Line(10_005));
}

#[test]
fn instances_and_guests_of_an_audit() {
    let mut text = "<system>\n<sys><hostname>db-01</hostname></sys>\n<server_item>\n".to_owned();
    for instance in 0..1_003 {
        text += &format!("<item><parent_name>Server</parent_name><instance>I{instance}</instance></item>\n");
    }
    text += "</server_item>\n</system>\n";
    let (_, heard) = read("db-01.xml", &text);
    check(&heard, "more than 1000 instances of servers: 3 are left out, from here on", Place::Line(1_004));
    let mut text = "<system>\n<sys><hostname>hv-01</hostname></sys>\n<vm>\n".to_owned();
    (0..20_001).for_each(|guest| text += &format!("<item><name>vm-{guest}</name></item>\n"));
    let (_, heard) = read("hv-01.xml", &(text + "</vm>\n</system>\n"));
    assert_eq!(heard.hosts.len(), 20_001, "the machine and its guests");
    check(&heard, "more than 20000 guests: the one here is left out", Place::Line(20_004));
}

#[test]
fn texts_of_json_that_are_too_long_to_be_one() {
    let long = "x".repeat(40_000);
    let text = format!(
        "[{{\"hostname\": \"web-01\", \"cpu_physical_cores\": \"4\", \"cpu_sockets\": \"1\", \"hardware_vendor\": \
         \"{long}\"}}]"
    );
    let (_, heard) = read("web-01.json", &text);
    let told = told(&heard);
    assert_eq!(told.message, "a text of more than 32767 letters is cut off");
    assert_eq!(told.place, Some(Place::Within("[0].hardware_vendor".into())));
}

#[test]
fn a_text_of_many_entities_is_kept_whole() {
    let name = format!("A{} &amp; B", "x".repeat(70_000));
    let text = format!(
        "<?xml version=\"1.0\"?><REQUEST><CONTENT><HARDWARE><NAME>PC-1</NAME></HARDWARE><SOFTWARES><NAME>{name}</NAME>\
         </SOFTWARES></CONTENT><DEVICEID>PC-1</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>"
    );
    let (_, heard) = read("pc-1.xml", &text);
    assert!(heard.software("PC-1")[0].0.ends_with("x & B"));
}

#[test]
fn a_hundred_thousand_machines_are_not_too_many_and_one_more_is() {
    let machines = |count: usize| {
        let one = |machine| {
            format!(
                "Host Name:   PC-{machine}\nOS Name:   Windows\nOS Version:   10.0 N/A\nSystem Type:   x64-based PC\n\n"
            )
        };
        (0..count).map(one).collect::<String>()
    };
    let (_, heard) = read("all.txt", &machines(100_000));
    assert_eq!((heard.hosts.len(), heard.told().as_str()), (100_000, ""));
    let (_, heard) = read("all.txt", &machines(100_001));
    assert_eq!(heard.hosts.len(), 100_000);
    check(&heard, "more than 100000 machines: the one here is left out", Place::Line(500_001));
}

#[test]
fn cells_of_a_sheet_in_columns_that_are_not_read() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in (0..).zip(["organisation", "product", "metric", "quantity"]) {
        sheet.write_string(0, column, heading).expect("a cell");
    }
    for (column, cell) in (0..).zip(["brent", "windows-server", "core", "16"]) {
        sheet.write_string(1, column, cell).expect("a cell");
    }
    for column in [1_024, 1_025] {
        sheet.write_string(1, column, "far").expect("a cell");
    }
    let bytes = book.save_to_buffer().expect("a workbook");
    let input = Input::new("bought.xlsx", &bytes);
    let readers = Readers::new(TableSettings::NONE);
    let mut heard = Heard::default();
    let verdict = readers.choose(&bytes, "bought.xlsx").expect("a reader").read(&input, &mut heard);
    assert_eq!((verdict, heard.purchases.len()), (Verdict::Read, 1), "{}", heard.told());
    let place = Place::Row { sheet: "Sheet1".into(), row: 2 };
    check(&heard, "more than 1024 columns with cells: 2 are left out, from here on", place);
}
