//! SPDX as tags and values: a line for each, texts of several lines between `<text>` and `</text>`.

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

use super::super::agent::Text;
use super::spdx::{Document, Package, described, is_purl, tool};

/// Why a document is refused, and on which line.
pub(super) struct Broken {
    message: String,
    line: usize,
}

impl Broken {
    /// The diagnostic of a file.
    pub fn of(self, path: &str) -> Diagnostic {
        let place = Place::Line(u32::try_from(self.line).unwrap_or(u32::MAX));
        let help = "nothing was taken from this file; write it again";
        Diagnostic::error(Code::BrokenFormat, path, self.message).at(place).help(help)
    }
}

/// Reads a document.
///
/// # Errors
/// A text that opens and never closes.
pub(super) fn parse(text: &str) -> Result<Document<'_>, Broken> {
    let mut document = Document::default();
    let mut in_package = false;
    let mut open_text = None;
    for (index, line) in text.lines().enumerate() {
        if open_text.is_some() {
            if line.contains("</text>") {
                open_text = None;
            }
            continue;
        }
        let line = line.trim();
        let Some((tag, value)) = line.split_once(':').filter(|_| !line.starts_with('#')) else { continue };
        let value = value.trim();
        if value.contains("<text>") && !value.contains("</text>") {
            open_text = Some(index + 1);
        }
        match tag {
            "PackageName" => {
                in_package = true;
                let place = u32::try_from(index + 1).ok().map(Place::Line);
                document.packages.push(Package { name: Text(value.into()), place, ..Package::default() });
            }
            "FileName" | "SnippetSPDXID" | "LicenseID" => in_package = false,
            _ if in_package => {
                if let Some(package) = document.packages.last_mut() {
                    of_package(package, tag, value);
                }
            }
            "DocumentName" => document.name = Some(value.to_owned()),
            "DocumentNamespace" => value.clone_into(&mut document.namespace),
            "Created" => document.created = Some(value.to_owned()),
            "Creator" => document.program = document.program.take().or_else(|| tool(value)),
            _ => {}
        }
        if tag == "Relationship" {
            let mut words = value.split_whitespace();
            if let (Some(of), Some(kind), Some(to)) = (words.next(), words.next(), words.next()) {
                document.describes.extend(described(of, kind, to));
            }
        }
    }
    match open_text {
        Some(line) => Err(Broken { message: "a text begins here and never ends".into(), line }),
        None => Ok(document),
    }
}

fn of_package<'a>(package: &mut Package<'a>, tag: &str, value: &'a str) {
    let slot = match tag {
        "SPDXID" => &mut package.id,
        "PackageVersion" => &mut package.version,
        "PackageSupplier" => &mut package.supplier,
        "PrimaryPackagePurpose" => &mut package.purpose,
        "ExternalRef" => {
            let mut words = value.split_whitespace().skip(1);
            match (words.next(), words.next()) {
                (Some(kind), Some(locator)) if is_purl(kind) && package.purl.stated().is_none() => {
                    package.purl = Text(locator.into());
                }
                _ => {}
            }
            return;
        }
        _ => return,
    };
    *slot = Text(value.into());
}
