//! `POST /api/v1/logs/{id}/replay`: a request of which the body is kept is made again, with a key that it counts for.

use super::{both, kept, unknown};
use crate::admin::by::By;
use crate::admin::error::ApiError;
use crate::admin::given::Given;
use crate::app::authorization::Resource;
use crate::app::replay::{ReplayError, Wish, prepare};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use gw_model::Secret;
use gw_store::bodies::BodySide;
use serde_json::{Value, json};
use std::sync::Arc;

/// Makes it again.
pub(in crate::admin) async fn again(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    // What it says is shown by what is answered to it.
    let logs = caller.authority.seen_from(Resource::Logs.read())?;
    let seen_from = both(logs, caller.authority.seen_from(Resource::Bodies.read())?);
    let request = id.parse().map_err(|_| unknown(&id))?;
    let given = Given::read(&body, &["key", "model"])?;
    let text = |name| Ok::<_, ApiError>(given.text(name)?.flatten().filter(|text: &String| !text.is_empty()));
    let key = text("key")?.map(Secret::new);
    let key = key.ok_or_else(|| ApiError::invalid("key", ReplayError::Key.to_string()))?;
    let wish = Wish { id: request, key, model: text("model")?, seen_from };
    let (preparing, by) = (Arc::clone(&app), Arc::clone(&caller));
    let prepared = tokio::task::spawn_blocking(move || prepare(&preparing, &by.origin, wish)).await?;
    let prepared = prepared.map_err(|error| refused(&id, error))?;
    let answer =
        app.inside.call(prepared.call).await.map_err(|not_made| ApiError::busy(not_made.to_string()))?;
    let side = BodySide { bytes: answer.body, content_type: answer.content_type, is_cut: answer.is_cut };
    Ok(Json(json!({
        "replay_of": request.to_string(),
        "request_id": answer.request_id,
        "model": prepared.model,
        "masked": prepared.is_masked,
        "status": answer.status,
        "complete": !answer.is_broken,
        "response": kept::side(&side),
    })))
}

fn refused(id: &str, error: ReplayError) -> ApiError {
    let text = error.to_string();
    match error {
        ReplayError::Unknown => unknown(id),
        ReplayError::Unread(_) => ApiError::bodies_unread(text),
        ReplayError::NoBody => ApiError::not_found(text),
        ReplayError::Cut | ReplayError::Format(_) | ReplayError::Damaged => ApiError::in_the_way(text),
        ReplayError::Key => ApiError::invalid("key", text),
        ReplayError::Store(error) => error.into(),
    }
}
