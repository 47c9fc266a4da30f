//! Workbooks. What a sheet is shows in its headings, and one workbook may hold several kinds: tabs of RVTools, a
//! purchase list, a price list.

use crate::diag::{Code, Diagnostic, Severity};
use crate::model::Place;

use super::listing::HEADINGS_WITHIN;
use super::mapped::Mapped;
use super::page::{Field, Page, Verified};
use super::rvtools::{Export, Tab, columns_of, unused};
use super::sheet::{SheetTable, Workbook};
use super::table::{NextRow, Row, Table as _};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict, mapped, prices, purchases};

/// How a workbook of today begins: it is a ZIP archive.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// How a workbook of the nineties begins, and one that is protected by a password.
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// What the format is.
const PAGE: Page = Page {
    name: "workbook",
    title: "Workbook (XLSX) of sheets that are tables of other formats",
    written_by: "spreadsheet programs, RVTools, and every tool that exports XLSX",
    carries: &[
        Carries::Hosts,
        Carries::Cores,
        Carries::Placement,
        Carries::Clusters,
        Carries::Software,
        Carries::OperatingSystem,
        Carries::Purchases,
        Carries::Prices,
        Carries::Users,
    ],
    recognised_by: "an XLSX or XLSM file; each sheet is recognised by its name or its headings",
    fields: &[Field { named: "each sheet", becomes: "what the format of its headings says: `trueup formats list`" }],
    quirks: &[
        "sheets are read cell by cell: what they declare of their size is not believed",
        "a sheet ends after 1,000 empty rows",
        "workbooks of the old format (.xls) and protected ones are rejected: save as .xlsx, without a password",
    ],
    verified: Verified::RealFile("RVTools workbooks"),
    example: "",
    samples: &["purchases-xlsx", "rvtools-xlsx"],
};

/// Reads workbooks.
pub(super) struct Workbooks;

impl Reader for Workbooks {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn version(&self) -> u32 {
        4
    }

    fn reads_tables(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], path: &str) -> Sniff {
        let named = |extensions: &[&str]| {
            path.rsplit_once('.').is_some_and(|(_, found)| extensions.contains(&found.to_ascii_lowercase().as_str()))
        };
        if head.starts_with(ARCHIVE) && (named(&["xlsx", "xlsm"]) || holds_sheets(head)) {
            Sniff::Sure
        } else if head.starts_with(COMPOUND) && named(&["xls", "xlsx", "xlsm", "xlsb"]) {
            Sniff::Maybe
        } else {
            Sniff::No
        }
    }

    fn read(&self, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
        if input.bytes.starts_with(COMPOUND) {
            let message = "the workbook is of the old format, or protected by a password";
            let fault = Diagnostic::error(Code::UnknownFormat, input.path, message).at(Place::Whole);
            return Verdict::Rejected(fault.help("save it as .xlsx without a password"));
        }
        match Workbook::open(input.path, input.bytes) {
            Ok(workbook) => read_sheets(workbook, input, sink),
            Err(fault) => Verdict::Rejected(fault),
        }
    }
}

/// Whether the beginning of an archive is that of a workbook. Its first part counts as well, since an archive of
/// workbooks holds the parts of a workbook too.
fn holds_sheets(head: &[u8]) -> bool {
    const FIRST: [&[u8]; 4] = [b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/"];
    const NAME_AT: usize = 30;
    let name = head.get(NAME_AT..).unwrap_or_default();
    FIRST.iter().any(|first| name.starts_with(first)) && name.windows(3).any(|window| window == b"xl/")
}

/// What a sheet is.
enum Kind<'m> {
    Tab(Tab),
    Purchases,
    Prices,
    Mapped(Mapped<'m>),
    Empty,
    Unknown(Place),
}

/// Reads every sheet; tabs of RVTools complete each other and are handed on together at the end.
fn read_sheets(mut workbook: Workbook<'_>, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
    let mut export = Export::new(input.path);
    let mut outcome = Outcome::default();
    for sheet in workbook.sheets.clone() {
        if let Some(Tab::Unused(tab)) = Tab::by_name(&sheet) {
            outcome.add(unused(tab), sink);
            continue;
        }
        let mut table = SheetTable { workbook: &mut workbook, sheet: &sheet };
        let first = table.first(HEADINGS_WITHIN);
        let kind = kind(&sheet, &first, input);
        if let (Kind::Empty | Kind::Unknown(_), Some(Err(fault))) = (&kind, first.last()) {
            match fault.severity {
                Severity::Error => outcome.add(Verdict::Rejected(fault.clone()), sink),
                Severity::Warning | Severity::Note => sink.diagnostic(fault.clone()),
            }
        }
        match kind {
            Kind::Tab(tab) => {
                outcome.tabs = true;
                match workbook.rows(&sheet) {
                    Ok(mut rows) => export.read_tab(tab, &mut rows),
                    Err(fault) => outcome.add(Verdict::Rejected(fault), sink),
                }
            }
            Kind::Purchases => outcome.add(purchases::read_rows(input, &mut table, sink), sink),
            Kind::Prices => outcome.add(prices::read_rows(input, &mut table, sink), sink),
            Kind::Mapped(reader) => {
                if reader.is_own() {
                    let message = format!("sheet {sheet} is read by the mapping `{}`", reader.name());
                    sink.diagnostic(Diagnostic::note(Code::MappingUsed, input.path, message).at(Place::Whole));
                }
                outcome.add(reader.read_table(input, &mut table, sink), sink);
            }
            Kind::Empty => {}
            Kind::Unknown(place) => {
                let rows: Vec<Row> = first.into_iter().filter_map(Result::ok).collect();
                let missed = mapped::missed_by_sheet(&input.tables.mappings, input.path, &sheet, &rows);
                missed.into_iter().for_each(|told| sink.diagnostic(told));
                outcome.unknown.push((sheet, place));
            }
        }
    }
    if outcome.tabs {
        export.created(workbook.created);
        outcome.add(export.deliver(sink), sink);
    }
    outcome.verdict(input.path, sink)
}

fn kind<'m>(sheet: &str, first: &[NextRow], input: &Input<'m>) -> Kind<'m> {
    let rows: Vec<Row> = first.iter().filter_map(|row| row.as_ref().ok().cloned()).collect();
    if let Some(own) = mapped::own_for_sheet(input, sheet, &rows) {
        return Kind::Mapped(own);
    }
    if let Some(tab) = Tab::by_name(sheet) {
        return Kind::Tab(tab);
    }
    let Some(top) = rows.first() else {
        return Kind::Empty;
    };
    if let Some(tab) = Tab::by_headings(&columns_of(top)) {
        return Kind::Tab(tab);
    }
    let known = mapped::known_for_sheet(sheet, &rows);
    let (purchases, prices) = (purchases::LAYOUT.fit(&rows).sniff, prices::LAYOUT.fit(&rows).sniff);
    match (purchases, prices) {
        _ if purchases != Sniff::Sure && prices != Sniff::Sure && known.is_some() => {
            known.map_or(Kind::Empty, Kind::Mapped)
        }
        (Sniff::No, Sniff::No) => Kind::Unknown(top.place.clone()),
        _ if purchases >= prices => Kind::Purchases,
        _ => Kind::Prices,
    }
}

/// What became of the sheets so far.
#[derive(Default)]
struct Outcome {
    tabs: bool,
    read: bool,
    ignored: Option<String>,
    rejected: Option<Diagnostic>,
    unknown: Vec<(String, Place)>,
}

impl Outcome {
    fn add(&mut self, verdict: Verdict, sink: &mut dyn Sink) {
        match verdict {
            Verdict::Read => self.read = true,
            Verdict::Ignored(reason) => self.ignored = self.ignored.take().or(Some(reason)),
            Verdict::Rejected(fault) if self.rejected.is_none() => self.rejected = Some(fault),
            Verdict::Rejected(fault) => sink.diagnostic(fault),
        }
    }

    /// A workbook of which anything was read is read; a sheet that nobody knows is then worth a note.
    fn verdict(self, path: &str, sink: &mut dyn Sink) -> Verdict {
        match (self.read, self.rejected) {
            (true, rejected) => {
                for (sheet, place) in self.unknown {
                    let message = format!("sheet {sheet} has no headings that are known; it is not read");
                    sink.diagnostic(Diagnostic::note(Code::LeftOut, path, message).at(place));
                }
                if let Some(fault) = rejected {
                    sink.diagnostic(fault);
                }
                Verdict::Read
            }
            (false, Some(fault)) => Verdict::Rejected(fault),
            (false, None) => Verdict::Ignored(match self.unknown.first() {
                Some((sheet, _)) => format!("no sheet has headings that are known; the first is {sheet}"),
                None => self.ignored.unwrap_or_else(|| "an empty workbook".into()),
            }),
        }
    }
}
