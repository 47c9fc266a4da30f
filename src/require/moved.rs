//! Guests moved away from a host so lately that its licences could not have followed them (C0-7, D-03).

use crate::model::{Answer, HostId, Working};
use crate::rules::Product;

use super::Ground;

/// Says that a guest counts on a host it was moved away from, where that is so.
pub(super) fn say_so(ground: &Ground<'_>, guest: HostId, counted_on: &[HostId], working: &mut Working) {
    let machine = ground.estate.host(guest);
    let Some(name) = &machine.moved_from else { return };
    let cluster = machine.runs_on().and_then(|on| ground.estate.host(on).cluster.as_ref());
    let still = |&&id: &&HostId| {
        let host = ground.estate.host(id);
        // Within its cluster it counts on every host, moved or not.
        let neighbour = cluster.is_some() && host.cluster.as_ref() == cluster;
        host.name.eq_ignore_ascii_case(name) && machine.runs_on() != Some(id) && !neighbour
    };
    let Some(&host) = counted_on.iter().find(still) else { return };
    let day = machine.moved_on.map_or_else(|| "on a day nobody states".into(), |day| format!("on {day}"));
    working.by_rule(
        "D-03",
        format!("{} left {} {day}: it counts there too.", machine.name, ground.estate.host(host).name),
    );
}

/// The host a guest was moved from, where it still counts there: in the strict reading, for as many days as must lie
/// between two assignments of a licence, or where nobody says on which day it moved. `reached` are the hosts on which it
/// counts anyway. Whoever has licences that may follow the guest needs no second one: that is for the caller to weigh.
pub(super) fn still_counts_on(
    ground: &Ground<'_>,
    product: &Product,
    guest: HostId,
    reached: &[HostId],
) -> Option<HostId> {
    let machine = ground.estate.host(guest);
    let name = machine.moved_from.as_ref()?;
    let mut hosts = ground.index.named(name);
    let (old, _) =
        hosts.find(|(_, host)| host.organisation == machine.organisation && host.name.eq_ignore_ascii_case(name))?;
    let lately = machine.moved_on.is_none_or(|day| {
        let days = day.until(ground.as_of).map_or(0, |span| i64::from(span.get_days()));
        (0..i64::from(ground.rules.conventions.reassignment_days)).contains(&days)
    });
    if !lately || reached.contains(&old) {
        return None;
    }
    let answer = ground.asker.ask("D-03", &machine.organisation, &product.family, &[guest, old]);
    (answer == Answer::Strict).then_some(old)
}
