//! The manifest: what a person declares in TOML for hosts, purchases, users and prices that no other file describes.

use crate::diag::Diagnostic;
use crate::model::SourceId;
use crate::rules::{DEFAULT_ORGANISATION, looks_like_manifest, parse_manifest};

use super::page::{Field, Page, Verified};
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The estate's settings, which name organisations too and are no input.
const SETTINGS: &str = "trueup.toml";

/// What the format is.
const PAGE: Page = Page {
    name: "manifest",
    title: "Manifest: what a person declares (TOML)",
    written_by: "a person, for what no other file describes",
    carries: &[
        Carries::Hosts,
        Carries::Cores,
        Carries::Placement,
        Carries::Clusters,
        Carries::Software,
        Carries::OperatingSystem,
        Carries::Purchases,
        Carries::Prices,
        Carries::Users,
    ],
    recognised_by: "TOML with `[[host]]`, `[[entitlement]]`, `[[user]]`, `[[access]]`, `[[price]]` or `[[organisation]]`",
    fields: &[
        Field { named: "[[host]]", becomes: "a machine, with `processors` or `on` and `vcpus`, and `installs`" },
        Field { named: "[[entitlement]]", becomes: "a purchase line" },
        Field { named: "[[user]], [[access]]", becomes: "people, and who reaches what" },
        Field { named: "[[price]]", becomes: "a price" },
    ],
    quirks: &["it is taken as a whole or not at all: half a declaration would be another declaration"],
    verified: Verified::Own,
    example: "[[host]]
name = \"db-01\"
processors = [16, 16]
installs = [{ product = \"SQL Server\", edition = \"standard\", version = \"2019\" }]
",
    samples: &["manifest-toml"],
};

/// Reads manifests.
pub(super) struct ManifestToml;

impl Reader for ManifestToml {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn sniff(&self, head: &[u8], path: &str) -> Sniff {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let text = String::from_utf8_lossy(head);
        let toml = name.ends_with(".toml") || begins_with_table(&text);
        let input = looks_like_manifest(&text) || holds_cases(&text);
        if toml && input && name != SETTINGS { Sniff::Sure } else { Sniff::No }
    }

    /// A manifest is taken as a whole or not at all: half a declaration would be another declaration.
    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        if holds_cases(text) && !looks_like_manifest(text) {
            return Ok(Verdict::Ignored("worked cases, not an estate".into()));
        }
        let organisation = input.organisation.unwrap_or(DEFAULT_ORGANISATION);
        match parse_manifest(input.path, text, Some(SourceId(0)), organisation) {
            Ok(manifest) => {
                sink.manifest(manifest);
                Ok(Verdict::Read)
            }
            Err(faults) => {
                let mut faults = faults.into_iter();
                let Some(first) = faults.next() else {
                    return Ok(Verdict::Ignored("an empty manifest".into()));
                };
                faults.for_each(|fault| sink.diagnostic(fault));
                Err(first)
            }
        }
    }
}

/// Whether the first line that is no comment starts a table: a program that merely holds a manifest begins otherwise.
fn begins_with_table(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| line.starts_with("[["))
}

fn holds_cases(text: &str) -> bool {
    text.lines().any(|line| line.trim() == "[[case]]")
}
