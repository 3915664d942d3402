//! Time to detect: from the beginning of a disturbance until traffic no longer goes to faulty targets first. Pure.

use super::share::First;
use super::{Phase, ratio};

/// What is looked at from a moment on: so long ...
const WINDOW_US: u64 = 500_000;
/// ... and at least so many calls.
const MIN_CALLS: usize = 20;
/// The part of them that may still go to faulty targets first, to try whether they are back.
const PROBES: f64 = 0.05;

/// Milliseconds until the first moment from which the next calls hardly ever went to faulty targets first; `None` when
/// there is no such moment while the targets were faulty.
pub(super) fn detect_ms(firsts: &[First], phase: &Phase) -> Option<u64> {
    let is_within = |first: &&First| {
        first.sent_us >= phase.from_us && phase.until_us.is_none_or(|until| first.sent_us < until)
    };
    let during: Vec<&First> = firsts.iter().filter(is_within).collect();
    (0..during.len()).find_map(|start| {
        let begin = during.get(start)?.sent_us;
        let rest = during.get(start..)?;
        let in_time = rest.iter().take_while(|first| first.sent_us < begin + WINDOW_US).count();
        let window = rest.get(..in_time.max(MIN_CALLS))?;
        let to_faulty = window.iter().filter(|first| phase.targets.contains(&first.target)).count();
        (ratio(to_faulty, window.len()) <= PROBES).then_some((begin - phase.from_us) / 1000)
    })
}
