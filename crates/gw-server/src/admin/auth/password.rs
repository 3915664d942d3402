//! Passwords: changed by whoever is signed in, chosen by whoever follows a link, and links made by whoever may.

use super::{ApiError, From, Who};
use crate::admin::by::By;
use crate::admin::given::Given;
use crate::app::sign_in::{self, SignInError};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gw_model::{AccountId, Level, Secret, time};
use serde_json::{Value, json};
use std::sync::Arc;

/// The page that takes a link. What stands behind `#` is not sent to any server, and so in no log.
const PAGE: &str = "/ui/set-password#token=";

/// A text that must be given.
fn text(given: &Given, name: &'static str) -> Result<String, ApiError> {
    let text = given.text(name)?.flatten().filter(|text| !text.is_empty());
    text.ok_or_else(|| ApiError::invalid(name, format!("'{name}' is missing")))
}

/// Changes the password of whoever is signed in.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Extension(who): Who,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    let given = Given::read(&body, &["current", "new"])?;
    let (current, new) = (Secret::new(text(&given, "current")?), Secret::new(text(&given, "new")?));
    let turn = app.sign_ins.turn().await.ok_or_else(ApiError::too_many_sign_in)?;
    let work = move || {
        let _turn = turn;
        sign_in::change(&app, &who, &current, &new)
    };
    tokio::task::spawn_blocking(work).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Chooses a password by a link.
pub(super) async fn redeem(
    State(app): State<Arc<App>>,
    Extension(from): From,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let given = Given::read(&body, &["token", "new"])?;
    let (token, new) = (text(&given, "token")?, Secret::new(text(&given, "new")?));
    let turn = app.sign_ins.turn().await.ok_or_else(ApiError::too_many_sign_in)?;
    let work = move || {
        let _turn = turn;
        sign_in::redeem(&app, &from.1, &token, &new)
    };
    let user = tokio::task::spawn_blocking(work).await??;
    Ok(Json(json!({ "email": user.profile.email, "name": user.profile.name })))
}

/// `POST /api/v1/users/{id}/password-link`: makes a link; the answer alone shows it.
pub(in crate::admin) async fn link(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let id = id.parse::<AccountId>().ok().filter(|id| id.level == Level::User);
    let id = id.ok_or(SignInError::NotFound)?;
    let given = Given::read(if body.is_empty() { b"{}" } else { &body }, &["reset_totp"])?;
    let resets = given.flag("reset_totp")?.unwrap_or(false);
    let making = Arc::clone(&app);
    let work = move || sign_in::make_link(&making, &caller, id, resets);
    let link = tokio::task::spawn_blocking(work).await??;
    let path = format!("{PAGE}{}", link.token.expose());
    let public = app.sign_ins.settings.load().public_url.clone();
    let shown = json!({
        "user_id": id.to_string(),
        "token": link.token.expose(),
        "path": path,
        "url": public.map(|public| format!("{public}{path}")),
        "expires_at": time::format(link.until),
    });
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}
