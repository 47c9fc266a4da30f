//! Components drawn at random, and every choice there is for them, to hold the searches against.

use super::component::{Class, Component, Way};
use super::cuts::Fractions;
use super::decided::Dice;
use super::flow::{Kind, Want, spend};
use super::reduced::{self, Reduced, Supply};

/// Members, and the lines of each way: kind and units.
pub(super) type Drawn = (usize, Vec<Vec<(usize, u64)>>);

/// A component of these classes, worths of the kinds and edges.
pub(super) fn component(classes: Vec<Drawn>, worths: &[u64], edges: &[(usize, usize)]) -> Component {
    let way = |lines: Vec<(usize, u64)>| Way { higher: false, units: 0, lines };
    let class =
        |(members, ways): Drawn| Class { members: (0..members).collect(), ways: ways.into_iter().map(way).collect() };
    Component {
        requirements: Vec::new(),
        eligible: Vec::new(),
        classes: classes.into_iter().map(class).collect(),
        kinds: worths.iter().map(|&worth| Kind { worth }).collect(),
        stocks: Vec::new(),
        groups: Vec::new(),
        edges: edges.iter().map(|&(stock, kind)| (stock, kind, 0)).collect(),
        edges_to: Vec::new(),
    }
}

pub(super) fn supply(units: u64) -> Supply {
    Supply { units, ..Supply::default() }
}

/// What a choice leaves unmet where so many licences are kept.
pub(super) fn unmet(component: &Component, supplies: &[Supply], counts: &[Vec<u64>], kept: &[u64]) -> u128 {
    let mut units = vec![0; component.kinds.len()];
    for (class, counts) in component.classes.iter().zip(counts) {
        for (way, count) in class.ways.iter().zip(counts) {
            way.lines.iter().for_each(|&(kind, wanted)| units[kind] += wanted * count);
        }
    }
    let held = |supply: &Supply| {
        let kept = supply.kept.iter().map(|(&group, &more)| more * kept[group] as f64).sum::<f64>();
        (supply.units as f64 + kept) as u64
    };
    let held: Vec<u64> = supplies.iter().map(held).collect();
    let wants: Vec<Want> = units.iter().enumerate().map(|(kind, &units)| Want { kind, units }).collect();
    let met = spend(&held, &component.kinds, &wants, &component.edges).met;
    let short = wants.iter().zip(met).map(|(want, met)| (want.kind, want.units - met));
    short.map(|(kind, units)| u128::from(component.kinds[kind].worth * units)).sum()
}

/// Every way to share the members of every class out.
pub(super) fn choices(component: &Component) -> Vec<Vec<Vec<u64>>> {
    let mut all: Vec<Vec<Vec<u64>>> = vec![Vec::new()];
    for class in &component.classes {
        let mut shares: Vec<Vec<u64>> = vec![Vec::new()];
        for way in 0..class.ways.len() {
            let members = class.members.len() as u64;
            let is_last = way + 1 == class.ways.len();
            let longer = |share: &Vec<u64>| {
                let left = members - share.iter().sum::<u64>();
                let counts = if is_last { left..=left } else { 0..=left };
                counts.map(|count| [share.as_slice(), &[count]].concat()).collect::<Vec<_>>()
            };
            shares = shares.iter().flat_map(longer).collect();
        }
        let longer = |choice: &Vec<Vec<u64>>| {
            shares.iter().map(|share| [choice.as_slice(), std::slice::from_ref(share)].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// A component of a few scopes against several stocks, scarce together, some of which are converted into each other.
pub(super) fn drawn(dice: &mut Dice) -> (Component, Vec<Supply>, Vec<u64>) {
    let (kinds, stocks) = (1 + dice.roll(4) as usize, 1 + dice.roll(4) as usize);
    let worths: Vec<u64> = (0..kinds).map(|_| 1 + dice.roll(40)).collect();
    let every = (0..stocks).flat_map(|stock| (0..kinds).map(move |kind| (stock, kind)));
    let edges: Vec<(usize, usize)> = every.filter(|_| dice.roll(2) == 0).collect();
    let classes = (0..1 + dice.roll(3))
        .map(|_| {
            let mut way =
                || (0..1 + dice.roll(2)).map(|_| (dice.roll(kinds as u64) as usize, 1 + dice.roll(9))).collect();
            let ways: Vec<Vec<(usize, u64)>> = vec![way(), way(), way()];
            (1 + dice.roll(2) as usize, ways)
        })
        .collect();
    let mut supplies: Vec<Supply> = (0..stocks).map(|_| supply(dice.roll(16))).collect();
    let mut licences = Vec::new();
    if stocks > 1 && dice.roll(2) == 0 {
        let (own, each) = (dice.roll(6), 1 + dice.roll(3));
        supplies[0] = Supply { units: 0, kept: [(0, 1.0)].into() };
        supplies[1] = Supply { units: own * each, kept: [(0, -(each as f64))].into() };
        licences.push(own);
    }
    (component(classes, &worths, &edges), supplies, licences)
}

/// What is left of a component as a component.
pub(super) fn as_component(part: &Reduced) -> Component {
    let ways = |class: &reduced::Class| class.ways.iter().map(|way| way.needs.clone()).collect();
    let own: Vec<Drawn> = part.classes.iter().map(|class| (class.members as usize, ways(class))).collect();
    let worths: Vec<u64> = part.kinds.iter().map(|kind| kind.worth).collect();
    let kinds = part.kinds.iter().enumerate();
    let edges: Vec<(usize, usize)> =
        kinds.flat_map(|(kind, own)| own.stocks.iter().map(move |&stock| (stock, kind))).collect();
    component(own, &worths, &edges)
}

/// Units of some kinds that a choice leaves unmet.
pub(super) fn unmet_of(part: &Reduced, kinds: &[usize], counts: &[Vec<u64>], found: &Fractions) -> u64 {
    let classes = part.classes.iter().zip(counts);
    let ways = classes.flat_map(|(class, counts)| class.ways.iter().zip(counts));
    let needs = ways.flat_map(|(way, count)| way.needs.iter().map(move |&(kind, units)| (kind, units * count)));
    let needed: u64 = needs.filter(|(kind, _)| kinds.contains(kind)).map(|(_, units)| units).sum();
    needed - kinds.iter().flat_map(|&kind| &found.given[kind]).map(|&units| units as u64).sum::<u64>()
}

/// A whole choice with the units spent on it.
pub(super) fn given(whole: &Component, part: &Reduced, counts: &[Vec<u64>], kept: &[u64]) -> Fractions {
    let mut units = vec![0; whole.kinds.len()];
    for (class, counts) in whole.classes.iter().zip(counts) {
        for (way, count) in class.ways.iter().zip(counts) {
            way.lines.iter().for_each(|&(kind, wanted)| units[kind] += wanted * count);
        }
    }
    let kept: Vec<f64> = kept.iter().map(|&kept| kept as f64).collect();
    let held: Vec<u64> = part.supplies.iter().map(|supply| supply.units_kept(&kept) as u64).collect();
    let wants: Vec<Want> = units.iter().enumerate().map(|(kind, &units)| Want { kind, units }).collect();
    let used = spend(&held, &whole.kinds, &wants, &whole.edges).used;
    let mut used = used.into_iter();
    let of_kind = |kind: &reduced::Kind| used.by_ref().take(kind.stocks.len()).map(|units| units as f64).collect();
    Fractions {
        counts: counts.iter().map(|counts| counts.iter().map(|&count| count as f64).collect()).collect(),
        given: part.kinds.iter().map(of_kind).collect(),
        kept,
    }
}

/// Licences that may stay as they were bought.
pub(super) fn every_kept(licences: &[u64]) -> Vec<Vec<u64>> {
    (0..licences.first().map_or(1, |&licences| licences + 1)).map(|kept| vec![kept; licences.len()]).collect()
}

/// The least that any choice leaves unmet.
pub(super) fn least_of_all(component: &Component, supplies: &[Supply], licences: &[u64]) -> u128 {
    let kept = every_kept(licences);
    let of_choice = |counts: &Vec<Vec<u64>>| kept.iter().map(|kept| unmet(component, supplies, counts, kept)).min();
    choices(component).iter().filter_map(of_choice).min().unwrap()
}
