//! The last net: an installation that has terms, needs a licence, and on which no need rests and of which no other finding
//! speaks. Whatever the reason is, it is named and never taken for zero.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::{HashMap, HashSet};

use crate::model::{Answer, Assessment, Finding, Host, HostId, Installation, Key, Locator, Machine, QuestionKey};
use crate::rules::Product;

use super::Ground;

/// Kind of the findings that say who uses a product is not known.
const PEOPLE_UNKNOWN: &str = "people-unknown";

/// At most so many machines are named in one finding.
const MACHINES_NAMED: usize = 5;

/// One finding for each product of an organisation, beside those found already.
pub(super) fn findings(ground: &Ground<'_>, strict: &Assessment, known: &[Finding]) -> Vec<Finding> {
    let needs = Needs::of(strict);
    let mut gaps: BTreeMap<(&str, &str), Vec<(&Host, &Installation)>> = BTreeMap::new();
    for product in ground.rules.products.values().filter(|product| !product.terms.is_empty()) {
        let by_access = families_of_access(ground, product);
        for (id, host, install) in ground.installs_of(&product.id) {
            if !needs.rest_on(product, &by_access, id, host) && !is_free(product, host, install) {
                gaps.entry((&host.organisation, &product.id)).or_default().push((host, install));
            }
        }
    }
    let told: BTreeSet<&Key> = known.iter().map(|finding| &finding.key).filter(|key| is_of_people(key)).collect();
    gaps.retain(|(organisation, product), _| !told.contains(&Key::new(PEOPLE_UNKNOWN, &[organisation, product])));
    gaps.into_iter().map(|((organisation, id), found)| finding(ground, organisation, id, &found)).collect()
}

/// Whether a finding says that the people of a product are not known.
fn is_of_people(key: &Key) -> bool {
    key.0.strip_prefix(PEOPLE_UNKNOWN).is_some_and(|rest| rest.starts_with(':'))
}

fn finding(ground: &Ground<'_>, organisation: &str, id: &str, found: &[(&Host, &Installation)]) -> Finding {
    let name = ground.rules.products.get(id).map_or(id, |product| product.name.as_str());
    let machines: BTreeSet<&str> = found.iter().map(|(host, _)| host.name.as_str()).collect();
    let named: Vec<&str> = machines.iter().copied().take(MACHINES_NAMED).collect();
    let more = match machines.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let evidence: Vec<Locator> = found.iter().filter_map(|(_, install)| install.evidence.clone()).collect();
    Finding {
        key: Key::new("not-counted", &[organisation, id]),
        organisation: organisation.to_owned(),
        text: format!(
            "{name} on {}{more}: the records do not say enough to count what it needs; it is counted nowhere.",
            named.join(", ")
        ),
        evidence,
    }
}

/// Free editions and parts, and machines for tests: where somebody without a subscription for that uses one, it is needed.
fn is_free(product: &Product, host: &Host, install: &Installation) -> bool {
    let free = |edition: &String| product.free_editions.contains(edition);
    let comes_with_device = |edition: &String| product.with_device.contains(edition);
    install.edition.value().is_some_and(free)
        || host.machine == Machine::Physical && install.edition.value().is_some_and(comes_with_device)
        || install.component.as_ref().is_some_and(|component| product.free_components.contains(component))
        || host.is_for_tests() && !host.used_by.is_empty()
}

/// Families of what licenses a product by the access to it, where it runs in guests.
fn families_of_access<'a>(ground: &Ground<'a>, product: &Product) -> Vec<&'a str> {
    let serves = |other: &&Product| {
        other.terms.iter().any(|terms| terms.serves_guests_only && terms.serves.as_ref() == Some(&product.id))
    };
    ground.rules.products.values().filter(serves).map(|other| other.family.as_str()).collect()
}

/// Which machines and organisations the needs and settled questions of each family rest on.
struct Needs<'a> {
    machines: HashMap<&'a str, HashSet<HostId>>,
    organisations: BTreeSet<(&'a str, &'a str)>,
    /// Organisations with needs that count people rather than machines.
    of_people: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Needs<'a> {
    fn of(assessment: &'a Assessment) -> Self {
        let mut needs = Self { machines: HashMap::new(), organisations: BTreeSet::new(), of_people: BTreeSet::new() };
        // What somebody answered in the customer's favour may leave a machine out, and stands with the questions.
        let answered =
            |question: &QuestionKey| assessment.reading.fixed.get(question).copied() == Some(Answer::Customer);
        for (question, hosts) in assessment.questions.iter().filter(|(question, _)| answered(question)) {
            needs.machines.entry(&question.product).or_default().extend(hosts);
        }
        for need in &assessment.requirements {
            needs.machines.entry(&need.family).or_default().extend(&need.hosts);
            needs.organisations.insert((&need.family, &need.organisation));
            if need.hosts.is_empty() {
                needs.of_people.insert((&need.family, &need.organisation));
            }
        }
        needs
    }

    /// Whether one of them rests on a machine, on the one whose container it is, or on everybody in its organisation. A
    /// product that is counted by what it manages is not needed where it is installed itself.
    fn rest_on(&self, product: &Product, by_access: &[&str], id: HostId, host: &Host) -> bool {
        let family = product.family.as_str();
        let organisation = (family, host.organisation.as_str());
        let machines = self.machines.get(family);
        let concerns = |id: &HostId| machines.is_some_and(|machines| machines.contains(id));
        // What runs in guests may be licensed by the access to it.
        let accessed = || by_access.iter().any(|family| self.of_people.contains(&(family, host.organisation.as_str())));
        concerns(&id)
            || host.container_of.as_ref().is_some_and(concerns)
            || self.of_people.contains(&organisation)
            || product.counts_managed && self.organisations.contains(&organisation)
            || host.machine != Machine::Physical && accessed()
    }
}
