//! A sink that keeps what it hears.

#![allow(dead_code, reason = "each test file uses another part of it")]

use trueup::diag::{Diagnostic, Severity};
use trueup::model::{Manifest, ObservedHost, Place, Price, PurchaseLine, SoftwareRecord};
use trueup::read::Sink;

/// A software record that owns its texts: name, version, publisher, key, and its place.
pub type Software = (String, String, String, String, Place);

/// What was heard.
#[derive(Debug, Default)]
pub struct Heard {
    pub hosts: Vec<(ObservedHost, Vec<Software>)>,
    pub purchases: Vec<(PurchaseLine, Place)>,
    pub prices: Vec<(Price, Place)>,
    pub manifests: Vec<Manifest>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Heard {
    /// Diagnostics that are more than notes.
    pub fn faults(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity != Severity::Note)
    }

    /// Everything that came out, counted.
    pub fn records(&self) -> usize {
        let software: usize = self.hosts.iter().map(|(_, software)| software.len()).sum();
        self.hosts.len() + software + self.purchases.len() + self.prices.len() + self.manifests.len()
    }

    /// The machine of this name.
    pub fn host(&self, name: &str) -> &ObservedHost {
        let found = self.hosts.iter().find(|(host, _)| host.name == name);
        &found.unwrap_or_else(|| panic!("no host {name} among {:?}", self.names())).0
    }

    /// The software of the machine of this name.
    pub fn software(&self, name: &str) -> Vec<(&str, &str)> {
        let of_it = self.hosts.iter().filter(|(host, _)| host.name == name).flat_map(|(_, software)| software);
        of_it.map(|(title, version, ..)| (title.as_str(), version.as_str())).collect()
    }

    /// Names of the machines.
    pub fn names(&self) -> Vec<&str> {
        self.hosts.iter().map(|(host, _)| host.name.as_str()).collect()
    }

    /// What was told, as text.
    pub fn told(&self) -> String {
        self.diagnostics.iter().map(|told| format!("{told}\n")).collect()
    }
}

impl Sink for Heard {
    fn host(&mut self, host: ObservedHost) {
        self.hosts.push((host, Vec::new()));
    }
    fn software(&mut self, record: SoftwareRecord<'_>, place: Place) {
        let (_, software) = self.hosts.last_mut().expect("software belongs to a machine");
        let owned = |text: &str| text.to_owned();
        software.push((owned(record.name), owned(record.version), owned(record.publisher), owned(record.key), place));
    }
    fn purchase(&mut self, line: PurchaseLine, place: Place) {
        self.purchases.push((line, place));
    }
    fn price(&mut self, price: Price, place: Place) {
        self.prices.push((price, place));
    }
    fn manifest(&mut self, manifest: Manifest) {
        self.manifests.push(manifest);
    }
    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
