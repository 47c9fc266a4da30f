//! Sets of a host's cores for some guests, and the others licensed by themselves (D-05).
//!
//! The guests with the most virtual cores go into the sets, because each of them saves the most units there. Every host
//! such a guest may reach needs its sets; the others need licences that follow them.

use crate::model::{Alternative, Basis, HostId, Line, Working};
use crate::rules::{Method, Product, Right, Terms};

use super::Ground;
use super::deployment::Deployed;
use super::floating::Farm;
use super::guest_cores::guest_units;
use super::host_scope::HostLoad;
use super::host_sets::{Load, Sets};
use super::ways_by_guest::guest_line;

/// One way for each edition whose sets carry some guests and which is licensed by guest too.
pub(super) fn ways(
    ground: &Ground<'_>,
    product: &Product,
    by_guest: &Terms,
    farm: &Farm<'_>,
    grace: bool,
) -> Vec<Alternative> {
    let everything = || farm.guests.iter().copied().chain(farm.physical);
    let newest = everything().filter_map(|one| one.version).max();
    let by_sets = product.terms.iter().filter(|terms| terms.method == Method::HostSets && terms.serves_version(newest));
    let mut ways = Vec::new();
    for sets in by_sets {
        for right in sets.rights.iter().filter(|right| by_guest.editions.contains(&right.edition)) {
            let serves = everything().all(|one| product.edition_serves(&right.edition, &one.edition));
            if let Some(share) = right.guests.filter(|_| serves && !right.unlimited) {
                let mix = Mix { ground, product, sets, right, by_guest, farm, grace };
                ways.extend(mix.way(share.max(1) as usize));
            }
        }
    }
    ways
}

struct Mix<'a> {
    ground: &'a Ground<'a>,
    product: &'a Product,
    sets: &'a Terms,
    right: &'a Right,
    by_guest: &'a Terms,
    farm: &'a Farm<'a>,
    grace: bool,
}

impl Mix<'_> {
    /// The way with as many guests in sets as makes it smaller; none where that leaves no guest by itself.
    fn way(&self, share: usize) -> Option<Alternative> {
        let mut guests = self.farm.guests.clone();
        guests.sort_by_key(|one| (std::cmp::Reverse(self.units_by_guest(one)), one.host));
        let mut best: Option<Alternative> = None;
        for in_sets in (share..guests.len()).step_by(share) {
            let way = self.split(&guests[..in_sets], &guests[in_sets..]);
            // Each further set costs as much and saves less.
            if best.as_ref().is_some_and(|best| best.units() <= way.units()) {
                break;
            }
            best = Some(way);
        }
        best
    }

    fn units_by_guest(&self, one: &Deployed) -> u32 {
        guest_units(self.ground, self.product, self.by_guest, one.host, self.ground.estate.host(one.host)).0
    }

    fn split(&self, in_sets: &[&Deployed], by_themselves: &[&Deployed]) -> Alternative {
        let mut working = Working::default();
        working.by_rule(
            "D-05",
            format!("{} guests on sets of their hosts' cores, {} by themselves.", in_sets.len(), by_themselves.len()),
        );
        let mut lines: Vec<Line> = Vec::new();
        for (host, load) in &self.farm.loads {
            lines.extend(self.sets_of(*host, load, in_sets, &mut working));
        }
        let hosts: Vec<HostId> = self.farm.loads.iter().map(|(host, _)| *host).collect();
        for one in by_themselves {
            let edition = &self.right.edition;
            let (terms, grace) = (self.by_guest, self.grace);
            lines.push(guest_line(self.ground, self.product, terms, edition, one, &hosts, grace, &mut working));
        }
        Alternative {
            edition: Some(self.right.edition.clone()),
            conditional: true,
            condition: self.by_guest.alternative_only.clone(),
            ..Alternative::new(&self.product.id, self.sets.metric, Basis::Mixed, lines, working)
        }
    }

    /// Sets of one host for its own operating system and those of the guests in sets that may run there.
    fn sets_of(&self, host: HostId, load: &HostLoad<'_>, in_sets: &[&Deployed], working: &mut Working) -> Vec<Line> {
        let carried = load.guests.iter().filter(|one| in_sets.iter().any(|other| other.host == one.host)).copied();
        let mut versions: Vec<Option<usize>> =
            carried.chain(load.physical.filter(|one| !one.hosting_only)).map(|one| one.version).collect();
        versions.sort_by(|a, b| b.cmp(a));
        let hosting = load.physical.filter(|one| one.hosting_only).map(|one| one.version);
        let load = Load { versions, hosting };
        if load.is_empty() {
            return Vec::new();
        }
        let sets = Sets { ground: self.ground, product: self.product, terms: self.sets, right: self.right, host };
        sets.lines(&load, sets.needed(load.versions.len()), working)
    }
}
