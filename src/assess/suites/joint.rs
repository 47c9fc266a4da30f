//! Families that suites join, told as one problem.
//!
//! Needs of several families on one host become one need, whose ways are all combinations of theirs, each in every mix of
//! what units of suites serve at once: so many units of a pair of lines, and the rest of either line by itself. A unit of a
//! suite serves a line of either family, or a pair; a unit of any other right serves a line of its own family. Thus a host
//! takes of a suite the most that any of its lines takes, and the problem is one that `allocate` knows: it has nothing to do
//! with hosts, because only lines of one host are ever paired.
//!
//! What serves what was asked of the families' own lines and rights. Here it is written as terms: every class of lines has
//! its own, and a right is only for those of the classes it serves.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::allocate::{self, Problem, Solution, greatest_common_divisor, in_the_running};
use crate::model::{
    Acceptance, Allocation, Alternative, Basis, Entitlement, Form, HostId, Key, Line, Metric, Requirement, Scope,
    Working, serves,
};

use super::super::family::Needs;
use super::Families;
use super::mixes::{Pair, mixes};

/// Ways of one need.
const WAYS: usize = 600;

/// Ways of all needs that differ.
const WAYS_OF_ALL: usize = 2_400;

/// Lines of all ways of all needs.
const LINES: usize = 600_000;

/// Families told as one problem.
pub(super) struct Joint {
    pub requirements: Vec<Requirement>,
    pub entitlements: Vec<Entitlement>,
    /// What each way of each need is made of.
    pub ways: Vec<Vec<Mixed>>,
    pub rights: Vec<Origin>,
    /// Whether the least that it leaves unmet is the least of all: no mix was left out that could leave less.
    pub is_exact: bool,
    /// Worth of a unit by the terms of its class.
    worths: HashMap<String, u64>,
}

/// What a way is made of.
pub(super) struct Mixed {
    /// Family, requirement and way.
    pub ways: Vec<[usize; 3]>,
    /// What each of its lines stands for.
    pub lines: Vec<Part>,
}

/// What a line stands for: lines of one or several families, each served by every unit.
#[derive(Default)]
pub(super) struct Part {
    /// Family, requirement and line.
    pub lines: Vec<[usize; 3]>,
    /// Where units of a suite stand that serve it.
    pub host: Option<HostId>,
}

/// Where a right comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Family, and place among its rights.
    Right(usize, usize),
    /// Number of a suite.
    Suite(usize),
}

impl Joint {
    /// `None` where there are too many ways, or a suite's parts differ in their units. Where suites are taken to be `alike`,
    /// each serves what any of them serves: no placement of what is really owned leaves less unmet.
    pub fn new(families: &Families<'_>, alike: bool) -> Option<Self> {
        if !families.suites.iter().all(|suite| are_even(&families.needs, suite)) {
            return None;
        }
        let mut classes = Classes::of(families);
        if alike {
            classes.make_suites_alike();
        }
        let (needs, is_parted) = classes.connected();
        // What a family meets by the units placed on each host is a valuated matroid, and the sum of two of them is greatest
        // at whole units: where two families share suites that serve alike, a best placement exists in steps of what all
        // units are multiples of.
        let common = classes.common_units();
        let first = if families.needs.len() == 2 && classes.are_suites_alike() { common } else { 1 };
        let mut step = first;
        loop {
            if let Some((requirements, ways)) = classes.requirements(&needs, step) {
                let (entitlements, rights) = classes.entitlements();
                let worths = classes.worths();
                let is_exact = step == first && !is_parted;
                return Some(Self { requirements, entitlements, ways, rights, is_exact, worths });
            }
            step = if step < common { common } else { step.checked_mul(2)? };
            if step / 2 > classes.largest() {
                return None;
            }
        }
    }

    /// Σ worth × units unmet.
    pub fn unmet(&self, solution: &Solution) -> u128 {
        let worth = |line: &Line, units: u32| u128::from(units) * u128::from(self.worths[&line.accepts[0].terms]);
        let lines = |requirement: usize, way: usize| &self.requirements[requirement].alternatives[way].lines;
        let ways: HashMap<usize, usize> =
            solution.chosen.iter().map(|chosen| (chosen.requirement, chosen.alternative)).collect();
        let needed = ways.iter().flat_map(|(&requirement, &way)| lines(requirement, way));
        let needed: u128 = needed.map(|line| worth(line, line.units)).sum();
        let met =
            |spent: &Allocation| worth(&lines(spent.requirement, ways[&spent.requirement])[spent.line], spent.units);
        needed - solution.allocations.iter().map(met).sum::<u128>()
    }

    /// Allocates.
    pub fn solve(&self, method: &allocate::Method<'_>) -> Solution {
        let weight = |line: &Line| self.worths[&line.accepts[0].terms];
        let problem = Problem { requirements: &self.requirements, entitlements: &self.entitlements, weight: &weight };
        let solution = allocate::allocate_by(&problem, method);
        let balance = allocate::check(&self.requirements, &self.entitlements, &solution.chosen, &solution.allocations);
        assert!(balance.is_ok(), "the ledger of joined families does not balance: {balance:?}");
        solution
    }
}

/// Whether the parts of a suite have the same units in the same forms.
fn are_even(needs: &[&Needs], suite: &super::Suite) -> bool {
    let forms = |(&side, &right): (&usize, &usize)| -> Vec<(Metric, u32)> {
        let forms = &needs[side].entitlements[right].forms;
        let whole = forms.iter().all(|form| form.product == forms[0].product && form.only_terms.is_empty());
        if whole && forms.len() <= 2 {
            forms.iter().map(|form| (form.metric, form.units)).collect()
        } else {
            Vec::new()
        }
    };
    let mut of_sides = suite.rights.iter().map(forms);
    let first = of_sides.next().unwrap_or_default();
    !first.is_empty() && suite.rights.len() == 2 && of_sides.all(|other| other == first)
}

/// What lines are told apart by.
#[derive(PartialEq, Eq, Hash)]
struct ClassKey<'n> {
    side: usize,
    organisation: &'n str,
    product: &'n str,
    edition: Option<&'n str>,
    editions: &'n [String],
    version: Option<usize>,
    metric: Metric,
    accepts: &'n [Acceptance],
}

/// Lines that are served alike, hosts aside.
struct Class<'n> {
    side: usize,
    line: &'n Line,
    worth: u64,
    accepts: Arc<[Acceptance]>,
}

/// The lines and rights of all families by what serves what.
struct Classes<'f, 'n> {
    families: &'f Families<'n>,
    /// Ways in the running, by family and requirement.
    running: Vec<Vec<Vec<usize>>>,
    all: Vec<Class<'n>>,
    /// By family, requirement, way and line.
    of_lines: Vec<Vec<Vec<Vec<usize>>>>,
    /// Classes that each form of each right of each family serves.
    served: Vec<Vec<Vec<Vec<usize>>>>,
    /// Of each suite: classes that each of its forms serves.
    suites: Vec<Vec<Vec<usize>>>,
    /// Classes that a suite serves.
    by_suite: Vec<bool>,
    /// Pairs of classes that a suite serves at once, as far as they were asked for.
    pairs: BTreeMap<[usize; 2], Option<PairClass>>,
    editions: Arc<[String]>,
    /// Whether suites are taken to serve alike, whoever owns them.
    alike: bool,
}

/// A pair of classes that suites serve at once.
struct PairClass {
    number: usize,
    accepts: Arc<[Acceptance]>,
    /// Suites and their forms that do.
    suites: Vec<(usize, usize)>,
}

/// Needs that share a host where a suite may serve several families: family and requirement of each.
type Connected = Vec<[usize; 2]>;

impl<'f, 'n> Classes<'f, 'n> {
    fn of(families: &'f Families<'n>) -> Self {
        let mut known: HashMap<ClassKey<'n>, usize> = HashMap::new();
        let (mut all, mut organisations): (Vec<Class<'n>>, Vec<&'n str>) = (Vec::new(), Vec::new());
        let (mut running, mut of_lines) = (Vec::new(), Vec::new());
        for (side, &needs) in families.needs.iter().enumerate() {
            let Needs { requirements, entitlements, .. } = needs;
            running.push(in_the_running(&Problem { requirements, entitlements, weight: families.weight }));
            let mut class = |requirement: &'n Requirement, line: &'n Line| {
                let key = ClassKey {
                    side,
                    organisation: &requirement.organisation,
                    product: &line.product,
                    edition: line.edition.as_deref(),
                    editions: &line.editions,
                    version: line.version,
                    metric: line.metric,
                    accepts: &line.accepts,
                };
                *known.entry(key).or_insert_with(|| {
                    let accepts = acceptance(format!("line {}", all.len()));
                    all.push(Class { side, line, worth: (families.weight)(line), accepts });
                    organisations.push(&requirement.organisation);
                    all.len() - 1
                })
            };
            let mut of_requirement = |requirement: &'n Requirement| -> Vec<Vec<usize>> {
                let ways = requirement.alternatives.iter();
                ways.map(|way| way.lines.iter().map(|line| class(requirement, line)).collect()).collect()
            };
            of_lines.push(requirements.iter().map(&mut of_requirement).collect());
        }
        // Where a line stands is asked again of each line: rights are bound to hosts and farms there as here.
        let nowhere: Vec<Line> = all.iter().map(|class| Line { hosts: Arc::default(), ..class.line.clone() }).collect();
        let serves_class = |side: usize, right: &Entitlement, form: &Form, class: usize| {
            all[class].side == side && serves(right, form, &nowhere[class], organisations[class])
        };
        let of_form = |side: usize, right: &Entitlement, form: &Form| -> Vec<usize> {
            (0..all.len()).filter(|&class| serves_class(side, right, form, class)).collect()
        };
        let of_right = |side: usize, right: &Entitlement| -> Vec<Vec<usize>> {
            right.forms.iter().map(|form| of_form(side, right, form)).collect()
        };
        let of_side = |(side, needs): (usize, &&'n Needs)| -> Vec<Vec<Vec<usize>>> {
            needs.entitlements.iter().map(|right| of_right(side, right)).collect()
        };
        let served: Vec<Vec<Vec<Vec<usize>>>> = families.needs.iter().enumerate().map(of_side).collect();
        let suites: Vec<Vec<Vec<usize>>> = families.suites.iter().map(|suite| of_suite(&served, suite)).collect();
        let mut by_suite = vec![false; all.len()];
        suites.iter().flatten().flatten().for_each(|&class| by_suite[class] = true);
        let forms = families.needs.iter().flat_map(|needs| &needs.entitlements).flat_map(|right| &right.forms);
        let editions: BTreeSet<&String> = forms.filter_map(|form| form.edition.as_ref()).collect();
        let editions = editions.into_iter().cloned().collect();
        let (pairs, alike) = (BTreeMap::new(), false);
        Self { families, running, all, of_lines, served, suites, by_suite, pairs, editions, alike }
    }

    /// Of each class a number that it shares with those that some right serves beside it, directly or through others.
    fn parts(&self) -> Vec<usize> {
        let mut parts: Vec<usize> = (0..self.all.len()).collect();
        for served in self.served.iter().flatten().flatten().chain(self.suites.iter().flatten()) {
            let own: BTreeSet<usize> = served.iter().map(|&class| parts[class]).collect();
            let Some(&first) = own.first() else { continue };
            parts.iter_mut().filter(|part| own.contains(part)).for_each(|part| *part = first);
        }
        parts
    }

    /// Whether suites that serve lines of one part all serve the same, wherever these stand.
    fn are_suites_alike(&self) -> bool {
        let rights = self.families.suites.iter().flat_map(|suite| &suite.rights);
        let mut rights = rights.map(|(&side, &right)| &self.families.needs[side].entitlements[right]);
        if !self.alike && rights.any(|right| right.farm.is_some()) {
            return false;
        }
        let parts = self.parts();
        let mut known: BTreeMap<usize, &Vec<usize>> = BTreeMap::new();
        let mut forms = self.suites.iter().flatten().filter(|served| !served.is_empty());
        forms.all(|served| *known.entry(parts[served[0]]).or_insert(served) == served)
    }

    /// Lets each suite serve what any serves in the same part.
    fn make_suites_alike(&mut self) {
        self.alike = true;
        let parts = self.parts();
        let mut of_part: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for served in self.suites.iter().flatten().filter(|served| !served.is_empty()) {
            of_part.entry(parts[served[0]]).or_default().extend(served);
        }
        for served in self.suites.iter_mut().flatten().filter(|served| !served.is_empty()) {
            *served = of_part[&parts[served[0]]].iter().copied().collect();
        }
    }

    /// Needs that may be served together, and whether some belong to different organisations: these are left apart.
    fn connected(&self) -> (Vec<Connected>, bool) {
        let mut numbers: BTreeMap<[usize; 2], usize> = BTreeMap::new();
        let mut at: BTreeMap<HostId, BTreeMap<&str, BTreeSet<[usize; 2]>>> = BTreeMap::new();
        for (side, needs) in self.families.needs.iter().enumerate() {
            for (index, requirement) in needs.requirements.iter().enumerate() {
                if self.running[side][index].is_empty() {
                    continue;
                }
                numbers.insert([side, index], numbers.len());
                for &way in &self.running[side][index] {
                    let lines = requirement.alternatives[way].lines.iter().zip(&self.of_lines[side][index][way]);
                    let by_suite = lines.filter(|(_, class)| self.by_suite[**class]);
                    for &host in by_suite.flat_map(|(line, _)| &*line.hosts) {
                        let own = at.entry(host).or_default().entry(&requirement.organisation).or_default();
                        own.insert([side, index]);
                    }
                }
            }
        }
        let mut groups: Vec<usize> = (0..numbers.len()).collect();
        let mut is_parted = false;
        let sides = |needs: &BTreeSet<[usize; 2]>| needs.iter().map(|[side, _]| *side).collect::<BTreeSet<usize>>();
        for organisations in at.values() {
            for (own, needs) in organisations.values().enumerate() {
                let here = sides(needs);
                let others = organisations.values().take(own).flat_map(sides).collect::<BTreeSet<usize>>();
                is_parted |= others.iter().any(|other| here.iter().any(|side| side != other));
                if here.len() < 2 {
                    continue;
                }
                let own: BTreeSet<usize> = needs.iter().map(|need| groups[numbers[need]]).collect();
                let first = own.first().copied().unwrap_or_default();
                groups.iter_mut().filter(|group| own.contains(group)).for_each(|group| *group = first);
            }
        }
        let mut connected: BTreeMap<usize, Connected> = BTreeMap::new();
        for (need, number) in numbers {
            connected.entry(groups[number]).or_default().push(need);
        }
        (connected.into_values().collect(), is_parted)
    }

    /// Needs with all their ways; `None` where there are too many.
    fn requirements(&mut self, needs: &[Connected], step: u32) -> Option<(Vec<Requirement>, Vec<Vec<Mixed>>)> {
        let (mut requirements, mut all) = (Vec::new(), Vec::new());
        let (mut different, mut ways_of_all, mut lines) = (HashSet::new(), 0, 0);
        for connected in needs {
            let [side, first] = connected[0];
            let first = &self.families.needs[side].requirements[first];
            let (mut alternatives, mut ways) = (Vec::new(), Vec::new());
            for combination in self.combinations(connected)? {
                for (alternative, mixed) in self.ways(combination, step)? {
                    lines += alternative.lines.len();
                    alternatives.push(alternative);
                    ways.push(mixed);
                }
                if ways.len() > WAYS || lines > LINES {
                    return None;
                }
            }
            let mut hasher = DefaultHasher::new();
            for line in alternatives.iter().flat_map(|way: &Alternative| &way.lines) {
                (&line.accepts[0].terms, line.units).hash(&mut hasher);
            }
            if different.insert(hasher.finish()) {
                ways_of_all += ways.len();
            }
            if ways_of_all > WAYS_OF_ALL {
                return None;
            }
            requirements.push(Requirement {
                key: first.key.clone(),
                organisation: first.organisation.clone(),
                family: String::new(),
                scope: Scope::Unplaced,
                hosts: Vec::new(),
                alternatives,
                working: Working::default(),
            });
            all.push(ways);
        }
        Some((requirements, all))
    }

    /// Every combination of the ways of some needs.
    fn combinations(&self, needs: &Connected) -> Option<Vec<Vec<[usize; 3]>>> {
        let mut all: Vec<Vec<[usize; 3]>> = vec![Vec::new()];
        for &[side, requirement] in needs {
            let ways = &self.running[side][requirement];
            if all.len().saturating_mul(ways.len()) > WAYS {
                return None;
            }
            let longer = |known: &Vec<[usize; 3]>| {
                let with = |&way: &usize| known.iter().copied().chain([[side, requirement, way]]).collect();
                ways.iter().map(with).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(longer).collect();
        }
        Some(all)
    }

    /// A combination of ways in every mix.
    fn ways(&mut self, combination: Vec<[usize; 3]>, step: u32) -> Option<Vec<(Alternative, Mixed)>> {
        let mut lines: Vec<([usize; 3], usize, &Line)> = Vec::new();
        let mut higher = false;
        for &[side, requirement, way] in &combination {
            let alternative = &self.families.needs[side].requirements[requirement].alternatives[way];
            higher |= alternative.higher_edition;
            let classes = &self.of_lines[side][requirement][way];
            let places = alternative.lines.iter().zip(classes).enumerate();
            lines.extend(places.map(|(index, (line, &class))| ([side, requirement, index], class, line)));
        }
        let (mut pairs, mut hosts) = (Vec::new(), Vec::new());
        for (first, &(place, class, line)) in
            lines.iter().enumerate().filter(|(_, (_, class, _))| self.by_suite[*class])
        {
            for (second, &(other_place, other_class, other)) in lines.iter().enumerate().skip(first + 1) {
                let Some(&host) = line.hosts.iter().filter(|host| other.hosts.contains(host)).min() else { continue };
                if place[0] == other_place[0] || !self.by_suite[other_class] {
                    continue;
                }
                if let Some(pair) = pair_class(&mut self.pairs, &self.suites, [class, other_class]) {
                    pairs.push((Pair { lines: [first, second], kind: pair.number }, Arc::clone(&pair.accepts)));
                    hosts.push(host);
                }
            }
        }
        let units: Vec<u32> = lines.iter().map(|(_, _, line)| line.units).collect();
        let of_pairs: Vec<Pair> = pairs.iter().map(|(pair, _)| *pair).collect();
        let mut ways = Vec::new();
        for mix in mixes(&units, &of_pairs, step, WAYS)? {
            let (mut own, mut parts, mut left) = (Vec::new(), Vec::new(), units.clone());
            for (((pair, accepts), &host), &units) in
                pairs.iter().zip(&hosts).zip(&mix).filter(|(_, units)| **units > 0)
            {
                pair.lines.iter().for_each(|&line| left[line] -= units);
                let hosts = [host].into();
                own.push(self.line(lines[pair.lines[0]].2.edition.clone(), units, hosts, Arc::clone(accepts)));
                parts.push(Part { lines: pair.lines.map(|line| lines[line].0).into(), host: Some(host) });
            }
            let paired: u32 = mix.iter().sum();
            for (&(place, class, line), &units) in lines.iter().zip(&left).filter(|(_, units)| **units > 0) {
                let accepts = Arc::clone(&self.all[class].accepts);
                own.push(self.line(line.edition.clone(), units, Arc::clone(&line.hosts), accepts));
                parts.push(Part { lines: vec![place], host: line.hosts.first().copied() });
            }
            if paired > 0 {
                // A pair is two units of need: what a way needs in all does not depend on how much of it is served at once.
                own.push(self.line(None, paired, Arc::default(), acceptance(NOTHING.to_owned())));
                parts.push(Part::default());
            }
            let alternative = Alternative {
                sold: true,
                higher_edition: higher,
                ..Alternative::new("", Metric::Core, Basis::Host, own, Working::default())
            };
            ways.push((alternative, Mixed { ways: combination.clone(), lines: parts }));
        }
        Some(ways)
    }

    fn line(&self, edition: Option<Arc<str>>, units: u32, hosts: Arc<[HostId]>, accepts: Arc<[Acceptance]>) -> Line {
        let editions = Arc::clone(&self.editions);
        Line { edition, editions, hosts, accepts, ..Line::new("", None, Metric::Core, units) }
    }

    /// The rights of all families, each suite once.
    fn entitlements(&self) -> (Vec<Entitlement>, Vec<Origin>) {
        let (mut entitlements, mut origins) = (Vec::new(), Vec::new());
        for (side, needs) in self.families.needs.iter().enumerate() {
            for (index, right) in needs.entitlements.iter().enumerate() {
                let is_own = |suite: &super::Suite| suite.rights.get(&side) == Some(&index);
                let suite = self.families.suites.iter().position(is_own);
                if suite.is_some_and(|suite| origins.contains(&Origin::Suite(suite))) {
                    continue;
                }
                let forms = right.forms.iter().enumerate().map(|(form, own)| {
                    let served = match suite {
                        Some(suite) => &self.suites[suite][form],
                        None => &self.served[side][index][form],
                    };
                    let mut terms: Vec<String> =
                        served.iter().map(|&class| self.all[class].accepts[0].terms.clone()).collect();
                    let pairs = self.pairs.values().flatten();
                    let pairs = pairs.filter(|pair| suite.is_some_and(|suite| pair.suites.contains(&(suite, form))));
                    terms.extend(pairs.map(|pair| pair.accepts[0].terms.clone()));
                    if terms.is_empty() {
                        terms.push("no line".into());
                    }
                    Form {
                        product: String::new(),
                        metric: Metric::Core,
                        printed: None,
                        // A suite does more than any right of one family, and is left free before it.
                        owned: own.owned.filter(|_| suite.is_none()),
                        only_terms: terms,
                        except_terms: Vec::new(),
                        ..own.clone()
                    }
                });
                let mut own = bare(right);
                if let Some(suite) = suite {
                    own.shared_with = self.sharing(suite);
                    own.reserved_for = own.reserved_for.filter(|_| !self.alike);
                    own.farm = own.farm.filter(|_| !self.alike);
                }
                entitlements.push(Entitlement {
                    key: Key(format!("{side} {}", right.key)),
                    forms: forms.collect(),
                    ..own
                });
                origins.push(suite.map_or(Origin::Right(side, index), Origin::Suite));
            }
        }
        (entitlements, origins)
    }

    /// Organisations that may draw on a suite for some family; for which of them, its classes say.
    fn sharing(&self, suite: usize) -> Vec<String> {
        let rights = self.families.suites[suite].rights.iter();
        let rights = rights.flat_map(|(&side, &right)| &self.families.needs[side].entitlements[right].shared_with);
        let needs = self.families.needs.iter().flat_map(|needs| &needs.requirements);
        let all = needs.map(|requirement| &requirement.organisation).filter(|_| self.alike);
        rights.chain(all).collect::<BTreeSet<&String>>().into_iter().cloned().collect()
    }

    fn worths(&self) -> HashMap<String, u64> {
        let classes = self.all.iter().map(|class| (class.accepts[0].terms.clone(), class.worth));
        let pairs = self.pairs.iter().filter_map(|(classes, pair)| {
            let worth = classes.iter().map(|&class| self.all[class].worth).sum();
            Some((pair.as_ref()?.accepts[0].terms.clone(), worth))
        });
        classes.chain(pairs).chain([(NOTHING.to_owned(), 0)]).collect()
    }

    /// What the units of all lines and forms of the metrics that suites count by are multiples of.
    fn common_units(&self) -> u32 {
        let metrics: BTreeSet<Metric> =
            self.all.iter().zip(&self.by_suite).filter(|(_, by)| **by).map(|(class, _)| class.line.metric).collect();
        let mut common: u64 = 0;
        for (needs, running) in self.families.needs.iter().zip(&self.running) {
            for (requirement, ways) in needs.requirements.iter().zip(running) {
                let lines = ways.iter().flat_map(|&way| &requirement.alternatives[way].lines);
                let own = lines.filter(|line| metrics.contains(&line.metric));
                common = own.fold(common, |common, line| greatest_common_divisor(common, line.units.into()));
            }
            for right in &needs.entitlements {
                let converted = right.forms.len() > 1;
                for form in right.forms.iter().filter(|form| metrics.contains(&form.metric)) {
                    common = greatest_common_divisor(common, form.units.into());
                    if converted {
                        // Any number of licences may be converted, each into as many units.
                        let even = form.units.is_multiple_of(right.forms[0].units.max(1));
                        let each = form.units.checked_div(right.forms[0].units).filter(|_| even).unwrap_or(1);
                        common = greatest_common_divisor(common, each.into());
                    }
                    if right.bound_singly {
                        common = 1;
                    }
                }
            }
        }
        // A divisor of units, which are no larger.
        u32::try_from(common).unwrap_or(1).max(1)
    }

    /// The most units that any line needs.
    fn largest(&self) -> u32 {
        let requirements = self.families.needs.iter().flat_map(|needs| &needs.requirements);
        let lines = requirements.flat_map(|requirement| &requirement.alternatives).flat_map(|way| &way.lines);
        lines.map(|line| line.units).max().unwrap_or(0)
    }
}

/// Terms of lines that nothing serves and that are worth nothing.
const NOTHING: &str = "nothing";

fn acceptance(terms: String) -> Arc<[Acceptance]> {
    [Acceptance { from: 0, until: usize::MAX, needs_sa: false, grace: false, through: None, terms }].into()
}

/// Classes that each form of a suite serves, whatever the family.
fn of_suite(served: &[Vec<Vec<Vec<usize>>>], suite: &super::Suite) -> Vec<Vec<usize>> {
    let mut forms: Vec<Vec<usize>> = Vec::new();
    for (&side, &right) in &suite.rights {
        for (form, classes) in served[side][right].iter().enumerate() {
            forms.resize_with(forms.len().max(form + 1), Vec::new);
            forms[form].extend(classes);
        }
    }
    forms
}

/// The pair of two classes, where a form of a suite serves both.
fn pair_class<'p>(
    known: &'p mut BTreeMap<[usize; 2], Option<PairClass>>,
    suites: &[Vec<Vec<usize>>],
    classes: [usize; 2],
) -> Option<&'p PairClass> {
    let number = known.len();
    let pair = known.entry(classes).or_insert_with(|| {
        let forms = suites.iter().enumerate().flat_map(|(suite, forms)| {
            let serving = forms.iter().enumerate();
            let serving = serving.filter(|(_, served)| classes.iter().all(|class| served.contains(class)));
            serving.map(move |(form, _)| (suite, form))
        });
        let suites: Vec<(usize, usize)> = forms.collect();
        let [first, second] = classes;
        let accepts = acceptance(format!("lines {first} and {second}"));
        (!suites.is_empty()).then_some(PairClass { number, accepts, suites })
    });
    pair.as_ref()
}

/// A right without what takes room and tells nothing here.
fn bare(right: &Entitlement) -> Entitlement {
    Entitlement { working: Working::default(), forms: Vec::new(), ..right.clone() }
}
