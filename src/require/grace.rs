//! Time to move guests once Software Assurance has run out: rights by guest and floating licences end on the day, or only
//! when the guests could be moved (D-23).

use crate::model::{Answer, Entitlement, HostId};
use crate::rules::Product;

use super::Ground;

/// What a working says of it.
pub(super) const SENTENCE: &str = "Software Assurance that ran out lately will do: there is time to move the guests.";

/// Whether the reading allows it, asked where a licence that an organisation may draw on lost its Software Assurance
/// lately and the loss `matters` for it.
pub(super) fn allowed(
    ground: &Ground<'_>,
    product: &Product,
    organisation: &str,
    guests: &[HostId],
    matters: impl Fn(&Entitlement) -> bool,
) -> bool {
    let lost = |right: &&Entitlement| {
        right.sa_lapsed_lately
            && right.may_be_drawn_by(organisation)
            && right.forms.iter().any(|form| form.product == product.id)
    };
    !guests.is_empty()
        && ground.owned.iter().filter(lost).any(matters)
        && ground.asker.ask("D-23", organisation, &product.family, guests) == Answer::Customer
}
