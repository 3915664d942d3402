//! Runs the speed scenarios: in each round every system in turn, so that what the machine does
//! besides falls on all alike. Medians and ratios are made in `report`.

use crate::error::BenchError;
use crate::load::{self, Load};
use crate::process::{self, Pin};
use crate::report::{SpeedRow, SpeedSample, note};
use crate::scenario::{Lane, Scenario, Speed};
use crate::systems::Running;
use std::time::Duration;

/// How long and how often to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) rounds: u32,
    /// The same for systems that are so far from the others that fewer tell as much.
    pub(crate) far_rounds: u32,
    pub(crate) warmup: Duration,
    pub(crate) window: Duration,
}

/// A slow system gets more time, up to this, until each connection has had two answers.
const MAX_WINDOW: Duration = Duration::from_secs(45);

/// Measures `systems`, which run on `pin`, in all speed scenarios among `scenarios`.
pub(crate) fn speed(systems: &[&Running], scenarios: &[Scenario], timing: Timing, pin: Pin) -> Vec<SpeedRow> {
    let mut rows = Vec::new();
    for scenario in scenarios {
        let lanes: Vec<Lane<'_>> = systems.iter().flat_map(|system| scenario.lanes(system)).collect();
        rows.extend(rounds(*scenario, &lanes, timing, pin));
    }
    rows
}

/// Measures the rows of one scenario in all rounds.
pub(crate) fn rounds(scenario: Scenario, lanes: &[Lane<'_>], timing: Timing, pin: Pin) -> Vec<SpeedRow> {
    let row = |lane: &Lane<'_>| SpeedRow::new(scenario, lane.label.clone(), lane.running.system);
    let mut rows: Vec<SpeedRow> = lanes.iter().map(row).collect();
    let awake = (scenario == Scenario::AwakeC1).then(|| process::keep_awake(pin)).transpose();
    if let Err(error) = &awake {
        rows.iter_mut().for_each(|row| row.problem = Some(error.to_string()));
    }
    for round in 1..=timing.rounds {
        for (lane, row) in lanes.iter().zip(&mut rows) {
            // One failure is enough to know; the time is better spent on the others.
            if row.problem.is_some() || (row.system.is_far() && round > timing.far_rounds) {
                continue;
            }
            note(&format!("{} round {round}/{}: {}", scenario.name(), timing.rounds, row.label));
            match window(&lane.speed, lane.running, timing) {
                Ok(sample) => row.samples.push((round, sample)),
                Err(error) => row.problem = Some(error.to_string()),
            }
        }
    }
    rows
}

/// One system, one window.
fn window(speed: &Speed, system: &Running, timing: Timing) -> Result<SpeedSample, BenchError> {
    let model = speed.model(system.system);
    let mut template = system.template(speed.caller, speed.mode, &model, speed.prompt);
    let expect = system.expect(speed.caller, speed.upstream, speed.mode);
    let load = Load {
        port: system.port,
        connections: speed.connections,
        ramp: speed.ramp(),
        warmup: timing.warmup,
        warmup_completed: system.keys.len() as u64,
        window: timing.window,
        min_completed: speed.connections as u64 * 2,
        max_window: MAX_WINDOW,
    };
    let (measured, before, after) = load::run(&load, &mut template, &expect, || {
        Ok((system.pid().map(process::usage).unwrap_or_default(), process::own_cpu_us()))
    })?;
    let ((before, own_before), (after, own_after)) = (before, after);
    if measured.completed == 0 {
        let why = measured.first_failure.unwrap_or_else(|| "no answer in time".to_owned());
        return Err(BenchError::Measure(format!(
            "nothing completed in {:.0} s: {why}",
            measured.elapsed.as_secs_f64()
        )));
    }
    // A system that drops answers has no speed to report.
    if measured.failed * 100 > measured.completed {
        let why = measured.first_failure.unwrap_or_default();
        return Err(BenchError::Measure(format!(
            "{} of {} answers failed: {why}",
            measured.failed, measured.completed
        )));
    }
    let percentile = |sorted: &[u64], percent: usize| {
        let at = (sorted.len() * percent / 100).min(sorted.len() - 1);
        sorted[at] as f64 / 1000.0
    };
    Ok(SpeedSample {
        requests_per_second: measured.completed as f64 / measured.elapsed.as_secs_f64(),
        p50_us: percentile(&measured.latencies_ns, 50),
        p99_us: percentile(&measured.latencies_ns, 99),
        first_text_p50_us: percentile(&measured.first_text_ns, 50),
        first_text_p99_us: percentile(&measured.first_text_ns, 99),
        cpu_us: system.pid().map(|_| (after.cpu_us - before.cpu_us) as f64 / measured.completed as f64),
        cpu_share: (after.cpu_us - before.cpu_us) as f64 / measured.elapsed.as_secs_f64() / 1e6,
        instrument_share: (own_after - own_before) as f64 / measured.elapsed.as_secs_f64() / 1e6,
        rss_mib: after.rss_kib as f64 / 1024.0,
        completed: measured.completed,
        failed: measured.failed,
        first_failure: measured.first_failure,
    })
}
