//! `[[source]]` of `trueup.toml`: of which machine a file is that names none.

use crate::diag::Code;

use super::document::Fields;
use super::pattern::follows;

/// What somebody states of files that name no machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedSource {
    /// Path below the estate, with `*` for any letters.
    pub path: String,
    /// Name of the machine.
    pub host: String,
    /// Line in `trueup.toml`.
    pub line: u32,
}

/// The statements for all files, in the order of `trueup.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatedSources {
    /// The statements.
    pub all: Vec<StatedSource>,
    /// Changes whenever one of them does; 0 where there is none.
    pub digest: u32,
}

impl StatedSources {
    /// No statement.
    pub const NONE: Self = Self { all: Vec::new(), digest: 0 };

    /// The first statement that is for this file.
    pub fn of(&self, path: &str) -> Option<&StatedSource> {
        self.all.iter().find(|stated| follows(&stated.path, path))
    }
}

/// Reads the tables `[[source]]`; each path may stand once.
pub(super) fn stated_sources(fields: &Fields<'_, '_>) -> StatedSources {
    let mut sources = StatedSources::default();
    let mut hasher = blake3::Hasher::new();
    for table in fields.tables("source") {
        let stated = StatedSource {
            path: table.required_text("path"),
            host: table.required_text("host").trim().to_owned(),
            line: table.line(),
        };
        if sources.all.iter().any(|known| known.path.eq_ignore_ascii_case(&stated.path)) {
            table.fault(Code::DuplicateName, format!("the path {} stands twice", stated.path));
        }
        hasher.update(format!("{}\0{}\0", stated.path, stated.host).as_bytes());
        sources.all.push(stated);
        table.finish();
    }
    if !sources.all.is_empty() {
        let digest = hasher.finalize().as_bytes().first_chunk().map_or(1, |bytes| u32::from_le_bytes(*bytes));
        sources.digest = digest.max(1);
    }
    sources
}
