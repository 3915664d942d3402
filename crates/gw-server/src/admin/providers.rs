//! `GET /api/v1/providers`: the configured providers. Credentials are never shown.

use crate::app::state::App;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// Lists providers.
pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Value> {
    let live = app.gateway.live();
    let rows: Vec<Value> = live
        .snapshot
        .providers
        .values()
        .map(|p| {
            json!({
                "name": &*p.name,
                "kind": format!("{:?}", p.kind),
                "base_url": &*p.base_url,
                "region": p.region.as_deref(),
                "formats": p.formats.iter().map(|f| f.as_str()).collect::<Vec<_>>(),
                "has_credential": p.api_key.is_some(),
                "managed_by": "file",
            })
        })
        .collect();
    Json(json!({ "data": rows, "next_cursor": null }))
}
