//! Operating systems that do nothing but run guests (WS-R4, D-21).

use crate::model::{Answer, Host, HostId, Installation};
use crate::rules::Product;

use super::Ground;

/// Whether that is so whoever reads it: nothing on it is work of its own, or unlisted.
pub(super) fn hosts_and_nothing_else(
    ground: &Ground<'_>,
    product: &Product,
    host: &Host,
    install: &Installation,
) -> bool {
    let listed = |feature: &String| product.hosting_features.contains(feature);
    (install.hosting_only || host.hypervisor.is_some())
        && install.features.iter().all(listed)
        && !serves_beside(ground, product, host)
}

/// Whether an operating system does nothing but run guests: declared so, or the system of a virtualisation host, and no
/// work of its own beside it. Roles the rules list as work are work, what serves the guests is not; of anything else
/// the publisher says that it is work and the customer that it belongs to running guests (D-21).
pub(super) fn hosting_only(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    host: &Host,
    install: &Installation,
) -> bool {
    if !install.hosting_only && host.hypervisor.is_none() {
        return false;
    }
    let works = install.features.iter().any(|feature| product.workload_features.contains(feature));
    if works || serves_beside(ground, product, host) {
        return false;
    }
    let unlisted = install.features.iter().any(|feature| !product.hosting_features.contains(feature));
    !unlisted || ground.asker.ask("D-21", &host.organisation, &product.family, &[id]) == Answer::Customer
}

/// Whether a server product runs beside the operating system.
fn serves_beside(ground: &Ground<'_>, product: &Product, host: &Host) -> bool {
    host.installs.iter().any(|other| {
        ground.rules.products.get(&other.product).is_some_and(|other| other.kind == "server" && other.id != product.id)
    })
}
