//! SPDX: bills of materials as JSON (2.x and 3.0), XML and tags with values.

use std::borrow::Cow;

use serde::Deserialize;

use crate::diag::Diagnostic;
use crate::model::Place;

use super::super::agent::Text;
use super::super::json::broken;
use super::super::page::{Field, Page, Verified};
use super::super::xml::{Element, Fault, Form, Listener, first_elements, walk};
use super::super::{Carries, Input, Reader, Sink, Sniff, Verdict};
use super::purl::Purl;
use super::spdx_lines;
use super::{Bill, NOTHING_SAID, Part, PartKind, Subject, is_image_reference, is_root};

/// The reader.
pub(in crate::read) struct Spdx;

/// What the format is.
const PAGE: Page = Page {
    name: "spdx",
    title: "SPDX bills of materials that are of a machine (JSON, XML, tag and value)",
    written_by: "`distro2sbom --system --sbom spdx`, `trivy rootfs --format spdx-json /`, `syft dir:/ -o spdx-json`",
    carries: &[Carries::Hosts, Carries::Software, Carries::OperatingSystem],
    recognised_by: "JSON with `spdxVersion` or with `@context` of spdx.org; XML whose root is `Document` with `SPDXID` or \
                    `spdxVersion`; lines of which one is `SPDXVersion: SPDX-2…`",
    fields: &[
        Field {
            named: "the package that the document describes, and its purpose",
            becomes: "what it is of; see below",
        },
        Field { named: "creationInfo.created | Created", becomes: "day of the inventory" },
        Field { named: "packages[].name, versionInfo | PackageName, PackageVersion", becomes: "software" },
        Field { named: "packages[].supplier | PackageSupplier", becomes: "publisher, without kind and address" },
        Field {
            named: "externalRefs of the type purl | software_packageUrl",
            becomes: "key, and whether it is a part only",
        },
        Field { named: "the package with the purpose OPERATING-SYSTEM", becomes: "operating system" },
    ],
    quirks: &[
        "most documents are of a container image, a product or a source tree: they are ignored, with the name of what they \
         are of",
        "one is of a machine where the package it describes is an operating system or a device, or where it lists packages \
         of an operating system and describes no image; the machine is then found as for CycloneDX",
        "a document of several thousand packages may have its relationships at the very end: it is read to its end before \
         anything is taken",
        "RDF and YAML are not read: convert them to JSON",
        "`NOASSERTION` and `NONE` state nothing",
    ],
    verified: Verified::RealFile(
        "files that syft, uswid and the tools of SPDX wrote; none of a whole machine was at hand",
    ),
    example: r#"{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "web-01", "documentDescribes": ["SPDXRef-host"],
 "creationInfo": {"created": "2026-06-28T08:00:00Z", "creators": ["Tool: example-1.0"]},
 "packages": [
  {"SPDXID": "SPDXRef-host", "name": "web-01", "primaryPackagePurpose": "DEVICE"},
  {"SPDXID": "SPDXRef-1", "name": "bash", "versionInfo": "5.2.15-2+b8", "externalRefs": [
    {"referenceType": "purl", "referenceLocator": "pkg:deb/debian/bash@5.2.15-2%2Bb8?arch=amd64"}]}]}
"#,
    samples: &["spdx"],
};

/// Bytes looked at to recognise the XML and the lines.
const SNIFFED_BYTES: usize = 8192;

impl Reader for Spdx {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        let start = head.trim_ascii_start().first();
        let near = || String::from_utf8_lossy(&head[..head.len().min(SNIFFED_BYTES)]);
        let is_spdx = match start {
            Some(b'{') => {
                let head = String::from_utf8_lossy(head);
                let version = head.contains("\"spdxVersion\"") && head.contains("\"SPDX");
                // With its keys in order, the version stands behind thousands of packages.
                version
                    || head.contains("\"SPDXID\"") && head.contains("\"SPDXRef-DOCUMENT\"")
                    || (head.contains("\"@context\"") && head.contains("spdx.org/rdf/3"))
            }
            Some(b'<') => {
                let head = near();
                let named = head.contains("<SPDXID>") || head.contains("<spdxVersion>");
                first_elements(&head).0 == Some("Document") && named
            }
            _ => near().lines().any(|line| line.starts_with("SPDXVersion:") && line.contains("SPDX-")),
        };
        if is_spdx { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let document = match text.trim_start().as_bytes().first() {
            Some(b'{') => from_json(text).map_err(|error| broken(&error, input.path))?,
            Some(b'<') => {
                let mut heard = Heard::default();
                walk(text, Form::One, &mut heard).map_err(|fault| fault.diagnostic(text, input.path))?;
                heard.document
            }
            _ => spdx_lines::parse(text).map_err(|fault| fault.of(input.path))?,
        };
        Ok(document.bill().emit(input, sink))
    }
}

/// A package as any of the forms states it.
#[derive(Debug, Default)]
pub(super) struct Package<'a> {
    pub id: Text<'a>,
    pub name: Text<'a>,
    pub version: Text<'a>,
    pub supplier: Text<'a>,
    pub purl: Text<'a>,
    pub purpose: Text<'a>,
    pub place: Option<Place>,
}

/// A document as any of the forms states it.
#[derive(Debug, Default)]
pub(super) struct Document<'a> {
    pub name: Option<String>,
    pub namespace: String,
    pub created: Option<String>,
    pub program: Option<String>,
    pub packages: Vec<Package<'a>>,
    /// Ids of the packages that the document is said to describe.
    pub describes: Vec<String>,
}

impl Package<'_> {
    /// Its purpose in lower case without what parts the words.
    fn purpose(&self) -> String {
        self.purpose.raw().trim().to_lowercase().replace(['_', '-'], "")
    }

    fn is_image(&self) -> bool {
        let by_purl = Purl::parse(self.purl.raw()).is_some_and(|purl| matches!(purl.kind.as_str(), "oci" | "docker"));
        let id = self.id.raw();
        by_purl || self.purpose() == "container" || id.contains("DocumentRoot-Image") || id.contains("ContainerImage")
    }

    fn is_system(&self) -> bool {
        self.purpose() == "operatingsystem" || self.id.raw().contains("SPDXRef-OperatingSystem")
    }

    /// What a document is of that describes this package.
    fn subject(&self) -> Subject {
        let name = self.name.stated().unwrap_or_default().to_owned();
        let purpose = self.purpose();
        if self.is_image() {
            return Subject::Image(name);
        }
        if self.is_system() || purpose == "device" {
            return Subject::System(name);
        }
        if is_root(&name) {
            return Subject::Machine(None);
        }
        let id = self.id.raw();
        match purpose.as_str() {
            _ if id.contains("DocumentRoot-Directory") || id.contains("Filesystem") => {
                Subject::Files("folder".into(), name)
            }
            "library" | "framework" | "firmware" | "install" | "archive" => Subject::Product(purpose, name),
            "" => Subject::Files("software".into(), name),
            _ => Subject::Files(purpose, name),
        }
    }
}

impl<'a> Document<'a> {
    fn bill(self) -> Bill<'a> {
        let described = |package: &Package<'_>| {
            package.id.stated().is_some_and(|id| self.describes.iter().any(|described| described == id))
        };
        let root = self.packages.iter().position(described);
        let name = self.name.as_deref().map(str::trim).filter(|name| !matches!(*name, "" | NOTHING_SAID));
        let by_namespace = |kind: &str| self.namespace.split('/').any(|part| part == kind);
        let subject = match (root.map(|root| &self.packages[root]), name) {
            (Some(package), _) if package.is_image() => package.subject(),
            (_, Some(name)) if is_image_reference(name) => Subject::Image(name.to_owned()),
            (_, name) if by_namespace("image") => Subject::Image(name.unwrap_or("unnamed").to_owned()),
            (Some(package), _) => package.subject(),
            (None, Some(name)) if is_root(name) => Subject::Machine(None),
            (None, Some(name)) => Subject::Files("document".into(), name.to_owned()),
            (None, None) => Subject::Unsaid,
        };
        let version = root.and_then(|root| self.packages[root].version.owned());
        let lone = self.packages.len() == 1;
        let mut bill = Bill {
            subject,
            subject_version: version.filter(|version| version != NOTHING_SAID),
            made: self.created,
            program: self.program,
            ..Bill::default()
        };
        for (index, package) in self.packages.into_iter().enumerate() {
            // What the document describes holds the rest and is no part of itself.
            if Some(index) == root && !lone && !package.is_system() {
                continue;
            }
            let kind = match package.purpose().as_str() {
                _ if package.is_system() => PartKind::System,
                "file" | "source" | "container" | "device" | "firmware" => PartKind::Other,
                _ => PartKind::Software,
            };
            let Package { name, version, supplier, purl, place, .. } = package;
            bill.add(Part { kind, name, version, publisher: supplier, purl, place });
        }
        if let Subject::System(name) = &bill.subject {
            let is_host = bill.subject_version.is_none();
            // A system that bears the machine's name is the machine and not the operating system.
            bill.parts.retain(|part| part.kind != PartKind::System || !is_host || part.name.stated() != Some(name));
        }
        bill
    }
}

#[derive(Deserialize)]
struct Json<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default, rename = "documentNamespace")]
    namespace: Text<'a>,
    #[serde(borrow, default, rename = "creationInfo")]
    creation: Option<Creation<'a>>,
    #[serde(borrow, default, rename = "documentDescribes")]
    describes: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    packages: Option<Vec<JsonPackage<'a>>>,
    #[serde(borrow, default)]
    relationships: Option<Vec<Relationship<'a>>>,
    #[serde(borrow, default, rename = "@graph")]
    graph: Option<Vec<Thing<'a>>>,
}

#[derive(Deserialize)]
struct Creation<'a> {
    #[serde(borrow, default)]
    created: Text<'a>,
    #[serde(borrow, default)]
    creators: Option<Vec<Text<'a>>>,
}

#[derive(Deserialize)]
struct JsonPackage<'a> {
    #[serde(borrow, default, rename = "SPDXID")]
    id: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default, rename = "versionInfo")]
    version: Text<'a>,
    #[serde(borrow, default)]
    supplier: Text<'a>,
    #[serde(borrow, default, rename = "primaryPackagePurpose")]
    purpose: Text<'a>,
    #[serde(borrow, default, rename = "externalRefs")]
    references: Option<Vec<Reference<'a>>>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow, default, rename = "referenceType")]
    kind: Text<'a>,
    #[serde(borrow, default, rename = "referenceLocator")]
    locator: Text<'a>,
}

#[derive(Deserialize)]
struct Relationship<'a> {
    #[serde(borrow, default, rename = "spdxElementId")]
    of: Text<'a>,
    #[serde(borrow, default, rename = "relationshipType")]
    kind: Text<'a>,
    #[serde(borrow, default, rename = "relatedSpdxElement")]
    to: Text<'a>,
}

/// An element of a document of release 3.
#[derive(Deserialize)]
struct Thing<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default, rename = "spdxId")]
    id: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    created: Text<'a>,
    #[serde(borrow, default, rename = "rootElement")]
    roots: Option<Vec<Text<'a>>>,
    #[serde(borrow, default, rename = "software_packageVersion")]
    version: Text<'a>,
    #[serde(borrow, default, rename = "software_packageUrl")]
    purl: Text<'a>,
    #[serde(borrow, default, rename = "software_primaryPurpose")]
    purpose: Text<'a>,
}

/// Id of the document itself.
const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// Whether a relationship says what the document describes, and the id of that.
pub(super) fn described(of: &str, kind: &str, to: &str) -> Option<String> {
    match (kind.trim(), of.trim(), to.trim()) {
        ("DESCRIBES", DOCUMENT, to) => Some(to.to_owned()),
        ("DESCRIBED_BY", of, DOCUMENT) => Some(of.to_owned()),
        _ => None,
    }
}

/// Name of a program out of a creator: `Tool: syft-1.42.0`.
pub(super) fn tool(creator: &str) -> Option<String> {
    creator.trim().strip_prefix("Tool:").map(|tool| tool.trim().to_owned())
}

fn from_json(text: &str) -> Result<Document<'_>, serde_json::Error> {
    let json: Json<'_> = serde_json::from_str(text)?;
    let mut document =
        Document { name: json.name.owned(), namespace: json.namespace.raw().to_owned(), ..Document::default() };
    if let Some(creation) = json.creation {
        document.created = creation.created.owned();
        document.program = creation.creators.iter().flatten().find_map(|creator| tool(creator.raw()));
    }
    document.describes.extend(json.describes.into_iter().flatten().filter_map(|id| id.owned()));
    let relationships = json.relationships.into_iter().flatten();
    document
        .describes
        .extend(relationships.filter_map(|link| described(link.of.raw(), link.kind.raw(), link.to.raw())));
    for (index, package) in json.packages.into_iter().flatten().enumerate() {
        let mut references = package.references.into_iter().flatten();
        let purl = references.find(|reference| is_purl(reference.kind.raw()));
        document.packages.push(Package {
            id: package.id,
            name: package.name,
            version: package.version,
            supplier: package.supplier,
            purl: purl.map(|purl| purl.locator).unwrap_or_default(),
            purpose: package.purpose,
            place: Some(Place::Within(format!("packages[{index}]").into())),
        });
    }
    for (index, thing) in json.graph.into_iter().flatten().enumerate() {
        document.take(thing, index);
    }
    Ok(document)
}

/// Whether a reference is a package URL; older releases name the type by its address.
pub(super) fn is_purl(kind: &str) -> bool {
    kind.rsplit('/').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("purl"))
}

impl<'a> Document<'a> {
    fn take(&mut self, thing: Thing<'a>, index: usize) {
        match thing.kind.raw() {
            "SpdxDocument" => {
                self.name = thing.name.owned();
                self.describes.extend(thing.roots.into_iter().flatten().filter_map(|id| id.owned()));
            }
            "software_Sbom" => self.describes.extend(thing.roots.into_iter().flatten().filter_map(|id| id.owned())),
            "CreationInfo" => self.created = self.created.take().or_else(|| thing.created.owned()),
            "software_Package" => self.packages.push(Package {
                id: thing.id,
                name: thing.name,
                version: thing.version,
                supplier: Text::default(),
                purl: thing.purl,
                purpose: thing.purpose,
                place: Some(Place::Within(format!("@graph[{index}]").into())),
            }),
            _ => {}
        }
    }
}

/// A document of XML while it is walked through.
#[derive(Default)]
struct Heard<'a> {
    document: Document<'a>,
    reference: (Text<'a>, Text<'a>),
    link: (Text<'a>, Text<'a>, Text<'a>),
}

impl<'a> Listener<'a> for Heard<'a> {
    fn open(&mut self, path: &str, element: &Element<'_>) -> Result<(), Fault> {
        if path == "Document/packages" {
            let place = Some(Place::Line(element.line));
            self.document.packages.push(Package { place, ..Package::default() });
        }
        Ok(())
    }

    fn close(&mut self, path: &str, text: Cow<'a, str>) {
        let document = &mut self.document;
        let Some(below) = path.strip_prefix("Document/") else { return };
        if let Some(below) = below.strip_prefix("packages/") {
            let Some(package) = document.packages.last_mut() else { return };
            match below {
                "SPDXID" => package.id = Text(text),
                "name" => package.name = Text(text),
                "versionInfo" => package.version = Text(text),
                "supplier" => package.supplier = Text(text),
                "primaryPackagePurpose" => package.purpose = Text(text),
                "externalRefs/referenceType" => self.reference.0 = Text(text),
                "externalRefs/referenceLocator" => self.reference.1 = Text(text),
                "externalRefs" => {
                    let (kind, locator) = std::mem::take(&mut self.reference);
                    if is_purl(kind.raw()) && package.purl.stated().is_none() {
                        package.purl = locator;
                    }
                }
                _ => {}
            }
            return;
        }
        match below {
            "name" => document.name = Some(text.trim().to_owned()),
            "documentNamespace" => document.namespace = text.trim().to_owned(),
            "creationInfo/created" => document.created = Some(text.trim().to_owned()),
            "creationInfo/creators" => document.program = document.program.take().or_else(|| tool(&text)),
            "documentDescribes" => document.describes.push(text.trim().to_owned()),
            "relationships/spdxElementId" => self.link.0 = Text(text),
            "relationships/relationshipType" => self.link.1 = Text(text),
            "relationships/relatedSpdxElement" => self.link.2 = Text(text),
            "relationships" => {
                let (of, kind, to) = std::mem::take(&mut self.link);
                document.describes.extend(described(of.raw(), kind.raw(), to.raw()));
            }
            _ => {}
        }
    }
}
