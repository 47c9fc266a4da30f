//! What the store keeps of a content, back into the types of the model.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};
use serde::de::DeserializeOwned;

use crate::model::{FileStatus, Place, SoftwareRecord};

use super::StoreError;
use super::content::{ContentId, FileContents, HostContents, StoredFile};
use super::places::Places;
use super::software::{ListId, StoredSoftware, read_titles};
use super::titles::{Fingerprint, TitleId, Titles};

/// A connection for reading, with the path for messages.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub connection: &'a Connection,
    pub path: &'a Path,
}

impl Reading<'_> {
    /// A content under the path at which it was found.
    pub fn file(&self, path: String, content: ContentId) -> Result<StoredFile, StoreError> {
        let mut contents = self.header(content)?;
        let mut statement = self.prepared(
            "SELECT kind, place, body, list, places, runs FROM observation WHERE content = ?1 ORDER BY ordinal",
        )?;
        let mut rows = statement.query([content.0]).map_err(|error| self.failed(error))?;
        while let Some(row) = rows.next().map_err(|error| self.failed(error))? {
            self.observation(row, &path, &mut contents)?;
        }
        // Nearly every file is of one machine: room for more of them would add up to more than the machines.
        contents.hosts.shrink_to_fit();
        Ok(StoredFile { path, content, contents })
    }

    /// Title numbers of a list in the order of the file.
    pub fn list(&self, list: ListId) -> Result<Vec<TitleId>, StoreError> {
        let mut statement = self.prepared("SELECT titles FROM software_list WHERE id = ?1")?;
        let bytes: Option<Vec<u8>> =
            statement.query_row([list.0], |row| row.get(0)).optional().map_err(|error| self.failed(error))?;
        bytes
            .as_deref()
            .and_then(read_titles)
            .ok_or_else(|| self.damaged(format!("software list {} is missing or unreadable", list.0)))
    }

    /// Every title.
    pub fn titles(&self) -> Result<Titles, StoreError> {
        let mut titles = Titles::default();
        let mut statement = self.prepared("SELECT id, name, version, publisher, key FROM title ORDER BY id")?;
        let mut rows = statement.query([]).map_err(|error| self.failed(error))?;
        while let Some(row) = rows.next().map_err(|error| self.failed(error))? {
            let text = |column: usize| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
            let record =
                || Ok(SoftwareRecord { name: text(1)?, version: text(2)?, publisher: text(3)?, key: text(4)? });
            let record = record().map_err(|error| self.failed(error))?;
            let id: u32 = row.get(0).map_err(|error| self.failed(error))?;
            if titles.intern(record, Fingerprint::of(record)) != Some((TitleId(id), true)) {
                return Err(self.damaged(format!("software title {id} is out of order or stands twice")));
            }
        }
        Ok(titles)
    }

    fn header(&self, content: ContentId) -> Result<FileContents<StoredSoftware>, StoreError> {
        let mut statement = self.prepared(
            "SELECT lower(hex(hash)), reader, reader_version, organisation, captured, status, reason, of_path
             FROM content WHERE id = ?1",
        )?;
        let columns = statement.query_row([content.0], |row| {
            let status: String = row.get(5)?;
            let captured: Option<String> = row.get(4)?;
            let mut contents = FileContents::new(row.get::<_, String>(0)?, FileStatus::Read);
            contents.reader = row.get(1)?;
            contents.reader_version = row.get(2)?;
            contents.organisation = Some(row.get::<_, String>(3)?).filter(|name| !name.is_empty());
            contents.reason = row.get(6)?;
            contents.of_path = Some(row.get::<_, String>(7)?).filter(|path| !path.is_empty());
            Ok((contents, status, captured))
        });
        let (mut contents, status, captured) = columns.map_err(|error| self.failed(error))?;
        contents.status = self.json(&format!("\"{status}\""))?;
        contents.captured = captured.map(|day| self.json(&format!("\"{day}\""))).transpose()?;
        Ok(contents)
    }

    fn observation(
        &self,
        row: &rusqlite::Row<'_>,
        path: &str,
        contents: &mut FileContents<StoredSoftware>,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let text = |column: usize| {
            row.get_ref(column).and_then(|value| value.as_str().map_err(rusqlite::Error::from)).map_err(failed)
        };
        let body = text(2)?;
        match text(0)? {
            "host" => {
                let list: Option<i64> = row.get(3).map_err(failed)?;
                let software = match list {
                    Some(list) => Some(StoredSoftware { list: ListId(list), places: self.places(row)? }),
                    None => None,
                };
                contents.hosts.push(HostContents { observed: self.json(body)?, software });
            }
            "purchase" => contents.purchases.push((self.json(body)?, self.json::<Place>(text(1)?)?)),
            "price" => contents.prices.push((self.json(body)?, self.json::<Place>(text(1)?)?)),
            "manifest" => contents.manifests.push(self.json(body)?),
            _ => {
                let mut diagnostic: crate::diag::Diagnostic = self.json(body)?;
                if diagnostic.path.is_empty() {
                    path.clone_into(&mut diagnostic.path);
                }
                contents.diagnostics.push(diagnostic);
            }
        }
        Ok(())
    }

    /// Where the records of a list stand.
    fn places(&self, row: &rusqlite::Row<'_>) -> Result<Places, StoreError> {
        let columns = || {
            let shapes = row.get_ref(4)?.as_str()?;
            Ok((shapes, row.get_ref(5)?.as_blob_or_null()?))
        };
        let (shapes, runs) = columns().map_err(|error: rusqlite::Error| self.failed(error))?;
        match runs {
            Some(runs) => Places::read(shapes, runs).map_err(|error| self.not_read(&error)),
            None => self.json(shapes),
        }
    }

    fn prepared(&self, sql: &str) -> Result<rusqlite::CachedStatement<'_>, StoreError> {
        self.connection.prepare_cached(sql).map_err(|error| self.failed(error))
    }

    fn json<T: DeserializeOwned>(&self, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|error| self.not_read(&error))
    }

    fn not_read(&self, error: &serde_json::Error) -> StoreError {
        self.damaged(format!("an observation does not read back: {error}"))
    }

    fn failed(&self, error: rusqlite::Error) -> StoreError {
        StoreError::sqlite(self.path, "read", error)
    }

    fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged { path: self.path.to_owned(), what }
    }
}
