//! The memory scenarios. Each takes a freshly started system, so that what an earlier load left
//! behind does not hide what this one costs.

use crate::error::BenchError;
use crate::load::{self, Load, Prompt};
use crate::process;
use crate::report::{MemoryRow, note};
use crate::scenario::Scenario;
use crate::systems::{self, Bench, Ready, Running, Setting, System};
use crate::wire::{Mode, Wire};
use std::time::{Duration, Instant};

/// Sizes of the memory scenarios.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Streams to open.
    pub(crate) streams: usize,
    /// Length of the sustained load.
    pub(crate) sustained: Duration,
}

/// Keys in the store of the scenario that is about them.
const MANY_KEYS: u32 = 1_000_000;
const BIG_BODY: usize = 10 * 1024 * 1024;
/// Small calls before a measurement, so that what is set up at the first call is not counted.
const WARM_CALLS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs one memory scenario on a fresh instance of `system`.
pub(crate) fn measure(scenario: Scenario, system: System, bench: &Bench, sizes: Sizes) -> Vec<MemoryRow> {
    note(&format!("{}: {}", scenario.name(), system.name()));
    let ready = if scenario == Scenario::Idle { Ready::Listening } else { bench.ready };
    let bench = Bench { ready, ..bench.clone() };
    let setting = if scenario == Scenario::ManyKeys { Setting::Stored(MANY_KEYS) } else { Setting::Keys(1) };
    let result = systems::start(system, &bench, setting).and_then(|running| match scenario {
        Scenario::Idle => idle(&running)
            .map(|(idle, after)| vec![("idle (MiB)", idle), ("after its first call (MiB)", after)]),
        Scenario::BigBody => {
            big_body(&running).map(|value| vec![("10 MiB request, peak added (MiB)", value)])
        }
        Scenario::Streams => {
            streams(&running, sizes.streams).map(|value| vec![("open stream (KiB each)", value)])
        }
        Scenario::Sustained => sustained(&running, sizes.sustained).map(|(loaded, after)| {
            vec![("under load, concurrency 64 (MiB)", loaded), ("10 s after the load (MiB)", after)]
        }),
        Scenario::ManyKeys => many_keys(&running).map(|(rss, start)| {
            vec![("1,000,000 keys (MiB)", rss), ("1,000,000 keys, from start to first answer (s)", start)]
        }),
        _ => Ok(Vec::new()),
    });
    match result {
        Ok(values) => values
            .into_iter()
            .map(|(what, value)| MemoryRow {
                what: what.to_owned(),
                system,
                value: Some(value),
                problem: None,
            })
            .collect(),
        Err(error) => vec![MemoryRow {
            what: scenario.title().to_owned(),
            system,
            value: None,
            problem: Some(error.to_string()),
        }],
    }
}

/// How long a system has nothing to do before it is called idle: what starting left is given back by then.
const IDLE_AFTER: Duration = Duration::from_secs(5);

/// Memory of a system that nobody has called yet, and that after its first call, in MiB.
fn idle(running: &Running) -> Result<(f64, f64), BenchError> {
    let pid = pid_of(running)?;
    let look = || {
        std::thread::sleep(IDLE_AFTER);
        rss_kib(pid) / 1024.0
    };
    let before = look();
    running.call_once()?;
    Ok((before, look()))
}

/// Memory with all keys, in MiB, and how long it took to answer, in seconds.
fn many_keys(running: &Running) -> Result<(f64, f64), BenchError> {
    let pid = pid_of(running)?;
    std::thread::sleep(IDLE_AFTER);
    Ok((rss_kib(pid) / 1024.0, running.started_in.as_secs_f64()))
}

fn rss_kib(pid: u32) -> f64 {
    process::usage(pid).rss_kib as f64
}

fn pid_of(running: &Running) -> Result<u32, BenchError> {
    running.pid().ok_or_else(|| BenchError::Measure("the mock itself has no memory to measure".to_owned()))
}

fn warm(running: &Running) -> Result<(), BenchError> {
    let mut template = running.template(Wire::Chat, Mode::Whole, Mode::Whole.model(), Prompt::Small);
    let expect = running.expect(Wire::Chat, Wire::Chat, Mode::Whole);
    (0..WARM_CALLS).try_for_each(|_| load::call(running.port, &mut template, &expect, PATIENCE))
}

fn big_body(running: &Running) -> Result<f64, BenchError> {
    let pid = pid_of(running)?;
    warm(running)?;
    let mut template =
        running.template(Wire::Chat, Mode::Whole, Mode::Whole.model(), Prompt::Image(BIG_BODY));
    let expect = running.expect(Wire::Chat, Wire::Chat, Mode::Whole);
    process::reset_peak(pid);
    let before = rss_kib(pid);
    load::call(running.port, &mut template, &expect, PATIENCE)?;
    Ok((process::usage(pid).peak_kib as f64 - before) / 1024.0)
}

fn streams(running: &Running, count: usize) -> Result<f64, BenchError> {
    let pid = pid_of(running)?;
    warm(running)?;
    let mut template = running.template(Wire::Chat, Mode::Stall, Mode::Stall.model(), Prompt::Small);
    // A few streams first, for what is set up once.
    let held_first = open(running, &mut template, 10)?;
    let before = rss_kib(pid);
    let held = open(running, &mut template, count)?;
    let after = rss_kib(pid);
    drop((held, held_first));
    Ok((after - before) / count as f64)
}

fn open(
    running: &Running,
    template: &mut load::Template,
    count: usize,
) -> Result<Vec<std::net::TcpStream>, BenchError> {
    let begin = Instant::now();
    let mut held = Vec::with_capacity(count);
    for number in 0..count {
        if begin.elapsed() > Duration::from_secs(60) {
            return Err(BenchError::Measure(format!("only {number} of {count} streams opened in 60 s")));
        }
        held.push(load::open_stream(running.port, template, PATIENCE)?);
    }
    Ok(held)
}

fn sustained(running: &Running, length: Duration) -> Result<(f64, f64), BenchError> {
    let pid = pid_of(running)?;
    let mut template = running.template(Wire::Chat, Mode::Whole, Mode::Whole.model(), Prompt::Small);
    let expect = running.expect(Wire::Chat, Wire::Chat, Mode::Whole);
    let load = Load {
        port: running.port,
        connections: 64,
        ramp: Duration::ZERO,
        warmup: Duration::ZERO,
        warmup_completed: 0,
        window: length,
        min_completed: 0,
        max_window: length,
    };
    let (measured, _, loaded) = load::run(&load, &mut template, &expect, || Ok(rss_kib(pid)))?;
    if measured.failed > 0 {
        let why = measured.first_failure.unwrap_or_default();
        return Err(BenchError::Measure(format!("{} answers failed: {why}", measured.failed)));
    }
    // What is left after a pause shows whether memory is given back.
    std::thread::sleep(Duration::from_secs(10));
    Ok((loaded / 1024.0, rss_kib(pid) / 1024.0))
}
