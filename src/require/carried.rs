//! Which guests a host must be licensed for (WS-R7, D-04).

use crate::model::{Answer, HostId, Working};
use crate::rules::Product;

use super::Ground;
use super::deployment::Deployed;
use super::host_scope::HostLoad;
use super::reach::Reach;

/// The guests a host must be licensed for: all that may run there, or in the customer's reading the documented peak,
/// else the cluster's guests spread over it with one host lost (D-04).
pub(super) fn carried<'d>(
    ground: &Ground<'_>,
    product: &Product,
    reach: &Reach,
    id: HostId,
    load: &HostLoad<'d>,
    working: &mut Working,
) -> Vec<&'d Deployed> {
    let host = ground.estate.host(id);
    let all = load.guests.len();
    let here = |one: &&&Deployed| ground.estate.host(one.host).runs_on() == Some(id);
    let now = load.guests.iter().filter(here).count();
    let others = reach.cluster_of(host).map_or(0, |hosts| hosts.len().saturating_sub(1));
    let spread = if others == 0 { all } else { all.div_ceil(others).min(all) };
    let customer = match host.peak_guests {
        Some(peak) => (peak as usize).min(all),
        None => spread.max(now),
    };
    let mut guests = load.guests.clone();
    if customer == all {
        if all > 0 {
            working.by_facts(format!("{all} guests may run on {}.", host.name), ground.placed(host));
        }
        return guests;
    }
    match ground.asker.ask("D-04", &host.organisation, &product.family, &[id]) {
        Answer::Strict => {
            working.by_rule_and_facts(
                "WS-R7",
                format!("{all} guests may run on {}: each may be on any host of its cluster.", host.name),
                ground.placed(host),
            );
        }
        Answer::Customer => {
            // The guests that are there now come first, then the newest.
            guests.sort_by_key(|one| (!here(&one), std::cmp::Reverse(one.version), one.host));
            guests.truncate(customer);
            let why = match host.peak_guests {
                Some(_) => "the documented peak".to_owned(),
                None => format!("max(ceil({all} / {others} hosts with one lost), {now} there now) = {customer}"),
            };
            let text = format!("{customer} of {all} guests count on {}: {why}.", host.name);
            working.by_rule_and_facts("D-04", text, ground.placed(host));
        }
    }
    guests
}

/// Guests that the documented peak of a host shows beyond all that any source places there: they were there, and nobody says
/// what they ran. At the worst it is the product, as in the others; at the best so only where it runs in every guest that is
/// known (WS-R7, D-04).
pub(super) fn unseen(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    load: &HostLoad<'_>,
    working: &mut Working,
) -> usize {
    let host = ground.estate.host(id);
    let Some(peak) = host.peak_guests.filter(|_| !load.guests.is_empty()) else { return 0 };
    let here: Vec<HostId> = ground.index.guests_on(id).map(|(guest, _)| guest).collect();
    let elsewhere = load.guests.iter().filter(|one| !here.contains(&one.host)).count();
    let unseen = (peak as usize).saturating_sub(here.len() + elsewhere);
    let runs_it = |guest: &HostId| load.guests.iter().any(|one| one.host == *guest);
    let ask = || ground.asker.ask("D-04", &host.organisation, &product.family, &[id]);
    if unseen == 0 || !here.iter().all(runs_it) && ask() == Answer::Customer {
        return 0;
    }
    let text =
        format!("The documented peak of {} is {peak} guests: {unseen} more than are known count too.", host.name);
    working.by_rule_and_facts("WS-R7", text, ground.stated(id));
    unseen
}
