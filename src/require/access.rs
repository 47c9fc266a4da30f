//! Client access licences: one for each person or device that reaches a server product, whichever are fewer.
//!
//! Who shares devices with whom forms groups without a link between them; within a group everybody may use every
//! device, so the fewest licences that cover all access (the smallest vertex cover of people and devices) are the
//! smaller of the two numbers, group by group (CL-R1). Any other mix is as lawful, where such licences are owned or cost
//! less. Groups are those of `sharing`, the map of who uses what, or those that the records of people give
//! (`access_map`); where several records of access state numbers without a map, the auditor counts every device instead (D-29). People whose
//! subscription includes the access need none (CL-R8). People behind a front end count in the strict reading
//! (`end_users`). The licence must be of the server's version or newer (CL-R2). Keys: `serves`, `serves_basis`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use jiff::ToSpan;

use crate::model::{
    Acceptance, Access, Alternative, Answer, Basis, HostId, Installs, Key, Line, Metric, Refusal, Requirement, Scope,
    SharingGroup, Working,
};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::access_map::{self, Map};
use super::end_users::{directory, documented};
use super::instance::exceeded;

/// A number of people or devices that nobody knows: it can never be the smaller one.
const UNKNOWN: u32 = u32::MAX;

/// One requirement an organisation.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let mut requirements = Vec::new();
    let mut served: Vec<&Option<String>> = Vec::new();
    for terms in product.terms.iter().filter(|terms| terms.method == Method::Access) {
        if served.contains(&&terms.serves) {
            continue;
        }
        served.push(&terms.serves);
        let mut by_organisation: BTreeMap<&str, Vec<&Access>> = BTreeMap::new();
        for access in &ground.estate.accesses {
            if terms.serves.as_ref() == Some(&access.product) && is_needed(ground, terms, &access.organisation) {
                by_organisation.entry(&access.organisation).or_default().push(access);
            }
        }
        for (organisation, accesses) in by_organisation {
            requirements.extend(requirement(ground, product, terms, organisation, &accesses));
        }
    }
    requirements
}

/// Whether servers are licensed on the basis that needs these licences: declared so, or owned so.
pub(super) fn is_needed(ground: &Ground<'_>, terms: &Terms, organisation: &str) -> bool {
    if includes_access(ground, terms, organisation) {
        return false;
    }
    let (Some(basis), Some(served)) = (&terms.serves_basis, &terms.serves) else { return true };
    let installs = || {
        ground
            .index
            .with_installs(served)
            .filter(|(_, host, _)| host.organisation == organisation)
            .flat_map(|(_, _, installs)| installs.iter())
    };
    let declared = installs().any(|install| install.licence_basis.as_ref() == Some(basis));
    let undeclared = installs().any(|install| install.licence_basis.is_none());
    let family = ground.rules.products.get(served).map_or(served, |product| &product.family);
    let owned = ground.estate.purchases.iter().any(|line| {
        ground.may_draw(organisation, line, family) && line.product == *served && line.metric == Metric::Server
    });
    declared || undeclared && owned
}

/// Whether every server of the product that an organisation runs is of an edition whose licence covers its access, within
/// the limits of that licence (WS-R17, CL-R10).
fn includes_access(ground: &Ground<'_>, terms: &Terms, organisation: &str) -> bool {
    let Some(served) = terms.serves.as_ref().and_then(|id| ground.rules.products.get(id)) else { return false };
    let with_access: Vec<&Terms> = served.terms.iter().filter(|terms| terms.includes_access).collect();
    if with_access.is_empty() {
        return false;
    }
    let mut servers = ground.index.with_installs(&served.id).filter(|(_, host, _)| host.organisation == organisation);
    let covered = |(id, _, installs): (HostId, &crate::model::Host, Installs<'_, '_>)| {
        installs.iter().all(|install| {
            install.edition.value().is_some_and(|edition| {
                let covers = |terms: &&&Terms| terms.editions.contains(edition);
                with_access.iter().any(|terms| covers(&terms) && exceeded(ground, terms, id).is_none())
            })
        })
    };
    let Some(first) = servers.next() else { return false };
    covered(first) && servers.all(covered)
}

/// People and devices of one kind of access, in groups that share nothing.
struct Reach {
    /// Groups with the newest server version each reaches.
    groups: Vec<(SharingGroup, Option<usize>)>,
    /// Units whose version is that of the newest server any of them reaches.
    version: Option<usize>,
    /// Machines that state the people behind a front end, where the reading counts those.
    hosts: Vec<HostId>,
    /// How the groups came about, where it is not by the record alone: rule and sentence.
    said: Vec<(&'static str, String)>,
    /// Whether the groups rest on a map of who uses which device.
    mapped: bool,
    /// Places of two groups each: not the first by user together with the second by device.
    tied: Vec<(usize, usize)>,
}

/// Who asks: the need itself, or the price of something else, which must not raise questions of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asking {
    Need,
    Companion,
}

impl Reach {
    fn of(ground: &Ground<'_>, product: &Product, terms: &Terms, accesses: &[&Access], asking: Asking) -> Self {
        let mut reach = Self {
            groups: Vec::new(),
            version: None,
            hosts: Vec::new(),
            said: Vec::new(),
            mapped: true,
            tied: Vec::new(),
        };
        let inquiry = Inquiry { ground, product, basis: terms.serves_basis.as_deref(), asking };
        let mut plain = 0;
        for access in accesses {
            let version = access.version.as_ref().and_then(|version| cal_version(ground, product, access, version));
            let map = if accesses.len() == 1 { inquiry.by_records(access) } else { None };
            let sharing = if let Some(map) = map {
                reach.said.push(("CL-R1", said_of(&map)));
                reach.tied = map.tied;
                map.groups
            } else if access.sharing.is_empty() {
                plain += 1;
                inquiry.whole(access, &mut reach)
            } else {
                access.sharing.clone()
            };
            reach.groups.extend(sharing.into_iter().map(|group| (group, version)));
        }
        reach.version = reach.groups.iter().filter_map(|(_, version)| *version).max();
        reach.mapped = plain < 2;
        inquiry.behind_front_ends(accesses, &mut reach);
        reach
    }

    /// All people, or all devices; `None` where the number of a group is not known.
    fn all(&self, count: fn(&SharingGroup) -> u32) -> Option<u32> {
        self.groups.iter().map(|(group, _)| Some(count(group)).filter(|count| *count != UNKNOWN)).sum()
    }
}

/// How a map by records of people came about.
fn said_of(map: &Map) -> String {
    format!("The records of {} people name their {} devices, so it is known who uses what.", map.people, map.devices)
}

/// What the numbers of an access are asked of.
struct Inquiry<'a> {
    ground: &'a Ground<'a>,
    product: &'a Product,
    basis: Option<&'a str>,
    asking: Asking,
}

impl Inquiry<'_> {
    fn ask(&self, ambiguity: &str, organisation: &str, hosts: &[HostId]) -> Answer {
        let family = &self.product.family;
        match self.asking {
            Asking::Need => self.ground.asker.ask(ambiguity, organisation, family, hosts),
            Asking::Companion => self.ground.asker.answer(ambiguity, organisation, family),
        }
    }

    /// The map that the records of people give, where no subscription takes some of them out and nothing else is said.
    fn by_records(&self, access: &Access) -> Option<Map> {
        let plain = access.sharing.is_empty() && access.external_users.is_none();
        if !plain || subscribed(self.ground, self.product, &access.organisation) > 0 {
            return None;
        }
        access_map::of(self.ground, access)
    }

    /// Numbers without a sharing map: people alone, devices alone, or one group of both.
    fn whole(&self, access: &Access, reach: &mut Reach) -> Vec<SharingGroup> {
        let group = |users: Option<u32>, devices: Option<u32>| {
            vec![SharingGroup { users: users.unwrap_or(UNKNOWN), devices: devices.unwrap_or(UNKNOWN) }]
        };
        match (access.users, access.devices, access.external_users) {
            (None, None, Some(_)) => Vec::new(),
            (None, None, None) => match self.population(access, reach) {
                0 => Vec::new(),
                people => group(Some(people), None),
            },
            (users, devices, _) => group(users, devices),
        }
    }

    /// People taken where the record of access names no number (D-10).
    fn population(&self, access: &Access, reach: &mut Reach) -> u32 {
        let everybody = directory(self.ground, &access.organisation);
        let found = documented(self.ground, &[access], self.basis);
        let (known, hosts) = found.map_or((everybody, Vec::new()), |found| (found.users, found.hosts));
        let everybody = everybody.max(known);
        let people = if everybody == known {
            known
        } else {
            match self.ask("D-10", &access.organisation, &hosts) {
                Answer::Strict => everybody,
                Answer::Customer => known,
            }
        };
        if people > 0 {
            let whom = if people == everybody { "everybody in the directory" } else { "the documented users" };
            reach.said.push(("D-10", format!("Nobody says how many people reach it; {whom}: {people}.")));
        }
        people
    }

    /// Adds the people behind a front end, where the machines state more users than reach it by the record (D-11).
    fn behind_front_ends(&self, accesses: &[&Access], reach: &mut Reach) {
        let (Some(direct), Some(first)) = (reach.all(|group| group.users), accesses.first()) else { return };
        let Some(behind) = documented(self.ground, accesses, self.basis).filter(|behind| behind.users > direct) else {
            return;
        };
        let numbers = format!("{} people use the machines, {direct} reach the product by the record", behind.users);
        if self.ask("D-11", &first.organisation, &behind.hosts) == Answer::Customer {
            reach.said.push(("D-11", format!("{numbers}: only those with access of their own count.")));
            return;
        }
        reach.said.push(("D-11", format!("{numbers}: a front end lowers no number, all {} count.", behind.users)));
        match behind.devices {
            Some(devices) if accesses.iter().all(|access| access.sharing.is_empty()) => {
                let own = reach.all(|group| group.devices).unwrap_or(0);
                reach.groups = vec![(SharingGroup { users: behind.users, devices: devices.max(own) }, reach.version)];
                reach.mapped = true;
            }
            _ => {
                let rest = SharingGroup { users: behind.users - direct, devices: UNKNOWN };
                reach.groups.push((rest, reach.version));
            }
        }
        reach.hosts = behind.hosts;
    }
}

/// The licence version that a server version needs: the same name, by the server's licence version where the licence
/// does not know the release itself.
pub(super) fn cal_version(ground: &Ground<'_>, product: &Product, access: &Access, version: &str) -> Option<usize> {
    product.release(version).or_else(|| {
        let server = ground.rules.products.get(&access.product)?;
        product.release(server.version_name(server.release(version)?))
    })
}

/// Groups of people and devices of which every mix of licences is a way.
const ALL_MIXES: usize = 4;

/// Licences for each server version that is reached: by user and by device.
#[derive(Default, PartialEq, Eq)]
struct Cover(BTreeMap<Option<usize>, (u32, u32)>);

impl Cover {
    /// The fewest, group by group.
    fn fewest(reach: &Reach) -> Self {
        Self::of(reach, |group| group.users <= group.devices)
    }

    /// By user where a group is told to be, else by device. A group that names no version may reach the newest server.
    fn of(reach: &Reach, by_user: impl Fn(&SharingGroup) -> bool) -> Self {
        Self::by_place(reach, |_, group| by_user(group))
    }

    /// The same, where the place of a group tells too.
    fn by_place(reach: &Reach, by_user: impl Fn(usize, &SharingGroup) -> bool) -> Self {
        let mut cover = Self::default();
        for (place, (group, version)) in reach.groups.iter().enumerate() {
            let (users, devices) = cover.0.entry(version.or(reach.version)).or_default();
            if by_user(place, group) { *users += group.users } else { *devices += group.devices }
        }
        cover
    }

    /// Some groups by user and the others by device: every choice where they are few, else those that set the groups of
    /// few people to a device against those of many, because no other choice is the cheapest at any prices.
    fn mixes(reach: &Reach) -> Vec<Self> {
        let groups = reach.groups.len();
        let known = |place: usize, by_user: bool| {
            let group = reach.groups[place].0;
            (if by_user { group.users } else { group.devices }) != UNKNOWN
        };
        let choices: Vec<Vec<bool>> = if groups <= ALL_MIXES {
            (1..(1_u32 << groups).saturating_sub(1))
                .map(|choice| (0..groups).map(|place| choice >> place & 1 == 1).collect())
                .collect()
        } else {
            let mut order: Vec<usize> = (0..groups).collect();
            let group = |place: usize| reach.groups[place].0;
            order.sort_by(|&one, &other| {
                let product = |a: usize, b: usize| u64::from(group(a).users) * u64::from(group(b).devices);
                product(one, other).cmp(&product(other, one)).then(one.cmp(&other))
            });
            let first = |count: usize| (0..groups).map(|place| order[..count].contains(&place)).collect();
            (1..groups).map(first).collect()
        };
        let lawful = |choice: &&Vec<bool>| reach.tied.iter().all(|&(first, second)| !choice[first] || choice[second]);
        let known = |choice: &&Vec<bool>| choice.iter().enumerate().all(|(place, &by_user)| known(place, by_user));
        choices
            .iter()
            .filter(known)
            .filter(lawful)
            .map(|choice| Self::by_place(reach, |place, _| choice[place]))
            .collect()
    }

    fn users(&self) -> u32 {
        self.0.values().map(|(users, _)| users).sum()
    }

    fn devices(&self) -> u32 {
        self.0.values().map(|(_, devices)| devices).sum()
    }
}

fn requirement(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    organisation: &str,
    accesses: &[&Access],
) -> Option<Requirement> {
    let mut working = Working::default();
    let mut reach = Reach::of(ground, product, terms, accesses, Asking::Need);
    for (rule, text) in &reach.said {
        working.by_rule(rule, text.clone());
    }
    for (group, _) in &reach.groups {
        let evidence = accesses.iter().filter_map(|access| access.evidence.clone()).collect();
        working.by_facts(format!("{} reach it.", people_and_devices(*group)), evidence);
    }
    let covered = subscribed(ground, product, organisation);
    deduct(&mut reach, covered, terms, &mut working);
    let mut alternatives = ways(ground, product, terms, organisation, &reach, &mut working);
    alternatives.extend(beside_connectors(product, terms, accesses, &alternatives));
    Some(Requirement {
        key: Key::new("requirement", &[organisation, "access", &product.id, terms.serves.as_deref().unwrap_or("")]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Users,
        hosts: reach.hosts,
        alternatives,
        working,
    })
}

/// The fewest licences group by group, and everybody by one metric where the numbers are known.
fn ways(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    organisation: &str,
    reach: &Reach,
    working: &mut Working,
) -> Vec<Alternative> {
    let fewest = Cover::fewest(reach);
    let (users, devices) = (fewest.users(), fewest.devices());
    working.by_rule(
        &terms.id,
        format!("Fewest licences, group by group: {users} by user + {devices} by device = {}.", users + devices),
    );
    let ways = Ways { product, terms, edition: product.editions.first().cloned() };
    let basis = match (users, devices) {
        (1.., 1..) => Basis::Mixed,
        (0, 1..) => Basis::Device,
        _ => Basis::User,
    };
    let mut alternatives = vec![ways.way(basis, &fewest)];
    let all = [(Basis::User, reach.all(|group| group.users)), (Basis::Device, reach.all(|group| group.devices))];
    for (basis, total) in all {
        if total.is_some() && !alternatives.iter().any(|known| known.basis == basis) {
            alternatives.push(ways.way(basis, &Cover::of(reach, |_| basis == Basis::User)));
        }
    }
    if basis == Basis::Mixed
        && alternatives.len() == 3
        && !reach.mapped
        && ground.asker.ask("D-29", organisation, &product.family, &[]) == Answer::Strict
    {
        let reason = "no map shows which people use which devices, so that every device that reaches it counts";
        working.by_rule("D-29", format!("The mix is not accepted: {reason}."));
        alternatives[0].refused = Some(Refusal { rule: "D-29".into(), reason: reason.into() });
    }
    if reach.mapped {
        // More licences than the fewest may cost less, or be what is owned.
        let others =
            Cover::mixes(reach).into_iter().filter(|mix| *mix != fewest && mix.users() > 0 && mix.devices() > 0);
        alternatives.extend(others.map(|mix| Alternative { sold: false, ..ways.way(Basis::Mixed, &mix) }));
    }
    alternatives
}

/// Where people from outside may be served by connectors, the others need what they need beside these: listed, so that
/// the way by connector is one for the whole product.
fn beside_connectors(
    product: &Product,
    terms: &Terms,
    accesses: &[&Access],
    alternatives: &[Alternative],
) -> Option<Alternative> {
    let reached = accesses.iter().any(|access| access.external_users.unwrap_or(0) > 0);
    let connector = super::external::connector(product, terms).filter(|_| reached && terms.counts_external)?;
    let first = alternatives.iter().find(|way| way.refused.is_none())?;
    Some(Alternative {
        edition: first.edition.clone(),
        companions: first.lines.clone(),
        listed_only: true,
        ..Alternative::new(&product.id, connector.metric, Basis::Host, Vec::new(), Working::default())
    })
}

fn people_and_devices(group: SharingGroup) -> String {
    let number = |count: u32, what: &str| {
        if count == UNKNOWN { format!("an unknown number of {what}") } else { format!("{count} {what}") }
    };
    format!("{} on {}", number(group.users, "people"), number(group.devices, "devices"))
}

/// People whose subscription in term includes the access.
fn subscribed(ground: &Ground<'_>, product: &Product, organisation: &str) -> u32 {
    let includes = |id: &str| {
        let suite = ground.rules.products.get(id);
        suite.is_some_and(|suite| suite.suite.iter().any(|part| part.product == product.id))
    };
    // No more people than were bought: an assignment alone gives no right.
    let mut left: BTreeMap<&str, u32> = BTreeMap::new();
    for line in &ground.estate.purchases {
        if includes(&line.product)
            && ground.may_draw(organisation, line, &product.family)
            && line.subscription.is_some_and(|term| term.contains(ground.as_of))
        {
            *left.entry(&line.product).or_default() += line.quantity;
        }
    }
    let mut covered = 0;
    for group in ground.estate.users.iter().filter(|group| group.organisation == organisation) {
        let mut people = group.count;
        for subscription in &group.subscriptions {
            if let Some(left) = left.get_mut(subscription.as_str()) {
                let taken = people.min(*left);
                (people, *left, covered) = (people - taken, *left - taken, covered + taken);
            }
        }
    }
    covered
}

/// Takes the people covered by a subscription out of the groups licensed by user.
fn deduct(reach: &mut Reach, covered: u32, terms: &Terms, working: &mut Working) {
    let mut left = covered;
    for (group, _) in &mut reach.groups {
        if group.users != UNKNOWN {
            let taken = group.users.min(left);
            group.users -= taken;
            left -= taken;
        }
    }
    if covered > left {
        working.by_rule(&terms.id, format!("{} people are covered by a subscription.", covered - left));
    }
}

/// Builds ways.
struct Ways<'a> {
    product: &'a Product,
    terms: &'a Terms,
    edition: Option<String>,
}

impl Ways<'_> {
    /// A way with lines by user, then by device, for the newest servers first.
    fn way(&self, basis: Basis, cover: &Cover) -> Alternative {
        let by_user = cover.0.iter().rev().map(|(version, (users, _))| (Metric::User, *version, *users));
        let by_device = cover.0.iter().rev().map(|(version, (_, devices))| (Metric::Device, *version, *devices));
        let lines: Vec<Line> = by_user
            .chain(by_device)
            .filter(|(_, _, units)| *units > 0)
            .map(|(metric, version, units)| self.line(metric, version, units))
            .collect();
        let metric = lines.first().map_or(Metric::User, |line| line.metric);
        Alternative {
            edition: self.edition.clone(),
            sold: true,
            ..Alternative::new(&self.product.id, metric, basis, lines, Working::default())
        }
    }

    /// Licences of every era of the terms for the same servers.
    fn accepts(&self) -> Arc<[Acceptance]> {
        let same = |terms: &&Terms| terms.method == Method::Access && terms.serves == self.terms.serves;
        self.product.terms.iter().filter(same).map(|terms| terms.acceptance(false)).collect()
    }

    fn line(&self, metric: Metric, version: Option<usize>, units: u32) -> Line {
        Line { version, accepts: self.accepts(), ..Line::new(&self.product.id, self.edition.as_deref(), metric, units) }
    }
}

/// What was worked out of the access of an organisation's people: every scope asks for it, and the answer is the same.
#[derive(Default)]
pub(crate) struct Remembered {
    /// By product served and organisation.
    companions: RefCell<HashMap<(String, String), Vec<Line>>>,
    /// By product served, organisation, and whether a time of grace counts.
    assured: RefCell<HashMap<(String, String, bool), bool>>,
}

/// Licences that must be bought beside servers of a product: the fewest that cover all its access.
pub(super) fn companions(ground: &Ground<'_>, served: &Product, organisation: &str) -> Vec<Line> {
    let key = (served.id.clone(), organisation.to_owned());
    if let Some(known) = ground.remembered.companions.borrow().get(&key) {
        return known.clone();
    }
    let found = all_companions(ground, served, organisation);
    ground.remembered.companions.borrow_mut().insert(key, found.clone());
    found
}

/// What nobody states of the access to the servers of a product, where it would need licences: who reaches them.
pub(super) fn unstated(ground: &Ground<'_>, served: &Product, organisation: &str) -> Option<String> {
    let of_access = |product: &&Product| {
        product.terms.iter().any(|terms| terms.method == Method::Access && terms.serves.as_ref() == Some(&served.id))
    };
    let licences = ground.rules.products.values().find(of_access)?;
    let stated =
        ground.estate.accesses.iter().any(|access| access.organisation == organisation && access.product == served.id);
    (!stated).then(|| format!("{}s (nobody states who reaches {})", licences.name, served.name))
}

fn all_companions(ground: &Ground<'_>, served: &Product, organisation: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for product in ground.rules.products.values() {
        // Eras of terms for the same servers are one need.
        let serving = |terms: &&Terms| terms.method == Method::Access && terms.serves.as_ref() == Some(&served.id);
        let Some(terms) = product.terms.iter().find(serving) else { continue };
        let accesses: Vec<&Access> = ground
            .estate
            .accesses
            .iter()
            .filter(|access| access.organisation == organisation && access.product == served.id)
            .collect();
        let mut reach = Reach::of(ground, product, terms, &accesses, Asking::Companion);
        deduct(&mut reach, subscribed(ground, product, organisation), terms, &mut Working::default());
        let ways = Ways { product, terms, edition: product.editions.first().cloned() };
        lines.extend(ways.way(Basis::Mixed, &Cover::fewest(&reach)).lines);
    }
    lines
}

/// Whether all access licences that the servers of a product need carry Software Assurance on the day, or none are
/// needed. With `grace`, Software Assurance that ran out lately will do.
pub(super) fn assured(ground: &Ground<'_>, served: &Product, organisation: &str, grace: bool) -> bool {
    let key = (served.id.clone(), organisation.to_owned(), grace);
    if let Some(&known) = ground.remembered.assured.borrow().get(&key) {
        return known;
    }
    let found = all_assured(ground, served, organisation, grace);
    ground.remembered.assured.borrow_mut().insert(key, found);
    found
}

fn all_assured(ground: &Ground<'_>, served: &Product, organisation: &str, grace: bool) -> bool {
    let days = if grace { ground.rules.conventions.sa_grace_days } else { 0 };
    let since = ground.as_of.checked_sub(i64::from(days).days()).unwrap_or(ground.as_of);
    ground.rules.products.values().all(|product| {
        let concerned = product.terms.iter().any(|terms| {
            terms.method == Method::Access
                && terms.serves.as_ref() == Some(&served.id)
                && is_needed(ground, terms, organisation)
        });
        if !concerned {
            return true;
        }
        let needed: u32 = companions(ground, served, organisation)
            .iter()
            .filter(|line| *line.product == *product.id)
            .map(|line| line.units)
            .sum();
        let held: u32 = ground
            .estate
            .purchases
            .iter()
            .filter(|line| ground.may_draw(organisation, line, &product.family) && line.product == product.id)
            .filter(|line| {
                line.sa.iter().any(|term| term.from <= ground.as_of && since <= term.until)
                    || line.subscription.is_some_and(|term| term.contains(ground.as_of))
            })
            .map(|line| line.quantity)
            .sum();
        held >= needed
    })
}
