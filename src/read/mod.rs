//! Source bytes → hosts, records, purchase lines: one file a format behind one small trait.
//!
//! A reader gets bytes and a sink; it opens no files. Content decides which reader takes a file, not its extension:
//! every reader looks at the first bytes and says no, maybe or sure. Partial success is normal: observations and
//! diagnostics may both come out of one file.

mod agent;
mod faults;
mod fusion_xml;
mod glpi_json;
mod listing;
mod manifest;
mod prices;
mod purchases;
mod rvtools;
mod rvtools_rows;
mod sheet;
mod table;
mod value;
mod workbook;

use crate::diag::{Code, Diagnostic};
use crate::model::{Manifest, ObservedHost, Place, Price, PurchaseLine, SoftwareRecord};

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
}

/// Which facts a format can carry; what a metric needs and no source of a host carries is a named gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Name, in kebab-case, shown in `sources`.
    fn name(&self) -> &'static str;
    /// Version of what comes out; a higher one reads known files again.
    fn version(&self) -> u32;
    /// Facts it can carry.
    fn carries(&self) -> &'static [Carries];
    /// Looks at the first bytes (up to 64 KiB) and the path's extension.
    fn sniff(&self, head: &[u8], path: &str) -> Sniff;
    /// Reads a file. What was handed to the sink before an error stays valid.
    fn read(&self, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict;
}

/// Every reader, in the order in which equally sure ones are preferred.
pub fn readers() -> &'static [&'static dyn Reader] {
    &[
        &glpi_json::GlpiJson,
        &fusion_xml::FusionXml,
        &manifest::ManifestToml,
        &workbook::Workbooks,
        &rvtools::RvTools,
        &purchases::Purchases,
        &prices::Prices,
    ]
}

/// The content as text, for readers of text.
fn text_of<'a>(input: &Input<'a>) -> Result<&'a str, Diagnostic> {
    std::str::from_utf8(input.bytes).map_err(|error| {
        let message = format!("byte {} is not text", error.valid_up_to());
        Diagnostic::error(Code::WrongEncoding, input.path, message).at(Place::Whole)
    })
}
