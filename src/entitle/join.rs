//! Lines that build on other lines: returns, Software Assurance alone, step-ups and upgrades join their base. What was
//! bought after the day builds on nothing yet.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::model::{Metric, Period, PurchaseKind, PurchaseLine, Working};
use crate::rules::channel_name;

use super::Ground;
use super::version_rights::is_assured_on;

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
    /// Number of the part, where later lines split the purchase; 0 for what is left of it.
    pub part: u32,
    /// Organisation for which the part is kept back.
    pub reserved_for: Option<String>,
    /// Units that build on an earlier purchase and found none.
    pub without_base: u32,
}

impl Held {
    /// Takes so many units out as a part of its own, with their share of a hardware record.
    pub(super) fn split_off(&mut self, units: u32) -> Self {
        let mut part = self.clone();
        part.quantity = units;
        if let (Some(whole), Some(taken)) = (&mut self.line.documented_cores, &mut part.line.documented_cores) {
            let share = u64::from(whole.cores) * u64::from(units) / u64::from(self.quantity.max(1));
            taken.cores = u32::try_from(share).unwrap_or(whole.cores);
            whole.cores -= taken.cores;
        }
        self.quantity -= units;
        part
    }
}

/// Joins the lines with these indexes; the result keeps their order.
pub(super) fn join(ground: &Ground<'_>, concerned: &[usize]) -> Vec<Held> {
    let mut held: Vec<Held> = concerned
        .iter()
        .map(|&index| {
            let line = ground.estate.purchases[index].clone();
            Held {
                index,
                quantity: line.quantity,
                line,
                refused: None,
                working: Working::default(),
                part: 0,
                reserved_for: None,
                without_base: 0,
            }
        })
        .collect();
    let mut order: Vec<usize> = (0..held.len()).collect();
    order.sort_by_key(|&at| turn(ground, &held[at]));
    order.retain(|&at| is_bought(ground, &held[at]));
    for at in order {
        match held[at].line.kind {
            PurchaseKind::Return => give_back(ground, &mut held, at),
            PurchaseKind::SaOnly => add_assurance(ground, &mut held, at),
            PurchaseKind::StepUp => step_up(ground, &mut held, at),
            PurchaseKind::Licence | PurchaseKind::Upgrade => {}
        }
    }
    lift(ground, &mut held);
    held.sort_by_key(|one| (one.index, one.part));
    held
}

/// When a line is joined: returns first, because nothing builds on what was given back; then Software Assurance and step-ups
/// in the order of their days, because each may build on the other.
fn turn(ground: &Ground<'_>, held: &Held) -> (bool, Option<Date>, bool, usize) {
    let line = &held.line;
    let begins = line.sa.iter().chain(&line.subscription).map(|term| term.from).min();
    let day = match line.kind {
        PurchaseKind::SaOnly => line.bought.into_iter().chain(begins).min(),
        PurchaseKind::StepUp => Some(line.bought.unwrap_or(ground.as_of)),
        _ => line.bought,
    };
    (line.kind != PurchaseKind::Return, day, line.kind == PurchaseKind::StepUp, held.index)
}

/// Whether a line has been bought by the day of the position, as far as its record says.
fn is_bought(ground: &Ground<'_>, held: &Held) -> bool {
    held.line.bought.is_none_or(|bought| bought <= ground.as_of)
}

/// Bases a line may build on: the line its `base` names, else every licence of the same owner, product and metric
/// that `fits` and was not bought after it.
fn bases(ground: &Ground<'_>, held: &[Held], at: usize, fits: impl Fn(&Held) -> bool) -> Vec<usize> {
    let line = &held[at].line;
    let later = |base: &PurchaseLine| line.bought.zip(base.bought).is_some_and(|(own, base)| own < base);
    (0..held.len())
        .filter(|&other| {
            let base = &held[other];
            let named = match &line.base {
                Some(name) => base.line.reference.as_ref() == Some(name),
                None => fits(base) && !later(&base.line),
            };
            other != at
                && is_bought(ground, base)
                && !matches!(base.line.kind, PurchaseKind::SaOnly | PurchaseKind::Return)
                && base.line.organisation == line.organisation
                && base.line.product == line.product
                && base.line.metric == line.metric
                && named
        })
        .collect()
}

/// A return lowers the line its `base` names, else those of the same order, else licences of the same edition and version,
/// the last bought first: where the record leaves open which licence went back, the newest rights are the ones not to count.
fn give_back(ground: &Ground<'_>, held: &mut [Held], at: usize) {
    let line = held[at].line.clone();
    let same = |base: &Held| base.line.edition == line.edition && base.quantity > 0;
    let of_order =
        bases(ground, held, at, |base| same(base) && line.reference.is_some() && base.line.reference == line.reference);
    let mut candidates = if of_order.is_empty() {
        bases(ground, held, at, |base| same(base) && (line.version.is_none() || base.line.version == line.version))
    } else {
        of_order
    };
    candidates.sort_by_key(|&base| std::cmp::Reverse((held[base].line.bought, base)));
    let mut left = line.quantity;
    for base in candidates {
        let units = held[base].quantity.min(left);
        if units == 0 {
            continue;
        }
        left -= units;
        held[base].split_off(units);
        let reference = line.reference.as_deref().unwrap_or("none");
        held[base].working.say(format!("{units} units were given back by a later line (reference {reference})."));
    }
    held[at].without_base = left;
    held[at].refused = Some("a return: it lowers its base and is no licence of its own".into());
}

/// Software Assurance bought alone extends its base, or so many units of it: one whose Software Assurance it renews, or one that
/// has none yet and was bought at the same time, or so shortly before as its channel allows (C0-4).
fn add_assurance(ground: &Ground<'_>, held: &mut Vec<Held>, at: usize) {
    let line = held[at].line.clone();
    let terms: Vec<Period> = if line.sa.is_empty() { line.subscription.into_iter().collect() } else { line.sa.clone() };
    let renews = |term: &Period, earlier: &Period| {
        earlier.until.checked_add(1.day()).is_ok_and(|next| term.from <= next) && earlier.until < term.until
    };
    let begins = |term: &Period, base: &PurchaseLine| {
        let without = base.sa.is_empty() && base.kind == PurchaseKind::Licence;
        let Some(bought) = base.bought.filter(|_| without) else { return false };
        let Ok(latest) = bought.checked_add(i64::from(attach_days(ground, base)).days()) else { return false };
        let ordered = line.bought.unwrap_or(term.from);
        (bought..=latest).contains(&ordered) && term.from <= latest && bought <= term.until
    };
    // What another line has renewed as far needs no second one.
    let reaches = |base: &Held, term: &Period| base.line.sa.iter().any(|own| own.until >= term.until);
    let candidates = bases(ground, held, at, |base| {
        let extends = |term: &Period| {
            begins(term, &base.line) || !reaches(base, term) && base.line.sa.iter().any(|earlier| renews(term, earlier))
        };
        base.line.edition == line.edition && terms.iter().any(extends)
    });
    // Software Assurance that ended on the eve is what a term renews, rather than one that still runs then.
    let on_the_eve = |base: &&usize| {
        let mut own = held[**base].line.sa.iter().filter_map(|own| own.until.checked_add(1.day()).ok());
        own.any(|next| terms.iter().any(|term| term.from == next))
    };
    let followed: Vec<usize> = candidates.iter().filter(on_the_eve).copied().collect();
    let enough = followed.iter().map(|&base| held[base].quantity).sum::<u32>() >= line.quantity;
    let candidates = if enough { followed } else { candidates };
    let text = match taken(ground, held, &candidates, line.quantity) {
        Ok(parts) => {
            for (base, units) in parts {
                let part = split(held, base, units);
                held[part].line.sa.extend(terms.iter().copied());
                held[part].line.sa.sort();
                held[part].working.say(format!(
                    "Software Assurance of a later line was joined to {units} units (reference {}).",
                    line.reference.as_deref().unwrap_or("none")
                ));
            }
            "Software Assurance: it extends its base and is no licence of its own (C0-4)"
        }
        Err(unclear) => {
            held[at].without_base = line.quantity;
            match unclear {
                Unclear::None => {
                    "Software Assurance without a base licence that it was bought with, or whose Software Assurance it renews (C0-4)"
                }
                Unclear::Several => "Software Assurance with several possible bases: name one in `base` (C0-4)",
            }
        }
    };
    held[at].refused = Some(text.into());
}

/// Days within which Software Assurance may be added to a licence of a line's channel.
fn attach_days(ground: &Ground<'_>, line: &PurchaseLine) -> u32 {
    let channel = channel_name(line.channel);
    ground.rules.products.get(&line.product).map_or(0, |product| product.attach_days(channel))
}

/// Why no base was found.
enum Unclear {
    None,
    Several,
}

/// Units to take from each base: the one base of just this quantity, else all of them where they are no more or are
/// alike, else the only one. What exceeds them all builds on nothing.
fn taken(
    ground: &Ground<'_>,
    held: &[Held],
    candidates: &[usize],
    quantity: u32,
) -> Result<Vec<(usize, u32)>, Unclear> {
    let mut exact = candidates.iter().filter(|&&base| held[base].quantity == quantity);
    if let (Some(&base), None) = (exact.next(), exact.next()) {
        return Ok(vec![(base, quantity)]);
    }
    let sum: u32 = candidates.iter().map(|&base| held[base].quantity).sum();
    if sum == 0 {
        return Err(Unclear::None);
    }
    let like = |base: &usize| {
        let line = &held[*base].line;
        let rights = (version(ground, line), line.sa.iter().map(|term| term.until).max(), line.channel);
        (rights, &line.assigned_to, &line.shared_with, &line.reserved, &line.farm)
    };
    if sum > quantity && candidates.iter().any(|base| like(base) != like(&candidates[0])) {
        return Err(Unclear::Several);
    }
    let mut left = quantity;
    let mut parts = Vec::new();
    for &base in candidates {
        let units = held[base].quantity.min(left);
        left -= units;
        if units > 0 {
            parts.push((base, units));
        }
    }
    Ok(parts)
}

/// Splits so many units off; the part itself where they are all of them.
fn split(held: &mut Vec<Held>, base: usize, units: u32) -> usize {
    if held[base].quantity == units {
        return base;
    }
    let whole = held[base].quantity;
    let mut part = held[base].split_off(units);
    part.part = 1 + held.iter().filter(|other| other.index == part.index).map(|other| other.part).max().unwrap_or(0);
    part.working.say(format!("{units} of {whole} units, which a later line concerns."));
    held.push(part);
    held.len() - 1
}

/// A step-up turns units of its base into units of the higher edition.
fn step_up(ground: &Ground<'_>, held: &mut Vec<Held>, at: usize) {
    let line = held[at].line.clone();
    let rank = |edition: &Option<String>| {
        let product = ground.rules.products.get(&line.product)?;
        product.edition_rank(edition.as_deref()?)
    };
    let bought = line.bought.unwrap_or(ground.as_of);
    let candidates = bases(ground, held, at, |base| {
        rank(&base.line.edition) < rank(&line.edition)
            && base.line.kind == PurchaseKind::Licence
            && base.quantity > 0
            && is_assured_on(ground, &base.line, bought)
    });
    // Some of them may have been given back.
    let wanted = held[at].quantity;
    let parts = match taken(ground, held, &candidates, wanted) {
        Ok(parts) => parts,
        Err(unclear) => {
            let reason = if matches!(unclear, Unclear::None) { "no" } else { "more than one" };
            held[at].without_base = wanted;
            held[at].refused = Some(format!(
                "a step-up needs a base of a lower edition with Software Assurance in force on {bought}; {reason} line fits (WS-R13, DT-R5)"
            ));
            return;
        }
    };
    let mut built = 0;
    for (base, units) in parts {
        let mut of_base = held[base].split_off(units);
        if held[base].quantity > 0 {
            // Which units are kept back is open as long as some of them remain.
            of_base.line.reserved.clear();
        }
        held[base].working.say(format!("{units} units were stepped up to {}.", line.edition.as_deref().unwrap_or("")));
        let stepped = split(held, at, units);
        lift_base(&of_base.line, &mut held[stepped], units);
        built += units;
    }
    if built < wanted {
        held[at].refused = Some(format!(
            "{} of {wanted} step-up units have no base with Software Assurance (WS-R13, DT-R5)",
            wanted - built
        ));
    }
}

/// Gives a stepped-up part the version, day, Software Assurance and hardware record of its base and, where it has none of its
/// own, who may draw on it and where it is assigned: both together are one licence.
fn lift_base(base: &PurchaseLine, stepped: &mut Held, units: u32) {
    let from = base.edition.as_deref().unwrap_or_default();
    stepped.working.say(format!("Step-up of {units} units from {from}: base and step-up together are one licence."));
    let line = &mut stepped.line;
    line.version = line.version.take().or_else(|| base.version.clone());
    line.bought = base.bought;
    line.sa.extend(base.sa.iter().copied());
    line.sa.sort();
    line.documented_cores = line.documented_cores.or(base.documented_cores);
    if line.shared_with.is_empty() && line.reserved.is_empty() {
        line.shared_with.clone_from(&base.shared_with);
        line.reserved.clone_from(&base.reserved);
    }
    inherit_assignment(base, line);
}

/// The machines a licence is assigned to stay its own when it is stepped up. Names that bind one unit each, or that are
/// people's, do not say which units were lifted.
fn inherit_assignment(base: &PurchaseLine, line: &mut PurchaseLine) {
    if line.assigned_to.is_empty() && !matches!(line.metric, Metric::Device | Metric::User) {
        line.assigned_to.clone_from(&base.assigned_to);
        line.assigned_on = line.assigned_on.or(base.assigned_on).or(base.bought);
        if line.reassigned.is_empty() {
            line.reassigned.clone_from(&base.reassigned);
        }
    }
}

/// The version printed on a licence, else the one current on the day of purchase, as index.
fn version(ground: &Ground<'_>, line: &PurchaseLine) -> Option<usize> {
    let product = ground.rules.products.get(&line.product)?;
    match &line.version {
        Some(version) => product.release(version),
        None => product.current_release(line.bought?),
    }
}

/// An upgrade lifts units of an older base of the same product and edition; it adds no licence.
fn lift(ground: &Ground<'_>, held: &mut [Held]) {
    let version = |held: &Held| version(ground, &held.line);
    let upgrade = |held: &Held| held.line.kind == PurchaseKind::Upgrade && is_bought(ground, held);
    let mut upgrades: Vec<usize> = (0..held.len()).filter(|&at| upgrade(&held[at])).collect();
    upgrades.sort_by_key(|&at| (version(&held[at]), held[at].index));
    // Some of them may have been given back.
    let upgrades: Vec<(usize, u32)> =
        upgrades.into_iter().map(|at| (at, std::mem::take(&mut held[at].quantity))).collect();
    for (at, wanted) in upgrades {
        let target = version(&held[at]);
        let mut older: Vec<usize> = bases(ground, held, at, |base| base.line.edition == held[at].line.edition)
            .into_iter()
            .filter(|&base| version(&held[base]).is_some() && version(&held[base]) < target)
            .filter(|&base| held[base].quantity > 0 && held[base].refused.is_none())
            .collect();
        older.sort_by_key(|&base| (std::cmp::Reverse(version(&held[base])), held[base].index));
        let newest = older.first().map(|&base| version(&held[base]));
        let mut lifted = 0;
        older.retain(|&base| Some(version(&held[base])) == newest);
        for base in older {
            let units = held[base].quantity.min(wanted - lifted);
            held[base].split_off(units);
            held[base].working.say(format!("{units} units were lifted by a later upgrade."));
            lifted += units;
        }
        held[at].quantity = lifted;
        held[at].without_base = wanted - lifted;
        held[at].working.say(format!("Upgrade: {lifted} of {wanted} units found an older base to lift."));
        if lifted == 0 {
            held[at].refused = Some("an upgrade without an older base of the same product and edition".into());
        }
    }
}
