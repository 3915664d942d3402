//! One run of a scenario: prepare, warm up, load and timeline side by side, then collect what everybody saw. It must not
//! judge anything.

mod records;
mod trips;

use crate::clock::Clock;
use crate::error::DrillError;
use crate::load::{self, Call, Caller, Prompts, Wish};
use crate::measure::{Facts, Phase, measure};
use crate::report::Report;
use crate::rig::{Door, Ready, Rig};
use crate::scenario::{Disturbance, Scenario};
use gw_model::Priority;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Calls before the clock begins, so that what is made at first use is no part of the calm phase.
const WARM_UP: usize = 10;

/// Runs a scenario and reports what it measured.
///
/// # Errors
/// It could not be run. That an objective was missed stands in the report.
pub async fn run(scenario: &Scenario, rig: &Rig) -> Result<Report, DrillError> {
    // Whatever was started ends with this value, also when the run is given up.
    let mut ready = Ready::prepare(rig, scenario).await?;
    let prompts = Prompts::new(&mark(), &ready.model);
    let count = load::count(scenario.load);
    let disturbance = Disturbance::of(scenario);
    let mut caller =
        Caller { gateways: ready.gateways.clone(), prompts: prompts.clone(), clock: Clock::begin() };
    // Where something is wrong from the start, the warm-up would be told of it first.
    if disturbance.as_ref().is_none_or(|disturbance| disturbance.from_seconds > 0.0) {
        for number in count..count + WARM_UP {
            let wish = if number % 2 == 0 { Wish::Whole } else { Wish::Stream };
            caller.call(number, (wish, Priority::Normal)).await;
        }
    }
    let trips_before = trips::count(&ready.gateways).await;
    caller.clock = Clock::begin();
    let clock = caller.clock;
    let (calls, timeline) =
        tokio::join!(caller.run(scenario.load), play(scenario, &mut ready.targets, clock));
    for target in &ready.targets {
        // Emulators that go on running are left healthy, also when a step failed.
        if let Door::Running(control) = target {
            control.set_faults("", 1.0).await?;
        }
    }
    let phase = phase(disturbance.as_ref(), timeline?);
    let mut arrivals = Vec::new();
    for target in &ready.targets {
        let mut seen = target.control().arrivals(clock, |body| prompts.number(body)).await?;
        seen.retain(|arrival| arrival.call < count);
        arrivals.push(seen);
    }
    let names: Vec<&str> = scenario.targets.iter().map(|target| target.name.as_str()).collect();
    let trips = trips::count(&ready.gateways).await.zip(trips_before);
    let trips = trips.map(|(after, before)| after.saturating_sub(before));
    let mut rows = HashMap::new();
    for (at, gateway) in ready.gateways.iter().enumerate() {
        let its: Vec<&Call> = calls.iter().skip(at).step_by(ready.gateways.len()).collect();
        rows.extend(records::fetch(gateway, &ready.model, &its, &names).await?);
    }
    let facts = Facts { calls, rows, arrivals, phase, trips, knows_prices: ready.is_own };
    Ok(Report::new(scenario, measure(scenario, &facts)))
}

/// What tells the calls of this run from those of others.
fn mark() -> String {
    format!("{:x}", RandomState::new().build_hasher().finish())
}

/// Makes targets faulty and heals them at their times; gives when each step really was done, before and after.
async fn play(
    scenario: &Scenario,
    targets: &mut [Door],
    clock: Clock,
) -> Result<Vec<(u64, u64)>, DrillError> {
    let mut done = Vec::new();
    for step in &scenario.timeline {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most ten minutes")]
        let due_us = (step.at_seconds * 1e6) as u64;
        clock.until(due_us).await;
        let before = clock.now_us();
        for at in &step.targets {
            if let Some(target) = targets.get_mut(*at) {
                target.apply(&step.fault, step.share).await?;
            }
        }
        done.push((before, clock.now_us()));
    }
    Ok(done)
}

/// The disturbance in the times at which its first and last step really were.
fn phase(disturbance: Option<&Disturbance>, steps: Vec<(u64, u64)>) -> Option<Phase> {
    let disturbance = disturbance?;
    let at = |step: Option<usize>| step.and_then(|step| steps.get(step).copied());
    Some(Phase {
        targets: disturbance.targets.clone(),
        from_us: at(disturbance.from_step).map_or(0, |(before, _)| before),
        until_us: at(disturbance.until_step).map(|(_, after)| after),
    })
}

#[cfg(test)]
mod tests;
