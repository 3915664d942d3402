//! `/api/v1/logs/{id}/feedback`: what people and programs say about a call afterwards.

pub(crate) mod own;

use super::{find, unknown};
use crate::admin::by::By;
use crate::admin::error::ApiError;
use crate::admin::given::Given;
use crate::app::authorization::Resource;
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use gw_model::{AccountId, RequestId, time};
use gw_store::StoreError;
use gw_store::types::Feedback;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most of it about one call.
const MAX_FEEDBACK: usize = 100;
/// Longest texts, in characters.
const MAX_LABEL: usize = 100;
const MAX_COMMENT: usize = 4_000;
/// Scores are from minus so much to so much.
const MAX_SCORE: i64 = 1_000_000;

/// Lists what was said about a call.
pub(in crate::admin) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let logs = caller.authority.seen_from(Resource::Logs.read())?;
    let seen_from = super::both(logs, caller.authority.seen_from(Resource::Feedback.read())?);
    let request: RequestId = id.parse().map_err(|_| unknown(&id))?;
    let found = tokio::task::spawn_blocking(move || match find(&app, request, seen_from, false)? {
        None => Ok(None),
        Some(_) => app.storage.database.feedback(request).map(Some),
    });
    let found: Option<Vec<Feedback>> = found.await??;
    let all = found.ok_or_else(|| unknown(&id))?;
    Ok(Json(json!({ "data": all.iter().map(shown).collect::<Vec<_>>(), "next_cursor": null })))
}

/// Says something about a call.
pub(in crate::admin) async fn add(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let logs = caller.authority.seen_from(Resource::Logs.read())?;
    let seen_from = super::both(logs, caller.authority.seen_from(Resource::Feedback.write())?);
    let request: RequestId = id.parse().map_err(|_| unknown(&id))?;
    let said = Said::read(&Given::read(&body, &MEMBERS)?)?;
    let random: [u8; 16] = gw_store::keys::random()?;
    let of_feedback = RequestId::new(app.gateway.clock().now(), u128::from_be_bytes(random));
    let feedback = said.by(&app, of_feedback.0, request, caller.origin.actor.to_string());
    let kept = feedback.clone();
    let added = tokio::task::spawn_blocking(move || write(&app, &kept, seen_from)).await??;
    match added {
        None => Err(unknown(&id)),
        Some(false) => {
            let text =
                format!("{MAX_FEEDBACK} things were said about this request already, which is the most");
            Err(ApiError::invalid("id", text))
        }
        Some(true) => Ok((StatusCode::CREATED, Json(shown(&feedback)))),
    }
}

/// `None`: there is no such record. False: there is no room.
fn write(
    app: &App,
    feedback: &Feedback,
    seen_from: Option<Vec<AccountId>>,
) -> Result<Option<bool>, StoreError> {
    if find(app, feedback.request, seen_from, false)?.is_none() {
        return Ok(None);
    }
    app.storage.database.add_feedback(feedback, MAX_FEEDBACK).map(Some)
}

/// What is said about a call.
const MEMBERS: [&str; 3] = ["score", "label", "comment"];

/// The same, as it was read.
#[derive(Clone)]
struct Said {
    score: Option<i64>,
    label: Option<String>,
    comment: Option<String>,
}

impl Said {
    fn read(given: &Given) -> Result<Self, ApiError> {
        let text = |name: &'static str, most: usize| {
            Ok::<_, ApiError>(given.text_within(name, most)?.flatten().filter(|text| !text.is_empty()))
        };
        let score = match given.raw("score") {
            None | Some("null") => None,
            Some(raw) => Some(
                raw.parse::<i64>().ok().filter(|score| (-MAX_SCORE..=MAX_SCORE).contains(score)).ok_or_else(
                    || {
                        ApiError::invalid(
                            "score",
                            format!("'score' must be a whole number from -{MAX_SCORE} to {MAX_SCORE}"),
                        )
                    },
                )?,
            ),
        };
        let (label, comment) = (text("label", MAX_LABEL)?, text("comment", MAX_COMMENT)?);
        if score.is_none() && label.is_none() && comment.is_none() {
            return Err(ApiError::invalid("score", "say something: 'score', 'label' or 'comment'"));
        }
        Ok(Self { score, label, comment })
    }

    fn by(self, app: &App, id: u128, request: RequestId, author: String) -> Feedback {
        let Self { score, label, comment } = self;
        Feedback { id, request, time: app.gateway.clock().now(), author, score, label, comment }
    }
}

fn shown(feedback: &Feedback) -> Value {
    json!({
        "id": RequestId(feedback.id).to_string(),
        "request_id": feedback.request.to_string(),
        "time": time::format(feedback.time),
        "author": feedback.author,
        "score": feedback.score,
        "label": feedback.label,
        "comment": feedback.comment,
    })
}
