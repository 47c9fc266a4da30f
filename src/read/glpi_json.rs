//! GLPI agent JSON: full and partial inventories, as the agent writes them since version 1.0.
//!
//! Sections that trueup does not use are skipped without being built up. A file that breaks off is rejected as a whole:
//! half a software list would be a silent loss.

use std::fmt;
use std::marker::PhantomData;

use memchr::memmem;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::diag::Diagnostic;

use super::agent::{Inventory, Software, Syntax, Text};
use super::json::parsed_into;
use super::page::{Field, Page, Verified};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict, plain_json};

/// The reader.
pub struct GlpiJson;

/// What the format is.
const PAGE: Page = Page {
    name: "glpi-json",
    title: "GLPI agent inventory (JSON)",
    written_by: "GLPI agent 1.0 and later: `glpi-agent --json --local DIR`, or what the server keeps of it",
    carries: &[Carries::Hosts, Carries::Cores, Carries::Placement, Carries::Software, Carries::OperatingSystem],
    recognised_by: "a JSON object with `content` beside `deviceid`, `itemtype` or `action`",
    fields: &[
        Field { named: "content.hardware.name, uuid, vmsystem", becomes: "name, UUID and platform of the machine" },
        Field { named: "content.bios.ssn | msn", becomes: "serial number" },
        Field { named: "content.operatingsystem.full_name, kernel_version | version", becomes: "operating system" },
        Field { named: "content.cpus[].corecount | core, thread", becomes: "processors with their cores" },
        Field { named: "content.virtualmachines[]", becomes: "guests of the machine" },
        Field { named: "content.softwares[].name, version, publisher, guid", becomes: "software records" },
        Field { named: "content.licenseinfos[]", becomes: "channel of a licence; keys are never kept" },
        Field { named: "content.accesslog.logdate", becomes: "day of the inventory" },
        Field { named: "tag", becomes: "organisation, where the folder names none" },
    ],
    quirks: &[
        "`core` counts enabled cores and `corecount` physical ones; threads are never taken for cores",
        "a partial inventory states only what changed and takes nothing away",
        "network discoveries, printers and telephones are ignored by name",
        "one that names no machine, by host name or device id, is of the one after which file or folder is named",
        "a file that breaks off is rejected as a whole: half a software list would be a silent loss",
    ],
    verified: Verified::RealFile("computers of the published inventory format, and agents run by hand"),
    example: r#"{"action": "inventory", "deviceid": "web-01-2026-06-28-06-00-00", "itemtype": "Computer", "content": {
 "versionclient": "GLPI-Agent_v1.11", "accesslog": {"logdate": "2026-06-28 06:00:00"},
 "hardware": {"name": "web-01", "uuid": "4c4c4544-0042-3510-8054-c7c04f4b5931"},
 "cpus": [{"name": "Xeon", "core": 16, "corecount": 16}],
 "operatingsystem": {"full_name": "Microsoft Windows Server 2019 Standard"}}}
"#,
    samples: &["glpi-json"],
};

/// Bytes looked at to recognise the format.
const SNIFFED_BYTES: usize = 4096;

impl Reader for GlpiJson {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn version(&self) -> u32 {
        3
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        if head.trim_ascii_start().first() != Some(&b'{') {
            return Sniff::No;
        }
        let head = &head[..head.len().min(SNIFFED_BYTES)];
        let has = |key: &str| memmem::find(head, key.as_bytes()).is_some();
        // The description of the format names every key of it and holds no inventory.
        if has("\"$schema\"") && has("\"properties\"") {
            return Sniff::No;
        }
        let envelope = ["\"deviceid\"", "\"itemtype\"", "\"action\""].into_iter().filter(|key| has(key)).count();
        let sections = ["\"accesslog\"", "\"bios\"", "\"hardware\"", "\"softwares\"", "\"versionclient\""];
        let sections = sections.into_iter().filter(|key| has(key)).count();
        match (has("\"content\""), envelope, sections) {
            (true, 1.., 1..) | (true, 2.., _) | (true, _, 2..) => Sniff::Sure,
            (true, 1, _) | (true, _, 1) | (false, 2.., _) => Sniff::Maybe,
            _ => Sniff::No,
        }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let mut document = Document::new();
        if plain_json::parsed_into(DocumentSeed(&mut document), text).is_none() {
            document = Document::new();
            parsed_into(DocumentSeed(&mut document), text, input.path)?;
        }
        Ok(match document.not_ours() {
            Some(reason) => Verdict::Ignored(reason),
            None => document.inventory.emit(input, sink),
        })
    }
}

/// The whole document.
struct Document<'a> {
    item_type: Text<'a>,
    action: Text<'a>,
    inventory: Inventory<'a>,
}

impl Document<'_> {
    fn new() -> Self {
        Self { item_type: Text::default(), action: Text::default(), inventory: Inventory::new(Syntax::Json) }
    }

    /// Why it is no inventory of a computer, where it is none. Older agents name neither type nor action.
    fn not_ours(&self) -> Option<String> {
        let action = self.action.stated().filter(|action| !action.eq_ignore_ascii_case("inventory"));
        let item_type = self.item_type.stated().filter(|item_type| !item_type.eq_ignore_ascii_case("computer"));
        match (action, item_type) {
            (None, None) => None,
            (None, Some(item_type)) => Some(format!("an inventory of the item type `{item_type}`, not of a computer")),
            (Some(action), _) => Some(format!("the result of the action `{action}`, not an inventory")),
        }
    }
}

struct DocumentSeed<'i, 'a>(&'i mut Document<'a>);

impl<'a> DeserializeSeed<'a> for DocumentSeed<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for DocumentSeed<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an inventory")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<Text<'a>>()? {
            match key.raw() {
                "content" => map.next_value_seed(ContentSeed(&mut self.0.inventory))?,
                "itemtype" => self.0.item_type = map.next_value()?,
                "action" => self.0.action = map.next_value()?,
                "deviceid" => self.0.inventory.device_id = map.next_value()?,
                "tag" => self.0.inventory.tag = map.next_value()?,
                "partial" => self.0.inventory.partial = map.next_value::<Text<'a>>()?.is_true(),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct ContentSeed<'i, 'a>(&'i mut Inventory<'a>);

impl<'a> DeserializeSeed<'a> for ContentSeed<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for ContentSeed<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sections of an inventory")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        let inventory = self.0;
        while let Some(key) = map.next_key::<Text<'a>>()? {
            match key.raw() {
                "accesslog" => inventory.logged = section::<AccessLog<'a>, M>(&mut map)?.logged,
                "bios" => inventory.firmware = section(&mut map)?,
                "hardware" => inventory.hardware = section(&mut map)?,
                "operatingsystem" => inventory.operating_system = section(&mut map)?,
                "versionclient" => inventory.agent = map.next_value()?,
                "cpus" => map.next_value_seed(items(|item, index| inventory.processors.push((item, index))))?,
                "virtualmachines" => map.next_value_seed(items(|item, index| inventory.guests.push((item, index))))?,
                "softwares" => {
                    map.next_value_seed(items(|item: Software<'a>, index| inventory.add_software(item, index)))?;
                }
                "licenseinfos" => map.next_value_seed(items(|item, _| inventory.licences.push(item)))?,
                "databases_services" => map.next_value_seed(items(|item, _| inventory.databases.push(item)))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The section `accesslog`.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct AccessLog<'a> {
    #[serde(borrow, rename = "logdate")]
    logged: Text<'a>,
}

/// A section that may be missing or `null`.
fn section<'a, T, M>(map: &mut M) -> Result<T, M::Error>
where
    T: Deserialize<'a> + Default,
    M: MapAccess<'a>,
{
    Ok(map.next_value::<Option<T>>()?.unwrap_or_default())
}

/// A list of items, each handed on with its index. A single object counts as a list of one, `null` as an empty list.
struct Items<T, F> {
    on_item: F,
    item: PhantomData<T>,
}

fn items<T, F: FnMut(T, u32)>(on_item: F) -> Items<T, F> {
    Items { on_item, item: PhantomData }
}

impl<'a, T: Deserialize<'a>, F: FnMut(T, u32)> DeserializeSeed<'a> for Items<T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a, T: Deserialize<'a>, F: FnMut(T, u32)> Visitor<'a> for Items<T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'a>>(mut self, mut list: S) -> Result<(), S::Error> {
        let mut index = 0;
        while let Some(item) = list.next_element::<T>()? {
            (self.on_item)(item, index);
            index += 1;
        }
        Ok(())
    }

    fn visit_map<M: MapAccess<'a>>(mut self, map: M) -> Result<(), M::Error> {
        (self.on_item)(T::deserialize(MapAccessDeserializer::new(map))?, 0);
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}
