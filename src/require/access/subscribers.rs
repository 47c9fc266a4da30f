//! People whose subscription includes the access: they need no licence for it (CL-R8).

use std::cmp::Reverse;

use hashbrown::HashSet;

use crate::model::{Answer, PurchaseLine, SharingGroup, UserGroup, Working};
use crate::rules::Product;

use super::super::Ground;
use super::super::end_users::directory;
use super::cover::Cover;
use super::reach::{Inquiry, Reach, UNKNOWN};

/// People of an organisation whose subscription in term includes the access.
#[derive(Default)]
pub(super) struct Subscribers {
    /// People in all.
    pub people: u32,
    /// Records of people of whom all are covered, by where they stand in memory: they are many.
    whole: HashSet<*const UserGroup>,
    /// Whether of some records only a part is covered, because fewer were bought than are assigned.
    in_part: bool,
}

impl Subscribers {
    /// No more people than were bought, in all organisations that draw on a purchase: an assignment alone gives no right. Its
    /// owner's people come first.
    pub fn of(ground: &Ground<'_>, product: &Product, organisation: &str) -> Self {
        let includes = |line: &PurchaseLine| {
            let suite = ground.rules.products.get(&line.product);
            suite.is_some_and(|suite| suite.suite.iter().any(|part| part.product == product.id))
                && line.subscription.is_some_and(|term| term.contains(ground.as_of))
        };
        let bought = ground.estate.purchases.iter().filter(|line| includes(line));
        let mut left: Vec<(&PurchaseLine, u32)> = bought.map(|line| (line, line.quantity)).collect();
        let mut assigned: Vec<(&UserGroup, u32)> = Vec::new();
        if !left.is_empty() {
            let some = ground.estate.users.iter().filter(|group| !group.subscriptions.is_empty());
            assigned.extend(some.map(|group| (group, group.count)));
        }
        for is_owners in [true, false] {
            for (group, people) in &mut assigned {
                for (line, left) in &mut left {
                    let fits = group.subscriptions.contains(&line.product)
                        && (group.organisation == line.organisation) == is_owners
                        && ground.may_draw(&group.organisation, line, &product.family);
                    if fits {
                        let taken = (*people).min(*left);
                        (*people, *left) = (*people - taken, *left - taken);
                    }
                }
            }
        }
        let mut found = Self::default();
        for (group, left) in assigned.into_iter().filter(|(group, _)| group.organisation == organisation) {
            found.people += group.count - left;
            match left {
                0 => {
                    found.whole.insert(std::ptr::from_ref(group));
                }
                _ => found.in_part |= left < group.count,
            }
        }
        found
    }

    /// Whether it is known who they are.
    pub fn are_known(&self) -> bool {
        !self.in_part
    }

    /// Whether all people of a record are covered.
    pub fn contain(&self, group: &UserGroup) -> bool {
        self.whole.contains(&std::ptr::from_ref(group))
    }
}

/// Takes the people covered by a subscription out of the groups licensed by user. Where nobody says who of them reaches the
/// product and in which group, it is at the worst as few as the directory leaves no room for, where people outnumber devices,
/// so that fewest licences are saved; at the best it is all of them, where each saves one (D-15).
pub(super) fn deduct(inquiry: &Inquiry<'_>, reach: &mut Reach, working: &mut Working) {
    let reached = reach.all(|group| group.users).unwrap_or(UNKNOWN);
    let elsewhere = directory(inquiry.ground, inquiry.organisation).saturating_sub(reached);
    let [strict, customer] = [Answer::Strict, Answer::Customer].map(|answer| {
        let at_least = if answer == Answer::Strict { elsewhere } else { 0 };
        let mut without = reach.clone();
        let taken = take_out(&mut without.groups, reach.subscribed.saturating_sub(at_least), answer);
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
        let subscribed = reach.subscribed;
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
