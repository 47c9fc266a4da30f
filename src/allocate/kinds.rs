//! Lines that any right serves alike are of one kind; rights that may replace each other form one stock.
//!
//! A large estate has few of either, so that what fits what is asked once for each pair of them.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use crate::model::{Acceptance, Channel, Entitlement, Form, HostId, Line, Metric, bound_allows, serves};

use super::Problem;

/// Lines that are alike in everything but their units and the hosts no right is bound to.
pub(super) struct Kind<'a> {
    /// One of them.
    pub line: &'a Line,
    /// Whose need it is.
    pub organisation: &'a str,
    /// What a unit is worth.
    pub worth: u64,
    /// Whether some right serves it, assignments aside.
    pub served: bool,
    /// Whether some right serves it, assignments included.
    pub fitted: bool,
}

#[derive(PartialEq, Eq, Hash)]
struct KindKey<'a> {
    organisation: &'a str,
    product: &'a str,
    edition: Option<&'a str>,
    /// Number of the list of editions.
    editions: usize,
    version: Option<usize>,
    metric: Metric,
    /// Number of the list of acceptances.
    accepts: usize,
    /// Hosts that some right is bound to.
    bound: Vec<HostId>,
    /// Numbers of the farms it lies in with all its hosts.
    farms: Vec<usize>,
}

/// Numbers for lists: alike lists have the same. Lines share most of theirs, so few are ever compared.
struct Numbers<'a, T> {
    by_place: HashMap<(*const T, usize), usize>,
    by_content: HashMap<&'a [T], usize>,
}

impl<T> Default for Numbers<'_, T> {
    fn default() -> Self {
        Self { by_place: HashMap::new(), by_content: HashMap::new() }
    }
}

impl<'a, T: Eq + Hash> Numbers<'a, T> {
    fn of(&mut self, list: &'a [T]) -> usize {
        let Self { by_place, by_content } = self;
        // All lists outlive the numbers, so that no place is ever another list's.
        *by_place.entry((list.as_ptr(), list.len())).or_insert_with(|| {
            let next = by_content.len();
            *by_content.entry(list).or_insert(next)
        })
    }
}

/// All kinds of a problem.
pub(super) struct Kinds<'a> {
    pub all: Vec<Kind<'a>>,
    known: HashMap<KindKey<'a>, usize>,
    editions: Numbers<'a, String>,
    accepts: Numbers<'a, Acceptance>,
    bound: BTreeSet<HostId>,
    /// Farms that some right is limited to.
    farms: Vec<&'a [HostId]>,
}

impl<'a> Kinds<'a> {
    pub fn new(problem: &Problem<'a>) -> Self {
        let bound = problem.entitlements.iter().flat_map(|right| right.bound_hosts.iter().copied()).collect();
        let farms = problem.entitlements.iter().filter_map(|right| right.farm.as_deref());
        let farms: BTreeSet<&[HostId]> = farms.collect();
        Self {
            all: Vec::new(),
            known: HashMap::new(),
            editions: Numbers::default(),
            accepts: Numbers::default(),
            bound,
            farms: farms.into_iter().collect(),
        }
    }

    /// The kind of a line.
    pub fn of(&mut self, problem: &Problem<'a>, line: &'a Line, organisation: &'a str) -> usize {
        let mut bound: Vec<HostId> = Vec::new();
        if !self.bound.is_empty() {
            bound.extend(line.hosts.iter().filter(|host| self.bound.contains(host)));
            bound.sort_unstable();
            bound.dedup();
        }
        let within = |farm: &&[HostId]| line.hosts.iter().all(|host| farm.contains(host));
        let farms = self.farms.iter().enumerate().filter(|(_, farm)| within(farm)).map(|(number, _)| number).collect();
        let Line { product, edition, editions, version, metric, units: _, hosts: _, accepts } = line;
        let (edition, version, metric) = (edition.as_deref(), *version, *metric);
        let (editions, accepts) = (self.editions.of(editions), self.accepts.of(accepts));
        let key = KindKey { organisation, product, edition, editions, version, metric, accepts, bound, farms };
        let all = &mut self.all;
        *self.known.entry(key).or_insert_with(|| {
            let worth = (problem.weight)(line);
            all.push(Kind { line, organisation, worth, served: false, fitted: false });
            all.len() - 1
        })
    }
}

/// Which of an entitlement's units a member of a stock stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All of a form.
    Whole,
    /// The unit of the named device with this number.
    Device(u64),
    /// What so many named devices leave.
    Free(u64),
}

/// Units of one entitlement in a stock.
pub(super) struct Member {
    pub entitlement: usize,
    part: Part,
}

impl Member {
    /// Units of a form's units, `unseen` of which wait for devices nobody has seen.
    fn share(&self, units: u64, unseen: u64) -> u64 {
        match self.part {
            Part::Whole => units,
            Part::Device(number) => u64::from(units.saturating_sub(unseen) > number),
            Part::Free(named) => units.saturating_sub(unseen).saturating_sub(named),
        }
    }
}

/// Units that may replace each other.
pub(super) struct Stock {
    /// Index of the form in every member.
    pub form: usize,
    /// Hosts all of it is bound to.
    bound: Vec<HostId>,
    /// In order.
    pub members: Vec<Member>,
    /// The conversion it takes part in.
    pub group: Option<usize>,
    /// Units, where it takes part in none.
    units: u64,
    /// Kinds it serves: (kind, how much is given away by spending it there).
    pub uses: Vec<(usize, u64)>,
    /// Kinds that belong to the same part of the problem because of it.
    pub touches: Vec<usize>,
}

/// Licences that a grant converts, with every form they may be spent in.
pub(super) struct Group {
    /// Its entitlements in order, with the licences of each.
    pub members: Vec<(usize, u64)>,
    /// Licences in all.
    pub licences: u64,
}

/// The rights of a problem.
pub(super) struct Stocks {
    pub all: Vec<Stock>,
    pub groups: Vec<Group>,
}

/// Product, edition, metric, printed and owned version, right to run prior ones, terms it is for and not for.
type FormKey<'a> = (&'a str, Option<&'a str>, Metric, Option<usize>, Option<usize>, bool, (&'a [String], &'a [String]));

// The keys below name every field, so that a new one cannot be forgotten: it tells rights or lines apart, or it does not.

fn form_key(form: &Form) -> FormKey<'_> {
    let Form {
        product,
        edition,
        metric,
        units_per_licence: _,
        units: _,
        printed,
        owned,
        downgrade,
        only_terms,
        except_terms,
    } = form;
    (product, edition.as_deref(), *metric, *printed, *owned, *downgrade, (only_terms, except_terms))
}

/// What the members of a group have in common; `own` where an entitlement can stand for itself only.
#[derive(PartialEq, Eq, Hash)]
struct GroupKey<'a> {
    right: RightKey<'a>,
    forms: Vec<(FormKey<'a>, u64)>,
    own: Option<usize>,
}

/// What the members of a stock have in common, form and group aside.
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
struct RightKey<'a> {
    organisation: &'a str,
    shared_with: &'a [String],
    reserved_for: Option<&'a str>,
    farm: Option<&'a [HostId]>,
    bound_organisations: &'a [String],
    bound_hosts: &'a [HostId],
    singly: bool,
    sa_active: bool,
    rented_through: Option<Channel>,
    sa_lapsed_lately: bool,
}

#[derive(PartialEq, Eq, Hash)]
struct StockKey<'a> {
    right: RightKey<'a>,
    form: FormKey<'a>,
    number: usize,
    bound: Vec<HostId>,
    group: Option<usize>,
}

impl Stocks {
    pub fn new(problem: &Problem<'_>) -> Self {
        let mut stocks = Self { all: Vec::new(), groups: Vec::new() };
        let mut groups: HashMap<GroupKey<'_>, usize> = HashMap::new();
        let mut known: HashMap<StockKey<'_>, usize> = HashMap::new();
        for (index, entitlement) in problem.entitlements.iter().enumerate() {
            if entitlement.refused.is_some() {
                continue;
            }
            let group = (entitlement.forms.len() > 1).then(|| {
                let group = *groups.entry(group_key(entitlement, index)).or_insert(stocks.groups.len());
                if group == stocks.groups.len() {
                    stocks.groups.push(Group { members: Vec::new(), licences: 0 });
                }
                let licences = u64::from(entitlement.forms[0].units);
                stocks.groups[group].members.push((index, licences));
                stocks.groups[group].licences += licences;
                group
            });
            for (number, form) in entitlement.forms.iter().enumerate() {
                for (part, bound) in parts(entitlement) {
                    let key = StockKey { right: right_key(entitlement), form: form_key(form), number, bound, group };
                    let bound = key.bound.clone();
                    let stock = *known.entry(key).or_insert(stocks.all.len());
                    if stock == stocks.all.len() {
                        let (uses, touches) = (Vec::new(), Vec::new());
                        stocks.all.push(Stock {
                            form: number,
                            bound,
                            members: Vec::new(),
                            group,
                            units: 0,
                            uses,
                            touches,
                        });
                    }
                    let member = Member { entitlement: index, part };
                    if group.is_none() {
                        stocks.all[stock].units += member.share(u64::from(form.units), unseen(entitlement));
                    }
                    stocks.all[stock].members.push(member);
                }
            }
        }
        stocks
    }

    /// Asks of every stock which kinds it serves.
    pub fn meet(&mut self, problem: &Problem<'_>, kinds: &mut [Kind<'_>]) {
        for stock in &mut self.all {
            let entitlement = &problem.entitlements[stock.members[0].entitlement];
            let form = &entitlement.forms[stock.form];
            for (index, kind) in kinds.iter_mut().enumerate() {
                if !serves(entitlement, form, kind.line, kind.organisation) {
                    continue;
                }
                kind.served = true;
                if entitlement.bound_singly || bound_allows(&entitlement.bound_hosts, kind.line) {
                    kind.fitted = true;
                    stock.touches.push(index);
                }
                let bound = !stock.bound.is_empty();
                if bound_allows(&stock.bound, kind.line) && (bound || entitlement.may_be_drawn_by(kind.organisation)) {
                    stock.uses.push((index, capability(entitlement, form, kind, bound)));
                }
            }
        }
    }

    /// Units of a stock where so many licences of each group stay as they were bought.
    pub fn units(&self, problem: &Problem<'_>, stock: usize, kept: &[u64]) -> u64 {
        let stock = &self.all[stock];
        let Some(group) = stock.group else { return stock.units };
        let group = &self.groups[group];
        let mut kept_of = Kept::new(group, kept[stock.group.unwrap_or_default()]);
        // The members of a group are the same in each of its stocks, once for each part.
        stock.members.iter().map(|member| self.share(problem, stock, member, kept_of.of(member.entitlement))).sum()
    }

    /// Whether the units of a stock are counted device by device.
    pub fn is_by_device(&self, problem: &Problem<'_>, stock: usize) -> bool {
        problem.entitlements[self.all[stock].members[0].entitlement].bound_singly
    }

    /// Units of one member of a stock, where so many of its licences stay as they were bought.
    pub fn share(&self, problem: &Problem<'_>, stock: &Stock, member: &Member, kept: u64) -> u64 {
        let entitlement = &problem.entitlements[member.entitlement];
        let units = u64::from(entitlement.forms[stock.form].units);
        let licences = u64::from(entitlement.forms[0].units);
        let units = match (stock.group, stock.form, licences) {
            (None, _, _) => units,
            (_, 0, _) => kept,
            (_, _, 0) => 0,
            _ => units * (licences - kept) / licences,
        };
        member.share(units, unseen(entitlement))
    }
}

/// Shares the licences of a group that stay as they were bought out over its entitlements: the first are converted first.
pub(super) struct Kept<'a> {
    group: &'a Group,
    converted: u64,
    next: usize,
    last: u64,
}

impl<'a> Kept<'a> {
    pub fn new(group: &'a Group, kept: u64) -> Self {
        Self { group, converted: group.licences.saturating_sub(kept), next: 0, last: 0 }
    }

    /// Licences of an entitlement that are kept; entitlements are asked for in order.
    pub fn of(&mut self, entitlement: usize) -> u64 {
        while self.next < self.group.members.len() && self.group.members[self.next].0 <= entitlement {
            let licences = self.group.members[self.next].1;
            let converted = licences.min(self.converted);
            self.converted -= converted;
            self.last = licences - converted;
            self.next += 1;
        }
        self.last
    }
}

fn unseen(entitlement: &Entitlement) -> u64 {
    entitlement.unknown_assignees.len() as u64
}

/// The parts of a form: one unit for each named device and the rest free, or all of it.
fn parts(entitlement: &Entitlement) -> Vec<(Part, Vec<HostId>)> {
    if !entitlement.bound_singly {
        return vec![(Part::Whole, entitlement.bound_hosts.clone())];
    }
    let devices = entitlement.bound_hosts.iter().zip(0..);
    let mut parts: Vec<(Part, Vec<HostId>)> =
        devices.map(|(&host, number)| (Part::Device(number), vec![host])).collect();
    parts.push((Part::Free(entitlement.bound_hosts.len() as u64), Vec::new()));
    parts
}

fn right_key(entitlement: &Entitlement) -> RightKey<'_> {
    let Entitlement {
        key: _,
        line: _,
        organisation,
        shared_with,
        reserved_for,
        farm,
        without_base: _,
        forms: _,
        sa_active,
        rented_through,
        sa_lapsed_lately,
        bound_hosts,
        overlap_hosts: _,
        overlap: _,
        bound_organisations,
        bound_singly,
        unknown_assignees: _,
        refused: _,
        working: _,
    } = entitlement;
    RightKey {
        organisation,
        shared_with,
        reserved_for: reserved_for.as_deref(),
        farm: farm.as_deref(),
        bound_organisations,
        bound_hosts,
        singly: *bound_singly,
        sa_active: *sa_active,
        rented_through: *rented_through,
        sa_lapsed_lately: *sa_lapsed_lately,
    }
}

/// Entitlements are converted together where each licence gives the same whole number of units in every form.
fn group_key(entitlement: &Entitlement, index: usize) -> GroupKey<'_> {
    let licences = u64::from(entitlement.forms[0].units);
    let whole = licences > 0
        && !entitlement.bound_singly
        && entitlement.forms.iter().all(|form| u64::from(form.units).is_multiple_of(licences));
    let each = |form: &Form| u64::from(form.units).checked_div(licences).unwrap_or(0);
    GroupKey {
        right: right_key(entitlement),
        forms: entitlement.forms.iter().map(|form| (form_key(form), each(form))).collect(),
        own: (!whole).then_some(index),
    }
}

/// How much is given away by spending a right here: foreign, higher, newer and assured rights last, bound ones first.
fn capability(entitlement: &Entitlement, form: &Form, kind: &Kind<'_>, bound: bool) -> u64 {
    let foreign = u64::from(entitlement.organisation != kind.organisation);
    let higher = u64::from(form.edition.is_some() && form.edition.as_deref() != kind.line.edition.as_deref());
    let version = form.owned.map_or(999, |owned| owned.min(998)) as u64;
    foreign * 100_000 + higher * 10_000 + u64::from(!bound) * 5_000 + version * 2 + u64::from(entitlement.sa_active)
}
