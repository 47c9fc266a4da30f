//! What is short, and what buying it takes on a day: the plain purchase, and what replaces what is no longer sold.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::model::price_book::{Basket, Item, PriceBook, Quote, Term};
use crate::model::{Allocation, Assessment, Chosen, Line, Metric, Requirement};

use super::Rules;

/// How a line may be met by something bought today. A new licence bears today's version, and its terms are that
/// version's, whatever is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bought {
    /// By a licence.
    Plain,
    /// By a licence with Software Assurance, or a subscription.
    Assured,
    /// By a subscription only: today's licences are of other terms.
    BySubscription,
}

impl Bought {
    /// What may be bought, in the order in which it is taken to be the plain purchase.
    pub fn terms(self) -> &'static [Term] {
        match self {
            Self::Plain => &[Term::Licence, Term::WithAssurance, Term::Subscription],
            Self::Assured => &[Term::WithAssurance, Term::Subscription],
            Self::BySubscription => &[Term::Subscription],
        }
    }
}

/// Needs, the ways chosen for them, and what was spent on each.
#[derive(Debug, Clone, Copy)]
pub struct Reconciled<'p> {
    requirements: &'p [Requirement],
    chosen: &'p [Chosen],
    allocations: &'p [Allocation],
}

impl<'p> Reconciled<'p> {
    /// Those of an assessment.
    pub fn of(assessment: &'p Assessment) -> Self {
        Self {
            requirements: &assessment.requirements,
            chosen: &assessment.chosen,
            allocations: &assessment.allocations,
        }
    }

    /// Units spent on each line of each requirement.
    pub fn spent(&self) -> BTreeMap<(usize, usize), u32> {
        let mut spent = BTreeMap::new();
        for allocation in self.allocations {
            *spent.entry((allocation.requirement, allocation.line)).or_default() += allocation.units;
        }
        spent
    }

    /// What is not wholly met.
    pub fn unmet(&self) -> Vec<Unmet<'p>> {
        let spent = self.spent();
        let of_chosen = self.chosen.iter().map(|chosen| {
            let requirement = &self.requirements[chosen.requirement];
            let lines = 0..requirement.alternatives[chosen.alternative].lines.len();
            let met = lines.map(|line| spent.get(&(chosen.requirement, line)).copied().unwrap_or(0)).collect();
            Unmet { requirement, way: chosen.alternative, met }
        });
        of_chosen.filter(|unmet| unmet.lines().next().is_some()).collect()
    }
}

/// A requirement whose way in use is not wholly met.
#[derive(Debug)]
pub struct Unmet<'p> {
    /// The requirement.
    pub requirement: &'p Requirement,
    /// The way in use, by index.
    way: usize,
    /// Units met, line by line.
    met: Vec<u32>,
}

impl<'p> Unmet<'p> {
    /// Lines that are not met, with the units that are missing.
    fn lines(&self) -> impl Iterator<Item = (&'p Line, u32)> {
        let lines = self.requirement.alternatives[self.way].lines.iter().zip(&self.met);
        lines.filter(|(line, met)| **met < line.units).map(|(line, met)| (line, line.units - met))
    }

    /// Lines of another way that the way in use has not; and of those it has, each with whether it is met.
    fn compared<'w>(&self, lines: &'w [Line]) -> (Vec<&'w Line>, Vec<(&'w Line, bool)>) {
        let mut own: Vec<(&Line, bool)> = self.requirement.alternatives[self.way]
            .lines
            .iter()
            .zip(&self.met)
            .map(|(line, met)| (line, *met >= line.units))
            .collect();
        let (mut other, mut same) = (Vec::new(), Vec::new());
        for line in lines {
            match own.iter().position(|(known, _)| *known == line) {
                Some(at) => same.push((line, own.swap_remove(at).1)),
                None => other.push(line),
            }
        }
        (other, same)
    }
}

/// Units of one kind that an organisation is short of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// Organisation.
    pub organisation: String,
    /// Product id.
    pub product: String,
    /// Edition.
    pub edition: Option<String>,
    /// Metric.
    pub metric: Metric,
    /// What a licence bought today must carry.
    pub bought: Bought,
    /// Newest version wanted.
    pub version: Option<usize>,
    /// Units missing, of all versions.
    pub units: u32,
    /// The same version by version.
    pub versions: BTreeMap<Option<usize>, ShortVersion>,
    /// Why there is no replacement for some of it, though its terms are not sold any more.
    pub irreplaceable: Option<Irreplaceable>,
}

/// Missing units of one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShortVersion {
    /// Units.
    pub units: u32,
    /// What would be bought in place of ways whose terms are not sold any more.
    pub instead: Basket,
}

/// Why nothing can be bought in place of a way whose terms are not sold any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Irreplaceable {
    /// This price is wanted.
    Price(String),
    /// No way of its metric is sold.
    NotSold,
}

/// What can be bought on a day.
#[derive(Clone, Copy)]
pub struct Shop<'a> {
    /// Rules.
    pub rules: &'a Rules,
    /// Prices.
    pub book: &'a PriceBook<'a>,
    /// The day.
    pub day: Date,
}

impl Shop<'_> {
    /// How a line may be met by something bought on the day.
    pub fn bought(&self, line: &Line) -> Bought {
        match self.rules.products.get(&*line.product) {
            Some(product) if product.relies_on_assurance_if_bought(line, self.day) => Bought::Assured,
            Some(product) if product.accepted_if_bought(line, self.day).next().is_none() => Bought::BySubscription,
            _ => Bought::Plain,
        }
    }

    /// What is short: organisation by organisation, each product, edition and metric once, because packs are rounded once.
    pub fn shorts<'p>(&self, found: impl Iterator<Item = Reconciled<'p>>) -> Vec<Short> {
        let mut shorts: BTreeMap<(String, String, Option<String>, Metric, Bought), Short> = BTreeMap::new();
        for unmet in found.flat_map(|spending| spending.unmet()) {
            let mut replaced = false;
            for (line, units) in unmet.lines() {
                let short = missing(&unmet.requirement.organisation, line, self.bought(line));
                let organisation = short.organisation.clone();
                let key = (organisation, short.product.clone(), short.edition.clone(), short.metric, short.bought);
                let entry = shorts.entry(key).or_insert(short);
                entry.units += units;
                entry.version = entry.version.max(line.version);
                let of_version = entry.versions.entry(line.version).or_default();
                of_version.units += units;
                // What replaces a way replaces all of its lines that are not sold, once.
                if entry.bought == Bought::BySubscription && !replaced {
                    replaced = true;
                    match self.instead(&unmet) {
                        Ok(items) => {
                            for (item, units) in items {
                                *of_version.instead.entry(item).or_default() += units;
                            }
                        }
                        Err(reason) => drop(entry.irreplaceable.get_or_insert(reason)),
                    }
                }
            }
        }
        shorts.into_values().collect()
    }

    /// What would be bought in place of a way whose licences are not sold any more: the cheapest of the requirement's ways
    /// by the same metric that licences of today serve, less what the way in use has alike, which is met or bought by itself.
    fn instead(&self, unmet: &Unmet<'_>) -> Result<Vec<(Item, u32)>, Irreplaceable> {
        let used = &unmet.requirement.alternatives[unmet.way];
        let mut best: Option<(i64, Vec<(Item, u32)>)> = None;
        let mut wanted = None;
        for way in &unmet.requirement.alternatives {
            let same = way.product == used.product && way.metric == used.metric;
            if !same || way.lines.is_empty() || !way.is_open() {
                continue;
            }
            let (other, alike) = unmet.compared(&way.lines);
            let sold = |line: &Line| self.bought(line) != Bought::BySubscription;
            if !other.iter().all(|line| sold(line)) || !alike.iter().all(|(line, met)| *met || sold(line)) {
                continue;
            }
            let bought: Result<Vec<(Item, Quote, u32)>, String> = other
                .into_iter()
                .map(|line| {
                    let edition = line.edition.as_deref();
                    let version = self.version(&line.product, line.version);
                    let bought = self.bought(line);
                    let (item, quote) = self.plain(&line.product, edition, line.metric, version, bought, line.units)?;
                    Ok((item, quote, line.units))
                })
                .collect();
            match bought {
                Ok(bought) => {
                    let cost = bought.iter().map(|(_, quote, _)| quote.horizon).sum();
                    if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                        best = Some((cost, bought.into_iter().map(|(item, _, units)| (item, units)).collect()));
                    }
                }
                Err(missing) => wanted = wanted.or(Some(missing)),
            }
        }
        let reason = || wanted.map_or(Irreplaceable::NotSold, Irreplaceable::Price);
        best.map(|(_, items)| items).ok_or_else(reason)
    }

    /// The plain purchase that closes a shortfall: the row's own edition; a licence, or with Software Assurance where the
    /// terms demand it, else a subscription. Where nothing of the terms in use is sold any more, what replaces them.
    ///
    /// # Errors
    /// The price that is wanted.
    pub fn plain_items(&self, short: &Short) -> Result<Vec<(Item, u32, Quote)>, String> {
        let version = self.version(&short.product, short.version);
        let own =
            self.plain(&short.product, short.edition.as_deref(), short.metric, version, short.bought, short.units);
        let missing = match (own, &short.irreplaceable) {
            (Ok((item, quote)), _) => return Ok(vec![(item, short.units, quote)]),
            (Err(_), Some(Irreplaceable::Price(missing))) => return Err(missing.clone()),
            (Err(missing), _) => missing,
        };
        if short.bought != Bought::BySubscription {
            return Err(missing);
        }
        let mut basket = Basket::new();
        for (item, units) in short.versions.values().flat_map(|version| &version.instead) {
            *basket.entry(item.clone()).or_default() += units;
        }
        if short.irreplaceable.is_some() || basket.is_empty() {
            return Err(format!("{missing}, of terms that are not sold any more"));
        }
        let quoted = basket.into_iter().map(|(item, units)| Ok((item.clone(), units, self.book.quote(&item, units)?)));
        quoted.collect()
    }

    /// The price of the plain purchase.
    ///
    /// # Errors
    /// The price that is wanted.
    pub fn plain_quote(&self, short: &Short) -> Result<Quote, String> {
        let mut whole = Quote { bought: 0, first_year: 0, horizon: 0, parts: Vec::new() };
        let mut items = self.plain_items(short)?;
        if let (Bought::BySubscription, Some((item, _, first))) = (short.bought, items.first_mut())
            && item.term != Term::Subscription
            && let Some(part) = first.parts.first_mut()
        {
            part.insert_str(0, "in place of licences that are not sold any more: ");
        }
        for (_, _, quote) in items {
            whole.bought += quote.bought;
            whole.first_year += quote.first_year;
            whole.horizon += quote.horizon;
            whole.parts.extend(quote.parts);
        }
        Ok(whole)
    }

    /// So many units of a product by the first of the terms that has a price.
    fn plain(
        &self,
        product: &str,
        edition: Option<&str>,
        metric: Metric,
        version: Option<&str>,
        bought: Bought,
        units: u32,
    ) -> Result<(Item, Quote), String> {
        let mut wanted = None;
        for &term in bought.terms() {
            let item = Item::new(product, edition, metric, term);
            let item = self.book.of_version(item, version);
            match self.book.quote(&item, units) {
                Ok(quote) => return Ok((item, quote)),
                Err(missing) => wanted = wanted.or(Some(missing)),
            }
        }
        Err(wanted.unwrap_or_default())
    }

    /// Licence version as text.
    fn version(&self, product: &str, version: Option<usize>) -> Option<&str> {
        self.rules.products.get(product).and_then(|product| Some(product.version_name(version?)))
    }
}

/// No units yet of what a line asks for.
fn missing(organisation: &str, line: &Line, bought: Bought) -> Short {
    Short {
        organisation: organisation.to_owned(),
        product: line.product.to_string(),
        edition: line.edition.as_deref().map(str::to_owned),
        metric: line.metric,
        bought,
        version: None,
        units: 0,
        versions: BTreeMap::new(),
        irreplaceable: None,
    }
}
