//! Units of a purchase that are kept back for one organisation (AF-R5).
//!
//! Named assignments come first, and those on an organisation's own machines count towards what is reserved for it. What
//! is neither assigned nor reserved is open to everybody who may draw on the line, those with a reservation included.
//! A reservation lapses on the day its organisation leaves the group (AF-R4), and one for a stranger to the group holds in the
//! customer's reading only (D-27).

use crate::model::{Metric, Reservation, Working};

use super::Ground;
use super::join::Held;
use super::sharing::is_admitted;

/// Splits the reserved units off; the result keeps the order of the lines.
pub(super) fn reserve(ground: &Ground<'_>, held: Vec<Held>) -> Vec<Held> {
    let mut reserved = Vec::new();
    // What is left to reserve of the purchase line at hand: later lines may have split it into parts.
    let mut open: Option<(usize, Vec<Reservation>)> = None;
    for mut one in held {
        if one.line.reserved.is_empty() || one.refused.is_some() {
            reserved.push(one);
            continue;
        }
        if open.as_ref().is_none_or(|(index, _)| *index != one.index) {
            let mut working = std::mem::take(&mut one.working);
            let wanted = in_force(ground, &one, &mut working);
            one.working = working;
            open = Some((one.index, wanted));
        }
        if let Some((_, wanted)) = &mut open {
            reserved.extend(split(ground, one, wanted));
        }
    }
    reserved
}

/// Reservations whose organisation still belongs to the group, or is admitted to it by the reading.
fn in_force(ground: &Ground<'_>, held: &Held, working: &mut Working) -> Vec<Reservation> {
    let mut kept = Vec::new();
    for reservation in &held.line.reserved {
        let (name, units) = (&reservation.organisation, reservation.quantity);
        if ground.estate.has_left(name, ground.as_of) {
            working.by_rule("AF-R4", format!("{units} units were reserved for {name}, which has left the group."));
        } else if is_admitted(ground, held, name, working) {
            kept.push(reservation.clone());
        }
    }
    kept
}

/// One part for each reservation, as far as the units go, and what is left.
fn split(ground: &Ground<'_>, mut rest: Held, wanted: &mut [Reservation]) -> Vec<Held> {
    let mut parts = Vec::new();
    let (named, whole) = (named(ground, &rest), rest.quantity);
    let mut free = whole.saturating_sub(u32::try_from(named.len()).unwrap_or(u32::MAX));
    if rest.line.metric != Metric::Device && rest.line.metric != Metric::User && !rest.line.assigned_to.is_empty() {
        rest.working.by_rule("AF-R5", "All of it is assigned to hosts by name, which goes before any reservation.");
        free = 0;
    }
    for reservation in wanted.iter_mut().filter(|reservation| reservation.quantity > 0) {
        let name = &reservation.organisation;
        let own = named.iter().filter(|organisation| *organisation == name).count();
        reservation.quantity = reservation.quantity.saturating_sub(u32::try_from(own).unwrap_or(u32::MAX));
        let units = reservation.quantity.min(free);
        if units == 0 {
            continue;
        }
        (free, reservation.quantity) = (free - units, reservation.quantity - units);
        let all = units == rest.quantity;
        let mut part = if all { rest.clone() } else { rest.split_off(units) };
        part.line.assigned_to.clear();
        part.line.reassigned.clear();
        part.reserved_for = Some(name.clone());
        part.working
            .by_rule("AF-R5", format!("{units} of {whole} units are reserved for {name}: nobody else draws on them."));
        parts.push(part);
        if all {
            return parts;
        }
    }
    if !parts.is_empty() {
        rest.working.by_rule("AF-R5", format!("{} of {whole} units are reserved for nobody.", rest.quantity));
    }
    // The open part keeps its place before the reserved ones.
    parts.insert(0, rest);
    parts
}

/// The organisation of each machine that is named, one unit each (per-device licences only).
fn named(ground: &Ground<'_>, held: &Held) -> Vec<String> {
    if held.line.metric != Metric::Device {
        return Vec::new();
    }
    let of = |name: &String| {
        super::assignment::find(ground, &held.line.organisation, name)
            .map_or_else(|| held.line.organisation.clone(), |id| ground.estate.host(id).organisation.clone())
    };
    held.line.assigned_to.iter().map(of).collect()
}
