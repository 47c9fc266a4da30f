//! The least that a scan can take, to measure the whole against: walk, read into buffers that are used again, parse with
//! scanners that look only at what is needed, number titles in memory, match rules once a title, write whole numbers in
//! the order of their keys into a table without row numbers, all in one transaction, and put the file on the disk.
//!
//! Two threads read and parse; the first thread numbers and writes. Blocks of files are written in their order, so that
//! no number depends on which thread was faster.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::DefaultHashBuilder;
use regex::bytes::{RegexSet, RegexSetBuilder};
use rusqlite::{Connection, Transaction, params};
use walkdir::WalkDir;

use super::fleet;
use super::json_scanner;
use super::titles::{Scanned, Titles};
use super::xml_scanner;

/// Threads that read and parse.
const THREADS: usize = 2;

/// Files of a block.
const BLOCK: usize = 32;

/// Blocks that may wait to be written.
const WAITING: usize = 8;

/// Walks and reads, and nothing else. Says how much it read.
pub fn walk_and_read(folder: &Path) -> String {
    let files = files(folder);
    let next = AtomicUsize::new(0);
    let bytes: usize = std::thread::scope(|scope| {
        let read = || {
            let (mut buffer, mut bytes) = (Vec::new(), 0);
            while let Some(block) = block(&files, &next) {
                bytes += block.1.iter().map(|file| read(file, &mut buffer).len()).sum::<usize>();
            }
            bytes
        };
        let threads = [(); THREADS].map(|()| scope.spawn(read));
        threads.into_iter().map(|thread| thread.join().expect("a reading thread")).sum()
    });
    format!("{} files, {bytes} bytes", files.len())
}

/// The whole of it. Says what it found.
pub fn scan(folder: &Path, store: &Path) -> String {
    let files = files(folder);
    let aside = store.with_extension("part");
    let _ = std::fs::remove_file(&aside);
    let mut connection = Connection::open(&aside).expect("a new database");
    connection
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;")
        .expect("the settings of the database");
    let said = write(&mut connection, &files);
    connection.close().expect("the database is closed");
    File::open(&aside).and_then(|file| file.sync_all()).expect("the database is on the disk");
    std::fs::rename(&aside, store).expect("the database has its name");
    said
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(folder).into_iter().map(|entry| entry.expect("the fleet can be walked"));
    let files = entries.filter(|entry| entry.file_type().is_file());
    let inventories =
        files.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "json" || ending == "xml"));
    let mut files: Vec<PathBuf> = inventories.map(walkdir::DirEntry::into_path).collect();
    files.sort();
    files
}

/// The next block of files that no thread took yet, with its number.
fn block<'f>(files: &'f [PathBuf], next: &AtomicUsize) -> Option<(usize, &'f [PathBuf])> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    Some(number).zip(files.chunks(BLOCK).nth(number))
}

fn read<'b>(file: &Path, buffer: &'b mut Vec<u8>) -> &'b [u8] {
    buffer.clear();
    File::open(file).and_then(|mut file| file.read_to_end(buffer)).expect("the file can be read");
    buffer
}

fn write(connection: &mut Connection, files: &[PathBuf]) -> String {
    let transaction = connection.transaction().expect("a transaction");
    transaction
        .execute_batch(
            "CREATE TABLE host (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
             CREATE TABLE title (id INTEGER PRIMARY KEY, name TEXT, version TEXT, publisher TEXT, key TEXT) STRICT;
             CREATE TABLE installed (host INTEGER, title INTEGER, PRIMARY KEY (host, title)) STRICT, WITHOUT ROWID;
             CREATE TABLE recognised (host INTEGER, title INTEGER, PRIMARY KEY (host, title)) STRICT, WITHOUT ROWID;",
        )
        .expect("the tables");
    let hashing = DefaultHashBuilder::default();
    let next = AtomicUsize::new(0);
    let mut writer = Writer::new(&transaction);
    std::thread::scope(|scope| {
        let (sender, receiver) = crossbeam_channel::bounded(WAITING);
        for _ in 0..THREADS {
            let sender = sender.clone();
            let (next, hashing) = (&next, &hashing);
            scope.spawn(move || {
                let mut buffer = Vec::new();
                while let Some((number, block)) = block(files, next) {
                    sender.send((number, scanned(block, &mut buffer, hashing))).expect("the writer takes it");
                }
            });
        }
        drop(sender);
        let (mut early, mut wanted) = (BTreeMap::new(), 0);
        for (number, scanned) in receiver {
            early.insert(number, scanned);
            while let Some(scanned) = early.remove(&wanted) {
                writer.add(&scanned, &hashing);
                wanted += 1;
            }
        }
    });
    let said = writer.finish();
    transaction.commit().expect("the transaction is completed");
    said
}

fn scanned(block: &[PathBuf], buffer: &mut Vec<u8>, hashing: &DefaultHashBuilder) -> Scanned {
    let mut found = Scanned::default();
    for file in block {
        let is_json = file.extension().is_some_and(|ending| ending == "json");
        let text = read(file, buffer);
        let scan = if is_json { json_scanner::scan } else { xml_scanner::scan };
        scan(text, &mut found, hashing).unwrap_or_else(|| panic!("{} is not what an agent writes", file.display()));
    }
    found
}

/// Rows written with one statement.
const ROWS: usize = 200;

/// Puts everything into the tables.
struct Writer<'t> {
    transaction: &'t Transaction<'t>,
    rules: RegexSet,
    titles: Titles,
    /// Whether a rule matches each title.
    recognised: Vec<bool>,
    hosts: i64,
    records: usize,
    /// Host and title by turns.
    rows: Vec<i64>,
    recognised_rows: Vec<i64>,
}

impl<'t> Writer<'t> {
    fn new(transaction: &'t Transaction<'t>) -> Self {
        let rules = RegexSetBuilder::new(fleet::rules()).unicode(false).case_insensitive(true).build();
        Self {
            transaction,
            rules: rules.expect("the rules compile"),
            titles: Titles::default(),
            recognised: Vec::new(),
            hosts: 0,
            records: 0,
            rows: Vec::new(),
            recognised_rows: Vec::new(),
        }
    }

    fn add(&mut self, scanned: &Scanned, hashing: &DefaultHashBuilder) {
        let (mut start, mut record) = (0, 0);
        let mut numbers = Vec::new();
        for (name, end) in &scanned.hosts {
            numbers.clear();
            for &(ends, hash) in &scanned.records[record..*end] {
                let text = &scanned.text[start..start + ends[3] as usize];
                start += text.len();
                numbers.push(self.titles.number(text, ends, hash, hashing));
                if numbers.last().is_some_and(|number| *number as usize == self.recognised.len()) {
                    self.recognised.push(self.rules.is_match(&text[..ends[0] as usize]));
                }
            }
            record = *end;
            self.add_host(name, &mut numbers);
        }
        self.records += record;
    }

    fn add_host(&mut self, name: &str, numbers: &mut Vec<u32>) {
        self.hosts += 1;
        let mut insert = self.transaction.prepare_cached("INSERT INTO host VALUES (?1, ?2)").expect("a statement");
        insert.execute(params![self.hosts, name]).expect("a host");
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            self.rows.extend([self.hosts, i64::from(*number)]);
            if self.recognised[*number as usize] {
                self.recognised_rows.extend([self.hosts, i64::from(*number)]);
            }
        }
        flush(self.transaction, "installed", &mut self.rows, 2 * ROWS);
        flush(self.transaction, "recognised", &mut self.recognised_rows, 2 * ROWS);
    }

    fn finish(mut self) -> String {
        flush(self.transaction, "installed", &mut self.rows, 2);
        flush(self.transaction, "recognised", &mut self.recognised_rows, 2);
        let mut insert =
            self.transaction.prepare("INSERT INTO title VALUES (?1, ?2, ?3, ?4, ?5)").expect("a statement");
        for (number, title) in (0_i64..).zip(self.titles.iter()) {
            let [name, version, publisher, key] = title.map(|part| std::str::from_utf8(part).expect("text"));
            insert.execute(params![number, name, version, publisher, key]).expect("a title");
        }
        let recognised = self.recognised.iter().filter(|recognised| **recognised).count();
        let titles = self.recognised.len();
        format!("{} hosts, {} records, {titles} titles, {recognised} of them recognised", self.hosts, self.records)
    }
}

/// Writes rows of two numbers while there are at least so many numbers, as many at a time.
fn flush(transaction: &Transaction<'_>, table: &str, numbers: &mut Vec<i64>, at_a_time: usize) {
    if numbers.len() < at_a_time {
        return;
    }
    let rows = vec!["(?, ?)"; at_a_time / 2].join(", ");
    let mut insert =
        transaction.prepare_cached(&format!("INSERT INTO {table} VALUES {rows}")).expect("a statement of many rows");
    let whole = numbers.len() - numbers.len() % at_a_time;
    for chunk in numbers[..whole].chunks(at_a_time) {
        insert.execute(rusqlite::params_from_iter(chunk)).expect("rows");
    }
    numbers.drain(..whole);
}
