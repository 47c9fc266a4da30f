//! A fleet as agents would report it: half GLPI JSON, half OCS XML, one file a host, about 180 software rows each, drawn
//! from 6,000 titles of which few are everywhere and most are rare. The same every time.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Distinct titles.
const TITLES: usize = 6_000;

/// Rules of recognition that the limit matches titles with.
const RULES: usize = 500;

/// Makes the fleet, where it does not lie there from an earlier run, and says where.
pub fn made(scratch: &Path, hosts: usize) -> PathBuf {
    let generator = std::env::var_os("TRUEUP_FLEET_GENERATOR").map(PathBuf::from);
    let folder = scratch.join(format!("fleet-{hosts}{}", if generator.is_some() { "-generated" } else { "" }));
    let complete = folder.with_extension("complete");
    if !complete.exists() {
        let _ = std::fs::remove_dir_all(&folder);
        match generator {
            Some(generator) => generate(&generator, &folder, hosts),
            None => write_all(&folder, hosts),
        }
        std::fs::write(&complete, "").expect("the mark of a complete fleet");
        // A file that changed just now may change again unseen, and would be read a second time.
        std::thread::sleep(Duration::from_secs(3));
    }
    folder
}

fn generate(generator: &Path, folder: &Path, hosts: usize) {
    let mut command = Command::new("python3");
    command.arg(generator).args(["--seed", "1", "--hosts", &hosts.to_string(), "--out"]).arg(folder);
    assert!(command.status().expect("python3 starts").success(), "the generator failed");
}

/// Expressions on names: a few on well-known products, the others on the vendors of the fleet.
pub fn rules() -> Vec<String> {
    let known = [
        r"^Microsoft SQL Server (20\d\d( R2)?)( \(64-bit\))?$",
        r"^SQL Server (20\d\d) Database Engine Services$",
        r"^Microsoft Visio (Standard|Professional) (20\d\d)",
        r"^Microsoft Project (Standard|Professional) (20\d\d)",
        r"^Microsoft Office (Standard|Professional Plus) (20\d\d)",
    ];
    let vendors = (0..RULES - known.len()).map(|number| {
        let (vendor, product) = (VENDORS[number % VENDORS.len()], PRODUCTS[number / VENDORS.len() % PRODUCTS.len()]);
        format!(r"^{vendor}{number} {product}( (Standard|Enterprise))?( \(x64\))?$")
    });
    known.into_iter().map(str::to_owned).chain(vendors).collect()
}

const VENDORS: [&str; 20] = [
    "Data", "Media", "Secure", "Net", "Cloud", "Print", "Audio", "Video", "Office", "Map", "Text", "Mail", "Chart",
    "Plan", "Form", "Scan", "Disk", "Log", "Time", "Code",
];

const PRODUCTS: [&str; 10] =
    ["Gateway", "Service", "Viewer", "Editor", "Runtime", "Agent", "Manager", "Console", "Toolkit", "Driver"];

/// A product that is licensed, or looks like one.
const LOOK_ALIKES: [(&str, &str); 8] = [
    ("Microsoft SQL Server 2016 (64-bit)", "13.0.1601.5"),
    ("SQL Server 2016 Database Engine Services", "13.0.1601.5"),
    ("SQL Server 2016 DMF", "13.0.3016.0"),
    ("Microsoft SQL Server Management Studio - 18.6", "15.0.18338.0"),
    ("Microsoft Visio Professional 2016", "16.0.4266.1001"),
    ("Microsoft Project Standard 2016", "16.0.4266.1001"),
    ("Microsoft Office Professional Plus 2016", "16.0.4266.1001"),
    ("Microsoft Visual C++ 2012 Redistributable (x86) - 11.0.30456", "11.0.30456"),
];

struct Title {
    name: String,
    version: String,
    publisher: String,
    key: Option<String>,
}

fn titles() -> Vec<Title> {
    let mut dice = Dice(1);
    let licensed = LOOK_ALIKES.iter().map(|(name, version)| Title {
        name: (*name).to_owned(),
        version: (*version).to_owned(),
        publisher: "Microsoft Corporation".to_owned(),
        key: None,
    });
    let others = (LOOK_ALIKES.len()..TITLES).map(|number| {
        let (vendor, product) = (VENDORS[dice.below(20)], PRODUCTS[dice.below(10)]);
        let bits = if dice.below(4) == 0 { " (x64)" } else { "" };
        let key = (dice.below(10) < 3).then(|| format!("{{{:08X}-4A90-ED18-0952-{number:012X}}}", dice.below(1 << 31)));
        Title {
            name: format!("{vendor}{} {product}{bits}", number / 20),
            version: format!("{}.{}.{}", dice.below(20), dice.below(10), dice.below(1_000)),
            publisher: format!("{vendor}{} & Sons Inc.", number / 20),
            key,
        }
    });
    licensed.chain(others).collect()
}

fn write_all(folder: &Path, hosts: usize) {
    let titles = titles();
    for number in 0..hosts {
        let place = folder.join(format!("site-{:02}", number / 256)).join(format!("unit-{:02}", number / 16 % 16));
        std::fs::create_dir_all(&place).expect("a folder of the fleet");
        let host = Host::new(number, titles.len());
        let (name, text) = match number % 2 {
            0 => (format!("{}.json", host.device()), host.json(&titles)),
            _ => (format!("{}.xml", host.device()), host.xml(&titles)),
        };
        std::fs::write(place.join(name), text).expect("a file of the fleet");
    }
}

/// One thing of a section: names and values.
type Item<'t> = Vec<(&'static str, Cow<'t, str>)>;

/// A section with its items.
type Section<'t> = (&'static str, Vec<Item<'t>>);

fn stated<'t>(name: &'static str, value: impl Into<Cow<'t, str>>) -> (&'static str, Cow<'t, str>) {
    (name, value.into())
}

/// One machine: everything about it follows from its number.
struct Host {
    number: usize,
    cores: usize,
    server: bool,
    titles: BTreeSet<usize>,
}

impl Host {
    fn new(number: usize, titles: usize) -> Self {
        let mut dice = Dice(0x5eed ^ (number as u64) << 8);
        let rows = 150 + dice.below(62);
        let mut own = BTreeSet::new();
        while own.len() < rows {
            // The cube makes the first titles frequent and the last ones rare.
            let at = dice.below(1 << 20) as f64 / f64::from(1 << 20);
            own.insert((at * at * at * titles as f64) as usize);
        }
        Self { number, cores: [4, 6, 8, 16][dice.below(4)], server: dice.below(6) == 0, titles: own }
    }

    fn name(&self) -> String {
        format!("{}-{:06}", if self.server { "SV" } else { "LT" }, self.number)
    }

    fn device(&self) -> String {
        format!("{}-2026-06-{:02}-06-00-00", self.name(), 1 + self.number % 28)
    }

    fn system(&self) -> &'static str {
        if self.server { "Microsoft Windows Server 2019 Standard" } else { "Microsoft Windows 10 Enterprise" }
    }

    /// Sections in the order of their names, the software last.
    fn sections<'t>(&self, titles: &'t [Title]) -> Vec<Section<'t>> {
        let bios = vec![stated("smodel", "EliteBook 840 G8"), stated("ssn", format!("S{:08X}", self.number))];
        let processor = vec![
            stated("core", self.cores.to_string()),
            stated("corecount", self.cores.to_string()),
            stated("manufacturer", "Intel"),
            stated("name", "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz"),
            stated("thread", (2 * self.cores).to_string()),
        ];
        let hardware = vec![
            stated("memory", "65536"),
            stated("name", self.name()),
            stated("uuid", format!("{:08x}-d69a-c315-fe3a-71d3889c976f", self.number * 2_654_435 + 1)),
            stated("vmsystem", "Physical"),
            stated("workgroup", "corp.example"),
        ];
        let system = vec![
            stated("full_name", self.system()),
            stated("kernel_name", "MSWin32"),
            stated("kernel_version", if self.server { "10.0.17763" } else { "10.0.19045" }),
        ];
        vec![
            ("bios", vec![bios]),
            ("controllers", (0..36).map(|number| self.device_of("Intel Host bridge", number)).collect()),
            ("cpus", vec![processor]),
            ("hardware", vec![hardware]),
            ("networks", (0..4).map(|number| self.device_of("Ethernet", number)).collect()),
            ("operatingsystem", vec![system]),
            ("softwares", self.titles.iter().map(|&title| self.software(&titles[title])).collect()),
        ]
    }

    /// A part of the machine that nobody licenses anything by.
    fn device_of<'t>(&self, kind: &str, number: usize) -> Item<'t> {
        vec![
            stated("caption", format!("{kind} {number}")),
            stated("driver", format!("drv_{:02x}", self.number * 7 % 251)),
            stated("manufacturer", "Intel Corporation"),
            stated("name", format!("{kind} {number}")),
            stated("pciclass", format!("{:04x}", self.number * 31 % 4096)),
            stated("pcislot", format!("00:{number:02}.0")),
            stated("productid", format!("{:04x}", self.number * 17 % 65_536)),
            stated("vendorid", "8086"),
        ]
    }

    fn software<'t>(&self, title: &'t Title) -> Item<'t> {
        let mut item = vec![stated("from", "registry")];
        item.extend(title.key.as_deref().map(|key| stated("guid", key)));
        item.push(stated("install_date", format!("2025-{:02}-11", 1 + self.number % 12)));
        item.push(stated("name", title.name.as_str()));
        item.push(stated("publisher", title.publisher.as_str()));
        item.push(stated("version", title.version.as_str()));
        item
    }

    /// As the GLPI agent writes it.
    fn json(&self, titles: &[Title]) -> String {
        let mut out = String::from("{\n   \"action\": \"inventory\",\n   \"content\": {\n");
        for (section, items) in self.sections(titles) {
            let many = !matches!(section, "bios" | "hardware" | "operatingsystem");
            let items: Vec<String> = items
                .iter()
                .map(|item| {
                    let fields = item.iter().map(|(key, value)| match value.parse::<u32>() {
                        Ok(number) if section != "softwares" => format!("            \"{key}\": {number}"),
                        _ => format!("            \"{key}\": {value:?}"),
                    });
                    format!("{{\n{}\n         }}", fields.collect::<Vec<_>>().join(",\n"))
                })
                .collect();
            let items = items.join(",\n         ");
            let value = if many { format!("[\n         {items}\n      ]") } else { items };
            writeln!(out, "      \"{section}\": {value},").expect("a text");
        }
        let device = self.device();
        write!(
            out,
            "      \"versionclient\": \"GLPI-Agent_v1.7\"\n   }},\n   \"deviceid\": \"{device}\",\n   \"itemtype\": \"Computer\"\n}}\n"
        )
        .expect("a text");
        out
    }

    /// As OCS takes it.
    fn xml(&self, titles: &[Title]) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<REQUEST>\n  <CONTENT>\n");
        for (section, items) in self.sections(titles) {
            let section = section.to_uppercase();
            for item in items {
                writeln!(out, "    <{section}>").expect("a text");
                for (key, value) in item {
                    let (key, value) = (key.to_uppercase(), value.replace('&', "&amp;"));
                    writeln!(out, "      <{key}>{value}</{key}>").expect("a text");
                }
                writeln!(out, "    </{section}>").expect("a text");
            }
        }
        let device = self.device();
        write!(
            out,
            "    <VERSIONCLIENT>FusionInventory-Agent_v2.6</VERSIONCLIENT>\n  </CONTENT>\n  <DEVICEID>{device}</DEVICEID>\n  <QUERY>INVENTORY</QUERY>\n</REQUEST>\n"
        )
        .expect("a text");
        out
    }
}

/// Numbers that look thrown and are the same every time (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % limit as u64) as usize
    }
}
