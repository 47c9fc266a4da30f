//! People whose subscription includes the access: they need no licence for it (CL-R8).

use std::cmp::Reverse;

use hashbrown::HashSet;

use crate::model::{Answer, SharingGroup, UserGroup, Working};
use crate::rules::Product;

use super::super::Ground;
use super::super::end_users::directory;
use super::cover::Cover;
use super::held::Held;
use super::reach::{Inquiry, Reach, UNKNOWN};

/// People of an organisation whose subscription in term includes the access.
#[derive(Default)]
pub(super) struct Subscribers {
    /// People in all.
    pub people: u32,
    /// Records of people of whom all are covered, by where they stand in memory: they are many.
    whole: HashSet<*const UserGroup>,
    /// Records of people to whom more is assigned than was bought for all of these together.
    some: HashSet<*const UserGroup>,
    /// People of these records.
    of_some: u32,
    /// How many of those are covered; nobody says who.
    covered_of_some: u32,
}

/// How many people covered by a subscription are among those who reach a product.
#[derive(Clone, Copy)]
pub(super) struct Subscribed {
    /// At the most.
    pub people: u32,
    /// How many of these may not be among them; `None` where nothing but the directory tells.
    pub elsewhere: Option<u32>,
}

impl Subscribers {
    /// No more people than were bought, in all organisations that draw on a purchase: an assignment alone gives no right.
    pub fn of(ground: &Ground<'_>, product: &Product, organisation: &str) -> Self {
        let held = Held::of(ground, product);
        let mut found = Self::default();
        for class in held.of_organisation(organisation) {
            found.people += class.covered;
            let records = class.records.iter().map(|&group| std::ptr::from_ref(group));
            if class.is_certain {
                found.whole.extend(records);
            } else {
                found.some.extend(records);
                found.of_some += class.people;
                found.covered_of_some += class.covered;
            }
        }
        found
    }

    /// Whether all people of a record are covered.
    pub fn contain(&self, group: &UserGroup) -> bool {
        self.whole.contains(&std::ptr::from_ref(group))
    }

    /// How many people of some records are covered beside those of whom all are.
    pub fn among(&self, people: &[&UserGroup]) -> Subscribed {
        let some = people.iter().filter(|group| self.some.contains(&std::ptr::from_ref(**group)));
        let here: u32 = some.map(|group| group.count).sum();
        let people = self.covered_of_some.min(here);
        let at_least = self.covered_of_some.saturating_sub(self.of_some - here);
        Subscribed { people, elsewhere: Some(people.saturating_sub(at_least)) }
    }
}

/// Takes the people covered by a subscription out of the groups licensed by user. Where nobody says who of them reaches the
/// product and in which group, it is at the worst as few as the directory leaves no room for, where people outnumber devices,
/// so that fewest licences are saved; at the best it is all of them, where each saves one (D-15).
pub(super) fn deduct(inquiry: &Inquiry<'_>, reach: &mut Reach, working: &mut Working) {
    let Subscribed { people: subscribed, elsewhere } = reach.subscribed;
    let elsewhere = elsewhere.unwrap_or_else(|| {
        let reached = reach.all(|group| group.users).unwrap_or(UNKNOWN);
        directory(inquiry.ground, inquiry.organisation).saturating_sub(reached)
    });
    let [strict, customer] = [Answer::Strict, Answer::Customer].map(|answer| {
        let at_least = if answer == Answer::Strict { elsewhere } else { 0 };
        let mut without = reach.clone();
        let taken = take_out(&mut without.groups, subscribed.saturating_sub(at_least), answer);
        (without, taken)
    });
    let differ = Cover::fewest(&strict.0) != Cover::fewest(&customer.0);
    let answer = if differ { inquiry.ask("D-15", &[]) } else { Answer::Strict };
    let taken;
    (*reach, taken) = if answer == Answer::Strict { strict } else { customer };
    if taken > 0 {
        working.by_rule(&inquiry.terms.id, format!("{taken} people are covered by a subscription."));
    }
    if differ {
        let text = match answer {
            Answer::Strict => format!("at the worst {taken} do, and where people outnumber devices most"),
            Answer::Customer => format!("at the best {taken} do, and where people outnumber devices least"),
        };
        let unknown =
            format!("Nobody says who of the {subscribed} people with a subscription reaches it from which devices");
        working.by_rule("D-15", format!("{unknown}: {text}."));
    }
}

/// Takes so many people out of groups, in an order that is the worst or the best for who needs licences; returns how many
/// there were.
fn take_out(groups: &mut [(SharingGroup, Option<usize>)], covered: u32, answer: Answer) -> u32 {
    let mut order: Vec<usize> = (0..groups.len()).filter(|&place| groups[place].0.users != UNKNOWN).collect();
    order.sort_by_key(|&place| {
        let (SharingGroup { users, devices }, version) = groups[place];
        (users.saturating_sub(devices), Reverse(version), users, devices)
    });
    if answer == Answer::Strict {
        order.reverse();
    }
    let mut left = covered;
    for place in order {
        let users = &mut groups[place].0.users;
        let taken = left.min(*users);
        (*users, left) = (*users - taken, left - taken);
    }
    covered - left
}
