//! Rules, channels and silences: listed, shown, made, changed, removed.

use crate::admin::by::By;
use crate::admin::error::ApiError;
use crate::admin::etag::{expected, tagged};
use crate::admin::query::{Page, paged};
use crate::app::alerts::book::Kind;
use crate::app::alerts::objects::{self, members};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Filters and paging.
#[derive(Debug, Deserialize)]
struct ListQuery {
    organization_id: Option<String>,
    name: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// All of a kind.
pub(super) fn all(kind: Kind) -> MethodRouter<Arc<App>> {
    get(move |State(app): State<Arc<App>>, Extension(caller): By, Query(query): Query<ListQuery>| {
        list(kind, app, caller, query)
    })
    .post(move |State(app): State<Arc<App>>, Extension(caller): By, body: Bytes| async move {
        let given = read(kind, &body)?;
        let made = tokio::task::spawn_blocking(move || objects::create(&app, &caller, kind, given)).await?;
        let (row, revision) = made?;
        Ok::<Response, ApiError>(tagged(StatusCode::CREATED, revision, row))
    })
}

/// One of a kind.
pub(super) fn one(kind: Kind) -> MethodRouter<Arc<App>> {
    get(move |State(app): State<Arc<App>>, Extension(caller): By, Path(id): Path<String>| async move {
        let shown = tokio::task::spawn_blocking(move || objects::show(&app, &caller, kind, &id)).await?;
        let (row, revision) = shown?;
        Ok::<Response, ApiError>(tagged(StatusCode::OK, revision, row))
    })
    .patch(
        move |State(app): State<Arc<App>>,
              Extension(caller): By,
              Path(id): Path<String>,
              headers: HeaderMap,
              body: Bytes| async move {
            let (given, revision) = (read(kind, &body)?, expected(&headers)?);
            let change = move || objects::change(&app, &caller, kind, (&id, revision), given);
            let (row, revision) = tokio::task::spawn_blocking(change).await??;
            Ok::<Response, ApiError>(tagged(StatusCode::OK, revision, row))
        },
    )
    .delete(
        move |State(app): State<Arc<App>>,
              Extension(caller): By,
              Path(id): Path<String>,
              headers: HeaderMap| async move {
            let revision = expected(&headers)?;
            let remove = move || objects::remove(&app, &caller, kind, &id, revision);
            tokio::task::spawn_blocking(remove).await??;
            Ok::<StatusCode, ApiError>(StatusCode::NO_CONTENT)
        },
    )
}

async fn list(
    kind: Kind,
    app: Arc<App>,
    caller: Arc<crate::app::authorization::Caller>,
    query: ListQuery,
) -> Result<Json<Value>, ApiError> {
    let mut rows = tokio::task::spawn_blocking(move || objects::list(&app, &caller, kind)).await??;
    rows.retain(|row| {
        let is = |member: &str, wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| row[member].as_str() == Some(wanted))
        };
        is("organization_id", &query.organization_id) && is("name", &query.name)
    });
    let (rows, next) = paged(rows, &Page { limit: query.limit, cursor: query.cursor })?;
    Ok(Json(json!({ "data": rows, "next_cursor": next })))
}

/// The parser's words may repeat what was written, so that its place alone is told.
fn read(kind: Kind, body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let given: Map<String, Value> = serde_json::from_slice(body).map_err(|error| {
        ApiError::malformed(format!("the body must be a JSON object (column {})", error.column()))
    })?;
    let known = members(kind);
    match given.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            let text = format!("there is no member '{name}'; there are {}", known.join(", "));
            Err(ApiError::invalid(name, text))
        }
        None => Ok(given),
    }
}
