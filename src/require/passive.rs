//! Copies that stand by for another: free up to the size of their primary, as often as the rules of the day allow.
//!
//! Which primary a copy stands by for is not in any inventory: copies are given to the primaries of the same
//! organisation, edition and version in order (SQ-R13 to SQ-R15).

use std::collections::BTreeMap;

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

    /// Takes a place for a role: its own kind first, then one for any purpose.
    fn take(&mut self, role: Role) -> bool {
        let own = match role {
            Role::PassiveDr => &mut self.disaster_recovery,
            Role::PassiveDrAzure => &mut self.azure,
            _ => &mut self.any,
        };
        let place = if *own > 0 { own } else { &mut self.any };
        let free = *place > 0;
        *place = place.saturating_sub(1);
        free
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
    let mut places: BTreeMap<(HostId, &str), Places> = BTreeMap::new();
    let stands_by = |one: &&Deployed| matches!(one.role, Role::PassiveHa | Role::PassiveDr | Role::PassiveDrAzure);
    let mut copies: Vec<&Deployed> = deployed.iter().filter(stands_by).collect();
    // A claim takes no place from a copy that is proved.
    copies.sort_by_key(|copy| !copy.role_proved);
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
        let found = primaries.flat_map(pairs_of).find(|(primary, rule)| {
            places.entry((*primary, rule.id.as_str())).or_insert_with(|| Places::of(rule)).take(copy.role)
        });
        if let Some((primary, rule)) = found
            && accepted(ground, product, copy, rule)
        {
            pairs.insert(copy.host, StandBy { primary, rule });
        }
    }
    pairs
}
