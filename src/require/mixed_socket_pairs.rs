//! One edition by hosts for some of them, another by pairs of guests for the rest (RH-R1, RH-R2).
//!
//! Hosts that share guests can only be licensed together. For every number of pairs licensed by hosts, the choice of
//! hosts that leaves the fewest for the other edition is a way of its own, so that what is owned of either decides; only
//! the best of them is listed. Where there are many such groups of hosts, they are taken by what they save for each pair.
//! Keys: `guests_a_licence`, `rights`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Alternative, Basis, HostId, Line, Machine, Working};
use crate::rules::{Method, Terms};

use super::estate_scope::Estate;
use super::reach::Reach;

/// With so many groups of hosts every choice of them is looked at.
const CHOOSABLE: usize = 150;
/// At most so many ways are offered.
const MOST_WAYS: usize = 60;

/// Hosts that share guests.
struct Farm {
    hosts: Vec<HostId>,
    /// Pairs of sockets of all its hosts.
    pairs: u32,
    /// Pairs of sockets of its hosts that run the product themselves.
    own_pairs: u32,
    guests: u32,
}

impl Farm {
    /// What the other edition needs for it, in parts of a licence.
    fn parts(&self, guests_a_licence: u32) -> u32 {
        self.own_pairs * guests_a_licence + self.guests
    }
}

/// Some farms licensed by hosts.
#[derive(Clone, Default)]
struct Choice {
    /// Farms, by index.
    farms: Vec<usize>,
    pairs: u32,
    /// Parts of a licence of the other edition that they save.
    saved: u32,
}

impl Estate<'_> {
    /// The ways with two editions for what runs in `installed`.
    pub(super) fn mixed_socket_pairs(
        &self,
        terms: &Terms,
        installed: &str,
        version: Option<usize>,
    ) -> Vec<Alternative> {
        let unlimited =
            |edition: &&String| terms.rights.iter().any(|right| right.edition == **edition && right.unlimited);
        let serves = |edition: &&String| self.product.edition_serves(edition, installed);
        let by_host = terms.editions.iter().filter(unlimited).find(serves);
        let by_guest = terms.editions.iter().filter(|edition| !unlimited(edition)).find(serves);
        let (Method::SocketPairs, Some(by_host), Some(by_guest)) = (terms.method, by_host, by_guest) else {
            return Vec::new();
        };
        let each = terms.guests_a_licence.unwrap_or(1).max(1);
        let farms = self.farms(terms);
        let choosable: Vec<usize> = (0..farms.len()).filter(|&farm| farms[farm].guests > 0).collect();
        let placeless = u32::try_from(self.unplaced().count()).unwrap_or(u32::MAX);
        let all: u32 = farms.iter().map(|farm| farm.parts(each)).sum::<u32>() + placeless;
        let choices = if choosable.len() <= CHOOSABLE {
            every_number(&farms, &choosable, each)
        } else {
            by_saving(&farms, &choosable, each)
        };
        let mixed = choices.into_iter().filter(|choice| choice.pairs > 0 && choice.saved < all);
        let mixed: Vec<Choice> = mixed.collect();
        let few = self.thinned(mixed, all, each, [by_host, by_guest], terms);
        let way = |choice: Choice| {
            let rest = (all - choice.saved).div_ceil(each);
            self.mixed_way(terms, [by_host, by_guest], version, &farms, &choice, rest)
        };
        few.into_iter().map(way).collect()
    }

    /// Hosts that guests of the product may run on or that run it themselves, put together where they share guests.
    fn farms(&self, terms: &Terms) -> Vec<Farm> {
        let reach = Reach::new(self.ground.estate);
        let mut sets: Vec<(BTreeSet<HostId>, u32)> = Vec::new();
        let mut alone: BTreeSet<HostId> = BTreeSet::new();
        let mut guests: BTreeMap<Vec<HostId>, u32> = BTreeMap::new();
        for one in &self.deployed {
            let machine = self.ground.estate.host(one.host);
            if machine.machine == Machine::Physical {
                alone.insert(one.host);
            } else if machine.cloud().is_none() && machine.runs_on().is_some() {
                *guests.entry(reach.of(self.ground.estate, machine)).or_default() += 1;
            }
        }
        for (hosts, number) in guests {
            let mut joint: (BTreeSet<HostId>, u32) = (hosts.into_iter().collect(), number);
            let (joined, apart): (Vec<_>, Vec<_>) =
                sets.into_iter().partition(|(known, _)| !known.is_disjoint(&joint.0));
            for (hosts, number) in joined {
                joint.0.extend(hosts);
                joint.1 += number;
            }
            sets = apart;
            sets.push(joint);
        }
        let with_guests: BTreeSet<HostId> = sets.iter().flat_map(|(hosts, _)| hosts.iter().copied()).collect();
        sets.extend(alone.difference(&with_guests).map(|&host| (BTreeSet::from([host]), 0)));
        let pairs = |host: &HostId| u32::try_from(self.cores(terms, *host).len()).unwrap_or(u32::MAX).div_ceil(2);
        let mut farms: Vec<Farm> = sets
            .into_iter()
            .map(|(hosts, guests)| Farm {
                pairs: hosts.iter().map(pairs).sum(),
                own_pairs: hosts.iter().filter(|host| alone.contains(host)).map(pairs).sum(),
                hosts: hosts.into_iter().collect(),
                guests,
            })
            .collect();
        farms.sort_by(|a, b| a.hosts.cmp(&b.hosts));
        farms
    }

    /// The choices between which prices and what is owned decide: the corners of the curve of both needs, and those next
    /// to what is owned of either edition. All of them where they are few.
    fn thinned(&self, choices: Vec<Choice>, all: u32, each: u32, editions: [&str; 2], terms: &Terms) -> Vec<Choice> {
        if choices.len() <= MOST_WAYS {
            return choices;
        }
        let owned = editions.map(|edition| self.owned(terms, edition));
        let need = |choice: &Choice| (all - choice.saved).div_ceil(each);
        let last_owned = choices.iter().rposition(|choice| choice.pairs <= owned[0]);
        let first_owned = choices.iter().position(|choice| need(choice) <= owned[1]);
        let near = |place: Option<usize>, index: usize| place.is_some_and(|place| place.abs_diff(index) <= 1);
        let step = choices.len().div_ceil(MOST_WAYS);
        let kept = choices
            .into_iter()
            .enumerate()
            .filter(|(index, _)| near(last_owned, *index) || near(first_owned, *index) || index % step == 0);
        kept.map(|(_, choice)| choice).collect()
    }

    /// Licences of an edition that the organisation may draw on.
    fn owned(&self, terms: &Terms, edition: &str) -> u32 {
        let organisation = self.deployed.first().map_or("", |one| &self.ground.estate.host(one.host).organisation);
        let rights = self.ground.owned.iter();
        let rights = rights.filter(|right| right.refused.is_none() && right.may_be_drawn_by(organisation));
        let forms = rights.flat_map(|right| &right.forms);
        let fits = forms.filter(|form| {
            form.product == self.product.id && form.metric == terms.metric && form.edition.as_deref() == Some(edition)
        });
        fits.map(|form| form.units).sum()
    }

    fn mixed_way(
        &self,
        terms: &Terms,
        [by_host, by_guest]: [&str; 2],
        version: Option<usize>,
        farms: &[Farm],
        choice: &Choice,
        rest: u32,
    ) -> Alternative {
        let mut working = Working::default();
        let mut lines = Vec::new();
        let hosts: Vec<HostId> = choice.farms.iter().flat_map(|&farm| farms[farm].hosts.iter().copied()).collect();
        let names: Vec<&str> = hosts.iter().map(|&id| self.ground.estate.host(id).name.as_str()).collect();
        let text = format!("Edition {by_host} on {}: {} pairs of sockets.", names.join(", "), choice.pairs);
        working.by_rule_and_facts(&terms.id, text, hosts.iter().flat_map(|&id| self.ground.stated(id)).collect());
        let (mut own, mut guests) = (0, u32::try_from(self.unplaced().count()).unwrap_or(u32::MAX));
        for (_, farm) in farms.iter().enumerate().filter(|(index, _)| !choice.farms.contains(index)) {
            own += farm.own_pairs;
            guests += farm.guests;
        }
        let each = terms.guests_a_licence.unwrap_or(1).max(1);
        let text = format!(
            "Edition {by_guest} for the rest: {own} pairs of sockets + ceil({guests} guests / {each}) = {rest}."
        );
        working.by_rule(&terms.id, text);
        let mut rest_on: Vec<HostId> = self.deployed.iter().map(|one| one.host).collect();
        rest_on.extend(self.hosts.iter().filter(|host| !hosts.contains(host)));
        let mut pieces = vec![(by_guest, rest, rest_on)];
        if self.some_assigned() {
            let pairs = |host: HostId| u32::try_from(self.cores(terms, host).len()).unwrap_or(u32::MAX).div_ceil(2);
            pieces.extend(hosts.iter().map(|&host| (by_host, pairs(host), vec![host])));
        } else {
            pieces.push((by_host, choice.pairs, hosts));
        }
        pieces.sort_by_key(|(edition, _, _)| *edition != by_host);
        for (edition, units, on) in pieces {
            lines.push(Line {
                version,
                hosts: on.into(),
                accepts: [terms.acceptance(false)].into(),
                ..Line::new(&self.product.id, Some(edition), terms.metric, units)
            });
        }
        Alternative {
            sold: terms.sold_on(self.ground.as_of),
            higher_edition: true,
            listed_only: self.owned(terms, by_host) == 0,
            ..Alternative::new(&self.product.id, terms.metric, Basis::Mixed, lines, working)
        }
    }
}

/// For every number of pairs the choice of farms that saves the most, where more pairs save more.
fn every_number(farms: &[Farm], choosable: &[usize], each: u32) -> Vec<Choice> {
    let mut best: BTreeMap<u32, Choice> = BTreeMap::from([(0, Choice::default())]);
    for &farm in choosable {
        let more: Vec<Choice> = best.values().map(|choice| with(choice, farms, farm, each)).collect();
        for choice in more {
            let known = best.entry(choice.pairs).or_insert_with(|| choice.clone());
            if choice.saved > known.saved {
                *known = choice;
            }
        }
        thin_out(&mut best);
    }
    best.into_values().collect()
}

/// Takes out what saves no more than a choice of fewer pairs.
fn thin_out(best: &mut BTreeMap<u32, Choice>) {
    let mut most = None;
    best.retain(|_, choice| {
        let better = most.is_none_or(|most| choice.saved > most);
        most = most.max(Some(choice.saved));
        better
    });
}

/// The farms one after the other, those that save the most for each pair first.
fn by_saving(farms: &[Farm], choosable: &[usize], each: u32) -> Vec<Choice> {
    let mut order = choosable.to_vec();
    let saving = |farm: usize| u64::from(farms[farm].parts(each));
    order.sort_by(|&a, &b| {
        (saving(b) * u64::from(farms[a].pairs)).cmp(&(saving(a) * u64::from(farms[b].pairs))).then(a.cmp(&b))
    });
    let mut choice = Choice::default();
    let mut choices = Vec::new();
    for farm in order {
        choice = with(&choice, farms, farm, each);
        choices.push(choice.clone());
    }
    choices
}

fn with(choice: &Choice, farms: &[Farm], farm: usize, each: u32) -> Choice {
    let mut more = choice.clone();
    more.farms.push(farm);
    more.pairs += farms[farm].pairs;
    more.saved += farms[farm].parts(each);
    more
}
