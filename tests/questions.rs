//! What a question is worth is what an assessment under the other answer alone comes to: what the readings of a family
//! remember of each other changes no figure.

use std::sync::LazyLock;

use trueup::assess;
use trueup::model::{Answer, Estate, Position, Reading};
use trueup::rules::{Rules, Settings, parse_cases};

static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults)));

/// Need and shortfall of one organisation over the rows of which either differs: those of the first side, then of the other.
fn differing(one: &[Position], other: &[Position], organisation: &str) -> [(u64, u64); 2] {
    let sums = |rows: &[Position], others: &[Position]| {
        let own = rows.iter().filter(|row| row.organisation == organisation);
        let figures = |row: &Position| (row.required, row.shortfall);
        let same = |row: &Position| {
            let across = others.iter().find(|across| across.key == row.key).map_or((0, 0), figures);
            across == figures(row)
        };
        let differ = own.filter(|row| !same(row));
        differ.fold((0, 0), |sum, row| (sum.0 + u64::from(row.required), sum.1 + u64::from(row.shortfall)))
    };
    [sums(one, other), sums(other, one)]
}

#[test]
fn every_question_is_worth_what_the_other_answer_alone_comes_to() {
    let mut asked = 0;
    for (path, text) in RULES.case_files() {
        for case in parse_cases(path, text).unwrap_or_else(|faults| panic!("{path}: {faults:?}")) {
            let (estate, settings) = (Estate::of_manifest(case.manifest), Settings::default());
            let outcome = assess::outcome(&estate, &RULES, &settings, case.as_of, &assess::no_records());
            for question in &outcome.questions {
                let strict = Reading::all(Answer::Strict);
                let otherwise = strict.with(question.key.clone(), Answer::Customer);
                let rows =
                    |reading: &Reading| assess::assess(&estate, &RULES, &settings, case.as_of, reading).positions;
                let [strict, otherwise] = differing(&rows(&strict), &rows(&otherwise), &question.key.organisation);
                let told = [(question.required.0, question.shortfall.0), (question.required.1, question.shortfall.1)];
                assert_eq!(told, [strict, otherwise], "{path}, {}, {:?}", case.id, question.key);
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "the built-in cases ask {asked} questions");
}
