//! Every member of a group by itself: guests by their virtual cores, physical operating systems by their cores, or a
//! server licence for each, in every combination of basis, Software Assurance and era of the terms.
//!
//! `own_lines` counts one member, `free_copies` takes out what copies that stand by do not need.

use std::cell::RefCell;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::{Alternative, Basis, Entitlement, HostId, Line, Metric, Step, Working};
use crate::rules::{Method, Product};

use super::deployment::Deployed;
use super::guest_groups::{Group, is_guest};
use super::host_cores::counts;
use super::{Ground, access, grace};

/// How the members of a group without a declared basis are licensed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Undeclared {
    ByCore,
    ByServer,
    /// By processor, where the terms know that for guests.
    ByProcessor,
    /// By core even where the server basis is declared: listed, so that both can be compared.
    AllByCore,
}

/// Which roaming guests rely on Software Assurance; the others are licensed on every host they may reach.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Roaming {
    /// So many of the roaming guests, the largest first.
    with_sa: usize,
    /// Counted from the smallest instead.
    from_the_end: bool,
}

/// Every member by itself, in every combination of basis, Software Assurance and era of the terms.
pub(super) fn own_ways(ground: &Ground<'_>, product: &Product, group: &Group<'_>) -> Vec<Alternative> {
    first_own_ways(ground, product, group, usize::MAX)
}

/// The same, until so many of them are lawful ways for a position.
pub(super) fn first_own_ways(
    ground: &Ground<'_>,
    product: &Product,
    group: &Group<'_>,
    most: usize,
) -> Vec<Alternative> {
    let roamers = roamers(ground, product, group);
    let order: HashMap<HostId, usize> = roamers.iter().enumerate().map(|(at, &(host, _))| (host, at)).collect();
    let grace = grace(ground, product, group);
    let mut ways: Vec<Alternative> = Vec::new();
    let by_processor = product.terms.iter().any(|terms| terms.method == Method::GuestProcessors);
    // Combinations that cannot differ from an earlier one are left out.
    let declared = group.members.iter().any(|(one, _)| one.basis.as_deref() == Some("server-cal"));
    let parts = Parts::default();
    let copies: &[bool] = if group.stand_bys.is_empty() { &[false] } else { &[false, true] };
    let bases = [Undeclared::ByCore, Undeclared::ByServer, Undeclared::ByProcessor, Undeclared::AllByCore];
    let differs = |basis: &Undeclared| match basis {
        Undeclared::ByProcessor => by_processor,
        Undeclared::AllByCore => declared,
        _ => true,
    };
    for undeclared in bases.into_iter().filter(differs) {
        for way_of_roaming in roamings(ground, product, group, &roamers) {
            for era in 0..eras(ground, product, group) {
                for &copies_free in copies {
                    let own = OwnWay {
                        ground,
                        product,
                        group,
                        undeclared,
                        roaming: way_of_roaming,
                        order: &order,
                        era,
                        copies_free,
                        grace,
                        parts: &parts,
                    };
                    if let Some(way) = own.build()
                        && !ways.iter().any(|known| known.lines == way.lines)
                    {
                        ways.push(way);
                        if ways.iter().filter(|way| way.counts()).count() >= most {
                            return ways;
                        }
                    }
                }
            }
        }
    }
    ways
}

/// Whether guests that relied on Software Assurance are given time to move: those that roam, and those whose licences
/// may serve a guest only with it (D-23).
fn grace(ground: &Ground<'_>, product: &Product, group: &Group<'_>) -> bool {
    let guests = || group.members.iter().filter(|(one, _)| is_guest(ground, one));
    let ids: Vec<HostId> = guests().map(|(one, _)| one.host).collect();
    let Some(&first) = ids.first() else { return false };
    let needs_it = |version: Option<usize>| {
        product.terms.iter().any(|terms| {
            terms.method == Method::GuestCores
                && terms.needs_sa
                && terms.clouds.is_empty()
                && version.is_some_and(|version| (terms.from..=terms.until).contains(&version))
        })
    };
    let matters = |right: &Entitlement| {
        guests().any(|(one, hosts)| {
            hosts.len() > 1 || right.forms.iter().any(|form| needs_it(form.printed.max(one.version)))
        })
    };
    grace::allowed(ground, product, &ground.estate.host(first).organisation, &ids, matters)
}

/// Guests that may run on several hosts, with their virtual cores as far as a source states them: the largest first, so that
/// the order of the records is irrelevant.
fn roamers(ground: &Ground<'_>, product: &Product, group: &Group<'_>) -> Vec<(HostId, u32)> {
    let of_guests = product.terms.iter().filter(|terms| terms.method == Method::GuestCores);
    let minimum = of_guests.map(|terms| terms.guest_minimum).min().unwrap_or(0);
    let size = |id: HostId| {
        let guest = ground.estate.host(id);
        let cores = guest.vcpus.value().map(|vcpus| vcpus.saturating_mul(guest.threads_per_vcpu.max(1)));
        cores.unwrap_or(0).max(minimum)
    };
    let roam = group.members.iter().filter(|(one, hosts)| is_guest(ground, one) && hosts.len() > 1);
    let mut found: Vec<(HostId, u32)> = roam.map(|(one, _)| (one.host, size(one.host))).collect();
    found.sort_by_key(|&(host, size)| (std::cmp::Reverse(size), host));
    found
}

/// All with, all without, and, for several roaming guests, a few of the largest or smallest with Software Assurance, or as many
/// as the units owned with it carry.
fn roamings(ground: &Ground<'_>, product: &Product, group: &Group<'_>, roamers: &[(HostId, u32)]) -> Vec<Roaming> {
    let count = roamers.len();
    let mut ways = vec![Roaming { with_sa: count, from_the_end: false }];
    if count > 0 {
        ways.push(Roaming { with_sa: 0, from_the_end: false });
    }
    let mut several = |with_sa: usize, from_the_end: bool| {
        let way = Roaming { with_sa, from_the_end };
        if (1..count).contains(&with_sa) && !ways.contains(&way) {
            ways.push(way);
        }
    };
    // More combinations than this add nothing a person would look at; the bound keeps the choice small.
    for with_sa in 1..count.min(12) {
        several(with_sa, false);
        several(with_sa, true);
    }
    if count > 12 {
        let owned = assured_units(ground, product, group);
        several(carried(roamers.iter(), owned), false);
        several(carried(roamers.iter().rev(), owned), true);
    }
    ways
}

/// How many of some guests, in order, so many units carry.
fn carried<'r>(roamers: impl Iterator<Item = &'r (HostId, u32)>, units: u64) -> usize {
    let sums = roamers.scan(0_u64, |sum, (_, size)| {
        *sum += u64::from(*size);
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= units).count()
}

/// Core licences with Software Assurance that the organisation of a group may draw on.
fn assured_units(ground: &Ground<'_>, product: &Product, group: &Group<'_>) -> u64 {
    let Some((first, _)) = group.members.first() else { return 0 };
    let organisation = &ground.estate.host(first.host).organisation;
    let by_core: Vec<Metric> =
        product.terms.iter().filter(|terms| terms.method == Method::GuestCores).map(|terms| terms.metric).collect();
    let rights = ground.owned.iter().filter(|right| right.sa_active && right.may_be_drawn_by(organisation));
    let forms = rights.flat_map(|right| &right.forms);
    let fitting = forms.filter(|form| form.product == product.id && by_core.contains(&form.metric));
    fitting.map(|form| u64::from(form.units)).sum()
}

/// Different counts the eras of the terms give for the physical members.
fn eras(ground: &Ground<'_>, product: &Product, group: &Group<'_>) -> usize {
    group
        .members
        .iter()
        .filter(|(one, _)| !is_guest(ground, one))
        .map(|(one, _)| counts(ground, product, one.host, one.version).len())
        .max()
        .unwrap_or(1)
        .max(1)
}

/// One combination.
pub(super) struct OwnWay<'a> {
    pub ground: &'a Ground<'a>,
    pub product: &'a Product,
    pub group: &'a Group<'a>,
    pub undeclared: Undeclared,
    roaming: Roaming,
    /// Roaming guests in the order in which `roaming` counts them.
    order: &'a HashMap<HostId, usize>,
    pub era: usize,
    /// Copies that stand by are free by Software Assurance.
    pub copies_free: bool,
    /// Software Assurance that ran out lately will do for guests.
    pub grace: bool,
    /// What single members need, worked out before: most combinations share most members.
    parts: &'a Parts,
}

/// What a member needs by how it is licensed: basis, whether it relies on Software Assurance, era, and whether copies are
/// free.
type Parts = RefCell<HashMap<(HostId, Undeclared, bool, usize, bool), Option<Part>>>;

/// What one member needs in a combination.
#[derive(Clone)]
struct Part {
    lines: Vec<Line>,
    steps: Vec<Arc<Step>>,
    condition: bool,
    sold: bool,
}

/// What was used so far.
#[derive(Default)]
pub(super) struct Used {
    by_core: bool,
    by_server: bool,
    physical: bool,
    guests: bool,
    pub condition: bool,
    pub sold: bool,
}

impl OwnWay<'_> {
    /// The way, where the terms know it for every member.
    fn build(&self) -> Option<Alternative> {
        let mut working = Working::default();
        let mut members: Vec<(HostId, Vec<Line>)> = Vec::new();
        if self.grace {
            working.by_rule("D-23", grace::SENTENCE);
        }
        let mut used = Used { sold: true, ..Used::default() };
        for (one, hosts) in &self.group.members {
            let by_server = self.is_by_server(one);
            let guest = is_guest(self.ground, one);
            let relies = self.order.get(&one.host).is_none_or(|&number| self.relies_on_sa(number));
            used.physical |= !guest;
            used.guests |= guest;
            used.by_server |= by_server;
            used.by_core |= !by_server;
            let part = self.part(one, hosts, relies)?;
            used.condition |= part.condition;
            used.sold &= part.sold;
            working.steps.extend(part.steps);
            members.push((one.host, part.lines));
        }
        let lines = self.without_copies(members, &mut working);
        Some(self.alternative(lines, &used, working))
    }

    fn is_by_server(&self, one: &Deployed) -> bool {
        match one.basis.as_deref() {
            Some("server-cal") => self.undeclared != Undeclared::AllByCore,
            Some(_) => false,
            None => self.undeclared == Undeclared::ByServer,
        }
    }

    /// What one member needs, where the terms know it.
    fn part(&self, one: &Deployed, hosts: &[HostId], relies: bool) -> Option<Part> {
        let key = (one.host, self.undeclared, relies, self.era, self.copies_free);
        if let Some(known) = self.parts.borrow().get(&key) {
            return known.clone();
        }
        let part = self.new_part(one, hosts, relies);
        self.parts.borrow_mut().insert(key, part.clone());
        part
    }

    fn new_part(&self, one: &Deployed, hosts: &[HostId], relies: bool) -> Option<Part> {
        let (mut used, mut working) = (Used { sold: true, ..Used::default() }, Working::default());
        let guest = is_guest(self.ground, one);
        let mut lines = if self.is_by_server(one) {
            self.server_lines(one, hosts, guest, relies, &mut used, &mut working)?
        } else if guest {
            self.guest_lines(one, hosts, relies, &mut used, &mut working)?
        } else {
            vec![self.physical_line(one, &mut used, &mut working)?]
        };
        self.rely_for_copies(one, &mut lines, &mut used);
        Some(Part { lines, steps: working.steps, condition: used.condition, sold: used.sold })
    }

    fn relies_on_sa(&self, number: usize) -> bool {
        if self.roaming.from_the_end {
            number >= self.order.len() - self.roaming.with_sa
        } else {
            number < self.roaming.with_sa
        }
    }

    fn alternative(&self, lines: Vec<Line>, used: &Used, working: Working) -> Alternative {
        let first = lines.first();
        let edition = first.and_then(|first| first.edition.clone());
        let uniform = lines.iter().all(|line| line.edition == edition);
        let metric = first.map_or(Metric::Core, |line| line.metric);
        let basis = match (used.by_core, used.by_server, used.physical, used.guests) {
            (false, true, _, _) => Basis::ServerCal,
            (true, false, true, false) => Basis::Host,
            (true, false, false, true) if uniform => Basis::Guest,
            _ => Basis::Mixed,
        };
        Alternative {
            edition: edition.filter(|_| uniform).map(|edition| edition.to_string()),
            companions: self.companions(basis),
            unstated: self.unstated(basis),
            sold: used.sold && matches!(self.undeclared, Undeclared::ByCore | Undeclared::ByProcessor)
                || used.by_server && !used.by_core && self.all_declared(),
            conditional: used.condition,
            listed_only: self.undeclared == Undeclared::AllByCore,
            condition: used
                .condition
                .then(|| "Software Assurance in force, so that the licences follow the guest between hosts".into()),
            ..Alternative::new(&self.product.id, metric, basis, lines, working)
        }
    }

    /// Access licences that a server basis needs beside the servers.
    fn companions(&self, basis: Basis) -> Vec<Line> {
        match (basis, self.group.members.first()) {
            (Basis::ServerCal, Some((one, _))) => {
                access::companions(self.ground, self.product, &self.ground.estate.host(one.host).organisation)
            }
            _ => Vec::new(),
        }
    }

    /// Who reaches the servers, where a server basis hangs on it and nobody states it.
    fn unstated(&self, basis: Basis) -> Option<String> {
        let (one, _) = self.group.members.first().filter(|_| basis == Basis::ServerCal)?;
        access::unstated(self.ground, self.product, &self.ground.estate.host(one.host).organisation)
    }

    /// Every member declares the server basis.
    fn all_declared(&self) -> bool {
        self.group.members.iter().all(|(one, _)| one.basis.as_deref() == Some("server-cal"))
    }
}
