//! What a disturbance adds to the time of calls. Pure.

use super::{Phase, is_timed};
use crate::load::Call;

/// Fewest calls that a percentile is told of.
const MIN_CALLS: usize = 20;

/// How much longer the slowest of a hundred calls took during a disturbance than before it, in milliseconds; nothing
/// when there was no time before it.
pub(super) fn p99_added_ms(calls: &[Call], phase: &Phase) -> Option<u64> {
    let took = |is_asked: &dyn Fn(u64) -> bool| -> Vec<u64> {
        let asked = calls.iter().filter(|call| is_timed(call) && is_asked(call.sent_us));
        asked.map(|call| call.took_us).collect()
    };
    let calm = p99(took(&|sent| sent < phase.from_us))?;
    let until = phase.until_us.unwrap_or(u64::MAX);
    let disturbed = p99(took(&|sent| (phase.from_us..until).contains(&sent)))?;
    Some(disturbed.saturating_sub(calm) / 1000)
}

fn p99(mut times: Vec<u64>) -> Option<u64> {
    if times.len() < MIN_CALLS {
        return None;
    }
    times.sort_unstable();
    times.get((times.len() * 99).div_ceil(100) - 1).copied()
}
