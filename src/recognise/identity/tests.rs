//! What identity promises.

use jiff::civil::Date;
use jiff::civil::date;
use proptest::prelude::*;

use super::{Identified, IdentifiedHost, Sighting, identify};
use crate::model::{
    ADDRESS_REMARK, Fact, HostId, Locator, Machine, ObservedHost, ObservedOperatingSystem, Place, Placement, Processor,
    SourceId, View,
};

const UUID: &str = "564d7e0d-f382-52e2-62d0-a7b8e1f7b111";
const UUID_SWAPPED: &str = "0D7E4D56-82F3-E252-62D0-A7B8E1F7B111";
const VMWARE_SERIAL: &str = "VMware-56 4d 7e 0d f3 82 52 e2-62 d0 a7 b8 e1 f7 b1 11";
const OTHER_UUID: &str = "33e737a8-f827-11df-9297-47c0a301005a";

fn sighting(source: u32, organisation: &str, view: View, name: &str, with: impl FnOnce(&mut ObservedHost)) -> Sighting {
    let mut observed = ObservedHost::new(Place::Whole, view, name);
    observed.captured = Some(date(2026, 10, 1));
    with(&mut observed);
    Sighting { source: SourceId(source), organisation: organisation.into(), observed, software: None }
}

fn agent(source: u32, name: &str, with: impl FnOnce(&mut ObservedHost)) -> Sighting {
    sighting(source, "brent", View::Agent, name, with)
}

fn guest(source: u32, name: &str, with: impl FnOnce(&mut ObservedHost)) -> Sighting {
    sighting(source, "brent", View::Guest, name, with)
}

fn hypervisor(source: u32, name: &str, with: impl FnOnce(&mut ObservedHost)) -> Sighting {
    sighting(source, "brent", View::Hypervisor, name, with)
}

fn on(place: u32) -> Place {
    Place::Row { sheet: "vInfo".into(), row: place }
}

fn junk() -> Vec<String> {
    ["to be filled by o.e.m.", "none", "0123456789", "03000200-0400-0500-0006-000700080009"].map(str::to_owned).to_vec()
}

fn identified(sightings: &[Sighting]) -> Identified {
    identify(sightings, &junk())
}

fn only(identified: &Identified) -> &IdentifiedHost {
    assert_eq!(identified.hosts.len(), 1, "{:#?}", identified.hosts);
    &identified.hosts[0]
}

fn named<'a>(identified: &'a Identified, name: &str) -> &'a IdentifiedHost {
    let host = identified.hosts.iter().find(|host| host.host.name == name);
    host.unwrap_or_else(|| panic!("no host {name} among {:?}", names(identified)))
}

fn names(identified: &Identified) -> Vec<&str> {
    identified.hosts.iter().map(|host| host.host.name.as_str()).collect()
}

fn cores(cores: &[u32]) -> Option<Vec<Processor>> {
    Some(cores.iter().map(|&cores| Processor { cores, enabled_cores: None }).collect())
}

#[test]
fn a_byte_swapped_uuid_is_the_same_machine() {
    let found = identified(&[
        guest(0, "vm-display-name", |host| host.uuid = Some(UUID.into())),
        agent(1, "SQL01", |host| host.uuid = Some(UUID_SWAPPED.into())),
    ]);
    let host = only(&found);
    assert_eq!(host.host.joined_by, ["same UUID, byte-swapped"]);
    assert_eq!(host.host.uuid.as_deref(), Some(UUID));
    assert_eq!(host.host.name, "SQL01");
}

#[test]
fn a_vmware_serial_number_is_a_uuid() {
    let found = identified(&[
        guest(0, "vm", |host| host.uuid = Some(UUID.into())),
        agent(1, "SQL01", |host| host.serial = Some(VMWARE_SERIAL.into())),
    ]);
    assert_eq!(only(&found).host.joined_by, ["same UUID, from the serial number"]);
    assert_eq!(only(&found).host.serial, None);
    let alone = identified(&[agent(1, "SQL01", |host| host.serial = Some(VMWARE_SERIAL.into()))]);
    assert_eq!(only(&alone).host.machine, Machine::Guest);
}

#[test]
fn a_cloned_uuid_on_two_live_machines_joins_nothing_and_is_a_finding() {
    let found = identified(&[
        agent(0, "SQL01", |host| (host.uuid, host.serial) = (Some(UUID.into()), Some("CZC0479792".into()))),
        agent(1, "SQL02", |host| (host.uuid, host.serial) = (Some(UUID.into()), Some("CZC0479793".into()))),
    ]);
    assert_eq!(names(&found), ["SQL01", "SQL02"]);
    assert_eq!(found.findings[0].key.0, format!("shared-identifier:brent/uuid/{UUID_SWAPPED}").to_lowercase());
    assert!(found.findings[0].text.contains("different serial numbers"), "{}", found.findings[0].text);
}

#[test]
fn a_cloned_guest_is_two_machines_while_both_live_and_one_after_a_renaming() {
    let pair = |second: Date| {
        [
            agent(0, "SQL01", |host| host.uuid = Some(UUID.into())),
            agent(1, "SQL02", |host| (host.uuid, host.captured) = (Some(UUID_SWAPPED.into()), Some(second))),
        ]
    };
    assert_eq!(names(&identified(&pair(date(2026, 10, 9)))), ["SQL01", "SQL02"]);
    assert_eq!(names(&identified(&pair(date(2027, 3, 1)))), ["SQL02"]);
}

#[test]
fn clones_are_still_joined_with_their_own_rows_by_name() {
    let found = identified(&[
        agent(0, "SQL01", |host| host.uuid = Some(UUID.into())),
        agent(1, "SQL02", |host| host.uuid = Some(UUID.into())),
        guest(2, "sql01", |host| (host.uuid, host.place) = (Some(UUID.into()), on(2))),
        guest(2, "sql02", |host| (host.uuid, host.place) = (Some(UUID.into()), on(3))),
    ]);
    assert_eq!(names(&found), ["SQL01", "SQL02"]);
    assert_eq!(found.hosts[0].host.joined_by, ["same name within brent"]);
}

#[test]
fn junk_serial_numbers_join_nothing() {
    for serial in ["To Be Filled By O.E.M.", "None", "00000000", "....", "0123456789", " "] {
        let found = identified(&[
            agent(0, "PC-1", |host| host.serial = Some(serial.into())),
            agent(1, "PC-2", |host| host.serial = Some(serial.into())),
        ]);
        assert_eq!(names(&found), ["PC-1", "PC-2"], "{serial}");
        assert!(found.findings.is_empty());
    }
    let junk_uuid = "00020003-0004-0005-0006-000700080009";
    let found = identified(&[
        agent(0, "PC-1", |host| host.uuid = Some(junk_uuid.into())),
        agent(1, "PC-2", |host| host.uuid = Some(junk_uuid.into())),
    ]);
    assert_eq!(found.hosts.len(), 2, "junk is junk in either byte order");
}

#[test]
fn different_serial_numbers_never_join_by_name() {
    let found = identified(&[
        agent(0, "PC-0042", |host| host.serial = Some("AAA1111".into())),
        agent(1, "PC-0042", |host| host.serial = Some("BBB2222".into())),
        agent(2, "PC-0042", |_| {}),
    ]);
    assert_eq!(names(&found), ["PC-0042 (3)", "PC-0042 (AAA1111)", "PC-0042 (BBB2222)"]);
    assert_eq!(found.findings.len(), 1);
}

#[test]
fn a_serial_number_joins_a_renamed_machine() {
    let found = identified(&[
        agent(0, "DESKTOP-1", |host| {
            (host.serial, host.captured) = (Some("czc0479792".into()), Some(date(2025, 1, 1)))
        }),
        agent(1, "PC-1", |host| host.serial = Some("CZC0479792 ".into())),
    ]);
    assert_eq!(only(&found).host.name, "PC-1");
    assert_eq!(only(&found).host.serial.as_deref(), Some("CZC0479792"));
    assert_eq!(only(&found).host.joined_by, ["same serial number"]);
}

#[test]
fn a_short_name_is_the_same_machine_as_its_qualified_name() {
    let found = identified(&[
        agent(0, "SQL01", |_| {}),
        guest(1, "sql01.brent.gov.uk", |_| {}),
        agent(2, "sql01", |host| host.domain = Some("brent.gov.uk".into())),
    ]);
    let host = &only(&found).host;
    assert_eq!(host.joined_by, ["same fully qualified name", "same name within brent"]);
    assert_eq!(host.fqdn.as_deref(), Some("sql01.brent.gov.uk"));
    assert_eq!(host.name, "SQL01");
}

#[test]
fn one_short_name_under_two_domains_is_two_machines() {
    let found =
        identified(&[agent(0, "web.finance.brent.gov.uk", |_| {}), agent(1, "web.library.brent.gov.uk", |_| {})]);
    assert_eq!(names(&found), ["web (web.finance.brent.gov.uk)", "web (web.library.brent.gov.uk)"]);
}

#[test]
fn the_same_short_name_in_two_organisations_is_two_machines() {
    let found = identified(&[
        sighting(0, "brent", View::Agent, "DC01", |_| {}),
        sighting(1, "lewisham", View::Agent, "DC01", |_| {}),
        sighting(2, "lewisham", View::Agent, "DC01.local", |_| {}),
        sighting(3, "brent", View::Agent, "DC01.local", |_| {}),
    ]);
    assert_eq!(names(&found), ["DC01", "DC01"]);
    assert!(found.findings.is_empty());
}

#[test]
fn hypervisors_join_across_organisations_by_uuid_only() {
    let pair = |uuid: Option<&str>| {
        [
            sighting(0, "shared", View::Guest, "sql01.lewisham.gov.uk", |host| host.uuid = uuid.map(str::to_owned)),
            sighting(1, "lewisham", View::Agent, "sql01.lewisham.gov.uk", |host| host.uuid = uuid.map(str::to_owned)),
        ]
    };
    assert_eq!(identified(&pair(None)).hosts.len(), 2);
    let found = identified(&pair(Some(UUID)));
    assert_eq!(only(&found).host.organisation, "lewisham");
}

#[test]
fn a_guest_runs_on_the_host_its_export_names_by_short_name_qualified_name_or_address() {
    for runs_on in ["esx01", "ESX01.brent.gov.uk", "10.0.0.5"] {
        let found = identified(&[
            hypervisor(0, "esx01.brent.gov.uk", |host| host.remarks.push((ADDRESS_REMARK.into(), "10.0.0.5".into()))),
            guest(0, "sql01", |host| (host.runs_on, host.place) = (Some(runs_on.into()), on(2))),
        ]);
        assert_eq!(named(&found, "sql01").host.runs_on(), Some(HostId(0)), "{runs_on}");
        assert_eq!(names(&found)[0], "esx01");
    }
}

#[test]
fn a_host_name_borne_twice_is_sought_in_the_same_organisation_and_cluster() {
    let mut sightings = vec![
        sighting(0, "brent", View::Hypervisor, "esx01", |_| {}),
        sighting(1, "southwark", View::Hypervisor, "esx01", |_| {}),
        sighting(2, "southwark", View::Guest, "sql01", |host| host.runs_on = Some("esx01".into())),
        sighting(3, "lewisham", View::Guest, "web01", |host| host.runs_on = Some("esx01".into())),
    ];
    let found = identified(&sightings);
    let host = |id: HostId| found.hosts[id.0 as usize].host.organisation.as_str();
    assert_eq!(named(&found, "sql01").host.runs_on().map(host), Some("southwark"));
    let Some(Fact::Unknown { reason }) = &named(&found, "web01").host.placement else { panic!("it is not known") };
    assert_eq!(reason, "no host of lewisham is called `esx01`, only 2 of other organisations");

    sightings[0].observed.fqdn = Some("esx01.a.brent.gov.uk".into());
    sightings[0].observed.uuid = Some(UUID.into());
    sightings.push(sighting(4, "brent", View::Hypervisor, "esx01", |host| {
        (host.uuid, host.cluster) = (Some(OTHER_UUID.into()), Some("Prod".into()));
    }));
    sightings.push(sighting(5, "brent", View::Guest, "app01", |host| {
        (host.runs_on, host.cluster) = (Some("esx01".into()), Some("Prod".into()));
    }));
    sightings.push(sighting(6, "brent", View::Guest, "app02", |host| host.runs_on = Some("esx01".into())));
    let found = identified(&sightings);
    let id = named(&found, "app01").host.runs_on().expect("the cluster decides");
    assert_eq!(found.hosts[id.0 as usize].host.uuid.as_deref(), Some(OTHER_UUID));
    let Some(Fact::Unknown { reason }) = &named(&found, "app02").host.placement else { panic!("it is not known") };
    assert_eq!(reason, "2 hosts are called `esx01`; none of them is surely the one");
}

#[test]
fn a_guest_that_no_hypervisor_lists_has_an_unknown_place() {
    let found = identified(&[agent(0, "sql01", |host| host.is_virtual = Some(true))]);
    let host = &only(&found).host;
    assert_eq!(host.machine, Machine::Guest);
    let reason = "no hypervisor export lists this guest; add RVTools or the host's own inventory";
    assert_eq!(host.placement, Some(Fact::unknown(reason)));
}

#[test]
fn a_guest_in_a_public_cloud_has_that_place() {
    let found = identified(&[guest(0, "sql01", |host| host.platform = Some("Microsoft Azure".into()))]);
    assert_eq!(only(&found).host.cloud(), Some("azure"));
}

#[test]
fn hypervisors_outrank_agents_for_hardware_and_agents_outrank_them_for_the_system() {
    let system = |caption: &str| Some(ObservedOperatingSystem { caption: caption.into(), ..Default::default() });
    let found = identified(&[
        guest(0, "sql01", |host| {
            (host.uuid, host.vcpus, host.powered_on) = (Some(UUID.into()), Some(8), Some(false));
            host.captured = Some(date(2026, 1, 1));
            host.operating_system = system("Microsoft Windows Server 2012 (64-bit)");
        }),
        agent(1, "SQL01", |host| {
            (host.uuid, host.processors, host.is_virtual) = (Some(UUID_SWAPPED.into()), cores(&[2, 2]), Some(false));
            host.operating_system = system("Microsoft Windows Server 2012 R2 Standard");
        }),
    ]);
    let host = only(&found);
    assert_eq!(host.host.machine, Machine::Guest);
    assert_eq!(host.host.vcpus.value(), Some(&8));
    assert!(!host.host.powered_on);
    assert_eq!(host.operating_system, Some(1));
    assert_eq!(host.host.last_seen, Some(date(2026, 10, 1)));
    let place = Locator { source: SourceId(0), place: Place::Whole };
    assert_eq!(host.host.evidence[0], place);
}

#[test]
fn what_a_guest_sees_of_processors_are_its_virtual_processors() {
    let found = identified(&[agent(0, "sql01", |host| {
        (host.is_virtual, host.processors, host.logical_processors) = (Some(true), cores(&[1, 1]), Some(4));
    })]);
    assert_eq!(only(&found).host.vcpus.value(), Some(&4));
    assert!(!only(&found).host.processors.is_known());
}

#[test]
fn sources_of_equal_rank_and_date_that_differ_are_conflicting_and_the_higher_is_used() {
    let found = identified(&[
        agent(0, "srv1", |host| host.processors = cores(&[4])),
        agent(1, "srv1", |host| host.processors = cores(&[4, 4])),
        agent(2, "srv1", |host| (host.processors, host.captured) = (cores(&[16]), Some(date(2020, 1, 1)))),
    ]);
    let Fact::Conflicting { values } = &only(&found).host.processors else { panic!("they contradict each other") };
    assert_eq!(values.len(), 2);
    assert_eq!(values[0].0.len(), 2);
    let told = &found.contradictions[0];
    assert_eq!((told.host.as_str(), told.fact), ("srv1", "processors"));
    assert_eq!(told.finding.key.0, "contradiction:brent/srv1/processors");
}

#[test]
fn a_host_that_runs_guests_bears_its_hypervisor() {
    let found = identified(&[
        hypervisor(0, "hv01", |host| {
            (host.platform, host.processors) = (Some("VMware ESXi 7.0.3".into()), cores(&[16, 16]))
        }),
        agent(1, "HV01", |host| (host.platform, host.is_virtual) = (Some("Hyper-V".into()), Some(true))),
    ]);
    let host = &only(&found).host;
    assert_eq!(host.hypervisor.as_deref(), Some("VMware ESXi 7.0.3"));
    assert_eq!(host.machine, Machine::Physical);
    assert_eq!(host.placement, None);
}

#[test]
fn templates_are_left_out_and_counted() {
    let found = identified(&[guest(0, "gold-image", |host| host.template = true), agent(1, "pc", |_| {})]);
    assert_eq!(names(&found), ["pc"]);
    assert_eq!(found.templates, [0]);
}

#[test]
fn a_partial_inventory_changes_what_it_states_and_erases_nothing() {
    let mut full = agent(0, "pc", |host| (host.captured, host.cluster) = (Some(date(2026, 9, 1)), Some("Prod".into())));
    full.observed.processors = cores(&[4]);
    full.software = Some(0);
    let mut delta = agent(1, "pc", |host| host.partial = true);
    let found = identified(&[full.clone(), delta.clone()]);
    assert_eq!(only(&found).software, [0], "it carries no list");
    assert_eq!(only(&found).host.cluster.as_deref(), Some("Prod"));
    assert!(only(&found).host.processors.is_known());
    delta.software = Some(1);
    assert_eq!(only(&identified(&[full, delta])).software, [1], "its list replaces the other");
}

#[test]
fn lists_that_complement_each_other_all_count_unless_a_whole_one_is_newer() {
    let whole = agent(0, "pc", |host| host.captured = Some(date(2026, 9, 1)));
    let part = |source, day| agent(source, "pc", |host| (host.complements, host.captured) = (true, day));
    let numbered = |mut lists: Vec<Sighting>| {
        lists.iter_mut().enumerate().for_each(|(index, sighting)| sighting.software = Some(index));
        lists
    };
    let (older, newer) = (part(1, Some(date(2026, 8, 1))), part(2, Some(date(2026, 9, 2))));
    let undated = part(3, None);
    let found = identified(&numbered(vec![whole, older.clone(), newer.clone(), undated.clone()]));
    assert_eq!(only(&found).software, [0, 2, 3]);
    assert_eq!(only(&identified(&numbered(vec![older, newer, undated]))).software, [0, 1, 2], "no whole list");
}

#[test]
fn a_software_list_of_an_agent_counts_before_any_other_and_the_newest_first() {
    let mut lists = vec![
        agent(0, "pc", |host| host.captured = Some(date(2026, 9, 1))),
        agent(1, "pc", |_| {}),
        guest(2, "pc", |host| host.captured = Some(date(2026, 12, 1))),
        agent(3, "pc", |host| host.captured = None),
    ];
    for (index, sighting) in lists.iter_mut().enumerate() {
        sighting.software = Some(index);
    }
    assert_eq!(only(&identified(&lists)).software, [1]);
}

#[test]
fn nobody_is_called_localhost() {
    let found = identified(&[agent(0, "localhost", |_| {}), agent(1, "localhost.localdomain", |_| {})]);
    assert_eq!(found.hosts.len(), 2);
}

/// Everything of the answer, without the numbers of the sightings.
fn told(sightings: &[Sighting], found: &Identified) -> Vec<String> {
    let place = |index: &usize| format!("{:?}", sightings[*index].locator());
    let mut told: Vec<String> = found
        .hosts
        .iter()
        .map(|host| {
            let sightings: Vec<String> = host.sightings.iter().map(place).collect();
            let (software, system) =
                (host.software.iter().map(place).collect::<Vec<_>>(), host.operating_system.as_ref().map(place));
            format!("{:?} {sightings:?} {software:?} {system:?}", host.host)
        })
        .collect();
    told.push(format!("{:?} {:?}", found.findings, found.contradictions));
    told
}

fn any_sighting() -> impl Strategy<Value = Sighting> {
    let view = prop_oneof![Just(View::Agent), Just(View::Guest), Just(View::Hypervisor)];
    let names = vec!["a", "A.x.org", "a.y.org", "b", "b.x.org", "esx", "localhost", "10.0.0.1"];
    let uuids = [None, Some(UUID), Some(UUID_SWAPPED), Some(OTHER_UUID), Some("nonsense")];
    let serials = [None, None, Some("S-111"), Some("s-222"), Some("none"), Some(VMWARE_SERIAL)];
    (
        (view, prop::sample::select(names), prop::sample::select(vec!["brent", "lewisham"])),
        (prop::sample::select(uuids.to_vec()), prop::sample::select(serials.to_vec())),
        (
            prop::sample::select(vec![None, Some("esx"), Some("b")]),
            0u32..3,
            0i8..3,
            any::<Option<bool>>(),
            any::<bool>(),
        ),
    )
        .prop_map(|((view, name, organisation), (uuid, serial), (runs_on, size, month, is_virtual, partial))| {
            let mut sighting = sighting(0, organisation, view, name, |host| {
                (host.uuid, host.serial) = (uuid.map(str::to_owned), serial.map(str::to_owned));
                (host.runs_on, host.is_virtual, host.partial) = (runs_on.map(str::to_owned), is_virtual, partial);
                host.captured = (month > 0).then(|| date(2026, month * 3, 1));
                host.processors = (size > 0).then(|| vec![Processor { cores: size, enabled_cores: None }]);
            });
            sighting.software = (size == 1).then_some(7);
            sighting
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_input_does_not_matter(
        (sightings, shuffled) in prop::collection::vec(any_sighting(), 0..12).prop_map(|mut sightings| {
            for (index, sighting) in sightings.iter_mut().enumerate() {
                sighting.source = SourceId(u32::try_from(index / 3).expect("few"));
                sighting.observed.place = Place::Line(u32::try_from(index).expect("few"));
            }
            sightings
        }).prop_flat_map(|sightings| (Just(sightings.clone()), Just(sightings).prop_shuffle()))
    ) {
        prop_assert_eq!(told(&sightings, &identified(&sightings)), told(&shuffled, &identified(&shuffled)));
    }

    #[test]
    fn every_sighting_is_in_exactly_one_host(sightings in prop::collection::vec(any_sighting(), 0..12)) {
        let found = identified(&sightings);
        let mut seen: Vec<usize> = found.hosts.iter().flat_map(|host| host.sightings.clone()).collect();
        seen.extend(&found.templates);
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..sightings.len()).collect::<Vec<_>>());
        for host in &found.hosts {
            if let Some(Fact::Known { value: Placement::On(id), .. }) = &host.host.placement {
                prop_assert!((id.0 as usize) < found.hosts.len());
            }
        }
    }
}
