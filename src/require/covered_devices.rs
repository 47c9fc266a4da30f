//! Subscriptions of people that cover the devices they use, in place of a licence for each device (WC-R2, WC-R4), or older
//! builds on them (DT-R7).
//!
//! A device all of whose known people hold such a subscription is counted by these people. Where nobody says who uses a
//! device, subscriptions that are owned and left over may cover it: one for each device in the strict reading, as few
//! as the devices a person may use allow in the customer's (D-10). Keys: `covers_devices`, `devices_a_user`, `older_builds`.

use crate::model::{Alternative, Answer, Basis, Host, HostId, Installation, Installs, Line, Machine, Metric};
use crate::rules::{Method, Product, Terms};

use super::Ground;
use super::device::physical_only;
use super::reaching::people;
use super::user::subscribed;

/// The terms of a subscription that covers devices whatever the build.
pub(super) fn covering(product: &Product) -> Option<&Terms> {
    product.terms.iter().find(|terms| terms.method == Method::User && terms.covers_devices)
}

/// Whether a device is counted by the people who use it.
pub(super) fn is_covered(ground: &Ground<'_>, product: &Product, host: &Host, installs: Installs<'_, '_>) -> bool {
    let placed = !physical_only(product) || host.machine == Machine::Physical;
    let counted = |edition: &String| !product.with_device.contains(edition) && !product.free_editions.contains(edition);
    placed
        && installs.iter().any(|install| install.edition.value().is_some_and(counted))
        && subscribed(ground, product, host)
}

/// Whether an older installation of another build is one that the subscription of a device's people gives, because the
/// device is licensed for the product that must stand beside it (DT-R7).
pub(super) fn is_older_build(
    ground: &Ground<'_>,
    product: &Product,
    id: HostId,
    host: &Host,
    install: &Installation,
) -> bool {
    let by_user = product.terms.iter().filter(|terms| terms.method == Method::User);
    let mut allowed = by_user.filter_map(|terms| terms.older_builds.as_ref());
    let licensed = |beside: &str| {
        let family = ground.rules.products.get(beside).map_or(beside, |product| &product.family);
        let mut lines = ground.estate.purchases.iter();
        ground.index.installs(beside, id).iter().next().is_some()
            && lines.any(|line| {
                line.product == beside
                    && line.metric == Metric::Device
                    && ground.may_draw(&host.organisation, line, family)
            })
    };
    let version = || install.version.value().and_then(|version| product.release(version));
    subscribed(ground, product, host)
        && allowed.any(|(until, beside)| version().is_some_and(|version| version <= *until) && licensed(beside))
}

/// The way by device with as many devices of nobody known taken out as the subscriptions left over cover.
pub(super) fn beside_subscriptions(
    ground: &Ground<'_>,
    product: &Product,
    organisation: &str,
    hosts: &[HostId],
    by_device: &Alternative,
) -> Option<Alternative> {
    let terms = covering(product)?;
    let unused = owned(ground, product, terms, organisation).saturating_sub(needed(ground, product, organisation));
    let somebodys = |id: &HostId| ground.index.people_of(ground.estate.host(*id)).next().is_some();
    let nobodys: Vec<HostId> = hosts.iter().copied().filter(|id| !somebodys(id)).collect();
    if unused == 0 || nobodys.is_empty() {
        return None;
    }
    let each = match ground.asker.ask("D-10", organisation, &product.family, &nobodys) {
        Answer::Strict => 1,
        Answer::Customer => terms.devices_a_user,
    };
    let free: u32 = by_device.lines.iter().filter(|line| line.hosts.is_empty()).map(|line| line.units).sum();
    let devices = free.min(u32::try_from(nobodys.len()).unwrap_or(u32::MAX)).min(unused.saturating_mul(each));
    let people = devices.div_ceil(each);
    let mut way = by_device.clone();
    take_out(&mut way.lines, devices);
    let edition = terms.editions.first().map(String::as_str);
    way.lines.push(Line {
        accepts: [terms.acceptance(true)].into(),
        ..Line::new(terms.licence_product.as_deref().unwrap_or(&product.id), edition, terms.metric, people)
    });
    way.working.by_rule(
        &terms.id,
        format!("Nobody says who uses {} devices: {people} subscriptions cover {devices} of them.", nobodys.len()),
    );
    way.basis = if way.lines.len() > 1 { Basis::Mixed } else { Basis::User };
    (way.metric, way.edition) = (Metric::User, None);
    (way.higher_edition, way.conditional) = (true, true);
    Some(way)
}

/// Takes so many devices out of the lines that are bound to none; those of the newest version last.
fn take_out(lines: &mut Vec<Line>, devices: u32) {
    let mut left = devices;
    for line in lines.iter_mut().filter(|line| line.hosts.is_empty()) {
        let taken = line.units.min(left);
        line.units -= taken;
        left -= taken;
    }
    lines.retain(|line| line.units > 0);
}

/// Subscriptions in term that the organisation may draw on.
fn owned(ground: &Ground<'_>, product: &Product, terms: &Terms, organisation: &str) -> u32 {
    let licence = terms.licence_product.as_deref().unwrap_or(&product.id);
    let rights = ground.owned.iter();
    let rights =
        rights.filter(|right| right.refused.is_none() && right.sa_active && right.may_be_drawn_by(organisation));
    let forms = rights.flat_map(|right| &right.forms);
    forms.filter(|form| form.product == licence && form.metric == terms.metric).map(|form| form.units).sum()
}

/// Subscriptions that the people of covered devices need.
fn needed(ground: &Ground<'_>, product: &Product, organisation: &str) -> u32 {
    let hosts = ground.index.with_installs(&product.id).filter(|(_, host, _)| host.organisation == organisation);
    let covered = hosts.filter(|(_, host, installs)| is_covered(ground, product, host, *installs));
    let covered: Vec<HostId> = covered.map(|(id, _, _)| id).collect();
    people(ground, product, organisation, &covered)
}
