//! Purchase lines → effective entitlements at a date.
//!
//! The stage joins lines that build on others (`join`), works out the highest version each licence may be used for
//! (`version_rights`), adds the forms that conversion grants and suites give (`forms`), and binds assigned licences
//! to their hosts (`assignment`). `sharing` says who may draw on a line, `reservation` what of it is kept back, `farm`
//! where its mobility ends, `beside` which units serve two places at once, `proof` whether an auditor accepts it. What gives no right is kept, with the reason.

mod assignment;
mod beside;
mod farm;
mod forms;
mod join;
mod proof;
mod reservation;
mod sharing;
mod version_rights;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::model::{Asker, Entitlement, Estate, EstateIndex, Host, HostId, Key, PurchaseLine, Working, licence_name};
use crate::rules::{Product, Rules, channel_name};

pub use join::Held;

/// What the stage works from.
pub(crate) struct Ground<'a> {
    pub estate: &'a Estate,
    pub index: &'a EstateIndex<'a>,
    pub rules: &'a Rules,
    /// Id of the family being reconciled: its questions bear it, whatever product was bought.
    pub family: &'a str,
    /// Its products.
    pub members: &'a [&'a Product],
    /// What of it each organisation has, once somebody asks.
    pub footprints: OnceCell<BTreeMap<String, sharing::Footprint>>,
    /// What of it runs in which public cloud, once somebody asks.
    pub in_clouds: OnceCell<Vec<InCloud>>,
    pub as_of: Date,
    pub asker: &'a Asker<'a>,
}

/// A product of the family that runs in a public cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InCloud {
    pub cloud: String,
    pub product: String,
    /// Its edition, where that is known.
    pub edition: Option<String>,
}

impl Ground<'_> {
    /// What of the family runs in public clouds, each kind once.
    fn in_clouds(&self) -> &[InCloud] {
        self.in_clouds.get_or_init(|| {
            let mut found: Vec<InCloud> = Vec::new();
            // A host of one's own in a cloud bears the cloud, its guests bear the host.
            let cloud_of = |host: &Host| {
                let below = || host.runs_on().and_then(|on| self.estate.host(on).cloud());
                host.cloud().or_else(below).map(str::to_owned)
            };
            let hosts = self.members.iter().flat_map(|member| self.index.with_installs(&member.id));
            for (_, host, installs) in hosts {
                let Some(cloud) = cloud_of(host) else { continue };
                for install in installs.iter() {
                    let edition = install.edition.value().cloned();
                    let one = InCloud { cloud: cloud.clone(), product: install.product.clone(), edition };
                    if !found.contains(&one) {
                        found.push(one);
                    }
                }
            }
            found
        })
    }
}

/// Effective entitlements of the products of one family, in the order of their purchase lines.
pub fn entitlements(
    index: &EstateIndex<'_>,
    rules: &Rules,
    family: &[&Product],
    as_of: Date,
    asker: &Asker<'_>,
) -> Vec<Entitlement> {
    let Some(first) = family.first() else { return Vec::new() };
    let estate = index.estate();
    let ground = Ground {
        estate,
        index,
        rules,
        family: &first.family,
        members: family,
        footprints: OnceCell::new(),
        in_clouds: OnceCell::new(),
        as_of,
        asker,
    };
    let concerned: Vec<usize> = (0..estate.purchases.len())
        .filter(|&index| serves_family(rules, &estate.purchases[index].product, family))
        .collect();
    let held = reservation::reserve(&ground, join::join(&ground, &concerned));
    let mut entitlements: Vec<Entitlement> = held.iter().map(|held| entitlement(&ground, held, family)).collect();
    let moved = |right: &Entitlement| {
        (!right.overlap_hosts.is_empty()).then(|| overlapping(right, right.overlap_hosts.clone()))
    };
    let moved: Vec<Entitlement> = entitlements.iter().filter_map(moved).collect();
    let twins: Vec<Entitlement> =
        entitlements.iter_mut().filter_map(|entitlement| beside::twin(&ground, entitlement)).collect();
    entitlements.extend(moved);
    entitlements.extend(twins);
    entitlements
}

/// The same units for cloud machines that may use them beside the old place.
fn overlapping(entitlement: &Entitlement, bound_hosts: Vec<HostId>) -> Entitlement {
    Entitlement {
        key: Key(format!("{}/cloud-overlap", entitlement.key)),
        bound_hosts,
        overlap_hosts: Vec::new(),
        overlap: true,
        ..entitlement.clone()
    }
}

/// Whether a product belongs to the family, or is a suite with a part that does.
fn serves_family(rules: &Rules, product: &str, family: &[&Product]) -> bool {
    let in_family = |id: &str| family.iter().any(|member| member.id == id);
    in_family(product)
        || rules.products.get(product).is_some_and(|suite| suite.suite.iter().any(|part| in_family(&part.product)))
}

fn entitlement(ground: &Ground<'_>, held: &Held, family: &[&Product]) -> Entitlement {
    let line = &held.line;
    let mut working = Working::default();
    working.by_facts(describe(ground, held), line.evidence.iter().cloned().collect());
    working.steps.extend(held.working.steps.iter().cloned());
    by_title(ground, line, &mut working);
    let mut entitlement = Entitlement {
        key: Key::new("entitlement", &[&line.organisation, &identity(held), &line.product]),
        line: held.index,
        organisation: line.organisation.clone(),
        shared_with: sharing::others(ground, held, &mut working),
        reserved_for: held.reserved_for.clone(),
        farm: farm::members(ground, line, &mut working),
        forms: Vec::new(),
        sa_active: false,
        rented_through: None,
        sa_lapsed_lately: false,
        bound_hosts: Vec::new(),
        overlap_hosts: Vec::new(),
        overlap: false,
        bound_organisations: Vec::new(),
        bound_singly: false,
        without_base: held.without_base,
        unknown_assignees: Vec::new(),
        refused: held.refused.clone(),
        working: Working::default(),
    };
    if entitlement.refused.is_none() {
        entitlement.refused = out_of_time(ground, held).or_else(|| proof::refusal(ground, line, &mut working));
    }
    let product = ground.rules.products.get(&line.product);
    match (product, &entitlement.refused) {
        (Some(product), None) => {
            assignment::bind(ground, line, product, &mut entitlement, &mut working);
            farm::leave(&mut entitlement, &mut working);
            let rights = version_rights::version_rights(ground, line, product, &mut working);
            entitlement.sa_active = rights.sa_active;
            entitlement.rented_through = line.subscription.map(|_| line.channel);
            entitlement.sa_lapsed_lately =
                !rights.sa_active && rights.sa_end.is_some_and(|end| lapsed_lately(ground, end));
            forms::forms(ground, held, product, family, &rights, &mut entitlement, &mut working);
        }
        (None, None) => entitlement.refused = Some(format!("no rule file describes the product {}", line.product)),
        _ => {}
    }
    if let Some(reason) = &entitlement.refused {
        working.say(format!("No right: {reason}."));
    }
    entitlement.working = working;
    entitlement
}

/// Says so where a rule that is not verified told what the title of the record means.
fn by_title(ground: &Ground<'_>, line: &PurchaseLine, working: &mut Working) {
    if let Some(written) = &line.written
        && let Some(rule) = written.rule.as_ref().filter(|rule| ground.rules.unverified.contains(*rule))
    {
        working.by_rule(rule, format!("What \"{}\" means is told by a rule that is not verified.", written.title));
    }
}

/// Whether Software Assurance ended within the days the customer claims for moving guests (D-23).
fn lapsed_lately(ground: &Ground<'_>, end: Date) -> bool {
    let days = end.until(ground.as_of).map_or(0, |span| i64::from(span.get_days()));
    (1..=i64::from(ground.rules.conventions.sa_grace_days)).contains(&days)
}

/// Why a line gives no right on the day, whatever its terms.
fn out_of_time(ground: &Ground<'_>, held: &Held) -> Option<String> {
    let line = &held.line;
    if let Some(bought) = line.bought.filter(|&bought| bought > ground.as_of) {
        return Some(format!("bought on {bought}, after {}", ground.as_of));
    }
    match line.subscription {
        Some(term) if term.from > ground.as_of => Some(format!("the subscription begins on {}", term.from)),
        Some(term) if term.until < ground.as_of => Some(format!("the subscription ended on {} (C0-5)", term.until)),
        _ if line.quantity == 0 => Some("the record states no units".into()),
        _ if held.quantity == 0 => Some("all its units were lifted, stepped up or given back by later lines".into()),
        _ => None,
    }
}

/// What the purchase line says, in one sentence.
fn describe(ground: &Ground<'_>, held: &Held) -> String {
    let line = &held.line;
    let channel = channel_name(line.channel);
    let product = ground.rules.names.get(&line.product).unwrap_or(&line.product);
    let bought = licence_name(product, line.edition.as_deref(), line.version.as_deref());
    let mut text = format!("Purchase: {} {bought}, metric {}, channel {channel}", line.quantity, line.metric);
    if let Some(bought) = line.bought {
        text.push_str(&format!(", bought {bought}"));
    }
    if let Some(reference) = &line.reference {
        text.push_str(&format!(", reference {reference}"));
    }
    text.push('.');
    text
}

/// A name for the line that stays the same from scan to scan: its reference, else where it stands.
fn identity(held: &Held) -> String {
    let line = &held.line;
    let name = match (&line.reference, &line.evidence) {
        (Some(reference), _) => reference.clone(),
        (None, Some(evidence)) => evidence.place.to_string(),
        (None, None) => format!("line {}", held.index + 1),
    };
    let part = if held.part == 0 { name } else { format!("{name} part {}", held.part) };
    match &held.reserved_for {
        None => part,
        Some(organisation) => format!("{part} reserved for {organisation}"),
    }
}
