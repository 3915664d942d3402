//! `GET /api/v1/logs/{id}/bodies`: what a caller sent and got, where that is kept. Every look is written down in the audit
//! log before anything is shown.

use super::{find, unknown};
use crate::admin::by::By;
use crate::admin::error::ApiError;
use crate::app::audit;
use crate::app::authorization::Resource;
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Path, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gw_model::{AccountId, RequestId};
use gw_store::StoreError;
use gw_store::audit::Origin;
use gw_store::bodies::{BodyContent, BodySealer, BodySide};
use gw_store::types::{LogRow, Unread};
use serde_json::{Value, json};
use std::sync::Arc;

/// Shows the bodies of a call.
pub(in crate::admin) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let logs = caller.authority.seen_from(Resource::Logs.read())?;
    let bodies = caller.authority.seen_from(Resource::Bodies.read())?;
    let seen_from = super::both(logs, bodies);
    let id: RequestId = id.parse().map_err(|_| unknown(&id))?;
    let reader = Arc::clone(&app);
    let found = tokio::task::spawn_blocking(move || read(&reader, &caller.origin, id, seen_from)).await??;
    match found {
        None => Err(unknown(&id.to_string())),
        Some(Found::Unread(why)) => Err(unread(&app, id, why)),
        Some(Found::None) => Err(ApiError::not_found(format!(
            "no bodies are kept of the request '{id}': 'records.logging' or the 'logging' of what it counts for says so, or \
             their time is over"
        ))),
        Some(Found::Bodies(content)) => Ok(Json(shown(id, &content))),
    }
}

/// What there is of a record's bodies.
enum Found {
    Bodies(BodyContent),
    /// None are kept.
    None,
    /// They are kept, and cannot be read here and now.
    Unread(Unread),
}

/// 503: the bodies are kept, but not to be had here and now.
pub(super) fn unread(app: &App, id: RequestId, why: Unread) -> ApiError {
    ApiError::bodies_unread(crate::app::body_storage::unread(app, id, why))
}

/// The bodies, once it is written down that they were looked at; `None`: there is no such record.
fn read(
    app: &App,
    origin: &Origin,
    id: RequestId,
    seen_from: Option<Vec<AccountId>>,
) -> Result<Option<Found>, StoreError> {
    let Some(record) = find(app, id, seen_from, true)? else { return Ok(None) };
    let Some(sealed) = &record.bodies else {
        return Ok(Some(record.unread.map_or(Found::None, Found::Unread)));
    };
    let mut draft = audit::draft(app, origin, "bodies.read", "log");
    draft.id = id.to_string();
    draft.places = record.accounts.clone();
    draft.after = Some(json!({ "request_id": draft.id }));
    audit::note(app, &draft)?;
    app.storage.bodies.sealer().open(id, sealed).map(|content| Some(Found::Bodies(content)))
}

/// Notes that somebody looks for a text in bodies; which text is not written down.
pub(super) fn note_search(app: &App, origin: &Origin) -> Result<(), StoreError> {
    let mut draft = audit::draft(app, origin, "bodies.search", "log");
    draft.id = "all".to_owned();
    draft.after = Some(json!({}));
    audit::note(app, &draft)
}

/// Does a text stand in the bodies of a record? What cannot be opened holds nothing.
pub(in crate::admin) fn holds(sealer: &BodySealer, row: &LogRow, text: &str) -> bool {
    let Some(sealed) = &row.bodies else { return false };
    sealer.open(row.request_id, sealed).is_ok_and(|content| content.holds(text))
}

fn shown(id: RequestId, content: &BodyContent) -> Value {
    json!({
        "request_id": id.to_string(),
        "format": content.format,
        "masked": content.is_masked,
        "request": side(&content.request),
        "response": side(&content.response),
    })
}

/// Text as text, anything else as base64.
pub(super) fn side(side: &BodySide) -> Value {
    let (body, encoding) = match std::str::from_utf8(&side.bytes) {
        Ok(text) => (text.to_owned(), "text"),
        // The cut may be in the midst of a character.
        Err(error) if side.is_cut && error.error_len().is_none() => {
            (String::from_utf8_lossy(&side.bytes).into_owned(), "text")
        }
        Err(_) => (STANDARD.encode(&side.bytes), "base64"),
    };
    json!({
        "content_type": side.content_type,
        "body": body,
        "encoding": encoding,
        "truncated": side.is_cut,
    })
}
