//! Licences of a higher edition of a desktop application for installations of a lower one (DT-R4, D-13).
//!
//! No terms give that right. The customer argues that the higher edition paid for everything the lower one does; the
//! question is asked where such licences are owned.

use crate::model::{Answer, HostId, Metric};
use crate::rules::Product;

use super::Ground;

/// Higher editions whose licences serve an installed one under the reading in force, beside those the terms allow.
pub(super) fn higher_editions(
    ground: &Ground<'_>,
    product: &Product,
    metric: Metric,
    organisation: &str,
    edition: &str,
    hosts: &[HostId],
) -> Vec<String> {
    let Some(rank) = product.edition_rank(edition).filter(|_| product.kind == "desktop") else { return Vec::new() };
    let owned = |higher: &String| {
        let mut rights = ground.owned.iter().filter(|right| right.may_be_drawn_by(organisation));
        rights.any(|right| {
            let mut forms = right.forms.iter();
            forms.any(|form| {
                form.product == product.id && form.metric == metric && form.edition.as_ref() == Some(higher)
            })
        })
    };
    let higher = product.editions.iter().skip(rank + 1).filter(|one| !product.edition_serves(one, edition));
    let higher: Vec<String> = higher.filter(|one| owned(one)).cloned().collect();
    if higher.is_empty() || ground.asker.ask("D-13", organisation, &product.family, hosts) == Answer::Strict {
        return Vec::new();
    }
    higher
}
