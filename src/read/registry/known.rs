//! The keys that say something, out of `registry.toml`.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    file_words: Vec<String>,
    machine: Vec<WrittenMachine>,
    record: Vec<WrittenRecord>,
    service: Vec<WrittenService>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMachine {
    key: String,
    name: String,
    domain: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRecord {
    key: String,
    each: Option<String>,
    name: String,
    version: String,
    publisher: String,
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenService {
    instances: String,
    setup: String,
    name: String,
    version: String,
}

/// Keys that name the machine.
#[derive(Debug)]
pub(super) struct MachineKey {
    pub key: Regex,
    pub name: String,
    pub domain: Option<String>,
}

/// Keys that are software each.
#[derive(Debug)]
pub(super) struct RecordKey {
    pub key: Regex,
    /// Value that lists several, with commas between them.
    pub each: Option<String>,
    pub name: String,
    pub version: String,
    pub publisher: String,
    pub id: String,
}

/// Keys of a service with instances.
#[derive(Debug)]
pub(super) struct ServiceKeys {
    pub instances: Regex,
    pub setup: Regex,
    pub name: String,
    pub version: String,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub file_words: Vec<String>,
    pub machines: Vec<MachineKey>,
    pub records: Vec<RecordKey>,
    pub services: Vec<ServiceKeys>,
}

impl Known {
    /// Whether a key is one of those that say something.
    pub fn speaks_of(&self, key: &str) -> bool {
        self.records.iter().any(|rule| rule.key.is_match(key))
            || self.machines.iter().any(|rule| rule.key.is_match(key))
            || self.services.iter().any(|rule| rule.instances.is_match(key) || rule.setup.is_match(key))
    }
}

/// The keys, read once.
pub(super) fn known() -> &'static Known {
    // A test holds the file to be free of faults.
    static KNOWN: LazyLock<Known> = LazyLock::new(|| read(include_str!("../registry.toml")).unwrap_or_default());
    &KNOWN
}

fn read(text: &str) -> Result<Known, String> {
    let written: Written = toml::from_str(text).map_err(|error| error.to_string())?;
    let expression =
        |text: &str| RegexBuilder::new(text).case_insensitive(true).build().map_err(|error| format!("{text}: {error}"));
    let mut known = Known { file_words: written.file_words, ..Known::default() };
    for rule in written.machine {
        known.machines.push(MachineKey { key: expression(&rule.key)?, name: rule.name, domain: rule.domain });
    }
    for rule in written.record {
        let key = expression(&rule.key)?;
        let WrittenRecord { each, name, version, publisher, id, .. } = rule;
        known.records.push(RecordKey { key, each, name, version, publisher, id });
    }
    for rule in written.service {
        let (instances, setup) = (expression(&rule.instances)?, expression(&rule.setup)?);
        known.services.push(ServiceKeys { instances, setup, name: rule.name, version: rule.version });
    }
    Ok(known)
}

/// Fills a template; nothing where a text that is not in brackets is not stated.
pub(super) fn fill(template: &str, text: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['[', '{']) {
        out.push_str(&rest[..at]);
        let (opened, end) = (&rest[at + 1..], if rest[at..].starts_with('[') { ']' } else { '}' });
        let (inner, behind) = opened.split_once(end)?;
        match end {
            ']' => out.push_str(&fill(inner, text).unwrap_or_default()),
            _ => out.push_str(&inner.split('|').find_map(text)?),
        }
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{fill, read};

    #[test]
    fn the_file_has_no_faults() {
        let known = read(include_str!("../registry.toml")).expect("free of faults");
        assert!(!known.records.is_empty() && !known.machines.is_empty() && !known.services.is_empty());
    }

    #[test]
    fn templates_leave_out_what_is_not_stated() {
        let text = |name: &str| (name == "a").then(|| "A".to_owned());
        assert_eq!(fill("x {b|a}[ ({b})] y", &text).as_deref(), Some("x A y"));
        assert_eq!(fill("[({a})]", &text).as_deref(), Some("(A)"));
        assert_eq!(fill("{b}", &text), None);
        assert_eq!(fill("", &text).as_deref(), Some(""));
    }
}
