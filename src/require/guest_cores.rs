//! The virtual cores of a guest or container: `max(guest minimum, virtual cores × threads behind each)`.
//!
//! Keys: `guest_minimum`, `needs_sa`, `mobility_needs_sa` (SQ-R3, SQ-R4, SQ-R8; WS-R8).

use crate::model::{Answer, Host, HostId};
use crate::rules::{Product, Terms};

use super::Ground;
use super::processor_count::covering;

/// Virtual processors of a guest; where no source states them, as many as its host has cores, else the terms'
/// assumption, in the strict reading, and one in the customer's (D-15).
pub(super) fn vcpus(ground: &Ground<'_>, product: &Product, terms: &Terms, id: HostId) -> u32 {
    let guest = ground.estate.host(id);
    if let Some(&vcpus) = guest.vcpus.value() {
        return vcpus;
    }
    match ground.asker.ask("D-15", &guest.organisation, &product.family, &[id]) {
        Answer::Customer => 1,
        Answer::Strict => {
            let on = guest.runs_on().and_then(|on| ground.estate.host(on).processors.value());
            let cores = on.map(|processors| processors.iter().map(|processor| processor.cores).sum());
            cores.unwrap_or(terms.unknown_cores.0).max(1)
        }
    }
}

/// Units for a guest by itself, with the arithmetic in words.
///
/// Whether a virtual core that runs on several threads counts once or by thread is D-17. Where nobody states the
/// virtual cores: the host's cores in the strict reading, else the terms' assumption; the minimum in the customer's (D-15).
pub(super) fn guest_units(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    id: HostId,
    guest: &Host,
) -> (u32, String) {
    let minimum = terms.guest_minimum;
    let Some(&vcpus) = guest.vcpus.value() else {
        return match ground.asker.ask("D-15", &guest.organisation, &product.family, &[id]) {
            Answer::Customer => {
                (minimum, format!("No source states the virtual cores of {}: the minimum of {minimum}.", guest.name))
            }
            Answer::Strict => {
                let units = guest
                    .runs_on()
                    .map_or(terms.unknown_cores.0, |on| covering(ground, product, terms, on, ground.estate.host(on)).0)
                    .max(minimum);
                (units, format!("No source states the virtual cores of {}: as many as its host, {units}.", guest.name))
            }
        };
    };
    let threads = guest.threads_per_vcpu;
    let counted = if threads > 1 {
        match ground.asker.ask("D-17", &guest.organisation, &product.family, &[id]) {
            Answer::Strict => vcpus.saturating_mul(threads),
            Answer::Customer => vcpus,
        }
    } else {
        vcpus
    };
    let multiple = terms.multiple_of;
    let units = counted.max(minimum).div_ceil(multiple) * multiple;
    let product_text = if counted == vcpus { vcpus.to_string() } else { format!("{vcpus} × {threads} threads") };
    let rounding = if multiple > 1 { format!(", in groups of {multiple}") } else { String::new() };
    (units, format!("{}: max({minimum}, {product_text}){rounding} = {units} cores.", guest.name))
}
