//! The forms in which the units of a line may be spent: as bought, as granted by a conversion, as parts of a suite.

use crate::model::{Answer, Entitlement, Form, PurchaseLine, Working};
use crate::rules::{Grant, Product, Suite, channel_name, suite_rule};

use super::version_rights::{VersionRights, version_rights};
use super::{Ground, Held, InCloud};

/// Fills in the forms of an entitlement.
pub(super) fn forms(
    ground: &Ground<'_>,
    held: &Held,
    product: &Product,
    family: &[&Product],
    rights: &VersionRights,
    entitlement: &mut Entitlement,
    working: &mut Working,
) {
    let line = &held.line;
    if !rights.any_version && rights.printed.is_none() {
        entitlement.refused = Some(match &line.version {
            Some(version) => format!("no release of {} has the version {version}", product.name),
            None => "neither the version nor the day of purchase is stated".into(),
        });
        return;
    }
    let channel = channel_name(line.channel);
    let downgrade = !product.no_downgrade.iter().any(|name| name == channel);
    if family.iter().any(|member| member.id == product.id) {
        entitlement.forms.push(Form {
            product: product.id.clone(),
            edition: line.edition.clone().or_else(|| product.one_licence.clone()),
            metric: line.metric,
            units_per_licence: 1,
            units: held.quantity,
            printed: rights.printed,
            owned: rights.owned,
            downgrade,
            only_terms: Vec::new(),
            except_terms: Vec::new(),
        });
        for grant in &product.grants {
            if let Some(form) = granted(ground, held, product, grant, rights, entitlement, working) {
                entitlement.forms.push(form);
            }
        }
    }
    parts(ground, held, product, family, entitlement, working);
    bought_too_late(ground, line, entitlement, working);
}

/// Takes out of the forms the terms that only older purchases serve, where anything runs in their clouds (BY-R2).
fn bought_too_late(ground: &Ground<'_>, line: &PurchaseLine, entitlement: &mut Entitlement, working: &mut Working) {
    for member in ground.members {
        for terms in &member.terms {
            let Some(last) = terms.acquired_until else { continue };
            let runs_there = |one: &InCloud| one.product == member.id && terms.is_for_cloud(&one.cloud);
            let too_late = line.bought.is_none_or(|bought| bought > last);
            if too_late && ground.in_clouds().iter().any(runs_there) {
                working.by_rule(&terms.id, format!("Not bought by {last}: it serves no machine under these terms."));
                let of_member = entitlement.forms.iter_mut().filter(|form| form.product == member.id);
                of_member.for_each(|form| form.except_terms.push(terms.id.clone()));
            }
        }
    }
}

/// The parts of a suite that belong to the family: each as if it had been bought by itself on the same day, with the
/// version rights its own releases give and the conversions its own rules grant (CL-R7, SC-R5).
fn parts(
    ground: &Ground<'_>,
    held: &Held,
    product: &Product,
    family: &[&Product],
    entitlement: &mut Entitlement,
    working: &mut Working,
) {
    for part in &product.suite {
        let Some(member) = family.iter().find(|member| member.id == part.product) else { continue };
        if part.suite_edition.is_some() && part.suite_edition != held.line.edition {
            continue;
        }
        let own = as_part(held, part, member);
        let mut said = Working::default();
        let rights = version_rights(ground, &own.line, member, &mut said);
        if !rights.any_version && rights.printed.is_none() {
            working.say(format!("{} contains {}, of which no version is known for it.", product.name, member.name));
            continue;
        }
        // People a subscription is assigned to are counted out of the need already (CL-R8).
        let units = if member.kind == "cal" {
            held.quantity.saturating_sub(assigned(ground, product, held))
        } else {
            held.quantity
        };
        entitlement.forms.push(Form {
            product: member.id.clone(),
            edition: part.edition.clone(),
            metric: own.line.metric,
            units_per_licence: 1,
            units,
            printed: rights.printed,
            owned: rights.owned,
            downgrade: true,
            only_terms: Vec::new(),
            except_terms: Vec::new(),
        });
        working.by_rule(
            &suite_rule(product, &part.product),
            format!("{} contains {}: {units} units of it.", product.name, member.name),
        );
        working.steps.extend(said.steps);
        for grant in &member.grants {
            if let Some(form) = granted(ground, &own, member, grant, &rights, entitlement, working) {
                entitlement.forms.push(form);
            }
        }
    }
}

/// A purchase of a suite read as one of a part: the version of the suite where the part has one of that name, else the
/// one current on the day.
fn as_part(held: &Held, part: &Suite, member: &Product) -> Held {
    let mut own = held.clone();
    own.line.product.clone_from(&member.id);
    own.line.edition.clone_from(&part.edition);
    own.line.metric = part.metric.unwrap_or(held.line.metric);
    own.line.version = own.line.version.filter(|version| member.release(version).is_some());
    own
}

/// People to whom a subscription is assigned and who use up units of this line: those who hold none of an earlier line
/// that the same organisations draw on.
fn assigned(ground: &Ground<'_>, product: &Product, held: &Held) -> u32 {
    let people = |may: &dyn Fn(&str) -> bool| -> u32 {
        let groups = ground.estate.users.iter();
        let holders = groups.filter(|group| may(&group.organisation) && group.subscriptions.contains(&product.id));
        holders.map(|group| group.count).sum()
    };
    if let Some(name) = &held.reserved_for {
        return people(&|organisation| organisation == name).min(held.quantity);
    }
    let line = &held.line;
    let reserved: u32 =
        line.reserved.iter().map(|own| people(&|name| name == own.organisation).min(own.quantity)).sum();
    let alike = |earlier: &&PurchaseLine| {
        let owner = (&earlier.organisation, &earlier.shared_with) == (&line.organisation, &line.shared_with);
        let in_term = earlier.subscription.is_some_and(|term| term.contains(ground.as_of));
        earlier.product == line.product && owner && in_term
    };
    let earlier: u32 = ground.estate.purchases[..held.index].iter().filter(alike).map(|line| line.quantity).sum();
    people(&|name| may_draw(ground, name, line)).saturating_sub(reserved).saturating_sub(earlier)
}

/// Whether an organisation may draw on a line under the reading in force (D-27).
fn may_draw(ground: &Ground<'_>, name: &str, line: &PurchaseLine) -> bool {
    let admitted = || ground.asker.answer("D-27", name, ground.family) == Answer::Customer;
    ground.estate.may_draw(name, line, ground.as_of) || ground.estate.is_named(name, line, ground.as_of) && admitted()
}

/// The form a conversion grant gives, where the line earns it.
fn granted(
    ground: &Ground<'_>,
    held: &Held,
    product: &Product,
    grant: &Grant,
    rights: &VersionRights,
    entitlement: &Entitlement,
    working: &mut Working,
) -> Option<Form> {
    let line = &held.line;
    let at = grant.at_version.as_ref().and_then(|version| product.release(version));
    let latest = grant.until_version.as_ref().and_then(|version| product.release(version));
    let earned = grant.from_metric == line.metric
        && line.edition.as_ref() == Some(&grant.from_edition)
        && latest.is_none_or(|latest| rights.printed.is_some_and(|printed| printed <= latest))
        && at.is_none_or(|at| rights.owned.is_some_and(|owned| owned >= at))
        && (rights.sa_active || !grant.needs_sa)
        && is_called_for(ground, product, grant);
    if !earned {
        return None;
    }
    let floor = grant.units.saturating_mul(held.quantity / grant.licences);
    if floor == 0 {
        return None;
    }
    let units = documented(held, grant, rights, floor).or_else(|| claimed(ground, held, product, entitlement, floor));
    working.by_rule(
        &grant.id,
        format!(
            "Converted to {}: {} for each {} licences, {} licences: {floor}{}.",
            grant.to_metric,
            grant.units,
            grant.licences,
            held.quantity,
            units.map_or(String::new(), |units| format!(", raised to {units} by the hardware record"))
        ),
    );
    Some(Form {
        product: product.id.clone(),
        edition: Some(grant.to_edition.clone()),
        metric: grant.to_metric,
        units_per_licence: grant.units,
        units: units.unwrap_or(floor),
        printed: at.or(rights.printed),
        owned: rights.owned,
        downgrade: true,
        only_terms: grant.terms.clone(),
        except_terms: Vec::new(),
    })
}

/// Whether anything may call for units that only some terms take: an installation of the edition granted in one of their
/// clouds. Elsewhere the units would only make the choice larger.
fn is_called_for(ground: &Ground<'_>, product: &Product, grant: &Grant) -> bool {
    let terms = || product.terms.iter().filter(|terms| grant.terms.contains(&terms.id));
    let asks = |one: &InCloud| {
        one.product == product.id
            && one.edition.as_ref().is_none_or(|edition| product.edition_serves(&grant.to_edition, edition))
            && terms().any(|terms| terms.is_for_cloud(&one.cloud))
    };
    grant.terms.is_empty() || ground.in_clouds().iter().any(asks)
}

/// Cores of a dated hardware record, where it is early enough and above the floor.
fn documented(held: &Held, grant: &Grant, rights: &VersionRights, floor: u32) -> Option<u32> {
    let record = held.line.documented_cores?;
    let in_time = grant.documented_until.is_none_or(|until| record.on <= until)
        && rights.sa_end.is_none_or(|end| record.on <= end);
    (in_time && record.cores > floor).then_some(record.cores)
}

/// Real cores of the assigned servers, which the customer claims where no record was kept (D-19): those of as many
/// processors as the licences cover, the largest.
fn claimed(ground: &Ground<'_>, held: &Held, product: &Product, entitlement: &Entitlement, floor: u32) -> Option<u32> {
    if held.line.documented_cores.is_some() {
        return None;
    }
    let hosts = entitlement.bound_hosts.iter().filter_map(|&id| ground.estate.host(id).processors.value());
    let mut processors: Vec<u32> = hosts.flatten().map(|processor| processor.cores).collect();
    processors.sort_unstable_by(|a, b| b.cmp(a));
    let of_metric = product.terms.iter().filter(|terms| terms.metric == held.line.metric && !terms.whole_server);
    let each = of_metric.map(|terms| terms.processors_a_licence).max().unwrap_or(1).max(1);
    let covered = held.quantity.saturating_mul(each) as usize;
    let cores: u32 = processors.into_iter().take(covered).sum();
    if cores <= floor {
        return None;
    }
    match ground.asker.ask("D-19", &held.line.organisation, ground.family, &entitlement.bound_hosts) {
        Answer::Strict => None,
        Answer::Customer => Some(cores),
    }
}
