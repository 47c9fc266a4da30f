//! Classes of lines: lines that are served alike, hosts aside, whatever family they are of.
//!
//! What serves what is asked once, of the families' own lines and rights. After that a class is a word of terms of its own,
//! and a pair of classes that a unit of a suite serves at once is another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;

use crate::allocate::{Problem, greatest_common_divisor, in_the_running};
use crate::model::{Acceptance, Entitlement, Form, Line, Metric, Requirement, serves};

use super::super::family::Needs;
use super::{Families, Suite};

/// Terms of lines that nothing serves and that are worth nothing.
pub(super) const NOTHING: &str = "nothing";

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
pub(super) struct Class<'n> {
    side: usize,
    organisation: &'n str,
    line: &'n Line,
    worth: u64,
    pub accepts: Arc<[Acceptance]>,
}

/// Classes by family, requirement, way and line.
type OfLines = Vec<Vec<Vec<Vec<usize>>>>;

/// Classes by family, right and form.
type Served = Vec<Vec<Vec<Vec<usize>>>>;

/// The lines and rights of all families by what serves what.
pub(super) struct Classes<'f, 'n> {
    pub families: &'f Families<'n>,
    /// Ways in the running, by family and requirement.
    pub running: Vec<Vec<Vec<usize>>>,
    pub all: Vec<Class<'n>>,
    pub of_lines: OfLines,
    /// Classes that each form of each right of each family serves.
    pub served: Served,
    /// Of each suite: classes that each of its forms serves.
    pub suites: Vec<Vec<Vec<usize>>>,
    /// Classes that a suite serves.
    pub by_suite: Vec<bool>,
    /// Pairs of classes that a suite serves at once, as far as they were asked for.
    pub pairs: BTreeMap<[usize; 2], Option<PairClass>>,
    /// Editions that any right is for.
    pub editions: Arc<[String]>,
    /// Whether suites are taken to serve alike, whoever owns them.
    pub alike: bool,
}

/// A pair of classes that suites serve at once.
pub(super) struct PairClass {
    pub number: usize,
    pub accepts: Arc<[Acceptance]>,
    /// Suites and their forms that do.
    pub suites: Vec<(usize, usize)>,
}

impl<'f, 'n> Classes<'f, 'n> {
    pub fn of(families: &'f Families<'n>) -> Self {
        let ways_of = |needs: &&'n Needs| {
            let Needs { requirements, entitlements, .. } = needs;
            in_the_running(&Problem { requirements, entitlements, weight: families.weight })
        };
        let (all, of_lines) = classes_of_lines(families);
        let served = served(families, &all);
        let suites: Vec<Vec<Vec<usize>>> = families.suites.iter().map(|suite| of_suite(&served, suite)).collect();
        let mut by_suite = vec![false; all.len()];
        suites.iter().flatten().flatten().for_each(|&class| by_suite[class] = true);
        let forms = families.needs.iter().flat_map(|needs| &needs.entitlements).flat_map(|right| &right.forms);
        let editions: BTreeSet<&String> = forms.filter_map(|form| form.edition.as_ref()).collect();
        Self {
            families,
            running: families.needs.iter().map(ways_of).collect(),
            all,
            of_lines,
            served,
            suites,
            by_suite,
            pairs: BTreeMap::new(),
            editions: editions.into_iter().cloned().collect(),
            alike: false,
        }
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
    pub fn are_suites_alike(&self) -> bool {
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
    pub fn make_suites_alike(&mut self) {
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

    /// The pair of two classes, where a form of a suite serves both.
    pub fn pair(&mut self, classes: [usize; 2]) -> Option<&PairClass> {
        let Self { pairs, suites, .. } = self;
        let number = pairs.len();
        let pair = pairs.entry(classes).or_insert_with(|| {
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

    /// What a unit is worth by the terms of its class or pair.
    pub fn worths(&self) -> HashMap<String, u64> {
        let classes = self.all.iter().map(|class| (class.accepts[0].terms.clone(), class.worth));
        let pairs = self.pairs.iter().filter_map(|(classes, pair)| {
            let worth = classes.iter().map(|&class| self.all[class].worth).sum();
            Some((pair.as_ref()?.accepts[0].terms.clone(), worth))
        });
        classes.chain(pairs).chain([(NOTHING.to_owned(), 0)]).collect()
    }

    /// What the units of all lines and forms of the metrics that suites count by are multiples of.
    pub fn common_units(&self) -> u32 {
        let metrics: BTreeSet<Metric> =
            self.all.iter().zip(&self.by_suite).filter(|(_, by)| **by).map(|(class, _)| class.line.metric).collect();
        let mut common: u64 = 0;
        for (needs, running) in self.families.needs.iter().zip(&self.running) {
            for (requirement, ways) in needs.requirements.iter().zip(running) {
                let lines = ways.iter().flat_map(|&way| &requirement.alternatives[way].lines);
                let own = lines.filter(|line| metrics.contains(&line.metric));
                common = own.fold(common, |common, line| greatest_common_divisor(common, line.units.into()));
            }
            let units = needs.entitlements.iter().flat_map(|right| units_of_right(right, &metrics));
            common = units.fold(common, greatest_common_divisor);
        }
        // A divisor of units, which are no larger.
        u32::try_from(common).unwrap_or(1).max(1)
    }

    /// The most units that any line needs.
    pub fn largest(&self) -> u32 {
        let requirements = self.families.needs.iter().flat_map(|needs| &needs.requirements);
        let lines = requirements.flat_map(|requirement| &requirement.alternatives).flat_map(|way| &way.lines);
        lines.map(|line| line.units).max().unwrap_or(0)
    }
}

/// The classes of all lines, and which of them each line is of.
fn classes_of_lines<'n>(families: &Families<'n>) -> (Vec<Class<'n>>, OfLines) {
    let mut known: HashMap<ClassKey<'n>, usize> = HashMap::new();
    let mut all: Vec<Class<'n>> = Vec::new();
    let mut class = |side: usize, organisation: &'n str, line: &'n Line| {
        let key = ClassKey {
            side,
            organisation,
            product: &line.product,
            edition: line.edition.as_deref(),
            editions: &line.editions,
            version: line.version,
            metric: line.metric,
            accepts: &line.accepts,
        };
        *known.entry(key).or_insert_with(|| {
            let accepts = acceptance(format!("line {}", all.len()));
            all.push(Class { side, organisation, line, worth: (families.weight)(line), accepts });
            all.len() - 1
        })
    };
    let mut of_lines = Vec::new();
    for (side, &needs) in families.needs.iter().enumerate() {
        let mut of_requirement = |requirement: &'n Requirement| -> Vec<Vec<usize>> {
            let mut of_line = |line| class(side, &requirement.organisation, line);
            let ways = requirement.alternatives.iter();
            ways.map(|way| way.lines.iter().map(&mut of_line).collect()).collect()
        };
        of_lines.push(needs.requirements.iter().map(&mut of_requirement).collect());
    }
    (all, of_lines)
}

/// The classes that each form of each right of each family serves.
fn served(families: &Families<'_>, all: &[Class<'_>]) -> Served {
    // Where a line stands is asked again of each line: rights are bound to hosts and farms there as here.
    let nowhere: Vec<Line> = all.iter().map(|class| Line { hosts: Arc::default(), ..class.line.clone() }).collect();
    let of_form = |side: usize, right: &Entitlement, form: &Form| -> Vec<usize> {
        let own = all.iter().enumerate().filter(|(_, class)| class.side == side);
        let served = own.filter(|(index, class)| serves(right, form, &nowhere[*index], class.organisation));
        served.map(|(index, _)| index).collect()
    };
    let of_right = |side: usize, right: &Entitlement| -> Vec<Vec<usize>> {
        right.forms.iter().map(|form| of_form(side, right, form)).collect()
    };
    let sides = families.needs.iter().enumerate();
    sides.map(|(side, needs)| needs.entitlements.iter().map(|right| of_right(side, right)).collect()).collect()
}

/// What the units of a right are multiples of, by its forms of some metrics.
fn units_of_right(right: &Entitlement, metrics: &BTreeSet<Metric>) -> Vec<u64> {
    let mut units = Vec::new();
    for form in right.forms.iter().filter(|form| metrics.contains(&form.metric)) {
        units.push(form.units.into());
        if right.forms.len() > 1 {
            // Any number of licences may be converted, each into as many units.
            let even = form.units.is_multiple_of(right.forms[0].units.max(1));
            let each = form.units.checked_div(right.forms[0].units).filter(|_| even).unwrap_or(1);
            units.push(each.into());
        }
        if right.bound_singly {
            units.push(1);
        }
    }
    units
}

/// What terms of one class are accepted by, and nothing else.
pub(super) fn acceptance(terms: String) -> Arc<[Acceptance]> {
    [Acceptance { from: 0, until: usize::MAX, needs_sa: false, grace: false, through: None, terms }].into()
}

/// Classes that each form of a suite serves, whatever the family.
fn of_suite(served: &Served, suite: &Suite) -> Vec<Vec<usize>> {
    let mut forms: Vec<Vec<usize>> = Vec::new();
    for (&side, &right) in &suite.rights {
        for (form, classes) in served[side][right].iter().enumerate() {
            forms.resize_with(forms.len().max(form + 1), Vec::new);
            forms[form].extend(classes);
        }
    }
    forms
}
