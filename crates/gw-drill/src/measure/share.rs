//! Where calls went first, and which part of them each target got. Pure.

use super::{Facts, Phase, ratio};
use crate::scenario::{Kind, Scenario};
use std::collections::HashMap;

/// Fewest calls that a share is told of.
const MIN_CALLS: usize = 50;

/// Standard deviations of a fair draw that a part may be off by chance.
const DEVIATIONS: f64 = 4.0;

/// Where a call went first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct First {
    pub(super) sent_us: u64,
    pub(super) target: usize,
}

/// The first tries of all calls, in the order in which they went out. The gateway's record tells, since nobody sees a
/// refused connection arrive; without one the first arrival does. Calls of which neither is known are left out.
pub(super) fn firsts(facts: &Facts) -> Vec<First> {
    let mut arrived: HashMap<usize, (u64, usize)> = HashMap::new();
    for (target, arrivals) in facts.arrivals.iter().enumerate() {
        for arrival in arrivals {
            let earliest = arrived.entry(arrival.call).or_insert((arrival.at_us, target));
            *earliest = (*earliest).min((arrival.at_us, target));
        }
    }
    let first = |call: &crate::load::Call| {
        let recorded =
            facts.rows_of(call).first().and_then(|row| row.tries.first()).and_then(|one| one.target);
        let target = recorded.or_else(|| arrived.get(&call.number).map(|(_, target)| *target))?;
        Some(First { sent_us: call.sent_us, target })
    };
    facts.calls.iter().filter_map(first).collect()
}

/// The part of the first tries that each target should get while all are healthy. Where the strategy does not say, it
/// is what they got before anything was wrong.
pub(super) fn expected(scenario: &Scenario, firsts: &[First], phase: Option<&Phase>) -> Vec<f64> {
    let count = scenario.targets.len();
    match strategy(scenario) {
        "weighted" => {
            let sum: u32 = scenario.targets.iter().map(|target| target.weight).sum();
            let part = |weight: u32| f64::from(weight) / f64::from(sum.max(1));
            scenario.targets.iter().map(|target| part(target.weight)).collect()
        }
        "fallback" => (0..count).map(|at| if at == 0 { 1.0 } else { 0.0 }).collect(),
        _ => {
            let until = phase.map_or(u64::MAX, |phase| phase.from_us);
            let calm: Vec<First> = firsts.iter().copied().filter(|first| first.sent_us < until).collect();
            parts(&calm, count)
        }
    }
}

fn strategy(scenario: &Scenario) -> &str {
    let Some(Kind::Map(entries)) = scenario.alias.as_ref().map(|node| &node.kind) else { return "fallback" };
    let named = entries.iter().find(|(key, _)| key.text == "strategy").map(|(_, node)| &node.kind);
    match named {
        Some(Kind::Scalar(scalar)) => &scalar.text,
        _ => "fallback",
    }
}

/// The parts of the targets from a moment on, and of how many calls; nothing when these are too few to tell.
pub(super) fn shares(firsts: &[First], from_us: u64, targets: usize) -> Option<(Vec<f64>, usize)> {
    let later: Vec<First> = firsts.iter().copied().filter(|first| first.sent_us >= from_us).collect();
    (later.len() >= MIN_CALLS).then(|| (parts(&later, targets), later.len()))
}

/// How far the part of `count` calls may be from `part`: as far as is wanted, or as a fair draw can be by chance.
pub(super) fn tolerance(within: f64, part: f64, count: usize) -> f64 {
    let per_call = 1.0 / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX));
    within.max(DEVIATIONS * (part * (1.0 - part) * per_call).sqrt())
}

/// Each target's part of these first tries.
pub(super) fn parts(firsts: &[First], targets: usize) -> Vec<f64> {
    let part =
        |target| ratio(firsts.iter().filter(|first| first.target == target).count(), firsts.len().max(1));
    (0..targets).map(part).collect()
}
