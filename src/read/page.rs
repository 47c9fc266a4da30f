//! A format's page: what `trueup formats show NAME` prints. It stands next to the reader, so that whoever changes what is
//! read sees what is promised.

use serde::Serialize;

use super::Carries;

/// Whether the reader was tried on a file that the named program wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "by")]
pub enum Verified {
    /// On a real one; which.
    RealFile(&'static str),
    /// On made-up ones only; what the layout rests on.
    Unverified(&'static str),
    /// The layout is trueup's own.
    Own,
}

/// One field of a file and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Column, key or element, as the file names it; alternatives with ` | ` between them.
    pub named: &'static str,
    /// What is taken from it.
    pub becomes: &'static str,
}

/// Everything a user may want to know of a format before sending a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Name, in kebab-case, shown in `sources`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Program that writes it, and how it is made to.
    pub written_by: &'static str,
    /// Facts it can carry.
    pub carries: &'static [Carries],
    /// By what its content is recognised.
    pub recognised_by: &'static str,
    /// Fields that are read.
    pub fields: &'static [Field],
    /// What real files do that one would not expect, and what is made of it.
    pub quirks: &'static [&'static str],
    /// Whether a real file was read.
    pub verified: Verified,
    /// A small good input; empty where the file is not text.
    pub example: &'static str,
    /// Folders below `samples/formats/` with good and broken inputs.
    pub samples: &'static [&'static str],
}
