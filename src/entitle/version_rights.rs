//! The highest version a licence may be used for: version rights by Software Assurance dates (C0-2 to C0-5).

use jiff::ToSpan;

use crate::model::{Answer, Period, PurchaseLine, Working};
use crate::rules::{Product, Release, attach_rule, availability_rule, channel_name};

use super::Ground;
use super::sharing::installed;

/// What came out.
pub(super) struct VersionRights {
    /// Version printed on the licence, as index.
    pub printed: Option<usize>,
    /// Highest version, as index; `None`: any (subscriptions), or nothing is known (then `printed` is `None` too).
    pub owned: Option<usize>,
    /// Whether Software Assurance or a subscription is in force.
    pub sa_active: bool,
    /// Last day of Software Assurance without a gap.
    pub sa_end: Option<jiff::civil::Date>,
    /// Every version may be used.
    pub any_version: bool,
}

/// Works out the version rights of a line.
pub(super) fn version_rights(
    ground: &Ground<'_>,
    line: &PurchaseLine,
    product: &Product,
    working: &mut Working,
) -> VersionRights {
    if let Some(term) = line.subscription {
        working.by_rule(
            "C0-5",
            format!("Subscription from {} until {}: every version while it runs.", term.from, term.until),
        );
        return VersionRights {
            printed: None,
            owned: None,
            sa_active: true,
            sa_end: Some(term.until),
            any_version: true,
        };
    }
    if product.releases.is_empty() {
        let sa_active = chain(line, product).iter().any(|term| term.contains(ground.as_of));
        return VersionRights { printed: None, owned: None, sa_active, sa_end: None, any_version: true };
    }
    let printed = printed(line, product);
    let chain = chain(line, product);
    late(line, product, &chain, working);
    if let (Some(printed), None) = (printed, &line.version) {
        doubt(ground, product, printed, "it became the version sold", working);
    }
    let mut owned = printed;
    for (index, release) in product.releases.iter().enumerate() {
        let index = product.licence_index(index);
        if owned.is_none_or(|owned| index <= owned) {
            continue;
        }
        if let Some(term) = gained(ground, line, release, &chain) {
            working.by_rule(
                "C0-2",
                format!(
                    "Software Assurance {} to {} ran when version {} became available: it may be used for ever.",
                    term.from, term.until, release.licence_version
                ),
            );
            owned = Some(index);
            doubt(ground, product, index, "it became available", working);
        }
    }
    let sa_active = chain.iter().any(|term| term.contains(ground.as_of));
    conclude(line, product, printed, owned, &chain, working);
    close_call(ground, product, &chain, working);
    VersionRights { printed, owned, sa_active, sa_end: chain.last().map(|term| term.until), any_version: false }
}

/// The release by which a licence version first became available, with the day: support knows finer releases than licences.
fn first_of(product: &Product, version: usize) -> Option<(usize, jiff::civil::Date)> {
    let releases = product.releases.iter().enumerate().filter(|(index, _)| product.licence_index(*index) == version);
    releases.filter_map(|(index, release)| Some((index, release.available()?))).min_by_key(|(_, day)| *day)
}

/// Says so where a right rests on a day of availability that is not verified.
fn doubt(ground: &Ground<'_>, product: &Product, version: usize, what: &str, working: &mut Working) {
    let Some((release, day)) = first_of(product, version) else { return };
    let rule = availability_rule(product, release);
    if ground.rules.unverified.contains(&rule) {
        let name = product.version_name(version);
        working.by_rule(&rule, format!("The day on which {what} ({name}: {day}) is not verified."));
    }
}

/// Says so where Software Assurance ended so close to the day of a version that the exact day decides.
fn close_call(ground: &Ground<'_>, product: &Product, chain: &[Period], working: &mut Working) {
    let Some(end) = chain.iter().map(|term| term.until).max() else { return };
    let margin = i64::from(ground.rules.conventions.evidence_margin_days);
    for version in (0..product.releases.len()).filter(|&index| product.licence_index(index) == index) {
        let Some((release, day)) = first_of(product, version).filter(|(_, day)| *day <= ground.as_of) else { continue };
        let apart = end.until(day).map_or(i64::MAX, |span| i64::from(span.get_days()).abs());
        if apart <= margin {
            let name = product.version_name(version);
            working.by_rule(
                &availability_rule(product, release),
                format!("Software Assurance ended on {end}, version {name} became available on {day}: evidence of the exact days decides."),
            );
        }
    }
}

/// Says so where Software Assurance counts only because a channel allows it to be added later.
fn late(line: &PurchaseLine, product: &Product, chain: &[Period], working: &mut Working) {
    let channel = channel_name(line.channel);
    if let (Some(first), Some(bought)) = (chain.first(), line.bought)
        && bought < first.from
    {
        let days = product.attach_days(channel);
        let text = format!("Software Assurance was added after the purchase, within the {days} days allowed.");
        working.by_rule(&attach_rule(product, channel), text);
    }
}

/// The version printed on the licence, else the one current on the day of purchase. Where that is not known either, the one
/// current on the first day of Software Assurance, which is sold for the latest version only (C0-4).
fn printed(line: &PurchaseLine, product: &Product) -> Option<usize> {
    let covered_since = || line.sa.iter().map(|term| term.from).min();
    match (&line.version, line.bought.or_else(covered_since)) {
        (Some(version), _) => product.release(version),
        (None, Some(day)) => product.current_release(day),
        (None, None) => None,
    }
}

/// Software Assurance that holds: attached in time, renewed without a gap (C0-4).
fn chain(line: &PurchaseLine, product: &Product) -> Vec<Period> {
    let channel = channel_name(line.channel);
    let days = i64::from(product.attach_days(channel));
    let mut terms = line.sa.clone();
    terms.sort();
    let mut chain: Vec<Period> = Vec::new();
    for term in terms {
        let latest_start = match chain.iter().map(|earlier| earlier.until).max() {
            Some(until) => until.checked_add(1.day()).ok(),
            None => line.bought.map_or(Some(term.from), |bought| bought.checked_add(days.days()).ok()),
        };
        if latest_start.is_some_and(|latest| term.from <= latest) {
            chain.push(term);
        }
    }
    chain
}

/// Whether Software Assurance that holds ran on a day.
pub(super) fn is_assured_on(ground: &Ground<'_>, line: &PurchaseLine, day: jiff::civil::Date) -> bool {
    let product = ground.rules.products.get(&line.product);
    product.is_some_and(|product| chain(line, product).iter().any(|term| term.contains(day)))
}

/// The term during which a release became available, under the reading in force.
fn gained<'t>(ground: &Ground<'_>, line: &PurchaseLine, release: &Release, chain: &'t [Period]) -> Option<&'t Period> {
    let term_of =
        |day: jiff::civil::Date| (day <= ground.as_of).then(|| chain.iter().find(|term| term.contains(day))).flatten();
    let customer = release.available().and_then(term_of);
    let strict = release.priced.or(release.downloadable).and_then(term_of);
    if customer.is_some() == strict.is_some() {
        return strict.or(customer);
    }
    match ground.asker.ask("D-18", &line.organisation, ground.family, &installed(ground, &line.organisation)) {
        Answer::Strict => strict,
        Answer::Customer => customer,
    }
}

fn conclude(
    line: &PurchaseLine,
    product: &Product,
    printed: Option<usize>,
    owned: Option<usize>,
    chain: &[Period],
    working: &mut Working,
) {
    let name = |index: Option<usize>| index.map_or("unknown", |index| product.version_name(index)).to_owned();
    working.by_rule(
        "C0-2",
        format!("Version on the licence: {}; highest usable version: {}.", name(printed), name(owned)),
    );
    let lost = line.sa.len() - chain.len();
    if lost > 0 {
        working.by_rule(
            "C0-4",
            format!("{lost} Software Assurance terms do not count: attached too late, or after a gap."),
        );
    }
    if let Some(end) = chain.last() {
        working.by_rule("C0-2", format!("Software Assurance without a gap until {}.", end.until));
    }
}
