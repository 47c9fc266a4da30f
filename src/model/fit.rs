//! Which licence may serve which line.

use super::{Entitlement, Form, HostId, Line};

/// Whether units of a form may serve a line of an organisation's need, assignments aside.
pub fn serves(entitlement: &Entitlement, form: &Form, line: &Line, organisation: &str) -> bool {
    let edition = match (&form.edition, line.editions.is_empty() && line.edition.is_none()) {
        (_, true) => true,
        (Some(edition), false) => line.editions.contains(edition),
        (None, false) => line.edition.is_none(),
    };
    entitlement.refused.is_none()
        && *form.product == *line.product
        && form.metric == line.metric
        && edition
        && (entitlement.may_be_drawn_by(organisation)
            || entitlement.bound_organisations.iter().any(|name| name == organisation))
        && farm_allows(entitlement, line)
        && version_serves(form, line)
        && terms_allow(entitlement, form, line)
}

/// A licence limited to a farm serves only what runs, and may move, within it (C0-7).
fn farm_allows(entitlement: &Entitlement, line: &Line) -> bool {
    entitlement.farm.as_ref().is_none_or(|farm| line.hosts.iter().all(|host| farm.contains(host)))
}

/// Version rights: up to the highest usable version, and down where prior versions may be run (C0-2, C0-6).
fn version_serves(form: &Form, line: &Line) -> bool {
    let Some(version) = line.version else { return true };
    let up = form.owned.is_none_or(|owned| version <= owned);
    let down = form.downgrade || form.printed.is_none_or(|printed| version >= printed);
    up && down
}

/// The terms are those of the licence, or of the newer version it is used for.
fn terms_allow(entitlement: &Entitlement, form: &Form, line: &Line) -> bool {
    let version = form.printed.max(line.version);
    line.accepts.iter().any(|accepted| {
        let era = match (form.printed, version) {
            (Some(_), Some(version)) => accepted.from <= version && version <= accepted.until,
            _ => true,
        };
        let own = form.is_for_terms(&accepted.terms)
            && accepted.through.is_none_or(|channel| entitlement.rented_through == Some(channel));
        era && own && (!accepted.needs_sa || entitlement.sa_active || accepted.grace && entitlement.sa_lapsed_lately)
    })
}

/// Whether units of a form may serve a line, assignments included.
pub fn fits(entitlement: &Entitlement, form: &Form, line: &Line, organisation: &str) -> bool {
    serves(entitlement, form, line, organisation)
        && (entitlement.bound_singly || bound_allows(&entitlement.bound_hosts, line))
}

/// Whether a binding to hosts lets a line be served.
pub fn bound_allows(bound: &[HostId], line: &Line) -> bool {
    bound.is_empty() || line.hosts.iter().any(|host| bound.contains(host))
}
