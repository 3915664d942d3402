//! `/api/v1/auth`: how people sign in, and what they do about that themselves. These paths take no key: whoever is signed in shows
//! a session, whoever is not is told so and nothing is written down of it.

pub(super) mod cookie;
mod oidc;
mod password;
mod sessions;
mod totp;

pub(super) use password::link;

use super::error::ApiError;
use super::{origin_of, parameters};
use crate::app::authorization::Unidentified;
use crate::app::sign_in::{self, SignInError, SignedIn};
use crate::app::state::App;
use axum::Json;
use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use cookie::Reached;
use gw_store::audit::Origin;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a page of ours sends with every write.
const CSRF: HeaderName = HeaderName::from_static("x-gatewright-csrf");

/// Whether a page of another site has a browser ask.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who is signed in, as handlers get it.
type Who = Extension<Arc<SignedIn>>;

/// How the browser reached the gateway, and from where.
type Came = (Reached, Origin);

/// The same as handlers get it.
type From = Extension<Arc<Came>>;

/// The routes.
pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let own = Router::new()
        .route("/session", get(sessions::show))
        .route("/sign-out", post(sessions::sign_out))
        .route("/sessions", get(sessions::list))
        .route("/sessions/{id}", delete(sessions::end))
        .route("/password", post(password::change))
        .route("/totp", post(totp::enrol).delete(totp::remove))
        .route("/totp/confirm", post(totp::confirm))
        .layer(middleware::from_fn_with_state(Arc::clone(app), only_signed_in));
    Router::new()
        .route("/methods", get(methods))
        .route("/sign-in", post(sessions::sign_in))
        .route("/password/redeem", post(password::redeem))
        .route("/oidc/{name}/start", get(oidc::start))
        .route("/oidc/{name}/callback", get(oidc::callback))
        .merge(own)
        .fallback(|| async { ApiError::not_found("there is nothing at this path of the admin API") })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .layer(middleware::from_fn(parameters::only_known))
        .layer(middleware::from_fn_with_state(Arc::clone(app), from_somewhere))
}

/// How one may sign in.
async fn methods(State(app): State<Arc<App>>) -> Json<Value> {
    let settings = app.sign_ins.settings.load();
    Json(json!({ "password": settings.passwords, "key": true, "oidc": oidc::shown(&app) }))
}

/// Finds out where a request comes from, and lets no answer be kept.
async fn from_somewhere(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let reached = reached(&app, request.uri(), request.headers());
    let origin = origin_of(&request);
    if let Err(error) = of_this_site(request.method(), request.headers()) {
        return error.into_response();
    }
    request.extensions_mut().insert(Arc::new((reached, origin)));
    let mut answer = next.run(request).await;
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Lets those on who are signed in.
async fn only_signed_in(
    State(app): State<Arc<App>>,
    Extension(from): From,
    mut request: Request,
    next: Next,
) -> Response {
    let shown = Shown::of(&app, &request);
    match by_session(&app, shown, &from.1).await {
        Ok(Some(who)) => {
            request.extensions_mut().insert(Arc::new(who));
            next.run(request).await
        }
        Ok(None) => ApiError::not_signed_in().into_response(),
        Err(error) => error.into_response(),
    }
}

/// What a request shows of a session.
pub(super) struct Shown {
    token: Option<String>,
    csrf: Option<String>,
    writes: bool,
}

impl Shown {
    pub(super) fn of(app: &App, request: &Request) -> Self {
        let headers = request.headers();
        let csrf = headers.get(CSRF).and_then(|value| value.to_str().ok());
        Self {
            token: reached(app, request.uri(), headers).token(headers).map(str::to_owned),
            csrf: csrf.map(str::to_owned),
            writes: !matches!(*request.method(), Method::GET | Method::HEAD),
        }
    }

    /// What it shows of it.
    pub(super) fn into_token(self) -> Option<String> {
        self.token
    }
}

/// Who shows that session, where somebody does; what writes must come from a page of ours.
pub(super) async fn by_session(
    app: &Arc<App>,
    shown: Shown,
    origin: &Origin,
) -> Result<Option<SignedIn>, ApiError> {
    let Some(token) = shown.token else { return Ok(None) };
    let (asked, from) = (Arc::clone(app), origin.clone());
    let work = move || {
        let who = sign_in::signed_in(&asked, &token, from);
        let is_ours =
            !shown.writes || sign_in::is_csrf_token(&asked, &token, &shown.csrf.unwrap_or_default());
        (who, is_ours)
    };
    match tokio::task::spawn_blocking(work).await? {
        (Ok(_), false) => Err(ApiError::no_csrf_token()),
        (Ok(who), true) => Ok(Some(who)),
        (Err(Unidentified::Unknown), _) => Ok(None),
        (Err(Unidentified::Store(error)), _) => Err(error.into()),
    }
}

/// How a browser reaches the gateway.
fn reached(app: &App, uri: &Uri, headers: &HeaderMap) -> Reached {
    Reached::of(uri, headers, app.tls.load().is_some())
}

/// No page of another site signs anybody in or out.
fn of_this_site(method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    let is_strange = headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site");
    match is_strange && !matches!(*method, Method::GET | Method::HEAD) {
        true => Err(ApiError::of_another_site()),
        false => Ok(()),
    }
}

impl std::convert::From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        let text = error.to_string();
        match error {
            SignInError::Invalid => Self::invalid_credentials(text, None),
            SignInError::WrongCode => Self::invalid_credentials(text, Some("code")),
            SignInError::CodeNeeded => Self::totp_required(text),
            SignInError::TooMany { retry_after_seconds } => Self::too_many(text, retry_after_seconds),
            SignInError::Wrong { field, why } => Self::invalid(field, why),
            SignInError::InTheWay(why) => Self::in_the_way(why),
            SignInError::NotFound => Self::not_found(text),
            SignInError::Denied(denied) => denied.into(),
            SignInError::Store(error) => error.into(),
        }
    }
}
