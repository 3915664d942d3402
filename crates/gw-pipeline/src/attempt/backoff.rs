//! How long to wait before another try at the same target: what the upstream asks for, else exponential
//! with full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog).

use super::exchange::Exchange;
use gw_model::snapshot::RetryPolicy;

/// Milliseconds to wait before try number `attempt + 1`; `None` when the next target is the better choice:
/// the upstream asks for a longer pause than the policy allows, or another target is free at once.
pub(super) fn wait_ms(
    exchange: &Exchange,
    retry: &RetryPolicy,
    attempt: u32,
    after_ms: Option<u64>,
    others_left: bool,
) -> Option<u64> {
    if let Some(asked) = after_ms {
        let fits = asked <= retry.max_backoff_ms && asked < exchange.remaining_ms();
        return (fits && (!others_left || asked == 0)).then_some(asked);
    }
    let ceiling = retry.backoff_ms.saturating_mul(1 << (attempt - 1).min(16)).min(retry.max_backoff_ms);
    let jittered = exchange.ticket.worker().random_u64() % (ceiling + 1);
    (jittered < exchange.remaining_ms()).then_some(jittered)
}
