//! How much of an organisation the inventory shows: every count with the hosts behind it.

use crate::model::{Coverage, HostSummary, thousands};

use super::teller::{Teller, count, figure, section};
use super::{Explanation, Item, Section};

/// Explains the coverage of one organisation.
pub(super) fn explain(teller: &Teller<'_>, coverage: &Coverage) -> Explanation {
    let of = teller.outcome.names.organisation(&coverage.organisation);
    let mut explanation = teller.begin(coverage.key().0, format!("How much of {of} the inventory shows"));
    explanation.figures = vec![
        figure("hosts", coverage.hosts),
        figure("with inventory", coverage.inventoried),
        figure("without", coverage.not_inventoried),
        figure("stale", coverage.stale),
        figure("guests on unknown hosts", coverage.unplaced),
        figure("virtualisation hosts", coverage.virtualisation_hosts),
    ];
    let hosts: Vec<&HostSummary> =
        teller.outcome.hosts.iter().filter(|host| host.organisation == coverage.organisation).collect();
    let of_kind = |heading: &str, units: u32, wanted: &dyn Fn(&HostSummary) -> bool| -> Section {
        let listed: Vec<Item> = hosts.iter().filter(|host| wanted(host)).map(|host| teller.host_item(host)).collect();
        section(format!("{heading}: {}", count(units)), listed)
    };
    explanation.sections = vec![
        section("The figures", equations(coverage, &hosts)),
        of_kind("Hosts without an inventory of their software", coverage.not_inventoried, &|host| {
            !host.inventoried && !host.is_virtualisation_host()
        }),
        of_kind("Hosts whose newest inventory is too old", coverage.stale, &|host| host.stale),
        of_kind("Guests whose host nobody knows", coverage.unplaced, &HostSummary::is_unplaced),
        of_kind("Virtualisation hosts", coverage.virtualisation_hosts, &HostSummary::is_virtualisation_host),
        of_kind("Hosts with an inventory of their software", coverage.inventoried, &|host| host.inventoried),
    ];
    explanation
}

fn equations(coverage: &Coverage, hosts: &[&HostSummary]) -> Vec<Item> {
    let hypervisors_alone = hosts.iter().filter(|host| !host.inventoried && host.is_virtualisation_host()).count();
    let share = (u64::from(coverage.inventoried) * 100).checked_div(u64::from(coverage.hosts));
    let mut items = vec![Item::say(format!(
        "hosts {} = {} with an inventory of their software + {} without + {} virtualisation hosts known from their \
         platform alone",
        count(coverage.hosts),
        count(coverage.inventoried),
        count(coverage.not_inventoried),
        thousands(hypervisors_alone as u64)
    ))];
    if let Some(share) = share {
        let text = format!(
            "share = {} × 100 / {} = {share} %, rounded down",
            count(coverage.inventoried),
            count(coverage.hosts)
        );
        items.push(Item::say(text));
    }
    let records = &coverage.records;
    let nowhere = match records.without_machine {
        0 => String::new(),
        count => format!(" + {} of no known machine", thousands(count)),
    };
    items.push(Item::say(format!(
        "software records {} = {} installations + {} components + {} not licensable + {} duplicates + {} unrecognised{nowhere}",
        thousands(records.records),
        thousands(records.installations),
        thousands(records.components),
        thousands(records.not_licensable),
        thousands(records.duplicates),
        thousands(records.unrecognised)
    )));
    items
}
