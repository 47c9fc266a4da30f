//! What every explanation needs: names for ids, places for locators, sources for rules.

use crate::model::{
    Alternative, Assessment, Entitlement, Form, HostFact, HostId, HostSummary, Line, Locator, Metric, Outcome,
    PurchaseLine, Working, thousands,
};
use crate::rules::{Product, Rules};

use super::{Explanation, Figure, Item, RuleNote, SCHEMA, Section};

/// Knows the outcome, the rules and the assessment that is explained.
#[derive(Clone, Copy)]
pub(super) struct Teller<'a> {
    pub outcome: &'a Outcome,
    pub rules: &'a Rules,
    pub assessment: &'a Assessment,
}

impl<'a> Teller<'a> {
    /// An explanation without figures and sections yet.
    pub fn begin(&self, key: impl Into<String>, title: String) -> Explanation {
        Explanation {
            generated_by: "trueup",
            schema: SCHEMA,
            key: key.into(),
            title,
            as_of: self.outcome.as_of,
            reading: self.assessment.reading.default,
            rules_hash: self.outcome.rules_hash.clone(),
            figures: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// Places as `path: place`, each once.
    pub fn places(&self, locators: &[Locator]) -> Vec<String> {
        let mut places: Vec<String> = Vec::new();
        for locator in locators {
            let place = self.outcome.place(locator);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    /// The steps of a working.
    pub fn steps(&self, working: &Working, product: &str) -> Vec<Item> {
        let step = |step: &std::sync::Arc<crate::model::Step>| Item {
            text: step.text.clone(),
            rule: step.rule.as_deref().map(|id| self.rule(id, product)),
            places: self.places(&step.evidence),
            ..Item::default()
        };
        working.steps.iter().map(step).collect()
    }

    /// A rule with its source: terms, grants, rules of copies that stand by, ambiguities and recognition by id, then the product's clauses.
    pub fn rule(&self, id: &str, product: &str) -> RuleNote {
        let known = self.terms_or_grant(id).or_else(|| self.clause(id, product)).or_else(|| self.named_elsewhere(id));
        known.unwrap_or_else(|| RuleNote { id: id.to_owned(), source: None, verified: None, file: None })
    }

    fn terms_or_grant(&self, id: &str) -> Option<RuleNote> {
        self.rules.products.values().find_map(|product| {
            let terms = product.terms.iter().find(|terms| terms.id == id);
            let grant = product.grants.iter().find(|grant| grant.id == id);
            let passive = product.passive.iter().find(|passive| passive.id == id);
            let passive = passive.map(|passive| note(id, &passive.source, Some(passive.verified), &product.path));
            terms
                .map(|terms| note(id, &terms.source, Some(terms.verified), &product.path))
                .or_else(|| grant.map(|grant| note(id, &grant.source, Some(grant.verified), &product.path)))
                .or(passive)
        })
    }

    /// A clause of the product's own terms, else one that holds for every product, else one of another product's terms.
    fn clause(&self, id: &str, product: &str) -> Option<RuleNote> {
        let own = self.rules.products.get(product).and_then(|product| clause_of(id, product));
        let general = || {
            let clause = self.rules.clauses.get(id)?;
            Some(note(id, &format!("{}: {}", clause.title, clause.source), Some(clause.verified), &clause.path))
        };
        own.or_else(general).or_else(|| self.rules.products.values().find_map(|product| clause_of(id, product)))
    }

    fn named_elsewhere(&self, id: &str) -> Option<RuleNote> {
        let ambiguity = self.rules.ambiguities.get(id).map(|ambiguity| {
            let source = format!("{}: {}", ambiguity.title, ambiguity.source);
            note(id, &source, Some(ambiguity.verified), "rules/ambiguities.toml")
        });
        let foundation = || {
            let found = self.rules.foundations.get(id)?;
            Some(note(id, &found.source, Some(found.verified), &found.path))
        };
        ambiguity.or_else(foundation).or_else(|| {
            let has = |product: &&Product| {
                let patterns = product.recognise.iter().chain(&product.components).chain(&product.not_licensable);
                patterns.into_iter().any(|pattern| pattern.id == id)
            };
            self.rules.products.values().find(has).map(|product| note(id, &"recognition rule", None, &product.path))
        })
    }

    /// `Windows Server Standard 2016`.
    pub fn name(&self, product: &str, edition: Option<&str>, version: Option<&str>) -> String {
        self.outcome.names.licence(product, edition, version)
    }

    /// A release's name.
    pub fn version(&self, product: &str, release: usize) -> String {
        let name = self.rules.products.get(product).map(|product| product.version_name(release)).unwrap_or_default();
        if name.is_empty() { format!("release {}", release + 1) } else { name.to_owned() }
    }

    /// The release of this name, as index.
    pub fn release(&self, product: &str, version: &str) -> Option<usize> {
        let releases = 0..self.rules.products.get(product)?.releases.len();
        releases.into_iter().find(|&release| self.version(product, release) == version)
    }

    /// `Windows Server Standard 2016`.
    pub fn line_name(&self, line: &Line) -> String {
        let version = line.version.map(|release| self.version(&line.product, release));
        self.name(&line.product, line.edition.as_deref(), version.as_deref())
    }

    /// `Windows Server Standard 2012`, as printed on the licence.
    pub fn form_name(&self, form: &Form) -> String {
        let version = form.printed.map(|release| self.version(&form.product, release));
        self.name(&form.product, form.edition.as_deref(), version.as_deref())
    }

    /// The purchase line of an entitlement, where the outcome kept it.
    pub fn purchase(&self, entitlement: &Entitlement) -> Option<&'a PurchaseLine> {
        self.outcome.purchases.get(entitlement.line)
    }

    /// The order number of an entitlement's purchase line, else its key.
    pub fn reference(&self, entitlement: &Entitlement) -> String {
        let reference = self.purchase(entitlement).and_then(|line| line.reference.clone());
        reference.unwrap_or_else(|| entitlement.key.0.clone())
    }

    /// The way chosen for a requirement, with its index.
    pub fn chosen(&self, requirement: usize) -> Option<(usize, &'a Alternative)> {
        let chosen = &self.assessment.chosen;
        let in_order = chosen.get(requirement).filter(|chosen| chosen.requirement == requirement);
        let chosen = in_order.or_else(|| chosen.iter().find(|chosen| chosen.requirement == requirement))?;
        let requirement = self.assessment.requirements.get(requirement)?;
        Some((chosen.alternative, requirement.alternatives.get(chosen.alternative)?))
    }

    /// Units spent on a line of a requirement's chosen way.
    pub fn spent(&self, requirement: usize, line: usize) -> u32 {
        let spent = self.assessment.allocations.iter();
        let spent = spent.filter(|spent| spent.requirement == requirement && spent.line == line);
        spent.map(|spent| spent.units).sum()
    }

    /// Hosts, each with what is known of it and the places that say so.
    pub fn hosts(&self, ids: impl IntoIterator<Item = HostId>) -> Vec<Item> {
        let mut ids: Vec<HostId> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| self.host(id)).collect()
    }

    fn host(&self, id: HostId) -> Option<Item> {
        self.outcome.host(id).map(|host| self.host_item(host))
    }

    /// A host with what is known of it and the places that say so.
    pub fn host_item(&self, host: &HostSummary) -> Item {
        let placement = host.placement.as_ref().map(|placement| format!(", {placement}")).unwrap_or_default();
        let seen = host.last_seen.map(|day| format!(", last seen {day}")).unwrap_or_default();
        let mut known = self.facts(host);
        known.extend(joined(host));
        let text = format!("{} ({}): {}{placement}{seen}", host.name, host.organisation, host.machine);
        Item::say(text).at(self.places(&host.evidence)).with(known)
    }

    /// What licensing counts by on a host: each fact with the place that states it, and what contradicts it.
    pub fn facts(&self, host: &HostSummary) -> Vec<Item> {
        let at = |place: &Option<Locator>| {
            place.as_ref().map_or_else(Vec::new, |place| self.places(std::slice::from_ref(place)))
        };
        let against = |(value, place): &(String, Option<Locator>)| {
            Item::say(format!("another source of the same rank and day says: {value}")).at(at(place))
        };
        let fact = |fact: &HostFact| {
            Item::say(format!("{}: {}", fact.name, fact.value))
                .at(at(&fact.evidence))
                .with(fact.against.iter().map(against).collect())
        };
        host.facts.iter().map(fact).collect()
    }

    /// Names of hosts in one line.
    pub fn host_names(&self, ids: &[HostId]) -> String {
        let names: Vec<&str> =
            ids.iter().filter_map(|&id| self.outcome.host(id)).map(|host| host.name.as_str()).collect();
        names.join(", ")
    }
}

/// The rules by which several sources were taken for one host.
pub(super) fn joined(host: &HostSummary) -> Vec<Item> {
    host.joined_by.iter().map(|rule| Item::say(format!("sources joined by: {rule}"))).collect()
}

/// A section of an explanation.
pub(super) fn section(heading: impl Into<String>, items: Vec<Item>) -> Section {
    Section { heading: heading.into(), items }
}

/// A figure with commas between thousands.
pub(super) fn figure(name: &'static str, value: u32) -> Figure {
    Figure { name, value: count(value) }
}

/// A count with commas between thousands.
pub(super) fn count(units: u32) -> String {
    thousands(u64::from(units))
}

/// `72 cores`: units of a metric.
pub(super) fn units(units: u32, metric: Metric) -> String {
    metric.units(u64::from(units))
}

fn note(id: &str, source: &dyn std::fmt::Display, verified: Option<bool>, file: &str) -> RuleNote {
    RuleNote { id: id.to_owned(), source: Some(source.to_string()), verified, file: Some(file.to_owned()) }
}

fn clause_of(id: &str, product: &Product) -> Option<RuleNote> {
    let terms = product.terms.iter().find(|terms| terms.clauses.iter().any(|clause| clause == id))?;
    Some(note(id, &terms.source, Some(terms.verified), &product.path))
}
