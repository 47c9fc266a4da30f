//! What was found for joined families, told in each family's own needs and rights, with where the units of suites stand.

use std::collections::{BTreeMap, BTreeSet};

use crate::allocate::Solution;
use crate::model::{Allocation, Chosen, Entitlement, Form, HostId, Key, Metric, PurchaseLine, licence_name};
use crate::rules::suite_rule;

use super::combined::Mixed;
use super::joint::Joint;
use super::rights::Origin;
use super::{Families, Found};

/// Hosts named in a sentence; of more only the number is told.
const NAMED: usize = 12;

/// The families by themselves again.
pub(super) fn unfold(families: &Families<'_>, joint: &Joint, solution: &Solution) -> Vec<Found> {
    let mut found: Vec<Solution> = families.needs.iter().map(|_| Solution::default()).collect();
    let mut ways: BTreeMap<usize, &Mixed> = BTreeMap::new();
    for chosen in &solution.chosen {
        let mixed = &joint.ways[chosen.requirement][chosen.alternative];
        ways.insert(chosen.requirement, mixed);
        for &[side, requirement, alternative] in &mixed.ways {
            found[side].chosen.push(Chosen { requirement, alternative });
        }
    }
    let mut placed: Vec<Placed> = families.suites.iter().map(|_| Placed::default()).collect();
    for spent in &solution.allocations {
        let part = &ways[&spent.requirement].lines[spent.line];
        for &[side, requirement, line] in &part.lines {
            let entitlement = match joint.rights[spent.entitlement] {
                Origin::Right(_, right) => right,
                Origin::Suite(suite) => {
                    placed[suite].add(spent.form, part.host, side, spent.units);
                    families.suites[suite].rights[&side]
                }
            };
            let Allocation { form, units, .. } = *spent;
            found[side].allocations.push(Allocation { entitlement, form, requirement, line, units });
        }
    }
    let mut found: Vec<Found> = found.into_iter().map(together).collect();
    let mut uses: BTreeMap<Bought<'_>, Use> = BTreeMap::new();
    for (suite, placed) in families.suites.iter().zip(&placed) {
        for (&side, &right) in &suite.rights {
            let right = Right { families, placed, side, right };
            let converted = right.converted();
            assert!(right.standing(0) + converted <= right.licences(), "a suite was placed beyond its units");
            right.tell(&mut found[side]);
        }
        if let Some((&side, &right)) = suite.rights.first_key_value() {
            let right = Right { families, placed, side, right };
            right.count(uses.entry(right.bought()).or_default());
        }
    }
    found[0].notes.extend(uses.iter().map(|(bought, used)| used.said(bought, families)));
    found
}

/// A solution in the order in which the allocation gives it, each line and right once.
fn together(solution: Solution) -> Found {
    let Solution { mut chosen, allocations, notes } = solution;
    chosen.sort_by_key(|chosen| chosen.requirement);
    let mut units: BTreeMap<(usize, usize, usize, usize), u32> = BTreeMap::new();
    for one in allocations {
        *units.entry((one.entitlement, one.form, one.requirement, one.line)).or_default() += one.units;
    }
    let allocations = units.into_iter().map(|((entitlement, form, requirement, line), units)| Allocation {
        entitlement,
        form,
        requirement,
        line,
        units,
    });
    Found { pieces: None, solution: Solution { chosen, allocations: allocations.collect(), notes }, notes: Vec::new() }
}

/// Units of a suite by form, host and family.
#[derive(Default)]
struct Placed(BTreeMap<(usize, Option<HostId>), BTreeMap<usize, u32>>);

impl Placed {
    fn add(&mut self, form: usize, host: Option<HostId>, side: usize, units: u32) {
        *self.0.entry((form, host)).or_default().entry(side).or_default() += units;
    }

    /// Units of a form on each host: the most that any family takes there.
    fn standing(&self, form: usize) -> impl Iterator<Item = (Option<HostId>, u32)> {
        let of_form = self.0.iter().filter(move |((own, _), _)| *own == form);
        of_form.map(|((_, host), sides)| (*host, sides.values().copied().max().unwrap_or(0)))
    }

    /// Units of a form that stand on a host and that a family does not take there.
    fn idle(&self, form: usize, side: usize) -> Vec<(HostId, u32)> {
        let of_form = self.0.iter().filter(|((own, _), _)| *own == form);
        let idle = of_form.filter_map(|((_, host), sides)| {
            let most = sides.values().copied().max().unwrap_or(0);
            Some(((*host)?, most - sides.get(&side).copied().unwrap_or(0)))
        });
        idle.filter(|(_, units)| *units > 0).collect()
    }
}

/// One part of a suite: a right of one family.
struct Right<'r> {
    families: &'r Families<'r>,
    placed: &'r Placed,
    side: usize,
    right: usize,
}

impl<'r> Right<'r> {
    fn entitlement(&self) -> &'r Entitlement {
        &self.families.needs[self.side].entitlements[self.right]
    }

    fn licences(&self) -> u64 {
        u64::from(self.entitlement().forms[0].units)
    }

    /// Units of a form that stand on hosts.
    fn standing(&self, form: usize) -> u64 {
        self.placed.standing(form).map(|(_, units)| u64::from(units)).sum()
    }

    /// Licences that are converted, so that as many units as stand on hosts come out of them.
    fn converted(&self) -> u64 {
        let Some(form) = self.entitlement().forms.get(1) else { return 0 };
        (self.standing(1) * self.licences()).div_ceil(u64::from(form.units).max(1))
    }

    /// Splits the right: units that stand where this family needs none are of no use elsewhere, and converted licences are
    /// told apart from those that are left as they were bought.
    fn tell(&self, found: &mut Found) {
        let pieces = found.pieces.get_or_insert_with(|| self.families.needs[self.side].entitlements.clone());
        let mut main = self.entitlement().clone();
        let converted = self.converted();
        if converted > 0 {
            let whole = main.forms[1].units;
            leave(&mut main, u32::try_from(converted).unwrap_or(u32::MAX));
            let mut piece = self.piece(1, whole - main.forms[1].units, "converted", self.sentence(1));
            let idle = self.idle(1);
            piece.forms[0].units -= idle.iter().map(|idle| idle.forms[0].units).sum::<u32>();
            for spent in &mut found.solution.allocations {
                if (spent.entitlement, spent.form) == (self.right, 1) {
                    (spent.entitlement, spent.form) = (pieces.len(), 0);
                }
            }
            found.solution.allocations.sort();
            pieces.push(piece);
            pieces.extend(idle);
        }
        if let Some(idle) = self.idle(0) {
            leave(&mut main, idle.forms[0].units);
            pieces.push(idle);
        }
        if self.standing(0) > 0 {
            main.working.by_rule(&self.rule(), self.sentence(0));
        }
        pieces[self.right] = main;
    }

    /// Units of a form that stand where another part of the suite is needed and this one is not.
    fn idle(&self, form: usize) -> Option<Entitlement> {
        let idle = self.placed.idle(form, self.side);
        let units: u32 = idle.iter().map(|(_, units)| units).sum();
        let on = self.on_hosts(idle.iter().map(|&(host, units)| (Some(host), units)));
        let name = if form == 0 { "elsewhere" } else { "converted-elsewhere" };
        let text = format!(
            "Units of it on hosts where another part of the suite stands and no more of this one is needed: {on}."
        );
        (units > 0).then(|| {
            let hosts = idle.iter().map(|(host, _)| *host).collect();
            Entitlement { bound_hosts: hosts, ..self.piece(form, units, name, text) }
        })
    }

    /// So many units of one form.
    fn piece(&self, form: usize, units: u32, name: &str, text: String) -> Entitlement {
        let own = self.entitlement();
        let mut piece = Entitlement {
            key: Key(format!("{}/{name}", own.key)),
            forms: vec![Form { units, ..own.forms[form].clone() }],
            ..own.clone()
        };
        piece.working.by_rule(&self.rule(), text);
        piece
    }

    fn rule(&self) -> String {
        let own = self.entitlement();
        let suite = self.families.ground.rules.products.get(&self.families.ground.estate.purchases[own.line].product);
        suite.map(|suite| suite_rule(suite, &own.forms[0].product)).unwrap_or_default()
    }

    fn sentence(&self, form: usize) -> String {
        let units = self.standing(form);
        let on = self.on_hosts(self.placed.standing(form));
        format!(
            "A unit of the suite stands on one host for all its parts. {units} were placed, for {} together: {on}.",
            self.families.names
        )
    }

    /// `16 on alpha, 32 on beta`.
    fn on_hosts(&self, standing: impl Iterator<Item = (Option<HostId>, u32)>) -> String {
        let estate = self.families.ground.estate;
        let name = |host: Option<HostId>| host.map_or("no machine that is known", |host| &estate.host(host).name);
        let mut all: Vec<(&str, u32)> = standing.map(|(host, units)| (name(host), units)).collect();
        all.sort_unstable();
        let more = all.len().saturating_sub(NAMED);
        let mut said: Vec<String> = all.iter().take(NAMED).map(|(host, units)| format!("{units} on {host}")).collect();
        if more > 0 {
            let units: u32 = all.iter().skip(NAMED).map(|(_, units)| units).sum();
            said.push(format!("{units} on {more} more"));
        }
        said.join(", ")
    }

    fn bought(&self) -> Bought<'r> {
        let line: &'r PurchaseLine = &self.families.ground.estate.purchases[self.entitlement().line];
        (&line.organisation, &line.product, line.edition.as_deref(), line.metric)
    }

    fn count(&self, used: &mut Use) {
        used.owned += self.licences();
        used.used += self.standing(0) + self.converted();
        used.hosts.extend(self.placed.0.keys().filter_map(|(_, host)| *host));
    }
}

/// Takes licences out of a right, in every form that they may be spent in.
fn leave(right: &mut Entitlement, licences: u32) {
    let whole = right.forms[0].units;
    for form in &mut right.forms {
        let units = u64::from(form.units) * u64::from(whole - licences) / u64::from(whole.max(1));
        form.units = u32::try_from(units).unwrap_or(u32::MAX);
    }
}

/// Organisation, product, edition and metric of a suite.
type Bought<'r> = (&'r str, &'r str, Option<&'r str>, Metric);

/// A suite as one thing.
#[derive(Default)]
struct Use {
    owned: u64,
    used: u64,
    hosts: BTreeSet<HostId>,
}

impl Use {
    /// `Infrastructure Suite Standard of alpha: 48 core are owned …`.
    fn said(&self, bought: &Bought<'_>, families: &Families<'_>) -> String {
        let &(organisation, product, edition, metric) = bought;
        let name = families.ground.rules.names.get(product).map_or(product, String::as_str);
        let Self { owned, used, hosts } = self;
        let left = owned - used;
        format!(
            "{} of {organisation}: {owned} {metric} owned; {used} stand on {}, for {} together; {left} left.",
            licence_name(name, edition, None),
            if hosts.len() == 1 { "1 host".to_owned() } else { format!("{} hosts", hosts.len()) },
            families.names
        )
    }
}
