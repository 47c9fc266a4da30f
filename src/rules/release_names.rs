//! Which release a version names. It is asked for every installation and every purchase in every reconciliation, so the
//! names are taken apart once, when the product's file is read.

use std::borrow::Cow;
use std::collections::HashMap;

use super::product::Release;

/// Releases of a product by the names of their versions, compared without case and blanks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ReleaseNames {
    /// The release of this version, else the first that the licence knows by it: as the licence tells it apart.
    by_name: HashMap<String, usize>,
    /// For each release the first that the licence does not tell apart from it.
    in_licences: Vec<usize>,
}

impl ReleaseNames {
    pub fn new(releases: &[Release]) -> Self {
        let mut first: HashMap<String, usize> = HashMap::new();
        let in_licences: Vec<usize> = releases
            .iter()
            .enumerate()
            .map(|(index, release)| *first.entry(plain(&release.licence_version).into_owned()).or_insert(index))
            .collect();
        let mut by_name: HashMap<String, usize> = HashMap::new();
        for (release, &index) in releases.iter().zip(&in_licences) {
            by_name.entry(plain(&release.version).into_owned()).or_insert(index);
        }
        for (release, &index) in releases.iter().zip(&in_licences) {
            by_name.entry(plain(&release.licence_version).into_owned()).or_insert(index);
        }
        Self { by_name, in_licences }
    }

    /// Index of the release that a version names.
    pub fn release(&self, version: &str) -> Option<usize> {
        self.by_name.get(&*plain(version)).copied()
    }

    /// Index of the first release that the licence does not tell apart from this one.
    pub fn in_licences(&self, release: usize) -> usize {
        self.in_licences.get(release).copied().unwrap_or(release)
    }
}

/// A version without case and blanks; most are written so.
fn plain(version: &str) -> Cow<'_, str> {
    if version.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(version);
    }
    let letters = version.chars().filter(|letter| !letter.is_whitespace());
    Cow::Owned(letters.flat_map(char::to_lowercase).collect())
}

/// Whether two versions are the same without case and blanks.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one == other || plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_blanks_tell_no_versions_apart() {
        assert!(is_same("2012 R2", "2012\u{a0}r2") && is_same("ÉTÉ 1", "été1") && !is_same("2012", "2012 R2"));
    }
}
