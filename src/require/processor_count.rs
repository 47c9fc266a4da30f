//! Cores and processors of a physical host, as the terms count them.

use std::cell::RefCell;

use hashbrown::HashMap;
use regex::Regex;

use crate::model::{Answer, Host, HostId};
use crate::rules::{Product, Terms};

use super::Ground;

/// Processors of a host under the reading in force: cores of each; `None` where no source states them.
pub(super) struct Processors {
    /// Cores of each processor.
    pub cores: Option<Vec<u32>>,
}

/// Processors of a host; cores switched off in firmware count or not by the reading (D-09).
pub(super) fn processors(ground: &Ground<'_>, product: &Product, id: HostId, host: &Host) -> Processors {
    let Some(processors) = host.processors.value() else { return Processors { cores: None } };
    let all: Vec<u32> = processors.iter().map(|processor| processor.cores).collect();
    let enabled: Vec<u32> =
        processors.iter().map(|processor| processor.enabled_cores.unwrap_or(processor.cores)).collect();
    let cores = if all == enabled {
        all
    } else {
        match ground.asker.ask("D-09", &host.organisation, &product.family, &[id]) {
            Answer::Strict => all,
            Answer::Customer => enabled,
        }
    };
    Processors { cores: Some(cores) }
}

/// Cores of each processor of a host; where nobody knows them, the terms' assumption.
pub(super) fn cores_or_assumed(ground: &Ground<'_>, product: &Product, terms: &Terms, id: HostId) -> Vec<u32> {
    let cores = processors(ground, product, id, ground.estate.host(id)).cores;
    cores.unwrap_or_else(|| assumed_cores(ground, product, terms, id))
}

/// What the terms assume of a host, or of the unknown host of a guest, for the reading in force: two processors at the
/// worst and one at the best (D-15).
pub(super) fn assumed_cores(ground: &Ground<'_>, product: &Product, terms: &Terms, id: HostId) -> Vec<u32> {
    let (strict, customer) = terms.unknown_cores;
    match ground.asker.ask("D-15", &ground.estate.host(id).organisation, &product.family, &[id]) {
        Answer::Strict => vec![strict.div_ceil(2); 2],
        Answer::Customer => vec![customer],
    }
}

/// How many processors a host has, with the arithmetic in words; where no source states them, as many as the terms assume
/// under the reading in force (D-15).
pub(super) fn number_of_processors(ground: &Ground<'_>, product: &Product, terms: &Terms, id: HostId) -> (u32, String) {
    let host = ground.estate.host(id);
    if let Some(cores) = processors(ground, product, id, host).cores {
        let count = u32::try_from(cores.len()).unwrap_or(u32::MAX).max(1);
        return (count, format!("{} has {count} processors", host.name));
    }
    let count = match ground.asker.ask("D-15", &host.organisation, &product.family, &[id]) {
        Answer::Strict => terms.unknown_processors.0,
        Answer::Customer => terms.unknown_processors.1,
    };
    let count = count.max(1);
    (count, format!("No source states the processors of {}: {count} are assumed", host.name))
}

/// Cores that a full covering of the host needs, with the arithmetic in words.
///
/// `max(server minimum, Σ over processors of max(processor minimum, cores × factor))`, rounded up once a server.
/// Where nobody knows the processors, the terms' assumption for the reading in force (D-15).
pub(super) fn covering(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    id: HostId,
    host: &Host,
) -> (u32, String) {
    let processors = processors(ground, product, id, host);
    let Some(cores) = processors.cores else {
        let (strict, customer) = terms.unknown_cores;
        let units = match ground.asker.ask("D-15", &host.organisation, &product.family, &[id]) {
            Answer::Strict => strict,
            Answer::Customer => customer,
        };
        return (units, format!("No source states the processors of {}: {units} cores are assumed.", host.name));
    };
    let model = host.processor_model.as_deref().unwrap_or("");
    let mut hundredths = 0_u64;
    let mut terms_of_sum = Vec::new();
    for &count in &cores {
        let factor = factor(terms, model, count);
        let counted = u64::from(count) * u64::from(factor);
        let floored = counted.max(u64::from(terms.processor_minimum) * 100);
        hundredths += floored;
        terms_of_sum.push(if factor == 100 {
            format!("max({}, {count})", terms.processor_minimum)
        } else {
            format!("max({}, {count} × {})", terms.processor_minimum, hundredth_text(u64::from(factor)))
        });
    }
    let sum = u32::try_from(hundredths.div_ceil(100)).unwrap_or(u32::MAX);
    let units = sum.max(terms.server_minimum);
    let sum_text = if hundredths.is_multiple_of(100) {
        sum.to_string()
    } else {
        format!("{}, rounded up {sum}", hundredth_text(hundredths))
    };
    let mut text = format!("{}: {} = {sum_text}", host.name, terms_of_sum.join(" + "));
    if terms.server_minimum > 0 {
        text.push_str(&format!("; at least {} a server: {units} cores", terms.server_minimum));
    } else {
        text.push_str(" cores");
    }
    text.push('.');
    (units, text)
}

/// Factor on the cores of a processor, in hundredths: 100 where no line of the table fits.
fn factor(terms: &Terms, model: &str, cores: u32) -> u32 {
    factor_by_table(terms, model, cores).unwrap_or(100)
}

/// Factor of the first line of the table that fits a processor, in hundredths.
pub(super) fn factor_by_table(terms: &Terms, model: &str, cores: u32) -> Option<u32> {
    terms
        .core_factors
        .iter()
        .find(|factor| {
            cores >= factor.minimum_cores
                && factor.maximum_cores.is_none_or(|most| cores <= most)
                && factor.model.as_ref().is_none_or(|text| is_like(text, model))
        })
        .map(|factor| factor.percent)
}

thread_local! {
    /// Expressions for models, compiled once: every processor is held against each of them.
    static EXPRESSIONS: RefCell<HashMap<String, Option<Regex>>> = RefCell::default();
}

/// Whether a model is one that an expression means.
fn is_like(expression: &str, model: &str) -> bool {
    EXPRESSIONS.with_borrow_mut(|known| {
        if !known.contains_key(expression) {
            known.insert(expression.to_owned(), Regex::new(expression).ok());
        }
        known.get(expression).is_some_and(|regex| regex.as_ref().is_some_and(|regex| regex.is_match(model)))
    })
}

/// 75 as `0.75`.
fn hundredth_text(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
