//! Files of an estate → what came out of them, in the order of their paths.
//!
//! Worker threads read and parse blocks of files; one writer takes the blocks in order through a bounded channel, so that
//! nothing depends on the timing of threads and memory stays bounded.

use std::path::Path;

use rayon::prelude::*;

use crate::diag::Diagnostic;
use crate::discover::{self, Found, Limits};
use crate::model::FileStatus;
use crate::read::{Input, Readers};
use crate::rules::TableSettings;
use crate::store::{ContentId, FileContents, FileResult, KnownFiles, ScanWriter, SoftwareList, StoredFile};

use super::collect::{collect, without_path};
use super::organisations::Folders;
use super::{Failure, Progress};

/// Files a worker block holds.
const BLOCK: usize = 64;

/// Blocks that may wait for the writer.
const WAITING: usize = 4;

/// What files are read with.
pub(super) struct Means<'a> {
    pub readers: &'a Readers<'a>,
    pub tables: &'a TableSettings,
    pub known: &'a KnownFiles,
    pub folders: &'a Folders<'a>,
}

/// One file on its way to the writer.
enum Item {
    New(Box<FileResult>),
    Known { path: String, size: u64, modified_ns: Option<i64>, content: ContentId },
}

/// Reads every file below a folder that changed since the last scan, and adds all of them to the scan.
pub(super) fn gather(
    root: &Path,
    pool: &rayon::ThreadPool,
    means: &Means<'_>,
    writer: &mut ScanWriter<'_>,
    progress: &dyn Progress,
) -> Result<Vec<StoredFile>, Failure> {
    let walk = discover::walk(root).map_err(Failure::from_diagnostic)?;
    progress.found(walk.files.len() as u64 + walk.blocked.len() as u64);
    let mut stored = Vec::with_capacity(walk.files.len() + walk.blocked.len());
    let now = jiff::Timestamp::now().as_nanosecond();
    let limits = Limits::default();
    let blocked = walk.blocked;
    let files = walk.files;
    std::thread::scope(|scope| -> Result<(), Failure> {
        let (sender, receiver) = crossbeam_channel::bounded::<Vec<Item>>(WAITING);
        scope.spawn(move || {
            for block in files.chunks(BLOCK) {
                let items = pool
                    .install(|| block.par_iter().map(|found| read_one(found, means, &limits, now)).collect::<Vec<_>>());
                if sender.send(items).is_err() {
                    return;
                }
            }
        });
        for items in receiver {
            progress.done(items.len() as u64);
            for item in items {
                stored.push(match item {
                    Item::New(result) => writer.add_file(*result)?,
                    Item::Known { path, size, modified_ns, content } => {
                        writer.add_known(&path, size, modified_ns, content)?
                    }
                });
            }
        }
        Ok(())
    })?;
    for one in blocked {
        let contents = unread(means, one.status, &one.diagnostic);
        stored.push(writer.add_file(FileResult { path: one.path, size: 0, modified_ns: None, contents })?);
        progress.done(1);
    }
    stored.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(stored)
}

/// A file that could not be opened.
fn unread(means: &Means<'_>, status: FileStatus, diagnostic: &Diagnostic) -> FileContents<SoftwareList> {
    let mut contents = FileContents::new("", status);
    contents.reader_version = means.readers.version();
    contents.reason = Some(without_path(diagnostic));
    contents
}

/// Reads one file, unless the last scan knows it.
fn read_one(found: &Found, means: &Means<'_>, limits: &Limits, now: i128) -> Item {
    let known = means.known;
    let organisation = means.folders.organisation(&found.path);
    let modified_ns = settled(found.modified, now);
    if let Some(file) = known.unchanged(&found.path, found.size, modified_ns, organisation.as_deref()) {
        return known_item(found, modified_ns, file.content);
    }
    let mut buffer = Vec::new();
    let contents = match discover::load(found, limits, &mut buffer) {
        Err(diagnostic) => unread(means, FileStatus::Rejected, &diagnostic),
        Ok(loaded) => {
            let same = known.same_content(&loaded.hash, organisation.as_deref());
            if let Some(file) = same.filter(|_| !means.tables.by_path()) {
                return known_item(found, modified_ns, file.content);
            }
            understand(found, means, &loaded.bytes, &loaded.hash, organisation.as_deref())
        }
    };
    Item::New(Box::new(FileResult { path: found.path.clone(), size: found.size, modified_ns, contents }))
}

fn known_item(found: &Found, modified_ns: Option<i64>, content: ContentId) -> Item {
    Item::Known { path: found.path.clone(), size: found.size, modified_ns, content }
}

/// The time of the last change, where it lies far enough back that another change would show.
fn settled(modified: i64, now: i128) -> Option<i64> {
    const TICK_NS: i128 = 2_000_000_000;
    (i128::from(modified) + TICK_NS < now).then_some(modified)
}

fn understand(
    found: &Found,
    means: &Means<'_>,
    bytes: &[u8],
    hash: &str,
    organisation: Option<&str>,
) -> FileContents<SoftwareList> {
    if discover::written_by_trueup(bytes) {
        let mut contents = FileContents::new(hash, FileStatus::Ignored);
        contents.reader_version = means.readers.version();
        contents.reason = Some("trueup wrote it".into());
        return contents;
    }
    match means.readers.choose(bytes, &found.path) {
        Some(reader) => {
            let input = Input { path: &found.path, bytes, organisation, tables: means.tables };
            collect(reader, means.readers.version_of(reader), &input, hash)
        }
        None => {
            let head = &bytes[..bytes.len().min(discover::HEAD_BYTES)];
            let (status, reason) = discover::classify_unknown(&found.path, head);
            let mut contents = FileContents::new(hash, status);
            contents.reader_version = means.readers.version();
            contents.organisation = organisation.map(str::to_owned);
            contents.reason = Some(reason);
            contents
        }
    }
}
