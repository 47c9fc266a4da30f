//! SWID tags: XML of ISO/IEC 19770-2, of 2009 and of 2015, one or many in a file.

use std::borrow::Cow;

use crate::diag::Diagnostic;
use crate::model::Place;

use super::super::page::{Field, Page, Verified};
use super::super::xml::{Element, Fault, Form, Listener, first_elements, walk};
use super::super::{Carries, Input, Reader, Sink, Sniff, Verdict};
use super::{Kind, Tag, Tags};

/// The reader.
pub(in crate::read) struct Swid;

/// What the format is.
const PAGE: Page = Page {
    name: "swid",
    title: "SWID tags: software identification tags of ISO/IEC 19770-2, of 2009 and 2015 (XML)",
    written_by: "installers (`*.swidtag` below ProgramData or /usr/share), `swid_generator swid`, rpm, inventory tools",
    carries: &[Carries::Hosts, Carries::Software],
    recognised_by: "XML whose root, or whose first element below the root, is `SoftwareIdentity` or \
                    `software_identification_tag`, with any prefix",
    fields: &[
        Field { named: "SoftwareIdentity@name | product_title", becomes: "name of the software" },
        Field { named: "SoftwareIdentity@version | product_version/name", becomes: "version" },
        Field {
            named: "Entity@name with the role softwareCreator | software_creator/name",
            becomes: "publisher; who only made the tag is none",
        },
        Field { named: "SoftwareIdentity@tagId | software_id/unique_id", becomes: "key" },
        Field {
            named: "Meta@edition, colloquialVersion",
            becomes: "put behind the name where the name lacks them and they read like an edition and a year",
        },
        Field { named: "Evidence@deviceId, date", becomes: "machine, day of the inventory" },
        Field {
            named: "SoftwareIdentity@patch, supplemental, corpus",
            becomes: "such tags are no installation of their own and are left out, with a count",
        },
    ],
    quirks: &[
        "a tag seldom names its machine: where `Evidence` has no `deviceId`, it is the machine after which the folder is \
         named, or the file where it holds several tags; a name counts where it has a number (`web-01`), three labels \
         (`mail.example.org`) or is in capitals, and any name counts below a folder `machines`, `hosts` or `servers`",
        "a `deviceId` of `localhost` names no machine; one that is a UUID is taken as such",
        "a tag of which nothing says the machine belongs to no known machine: it is told and counts nowhere, because \
         software on a machine that was made up would be worse",
        "generators write many documents one after another in one stream; all are read",
        "signatures and the files of a payload are passed over",
        "a file or folder named `template` holds templates, which are ignored",
        "a document type is refused, and entities are never expanded",
    ],
    verified: Verified::RealFile(
        "tags that swid_generator, swidval and uswid wrote; of the form of 2009 only an example",
    ),
    example: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<SoftwareIdentity xmlns=\"http://standards.iso.org/iso/19770/-2/2015/schema.xsd\"
    name=\"7-Zip\" version=\"23.01\" tagId=\"example-7zip-23.01\">
  <Entity name=\"Igor Pavlov\" regid=\"7-zip.org\" role=\"tagCreator softwareCreator\"/>
  <Evidence date=\"2026-06-28T08:00:00Z\" deviceId=\"web-01\"/>
</SoftwareIdentity>
",
    samples: &["swid"],
};

/// Bytes looked at to recognise the format.
const SNIFFED_BYTES: usize = 8192;

/// Names of the element that is a tag.
const TAG: [&str; 2] = ["SoftwareIdentity", "software_identification_tag"];

impl Reader for Swid {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        if head.trim_ascii_start().first() != Some(&b'<') {
            return Sniff::No;
        }
        let head = String::from_utf8_lossy(&head[..head.len().min(SNIFFED_BYTES)]);
        let (root, below) = first_elements(&head);
        let is_tag = |name: Option<&str>| name.is_some_and(|name| TAG.contains(&name));
        if is_tag(root) || is_tag(below) { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let mut document = Document::default();
        walk(text, Form::Several, &mut document).map_err(|fault| fault.diagnostic(text, input.path))?;
        Ok(document.tags.emit(input, sink))
    }
}

/// The tags heard so far.
#[derive(Default)]
struct Document {
    tags: Tags,
    /// The tag that is open, and the length of the path to it.
    open: Option<(Tag, usize)>,
}

impl Document {
    fn begin(&mut self, path: &str, element: &Element<'_>) -> Result<(), Fault> {
        let kind = match (element.flag("patch")?, element.flag("supplemental")?, element.flag("corpus")?) {
            (true, _, _) => Kind::Patch,
            (_, true, _) => Kind::Supplemental,
            (_, _, true) => Kind::Corpus,
            _ => Kind::Installed,
        };
        let text = |name: &str| element.attribute(name).map(Option::unwrap_or_default);
        let tag = Tag {
            name: text("name")?,
            version: text("version")?,
            id: text("tagId")?,
            kind,
            place: Some(Place::Line(element.line)),
            ..Tag::default()
        };
        self.open = Some((tag, path.len()));
        Ok(())
    }
}

impl<'a> Listener<'a> for Document {
    fn open(&mut self, path: &str, element: &Element<'_>) -> Result<(), Fault> {
        let depth = path.matches('/').count();
        let name = path.rsplit('/').next().unwrap_or(path);
        let Some((tag, length)) = &mut self.open else {
            return if TAG.contains(&name) && depth <= 1 { self.begin(path, element) } else { Ok(()) };
        };
        match &path[*length..] {
            "/Entity" => {
                let creates = element.attribute("role")?.is_some_and(|roles| {
                    roles.split_whitespace().any(|role| role.eq_ignore_ascii_case("softwareCreator"))
                });
                if creates && tag.creator.is_empty() {
                    tag.creator = element.attribute("name")?.unwrap_or_default();
                }
            }
            "/Meta" => {
                for (attribute, slot) in
                    [("edition", &mut tag.edition), ("colloquialVersion", &mut tag.colloquial_version)]
                {
                    if let Some(text) = element.attribute(attribute)?.filter(|_| slot.is_empty()) {
                        *slot = text;
                    }
                }
            }
            "/Evidence" => {
                let device = element.attribute("deviceId")?;
                tag.device = device.map(|device| device.trim().to_owned()).filter(|device| !device.is_empty());
                tag.dated = element.attribute("date")?;
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, path: &str, text: Cow<'a, str>) {
        let Some((tag, length)) = &mut self.open else { return };
        let slot = match &path[*length..] {
            "" => {
                if let Some((tag, _)) = self.open.take() {
                    self.tags.add(tag);
                }
                return;
            }
            "/product_title" => &mut tag.name,
            "/product_version/name" => &mut tag.version,
            "/software_creator/name" => &mut tag.creator,
            "/software_id/unique_id" => &mut tag.id,
            _ => return,
        };
        text.trim().clone_into(slot);
    }
}
