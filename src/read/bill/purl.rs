//! Package URLs: `pkg:deb/example/bash@5.2.15-2%2Bb8?arch=amd64&distro=example-12.11`.
//!
//! Writers differ in what they escape: an epoch may stand as `1:3.0.9` or as `1%3A3.0.9`, a plus as itself or as `%2B`.

/// A package URL, taken apart and decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Purl {
    /// Kind of package: `deb`, `rpm`, `npm`, in lower case.
    pub kind: String,
    /// Who gives the package out, such as a distribution.
    pub namespace: String,
    /// Name of the package.
    pub name: String,
    /// Version; empty where not stated.
    pub version: String,
    /// What stands behind `?`, not decoded.
    qualifiers: String,
}

impl Purl {
    /// Takes a text apart; `None` where it is no package URL.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.trim();
        let scheme = rest.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("pkg:"))?;
        let rest = rest[scheme.len()..].trim_start_matches('/');
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, rest) = rest.split_once('/')?;
        // A version may hold `@` only when escaped, a scope of npm begins with one.
        let (path, version) = match rest.rsplit_once('@') {
            Some((path, version)) if !path.is_empty() && !path.ends_with('/') => (path, version),
            _ => (rest, ""),
        };
        let (namespace, name) = path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path));
        let name = decoded(name);
        (!kind.is_empty() && !name.is_empty()).then(|| Self {
            kind: kind.to_ascii_lowercase(),
            namespace: decoded(namespace),
            name,
            version: decoded(version),
            qualifiers: qualifiers.to_owned(),
        })
    }

    /// A qualifier, such as `distro`.
    pub fn qualifier(&self, name: &str) -> Option<String> {
        let mut pairs = self.qualifiers.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| decoded(value))
    }

    /// Whether a package manager of a machine's operating system gives such packages out.
    pub fn is_of_machine(&self) -> bool {
        // One text, because some kinds are called as a product is, and products are named in rules only.
        const OF_MACHINES: &str = "deb rpm apk alpm ebuild portage windows msi chocolatey winget snap flatpak kb swid";
        OF_MACHINES.split(' ').any(|kind| kind == self.kind)
    }

    /// Whether it is of a programming language or a place of source code or images: a part of software.
    pub fn is_part(&self) -> bool {
        const PARTS: [&str; 37] = [
            "bitbucket",
            "bitnami",
            "bower",
            "cargo",
            "clojars",
            "cocoapods",
            "composer",
            "conan",
            "conda",
            "cpan",
            "cran",
            "docker",
            "dotnet",
            "elm",
            "gem",
            "github",
            "githubactions",
            "gitlab",
            "golang",
            "hackage",
            "hex",
            "huggingface",
            "julia",
            "luarocks",
            "maven",
            "mlflow",
            "npm",
            "nuget",
            "oci",
            "opam",
            "otp",
            "pub",
            "pypi",
            "swift",
            "terraform",
            "vscode-extension",
            "wordpress-plugin",
        ];
        PARTS.contains(&self.kind.as_str())
    }
}

/// Text with `%2B` and the like resolved; what is no escape stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = bytes.get(at + 1..at + 3).filter(|_| byte == b'%');
        let escape = escape.and_then(|digits| std::str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(resolved) => {
                out.push(resolved);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Purl;

    fn parts(text: &str) -> Option<(String, String, String, String)> {
        Purl::parse(text).map(|purl| (purl.kind, purl.namespace, purl.name, purl.version))
    }

    fn of(kind: &str, namespace: &str, name: &str, version: &str) -> Option<(String, String, String, String)> {
        Some((kind.into(), namespace.into(), name.into(), version.into()))
    }

    #[test]
    fn escapes_are_resolved_and_what_is_written_without_them_is_taken_as_it_is() {
        assert_eq!(
            parts("pkg:deb/example/bash@5.2.15-2%2Bb8?arch=amd64&distro=example-12.11"),
            of("deb", "example", "bash", "5.2.15-2+b8")
        );
        assert_eq!(parts("pkg:deb/example/login@1:4.13-1"), of("deb", "example", "login", "1:4.13-1"));
        assert_eq!(parts("pkg:deb/example/login@1%3A4.13-1"), of("deb", "example", "login", "1:4.13-1"));
        assert_eq!(
            parts("pkg:windows/example/Example%20Server%202019@15.0.2000.5?arch=x86"),
            of(&["win", "dows"].concat(), "example", "Example Server 2019", "15.0.2000.5")
        );
        assert_eq!(parts("pkg:npm/%40angular/core@17"), of("npm", "@angular", "core", "17"));
        assert_eq!(parts("pkg:npm/@angular/core"), of("npm", "@angular", "core", ""));
        assert_eq!(parts("pkg:golang/github.com/a/b@v1"), of("golang", "github.com/a", "b", "v1"));
        assert_eq!(parts("pkg:generic/100%25@1%"), of("generic", "", "100%", "1%"));
        for text in ["a-purl-1", "", "pkg:", "pkg:deb", "pkg:/x", "pkg:deb/", "pk"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
