//! CycloneDX: bills of materials in JSON and XML.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::diag::Diagnostic;
use crate::model::Place;

use super::super::agent::Text;
use super::super::json::parsed;
use super::super::page::{Field, Page, Verified};
use super::super::xml::{Element, Fault, Form, Listener, first_elements, walk};
use super::super::{Carries, Input, Reader, Sink, Sniff, Verdict};
use super::{Bill, Part, PartKind, Subject, host_name, is_root};

/// The reader.
pub(in crate::read) struct CycloneDx;

/// What the format is.
const PAGE: Page = Page {
    name: "cyclonedx",
    title: "CycloneDX bills of materials that are of a machine (JSON, XML)",
    written_by: "`trivy rootfs --format cyclonedx /`, `syft dir:/ -o cyclonedx-json`, `cdxgen -t os`, `distro2sbom`",
    carries: &[Carries::Hosts, Carries::Software, Carries::OperatingSystem],
    recognised_by: "JSON with `bomFormat` `CycloneDX`; XML whose root `bom` is in a namespace of cyclonedx.org",
    fields: &[
        Field { named: "metadata.component.type, name, version", becomes: "what it is of; see below" },
        Field {
            named: "a property of metadata whose name ends in `hostname` or `computername`",
            becomes: "name of the machine",
        },
        Field { named: "metadata.timestamp", becomes: "day of the inventory" },
        Field {
            named: "components[].name, version, purl",
            becomes: "software; name and version out of the purl where they are missing",
        },
        Field { named: "components[].publisher | supplier.name | manufacturer.name", becomes: "publisher" },
        Field { named: "the component of the type `operating-system`", becomes: "operating system" },
    ],
    quirks: &[
        "most bills are of a container image, a product or a source tree: they are ignored, with the name of what they are \
         of, because none of those is a machine",
        "one is of a machine where its subject is an `operating-system` or a `device`, its life cycle is `operations` or \
         `discovery`, or it lists packages of an operating system and its subject is no image",
        "the subject is hardly ever the name of the machine: `operating-system` names the distribution, and tools that scan \
         a folder name the folder; a name counts where it looks like that of a machine and has no version",
        "else the machine is that after which the file or its folder is named (`web-01.cdx.json`), and where nothing names \
         it what is installed belongs to no known machine",
        "libraries of programming languages (purls of npm, PyPI, Maven, NuGet, Go…) are parts of other software: they are \
         counted and not taken as installed",
        "an epoch or a plus may be escaped in a purl or not",
    ],
    verified: Verified::RealFile("files that syft and uswid wrote; no bill of a whole machine was at hand"),
    example: r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
 "metadata": {"timestamp": "2026-06-28T08:00:00Z", "component": {"type": "device", "name": "web-01"}},
 "components": [
  {"type": "operating-system", "name": "debian", "version": "12.11"},
  {"type": "library", "name": "bash", "version": "5.2.15-2+b8", "purl": "pkg:deb/debian/bash@5.2.15-2%2Bb8"}]}
"#,
    samples: &["cyclonedx"],
};

/// Bytes looked at to recognise the XML.
const SNIFFED_BYTES: usize = 8192;

impl Reader for CycloneDx {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        match head.trim_ascii_start().first() {
            Some(b'{') => {
                let head = String::from_utf8_lossy(head);
                let named = head.contains("\"bomFormat\"") && head.contains("\"CycloneDX\"");
                let schema = head.contains("cyclonedx.org/schema/bom-") && head.contains("\"specVersion\"");
                if named || schema { Sniff::Sure } else { Sniff::No }
            }
            Some(b'<') => {
                let head = String::from_utf8_lossy(&head[..head.len().min(SNIFFED_BYTES)]);
                let is_bom = first_elements(&head).0 == Some("bom") && head.contains("cyclonedx.org/schema/");
                if is_bom { Sniff::Sure } else { Sniff::No }
            }
            _ => Sniff::No,
        }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        if text.trim_start().starts_with('<') {
            let mut document = Document::default();
            walk(text, Form::One, &mut document).map_err(|fault| fault.diagnostic(text, input.path))?;
            return Ok(document.finish().emit(input, sink));
        }
        Ok(parsed::<Bom<'_>>(text, input.path)?.bill().emit(input, sink))
    }
}

/// What the bill is of, by its subject and by the phases of life it is of. `is_made`: it says who makes the subject.
fn subject(kind: &str, name: &str, host: Option<&str>, is_made: bool, operates: bool) -> Subject {
    if let Some(host) = host_name(host) {
        return Subject::Machine(Some(host));
    }
    let name = name.trim().to_owned();
    match kind {
        "container" => Subject::Image(name),
        // A device that somebody makes is a model and not one machine.
        "device" if is_made && !operates => Subject::Product("device".into(), name),
        "operating-system" | "device" => Subject::System(name),
        _ if is_root(&name) => Subject::Machine(None),
        "" if name.is_empty() && operates => Subject::Machine(None),
        "" if name.is_empty() => Subject::Unsaid,
        "application" | "file" | "platform" if operates => Subject::System(name),
        "application" | "file" | "platform" | "" => {
            Subject::Files(if kind.is_empty() { "component" } else { kind }.into(), name)
        }
        kind => Subject::Product(kind.into(), name),
    }
}

/// What kind of part a component is.
fn part_kind(kind: &str) -> PartKind {
    match kind {
        "operating-system" => PartKind::System,
        "file" | "data" | "cryptographic-asset" | "machine-learning-model" | "device" | "firmware" | "container" => {
            PartKind::Other
        }
        _ => PartKind::Software,
    }
}

/// Whether the name of a property says that its value is the name of the machine.
fn names_host(property: &str) -> bool {
    let last = property.rsplit([':', '.', '/']).next().unwrap_or(property).to_lowercase();
    matches!(last.replace(['_', '-'], "").as_str(), "hostname" | "computername" | "fqdn")
}

fn is_operation(phase: &str) -> bool {
    matches!(phase, "operations" | "discovery")
}

#[derive(Deserialize)]
struct Bom<'a> {
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default)]
    components: Option<Vec<Component<'a>>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    timestamp: Text<'a>,
    #[serde(borrow, default)]
    component: Option<Component<'a>>,
    #[serde(borrow, default)]
    lifecycles: Option<Vec<Phase<'a>>>,
    #[serde(borrow, default)]
    properties: Option<Vec<Property<'a>>>,
    #[serde(borrow, default)]
    tools: Name<'a>,
}

#[derive(Deserialize)]
struct Phase<'a> {
    #[serde(borrow, default)]
    phase: Text<'a>,
}

#[derive(Deserialize)]
struct Property<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    value: Text<'a>,
}

#[derive(Deserialize)]
struct Component<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    version: Text<'a>,
    #[serde(borrow, default)]
    purl: Text<'a>,
    #[serde(borrow, default)]
    publisher: Name<'a>,
    #[serde(borrow, default)]
    supplier: Name<'a>,
    #[serde(borrow, default)]
    manufacturer: Name<'a>,
    #[serde(borrow, default)]
    properties: Option<Vec<Property<'a>>>,
    #[serde(borrow, default)]
    components: Option<Vec<Component<'a>>>,
}

/// A name as a text, as an object that has one, or as the first of a list of such.
#[derive(Default)]
struct Name<'a>(Text<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameVisitor).map(Self)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(text.to_owned().into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Text::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Text::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Text::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Text::default())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut name = Text::default();
        while let Some(key) = map.next_key::<Text<'de>>()? {
            match key.raw() {
                "name" => name = map.next_value()?,
                // Tools are listed one level deeper in later releases.
                "components" => name = map.next_value::<Name<'de>>()?.0,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(name)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let first = list.next_element::<Name<'de>>()?.unwrap_or_default();
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first.0)
    }
}

impl Component<'_> {
    /// Whether it says who makes it.
    fn is_made(&self) -> bool {
        [&self.publisher, &self.supplier, &self.manufacturer].into_iter().any(|name| name.0.stated().is_some())
    }
}

impl<'a> Bom<'a> {
    fn bill(self) -> Bill<'a> {
        let mut bill = Bill::default();
        if let Some(metadata) = self.metadata {
            let operates = metadata.lifecycles.iter().flatten().any(|phase| is_operation(phase.phase.raw()));
            let of_component = metadata.component.as_ref().and_then(|component| component.properties.as_ref());
            let mut properties = metadata.properties.iter().chain(of_component).flatten();
            let host = properties.find(|property| names_host(property.name.raw())).and_then(|host| host.value.stated());
            let component = metadata.component.as_ref();
            let kind = component.and_then(|found| found.kind.stated()).unwrap_or_default();
            let name = component.and_then(|found| found.name.stated()).unwrap_or_default();
            let is_made = component.is_some_and(Component::is_made);
            bill.subject = subject(kind, name, host, is_made, operates);
            bill.subject_version = component.and_then(|found| found.version.owned());
            bill.made = metadata.timestamp.owned();
            bill.program = metadata.tools.0.owned();
        }
        for (index, component) in self.components.into_iter().flatten().enumerate() {
            add(&mut bill, component, &format!("components[{index}]"));
        }
        bill
    }
}

/// Adds a component and those within it.
fn add<'a>(bill: &mut Bill<'a>, component: Component<'a>, place: &str) {
    let publisher = [component.publisher.0, component.supplier.0, component.manufacturer.0]
        .into_iter()
        .find(|name| name.stated().is_some())
        .unwrap_or_default();
    bill.add(Part {
        kind: part_kind(component.kind.raw()),
        name: component.name,
        version: component.version,
        publisher,
        purl: component.purl,
        place: Some(Place::Within(place.into())),
    });
    for (index, inner) in component.components.into_iter().flatten().enumerate() {
        add(bill, inner, &format!("{place}.components[{index}]"));
    }
}

/// The document while its XML is walked through.
#[derive(Default)]
struct Document<'a> {
    bill: Bill<'a>,
    kind: String,
    name: String,
    version: String,
    host: Option<String>,
    is_made: bool,
    operates: bool,
    property: String,
    /// Components that are open, the innermost last.
    open: Vec<Part<'a>>,
}

impl<'a> Document<'a> {
    fn finish(mut self) -> Bill<'a> {
        self.bill.subject = subject(&self.kind, &self.name, self.host.as_deref(), self.is_made, self.operates);
        self.bill.subject_version = Some(self.version).filter(|version| !version.is_empty());
        self.bill
    }
}

/// What stands behind the innermost component of a path; `None` outside the list of components.
fn below_component(path: &str) -> Option<&str> {
    let at = path.starts_with("bom/components/component").then(|| path.rfind("/component"))??;
    let at = match path[at..].strip_prefix("/components") {
        Some(_) => path[..at].rfind("/component")?,
        None => at,
    };
    Some(&path[at + "/component".len()..])
}

impl<'a> Listener<'a> for Document<'a> {
    fn open(&mut self, path: &str, element: &Element<'_>) -> Result<(), Fault> {
        if path == "bom/metadata/component" {
            self.kind = element.attribute("type")?.unwrap_or_default();
        } else if path.starts_with("bom/metadata/") && path.ends_with("/properties/property") {
            self.property = element.attribute("name")?.unwrap_or_default();
        } else if below_component(path) == Some("") {
            let kind = element.attribute("type")?.unwrap_or_default();
            let place = Some(Place::Line(element.line));
            self.open.push(Part { kind: part_kind(&kind), place, ..Part::default() });
        }
        Ok(())
    }

    fn close(&mut self, path: &str, text: Cow<'a, str>) {
        let owned = || text.trim().to_owned();
        match path {
            "bom/metadata/timestamp" => self.bill.made = Some(owned()),
            "bom/metadata/component/name" => self.name = owned(),
            "bom/metadata/component/version" => self.version = owned(),
            "bom/metadata/component/publisher"
            | "bom/metadata/component/supplier/name"
            | "bom/metadata/component/manufacturer/name" => self.is_made = true,
            "bom/metadata/lifecycles/lifecycle/phase" => self.operates |= is_operation(text.trim()),
            "bom/metadata/tools/tool/name" | "bom/metadata/tools/components/component/name" => {
                self.bill.program.get_or_insert_with(owned);
            }
            "bom/metadata/properties/property" | "bom/metadata/component/properties/property" => {
                if self.host.is_none() && names_host(&self.property) {
                    self.host = Some(owned());
                }
            }
            _ => {
                let Some(below) = below_component(path) else { return };
                if below.is_empty() {
                    if let Some(part) = self.open.pop() {
                        self.bill.add(part);
                    }
                    return;
                }
                let Some(part) = self.open.last_mut() else { return };
                let slot = match below {
                    "/name" => &mut part.name,
                    "/version" => &mut part.version,
                    "/purl" => &mut part.purl,
                    "/publisher" | "/supplier/name" | "/manufacturer/name" => &mut part.publisher,
                    _ => return,
                };
                if slot.stated().is_none() {
                    *slot = Text(text);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::below_component;

    #[test]
    fn the_innermost_component_is_found_in_a_path() {
        assert_eq!(below_component("bom/components/component"), Some(""));
        assert_eq!(below_component("bom/components/component/name"), Some("/name"));
        assert_eq!(below_component("bom/components/component/components/component/purl"), Some("/purl"));
        assert_eq!(below_component("bom/components/component/components"), Some("/components"));
        assert_eq!(below_component("bom/metadata/component/name"), None);
    }
}
