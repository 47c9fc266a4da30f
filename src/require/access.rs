//! Client access licences: one for each person or device that reaches a server product, whichever are fewer.
//!
//! Who shares devices with whom forms groups without a link between them; within a group everybody may use every
//! device, so the fewest licences that cover all access (the smallest vertex cover of people and devices) are the
//! smaller of the two numbers, group by group (CL-R1). Any other mix is as lawful, where such licences are owned or cost
//! less. Groups are those of `sharing`, the map of who uses what, or those that the records of people give (`map`); where
//! several records of access state numbers without a map, the auditor counts every device instead (D-29). People whose
//! subscription includes the access need none (`subscribers`, CL-R8). People behind a front end count in the strict reading
//! (`reach`). Where no record speaks of the product, `recorded` says who reaches it. The licence must be of the server's version or newer (CL-R2). What servers ask for beside them is in
//! `companions`. Keys: `serves`, `serves_basis`.

mod companions;
mod cover;
mod held;
mod map;
mod reach;
mod recorded;
mod subscribers;

use std::sync::Arc;

use crate::model::{
    Acceptance, Access, Alternative, Answer, Basis, HostId, Installs, Key, Line, Metric, Refusal, Requirement, Scope,
    Working,
};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::instance::exceeded;
pub(crate) use companions::Remembered;
pub(super) use companions::{assured, companions, unstated};
use cover::Cover;
pub(super) use reach::cal_version;
use reach::{Asking, Inquiry, Reach, people_and_devices};
use subscribers::deduct;

/// One requirement an organisation.
pub(super) fn requirements(ground: &Ground<'_>, product: &Product) -> Vec<Requirement> {
    let mut requirements = Vec::new();
    let mut served: Vec<&Option<String>> = Vec::new();
    for terms in product.terms.iter().filter(|terms| terms.method == Method::Access) {
        if served.contains(&&terms.serves) {
            continue;
        }
        served.push(&terms.serves);
        let concerned = recorded::organisations(ground, terms).into_iter();
        for organisation in concerned.filter(|organisation| is_needed(ground, terms, organisation)) {
            let inquiry = Inquiry { ground, product, terms, organisation, asking: Asking::Need };
            let accesses = recorded::accesses(&inquiry);
            if !accesses.is_empty() {
                requirements.extend(requirement(&inquiry, &recorded::borrowed(&accesses)));
            }
        }
    }
    requirements
}

/// Whether servers are licensed on the basis that needs these licences: declared so, or owned so.
pub(super) fn is_needed(ground: &Ground<'_>, terms: &Terms, organisation: &str) -> bool {
    if includes_access(ground, terms, organisation) {
        return false;
    }
    let (Some(basis), Some(served)) = (&terms.serves_basis, &terms.serves) else { return true };
    let installs = || {
        ground
            .index
            .with_installs(served)
            .filter(|(_, host, _)| host.organisation == organisation)
            .flat_map(|(_, _, installs)| installs.iter())
    };
    let declared = installs().any(|install| install.licence_basis.as_ref() == Some(basis));
    let undeclared = installs().any(|install| install.licence_basis.is_none());
    let family = ground.rules.products.get(served).map_or(served, |product| &product.family);
    let owned = ground.estate.purchases.iter().any(|line| {
        ground.may_draw(organisation, line, family) && line.product == *served && line.metric == Metric::Server
    });
    declared || undeclared && owned
}

/// Whether every server of the product that an organisation runs is of an edition whose licence covers its access, within
/// the limits of that licence (WS-R17, CL-R10).
fn includes_access(ground: &Ground<'_>, terms: &Terms, organisation: &str) -> bool {
    let Some(served) = terms.serves.as_ref().and_then(|id| ground.rules.products.get(id)) else { return false };
    let with_access: Vec<&Terms> = served.terms.iter().filter(|terms| terms.includes_access).collect();
    if with_access.is_empty() {
        return false;
    }
    let mut servers = ground.index.with_installs(&served.id).filter(|(_, host, _)| host.organisation == organisation);
    let covered = |(id, _, installs): (HostId, &crate::model::Host, Installs<'_, '_>)| {
        installs.iter().all(|install| {
            install.edition.value().is_some_and(|edition| {
                let covers = |terms: &&&Terms| terms.editions.contains(edition);
                with_access.iter().any(|terms| covers(&terms) && exceeded(ground, terms, id).is_none())
            })
        })
    };
    let Some(first) = servers.next() else { return false };
    covered(first) && servers.all(covered)
}

fn requirement(inquiry: &Inquiry<'_>, accesses: &[&Access]) -> Option<Requirement> {
    let &Inquiry { ground, product, terms, organisation, .. } = inquiry;
    let mut working = Working::default();
    let mut reach = inquiry.reach(accesses);
    for (rule, text) in &reach.said {
        working.by_rule(rule, text.clone());
    }
    for (group, _) in &reach.groups {
        let evidence = accesses.iter().filter_map(|access| access.evidence.clone()).collect();
        working.by_facts(format!("{} reach it.", people_and_devices(*group)), evidence);
    }
    deduct(inquiry, &mut reach, &mut working);
    let mut alternatives = ways(ground, product, terms, organisation, &reach, &mut working);
    alternatives.extend(beside_connectors(product, terms, accesses, &alternatives));
    Some(Requirement {
        key: Key::new("requirement", &[organisation, "access", &product.id, terms.serves.as_deref().unwrap_or("")]),
        organisation: organisation.to_owned(),
        family: product.family.clone(),
        scope: Scope::Users,
        hosts: reach.hosts,
        alternatives,
        working,
    })
}

/// The fewest licences group by group, and everybody by one metric where the numbers are known.
fn ways(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    organisation: &str,
    reach: &Reach,
    working: &mut Working,
) -> Vec<Alternative> {
    let fewest = Cover::fewest(reach);
    let (users, devices) = (fewest.users(), fewest.devices());
    working.by_rule(
        &terms.id,
        format!("Fewest licences, group by group: {users} by user + {devices} by device = {}.", users + devices),
    );
    let ways = Ways { product, terms, edition: product.editions.first().cloned() };
    let basis = match (users, devices) {
        (1.., 1..) => Basis::Mixed,
        (0, 1..) => Basis::Device,
        _ => Basis::User,
    };
    let mut alternatives = vec![ways.way(basis, &fewest)];
    let all = [(Basis::User, reach.all(|group| group.users)), (Basis::Device, reach.all(|group| group.devices))];
    for (basis, total) in all {
        if total.is_some() && !alternatives.iter().any(|known| known.basis == basis) {
            alternatives.push(ways.way(basis, &Cover::of(reach, |_| basis == Basis::User)));
        }
    }
    if basis == Basis::Mixed
        && alternatives.len() == 3
        && !reach.mapped
        && ground.asker.ask("D-29", organisation, &product.family, &[]) == Answer::Strict
    {
        let reason = "no map shows which people use which devices, so that every device that reaches it counts";
        working.by_rule("D-29", format!("The mix is not accepted: {reason}."));
        alternatives[0].refused = Some(Refusal { rule: "D-29".into(), reason: reason.into() });
    }
    if reach.mapped {
        // More licences than the fewest may cost less, or be what is owned.
        let others =
            Cover::mixes(reach).into_iter().filter(|mix| *mix != fewest && mix.users() > 0 && mix.devices() > 0);
        alternatives.extend(others.map(|mix| Alternative { sold: false, ..ways.way(Basis::Mixed, &mix) }));
    }
    alternatives
}

/// Where people from outside may be served by connectors, the others need what they need beside these: listed, so that
/// the way by connector is one for the whole product.
fn beside_connectors(
    product: &Product,
    terms: &Terms,
    accesses: &[&Access],
    alternatives: &[Alternative],
) -> Option<Alternative> {
    let reached = accesses.iter().any(|access| access.external_users.unwrap_or(0) > 0);
    let connector = super::external::connector(product, terms).filter(|_| reached && terms.counts_external)?;
    let first = alternatives.iter().find(|way| way.refused.is_none())?;
    Some(Alternative {
        edition: first.edition.clone(),
        companions: first.lines.clone(),
        listed_only: true,
        ..Alternative::new(&product.id, connector.metric, Basis::Host, Vec::new(), Working::default())
    })
}

/// Builds ways.
struct Ways<'a> {
    product: &'a Product,
    terms: &'a Terms,
    edition: Option<String>,
}

impl Ways<'_> {
    /// A way with lines by user, then by device, for the newest servers first.
    fn way(&self, basis: Basis, cover: &Cover) -> Alternative {
        let by_user = cover.0.iter().rev().map(|(version, (users, _))| (Metric::User, *version, *users));
        let by_device = cover.0.iter().rev().map(|(version, (_, devices))| (Metric::Device, *version, *devices));
        let lines: Vec<Line> = by_user
            .chain(by_device)
            .filter(|(_, _, units)| *units > 0)
            .map(|(metric, version, units)| self.line(metric, version, units))
            .collect();
        let metric = lines.first().map_or(Metric::User, |line| line.metric);
        Alternative {
            edition: self.edition.clone(),
            sold: true,
            ..Alternative::new(&self.product.id, metric, basis, lines, Working::default())
        }
    }

    /// Licences of every era of the terms for the same servers.
    fn accepts(&self) -> Arc<[Acceptance]> {
        let same = |terms: &&Terms| terms.method == Method::Access && terms.serves == self.terms.serves;
        self.product.terms.iter().filter(same).map(|terms| terms.acceptance(false)).collect()
    }

    fn line(&self, metric: Metric, version: Option<usize>, units: u32) -> Line {
        Line { version, accepts: self.accepts(), ..Line::new(&self.product.id, self.edition.as_deref(), metric, units) }
    }
}
