//! One process from its start to its end: time, peak of memory, what it said.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a process is asked for its peak of memory.
const EVERY: Duration = Duration::from_millis(4);

/// What one run took.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Time by the clock.
    pub seconds: f64,
    /// The most memory it ever held, in KiB; zero where the system does not tell.
    pub peak_kib: u64,
    /// Its standard output.
    pub said: String,
}

/// Runs a process to its end.
pub fn run(command: &mut Command) -> Measured {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the process starts");
    let mut out = child.stdout.take().expect("its output is ours");
    let reader = std::thread::spawn(move || {
        let mut said = String::new();
        out.read_to_string(&mut said).map(|_| said)
    });
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(peak_of(child.id()));
        match child.try_wait().expect("the process can be waited for") {
            Some(status) => break status,
            None => std::thread::sleep(EVERY),
        }
    };
    let seconds = started.elapsed().as_secs_f64();
    assert!(status.success(), "{command:?} ended with {status}");
    let said = reader.join().expect("its output was read").expect("its output is text");
    Measured { seconds, peak_kib, said }
}

fn peak_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

/// The run in the middle by time.
pub fn median(runs: &[Measured]) -> &Measured {
    let mut by_time: Vec<&Measured> = runs.iter().collect();
    by_time.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    by_time[by_time.len() / 2]
}
