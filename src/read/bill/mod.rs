//! Bills of materials: what a machine, an image or a product is made of.
//!
//! Most of them are of a product, a container image or a source tree, and none of those is a machine. What is installed is
//! taken only from a bill that speaks of a machine, and then only what is installed as a whole: the parts that programs
//! carry with them are counted and not taken.

mod cyclonedx;
mod purl;
mod spdx;
mod spdx_lines;
mod syft;

pub(super) use cyclonedx::CycloneDx;
pub(super) use spdx::Spdx;
pub(super) use syft::Syft;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, ObservedOperatingSystem, Place, SoftwareRecord, View};

use super::agent::{Text, day};
use super::beyond::Beyond;
use super::machine_named::{Names, looks_like_machine, machine_after, may_be_machine, owner};
use super::{Input, Sink, Verdict};
use purl::Purl;

/// Parts of one bill that are read.
const MOST_PARTS: usize = 1_000_000;

/// What a bill is of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Subject {
    /// It does not say.
    #[default]
    Unsaid,
    /// A machine, with the name it has for certain, if any.
    Machine(Option<String>),
    /// An operating system or a device of this name, which may be that of the machine.
    System(String),
    /// A container image.
    Image(String),
    /// Files or an application, by kind and name; they may be all that is below the root of a machine.
    Files(String, String),
    /// A product or a part of one, by kind and name.
    Product(String, String),
}

/// What kind of part something is, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum PartKind {
    /// Software, or nothing said.
    #[default]
    Software,
    /// The operating system.
    System,
    /// A file, data or hardware: nothing that is installed.
    Other,
}

/// One part.
#[derive(Debug, Default)]
struct Part<'a> {
    kind: PartKind,
    name: Text<'a>,
    version: Text<'a>,
    publisher: Text<'a>,
    purl: Text<'a>,
    place: Option<Place>,
}

/// What a bill says, in whatever form.
#[derive(Debug, Default)]
struct Bill<'a> {
    subject: Subject,
    /// Version of the subject, where that is the operating system.
    subject_version: Option<String>,
    /// When it was made.
    made: Option<String>,
    /// Program that made it.
    program: Option<String>,
    /// The running operating system, where it is told apart from the parts.
    system: Option<ObservedOperatingSystem>,
    parts: Vec<Part<'a>>,
    beyond: Beyond,
}

/// The parts of a bill by what becomes of them.
#[derive(Default)]
struct Sorted<'p, 'a> {
    installed: Vec<(&'p Part<'a>, Option<Purl>)>,
    /// Parts of programs.
    inner: usize,
    /// Files, data, hardware.
    other: usize,
    of_machine: usize,
}

impl<'a> Bill<'a> {
    fn add(&mut self, part: Part<'a>) {
        match self.parts.len() < MOST_PARTS {
            true => self.parts.push(part),
            false => self.beyond.add(|| part.place.unwrap_or(Place::Whole)),
        }
    }

    fn sorted(&self) -> Sorted<'_, 'a> {
        let mut sorted = Sorted::default();
        for part in &self.parts {
            let purl = part.purl.stated().and_then(Purl::parse);
            match part.kind {
                PartKind::System => {}
                PartKind::Other => sorted.other += 1,
                PartKind::Software if purl.as_ref().is_some_and(Purl::is_part) => sorted.inner += 1,
                PartKind::Software => {
                    sorted.of_machine += usize::from(purl.as_ref().is_some_and(Purl::is_of_machine));
                    sorted.installed.push((part, purl));
                }
            }
        }
        sorted
    }

    /// Hands on what is installed, where the bill is of a machine.
    fn emit(mut self, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
        self.take_system();
        let sorted = self.sorted();
        let holds_system = self.system.is_some() || sorted.of_machine > 0;
        let of = |kind: &str, name: &str| match name {
            "" => format!("a manifest of {kind} without a name, which is no machine"),
            name => format!("a manifest of the {kind} `{name}`, which is no machine"),
        };
        let not_ours = match &self.subject {
            Subject::Image(name) => Some(format!("a manifest of the container image `{name}`, which is no machine")),
            Subject::Product(kind, name) => Some(of(kind, name)),
            Subject::Files(_, name) | Subject::System(name) if is_image_reference(name) => {
                Some(format!("a manifest of the container image `{name}`, which is no machine"))
            }
            Subject::Files(kind, name) if !holds_system => Some(of(kind, name)),
            Subject::Unsaid if !holds_system => {
                Some("a manifest that names no machine and lists only parts of software".to_owned())
            }
            _ => None,
        };
        // Whoever states the machine knows that all of it is installed there.
        let stated = input.tables.sources.of(input.path).is_some();
        if let Some(reason) = not_ours.filter(|_| !stated) {
            return Verdict::Ignored(reason);
        }
        if sorted.installed.is_empty() && self.system.is_none() {
            return Verdict::Ignored(format!("a manifest of {} that lists nothing installed", self.described()));
        }
        let (name, told) = match self.machine(&sorted) {
            Some(name) => (name, None),
            None => {
                let owner = owner(input, || machine_after(input, Names::FileAndFolders));
                (owner.name, Some(owner.told))
            }
        };
        let mut host = ObservedHost::new(Place::Whole, View::Agent, name.as_str());
        host.fqdn = Some(name.clone()).filter(|name| name.matches('.').count() >= 2);
        host.captured = self.made.as_deref().and_then(day);
        host.complements = true;
        host.operating_system = self.system.clone();
        host.remarks.extend(self.program.clone().map(|program| ("agent".to_owned(), program)));
        sink.host(host);
        emit_software(&sorted, input, sink);
        told.into_iter().for_each(|told| sink.diagnostic(told));
        self.tell(&sorted, input, sink);
        Verdict::Read
    }

    /// Takes the operating system out of the subject or the parts.
    fn take_system(&mut self) {
        if self.system.is_some() {
            return;
        }
        let part = self.parts.iter().find(|part| part.kind == PartKind::System && part.name.stated().is_some());
        if let Some(part) = part {
            self.system = Some(ObservedOperatingSystem {
                caption: caption(part.name.stated().unwrap_or_default(), part.version.stated()),
                version: part.version.owned(),
                place: part.place.clone(),
            });
        } else if let (Subject::System(name), Some(version)) = (&self.subject, &self.subject_version) {
            self.system = Some(ObservedOperatingSystem {
                caption: caption(name, Some(version)),
                version: Some(version.clone()),
                place: Some(Place::Whole),
            });
        }
    }

    /// The machine, where the bill itself names it.
    fn machine(&self, sorted: &Sorted<'_, '_>) -> Option<String> {
        match &self.subject {
            Subject::Machine(name) => name.clone(),
            // What has a version is a release of a system, and so is what the packages call their distribution.
            Subject::System(name) if self.subject_version.is_none() => {
                let lower = name.to_lowercase();
                let is_distribution = sorted.installed.iter().take(100).any(|(_, purl)| {
                    let namespace = purl.as_ref().map(|purl| purl.namespace.to_lowercase()).unwrap_or_default();
                    let distribution = purl.as_ref().and_then(|purl| purl.qualifier("distro")).unwrap_or_default();
                    (!namespace.is_empty() && lower.starts_with(&namespace)) || distribution.eq_ignore_ascii_case(name)
                });
                (looks_like_machine(name) && !is_distribution).then(|| name.clone())
            }
            _ => None,
        }
    }

    /// What the bill is of, in words.
    fn described(&self) -> String {
        match &self.subject {
            Subject::Files(kind, name) => format!("the {kind} `{name}`"),
            Subject::System(name) => format!("the system `{name}`"),
            Subject::Machine(Some(name)) => format!("`{name}`"),
            _ => "a machine".to_owned(),
        }
    }

    /// Says what was left out.
    fn tell(&self, sorted: &Sorted<'_, '_>, input: &Input<'_>, sink: &mut dyn Sink) {
        if sorted.inner > 0 {
            let message = format!(
                "{} libraries and modules of programming languages are parts of other software and are not taken as \
                 installed",
                sorted.inner
            );
            sink.diagnostic(Diagnostic::note(Code::LeftOut, input.path, message));
        }
        if sorted.other > 0 {
            let message = format!("{} files, data and devices are no software and are not taken", sorted.other);
            sink.diagnostic(Diagnostic::note(Code::LeftOut, input.path, message));
        }
        self.beyond.told("parts", MOST_PARTS, input.path).into_iter().for_each(|fault| sink.diagnostic(fault));
    }
}

fn emit_software(sorted: &Sorted<'_, '_>, input: &Input<'_>, sink: &mut dyn Sink) {
    let mut nameless = (0_usize, None);
    for (part, purl) in &sorted.installed {
        let place = part.place.clone().unwrap_or(Place::Whole);
        let of_purl = |text: fn(&Purl) -> &str| purl.as_ref().map(text).unwrap_or_default();
        let Some(name) = part.name.stated().or(Some(of_purl(|purl| &purl.name)).filter(|name| !name.is_empty())) else {
            nameless.0 += 1;
            nameless.1.get_or_insert(place);
            continue;
        };
        let version = part.version.stated().filter(|version| *version != NOTHING_SAID);
        let record = SoftwareRecord {
            name,
            version: version.unwrap_or_else(|| of_purl(|purl| &purl.version)),
            publisher: part.publisher.stated().map(publisher).unwrap_or_default(),
            key: part.purl.stated().unwrap_or_default(),
        };
        sink.software(record, place);
    }
    if let (count @ 1.., Some(first)) = nameless {
        let message = format!("{count} parts without a name; here is the first");
        sink.diagnostic(Diagnostic::warning(Code::IncompleteRecord, input.path, message).at(first));
    }
}

/// What SPDX writes where nothing is stated.
const NOTHING_SAID: &str = "NOASSERTION";

/// A supplier without what kind of supplier it is and without an address: `Organization: Example (a@example.org)`.
fn publisher(text: &str) -> &str {
    let bare = ["Organization:", "Person:", "Tool:"].iter().find_map(|kind| text.strip_prefix(kind)).unwrap_or(text);
    let at = bare.find(['<', '(']).filter(|at| bare[*at..].contains('@'));
    let bare = bare[..at.unwrap_or(bare.len())].trim();
    if bare == NOTHING_SAID || bare == "NONE" { "" } else { bare }
}

/// Name and release of an operating system; the release once only.
fn caption(name: &str, version: Option<&str>) -> String {
    match version {
        Some(version) if !name.contains(version) => format!("{name} {version}"),
        _ => name.to_owned(),
    }
}

/// Whether a name is that of a container image: `alpine:3.10`, `registry/app@sha256:…`.
fn is_image_reference(name: &str) -> bool {
    let tagged = name.rsplit_once(':').is_some_and(|(image, tag)| {
        let sound = |text: &str, further: &str| {
            !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || further.contains(letter))
        };
        image.len() > 1 && sound(image, "-._/@:") && sound(tag, "-._") && !image.starts_with('/')
    });
    tagged || name.contains("@sha256:") || name.starts_with("docker.io/")
}

/// Whether a path is the root of a machine's files.
fn is_root(path: &str) -> bool {
    matches!(path.trim(), "/" | "\\") || (path.len() <= 3 && path.get(1..2) == Some(":") && !path.contains('/'))
}

/// A machine's name out of what a bill says of the host, where it can be one.
fn host_name(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|name| may_be_machine(name)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_told_from_other_names() {
        for image in ["alpine:3.10", "registry.example.org:5000/app:1.2", "app@sha256:00ff", "a/b:latest"] {
            assert!(is_image_reference(image), "{image}");
        }
        for other in ["web-01", "/", "C:\\", "/srv/app:1", "some/path", "Debian 12", ""] {
            assert!(!is_image_reference(other), "{other}");
        }
    }

    #[test]
    fn suppliers_lose_their_kind_and_address() {
        assert_eq!(publisher("Organization: Example Ltd (sales@example.org)"), "Example Ltd");
        assert_eq!(publisher("Jo Smith <jo@example.org>"), "Jo Smith");
        assert_eq!(publisher("Example (UK) Ltd"), "Example (UK) Ltd");
        assert_eq!(publisher("NOASSERTION"), "");
    }
}
