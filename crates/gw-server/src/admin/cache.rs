//! `/api/v1/cache`: how full the cache is, and what is to be thrown away.

use super::by::{By, on_gateway};
use super::error::ApiError;
use crate::app::authorization::Resource;
use crate::app::cache;
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use gw_model::{AccountId, KeyId, Level};
use gw_pipeline::StorePurged;
use gw_store::answers::Purge;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// How full it is, on this node.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Cache.read())?;
    let totals = app.gateway.answers.totals();
    let (index_entries, index_bytes) = app.gateway.answers.index_totals();
    let live = app.gateway.live();
    let policies = live.snapshot.settings.cache.as_ref();
    Ok(Json(json!({
        "enabled": policies.is_some(),
        "entries": totals.entries,
        "bytes": totals.bytes,
        "max_bytes": policies.map_or(0, |policies| policies.memory_bytes),
        "evicted": totals.evicted,
        "index_entries": index_entries,
        "index_bytes": index_bytes,
        "pending_purges": app.gateway.answers.pending_purges(),
    })))
}

/// What is to be thrown away: all that is given must hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PurgeInput {
    key: Option<String>,
    model: Option<String>,
    tag: Option<String>,
    key_id: Option<String>,
    account_id: Option<String>,
    #[serde(default)]
    all: bool,
}

/// Throws answers away.
pub(super) async fn purge(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Cache.write())?;
    let input: PurgeInput = serde_json::from_slice(&body).map_err(|error| {
        ApiError::malformed(format!("the body must be an object with what to purge: {error}"))
    })?;
    let purge = read(input)?;
    let purging = tokio::task::spawn_blocking(move || cache::purge(&app, &caller.origin, &purge)).await?;
    let is_pending = match purging.store {
        StorePurged::Yes => false,
        StorePurged::Pending => true,
        StorePurged::Lost => {
            let text = "the memory of this gateway is purged, and its store is not: nobody works on that any more; restart this \
                        gateway and purge again";
            return Err(ApiError::busy(text));
        }
    };
    Ok(Json(json!({ "purged": purging.count, "pending": is_pending })))
}

fn read(input: PurgeInput) -> Result<Purge, ApiError> {
    let PurgeInput { key, model, tag, key_id, account_id, all } = input;
    let key = key.map(|text| {
        let text = text.to_ascii_lowercase();
        text.parse().map_err(|_| ApiError::invalid("key", "is 64 hex digits, as in 'x-gatewright-cache-key'"))
    });
    let of_key = key_id.map(|text| {
        let id: Result<KeyId, _> = text.parse();
        id.map(|id| AccountId { level: Level::Key, number: id.0 })
            .map_err(|_| ApiError::invalid("key_id", "is no id of a key"))
    });
    let account = account_id.map(|text| {
        let wrong = "is no id of a team, organization, project, user, customer or tag";
        text.parse().map_err(|_| ApiError::invalid("account_id", wrong))
    });
    if of_key.is_some() && account.is_some() {
        return Err(ApiError::invalid("account_id", "and 'key_id' exclude each other"));
    }
    let purge = Purge { key: key.transpose()?, model, tag, account: of_key.or(account).transpose()? };
    match (purge == Purge::default(), all) {
        (true, false) => Err(ApiError::malformed(
            "say what to purge: key, model, tag, key_id or account_id; or write \"all\": true",
        )),
        (false, true) => Err(ApiError::invalid("all", "goes alone: the others narrow it down")),
        _ => Ok(purge),
    }
}
