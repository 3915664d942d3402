//! `/api/v1/guardrails`: those of the configuration file and those of the API, and a place to try them. Credentials are
//! never shown.

mod settings;

use super::blocks::{TEST, add_stored};
use super::by::{self, By};
use super::error::ApiError;
use super::etag::tagged;
use super::query::{Page, paged};
use crate::app::authorization::{Caller, Resource};
use crate::app::blocks::{self, Kind, Shown};
use crate::app::guardrails::{Judged, Trial, ask, judge, ready};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gw_guard::{Note, Side};
use gw_model::guardrail::{GuardrailSpec, Speaker};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Longest text that is tried, in bytes.
const MAX_TEXT_BYTES: usize = 1 << 20;

/// Texts that are tried at once: guardrails are made ready for each, whoever asks, and whether he waits or not.
static TRIALS: Semaphore = Semaphore::const_new(4);

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

/// Lists the guardrails in the order in which they look; behind them, for whoever may mend them, those that are left out.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    by::anyone(&caller, Resource::Guardrails.read())?;
    let (stored, is_whole) = (of_api(&app).await?, sees_all(&caller));
    let live = app.gateway.live();
    let in_force = live.snapshot.guardrails.iter().filter(|spec| !spec.is_stand_in());
    let row = |spec: &Arc<GuardrailSpec>| {
        let shown = stored.iter().find(|one| *one.name == *spec.name && one.problem.is_none());
        shown.map_or_else(|| row_of_file(spec, is_whole), |shown| stored_row(shown, Some(spec), is_whole))
    };
    let mut rows: Vec<Value> = in_force.map(row).collect();
    let left_out = stored.iter().filter(|shown| is_whole && shown.problem.is_some());
    rows.extend(left_out.map(|shown| stored_row(shown, None, is_whole)));
    let (data, next) = paged(rows, &page)?;
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// One guardrail, by its name.
pub(super) async fn show(app: Arc<App>, caller: &Caller, name: String) -> Result<Response, ApiError> {
    by::anyone(caller, Resource::Guardrails.read())?;
    let is_whole = sees_all(caller);
    let stored = of_api(&app).await?.into_iter().find(|one| one.name == name);
    if let Some(shown) = stored.as_ref().filter(|shown| shown.problem.is_none()) {
        return Ok(tagged(StatusCode::OK, shown.revision, row_of(&app, shown, is_whole)));
    }
    // What the file has holds, whatever is stored.
    if let Some(spec) = in_force(&app, &name) {
        return Ok(Json(row_of_file(&spec, is_whole)).into_response());
    }
    let missing = || ApiError::not_found("there is no such guardrail");
    let shown = stored.filter(|_| is_whole).ok_or_else(missing)?;
    Ok(tagged(StatusCode::OK, shown.revision, stored_row(&shown, None, is_whole)))
}

/// Those that the API manages.
async fn of_api(app: &Arc<App>) -> Result<Vec<Shown>, ApiError> {
    let asked = Arc::clone(app);
    Ok(tokio::task::spawn_blocking(move || blocks::list(&asked, Kind::Guardrail)).await??)
}

/// Has he a role at the gateway as a whole? What exactly is looked for is no matter of its tenants, who could write around it.
fn sees_all(caller: &Caller) -> bool {
    by::on_gateway(caller, Resource::Guardrails.read()).is_ok()
}

fn in_force(app: &App, name: &str) -> Option<Arc<GuardrailSpec>> {
    let live = app.gateway.live();
    let mut guardrails = live.snapshot.guardrails.iter();
    guardrails.find(|spec| *spec.name == *name && !spec.is_stand_in()).map(Arc::clone)
}

/// Shows a text to guardrails and says what they make of it. Nothing of it is kept.
pub(super) async fn test(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(place): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    if place != TEST {
        return Err(ApiError::method_not_allowed());
    }
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
    let wrong = || {
        ApiError::invalid("speaker", "'speaker' is system, user, assistant, tool, definition or tool_call")
    };
    let speaker = input.speaker.as_deref().map_or(Ok(usual), |name| known(name).ok_or_else(wrong))?;
    let specs = named(&app, input.guardrails)?;
    let trial = Trial { text, side, speaker };
    let busy = || ApiError::busy("too many texts are being tried; try again in a moment");
    let _turn = TRIALS.try_acquire().map_err(|_| busy())?;
    let clock = Arc::clone(&app);
    let (shown, listed) = (trial.clone(), specs.clone());
    let (judged, before) = tokio::task::spawn_blocking(move || {
        let rails = ready(&listed);
        let before = clock.gateway.clock().now();
        (judge(&rails, &shown), before)
    })
    .await?;
    let judged = ask(&app, &specs, &trial, judged).await.ok_or_else(busy)?;
    let took = app.gateway.clock().now() - before;
    let took = Duration::from_micros(u64::try_from(took).unwrap_or(0));
    Ok(Json(answer(&judged, took)))
}

/// The guardrails of these names; all when none is named.
fn named(app: &App, names: Option<Vec<String>>) -> Result<Vec<Arc<GuardrailSpec>>, ApiError> {
    let all = app.gateway.live().snapshot.guardrails.clone();
    let Some(names) = names else { return Ok(all) };
    let mut found: Vec<Arc<GuardrailSpec>> = Vec::new();
    for name in &names {
        let spec = all
            .iter()
            .find(|spec| *spec.name == **name)
            .ok_or_else(|| ApiError::invalid("guardrails", format!("there is no guardrail '{name}'")))?;
        // However often it is named, it looks once.
        if !found.iter().any(|known| Arc::ptr_eq(known, spec)) {
            found.push(Arc::clone(spec));
        }
    }
    Ok(found)
}

/// Names that a key asks for must be guardrails.
///
/// # Errors
/// The first that is none.
pub(super) fn check_names(app: &App, names: &[String]) -> Result<(), ApiError> {
    named(app, Some(names.to_vec())).map(|_| ())
}

/// One that the API manages, in force or not.
pub(super) fn row_of(app: &App, shown: &Shown, is_whole: bool) -> Value {
    let spec = in_force(app, &shown.name).filter(|_| shown.problem.is_none());
    stored_row(shown, spec.as_deref(), is_whole)
}

fn stored_row(shown: &Shown, in_force: Option<&GuardrailSpec>, is_whole: bool) -> Value {
    let said = |member: &str, usual: Value| shown.document.get(member).cloned().unwrap_or(usual);
    let mut row = match in_force {
        Some(spec) => row(spec),
        None => json!({
            "id": shown.name,
            "name": shown.name,
            "kind": said("kind", "".into()),
            "on": said("on", json!([])),
            "action": said("action", "".into()),
            "mandatory": said("mandatory", false.into()),
            "default": said("default", false.into()),
            "shadow": said("shadow", false.into()),
            "sample_percent": said("sample_percent", 100.into()),
            "speakers": said("speakers", json!([])),
            "buffered": null,
        }),
    };
    add_stored(&mut row, shown, is_whole);
    row
}

fn row_of_file(spec: &GuardrailSpec, is_whole: bool) -> Value {
    let mut row = row(spec);
    row["source"] = "config".into();
    row["managed_by"] = "file".into();
    if is_whole {
        let (shown, secrets) = settings::of(spec);
        row["settings"] = Value::Object(shown);
        row["secrets"] = json!(secrets);
    }
    row
}

fn row(spec: &GuardrailSpec) -> Value {
    let speakers: Vec<&str> =
        Speaker::ALL.into_iter().filter(|s| spec.speakers.names(*s)).map(Speaker::as_str).collect();
    json!({
        "id": spec.name,
        "name": spec.name,
        "kind": spec.check.kind(),
        "on": sides(spec),
        "action": spec.action.as_str(),
        "mandatory": spec.mandatory,
        "default": spec.by_default,
        "shadow": spec.shadow,
        "sample_percent": f64::from(spec.sample_permille) / 10.0,
        "speakers": speakers,
        "buffered": spec.check.is_buffered(),
    })
}

fn sides(spec: &GuardrailSpec) -> Vec<&'static str> {
    let both = [(spec.on_request, "request"), (spec.on_response, "response")];
    both.into_iter().filter_map(|(on, name)| on.then_some(name)).collect()
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
