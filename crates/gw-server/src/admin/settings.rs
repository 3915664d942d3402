//! `/api/v1/settings`: what is set, where that comes from, and changes of what counts at once.

use super::by::{By, on_gateway};
use super::error::ApiError;
use super::etag::{expected, tagged};
use super::query::{Page, paged};
use crate::app::authorization::Resource;
use crate::app::settings::{self, SettingError, Shown};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use gw_config::listed::Origin;
use gw_model::time;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Longest text of a value, in characters.
const MAX_TEXT: usize = 256;

/// What a caller writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    value: Value,
}

/// Lists settings, by name.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Settings.read())?;
    let reading = Arc::clone(&app);
    let all = tokio::task::spawn_blocking(move || settings::list_fresh(&reading)).await??;
    let (rows, next) = paged(all, &page)?;
    let data: Vec<Value> = rows.iter().map(|shown| row(&app, shown)).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// One setting.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    on_gateway(&caller, Resource::Settings.read())?;
    let reading = Arc::clone(&app);
    let shown = tokio::task::spawn_blocking(move || settings::find_fresh(&reading, &name)).await??;
    Ok(tagged(StatusCode::OK, shown.revision(), row(&app, &shown)))
}

/// Puts a value in the place of the default; null takes it away.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    on_gateway(&caller, Resource::Settings.write())?;
    let (value, revision) = (read(&body)?, expected(&headers)?);
    let writing = Arc::clone(&app);
    let work = move || match value {
        // Nothing to take away is as it was to be.
        None if settings::find_fresh(&writing, &name)?.row.is_none() => settings::find_fresh(&writing, &name),
        value => settings::change(&writing, &caller, &name, value, revision),
    };
    let shown = tokio::task::spawn_blocking(work).await??;
    Ok(tagged(StatusCode::OK, shown.revision(), row(&app, &shown)))
}

/// Takes away what the API gave.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    on_gateway(&caller, Resource::Settings.write())?;
    let revision = expected(&headers)?;
    tokio::task::spawn_blocking(move || settings::change(&app, &caller, &name, None, revision)).await??;
    Ok(StatusCode::NO_CONTENT)
}

fn read(body: &[u8]) -> Result<Option<Value>, ApiError> {
    let wrong = |error: serde_json::Error| {
        let text = format!("the body must be an object with 'value' alone (column {})", error.column());
        ApiError::invalid("value", text)
    };
    let Input { value } = serde_json::from_slice(body).map_err(wrong)?;
    let is_short = value.as_str().is_none_or(|text| text.chars().count() <= MAX_TEXT);
    match value {
        Value::Null => Ok(None),
        Value::Bool(_) | Value::Number(_) | Value::String(_) if is_short => Ok(Some(value)),
        _ => {
            let text = format!(
                "'value' must be a number, true or false, or a text of at most {MAX_TEXT} characters"
            );
            Err(ApiError::invalid("value", text))
        }
    }
}

fn row(app: &App, shown: &Shown) -> Value {
    let listed = &shown.listed;
    let place = match listed.origin {
        Origin::File(place) => Some(format!("{}:{}", app.file_name(), place.line)),
        _ => None,
    };
    json!({
        "id": listed.name,
        "description": listed.about,
        "value": listed.value,
        "default": listed.default,
        "source": listed.origin.as_str(),
        "place": place,
        "hidden": listed.is_hidden,
        "changeable": listed.is_changeable && matches!(listed.origin, Origin::Default | Origin::Api),
        "revision": shown.revision(),
        "updated_at": shown.row.as_ref().map(|row| time::format(row.updated_at)),
    })
}

impl From<SettingError> for ApiError {
    fn from(error: SettingError) -> Self {
        let text = error.to_string();
        match error {
            SettingError::NotFound => Self::not_found(text),
            SettingError::Elsewhere { .. } | SettingError::AtStart => Self::conflict("id", text),
            SettingError::File(_) | SettingError::NotInForce(_) => Self::conflict("value", text),
            SettingError::Wrong(_) => Self::invalid("value", text),
            SettingError::Changed(revision) => Self::changed(revision),
            SettingError::NotServing => Self::busy(text),
            SettingError::Store(error) => Self::from(error),
        }
    }
}
