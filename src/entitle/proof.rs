//! Licences that came with a machine or in a box: whether an auditor accepts them without proof of purchase (D-26).
//!
//! Such a licence stands in no agreement, so its certificate or invoice is the only proof. The question is asked where the
//! records of the owner name an order or an agreement for other purchases and none for this one; records that never name
//! any say nothing of what is kept in the file.

use crate::model::{Answer, PurchaseLine, Working};
use crate::rules::channel_name;

use super::Ground;

/// Why a line is not accepted, under the reading in force.
pub(super) fn refusal(ground: &Ground<'_>, line: &PurchaseLine, working: &mut Working) -> Option<String> {
    let channel = channel_name(line.channel);
    let own_proof = ground.rules.conventions.own_proof.iter().any(|name| name == channel);
    if !own_proof || has_proof(line) || !keeps_proof(ground, &line.organisation) {
        return None;
    }
    let hosts = super::sharing::installed(ground, &line.organisation);
    let bought = format!("Bought by the channel {channel}, and the record names neither an order nor an agreement");
    match ground.asker.ask("D-26", &line.organisation, ground.family, &hosts) {
        Answer::Strict => {
            working.by_rule("D-26", format!("{bought}: not accepted without certificate or invoice."));
            Some(format!(
                "neither an order nor an agreement is on record for a licence bought by the channel {channel} (D-26)"
            ))
        }
        Answer::Customer => {
            working.by_rule("D-26", format!("{bought}: valid all the same."));
            None
        }
    }
}

/// Whether the record names what proves the purchase.
fn has_proof(line: &PurchaseLine) -> bool {
    line.reference.is_some() || line.agreement.is_some()
}

/// Whether an organisation's records name proof of any purchase.
fn keeps_proof(ground: &Ground<'_>, organisation: &str) -> bool {
    ground.estate.purchases.iter().any(|line| line.organisation == organisation && has_proof(line))
}
