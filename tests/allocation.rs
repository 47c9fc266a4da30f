//! The allocation leaves the least priced need unmet: an exhaustive search over every choice of ways and every
//! distribution of units agrees on thousands of small problems. What is not the least is never called proved.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use trueup::allocate::{Effort, Method, Problem, Solution, allocate_by, check};
use trueup::model::{
    Acceptance, Alternative, Basis, Chosen, Entitlement, Form, Key, Line, Metric, Requirement, Scope, Working,
};

/// A line as the problems draw it: version needed, metric, units.
type Need = (usize, bool, u32);

/// An entitlement: highest version, units, and what one unit is worth when converted (none: no conversion).
type Right = (usize, u32, Option<u32>);

fn metric(pair: bool) -> Metric {
    if pair { Metric::ProcessorPair } else { Metric::Core }
}

fn line((version, pair, units): Need) -> Line {
    Line {
        product: "thing".into(),
        edition: Some("plain".into()),
        editions: ["plain".into()].into(),
        version: Some(version),
        metric: metric(pair),
        units,
        hosts: [].into(),
        accepts: [Acceptance {
            from: 0,
            until: usize::MAX,
            needs_sa: false,
            grace: false,
            through: None,
            terms: "thing/1".into(),
        }]
        .into(),
    }
}

fn alternative(lines: &[Need]) -> Alternative {
    let lines = lines.iter().map(|&need| line(need)).collect();
    Alternative {
        edition: Some("plain".into()),
        sold: true,
        ..Alternative::new("thing", Metric::Core, Basis::Host, lines, Working::default())
    }
}

fn requirement(number: usize, ways: &[Vec<Need>]) -> Requirement {
    Requirement {
        key: Key(format!("requirement:{number}")),
        organisation: "org".into(),
        family: "thing".into(),
        scope: Scope::Host(format!("host-{number}")),
        hosts: Vec::new(),
        alternatives: ways.iter().map(|lines| alternative(lines)).collect(),
        working: Working::default(),
    }
}

fn form(version: usize, pair: bool, units: u32, units_per_licence: u32) -> Form {
    Form {
        product: "thing".into(),
        edition: Some("plain".into()),
        metric: metric(pair),
        units_per_licence,
        units,
        printed: Some(0),
        owned: Some(version),
        downgrade: true,
        only_terms: Vec::new(),
        except_terms: Vec::new(),
    }
}

fn entitlement(number: usize, (version, units, converted): Right) -> Entitlement {
    let mut forms = vec![form(version, converted.is_some(), units, 1)];
    forms.extend(converted.map(|each| form(version, false, units * each, each)));
    Entitlement {
        key: Key(format!("entitlement:{number}")),
        line: number,
        organisation: "org".into(),
        shared_with: Vec::new(),
        reserved_for: None,
        farm: None,
        forms,
        sa_active: false,
        rented_through: None,
        sa_lapsed_lately: false,
        bound_hosts: Vec::new(),
        overlap_hosts: Vec::new(),
        overlap: false,
        bound_organisations: Vec::new(),
        bound_singly: false,
        without_base: 0,
        unknown_assignees: Vec::new(),
        refused: None,
        working: Working::default(),
    }
}

/// Worth of a unit of a line.
fn worth(pair: bool) -> u64 {
    if pair { 7 } else { 3 }
}

/// The least priced unmet need by trying everything.
fn exhaustive(ways: &[Vec<Vec<Need>>], rights: &[Right]) -> u64 {
    let mut best = u64::MAX;
    choose(ways, &mut Vec::new(), &mut |needs| {
        split(rights, &mut Vec::new(), &mut |supplies| best = best.min(distribute(needs, supplies)));
    });
    best
}

/// Every choice of one way a requirement.
fn choose(ways: &[Vec<Vec<Need>>], needs: &mut Vec<Need>, then: &mut dyn FnMut(&[Need])) {
    let Some((first, rest)) = ways.split_first() else { return then(needs) };
    for way in first {
        let before = needs.len();
        needs.extend(way);
        choose(rest, needs, then);
        needs.truncate(before);
    }
}

/// Every way to convert licences or leave them: (version, pair, units).
fn split(rights: &[Right], supplies: &mut Vec<Need>, then: &mut dyn FnMut(&[Need])) {
    let Some((&(version, units, converted), rest)) = rights.split_first() else { return then(supplies) };
    let kept_whole = if converted.is_some() { 0..=units } else { units..=units };
    for kept in kept_whole {
        let before = supplies.len();
        supplies.push((version, converted.is_some(), kept));
        supplies.extend(converted.map(|each| (version, false, (units - kept) * each)));
        split(rest, supplies, then);
        supplies.truncate(before);
    }
}

/// Least unmet worth of the needs. Within a metric a newer right serves every older need, so the newest needs are met
/// first, each by the oldest right that serves it; worths differ by metric only.
fn distribute(needs: &[Need], supplies: &[Need]) -> u64 {
    let mut needs = needs.to_vec();
    needs.sort_by_key(|need| std::cmp::Reverse(need.0));
    let mut supplies = supplies.to_vec();
    supplies.sort();
    let mut unmet = 0;
    for (version, pair, mut units) in needs {
        for supply in supplies.iter_mut().filter(|supply| supply.0 >= version && supply.1 == pair) {
            let used = units.min(supply.2);
            supply.2 -= used;
            units -= used;
        }
        unmet += u64::from(units) * worth(pair);
    }
    unmet
}

#[test]
fn the_least_priced_need_stays_unmet() {
    least_unmet_by(Effort::Least);
}

#[test]
fn the_programme_leaves_the_least_priced_need_unmet_too() {
    least_unmet_by(Effort::Programme);
}

#[test]
fn a_large_problem_that_is_not_solved_to_the_end_says_so() {
    least_unmet_by(Effort::Large);
}

/// What is left unmet by a solution.
fn unmet(problem: &Problem<'_>, solution: &Solution) -> u64 {
    let mut met: HashMap<(usize, usize), u32> = HashMap::new();
    for one in &solution.allocations {
        *met.entry((one.requirement, one.line)).or_default() += one.units;
    }
    let of_line = |requirement: usize, index: usize, line: &Line| {
        let met = met.get(&(requirement, index)).copied().unwrap_or(0);
        u64::from(line.units - met) * (problem.weight)(line)
    };
    let of_scope = |chosen: &Chosen| -> u64 {
        let lines = &problem.requirements[chosen.requirement].alternatives[chosen.alternative].lines;
        lines.iter().enumerate().map(|(index, line)| of_line(chosen.requirement, index, line)).sum()
    };
    solution.chosen.iter().map(of_scope).sum()
}

#[test]
fn scarce_estates_of_hundreds_of_scopes_are_proved() {
    let mut seed = 2_026_u64;
    let mut roll = |sides: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides
    };
    for estate in 0..24 {
        // Needs come in fours, as cores do; rights are scarce in every version and do not.
        let mut way = |units: u64| -> Vec<Need> {
            let lines = 1 + roll(2);
            (0..lines)
                .map(|_| {
                    (roll(4) as usize, roll(3) == 0, u32::try_from(4 * (1 + roll(units))).expect("a small number"))
                })
                .collect()
        };
        let ways: Vec<Vec<Vec<Need>>> = (0..120).map(|_| vec![way(4), way(12), way(8), way(6)]).collect();
        let rights: Vec<Right> =
            (0..6).map(|right| (right % 4, 70 + u32::try_from(roll(150)).unwrap(), None)).collect();
        let requirements: Vec<Requirement> =
            ways.iter().enumerate().map(|(number, ways)| requirement(number, ways)).collect();
        let entitlements: Vec<Entitlement> = rights
            .iter()
            .enumerate()
            .map(|(number, &(version, units, _))| Entitlement {
                forms: vec![form(version, number % 3 == 0, units, 1)],
                ..entitlement(number, (version, units, None))
            })
            .collect();
        let weight = |line: &Line| worth(line.metric == Metric::ProcessorPair);
        let problem = Problem { requirements: &requirements, entitlements: &entitlements, weight: &weight };
        let solution = allocate_by(&problem, &Method::default());
        assert_eq!(check(&requirements, &entitlements, &solution.chosen, &solution.allocations), Ok(()));
        assert!(unmet(&problem, &solution) > 0, "estate {estate} is not scarce");
        assert_eq!(solution.notes, [""; 0], "estate {estate}");
    }
}

fn least_unmet_by(effort: Effort) {
    let need = (0_usize..3, any::<bool>(), 1_u32..5);
    let way = prop::collection::vec(need, 1..3);
    let ways = prop::collection::vec(prop::collection::vec(way, 1..4), 1..5);
    let right = (0_usize..3, 0_u32..5, prop::option::of(1_u32..4));
    let rights = prop::collection::vec(right, 0..4);
    let config = Config { cases: 3_000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    TestRunner::new_with_rng(config, rng)
        .run(&(ways, rights), |(ways, rights)| {
            let requirements: Vec<Requirement> =
                ways.iter().enumerate().map(|(number, ways)| requirement(number, ways)).collect();
            let entitlements: Vec<Entitlement> =
                rights.iter().enumerate().map(|(number, &right)| entitlement(number, right)).collect();
            let weight = |line: &Line| worth(line.metric == Metric::ProcessorPair);
            let problem = Problem { requirements: &requirements, entitlements: &entitlements, weight: &weight };
            let solution = allocate_by(&problem, &Method { effort, ..Method::default() });
            prop_assert_eq!(check(&requirements, &entitlements, &solution.chosen, &solution.allocations), Ok(()));
            let unmet = unmet(&problem, &solution);
            let least = exhaustive(&ways, &rights);
            prop_assert!(unmet >= least, "the exhaustive search overlooked something: {} < {}", unmet, least);
            // A large problem may end near the least, and says so; any other ends there.
            let admitted = effort == Effort::Large && !solution.notes.is_empty();
            prop_assert!(
                unmet == least || admitted,
                "{} stays unmet, where {} need to: {:?}",
                unmet,
                least,
                solution.notes
            );
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}
