//! Signing in and out, and what a session says of whoever shows it.

use super::{ApiError, From, Who, oidc};
use crate::admin::given::Given;
use crate::app::authorization::{Authority, Permission, Reach};
use crate::app::sign_in::{self, Begun, SignInError, SignedIn};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use gw_model::{Secret, time};
use gw_store::types::{StoredLogin, StoredSession};
use serde_json::{Map, Value, json};
use std::sync::Arc;

type Answer = Result<Response, ApiError>;

const MEMBERS: [&str; 4] = ["email", "password", "code", "key"];

/// Signs somebody in.
pub(super) async fn sign_in(State(app): State<Arc<App>>, Extension(from): From, body: Bytes) -> Answer {
    let given = Given::read(&body, &MEMBERS)?;
    let text = |name| Ok::<_, ApiError>(given.text(name)?.flatten().filter(|text| !text.is_empty()));
    let (key, email, password) = (text("key")?, text("email")?, text("password")?);
    let code = text("code")?.map(Secret::new);
    let (working, origin) = (Arc::clone(&app), from.1.clone());
    let begun = match (key, email, password) {
        (Some(key), None, None) => {
            let work = move || sign_in::with_key(&working, &origin, &key);
            tokio::task::spawn_blocking(work).await??
        }
        (None, Some(email), Some(password)) => {
            let given = sign_in::Given { email, password: Secret::new(password), code };
            let turn = app.sign_ins.turn().await.ok_or_else(ApiError::too_many_sign_in)?;
            let work = move || {
                let _turn = turn;
                sign_in::with_password(&working, &origin, &given)
            };
            tokio::task::spawn_blocking(work).await??
        }
        (None, email, _) => {
            let missing = if email.is_none() { "email" } else { "password" };
            let text = "give 'email' and 'password', or 'key' (the master key or an admin token) alone";
            return Err(ApiError::invalid(missing, text));
        }
        _ => return Err(ApiError::invalid("key", "give 'key' alone, without 'email' and 'password'")),
    };
    begin(&app, &from, begun).await
}

/// The answer to whoever came in, with his cookie.
async fn begin(app: &Arc<App>, from: &super::Came, begun: Begun) -> Answer {
    let csrf = sign_in::csrf_token(app, begun.token.expose());
    let shown = shown(app, Arc::new(begun.signed_in), csrf).await?;
    let mut answer = Json(shown).into_response();
    let seconds = app.sign_ins.settings.load().max_seconds;
    if let Some(cookie) = from.0.keep(begun.token.expose(), seconds) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// Who is signed in.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(who): Who,
    Extension(from): From,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let token = from.0.token(&headers).unwrap_or_default();
    let csrf = sign_in::csrf_token(&app, token);
    shown(&app, who, csrf).await.map(Json)
}

/// Ends the session that is shown.
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    Extension(who): Who,
    Extension(from): From,
) -> Answer {
    let (ending, by) = (Arc::clone(&app), Arc::clone(&who));
    let work = move || {
        sign_in::end(&ending, &by, &by.session)?;
        Ok::<_, SignInError>(sign_in::id_token(&ending, &by.session))
    };
    let id_token = tokio::task::spawn_blocking(work).await??;
    let redirect_to = match provider(&who.session) {
        Some(name) => oidc::sign_out_url(&app, &from, name, id_token).await,
        None => None,
    };
    let mut answer = Json(json!({ "redirect_to": redirect_to })).into_response();
    forget(&from, &mut answer);
    Ok(answer)
}

/// Sessions of whoever asks.
pub(super) async fn list(State(app): State<Arc<App>>, Extension(who): Who) -> Result<Json<Value>, ApiError> {
    let current = who.session.id;
    let all = tokio::task::spawn_blocking(move || sign_in::list(&app, &who)).await??;
    let row = |session: &StoredSession| {
        json!({
            "id": session.id.to_string(),
            "via": session.via.as_str(),
            "provider": provider(session),
            "current": session.id == current,
            "address": session.address,
            "user_agent": session.agent,
            "created_at": time::format(session.created_at),
            "last_used_at": time::format(session.used_at),
            "expires_at": time::format(session.expires_at),
        })
    };
    Ok(Json(json!({ "data": all.iter().map(row).collect::<Vec<_>>(), "next_cursor": null })))
}

/// Ends one of them.
pub(super) async fn end(
    State(app): State<Arc<App>>,
    Extension(who): Who,
    Extension(from): From,
    Path(id): Path<String>,
) -> Answer {
    let id = id.parse().map_err(|_| SignInError::NotFound)?;
    let is_current = who.session.id == id;
    tokio::task::spawn_blocking(move || sign_in::end_own(&app, &who, id)).await??;
    let mut answer = StatusCode::NO_CONTENT.into_response();
    if is_current {
        forget(&from, &mut answer);
    }
    Ok(answer)
}

fn forget(from: &super::Came, answer: &mut Response) {
    if let Some(cookie) = from.0.forget() {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
}

fn provider(session: &StoredSession) -> Option<&str> {
    Some(session.provider.as_str()).filter(|name| !name.is_empty())
}

async fn shown(app: &Arc<App>, who: Arc<SignedIn>, csrf: String) -> Result<Value, ApiError> {
    let login = match &who.user {
        Some(user) => {
            let (app, id) = (Arc::clone(app), user.id);
            tokio::task::spawn_blocking(move || app.storage.database.login(id)).await??
        }
        None => None,
    };
    Ok(session(&who, login.as_ref(), csrf))
}

fn session(who: &SignedIn, login: Option<&StoredLogin>, csrf: String) -> Value {
    let authority = &who.caller.authority;
    let user = who.user.as_ref().map(
        |user| json!({ "id": user.id.to_string(), "name": user.profile.name, "email": user.profile.email }),
    );
    let roles = authority.grants().iter().map(|grant| {
        let kind = grant.at.map_or("gateway", |at| at.level.as_str());
        let id = grant.at.map(|at| at.to_string());
        json!({ "role": grant.role.as_str(), "scope_kind": kind, "scope_id": id })
    });
    json!({
        "id": who.session.id.to_string(),
        "user": user,
        "via": who.session.via.as_str(),
        "provider": provider(&who.session),
        "actor": who.caller.origin.actor.to_string(),
        "roles": roles.collect::<Vec<_>>(),
        "scopes": authority.scopes().texts(),
        "permissions": permissions(authority),
        "csrf_token": csrf,
        "expires_at": time::format(who.session.expires_at),
        "has_password": login.is_some_and(|login| login.password.is_some()),
        "totp_enabled": login.is_some_and(|login| login.totp.is_some()),
        "recovery_codes_left": login.map_or(0, |login| login.recovery.len()),
    })
}

/// What he may do somewhere: `all` where a role of his holds, or with what is his `own`.
fn permissions(authority: &Authority) -> Map<String, Value> {
    let word = |permission: Permission| match authority.somewhere(permission) {
        Reach::All => Some("all"),
        Reach::Own => Some("own"),
        Reach::Nothing => None,
    };
    let some = Permission::all().filter_map(|one| Some((one.to_string(), word(one)?.into())));
    some.collect()
}
