//! The soak: calls at a steady rate for long, while memory, open handles and disk of the gateway are looked at. Nothing may
//! grow but the database, and that by no more than its records take; every call has its record in the end.

use crate::error::BenchError;
use crate::load::{self, Kept, Prompt};
use crate::process;
use crate::report;
use crate::systems::{self, Bench, Running, Setting, System};
use crate::wire::{Mode, Wire};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Connections; each makes its share of the calls.
const CALLERS: u32 = 16;
const PATIENCE: Duration = Duration::from_secs(20);
/// Lines of the table.
const LINES: u32 = 20;
/// What may be added to memory (MiB) and handles from a quarter of the time on, and bytes of disk for a call.
const MORE_MIB: f64 = 16.0;
const MORE_HANDLES: usize = 16;
const BYTES_PER_CALL: f64 = 450.0;
/// With less than this part of the calls wanted, nothing was shown: the machine did something else.
const LEAST_OF_WANTED: f64 = 0.95;
/// How long records may take to get into the database when the last call is over.
const FOLDED_WITHIN: Duration = Duration::from_secs(30);

/// For how long, and how many calls a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Soak {
    pub(crate) length: Duration,
    pub(crate) rate: u32,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    calls: u64,
    rss_mib: f64,
    handles: usize,
    disk: u64,
}

/// Runs it, and prints the table.
pub(crate) fn run(bench: &Bench, soak: Soak) -> Result<(), BenchError> {
    let running = systems::start(System::Gatewright, bench, Setting::Keys(1))?;
    let data = bench
        .work
        .join("run")
        .join(format!("{}-{}", System::Gatewright.name(), Setting::Keys(1)))
        .join("data");
    let (done, wrong, ends) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    report::print("| seconds | calls | wrong | RSS MiB | handles | disk MiB |\n|---|---|---|---|---|---|\n");
    let samples = std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| call(&running, soak, &done, &wrong, &ends));
        }
        let begin = Instant::now();
        let mut samples = Vec::new();
        for line in 1..=LINES {
            let due = soak.length * line / LINES;
            std::thread::sleep(due.saturating_sub(begin.elapsed()));
            let sample = sample(&running, &data, done.load(Ordering::Relaxed));
            let seconds = begin.elapsed().as_secs();
            report::print(&format!(
                "| {seconds} | {} | {} | {:.1} | {} | {:.1} |\n",
                sample.calls,
                wrong.load(Ordering::Relaxed),
                sample.rss_mib,
                sample.handles,
                sample.disk as f64 / 1_048_576.0,
            ));
            samples.push(sample);
        }
        ends.store(true, Ordering::Relaxed);
        samples
    });
    let wanted = soak.length.as_secs_f64() * f64::from(soak.rate);
    let faults = faults_of_records(&running, &data, done.load(Ordering::Relaxed))?;
    judge(&samples, wrong.load(Ordering::Relaxed), wanted, faults)
}

/// What the gateway's own metrics say against it: calls without a record, or records that were lost.
fn faults_of_records(running: &Running, data: &Path, calls: u64) -> Result<Vec<String>, BenchError> {
    let path = data.join("master.key");
    let master = std::fs::read_to_string(&path).map_err(BenchError::file(&path))?;
    let begin = Instant::now();
    loop {
        let text = load::get(running.port, "/metrics", master.trim(), PATIENCE)?;
        let (requests, folded) =
            (sum(&text, "gatewright_requests_total"), sum(&text, "gatewright_fold_records_total"));
        let lost = sum(&text, "gatewright_records_lost_total");
        if folded < calls as f64 && begin.elapsed() < FOLDED_WITHIN {
            std::thread::sleep(Duration::from_millis(200));
            continue;
        }
        report::print(&format!(
            "{requests:.0} requests counted, {folded:.0} records in the database, {lost:.0} lost\n"
        ));
        let mut faults = Vec::new();
        if requests < calls as f64 || folded < calls as f64 {
            faults.push(format!("of {calls} calls {requests:.0} were counted, and {folded:.0} have records"));
        }
        if lost > 0.0 {
            faults.push(format!("{lost:.0} records were lost"));
        }
        return Ok(faults);
    }
}

/// The sum of a metric over its labels.
fn sum(text: &str, name: &str) -> f64 {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let is_its = rest.starts_with([' ', '{']);
        is_its.then(|| rest.rsplit(' ').next()?.parse::<f64>().ok()).flatten()
    });
    values.sum()
}

/// One connection's share of the calls.
fn call(running: &Running, soak: Soak, done: &AtomicU64, wrong: &AtomicU64, ends: &AtomicBool) {
    let mut template = running.template(Wire::Chat, Mode::Whole, Mode::Whole.model(), Prompt::Small);
    let expect = running.expect(Wire::Chat, Wire::Chat, Mode::Whole);
    let mut kept = Kept::new(running.port, PATIENCE);
    let pause = Duration::from_secs(1) * CALLERS / soak.rate.max(1);
    let mut due = Instant::now();
    while !ends.load(Ordering::Relaxed) {
        match kept.call(&mut template, &expect) {
            Ok(()) => done.fetch_add(1, Ordering::Relaxed),
            Err(_) => wrong.fetch_add(1, Ordering::Relaxed),
        };
        due += pause;
        // Who is late does not make up for it all at once.
        due = due.max(Instant::now().checked_sub(Duration::from_secs(1)).unwrap_or(due));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

fn sample(running: &Running, data: &Path, calls: u64) -> Sample {
    let pid = running.pid().unwrap_or_default();
    let handles = std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
    Sample { calls, rss_mib: process::usage(pid).rss_kib as f64 / 1024.0, handles, disk: size(data) }
}

/// Bytes of all files below a directory.
fn size(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(about) if about.is_dir() => size(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    };
    entries.map(of).sum()
}

fn judge(samples: &[Sample], wrong: u64, wanted: f64, mut faults: Vec<String>) -> Result<(), BenchError> {
    let (Some(quarter), Some(last)) = (samples.get(samples.len() / 4), samples.last()) else { return Ok(()) };
    let calls = last.calls.saturating_sub(quarter.calls).max(1) as f64;
    let each = last.disk.saturating_sub(quarter.disk) as f64 / calls;
    report::print(&format!(
        "{each:.0} bytes of disk for each call, {:.0} % of the calls wanted\n",
        last.calls as f64 * 100.0 / wanted
    ));
    if wrong > 0 {
        faults.push(format!("{wrong} wrong answers"));
    }
    if (last.calls as f64) < wanted * LEAST_OF_WANTED {
        faults.push("too few calls were made to say anything: let the machine do nothing else".to_owned());
    }
    if last.rss_mib > quarter.rss_mib * 1.1 + MORE_MIB {
        faults.push(format!("memory grew from {:.1} to {:.1} MiB", quarter.rss_mib, last.rss_mib));
    }
    if last.handles > quarter.handles + MORE_HANDLES {
        faults.push(format!("handles grew from {} to {}", quarter.handles, last.handles));
    }
    if each > BYTES_PER_CALL {
        faults.push(format!("a call takes {each:.0} bytes of disk, more than {BYTES_PER_CALL:.0}"));
    }
    if faults.is_empty() { Ok(()) } else { Err(BenchError::Measure(faults.join("; "))) }
}

#[cfg(test)]
mod tests;
