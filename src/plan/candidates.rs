//! What may help beside buying: licences assigned anew or shared, guests moved or pinned, installations removed, other
//! editions and builds.
//!
//! A candidate is worth nothing until the engine has judged it: what is listed here is only what may be lawful and may
//! help. One file a kind.

mod assurance;
mod builds;
mod editions;
mod guests;
mod reassign;
mod removal;

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::model::price_book::Quote;
use crate::model::{Assessment, Change, Estate, Host, HostName, StepKind, Working};
use crate::rules::Reconciled;

use super::ground::{Bill, Ground};

/// A change that may help.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub kind: StepKind,
    pub product: String,
    /// What it is about, for the key: a host, a purchase, an edition.
    pub subject: String,
    pub text: String,
    pub conditions: Vec<String>,
    pub lawful_from: Date,
    /// What it costs by itself.
    pub price: Option<Quote>,
    pub working: Working,
    pub changes: Vec<Change>,
    /// Families that it touches.
    pub families: Vec<String>,
}

/// What candidates are looked for in.
pub(super) struct Scene<'a> {
    pub ground: &'a Ground<'a>,
    pub organisation: &'a str,
    pub estate: &'a Estate,
    pub assessment: &'a Assessment,
    /// Requirements of the organisation with unmet lines.
    pub short: Vec<usize>,
    /// Families those belong to.
    pub families: BTreeSet<&'a str>,
}

impl<'a> Scene<'a> {
    pub fn new(ground: &'a Ground<'a>, organisation: &'a str, estate: &'a Estate, assessment: &'a Assessment) -> Self {
        let spent = Reconciled::of(assessment).spent();
        let mut short = Vec::new();
        for chosen in &assessment.chosen {
            let requirement = &assessment.requirements[chosen.requirement];
            let lines = &requirement.alternatives[chosen.alternative].lines;
            let unmet = lines
                .iter()
                .enumerate()
                .any(|(index, line)| spent.get(&(chosen.requirement, index)).copied().unwrap_or(0) < line.units);
            if unmet && requirement.organisation == organisation {
                short.push(chosen.requirement);
            }
        }
        let families = short.iter().map(|&index| assessment.requirements[index].family.as_str()).collect();
        Self { ground, organisation, estate, assessment, short, families }
    }

    /// Whether the product's family is short.
    pub fn is_short(&self, product: &str) -> bool {
        self.families.contains(self.ground.family(product))
    }

    /// Machines of the organisation.
    pub fn hosts(&self) -> impl Iterator<Item = &'a Host> + use<'a> {
        let organisation = self.organisation;
        self.estate.hosts.iter().filter(move |host| host.organisation == organisation)
    }

    /// Units a product, or one edition of it, is short of, over all rows of the organisation.
    pub fn units_short(&self, bill: &Bill, product: &str, edition: Option<&str>) -> u32 {
        let rows = bill.rows.iter().map(|(short, _)| short);
        let own = rows.filter(|short| short.organisation == self.organisation && short.product == product);
        own.filter(|short| edition.is_none() || short.edition.as_deref() == edition).map(|short| short.units).sum()
    }

    /// A step that is lawful at once, without a price of its own.
    pub fn candidate(&self, kind: StepKind, product: &str, subject: &str, text: String) -> Candidate {
        Candidate {
            kind,
            product: product.to_owned(),
            subject: subject.to_owned(),
            text,
            conditions: Vec::new(),
            lawful_from: self.ground.request.as_of,
            price: None,
            working: Working::default(),
            changes: Vec::new(),
            families: Vec::new(),
        }
    }
}

/// Everything that may help: changes that need nobody's decision first.
pub(super) fn all(scene: &Scene<'_>) -> Vec<Candidate> {
    let bill = scene.ground.bill(scene.assessment);
    let mut all = reassign::candidates(scene);
    all.extend(assurance::candidates(scene));
    all.extend(reassign::shares(scene));
    all.extend(removal::unused(scene));
    all.extend(removal::retired(scene));
    all.extend(guests::pins(scene));
    all.extend(guests::moves(scene));
    all.extend(editions::candidates(scene, &bill));
    all.extend(builds::candidates(scene, &bill));
    for candidate in &mut all {
        candidate.families = scene.ground.touched(scene.estate, &candidate.changes);
    }
    all
}

/// A host by its permanent name.
fn name(host: &Host) -> HostName {
    HostName { organisation: host.organisation.clone(), name: host.name.clone() }
}

/// `a, b and c`.
fn listed(names: &[HostName]) -> String {
    let names: Vec<&str> = names.iter().map(|host| host.name.as_str()).collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
