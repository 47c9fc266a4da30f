//! A component as far as the least unmet need goes: what differs only in later criteria is one.
//!
//! Kinds of one worth that the same stocks serve are one kind, and stocks that serve the same kinds are one stock. A kind
//! that is never short needs nothing, one that nothing serves costs what it is worth, and a way is left out where another
//! can always make do with what it is given. Scopes that differ in nothing else are one class. The least that stays unmet
//! is the same, with a fraction of the ways and kinds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use super::component::{Component, join, root};
use super::programme::greatest_common_divisor;

/// Units of a stock: what it holds when every licence is converted that can be, and more or less by each that is not.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Supply {
    /// Units where no licence of a group stays as it was bought.
    pub units: u64,
    /// For each licence of a group that stays as it was bought: group, numbered within the component, and units more.
    pub kept: BTreeMap<usize, f64>,
}

impl Supply {
    /// Units where so many licences of each group stay as they were bought.
    pub fn units_kept(&self, kept: &[f64]) -> f64 {
        self.units as f64 + self.kept.iter().map(|(&group, more)| more * kept[group]).sum::<f64>()
    }
}

/// A kind of line that may be short.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    /// What a unit is worth.
    pub worth: u64,
    /// Stocks that serve it, in order.
    pub stocks: Vec<usize>,
}

/// What a way needs of the kinds that may be short, in the order of the kinds, and what it costs beside them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Way {
    /// Worth of its units that nothing serves.
    pub cost: u128,
    /// Kind and units.
    pub needs: Vec<(usize, u64)>,
}

/// Scopes with the same ways.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub members: u64,
    pub ways: Vec<Way>,
    /// The classes of the component it stands for, and which of their ways each of its ways is.
    from: Vec<(usize, Vec<usize>)>,
}

/// A price at which units stay unmet in a market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Level {
    /// What an unmet unit costs more than at the level below.
    pub worth: u64,
    /// The kinds that cost so much or more.
    pub kinds: Vec<usize>,
}

/// What is left of a component.
#[derive(Debug, Clone, Default)]
pub(super) struct Reduced {
    pub kinds: Vec<Kind>,
    pub supplies: Vec<Supply>,
    pub classes: Vec<Class>,
}

impl Reduced {
    /// Reduces a component whose stocks hold so much.
    pub fn new(component: &Component, supplies: &[Supply]) -> Self {
        let mut shrinking = Shrinking::new(component, supplies);
        let mut size = shrinking.size();
        loop {
            shrinking.shrink();
            let smaller = shrinking.size();
            if smaller == size {
                break;
            }
            size = smaller;
        }
        let Shrinking { kinds, supplies, members, ways } = shrinking;
        let mut classes: Vec<Class> = Vec::new();
        let mut known: HashMap<Vec<Way>, usize> = HashMap::new();
        for (index, (members, mut ways)) in members.into_iter().zip(ways).enumerate() {
            ways.sort();
            let (ways, from): (Vec<Way>, Vec<usize>) = ways.into_iter().unzip();
            let class = *known.entry(ways.clone()).or_insert(classes.len());
            if class == classes.len() {
                classes.push(Class { members: 0, ways, from: Vec::new() });
            }
            classes[class].members += members;
            classes[class].from.push((index, from));
        }
        Self { kinds, supplies, classes }
    }

    /// The market of every kind and of every stock: those that give and take units of each other are in one.
    fn markets(&self) -> (Vec<usize>, Vec<usize>) {
        let mut parent = self.joined_by_stocks();
        let mut markets: Numbered<usize> = Numbered::default();
        let all = 0..self.kinds.len() + self.supplies.len();
        let mut all: Vec<usize> = all.map(|at| markets.number(root(&mut parent, at))).collect();
        let of_stocks = all.split_off(self.kinds.len());
        (all, of_stocks)
    }

    /// The prices at which units stay unmet, dearest last in each market, with the kinds that cost as much or more.
    pub fn levels(&self) -> Vec<Level> {
        let (markets, _) = self.markets();
        let prices: BTreeSet<(usize, u64)> =
            markets.iter().zip(&self.kinds).map(|(&own, kind)| (own, kind.worth)).collect();
        let mut levels: Vec<Level> = Vec::new();
        let mut before = None;
        for (market, price) in prices {
            let above = before.filter(|&(own, _)| own == market).map_or(0, |(_, below)| below);
            let is_in = |kind: &usize| markets[*kind] == market && self.kinds[*kind].worth >= price;
            levels.push(Level { worth: price - above, kinds: (0..self.kinds.len()).filter(is_in).collect() });
            before = Some((market, price));
        }
        levels
    }

    /// The same where units of each market are counted in pairs, fours or more, if all of them come so.
    pub fn in_common_units(&self) -> Self {
        let common = self.common_units();
        let (kinds, stocks) = self.markets();
        let mut same = self.clone();
        same.kinds.iter_mut().zip(&kinds).for_each(|(kind, &market)| kind.worth *= common[market]);
        for (kind, units) in same.classes.iter_mut().flat_map(|class| &mut class.ways).flat_map(|way| &mut way.needs) {
            *units /= common[kinds[*kind]];
        }
        for (supply, &market) in same.supplies.iter_mut().zip(&stocks) {
            supply.units /= common[market];
            supply.kept.values_mut().for_each(|more| *more /= common[market] as f64);
        }
        same
    }

    /// What all units of each market have in common.
    fn common_units(&self) -> Vec<u64> {
        let (kinds, stocks) = self.markets();
        let mut common: Vec<u64> = vec![0; kinds.iter().chain(&stocks).max().map_or(0, |most| most + 1)];
        for (kind, units) in self.classes.iter().flat_map(|class| &class.ways).flat_map(|way| &way.needs) {
            common[kinds[*kind]] = greatest_common_divisor(common[kinds[*kind]], *units);
        }
        for (supply, &market) in self.supplies.iter().zip(&stocks) {
            common[market] = greatest_common_divisor(common[market], supply.units);
            for more in supply.kept.values() {
                let units = if more.fract() == 0.0 { more.abs() as u64 } else { 1 };
                common[market] = greatest_common_divisor(common[market], units);
            }
        }
        common.into_iter().map(|units| units.max(1)).collect()
    }

    /// The same with only some of the ways, and their numbers before.
    pub fn only(&self, stays: impl Fn(usize, usize) -> bool) -> (Self, Vec<Vec<usize>>) {
        let mut part = self.clone();
        let mut numbers = Vec::with_capacity(self.classes.len());
        for (index, class) in part.classes.iter_mut().enumerate() {
            let own: Vec<usize> = (0..class.ways.len()).filter(|&way| stays(index, way)).collect();
            class.ways = own.iter().map(|&way| class.ways[way].clone()).collect();
            for (_, from) in &mut class.from {
                *from = own.iter().map(|&way| from[way]).collect();
            }
            numbers.push(own);
        }
        (part, numbers)
    }

    /// Ways of all classes.
    pub fn ways(&self) -> usize {
        self.classes.iter().map(|class| class.ways.len()).sum()
    }

    /// The parts that share no stock, no group and no scope that has a choice; what stays unmet adds up over them.
    pub fn parts(&self) -> Vec<Self> {
        let of_kind = self.part_of_each_kind();
        let parts = of_kind.iter().max().map_or(1, |most| most + 1);
        let mut number = vec![(0, 0); self.kinds.len()];
        let mut all: Vec<Self> = vec![Self::default(); parts];
        let mut stocks: Vec<Option<usize>> = vec![None; self.supplies.len()];
        for (kind, &part) in self.kinds.iter().zip(&of_kind) {
            for &stock in &kind.stocks {
                stocks[stock].get_or_insert_with(|| {
                    all[part].supplies.push(self.supplies[stock].clone());
                    all[part].supplies.len() - 1
                });
            }
        }
        for (index, (kind, &part)) in self.kinds.iter().zip(&of_kind).enumerate() {
            number[index] = (part, all[part].kinds.len());
            let stocks = kind.stocks.iter().filter_map(|&stock| stocks[stock]).collect();
            all[part].kinds.push(Kind { worth: kind.worth, stocks });
        }
        for class in &self.classes {
            let needs = class.ways.iter().flat_map(|way| &way.needs);
            let touched: BTreeSet<usize> = needs.map(|&(kind, _)| of_kind[kind]).collect();
            let first = touched.first().copied().unwrap_or(0);
            // A scope without a choice may be in several parts; what it costs beside its needs is counted in one of them.
            for part in [first].into_iter().chain(touched.into_iter().skip(1)) {
                let within = |way: &Way| Way {
                    cost: if part == first { way.cost } else { 0 },
                    needs: way
                        .needs
                        .iter()
                        .filter(|(kind, _)| of_kind[*kind] == part)
                        .map(|&(kind, units)| (number[kind].1, units))
                        .collect(),
                };
                let from = if part == first { class.from.clone() } else { Vec::new() };
                let ways = class.ways.iter().map(within).collect();
                all[part].classes.push(Class { members: class.members, ways, from });
            }
        }
        all
    }

    /// The part that each kind is in, numbered from nought.
    fn part_of_each_kind(&self) -> Vec<usize> {
        let mut parent = self.joined_by_stocks();
        for class in self.classes.iter().filter(|class| class.ways.len() > 1) {
            let mut kinds = class.ways.iter().flat_map(|way| &way.needs).map(|&(kind, _)| kind);
            if let Some(first) = kinds.next() {
                kinds.for_each(|kind| join(&mut parent, first, kind));
            }
        }
        let mut parts: Numbered<usize> = Numbered::default();
        (0..self.kinds.len()).map(|kind| parts.number(root(&mut parent, kind))).collect()
    }

    /// For each kind, stock and group, in this order, one it is joined with: kinds to the stocks that serve them, stocks to
    /// the groups they are converted in.
    fn joined_by_stocks(&self) -> Vec<usize> {
        let (first_stock, first_group) = (self.kinds.len(), self.kinds.len() + self.supplies.len());
        let groups = self.supplies.iter().flat_map(|supply| supply.kept.keys()).max().map_or(0, |most| most + 1);
        let mut parent: Vec<usize> = (0..first_group + groups).collect();
        for (index, kind) in self.kinds.iter().enumerate() {
            kind.stocks.iter().for_each(|stock| join(&mut parent, index, first_stock + stock));
        }
        for (index, supply) in self.supplies.iter().enumerate() {
            supply.kept.keys().for_each(|group| join(&mut parent, first_stock + index, first_group + group));
        }
        parent
    }

    /// Adds the same choice told in the classes and ways of the component.
    pub fn unfold(&self, component: &Component, counts: &[Vec<u64>], unfolded: &mut [Vec<u64>]) {
        for (class, counts) in self.classes.iter().zip(counts) {
            let mut counts = counts.clone();
            for (index, ways) in &class.from {
                let mut members = component.classes[*index].members.len() as u64;
                for (count, &way) in counts.iter_mut().zip(ways) {
                    let taken = members.min(*count);
                    unfolded[*index][way] += taken;
                    *count -= taken;
                    members -= taken;
                }
            }
        }
    }
}

/// A component while it is reduced: classes stay apart, so that it is known which way each way was.
struct Shrinking {
    kinds: Vec<Kind>,
    supplies: Vec<Supply>,
    /// Scopes of each class.
    members: Vec<u64>,
    /// Ways of each class, with their numbers in the component.
    ways: Vec<Vec<(Way, usize)>>,
}

impl Shrinking {
    fn new(component: &Component, supplies: &[Supply]) -> Self {
        let mut kinds: Vec<Kind> =
            component.kinds.iter().map(|kind| Kind { worth: kind.worth, stocks: Vec::new() }).collect();
        component.edges.iter().for_each(|&(stock, kind, _)| kinds[kind].stocks.push(stock));
        let ways = component.classes.iter().map(|class| {
            let ways = class.ways.iter().map(|way| Way { cost: 0, needs: way.lines.clone() });
            let mut ways: Vec<(Way, usize)> = ways.zip(0..).collect();
            // Of ways that are the same, the first is kept: the one with the lower edition, then with fewer units.
            ways.sort_by_key(|&(_, way)| (class.ways[way].higher, class.ways[way].units, way));
            ways
        });
        Self {
            members: component.classes.iter().map(|class| class.members.len() as u64).collect(),
            ways: ways.collect(),
            supplies: supplies.to_vec(),
            kinds,
        }
    }

    /// Kinds, stocks and ways.
    fn size(&self) -> (usize, usize, usize) {
        (self.kinds.len(), self.supplies.len(), self.ways.iter().map(Vec::len).sum())
    }

    fn shrink(&mut self) {
        self.leave_out_stocks();
        self.merge_kinds();
        self.leave_out_kinds();
        self.leave_out_ways();
    }

    /// Merges stocks that serve the same kinds, and leaves out those that hold or serve nothing.
    fn leave_out_stocks(&mut self) {
        let mut serves: Vec<Vec<usize>> = vec![Vec::new(); self.supplies.len()];
        for (kind, Kind { stocks, .. }) in self.kinds.iter().enumerate() {
            stocks.iter().for_each(|&stock| serves[stock].push(kind));
        }
        let mut merged: Numbered<Vec<usize>> = Numbered::default();
        let mut supplies: Vec<Supply> = Vec::new();
        let old = std::mem::take(&mut self.supplies);
        let number = |(supply, serves): (Supply, Vec<usize>)| {
            if serves.is_empty() || (supply.units == 0 && supply.kept.is_empty()) {
                return None;
            }
            let number = merged.number(serves);
            supplies.resize_with(supplies.len().max(number + 1), Supply::default);
            supplies[number].units += supply.units;
            supply.kept.iter().for_each(|(&group, &more)| *supplies[number].kept.entry(group).or_default() += more);
            Some(number)
        };
        let numbers: Vec<Option<usize>> = old.into_iter().zip(serves).map(number).collect();
        for Kind { stocks, .. } in &mut self.kinds {
            *stocks = stocks.iter().filter_map(|&stock| numbers[stock]).collect();
            stocks.sort_unstable();
            stocks.dedup();
        }
        self.supplies = supplies;
    }

    /// Merges kinds of one worth that the same stocks serve.
    fn merge_kinds(&mut self) {
        let mut merged: Numbered<Kind> = Numbered::default();
        let numbers: Vec<usize> = self.kinds.drain(..).map(|kind| merged.number(kind)).collect();
        self.kinds = merged.all;
        self.renumber(|kind| Fate::Is(numbers[kind]));
    }

    /// Leaves out kinds that are never short, and those that nothing serves.
    fn leave_out_kinds(&mut self) {
        let met = self.never_short();
        let mut kept = Vec::new();
        let fates: Vec<Fate> = (0..self.kinds.len())
            .map(|kind| match (met[kind], self.kinds[kind].stocks.is_empty()) {
                (true, _) => Fate::Nothing,
                (false, true) => Fate::Costs(self.kinds[kind].worth),
                (false, false) => {
                    kept.push(self.kinds[kind].clone());
                    Fate::Is(kept.len() - 1)
                }
            })
            .collect();
        self.kinds = kept;
        self.renumber(|kind| fates[kind]);
    }

    /// Tells every way in new kinds.
    fn renumber(&mut self, fate: impl Fn(usize) -> Fate) {
        for (way, _) in self.ways.iter_mut().flatten() {
            let mut needs: BTreeMap<usize, u64> = BTreeMap::new();
            for &(kind, units) in way.needs.iter().filter(|(_, units)| *units > 0) {
                match fate(kind) {
                    Fate::Is(kind) => *needs.entry(kind).or_default() += units,
                    Fate::Costs(worth) => way.cost += u128::from(worth) * u128::from(units),
                    Fate::Nothing => {}
                }
            }
            way.needs = needs.into_iter().collect();
        }
    }

    /// Kinds that are met in full whatever is chosen: they are worth nothing, nothing is asked of them, or a stock that
    /// serves them holds enough for all that may be asked of it by them and by the kinds that are not known to be met
    /// otherwise.
    fn never_short(&self) -> Vec<bool> {
        let mut most: Vec<u64> = vec![0; self.kinds.len()];
        for (members, ways) in self.members.iter().zip(&self.ways) {
            let mut of_scope: BTreeMap<usize, u64> = BTreeMap::new();
            for &(kind, units) in ways.iter().flat_map(|(way, _)| &way.needs) {
                let known = of_scope.entry(kind).or_default();
                *known = units.max(*known);
            }
            of_scope.iter().for_each(|(&kind, &units)| most[kind] += units * members);
        }
        let mut met: Vec<bool> =
            self.kinds.iter().zip(&most).map(|(kind, &most)| kind.worth == 0 || most == 0).collect();
        loop {
            let ample = (0..self.supplies.len()).find_map(|stock| {
                let Supply { units, kept } = &self.supplies[stock];
                let least = if kept.values().any(|&more| more < 0.0) { 0 } else { *units };
                let open = (0..met.len()).filter(|&kind| !met[kind] && self.kinds[kind].stocks.contains(&stock));
                let served: Vec<usize> = open.collect();
                let asked: u64 = served.iter().map(|&kind| most[kind]).sum();
                (!served.is_empty() && asked <= least).then_some(served)
            });
            match ample {
                Some(served) => served.into_iter().for_each(|kind| met[kind] = true),
                None => return met,
            }
        }
    }

    /// Leaves out ways that another serves for; of two that serve for each other, the later.
    fn leave_out_ways(&mut self) {
        let kinds = &self.kinds;
        let easier = |one: usize, other: usize| {
            kinds[one].worth <= kinds[other].worth
                && kinds[other].stocks.iter().all(|stock| kinds[one].stocks.binary_search(stock).is_ok())
        };
        let numbers = 0..kinds.len();
        let easier: Vec<Vec<bool>> =
            numbers.clone().map(|one| numbers.clone().map(|other| easier(one, other)).collect()).collect();
        for ways in &mut self.ways {
            let mut useful: Vec<(Way, usize)> = Vec::with_capacity(ways.len());
            for (way, number) in ways.drain(..) {
                if useful.iter().any(|(other, _)| serves_for(kinds, &easier, other, &way)) {
                    continue;
                }
                useful.retain(|(other, _)| !serves_for(kinds, &easier, &way, other));
                useful.push((way, number));
            }
            *ways = useful;
        }
    }
}

/// What becomes of a kind.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It has this number.
    Is(usize),
    /// A unit costs so much.
    Costs(u64),
    /// It needs nothing.
    Nothing,
}

/// Things numbered in the order in which they are met.
struct Numbered<T> {
    all: Vec<T>,
    known: HashMap<T, usize>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { all: Vec::new(), known: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    fn number(&mut self, thing: T) -> usize {
        *self.known.entry(thing).or_insert_with_key(|thing| {
            self.all.push(thing.clone());
            self.all.len() - 1
        })
    }
}

/// Whether one way can make do with what another is given, whatever that is: with units of the same kinds, or of kinds
/// that no fewer stocks serve and that are worth no more; and what it needs beyond stays unmet and costs no more.
fn serves_for(kinds: &[Kind], easier: &[Vec<bool>], one: &Way, other: &Way) -> bool {
    let mut left = other.needs.clone();
    let mut cost = one.cost;
    let mut beyond = Vec::new();
    for &(kind, mut units) in &one.needs {
        if let Ok(place) = left.binary_search_by_key(&kind, |&(kind, _)| kind) {
            let same = units.min(left[place].1);
            left[place].1 -= same;
            units -= same;
        }
        beyond.push((kind, units));
    }
    for (kind, mut units) in beyond {
        for (_, left) in left.iter_mut().filter(|(harder, _)| easier[kind][*harder]) {
            let taken = units.min(*left);
            *left -= taken;
            units -= taken;
        }
        cost += u128::from(units) * u128::from(kinds[kind].worth);
    }
    cost <= other.cost
}
