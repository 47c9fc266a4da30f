//! Software identification tags: what XML and CBOR forms have in common.

mod coswid;
mod swid;

pub(super) use coswid::CoSwid;
pub(super) use swid::Swid;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, Place, SoftwareRecord, View};

use super::agent::day;
use super::beyond::Beyond;
use super::machine_named::{Names, is_everyones, machine_after, owner};
use super::{Input, Sink, Verdict};

/// Tags of one file that are read; a machine has some thousands.
const MOST_TAGS: usize = 200_000;

/// Longest edition or year that is put behind a name, in letters; longer ones are revisions of source code.
const LONGEST_EDITION: usize = 40;

/// What a tag says of the software.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    /// That it is installed.
    #[default]
    Installed,
    /// That a patch is.
    Patch,
    /// More of what another tag speaks of.
    Supplemental,
    /// What an installer holds.
    Corpus,
}

/// One tag.
#[derive(Debug, Default)]
struct Tag {
    name: String,
    version: String,
    creator: String,
    id: String,
    edition: String,
    colloquial_version: String,
    kind: Kind,
    device: Option<String>,
    dated: Option<String>,
    place: Option<Place>,
}

impl Tag {
    /// The name with what it lacks of the edition and the year by which people call the release.
    fn full_name(&self) -> String {
        let mut full = self.name.clone();
        let mut add = |part: &str| {
            if !part.is_empty() && !full.to_lowercase().contains(&part.to_lowercase()) {
                full.push(' ');
                full.push_str(part);
            }
        };
        let release = self.colloquial_version.trim();
        add(if release.len() <= 10 && release.starts_with(|first: char| first.is_ascii_digit()) {
            release
        } else {
            ""
        });
        let edition = self.edition.trim();
        let is_edition = edition.len() <= LONGEST_EDITION && !edition.contains(|letter: char| letter.is_ascii_digit());
        add(if is_edition { edition } else { "" });
        full
    }
}

/// The tags of one file.
#[derive(Debug, Default)]
struct Tags {
    tags: Vec<Tag>,
    beyond: Beyond,
}

impl Tags {
    fn add(&mut self, mut tag: Tag) {
        // Where a tag was made by a program that did not know its machine's name, it names none.
        tag.device = tag.device.filter(|device| !is_everyones(device));
        match self.tags.len() < MOST_TAGS {
            true => self.tags.push(tag),
            false => self.beyond.add(|| tag.place.unwrap_or(Place::Whole)),
        }
    }

    /// Hands on what is installed, machine by machine.
    fn emit(self, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
        if is_template(input.path) {
            return Verdict::Ignored("a template of a tag by its name, not the tag of an installation".into());
        }
        let all = self.tags.len();
        let installed: Vec<&Tag> = self.tags.iter().filter(|tag| tag.kind == Kind::Installed).collect();
        let left_out = self.left_out();
        if installed.is_empty() {
            return Verdict::Ignored(match left_out {
                Some(left_out) => format!("no tag of an installation: {left_out}"),
                None => "it holds no tag".into(),
            });
        }
        let names = if all > 1 { Names::FileAndFolders } else { Names::Folders };
        let mut machines: Vec<&str> = Vec::new();
        for device in installed.iter().filter_map(|tag| tag.device.as_deref()) {
            if !machines.contains(&device) {
                machines.push(device);
            }
        }
        let nameless = installed.iter().filter(|tag| tag.device.is_none()).count();
        for machine in machines {
            emit_machine(machine, installed.iter().filter(|tag| tag.device.as_deref() == Some(machine)), input, sink);
        }
        if nameless > 0 {
            let owner = owner(input, || machine_after(input, names));
            emit_machine(&owner.name, installed.iter().filter(|tag| tag.device.is_none()), input, sink);
            sink.diagnostic(owner.told);
        }
        if let Some(left_out) = left_out {
            let message = format!("tags that are no installation of their own are left out: {left_out}");
            sink.diagnostic(Diagnostic::note(Code::LeftOut, input.path, message));
        }
        self.beyond.told("tags", MOST_TAGS, input.path).into_iter().for_each(|fault| sink.diagnostic(fault));
        Verdict::Read
    }

    fn left_out(&self) -> Option<String> {
        let kinds = [(Kind::Patch, "patch"), (Kind::Supplemental, "supplemental"), (Kind::Corpus, "corpus")];
        let counted = kinds.map(|(kind, word)| (self.tags.iter().filter(|tag| tag.kind == kind).count(), word));
        let said: Vec<String> =
            counted.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }
}

fn emit_machine<'t>(machine: &str, tags: impl Iterator<Item = &'t &'t Tag>, input: &Input<'_>, sink: &mut dyn Sink) {
    let mut tags = tags.peekable();
    let place = tags.peek().and_then(|tag| tag.place.clone()).unwrap_or(Place::Whole);
    let mut host = ObservedHost::new(place, View::Agent, machine);
    host.complements = true;
    host.uuid = Some(machine.to_owned()).filter(|name| is_uuid(name));
    host.captured = tags.peek().and_then(|tag| tag.dated.as_deref()).and_then(day);
    sink.host(host);
    let mut nameless = (0_usize, None);
    for tag in tags {
        let place = tag.place.clone().unwrap_or(Place::Whole);
        if tag.name.trim().is_empty() {
            nameless.0 += 1;
            nameless.1.get_or_insert(place);
            continue;
        }
        let name = tag.full_name();
        let record = SoftwareRecord { name: &name, version: &tag.version, publisher: &tag.creator, key: &tag.id };
        sink.software(record, place);
    }
    if let (count @ 1.., Some(first)) = nameless {
        let message = format!("{count} tags without a name; here is the first");
        sink.diagnostic(Diagnostic::warning(Code::IncompleteRecord, input.path, message).at(first));
    }
}

/// Whether a device is told by its UUID.
fn is_uuid(text: &str) -> bool {
    let bare = text.replace('-', "");
    text.len() == 36 && bare.len() == 32 && bare.chars().all(|letter| letter.is_ascii_hexdigit())
}

/// Whether a path says that the file is a template.
fn is_template(path: &str) -> bool {
    let pieces = |part: &str| {
        let lower = part.to_lowercase();
        lower.split(['-', '_', '.']).any(|piece| matches!(piece, "template" | "templates"))
    };
    path.split('/').any(pieces)
}

#[cfg(test)]
mod tests {
    use super::Tag;

    #[test]
    fn a_name_gets_what_it_lacks_of_year_and_edition() {
        let name = |name: &str, year: &str, edition: &str| {
            let tag =
                Tag { name: name.into(), colloquial_version: year.into(), edition: edition.into(), ..Tag::default() };
            tag.full_name()
        };
        assert_eq!(name("Example Server", "2019", "Enterprise"), "Example Server 2019 Enterprise");
        assert_eq!(name("Example Server 2019 enterprise", "2019", "Enterprise"), "Example Server 2019 enterprise");
        assert_eq!(name("Tool", "ff97d147677bfcbc", "v2024.07-rc1-246"), "Tool");
    }
}
