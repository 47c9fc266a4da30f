//! Needs of several families on one host as one need, whose ways are all combinations of theirs, each in every mix of what
//! units of suites serve at once.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use hashbrown::HashSet;

use crate::model::{Acceptance, Alternative, Basis, HostId, Line, Metric, Requirement, Scope, Working};

use super::classes::{Classes, NOTHING, acceptance};
use super::mixes::{Pair, mixes};

/// Ways of one need.
const WAYS: usize = 600;

/// Ways of all needs that differ.
const WAYS_OF_ALL: usize = 2_400;

/// Lines of all ways of all needs.
const LINES: usize = 600_000;

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

/// Needs that share a host where a suite may serve several families: family and requirement of each.
pub(super) type Connected = Vec<[usize; 2]>;

/// Needs that suites may serve on a host, by organisation.
type Here<'n> = BTreeMap<&'n str, BTreeSet<[usize; 2]>>;

/// A line of a combination of ways.
struct Wanted<'n> {
    /// Family, requirement and line.
    place: [usize; 3],
    class: usize,
    line: &'n Line,
}

/// Two lines that units of a suite may serve at once on a host.
struct Paired {
    pair: Pair,
    accepts: Arc<[Acceptance]>,
    host: HostId,
}

impl<'n> Classes<'_, 'n> {
    /// Needs that may be served together, and whether some belong to different organisations: these are left apart.
    pub fn connected(&self) -> (Vec<Connected>, bool) {
        let (all, at) = self.needs_on_hosts();
        let numbers: BTreeMap<[usize; 2], usize> = all.into_iter().zip(0..).collect();
        let mut groups: Vec<usize> = (0..numbers.len()).collect();
        let mut is_parted = false;
        for organisations in at.values() {
            is_parted |= are_parted(organisations);
            for needs in organisations.values().filter(|needs| sides_of(needs).len() > 1) {
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

    /// The needs of all families in their order, and by host those of which a suite may serve a line there.
    fn needs_on_hosts(&self) -> (Vec<[usize; 2]>, BTreeMap<HostId, Here<'n>>) {
        let (mut all, mut at) = (Vec::new(), BTreeMap::<HostId, Here<'n>>::new());
        for (side, &needs) in self.families.needs.iter().enumerate() {
            for (index, requirement) in needs.requirements.iter().enumerate() {
                if self.running[side][index].is_empty() {
                    continue;
                }
                all.push([side, index]);
                for &way in &self.running[side][index] {
                    let lines = requirement.alternatives[way].lines.iter().zip(&self.of_lines[side][index][way]);
                    let by_suite = lines.filter(|(_, class)| self.by_suite[**class]);
                    for &host in by_suite.flat_map(|(line, _)| &*line.hosts) {
                        let here = at.entry(host).or_default();
                        here.entry(&*requirement.organisation).or_default().insert([side, index]);
                    }
                }
            }
        }
        (all, at)
    }

    /// Needs with all their ways; `None` where there are too many.
    pub fn requirements(&mut self, needs: &[Connected], step: u32) -> Option<(Vec<Requirement>, Vec<Vec<Mixed>>)> {
        let (mut requirements, mut all) = (Vec::new(), Vec::new());
        let (mut different, mut ways_of_all, mut lines) = (HashSet::new(), 0, 0);
        for connected in needs {
            let (alternatives, ways) = self.all_ways(connected, step)?;
            lines += alternatives.iter().map(|way| way.lines.len()).sum::<usize>();
            if different.insert(looks(&alternatives)) {
                ways_of_all += ways.len();
            }
            if lines > LINES || ways_of_all > WAYS_OF_ALL {
                return None;
            }
            let [side, first] = connected[0];
            let first = &self.families.needs[side].requirements[first];
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

    /// All ways of some needs together.
    fn all_ways(&mut self, needs: &Connected, step: u32) -> Option<(Vec<Alternative>, Vec<Mixed>)> {
        let (mut alternatives, mut ways) = (Vec::new(), Vec::new());
        for combination in self.combinations(needs)? {
            for (alternative, mixed) in self.ways(&combination, step)? {
                alternatives.push(alternative);
                ways.push(mixed);
            }
            if ways.len() > WAYS {
                return None;
            }
        }
        Some((alternatives, ways))
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
    fn ways(&mut self, combination: &[[usize; 3]], step: u32) -> Option<Vec<(Alternative, Mixed)>> {
        let (lines, higher) = self.wanted(combination);
        let pairs = self.paired(&lines);
        let units: Vec<u32> = lines.iter().map(|wanted| wanted.line.units).collect();
        let of_pairs: Vec<Pair> = pairs.iter().map(|paired| paired.pair).collect();
        let in_mix = |mix: Vec<u32>| {
            let (own, parts) = self.lines_of_mix(&lines, &pairs, &mix);
            let alternative = Alternative {
                sold: true,
                higher_edition: higher,
                ..Alternative::new("", Metric::Core, Basis::Host, own, Working::default())
            };
            (alternative, Mixed { ways: combination.to_vec(), lines: parts })
        };
        Some(mixes(&units, &of_pairs, step, WAYS)?.into_iter().map(in_mix).collect())
    }

    /// The lines of a combination, and whether one of its ways is by a higher edition.
    fn wanted(&self, combination: &[[usize; 3]]) -> (Vec<Wanted<'n>>, bool) {
        let (mut lines, mut higher) = (Vec::new(), false);
        for &[side, requirement, way] in combination {
            let needs: &'n _ = self.families.needs[side];
            let alternative = &needs.requirements[requirement].alternatives[way];
            higher |= alternative.higher_edition;
            let own = alternative.lines.iter().zip(&self.of_lines[side][requirement][way]).enumerate();
            lines.extend(own.map(|(index, (line, &class))| Wanted { place: [side, requirement, index], class, line }));
        }
        (lines, higher)
    }

    /// The pairs of lines of different families on one host that a form of a suite serves.
    fn paired(&mut self, lines: &[Wanted<'_>]) -> Vec<Paired> {
        let mut found = Vec::new();
        for (first, one) in lines.iter().enumerate().filter(|(_, one)| self.by_suite[one.class]).collect::<Vec<_>>() {
            for (second, other) in lines.iter().enumerate().skip(first + 1) {
                let shared = one.line.hosts.iter().filter(|host| other.line.hosts.contains(host)).min();
                let Some(&host) = shared else { continue };
                if one.place[0] == other.place[0] || !self.by_suite[other.class] {
                    continue;
                }
                if let Some(pair) = self.pair([one.class, other.class]) {
                    let (accepts, kind) = (Arc::clone(&pair.accepts), pair.number);
                    found.push(Paired { pair: Pair { lines: [first, second], kind }, accepts, host });
                }
            }
        }
        found
    }

    /// The lines of a mix, and what each stands for: the pairs, what is left of each line, and nothing for as many units as
    /// are paired.
    fn lines_of_mix(&self, lines: &[Wanted<'_>], pairs: &[Paired], mix: &[u32]) -> (Vec<Line>, Vec<Part>) {
        let mut left: Vec<u32> = lines.iter().map(|wanted| wanted.line.units).collect();
        let (mut own, mut parts) = (Vec::new(), Vec::new());
        for (Paired { pair, accepts, host }, &units) in pairs.iter().zip(mix).filter(|(_, units)| **units > 0) {
            pair.lines.iter().for_each(|&line| left[line] -= units);
            let edition = lines[pair.lines[0]].line.edition.clone();
            own.push(self.line(edition, units, [*host].into(), Arc::clone(accepts)));
            parts.push(Part { lines: pair.lines.map(|line| lines[line].place).into(), host: Some(*host) });
        }
        for (&Wanted { place, class, line }, &units) in lines.iter().zip(&left).filter(|(_, units)| **units > 0) {
            let accepts = Arc::clone(&self.all[class].accepts);
            own.push(self.line(line.edition.clone(), units, Arc::clone(&line.hosts), accepts));
            parts.push(Part { lines: vec![place], host: line.hosts.first().copied() });
        }
        let paired: u32 = mix.iter().sum();
        if paired > 0 {
            // A pair is two units of need: what a way needs in all does not depend on how much of it is served at once.
            own.push(self.line(None, paired, Arc::default(), acceptance(NOTHING.to_owned())));
            parts.push(Part::default());
        }
        (own, parts)
    }

    fn line(&self, edition: Option<Arc<str>>, units: u32, hosts: Arc<[HostId]>, accepts: Arc<[Acceptance]>) -> Line {
        let editions = Arc::clone(&self.editions);
        Line { edition, editions, hosts, accepts, ..Line::new("", None, Metric::Core, units) }
    }
}

/// Families that needs belong to.
fn sides_of(needs: &BTreeSet<[usize; 2]>) -> BTreeSet<usize> {
    needs.iter().map(|[side, _]| *side).collect()
}

/// Whether needs of different families on a host belong to different organisations.
fn are_parted(organisations: &Here<'_>) -> bool {
    let sides: Vec<BTreeSet<usize>> = organisations.values().map(sides_of).collect();
    let differ = |here: &BTreeSet<usize>, there: &BTreeSet<usize>| {
        there.iter().any(|other| here.iter().any(|side| side != other))
    };
    sides.iter().enumerate().any(|(own, here)| sides[..own].iter().any(|there| differ(here, there)))
}

/// What ways look like, in one number.
fn looks(alternatives: &[Alternative]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for line in alternatives.iter().flat_map(|way| &way.lines) {
        (&line.accepts[0].terms, line.units).hash(&mut hasher);
    }
    hasher.finish()
}
