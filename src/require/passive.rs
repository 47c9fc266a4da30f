//! Copies that stand by for another: free up to the size of their primary, as often as the rules of the day allow.
//!
//! Which primary a copy stands by for is not in any inventory: copies are given to the primaries of the same
//! organisation, edition and version, the largest copies first, each to one that is no smaller where there is one, so that
//! the order of the records is irrelevant (SQ-R13 to SQ-R15).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::model::{Answer, HostId, Role};
use crate::rules::{Passive, Product};

use super::Ground;
use super::deployment::Deployed;
use super::left_out::assured;

/// A copy that may stand by without a licence.
#[derive(Debug, Clone, Copy)]
pub(super) struct StandBy<'a> {
    /// The machine it stands by for.
    pub primary: HostId,
    /// The rule that frees it.
    pub rule: &'a Passive,
}

/// Rules in force on the day for a version.
fn rules<'a>(ground: &Ground<'_>, product: &'a Product, version: Option<usize>) -> Vec<&'a Passive> {
    let on_the_day = |rule: &&Passive| {
        rule.from.is_none_or(|from| from <= ground.as_of) && rule.until.is_none_or(|until| ground.as_of <= until)
    };
    let for_version =
        |rule: &&Passive| version.is_none_or(|version| (rule.from_version..=rule.until_version).contains(&version));
    product.passive.iter().filter(on_the_day).filter(for_version).collect()
}

/// Places that one rule gives to the copies of one primary.
#[derive(Default)]
struct Places {
    any: u32,
    disaster_recovery: u32,
    azure: u32,
}

impl Places {
    fn of(rule: &Passive) -> Self {
        Self { any: rule.any, disaster_recovery: rule.disaster_recovery, azure: rule.disaster_recovery_azure }
    }

    /// Places left of a role's own kind; those for any purpose are of no kind.
    fn own(&mut self, role: Role) -> Option<&mut u32> {
        match role {
            Role::PassiveDr => Some(&mut self.disaster_recovery),
            Role::PassiveDrAzure => Some(&mut self.azure),
            _ => None,
        }
    }

    /// Whether a place is left for a role, and whether it is one for any purpose.
    fn free(&mut self, role: Role) -> Option<bool> {
        let own = self.own(role).is_some_and(|own| *own > 0);
        (own || self.any > 0).then_some(!own)
    }

    /// Takes a place for a role: its own kind first, then one for any purpose.
    fn take(&mut self, role: Role) {
        match self.own(role) {
            Some(own) if *own > 0 => *own -= 1,
            _ => self.any = self.any.saturating_sub(1),
        }
    }
}

/// Whether a copy is taken for one that stands by: proved, or claimed in the customer's reading where Software Assurance
/// is there if the rule asks for it, and only the proof is missing (D-16).
fn accepted(ground: &Ground<'_>, product: &Product, copy: &Deployed, rule: &Passive) -> bool {
    let host = ground.estate.host(copy.host);
    copy.role_proved
        || (!rule.needs_sa || assured(ground, product, host))
            && ground.asker.ask("D-16", &host.organisation, &product.family, &[copy.host]) == Answer::Customer
}

/// Copies that stand by, by machine.
pub(super) fn pair<'a>(
    ground: &Ground<'_>,
    product: &'a Product,
    deployed: &[Deployed],
) -> BTreeMap<HostId, StandBy<'a>> {
    let mut pairs = BTreeMap::new();
    let mut places: HashMap<(HostId, &str), Places> = HashMap::new();
    let stands_by = |one: &&Deployed| matches!(one.role, Role::PassiveHa | Role::PassiveDr | Role::PassiveDrAzure);
    let mut copies: Vec<&Deployed> = deployed.iter().filter(stands_by).collect();
    // A claim takes no place from a copy that is proved.
    copies.sort_by_key(|copy| (!copy.role_proved, Reverse(size(ground, copy.host)), copy.host));
    for copy in copies {
        let organisation = &ground.estate.host(copy.host).organisation;
        let primaries = deployed.iter().filter(|one| {
            matches!(one.role, Role::Active | Role::ReadableSecondary)
                && one.edition == copy.edition
                && one.version == copy.version
                && ground.estate.host(one.host).organisation == *organisation
        });
        // Rules that need no Software Assurance come first: they free a copy whatever is owned.
        let mut rules = rules(ground, product, copy.version);
        rules.retain(|rule| copy.features.iter().all(|feature| rule.features.contains(feature)));
        rules.sort_by_key(|rule| rule.needs_sa);
        let frees = |primary: HostId, rule: &Passive| {
            let cloud = ground.estate.host(primary).cloud();
            cloud.is_none_or(|cloud| !rule.except_clouds.iter().any(|except| except == cloud))
        };
        let pairs_of = |primary: &Deployed| {
            let host = primary.host;
            rules.iter().filter(move |rule| frees(host, rule)).map(move |rule| (host, *rule)).collect::<Vec<_>>()
        };
        let found = primaries
            .flat_map(pairs_of)
            .filter_map(|(primary, rule)| {
                let of_rule = places.entry((primary, rule.id.as_str())).or_insert_with(|| Places::of(rule));
                let for_any_purpose = of_rule.free(copy.role)?;
                let excess = size(ground, copy.host).saturating_sub(size(ground, primary));
                Some(((rule.needs_sa, excess, for_any_purpose, primary), (primary, rule)))
            })
            .min_by_key(|(order, _)| *order)
            .map(|(_, found)| found);
        if let Some(of_rule) = found.and_then(|(primary, rule)| places.get_mut(&(primary, rule.id.as_str()))) {
            of_rule.take(copy.role);
        }
        if let Some((primary, rule)) = found
            && accepted(ground, product, copy, rule)
        {
            pairs.insert(copy.host, StandBy { primary, rule });
        }
    }
    pairs
}

/// Virtual cores of a guest, or cores of a machine, as far as a source states them: which copy is larger than which primary.
fn size(ground: &Ground<'_>, id: HostId) -> u32 {
    let host = ground.estate.host(id);
    let cores = || host.processors.value().map(|processors| processors.iter().map(|one| one.cores).sum());
    host.vcpus.value().copied().or_else(cores).unwrap_or(0)
}
