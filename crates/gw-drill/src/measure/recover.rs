//! Time to recover: from healing until healed targets get their part of the traffic again, and keep it. Pure.

use super::ratio;
use super::share::{self, First};

/// What is looked at from a moment on.
const WINDOW_US: u64 = 2_000_000;
/// How far a part may be from what it should be, where the window holds enough calls.
const WITHIN: f64 = 0.05;

/// Milliseconds until the first moment from which every window has each healed target near its part; `None` when the
/// last one has not, or there is none.
pub(super) fn recover_ms(
    firsts: &[First],
    targets: &[usize],
    expected: &[f64],
    healed_us: u64,
) -> Option<u64> {
    let after: Vec<&First> = firsts.iter().filter(|first| first.sent_us >= healed_us).collect();
    let end_us = after.last()?.sent_us;
    let mut recovered = None;
    for (start, first) in after.iter().enumerate() {
        let begin = first.sent_us;
        if begin + WINDOW_US > end_us {
            break;
        }
        let rest = after.get(start..).unwrap_or_default();
        let count = rest.iter().take_while(|first| first.sent_us < begin + WINDOW_US).count();
        let is_near = |target: &usize| {
            let part = expected.get(*target).copied().unwrap_or(0.0);
            let got = rest.iter().take(count).filter(|first| first.target == *target).count();
            (ratio(got, count) - part).abs() <= share::tolerance(WITHIN, part, count)
        };
        if !targets.iter().all(is_near) {
            recovered = None;
        } else if recovered.is_none() {
            recovered = Some((begin - healed_us) / 1000);
        }
    }
    recovered
}
