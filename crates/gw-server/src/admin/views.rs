//! `/api/v1/views`: filters of the explorer that somebody named.

use super::by::By;
use super::error::ApiError;
use super::etag::{expected, tagged};
use super::given::Given;
use super::query::{Page, paged_by};
use super::{logs, parameters};
use crate::app::state::App;
use crate::app::views::{self, ViewsError, Wanted};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use gw_model::time;
use gw_store::types::{StoredView, ViewId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

type Answer = Result<Response, ApiError>;

const MEMBERS: [&str; 3] = ["name", "filters", "account_id"];

/// Paging.
#[derive(Debug, Deserialize)]
pub(super) struct ViewsQuery {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Lists views: his own, and those that others share with him.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<ViewsQuery>,
) -> Result<Json<Value>, ApiError> {
    let all = tokio::task::spawn_blocking(move || views::list(&app, &caller)).await??;
    let page = Page { limit: query.limit, cursor: query.cursor };
    let (rows, next) = paged_by(all, &page, |view| view.id)?;
    Ok(Json(json!({ "data": rows.iter().map(row).collect::<Vec<_>>(), "next_cursor": next })))
}

/// One view.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Answer {
    let id = parse(&id)?;
    let view = tokio::task::spawn_blocking(move || views::find(&app, &caller, id)).await??;
    Ok(tagged(StatusCode::OK, view.revision, row(&view)))
}

/// Makes a view.
pub(super) async fn create(State(app): State<Arc<App>>, Extension(caller): By, body: Bytes) -> Answer {
    let wanted = apply(&Given::read(&body, &MEMBERS)?, Wanted::default())?;
    let view = tokio::task::spawn_blocking(move || views::create(&app, &caller, wanted)).await??;
    Ok(tagged(StatusCode::CREATED, view.revision, row(&view)))
}

/// Changes the members that are given.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (id, revision) = (parse(&id)?, expected(&headers)?);
    let given = Given::read(&body, &MEMBERS)?;
    let work = move || views::update::<ApiError>(&app, &caller, id, revision, |is| apply(&given, is));
    let view = tokio::task::spawn_blocking(work).await??;
    Ok(tagged(StatusCode::OK, view.revision, row(&view)))
}

/// Removes a view.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let (id, revision) = (parse(&id)?, expected(&headers)?);
    tokio::task::spawn_blocking(move || views::remove(&app, &caller, id, revision)).await??;
    Ok(StatusCode::NO_CONTENT)
}

fn apply(given: &Given, mut wanted: Wanted) -> Result<Wanted, ApiError> {
    given.name(&mut wanted.name, "what it shows")?;
    if let Some(filters) = given.texts_by_name("filters")? {
        parameters::check_saved("/api/v1/logs", &filters)?;
        logs::filter_of(&filters)?;
        wanted.filters = filters;
    }
    if let Some(place) = given.text("account_id")? {
        let place = place.filter(|text| !text.is_empty());
        let parse = |text: String| text.parse().map_err(|_| ApiError::from(ViewsError::NoPlace));
        wanted.place = place.map(parse).transpose()?;
    }
    Ok(wanted)
}

/// An id that is none is a view that does not exist.
fn parse(id: &str) -> Result<ViewId, ApiError> {
    id.parse().map_err(|_| ApiError::from(ViewsError::NotFound))
}

impl From<ViewsError> for ApiError {
    fn from(error: ViewsError) -> Self {
        match error {
            ViewsError::NotFound => Self::not_found(error.to_string()),
            ViewsError::TooMany => Self::conflict("name", error.to_string()),
            ViewsError::NoPlace => Self::invalid("account_id", error.to_string()),
            ViewsError::Changed { revision } => Self::changed(revision),
            ViewsError::Denied(denied) => denied.into(),
            ViewsError::Store(error) => error.into(),
        }
    }
}

fn row(view: &StoredView) -> Value {
    let filters: Value = serde_json::from_str(&view.filters).unwrap_or_default();
    json!({
        "id": view.id.to_string(),
        "name": view.name,
        "owner": view.owner,
        "account_id": view.place.map(|place| place.to_string()),
        "filters": filters,
        "created_at": time::format(view.created_at),
        "updated_at": time::format(view.updated_at),
        "revision": view.revision,
    })
}
