//! Lines that build on other lines: Software Assurance alone, step-ups and upgrades join their base.

use jiff::ToSpan;

use crate::model::{PurchaseKind, PurchaseLine, Working};

use super::Ground;

/// A purchase line after later lines were joined to it.
#[derive(Debug, Clone)]
pub struct Held {
    /// Index into the estate's purchases.
    pub index: usize,
    /// The line, with Software Assurance of joined lines added.
    pub line: PurchaseLine,
    /// Units that remain after others were stepped up or lifted out of it.
    pub quantity: u32,
    /// Why the line gives no right.
    pub refused: Option<String>,
    /// What was joined, in words.
    pub working: Working,
}

/// Joins the lines with these indexes; the result keeps their order.
pub(super) fn join(ground: &Ground<'_>, concerned: &[usize]) -> Vec<Held> {
    let mut held: Vec<Held> = concerned
        .iter()
        .map(|&index| {
            let line = ground.estate.purchases[index].clone();
            Held { index, quantity: line.quantity, line, refused: None, working: Working::default() }
        })
        .collect();
    let mut order: Vec<usize> = (0..held.len()).collect();
    order.sort_by_key(|&at| (held[at].line.bought, held[at].index));
    for kind in [PurchaseKind::SaOnly, PurchaseKind::StepUp] {
        for &at in &order {
            if held[at].line.kind == kind {
                match kind {
                    PurchaseKind::SaOnly => add_assurance(&mut held, at),
                    _ => step_up(ground, &mut held, at),
                }
            }
        }
    }
    lift(ground, &mut held);
    held
}

/// Bases a line may build on: the line its `base` names, else every licence of the same owner, product and metric
/// that `fits`.
fn bases(held: &[Held], at: usize, fits: impl Fn(&Held) -> bool) -> Vec<usize> {
    let line = &held[at].line;
    (0..held.len())
        .filter(|&other| {
            let base = &held[other];
            let named = match &line.base {
                Some(name) => base.line.reference.as_ref() == Some(name),
                None => fits(base),
            };
            other != at
                && base.line.kind != PurchaseKind::SaOnly
                && base.line.organisation == line.organisation
                && base.line.product == line.product
                && base.line.metric == line.metric
                && named
        })
        .collect()
}

/// Software Assurance bought alone extends its base.
fn add_assurance(held: &mut [Held], at: usize) {
    let line = held[at].line.clone();
    let terms = if line.sa.is_empty() { line.subscription.into_iter().collect() } else { line.sa.clone() };
    let candidates = bases(held, at, |base| {
        base.line.edition == line.edition
            && base.quantity == line.quantity
            && terms.iter().any(|term| {
                base.line
                    .sa
                    .iter()
                    .any(|earlier| earlier.until.checked_add(1.day()).is_ok_and(|next| term.from <= next))
            })
    });
    let text = match candidates[..] {
        [base] => {
            held[base].line.sa.extend(terms);
            held[base].line.sa.sort();
            held[base].working.say(format!(
                "Software Assurance of a later line was joined to it (reference {}).",
                line.reference.as_deref().unwrap_or("none")
            ));
            "Software Assurance: it extends its base and is no licence of its own (C0-4)"
        }
        [] => "Software Assurance without a base licence whose Software Assurance it renews (C0-4)",
        _ => "Software Assurance with several possible bases: name one in `base` (C0-4)",
    };
    held[at].refused = Some(text.into());
}

/// A step-up turns units of its base into units of the higher edition.
fn step_up(ground: &Ground<'_>, held: &mut [Held], at: usize) {
    let line = held[at].line.clone();
    let rank = |edition: &Option<String>| {
        let product = ground.rules.products.get(&line.product)?;
        product.edition_rank(edition.as_deref()?)
    };
    let bought = line.bought.unwrap_or(ground.as_of);
    let candidates = bases(held, at, |base| {
        rank(&base.line.edition) < rank(&line.edition)
            && base.line.kind == PurchaseKind::Licence
            && base.quantity >= line.quantity
            && base.line.sa.iter().any(|term| term.contains(bought))
    });
    let [base] = candidates[..] else {
        let reason = if candidates.is_empty() { "no" } else { "more than one" };
        held[at].refused = Some(format!(
            "a step-up needs a base of a lower edition with Software Assurance in force on {bought}; {reason} line fits (WS-R13, DT-R5)"
        ));
        return;
    };
    if held[base].quantity < line.quantity {
        held[at].refused = Some("the base holds fewer units than the step-up".into());
        return;
    }
    held[base].quantity -= line.quantity;
    let from = held[base].line.edition.clone().unwrap_or_default();
    held[base].working.say(format!("{} units were stepped up to {}.", line.quantity, line.edition.unwrap_or_default()));
    let (version, first, terms) = {
        let base = &held[base].line;
        (base.version.clone(), base.bought, base.sa.clone())
    };
    let stepped = &mut held[at];
    stepped
        .working
        .say(format!("Step-up of {} units from {from}: base and step-up together are one licence.", line.quantity));
    stepped.line.version = stepped.line.version.take().or(version);
    stepped.line.bought = first;
    stepped.line.sa.extend(terms);
    stepped.line.sa.sort();
}

/// An upgrade lifts units of an older base of the same product and edition; it adds no licence.
fn lift(ground: &Ground<'_>, held: &mut [Held]) {
    let version = |held: &Held| {
        let product = ground.rules.products.get(&held.line.product)?;
        match &held.line.version {
            Some(version) => product.release(version),
            None => product.current_release(held.line.bought?),
        }
    };
    let mut upgrades: Vec<usize> = (0..held.len()).filter(|&at| held[at].line.kind == PurchaseKind::Upgrade).collect();
    upgrades.sort_by_key(|&at| (version(&held[at]), held[at].index));
    for &at in &upgrades {
        held[at].quantity = 0;
    }
    for at in upgrades {
        let (wanted, target) = (held[at].line.quantity, version(&held[at]));
        let mut older: Vec<usize> = bases(held, at, |base| base.line.edition == held[at].line.edition)
            .into_iter()
            .filter(|&base| version(&held[base]) < target && held[base].quantity > 0)
            .collect();
        older.sort_by_key(|&base| (std::cmp::Reverse(version(&held[base])), held[base].index));
        let newest = older.first().map(|&base| version(&held[base]));
        let mut lifted = 0;
        older.retain(|&base| Some(version(&held[base])) == newest);
        for base in older {
            let units = held[base].quantity.min(wanted - lifted);
            held[base].quantity -= units;
            held[base].working.say(format!("{units} units were lifted by a later upgrade."));
            lifted += units;
        }
        held[at].quantity = lifted;
        held[at].working.say(format!("Upgrade: {lifted} of {wanted} units found an older base to lift."));
        if lifted == 0 {
            held[at].refused = Some("an upgrade without an older base of the same product and edition".into());
        }
    }
}
