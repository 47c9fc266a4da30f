//! Suites that nobody assigned are placed for all the families they join: what these miss together is the least, as an
//! exhaustive search finds it, and every unit of a suite stands on one host.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use trueup::assess;
use trueup::model::{Answer, Assessment, Estate, Metric, Reading};
use trueup::rules::{Case, Rules, Settings, parse_cases};

static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults)));

const WINDOWS: &str = "windows-server";
const MANAGEMENT: &str = "system-center";
const SUITE: &str = "core-infrastructure-suite";
const FAMILIES: [&str; 2] = [WINDOWS, MANAGEMENT];
const EDITIONS: [&str; 2] = ["standard", "datacenter"];

/// A host of so many cores with guests: some run Windows and are managed, some only run Windows, some are only managed.
#[derive(Debug, Clone, Copy)]
struct Server {
    cores: u32,
    both: u32,
    windows: u32,
    managed: u32,
    /// Whether its Windows is of 2016, and not of 2022.
    is_old: bool,
}

impl Server {
    /// Operating systems that count for a family.
    fn systems(self, family: usize) -> u32 {
        self.both + [self.windows, self.managed][family]
    }

    /// Units of an edition: sets of two operating systems, or one set for all.
    fn need(self, family: usize, edition: usize) -> u32 {
        match (self.systems(family), edition) {
            (0, _) => 0,
            (systems, 0) => systems.div_ceil(2) * self.cores,
            _ => self.cores,
        }
    }
}

/// A small estate: units owned by edition, of either family and of the suite.
#[derive(Debug, Clone)]
struct Small {
    servers: Vec<Server>,
    single: [[u32; 2]; 2],
    suite: [u32; 2],
    /// Units of the suite Standard of 2016 without Software Assurance.
    old_suite: u32,
}

/// Numbers that look thrown, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(sides)).expect("fewer than the sides")
    }
}

impl Small {
    /// Everything in steps of so many units.
    fn thrown(dice: &mut Dice, step: u32, with_old: bool) -> Self {
        let mut server = || Server {
            cores: 16 + step * dice.roll(16 / step + 1),
            both: dice.roll(4),
            windows: dice.roll(3),
            managed: dice.roll(3),
            is_old: with_old && dice.roll(2) == 0,
        };
        let servers = (0..3).map(|_| server()).collect();
        let mut units = |most: u32| if dice.roll(2) == 0 { 0 } else { step * dice.roll(most / step) };
        let single = [[units(48), units(32)], [units(48), units(32)]];
        let suite = [units(72).max(step), units(48)];
        let old_suite = if with_old { units(48) } else { 0 };
        Self { servers, single, suite, old_suite }
    }

    /// The estate as a case; `order` turns the lists round.
    fn case(&self, order: bool) -> Case {
        let mut hosts = Vec::new();
        for (number, server) in self.servers.iter().enumerate() {
            let (half, rest) = (server.cores / 2, server.cores - server.cores / 2);
            hosts.push(format!("name = \"h{number}\"\nprocessors = [{half}, {rest}]\nhypervisor = \"esxi\"\n"));
            let managed = "managed_by = [\"system-center\"]\n";
            let version = if server.is_old { "2016" } else { "2022" };
            let windows = format!(
                "installs = [{{ product = \"windows-server\", edition = \"standard\", version = \"{version}\" }}]\n"
            );
            let windows = windows.as_str();
            let linux = "installs = [{ product = \"ubuntu\", version = \"22.04\" }]\n";
            let guests = [("b", server.both, [managed, windows]), ("w", server.windows, ["", windows])];
            for (name, count, facts) in guests.into_iter().chain([("m", server.managed, [managed, linux])]) {
                if count > 0 {
                    let facts = facts.concat();
                    hosts.push(format!(
                        "name = \"{name}{number}\"\ncount = {count}\non = \"h{number}\"\nvcpus = 4\n{facts}"
                    ));
                }
            }
        }
        let mut owned = Vec::new();
        for (edition, name) in EDITIONS.iter().enumerate() {
            let lines = [(WINDOWS, self.single[0][edition]), (MANAGEMENT, self.single[1][edition])];
            for (product, units) in
                lines.into_iter().chain([(SUITE, self.suite[edition])]).filter(|(_, units)| *units > 0)
            {
                owned.push(format!(
                    "product = \"{product}\"\nedition = \"{name}\"\nversion = \"2022\"\nmetric = \"core\"\n\
                     quantity = {units}\nbought = 2022-05-10\nsa = [{{ from = 2022-05-10, until = 2028-05-09 }}]\n"
                ));
            }
        }
        if self.old_suite > 0 {
            owned.push(format!(
                "product = \"{SUITE}\"\nedition = \"standard\"\nversion = \"2016\"\nmetric = \"core\"\n\
                 quantity = {}\nbought = 2017-05-10\n",
                self.old_suite
            ));
        }
        if order {
            hosts.reverse();
            owned.reverse();
        }
        let mut text = "[[case]]\nid = \"S\"\ntitle = \"thrown\"\nas_of = 2025-06-30\nsource = \"thrown\"\n".to_owned();
        hosts.iter().for_each(|host| write!(text, "\n[[case.host]]\n{host}").expect("a string takes text"));
        owned.iter().for_each(|line| write!(text, "\n[[case.entitlement]]\n{line}").expect("a string takes text"));
        let cases = parse_cases("thrown.toml", &text).unwrap_or_else(|faults| panic!("{faults:?}\n{text}"));
        cases.into_iter().next().expect("there is a case")
    }

    fn assessed(&self, order: bool) -> Assessment {
        let case = self.case(order);
        let estate = Estate::of_manifest(case.manifest);
        assess::assess(&estate, &RULES, &Settings::default(), case.as_of, &Reading::all(Answer::Strict))
    }

    /// The least that stays unmet, by trying every choice of editions and every placement of suites in such steps.
    fn least(&self, step: u32) -> u64 {
        // A higher edition than the one installed is taken where it is owned; management has none installed.
        let is_open = |family: usize, edition: usize| {
            family == 1 || edition == 0 || self.single[family][edition] + self.suite[edition] > 0
        };
        let mut least = u64::MAX;
        for choice in 0..4_u32.pow(3) {
            let edition = |family: usize, server: usize| ((choice >> (2 * server + family)) & 1) as usize;
            let mut all = (0..2).flat_map(|family| (0..3).map(move |server| (family, server)));
            if !all.all(|(family, server)| is_open(family, edition(family, server))) {
                continue;
            }
            let need = |family: usize, server: usize, wanted: usize| match edition(family, server) == wanted {
                true => self.servers[server].need(family, wanted),
                false => 0,
            };
            least = least.min((0..2).map(|wanted| self.least_of(wanted, &need, step)).sum());
        }
        least
    }

    /// The least unmet of one edition, over all placements of its suites.
    fn least_of(&self, edition: usize, need: &dyn Fn(usize, usize, usize) -> u32, step: u32) -> u64 {
        let old = if edition == 0 { self.old_suite } else { 0 };
        let mut least = u64::MAX;
        for placed in placements(self.suite[edition], step) {
            for old in placements(old, step) {
                let unmet = |family: usize| {
                    let beside = (0..3).map(|server| {
                        // What was bought in 2017 gives no right to Windows of 2022.
                        let serves = family == 1 || self.servers[server].is_old;
                        let given = placed[server] + if serves { old[server] } else { 0 };
                        need(family, server, edition).saturating_sub(given)
                    });
                    let unmet = beside.sum::<u32>().saturating_sub(self.single[family][edition]);
                    u64::from(unmet) * weight(family, edition)
                };
                least = least.min(unmet(0) + unmet(1));
            }
        }
        least
    }
}

/// Every way to place so many units on three hosts in such steps.
fn placements(units: u32, step: u32) -> Vec<[u32; 3]> {
    let steps = units / step;
    let on_two = (0..=steps).flat_map(|first| (0..=steps - first).map(move |second| [first, second]));
    on_two.map(|[first, second]| [first, second, steps - first - second].map(|steps| step * steps)).collect()
}

/// Relative price of a core.
fn weight(family: usize, edition: usize) -> u64 {
    let product = &RULES.products[FAMILIES[family]];
    let weight = product.weight(Some(EDITIONS[edition]), Metric::Core).expect("the rule file weighs it");
    (weight.to_string().parse::<f64>().expect("a number") * 100.0).round() as u64
}

/// What is missing of both families, by relative prices.
fn missing(assessment: &Assessment) -> u64 {
    let of_row = |row: &trueup::model::Position| {
        let family = FAMILIES.iter().position(|family| *family == row.product)?;
        let edition = EDITIONS.iter().position(|edition| Some(*edition) == row.edition.as_deref())?;
        Some(u64::from(row.shortfall) * weight(family, edition))
    };
    assessment.positions.iter().filter_map(of_row).sum()
}

/// Units of suites by purchase and host: the most that either family takes there.
fn standing(assessment: &Assessment, estate: &Estate) -> BTreeMap<(usize, String), u32> {
    let mut by_family: BTreeMap<(usize, String, String), u32> = BTreeMap::new();
    for spent in &assessment.allocations {
        let right = &assessment.entitlements[spent.entitlement];
        let chosen = assessment.chosen.iter().find(|chosen| chosen.requirement == spent.requirement);
        let way = chosen.expect("a way was chosen").alternative;
        let line = &assessment.requirements[spent.requirement].alternatives[way].lines[spent.line];
        if estate.purchases[right.line].product == SUITE {
            let [host] = &*line.hosts else { panic!("a set stands on one host") };
            let family = line.product.to_string();
            *by_family.entry((right.line, estate.host(*host).name.clone(), family)).or_default() += spent.units;
        }
    }
    let mut standing = BTreeMap::new();
    for ((line, host, _), units) in by_family {
        let most = standing.entry((line, host)).or_insert(0);
        *most = units.max(*most);
    }
    standing
}

#[test]
fn what_joined_families_miss_together_is_the_least_there_is() {
    // Finer steps than the estate is made in gain nothing.
    assert_eq!(proved(8, 2, 60, false), 60);
}

#[test]
fn the_least_is_found_too_where_no_number_is_a_multiple_of_another() {
    assert_eq!(proved(1, 1, 30, false), 30);
}

#[test]
fn where_one_suite_serves_less_than_another_the_least_is_found_or_the_gap_told() {
    let proved = proved(8, 8, 60, true);
    assert!(proved > 50, "only {proved} placements were proved");
}

/// Estates of numbers in such steps whose placement is proved, after each was held against the search.
fn proved(step: u32, steps_of_search: u32, estates: u32, with_old: bool) -> u32 {
    let mut dice = Dice(2_026);
    let (mut short, mut proved) = (0, 0);
    for round in 0..estates {
        let small = Small::thrown(&mut dice, step, with_old);
        let assessment = small.assessed(false);
        let least = small.least(steps_of_search);
        let is_proved = !assessment.notes.iter().any(|note| note.contains("not excluded"));
        proved += u32::from(is_proved);
        assert!(missing(&assessment) >= least, "round {round}, the search overlooked something: {small:?}");
        assert!(
            missing(&assessment) == least || !is_proved,
            "round {round}: {} where {least} is least: {small:?}",
            missing(&assessment)
        );
        short += u32::from(least > 0);
        let turned = missing(&small.assessed(true));
        assert_eq!(turned, missing(&assessment), "round {round}, the other way round: {small:?}");
        let estate = Estate::of_manifest(small.case(false).manifest);
        let mut used: BTreeMap<usize, u32> = BTreeMap::new();
        for ((line, _), units) in standing(&assessment, &estate) {
            *used.entry(line).or_default() += units;
        }
        for (line, units) in used {
            assert!(units <= estate.purchases[line].quantity, "round {round}: {units} of line {line} stand: {small:?}");
        }
    }
    assert!(2 * short > estates, "only {short} estates are short of anything");
    proved
}

/// Two hosts. One runs Windows and nobody states its processors; the other is only managed. Windows licences and a suite are
/// owned for sixteen cores each.
const UNSTATED: &str = r#"
[[case]]
id = "S"
title = "the processors of a host hang on a suite"
as_of = 2025-06-30
source = "thrown"

[[case.host]]
name = "a"
hypervisor = "esxi"

[[case.host]]
name = "b"
processors = [8, 8]
hypervisor = "esxi"

[[case.host]]
name = "w"
count = 9
on = "a"
vcpus = 4
installs = [{ product = "windows-server", edition = "datacenter", version = "2022" }]

[[case.host]]
name = "m"
count = 9
on = "b"
vcpus = 4
managed_by = ["system-center"]
installs = [{ product = "ubuntu", version = "22.04" }]

[[case.entitlement]]
product = "core-infrastructure-suite"
edition = "datacenter"
version = "2022"
metric = "core"
quantity = 16
bought = 2022-05-10
sa = [{ from = 2022-05-10, until = 2028-05-09 }]

[[case.entitlement]]
product = "windows-server"
edition = "datacenter"
version = "2022"
metric = "core"
quantity = 16
bought = 2022-05-10

[[case.price]]
product = "windows-server"
edition = "datacenter"
metric = "core"
units = 2
amount = 700

[[case.price]]
product = "system-center"
edition = "datacenter"
metric = "core"
units = 2
amount = 300
"#;

#[test]
fn a_question_of_one_family_tells_what_hangs_on_it_in_the_other() {
    let cases = parse_cases("unstated.toml", UNSTATED).unwrap_or_else(|faults| panic!("{faults:?}"));
    let case = cases.into_iter().next().expect("there is a case");
    let estate = Estate::of_manifest(case.manifest);
    let outcome = assess::outcome(&estate, &RULES, &Settings::default(), case.as_of, &assess::no_records());
    let questions: Vec<_> = outcome.questions.iter().filter(|question| question.key.product == WINDOWS).collect();
    let [question] = questions[..] else { panic!("{:?}", outcome.questions) };
    // Of 32 cores the suite serves the half that no Windows licence serves, and management goes short. Of 16 it is free
    // for the other host.
    assert_eq!((question.required, question.shortfall), ((32 + 16, 16 + 16), (16, 0)));
    let worth = question.worth.as_ref().expect("everything is priced");
    assert_eq!((worth.minor, worth.currency.as_str()), (8 * 30_000, "GBP"));
    let fixed = Reading::all(Answer::Strict).with(question.key.clone(), Answer::Customer);
    let alone = assess::assess(&estate, &RULES, &Settings::default(), case.as_of, &fixed);
    assert_eq!(alone.positions.iter().map(|row| row.shortfall).sum::<u32>(), 0);
    let said = |assessment: &Assessment, text: &str| assessment.notes.iter().any(|note| note.ends_with(text));
    assert!(said(
        &outcome.strict,
        "16 core owned; 16 stand on 1 host, for System Center and Windows Server together; 0 left."
    ));
    let placed =
        |assessment: &Assessment| standing(assessment, &estate).into_keys().map(|(_, host)| host).collect::<Vec<_>>();
    assert_eq!((placed(&outcome.strict), placed(&outcome.customer)), (vec!["a".to_owned()], vec!["b".to_owned()]));
}

#[test]
fn a_row_says_that_its_units_are_a_suites_and_stand_there_for_both_families() {
    let small = Small {
        servers: vec![
            Server { cores: 16, both: 2, windows: 0, managed: 0, is_old: false },
            Server { cores: 24, both: 0, windows: 0, managed: 2, is_old: false },
            Server { cores: 16, both: 0, windows: 2, managed: 0, is_old: false },
        ],
        single: [[16, 0], [0, 0]],
        suite: [48, 0],
        old_suite: 0,
    };
    let assessment = small.assessed(false);
    let said: Vec<&str> =
        assessment.entitlements.iter().flat_map(|right| &right.working.steps).map(|step| &*step.text).collect();
    let placed = "40 were placed, for System Center and Windows Server together: 16 on h0, 24 on h1.";
    assert_eq!(said.iter().filter(|text| text.ends_with(placed)).count(), 2, "{said:#?}");
    let idle = "another part of the suite stands and no more of this one is needed: 24 on h1.";
    assert_eq!(said.iter().filter(|text| text.ends_with(idle)).count(), 1, "{said:#?}");
    let of_suite: Vec<(&str, u32)> = assessment
        .surpluses
        .iter()
        .map(|left| (&assessment.entitlements[left.entitlement], left))
        .map(|(right, left)| (&*right.forms[left.form].product, left.units))
        .collect();
    assert_eq!(of_suite, [(MANAGEMENT, 8), (WINDOWS, 8), (WINDOWS, 24)]);
}
