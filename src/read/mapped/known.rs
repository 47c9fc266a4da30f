//! The exports of known programs: `formats/*.toml`, compiled in.

use std::sync::LazyLock;

use crate::rules::{Holds, MappedFormat, Mapping, parse_mapped_format};

use super::super::Carries;
use super::super::page::{Field, Page, Verified};
use super::Mapped;

mod built_in {
    include!(concat!(env!("OUT_DIR"), "/format_files.rs"));
}

/// A reader for each, those with the most telling headings first.
pub(in crate::read) fn known() -> &'static [Mapped<'static>] {
    static KNOWN: LazyLock<Vec<Mapped<'static>>> = LazyLock::new(|| {
        let mut known: Vec<Mapped<'_>> = built_in::FILES.iter().map(|(path, text)| reader(path, text)).collect();
        let telling = |reader: &Mapped<'_>| reader.mappings.iter().map(|mapping| mapping.headings.len()).max();
        known.sort_by(|a, b| telling(b).cmp(&telling(a)).then_with(|| a.name.cmp(b.name)));
        known
    });
    &KNOWN
}

/// The reader of one file. What it is made of is kept for the whole run, as everything compiled in is.
fn reader(path: &str, text: &str) -> Mapped<'static> {
    let format = parse_mapped_format(path, text).unwrap_or_else(|faults| {
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("a file that is compiled in has faults, which a test should have found: {}", told.join("; "))
    });
    let format: &'static MappedFormat = Box::leak(Box::new(format));
    let page = Box::leak(Box::new(page(format)));
    let named_by_neighbour = format.named_by_neighbour;
    Mapped { page, name: &format.name, version: format.version, named_by_neighbour, mappings: &format.mappings }
}

fn page(format: &'static MappedFormat) -> Page {
    let samples: &'static [&'static str] = Box::leak(Box::new([format.name.as_str()]));
    let quirks: Vec<&str> = format.quirks.iter().map(String::as_str).collect();
    let fields: Vec<Field> = format.mappings.iter().flat_map(fields).collect();
    let headings: Vec<String> = format.mappings.iter().map(recognised_by).collect();
    Page {
        name: &format.name,
        title: &format.title,
        written_by: &format.written_by,
        carries: carries(&format.mappings).leak(),
        recognised_by: format!("the headings {}", headings.join("; or ")).leak(),
        fields: fields.leak(),
        quirks: quirks.leak(),
        verified: match &format.verified {
            Some(real) => Verified::RealFile(real),
            None => Verified::Unverified(&format.rests_on),
        },
        example: &format.example,
        samples,
    }
}

fn recognised_by(mapping: &Mapping) -> String {
    let headings: Vec<String> = mapping.headings.iter().map(|any| format!("`{}`", any.join("` or `"))).collect();
    headings.join(", ")
}

/// What the columns of a mapping become, in the words of the vocabulary.
fn fields(mapping: &'static Mapping) -> Vec<Field> {
    let field = |column: &'static crate::rules::Column| {
        let meaning = mapping.holds.facts().find(|fact| fact.name == column.fact).map_or("", |fact| fact.meaning);
        let named = match &column.text {
            Some(text) => text.as_str(),
            None => column.headings.join(" | ").leak(),
        };
        Field { named, becomes: format!("{}: {meaning}", column.fact).leak() }
    };
    mapping.columns.iter().map(field).collect()
}

/// The facts that mappings carry.
fn carries(mappings: &[Mapping]) -> Vec<Carries> {
    let has = |facts: &[&str]| mappings.iter().any(|mapping| facts.iter().any(|fact| mapping.column(fact).is_some()));
    let holds = |wanted: &[Holds]| mappings.iter().any(|mapping| wanted.contains(&mapping.holds));
    let machines = holds(&[Holds::Machines, Holds::Processors, Holds::Software]);
    let facts = [
        (machines, Carries::Hosts),
        (machines && has(&["processors", "cores"]), Carries::Cores),
        (machines && has(&["runs_on"]), Carries::Placement),
        (machines && has(&["cluster"]), Carries::Clusters),
        (holds(&[Holds::Software]), Carries::Software),
        (machines && has(&["os"]), Carries::OperatingSystem),
        (holds(&[Holds::Purchases]), Carries::Purchases),
        (holds(&[Holds::Prices]), Carries::Prices),
        (holds(&[Holds::Users]), Carries::Users),
    ];
    facts.into_iter().filter_map(|(there, fact)| there.then_some(fact)).collect()
}
