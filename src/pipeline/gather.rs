//! Files of an estate → what came out of them, in the order of their paths.
//!
//! All threads read and parse one block of files while the block before is written by the thread that asked, in the order
//! of its files: nothing depends on the timing of threads, and memory stays bounded.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;

use crate::diag::Diagnostic;
use crate::discover::{self, Archive, Budget, Found, Member, Opening, Walk};
use crate::model::FileStatus;
use crate::read::{Input, Readers};
use crate::rules::TableSettings;
use crate::store::{
    ContentId, FileContents, FileResult, KnownFiles, KnownTitles, ScanWriter, SoftwareList, StoreError, StoredFile,
};

use super::Progress;
use super::collect::{collect, without_path};
use super::organisations::Folders;

/// Files of a block.
const BLOCK: usize = 256;

/// Files that a thread takes from a block at a time: few, so that none waits long for the last of them.
const AT_A_TIME: usize = 4;

/// What files are read with.
#[derive(Clone)]
pub(super) struct Means<'a> {
    pub readers: &'a Readers<'a>,
    pub tables: &'a TableSettings,
    pub known: &'a KnownFiles,
    pub folders: &'a Folders<'a>,
    pub opening: &'a Opening,
    /// Software titles that were known when the block was begun.
    pub titles: KnownTitles,
}

/// Files up to this size are read into buffers that are kept for the next.
const KEPT_BYTES: usize = 1024 * 1024;

/// Buffers that files are read into, as many as files are read at a time.
#[derive(Default)]
struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    fn take(&self) -> Vec<u8> {
        self.0.lock().ok().and_then(|mut free| free.pop()).unwrap_or_default()
    }

    fn give_back(&self, buffer: Vec<u8>) {
        if let Some(mut free) = self.0.lock().ok().filter(|_| buffer.capacity() <= KEPT_BYTES) {
            free.push(buffer);
        }
    }
}

/// One file on its way to the writer.
enum Item {
    New(Box<FileResult>),
    Known { path: String, size: u64, modified_ns: Option<i64>, content: ContentId },
}

/// Reads every file of an estate that changed since the last scan, and adds all of them to the scan.
pub(super) fn gather(
    walk: Walk,
    means: &Means<'_>,
    writer: &mut ScanWriter<'_>,
    progress: &dyn Progress,
) -> Result<Vec<StoredFile>, StoreError> {
    let Walk { files, blocked } = walk;
    progress.found(files.len() as u64 + blocked.len() as u64);
    let mut stored = Vec::with_capacity(files.len() + blocked.len());
    let now = jiff::Timestamp::now().as_nanosecond();
    let buffers = Buffers::default();
    let read = |block: &[Found], means: Means<'_>| -> Vec<Vec<Item>> {
        block.par_iter().with_max_len(AT_A_TIME).map(|found| read_one(found, &means, now, &buffers)).collect()
    };
    let mut blocks = files.chunks(BLOCK);
    let mut waiting = blocks.next().map(|block| read(block, means.clone()));
    while let Some(ready) = waiting.take() {
        let next = blocks.next();
        let means = Means { titles: writer.known_titles(), ..means.clone() };
        rayon::in_place_scope(|scope| -> Result<(), StoreError> {
            if let Some(block) = next {
                scope.spawn(|_| waiting = Some(read(block, means)));
            }
            write(ready, writer, &mut stored, progress)
        })?;
    }
    for one in blocked {
        let contents = unread(means, one.status, &one.diagnostic);
        stored.push(writer.add_file(FileResult { path: one.path, size: 0, modified_ns: None, contents })?);
        progress.done(1);
    }
    stored.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(stored)
}

/// Adds the files of one block to the scan.
fn write(
    files: Vec<Vec<Item>>,
    writer: &mut ScanWriter<'_>,
    stored: &mut Vec<StoredFile>,
    progress: &dyn Progress,
) -> Result<(), StoreError> {
    let done = files.len() as u64;
    for item in files.into_iter().flatten() {
        stored.push(match item {
            Item::New(result) => writer.add_file(*result)?,
            Item::Known { path, size, modified_ns, content } => writer.add_known(&path, size, modified_ns, content)?,
        });
    }
    progress.done(done);
    Ok(())
}

/// A file that could not be opened.
fn unread(means: &Means<'_>, status: FileStatus, diagnostic: &Diagnostic) -> FileContents<SoftwareList> {
    let mut contents = FileContents::new("", status);
    contents.reader_version = means.readers.version();
    contents.reason = Some(without_path(diagnostic));
    contents
}

/// Reads one file, unless the last scan knows it: itself, and what is in it where it is an archive.
fn read_one(found: &Found, means: &Means<'_>, now: i128, buffers: &Buffers) -> Vec<Item> {
    let modified_ns = settled(found.modified, now);
    if let Some(items) = known_items(found, means, modified_ns) {
        return items;
    }
    let mut buffer = buffers.take();
    let items = read_changed(found, means, modified_ns, &mut buffer);
    buffers.give_back(buffer);
    items
}

/// Reads one file, and what is in it where it is an archive.
fn read_changed(found: &Found, means: &Means<'_>, modified_ns: Option<i64>, buffer: &mut Vec<u8>) -> Vec<Item> {
    let raw = match discover::read_raw(found, &means.opening.limits, buffer) {
        Ok(raw) => raw,
        Err(diagnostic) => {
            let contents = unread(means, FileStatus::Rejected, &diagnostic);
            return vec![new_item(&found.path, found.size, modified_ns, contents)];
        }
    };
    match discover::archive_kind(raw).filter(|_| means.readers.choose(raw, &found.path).is_none()) {
        Some(archive) => unpack(found, raw, archive, means, modified_ns),
        None => vec![read_content(&found.path, raw, means, modified_ns)],
    }
}

/// A file that is as it was, and the files in it.
fn known_items(found: &Found, means: &Means<'_>, modified_ns: Option<i64>) -> Option<Vec<Item>> {
    let organisation = means.folders.organisation(&found.path);
    let file = means.known.unchanged(&found.path, found.size, modified_ns, organisation.as_deref())?;
    let mut items = vec![known_item(&found.path, found.size, modified_ns, file.content)];
    for (path, member) in means.known.members(&found.path)? {
        if means.folders.organisation(path) != member.organisation {
            return None;
        }
        items.push(known_item(path, member.size, modified_ns, member.content));
    }
    Some(items)
}

fn known_item(path: &str, size: u64, modified_ns: Option<i64>, content: ContentId) -> Item {
    Item::Known { path: path.to_owned(), size, modified_ns, content }
}

fn new_item(path: &str, size: u64, modified_ns: Option<i64>, contents: FileContents<SoftwareList>) -> Item {
    Item::New(Box::new(FileResult { path: path.to_owned(), size, modified_ns, contents }))
}

/// Reads the files of an archive, a few at a time so that not all of them are held at once.
fn unpack(found: &Found, raw: &[u8], archive: Archive, means: &Means<'_>, modified_ns: Option<i64>) -> Vec<Item> {
    let limits = &means.opening.limits;
    let mut names = BTreeMap::new();
    let mut items = Vec::new();
    let mut waiting = Vec::new();
    let read = |waiting: &mut Vec<Member>, items: &mut Vec<Item>| {
        items.par_extend(waiting.par_drain(..).map(|member| read_member(found, member, means, modified_ns)));
    };
    let mut take = |mut member: Member| {
        keep_apart(&mut names, member.name_mut());
        waiting.push(member);
        if waiting.len() == BLOCK {
            read(&mut waiting, &mut items);
        }
    };
    let end = discover::unpack(&found.path, raw, archive, limits, &mut Budget::new(limits, raw.len()), &mut take);
    read(&mut waiting, &mut items);
    let hash = blake3::hash(raw).to_hex().to_string();
    let mut contents = FileContents::new(&hash, FileStatus::Ignored);
    contents.reader_version = means.readers.version();
    contents.organisation = means.folders.organisation(&found.path);
    contents.reason = Some(match end {
        Ok(1) => "an archive: the file in it is listed by itself".to_owned(),
        Ok(count) => format!("an archive: the {count} files in it are listed by themselves"),
        Err(fault) => {
            contents.status = if items.is_empty() { FileStatus::Rejected } else { FileStatus::PartlyRead };
            contents.diagnostics.push(fault.clone());
            fault.message
        }
    });
    items.insert(0, new_item(&found.path, found.size, modified_ns, contents));
    items
}

/// Numbers the second and later of files that bear the same name in an archive.
fn keep_apart(names: &mut BTreeMap<String, usize>, name: &mut String) {
    let count = names.entry(name.clone()).or_default();
    *count += 1;
    if *count > 1 {
        *name = format!("{name} #{count}");
    }
}

fn read_member(found: &Found, member: Member, means: &Means<'_>, modified_ns: Option<i64>) -> Item {
    match member {
        Member::File { name, content } => read_content(&format!("{}/{name}", found.path), &content, means, modified_ns),
        Member::Left { name, status, diagnostic } => {
            new_item(&format!("{}/{name}", found.path), 0, modified_ns, unread(means, status, &diagnostic))
        }
    }
}

/// Reads the bytes of one file.
fn read_content(path: &str, raw: &[u8], means: &Means<'_>, modified_ns: Option<i64>) -> Item {
    let organisation = means.folders.organisation(path);
    let size = raw.len() as u64;
    let contents = match discover::load_content(path, raw, means.opening) {
        Err(diagnostic) => unread(means, FileStatus::Rejected, &diagnostic),
        Ok(loaded) => {
            let same = means.known.same_content(&loaded.hash, organisation.as_deref(), path);
            if let Some(file) = same.filter(|_| !means.tables.by_path()) {
                return known_item(path, size, modified_ns, file.content);
            }
            understand(path, means, &loaded.bytes, &loaded.hash, organisation.as_deref())
        }
    };
    new_item(path, size, modified_ns, contents)
}

/// The time of the last change, where it lies far enough back that another change would show.
fn settled(modified: i64, now: i128) -> Option<i64> {
    const TICK_NS: i128 = 2_000_000_000;
    (i128::from(modified) + TICK_NS < now).then_some(modified)
}

fn understand(
    path: &str,
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
    let reader = means.readers.choose(bytes, path);
    let missed = means.readers.missed(bytes, path, reader);
    let mut contents = match reader {
        Some(reader) => {
            let input = Input { path, bytes, organisation, tables: means.tables };
            collect(reader, means.readers.version_of(reader), &input, hash, &means.titles)
        }
        None => {
            let head = &bytes[..bytes.len().min(discover::HEAD_BYTES)];
            let (status, reason) = discover::classify_unknown(path, head);
            let mut contents = FileContents::new(hash, status);
            contents.reader_version = means.readers.version();
            contents.organisation = organisation.map(str::to_owned);
            contents.reason = Some(reason);
            contents
        }
    };
    contents.diagnostics.extend(missed);
    contents
}
