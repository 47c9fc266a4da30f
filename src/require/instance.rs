//! A licence for each operating system the product runs in, however many instances (SQ-R9, WS-R17, ES-R1).
//!
//! Keys: `editions`, `licence_bases`, `mobility_needs_sa`, `limits`.

use crate::model::{Access, Alternative, Basis, Host, HostId, Line, Refusal, Working};
use crate::rules::{Product, Terms};

use super::Ground;
use super::host_sets::Load;
use super::reaching::bears;

/// A server licence for each operating system of a host, where all of them are of an edition licensed that way.
pub(super) fn host_way(
    ground: &Ground<'_>,
    product: &Product,
    terms: &Terms,
    id: HostId,
    load: &Load,
    editions: &[&str],
) -> Option<Alternative> {
    let edition = terms.editions.iter().find(|edition| editions.iter().all(|installed| installed == edition))?;
    if !terms.serves_version(load.newest()) {
        return None;
    }
    let systems = u32::try_from(load.versions.len()).unwrap_or(u32::MAX).max(1);
    let mut working = Working::default();
    working.by_rule(
        &terms.id,
        format!("{}: one server licence for each operating system: {systems}.", ground.estate.host(id).name),
    );
    Some(Alternative {
        edition: Some(edition.clone()),
        sold: terms.sold_on(ground.as_of),
        refused: exceeded(ground, terms, id).or_else(|| exceeded_by_guests(ground, product, terms, id)),
        ..Alternative::new(
            &product.id,
            terms.metric,
            Basis::Host,
            vec![Line {
                version: load.newest(),
                hosts: [id].into(),
                accepts: [terms.acceptance(false)].into(),
                ..Line::new(&product.id, Some(edition), terms.metric, systems)
            }],
            working,
        )
    })
}

/// The same for the guests of a host in which the product runs: their people and devices are those of the licence.
fn exceeded_by_guests(ground: &Ground<'_>, product: &Product, terms: &Terms, id: HostId) -> Option<Refusal> {
    let runs_it = |guest: HostId| ground.index.installs(&product.id, guest).iter().next().is_some();
    let mut guests = ground.index.guests_on(id).filter(|(guest, _)| runs_it(*guest));
    guests.find_map(|(guest, _)| exceeded(ground, terms, guest))
}

/// Records of access to a product whose terms limit its people that name a host.
fn accesses_to<'a>(ground: &Ground<'a>, terms: &Terms, host: &'a Host) -> impl Iterator<Item = &'a Access> {
    let limited = terms.limits.users.is_some() || terms.limits.devices.is_some();
    let accesses = ground.estate.accesses.iter().filter(move |_| limited);
    accesses.filter(|access| {
        access.organisation == host.organisation
            && host.installs.iter().any(|install| install.product == access.product)
            && access.hosts.iter().any(|name| bears(host, name))
    })
}

/// Why the terms do not serve a host: more people, devices or processors than they allow.
pub(super) fn exceeded(ground: &Ground<'_>, terms: &Terms, id: HostId) -> Option<Refusal> {
    let host = ground.estate.host(id);
    // A guest stands on the processors of its host.
    let below = host.runs_on().map_or(host, |on| ground.estate.host(on));
    let processors = below.processors.value().and_then(|processors| u32::try_from(processors.len()).ok());
    let stated = |count: fn(&Access) -> Option<u32>| accesses_to(ground, terms, host).filter_map(count).max();
    let named = u32::try_from(host.used_by.len()).ok().filter(|named| *named > 0);
    let users = host.users.max(named).max(stated(|access| access.users));
    let devices = host.devices.max(stated(|access| access.devices));
    let figures = [
        ("users", users, terms.limits.users),
        ("devices", devices, terms.limits.devices),
        ("processors", processors, terms.limits.processors),
    ];
    figures.into_iter().find_map(|(name, found, most)| {
        let (found, most) = (found?, most?);
        let reason = format!("{} has {found} {name}, more than the {most} a licence allows", host.name);
        (found > most).then(|| Refusal { rule: terms.id.clone(), reason })
    })
}
