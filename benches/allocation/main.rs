//! 100,000 hosts in 2,000 clusters against 5,000 purchase lines of 12 products in three organisations:
//! `cargo bench --bench allocation`. Both readings' positions are timed, and once everything a scan freezes, with
//! every question flipped alone. The peak of memory is printed, where the system tells it.

mod estate;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use estate::{AS_OF, Size, estate};
use trueup::assess::{assess, outcome};
use trueup::model::{Answer, Estate, Reading};
use trueup::rules::{Rules, Settings};

const SIZE: Size = Size { hosts: 100_000, clusters: 2_000, purchases: 5_000 };

fn both_readings(estate: &Estate, rules: &Rules, settings: &Settings) -> usize {
    let rows = |answer| assess(estate, rules, settings, AS_OF, &Reading::all(answer)).positions.len();
    rows(Answer::Strict) + rows(Answer::Customer)
}

/// What each reading is short of, and how far its choice of ways is from the bound.
fn print_gaps(estate: &Estate, rules: &Rules, settings: &Settings) {
    for answer in [Answer::Strict, Answer::Customer] {
        let found = assess(estate, rules, settings, AS_OF, &Reading::all(answer));
        let short: u64 = found.positions.iter().map(|row| u64::from(row.shortfall)).sum();
        let gaps: Vec<&String> = found.notes.iter().filter(|note| note.contains("gap")).collect();
        println!("{answer:?} reading: {} requirements, {short} units short", found.requirements.len());
        println!("gap: {}", if gaps.is_empty() { "0, every choice is proved" } else { "see the notes" });
        gaps.iter().for_each(|note| println!("note: {note}"));
    }
}

/// The most memory the process ever held.
fn print_peak(when: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
        println!("peak of memory {when}: {}", peak.trim());
    }
}

fn allocation(criterion: &mut Criterion) {
    let rules = Rules::built_in().expect("built-in rules are free of faults");
    let settings = Settings::default();
    let estate = estate(SIZE);
    print_peak("with the estate alone");
    let mut group = criterion.benchmark_group("100,000 hosts");
    group.sample_size(10).measurement_time(Duration::from_secs(40));
    group.bench_function("both readings", |bench| {
        bench.iter(|| both_readings(black_box(&estate), &rules, &settings));
    });
    group.finish();
    print_peak("with both readings");
    print_gaps(&estate, &rules, &settings);
    let started = Instant::now();
    let found = outcome(&estate, &rules, &settings, AS_OF, &BTreeMap::new());
    let (questions, notes) = (found.questions.len(), found.strict.notes.len() + found.customer.notes.len());
    println!(
        "the whole outcome with {questions} questions and {notes} notes: {:.1} s",
        started.elapsed().as_secs_f64()
    );
    for note in found.strict.notes.iter().chain(&found.customer.notes) {
        println!("note: {note}");
    }
    print_peak("with the whole outcome");
}

criterion_group!(benches, allocation);
criterion_main!(benches);
