//! People whose subscription includes the access: they need no licence for it (CL-R8).

use std::collections::BTreeMap;

use crate::model::Working;
use crate::rules::{Product, Terms};

use super::super::Ground;
use super::reach::{Reach, UNKNOWN};

/// People whose subscription in term includes the access.
pub(super) fn subscribed(ground: &Ground<'_>, product: &Product, organisation: &str) -> u32 {
    let includes = |id: &str| {
        let suite = ground.rules.products.get(id);
        suite.is_some_and(|suite| suite.suite.iter().any(|part| part.product == product.id))
    };
    // No more people than were bought: an assignment alone gives no right.
    let mut left: BTreeMap<&str, u32> = BTreeMap::new();
    for line in &ground.estate.purchases {
        if includes(&line.product)
            && ground.may_draw(organisation, line, &product.family)
            && line.subscription.is_some_and(|term| term.contains(ground.as_of))
        {
            *left.entry(&line.product).or_default() += line.quantity;
        }
    }
    let mut covered = 0;
    for group in ground.estate.users.iter().filter(|group| group.organisation == organisation) {
        let mut people = group.count;
        for subscription in &group.subscriptions {
            if let Some(left) = left.get_mut(subscription.as_str()) {
                let taken = people.min(*left);
                (people, *left, covered) = (people - taken, *left - taken, covered + taken);
            }
        }
    }
    covered
}

/// Takes the people covered by a subscription out of the groups licensed by user.
pub(super) fn deduct(reach: &mut Reach, covered: u32, terms: &Terms, working: &mut Working) {
    let mut left = covered;
    for (group, _) in &mut reach.groups {
        if group.users != UNKNOWN {
            let taken = group.users.min(left);
            group.users -= taken;
            left -= taken;
        }
    }
    if covered > left {
        working.by_rule(&terms.id, format!("{} people are covered by a subscription.", covered - left));
    }
}
