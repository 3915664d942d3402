//! Signing in at an identity provider: people are sent there, and come back with a code. What only this browser's sign-in knows
//! travels in a sealed cookie of its own, so that any gateway can go on with it. Whatever goes wrong ends at the page to sign in,
//! with a word that says why.

use super::cookie::{Reached, find};
use super::{ApiError, Came, From};
use crate::app::sign_in::{self, Unwelcome};
use crate::app::state::App;
use crate::identity::sign_in::{Begun, Failed};
use axum::extract::{Extension, Path, Query, State};
use axum::http::header::{HeaderMap, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use gw_config::compile::OidcSettings;
use gw_identity::authorization::{Attempt, authorization_url, end_session_url, from_url_text, url_text};
use gw_identity::totp::escaped;
use gw_model::{Micros, Secret};
use gw_store::keys::random;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Where people come back to, before the provider's name.
const BASE: &str = "/api/v1/auth/oidc";

/// The pages of the dashboard, and the one to sign in.
const PAGES: &str = "/ui/";
const SIGN_IN_PAGE: &str = "/ui/sign-in";

/// What cookies of sign-ins that are under way begin with; a part of the state follows, so that several may be.
const COOKIE: &str = "gatewright_oidc_";

/// Characters of the state in a cookie's name.
const NAMED: usize = 16;

/// How long somebody may take at the provider, in seconds.
const UNDER_WAY: u64 = 600;

/// Longest address to go back to.
const MAX_RETURN: usize = 2_048;

/// What is known of a sign-in while the person is away.
#[derive(Debug, Serialize, Deserialize)]
struct Flow {
    state: String,
    nonce: String,
    verifier: String,
    redirect_uri: String,
    return_to: String,
    begun_at: Micros,
}

#[derive(Debug, Deserialize)]
pub(super) struct Start {
    return_to: Option<String>,
}

/// What a provider sends back.
#[derive(Debug, Deserialize)]
pub(super) struct Back {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// The providers, as `methods` shows them.
pub(super) fn shown(app: &App) -> Vec<Value> {
    let settings = app.sign_ins.settings.load();
    let one = |provider: &Arc<OidcSettings>| {
        let start = format!("{BASE}/{}/start", provider.name);
        json!({ "name": provider.name, "label": provider.label, "start_path": start })
    };
    settings.oidc.iter().map(one).collect()
}

fn provider(app: &App, name: &str) -> Result<Arc<OidcSettings>, ApiError> {
    let settings = app.sign_ins.settings.load();
    let found = settings.oidc.iter().find(|provider| provider.name == name).cloned();
    found.ok_or_else(|| ApiError::not_found("there is no identity provider of this name here"))
}

/// Where this gateway is for browsers.
fn public_url(app: &App, reached: &Reached) -> String {
    app.sign_ins.settings.load().public_url.clone().unwrap_or_else(|| reached.origin())
}

/// Sends somebody to the provider.
pub(super) async fn start(
    State(app): State<Arc<App>>,
    Extension(from): From,
    Path(name): Path<String>,
    Query(query): Query<Start>,
) -> Result<Response, ApiError> {
    let provider = provider(&app, &name)?;
    let return_to = query.return_to.unwrap_or_else(|| PAGES.to_owned());
    if !is_page(&return_to) {
        let text = format!("'return_to' must be a path of the dashboard, such as {PAGES}");
        return Err(ApiError::invalid("return_to", text));
    }
    let text = || random::<32>().map(|bytes| url_text(&bytes));
    let flow = Flow {
        state: text()?,
        nonce: text()?,
        verifier: text()?,
        redirect_uri: format!("{}{BASE}/{name}/callback", public_url(&app, &from.0)),
        return_to,
        begun_at: app.gateway.clock().now(),
    };
    let Some(desk) = app.sign_ins.desk() else { return Err(ApiError::too_many_sign_in()) };
    let found = match desk.discover(&provider).await {
        Ok(found) => found,
        Err(error) => return Ok(failed(&provider, &error, "provider_unavailable")),
    };
    let attempt = Attempt {
        client_id: &provider.client_id,
        redirect_uri: &flow.redirect_uri,
        scopes: &provider.scopes,
        state: &flow.state,
        nonce: &flow.nonce,
        verifier: &flow.verifier,
    };
    let Some(url) = authorization_url(&found, &attempt) else {
        let error = Failed::Unavailable("its discovery document does not say where to sign in".to_owned());
        return Ok(failed(&provider, &error, "provider_unavailable"));
    };
    let mut answer = Redirect::to(&url).into_response();
    let sealed = sealed(&app, &provider, &flow)?;
    let cookie = from.0.line(&cookie_name(&flow.state), &sealed, BASE, UNDER_WAY);
    answer.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}

/// Takes somebody back from the provider.
pub(super) async fn callback(
    State(app): State<Arc<App>>,
    Extension(from): From,
    Path(name): Path<String>,
    Query(back): Query<Back>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let provider = provider(&app, &name)?;
    let state = back.state.clone().unwrap_or_default();
    let name = cookie_name(&state);
    let mut answer = match opened(&app, &provider, find(&headers, &name), &state) {
        None => refused(&app, &from, "state_mismatch").await,
        Some(flow) => finish(&app, &from, &provider, back, flow).await?,
    };
    // It is good once.
    let cookie = from.0.line(&name, "", BASE, 0);
    answer.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}

async fn finish(
    app: &Arc<App>,
    from: &Arc<Came>,
    provider: &Arc<OidcSettings>,
    back: Back,
    flow: Flow,
) -> Result<Response, ApiError> {
    if let Some(error) = back.error {
        tracing::info!(
            provider = provider.name,
            error = error.escape_debug().to_string(),
            "a provider refused a sign-in"
        );
        let code = if error == "access_denied" { "access_denied" } else { "provider_refused" };
        return Ok(refused(app, from, code).await);
    }
    let is_of_issuer = back.iss.is_none_or(|issuer| issuer == provider.issuer.issuer);
    let (Some(code), true) = (back.code, is_of_issuer) else {
        return Ok(refused(app, from, "token_refused").await);
    };
    let tried = match sign_in::tried(app, &from.1) {
        Ok(tried) => tried,
        Err(error) => return Ok(gone_wrong(provider, &Unwelcome::Failed(error))),
    };
    let Some(desk) = app.sign_ins.desk() else { return Err(ApiError::too_many_sign_in()) };
    let begun =
        Begun { redirect_uri: flow.redirect_uri, nonce: flow.nonce, verifier: Secret::new(flow.verifier) };
    let person = match desk.identify(provider, begun, Secret::new(code)).await {
        Ok(person) => person,
        Err(error @ Failed::Unavailable(_)) => {
            tried(app);
            return Ok(failed(provider, &error, "provider_unavailable"));
        }
        Err(error @ Failed::Refused(_)) => {
            tracing::warn!(provider = provider.name, %error, "a sign-in was refused");
            return Ok(refused(app, from, "token_refused").await);
        }
    };
    let (working, by, at) = (Arc::clone(app), Arc::clone(from), Arc::clone(provider));
    let work = move || sign_in::with_provider(&working, &by.1, &at, &person.claims, person.id_token);
    match tokio::task::spawn_blocking(work).await? {
        Ok(begun) => {
            tried(app);
            let mut answer = Redirect::to(&flow.return_to).into_response();
            let seconds = app.sign_ins.settings.load().max_seconds;
            let cookie = from.0.keep(begun.token.expose(), seconds);
            answer.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
            Ok(answer)
        }
        Err(why @ (Unwelcome::Failed(_) | Unwelcome::Disabled)) => Ok(gone_wrong(provider, &why)),
        Err(why) => Ok(refused(app, from, why.code()).await),
    }
}

/// Where somebody is sent to sign out at the provider too.
pub(super) async fn sign_out_url(
    app: &App,
    from: &Came,
    name: &str,
    id_token: Option<Secret>,
) -> Option<String> {
    let provider = provider(app, name).ok().filter(|provider| provider.sign_out)?;
    let found = app.sign_ins.desk()?.discover(&provider).await.ok()?;
    let back_to = format!("{}{SIGN_IN_PAGE}", public_url(app, &from.0));
    end_session_url(&found, &provider.client_id, id_token.as_ref().map(Secret::expose), &back_to)
}

/// To the page to sign in, and into the audit log.
async fn refused(app: &Arc<App>, from: &Arc<Came>, code: &str) -> Response {
    let (noting, by) = (Arc::clone(app), Arc::clone(from));
    if let Err(error) = tokio::task::spawn_blocking(move || sign_in::refused(&noting, &by.1)).await {
        tracing::error!(%error, "a refused sign-in was not written down");
    }
    to_page(code)
}

fn failed(provider: &OidcSettings, error: &Failed, code: &str) -> Response {
    tracing::warn!(provider = provider.name, %error, "an identity provider cannot be used");
    to_page(code)
}

fn gone_wrong(provider: &OidcSettings, why: &Unwelcome) -> Response {
    if let Unwelcome::Failed(error) = why {
        tracing::error!(provider = provider.name, %error, "a sign-in failed");
    }
    to_page(why.code())
}

fn to_page(code: &str) -> Response {
    Redirect::to(&format!("{SIGN_IN_PAGE}?error={}", escaped(code))).into_response()
}

/// Is it a path of our own pages, whatever a browser makes of it?
fn is_page(path: &str) -> bool {
    let is_below =
        path == "/ui" || path.starts_with(PAGES) || path.starts_with("/ui?") || path.starts_with("/ui#");
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_below && is_plain && path.len() <= MAX_RETURN
}

fn cookie_name(state: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    format!("{COOKIE}{}", state.chars().filter(is_plain).take(NAMED).collect::<String>())
}

/// What a sealed flow belongs to.
fn place(provider: &OidcSettings) -> String {
    format!("oidc\n{}\n{}", provider.name, provider.issuer.issuer)
}

fn sealed(app: &App, provider: &OidcSettings, flow: &Flow) -> Result<String, ApiError> {
    let text = serde_json::to_string(flow).map_err(|error| ApiError::internal(&error))?;
    Ok(url_text(&app.storage.vault.seal(&place(provider), &Secret::new(text))?))
}

/// What a cookie says, where it is of this browser's sign-in there, and not too old.
fn opened(app: &App, provider: &OidcSettings, cookie: Option<&str>, state: &str) -> Option<Flow> {
    let sealed = from_url_text(cookie?)?;
    let text = app.storage.vault.open(&place(provider), &sealed).ok()?;
    let flow: Flow = serde_json::from_str(text.expose()).ok()?;
    let age = app.gateway.clock().now().saturating_sub(flow.begun_at);
    let is_young = age <= i64::try_from(UNDER_WAY).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    (flow.state == state && is_young).then_some(flow)
}

#[cfg(test)]
mod tests;
