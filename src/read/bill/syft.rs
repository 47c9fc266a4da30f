//! Syft's own JSON.

use serde::Deserialize;

use crate::diag::Diagnostic;
use crate::model::{ObservedOperatingSystem, Place};

use super::super::agent::Text;
use super::super::json::parsed;
use super::super::machine_named::looks_like_machine;
use super::super::page::{Field, Page, Verified};
use super::super::{Carries, Input, Reader, Sink, Sniff, Verdict};
use super::{Bill, Part, PartKind, Subject, caption, is_root};

/// The reader.
pub(in crate::read) struct Syft;

/// What the format is.
const PAGE: Page = Page {
    name: "syft",
    title: "Syft inventory of a machine's files (JSON)",
    written_by: "`syft dir:/ -o json --source-name web-01`",
    carries: &[Carries::Hosts, Carries::Software, Carries::OperatingSystem],
    recognised_by: "a JSON object with `artifacts` beside `source`, `distro` or `descriptor`",
    fields: &[
        Field { named: "source.type, source.name, source.metadata.path", becomes: "what it is of, and the machine" },
        Field { named: "distro.prettyName | name, version", becomes: "operating system" },
        Field { named: "artifacts[].name, version, purl", becomes: "software" },
        Field { named: "artifacts[].metadata.maintainer | vendor", becomes: "publisher" },
    ],
    quirks: &[
        "an inventory of a container image or of a single file is ignored, and so is that of a folder without packages of \
         an operating system: none of them is a machine",
        "of the files below `/` the machine is `source.name`, where it looks like the name of a machine; else that after \
         which the file or its folder is named, else it belongs to no known machine",
        "libraries of programming languages are counted and not taken as installed",
        "it holds no day: the machine has no date of its own",
    ],
    verified: Verified::RealFile("files of the program's own tests; none of a whole machine was at hand"),
    example: r#"{"artifacts": [{"name": "bash", "version": "5.2.15-2+b8", "type": "deb",
  "purl": "pkg:deb/debian/bash@5.2.15-2%2Bb8?arch=amd64&distro=debian-12"}],
 "source": {"name": "web-01", "version": "", "type": "directory", "metadata": {"path": "/"}},
 "distro": {"prettyName": "Debian GNU/Linux 12 (bookworm)", "id": "debian", "versionID": "12"},
 "descriptor": {"name": "syft", "version": "1.42.0"}}
"#,
    samples: &["syft"],
};

impl Reader for Syft {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        if head.trim_ascii_start().first() != Some(&b'{') {
            return Sniff::No;
        }
        let head = String::from_utf8_lossy(head);
        let listed =
            head.contains("\"artifacts\"") && ["\"foundBy\"", "\"descriptor\""].iter().any(|key| head.contains(key));
        match listed || head.contains("\"artifactRelationships\"") {
            true => Sniff::Sure,
            false => Sniff::No,
        }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        Ok(parsed::<Document<'_>>(text, input.path)?.bill().emit(input, sink))
    }
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default)]
    artifacts: Option<Vec<Artifact<'a>>>,
    #[serde(borrow, default)]
    source: Option<Source<'a>>,
    #[serde(borrow, default)]
    distro: Option<Distribution<'a>>,
    #[serde(borrow, default)]
    descriptor: Option<Descriptor<'a>>,
}

#[derive(Deserialize)]
struct Artifact<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    version: Text<'a>,
    #[serde(borrow, default)]
    purl: Text<'a>,
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    maintainer: Text<'a>,
    #[serde(borrow, default)]
    vendor: Text<'a>,
}

#[derive(Deserialize)]
struct Source<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    /// Earlier releases: the path itself.
    #[serde(borrow, default)]
    target: Text<'a>,
    #[serde(borrow, default)]
    metadata: Option<SourceMetadata<'a>>,
}

#[derive(Deserialize)]
struct SourceMetadata<'a> {
    #[serde(borrow, default)]
    path: Text<'a>,
    #[serde(borrow, default, rename = "userInput")]
    user_input: Text<'a>,
}

#[derive(Deserialize)]
struct Distribution<'a> {
    #[serde(borrow, default, rename = "prettyName")]
    pretty_name: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default, rename = "versionID")]
    version_id: Text<'a>,
    #[serde(borrow, default)]
    version: Text<'a>,
}

#[derive(Deserialize)]
struct Descriptor<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    version: Text<'a>,
}

impl<'a> Document<'a> {
    fn bill(self) -> Bill<'a> {
        let mut bill = Bill { subject: self.subject(), ..Bill::default() };
        bill.system = self.distro.as_ref().and_then(system);
        bill.program = self.descriptor.and_then(|descriptor| {
            Some(format!("{} {}", descriptor.name.stated()?, descriptor.version.stated().unwrap_or_default()))
        });
        for (index, artifact) in self.artifacts.into_iter().flatten().enumerate() {
            let publisher = artifact
                .metadata
                .map(|metadata| if metadata.vendor.stated().is_some() { metadata.vendor } else { metadata.maintainer });
            bill.add(Part {
                kind: PartKind::Software,
                name: artifact.name,
                version: artifact.version,
                publisher: publisher.unwrap_or_default(),
                purl: artifact.purl,
                place: Some(Place::Within(format!("artifacts[{index}]").into())),
            });
        }
        bill
    }

    fn subject(&self) -> Subject {
        let Some(source) = &self.source else { return Subject::Unsaid };
        let metadata = source.metadata.as_ref();
        let path = metadata.and_then(|metadata| metadata.path.stated()).or_else(|| source.target.stated());
        let name = source.name.stated().or(path);
        let name = name.or_else(|| metadata.and_then(|metadata| metadata.user_input.stated())).unwrap_or("unnamed");
        match (source.kind.raw(), path) {
            ("directory", Some(path)) if is_root(path) => {
                Subject::Machine(Some(name).filter(|name| looks_like_machine(name)).map(str::to_owned))
            }
            ("image" | "stereoscope-image", _) => Subject::Image(name.to_owned()),
            ("directory", _) => Subject::Files("folder".into(), name.to_owned()),
            ("", _) => Subject::Unsaid,
            (kind, _) => Subject::Product(kind.to_owned(), name.to_owned()),
        }
    }
}

fn system(distribution: &Distribution<'_>) -> Option<ObservedOperatingSystem> {
    let version = distribution.version_id.stated().or_else(|| distribution.version.stated());
    let name = distribution.name.stated().or_else(|| distribution.id.stated());
    let caption = match distribution.pretty_name.stated() {
        Some(pretty) => caption(pretty, version),
        None => caption(name?, version),
    };
    let place = Some(Place::Within("distro".into()));
    Some(ObservedOperatingSystem { caption, version: version.map(str::to_owned), place })
}
