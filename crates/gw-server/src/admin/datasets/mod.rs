//! `/api/v1/datasets`: calls that are kept to be tried again, compared and taken elsewhere.

mod items;

pub(super) use items::{change as change_items, collect, export, import, list as items};

use super::by::By;
use super::error::ApiError;
use super::etag::{expected, tagged};
use super::given::Given;
use super::query::{Page, paged_by};
use crate::app::datasets::{self, Counted, DatasetsError, Wanted};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use gw_model::time;
use gw_store::types::DatasetId;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

type Answer = Result<Response, ApiError>;

const MEMBERS: [&str; 3] = ["name", "description", "account_id"];

/// Paging.
#[derive(Debug, Deserialize)]
pub(super) struct DatasetsQuery {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Lists datasets: his own, and those that others share with him.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<DatasetsQuery>,
) -> Result<Json<Value>, ApiError> {
    let all = tokio::task::spawn_blocking(move || datasets::list(&app, &caller)).await??;
    let page = Page { limit: query.limit, cursor: query.cursor };
    let (rows, next) = paged_by(all, &page, |(dataset, _)| dataset.id)?;
    Ok(Json(json!({ "data": rows.iter().map(row).collect::<Vec<_>>(), "next_cursor": next })))
}

/// One dataset.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Answer {
    let id = parse(&id)?;
    let found = tokio::task::spawn_blocking(move || datasets::find(&app, &caller, id)).await??;
    Ok(tagged(StatusCode::OK, found.0.revision, row(&found)))
}

/// Makes a dataset.
pub(super) async fn create(State(app): State<Arc<App>>, Extension(caller): By, body: Bytes) -> Answer {
    let wanted = apply(&Given::read(&body, &MEMBERS)?, Wanted::default())?;
    let made = tokio::task::spawn_blocking(move || datasets::create(&app, &caller, wanted)).await??;
    Ok(tagged(StatusCode::CREATED, made.0.revision, row(&made)))
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
    let work = move || datasets::update::<ApiError>(&app, &caller, id, revision, |is| apply(&given, is));
    let changed = tokio::task::spawn_blocking(work).await??;
    Ok(tagged(StatusCode::OK, changed.0.revision, row(&changed)))
}

/// Removes a dataset.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let (id, revision) = (parse(&id)?, expected(&headers)?);
    tokio::task::spawn_blocking(move || datasets::remove(&app, &caller, id, revision)).await??;
    Ok(StatusCode::NO_CONTENT)
}

fn apply(given: &Given, mut wanted: Wanted) -> Result<Wanted, ApiError> {
    given.name(&mut wanted.name, "what is in it")?;
    if let Some(description) = given.text("description")? {
        wanted.description = description.unwrap_or_default();
    }
    if let Some(place) = given.text("account_id")? {
        let place = place.filter(|text| !text.is_empty());
        let parse = |text: String| text.parse().map_err(|_| ApiError::from(DatasetsError::NoPlace));
        wanted.place = place.map(parse).transpose()?;
    }
    Ok(wanted)
}

/// An id that is none is a dataset that does not exist.
fn parse(id: &str) -> Result<DatasetId, ApiError> {
    id.parse().map_err(|_| ApiError::from(DatasetsError::NotFound))
}

impl From<DatasetsError> for ApiError {
    fn from(error: DatasetsError) -> Self {
        let text = error.to_string();
        match error {
            DatasetsError::NotFound => Self::not_found(text),
            DatasetsError::NoItem { .. } => Self::invalid("id", text),
            DatasetsError::TooMany => Self::conflict("name", text),
            DatasetsError::Full => Self::in_the_way(text),
            DatasetsError::TooManyAtOnce => Self::too_large(text),
            DatasetsError::NoPlace => Self::invalid("account_id", text),
            DatasetsError::Item { field, why } => Self::invalid(field, why),
            DatasetsError::Changed { revision } => Self::changed(revision),
            DatasetsError::Denied(denied) => denied.into(),
            DatasetsError::Store(error) => error.into(),
        }
    }
}

fn row((dataset, items): &Counted) -> Value {
    json!({
        "id": dataset.id.to_string(),
        "name": dataset.name,
        "description": dataset.description,
        "owner": dataset.owner,
        "account_id": dataset.place.map(|place| place.to_string()),
        "items": items,
        "created_at": time::format(dataset.created_at),
        "updated_at": time::format(dataset.updated_at),
        "revision": dataset.revision,
    })
}
