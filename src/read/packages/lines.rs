//! The shapes that lists of packages have, and what a line of each says.

use std::sync::LazyLock;

use regex::Regex;

use super::{Package, Packages, line_number};

/// Lines looked at to tell the shape.
const LOOKED_AT: usize = 60;

/// Fewest lines that show a shape; a shorter list is shown by its header alone.
const FEWEST: usize = 3;

/// The line under which yum and dnf list what is installed.
const INSTALLED: &str = "Installed Packages";

/// The shape of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The table of `dpkg -l`.
    DpkgTable,
    /// `bash/stable,now 5.2 amd64 [installed]`.
    Apt,
    /// `bash-5.1.8-9.el9.x86_64`, with or without a day behind it.
    Rpm,
    /// `bash.x86_64  5.1.8-9.el9  @baseos` below the line `Installed Packages`; what does not fit stands in the next line.
    Yum,
    /// `musl-1.2.3-r4`.
    Apk,
    /// Columns parted by tabs.
    Tabs(Columns),
    /// Name and version parted by a tab.
    NameTabVersion,
    /// Name and version parted by a blank.
    NameVersion,
    /// Name, version, state and summary on a line each, as a generator of tags asks dpkg for them.
    DpkgBlocks,
    /// `bash 5.1.8-9.el9.x86_64 summary`, one behind the other with tabs between, as it asks rpm.
    RpmBlocks,
}

/// Where what stands in columns parted by tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    version: usize,
    release: Option<usize>,
    architecture: usize,
    vendor: Option<usize>,
}

/// The orders of columns in use, the most telling first.
const ORDERS: [Columns; 4] = [
    Columns { version: 2, release: None, architecture: 1, vendor: Some(5) },
    Columns { version: 2, release: Some(3), architecture: 4, vendor: None },
    Columns { version: 1, release: Some(2), architecture: 3, vendor: None },
    Columns { version: 1, release: None, architecture: 2, vendor: None },
];

const ARCHITECTURES: [&str; 27] = [
    "x86_64", "noarch", "i386", "i486", "i586", "i686", "aarch64", "ppc64le", "ppc64", "ppc", "s390x", "s390", "ia64",
    "armv7hl", "armhfp", "armv6l", "riscv64", "amd64", "all", "any", "arm64", "armhf", "armel", "ppc64el", "ia32e",
    "athlon", "(none)",
];

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Whether a text can be a package's name.
fn is_name(text: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "+-._:@".contains(letter);
    text.len() >= 2 && text.chars().all(letters) && text.contains(|letter: char| letter.is_ascii_alphabetic())
}

/// Whether a text can be a package's version.
fn is_version(text: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "+-._:~^".contains(letter);
    text.chars().all(letters) && text.contains(|letter: char| letter.is_ascii_digit())
}

/// Name and version with release of an rpm package.
fn of_rpm(text: &str) -> Option<(&str, &str)> {
    let (rest, architecture) = text.rsplit_once('.')?;
    let known = ARCHITECTURES.contains(&architecture);
    // Releases of old do not print the architecture; the release then names the distribution.
    static RELEASE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"-[^-\s]+-[^-\s]*\.(el|fc|amzn|mga|suse|sles|lp)\d*[^-\s]*$").ok());
    let rest = match known {
        true => rest,
        false if matches(&RELEASE, text) => text,
        false => return None,
    };
    let (before, _release) = rest.rsplit_once('-')?;
    let (name, _) = before.rsplit_once('-')?;
    let version = &rest[name.len() + 1..];
    (is_name(name) && is_version(version) && !version.starts_with('-')).then_some((name, version))
}

fn is_key(name: &str) -> bool {
    name.starts_with("gpg-pubkey")
}

impl Shape {
    /// The shape of a text; `None` where it has none of them.
    pub fn of(head: &str) -> Option<Self> {
        let is_table = |line: &str| line.starts_with("||/ Name") || line.starts_with("Desired=Unknown/Install");
        if head.lines().take(10).any(is_table) {
            return Some(Self::DpkgTable);
        }
        if head.lines().take(30).any(|line| line.trim_end() == INSTALLED) {
            return Some(Self::Yum);
        }
        let lines: Vec<&str> = head.lines().filter(|line| !line.trim().is_empty()).take(LOOKED_AT).collect();
        let most = |fits: &dyn Fn(&str) -> bool| {
            lines.len() >= FEWEST && lines.iter().filter(|line| fits(line)).count() * 5 >= lines.len() * 4
        };
        let tabs = |line: &str, columns: Columns| {
            let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
            let cell = |index: usize| cells.get(index).copied().unwrap_or_default();
            is_name(cell(0))
                && is_version(cell(columns.version))
                && columns.release.is_none_or(|release| is_version(cell(release)))
                && ARCHITECTURES.contains(&cell(columns.architecture))
        };
        let is_apt = |line: &str| line.contains("[installed") && line.contains('/');
        let dpkg_blocks = lines.get(2).is_some_and(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.len() == 3 && words[1] == "ok" && matches!(words[2], "installed" | "config-files" | "not-installed")
        });
        let rpm_blocks = || {
            let entries: Vec<&str> =
                head.split(['\t', '\n']).filter(|entry| !entry.trim().is_empty()).take(LOOKED_AT).collect();
            let fits = entries.iter().filter(|entry| of_rpm_block(entry).is_some()).count();
            entries.len() >= FEWEST && fits * 5 >= entries.len() * 4
        };
        match () {
            () if dpkg_blocks => Some(Self::DpkgBlocks),
            () if most(&is_apt) => Some(Self::Apt),
            () if most(&|line| line.split_whitespace().next().and_then(of_rpm).is_some() || is_key(line)) => {
                Some(Self::Rpm)
            }
            () if most(&|line| is_apk(line.trim())) => Some(Self::Apk),
            () if rpm_blocks() => Some(Self::RpmBlocks),
            () => ORDERS
                .into_iter()
                .find(|columns| most(&|line| tabs(line, *columns)))
                .map(Self::Tabs)
                .or_else(|| most(&|line| name_and_version(line, '\t').is_some()).then_some(Self::NameTabVersion))
                .or_else(|| most(&|line| name_and_version(line, ' ').is_some()).then_some(Self::NameVersion)),
        }
    }

    /// Reads a list of this shape.
    pub fn read(self, text: &str) -> Packages<'_> {
        match self {
            Self::DpkgTable => dpkg_table(text),
            Self::Yum => yum_list(text),
            Self::DpkgBlocks => dpkg_blocks(text),
            Self::RpmBlocks => rpm_blocks(text),
            _ => {
                let mut packages = Packages::default();
                for (index, line) in text.lines().enumerate() {
                    self.line(line.trim(), line_number(index), &mut packages);
                }
                packages
            }
        }
    }

    fn line<'a>(self, line: &'a str, number: u32, packages: &mut Packages<'a>) {
        if line.is_empty() || line.starts_with("Listing...") || line.starts_with("WARNING:") {
            return;
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        let (mut publisher, mut release) = ("", "");
        let found = match self {
            Self::Rpm if is_key(line) => {
                packages.keys += 1;
                return;
            }
            Self::Rpm => of_rpm(first),
            Self::Apk => of_apk(first),
            Self::Apt => {
                let name = line.split('/').next().unwrap_or_default();
                let version = line.split_whitespace().nth(1).unwrap_or_default();
                if !line.contains("[installed") {
                    packages.not_installed += 1;
                    return;
                }
                Some((name, version)).filter(|(name, version)| is_name(name) && is_version(version))
            }
            Self::NameTabVersion => name_and_version(line, '\t'),
            Self::NameVersion => name_and_version(line, ' '),
            Self::Tabs(columns) => {
                let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
                let cell = |index: usize| cells.get(index).copied().unwrap_or_default();
                if is_key(cell(0)) {
                    packages.keys += 1;
                    return;
                }
                let states = cells.iter().map(|cell| cell.split_whitespace().collect::<Vec<_>>());
                if states.into_iter().any(|words| words.len() == 3 && words[1] == "ok" && words[2] != "installed") {
                    packages.not_installed += 1;
                    return;
                }
                publisher = columns
                    .vendor
                    .map(cell)
                    .filter(|text| *text != "(none)" && !text.contains(" ok "))
                    .unwrap_or_default();
                release = columns.release.map(cell).unwrap_or_default();
                Some((cell(0), cell(columns.version))).filter(|(name, version)| is_name(name) && !version.is_empty())
            }
            Self::DpkgTable | Self::Yum | Self::DpkgBlocks | Self::RpmBlocks => None,
        };
        match found {
            Some((name, version)) => packages.add(Package { name, version, release, publisher, line: number }),
            None => packages.strange(number),
        }
    }
}

/// `yum list installed` and `dnf list --installed`: name with architecture, version with release, and where it came from.
/// What does not fit into a line is written into the next; a list of what may be installed can follow.
fn yum_list(text: &str) -> Packages<'_> {
    let mut packages = Packages::default();
    let (mut cells, mut begun): (Vec<&str>, u32) = (Vec::new(), 0);
    let lines = text.lines().enumerate().skip_while(|(_, line)| line.trim_end() != INSTALLED).skip(1);
    for (index, line) in lines {
        if line.trim_end().ends_with(" Packages") || line.trim_end().ends_with(" Groups") {
            break;
        }
        if cells.is_empty() {
            begun = line_number(index);
        }
        cells.extend(line.split_whitespace());
        if cells.is_empty() || (cells.len() < 3 && line_is_cut(&cells)) {
            continue;
        }
        let found = cells.first().and_then(|name| name.rsplit_once('.')).zip(cells.get(1).copied());
        match found
            .filter(|((name, kind), version)| is_name(name) && ARCHITECTURES.contains(kind) && is_version(version))
        {
            Some(((name, _), version)) => {
                // The epoch before the version is none of its own.
                let version = version.split_once(':').map_or(version, |(_, version)| version);
                packages.add(Package { name, version, release: "", publisher: "", line: begun });
            }
            None => packages.strange(begun),
        }
        cells.clear();
    }
    packages
}

/// Whether the next line belongs to a line that has these words.
fn line_is_cut(cells: &[&str]) -> bool {
    let named = cells[0].rsplit_once('.').is_some_and(|(_, kind)| ARCHITECTURES.contains(&kind));
    named && cells.get(1).is_none_or(|version| is_version(version))
}

fn is_apk(line: &str) -> bool {
    line.split_whitespace().next().and_then(of_apk).is_some()
}

/// `musl-utils-1.2.3-r4` → name and version.
fn of_apk(text: &str) -> Option<(&str, &str)> {
    static APK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"-(\d[^-\s]*-r\d+)$").ok());
    let found = APK.as_ref()?.captures(text)?;
    let version = found.get(1)?;
    Some((&text[..version.start() - 1], version.as_str())).filter(|(name, _)| is_name(name))
}

/// Two words, a name and a version that begins with a number.
fn name_and_version(line: &str, parted_by: char) -> Option<(&str, &str)> {
    let (name, version) = line.trim().split_once(parted_by)?;
    let begins = version.starts_with(|first: char| first.is_ascii_digit());
    // Of pacman every version ends with a release; without it two words may be anything.
    let sure = parted_by == '\t' || version.contains('-');
    (is_name(name) && begins && sure && is_version(version)).then_some((name, version))
}

/// The table of `dpkg -l`: states, name, version, architecture, description.
fn dpkg_table(text: &str) -> Packages<'_> {
    let mut packages = Packages::default();
    let mut width = None;
    for (index, line) in text.lines().enumerate() {
        if let Some(ruler) = line.strip_prefix("+++-") {
            width = ruler.split('-').next().map(str::len);
            continue;
        }
        let mut cells = line.split_whitespace();
        let (Some(state), Some(name)) = (cells.next(), cells.next()) else { continue };
        let letters = (2..=3).contains(&state.len()) && state.starts_with(['u', 'i', 'r', 'p', 'h']);
        if !letters || line.starts_with([' ', '|']) {
            continue;
        }
        if state.as_bytes().get(1) != Some(&b'i') {
            packages.not_installed += 1;
            continue;
        }
        packages.add(Package {
            name,
            version: cells.next().unwrap_or_default(),
            release: "",
            publisher: "",
            line: line_number(index),
        });
    }
    packages.cut = width.and_then(|width| {
        let full = packages.installed.iter().filter(|package| package.name.chars().count() >= width).count();
        // A table as wide as its widest name has one that fills it.
        (full > 1).then_some((full, width))
    });
    packages
}

fn dpkg_blocks(text: &str) -> Packages<'_> {
    let mut packages = Packages::default();
    let mut line = 1;
    for block in text.split('\t') {
        let mut lines = block.lines();
        if let (Some(name), Some(version), Some(state)) = (lines.next(), lines.next(), lines.next()) {
            let (name, mut version) = (name.trim(), version.trim());
            // Asked for with the architecture, it stands behind the version.
            if let Some((bare, architecture)) = version.rsplit_once('.')
                && ARCHITECTURES.contains(&architecture)
            {
                version = bare;
            }
            match state.split_whitespace().nth(2) {
                Some("installed") if is_name(name) => {
                    packages.add(Package { name, version, release: "", publisher: "", line })
                }
                Some("installed") | None => packages.strange(line),
                Some(_) => packages.not_installed += 1,
            }
        }
        let breaks = block.matches('\n').count();
        line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
    }
    packages
}

/// `bash 5.1.8-9.el9.x86_64 The shell` → name and version with release.
fn of_rpm_block(entry: &str) -> Option<(&str, &str)> {
    let mut words = entry.split_whitespace();
    let (name, version) = (words.next()?, words.next()?);
    let (version, architecture) = version.rsplit_once('.')?;
    (is_name(name) && is_version(version) && version.contains('-') && ARCHITECTURES.contains(&architecture))
        .then_some((name, version))
}

fn rpm_blocks(text: &str) -> Packages<'_> {
    let mut packages = Packages::default();
    for (index, line) in text.lines().enumerate() {
        for entry in line.split('\t').filter(|entry| !entry.trim().is_empty()) {
            match of_rpm_block(entry) {
                Some((name, _)) if is_key(name) => packages.keys += 1,
                Some((name, version)) => {
                    packages.add(Package { name, version, release: "", publisher: "", line: line_number(index) });
                }
                None => packages.strange(line_number(index)),
            }
        }
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Option<Shape>, Vec<(String, String)>) {
        let shape = Shape::of(text);
        let packages = shape.map(|shape| shape.read(text)).unwrap_or_default();
        let named =
            packages.installed.iter().map(|package| (package.name.to_owned(), package.full_version().into_owned()));
        (shape, named.collect())
    }

    #[test]
    fn every_shape_is_known_by_its_lines() {
        let rpm = "bash-5.1.8-9.el9.x86_64\ngpg-pubkey-fd431d51-4ae0493b\ntzdata-2024a-1.el9.noarch\njava-1.8.0-openjdk-1.8.0.412.b08-2.el9.x86_64\n";
        let (shape, found) = of(rpm);
        assert_eq!((shape, found.len()), (Some(Shape::Rpm), 3));
        assert_eq!(found[2], ("java-1.8.0-openjdk".into(), "1.8.0.412.b08-2.el9".into()));
        let apk = "musl-1.2.3-r4\nbusybox-1.35.0-r29\nalpine-baselayout-3.4.0-r0\n";
        assert_eq!(of(apk).1[2], ("alpine-baselayout".into(), "3.4.0-r0".into()));
        let pacman = "acl 2.2.52-3\narch-install-scripts 17-1\narchlinux-keyring 20170320-1";
        assert_eq!(
            of(pacman),
            (
                Some(Shape::NameVersion),
                vec![
                    ("acl".into(), "2.2.52-3".into()),
                    ("arch-install-scripts".into(), "17-1".into()),
                    ("archlinux-keyring".into(), "20170320-1".into()),
                ]
            )
        );
        let tabs =
            "bash\t(none)\t5.1.8\t9.el9\tx86_64\nzlib\t(none)\t1.2.11\t40.el9\tx86_64\nsed\t0\t4.8\t9.el9\tx86_64\n";
        assert_eq!(of(tabs).1[0], ("bash".into(), "5.1.8-9.el9".into()));
    }

    #[test]
    fn what_is_no_list_of_packages_has_no_shape() {
        for text in [
            "The servers were moved in May.\nNobody wrote down why.\nAsk Jo.\n",
            "name,version\nbash,5.1\nsed,4.8\n",
            "docker /usr/bin/docker\ndocker /etc/docker.ini\ndocker /usr/bin/docker-init\n",
            "/etc/docker\n/etc/docker/certs.d\n/var/lib/docker\n",
            "web-01 10.0.0.1\nweb-02 10.0.0.2\nweb-03 10.0.0.3\n",
            "2026-06-28 12\n2026-06-29 13\n2026-06-30 14\n",
        ] {
            assert_eq!(Shape::of(text), None, "{text}");
        }
    }
}
