//! When the support of one installation ends, by the rules alone.

use jiff::civil::Date;

use crate::model::{Fact, Installation, SharedText, SupportStatus, edition_name};
use crate::rules::{EarlierEnd, Product, Release, SupportPhase};

use super::Moment;

/// The phase that counts only where it was bought.
const PAID: &str = "paid-extended";

/// What the rules say of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub status: SupportStatus,
    /// Last day of free support.
    pub until: Option<Date>,
    /// Where that day comes from.
    pub source: Option<SharedText>,
    pub verified: bool,
    pub reason: SharedText,
    /// The support that can be bought beyond it.
    pub paid: Option<SupportPhase>,
}

impl Verdict {
    /// Nobody knows.
    pub fn unknown(reason: String) -> Self {
        Self {
            status: SupportStatus::Unknown,
            until: None,
            source: None,
            verified: true,
            reason: reason.into(),
            paid: None,
        }
    }

    /// A release that is kept current and has no end of its own.
    fn rolling() -> Self {
        Self {
            status: SupportStatus::Supported,
            until: None,
            source: None,
            verified: true,
            reason: "supported while it is kept current: the release has no end of its own".into(),
            paid: None,
        }
    }

    /// Says more.
    fn add(&mut self, more: &str) {
        self.reason = format!("{}{more}", self.reason).into();
    }

    /// Support up to and with the day `until`.
    fn until(until: Date, source: &str, verified: bool, moment: &Moment) -> Self {
        let (status, reason) = if until < moment.as_of {
            (SupportStatus::OutOfSupport, format!("support ended on {until}"))
        } else if until <= moment.horizon {
            (SupportStatus::Ending, format!("support ends on {until}, within {} months", moment.months))
        } else {
            (SupportStatus::Supported, format!("supported until {until}"))
        };
        Self { status, until: Some(until), source: Some(source.into()), verified, reason: reason.into(), paid: None }
    }
}

/// The verdict on an installation: over every release and edition it may be, where these are not known exactly. If the
/// answer hangs on what is not known, it is unknown.
pub(super) fn verdict(product: &Product, installation: &Installation, moment: &Moment) -> Verdict {
    let version = match &installation.version {
        Fact::Unknown { reason } => return Verdict::unknown(format!("version not known: {reason}")),
        known => known.value().map_or("", String::as_str),
    };
    let releases = product.releases_named(version);
    if releases.is_empty() {
        return Verdict::unknown(format!("the rules know no release {version} of {}", product.name));
    }
    let edition = installation.edition.value().map(String::as_str);
    let verdicts: Vec<Verdict> = releases
        .iter()
        .flat_map(|release| editions(release, edition).into_iter().map(move |edition| (*release, edition)))
        .map(|(release, edition)| of_release(release, edition, installation.build_number.as_deref(), moment))
        .collect();
    agreed(verdicts, product, version, releases.len())
}

/// The editions to look at: the one installed, else every edition that some phase tells apart and, where a phase holds
/// for all, any other.
fn editions<'r>(release: &'r Release, installed: Option<&'r str>) -> Vec<Option<&'r str>> {
    if installed.is_some() {
        return vec![installed];
    }
    let mut editions: Vec<Option<&str>> =
        release.support.iter().flat_map(|phase| &phase.editions).map(|name| Some(name.as_str())).collect();
    if editions.is_empty() || release.support.iter().any(|phase| phase.phase != PAID && phase.editions.is_empty()) {
        editions.push(None);
    }
    editions.sort_unstable();
    editions.dedup();
    editions
}

/// The one verdict where all agree on the status; of several days the earliest still to come, or the latest gone by.
fn agreed(mut verdicts: Vec<Verdict>, product: &Product, version: &str, releases: usize) -> Verdict {
    verdicts.sort_by_key(|verdict| verdict.until);
    let same = verdicts.windows(2).all(|pair| pair[0].status == pair[1].status);
    if !same {
        let what = if releases > 1 { "release" } else { "edition" };
        let days: Vec<String> =
            verdicts.iter().filter_map(|verdict| verdict.until).map(|day| day.to_string()).collect();
        let span = match (days.first(), days.last()) {
            (Some(first), Some(last)) => format!(", between {first} and {last}"),
            _ => String::new(),
        };
        return Verdict::unknown(format!(
            "the end of {} {version} depends on the {what}, which is not known{span}",
            product.name
        ));
    }
    let gone = verdicts.first().is_some_and(|verdict| verdict.status == SupportStatus::OutOfSupport);
    let chosen = if gone { verdicts.pop() } else { verdicts.into_iter().next() };
    chosen.unwrap_or_else(|| Verdict::unknown(format!("the rules know no release {version} of {}", product.name)))
}

/// The verdict on one release in one edition. An installer's number stays behind later patches, so it only warns.
fn of_release(release: &Release, edition: Option<&str>, build: Option<&str>, moment: &Moment) -> Verdict {
    let earlier = release.unsupported_before_build.as_ref().filter(|limit| is_below(build, limit));
    if let Some(limit) = earlier.filter(|limit| !limit.ignore_minor) {
        let mut verdict = Verdict::until(limit.until, &limit.source, limit.verified, moment);
        verdict.add(&format!(" for builds before {}", limit.build));
        return verdict;
    }
    let holds = |phase: &&SupportPhase| {
        phase.editions.is_empty() || edition.is_some_and(|edition| phase.editions.iter().any(|name| name == edition))
    };
    let last = |paid: bool| {
        release
            .support
            .iter()
            .filter(holds)
            .filter(|phase| (phase.phase == PAID) == paid)
            .max_by_key(|phase| phase.until)
    };
    let Some(free) = last(false) else {
        return if release.rolling { Verdict::rolling() } else { no_date(release, edition) };
    };
    let mut verdict = Verdict::until(free.until, &free.source, free.verified, moment);
    if let Some(note) = &free.note {
        verdict.add(&format!(" ({note})"));
    }
    if let Some(limit) = earlier.filter(|limit| limit.until < moment.as_of) {
        verdict.add(&format!(
            "; the setup is older than {}, whose predecessors ended on {}: check that it was patched since",
            limit.build, limit.until
        ));
    }
    verdict.paid = last(true).cloned();
    verdict
}

fn no_date(release: &Release, edition: Option<&str>) -> Verdict {
    Verdict::unknown(match edition.filter(|_| !release.support.is_empty()) {
        Some(edition) => format!(
            "the rules hold no end of the release {} for the edition {}",
            release.version,
            edition_name(edition)
        ),
        None => format!(
            "the rules hold no end of the release {}: none was announced when they were written",
            release.version
        ),
    })
}

/// Whether a build lies below a limit, number by number; a build that is not stated lies below nothing.
fn is_below(build: Option<&str>, limit: &EarlierEnd) -> bool {
    let Some(build) = build.map(numbers).filter(|numbers| !numbers.is_empty()) else { return false };
    let bound = numbers(&limit.build);
    let without_minor = |numbers: Vec<u64>| -> Vec<u64> {
        let skip = if limit.ignore_minor { Some(1) } else { None };
        numbers.into_iter().enumerate().filter(|(index, _)| Some(*index) != skip).map(|(_, number)| number).collect()
    };
    without_minor(build) < without_minor(bound)
}

/// The numbers of a build: `13.2.5026.0` is 13, 2, 5026, 0; what follows a blank is no part of it.
fn numbers(build: &str) -> Vec<u64> {
    build.split_whitespace().next().unwrap_or_default().split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(build: &str, ignore_minor: bool) -> EarlierEnd {
        EarlierEnd { build: build.into(), until: Date::MAX, source: String::new(), verified: true, ignore_minor }
    }

    #[test]
    fn builds_are_compared_number_by_number() {
        assert!(is_below(Some("6.1.7600"), &limit("6.1.7601", false)));
        assert!(!is_below(Some("6.1.7601 N/A Build 7601"), &limit("6.1.7601", false)));
        assert!(!is_below(Some("6.1.10000"), &limit("6.1.7601", false)));
        assert!(!is_below(None, &limit("6.1.7601", false)));
    }

    #[test]
    fn the_service_pack_in_the_second_number_is_left_out_where_the_rule_says_so() {
        assert!(is_below(Some("13.2.5026.0"), &limit("13.0.6300", true)));
        assert!(!is_below(Some("13.3.6300.2"), &limit("13.0.6300", true)));
    }
}
