//! Source bytes → hosts, records, purchase lines: one file a format behind one small trait.
//!
//! A reader gets bytes and a sink; it opens no files. Content decides which reader takes a file, not its extension:
//! every reader looks at the first bytes and says no, maybe or sure. Partial success is normal: observations and
//! diagnostics may both come out of one file.

mod agent;
mod ansible_console;
mod beyond;
mod bill;
mod blocks;
mod cim;
mod collected;
mod facter;
mod faults;
mod fusion_xml;
mod glpi_json;
mod habit;
mod json;
mod listing;
mod machine_named;
mod manifest;
mod mapped;
mod open_audit;
mod osquery_log;
mod packages;
mod page;
mod picked;
mod plain_json;
mod plain_xml;
mod powershell_list;
mod prices;
mod purchases;
mod records;
mod registry;
mod rvtools;
mod rvtools_rows;
mod sheet;
mod system_report;
mod systeminfo;
mod table;
mod tags;
mod texts;
mod value;
mod wazuh_messages;
mod wmic_list;
mod wmic_table;
mod workbook;
mod xml;

use std::sync::LazyLock;

use serde::Serialize;

use crate::diag::{Code, Diagnostic};
use crate::model::{Manifest, ObservedHost, Place, Price, PurchaseLine, SoftwareRecord};
use crate::rules::TableSettings;

pub use page::{Field, Page, Verified};

/// How sure a reader is that a file is of its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sniff {
    /// It is not.
    No,
    /// It may be; taken where no reader is sure.
    Maybe,
    /// It is.
    Sure,
}

/// One file as a reader gets it.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Path relative to the estate, for messages only.
    pub path: &'a str,
    /// The whole content: text already decoded to UTF-8 without byte-order mark and decompressed; workbooks as they are.
    pub bytes: &'a [u8],
    /// Organisation by the folder the file lies in, for rows that name none.
    pub organisation: Option<&'a str>,
    /// What the settings say of tables.
    pub tables: &'a TableSettings,
}

impl<'a> Input<'a> {
    /// A file that no folder and no setting says anything about.
    pub fn new(path: &'a str, bytes: &'a [u8]) -> Self {
        Self { path, bytes, organisation: None, tables: TableSettings::NONE }
    }
}

/// Which facts a format can carry; what a metric needs and no source of a host carries is a named gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carries {
    /// Machines and their identity.
    Hosts,
    /// Physical processors and cores.
    Cores,
    /// Which guest runs where.
    Placement,
    /// Clusters.
    Clusters,
    /// Installed software.
    Software,
    /// The running operating system.
    OperatingSystem,
    /// Purchase lines.
    Purchases,
    /// Prices.
    Prices,
    /// Users and who reaches what.
    Users,
}

/// Where a reader puts what it finds, in the order of the file.
pub trait Sink {
    /// A machine; the software records that follow belong to it.
    fn host(&mut self, host: ObservedHost);
    /// A software record of the last machine.
    fn software(&mut self, record: SoftwareRecord<'_>, place: Place);
    /// Many of them, in less time than one after another; `place` says where each stands.
    fn software_list(&mut self, records: &[SoftwareRecord<'_>], place: &dyn Fn(usize) -> Place) {
        records.iter().enumerate().for_each(|(index, &record)| self.software(record, place(index)));
    }
    /// A purchase line. Its evidence is completed by the caller from `place`.
    fn purchase(&mut self, line: PurchaseLine, place: Place);
    /// A price. Its evidence is completed by the caller from `place`.
    fn price(&mut self, price: Price, place: Place);
    /// A whole manifest. Its evidence already names lines; the caller completes the source.
    fn manifest(&mut self, manifest: Manifest);
    /// Something that was not understood or left out.
    fn diagnostic(&mut self, diagnostic: Diagnostic);
}

/// What became of a file as far as its reader can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Records came out of it (with or without diagnostics).
    Read,
    /// It is of this format and yet nothing for us: a network discovery, an empty result.
    Ignored(String),
    /// It should have been of this format and nothing could be taken from it; with the place in it.
    Rejected(Diagnostic),
}

/// A format.
pub trait Reader: Sync {
    /// What `trueup formats show` says of it.
    fn page(&self) -> &'static Page;
    /// Version of what comes out; a higher one reads known files again.
    fn version(&self) -> u32 {
        2
    }
    /// Name shown in `sources`.
    fn name(&self) -> &str {
        self.page().name
    }
    /// Whether what comes out depends on what the settings say of tables.
    fn reads_tables(&self) -> bool {
        false
    }
    /// Whether what comes out depends on the path: a file that names no machine is of the one it is named after, or of
    /// the one that `trueup.toml` states for that path.
    fn reads_path(&self) -> bool {
        false
    }
    /// Whether a file that names no machine is of the one that the only other such file of its folder names.
    fn named_by_neighbour(&self) -> bool {
        false
    }
    /// Looks at the first bytes (up to 64 KiB) and the path's extension.
    fn sniff(&self, head: &[u8], path: &str) -> Sniff;
    /// Reads a file. What was handed to the sink before an error stays valid. Readers of bytes have their own; the others
    /// get the content as text, and content that is none is rejected.
    fn read(&self, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
        text_of(input).and_then(|text| self.read_text(text, input, sink)).unwrap_or_else(Verdict::Rejected)
    }
    /// Reads a file that is text.
    ///
    /// # Errors
    /// Why nothing could be taken from it: it is rejected.
    fn read_text(&self, _text: &str, input: &Input<'_>, _sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let message = format!("{} is no format of text", self.name());
        Err(Diagnostic::error(Code::WrongEncoding, input.path, message).at(Place::Whole))
    }
}

/// Every built-in reader, in the order in which equally sure ones are preferred: those of one format before the
/// mappings of known exports, whose headings are less telling.
pub fn readers() -> &'static [&'static dyn Reader] {
    static ALL: LazyLock<Vec<&'static dyn Reader>> = LazyLock::new(|| {
        let own: [&'static dyn Reader; 24] = [
            &glpi_json::GlpiJson,
            &facter::Facter,
            &osquery_log::OsqueryLog,
            &fusion_xml::FusionXml,
            &wazuh_messages::WazuhMessages,
            &ansible_console::AnsibleConsole,
            &tags::Swid,
            &tags::CoSwid,
            &bill::CycloneDx,
            &bill::Spdx,
            &bill::Syft,
            &packages::DpkgStatus,
            &open_audit::OpenAudit,
            &registry::Registry,
            &systeminfo::SystemInfo,
            &system_report::SystemReport,
            &wmic_list::WmicList,
            &powershell_list::PowerShellList,
            &manifest::ManifestToml,
            &workbook::Workbooks,
            &rvtools::RvTools,
            &purchases::PURCHASES,
            &prices::PRICES,
            &packages::PackageList,
        ];
        own.into_iter().chain(mapped::known().iter().map(|reader| reader as &dyn Reader)).collect()
    });
    &ALL
}

/// Whether files of a format that name no machine are of the one that the only other such file of their folder names.
pub fn is_named_by_neighbour(format: &str) -> bool {
    readers().iter().any(|reader| reader.named_by_neighbour() && reader.name() == format)
}

/// The page of every format, by name.
pub fn pages() -> Vec<&'static Page> {
    let mut pages: Vec<&Page> = readers().iter().map(|reader| reader.page()).chain([mapped::OWN_PAGE]).collect();
    pages.sort_by_key(|page| page.name);
    pages.dedup_by_key(|page| page.name);
    pages
}

/// Mappings proposed for the tables of a file, ready to check and paste.
///
/// # Errors
/// Content that is no table.
pub fn suggest(input: &Input<'_>) -> Result<String, Diagnostic> {
    let no_table = || Diagnostic::error(Code::UnknownFormat, input.path, "it holds no table with headings");
    if input.bytes.starts_with(b"PK") {
        let mut workbook = sheet::Workbook::open(input.path, input.bytes)?;
        let sheets = workbook.sheets.clone();
        let proposals = sheets.iter().filter_map(|sheet| {
            mapped::suggest(&mut sheet::SheetTable { workbook: &mut workbook, sheet }, input.path, Some(sheet))
        });
        let proposals: Vec<String> = proposals.collect();
        return if proposals.is_empty() { Err(no_table()) } else { Ok(proposals.join("\n")) };
    }
    if !table::may_be_text_table(input.bytes) {
        return Err(no_table());
    }
    let text = text_of(input)?;
    mapped::suggest(&mut table::TextTable { text, path: input.path }, input.path, None).ok_or_else(no_table)
}

/// The readers of one estate: its own mappings, then the built-in readers.
pub struct Readers<'a> {
    own: Vec<mapped::Mapped<'a>>,
    tables: &'a TableSettings,
    /// Tells apart what was read under another encoding; 0 where none is named.
    encoding: u32,
}

/// Bytes a reader looks at to tell whether a file is its own.
const HEAD_BYTES: usize = 64 * 1024;

impl<'a> Readers<'a> {
    /// The readers under these settings.
    pub fn new(tables: &'a TableSettings) -> Self {
        Self { own: tables.mappings.iter().map(mapped::Mapped::own).collect(), tables, encoding: 0 }
    }

    /// The same readers for text in an encoding that somebody named: what they read is no longer current under another.
    pub fn of_encoding(self, name: Option<&str>) -> Self {
        let encoding = name.map_or(0, |name| {
            let [a, b, c, d, ..] = *blake3::hash(name.as_bytes()).as_bytes();
            u32::from_le_bytes([a, b, c, d])
        });
        Self { encoding, ..self }
    }

    fn all(&self) -> impl Iterator<Item = &dyn Reader> {
        self.own.iter().map(|reader| reader as &dyn Reader).chain(readers().iter().copied())
    }

    /// The reader that takes a file: the first sure one, else the first that may.
    pub fn choose(&self, bytes: &[u8], path: &str) -> Option<&dyn Reader> {
        let head = &bytes[..bytes.len().min(HEAD_BYTES)];
        let mut possible = None;
        for reader in self.all() {
            match reader.sniff(head, path) {
                Sniff::Sure => return Some(reader),
                Sniff::Maybe if possible.is_none() => possible = Some(reader),
                _ => {}
            }
        }
        possible
    }

    /// What keeps the estate's own mappings from a file that another reader takes, or none.
    pub fn missed(&self, bytes: &[u8], path: &str, taken_by: Option<&dyn Reader>) -> Vec<Diagnostic> {
        if taken_by.is_some_and(|reader| self.own.iter().any(|own| own.name() == reader.name())) {
            return Vec::new();
        }
        mapped::missed(&self.tables.mappings, &bytes[..bytes.len().min(HEAD_BYTES)], path)
    }

    /// Version of what comes out of a reader under these settings.
    pub fn version_of(&self, reader: &dyn Reader) -> u32 {
        let version = reader.version() ^ self.encoding;
        let version = if reader.reads_tables() { version ^ self.tables.digest } else { version };
        if reader.reads_path() { version ^ self.tables.sources.digest } else { version }
    }

    /// Version of the readers as a whole, for files that none of them takes.
    pub fn version(&self) -> u32 {
        readers().iter().map(|reader| reader.version()).sum::<u32>() ^ self.tables.digest ^ self.encoding
    }

    /// Whether what a reader of this name and version read would be read the same today.
    pub fn is_current(&self, name: &str, version: u32) -> bool {
        if name.is_empty() {
            return version == self.version();
        }
        self.all().any(|reader| reader.name() == name && self.version_of(reader) == version)
    }
}

/// The content as text, for readers of text.
fn text_of<'a>(input: &Input<'a>) -> Result<&'a str, Diagnostic> {
    simdutf8::compat::from_utf8(input.bytes).map_err(|error| {
        let message = format!("byte {} is not text", error.valid_up_to());
        Diagnostic::error(Code::WrongEncoding, input.path, message).at(Place::Whole)
    })
}
