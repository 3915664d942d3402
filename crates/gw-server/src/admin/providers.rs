//! `GET /api/v1/providers`: the configured providers. Credentials are never shown.

use super::by::{By, on_gateway};
use super::error::ApiError;
use super::query::{Page, paged};
use crate::app::authorization::Resource;
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Query, State};
use gw_model::time;
use gw_pipeline::credentials::CredentialView;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Paging.
#[derive(Debug, Deserialize)]
pub(super) struct ProvidersQuery {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Lists providers.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<ProvidersQuery>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Providers.read())?;
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
                "has_credential": p.api_key.is_some() || p.aws.is_some() || !p.credentials.is_empty(),
                "credentials": app.gateway.credentials(p).iter().map(credential).collect::<Vec<_>>(),
                "managed_by": "file",
            })
        })
        .collect();
    let (rows, next) = paged(rows, &Page { limit: query.limit, cursor: query.cursor })?;
    Ok(Json(json!({ "data": rows, "next_cursor": next })))
}

/// A credential as far as it may be shown: where it comes from and how it fares, never what it is.
fn credential(view: &CredentialView) -> Value {
    let state = view.state.as_deref();
    let failing = state.and_then(|state| state.failing.as_ref());
    json!({
        "name": &*view.name,
        "weight": view.weight,
        "source": view.source,
        "ready": view.ready,
        "obtained_at": state.and_then(|state| state.obtained_at).map(time::format),
        "expires_at": state.and_then(|state| state.expires_at).map(time::format),
        "failures": failing.map_or(0, |failing| failing.times),
        "last_error": failing.map(|failing| &failing.detail),
    })
}
