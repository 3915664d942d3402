//! The second factor of whoever is signed in.

use super::{ApiError, Who};
use crate::admin::given::Given;
use crate::app::sign_in;
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use gw_model::Secret;
use serde_json::{Value, json};
use std::sync::Arc;

/// Begins to enrol an app; the answer alone shows its secret.
pub(super) async fn enrol(State(app): State<Arc<App>>, Extension(who): Who) -> Result<Json<Value>, ApiError> {
    let made = tokio::task::spawn_blocking(move || sign_in::enrol(&app, &who)).await??;
    Ok(Json(json!({ "secret": made.secret.expose(), "otpauth_uri": made.uri.expose() })))
}

/// Confirms it; the answer alone shows the recovery codes.
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    Extension(who): Who,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let given = Given::read(&body, &["code"])?;
    let code = given.text("code")?.flatten();
    let code = code.ok_or_else(|| ApiError::invalid("code", "'code' is missing"))?;
    let codes = tokio::task::spawn_blocking(move || sign_in::confirm(&app, &who, &code)).await??;
    let codes: Vec<&str> = codes.iter().map(Secret::expose).collect();
    Ok(Json(json!({ "recovery_codes": codes })))
}

/// Removes it.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(who): Who,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    let given = Given::read(if body.is_empty() { b"{}" } else { &body }, &["code", "password"])?;
    let secret = |name| Ok::<_, ApiError>(given.text(name)?.flatten().map(Secret::new));
    let (code, password) = (secret("code")?, secret("password")?);
    let turn = app.sign_ins.turn().await.ok_or_else(ApiError::too_many_sign_in)?;
    let work = move || {
        let _turn = turn;
        sign_in::remove(&app, &who, code.as_ref(), password.as_ref())
    };
    tokio::task::spawn_blocking(work).await??;
    Ok(StatusCode::NO_CONTENT)
}
