//! `/api/v1/keys`.

use super::error::ApiError;
use super::query::{Page, paged};
use super::{access, key_input, limits};
use crate::app::keys::{self, KeysError};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use gw_model::{KeyId, KeyPolicy, time};
use gw_store::StoreError;
use gw_store::audit::Origin;
use gw_store::memory::{KeyEntry, KeySource};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Filters.
#[derive(Debug, Deserialize)]
pub(super) struct KeysQuery {
    name: Option<String>,
    team_id: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Lists keys that are not revoked.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Query(query): Query<KeysQuery>,
) -> Result<Json<Value>, ApiError> {
    let mut entries = app.gateway.keys.list();
    entries.retain(|e| query.name.as_ref().is_none_or(|name| *name == e.policy.name));
    entries.retain(|e| query.team_id.is_none() || query.team_id == e.policy.team_id);
    let page = Page { limit: query.limit, cursor: query.cursor };
    let (entries, next) = paged(entries, &page)?;
    let data: Vec<Value> = entries.iter().map(|e| row(&app, e)).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// One key.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let entry = app.gateway.keys.get(parse(&id)?).ok_or(KeysError::NotFound)?;
    Ok(Json(row(&app, &entry)))
}

/// Makes a key; the answer is the only one that shows it.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Extension(origin): Extension<Origin>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let mut policy = KeyPolicy { models: vec!["*".to_owned()], ..KeyPolicy::default() };
    key_input::apply(&body, &mut policy)?;
    let task = {
        let app = Arc::clone(&app);
        tokio::task::spawn_blocking(move || keys::create(&app, &origin, policy))
    };
    let made = task.await??;
    let mut shown = row(&app, &made.entry);
    if let Some(map) = shown.as_object_mut() {
        map.insert("key".to_owned(), json!(made.key.expose()));
    }
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Changes the members that are given.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Extension(origin): Extension<Origin>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let id = parse(&id)?;
    let mut policy = app.gateway.keys.get(id).ok_or(KeysError::NotFound)?.policy.clone();
    key_input::apply(&body, &mut policy)?;
    let task = {
        let app = Arc::clone(&app);
        tokio::task::spawn_blocking(move || keys::update(&app, &origin, id, policy))
    };
    let entry = task.await??;
    Ok(Json(row(&app, &entry)))
}

/// Revokes a key.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Extension(origin): Extension<Origin>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = parse(&id)?;
    tokio::task::spawn_blocking(move || keys::revoke(&app, &origin, id)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// An id that is none is a key that does not exist.
fn parse(id: &str) -> Result<KeyId, ApiError> {
    id.parse().map_err(|_| ApiError::from(KeysError::NotFound))
}

impl From<KeysError> for ApiError {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::NotFound => Self::not_found("there is no such key"),
            KeysError::ManagedByFile => Self::conflict("id", error.to_string()),
            KeysError::NameTwice { .. } | KeysError::Store(StoreError::NameTaken { .. }) => {
                Self::conflict("name", "another key has this name; choose another")
            }
            KeysError::Store(error) => Self::from(error),
        }
    }
}

fn row(app: &App, entry: &KeyEntry) -> Value {
    let policy = &entry.policy;
    let now = app.gateway.clock().now();
    let access = policy.access.as_deref();
    let budgets = limits::budgets_shown(&entry.tally, &entry.rules, now);
    json!({
        "id": entry.id.to_string(),
        "name": policy.name,
        "team_id": policy.team_id,
        "project_id": policy.project_id,
        "user_id": policy.user_id,
        "models": policy.models,
        "endpoints": policy.endpoints.as_ref().map(|l| l.iter().map(|e| e.as_str()).collect::<Vec<_>>()),
        "expires_at": policy.expires_at.map(time::format),
        "limits": limits::shown(&policy.limits),
        "budget": budgets.first(),
        "budgets": budgets,
        "priority": policy.priority.as_str(),
        "allowed_ips": access.map(|access| &access.allowed_ips[..]).unwrap_or_default(),
        "hours": access.map(access::hours_shown).unwrap_or_default(),
        "required_metadata": access.map(|access| &access.required_metadata[..]).unwrap_or_default(),
        "credentials": policy.credentials,
        "metadata": policy.metadata,
        "managed_by": match entry.source { KeySource::File => "file", KeySource::Api => "api" },
        "requests_in_flight": entry.tally.parallel(),
    })
}
