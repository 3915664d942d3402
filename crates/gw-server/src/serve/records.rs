//! Looks after records while the gateway runs: prepares old ones for quick searches. Runs in the background; what it cannot
//! do now it does later.

use crate::app::state::App;
use std::sync::Arc;
use std::time::Duration;

/// How often it looks whether there is something to do.
const EVERY: Duration = Duration::from_secs(2);

/// Stretches of records that are prepared at once; writers wait that long.
const AT_ONCE: usize = 8;

/// See the module.
pub(super) async fn keep(app: Arc<App>) {
    loop {
        let worker = Arc::clone(&app);
        let described = tokio::task::spawn_blocking(move || {
            let now = worker.gateway.clock().now();
            worker.storage.database.describe_records(now, AT_ONCE)
        });
        let is_behind = match described.await {
            Ok(Ok(count)) => count >= AT_ONCE,
            Ok(Err(error)) => {
                tracing::warn!(%error, "old records are not prepared for searches");
                false
            }
            Err(error) => {
                tracing::error!(%error, "old records are not prepared for searches");
                false
            }
        };
        let pause = if is_behind { EVERY / 20 } else { EVERY };
        tokio::time::sleep(pause).await;
    }
}
