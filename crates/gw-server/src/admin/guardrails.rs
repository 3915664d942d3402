//! `/api/v1/guardrails`: those of the configuration, and a place to try them.

use super::by::{self, By};
use super::error::ApiError;
use super::query::{Page, paged};
use crate::app::authorization::Resource;
use crate::app::guardrails::{Judged, Trial, ask, judge, ready};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Query, State};
use gw_guard::{Note, Side};
use gw_model::guardrail::{GuardrailSpec, Speaker};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Longest text that is tried, in bytes.
const MAX_TEXT_BYTES: usize = 1 << 20;

/// What is to be tried.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestInput {
    text: Option<String>,
    #[serde(default)]
    guardrails: Option<Vec<String>>,
    side: Option<String>,
    speaker: Option<String>,
}

/// Lists the guardrails of the configuration.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    by::anyone(&caller, Resource::Guardrails.read())?;
    let all = app.gateway.live().snapshot.guardrails.clone();
    let (rows, next) = paged(all, &page)?;
    let data: Vec<Value> = rows.iter().map(|spec| row(spec)).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// Shows a text to guardrails and says what they make of it. Nothing of it is kept.
pub(super) async fn test(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    by::anyone(&caller, Resource::Guardrails.read())?;
    let input: TestInput = serde_json::from_slice(&body)
        .map_err(|error| ApiError::malformed(format!("the body cannot be read: {error}")))?;
    let text =
        input.text.ok_or_else(|| ApiError::invalid("text", "'text' is missing: add what is to be tried"))?;
    if text.len() > MAX_TEXT_BYTES {
        return Err(ApiError::invalid("text", format!("'text' may have {MAX_TEXT_BYTES} bytes")));
    }
    let side = match input.side.as_deref() {
        None | Some("request") => Side::Request,
        Some("response") => Side::Response,
        Some(_) => return Err(ApiError::invalid("side", "'side' is request or response")),
    };
    let usual = if side == Side::Request { Speaker::User } else { Speaker::Assistant };
    let known = |name: &str| Speaker::ALL.into_iter().find(|speaker| speaker.as_str() == name);
    let wrong = || ApiError::invalid("speaker", "'speaker' is system, user, assistant, tool or definition");
    let speaker = input.speaker.as_deref().map_or(Ok(usual), |name| known(name).ok_or_else(wrong))?;
    let specs = named(&app, input.guardrails)?;
    let trial = Trial { text, side, speaker };
    let clock = Arc::clone(&app);
    let (shown, listed) = (trial.clone(), specs.clone());
    let (judged, before) = tokio::task::spawn_blocking(move || {
        let rails = ready(&listed);
        let before = clock.gateway.clock().now();
        (judge(&rails, &shown), before)
    })
    .await?;
    let busy = || ApiError::busy("too many texts are being tried; try again in a moment");
    let judged = ask(&app, &specs, &trial, judged).await.ok_or_else(busy)?;
    let took = app.gateway.clock().now() - before;
    let took = Duration::from_micros(u64::try_from(took).unwrap_or(0));
    Ok(Json(answer(&judged, took)))
}

/// The guardrails of these names; all when none is named.
fn named(app: &App, names: Option<Vec<String>>) -> Result<Vec<Arc<GuardrailSpec>>, ApiError> {
    let all = app.gateway.live().snapshot.guardrails.clone();
    let Some(names) = names else { return Ok(all) };
    let find = |name: &String| {
        let found = all.iter().find(|spec| *spec.name == **name).map(Arc::clone);
        found.ok_or_else(|| ApiError::invalid("guardrails", format!("there is no guardrail '{name}'")))
    };
    names.iter().map(find).collect()
}

/// Names that a key asks for must be guardrails.
///
/// # Errors
/// The first that is none.
pub(super) fn check_names(app: &App, names: &[String]) -> Result<(), ApiError> {
    named(app, Some(names.to_vec())).map(|_| ())
}

fn row(spec: &GuardrailSpec) -> Value {
    let sides: Vec<&str> = [(spec.on_request, "request"), (spec.on_response, "response")]
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
        .collect();
    let speakers: Vec<&str> =
        Speaker::ALL.into_iter().filter(|s| spec.speakers.has(*s)).map(Speaker::as_str).collect();
    json!({
        "name": spec.name,
        "kind": spec.check.kind(),
        "on": sides,
        "action": spec.action.as_str(),
        "mandatory": spec.mandatory,
        "shadow": spec.shadow,
        "sample_percent": f64::from(spec.sample_permille) / 10.0,
        "speakers": speakers,
    })
}

fn answer(judged: &Judged, took: Duration) -> Value {
    let finding = |note: &Note| {
        json!({
            "guardrail": note.guardrail,
            "action": note.action.as_str(),
            "shadow": note.shadow,
            "kind": note.finding.kind,
            "start": note.finding.start,
            "end": note.finding.end,
            "score": note.finding.score,
            "reason": note.finding.reason,
        })
    };
    json!({
        "verdict": judged.verdict,
        "text": judged.text,
        "stopped_by": judged.stopped_by,
        "findings": judged.notes.iter().map(finding).collect::<Vec<_>>(),
        "duration_us": took.as_micros(),
    })
}
