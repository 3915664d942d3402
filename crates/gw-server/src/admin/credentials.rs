//! `/api/v1/credentials`: keys of providers in the encrypted store. They are written, and never read back.

use super::by::{By, on_gateway};
use super::error::ApiError;
use super::etag::{expected, tagged};
use super::query::{Page, paged};
use crate::app::authorization::Resource;
use crate::app::credentials::{self, Change, CredentialError};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use gw_model::{Secret, time};
use gw_store::StoreError;
use gw_store::types::StoredCredential;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Longest name in bytes, as that of a provider.
const MAX_NAME: usize = 64;
/// Longest key in bytes.
const MAX_KEY: usize = 16 << 10;
/// Longest description in characters.
const MAX_DESCRIPTION: usize = 256;

/// What a caller writes. `Debug` would show the key.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Input {
    name: Option<String>,
    api_key: Option<String>,
    description: Option<String>,
}

/// Lists credentials.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Credentials.read())?;
    let reading = Arc::clone(&app);
    let all = tokio::task::spawn_blocking(move || credentials::list(&reading)).await??;
    let (rows, next) = paged(all, &page)?;
    let data: Vec<Value> = rows.iter().map(|stored| row(&app, stored)).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// One credential.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    on_gateway(&caller, Resource::Credentials.read())?;
    let reading = Arc::clone(&app);
    let stored = tokio::task::spawn_blocking(move || credentials::find(&reading, &name)).await??;
    Ok(tagged(StatusCode::OK, stored.updated_at, row(&app, &stored)))
}

/// Makes a credential.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    body: Bytes,
) -> Result<Response, ApiError> {
    on_gateway(&caller, Resource::Credentials.write())?;
    let input = read(&body)?;
    let name = input.name.ok_or_else(|| ApiError::invalid("name", "'name' is missing: give it a name"))?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(plain) {
        let text = format!("'name' may have letters, digits, '-', '_' and '.' only, 1 to {MAX_NAME}");
        return Err(ApiError::invalid("name", text));
    }
    let key = input.api_key.ok_or_else(|| ApiError::invalid("api_key", "'api_key' is missing: add it"))?;
    let (key, description) = (api_key(key)?, description(input.description)?.unwrap_or_default());
    let writing = Arc::clone(&app);
    let stored =
        tokio::task::spawn_blocking(move || credentials::create(&writing, &caller, name, key, description))
            .await??;
    Ok(tagged(StatusCode::CREATED, stored.updated_at, row(&app, &stored)))
}

/// Changes the members that are given.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    on_gateway(&caller, Resource::Credentials.write())?;
    let input = read(&body)?;
    if input.name.is_some_and(|given| given != name) {
        return Err(ApiError::invalid("name", "'name' cannot be changed: make another credential"));
    }
    let change = Change {
        api_key: input.api_key.map(api_key).transpose()?,
        description: description(input.description)?,
    };
    let (writing, seen) = (Arc::clone(&app), expected(&headers)?);
    let stored =
        tokio::task::spawn_blocking(move || credentials::change(&writing, &caller, &name, change, seen))
            .await??;
    Ok(tagged(StatusCode::OK, stored.updated_at, row(&app, &stored)))
}

/// Removes a credential that no provider uses.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    on_gateway(&caller, Resource::Credentials.write())?;
    let seen = expected(&headers)?;
    tokio::task::spawn_blocking(move || credentials::remove(&app, &caller, &name, seen)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// The parser's words may repeat what was written, so that its place alone is told.
fn read(body: &[u8]) -> Result<Input, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        ApiError::malformed(format!(
            "the body must be a JSON object with name, api_key and description, all texts (column {})",
            error.column()
        ))
    })
}

fn api_key(text: String) -> Result<Secret, ApiError> {
    let key = Secret::new(text);
    let text = key.expose();
    if text.is_empty() || text.len() > MAX_KEY || !text.bytes().all(|b| b.is_ascii_graphic()) {
        let wrong = format!("'api_key' must have 1 to {MAX_KEY} visible ASCII characters");
        return Err(ApiError::invalid("api_key", wrong));
    }
    Ok(key)
}

fn description(text: Option<String>) -> Result<Option<String>, ApiError> {
    if text.as_ref().is_some_and(|text| text.chars().count() > MAX_DESCRIPTION) {
        let wrong = format!("'description' may have {MAX_DESCRIPTION} characters");
        return Err(ApiError::invalid("description", wrong));
    }
    Ok(text)
}

impl From<CredentialError> for ApiError {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::NotFound => Self::not_found("there is no such credential"),
            CredentialError::InUse { .. } => Self::conflict("name", error.to_string()),
            CredentialError::Store(StoreError::NameTaken { .. }) => {
                Self::conflict("name", "another credential has this name; choose another, or PATCH it")
            }
            CredentialError::Changed(revision) => Self::changed(revision),
            CredentialError::Store(error) => Self::from(error),
        }
    }
}

fn row(app: &App, stored: &StoredCredential) -> Value {
    json!({
        "id": stored.name,
        "name": stored.name,
        "last4": stored.last4,
        "description": stored.description,
        "used_by": credentials::users(app, &stored.name),
        "created_at": time::format(stored.created_at),
        "updated_at": time::format(stored.updated_at),
    })
}
