//! What package managers of an operating system say is installed. None of it names the machine.

mod dpkg_status;
mod lines;
mod list;

pub(super) use dpkg_status::DpkgStatus;
pub(super) use list::PackageList;

use std::borrow::Cow;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, Place, SoftwareRecord, View};

use super::beyond::Beyond;
use super::machine_named::{Names, machine_after, owner};
use super::{Input, Sink, Verdict};

/// Packages of one machine that are read.
const MOST_PACKAGES: usize = 500_000;

/// An installed package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    /// Where it stands apart from the version.
    release: &'a str,
    publisher: &'a str,
    line: u32,
}

impl Package<'_> {
    /// The version with the release behind it.
    fn full_version(&self) -> Cow<'_, str> {
        match self.release {
            "" => Cow::Borrowed(self.version),
            release => Cow::Owned(format!("{}-{release}", self.version)),
        }
    }
}

/// What a list says.
#[derive(Debug, Default)]
struct Packages<'a> {
    installed: Vec<Package<'a>>,
    /// Packages that were removed, or never put in place.
    not_installed: usize,
    /// Lines that are no package, with the first.
    strange: (usize, u32),
    /// Keys with which packages are signed.
    keys: usize,
    /// Names that fill their column, with its width.
    cut: Option<(usize, usize)>,
    /// The file is of one package among many of the machine.
    one_of_many: bool,
    beyond: Beyond,
}

impl<'a> Packages<'a> {
    fn add(&mut self, package: Package<'a>) {
        match self.installed.len() < MOST_PACKAGES {
            true => self.installed.push(package),
            false => self.beyond.add(|| Place::Line(package.line)),
        }
    }

    fn strange(&mut self, line: u32) {
        self.strange.0 += 1;
        if self.strange.0 == 1 {
            self.strange.1 = line;
        }
    }

    /// Hands the packages on.
    fn emit(self, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
        if self.installed.is_empty() {
            return Verdict::Ignored(match self.not_installed {
                0 => "a list that names no package".into(),
                count => format!("none of its {count} packages is installed"),
            });
        }
        let owner = owner(input, || machine_after(input, Names::FileAndFolders));
        let mut host = ObservedHost::new(Place::Whole, View::Agent, owner.name.as_str());
        host.fqdn = Some(owner.name).filter(|name| name.matches('.').count() >= 2);
        host.complements = self.one_of_many;
        sink.host(host);
        for package in &self.installed {
            let version = package.full_version();
            let record =
                SoftwareRecord { name: package.name, version: &version, publisher: package.publisher, key: "" };
            sink.software(record, Place::Line(package.line));
        }
        sink.diagnostic(owner.told);
        self.tell(input, sink);
        Verdict::Read
    }

    fn tell(&self, input: &Input<'_>, sink: &mut dyn Sink) {
        if self.not_installed > 0 {
            let message = format!("{} packages that are not installed are left out", self.not_installed);
            sink.diagnostic(Diagnostic::note(Code::LeftOut, input.path, message));
        }
        if self.keys > 0 {
            let message = format!("{} keys with which packages are signed are left out", self.keys);
            sink.diagnostic(Diagnostic::note(Code::LeftOut, input.path, message));
        }
        if let Some((count, width)) = self.cut {
            let message = format!("{count} names fill their column of {width} letters and may be cut off");
            let help = "collect the list with `dpkg-query -W`, which cuts nothing off";
            sink.diagnostic(Diagnostic::warning(Code::IncompleteRecord, input.path, message).help(help));
        }
        if self.strange.0 > 0 {
            let message = format!("{} lines are no package; here is the first", self.strange.0);
            let place = Place::Line(self.strange.1);
            sink.diagnostic(Diagnostic::warning(Code::IncompleteRecord, input.path, message).at(place));
        }
        self.beyond.told("packages", MOST_PACKAGES, input.path).into_iter().for_each(|fault| sink.diagnostic(fault));
    }
}

/// Number of a line, counted from one.
fn line_number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}
