//! Guests moved away from a host so lately that its licences could not have followed them (C0-7, D-03).

use crate::model::{Answer, HostId};
use crate::rules::Product;

use super::Ground;

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
    let (old, _) = ground
        .estate
        .hosts_with_ids()
        .find(|(_, host)| host.organisation == machine.organisation && host.name.eq_ignore_ascii_case(name))?;
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
