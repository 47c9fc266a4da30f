//! Operating systems that do nothing but run guests (WS-R4, D-21).

use crate::model::{Answer, Host, HostId, Installation};
use crate::rules::Product;

use super::Ground;

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
    let serves = host.installs.iter().any(|other| {
        ground.rules.products.get(&other.product).is_some_and(|other| other.kind == "server" && other.id != product.id)
    });
    if works || serves {
        return false;
    }
    let unlisted = install.features.iter().any(|feature| !product.hosting_features.contains(feature));
    !unlisted || ground.asker.ask("D-21", &host.organisation, &product.family, &[id]) == Answer::Customer
}
