//! What comes out of one file: the sink that readers write to, and what became of the file.

use crate::diag::{Diagnostic, Severity};
use crate::model::{FileStatus, Manifest, ObservedHost, Place, Price, PurchaseLine, SoftwareRecord, View};
use crate::read::{Input, Reader, Sink, Verdict};
use crate::store::{FileContents, HostContents, KnownTitles, SoftwareList};

/// Collects what a reader finds.
struct Collector<'a> {
    known: &'a KnownTitles,
    contents: FileContents<SoftwareList>,
}

impl Sink for Collector<'_> {
    fn host(&mut self, host: ObservedHost) {
        self.contents.captured = self.contents.captured.max(host.captured);
        let software = (host.view == View::Agent).then(SoftwareList::default);
        self.contents.hosts.push(HostContents { observed: host, software });
    }

    fn software(&mut self, record: SoftwareRecord<'_>, place: Place) {
        if let Some(host) = self.contents.hosts.last_mut() {
            host.software.get_or_insert_default().push(record, &place, self.known);
        }
    }

    fn software_list(&mut self, records: &[SoftwareRecord<'_>], place: &dyn Fn(usize) -> Place) {
        // No record is no list: a hypervisor that states no software was not inventoried.
        if let Some(host) = self.contents.hosts.last_mut().filter(|_| !records.is_empty()) {
            host.software.get_or_insert_default().extend(records, place, self.known);
        }
    }

    fn purchase(&mut self, line: PurchaseLine, place: Place) {
        self.contents.purchases.push((line, place));
    }

    fn price(&mut self, price: Price, place: Place) {
        self.contents.prices.push((price, place));
    }

    fn manifest(&mut self, manifest: Manifest) {
        self.contents.manifests.push(manifest);
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.contents.diagnostics.push(diagnostic);
    }
}

/// Reads one file's content; titles that are known need not be written out.
pub(super) fn collect(
    reader: &dyn Reader,
    version: u32,
    input: &Input<'_>,
    hash: &str,
    known: &KnownTitles,
) -> FileContents<SoftwareList> {
    let mut collector = Collector { known, contents: FileContents::new(hash, FileStatus::Read) };
    let verdict = reader.read(input, &mut collector);
    let mut contents = collector.contents;
    contents.reader = reader.name().to_owned();
    contents.reader_version = version;
    contents.of_path = reader.reads_path().then(|| input.path.to_owned());
    contents.organisation = input.organisation.map(str::to_owned);
    (contents.status, contents.reason) = fate(verdict, &contents.diagnostics);
    contents
}

/// Status and reason: a file with a diagnostic worse than a note was read in part.
fn fate(verdict: Verdict, diagnostics: &[Diagnostic]) -> (FileStatus, Option<String>) {
    match verdict {
        Verdict::Ignored(reason) => (FileStatus::Ignored, Some(reason)),
        Verdict::Rejected(diagnostic) => (FileStatus::Rejected, Some(without_path(&diagnostic))),
        Verdict::Read => {
            let faults: Vec<&Diagnostic> =
                diagnostics.iter().filter(|diagnostic| diagnostic.severity != Severity::Note).collect();
            match faults.first() {
                None => (FileStatus::Read, None),
                Some(first) => {
                    let more = faults.len() - 1;
                    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
                    (FileStatus::PartlyRead, Some(format!("{}{more}", without_path(first))))
                }
            }
        }
    }
}

/// A diagnostic with its place in the file, without the file's name.
pub(super) fn without_path(diagnostic: &Diagnostic) -> String {
    match &diagnostic.place {
        Some(Place::Whole) | None => diagnostic.message.clone(),
        Some(place) => format!("{place}: {}", diagnostic.message),
    }
}
