//! Machines that one of the readings leaves out: switched off (D-01), cold for disasters (D-28), not seen for a long time
//! (D-02), or kept for tests by people who pay for that (D-06).

use crate::model::{Answer, Host, HostId, Machine, Role};
use crate::rules::Product;

use super::Ground;

/// Whether the reading in force leaves the machine out.
pub(super) fn left_out(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host) -> bool {
    let ask = |ambiguity| ground.asker.ask(ambiguity, &host.organisation, &product.family, &[id]) == Answer::Customer;
    if for_tests_only(ground, product, id, host) {
        return true;
    }
    if !host.powered_on && is_for_disasters(ground, product, id) && !assured(ground, product, host) {
        if ask("D-28") {
            return true;
        }
    } else if !host.powered_on && ask("D-01") {
        return true;
    }
    stale(ground, host) && ask("D-02")
}

/// Whether everybody who uses a machine for tests and development holds a subscription for that (VS-R1, VS-R2). One
/// person without it voids the exception in the strict reading; in the customer's that person is short (D-06).
fn for_tests_only(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host) -> bool {
    if !host.is_for_tests() || host.used_by.is_empty() || carries_production(ground, id, host) {
        return false;
    }
    let subscribed = |name: &String| {
        ground.index.people_named(name).any(|group| {
            let mut held = group.subscriptions.iter().filter_map(|held| ground.rules.products.get(held));
            held.any(|product| product.covers_tests)
        })
    };
    let count = host.used_by.iter().filter(|name| subscribed(name)).count();
    if count == host.used_by.len() {
        return true;
    }
    count > 0 && ground.asker.ask("D-06", &host.organisation, &product.family, &[id]) == Answer::Customer
}

/// Whether a machine of one's own carries a guest that is not kept for tests: its own system then works for production
/// too (VS-R3).
fn carries_production(ground: &Ground<'_>, id: HostId, host: &Host) -> bool {
    host.machine == Machine::Physical
        && ground.index.guests_on(id).any(|(_, guest)| guest.machine == Machine::Guest && !guest.is_for_tests())
}

/// Whether the newest sighting is older than the limit.
pub(super) fn stale(ground: &Ground<'_>, host: &Host) -> bool {
    ground.is_long_ago(host.last_seen)
}

/// Whether all installations of a product on a machine stand by for a disaster.
fn is_for_disasters(ground: &Ground<'_>, product: &Product, id: HostId) -> bool {
    let mut roles = ground.index.installs(&product.id, id).iter().map(|install| install.role);
    let stands_by = |role: Role| matches!(role, Role::PassiveDr | Role::PassiveDrAzure);
    roles.next().is_some_and(stands_by) && roles.all(stands_by)
}

/// Whether the organisation may draw on licences of the product with Software Assurance in force.
pub(super) fn assured(ground: &Ground<'_>, product: &Product, host: &Host) -> bool {
    ground.owned.iter().any(|right| {
        right.sa_active
            && right.may_be_drawn_by(&host.organisation)
            && right.forms.iter().any(|form| form.product == product.id)
    })
}
