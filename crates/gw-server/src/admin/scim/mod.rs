//! `/scim/v2`: users and groups for an organization's directory (RFC 7643, 7644). Handlers only: what the messages mean is
//! said by `scim`, what becomes of people by `app::scim`. A directory has an admin token with the scope `scim`.

mod answer;
mod discovery;
mod error;
mod groups;
mod list;
mod users;

use super::{Shown, who};
use crate::app::scim::{ScimError, Tenant};
use crate::app::state::App;
use crate::scim::schema::{GROUPS, USERS};
use answer::Reply;
use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use error::Refused;
use serde_json::Value;
use std::sync::Arc;

/// Where it is served.
const BASE: &str = "/scim/v2";

/// What a handler needs of the request: the directory that asks, and how the gateway is called by it.
struct Asked {
    tenant: Tenant,
    /// As in `https://gateway.example/scim/v2`.
    base: String,
}

type By = Extension<Arc<Asked>>;
type Answer = Result<Reply, Refused>;

/// The routes below `/scim/v2`.
pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let (people, groups_at) = (format!("/{}", USERS.path), format!("/{}", GROUPS.path));
    Router::new()
        .route(&people, get(users::list).post(users::create))
        .route(&format!("{people}/.search"), post(users::search))
        .route(
            &format!("{people}/{{id}}"),
            get(users::show).put(users::replace).patch(users::change).delete(users::remove),
        )
        .route(&groups_at, get(groups::list).post(groups::create))
        .route(&format!("{groups_at}/.search"), post(groups::search))
        .route(
            &format!("{groups_at}/{{id}}"),
            get(groups::show).put(groups::replace).patch(groups::change).delete(groups::remove),
        )
        .route("/ServiceProviderConfig", get(discovery::provider))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{id}", get(discovery::resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{id}", get(discovery::schema))
        .route("/Bulk", any(|| async { Refused::not_implemented("bulk requests are not supported") }))
        .route(
            "/Me",
            any(|| async { Refused::not_implemented("'/Me' is not supported: a token is no person") }),
        )
        .route("/.search", any(|| async { Refused::not_implemented("search below /Users or /Groups") }))
        .fallback(|| async { Refused::not_found() })
        .method_not_allowed_fallback(|| async { Refused::method_not_allowed() })
        .layer(middleware::from_fn_with_state(Arc::clone(app), entered))
}

/// Every request needs the token of a directory.
async fn entered(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let caller = match who(&app, Shown::by(&request, BASE), None).await {
        Ok(caller) => caller,
        Err(error) => return Refused::from(error).into_response(),
    };
    let is_search = request.uri().path().ends_with("/.search");
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD) && !is_search;
    let tenant = match Tenant::of(&app, &caller, writes) {
        Ok(tenant) => tenant,
        Err(error) => return Refused::from(error).into_response(),
    };
    let base = format!("{}{BASE}", origin(&app, &request));
    request.extensions_mut().insert(Arc::new(Asked { tenant, base }));
    next.run(request).await
}

/// How the gateway is called by whoever asks, for the addresses of resources.
fn origin(app: &App, request: &Request) -> String {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    let told = request.headers().get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    let is_tls = told.map_or_else(|| app.tls.load().is_some(), |told| told.eq_ignore_ascii_case("https"));
    format!("{}://{}", if is_tls { "https" } else { "http" }, host.unwrap_or("localhost"))
}

/// Does what may wait, apart.
async fn apart<T: Send + 'static>(
    asked: Arc<Asked>,
    work: impl FnOnce(&Asked) -> Result<T, ScimError> + Send + 'static,
) -> Result<T, Refused> {
    Ok(tokio::task::spawn_blocking(move || work(&asked)).await??)
}

/// A body of JSON.
fn json(body: &[u8]) -> Result<Value, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::syntax(format!("the body must be JSON: {error}")))
}

/// The revision that `If-Match` names.
fn expected(headers: &HeaderMap) -> Result<Option<i64>, Refused> {
    revision(headers, &header::IF_MATCH)
}

/// The revision that a header names, as `"3"` or `W/"3"`.
fn revision(headers: &HeaderMap, name: &header::HeaderName) -> Result<Option<i64>, Refused> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" || text.is_empty() {
        return Ok(None);
    }
    let tag = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    let wrong = |_| Refused::syntax(format!("'{name}' must be the version of a resource, such as W/\"3\""));
    tag.parse().map(Some).map_err(wrong)
}
