//! What identifies a machine, brought into one form.

use std::net::IpAddr;

use hashbrown::HashSet;
use rayon::prelude::*;

use crate::model::ObservedHost;

use super::Sighting;

/// Names that thousands of machines bear.
const NAMES_OF_NOBODY: [&str; 3] = ["localhost", "localhost.localdomain", "(none)"];

/// A UUID with the way it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Uuid {
    /// The same for both byte orders.
    pub key: u128,
    /// As the source writes it.
    pub written: u128,
    /// Whether it stood in the serial number.
    pub from_serial: bool,
}

/// A fully qualified name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fqdn {
    /// In lower case.
    pub name: String,
    /// Whether the source states it as a whole, and not name and domain apart.
    pub stated: bool,
}

/// Everything that may identify the machine of one sighting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Identifiers {
    /// Its UUIDs; two where the serial number holds a different one.
    pub uuids: Vec<Uuid>,
    /// Its serial number in lower case.
    pub serial: Option<String>,
    /// Its fully qualified name.
    pub fqdn: Option<Fqdn>,
    /// Its short names in lower case, the one it is known by first.
    pub names: Vec<String>,
}

/// Serial numbers and UUIDs that identify nothing.
pub(super) struct Junk {
    texts: HashSet<String>,
    uuids: HashSet<u128>,
}

impl Junk {
    /// From the texts of the rules, which are in lower case.
    pub fn new(texts: &[String]) -> Self {
        Self {
            texts: texts.iter().map(|text| plain(text)).collect(),
            uuids: texts.iter().filter_map(|text| parse_uuid(text)).map(uuid_key).collect(),
        }
    }

    fn holds_text(&self, text: &str) -> bool {
        let mut characters = text.chars().filter(|c| c.is_alphanumeric());
        let first = characters.next();
        first.is_none() || characters.all(|c| Some(c) == first) || self.texts.contains(text)
    }

    fn holds_uuid(&self, uuid: u128) -> bool {
        let bytes = uuid.to_be_bytes();
        bytes.iter().all(|byte| *byte == bytes[0]) || self.uuids.contains(&uuid_key(uuid))
    }
}

impl Identifiers {
    /// Those of every sighting, in their order. `junk` are the texts that identify nothing.
    pub fn of_all(sightings: &[Sighting], junk: &[String]) -> Vec<Self> {
        let junk = Junk::new(junk);
        sightings.par_iter().map(|sighting| Self::of(&sighting.observed, &junk)).collect()
    }

    /// Reads the identifiers of a sighting and leaves out those that identify nothing.
    pub fn of(observed: &ObservedHost, junk: &Junk) -> Self {
        let mut uuids: Vec<Uuid> = Vec::new();
        let mut add = |written: u128, from_serial: bool| {
            let uuid = Uuid { key: uuid_key(written), written, from_serial };
            if !junk.holds_uuid(written) && !uuids.iter().any(|known| known.key == uuid.key) {
                uuids.push(uuid);
            }
        };
        if let Some(uuid) = observed.uuid.as_deref().and_then(parse_uuid) {
            add(uuid, false);
        }
        let mut serial = observed.serial.as_deref().map(plain);
        if let Some(uuid) = serial.as_deref().and_then(parse_uuid) {
            add(uuid, true);
            serial = None;
        }
        let serial = serial.filter(|serial| serial.chars().count() >= 4 && !junk.holds_text(serial));
        let fqdn = fqdn(observed);
        let mut names = Vec::new();
        for name in [Some(observed.name.as_str()), fqdn.as_ref().map(|fqdn| fqdn.name.as_str())].into_iter().flatten() {
            let name = short_name(name);
            if !name.is_empty()
                && !NAMES_OF_NOBODY.contains(&name.as_str())
                && !junk.texts.contains(&name)
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        Self { uuids, serial, fqdn, names }
    }

    /// The name by which two sightings are told apart.
    pub fn name(&self) -> Option<&str> {
        self.fqdn.as_ref().and_then(|_| self.names.last()).or(self.names.first()).map(String::as_str)
    }
}

/// Lower case, with single blanks.
pub(super) fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A UUID in any of its spellings, VMware's serial number `VMware-56 4d 7e 0d f3 82 52 e2-62 d0 …` included.
pub(super) fn parse_uuid(text: &str) -> Option<u128> {
    let text = text.trim();
    let text = match text.get(..7) {
        Some(start) if start.eq_ignore_ascii_case("vmware-") => &text[7..],
        _ => text,
    };
    let (mut value, mut digits) = (0u128, 0);
    for c in text.chars() {
        match c.to_digit(16) {
            Some(digit) if digits < 32 => {
                value = value << 4 | u128::from(digit);
                digits += 1;
            }
            None if matches!(c, '-' | ' ' | '{' | '}') => {}
            _ => return None,
        }
    }
    (digits == 32).then_some(value)
}

/// The UUID with its first three fields in the other byte order.
pub(super) fn swapped(uuid: u128) -> u128 {
    let mut bytes = uuid.to_be_bytes();
    bytes[0..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    u128::from_be_bytes(bytes)
}

fn uuid_key(uuid: u128) -> u128 {
    uuid.min(swapped(uuid))
}

/// Lower case with hyphens.
pub(super) fn write_uuid(uuid: u128) -> String {
    let hex = format!("{uuid:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The first label in lower case; an address, or a text that is no host name, as a whole.
pub(super) fn short_name(name: &str) -> String {
    let name = plain(name);
    match name.split_once('.') {
        Some((short, _)) if is_qualified(&name) => short.to_owned(),
        _ => name,
    }
}

/// Whether a text in lower case is a fully qualified host name.
pub(super) fn is_qualified(name: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    name.contains('.')
        && name.split('.').all(is_label)
        && !name.rsplit('.').next().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()))
        && name.parse::<IpAddr>().is_err()
}

/// The fully qualified name a sighting states, or name and DNS domain put together.
fn fqdn(observed: &ObservedHost) -> Option<Fqdn> {
    let qualified = |text: &str| {
        let name = plain(text.trim().trim_end_matches('.'));
        (is_qualified(&name) && !name.starts_with("localhost.")).then_some(name)
    };
    if let Some(name) = observed.fqdn.as_deref().and_then(qualified).or_else(|| qualified(&observed.name)) {
        return Some(Fqdn { name, stated: true });
    }
    let domain = observed.domain.as_deref().and_then(qualified)?;
    let name = qualified(&format!("{}.{domain}", observed.name.trim()))?;
    Some(Fqdn { name, stated: false })
}
