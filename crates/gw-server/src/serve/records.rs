//! Looks after records while the gateway runs: prepares old ones for quick searches, and removes what has been kept for long
//! enough, a little at a time. Runs in the background; what it cannot do now it does later.

use crate::app::state::App;
use gw_model::Micros;
use gw_store::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// How often it looks whether there is something to do, and the pause where there is more.
const EVERY: Duration = Duration::from_secs(2);
const SHORT: Duration = Duration::from_millis(100);

/// Stretches of records that are prepared at once, and rows that are removed at once; writers wait that long.
const STRETCHES: usize = 8;
const ROWS: usize = 2_000;

const DAY_US: Micros = 86_400_000_000;

/// See the module.
pub(super) async fn keep(app: Arc<App>, retention_days: Option<u64>) {
    // The process would wait for a round at a database that does not answer.
    while !app.is_draining() {
        let worker = Arc::clone(&app);
        let done = tokio::task::spawn_blocking(move || tend(&worker, retention_days)).await;
        let is_behind = match done {
            Ok(Ok(is_behind)) => is_behind,
            Ok(Err(error)) => {
                tracing::warn!(%error, "records could not be looked after");
                false
            }
            Err(error) => {
                tracing::error!(%error, "records could not be looked after");
                false
            }
        };
        tokio::time::sleep(if is_behind { SHORT } else { EVERY }).await;
    }
}

/// One round; true when there is more to do.
fn tend(app: &App, retention_days: Option<u64>) -> Result<bool, StoreError> {
    let (now, database) = (app.gateway.clock().now(), &app.storage.database);
    let described = database.describe_records(now, STRETCHES)?;
    let bodies = database.remove_expired_bodies(now, ROWS)?;
    let records = match retention_days {
        None => 0,
        Some(days) => {
            let age = Micros::try_from(days).unwrap_or(Micros::MAX).saturating_mul(DAY_US);
            database.remove_records(now.saturating_sub(age), ROWS)?
        }
    };
    if bodies + records > 0 {
        tracing::debug!(bodies, records, "what was kept long enough is removed");
    }
    Ok(described >= STRETCHES || bodies >= ROWS || records >= ROWS)
}
