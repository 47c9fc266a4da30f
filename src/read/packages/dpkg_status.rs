//! The databases of installed packages as they lie on a machine: paragraphs of fields.

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

use super::super::page::{Field, Page, Verified};
use super::super::{Carries, Input, Reader, Sink, Sniff, Verdict};
use super::{Package, Packages, line_number};

/// The reader.
pub(in crate::read) struct DpkgStatus;

/// What the format is.
const PAGE: Page = Page {
    name: "dpkg-status",
    title: "Databases of installed packages: dpkg and opkg (status, status.d), apk (installed)",
    written_by: "the package manager: a copy of `/var/lib/dpkg/status`, `/var/lib/dpkg/status.d/*`, \
                 `/usr/lib/opkg/status` or `/lib/apk/db/installed`; `dpkg -s`",
    carries: &[Carries::Hosts, Carries::Software],
    recognised_by: "paragraphs that begin with `Package:` and hold `Version:` and `Status:`; of apk with `C:` or `P:` and \
                    hold `V:`",
    fields: &[
        Field { named: "Package | P", becomes: "name" },
        Field { named: "Version | V", becomes: "version" },
        Field { named: "Maintainer | m", becomes: "publisher, without address" },
        Field { named: "Status", becomes: "whether it is installed: the third word must be `installed`" },
    ],
    quirks: &[
        "a package that was removed stays listed as `deinstall ok config-files`; such are left out, with a count",
        "the file names no machine: it is that after which the file or its folder is named, as in \
         `web-01/var/lib/dpkg/status`; a name counts where it has a number, three labels or is in capitals, and any name \
         counts below a folder `machines`, `hosts` or `servers`; else what is installed belongs to no known machine",
        "the files of `status.d`, one for each package, have no `Status`: what lies there is installed",
        "lists of what a repository offers look alike, have no `Status` and are ignored",
        "it holds no day: the machine has no date of its own",
    ],
    verified: Verified::RealFile(
        "the database of a Debian 12 machine, and one of Alpine that the tests of an inventory agent keep, abridged",
    ),
    example: "Package: bash
Status: install ok installed
Maintainer: Example Developers <dev@example.org>
Architecture: amd64
Version: 5.2.15-2+b8

Package: nano
Status: deinstall ok config-files
Version: 7.2-1
",
    samples: &["dpkg-status"],
};

impl Reader for DpkgStatus {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], path: &str) -> Sniff {
        let head = String::from_utf8_lossy(head);
        let head = head.trim_start();
        let has = |field: &str| head.contains(&format!("\n{field}"));
        if head.starts_with("Package: ") && has("Version: ") {
            let complete = has("Status: ") || is_one_of_many(path) || has("Filename: ") || has("Architecture: ");
            return if complete { Sniff::Sure } else { Sniff::Maybe };
        }
        let is_apk = head.starts_with("C:Q1") || (head.starts_with("P:") && has("V:"));
        if is_apk && has("V:") { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let mut found = Found { one_of_many: is_one_of_many(input.path), ..Found::default() };
        for (index, line) in text.lines().enumerate() {
            found.line(line.trim_end_matches('\r'), line_number(index));
        }
        found.end();
        let Found { mut packages, offered, one_of_many, .. } = found;
        packages.one_of_many = one_of_many;
        if packages.installed.is_empty() && packages.not_installed == 0 && offered > 0 {
            let reason =
                format!("{offered} packages without a status: what a repository offers, not what is installed");
            return Ok(Verdict::Ignored(reason));
        }
        if offered > 0 {
            let message = format!("{offered} packages without a status are left out");
            sink.diagnostic(Diagnostic::warning(Code::IncompleteRecord, input.path, message).at(Place::Whole));
        }
        Ok(packages.emit(input, sink))
    }
}

/// Whether a path is that of a file for one package, as images without a shell have them.
fn is_one_of_many(path: &str) -> bool {
    path.contains("status.d/")
}

/// What was found up to a line, and the paragraph that is open.
#[derive(Default)]
struct Found<'a> {
    packages: Packages<'a>,
    open: Package<'a>,
    status: Option<&'a str>,
    one_of_many: bool,
    is_apk: bool,
    offered: usize,
}

impl<'a> Found<'a> {
    fn line(&mut self, line: &'a str, number: u32) {
        if line.trim().is_empty() {
            return self.end();
        }
        // A folded line goes on with the field before it.
        if line.starts_with([' ', '\t']) {
            return;
        }
        let Some((field, value)) = line.split_once(':') else { return };
        let value = value.trim();
        match field {
            "Package" | "P" => {
                self.is_apk |= field == "P";
                (self.open.name, self.open.line) = (value, number);
            }
            "Version" | "V" => self.open.version = value,
            "Maintainer" | "m" => self.open.publisher = value.split(['<']).next().unwrap_or(value).trim(),
            "Status" => self.status = Some(value),
            _ => {}
        }
    }

    /// The end of a paragraph.
    fn end(&mut self) {
        let package = std::mem::take(&mut self.open);
        let status = self.status.take();
        if package.name.is_empty() {
            return;
        }
        match status {
            Some(status) if status.split_whitespace().nth(2) == Some("installed") => self.packages.add(package),
            Some(_) => self.packages.not_installed += 1,
            None if self.one_of_many || self.is_apk => self.packages.add(package),
            None => self.offered += 1,
        }
    }
}
