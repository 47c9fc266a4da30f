//! Throughput of the agents' readers in MB/s, parsing only, and of loading: `cargo bench --bench reading -- FOLDER`.

use std::time::Instant;

use trueup::discover::{HEAD_BYTES, Opening, load, walk};
use trueup::model::{Manifest, ObservedHost, Place, Price, PurchaseLine, SoftwareRecord};
use trueup::read::{Input, Sink, Sniff, readers};

/// Counts and adds up what it is given, so that nothing is optimised away.
#[derive(Default)]
struct Counter {
    hosts: usize,
    records: usize,
    bytes: usize,
}

impl Sink for Counter {
    fn host(&mut self, _: ObservedHost) {
        self.hosts += 1;
    }

    fn software(&mut self, record: SoftwareRecord<'_>, _: Place) {
        self.records += 1;
        self.bytes += record.name.len() + record.version.len() + record.publisher.len();
    }

    fn purchase(&mut self, _: PurchaseLine, _: Place) {}

    fn price(&mut self, _: Price, _: Place) {}

    fn manifest(&mut self, _: Manifest) {}

    fn diagnostic(&mut self, _: trueup::diag::Diagnostic) {}
}

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) else {
        eprintln!("name a folder with inventories, made for example by gen_fleet.py --hosts 1000");
        return;
    };
    let start = Instant::now();
    let files = walk(folder.as_ref()).expect("the folder can be read").files;
    eprintln!("walk: {} files in {:?}", files.len(), start.elapsed());
    let mut buffer = Vec::new();
    let start = Instant::now();
    let loaded: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|found| {
            (found.path.clone(), load(found, &Opening::default(), &mut buffer).expect("loads").bytes.into_owned())
        })
        .collect();
    let bytes: usize = loaded.iter().map(|(_, bytes)| bytes.len()).sum();
    report("load, hash and decode", bytes, start.elapsed().as_secs_f64());
    for reader in readers() {
        let wanted =
            |bytes: &[u8], path: &str| reader.sniff(&bytes[..bytes.len().min(HEAD_BYTES)], path) == Sniff::Sure;
        let start = Instant::now();
        let own: Vec<_> = loaded.iter().filter(|(path, bytes)| wanted(bytes, path)).collect();
        let bytes: usize = own.iter().map(|(_, bytes)| bytes.len()).sum();
        eprintln!("{}: {} files, all sniffed in {:?}", reader.name(), own.len(), start.elapsed());
        let mut best = f64::INFINITY;
        let mut counter = Counter::default();
        for _ in 0..9 {
            counter = Counter::default();
            let start = Instant::now();
            for (path, bytes) in &own {
                reader.read(&Input::new(path, bytes), &mut counter);
            }
            best = best.min(start.elapsed().as_secs_f64());
        }
        report(reader.name(), bytes, best);
        eprintln!("    {} hosts, {} records, {} bytes of titles", counter.hosts, counter.records, counter.bytes);
    }
}

fn report(what: &str, bytes: usize, seconds: f64) {
    eprintln!("{what}: {:.0} MB/s ({bytes} bytes in {seconds:.3} s)", bytes as f64 / 1e6 / seconds);
}
