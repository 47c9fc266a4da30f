//! What ways of licensing come to when they are bought: units that are priced together.

use super::{Alternative, Line, Metric};

/// Units that are bought together: of one product, edition and metric, whatever their versions, because packs may be
/// split between scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ware<'a> {
    /// Product id.
    pub product: &'a str,
    /// Edition.
    pub edition: Option<&'a str>,
    /// Metric.
    pub metric: Metric,
    /// Newest version that any of them must be, as index into the releases: it decides the price.
    pub version: Option<usize>,
    /// Units.
    pub units: u32,
    /// Whether it is bought beside the way and counted in rows of its own.
    pub beside: bool,
}

/// What these ways come to together, in the order of their lines.
///
/// Access licences cover all servers of an organisation: of those that several ways need beside them, the most of each
/// kind stand for all.
pub fn wares<'a>(ways: &[&'a Alternative]) -> Vec<Ware<'a>> {
    let mut own: Vec<Ware<'a>> = Vec::new();
    let mut beside: Vec<Ware<'a>> = Vec::new();
    for way in ways {
        for line in &way.lines {
            put(&mut own, Ware::of(line, false), |known, more| known + more);
        }
        let mut companions: Vec<Ware<'a>> = Vec::new();
        for line in &way.companions {
            put(&mut companions, Ware::of(line, true), |known, more| known + more);
        }
        for ware in companions {
            put(&mut beside, ware, u32::max);
        }
    }
    own.into_iter().chain(beside).filter(|ware| ware.units > 0).collect()
}

fn put<'a>(wares: &mut Vec<Ware<'a>>, ware: Ware<'a>, together: fn(u32, u32) -> u32) {
    let same = |known: &&mut Ware<'a>| {
        (known.product, known.edition, known.metric) == (ware.product, ware.edition, ware.metric)
    };
    match wares.iter_mut().find(same) {
        Some(known) => {
            known.units = together(known.units, ware.units);
            known.version = known.version.max(ware.version);
        }
        None => wares.push(ware),
    }
}

impl<'a> Ware<'a> {
    fn of(line: &'a Line, beside: bool) -> Self {
        Self {
            product: &line.product,
            edition: line.edition.as_deref(),
            metric: line.metric,
            version: line.version,
            units: line.units,
            beside,
        }
    }
}
