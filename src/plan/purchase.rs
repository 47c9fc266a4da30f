//! The cheapest purchases that close what an organisation is short of in some families.
//!
//! Every requirement may be met by each of its lawful ways, each with several kinds of purchase (plain licences, a suite,
//! step-ups). A combination says what to buy at most; the engine then says whether that closes the shortfall, and how much
//! less does. Scopes with the same ways are alike: only what is bought for all of them together counts. Where there are
//! few such sums all are tried, else the plain purchase is improved step by step. What costs no more than `bound` says
//! cannot be undercut, so nothing further is tried then.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::{Assessment, Estate, Key, Line, PriceKind, PurchaseKind, Requirement};

use super::bound;
use super::ground::{Bill, Ground};
use crate::model::price_book::{Basket, Item, Term};
use crate::rules::Reconciled;

/// Sums of purchases that are all tried.
const SUMS: usize = 256;

/// Requirements that are changed one by one where not all sums can be tried.
const CHANGED: usize = 96;

/// Assessments one search may ask for.
const EVALUATIONS: u32 = 1_500;

/// Purchases that close what can be closed.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub basket: Basket,
    /// Units left short because no price is at hand.
    pub unpriced: u64,
    /// Over the whole span.
    pub horizon: i64,
    pub first_year: i64,
    /// Every sum of purchases was tried, or nothing can cost less.
    pub proved: bool,
    /// Priced units that stay short: what is missing cannot be bought on the day.
    pub unclosed: u64,
}

impl Found {
    /// Whether nothing stays short.
    fn closes_all(&self) -> bool {
        self.unclosed == 0 && self.unpriced == 0
    }

    /// Less is better.
    pub fn rank(&self) -> (u64, u64, i64, i64, &Basket) {
        (self.unclosed, self.unpriced, self.horizon, self.first_year, &self.basket)
    }
}

/// A search over what to buy for one organisation in some families.
pub(super) struct Search<'a> {
    ground: &'a Ground<'a>,
    organisation: &'a str,
    families: &'a [String],
    estate: Estate,
    known: BTreeMap<Vec<(Item, u32)>, Tried>,
    /// What was needed before anything was bought.
    needs: BTreeSet<Key>,
    evaluations: u32,
}

/// What buying a basket leaves.
#[derive(Debug, Clone)]
struct Tried {
    unclosed: u64,
    unpriced: u64,
    /// Units of each purchase that nothing needs, in the order of the basket.
    spare: Vec<u32>,
    /// Something is short that was not needed before.
    arisen: bool,
}

impl<'a> Search<'a> {
    pub fn new(ground: &'a Ground<'a>, organisation: &'a str, families: &'a [String], estate: &Estate) -> Self {
        Self {
            ground,
            organisation,
            families,
            estate: estate.clone(),
            known: BTreeMap::new(),
            needs: BTreeSet::new(),
            evaluations: 0,
        }
    }

    /// The cheapest purchases found.
    pub fn run(mut self) -> Found {
        let before = (self.ground.request.assess)(&self.estate, self.ground.request.as_of, self.families);
        self.search(&before)
    }

    fn search(&mut self, before: &Assessment) -> Found {
        let floor = bound::of_purchases(self.ground, self.organisation, before);
        let choices = self.choices(before);
        let mut baskets = BTreeSet::from([self.plain(before)]);
        let (sums, exhaustive) = choices.sums();
        match sums {
            Some(sums) => baskets.extend(sums),
            None => baskets.extend(self.stepwise(&choices.short)),
        }
        let mut baskets: Vec<(i64, Basket)> = baskets
            .into_iter()
            .filter(|basket| self.within_bases(basket))
            .filter_map(|basket| Some((self.ground.price(&basket)?.0, basket)))
            .collect();
        baskets.sort();
        let mut best: Option<Found> = None;
        let mut proved = exhaustive;
        self.needs = before.requirements.iter().map(|requirement| requirement.key.clone()).collect();
        let mut queue: VecDeque<Basket> = baskets.into_iter().map(|(_, basket)| basket).collect();
        while let Some(basket) = queue.pop_front() {
            if self.evaluations > EVALUATIONS {
                proved = false;
                break;
            }
            if self.attempt(&basket).arisen {
                let (completed, all) = self.completed(&basket);
                proved &= all;
                queue.extend(completed);
            }
            for found in self.trimmed(&basket) {
                if best.as_ref().is_none_or(|best| found.rank() < best.rank()) {
                    best = Some(found);
                }
            }
            if best.as_ref().is_some_and(|best| best.closes_all() && best.horizon <= floor) {
                proved = true;
                break;
            }
        }
        let mut best = best.unwrap_or_default();
        best.proved = proved;
        best
    }

    /// A basket with what else its licences ask for: the needs that arise only once they are there, as access licences do with
    /// server licences. And whether every sum of purchases for those is among them.
    fn completed(&mut self, basket: &Basket) -> (Vec<Basket>, bool) {
        let after = self.after(basket);
        let arisen = |requirement: &Requirement| !self.needs.contains(&requirement.key);
        let choices = self.choices_among(&after, &arisen);
        let (sums, all) = match sums(BTreeSet::from([Basket::new()]), &choices.short) {
            Some(sums) => (sums, true),
            None => (self.stepwise(&choices.short).into_iter().collect(), false),
        };
        let completed = sums.into_iter().filter(|more| !more.is_empty()).map(|more| sum([basket, &more].into_iter()));
        let completed = completed.filter(|basket| self.within_bases(basket) && self.ground.price(basket).is_some());
        (completed.collect(), all)
    }

    /// Buying what is short as it stands.
    fn plain(&self, before: &Assessment) -> Basket {
        let mut basket = Basket::new();
        for (short, _) in &self.ground.bill(before).of(self.organisation).rows {
            for (item, units, _) in self.ground.shop().plain_items(short).unwrap_or_default() {
                *basket.entry(item).or_default() += units;
            }
        }
        basket
    }

    /// For each requirement of the organisation the purchases that may meet it.
    fn choices(&self, before: &Assessment) -> Choices {
        self.choices_among(before, &|_| true)
    }

    fn choices_among(&self, before: &Assessment, wanted: &dyn Fn(&Requirement) -> bool) -> Choices {
        let spent = Reconciled::of(before).spent();
        let mut choices = Choices::default();
        for chosen in &before.chosen {
            let requirement = &before.requirements[chosen.requirement];
            if requirement.organisation != self.organisation || !wanted(requirement) {
                continue;
            }
            let unmet = |line: usize| {
                let met = spent.get(&(chosen.requirement, line)).copied().unwrap_or(0);
                requirement.alternatives[chosen.alternative].lines[line].units.saturating_sub(met)
            };
            let mut ways: BTreeSet<Basket> = BTreeSet::new();
            let mut is_short = false;
            for (index, way) in requirement.alternatives.iter().enumerate() {
                let in_use = index == chosen.alternative;
                if !in_use && (way.lines.is_empty() || !way.is_open()) {
                    continue;
                }
                let wants: Vec<(&Line, u32)> = (0..way.lines.len())
                    .map(|line| (&way.lines[line], if in_use { unmet(line) } else { way.lines[line].units }))
                    .filter(|(_, units)| *units > 0)
                    .collect();
                is_short |= in_use && !wants.is_empty();
                ways.extend(self.supplies(&wants));
            }
            if ways.is_empty() {
                ways.insert(Basket::new());
            }
            let list = if is_short { &mut choices.short } else { &mut choices.covered };
            list.push(ways.into_iter().collect::<Vec<Basket>>());
        }
        choices
    }

    /// The purchases that supply some lines: by the cheapest plain items, or by a suite or step-ups where they serve.
    fn supplies(&self, wants: &[(&Line, u32)]) -> Vec<Basket> {
        let mut means: BTreeSet<Option<Item>> = BTreeSet::from([None]);
        for (line, _) in wants {
            means.extend(self.suites(line).into_iter().map(Some));
            means.extend(self.step_ups(line).into_iter().map(Some));
        }
        means.into_iter().filter_map(|item| self.supply(wants, item.as_ref())).collect()
    }

    fn supply(&self, wants: &[(&Line, u32)], means: Option<&Item>) -> Option<Basket> {
        let mut basket = Basket::new();
        let mut in_suite: u32 = 0;
        for (line, units) in wants {
            let mut left = *units;
            if let Some(item) = means
                && (self.suites(line).contains(item) || self.step_ups(line).contains(item))
            {
                match item.base.and_then(|base| self.estate.purchases.get(base)) {
                    Some(base) => {
                        let stepped = left.min(base.quantity);
                        *basket.entry(item.clone()).or_default() += stepped;
                        left -= stepped;
                    }
                    None => {
                        in_suite += left;
                        left = 0;
                    }
                }
            }
            if left > 0 {
                let item = self.cheapest(line, left)?;
                *basket.entry(item).or_default() += left;
            }
        }
        if let Some(item) = means.filter(|_| in_suite > 0) {
            *basket.entry(item.clone()).or_default() += in_suite;
        }
        Some(basket)
    }

    /// The plain item of least price that serves a line.
    fn cheapest(&self, line: &Line, units: u32) -> Option<Item> {
        let terms = self.ground.bought(line).terms();
        let version = self.ground.version(&line.product, line.version);
        let items = editions(line).into_iter().flat_map(|edition| {
            let item = move |term| Item::new(&line.product, edition.as_deref(), line.metric, term);
            terms.iter().map(move |&term| self.ground.book.of_version(item(term), version))
        });
        let priced = items.filter_map(|item| {
            let quote = self.ground.book.quote(&item, units).ok()?;
            Some((quote.horizon, quote.first_year, item))
        });
        priced.min().map(|(_, _, item)| item)
    }

    /// Suites with a price of which a part serves a line.
    fn suites(&self, line: &Line) -> Vec<Item> {
        let editions = editions(line);
        let suites = self.ground.request.rules.products.values().filter(|product| product.kind == "suite");
        let mut items = Vec::new();
        for suite in suites {
            let serving = suite.suite.iter().filter(|part| {
                *part.product == *line.product
                    && part.metric.is_none_or(|metric| metric == line.metric)
                    && (line.edition.is_none() || editions.contains(&part.edition))
            });
            for part in serving {
                for &term in self.ground.bought(line).terms() {
                    let item = Item::new(&suite.id, part.suite_edition.as_deref(), line.metric, term);
                    if self.ground.book.quote(&item, line.units.max(1)).is_ok() {
                        items.push(item);
                        break;
                    }
                }
            }
        }
        items
    }

    /// Step-ups with a price to an edition that serves a line, each from a base that is owned.
    fn step_ups(&self, line: &Line) -> Vec<Item> {
        let day = self.ground.request.as_of;
        let Some(product) = self.ground.request.rules.products.get(&*line.product) else { return Vec::new() };
        let rank = |edition: &Option<String>| edition.as_ref().and_then(|edition| product.edition_rank(edition));
        let mut items = Vec::new();
        for edition in editions(line) {
            for (base, held) in self.estate.purchases.iter().enumerate() {
                let fits = held.organisation == self.organisation
                    && *held.product == *line.product
                    && held.metric == line.metric
                    && held.kind == PurchaseKind::Licence
                    && rank(&held.edition) < rank(&edition)
                    && held.sa.iter().any(|term| term.contains(day));
                let item = Item {
                    product: line.product.to_string(),
                    edition: edition.clone(),
                    metric: line.metric,
                    version: None,
                    term: Term::StepUp,
                    base: Some(base),
                };
                if fits && self.ground.book.quote(&item, 1).is_ok() {
                    items.push(item);
                }
            }
        }
        items
    }

    /// Whether no more units are stepped up than their bases have.
    fn within_bases(&self, basket: &Basket) -> bool {
        let mut wanted: BTreeMap<usize, u32> = BTreeMap::new();
        for (item, units) in basket {
            if let Some(base) = item.base {
                *wanted.entry(base).or_default() += units;
            }
        }
        wanted.iter().all(|(&base, &units)| self.estate.purchases.get(base).is_some_and(|held| units <= held.quantity))
    }

    /// Baskets to start from where not all can be tried: every requirement by its own cheapest means, and the plain
    /// purchase with one requirement changed.
    fn stepwise(&self, choices: &[Vec<Basket>]) -> Vec<Basket> {
        let price = |basket: &Basket| self.ground.price(basket).map_or(i64::MAX, |price| price.0);
        let least: Vec<&Basket> = choices
            .iter()
            .filter_map(|ways| ways.iter().min_by_key(|basket| (price(basket), (*basket).clone())))
            .collect();
        let mut baskets = vec![sum(least.iter().copied())];
        for (at, ways) in choices.iter().enumerate().take(CHANGED) {
            for way in ways.iter().filter(|way| *way != least[at]).take(4) {
                let changed = least.iter().enumerate().map(|(other, basket)| if other == at { way } else { basket });
                baskets.push(sum(changed));
            }
        }
        baskets
    }

    /// Buys a basket on trial.
    fn attempt(&mut self, basket: &Basket) -> Tried {
        let key = self.in_packs(basket);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let owned = self.estate.purchases.len();
        let after = self.after_buying(&key);
        let bill: Bill = self.ground.bill(&after).of(self.organisation);
        let unpriced: u64 = bill.unpriced().values().map(|&units| u64::from(units)).sum();
        let short: u64 = bill.rows.iter().map(|(short, _)| u64::from(short.units)).sum();
        let spare = |line: usize| {
            let left = after.surpluses.iter().filter(|left| after.entitlements[left.entitlement].line == line);
            left.map(|left| left.units).min().unwrap_or(0)
        };
        let spare = (0..key.len()).map(|at| spare(owned + at)).collect();
        let of_before = |requirement: &Requirement| self.needs.contains(&requirement.key);
        let arisen = short > 0 && !Reconciled::of(&after).unmet().iter().all(|unmet| of_before(unmet.requirement));
        let tried = Tried { unclosed: short - unpriced, unpriced, spare, arisen };
        self.known.insert(key, tried.clone());
        tried
    }

    /// The position once a basket is bought.
    fn after(&mut self, basket: &Basket) -> Assessment {
        let key: Vec<(Item, u32)> = self.in_packs(basket);
        self.after_buying(&key)
    }

    fn after_buying(&mut self, items: &[(Item, u32)]) -> Assessment {
        self.evaluations += 1;
        let owned = self.estate.purchases.len();
        for (item, units) in items {
            let line = self.ground.purchase(&self.estate, self.organisation, item, *units);
            self.estate.purchases.push(line);
        }
        let after = (self.ground.request.assess)(&self.estate, self.ground.request.as_of, self.families);
        self.estate.purchases.truncate(owned);
        after
    }

    /// What a basket holds, in whole packs.
    fn in_packs(&self, basket: &Basket) -> Vec<(Item, u32)> {
        let bought = basket.iter().filter(|(_, units)| **units > 0);
        bought.map(|(item, &units)| (item.clone(), self.whole(item, units))).collect()
    }

    /// Units in whole packs.
    fn whole(&self, item: &Item, units: u32) -> u32 {
        let bought = self.ground.book.quote(item, units).map_or(units, |quote| quote.bought);
        match item.base.and_then(|base| self.estate.purchases.get(base)) {
            Some(base) => bought.min(base.quantity),
            None => bought,
        }
    }

    /// The least of a basket that closes as much, with its items reduced in either order.
    fn trimmed(&mut self, basket: &Basket) -> Vec<Found> {
        let goal = self.attempt(basket);
        let mut items: Vec<Item> = basket.keys().cloned().collect();
        let mut found = Vec::new();
        for _ in 0..if items.len() > 1 { 2 } else { 1 } {
            let mut least = basket.clone();
            for item in &items {
                self.least_units(&mut least, item, &goal);
            }
            least.retain(|_, units| *units > 0);
            let tried = self.attempt(&least);
            for ((item, units), spare) in least.iter_mut().zip(&tried.spare) {
                // Whole packs may hold more than is needed; the need is what is told.
                *units = self.whole(item, *units).saturating_sub(*spare).max(1);
            }
            if let Some((horizon, first_year)) = self.ground.price(&least) {
                found.push(Found {
                    basket: least,
                    unpriced: tried.unpriced,
                    horizon,
                    first_year,
                    proved: false,
                    unclosed: tried.unclosed,
                });
            }
            items.reverse();
        }
        found
    }

    /// Reduces one item to the fewest units that close as much.
    fn least_units(&mut self, basket: &mut Basket, item: &Item, goal: &Tried) {
        let enough = |search: &mut Self, basket: &mut Basket, units: u32| {
            let before = basket.insert(item.clone(), units);
            let tried = search.attempt(basket);
            basket.insert(item.clone(), before.unwrap_or(0));
            (tried.unclosed, tried.unpriced) <= (goal.unclosed, goal.unpriced)
        };
        let mut high = basket.get(item).copied().unwrap_or(0);
        let at = basket.iter().filter(|(_, units)| **units > 0).position(|(known, _)| known == item);
        let spare = at.and_then(|at| self.attempt(basket).spare.get(at).copied()).unwrap_or(0);
        if spare > 0 && enough(self, basket, high.saturating_sub(spare)) {
            high = high.saturating_sub(spare);
        }
        let mut low = 0;
        if high > 0 && !enough(self, basket, high - 1) {
            low = high;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if enough(self, basket, middle) { high = middle } else { low = middle + 1 }
        }
        basket.insert(item.clone(), high);
    }
}

/// Editions whose licences serve a line; none where the product has none.
pub(super) fn editions(line: &Line) -> Vec<Option<String>> {
    if line.editions.is_empty() {
        return vec![line.edition.as_deref().map(str::to_owned)];
    }
    line.editions.iter().map(|edition| (!edition.is_empty()).then(|| edition.clone())).collect()
}

/// What may be bought for each requirement.
#[derive(Debug, Default)]
struct Choices {
    /// For those that are short.
    short: Vec<Vec<Basket>>,
    /// For those that are covered: licensed anew, they free their licences for others.
    covered: Vec<Vec<Basket>>,
}

impl Choices {
    /// Every sum of one purchase for each requirement, and whether that is all there is; `None` where they are too many.
    fn sums(&self) -> (Option<BTreeSet<Basket>>, bool) {
        let of_short = sums(BTreeSet::from([Basket::new()]), &self.short);
        let all = of_short.clone().and_then(|known| sums(known, &self.covered));
        match all {
            Some(all) => (Some(all), true),
            None => {
                let frees = self.covered.iter().any(|ways| ways.len() > 1);
                let complete = of_short.is_some() && !frees;
                (of_short, complete)
            }
        }
    }
}

/// Every sum of known purchases and one for each further requirement; `None` where they are too many.
fn sums(known: BTreeSet<Basket>, choices: &[Vec<Basket>]) -> Option<BTreeSet<Basket>> {
    choices.iter().try_fold(known, |known, ways| {
        let sums: BTreeSet<Basket> =
            known.iter().flat_map(|known| ways.iter().map(move |way| sum([known, way].into_iter()))).collect();
        (sums.len() <= SUMS).then_some(sums)
    })
}

fn sum<'b>(baskets: impl Iterator<Item = &'b Basket>) -> Basket {
    let mut sum = Basket::new();
    for basket in baskets {
        for (item, units) in basket {
            *sum.entry(item.clone()).or_default() += units;
        }
    }
    sum
}

/// Families that must be planned together: because a suite with a price serves several of them, because one that is owned is
/// placed for all of them, or because servers of one may be bought on a basis that needs licences of another for those who reach them.
pub(super) fn together(ground: &Ground<'_>, families: &[String]) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = families.iter().map(|family| vec![family.clone()]).collect();
    let of_access = ground.access_families();
    for family in families {
        for licences in of_access.iter().filter(|(served, _)| served == family).map(|(_, licences)| licences) {
            join(&mut groups, &BTreeSet::from([family.as_str(), licences.as_str()]));
            let group = groups.iter_mut().find(|group| group.contains(family));
            if let Some(group) = group.filter(|group| !group.contains(licences)) {
                group.push(licences.clone());
                group.sort();
            }
        }
    }
    for suite in ground.request.rules.products.values().filter(|product| product.kind == "suite") {
        let priced = ground
            .request
            .estate
            .prices
            .iter()
            .any(|price| price.product == suite.id && !matches!(price.kind, PriceKind::Sa | PriceKind::StepUp));
        if priced {
            join(&mut groups, &suite.suite.iter().map(|part| ground.family(&part.product)).collect());
        }
    }
    for joined in ground.request.rules.joined_by_suites(&ground.request.estate.purchases) {
        join(&mut groups, &joined);
    }
    groups.sort();
    groups
}

/// Makes one group of all those that have any of some families.
fn join(groups: &mut Vec<Vec<String>>, families: &BTreeSet<&str>) {
    let (joined, apart): (Vec<_>, Vec<_>) =
        groups.drain(..).partition(|group| group.iter().any(|family| families.contains(family.as_str())));
    *groups = apart;
    let mut joined: Vec<String> = joined.into_iter().flatten().collect();
    joined.sort();
    joined.dedup();
    if !joined.is_empty() {
        groups.push(joined);
    }
}
