//! Lists of installed packages as the commands of package managers print them.

use crate::diag::Diagnostic;

use super::super::page::{Field, Page, Verified};
use super::super::{Carries, Input, Reader, Sink, Sniff, Verdict};
use super::lines::Shape;

/// The reader.
pub(in crate::read) struct PackageList;

/// What the format is.
const PAGE: Page = Page {
    name: "package-list",
    title: "Lists of installed packages: dpkg -l, dpkg-query, apt list, rpm -qa, yum and dnf list, pacman -Q, apk info (text)",
    written_by: "`dpkg -l`, `dpkg-query -W`, `apt list --installed`, `rpm -qa`, `rpm -qa --queryformat` with tabs, \
                 `yum list installed`, `dnf list --installed`, `pacman -Q`, `apk info -v`",
    carries: &[Carries::Hosts, Carries::Software],
    recognised_by: "lines of which at least four in five have the shape of one of these commands",
    fields: &[
        Field {
            named: "dpkg -l: state, name, version",
            becomes: "software; the second letter of the state must be `i`",
        },
        Field { named: "rpm -qa: name-version-release.architecture", becomes: "name, version with release" },
        Field {
            named: "columns with tabs: name, architecture, version, …, vendor | name, version, [release,] architecture",
            becomes: "name, version with release, publisher",
        },
        Field {
            named: "yum and dnf list: name.architecture version @repository",
            becomes: "name, version without epoch",
        },
        Field { named: "apt list: name/source version architecture [installed]", becomes: "name, version" },
        Field { named: "pacman -Q: name version; apk info -v: name-version-rN", becomes: "name, version" },
    ],
    quirks: &[
        "older releases of `dpkg -l` cut names to the width of the terminal: names that fill their column are told",
        "`rpm -qa` lists keys (`gpg-pubkey-…`) among the packages; they are left out, with a count",
        "packages that dpkg lists as removed (`rc`) are left out, with a count",
        "no list names its machine: it is that after which the file or its folder is named, such as \
         `web-01-rpm-qa.txt`, as for `dpkg-status`; else what is installed belongs to no known machine",
        "lists hold no day: the machine has no date of its own",
    ],
    verified: Verified::RealFile(
        "the outputs of dpkg-query, rpm and pacman that come with a generator of software tags",
    ),
    example: "bash-5.1.8-9.el9.x86_64
java-17-openjdk-17.0.11.0.9-2.el9.x86_64
tzdata-2024a-1.el9.noarch
",
    samples: &["package-list"],
};

impl Reader for PackageList {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        if head.contains(&0) {
            return Sniff::No;
        }
        let head = String::from_utf8_lossy(head);
        match Shape::of(&head) {
            // Two words a line are little to go by.
            Some(Shape::NameVersion | Shape::NameTabVersion) => Sniff::Maybe,
            Some(_) => Sniff::Sure,
            None => Sniff::No,
        }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        Ok(match Shape::of(text) {
            Some(shape) => shape.read(text).emit(input, sink),
            None => Verdict::Ignored("a list that names no package".into()),
        })
    }
}
