//! Who holds a subscription that was bought: people to whom one is assigned, and units in term, matched so that as many
//! people as possible are covered.
//!
//! People with the same subscriptions in one organisation are alike, and units that the same organisations draw on for the
//! same subscription are too. A purchase's owner goes first, then the other organisations in the order of their names; what is
//! reserved for one serves nobody else (AF-R5). An assignment moves to another unit where that covers one person more, so
//! that neither the order of the records nor that of the purchases tells who is covered.

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::model::{PurchaseKind, PurchaseLine, UserGroup};
use crate::rules::Product;

use super::super::Ground;

/// People of one organisation with the same subscriptions.
pub(super) struct Class<'a> {
    organisation: &'a str,
    /// Their records.
    pub records: Vec<&'a UserGroup>,
    /// People in them.
    pub people: u32,
    /// How many of them a unit covers.
    pub covered: u32,
    /// Whether all are covered however the units are given to the organisation's people.
    pub is_certain: bool,
    /// Units that may serve them, by place among the pools; the owner's first.
    pools: Vec<usize>,
    /// Units held of each pool.
    held: Vec<u32>,
}

/// Units that the same organisations may draw on.
struct Pool<'a> {
    line: &'a PurchaseLine,
    reserved_for: Option<&'a str>,
    left: u32,
}

/// All classes, after the units were given out.
pub(super) struct Held<'a> {
    classes: Vec<Class<'a>>,
    pools: Vec<Pool<'a>>,
}

impl<'a> Held<'a> {
    /// Units of subscriptions that contain a product, given to the people they are assigned to.
    pub fn of(ground: &Ground<'a>, product: &Product) -> Self {
        let pools = pools(ground, product);
        let mut held = Self { classes: classes(ground, product, &pools), pools };
        let order = held.classes.len();
        for owners_only in [true, false] {
            for class in 0..order {
                held.cover(class, owners_only);
            }
        }
        held.judge();
        held
    }

    /// Classes of one organisation.
    pub fn of_organisation(&self, organisation: &str) -> impl Iterator<Item = &Class<'a>> {
        self.classes.iter().filter(move |class| class.organisation == organisation)
    }

    /// Covers as many people of a class as possible, whoever must move to other units for that.
    fn cover(&mut self, class: usize, owners_only: bool) {
        while self.classes[class].covered < self.classes[class].people {
            let Some(path) = self.path(class, owners_only) else { return };
            self.move_along(&path);
        }
    }

    /// From a class to units that are left: the classes on the way, each with the pool it takes from.
    fn path(&self, class: usize, owners_only: bool) -> Option<Vec<(usize, usize)>> {
        // The class that reached each pool, and the pool from which each class was reached.
        let mut reached: Vec<Option<usize>> = vec![None; self.pools.len()];
        let mut through: Vec<Option<usize>> = vec![None; self.classes.len()];
        let mut next = VecDeque::from([class]);
        while let Some(at) = next.pop_front() {
            let own = &self.classes[at];
            for &pool in &own.pools {
                let is_owner = self.pools[pool].line.organisation == own.organisation;
                if reached[pool].is_some() || owners_only && !is_owner {
                    continue;
                }
                reached[pool] = Some(at);
                if self.pools[pool].left > 0 {
                    return Some(self.back(class, pool, &reached, &through));
                }
                for (other, holder) in self.classes.iter().enumerate() {
                    if other != class && through[other].is_none() && holder.held[pool] > 0 {
                        through[other] = Some(pool);
                        next.push_back(other);
                    }
                }
            }
        }
        None
    }

    /// The way back from a pool with units left to the class that wants some.
    fn back(
        &self,
        class: usize,
        pool: usize,
        reached: &[Option<usize>],
        through: &[Option<usize>],
    ) -> Vec<(usize, usize)> {
        let mut path = Vec::new();
        let mut pool = Some(pool);
        while let Some(taken) = pool {
            let Some(taker) = reached[taken] else { break };
            path.push((taker, taken));
            pool = through[taker].filter(|_| taker != class);
        }
        path
    }

    /// Gives each class on a path units of its pool, the later ones those that the one before gave up.
    fn move_along(&mut self, path: &[(usize, usize)]) {
        let Some((&(_, last), &(first, _))) = path.first().zip(path.last()) else { return };
        let mut units = self.pools[last].left.min(self.classes[first].people - self.classes[first].covered);
        for pair in path.windows(2) {
            let (giver, given_up) = (pair[0].0, pair[1].1);
            units = units.min(self.classes[giver].held[given_up]);
        }
        self.pools[last].left -= units;
        self.classes[first].covered += units;
        for (place, &(taker, taken)) in path.iter().enumerate() {
            self.classes[taker].held[taken] += units;
            if let Some(&(_, given_up)) = path.get(place + 1) {
                self.classes[taker].held[given_up] -= units;
            }
        }
    }

    /// Finds the classes whose people could be without a unit where others of their organisation had theirs.
    fn judge(&mut self) {
        let short = |class: &Class<'_>| class.covered < class.people;
        let mut next: Vec<usize> = (0..self.classes.len()).filter(|&at| short(&self.classes[at])).collect();
        for class in &mut self.classes {
            class.is_certain = !short(class);
        }
        while let Some(at) = next.pop() {
            for other in 0..self.classes.len() {
                let (own, holder) = (&self.classes[at], &self.classes[other]);
                let could_give = own.pools.iter().any(|&pool| holder.held[pool] > 0);
                if holder.is_certain && holder.organisation == own.organisation && could_give {
                    self.classes[other].is_certain = false;
                    next.push(other);
                }
            }
        }
    }
}

/// Units in term of everything that contains a product, what was given back taken out.
fn pools<'a>(ground: &Ground<'a>, product: &Product) -> Vec<Pool<'a>> {
    let includes = |line: &&PurchaseLine| {
        let suite = ground.rules.products.get(&line.product);
        suite.is_some_and(|suite| suite.suite.iter().any(|part| part.product == product.id))
    };
    let in_term = |line: &PurchaseLine| line.subscription.is_some_and(|term| term.contains(ground.as_of));
    let estate = ground.estate;
    let mut pools: Vec<Pool<'a>> = Vec::new();
    for line in estate.purchases.iter().filter(includes) {
        if line.kind != PurchaseKind::Licence || !in_term(line) {
            continue;
        }
        let mut left = line.quantity;
        for own in &line.reserved {
            if !estate.has_left(&own.organisation, ground.as_of)
                && ground.may_draw(&own.organisation, line, &product.family)
            {
                let units = own.quantity.min(left);
                left -= units;
                pools.push(Pool { line, reserved_for: Some(&own.organisation), left: units });
            }
        }
        pools.push(Pool { line, reserved_for: None, left });
    }
    for line in estate.purchases.iter().filter(includes).filter(|line| line.kind == PurchaseKind::Return) {
        let mut back = line.quantity;
        let same =
            |pool: &&mut Pool<'_>| (&pool.line.product, &pool.line.organisation) == (&line.product, &line.organisation);
        for pool in pools.iter_mut().rev().filter(same) {
            let units = back.min(pool.left);
            (pool.left, back) = (pool.left - units, back - units);
        }
    }
    pools
}

/// People to whom any such subscription is assigned, in the order of their organisations.
fn classes<'a>(ground: &Ground<'a>, product: &Product, pools: &[Pool<'a>]) -> Vec<Class<'a>> {
    if pools.is_empty() {
        return Vec::new();
    }
    let mut places: HashMap<(&str, &[String]), usize> = HashMap::new();
    let mut classes: Vec<Class<'a>> = Vec::new();
    let estate = ground.estate;
    for group in estate.users.iter().filter(|group| !group.subscriptions.is_empty()) {
        let place = *places.entry((&group.organisation, &group.subscriptions)).or_insert_with(|| {
            let fits = |pool: &Pool<'_>| {
                group.subscriptions.contains(&pool.line.product)
                    && pool.reserved_for.is_none_or(|name| name == group.organisation)
                    && ground.may_draw(&group.organisation, pool.line, &product.family)
            };
            classes.push(Class {
                organisation: &group.organisation,
                records: Vec::new(),
                people: 0,
                covered: 0,
                is_certain: false,
                pools: (0..pools.len()).filter(|&place| fits(&pools[place])).collect(),
                held: vec![0; pools.len()],
            });
            classes.len() - 1
        });
        classes[place].records.push(group);
        classes[place].people += group.count;
    }
    classes.retain(|class| !class.pools.is_empty());
    classes.sort_by_key(|class| class.organisation);
    classes
}
