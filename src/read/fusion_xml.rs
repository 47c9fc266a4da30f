//! Inventory agents' XML: FusionInventory, the GLPI agent in its old syntax, and OCS, which name some elements otherwise.
//!
//! One pass over the events of the document. Elements are told apart by their depth: `REQUEST` / `CONTENT` / section /
//! field. Entities are never expanded: a document type is refused, and so is any reference but the five predefined ones
//! and characters by number. A file that breaks off is rejected as a whole.

use std::borrow::Cow;

use memchr::memmem;
use quick_xml::Reader as XmlReader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};

use crate::diag::Diagnostic;

use super::agent::{Guest, Inventory, Licence, Processor, Software, Syntax, Text};
use super::page::{Field, Page, Verified};
use super::plain_xml::{NotPlain, PlainXml, Token};
use super::xml::{Fault, Lines};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The reader.
pub struct FusionXml;

/// What the format is.
const PAGE: Page = Page {
    name: "fusion-xml",
    title: "FusionInventory, GLPI agent (old syntax) and OCS inventory (XML)",
    written_by: "`fusioninventory-agent --local DIR`, `fusioninventory-esx`, `ocsinventory-agent --local DIR` (.ocs)",
    carries: &[Carries::Hosts, Carries::Cores, Carries::Placement, Carries::Software, Carries::OperatingSystem],
    recognised_by: "XML whose root is `REQUEST` with `CONTENT`, `DEVICEID` or `QUERY`; plain, gzip or zlib",
    fields: &[
        Field { named: "HARDWARE/NAME, UUID, VMSYSTEM, WORKGROUP", becomes: "name, UUID, platform, domain" },
        Field { named: "BIOS/SSN", becomes: "serial number" },
        Field { named: "OPERATINGSYSTEM/FULL_NAME | HARDWARE/OSNAME", becomes: "operating system" },
        Field { named: "CPUS/CORE | CORES, NBSOCKET", becomes: "processors with their cores" },
        Field { named: "VIRTUALMACHINES", becomes: "guests of the machine" },
        Field { named: "SOFTWARES/NAME, VERSION, PUBLISHER, GUID", becomes: "software records" },
        Field { named: "ACCESSLOG/LOGDATE", becomes: "day of the inventory" },
        Field { named: "ACCOUNTINFO TAG", becomes: "organisation, where the folder names none" },
    ],
    quirks: &[
        "FusionInventory writes an element a processor, OCS one element with `NBSOCKET`",
        "a document type is refused, and entities are never expanded",
        "NETDISCOVERY, SNMPQUERY and PROLOG messages are ignored by name",
        "one that names no machine, by host name or device id, is of the one after which file or folder is named",
        "a file that breaks off is rejected as a whole: half a software list would be a silent loss",
    ],
    verified: Verified::RealFile("FusionInventory, OCS and ESX inventories, made by the programs themselves"),
    example: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<REQUEST><DEVICEID>web-01-2026-06-28</DEVICEID><QUERY>INVENTORY</QUERY><CONTENT>
<HARDWARE><NAME>web-01</NAME><OSNAME>Microsoft Windows Server 2019 Standard</OSNAME></HARDWARE>
<CPUS><NAME>Xeon</NAME><CORE>16</CORE></CPUS>
<SOFTWARES><NAME>7-Zip</NAME><VERSION>23.01</VERSION></SOFTWARES>
</CONTENT></REQUEST>
",
    samples: &["fusion-xml"],
};

/// Bytes looked at to recognise the format.
const SNIFFED_BYTES: usize = 4096;
/// Deepest nesting of elements; inventories have six levels.
const DEEPEST: usize = 64;

impl Reader for FusionXml {
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
        if head.trim_ascii_start().first() != Some(&b'<') {
            return Sniff::No;
        }
        let head = &head[..head.len().min(SNIFFED_BYTES)];
        let has = |text: &str| memmem::find(head, text.as_bytes()).is_some();
        let is_request = ["<REQUEST>", "<REQUEST ", "<!DOCTYPE REQUEST"].into_iter().any(has);
        let is_agents = ["<CONTENT", "<DEVICEID>", "<QUERY>"].into_iter().any(has);
        match (is_request, is_agents) {
            (true, true) => Sniff::Sure,
            (true, false) => Sniff::Maybe,
            (false, _) => Sniff::No,
        }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let mut document = Document::new(text);
        document.parse().map_err(|fault| fault.diagnostic(text, input.path))?;
        Ok(match document.not_ours() {
            Some(reason) => Verdict::Ignored(reason),
            None => document.inventory.emit(input, sink),
        })
    }
}

/// The sections of `CONTENT` that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    AccessLog,
    Account,
    Firmware,
    Hardware,
    Licence,
    OperatingSystem,
    Processor,
    Software,
    Guest,
    Other,
}

impl Section {
    fn of(element: &str) -> Self {
        match element {
            "SOFTWARES" => Self::Software,
            "CPUS" => Self::Processor,
            "VIRTUALMACHINES" => Self::Guest,
            "HARDWARE" => Self::Hardware,
            "BIOS" => Self::Firmware,
            "OPERATINGSYSTEM" => Self::OperatingSystem,
            "ACCESSLOG" => Self::AccessLog,
            "ACCOUNTINFO" => Self::Account,
            "LICENSEINFOS" => Self::Licence,
            _ => Self::Other,
        }
    }
}

/// A document while it is read. Items of lists are filled in `software`, `processor`, … until their section ends.
struct Document<'a> {
    text: &'a str,
    reader: XmlReader<&'a [u8]>,
    depth: usize,
    in_content: bool,
    section: Section,
    section_line: u32,
    slot: Option<Slot<'a>>,
    value: Cow<'a, str>,
    lines: Lines<'a>,
    query: Text<'a>,
    item_type: Text<'a>,
    account: [Text<'a>; 2],
    software: Software<'a>,
    processor: Processor<'a>,
    guest: Guest<'a>,
    licence: Licence<'a>,
    inventory: Inventory<'a>,
}

/// Where the text of an element goes.
type Slot<'a> = for<'d> fn(&'d mut Document<'a>) -> &'d mut Text<'a>;

impl<'a> Document<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            reader: XmlReader::from_str(text),
            depth: 0,
            in_content: false,
            section: Section::Other,
            section_line: 1,
            slot: None,
            value: Cow::Borrowed(""),
            lines: Lines::new(text),
            query: Text::default(),
            item_type: Text::default(),
            account: [Text::default(), Text::default()],
            software: Software::default(),
            processor: Processor::default(),
            guest: Guest::default(),
            licence: Licence::default(),
            inventory: Inventory::new(Syntax::Xml),
        }
    }

    /// Why it is no inventory of a computer, where it is none.
    fn not_ours(&self) -> Option<String> {
        let query = self.query.stated().filter(|query| !query.eq_ignore_ascii_case("inventory"));
        let item_type = self.item_type.stated().filter(|item_type| !item_type.eq_ignore_ascii_case("computer"));
        match (query, item_type) {
            (None, None) => None,
            (None, Some(item_type)) => Some(format!("an inventory of the item type `{item_type}`, not of a computer")),
            (Some(query), _) => Some(format!("a message of the kind `{query}`, not an inventory")),
        }
    }

    /// Reads the document: as plain XML, and where it is not plain, or not right, from its beginning as XML of any kind.
    fn parse(&mut self) -> Result<(), Fault> {
        if self.parse_plain() {
            return Ok(());
        }
        *self = Self::new(self.text);
        self.parse_any()
    }

    /// Whether the document is plain XML and right; it is then read.
    fn parse_plain(&mut self) -> bool {
        let mut plain = PlainXml::new(self.text);
        let mut seen_root = false;
        let mut begin = |document: &mut Self, element: &str, at: usize, line: u32| -> Result<(), Fault> {
            document.lines.reached(at, line);
            seen_root = document.check_root(element, seen_root, at)?;
            document.open(element, at)
        };
        loop {
            let token = plain.next();
            let line = plain.line_of_token();
            let done = match token {
                Ok(Token::Open(element, at)) => begin(self, element, at, line),
                Ok(Token::Empty(element, at)) => begin(self, element, at, line).map(|()| self.close()),
                // Nearly every element there is: nothing begins or ends with it but its own text.
                Ok(Token::Leaf(element, _, text)) if self.depth == 3 && self.in_content => {
                    self.slot = None;
                    if let Some(slot) = slot(self.section, element) {
                        *slot(self) = Text(Cow::Borrowed(text));
                    }
                    Ok(())
                }
                Ok(Token::Leaf(element, at, text)) => begin(self, element, at, line).map(|()| {
                    if self.slot.is_some() {
                        self.append(Cow::Borrowed(text));
                    }
                    self.close();
                }),
                Ok(Token::Close) => {
                    self.close();
                    Ok(())
                }
                Ok(Token::Text(text)) => {
                    if self.slot.is_some() {
                        self.append(Cow::Borrowed(text));
                    }
                    Ok(())
                }
                Ok(Token::Character(character)) => {
                    if self.slot.is_some() {
                        self.value.to_mut().push(character);
                    }
                    Ok(())
                }
                Ok(Token::End) => return self.finish(seen_root).is_ok(),
                Err(NotPlain) => return false,
            };
            if done.is_err() {
                return false;
            }
        }
    }

    fn parse_any(&mut self) -> Result<(), Fault> {
        self.reader.config_mut().allow_dangling_amp = true;
        let mut seen_root = false;
        loop {
            let at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
            // Matched where it is: moving the event first costs a fifth of the whole parse.
            match self.reader.read_event() {
                Ok(Event::Start(start)) => {
                    seen_root = self.check_root(start.name().as_ref(), seen_root, at)?;
                    self.open(start.name().as_ref(), at)?;
                }
                Ok(Event::Empty(start)) => {
                    seen_root = self.check_root(start.name().as_ref(), seen_root, at)?;
                    self.open(start.name().as_ref(), at)?;
                    self.close();
                }
                Ok(Event::End(_)) => self.close(),
                Ok(Event::Text(text)) if self.slot.is_some() => self.append(text.into_inner()),
                Ok(Event::CData(text)) if self.slot.is_some() => self.append(text.into_inner()),
                Ok(Event::Text(text)) if self.depth == 0 && !text.trim().is_empty() => {
                    return Err(Fault::new("text outside the document", at));
                }
                Ok(Event::GeneralRef(reference)) => self.append_reference(&reference, at)?,
                Ok(Event::DocType(_)) => {
                    return Err(Fault::new("a document type, which no agent writes, is refused", at));
                }
                Ok(Event::Eof) => return self.finish(seen_root),
                Ok(Event::Text(_) | Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::Decl(_)) => {}
                Err(error) => {
                    let at = usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX);
                    return Err(Fault::new(format!("the XML is broken: {error}"), at));
                }
            }
        }
    }

    /// Checks that the document has one root, of the right name. True from then on.
    fn check_root(&self, element: &str, seen_root: bool, at: usize) -> Result<bool, Fault> {
        match (self.depth, seen_root) {
            (0, true) => Err(Fault::new("a second document in the same file", at)),
            (0, false) if element != "REQUEST" => {
                Err(Fault::new(format!("the root is `<{element}>`, not `<REQUEST>`"), at))
            }
            _ => Ok(true),
        }
    }

    fn finish(&self, seen_root: bool) -> Result<(), Fault> {
        let end = self.text.len();
        match (self.depth, seen_root) {
            (0, true) => Ok(()),
            (0, false) => Err(Fault::new("no element in the document", end)),
            (open, _) => Err(Fault::new(format!("the XML ends too early, with {open} elements open"), end)),
        }
    }

    fn open(&mut self, element: &str, at: usize) -> Result<(), Fault> {
        self.depth += 1;
        self.slot = None;
        self.value = Cow::Borrowed("");
        match self.depth {
            2 => {
                self.in_content = element == "CONTENT";
                self.slot = envelope_slot(element);
            }
            3 if self.in_content => {
                self.section = Section::of(element);
                self.begin_section(element, at);
            }
            4 if self.in_content && self.section != Section::Other => self.slot = slot(self.section, element),
            depth if depth > DEEPEST => {
                return Err(Fault::too_deep(DEEPEST, at));
            }
            _ => {}
        }
        Ok(())
    }

    fn begin_section(&mut self, element: &str, at: usize) {
        if self.section == Section::Other {
            if element == "VERSIONCLIENT" {
                self.slot = Some(|document| &mut document.inventory.agent);
            }
            return;
        }
        self.section_line = self.lines.line_of(at);
        match self.section {
            Section::Hardware => self.inventory.hardware_line = self.section_line,
            Section::OperatingSystem => self.inventory.operating_system_line = self.section_line,
            _ => {}
        }
    }

    fn close(&mut self) {
        if let Some(slot) = self.slot.take() {
            let value = std::mem::take(&mut self.value);
            *slot(self) = Text(value);
        }
        if self.depth == 3 && self.in_content {
            self.end_section();
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn end_section(&mut self) {
        let line = self.section_line;
        match self.section {
            Section::Software => self.inventory.add_software(std::mem::take(&mut self.software), line),
            Section::Processor => self.inventory.processors.push((std::mem::take(&mut self.processor), line)),
            Section::Guest => self.inventory.guests.push((std::mem::take(&mut self.guest), line)),
            Section::Licence => self.inventory.licences.push(std::mem::take(&mut self.licence)),
            Section::Account => {
                let [key, value] = std::mem::take(&mut self.account);
                if key.stated() == Some("TAG") {
                    self.inventory.tag = value;
                }
            }
            _ => {}
        }
        self.section = Section::Other;
    }

    fn append(&mut self, text: Cow<'a, str>) {
        match self.value.is_empty() {
            true => self.value = text,
            false => self.value.to_mut().push_str(&text),
        }
    }

    /// A reference: one of the five predefined entities or a character by its number; nothing else is looked up.
    fn append_reference(&mut self, reference: &BytesRef<'_>, at: usize) -> Result<(), Fault> {
        let wrong = || Fault::new(format!("the reference `&{};` is not resolved", &**reference), at);
        let character = reference.resolve_char_ref().map_err(|_| wrong())?;
        if character.is_none() && resolve_xml_entity(reference).is_none() {
            return Err(wrong());
        }
        if self.slot.is_some() {
            let text = self.value.to_mut();
            text.extend(character);
            text.push_str(resolve_xml_entity(reference).unwrap_or_default());
        }
        Ok(())
    }
}

/// Where the text of an element beside `CONTENT` goes.
fn envelope_slot<'a>(element: &str) -> Option<Slot<'a>> {
    let slot: Slot<'a> = match element {
        "DEVICEID" => |document| &mut document.inventory.device_id,
        "QUERY" => |document| &mut document.query,
        "ITEMTYPE" => |document| &mut document.item_type,
        "TAG" => |document| &mut document.inventory.tag,
        _ => return None,
    };
    Some(slot)
}

/// Where the text of a field goes. A file has thousands of fields: the section is told first, so that a name is compared
/// with few others. The second name of an arm is OCS's.
fn slot<'a>(section: Section, element: &str) -> Option<Slot<'a>> {
    match section {
        Section::Software => software_slot(element),
        Section::Processor => processor_slot(element),
        Section::Guest => guest_slot(element),
        Section::Hardware => hardware_slot(element),
        Section::OperatingSystem => operating_system_slot(element),
        Section::Firmware => firmware_slot(element),
        Section::AccessLog => access_log_slot(element),
        Section::Account => account_slot(element),
        Section::Licence => licence_slot(element),
        Section::Other => None,
    }
}

fn software_slot<'a>(element: &str) -> Option<Slot<'a>> {
    Some(match element {
        "NAME" => |document| &mut document.software.name,
        "VERSION" => |document| &mut document.software.version,
        "PUBLISHER" => |document| &mut document.software.publisher,
        "GUID" => |document| &mut document.software.key,
        _ => return None,
    })
}

fn processor_slot<'a>(element: &str) -> Option<Slot<'a>> {
    Some(match element {
        "CORE" | "CORES" => |document| &mut document.processor.enabled_cores,
        "CORECOUNT" => |document| &mut document.processor.physical_cores,
        "THREAD" | "THREADS" => |document| &mut document.processor.threads,
        "NAME" | "TYPE" => |document| &mut document.processor.name,
        "NBSOCKET" => |document| &mut document.processor.sockets,
        "LOGICAL_CPUS" => |document| &mut document.processor.logical,
        _ => return None,
    })
}

fn guest_slot<'a>(element: &str) -> Option<Slot<'a>> {
    Some(match element {
        "NAME" => |document| &mut document.guest.name,
        "UUID" => |document| &mut document.guest.uuid,
        "VCPU" => |document| &mut document.guest.vcpus,
        "STATUS" => |document| &mut document.guest.status,
        "VMTYPE" => |document| &mut document.guest.kind,
        "SUBSYSTEM" => |document| &mut document.guest.subsystem,
        "IMAGE" => |document| &mut document.guest.image,
        "SERIAL" => |document| &mut document.guest.serial,
        _ => return None,
    })
}

fn hardware_slot<'a>(element: &str) -> Option<Slot<'a>> {
    Some(match element {
        "NAME" => |document| &mut document.inventory.hardware.name,
        "UUID" => |document| &mut document.inventory.hardware.uuid,
        "VMSYSTEM" => |document| &mut document.inventory.hardware.virtual_system,
        "WORKGROUP" => |document| &mut document.inventory.hardware.workgroup,
        "USERDOMAIN" => |document| &mut document.inventory.hardware.user_domain,
        "WINPRODID" => |document| &mut document.inventory.hardware.product_id,
        "OSNAME" => |document| &mut document.inventory.hardware.system_name,
        "OSVERSION" => |document| &mut document.inventory.hardware.system_version,
        "OSCOMMENTS" => |document| &mut document.inventory.hardware.system_comments,
        _ => return None,
    })
}

fn operating_system_slot<'a>(element: &str) -> Option<Slot<'a>> {
    Some(match element {
        "FULL_NAME" => |document| &mut document.inventory.operating_system.caption,
        "NAME" => |document| &mut document.inventory.operating_system.name,
        "VERSION" => |document| &mut document.inventory.operating_system.version,
        "KERNEL_VERSION" => |document| &mut document.inventory.operating_system.kernel_version,
        "KERNEL_NAME" => |document| &mut document.inventory.operating_system.kernel_name,
        "SERVICE_PACK" => |document| &mut document.inventory.operating_system.service_pack,
        "FQDN" => |document| &mut document.inventory.operating_system.fqdn,
        "DNS_DOMAIN" => |document| &mut document.inventory.operating_system.dns_domain,
        _ => return None,
    })
}

fn firmware_slot<'a>(element: &str) -> Option<Slot<'a>> {
    Some(match element {
        "SSN" => |document| &mut document.inventory.firmware.serial,
        "MSN" => |document| &mut document.inventory.firmware.board_serial,
        "SMANUFACTURER" => |document| &mut document.inventory.firmware.maker,
        "SMODEL" => |document| &mut document.inventory.firmware.model,
        "BMANUFACTURER" => |document| &mut document.inventory.firmware.firmware_maker,
        _ => return None,
    })
}

fn access_log_slot<'a>(element: &str) -> Option<Slot<'a>> {
    Some(match element {
        "LOGDATE" => |document| &mut document.inventory.logged,
        _ => return None,
    })
}

fn account_slot<'a>(element: &str) -> Option<Slot<'a>> {
    Some(match element {
        "KEYNAME" => |document| &mut document.account[0],
        "KEYVALUE" => |document| &mut document.account[1],
        _ => return None,
    })
}

fn licence_slot<'a>(element: &str) -> Option<Slot<'a>> {
    Some(match element {
        "NAME" => |document| &mut document.licence.name,
        "FULLNAME" => |document| &mut document.licence.full_name,
        "OEM" => |document| &mut document.licence.oem,
        "TRIAL" => |document| &mut document.licence.trial,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What both ways of reading make of a text; of the plain way only where it takes it.
    fn read(text: &str) -> (Option<String>, Option<String>) {
        let told = |document: &Document<'_>| format!("{:?} {:?}", document.inventory, document.query);
        let (mut plain, mut any) = (Document::new(text), Document::new(text));
        (plain.parse_plain().then(|| told(&plain)), any.parse_any().ok().map(|()| told(&any)))
    }

    #[test]
    fn plain_documents_say_the_same_either_way() {
        let mut read_plainly = 0;
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/formats/fusion-xml");
        for entry in walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok) {
            let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
            for cut in [text.len(), text.len() / 2] {
                let Some(text) = text.get(..cut) else { continue };
                let (plain, any) = read(text);
                assert!(plain.is_none() || plain == any, "{}", entry.path().display());
                read_plainly += usize::from(plain.is_some());
            }
        }
        assert!(read_plainly > 0, "no sample is plain");
    }

    #[test]
    fn texts_entities_and_lines_are_the_same_either_way() {
        let head = "<?xml version=\"1.0\"?>\n<REQUEST>\n<CONTENT>\n<HARDWARE><NAME>a</NAME></HARDWARE>\n";
        for software in [
            "<SOFTWARES>\n<NAME>A &amp; B</NAME><VERSION/></SOFTWARES>",
            "<SOFTWARES><NAME> <B>x</B>y</NAME>\n\n<GUID>&lt;</GUID></SOFTWARES>\n<SOFTWARES></SOFTWARES>",
            "<SOFTWARES><NAME>é\r\n&quot;</NAME></SOFTWARES><OTHER>&gt;</OTHER><CPUS><CORE>4</CORE></CPUS>",
        ] {
            let text = format!("{head}{software}\n</CONTENT><QUERY>INVENTORY</QUERY></REQUEST>\n");
            let (plain, any) = read(&text);
            assert!(plain.is_some(), "{text}");
            assert_eq!(plain, any);
        }
    }
}
