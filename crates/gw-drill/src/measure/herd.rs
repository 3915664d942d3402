//! Whether a healed target was run over: its arrivals within a quarter of a second against what is usual. Pure.

use super::{Facts, Phase};
use std::collections::VecDeque;

/// What is looked at at once.
const WINDOW_US: u64 = 250_000;
/// How much earlier than its arrival a call may have gone out, and still be usual.
const ON_THE_WAY_US: u64 = 50_000;

/// The worst window of any healed target after healing, in multiples of what its part of the calls makes usual. Where the
/// load itself went out in a bunch, so much more is usual.
pub(super) fn worst(
    facts: &Facts,
    phase: &Phase,
    healed_us: u64,
    expected: &[f64],
    requests_per_second: f64,
) -> Option<f64> {
    let of_target = |target: &usize| {
        let part = expected.get(*target).copied().filter(|part| *part > 0.0)?;
        let arrivals = facts.arrivals.get(*target)?;
        let mut times: Vec<u64> =
            arrivals.iter().map(|arrival| arrival.at_us).filter(|at| *at >= healed_us).collect();
        times.sort_unstable();
        let mut window: VecDeque<u64> = VecDeque::new();
        let mut worst = 0.0_f64;
        for at in times {
            window.push_back(at);
            while window.front().is_some_and(|first| first + WINDOW_US <= at) {
                window.pop_front();
            }
            let since = window.front().copied().unwrap_or(at).saturating_sub(ON_THE_WAY_US);
            let sent = facts.calls.iter().filter(|call| (since..=at).contains(&call.sent_us)).count();
            let usual = (requests_per_second * 0.25).max(count(sent)) * part;
            worst = worst.max(count(window.len()) / usual);
        }
        Some(worst)
    };
    phase.targets.iter().filter_map(of_target).reduce(f64::max)
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
