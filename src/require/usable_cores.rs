//! Cores that an edition can use, whatever the machine has (D-22).
//!
//! Table of the product's file: `[[usable_cores]]`.

use crate::model::{Answer, Working};
use crate::rules::Product;

use super::Ground;
use super::deployment::Deployed;

/// Units of one operating system licensed by itself: all of its cores, or in the customer's reading no more than the
/// instances of its edition can use. `each` is the number of units a core counts.
pub(super) fn usable(
    ground: &Ground<'_>,
    product: &Product,
    one: &Deployed,
    units: u32,
    each: u32,
    working: &mut Working,
) -> u32 {
    let for_version = |from: usize, until: usize| one.version.is_some_and(|version| (from..=until).contains(&version));
    let limit =
        product.usable_cores.iter().find(|limit| limit.edition == one.edition && for_version(limit.from, limit.until));
    let Some(limit) = limit else { return units };
    let most = limit.cores.saturating_mul(one.instances.max(1));
    let counted = most.saturating_mul(each.max(1));
    if counted >= units {
        return units;
    }
    let host = ground.estate.host(one.host);
    match ground.asker.ask("D-22", &host.organisation, &product.family, &[one.host]) {
        Answer::Strict => units,
        Answer::Customer => {
            working.by_rule(
                "D-22",
                format!("{}: edition {} can use {most} of its cores: {counted}.", host.name, one.edition),
            );
            counted
        }
    }
}
