//! What becomes of calls when there are more than can be served: whether those that matter most are, how many are served,
//! and how soon the others are told. Pure.

use super::ratio;
use crate::load::{Call, Ending};
use gw_model::Priority;

/// The part of the calls of high priority that got what they should; `None` when there are none.
pub(super) fn high_success_rate(calls: &[Call]) -> Option<f64> {
    let high: Vec<&Call> = calls.iter().filter(|call| call.priority == Priority::High).collect();
    let good = high.iter().filter(|call| call.ending == Ending::Good).count();
    (!high.is_empty()).then(|| ratio(good, high.len()))
}

/// Calls a second that got what they should, from the first that went out until the last of them ended.
#[expect(clippy::cast_precision_loss, reason = "minutes in microseconds are far below what a float holds")]
pub(super) fn goodput_per_second(calls: &[Call]) -> Option<f64> {
    let good = || calls.iter().filter(|call| call.ending == Ending::Good);
    let from = calls.iter().map(|call| call.sent_us).min()?;
    let until = good().map(|call| call.sent_us + call.took_us).max()?;
    let span_us = until.saturating_sub(from).max(1);
    Some(good().count() as f64 * 1e6 / span_us as f64)
}

/// How long the slowest call took that failed, in milliseconds; `None` when none did.
pub(super) fn refused_ms(calls: &[Call]) -> Option<u64> {
    let failed = calls.iter().filter(|call| matches!(call.ending, Ending::Failed(_)));
    failed.map(|call| call.took_us / 1000).max()
}
