//! Customers that were made on sight go into the database, so that they are there after a start and on every node. A task in
//! the background: no call waits for it.

use crate::app::accounts;
use crate::app::state::App;
use std::sync::Arc;
use std::time::Duration;

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Looks for as long as the process runs. What could not be written is tried again at the next look.
pub(super) async fn keep(app: Arc<App>) {
    let mut is_failing = false;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let writer = Arc::clone(&app);
        let Ok(done) = tokio::task::spawn_blocking(move || accounts::write_newcomers(&writer)).await else {
            continue;
        };
        match done {
            Ok(()) => is_failing = false,
            // Whoever talks to the database says that it is away.
            Err(error) if is_failing || error.is_unavailable() => {}
            Err(error) => {
                is_failing = true;
                tracing::error!(%error, "customers seen first cannot be written; it is tried again and again");
            }
        }
    }
}
