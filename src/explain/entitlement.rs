//! Purchase lines: what each gave, under which right, and what of it is left over and why.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Allocation, Entitlement, Form, Line, edition_name};

use super::teller::{Teller, count, figure, section, units};
use super::{Explanation, Item};

/// Explains one entitlement by itself.
pub(super) fn explain(teller: &Teller<'_>, index: usize) -> Explanation {
    let entitlement = &teller.assessment.entitlements[index];
    let mut explanation =
        teller.begin(entitlement.key.0.clone(), format!("What the purchase {} gives", teller.reference(entitlement)));
    let spent: Vec<&Allocation> =
        teller.assessment.allocations.iter().filter(|allocation| allocation.entitlement == index).collect();
    explanation.figures = vec![
        figure("allocated", spent.iter().map(|allocation| allocation.units).sum()),
        figure("surplus", left_units(teller, index)),
    ];
    explanation.sections = vec![
        section("The purchase", vec![source_of(teller, entitlement)]),
        section("The right", right_steps(teller, entitlement)),
        section("What it was spent on", spent.iter().map(|allocation| spending(teller, allocation)).collect()),
        section(
            "What is left over, and why",
            left_reasons(teller, index, left_of(teller, index), &unmet(teller, entitlement)),
        ),
    ];
    explanation
}

/// The purchase lines that cover these lines of requirements: (requirement, line of its chosen way).
pub(super) fn covering(teller: &Teller<'_>, lines: &BTreeSet<(usize, usize)>, needed: bool) -> Vec<Item> {
    let mut spent: BTreeMap<usize, Vec<&Allocation>> = BTreeMap::new();
    for allocation in &teller.assessment.allocations {
        if lines.contains(&(allocation.requirement, allocation.line)) {
            spent.entry(allocation.entitlement).or_default().push(allocation);
        }
    }
    if spent.is_empty() && needed {
        return vec![Item::say("Nothing: no purchase line on file serves it.")];
    }
    spent.into_iter().filter_map(|(index, allocations)| covered_by(teller, index, &allocations)).collect()
}

fn covered_by(teller: &Teller<'_>, index: usize, allocations: &[&Allocation]) -> Option<Item> {
    let entitlement = teller.assessment.entitlements.get(index)?;
    let metric = entitlement.forms.get(allocations.first()?.form)?.metric;
    let given = units(allocations.iter().map(|allocation| allocation.units).sum(), metric);
    let mut items: Vec<Item> = allocations.iter().map(|allocation| spending(teller, allocation)).collect();
    items.extend(right_steps(teller, entitlement));
    let mut item = source_of(teller, entitlement);
    item.text = format!("{given} from {}", item.text);
    Some(item.with(items))
}

/// What was bought, with its order number and the place of the record.
fn source_of(teller: &Teller<'_>, entitlement: &Entitlement) -> Item {
    let evidence = teller.purchase(entitlement).and_then(|line| line.evidence.clone());
    let places = match evidence {
        Some(evidence) => teller.places(&[evidence]),
        None => Vec::new(),
    };
    Item::say(bought(teller, entitlement)).at(places)
}

/// `BRE-PO-13-0117: 7 processor-pair of windows-server standard 2012, bought 2013-02-01 by brent`.
fn bought(teller: &Teller<'_>, entitlement: &Entitlement) -> String {
    let reference = teller.reference(entitlement);
    let Some(line) = teller.purchase(entitlement) else {
        return format!("{reference} of {}", entitlement.organisation);
    };
    let name = teller.name(&line.product, line.edition.as_deref(), line.version.as_deref());
    let day = line.bought.map(|day| format!(", bought {day}")).unwrap_or_default();
    format!("{reference}: {} of {name}{day} by {}", units(line.quantity, line.metric), line.organisation)
}

/// The working of the right, and why it is not whole.
fn right_steps(teller: &Teller<'_>, entitlement: &Entitlement) -> Vec<Item> {
    let product = teller.purchase(entitlement).map_or("", |line| &line.product);
    let mut items = teller.steps(&entitlement.working, product);
    if let Some(refused) = &entitlement.refused {
        items.push(Item::say(format!("Not all of it counts: {refused}")));
    }
    if !entitlement.unknown_assignees.is_empty() {
        let names = entitlement.unknown_assignees.join(", ");
        items.push(Item::say(format!("Assigned to names that no host bears: {names}")));
    }
    items
}

/// `16 core to host bre-fil-01 …: the version and edition bought`.
fn spending(teller: &Teller<'_>, allocation: &Allocation) -> Item {
    let assessment = teller.assessment;
    let form = assessment.entitlements.get(allocation.entitlement).and_then(|owner| owner.forms.get(allocation.form));
    let line = teller.chosen(allocation.requirement).and_then(|(_, way)| way.lines.get(allocation.line));
    let (Some(form), Some(line)) = (form, line) else {
        return Item::say(format!("{} units", count(allocation.units)));
    };
    let requirement = &assessment.requirements[allocation.requirement];
    let entitlement = &assessment.entitlements[allocation.entitlement];
    let mut rights = rights(teller, entitlement, form, line);
    if entitlement.organisation != requirement.organisation {
        rights.push(format!("shared by {} with {}", entitlement.organisation, requirement.organisation));
    }
    let rights = if rights.is_empty() { "the version and edition bought".to_owned() } else { rights.join("; ") };
    let where_to = super::requirement::scope(&requirement.scope);
    let what = teller.line_name(line);
    Item::say(format!("{} to {where_to}, for {what}: {rights}", units(allocation.units, form.metric)))
}

/// The rights under which units of a form serve a line, where they go beyond what was bought.
fn rights(teller: &Teller<'_>, entitlement: &Entitlement, form: &Form, line: &Line) -> Vec<String> {
    let mut rights = Vec::new();
    if let Some(purchase) = teller.purchase(entitlement) {
        if purchase.metric != form.metric {
            rights.push(format!(
                "converted: 1 {} gives {}",
                purchase.metric,
                units(form.units_per_licence, form.metric)
            ));
        }
        if purchase.product != form.product {
            rights.push(format!("part of {}", teller.name(&purchase.product, None, None)));
        }
    }
    if let (Some(owned), Some(needed)) = (&form.edition, &line.edition)
        && **owned != **needed
    {
        rights.push(format!("a licence of {} may be used for {}", edition_name(owned), edition_name(needed)));
    }
    if let (Some(printed), Some(needed)) = (form.printed, line.version) {
        let name = |release| teller.version(&form.product, release);
        if printed < needed {
            rights.push(format!("Software Assurance carried it from {} to {}", name(printed), name(needed)));
        } else if printed > needed {
            rights.push(format!("a licence of {} may run the earlier {}", name(printed), name(needed)));
        }
    }
    if entitlement.sa_active && line.accepts.iter().any(|acceptance| acceptance.needs_sa) {
        rights.push("Software Assurance or a subscription is in force".to_owned());
    }
    rights
}

/// Units left over of one entitlement.
fn left_units(teller: &Teller<'_>, index: usize) -> u32 {
    teller.assessment.surpluses.iter().filter(|left| left.entitlement == index).map(|left| left.units).sum()
}

/// Lines of chosen ways that are short, of the products in which the units of an entitlement may be spent and of the
/// organisations that may draw on it.
fn unmet<'a>(teller: &Teller<'a>, entitlement: &Entitlement) -> Vec<&'a Line> {
    let mut unmet = Vec::new();
    for (index, requirement) in teller.assessment.requirements.iter().enumerate() {
        let Some((_, way)) = teller.chosen(index) else { continue };
        if !entitlement.may_be_drawn_by(&requirement.organisation) {
            continue;
        }
        let short = way.lines.iter().enumerate().filter(|(line, what)| teller.spent(index, *line) < what.units);
        let same = short.filter(|(_, what)| entitlement.forms.iter().any(|form| *form.product == *what.product));
        unmet.extend(same.map(|(_, what)| what));
    }
    unmet
}

fn left_of(teller: &Teller<'_>, index: usize) -> Vec<Item> {
    let left = teller.assessment.surpluses.iter().filter(|left| left.entitlement == index && left.units > 0);
    left.filter_map(|left| {
        let form = teller.assessment.entitlements.get(index)?.forms.get(left.form)?;
        Some(Item::say(format!("{} of {}", units(left.units, form.metric), teller.form_name(form))))
    })
    .collect()
}

/// What an organisation has left of a product or could not use at all, and why none of it serves the lines that are
/// short.
pub(super) fn left_over(teller: &Teller<'_>, organisation: &str, product: &str, unmet: &[&Line]) -> Vec<Item> {
    let mut items = Vec::new();
    for (index, entitlement) in teller.assessment.entitlements.iter().enumerate() {
        let concerned = entitlement.forms.iter().any(|form| form.product == product)
            || teller.purchase(entitlement).is_some_and(|line| line.product == product);
        if !concerned || !entitlement.may_be_drawn_by(organisation) && entitlement.organisation != organisation {
            continue;
        }
        // What is reserved for somebody else serves none of this organisation's lines.
        let own = if entitlement.may_be_drawn_by(organisation) { unmet } else { &[] };
        let mut item = source_of(teller, entitlement);
        match (&entitlement.refused, left_of(teller, index)) {
            (Some(refused), _) if entitlement.forms.is_empty() => {
                item.text = format!("{} gives no right: {refused}", item.text);
            }
            (_, left) if left.is_empty() => continue,
            (_, left) => item.items = left_reasons(teller, index, left, own),
        }
        items.push(item);
    }
    items
}

/// What is left, each followed by why it does not serve.
fn left_reasons(teller: &Teller<'_>, index: usize, mut left: Vec<Item>, unmet: &[&Line]) -> Vec<Item> {
    let entitlement = &teller.assessment.entitlements[index];
    let forms = teller.assessment.surpluses.iter().filter(|left| left.entitlement == index && left.units > 0);
    for (item, surplus) in left.iter_mut().zip(forms) {
        let Some(form) = entitlement.forms.get(surplus.form) else { continue };
        let mut reasons: Vec<String> = Vec::new();
        for line in unmet {
            let reason = why_not(teller, entitlement, form, line);
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        let why = match &entitlement.reserved_for {
            Some(name) if unmet.is_empty() => format!("reserved for {name}, which needs no more"),
            None if unmet.is_empty() && entitlement.bound_hosts.is_empty() => "nothing needs them".to_owned(),
            None if unmet.is_empty() => {
                format!("nothing on {} needs them", teller.host_names(&entitlement.bound_hosts))
            }
            _ => reasons.join("; "),
        };
        item.text = format!("{} left over: {why}", item.text);
    }
    left
}

/// Why units of a form do not serve a line, in the words of the first thing that stands against it.
fn why_not(teller: &Teller<'_>, entitlement: &Entitlement, form: &Form, line: &Line) -> String {
    let name = |release| teller.version(&form.product, release);
    if *form.product != *line.product {
        return format!(
            "they are licences of {}, the need is for {}",
            teller.name(&form.product, None, None),
            teller.name(&line.product, None, None)
        );
    }
    if let (Some(owned), Some(needed)) = (form.owned, line.version)
        && owned < needed
    {
        return format!("their rights end at {}, the need is for {}", name(owned), name(needed));
    }
    if form.metric != line.metric {
        return format!("they count by {}, the need counts by {}", form.metric, line.metric);
    }
    if let Some(edition) = form.edition.as_ref().filter(|edition| !line.editions.contains(edition)) {
        let needed: Vec<String> = line.editions.iter().map(|edition| edition_name(edition)).collect();
        return format!("a licence of {} does not serve {}", edition_name(edition), needed.join(" or "));
    }
    if let (Some(printed), Some(needed)) = (form.printed, line.version)
        && printed > needed
        && !form.downgrade
    {
        return format!("they give no right to run {} on a licence of {}", name(needed), name(printed));
    }
    if line.relies_on_assurance() && !entitlement.sa_active {
        return "only licences with Software Assurance in force serve here".to_owned();
    }
    if let Some(farm) = &entitlement.farm
        && line.hosts.iter().any(|host| !farm.contains(host))
    {
        return "they are limited to another farm".to_owned();
    }
    let bound = &entitlement.bound_hosts;
    if !bound.is_empty() && !line.hosts.is_empty() && !line.hosts.iter().any(|host| bound.contains(host)) {
        // Nobody assigned what the allocation placed: units of a suite that stand where another part of it is needed.
        let assigned = teller.purchase(entitlement).is_none_or(|line| !line.assigned_to.is_empty());
        return format!("they {} {}", if assigned { "are assigned to" } else { "stand on" }, teller.host_names(bound));
    }
    "nothing in the line itself stands against it; see the notes on the allocation".to_owned()
}
