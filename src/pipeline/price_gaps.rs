//! Prices that nothing can be bought at: of what no rule knows, or of nothing at all. They are told and not used, so that
//! what they were meant to price is named as not priced.

use crate::model::{Finding, Key, Locator, Price, PriceKind};
use crate::rules::Rules;

/// One finding for each kind, because a list may hold a publisher's whole range.
pub(super) fn findings(rules: &Rules, prices: &[Price], currency: &str) -> Vec<Finding> {
    let of_unknown = |price: &&Price| !is_known(rules, price);
    let free = |price: &&Price| price.amount.is_zero();
    let name = |price: &Price| {
        let product = rules.products.get(&price.product).map_or(price.product.as_str(), |product| &product.name);
        let parts = [Some(product), price.edition.as_deref(), price.version.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    let told = |kind: &str, found: Vec<&Price>, what: &str| {
        let first = found.first()?;
        let count = match found.len() {
            1 => "1 price is".to_owned(),
            many => format!("{many} prices are"),
        };
        let text = format!("{count} {what}; the first is that of {}.", name(first));
        Some(Finding {
            key: Key::new(kind, &["", "price lists"]),
            organisation: String::new(),
            text,
            evidence: found.iter().filter_map(|price| price.evidence.clone()).collect::<Vec<Locator>>(),
        })
    };
    let unknown = prices.iter().filter(of_unknown).collect();
    let unknown =
        told("unknown-price", unknown, "of a product, edition or version that no rule file knows, and not used");
    let free = prices.iter().filter(free).collect();
    let free = told("zero-price", free, "0, which is taken for a price that is missing");
    let foreign = told("other-currency", foreign(prices, currency), &format!("not in {currency}, and not used"));
    unknown.into_iter().chain(free).chain(foreign).collect()
}

/// Prices in another currency than the report's, where there are several: currencies are never mixed.
fn foreign<'p>(prices: &'p [Price], currency: &str) -> Vec<&'p Price> {
    let by_itself = |price: &&Price| !matches!(price.kind, PriceKind::Sa | PriceKind::StepUp);
    let mut of_licences = prices.iter().filter(by_itself).map(|price| &price.currency);
    let first = of_licences.next();
    let several = of_licences.any(|currency| Some(currency) != first);
    let other = |price: &&Price| price.currency != currency;
    if several { prices.iter().filter(other).collect() } else { Vec::new() }
}

/// Whether the rules know what the price is of.
fn is_known(rules: &Rules, price: &Price) -> bool {
    let Some(product) = rules.products.get(&price.product) else { return false };
    let edition = |edition: &String| product.editions.is_empty() || product.edition_rank(edition).is_some();
    let version = |version: &String| product.releases.is_empty() || product.release(version).is_some();
    price.edition.as_ref().is_none_or(edition) && price.version.as_ref().is_none_or(version)
}
