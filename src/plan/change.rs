//! What a step does to the estate, done to a copy of it.

use crate::model::{Affinity, Change, Estate, Fact, Host, HostId, HostName, Placement, PurchaseLine, Reassignment};

/// Does all changes in order; `false` where one of them finds nothing to change.
pub fn apply(estate: &mut Estate, changes: &[Change]) -> bool {
    changes.iter().all(|change| apply_one(estate, change))
}

fn apply_one(estate: &mut Estate, change: &Change) -> bool {
    match change {
        Change::Buy(line) => {
            estate.purchases.push((**line).clone());
            true
        }
        Change::Reassign { line, units, from: None, to, on } => reassign(estate, *line, *units, to, *on),
        Change::Reassign { line, from: Some(from), to, on, .. } => reassign_one(estate, *line, from, to, *on),
        Change::Share { line, with } => with_line(estate, *line, |line| line.shared_with.push(with.clone())),
        Change::AddAssurance { line, term } => with_line(estate, *line, |line| line.sa.push(*term)),
        Change::Move { guests, to } => move_to(estate, guests, to),
        Change::Pin { guests } => every(estate, guests, |host| {
            host.may_run_on = host.runs_on().map(|now| vec![now]);
            host.affinity = Affinity::Must;
        }),
        Change::Uninstall { product, hosts } => {
            every(estate, hosts, |host| host.installs.retain(|install| install.product != *product))
        }
        Change::Retire { hosts } => retire(estate, hosts),
        Change::Edition { product, from, to, hosts } => every(estate, hosts, |host| {
            for install in host.installs.iter_mut().filter(|install| install.product == *product) {
                if install.edition.value() == Some(from) {
                    install.edition = Fact::known(to.clone(), None);
                }
            }
        }),
        Change::Build { product, to, hosts } => every(estate, hosts, |host| {
            for install in host.installs.iter_mut().filter(|install| install.product == *product) {
                install.build = Some(to.clone());
            }
        }),
    }
}

fn with_line(estate: &mut Estate, line: usize, change: impl FnOnce(&mut PurchaseLine)) -> bool {
    estate.purchases.get_mut(line).map(change).is_some()
}

/// Splits the units off where they are not all of the line, and assigns them anew.
fn reassign(estate: &mut Estate, line: usize, units: u32, to: &str, on: jiff::civil::Date) -> bool {
    let Some(held) = estate.purchases.get_mut(line).filter(|held| held.quantity >= units && units > 0) else {
        return false;
    };
    let step = Reassignment { to: to.to_owned(), on, reason: "load".into() };
    if held.quantity == units {
        held.reassigned.push(step);
        return true;
    }
    held.quantity -= units;
    let mut part = held.clone();
    part.quantity = units;
    part.documented_cores = None;
    part.reassigned.push(step);
    estate.purchases.push(part);
    true
}

/// Takes the licence of one device out of the line and assigns it to another device.
fn reassign_one(estate: &mut Estate, line: usize, from: &str, to: &str, on: jiff::civil::Date) -> bool {
    let Some(held) = estate.purchases.get_mut(line) else { return false };
    let Some(place) = held.assigned_to.iter().position(|name| name == from) else { return false };
    let step = Reassignment { to: to.to_owned(), on, reason: "load".into() };
    if held.quantity == 1 {
        held.reassigned.push(step);
        return true;
    }
    held.quantity -= 1;
    held.assigned_to.remove(place);
    let mut part = held.clone();
    part.quantity = 1;
    part.assigned_to = vec![from.to_owned()];
    part.reassigned = vec![step];
    estate.purchases.push(part);
    true
}

/// Index of a host.
pub(super) fn find(estate: &Estate, name: &HostName) -> Option<usize> {
    estate.hosts.iter().position(|host| host.organisation == name.organisation && host.name == name.name)
}

fn every(estate: &mut Estate, names: &[HostName], mut change: impl FnMut(&mut Host)) -> bool {
    let found: Option<Vec<usize>> = names.iter().map(|name| find(estate, name)).collect();
    let Some(found) = found else { return false };
    for index in found {
        change(&mut estate.hosts[index]);
    }
    true
}

fn move_to(estate: &mut Estate, guests: &[HostName], to: &HostName) -> bool {
    let Some(target) = find(estate, to).and_then(|index| u32::try_from(index).ok()).map(HostId) else {
        return false;
    };
    every(estate, guests, |host| {
        host.placement = Some(Fact::known(Placement::On(target), None));
        host.may_run_on = None;
        host.affinity = Affinity::Should;
    })
}

fn retire(estate: &mut Estate, hosts: &[HostName]) -> bool {
    if !hosts.iter().all(|name| find(estate, name).is_some()) {
        return false;
    }
    let gone = |host: &Host| hosts.iter().any(|name| name.organisation == host.organisation && name.name == host.name);
    estate.remove_hosts(&gone, "its host was taken out of the estate");
    true
}
