//! The whole scan of 10,000 hosts beside the least that such a scan can take: `cargo bench --bench scan`.
//!
//! The fleet is made here, or by the program that `TRUEUP_FLEET_GENERATOR` names; a folder given as an argument is scanned
//! in its place, and `TRUEUP_FLEET_HOSTS` states another number of hosts. Every measurement is a process of its own, so
//! that none warms up another and each has its own peak of memory; they take turns, and medians are printed. What the
//! least is, stands in `limit.rs`.

mod fleet;
mod json_scanner;
mod limit;
mod measure;
mod titles;
mod xml_scanner;

use std::path::{Path, PathBuf};
use std::process::Command;

use measure::{Measured, median};

/// Hosts of the fleet, where `TRUEUP_FLEET_HOSTS` states no other number.
const HOSTS: usize = 10_000;

/// How often each measurement is made.
const ROUNDS: usize = 5;

/// The limit counts only where it takes at most so many times as long as walking and reading alone.
const MOST_TIMES_READING: f64 = 10.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--part", "read", folder] => println!("{}", limit::walk_and_read(Path::new(folder))),
        ["--part", "limit", folder, store] => println!("{}", limit::scan(Path::new(folder), Path::new(store))),
        // `cargo test --benches` runs this too, and must not wait for it.
        _ if !arguments.iter().any(|argument| argument == "--bench") => {
            eprintln!("nothing was measured: run `cargo bench --bench scan`");
        }
        _ => {
            let named = arguments.iter().find(|argument| !argument.starts_with('-'));
            let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
            let hosts =
                std::env::var("TRUEUP_FLEET_HOSTS").map_or(HOSTS, |hosts| hosts.parse().expect("a number of hosts"));
            let folder = named.map_or_else(|| fleet::made(scratch, hosts), PathBuf::from);
            compare(&folder, &scratch.join("scan-bench"));
        }
    }
}

/// Measures everything in turn and prints it.
fn compare(folder: &Path, scratch: &Path) {
    std::fs::create_dir_all(scratch).expect("a folder for the stores");
    let (limit_store, store) = (scratch.join("limit.db"), scratch.join("trueup.db"));
    let (mut reads, mut limits, mut firsts, mut seconds) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        reads.push(measure::run(part("read").arg(folder)));
        limits.push(measure::run(part("limit").arg(folder).arg(&limit_store)));
        forget(&store);
        firsts.push(measure::run(&mut whole(folder, &store)));
        seconds.push(measure::run(&mut whole(folder, &store)));
    }
    let (read, limit) = (median(&reads), median(&limits));
    println!("{}; {}", reads[0].said.trim(), limits[0].said.trim());
    println!("{:<34}{:>9}{:>12}{:>12}", "", "wall", "peak", "× limit");
    print_line("walk and read only", read, limit.seconds);
    print_line("the limit", limit, limit.seconds);
    print_line("trueup, first scan", median(&firsts), limit.seconds);
    print_line("trueup, again, nothing changed", median(&seconds), limit.seconds);
    let times = limit.seconds / read.seconds;
    let counts = if times <= MOST_TIMES_READING { "so that it counts" } else { "which is too much to count" };
    println!("the limit takes {times:.1} times its own walking and reading, {counts}");
}

fn print_line(what: &str, measured: &Measured, limit: f64) {
    let mib = measured.peak_kib / 1024;
    println!("{what:<34}{:>7.2} s{:>8} MiB{:>12.2}", measured.seconds, mib, measured.seconds / limit);
}

/// This program again, for one part of the work.
fn part(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--part", name]);
    command
}

/// The program as it is used, with everything it prints.
fn whole(folder: &Path, store: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.args(["scan", "-q", "--as-of", "2026-06-30", "--store"]).arg(store).arg(folder);
    command
}

/// Removes a store with what SQLite keeps beside it.
fn forget(store: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let mut file = store.as_os_str().to_owned();
        file.push(ending);
        // It is not there before the first round.
        let _ = std::fs::remove_file(file);
    }
}
