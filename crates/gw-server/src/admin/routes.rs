//! `/api/v1/routes`: dynamic routes, their drafts and versions.

use super::by::{By, on_gateway};
use super::error::ApiError;
use super::etag::{expected, tagged};
use super::query::{Page, paged};
use crate::app::authorization::Resource;
use crate::app::routes::explain::{Asked, ExplainError, explain};
use crate::app::routes::{self, Draft, RoutesError, Which};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use gw_config::RouteFault;
use gw_model::{KeyId, time};
use gw_store::StoreError;
use gw_store::types::{RouteVersion, StoredRoute, VersionState};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest note and author in characters.
const MAX_TEXT: usize = 512;

/// Paging.
#[derive(Debug, Deserialize)]
pub(super) struct RoutesQuery {
    name: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// What a caller writes of a route.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Input {
    name: Option<String>,
    document: Option<Value>,
    note: Option<String>,
    author: Option<String>,
}

/// Which version.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct VersionInput {
    version: Option<i64>,
}

/// A question to a route.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SimulateInput {
    version: Option<Value>,
    request: RequestInput,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestInput {
    format: Option<String>,
    body: Value,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    key_id: Option<String>,
}

type Answer = Result<Response, ApiError>;

/// Lists routes.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<RoutesQuery>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Routes.read())?;
    let mut all = tokio::task::spawn_blocking(move || routes::list(&app)).await??;
    all.retain(|route| query.name.as_ref().is_none_or(|name| *name == route.name));
    let (rows, next) = paged(all, &Page { limit: query.limit, cursor: query.cursor })?;
    let data: Vec<Value> = rows.iter().map(|route| row(route, &[])).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// One route.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Answer {
    on_gateway(&caller, Resource::Routes.read())?;
    let route = tokio::task::spawn_blocking(move || routes::find(&app, &id)).await??;
    Ok(one(StatusCode::OK, &route, &[]))
}

/// The versions of a route, newest first.
pub(super) async fn versions(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    Query(query): Query<RoutesQuery>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Routes.read())?;
    let route = tokio::task::spawn_blocking(move || routes::find(&app, &id)).await??;
    let (rows, next) = paged(route.versions, &Page { limit: query.limit, cursor: query.cursor })?;
    let data: Vec<Value> = rows.iter().map(version).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// Makes a route with a draft.
pub(super) async fn create(State(app): State<Arc<App>>, Extension(caller): By, body: Bytes) -> Answer {
    on_gateway(&caller, Resource::Routes.write())?;
    let input: Input = read(&body)?;
    let name = input.name.clone().ok_or_else(|| ApiError::invalid("name", "'name' is missing: add it"))?;
    let draft = draft(input)?;
    let made = tokio::task::spawn_blocking(move || routes::create(&app, &caller, &name, draft)).await?;
    let (route, warnings) = made?;
    Ok(one(StatusCode::CREATED, &route, &warnings))
}

/// Writes the draft.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    on_gateway(&caller, Resource::Routes.write())?;
    let input: Input = read(&body)?;
    if input.name.is_some() {
        return Err(ApiError::invalid("name", "'name' cannot be changed: make another route"));
    }
    let (draft, revision) = (draft(input)?, expected(&headers)?);
    let saved =
        tokio::task::spawn_blocking(move || routes::save(&app, &caller, &id, draft, revision)).await?;
    let (route, warnings) = saved?;
    Ok(one(StatusCode::OK, &route, &warnings))
}

/// Removes a route.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    on_gateway(&caller, Resource::Routes.write())?;
    let revision = expected(&headers)?;
    tokio::task::spawn_blocking(move || routes::remove(&app, &caller, &id, revision)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts the draft in force.
pub(super) async fn publish(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    on_gateway(&caller, Resource::Routes.write())?;
    let revision = expected(&headers)?;
    let publish = move || routes::publish(&app, &caller, &id, Which::Draft, revision);
    Ok(one(StatusCode::OK, &tokio::task::spawn_blocking(publish).await??, &[]))
}

/// Puts an earlier version in force.
pub(super) async fn rollback(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    on_gateway(&caller, Resource::Routes.write())?;
    let input: VersionInput = if body.is_empty() { VersionInput::default() } else { read(&body)? };
    let revision = expected(&headers)?;
    let which = input.version.map_or(Which::Before, Which::Number);
    let publish = move || routes::publish(&app, &caller, &id, which, revision);
    Ok(one(StatusCode::OK, &tokio::task::spawn_blocking(publish).await??, &[]))
}

/// Says where a request would go, and why.
pub(super) async fn simulate(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Routes.read())?;
    let input: SimulateInput = read(&body)?;
    let wrong = || ApiError::invalid("version", "'version' must be a number, or \"draft\"");
    let which = match &input.version {
        None | Some(Value::Null) => Which::Current,
        Some(Value::String(word)) if word == "draft" => Which::Draft,
        Some(number) => Which::Number(number.as_i64().ok_or_else(wrong)?),
    };
    let key = match &input.request.key_id {
        None => None,
        Some(id) => {
            let found = id.parse::<KeyId>().ok().and_then(|id| app.gateway.keys.get(id));
            Some(found.ok_or_else(|| ApiError::invalid("request.key_id", "there is no such key"))?)
        }
    };
    let RequestInput { format, body, headers, .. } = input.request;
    let asked = Asked { format, body, headers: headers.into_iter().collect(), key };
    let explained = tokio::task::spawn_blocking(move || {
        let route = routes::find(&app, &id)?;
        let model = routes::model(&app, &route, which)?;
        let (live, now) = (app.gateway.live(), app.gateway.clock().now());
        let said = explain(&live, &app.gateway.gates, &model, asked, (now, fastrand::u64(..)));
        // Reading the body takes its time, so all of it stands here.
        let said = tokio::runtime::Handle::current().block_on(said)?;
        let number = routes::version(&route, which)?.number;
        Ok::<_, ApiError>((number, said))
    });
    let (number, mut said) = explained.await??;
    said["version"] = number.into();
    Ok(Json(said))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::malformed(format!("the body cannot be read: {error}")))
}

fn draft(input: Input) -> Result<Draft, ApiError> {
    let missing = || ApiError::invalid("document", "'document' is missing: add the graph");
    let document = input.document.ok_or_else(missing)?;
    for (field, text) in [("note", &input.note), ("author", &input.author)] {
        if text.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT) {
            return Err(ApiError::invalid(field, format!("'{field}' may have {MAX_TEXT} characters")));
        }
    }
    let author = input.author.unwrap_or_else(|| "master key".to_owned());
    Ok(Draft { document, author, note: input.note.unwrap_or_default() })
}

fn one(status: StatusCode, route: &StoredRoute, warnings: &[RouteFault]) -> Response {
    tagged(status, route.revision, row(route, warnings))
}

fn row(route: &StoredRoute, warnings: &[RouteFault]) -> Value {
    let in_state = |state| route.in_state(state).map(version);
    json!({
        "id": route.id,
        "name": route.name,
        "revision": route.revision,
        "draft": in_state(VersionState::Draft),
        "published": in_state(VersionState::Published),
        "created_at": time::format(route.created_at),
        "updated_at": time::format(route.updated_at),
        "warnings": faults(warnings),
    })
}

fn version(version: &RouteVersion) -> Value {
    json!({
        "number": version.number,
        "state": version.state.as_str(),
        // A document that cannot be read is shown as it is.
        "document": serde_json::from_str::<Value>(&version.document).unwrap_or_else(|_| json!(version.document)),
        "author": version.author,
        "note": version.note,
        "created_at": time::format(version.created_at),
        "published_at": version.published_at.map(time::format),
    })
}

fn faults(faults: &[RouteFault]) -> Vec<Value> {
    faults.iter().map(|fault| json!({ "pointer": fault.pointer, "message": fault.message })).collect()
}

impl From<RoutesError> for ApiError {
    fn from(error: RoutesError) -> Self {
        match error {
            RoutesError::NotFound | RoutesError::NoVersion => Self::not_found(error.to_string()),
            RoutesError::NoDraft | RoutesError::NothingBefore => Self::conflict("version", error.to_string()),
            RoutesError::TooMany => Self::conflict("id", error.to_string()),
            RoutesError::NameOfModel { .. } => Self::conflict("name", error.to_string()),
            RoutesError::Faults { faults: found, .. } => {
                let first = found.first().cloned();
                let first = first.unwrap_or(RouteFault { pointer: String::new(), message: String::new() });
                Self::invalid(format!("document{}", first.pointer), first.message)
                    .with("faults", faults(&found).into())
            }
            RoutesError::Publish(error) => Self::internal(&error),
            RoutesError::Store(StoreError::NameTaken { .. }) => {
                Self::conflict("name", "another route has this name; choose another")
            }
            RoutesError::Store(StoreError::Changed { revision }) => Self::changed(revision),
            RoutesError::Store(error) => Self::from(error),
        }
    }
}

impl From<ExplainError> for ApiError {
    fn from(error: ExplainError) -> Self {
        let field = match &error {
            ExplainError::Format(_) => "request.format",
            ExplainError::Header(_) => "request.headers",
            ExplainError::Request(_) => "request.body",
        };
        Self::invalid(field, error.to_string())
    }
}
