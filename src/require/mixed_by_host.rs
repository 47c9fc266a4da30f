//! All cores of some hosts for the guests that stay on them, and the others licensed by themselves (SQ-R6 to SQ-R8).
//!
//! Only where licences are owned that carry guests in this way: nobody would buy such a mix. Which hosts are tried follows
//! from where guests may run, which guests from their versions and, without Software Assurance, from the units a host has.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::model::{Alternative, Basis, HostId, Line, Working};
use crate::rules::{Method, Product, Right, Terms};

use super::Ground;
use super::deployment::Deployed;
use super::guest_cores::guest_units;
use super::guest_groups::{Group, is_guest};
use super::own_ways::first_own_ways;
use super::processor_count::covering;

/// More sets of hosts, versions or ways of the others than this add nothing a person would look at; the bound keeps the choice small.
const MOST: usize = 6;

type Member<'d> = (&'d Deployed, Vec<HostId>);

/// Every such mix of a group, with each way of the guests that are left.
pub(super) fn ways(ground: &Ground<'_>, product: &Product, group: &Group<'_>, carriers: &Carriers) -> Vec<Alternative> {
    let mut ways: Vec<Alternative> = Vec::new();
    let Some((first, _)) = group.members.first() else { return ways };
    let organisation = &ground.estate.host(first.host).organisation;
    let serving = product.terms.iter().enumerate().filter(|(_, terms)| terms.method == Method::HostCores);
    for (index, terms) in serving {
        for right in terms.rights.iter().filter(|right| right.guest_a_unit || right.unlimited_with_sa) {
            let owned = carriers.owned(ground, product, terms, right, organisation);
            if owned == 0 {
                continue;
            }
            let mix = Mix { ground, product, group, index, terms, right };
            for hosts in host_sets(group) {
                for newest in versions(group) {
                    for carrying in carryings(right, owned) {
                        ways.extend(mix.ways(&hosts, newest, carrying));
                    }
                }
            }
        }
    }
    let mut different: Vec<Alternative> = Vec::new();
    for way in ways {
        if !different.iter().any(|known| known.lines == way.lines) {
            different.push(way);
        }
    }
    different
}

/// How the cores of a host carry guests.
#[derive(Clone, Copy)]
enum Carrying {
    /// Any number, while Software Assurance runs.
    Assured,
    /// One a unit, of as many units as the host has cores, or as are owned where that is more.
    AUnit(u32),
}

fn carryings(right: &Right, owned: u32) -> Vec<Carrying> {
    let mut found = Vec::new();
    if right.unlimited_with_sa {
        found.push(Carrying::Assured);
    }
    if right.guest_a_unit {
        found.extend([Carrying::AUnit(0), Carrying::AUnit(owned)]);
    }
    found
}

/// Units owned that carry guests, by organisation and terms with edition; each is counted once.
#[derive(Default)]
pub(super) struct Carriers(RefCell<BTreeMap<(String, String, String), u32>>);

impl Carriers {
    /// Units owned of an edition that an organisation may draw on.
    fn owned(&self, ground: &Ground<'_>, product: &Product, terms: &Terms, right: &Right, organisation: &str) -> u32 {
        let key = (organisation.to_owned(), terms.id.clone(), right.edition.clone());
        *self.0.borrow_mut().entry(key).or_insert_with(|| {
            let rights = ground.owned.iter().filter(|owned| owned.may_be_drawn_by(organisation));
            let forms = rights.flat_map(|owned| &owned.forms).filter(|form| {
                form.product == product.id
                    && form.metric == terms.metric
                    && form.edition.as_ref() == Some(&right.edition)
                    && form.only_terms.is_empty()
            });
            forms.map(|form| form.units).sum()
        })
    }
}

/// Hosts whose cores may be licensed together: those some guest may run on, and all of them.
fn host_sets(group: &Group<'_>) -> Vec<Vec<HostId>> {
    let mut sets: Vec<Vec<HostId>> = vec![group.hosts.clone()];
    for (_, hosts) in &group.members {
        if sets.len() < MOST && !hosts.is_empty() && !sets.contains(hosts) {
            sets.push(hosts.clone());
        }
    }
    sets
}

/// The newest version carried: any, or that of some member.
fn versions(group: &Group<'_>) -> Vec<Option<usize>> {
    let mut versions: Vec<Option<usize>> = group.members.iter().map(|(one, _)| one.version).collect();
    versions.sort_unstable();
    versions.dedup();
    // The newest of all leaves nobody out.
    versions.pop();
    versions.retain(Option::is_some);
    versions.truncate(MOST);
    versions.push(None);
    versions
}

struct Mix<'a> {
    ground: &'a Ground<'a>,
    product: &'a Product,
    group: &'a Group<'a>,
    index: usize,
    terms: &'a Terms,
    right: &'a Right,
}

impl Mix<'_> {
    /// The mix with each way of what the hosts do not carry; none where they carry everything or nothing.
    fn ways(&self, hosts: &[HostId], newest: Option<usize>, carrying: Carrying) -> Vec<Alternative> {
        let carried = self.carried(hosts, newest, carrying);
        let is_carried = |one: &Deployed| carried.iter().any(|(other, _)| other.host == one.host);
        let guests = carried.iter().filter(|(one, _)| is_guest(self.ground, one)).count();
        let rest: Vec<Member<'_>> = self
            .group
            .members
            .iter()
            .filter(|(one, _)| !is_carried(one) && !self.stands_by_for(one, &carried, carrying))
            .cloned()
            .collect();
        if guests == 0 || rest.is_empty() && carried.len() == self.group.members.len() {
            return Vec::new();
        }
        let version = carried.iter().filter_map(|(one, _)| one.version).max();
        if !self.terms.serves_version(version) {
            return Vec::new();
        }
        let mut working = Working::default();
        let lines: Vec<Line> =
            hosts.iter().map(|&host| self.line(host, version, &carried, carrying, &mut working)).collect();
        if rest.is_empty() {
            return vec![self.alternative(lines, None, working)];
        }
        let left = rest.iter().map(|(one, _)| one.host).collect::<Vec<_>>();
        let stand_bys = self
            .group
            .stand_bys
            .iter()
            .filter(|(copy, stand_by)| left.contains(copy) && left.contains(&stand_by.primary));
        let rest = Group {
            hosts: self.group.hosts.clone(),
            members: rest,
            stand_bys: stand_bys.map(|(copy, stand_by)| (*copy, *stand_by)).collect(),
        };
        let by_themselves = first_own_ways(self.ground, self.product, &rest, MOST);
        let lawful = by_themselves.into_iter().filter(|way| way.counts() && (way.sold || self.some_owned(way)));
        lawful.take(MOST).map(|way| self.alternative(lines.clone(), Some(way), working.clone())).collect()
    }

    /// Whether licences of every metric of a way are owned: what is not sold today, or would not be bought, counts only then.
    fn some_owned(&self, way: &Alternative) -> bool {
        way.lines.iter().all(|line| {
            let mut owned = self.ground.owned.iter().flat_map(|owned| &owned.forms);
            owned.any(|form| *form.product == *line.product && form.metric == line.metric && form.units > 0)
        })
    }

    /// Guests and operating systems that the cores of these hosts carry, those that need the edition first.
    fn carried(&self, hosts: &[HostId], newest: Option<usize>, carrying: Carrying) -> Vec<Member<'_>> {
        let stays = |(one, reach): &&Member<'_>| {
            reach.iter().all(|host| hosts.contains(host))
                && newest.is_none_or(|newest| one.version.is_none_or(|version| version <= newest))
                && self.product.edition_serves(&self.right.edition, &one.edition)
                && one.basis.as_deref().is_none_or(|basis| basis == "core")
        };
        let mut members: Vec<Member<'_>> = self.group.members.iter().filter(stays).cloned().collect();
        let Carrying::AUnit(owned) = carrying else { return members };
        members.sort_by_key(|(one, _)| {
            let rank = self.product.edition_rank(&one.edition);
            let units =
                guest_units(self.ground, self.product, self.terms, one.host, self.ground.estate.host(one.host)).0;
            (is_guest(self.ground, one), std::cmp::Reverse((rank, units)), one.host)
        });
        let mut places: Vec<(HostId, u32)> = hosts
            .iter()
            .map(|&host| (host, self.cores(host).0.max(if hosts.len() == 1 { owned } else { 0 })))
            .collect();
        members.retain(|(one, reach)| {
            if !is_guest(self.ground, one) {
                return true;
            }
            let fits = places.iter().all(|(host, left)| !reach.contains(host) || *left > 0);
            if fits {
                places.iter_mut().filter(|(host, _)| reach.contains(host)).for_each(|(_, left)| *left -= 1);
            }
            fits
        });
        members
    }

    /// Whether a copy stands by for a carried machine and is no larger: free with it (SQ-R13, SQ-R15).
    fn stands_by_for(&self, one: &Deployed, carried: &[Member<'_>], carrying: Carrying) -> bool {
        let Some(stand_by) = self.group.stand_bys.get(&one.host) else { return false };
        let assured = matches!(carrying, Carrying::Assured);
        let size = |id: HostId| guest_units(self.ground, self.product, self.terms, id, self.ground.estate.host(id)).0;
        (assured || !stand_by.rule.needs_sa)
            && carried.iter().any(|(primary, _)| primary.host == stand_by.primary)
            && size(one.host) <= size(stand_by.primary)
    }

    fn cores(&self, id: HostId) -> (u32, String) {
        covering(self.ground, self.product, self.terms, id, self.ground.estate.host(id))
    }

    fn line(
        &self,
        id: HostId,
        version: Option<usize>,
        carried: &[Member<'_>],
        carrying: Carrying,
        working: &mut Working,
    ) -> Line {
        let (cores, text) = self.cores(id);
        let host = self.ground.estate.host(id);
        working.by_rule_and_facts(&self.terms.id, text, self.ground.stated(id));
        let guests = carried.iter().filter(|(one, reach)| is_guest(self.ground, one) && reach.contains(&id)).count();
        let guests = u32::try_from(guests).unwrap_or(u32::MAX);
        let (units, text) = match carrying {
            Carrying::Assured => {
                (cores, format!("With Software Assurance they carry all {guests} guests that stay on {}.", host.name))
            }
            Carrying::AUnit(_) => {
                let units = cores.max(guests);
                (
                    units,
                    format!(
                        "Each core licence of {} carries one guest: max({cores}, {guests} guests) = {units}; the others are licensed by themselves.",
                        host.name
                    ),
                )
            }
        };
        working.by_rule(&self.terms.id, text);
        Line {
            version,
            hosts: [id].into(),
            accepts: self.ground.shared.accepts(
                self.product,
                &[self.index],
                matches!(carrying, Carrying::Assured),
                false,
            ),
            ..Line::new(&self.product.id, Some(&self.right.edition), self.terms.metric, units)
        }
    }

    /// Hosts and what is left, as one way.
    fn alternative(&self, mut lines: Vec<Line>, rest: Option<Alternative>, mut working: Working) -> Alternative {
        let assured = lines.iter().any(|line| line.accepts.iter().all(|accepted| accepted.needs_sa));
        let mut conditions: Vec<String> = Vec::new();
        if assured {
            conditions.push("Software Assurance in force on every core licence of the hosts".into());
        }
        let (mut conditional, mut companions, mut unstated) = (assured, Vec::new(), None);
        if let Some(rest) = rest {
            lines.extend(rest.lines);
            working.steps.extend(rest.working.steps);
            conditional |= rest.conditional;
            conditions.extend(rest.condition);
            companions = rest.companions;
            unstated = rest.unstated;
        }
        let installed = self.group.members.iter().filter_map(|(one, _)| self.product.edition_rank(&one.edition)).max();
        let edition = Some(self.right.edition.clone());
        let uniform = lines.iter().all(|line| line.edition.as_deref() == edition.as_deref());
        Alternative {
            edition: edition.filter(|_| uniform),
            companions,
            unstated,
            conditional,
            higher_edition: self.product.edition_rank(&self.right.edition) > installed,
            condition: (!conditions.is_empty()).then(|| conditions.join("; ")),
            ..Alternative::new(&self.product.id, self.terms.metric, Basis::Mixed, lines, working)
        }
    }
}
