//! Waiting for a condition with a deadline, in place of sleeping.

use std::time::{Duration, Instant};

/// Time that anything may take unless a test says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// Polls until `look` gives something; panics with `what` when it does not in time.
pub(crate) async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, look).await
}

/// The same with a time of its own.
pub(crate) async fn eventually_within<T>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
