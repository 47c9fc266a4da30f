//! After which machine a file is named, where its content names none and is of a kind that often is of no machine at all:
//! tags, bills of materials, lists of packages.
//!
//! A machine is taken from a name only where the name looks like one, because such files also lie about in folders named
//! after a product, a project or a test, and software on a machine that was made up is worse than none: where nothing
//! names the machine, what the file holds is handed on as of a machine without a name.

use std::sync::LazyLock;

use regex::Regex;

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

use super::Input;

/// Folders whose own folders are machines, whatever they are called.
const MACHINES: [&str; 10] = [
    "machines",
    "hosts",
    "servers",
    "computers",
    "clients",
    "desktops",
    "workstations",
    "nodes",
    "laptops",
    "endpoints",
];

/// Folders in which an operating system keeps such files, and words that say what is in a file: no name of a machine.
const WORDS: &[&str] = &[
    "all",
    "amd64",
    "apk",
    "apt",
    "aarch64",
    "arch",
    "arm64",
    "archive",
    "audit",
    "bin",
    "bom",
    "bill",
    "case",
    "cdx",
    "collected",
    "component",
    "components",
    "console",
    "corpus",
    "coswid",
    "cyclonedx",
    "d",
    "data",
    "db",
    "deb",
    "doc",
    "docs",
    "dpkg",
    "dump",
    "dumps",
    "encoder",
    "etc",
    "example",
    "examples",
    "export",
    "exports",
    "expected",
    "file",
    "files",
    "filesystem",
    "fixture",
    "fixtures",
    "full",
    "generated",
    "golden",
    "host",
    "hosts",
    "i386",
    "i686",
    "identify",
    "image",
    "images",
    "info",
    "installed",
    "input",
    "inventory",
    "inventories",
    "json",
    "l",
    "lib",
    "linux",
    "list",
    "local",
    "machine",
    "manifest",
    "manifests",
    "material",
    "materials",
    "name",
    "new",
    "obom",
    "of",
    "old",
    "operations",
    "opt",
    "os",
    "out",
    "output",
    "package",
    "packages",
    "pacman",
    "payload",
    "portage",
    "programdata",
    "purl",
    "q",
    "qa",
    "query",
    "raw",
    "report",
    "reports",
    "resources",
    "result",
    "results",
    "root",
    "rootfs",
    "rpm",
    "rpms",
    "run",
    "runs",
    "sample",
    "samples",
    "sbom",
    "sboms",
    "scan",
    "scans",
    "server",
    "servers",
    "share",
    "signed",
    "snap",
    "snapshot",
    "software",
    "spdx",
    "src",
    "stage",
    "status",
    "stream",
    "swid",
    "swidtag",
    "swidtags",
    "syft",
    "system",
    "tag",
    "tags",
    "temp",
    "template",
    "templates",
    "test",
    "testdata",
    "tests",
    "text",
    "tmp",
    "trivy",
    "tv",
    "txt",
    "unit",
    "unverified",
    "usr",
    "uswid",
    "utf",
    "v",
    "value",
    "var",
    "vm",
    "x86_64",
    "x86",
    "xml",
    "xmlstream",
];

/// Those among them by which machines are called where a number follows: `db-02`, `server01`.
const NUMBERED: [&str; 6] = ["db", "server", "host", "machine", "vm", "old"];

/// Endings that belong to the form of a file.
const ENDINGS: [&str; 20] = [
    ".gz",
    ".json",
    ".xml",
    ".txt",
    ".list",
    ".lst",
    ".tsv",
    ".log",
    ".out",
    ".xmlstream",
    ".swidtag",
    ".coswid",
    ".uswid",
    ".cdx",
    ".spdx",
    ".syft",
    ".sbom",
    ".bom",
    ".golden",
    ".tag",
];

/// Whether the name of the file itself counts beside those of its folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// The file's name first.
    FileAndFolders,
    /// Folders only: such a file is named after what is in it.
    Folders,
}

/// The machine after which a file is named; nothing where no name looks like that of a machine.
pub(super) fn machine_after(input: &Input<'_>, names: Names) -> Option<String> {
    let mut parts: Vec<&str> = input.path.split('/').collect();
    let mut file = parts.pop()?;
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| cut_ending(file, ending)) {
        file = shorter;
    }
    if let Some(child) = below_machines(&parts) {
        let child = child.or((names == Names::FileAndFolders).then_some(file));
        return child.map(without_words).filter(|name| may_be_machine(name)).map(str::to_owned);
    }
    if names == Names::FileAndFolders {
        let name = without_words(file);
        if looks_like_machine(name) {
            return Some(name.to_owned());
        }
    }
    let is_organisation =
        |folder: &str| input.organisation.is_some_and(|organisation| folder.eq_ignore_ascii_case(organisation));
    // Up to the first folder that is more than a place in which systems keep such files.
    let folder = parts.into_iter().rev().find(|folder| !only_words(folder) && !folder.starts_with("regid."))?;
    let name = without_words(folder);
    (looks_like_machine(name) && !is_organisation(folder)).then(|| name.to_owned())
}

/// The folder below one whose own folders are machines, and nothing where the file itself lies there; `None` where no
/// folder is such a one.
#[expect(clippy::option_option, reason = "whether there is such a folder, and what lies below it")]
pub(super) fn below_machines<'p>(folders: &[&'p str]) -> Option<Option<&'p str>> {
    let at = folders.iter().rposition(|folder| MACHINES.contains(&folder.to_lowercase().as_str()))?;
    Some(folders.get(at + 1).copied())
}

/// Of which machine a file is that names none itself.
#[derive(Debug)]
pub(super) struct Owner {
    /// Its name; empty where nothing says which machine it is.
    pub name: String,
    /// How that is known, or that it is not.
    pub told: Diagnostic,
}

/// The machine that `trueup.toml` states for the file, else the one after which it is named; else none.
pub(super) fn owner(input: &Input<'_>, after: impl FnOnce() -> Option<String>) -> Owner {
    let note = |message: String| Diagnostic::note(Code::MachineFromPath, input.path, message).at(Place::Whole);
    if let Some(stated) = input.tables.sources.of(input.path) {
        let message =
            format!("it names no machine and is of `{}`, as trueup.toml states (line {})", stated.host, stated.line);
        return Owner { name: stated.host.clone(), told: note(message) };
    }
    match after() {
        Some(name) => {
            let message = format!("it names no machine and is taken to be of `{name}`, after which it is named");
            Owner { name, told: note(message) }
        }
        None => Owner { name: String::new(), told: unknown(input, "it names no machine, and neither does its path") },
    }
}

/// Says that nobody knows of which machine a file is, and what to do.
pub(super) fn unknown(input: &Input<'_>, why: &str) -> Diagnostic {
    let message = format!("{why}: what it holds belongs to no known machine");
    let help = "put it into a folder named after its machine, such as web-01/ or machines/mail/, or name the machine with \
                [[source]] in trueup.toml";
    Diagnostic::note(Code::UnknownMachine, input.path, message).at(Place::Whole).help(help)
}

fn cut_ending<'a>(file: &'a str, ending: &str) -> Option<&'a str> {
    let at = file.len().checked_sub(ending.len()).filter(|at| *at > 0)?;
    let behind = file.get(at..)?;
    behind.eq_ignore_ascii_case(ending).then(|| &file[..at])
}

fn is_sign(letter: char) -> bool {
    matches!(letter, '-' | '_' | '.' | ' ' | '(' | ')' | '~')
}

/// Whether all of a name are words and numbers that name no machine.
pub(super) fn only_words(name: &str) -> bool {
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let numbered = name.split(is_sign).any(|piece| {
        let bare = piece.trim_matches(|letter: char| letter.is_ascii_digit()).to_lowercase();
        NUMBERED.contains(&bare.as_str())
    });
    // More digits are those of a day.
    if numbered && (1..=3).contains(&digits) {
        return false;
    }
    name.split(is_sign).all(|piece| {
        let bare = piece.trim_matches(|letter: char| letter.is_ascii_digit()).to_lowercase();
        bare.is_empty() || WORDS.contains(&bare.as_str()) || WORDS.contains(&piece.to_lowercase().as_str())
    })
}

/// A name without the words and days at its ends that say what is in the file.
fn without_words(name: &str) -> &str {
    static DAY: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"[-_. ](19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d([-_T. ]?\d\d[-_.:]?\d\d\S*)?$").ok());
    let mut rest = name.trim_matches(is_sign);
    loop {
        let day = DAY.as_ref().and_then(|day| day.find(rest)).map(|found| found.start());
        let shorter = match day {
            Some(at) => Some(&rest[..at]),
            None => {
                let is_word = |piece: &str| WORDS.contains(&piece.to_lowercase().as_str());
                let last = rest.rsplit_once(is_sign).filter(|(_, piece)| is_word(piece)).map(|(rest, _)| rest);
                last.or_else(|| rest.split_once(is_sign).filter(|(piece, _)| is_word(piece)).map(|(_, rest)| rest))
            }
        };
        match shorter.map(|shorter| shorter.trim_matches(is_sign)) {
            Some(shorter) if shorter.contains(char::is_alphabetic) => rest = shorter,
            _ => return rest,
        }
    }
}

/// Whether a name is the one that every machine has for itself.
pub(super) fn is_everyones(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.starts_with("localhost") || matches!(lower.as_str(), "(none)" | "none" | "unknown" | "127.0.0.1" | "::1")
}

/// Whether a text can be the name of a machine at all.
pub(super) fn may_be_machine(name: &str) -> bool {
    if is_everyones(name) {
        return false;
    }
    let letters = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '.' | '_');
    (1..=253).contains(&name.len())
        && name.contains(char::is_alphabetic)
        && name.chars().all(letters)
        && !only_words(name)
}

/// Whether a text looks like the name of a machine and of nothing else: with a number (`web-01`), of three labels
/// (`mail.example.org`) or in capitals (`MAILSRV`), and neither a release (`tool-1.2`) nor a digest.
pub(super) fn looks_like_machine(name: &str) -> bool {
    static RELEASE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)(^|[-_.~ a-z])v?\d+(\.\d+)+([-.+~_]?[a-z0-9]+)*$|[-_.]v\d+$|^v\d+$").ok());
    if !may_be_machine(name) || name.contains('_') {
        return false;
    }
    let is_hex = |text: &str| text.len() >= 32 && text.chars().all(|letter| letter.is_ascii_hexdigit());
    let is_digest = is_hex(&name.replace('-', "")) || name.split(is_sign).any(is_hex);
    let labels: Vec<&str> = name.split('.').collect();
    let qualified = labels.len() >= 3
        && labels.iter().all(|label| label.contains(char::is_alphabetic))
        && labels.last().is_some_and(|last| last.len() >= 2 && last.chars().all(char::is_alphabetic))
        && !["com", "org", "net", "io", "gov", "edu", "regid"].contains(&labels[0]);
    let is_release = RELEASE.as_ref().is_some_and(|release| release.is_match(name));
    let numbered =
        labels[0].contains(|letter: char| letter.is_ascii_digit()) && labels[0].contains(char::is_alphabetic);
    let in_capitals = name.len() >= 4 && labels.len() == 1 && !name.contains(char::is_lowercase);
    !is_digest && (qualified || (!is_release && (numbered || in_capitals)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(path: &str, names: Names) -> Option<String> {
        machine_after(&Input::new(path, b""), names)
    }

    #[test]
    fn a_file_or_folder_named_like_a_machine_names_it() {
        for (path, machine) in [
            ("web-01/status", "web-01"),
            ("web-01/var/lib/dpkg/status", "web-01"),
            ("db07.example.org-dpkg-status.txt", "db07.example.org"),
            ("sbom-web-01-2026-06-28.cdx.json", "web-01"),
            ("rpm/mail.example.org.txt", "mail.example.org"),
            ("MAILSRV/rpm-qa.txt", "MAILSRV"),
            ("machines/mail/status", "mail"),
            ("db-02/var/lib/dpkg/status", "db-02"),
            ("server01/status", "server01"),
            ("estate/hosts/mail-rpm-qa.txt", "mail"),
        ] {
            assert_eq!(after(path, Names::FileAndFolders).as_deref(), Some(machine), "{path}");
        }
        let tag = "pc-0815/ProgramData/regid.1991-06.com.example/regid.1991-06.com.example_Tool-10.swidtag";
        assert_eq!(after(tag, Names::Folders).as_deref(), Some("pc-0815"));
    }

    #[test]
    fn names_of_products_releases_and_tests_name_no_machine() {
        for path in [
            "status",
            "dpkg/status",
            "testdata/status",
            "node-exporter/sbom.json",
            "tool-1.2.3/sbom.json",
            "testdata_identify_1.6.json",
            "example7-bin.spdx.json",
            "alpine-3.10.vendor.spdx.json",
            "veraison-swid/example-2.swidtag",
            "regid.1991-06.com.example_Tool-10-Enterprise.swidtag",
            "com.acme.tool/x.swidtag",
            "sha256-0123456789abcdef0123456789abcdef.json",
            "console_output/rpm_package_query.txt",
            "2026-06-28/status",
            "db-2026-06-28/status",
            "server/status",
        ] {
            assert_eq!(after(path, Names::FileAndFolders), None, "{path}");
        }
        assert_eq!(after("web-01.swidtag", Names::Folders), None);
    }
}
