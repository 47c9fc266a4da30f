//! Files of the last scan, so that an unchanged one is not read again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::Connection;

use super::content::ContentId;

/// A file of the last scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// Size in bytes.
    pub size: u64,
    /// Time of its last change in nanoseconds since 1970, where it could be trusted.
    pub modified_ns: Option<i64>,
    /// BLAKE3 in hexadecimal.
    pub hash: String,
    /// Reader that took it; empty where none did.
    pub reader: String,
    /// Organisation by the folder it lay in.
    pub organisation: Option<String>,
    /// Its path, where what came out of it depends on that.
    pub of_path: Option<String>,
    /// What came out of it; give it to [`super::ScanWriter::add_known`].
    pub content: ContentId,
}

/// Files of the last scan whose readers have not changed since. It can be shared between threads.
#[derive(Debug, Clone, Default)]
pub struct KnownFiles {
    by_path: BTreeMap<String, KnownFile>,
    /// Paths of files that have to be read again whatever happens to them.
    unsure: BTreeSet<String>,
    /// Paths by hash.
    by_hash: HashMap<String, Vec<String>>,
}

impl KnownFiles {
    /// The file at this path, where size, time and organisation are as they were.
    pub fn unchanged(
        &self,
        path: &str,
        size: u64,
        modified_ns: Option<i64>,
        organisation: Option<&str>,
    ) -> Option<&KnownFile> {
        let known = self.by_path.get(path)?;
        let same = known.size == size && known.organisation.as_deref() == organisation;
        (same && modified_ns.is_some() && known.modified_ns == modified_ns).then_some(known)
    }

    /// A file of this content, wherever it lay, that a folder of the same organisation held and that would say the
    /// same at this path. `hash` is BLAKE3 in hexadecimal.
    pub fn same_content(&self, hash: &str, organisation: Option<&str>, path: &str) -> Option<&KnownFile> {
        let mut files = self.by_hash.get(hash)?.iter().filter_map(|path| self.by_path.get(path));
        let anywhere = |known: &KnownFile| known.of_path.as_deref().is_none_or(|of_path| of_path == path);
        files.find(|known| known.organisation.as_deref() == organisation && anywhere(known))
    }

    /// The files that came out of an archive at this path, in order; `None` where one of them has to be read again.
    /// Empty for what is no archive.
    pub fn members(&self, archive: &str) -> Option<Vec<(&str, &KnownFile)>> {
        let below = format!("{archive}/");
        let inside = |path: &&String| path.starts_with(&below);
        if self.unsure.range(below.clone()..).next().is_some_and(|path| inside(&path)) {
            return None;
        }
        let members = self.by_path.range(below.clone()..).take_while(|(path, _)| inside(path));
        Some(members.map(|(path, file)| (path.as_str(), file)).collect())
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.by_path.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// Reads the files of the newest scan that readers still in use understood.
    pub(super) fn load(connection: &Connection, is_current: &dyn Fn(&str, u32) -> bool) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare(
            "SELECT path.text, scan_file.size, scan_file.modified_ns, hex(content.hash), content.reader,
                    content.reader_version, content.organisation, content.id, content.of_path
             FROM scan_file JOIN path ON path.id = scan_file.path JOIN content ON content.id = scan_file.content
             WHERE scan_file.scan = (SELECT max(id) FROM scan)
             ORDER BY path.text",
        )?;
        let mut rows = statement.query([])?;
        let mut known = Self::default();
        while let Some(row) = rows.next()? {
            let path: String = row.get(0)?;
            let file = KnownFile {
                size: u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default(),
                modified_ns: row.get(2)?,
                hash: row.get::<_, String>(3)?.to_lowercase(),
                reader: row.get(4)?,
                organisation: Some(row.get::<_, String>(6)?).filter(|name| !name.is_empty()),
                content: ContentId(row.get(7)?),
                of_path: Some(row.get::<_, String>(8)?).filter(|path| !path.is_empty()),
            };
            let whole = file.hash.len() == 64;
            if whole && is_current(&file.reader, row.get(5)?) {
                known.by_hash.entry(file.hash.clone()).or_default().push(path.clone());
                known.by_path.insert(path, file);
            } else {
                known.unsure.insert(path);
            }
        }
        Ok(known)
    }
}
