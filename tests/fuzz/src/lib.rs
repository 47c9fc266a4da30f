//! What the fuzz targets share: bytes through one reader, or through everything that a scan does to a file.

use trueup::diag::Diagnostic;
use trueup::discover::{Budget, Limits, Opening, archive_kind, load_content, unpack};
use trueup::model::{Manifest, ObservedHost, Place, Price, PurchaseLine, SoftwareRecord};
use trueup::read::{Input, Reader, Readers, Sink, readers};
use trueup::rules::TableSettings;

/// More than the fuzzer's few kilobytes can hold of anything.
const MOST_RECORDS: usize = 1_000_000;

/// Counts what it hears.
#[derive(Default)]
struct Counter(usize);

impl Counter {
    fn one(&mut self) {
        self.0 += 1;
        assert!(self.0 < MOST_RECORDS, "a small file swelled to {MOST_RECORDS} records");
    }
}

impl Sink for Counter {
    fn host(&mut self, _: ObservedHost) {
        self.one();
    }
    fn software(&mut self, _: SoftwareRecord<'_>, _: Place) {
        self.one();
    }
    fn purchase(&mut self, _: PurchaseLine, _: Place) {
        self.one();
    }
    fn price(&mut self, _: Price, _: Place) {
        self.one();
    }
    fn manifest(&mut self, _: Manifest) {
        self.one();
    }
    fn diagnostic(&mut self, _: Diagnostic) {
        self.one();
    }
}

/// Opens the bytes as a scan does and hands them to the reader of this name, whether it would want them or not.
pub fn by_reader(name: &str, raw: &[u8]) {
    let reader = readers().iter().find(|reader| reader.name() == name);
    let reader = reader.unwrap_or_else(|| panic!("there is no reader {name}"));
    if let Ok(loaded) = load_content("fuzz", raw, &Opening::default()) {
        read(*reader, &loaded.bytes);
    }
}

/// Hands the bytes to every reader of tables and objects that is a shipped mapping: they share their code.
pub fn by_mappings(raw: &[u8]) {
    let Ok(loaded) = load_content("fuzz", raw, &Opening::default()) else { return };
    for reader in readers().iter().filter(|reader| reader.reads_tables()) {
        read(*reader, &loaded.bytes);
    }
}

/// Everything that a scan does to the bytes of one file.
pub fn by_scan(raw: &[u8]) {
    if let Some(archive) = archive_kind(raw) {
        let limits = Limits::default();
        let _ = unpack("fuzz", raw, archive, &limits, &mut Budget::new(&limits, raw.len()), &mut |_| ());
        return;
    }
    let Ok(loaded) = load_content("fuzz", raw, &Opening::default()) else { return };
    if let Some(reader) = Readers::new(TableSettings::NONE).choose(&loaded.bytes, "fuzz") {
        read(reader, &loaded.bytes);
    }
}

fn read(reader: &dyn Reader, bytes: &[u8]) {
    let _ = reader.read(&Input::new("fuzz", bytes), &mut Counter::default());
}
