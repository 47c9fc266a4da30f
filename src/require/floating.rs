//! Guests licensed by themselves, which float between the hosts of their farm (WS-R8, WS-R9).
//!
//! All guests of hosts that share any are licensed together. That is lawful with Software Assurance or a subscription on
//! the core licences and on all access licences, and gives no right to run the product on a host itself. Without proof
//! it is listed beside the host ways; with proof it competes with them for the hosts as a whole. Keys: `guest_minimum`,
//! `customer_minimum`, `sold`, `alternative_only`.

use std::collections::BTreeMap;

use crate::model::{Alternative, Answer, Basis, Entitlement, HostId, Key, Refusal, Requirement, Scope, Working};
use crate::rules::{Method, Product, Terms};

use super::deployment::Deployed;
use super::host_scope::HostLoad;
use super::ways_by_guest::ways_by_guest;
use super::{Ground, access, grace, mixed_by_guest};

/// What the hosts of one farm carry.
pub(super) struct Farm<'d> {
    /// Requirement of each host, with its host.
    pub hosts: Vec<(HostId, Requirement)>,
    /// What may run on each of them.
    pub loads: Vec<(HostId, &'d HostLoad<'d>)>,
    /// Guests on any of them, each once.
    pub guests: Vec<&'d Deployed>,
    /// An operating system of a host itself, where one runs the product.
    pub physical: Option<&'d Deployed>,
}

/// Adds the ways by guest to the requirements of farms; a farm with proof becomes one requirement.
pub(super) fn with_ways_by_guest(ground: &Ground<'_>, product: &Product, farms: Vec<Farm<'_>>) -> Vec<Requirement> {
    let mut requirements = Vec::new();
    for farm in farms {
        let organisation = farm.hosts[0].1.organisation.clone();
        let ways = ways(ground, product, &farm, &organisation);
        let lawful = ways.iter().any(|way| !way.listed_only);
        let mut hosts = farm.hosts.into_iter();
        let Some((_, mut first)) = hosts.next() else { continue };
        if lawful {
            let others: Vec<Requirement> = hosts.map(|(_, other)| other).collect();
            if !others.is_empty() {
                first = together(ground, product, first, &others);
            }
            first.alternatives.extend(ways);
            requirements.push(first);
            continue;
        }
        // Listed once for the farm; its other hosts need nothing more then.
        let mut elsewhere = Working::default();
        elsewhere.say(format!("Counted with {}, for all hosts that share these guests.", first.scope.name()));
        let nothing_more = |way: &Alternative| {
            let lines = Vec::new();
            Alternative { lines, working: elsewhere.clone(), ..way.clone() }
        };
        let ways_of_others: Vec<Alternative> = ways.iter().map(nothing_more).collect();
        for (_, mut other) in hosts {
            other.alternatives.extend(ways_of_others.iter().cloned());
            requirements.push(other);
        }
        first.alternatives.extend(ways);
        requirements.push(first);
    }
    raise_to_customer_minimum(ground, product, &mut requirements);
    requirements
}

/// Terms by guest for machines of the customer's own.
pub(super) fn by_guest<'p>(ground: &Ground<'_>, product: &'p Product) -> impl Iterator<Item = &'p Terms> {
    let as_of = ground.as_of;
    product.terms.iter().filter(move |terms| terms.method == Method::GuestCores && terms.concerns(None, as_of))
}

/// The guests of a farm by their virtual cores, one way for each edition, and together with sets of the hosts' cores:
/// listed without proof, else in the running.
fn ways(ground: &Ground<'_>, product: &Product, farm: &Farm<'_>, organisation: &str) -> Vec<Alternative> {
    let hosts: Vec<HostId> = farm.hosts.iter().map(|(id, _)| *id).collect();
    let mut ways = Vec::new();
    for terms in by_guest(ground, product) {
        let right =
            Right { ground, product, terms, organisation, grace: grace(ground, product, terms, farm, organisation) };
        let refused = right.refusal();
        let proved = refused.is_none() && right.proved();
        for way in ways_by_guest(ground, product, terms, &farm.guests, &hosts, right.grace) {
            let own = way.refused.clone().or_else(|| right.no_right_for_host(farm));
            let refused = own.or_else(|| refused.clone());
            ways.push(Alternative { listed_only: !proved || refused.is_some(), refused, ..way });
        }
        for way in mixed_by_guest::ways(ground, product, terms, farm, right.grace) {
            let refused = refused.clone().or_else(|| mixing_refused(ground, product, farm, organisation, proved));
            ways.push(Alternative { listed_only: !proved, refused, ..way });
        }
    }
    ways
}

/// Whether guests that relied on Software Assurance are given time to move (D-23).
fn grace(ground: &Ground<'_>, product: &Product, terms: &Terms, farm: &Farm<'_>, organisation: &str) -> bool {
    let guests: Vec<HostId> = farm.guests.iter().map(|one| one.host).collect();
    // Without the other proofs no guest could be licensed by itself anyway.
    let matters = |right: &Entitlement| {
        right.forms.iter().any(|form| form.metric == terms.metric)
            && is_known(ground, product, organisation)
            && access::assured(ground, product, organisation, true)
    };
    grace::allowed(ground, product, organisation, &guests, matters)
}

/// Why sets of a host's cores and licences by guest may not stand on one host: the publisher's reading (D-05). Without
/// proof for the guests the way is only listed, and no question hangs on it.
fn mixing_refused(
    ground: &Ground<'_>,
    product: &Product,
    farm: &Farm<'_>,
    organisation: &str,
    proved: bool,
) -> Option<Refusal> {
    let hosts: Vec<HostId> = farm.hosts.iter().map(|(id, _)| *id).collect();
    let answer = if proved {
        ground.asker.ask("D-05", organisation, &product.family, &hosts)
    } else {
        ground.asker.answer("D-05", organisation, &product.family)
    };
    let reason = "licences by core and by guest may not stand together on one server".to_owned();
    (answer == Answer::Strict).then(|| Refusal { rule: "D-05".into(), reason })
}

/// The right of an organisation to license guests by themselves.
struct Right<'a> {
    ground: &'a Ground<'a>,
    product: &'a Product,
    terms: &'a Terms,
    organisation: &'a str,
    /// Software Assurance that ran out lately will do.
    grace: bool,
}

impl Right<'_> {
    /// Why there is none, whatever the farm.
    fn refusal(&self) -> Option<Refusal> {
        if !self.terms.sold_on(self.ground.as_of) {
            return self.refuse(format!("these terms were not in force on {}", self.ground.as_of));
        }
        let cores = self.owned(self.terms);
        if !cores.is_empty() && cores.iter().all(|assured| !assured) {
            return self.refuse("no core licence owned carries Software Assurance".into());
        }
        if !self.accesses_assured() && has_access_licences(self.ground, self.product, self.organisation) {
            return self.refuse("not all access licences that are needed carry Software Assurance".into());
        }
        None
    }

    /// Why a farm needs more than that: an operating system of a host itself.
    fn no_right_for_host(&self, farm: &Farm<'_>) -> Option<Refusal> {
        let one = farm.physical?;
        let name = &self.ground.estate.host(one.host).name;
        self.refuse(format!("it gives {name} no right to run {} itself ({})", self.product.name, one.text))
    }

    fn refuse(&self, reason: String) -> Option<Refusal> {
        Some(Refusal { rule: self.terms.id.clone(), reason })
    }

    /// Whether core licences with Software Assurance are owned, and the access that needs licences is known and assured.
    fn proved(&self) -> bool {
        let cores = by_guest(self.ground, self.product).any(|terms| self.owned(terms).contains(&true));
        is_known(self.ground, self.product, self.organisation) && cores && self.accesses_assured()
    }

    fn accesses_assured(&self) -> bool {
        access::assured(self.ground, self.product, self.organisation, self.grace)
    }

    /// Licences of the metric that the organisation may draw on: whether each carries Software Assurance.
    fn owned(&self, terms: &Terms) -> Vec<bool> {
        self.ground
            .owned
            .iter()
            .filter(|right| right.may_be_drawn_by(self.organisation))
            .filter(|right| {
                right.forms.iter().any(|form| form.product == self.product.id && form.metric == terms.metric)
            })
            .map(|right| right.sa_active || self.grace && right.sa_lapsed_lately)
            .collect()
    }
}

/// Whether anybody says who reaches the product's servers.
fn is_known(ground: &Ground<'_>, product: &Product, organisation: &str) -> bool {
    ground.estate.accesses.iter().any(|access| access.product == product.id && access.organisation == organisation)
}

/// Whether any access licence for the product is owned.
fn has_access_licences(ground: &Ground<'_>, product: &Product, organisation: &str) -> bool {
    let serves = |id: &str| {
        ground.rules.products.get(id).is_some_and(|cal| {
            cal.terms.iter().any(|terms| terms.method == Method::Access && terms.serves.as_ref() == Some(&product.id))
        })
    };
    ground.estate.purchases.iter().any(|line| line.organisation == organisation && serves(&line.product))
}

/// More mixes of ways than this add nothing a person would look at; the bound keeps the choice small.
const MOST_MIXES: usize = 64;

/// The hosts of a farm as one requirement: what every host has a way for, taken together, and the hosts by different ways.
fn together(ground: &Ground<'_>, product: &Product, first: Requirement, others: &[Requirement]) -> Requirement {
    let mut alternatives = Vec::new();
    for way in &first.alternatives {
        let same = |other: &&Alternative| {
            (&other.product, &other.edition, other.metric, other.basis)
                == (&way.product, &way.edition, way.metric, way.basis)
        };
        let rest: Option<Vec<&Alternative>> =
            others.iter().map(|requirement| requirement.alternatives.iter().find(same)).collect();
        let Some(rest) = rest else { continue };
        alternatives.push(joined(way, &rest));
    }
    alternatives.extend(mixes(ground, &first, others));
    let mut working = first.working.clone();
    let mut hosts = first.hosts.clone();
    for other in others {
        working.steps.extend(other.working.steps.iter().cloned());
        hosts.extend(&other.hosts);
    }
    hosts.sort();
    hosts.dedup();
    let cluster = hosts.iter().find_map(|&id| ground.estate.host(id).cluster.clone());
    let scope = Scope::Cluster(cluster.unwrap_or_else(|| first.scope.name()));
    Requirement {
        key: Key::new("requirement", &[&first.organisation, &scope.name(), &product.id]),
        scope,
        hosts,
        alternatives,
        working,
        ..first
    }
}

/// A way of one host and those of others as one.
fn joined(way: &Alternative, rest: &[&Alternative]) -> Alternative {
    let mut joint = way.clone();
    for other in rest {
        joint.lines.extend(other.lines.iter().cloned());
        joint.working.steps.extend(other.working.steps.iter().cloned());
        joint.refused = joint.refused.take().or_else(|| other.refused.clone());
        joint.sold &= other.sold;
        joint.higher_edition |= other.higher_edition;
    }
    joint
}

/// Some hosts by one way and the rest by others, among the lawful ways of which some licences are owned: every combination
/// where these are few, else so many of the first hosts by one way and the rest by another.
fn mixes(ground: &Ground<'_>, first: &Requirement, others: &[Requirement]) -> Vec<Alternative> {
    let hosts: Vec<&Requirement> = std::iter::once(first).chain(others).collect();
    let open: Vec<Vec<&Alternative>> = hosts
        .iter()
        .map(|host| host.alternatives.iter().filter(|way| way.counts() && some_owned(ground, way)).collect())
        .collect();
    let combinations = open.iter().try_fold(1_usize, |product, ways| product.checked_mul(ways.len()));
    let mut chosen: Vec<Vec<&Alternative>> = Vec::new();
    if combinations.is_some_and(|combinations| combinations <= MOST_MIXES) {
        chosen.push(Vec::new());
        for ways in &open {
            let with_each = |taken: Vec<_>| ways.iter().map(move |&way| [&taken[..], &[way]].concat());
            chosen = chosen.into_iter().flat_map(with_each).collect();
        }
    } else {
        let name = |way: &Alternative| (way.product.clone(), way.edition.clone(), way.metric, way.basis);
        let at = |host: usize, named: &Alternative| open[host].iter().copied().find(|way| name(way) == name(named));
        for one in &open[0] {
            for other in open[0].iter().filter(|other| name(other) != name(one)) {
                for split in 1..hosts.len() {
                    let ways = (0..hosts.len()).map(|host| at(host, if host < split { one } else { other }));
                    chosen.extend(ways.collect::<Option<Vec<&Alternative>>>());
                }
            }
        }
        chosen.truncate(MOST_MIXES);
    }
    let differ = |ways: &&Vec<&Alternative>| {
        ways.iter()
            .any(|way| (&way.edition, way.metric, way.basis) != (&ways[0].edition, ways[0].metric, ways[0].basis))
    };
    let mixed =
        |ways: &Vec<&Alternative>| Alternative { edition: None, basis: Basis::Mixed, ..joined(ways[0], &ways[1..]) };
    chosen.iter().filter(differ).map(mixed).collect()
}

/// Whether licences of every product, edition and metric of a way are owned.
fn some_owned(ground: &Ground<'_>, way: &Alternative) -> bool {
    way.lines.iter().all(|line| {
        let mut forms = ground.owned.iter().flat_map(|owned| &owned.forms);
        forms.any(|form| {
            *form.product == *line.product
                && form.metric == line.metric
                && form.edition.as_deref() == line.edition.as_deref()
        })
    })
}

/// While a least number of units a customer was in force, the first farm's way carries what the sum lacks (WS-R9).
fn raise_to_customer_minimum(ground: &Ground<'_>, product: &Product, requirements: &mut [Requirement]) {
    for terms in by_guest(ground, product) {
        let least = match terms.customer_minimum {
            Some((units, from, until)) if from <= ground.as_of && ground.as_of <= until => units,
            _ => continue,
        };
        let mut sums: BTreeMap<(String, Option<String>), u32> = BTreeMap::new();
        let is_by_guest = |way: &&mut Alternative| way.basis == Basis::Guest && !way.lines.is_empty();
        for requirement in requirements.iter_mut() {
            let organisation = requirement.organisation.clone();
            for way in requirement.alternatives.iter_mut().filter(is_by_guest) {
                *sums.entry((organisation.clone(), way.edition.clone())).or_default() += way.units();
            }
        }
        for requirement in requirements.iter_mut() {
            let organisation = requirement.organisation.clone();
            for way in requirement.alternatives.iter_mut().filter(is_by_guest) {
                let Some(sum) = sums.remove(&(organisation.clone(), way.edition.clone())) else { continue };
                if sum < least {
                    way.lines[0].units += least - sum;
                    way.working.by_rule(&terms.id, format!("At least {least} cores a customer: {} more.", least - sum));
                }
            }
        }
    }
}
