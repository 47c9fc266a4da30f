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

impl Heard {
    /// Everything that came out, a line for each thing.
    pub fn listing(&self) -> String {
        let mut out = String::new();
        for (host, software) in &self.hosts {
            out += &format!("  {}: {:?} {}{}\n", host.place, host.view, host.name, machine(host));
            for (name, version, publisher, key, place) in software {
                out += &format!("    {place}: {name} | {version} | {publisher} | {key}\n");
            }
        }
        for (line, place) in &self.purchases {
            out += &format!("  {place}: {}\n", purchase(line));
        }
        for (price, place) in &self.prices {
            out += &format!("  {place}: {}\n", self::price(price));
        }
        for user in self.manifests.iter().flat_map(|manifest| &manifest.users) {
            let place = user.evidence.as_ref().map_or_else(String::new, |evidence| evidence.place.to_string());
            out +=
                &format!("  {place}: {:?} of {}: {}\n", user.name, user.organisation, user.subscriptions.join(" + "));
        }
        for told in &self.diagnostics {
            out += &format!("  {:?} {told}\n", told.severity);
        }
        out
    }
}

/// The facts of a machine that are there.
fn machine(host: &ObservedHost) -> String {
    let mut out = String::new();
    let mut add = |name: &str, value: Option<String>| {
        out += &value.map_or_else(String::new, |value| format!("; {name} {value}"));
    };
    add("called", host.label.clone());
    add("fqdn", host.fqdn.clone());
    add("domain", host.domain.clone());
    add("uuid", host.uuid.clone());
    add("serial", host.serial.clone());
    add("of", host.tag.clone());
    add("seen", host.captured.map(|day| day.to_string()));
    let system = |system: &trueup::model::ObservedOperatingSystem| format!("{} ({:?})", system.caption, system.version);
    add("runs", host.operating_system.as_ref().map(system));
    add("virtual", host.is_virtual.map(|is| is.to_string()));
    add("platform", host.platform.clone());
    let cores = |processor: &trueup::model::Processor| match processor.enabled_cores {
        Some(enabled) => format!("{} ({enabled} on)", processor.cores),
        None => processor.cores.to_string(),
    };
    let all = |all: &Vec<trueup::model::Processor>| all.iter().map(cores).collect::<Vec<_>>().join(" + ");
    add("cores", host.processors.as_ref().map(all));
    add("threads", host.logical_processors.map(|threads| threads.to_string()));
    add("processor", host.processor_model.clone());
    add("cluster", host.cluster.clone());
    add("vcpus", host.vcpus.map(|vcpus| vcpus.to_string()));
    add("on", host.runs_on.clone());
    add("powered on", host.powered_on.map(|on| on.to_string()));
    add("template", host.template.then(|| "yes".to_owned()));
    let remarks = host.remarks.iter().map(|(name, value)| format!("{name}={value}"));
    add("remarks", Some(remarks.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty()));
    out
}

fn purchase(line: &PurchaseLine) -> String {
    let mut out = format!(
        "{} bought {} {} of {} | {:?} | {:?}; {:?} {:?}",
        line.organisation,
        line.quantity,
        line.metric.name(),
        line.product,
        line.edition,
        line.version,
        line.kind,
        line.channel
    );
    let days = |period: &trueup::model::Period| format!("{}..{}", period.from, period.until);
    let mut add = |name: &str, value: Option<String>| {
        out += &value.map_or_else(String::new, |value| format!("; {name} {value}"));
    };
    add("on", line.bought.map(|day| day.to_string()));
    add("sa", line.sa.first().map(days));
    add("subscription", line.subscription.as_ref().map(days));
    add("reference", line.reference.clone());
    add("agreement", line.agreement.clone());
    add("note", line.note.clone());
    add("written", line.written.as_ref().map(|written| format!("{} {:?}", written.title, written.stated)));
    out
}

fn price(price: &Price) -> String {
    let mut out = format!(
        "{} {} for {} {} of {} | {:?} | {:?}; {:?} {:?}",
        price.amount,
        price.currency,
        price.units,
        price.metric.name(),
        price.product,
        price.edition,
        price.version,
        price.kind,
        price.per
    );
    out +=
        &price.from.map_or_else(String::new, |from| format!("; {from}..{:?}", price.until.map(|day| day.to_string())));
    out += &price.level.as_ref().map_or_else(String::new, |level| format!("; level {level}"));
    out += &price
        .written
        .as_ref()
        .map_or_else(String::new, |written| format!("; written {} {:?}", written.title, written.stated));
    out
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
