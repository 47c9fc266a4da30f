//! Six thousand distinct titles against all rules: `cargo bench --bench recognition`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use trueup::model::SoftwareRecord;
use trueup::recognise::{Matcher, read_labels};
use trueup::rules::Rules;

fn titles() -> Vec<String> {
    let labels = read_labels(include_str!("../tests/data/recognition-labels.csv")).expect("a label file");
    (0..6_000).map(|number| format!("{} {number}", labels[number % labels.len()].display_name)).collect()
}

fn recognition(criterion: &mut Criterion) {
    let rules = Rules::built_in().expect("built-in rules are free of faults");
    let matcher = Matcher::new(&rules).expect("the rules compile");
    let titles = titles();
    criterion.bench_function("six thousand titles", |bench| {
        bench.iter(|| {
            let record = |name| SoftwareRecord { name, version: "", publisher: "", key: "" };
            titles.iter().filter(|name| matcher.recognise(black_box(&record(name))).is_some()).count()
        });
    });
}

criterion_group!(benches, recognition);
criterion_main!(benches);
