//! The manifest: what a person declares in TOML for hosts, purchases, users and prices that no other file describes.

use crate::model::SourceId;
use crate::rules::{DEFAULT_ORGANISATION, looks_like_manifest, parse_manifest};

use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// Reads manifests.
pub(super) struct ManifestToml;

impl Reader for ManifestToml {
    fn name(&self) -> &'static str {
        "manifest"
    }

    fn version(&self) -> u32 {
        1
    }

    fn carries(&self) -> &'static [Carries] {
        &[
            Carries::Hosts,
            Carries::Cores,
            Carries::Placement,
            Carries::Clusters,
            Carries::Software,
            Carries::OperatingSystem,
            Carries::Purchases,
            Carries::Prices,
            Carries::Users,
        ]
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        let text = String::from_utf8_lossy(head);
        if looks_like_manifest(&text) || holds_cases(&text) { Sniff::Sure } else { Sniff::No }
    }

    /// A manifest is taken as a whole or not at all: half a declaration would be another declaration.
    fn read(&self, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
        let text = match super::text_of(input) {
            Ok(text) => text,
            Err(fault) => return Verdict::Rejected(fault),
        };
        if holds_cases(text) && !looks_like_manifest(text) {
            return Verdict::Ignored("worked cases, not an estate".into());
        }
        let organisation = input.organisation.unwrap_or(DEFAULT_ORGANISATION);
        match parse_manifest(input.path, text, Some(SourceId(0)), organisation) {
            Ok(manifest) => {
                sink.manifest(manifest);
                Verdict::Read
            }
            Err(faults) => {
                let mut faults = faults.into_iter();
                let Some(first) = faults.next() else {
                    return Verdict::Ignored("an empty manifest".into());
                };
                faults.for_each(|fault| sink.diagnostic(fault));
                Verdict::Rejected(first)
            }
        }
    }
}

fn holds_cases(text: &str) -> bool {
    text.lines().any(|line| line.trim() == "[[case]]")
}
