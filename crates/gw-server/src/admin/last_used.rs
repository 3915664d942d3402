//! When keys were last used: what this gateway knows since it started, and what any of them wrote down. Where the database
//! cannot be asked, what this gateway knows.

use crate::app::state::App;
use gw_model::{KeyId, Micros, time};
use gw_store::memory::KeyEntry;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// Completes rows of these keys.
pub(super) async fn complete(app: &Arc<App>, rows: Vec<(&KeyEntry, &mut Value)>) {
    let keys: Vec<KeyId> = rows.iter().map(|(key, _)| key.id).collect();
    let written = written(app, keys).await;
    for (key, row) in rows {
        let used = key.tally.last_used().max(written.get(&key.id).copied());
        row["last_used_at"] = json!(used.map(time::format));
    }
}

async fn written(app: &Arc<App>, keys: Vec<KeyId>) -> HashMap<KeyId, Micros> {
    let reading = Arc::clone(app);
    let read = tokio::task::spawn_blocking(move || reading.storage.database.keys_used(&keys));
    match read.await {
        Ok(Ok(found)) => found.into_iter().collect(),
        Ok(Err(error)) => {
            tracing::debug!(%error, "keys are shown with what this gateway knows of their use");
            HashMap::new()
        }
        Err(_) => HashMap::new(),
    }
}
