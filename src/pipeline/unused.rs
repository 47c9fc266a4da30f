//! What `trueup.toml` says of files and no file used: a mapping that fits nothing, a machine stated for no file. Whoever
//! wrote it believes that something is read which is not.

use crate::diag::{Code, Diagnostic};
use crate::model::{FileStatus, Finding, Key, Locator, Place, Source, SourceId};
use crate::rules::{Mapping, StatedSource, TableSettings, follows};

/// Files that a finding names.
const FILES_NAMED: usize = 3;

/// A finding for each.
pub(super) fn findings(tables: &TableSettings, sources: &[Source], told: &[Diagnostic]) -> Vec<Finding> {
    let mappings = tables.mappings.iter().filter(|mapping| !is_used(mapping, sources, told));
    let mut findings: Vec<Finding> = mappings.map(|mapping| unused_mapping(mapping, sources, told)).collect();
    let stated = tables.sources.all.iter().filter(|stated| !names_a_machine(stated, told));
    findings.extend(stated.map(|stated| unused_source(stated, tables, sources)));
    findings
}

fn is_used(mapping: &Mapping, sources: &[Source], told: &[Diagnostic]) -> bool {
    let quoted = format!("`{}`", mapping.name);
    sources.iter().any(|source| source.reader == mapping.name)
        || told.iter().any(|told| told.code == Code::MappingUsed && told.message.ends_with(&quoted))
}

fn unused_mapping(mapping: &Mapping, sources: &[Source], told: &[Diagnostic]) -> Finding {
    let begins = format!("the mapping `{}` does not fit: ", mapping.name);
    let mut near: Vec<(&Diagnostic, &str)> = told
        .iter()
        .filter(|told| told.code == Code::MappingMissed)
        .filter_map(|told| Some((told, told.message.strip_prefix(&begins)?)))
        .collect();
    // The more it lacks, the longer the list of it is.
    near.sort_by_key(|(told, why)| (why.matches("`, `").count(), told.path.as_str()));
    let closest = match near.first() {
        Some((told, why)) => format!("the closest is {}: {why}", told.path),
        None => seen(sources),
    };
    let evidence = near.iter().take(FILES_NAMED).filter_map(|(told, _)| {
        let place = told.place.clone().unwrap_or(Place::Whole);
        Some(Locator { source: number(sources, &told.path)?, place })
    });
    Finding {
        key: Key::new("unused-mapping", &[&mapping.name]),
        organisation: String::new(),
        text: format!("The mapping \"{}\" (trueup.toml, line {}) took no file; {closest}.", mapping.name, mapping.line),
        evidence: evidence.collect(),
    }
}

/// What was there instead, in words: the files that no format takes, else how many were read by others.
fn seen(sources: &[Source]) -> String {
    let strange: Vec<&str> = sources
        .iter()
        .filter(|source| source.reader.is_empty() && source.status == FileStatus::Rejected)
        .map(|source| source.path.as_str())
        .collect();
    match strange.len() {
        0 => format!("no file of {} shows half of its headings", sources.len()),
        count => {
            let named = strange.iter().take(FILES_NAMED).copied().collect::<Vec<_>>().join(", ");
            let more = if count > FILES_NAMED { format!(" and {} more", count - FILES_NAMED) } else { String::new() };
            format!("no file of {} shows half of its headings; no format takes {named}{more}", sources.len())
        }
    }
}

fn number(sources: &[Source], path: &str) -> Option<SourceId> {
    sources.iter().position(|source| source.path == path).and_then(|at| u32::try_from(at).ok()).map(SourceId)
}

fn names_a_machine(stated: &StatedSource, told: &[Diagnostic]) -> bool {
    let ends = format!("as trueup.toml states (line {})", stated.line);
    told.iter().any(|told| told.code == Code::MachineFromPath && told.message.ends_with(&ends))
}

fn unused_source(stated: &StatedSource, tables: &TableSettings, sources: &[Source]) -> Finding {
    let fitting: Vec<&Source> = sources.iter().filter(|source| follows(&stated.path, &source.path)).collect();
    let earlier = fitting.iter().filter_map(|source| tables.sources.of(&source.path)).any(|first| first != stated);
    let why = match fitting.first() {
        None => format!("no file of {} has such a path", sources.len()),
        Some(_) if earlier => "the files with such a path are of the machine that a table before it states".to_owned(),
        Some(first) => format!("{} names its machines itself, or holds none", first.path),
    };
    let evidence = fitting
        .iter()
        .take(FILES_NAMED)
        .filter_map(|source| Some(Locator { source: number(sources, &source.path)?, place: Place::Whole }));
    Finding {
        key: Key::new("unused-source", &[&stated.path]),
        organisation: String::new(),
        text: format!(
            "The machine \"{}\" stated for {} (trueup.toml, line {}) is that of no file: {why}.",
            stated.host, stated.path, stated.line
        ),
        evidence: evidence.collect(),
    }
}
