//! Pairs of sockets, or pairs of guests (RH-R1, RH-R2).
//!
//! An edition with a right for guests counts every host its guests may run on; the others count physical hosts by pairs
//! of sockets and guests by pairs over the whole organisation. The former licenses no host without guests. Keys: `guests_a_licence`, `rights`.

use crate::model::{Basis, HostId, Working};
use crate::rules::Terms;

use super::estate_scope::{Count, Estate};
use super::reach::Reach;

impl Estate<'_> {
    pub(super) fn socket_pairs(&self, terms: &Terms, edition: &str) -> Count {
        let unlimited = terms.rights.iter().any(|right| right.edition == edition && right.unlimited);
        let mut working = Working::default();
        let itself = |id: &&HostId| self.deployed.iter().any(|one| one.host == **id);
        let lower = |id: &HostId| self.deployed.iter().any(|one| one.host == *id && one.edition != edition);
        let mut refused = None;
        let (mut units, mut by_machine) = (0, Vec::new());
        let mut physical = false;
        for id in self.hosts.iter().filter(|id| unlimited || itself(id)) {
            let sockets = u32::try_from(self.cores(terms, *id).len()).unwrap_or(u32::MAX);
            let counted = sockets.div_ceil(2);
            working.by_rule_and_facts(
                &terms.id,
                format!("{}: ceil({sockets} sockets / 2) = {counted}.", self.ground.estate.host(*id).name),
                self.ground.stated(*id),
            );
            units += counted;
            by_machine.push((vec![*id], counted));
            physical = true;
            if unlimited && lower(id) && !self.carries(*id) {
                let name = &self.ground.estate.host(*id).name;
                refused = Some(format!("{name} runs no guest of it, and the edition is for hosts of guests"));
            }
        }
        if unlimited {
            // A guest that nobody can place is on some host, which needs a licence of its own.
            let pairs = self.unplaced().map(|id| (id, self.assumed_sockets(terms, id).div_ceil(2)));
            for (id, counted) in pairs {
                let name = &self.ground.estate.host(id).name;
                working.by_rule("D-15", format!("The unknown host of {name}: {counted} pairs of sockets are assumed."));
                units += counted;
                by_machine.push((vec![id], counted));
                physical = true;
            }
        }
        let guests =
            u32::try_from(if unlimited { self.clouds().count() } else { self.guests().count() }).unwrap_or(u32::MAX);
        let each = terms.guests_a_licence.unwrap_or(1).max(1);
        let by_guest = guests.div_ceil(each);
        if guests > 0 {
            by_machine.push((self.guests().chain(self.hosts.iter().copied()).collect(), by_guest));
            working.by_rule(&terms.id, format!("ceil({guests} guests / {each}) = {by_guest}."));
        }
        let basis = match (physical, guests > 0) {
            (true, false) => Basis::Host,
            (false, true) => Basis::Guest,
            _ => Basis::Mixed,
        };
        Count { units: units + by_guest, basis, by_machine, working, refused }
    }

    /// Whether guests that run the product may run on a host.
    fn carries(&self, host: HostId) -> bool {
        let reach = Reach::new(self.ground.estate);
        self.guests().any(|id| reach.of(self.ground.estate, self.ground.estate.host(id)).contains(&host))
    }
}
