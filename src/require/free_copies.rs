//! Copies that stand by within a way: free up to the size of the machine they stand by for (SQ-R13 to SQ-R15).

use std::sync::Arc;

use crate::model::{HostId, Line, Working};

use super::access;
use super::deployment::Deployed;
use super::own_ways::{OwnWay, Used};
use super::passive::StandBy;

impl OwnWay<'_> {
    /// Whether a copy is free in this way.
    fn is_free(&self, copy: HostId) -> Option<&StandBy<'_>> {
        self.group.stand_bys.get(&copy).filter(|stand_by| {
            !stand_by.rule.needs_sa
                || self.copies_free
                    && access::assured(self.ground, self.product, &self.ground.estate.host(copy).organisation, false)
        })
    }

    /// The licences of a primary must carry Software Assurance where a copy is free because of it.
    pub(super) fn rely_for_copies(&self, one: &Deployed, lines: &mut [Line], used: &mut Used) {
        let relied_on = self.group.stand_bys.iter().any(|(copy, stand_by)| {
            stand_by.primary == one.host && stand_by.rule.needs_sa && self.is_free(*copy).is_some()
        });
        if relied_on {
            used.condition = true;
            for accepted in lines.iter_mut().flat_map(|line| Arc::make_mut(&mut line.accepts)) {
                accepted.needs_sa = true;
                accepted.grace = false;
            }
        }
    }

    /// Takes out what free copies do not need; what exceeds the primary is licensed (SQ-R15).
    pub(super) fn without_copies(&self, members: Vec<(HostId, Vec<Line>)>, working: &mut Working) -> Vec<Line> {
        let units = |host: HostId| -> u32 {
            members
                .iter()
                .filter(|(member, _)| *member == host)
                .flat_map(|(_, lines)| lines)
                .map(|line| line.units)
                .sum()
        };
        let mut kept = Vec::new();
        for (host, lines) in &members {
            let Some(stand_by) = self.is_free(*host) else {
                kept.extend(lines.iter().cloned());
                continue;
            };
            let excess = units(*host).saturating_sub(units(stand_by.primary));
            let name = |id: HostId| &self.ground.estate.host(id).name;
            working.by_rule(
                &stand_by.rule.id,
                format!(
                    "{} stands by for {}: free up to its size, max(0, {} − {}) = {excess} units to license.",
                    name(*host),
                    name(stand_by.primary),
                    units(*host),
                    units(stand_by.primary)
                ),
            );
            if let Some(line) = lines.first().filter(|_| excess > 0) {
                kept.push(Line { units: excess, ..line.clone() });
            }
        }
        kept
    }
}
